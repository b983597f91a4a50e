/* The Rippling sandbox against what is known of the vendor: one test or more
 * for each of the 36 things a faithful simulator must do, over real HTTP. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"

#include "base/arena.h"
#include "runtime/sandbox.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOON 1795176000000 /* 2026-11-20T12:00:00Z */

static struct sandbox *box;
static int port;
static char bearer[200];

static void stop(void)
{
    sandbox_stop(box);
    box = NULL;
}

static void use_token(const char *token)
{
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s\r\n", token);
}

static const char *secret(const char *name)
{
    const struct sandbox_endpoint *e = sandbox_endpoint_of(box, "rippling");
    for (const struct sandbox_fact *f = e->secrets; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f->value;
    return "";
}

static void start(const char *one_switch, const char *fault, int size)
{
    static const char *const names[] = { "rippling", NULL };
    const char *switches[] = { one_switch, NULL };
    const char *faults[] = { fault, NULL };
    struct sandbox_options o = { .connectors = names,
                                 .start_ms = NOON,
                                 .size = size,
                                 .switches = switches,
                                 .faults = faults };
    struct error err = { 0 };
    if (box)
        stop();
    if (sandbox_start(&o, &box, &err) != 0) {
        tap_diag("%s", err.text);
        exit(1);
    }
    port = web_port_of(sandbox_endpoint_of(box, "rippling")->url);
    use_token(secret("api_key"));
}

static int get(const char *target)
{
    return web_call(port, "GET", target, bearer, NULL)->status;
}

static int send_body(const char *method, const char *target, const char *body)
{
    char headers[400];
    snprintf(headers, sizeof headers, "%sContent-Type: application/json\r\n",
             bearer);
    return web_call(port, method, target, headers, body)->status;
}

static int control(const char *target)
{
    return web_call(port, "POST", target, NULL, NULL)->status;
}

/* Copies of members, since an answer lives until the next call. */
static const char *keep(const char *text)
{
    static char ring[16][300];
    static int next;
    char *place = ring[next++ % 16];
    snprintf(place, 300, "%s", text);
    return place;
}

/* Position of the first result whose member `name` is `value`; -1. */
static int where(const char *list, const char *name, const char *value)
{
    char path[200];
    for (int i = 0; i < web_count(list); i++) {
        snprintf(path, sizeof path, "%s%s%d.%s", list, *list ? "." : "", i,
                 name);
        if (strcmp(web_json(path), value) == 0)
            return i;
    }
    return -1;
}

static const char *member(const char *list, int at, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s%s%d.%s", list, *list ? "." : "", at, name);
    return web_json(path);
}

static const char *department_id(const char *code)
{
    get("/departments/?limit=100");
    return keep(member("results", where("results", "reference_code", code),
                       "id"));
}

static const char *worker_id(const char *email)
{
    get("/workers/?limit=100");
    return keep(member("results", where("results", "work_email", email),
                       "id"));
}

/* ------------------------------------------------------------ the lines */
static void generations_and_tokens(void)
{
    start(NULL, NULL, 0);
    get("/platform/api/departments?limit=100&offset=0");
    is_int(web_count(""), 12, "1: v1 answers with a bare array");
    get("/departments/");
    is_int(web_count("results"), 12, "1: REST answers with results");
    ok(web_count("__meta") >= 0, "1: REST has __meta");
    is_text(web_json("next_link"), "null", "1: REST has next_link");
    use_token("nobody");
    is_int(get("/departments/"), 401, "2: unknown token, REST");
    is_int(get("/platform/api/departments"), 401, "2: unknown token, v1");
    bearer[0] = '\0';
    is_int(get("/departments/"), 401, "2: no token");
    use_token(secret("api_key"));
    is_int(get("/departments"), 200, "35: without the trailing slash");
    is_int(get("/departments/"), 200, "35: with it");
}

static void rights(void)
{
    start(NULL, NULL, 0);
    control("/_sandbox/rights?worker=1&has=no");
    is_int(get("/workers/"), 403, "4: the owner lost the rights");
    control("/_sandbox/rights?worker=1&has=yes");
    is_int(get("/workers/"), 200, "4: and got them back");
    control("/_sandbox/remove?table=entitlements&key=API_Tier_2");
    is_int(get("/compensations/"), 403, "4: entitlement is off");
    is_int(get("/workers/"), 200, "4: others are not touched");
    control("/_sandbox/terminate?worker=1");
    is_int(get("/workers/"), 401, "3: the installing admin left, REST");
    is_int(get("/platform/api/employees"), 401, "3: and v1");
}

static void scopes(void)
{
    start(NULL, NULL, 0);
    control("/_sandbox/token?scopes=employee:title");
    use_token(keep(web_json("id")));
    get("/platform/api/employees");
    is_int(web_count("0"), 4, "5: three members always, one by scope");
    ok(strlen(web_json("0.id")) == 24, "5: id");
    ok(*web_json("0.personalEmail") != '\0', "5: personalEmail");
    is_text(web_json("0.roleState"), "ACTIVE", "5: roleState");
    ok(*web_json("0.title") != '\0', "5: the granted one");
    control("/_sandbox/token?scopes=workers.read%20departments.read");
    use_token(keep(web_json("id")));
    is_int(get("/workers/?limit=1"), 200, "6: hidden fields are no error");
    ok(where("__meta.redacted_fields", "name", "date_of_birth") >= 0,
       "6: the hidden one is listed");
    ok(*member("__meta.redacted_fields", 0, "reason") != '\0',
       "6: with a reason");
    is_text(web_json("results.0.date_of_birth"), "", "6: and absent");
    is_int(get("/users/"), 403, "4: no scope for the resource");
}

static void paging(void)
{
    static char link[600];
    start(NULL, NULL, 130);
    get("/workers/");
    is_int(web_count("results"), 50, "7: 50 by default");
    get("/workers/?limit=500");
    is_int(web_count("results"), 100, "7: never more than 100");
    get("/workers/?limit=70&expand=department&order_by=created_at");
    snprintf(link, sizeof link, "%s", web_json("next_link"));
    ok(strstr(link, "expand=department") && strstr(link, "created_at") &&
           strstr(link, "limit=70") && strstr(link, "cursor="),
       "8: next_link repeats the parameters");
    get(link);
    is_int(web_count("results"), 60, "8: the rest");
    ok(web_count("results.0.department") > 0, "8: still expanded");
    is_text(web_json("next_link"), "null", "8: null on the last page");
    control("/_sandbox/switch?name=next_link&value=path");
    get("/workers/?limit=70");
    ok(strncmp(web_json("next_link"), "/workers/", 9) == 0, "9: path only");
    control("/_sandbox/switch?name=next_link&value=foreign");
    get("/workers/?limit=70");
    ok(strstr(web_json("next_link"), "ripplingapis.example") != NULL,
       "9: foreign host");
    get("/platform/api/employees/include_terminated?send_all_roles=true&"
        "limit=100&offset=100");
    is_int(web_count(""), 30, "10: limit and offset");
    get("/platform/api/departments?limit=10&offset=500");
    is_int(web_count(""), 0, "10: empty past the end");
    control("/_sandbox/switch?name=limit_over&value=refuse");
    is_int(get("/workers/?limit=101"), 400, "7: or refused, by a switch");
    is_int(get("/workers/?cursor=zz"), 400, "8: a cursor that is none");
}

static void cursor_walks_all_once(void)
{
    int seen = 0;
    char link[600] = "/workers/?limit=30";
    static char ids[140][32];
    bool twice = false;
    start(NULL, NULL, 130);
    while (*link) {
        get(link);
        for (int i = 0; i < web_count("results"); i++) {
            snprintf(ids[seen], 32, "%s", member("results", i, "id"));
            for (int j = 0; j < seen; j++)
                twice |= strcmp(ids[j], ids[seen]) == 0;
            seen++;
        }
        snprintf(link, sizeof link, "%s", web_json("next_link"));
        if (strcmp(link, "null") == 0)
            link[0] = '\0';
    }
    is_int(seen, 130, "8: the pages hold everybody");
    ok(!twice, "8: and nobody twice");
}

static void filters(void)
{
    char target[600];
    start(NULL, NULL, 0);
    get("/workers/?worker_id=nobody&date=x&sort=name&limit=100");
    is_int(web_count("results"), 41, "11: unknown parameters are ignored");
    const char *worker = worker_id("daan.visser@tulip.example");
    snprintf(target, sizeof target, "/leave-requests/?filter=%s",
             web_escape("start_date ge 2026-11-21"));
    is_int(get(target), 200, "12: a bare date");
    is_int(web_count("results"), 1, "12: and it filters");
    snprintf(target, sizeof target, "/leave-requests/?filter=%s%s%s",
             web_escape("worker_id eq '"), worker, "%27");
    is_int(get(target), 200, "12: quoted text");
    is_int(web_count("results"), 1, "12: one request");
    snprintf(target, sizeof target, "/leave-requests/?filter=%s",
             web_escape("start_date eq '2026-11-30'"));
    is_int(get(target), 400, "12: a quoted date is refused");
    ok(strstr(web_json("detail"), "wrong type") != NULL, "12: with its reason");
    snprintf(target, sizeof target, "/workers/?filter=%s&limit=100",
             web_escape("status eq 'TERMINATED'"));
    get(target);
    is_int(web_count("results"), 6, "13: status is filterable");
    snprintf(target, sizeof target, "/workers/?filter=%s&limit=100",
             web_escape("title eq 'Accountant'"));
    get(target);
    is_int(web_count("results"), 41, "13: title is not, and is ignored");
    snprintf(target, sizeof target, "/departments/?filter=%s",
             web_escape("name eq 'Sales'"));
    get(target);
    is_int(web_count("results"), 12, "13: departments have no filter");
    snprintf(target, sizeof target, "/workers/?filter=%s",
             web_escape("updated_at ge 2026-11-10T00:00:00"));
    get(target);
    int bare = web_count("results");
    snprintf(target, sizeof target, "/workers/?filter=%s",
             web_escape("updated_at ge '2026-11-10T00:00:00'"));
    get(target);
    ok(bare > 0 && bare < 41, "13: updated_at narrows");
    is_int(web_count("results"), bare, "13: quoted or not, by default");
    control("/_sandbox/switch?name=time_quotes&value=bare");
    is_int(get(target), 400, "13: or only bare, by a switch");
    control("/_sandbox/switch?name=spec&value=2025");
    get(target);
    is_int(get("/titles/"), 404, "13: older descriptions have no titles");
}

static bool is_sorted(const char *name, bool descending)
{
    char last[64] = "";
    bool sorted = true;
    for (int i = 0; i < web_count("results"); i++) {
        const char *value = member("results", i, name);
        int order = strcmp(last, value);
        if (i > 0 && (descending ? order < 0 : order > 0))
            sorted = false;
        snprintf(last, sizeof last, "%s", value);
    }
    return sorted;
}

static void orders_and_expands(void)
{
    start(NULL, NULL, 0);
    get("/workers/?order_by=updated_at&limit=100");
    ok(is_sorted("updated_at", false), "14: ascending");
    get("/workers/?order_by=updated_at%20desc&limit=100");
    ok(is_sorted("updated_at", true), "14: descending");
    get("/workers/?order_by=created_at&limit=100");
    ok(is_sorted("created_at", false), "14: created_at");
    get("/workers/?order_by=id&limit=100");
    ok(is_sorted("id", false), "14: id");
    int emma = where("results", "work_email", "emma.smit@tulip.example");
    is_text(member("results", emma, "department"), "null",
            "15: a relation is null");
    ok(strlen(member("results", emma, "department_id")) == 24, "15: its id is not");
    get("/workers/?expand=department,manager,manager.level&limit=100");
    emma = where("results", "work_email", "emma.smit@tulip.example");
    is_text(member("results", emma, "department.name"), "Sales",
            "15: expanded");
    is_text(member("results", emma, "manager.level.name"), "Board",
            "15: two levels");
    is_text(member("results", emma, "manager.department"), "null",
            "15: only what was named");
    is_int(get("/workers/?expand=manager.manager.level"), 400,
           "15: not three levels");
    is_int(get("/workers/?expand=a,b,c,d,e,f,g,h,i,j,k"), 400,
           "15: not eleven names");
}

static void leavers(void)
{
    start(NULL, NULL, 0);
    get("/workers/?limit=100");
    int dina = where("results", "work_email", "dina.prins@tulip.example");
    is_text(member("results", dina, "status"), "TERMINATED", "16: in the list");
    is_text(member("results", dina, "end_date"), "2026-11-10", "16: end_date");
    is_text(member("results", dina, "termination_details.type"), "VOLUNTARY",
            "16: why");
    get("/platform/api/employees?limit=100");
    is_int(where("", "workEmail", "dina.prins@tulip.example"), -1,
           "16: not in v1");
    is_int(where("", "workEmail", "jonas.deboer@tulip.example"), -1,
           "17: not who is not provisioned");
    ok(where("", "roleState", "TERMINATED") < 0 &&
           where("", "roleState", "ACCEPTED") < 0,
       "17: only ACTIVE ones");
    get("/platform/api/employees/include_terminated?limit=100");
    ok(where("", "workEmail", "dina.prins@tulip.example") >= 0, "17: leavers");
    is_int(where("", "workEmail", "jonas.deboer@tulip.example"), -1,
           "17: still by the app's access");
    get("/platform/api/employees/include_terminated?send_all_roles=true&"
        "limit=100");
    is_int(web_count(""), 41, "17: everybody");
    int emma = where("", "workEmail", "emma.smit@tulip.example");
    is_text(member("", emma, "department"), "Sales", "18: a name");
    is_text(member("", emma, "customFields.Cost unit"), "CORE",
            "18: by title");
}

static void writing(void)
{
    char target[200];
    start(NULL, NULL, 0);
    int status = send_body("POST", "/workers/", "{\"title\":\"x\"}");
    ok(status == 405 || status == 404, "19: no POST of workers");
    snprintf(target, sizeof target, "/workers/%s/",
             worker_id("emma.smit@tulip.example"));
    status = send_body("PATCH", target, "{\"title\":\"x\"}");
    ok(status == 405 || status == 404, "19: no PATCH either");
    is_int(send_body("POST", "/departments/",
                     "{\"name\":\"Press\",\"reference_code\":\"PRS\"}"),
           200, "20: a create answers 200");
    const char *first = keep(web_json("id"));
    is_int(send_body("POST", "/departments/",
                     "{\"name\":\"Press\",\"reference_code\":\"PRS\"}"),
           200, "29: twice the same");
    ok(strcmp(first, web_json("id")) != 0, "29: makes two");
    is_int(send_body("POST", "/titles/", "{\"name\":\"Poet\"}"), 200, "20: titles");
    snprintf(target, sizeof target, "/titles/%s/", keep(web_json("id")));
    is_int(send_body("DELETE", target, NULL), 204, "20: a delete answers 204");
    is_int(send_body("POST", "/platform/api/groups",
                     "{\"name\":\"g\",\"spokeId\":\"s1\",\"users\":[]}"),
           201, "20: v1 groups answer 201");
    is_int(send_body("POST", "/departments/", "{\"reference_code\":\"X\"}"),
           400, "21: a department needs a name");
    is_int(send_body("POST", "/work-locations/", "{\"name\":\"X\"}"), 400,
           "21: a place needs an address");
    is_int(send_body("POST", "/work-locations/",
                     "{\"name\":\"X\",\"address\":{\"country\":\"NL\"}}"),
           200, "21: with both it goes");
    snprintf(target, sizeof target, "/departments/%s/", first);
    is_int(send_body("DELETE", target, NULL), 405, "22: departments stay");
    is_int(send_body("PATCH", target, "{\"name\":\"Media\"}"), 200,
           "20: but change");
    is_text(web_json("reference_code"), "PRS", "20: in part");
    is_int(send_body("POST", "/departments", "{\"name\":\"Lost\"}"), 301,
           "35: a write without the slash is sent elsewhere");
}

static void idempotency_key_is_no_help(void)
{
    char headers[400];
    start(NULL, NULL, 0);
    snprintf(headers, sizeof headers,
             "%sContent-Type: application/json\r\nIdempotency-Key: k1\r\n",
             bearer);
    web_call(port, "POST", "/departments/", headers, "{\"name\":\"Twin\"}");
    const char *one = keep(web_json("id"));
    web_call(port, "POST", "/departments/", headers, "{\"name\":\"Twin\"}");
    ok(strcmp(one, web_json("id")) != 0, "29: an Idempotency-Key changes nothing");
}

static void leave(void)
{
    char body[600], target[200];
    start("rippling.leave_seconds=5", NULL, 0);
    const char *worker = worker_id("daan.visser@tulip.example");
    get("/leave-types/");
    const char *type =
        keep(member("results", where("results", "name", "Vacation"), "id"));
    snprintf(body, sizeof body,
             "{\"worker_id\":\"%s\",\"status\":\"PENDING\","
             "\"start_date\":\"2026-12-01\",\"end_date\":\"2026-12-02\","
             "\"start_time\":\"2026-12-01T09:00:00+01:00\","
             "\"leave_type_id\":\"%s\"}",
             worker, type);
    is_int(send_body("POST", "/leave-requests/", body), 200, "23: made");
    is_text(web_json("start_time"), "2026-12-01T08:00:00+00:00",
            "24: times come back in UTC");
    is_text(web_json("status"), "PENDING", "25: pending at first");
    snprintf(target, sizeof target, "/leave-requests/%s/",
             keep(web_json("id")));
    is_int(send_body("PATCH", target,
                     "{\"status\":\"APPROVED\",\"comments\":\"x\"}"),
           400, "23: status travels alone");
    is_text(web_json("detail"), "Status cannot be updated with other fields.",
            "23: and says so");
    control("/_sandbox/clock?advance=10");
    get(target);
    is_text(web_json("status"), "APPROVED", "25: approved by itself");
    is_int(send_body("PATCH", target, "{\"status\":\"CANCELED\"}"), 200,
           "23: alone it goes");
    is_int(send_body("PATCH", target, "{\"start_time\":\"9:00\"}"), 400,
           "24: not a full time");
}

static void money(void)
{
    start(NULL, NULL, 0);
    ok(strstr(web_call(port, "GET", "/compensations/?limit=100", bearer,
                       NULL)->body,
              "\"value\":88500.5}") != NULL,
       "26: a number, as it is");
    control("/_sandbox/switch?name=money&value=text");
    ok(strstr(web_call(port, "GET", "/compensations/?limit=100", bearer,
                       NULL)->body,
              "\"value\":\"88500.5\"}") != NULL,
       "26: a text, by a switch");
}

static void activity(void)
{
    char target[200];
    start(NULL, NULL, 0);
    is_int(get("/platform/api/company_activity?startDate=2026-01-01"), 400,
           "27: not beyond 90 days");
    get("/platform/api/company_activity?limit=5000");
    is_int(web_count("data.events"), 1000, "27: at most 1000");
    snprintf(target, sizeof target, "/platform/api/company_activity?next=%s",
             keep(web_json("data.next")));
    get(target);
    int rest = web_count("data.events");
    ok(rest > 50 && rest < 120, "27: the rest by next");
    is_text(web_json("error"), "null", "27: error is null");
    snprintf(target, sizeof target, "/platform/api/company_activity?next=%s",
             keep(web_json("data.next")));
    get(target);
    is_int(web_count("data.events"), 0, "27: then nothing new");
}

static void webhooks(void)
{
    int hook_port;
    char target[300];
    struct web_listener *l = web_listen(&hook_port);
    start("rippling.hook_twice=always", NULL, 0);
    snprintf(target, sizeof target,
             "/_sandbox/hook?url=http%%3A%%2F%%2F127.0.0.1%%3A%d%%2Fhook"
             "&token=t0",
             hook_port);
    control(target);
    control("/_sandbox/terminate?worker=6");
    ok(web_listen_take(l, 100) == NULL, "28: not at once");
    control("/_sandbox/clock?advance=302");
    const char *call = web_listen_take(l, 3000);
    ok(call && strstr(call, "application/x-www-form-urlencoded"),
       "28: form-encoded");
    ok(call && strstr(call, "event_name=employee.deleted&company_id=") &&
           strstr(call, "&company_primary_email=") && strstr(call, "&id="),
       "28: four fields");
    ok(call && !strcasestr(call, "signature"), "28: no signature");
    ok(call && strstr(call, "Authorization: Bearer t0"), "28: the token given");
    ok(web_listen_take(l, 3000) != NULL, "28: sometimes twice");
    web_listen_stop(l);
}

static void odd_answers(void)
{
    start(NULL, NULL, 0);
    is_int(get("/expenses/"), 404, "30: unknown path");
    ok(strstr(web_header("Content-Type"), "text/html") != NULL, "30: in HTML");
    control("/_sandbox/fault?spec=rippling:GET%20/workers:1:429=30");
    control("/_sandbox/fault?spec=rippling:GET%20/workers:2:429");
    control("/_sandbox/fault?spec=rippling:GET%20/workers:3:500");
    control("/_sandbox/fault?spec=rippling:GET%20/workers:4:504");
    is_int(get("/workers/"), 429, "31: throttled");
    is_text(web_header("Retry-After"), "30", "31: with Retry-After");
    is_int(get("/workers/"), 429, "31: again");
    is_text(web_header("Retry-After"), "", "31: without");
    is_int(get("/workers/"), 500, "31: 500");
    ok(strstr(web_header("Content-Type"), "text/html") != NULL, "31: as HTML");
    is_int(get("/workers/"), 504, "31: 504");
    is_int(get("/workers/"), 200, "31: then it works");
}

static void changes(void)
{
    char target[200];
    start(NULL, NULL, 0);
    const char *legal = "";
    get("/departments/?limit=100");
    legal = keep(member("results", where("results", "name", "Legal"), "id"));
    is_text(member("results", where("results", "name", "Legal"),
                   "reference_code"),
            "null", "33: one department has no code");
    const char *root = department_id("GEN");
    get("/departments/?limit=100");
    is_text(member("results", where("results", "id", root), "parent_id"), root,
            "33: the root is its own parent");
    get("/workers/?limit=100");
    ok(where("results", "department_id", "null") >= 0,
       "33: somebody has no department");
    control("/_sandbox/clock?advance=60");
    snprintf(target, sizeof target, "/departments/%s/", legal);
    send_body("PATCH", target, "{\"reference_code\":\"LEG\"}");
    is_text(web_json("updated_at"), "2026-11-20T12:01:00+00:00",
            "32: updated_at moves");
    snprintf(target, sizeof target, "/_sandbox/remove?table=departments&key=%s",
             legal);
    control(target);
    get("/departments/?limit=100");
    is_int(web_count("results"), 11, "32: a deleted one leaves no trace");
}

static void custom_objects(void)
{
    char target[300];
    start(NULL, NULL, 0);
    const char *path = "/custom-objects/spend_transaction_line_item_zo/"
                       "records/query/";
    send_body("POST", path, "{\"limit\":100}");
    is_int(web_count("results"), 4, "34: four rows");
    const char *old = keep(web_json("results.0.id"));
    const char *external = keep(web_json("results.0.external_id"));
    snprintf(target, sizeof target, "/_sandbox/reissue?record=%s", old);
    control(target);
    send_body("POST", path, "{\"limit\":100}");
    int again = where("results", "external_id", external);
    is_int(web_count("results"), 4, "34: still four");
    ok(again >= 0 && strcmp(member("results", again, "id"), old) != 0,
       "34: another id, the same external_id");
    is_int(get("/custom-objects/Spend%20Transaction%20Line%20Item/records/"),
           404, "34: a display name is not found");
}

static void payroll(void)
{
    char target[200];
    start(NULL, NULL, 0);
    get("/platform/api/payroll_runs");
    const char *draft = keep(member("", where("", "runState", "DRAFT"), "id"));
    const char *paid = keep(member("", where("", "runState", "PAID"), "id"));
    snprintf(target, sizeof target, "/platform/api/payroll_runs/%s", paid);
    is_int(send_body("PATCH", target, "{\"runState\":\"APPROVED\"}"), 400,
           "36: a paid run stays");
    snprintf(target, sizeof target, "/platform/api/payroll_runs/%s", draft);
    is_int(send_body("PATCH", target, "{\"runState\":\"APPROVED\"}"), 200,
           "36: a draft changes");
}

static int token_call(const char *form)
{
    return web_call(port, "POST", "/o/token",
                    "Authorization: Basic "
                    "c2FuZGJveC1hcHA6c2FuZGJveC1hcHAtc2VjcmV0\r\n"
                    "Content-Type: application/x-www-form-urlencoded\r\n",
                    form)
        ->status;
}

static void app_sign_in(void)
{
    char form[300];
    start(NULL, NULL, 0);
    snprintf(form, sizeof form, "grant_type=refresh_token&refresh_token=%s",
             secret("refresh_token"));
    is_int(token_call(form), 200, "sign-in: refresh");
    is_text(web_json("expires_in"), "129600", "sign-in: 36 hours");
    use_token(keep(web_json("access_token")));
    is_int(get("/workers/"), 200, "sign-in: the token works");
    control("/_sandbox/clock?advance=129601");
    is_int(get("/workers/"), 401, "sign-in: and dies");
    use_token(secret("api_key"));
    is_int(get("/workers/"), 200, "sign-in: the key lives on");
    control("/_sandbox/clock?advance=2592001");
    is_int(get("/workers/"), 401, "sign-in: a key unused for 30 days dies");
    is_int(token_call("grant_type=refresh_token&refresh_token=x"), 400,
           "sign-in: unknown refresh token");
}

int main(void)
{
    generations_and_tokens();
    rights();
    scopes();
    paging();
    cursor_walks_all_once();
    filters();
    orders_and_expands();
    leavers();
    writing();
    idempotency_key_is_no_help();
    leave();
    money();
    activity();
    webhooks();
    odd_answers();
    changes();
    custom_objects();
    payroll();
    app_sign_in();
    stop();
    return tap_done();
}
