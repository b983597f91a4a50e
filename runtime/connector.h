/* The one contract of a connector. A connector knows its vendor's protocol
 * and nothing else: it turns "list the records changed since this cursor",
 * "find these keys", "write this batch" and "verify this webhook" into
 * requests, and answers into pages and verdicts. It is pure: no network, no
 * clock, no disk, no state of its own. Sending, waiting, retrying, budgets,
 * credentials and the outbox are the runtime's.
 *
 * A connector is one folder, connectors/NAME/: catalog.mlc, driver, sandbox,
 * README.md; and one line in connectors/list.def. */
#ifndef MLC_RUNTIME_CONNECTOR_H
#define MLC_RUNTIME_CONNECTOR_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "runtime/value.h"

/* ------------------------------------------------------------ requests */
struct header {
    struct text name, value;
    struct header *next;
};

struct request {
    const char *method; /* GET, POST, PUT, PATCH, DELETE */
    struct text path;   /* appended to the connection's `url`; or absolute on
                           one of the connector's hosts */
    struct header *headers;
    struct text body;       /* empty: none */
    const char *content_type;
    const char *endpoint;   /* label for budgets: "hrm/Costcenters" */
    bool writes;            /* refused by the dry-run transport */
    bool safe_to_repeat;    /* idempotent by itself, or carries a key */
    bool no_auth;           /* token endpoints authenticate in the body */
    bool auth_host;         /* goes to `auth_url` instead of `url` */
    bool not_counted;       /* no quota is charged for it */
    int cost;               /* calls it counts for; 0 means 1 */
    size_t items;           /* a write: it holds so many of the items, from the
                               first on, and the rest must go in another call;
                               0: all of them */
    bool unfinished;        /* a write of one item whose answer, when done, will
                               have a `next`: see struct write_result */
};

struct response {
    int status; /* 0: no answer; `lost` tells whether it may have arrived */
    struct header *headers;
    struct text body;      /* decoded, complete */
    struct text content_type;
    bool lost;             /* sent, but no complete answer */
    int64_t date_ms;       /* server's Date header, 0 when absent */
};

struct connection_info;

/* First header of that name, any case; TEXT_NONE when absent. */
struct text response_header(const struct response *r, const char *name);
/* When an answer came: by the server's Date, else by the run's start. */
int64_t response_now_ms(const struct connection_info *c,
                        const struct response *r);
void request_header(struct arena *arena, struct request *r, const char *name,
                    struct text value);

/* ------------------------------------------------------------ verdicts */
enum answer_kind {
    ANSWER_DONE,
    ANSWER_WAIT,    /* not processed; again after `wait_ms` or at `until_ms` */
    ANSWER_REFUSED, /* processed and said no; the same again is no use */
    ANSWER_SIGN_IN, /* the token is not taken: refresh once, then a person */
    ANSWER_FAILED,  /* nobody knows: a read may be repeated, a write is in doubt */
};

enum refusal {
    REFUSAL_NONE,
    REFUSAL_VALUE,     /* a field's value: `field` may say which */
    REFUSAL_DUPLICATE, /* exists already: look it up and adopt */
    REFUSAL_MISSING,   /* target record or something it names is not there */
    REFUSAL_PERIOD,    /* closed period, locked record */
    REFUSAL_PERMISSION,/* everything of this kind will be refused */
    REFUSAL_CONFLICT,  /* changed meanwhile: read again, plan again */
    REFUSAL_QUOTA,     /* a daily budget is gone; `until_ms` */
    REFUSAL_TOO_LARGE, /* halve the page or batch */
    REFUSAL_CURSOR,    /* cursor expired: start the window again */
    REFUSAL_REQUEST,   /* our request is wrong: a fault of mlc or its settings */
};

struct answer {
    enum answer_kind kind;
    enum refusal refusal;
    int status;
    int64_t wait_ms;     /* from now; 0 unknown */
    int64_t until_ms;    /* instant, ms since 1970; 0 unknown */
    bool pending;        /* WAIT: what was asked for is still being made, no
                            limit was met; asking again is no retry */
    struct text code;    /* the vendor's own: BDC_1144, too_early … */
    struct text reason;  /* a sentence for a controller; no secrets */
    struct text field;
};

/* What a response says of limits, whatever the verdict. Unknown is -1. */
struct budget_news {
    const char *window; /* minute, hour, day, complexity */
    int64_t limit, remaining;
    int64_t reset_ms;   /* instant, ms since 1970; 0 unknown */
    struct budget_news *next;
};

/* ------------------------------------------------------------- connection */
struct setting_def {
    const char *name, *type; /* text, number, yes/no, one of a|b, url */
    const char *default_value; /* NULL: none */
    bool required;
    const char *help;
};

struct secret_def {
    const char *name; /* client_id, api_key … */
    bool required;
    const char *help;
};

enum auth_kind {
    AUTH_NONE,
    AUTH_CODE,               /* OAuth 2 authorization code, rotating refresh */
    AUTH_CLIENT_CREDENTIALS,
    AUTH_STATIC,             /* API key or static token */
    AUTH_SESSION,            /* log in for a session */
    AUTH_BODY,               /* key pair inside each body */
};

struct auth_scheme {
    const char *name; /* setting `auth`: "api key", "oauth"; first is default */
    enum auth_kind kind;
    const struct secret_def *secrets; /* ended by name NULL */
    int64_t min_age_ms;   /* no refresh of a token younger than this */
    int64_t margin_ms;    /* refresh this long before expiry */
    int64_t idle_ms;      /* session or refresh token dies unused; 0 never */
    bool pkce;
    const char *authorize_path; /* on auth_url or url; AUTH_CODE */
    const char *scope;
};

struct quota {
    const char *window; /* minute, hour, day, concurrent, errors; or a name
                           of its own */
    int64_t count;
    int64_t window_ms; /* of the clock's own minute or hour; negative: any
                          stretch of that length, from call to call */
    bool per_endpoint;
    const char *source; /* where the figure comes from; "unverified" if so */
};

/* The stored credential of a connection, decrypted; borrowed for the call. */
struct credential {
    struct text (*get)(const struct credential *c, const char *name);
    /* access_token, refresh_token, session … and every secret by its name;
     * TEXT_NONE when absent */
    int64_t expires_ms, issued_ms, used_ms; /* 0 unknown */
};

struct new_credential { /* what a token answer brought */
    struct text access_token, refresh_token, session; /* empty: unchanged */
    int64_t lives_ms; /* 0: the answer did not say */
    struct text who;  /* company or user name, for a person to confirm */
};

struct connection_info {
    struct text name;    /* "Exact" */
    struct text url, auth_url;
    const struct auth_scheme *auth;
    struct text (*setting)(const struct connection_info *c, const char *name);
    /* Facts learnt by `discover` and kept in the store (division, tenant
     * name, board columns); TEXT_NONE when absent. */
    struct text (*learnt)(const struct connection_info *c, const char *name);
    int64_t now_ms; /* the run's clock */
    struct text timezone;
};

/* -------------------------------------------------------------------- reading */
struct filter_term { /* all terms must hold */
    const struct field *field;
    int op;                /* enum compare_op */
    const struct value *values;
    size_t value_count;    /* several for is one of, two for between */
};

enum read_mode { READ_ALL, READ_CHANGES, READ_KEYS, READ_ONE };

struct read_spec {
    const struct object *object;
    const struct shape *shape; /* fields wanted, nested too */
    enum read_mode mode;
    struct text cursor;        /* READ_CHANGES: as `next_cursor` gave it; empty: start */
    const struct filter_term *terms; /* pushed down; READ_KEYS: the keys */
    size_t term_count;
    struct text id;            /* READ_ONE: target id or path from a webhook */
    int page_size;             /* 0: the connector's own */
};

struct page {
    struct text body;     /* JSON holding the rows; may be rewritten by the driver */
    const char *rows;     /* path of the row array, "d.results"; "" the body itself */
    bool single;          /* `rows` is one object, not an array */
    struct text next;     /* continuation for the next call; empty: last page */
    struct text next_cursor; /* where the next READ_CHANGES starts if nothing
                                comes after this page; may be empty until the
                                last one. The source's own text. A read that
                                was asked for in the order of changes gives it
                                with every page: a run that ends early is gone
                                on with from there. */
    bool from_records;    /* next_cursor is the largest changed_field of the
                             records: the engine takes it from there */
    int64_t total;        /* rows the server says there are; -1 unknown */
    bool deletions;       /* rows are keys of deleted records */
    const char *row_fault; /* member that says why the system itself could not
                              build a row; NULL: there is none */
    bool complete;        /* after the last page: nothing can be missing */
    struct text notice;   /* something the run's report should say, or empty */
};

/* -------------------------------------------------------------------- writing */
enum write_op { WRITE_CREATE, WRITE_UPDATE };

struct write_item {
    enum write_op op;
    const struct record *record; /* slots: value, MISSING/LEAVE = not sent, CLEAR */
    struct text target_id;       /* WRITE_UPDATE */
    struct text version;         /* ETag or the like, or empty */
    struct text key;             /* record_key(): idempotency key, 64 hex */
    struct text attempt;         /* of the run, for keys that must not bring the
                                    answer of an earlier run again; empty when
                                    nothing but the key tells a repetition */
    struct text step;            /* `next` of the step before; empty: the first */
};

/* For record_encode: may a create, may an update carry the field? */
bool field_on_create(void *ctx, const struct field *field);
bool field_on_update(void *ctx, const struct field *field);

struct write_spec {
    const struct object *object;
    const struct write_item *items;
    size_t item_count; /* <= the connector's batch_max */
};

struct write_result { /* one per item, same order */
    struct answer answer;
    struct text target_id; /* id the vendor gave, required for done creates */
    struct text version;
    struct text row; /* DONE: the record as the answer tells it, JSON as a read
                        brings it; empty when the vendor tells nothing. It must
                        be the record that was sent */
    bool whole; /* REFUSED: the call as one, nobody can tell whose fault it is;
                   the engine sends halves of it */
    bool unsure; /* with `whole`: some of it may have been made all the same;
                    each is looked for before it is sent again */
    struct text next; /* DONE, but not all of it: children still to be written.
                         The item is asked for again with this as its `step`
                         and its target_id set, beside others that have a step
                         to take; a step of its own goes through the outbox
                         unless its request does not write */
};

/* ------------------------------------------------------------------- webhooks */
struct hook_delivery {
    struct header *headers;
    struct text body; /* raw bytes */
    int64_t received_ms;
};

struct hook_event {
    struct text event_id;  /* for dedupe; empty: hash of the body */
    const char *object;    /* catalog name it is about, "" unknown */
    struct text record_id; /* to fetch; empty: sweep the object */
    bool deleted;
    struct text reply;     /* body to answer with (challenge), else empty */
    bool handshake;        /* validation call: answer, no event */
};

/* ------------------------------------------------------------------- contract */
struct connector {
    const char *name, *title;
    const struct setting_def *settings; /* ended by name NULL */
    const struct auth_scheme *auth;     /* ended by name NULL */
    const struct quota *quotas;         /* ended by window NULL */
    const char *default_url, *default_auth_url; /* may be NULL: see base_url */
    const char *const *hosts;           /* allowed hosts, ".suffix" too; NULL-ended */
    int timeout_ms;                     /* of one call */
    int settle_ms;     /* after which a lost write must be visible or never was */
    int batch_max;     /* items in one write request; 1: no batches */
    int concurrency;   /* calls at once; 1: one at a time */
    int key_lives_s;   /* idempotency keys are remembered this long; 0: none */
    bool key_lists;    /* only keys that take a list of values (is_one_of) are
                          asked for; by others an object is read whole */
    /* Items in one write request where it differs by object; `findable`: a
     * record can be looked for again. NULL: batch_max. */
    int (*batch)(const struct object *object, enum write_op op, bool findable);
    const char *company; /* the fact or secret that tells one company (tenant,
                            division) from another; NULL: not known */

    /* Base url from settings (region …); NULL: default_url. */
    struct text (*base_url)(const struct connection_info *c, struct arena *arena,
                            bool auth_host);

    /* Facts to learn before the first call (division …): fills `out` with the
     * `step`-th request, or returns 1 when there is none (more). The answer
     * adds facts through `learn`. */
    int (*discover_request)(const struct connection_info *c, int step,
                            struct arena *arena, struct request *out,
                            struct error *err);
    int (*discover_answer)(const struct connection_info *c, int step,
                           const struct response *response, struct arena *arena,
                           void (*learn)(void *ctx, const char *name,
                                         struct text value),
                           void *ctx, struct answer *out);

    /* The request for one page. `next` is empty for the first. Returns -1 with
     * ERROR_USAGE when the object cannot be read that way. NULL: no
     * call reads anything. */
    int (*read_request)(const struct connection_info *c,
                        const struct read_spec *spec, struct text next,
                        struct arena *arena, struct request *out,
                        struct error *err);
    /* `asked` is the continuation the page was asked with. */
    void (*read_answer)(const struct connection_info *c,
                        const struct read_spec *spec, struct text asked,
                        const struct response *response, struct arena *arena,
                        struct page *page, struct answer *out);

    /* The exact bytes of a write; stored in the outbox before they are sent,
     * so no secret may be in them. NULL: no call writes anything. */
    int (*write_request)(const struct connection_info *c,
                         const struct write_spec *spec, struct arena *arena,
                         struct request *out, struct error *err);
    void (*write_answer)(const struct connection_info *c,
                         const struct write_spec *spec,
                         const struct response *response, struct arena *arena,
                         struct write_result *results);

    /* Tells the source that records were booked (a label "exported"), after
     * their writes are settled; `ids` are source keys. 1: nothing to tell.
     * NULL when the vendor has no such thing. A writing request: the dry-run
     * transport refuses it. */
    int (*booked_request)(const struct connection_info *c,
                          const struct object *object, const struct text *ids,
                          size_t count, struct arena *arena,
                          struct request *out, struct error *err);
    void (*booked_answer)(const struct connection_info *c,
                          const struct response *response, struct arena *arena,
                          struct answer *out);

    /* Puts the credential into a request just before it is sent. */
    int (*authorize)(const struct connection_info *c,
                     const struct credential *credential, struct arena *arena,
                     struct request *request, struct error *err);
    /* Token endpoint: sign in with a code, refresh, or open a session.
     * `code` and `verifier` are empty for a refresh. */
    int (*token_request)(const struct connection_info *c,
                         const struct credential *credential, struct text code,
                         struct text redirect_uri, struct text verifier,
                         struct arena *arena, struct request *out,
                         struct error *err);
    void (*token_answer)(const struct connection_info *c,
                         const struct response *response, struct arena *arena,
                         struct new_credential *credential, struct answer *out);

    /* Calls of a window that the connection's settings allow, for vendors with
     * plans; 0: as `quotas` says. May be NULL. */
    int64_t (*calls)(const struct connection_info *c, const char *window);
    /* Limits told by any response; may be NULL. */
    struct budget_news *(*budgets)(const struct connection_info *c,
                                   const struct response *response,
                                   struct arena *arena);

    /* Webhooks; NULL when the vendor has none. verify: 0 genuine, 1 not. */
    int (*hook_verify)(const struct connection_info *c,
                       const struct credential *credential,
                       const struct hook_delivery *delivery,
                       struct arena *arena, struct hook_event *event);
    /* A subscription for an object: request to make (remove when `remove_id`
     * is set) one; 1 when the vendor has none for it. */
    int (*hook_request)(const struct connection_info *c,
                        const struct object *object, struct text callback,
                        struct text remove_id, struct arena *arena,
                        struct request *out, struct error *err);
    /* A call that makes sure a subscription still sends, for vendors that
     * switch it off after a time of failures; may be NULL. A refusal with
     * REFUSAL_MISSING: it is gone and is made again. */
    int (*hook_keep)(const struct connection_info *c, struct text id,
                     struct arena *arena, struct request *out,
                     struct error *err);
    void (*hook_answer)(const struct connection_info *c,
                        const struct response *response, struct arena *arena,
                        struct text *subscription_id, struct text *secret,
                        struct answer *out);

    /* A live object's form as catalog text, for `schema pull`; may be NULL. */
    int (*pull_request)(const struct connection_info *c, struct text object,
                        struct text id, struct arena *arena,
                        struct request *out, struct error *err);
    int (*pull_answer)(const struct connection_info *c, struct text object,
                       struct text id, const struct response *response,
                       struct arena *arena, struct buf *form,
                       struct answer *out);
};

/* read_request and write_request; ERROR_USAGE when the connector has none. */
int connector_read_request(const struct connector *connector,
                           const struct connection_info *c,
                           const struct read_spec *spec, struct text next,
                           struct arena *arena, struct request *out,
                           struct error *err);
int connector_write_request(const struct connector *connector,
                            const struct connection_info *c,
                            const struct write_spec *spec, struct arena *arena,
                            struct request *out, struct error *err);

/* Registry, from connectors/list.def. */
const struct connector *connector_find(struct text name);
const struct connector *connector_at(size_t index); /* NULL past the last */

#endif
