/* Values of a running flow: 32 bytes, tagged, copied freely. Text, lists and
 * records point into the arena of the batch they belong to (or into the page
 * they were read from, which lives as long as the batch). */
#ifndef MLC_RUNTIME_VALUE_H
#define MLC_RUNTIME_VALUE_H

#include "base/date.h"
#include "base/decimal.h"
#include "lang/schema.h"

enum value_tag {
    VALUE_MISSING,
    VALUE_TEXT,     /* text, enum words, ids */
    VALUE_NUMBER,   /* coef, scale; also integer and percent */
    VALUE_MONEY,    /* coef, scale, currency */
    VALUE_YESNO,
    VALUE_DATE,     /* whole: days since 1970-01-01 */
    VALUE_TIME,     /* whole: seconds of the day */
    VALUE_DATETIME, /* whole: microseconds since 1970-01-01T00:00Z */
    VALUE_DURATION, /* whole: count; currency: unit (see duration_unit) */
    VALUE_LIST,
    VALUE_RECORD,
    VALUE_CLEAR,    /* of a target field: empty it */
    VALUE_LEAVE,    /* of a target field: leave as it is */
};

struct record;

struct value_list {
    struct value *items;
    size_t count;
};

struct value {
    union {
        int128 coef;
        const char *ptr; /* text: UTF-8, `len` bytes, no NUL promised */
        int64_t whole;
        struct value_list *list;
        struct record *record;
    };
    uint8_t tag;
    uint8_t scale;
    uint16_t currency; /* three letters, five bits each; 0: none */
    uint32_t len;
    uint64_t pad;
};

_Static_assert(sizeof(struct value) == 32, "a value is 32 bytes");

/* Which fields of an object a record carries, in which slot. Made once per
 * flow from the fields it uses, or from all fields of an object. */
struct shape_field {
    const struct field *field;
    const struct shape *sub; /* of a nested record or list of records */
};
struct shape {
    const struct object *object;
    struct shape_field *fields;
    size_t count;
};

struct record {
    const struct shape *shape;
    struct value slots[]; /* shape->count */
};

uint16_t currency_pack(const char code[3]);
void currency_unpack(uint16_t packed, char out[4]);

/* Made and taken apart in place: every expression does it. */
static inline struct value value_whole(enum value_tag tag, int64_t whole)
{
    return (struct value){ .coef = whole, .tag = (uint8_t)tag };
}

static inline struct value value_text(struct text t)
{
    struct value v = { .coef = 0 };
    v.tag = VALUE_TEXT;
    v.ptr = t.ptr ? t.ptr : "";
    v.len = (uint32_t)t.len; /* JSON_TEXT_MAX and the like are far below */
    return v;
}

static inline struct value value_money(struct decimal d, uint16_t currency)
{
    return (struct value){ .coef = d.coef, .tag = VALUE_MONEY,
                           .scale = (uint8_t)d.scale, .currency = currency };
}

static inline struct value value_number(struct decimal d)
{
    return (struct value){ .coef = d.coef, .tag = VALUE_NUMBER,
                           .scale = (uint8_t)d.scale };
}

static inline struct value value_yesno(bool yes)
{
    return value_whole(VALUE_YESNO, yes);
}

static inline struct value value_date(int32_t days)
{
    return value_whole(VALUE_DATE, days);
}

static inline struct value value_datetime(int64_t micros)
{
    return value_whole(VALUE_DATETIME, micros);
}

/* VALUE_TEXT only; TEXT_NONE for others. */
static inline struct text value_as_text(const struct value *v)
{
    if (v->tag != VALUE_TEXT)
        return TEXT_NONE;
    return (struct text){ v->ptr, v->len };
}

/* Of a number or an amount. */
static inline struct decimal value_as_decimal(const struct value *v)
{
    return (struct decimal){ v->coef, v->scale };
}

static inline bool value_is_present(const struct value *v)
{
    return v->tag != VALUE_MISSING && v->tag != VALUE_CLEAR &&
           v->tag != VALUE_LEAVE;
}
bool value_equal(const struct value *a, const struct value *b);
int value_compare(const struct value *a, const struct value *b);
/* As a person reads it in a message: 10.00 EUR, 2025-03-04, yes, (missing). */
void value_print(const struct value *v, struct buf *out);
/* One spelling per value, whatever its scale or form; for keys and hashes. */
void value_canonical(const struct value *v, struct buf *out);

struct record *record_new(struct arena *arena, const struct shape *shape);
/* Slot of `field`, or NULL if the record does not carry it. */
struct value *record_slot(struct record *r, const struct field *field);
const struct value *record_get(const struct record *r, struct text name);
/* A value a field may have, for showing what a request looks like. */
struct value value_sample(const struct field *field);
struct record *record_sample(struct arena *arena, const struct shape *shape);
/* A shape with every field of `object`; nested records too. */
const struct shape *shape_of_object(struct arena *arena,
                                    const struct object *object);

#endif
