/* Records of tests as values, and values against what tests expect. */
#include "config.h"

#include "runtime/flowtest_value.h"

#include <string.h>

static void set_missing(struct value *out)
{
    memset(out, 0, sizeof *out);
}

static bool text_value(const struct node *n, const struct type *type,
                       struct value *out)
{
    int64_t micros;
    int32_t whole;
    bool offset;
    *out = value_text(n->text);
    if (type && type->kind == TYPE_DATETIME &&
        datetime_parse(n->text, &micros, &offset))
        *out = value_datetime(micros);
    if (type && type->kind == TYPE_DATE && date_parse(n->text, &whole))
        *out = value_date(whole);
    if (type && type->kind == TYPE_TIME && time_parse(n->text, &whole)) {
        *out = value_date(whole);
        out->tag = VALUE_TIME;
    }
    return true;
}

static bool amount_value(const struct node *n, const struct type *type,
                         struct value *out)
{
    struct decimal d = n->lit.number, fitted;
    bool money = n->kind == NODE_MONEY_LIT ||
                 (type && type->kind == TYPE_MONEY);
    const char *code = n->kind == NODE_MONEY_LIT ? n->lit.currency
                       : type                    ? type->currency
                                                 : "";
    if (money && type && type->kind == TYPE_MONEY && type->scale > d.scale &&
        decimal_rescale(d, type->scale, &fitted) == DECIMAL_OK)
        d = fitted;
    *out = money ? value_money(d, code[0] ? currency_pack(code) : 0)
                 : value_number(d);
    return true;
}

bool test_value_make(const struct node *n, const struct type *type,
                     struct value *out)
{
    set_missing(out);
    switch ((int)n->kind) {
    case NODE_TEXT_LIT:
        return text_value(n, type, out);
    case NODE_NUMBER_LIT:
    case NODE_PERCENT_LIT:
    case NODE_MONEY_LIT:
        return amount_value(n, type, out);
    case NODE_NEGATE:
        if (!test_value_make(KID(n, NEGATE, value), type, out))
            return false;
        out->coef = -out->coef;
        return true;
    case NODE_YESNO_LIT:
        *out = value_yesno(n->lit.flag);
        return true;
    case NODE_DATE_LIT:
        *out = value_date(n->lit.days);
        return true;
    case NODE_TIME_LIT:
        *out = value_date(n->lit.seconds);
        out->tag = VALUE_TIME;
        return true;
    case NODE_MISSING_LIT:
        return true;
    default:
        return false;
    }
}

static const struct node *given(const struct node *record, struct text name)
{
    for (const struct node *f = KID(record, TEST_RECORD, fields); f;
         f = f->next)
        if (text_equal(f->text, name))
            return KID(f, TEST_FIELD, value);
    return NULL;
}

static struct value slot_value(struct arena *arena, const struct node *n,
                               const struct type *type,
                               const struct shape *sub,
                               const struct field **missing)
{
    struct value v;
    set_missing(&v);
    if (n->kind == NODE_TEST_RECORD && sub) {
        v.tag = VALUE_RECORD;
        v.record = test_record_make(arena, n, sub, SIZE_MAX, missing);
    } else if (n->kind == NODE_LIST) {
        size_t count = 0;
        for (const struct node *i = KID(n, LIST, items); i; i = i->next)
            count++;
        v.tag = VALUE_LIST;
        v.list = ARENA_NEW(arena, struct value_list);
        v.list->items = ARENA_ARRAY(arena, struct value, count);
        for (const struct node *i = KID(n, LIST, items); i; i = i->next)
            v.list->items[v.list->count++] = slot_value(
                arena, i, type ? type->item : NULL, sub, missing);
    } else {
        test_value_make(n, type, &v);
    }
    return v;
}

/* Amounts without a currency of their own take the one their field names. */
static void take_currencies(struct record *r, const struct node *record)
{
    for (size_t i = 0; i < r->shape->count; i++) {
        struct value *v = &r->slots[i];
        const struct field *f = r->shape->fields[i].field;
        if (v->tag != VALUE_MONEY || v->currency || !f->currency_from.len)
            continue;
        const struct node *code = given(record, f->currency_from);
        if (code && code->kind == NODE_TEXT_LIT && code->text.len == 3)
            v->currency = currency_pack(code->text.ptr);
    }
}

struct record *test_record_make(struct arena *arena, const struct node *record,
                                const struct shape *shape, size_t engine_from,
                                const struct field **missing)
{
    struct record *r = record_new(arena, shape);
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = shape->fields[i].field;
        const struct node *n = given(record, f->name);
        if (!n && f->also.len > 0)
            n = given(record, f->also);
        if (n)
            r->slots[i] = slot_value(arena, n, f->type, shape->fields[i].sub,
                                     missing);
        else if (!f->type->optional && i < engine_from && !*missing)
            *missing = f;
    }
    take_currencies(r, record);
    return r;
}

/* ------------------------------------------------------------- expected */
static const char *shown(struct arena *arena, const struct value *v)
{
    struct buf b;
    buf_init(&b, 0);
    if (v->tag == VALUE_TEXT)
        buf_byte(&b, '"');
    if (v->tag == VALUE_LEAVE)
        buf_str(&b, "(not set)");
    else if (v->tag == VALUE_CLEAR)
        buf_str(&b, "(cleared)");
    else
        value_print(v, &b);
    if (v->tag == VALUE_TEXT)
        buf_byte(&b, '"');
    const char *text = text_cstr(arena, buf_view(&b));
    buf_fini(&b);
    return text;
}

static const char *value_differs(struct arena *arena, struct text name,
                                 const struct node *want,
                                 const struct type *type,
                                 const struct value *got)
{
    struct value v;
    if (want->kind == NODE_TEST_RECORD && got->tag == VALUE_RECORD)
        return test_record_differs(arena, want, got->record);
    if (want->kind == NODE_LIST) {
        size_t i = 0, count = got->tag == VALUE_LIST ? got->list->count : 0;
        for (const struct node *n = KID(want, LIST, items); n;
             n = n->next, i++) {
            const char *why =
                i < count ? value_differs(arena, name, n,
                                          type ? type->item : NULL,
                                          &got->list->items[i])
                          : NULL;
            if (why)
                return arena_printf(arena, "%.*s, number %zu: %s",
                                    TEXT_ARG(name), i + 1, why);
        }
        return i == count ? NULL
                          : arena_printf(arena,
                                         "%.*s has %zu records, %zu expected",
                                         TEXT_ARG(name), count, i);
    }
    if (!test_value_make(want, type, &v))
        return arena_printf(arena, "%.*s is %s", TEXT_ARG(name),
                            shown(arena, got));
    bool same = v.tag == VALUE_MISSING ? !value_is_present(got)
                                       : value_equal(&v, got);
    if (!same && v.tag == VALUE_MONEY && got->tag == VALUE_MONEY &&
        (!v.currency || !got->currency))
        same = value_compare(&v, got) == 0;
    return same ? NULL
                : arena_printf(arena, "%.*s is %s, %s expected",
                               TEXT_ARG(name), shown(arena, got),
                               shown(arena, &v));
}

const char *test_record_differs(struct arena *arena, const struct node *record,
                                const struct record *got)
{
    static const struct value unset = { .tag = VALUE_LEAVE };
    for (const struct node *f = KID(record, TEST_RECORD, fields); f;
         f = f->next) {
        const struct object *object = got->shape->object;
        const struct field *field =
            object ? object_field(object, f->text) : NULL;
        const struct value *v = record_get(got, field ? field->name : f->text);
        const char *why =
            value_differs(arena, f->text, KID(f, TEST_FIELD, value),
                          field ? field->type : NULL, v ? v : &unset);
        if (why)
            return why;
    }
    return NULL;
}
