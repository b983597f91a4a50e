/* BILL: pages of records, by opaque page tokens. Records that can be archived
 * are read in two passes, the live ones first. The continuation:
 *   A<pass>:<latest change so far>|<page token>  (no token: first of a pass) */
#include "config.h"
#include "base/date.h"
#include "connectors/bill/bill.h"
#include "lang/ast.h"
#include "runtime/jsonread.h"

#include <string.h>

#define PAGE_MAX 100

struct position {
    int pass; /* 0 live or all, 1 archived */
    struct text latest, token;
};

static struct position position_of(struct text next)
{
    struct position p = { 0, TEXT_NONE, TEXT_NONE };
    const char *bar = memchr(next.ptr ? next.ptr : "", '|', next.len);
    size_t at = bar ? (size_t)(bar - next.ptr) : 0;
    if (next.len < 4 || !bar || next.ptr[0] != 'A')
        return p;
    p.pass = next.ptr[1] == '1';
    p.latest = text_slice(next, 3, at - 3);
    p.token = text_slice(next, at + 1, next.len - at - 1);
    return p;
}

static struct text continuation(struct arena *arena, int pass,
                                struct text latest, struct text token)
{
    return text_of(arena_printf(arena, "A%d:%.*s|%.*s", pass, TEXT_ARG(latest),
                                TEXT_ARG(token)));
}

/* Does the flow itself say which it wants? */
static bool names_archived(const struct read_spec *spec)
{
    for (size_t i = 0; i < spec->term_count; i++)
        if (text_is(spec->terms[i].field->name, "archived"))
            return true;
    return false;
}

static bool two_passes(const struct connection_info *c,
                       const struct read_spec *spec)
{
    const struct field *archived =
        object_field(spec->object, TEXT("archived"));
    return archived && archived->filters != 0 && !names_archived(spec) &&
           !text_is(c->setting(c, "archived_passes"), "no");
}

/* ------------------------------------------------------------------- filters */
/* A value that would break the list of filters is left to the check here. */
static bool is_plain(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] == ',' || t.ptr[i] == '"' || t.ptr[i] == ':' ||
            (unsigned char)t.ptr[i] < 32)
            return false;
    return t.len > 0;
}

static bool add_value(const struct value *v, bool quoted, struct buf *b)
{
    char text[DECIMAL_TEXT_MAX];
    size_t len;
    switch ((enum value_tag)v->tag) {
    case VALUE_TEXT:
        if (!is_plain(value_as_text(v)))
            return false;
        if (quoted)
            buf_byte(b, '"');
        buf_text(b, value_as_text(v));
        if (quoted)
            buf_byte(b, '"');
        return true;
    case VALUE_DATE:
        date_print((int32_t)v->whole, text);
        buf_str(b, text);
        return true;
    case VALUE_DATETIME:
        len = datetime_print(v->whole - v->whole % 1000, text);
        if (len > 24) /* milliseconds */
            len = 23;
        else
            len--;
        buf_printf(b, "\"%.*s%sZ\"", (int)len, text, len == 19 ? ".000" : "");
        return true;
    case VALUE_NUMBER:
    case VALUE_MONEY:
        decimal_print(value_as_decimal(v), text);
        buf_str(b, text);
        return true;
    case VALUE_YESNO:
        buf_str(b, v->whole ? "true" : "false");
        return true;
    case VALUE_MISSING:
    case VALUE_TIME:
    case VALUE_DURATION:
    case VALUE_LIST:
    case VALUE_RECORD:
    case VALUE_CLEAR:
    case VALUE_LEAVE:
        break;
    }
    return false;
}

static const char *operator_word(int op)
{
    switch (op) {
    case OP_IS: return "eq";
    case OP_IS_NOT: return "ne";
    case OP_GREATER: return "gt";
    case OP_GREATER_EQUAL: return "gte";
    case OP_LESS: return "lt";
    case OP_LESS_EQUAL: return "lte";
    case OP_IS_ONE_OF: return "in";
    case OP_IS_NOT_ONE_OF: return "nin";
    case OP_STARTS_WITH: return "sw";
    default: return NULL;
    }
}

static bool add_list(const struct filter_term *t, struct buf *b)
{
    buf_byte(b, '"');
    for (size_t i = 0; i < t->value_count; i++) {
        if (i > 0)
            buf_byte(b, ',');
        if (!add_value(&t->values[i], false, b))
            return false;
    }
    buf_byte(b, '"');
    return t->value_count > 0;
}

static void add_term(const struct filter_term *t, struct buf *filters)
{
    const char *op = operator_word(t->op);
    bool many = t->op == OP_IS_ONE_OF || t->op == OP_IS_NOT_ONE_OF;
    struct buf b;
    bool said;
    if (!op || !(t->field->filters & (1u << t->op)))
        return;
    buf_init(&b, 8192);
    if (text_is(t->field->wire, "invoiceNumber"))
        buf_str(&b, "invoice.");
    buf_text(&b, t->field->wire);
    buf_printf(&b, ":%s:", op);
    said = many ? add_list(t, &b)
                : t->value_count == 1 &&
                      add_value(&t->values[0], t->op == OP_STARTS_WITH, &b);
    if (said && !b.full) {
        if (filters->len > 0)
            buf_byte(filters, ',');
        buf_text(filters, buf_view(&b));
    }
    buf_fini(&b);
}

static void add_filters(const struct connection_info *c,
                        const struct read_spec *spec, int pass,
                        struct buf *path)
{
    struct buf filters;
    struct value since = { .tag = VALUE_DATETIME };
    bool offset;
    buf_init(&filters, 16 * 1024);
    for (size_t i = 0; i < spec->term_count; i++)
        add_term(&spec->terms[i], &filters);
    if (spec->mode == READ_CHANGES && spec->cursor.len > 0 &&
        datetime_parse(spec->cursor, &since.whole, &offset)) {
        buf_printf(&filters, "%supdatedTime:gte:", filters.len ? "," : "");
        add_value(&since, false, &filters);
    }
    if (two_passes(c, spec))
        buf_printf(&filters, "%sarchived:eq:%s", filters.len ? "," : "",
                   pass ? "true" : "false");
    if (filters.len > 0)
        uri_query(path, "filters", buf_view(&filters));
    buf_fini(&filters);
}

/* ------------------------------------------------------------------- request */
int bill_read_request(const struct connection_info *c,
                      const struct read_spec *spec, struct text next,
                      struct arena *arena, struct request *out,
                      struct error *err)
{
    struct position p = position_of(next);
    char number[DECIMAL_TEXT_MAX];
    struct buf path;
    if (object_fact(spec->object, "no_endpoint"))
        return error_set(err, ERROR_USAGE, "BILL has no %.*s in its API",
                         TEXT_ARG(spec->object->name));
    buf_init(&path, 32 * 1024);
    buf_text(&path, spec->object->path);
    if (spec->mode == READ_ONE) {
        buf_byte(&path, '/');
        uri_encode(&path, spec->id);
    } else {
        decimal_print(decimal_int(spec->page_size > 0 &&
                                          spec->page_size < PAGE_MAX
                                      ? spec->page_size
                                      : PAGE_MAX),
                      number);
        uri_query(&path, "max", text_of(number));
        add_filters(c, spec, p.pass, &path);
        if (spec->object->changed_field.len > 0)
            uri_query(&path, "sort", TEXT("updatedTime:asc"));
        if (p.token.len > 0)
            uri_query(&path, "page", p.token);
    }
    *out = (struct request){
        .method = "GET",
        .path = buf_dup(arena, &path),
        .endpoint = text_cstr(arena, spec->object->path),
        .safe_to_repeat = true,
    };
    request_header(arena, out, "Accept", TEXT("application/json"));
    buf_fini(&path);
    return 0;
}

/* -------------------------------------------------------------------- answer */
static struct text latest_of(struct text rows, struct text so_far,
                             struct arena *arena)
{
    struct json_items it = json_items(rows);
    int64_t best = INT64_MIN, when;
    bool offset;
    if (so_far.len > 0)
        datetime_parse(so_far, &best, &offset);
    while (json_next(&it)) {
        struct text t = json_get_text(arena, it.value, "updatedTime");
        if (datetime_parse(t, &when, &offset) && when > best) {
            best = when;
            so_far = t;
        }
    }
    return so_far;
}

void bill_read_answer(const struct connection_info *c,
                      const struct read_spec *spec, struct text asked,
                      const struct response *response, struct arena *arena,
                      struct page *page, struct answer *out)
{
    struct json_pick picks[] = { { "results", TEXT_NONE },
                                 { "nextPage", TEXT_NONE } };
    struct position p = position_of(asked);
    struct error err = { 0 };
    struct text token, latest;
    *page = (struct page){ .body = response->body, .total = -1,
                           .complete = true };
    if (bill_classify(c, response, false, arena, out)) {
        if (spec->mode == READ_ONE && response->status == 404)
            out->refusal = REFUSAL_MISSING;
        return;
    }
    if (json_skim(response->body, picks, 2, &err) != 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("BILL's answer is not the JSON it promises");
        return;
    }
    if (spec->mode == READ_ONE) {
        page->rows = "";
        page->single = true;
        return;
    }
    page->rows = "results";
    latest = latest_of(picks[0].raw, p.latest.len ? p.latest : spec->cursor,
                       arena);
    token = json_text(arena, picks[1].raw);
    if (token.len > 0) /* also behind an empty page */
        page->next = continuation(arena, p.pass, latest, token);
    else if (p.pass == 0 && two_passes(c, spec))
        page->next = continuation(arena, 1, latest, TEXT_NONE);
    else if (spec->mode == READ_CHANGES)
        page->next_cursor = latest;
}
