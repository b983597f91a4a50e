/* monday.com: several mutations in one document, each under an alias with its
 * own fate. Subitems live on a hidden board of their own, so an item with
 * lines is written in steps:
 *   M                  the item was created, but without a column that the
 *                      board does not have (monday.com says nothing then): the
 *                      same as a change, which is refused and says so
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
    char key[32];
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

/* Columns that are sent, for reading back which of them there are. */
static void put_sent_ids(struct document *d, const struct record *r)
{
    json_begin_array(&d->w);
    for (size_t i = 0; i < r->shape->count; i++) {
        const struct field *f = r->shape->fields[i].field;
        enum column_kind kind = monday_column_kind(f);
        if (is_sent(&r->slots[i]) && kind != COLUMN_SUBITEMS &&
            kind != COLUMN_ITEM && kind != COLUMN_NAME)
            json_string(&d->w, f->wire);
    }
    json_end_array(&d->w);
}

static size_t sent_count(const struct record *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->shape->count; i++) {
        enum column_kind kind = monday_column_kind(r->shape->fields[i].field);
        n += is_sent(&r->slots[i]) && kind != COLUMN_SUBITEMS &&
             kind != COLUMN_ITEM && kind != COLUMN_NAME;
    }
    return n;
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
                "create_labels_if_missing: $labels) "
                "{ id column_values(ids: $c#) { id } } ",
             n);
    declare(d, "$c#: [String!]", n);
    key_n(d, "c", n);
    put_sent_ids(d, r);
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
                "create_labels_if_missing: $labels) { id state } ",
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

/* The same key for the same items and bytes in the same run: a repeat has no
 * second effect. A later run may write the same again and mean it. */
static void add_key(const struct write_spec *spec, struct arena *arena,
                    struct request *out)
{
    char hex[2 * SHA256_LEN + 1];
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < spec->item_count; i++) {
        buf_text(&b, spec->items[i].key);
        buf_byte(&b, ' ');
        buf_text(&b, spec->items[i].attempt);
        buf_byte(&b, '\n');
    }
    buf_text(&b, out->body);
    crypto_sha256_hex(buf_view(&b), hex);
    request_header(arena, out, "Idempotency-Key",
                   text_of(arena_strdup(arena, hex)));
    out->safe_to_repeat = true;
    buf_fini(&b);
}

static void send_document(const struct connection_info *c, struct document *d,
                          const struct write_spec *spec, struct arena *arena,
                          struct request *out)
{
    struct buf query;
    json_end_object(&d->w);
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

static void finish(const struct connection_info *c, struct document *d,
                   const struct write_spec *spec, struct arena *arena,
                   struct request *out)
{
    json_key(&d->w, "labels");
    json_bool(&d->w, text_is(c->setting(c, "create_labels"), "yes"));
    declare(d, "$labels: Boolean", 0);
    send_document(c, d, spec, arena, out);
}

static bool is_create(const struct write_item *item)
{
    return item->op == WRITE_CREATE && item->step.len == 0;
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
        creates = creates || is_create(&spec->items[i]);
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
        result = is_create(item)
                     ? add_create(&d, i, item->record, err)
                     : add_change(&d, i, item->target_id, item->record, err);
    }
    finish(c, &d, spec, arena, out);
    out->unfinished = lines_of(spec->items[0].record) &&
                      lines_of(spec->items[0].record)->count > 0;
    document_fini(&d);
    return result;
}

/* Updates are words under an item; they are only made. */
static int write_updates(const struct connection_info *c,
                         const struct write_spec *spec, struct arena *arena,
                         struct request *out, struct error *err)
{
    struct document d;
    int result = 0;
    document_init(&d);
    for (size_t i = 0; i < spec->item_count && result == 0; i++) {
        const struct value *item = record_get(spec->items[i].record,
                                              TEXT("item_id"));
        const struct value *body = record_get(spec->items[i].record,
                                              TEXT("body"));
        if (item->tag != VALUE_TEXT || body->tag != VALUE_TEXT)
            result = error_set(err, ERROR_INPUT,
                               "an update needs item_id and body");
        declare(&d, "$i#: ID!, $b#: String!", i);
        add_body(&d, "m#: create_update(item_id: $i#, body: $b#) { id } ", i);
        key_n(&d, "i", i);
        json_string(&d.w, value_as_text(item));
        key_n(&d, "b", i);
        json_string(&d.w, value_as_text(body));
    }
    send_document(c, &d, spec, arena, out);
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
    if (!spec->object->user)
        return write_updates(c, spec, arena, out, err);
    if (spec->items[0].step.len == 0 || text_is(spec->items[0].step, "M"))
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

static size_t count_of(struct text list)
{
    struct json_items it = json_items(list);
    size_t n = 0;
    while (json_next(&it))
        n++;
    return n;
}

/* A change takes on an item that people put away; nobody would see it. */
static bool is_put_away(struct text state, struct arena *arena,
                        struct write_result *result)
{
    if (state.len == 0 || text_is(state, "active"))
        return false;
    result->answer.kind = ANSWER_REFUSED;
    result->answer.refusal = REFUSAL_MISSING;
    result->answer.code = text_dup(arena, state);
    result->answer.reason = text_of(arena_printf(
        arena, "item %.*s is %.*s; it is not made again. Restore it, then "
               "retry",
        TEXT_ARG(result->target_id), TEXT_ARG(state)));
    return true;
}

static void item_answer(const struct connection_info *c,
                        const struct write_spec *spec, size_t n,
                        const struct response *response, struct arena *arena,
                        struct write_result *result)
{
    const struct write_item *item = &spec->items[n];
    const struct value_list *lines = lines_of(item->record);
    struct text alias;
    if (alias_failed(c, response, n, arena, result)) {
        if (result->answer.refusal == REFUSAL_MISSING && !is_create(item))
            result->answer.reason = text_of(arena_printf(
                arena, "item %.*s is not on the board any more (archived or "
                       "deleted); it is not made again",
                TEXT_ARG(item->target_id)));
        return;
    }
    alias = json_get(response->body, arena_printf(arena, "data.m%zu", n));
    if (is_put_away(json_get_text(arena, alias, "state"), arena, result))
        return;
    if (is_create(item) && spec->object->user &&
        count_of(json_get(alias, "column_values")) < sent_count(item->record))
        result->next = TEXT("M");
    else if (lines && lines->count > 0)
        result->next = item->op == WRITE_CREATE ? TEXT("C") : TEXT("Q");
}

static void items_answer(const struct connection_info *c,
                         const struct write_spec *spec,
                         const struct response *response, struct arena *arena,
                         struct write_result *results)
{
    for (size_t i = 0; i < spec->item_count; i++) {
        results[i].answer.kind = ANSWER_DONE;
        results[i].answer.status = response->status;
        item_answer(c, spec, i, response, arena, &results[i]);
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
    struct text step = spec->items[0].step;
    bool asks = step.len > 0 && step.ptr[0] == 'Q';
    struct answer whole;
    bool failed = monday_classify(c, response, !asks, arena, &whole);
    memset(results, 0, spec->item_count * sizeof *results);
    for (size_t i = 0; i < spec->item_count; i++) {
        results[i].answer = whole;
        results[i].target_id = spec->items[i].target_id;
        results[i].whole = failed;
    }
    if (failed)
        return;
    if (step.len == 0 || text_is(step, "M"))
        items_answer(c, spec, response, arena, results);
    else if (asks)
        known_subitems(response, arena, &results[0]);
    else
        subitems_answer(c, &spec->items[0], response, arena, &results[0]);
}
