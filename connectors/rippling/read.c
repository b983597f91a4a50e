/* Rippling: pages of records. REST lists are followed by their next_link; the
 * older API counts offsets. What a later page needs to know travels in the
 * continuation:
 *   L<latest change so far>|<path>  the next page, as next_link gave it
 *   O<offset>|                      the next page of the older API
 *   K<n>|                           the key from number n on             */
#include "config.h"
#include "base/date.h"
#include "connectors/rippling/rippling.h"
#include "lang/ast.h"
#include "runtime/jsonread.h"

#include <string.h>

#define REST_PAGE 100 /* the most a page holds */
#define V1_PAGE 100
#define EXPAND_MAX 10 /* names, two levels deep */
#define ACTIVITY_PAGE 1000
#define ACTIVITY_DAYS 90
#define OVERLAP_MS (INT64_C(5) * 60 * 1000)
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static bool is_yes(const struct connection_info *c, const char *name,
                   bool otherwise)
{
    struct text t = c->setting(c, name);
    return t.len == 0 ? otherwise : text_is(t, "yes");
}

/* ----------------------------------------------------------------- expansion */
static bool is_relation(const struct shape_field *f)
{
    const struct type *type = f->field->type;
    if (!f->sub)
        return false;
    if (type->kind == TYPE_LIST)
        type = type->item;
    return type->kind == TYPE_RECORD && type->object &&
           !type->object->record_only;
}

static int add_expand(const struct shape *shape, struct text prefix, int level,
                      struct buf *out, int *count, struct arena *arena,
                      struct error *err)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *f = &shape->fields[i];
        struct text name;
        if (!is_relation(f))
            continue;
        if (level > 2 || ++*count > EXPAND_MAX)
            return error_set(err, ERROR_USAGE,
                             "Rippling fills at most %d related records of two "
                             "levels in one read; %.*s is one too many",
                             EXPAND_MAX, TEXT_ARG(f->field->name));
        name = text_of(arena_printf(arena, "%.*s%s%.*s", TEXT_ARG(prefix),
                                    prefix.len ? "." : "",
                                    TEXT_ARG(f->field->wire)));
        if (out->len > 0)
            buf_byte(out, ',');
        buf_text(out, name);
        if (add_expand(f->sub, name, level + 1, out, count, arena, err) != 0)
            return -1;
    }
    return 0;
}

/* ------------------------------------------------------------------- filters */
static bool filters_on(const struct field *field, int op)
{
    return (field->filters & (1u << op)) != 0;
}

static bool add_value(const struct connection_info *c,
                      const struct field *field, const struct value *v,
                      struct buf *b)
{
    char text[32];
    size_t len;
    const char *quote = is_yes(c, "quote_times", false) ? "'" : "";
    switch ((enum value_tag)v->tag) {
    case VALUE_TEXT:
        if (memchr(v->ptr, '\'', v->len))
            return false; /* no source says how a quote is written */
        buf_printf(b, "'%.*s'", TEXT_ARG(value_as_text(v)));
        return true;
    case VALUE_DATE:
        date_print((int32_t)v->whole, text);
        buf_str(b, text);
        return true;
    case VALUE_DATETIME: /* whole seconds, UTC, no Z */
        len = datetime_print(v->whole - v->whole % 1000000, text);
        buf_printf(b, "%s%.*s%s", quote, len > 19 ? 19 : (int)len, text, quote);
        return true;
    case VALUE_NUMBER:
    case VALUE_MONEY:
    case VALUE_YESNO:
    case VALUE_MISSING:
    case VALUE_TIME:
    case VALUE_DURATION:
    case VALUE_LIST:
    case VALUE_RECORD:
    case VALUE_CLEAR:
    case VALUE_LEAVE:
        break;
    }
    (void)field;
    return false;
}

/* `and` is not shown by any source, so one term is sent: the cursor's, else
 * the first that can be said. The others are checked here. */
static bool add_term(const struct connection_info *c,
                     const struct filter_term *t, size_t which, struct buf *b)
{
    const char *op = t->op == OP_GREATER_EQUAL ? "ge"
                     : t->op == OP_GREATER     ? "gt"
                                               : "eq";
    if (t->op != OP_IS && t->op != OP_GREATER && t->op != OP_GREATER_EQUAL &&
        t->op != OP_IS_ONE_OF)
        return false;
    if (!filters_on(t->field, t->op == OP_IS_ONE_OF ? OP_IS : t->op) ||
        which >= t->value_count)
        return false;
    buf_text(b, t->field->wire);
    buf_printf(b, " %s ", op);
    return add_value(c, t->field, &t->values[which], b);
}

static bool add_since(const struct connection_info *c, struct text cursor,
                      struct buf *b)
{
    struct value v = { .tag = VALUE_DATETIME };
    bool offset;
    if (!datetime_parse(cursor, &v.whole, &offset))
        return false;
    v.whole -= OVERLAP_MS * 1000; /* rows that were committed late */
    buf_str(b, "updated_at ge ");
    return add_value(c, NULL, &v, b);
}

static bool by_time(const struct connection_info *c,
                    const struct read_spec *spec)
{
    return spec->mode == READ_CHANGES &&
           !object_fact(spec->object, "no_time_filter") &&
           is_yes(c, "time_filter", true);
}

static bool newest_first(const struct read_spec *spec)
{
    return spec->mode == READ_CHANGES && spec->cursor.len > 0 &&
           object_fact(spec->object, "no_time_filter");
}

static void add_filter(const struct connection_info *c,
                       const struct read_spec *spec, size_t which,
                       struct buf *path)
{
    struct buf filter;
    bool said = false;
    buf_init(&filter, 4096);
    if (by_time(c, spec) && spec->cursor.len > 0)
        said = add_since(c, spec->cursor, &filter);
    for (size_t i = 0; i < spec->term_count && !said; i++) {
        const struct filter_term *t = &spec->terms[i];
        if (t->op == OP_IS_ONE_OF && spec->mode != READ_KEYS)
            continue;
        buf_reset(&filter);
        said = add_term(c, t, spec->mode == READ_KEYS ? which : 0, &filter);
    }
    if (said && !filter.full)
        uri_query(path, "filter", buf_view(&filter));
    buf_fini(&filter);
}

/* ------------------------------------------------------------------- request */
/* {id} in a path is a key the read must name. */
static int fill_place(const struct read_spec *spec, struct buf *path,
                      struct error *err)
{
    struct text place = spec->object->path;
    const char *open = memchr(place.ptr, '{', place.len);
    const char *close = memchr(place.ptr, '}', place.len);
    if (!open || !close) {
        buf_text(path, place);
        return 0;
    }
    for (size_t i = 0; i < spec->term_count; i++) {
        const struct filter_term *t = &spec->terms[i];
        if (t->op != OP_IS || t->values[0].tag != VALUE_TEXT)
            continue;
        buf_add(path, place.ptr, (size_t)(open - place.ptr));
        uri_encode(path, value_as_text(&t->values[0]));
        buf_add(path, close + 1,
                place.len - (size_t)(close + 1 - place.ptr));
        return 0;
    }
    error_set(err, ERROR_USAGE,
              "%.*s can only be read for one parent at a time",
              TEXT_ARG(spec->object->name));
    error_hint(err, "Name it in the flow: where the record's parent id is …");
    return -1;
}

static void add_number(struct buf *path, const char *name, long long n)
{
    struct decimal d = decimal_int(n);
    char text[DECIMAL_TEXT_MAX];
    size_t len = decimal_print(d, text);
    uri_query(path, name, (struct text){ text, len });
}

static void v1_query(const struct connection_info *c,
                     const struct read_spec *spec, int64_t offset,
                     struct buf *path)
{
    if (text_is(spec->object->name, "company_activity")) {
        char day[11];
        add_number(path, "limit", ACTIVITY_PAGE);
        if (spec->cursor.len > 0) {
            uri_query(path, "next", spec->cursor);
            return;
        }
        date_print((int32_t)(c->now_ms / 86400000) - ACTIVITY_DAYS + 1, day);
        uri_query(path, "startDate", text_of(day));
        return;
    }
    if (text_is(spec->object->name, "v1_employee"))
        uri_query(path, "send_all_roles", TEXT("true"));
    add_number(path, "limit", V1_PAGE);
    add_number(path, "offset", offset);
}

static int first_page(const struct connection_info *c,
                      const struct read_spec *spec, int64_t number,
                      struct arena *arena, struct buf *path, struct error *err)
{
    struct buf expand;
    int count = 0, result;
    struct text place;
    if (fill_place(spec, path, err) != 0)
        return -1;
    if (text_is(spec->object->name, "v1_employee"))
        buf_str(path, "/include_terminated");
    place = rippling_place(c, spec->object, buf_dup(arena, path), arena);
    buf_reset(path);
    buf_text(path, place);
    if (rippling_is_v1(spec->object)) {
        v1_query(c, spec, number, path);
        return 0;
    }
    add_number(path, "limit", spec->page_size > 0 && spec->page_size < REST_PAGE
                                  ? spec->page_size
                                  : REST_PAGE);
    buf_init(&expand, 4096);
    result = add_expand(spec->shape, TEXT_NONE, 1, &expand, &count, arena, err);
    if (expand.len > 0)
        uri_query(path, "expand", buf_view(&expand));
    buf_fini(&expand);
    add_filter(c, spec, (size_t)number, path);
    if (newest_first(spec))
        uri_query(path, "order_by", TEXT("updated_at desc"));
    else if (spec->mode == READ_CHANGES)
        uri_query(path, "order_by", TEXT("updated_at"));
    return result;
}

static int one_record(const struct connection_info *c,
                      const struct read_spec *spec, struct arena *arena,
                      struct buf *path, struct error *err)
{
    struct buf expand;
    int count = 0, result;
    struct text place;
    buf_text(path, spec->object->path);
    if (path->len > 0 && path->ptr[path->len - 1] != '/')
        buf_byte(path, '/');
    uri_encode(path, spec->id);
    if (!rippling_is_v1(spec->object))
        buf_byte(path, '/');
    place = rippling_place(c, spec->object, buf_dup(arena, path), arena);
    buf_reset(path);
    buf_text(path, place);
    buf_init(&expand, 4096);
    result = add_expand(spec->shape, TEXT_NONE, 1, &expand, &count, arena, err);
    if (expand.len > 0)
        uri_query(path, "expand", buf_view(&expand));
    buf_fini(&expand);
    return result;
}

static struct text after_bar(struct text next, struct text *before)
{
    const char *bar = memchr(next.ptr, '|', next.len);
    size_t at = bar ? (size_t)(bar - next.ptr) : next.len;
    *before = text_slice(next, 1, at - 1);
    return bar ? text_slice(next, at + 1, next.len - at - 1) : TEXT_NONE;
}

int rippling_read_request(const struct connection_info *c,
                          const struct read_spec *spec, struct text next,
                          struct arena *arena, struct request *out,
                          struct error *err)
{
    struct buf path;
    struct text before = TEXT_NONE, rest = TEXT_NONE;
    int64_t number = 0;
    int result = 0;
    if (object_fact(spec->object, "no_endpoint"))
        return error_set(err, ERROR_USAGE, "Rippling has no %.*s in its API",
                         TEXT_ARG(spec->object->name));
    buf_init(&path, 16 * 1024);
    if (next.len > 0) {
        rest = after_bar(next, &before);
        json_int64(before, &number);
    }
    if (spec->mode == READ_ONE)
        result = one_record(c, spec, arena, &path, err);
    else if (next.len > 0 && (next.ptr[0] == 'L'))
        buf_text(&path, rest);
    else
        result = first_page(c, spec, number, arena, &path, err);
    *out = (struct request){
        .method = "GET",
        .path = buf_dup(arena, &path),
        .endpoint = text_cstr(arena, spec->object->path),
        .safe_to_repeat = true,
    };
    rippling_headers(c, arena, out);
    buf_fini(&path);
    return result;
}

/* -------------------------------------------------------------------- answer */
static bool shape_wants(const struct shape *shape, struct text name)
{
    for (size_t i = 0; i < shape->count; i++)
        if (text_equal(shape->fields[i].field->wire, name))
            return true;
    return false;
}

/* A field hidden from the token is not a missing field: a flow that reads it
 * stops here with the reason. */
static bool is_redacted(const struct read_spec *spec, struct text meta,
                        struct arena *arena, struct answer *out)
{
    struct json_items it = json_items(json_get(meta, "redacted_fields"));
    while (json_next(&it)) {
        struct text name = json_get_text(arena, it.value, "name");
        struct text why = json_get_text(arena, it.value, "reason");
        if (!shape_wants(spec->shape, name))
            continue;
        out->kind = ANSWER_REFUSED;
        out->refusal = REFUSAL_PERMISSION;
        out->field = name;
        out->reason = text_of(arena_printf(
            arena, "Rippling hides %.*s from this token (%.*s), and the flow "
                   "reads it",
            TEXT_ARG(name), TEXT_ARG(why)));
        return true;
    }
    return false;
}

struct changes {
    int64_t latest;       /* micros */
    struct text latest_text;
    int64_t last;         /* of the last row */
    bool descending;
    size_t count;
};

/* A record dated ahead comes again and again, but moves no cursor: it would
 * hide all that changes until its day. */
static void look_at_changes(const struct connection_info *c, struct text rows,
                            struct text so_far, struct arena *arena,
                            struct changes *out)
{
    struct json_items row = json_items(rows);
    bool offset;
    *out = (struct changes){ .descending = true, .latest = INT64_MIN,
                             .last = INT64_MAX, .latest_text = so_far };
    if (so_far.len > 0)
        datetime_parse(so_far, &out->latest, &offset);
    while (json_next(&row)) {
        struct text t = json_get_text(arena, row.value, "updated_at");
        int64_t when;
        out->count++;
        if (!datetime_parse(t, &when, &offset))
            continue;
        if (when > out->last)
            out->descending = false;
        out->last = when;
        if (when > out->latest && when / 1000 <= c->now_ms + DAY_MS) {
            out->latest = when;
            out->latest_text = t;
        }
    }
}

/* On a list read newest first, everything past the watermark is known. */
static bool is_past(const struct read_spec *spec, const struct changes *seen)
{
    int64_t since;
    bool offset;
    return newest_first(spec) && seen->descending && seen->count > 0 &&
           datetime_parse(spec->cursor, &since, &offset) && seen->last < since;
}

static void follow(const struct connection_info *c, struct text link,
                   struct text latest, struct arena *arena, struct page *page,
                   struct answer *out)
{
    struct text path = uri_relative(c->url, rippling_hosts, link);
    if (path.len == 0) {
        out->kind = ANSWER_REFUSED;
        out->refusal = REFUSAL_REQUEST;
        out->reason = TEXT("next_link leads to another server; it is not "
                           "followed, or the token would go there");
        return;
    }
    page->next = text_of(arena_printf(arena, "L%.*s|%.*s", TEXT_ARG(latest),
                                      TEXT_ARG(path)));
}

static void rest_page(const struct connection_info *c,
                      const struct read_spec *spec, struct text asked,
                      struct text body, struct arena *arena, struct page *page,
                      struct answer *out)
{
    struct text link = json_get_text(arena, body, "next_link");
    struct text rows = json_get(body, "results");
    struct text before = TEXT_NONE;
    struct changes seen;
    page->rows = "results";
    if (asked.len > 0 && asked.ptr[0] == 'L')
        after_bar(asked, &before);
    if (before.len == 0)
        before = spec->cursor;
    look_at_changes(c, rows, before, arena, &seen);
    if (link.len > 0 && !is_past(spec, &seen)) {
        follow(c, link, seen.latest_text, arena, page, out);
        if (spec->mode == READ_CHANGES && !newest_first(spec))
            page->next_cursor = seen.latest_text;
        return;
    }
    if (spec->mode == READ_CHANGES)
        page->next_cursor = seen.latest_text;
    if (spec->mode == READ_KEYS) {
        int64_t n = 0;
        struct text number;
        if (asked.len > 0 && asked.ptr[0] == 'K') {
            after_bar(asked, &number);
            json_int64(number, &n);
        }
        if (spec->term_count > 0 &&
            filters_on(spec->terms[0].field, OP_IS) &&
            (size_t)n + 1 < spec->terms[0].value_count)
            page->next = text_of(
                arena_printf(arena, "K%lld|", (long long)n + 1));
    }
}

static void v1_page(const struct read_spec *spec, struct text asked,
                    struct text body, struct arena *arena, struct page *page)
{
    struct json_items it;
    int64_t offset = 0, count = 0;
    struct text before;
    if (text_is(spec->object->name, "company_activity")) {
        struct text next = json_get_text(arena, body, "data.next");
        page->rows = "data.events";
        page->next_cursor = next.len > 0 ? next : spec->cursor;
        return;
    }
    page->rows = "";
    if (json_kind(text_trim(body)) != JSON_ARRAY) { /* companies/current, me */
        page->single = true;
        return;
    }
    if (asked.len > 0) {
        after_bar(asked, &before);
        json_int64(before, &offset);
    }
    it = json_items(text_trim(body));
    while (json_next(&it))
        count++;
    if (count >= V1_PAGE)
        page->next = text_of(
            arena_printf(arena, "O%lld|", (long long)(offset + count)));
}

void rippling_read_answer(const struct connection_info *c,
                          const struct read_spec *spec, struct text asked,
                          const struct response *response, struct arena *arena,
                          struct page *page, struct answer *out)
{
    struct json_pick pick = { "__meta", TEXT_NONE };
    struct error err = { 0 };
    if (rippling_classify(response, false, arena, out)) {
        if (spec->mode == READ_ONE && response->status == 404)
            out->refusal = REFUSAL_MISSING;
        return;
    }
    *page = (struct page){ .body = response->body, .total = -1,
                           .complete = true };
    if (json_skim(response->body, &pick, 1, &err) != 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("Rippling's answer is not the JSON it promises");
        return;
    }
    if (pick.raw.len > 0 && is_redacted(spec, pick.raw, arena, out))
        return;
    if (spec->mode == READ_ONE) {
        page->rows = "";
        page->single = true;
    } else if (rippling_is_v1(spec->object)) {
        v1_page(spec, asked, response->body, arena, page);
    } else {
        rest_page(c, spec, asked, response->body, arena, page, out);
    }
}
