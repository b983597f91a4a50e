/* A flow as the evaluator runs it: small nodes in one arena, every name a
 * slot. Made by compile*.c, walked by eval*.c; nobody else includes it. */
#ifndef MLC_RUNTIME_IR_H
#define MLC_RUNTIME_IR_H

#include "runtime/connector.h"
#include "runtime/eval.h"

/* Tag of a slot whose value could not be had: what depends on it is not
 * evaluated and gives no reason of its own. */
#define TAG_POISON 250

enum ir_op {
    IR_CONST,
    IR_SLOT,       /* frame slot */
    IR_FIELD,      /* record in frame slot `slot`, its slot `index` */
    IR_MEMBER,     /* record a, its slot `index` */
    IR_MEMBER_OF,  /* record a, its field `field`, wherever it stands */
    IR_TARGET,     /* the record being built, as a record */
    IR_GROUP,      /* the members of `one per` */
    IR_TEXT,       /* parts joined */
    IR_ELSE,
    IR_IF,
    IR_CHOOSE,     /* arms: condition (NULL otherwise), value, … */
    IR_OUTCOME,    /* fires `outcome` */
    IR_OR,
    IR_AND,
    IR_NOT,
    IR_COMPARE,    /* compare */
    IR_IS_CONST,   /* a is (or is not) a constant text */
    IR_ADD,
    IR_SUB,
    IR_MUL,
    IR_DIV,
    IR_DIV_ROUND,  /* a / b rounded to c decimals, `index` the rounding */
    IR_NEGATE,
    IR_TRY,
    IR_TABLE,      /* row of `table` for the keys in list */
    IR_LIST,
    IR_CALL,       /* builtin with list as arguments */
    IR_SPACED,     /* IR_CALL of join(words(a), " ") */
    IR_LET,        /* a into slot, then b: parameters of a define */
    IR_LOOP,       /* list of b for each `slot` in a where c */
    IR_AGGREGATE,  /* a folded: `index` is an enum aggregate */
    IR_NOW,
    IR_TODAY,
    IR_LINK,
    IR_RECORD_KEY,
};

enum aggregate {
    AGG_NONE,
    AGG_COUNT,
    AGG_SUM,
    AGG_MIN,
    AGG_MAX,
    AGG_ANY,
    AGG_ALL,
    AGG_FIRST,
    AGG_LAST,
    AGG_ONLY,
    AGG_AVERAGE,
};

struct ir_outcome {
    enum verb verb;
    struct ir *message; /* IR_TEXT or IR_CONST */
    struct span span;
};

struct shape_build;
struct ir_table;
struct regex;
struct zone;

struct ir {
    uint8_t op;
    uint8_t compare; /* enum compare_op */
    bool negated;    /* IR_IS_CONST: is not */
    bool lenient;    /* IR_TEXT of a message: prints what is missing */
    uint32_t slot, index, count;
    struct ir *a, *b, *c;
    struct ir **list;
    struct value value;
    const struct node *node; /* where it stands in the source */
    union {
        const struct field *field;
        const struct builtin *builtin;
        struct ir_outcome *outcome;
        struct ir_table *table;
        const struct object *object;
        const struct regex *regex; /* IR_COMPARE: a pattern known before */
    };
    struct shape_build *shape; /* while compiling: of the record or items */
    uint32_t reach; /* number of this arm for coverage, 0 none */
};

/* What an expression is made of, for the values under a reason. */
struct ir_leaf {
    struct text shown;
    struct ir *ir;
    bool sensitive;
};

enum statement_kind {
    ST_LET,
    ST_FIND,
    ST_REQUIRE, /* fires when a is no */
    ST_WHEN,    /* fires when a is yes */
    ST_ASSIGN,
    ST_ADD,
};

struct ir_find {
    struct find_site site;
    struct ir **keys;
    struct shape_build *shape;
};

/* Way from a record to one of its slots through nested records. */
struct ir_place {
    uint32_t steps[8];
    const struct shape *shapes[8]; /* of the nested record behind each step */
    struct shape_build *builds[8];
    uint32_t count; /* of steps; the last is the slot */
    const struct field *field;
};

struct ir_statement {
    enum statement_kind kind;
    const struct node *node;
    struct span span;
    uint32_t slot;
    struct ir *a;
    struct ir *where;      /* ADD: of its loop */
    struct ir_outcome *outcome;
    struct ir_find *find;
    struct ir_place place; /* ASSIGN, ADD */
    struct shape_build *record; /* ADD: of a line */
    const struct shape *record_shape;
    struct ir_statement *body;  /* ADD */
    struct ir_leaf *leaves;
    size_t leaf_count;
    uint32_t reach;
    struct ir_statement *next;
};

struct ir_row {
    uint64_t hash;
    struct text key;
    struct record *record;
    uint32_t reach;
};

struct ir_table {
    const struct table *table;
    const struct object *object; /* synthetic: its columns as fields */
    const struct shape *shape;
    struct ir_row *rows; /* open addressing: the row's place + 1 */
    uint32_t *slots;
    size_t row_count, slot_count;
    struct record *otherwise;
    struct ir_outcome *outcome;
    struct ir *outcome_ir;
    uint32_t key_slot; /* frame slots of the keys, for the outcome's text */
    uint32_t otherwise_reach;
    struct ir_table *next;
};

struct once_field {
    const struct field *field;
    struct once_field *next;
};

/* Something a test can reach or not: an arm, a row, an outcome. */
struct reach_point {
    const char *what; /* "outcome", "row", "arm" */
    struct span span;
};

#define REACH_MAX 4096 /* points of one flow that coverage tells apart */

struct compiled {
    const struct program *program;
    const struct flow *flow;
    struct arena *arena;
    struct text timezone;
    const struct zone *zone; /* NULL: UTC */
    const struct shape *source_shape, *target_shape;
    size_t source_used; /* slots the flow reads; keys may stand behind */
    struct ir *each_list, *each_where, *where, *per;
    uint32_t slot_count, source_slot, each_slot;
    bool each_in_group; /* `group` holds elements, not source records */
    struct ir_statement *body, *gone;
    struct ir_outcome *gone_outcome;
    bool gone_leave;
    struct ir_leaf *agree; /* source paths that must agree in a group */
    size_t agree_count;
    struct ir_leaf *where_leaves;
    size_t where_leaf_count;
    struct find_site *finds;
    size_t find_count;
    struct filter_term *filter;
    size_t filter_count;
    struct once_field *once;
    struct ir_place *match;
    size_t match_count;
    struct ir_table *tables;
    struct reach_point *points; /* [1 …] */
    size_t point_count;
    uint64_t *reached; /* counts per point; written by the evaluator */
};

/* ---------------------------------------------------------- evaluating */
enum got {
    GOT_VALUE,
    GOT_FAILURE, /* frame.failure says what */
    GOT_OUTCOME, /* frame.fired is it */
    GOT_NOTHING, /* depends on something that gave its reason already */
};

struct lookup { /* for the list under a hold */
    struct text name, key, table;
    bool found;
    struct lookup *next;
};

struct frame {
    const struct compiled *c;
    const struct eval_env *env;
    const struct eval_input *input;
    struct arena *arena;
    struct value *slots;
    struct record *target; /* the whole */
    struct record *record; /* the one the statements fill */
    struct evaluated *out;
    struct reason **next_reason, **next_warning;
    size_t reason_count;
    bool later, stopped, skipped, rejected;
    /* of the last GOT_FAILURE */
    const char *failure;
    const struct node *failed;
    /* of the last GOT_OUTCOME */
    const struct ir_outcome *fired;
    struct text fired_message, fired_table, fired_key;
    struct lookup *lookups, **next_lookup;
    struct buf *trace;
    unsigned depth;
};

enum got ir_eval(struct frame *f, const struct ir *n, struct value *out);

/* The value where it stands, for what needs no computing: constants, fields
 * of a record. NULL: ir_eval has to look. */
static inline const struct value *ir_peek(const struct frame *f,
                                          const struct ir *n)
{
    if (n->op == IR_CONST)
        return &n->value;
    if (n->op != IR_FIELD || f->slots[n->slot].tag != VALUE_RECORD)
        return NULL;
    const struct value *v = &f->slots[n->slot].record->slots[n->index];
    return v->tag < VALUE_CLEAR ? v : NULL;
}

/* ir_eval that does not call for those. */
static inline enum got ir_get(struct frame *f, const struct ir *n,
                              struct value *out)
{
    const struct value *v = ir_peek(f, n);
    if (!v)
        return ir_eval(f, n, out);
    *out = *v;
    return GOT_VALUE;
}

/* Its value, computed into `room` or where it stands; NULL: `*got`. */
static inline const struct value *ir_take(struct frame *f, const struct ir *n,
                                          struct value *room, enum got *got)
{
    const struct value *v = ir_peek(f, n);
    *got = GOT_VALUE;
    if (v)
        return v;
    *got = ir_eval(f, n, room);
    return *got == GOT_VALUE ? room : NULL;
}

enum got ir_fail(struct frame *f, const struct ir *n, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Folds, loops and arithmetic live apart. */
enum got eval_loop(struct frame *f, const struct ir *n, struct value *out);
enum got eval_aggregate(struct frame *f, const struct ir *n,
                        struct value *out);
enum got eval_arithmetic(struct frame *f, const struct ir *n,
                         struct value *out);
/* Whether a comparison holds. */
enum got eval_compare(struct frame *f, const struct ir *n, bool *truth);
/* Whether an expression is yes; missing is no. */
enum got ir_truth(struct frame *f, const struct ir *n, bool *truth);
enum got eval_table(struct frame *f, const struct ir *n, struct value *out);
/* The text of a message, with (missing) where nothing is. */
struct text eval_message(struct frame *f, const struct ir *n);
void eval_reach(const struct compiled *c, uint32_t point);

#endif
