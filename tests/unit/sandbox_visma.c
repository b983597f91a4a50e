/* The Visma.net sandbox against what is known of the vendor: one test or more
 * for each of the 33 things a faithful simulator must do, over real HTTP. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"

#include "base/arena.h"
#include "runtime/sandbox.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOON 1795176000000 /* 2026-11-20T12:00:00Z */
#define MAIN "7d1e4c60-1c5e-4a53-9a55-3f1f7b8a0c01"
#define SECOND "7d1e4c60-1c5e-4a53-9a55-3f1f7b8a0c02"
#define CUSTOMER "7d1e4c60-1c5e-4a53-9a55-3f1f7b8a0cff"
#define ALL                                                              \
    "vismanet_erp_service_api%3Acreate%20vismanet_erp_service_api%3Aread" \
    "%20vismanet_erp_service_api%3Aupdate%20vismanet_erp_service_api%3Adelete"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

static struct sandbox *box;
static int port;
static char bearer[200];

static void stop(void)
{
    sandbox_stop(box);
    box = NULL;
}

static const char *ask_token(const char *tenant, const char *scope)
{
    static char token[120];
    char body[600];
    snprintf(body, sizeof body,
             "grant_type=client_credentials&client_id=isv_sandbox&"
             "client_secret=sandbox-client-secret&scope=%s&tenant_id=%s",
             scope, tenant);
    web_call(port, "POST", "/connect/token", FORM, body);
    snprintf(token, sizeof token, "%s", web_json("access_token"));
    return token;
}

static void use(const char *tenant, const char *scope)
{
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s\r\n",
             ask_token(tenant, scope));
}

static void start(const char *one, const char *two, int size)
{
    static const char *const names[] = { "visma", NULL };
    const char *switches[] = { one, two, NULL };
    struct sandbox_options o = { .connectors = names,
                                 .start_ms = NOON,
                                 .size = size,
                                 .switches = switches };
    struct error err = { 0 };
    if (box)
        stop();
    if (sandbox_start(&o, &box, &err) != 0) {
        tap_diag("%s", err.text);
        exit(1);
    }
    port = web_port_of(sandbox_endpoint_of(box, "visma")->url);
    use(MAIN, ALL);
}

static int get(const char *target)
{
    return web_call(port, "GET", target, bearer, NULL)->status;
}

/* With more header lines, or NULL. */
static int send_with(const char *method, const char *target, const char *more,
                     const char *body)
{
    char headers[600];
    snprintf(headers, sizeof headers,
             "%s%sContent-Type: application/json\r\n", bearer,
             more ? more : "");
    return web_call(port, method, target, headers, body)->status;
}

static int put(const char *target, const char *body)
{
    return send_with("PUT", target, NULL, body);
}

static int post(const char *target, const char *body)
{
    return send_with("POST", target, NULL, body);
}

static int control(const char *target, const char *body)
{
    return web_call(port, "POST", target, NULL, body)->status;
}

static const char *keep(const char *text)
{
    static char ring[8][300];
    static int next;
    char *place = ring[next++ % 8];
    snprintf(place, 300, "%s", text);
    return place;
}

/* ------------------------------------------------------------ the lines */
static void signing_in(void)
{
    start(NULL, NULL, 0);
    is_int(get("/v1/branch"), 200, "1: a token of the company");
    bearer[0] = '\0';
    is_int(get("/v1/branch"), 401, "1: no token");
    snprintf(bearer, sizeof bearer, "Authorization: Bearer nobody\r\n");
    is_int(get("/v1/branch"), 401, "1: an unknown token");
    use(CUSTOMER, ALL);
    ok(strlen(bearer) > 30, "1: a customer's tenant gets a token");
    is_int(get("/v1/branch"), 401, "1: which is good for nothing");
    is_int(web_call(port, "POST", "/connect/token",
                    "Content-Type: application/json\r\n",
                    "{\"grant_type\":\"client_credentials\"}")
               ->status,
           400, "2: only a form");
    is_int(web_call(port, "POST", "/connect/token", FORM,
                    "grant_type=client_credentials&client_id=isv_sandbox&"
                    "client_secret=sandbox-client-secret&scope=" ALL)
               ->status,
           400, "2: without tenant_id");
    start("visma.expires_in=60", NULL, 0);
    is_int(get("/v1/branch"), 200, "2: the token lives");
    control("/_sandbox/clock?advance=61", NULL);
    is_int(get("/v1/branch"), 401, "2: and ends");
    use(MAIN, ALL);
    get("/v1/department/SERVICE");
    is_int(get("/v1/department/SERVICE"), 404, "3: not of this company");
    use(SECOND, ALL);
    is_int(get("/v1/department/SERVICE"), 200, "3: but of the other");
    use(MAIN, "vismanet_erp_service_api%3Aread");
    is_int(get("/v1/department"), 200, "4: may read");
    is_int(post("/v1/department", "{\"departmentId\":\"A\"}"), 403,
           "4: may not create");
    is_int(put("/v1/department/FIN", "{}"), 403, "4: may not update");
    is_int(send_with("DELETE", "/v1/department/FIN", NULL, NULL), 403,
           "4: may not delete");
}

static void lists(void)
{
    start("visma.page_cap=30", "visma.page_default=7", 40);
    get("/v1/employee?pageNumber=1&pageSize=10");
    is_int(web_count(""), 10, "5: a bare array");
    is_text(web_json("3.metadata.totalCount"), "44", "5: the total");
    is_text(web_json("9.metadata.maxPageSize"), "30", "5: the cap");
    get("/v1/employee?pageNumber=99&pageSize=10");
    is_text(web_json(""), "", "5: no members in");
    is_int(web_count(""), 0, "5: an empty list");
    is_int(get("/v1/employee?pageNumber=2&pageSize=5000"), 200,
           "6: a page too large is no error");
    is_int(web_count(""), 14, "6: it is cut at the cap");
    get("/v1/employee");
    is_int(web_count(""), 7, "7: a default page");
    static const char *const whole[] = { "account", "department", "dimension",
                                         "branch", "ledger",
                                         "financialPeriod" };
    for (size_t i = 0; i < 6; i++) {
        char path[100];
        snprintf(path, sizeof path, "/v1/%s", whole[i]);
        get(path);
        int all = web_count("");
        snprintf(path, sizeof path, "/v1/%s?pageNumber=2&pageSize=1",
                 whole[i]);
        get(path);
        is_int(web_count(""), all, "8: %s comes whole", whole[i]);
    }
}

#define LINE(account, side, amount)                                     \
    "{\"operation\":\"Insert\",\"accountNumber\":{\"value\":\"" account \
    "\"},\"subaccount\":[{\"segmentId\":1,\"segmentValue\":\"1\"},"      \
    "{\"segmentId\":2,\"segmentValue\":\"FIN\"}],\"" side               \
    "\":{\"value\":" amount "}}"
#define JOURNAL(more, lines)                                             \
    "{\"transactionDate\":{\"value\":\"2026-11-05T00:00:00\"}" more      \
    ",\"journalTransactionLines\":[" lines "]}"
#define TWO                                          \
    LINE("5000", "debitAmountInCurrency", "10.50") "," \
    LINE("2400", "creditAmountInCurrency", "10.50")

static void journals(void)
{
    start(NULL, NULL, 0);
    for (int i = 0; i < 3; i++)
        is_int(post("/v2/journaltransaction", JOURNAL("", TWO)), 201,
               "a batch of two lines");
    is_int(get("/v2/journaltransaction"), 400, "12: neither period nor time");
    is_int(get("/v2/journaltransaction?periodId=202611"), 200,
           "12: a period will do");
    is_text(web_json("0.metadata.totalCount"), "6", "9: lines are counted");
    get("/v2/journaltransaction?lastModifiedDateTime=2026-01-01&pageNumber=1"
        "&pageSize=3");
    is_int(web_count(""), 2, "9: two batches on the first page");
    is_int(web_count("1.journalTransactionLines"), 1, "9: the second is cut");
    const char *cut = keep(web_json("1.batchNumber"));
    get("/v2/journaltransaction?lastModifiedDateTime=2026-01-01&pageNumber=2"
        "&pageSize=3");
    is_text(web_json("0.batchNumber"), cut, "9: its rest is on the next");
    is_int(web_count("0.journalTransactionLines"), 1, "9: one line of it");
    is_int(post("/v2/journaltransaction",
                JOURNAL("", LINE("5000", "debitAmountInCurrency", "1"))),
           400, "a batch must balance");
    is_int(post("/v2/journaltransaction",
                JOURNAL(",\"postPeriod\":{\"value\":\"102026\"}", TWO)),
           201, "31: postPeriod is month first");
    get("/v2/journaltransaction?periodId=202610");
    is_int(web_count(""), 1, "31: the batch is in October");
    is_int(post("/v2/journaltransaction",
                JOURNAL(",\"financialPeriod\":{\"value\":\"202609\"}", TWO)),
           201, "31: financialPeriod is year first");
    is_int(post("/v2/journaltransaction",
                JOURNAL(",\"financialPeriod\":{\"value\":\"202512\"}", TWO)),
           400, "31: a closed period");
}

static void changes(void)
{
    start(NULL, NULL, 0);
    is_int(get("/v1/employee?lastModifiedDateTime=2026-01-01"), 400,
           "10: no condition");
    is_int(get("/v1/employee?lastModifiedDateTimeCondition=%3E"), 400,
           "10: no time");
    put("/v1/employee/3", "{\"calendar\":{\"value\":\"NORWAY\"}}");
    get("/v1/employee/3");
    const char *when = keep(web_json("lastModifiedDateTime"));
    static const struct {
        const char *op;
        int count;
    } cases[] = { { "%3E", 0 }, { "%3E%3D", 1 }, { "%3C", 3 },
                  { "%3C%3D", 4 } };
    for (size_t i = 0; i < 4; i++) {
        char path[200];
        snprintf(path, sizeof path,
                 "/v1/employee?lastModifiedDateTime=%s&"
                 "lastModifiedDateTimeCondition=%s",
                 when, cases[i].op);
        get(path);
        is_int(web_count(""), cases[i].count, "11: %s", cases[i].op);
    }
    static const char *const forms[] = {
        "2026-01-01", "2026-01-01%2010:00:00", "2026-01-01%2010:00:00.123",
        "2026-01-01T10:00:00", "2026-01-01T10:00:00.123",
    };
    for (size_t i = 0; i < 7; i++) {
        char path[200];
        snprintf(path, sizeof path,
                 "/v1/employee?lastModifiedDateTime=%s&"
                 "lastModifiedDateTimeCondition=%%3E",
                 i < 5   ? forms[i]
                 : i < 6 ? "2026-01-01T10:00:00Z"
                         : "2026-01-01T10:00:00%2B01:00");
        is_int(get(path), i < 5 ? 200 : 400, "11: form %zu", i + 1);
    }
}

#define EMPLOYEE(without)                                                   \
    "{\"employeeCd\":{\"value\":\"77\"},\"department\":{\"value\":\"FIN\"}," \
    "\"branch\":{\"value\":\"1\"},\"calendar\":{\"value\":\"NORWAY\"},"      \
    "\"contact\":{\"lastName\":{\"value\":\"Ås\"},\"email\":{\"value\":"     \
    "\"a@b.example\"}}" without "}"

static void creating(void)
{
    start(NULL, NULL, 0);
    is_int(post("/v1/employee",
                EMPLOYEE(",\"employeeClass\":{\"value\":\"SALARIED\"}")),
           201, "13: POST answers 201");
    is_text(web_header("Content-Length"), "0", "13: without a body");
    ok(strlen(web_header("ETag")) > 8, "13: with a version");
    ok(strstr(web_header("Location"), "http://127.0.0.1:") &&
           strstr(web_header("Location"), "/v1/employee/77"),
       "13: and an absolute address that ends in the key");
    is_int(post("/v1/employee",
                EMPLOYEE(",\"employeeClass\":{\"value\":\"SALARIED\"}")),
           400, "a key that is taken");
    is_int(post("/v1/employee", EMPLOYEE("")), 400, "18: no class");
    static const char *const members[] = {
        "employeeCd", "department", "employeeClass", "branch", "calendar",
        "contact", "lastName", "email",
    };
    for (size_t i = 0; i < 8; i++) {
        char body[900], name[40];
        snprintf(body, sizeof body, "%s",
                 "{\"employeeCd\":{\"value\":\"78\"},\"department\":{\"value\":"
                 "\"FIN\"},\"branch\":{\"value\":\"1\"},\"calendar\":{\"value\""
                 ":\"NORWAY\"},\"employeeClass\":{\"value\":\"SALARIED\"},"
                 "\"contact\":{\"lastName\":{\"value\":\"B\"},\"email\":"
                 "{\"value\":\"b@c.example\"}}}");
        snprintf(name, sizeof name, "\"%s\"", members[i]);
        char *at = strstr(body, name);
        if (i == 5)
            memcpy(at - 1, "}", 2);
        else /* an empty text is no value */
            for (char *p = strstr(at, "\":\"") + 3, *q = strchr(p, '"'); p < q;)
                memmove(p, q, strlen(q) + 1), q = p;
        is_int(post("/v1/employee", body), 400, "18: without %s", members[i]);
    }
}

static void updating(void)
{
    start(NULL, NULL, 0);
    get("/v1/employee/3");
    const char *etag = keep(web_header("ETag"));
    const char *stamp = keep(web_json("timeStamp"));
    const char *when = keep(web_json("lastModifiedDateTime"));
    ok(strlen(stamp) == 12 && strstr(etag, stamp), "23: ETag is timeStamp");
    get("/v1/employee?pageNumber=1&pageSize=1");
    is_text(web_json("0.timeStamp"), stamp, "23: in the list too");
    is_text(web_header("ETag"), "", "23: which has no ETag");
    is_int(put("/v1/employee/3",
               "{\"contact\":{\"firstName\":{\"value\":\"Karla\"}}}"),
           204, "14: PUT answers 204");
    is_text(web_header("Content-Length"), "", "14: without a body");
    ok(strcmp(web_header("ETag"), etag) != 0, "14: with a new version");
    get("/v1/employee/3");
    is_text(web_json("contact.firstName"), "Karla", "15: what was sent");
    is_text(web_json("contact.lastName"), "Bakker", "15: the rest is kept");
    ok(strcmp(web_json("lastModifiedDateTime"), when) >= 0 &&
           strcmp(web_json("timeStamp"), stamp) != 0,
       "30: changed now");
    put("/v1/employee/3", "{\"contact\":{\"firstName\":{\"value\":\"\"}}}");
    get("/v1/employee/3");
    is_text(web_json("contact.firstName"), "", "15: an empty text clears");
    char match[100];
    snprintf(match, sizeof match, "If-Match: %s\r\n", etag);
    is_int(send_with("PUT", "/v1/employee/3", match, "{}"), 412,
           "22: an old version");
    snprintf(match, sizeof match, "If-Match: %s\r\n", web_header("ETag"));
    get("/v1/employee/3");
    snprintf(match, sizeof match, "If-Match: %s\r\n", web_header("ETag"));
    is_int(send_with("PUT", "/v1/employee/3", match, "{}"), 204,
           "22: the version it has");
    is_int(put("/v1/employee/3", "{}"), 204, "22: none at all");
    control("/_sandbox/clock?advance=100", NULL);
    control("/_sandbox/upgrade?entity=employee", NULL);
    get("/v1/employee?lastModifiedDateTime=2026-11-20T12:01:00&"
        "lastModifiedDateTimeCondition=%3E");
    is_int(web_count(""), 4, "30: an upgrade touches all rows");
}

static void wrapping(void)
{
    start(NULL, NULL, 0);
    is_int(put("/v1/employee/3", "{\"calendar\":\"NORWAY\"}"), 400,
           "16: a bare value where it must be wrapped");
    is_int(post("/v1/department", "{\"departmentId\":{\"value\":\"X\"}}"), 400,
           "16: a wrapped one where it must be bare");
    is_int(post("/v1/department",
                "{\"departmentId\":\"X\",\"description\":{\"value\":\"x\"}}"),
           201, "16: each as it must be");
    is_int(put("/v1/supplier/50000",
               "{\"mainAddress\":{\"city\":{\"value\":\"Oslo\"}}}"),
           400, "17: an address wrapped once");
    is_int(put("/v1/supplier/50000",
               "{\"mainAddress\":{\"value\":{\"city\":\"Oslo\"}}}"),
           400, "17: or only outside");
    is_int(put("/v1/supplier/50000",
               "{\"mainAddress\":{\"value\":{\"city\":{\"value\":\"Oslo\"}}}}"),
           204, "17: twice");
    is_int(put("/v1/customer/10000",
               "{\"mainContact\":{\"value\":{\"email\":{\"value\":\"a@b.example"
               "\"}}}}"),
           204, "17: of a customer too");
    is_int(put("/v1/employee/3",
               "{\"address\":{\"value\":{\"city\":{\"value\":\"Oslo\"}}}}"),
           400, "17: not of an employee");
    is_int(put("/v1/employee/3",
               "{\"address\":{\"city\":{\"value\":\"Hamar\"}}}"),
           204, "17: whose leaves are wrapped");
    is_int(put("/v1/employee/3", "{\"status\":{\"value\":\"OnHold\"}}"), 400,
           "19: OnHold is not written");
    is_int(put("/v1/employee/3", "{\"status\":{\"value\":\"Hold\"}}"), 204,
           "19: Hold is");
    get("/v1/employee/3");
    is_text(web_json("status"), "OnHold", "19: and read as OnHold");
    is_int(put("/v1/account/5000", "{\"externalCode1\":{\"value\":\"A\"}}"),
           400, "20: spelt right, refused");
    is_int(put("/v1/account/5000", "{\"extenalCode1\":{\"value\":\"A\"}}"),
           204, "20: misspelt, taken");
    get("/v1/account/5000");
    is_text(web_json("externalCode1Info.number"), "A", "20: read elsewhere");
    is_int(put("/v1/employee/3", "{\"branch\":{\"value\":\"77\"}}"), 400,
           "a branch that is not there");
}

#define DEPARTMENT(segments) \
    "{\"expenseSubaccount\":[" segments "]}"

static void dimensions(void)
{
    start(NULL, NULL, 0);
    is_int(put("/v1/department/FIN",
               DEPARTMENT("{\"segmentId\":2,\"segmentValue\":\"FIN\"}")),
           400, "21: a segment is missing");
    is_int(put("/v1/department/FIN",
               DEPARTMENT("{\"segmentId\":1,\"segmentValue\":\"1\"},"
                          "{\"segmentId\":2,\"segmentValue\":\"LAB\"}")),
           400, "21: a value that is not there");
    is_int(put("/v1/department/FIN",
               DEPARTMENT("{\"segmentId\":1,\"segmentValue\":\"1\"},"
                          "{\"segmentId\":2,\"segmentValue\":\"GEN\"}")),
           204, "21: all segments");
    get("/v1/department/FIN");
    is_text(web_json("expenseSubaccount.id"), "1-GEN", "21: read as one");
    get("/v1/dimension");
    is_text(web_json("3"), "SUBACCOUNT", "29: a list of bare texts");
    get("/v1/dimension/SUBACCOUNT");
    is_int(web_count("segments.1.segmentValues"), 0, "28: values only when");
    get("/v1/dimension/SUBACCOUNT?expandSegmentsValues=true");
    is_int(web_count("segments.1.segmentValues"), 10, "28: they are asked for");
    is_int(put("/v1/dimension/SUBACCOUNT/2",
               "{\"dimensionId\":\"SUBACCOUNT\",\"segementId\":2,"
               "\"segmentValues\":[{\"operation\":\"Insert\",\"value\":\"LAB\","
               "\"description\":{\"value\":\"Research\"}}]}"),
           204, "29: a value is added");
    is_int(get("/v1/dimension/SUBACCOUNT/2/LAB"), 200, "29: it is there");
    is_int(put("/v1/dimension/SUBACCOUNT/2",
               "{\"dimensionId\":\"SUBACCOUNT\",\"segementId\":2,"
               "\"segmentValues\":[{\"operation\":\"Insert\",\"value\":\"LAB\"}"
               "]}"),
           500, "29: a failure is a 500");
    is_int(put("/v1/dimension/SUBACCOUNT/2",
               "{\"dimensionId\":\"SUBACCOUNT\",\"segmentId\":2,"
               "\"segmentValues\":[]}"),
           500, "20: segementId is spelt so");
    get("/v1/supplier/50000");
    is_text(web_json("note"), "", "28: a note only when");
    get("/v1/supplier/50000?expandNote=true");
    is_text(web_json("note"), "by hand", "28: it is asked for");
    is_int(web_count("glAccounts"), -1, "28: accounts neither");
    get("/v1/supplier?expandAccountInformation=true");
    is_text(web_json("0.glAccounts.expenseAccount.number"), "6300",
            "28: in a list too");
}

#define INVOICE                                                            \
    "{\"supplierNumber\":{\"value\":\"50000\"},\"date\":{\"value\":"        \
    "\"2026-11-05T00:00:00\"},\"invoiceLines\":[{\"operation\":\"Insert\"," \
    "\"accountNumber\":{\"value\":\"6300\"},\"costInCurrency\":{\"value\":" \
    "100},\"subaccount\":[{\"segmentId\":1,\"segmentValue\":\"1\"},"        \
    "{\"segmentId\":2,\"segmentValue\":\"FIN\"}]}]}"

static const char *new_invoice(void)
{
    post("/v1/supplierInvoice", INVOICE);
    const char *at = strstr(web_header("Location"), "/v1/");
    return keep(at ? at : "/nowhere");
}

static void deleting(void)
{
    start(NULL, NULL, 0);
    is_int(send_with("DELETE", "/v1/employee/3", NULL, NULL), 405,
           "24: employees stay");
    start("visma.no_delete=404", NULL, 0);
    is_int(send_with("DELETE", "/v1/department/FIN", NULL, NULL), 404,
           "24: or are not found");
    const char *invoice = new_invoice();
    ok(strstr(invoice, "/v1/supplierInvoice/Invoice/") != NULL,
       "13: the key of an invoice has two parts");
    is_int(get(invoice), 200, "33: it must be read back");
    is_text(web_json("balance"), "100", "with what the server reckoned");
    is_int(send_with("DELETE", invoice, NULL, NULL), 204, "24: an invoice goes");
    is_int(get(invoice), 404, "24: and is gone");
    invoice = new_invoice();
    char path[300];
    snprintf(path, sizeof path, "%s/action/release", invoice);
    is_int(post(path, "{}"), 200, "a release is a call of its own");
    is_int(send_with("DELETE", invoice, NULL, NULL), 400,
           "24: a released invoice stays");
    ok(strlen(web_json("message")) > 5, "24: with a message");
    is_int(put(invoice, "{\"description\":{\"value\":\"x\"}}"), 400,
           "and does not change");
}

static void limits(void)
{
    start("visma.hour_limit=3", NULL, 0);
    get("/v1/branch");
    is_text(web_header("X-RateLimit-Limit"), "3", "25: the limit");
    is_text(web_header("X-RateLimit-Remaining"), "2", "25: what is left");
    is_text(web_header("X-RateLimit-Policy"), "4-fixed-window", "25: policy");
    get("/v1/nothing");
    is_text(web_header("X-RateLimit-Remaining"), "1", "25: of every answer");
    get("/v1/branch");
    is_int(get("/v1/branch"), 429, "25: used up");
    long wait = strtol(web_header("Retry-After"), NULL, 10);
    ok(wait > 0 && wait <= 3601, "25: with the seconds to wait");
    is_text(web_header("X-RateLimit-Remaining"), "0", "25: nothing left");
    control("/_sandbox/clock?advance=3600", NULL);
    use(MAIN, ALL);
    is_int(get("/v1/branch"), 200, "25: the next hour");
}

static void background(void)
{
    start("visma.background_seconds=60", NULL, 0);
    is_int(send_with("PUT", "/v1/employee/3", "erp-api-background: none\r\n",
                     "{\"calendar\":\"NORWAY\"}"),
           202, "26: runs apart");
    const char *id = keep(web_json("id"));
    ok(strstr(web_json("stateLocation"), id) != NULL, "26: says where");
    char path[200];
    snprintf(path, sizeof path, "/v1/background/%s", id);
    get(path);
    is_text(web_json("status"), "Started", "26: at first it runs");
    is_text(web_json("statusCode"), "0", "26: without an outcome");
    control("/_sandbox/clock?advance=61", NULL);
    get(path);
    is_text(web_json("status"), "Finished", "26: then it has run");
    is_text(web_json("statusCode"), "400", "26: and failed inside");
    control("/_sandbox/clock?advance=86400", NULL);
    use(MAIN, ALL);
    is_int(get(path), 404, "26: forgotten after a day");
    is_int(send_with("PUT", "/v1/employee/3",
                     "erp-api-background: https://example.com/\r\n", "{}"),
           400, "26: an address is no longer taken");
}

static void addresses(void)
{
    start(NULL, NULL, 0);
    is_int(get("/v1/employee/b64(Mw)"), 200, "27: b64 of 3");
    is_int(post("/v1/department", "{\"departmentId\":\"A/B C\"}"), 201,
           "a key that does not fit");
    is_int(get("/v1/department/b64(QS9CIEM)"), 200, "27: is coded");
    is_int(get("/API/controller/api/v1/branch"), 200, "the old host's path");
    is_int(get("/v1/customer/internal/6001"), 200, "by internal id");
    is_int(post("/v1/employee/action/changeEmployeeCd/3",
                "{\"employeeNr\":{\"value\":\"3A\"}}"),
           200, "a key changes by an action");
    is_int(get("/v1/employee/3A"), 200, "and is the new one");
}

static void webhooks(void)
{
    int at;
    char path[200];
    start(NULL, NULL, 0);
    struct web_listener *l = web_listen(&at);
    snprintf(path, sizeof path,
             "/_sandbox/subscribe?url=http://127.0.0.1:%d/hook", at);
    control(path, NULL);
    put("/v1/department/FIN", "{\"description\":{\"value\":\"F\"}}");
    post("/v1/subaccount",
         "{\"subaccountNumber\":{\"value\":\"2-FIN\"}}");
    post("/v2/journaltransaction", JOURNAL("", TWO));
    ok(web_listen_take(l, 700) == NULL,
       "32: none of departments, subaccounts and journals");
    control("/_sandbox/edit?entity=customer&key=10000&gone=1", NULL);
    ok(web_listen_take(l, 700) == NULL, "32: none of deletions");
    control("/_sandbox/edit?entity=account&key=6300&gone=1", NULL);
    const char *said = web_listen_take(l, 3000);
    ok(said && strstr(said, "Deleted"), "32: but of accounts");
    put("/v1/employee/3", "{\"calendar\":{\"value\":\"NORWAY\"}}");
    said = web_listen_take(l, 3000);
    ok(said && strstr(said, "/v1/employee/3") && strstr(said, "Changed"),
       "an employee's change points at it");
    ok(said && !strstr(said, "Bakker"), "and carries nothing of it");
    web_listen_stop(l);
}

static void switched(void)
{
    start("visma.errors=visma_id", "visma.unknown_members=ignore", 0);
    get("/v1/employee/none");
    ok(strncmp(web_json("message"), "VismaId: ", 9) == 0, "VismaId in front");
    is_int(put("/v1/employee/3", "{\"nonsense\":1}"), 204,
           "unknown members ignored");
    start("visma.errors=gateway", "visma.null=refuse", 0);
    get("/v1/employee/none");
    is_text(web_json("ExceptionType"), "IPPException", "the old gateway");
    is_int(put("/v1/employee/3", "{\"calendar\":{\"value\":null}}"), 400,
           "null refused");
    start("visma.numbering=manual", "visma.rules=500", 0);
    is_int(post("/v1/supplier", "{\"name\":{\"value\":\"A\"}}"), 500,
           "no number given, said with 500");
    is_int(post("/v1/supplier",
                "{\"name\":{\"value\":\"A\"},\"number\":{\"value\":\"A1\"}}"),
           201, "a number given");
    start("visma.times=offset", NULL, 0);
    get("/v1/employee/3");
    ok(strstr(web_json("lastModifiedDateTime"), "+01:00") != NULL,
       "times with an offset");
}

int main(void)
{
    signing_in();
    lists();
    journals();
    changes();
    creating();
    updating();
    wrapping();
    dimensions();
    deleting();
    limits();
    background();
    addresses();
    webhooks();
    switched();
    stop();
    return tap_done();
}
