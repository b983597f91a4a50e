/* BILL: pages of records, by opaque page tokens. Records that can be archived
 * are read in two passes, the live ones first. A list may show less of a record
 * than a single read: what lacks a member that is always there is asked for
 * one by one. The continuation:
 *   A<pass>:<latest change so far>|<page token>  (no token: first of a pass)
 *   B<pass>:<latest change so far>|<id>,<id>|<page token>   these are asked for
 *   O<id>                                        the organization of the session */
#include "config.h"
#include "base/date.h"
#include "connectors/bill/bill.h"
#include "lang/ast.h"
#include "runtime/jsonread.h"

#include <string.h>

#define PAGE_MAX 100
#define DAY_US (INT64_C(86400) * 1000000)

enum pass { LIVE, ARCHIVED, UNPARTED /* `archived` cannot be filtered here */ };

struct position {
    char kind;
    enum pass pass;
    struct text latest, ids, token;
};

static struct text up_to_bar(struct text *rest)
{
    size_t at;
    struct text part;
    if (!text_find(*rest, TEXT("|"), &at))
        at = rest->len;
    part = text_slice(*rest, 0, at);
    *rest = at < rest->len ? text_slice(*rest, at + 1, rest->len - at - 1)
                           : TEXT_NONE;
    return part;
}

static struct position position_of(struct text next)
{
    struct position p = { 'A', LIVE, TEXT_NONE, TEXT_NONE, TEXT_NONE };
    if (next.len < 2)
        return p;
    p.kind = next.ptr[0];
    if (p.kind == 'O') {
        p.ids = text_slice(next, 1, next.len - 1);
        return p;
    }
    p.pass = next.ptr[1] == '1' ? ARCHIVED
             : next.ptr[1] == '2' ? UNPARTED : LIVE;
    next = next.len > 3 ? text_slice(next, 3, next.len - 3) : TEXT_NONE;
    p.latest = up_to_bar(&next);
    if (p.kind == 'B')
        p.ids = up_to_bar(&next);
    p.token = next;
    return p;
}

static struct text continuation(struct arena *arena, enum pass pass,
                                struct text latest, struct text token)
{
    return text_of(arena_printf(arena, "A%d:%.*s|%.*s", (int)pass,
                                TEXT_ARG(latest), TEXT_ARG(token)));
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

/* One record by its id is asked for itself: archived or not, and whole. */
static struct text lone_id(const struct read_spec *spec)
{
    const struct filter_term *t = spec->terms;
    if (spec->mode == READ_ONE)
        return spec->id;
    if (spec->mode != READ_KEYS || spec->term_count != 1 ||
        t->value_count != 1 || t->values[0].tag != VALUE_TEXT ||
        (t->op != OP_IS && t->op != OP_IS_ONE_OF) ||
        !text_is(t->field->name, "id"))
        return TEXT_NONE;
    return value_as_text(&t->values[0]);
}

static bool is_own(const struct read_spec *spec)
{
    return object_fact(spec->object, "own") != NULL;
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
        buf_printf(b, "\"%s\"", text);
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
                        const struct read_spec *spec, enum pass pass,
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
    if (two_passes(c, spec) && pass != UNPARTED)
        buf_printf(&filters, "%sarchived:eq:%s", filters.len ? "," : "",
                   pass == ARCHIVED ? "true" : "false");
    if (filters.len > 0)
        uri_query(path, "filters", buf_view(&filters));
    buf_fini(&filters);
}

/* ------------------------------------------------------------------- request */
static void add_one(struct text id, struct buf *path)
{
    buf_byte(path, '/');
    uri_encode(path, id);
}

static void add_list_query(const struct connection_info *c,
                           const struct read_spec *spec,
                           const struct position *p, struct buf *path)
{
    char number[DECIMAL_TEXT_MAX];
    int size = spec->page_size > 0 && spec->page_size < PAGE_MAX
                   ? spec->page_size : PAGE_MAX;
    decimal_print(decimal_int(size), number);
    uri_query(path, "max", text_of(number));
    add_filters(c, spec, p->pass, path);
    if (spec->object->changed_field.len > 0)
        uri_query(path, "sort", TEXT("updatedTime:asc"));
    if (p->token.len > 0)
        uri_query(path, "page", p->token);
}

/* The first of the ids that are asked for one by one. */
static struct text first_id(struct text ids)
{
    size_t at;
    return text_find(ids, TEXT(","), &at) ? text_slice(ids, 0, at) : ids;
}

int bill_read_request(const struct connection_info *c,
                      const struct read_spec *spec, struct text next,
                      struct arena *arena, struct request *out,
                      struct error *err)
{
    struct position p = position_of(next);
    struct text lone = p.kind == 'A' ? lone_id(spec) : first_id(p.ids);
    struct buf path;
    if (object_fact(spec->object, "no_endpoint"))
        return error_set(err, ERROR_USAGE, "BILL has no %.*s in its API",
                         TEXT_ARG(spec->object->name));
    buf_init(&path, 32 * 1024);
    buf_text(&path, bill_path(c, spec->object, arena));
    if (lone.len > 0) {
        add_one(lone, &path);
    } else if (is_own(spec)) { /* whose session is it? */
        buf_reset(&path);
        buf_str(&path, "/v3/login/session");
    } else {
        add_list_query(c, spec, &p, &path);
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
/* A record dated ahead comes again and again, but moves no cursor: it would
 * hide all that changes until its day. */
static struct text latest_of(const struct connection_info *c, struct text rows,
                             struct text so_far, struct arena *arena)
{
    struct json_items it = json_items(rows);
    int64_t best = INT64_MIN, when, end = c->now_ms * 1000 + DAY_US;
    bool offset;
    if (so_far.len > 0)
        datetime_parse(so_far, &best, &offset);
    while (json_next(&it)) {
        struct text t = json_get_text(arena, it.value, "updatedTime");
        if (datetime_parse(t, &when, &offset) && when > best && when <= end) {
            best = when;
            so_far = t;
        }
    }
    return so_far;
}

/* Lacks the row a member that the flow reads and that is always there? */
static bool is_thin(const struct shape *shape, struct text row,
                    struct arena *arena)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *f = shape->fields[i].field;
        struct text raw = json_get(row, text_cstr(arena, f->wire));
        enum json_kind kind = json_kind(raw);
        if (f->write_only)
            continue;
        if (kind == JSON_NOTHING || kind == JSON_NULL) {
            if (!f->type->optional)
                return true;
        } else if (kind == JSON_OBJECT && shape->fields[i].sub &&
                   is_thin(shape->fields[i].sub, raw, arena)) {
            return true;
        }
    }
    return false;
}

/* Takes the rows out that a list shows in part only; their ids, commas
 * between. With `all`, every row. */
static struct text take_thin(const struct read_spec *spec, struct text rows,
                             bool all, struct arena *arena, struct page *page)
{
    struct json_items it = json_items(rows);
    struct buf body, ids;
    struct text taken;
    buf_init(&body, 0);
    buf_init(&ids, 0);
    buf_str(&body, "{\"results\":[");
    while (json_next(&it)) {
        struct text id = json_get_text(arena, it.value, "id");
        bool thin = id.len > 0 &&
                    (all || is_thin(spec->shape, it.value, arena));
        struct buf *to = thin ? &ids : &body;
        if (to->len > 0 && to->ptr[to->len - 1] != '[')
            buf_byte(to, ',');
        buf_text(to, thin ? id : it.value);
    }
    buf_str(&body, "]}");
    taken = buf_dup(arena, &ids);
    if (taken.len > 0)
        page->body = buf_dup(arena, &body);
    buf_fini(&body);
    buf_fini(&ids);
    return taken;
}

/* What is read after all of a page was. */
static void go_on(const struct connection_info *c,
                  const struct read_spec *spec, const struct position *p,
                  struct arena *arena, struct page *page)
{
    if (p->ids.len > 0)
        page->next = text_of(arena_printf(
            arena, "B%d:%.*s|%.*s|%.*s", (int)p->pass, TEXT_ARG(p->latest),
            TEXT_ARG(p->ids), TEXT_ARG(p->token)));
    else if (p->token.len > 0) /* also behind an empty page */
        page->next = continuation(arena, p->pass, p->latest, p->token);
    else if (p->pass == LIVE && two_passes(c, spec))
        page->next = continuation(arena, ARCHIVED, p->latest, TEXT_NONE);
    else if (spec->mode == READ_CHANGES)
        page->next_cursor = p->latest;
}

static void list_page(const struct connection_info *c,
                      const struct read_spec *spec, struct position p,
                      const struct json_pick *picks, struct arena *arena,
                      struct page *page)
{
    bool all = text_is(c->setting(c, "whole_records"), "yes");
    page->rows = "results";
    p.latest = latest_of(c, picks[0].raw,
                         p.latest.len ? p.latest : spec->cursor, arena);
    p.token = json_text(arena, picks[1].raw);
    p.ids = take_thin(spec, picks[0].raw, all, arena, page);
    go_on(c, spec, &p, arena, page);
}

/* One of the records that are asked for one by one. */
static void one_of_page(const struct connection_info *c,
                        const struct read_spec *spec, struct position p,
                        struct arena *arena, struct page *page)
{
    size_t len = first_id(p.ids).len;
    page->single = true;
    p.ids = len < p.ids.len ? text_slice(p.ids, len + 1, p.ids.len - len - 1)
                            : TEXT_NONE;
    go_on(c, spec, &p, arena, page);
}

static void no_rows(struct page *page)
{
    page->body = TEXT("[]");
    page->single = false;
}

/* A refusal that is no end of the reading: a record that is gone meanwhile, or
 * a list that cannot tell archived records apart. */
static bool read_on(const struct connection_info *c,
                    const struct read_spec *spec, struct position p,
                    struct arena *arena, struct page *page,
                    struct answer *out)
{
    struct answer done = { .kind = ANSWER_DONE, .status = out->status };
    if (out->status == 404 && spec->mode != READ_ONE && p.kind == 'B')
        one_of_page(c, spec, p, arena, page);
    else if (out->status == 404 && spec->mode == READ_KEYS &&
             lone_id(spec).len > 0)
        page->next = TEXT_NONE;
    else if ((out->status == 400 || out->status == 422) && p.kind == 'A' &&
             p.pass == LIVE && p.token.len == 0 && lone_id(spec).len == 0 &&
             out->kind == ANSWER_REFUSED && two_passes(c, spec))
        page->next = continuation(arena, UNPARTED, TEXT_NONE, TEXT_NONE);
    else
        return false;
    *out = done;
    no_rows(page);
    return true;
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
    *page = (struct page){ .body = response->body, .rows = "", .total = -1,
                           .complete = true };
    if (bill_classify(c, response, false, arena, out)) {
        if (!read_on(c, spec, p, arena, page, out) &&
            spec->mode == READ_ONE && response->status == 404)
            out->refusal = REFUSAL_MISSING;
        return;
    }
    if (json_skim(response->body, picks, 2, &err) != 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("BILL's answer is not the JSON it promises");
    } else if (p.kind == 'B') {
        one_of_page(c, spec, p, arena, page);
    } else if (p.kind == 'O' || lone_id(spec).len > 0) {
        page->single = true;
    } else if (is_own(spec)) {
        page->next = text_of(arena_printf(
            arena, "O%.*s", TEXT_ARG(json_get_text(arena, response->body,
                                                   "organizationId"))));
        no_rows(page);
    } else {
        list_page(c, spec, p, picks, arena, page);
    }
}
