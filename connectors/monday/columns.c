/* monday.com: what columns are, and reading their cells: by the raw value,
 * which is JSON inside a string, and where that is missing by the typed
 * members; what is shown to a person only where nothing else is to be had. */
#include "config.h"
#include "connectors/monday/monday.h"
#include "runtime/jsonread.h"

#include <string.h>

#define PARTS_MAX 100 /* labels, people or items in one cell */

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
    { "tags", COLUMN_TAGS },           { "tag", COLUMN_TAGS },
    { "dependency", COLUMN_RELATION }, { "dependent_on", COLUMN_RELATION },
    { "hour", COLUMN_HOUR },           { "week", COLUMN_WEEK },
    { "location", COLUMN_LOCATION },   { "world_clock", COLUMN_CLOCK },
    { "mirror", COLUMN_SHOWN },        { "lookup", COLUMN_SHOWN },
    { "formula", COLUMN_SHOWN },       { "people names", COLUMN_SHOWN },
    { "tags names", COLUMN_SHOWN },    { "item_id", COLUMN_SHOWN },
    { "auto_number", COLUMN_SHOWN },   { "creation_log", COLUMN_SHOWN },
    { "last_updated", COLUMN_SHOWN },  { "time_tracking", COLUMN_SHOWN },
    { "vote", COLUMN_SHOWN },          { "button", COLUMN_SHOWN },
    { "color_picker", COLUMN_SHOWN },  { "doc", COLUMN_SHOWN },
    { "file", COLUMN_SHOWN },          { "unsupported", COLUMN_SHOWN },
    { "subtasks", COLUMN_SUBITEMS },   { "subitems", COLUMN_SUBITEMS },
};

bool monday_column_word(struct text word, enum column_kind *kind)
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
    case TYPE_TIME:
        return COLUMN_HOUR;
    case TYPE_LIST:
        return COLUMN_SUBITEMS;
    case TYPE_UNKNOWN:
    case TYPE_TEXT:
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
        monday_column_word(text_slice(field->encoding, 7,
                                      field->encoding.len - 7), &kind))
        return kind;
    return by_id(wire, &kind) ? kind : by_type(field);
}

bool monday_is_digits(struct text t)
{
    size_t i = 0;
    while (i < t.len && t.ptr[i] >= '0' && t.ptr[i] <= '9')
        i++;
    return t.len > 0 && i == t.len;
}

size_t monday_count(struct text list)
{
    struct json_items it = json_items(list);
    size_t n = 0;
    while (json_next(&it))
        n++;
    return n;
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
    case COLUMN_COUNTRY: /* which of its two names is compared is unknown */
    case COLUMN_RATING:
    case COLUMN_TAGS:
    case COLUMN_HOUR:
    case COLUMN_WEEK:
    case COLUMN_LOCATION:
    case COLUMN_CLOCK:
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

/* The texts of a list, as a list or divided by commas. */
static void put_texts(struct json_out *w, const struct field *field,
                      const struct text *list, size_t count)
{
    struct buf b;
    if (field->type->kind == TYPE_LIST) {
        json_key_text(w, field->wire);
        json_begin_array(w);
        for (size_t i = 0; i < count; i++)
            json_string(w, list[i]);
        json_end_array(w);
        return;
    }
    buf_init(&b, 0);
    for (size_t i = 0; i < count; i++) {
        buf_str(&b, i ? "," : "");
        buf_text(&b, list[i]);
    }
    put_text(w, field, buf_view(&b));
    buf_fini(&b);
}

/* `path` of each element of a list, "" the element itself. */
static void put_each(struct json_out *w, const struct field *field,
                     struct text list, const char *path, struct arena *arena)
{
    struct text found[PARTS_MAX];
    struct json_items it = json_items(list);
    size_t n = 0;
    while (n < PARTS_MAX && json_next(&it))
        found[n++] = *path ? json_get_text(arena, it.value, path)
                     : json_kind(it.value) == JSON_STRING
                         ? json_text(arena, it.value)
                         : it.value;
    put_texts(w, field, found, n);
}

static struct text inner_list(struct text cell, const char *path,
                              struct arena *arena)
{
    struct text value = json_get_text(arena, cell, "value");
    return value.len > 0 ? json_get(value, path) : TEXT_NONE;
}

/* Ids as they are written: a team's has the word before it. */
static void put_people(struct json_out *w, const struct field *field,
                       struct text cell, struct arena *arena)
{
    struct json_items it =
        json_items(inner_list(cell, "personsAndTeams", arena));
    struct text found[PARTS_MAX];
    size_t n = 0;
    while (n < PARTS_MAX && json_next(&it)) {
        struct text id = json_get_text(arena, it.value, "id");
        found[n++] = text_is(json_get_text(arena, it.value, "kind"), "team")
                         ? text_of(arena_printf(arena, "team %.*s",
                                                TEXT_ARG(id)))
                         : id;
    }
    put_texts(w, field, found, n);
}

/* The label; its number where the project gives numbers to labels. */
static void put_status(struct json_out *w, const struct field *field,
                       struct text cell, struct arena *arena)
{
    struct text index = inner(cell, "index", arena);
    for (size_t i = 0; i < field->type->value_count; i++)
        if (field->type->values[i].wire_is_number && index.len > 0 &&
            text_equal(field->type->values[i].wire, index)) {
            put_text(w, field, index);
            return;
        }
    put_text(w, field, json_get_text(arena, cell, "text"));
}

static void put_dropdown(struct json_out *w, const struct field *field,
                         struct text cell, struct arena *arena)
{
    if (field->type->kind == TYPE_LIST)
        put_each(w, field, json_get(cell, "values"), "label", arena);
    else
        put_text(w, field, json_get_text(arena, cell, "text"));
}

static void put_tags(struct json_out *w, const struct field *field,
                     struct text cell, struct arena *arena)
{
    put_each(w, field, inner_list(cell, "tag_ids", arena), "", arena);
}

static void put_hour(struct json_out *w, const struct field *field,
                     struct text cell, struct arena *arena)
{
    struct text value = json_get_text(arena, cell, "value");
    int64_t hour = 0, minute = 0;
    if (!json_get_int64(value, "hour", &hour))
        return;
    json_get_int64(value, "minute", &minute);
    put_text(w, field,
             text_of(arena_printf(arena, "%02d:%02d%s", (int)hour, (int)minute,
                                  field->type->kind == TYPE_TIME ? ":00"
                                                                 : "")));
}

/* Two days as they are written; a date field takes the first. */
static void put_days(struct json_out *w, const struct field *field,
                     struct text cell, const char *from, const char *to,
                     struct arena *arena)
{
    struct text a = inner(cell, from, arena), b = inner(cell, to, arena);
    if (a.len > 0 && field->type->kind != TYPE_DATE)
        a = text_of(arena_printf(arena, "%.*s - %.*s", TEXT_ARG(a),
                                 TEXT_ARG(b)));
    put_text(w, field, a);
}

static void put_location(struct json_out *w, const struct field *field,
                         struct text cell, struct arena *arena)
{
    struct text lat = inner(cell, "lat", arena), lng = inner(cell, "lng", arena);
    if (lat.len > 0)
        put_text(w, field,
                 text_of(arena_printf(arena, "%.*s %.*s %.*s", TEXT_ARG(lat),
                                      TEXT_ARG(lng),
                                      TEXT_ARG(inner(cell, "address",
                                                     arena)))));
}

static void put_shown(struct json_out *w, const struct field *field,
                      struct text cell, struct arena *arena)
{
    struct text t = json_get_text(arena, cell, "display_value");
    put_text(w, field, t.len > 0 ? t : json_get_text(arena, cell, "text"));
}

void monday_put_cell(struct json_out *w, const struct field *field,
                     struct text cell, struct arena *arena)
{
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
    case COLUMN_COUNTRY:
        put_text(w, field, inner(cell, "countryCode", arena));
        return;
    case COLUMN_CLOCK:
        put_text(w, field, inner(cell, "timezone", arena));
        return;
    case COLUMN_STATUS:
        put_status(w, field, cell, arena);
        return;
    case COLUMN_DROPDOWN:
        put_dropdown(w, field, cell, arena);
        return;
    case COLUMN_PEOPLE:
        put_people(w, field, cell, arena);
        return;
    case COLUMN_RELATION:
        put_each(w, field, json_get(cell, "linked_item_ids"), "", arena);
        return;
    case COLUMN_TAGS:
        put_tags(w, field, cell, arena);
        return;
    case COLUMN_HOUR:
        put_hour(w, field, cell, arena);
        return;
    case COLUMN_TIMELINE:
        put_days(w, field, cell, "from", "to", arena);
        return;
    case COLUMN_WEEK:
        put_days(w, field, cell, "week.startDate", "week.endDate", arena);
        return;
    case COLUMN_LOCATION:
        put_location(w, field, cell, arena);
        return;
    case COLUMN_SHOWN:
        put_shown(w, field, cell, arena);
        return;
    case COLUMN_TEXT:
    case COLUMN_LONG_TEXT:
        put_text(w, field, json_get_text(arena, cell, "text"));
        return;
    case COLUMN_ITEM:
    case COLUMN_NAME:
    case COLUMN_SUBITEMS:
        return;
    }
}
