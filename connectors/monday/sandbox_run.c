/* The monday.com sandbox: one GraphQL call from its document to its answer;
 * what it costs; how each field of each type is filled. */
#include "config.h"
#include "connectors/monday/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_MOST 5000000   /* complexity of one call */
#define MINUTE_MOST 10000000 /* of a personal token in a minute */
#define MINUTE_MS 60000

/* -------------------------------------------------------------------- errors */
struct doc *mq_data(const char *name, const char *value)
{
    struct doc *d = doc_object();
    doc_set_string(d, name, value);
    return d;
}

static struct doc *add_error(struct mq *q, const char *message)
{
    struct doc *e = doc_object();
    if (!q->errors)
        q->errors = doc_list();
    doc_set_string(e, "message", message);
    doc_add(q->errors, e);
    return e;
}

static void add_place(struct doc *e, int line, int column)
{
    struct doc *list = doc_list();
    struct doc *at = doc_object();
    doc_set_int(at, "line", line);
    doc_set_int(at, "column", column);
    doc_add(list, at);
    doc_set(e, "locations", list);
}

static void add_path(struct mq *q, struct doc *e, const char *deeper)
{
    struct doc *path = doc_list();
    if (q->root)
        doc_add(path, doc_text(q->root->alias));
    if (deeper) {
        doc_add(path, doc_int(0));
        doc_add(path, doc_string(deeper));
    }
    doc_set(e, "path", path);
}

void mq_error(struct mq *q, const char *code, int status, struct doc *data,
              const char *format, ...)
{
    va_list args;
    struct doc *more = doc_object();
    va_start(args, format);
    struct doc *e = add_error(q, arena_vprintf(q->arena, format, args));
    va_end(args);
    if (q->root)
        add_place(e, q->root->line, q->root->column);
    add_path(q, e, NULL);
    if (code)
        doc_set_string(more, "code", code);
    else
        doc_set_string(more, "error_code", "INTERNAL_SERVER_ERROR");
    doc_set_int(more, "status_code", status);
    doc_set(more, "error_data", data ? data : doc_object());
    doc_set_string(more, "service", "monolith");
    doc_set(e, "extensions", more);
}

void monday_refuse(struct sandbox_call *call, int http, const char *code,
                   int64_t retry_s, const char *format, ...)
{
    va_list args;
    struct doc *d = doc_object();
    struct doc *list = doc_list();
    struct doc *e = doc_object();
    struct doc *more = doc_object();
    va_start(args, format);
    doc_set_string(e, "message", arena_vprintf(call->arena, format, args));
    va_end(args);
    doc_set_string(more, "code", code);
    if (retry_s > 0)
        doc_set_int(more, "retry_in_seconds", retry_s);
    if (http != 200 && http != 401)
        doc_set_int(more, "status_code", http);
    doc_set(e, "extensions", more);
    doc_add(list, e);
    doc_set(d, "errors", list);
    call_answer_doc(call, http, d, DOC_COMPACT);
    if (retry_s > 0)
        call_answer_header(call, "Retry-After", "%lld", (long long)retry_s);
}

/* -------------------------------------------------------------------- budget */
static int64_t cost_of(struct mq *q, const struct gq_selection *first,
                       int64_t times)
{
    int64_t sum = 0;
    for (const struct gq_selection *s = first; s; s = s->next) {
        int64_t n = times;
        if (text_is(s->name, "create_item") ||
            text_is(s->name, "create_subitem"))
            sum += strtoll(world_switch(q->world, "create_cost"), NULL, 10);
        else if (q->op->mutation && first == q->op->first &&
                 !text_is(s->name, "complexity"))
            sum += 10000;
        if (text_is(s->name, "items_page") ||
            text_is(s->name, "next_items_page") ||
            text_is(s->name, "items_page_by_column_values") ||
            text_is(s->name, "items")) {
            struct doc *args = gq_arguments(q->op, s, q->variables);
            n = times * doc_whole(args, "limit", 25);
            doc_drop(args);
        }
        sum += s->kind == GQ_FIELD ? times : 0;
        sum += cost_of(q, s->first, n);
    }
    return sum;
}

int64_t monday_cost(struct mq *q)
{
    return cost_of(q, q->op->first, 1);
}

static struct doc *limits_row(struct mq *q)
{
    struct table *t = world_table(q->world, "_limits");
    struct doc *row = table_get(t, "now");
    if (!row) {
        row = doc_object();
        table_put(t, "now", row);
    }
    if (q->call->now_ms - doc_whole(row, "from_ms", 0) >= MINUTE_MS) {
        doc_set_int(row, "from_ms", q->call->now_ms);
        doc_set_int(row, "spent", 0);
    }
    return row;
}

bool monday_charge(struct mq *q)
{
    struct doc *row = limits_row(q);
    int64_t most = strtoll(world_switch(q->world, "minute_complexity"), NULL,
                           10);
    int64_t spent = doc_whole(row, "spent", 0);
    q->cost = monday_cost(q);
    q->before = most - spent;
    if (q->cost > QUERY_MOST) {
        monday_refuse(q->call, 200, "REQUEST_MAX_COMPLEXITY_EXCEEDED", 0,
                      "Query has complexity of %lld, which exceeds the limit "
                      "of %d",
                      (long long)q->cost, QUERY_MOST);
        return false;
    }
    if (q->cost > q->before) {
        int64_t left = MINUTE_MS -
                       (q->call->now_ms - doc_whole(row, "from_ms", 0));
        monday_refuse(q->call, 429, "COMPLEXITY_BUDGET_EXHAUSTED",
                      left / 1000 + 1,
                      "Complexity budget exhausted, query cost %lld budget "
                      "remaining %lld out of %lld reset in %lld seconds",
                      (long long)q->cost, (long long)q->before,
                      (long long)most, (long long)left / 1000 + 1);
        return false;
    }
    doc_set_int(row, "spent", spent + q->cost);
    doc_set_int(row, "total", doc_whole(row, "total", 0) + q->cost);
    table_touch(world_table(q->world, "_limits"), "now");
    return true;
}

static struct doc *budget_doc(struct mq *q)
{
    struct doc *d = doc_object();
    int64_t from = doc_whole(limits_row(q), "from_ms", 0);
    doc_set_int(d, "before", q->before);
    doc_set_int(d, "query", q->cost);
    doc_set_int(d, "after", q->before - q->cost);
    doc_set_int(d, "reset_in_x_seconds",
                (MINUTE_MS - (q->call->now_ms - from)) / 1000);
    return d;
}

/* -------------------------------------------------------------------- fields */
static struct doc *rows_by_parent(struct mq *q, const struct doc *item)
{
    const struct table *t = world_table(q->world, "items");
    struct doc *list = doc_list();
    for (size_t i = 0; i < table_end(t); i++) {
        struct doc *row = table_at(t, i);
        if (row && item_is_active(row) &&
            strcmp(doc_str(row, "parent"), doc_str(item, "id")) == 0)
            doc_add(list, doc_keep(row));
    }
    return list;
}

static bool is_asked(const struct doc *ids, const char *id)
{
    if (!doc_is_present(ids))
        return true;
    for (size_t i = 0; i < doc_count(ids); i++)
        if (text_is(doc_as_text(doc_at(ids, i)), id))
            return true;
    return false;
}

static struct doc *cells_of(struct mq *q, const struct doc *item,
                            const struct doc *args)
{
    const struct doc *board = board_row(q, text_of(doc_str(item, "board")));
    const struct doc *columns = doc_get(board, "columns");
    struct doc *list = doc_list();
    for (size_t i = 0; i < doc_count(columns); i++) {
        const struct doc *column = doc_at(columns, i);
        if (strcmp(doc_str(column, "type"), "name") != 0 &&
            is_asked(doc_get(args, "ids"), doc_str(column, "id")))
            doc_add(list, cell_read(q, item, column));
    }
    return list;
}

static struct doc *group_row(struct mq *q, const struct doc *item)
{
    const struct doc *board = board_row(q, text_of(doc_str(item, "board")));
    const struct doc *groups = doc_get(board, "groups");
    for (size_t i = 0; i < doc_count(groups); i++)
        if (strcmp(doc_str(doc_at(groups, i), "id"),
                   doc_str(item, "group")) == 0) {
            struct doc *g = doc_copy(doc_at(groups, i));
            doc_set_string(g, "_board", doc_str(board, "id"));
            return g;
        }
    return NULL;
}

static struct doc *item_field(struct mq *q, const struct doc *item,
                              struct text name, const struct doc *args)
{
    if (text_is(name, "column_values"))
        return cells_of(q, item, args);
    if (text_is(name, "subitems"))
        return rows_by_parent(q, item);
    if (text_is(name, "board"))
        return doc_keep(board_row(q, text_of(doc_str(item, "board"))));
    if (text_is(name, "group"))
        return group_row(q, item);
    if (text_is(name, "parent_item"))
        return doc_keep(item_row(q, text_of(doc_str(item, "parent"))));
    if (text_is(name, "url"))
        return doc_string(arena_printf(
            q->arena, "https://example.monday.com/boards/%s/pulses/%s",
            doc_str(item, "board"), doc_str(item, "id")));
    if (text_is(name, "email"))
        return doc_string("pulse@example.monday.com");
    return doc_copy(doc_get_text(item, name));
}

static struct doc *board_field(struct mq *q, const struct doc *board,
                               struct text name, const struct doc *args)
{
    if (text_is(name, "items_page"))
        return page_of_board(q, board, TEXT_NONE, args);
    if (text_is(name, "groups")) {
        struct doc *list = members_of_board(q, board, name, args);
        for (size_t i = 0; i < doc_count(list); i++)
            doc_set_string(doc_at(list, i), "_board", doc_str(board, "id"));
        return list;
    }
    if (text_is(name, "columns"))
        return members_of_board(q, board, name, args);
    if (text_is(name, "top_group"))
        return doc_copy(doc_at(doc_get(board, "groups"), 0));
    if (text_is(name, "items_count")) {
        const struct table *t = world_table(q->world, "items");
        int64_t n = 0;
        for (size_t i = 0; i < table_end(t); i++)
            n += table_at(t, i) && item_is_active(table_at(t, i)) &&
                 strcmp(doc_str(table_at(t, i), "board"),
                        doc_str(board, "id")) == 0;
        return doc_int(n);
    }
    return doc_copy(doc_get_text(board, name));
}

static struct doc *raw_field(struct mq *q, const struct sdl_type *t,
                             const struct doc *source, struct text name,
                             const struct doc *args)
{
    if (text_is(name, "__typename"))
        return doc_text(t->name);
    if (text_is(t->name, "Item"))
        return item_field(q, source, name, args);
    if (text_is(t->name, "Board"))
        return board_field(q, source, name, args);
    if (text_is(t->name, "Group") && text_is(name, "items_page"))
        return page_of_board(q,
                             board_row(q, text_of(doc_str(source, "_board"))),
                             text_of(doc_str(source, "id")), args);
    if (text_is(t->name, "ItemsResponse") && text_is(name, "items"))
        return doc_keep(doc_get(source, "_items"));
    if (text_is(t->name, "BoardRelationValue") &&
        text_is(name, "linked_items")) {
        struct doc *list = doc_list();
        const struct doc *ids = doc_get(source, "linked_item_ids");
        for (size_t i = 0; i < doc_count(ids); i++)
            doc_add(list, doc_keep(item_row(q, doc_as_text(doc_at(ids, i)))));
        return list;
    }
    if (text_is(t->name, "Column") && text_is(name, "settings_str"))
        return doc_text(doc_printed(doc_get(source, "settings"), DOC_COMPACT,
                                    q->arena));
    return doc_copy(doc_get_text(source, name));
}

/* ----------------------------------------------------------------- selecting */
static void select_into(struct mq *q, const struct sdl_type *t,
                        const struct doc *source,
                        const struct gq_selection *first, struct doc *out);

static struct doc *complete(struct mq *q, const struct sdl_type *t,
                            struct doc *raw, const struct gq_selection *s)
{
    if (!s->first || !doc_is_present(raw))
        return raw ? raw : doc_null();
    struct doc *out;
    if (doc_kind(raw) == DOC_LIST) {
        out = doc_list();
        for (size_t i = 0; i < doc_count(raw); i++)
            doc_add(out, complete(q, t, doc_keep(doc_at(raw, i)), s));
    } else {
        const char *concrete = doc_str(raw, "_type");
        out = doc_object();
        select_into(q, *concrete ? sdl_find(q->sdl, text_of(concrete)) : t,
                    raw, s->first, out);
    }
    doc_drop(raw);
    return out;
}

static void select_field(struct mq *q, const struct sdl_type *t,
                         const struct doc *source,
                         const struct gq_selection *s, struct doc *out)
{
    struct doc *args = gq_arguments(q->op, s, q->variables);
    struct doc *raw = raw_field(q, t, source, s->name, args);
    const struct sdl_field *f = sdl_member(t, s->name);
    doc_drop(args);
    doc_set(out, text_cstr(q->arena, s->alias),
            complete(q, f ? sdl_find(q->sdl, gq_type_name(f->type)) : NULL,
                     raw, s));
}

static void select_into(struct mq *q, const struct sdl_type *t,
                        const struct doc *source,
                        const struct gq_selection *first, struct doc *out)
{
    for (const struct gq_selection *s = first; s; s = s->next) {
        if (s->kind == GQ_FIELD) {
            select_field(q, t, source, s, out);
            continue;
        }
        const struct gq_fragment *f =
            s->kind == GQ_SPREAD ? gq_fragment(q->document, s->name) : NULL;
        struct text on = f ? f->on : s->name;
        if (on.len == 0 || text_equal(on, t->name) ||
            sdl_implements(t, on))
            select_into(q, t, source, f ? f->first : s->first, out);
    }
}

/* --------------------------------------------------------------- root fields */
/* False: a field that may not be null is. */
static bool run_root(struct mq *q, const struct gq_selection *s,
                     struct doc *data)
{
    const struct sdl_type *root =
        sdl_find(q->sdl, q->op->mutation ? TEXT("Mutation") : TEXT("Query"));
    const struct sdl_field *f = sdl_member(root, s->name);
    struct doc *raw;
    q->root = s;
    if (!f) {
        doc_set_text(data, text_cstr(q->arena, s->alias), root->name);
        return true;
    }
    if (text_is(s->name, "complexity")) {
        raw = budget_doc(q);
    } else {
        struct doc *args = gq_arguments(q->op, s, q->variables);
        raw = q->op->mutation ? run_mutation(q, s->name, args)
                              : run_query(q, s->name, args);
        doc_drop(args);
    }
    bool broken = !raw && f->type->kind == GQ_NON_NULL;
    doc_set(data, text_cstr(q->arena, s->alias),
            complete(q, sdl_find(q->sdl, gq_type_name(f->type)), raw, s));
    return !broken;
}

/* One part of the answer is missing though the status says 200. */
static void leave_out(struct mq *q, const struct gq_selection *s,
                      struct doc *data)
{
    struct doc *d = doc_get(data, text_cstr(q->arena, s->alias));
    struct doc *first = doc_at(d, 0);
    struct doc *more = doc_object();
    struct doc *e = add_error(q, "Rate limit exceeded for a resource");
    bool columns = doc_get(first, "columns") != NULL;
    q->root = s;
    add_path(q, e, columns ? "columns" : NULL);
    doc_set_string(more, "code", "tooManyRequests");
    doc_set_int(more, "status_code", 400);
    doc_set_string(more, "service", "data-structure");
    doc_set(e, "extensions", more);
    if (columns)
        doc_set(first, "columns", doc_null());
    else
        doc_set(data, text_cstr(q->arena, s->alias), doc_null());
}

static struct doc *run_all(struct mq *q)
{
    struct doc *data = doc_object();
    bool partly = monday_takes_refusal(q->world, "tooManyRequests");
    for (const struct gq_selection *s = q->op->first; s; s = s->next) {
        bool last = partly && !s->next;
        if (last && q->op->mutation) {
            leave_out(q, s, data);
            continue;
        }
        if (!run_root(q, s, data)) {
            doc_drop(data);
            return doc_null();
        }
        if (last)
            leave_out(q, s, data);
    }
    return data;
}

/* ----------------------------------------------------------------- the answer */
static void answer(struct mq *q, struct doc *data)
{
    struct doc *d = doc_object();
    struct doc *more = doc_object();
    const char *id = world_guid(q->world, q->arena);
    if (data)
        doc_set(d, "data", data);
    if (q->errors)
        doc_set(d, "errors", q->errors);
    doc_set_string(more, "request_id", id);
    doc_set(d, "extensions", more);
    call_answer_doc(q->call, 200, d, DOC_COMPACT);
    call_answer_header(q->call, "x-request-id", "%s", id);
}

static void answer_violations(struct mq *q)
{
    const struct gq_document *d = q->document;
    for (size_t i = 0; i < d->error_count; i++)
        add_place(add_error(q, d->errors[i].message), d->errors[i].line,
                  d->errors[i].column);
    answer(q, NULL);
}

static struct gq_operation *chosen(struct gq_document *d, struct text name)
{
    struct gq_operation *op = d->operations;
    while (op && name.len > 0 && !text_equal(op->name, name))
        op = op->next;
    if (!op || (name.len == 0 && op->next))
        gq_complain(d, 1, 1, "Must provide an operation name.");
    return op;
}

void monday_graphql(struct world *w, struct sandbox_call *call,
                    const struct doc *token, struct text query,
                    const struct doc *variables, struct text operation,
                    const char *served)
{
    struct gq_document d;
    struct gq_operation *op;
    struct mq q = { .world = w, .call = call, .arena = call->arena,
                    .document = &d, .variables = variables, .token = token };
    q.sdl = sdl_parse(call->arena, monday_sdl);
    gq_parse(call->arena, query, &d);
    op = d.error_count ? NULL : chosen(&d, operation);
    q.op = op;
    call->endpoint = !op ? "violation" : op->mutation ? "mutation" : "query";
    if (d.error_count || !op || gq_validate(q.sdl, &d, op, variables)) {
        answer_violations(&q);
        return;
    }
    if (!monday_charge(&q))
        return;
    call_answer_header(call, "API-Version", "%s",
                       served);
    answer(&q, run_all(&q));
}
