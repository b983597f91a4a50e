/* Sends connectors' requests: settings, credentials, budgets, waiting and
 * repeating are decided here and nowhere else. A connector only says what a
 * request is and what an answer means.
 *
 * What is sent again: reads, writes that are safe to repeat, and calls that
 * were provably not processed (no connection, 429, refused stream). Anything
 * else comes back as ANSWER_FAILED with `lost`: the outbox settles it. */
#ifndef MLC_RUNTIME_TRANSPORT_H
#define MLC_RUNTIME_TRANSPORT_H

#include "lang/program.h"
#include "runtime/connection.h"
#include "runtime/connector.h"
#include "runtime/store.h"

struct transport; /* one per process */
struct channel;   /* a connection that is open */

struct transport_options {
    const struct program *program; /* connections; NULL: implied ones only */
    struct store *store;           /* vault, budgets, leases, facts */
    const struct connection_override *overrides; /* --set, --connection */
    bool dry_run;        /* whatever writes is refused before it is sent */
    int64_t deadline_ms; /* instant: nothing waits past it; 0: none */
    int64_t wait_max_ms; /* longest single wait before parking; 0: 65 s */
    int64_t now_ms;      /* the run's frozen clock; 0: now */
    const volatile int *stop; /* set by a signal handler: stop soon; or NULL */
};

int transport_open(const struct transport_options *options,
                   struct transport **out, struct error *err);
void transport_close(struct transport *t);
/* Another deadline from here on; 0: none. */
void transport_set_deadline(struct transport *t, int64_t deadline_ms);

/* Opens a connection by its name. No call is made yet: signing in and
 * learning facts happen before the first one. Borrowed: lives as long as the
 * transport; the same name gives the same channel. */
int transport_connect(struct transport *t, struct text name,
                      struct channel **out, struct error *err);
const struct connector *channel_connector(const struct channel *c);
/* With `learnt` usable after channel_prepare. */
const struct connection_info *channel_info(const struct channel *c);
/* Signs in if needed and learns facts (`discover`). transport_send does it by
 * itself; requests that depend on facts need it before they are built. */
int channel_prepare(struct channel *c, struct error *err);
/* Asks again what `discover` asks and tells it, without keeping it: what is
 * pinned stays pinned. Newest fact first. */
int channel_probe(struct channel *c, struct arena *arena, struct fact **facts,
                  struct error *err);
/* The port of a connection to files. */
struct port;
void channel_open_files(struct channel *c, struct port *port);
/* Forgets what was learnt and learns it again: after a person signed in. */
int channel_discover(struct channel *c, struct error *err);

/* One call as the engine sees it. */
struct exchange {
    const struct request *request;
    struct arena *arena; /* response and answer live here */
    /* What the response means; called once per attempt that was answered. A
     * lost write is not shown to it. NULL: any 2xx is done. */
    void (*classify)(void *ctx, const struct response *response,
                     struct answer *answer);
    /* Asked right before each attempt goes out: -1 keeps it back, with the
     * error that the exchange then ends with. NULL: it may go. */
    int (*may_send)(void *ctx, struct error *err);
    void *ctx; /* of both */

    int result;              /* 0, or -1 with `error` */
    struct response response; /* of the last attempt */
    struct answer answer;
    struct error error;
    int attempts;         /* calls made */
    int64_t waited_ms;
    int64_t sent_ms;      /* instant the last attempt began */
    int64_t park_until_ms; /* with ERROR_TRANSIENT: when it is worth trying */
};

/* 0: `answer` is DONE, REFUSED or FAILED (lost or not understood).
 * -1: not processed; `x->error` and `err` say why:
 *   ERROR_TRANSIENT  outage, limit: park until `park_until_ms`
 *   ERROR_SIGN_IN    a person must sign in; `answer` is SIGN_IN
 *   ERROR_GUARD      dry run, budget, host not allowed
 *   ERROR_USAGE      settings or credentials missing */
int transport_send(struct channel *c, struct exchange *x, struct error *err);
/* Several reads at once, as many in flight as the vendor allows. Every
 * exchange gets its own result; the return is 0 if all are 0. */
int transport_send_all(struct channel *c, struct exchange *list, size_t count);

/* A page: read_request, send, read_answer. As transport_send; `page` is filled
 * when the answer is DONE. */
int transport_read(struct channel *c, const struct read_spec *spec,
                   struct text next, struct arena *arena, struct page *page,
                   struct answer *answer, struct error *err);
/* First pages of several reads at once (READ_KEYS batches, objects to
 * preload). Each has its own result and error. */
struct page_read {
    const struct read_spec *spec;
    struct text next;
    struct arena *arena;
    struct page page;
    struct answer answer;
    int result;
    struct error error;
    int64_t park_until_ms;
};
int transport_read_all(struct channel *c, struct page_read *list, size_t count);

/* A write whose request was made by write_request and stored in the outbox:
 * sends it and fills `results` (spec->item_count). -1: nothing of it was
 * processed. 0: each result has its own verdict; a lost call makes all of them
 * ANSWER_FAILED. */
struct write_call {
    const struct request *request;
    const struct write_spec *spec;
    struct arena *arena;
    struct write_result *results;
    /* As in struct exchange; NULL: it may go. */
    int (*may_send)(void *ctx, struct error *err);
    void *may_ctx;
    bool lost;             /* nobody knows: in doubt */
    int64_t sent_ms;
    int64_t park_until_ms;
};
int transport_write(struct channel *c, struct write_call *w, struct error *err);

/* Tells the source which records are booked. 0 told; 1 nothing to tell; -1
 * not told. With `count` 0: whether it would be told (0) at all. */
int transport_booked(struct channel *c, const struct object *object,
                     const struct text *ids, size_t count,
                     struct arena *arena, struct error *err);

/* ---------------------------------------------------------------- figures */
struct call_count { /* what a run used, for its summary */
    size_t calls, retries, refreshes;
    int64_t waited_ms;
};
void channel_counts(const struct channel *c, struct call_count *out);

/* Of the last call made: for ping. */
struct call_figures {
    int status, http_version;
    char address[64];
    int64_t name_us, connect_us, tls_us, first_byte_us, total_us;
    int64_t date_ms;     /* the server's clock, 0 unknown … */
    int64_t received_ms; /* … and ours at that moment */
};
const struct call_figures *channel_last_call(const struct channel *c);

/* The end of a sign-in by a person: code for tokens, stored. */
int channel_sign_in(struct channel *c, struct text code,
                    struct text redirect_uri, struct text verifier,
                    struct error *err);
/* Fact of a connection: the date its vendor says it will end, as it was said. */
#define FACT_SUNSET "sunset"
#define SUNSET_WARN_MS (INT64_C(30) * 86400000)
struct budget_view {
    const char *window;
    int64_t used, limit, reset_ms, blocked_until_ms;
};
int channel_budgets(struct channel *c, struct arena *arena,
                    struct budget_view **out, size_t *count,
                    struct error *err);

/* Renews what would die unused; at most a call a day. For `serve`. */
int channel_keep_alive(struct channel *c, struct error *err);

struct forecast {
    int64_t needed;           /* calls asked about */
    int64_t remaining, limit; /* of the tightest window; -1 unknown */
    const char *window;       /* "day", "minute" …; NULL unknown */
    int64_t ready_ms;         /* instant the last of them can be made */
};
/* What `calls` more would do to the budgets. Returns 0 if they fit, 1 if the
 * day (or hour) is not enough. */
int channel_forecast(struct channel *c, int64_t calls, struct forecast *out);
/* "about 340 of 5,000 daily calls" */
void forecast_print(const struct forecast *f, struct buf *out);

#endif
