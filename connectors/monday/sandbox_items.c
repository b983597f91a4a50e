/* The monday.com sandbox: mutations. Each root field runs on its own; what
 * one of them refuses leaves the others standing. */
#include "config.h"
#include "connectors/monday/sandbox.h"

#include "runtime/crypto.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_CHARS 255
#define HOOK_URL_MAX 255

/* ------------------------------------------------------------------- columns */
/* The string of column_values as a tree; NULL after an error. */
static struct doc *parse_columns(struct mq *q, const struct doc *given)
{
    struct error err = { 0 };
    struct doc *d = NULL;
    if (!doc_is_present(given))
        return doc_object();
    if (doc_kind(given) == DOC_TEXT)
        d = doc_parse(doc_as_text(given), &err);
    if (doc_kind(d) == DOC_OBJECT)
        return d;
    doc_drop(d);
    mq_error(q, "JsonParseException", 200, NULL,
             "column_values is not a valid JSON string");
    return NULL;
}

static bool unknown_column(struct mq *q, const char *id)
{
    struct doc *data = mq_data("column_id", id);
    doc_set_string(data, "error_reason", "column_not_found");
    mq_error(q, "InvalidColumnIdException", 200, data,
             "This column ID doesn't exist for the board");
    return false;
}

static bool good_name(struct mq *q, struct text name)
{
    if (name.len > 0 && utf8_count(name) <= NAME_MAX_CHARS)
        return true;
    mq_error(q, "ItemNameTooLongException", 200, NULL,
             "Item name must be between 1 and %d characters", NAME_MAX_CHARS);
    return false;
}

/* All of `columns` into copies of `cells` and `name`; nothing is changed when
 * one is refused. */
static bool fill(struct mq *q, struct doc *board, struct doc *columns,
                 bool creates, bool labels, struct doc *cells,
                 struct text *name)
{
    for (void *it = doc_first(columns); it; it = doc_next(columns, it)) {
        struct text id = text_of(doc_name(it));
        const struct doc *value = doc_value(it);
        if (text_is(id, "name")) {
            if (doc_as_text(value).len == 0)
                continue; /* the multi mutation ignores an empty name */
            *name = text_dup(q->arena, doc_as_text(value));
            if (!good_name(q, *name))
                return false;
            continue;
        }
        if (!board_column(board, id)) {
            if (creates && world_switch_is(q->world, "unknown_column", "take"))
                continue;
            return unknown_column(q, doc_name(it));
        }
        if (!cell_write(q, board, cells, id, value, labels, false))
            return false;
    }
    return true;
}

/* -------------------------------------------------------------------- events */
static const char *jwt(struct world *w, struct arena *arena, const char *url)
{
    unsigned char mac[SHA256_LEN];
    int64_t now_s = world_now_ms(w) / 1000;
    struct text head = crypto_base64url(
        arena, TEXT("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"));
    struct text claims = crypto_base64url(
        arena, text_of(arena_printf(
                   arena,
                   "{\"accountId\":17714,\"userId\":99000001,\"aud\":\"%s\","
                   "\"exp\":%lld,\"iat\":%lld}",
                   url, (long long)now_s + 300, (long long)now_s)));
    struct text part = text_of(arena_printf(
        arena, "%.*s.%.*s", TEXT_ARG(head), TEXT_ARG(claims)));
    crypto_hmac_sha256(world_switch_is(w, "hook_signature", "wrong")
                           ? TEXT("another secret")
                           : TEXT("sandbox-signing-secret"),
                       part, mac);
    struct text sign = crypto_base64url(
        arena, (struct text){ (const char *)mac, sizeof mac });
    return arena_printf(arena, "%.*s.%.*s", TEXT_ARG(part), TEXT_ARG(sign));
}

static const char *event_type(const char *event)
{
    return strcmp(event, "create_item") == 0 ? "create_pulse"
           : strcmp(event, "change_column_value") == 0 ? "update_column_value"
           : strcmp(event, "change_name") == 0         ? "update_name"
           : strcmp(event, "item_deleted") == 0        ? "delete_pulse"
           : strcmp(event, "item_archived") == 0       ? "archive_pulse"
                                                       : event;
}

static struct text event_body(struct world *w, struct arena *arena,
                              const struct doc *item, const char *event,
                              const struct doc *hook, const struct doc *more)
{
    struct doc *d = doc_object();
    struct doc *e = more ? doc_copy(more) : doc_object();
    const char *when = print_utc(arena, world_now_ms(w));
    doc_set_int(e, "userId", 99000001);
    doc_set_string(e, "originalTriggerUuid", NULL);
    doc_set(e, "boardId", doc_number(text_of(doc_str(item, "board"))));
    doc_set(e, "pulseId", doc_number(text_of(doc_str(item, "id"))));
    doc_set_string(e, "pulseName", doc_str(item, "name"));
    doc_set_string(e, "groupId", doc_str(item, "group"));
    doc_set_string(e, "app", "monday");
    doc_set_string(e, "type", event_type(event));
    doc_set_string(e, "triggerTime", when);
    doc_set(e, "subscriptionId", doc_number(text_of(doc_str(hook, "id"))));
    doc_set_string(e, "triggerUuid", world_guid(w, arena));
    if (*doc_str(item, "parent"))
        doc_set_string(e, "parentItemId", doc_str(item, "parent"));
    doc_set(d, "event", e);
    struct text t = doc_printed(d, DOC_COMPACT, arena);
    doc_drop(d);
    return t;
}

/* What happens to a subitem is told on the board of its item, by a name of
 * its own. */
static const char *subitem_event(const char *event)
{
    static const char *const names[][2] = {
        { "create_item", "create_subitem" },
        { "change_column_value", "change_subitem_column_value" },
        { "change_name", "change_subitem_name" },
        { "item_archived", "subitem_archived" },
        { "item_deleted", "subitem_deleted" },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(event, names[i][0]) == 0)
            return names[i][1];
    return "";
}

void monday_event(struct world *w, const struct doc *item, const char *what,
                  const struct doc *more)
{
    const struct table *hooks = world_table(w, "webhooks");
    const struct doc *parent =
        table_get(world_table(w, "items"), doc_str(item, "parent"));
    const char *event = parent ? subitem_event(what) : what;
    const char *board = doc_str(parent ? parent : item, "board");
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < table_end(hooks); i++) {
        const struct doc *hook = table_at(hooks, i);
        if (!hook || strcmp(doc_str(hook, "event"), event) != 0 ||
            strcmp(doc_str(hook, "board_id"), board) != 0)
            continue;
        struct world_post post = {
            .url = doc_str(hook, "_url"),
            .content_type = "application/json",
            .body = event_body(w, &arena, item, what, hook, more),
            .authorization = doc_is_true(doc_get(hook, "_app"))
                                 ? jwt(w, &arena, doc_str(hook, "_url"))
                                 : NULL,
            .due_ms = world_now_ms(w) +
                      1000 * strtoll(world_switch(w, "hook_seconds"), NULL,
                                     10),
            .tries = 30,
            .again_ms = 60000,
            .what = event,
        };
        world_post_later(w, &post);
        if (world_switch_is(w, "hook_twice", "yes"))
            world_post_later(w, &post);
    }
    arena_fini(&arena);
}

/* --------------------------------------------------------------------- items */
static void touch_item(struct mq *q, struct doc *item)
{
    doc_set_string(item, "updated_at", print_utc(q->arena, q->call->now_ms));
    table_touch(world_table(q->world, "items"), doc_str(item, "id"));
}

static int64_t items_on(struct mq *q, const struct doc *board)
{
    const struct table *t = world_table(q->world, "items");
    int64_t n = 0;
    for (size_t i = 0; i < table_end(t); i++)
        n += table_at(t, i) && item_is_active(table_at(t, i)) &&
             strcmp(doc_str(table_at(t, i), "board"),
                    doc_str(board, "id")) == 0;
    return n;
}

static bool has_room(struct mq *q, const struct doc *board)
{
    int64_t limit = doc_whole(board, "items_limit", 10000);
    if (items_on(q, board) < limit)
        return true;
    mq_error(q, "ItemsLimitationException", 200, NULL,
             "The board has reached its limit of %lld items",
             (long long)limit);
    return false;
}

static const char *group_of(struct mq *q, const struct doc *board,
                            struct text group)
{
    const struct doc *groups = doc_get(board, "groups");
    if (group.len == 0)
        return doc_str(doc_at(groups, 0), "id");
    for (size_t i = 0; i < doc_count(groups); i++)
        if (text_is(group, doc_str(doc_at(groups, i), "id")))
            return doc_str(doc_at(groups, i), "id");
    mq_error(q, "ResourceNotFoundException", 404,
             mq_data("resource_type", "group"), "Group not found");
    return NULL;
}

static struct doc *new_item(struct mq *q, struct doc *board,
                            const char *group, const char *parent,
                            const struct doc *args)
{
    struct text name = doc_as_text(doc_get(args, "item_name"));
    struct doc *columns, *item, *cells;
    bool good;
    if (!good_name(q, name) || !has_room(q, board))
        return NULL;
    columns = parse_columns(q, doc_get(args, "column_values"));
    if (!columns)
        return NULL;
    cells = doc_object();
    good = fill(q, board, columns, true,
                doc_is_true(doc_get(args, "create_labels_if_missing")), cells,
                &name);
    doc_drop(columns);
    if (!good) {
        doc_drop(cells);
        return NULL;
    }
    item = doc_object();
    const char *id = monday_id(q->world, q->arena);
    const char *now = print_utc(q->arena, q->call->now_ms);
    doc_set_string(item, "id", id);
    doc_set_text(item, "name", name);
    doc_set_string(item, "state", "active");
    doc_set_string(item, "board", doc_str(board, "id"));
    doc_set_string(item, "group", group);
    doc_set_string(item, "parent", parent);
    doc_set_string(item, "creator_id", "99000001");
    doc_set_string(item, "created_at", now);
    doc_set_string(item, "updated_at", now);
    doc_set(item, "cells", cells);
    table_put(world_table(q->world, "items"), id, item);
    call_effect(q->call, "create", parent ? "subitem" : "item", id,
                text_cstr(q->arena, name));
    monday_event(q->world, item, "create_item", NULL);
    return doc_keep(item);
}

static struct doc *create_item(struct mq *q, const struct doc *args)
{
    struct doc *board = board_row(q, doc_as_text(doc_get(args, "board_id")));
    const char *group;
    if (!board)
        return NULL;
    if (strcmp(doc_str(board, "type"), "sub_items_board") == 0) {
        mq_error(q, "InvalidArgumentException", 200, NULL,
                 "Items cannot be created on a subitems board");
        return NULL;
    }
    group = group_of(q, board, doc_as_text(doc_get(args, "group_id")));
    return group ? new_item(q, board, group, NULL, args) : NULL;
}

static struct doc *create_subitem(struct mq *q, const struct doc *args)
{
    const struct doc *parent =
        item_row(q, doc_as_text(doc_get(args, "parent_item_id")));
    const struct doc *board;
    struct doc *sub;
    if (!parent || !item_is_active(parent)) {
        mq_error(q, "InvalidItemIdException", 200,
                 mq_data("item_id",
                         text_cstr(q->arena, doc_as_text(doc_get(
                                                 args, "parent_item_id")))),
                 "The parent item is not active or does not exist");
        return NULL;
    }
    board = board_row(q, text_of(doc_str(parent, "board")));
    sub = board_row(q, text_of(doc_str(board, "sub_board")));
    return sub ? new_item(q, sub, "subitems", doc_str(parent, "id"), args)
               : NULL;
}

/* The item of a change, on the board that is named. */
static struct doc *changed_item(struct mq *q, const struct doc *args,
                                struct doc **board)
{
    struct text id = doc_as_text(doc_get(args, "item_id"));
    struct doc *item;
    *board = board_row(q, doc_as_text(doc_get(args, "board_id")));
    if (!*board)
        return NULL;
    item = item_row(q, id);
    if (item && strcmp(doc_str(item, "board"), doc_str(*board, "id")) != 0) {
        mq_error(q, "InvalidArgumentException", 200, NULL,
                 "The item %.*s is not on the board %s", TEXT_ARG(id),
                 doc_str(*board, "id"));
        return NULL;
    }
    if (!item || strcmp(doc_str(item, "state"), "deleted") == 0 ||
        (!item_is_active(item) &&
         world_switch_is(q->world, "archived_change", "refuse"))) {
        mq_error(q, "InvalidItemIdException", 200,
                 mq_data("item_id", text_cstr(q->arena, id)),
                 "This item ID doesn't exist for the board");
        return NULL;
    }
    return item;
}

static struct doc *changed(struct mq *q, struct doc *item,
                           const struct doc *columns)
{
    touch_item(q, item);
    call_effect(q->call, "update", *doc_str(item, "parent") ? "subitem"
                                                            : "item",
                doc_str(item, "id"), doc_str(item, "name"));
    for (void *it = doc_first(columns); it; it = doc_next(columns, it)) {
        struct doc *more = doc_object();
        doc_set_string(more, "columnId", doc_name(it));
        monday_event(q->world, item,
                     strcmp(doc_name(it), "name") == 0 ? "change_name"
                                                       : "change_column_value",
                     more);
        doc_drop(more);
    }
    return doc_keep(item);
}

static struct doc *change_many(struct mq *q, const struct doc *args)
{
    struct doc *board, *columns, *cells;
    struct doc *item = changed_item(q, args, &board);
    struct text name = TEXT_NONE;
    struct doc *result = NULL;
    if (!item)
        return NULL;
    columns = parse_columns(q, doc_get(args, "column_values"));
    if (!columns)
        return NULL;
    cells = doc_copy(doc_get(item, "cells"));
    if (fill(q, board, columns, false,
             doc_is_true(doc_get(args, "create_labels_if_missing")), cells,
             &name)) {
        doc_set(item, "cells", cells);
        if (name.len > 0)
            doc_set_text(item, "name", name);
        result = changed(q, item, columns);
    } else {
        doc_drop(cells);
    }
    doc_drop(columns);
    return result;
}

static struct doc *change_one(struct mq *q, const struct doc *args, bool simple)
{
    struct doc *board;
    struct doc *item = changed_item(q, args, &board);
    struct text id = doc_as_text(doc_get(args, "column_id"));
    const struct doc *value = doc_get(args, "value");
    struct doc *parsed = NULL;
    struct doc *columns;
    if (!item)
        return NULL;
    if (text_is(id, "name")) {
        if (!good_name(q, doc_as_text(value)))
            return NULL;
        doc_set_text(item, "name", doc_as_text(value));
        return changed(q, item, NULL);
    }
    if (!board_column(board, id)) {
        unknown_column(q, text_cstr(q->arena, id));
        return NULL;
    }
    if (!simple) {
        struct error err = { 0 };
        parsed = doc_parse(doc_as_text(value), &err);
        if (!parsed) {
            mq_error(q, "JsonParseException", 200, NULL,
                     "value is not a valid JSON string");
            return NULL;
        }
    }
    columns = doc_object();
    doc_set_yesno(columns, text_cstr(q->arena, id), true);
    bool good = cell_write(q, board, doc_get(item, "cells"), id,
                           simple ? value : parsed,
                           doc_is_true(doc_get(args,
                                               "create_labels_if_missing")),
                           simple);
    struct doc *result = good ? changed(q, item, columns) : NULL;
    doc_drop(columns);
    doc_drop(parsed);
    return result;
}

static struct doc *end_item(struct mq *q, const struct doc *args,
                            const char *state, const char *event)
{
    struct text id = doc_as_text(doc_get(args, "item_id"));
    struct doc *item = item_row(q, id);
    if (!item || strcmp(doc_str(item, "state"), "deleted") == 0) {
        mq_error(q, "InvalidItemIdException", 200,
                 mq_data("item_id", text_cstr(q->arena, id)),
                 "This item ID doesn't exist");
        return NULL;
    }
    doc_set_string(item, "state", state);
    touch_item(q, item);
    call_effect(q->call, "delete", "item", doc_str(item, "id"),
                doc_str(item, "name"));
    monday_event(q->world, item, event, NULL);
    return doc_keep(item);
}

static struct doc *move_item(struct mq *q, const struct doc *args)
{
    struct doc *item = item_row(q, doc_as_text(doc_get(args, "item_id")));
    const struct doc *board =
        item ? board_row(q, text_of(doc_str(item, "board"))) : NULL;
    const char *group =
        board ? group_of(q, board, doc_as_text(doc_get(args, "group_id")))
              : NULL;
    if (!item)
        mq_error(q, "InvalidItemIdException", 200, NULL, "No such item");
    if (!group)
        return NULL;
    doc_set_string(item, "group", group);
    touch_item(q, item);
    return doc_keep(item);
}

/* ---------------------------------------------------------------------- rest */
static struct doc *create_update(struct mq *q, const struct doc *args)
{
    const struct doc *item = item_row(q, doc_as_text(doc_get(args,
                                                             "item_id")));
    const char *now = print_utc(q->arena, q->call->now_ms);
    if (!item) {
        mq_error(q, "InvalidItemIdException", 200, NULL, "No such item");
        return NULL;
    }
    struct doc *d = doc_object();
    const char *id = monday_id(q->world, q->arena);
    doc_set_string(d, "id", id);
    doc_set_text(d, "body", doc_as_text(doc_get(args, "body")));
    doc_set_text(d, "text_body", doc_as_text(doc_get(args, "body")));
    doc_set_string(d, "item_id", doc_str(item, "id"));
    doc_set_string(d, "creator_id", "99000001");
    doc_set_string(d, "created_at", now);
    doc_set_string(d, "updated_at", now);
    doc_set_string(d, "edited_at", now);
    table_put(world_table(q->world, "updates"), id, d);
    call_effect(q->call, "create", "update", id, doc_str(item, "name"));
    return doc_keep(d);
}

static struct doc *create_board(struct mq *q, const struct doc *args)
{
    static const char *const columns[] = { "status:status:Status:Done|Stuck",
                                           "date4:date:Date", NULL };
    struct doc *board = make_board(
        q->world,
        text_cstr(q->arena, doc_as_text(doc_get(args, "board_name"))), columns,
        false);
    call_effect(q->call, "create", "board", doc_str(board, "id"),
                doc_str(board, "name"));
    if (!doc_is_true(doc_get(args, "empty"))) {
        struct doc *sample = doc_object();
        doc_set_string(sample, "item_name", "Task 1");
        doc_drop(new_item(q, board, doc_str(doc_at(doc_get(board, "groups"),
                                                   0), "id"),
                          NULL, sample));
        doc_drop(sample);
    }
    return doc_keep(board);
}

static struct doc *create_column(struct mq *q, const struct doc *args)
{
    struct doc *board = board_row(q, doc_as_text(doc_get(args, "board_id")));
    struct text type = doc_as_text(doc_get(args, "column_type"));
    struct text own = doc_as_text(doc_get(args, "id"));
    if (!board)
        return NULL;
    struct doc *d = doc_object();
    struct doc *settings = doc_object();
    doc_set(settings, "labels", doc_list());
    doc_set_string(d, "id",
                   own.len > 0
                       ? text_cstr(q->arena, own)
                       : arena_printf(q->arena, "%.*s_mk%lld", TEXT_ARG(type),
                                      (long long)world_next(q->world,
                                                            "columns")));
    doc_set_text(d, "title", doc_as_text(doc_get(args, "title")));
    doc_set_text(d, "type", type);
    doc_set_yesno(d, "archived", false);
    doc_set(d, "settings", settings);
    doc_add(doc_get(board, "columns"), d);
    table_touch(world_table(q->world, "boards"), doc_str(board, "id"));
    return doc_keep(d);
}

static struct doc *create_group(struct mq *q, const struct doc *args)
{
    struct doc *board = board_row(q, doc_as_text(doc_get(args, "board_id")));
    if (!board)
        return NULL;
    struct doc *d = doc_object();
    doc_set_string(d, "id",
                   arena_printf(q->arena, "group_mk%lld",
                                (long long)world_next(q->world, "groups")));
    doc_set_text(d, "title", doc_as_text(doc_get(args, "group_name")));
    doc_set_string(d, "color", "#579bfc");
    doc_set_string(d, "position", "1000");
    doc_set_yesno(d, "archived", false);
    doc_set_yesno(d, "deleted", false);
    doc_add(doc_get(board, "groups"), d);
    table_touch(world_table(q->world, "boards"), doc_str(board, "id"));
    return doc_keep(d);
}

static struct doc *create_webhook(struct mq *q, const struct doc *args)
{
    const char *url = text_cstr(q->arena, doc_as_text(doc_get(args, "url")));
    const struct doc *board = board_row(q, doc_as_text(doc_get(args,
                                                               "board_id")));
    struct world_post post = {
        .url = url,
        .content_type = "application/json",
        .body = text_of(arena_printf(q->arena, "{\"challenge\":\"%s\"}",
                                     world_token(q->arena, "ch_"))),
        .what = "challenge",
    };
    int status;
    if (!board)
        return NULL;
    status = strlen(url) <= HOOK_URL_MAX ? world_post_now(q->world, &post) : 0;
    if (status != 200) {
        mq_error(q, "InvalidArgumentException", 400, NULL,
                 "The webhook's address did not answer the challenge (%d)",
                 status);
        return NULL;
    }
    struct doc *d = doc_object();
    const char *id = monday_id(q->world, q->arena);
    doc_set_string(d, "id", id);
    doc_set_string(d, "board_id", doc_str(board, "id"));
    doc_set_text(d, "event", doc_as_text(doc_get(args, "event")));
    doc_set(d, "config", doc_null());
    doc_set_string(d, "_url", url);
    doc_set_yesno(d, "_app", strcmp(doc_str(q->token, "kind"), "app") == 0);
    table_put(world_table(q->world, "webhooks"), id, d);
    return doc_keep(d);
}

static struct doc *delete_webhook(struct mq *q, const struct doc *args)
{
    struct table *t = world_table(q->world, "webhooks");
    const char *id = text_cstr(q->arena, doc_as_text(doc_get(args, "id")));
    struct doc *d = table_get(t, id);
    if (!d) {
        mq_error(q, "ResourceNotFoundException", 404, NULL,
                 "Webhook not found");
        return NULL;
    }
    d = doc_copy(d);
    table_remove(t, id);
    return d;
}

struct doc *run_mutation(struct mq *q, struct text field,
                         const struct doc *args)
{
    static const struct {
        const char *name;
        struct doc *(*run)(struct mq *q, const struct doc *args);
    } table[] = {
        { "create_item", create_item },
        { "create_subitem", create_subitem },
        { "change_multiple_column_values", change_many },
        { "move_item_to_group", move_item },
        { "create_update", create_update },
        { "create_board", create_board },
        { "create_column", create_column },
        { "create_group", create_group },
        { "create_webhook", create_webhook },
        { "delete_webhook", delete_webhook },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (text_is(field, table[i].name))
            return table[i].run(q, args);
    if (text_is(field, "change_column_value"))
        return change_one(q, args, false);
    if (text_is(field, "change_simple_column_value"))
        return change_one(q, args, true);
    if (text_is(field, "archive_item"))
        return end_item(q, args, "archived", "item_archived");
    return end_item(q, args, "deleted", "item_deleted");
}
