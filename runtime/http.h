/* HTTP calls, several at once. Owner of libcurl, which is loaded on first use.
 * One call is one exchange: nothing is retried, redirected or waited for here;
 * that is transport's job. TLS is always verified, plain http goes to loopback
 * only, proxies are used only when told, and every size and time is bounded. */
#ifndef MLC_RUNTIME_HTTP_H
#define MLC_RUNTIME_HTTP_H

#include "runtime/connector.h"

#define HTTP_BODY_MAX ((size_t)64 << 20) /* decoded bytes of one answer */
#define HTTP_HEADER_BYTES_MAX ((size_t)64 << 10)
#define HTTP_HEADERS_MAX 256
#define HTTP_CONNECT_MS 10000
#define HTTP_LOW_SPEED_BYTES 16 /* per second … */
#define HTTP_LOW_SPEED_S 15     /* … for this long ends a call */
#define HTTP_CONNECTION_LIFE_S 600 /* a kept connection is not older */
#define HTTP_CALLS_MAX 64          /* at once */

struct http;

struct http_options {
    const char *ca_file; /* further authority file; NULL: the system's */
    int low_speed_s;     /* 0: HTTP_LOW_SPEED_S */
    int connection_life_s; /* 0: HTTP_CONNECTION_LIFE_S */
    const volatile int *stop; /* set by a signal: stop soon; or NULL */
};

/* What became of a call. */
enum http_outcome {
    HTTP_ANSWERED,    /* a complete response */
    HTTP_NOT_SENT,    /* provably not processed: no connection, refused stream */
    HTTP_LOST,        /* sent, or perhaps sent, and no complete answer */
    HTTP_TOO_LARGE,   /* more bytes than allowed: stopped reading */
    HTTP_REDIRECTED,  /* 3xx: not followed; `location` says where to */
    HTTP_FORBIDDEN,   /* host, scheme, header or address not allowed: not sent */
    HTTP_UNTRUSTED,   /* TLS: the server could not prove who it is; not sent */
    HTTP_NO_HOST,     /* the name does not exist; not sent */
    HTTP_INTERRUPTED, /* a signal asked to stop */
    HTTP_HELD_BACK,   /* `may_send` said no; not sent */
};

/* Where a call may go. */
struct http_reach {
    const char *const *hosts; /* names and ".suffixes"; NULL-ended */
    struct text url;          /* explicit `url`: its own origin is allowed */
    struct text auth_url;     /* explicit `auth_url`, or empty */
};

struct http_call {
    const char *method;
    struct text url; /* absolute */
    const struct header *headers;
    struct text body;
    const char *content_type;
    const struct http_reach *reach;
    const char *proxy; /* NULL: none, whatever the environment says */
    int timeout_ms;    /* of the whole call; 0: 60 s */
    size_t body_max;   /* 0: HTTP_BODY_MAX */
    struct arena *arena; /* the response lives here */
    /* Asked when the connection stands and nothing was sent yet, every time
     * anew; NULL: yes. */
    bool (*may_send)(struct http_call *call);

    enum http_outcome outcome;
    struct response response;
    struct text location; /* HTTP_REDIRECTED: scheme and host, no query */
    char why[256];        /* a sentence unless HTTP_ANSWERED; no secrets */
    int http_version;     /* 10, 11, 20 */
    char address[64];     /* the peer's */
    int64_t name_us, connect_us, tls_us, first_byte_us, total_us;

    void *owner;             /* the caller's */
    struct http_call *next;  /* http's own */
    void *state;             /* http's own */
};

int http_open(const struct http_options *options, struct http **out,
              struct error *err);
void http_close(struct http *h);

/* Starts a call; it is finished when http_wait hands it out. The call and what
 * it points to stay where they are until then. */
void http_start(struct http *h, struct http_call *call);
/* The next finished call, or NULL when none finished within `wait_ms` or none
 * is running. */
struct http_call *http_wait(struct http *h, int64_t wait_ms);
/* Calls that http_wait has not handed out yet, finished ones too. */
size_t http_running(const struct http *h);
/* One call from start to end; others that run go on meanwhile. */
void http_perform(struct http *h, struct http_call *call);
/* Stops a running call: outcome HTTP_INTERRUPTED. */
void http_cancel(struct http *h, struct http_call *call);

/* Is that what an API answers: a JSON type, or a body that begins like JSON?
 * A sign-in page, a maintenance page or a portal does not. */
bool http_is_json(const struct response *r);
/* May a call with this reach go to `url`? `why` gets a sentence if not. */
bool http_allowed(const struct http_reach *reach, struct text url,
                  char why[256]);
/* Scheme, host (lower case, no brackets), port of an absolute http(s) url;
 * false when it is none or holds user:password. Host is in `arena`. */
struct url_parts {
    bool tls;
    struct text host, path; /* path with query, at least "/" */
    int port;
};
bool http_split_url(struct text url, struct arena *arena,
                    struct url_parts *out);
bool http_is_loopback_host(struct text host);
/* Percent-encodes everything but RFC 3986's unreserved characters. */
void http_escape(struct text t, struct buf *out);
/* "a=b&c=d" with both sides escaped; adds to `form`. */
void http_form_add(struct buf *form, const char *name, struct text value);
/* Retry-After in seconds or as a date, clamped to [0, max_ms]; -1 when absent
 * or garbage. Past dates are 0. */
int64_t http_retry_after_ms(struct text value, int64_t now_ms, int64_t max_ms);
/* RFC 7231 date in ms since 1970; 0 when it is none. */
int64_t http_parse_date(struct text t);
/* "libcurl/7.88.1 …" for doctor. */
const char *http_library_version(struct error *err);

#endif
