/* Questions about types, fields and objects. Building them from `object`
 * forms is schema_build.c's job. */
#include "config.h"

#include "lang/schema.h"

const struct field *object_field(const struct object *object, struct text name)
{
    return object ? map_get(&object->by_name, name) : NULL;
}

const struct fact *object_fact(const struct object *object, const char *name)
{
    for (const struct fact *f = object->facts; f; f = f->next)
        if (text_is(f->name, name))
            return f;
    return NULL;
}

const struct enum_value *type_value(const struct type *type, struct text word)
{
    for (size_t i = 0; i < type->value_count; i++)
        if (text_equal(type->values[i].word, word))
            return &type->values[i];
    return NULL;
}

static void print_number(const struct type *t, const char *word,
                         struct buf *out)
{
    buf_str(out, word);
    if (t->scale > 0)
        buf_printf(out, " with %d decimal%s", t->scale,
                   t->scale == 1 ? "" : "s");
    else if (t->scale == 0)
        buf_str(out, " without decimals");
}

static void print_enum(const struct type *t, struct buf *out)
{
    size_t shown = t->value_count > 6 ? 6 : t->value_count;
    buf_str(out, "one of ");
    for (size_t i = 0; i < shown; i++)
        buf_printf(out, "%s\"%.*s\"", i ? ", " : "",
                   TEXT_ARG(t->values[i].word));
    if (shown < t->value_count)
        buf_printf(out, " and %zu more", t->value_count - shown);
}

static void print_object(const struct type *t, const char *before,
                         const char *nothing, struct buf *out)
{
    if (!t->object || !t->object->label.len)
        buf_str(out, nothing);
    else
        buf_printf(out, "%s%.*s", before, TEXT_ARG(t->object->label));
}

void type_print(const struct type *t, struct buf *out)
{
    switch (t->kind) {
    case TYPE_UNKNOWN: buf_str(out, "something unknown"); break;
    case TYPE_TEXT:
        buf_str(out, "text");
        if (t->length >= 0)
            buf_printf(out, " of at most %d character%s", t->length,
                       t->length == 1 ? "" : "s");
        break;
    case TYPE_NUMBER: print_number(t, "a number", out); break;
    case TYPE_INTEGER: buf_str(out, "a whole number"); break;
    case TYPE_YESNO: buf_str(out, "yes or no"); break;
    case TYPE_DATE: buf_str(out, "a date"); break;
    case TYPE_TIME: buf_str(out, "a time of day"); break;
    case TYPE_DATETIME: buf_str(out, "a date with a time"); break;
    case TYPE_DURATION: buf_str(out, "a length of time"); break;
    case TYPE_PERCENT: buf_str(out, "a percentage"); break;
    case TYPE_MONEY:
        print_number(t, "an amount of money", out);
        if (t->currency[0])
            buf_printf(out, " in %s", t->currency);
        break;
    case TYPE_ENUM: print_enum(t, out); break;
    case TYPE_ID: print_object(t, "id of ", "an id", out); break;
    case TYPE_RECORD: print_object(t, "a record of ", "a record", out); break;
    case TYPE_LIST:
        buf_str(out, "a list");
        if (t->item && t->item->kind != TYPE_RECORD) {
            buf_str(out, " of ");
            type_print(t->item, out);
        } else if (t->item && t->item->object && t->item->object->label.len) {
            buf_printf(out, " of %.*s", TEXT_ARG(t->item->object->label));
        }
        break;
    case TYPE_EMPTY_LIST: buf_str(out, "an empty list"); break;
    }
}

bool type_equal(const struct type *a, const struct type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->optional != b->optional)
        return false;
    if (a->scale != b->scale || a->length != b->length)
        return false;
    if (a->object != b->object || !text_is(text_of(a->currency), b->currency))
        return false;
    if (a->value_count != b->value_count)
        return false;
    for (size_t i = 0; i < a->value_count; i++)
        if (!text_equal(a->values[i].word, b->values[i].word))
            return false;
    if (!a->item || !b->item)
        return a->item == b->item;
    return type_equal(a->item, b->item);
}
