/* monday.com: items of a board page by page, by key or by id, and the lists
 * every account has. Rows are laid flat: a column's id becomes a member. The
 * continuation: C<cursor> for items, N<page> for lists, K<n> for keys. */
#include "config.h"
#include "connectors/monday/monday.h"
#include "lang/ast.h"
#include "runtime/jsonread.h"

#include <string.h>

#define PAGE_ITEMS 500
#define PAGE_NESTED 100
#define PAGE_LIST 100
#define KEYS_PER_CALL 50

#define CELL                                                                \
    "id type text value "                                                   \
    "... on BoardRelationValue { linked_item_ids display_value } "          \
    "... on DependencyValue { linked_item_ids display_value } "             \
    "... on DropdownValue { values { id label } } "                         \
    "... on MirrorValue { display_value } "                                 \
    "... on FormulaValue { display_value }"
#define ITEM                                                                \
    "id name state created_at updated_at url group { id title } "           \
    "column_values(ids: $columns) { " CELL " }"

/* ---------------------------------------------------------------- what to ask */
static void put_columns(const struct shape *shape, struct json_out *w)
{
    json_begin_array(w);
    for (size_t i = 0; i < shape->count; i++) {
        enum column_kind kind = monday_column_kind(shape->fields[i].field);
        if (kind != COLUMN_ITEM && kind != COLUMN_NAME &&
            kind != COLUMN_SUBITEMS)
            json_string(w, shape->fields[i].field->wire);
    }
    json_end_array(w);
}

static const struct shape *subitems_of(const struct shape *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].sub &&
            monday_column_kind(shape->fields[i].field) == COLUMN_SUBITEMS)
            return shape->fields[i].sub;
    return NULL;
}

static void add_item_fields(const struct shape *shape, struct buf *q)
{
    buf_str(q, ITEM);
    if (subitems_of(shape))
        buf_str(q, " subitems { id name state created_at updated_at "
                   "column_values(ids: $subcolumns) { " CELL " } }");
}

static void add_heads(const struct shape *shape, const char *more,
                      struct buf *q)
{
    buf_printf(q, "query (%s$columns: [String!]", more);
    if (subitems_of(shape))
        buf_str(q, ", $subcolumns: [String!]");
    buf_str(q, ") { ");
}

static void put_column_variables(const struct shape *shape, struct json_out *w)
{
    json_key(w, "columns");
    put_columns(shape, w);
    if (subitems_of(shape)) {
        json_key(w, "subcolumns");
        put_columns(subitems_of(shape), w);
    }
}

/* The one term whose column can be looked up; NULL: read the whole board. */
static const struct filter_term *key_term(const struct read_spec *spec)
{
    for (size_t i = 0; i < spec->term_count; i++) {
        const struct filter_term *t = &spec->terms[i];
        if ((t->op == OP_IS || t->op == OP_IS_ONE_OF) && t->value_count > 0 &&
            monday_is_searchable(monday_column_kind(t->field)))
            return t;
    }
    return NULL;
}

static void put_key(const struct value *v, struct json_out *w)
{
    struct buf b;
    char digits[DECIMAL_TEXT_MAX];
    if (v->tag == VALUE_TEXT) {
        json_string(w, value_as_text(v));
        return;
    }
    buf_init(&b, 256);
    if (v->tag == VALUE_NUMBER || v->tag == VALUE_MONEY) {
        decimal_print(value_as_decimal(v), digits);
        buf_str(&b, digits);
    } else {
        value_print(v, &b);
    }
    json_string(w, buf_view(&b));
    buf_fini(&b);
}

static int64_t number_behind(struct text next, char kind)
{
    int64_t n = 0;
    if (next.len > 1 && next.ptr[0] == kind)
        json_int64(text_slice(next, 1, next.len - 1), &n);
    return n;
}

static void by_keys(const struct read_spec *spec, struct text next,
                    struct buf *q, struct json_out *w)
{
    const struct filter_term *t = key_term(spec);
    size_t from = (size_t)number_behind(next, 'K');
    enum column_kind kind = monday_column_kind(t->field);
    add_heads(spec->shape,
              "$board: ID!, $limit: Int!, "
              "$keys: [ItemsPageByColumnValuesQuery!], ",
              q);
    buf_str(q, "items_page_by_column_values(board_id: $board, limit: $limit, "
               "columns: $keys) { cursor items { ");
    add_item_fields(spec->shape, q);
    buf_str(q, " } } " MONDAY_COST "}");
    json_put_string(w, "board", monday_board_id(spec->object));
    json_put_int(w, "limit", 2 * KEYS_PER_CALL);
    json_key(w, "keys");
    json_begin_array(w);
    json_begin_object(w);
    json_put_string(w, "column_id",
                    kind == COLUMN_NAME ? TEXT("name") : t->field->wire);
    json_key(w, "column_values");
    json_begin_array(w);
    for (size_t i = from; i < t->value_count && i < from + KEYS_PER_CALL; i++)
        put_key(&t->values[i], w);
    json_end_array(w);
    json_end_object(w);
    json_end_array(w);
}

/* Subitems come with their items, and what a page costs is reckoned from what
 * it could hold. */
static int page_size(const struct read_spec *spec)
{
    int most = subitems_of(spec->shape) ? PAGE_NESTED : PAGE_ITEMS;
    return spec->page_size > 0 && spec->page_size < most ? spec->page_size
                                                         : most;
}

static void whole_board(const struct read_spec *spec, struct buf *q,
                        struct json_out *w)
{
    add_heads(spec->shape, "$boards: [ID!], $limit: Int!, ", q);
    buf_str(q, "boards(ids: $boards) { id state items_page(limit: $limit) { "
               "cursor items { ");
    add_item_fields(spec->shape, q);
    buf_str(q, " } } } " MONDAY_COST "}");
    json_key(w, "boards");
    json_begin_array(w);
    json_string(w, monday_board_id(spec->object));
    json_end_array(w);
    json_put_int(w, "limit", page_size(spec));
}

static void next_items(const struct read_spec *spec, struct text cursor,
                       struct buf *q, struct json_out *w)
{
    add_heads(spec->shape, "$cursor: String!, $limit: Int!, ", q);
    buf_str(q, "next_items_page(cursor: $cursor, limit: $limit) { cursor "
               "items { ");
    add_item_fields(spec->shape, q);
    buf_str(q, " } } " MONDAY_COST "}");
    json_put_string(w, "cursor", cursor);
    json_put_int(w, "limit", spec->mode == READ_KEYS ? 2 * KEYS_PER_CALL
                                                     : page_size(spec));
}

/* By id archived items are seen too; a page never shows them. */
static void one_item(const struct read_spec *spec, struct buf *q,
                     struct json_out *w)
{
    add_heads(spec->shape, "$ids: [ID!], ", q);
    buf_str(q, "items(ids: $ids, limit: 100) { ");
    add_item_fields(spec->shape, q);
    buf_str(q, " } }");
    json_key(w, "ids");
    json_begin_array(w);
    json_string(w, spec->id);
    json_end_array(w);
}

/* Lists: their own scalar members as the catalog names them; groups and
 * columns hang below their boards. */
static void a_list(const struct read_spec *spec, int64_t page, struct buf *q,
                   struct json_out *w)
{
    struct text name = spec->object->path;
    bool nested = text_is(name, "groups") || text_is(name, "columns");
    buf_str(q, "query ($limit: Int!, $page: Int!) { ");
    buf_text(q, nested ? TEXT("boards") : name);
    buf_str(q, "(limit: $limit, page: $page) { id ");
    if (nested)
        buf_printf(q, "%.*s { id ", TEXT_ARG(name));
    for (size_t i = 0; i < spec->shape->count; i++) {
        struct text wire = spec->shape->fields[i].field->wire;
        if (!text_is(wire, "id") && !text_is(wire, "board_id"))
            buf_printf(q, "%.*s ", TEXT_ARG(wire));
    }
    buf_str(q, nested ? "} } }" : "} }");
    json_put_int(w, "limit", PAGE_LIST);
    json_put_int(w, "page", page > 0 ? page : 1);
}

int monday_read_request(const struct connection_info *c,
                        const struct read_spec *spec, struct text next,
                        struct arena *arena, struct request *out,
                        struct error *err)
{
    struct buf query, variables;
    struct json_out w;
    (void)err;
    buf_init(&query, 16 * 1024);
    buf_init(&variables, (size_t)1 << 20);
    w = json_out(&variables);
    json_begin_object(&w);
    if (!spec->object->user) {
        a_list(spec, number_behind(next, 'N'), &query, &w);
    } else {
        if (spec->mode == READ_ONE)
            one_item(spec, &query, &w);
        else if (next.len > 1 && next.ptr[0] == 'C')
            next_items(spec, text_slice(next, 1, next.len - 1), &query, &w);
        else if (spec->mode == READ_KEYS && key_term(spec))
            by_keys(spec, next, &query, &w);
        else
            whole_board(spec, &query, &w);
        put_column_variables(spec->shape, &w);
    }
    json_end_object(&w);
    monday_call(c, buf_view(&query), buf_view(&variables), false,
                spec->object->user ? "items" : "lists", arena, out);
    buf_fini(&query);
    buf_fini(&variables);
    return 0;
}

/* -------------------------------------------------------------------- answer */
static struct text cell_of(struct text cells, struct text id,
                           struct arena *arena)
{
    struct json_items it = json_items(cells);
    while (json_next(&it))
        if (text_equal(json_get_text(arena, it.value, "id"), id))
            return it.value;
    return TEXT_NONE;
}

static void put_own(struct json_out *w, struct text wire, struct text item,
                    struct arena *arena)
{
    const char *path = text_is(wire, "group") ? "group.id"
                                              : text_cstr(arena, wire);
    struct text t = json_get_text(arena, item, path);
    if (t.len == 0)
        return;
    json_key_text(w, wire);
    json_string(w, t);
}

static void put_item(struct json_out *w, const struct shape *shape,
                     struct text item, struct arena *arena);

static void put_subitems(struct json_out *w, const struct shape_field *f,
                         struct text item, struct arena *arena)
{
    struct json_items it = json_items(json_get(item, "subitems"));
    json_key_text(w, f->field->wire);
    json_begin_array(w);
    while (json_next(&it))
        put_item(w, f->sub, it.value, arena);
    json_end_array(w);
}

static void put_item(struct json_out *w, const struct shape *shape,
                     struct text item, struct arena *arena)
{
    struct text cells = json_get(item, "column_values");
    bool has_id = false;
    json_begin_object(w);
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *f = &shape->fields[i];
        enum column_kind kind = monday_column_kind(f->field);
        struct text cell;
        has_id = has_id || text_is(f->field->wire, "id");
        if (kind == COLUMN_ITEM) {
            put_own(w, f->field->wire, item, arena);
        } else if (kind == COLUMN_NAME) {
            json_key_text(w, f->field->wire);
            json_string(w, json_get_text(arena, item, "name"));
        } else if (kind == COLUMN_SUBITEMS) {
            if (f->sub)
                put_subitems(w, f, item, arena);
        } else {
            cell = cell_of(cells, f->field->wire, arena);
            if (cell.len > 0)
                monday_put_cell(w, f->field, cell, arena);
        }
    }
    if (!has_id)
        json_put_string(w, "id", json_get_text(arena, item, "id"));
    json_end_object(w);
}

static void lay_flat(const struct read_spec *spec, struct text items,
                     struct arena *arena, struct page *page)
{
    struct json_items it = json_items(items);
    struct buf b;
    struct json_out w;
    buf_init(&b, 0);
    w = json_out(&b);
    json_begin_array(&w);
    while (json_next(&it))
        put_item(&w, spec->shape, it.value, arena);
    json_end_array(&w);
    page->body = buf_dup(arena, &b);
    page->rows = "";
    buf_fini(&b);
}

static void nested_rows(struct text boards, const char *name,
                        struct arena *arena, struct page *page)
{
    struct json_items board = json_items(boards);
    struct buf b;
    struct json_out w;
    buf_init(&b, 0);
    w = json_out(&b);
    json_begin_array(&w);
    while (json_next(&board)) {
        struct text id = json_get(board.value, "id");
        struct json_items it = json_items(json_get(board.value, name));
        while (json_next(&it)) {
            struct json_items m = json_items(it.value);
            json_begin_object(&w);
            json_key(&w, "board_id");
            json_raw(&w, id);
            while (json_next(&m)) {
                json_key_text(&w, m.name);
                json_raw(&w, m.value);
            }
            json_end_object(&w);
        }
    }
    json_end_array(&w);
    page->body = buf_dup(arena, &b);
    page->rows = "";
    buf_fini(&b);
}

static void list_page(const struct read_spec *spec, struct text asked,
                      struct text data, struct arena *arena, struct page *page)
{
    const char *name = text_cstr(arena, spec->object->path);
    bool nested = strcmp(name, "groups") == 0 || strcmp(name, "columns") == 0;
    struct text rows = json_get(data, nested ? "boards" : name);
    int64_t n = number_behind(asked, 'N');
    if (nested)
        nested_rows(rows, name, arena, page);
    else
        page->rows = text_cstr(arena, text_of(arena_printf(arena, "data.%s",
                                                           name)));
    if (monday_count(rows) >= PAGE_LIST)
        page->next = text_of(
            arena_printf(arena, "N%lld", (long long)(n > 0 ? n : 1) + 1));
}

static struct text items_part(const struct read_spec *spec, struct text asked,
                              struct text data)
{
    if (asked.len > 1 && asked.ptr[0] == 'C')
        return json_get(data, "next_items_page");
    if (spec->mode == READ_KEYS && key_term(spec))
        return json_get(data, "items_page_by_column_values");
    return json_get(data, "boards.0.items_page");
}

static void items_page(const struct read_spec *spec, struct text asked,
                       struct text data, struct arena *arena,
                       struct page *page, struct answer *out)
{
    struct text part = items_part(spec, asked, data);
    struct text cursor = json_get_text(arena, part, "cursor");
    int64_t from = number_behind(asked, 'K');
    if (part.len == 0) { /* boards: []: closed to this user, or not there */
        out->kind = ANSWER_REFUSED;
        out->refusal = REFUSAL_REQUEST;
        out->reason = text_of(arena_printf(
            arena, "board %.*s is not there for this user",
            TEXT_ARG(monday_board_id(spec->object))));
        return;
    }
    lay_flat(spec, json_get(part, "items"), arena, page);
    if (cursor.len > 0)
        page->next = text_of(
            arena_printf(arena, "C%.*s", TEXT_ARG(cursor)));
    else if (spec->mode == READ_KEYS && key_term(spec) &&
             (size_t)from + KEYS_PER_CALL < key_term(spec)->value_count)
        page->next = text_of(arena_printf(
            arena, "K%lld", (long long)from + KEYS_PER_CALL));
}

/* By id what was archived or deleted is shown too; only a flow that looks at
 * the state wants it. */
static bool is_put_away(const struct read_spec *spec, struct text rows,
                        struct arena *arena)
{
    struct text state = json_get_text(arena, rows, "0.state");
    for (size_t i = 0; i < spec->shape->count; i++)
        if (text_is(spec->shape->fields[i].field->wire, "state"))
            return false;
    return state.len > 0 && !text_is(state, "active");
}

/* What an expired cursor's error is called is not known. */
static bool is_old_cursor(struct text asked, struct text reason)
{
    static const struct text word = { "cursor", 6 };
    if (asked.len < 2 || asked.ptr[0] != 'C')
        return false;
    for (size_t i = 0; i + word.len <= reason.len; i++)
        if (text_equal_nocase(text_slice(reason, i, word.len), word))
            return true;
    return false;
}

void monday_read_answer(const struct connection_info *c,
                        const struct read_spec *spec, struct text asked,
                        const struct response *response, struct arena *arena,
                        struct page *page, struct answer *out)
{
    struct text data, rows;
    *page = (struct page){ .body = response->body, .total = -1,
                           .complete = true };
    if (monday_classify(c, response, false, arena, out)) {
        if (out->kind == ANSWER_REFUSED && is_old_cursor(asked, out->reason))
            out->refusal = REFUSAL_CURSOR;
        return;
    }
    data = json_get(response->body, "data");
    if (!spec->object->user) {
        list_page(spec, asked, data, arena, page);
        return;
    }
    if (spec->mode != READ_ONE) {
        items_page(spec, asked, data, arena, page, out);
        return;
    }
    rows = json_get(data, "items");
    if (monday_count(rows) == 0 || is_put_away(spec, rows, arena)) {
        out->kind = ANSWER_REFUSED;
        out->refusal = REFUSAL_MISSING;
        out->reason = TEXT("monday.com does not have that item");
        return;
    }
    lay_flat(spec, rows, arena, page);
    page->rows = "0";
    page->single = true;
}
