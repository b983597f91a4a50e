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
 * {"labels":[{"id":1,"label":…}]}, {"labels":[{"id":1,"name":…}]} or
 * {"labels":{"1":…}}. A label made of digits is written by its number, or it
 * would be taken for one. */
static size_t add_labels(struct text settings, struct arena *arena,
                         struct buf *b)
{
    struct json_items it = json_items(json_get(settings, "labels"));
    size_t n = 0;
    while (json_next(&it)) {
        bool plain = json_kind(it.value) == JSON_STRING;
        struct text id = plain ? it.name
                               : json_get_text(arena, it.value, "id");
        struct text t = plain ? json_text(arena, it.value)
                              : json_get_text(arena, it.value, "label");
        if (t.len == 0)
            t = json_get_text(arena, it.value, "name");
        if (t.len == 0)
            continue;
        buf_str(b, n++ ? ", " : "one of ");
        add_quoted(t, b);
        if (monday_is_digits(t) && monday_is_digits(id))
            buf_printf(b, " as %.*s", TEXT_ARG(id));
    }
    return n;
}

/* May a dropdown cell hold one label only? */
static bool takes_one(struct text settings, struct arena *arena)
{
    return text_is(json_get_text(arena, settings, "limit_select"), "true") &&
           text_is(json_get_text(arena, settings, "label_limit_count"), "1");
}

static void add_type(enum column_kind kind, struct text settings,
                     struct arena *arena, struct buf *b)
{
    switch (kind) {
    case COLUMN_NUMBERS:
    case COLUMN_RATING:
        buf_str(b, "number");
        return;
    case COLUMN_DATE:
        buf_str(b, "date");
        return;
    case COLUMN_HOUR:
        buf_str(b, "time");
        return;
    case COLUMN_CHECKBOX:
        buf_str(b, "yes/no");
        return;
    case COLUMN_NAME:
        buf_str(b, "text(255)");
        return;
    case COLUMN_LONG_TEXT:
        buf_str(b, "text(2000)");
        return;
    case COLUMN_RELATION:
    case COLUMN_TAGS:
        buf_str(b, "list of text");
        return;
    case COLUMN_DROPDOWN:
        if (!takes_one(settings, arena))
            buf_str(b, "list of ");
        /* fall through */
    case COLUMN_STATUS:
        if (add_labels(settings, arena, b) == 0)
            buf_str(b, "text");
        return;
    case COLUMN_ITEM:
    case COLUMN_TEXT:
    case COLUMN_PEOPLE:
    case COLUMN_LINK:
    case COLUMN_EMAIL:
    case COLUMN_PHONE:
    case COLUMN_TIMELINE:
    case COLUMN_COUNTRY:
    case COLUMN_WEEK:
    case COLUMN_LOCATION:
    case COLUMN_CLOCK:
    case COLUMN_SHOWN:
    case COLUMN_SUBITEMS:
        break;
    }
    buf_str(b, "text");
}

static void add_column(struct text column, const char *indent,
                       struct arena *arena, struct buf *b)
{
    struct text type = json_get_text(arena, column, "type");
    struct text settings = json_get(column, "settings");
    enum column_kind kind = COLUMN_SHOWN;
    if (text_is(type, "name"))
        kind = COLUMN_NAME;
    else
        monday_column_word(type, &kind);
    if (json_kind(settings) == JSON_STRING)
        settings = json_text(arena, settings);
    if (text_is(json_get_text(arena, column, "archived"), "true") ||
        kind == COLUMN_SUBITEMS)
        return;
    buf_str(b, indent);
    if (kind == COLUMN_NAME)
        buf_str(b, "Name");
    else
        add_name(json_get_text(arena, column, "title"), b);
    buf_byte(b, ' ');
    add_type(kind, settings, arena, b);
    if (kind == COLUMN_NAME) {
        buf_str(b, " required searchable from \"name\"\n");
        return;
    }
    if (monday_is_searchable(kind))
        buf_str(b, " searchable");
    if (kind == COLUMN_SHOWN)
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
