/* Lists of the BILL sandbox: filters, order, pages behind opaque tokens. */
#include "config.h"
#include "connectors/bill/sandbox.h"

#include "base/date.h"
#include "runtime/crypto.h"
#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT 20
#define PAGE_MAX 100
#define TERMS_MAX 12
#define SORTS_MAX 4

struct term {
    const char *path;
    struct text op, value;
    bool quoted;
};

struct sort {
    const char *path;
    bool descending;
};

struct listing {
    struct sandbox_call *call;
    const struct bill_type *type;
    struct term terms[TERMS_MAX];
    size_t term_count;
    struct sort sorts[SORTS_MAX];
    size_t sort_count;
    const struct doc **rows;
    size_t count;
};

/* --------------------------------------------------------------- values */
static bool digits(struct text t, size_t at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (at + i >= t.len || t.ptr[at + i] < '0' || t.ptr[at + i] > '9')
            return false;
    return true;
}

/* yyyy-MM-dd'T'HH:mm:ss.SSSX, without zone, without fraction, without
 * seconds, and yyyy-MM-dd. */
bool bill_parse_when(struct text t, int64_t *micros)
{
    struct text day = text_slice(t, 0, t.len < 10 ? t.len : 10), zone;
    char whole[48];
    int32_t days;
    bool offset;
    size_t at = 16, fraction = 0;
    if (!date_parse(day, &days))
        return false;
    *micros = days * INT64_C(86400000000);
    if (t.len == 10)
        return true;
    if (t.len < 16 || t.ptr[10] != 'T' || !digits(t, 11, 2) ||
        t.ptr[13] != ':' || !digits(t, 14, 2))
        return false;
    struct text seconds = TEXT("00");
    if (at < t.len && t.ptr[at] == ':') {
        if (!digits(t, 17, 2))
            return false;
        seconds = text_slice(t, 17, 2);
        at = 19;
        if (at < t.len && t.ptr[at] == '.') {
            fraction = 4;
            if (!digits(t, 20, 3))
                return false;
        }
    }
    zone = text_slice(t, at + fraction, t.len - at - fraction);
    int len = snprintf(whole, sizeof whole, "%.16s:%.2s%.*s%.*s", t.ptr,
                       seconds.ptr, (int)fraction, t.ptr + at,
                       TEXT_ARG(zone.len ? zone : TEXT("Z")));
    return len < (int)sizeof whole &&
           datetime_parse((struct text){ whole, (size_t)len }, micros,
                          &offset);
}

/* A member by its name as it stands, or by the path it names. */
static const struct doc *value_at(const struct doc *row, const char *path)
{
    const struct doc *flat = doc_get(row, path);
    return flat ? flat : doc_path(row, path);
}

static bool is_when(const char *path)
{
    return text_ends(text_of(path), TEXT("Time"));
}

static int compare_texts(const char *path, struct text a, struct text b)
{
    int64_t x, y;
    struct decimal p, q;
    if (is_when(path) && bill_parse_when(a, &x) && bill_parse_when(b, &y))
        return (x > y) - (x < y);
    if (strcmp(path, "amount") == 0 && decimal_parse(a, &p) == DECIMAL_OK &&
        decimal_parse(b, &q) == DECIMAL_OK)
        return decimal_compare(p, q);
    return text_compare(a, b);
}

static struct text shown(const struct doc *value)
{
    if (doc_kind(value) == DOC_YESNO)
        return doc_is_true(value) ? TEXT("true") : TEXT("false");
    return doc_as_text(value);
}

/* -------------------------------------------------------------- filters */
static bool in_list(struct text list, const char *path, struct text value)
{
    while (list.len > 0) {
        size_t at;
        if (!text_find(list, TEXT(","), &at))
            at = list.len;
        if (compare_texts(path, text_trim(text_slice(list, 0, at)), value) ==
            0)
            return true;
        list = at < list.len ? text_slice(list, at + 1, list.len - at - 1)
                             : TEXT_NONE;
    }
    return false;
}

static bool meets(const struct doc *row, const struct term *t)
{
    const struct doc *d = value_at(row, t->path);
    struct text v = shown(d);
    if (!doc_is_present(d))
        return text_is(t->op, "ne") || text_is(t->op, "nin");
    if (text_is(t->op, "in"))
        return in_list(t->value, t->path, v);
    if (text_is(t->op, "nin"))
        return !in_list(t->value, t->path, v);
    if (text_is(t->op, "sw"))
        return text_starts(v, t->value);
    int order = compare_texts(t->path, v, t->value);
    if (text_is(t->op, "eq"))
        return order == 0;
    if (text_is(t->op, "ne"))
        return order != 0;
    if (text_is(t->op, "gt"))
        return order > 0;
    if (text_is(t->op, "gte"))
        return order >= 0;
    return text_is(t->op, "lt") ? order < 0 : order <= 0;
}

/* "field:op:value", the value perhaps in quotes; up to the next comma
 * outside of them. */
static bool take_term(struct text *rest, struct text *field,
                      struct term *term)
{
    struct text t = *rest;
    size_t at, end;
    if (!text_find(t, TEXT(":"), &at))
        return false;
    *field = text_slice(t, 0, at);
    t = text_slice(t, at + 1, t.len - at - 1);
    if (!text_find(t, TEXT(":"), &at))
        return false;
    term->op = text_slice(t, 0, at);
    t = text_slice(t, at + 1, t.len - at - 1);
    term->quoted = t.len > 0 && t.ptr[0] == '"';
    if (term->quoted) {
        t = text_slice(t, 1, t.len - 1);
        if (!text_find(t, TEXT("\""), &end))
            return false;
        term->value = text_slice(t, 0, end);
        t = text_slice(t, end + 1, t.len - end - 1);
    } else {
        if (!text_find(t, TEXT(","), &end))
            end = t.len;
        term->value = text_slice(t, 0, end);
        t = text_slice(t, end, t.len - end);
    }
    if (t.len > 0 && t.ptr[0] != ',')
        return false;
    *rest = t.len > 0 ? text_slice(t, 1, t.len - 1) : TEXT_NONE;
    return true;
}

static bool has_word(const char *words, struct text word)
{
    struct text rest = text_of(words);
    while (rest.len > 0) {
        size_t at;
        if (!text_find(rest, TEXT(" "), &at))
            at = rest.len;
        if (text_equal(text_slice(rest, 0, at), word))
            return true;
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    return false;
}

static const char *term_fault(const struct term *t, const char *ops)
{
    int64_t when;
    int32_t day;
    bool list = text_is(t->op, "in") || text_is(t->op, "nin");
    if (!ops)
        return "cannot be filtered";
    if (!has_word(ops, t->op))
        return "has no such operator";
    if ((list || text_is(t->op, "sw") || is_when(t->path)) && !t->quoted)
        return "wants its value in double quotes";
    if (is_when(t->path) && !bill_parse_when(t->value, &when))
        return "is compared with no date-time";
    if (text_ends(text_of(t->path), TEXT("Date")) &&
        !date_parse(t->value, &day))
        return "is compared with no date";
    return NULL;
}

/* NULL: the list cannot be filtered by it. */
static const char *ops_of(const struct listing *l, struct text field)
{
    if (text_is(field, "archived") &&
        world_switch_is(l->call->world, "archived_filter", "no") &&
        text_starts(text_of(l->type->path), TEXT("classifications/")))
        return NULL;
    return bill_filter_ops(l->type, field, l->call->arena);
}

static bool read_filters(struct listing *l)
{
    struct sandbox_call *call = l->call;
    struct text rest = call_param(call, "filters"), field;
    while (rest.len > 0) {
        struct term *t = &l->terms[l->term_count];
        if (l->term_count == TERMS_MAX || !take_term(&rest, &field, t)) {
            bill_refuse(call, 400, "BDC_1143", "filters: cannot be read");
            return false;
        }
        t->path = text_cstr(call->arena, field);
        const char *why = term_fault(t, ops_of(l, field));
        if (why) {
            bill_refuse(call, 400, "BDC_1143", "filters: %s %s", t->path, why);
            return false;
        }
        l->term_count++;
    }
    return true;
}

/* ---------------------------------------------------------------- order */
static bool may_sort(const struct bill_type *t, struct text field,
                     struct arena *arena)
{
    if (text_is(field, "archived"))
        return strcmp(t->table, "bills") == 0 ||
               strcmp(t->table, "invoices") == 0;
    return bill_filter_ops(t, field, arena) != NULL;
}

static bool read_sort(struct listing *l)
{
    struct sandbox_call *call = l->call;
    struct text rest = call_param(call, "sort");
    while (rest.len > 0) {
        size_t at, colon;
        if (!text_find(rest, TEXT(","), &at))
            at = rest.len;
        struct text one = text_slice(rest, 0, at);
        if (l->sort_count == SORTS_MAX || !text_find(one, TEXT(":"), &colon) ||
            !may_sort(l->type, text_slice(one, 0, colon), call->arena)) {
            bill_refuse(call, 400, "BDC_1143", "sort: cannot be read");
            return false;
        }
        struct sort *s = &l->sorts[l->sort_count++];
        struct text order = text_slice(one, colon + 1, one.len - colon - 1);
        s->path = text_cstr(call->arena, text_slice(one, 0, colon));
        s->descending = text_is(order, "desc");
        if (!s->descending && !text_is(order, "asc")) {
            bill_refuse(call, 400, "BDC_1143", "sort: asc or desc");
            return false;
        }
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    return true;
}

static int compare_rows(const struct listing *l, const struct doc *a,
                        const struct doc *b)
{
    for (size_t i = 0; i < l->sort_count; i++) {
        const struct sort *s = &l->sorts[i];
        int order = compare_texts(s->path, shown(value_at(a, s->path)),
                                  shown(value_at(b, s->path)));
        if (order != 0)
            return s->descending ? -order : order;
    }
    return text_compare(text_of(doc_str(a, "id")), text_of(doc_str(b, "id")));
}

static int by_order(const void *a, const void *b, void *ctx)
{
    return compare_rows(ctx, *(const struct doc *const *)a,
                        *(const struct doc *const *)b);
}

static void collect(struct world *w, struct listing *l)
{
    const struct table *t = world_table(w, l->type->table);
    bool hidden = world_switch_is(w, "archived_in_list", "no");
    for (size_t i = 0; i < l->term_count; i++)
        if (strcmp(l->terms[i].path, "archived") == 0)
            hidden = false;
    l->rows = arena_alloc(l->call->arena,
                          (table_end(t) + 1) * sizeof *l->rows);
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *row = table_at(t, i);
        bool all = row && !(hidden && doc_is_true(doc_get(row, "archived")));
        for (size_t k = 0; all && k < l->term_count; k++)
            all = meets(row, &l->terms[k]);
        if (all)
            l->rows[l->count++] = row;
    }
    qsort_r(l->rows, l->count, sizeof *l->rows, by_order, l);
}

/* ---------------------------------------------------------------- tokens */
static const char *token(struct listing *l, size_t next, bool empty)
{
    struct doc *d = doc_object(), *anchor = doc_object();
    const struct doc *last = next > 0 ? l->rows[next - 1] : NULL;
    doc_set_string(d, "l", l->type->table);
    doc_set_int(d, "o", (int64_t)next);
    if (empty)
        doc_set_yesno(d, "e", true);
    for (size_t i = 0; last && i < l->sort_count; i++) {
        struct doc *value = doc_text(shown(value_at(last, l->sorts[i].path)));
        doc_set(anchor, l->sorts[i].path, value);
    }
    doc_set_string(anchor, "id", last ? doc_str(last, "id") : "");
    doc_set(d, "a", anchor);
    struct text plain = doc_printed(d, DOC_COMPACT, l->call->arena);
    doc_drop(d);
    return text_cstr(l->call->arena,
                     crypto_base64url(l->call->arena, plain));
}

/* Where the page begins; -1 after a refusal. */
static int64_t page_start(struct listing *l, bool *empty)
{
    struct text shown_token = call_param(l->call, "page"), plain;
    struct error err = { 0 };
    struct doc *d = NULL;
    int64_t at = 0;
    *empty = false;
    if (shown_token.len == 0)
        return 0;
    if (crypto_unbase64url(l->call->arena, shown_token, &plain))
        d = doc_parse(plain, &err);
    if (!d || strcmp(doc_str(d, "l"), l->type->table) != 0) {
        doc_drop(d);
        bill_refuse(l->call, 400, "BDC_1143", "page: is no page of this list");
        return -1;
    }
    *empty = doc_is_true(doc_get(d, "e"));
    if (world_switch_is(l->call->world, "paging", "offset"))
        at = doc_whole(d, "o", 0);
    else
        while ((size_t)at < l->count &&
               compare_rows(l, l->rows[at], doc_get(d, "a")) <= 0)
            at++;
    doc_drop(d);
    return at;
}

static int page_size(struct sandbox_call *call)
{
    struct text t = call_param(call, "max");
    int size = 0;
    if (t.len == 0)
        return PAGE_DEFAULT;
    for (size_t i = 0; i < t.len && i < 4; i++)
        size = t.ptr[i] >= '0' && t.ptr[i] <= '9' ? size * 10 + t.ptr[i] - '0'
                                                  : PAGE_MAX + 1;
    if (size >= 1 && size <= PAGE_MAX)
        return size;
    bill_refuse(call, 400, "BDC_1143", "max: must be 1 to %d", PAGE_MAX);
    return -1;
}

static bool empty_next(struct world *w, size_t start)
{
    return world_switch_is(w, "empty_page", "always") ||
           (world_switch_is(w, "empty_page", "sometimes") && start == 0);
}

/* What rows of this list leave out. */
static const char *thin_members(struct world *w, const struct listing *l)
{
    if (world_switch_is(w, "thin_lists", "no"))
        return "";
    if (world_switch_is(w, "thin_lists", "yes"))
        return l->type->thin;
    return arena_printf(l->call->arena, "%s,%s,address,dueDate,account",
                        l->type->thin, l->type->lines);
}

static void answer_page(struct world *w, struct listing *l, size_t start,
                        size_t size, bool empty)
{
    struct doc *d = doc_object(), *list = doc_list();
    size_t end = empty ? start : start + size;
    const char *thin = thin_members(w, l);
    if (end > l->count)
        end = l->count;
    for (size_t i = start; i < end; i++)
        doc_add(list, bill_render(l->rows[i], thin));
    doc_set(d, "results", list);
    if (end < l->count)
        doc_set_string(d, "nextPage",
                       token(l, end, !empty && empty_next(w, start)));
    else if (world_switch_is(w, "list_end", "null"))
        doc_set(d, "nextPage", doc_null());
    if (start > 0)
        doc_set_string(d, "prevPage",
                       token(l, start > size ? start - size : 0, false));
    call_answer_doc(l->call, 200, d, DOC_COMPACT);
}

void bill_serve_list(struct world *w, struct sandbox_call *call,
                     const struct bill_type *t)
{
    struct listing l = { .call = call, .type = t };
    int size = page_size(call);
    bool empty;
    if (size < 0 || !read_filters(&l) || !read_sort(&l))
        return;
    collect(w, &l);
    int64_t start = page_start(&l, &empty);
    if (start >= 0)
        answer_page(w, &l, (size_t)start, (size_t)size, empty);
}
