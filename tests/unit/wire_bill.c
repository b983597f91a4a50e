/* BILL on the wire: the requests its driver makes, byte for byte, and what it
 * makes of every kind of answer. */
#include "config.h"

#include "connectors/bill/bill.h"
#include "lang/ast.h"
#include "lang/check.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"
#include "tests/lib/tap.h"
#include "tests/lib/wire.h"

#include <stdlib.h>
#include <string.h>

extern const struct connector connector_bill;

static struct program program;
static struct arena arena;

static bool whole_records;

static struct text setting(const struct connection_info *c, const char *name)
{
    (void)c;
    return strcmp(name, "whole_records") == 0 && whole_records
               ? TEXT("yes")
               : wire_default(&connector_bill, name);
}

static const struct connection_info info = {
    .name = { "Bill", 4 },
    .url = { "http://127.0.0.1:9/connect", 26 },
    .setting = setting,
    .now_ms = 1795176000000, /* 2026-11-20T12:00:00Z */
};

static bool trusted; /* a second factor's id is stored */

static struct text secret(const struct credential *c, const char *name)
{
    (void)c;
    if (!trusted && (strcmp(name, "remember_me_id") == 0 ||
                     strcmp(name, "device") == 0))
        return TEXT_NONE;
    return strcmp(name, "webhook_secret") == 0
               ? TEXT("the-key")
               : text_of(arena_printf(&arena, "<%s>", name));
}

static const struct credential credential = { .get = secret };

/* ------------------------------------------------------------------ reading */
#define BILLS "/v3/bills?max=100&filters="
#define OLDEST "&sort=updatedTime%3Aasc"

static void read_requests(void)
{
    static const struct {
        const char *object;
        enum read_mode mode;
        const char *cursor, *id, *next, *want;
    } rows[] = {
        { "bill", READ_ALL, "", "", "", BILLS "archived%3Aeq%3Afalse" OLDEST },
        { "bill", READ_CHANGES, "2026-11-19T08:00:00.120Z", "", "",
          BILLS "updatedTime%3Agte%3A%222026-11-19T08%3A00%3A00.120Z%22"
                "%2Carchived%3Aeq%3Afalse" OLDEST },
        { "bill", READ_ALL, "", "", "A0:|TOKEN+1",
          BILLS "archived%3Aeq%3Afalse" OLDEST "&page=TOKEN%2B1" },
        { "bill", READ_ALL, "", "", "A1:2026-11-19T08:00:00Z|",
          BILLS "archived%3Aeq%3Atrue" OLDEST },
        { "payment", READ_ALL, "", "", "", "/v3/payments?max=100" OLDEST },
        { "chart_of_account", READ_ALL, "", "", "",
          "/v3/classifications/chart-of-accounts?max=100&filters="
          "archived%3Aeq%3Afalse" OLDEST },
        { "bill", READ_ONE, "", "00n01/2", "", "/v3/bills/00n01%2F2" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct object *o = wire_object(rows[i].object);
        struct read_spec spec = { .object = o,
                                  .shape = wire_shape(o, "id"),
                                  .mode = rows[i].mode,
                                  .cursor = text_of(rows[i].cursor),
                                  .id = text_of(rows[i].id) };
        struct request r;
        struct error err = { 0 };
        bill_read_request(&info, &spec, text_of(rows[i].next), &arena, &r,
                          &err);
        is_text(text_cstr(&arena, r.path), rows[i].want, "GET %s",
                rows[i].want);
        ok(!r.writes && r.safe_to_repeat, "which may be repeated");
    }
}

static void filters(void)
{
    const struct object *o = wire_object("vendor");
    struct value names[] = { value_text(TEXT("USD")), value_text(TEXT("CAD")) };
    struct value bad = value_text(TEXT("a,b"));
    struct filter_term terms[] = {
        { object_field(o, TEXT("billCurrency")), OP_IS_ONE_OF, names, 2 },
        { object_field(o, TEXT("name")), OP_STARTS_WITH, names, 1 },
        { object_field(o, TEXT("name")), OP_IS, &bad, 1 },   /* not sent */
        { object_field(o, TEXT("phone")), OP_IS, names, 1 }, /* cannot */
    };
    struct read_spec spec = { .object = o,
                              .shape = wire_shape(o, "id"),
                              .mode = READ_ALL,
                              .terms = terms,
                              .term_count = 4 };
    struct request r;
    struct error err = { 0 };
    bill_read_request(&info, &spec, TEXT_NONE, &arena, &r, &err);
    is_text(text_cstr(&arena, r.path),
            "/v3/vendors?max=100&filters=billCurrency%3Ain%3A%22USD%2CCAD%22"
            "%2Cname%3Asw%3A%22USD%22%2Carchived%3Aeq%3Afalse" OLDEST,
            "what BILL can filter is sent, the rest is checked here");
}

/* One key is one call, of a record that may be archived; several go together. */
static void keys(void)
{
    const struct object *o = wire_object("vendor");
    struct value ids[] = { value_text(TEXT("0091")),
                           value_text(TEXT("0092")) };
    struct filter_term term = { object_field(o, TEXT("id")), OP_IS_ONE_OF, ids,
                                1 };
    struct read_spec spec = { .object = o, .shape = wire_shape(o, "id"),
                              .mode = READ_KEYS, .terms = &term,
                              .term_count = 1 };
    struct response none = { .status = 404,
                             .body = TEXT("[{\"code\":\"BDC_1205\"}]") };
    struct request r;
    struct error err = { 0 };
    struct page page;
    struct answer a;
    bill_read_request(&info, &spec, TEXT_NONE, &arena, &r, &err);
    is_text(text_cstr(&arena, r.path), "/v3/vendors/0091",
            "one key is one record");
    bill_read_answer(&info, &spec, TEXT_NONE, &none, &arena, &page, &a);
    ok(a.kind == ANSWER_DONE && text_is(page.body, "[]") && !page.single,
       "one that is not there is no row");
    term.value_count = 2;
    bill_read_request(&info, &spec, TEXT_NONE, &arena, &r, &err);
    is_text(text_cstr(&arena, r.path),
            "/v3/vendors?max=100&filters=id%3Ain%3A%220091%2C0092%22"
            "%2Carchived%3Aeq%3Afalse" OLDEST,
            "two are asked for at once");
}

static void dates(void)
{
    const struct object *o = wire_object("bill");
    struct value day = value_whole(VALUE_DATE, 20454);
    struct filter_term term = { object_field(o, TEXT("dueDate")),
                                OP_GREATER_EQUAL, &day, 1 };
    struct read_spec spec = { .object = o, .shape = wire_shape(o, "id"),
                              .mode = READ_ALL, .terms = &term,
                              .term_count = 1 };
    struct request r;
    struct error err = { 0 };
    size_t at;
    bill_read_request(&info, &spec, TEXT_NONE, &arena, &r, &err);
    ok(text_find(r.path, TEXT("dueDate%3Agte%3A%222026-01-01%22"), &at),
       "a date goes in double quotes: %s", text_cstr(&arena, r.path));
}

/* A list may show less of a record than a single read. */
static void thin_rows(void)
{
    static const char body[] =
        "{\"results\":["
        "{\"id\":\"1\",\"dueDate\":\"2026-01-01\",\"updatedTime\":"
        "\"2026-11-19T08:00:00Z\"},"
        "{\"id\":\"2\",\"updatedTime\":\"2026-11-19T09:00:00Z\"},"
        "{\"id\":\"3\",\"dueDate\":null,\"updatedTime\":"
        "\"2026-11-19T07:00:00Z\"}],\"nextPage\":\"T2\"}";
    const struct object *o = wire_object("bill");
    struct read_spec spec = { .object = o, .shape = wire_shape(o, "id dueDate"),
                              .mode = READ_CHANGES };
    struct response r = { .status = 200, .body = TEXT(body) };
    struct response one = { .status = 200, .body = TEXT("{\"id\":\"2\"}") };
    struct response gone = { .status = 404, .body = TEXT("[]") };
    struct request q;
    struct error err = { 0 };
    struct page page;
    struct answer a;
    bill_read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &a);
    is_text(text_cstr(&arena, json_get(page.body, "results")),
            "[{\"id\":\"1\",\"dueDate\":\"2026-01-01\",\"updatedTime\":"
            "\"2026-11-19T08:00:00Z\"}]",
            "the whole ones are taken");
    is_text(text_cstr(&arena, page.next), "B0:2026-11-19T09:00:00Z|2,3|T2",
            "the others are asked for");
    struct text next = text_dup(&arena, page.next);
    bill_read_request(&info, &spec, next, &arena, &q, &err);
    is_text(text_cstr(&arena, q.path), "/v3/bills/2", "one by one");
    bill_read_answer(&info, &spec, next, &one, &arena, &page, &a);
    ok(page.single, "each is one record");
    is_text(text_cstr(&arena, page.next), "B0:2026-11-19T09:00:00Z|3|T2",
            "then the next");
    next = text_dup(&arena, page.next);
    bill_read_answer(&info, &spec, next, &gone, &arena, &page, &a);
    is_int(a.kind, ANSWER_DONE, "one that is gone meanwhile is no fault");
    is_text(text_cstr(&arena, page.next), "A0:2026-11-19T09:00:00Z|T2",
            "and then the next page");
    whole_records = true;
    bill_read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &a);
    whole_records = false;
    is_text(text_cstr(&arena, page.next), "B0:2026-11-19T09:00:00Z|1,2,3|T2",
            "with whole_records all of them are asked for");
}

/* What a simulator or the vendor may not take: `archived` in a filter. */
static void unparted(void)
{
    const struct object *o = wire_object("department");
    struct read_spec spec = { .object = o, .shape = wire_shape(o, "id"),
                              .mode = READ_ALL };
    struct response no = { .status = 400,
                           .body = TEXT("[{\"code\":\"BDC_1143\"}]") };
    struct request q;
    struct error err = { 0 };
    struct page page;
    struct answer a;
    bill_read_answer(&info, &spec, TEXT_NONE, &no, &arena, &page, &a);
    ok(a.kind == ANSWER_DONE && text_is(page.body, "[]"),
       "a refused filter is not the end");
    struct text next = text_dup(&arena, page.next);
    bill_read_request(&info, &spec, next, &arena, &q, &err);
    is_text(text_cstr(&arena, q.path),
            "/v3/classifications/departments?max=100&sort=updatedTime%3Aasc",
            "the list is asked for without it");
    bill_read_answer(&info, &spec, next, &no, &arena, &page, &a);
    is_int(a.kind, ANSWER_REFUSED, "a refusal of that is one");
}

static void own_organization(void)
{
    const struct object *o = wire_object("organization");
    struct read_spec spec = { .object = o, .shape = wire_shape(o, "id"),
                              .mode = READ_ALL };
    struct response session = { .status = 200,
                                .body = TEXT("{\"organizationId\":"
                                             "\"0081\"}") };
    struct request q;
    struct error err = { 0 };
    struct page page;
    struct answer a;
    bill_read_request(&info, &spec, TEXT_NONE, &arena, &q, &err);
    is_text(text_cstr(&arena, q.path), "/v3/login/session", "whose session");
    bill_read_answer(&info, &spec, TEXT_NONE, &session, &arena, &page, &a);
    struct text next = text_dup(&arena, page.next);
    bill_read_request(&info, &spec, next, &arena, &q, &err);
    is_text(text_cstr(&arena, q.path), "/v3/organizations/0081",
            "its organization");
    spec = (struct read_spec){ .object = wire_object("webhook_subscription"),
                               .mode = READ_ALL };
    spec.shape = wire_shape(spec.object, "id");
    bill_read_request(&info, &spec, TEXT_NONE, &arena, &q, &err);
    is_text(text_cstr(&arena, q.path),
            "http://127.0.0.1:9/connect-events/v3/subscriptions?max=100",
            "subscriptions are read below the root of the webhook calls");
}

static void pages(void)
{
    static const struct {
        const char *asked, *body, *next, *cursor;
    } rows[] = {
        { "",
          "{\"results\":[{\"updatedTime\":\"2026-11-19T08:00:00.000Z\"}],"
          "\"nextPage\":\"T2\"}",
          "A0:2026-11-19T08:00:00.000Z|T2", "" },
        { "A0:2026-11-19T08:00:00.000Z|T2",
          "{\"results\":[],\"nextPage\":\"T3\"}",
          "A0:2026-11-19T08:00:00.000Z|T3", "" },
        { "A0:2026-11-19T08:00:00.000Z|T3",
          "{\"results\":[],\"nextPage\":null}", "A1:2026-11-19T08:00:00.000Z|",
          "" },
        { "A1:2026-11-19T08:00:00.000Z|",
          "{\"results\":[{\"updatedTime\":\"2026-11-18T08:00:00.000Z\"}]}", "",
          "2026-11-19T08:00:00.000Z" },
        { "A1:2026-11-19T08:00:00.000Z|",
          "{\"results\":[{\"updatedTime\":"
          "\"2026-11-19T09:00:00.001+00:00\"}]}",
          "", "2026-11-19T09:00:00.001+00:00" },
    };
    const struct object *o = wire_object("bill");
    struct read_spec spec = { .object = o,
                              .shape = wire_shape(o, "id"),
                              .mode = READ_CHANGES };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response r = { .status = 200, .body = text_of(rows[i].body) };
        struct page page;
        struct answer answer;
        bill_read_answer(&info, &spec, text_of(rows[i].asked), &r, &arena,
                         &page, &answer);
        is_text(text_cstr(&arena, page.next), rows[i].next, "next page %zu", i);
        is_text(text_cstr(&arena, page.next_cursor), rows[i].cursor,
                "cursor %zu", i);
    }
}

/* ----------------------------------------------------------------- verdicts */
static void verdicts(void)
{
    static const struct {
        int status;
        const char *body;
        enum answer_kind kind;
        enum refusal refusal;
        long long until_ms, wait_ms;
    } rows[] = {
        { 422, "[{\"code\":\"BDC_1144\",\"message\":\"x\"}]", ANSWER_WAIT,
          REFUSAL_QUOTA, 1795179601000, 0 },
        { 429, "[{\"code\":\"BDC_1322\"}]", ANSWER_WAIT, REFUSAL_NONE, 0,
          3000 },
        { 400, "[{\"code\":\"BDC_1322\"}]", ANSWER_WAIT, REFUSAL_NONE, 0,
          3000 },
        { 401, "[{\"code\":\"BDC_1109\"}]", ANSWER_SIGN_IN, REFUSAL_NONE, 0,
          0 },
        { 400, "[{\"code\":\"BDC_1101\"}]", ANSWER_SIGN_IN, REFUSAL_NONE, 0,
          0 },
        { 400, "[{\"code\":\"BDC_1102\"}]", ANSWER_SIGN_IN, REFUSAL_NONE, 0,
          0 },
        { 403, "[{\"code\":\"BDC_1361\"}]", ANSWER_REFUSED, REFUSAL_PERMISSION,
          0, 0 },
        { 400, "[{\"code\":\"BDC_1143\"}]", ANSWER_REFUSED, REFUSAL_VALUE, 0,
          0 },
        { 404, "[{\"code\":\"BDC_1205\"}]", ANSWER_REFUSED, REFUSAL_MISSING, 0,
          0 },
        { 404, "{\"message\":\"no\"}", ANSWER_REFUSED, REFUSAL_MISSING, 0, 0 },
        { 405, "", ANSWER_REFUSED, REFUSAL_REQUEST, 0, 0 },
        { 500, "<html>", ANSWER_FAILED, REFUSAL_NONE, 0, 0 },
        { 502, "", ANSWER_FAILED, REFUSAL_NONE, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response r = { .status = rows[i].status,
                              .body = text_of(rows[i].body) };
        struct answer a;
        bill_classify(&info, &r, true, &arena, &a);
        is_int(a.kind, rows[i].kind, "%d %s", rows[i].status, rows[i].body);
        is_int(a.refusal, rows[i].refusal, "why");
        is_int(a.until_ms, rows[i].until_ms, "until when");
        is_int(a.wait_ms, rows[i].wait_ms, "how long");
    }
    struct response two = { .status = 400,
                            .body = TEXT("[{\"code\":\"BDC_1143\",\"message\":"
                                         "\"name: a\"},{\"message\":"
                                         "\"email: b\"}]") };
    struct answer a;
    bill_classify(&info, &two, true, &arena, &a);
    is_text(text_cstr(&arena, a.reason), "name: a; email: b",
            "all faults are told");
}

/* ------------------------------------------------------------------ writing */
static struct request written(const struct record *record, enum write_op op)
{
    struct write_item item = { .op = op,
                               .record = record,
                               .target_id = TEXT("0de1") };
    struct write_spec spec = { record->shape->object, &item, 1 };
    struct request r;
    struct error err = { 0 };
    connector_bill.write_request(&info, &spec, &arena, &r, &err);
    return r;
}

static void writing(void)
{
    struct record *d =
        wire_record(wire_shape(wire_object("department"), "name shortName"));
    wire_set_text(d, "name", "Finance");
    wire_set_text(d, "shortName", "FIN");
    struct request r = written(d, WRITE_CREATE);
    is_text(r.method, "POST", "a create");
    is_text(text_cstr(&arena, r.path), "/v3/classifications/departments",
            "goes to the list");
    is_text(text_cstr(&arena, r.body),
            "{\"name\":\"Finance\",\"shortName\":\"FIN\"}", "its bytes");
    ok(!r.safe_to_repeat && r.writes, "and is not sent twice by itself");
    r = written(d, WRITE_UPDATE);
    is_text(r.method, "PATCH", "an update");
    is_text(text_cstr(&arena, r.path), "/v3/classifications/departments/0de1",
            "goes to the record");
    struct record *p =
        wire_record(wire_shape(wire_object("payment"), "vendorId amount"));
    wire_set_text(p, "vendorId", "009A");
    r = written(p, WRITE_CREATE);
    is_text(text_cstr(&arena, r.body),
            "{\"vendorId\":\"009A\",\"processingOptions\":{}}",
            "a payment always has processingOptions");
}

/* Several at once: the call, and whose each answer is. */
static void in_bulk(void)
{
    struct shape *s = wire_shape(wire_object("department"), "name shortName");
    struct record *a = wire_record(s), *b = wire_record(s);
    wire_set_text(a, "name", "Finance");
    wire_set_text(b, "name", "Sales");
    struct write_item items[] = {
        { .op = WRITE_CREATE, .record = a, .target_id = TEXT("0de1") },
        { .op = WRITE_CREATE, .record = b, .target_id = TEXT("0de2") },
    };
    struct write_spec spec = { s->object, items, 2 };
    struct write_result results[2];
    struct request r;
    struct error err = { 0 };
    struct response made = {
        .status = 201,
        .body = TEXT("{\"departments\":[{\"id\":\"S\",\"name\":\"Sales\"},"
                     "{\"id\":\"F\",\"name\":\"Finance\"}]}") };
    struct response half = {
        .status = 201,
        .body = TEXT("{\"departments\":[{\"id\":\"S\",\"name\":\"Sales\"}]}")
    };
    struct response no = { .status = 400,
                           .body = TEXT("[{\"code\":\"BDC_1143\"}]") };
    connector_bill.write_request(&info, &spec, &arena, &r, &err);
    is_text(r.method, "POST", "new ones");
    is_text(text_cstr(&arena, r.path), "/v3/classifications/departments/bulk",
            "in bulk");
    is_text(text_cstr(&arena, r.body),
            "[{\"name\":\"Finance\"},{\"name\":\"Sales\"}]",
            "as a plain array");
    ok(r.writes && !r.safe_to_repeat, "which is not repeated by itself");
    connector_bill.write_answer(&info, &spec, &made, &arena, results);
    is_text(text_cstr(&arena, results[0].target_id), "F",
            "each has its own id, whatever the order");
    is_text(text_cstr(&arena, results[1].target_id), "S", "both of them");
    connector_bill.write_answer(&info, &spec, &half, &arena, results);
    is_int(results[0].answer.kind, ANSWER_FAILED,
           "of one that is not told nobody knows");
    is_text(text_cstr(&arena, results[1].target_id), "S", "the other is there");
    connector_bill.write_answer(&info, &spec, &no, &arena, results);
    ok(results[0].whole && results[0].unsure && results[1].whole,
       "a refusal is the call's, and some may have been made");
    items[0].op = items[1].op = WRITE_UPDATE;
    connector_bill.write_request(&info, &spec, &arena, &r, &err);
    is_text(r.method, "PATCH", "changes");
    is_text(text_cstr(&arena, r.body),
            "[{\"id\":\"0de1\",\"name\":\"Finance\"},"
            "{\"id\":\"0de2\",\"name\":\"Sales\"}]",
            "each with its id");
    ok(r.safe_to_repeat, "which may be repeated");
}

static void bulk_sizes(void)
{
    static const struct {
        const char *object;
        enum write_op op;
        bool findable;
        int most;
    } rows[] = {
        { "bill", WRITE_CREATE, true, 100 },
        { "bill", WRITE_CREATE, false, 100 }, /* all or none */
        { "bill", WRITE_UPDATE, true, 1 },
        { "vendor", WRITE_CREATE, true, 20 },
        { "vendor", WRITE_CREATE, false, 1 },
        { "vendor", WRITE_UPDATE, true, 1 },
        { "department", WRITE_CREATE, true, 50 },
        { "department", WRITE_UPDATE, false, 50 },
        { "payment", WRITE_CREATE, true, 1 },
        { "customer", WRITE_CREATE, true, 1 },
        { "invoice", WRITE_CREATE, true, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        is_int(bill_batch(wire_object(rows[i].object), rows[i].op,
                          rows[i].findable),
               rows[i].most, "%s in one call%s", rows[i].object,
               rows[i].findable ? "" : ", when none can be looked for");
}

/* A sync token can never pay: said before anything is sent. */
static void paying(void)
{
    struct connection_info with_token = info;
    struct record *p =
        wire_record(wire_shape(wire_object("payment"), "vendorId"));
    struct write_item item = { .op = WRITE_CREATE, .record = p };
    struct write_spec spec = { p->shape->object, &item, 1 };
    struct request r = { 0 };
    struct error err = { 0 };
    size_t at;
    with_token.auth = &connector_bill.auth[1];
    is_int(connector_bill.write_request(&with_token, &spec, &arena, &r, &err),
           -1, "no payment with a sync token");
    ok(text_find(text_of(err.text), TEXT("can never pay"), &at) &&
           text_find(text_of(err.hint), TEXT("second factor"), &at),
       "and what to do: %s", err.hint);
    struct response no = { .status = 403,
                           .body = TEXT("[{\"code\":\"BDC_1361\"}]") };
    struct answer a;
    bill_classify(&info, &no, true, &arena, &a);
    ok(text_find(a.reason, TEXT("remember_me_id"), &at),
       "an untrusted session: what to store");
}

/* What people filled in beside the flow survives a change of lines. */
static void replacing(void)
{
    struct record *b =
        wire_record(wire_shape(wire_object("bill"), "dueDate billLineItems"));
    struct value_list *none = arena_zalloc(&arena, sizeof *none);
    struct write_item item = { .op = WRITE_UPDATE,
                               .record = b,
                               .target_id = TEXT("00n1") };
    struct write_spec spec = { b->shape->object, &item, 1 };
    struct request r;
    struct error err = { 0 };
    struct write_result result;
    struct response read = {
        .status = 200,
        .body = TEXT("{\"id\":\"00n1\",\"vendorId\":\"009A\",\"amount\":5,"
                     "\"description\":\"kept\",\"dueDate\":\"2026-01-01\","
                     "\"billLineItems\":[{\"id\":\"l1\",\"amount\":5}]}"),
    };
    for (size_t i = 0; i < b->shape->count; i++)
        if (b->shape->fields[i].field->type->kind == TYPE_LIST)
            b->slots[i] = (struct value){ .tag = VALUE_LIST, .list = none };
    connector_bill.write_request(&info, &spec, &arena, &r, &err);
    is_text(r.method, "GET", "lines change: the bill is read first");
    ok(!r.writes, "which writes nothing");
    connector_bill.write_answer(&info, &spec, &read, &arena, &result);
    ok(result.next.len > 0, "and goes on");
    item.step = result.next;
    connector_bill.write_request(&info, &spec, &arena, &r, &err);
    is_text(r.method, "PUT", "then it is replaced");
    is_text(text_cstr(&arena, r.body),
            "{\"billLineItems\":[],\"vendorId\":\"009A\",\"description\":"
            "\"kept\",\"dueDate\":\"2026-01-01\"}",
            "with all that can be written");
    connector_bill.write_answer(&info, &spec, &read, &arena, &result);
    is_int((long long)result.next.len, 0, "and that is all");
    struct buf body;
    buf_init(&body, 4096);
    item.step = TEXT("{\"billLineItems\":[{\"id\":\"l1\",\"amount\":5.00,"
                     "\"description\":\"a\"},{\"id\":\"l2\",\"amount\":7,"
                     "\"description\":\"b\",\"classifications\":{"
                     "\"jobId\":\"j\"}}]}");
    bill_join(&spec, TEXT("{\"billLineItems\":[{\"amount\":7,\"description\":"
                          "\"b\"},{\"amount\":9,\"description\":\"a\"}]}"),
              &arena, &body);
    is_text(text_cstr(&arena, buf_view(&body)),
            "{\"billLineItems\":[{\"id\":\"l2\",\"amount\":7,\"description\":"
            "\"b\",\"classifications\":{\"jobId\":\"j\"}},{\"amount\":9,"
            "\"description\":\"a\"}]}",
            "a line that says the same keeps its id and what it had besides");
    buf_fini(&body);
}

static void session(void)
{
    struct request r;
    struct error err = { 0 };
    struct answer a;
    struct new_credential fresh = { 0 };
    struct response yes = { .status = 200,
                            .body = TEXT("{\"sessionId\":\"s1\","
                                         "\"organizationId\":\"008\"}") };
    connector_bill.token_request(&info, &credential, TEXT_NONE, TEXT_NONE,
                                 TEXT_NONE, &arena, &r, &err);
    is_text(text_cstr(&arena, r.path), "/v3/login", "a login");
    is_text(text_cstr(&arena, r.body),
            "{\"username\":\"<username>\",\"password\":\"<password>\","
            "\"organizationId\":\"<organization_id>\",\"devKey\":"
            "\"<dev_key>\"}",
            "has its four members");
    trusted = true;
    connector_bill.token_request(&info, &credential, TEXT_NONE, TEXT_NONE,
                                 TEXT_NONE, &arena, &r, &err);
    trusted = false;
    is_text(text_cstr(&arena, json_get_text(&arena, r.body, "rememberMeId")),
            "<remember_me_id>", "one that a person confirmed brings its id");
    is_text(text_cstr(&arena, json_get_text(&arena, r.body, "device")),
            "<device>", "and the device it was given for");
    connector_bill.token_answer(&info, &yes, &arena, &fresh, &a);
    is_text(text_cstr(&arena, fresh.session), "s1", "gives a session");
    is_int(fresh.lives_ms, 35 * 60 * 1000, "of 35 minutes");
    r = (struct request){ .body = TEXT("{}") };
    connector_bill.authorize(&info, &credential, &arena, &r, &err);
    ok(r.headers && r.headers->next, "every call carries session and key");
    is_text(text_cstr(&arena, r.body), "{}", "never in what is stored");
}

/* ----------------------------------------------------------------- webhooks */
static int deliver(const char *body, const char *sign, struct hook_event *e)
{
    struct request r = { 0 };
    request_header(&arena, &r, "X-Bill-Sha-Signature", text_of(sign));
    struct hook_delivery d = { .headers = r.headers, .body = text_of(body) };
    return bill_hook_verify(&info, &credential, &d, &arena, e);
}

static const char *signature(const char *body)
{
    unsigned char mac[SHA256_LEN];
    crypto_hmac_sha256(TEXT("the-key"), text_of(body), mac);
    return text_cstr(
        &arena,
        crypto_base64(&arena, (struct text){ (const char *)mac, SHA256_LEN }));
}

static void hooks(void)
{
    static const char plain[] =
        "{\"metadata\":{\"eventId\":\"e1\",\"eventType\":\"bill.updated\"},"
        "\"bill\":{\"id\":\"00n1\"}}";
    static const char text[] =
        "\"{\\\"metadata\\\":{\\\"eventId\\\":\\\"e2\\\",\\\"eventType\\\":"
        "\\\"vendor.created\\\"},\\\"vendor\\\":{\\\"id\\\":\\\"0091\\\"}}\"";
    struct hook_event e;
    struct request r;
    struct error err = { 0 };
    is_int(deliver(plain, signature(plain), &e), 0, "genuine");
    is_text(e.object, "bill", "about a bill");
    is_text(text_cstr(&arena, e.record_id), "00n1", "this one");
    is_text(text_cstr(&arena, e.event_id), "e1", "told once by its id");
    is_int(deliver(text, signature(text), &e), 0, "as a text that holds it");
    is_text(e.object, "vendor", "about a vendor");
    is_int(deliver("{ \"a\" : \"b \\\" c\" }\n",
                   signature("{\"a\":\"b \\\" c\"}"), &e),
           0, "signed as a minified body");
    is_int(deliver(plain, signature(text), &e), 1, "another's signature");
    is_int(deliver(plain, "", &e), 1, "no signature");
    bill_hook_request(&info, wire_object("bill"), TEXT("https://a.example/h"),
                      TEXT_NONE, &arena, &r, &err);
    is_text(text_cstr(&arena, r.path),
            "http://127.0.0.1:9/connect-events/v3/subscriptions",
            "subscriptions have a root of their own");
    ok(r.headers && r.headers->value.len == 36 &&
           r.headers->value.ptr[14] == '4',
       "and a UUID of version 4");
    struct text first = text_dup(&arena, r.headers->value);
    struct connection_info later = info;
    later.now_ms += 1;
    bill_hook_request(&info, wire_object("bill"), TEXT("https://a.example/h"),
                      TEXT_NONE, &arena, &r, &err);
    ok(text_equal(first, r.headers->value), "which a repetition has too");
    bill_hook_request(&later, wire_object("bill"), TEXT("https://a.example/h"),
                      TEXT_NONE, &arena, &r, &err);
    ok(!text_equal(first, r.headers->value), "and a later one has not");
    bill_hook_keep(&info, TEXT("s1"), &arena, &r, &err);
    is_text(text_cstr(&arena, r.path),
            "http://127.0.0.1:9/connect-events/v3/subscriptions/s1",
            "one that BILL may have switched off");
    ok(strcmp(r.method, "PATCH") == 0 &&
           text_is(r.body, "{\"status\":{\"enabled\":true}}") && r.headers &&
           r.headers->value.len == 36,
       "is switched on");
    is_int(bill_hook_request(&info, wire_object("department"), TEXT("x"),
                             TEXT_NONE, &arena, &r, &err),
           1, "none for classifications");
}

int main(void)
{
    arena_init(&arena);
    wire_catalog(&program, &arena, "bill");
    read_requests();
    filters();
    keys();
    dates();
    pages();
    thin_rows();
    unparted();
    own_organization();
    verdicts();
    writing();
    in_bulk();
    bulk_sizes();
    paying();
    replacing();
    session();
    hooks();
    program_fini(&program);
    arena_fini(&arena);
    return tap_done();
}
