/* monday.com: a board's columns as an `object` of the project, for
 * `mlc schema pull Monday.NAME BOARD-ID`. */
#include "config.h"
#include "connectors/monday/monday.h"
#include "runtime/jsonread.h"

#include <string.h>

int monday_pull_request(const struct connection_info *c, struct text object,
                        struct text id, struct arena *arena,
                        struct request *out, struct error *err)
{
    struct buf v;
    struct json_out w;
    (void)object;
    (void)err;
    buf_init(&v, 1024);
    w = json_out(&v);
    json_begin_object(&w);
    json_key(&w, "boards");
    json_begin_array(&w);
    json_string(&w, id);
    json_end_array(&w);
    json_end_object(&w);
    monday_call(c,
                TEXT("query ($boards: [ID!]) { boards(ids: $boards) { id name "
                     "columns { id title type settings archived } "
                     "items_page(limit: 25) { items { subitems { board { id "
                     "columns { id title type settings archived } } } } } "
                     "} }"),
                buf_view(&v), false, "boards", arena, out);
    buf_fini(&v);
    return 0;
}

static bool is_plain_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char ch = t.ptr[i];
        bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                      ch == '_' || (i > 0 && ch >= '0' && ch <= '9');
        if (!letter)
            return false;
    }
    return t.len > 0;
}

static void add_name(struct text title, struct buf *b)
{
    if (is_plain_name(title)) {
        buf_text(b, title);
        return;
    }
    buf_byte(b, '`');
    for (size_t i = 0; i < title.len; i++)
        if (title.ptr[i] != '`' && (unsigned char)title.ptr[i] >= 32)
            buf_byte(b, title.ptr[i]);
    buf_byte(b, '`');
}

static void add_quoted(struct text t, struct buf *b)
{
    buf_byte(b, '"');
    for (size_t i = 0; i < t.len; i++) {
        char ch = t.ptr[i];
        if (ch == '"' || ch == '\\' || ch == '{' || ch == '}')
            buf_byte(b, '\\');
        if ((unsigned char)ch >= 32)
            buf_byte(b, ch);
    }
    buf_byte(b, '"');
}

/* Labels of a status or dropdown column, whichever form its settings take:
 * {"labels":[{"label":…}]}, {"labels":[{"name":…}]} or {"labels":{"1":…}}. */
static size_t add_labels(struct text settings, struct arena *arena,
                         struct buf *b)
{
    struct text labels = json_get(settings, "labels");
    struct json_items it = json_items(labels);
    size_t n = 0;
    while (json_next(&it)) {
        struct text t = json_kind(it.value) == JSON_STRING
                            ? json_text(arena, it.value)
                            : json_get_text(arena, it.value, "label");
        if (t.len == 0)
            t = json_get_text(arena, it.value, "name");
        if (t.len == 0)
            continue;
        buf_str(b, n++ ? ", " : "one of ");
        add_quoted(t, b);
    }
    return n;
}

static void add_type(struct text type, struct text settings,
                     struct arena *arena, struct buf *b)
{
    if (text_is(type, "numbers") || text_is(type, "rating"))
        buf_str(b, "number");
    else if (text_is(type, "date"))
        buf_str(b, "date");
    else if (text_is(type, "checkbox"))
        buf_str(b, "yes/no");
    else if (text_is(type, "name"))
        buf_str(b, "text(255)");
    else if (text_is(type, "long_text"))
        buf_str(b, "text(2000)");
    else if (!((text_is(type, "status") || text_is(type, "dropdown")) &&
               add_labels(settings, arena, b) > 0))
        buf_str(b, "text");
}

static bool is_read_only(struct text type)
{
    static const char *const shown[] = {
        "mirror", "formula", "creation_log", "last_updated", "auto_number",
        "item_id", "button", "doc", "file", "time_tracking", "vote", NULL
    };
    for (size_t i = 0; shown[i]; i++)
        if (text_is(type, shown[i]))
            return true;
    return false;
}

static void add_column(struct text column, const char *indent,
                       struct arena *arena, struct buf *b)
{
    struct text type = json_get_text(arena, column, "type");
    struct text settings = json_get(column, "settings");
    if (json_kind(settings) == JSON_STRING)
        settings = json_text(arena, settings);
    if (text_is(json_get_text(arena, column, "archived"), "true") ||
        text_is(type, "subtasks"))
        return;
    buf_str(b, indent);
    if (text_is(type, "name"))
        buf_str(b, "Name");
    else
        add_name(json_get_text(arena, column, "title"), b);
    buf_byte(b, ' ');
    add_type(type, settings, arena, b);
    if (text_is(type, "name")) {
        buf_str(b, " required searchable from \"name\"\n");
        return;
    }
    if (text_is(type, "text") || text_is(type, "long_text") ||
        text_is(type, "numbers") || text_is(type, "date"))
        buf_str(b, " searchable");
    if (is_read_only(type))
        buf_str(b, " read_only");
    buf_printf(b, " encoding(\"column %.*s\") from ", TEXT_ARG(type));
    add_quoted(json_get_text(arena, column, "id"), b);
    buf_byte(b, '\n');
}

/* Columns of the subitems' board, which shows itself on an item that has
 * some; without one only the name is known. */
static struct text sub_columns(struct text board)
{
    struct json_items it = json_items(json_get(board, "items_page.items"));
    while (json_next(&it)) {
        struct text columns = json_get(it.value, "subitems.0.board.columns");
        if (columns.len > 0)
            return columns;
    }
    return TEXT_NONE;
}

static void add_subitems(struct text board, struct text column,
                         struct arena *arena, struct buf *b)
{
    struct text columns = sub_columns(board);
    struct json_items it = json_items(columns);
    buf_str(b, "  ");
    add_name(json_get_text(arena, column, "title"), b);
    buf_str(b, " list of record {\n");
    if (columns.len == 0)
        buf_str(b, "    // no item has subitems yet: add their columns when "
                   "one has\n    Name text(255) required from \"name\"\n");
    while (json_next(&it))
        add_column(it.value, "    ", arena, b);
    buf_str(b, "  } encoding(\"column subtasks\") from ");
    add_quoted(json_get_text(arena, column, "id"), b);
    buf_byte(b, '\n');
}

int monday_pull_answer(const struct connection_info *c, struct text object,
                       struct text id, const struct response *response,
                       struct arena *arena, struct buf *form,
                       struct answer *out)
{
    struct text board;
    struct json_items it;
    if (monday_classify(c, response, false, arena, out))
        return 0;
    board = json_get(response->body, "data.boards.0");
    if (board.len == 0) {
        out->kind = ANSWER_REFUSED;
        out->refusal = REFUSAL_MISSING;
        out->reason = TEXT("there is no such board for this user");
        return 0;
    }
    buf_printf(form, "object %.*s.%.*s ", TEXT_ARG(c->name), TEXT_ARG(object));
    add_quoted(json_get_text(arena, board, "name"), form);
    buf_str(form, " {\n  at ");
    add_quoted(id, form);
    buf_str(form, "\n  key id\n  operations read, create, update\n"
                  "  changes none\n"
                  "  id text always read_only unique searchable from \"id\"\n");
    it = json_items(json_get(board, "columns"));
    while (json_next(&it))
        if (text_is(json_get_text(arena, it.value, "type"), "subtasks"))
            add_subitems(board, it.value, arena, form);
        else
            add_column(it.value, "  ", arena, form);
    buf_str(form, "}\n");
    return 0;
}
