/* monday.com: several mutations in one document, each under an alias with its
 * own fate. Subitems live on a hidden board of their own, so items with lines
 * are written in steps, those of several items together:
 *   M                      the item was created, but without a column that the
 *                          board does not have (monday.com says nothing then):
 *                          the same as a change, which is refused and says so
 *   L<from>                its lines from that one on are created
 *   L<from>/<board>:<id>,… lines with an id are that subitem's, which is changed;
 *                          the rest is created */
#include "config.h"
#include "connectors/monday/monday.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"

#include <stdio.h>
#include <string.h>

#define LINES_MAX 1000            /* of one item */
#define DOCUMENT_SOFT (512 * 1024) /* bytes of variables, then no more items */

struct document {
    struct buf heads, body, variables;
    struct json_out w;
    size_t count; /* mutations in it, m0 to … */
};

static void document_init(struct document *d)
{
    buf_init(&d->heads, 64 * 1024);
    buf_init(&d->body, (size_t)1 << 20);
    buf_init(&d->variables, (size_t)8 << 20);
    d->count = 0;
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
static int add_create(struct document *d, const struct record *r,
                      struct error *err)
{
    size_t n = d->count++;
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

/* `more`: what else of the item the answer should tell. */
static int add_change(struct document *d, const char *board, size_t board_n,
                      struct text id, const struct record *r,
                      const char *more, struct error *err)
{
    size_t n = d->count++;
    declare(d, "$i#: ID!, $v#: JSON!", n);
    add_body(d, "m#: change_multiple_column_values(board_id: $", n);
    add_body(d, board, board_n);
    add_body(d, ", item_id: $i#, column_values: $v#, "
                "create_labels_if_missing: $labels) { id state ",
             n);
    buf_str(&d->body, more);
    buf_str(&d->body, "} ");
    key_n(d, "i", n);
    json_string(&d->w, id);
    key_n(d, "v", n);
    return put_columns(d, r, true, err);
}

static int add_subitem(struct document *d, size_t parent,
                       const struct record *r, struct error *err)
{
    size_t n = d->count++;
    declare(d, "$n#: String!, $v#: JSON", n);
    add_body(d, "m#: create_subitem(parent_item_id: ", n);
    add_body(d, "$p#, ", parent);
    add_body(d, "item_name: $n#, column_values: $v#, "
                "create_labels_if_missing: $labels) { id } ",
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
    buf_str(&query, MONDAY_COST "}");
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

/* ------------------------------------------------------------------- lines */
/* Where the lines of an item have got to. */
struct progress {
    size_t from;      /* line */
    struct text board;
    struct text ids;  /* of the subitems for the lines from there on */
};

static bool is_lines(const struct write_item *item)
{
    return item->step.len > 0 && item->step.ptr[0] == 'L';
}

static struct progress progress_of(struct text step)
{
    struct progress p = { 0, TEXT_NONE, TEXT_NONE };
    size_t slash, colon;
    int64_t from = 0;
    if (!text_find(step, TEXT("/"), &slash))
        slash = step.len;
    if (slash > 1 && json_int64(text_slice(step, 1, slash - 1), &from) &&
        from > 0)
        p.from = (size_t)from;
    if (text_find(step, TEXT(":"), &colon) && colon > slash) {
        p.board = text_slice(step, slash + 1, colon - slash - 1);
        p.ids = text_slice(step, colon + 1, step.len - colon - 1);
    }
    return p;
}

/* The next of the ids, or TEXT_NONE. */
static struct text next_id(struct text *rest)
{
    const char *comma = memchr(rest->ptr ? rest->ptr : "", ',', rest->len);
    size_t len = comma ? (size_t)(comma - rest->ptr) : rest->len;
    struct text id = text_slice(*rest, 0, len);
    *rest = comma ? text_slice(*rest, len + 1, rest->len - len - 1)
                  : TEXT_NONE;
    return id;
}

static struct text step_of(const struct progress *p, struct arena *arena)
{
    return text_of(p->ids.len > 0
                       ? arena_printf(arena, "L%zu/%.*s:%.*s", p->from,
                                      TEXT_ARG(p->board), TEXT_ARG(p->ids))
                       : arena_printf(arena, "L%zu", p->from));
}

/* Mutations that an item takes in one document. */
static size_t share_of(const struct connection_info *c,
                       const struct write_item *item)
{
    size_t most = monday_batch(c), lines, from;
    if (!is_lines(item))
        return 1;
    lines = lines_of(item->record)->count;
    from = progress_of(item->step).from;
    lines = lines > from ? lines - from : 0;
    return lines < most ? lines : most;
}

/* `n` is the item's number in the document. */
static int add_lines(const struct connection_info *c, struct document *d,
                     const struct write_item *item, size_t n,
                     struct error *err)
{
    const struct value_list *lines = lines_of(item->record);
    struct progress p = progress_of(item->step);
    size_t share = share_of(c, item);
    size_t changed = 0;
    int result = 0;
    for (size_t i = p.from; i < p.from + share && result == 0; i++) {
        const struct record *r = lines->items[i].record;
        struct text id = next_id(&p.ids);
        changed += id.len > 0;
        result = id.len > 0 ? add_change(d, "b#", n, id, r, "", err)
                            : add_subitem(d, n, r, err);
    }
    if (changed > 0) { /* a variable that nothing uses is refused */
        declare(d, "$b#: ID!", n);
        key_n(d, "b", n);
        json_string(&d->w, p.board);
    }
    if (changed < share) {
        declare(d, "$p#: ID!", n);
        key_n(d, "p", n);
        json_string(&d->w, item->target_id);
    }
    return result;
}

/* Does the `n`th still go into the document? */
static bool has_room(const struct connection_info *c, const struct document *d,
                     const struct write_spec *spec, size_t n)
{
    const struct write_item *item = &spec->items[n];
    return n == 0 || (is_lines(item) == is_lines(&spec->items[0]) &&
                      d->count + share_of(c, item) <= monday_batch(c) &&
                      d->variables.len < DOCUMENT_SOFT);
}

static int write_lines(const struct connection_info *c,
                       const struct write_spec *spec, struct arena *arena,
                       struct request *out, struct error *err)
{
    struct document d;
    size_t n = 0;
    int result = 0;
    document_init(&d);
    for (; n < spec->item_count && result == 0 && has_room(c, &d, spec, n);
         n++)
        result = add_lines(c, &d, &spec->items[n], n, err);
    finish(c, &d, spec, arena, out);
    out->items = n;
    out->unfinished = progress_of(spec->items[0].step).from + d.count <
                      lines_of(spec->items[0].record)->count;
    document_fini(&d);
    return result;
}

/* ------------------------------------------------------------------- items */
static bool has_lines(const struct write_item *item)
{
    const struct value_list *lines = lines_of(item->record);
    return lines && lines->count > 0;
}

static int add_item(struct document *d, const struct write_item *item,
                    struct error *err)
{
    if (has_lines(item) && lines_of(item->record)->count > LINES_MAX)
        return error_set(err, ERROR_INPUT,
                         "an item takes at most %d subitems", LINES_MAX);
    if (is_create(item))
        return add_create(d, item->record, err);
    return add_change(d, "board", 0, item->target_id, item->record,
                      item->op == WRITE_UPDATE && has_lines(item)
                          ? "subitems { id name board { id } } "
                          : "",
                      err);
}

static void put_group(const struct connection_info *c, struct document *d)
{
    struct text group = c->setting(c, "group");
    declare(d, "$group: String", 0);
    json_key(&d->w, "group");
    if (group.len > 0)
        json_string(&d->w, group);
    else
        json_null(&d->w);
}

static int write_items(const struct connection_info *c,
                       const struct write_spec *spec, struct arena *arena,
                       struct request *out, struct error *err)
{
    struct document d;
    bool creates = false;
    size_t n = 0;
    int result = 0;
    document_init(&d);
    declare(&d, "$board: ID!", 0);
    json_put_string(&d.w, "board", monday_board_id(spec->object));
    for (; n < spec->item_count && result == 0 && has_room(c, &d, spec, n);
         n++) {
        creates = creates || is_create(&spec->items[n]);
        result = add_item(&d, &spec->items[n], err);
    }
    if (creates)
        put_group(c, &d);
    finish(c, &d, spec, arena, out);
    out->items = n;
    out->unfinished = has_lines(&spec->items[0]);
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
        d.count++;
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

int monday_write_request(const struct connection_info *c,
                         const struct write_spec *spec, struct arena *arena,
                         struct request *out, struct error *err)
{
    if (!spec->object->user && !text_is(spec->object->name, "update"))
        return error_set(err, ERROR_USAGE, "mlc does not write %.*s",
                         TEXT_ARG(spec->object->name));
    if (!spec->object->user)
        return write_updates(c, spec, arena, out, err);
    return is_lines(&spec->items[0])
               ? write_lines(c, spec, arena, out, err)
               : write_items(c, spec, arena, out, err);
}

/* -------------------------------------------------------------------- answer */
/* ------------------------------------------------- which subitem is which line */
struct subitem {
    struct text id, name;
    bool used;
};

/* A board's subitems of one item; people may have moved, removed or renamed
 * some. */
static size_t subitems_in(struct text list, struct arena *arena,
                          struct subitem **out)
{
    struct json_items it = json_items(list);
    size_t n = 0;
    *out = ARENA_ARRAY(arena, struct subitem, monday_count(list) + 1);
    while (json_next(&it))
        (*out)[n++] = (struct subitem){
            .id = json_get_text(arena, it.value, "id"),
            .name = text_trim(json_get_text(arena, it.value, "name")),
        };
    return n;
}

/* The first that is free: of this name, or of any when `name` is NULL. */
static struct text take_subitem(struct subitem *list, size_t count,
                                const struct text *name)
{
    for (size_t i = 0; i < count; i++)
        if (!list[i].used && (!name || text_equal(list[i].name, *name))) {
            list[i].used = true;
            return list[i].id;
        }
    return TEXT_NONE;
}

/* A line belongs to the subitem of its name; lines whose name is nowhere to
 * those that are left, in order: they were renamed. Empty: to be created. */
static void pair_lines(const struct value_list *lines, struct subitem *subs,
                       size_t count, struct text *ids)
{
    for (size_t i = 0; i < lines->count; i++) {
        struct text name = text_trim(name_of(lines->items[i].record));
        ids[i] = take_subitem(subs, count, &name);
    }
    for (size_t i = 0; i < lines->count; i++)
        if (ids[i].len == 0)
            ids[i] = take_subitem(subs, count, NULL);
}

/* The step that writes an item's lines onto the subitems there are. */
static struct text known_subitems(const struct write_item *item,
                                  struct text answer, struct arena *arena)
{
    const struct value_list *lines = lines_of(item->record);
    struct text list = json_get(answer, "subitems");
    struct progress p = { 0, json_get_text(arena, list, "0.board.id"),
                          TEXT_NONE };
    struct text *ids = ARENA_ARRAY(arena, struct text, lines->count);
    struct subitem *subs;
    size_t count = subitems_in(list, arena, &subs);
    struct buf b;
    if (count == 0)
        return TEXT("L0");
    pair_lines(lines, subs, count, ids);
    buf_init(&b, 64 * 1024);
    for (size_t i = 0; i < lines->count; i++) {
        buf_str(&b, i ? "," : "");
        buf_text(&b, ids[i]);
    }
    p.ids = buf_dup(arena, &b);
    buf_fini(&b);
    return step_of(&p, arena);
}

/* An id says that it was done, whatever else went wrong below it. */
static bool alias_failed(const struct connection_info *c,
                         const struct response *response, size_t n,
                         struct arena *arena, struct write_result *result)
{
    char alias[24];
    snprintf(alias, sizeof alias, "m%zu", n);
    result->target_id = json_get_text(
        arena, response->body, arena_printf(arena, "data.%s.id", alias));
    if (result->target_id.len > 0)
        return false;
    if (monday_field_error(c, response, alias, true, arena,
                           &result->answer) ||
        monday_stray_error(c, response, true, arena, &result->answer))
        return true;
    result->answer.kind = ANSWER_FAILED;
    result->answer.reason = TEXT("monday.com did not say what became of it");
    return true;
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
        monday_count(json_get(alias, "column_values")) < sent_count(item->record))
        result->next = TEXT("M");
    else if (has_lines(item))
        result->next = item->op == WRITE_CREATE ? TEXT("L0")
                                                : known_subitems(item, alias,
                                                               arena);
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

static void item_lines_answer(const struct connection_info *c,
                              const struct write_item *item, size_t first,
                              const struct response *response,
                              struct arena *arena,
                              struct write_result *result)
{
    struct progress p = progress_of(item->step);
    struct write_result one = { 0 };
    size_t share = share_of(c, item);
    for (size_t i = first; i < first + share; i++)
        if (alias_failed(c, response, i, arena, &one)) {
            result->answer = one.answer;
            return;
        }
    for (size_t i = 0; i < share; i++)
        next_id(&p.ids);
    p.from += share;
    if (p.from < lines_of(item->record)->count)
        result->next = step_of(&p, arena);
}

static void lines_answer(const struct connection_info *c,
                         const struct write_spec *spec,
                         const struct response *response, struct arena *arena,
                         struct write_result *results)
{
    size_t first = 0;
    for (size_t i = 0; i < spec->item_count; i++) {
        results[i].answer.kind = ANSWER_DONE;
        results[i].answer.status = response->status;
        item_lines_answer(c, &spec->items[i], first, response, arena,
                          &results[i]);
        first += share_of(c, &spec->items[i]);
    }
}

void monday_write_answer(const struct connection_info *c,
                         const struct write_spec *spec,
                         const struct response *response, struct arena *arena,
                         struct write_result *results)
{
    struct answer whole;
    bool failed = monday_classify(c, response, true, arena, &whole);
    memset(results, 0, spec->item_count * sizeof *results);
    for (size_t i = 0; i < spec->item_count; i++) {
        results[i].answer = whole;
        results[i].target_id = spec->items[i].target_id;
        results[i].whole = failed;
    }
    if (failed)
        return;
    if (is_lines(&spec->items[0]))
        lines_answer(c, spec, response, arena, results);
    else
        items_answer(c, spec, response, arena, results);
}
