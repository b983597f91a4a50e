/* monday.com's driver alone: every document it sends, every kind of answer it
 * may get, items and their subitems step by step, and webhooks. Every document
 * is proved against the sandbox's schema, and with MLC_MONDAY_SCHEMA=FILE
 * against the vendor's own; with MLC_DOCUMENTS=FILE the bodies are written
 * there, one per line, to be proved by other means. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/wire.h"

#include "connectors/monday/monday.h"
#include "connectors/monday/sandbox_graphql.h"
#include "tests/lib/graphql.h"
#include "lang/ast.h"
#include "lang/program.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1795176000000) /* 2026-11-20T12:00:00Z */

static const char project_text[] =
    "set language 1\n"
    "connection Monday is monday\n"
    "object Monday.thing \"Things\" {\n"
    "  at \"123\"\n"
    "  key id\n"
    "  operations read, create, update\n"
    "  changes none\n"
    "  id text always read_only unique searchable from \"id\"\n"
    "  Name text(255) required searchable from \"name\"\n"
    "  Code text searchable encoding(\"column text\") from \"text_1\"\n"
    "  Amount number(2) searchable encoding(\"column numbers\") from "
    "\"numeric_1\"\n"
    "  Day date searchable encoding(\"column date\") from \"date_1\"\n"
    "  Flag one of \"A\", \"B\" encoding(\"column status\") from \"color_1\"\n"
    "  Done yes/no encoding(\"column checkbox\") from \"boolean_1\"\n"
    "  Lines list of record {\n"
    "    Name text(255) required from \"name\"\n"
    "    Cost number(2) encoding(\"column numbers\") from \"numeric_2\"\n"
    "  } encoding(\"column subtasks\") from \"subtasks_1\"\n"
    "}\n";

static struct arena arena;
static struct program program;
static const struct connector *k;
static FILE *documents;

static struct text setting(const struct connection_info *c, const char *name)
{
    (void)c;
    return strcmp(name, "version") == 0         ? TEXT("2026-10")
           : strcmp(name, "create_labels") == 0 ? TEXT("no")
                                                : TEXT_NONE;
}

static const struct connection_info info = {
    .name = { "Monday", 6 },
    .url = { "http://127.0.0.1:1", 18 },
    .setting = setting,
    .now_ms = NOW,
};

/* --------------------------------------------------------------- documents */
static struct sdl *schemas[2]; /* the sandbox's, the vendor's if at hand */
static int proved, wrong;

static void prove(const struct sdl *s, struct text body)
{
    struct error err = { 0 };
    struct doc *call = doc_parse(body, &err);
    struct gq_document d;
    proved++;
    if (call &&
        gq_parse(&arena, doc_as_text(doc_get(call, "query")), &d) == 0 &&
        gq_validate(s, &d, d.operations, doc_get(call, "variables")) == 0) {
        doc_drop(call);
        return;
    }
    wrong++;
    tap_diag("%.*s", TEXT_ARG(body));
    for (size_t i = 0; call && i < d.error_count; i++)
        tap_diag("  %d:%d %s", d.errors[i].line, d.errors[i].column,
                 d.errors[i].message);
    doc_drop(call);
}

static const char *body_of(const struct request *r)
{
    if (documents)
        fprintf(documents, "%.*s\n", TEXT_ARG(r->body));
    for (int i = 0; i < 2; i++)
        if (schemas[i])
            prove(schemas[i], r->body);
    return text_cstr(&arena, r->body);
}

static const char *header_of(const struct request *r, const char *name)
{
    struct response asked = { .headers = r->headers };
    return text_cstr(&arena, response_header(&asked, name));
}

/* ------------------------------------------------------------------ records */
static struct value *slot(struct record *r, const char *name)
{
    for (size_t i = 0; i < r->shape->count; i++)
        if (text_is(r->shape->fields[i].field->name, name))
            return &r->slots[i];
    tap_diag("no field %s", name);
    exit(1);
}

static struct value number(const char *digits)
{
    struct decimal d;
    decimal_parse(text_of(digits), &d);
    return value_number(d);
}

static struct record *thing(const char *name, const char *amount)
{
    struct record *r = record_new(&arena,
                                  shape_of_object(&arena,
                                                  wire_object("thing")));
    *slot(r, "Name") = value_text(text_of(name));
    *slot(r, "Amount") = number(amount);
    slot(r, "Code")->tag = VALUE_CLEAR;
    return r;
}

static struct record *with_lines(struct record *r, size_t count)
{
    const struct field *f = object_field(wire_object("thing"), TEXT("Lines"));
    const struct shape *s = shape_of_object(&arena, f->type->item->object);
    struct value_list *list = ARENA_NEW(&arena, struct value_list);
    list->items = ARENA_ARRAY(&arena, struct value, count);
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        struct record *line = record_new(&arena, s);
        *slot(line, "Name") = value_text(TEXT("line"));
        *slot(line, "Cost") = number("1.5");
        list->items[i] = (struct value){ .tag = VALUE_RECORD, .record = line };
    }
    *slot(r, "Lines") = (struct value){ .tag = VALUE_LIST, .list = list };
    return r;
}

/* ------------------------------------------------------------------- writing */
static struct request write_of(const struct write_spec *spec)
{
    struct request r = { 0 };
    struct error err = { 0 };
    if (k->write_request(&info, spec, &arena, &r, &err))
        tap_diag("%s", err.text);
    return r;
}

static struct write_result *results_of(const struct write_spec *spec,
                                       const char *body)
{
    struct write_result *results = ARENA_ARRAY(&arena, struct write_result,
                                               spec->item_count);
    struct response r = { .status = 200, .body = text_of(body) };
    k->write_answer(&info, spec, &r, &arena, results);
    return results;
}

static void test_batches(void)
{
    struct write_item items[3] = {
        { .op = WRITE_CREATE, .record = thing("one", "2.50"),
          .key = TEXT("k1"), .attempt = TEXT("7") },
        { .op = WRITE_UPDATE, .record = thing("two \"q\"", "0"),
          .target_id = TEXT("55"), .key = TEXT("k2") },
        { .op = WRITE_CREATE, .record = thing("three", "1"),
          .key = TEXT("k3") },
    };
    struct write_spec spec = { wire_object("thing"), items, 3 };
    struct request r = write_of(&spec);
    const char *body = body_of(&r);
    is_text(
        body,
        "{\"query\":\"mutation ($board: ID!, $n0: String!, $v0: JSON, $c0: "
        "[String!], $i1: ID!, $v1: JSON!, $n2: String!, $v2: JSON, $c2: "
        "[String!], $group: String, $labels: Boolean) { m0: create_item(board_id: "
        "$board, item_name: $n0, group_id: $group, column_values: $v0, "
        "create_labels_if_missing: $labels) { id column_values(ids: $c0) { id "
        "} } m1: change_multiple_column_values(board_id: $board, item_id: "
        "$i1, column_values: $v1, create_labels_if_missing: $labels) { id "
        "state } m2: create_item(board_id: $board, item_name: $n2, group_id: "
        "$group, column_values: $v2, create_labels_if_missing: $labels) { id "
        "column_values(ids: $c2) { id } } complexity { query after "
        "reset_in_x_seconds } }\",\"variables\":{\"board\":\"123\""
        ",\"c0\":[\"text_1\",\"numeric_1\"],\"n0\":\"one\","
        "\"v0\":\"{\\\"text_1\\\":\\\"\\\",\\\"numeric_1\\\":\\\"2.50\\\"}\","
        "\"i1\":\"55\",\"v1\":\"{\\\"name\\\":\\\"two \\\\\\\"q\\\\\\\"\\\","
        "\\\"text_1\\\":\\\"\\\",\\\"numeric_1\\\":\\\"0\\\"}\",\"c2\":"
        "[\"text_1\",\"numeric_1\"],\"n2\":\"three\",\"v2\":\"{\\\"text_1\\\":"
        "\\\"\\\",\\\"numeric_1\\\":\\\"1\\\"}\",\"group\":null,\"labels\":false}}",
        "three items in one document");
    is_text(header_of(&r, "API-Version"), "2026-10", "the version is pinned");
    ok(r.writes && r.safe_to_repeat, "it writes, and may be repeated");
    const char *key = header_of(&r, "Idempotency-Key");
    is_int((long long)strlen(key), 64, "with a key");
    r = write_of(&spec);
    is_text(header_of(&r, "Idempotency-Key"), key, "the same for the same");
    items[0].attempt = TEXT("8");
    r = write_of(&spec);
    ok(strcmp(header_of(&r, "Idempotency-Key"), key) != 0,
       "another one in another run");

    struct write_result *res = results_of(
        &spec,
        "{\"data\":{\"m0\":{\"id\":\"900\",\"column_values\":[{\"id\":"
        "\"text_1\"},{\"id\":\"numeric_1\"}]},\"m1\":null,\"m2\":{\"id\":"
        "\"901\",\"column_values\":[{\"id\":\"text_1\"}]}},\"errors\":["
        "{\"message\":\"gone\",\"path\":[\"m1\"],\"extensions\":{\"code\":"
        "\"InvalidItemIdException\"}}]}");
    is_int(res[0].answer.kind, ANSWER_DONE, "the first is made");
    is_text(text_cstr(&arena, res[0].target_id), "900", "its id");
    is_int((long long)res[0].next.len, 0, "and all of it");
    is_int(res[1].answer.refusal, REFUSAL_MISSING, "the second is not there");
    ok(strstr(text_cstr(&arena, res[1].answer.reason), "not made again"),
       "and will not be made again");
    ok(!res[1].whole, "its own fault");
    is_text(text_cstr(&arena, res[2].next), "M",
            "the third lost a column that the board does not have");
    res = results_of(&spec, "{\"errors\":[{\"message\":\"too much\","
                            "\"extensions\":{\"code\":"
                            "\"REQUEST_MAX_COMPLEXITY_EXCEEDED\"}}]}");
    ok(res[0].whole && res[2].whole &&
           res[1].answer.refusal == REFUSAL_TOO_LARGE,
       "refused as a whole: to be halved");
    spec = (struct write_spec){ wire_object("thing"), &items[1], 1 };
    res = results_of(&spec, "{\"data\":{\"m0\":{\"id\":\"55\",\"state\":"
                            "\"archived\"}}}");
    is_int(res[0].answer.refusal, REFUSAL_MISSING,
           "a change of an archived item is no success");
}

static void test_steps(void)
{
    struct record *r = with_lines(thing("one", "2"), 2);
    struct write_item item = { .op = WRITE_CREATE, .record = r,
                               .key = TEXT("k") };
    struct write_spec spec = { wire_object("thing"), &item, 1 };
    struct request q = write_of(&spec);
    body_of(&q);
    ok(q.unfinished, "an item with subitems takes more than one call");
    struct write_result *res = results_of(
        &spec, "{\"data\":{\"m0\":{\"id\":\"900\",\"column_values\":[{},{}]"
               "}}}");
    is_text(text_cstr(&arena, res->next), "L0", "made: then its subitems");
    item.step = TEXT("L0");
    item.target_id = TEXT("900");
    q = write_of(&spec);
    ok(strstr(body_of(&q), "m1: create_subitem(parent_item_id: $p0"),
       "both subitems in one document");
    res = results_of(&spec, "{\"data\":{\"m0\":{\"id\":\"1\"},\"m1\":{\"id\":"
                            "\"2\"}}}");
    ok(res->answer.kind == ANSWER_DONE && res->next.len == 0, "all done");
    is_text(text_cstr(&arena, res->target_id), "900", "the id is the item's");
    res = results_of(&spec,
                     "{\"data\":{\"m0\":{\"id\":\"1\"},\"m1\":null},"
                     "\"errors\":[{\"message\":\"no\",\"path\":[\"m1\"],"
                     "\"extensions\":{\"code\":\"ColumnValueException\"}}]}");
    is_int(res->answer.kind, ANSWER_REFUSED, "one refused subitem is told");
    item.op = WRITE_UPDATE;
    item.step = TEXT_NONE;
    q = write_of(&spec);
    ok(strstr(body_of(&q), "{ id state subitems { id name board { id } } }"),
       "a change asks for the subitems there are");
    res = results_of(&spec, "{\"data\":{\"m0\":{\"id\":\"900\",\"state\":"
                            "\"active\",\"subitems\":[]}}}");
    is_text(text_cstr(&arena, res->next), "L0", "none: all are created");
    res = results_of(&spec, "{\"data\":{\"m0\":{\"id\":\"900\",\"state\":"
                            "\"active\",\"subitems\":[{\"id\":\"77\","
                            "\"board\":{\"id\":\"124\"}}]}}}");
    is_text(text_cstr(&arena, res->next), "L0/124:77,", "what there is");
    item.step = res->next;
    q = write_of(&spec);
    const char *body = body_of(&q);
    ok(strstr(body, "m0: change_multiple_column_values(board_id: $b0, "
                    "item_id: $i0") &&
           strstr(body, "m1: create_subitem") &&
           strstr(body, "\"b0\":\"124\"") && strstr(body, "\"i0\":\"77\""),
       "the one that is there is changed, the other made");
    res = results_of(&spec, "{\"data\":null}");
    is_int(res->answer.kind, ANSWER_FAILED, "no answer is in doubt");
}

/* Lines find their subitems by name, whatever people did to those; what was
 * renamed takes those that are left, what is new is created. */
static void test_pairs(void)
{
    static const struct {
        const char *lines, *subitems, *step;
    } rows[] = {
        { "A B", "1A 2B", "L0/124:1,2" },
        { "A B", "2B 1A", "L0/124:1,2" },
        { "A B C", "2B 3C", "L0/124:,2,3" },
        { "X B", "1A 2B", "L0/124:1,2" },
        { "N A B", "1A 2B", "L0/124:,1,2" },
        { "B", "1A 2B", "L0/124:2" },
        { "A A", "1A 2A", "L0/124:1,2" },
        { "A B", "", "L0" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = (strlen(rows[i].lines) + 1) / 2;
        struct record *r = with_lines(thing("x", "1"), n);
        struct write_item item = { .op = WRITE_UPDATE, .record = r,
                                   .target_id = TEXT("900"),
                                   .key = TEXT("k") };
        struct write_spec spec = { wire_object("thing"), &item, 1 };
        struct buf b;
        buf_init(&b, 0);
        for (size_t k2 = 0; k2 < n; k2++)
            *slot(slot(r, "Lines")->list->items[k2].record, "Name") =
                value_text((struct text){ rows[i].lines + 2 * k2, 1 });
        buf_str(&b, "{\"data\":{\"m0\":{\"id\":\"900\",\"state\":\"active\","
                    "\"subitems\":[");
        for (const char *p = rows[i].subitems; *p; p += p[2] ? 3 : 2)
            buf_printf(&b, "%s{\"id\":\"%c\",\"name\":\"%c\",\"board\":{"
                           "\"id\":\"124\"}}",
                       p == rows[i].subitems ? "" : ",", p[0], p[1]);
        buf_str(&b, "]}}}");
        struct write_result *res =
            results_of(&spec, text_cstr(&arena, buf_dup(&arena, &b)));
        is_text(text_cstr(&arena, res->next), rows[i].step,
                "lines %s on subitems %s", rows[i].lines, rows[i].subitems);
        item.step = res->next;
        struct request q = write_of(&spec);
        body_of(&q);
        buf_fini(&b);
    }
}

/* An answer to a document of `count` mutations; `bad` is refused. */
static const char *answer_of(size_t count, size_t bad)
{
    struct buf b;
    const char *t;
    buf_init(&b, 0);
    buf_str(&b, "{\"data\":{");
    for (size_t i = 0; i < count; i++)
        if (i == bad)
            buf_printf(&b, "%s\"m%zu\":null", i ? "," : "", i);
        else
            buf_printf(&b, "%s\"m%zu\":{\"id\":\"%zu\"}", i ? "," : "", i,
                       5000 + i);
    buf_printf(&b, "},\"errors\":[");
    if (bad < count)
        buf_printf(&b, "{\"message\":\"no\",\"path\":[\"m%zu\"],"
                       "\"extensions\":{\"code\":\"ColumnValueException\"}}",
                   bad);
    buf_str(&b, "]}");
    t = text_cstr(&arena, buf_dup(&arena, &b));
    buf_fini(&b);
    return t;
}

/* Lines of several items: 25 + 4 + 2 do not go in one document of 30. */
static void test_lines_together(void)
{
    static const size_t counts[3] = { 25, 4, 2 };
    struct write_item items[3];
    for (size_t i = 0; i < 3; i++)
        items[i] = (struct write_item){
            .op = WRITE_CREATE, .key = TEXT("k"), .step = TEXT("L0"),
            .record = with_lines(thing("x", "1"), counts[i]),
            .target_id = text_of(arena_printf(&arena, "90%zu", i)),
        };
    struct write_spec spec = { wire_object("thing"), items, 3 };
    struct request q = write_of(&spec);
    const char *body = body_of(&q);
    is_int((long long)q.items, 2, "the lines of two items go in one document");
    ok(strstr(body, "m25: create_subitem(parent_item_id: $p1") &&
           strstr(body, "m28: ") && !strstr(body, "m29: "),
       "29 mutations, each with its own parent");
    ok(strstr(body, "\"p0\":\"900\"") && strstr(body, "\"p1\":\"901\""),
       "the parents");
    spec.item_count = 2;
    struct write_result *res = results_of(&spec, answer_of(29, 26));
    ok(res[0].answer.kind == ANSWER_DONE && res[0].next.len == 0,
       "the first item is done");
    is_int(res[1].answer.kind, ANSWER_REFUSED,
           "a refused line is its own item's");
    is_int(res[1].answer.refusal, REFUSAL_VALUE, "with the reason");

    items[0].record = with_lines(thing("long", "1"), 65);
    items[0].step = TEXT("L0/124:1,2");
    spec.item_count = 2;
    q = write_of(&spec);
    body_of(&q);
    ok(q.items == 1 && q.unfinished, "65 lines fill documents of their own");
    spec.item_count = 1;
    res = results_of(&spec, answer_of(30, 99));
    is_text(text_cstr(&arena, res->next), "L30", "and go on where they were");
    items[0].step = TEXT("L60/124:,,,,");
    q = write_of(&spec);
    ok(strstr(body_of(&q), "m4: ") && !strstr(body_of(&q), "m5: ") &&
           !q.unfinished,
       "the last five");
    res = results_of(&spec, answer_of(5, 99));
    is_int((long long)res->next.len, 0, "and then it is whole");

    struct write_item many[40];
    for (size_t i = 0; i < 40; i++)
        many[i] = (struct write_item){ .op = WRITE_CREATE, .key = TEXT("k"),
                                       .record = thing("x", "1") };
    spec = (struct write_spec){ wire_object("thing"), many, 40 };
    q = write_of(&spec);
    is_int((long long)q.items, 30, "thirty items fill a document");
    many[0].record = with_lines(thing("x", "1"), 1001);
    struct error err = { 0 };
    spec.item_count = 1;
    is_int(k->write_request(&info, &spec, &arena, &q, &err), -1,
           "an item has an end");
}

/* ------------------------------------------------------------------- reading */
static struct request read_of(const struct read_spec *spec, const char *next)
{
    struct request r = { 0 };
    struct error err = { 0 };
    if (k->read_request(&info, spec, text_of(next), &arena, &r, &err))
        tap_diag("%s", err.text);
    return r;
}

static void test_reads(void)
{
    const struct object *o = wire_object("thing");
    struct value keys[2] = { value_text(TEXT("a")), value_text(TEXT("b\"")) };
    struct filter_term term = { object_field(o, TEXT("Code")), OP_IS_ONE_OF,
                                keys, 2 };
    struct read_spec spec = { .object = o, .mode = READ_ALL,
                              .shape = shape_of_object(&arena, o) };
    struct request r = read_of(&spec, NULL);
    ok(strstr(body_of(&r), "boards(ids: $boards) { id state items_page(limit: "
                           "$limit)"), "the whole board");
    ok(!r.writes && r.safe_to_repeat, "it may be repeated");
    is_text(text_cstr(&arena, r.path), "/v2", "to the one address");
    struct connection_info whole = info;
    struct request again = { 0 };
    struct error ignored = { 0 };
    whole.url = TEXT("https://api.monday.com/v2");
    k->read_request(&whole, &spec, TEXT_NONE, &arena, &again, &ignored);
    is_int((long long)again.path.len, 0, "which `url` may name whole");
    r = read_of(&spec, "CMSw1");
    ok(strstr(body_of(&r), "next_items_page(cursor: $cursor"), "the next page");
    spec.mode = READ_KEYS;
    spec.terms = &term;
    spec.term_count = 1;
    r = read_of(&spec, NULL);
    ok(strstr(body_of(&r), "\"keys\":[{\"column_id\":\"text_1\","
                           "\"column_values\":[\"a\",\"b\\\"\"]}]"),
       "by a key column");
    spec.mode = READ_ONE;
    spec.id = TEXT("900");
    r = read_of(&spec, NULL);
    ok(strstr(body_of(&r), "items(ids: $ids, limit: 100)"), "by id");
    static const char *const lists[] = { "board", "workspace", "user",
                                         "update", "group", "column" };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        spec = (struct read_spec){
            .object = wire_object(lists[i]), .mode = READ_ALL,
            .shape = shape_of_object(&arena, wire_object(lists[i]))
        };
        r = read_of(&spec, NULL);
        ok(strstr(body_of(&r), "(limit: $limit, page: $page)"), "list: %s",
           lists[i]);
    }
    r = (struct request){ 0 };
    struct error err = { 0 };
    k->pull_request(&info, TEXT("x"), TEXT("123"), &arena, &r, &err);
    ok(strstr(body_of(&r), "settings"), "a board's form");
    k->hook_request(&info, o, TEXT("https://x.example/h"), TEXT_NONE, &arena,
                    &r, &err);
    ok(strstr(body_of(&r), "m5: create_webhook(board_id: $board, url: $url, "
                           "event: item_restored) { id } m6: "
                           "create_webhook(board_id: $board, url: $url, "
                           "event: create_subitem)"),
       "webhooks, of subitems too");
    k->hook_request(&info, o, TEXT_NONE, TEXT("1,2"), &arena, &r, &err);
    ok(strstr(body_of(&r), "m1: delete_webhook(id: $i1)"), "and their end");
}

static void test_cells(void)
{
    const struct object *o = wire_object("thing");
    struct read_spec spec = { .object = o, .mode = READ_ALL,
                              .shape = shape_of_object(&arena, o) };
    struct page page;
    struct answer answer;
    struct response r = {
        .status = 200,
        .body = TEXT(
            "{\"data\":{\"boards\":[{\"id\":\"123\",\"items_page\":{"
            "\"cursor\":\"abc\",\"items\":[{\"id\":\"9\",\"name\":\"N\","
            "\"subitems\":[{\"id\":\"10\",\"name\":\"L\",\"column_values\":["
            "]}],\"column_values\":[{\"id\":\"numeric_1\",\"text\":\"1,234\","
            "\"value\":\"\\\"1234.50\\\"\"},{\"id\":\"date_1\",\"text\":"
            "\"local\",\"value\":\"{\\\"date\\\":\\\"2026-06-15\\\",\\\"time"
            "\\\":null,\\\"changed_at\\\":\\\"x\\\"}\"},{\"id\":\"color_1\","
            "\"text\":null,\"value\":null},{\"id\":\"boolean_1\",\"text\":"
            "\"v\",\"value\":\"{\\\"checked\\\":true}\"}]}]}}]}}") };
    k->read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &answer);
    is_text(text_cstr(&arena, page.body),
            "[{\"id\":\"9\",\"name\":\"N\",\"numeric_1\":1234.50,\"date_1\":"
            "\"2026-06-15\",\"boolean_1\":true,\"subtasks_1\":[{\"name\":"
            "\"L\",\"id\":\"10\"}]}]",
            "a row laid flat: raw values, not what is shown");
    is_text(text_cstr(&arena, page.next), "Cabc", "and where it goes on");
}

/* ------------------------------------------------------------------ verdicts */
static void test_verdicts(void)
{
    static const struct {
        int status;
        const char *body;
        enum answer_kind kind;
        enum refusal refusal;
    } rows[] = {
#define ERR(code) "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"" \
                  code "\",\"retry_in_seconds\":7}}]}"
        { 401, "{\"errors\":[\"Not Authenticated\"]}", ANSWER_SIGN_IN, 0 },
        { 401, ERR("NOT_AUTHENTICATED"), ANSWER_SIGN_IN, 0 },
        { 429, ERR("COMPLEXITY_BUDGET_EXHAUSTED"), ANSWER_WAIT, 0 },
        { 200, ERR("ComplexityException"), ANSWER_WAIT, 0 },
        { 429, ERR("DAILY_LIMIT_EXCEEDED"), ANSWER_WAIT, REFUSAL_QUOTA },
        { 200, ERR("DAILY_LIMIT_EXCEEDED"), ANSWER_WAIT, REFUSAL_QUOTA },
        { 200, ERR("tooManyRequests"), ANSWER_WAIT, 0 },
        { 409, ERR("IDEMPOTENCY_CONFLICT"), ANSWER_WAIT, 0 },
        { 423, ERR("RESOURCE_LOCKED"), ANSWER_WAIT, 0 },
        { 429, "", ANSWER_WAIT, 0 },
        { 429, "Rate Limit Exceeded", ANSWER_WAIT, 0 },
        { 429, "{\"errors\":[\"Minute limit rate exceeded\"]}", ANSWER_WAIT, 0 },
        { 200, "{\"errors\":[{\"message\":\"Daily limit exceeded\"}]}",
          ANSWER_WAIT, REFUSAL_QUOTA },
        { 200, "{\"error_message\":\"no\",\"error_code\":"
               "\"DAILY_LIMIT_EXCEEDED\"}", ANSWER_WAIT, REFUSAL_QUOTA },
        { 429, "{\"error_code\":\"ComplexityException\",\"error_message\":"
               "\"reset in 22 seconds\",\"status_code\":429}", ANSWER_WAIT, 0 },
        { 200, ERR("API_TEMPORARILY_BLOCKED"), ANSWER_WAIT, 0 },
        { 404, ERR("ResourceNotFoundException"), ANSWER_REFUSED,
          REFUSAL_MISSING },
        { 404, "", ANSWER_REFUSED, REFUSAL_MISSING },
        { 413, "", ANSWER_REFUSED, REFUSAL_TOO_LARGE },
        { 422, ERR("RecordInvalidException"), ANSWER_REFUSED, REFUSAL_VALUE },
        { 400, ERR("JsonParseException"), ANSWER_REFUSED, REFUSAL_REQUEST },
        { 403, ERR("USER_ACCESS_DENIED"), ANSWER_REFUSED,
          REFUSAL_PERMISSION },
        { 200, ERR("USER_UNAUTHORIZED"), ANSWER_REFUSED, REFUSAL_PERMISSION },
        { 200, ERR("InvalidBoardIdException"), ANSWER_REFUSED,
          REFUSAL_REQUEST },
        { 200, ERR("CursorException"), ANSWER_REFUSED, REFUSAL_CURSOR },
        { 200, "{\"errors\":[{\"message\":\"Cannot query\"}]}",
          ANSWER_REFUSED, REFUSAL_REQUEST },
        { 200, "{\"error_code\":\"InvalidItemIdException\","
               "\"error_message\":\"x\",\"status_code\":200}",
          ANSWER_REFUSED, REFUSAL_MISSING },
        { 500, "{\"error_code\":\"INTERNAL_SERVER_ERROR\"}", ANSWER_FAILED,
          0 },
        { 504, "<html></html>", ANSWER_FAILED, 0 },
        { 200, "<html></html>", ANSWER_FAILED, 0 },
#undef ERR
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response r = { .status = rows[i].status,
                              .body = text_of(rows[i].body) };
        struct answer a;
        monday_classify(&info, &r, true, &arena, &a);
        is_int(a.kind, (long long)rows[i].kind, "HTTP %d %s", rows[i].status,
               rows[i].body);
        is_int(a.refusal, (long long)rows[i].refusal, "its refusal");
    }
    struct header version = { TEXT("API-Version"), TEXT("2026-07"), NULL };
    struct response r = { .status = 200, .headers = &version,
                          .body = TEXT("{\"data\":{}}") };
    struct answer a;
    monday_classify(&info, &r, true, &arena, &a);
    is_int(a.refusal, REFUSAL_REQUEST, "another version than asked for");
}

/* How long to wait: the body, else the header, else a minute. */
static void test_waits(void)
{
    static const struct {
        const char *body, *header;
        int wait_s;
    } rows[] = {
        { "{\"errors\":[{\"extensions\":{\"code\":"
          "\"COMPLEXITY_BUDGET_EXHAUSTED\",\"retry_in_seconds\":7}}]}", "3",
          7 },
        { "{\"errors\":[{\"extensions\":{\"code\":\"IDEMPOTENCY_CONFLICT\""
          "}}]}", "3", 3 },
        { "{\"error_code\":\"ComplexityException\",\"error_message\":"
          "\"budget exhausted, reset in 22 seconds\"}", NULL, 22 },
        { "", "9", 9 },
        { "", NULL, 60 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct header h = { TEXT("Retry-After"), TEXT_NONE, NULL };
        struct response r = { .status = 429, .body = text_of(rows[i].body) };
        struct answer a;
        if (rows[i].header) {
            h.value = text_of(rows[i].header);
            r.headers = &h;
        }
        monday_classify(&info, &r, true, &arena, &a);
        is_int(a.wait_ms, rows[i].wait_s * 1000, "waits %d s", rows[i].wait_s);
    }
}

/* What is made is made, whatever went wrong below it; what has no error of
 * its own has the one without a place. */
static void test_aliases(void)
{
    struct write_item items[2] = {
        { .op = WRITE_CREATE, .record = thing("one", "1"), .key = TEXT("a") },
        { .op = WRITE_CREATE, .record = thing("two", "1"), .key = TEXT("b") },
    };
    struct write_spec spec = { wire_object("thing"), items, 2 };
    struct write_result *res = results_of(
        &spec, "{\"data\":{\"m0\":{\"id\":\"7\",\"column_values\":[{},{}]},"
               "\"m1\":null},\"errors\":[{\"message\":\"deep\",\"path\":["
               "\"m0\",\"column_values\",0]},{\"message\":\"full\","
               "\"extensions\":{\"code\":\"ItemsLimitationException\"}}]}");
    is_int(res[0].answer.kind, ANSWER_DONE, "made, with an error below");
    is_int(res[1].answer.refusal, REFUSAL_VALUE, "the error without a place");
    is_text(text_cstr(&arena, res[1].answer.reason), "full", "is the other's");
    res = results_of(&spec, "{\"data\":{\"m0\":{\"id\":\"7\","
                            "\"column_values\":[{},{}]},\"m1\":null}}");
    is_int(res[1].answer.kind, ANSWER_FAILED, "no word: in doubt");
    res = results_of(&spec, "{\"data\":{\"m0\":null,\"m1\":null},\"errors\":[{"
                            "\"message\":\"slow\",\"path\":[\"m0\"],"
                            "\"extensions\":{\"code\":\"tooManyRequests\"}}]}");
    is_int(res[0].answer.kind, ANSWER_WAIT, "too many requests: later");
}

static void test_budgets(void)
{
    struct header left = { TEXT("RateLimit"),
                           TEXT("\"minuteRate\";r=999, \"concurrency\";r=39, "
                                "\"complexityMinute\";r=0;t=12"), NULL };
    struct header policy = { TEXT("RateLimit-Policy"),
                             TEXT("\"minuteRate\";q=2500;w=60, "
                                  "\"concurrency\";q=40"), &left };
    struct response r = { .status = 200, .headers = &policy,
                          .body = TEXT("{\"data\":{}}") };
    struct budget_news *n = k->budgets(&info, &r, &arena);
    ok(n && n->remaining == 0 && n->reset_ms == NOW + 12000,
       "a minute's complexity is gone for 12 seconds");
    ok(n && n->next && n->next->limit == 2500 && n->next->remaining == 999 &&
           !n->next->next,
       "and 999 of 2500 calls are left");
    left.value = TEXT("\"minuteRate\";r=0, \"concurrency\";r=39;t=4");
    n = k->budgets(&info, &r, &arena);
    ok(n && n->remaining == 0 && n->reset_ms == 0, "another limit's wait");
    r = (struct response){ .status = 200,
                           .body = TEXT("{\"data\":{\"complexity\":{\"query\":"
                                        "300000,\"after\":299999,"
                                        "\"reset_in_x_seconds\":20}}}") };
    n = k->budgets(&info, &r, &arena);
    ok(n && n->remaining == 0 && n->reset_ms == NOW + 21000,
       "the next call like this one would not fit");
    r.body = TEXT("{\"data\":{\"complexity\":{\"query\":300000,\"after\":"
                  "300000,\"reset_in_x_seconds\":20}}}");
    ok(!k->budgets(&info, &r, &arena), "this one would");
    is_int(k->calls(&info, "day"), 0, "the plan's calls a day are the default");
}

static void test_items_put_away(void)
{
    struct read_spec spec = { .object = wire_object("thing"),
                              .mode = READ_ONE, .id = TEXT("9"),
                              .shape = wire_shape(wire_object("thing"),
                                                  "id Name") };
    struct response r = { .status = 200,
                          .body = TEXT("{\"data\":{\"items\":[{\"id\":\"9\","
                                       "\"name\":\"N\",\"state\":\"archived\","
                                       "\"column_values\":[]}]}}") };
    struct page page;
    struct answer a;
    k->read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &a);
    is_int(a.refusal, REFUSAL_MISSING, "an archived item is not there");
    spec.mode = READ_ALL;
    r.body = TEXT("{\"errors\":[{\"message\":\"The Cursor has expired\","
                  "\"extensions\":{\"code\":\"Something\"}}]}");
    k->read_answer(&info, &spec, TEXT("Cabc"), &r, &arena, &page, &a);
    is_int(a.refusal, REFUSAL_CURSOR, "an expired cursor, whatever its code");
    k->read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &a);
    is_int(a.refusal, REFUSAL_REQUEST, "only where one was sent");
}

/* ------------------------------------------------------------------ webhooks */
static struct text secret(const struct credential *c, const char *name)
{
    (void)c;
    return strcmp(name, "signing_secret") == 0 ? TEXT("shh")
           : strcmp(name, "token") == 0    ? TEXT("tok")
                                               : TEXT_NONE;
}

static struct text jwt(const char *head, long long until, const char *key)
{
    unsigned char mac[SHA256_LEN];
    struct text part = text_of(arena_printf(
        &arena, "%.*s.%.*s",
        TEXT_ARG(crypto_base64url(&arena, text_of(head))),
        TEXT_ARG(crypto_base64url(
            &arena, text_of(arena_printf(&arena, "{\"exp\":%lld}", until))))));
    crypto_hmac_sha256(text_of(key), part, mac);
    struct text sign = crypto_base64url(
        &arena, (struct text){ (const char *)mac, sizeof mac });
    return text_of(arena_printf(&arena, "%.*s.%.*s", TEXT_ARG(part),
                                TEXT_ARG(sign)));
}

static void test_hooks(void)
{
    static const char head[] = "{\"alg\":\"HS256\"}";
    struct credential c = { .get = secret };
    struct header h = { TEXT("Authorization"),
                        jwt(head, NOW / 1000 + 60, "shh"), NULL };
    struct hook_delivery d = {
        .headers = &h, .received_ms = NOW,
        .body = TEXT("{\"event\":{\"pulseId\":900,\"triggerUuid\":\"u1\","
                     "\"type\":\"create_pulse\"}}")
    };
    struct hook_event e;
    is_int(k->hook_verify(&info, &c, &d, &arena, &e), 0, "a signed event");
    is_text(text_cstr(&arena, e.record_id), "900", "its item");
    is_text(text_cstr(&arena, e.event_id), "u1", "its id");
    d.body = TEXT("{\"event\":{\"pulseId\":901,\"parentItemId\":\"900\","
                  "\"triggerUuid\":\"u2\",\"type\":\"delete_pulse\"}}");
    is_int(k->hook_verify(&info, &c, &d, &arena, &e), 0, "a subitem's event");
    ok(text_is(e.record_id, "900") && !e.deleted,
       "is about the item it hangs under");
    h.value = jwt(head, NOW / 1000 + 60, "other");
    is_int(k->hook_verify(&info, &c, &d, &arena, &e), 1, "another secret");
    h.value = jwt(head, NOW / 1000 - 1, "shh");
    is_int(k->hook_verify(&info, &c, &d, &arena, &e), 1, "too old");
    h.value = jwt("{\"alg\":\"none\"}", NOW / 1000 + 60, "shh");
    is_int(k->hook_verify(&info, &c, &d, &arena, &e), 1, "another algorithm");
    d.headers = NULL;
    is_int(k->hook_verify(&info, &c, &d, &arena, &e), 1, "unsigned");
    d.body = TEXT("{\"challenge\":\"c1\"}");
    is_int(k->hook_verify(&info, &c, &d, &arena, &e), 0, "the challenge");
    ok(e.handshake, "is a handshake");
    is_text(text_cstr(&arena, e.reply), "{\"challenge\":\"c1\"}",
            "and answered");
    struct request r = { .method = "POST", .body = TEXT("x") };
    struct error err = { 0 };
    k->authorize(&info, &c, &arena, &r, &err);
    is_text(header_of(&r, "Authorization"), "tok", "a token without a scheme");
}

int main(void)
{
    const char *file = getenv("MLC_DOCUMENTS");
    arena_init(&arena);
    documents = file ? fopen(file, "w") : NULL;
    schemas[0] = sdl_parse(&arena, monday_sdl);
    schemas[1] = graphql_vendor_schema(&arena);
    k = connector_find(TEXT("monday"));
    ok(wire_load(&program, &arena, project_text, "monday"), "the board's form checks");
    test_batches();
    test_steps();
    test_pairs();
    test_lines_together();
    test_reads();
    test_cells();
    test_verdicts();
    test_waits();
    test_aliases();
    test_budgets();
    test_items_put_away();
    test_hooks();
    if (documents)
        fclose(documents);
    ok(proved >= 20 && wrong == 0, "all %d proofs of documents hold%s", proved,
       schemas[1] ? ", half of them by the vendor's schema" : "");
    program_fini(&program);
    arena_fini(&arena);
    return tap_done();
}
