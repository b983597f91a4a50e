/* Listening HTTP: the owner of libmicrohttpd. Serves the sandboxes, incoming
 * webhooks, the sign-in loopback and the console. A thread per connection, so
 * a handler may wait; every size and count has a ceiling. Binds to loopback
 * unless told otherwise. */
#ifndef MLC_RUNTIME_SERVER_H
#define MLC_RUNTIME_SERVER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "runtime/connector.h"

#define SERVER_BODY_MAX ((size_t)10 << 20)
#define SERVER_CONNECTIONS_MAX 256
#define SERVER_HEADERS_MAX 100

struct server;

enum server_ending {
    SERVER_SEND,
    SERVER_DROP, /* close without an answer */
    SERVER_CUT,  /* promise the whole body, stop after `cut_at` bytes */
    SERVER_DRIP, /* the body in small pieces, `pause_ms` apart */
};

struct server_call {
    struct arena *arena;    /* lives until the answer is sent */
    const char *method;
    struct text target;     /* as in the request line, undecoded */
    struct text path, query; /* its two parts; the query without "?" */
    struct header *headers; /* in order of arrival, duplicates kept */
    struct text body;
    const char *client;     /* address without port */

    /* The answer, filled by the handler. */
    int status;
    struct header *reply_headers;
    struct text reply;      /* in `arena`, or for ever */
    const char *content_type; /* NULL: none sent */
    enum server_ending ending;
    size_t cut_at;
    int pause_ms;
    void *connection;       /* libmicrohttpd's, for server_hang_up */
};

/* Called on the connection's thread, several at once. Must set `status`
 * unless the ending is SERVER_DROP. */
typedef void server_handler(void *ctx, struct server_call *call);

struct server_options {
    const char *address; /* NULL: 127.0.0.1; also "::1", "0.0.0.0" … */
    int port;            /* 0: any free one */
    size_t body_max;     /* 0: SERVER_BODY_MAX; past it 413 */
    unsigned connections_max; /* 0: SERVER_CONNECTIONS_MAX */
    unsigned per_client_max;  /* 0: no limit of its own */
    unsigned timeout_s;       /* idle connection; 0: 30 */
    unsigned deadline_s;      /* for a whole request to arrive; 0: none. A
                                 byte now and then does not prolong it */
    server_handler *handler;
    /* Sees each request when its headers are there and nothing of its body:
     * a `status` it sets refuses the request. May be NULL. */
    server_handler *admit;
    void *ctx;
};

int server_open(const struct server_options *options, struct server **out,
                struct error *err);
int server_port(const struct server *s);
/* Waits for the handlers that are running. */
void server_close(struct server *s);

/* Shuts the socket now, before the handler returns: the caller at the other
 * end sees its connection end while the work goes on. */
void server_hang_up(struct server_call *call);
/* First request header of that name, any case; TEXT_NONE when absent. */
struct text server_header(const struct server_call *call, const char *name);
void server_reply_header(struct server_call *call, const char *name,
                         struct text value);
/* Decodes %XX and, in queries and forms, "+". Bad escapes stay as they are. */
struct text server_unescape(struct arena *arena, struct text t, bool form);
/* Value of `name` in "a=1&b=2", decoded; TEXT_NONE when absent. */
struct text server_param(struct arena *arena, struct text query,
                         const char *name);

#endif
