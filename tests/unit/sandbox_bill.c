/* The BILL sandbox against what is known of the vendor: a test or more for
 * each of the 33 things a faithful simulator must do, over real HTTP. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"

#include "base/arena.h"
#include "runtime/crypto.h"
#include "runtime/sandbox.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOON 1795176000000 /* 2026-11-20T12:00:00Z */
#define KEY "01SANDBOXDEVELOPERKEY"
#define ORGANIZATION "00801SANDBOXTULIP001"
#define VENDOR "00901SBX00000000001"
#define BILL "00n01SBX00000000001"
#define ACCOUNT "0ca01SBX00000000003"
#define UUID "2f1c9f0e-3c55-4d1a-9d3e-0a1b2c3d4e5f"

static struct sandbox *box;
static int port;
static char session[400];

static void control(const char *target)
{
    char path[400];
    snprintf(path, sizeof path, "/_sandbox/%s", target);
    web_call(port, "POST", path, NULL, NULL);
}

static int login_as(const char *user, const char *password, const char *key)
{
    char body[600], id[200];
    snprintf(body, sizeof body,
             "{\"username\":\"%s\",\"password\":\"%s\","
             "\"organizationId\":\"" ORGANIZATION "\",\"devKey\":\"%s\"}",
             user, password, key);
    int status = web_call(port, "POST", "/connect/v3/login",
                          "Content-Type: application/json\r\n", body)
                     ->status;
    snprintf(id, sizeof id, "%s", web_json("sessionId"));
    if (status == 200)
        snprintf(session, sizeof session,
                 "sessionId: %s\r\ndevKey: " KEY "\r\n"
                 "Content-Type: application/json\r\n",
                 id);
    return status;
}

static void user(void)
{
    login_as("ap@tulip.example", "sandbox-password", KEY);
}

static void start(const char *one, const char *two)
{
    static const char *const names[] = { "bill", NULL };
    const char *switches[] = { one, two, NULL };
    struct sandbox_options o = { .connectors = names,
                                 .start_ms = NOON,
                                 .switches = switches };
    struct error err = { 0 };
    if (box)
        sandbox_stop(box);
    if (sandbox_start(&o, &box, &err) != 0) {
        tap_diag("%s", err.text);
        exit(1);
    }
    port = web_port_of(sandbox_endpoint_of(box, "bill")->url);
    user();
}

static int get(const char *target)
{
    char path[1200];
    snprintf(path, sizeof path, "/connect/v3/%s", target);
    return web_call(port, "GET", path, session, NULL)->status;
}

static int send_body(const char *method, const char *target, const char *body)
{
    char path[400];
    snprintf(path, sizeof path, "/connect/v3/%s", target);
    return web_call(port, method, path, session, body)->status;
}

static int filtered(const char *list, const char *filter)
{
    char path[900];
    snprintf(path, sizeof path, "%s?max=100&filters=%s", list,
             web_escape(filter));
    return get(path);
}

static const char *keep(const char *text)
{
    static char ring[16][600];
    static int next;
    char *place = ring[next++ % 16];
    snprintf(place, 600, "%s", text);
    return place;
}

/* ------------------------------------------------------------- sessions */
static void sessions(void)
{
    start(NULL, NULL);
    is_int(login_as("ap@tulip.example", "sandbox-password", KEY), 200,
           "1: a login");
    is_text(web_json("organizationId"), ORGANIZATION, "1: organization");
    ok(*web_json("userId") && *web_json("sessionId"), "1: user and session");
    is_text(web_json("trusted"), "false", "1: trusted");
    is_int(send_body("POST", "login", "{\"username\":\"x\"}"), 400,
           "1: all four members are wanted");
    ok(web_count("") >= 2, "7: several faults in one answer");
    is_text(web_json("0.code"), "", "7: some without a code");
    is_int(login_as("ap@tulip.example", "wrong", KEY), 401, "wrong password");
    is_text(web_json("0.code"), "BDC_1101", "6: an array of faults");
    login_as("ap@tulip.example", "sandbox-password", "other");
    is_text(web_json("0.code"), "BDC_1102", "wrong developer key");
    control("clock?advance=2040");
    is_int(get("bills"), 200, "2: 34 minutes later");
    control("clock?advance=2040");
    is_int(get("bills"), 200, "2: each call starts the 35 minutes again");
    control("clock?advance=2101");
    is_int(get("bills"), 401, "2: after 35 idle minutes it is gone");
    is_text(web_json("0.code"), "BDC_1109", "3: BDC_1109");
    login_as("ledger sync", "sandbox-sync-token", KEY);
    control("clock?advance=172000");
    is_int(get("bills"), 200, "2: a sync token lives for 48 hours");
    snprintf(session, sizeof session, "sessionId: x\r\ndevKey: " KEY "\r\n");
    is_int(get("bills"), 401, "3: an unknown session");
}

static void limits(void)
{
    start("bill.hour_limit=5", NULL);
    for (int i = 0; i < 4; i++)
        get("users");
    is_int(get("users"), 422, "5: past the hourly limit");
    is_text(web_json("0.code"), "BDC_1144", "5: BDC_1144");
    control("clock?advance=3600");
    user();
    is_int(get("users"), 200, "5: the next hour");
    start("bill.limit_status=429", NULL);
    for (int i = 0; i < 199; i++)
        user();
    is_int(login_as("ap@tulip.example", "sandbox-password", KEY), 429,
           "4: the 201st login within the hour");
}

static void errors(void)
{
    start("bill.errors=object", NULL);
    get("nothing");
    is_int(web_count(""), 1, "6: a single object, as the gateway does");
    control("switch?name=errors&value=page");
    get("nothing");
    ok(strstr(web_header("Content-Type"), "html") != NULL, "6: or a page");
}

/* ---------------------------------------------------------------- lists */
static void lists(void)
{
    start(NULL, NULL);
    get("classifications/chart-of-accounts?max=3");
    is_int(web_count("results"), 3, "8: max");
    const char *next = keep(web_json("nextPage"));
    ok(*next != '\0', "9: there is more");
    is_int(get("bills?max=0"), 400, "8: max 0");
    is_int(get("bills?max=101"), 400, "8: max 101");
    char path[900];
    snprintf(path, sizeof path, "bills?page=%s", web_escape(next));
    is_int(get(path), 400, "10: a token of another list");
    is_int(get("bills?page=abc"), 400, "10: no token at all");
    snprintf(path, sizeof path, "classifications/chart-of-accounts?max=100"
             "&page=%s", web_escape(next));
    get(path);
    is_int(web_count("results"), 4, "9: the rest");
    is_int(web_count("nextPage"), -1, "9: the end: no nextPage");
    control("switch?name=empty_page&value=always");
    get("bills?max=2");
    snprintf(path, sizeof path, "bills?max=2&page=%s",
             web_escape(keep(web_json("nextPage"))));
    get(path);
    is_int(web_count("results"), 0, "9: an empty page …");
    ok(*web_json("nextPage") != '\0', "9: … that still has a next one");
    get("vendors");
    is_int(web_count("results.0.additionalInfo"), -1, "14: a list is thinner");
    is_int(web_count("results.7.accountNumber"), -1,
           "13: what has no value is left out");
}

static void filters(void)
{
    static const struct {
        const char *list, *filter;
        int status, count;
    } rows[] = {
        { "bills", "vendorId:eq:" VENDOR, 200, 2 },
        { "bills", "vendorId:in:\"" VENDOR ",00901SBX00000000002\"", 200, 4 },
        { "bills", "vendorId:in:" VENDOR, 400, 0 },
        { "bills", "paymentStatus:ne:PAID", 200, 10 },
        { "bills", "archived:eq:true", 200, 1 },
        { "bills", "dueDate:gt:2026-12-15", 200, 2 },
        { "bills", "dueDate:lte:2026-11-29", 200, 2 },
        { "bills", "invoice.invoiceNumber:eq:CO-5501", 200, 1 },
        { "bills", "vendorId:eq:" VENDOR ",paymentStatus:eq:PAID", 200, 1 },
        { "vendors", "name:sw:\"Cedar\"", 200, 2 },
        { "vendors", "name:sw:Cedar", 400, 0 },
        { "vendors", "billCurrency:nin:\"USD\"", 200, 1 },
        { "payments", "amount:gte:1850", 200, 2 },
        { "payments", "amount:lt:170", 200, 1 },
        { "bills", "updatedTime:gte:\"2026-11-19T00:00:00.000Z\"", 200, 1 },
        { "bills", "updatedTime:gte:\"2026-11-19T00:00:00.000\"", 200, 1 },
        { "bills", "updatedTime:gte:\"2026-11-19T00:00:00\"", 200, 1 },
        { "bills", "updatedTime:gte:\"2026-11-19T00:00\"", 200, 1 },
        { "bills", "updatedTime:gte:\"2026-11-19\"", 200, 1 },
        { "bills", "updatedTime:gte:2026-11-19", 400, 0 },
        { "bills", "updatedTime:eq:\"2026-11-19\"", 400, 0 },
        { "bills", "nonsense:eq:1", 400, 0 },
        { "bills", "vendorId:like:x", 400, 0 },
        { "payments", "archived:eq:true", 400, 0 },
    };
    start(NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = filtered(rows[i].list, rows[i].filter);
        is_int(status, rows[i].status, "11, 12: %s %s", rows[i].list,
               rows[i].filter);
        if (status == 200)
            is_int(web_count("results"), rows[i].count, "how many: %s",
                   rows[i].filter);
    }
    is_int(get("bills?sort=updatedTime:desc"), 200, "sorted");
    is_text(web_json("results.0.invoice.invoiceNumber"), "LUM-12",
            "the newest first");
    is_int(get("bills?sort=description:asc"), 400, "not by anything");
}

/* --------------------------------------------------------------- writing */
#define LINE "{\"amount\":12.5,\"classifications\":{\"chartOfAccountId\":\"" \
             ACCOUNT "\"}}"
#define NEW_BILL(number)                                                       \
    "{\"vendorId\":\"" VENDOR "\",\"dueDate\":\"2026-12-01\","                 \
    "\"invoice\":{\"invoiceNumber\":\"" number                                 \
    "\",\"invoiceDate\":\"2026-11-01\"},\"billLineItems\":[" LINE "," LINE "]}"

static void writing(void)
{
    char path[400], body[900];
    start(NULL, NULL);
    is_int(send_body("POST", "bills", NEW_BILL("N-1")), 201, "15: created");
    const char *id = keep(web_json("id"));
    const char *line = keep(web_json("billLineItems.0.id"));
    const char *moved = keep(web_json("updatedTime"));
    is_text(web_json("amount"), "25", "15: the whole object, with its sum");
    is_int(send_body("POST", "bills", NEW_BILL("N-1")), 201,
           "19: the same again makes a second one");
    ok(strcmp(web_json("id"), id) != 0, "19: with an id of its own");
    snprintf(path, sizeof path, "bills/%s", id);
    is_int(send_body("PATCH", path, "{\"description\":\"x\"}"), 200,
           "15: changed");
    is_text(web_json("description"), "x", "15: as asked");
    ok(strcmp(web_json("updatedTime"), moved) > 0, "17: updatedTime moves");
    is_int(send_body("PATCH", path, "{\"billLineItems\":[" LINE "]}"), 400,
           "18: PATCH cannot change how many lines there are");
    snprintf(body, sizeof body,
             "{\"vendorId\":\"" VENDOR "\",\"dueDate\":\"2026-12-01\","
             "\"invoice\":{\"invoiceNumber\":\"N-1\",\"invoiceDate\":"
             "\"2026-11-01\"},\"billLineItems\":[{\"id\":\"%s\","
             "\"amount\":1},{\"amount\":2}]}",
             line);
    is_int(send_body("PUT", path, body), 200, "18: PUT");
    is_text(web_json("billLineItems.0.id"), line, "18: keeps a line's id");
    ok(*web_json("billLineItems.1.id") != '\0', "18: numbers a new one");
    is_text(web_json("description"), "", "18: and empties what is left out");
    is_int(send_body("DELETE", path, NULL), 405, "15: nothing is deleted");
    snprintf(path, sizeof path, "bills/%s/archive", id);
    is_int(send_body("POST", path, NULL), 200, "16: archived");
    is_text(web_json("archived"), "true", "16: it says so");
    is_int(send_body("POST", path, NULL), 200, "16: twice is no error");
    snprintf(path, sizeof path, "bills/%s/restore", id);
    send_body("POST", path, NULL);
    is_text(web_json("archived"), "false", "16: and back");
}

static void refusals(void)
{
    static const struct {
        const char *path, *body, *name;
    } rows[] = {
        { "bills", "{}", "20: a bill of nothing" },
        { "bills", "{\"vendorId\":\"x\",\"dueDate\":\"2026-12-01\","
          "\"invoice\":{\"invoiceNumber\":\"1\",\"invoiceDate\":"
          "\"2026-11-01\"},\"billLineItems\":[" LINE "]}",
          "20: an unknown vendor" },
        { "bills", "{\"vendorId\":\"00901SBX00000000007\","
          "\"dueDate\":\"2026-12-01\",\"invoice\":{\"invoiceNumber\":\"1\","
          "\"invoiceDate\":\"2026-11-01\"},\"billLineItems\":[" LINE "]}",
          "20: an archived vendor" },
        { "vendors", "{\"name\":\"x\"}", "21: a vendor without address" },
        { "vendors", "{\"name\":\"x\",\"address\":{\"line1\":\"1\","
          "\"city\":\"c\",\"country\":\"USA\"}}", "21: USA" },
        { "customers", "{\"name\":\"x\"}", "22: a customer without e-mail" },
        { "invoices", "{\"customerId\":\"0cu01SBX00000000001\"}",
          "23: customerId is not written" },
        { "invoices", "{\"customer\":\"0cu01SBX00000000001\"}",
          "23: nor a bare text" },
    };
    start(NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        is_int(send_body("POST", rows[i].path, rows[i].body), 400, "%s",
               rows[i].name);
    is_int(send_body("POST", "invoices",
                     "{\"customer\":{\"id\":\"0cu01SBX00000000001\"},"
                     "\"invoiceNumber\":\"I-1\",\"dueDate\":\"2026-12-01\","
                     "\"invoiceLineItems\":[{\"quantity\":1,\"price\":2}]}"),
           201, "23: customer: {id}");
    is_text(web_json("customerId"), "0cu01SBX00000000001",
            "23: is read as customerId");
    is_int(send_body("PATCH", "vendors/" VENDOR,
                     "{\"paymentInformation\":{\"bankAccount\":{}}}"),
           400, "28: the bank account is not changed here");
}

/* An array of `count` bodies. */
static const char *many(const char *body, int count)
{
    static char text[200000];
    size_t len = 0;
    for (int i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s",
                                i ? "," : "[", body);
    snprintf(text + len, sizeof text - len, "]");
    return text;
}

static void bulk(void)
{
    start(NULL, NULL);
    is_int(send_body("POST", "bills/bulk", many(NEW_BILL("B"), 2)), 201,
           "27: two bills");
    is_int(web_count(""), 2, "27: a plain array");
    is_int(send_body("POST", "bills/bulk", many(NEW_BILL("B"), 101)), 400,
           "27: 101 bills");
    is_int(send_body("POST", "bills/bulk", "[" NEW_BILL("GOOD") ",{}]"), 400,
           "27: one is wrong …");
    filtered("bills", "invoice.invoiceNumber:eq:GOOD");
    is_int(web_count("results"), 0, "27: … none is made");
    is_int(send_body("POST", "classifications/departments/bulk",
                     "[{\"name\":\"a\"},{\"name\":\"b\"}]"),
           201, "27: departments");
    is_int(web_count("departments"), 2, "27: an object with one member");
    is_int(send_body("POST", "classifications/departments/bulk",
                     many("{\"name\":\"a\"}", 51)),
           400, "27: 51 departments");
    is_int(send_body("POST", "vendors/bulk", many("{}", 21)), 400,
           "27: 21 vendors");
    char id[64], body[200], path[200];
    send_body("POST", "classifications/departments", "{\"name\":\"one\"}");
    snprintf(id, sizeof id, "%s", web_json("id"));
    snprintf(body, sizeof body, "[{\"id\":\"%s\",\"name\":\"two\"}]", id);
    is_int(send_body("PATCH", "classifications/departments/bulk", body), 200,
           "departments are changed in bulk");
    is_text(web_json("departments.0.name"), "two", "and come back whole");
    is_int(send_body("PATCH", "classifications/departments/bulk",
                     "[{\"id\":\"0deNONE\",\"name\":\"x\"}]"),
           400, "not one that is not there");
    is_int(send_body("PATCH", "vendors/bulk", "[]"), 405, "vendors are not");
    snprintf(path, sizeof path, "classifications/departments/bulk/archive?ids=%s",
             id);
    is_int(send_body("POST", path, ""), 200, "departments archived in bulk");
    is_text(web_json("departments.0.archived"), "true", "as they show");
    start("bill.bulk_partial=yes", NULL);
    send_body("POST", "classifications/departments/bulk",
              "[{\"name\":\"first\"},{}]");
    filtered("classifications/departments", "name:eq:first");
    is_int(web_count("results"), 1,
           "with bulk_partial those before the fault are made");
}

/* -------------------------------------------------------------- payments */
#define PAYMENT(more)                                                          \
    "{\"vendorId\":\"" VENDOR "\",\"billId\":\"" BILL "\",\"amount\":1,"       \
    "\"processDate\":\"2026-11-25\",\"fundingAccount\":{\"type\":"             \
    "\"BANK_ACCOUNT\"}" more "}"

static void trust(void)
{
    char body[300];
    send_body("POST", "mfa/challenge", "{\"useBackup\":false}");
    snprintf(body, sizeof body,
             "{\"challengeId\":\"%s\",\"token\":\"123456\",\"device\":"
             "\"test\",\"rememberMe\":true}",
             keep(web_json("challengeId")));
    send_body("POST", "mfa/challenge/validate", body);
    snprintf(body, sizeof body, "{\"rememberMeId\":\"%s\",\"device\":"
             "\"test\"}", keep(web_json("rememberMeId")));
    is_int(send_body("POST", "mfa/step-up", body), 200, "a trusted session");
}

static void payments(void)
{
    char path[200];
    start(NULL, NULL);
    is_int(send_body("POST", "payments",
                     PAYMENT(",\"processingOptions\":{}")),
           403, "24: not trusted");
    is_text(web_json("0.code"), "BDC_1361", "24: BDC_1361");
    trust();
    is_int(send_body("POST", "payments", PAYMENT("")), 400,
           "25: processingOptions must be there");
    is_int(send_body("POST", "payments",
                     PAYMENT(",\"processingOptions\":{},"
                             "\"transactionNumber\":\"123456789012345678901"
                             "234567890123456789012345678901\"")),
           400, "25: 51 characters");
    is_int(send_body("POST", "payments",
                     PAYMENT(",\"processingOptions\":{},"
                             "\"billPayments\":[{\"billId\":\"x\"}]")),
           201, "25: billPayments is ignored");
    is_int(web_count("billPayments"), -1, "25: and not kept");
    const char *id = keep(web_json("id"));
    snprintf(path, sizeof path, "payments/%s/cancel", id);
    is_int(send_body("POST", path, NULL), 200, "26: cancelled in time");
    is_int(send_body("POST", path, NULL), 400, "26: no more");
    get("bills/00n01SBX00000000006");
    const char *before = keep(web_json("updatedTime"));
    control("pay?payment=stp01SBX00000000003");
    get("bills/00n01SBX00000000006");
    is_text(web_json("paymentStatus"), "PAID", "17: BILL pays by itself");
    ok(strcmp(web_json("updatedTime"), before) > 0, "17: and the time moves");
    login_as("ledger sync", "sandbox-sync-token", KEY);
    is_int(send_body("POST", "payments",
                     PAYMENT(",\"processingOptions\":{}")),
           403, "24: a sync token pays nobody");
}

/* ---------------------------------------------------------------- events */
static int subscribe(const char *url, const char *key)
{
    char headers[600], body[600];
    snprintf(headers, sizeof headers, "%sX-Idempotent-Key: %s\r\n", session,
             key);
    snprintf(body, sizeof body,
             "{\"name\":\"t\",\"status\":{\"enabled\":true},\"events\":"
             "[{\"type\":\"bill.updated\",\"version\":\"1\"}],"
             "\"notificationUrl\":\"%s\"}",
             url);
    return web_call(port, "POST", "/connect-events/v3/subscriptions", headers,
                    body)
        ->status;
}

static void events(void)
{
    struct arena arena;
    int at = 0;
    char url[100], key[100], id[100], path[300];
    struct web_listener *l = web_listen(&at);
    arena_init(&arena);
    start("bill.hook_seconds=0", "bill.hook_twice=always");
    control("switch?name=hook_tries&value=1");
    snprintf(url, sizeof url, "http://127.0.0.1:%d/hook", at);
    is_int(subscribe(url, "no-uuid"), 400, "29: a version 4 UUID is wanted");
    is_int(subscribe("http://example.com/", UUID), 400, "30: plain http");
    is_int(subscribe(url, UUID), 200, "29: 200");
    snprintf(key, sizeof key, "%s", web_json("securityKey"));
    snprintf(id, sizeof id, "%s", web_json("id"));
    ok(*key != '\0', "29: the key, once");
    subscribe(url, UUID);
    is_text(web_json("id"), id, "29: the same key gets the first answer");
    snprintf(path, sizeof path, "/connect-events/v3/subscriptions/%s", id);
    web_call(port, "GET", path, session, NULL);
    is_text(web_json("securityKey"), "", "29: and never again");
    send_body("PATCH", "bills/" BILL, "{\"description\":\"hook\"}");
    const char *call = web_listen_take(l, 4000);
    ok(call != NULL, "31: a delivery");
    const char *body = call ? strstr(call, "\r\n\r\n") : NULL;
    if (body) {
        unsigned char mac[SHA256_LEN];
        crypto_hmac_sha256(text_of(key), text_of(body + 4), mac);
        struct text want = crypto_base64(
            &arena, (struct text){ (const char *)mac, SHA256_LEN });
        ok(strstr(call, text_cstr(&arena, want)) != NULL,
           "31: signed over the bytes sent");
        ok(strstr(body, "\"invoiceDate\":\"2026-10-27T00") != NULL,
           "33: invoiceDate is a date-time here");
    }
    ok(web_listen_take(l, 4000) != NULL, "31: it comes twice");
    get("bills/" BILL);
    is_text(web_json("invoice.invoiceDate"), "2026-10-27",
            "33: and a date in the API");
    send_body("PATCH", "classifications/departments/0de01SBX00000000001",
              "{\"name\":\"x\"}");
    ok(web_listen_take(l, 600) == NULL, "31: no event of classifications");
    web_listen_answer(l, 500);
    send_body("PATCH", "bills/" BILL, "{\"description\":\"again\"}");
    web_listen_take(l, 4000);
    for (int i = 0; i < 40; i++) {
        web_call(port, "GET", path, session, NULL);
        if (strcmp(web_json("status.enabled"), "false") == 0)
            break;
        web_listen_take(l, 50);
    }
    is_text(web_json("status.enabled"), "false",
            "32: switched off when the attempts are used up");
    snprintf(path, sizeof path,
             "/connect-events/v3/events/subscription/%s", id);
    web_call(port, "GET", path, session, NULL);
    ok(web_count("results") >= 2, "32: the events are kept");
    for (int i = 0; i < 9; i++) {
        char uuid[40];
        snprintf(uuid, sizeof uuid, "2f1c9f0e-3c55-4d1a-9d3e-0a1b2c3d4e%02d",
                 i);
        subscribe(url, uuid);
    }
    is_int(subscribe(url, "2f1c9f0e-3c55-4d1a-9d3e-0a1b2c3d4eff"), 400,
           "30: the eleventh subscription");
    web_listen_stop(l);
    arena_fini(&arena);
}

int main(void)
{
    sessions();
    limits();
    errors();
    lists();
    filters();
    writing();
    refusals();
    bulk();
    payments();
    events();
    sandbox_stop(box);
    return tap_done();
}
