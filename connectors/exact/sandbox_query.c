/* Lists of the Exact sandbox: $select, $expand, $orderby, $top, $skip,
 * $inlinecount, pages with $skiptoken, bulk and sync. */
#include "config.h"
#include "connectors/exact/sandbox.h"

#include <stdlib.h>
#include <string.h>

struct order {
    const struct exact_field *field;
    bool descending;
};

#define ORDERS_MAX 4

struct rows {
    const struct doc **list;
    size_t count;
    struct order orders[ORDERS_MAX];
    size_t order_count;
    const char *key;
    bool by_version;
};

/* qsort has no context: the order in hand while one list is sorted. */
static _Thread_local const struct rows *sorting;

static int compare_docs(const struct doc *a, const struct doc *b)
{
    struct decimal x, y;
    if (doc_kind(a) == DOC_NUMBER && doc_as_decimal(a, &x) &&
        doc_as_decimal(b, &y))
        return decimal_compare(x, y);
    return text_compare(doc_as_text(a), doc_as_text(b));
}

static int compare_rows(const void *p, const void *q)
{
    const struct doc *const *a = p, *const *b = q;
    const struct rows *r = sorting;
    if (r->by_version)
        return compare_docs(doc_get(*a, "_version"), doc_get(*b, "_version"));
    for (size_t i = 0; i < r->order_count; i++) {
        struct text name = r->orders[i].field->name;
        int order =
            compare_docs(doc_get_text(*a, name), doc_get_text(*b, name));
        if (order)
            return r->orders[i].descending ? -order : order;
    }
    return compare_docs(doc_get(*a, r->key), doc_get(*b, r->key));
}

/* ------------------------------------------------------------- options */
static struct text take_name(struct text *rest)
{
    size_t at;
    if (!text_find(*rest, TEXT(","), &at))
        at = rest->len;
    struct text name = text_trim(text_slice(*rest, 0, at));
    *rest = at < rest->len ? text_slice(*rest, at + 1, rest->len - at - 1)
                           : TEXT_NONE;
    return name;
}

/* Sync gives these a row per line, with the header's members repeated. */
static bool is_flat(const struct exact_call *c)
{
    return c->kind == KIND_SYNC &&
           (strcmp(c->entity->name, "SalesInvoices") == 0 ||
            strcmp(c->entity->name, "PurchaseOrders") == 0);
}

/* "Lines/Field" of a collection, or a field, or "*". */
static bool is_selectable(struct exact_call *c, struct text name)
{
    size_t slash;
    if (text_is(name, "*") || exact_field_of(c->entity, name) ||
        (is_flat(c) && exact_field_of(exact_entity_named(text_of(
                                          c->entity->lines)), name)))
        return true;
    if (!text_find(name, TEXT("/"), &slash))
        return false;
    const struct exact_field *f =
        exact_field_of(c->entity, text_slice(name, 0, slash));
    const struct exact_entity *inner =
        f && f->type == 'c' ? exact_entity_named(f->refers) : NULL;
    return inner && exact_field_of(inner, text_slice(name, slash + 1,
                                                     name.len - slash - 1));
}

bool exact_read_select(struct exact_call *c, struct exact_select *out)
{
    struct text rest = call_param(c->call, "$select");
    memset(out, 0, sizeof *out);
    while (rest.len > 0) {
        struct text name = take_name(&rest);
        if (!is_selectable(c, name) ||
            out->count == sizeof out->names / sizeof *out->names) {
            exact_refuse(c->call, 400, "Invalid field in $select: '%.*s'",
                         TEXT_ARG(name));
            return false;
        }
        out->names[out->count++] = name;
    }
    rest = call_param(c->call, "$expand");
    while (rest.len > 0) {
        struct text name = take_name(&rest);
        const struct exact_field *f = exact_field_of(c->entity, name);
        if (!f || f->type != 'c' ||
            out->expand_count == sizeof out->expand / sizeof *out->expand) {
            exact_refuse(c->call, 400, "Invalid name in $expand: '%.*s'",
                         TEXT_ARG(name));
            return false;
        }
        out->expand[out->expand_count++] = name;
    }
    return true;
}

static bool read_order(struct exact_call *c, struct rows *r)
{
    struct text rest = call_param(c->call, "$orderby");
    while (rest.len > 0) {
        struct text name = take_name(&rest);
        struct order *o = &r->orders[r->order_count];
        o->descending = text_ends(name, TEXT(" desc"));
        if (o->descending)
            name = text_trim(text_slice(name, 0, name.len - 5));
        else if (text_ends(name, TEXT(" asc")))
            name = text_trim(text_slice(name, 0, name.len - 4));
        o->field = exact_field_of(c->entity, name);
        if (!o->field || r->order_count + 1 == ORDERS_MAX) {
            exact_refuse(c->call, 400, "Invalid field in $orderby: '%.*s'",
                         TEXT_ARG(name));
            return false;
        }
        r->order_count++;
    }
    return true;
}

/* A count, or `otherwise` when absent; -1 after a refusal. */
static int64_t read_count(struct exact_call *c, const char *name,
                          int64_t otherwise)
{
    struct text t = call_param(c->call, name);
    struct decimal d;
    int64_t value;
    if (!t.ptr)
        return otherwise;
    if (decimal_parse(t, &d) != DECIMAL_OK || !decimal_to_int64(d, &value) ||
        value < 0) {
        exact_refuse(c->call, 400, "Error in query syntax.");
        return -1;
    }
    return value;
}

/* Resources that want to be told which fields. */
static bool select_is_right(struct exact_call *c,
                            const struct exact_select *select)
{
    static const char *const wanting[] = {
        "GeneralJournalEntries", "PurchaseEntries", "PurchaseOrderLines",
    };
    if (c->kind == KIND_SYNC && select->count > 0 &&
        world_switch_is(c->world, "sync_select", "no")) {
        exact_refuse(c->call, 400, "$select is not supported here.");
        return false;
    }
    if (select->count > 0)
        return true;
    if (c->kind == KIND_BULK) {
        exact_refuse(c->call, 400, "Please use $select on this endpoint.");
        return false;
    }
    if (text_is(call_param(c->call, "$top"), "1"))
        return true;
    for (size_t i = 0; i < sizeof wanting / sizeof *wanting; i++) {
        if (strcmp(c->entity->name, wanting[i]) == 0) {
            exact_refuse(c->call, 400,
                         "Please use $select or $top=1 on this endpoint.");
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------ collecting */
static void collect(struct exact_call *c, const struct exact_filter *f,
                    struct rows *r)
{
    const struct table *t =
        exact_table(c->world, c->division, c->entity->name);
    r->list = ARENA_ARRAY(c->arena, const struct doc *, table_end(t) + 1);
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *row = table_at(t, i);
        if (!row || (doc_get(row, "_hidden") && !c->all_divisions))
            continue;
        if (exact_filter_holds(c, f, row))
            r->list[r->count++] = row;
    }
    r->key = c->entity->key;
    r->by_version = c->kind == KIND_SYNC;
    sorting = r;
    qsort(r->list, r->count, sizeof *r->list, compare_rows);
}

/* "guid'…'", "123L", "'…'" or bare: what is between. */
static struct text token_value(struct text t)
{
    size_t at;
    if (text_find(t, TEXT("'"), &at) && t.len > at + 1)
        return text_slice(t, at + 1, t.len - at - 2);
    return text_ends(t, TEXT("L")) ? text_slice(t, 0, t.len - 1) : t;
}

/* The first row after the one the token names; the row itself may be gone
 * when the list is in the order of its key. */
static size_t start_after(const struct rows *r, struct text token)
{
    const char *field = r->by_version ? "_version" : r->key;
    struct text value = token_value(token);
    for (size_t i = 0; i < r->count; i++)
        if (text_equal(doc_as_text(doc_get(r->list[i], field)), value))
            return i + 1;
    if (r->order_count > 0)
        return 0;
    struct doc *want = doc_text(value);
    size_t i = 0;
    while (i < r->count &&
           text_compare(doc_as_text(doc_get(r->list[i], field)), value) <= 0)
        i++;
    doc_drop(want);
    return i;
}

static bool is_option(struct text pair, const char *name)
{
    size_t skip = text_starts(pair, TEXT("%24")) ? 3
                  : text_starts(pair, TEXT("$")) ? 1
                                                 : 0;
    struct text rest = text_slice(pair, skip, pair.len - skip);
    return skip > 0 && text_starts(rest, text_of(name)) &&
           rest.len > strlen(name) && rest.ptr[strlen(name)] == '=';
}

static const char *next_url(struct exact_call *c, const struct rows *r,
                            const struct doc *last)
{
    struct buf b;
    struct text rest = c->call->query;
    const struct exact_field *key = exact_field_of(c->entity, text_of(r->key));
    buf_init(&b, 0);
    buf_printf(&b, "http://%.*s%.*s?",
               TEXT_ARG(call_header(c->call, "Host")),
               TEXT_ARG(c->call->http->path));
    while (rest.len > 0) {
        size_t at;
        if (!text_find(rest, TEXT("&"), &at))
            at = rest.len;
        struct text pair = text_slice(rest, 0, at);
        if (!is_option(pair, "skiptoken") && !is_option(pair, "skip"))
            buf_printf(&b, "%.*s&", TEXT_ARG(pair));
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    if (r->by_version)
        buf_printf(&b, "$skiptoken=%sL", doc_str(last, "_version"));
    else if (key->type == 'g')
        buf_printf(&b, "$skiptoken=guid'%s'", doc_str(last, r->key));
    else
        buf_printf(&b, "$skiptoken=%s", doc_str(last, r->key));
    const char *url = arena_strdup(c->arena, buf_cstr(&b));
    buf_fini(&b);
    return url;
}

/* ---------------------------------------------------------------- flat sync */
/* Header members repeated on a line, the line's own on top. */
static struct doc *flat_row(struct exact_call *c, const struct doc *header,
                            const struct doc *line)
{
    const struct exact_entity *lines =
        exact_entity_named(text_of(c->entity->lines));
    struct exact_select none = { .count = 0 };
    struct doc *d = exact_render(c, c->entity, header, &none);
    struct doc *inner = exact_render(c, lines, line, &none);
    for (void *it = doc_first(inner); it; it = doc_next(inner, it)) {
        bool is_amount = strncmp(doc_name(it), "Amount", 6) == 0;
        if (doc_is_present(doc_value(it)) || is_amount ||
            !doc_get(d, doc_name(it)))
            doc_set(d, doc_name(it), doc_keep(doc_value(it)));
    }
    doc_set_string(d, "ID", doc_str(line, "ID"));
    doc_unset(d, c->entity->lines_field);
    doc_drop(inner);
    return d;
}

static void add_flat(struct exact_call *c, const struct doc *header,
                     const struct exact_select *select, struct doc *out)
{
    const struct table *t =
        exact_table(c->world, c->division, c->entity->lines);
    struct text key = doc_as_text(doc_get(header, c->entity->key));
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *line = table_at(t, i);
        if (!line ||
            !text_equal(doc_as_text(doc_get(line, c->entity->parent_field)),
                        key))
            continue;
        struct doc *row = flat_row(c, header, line), *picked = row;
        if (select->count > 0) {
            picked = doc_object();
            doc_set(picked, "__metadata",
                    doc_keep(doc_get(row, "__metadata")));
            for (size_t j = 0; j < select->count; j++) {
                struct doc *value = doc_get_text(row, select->names[j]);
                doc_set(picked, text_cstr(c->arena, select->names[j]),
                        value ? doc_keep(value) : doc_null());
            }
            doc_drop(row);
        }
        doc_add(out, picked);
    }
}

/* ------------------------------------------------------------------- pages */
static size_t page_of(const struct exact_call *c)
{
    return c->kind == KIND_REGULAR && strcmp(c->entity->name, "Deleted") != 0
               ? PAGE_REGULAR
               : PAGE_BULK;
}

/* The same row twice in one answer, the first time with an older version. */
static void repeat_row(struct exact_call *c, struct doc *out)
{
    if (c->kind != KIND_SYNC || doc_count(out) == 0 ||
        !world_switch_is(c->world, "sync_twice", "yes"))
        return;
    struct doc *row = doc_at(out, 0);
    struct doc *again = doc_copy(row);
    int64_t version = doc_whole(row, "Timestamp", 0);
    if (version > 0)
        doc_set(row, "Timestamp",
                doc_string(arena_printf(c->arena, "%lld",
                                        (long long)version - 1)));
    doc_add(out, again);
}

static void answer_page(struct exact_call *c, const struct rows *r,
                        const struct exact_select *select, size_t start,
                        int64_t top)
{
    struct doc *out = doc_list();
    size_t page = page_of(c), end = start;
    const char *next = NULL;
    int64_t total = -1;
    while (end < r->count && end - start < page && (int64_t)end < top) {
        if (is_flat(c))
            add_flat(c, r->list[end], select, out);
        else
            doc_add(out, exact_render(c, c->entity, r->list[end], select));
        end++;
    }
    if (end < r->count && (int64_t)end < top)
        next = next_url(c, r, r->list[end - 1]);
    if (text_is(call_param(c->call, "$inlinecount"), "allpages"))
        total = (int64_t)r->count;
    repeat_row(c, out);
    exact_answer_rows(c, out, next, total);
}

void exact_list(struct exact_call *c)
{
    struct exact_select select;
    struct rows r = { .count = 0 };
    struct text token = call_param(c->call, "$skiptoken");
    if (!exact_read_select(c, &select) || !select_is_right(c, &select) ||
        !read_order(c, &r))
        return;
    struct exact_filter *f =
        exact_filter_parse(c, call_param(c->call, "$filter"));
    int64_t top = f ? read_count(c, "$top", INT64_MAX) : -1;
    int64_t skip = top >= 0 ? read_count(c, "$skip", 0) : -1;
    if (skip < 0)
        return;
    collect(c, f, &r);
    size_t start = token.len > 0 ? start_after(&r, token) : (size_t)skip;
    if (start > r.count)
        start = r.count;
    if (top < INT64_MAX && token.len == 0)
        top += (int64_t)start;
    answer_page(c, &r, &select, start, top);
}

void exact_count(struct exact_call *c)
{
    struct rows r = { .count = 0 };
    struct exact_filter *f =
        exact_filter_parse(c, call_param(c->call, "$filter"));
    if (!f)
        return;
    collect(c, f, &r);
    call_answer_text(c->call, 200, "text/plain; charset=utf-8", "%zu",
                     r.count);
}

void exact_list_children(struct exact_call *c, const char *parent_field,
                         const char *parent)
{
    const struct table *t =
        exact_table(c->world, c->division, c->entity->name);
    struct exact_select select;
    struct doc *out = doc_list();
    if (!exact_read_select(c, &select)) {
        doc_drop(out);
        return;
    }
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *row = table_at(t, i);
        if (row && strcmp(doc_str(row, parent_field), parent) == 0)
            doc_add(out, exact_render(c, c->entity, row, &select));
    }
    exact_answer_rows(c, out, NULL, -1);
}
