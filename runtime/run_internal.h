/* A run in the making, shared by the files run*.c and outbox*.c; nobody else
 * includes it. */
#ifndef MLC_RUNTIME_RUN_INTERNAL_H
#define MLC_RUNTIME_RUN_INTERNAL_H

#include "runtime/eval.h"
#include "runtime/holds.h"
#include "runtime/mirror.h"
#include "runtime/mirror_read.h"
#include "runtime/record.h"
#include "runtime/run.h"

/* Places of this read to go on from; see run_marks.c. */
struct page_mark;
struct page_marks {
    struct page_mark *list;
    size_t count, cap, next;
    int64_t latest;
    bool any, broken;
};

struct run {
    const struct run_options *o;
    const struct flow *flow;
    struct store *store;
    struct summary *sum;
    struct arena keep;  /* as long as the run */
    struct arena batch; /* a page or a handful of groups */

    struct compiled *compiled;
    struct port source, target;
    struct call_count source_before, target_before;
    bool has_target; /* false: `log` */
    struct text source_name, target_name; /* "Rippling.employee" */
    struct text flow_hash;
    const struct shape *shape; /* of the source, with its keys */
    struct record_plan *plan;
    /* The same without the field that tells of changes, unless the flow uses
     * it: some sources have it in their list of changes alone. */
    const struct shape *one_shape;
    struct record_plan *one_plan;
    char shape_hash[17];
    char where_hash[17];

    struct lookups *lookups;
    struct site match, by_id; /* by_id: reconciling, planning */
    int64_t drift_looks;
    bool has_match;
    struct eval_env env;

    struct lease lease;
    bool locked, leased;
    int64_t id, number, page;
    struct text seen_set, group_set;
    struct cursor_row cursor; /* as it was */
    struct text new_cursor;
    struct again *again; /* records that need not be decided again */
    struct page_marks marks;
    bool first_read;     /* there was no cursor, and nothing linked yet */
    struct text booked_set; /* keys the source is still to be told are booked;
                               empty: it does not want to know */
    bool complete;       /* this read has everything */
    bool keyed;          /* only run_options.keys were read */
    bool complete_proved;/* and came to its end in order */
    bool sudden_drop;    /* but with too little to be believed [111] */
    bool disagrees;      /* a group's members, read at different times, differ */
    bool where_changed, shape_changed;
    bool has_holds, has_intents;
    bool many_pages;
    int64_t gone_links;  /* links a `gone` limit is a share of */
    int64_t known;       /* records the other limits are a share of */
    bool stopped;        /* a signal or an outage: the rest waits */
    int64_t refused_in_a_row, lost_in_a_row;
    struct text unfinished; /* why the cursor must not move, or empty */
    struct record_plan *key_plan; /* of rows that cannot be read, or NULL */
    int64_t probed_ms; /* when the targets in doubt were asked for last */
};

/* One record of the target's: from one source record, one element of it, or
 * a group of them. */
struct unit {
    struct text key;
    struct text raw;       /* source record as JSON, for holds and replay */
    const struct record *source;
    struct eval_input input;
    bool released;         /* out of a hold: not counted by the pages */
    /* while it is being decided */
    struct evaluated result;
    bool settled;
    struct link_row link;
    bool linked, looked, drift_asked;
    struct find_answer hit;
    /* decided */
    const char *action;
    struct held held;
    struct text before, hash, target_id, target_key, version, note;
};

struct units {
    struct unit *list;
    size_t count, cap;
};

struct unit *units_add(struct run *r, struct units *u);
/* Evaluates, looks up and matches all of them, then spools what is to be
 * done. Resets nothing. */
int run_decide(struct run *r, struct units *units, struct error *err);
/* The same without spooling: each unit has its action then. */
int run_decide_only(struct run *r, struct units *units, struct error *err);
/* Program, ports, shapes, look-ups: everything but lock and number. */
int run_set_up(struct run *r, struct error *err);
void run_tear_down(struct run *r);
/* The record of that key as the source has it now; 1: it has none. */
int run_read_one(struct run *r, struct text key, struct record **record,
                 struct text *raw, struct error *err);
/* One group with its members; 1: it has none. */
int run_group_unit(struct run *r, struct text key, struct units *units,
                   struct error *err);
/* What run_read asks for: mode, cursor, projection, filter. */
void run_read_spec(struct run *r, struct read_spec *spec);
/* Reads everything the run has to look at. */
int run_read(struct run *r, struct error *err);
/* A record that came with a page, and the page's end with the cursor that the
 * source gave for it. */
void run_marks_row(struct run *r, const struct record *record);
void run_marks_page(struct run *r, struct text cursor);
/* Everything of the pages before this one is booked. */
int run_marks_booked(struct run *r, int64_t page, struct error *err);
void run_marks_free(struct run *r);
/* Records the last run decided, which a read of changes brings once more
 * because it asks from a little before its cursor. `again_seen` notes the
 * record and tells whether it is one of them, to the byte; `again_text` is what
 * is kept with the cursor. */
void again_start(struct run *r);
bool again_seen(struct run *r, struct text raw);
struct text again_text(struct run *r);
/* Does it read much less than the time before? */
int run_mind_drop(struct run *r);
/* Groups whose members changed. */
int run_groups(struct run *r, struct error *err);
int run_note_member(struct run *r, const struct record *record,
                    struct text key, struct text raw, struct error *err);
int run_member_gone(struct run *r, struct text key, struct error *err);
/* Units of one source record (elements of a `for each`). */
int run_units_of(struct run *r, const struct record *record, struct text key,
                 struct text raw, bool released, struct units *units,
                 struct error *err);
/* Does a plan look at what stands in the target? Turns an update into "drift"
 * and an unchanged record into "drifted" when people changed it there: then
 * `before` is what stands there and `note` what was written. 1: later. */
bool run_drift_wanted(const struct run *r);
int run_drift(struct run *r, struct unit *u);
/* Holds that something woke. */
int run_release(struct run *r, struct error *err);
/* What is no longer at the source. */
int run_gone(struct run *r, struct error *err);
int run_plan_gone(struct run *r, const struct link_row *link,
                  const char *note, struct error *err);
/* In-doubt intents of runs before this one. */
int run_recover(struct run *r, struct error *err);
/* Lost answers of this run, as far as their time has come. */
int run_settle(struct run *r, struct error *err);
/* The spooled plan, item by item. */
int run_execute(struct run *r, struct error *err);
int run_show_plan(struct run *r, struct error *err);
/* Remembers, in the transaction that books a target, that the source is to be
 * told; and tells it, once nothing of the record is open any more. A failure
 * of the telling is no failure of the run: it is told by the next one. */
int run_note_booked(struct run *r, struct text key, struct error *err);
int run_tell_booked(struct run *r, struct error *err);

/* ---------------------------------------------------------------- booking */
int run_spool(struct run *r, const struct unit *u, struct error *err);
/* Puts a record into the queue, in the caller's transaction. */
int run_book_hold(struct run *r, const char *kind, struct text key,
                  struct text raw, struct text hash, const struct held *held,
                  struct error *err);
int run_audit(struct run *r, const char *action, struct text key,
              struct text target_id, struct text before, struct text after,
              struct text result, int64_t line, struct error *err);
/* Calls `book` in a transaction that checks the fence; a full disk gets the
 * room kept aside and one more try [42]. */
int run_book(struct run *r, int (*book)(struct run *r, void *ctx,
                                        struct error *err),
             void *ctx, struct error *err);
/* Looks for the target records that have these match values, as they are at
 * after `since_ms` (INT64_MAX: now). */
int run_probe(struct run *r, const struct value *values, int64_t since_ms,
              struct find_answer *out, struct error *err);
/* Does a "done" tell of another record than was sent? Two answers got mixed up
 * on their way; nothing is known of ours [71]. */
bool run_is_of_another(struct run *r, const struct write_item *item,
                       struct text natural_key,
                       const struct write_result *result);
/* Match values as they are kept with an intent, and back; -1: the flow now
 * matches on something else. */
struct text run_pack_match(struct run *r, const struct value *values);
int run_unpack_match(struct run *r, struct text image, struct value *values);
/* Counts what is planned for a record; `by` -1 takes it back. */
void run_count(struct run *r, const char *action, int64_t by);
/* SHA-256 over the fields an update would send. */
void run_owned_hash(const struct run *r, const struct record *target,
                    char out[65]);
struct text run_json(struct arena *arena, const struct record *record);
struct text run_match_key(struct run *r, const struct record *target,
                          struct value *values, struct arena *arena);
bool run_should_stop(struct run *r);
#define RUN_SEEN_LABEL "\x1f"
/* Hash of a link whose record takes several calls that are not all done. */
#define LINK_HALF "half"

#endif
