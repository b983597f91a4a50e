/* BILL: changing the lines of a bill. PATCH cannot change how many there are,
 * and PUT empties what it leaves out. So the record is read first, and what
 * the flow does not own is sent back as it was. A line that says what it said
 * keeps its id and what people added to it. */
#include "config.h"
#include "connectors/bill/bill.h"
#include "lang/ast.h"
#include "runtime/jsonread.h"

#include <string.h>

#define DEPTH_MAX 2 /* members of a record within the record */
#define LINES_MAX 1000 /* known lines that are looked through */

bool bill_replaces(const struct write_spec *spec)
{
    const struct write_item *item = &spec->items[0];
    const struct shape *shape = item->record->shape;
    if (item->op != WRITE_UPDATE || !object_fact(spec->object, "update"))
        return false;
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].field->type->kind == TYPE_LIST &&
            item->record->slots[i].tag == VALUE_LIST)
            return true;
    return false;
}

static struct text member_of(struct text object, struct text name)
{
    struct json_items it = json_items(object);
    while (json_next(&it))
        if (text_equal(it.name, name))
            return it.value;
    return TEXT_NONE;
}

static bool may_write(const struct object *object, struct text member)
{
    for (size_t i = 0; object && i < object->field_count; i++)
        if (text_equal(object->fields[i].wire, member))
            return !object->fields[i].read_only &&
                   !object->fields[i].create_only;
    return false;
}

static const struct object *inner_of(const struct object *object,
                                     struct text member)
{
    for (size_t i = 0; object && i < object->field_count; i++)
        if (text_equal(object->fields[i].wire, member))
            return object->fields[i].type->kind == TYPE_RECORD
                       ? object->fields[i].type->object
                       : NULL;
    return NULL;
}

static void add_name(struct text name, struct buf *out)
{
    if (out->len > 0 && out->ptr[out->len - 1] != '{')
        buf_byte(out, ',');
    buf_byte(out, '"');
    buf_text(out, name);
    buf_str(out, "\":");
}

/* Takes the line out of `theirs` that says all that `line` says; `theirs` has
 * `count` of them. TEXT_NONE: a new line. */
static struct text take_line(struct text line, struct text *theirs,
                             size_t count, struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        struct text one = theirs[i];
        if (one.len == 0 || !bill_tells_of(line, one, arena))
            continue;
        theirs[i] = TEXT_NONE;
        return one;
    }
    return TEXT_NONE;
}

static void join_lines(struct text ours, struct text theirs,
                       struct arena *arena, struct buf *out)
{
    struct text known[LINES_MAX];
    struct json_items it = json_items(theirs);
    size_t count = 0;
    while (count < LINES_MAX && json_next(&it))
        known[count++] = it.value;
    it = json_items(ours);
    buf_byte(out, '[');
    while (json_next(&it)) {
        struct text same = take_line(it.value, known, count, arena);
        if (out->ptr[out->len - 1] != '[')
            buf_byte(out, ',');
        buf_text(out, same.len > 0 ? same : it.value);
    }
    buf_byte(out, ']');
}

/* What the flow says, then what it does not speak of. */
static void join(const struct object *object, struct text ours,
                 struct text theirs, int depth, struct arena *arena,
                 struct buf *out)
{
    struct json_items it = json_items(ours);
    buf_byte(out, '{');
    while (json_next(&it)) {
        const struct object *inner = inner_of(object, it.name);
        struct text old = member_of(theirs, it.name);
        add_name(it.name, out);
        if (inner && depth < DEPTH_MAX && json_kind(old) == JSON_OBJECT &&
            json_kind(it.value) == JSON_OBJECT)
            join(inner, it.value, old, depth + 1, arena, out);
        else if (json_kind(it.value) == JSON_ARRAY)
            join_lines(it.value, old, arena, out);
        else
            buf_text(out, it.value);
    }
    it = json_items(theirs);
    while (json_next(&it)) {
        if (!may_write(object, it.name) || member_of(ours, it.name).len > 0)
            continue;
        add_name(it.name, out);
        buf_text(out, it.value);
    }
    buf_byte(out, '}');
}

void bill_join(const struct write_spec *spec, struct text ours,
               struct arena *arena, struct buf *out)
{
    struct text theirs = spec->items[0].step;
    struct text customer = member_of(theirs, TEXT("customerId"));
    join(spec->object, ours, theirs, 1, arena, out);
    /* an invoice is read with customerId and written with customer: {id} */
    if (customer.len > 0 && member_of(ours, TEXT("customer")).len == 0 &&
        text_is(spec->object->name, "invoice")) {
        out->len--;
        add_name(TEXT("customer"), out);
        buf_printf(out, "{\"id\":%.*s}}", TEXT_ARG(customer));
    }
}
