/* Exact Online: pages of records. Three roads: the regular list (60 rows),
 * `bulk` for complete reads and `sync` for changes (1000 rows each). What a
 * later page needs to know travels in the continuation:
 *   P<highest change so far>|<path>   the next page, as __next gave it
 *   S<from>|                          changes again, without $select
 *   D<highest change so far>|<from>   now the deletions since <from>
 *   T<highest change so far>|<from>   the same, without $select
 *   K<n>                              the keys from number n on
 *   N<n>|<path>                       the next page of those
 * Records asked for by a field of their lines take two steps: the lines, then
 * what they belong to. n is the number of the first key:
 *   L<n>,<id>,<id>…|<path>            the next page of lines
 *   E<n>,<id>,<id>…                   the records found, to be asked for
 *   F<n>,<id>,<id>…|<path>            the next page of them; ids that remain */
#include "config.h"
#include "connectors/exact/exact.h"
#include "runtime/jsonread.h"

#include <string.h>

#define CLOSED "-"                 /* for the version of deletions, in a cursor */
#define FOUND_PER_CALL 25          /* keeps the address under 2 KB */
#define OVERLAP_MS (3600 * 1000)   /* Modified is wall clock: the fold hour */

/* ---------------------------------------------------------------- what to ask */
static struct text fact(const struct object *object, const char *name)
{
    const struct fact *f = object_fact(object, name);
    return f ? f->value : TEXT_NONE;
}

static bool is_lines(const struct shape_field *f)
{
    return f->sub && f->field->type->kind == TYPE_LIST;
}

static bool has_lines(const struct shape *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        if (is_lines(&shape->fields[i]))
            return true;
    return false;
}

/* sync and bulk resources know no expansion. */
static bool uses_sync(const struct read_spec *spec)
{
    return spec->mode == READ_CHANGES && fact(spec->object, "sync").len > 0 &&
           !has_lines(spec->shape);
}

static bool uses_bulk(const struct read_spec *spec)
{
    return (spec->mode == READ_ALL || spec->mode == READ_CHANGES) &&
           fact(spec->object, "bulk").len > 0 && !has_lines(spec->shape);
}

/* The resource this read goes to. */
static struct text place_of(const struct read_spec *spec)
{
    if (uses_sync(spec))
        return fact(spec->object, "sync");
    if (uses_bulk(spec))
        return fact(spec->object, "bulk");
    return spec->object->path;
}

/* Adds ",name" once; names are the wire's. */
static void add_name(struct buf *b, struct text prefix, struct text name)
{
    struct text seen = buf_view(b);
    while (seen.len > 0) {
        struct text one = text_cut(&seen, ',');
        if (one.len == prefix.len + name.len && text_starts(one, prefix) &&
            text_ends(one, name))
            return;
    }
    if (b->len > 0)
        buf_byte(b, ',');
    buf_text(b, prefix);
    buf_text(b, name);
}

static struct text top_name(struct text wire)
{
    return text_cut(&wire, '.');
}

static void add_lines(struct arena *arena, const struct shape_field *lines,
                      struct buf *select)
{
    struct text name = top_name(lines->field->wire);
    struct text prefix = text_of(arena_printf(arena, "%.*s/", TEXT_ARG(name)));
    for (size_t i = 0; i < lines->sub->count; i++)
        add_name(select, prefix, top_name(lines->sub->fields[i].field->wire));
}

static void add_select(const struct read_spec *spec, struct arena *arena,
                       struct buf *path)
{
    struct buf select, expand;
    buf_init(&select, 16384);
    buf_init(&expand, 4096);
    for (size_t i = 0; i < spec->object->key_count; i++)
        add_name(&select, TEXT_NONE, spec->object->keys[i]);
    if (spec->mode == READ_CHANGES && spec->object->changed_field.len > 0)
        add_name(&select, TEXT_NONE, spec->object->changed_field);
    for (size_t i = 0; i < spec->shape->count; i++) {
        const struct shape_field *f = &spec->shape->fields[i];
        if (is_lines(f)) {
            add_name(&expand, TEXT_NONE, top_name(f->field->wire));
            add_lines(arena, f, &select);
        } else {
            add_name(&select, TEXT_NONE, top_name(f->field->wire));
        }
    }
    if (expand.len > 0)
        uri_query(path, "$expand", buf_view(&expand));
    uri_query(path, "$select", buf_view(&select));
    buf_fini(&select);
    buf_fini(&expand);
}

/* ------------------------------------------------------------ what always holds */
/* Whole seconds, no zone: all that the dialect is known to take. */
static void wall_clock(int64_t ms, char out[32])
{
    size_t len = datetime_print((ms - ms % 1000) * 1000, out);
    if (len > 0 && out[len - 1] == 'Z')
        out[len - 1] = '\0';
}

static void add_since(const struct read_spec *spec, struct buf *filter)
{
    char when[32];
    int64_t ms = 0;
    if (spec->cursor.len == 0 || !json_int64(spec->cursor, &ms))
        return;
    wall_clock(ms - OVERLAP_MS, when);
    if (filter->len > 0)
        buf_str(filter, " and ");
    buf_text(filter, spec->object->changed_field);
    buf_printf(filter, " ge datetime'%s'", when);
}

/* Resources with mandatory filtering want at least one permitted field. */
static void add_mandatory(const struct read_spec *spec, struct buf *filter)
{
    const struct field *modified;
    if (filter->len > 0 || fact(spec->object, "mandatory_filter").len == 0)
        return;
    modified = object_field(spec->object, TEXT("Modified"));
    if (modified && modified->filters) {
        buf_str(filter, "Modified ge datetime'1900-01-01T00:00:00'");
        return;
    }
    buf_text(filter, spec->object->keys[0]);
    buf_str(filter, " gt guid'00000000-0000-0000-0000-000000000000'");
}

/* -------------------------------------------------------------------- request */
static void split_versions(struct text cursor, struct text *rows,
                           struct text *deleted)
{
    *rows = text_cut(&cursor, ';');
    *deleted = cursor;
    if (rows->len == 0)
        *rows = TEXT("0");
    if (deleted->len == 0)
        *deleted = *rows;
}

static void finish(struct arena *arena, struct text path,
                   struct text endpoint, struct request *out)
{
    *out = (struct request){ .method = "GET", .safe_to_repeat = true };
    out->path = path;
    out->endpoint = text_cstr(arena, endpoint);
    exact_headers(arena, out);
}

static void first_page(const struct connection_info *c,
                       const struct read_spec *spec, size_t from, bool select,
                       struct arena *arena, struct request *out)
{
    struct buf path, filter;
    struct text rows, deleted;
    buf_init(&path, 64 * 1024);
    buf_init(&filter, 32 * 1024);
    if (uses_sync(spec)) {
        split_versions(spec->cursor, &rows, &deleted);
        buf_printf(&filter, "Timestamp gt %.*sL", TEXT_ARG(rows));
    } else {
        exact_add_terms(spec, false, from, exact_keys_end(spec, from),
                        &filter);
        if (spec->mode == READ_CHANGES)
            add_since(spec, &filter);
        add_mandatory(spec, &filter);
    }
    exact_add_root(c, spec->object, &path);
    buf_text(&path, place_of(spec));
    if (filter.len > 0)
        uri_query(&path, "$filter", buf_view(&filter));
    if (select)
        add_select(spec, arena, &path);
    finish(arena, buf_dup(arena, &path), place_of(spec), out);
    buf_fini(&path);
    buf_fini(&filter);
}

static void deleted_page(const struct connection_info *c,
                         const struct read_spec *spec, struct text from,
                         bool select, struct arena *arena,
                         struct request *out)
{
    struct buf path;
    struct text filter = text_of(
        arena_printf(arena, "Timestamp gt %.*sL and EntityType eq %.*s",
                     TEXT_ARG(from),
                     TEXT_ARG(fact(spec->object, "deleted_type"))));
    buf_init(&path, 4096);
    exact_add_root(c, NULL, &path);
    buf_str(&path, "sync/Deleted");
    uri_query(&path, "$filter", filter);
    if (select)
        uri_query(&path, "$select", TEXT("Timestamp,EntityKey,EntityType"));
    finish(arena, buf_dup(arena, &path), TEXT("sync/Deleted"), out);
    buf_fini(&path);
}

/* By id, or by the address a webhook named. */
static void one_record(const struct connection_info *c,
                       const struct read_spec *spec, struct arena *arena,
                       struct request *out)
{
    struct buf path;
    buf_init(&path, 64 * 1024);
    exact_add_root(c, spec->object, &path);
    buf_text(&path, spec->object->path);
    buf_byte(&path, '(');
    exact_key_literal(spec->object, spec->id, &path);
    buf_byte(&path, ')');
    add_select(spec, arena, &path);
    finish(arena, buf_dup(arena, &path), spec->object->path, out);
    buf_fini(&path);
}

/* ------------------------------------------------ by a field of the lines */
static struct text parent_field(const struct object *line)
{
    struct text parent = fact(line, "parent");
    text_cut(&parent, '.');
    return parent;
}

static void lines_page(const struct connection_info *c,
                       const struct read_spec *spec,
                       const struct object *line, size_t from,
                       struct arena *arena, struct request *out)
{
    struct buf path, filter;
    buf_init(&path, 64 * 1024);
    buf_init(&filter, 32 * 1024);
    exact_add_terms(spec, true, from, exact_keys_end(spec, from), &filter);
    exact_add_root(c, line, &path);
    buf_text(&path, line->path);
    uri_query(&path, "$filter", buf_view(&filter));
    uri_query(&path, "$select", parent_field(line));
    finish(arena, buf_dup(arena, &path), line->path, out);
    buf_fini(&path);
    buf_fini(&filter);
}

/* "3,id,id": the number, and the rest moved behind its comma. */
static size_t cut_number(struct text *t)
{
    int64_t n = 0;
    json_int64(text_cut(t, ','), &n);
    return n > 0 ? (size_t)n : 0;
}

static void found_page(const struct connection_info *c,
                       const struct read_spec *spec, struct text state,
                       struct arena *arena, struct request *out)
{
    struct buf path, filter;
    size_t from = cut_number(&state);
    buf_init(&path, 64 * 1024);
    buf_init(&filter, 32 * 1024);
    buf_byte(&filter, '(');
    for (int i = 0; state.len > 0 && i < FOUND_PER_CALL; i++) {
        buf_str(&filter, filter.len > 1 ? " or " : "");
        buf_text(&filter, spec->object->keys[0]);
        buf_str(&filter, " eq ");
        exact_key_literal(spec->object, text_cut(&state, ','), &filter);
    }
    buf_byte(&filter, ')');
    struct buf own;
    buf_init(&own, 8192);
    exact_add_terms(spec, false, from, exact_keys_end(spec, from), &own);
    if (own.len > 0) {
        buf_str(&filter, " and ");
        buf_text(&filter, buf_view(&own));
    }
    buf_fini(&own);
    exact_add_root(c, spec->object, &path);
    buf_text(&path, spec->object->path);
    uri_query(&path, "$filter", buf_view(&filter));
    add_select(spec, arena, &path);
    finish(arena, buf_dup(arena, &path), spec->object->path, out);
    buf_fini(&path);
    buf_fini(&filter);
}

static struct text after_bar(struct text next, struct text *before)
{
    const char *bar = memchr(next.ptr, '|', next.len);
    size_t at = bar ? (size_t)(bar - next.ptr) : next.len;
    *before = text_slice(next, 1, at - 1);
    return bar ? text_slice(next, at + 1, next.len - at - 1) : TEXT_NONE;
}

static bool is_deletions(struct text continuation)
{
    return continuation.len > 0 && strchr("DT", continuation.ptr[0]);
}

int exact_read_request(const struct connection_info *c,
                       const struct read_spec *spec, struct text next,
                       struct arena *arena, struct request *out,
                       struct error *err)
{
    struct text before, rest;
    int64_t from = 0;
    if (object_fact(spec->object, "no_endpoint"))
        return error_set(err, ERROR_USAGE, "Exact has no %.*s",
                         TEXT_ARG(spec->object->name));
    if (spec->mode == READ_ONE) {
        one_record(c, spec, arena, out);
        return 0;
    }
    const struct object *line = exact_matched_lines(spec);
    bool again = next.len > 0 && next.ptr[0] == 'S';
    if (next.len == 0 || again ||
        (next.ptr[0] == 'K' &&
         json_int64(text_slice(next, 1, next.len - 1), &from))) {
        if (line)
            lines_page(c, spec, line, (size_t)from, arena, out);
        else
            first_page(c, spec, (size_t)from, !again, arena, out);
        return 0;
    }
    if (next.ptr[0] == 'E') {
        found_page(c, spec, text_slice(next, 1, next.len - 1), arena, out);
        return 0;
    }
    rest = after_bar(next, &before);
    bool deletions = is_deletions(next);
    if (deletions && rest.len > 0 && rest.ptr[0] != '/') {
        deleted_page(c, spec, rest, next.ptr[0] == 'D', arena, out);
        return 0;
    }
    finish(arena, rest,
           deletions                    ? TEXT("sync/Deleted")
           : next.ptr[0] == 'L' && line ? line->path
                                        : place_of(spec),
           out);
    return 0;
}

/* --------------------------------------------------------------------- answer */
/* "/Date(1731320070997)/" or a row version, as a number. */
static bool stamp_of(struct text raw, struct arena *arena, int64_t *out)
{
    struct text t = json_text(arena, raw);
    if (text_starts(t, TEXT("/Date(")))
        t = text_slice(t, 6, t.len - 6);
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] == ')' || t.ptr[i] == '+')
            t.len = i;
    return json_int64(t, out);
}

static int64_t highest(struct text rows, struct text field, int64_t so_far,
                       struct arena *arena)
{
    struct json_items row = json_items(rows);
    while (json_next(&row)) {
        struct json_items member = json_items(row.value);
        while (json_next(&member)) {
            int64_t stamp;
            if (text_equal(member.name, field) &&
                stamp_of(member.value, arena, &stamp) && stamp > so_far)
                so_far = stamp;
        }
    }
    return so_far;
}

/* Deletions come as keys: rows with the object's own key field. */
static void rewrite_deleted(const struct read_spec *spec, struct text rows,
                            struct arena *arena, struct page *page)
{
    struct buf b;
    struct json_items row = json_items(rows);
    bool first = true;
    buf_init(&b, 0);
    buf_byte(&b, '[');
    while (json_next(&row)) {
        buf_str(&b, first ? "{" : ",{");
        first = false;
        buf_json_string(&b, spec->object->keys[0]);
        buf_byte(&b, ':');
        buf_json_string(&b, json_get_text(arena, row.value, "EntityKey"));
        buf_byte(&b, '}');
    }
    buf_byte(&b, ']');
    page->body = buf_dup(arena, &b);
    page->rows = "";
    page->deletions = true;
    buf_fini(&b);
}

static struct text cursor_text(struct arena *arena, int64_t rows,
                               int64_t deleted, bool versions)
{
    if (versions)
        return text_of(arena_printf(arena, "%lld;%lld", (long long)rows,
                                    (long long)deleted));
    return rows > 0 ? text_of(arena_printf(arena, "%lld", (long long)rows))
                    : TEXT_NONE;
}

/* A cursor whose deletions are not shown to this app. */
static struct text closed_cursor(struct arena *arena, int64_t rows)
{
    return text_of(arena_printf(arena, "%lld;" CLOSED, (long long)rows));
}

static int64_t number_or(struct text t, int64_t otherwise)
{
    int64_t n;
    return t.len > 0 && json_int64(t, &n) ? n : otherwise;
}

static void end_of_changes(const struct read_spec *spec, int64_t rows_stamp,
                           struct arena *arena, struct page *page)
{
    struct text rows, deleted;
    split_versions(spec->cursor, &rows, &deleted);
    page->next = text_of(arena_printf(arena, "D%lld|%.*s",
                                      (long long)rows_stamp,
                                      TEXT_ARG(deleted)));
}

static void refuse_foreign(struct answer *out)
{
    out->kind = ANSWER_REFUSED;
    out->refusal = REFUSAL_REQUEST;
    out->reason = TEXT("the next page leads to another server; it is not "
                       "followed");
}

static void follow(const struct connection_info *c, struct text link, char kind,
                   struct text state, struct arena *arena, struct page *page,
                   struct answer *out)
{
    struct text path = uri_relative(c->url, exact_hosts, link);
    if (path.len == 0) {
        refuse_foreign(out);
        return;
    }
    page->next = text_of(arena_printf(arena, "%c%.*s|%.*s", kind,
                                      TEXT_ARG(state), TEXT_ARG(path)));
}

static struct text stamp_text(struct arena *arena, int64_t stamp)
{
    return text_of(arena_printf(arena, "%lld", (long long)stamp));
}

/* The first key of the batch that a continuation stands for. */
static size_t batch_of(struct text asked)
{
    struct text state;
    if (asked.len < 2 || !strchr("KNLEF", asked.ptr[0]))
        return 0;
    after_bar(asked, &state);
    return cut_number(&state);
}

static void keys_done(const struct read_spec *spec, size_t from,
                      struct arena *arena, struct page *page)
{
    size_t end = exact_keys_end(spec, from);
    if (end < exact_key_count(spec))
        page->next = text_of(arena_printf(arena, "K%zu", end));
}

/* What is left of the records found, behind those this call asked for. */
static struct text found_left(struct text asked)
{
    struct text state;
    after_bar(asked, &state);
    cut_number(&state);
    for (int i = 0; asked.ptr[0] == 'E' && i < FOUND_PER_CALL; i++)
        text_cut(&state, ',');
    return state;
}

/* After a page of records asked for by key, or of what lines belong to. */
static void keys_page(const struct connection_info *c,
                      const struct read_spec *spec, struct text asked,
                      struct text link, struct arena *arena,
                      struct page *page, struct answer *out)
{
    size_t from = batch_of(asked);
    bool found = asked.len > 0 && (asked.ptr[0] == 'E' || asked.ptr[0] == 'F');
    struct text left = found ? found_left(asked) : TEXT_NONE;
    const char *state =
        arena_printf(arena, left.len > 0 ? "%zu,%.*s" : "%zu", from,
                     TEXT_ARG(left));
    if (link.len > 0)
        follow(c, link, found ? 'F' : 'N', text_of(state), arena, page, out);
    else if (left.len > 0)
        page->next = text_of(arena_printf(arena, "E%s", state));
    else
        keys_done(spec, from, arena, page);
}

static void nothing_yet(struct page *page)
{
    page->body = TEXT("[]");
    page->rows = "";
}

/* Which records the lines belong to, each once; no record yet. */
static void lines_done(const struct connection_info *c,
                       const struct read_spec *spec, struct text asked,
                       struct text rows, struct text link,
                       struct arena *arena, struct page *page,
                       struct answer *out)
{
    struct json_items row = json_items(rows);
    const char *name =
        text_cstr(arena, parent_field(exact_matched_lines(spec)));
    struct text before = TEXT("0"), state;
    struct buf ids;
    buf_init(&ids, 256 * 1024);
    if (asked.len > 1)
        after_bar(asked, &before);
    buf_text(&ids, before);
    while (json_next(&row))
        add_name(&ids, TEXT_NONE, json_get_text(arena, row.value, name));
    state = buf_dup(arena, &ids);
    nothing_yet(page);
    if (link.len > 0)
        follow(c, link, 'L', state, arena, page, out);
    else if (memchr(state.ptr, ',', state.len))
        page->next = text_of(arena_printf(arena, "E%.*s", TEXT_ARG(state)));
    else
        keys_done(spec, batch_of(asked), arena, page);
    buf_fini(&ids);
}

/* Rows up to here, and the deletions where they were left. */
static struct text so_far(const struct read_spec *spec, int64_t stamp,
                          struct arena *arena)
{
    struct text rows, deleted;
    if (spec->cursor.len == 0)
        return cursor_text(arena, stamp, stamp, true);
    split_versions(spec->cursor, &rows, &deleted);
    return text_is(deleted, CLOSED)
               ? closed_cursor(arena, stamp)
               : cursor_text(arena, stamp, number_or(deleted, 0), true);
}

static void changes_page(const struct connection_info *c,
                         const struct read_spec *spec, struct text asked,
                         struct text rows, struct text link,
                         struct arena *arena, struct page *page,
                         struct answer *out)
{
    bool versions = uses_sync(spec);
    struct text before, deleted, from_rows;
    bool in_deleted = is_deletions(asked);
    int64_t stamp;
    split_versions(spec->cursor, &from_rows, &deleted);
    bool closed = text_is(deleted, CLOSED);
    if (asked.len > 0)
        after_bar(asked, &before);
    else
        before = versions ? from_rows : spec->cursor;
    stamp = number_or(before, 0);
    if (in_deleted) {
        int64_t last = highest(rows, TEXT("Timestamp"), number_or(deleted, 0),
                               arena);
        rewrite_deleted(spec, rows, arena, page);
        if (link.len > 0)
            follow(c, link, 'D', stamp_text(arena, stamp), arena, page,
                   out);
        else
            page->next_cursor = cursor_text(arena, stamp, last, true);
        return;
    }
    stamp = highest(rows, spec->object->changed_field, stamp, arena);
    if (link.len > 0) {
        follow(c, link, 'P', stamp_text(arena, stamp), arena, page, out);
        if (versions) /* in the order of their versions */
            page->next_cursor = so_far(spec, stamp, arena);
    } else if (versions && spec->cursor.len > 0 && !closed &&
             fact(spec->object, "deleted_type").len > 0)
        end_of_changes(spec, stamp, arena, page);
    else if (closed)
        page->next_cursor = closed_cursor(arena, stamp);
    else
        page->next_cursor = cursor_text(arena, stamp, stamp, versions);
}

/* Two refusals that do not end a read. Sources disagree on whether sync takes
 * $select; and who may read a resource may not be shown its deletions. */
static bool goes_without(const struct read_spec *spec, struct text asked,
                         const struct response *response, struct arena *arena,
                         struct page *page)
{
    struct text before, rows, deleted;
    if (!uses_sync(spec))
        return false;
    split_versions(spec->cursor, &rows, &deleted);
    *page = (struct page){ .total = -1, .complete = true };
    nothing_yet(page);
    if (response->status == 400 && asked.len == 0) {
        page->next = text_of(arena_printf(arena, "S%.*s|", TEXT_ARG(rows)));
        return true;
    }
    if (response->status == 400 && asked.len > 0 && asked.ptr[0] == 'D') {
        page->next = text_of(arena_printf(arena, "T%.*s",
                                          (int)asked.len - 1, asked.ptr + 1));
        return true;
    }
    if (response->status == 403 && is_deletions(asked) &&
        response_header(response, "Reason").len == 0) {
        after_bar(asked, &before);
        page->deletions = true;
        page->next_cursor = closed_cursor(arena, number_or(before, 0));
        page->notice = text_of(arena_printf(
            arena, "Exact does not show this app what was deleted (scope "
                   "Organization administration): only a complete read of "
                   "%.*s sees it", TEXT_ARG(spec->object->name)));
        return true;
    }
    return false;
}

void exact_read_answer(const struct connection_info *c,
                       const struct read_spec *spec, struct text asked,
                       const struct response *response, struct arena *arena,
                       struct page *page, struct answer *out)
{
    struct json_pick picks[] = { { "d", TEXT_NONE },
                                 { "d.results", TEXT_NONE },
                                 { "d.__next", TEXT_NONE },
                                 { "d.__count", TEXT_NONE } };
    struct error err = { 0 };
    struct text rows, link;
    if (exact_classify(response, false, arena, out)) {
        if (spec->mode == READ_ONE && response->status == 404)
            out->refusal = REFUSAL_MISSING;
        else if (goes_without(spec, asked, response, arena, page))
            *out = (struct answer){ .kind = ANSWER_DONE,
                                    .status = response->status };
        return;
    }
    *page = (struct page){ .body = response->body, .total = -1,
                           .complete = true };
    if (json_skim(response->body, picks, 4, &err) != 0 ||
        picks[0].raw.len == 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("Exact's answer is not the JSON it promises");
        return;
    }
    if (exact_is_other_company(c, response, arena, out))
        return;
    bool in_results = json_kind(picks[1].raw) == JSON_ARRAY;
    rows = in_results ? picks[1].raw : picks[0].raw;
    page->rows = in_results ? "d.results" : "d";
    page->single = json_kind(rows) == JSON_OBJECT;
    if (spec->mode == READ_ONE)
        return;
    json_int64(picks[3].raw, &page->total);
    link = json_text(arena, picks[2].raw);
    if (spec->mode == READ_CHANGES) {
        changes_page(c, spec, asked, rows, link, arena, page, out);
        return;
    }
    if (exact_matched_lines(spec) && (asked.len == 0 || asked.ptr[0] == 'K' ||
                                      asked.ptr[0] == 'L'))
        lines_done(c, spec, asked, rows, link, arena, page, out);
    else if (spec->mode == READ_KEYS)
        keys_page(c, spec, asked, link, arena, page, out);
    else if (link.len > 0)
        follow(c, link, 'P', TEXT("0"), arena, page, out);
}
