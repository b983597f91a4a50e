/* The plan of a shape: which member of the wire's objects goes into which
 * slot, and how its value is taken. Between record_plan.c, which makes it,
 * record_read.c, which follows it, and record_write.c. */
#ifndef MLC_RUNTIME_RECORD_PLAN_H
#define MLC_RUNTIME_RECORD_PLAN_H

#include "runtime/record.h"

enum encoding {
    ENCODING_PLAIN,
    ENCODING_MS_DATE,     /* "/Date(ms)/", wall clock */
    ENCODING_OTHER_FORM,  /* number as text, or text as number */
    ENCODING_CENTS,       /* integer minor units */
    ENCODING_YES_NO_TEXT, /* "yes"/"no" and their kin */
    ENCODING_ZERO_ONE,
    ENCODING_EPOCH_MS,
    ENCODING_EPOCH_S,
    ENCODING_JSON_TEXT, /* JSON inside a text */
    ENCODING_OBJECT,    /* {currency member, value member} */
    ENCODING_DATE_OF_DATETIME, /* a date with a time of day nobody means */
};

/* An encoding text of a catalog, taken apart. */
struct encoding_of {
    enum encoding kind;
    bool wrap;   /* {"value": …} around it */
    bool padded; /* blanks at both ends are none of it */
    bool results; /* a list that may come as {"results": […]} */
    struct text currency_member, value_member; /* ENCODING_OBJECT */
    struct text said, written; /* a word that is written otherwise */
};
/* False for one nobody knows. */
bool encoding_parse(struct text encoding, struct encoding_of *out);

#define PLAN_SEEN_MAX 256  /* names of one object that are foreseen */
#define PLAN_NAMES_MAX 8192
#define PLAN_ENUM_TEXT_MAX 64

/* What a value in its usual form is: taken at once then. */
enum plan_quick { QUICK_NONE, QUICK_TEXT, QUICK_NUMBER, QUICK_DATE };

/* How one value is taken. */
struct plan_value {
    const struct field *field;
    const struct type *type;
    struct encoding_of encoding;
    struct plan_node *node;      /* record: how its object is read */
    struct plan_value *item;     /* list */
    struct value *words;         /* enum: the values, made before */
    enum plan_quick quick;
    uint16_t currency;           /* money: static */
    uint32_t slot;
    int32_t currency_slot;       /* money: in the record, -1 none */
    bool currency_above;         /* the slot is in the record around it */
};

struct plan_member {
    struct text name;
    struct plan_value **values; /* slots that take this value */
    size_t value_count;
    struct plan_node *inside; /* wire paths that go on below it */
};

#define PLAN_HEAD 32

/* A name that stood at this place in earlier objects. */
struct plan_seen {
    char head[PLAN_HEAD]; /* any byte, then "name": as far as there is room */
    uint32_t mask;        /* which of them count */
    uint32_t len;         /* of the name */
    const char *token;    /* "name": in full */
    int32_t member;       /* -1: not wanted */
};

struct plan_node {
    struct plan_member *members;
    size_t member_count, member_cap;
    /* of the node that begins a record */
    const struct shape *shape;
    struct plan_node *around; /* the record this one lies in */
    size_t slot_count; /* with hidden ones for currencies */
    struct plan_value **money; /* slots whose currency comes from a field */
    size_t money_count;
    struct plan_value **nested; /* slots that hold records */
    size_t nested_count;
    uint32_t *needed; /* slots that must not be missing */
    size_t needed_count;
    bool any_money;   /* here or below */
    /* foresight */
    struct plan_seen *seen;
    size_t seen_count;
    char *names;
    size_t names_len;
};

struct record_plan {
    struct plan_node *root;
    struct arena *arena;
    size_t noise;
};

/* For rows that are no JSON (csv): a record without values, one cell into
 * its slot, and what is to be checked when all cells are in. False and 0 with
 * `fault` filled when something is wrong. `decimal` is the decimal mark. */
bool record_cell_is_text(const struct plan_value *v); /* as it is, if any */
struct record *record_row_new(struct record_plan *plan, struct arena *arena);
bool record_row_cell(struct record_plan *plan, const struct plan_value *v,
                     struct text cell, char decimal, struct arena *arena,
                     struct record *record, struct record_fault *fault);
bool record_row_done(struct record_plan *plan, struct record *record,
                     struct record_fault *fault);

#endif
