/* monday.com: cells. Every column type has a JSON of its own, written inside
 * a string; reading goes by the typed members and, where those are floats or
 * formatted for a person, by the raw value. */
#include "config.h"
#include "connectors/monday/monday.h"
#include "runtime/jsonread.h"

#include <string.h>

static const struct {
    const char *word; /* of encoding("column …"), or how an id begins */
    enum column_kind kind;
} words[] = {
    { "text", COLUMN_TEXT },           { "long_text", COLUMN_LONG_TEXT },
    { "numbers", COLUMN_NUMBERS },     { "numeric", COLUMN_NUMBERS },
    { "status", COLUMN_STATUS },       { "color", COLUMN_STATUS },
    { "dropdown", COLUMN_DROPDOWN },   { "date", COLUMN_DATE },
    { "checkbox", COLUMN_CHECKBOX },   { "boolean", COLUMN_CHECKBOX },
    { "people", COLUMN_PEOPLE },       { "person", COLUMN_PEOPLE },
    { "multiple_person", COLUMN_PEOPLE },
    { "link", COLUMN_LINK },           { "email", COLUMN_EMAIL },
    { "phone", COLUMN_PHONE },         { "timeline", COLUMN_TIMELINE },
    { "timerange", COLUMN_TIMELINE },  { "board_relation", COLUMN_RELATION },
    { "country", COLUMN_COUNTRY },     { "rating", COLUMN_RATING },
    { "tags", COLUMN_TAGS },           { "mirror", COLUMN_SHOWN },
    { "lookup", COLUMN_SHOWN },        { "formula", COLUMN_SHOWN },
    { "subtasks", COLUMN_SUBITEMS },   { "subitems", COLUMN_SUBITEMS },
};

static bool by_word(struct text word, enum column_kind *kind)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(word, words[i].word)) {
            *kind = words[i].kind;
            return true;
        }
    return false;
}

/* "text_mkx1" is a text column, "numbers7" a number column: how ids look that
 * monday made (an observation, so the project's own word comes first). */
static bool by_id(struct text id, enum column_kind *kind)
{
    size_t best = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i].word);
        if (len > best && text_starts(id, text_of(words[i].word)) &&
            (id.len == len || id.ptr[len] == '_' ||
             (id.ptr[len] >= '0' && id.ptr[len] <= '9'))) {
            best = len;
            *kind = words[i].kind;
        }
    }
    return best > 0;
}

static enum column_kind by_type(const struct field *field)
{
    switch (field->type->kind) {
    case TYPE_NUMBER:
    case TYPE_INTEGER:
    case TYPE_PERCENT:
    case TYPE_MONEY:
        return COLUMN_NUMBERS;
    case TYPE_YESNO:
        return COLUMN_CHECKBOX;
    case TYPE_DATE:
    case TYPE_DATETIME:
        return COLUMN_DATE;
    case TYPE_ENUM:
        return COLUMN_STATUS;
    case TYPE_LIST:
        return COLUMN_SUBITEMS;
    case TYPE_UNKNOWN:
    case TYPE_TEXT:
    case TYPE_TIME:
    case TYPE_DURATION:
    case TYPE_ID:
    case TYPE_RECORD:
    case TYPE_EMPTY_LIST:
        break;
    }
    return COLUMN_TEXT;
}

enum column_kind monday_column_kind(const struct field *field)
{
    static const char *const own[] = { "id", "state", "group", "created_at",
                                       "updated_at", "url", "parent_item" };
    enum column_kind kind;
    struct text wire = field->wire;
    if (text_equal_nocase(wire, TEXT("name")))
        return COLUMN_NAME;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (text_is(wire, own[i]))
            return COLUMN_ITEM;
    if (text_starts(field->encoding, TEXT("column ")) &&
        by_word(text_slice(field->encoding, 7, field->encoding.len - 7), &kind))
        return kind;
    return by_id(wire, &kind) ? kind : by_type(field);
}

bool monday_is_searchable(enum column_kind kind)
{
    switch (kind) {
    case COLUMN_NAME:
    case COLUMN_TEXT:
    case COLUMN_LONG_TEXT:
    case COLUMN_NUMBERS:
    case COLUMN_DATE:
    case COLUMN_PHONE:
    case COLUMN_COUNTRY:
        return true;
    case COLUMN_ITEM:
    case COLUMN_STATUS:
    case COLUMN_DROPDOWN: /* a partial label */
    case COLUMN_CHECKBOX:
    case COLUMN_PEOPLE:
    case COLUMN_LINK:
    case COLUMN_EMAIL: /* compares the label, not the address */
    case COLUMN_TIMELINE:
    case COLUMN_RELATION:
    case COLUMN_RATING:
    case COLUMN_TAGS:
    case COLUMN_SHOWN:
    case COLUMN_SUBITEMS:
        break;
    }
    return false;
}

/* ------------------------------------------------------------------- reading */
/* `value` is JSON inside a JSON string; a member of it, decoded. */
static struct text inner(struct text cell, const char *path,
                         struct arena *arena)
{
    struct text value = json_get_text(arena, cell, "value");
    return value.len > 0 ? json_get_text(arena, value, path) : TEXT_NONE;
}

static void put_text(struct json_out *w, const struct field *field,
                     struct text t)
{
    if (t.len == 0)
        return;
    json_key_text(w, field->wire);
    json_string(w, t);
}

static void put_number(struct json_out *w, const struct field *field,
                       struct text cell, struct arena *arena)
{
    struct text raw = json_get_text(arena, cell, "value");
    struct text t = json_text(arena, raw); /* "\"42.5\"" */
    struct decimal d;
    if (t.len == 0)
        t = json_get_text(arena, cell, "text");
    if (t.len == 0 || decimal_parse(t, &d) != DECIMAL_OK) {
        put_text(w, field, t); /* the reader says what is wrong with it */
        return;
    }
    json_key_text(w, field->wire);
    json_number(w, d);
}

static void put_date(struct json_out *w, const struct field *field,
                     struct text cell, struct arena *arena)
{
    struct text day = inner(cell, "date", arena);
    struct text time = inner(cell, "time", arena);
    if (day.len == 0)
        day = json_get_text(arena, cell, "date");
    if (day.len == 0)
        return;
    if (field->type->kind == TYPE_DATETIME)
        day = text_of(arena_printf(arena, "%.*sT%.*sZ", TEXT_ARG(day),
                                   TEXT_ARG(time.len ? time
                                                     : TEXT("00:00:00"))));
    put_text(w, field, day.len > 10 && field->type->kind == TYPE_DATE
                           ? text_slice(day, 0, 10)
                           : day);
}

static void put_checkbox(struct json_out *w, const struct field *field,
                         struct text cell, struct arena *arena)
{
    struct text t = inner(cell, "checked", arena);
    if (t.len == 0)
        t = json_get_text(arena, cell, "checked");
    json_key_text(w, field->wire);
    json_bool(w, text_is(t, "true"));
}

static void put_ids(struct json_out *w, const struct field *field,
                    struct text cell, struct arena *arena)
{
    struct text ids = json_get(cell, "linked_item_ids");
    if (field->type->kind == TYPE_LIST) {
        json_key_text(w, field->wire);
        json_raw(w, ids.len > 0 ? ids : TEXT("[]"));
        return;
    }
    put_text(w, field, json_get_text(arena, ids, "0"));
}

void monday_put_cell(struct json_out *w, const struct field *field,
                     struct text cell, struct arena *arena)
{
    struct text text = json_get_text(arena, cell, "text");
    switch (monday_column_kind(field)) {
    case COLUMN_NUMBERS:
    case COLUMN_RATING:
        put_number(w, field, cell, arena);
        return;
    case COLUMN_DATE:
        put_date(w, field, cell, arena);
        return;
    case COLUMN_CHECKBOX:
        put_checkbox(w, field, cell, arena);
        return;
    case COLUMN_LINK:
        put_text(w, field, inner(cell, "url", arena));
        return;
    case COLUMN_EMAIL:
        put_text(w, field, inner(cell, "email", arena));
        return;
    case COLUMN_PHONE:
        put_text(w, field, inner(cell, "phone", arena));
        return;
    case COLUMN_RELATION:
        put_ids(w, field, cell, arena);
        return;
    case COLUMN_SHOWN:
        put_text(w, field, json_get_text(arena, cell, "display_value"));
        return;
    case COLUMN_TEXT:
    case COLUMN_LONG_TEXT:
    case COLUMN_STATUS:
    case COLUMN_DROPDOWN:
    case COLUMN_PEOPLE:
    case COLUMN_TIMELINE:
    case COLUMN_COUNTRY:
    case COLUMN_TAGS:
        put_text(w, field, text);
        return;
    case COLUMN_ITEM:
    case COLUMN_NAME:
    case COLUMN_SUBITEMS:
        return;
    }
}

/* ------------------------------------------------------------------- writing */
static void put_cleared(struct json_out *w, enum column_kind kind)
{
    if (kind == COLUMN_TEXT)
        json_cstring(w, "");
    else
        json_null(w); /* "" in a number column would store 0 */
}

static struct text printed(const struct value *v, struct buf *b)
{
    if (v->tag == VALUE_TEXT)
        return value_as_text(v);
    if (v->tag == VALUE_NUMBER || v->tag == VALUE_MONEY) {
        char digits[DECIMAL_TEXT_MAX];
        decimal_print(value_as_decimal(v), digits);
        buf_str(b, digits);
    } else {
        value_print(v, b);
    }
    return buf_view(b);
}

static void put_member(struct json_out *w, const char *name, struct text t)
{
    json_begin_object(w);
    json_put_string(w, name, t);
    json_end_object(w);
}

static void put_labels(struct json_out *w, struct text t)
{
    json_begin_object(w);
    json_key(w, "labels");
    json_begin_array(w);
    json_string(w, t);
    json_end_array(w);
    json_end_object(w);
}

static void put_date_value(struct json_out *w, const struct value *v)
{
    char text[32];
    json_begin_object(w);
    if (v->tag == VALUE_DATE) {
        date_print((int32_t)v->whole, text);
        json_put_string(w, "date", text_of(text));
    } else { /* UTC */
        datetime_print(v->whole - v->whole % 1000000, text);
        json_put_string(w, "date", (struct text){ text, 10 });
        json_put_string(w, "time", (struct text){ text + 11, 8 });
    }
    json_end_object(w);
}

static bool is_digits(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] < '0' || t.ptr[i] > '9')
            return false;
    return t.len > 0;
}

static int put_person(struct json_out *w, const struct field *field,
                      struct text id, struct error *err)
{
    if (!is_digits(id))
        return error_set(err, ERROR_INPUT,
                         "%.*s takes the id of a monday.com user, not \"%.*s\"",
                         TEXT_ARG(field->name), TEXT_ARG(id));
    json_begin_object(w);
    json_key(w, "personsAndTeams");
    json_begin_array(w);
    json_begin_object(w);
    json_key(w, "id");
    json_raw(w, id);
    json_put_string(w, "kind", TEXT("person"));
    json_end_object(w);
    json_end_array(w);
    json_end_object(w);
    return 0;
}

static int put_items(struct json_out *w, const struct field *field,
                     const struct value *v, struct error *err)
{
    size_t count = v->tag == VALUE_LIST ? v->list->count : 1;
    json_begin_object(w);
    json_key(w, "item_ids");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        const struct value *one = v->tag == VALUE_LIST ? &v->list->items[i] : v;
        if (one->tag != VALUE_TEXT || !is_digits(value_as_text(one)))
            return error_set(err, ERROR_INPUT, "%.*s takes ids of items",
                             TEXT_ARG(field->name));
        json_raw(w, value_as_text(one));
    }
    json_end_array(w);
    json_end_object(w);
    return 0;
}

static int put_timeline(struct json_out *w, const struct field *field,
                        struct text t, struct error *err)
{
    if (t.len != 23 || t.ptr[10] != ' ' || t.ptr[11] != '-')
        return error_set(err, ERROR_INPUT,
                         "%.*s takes \"YYYY-MM-DD - YYYY-MM-DD\"",
                         TEXT_ARG(field->name));
    json_begin_object(w);
    json_put_string(w, "from", text_slice(t, 0, 10));
    json_put_string(w, "to", text_slice(t, 13, 10));
    json_end_object(w);
    return 0;
}

static void put_two(struct json_out *w, const char *name, struct text t,
                    const char *other)
{
    json_begin_object(w);
    json_put_string(w, name, t);
    json_put_string(w, other, t);
    json_end_object(w);
}

int monday_put_value(struct json_out *w, const struct field *field,
                     const struct value *v, struct error *err)
{
    enum column_kind kind = monday_column_kind(field);
    struct buf b;
    struct text t;
    int result = 0;
    if (v->tag == VALUE_CLEAR) {
        put_cleared(w, kind);
        return 0;
    }
    buf_init(&b, 0);
    t = v->tag == VALUE_LIST ? TEXT_NONE : printed(v, &b);
    switch (kind) {
    case COLUMN_STATUS:
        put_member(w, "label", t);
        break;
    case COLUMN_DROPDOWN:
        put_labels(w, t);
        break;
    case COLUMN_DATE:
        put_date_value(w, v);
        break;
    case COLUMN_CHECKBOX:
        if (v->whole)
            put_member(w, "checked", TEXT("true"));
        else
            json_null(w);
        break;
    case COLUMN_LONG_TEXT:
        put_member(w, "text", t);
        break;
    case COLUMN_PEOPLE:
        result = put_person(w, field, t, err);
        break;
    case COLUMN_LINK:
        put_two(w, "url", t, "text");
        break;
    case COLUMN_EMAIL:
        put_two(w, "email", t, "text");
        break;
    case COLUMN_PHONE:
        put_member(w, "phone", t);
        break;
    case COLUMN_TIMELINE:
        result = put_timeline(w, field, t, err);
        break;
    case COLUMN_RELATION:
        result = put_items(w, field, v, err);
        break;
    case COLUMN_COUNTRY:
        put_member(w, "countryCode", t);
        break;
    case COLUMN_RATING:
        json_begin_object(w);
        json_key(w, "rating");
        json_raw(w, t);
        json_end_object(w);
        break;
    case COLUMN_TEXT:
    case COLUMN_NUMBERS:
    case COLUMN_NAME:
        json_string(w, t);
        break;
    case COLUMN_TAGS:
    case COLUMN_SHOWN:
    case COLUMN_ITEM:
    case COLUMN_SUBITEMS:
        result = error_set(err, ERROR_INPUT,
                           "column %.*s (%.*s) cannot be written",
                           TEXT_ARG(field->name), TEXT_ARG(field->wire));
    }
    buf_fini(&b);
    return result;
}
