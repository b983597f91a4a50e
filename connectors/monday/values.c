/* monday.com: writing cells. Every column type has a JSON of its own, and its
 * own way of being cleared. */
#include "config.h"
#include "connectors/monday/monday.h"

#include <string.h>

static void put_cleared(struct json_out *w, enum column_kind kind)
{
    if (kind == COLUMN_TEXT)
        json_cstring(w, "");
    else if (kind == COLUMN_TAGS)
        json_raw(w, TEXT("{\"tag_ids\":[]}"));
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
    } else if (v->tag != VALUE_LIST) {
        value_print(v, b);
    }
    return buf_view(b);
}

static int refuse(struct error *err, const struct field *field,
                  const char *takes, struct text given)
{
    return error_set(err, ERROR_INPUT, "%.*s takes %s, not \"%.*s\"",
                     TEXT_ARG(field->name), takes, TEXT_ARG(given));
}

static void put_member(struct json_out *w, const char *name, struct text t)
{
    json_begin_object(w);
    json_put_string(w, name, t);
    json_end_object(w);
}

static void put_two(struct json_out *w, const char *name, struct text t,
                    const char *other, struct text more)
{
    json_begin_object(w);
    json_put_string(w, name, t);
    json_put_string(w, other, more);
    json_end_object(w);
}

/* ------------------------------------------------------------------- lists */
/* The texts of a list, or of a text divided by commas. */
struct parts {
    const struct value *value;
    size_t at;
    struct text rest;
};

static struct parts parts_of(const struct value *v)
{
    return (struct parts){ v, 0, value_as_text(v) };
}

static bool next_part(struct parts *p, struct text *out)
{
    const char *comma;
    size_t len;
    if (p->value->tag == VALUE_LIST) {
        if (p->at == p->value->list->count)
            return false;
        *out = value_as_text(&p->value->list->items[p->at++]);
        return true;
    }
    if (p->rest.len == 0)
        return false;
    comma = memchr(p->rest.ptr, ',', p->rest.len);
    len = comma ? (size_t)(comma - p->rest.ptr) : p->rest.len;
    *out = text_trim(text_slice(p->rest, 0, len));
    p->rest = comma ? text_slice(p->rest, len + 1, p->rest.len - len - 1)
                    : TEXT_NONE;
    return true;
}

static int put_ids(struct json_out *w, const struct field *field,
                   const struct value *v, const char *name, struct error *err)
{
    struct parts p = parts_of(v);
    struct text id;
    json_begin_object(w);
    json_key(w, name);
    json_begin_array(w);
    while (next_part(&p, &id)) {
        if (!monday_is_digits(id))
            return refuse(err, field, "ids", id);
        json_raw(w, id);
    }
    json_end_array(w);
    json_end_object(w);
    return 0;
}

static int put_people(struct json_out *w, const struct field *field,
                      const struct value *v, struct error *err)
{
    struct parts p = parts_of(v);
    struct text id;
    json_begin_object(w);
    json_key(w, "personsAndTeams");
    json_begin_array(w);
    while (next_part(&p, &id)) {
        bool team = text_starts(id, TEXT("team "));
        if (team)
            id = text_slice(id, 5, id.len - 5);
        if (!monday_is_digits(id))
            return refuse(err, field, "ids of monday.com users or teams", id);
        json_begin_object(w);
        json_key(w, "id");
        json_raw(w, id);
        json_put_string(w, "kind", team ? TEXT("team") : TEXT("person"));
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
    return 0;
}

/* ------------------------------------------------------------------ labels */
/* What a label is called on the board; *number when the project gives it the
 * board's own number. */
static struct text label_of(const struct type *type, struct text word,
                            bool *number)
{
    const struct enum_value *e =
        type->kind == TYPE_ENUM ? type_value(type, word) : NULL;
    *number = e && e->wire_is_number;
    return e && e->wire.len > 0 ? e->wire : word;
}

static int put_status(struct json_out *w, const struct field *field,
                      struct text word, struct error *err)
{
    bool number;
    struct text label = label_of(field->type, word, &number);
    if (!number && monday_is_digits(label)) /* it would be taken for a number */
        return error_set(err, ERROR_INPUT,
                         "%.*s: monday.com takes the label \"%.*s\" for the "
                         "number of another one; write \"%.*s\" as its "
                         "number in the object",
                         TEXT_ARG(field->name), TEXT_ARG(label),
                         TEXT_ARG(label));
    json_begin_object(w);
    json_key(w, number ? "index" : "label");
    if (number)
        json_raw(w, label);
    else
        json_string(w, label);
    json_end_object(w);
    return 0;
}

/* Labels or numbers of labels, never both. A text is one label, whatever
 * commas are in it. */
static int put_dropdown(struct json_out *w, const struct field *field,
                        const struct value *v, struct error *err)
{
    const struct type *type = v->tag == VALUE_LIST ? field->type->item
                                                   : field->type;
    size_t count = v->tag == VALUE_LIST ? v->list->count : 1;
    size_t numbers = 0;
    bool number;
    for (size_t i = 0; i < count; i++) {
        const struct value *one = v->tag == VALUE_LIST ? &v->list->items[i] : v;
        label_of(type, value_as_text(one), &number);
        numbers += number;
    }
    if (numbers > 0 && numbers < count)
        return error_set(err, ERROR_INPUT,
                         "%.*s: some labels have a number in the object and "
                         "some have none; monday.com takes either",
                         TEXT_ARG(field->name));
    json_begin_object(w);
    json_key(w, numbers > 0 ? "ids" : "labels");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        const struct value *one = v->tag == VALUE_LIST ? &v->list->items[i] : v;
        struct text label = label_of(type, value_as_text(one), &number);
        if (number)
            json_raw(w, label);
        else
            json_string(w, label);
    }
    json_end_array(w);
    json_end_object(w);
    return 0;
}

/* ------------------------------------------------------------ days and times */
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

/* "2026-06-01 - 2026-06-30", or a date and `days` from there on. */
static bool two_days(const struct value *v, int32_t days, char from[11],
                     char to[11])
{
    struct text t = value_as_text(v);
    int32_t a, b;
    if (v->tag == VALUE_DATE) {
        a = (int32_t)v->whole;
        b = a + days;
    } else if (t.len != 23 || !text_equal(text_slice(t, 10, 3), TEXT(" - ")) ||
               !date_parse(text_slice(t, 0, 10), &a) ||
               !date_parse(text_slice(t, 13, 10), &b)) {
        return false;
    }
    date_print(a, from);
    date_print(b, to);
    return true;
}

static int put_days(struct json_out *w, const struct field *field,
                    const struct value *v, bool week, struct error *err)
{
    char from[11], to[11];
    if (!two_days(v, week ? 6 : 0, from, to))
        return refuse(err, field, "\"YYYY-MM-DD - YYYY-MM-DD\"",
                      value_as_text(v));
    if (week) {
        json_begin_object(w);
        json_key(w, "week");
        put_two(w, "startDate", text_of(from), "endDate", text_of(to));
        json_end_object(w);
    } else {
        put_two(w, "from", text_of(from), "to", text_of(to));
    }
    return 0;
}

static bool two_digits(struct text t, size_t at, int64_t *out)
{
    if (!monday_is_digits(text_slice(t, at, 2)))
        return false;
    *out = (t.ptr[at] - '0') * 10 + t.ptr[at + 1] - '0';
    return true;
}

static int put_hour(struct json_out *w, const struct field *field,
                    const struct value *v, struct error *err)
{
    struct text t = value_as_text(v);
    int64_t hour = v->tag == VALUE_TIME ? v->whole / 3600 : 0;
    int64_t minute = v->tag == VALUE_TIME ? v->whole / 60 % 60 : 0;
    if (v->tag != VALUE_TIME &&
        (t.len != 5 || t.ptr[2] != ':' || !two_digits(t, 0, &hour) ||
         !two_digits(t, 3, &minute) || hour > 23 || minute > 59))
        return refuse(err, field, "a time of day such as \"14:30\"", t);
    json_begin_object(w);
    json_put_int(w, "hour", hour);
    json_put_int(w, "minute", minute);
    json_end_object(w);
    return 0;
}

/* ---------------------------------------------------------------- the rest */
/* A word off the front of a text. */
static struct text first_word(struct text *rest)
{
    const char *blank = memchr(rest->ptr ? rest->ptr : "", ' ', rest->len);
    size_t len = blank ? (size_t)(blank - rest->ptr) : rest->len;
    struct text word = text_slice(*rest, 0, len);
    *rest = text_trim(text_slice(*rest, len, rest->len - len));
    return word;
}

static int put_location(struct json_out *w, const struct field *field,
                        struct text t, struct error *err)
{
    struct text rest = t, lat = first_word(&rest), lng = first_word(&rest);
    struct decimal d;
    if (decimal_parse(lat, &d) != DECIMAL_OK ||
        decimal_parse(lng, &d) != DECIMAL_OK || rest.len == 0)
        return refuse(err, field, "\"latitude longitude address\"", t);
    json_begin_object(w);
    json_put_string(w, "lat", lat);
    json_put_string(w, "lng", lng);
    json_put_string(w, "address", rest);
    json_end_object(w);
    return 0;
}

static bool is_country(struct text t)
{
    return t.len == 2 && t.ptr[0] >= 'A' && t.ptr[0] <= 'Z' &&
           t.ptr[1] >= 'A' && t.ptr[1] <= 'Z';
}

/* "+31 20 123 45 67" or "NL +31 20 …": digits, with the country if told. */
static int put_phone(struct json_out *w, const struct field *field,
                     struct text t, struct error *err)
{
    struct text rest = t, country = first_word(&rest);
    struct buf b;
    int result = 0;
    if (!is_country(country)) {
        country = TEXT_NONE;
        rest = t;
    }
    buf_init(&b, 256);
    for (size_t i = 0; i < rest.len; i++)
        if (!strchr(" -().", rest.ptr[i]))
            buf_byte(&b, rest.ptr[i]);
    struct text digits = buf_view(&b);
    if (!monday_is_digits(digits) &&
        !(digits.len > 1 && digits.ptr[0] == '+' &&
          monday_is_digits(text_slice(digits, 1, digits.len - 1)))) {
        result = refuse(err, field, "a phone number", t);
    } else if (country.len > 0) {
        put_two(w, "phone", digits, "countryShortName", country);
    } else {
        put_member(w, "phone", digits);
    }
    buf_fini(&b);
    return result;
}

/* "NL", or "NL Netherlands". */
static int put_country(struct json_out *w, const struct field *field,
                       struct text t, struct error *err)
{
    struct text rest = t, code = first_word(&rest);
    if (!is_country(code))
        return refuse(err, field, "a country's two capital letters", t);
    if (rest.len > 0)
        put_two(w, "countryCode", code, "countryName", rest);
    else
        put_member(w, "countryCode", code);
    return 0;
}

static void put_rating(struct json_out *w, struct text t)
{
    json_begin_object(w);
    json_key(w, "rating");
    json_raw(w, t);
    json_end_object(w);
}

static int put_value(struct json_out *w, const struct field *field,
                     enum column_kind kind, const struct value *v,
                     struct text t, struct error *err)
{
    switch (kind) {
    case COLUMN_STATUS:
        return put_status(w, field, t, err);
    case COLUMN_DROPDOWN:
        return put_dropdown(w, field, v, err);
    case COLUMN_DATE:
        put_date_value(w, v);
        return 0;
    case COLUMN_CHECKBOX:
        if (v->whole)
            put_member(w, "checked", TEXT("true"));
        else
            json_null(w);
        return 0;
    case COLUMN_LONG_TEXT:
        put_member(w, "text", t);
        return 0;
    case COLUMN_PEOPLE:
        return put_people(w, field, v, err);
    case COLUMN_LINK:
        put_two(w, "url", t, "text", t);
        return 0;
    case COLUMN_EMAIL:
        put_two(w, "email", t, "text", t);
        return 0;
    case COLUMN_PHONE:
        return put_phone(w, field, t, err);
    case COLUMN_TIMELINE:
    case COLUMN_WEEK:
        return put_days(w, field, v, kind == COLUMN_WEEK, err);
    case COLUMN_RELATION:
        return put_ids(w, field, v, "item_ids", err);
    case COLUMN_TAGS:
        return put_ids(w, field, v, "tag_ids", err);
    case COLUMN_COUNTRY:
        return put_country(w, field, t, err);
    case COLUMN_HOUR:
        return put_hour(w, field, v, err);
    case COLUMN_LOCATION:
        return put_location(w, field, t, err);
    case COLUMN_CLOCK:
        put_member(w, "timezone", t);
        return 0;
    case COLUMN_RATING:
        put_rating(w, t);
        return 0;
    case COLUMN_TEXT:
    case COLUMN_NUMBERS:
    case COLUMN_NAME:
        json_string(w, t);
        return 0;
    case COLUMN_SHOWN:
    case COLUMN_ITEM:
    case COLUMN_SUBITEMS:
        break;
    }
    return error_set(err, ERROR_INPUT, "column %.*s (%.*s) cannot be written",
                     TEXT_ARG(field->name), TEXT_ARG(field->wire));
}

int monday_put_value(struct json_out *w, const struct field *field,
                     const struct value *v, struct error *err)
{
    enum column_kind kind = monday_column_kind(field);
    struct buf b;
    int result;
    if (v->tag == VALUE_CLEAR) {
        put_cleared(w, kind);
        return 0;
    }
    buf_init(&b, 0);
    result = put_value(w, field, kind, v, printed(v, &b), err);
    buf_fini(&b);
    return result;
}
