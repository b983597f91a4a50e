/* Types, fields and objects: what the checker knows of both systems. Catalogs
 * of connectors and `object` forms of users end up here alike. All of it lives
 * in the program's arena and does not change after loading. */
#ifndef MLC_LANG_SCHEMA_H
#define MLC_LANG_SCHEMA_H

#include "base/decimal.h"
#include "base/diag.h"
#include "base/map.h"

enum type_kind {
    TYPE_UNKNOWN, /* a failed type; never reported again */
    TYPE_TEXT,
    TYPE_NUMBER,
    TYPE_INTEGER,
    TYPE_YESNO,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_DATETIME,
    TYPE_DURATION,
    TYPE_PERCENT,
    TYPE_MONEY,
    TYPE_ENUM,
    TYPE_ID,     /* id of `object` */
    TYPE_RECORD, /* fields of `object` */
    TYPE_LIST,   /* of `item` */
    TYPE_EMPTY_LIST,
};

#define SCALE_UNKNOWN (-1)
#define LENGTH_UNLIMITED (-1)

struct object;

struct enum_value {
    struct text word; /* in flows */
    struct text wire; /* in the API; equals word unless the catalog says */
    bool wire_is_number;
    bool end_state; /* Terminated, Closed … */
};

struct type {
    enum type_kind kind;
    bool optional;
    int scale;         /* number, money, percent */
    int length;        /* text: most code points */
    char currency[4];  /* money: static currency, or "" */
    /* Enum: its words. Text: every text it can be, when that is known (a
     * literal, the arms of a choose, a column of a code table). */
    struct enum_value *values;
    size_t value_count;
    const struct object *object; /* id, record */
    const struct type *item;     /* list */
};

/* Operators an API filters on: bits of 1 << enum compare_op. */
typedef uint32_t filter_ops;

struct field {
    struct text name;
    struct text also;        /* a second name, or empty */
    const struct type *type; /* as read; `optional` says it may be missing */
    struct text wire;        /* path in the API's record, "a.b"; = name mostly */
    struct text write_wire;  /* path in write bodies when it differs: flag
                                write("name"); else empty */
    struct text encoding;    /* how the wire says it: "ms date", "cents",
                                "value wrap", "padded"…; empty: plain JSON */
    struct text currency_from; /* money: field that holds the currency */
    struct text pattern;       /* what the API accepts, for `matches` */
    struct text default_value; /* what the target sets by itself, or empty */
    struct text note;
    bool required;    /* must be set on create */
    bool read_only, create_only, write_only;
    bool searchable;  /* match on, find */
    bool unique;
    bool sensitive;
    bool float_noise;
    bool empty_is_missing;
    filter_ops filters; /* pushed down in `where` */
    uint32_t index;   /* among its object's fields */
    struct span span; /* in the catalog */
};

enum operation {
    OPERATION_READ = 1,
    OPERATION_CREATE = 2,
    OPERATION_UPDATE = 4,
    OPERATION_DELETE = 8,
};

enum change_feed {
    CHANGES_NONE,     /* complete reads only */
    CHANGES_TIME,     /* by a modification time field */
    CHANGES_VERSION,  /* by a row version */
    CHANGES_LOG,      /* a feed that also reports deletions */
};

struct fact { /* anything a catalog says of an object that only its driver reads */
    struct text name;
    struct text value; /* words and numbers as written, "quotes" removed */
    struct fact *next;
};

struct object {
    struct text app;   /* connector name in catalogs, connection for users' */
    struct text name;
    struct text label; /* as flows say it: "Exact.costcenter" */
    struct text also;  /* a second name, or empty */
    struct text title;
    struct text path;  /* `at` */
    struct field *fields;
    size_t field_count;
    struct map by_name; /* text → struct field */
    struct text *keys;  /* `key` */
    size_t key_count;
    unsigned operations; /* bits of enum operation */
    enum change_feed changes;
    struct text changed_field; /* the one a cursor runs on */
    bool deletes_seen;   /* the change feed reports deletions */
    bool small;          /* cheap to preload whole */
    bool balanced;       /* rule: the lines' amounts add up to zero */
    struct text balance_list, balance_field; /* "Lines", "AmountFC" */
    struct text refusal; /* why writes are refused, for the checker's message */
    struct text match_default;
    struct fact *facts;
    bool user; /* declared in the project */
    bool record_only; /* the type of a nested record */
    struct span span;
    struct object *next; /* of the same program */
};

const struct field *object_field(const struct object *object, struct text name);
const struct fact *object_fact(const struct object *object, const char *name);
/* "text(8)", "money, 2 decimals, EUR", "id of Exact.glaccount" */
void type_print(const struct type *type, struct buf *out);
bool type_equal(const struct type *a, const struct type *b);
/* The value called `word`, or NULL. */
const struct enum_value *type_value(const struct type *type, struct text word);

#endif
