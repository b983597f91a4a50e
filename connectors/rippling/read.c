/* Rippling: pages of records. REST lists are followed by their next_link, the
 * older API counts offsets, queries of custom objects carry a cursor in their
 * body. What a later page needs to know travels in the continuation:
 *   L<latest change so far>|<path>  the next page, as next_link gave it
 *   P<latest change so far>|<path>  the same of a list read newest first
 *   Q|, W|                          changes again: times quoted the other way,
 *                                   or without asking for them by time
 *   K<n>|                           the key from number n on
 *   M<n>|<path>                     the next page of that key's answer
 *   C|<cursor>                      the next page of a query
 *   O<offset>|                      the next page of the older API
 *   A|<next>                        the next page of its activity log       */
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

/* Records that are asked for by POST. */
static bool is_query(const struct object *object)
{
    return object_fact(object, "query") != NULL;
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

/* How this page asks for changes by time. */
enum times { TIMES_PLAIN, TIMES_QUOTED, TIMES_NOT };

static enum times times_of(const struct connection_info *c,
                           const struct read_spec *spec, struct text next)
{
    bool quoted = is_yes(c, "quote_times", false);
    if (spec->mode != READ_CHANGES || spec->cursor.len == 0 ||
        object_fact(spec->object, "no_time_filter") ||
        !is_yes(c, "time_filter", true) ||
        (next.len > 0 && next.ptr[0] == 'W'))
        return TIMES_NOT;
    if (next.len > 0 && next.ptr[0] == 'Q')
        quoted = !quoted;
    return quoted ? TIMES_QUOTED : TIMES_PLAIN;
}

static struct text wire_word(const struct field *field, struct text word)
{
    const struct type *type = field->type;
    for (size_t i = 0; type->kind == TYPE_ENUM && i < type->value_count; i++)
        if (text_equal(type->values[i].word, word))
            return type->values[i].wire;
    return word;
}

static bool add_value(const struct field *field, const struct value *v,
                      bool quoted, struct buf *b)
{
    char text[32];
    size_t len;
    const char *quote = quoted ? "'" : "";
    switch ((enum value_tag)v->tag) {
    case VALUE_TEXT:
        if (memchr(v->ptr, '\'', v->len))
            return false; /* no source says how a quote is written */
        buf_printf(b, "'%.*s'", TEXT_ARG(wire_word(field, value_as_text(v))));
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
    return false;
}

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
    return add_value(t->field, &t->values[which],
                     is_yes(c, "quote_times", false), b);
}

/* From where changes are asked for, micros. */
static bool since(const struct read_spec *spec, int64_t *out)
{
    bool offset;
    if (!datetime_parse(spec->cursor, out, &offset))
        return false;
    *out -= OVERLAP_MS * 1000; /* rows that were committed late */
    *out -= *out % 1000000;
    return true;
}

static bool add_since(const struct read_spec *spec, enum times times,
                      struct buf *b)
{
    struct value v = { .tag = VALUE_DATETIME };
    if (times == TIMES_NOT || !since(spec, &v.whole))
        return false;
    buf_str(b, "updated_at ge ");
    return add_value(NULL, &v, times == TIMES_QUOTED, b);
}

/* The one term that is sent: `and` is not shown by any source. NULL: none, or
 * that of the changes. The others are checked here. */
static const struct filter_term *said_term(const struct connection_info *c,
                                           const struct read_spec *spec,
                                           size_t which, struct buf *filter)
{
    for (size_t i = 0; i < spec->term_count; i++) {
        const struct filter_term *t = &spec->terms[i];
        if (t->op == OP_IS_ONE_OF && spec->mode != READ_KEYS)
            continue;
        buf_reset(filter);
        if (add_term(c, t, spec->mode == READ_KEYS ? which : 0, filter) &&
            !filter->full)
            return t;
    }
    buf_reset(filter);
    return NULL;
}

static void add_filter(const struct connection_info *c,
                       const struct read_spec *spec, size_t which,
                       enum times times, struct buf *path)
{
    struct buf filter;
    buf_init(&filter, 4096);
    if (!memchr(spec->object->path.ptr, '{', spec->object->path.len) &&
        !add_since(spec, times, &filter))
        said_term(c, spec, which, &filter);
    if (filter.len > 0)
        uri_query(path, "filter", buf_view(&filter));
    buf_fini(&filter);
}

/* ---------------------------------------------------- was the filter heeded? */
/* Does the row fit what was asked? What cannot be judged fits. */
static bool fits(const struct filter_term *t, size_t which, struct text row,
                 struct arena *arena)
{
    struct text got =
        json_get_text(arena, row, text_cstr(arena, t->field->wire));
    const struct value *v = &t->values[which];
    char day[11];
    if (v->tag == VALUE_TEXT)
        return text_equal_nocase(got, wire_word(t->field, value_as_text(v)));
    if (v->tag != VALUE_DATE || got.len < 10)
        return true;
    date_print((int32_t)v->whole, day);
    int order = memcmp(got.ptr, day, 10);
    return t->op == OP_IS ? order == 0
                          : order > 0 || (order == 0 && t->op != OP_GREATER);
}

static bool is_older(struct text row, int64_t from, struct arena *arena)
{
    int64_t when;
    bool offset;
    return datetime_parse(json_get_text(arena, row, "updated_at"), &when,
                          &offset) && when < from;
}

/* Rippling ignores what it does not know in silence and gives everything with
 * a success: the rows tell. */
static bool is_ignored(const struct connection_info *c,
                       const struct read_spec *spec, size_t which,
                       enum times times, struct text rows, struct arena *arena,
                       struct page *page)
{
    struct json_items row = json_items(rows);
    struct buf filter;
    const struct filter_term *term = NULL;
    int64_t from = 0;
    bool ignored = false;
    buf_init(&filter, 4096);
    bool by_time = add_since(spec, times, &filter) && since(spec, &from);
    if (!by_time)
        term = said_term(c, spec, which, &filter);
    while ((by_time || term) && !ignored && json_next(&row))
        ignored = by_time ? is_older(row.value, from, arena)
                          : !fits(term, spec->mode == READ_KEYS ? which : 0,
                                  row.value, arena);
    if (ignored)
        page->notice = text_of(arena_printf(
            arena, "Rippling ignored the filter `%.*s` and sent everything; "
                   "mlc looked at each record itself, which costs calls%s",
            TEXT_ARG(buf_view(&filter)),
            by_time ? " (see the setting time_filter)" : ""));
    buf_fini(&filter);
    return ignored;
}

/* On lists that cannot be asked by time, or are not. */
static bool newest_first(const struct read_spec *spec, enum times times)
{
    return spec->mode == READ_CHANGES && spec->cursor.len > 0 &&
           times == TIMES_NOT;
}

/* ------------------------------------------------------------------- request */
/* {id} in a path is a parent that the read must name: in the field that the
 * fact `parent` tells of. */
static int fill_place(const struct read_spec *spec, struct buf *path,
                      struct error *err)
{
    struct text place = spec->object->path;
    const struct fact *parent = object_fact(spec->object, "parent");
    const char *open = memchr(place.ptr, '{', place.len);
    const char *close = memchr(place.ptr, '}', place.len);
    if (!open || !close) {
        buf_text(path, place);
        return 0;
    }
    for (size_t i = 0; parent && i < spec->term_count; i++) {
        const struct filter_term *t = &spec->terms[i];
        if (t->op != OP_IS || t->values[0].tag != VALUE_TEXT ||
            !text_equal(t->field->name, parent->value))
            continue;
        buf_add(path, place.ptr, (size_t)(open - place.ptr));
        uri_encode(path, value_as_text(&t->values[0]));
        buf_add(path, close + 1,
                place.len - (size_t)(close + 1 - place.ptr));
        return 0;
    }
    rippling_no_place(spec->object, err);
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
                     struct text next, struct buf *path)
{
    if (text_is(spec->object->name, "company_activity")) {
        char day[11];
        add_number(path, "limit", ACTIVITY_PAGE);
        if (next.len > 0 || spec->cursor.len > 0) {
            uri_query(path, "next", next.len > 0 ? next : spec->cursor);
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

static void set_place(const struct connection_info *c,
                      const struct read_spec *spec, struct arena *arena,
                      struct buf *path)
{
    struct text place =
        rippling_place(c, spec->object, buf_dup(arena, path), arena);
    buf_reset(path);
    buf_text(path, place);
}

static int expand_query(const struct read_spec *spec, struct arena *arena,
                        struct buf *path, struct error *err)
{
    struct buf expand;
    int count = 0;
    if (rippling_is_v1(spec->object))
        return 0;
    buf_init(&expand, 4096);
    int result =
        add_expand(spec->shape, TEXT_NONE, 1, &expand, &count, arena, err);
    if (expand.len > 0)
        uri_query(path, "expand", buf_view(&expand));
    buf_fini(&expand);
    return result;
}

static int64_t page_size(const struct read_spec *spec)
{
    return spec->page_size > 0 && spec->page_size < REST_PAGE
               ? spec->page_size
               : REST_PAGE;
}

/* Any page that is not a link's. */
static int first_page(const struct connection_info *c,
                      const struct read_spec *spec, struct text next,
                      int64_t number, struct text rest, struct arena *arena,
                      struct buf *path, struct error *err)
{
    enum times times = times_of(c, spec, next);
    if (fill_place(spec, path, err) != 0)
        return -1;
    if (text_is(spec->object->name, "v1_employee"))
        buf_str(path, "/include_terminated");
    set_place(c, spec, arena, path);
    if (is_query(spec->object))
        return 0; /* all of it is in the body */
    if (rippling_is_v1(spec->object)) {
        v1_query(c, spec, number, rest, path);
        return 0;
    }
    add_number(path, "limit", page_size(spec));
    if (expand_query(spec, arena, path, err) != 0)
        return -1;
    add_filter(c, spec, (size_t)number, times, path);
    if (spec->mode == READ_CHANGES)
        uri_query(path, "order_by",
                  newest_first(spec, times) ? TEXT("updated_at desc")
                                            : TEXT("updated_at"));
    return 0;
}

static int one_record(const struct connection_info *c,
                      const struct read_spec *spec, struct arena *arena,
                      struct buf *path, struct error *err)
{
    if (is_query(spec->object) ||
        memchr(spec->object->path.ptr, '{', spec->object->path.len))
        return error_set(err, ERROR_USAGE, "%.*s cannot be read one by one",
                         TEXT_ARG(spec->object->name));
    buf_text(path, spec->object->path);
    if (path->len > 0 && path->ptr[path->len - 1] != '/')
        buf_byte(path, '/');
    uri_encode(path, spec->id);
    if (!rippling_is_v1(spec->object))
        buf_byte(path, '/');
    set_place(c, spec, arena, path);
    return expand_query(spec, arena, path, err);
}

/* {"limit":100,"cursor":"…"}: a query's paging travels in its body. */
static struct text query_body(const struct read_spec *spec, struct text cursor,
                              struct arena *arena)
{
    struct buf b;
    buf_init(&b, 8192);
    buf_printf(&b, "{\"limit\":%lld", (long long)page_size(spec));
    if (cursor.len > 0) {
        buf_str(&b, ",\"cursor\":");
        buf_json_string(&b, cursor);
    }
    buf_byte(&b, '}');
    struct text t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
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
    else if (next.len > 0 && strchr("LPM", next.ptr[0]))
        buf_text(&path, rest);
    else
        result = first_page(c, spec, next, number, rest, arena, &path, err);
    *out = (struct request){
        .method = "GET",
        .path = buf_dup(arena, &path),
        .endpoint = text_cstr(arena, spec->object->path),
        .safe_to_repeat = true,
    };
    if (is_query(spec->object)) {
        out->method = "POST";
        out->body = query_body(spec, rest, arena);
        out->content_type = "application/json";
    }
    rippling_headers(c, arena, out);
    buf_fini(&path);
    return result;
}

/* -------------------------------------------------------------------- answer */
/* Does the flow read the field of that name: its own, one of a relation
 * ("compensation.annual_compensation"), or all of a relation? */
static bool shape_wants(const struct shape *shape, struct text name)
{
    const char *dot = memchr(name.ptr ? name.ptr : "", '.', name.len);
    size_t len = dot ? (size_t)(dot - name.ptr) : name.len;
    struct text own = text_slice(name, 0, len);
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *f = &shape->fields[i];
        if (text_equal(f->field->wire, own))
            return !dot || !f->sub ||
                   shape_wants(f->sub, text_slice(name, len + 1,
                                                  name.len - len - 1));
    }
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
    int64_t mark;
    bool offset;
    return seen->descending && seen->count > 0 &&
           datetime_parse(spec->cursor, &mark, &offset) && seen->last < mark;
}

static void follow(const struct connection_info *c, struct text link, char kind,
                   struct text state, struct arena *arena, struct page *page,
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
    page->next = text_of(arena_printf(arena, "%c%.*s|%.*s", kind,
                                      TEXT_ARG(state), TEXT_ARG(path)));
}

/* After the last page of a key: the next one, unless the filter was ignored
 * and everything has come already. */
static void next_key(const struct read_spec *spec, size_t which, bool ignored,
                     struct arena *arena, struct page *page)
{
    if (!ignored && spec->term_count > 0 &&
        filters_on(spec->terms[0].field, OP_IS) &&
        which + 1 < spec->terms[0].value_count)
        page->next = text_of(arena_printf(arena, "K%zu|", which + 1));
}

static void keys_page(const struct connection_info *c,
                      const struct read_spec *spec, struct text asked,
                      struct text rows, struct text link, struct arena *arena,
                      struct page *page, struct answer *out)
{
    struct text number = TEXT("0");
    int64_t which = 0;
    if (asked.len > 0)
        after_bar(asked, &number);
    json_int64(number, &which);
    bool ignored = is_ignored(c, spec, (size_t)which, TIMES_NOT, rows, arena,
                              page);
    if (link.len > 0)
        follow(c, link, 'M', number, arena, page, out);
    else
        next_key(spec, (size_t)which, ignored, arena, page);
}

static void rest_page(const struct connection_info *c,
                      const struct read_spec *spec, struct text asked,
                      struct text body, struct arena *arena, struct page *page,
                      struct answer *out)
{
    bool bare = json_kind(text_trim(body)) == JSON_ARRAY;
    struct text link = json_get_text(arena, body, "next_link");
    struct text rows = bare ? text_trim(body) : json_get(body, "results");
    struct text before = TEXT_NONE;
    enum times times = times_of(c, spec, asked);
    struct changes seen;
    bool linked = asked.len > 0 && strchr("LP", asked.ptr[0]);
    bool newest = linked ? asked.ptr[0] == 'P' : newest_first(spec, times);
    page->rows = bare ? "" : "results";
    if (spec->mode == READ_KEYS) {
        keys_page(c, spec, asked, rows, link, arena, page, out);
        return;
    }
    if (linked)
        after_bar(asked, &before);
    if (before.len == 0)
        before = spec->cursor;
    look_at_changes(c, rows, before, arena, &seen);
    if (!linked) /* the first page tells enough */
        is_ignored(c, spec, 0, times, rows, arena, page);
    if (asked.len > 0 && asked.ptr[0] == 'Q')
        page->notice = TEXT("Rippling wants times in filters written the other "
                            "way: change the setting quote_times, it saves a "
                            "call a run");
    bool more = link.len > 0 && !(newest && is_past(spec, &seen));
    if (more)
        follow(c, link, newest ? 'P' : 'L', seen.latest_text, arena, page,
               out);
    if (spec->mode == READ_CHANGES && !(more && newest))
        page->next_cursor = seen.latest_text;
}

static void query_page(struct text body, struct arena *arena,
                       struct page *page)
{
    struct text cursor = json_get_text(arena, body, "cursor");
    page->rows = "results";
    if (cursor.len > 0 && json_get(body, "results.0").len > 0)
        page->next = text_of(arena_printf(arena, "C|%.*s", TEXT_ARG(cursor)));
}

static void activity_page(const struct read_spec *spec, struct text body,
                          struct arena *arena, struct page *page)
{
    struct text next = json_get_text(arena, body, "data.next");
    struct json_items it = json_items(json_get(body, "data.events"));
    int count = 0;
    while (json_next(&it))
        count++;
    page->rows = "data.events";
    page->next_cursor = next.len > 0 ? next : spec->cursor;
    if (next.len > 0 && count >= ACTIVITY_PAGE)
        page->next = text_of(arena_printf(arena, "A|%.*s", TEXT_ARG(next)));
}

/* A 400 to changes asked by time: sources disagree on how a time is written,
 * and older versions know no such filter. */
static bool goes_without(const struct connection_info *c,
                         const struct read_spec *spec, struct text asked,
                         const struct response *response, struct page *page)
{
    bool again = asked.len > 0 && asked.ptr[0] == 'Q';
    if (response->status != 400 || (asked.len > 0 && !again) ||
        times_of(c, spec, asked) == TIMES_NOT)
        return false;
    *page = (struct page){ .body = TEXT("[]"), .rows = "", .total = -1,
                           .complete = true };
    page->next = again ? TEXT("W|") : TEXT("Q|");
    if (again)
        page->notice = TEXT("this Rippling token's API version does not take a "
                            "filter on updated_at: set time_filter = \"no\" on "
                            "the connection, it saves two calls a run");
    return true;
}

static void v1_page(const struct read_spec *spec, struct text asked,
                    struct text body, struct arena *arena, struct page *page)
{
    struct json_items it;
    int64_t offset = 0, count = 0;
    struct text before;
    if (text_is(spec->object->name, "company_activity")) {
        activity_page(spec, body, arena, page);
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
        else if (goes_without(c, spec, asked, response, page))
            *out = (struct answer){ .kind = ANSWER_DONE,
                                    .status = response->status };
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
    } else if (is_query(spec->object)) {
        query_page(response->body, arena, page);
    } else {
        rest_page(c, spec, asked, response->body, arena, page, out);
    }
}
