/* BILL on the wire: the requests its driver makes, byte for byte, and what it
 * makes of every kind of answer. */
#include "config.h"

#include "connectors/bill/bill.h"
#include "lang/ast.h"
#include "lang/check.h"
#include "runtime/crypto.h"
#include "runtime/record.h"
#include "tests/lib/tap.h"
#include "tests/lib/wire.h"

#include <stdlib.h>
#include <string.h>

extern const struct connector connector_bill;

static struct program program;
static struct arena arena;

static struct text setting(const struct connection_info *c, const char *name)
{
    (void)c;
    return wire_default(&connector_bill, name);
}

static const struct connection_info info = {
    .name = { "Bill", 4 },
    .url = { "http://127.0.0.1:9/connect", 26 },
    .setting = setting,
    .now_ms = 1795176000000, /* 2026-11-20T12:00:00Z */
};

static struct text secret(const struct credential *c, const char *name)
{
    (void)c;
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
          REFUSAL_NONE, 1795179601000, 0 },
        { 429, "[{\"code\":\"BDC_1322\"}]", ANSWER_WAIT, REFUSAL_NONE, 0,
          10000 },
        { 400, "[{\"code\":\"BDC_1322\"}]", ANSWER_WAIT, REFUSAL_NONE, 0,
          10000 },
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
    is_int(bill_hook_request(&info, wire_object("department"), TEXT("x"),
                             TEXT_NONE, &arena, &r, &err),
           1, "none for classifications");
}

int main(void)
{
    struct load_options options = { .catalogs = connector_catalogs };
    arena_init(&arena);
    program_init(&program);
    wire_start(&program, &arena);
    program.options = &options;
    schema_catalog(&program, TEXT("bill"));
    read_requests();
    filters();
    pages();
    verdicts();
    writing();
    replacing();
    session();
    hooks();
    program_fini(&program);
    arena_fini(&arena);
    return tap_done();
}
