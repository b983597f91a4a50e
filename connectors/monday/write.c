/* monday.com: several mutations in one document, each under an alias with its
 * own fate. Subitems live on a hidden board of their own, so an item with
 * lines is written in steps:
 *   C                  the item was created: its subitems are created
 *   Q                  the item was changed: its subitems are asked for
 *   S<board>:<id>,…    what there is: changed in order, the rest created */
#include "config.h"
#include "connectors/monday/monday.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"

#include <stdio.h>
#include <string.h>

#define SUBITEMS_MAX 100 /* of one item, under the complexity of one call */

struct document {
    struct buf heads, body, variables;
    struct json_out w;
};

static void document_init(struct document *d)
{
    buf_init(&d->heads, 64 * 1024);
    buf_init(&d->body, (size_t)1 << 20);
    buf_init(&d->variables, (size_t)8 << 20);
    d->w = json_out(&d->variables);
    json_begin_object(&d->w);
}

static void document_fini(struct document *d)
{
    buf_fini(&d->heads);
    buf_fini(&d->body);
    buf_fini(&d->variables);
}

static void declare(struct document *d, const char *form, size_t n)
{
    if (d->heads.len > 0)
        buf_str(&d->heads, ", ");
    for (const char *p = form; *p; p++) {
        if (*p == '#')
            buf_printf(&d->heads, "%zu", n);
        else
            buf_byte(&d->heads, *p);
    }
}

static void add_body(struct document *d, const char *form, size_t n)
{
    for (const char *p = form; *p; p++) {
        if (*p == '#')
            buf_printf(&d->body, "%zu", n);
        else
            buf_byte(&d->body, *p);
    }
}

static void key_n(struct document *d, const char *name, size_t n)
{
    char key[16];
    snprintf(key, sizeof key, "%s%zu", name, n);
    json_key(&d->w, key);
}

/* ------------------------------------------------------------------- values */
static bool is_sent(const struct value *v)
{
    return v->tag != VALUE_MISSING && v->tag != VALUE_LEAVE;
}

/* column_values: a string that holds JSON. `with_name` renames the item. */
static int put_columns(struct document *d, const struct record *r,
                       bool with_name, struct error *err)
{
    struct buf cells;
    struct json_out w;
    int result = 0;
    buf_init(&cells, 128 * 1024);
    w = json_out(&cells);
    json_begin_object(&w);
    for (size_t i = 0; i < r->shape->count && result == 0; i++) {
        const struct field *f = r->shape->fields[i].field;
        enum column_kind kind = monday_column_kind(f);
        const struct value *v = &r->slots[i];
        if (!is_sent(v) || kind == COLUMN_SUBITEMS || kind == COLUMN_ITEM ||
            (kind == COLUMN_NAME && !with_name))
            continue;
        json_key_text(&w, kind == COLUMN_NAME ? TEXT("name") : f->wire);
        result = monday_put_value(&w, f, v, err);
    }
    json_end_object(&w);
    json_string(&d->w, buf_view(&cells));
    buf_fini(&cells);
    return result;
}

static struct text name_of(const struct record *r)
{
    for (size_t i = 0; i < r->shape->count; i++)
        if (monday_column_kind(r->shape->fields[i].field) == COLUMN_NAME &&
            r->slots[i].tag == VALUE_TEXT)
            return value_as_text(&r->slots[i]);
    return TEXT_NONE;
}

static const struct value_list *lines_of(const struct record *r)
{
    for (size_t i = 0; i < r->shape->count; i++)
        if (monday_column_kind(r->shape->fields[i].field) == COLUMN_SUBITEMS &&
            r->slots[i].tag == VALUE_LIST)
            return r->slots[i].list;
    return NULL;
}

/* ------------------------------------------------------------------- documents */
static int add_create(struct document *d, size_t n, const struct record *r,
                      struct error *err)
{
    declare(d, "$n#: String!, $v#: JSON", n);
    add_body(d, "m#: create_item(board_id: $board, item_name: $n#, "
                "group_id: $group, column_values: $v#, "
                "create_labels_if_missing: $labels) { id } ",
             n);
    key_n(d, "n", n);
    json_string(&d->w, name_of(r));
    key_n(d, "v", n);
    return put_columns(d, r, false, err);
}

static int add_change(struct document *d, size_t n, struct text id,
                      const struct record *r, struct error *err)
{
    declare(d, "$i#: ID!, $v#: JSON!", n);
    add_body(d, "m#: change_multiple_column_values(board_id: $board, "
                "item_id: $i#, column_values: $v#, "
                "create_labels_if_missing: $labels) { id } ",
             n);
    key_n(d, "i", n);
    json_string(&d->w, id);
    key_n(d, "v", n);
    return put_columns(d, r, true, err);
}

static int add_subitem(struct document *d, size_t n, const struct record *r,
                       struct error *err)
{
    declare(d, "$n#: String!, $v#: JSON", n);
    add_body(d, "m#: create_subitem(parent_item_id: $parent, item_name: $n#, "
                "column_values: $v#, create_labels_if_missing: $labels) "
                "{ id } ",
             n);
    key_n(d, "n", n);
    json_string(&d->w, name_of(r));
    key_n(d, "v", n);
    return put_columns(d, r, false, err);
}

/* The same key for the same items and bytes: a repeat has no second effect. */
static void add_key(const struct write_spec *spec, struct arena *arena,
                    struct request *out)
{
    char hex[2 * SHA256_LEN + 1];
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < spec->item_count; i++) {
        buf_text(&b, spec->items[i].key);
        buf_byte(&b, '\n');
    }
    buf_text(&b, out->body);
    crypto_sha256_hex(buf_view(&b), hex);
    request_header(arena, out, "Idempotency-Key",
                   text_of(arena_strdup(arena, hex)));
    out->safe_to_repeat = true;
    buf_fini(&b);
}

static void finish(const struct connection_info *c, struct document *d,
                   const struct write_spec *spec, struct arena *arena,
                   struct request *out)
{
    struct buf query;
    json_key(&d->w, "labels");
    json_bool(&d->w, text_is(c->setting(c, "create_labels"), "yes"));
    json_end_object(&d->w);
    declare(d, "$labels: Boolean", 0);
    buf_init(&query, (size_t)2 << 20);
    buf_str(&query, "mutation (");
    buf_text(&query, buf_view(&d->heads));
    buf_str(&query, ") { ");
    buf_text(&query, buf_view(&d->body));
    buf_byte(&query, '}');
    monday_call(c, buf_view(&query), buf_view(&d->variables), true, "items",
                arena, out);
    add_key(spec, arena, out);
    buf_fini(&query);
}

static int write_items(const struct connection_info *c,
                       const struct write_spec *spec, struct arena *arena,
                       struct request *out, struct error *err)
{
    struct text group = c->setting(c, "group");
    struct document d;
    bool creates = false;
    int result = 0;
    document_init(&d);
    declare(&d, "$board: ID!", 0);
    json_put_string(&d.w, "board", monday_board_id(spec->object));
    for (size_t i = 0; i < spec->item_count; i++)
        creates = creates || spec->items[i].op == WRITE_CREATE;
    if (creates) {
        declare(&d, "$group: String", 0);
        json_key(&d.w, "group");
        if (group.len > 0)
            json_string(&d.w, group);
        else
            json_null(&d.w);
    }
    for (size_t i = 0; i < spec->item_count && result == 0; i++) {
        const struct write_item *item = &spec->items[i];
        result = item->op == WRITE_CREATE
                     ? add_create(&d, i, item->record, err)
                     : add_change(&d, i, item->target_id, item->record, err);
    }
    finish(c, &d, spec, arena, out);
    document_fini(&d);
    return result;
}

static void ask_subitems(const struct connection_info *c,
                         const struct write_item *item, struct arena *arena,
                         struct request *out)
{
    struct buf variables;
    struct json_out w;
    buf_init(&variables, 4096);
    w = json_out(&variables);
    json_begin_object(&w);
    json_key(&w, "ids");
    json_begin_array(&w);
    json_string(&w, item->target_id);
    json_end_array(&w);
    json_end_object(&w);
    monday_call(c,
                TEXT("query ($ids: [ID!]) { items(ids: $ids, limit: 100) { id "
                     "subitems { id board { id } } } }"),
                buf_view(&variables), false, "items", arena, out);
    buf_fini(&variables);
}

/* "S<board>:<id>,<id>": the next id, or TEXT_NONE. */
static struct text next_id(struct text *rest)
{
    const char *comma = memchr(rest->ptr ? rest->ptr : "", ',', rest->len);
    size_t len = comma ? (size_t)(comma - rest->ptr) : rest->len;
    struct text id = text_slice(*rest, 0, len);
    *rest = comma ? text_slice(*rest, len + 1, rest->len - len - 1)
                  : TEXT_NONE;
    return id;
}

static int write_subitems(const struct connection_info *c,
                          const struct write_spec *spec, struct arena *arena,
                          struct request *out, struct error *err)
{
    const struct write_item *item = &spec->items[0];
    const struct value_list *lines = lines_of(item->record);
    struct text rest = TEXT_NONE, board = TEXT_NONE;
    struct document d;
    bool creates = false;
    int result = 0;
    if (item->step.len > 1 && item->step.ptr[0] == 'S') {
        const char *colon = memchr(item->step.ptr, ':', item->step.len);
        size_t at = colon ? (size_t)(colon - item->step.ptr) : item->step.len;
        board = text_slice(item->step, 1, at - 1);
        rest = colon ? text_slice(item->step, at + 1, item->step.len - at - 1)
                     : TEXT_NONE;
    }
    if (!lines || lines->count > SUBITEMS_MAX)
        return error_set(err, ERROR_INPUT,
                         "an item takes at most %d subitems in one go",
                         SUBITEMS_MAX);
    document_init(&d);
    if (board.len > 0) {
        declare(&d, "$board: ID!", 0);
        json_put_string(&d.w, "board", board);
    }
    for (size_t i = 0; i < lines->count && result == 0; i++) {
        const struct record *r = lines->items[i].record;
        struct text id = next_id(&rest);
        if (id.len > 0) {
            result = add_change(&d, i, id, r, err);
        } else {
            creates = true;
            result = add_subitem(&d, i, r, err);
        }
    }
    if (creates) {
        declare(&d, "$parent: ID!", 0);
        json_put_string(&d.w, "parent", item->target_id);
    }
    finish(c, &d, spec, arena, out);
    document_fini(&d);
    return result;
}

int monday_write_request(const struct connection_info *c,
                         const struct write_spec *spec, struct arena *arena,
                         struct request *out, struct error *err)
{
    if (!spec->object->user && !text_is(spec->object->name, "update"))
        return error_set(err, ERROR_USAGE, "mlc does not write %.*s",
                         TEXT_ARG(spec->object->name));
    if (spec->items[0].step.len == 0)
        return write_items(c, spec, arena, out, err);
    if (spec->items[0].step.ptr[0] == 'Q') {
        ask_subitems(c, &spec->items[0], arena, out);
        return 0;
    }
    return write_subitems(c, spec, arena, out, err);
}

/* -------------------------------------------------------------------- answer */
static void known_subitems(const struct response *response,
                           struct arena *arena, struct write_result *result)
{
    struct json_items it =
        json_items(json_get(response->body, "data.items.0.subitems"));
    struct buf b;
    size_t n = 0;
    buf_init(&b, 64 * 1024);
    while (json_next(&it)) {
        if (n++ == 0) {
            buf_byte(&b, 'S');
            buf_text(&b, json_get_text(arena, it.value, "board.id"));
            buf_byte(&b, ':');
        } else {
            buf_byte(&b, ',');
        }
        buf_text(&b, json_get_text(arena, it.value, "id"));
    }
    result->next = n > 0 ? buf_dup(arena, &b) : TEXT("C");
    buf_fini(&b);
}

static bool alias_failed(const struct connection_info *c,
                         const struct response *response, size_t n,
                         struct arena *arena, struct write_result *result)
{
    char alias[24];
    snprintf(alias, sizeof alias, "m%zu", n);
    if (monday_field_error(c, response, alias, true, arena, &result->answer))
        return true;
    result->target_id = json_get_text(
        arena, response->body,
        arena_printf(arena, "data.%s.id", alias));
    if (result->target_id.len > 0)
        return false;
    result->answer.kind = ANSWER_FAILED;
    result->answer.reason = TEXT("monday.com did not say what became of it");
    return true;
}

static void items_answer(const struct connection_info *c,
                         const struct write_spec *spec,
                         const struct response *response, struct arena *arena,
                         struct write_result *results)
{
    for (size_t i = 0; i < spec->item_count; i++) {
        const struct write_item *item = &spec->items[i];
        const struct value_list *lines = lines_of(item->record);
        results[i].answer.kind = ANSWER_DONE;
        results[i].answer.status = response->status;
        if (!alias_failed(c, response, i, arena, &results[i]) && lines &&
            lines->count > 0)
            results[i].next =
                item->op == WRITE_CREATE ? TEXT("C") : TEXT("Q");
    }
}

static void subitems_answer(const struct connection_info *c,
                            const struct write_item *item,
                            const struct response *response,
                            struct arena *arena, struct write_result *result)
{
    const struct value_list *lines = lines_of(item->record);
    struct write_result one = { 0 };
    for (size_t i = 0; lines && i < lines->count; i++)
        if (alias_failed(c, response, i, arena, &one)) {
            result->answer = one.answer;
            return;
        }
}

void monday_write_answer(const struct connection_info *c,
                         const struct write_spec *spec,
                         const struct response *response, struct arena *arena,
                         struct write_result *results)
{
    struct answer whole;
    bool failed = monday_classify(c, response, spec->items[0].step.len == 0 ||
                                                   spec->items[0].step.ptr[0] != 'Q',
                                  arena, &whole);
    memset(results, 0, spec->item_count * sizeof *results);
    for (size_t i = 0; i < spec->item_count; i++) {
        results[i].answer = whole;
        results[i].target_id = spec->items[i].target_id;
    }
    if (failed)
        return;
    if (spec->items[0].step.len == 0)
        items_answer(c, spec, response, arena, results);
    else if (spec->items[0].step.ptr[0] == 'Q')
        known_subitems(response, arena, &results[0]);
    else
        subitems_answer(c, &spec->items[0], response, arena, &results[0]);
}
