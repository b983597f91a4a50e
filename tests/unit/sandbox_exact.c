/* The Exact Online sandbox against what is known of the vendor: one test or
 * more for each of the 44 things a faithful simulator must do, over HTTP. */
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
#define DIVISION "/api/v1/123456/"

static struct sandbox *box;
static int port;
static char token[200], refresh_token[200];
static char address[4096];

static const char *keep(const char *text)
{
    static char ring[16][400];
    static int next;
    char *place = ring[next++ % 16];
    snprintf(place, 400, "%s", text);
    return place;
}

static const char *secret(const char *name)
{
    const struct sandbox_endpoint *e = sandbox_endpoint_of(box, "exact");
    for (const struct sandbox_fact *f = e->secrets; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f->value;
    return "";
}

static int token_call(const char *grant, const char *value, const char *host)
{
    char form[900], headers[300];
    snprintf(form, sizeof form,
             "grant_type=%s&%s=%s&client_id=%s&client_secret=%s&"
             "redirect_uri=http%%3A%%2F%%2F127.0.0.1%%2Fback",
             grant, strcmp(grant, "refresh_token") == 0 ? grant : "code",
             value, secret("client_id"), secret("client_secret"));
    snprintf(headers, sizeof headers,
             "Content-Type: application/x-www-form-urlencoded\r\n%s",
             host ? host : "");
    return web_call(port, "POST", "/api/oauth2/token", headers, form)->status;
}

static int refresh(void)
{
    int status = token_call("refresh_token", refresh_token, NULL);
    if (status == 200) {
        snprintf(token, sizeof token, "%s", web_json("access_token"));
        snprintf(refresh_token, sizeof refresh_token, "%s",
                 web_json("refresh_token"));
    }
    return status;
}

static int control(const char *target)
{
    return web_call(port, "POST", target, NULL, NULL)->status;
}

static void advance(int seconds)
{
    char target[80];
    snprintf(target, sizeof target, "/_sandbox/clock?advance=%d", seconds);
    control(target);
}

static void start(const char *one_switch)
{
    static const char *const names[] = { "exact", NULL };
    const char *switches[] = { "exact.minute_limit=0", one_switch, NULL };
    struct sandbox_options o = { .connectors = names,
                                 .start_ms = NOON,
                                 .switches = switches };
    struct error err = { 0 };
    sandbox_stop(box);
    if (sandbox_start(&o, &box, &err) != 0) {
        tap_diag("%s", err.text);
        exit(1);
    }
    port = web_port_of(sandbox_endpoint_of(box, "exact")->url);
    snprintf(refresh_token, sizeof refresh_token, "%s",
             secret("refresh_token"));
    refresh();
}

static int call_with(const char *method, const char *target,
                     const char *headers, const char *body)
{
    char all[700];
    snprintf(all, sizeof all, "Authorization: Bearer %s\r\n%s", token,
             headers);
    return web_call(port, method, target, all, body)->status;
}

#define JSON "Accept: application/json\r\n"

/* `rest` after the company, with blanks and quotes as they are. */
static int get(const char *rest)
{
    size_t n = (size_t)snprintf(address, sizeof address, DIVISION);
    for (; *rest && n + 4 < sizeof address; rest++) {
        if (*rest == ' ')
            n += (size_t)snprintf(address + n, 4, "%%20");
        else
            address[n++] = *rest;
    }
    address[n] = '\0';
    return call_with("GET", address, JSON, NULL);
}

static int send_to(const char *method, const char *rest, const char *body)
{
    snprintf(address, sizeof address, DIVISION "%s", rest);
    return call_with(method, address,
                     JSON "Content-Type: application/json\r\n", body);
}

static const char *message(void)
{
    return web_json("error.message.value");
}

static bool says(const char *part) { return strstr(message(), part) != NULL; }

static const char *id_of(const char *path, const char *code)
{
    char rest[300];
    snprintf(rest, sizeof rest, "%s?$select=ID&$filter=trim(Code) eq '%s'",
             path, code);
    get(rest);
    return keep(web_json("d.results.0.ID"));
}

/* --------------------------------------------------------------- sign-in */
static void tokens(void)
{
    const char *old;
    char first[200];
    start(NULL);
    ok(*token != '\0', "6: form-encoded with client id and secret");
    is_text(web_json("expires_in"), "600", "6: ten minutes");
    is_int(get("hrm/Costcenters?$select=Code"), 200, "2: the token works");
    snprintf(first, sizeof first, "%s", refresh_token);
    advance(560);
    is_int(refresh(), 400, "1: too early");
    is_text(web_json("error"), "access_denied", "1: access_denied");
    is_text(web_json("error_description"),
            "Rate limit exceeded: access_token not expired", "1: its text");
    ok(strncmp(web_header("Reason"), "TooEarlyToRefreshTokens", 23) == 0,
       "1: Reason header");
    advance(11);
    is_int(refresh(), 200, "1: after 570 s it goes");
    ok(strcmp(first, refresh_token) != 0, "3: the refresh token rotates");
    is_int(token_call("refresh_token", first, NULL), 401, "3: the old one");
    is_text(web_json("error"), "unauthorized_client", "3: its error");
    is_text(web_json("error_description"), "Old refresh token used.",
            "3: its text");
    advance(601);
    is_int(get("hrm/Costcenters?$select=Code"), 401, "2: dead after 600 s");
    ok(strstr(web_header("WWW-Authenticate"), "expired") != NULL,
       "2: WWW-Authenticate");
    old = keep(refresh_token);
    advance(30 * 86400 + 5);
    is_int(token_call("refresh_token", old, NULL), 400, "4: 30 days unused");
    is_text(web_json("error"), "invalid_request", "4: invalid_request");
    ok(strstr(web_json("error_description"), "12/20/2026") != NULL,
       "4: dates with the month first");
}

static void codes(void)
{
    char target[600];
    start(NULL);
    snprintf(target, sizeof target,
             "/api/oauth2/auth?client_id=%s&response_type=code&state=s1&"
             "redirect_uri=http%%3A%%2F%%2F127.0.0.1%%2Fback",
             secret("client_id"));
    is_int(web_call(port, "GET", target, NULL, NULL)->status, 302,
           "5: consent leads back");
    const char *at = strstr(web_header("Location"), "code=");
    char code[200];
    snprintf(code, sizeof code, "%.*s", (int)strcspn(at + 5, "&"), at + 5);
    is_int(token_call("authorization_code", code, NULL), 200, "5: once");
    is_int(token_call("authorization_code", code, NULL), 400, "5: not twice");
    is_text(web_json("error"), "invalid_grant", "5: invalid_grant");
}

static void regions(void)
{
    start(NULL);
    is_int(token_call("refresh_token", refresh_token,
                      "Host: start.exactonline.be\r\n"),
           400, "44: the app is not known elsewhere");
    snprintf(address, sizeof address, DIVISION "hrm/Costcenters");
    is_int(call_with("GET", address, JSON "Host: start.exactonline.be\r\n",
                     NULL),
           401, "44: nor the token");
    is_int(call_with("GET", address, JSON "Host: start.exactonline.nl\r\n",
                     NULL),
           200, "44: at home both are");
}

static void me_and_divisions(void)
{
    start("exact.minute_limit=60");
    is_int(call_with("GET", "/api/v1/current/Me?$select=CurrentDivision", JSON,
                     NULL),
           200, "7: without a division");
    is_text(web_json("d.results.0.CurrentDivision"), "123456", "7: the company");
    is_text(web_header("X-RateLimit-Limit"), "", "7: no limit headers");
    get("hrm/Costcenters?$select=Code");
    is_text(web_header("X-RateLimit-Minutely-Remaining"), "59",
            "7: and not counted");
    is_int(call_with("GET", "/api/v1/654321/hrm/Costcenters", JSON, NULL), 403,
           "8: a company that may not be entered");
    is_text(web_header("Reason"), "NoDivisionAccess", "8: Reason");
    get("hrm/Divisions?$select=Code");
    is_int(web_count("d.results"), 3, "8: those the user may enter");
    get("system/AllDivisions?$select=Code");
    is_int(web_count("d.results"), 4, "8: and all");
}

/* ----------------------------------------------------------- representation */
static void shapes(void)
{
    start(NULL);
    snprintf(address, sizeof address, DIVISION "hrm/Costcenters");
    call_with("GET", address, "", NULL);
    ok(strstr(web_header("Content-Type"), "atom+xml") != NULL,
       "9: Atom without Accept");
    call_with("GET", address, JSON, NULL);
    ok(strstr(web_header("Content-Type"), "application/json") != NULL,
       "9: JSON with it");
    is_int(web_count("d.results"), 3, "12: d.results");
    ok(*web_json("d.results.0.__metadata.uri") != '\0', "12: __metadata");
    control("/_sandbox/switch?name=lists&value=bare");
    get("hrm/Costcenters?$top=2");
    is_int(web_count("d"), 2, "12: d as a bare array, by a switch");
}

static const char *raw_get(const char *rest)
{
    static char copy[20000];
    get(rest);
    char all[400];
    snprintf(all, sizeof all, "Authorization: Bearer %s\r\n" JSON, token);
    snprintf(copy, sizeof copy, "%s",
             web_call(port, "GET", address, all, NULL)->body);
    return copy;
}

static void wire_forms(void)
{
    start(NULL);
    const char *raw =
        raw_get("hrm/Costcenters?$filter=Code eq 'OLD'&$select=EndDate");
    const char *date = strstr(raw, "\"\\/Date(");
    ok(date != NULL, "18: dates with escaped slashes");
    if (date)
        is_int(strtoll(date + 8, NULL, 10) % 86400000, 0,
               "18: a day is 00:00 of the wall clock");
    raw = raw_get("salesinvoice/SalesInvoices?$select=AmountDC&$filter="
                  "InvoiceNumber eq 26700003");
    ok(strstr(raw, "\"AmountDC\":1187.5}") != NULL,
       "19: a double without trailing zeros");
    raw = raw_get("salesinvoice/SalesInvoices?$select=AmountDC&$filter="
                  "InvoiceNumber eq 26700001");
    ok(strstr(raw, "\"AmountDC\":9999}") != NULL, "19: a whole one too");
    raw = raw_get("financial/GLAccounts?$select=UseCostcenter,IsBlocked&"
                  "$filter=Code eq '4001'");
    ok(strstr(raw, "\"IsBlocked\":false") != NULL, "19: booleans are words");
    ok(strstr(raw, "\"UseCostcenter\":1") != NULL, "19: byte flags are numbers");
    send_to("POST", "hrm/Costcenters",
            "{\"Code\":\"NOW\",\"Description\":\"now\"}");
    get("hrm/Costcenters?$select=Created&$filter=Code eq 'NOW'");
    ok(labs(strtol(web_json("d.results.0.Created") + 6, NULL, 10) -
            (NOON + 3600000)) < 5000,
       "18: times are local, read as if UTC");
    raw = raw_get("sync/CRM/Accounts?$select=Timestamp&$filter=Timestamp gt "
                  "1L");
    ok(strstr(raw, "\"Timestamp\":\"") != NULL, "34: Int64 as text");
}

static void add_centers(int count)
{
    char body[100];
    for (int i = 0; i < count; i++) {
        snprintf(body, sizeof body,
                 "{\"Code\":\"C%03d\",\"Description\":\"Center %d\"}", i, i);
        send_to("POST", "hrm/Costcenters", body);
    }
}

static void paging(void)
{
    char link[800];
    start(NULL);
    add_centers(130);
    get("hrm/Costcenters?$select=ID,Code");
    is_int(web_count("d.results"), 60, "10: sixty rows");
    snprintf(link, sizeof link, "%s", web_json("d.__next"));
    ok(strncmp(link, "http://127.0.0.1:", 17) == 0 &&
           strstr(link, "$skiptoken=guid'") && strstr(link, "$select=ID,Code"),
       "10: an absolute __next with a token and the query");
    control("/_sandbox/expire");
    is_int(call_with("GET", link, JSON, NULL), 401,
           "42: signed out in the middle");
    advance(571);
    refresh();
    is_int(call_with("GET", link, JSON, NULL), 200, "42: goes on afterwards");
    is_int(web_count("d.results"), 60, "42: at the same place");
    snprintf(link, sizeof link, "%s", web_json("d.__next"));
    call_with("GET", link, JSON, NULL);
    is_int(web_count("d.results"), 13, "10: the rest");
    is_text(web_json("d.__next"), "", "10: no __next on the last page");
    get("hrm/Costcenters?$select=ID&$top=40");
    is_int(web_count("d.results"), 40, "10: $top");
    is_text(web_json("d.__next"), "", "10: has no next");
    get("hrm/Costcenters?$select=ID&$top=40&$inlinecount=allpages");
    is_text(web_json("d.__count"), "133", "10: $inlinecount");
    char all[400];
    snprintf(all, sizeof all, "Authorization: Bearer %s\r\n", token);
    is_text(web_call(port, "GET", DIVISION "hrm/Costcenters/$count", all,
                     NULL)->body,
            "133", "10: $count is plain text");
}

static void bulk_and_select(void)
{
    start(NULL);
    is_int(get("bulk/Financial/GLAccounts"), 400, "11: bulk wants $select");
    is_int(get("bulk/Financial/GLAccounts?$select=ID,Code"), 200,
           "11: with it, it answers");
    is_int(get("purchaseorder/PurchaseOrderLines"), 400, "13: $select needed");
    ok(says("$select or $top=1"), "13: and says so");
    is_int(get("purchaseorder/PurchaseOrderLines?$top=1"), 200, "13: or $top=1");
    is_int(get("purchaseorder/PurchaseOrderLines?$select=ID"), 200,
           "13: or $select");
    is_int(get("financialtransaction/TransactionLines?$select=ID&$filter="
               "FinancialYear eq 2026"),
           200, "37: regular path");
    is_int(get("bulk/Financial/TransactionLines?$select=ID&$filter="
               "FinancialYear eq 2026"),
           200, "37: bulk path");
    is_int(get("sync/Financial/TransactionLines?$filter=Timestamp gt 1L"), 200,
           "37: sync path");
    is_int(get("financial/TransactionLines?$select=ID"), 404,
           "37: no other path");
    is_int(get("crm/CostCenters"), 404, "38: not under crm");
    is_int(get("hrm/Costcenters"), 200, "38: but under hrm");
}

static void bulk_pages(void)
{
    static char body[60000];
    start(NULL);
    add_centers(1);
    const char *cash = id_of("financial/GLAccounts", "1000");
    const char *bank = id_of("financial/GLAccounts", "1100");
    size_t n = (size_t)snprintf(body, sizeof body,
                                "{\"JournalCode\":\"90\","
                                "\"GeneralJournalEntryLines\":[");
    for (int i = 0; i < 340; i++)
        n += (size_t)snprintf(body + n, sizeof body - n,
                              "%s{\"GLAccount\":\"%s\",\"AmountFC\":%d}",
                              i ? "," : "", i % 2 ? cash : bank,
                              i % 2 ? -1 : 1);
    snprintf(body + n, sizeof body - n, "]}");
    for (int i = 0; i < 3; i++)
        send_to("POST", "generaljournalentry/GeneralJournalEntries", body);
    get("sync/Financial/TransactionLines?$select=ID,Timestamp&$filter="
        "Timestamp gt 1L");
    is_int(web_count("d.results"), 1000, "11: sync pages of a thousand");
    static char link[900];
    snprintf(link, sizeof link, "%s", web_json("d.__next"));
    call_with("GET", link, JSON, NULL);
    is_int(web_count("d.results"), 20, "11: and the rest");
}

/* ---------------------------------------------------------------- queries */
static void filters(void)
{
    static const struct {
        const char *query;
        int status, count;
        const char *name;
    } rows[] = {
        { "crm/Accounts?$select=ID", 400, 0, "14: nothing filtered" },
        { "crm/Accounts?$select=ID&$filter=LogoUrl eq 'x'", 400, 0,
          "14: a field that is not permitted" },
        { "crm/Accounts?$select=ID&$filter=IsSupplier eq true", 200, 4,
          "14: a permitted one" },
        { "hrm/Costcenters?$select=Nope", 400, 0, "15: unknown in $select" },
        { "hrm/Costcenters?$filter=Nope eq 'x'", 400, 0,
          "15: unknown in $filter" },
        { "hrm/Costcenters?$filter=Code eq", 400, 0, "15: half a filter" },
        { "hrm/Costcenters?$filter=Code eq 'FIN", 400, 0,
          "15: an open quote" },
        { "hrm/Costcenters?$filter=(Code eq 'FIN'", 400, 0,
          "15: an open parenthesis" },
        { "hrm/Costcenters?$filter=Code eq 12", 400, 0, "15: a wrong type" },
        { "hrm/Costcenters?$filter=ID eq 'x'", 400, 0, "15: no guid" },
        { "salesinvoice/SalesInvoices?$select=InvoiceID&$filter="
          "SalesInvoiceLines/AmountFC gt 1",
          400, 0, "15: navigation in a filter" },
        { "hrm/Costcenters?$filter=Code eq Description", 400, 0,
          "15: two fields compared" },
        { "hrm/Costcenters?$filter=Code eq 'FIN'", 200, 1, "16: text" },
        { "hrm/Costcenters?$filter=Code eq 'FIN' or Code eq 'MKT'", 200, 2,
          "16: or" },
        { "hrm/Costcenters?$filter=not (Code eq 'FIN')", 200, 2, "16: not" },
        { "hrm/Costcenters?$filter=Code ne 'FIN' and (Code ne 'MKT')", 200, 1,
          "16: and, parentheses" },
        { "hrm/Costcenters?$filter=startswith(Code,'M')", 200, 1,
          "16: startswith" },
        { "hrm/Costcenters?$filter=endswith(Code,'LD') eq true", 200, 1,
          "16: endswith" },
        { "hrm/Costcenters?$filter=substringof('work',Description)", 200, 1,
          "16: substringof" },
        { "hrm/Costcenters?$filter=Modified ge datetime'2026-01-01'", 200, 0,
          "16: datetime, a day" },
        { "hrm/Costcenters?$filter=Modified ge datetime'2020-01-01T00:00:00'",
          200, 3, "16: datetime" },
        { "hrm/Costcenters?$filter=EndDate eq null", 200, 2, "16: null" },
        { "hrm/Costcenters?$filter=Description eq 'it''s'", 200, 0,
          "16: a quote in a text" },
        { "financial/GLAccounts?$select=ID&$filter=UseCostcenter eq 1", 200, 4,
          "16: a number" },
        { "financial/GLAccounts?$select=ID&$filter=IsBlocked eq true", 200, 1,
          "16: true" },
        { "sync/Financial/GLAccounts?$filter=Timestamp gt 1L", 200, 28,
          "16: 123L" },
        { "crm/Accounts?$select=ID&$filter=Code eq '8'", 200, 0,
          "17: a bare code finds nothing" },
        { "crm/Accounts?$select=ID&$filter=Code eq '                 8'", 200,
          1, "17: a padded one does" },
        { "crm/Accounts?$select=ID&$filter=trim(Code) eq '8'", 200, 1,
          "17: trim() too" },
    };
    start("exact.velocity=off");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        is_int(get(rows[i].query), rows[i].status, "%s", rows[i].name);
        if (rows[i].status == 200)
            is_int(web_count("d.results"), rows[i].count, "%s: rows",
                   rows[i].name);
    }
    get("crm/Accounts?$select=ID");
    ok(says("Mandatory filtering") && says("VATNumber"),
       "14: lists the permitted fields");
    get("crm/Accounts?$select=Code,Country&$filter=trim(Code) eq '8'");
    is_text(web_json("d.results.0.Code"), "                 8",
            "17: right-aligned to 18");
    is_text(web_json("d.results.0.Country"), "DK ", "17: padded to 3");
    char rest[200];
    snprintf(rest, sizeof rest, "hrm/Costcenters?$filter=ID eq guid'%s'",
             id_of("hrm/Costcenters", "FIN"));
    get(rest);
    is_int(web_count("d.results"), 1, "16: guid");
}

static void expand(void)
{
    start(NULL);
    get("salesinvoice/SalesInvoices?$select=InvoiceID,SalesInvoiceLines/"
        "AmountFC&$expand=SalesInvoiceLines&$filter=InvoiceNumber eq "
        "26700001");
    is_text(web_json("d.results.0.SalesInvoiceLines.results.0.AmountFC"),
            "9999", "12: expanded lines have results");
    get("salesinvoice/SalesInvoices?$filter=InvoiceNumber eq 26700001");
    ok(*web_json("d.results.0.SalesInvoiceLines.__deferred.uri") != '\0',
       "12: others are deferred");
}

/* ---------------------------------------------------------------- writing */
static void writes(void)
{
    char path[200];
    start("exact.velocity=off");
    is_int(send_to("POST", "hrm/Costcenters",
                   "{\"Code\":\"SAL\",\"Description\":\"Sales\"}"),
           201, "20: POST answers 201");
    ok(strlen(web_json("d.ID")) == 36, "20: with the key");
    is_text(web_json("d.Code"), "null", "20: and nothing else");
    snprintf(path, sizeof path, "hrm/Costcenters(guid'%s')",
             keep(web_json("d.ID")));
    snprintf(address, sizeof address, DIVISION "hrm/Costcenters");
    call_with("POST", address,
              JSON "Content-Type: application/json\r\n"
                   "Prefer: return=representation\r\n",
              "{\"Code\":\"SUP\",\"Description\":\"Support\"}");
    is_text(web_json("d.Code"), "SUP", "20: all of it with Prefer");
    is_int(send_to("PUT", path, "{\"Description\":\"Sales & more\"}"), 204,
           "21: PUT answers 204");
    is_int(get(path), 200, "21: read again");
    is_text(web_json("d.Description"), "Sales & more", "21: changed");
    is_text(web_json("d.Code"), "SAL", "21: the rest stays");
    is_int(send_to("PUT", path, "{\"Code\":\"NEW\"}"), 204, "43: create only");
    get(path);
    is_text(web_json("d.Code"), "SAL", "43: no effect");
    control("/_sandbox/switch?name=fixed_fields&value=refuse");
    is_int(send_to("PUT", path, "{\"Code\":\"NEW\"}"), 500,
           "43: or an error, by a switch");
    is_int(send_to("POST", "hrm/Costcenters",
                   "{\"Code\":\"SAL\",\"Description\":\"Again\"}"),
           500, "28: a duplicate code");
    is_text(message(), "Gegeven bestaat reeds", "28: in the user's language");
    control("/_sandbox/switch?name=language&value=en");
    send_to("POST", "hrm/Costcenters",
            "{\"Code\":\"SAL\",\"Description\":\"Again\"}");
    is_text(message(), "Data already exists", "28: in another one");
    is_int(send_to("POST", "hrm/Costcenters", "{\"Code\":\"X\"}"), 500,
           "29: business errors are 500");
    is_text(message(), "Mandatory: Description", "29: and say what");
    is_int(send_to("POST", "hrm/Costcenters",
                   "{\"Code\":\"TOOLONGCODE\",\"Description\":\"x\"}"),
           500, "29: too long");
    is_int(send_to("POST", "hrm/Costcenters",
                   "{\"Code\":\"X\",\"Description\":5}"),
           400, "15: a wrong type in a body");
    is_int(send_to("POST", "hrm/Costcenters",
                   "{\"Code\":\"X\",\"Colour\":\"red\"}"),
           400, "15: an unknown property");
    is_int(send_to("DELETE", path, NULL), 204, "22: DELETE answers 204");
    is_int(send_to("DELETE", path, NULL), 403, "22: an unknown one 403");
    is_int(send_to("PUT", "hrm/Costcenters", "{}"), 405,
           "21: PUT of the whole collection");
    is_int(send_to("POST", "hrm/Departments", "{}"), 405, "21: read only");
}

static void error_shapes(void)
{
    start("exact.velocity=off");
    send_to("POST", "hrm/Costcenters", "{\"Code\":\"X\"}");
    is_text(web_json("error.code"), "", "30: error.code");
    is_int(web_count("error.message"), 2, "30: lang and value");
    control("/_sandbox/switch?name=errors&value=html");
    send_to("POST", "hrm/Costcenters", "{\"Code\":\"X\"}");
    ok(strstr(web_header("Content-Type"), "html") != NULL, "30: or HTML");
    control("/_sandbox/switch?name=errors&value=empty");
    is_int(send_to("POST", "hrm/Costcenters", "{\"Code\":\"X\"}"), 500,
           "30: or nothing");
    is_int((int)web_call(port, "GET", "/x", NULL, NULL)->status, 404,
           "30: other paths");
}

/* --------------------------------------------------------------- bookings */
static char entry[3000];

static const char *journal_entry(const char *journal, const char *more,
                                 const char *a, const char *amount_a,
                                 const char *extra_a, const char *b,
                                 const char *amount_b)
{
    snprintf(entry, sizeof entry,
             "{\"JournalCode\":\"%s\"%s,\"GeneralJournalEntryLines\":["
             "{\"GLAccount\":\"%s\",\"AmountFC\":%s,\"Notes\":\"k1\"%s},"
             "{\"GLAccount\":\"%s\",\"AmountFC\":%s}]}",
             journal, more, a, amount_a, extra_a, b, amount_b);
    return entry;
}

#define ENTRIES "generaljournalentry/GeneralJournalEntries"

static void journal_entries(void)
{
    char path[200];
    start("exact.velocity=off");
    const char *meals = id_of("financial/GLAccounts", "4510");
    const char *owed = id_of("financial/GLAccounts", "1650");
    is_int(send_to("POST", ENTRIES,
                   journal_entry("90", "", meals, "12.5", "", owed, "-12.5")),
           201, "24: header and lines in one call");
    snprintf(path, sizeof path, ENTRIES "(guid'%s')",
             keep(web_json("d.EntryID")));
    char lines[260];
    snprintf(lines, sizeof lines, "%s/GeneralJournalEntryLines", path);
    get(lines);
    is_int(web_count("d.results"), 2, "24: both lines are there");
    is_text(web_json("d.results.0.AmountFC"), "12.5", "24: as posted");
    get("financialtransaction/TransactionLines?$select=ID,AmountDC&$filter="
        "JournalCode eq '90'");
    is_int(web_count("d.results"), 2, "37: and in the ledger");
    is_int(send_to("PUT", path, "{\"Currency\":\"USD\"}"), 405,
           "23: entries are not changed");
    get(lines);
    snprintf(lines, sizeof lines,
             "generaljournalentry/GeneralJournalEntryLines(guid'%s')",
             keep(web_json("d.results.0.ID")));
    is_int(send_to("PUT", lines, "{}"), 405, "23: nor lines");
    is_int(send_to("DELETE", lines, NULL), 405, "23: nor deleted");
    is_int(send_to("POST", ENTRIES,
                   journal_entry("90", "", meals, "12.5", "", owed, "-12.4")),
           500, "24: what does not net to zero");
    is_text(message(), "De boeking is niet in evenwicht", "24: says so");
    get(ENTRIES "?$select=EntryID");
    is_int(web_count("d.results"), 1, "24: and leaves nothing");
    is_int(send_to("DELETE", path, NULL), 204, "22: an open entry goes");
    get("sync/Deleted?$filter=Timestamp gt 1L and EntityType eq 1");
    is_int(web_count("d.results"), 2, "35: its ledger lines too");
}

static void booking_rules(void)
{
    start("exact.velocity=off");
    const char *meals = id_of("financial/GLAccounts", "4510");
    const char *owed = id_of("financial/GLAccounts", "1650");
    const char *sales = id_of("financial/GLAccounts", "4001");
    const char *services = id_of("financial/GLAccounts", "8100");
    const char *blocked = id_of("financial/GLAccounts", "4008");
    const struct {
        const char *journal, *more, *account, *extra, *text, *name;
    } rows[] = {
        { "70", "", meals, "", "Ongeldig: Dagboek", "25: not a general one" },
        { "90", ",\"FinancialYear\":2031,\"FinancialPeriod\":1", meals, "",
          "Onbekend: Boekjaar", "25: unknown year" },
        { "90", ",\"FinancialYear\":2026,\"FinancialPeriod\":3", meals, "",
          "Periode is afgesloten", "25: closed period" },
        { "95", "", meals, ",\"VATCode\":\"0\"", "Ongeldig: Btw-code",
          "26: a journal without VAT" },
        { "90", "", meals, ",\"CostCenter\":\"NOPE\"",
          "Ongeldig: Kostenplaats", "26: unknown cost center" },
        { "90", "", meals,
          ",\"CostCenter\":\"00000000-0000-4000-a000-000000000000\"",
          "Ongeldig: Kostenplaats", "26: a guid is no code" },
        { "90", "", sales, "", "Verplicht: Kostenplaats",
          "27: cost center mandatory" },
        { "90", "", services, ",\"CostCenter\":\"FIN\"",
          "Ongeldig: Kostenplaats", "27: cost center not allowed" },
        { "90", "", blocked, "", "Ongeldig: Grootboekrekening",
          "27: blocked account" },
        { "90", "", "00000000-0000-4000-a000-000000000000", "",
          "Ongeldig: Grootboekrekening", "27: unknown account" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        is_int(send_to("POST", ENTRIES,
                       journal_entry(rows[i].journal, rows[i].more,
                                     rows[i].account, "10", rows[i].extra,
                                     owed, "-10")),
               500, "%s", rows[i].name);
        is_text(message(), rows[i].text, "%s: text", rows[i].name);
    }
    is_int(send_to("POST", ENTRIES,
                   journal_entry("90", "", sales, "10",
                                 ",\"CostCenter\":\"FIN\"", owed, "-10")),
           201, "27: with a cost center it goes");
    is_int(send_to("POST", ENTRIES,
                   journal_entry("90", "", meals, "100",
                                 ",\"VATCode\":\"4\"", owed, "-121")),
           201, "24: VAT counts in the balance");
    is_int(send_to("POST", ENTRIES,
                   journal_entry("90", "", meals, "0.30000000000000004", "",
                                 owed, "-0.3")),
           201, "24: cents decide, not noise");
    control("/_sandbox/close?year=2026&period=11");
    is_int(send_to("POST", ENTRIES,
                   journal_entry("90", "", meals, "10", "", owed, "-10")),
           500, "25: the period was closed meanwhile");
}

/* ----------------------------------------------------------------- limits */
static void limits(void)
{
    start("exact.minute_limit=60");
    for (int i = 0; i < 60; i++)
        get("hrm/Costunits?$select=Code");
    is_text(web_header("X-RateLimit-Minutely-Remaining"), "0", "31: counted");
    ok(strtoll(web_header("X-RateLimit-Minutely-Reset"), NULL, 10) % 60000 == 0,
       "31: the minute's end in ms");
    ok(strtoll(web_header("X-RateLimit-Reset"), NULL, 10) % 86400000 == 0,
       "31: the day's end in ms");
    is_int(get("hrm/Costunits?$select=Code"), 429, "31: the next one waits");
    is_int((int)web_call(port, "GET", "/x", NULL, NULL)->body_len > 0, 1,
           "32: (another answer has a body)");
    get("hrm/Costunits?$select=Code");
    is_text(web_header("X-RateLimit-Limit"), "", "32: no daily headers");
    is_text(web_header("X-RateLimit-Minutely-Limit"), "60",
            "32: but the minute's");
    is_text(web_header("Content-Length"), "0", "32: an empty body");
    is_text(web_header("Retry-After"), "", "32: no Retry-After");
    advance(60);
    is_int(get("hrm/Costunits?$select=Code"), 200, "31: a new minute");
    control("/_sandbox/switch?name=day_limit&value=62");
    get("hrm/Costunits?$select=Code");
    is_int(get("hrm/Costunits?$select=Code"), 429, "31: the day is full");
    is_text(web_header("X-RateLimit-Minutely-Limit"), "",
            "32: no minutely headers");
    is_text(web_header("X-RateLimit-Remaining"), "0", "32: the day's");
    advance(86400);
    refresh();
    is_int(get("hrm/Costunits?$select=Code"), 200, "31: a new day");
}

static void velocity(void)
{
    start(NULL);
    for (int i = 0; i < 10; i++)
        get("hrm/Costcenters?$select=Nope");
    is_int(get("hrm/Costcenters?$select=Code"), 200, "33: ten errors pass");
    get("hrm/Costcenters?$select=Nope");
    is_int(get("hrm/Costcenters?$select=Code"), 403, "33: eleven block");
    is_int(get("hrm/Costunits?$select=Code"), 200, "33: only that endpoint");
    advance(571);
    refresh();
    is_int(get("hrm/Costcenters?$select=Code"), 403, "33: still");
    advance(3040);
    refresh();
    is_int(get("hrm/Costcenters?$select=Code"), 200, "33: for an hour");
}

/* ------------------------------------------------------------------- sync */
static long long version_of(const char *code)
{
    char rest[200];
    snprintf(rest, sizeof rest,
             "sync/Financial/GLAccounts?$select=Timestamp&$filter=Code eq "
             "'%s'",
             code);
    get(rest);
    return strtoll(web_json("d.results.0.Timestamp"), NULL, 10);
}

static void sync(void)
{
    char path[200], rest[200];
    start(NULL);
    long long first = version_of("4510"), other = version_of("4520");
    ok(first > 0 && other > first, "34: one counter for the company");
    ok(first < 1700000000, "34: that is no time");
    const char *id = id_of("financial/GLAccounts", "4510");
    snprintf(path, sizeof path, "financial/GLAccounts(guid'%s')", id);
    send_to("PUT", path, "{\"Description\":\"Meals\"}");
    long long second = version_of("4510");
    ok(second > other, "34: every change raises it");
    snprintf(rest, sizeof rest,
             "sync/Financial/GLAccounts?$select=ID&$filter=Timestamp gt %lldL",
             second - 1);
    get(rest);
    is_int(web_count("d.results"), 1, "34: what changed since");
    control("/_sandbox/switch?name=sync_twice&value=yes");
    get(rest);
    is_int(web_count("d.results"), 2, "34: the same row twice");
    control("/_sandbox/switch?name=sync_twice&value=no");
    send_to("DELETE", path, NULL);
    get(rest);
    is_int(web_count("d.results"), 0, "35: deleted rows are not in sync");
    get("sync/Deleted?$filter=Timestamp gt 1L and EntityType eq 7");
    is_int(web_count("d.results"), 1, "35: but in sync/Deleted");
    is_text(web_json("d.results.0.EntityKey"), id, "35: by key");
    get("sync/SalesInvoice/SalesInvoices?$select=InvoiceID,ID,AmountFC&"
        "$filter=Timestamp gt 1L");
    is_int(web_count("d.results"), 5, "36: a row a line");
    ok(strcmp(web_json("d.results.0.ID"), "") != 0 &&
           strcmp(keep(web_json("d.results.0.ID")),
                  keep(web_json("d.results.0.InvoiceID"))) != 0,
       "36: the line's id and the header's");
    get("sync/PurchaseOrder/PurchaseOrders?$filter=Timestamp gt 1L");
    is_int(web_count("d.results"), 4, "36: purchase orders too");
    ok(*web_json("d.results.0.SupplierName") != '\0' &&
           *web_json("d.results.0.ItemCode") != '\0',
       "36: header and line in one row");
}

/* --------------------------------------------------------------- webhooks */
static bool is_signed(const char *call)
{
    const char *content = strstr(call, "{\"Content\":");
    const char *hash = NULL;
    char digits[80];
    unsigned char digest[SHA256_LEN];
    if (!content)
        return false;
    content += 11;
    for (const char *at = content; (at = strstr(at, ",\"HashCode\":")); at++)
        hash = at;
    if (!hash)
        return false;
    crypto_hmac_sha256(TEXT("sandbox-webhook-secret"),
                       (struct text){ content, (size_t)(hash - content) },
                       digest);
    for (int i = 0; i < SHA256_LEN; i++)
        snprintf(digits + 2 * i, 3, "%02X", digest[i]);
    return strncmp(hash + 13, digits, 64) == 0;
}

static const char *subscription(int hook_port, const char *topic)
{
    static char body[300];
    snprintf(body, sizeof body,
             "{\"CallbackURL\":\"http://127.0.0.1:%d/hook\","
             "\"Topic\":\"%s\"}",
             hook_port, topic);
    return body;
}

#define SUBSCRIPTIONS "webhooks/WebhookSubscriptions"

static void webhooks(void)
{
    int hook_port;
    struct web_listener *l = web_listen(&hook_port);
    start("exact.hook_seconds=5");
    web_listen_answer(l, 404);
    is_int(send_to("POST", SUBSCRIPTIONS, subscription(hook_port, "Accounts")),
           500, "39: a callback that answers 404");
    ok(says("404"), "39: says the status");
    const char *call = web_listen_take(l, 2000);
    ok(call && strstr(call, "Content-Length: 0"), "39: an empty POST");
    web_listen_answer(l, 200);
    is_int(send_to("POST", SUBSCRIPTIONS, subscription(hook_port, "Accounts")),
           201, "39: one that answers 200");
    web_listen_take(l, 2000);
    is_int(send_to("POST", SUBSCRIPTIONS, subscription(hook_port, "Accounts")),
           500, "39: once a topic");
    control("/_sandbox/edit?entity=Accounts&code=8");
    advance(6);
    call = web_listen_take(l, 3000);
    ok(call && strstr(call, "\"Topic\":\"Accounts\""), "40: an event");
    ok(call && strstr(call, "\"Action\":\"Update\""), "40: what happened");
    ok(call && is_signed(call), "40: signed over the raw content");
    control("/_sandbox/switch?name=hook_order&value=reordered");
    control("/_sandbox/switch?name=hook_twice&value=yes");
    control("/_sandbox/edit?entity=Accounts&code=8");
    advance(6);
    call = web_listen_take(l, 3000);
    ok(call && is_signed(call) && strstr(call, "{\"EventCreatedOn\""),
       "40: members in another order");
    ok(web_listen_take(l, 3000) != NULL, "40: twice");
    control("/_sandbox/switch?name=hook_hash&value=wrong");
    control("/_sandbox/edit?entity=Accounts&code=8&gone=1");
    advance(6);
    call = web_listen_take(l, 3000);
    ok(call && !is_signed(call), "40: a wrong HashCode");
    web_listen_stop(l);
}

static void lost_refresh(void)
{
    start(NULL);
    const char *old = keep(refresh_token);
    control("/_sandbox/fault?spec=exact:POST%20oauth2/token:1:lose-refresh");
    advance(571);
    is_int(refresh(), 0, "41: the answer is lost");
    is_int(token_call("refresh_token", old, NULL), 401,
           "41: and the token was spent");
}

static void faults_in_its_own_words(void)
{
    start(NULL);
    control("/_sandbox/fault?spec=exact:GET%20hrm/Costunits:1:401");
    control("/_sandbox/fault?spec=exact:GET%20hrm/Costunits:2:429");
    is_int(get("hrm/Costunits?$select=Code"), 401, "2: a 401 in between");
    ok(*web_header("WWW-Authenticate") != '\0', "2: as it words one");
    is_int(get("hrm/Costunits?$select=Code"), 429, "32: a 429 in between");
    is_text(web_header("X-RateLimit-Minutely-Remaining"), "0",
            "32: with the minute's headers");
    is_int(get("hrm/Costunits?$select=Code"), 200, "2: then it works");
}

static void rights(void)
{
    start("exact.velocity=off");
    control("/_sandbox/token?scopes=Financial%20costcenters");
    snprintf(token, sizeof token, "%s", web_json("value"));
    is_int(get("hrm/Costcenters?$select=Code"), 200, "8: a scope that is there");
    is_int(get("financial/GLAccounts?$select=Code"), 403, "8: one that is not");
    ok(says("scope"), "8: names it");
    get("users/UserHasRights?endpoint='hrm/Costcenters'&action='GET'");
    is_text(web_json("d.UserHasRights"), "true", "8: UserHasRights");
    get("users/UserHasRights?endpoint='financial/GLAccounts'&action='GET'");
    is_text(web_json("d.UserHasRights"), "false", "8: or not");
}

static void unverified_resources(void)
{
    start(NULL);
    get("financial/FinancialPeriods?$filter=FinYear eq 2026 and FinPeriod eq "
        "11");
    is_int(web_count("d.results"), 1, "periods are there");
    get("read/financial/ReceivablesList?$select=HID,Amount");
    is_int(web_count("d.results"), 3, "receivables are there");
    is_int(get("read/sync/Sync/SyncTimestamp?modified=datetime'2026-01-01T00:"
               "00:00'&endPoint='Accounts'"),
           200, "a version for a date");
    ok(strtoll(web_json("d.results.0.TimeStampAsBigInt"), NULL, 10) > 1,
       "and it is one");
}

int main(void)
{
    tokens();
    codes();
    regions();
    me_and_divisions();
    shapes();
    wire_forms();
    paging();
    bulk_and_select();
    bulk_pages();
    filters();
    expand();
    writes();
    error_shapes();
    journal_entries();
    booking_rules();
    limits();
    velocity();
    sync();
    webhooks();
    lost_refresh();
    faults_in_its_own_words();
    rights();
    unverified_resources();
    sandbox_stop(box);
    return tap_done();
}
