/* The state of a project: what was written where, what waits, what is in
 * doubt, and the sealed blobs of the vault. Behind it stands SQLite on one
 * host; nothing above this header knows that, so that a server several hosts
 * share can stand beside it: no statement text, no database type, leases with
 * fencing numbers, and no transaction is held across a network call.
 *
 * Every function returns 0, or -1 with `err` filled; look-ups return 1 when
 * there is nothing. Texts given back are copied into the arena of the caller.
 * A writing call outside store_begin … store_commit is a transaction of its
 * own. Instants are milliseconds since 1970, from the caller. */
#ifndef MLC_RUNTIME_STORE_H
#define MLC_RUNTIME_STORE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

struct store;

/* ------------------------------------------------------------- the file */
enum store_mode {
    STORE_WRITE,  /* make it if it is not there */
    STORE_USE,    /* it must be there */
    STORE_READ,   /* read only; 1 when it is not there */
};

#define STORE_SCHEMA 2 /* version of the tables; a newer one is refused */
/* For the suite alone: a state of an older version, and an upgrade that is no
 * single transaction, to show that a kill sweep sees what it prevents. */
extern struct store_testing {
    int schema; /* that a file gets; 0: STORE_SCHEMA */
    bool torn;
    int busy_ms; /* how long another writer is waited for; 0: as ever */
} store_testing;


/* Opens (and upgrades) the state at `path`. The folder gets 0700 and the file
 * 0600; a link, another owner or wider rights are refused. */
int store_open(const char *path, enum store_mode mode, struct store **out,
               struct error *err);
void store_close(struct store *s);
/* The state's own identity, made with it: 32 hex digits. */
const char *store_instance(const struct store *s);
const char *store_path(const struct store *s);
/* For doctor: library version, journal mode and why. */
void store_describe(const struct store *s, struct buf *out);
/* Reads everything and compares; -1 names the first thing that is wrong. */
int store_verify(struct store *s, struct error *err);
/* A consistent copy at `path`, also during a run; never over an old file. */
int store_backup(struct store *s, const char *path, struct error *err);
/* Retention: of what is older than `before_ms`, settled intents but the last
 * write of each key, closed holds, and runs but the last of each flow. One
 * small transaction per call: 0 there is more, 1 done. Starting anew after an
 * interruption is harmless. */
enum store_prune_part { PRUNE_INTENTS, PRUNE_HOLDS, PRUNE_RUNS, PRUNE_DONE };
struct store_prune {
    int64_t before_ms;
    enum store_prune_part part;
    int64_t at;               /* next number to be looked at */
    int64_t gone[PRUNE_DONE]; /* rows, by part */
};
int store_prune_some(struct store *s, struct store_prune *p,
                     struct error *err);
/* Space kept aside so that an answer can be booked on a full disk. `spend`
 * gives it free: 0 when there was one. `keep` makes it again. */
int store_reserve_keep(struct store *s, struct error *err);
int store_reserve_spend(struct store *s);
/* True after a failure that no repetition can mend (fsync, damaged file). */
bool store_is_broken(const struct store *s);
/* True when the last error was a full disk. */
bool store_is_full(const struct store *s);

int store_begin(struct store *s, struct error *err);
int store_commit(struct store *s, struct error *err);
void store_rollback(struct store *s);
/* `call` inside a transaction: booked when it is 0 or more, else undone. */
#define STORE_TRANSACTION(s, err, call)                                     \
    store_within((s), store_begin((s), (err)) ? -2 : (call), (err))
int store_within(struct store *s, int result, struct error *err);

/* ------------------------------------------------ leases and locks */
/* This process as others read it. */
const char *store_owner(const struct store *s);

struct lease {
    char name[192];  /* "token:Exact", "flow:cost_centers" */
    char owner[128]; /* host, process and start, made by store_open */
    int64_t fence;   /* grows with every new holder, never falls */
    int64_t until_ms;
    bool loose;      /* taken while another had the lock beside it */
};

/* 0: it is ours, with a new fence; 1: another has it and `out` tells who. */
int store_lease_take(struct store *s, const char *name, int64_t now_ms,
                     int64_t lives_ms, struct lease *out, struct error *err);
/* 0 still ours and prolonged; 1 lost. */
int store_lease_renew(struct store *s, struct lease *lease, int64_t now_ms,
                      int64_t lives_ms, struct error *err);
/* -1 with ERROR_LOCKED unless the fence is still the newest. Call it inside
 * the transaction that commits the effect. */
int store_lease_check(struct store *s, const struct lease *lease,
                      struct error *err);
/* Takes a new fence over whoever has it: for those who hold its lock. */
int store_lease_seize(struct store *s, const char *name, int64_t until_ms,
                      struct lease *out, struct error *err);
/* Gives it up if it is still ours; the fence stays. */
void store_lease_release(struct store *s, const struct lease *lease);
/* As store_lease_take, with the kernel's lock of the same name beside it, which
 * dies with its holder: the lease of a process that is no more is free at once,
 * that of one that sleeps when it has run out. */
int store_place_take(struct store *s, const char *name, int64_t now_ms,
                     int64_t lives_ms, struct lease *out, struct error *err);
void store_place_leave(struct store *s, const struct lease *lease);

/* A lock that dies with its holder: held by the kernel for this process.
 * 0 ours, 1 another process holds it. */
int store_lock(struct store *s, const char *name, struct error *err);
void store_unlock(struct store *s, const char *name);
/* Who took it last, as a person reads it: "process 4711 on host". */
void store_lock_holder(struct store *s, const char *name, char out[128]);
/* Does anybody (this process too) hold it now? */
bool store_is_locked(struct store *s, const char *name);
/* For doctor: does the file system lock at all? -1 says what to do. */
int store_probe_locks(struct store *s, struct error *err);

/* ------------------------------------------------------------ the vault */
/* Opaque to the store: sealed secrets, tokens, keys and their canary. */
struct vault_blob {
    struct text bytes;
    int64_t version;    /* counts up with every put */
    int64_t changed_ms;
};

int store_vault_get(struct store *s, struct text connection, struct text field,
                    struct arena *arena, struct vault_blob *out,
                    struct error *err);
/* `expected` is the version it replaces: 0 none there yet, -1 whatever is.
 * Returns 1 when another version stands there. Durable on return. */
int store_vault_put(struct store *s, struct text connection, struct text field,
                    struct text bytes, int64_t expected, int64_t now_ms,
                    struct error *err);
/* Empty `field`: all of the connection. */
int store_vault_remove(struct store *s, struct text connection,
                       struct text field, struct error *err);
int store_vault_each(struct store *s, struct text connection, /* empty: all */
                     struct arena *arena,
                     int (*each)(void *ctx, struct text connection,
                                 struct text field,
                                 const struct vault_blob *blob),
                     void *ctx, struct error *err);

/* Facts learnt of a connection (division, tenant name). */
int store_learnt_get(struct store *s, struct text connection, struct text name,
                     struct arena *arena, struct text *out, struct error *err);
int store_learnt_put(struct store *s, struct text connection, struct text name,
                     struct text value, int64_t now_ms, struct error *err);
int store_learnt_clear(struct store *s, struct text connection,
                       struct error *err);

/* Settings of the state itself, by name. */
int store_setting_get(struct store *s, const char *name, struct arena *arena,
                      struct text *out, struct error *err);
int store_setting_put(struct store *s, const char *name, struct text value,
                      struct error *err);

/* ---------------------------------------------------------------- budgets */
struct budget {
    int64_t used, limit;  /* limit -1 unknown */
    int64_t started_ms, reset_ms;
    int64_t blocked_until_ms; /* circuit breaker or the vendor's own word */
};

/* Takes `cost` of `limit` per `window_ms` for this connection and endpoint
 * (empty: the whole connection). 0 taken; 1 nothing left: `*until_ms` says
 * when to ask again, and nothing was taken. Shared by all processes. A
 * negative `window_ms` begins with its first call, not with the clock. */
int store_budget_take(struct store *s, struct text connection,
                      struct text endpoint, const char *window, int64_t cost,
                      int64_t limit, int64_t window_ms, int64_t now_ms,
                      int64_t *until_ms, struct error *err);
/* Counts without asking (errors an endpoint has answered). */
int store_budget_add(struct store *s, struct text connection,
                     struct text endpoint, const char *window, int64_t cost,
                     int64_t limit, int64_t window_ms, int64_t now_ms,
                     struct error *err);
/* What the vendor says of it; -1 and 0 leave as it is. */
int store_budget_set(struct store *s, struct text connection,
                     struct text endpoint, const char *window, int64_t limit,
                     int64_t remaining, int64_t reset_ms, int64_t now_ms,
                     struct error *err);
int store_budget_block(struct store *s, struct text connection,
                       struct text endpoint, const char *window,
                       int64_t until_ms, struct error *err);
int store_budget_get(struct store *s, struct text connection,
                     struct text endpoint, const char *window, int64_t now_ms,
                     struct budget *out, struct error *err);
int store_budget_each(struct store *s, struct arena *arena,
                      int (*each)(void *ctx, struct text connection,
                                  struct text endpoint, struct text window,
                                  const struct budget *b),
                      void *ctx, struct error *err);

/* -------------------------------------------------- webhook deliveries */
struct hook_row {
    int64_t id;
    struct text connection, event_id, body_hash, object, record_id;
    bool deleted;
    int64_t received_ms, done_ms;
};

/* Durable on return. 0 new; 1 seen before with the same hash; 2 seen with
 * another body. */
int store_hook_put(struct store *s, const struct hook_row *row,
                   struct error *err);
int store_hook_each(struct store *s, struct arena *arena, /* not done yet */
                    int (*each)(void *ctx, const struct hook_row *row),
                    void *ctx, struct error *err);
int store_hook_done(struct store *s, int64_t id, int64_t now_ms,
                    struct error *err);
/* Forgets what was done before `before_ms`. */
int store_hook_prune(struct store *s, int64_t before_ms, struct error *err);

/* ------------------------------------------------------------------- runs */
struct run_row {
    int64_t id;
    struct text flow, flow_hash, mode; /* run, plan, apply, adopt, replay */
    struct text outcome;  /* empty while nobody has finished it */
    struct text counts;   /* JSON of the summary */
    struct text owner;
    int64_t started_ms, finished_ms;
    bool alive;           /* its flow's lock is held now */
};

int store_run_start(struct store *s, struct text flow, struct text flow_hash,
                    const char *mode, int64_t now_ms, int64_t *id,
                    struct error *err);
int store_run_finish(struct store *s, int64_t id, const char *outcome,
                     struct text counts, int64_t now_ms, struct error *err);
/* Newest first; empty flow: all; `most` rows at most. */
int store_run_each(struct store *s, struct text flow, int64_t most,
                   struct arena *arena,
                   int (*each)(void *ctx, const struct run_row *row), void *ctx,
                   struct error *err);
/* Highest run number ever given, and the one the witness beside the state
 * and in the user's folder has seen: larger means the state is older than
 * the world. */
int store_rollback_check(struct store *s, bool *cloned, bool *rolled_back,
                         struct error *err);
/* A person has adopted: this state is the one that counts from here on. */
int store_rollback_accept(struct store *s, struct error *err);

/* ------------------------------------------------------------------ links */
struct link_row {
    int64_t id;
    struct text source; /* "Rippling.employee" */
    struct text source_key;
    struct text target; /* "Exact.costcenter" */
    struct text target_id, target_key;
    int64_t run, created_ms;
    bool gone; /* tombstone: kept for evidence */
    /* what the flow asked for owns of it; empty when it never wrote */
    struct text hash;   /* of the owned fields */
    struct text fields; /* last written, as JSON */
    struct text version;
    int64_t owned_ms;
};

int store_link_find(struct store *s, struct text flow, struct text source,
                    struct text source_key, struct text target,
                    struct arena *arena, struct link_row *out,
                    struct error *err);
/* The other way round; any flow's. */
int store_link_of_target(struct store *s, struct text target,
                         struct text target_id, struct text source,
                         struct arena *arena, struct link_row *out,
                         struct error *err);
/* What `key` of some object is linked to in `object`, either way round. */
int store_link_other(struct store *s, struct text object, struct text key,
                     struct arena *arena, struct text *other,
                     struct error *err);
/* Makes or renews link and owned fields. Earlier links of the same source key
 * to another target, and of another source key to the same one, become
 * tombstones. */
int store_link_put(struct store *s, struct text flow,
                   const struct link_row *row, struct error *err);
int store_link_bury(struct store *s, int64_t id, int64_t now_ms,
                    struct error *err);
int store_link_each(struct store *s, struct text flow, struct text source,
                    struct text target, struct arena *arena,
                    int (*each)(void *ctx, const struct link_row *row),
                    void *ctx, struct error *err);
/* Links that have `key` of the object at either end: as the system's own key,
 * or, `by_match`, as the key they were matched by. */
int store_link_named(struct store *s, struct text object, struct text key,
                     bool by_match, struct arena *arena,
                     int (*each)(void *ctx, const struct link_row *row),
                     void *ctx, struct error *err);
/* Keys of the object's records, as far as they are kept here (queue, outbox,
 * mirror), one of whose own fields is `value`; at most 32. */
int store_keys_holding(struct store *s, struct text object, struct text value,
                       struct arena *arena,
                       int (*each)(void *ctx, struct text key), void *ctx,
                       struct error *err);
int store_link_count(struct store *s, struct text source, struct text target,
                     int64_t *count, struct error *err);
/* A flow's new name takes over what its old one had. */
int store_flow_rename(struct store *s, struct text was, struct text name,
                      struct error *err);

/* ---------------------------------------------- what a complete read saw */
/* A set of keys by the name of whoever collects them. */
int store_seen_begin(struct store *s, struct text set, struct error *err);
/* 0 new, 1 it was there. */
int store_seen_add(struct store *s, struct text set, struct text key,
                   struct error *err);
/* 0 it is there, 1 it is not. */
int store_seen_has(struct store *s, struct text set, struct text key,
                   struct error *err);
int store_seen_remove(struct store *s, struct text set, struct text key,
                      struct error *err);
/* Keys after `after`, in order, at most `most`. */
int store_seen_each(struct store *s, struct text set, struct text after,
                    int64_t most, struct arena *arena,
                    int (*each)(void *ctx, struct text key), void *ctx,
                    struct error *err);
/* Links of the flow whose source key is not in the set. */
int store_seen_missing(struct store *s, struct text set, struct text flow,
                       struct text source, struct text target,
                       struct arena *arena,
                       int (*each)(void *ctx, const struct link_row *row),
                       void *ctx, struct error *err);

/* ---------------------------------------------------------------- cursors */
struct cursor_row {
    struct text value;     /* the source's own text */
    struct text boundary;  /* keys and hashes of the records at that instant */
    struct text where_hash;
    struct text flow_hash;
    int64_t complete_ms;   /* last complete read, by the run's clock */
    int64_t complete_count;
};

int store_cursor_get(struct store *s, struct text flow, struct text source,
                     struct arena *arena, struct cursor_row *out,
                     struct error *err);
int store_cursor_put(struct store *s, struct text flow, struct text source,
                     const struct cursor_row *row, struct error *err);

/* ------------------------------------------------------------------ plans */
/* What one run means to do, spooled so that memory does not grow with it. */
struct plan_row {
    int64_t run, number;
    int64_t page;
    struct text action; /* create update adopt gone hold reject … */
    struct text source_key, target_id, target_key;
    struct text record;  /* the source record, as JSON */
    struct text target;  /* the target record, as JSON */
    struct text before;  /* last known owned fields, as JSON */
    struct text hash;
    struct text reasons; /* JSON, for holds and warnings */
    struct text version, source_hash;
};

int store_plan_add(struct store *s, const struct plan_row *row,
                   struct error *err);
int store_plan_each(struct store *s, int64_t run, int64_t from_number,
                    int64_t most, struct arena *arena,
                    int (*each)(void *ctx, const struct plan_row *row),
                    void *ctx, struct error *err);
/* The row of this source key is gone again: 0 with what it was, 1 none. */
int store_plan_drop(struct store *s, int64_t run, struct text source_key,
                    struct arena *arena, struct text *action,
                    struct error *err);
/* Which source key means to make a target of this key? 1 none. */
int store_plan_target(struct store *s, int64_t run, struct text target_key,
                      struct arena *arena, struct text *source_key,
                      struct error *err);
int store_plan_clear(struct store *s, int64_t run, struct error *err);

/* ----------------------------------------------------------------- outbox */
enum intent_state {
    INTENT_PREPARED, /* committed before the call: after a crash in doubt */
    INTENT_DOUBT,    /* the reply was lost */
    INTENT_DONE,     /* answered yes, or found by the probe */
    INTENT_REFUSED,  /* answered no */
    INTENT_PARKED,   /* uncertain: a person decides */
    INTENT_CLOSED,   /* never arrived, and planned anew */
};

struct intent_row {
    int64_t id, run, fence;
    struct text flow, source, source_key, target;
    bool is_update;
    struct text target_id;   /* updates */
    struct text natural_key; /* canonical `match on` values */
    struct text match;       /* the same as JSON record, for the probe */
    struct text record_key;  /* idempotency key */
    struct text method, path, headers, content_type, endpoint;
    struct text body; /* of a batch with its first intent alone */
    struct text fields, hash; /* what the link gets when it is done */
    struct text evidence;     /* why parked, ids found */
    struct text record;       /* source record, as JSON */
    int64_t line;             /* of the flow's sentence */
    int64_t prepared_ms, settle_until_ms, tries;
    int64_t batch; /* intents of one request share it, and the first of them
                      holds headers and body; else 0 */
    enum intent_state state;
};

int store_intent_add(struct store *s, struct intent_row *row,
                     struct error *err); /* fills id */
int store_intent_state(struct store *s, int64_t id, enum intent_state state,
                       struct text target_id, struct text evidence,
                       int64_t now_ms, struct error *err);
/* One more try; the window for its answer starts anew. */
int store_intent_retry(struct store *s, int64_t id, int64_t settle_until_ms,
                       int64_t now_ms, struct error *err);
/* `state` is one of those that are open: prepared, in doubt, parked. */
int store_intent_each(struct store *s, struct text flow,
                      enum intent_state state, struct arena *arena,
                      int (*each)(void *ctx, const struct intent_row *row),
                      void *ctx, struct error *err);
/* How many are prepared, in doubt or parked. */
int store_intent_count(struct store *s, struct text flow, int64_t *count,
                       struct error *err);
/* The open (prepared, in doubt, parked) intent of a source key, if any. */
int store_intent_open(struct store *s, struct text flow,
                      struct text source_key, struct arena *arena,
                      struct intent_row *out, struct error *err);
/* The source record of the last write of this key that was done; 1 none. */
int store_intent_record(struct store *s, struct text flow,
                        struct text source_key, struct arena *arena,
                        struct text *record, struct error *err);
int store_intent_get(struct store *s, int64_t id, struct arena *arena,
                     struct intent_row *out, struct error *err);

/* ------------------------------------------------------------------ holds */
struct hold_row {
    int64_t id, run, line;
    struct text flow, source, source_key;
    struct text kind;    /* hold reject refused uncertain conflict waiting */
    struct text message; /* first reason */
    struct text reasons; /* JSON: all of them with values and lines */
    struct text group;   /* message without its values, for counting */
    struct text record;  /* payload snapshot, as JSON */
    struct text hash;    /* of what would have been written */
    struct text flow_hash, owner;
    int64_t first_seen_ms, last_seen_ms, tries;
    bool retry; /* to be tried at the next run */
    bool asked; /* because a person said so */
};

struct hold_await { /* "wakes when this exists" */
    struct text object; /* "Exact.costcenter" */
    struct text field;
    struct text key;    /* canonical */
};

/* Replaces an open hold of the same flow and key, keeping first seen and
 * counting the try; `*is_new` tells. */
int store_hold_put(struct store *s, const struct hold_row *row,
                   const struct hold_await *awaits, size_t await_count,
                   bool *is_new, struct error *err);
int store_hold_get(struct store *s, struct text flow, struct text source_key,
                   struct arena *arena, struct hold_row *out,
                   struct error *err);
int store_hold_by_id(struct store *s, int64_t id, struct arena *arena,
                     struct hold_row *out, struct error *err);
/* It went; `how`: released, dropped, replaced; `why` is a person's word. */
int store_hold_close(struct store *s, struct text flow, struct text source_key,
                     const char *how, struct text why, int64_t now_ms,
                     struct error *err); /* 1 when there was none */
int store_hold_retry(struct store *s, int64_t id, struct error *err);
/* It was looked at by the flow as it is now, and waits on. */
int store_hold_looked(struct store *s, int64_t id, struct text flow_hash,
                      struct error *err);
int store_hold_each(struct store *s, struct text flow, struct arena *arena,
                    int (*each)(void *ctx, const struct hold_row *row),
                    void *ctx, struct error *err);
int store_hold_count(struct store *s, struct text flow, int64_t *count,
                     struct error *err);
/* Keys the flow's holds wait for, each once. */
int store_await_each(struct store *s, struct text flow, struct arena *arena,
                     int (*each)(void *ctx, const struct hold_await *await),
                     void *ctx, struct error *err);
/* Marks the holds that wait for this key for another try. */
int store_await_wake(struct store *s, struct text flow,
                     const struct hold_await *await, int64_t *woken,
                     struct error *err);

/* ------------------------------------------------------------------ audit */
struct audit_row {
    int64_t number, at_ms, run, line;
    struct text flow, flow_hash;
    struct text action; /* create update adopt hold release reject … */
    struct text source, source_key, target, target_id;
    struct text before, after; /* JSON */
    struct text result;        /* sentence */
    char hash[65], previous[65];
};

/* Chained to the row before it, in the caller's transaction. */
int store_audit_add(struct store *s, const struct audit_row *row,
                    struct error *err);
struct audit_filter {
    struct text flow, source_key, target_id; /* empty: all */
    int64_t from_ms, to_ms;                  /* 0: open */
    int64_t run;
    int64_t most; /* newest, still told oldest first; 0: all */
};
int store_audit_each(struct store *s, const struct audit_filter *filter,
                     struct arena *arena,
                     int (*each)(void *ctx, const struct audit_row *row),
                     void *ctx, struct error *err);
/* 0 all good, with the count and the head's hash; 1: `*broken` is the number
 * of the first row that is not what was written. */
int store_audit_verify(struct store *s, int64_t *count, char head[65],
                       int64_t *broken, struct error *err);
/* The same before a run: all of it once a day, else what came since. */
int store_audit_look(struct store *s, int64_t now_ms, int64_t *broken,
                     struct error *err);
/* A person goes on with a broken trail: a row with their reason (`result`)
 * seals what is there now. 1 when it is whole. */
int store_audit_accept(struct store *s, const struct audit_row *why,
                       int64_t *broken, struct error *err);

/* ----------------------------------------------------------------- mirror */
/* Last known records of an object, as the JSON they were read from. */
struct mirror_state {
    struct text cursor, boundary, shape;
    int64_t complete_ms, refreshed_ms;
};
struct mirror_row {
    struct text key, group, body;
    bool gone;
};

int store_mirror_state_get(struct store *s, struct text object,
                           struct arena *arena, struct mirror_state *out,
                           struct error *err);
int store_mirror_state_put(struct store *s, struct text object,
                           const struct mirror_state *state,
                           struct error *err);
int store_mirror_put(struct store *s, struct text object,
                     const struct mirror_row *row, int64_t mark,
                     struct error *err);
int store_mirror_get(struct store *s, struct text object, struct text key,
                     struct arena *arena, struct mirror_row *out,
                     struct error *err);
/* Empty group: all of the object. */
int store_mirror_each(struct store *s, struct text object, struct text group,
                      struct arena *arena,
                      int (*each)(void *ctx, const struct mirror_row *row),
                      void *ctx, struct error *err);
/* After a complete read: what does not carry its mark is gone. */
int store_mirror_sweep(struct store *s, struct text object, int64_t mark,
                       struct error *err);
int store_mirror_clear(struct store *s, struct text object, struct error *err);

#endif
