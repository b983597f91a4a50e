/* What the files of the BILL sandbox share. */
#ifndef MLC_CONNECTORS_BILL_SANDBOX_H
#define MLC_CONNECTORS_BILL_SANDBOX_H

#include "runtime/sandbox_vendor.h"

#define DAY_MS INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)

#define SANDBOX_ORGANIZATION "00801SANDBOXTULIP001"
#define SANDBOX_USER_ID "00601SANDBOXUSER0001"
#define SANDBOX_USER "ap@tulip.example"
#define SANDBOX_PASSWORD "sandbox-password"
#define SANDBOX_SYNC_NAME "ledger sync"
#define SANDBOX_SYNC_TOKEN "sandbox-sync-token"
#define SANDBOX_KEY "01SANDBOXDEVELOPERKEY"

/* One kind of record. */
struct bill_type {
    const char *path;       /* "classifications/departments" */
    const char *table;      /* "departments" */
    const char *what;       /* "department": in the ledger and in events */
    const char *prefix;     /* of ids */
    const char *operations; /* of "cupab": create, PATCH, PUT, archive, bulk */
    const char *lines;      /* member that holds lines, or "" */
    const char *member;     /* of a bulk answer; "" a plain array */
    int bulk_max;
    const char *writable;   /* "a,b,c" */
    const char *filters;    /* "name:eq sw;dueDate:gt gte lt lte" */
    const char *thin;       /* members a list leaves out */
    const char *natural;    /* what a person looks it up by: a path */
    bool has_events;
};

const struct bill_type *bill_type_of(struct text path, struct text *rest);
const struct bill_type *bill_type_named(const char *table);
bool list_names(const char *list, struct text word); /* "a,b,c" */
/* The operators a field may be filtered with, "eq ne in"; NULL: not at all. */
const char *bill_filter_ops(const struct bill_type *t, struct text field,
                            struct arena *arena);

/* ------------------------------------------------------------- answers */
/* Collects faults; `code` may be NULL. */
void bill_fault(struct sandbox_call *call, struct doc *faults,
                const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Answers with them, in the form the switch `errors` says; takes `faults`. */
void bill_refuse_all(struct sandbox_call *call, int status,
                     struct doc *faults);
void bill_refuse(struct sandbox_call *call, int status, const char *code,
                 const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void bill_not_found(struct sandbox_call *call);
/* "2026-11-20T12:00:00.000Z" */
const char *bill_time(struct arena *arena, int64_t ms);
/* A copy without members of the sandbox's own and without those that have no
 * value; `thin` (may be "") are left out too. */
struct doc *bill_render(const struct doc *row, const char *thin);

/* Puts the row (again), with a later updatedTime than before, and tells
 * subscribers; `event` is "created", … or NULL. Takes the reference. */
void bill_put(struct world *w, const struct bill_type *t, struct doc *row,
              const char *event);
const char *bill_new_id(struct world *w, struct arena *arena,
                        const char *prefix);

/* -------------------------------------------------------------- the parts */
void bill_serve_list(struct world *w, struct sandbox_call *call,
                     const struct bill_type *t);
/* A date-time in one of the forms filters take. */
bool bill_parse_when(struct text t, int64_t *micros);

/* Checks a body against the rules of its type; faults are added. `whole`:
 * required members must be there. */
void bill_check(struct world *w, struct sandbox_call *call,
                const struct bill_type *t, const struct doc *body, bool whole,
                const char *prefix, struct doc *faults);
void bill_serve_bulk(struct world *w, struct sandbox_call *call,
                     const struct bill_type *t, struct text verb);
void bill_change(struct world *w, struct sandbox_call *call,
                 const struct bill_type *t, struct doc *row,
                 const struct doc *body);
void bill_archive(struct world *w, struct sandbox_call *call,
                  const struct bill_type *t, struct doc *row, bool yes);
void bill_serve_write(struct world *w, struct sandbox_call *call,
                      const struct bill_type *t, struct text rest,
                      const struct doc *session);
struct doc *bill_make(struct world *w, struct sandbox_call *call,
                      const struct bill_type *t, const struct doc *body);
/* Sums of a bill or invoice out of its lines and payments. */
void bill_total(struct world *w, struct doc *row);

void bill_serve_payment(struct world *w, struct sandbox_call *call,
                        struct text rest, const struct doc *session);
void bill_record_payment(struct world *w, struct sandbox_call *call);
/* Carries a scheduled payment out. */
void bill_pay(struct world *w, struct doc *row);
void bill_pay_due(struct world *w, int64_t now_ms);

void bill_serve_events(struct world *w, struct sandbox_call *call,
                       struct text rest);
void bill_event(struct world *w, const struct bill_type *t,
                const struct doc *row, const char *event);
void bill_posted(struct world *w, const struct world_post *post, int status,
                 bool last);

void bill_seed(struct world *w);

#endif
