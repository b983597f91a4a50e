/* Exact Online: pages of records. Three roads: the regular list (60 rows),
 * `bulk` for complete reads and `sync` for changes (1000 rows each). What a
 * later page needs to know travels in the continuation:
 *   P<highest change so far>|<path>   the next page, as __next gave it
 *   D<highest change so far>|<from>   now the deletions since <from>
 *   K<n>                              the keys from number n on
 * Records asked for by a field of their lines take two steps: the lines, then
 * what they belong to:
 *   L<n>,<id>,<id>…|<path>            the next page of lines
 *   E<n>,<id>,<id>…                   the records found so far           */
#include "config.h"
#include "connectors/exact/exact.h"
#include "lang/ast.h"
#include "runtime/jsonread.h"

#include <string.h>

#define KEYS_PER_CALL 20           /* keeps the address under 2 KB */
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
    return spec->mode == READ_ALL && fact(spec->object, "bulk").len > 0 &&
           !has_lines(spec->shape);
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
    for (size_t at = 0; at < seen.len;) {
        const char *comma = memchr(seen.ptr + at, ',', seen.len - at);
        size_t end = comma ? (size_t)(comma - seen.ptr) : seen.len;
        struct text one = text_slice(seen, at, end - at);
        if (one.len == prefix.len + name.len && text_starts(one, prefix) &&
            text_ends(one, name))
            return;
        at = end + 1;
    }
    if (b->len > 0)
        buf_byte(b, ',');
    buf_text(b, prefix);
    buf_text(b, name);
}

static struct text top_name(struct text wire)
{
    const char *dot = memchr(wire.ptr, '.', wire.len);
    return dot ? text_slice(wire, 0, (size_t)(dot - wire.ptr)) : wire;
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

/* -------------------------------------------------------------------- filters */
static const char *operator_word(int op)
{
    static const char *const words[] = {
        [OP_IS] = "eq",       [OP_IS_NOT] = "ne",   [OP_LESS] = "lt",
        [OP_LESS_EQUAL] = "le", [OP_GREATER] = "gt", [OP_GREATER_EQUAL] = "ge",
    };
    return op >= 0 && (size_t)op < sizeof words / sizeof *words ? words[op]
                                                                : NULL;
}

/* Account codes are right-aligned to 18 on the server; other padded texts
 * are compared trimmed. */
static bool add_comparison(const struct field *field, const char *op,
                           const struct value *value, struct buf *b)
{
    bool padded = text_is(field->encoding, "padded");
    if (padded && text_is(field->wire, "Code") && field->type->length == 18 &&
        value->tag == VALUE_TEXT && value->len < 18) {
        buf_text(b, field->wire);
        buf_printf(b, " %s '%*s%.*s'", op, (int)(18 - value->len), "",
                   TEXT_ARG(value_as_text(value)));
        return !memchr(value->ptr, '\'', value->len);
    }
    if (padded)
        buf_str(b, "trim(");
    buf_text(b, field->wire);
    if (padded)
        buf_byte(b, ')');
    buf_printf(b, " %s ", op);
    return exact_literal(field, value, b);
}

static bool add_function(const struct filter_term *term, struct buf *b)
{
    const char *name = term->op == OP_STARTS_WITH ? "startswith"
                       : term->op == OP_ENDS_WITH ? "endswith"
                                                  : "substringof";
    bool reversed = term->op == OP_CONTAINS;
    if (term->values[0].tag != VALUE_TEXT)
        return false;
    buf_printf(b, "%s(", name);
    if (!reversed) {
        buf_text(b, term->field->wire);
        buf_byte(b, ',');
    }
    if (!exact_literal(term->field, &term->values[0], b))
        return false;
    if (reversed) {
        buf_byte(b, ',');
        buf_text(b, term->field->wire);
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

/* One term, or nothing when it cannot be said (it is evaluated again here). */
static bool add_term(const struct filter_term *term, size_t from, size_t to,
                     struct buf *b)
{
    const char *op = operator_word(term->op);
    if (term->value_count == 0)
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

static void join_and(struct buf *filter, struct buf *part, bool said)
{
    if (said && !part->full) {
        if (filter->len > 0)
            buf_str(filter, " and ");
        buf_text(filter, buf_view(part));
    }
    buf_reset(part);
}

static bool may_filter(const struct read_spec *spec, const struct field *field)
{
    return field->filters != 0 ||
           (spec->mode == READ_KEYS &&
            fact(spec->object, "mandatory_filter").len == 0);
}

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

static const struct object *matched_lines(const struct read_spec *spec)
{
    const struct object *line = NULL;
    for (size_t i = 0; i < spec->term_count && !line; i++)
        if (spec->mode == READ_KEYS)
            line = lines_of(spec, &spec->terms[i]);
    return line;
}

/* Those of the lines, or those of the record itself. */
static void add_terms(const struct read_spec *spec, bool lines, size_t from,
                      size_t to, struct buf *filter)
{
    struct buf part;
    buf_init(&part, 8192);
    for (size_t i = 0; i < spec->term_count; i++) {
        const struct filter_term *t = &spec->terms[i];
        size_t end = to < t->value_count ? to : t->value_count;
        size_t start = t->value_count > 1 ? from : 0;
        if ((lines_of(spec, t) != NULL) != lines)
            continue;
        if (may_filter(spec, t->field))
            join_and(filter, &part, add_term(t, start, end, &part));
    }
    buf_fini(&part);
}

static void wall_clock(int64_t ms, char out[32])
{
    size_t len = datetime_print(ms * 1000, out);
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
    const char *semi = memchr(cursor.ptr ? cursor.ptr : "", ';', cursor.len);
    *rows = semi ? text_slice(cursor, 0, (size_t)(semi - cursor.ptr)) : cursor;
    *deleted = semi ? text_slice(cursor, rows->len + 1,
                                 cursor.len - rows->len - 1)
                    : *rows;
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
                       const struct read_spec *spec, size_t from,
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
        add_terms(spec, false, from, from + KEYS_PER_CALL, &filter);
        if (spec->mode == READ_CHANGES)
            add_since(spec, &filter);
        add_mandatory(spec, &filter);
    }
    exact_add_root(c, spec->object, &path);
    buf_text(&path, place_of(spec));
    if (filter.len > 0)
        uri_query(&path, "$filter", buf_view(&filter));
    add_select(spec, arena, &path);
    finish(arena, buf_dup(arena, &path), place_of(spec), out);
    buf_fini(&path);
    buf_fini(&filter);
}

static void deleted_page(const struct connection_info *c,
                         const struct read_spec *spec, struct text from,
                         struct arena *arena, struct request *out)
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
    const char *dot = memchr(parent.ptr ? parent.ptr : "", '.', parent.len);
    return dot ? text_slice(parent, (size_t)(dot - parent.ptr) + 1,
                            parent.len - (size_t)(dot - parent.ptr) - 1)
               : TEXT_NONE;
}

static void lines_page(const struct connection_info *c,
                       const struct read_spec *spec,
                       const struct object *line, size_t from,
                       struct arena *arena, struct request *out)
{
    struct buf path, filter;
    buf_init(&path, 64 * 1024);
    buf_init(&filter, 32 * 1024);
    add_terms(spec, true, from, from + KEYS_PER_CALL, &filter);
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
    const char *comma = memchr(t->ptr, ',', t->len);
    size_t len = comma ? (size_t)(comma - t->ptr) : t->len;
    int64_t n = 0;
    json_int64(text_slice(*t, 0, len), &n);
    *t = comma ? text_slice(*t, len + 1, t->len - len - 1) : TEXT_NONE;
    return n > 0 ? (size_t)n : 0;
}

static struct text cut_id(struct text *ids)
{
    const char *comma = memchr(ids->ptr, ',', ids->len);
    size_t len = comma ? (size_t)(comma - ids->ptr) : ids->len;
    struct text id = text_slice(*ids, 0, len);
    *ids = comma ? text_slice(*ids, len + 1, ids->len - len - 1) : TEXT_NONE;
    return id;
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
    while (state.len > 0) {
        buf_str(&filter, filter.len > 1 ? " or " : "");
        buf_text(&filter, spec->object->keys[0]);
        buf_str(&filter, " eq guid'");
        buf_text(&filter, cut_id(&state));
        buf_byte(&filter, '\'');
    }
    buf_byte(&filter, ')');
    struct buf own;
    buf_init(&own, 8192);
    add_terms(spec, false, from, from + KEYS_PER_CALL, &own);
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
    const struct object *line = matched_lines(spec);
    if (next.len == 0 ||
        (next.ptr[0] == 'K' &&
         json_int64(text_slice(next, 1, next.len - 1), &from))) {
        if (line)
            lines_page(c, spec, line, (size_t)from, arena, out);
        else
            first_page(c, spec, (size_t)from, arena, out);
        return 0;
    }
    if (next.ptr[0] == 'E') {
        found_page(c, spec, text_slice(next, 1, next.len - 1), arena, out);
        return 0;
    }
    rest = after_bar(next, &before);
    if (next.ptr[0] == 'D' && rest.len > 0 && rest.ptr[0] != '/') {
        deleted_page(c, spec, rest, arena, out);
        return 0;
    }
    finish(arena, rest,
           next.ptr[0] == 'D'           ? TEXT("sync/Deleted")
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
                   int64_t stamp, struct arena *arena, struct page *page,
                   struct answer *out)
{
    struct text path = uri_relative(c->url, link);
    if (path.len == 0) {
        refuse_foreign(out);
        return;
    }
    page->next = text_of(arena_printf(arena, "%c%lld|%.*s", kind,
                                      (long long)stamp, TEXT_ARG(path)));
}

static size_t key_batches(const struct read_spec *spec)
{
    size_t most = 0;
    for (size_t i = 0; i < spec->term_count; i++)
        if (spec->terms[i].value_count > most)
            most = spec->terms[i].value_count;
    return most;
}

static void keys_done(const struct read_spec *spec, struct text asked,
                      struct arena *arena, struct page *page)
{
    int64_t from = 0;
    struct text state = asked.len > 1 ? text_slice(asked, 1, asked.len - 1)
                                      : TEXT_NONE;
    if (asked.len > 1 && (asked.ptr[0] == 'K' || asked.ptr[0] == 'E'))
        from = (int64_t)cut_number(&state);
    if (from + KEYS_PER_CALL < (int64_t)key_batches(spec))
        page->next = text_of(arena_printf(
            arena, "K%lld", (long long)(from + KEYS_PER_CALL)));
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
        text_cstr(arena, parent_field(matched_lines(spec)));
    struct text before = TEXT("0"), state;
    struct buf ids;
    buf_init(&ids, 256 * 1024);
    if (asked.len > 0 && asked.ptr[0] == 'L')
        after_bar(asked, &before);
    else if (asked.len > 1)
        before = text_slice(asked, 1, asked.len - 1);
    buf_text(&ids, before);
    while (json_next(&row))
        add_name(&ids, TEXT_NONE, json_get_text(arena, row.value, name));
    state = buf_dup(arena, &ids);
    page->body = TEXT("[]");
    page->rows = "";
    if (link.len > 0 && uri_relative(c->url, link).len > 0)
        page->next = text_of(arena_printf(
            arena, "L%.*s|%.*s", TEXT_ARG(state),
            TEXT_ARG(uri_relative(c->url, link))));
    else if (link.len > 0)
        refuse_foreign(out);
    else if (memchr(state.ptr, ',', state.len))
        page->next = text_of(arena_printf(arena, "E%.*s", TEXT_ARG(state)));
    else
        keys_done(spec, text_of(arena_printf(arena, "K%.*s",
                                             TEXT_ARG(state))), arena, page);
    buf_fini(&ids);
}

static void changes_page(const struct connection_info *c,
                         const struct read_spec *spec, struct text asked,
                         struct text rows, struct text link,
                         struct arena *arena, struct page *page,
                         struct answer *out)
{
    bool versions = uses_sync(spec);
    bool deletions = versions && spec->cursor.len > 0 &&
                     fact(spec->object, "deleted_type").len > 0;
    struct text before, deleted, from_rows;
    bool in_deleted = asked.len > 0 && asked.ptr[0] == 'D';
    int64_t stamp;
    split_versions(spec->cursor, &from_rows, &deleted);
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
            follow(c, link, 'D', stamp, arena, page, out);
        else
            page->next_cursor = cursor_text(arena, stamp, last, true);
        return;
    }
    stamp = highest(rows, spec->object->changed_field, stamp, arena);
    if (link.len > 0)
        follow(c, link, 'P', stamp, arena, page, out);
    else if (deletions)
        end_of_changes(spec, stamp, arena, page);
    else
        page->next_cursor = cursor_text(arena, stamp, stamp, versions);
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
    if (spec->mode == READ_ONE) {
        page->rows = "d";
        page->single = true;
        return;
    }
    rows = picks[1].raw.len > 0 ? picks[1].raw : picks[0].raw;
    page->rows = picks[1].raw.len > 0 ? "d.results" : "d";
    json_int64(picks[3].raw, &page->total);
    link = json_text(arena, picks[2].raw);
    if (spec->mode == READ_CHANGES) {
        changes_page(c, spec, asked, rows, link, arena, page, out);
        return;
    }
    if (matched_lines(spec) && (asked.len == 0 || asked.ptr[0] == 'K' ||
                                asked.ptr[0] == 'L'))
        lines_done(c, spec, asked, rows, link, arena, page, out);
    else if (link.len > 0)
        follow(c, link, 'P', 0, arena, page, out);
    else if (spec->mode == READ_KEYS)
        keys_done(spec, asked, arena, page);
}
