/* Evaluation of one record by one flow. A checked flow is compiled once to a
 * tree of slots; evaluating it is a pure function of the record, the lookups
 * and the run's clock. No allocation but in the batch's arena. */
#ifndef MLC_RUNTIME_EVAL_H
#define MLC_RUNTIME_EVAL_H

#include "base/error.h"
#include "lang/program.h"
#include "runtime/value.h"

struct compiled; /* a flow, ready to run */

/* One `find` of a flow, known statically. */
struct find_site {
    uint32_t index;
    const struct connection *connection;
    const struct object *object;
    const struct field **keys; /* equality fields, in text order */
    size_t key_count;
    const struct shape *shape; /* fields the flow reads of a hit */
    struct span span;
    struct text name;
};

enum find_status {
    FIND_NONE,
    FIND_ONE,
    FIND_MANY,   /* `matches` lists them for the message */
    FIND_LATER,  /* the engine must fetch first: evaluation stops with
                    VERDICT_LATER and is done again */
    FIND_FAILED, /* could not be read: never the same as none */
};

struct find_answer {
    enum find_status status;
    const struct record *record;
    struct text matches; /* FIND_MANY, FIND_FAILED: what to tell */
};

enum verdict {
    VERDICT_WRITE, /* target is complete; warnings may exist */
    VERDICT_HOLD,
    VERDICT_REJECT,
    VERDICT_SKIP,   /* a `skip when` said so, or `where` does not hold */
    VERDICT_STOP,
    VERDICT_LATER,
};

/* Why a record was not written (or a warning). All in the batch's arena. */
struct reason {
    enum verb verb;
    struct text message;   /* with values filled in */
    struct span span;      /* the statement */
    struct text values;    /* "expense.tag = (missing)\nexpense.amount = …" */
    const struct find_site *awaits; /* hold of a failed find, or NULL */
    struct text awaited_key;        /* canonical key values, for replay */
    struct text awaited_table;      /* table that had no row, or empty */
    bool failure;          /* computing failed: overflow, bad date … */
    struct reason *next;
};

struct evaluated {
    enum verdict verdict;
    bool outside;        /* VERDICT_SKIP because `where` does not hold */
    bool disagrees;      /* members of one group differ in what is used */
    struct record *target; /* of compiled_target_shape; VALUE_LEAVE where unset */
    struct reason *reasons; /* in text order */
    struct reason *warnings;
    struct text match_key;  /* canonical values of `match on`, or empty */
    struct text lookups;    /* "account 4520 found (row "Travel" of …)", for holds */
    struct text trace;      /* with eval_env.trace: every step, a line each */
};

struct eval_env {
    struct arena *arena; /* the batch's */
    int64_t now_us;      /* frozen for the run */
    void *ctx;
    /* Answers a find. NULL: every find is FIND_FAILED. */
    void (*find)(void *ctx, const struct find_site *site,
                 const struct value *keys, struct find_answer *out);
    /* link(App.object, id): target id of another flow's link, or missing. */
    struct value (*link)(void *ctx, const struct object *object,
                         const struct value *id);
    bool trace;
};

/* The compiled flow lives in `arena`, which may be the program's. -1 with a
 * message in `err` only for what check should have refused. */
int flow_compile(const struct program *program, const struct flow *flow,
                 struct arena *arena, struct compiled **out, struct error *err);

const struct shape *compiled_source_shape(const struct compiled *c);
/* Slots that the flow itself reads; behind them only the object's key. */
size_t compiled_source_used(const struct compiled *c);
const struct shape *compiled_target_shape(const struct compiled *c);
const struct find_site *compiled_finds(const struct compiled *c, size_t *count);
/* Fields set `once`: not sent on updates. */
bool compiled_is_once(const struct compiled *c, const struct field *field);

/* `where` terms an API could filter on: a conjunction of field op constant.
 * The filter is always evaluated again here. */
struct filter_term;
const struct filter_term *compiled_filter(const struct compiled *c,
                                          size_t *count);

/* Evaluates `source`. Under `for each` it is called once per element
 * (`element` counts); under `one per` with the whole group in `members`. */
struct eval_input {
    const struct record *source;
    size_t element;                 /* `for each x in list` of the sentence */
    const struct record *const *members; /* `one per`: all of the group */
    const size_t *member_elements;  /* with `for each`: each member's; NULL 0 */
    size_t member_count;
};
void flow_evaluate(const struct compiled *c, const struct eval_env *env,
                   const struct eval_input *input, struct evaluated *out);
/* Elements the sentence's `for each` has for this source; 1 without one. */
size_t flow_elements(const struct compiled *c, const struct eval_env *env,
                     const struct record *source);
/* Does `where` hold, and the canonical `one per` key (empty without one).
 * -1: computing it failed; the reason is in `out`. */
int flow_group_key(const struct compiled *c, const struct eval_env *env,
                   const struct eval_input *input, bool *in_scope,
                   struct text *key, struct evaluated *out);
/* The body of `when gone { … }` for a record that is gone. */
void flow_evaluate_gone(const struct compiled *c, const struct eval_env *env,
                        const struct record *last_source,
                        struct evaluated *out);
/* What tests reach: outcomes, table rows, arms of choose. Counting begins with
 * compiled_watch; then one thread at a time may evaluate. */
struct reach {
    const char *what; /* outcome, row, arm */
    struct span span;
    uint64_t times;
};
void compiled_watch(struct compiled *c);
/* Fills `out` with number `index`; returns how many there are. */
size_t compiled_reached(const struct compiled *c, size_t index,
                        struct reach *out);
/* SHA-256 hex over flow, source object and key; record_key() of the language. */
void record_key_hex(struct text flow, struct text object, struct text key,
                    char out[65]);

#endif
