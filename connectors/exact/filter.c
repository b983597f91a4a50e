/* Exact Online: what $filter says. Values as literals of its dialect, terms a
 * flow's `where` or a look-up asks for, and how many keys one call can carry.
 * What the server might judge otherwise than mlc does (the order of texts,
 * doubles that are nearly equal, `ne` of what is missing) is left out, since
 * a record it drops is lost; what it lets through is checked again here. */
#include "config.h"
#include "connectors/exact/exact.h"
#include "lang/ast.h"

#include <string.h>

#define CODE_WIDTH 18     /* account codes are right-aligned to it */
#define KEYS_MAX 60       /* rows of a page, so that one page answers them */
#define QUERY_MAX 1900    /* of an address, encoded */
#define GUID_LEN 36
#define NO_GUID "00000000-0000-0000-0000-000000000000"

/* ----------------------------------------------------------------- literals */
static bool is_guid(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                   (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex)
            return false;
    }
    return t.len == GUID_LEN;
}

void exact_key_literal(const struct object *object, struct text id,
                       struct buf *b)
{
    bool guid = !object_fact(object, "key_type");
    buf_str(b, guid ? "guid'" : "");
    buf_text(b, id);
    buf_str(b, guid ? "'" : "");
}

/* A text that is no guid is nobody's: asked for as one it would be a fault of
 * the query. `{value}` stands for one where requests are only shown. */
static struct text guid_of(struct text id)
{
    bool shown = id.len > 0 && id.ptr[0] == '{';
    return is_guid(id) || shown ? id : TEXT(NO_GUID);
}

static void add_quoted(struct text t, struct buf *b)
{
    buf_byte(b, '\'');
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '\'')
            buf_byte(b, '\'');
        buf_byte(b, t.ptr[i]);
    }
    buf_byte(b, '\'');
}

static bool enum_literal(const struct type *type, struct text word,
                         struct buf *b)
{
    for (size_t i = 0; i < type->value_count; i++) {
        if (!text_equal(type->values[i].word, word))
            continue;
        if (type->values[i].wire_is_number)
            buf_text(b, type->values[i].wire);
        else
            add_quoted(type->values[i].wire, b);
        return true;
    }
    return false;
}

static bool text_literal(const struct field *field, struct text value,
                         struct buf *b)
{
    const struct type *type = field->type;
    if (type->kind == TYPE_ENUM)
        return enum_literal(type, value, b);
    if (type->kind == TYPE_ID && type->object &&
        object_fact(type->object, "key_type"))
        buf_text(b, value);
    else if (type->kind == TYPE_ID ||
             (type->kind == TYPE_TEXT && type->length == GUID_LEN))
        buf_printf(b, "guid'%.*s'", TEXT_ARG(guid_of(value)));
    else
        add_quoted(value, b);
    return true;
}

bool exact_literal(const struct field *field, const struct value *value,
                   struct buf *b)
{
    char digits[DECIMAL_TEXT_MAX];
    char date[11];
    switch ((enum value_tag)value->tag) {
    case VALUE_TEXT:
        return text_literal(field, value_as_text(value), b);
    case VALUE_NUMBER:
    case VALUE_MONEY:
        decimal_print(value_as_decimal(value), digits);
        buf_str(b, digits);
        if (text_is(field->encoding, "text number"))
            buf_byte(b, 'L');
        return true;
    case VALUE_YESNO:
        buf_str(b, value->whole ? "true" : "false");
        return true;
    case VALUE_DATE:
        date_print((int32_t)value->whole, date);
        buf_printf(b, "datetime'%sT00:00:00'", date);
        return true;
    case VALUE_MISSING:
    case VALUE_TIME:
    case VALUE_DATETIME: /* wall clock on the wire: re-checked here instead */
    case VALUE_DURATION:
    case VALUE_LIST:
    case VALUE_RECORD:
    case VALUE_CLEAR:
    case VALUE_LEAVE:
        break;
    }
    return false;
}

/* -------------------------------------------------------------------- terms */
static const char *operator_word(int op)
{
    static const char *const words[] = {
        [OP_IS] = "eq",       [OP_IS_NOT] = "ne",   [OP_LESS] = "lt",
        [OP_LESS_EQUAL] = "le", [OP_GREATER] = "gt", [OP_GREATER_EQUAL] = "ge",
    };
    return op >= 0 && (size_t)op < sizeof words / sizeof *words ? words[op]
                                                                : NULL;
}

/* Would the server keep whatever mlc keeps? */
static bool is_safe(const struct field *field, int op)
{
    bool text = field->type->kind == TYPE_TEXT || field->type->kind == TYPE_ID
                || field->type->kind == TYPE_ENUM;
    if (field->float_noise)
        return false;
    if (op == OP_IS_NOT)
        return !field->type->optional;
    return !text || op == OP_IS || op == OP_IS_ONE_OF || op == OP_CONTAINS ||
           op == OP_STARTS_WITH || op == OP_ENDS_WITH;
}

static bool is_padded(const struct field *field)
{
    return text_is(field->encoding, "padded");
}

/* trim(Name) for what the server pads, else the name. */
static void add_field(const struct field *field, struct buf *b)
{
    buf_str(b, is_padded(field) ? "trim(" : "");
    buf_text(b, field->wire);
    buf_str(b, is_padded(field) ? ")" : "");
}

static bool is_account_code(const struct field *field,
                            const struct value *value)
{
    return is_padded(field) && text_is(field->wire, "Code") &&
           field->type->length == CODE_WIDTH && value->tag == VALUE_TEXT &&
           value->len < CODE_WIDTH;
}

/* Account codes are compared as they are kept, which an index can serve. Only
 * those of digits are aligned to the right. */
static bool is_number_text(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] < '0' || t.ptr[i] > '9')
            return false;
    return t.len > 0;
}

static bool add_comparison(const struct field *field, const char *op,
                           const struct value *value, struct buf *b)
{
    if (is_account_code(field, value) &&
        is_number_text(value_as_text(value))) {
        buf_text(b, field->wire);
        buf_printf(b, " %s '%*s%.*s'", op, (int)(CODE_WIDTH - value->len), "",
                   TEXT_ARG(value_as_text(value)));
        return true;
    }
    add_field(field, b);
    buf_printf(b, " %s ", op);
    return exact_literal(field, value, b);
}

static bool add_function(const struct filter_term *term, struct buf *b)
{
    const char *name = term->op == OP_STARTS_WITH ? "startswith"
                       : term->op == OP_ENDS_WITH ? "endswith"
                                                  : "substringof";
    bool reversed = term->op == OP_CONTAINS;
    if (term->values[0].tag != VALUE_TEXT ||
        term->field->type->kind != TYPE_TEXT ||
        term->field->type->length == GUID_LEN)
        return false;
    buf_printf(b, "%s(", name);
    if (!reversed) {
        add_field(term->field, b);
        buf_byte(b, ',');
    }
    add_quoted(value_as_text(&term->values[0]), b);
    if (reversed) {
        buf_byte(b, ',');
        add_field(term->field, b);
    }
    buf_byte(b, ')');
    return true;
}

static bool add_one_of(const struct filter_term *term, size_t from, size_t to,
                       struct buf *b)
{
    buf_byte(b, '(');
    for (size_t i = from; i < to; i++) {
        if (i > from)
            buf_str(b, " or ");
        if (!add_comparison(term->field, "eq", &term->values[i], b))
            return false;
    }
    buf_byte(b, ')');
    return to > from;
}

/* One term, or nothing when it cannot be said. */
static bool add_term(const struct filter_term *term, size_t from, size_t to,
                     struct buf *b)
{
    const char *op = operator_word(term->op);
    if (term->value_count == 0 || !is_safe(term->field, term->op))
        return false;
    if (term->op == OP_IS_ONE_OF || term->value_count > 1)
        return (term->op == OP_IS_ONE_OF || term->op == OP_IS) &&
               add_one_of(term, from, to, b);
    if (op)
        return add_comparison(term->field, op, &term->values[0], b);
    if (term->op == OP_STARTS_WITH || term->op == OP_ENDS_WITH ||
        term->op == OP_CONTAINS)
        return add_function(term, b);
    return false;
}

static bool may_filter(const struct read_spec *spec, const struct field *field)
{
    return field->filters != 0 ||
           (spec->mode == READ_KEYS &&
            !object_fact(spec->object, "mandatory_filter"));
}

/* ---------------------------------------------------------- whose terms, how many */
/* The object of the lines a term's field belongs to; NULL: the record's own. */
static const struct object *lines_of(const struct read_spec *spec,
                                     const struct filter_term *term)
{
    const struct object *o = spec->object;
    for (size_t i = 0; i < o->field_count; i++) {
        const struct type *type = o->fields[i].type;
        const struct object *line =
            type->kind == TYPE_LIST && type->item ? type->item->object : NULL;
        if (line && object_field(line, term->field->name) == term->field)
            return line;
    }
    return NULL;
}

const struct object *exact_matched_lines(const struct read_spec *spec)
{
    const struct object *line = NULL;
    for (size_t i = 0; i < spec->term_count && !line; i++)
        if (spec->mode == READ_KEYS)
            line = lines_of(spec, &spec->terms[i]);
    return line;
}

void exact_add_terms(const struct read_spec *spec, bool lines, size_t from,
                     size_t to, struct buf *filter)
{
    for (size_t i = 0; i < spec->term_count; i++) {
        const struct filter_term *t = &spec->terms[i];
        bool keys = spec->mode == READ_KEYS && t->value_count > 1;
        size_t end = keys && to < t->value_count ? to : t->value_count;
        struct buf part;
        buf_init(&part, keys ? 0 : QUERY_MAX);
        if ((lines_of(spec, t) != NULL) == lines &&
            may_filter(spec, t->field) &&
            add_term(t, keys ? from : 0, end, &part) && !part.full) {
            buf_str(filter, filter->len > 0 ? " and " : "");
            buf_text(filter, buf_view(&part));
        }
        buf_fini(&part);
    }
}

size_t exact_key_count(const struct read_spec *spec)
{
    size_t most = 0;
    for (size_t i = 0; i < spec->term_count; i++)
        if (spec->terms[i].value_count > most)
            most = spec->terms[i].value_count;
    return spec->mode == READ_KEYS ? most : 0;
}

static size_t encoded_length(const struct read_spec *spec, size_t from,
                             size_t to)
{
    struct buf filter, query;
    buf_init(&filter, 0);
    buf_init(&query, 0);
    exact_add_terms(spec, exact_matched_lines(spec) != NULL, from, to,
                    &filter);
    uri_encode(&query, buf_view(&filter));
    size_t len = query.len;
    buf_fini(&filter);
    buf_fini(&query);
    return len;
}

/* The keys of one call: as many as one page answers and one address holds. */
size_t exact_keys_end(const struct read_spec *spec, size_t from)
{
    size_t to = exact_key_count(spec);
    size_t room = QUERY_MAX;
    size_t fields = 0;
    for (size_t i = 0; i < spec->shape->count; i++) /* of $select */
        fields += spec->shape->fields[i].field->wire.len + 3;
    room -= fields < room / 2 ? fields : room / 2;
    if (to > from + KEYS_MAX)
        to = from + KEYS_MAX;
    while (to > from + 1 && encoded_length(spec, from, to) > room)
        to -= (to - from + 7) / 8;
    return to > from ? to : from + 1;
}
