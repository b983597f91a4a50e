/* The monday.com sandbox: queries. Pages are slices of a result that is fixed
 * when the first of them is asked for; a cursor lives an hour from then. */
#include "config.h"
#include "connectors/monday/sandbox.h"

#include <stdlib.h>
#include <string.h>

#define CURSOR_LIVES_MS 3600000
#define PAGE_MAX 500
#define IDS_MAX 100

bool item_is_active(const struct doc *item)
{
    return strcmp(doc_str(item, "state"), "active") == 0;
}

struct doc *item_row(struct mq *q, struct text id)
{
    return table_get_text(world_table(q->world, "items"), id);
}

struct doc *board_row(struct mq *q, struct text id)
{
    struct doc *board = table_get_text(world_table(q->world, "boards"), id);
    struct doc *data;
    int64_t n;
    struct doc *t;
    bool number;
    if (board && strcmp(doc_str(board, "state"), "active") == 0)
        return board;
    t = doc_text(id);
    number = doc_as_int(t, &n);
    doc_drop(t);
    if (!number) { /* under another key, with no code */
        mq_error(q, NULL, 500, NULL, "Internal server error");
        return NULL;
    }
    data = doc_object();
    doc_set(data, "board_id", doc_number(id));
    mq_error(q, "InvalidBoardIdException", 200, data,
             "This board ID doesn't exist");
    return NULL;
}

struct doc *board_column(const struct doc *board, struct text id)
{
    const struct doc *columns = doc_get(board, "columns");
    for (size_t i = 0; i < doc_count(columns); i++)
        if (text_is(id, doc_str(doc_at(columns, i), "id")))
            return doc_at(columns, i);
    return NULL;
}

/* --------------------------------------------------------------------- pages */
static int64_t limit_of(struct mq *q, const struct doc *args, int64_t otherwise)
{
    int64_t n = doc_whole(args, "limit", otherwise);
    if (n >= 1 && n <= PAGE_MAX)
        return n;
    if (n > PAGE_MAX && world_switch_is(q->world, "page_over", "cap"))
        return PAGE_MAX;
    mq_error(q, "InvalidArgumentException", 200, NULL,
             "limit must be between 1 and %d", PAGE_MAX);
    return -1;
}

/* From position `at` of a result that was fixed before. */
static struct doc *slice(struct mq *q, const struct doc *set,
                         int64_t limit)
{
    const struct doc *ids = doc_get(set, "ids");
    size_t at = (size_t)doc_whole(set, "at", 0);
    struct doc *page = doc_object();
    struct doc *items = doc_list();
    size_t end = at + (size_t)limit < doc_count(ids) ? at + (size_t)limit
                                                     : doc_count(ids);
    for (; at < end; at++) {
        struct doc *item = item_row(q, doc_as_text(doc_at(ids, at)));
        if (item && item_is_active(item))
            doc_add(items, doc_keep(item));
    }
    doc_set(page, "_items", items);
    doc_set(page, "cursor", doc_null());
    if (at < doc_count(ids)) {
        struct doc *again = doc_object();
        const char *name = world_token(q->arena, "MSw");
        doc_set(again, "ids", doc_keep(doc_get(set, "ids")));
        doc_set_int(again, "at", (int64_t)at);
        doc_set_int(again, "made_ms", doc_whole(set, "made_ms", 0));
        table_put(world_table(q->world, "_cursors"), name, again);
        doc_set_string(page, "cursor", name);
    }
    return page;
}

static struct doc *next_page(struct mq *q, const struct doc *args)
{
    const char *cursor = text_cstr(q->arena,
                                   doc_as_text(doc_get(args, "cursor")));
    struct doc *set = table_get(world_table(q->world, "_cursors"), cursor);
    int64_t limit = limit_of(q, args, 25);
    if (limit < 0)
        return NULL;
    if (!set || q->call->now_ms - doc_whole(set, "made_ms", 0) >=
                    CURSOR_LIVES_MS) {
        mq_error(q, world_switch(q->world, "cursor_code"), 200, NULL,
                 "The cursor provided for pagination has expired. Please "
                 "refresh your query and obtain a new cursor");
        return NULL;
    }
    return slice(q, set, limit);
}

static struct doc *first_page(struct mq *q, struct doc *ids, int64_t limit)
{
    struct doc *set = doc_object();
    doc_set(set, "ids", ids);
    doc_set_int(set, "made_ms", q->call->now_ms);
    struct doc *page = slice(q, set, limit);
    doc_drop(set);
    return page;
}

/* Rows of a board, group by group, in the order they were made. */
static void collect(struct mq *q, const struct doc *board, struct text group,
                    bool (*wanted)(struct mq *q, const struct doc *board,
                                   const struct doc *item, const void *ctx),
                    const void *ctx, struct doc *ids)
{
    const struct table *t = world_table(q->world, "items");
    const struct doc *groups = doc_get(board, "groups");
    for (size_t g = 0; g < doc_count(groups); g++) {
        const char *name = doc_str(doc_at(groups, g), "id");
        if (group.len > 0 && !text_is(group, name))
            continue;
        for (size_t i = 0; i < table_end(t); i++) {
            const struct doc *item = table_at(t, i);
            if (item && item_is_active(item) &&
                strcmp(doc_str(item, "board"), doc_str(board, "id")) == 0 &&
                strcmp(doc_str(item, "group"), name) == 0 &&
                wanted(q, board, item, ctx))
                doc_add(ids, doc_string(doc_str(item, "id")));
        }
    }
}

/* One rule of query_params. */
static bool rule_holds(struct mq *q, const struct doc *board,
                       const struct doc *item, const struct doc *rule)
{
    struct text id = doc_as_text(doc_get(rule, "column_id"));
    const char *op = doc_str(rule, "operator");
    const struct doc *want = doc_get(rule, "compare_value");
    struct doc *list = doc_kind(want) == DOC_LIST ? doc_copy(want)
                                                  : doc_list();
    struct doc *column = doc_object();
    bool holds = false;
    if (doc_kind(want) != DOC_LIST)
        doc_add(list, doc_copy(want));
    if (text_is(id, "name"))
        doc_set_string(column, "type", "name");
    const struct doc *of = text_is(id, "name") ? column
                                               : board_column(board, id);
    if (of && (!*op || strcmp(op, "any_of") == 0))
        holds = cell_matches(q, item, of, list) == 1;
    else if (of && strcmp(op, "not_any_of") == 0)
        holds = cell_matches(q, item, of, list) == 0;
    else if (of && strcmp(op, "is_not_empty") == 0)
        holds = doc_get(doc_get(item, "cells"),
                        text_cstr(q->arena, id)) != NULL;
    else if (of && strcmp(op, "is_empty") == 0)
        holds = !doc_get(doc_get(item, "cells"), text_cstr(q->arena, id));
    doc_drop(list);
    doc_drop(column);
    return holds;
}

static bool rules_hold(struct mq *q, const struct doc *board,
                       const struct doc *item, const void *ctx)
{
    const struct doc *params = ctx;
    const struct doc *rules = doc_get(params, "rules");
    bool any = strcmp(doc_str(params, "operator"), "or") == 0;
    for (size_t i = 0; i < doc_count(rules); i++)
        if (rule_holds(q, board, item, doc_at(rules, i)) == any)
            return any;
    return !any || doc_count(rules) == 0;
}

struct doc *page_of_board(struct mq *q, const struct doc *board,
                          struct text group, const struct doc *args)
{
    const struct doc *params = doc_get(args, "query_params");
    struct doc *ids;
    int64_t limit;
    if (doc_is_present(doc_get(args, "cursor"))) {
        if (doc_is_present(params)) {
            mq_error(q, "InvalidArgumentException", 200, NULL,
                     "cursor and query_params cannot be used together");
            return NULL;
        }
        return next_page(q, args);
    }
    limit = limit_of(q, args, 25);
    if (limit < 0)
        return NULL;
    ids = doc_list();
    collect(q, board, group, rules_hold, params, ids);
    return first_page(q, ids, limit);
}

/* ------------------------------------------------------------------- by value */

static bool values_hold(struct mq *q, const struct doc *board,
                        const struct doc *item, const void *ctx)
{
    const struct doc *columns = ctx;
    for (size_t i = 0; i < doc_count(columns); i++) {
        const struct doc *one = doc_at(columns, i);
        struct text id = doc_as_text(doc_get(one, "column_id"));
        struct doc *name = doc_object();
        doc_set_string(name, "type", "name");
        int got = cell_matches(q, item,
                               text_is(id, "name") ? name
                                                   : board_column(board, id),
                               doc_get(one, "column_values"));
        doc_drop(name);
        if (got != 1)
            return false;
    }
    return true;
}

static bool can_search(struct mq *q, const struct doc *board,
                       const struct doc *columns)
{
    struct doc *nothing = doc_object();
    bool good = true;
    for (size_t i = 0; i < doc_count(columns) && good; i++) {
        struct text id = doc_as_text(doc_get(doc_at(columns, i),
                                             "column_id"));
        const struct doc *column = board_column(board, id);
        good = text_is(id, "name") ||
               (column && cell_matches(q, nothing, column, nothing) >= 0);
        if (!good)
            mq_error(q, column ? "InvalidColumnTypeException"
                               : "InvalidColumnIdException",
                     200, mq_data("column_id", text_cstr(q->arena, id)),
                     column ? "This column type cannot be searched by value"
                            : "This column ID doesn't exist for the board");
    }
    doc_drop(nothing);
    return good;
}

static struct doc *page_by_values(struct mq *q, const struct doc *args)
{
    const struct doc *columns = doc_get(args, "columns");
    struct doc *board, *ids;
    int64_t limit;
    if (doc_is_present(doc_get(args, "cursor"))) {
        if (doc_is_present(columns)) {
            mq_error(q, "InvalidArgumentException", 200, NULL,
                     "cursor and columns cannot be used together");
            return NULL;
        }
        return next_page(q, args);
    }
    board = board_row(q, doc_as_text(doc_get(args, "board_id")));
    limit = board ? limit_of(q, args, 25) : -1;
    if (limit < 0 || !can_search(q, board, columns))
        return NULL;
    ids = doc_list();
    collect(q, board, TEXT_NONE, values_hold, columns, ids);
    return first_page(q, ids, limit);
}

/* --------------------------------------------------------------------- lists */
static bool is_listed(const struct doc *ids, const struct doc *row)
{
    if (!doc_is_present(ids))
        return true;
    for (size_t i = 0; i < doc_count(ids); i++)
        if (text_is(doc_as_text(doc_at(ids, i)), doc_str(row, "id")))
            return true;
    return false;
}

static struct doc *rows_of(struct mq *q, const char *table,
                           const struct doc *args, int64_t most)
{
    const struct table *t = world_table(q->world, table);
    struct doc *list = doc_list();
    int64_t limit = doc_whole(args, "limit", most);
    int64_t skip = (doc_whole(args, "page", 1) - 1) * limit;
    for (size_t i = 0; i < table_end(t); i++) {
        struct doc *row = table_at(t, i);
        if (!row || !is_listed(doc_get(args, "ids"), row))
            continue;
        if (strcmp(table, "boards") == 0 &&
            strcmp(doc_str(row, "state"), "active") != 0)
            continue;
        if (strcmp(table, "boards") == 0 && !doc_get(args, "ids") &&
            strcmp(doc_str(row, "hierarchy_type"), "classic") != 0)
            continue;
        if (skip-- > 0 || (int64_t)doc_count(list) >= limit)
            continue;
        doc_add(list, doc_keep(row));
    }
    return list;
}

/* By id: archived and deleted ones too; 25 unless more are asked for. */
static struct doc *items_by_id(struct mq *q, const struct doc *args)
{
    const struct doc *ids = doc_get(args, "ids");
    bool only_active = doc_is_true(doc_get(args, "exclude_nonactive"));
    int64_t limit = doc_whole(args, "limit", 25);
    struct doc *list;
    if (doc_count(ids) > IDS_MAX) {
        mq_error(q, "InvalidArgumentException", 200, NULL,
                 "At most %d ids can be asked for at once", IDS_MAX);
        return NULL;
    }
    list = doc_list();
    for (size_t i = 0; i < doc_count(ids); i++) {
        struct doc *item = item_row(q, doc_as_text(doc_at(ids, i)));
        if (item && (int64_t)doc_count(list) < limit &&
            (!only_active || item_is_active(item)))
            doc_add(list, doc_keep(item));
    }
    return list;
}

static struct doc *webhooks(struct mq *q, const struct doc *args)
{
    const struct table *t = world_table(q->world, "webhooks");
    struct doc *list = doc_list();
    for (size_t i = 0; i < table_end(t); i++)
        if (table_at(t, i) &&
            text_is(doc_as_text(doc_get(args, "board_id")),
                    doc_str(table_at(t, i), "board_id")))
            doc_add(list, doc_keep(table_at(t, i)));
    return list;
}

static struct doc *version(struct mq *q)
{
    struct doc *d = doc_object();
    (void)q;
    doc_set_string(d, "kind", "current");
    doc_set_string(d, "value", "2026-10");
    doc_set_string(d, "display_name", "2026-10");
    return d;
}

static struct doc *platform(struct mq *q)
{
    struct doc *d = doc_object();
    struct doc *limit = doc_object();
    int64_t calls = strtoll(world_switch(q->world, "daily_calls"), NULL, 10);
    doc_set_int(limit, "base", calls);
    doc_set_int(limit, "total", calls);
    doc_set(d, "daily_limit", limit);
    return d;
}

struct doc *run_query(struct mq *q, struct text field, const struct doc *args)
{
    if (text_is(field, "boards"))
        return rows_of(q, "boards", args, 25);
    if (text_is(field, "items"))
        return items_by_id(q, args);
    if (text_is(field, "next_items_page"))
        return next_page(q, args);
    if (text_is(field, "items_page_by_column_values"))
        return page_by_values(q, args);
    if (text_is(field, "users"))
        return rows_of(q, "users", args, 200);
    if (text_is(field, "workspaces"))
        return rows_of(q, "workspaces", args, 25);
    if (text_is(field, "updates"))
        return rows_of(q, "updates", args, 25);
    if (text_is(field, "webhooks"))
        return webhooks(q, args);
    if (text_is(field, "me"))
        return doc_keep(table_get(world_table(q->world, "users"), "99000001"));
    return text_is(field, "version") ? version(q) : platform(q);
}

struct doc *members_of_board(struct mq *q, const struct doc *board,
                             struct text field, const struct doc *args)
{
    const struct doc *all = doc_get(board, text_cstr(q->arena, field));
    struct doc *list = doc_list();
    for (size_t i = 0; i < doc_count(all); i++)
        if (is_listed(doc_get(args, "ids"), doc_at(all, i)))
            doc_add(list, doc_keep(doc_at(all, i)));
    return list;
}
