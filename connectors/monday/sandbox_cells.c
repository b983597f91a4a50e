/* The monday.com sandbox: cells. How each column type takes its JSON, what it
 * reads back, and what a search by value compares. */
#include "config.h"
#include "connectors/monday/sandbox.h"

#include "base/date.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum cell_kind {
    CELL_TEXT, CELL_LONG_TEXT, CELL_NUMBERS, CELL_STATUS, CELL_DROPDOWN,
    CELL_DATE, CELL_PEOPLE, CELL_LINK, CELL_EMAIL, CELL_PHONE, CELL_CHECKBOX,
    CELL_TIMELINE, CELL_RELATION, CELL_DEPENDENCY, CELL_COUNTRY, CELL_RATING,
    CELL_TAGS, CELL_HOUR, CELL_WEEK, CELL_LOCATION, CELL_CLOCK,
    CELL_MIRROR, CELL_FORMULA, CELL_SUBTASKS, CELL_ITEM_ID, CELL_CREATED,
    CELL_UPDATED, CELL_OTHER,
};

static const struct {
    const char *type, *graphql;
    const char *search; /* "": cannot be searched */
} kinds[] = {
    [CELL_TEXT] = { "text", "TextValue", "text" },
    [CELL_LONG_TEXT] = { "long_text", "LongTextValue", "text" },
    [CELL_NUMBERS] = { "numbers", "NumbersValue", "number" },
    [CELL_STATUS] = { "status", "StatusValue", "text" },
    [CELL_DROPDOWN] = { "dropdown", "DropdownValue", "part" },
    [CELL_DATE] = { "date", "DateValue", "date" },
    [CELL_PEOPLE] = { "people", "PeopleValue", "text" },
    [CELL_LINK] = { "link", "LinkValue", "label" },
    [CELL_EMAIL] = { "email", "EmailValue", "label" },
    [CELL_PHONE] = { "phone", "PhoneValue", "text" },
    [CELL_CHECKBOX] = { "checkbox", "CheckboxValue", "text" },
    [CELL_TIMELINE] = { "timeline", "TimelineValue", "from" },
    [CELL_RELATION] = { "board_relation", "BoardRelationValue", "" },
    [CELL_DEPENDENCY] = { "dependency", "DependencyValue", "" },
    [CELL_HOUR] = { "hour", "HourValue", "text" },
    [CELL_WEEK] = { "week", "WeekValue", "text" },
    [CELL_LOCATION] = { "location", "LocationValue", "" },
    [CELL_CLOCK] = { "world_clock", "WorldClockValue", "text" },
    [CELL_COUNTRY] = { "country", "CountryValue", "text" },
    [CELL_RATING] = { "rating", "RatingValue", "" },
    [CELL_TAGS] = { "tags", "TagsValue", "" },
    [CELL_MIRROR] = { "mirror", "MirrorValue", "" },
    [CELL_FORMULA] = { "formula", "FormulaValue", "" },
    [CELL_SUBTASKS] = { "subtasks", "SubtasksValue", "" },
    [CELL_ITEM_ID] = { "item_id", "ItemIdValue", "" },
    [CELL_CREATED] = { "creation_log", "CreationLogValue", "" },
    [CELL_UPDATED] = { "last_updated", "LastUpdatedValue", "" },
    [CELL_OTHER] = { "", "UnsupportedValue", "" },
};

static enum cell_kind kind_of(const struct doc *column)
{
    for (int i = 0; i < CELL_OTHER; i++)
        if (strcmp(kinds[i].type, doc_str(column, "type")) == 0)
            return (enum cell_kind)i;
    return CELL_OTHER;
}

/* ------------------------------------------------------------------ labels */
static struct doc *label_list(const struct doc *column)
{
    return doc_path(column, "settings.labels");
}

static const char *label_of(const struct doc *column, int64_t id)
{
    const struct doc *list = label_list(column);
    for (size_t i = 0; i < doc_count(list); i++)
        if (doc_whole(doc_at(list, i), "id", -1) == id)
            return doc_str(doc_at(list, i), "label");
    return NULL;
}

static int64_t label_id(const struct doc *column, struct text label)
{
    const struct doc *list = label_list(column);
    for (size_t i = 0; i < doc_count(list); i++)
        if (text_is(label, doc_str(doc_at(list, i), "label")))
            return doc_whole(doc_at(list, i), "id", -1);
    return -1;
}

static int64_t add_label(struct mq *q, const struct doc *board,
                         const struct doc *column, struct text label)
{
    struct doc *list = label_list(column);
    struct doc *one = doc_object();
    int64_t id = 0;
    for (size_t i = 0; i < doc_count(list); i++)
        if (doc_whole(doc_at(list, i), "id", 0) >= id)
            id = doc_whole(doc_at(list, i), "id", 0) + 1;
    doc_set_int(one, "id", id);
    doc_set_text(one, "label", label);
    doc_set_int(one, "index", (int64_t)doc_count(list));
    doc_add(list, one);
    table_touch(world_table(q->world, "boards"), doc_str(board, "id"));
    return id;
}

/* ----------------------------------------------------------------- refusing */
static bool bad_value(struct mq *q, const struct doc *column, const char *type,
                      const char *why)
{
    struct doc *data = mq_data("column_type", type);
    doc_set_string(data, "column_id", doc_str(column, "id"));
    mq_error(q, "ColumnValueException", 200, data,
             "%s, please check our API documentation for the correct data "
             "structure for this column (%s)",
             why, doc_str(column, "title"));
    return false;
}

/* A label by text, by id in its text, or new. */
static int64_t take_label(struct mq *q, const struct doc *board,
                          const struct doc *column, struct text label,
                          bool may_add)
{
    int64_t id = -1;
    struct doc *digits = doc_text(label);
    bool number = doc_as_int(digits, &id);
    doc_drop(digits);
    if (number && label_of(column, id))
        return id;
    if (!number)
        id = label_id(column, label);
    if (number || id < 0)
        id = may_add && !number ? add_label(q, board, column, label) : -1;
    if (id < 0)
        bad_value(q, column,
                  strcmp(doc_str(column, "type"), "status") == 0 ? "color"
                                                                 : "dropdown",
                  "This status label doesn't exist");
    return id;
}

/* ------------------------------------------------------------------- taking */
struct taking {
    struct mq *q;
    struct doc *board;
    const struct doc *column;
    const struct doc *value;
    bool labels, simple;
};

/* Each gives the stored form; NULL clears. False: refused. */
static bool take_text(struct taking *t, struct doc **out)
{
    if (doc_kind(t->value) == DOC_OBJECT) {
        if (kind_of(t->column) != CELL_LONG_TEXT)
            return bad_value(t->q, t->column, "text", "invalid value");
        *out = doc_text(doc_as_text(doc_get(t->value, "text")));
        return true;
    }
    *out = doc_text(doc_as_text(t->value));
    return true;
}

static bool take_number(struct taking *t, struct doc **out)
{
    struct text digits = doc_as_text(t->value);
    struct decimal d;
    if (digits.len == 0) {
        *out = t->simple ? NULL : doc_string("0"); /* the trap */
        return true;
    }
    if (decimal_parse(digits, &d) != DECIMAL_OK)
        return bad_value(t->q, t->column, "numeric", "invalid number");
    *out = doc_text(digits);
    return true;
}

static bool take_status(struct taking *t, struct doc **out)
{
    const struct doc *index = doc_get(t->value, "index");
    struct text label = doc_kind(t->value) == DOC_OBJECT
                            ? doc_as_text(doc_get(t->value, "label"))
                            : doc_as_text(t->value);
    int64_t id = -1;
    if (!index && label.len == 0)
        return true; /* {} clears */
    if (index) {
        if (!doc_as_int(index, &id) || !label_of(t->column, id))
            return bad_value(t->q, t->column, "color", "no such label index");
    } else {
        id = take_label(t->q, t->board, t->column, label, t->labels);
        if (id < 0)
            return false;
    }
    *out = doc_object();
    doc_set_int(*out, "index", id);
    return true;
}

static bool take_dropdown(struct taking *t, struct doc **out)
{
    const struct doc *labels = doc_get(t->value, "labels");
    const struct doc *ids = doc_get(t->value, "ids");
    struct doc *list = doc_list();
    size_t n = labels ? doc_count(labels) : ids ? doc_count(ids) : 1;
    bool object = doc_kind(t->value) == DOC_OBJECT;
    for (size_t i = 0; i < n && (labels || ids || !object); i++) {
        const struct doc *one = labels ? doc_at(labels, i)
                                : ids  ? doc_at(ids, i)
                                       : t->value;
        int64_t id = take_label(t->q, t->board, t->column, doc_as_text(one),
                                t->labels);
        if (id < 0) {
            doc_drop(list);
            return false;
        }
        doc_add(list, doc_int(id));
    }
    if (doc_count(list) == 0) {
        doc_drop(list);
        return true;
    }
    *out = doc_object();
    doc_set(*out, "ids", list);
    return true;
}

static bool take_date(struct taking *t, struct doc **out)
{
    struct text day = doc_kind(t->value) == DOC_OBJECT
                          ? doc_as_text(doc_get(t->value, "date"))
                          : doc_as_text(t->value);
    struct text time = doc_as_text(doc_get(t->value, "time"));
    int32_t days;
    if (day.len == 0)
        return true;
    if (!date_parse(day, &days))
        return bad_value(t->q, t->column, "date", "invalid date");
    *out = doc_object();
    doc_set_text(*out, "date", day);
    doc_set(*out, "time", time.len > 0 ? doc_text(time) : doc_null());
    return true;
}

static bool take_people(struct taking *t, struct doc **out)
{
    const struct doc *list = doc_get(t->value, "personsAndTeams");
    if (!list)
        return doc_kind(t->value) == DOC_OBJECT && doc_count(t->value) == 0
                   ? true
                   : bad_value(t->q, t->column, "multiple-person",
                               "invalid people");
    for (size_t i = 0; i < doc_count(list); i++) {
        struct text id = doc_as_text(doc_get(doc_at(list, i), "id"));
        if (table_get_text(world_table(t->q->world, "users"), id))
            continue;
        mq_error(t->q, "InvalidUserIdException", 200,
                 mq_data("user_id", text_cstr(t->q->arena, id)),
                 "User does not exist or is not on the board");
        return false;
    }
    *out = doc_copy(t->value);
    return true;
}

/* An object with one member that must be there. */
static bool take_object(struct taking *t, const char *member,
                        const char *type, struct doc **out)
{
    if (doc_kind(t->value) == DOC_OBJECT && doc_count(t->value) == 0)
        return true;
    if (doc_kind(t->value) != DOC_OBJECT || !doc_get(t->value, member))
        return bad_value(t->q, t->column, type, "invalid value");
    *out = doc_copy(t->value);
    return true;
}

/* Latitude and longitude are texts, and an address alone fails. */
static bool take_location(struct taking *t, struct doc **out)
{
    struct decimal d;
    static const char *const needed[] = { "lat", "lng" };
    if (doc_kind(t->value) == DOC_OBJECT && doc_count(t->value) == 0)
        return true;
    for (int i = 0; i < 2; i++) {
        const struct doc *one = doc_get(t->value, needed[i]);
        if (doc_kind(one) != DOC_TEXT ||
            decimal_parse(doc_as_text(one), &d) != DECIMAL_OK)
            return bad_value(t->q, t->column, "location", "invalid value");
    }
    *out = doc_copy(t->value);
    return true;
}

/* Both days of a timeline or a week. */
static bool take_span(struct taking *t, const struct doc *span,
                      const char *from, const char *to, struct doc **out)
{
    int32_t a, b;
    if (doc_kind(t->value) == DOC_OBJECT && doc_count(t->value) == 0)
        return true;
    if (!date_parse(doc_as_text(doc_get(span, from)), &a) ||
        !date_parse(doc_as_text(doc_get(span, to)), &b) || b < a)
        return bad_value(t->q, t->column, "timerange", "invalid days");
    *out = doc_copy(t->value);
    return true;
}

static bool take_hour(struct taking *t, struct doc **out)
{
    int64_t hour = doc_whole(t->value, "hour", -1);
    int64_t minute = doc_whole(t->value, "minute", -1);
    if (doc_kind(t->value) == DOC_OBJECT && doc_count(t->value) == 0)
        return true;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return bad_value(t->q, t->column, "hour", "invalid time");
    *out = doc_copy(t->value);
    return true;
}

static bool take_checkbox(struct taking *t, struct doc **out)
{
    const struct doc *c = doc_get(t->value, "checked");
    bool yes = doc_kind(c) == DOC_YESNO ? doc_is_true(c)
                                        : text_is(doc_as_text(c), "true");
    if (doc_kind(t->value) == DOC_OBJECT && !c && doc_count(t->value) > 0)
        return bad_value(t->q, t->column, "boolean", "invalid value");
    if (yes) {
        *out = doc_object();
        doc_set_yesno(*out, "checked", true);
    }
    return true;
}

static bool take_relation(struct taking *t, struct doc **out)
{
    const struct doc *list = doc_get(t->value, "item_ids");
    if (t->simple || !list)
        return bad_value(t->q, t->column, "board-relation", "invalid value");
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *item = item_row(t->q, doc_as_text(doc_at(list, i)));
        if (item && item_is_active(item))
            continue;
        struct doc *data = mq_data("column_validation_error_code",
                                   "inactiveItems");
        mq_error(t->q, "ColumnValueException", 200, data,
                 "Link to item column value structure invalid");
        return false;
    }
    *out = doc_object();
    struct doc *ids = doc_list();
    for (size_t i = 0; i < doc_count(list); i++)
        doc_add(ids, doc_text(doc_as_text(doc_at(list, i))));
    doc_set(*out, "item_ids", ids);
    return true;
}

static bool take(struct taking *t, struct doc **out)
{
    switch (kind_of(t->column)) {
    case CELL_TEXT:
    case CELL_LONG_TEXT:
        return take_text(t, out);
    case CELL_NUMBERS:
        return take_number(t, out);
    case CELL_STATUS:
        return take_status(t, out);
    case CELL_DROPDOWN:
        return take_dropdown(t, out);
    case CELL_DATE:
        return take_date(t, out);
    case CELL_PEOPLE:
        return take_people(t, out);
    case CELL_CHECKBOX:
        return take_checkbox(t, out);
    case CELL_LINK:
        return take_object(t, "url", "link", out);
    case CELL_EMAIL:
        return take_object(t, "email", "email", out);
    case CELL_PHONE:
        return take_object(t, "phone", "phone", out);
    case CELL_TIMELINE:
        return take_span(t, t->value, "from", "to", out);
    case CELL_WEEK:
        return take_span(t, doc_get(t->value, "week"), "startDate", "endDate",
                         out);
    case CELL_HOUR:
        return take_hour(t, out);
    case CELL_LOCATION:
        return take_location(t, out);
    case CELL_CLOCK:
        return take_object(t, "timezone", "timezone", out);
    case CELL_RELATION:
    case CELL_DEPENDENCY:
        return take_relation(t, out);
    case CELL_COUNTRY:
        return take_object(t, "countryCode", "country", out);
    case CELL_RATING:
        return take_object(t, "rating", "rating", out);
    case CELL_TAGS:
        return take_object(t, "tag_ids", "tag", out);
    case CELL_MIRROR:
    case CELL_FORMULA:
    case CELL_SUBTASKS:
    case CELL_ITEM_ID:
    case CELL_CREATED:
    case CELL_UPDATED:
    case CELL_OTHER:
        break;
    }
    mq_error(t->q, "InvalidColumnTypeException", 200,
             mq_data("column_id", doc_str(t->column, "id")),
             "This column type is not supported in the API");
    return false;
}

bool cell_write(struct mq *q, struct doc *board, struct doc *cells,
                struct text column, const struct doc *value, bool labels,
                bool simple)
{
    struct taking t = { q, board, board_column(board, column), value, labels,
                        simple };
    struct doc *stored = NULL;
    const char *id = text_cstr(q->arena, column);
    if (doc_kind(value) != DOC_NULL && !take(&t, &stored))
        return false;
    if (stored)
        doc_set(cells, id, stored);
    else
        doc_unset(cells, id);
    return true;
}

/* ------------------------------------------------------------------ reading */
static const char *joined(struct mq *q, const struct doc *column,
                          const struct doc *ids)
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < doc_count(ids); i++) {
        int64_t id = -1;
        doc_as_int(doc_at(ids, i), &id);
        const char *label = label_of(column, id);
        buf_printf(&b, "%s%s", i ? ", " : "", label ? label : "");
    }
    const char *t = arena_strdup(q->arena, buf_cstr(&b));
    buf_fini(&b);
    return t;
}

static const char *names(struct mq *q, const char *table,
                         const struct doc *list, const char *member)
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i);
        struct text id = doc_as_text(member ? doc_get(one, member) : one);
        const struct doc *row = table_get_text(world_table(q->world, table),
                                               id);
        buf_printf(&b, "%s%s", i ? ", " : "", doc_str(row, "name"));
    }
    const char *t = arena_strdup(q->arena, buf_cstr(&b));
    buf_fini(&b);
    return t;
}

/* `text` of the cell: NULL is null. */
static const char *shown(struct mq *q, const struct doc *column,
                         const struct doc *v)
{
    int64_t id = -1;
    switch (kind_of(column)) {
    case CELL_STATUS:
        return v && doc_as_int(doc_get(v, "index"), &id)
                   ? label_of(column, id) : NULL;
    case CELL_DROPDOWN:
        return v ? joined(q, column, doc_get(v, "ids")) : NULL;
    case CELL_DATE:
        return doc_is_present(doc_get(v, "time"))
                   ? arena_printf(q->arena, "%s %.5s", doc_str(v, "date"),
                                  doc_str(v, "time"))
                   : doc_str(v, "date");
    case CELL_PEOPLE:
        return names(q, "users", doc_get(v, "personsAndTeams"), "id");
    case CELL_LINK:
        return !v ? ""
                  : arena_printf(q->arena, "%s - %s", doc_str(v, "text"),
                                 doc_str(v, "url"));
    case CELL_EMAIL:
        return *doc_str(v, "text") ? doc_str(v, "text") : doc_str(v, "email");
    case CELL_PHONE:
        return doc_str(v, "phone");
    case CELL_CHECKBOX:
        return v ? "v" : "";
    case CELL_TIMELINE:
        return !v ? ""
                  : arena_printf(q->arena, "%s - %s", doc_str(v, "from"),
                                 doc_str(v, "to"));
    case CELL_COUNTRY:
        return doc_str(v, "countryName");
    case CELL_RATING:
        return doc_str(v, "rating");
    case CELL_HOUR:
        return !v ? ""
                  : arena_printf(q->arena, "%02d:%02d",
                                 (int)doc_whole(v, "hour", 0),
                                 (int)doc_whole(v, "minute", 0));
    case CELL_WEEK:
        return !v ? ""
                  : arena_printf(q->arena, "%s - %s",
                                 doc_str(doc_get(v, "week"), "startDate"),
                                 doc_str(doc_get(v, "week"), "endDate"));
    case CELL_LOCATION:
        return doc_str(v, "address");
    case CELL_CLOCK:
        return doc_str(v, "timezone");
    case CELL_RELATION:
    case CELL_DEPENDENCY:
    case CELL_MIRROR:
    case CELL_SUBTASKS:
        return NULL;
    case CELL_TEXT:
    case CELL_LONG_TEXT:
    case CELL_NUMBERS:
    case CELL_TAGS:
    case CELL_FORMULA:
    case CELL_ITEM_ID:
    case CELL_CREATED:
    case CELL_UPDATED:
    case CELL_OTHER:
        break;
    }
    return text_cstr(q->arena, doc_as_text(v));
}

/* `value`: JSON inside a string, with what recent versions add. */
static struct doc *raw_value(struct mq *q, const struct doc *item,
                             const struct doc *column, const struct doc *v)
{
    enum cell_kind kind = kind_of(column);
    if (!v || kind == CELL_RELATION || kind == CELL_DEPENDENCY ||
        kind == CELL_SUBTASKS || kind == CELL_MIRROR)
        return doc_null();
    struct doc *copy = doc_copy(v);
    if (kind == CELL_LONG_TEXT) {
        doc_drop(copy);
        copy = doc_object();
        doc_set_text(copy, "text", doc_as_text(v));
    }
    if (doc_kind(copy) == DOC_OBJECT)
        doc_set_string(copy, "changed_at", doc_str(item, "updated_at"));
    struct doc *out = doc_text(doc_printed(copy, DOC_COMPACT, q->arena));
    doc_drop(copy);
    return out;
}

/* The labels of a dropdown cell with their ids. */
static struct doc *chosen(const struct doc *column, const struct doc *ids)
{
    struct doc *list = doc_list();
    for (size_t i = 0; i < doc_count(ids); i++) {
        struct doc *one = doc_object();
        int64_t id = -1;
        doc_as_int(doc_at(ids, i), &id);
        doc_set(one, "id", doc_text(doc_as_text(doc_at(ids, i))));
        doc_set_string(one, "label", label_of(column, id));
        doc_add(list, one);
    }
    return list;
}

static void add_typed(struct mq *q, struct doc *d, const struct doc *item,
                      const struct doc *column, const struct doc *v)
{
    enum cell_kind kind = kind_of(column);
    if (kind == CELL_STATUS) {
        doc_set(d, "index", v ? doc_copy(doc_get(v, "index")) : doc_null());
        doc_set(d, "label", doc_copy(doc_get(d, "text")));
    } else if (kind == CELL_DATE) {
        doc_set_string(d, "date", doc_str(v, "date"));
        doc_set_string(d, "time",
                       doc_is_present(doc_get(v, "time")) ? doc_str(v, "time")
                                                          : "");
    } else if (kind == CELL_NUMBERS) {
        doc_set(d, "number", v ? doc_number(doc_as_text(v)) : doc_null());
    } else if (kind == CELL_CHECKBOX) {
        doc_set_yesno(d, "checked", v != NULL);
    } else if (kind == CELL_DROPDOWN) {
        doc_set(d, "values", chosen(column, doc_get(v, "ids")));
    } else if (kind == CELL_RELATION || kind == CELL_DEPENDENCY) {
        const struct doc *ids = doc_get(v, "item_ids");
        doc_set(d, "linked_item_ids", ids ? doc_copy(ids) : doc_list());
        doc_set_string(d, "display_value", names(q, "items", ids, NULL));
    } else if (kind == CELL_MIRROR || kind == CELL_FORMULA ||
               kind == CELL_SUBTASKS) {
        doc_set_text(d, "display_value", doc_as_text(v));
    } else if (kind == CELL_EMAIL) {
        doc_set_string(d, "email", doc_str(v, "email"));
        doc_set_string(d, "label", doc_str(v, "text"));
    } else if (kind == CELL_LINK) {
        doc_set_string(d, "url", doc_str(v, "url"));
        doc_set_string(d, "url_text", doc_str(v, "text"));
    } else if (kind == CELL_PHONE) {
        doc_set_string(d, "phone", doc_str(v, "phone"));
    } else if (kind == CELL_TIMELINE && v) {
        doc_set_string(d, "from", doc_str(v, "from"));
        doc_set_string(d, "to", doc_str(v, "to"));
    } else if (kind == CELL_ITEM_ID) {
        doc_set_string(d, "item_id", doc_str(item, "id"));
    } else if (kind == CELL_CREATED) {
        doc_set_string(d, "created_at", doc_str(item, "created_at"));
    } else if (kind == CELL_UPDATED) {
        doc_set_string(d, "updated_at", doc_str(item, "updated_at"));
    }
}

struct doc *cell_read(struct mq *q, const struct doc *item,
                      const struct doc *column)
{
    const struct doc *v = doc_get(doc_get(item, "cells"),
                                  doc_str(column, "id"));
    struct doc *d = doc_object();
    doc_set_string(d, "_type", kinds[kind_of(column)].graphql);
    doc_set_string(d, "id", doc_str(column, "id"));
    doc_set_string(d, "type", doc_str(column, "type"));
    doc_set_yesno(d, "is_leaf", true);
    doc_set(d, "column", doc_copy(column));
    doc_set_string(d, "text", shown(q, column, v));
    doc_set(d, "value", raw_value(q, item, column, v));
    add_typed(q, d, item, column, v);
    return d;
}

/* ---------------------------------------------------------------- searching */
static bool same_number(struct text a, struct text b)
{
    struct decimal x, y;
    return decimal_parse(a, &x) == DECIMAL_OK &&
           decimal_parse(b, &y) == DECIMAL_OK && decimal_compare(x, y) == 0;
}

static bool has_label(struct text all, struct text part)
{
    for (size_t i = 0; i + part.len <= all.len; i++)
        if (text_equal_nocase(text_slice(all, i, part.len), part))
            return true;
    return false;
}

int cell_matches(struct mq *q, const struct doc *item,
                 const struct doc *column, const struct doc *values)
{
    bool name = strcmp(doc_str(column, "type"), "name") == 0;
    const char *how = name ? "text" : kinds[kind_of(column)].search;
    const struct doc *v = doc_get(doc_get(item, "cells"),
                                  doc_str(column, "id"));
    const char *shows = name ? doc_str(item, "name") : shown(q, column, v);
    if (!*how)
        return -1;
    if (strcmp(how, "label") == 0)
        shows = *doc_str(v, "text") ? doc_str(v, "text") : doc_str(v, "url");
    if (strcmp(how, "date") == 0)
        shows = doc_str(v, "date");
    if (strcmp(how, "from") == 0)
        shows = doc_str(v, "from");
    struct text have = text_of(shows);
    for (size_t i = 0; i < doc_count(values); i++) {
        struct text want = doc_as_text(doc_at(values, i));
        if (want.len == 0 ? have.len == 0
            : strcmp(how, "number") == 0 ? same_number(have, want)
            : strcmp(how, "part") == 0   ? has_label(have, want)
                                         : text_equal_nocase(have, want))
            return 1;
    }
    return 0;
}
