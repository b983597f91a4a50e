/* Lists of the Rippling sandbox's REST API: what a row shows, filter, order,
 * cursor. */
#include "config.h"
#include "connectors/rippling/sandbox.h"

#include "base/date.h"
#include "runtime/crypto.h"
#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT 50
#define PAGE_MAX 100
#define EXPAND_LEVELS_MAX 2

/* Fields a scope of their own guards. */
struct guarded_field {
    const char *table, *field, *scope;
};

static const struct guarded_field guarded[] = {
    { "workers", "date_of_birth", "workers.sensitive.personal.read" },
    { "workers", "race", "workers.sensitive.personal.read" },
    { "workers", "ethnicity", "workers.sensitive.personal.read" },
    { "workers", "citizenship", "workers.sensitive.personal.read" },
    { "workers", "gender", "workers.sensitive.personal.read" },
    { "workers", "custom_fields", "workers.custom-fields.read" },
    { "workers", "compensation", "compensations.read" },
    { "workers", "compensation_id", "compensations.read" },
    { "workers", "department", "departments.read" },
    { "workers", "department_id", "departments.read" },
};

bool list_has(const char *list, struct text word)
{
    struct text rest = text_of(list);
    while (rest.len > 0) {
        size_t at;
        if (!text_find(rest, TEXT(","), &at))
            at = rest.len;
        if (text_equal(text_slice(rest, 0, at), word))
            return true;
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    return false;
}

/* ------------------------------------------------------------ rendering */
/* Is "above.name" asked for? */
static bool is_expanded(const struct view *v, struct text above,
                        const char *name, struct text *full)
{
    *full = above.len ? text_of(arena_printf(v->arena, "%.*s.%s",
                                             TEXT_ARG(above), name))
                      : text_of(name);
    for (size_t i = 0; i < v->expand_count; i++) {
        if (text_equal(v->expand[i], *full))
            return true;
        if (text_starts(v->expand[i], *full) &&
            v->expand[i].len > full->len && v->expand[i].ptr[full->len] == '.')
            return true;
    }
    return false;
}

static struct doc *render_one(const struct view *v, const char *table,
                              const struct doc *id, struct text full)
{
    const struct doc *row = table_get_text(world_table(v->world, table),
                                           doc_as_text(id));
    return row ? rest_render(v, table, row, full) : doc_null();
}

static struct doc *render_many(const struct view *v, const char *table,
                               const struct doc *ids, struct text full)
{
    struct doc *list = doc_list();
    for (size_t i = 0; i < doc_count(ids); i++)
        doc_add(list, render_one(v, table, doc_at(ids, i), full));
    return list;
}

static void render_relations(const struct view *v,
                             const struct rest_resource *r, struct doc *out,
                             struct text above)
{
    for (const struct rest_relation *rel = r->relations; rel && rel->name;
         rel++) {
        struct text full;
        const struct doc *id = doc_get(out, rel->id_field);
        if (!is_expanded(v, above, rel->name, &full) || !doc_is_present(id))
            doc_set(out, rel->name, doc_null());
        else if (rel->many)
            doc_set(out, rel->name, render_many(v, rel->table, id, full));
        else
            doc_set(out, rel->name, render_one(v, rel->table, id, full));
    }
}

static bool is_money(const struct doc *d)
{
    return doc_kind(d) == DOC_OBJECT && doc_get(d, "currency_type") &&
           doc_get(d, "value");
}

static struct doc *money_as_text(const struct doc *d)
{
    struct doc *copy = doc_copy(d);
    doc_set(copy, "value", doc_text(doc_as_text(doc_get(d, "value"))));
    return copy;
}

/* What the row shows, without the sandbox's own members. */
struct doc *rest_render(const struct view *v, const char *table,
                          const struct doc *row, struct text above)
{
    const struct rest_resource *r = rest_resource_of_table(table);
    bool as_text = world_switch_is(v->world, "money", "text");
    struct doc *out = doc_object();
    for (void *it = doc_first(row); it; it = doc_next(row, it)) {
        const char *name = doc_name(it);
        struct doc *value = doc_value(it);
        if (name[0] == '_')
            continue;
        doc_set(out, name, as_text && is_money(value) ? money_as_text(value)
                                                      : doc_keep(value));
    }
    if (r)
        render_relations(v, r, out, above);
    struct text full;
    if (strcmp(table, "workers") == 0 &&
        !is_expanded(v, above, "custom_fields", &full))
        doc_set(out, "custom_fields", doc_null());
    for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++)
        if (strcmp(guarded[i].table, table) == 0 &&
            !caller_has_scope(v->token, guarded[i].scope))
            doc_unset(out, guarded[i].field);
    return out;
}

/* __meta of an answer about this table. */
struct doc *rest_meta(const struct view *v, const char *table)
{
    struct doc *meta = doc_object(), *list = doc_list();
    for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++) {
        if (strcmp(guarded[i].table, table) != 0 ||
            caller_has_scope(v->token, guarded[i].scope))
            continue;
        struct doc *one = doc_object();
        doc_set_string(one, "name", guarded[i].field);
        doc_set_string(one, "reason", "Insufficient entitlements");
        doc_add(list, one);
    }
    doc_set(meta, "redacted_fields", list);
    return meta;
}

static size_t levels_of(struct text name)
{
    size_t levels = 1;
    for (size_t i = 0; i < name.len; i++)
        levels += name.ptr[i] == '.';
    return levels;
}

bool rest_read_expand(struct view *v, struct sandbox_call *call)
{
    struct text rest = call_param(call, "expand");
    while (rest.len > 0) {
        size_t at;
        if (!text_find(rest, TEXT(","), &at))
            at = rest.len;
        struct text name = text_trim(text_slice(rest, 0, at));
        if (v->expand_count == EXPAND_NAMES_MAX ||
            levels_of(name) > EXPAND_LEVELS_MAX) {
            rippling_refuse(call, 400,
                            "expand takes at most %d names of %d levels",
                            EXPAND_NAMES_MAX, EXPAND_LEVELS_MAX);
            return false;
        }
        v->expand[v->expand_count++] = name;
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    return true;
}

/* ------------------------------------------------------------ filtering */
static struct text take_word(struct text *rest)
{
    struct text t = text_trim(*rest);
    size_t n = 0;
    while (n < t.len && t.ptr[n] != ' ')
        n++;
    *rest = text_slice(t, n, t.len - n);
    return text_slice(t, 0, n);
}

/* A value: quoted with '', or up to the next blank. */
static bool take_value(struct text *rest, struct filter_term_text *term)
{
    struct text t = text_trim(*rest);
    term->quoted = t.len > 0 && t.ptr[0] == '\'';
    if (!term->quoted) {
        term->value = take_word(rest);
        return term->value.len > 0;
    }
    size_t end = 1;
    while (end < t.len && t.ptr[end] != '\'')
        end++;
    if (end == t.len)
        return false;
    term->value = text_slice(t, 1, end - 1);
    *rest = text_slice(t, end + 1, t.len - end - 1);
    return true;
}

static bool take_op(struct text *rest, enum filter_op *op)
{
    struct text word = take_word(rest);
    if (text_is(word, "eq"))
        *op = FILTER_EQ;
    else if (text_is(word, "ge"))
        *op = FILTER_GE;
    else if (text_is(word, "gt"))
        *op = FILTER_GT;
    else
        return false;
    return true;
}

static bool parse_filter(struct text t, struct filter *f)
{
    f->count = 0;
    for (;;) {
        if (f->count == TERMS_MAX)
            return false;
        struct filter_term_text *term = &f->terms[f->count++];
        term->field = take_word(&t);
        if (term->field.len == 0 || !take_op(&t, &term->op) ||
            !take_value(&t, term))
            return false;
        if (text_trim(t).len == 0)
            return true;
        if (!text_is(take_word(&t), "and"))
            return false;
    }
}

/* Is this quoting taken for a date or time? Answers when it is not. */
static bool quoting_is_right(struct world *w, struct sandbox_call *call,
                             const struct filter_term_text *term)
{
    bool is_day = !text_is(term->field, "updated_at") &&
                  !text_is(term->field, "created_at");
    const char *rule = world_switch(w, "time_quotes");
    int32_t day;
    if (is_day && (term->quoted || !date_parse(term->value, &day))) {
        rippling_refuse(call, 400,
                        "%.*s parameter is of the wrong type, expected: "
                        "datetime.date | None, got: str",
                        TEXT_ARG(term->field));
        return false;
    }
    if (!is_day && ((term->quoted && strcmp(rule, "bare") == 0) ||
                    (!term->quoted && strcmp(rule, "quoted") == 0))) {
        rippling_refuse(call, 400,
                        "%.*s parameter is of the wrong type, expected: "
                        "datetime.datetime | None, got: str",
                        TEXT_ARG(term->field));
        return false;
    }
    return true;
}

/* Takes the terms the resource knows; -1 when the call was refused. */
static int read_filter(struct world *w, struct sandbox_call *call,
                       const struct rest_resource *r, struct filter *f)
{
    struct text t = call_param(call, "filter");
    const char *fields = r->filterable;
    size_t kept = 0;
    f->count = 0;
    if (strcmp(r->table, "workers") == 0 &&
        !world_switch_is(w, "spec", "2026"))
        fields = "status,work_email";
    if (t.len == 0 || !*r->filterable)
        return 0; /* unknown to the list: ignored in silence */
    if (!parse_filter(t, f)) {
        rippling_refuse(call, 400, "Invalid filter: %.*s", TEXT_ARG(t));
        return -1;
    }
    for (size_t i = 0; i < f->count; i++) {
        struct filter_term_text term = f->terms[i];
        if (list_has(fields, term.field)) {
            if (list_has(r->dates, term.field) &&
                !quoting_is_right(w, call, &term))
                return -1;
            f->terms[kept++] = term;
        } else if (world_switch_is(w, "unfilterable", "refuse")) {
            rippling_refuse(call, 400, "Field %.*s is not filterable",
                            TEXT_ARG(term.field));
            return -1;
        }
    }
    f->count = kept;
    return 0;
}

/* Times by their instant, all else by their bytes. */
static int compare_values(struct text a, struct text b)
{
    int64_t x, y;
    bool offset;
    if (datetime_parse(a, &x, &offset) && datetime_parse(b, &y, &offset))
        return x < y ? -1 : x > y;
    return text_compare(a, b);
}

static bool term_holds(const struct filter_term_text *term,
                       const struct doc *row)
{
    const struct doc *have = doc_get_text(row, term->field);
    if (!doc_is_present(have))
        return false;
    int order = compare_values(doc_as_text(have), term->value);
    return term->op == FILTER_EQ   ? order == 0
           : term->op == FILTER_GE ? order >= 0
                                   : order > 0;
}

static bool passes(const struct filter *f, const struct doc *row)
{
    for (size_t i = 0; i < f->count; i++)
        if (!term_holds(&f->terms[i], row))
            return false;
    return true;
}

/* -------------------------------------------------------------- paging */
/* qsort has no context: the order in hand while one list is sorted. */
static _Thread_local const struct listing *sorting;

static int compare_rows(const struct listing *l, const struct doc *a,
                        const struct doc *b)
{
    int order = compare_values(doc_as_text(doc_get(a, l->field)),
                               doc_as_text(doc_get(b, l->field)));
    if (l->descending)
        order = -order;
    return order ? order
                 : text_compare(doc_as_text(doc_get(a, "id")),
                                doc_as_text(doc_get(b, "id")));
}

static int by_order(const void *a, const void *b)
{
    const struct doc *const *x = a, *const *y = b;
    return compare_rows(sorting, *x, *y);
}

void list_read_order(struct sandbox_call *call,
                       const struct rest_resource *r, struct listing *l)
{
    struct text t = call_param(call, "order_by");
    bool descending = text_ends(t, TEXT(" desc"));
    const char *fields = strcmp(r->table, "leave_accruals") == 0
                             ? "id,created_at,updated_at,accrual_date,"
                               "expiration_date"
                             : "id,created_at,updated_at";
    if (descending)
        t = text_trim(text_slice(t, 0, t.len - 5));
    memcpy(l->field, "id", 3);
    if (t.len == 0 || t.len >= sizeof l->field || !list_has(fields, t))
        return;
    memcpy(l->field, t.ptr, t.len);
    l->field[t.len] = '\0';
    l->descending = descending;
}

/* A cursor is "issued|value|id" of the last row shown, in hex. */
static const char *make_cursor(struct sandbox_call *call,
                               const struct listing *l, const struct doc *row)
{
    const char *plain =
        arena_printf(call->arena, "%lld|%s|%s", (long long)call->now_ms,
                     doc_str(row, l->field), doc_str(row, "id"));
    char *hex_digits = arena_alloc(call->arena, 2 * strlen(plain) + 1);
    crypto_hex(text_of(plain), hex_digits);
    return hex_digits;
}

struct cursor {
    struct doc *row; /* with the two members a comparison needs */
    int64_t issued_ms;
};

static bool read_cursor(struct sandbox_call *call, const struct listing *l,
                        struct text t, struct cursor *c)
{
    unsigned char *plain = arena_alloc(call->arena, t.len / 2 + 1);
    size_t first, second;
    if (t.len % 2 || !crypto_unhex(t, plain))
        return false;
    struct text rest = { (const char *)plain, t.len / 2 };
    if (!text_find(rest, TEXT("|"), &first))
        return false;
    c->issued_ms = 0;
    for (size_t i = 0; i < first; i++)
        c->issued_ms = c->issued_ms * 10 + (rest.ptr[i] - '0');
    rest = text_slice(rest, first + 1, rest.len - first - 1);
    if (!text_find(rest, TEXT("|"), &second))
        return false;
    c->row = doc_object();
    doc_set_text(c->row, l->field, text_slice(rest, 0, second));
    doc_set_text(c->row, "id",
                 text_slice(rest, second + 1, rest.len - second - 1));
    return true;
}

/* Position of the first row after the cursor; -1 when it is refused. */
int64_t list_start(struct world *w, struct sandbox_call *call,
                             const struct listing *l)
{
    struct text t = call_param(call, "cursor");
    struct cursor c;
    int64_t life_s = strtoll(world_switch(w, "cursor_seconds"), NULL, 10);
    size_t at = 0;
    if (t.len == 0)
        return 0;
    if (!read_cursor(call, l, t, &c)) {
        rippling_refuse(call, 400, "Invalid cursor");
        return -1;
    }
    if (life_s > 0 && call->now_ms - c.issued_ms > life_s * 1000) {
        doc_drop(c.row);
        rippling_refuse(call, 400, "Cursor expired");
        return -1;
    }
    while (at < l->count && compare_rows(l, l->rows[at], c.row) <= 0)
        at++;
    doc_drop(c.row);
    return (int64_t)at;
}

int list_page_size(struct world *w, struct sandbox_call *call)
{
    struct text t = call_param(call, "limit");
    long limit = t.len > 0 && t.len < 9
                     ? strtol(text_cstr(call->arena, t), NULL, 10)
                     : PAGE_DEFAULT;
    if (limit > PAGE_MAX && world_switch_is(w, "limit_over", "refuse")) {
        rippling_refuse(call, 400, "limit must be at most %d", PAGE_MAX);
        return -1;
    }
    return limit < 1 ? PAGE_DEFAULT : limit > PAGE_MAX ? PAGE_MAX : (int)limit;
}

/* The address of the next page: every parameter again, and the cursor. */
static const char *next_link(struct world *w, struct sandbox_call *call,
                             const char *cursor)
{
    struct buf b;
    struct text rest = call->query;
    const char *host = "";
    if (world_switch_is(w, "next_link", "absolute"))
        host = arena_printf(call->arena, "http://%.*s",
                            TEXT_ARG(call_header(call, "Host")));
    else if (world_switch_is(w, "next_link", "foreign"))
        host = "https://rest.ripplingapis.example";
    buf_init(&b, 8192);
    buf_printf(&b, "%s%.*s?", host, TEXT_ARG(call->http->path));
    while (rest.len > 0) {
        size_t at;
        if (!text_find(rest, TEXT("&"), &at))
            at = rest.len;
        struct text pair = text_slice(rest, 0, at);
        if (!text_starts(pair, TEXT("cursor=")))
            buf_printf(&b, "%.*s&", TEXT_ARG(pair));
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    buf_printf(&b, "cursor=%s", cursor);
    const char *link = arena_strdup(call->arena, buf_cstr(&b));
    buf_fini(&b);
    return link;
}

void list_collect(struct world *w, struct sandbox_call *call,
                    const char *table, const struct filter *f,
                    struct listing *l)
{
    const struct table *t = world_table(w, table);
    l->rows = ARENA_ARRAY(call->arena, const struct doc *, table_end(t) + 1);
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *row = table_at(t, i);
        if (row && passes(f, row))
            l->rows[l->count++] = row;
    }
    sorting = l;
    qsort(l->rows, l->count, sizeof *l->rows, by_order);
}

void list_answer(const struct view *v, struct sandbox_call *call,
                        const char *table, const struct listing *l,
                        size_t start, size_t limit)
{
    struct doc *d = doc_object(), *results = doc_list();
    size_t end = start + limit < l->count ? start + limit : l->count;
    for (size_t i = start; i < end; i++)
        doc_add(results, rest_render(v, table, l->rows[i], TEXT_NONE));
    doc_set(d, "__meta", rest_meta(v, table));
    doc_set(d, "results", results);
    if (end < l->count)
        doc_set_string(d, "next_link",
                       next_link(v->world, call,
                                 make_cursor(call, l, l->rows[end - 1])));
    else
        doc_set(d, "next_link", doc_null());
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

void list_serve(const struct view *v, struct sandbox_call *call,
                      const struct rest_resource *r)
{
    struct listing l = { 0 };
    struct filter f;
    int limit = list_page_size(v->world, call);
    if (limit < 0 || read_filter(v->world, call, r, &f) != 0)
        return;
    list_read_order(call, r, &l);
    list_collect(v->world, call, r->table, &f, &l);
    int64_t start = list_start(v->world, call, &l);
    if (start >= 0)
        list_answer(v, call, r->table, &l, (size_t)start, (size_t)limit);
}

