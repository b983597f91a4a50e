/* The Expensify sandbox against what is known of the vendor: one test or more
 * for each of the 40 things a faithful simulator must do, over real HTTP. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"

#include "base/text.h"
#include "runtime/sandbox.h"
#include "runtime/uri.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOON 1795176000000 /* 2026-11-20T12:00:00Z */
#define PATH "/Integration-Server/ExpensifyIntegrations"
#define POLICY "7D2C4E8A91B3F605"
#define POLICY_FLAT "3FA9C0D2E4B17856"
#define POLICY_OTHERS "90E1B2C3D4F5A607"

static struct sandbox *box;
static int port;
static char key_id[100], key_secret[200];
static char extra[20000]; /* further fields of the next form */

static void use_key(const char *id, const char *secret)
{
    snprintf(key_id, sizeof key_id, "%s", id);
    snprintf(key_secret, sizeof key_secret, "%s", secret);
}

static const char *secret(const char *name)
{
    const struct sandbox_endpoint *e = sandbox_endpoint_of(box, "expensify");
    for (const struct sandbox_fact *f = e->secrets; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f->value;
    return "";
}

static void stop(void)
{
    if (box)
        sandbox_stop(box);
    box = NULL;
}

static void start(const char *one, const char *two)
{
    static const char *const names[] = { "expensify", NULL };
    const char *switches[] = { one, one ? two : NULL, NULL };
    struct sandbox_options o = { .connectors = names,
                                 .start_ms = NOON,
                                 .switches = switches };
    struct error err = { 0 };
    stop();
    if (sandbox_start(&o, &box, &err) != 0) {
        tap_diag("%s", err.text);
        exit(1);
    }
    port = web_port_of(sandbox_endpoint_of(box, "expensify")->url);
    use_key(secret("partner_user_id"), secret("partner_user_secret"));
}

static int control(const char *target)
{
    return web_call(port, "POST", target, NULL, NULL)->status;
}

static void later(int seconds)
{
    char target[80];
    snprintf(target, sizeof target, "/_sandbox/clock?advance=%d", seconds);
    control(target);
}

static void add_field(const char *name, const char *value)
{
    struct buf b;
    buf_init(&b, 0);
    uri_encode(&b, text_of(value));
    snprintf(extra, sizeof extra, "&%s=%s", name, buf_cstr(&b));
    buf_fini(&b);
}

/* `rest` is the job without its credentials: "\"type\":…". */
static const struct web_answer *job_now(const char *rest)
{
    struct buf job, form;
    const struct web_answer *a;
    buf_init(&job, 0);
    buf_init(&form, 0);
    buf_printf(&job, "{\"credentials\":{\"partnerUserID\":\"%s\","
               "\"partnerUserSecret\":\"%s\"},%s}", key_id, key_secret, rest);
    buf_str(&form, "requestJobDescription=");
    uri_encode(&form, buf_view(&job));
    buf_str(&form, extra);
    a = web_call(port, "POST", PATH,
                 "Content-Type: application/x-www-form-urlencoded\r\n",
                 buf_cstr(&form));
    extra[0] = '\0';
    buf_fini(&job);
    buf_fini(&form);
    return a;
}

static const struct web_answer *job(const char *rest)
{
    char kept[sizeof extra];
    memcpy(kept, extra, sizeof kept);
    later(61); /* never too fast */
    memcpy(extra, kept, sizeof kept);
    return job_now(rest);
}

static int code(void)
{
    return (int)strtol(web_json("responseCode"), NULL, 10);
}

/* ------------------------------------------------------------------ exports */
#define LIST "<#list reports as report>\n"
#define NAMES LIST "${report.reportName}|\n</#list>\n"
#define FILE_JOB(settings)                                                 \
    "\"type\":\"file\",\"onReceive\":{\"immediateResponse\":"              \
    "[\"returnRandomFileName\"]},\"outputSettings\":"                      \
    "{\"fileExtension\":\"txt\"},\"inputSettings\":"                       \
    "{\"type\":\"combinedReportData\"," settings "}"
#define SINCE "\"filters\":{\"startDate\":\"2026-10-01\"}"

/* The bare name the job was answered with. */
static const char *export_name(const char *rest, const char *template)
{
    static char name[200];
    const struct web_answer *a;
    add_field("template", template);
    a = job(rest);
    snprintf(name, sizeof name, "%s", a->body ? a->body : "");
    return name;
}

static const struct web_answer *download(const char *name, const char *system)
{
    char rest[400];
    snprintf(rest, sizeof rest, "\"type\":\"download\",\"fileName\":\"%s\","
             "\"fileSystem\":\"%s\"", name, system);
    return job(rest);
}

/* Exports and downloads; the file's text. */
static const char *exported(const char *rest, const char *template)
{
    const struct web_answer *a =
        download(export_name(rest, template), "integrationServer");
    return a->body ? a->body : "";
}

static bool holds(const char *text, const char *part)
{
    bool found = strstr(text, part) != NULL;
    if (!found)
        tap_diag("not in: %.600s", text);
    return found;
}

static int lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '|';
    return n;
}

static void envelope(void)
{
    start(NULL, NULL);
    is_int(web_call(port, "POST", "/elsewhere", NULL, "")->status, 404,
           "1: one path only");
    is_int(job("\"type\":\"get\",\"inputSettings\":{\"type\":\"policyList\"}")
               ->status, 200, "1: the job by its two types");
    ok(web_count("policyList") == 3, "1: and its answer");
    is_int(web_call(port, "POST", PATH, "Content-Type: application/json\r\n",
                    "{\"type\":\"get\"}")->status, 500,
           "2: the job is read from a form only");
    add_field("template", "x${1+1}");
    job(FILE_JOB(SINCE));
    ok(strncmp(web_call(port, "GET", "/_sandbox/counts", NULL, NULL)->body,
               "{", 1) == 0, "2: the template from a second field");
    is_int(job("\"type\":\"fly\"")->status, 200, "3: errors come with 200");
    is_int(code(), 410, "4: an unknown type: 410");
    ok(holds(web_json("responseMessage"), "'type'"), "4: names the argument");
    use_key("nobody", "nothing");
    job("\"type\":\"get\",\"inputSettings\":{\"type\":\"policyList\"}");
    is_int(code(), 401, "3: wrong keys");
}

static void files(void)
{
    const char *name;
    start("expensify.ready_seconds=100", NULL);
    name = export_name(FILE_JOB(SINCE), NAMES);
    ok(strncmp(name, "export", 6) == 0 && !strchr(name, '{'),
       "5: a bare file name");
    ok(strncmp(web_header("Content-Type"), "text/plain", 10) == 0,
       "5: as text/plain");
    is_int((long long)strlen(name), 6 + 36 + 4, "6: basename, uuid, ending");
    is_text(download(name, "integrationServer")->body, "",
            "7: not there at once: an empty 200");
    control("/_sandbox/switch?name=early&value=404");
    is_int(download(name, "integrationServer")->status, 200,
           "7: after its time it is there");
    start("expensify.ready_seconds=100", "expensify.early=404");
    is_int(download(export_name(FILE_JOB(SINCE), NAMES),
                    "integrationServer")->status, 404, "7: or a 404");
    start("expensify.ready_seconds=100", "expensify.early=object");
    download(export_name(FILE_JOB(SINCE), NAMES), "integrationServer");
    is_text(web_json("responseMessage"), "File not found", "7: or an object");
    start(NULL, NULL);
    ok(holds(exported(FILE_JOB(SINCE), NAMES), "Trade fair Hannover|"),
       "8: raw bytes");
    name = export_name(FILE_JOB(SINCE), NAMES);
    download(name, "reconciliation");
    is_text(web_json("responseMessage"), "File not found",
            "9: not on the other file system");
    download("export-none.txt", "integrationServer");
    is_text(web_json("responseCode"), "", "37: no file, no code");
    start("expensify.lost_file=code", NULL);
    download("export-none.txt", "integrationServer");
    is_int(code(), 404, "37: or with one");
}

static int export_code(const char *rest)
{
    add_field("template", NAMES);
    job(rest);
    return code();
}

static void filters(void)
{
    start(NULL, NULL);
    is_int(export_code(FILE_JOB("\"filters\":{\"policyIDList\":\"" POLICY
                                "\"}")), 410, "10: a filter is required");
    is_int(export_code(FILE_JOB("\"filters\":{\"startDate\":\"26-01-01\"}")),
           410, "11: a date of another form");
    ok(holds(web_json("responseMessage"), "'26-01-01'"), "11: quoted back");
    is_int(export_code(FILE_JOB("\"filters\":{\"startDate\":\"2025-01-01\"}")),
           410, "12: over a year back without an end");
    is_int(export_code(FILE_JOB("\"filters\":{\"startDate\":\"2024-01-01\","
                                "\"endDate\":\"2026-01-01\"}")), 410,
           "12: a span over one year");
    ok(holds(exported(FILE_JOB("\"filters\":{\"startDate\":\"2026-11-18\","
                               "\"endDate\":\"2026-11-18\"}"), NAMES),
             "Trade fair"), "13: by the day it was submitted, inclusive");
    ok(!strstr(exported(FILE_JOB("\"filters\":{\"startDate\":\"2026-11-17\","
                                 "\"endDate\":\"2026-11-17\"}"), NAMES),
               "Trade fair"), "13: not by the day it was created");
    is_int(lines(exported(FILE_JOB("\"reportState\":\"REIMBURSED\"," SINCE),
                          NAMES)), 2, "13: by state");
    is_int(lines(exported(FILE_JOB("\"limit\":\"2\"," SINCE), NAMES)), 2,
           "18, 38: limit counts reports, and is text");
    ok(holds(exported(FILE_JOB("\"reportState\":\"APPROVED\",\"filters\":"
                               "{\"approvedAfter\":\"2026-11-19\"}"), NAMES),
             "Trade fair"), "approvedAfter with its own day");
    control("/_sandbox/switch?name=approved_after&value=exclusive");
    ok(!strstr(exported(FILE_JOB("\"reportState\":\"APPROVED\",\"filters\":"
                                 "{\"approvedAfter\":\"2026-11-19\"}"), NAMES),
               "Trade fair"), "or without");
}

#define MARKING(label, more)                                                \
    FILE_JOB("\"filters\":{\"startDate\":\"2026-10-01\","                   \
             "\"markedAsExported\":\"" label "\"}")                         \
    ",\"onFinish\":[{\"actionName\":\"markAsExported\",\"label\":\"" label  \
    "\"}]" more

static void labels(void)
{
    start(NULL, NULL);
    ok(!strstr(exported(FILE_JOB("\"filters\":{\"startDate\":\"2026-09-01\","
                                 "\"markedAsExported\":\"mlc\"}"), NAMES),
               "September|"), "14: those with the label are left out");
    ok(holds(exported(FILE_JOB("\"filters\":{\"startDate\":\"2026-09-01\"}"),
                      NAMES), "September|"), "14: without the filter not");
    int all = lines(exported(MARKING("x", ",\"test\":\"true\""), NAMES));
    is_int(lines(exported(MARKING("x", ""), NAMES)), all,
           "16: a test marks nothing");
    ok(strncmp(export_name(MARKING("y", ",\"test\":\"true\""), NAMES),
               "export", 6) == 0, "39: and is answered alike");
    export_name(MARKING("z", ""), NAMES);
    later(5);
    is_int(lines(exported(MARKING("z", ""), NAMES)), 0,
           "15: marked when the job ends, downloaded or not");
}

static void model(void)
{
    const char *text;
    start("expensify.digits=plain", NULL);
    text = exported(
        FILE_JOB(SINCE),
        LIST "<#list report.transactionList as e>\n"
             "${e.transactionID} ${report.reportID} ${e.merchant} "
             "${e.amount?c} [${e.modifiedAmount!\"\"}] <${e.tag}> "
             "(${e.ntag1})(${e.ntag2})|\n</#list>\n</#list>\n");
    ok(!strstr(text, "Hertz"), "17: no expense without a report");
    ok(holds(text, "Deutsche Bahn 12990 []"), "19: cents, positive for spend");
    ok(holds(text, "Own car 9476 [8652]"), "20: a corrected amount");
    ok(holds(text, "5921190374620011008 R00"), "21: ids as they are");
    ok(holds(text, "<FIN\\: Finance:CORE\\: Core business> (FIN: Finance)"
                   "(CORE: Core business)"), "22: tags joined and escaped");
    start("expensify.escape=yes", "expensify.digits=plain");
    text = exported(FILE_JOB(SINCE), LIST
                    "<#list report.transactionList as e>${e.merchant} "
                    "${e.comment}|</#list></#list>");
    ok(holds(text, "&quot;Zur Post&quot;") && holds(text, "&lt;Servo &amp; "
                                                          "Parts&gt;"),
       "23: escaped under the switch");
    ok(holds(exported(FILE_JOB(SINCE), LIST "${report.accountID}|</#list>"),
             "1207518|"), "numbers without ?c, plain");
    control("/_sandbox/switch?name=digits&value=grouped");
    ok(holds(exported(FILE_JOB(SINCE), LIST "${report.accountID}|</#list>"),
             "1,207,518|"), "and grouped");
}

static void templates(void)
{
    static const struct {
        const char *template, *want;
    } rows[] = {
        { "a${1+2*3}b", "a7b" },
        { "<#if 1 lt 2>yes<#else>no</#if>", "yes" },
        { "<#if false>a<#elseif true>b<#else>c</#if>", "b" },
        { "<#if true && !false>x</#if>${\"q\\\"\"?json_string}", "xq\\\"" },
        { "${(nothing.at.all)!\"none\"}", "none" },
        { "${nothing!\"d\"}${nothing!}|", "d|" },
        { "${nothing?has_content?string(\"y\",\"n\")}", "n" },
        { "<#assign n = 5>${n?string(\"0.00\")}", "5.00" },
        { "${1234567?c} ${0.5?c}", "1234567 0.5" },
        { "${true?string(\"true\",\"false\")}", "true" },
        { "<#-- note -->x<#-- <#if> -->y", "xy" },
        { "  <#if true>\nin\n  </#if>\nout\n", "in\nout\n" },
        { "<#list reports as r><#if r_index < 2>${r_index}<#sep>,</#sep>"
          "</#if></#list>", "0,1," },
        { "${\"a<b\"?html}${\"x\"?upper_case}", "a&lt;bX" },
        { "${reports?size gt 3}", NULL },
        { "${undefined}", NULL },
        { "<#if 1>x</#if>", NULL },
        { "<#list reports as r>", NULL },
        { "${\"a\"?frobnicate}", NULL },
        { "${reports[0].isACHReimbursed}", NULL },
        { "${unclosed", NULL },
    };
    start("expensify.digits=plain", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].want) {
            is_text(exported(FILE_JOB(SINCE), rows[i].template), rows[i].want,
                    "template %zu", i);
            continue;
        }
        add_field("template", rows[i].template);
        job(FILE_JOB(SINCE));
        is_int(code(), 500, "refused: %s", rows[i].template);
    }
}

static void limits(void)
{
    const char *ask =
        "\"type\":\"get\",\"inputSettings\":{\"type\":\"policyList\"}";
    start(NULL, NULL);
    later(61);
    for (int i = 0; i < 5; i++)
        is_int(job_now(ask)->status, 200, "24: call %d of ten seconds", i + 1);
    is_int(job_now(ask)->status, 429, "24: the sixth is too fast");
    is_int(code(), 429, "24: in the body too");
    later(11);
    is_int(job_now(ask)->status, 200, "24: ten seconds later it goes");
    later(61);
    for (int i = 0; i < 20; i++) {
        later(2);
        job_now(ask);
    }
    later(2);
    is_int(job_now(ask)->status, 429, "24: 20 in a minute");
    control("/_sandbox/switch?name=limit&value=body");
    is_int(job_now(ask)->status, 200, "24: or in the body alone");
    is_int(code(), 429, "24: the body says it");
}

/* -------------------------------------------------------------------- writes */
#define EXPENSE "{\"merchant\":\"NS\",\"created\":\"2026-11-01\"," \
                "\"amount\":777,\"currency\":\"EUR\"}"
#define MAKE(email, list)                                              \
    "\"type\":\"create\",\"inputSettings\":{\"type\":\"expenses\"," email \
    "\"transactionList\":[" list "]}"
#define AN "\"employeeEmail\":\"an@tulip.example\","

static void writes(void)
{
    char first[40], report[40], status[300];
    start(NULL, NULL);
    job(MAKE("", EXPENSE));
    is_int(code(), 410, "25: without employeeEmail");
    ok(holds(web_json("responseMessage"), "employeeEmail"), "25: named");
    job(MAKE(AN, EXPENSE));
    is_int(code(), 200, "26: made");
    is_text(web_json("transactionList.0.amount"), "777", "26: echoed");
    snprintf(first, sizeof first, "%s",
             web_json("transactionList.0.transactionID"));
    snprintf(report, sizeof report, "%s",
             web_json("transactionList.0.reportID"));
    ok(strlen(first) == 19 && strncmp(report, "R00", 3) == 0,
       "21, 26: ids; a report was opened");
    job(MAKE(AN, EXPENSE));
    ok(strcmp(first, web_json("transactionList.0.transactionID")) != 0,
       "27: again makes another");
    snprintf(status, sizeof status, "\"type\":\"update\",\"inputSettings\":"
             "{\"type\":\"reportStatus\",\"status\":\"REIMBURSED\","
             "\"filters\":{\"reportIDList\":\"%s\"}}", report);
    job(status);
    is_int(code(), 200, "28: nothing reimbursed is 200");
    is_int(web_count("reportIDs"), 0, "28: none");
    ok(holds(web_json("skippedReports.0.reason"), "Open"),
       "29: skipped, with its status");
    is_int(web_count("failedReports"), -1, "28: no failedReports");
    job("\"type\":\"update\",\"inputSettings\":{\"type\":\"reportStatus\","
        "\"status\":\"APPROVED\",\"filters\":{\"reportIDList\":\"R\"}}");
    is_int(code(), 410, "29: no other status");
    ok(holds(web_json("responseMessage"), "'APPROVED'"), "29: named");
}

#define GET_POLICY(id, fields)                                       \
    "\"type\":\"get\",\"inputSettings\":{\"type\":\"policy\","       \
    "\"policyIDList\":[\"" id "\"],\"fields\":[" fields "]}"

static void policies(void)
{
    start(NULL, NULL);
    job("\"type\":\"update\",\"inputSettings\":{\"type\":\"policy\","
        "\"policyID\":\"" POLICY_FLAT "\"},\"tags\":{\"action\":\"merge\","
        "\"data\":[{\"name\":\"HR\",\"enabled\":true}]}");
    is_int(code(), 200, "30: merge of tags says OK");
    job(GET_POLICY(POLICY_FLAT, "\"tags\",\"tax\""));
    is_int(web_count("policyInfo." POLICY_FLAT ".tags"), 1,
           "30: and deleted the others");
    is_text(web_json("policyInfo." POLICY_FLAT ".tags.0.name"), "HR",
            "31: tags flat");
    is_int(web_count("policyInfo." POLICY_FLAT ".tax"), 0, "31: tax {}");
    is_int(web_count("policyInfo." POLICY_FLAT ".categories"), -1,
           "32: only what was asked for");
    job(GET_POLICY(POLICY, "\"tags\""));
    is_text(web_json("policyInfo." POLICY ".tags.0.tags.0.name"),
            "FIN: Finance", "31: tags in levels");
    job(GET_POLICY("0000000000000000", "\"tags\""));
    is_int(code(), 404, "37: an unknown policy");
    job(GET_POLICY(POLICY_OTHERS, "\"tax\""));
    is_int(code(), 403, "33: tax wants an admin");
    job("\"type\":\"get\",\"inputSettings\":{\"type\":\"policy\","
        "\"fields\":[\"tags\"]}");
    is_int(code(), 410, "10: policyIDList is required");
    job("\"type\":\"get\",\"inputSettings\":{\"type\":\"domainCardList\"}");
    is_int(web_count("domainCardList"), 1, "33: cards for a domain admin");
    use_key("aa_an_tulip_example", "member-secret");
    job("\"type\":\"get\",\"inputSettings\":{\"type\":\"domainCardList\"}");
    is_int(code(), 403, "33: and for nobody else");
    use_key(secret("partner_user_id"), secret("partner_user_secret"));
    job("\"type\":\"create\",\"inputSettings\":{\"type\":\"policy\","
        "\"policyName\":\"New\"}");
    ok(strncmp(web_header("Content-Type"), "application/json", 16) == 0,
       "35: application/json here");
    job("\"type\":\"create\",\"inputSettings\":{\"type\":\"policy\"}");
    is_int(code(), 500, "3: policyName is missing: 500");
    job("\"type\":\"get\",\"inputSettings\":{\"type\":\"policyList\"}");
    ok(strncmp(web_header("Content-Type"), "text/plain", 10) == 0,
       "35: text/plain there");
}

#define RULE "\"type\":\"create\",\"inputSettings\":{\"type\":"          \
             "\"expenseRules\",\"policyID\":\"" POLICY "\","             \
             "\"employeeEmail\":\"an@tulip.example\",\"actions\":"        \
             "{\"tag\":\"FIN\"}}"

static void others(void)
{
    const char *text;
    start(NULL, NULL);
    job(RULE);
    is_int(code(), 200, "34: a rule");
    job(RULE);
    is_int(code(), 666, "34: again");
    ok(holds(web_json("responseMessage"), "rule 1"), "34: with its number");
    use_key("aa_an_tulip_example", "member-secret");
    add_field("template", "x");
    job("\"type\":\"reconciliation\",\"inputSettings\":{\"startDate\":"
        "\"2026-10-01\",\"endDate\":\"2026-11-20\",\"domain\":\"x\","
        "\"type\":\"All\"}");
    is_int(code(), 403, "33: reconciliation wants a domain admin");
    use_key(secret("partner_user_id"), secret("partner_user_secret"));
    add_field("data", "[{\"employeeEmail\":\"annette@tulip.example\","
              "\"employeeID\":\"14\",\"policyID\":\"" POLICY "\"}]");
    job("\"type\":\"update\",\"inputSettings\":{\"type\":\"employees\"}");
    is_int(code(), 200, "36: employees");
    is_int(web_call(port, "GET", "/_sandbox/records?table=accounts&"
                    "key=an%40tulip.example", NULL, NULL)->status, 404,
           "36: the account of that number has the new address");
    add_field("template", "<#list cards as card, reports><#list reports as "
              "id, r>${card} ${id} <#list r.transactionList as t>"
              "${t.merchant} ${t.amount?c}|</#list></#list></#list>");
    job("\"type\":\"reconciliation\",\"inputSettings\":{\"startDate\":"
        "\"2026-10-01\",\"endDate\":\"2026-11-20\",\"domain\":"
        "\"tulip.example\",\"type\":\"Unreported\",\"feed\":"
        "\"export_all_feeds\"},\"outputSettings\":{\"fileExtension\":"
        "\"txt\"}");
    is_int(code(), 200, "40: reconciliation, at once");
    char name[200];
    snprintf(name, sizeof name, "%s", web_json("filename"));
    ok(strncmp(name, "is_reconciliation_", 18) == 0, "40: its name in JSON");
    text = download(name, "reconciliation")->body;
    ok(holds(text, "5XXXXXXXXXXX4417 0 Hertz -18700|"),
       "19, 40: spend is negative here");
}

int main(void)
{
    envelope();
    files();
    filters();
    labels();
    model();
    templates();
    limits();
    writes();
    policies();
    others();
    stop();
    return tap_done();
}
