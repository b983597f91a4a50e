/* The monday.com sandbox against what is known of the vendor: a test or more
 * for each of the things a faithful simulator must do, over real HTTP. Bulk
 * imports (32) are not played: nothing here uses them. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"

#include "base/arena.h"
#include "base/text.h"
#include "runtime/sandbox.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOON 1795176000000 /* 2026-11-20T12:00:00Z */
#define ALL "18390000401"  /* a board with a column of each kind */
#define BOARD "18390000101"

static struct sandbox *box;
static int port;
static char headers[600];
static char token[200];

static void use(const char *more)
{
    snprintf(headers, sizeof headers,
             "Authorization: %s\r\nContent-Type: application/json\r\n%s",
             token, more);
}

static void start(const char *one_switch, int size)
{
    static const char *const names[] = { "monday", NULL };
    const char *switches[] = { one_switch, NULL };
    struct sandbox_options o = { .connectors = names, .start_ms = NOON,
                                 .size = size, .switches = switches };
    struct error err = { 0 };
    if (box)
        sandbox_stop(box);
    if (sandbox_start(&o, &box, &err) != 0) {
        tap_diag("%s", err.text);
        exit(1);
    }
    const struct sandbox_endpoint *e = sandbox_endpoint_of(box, "monday");
    port = web_port_of(e->url);
    for (const struct sandbox_fact *f = e->secrets; f->name; f++)
        if (strcmp(f->name, "token") == 0)
            snprintf(token, sizeof token, "%s", f->value);
    use("API-Version: 2026-10\r\n");
}

static int post(const char *body)
{
    return web_call(port, "POST", "/v2", headers, body)->status;
}

/* `variables` is JSON or NULL. */
static int ask(const char *query, const char *variables)
{
    struct buf b;
    buf_init(&b, 0);
    buf_str(&b, "{\"query\":");
    buf_json_string(&b, text_of(query));
    if (variables)
        buf_printf(&b, ",\"variables\":%s", variables);
    buf_byte(&b, '}');
    int status = post(buf_cstr(&b));
    buf_fini(&b);
    return status;
}

static void control(const char *target)
{
    web_call(port, "POST", target, NULL, NULL);
}

static const char *keep(const char *text)
{
    static char ring[16][300];
    static int next;
    char *place = ring[next++ % 16];
    snprintf(place, 300, "%s", text);
    return place;
}

static const char *code(void)
{
    return web_json("errors.0.extensions.code");
}

/* A new item with these cells (JSON without the outer quotes escaped). */
static const char *create(const char *board, const char *name,
                          const char *cells)
{
    char query[2000];
    struct buf b;
    buf_init(&b, 0);
    buf_json_string(&b, text_of(cells));
    snprintf(query, sizeof query,
             "mutation { m: create_item(board_id: %s, item_name: \"%s\", "
             "column_values: %s) { id name state group { id } } }",
             board, name, buf_cstr(&b));
    buf_fini(&b);
    ask(query, NULL);
    return keep(web_json("data.m.id"));
}

static void change(const char *board, const char *item, const char *cells)
{
    char query[2000];
    struct buf b;
    buf_init(&b, 0);
    buf_json_string(&b, text_of(cells));
    snprintf(query, sizeof query,
             "mutation { m: change_multiple_column_values(board_id: %s, "
             "item_id: %s, column_values: %s) { id } }",
             board, item, buf_cstr(&b));
    buf_fini(&b);
    ask(query, NULL);
}

/* `text` or another member of one cell. */
static const char *cell(const char *item, const char *column,
                        const char *member)
{
    char query[600];
    char path[100];
    snprintf(query, sizeof query,
             "{ items(ids: [%s]) { column_values(ids: [\"%s\"]) { id text value"
             " ... on BoardRelationValue { linked_item_ids display_value }"
             " ... on StatusValue { index label } } } }",
             item, column);
    ask(query, NULL);
    snprintf(path, sizeof path, "data.items.0.column_values.0.%s", member);
    return web_json(path);
}

/* ------------------------------------------------------------ the lines */
static void calls_and_versions(void)
{
    start(NULL, 0);
    is_int(ask("{ me { id } }", NULL), 200, "1: a token without a scheme");
    ok(*web_json("extensions.request_id"), "3: request_id");
    char first[80];
    snprintf(first, sizeof first, "%s", web_json("extensions.request_id"));
    ask("{ me { id } }", NULL);
    ok(strcmp(first, web_json("extensions.request_id")) != 0,
       "3: another one each time");
    is_text(web_header("API-Version"), "2026-10", "2: the version is echoed");
    use("API-Version: 2024-02\r\n");
    ask("{ me { id } }", NULL);
    is_text(web_header("API-Version"), "2026-10",
            "2: one that never was is served by the current");
    use("API-Version: 2024-10\r\n");
    ask("{ me { id } }", NULL);
    is_text(web_header("API-Version"), "2026-07",
            "2: a deprecated one by the one in maintenance");
    use("API-Version: 2023\r\n");
    ask("{ me { id } }", NULL);
    is_text(code(), "InvalidVersionException", "2: a malformed one");
    use("");
    ask("{ me { id } }", NULL);
    is_text(web_header("API-Version"), "2026-10", "2: none asked for");
    snprintf(headers, sizeof headers, "Authorization: nobody\r\n");
    is_int(ask("{ me { id } }", NULL), 401, "1: a bad token");
    is_text(code(), "NOT_AUTHENTICATED", "1: its code");
    is_text(web_header("API-Version"), "", "1: without a version");
    use("");
    is_int(post("{\"query\":\"{ me { id } }\",\"variables\":\"{}\"}"), 400,
           "4: variables as a text");
    is_int(post("{\"q\":1}"), 400, "4: no query");
    is_int(post("nonsense"), 400, "4: no JSON");
}

static void documents(void)
{
    static const struct {
        const char *query, *variables, *message;
    } rows[] = {
        { "{ me { nothing } }", NULL, "Cannot query field" },
        { "{ me }", NULL, "must have a selection" },
        { "{ me { id { x } } }", NULL, "must not have a selection" },
        { "{ boards(id: 1) { id } }", NULL, "Unknown argument" },
        { "{ next_items_page { cursor } }", NULL, "is required" },
        { "{ boards(limit: \"1\") { id } }", NULL, "Expected value" },
        { "query ($a: Int!) { boards(ids: [$a]) { id } }", "{\"a\":1}",
          "used in position" },
        { "query ($a: ID!) { me { id } }", "{\"a\":1}", "never used" },
        { "{ boards(ids: [$a]) { id } }", NULL, "is not defined" },
        { "query ($a: ID!) { boards(ids: [$a]) { id } }", "{}",
          "was not provided" },
        { "query ($a: Int) { boards(limit: $a) { id } }", "{\"a\":\"x\"}",
          "invalid value" },
        { "mutation { create_item(board_id: 1, item_name: \"a\") { id } "
          "create_item(board_id: 1, item_name: \"b\") { id } }",
          NULL, "conflict" },
        { "{ me { id }", NULL, "Parse error" },
        { "mutation ($v: JSON) { change_multiple_column_values(board_id: 1, "
          "item_id: 1, column_values: $v) { id } }",
          "{\"v\":\"{}\"}", "expecting type \"JSON!\"" },
        { "mutation ($v: String!) { change_multiple_column_values(board_id: "
          "1, item_id: 1, column_values: $v) { id } }",
          "{\"v\":\"{}\"}", "expecting type \"JSON!\"" },
    };
    start(NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = ask(rows[i].query, rows[i].variables);
        ok(status == 200 && strstr(web_json("errors.0.message"),
                                   rows[i].message),
           "5, 8: %s: %s", rows[i].message, web_json("errors.0.message"));
        ok(web_count("errors.0.locations") == 1 && web_count("data") < 0 &&
               web_count("errors.0.extensions") < 0 &&
               !*web_header("API-Version"),
           "5: with a place, without data, code or version");
    }
    is_int(ask("query ($a: ID!) { boards(ids: [$a]) { id } }",
               "{\"a\":" BOARD "}"), 200, "6: an id as a number");
    is_text(web_json("data.boards.0.id"), BOARD, "6: comes back as a text");
    ask("query ($a: ID!) { boards(ids: [$a]) { id } }",
        "{\"a\":\"" BOARD "\"}");
    is_text(web_json("data.boards.0.id"), BOARD, "6: and as a text");
    is_int((long long)strlen(create(ALL, "one", "{}")), 11,
           "6: ids have 11 digits");
}

static void pages(void)
{
    char cursor[200], query[600];
    start(NULL, 600);
    ask("{ boards(ids: [" ALL "]) { items_page { cursor items { id } } } }",
        NULL);
    is_int(web_count("data.boards.0.items_page.items"), 25, "9: 25 items");
    snprintf(cursor, sizeof cursor, "%s",
             web_json("data.boards.0.items_page.cursor"));
    snprintf(query, sizeof query,
             "{ next_items_page(cursor: \"%s\", limit: 500) { cursor items { "
             "id } } }", cursor);
    ask(query, NULL);
    is_int(web_count("data.next_items_page.items"), 500, "10: the next page");
    snprintf(query, sizeof query,
             "{ boards(ids: [" ALL "]) { items_page(cursor: \"%s\") { cursor "
             "items { id } } } }", cursor);
    ask(query, NULL);
    is_int(web_count("data.boards.0.items_page.items"), 25,
           "10: the cursor is good in items_page");
    snprintf(query, sizeof query,
             "{ items_page_by_column_values(board_id: " ALL ", cursor: "
             "\"%s\", limit: 500) { cursor items { id } } }", cursor);
    ask(query, NULL);
    is_int(web_count("data.items_page_by_column_values.items"), 500,
           "10: and in items_page_by_column_values");
    snprintf(query, sizeof query,
             "{ boards(ids: [" ALL "]) { items_page(cursor: \"%s\", "
             "query_params: {rules: []}) { cursor } } }", cursor);
    ask(query, NULL);
    ok(*code(), "11: cursor and query_params exclude each other");
    snprintf(query, sizeof query,
             "{ items_page_by_column_values(board_id: " ALL ", cursor: "
             "\"%s\", columns: [{column_id: \"name\", column_values: [\"x\"]}"
             "]) { cursor } }", cursor);
    ask(query, NULL);
    ok(*code(), "11: cursor and columns too");
    control("/_sandbox/clock?advance=3601");
    snprintf(query, sizeof query,
             "{ next_items_page(cursor: \"%s\") { cursor } }", cursor);
    ask(query, NULL);
    is_text(code(), "CursorException", "10: after an hour it is refused");
    ask("{ boards(ids: [" ALL "]) { items_page(limit: 501) { cursor } } }",
        NULL);
    ok(*code(), "9: more than 500 are refused");
    ask("{ boards(ids: [" BOARD "]) { items_page { cursor items { id } } } }",
        NULL);
    is_text(web_json("data.boards.0.items_page.cursor"), "null",
            "9: an empty board has no cursor");
    is_int(web_count("data.boards.0.items_page.items"), 0, "9: and no items");
}

static int found(const char *columns)
{
    char query[800];
    snprintf(query, sizeof query,
             "{ items_page_by_column_values(board_id: " ALL ", columns: [%s])"
             " { items { id name } } }", columns);
    ask(query, NULL);
    return web_count("data.items_page_by_column_values.items");
}

static void searching(void)
{
    start(NULL, 0);
    const char *one = create(ALL, "First", "{\"text_a\":\"INV-1\"}");
    create(ALL, "Second", "{\"text_a\":\"INV-10\",\"numeric_a\":\"7\"}");
    create(ALL, "Third", "{\"text_a\":\"INV-3\",\"numeric_a\":\"7\"}");
    is_int(found("{column_id: \"text_a\", column_values: [\"inv-1\"]}"), 1,
           "12: the whole value, in any case");
    is_int(found("{column_id: \"text_a\", column_values: [\"INV-1\", "
                 "\"INV-3\"]}"), 2, "12: or within a column");
    is_int(found("{column_id: \"text_a\", column_values: [\"INV-1\", "
                 "\"INV-3\"]}, {column_id: \"numeric_a\", column_values: "
                 "[\"7\"]}"), 1, "12: and across columns");
    is_int(found("{column_id: \"name\", column_values: [\"first\"]}"), 1,
           "12: the name is a column");
    is_int(found("{column_id: \"numeric_a\", column_values: [\"\"]}"), 1,
           "12: empty cells");
    found("{column_id: \"lookup_a\", column_values: [\"x\"]}");
    ok(*code(), "12: a mirror cannot be searched");
    is_text(web_json("data"), "null", "16: a field that may not be null takes all");
    char query[200];
    snprintf(query, sizeof query, "mutation { archive_item(item_id: %s) { id "
                                  "state } }", one);
    ask(query, NULL);
    is_text(web_json("data.archive_item.state"), "archived", "13: archived");
    is_int(found("{column_id: \"text_a\", column_values: [\"INV-1\"]}"), 0,
           "13: not found any more");
    snprintf(query, sizeof query, "{ items(ids: [%s]) { id state } }", one);
    ask(query, NULL);
    is_text(web_json("data.items.0.state"), "archived", "13: but by its id");
    struct buf b;
    buf_init(&b, 0);
    buf_str(&b, "{ items(ids: [");
    for (int i = 0; i < 101; i++)
        buf_printf(&b, "%s%d", i ? "," : "", i + 1);
    buf_str(&b, "]) { id } }");
    ask(buf_cstr(&b), NULL);
    ok(*code(), "14: more than 100 ids are refused");
    buf_fini(&b);
}

static void ids_without_limit(void)
{
    struct buf b;
    start(NULL, 60);
    ask("{ boards(ids: [" ALL "]) { items_page(limit: 60) { items { id } } } "
        "}", NULL);
    buf_init(&b, 0);
    buf_str(&b, "{ items(ids: [");
    for (int i = 0; i < 60; i++) {
        char path[80];
        snprintf(path, sizeof path, "data.boards.0.items_page.items.%d.id", i);
        buf_printf(&b, "%s%s", i ? "," : "", web_json(path));
    }
    buf_str(&b, "]) { id } }");
    ask(buf_cstr(&b), NULL);
    is_int(web_count("data.items"), 25, "14: 25 of 60 without a limit");
    buf_fini(&b);
}

static void mutations(void)
{
    start(NULL, 0);
    const char *item = create(ALL, "One", "{}");
    is_text(web_json("data.m.group.id"), "topics", "30: the first group");
    ask("mutation { a: create_item(board_id: " ALL ", item_name: \"A\") { id }"
        " b: create_item(board_id: 999, item_name: \"B\") { id }"
        " c: create_item(board_id: " ALL ", item_name: \"C\") { id } }", NULL);
    ok(*web_json("data.a.id") && *web_json("data.c.id"), "15: the others stand");
    is_text(web_json("data.b"), "null", "15: the failing one is null");
    is_text(web_json("errors.0.path.0"), "b", "15: with its path");
    is_text(code(), "InvalidBoardIdException", "16: board");
    is_text(web_json("errors.0.extensions.error_data.board_id"), "999",
            "16: error_data");
    change(ALL, "123", "{}");
    is_text(code(), "InvalidItemIdException", "16: item");
    change(ALL, item, "{\"nothing\":\"x\"}");
    is_text(code(), "InvalidColumnIdException", "16, 17: column");
    ok(*create(ALL, "Two", "{\"nothing\":\"x\"}"),
       "17: a new item takes an unknown column");
    change("\"x1\"", item, "{}");
    is_text(web_json("errors.0.extensions.error_code"),
            "INTERNAL_SERVER_ERROR", "a board id that is no number");
    create(ALL, "", "{}");
    is_text(code(), "ItemNameTooLongException", "23: no name");
    char long_name[300];
    memset(long_name, 'x', 256);
    long_name[256] = '\0';
    create(ALL, long_name, "{}");
    is_text(code(), "ItemNameTooLongException", "23: 256 characters");
    ask("mutation { m: create_item(board_id: " ALL ", item_name: \"J\", "
        "column_values: \"{broken\") { id } }", NULL);
    ok(*code() && !*web_json("data.m.id"), "7: broken JSON writes nothing");
    web_call(port, "POST", "/_sandbox/change?table=boards&key=" ALL,
             "Content-Type: application/json\r\n", "{\"items_limit\":1}");
    create(ALL, "Full", "{}");
    is_text(code(), "ItemsLimitationException", "23: a full board");
}

static void cells(void)
{
    start(NULL, 0);
    const char *item = create(ALL, "One", "{\"color_a\":{\"label\":\"Nope\"}}");
    is_text(code(), "ColumnValueException", "18: an unknown label");
    is_text(web_json("errors.0.extensions.error_data.column_type"), "color",
            "18: its column type");
    ask("mutation { m: create_item(board_id: " ALL ", item_name: \"L\", "
        "create_labels_if_missing: true, column_values: "
        "\"{\\\"color_a\\\":{\\\"label\\\":\\\"Nope\\\"}}\") { id } }", NULL);
    item = keep(web_json("data.m.id"));
    is_text(keep(cell(item, "color_a", "text")), "Nope", "18: made when asked");
    change(ALL, item, "{\"color_a\":{\"index\":1}}");
    is_text(keep(cell(item, "color_a", "text")), "Done", "19: by its id");
    ok(strstr(cell(item, "color_a", "value"), "\"index\":1") != NULL,
       "19: read back with index");
    change(ALL, item, "{\"color_a\":\"2023\"}");
    is_text(code(), "ColumnValueException", "19: digits are an id, no label");
    change(ALL, item, "{\"numeric_a\":\"\"}");
    is_text(keep(cell(item, "numeric_a", "text")), "0", "20: an empty text is 0");
    is_text(keep(cell(item, "numeric_a", "value")), "\"0\"",
            "20: value is a JSON text");
    change(ALL, item, "{\"numeric_a\":null}");
    is_text(keep(cell(item, "numeric_a", "text")), "", "20: null empties");
    char query[400];
    snprintf(query, sizeof query,
             "mutation { change_simple_column_value(board_id: " ALL ", "
             "item_id: %s, column_id: \"numeric_a\", value: \"\") { id } }",
             item);
    ask(query, NULL);
    is_text(keep(cell(item, "numeric_a", "value")), "null",
            "20: and so does an empty text in the simple one");
    const char *other = create(ALL, "Other", "{}");
    char link[200];
    snprintf(link, sizeof link, "{\"board_relation_a\":{\"item_ids\":[%s]}}",
             other);
    change(ALL, item, link);
    is_text(keep(cell(item, "board_relation_a", "text")), "null", "21: no text");
    is_text(keep(cell(item, "board_relation_a", "value")), "null", "21: no value");
    is_text(keep(cell(item, "board_relation_a", "linked_item_ids.0")), other,
            "21: but ids");
    is_text(keep(cell(item, "board_relation_a", "display_value")), "Other",
            "21: and names");
    snprintf(query, sizeof query,
             "mutation { change_simple_column_value(board_id: " ALL ", "
             "item_id: %s, column_id: \"board_relation_a\", value: \"%s\") { "
             "id } }", item, other);
    ask(query, NULL);
    ok(*code(), "21: not by the simple mutation");
    const char *empty = create(ALL, "Empty", "{}");
    is_text(keep(cell(empty, "color_a", "text")), "null", "22: status is null");
    is_text(keep(cell(empty, "dropdown_a", "text")), "null",
            "22: dropdown is null");
    is_text(keep(cell(empty, "date_a", "text")), "", "22: date is empty");
    is_text(keep(cell(empty, "text_a", "text")), "", "22: empty text");
}

static void keys(void)
{
    static const char query[] =
        "mutation { m: create_item(board_id: " ALL ", item_name: \"K\") { id "
        "} }";
    char first[40];
    start(NULL, 0);
    use("Idempotency-Key: k1\r\n");
    ask(query, NULL);
    snprintf(first, sizeof first, "%s", web_json("data.m.id"));
    ask(query, NULL);
    is_text(web_json("data.m.id"), first, "24: the first answer again");
    is_text(web_header("Idempotency-Replayed"), "true", "24: and says so");
    ask("{ me { id } }", NULL);
    is_text(web_header("Idempotency-Replayed"), "", "24: not for queries");
    control("/_sandbox/clock?advance=1801");
    ask(query, NULL);
    ok(strcmp(web_json("data.m.id"), first) != 0,
       "24: run afresh after 30 minutes");
    control("/_sandbox/switch?name=running_ms&value=60000");
    is_int(ask(query, NULL), 409, "24: still running");
    is_text(code(), "IDEMPOTENCY_CONFLICT", "24: its code");
    ok(*web_header("Retry-After"), "24: Retry-After");
}

static void limits(void)
{
    start("monday.minute_complexity=15000", 0);
    ask("mutation { complexity { before query after reset_in_x_seconds } "
        "create_item(board_id: " ALL ", item_name: \"A\") { id } }", NULL);
    is_text(web_json("data.complexity.before"), "15000", "25: the budget");
    is_int(strtol(web_json("data.complexity.before"), NULL, 10) -
               strtol(web_json("data.complexity.query"), NULL, 10),
           strtol(web_json("data.complexity.after"), NULL, 10),
           "25: before - query = after");
    is_int(ask("mutation { create_item(board_id: " ALL ", item_name: \"B\") { "
               "id } }", NULL), 429, "25: exhausted");
    is_text(code(), "COMPLEXITY_BUDGET_EXHAUSTED", "25: its code");
    ok(*web_json("errors.0.extensions.retry_in_seconds"),
       "25: retry_in_seconds");
    ok(strstr(web_header("RateLimit-Policy"), "minuteRate") &&
           strstr(web_header("RateLimit"), "r="), "26: RateLimit headers");
    control("/_sandbox/clock?advance=61");
    is_int(ask("{ me { id } }", NULL), 200, "25: a minute later");
    start("monday.daily_calls=2", 0);
    ask("{ me { id } }", NULL);
    ask("{ me { id } }", NULL);
    is_int(ask("{ me { id } }", NULL), 429, "26: a spent day");
    is_text(code(), "DAILY_LIMIT_EXCEEDED", "26: its code");
    control("/_sandbox/clock?advance=86400");
    is_int(ask("{ me { id } }", NULL), 200, "26: the next day");
}

static void refusals(void)
{
    static const struct {
        const char *what;
        int status;
        const char *code;
    } rows[] = {
        { "maxConcurrencyExceeded", 429, "maxConcurrencyExceeded" },
        { "IP_RATE_LIMIT_EXCEEDED", 429, "IP_RATE_LIMIT_EXCEEDED" },
        { "MINUTE_RATE_LIMIT_EXCEEDED", 429, "MINUTE_RATE_LIMIT_EXCEEDED" },
        { "locked", 423, "RESOURCE_LOCKED" },
        { "USER_ACCESS_DENIED", 403, "USER_ACCESS_DENIED" },
        { "USER_UNAUTHORIZED", 200, "USER_UNAUTHORIZED" },
        { "server", 500, "" },
        { "timeout", 504, "" },
    };
    char target[100];
    start(NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(target, sizeof target, "/_sandbox/refuse?what=%s",
                 rows[i].what);
        control(target);
        is_int(ask("{ me { id } }", NULL), rows[i].status, "26, 27: %s",
               rows[i].what);
        is_text(code(), rows[i].code, "its code");
    }
    control("/_sandbox/refuse?what=tooManyRequests");
    is_int(ask("{ boards(ids: [" ALL "]) { id columns { id } } }", NULL), 200,
           "27: partial data with HTTP 200");
    is_text(code(), "tooManyRequests", "27: its code");
    is_text(web_json("data.boards.0.columns"), "null", "27: a part is missing");
    is_text(web_json("data.boards.0.id"), ALL, "27: the rest is there");
    control("/_sandbox/fault?spec=monday:POST%20v2:1:drop-after");
    create(ALL, "Lost", "{}");
    is_int(found("{column_id: \"name\", column_values: [\"Lost\"]}"), 1,
           "28: the answer is lost, the item is there");
}

static void hooks_and_subitems(void)
{
    int hook_port;
    char query[600];
    struct web_listener *l = web_listen(&hook_port);
    start(NULL, 0);
    snprintf(query, sizeof query,
             "mutation { create_webhook(board_id: " BOARD ", event: "
             "create_item, url: \"http://127.0.0.1:%d/h\") { id } }",
             hook_port);
    web_listen_answer(l, 500);
    ask(query, NULL);
    ok(*code(), "29: no webhook when the challenge fails");
    web_listen_take(l, 1000);
    web_listen_answer(l, 200);
    ask(query, NULL);
    ok(*web_json("data.create_webhook.id"), "29: made");
    const char *got = web_listen_take(l, 1000);
    ok(got && strstr(got, "\"challenge\""), "29: after a challenge");
    const char *item = create(BOARD, "Hooked", "{}");
    got = web_listen_take(l, 3000);
    ok(got && strstr(got, "\"type\":\"create_pulse\"") &&
           strstr(got, "\"boardId\":" BOARD),
       "29: an event, its ids are numbers");
    ok(got && !strstr(got, "Authorization"), "29: unsigned with a token");
    snprintf(query, sizeof query,
             "mutation { s: create_subitem(parent_item_id: %s, item_name: "
             "\"line\") { id board { id } } }", item);
    ask(query, NULL);
    const char *line = keep(web_json("data.s.id"));
    is_text(web_json("data.s.board.id"), "18390000102",
            "31: subitems have a board of their own");
    change(BOARD, line, "{}");
    ok(*code(), "31: not changed on the parent's board");
    change("18390000102", line, "{\"text_item\":\"x\"}");
    is_text(code(), "", "31: but on their own");
    ask("mutation { create_board(board_kind: public, board_name: \"B\") { id "
        "items_count } }", NULL);
    is_text(web_json("data.create_board.items_count"), "1",
            "30: a new board has a sample item");
    ask("mutation { create_board(board_kind: public, board_name: \"E\", "
        "empty: true) { id items_count } }", NULL);
    is_text(web_json("data.create_board.items_count"), "0",
            "30: unless it is to be empty");
    web_listen_stop(l);
}

int main(void)
{
    calls_and_versions();
    documents();
    pages();
    searching();
    ids_without_limit();
    mutations();
    cells();
    keys();
    limits();
    refusals();
    hooks_and_subitems();
    sandbox_stop(box);
    return tap_done();
}
