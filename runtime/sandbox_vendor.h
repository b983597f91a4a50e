/* What a vendor's sandbox is made of, and what the kit does for it: tables
 * that survive a restart, a clock, ids, calls and answers, the ledger of
 * effects, outgoing webhooks, switches. One lock guards a whole sandbox: every
 * function of a vendor runs under it. */
#ifndef MLC_RUNTIME_SANDBOX_VENDOR_H
#define MLC_RUNTIME_SANDBOX_VENDOR_H

#include "runtime/json.h"
#include "runtime/sandbox.h"
#include "runtime/server.h"

struct world; /* one vendor's data */
struct table;
struct world_post;

/* A fact that may be otherwise at the real vendor, or a way to misbehave. */
struct sandbox_switch {
    const char *name;     /* NULL ends the list */
    const char *values;   /* "number|text"; the first is the default; "*" any */
    const char *help;
};

struct sandbox_call {
    struct world *world;
    struct server_call *http;
    struct arena *arena;
    const char *method;
    struct text path;     /* decoded */
    struct text query;    /* raw */
    int64_t number;       /* of this request since the start */
    int64_t now_ms;       /* the sandbox's clock */
    int in_flight;        /* of this vendor when it came, this one too */
    struct doc *body;     /* call_body: parsed once, dropped by the kit */
    const char *endpoint; /* for the counts; set by the vendor */
};

struct sandbox_vendor {
    const char *name, *title;
    const struct sandbox_switch *switches;
    /* Fills the tables of a new world; world_size and world_seed tell how. */
    void (*seed)(struct world *w);
    /* Signs in afresh and says how to reach it: fills secrets and settings
     * with endpoint_add. Runs at every start. */
    void (*sign_in)(struct world *w);
    void (*serve)(struct world *w, struct sandbox_call *call);
    /* What time brings, before each call and a few times a second. May be
     * NULL. */
    void (*pass_time)(struct world *w, int64_t now_ms);
    /* Answers an injected error status as the vendor words it; false leaves
     * it to the kit, which sends a page. May be NULL. */
    bool (*fail)(struct world *w, struct sandbox_call *call, int status);
    /* A webhook's attempt was answered with `status` (0: not at all); `last`:
     * it is not tried again. May be NULL. */
    void (*posted)(struct world *w, const struct world_post *post, int status,
                   bool last);
    /* Control calls of its own, /_sandbox/VERB; false when unknown. */
    bool (*control)(struct world *w, struct sandbox_call *call,
                    struct text verb);
};

/* From connectors/list.def; NULL past the last. */
const struct sandbox_vendor *sandbox_vendor_at(size_t index);

/* ---------------------------------------------------------------- world */
int64_t world_now_ms(const struct world *w);
int world_size(const struct world *w);
const char *world_url(const struct world *w); /* http://127.0.0.1:PORT */
/* Value of a switch of this vendor. */
const char *world_switch(const struct world *w, const char *name);
bool world_switch_is(const struct world *w, const char *name,
                     const char *value);
void endpoint_secret(struct world *w, const char *name, const char *value);
void endpoint_setting(struct world *w, const char *name, const char *value);

/* The next number of a named series, from 1; kept over restarts. */
int64_t world_next(struct world *w, const char *series);
/* Ids that do not repeat; the same world makes the same ones. In `arena`. */
const char *world_guid(struct world *w, struct arena *arena);
const char *world_hex_id(struct world *w, struct arena *arena); /* 24 digits */
/* An id that depends on its name alone, for seeds. */
const char *name_guid(struct arena *arena, const char *name);
const char *name_hex_id(struct arena *arena, const char *name);
/* Unguessable text for tokens. */
const char *world_token(struct arena *arena, const char *prefix);
/* A number below `limit` out of the seed, the same for the same `what`. */
uint32_t world_pick(const struct world *w, const char *what, uint32_t index,
                    uint32_t limit);

/* --------------------------------------------------------------- tables */
struct table *world_table(struct world *w, const char *name); /* made if new */
struct table *world_find_table(struct world *w, struct text name);
size_t table_count(const struct table *t); /* rows that are there */
size_t table_end(const struct table *t);   /* for loops; some are gone */
/* Row by position, NULL when it is gone. Borrowed: until it is put again. */
struct doc *table_at(const struct table *t, size_t index);
const char *table_key_at(const struct table *t, size_t index);
struct doc *table_get(const struct table *t, const char *key);
struct doc *table_get_text(const struct table *t, struct text key);
/* Takes the reference. A row that was changed in place is put again with
 * table_touch, or the change is lost at a restart. */
void table_put(struct table *t, const char *key, struct doc *row);
void table_touch(struct table *t, const char *key);
void table_remove(struct table *t, const char *key);

/* One line of the ledger: an effect that took place. `effect` is create,
 * update or delete; `natural` the key a person would look it up by. */
void call_effect(struct sandbox_call *call, const char *effect,
                 const char *object, const char *key, const char *natural);

/* ---------------------------------------------------------------- calls */
struct text call_header(const struct sandbox_call *call, const char *name);
/* Query parameter, decoded; TEXT_NONE when absent. */
struct text call_param(const struct sandbox_call *call, const char *name);
/* Member of a form-encoded body. */
struct text call_form(const struct sandbox_call *call, const char *name);
/* The body as JSON; NULL when it is none. */
struct doc *call_body(struct sandbox_call *call);
bool call_is(const struct sandbox_call *call, const char *method);

void call_answer(struct sandbox_call *call, int status, const char *type,
                 struct text body);
void call_answer_text(struct sandbox_call *call, int status, const char *type,
                      const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Drops `body` after printing it. */
void call_answer_doc(struct sandbox_call *call, int status, struct doc *body,
                     int style);
void call_answer_header(struct sandbox_call *call, const char *name,
                        const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ------------------------------------------------------------- webhooks */
struct world_post {
    const char *url; /* loopback, plain http */
    const char *content_type;
    struct text body;
    const char *authorization; /* or NULL */
    const char *header; /* "x-signature: …", one more, or NULL */
    const char *key;    /* for the vendor's `posted`; or NULL */
    int64_t due_ms;  /* on the sandbox's clock */
    int tries;       /* further ones after a failure */
    int64_t again_ms; /* between them */
    const char *what; /* for the log */
};
/* Sends later, from a thread of the kit. Everything is copied. */
void world_post_later(struct world *w, const struct world_post *post);
/* Sends now and waits for the answer's status; 0 when there was none. */
int world_post_now(struct world *w, const struct world_post *post);

/* ---------------------------------------------------------------- times */
/* "2026-10-03T14:05:09+00:00" and "2026-10-03" in `arena`. */
const char *print_offset_time(struct arena *arena, int64_t ms);
const char *print_date(struct arena *arena, int64_t ms);
/* Day of `ms` moved by so many days, as ms. */
int64_t day_ms(int64_t ms, int days);

#endif
