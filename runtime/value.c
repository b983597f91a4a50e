/* Values and records: making, comparing and printing them. */
#include "config.h"

#include "runtime/value.h"

#include <string.h>

uint16_t currency_pack(const char code[3])
{
    unsigned packed = 0;
    for (int i = 0; i < 3; i++) {
        if (code[i] < 'A' || code[i] > 'Z')
            return 0;
        packed = packed << 5 | (unsigned)(code[i] - 'A' + 1);
    }
    return (uint16_t)packed;
}

void currency_unpack(uint16_t packed, char out[4])
{
    for (int i = 2; i >= 0; i--) {
        out[i] = (char)('A' + (packed & 31) - 1);
        packed = (uint16_t)(packed >> 5);
    }
    out[3] = '\0';
}

/* ------------------------------------------------------------- comparing */
static bool is_decimal(const struct value *v)
{
    return v->tag == VALUE_NUMBER || v->tag == VALUE_MONEY;
}

static bool lists_equal(const struct value_list *a, const struct value_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!value_equal(&a->items[i], &b->items[i]))
            return false;
    return true;
}

static bool records_equal(const struct record *a, const struct record *b)
{
    if (a == b)
        return true;
    if (a->shape != b->shape)
        return false;
    for (size_t i = 0; i < a->shape->count; i++)
        if (!value_equal(&a->slots[i], &b->slots[i]))
            return false;
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (is_decimal(a) && is_decimal(b)) {
        if (a->tag == VALUE_MONEY && b->tag == VALUE_MONEY &&
            a->currency != b->currency)
            return false;
        if (a->scale == b->scale)
            return a->coef == b->coef;
        return decimal_compare(value_as_decimal(a), value_as_decimal(b)) == 0;
    }
    if (a->tag != b->tag)
        return false;
    switch ((enum value_tag)a->tag) {
    case VALUE_TEXT:
        return a->len == b->len &&
               (a->ptr == b->ptr || memcmp(a->ptr, b->ptr, a->len) == 0);
    case VALUE_LIST:
        return lists_equal(a->list, b->list);
    case VALUE_RECORD:
        return records_equal(a->record, b->record);
    case VALUE_DURATION:
        return a->whole == b->whole && a->currency == b->currency;
    case VALUE_MISSING:
    case VALUE_CLEAR:
    case VALUE_LEAVE:
        return true;
    case VALUE_NUMBER:
    case VALUE_MONEY:
    case VALUE_YESNO:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME:
        break;
    }
    return a->whole == b->whole;
}

int value_compare(const struct value *a, const struct value *b)
{
    if (is_decimal(a) && is_decimal(b)) {
        if (a->scale == b->scale)
            return a->coef < b->coef ? -1 : a->coef > b->coef;
        return decimal_compare(value_as_decimal(a), value_as_decimal(b));
    }
    if (a->tag != b->tag)
        return a->tag < b->tag ? -1 : 1;
    if (a->tag == VALUE_TEXT)
        return text_compare(value_as_text(a), value_as_text(b));
    if (a->tag == VALUE_LIST || a->tag == VALUE_RECORD)
        return 0;
    return a->whole < b->whole ? -1 : a->whole > b->whole;
}

/* ------------------------------------------------------------- printing */
static void print_date(int64_t days, struct buf *out)
{
    char digits[11];
    date_print((int32_t)days, digits);
    buf_str(out, digits);
}

static void print_time(int64_t seconds, struct buf *out)
{
    buf_printf(out, "%02d:%02d", (int)(seconds / 3600),
               (int)(seconds / 60 % 60));
    if (seconds % 60)
        buf_printf(out, ":%02d", (int)(seconds % 60));
}

static void print_datetime(int64_t micros, struct buf *out)
{
    char digits[32];
    buf_add(out, digits, datetime_print(micros, digits));
}

static void print_decimal(const struct value *v, struct buf *out)
{
    char digits[DECIMAL_TEXT_MAX];
    buf_add(out, digits, decimal_print(value_as_decimal(v), digits));
}

static void print_currency(const struct value *v, struct buf *out)
{
    char code[4];
    if (v->tag != VALUE_MONEY || !v->currency)
        return;
    currency_unpack(v->currency, code);
    buf_byte(out, ' ');
    buf_str(out, code);
}

static void print_duration(const struct value *v, struct buf *out)
{
    static const char *const units[] = { "minute", "hour",  "day",
                                         "week",   "month", "year" };
    const char *unit = v->currency < 6 ? units[v->currency] : "unit";
    buf_printf(out, "%lld %s%s", (long long)v->whole, unit,
               v->whole == 1 ? "" : "s");
}

static void print_list(const struct value_list *list, struct buf *out)
{
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buf_str(out, ", ");
        value_print(&list->items[i], out);
    }
}

static void print_record(const struct record *r, struct buf *out)
{
    buf_str(out, "{ ");
    for (size_t i = 0; i < r->shape->count; i++) {
        if (i)
            buf_str(out, ", ");
        buf_text(out, r->shape->fields[i].field->name);
        buf_str(out, ": ");
        value_print(&r->slots[i], out);
    }
    buf_str(out, " }");
}

void value_print(const struct value *v, struct buf *out)
{
    switch ((enum value_tag)v->tag) {
    case VALUE_MISSING:
        buf_str(out, "(missing)");
        break;
    case VALUE_CLEAR:
        buf_str(out, "(clear)");
        break;
    case VALUE_LEAVE:
        buf_str(out, "(leave)");
        break;
    case VALUE_TEXT:
        buf_add(out, v->ptr, v->len);
        break;
    case VALUE_NUMBER:
    case VALUE_MONEY:
        print_decimal(v, out);
        print_currency(v, out);
        break;
    case VALUE_YESNO:
        buf_str(out, v->whole ? "yes" : "no");
        break;
    case VALUE_DATE:
        print_date(v->whole, out);
        break;
    case VALUE_TIME:
        print_time(v->whole, out);
        break;
    case VALUE_DATETIME:
        print_datetime(v->whole, out);
        break;
    case VALUE_DURATION:
        print_duration(v, out);
        break;
    case VALUE_LIST:
        print_list(v->list, out);
        break;
    case VALUE_RECORD:
        print_record(v->record, out);
        break;
    }
}

void value_canonical(const struct value *v, struct buf *out)
{
    if (is_decimal(v)) {
        struct value plain = *v;
        struct decimal d = decimal_trim(value_as_decimal(v));
        plain.coef = d.coef;
        plain.scale = (uint8_t)d.scale;
        print_decimal(&plain, out);
        print_currency(v, out);
        return;
    }
    if (v->tag == VALUE_LIST) {
        for (size_t i = 0; i < v->list->count; i++) {
            value_canonical(&v->list->items[i], out);
            buf_byte(out, '\x1e');
        }
        return;
    }
    if (v->tag == VALUE_RECORD) {
        for (size_t i = 0; i < v->record->shape->count; i++) {
            value_canonical(&v->record->slots[i], out);
            buf_byte(out, '\x1d');
        }
        return;
    }
    if (v->tag == VALUE_MISSING) {
        buf_byte(out, '\x1c');
        return;
    }
    value_print(v, out);
}

/* ------------------------------------------------------------- records */
struct record *record_new(struct arena *arena, const struct shape *shape)
{
    size_t size = sizeof(struct record) + shape->count * sizeof(struct value);
    struct record *r = arena_zalloc(arena, size);
    r->shape = shape;
    return r; /* VALUE_MISSING is 0 */
}

struct value *record_slot(struct record *r, const struct field *field)
{
    for (size_t i = 0; i < r->shape->count; i++)
        if (r->shape->fields[i].field == field)
            return &r->slots[i];
    return NULL;
}

const struct value *record_get(const struct record *r, struct text name)
{
    for (size_t i = 0; i < r->shape->count; i++)
        if (text_equal(r->shape->fields[i].field->name, name))
            return &r->slots[i];
    return NULL;
}

#define SHAPE_DEPTH_MAX 6 /* objects may hold each other */

static const struct object *record_object(const struct type *type)
{
    while (type && type->kind == TYPE_LIST)
        type = type->item;
    return type && type->kind == TYPE_RECORD ? type->object : NULL;
}

static const struct shape *whole_shape(struct arena *arena,
                                       const struct object *object, int depth)
{
    struct shape *shape = ARENA_NEW(arena, struct shape);
    shape->object = object;
    shape->fields = ARENA_ARRAY(arena, struct shape_field, object->field_count);
    for (size_t i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        const struct object *nested = record_object(field->type);
        if (nested && depth == SHAPE_DEPTH_MAX)
            continue;
        struct shape_field *sf = &shape->fields[shape->count++];
        sf->field = field;
        if (nested)
            sf->sub = whole_shape(arena, nested, depth + 1);
    }
    return shape;
}

const struct shape *shape_of_object(struct arena *arena,
                                    const struct object *object)
{
    return whole_shape(arena, object, 0);
}

/* ------------------------------------------------------------- samples */
struct value value_sample(const struct field *field)
{
    switch (field->type ? field->type->kind : TYPE_TEXT) {
    case TYPE_NUMBER:
    case TYPE_INTEGER:
    case TYPE_PERCENT:
        return value_number(decimal_int(1));
    case TYPE_MONEY:
        return value_money(decimal_int(1), currency_pack("EUR"));
    case TYPE_YESNO:
        return value_yesno(true);
    case TYPE_DATE:
        return value_date(20089); /* 2025-01-01 */
    case TYPE_TIME:
        return value_whole(VALUE_TIME, 0);
    case TYPE_DATETIME:
        return value_datetime((int64_t)20089 * 86400 * 1000000);
    case TYPE_ENUM:
        if (field->type->value_count)
            return value_text(field->type->values[0].word);
        break;
    case TYPE_TEXT:
    case TYPE_ID:
    case TYPE_UNKNOWN:
        break;
    case TYPE_DURATION:
    case TYPE_RECORD:
    case TYPE_LIST:
    case TYPE_EMPTY_LIST:
        return value_whole(VALUE_LEAVE, 0);
    }
    return value_text(TEXT("{value}"));
}

struct record *record_sample(struct arena *arena, const struct shape *shape)
{
    struct record *record = record_new(arena, shape);
    for (size_t i = 0; i < shape->count; i++)
        record->slots[i] = value_sample(shape->fields[i].field);
    return record;
}
