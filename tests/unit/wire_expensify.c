/* Expensify's driver alone: every request it makes, to the byte; every kind
 * of answer it may get; exports from first line to last; and where the key
 * pair is and is not. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/wire.h"

#include "lang/ast.h"
#include "lang/check.h"
#include "runtime/connector.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"
#include "runtime/uri.h"
#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1795176000000) /* 2026-11-20T12:00:00Z */

static struct arena arena;
static struct program program;
static const struct connector *k;
static const char *policy_setting, *label_setting, *limit_setting;

static struct text setting(const struct connection_info *c, const char *name)
{
    (void)c;
    return text_of(strcmp(name, "policy") == 0          ? policy_setting
                   : strcmp(name, "mark_exported") == 0 ? label_setting
                   : strcmp(name, "limit") == 0         ? limit_setting
                                                        : NULL);
}

static const struct connection_info info = {
    .name = { "Expensify", 9 },
    .url = { "http://127.0.0.1:1", 18 },
    .setting = setting,
    .now_ms = NOW,
};

static const char *printed(struct text t)
{
    return text_cstr(&arena, t);
}

/* The job of a request, decoded. */
static const char *job_of(const struct request *r)
{
    return printed(uri_form_value(&arena, r->body, "requestJobDescription"));
}

/* --------------------------------------------------------------- requests */
static struct request read_request(struct read_spec *spec, const char *next)
{
    struct request r = { 0 };
    struct error err = { 0 };
    if (k->read_request(&info, spec, text_of(next), &arena, &r, &err))
        tap_diag("%s", err.text);
    return r;
}

static void test_reads(void)
{
    const struct object *report = wire_object("report");
    struct value states[2] = { value_text(TEXT("Approved")),
                               value_text(TEXT("Reimbursed")) };
    struct value ids[2] = { value_text(TEXT("R00a")),
                            value_text(TEXT("R00b")) };
    struct filter_term approved = { object_field(report, TEXT("status")),
                                    OP_IS_ONE_OF, states, 2 };
    struct filter_term keys = { object_field(report, TEXT("reportID")),
                                OP_IS_ONE_OF, ids, 2 };
    struct read_spec spec = { .object = report, .mode = READ_CHANGES,
                              .cursor = TEXT("2026-11-18"),
                              .terms = &approved, .term_count = 1 };
    policy_setting = "7D2C4E8A91B3F605";
    label_setting = "mlc";
    struct request r = read_request(&spec, NULL);
    is_text(r.method, "POST", "an export is posted");
    is_text(printed(r.path), "/Integration-Server/ExpensifyIntegrations",
            "to the one address");
    is_text(r.content_type, "application/x-www-form-urlencoded", "as a form");
    ok(!r.writes && r.safe_to_repeat, "and is no write");
    is_text(job_of(&r),
            "{\"type\":\"file\",\"onReceive\":{\"immediateResponse\":"
            "[\"returnRandomFileName\"]},\"inputSettings\":{\"type\":"
            "\"combinedReportData\",\"reportState\":\"APPROVED,REIMBURSED\","
            "\"filters\":{\"approvedAfter\":\"2026-11-16\",\"policyIDList\":"
            "\"7D2C4E8A91B3F605\",\"markedAsExported\":\"mlc\"}},"
            "\"outputSettings\":{\"fileExtension\":\"json\"}}",
            "changes of approved reports, two days earlier; nothing marked");
    ok(uri_form_value(&arena, r.body, "template").len > 1000,
       "with the template beside it");
    spec.term_count = 0;
    spec.cursor = TEXT_NONE;
    policy_setting = label_setting = NULL;
    r = read_request(&spec, NULL);
    ok(strstr(job_of(&r), "\"filters\":{\"startDate\":\"2025-11-21\","
                          "\"endDate\":\"2026-11-20\"}"),
       "every state: a year of days, with both ends");
    spec.mode = READ_KEYS;
    spec.terms = &keys;
    spec.term_count = 1;
    label_setting = "mlc";
    r = read_request(&spec, NULL);
    ok(strstr(job_of(&r), "\"filters\":{\"reportIDList\":\"R00a,R00b\"}"),
       "by id, labelled or not");
    r = read_request(&spec, "Fexport1.json");
    is_text(job_of(&r), "{\"type\":\"download\",\"fileName\":"
            "\"export1.json\",\"fileSystem\":\"integrationServer\"}",
            "then the file");
    struct read_spec list = { .object = wire_object("policy"),
                              .mode = READ_ALL };
    r = read_request(&list, NULL);
    is_text(job_of(&r), "{\"type\":\"get\",\"inputSettings\":{\"type\":"
            "\"policyList\"}}", "policies");
    policy_setting = "A, B";
    list.object = wire_object("policy_tag");
    r = read_request(&list, NULL);
    is_text(job_of(&r), "{\"type\":\"get\",\"inputSettings\":{\"type\":"
            "\"policy\",\"policyIDList\":[\"A\",\"B\"],\"fields\":[\"tags\"]}}",
            "one section of the policies named");
    struct error err = { 0 };
    policy_setting = NULL;
    ok(k->read_request(&info, &list, TEXT_NONE, &arena, &r, &err) < 0 &&
           strstr(err.hint, "policy"),
       "which want a policy: said with what to do");
}

static void test_booked(void)
{
    const struct text ids[] = { TEXT("R00a"), TEXT("R00b") };
    struct request r = { 0 };
    struct error err = { 0 };
    label_setting = "";
    is_int(k->booked_request(&info, wire_object("report"), ids, 2, &arena, &r,
                             &err), 1, "no label, nothing is ever marked");
    label_setting = "mlc";
    is_int(k->booked_request(&info, wire_object("expense"), ids, 2, &arena,
                             &r, &err), 1, "expenses have none");
    is_int(k->booked_request(&info, wire_object("report"), ids, 2, &arena, &r,
                             &err), 0, "reports have");
    is_text(job_of(&r),
            "{\"type\":\"file\",\"onReceive\":{\"immediateResponse\":"
            "[\"returnRandomFileName\"]},\"inputSettings\":{\"type\":"
            "\"combinedReportData\",\"filters\":{\"reportIDList\":"
            "\"R00a,R00b\"}},\"outputSettings\":{\"fileExtension\":\"json\"},"
            "\"onFinish\":[{\"actionName\":\"markAsExported\",\"label\":"
            "\"mlc\"}]}", "by their ids, for the label's sake");
    ok(r.writes, "a dry run refuses it");
    ok(r.safe_to_repeat, "again does no harm");
}

static void test_writes(void)
{
    const struct object *o = wire_object("new_expense");
    struct shape shape = { .object = o };
    static const char *const names[] = { "employeeEmail", "merchant",
                                         "created", "amount", "currency" };
    struct shape_field fields[5];
    struct request r = { 0 };
    struct error err = { 0 };
    memset(fields, 0, sizeof fields);
    for (size_t i = 0; i < 5; i++)
        fields[i].field = object_field(o, text_of(names[i]));
    shape.fields = fields;
    shape.count = 5;
    struct record *record = record_new(&arena, &shape);
    struct decimal amount;
    decimal_parse(TEXT("7.77"), &amount);
    record->slots[0] = value_text(TEXT("an@example.com"));
    record->slots[1] = value_text(TEXT("Caf\xc3\xa9 \"X\""));
    record->slots[2] = value_date(20772);
    record->slots[3] = value_money(amount, currency_pack("EUR"));
    record->slots[4] = value_text(TEXT("EUR"));
    struct write_item item = { .op = WRITE_CREATE, .record = record };
    struct write_spec spec = { o, &item, 1 };
    is_int(k->write_request(&info, &spec, &arena, &r, &err), 0,
           "an expense can be made");
    is_text(job_of(&r), "{\"type\":\"create\",\"inputSettings\":{\"type\":"
            "\"expenses\",\"employeeEmail\":\"an@example.com\","
            "\"transactionList\":[{\"merchant\":\"Caf\xc3\xa9 \\\"X\\\"\","
            "\"created\":\"2026-11-15\",\"amount\":777,\"currency\":"
            "\"EUR\"}]}}", "in whole cents, for the person named outside");
    ok(r.writes && !r.safe_to_repeat, "again would make two");
    struct response answer = { .status = 200,
        .body = TEXT("{\"responseCode\":200,\"transactionList\":[{"
                     "\"transactionID\":\"5921190374620011008\"}]}") };
    struct write_result result;
    k->write_answer(&info, &spec, &answer, &arena, &result);
    is_text(printed(result.target_id), "5921190374620011008",
            "19 digits stay 19 digits");
    answer.body = TEXT("{\"responseCode\":200}");
    k->write_answer(&info, &spec, &answer, &arena, &result);
    is_int(result.answer.kind, ANSWER_FAILED, "a yes without id is no yes");
}

/* ------------------------------------------------------------ the key pair */
static struct text secret_of(const struct credential *c, const char *name)
{
    (void)c;
    return strcmp(name, "partner_user_id") == 0 ? TEXT("aa_\"x")
                                                : TEXT("se&cret+1");
}

static struct text no_secret(const struct credential *c, const char *name)
{
    (void)c;
    (void)name;
    return TEXT_NONE;
}

static void test_pair(void)
{
    struct read_spec list = { .object = wire_object("policy"),
                              .mode = READ_ALL };
    struct credential pair = { .get = secret_of }, none = { .get = no_secret };
    struct request r = read_request(&list, NULL);
    struct error err = { 0 };
    size_t at;
    ok(!text_find(r.body, TEXT("partner"), &at), "a request is made without");
    is_int(k->authorize(&info, &pair, &arena, &r, &err), 0, "it is put in");
    is_text(job_of(&r), "{\"credentials\":{\"partnerUserID\":\"aa_\\\"x\","
            "\"partnerUserSecret\":\"se&cret+1\"},\"type\":\"get\","
            "\"inputSettings\":{\"type\":\"policyList\"}}",
            "first in the job, quoted and encoded");
    ok(k->authorize(&info, &none, &arena, &r, &err) < 0 &&
           err.kind == ERROR_SIGN_IN, "without a pair: sign in");
}

/* ---------------------------------------------------------------- verdicts */
static void test_verdicts(void)
{
    static const struct {
        int status;
        const char *body, *asked;
        enum answer_kind kind;
        enum refusal refusal;
        bool pending;
        const char *what;
    } rows[] = {
        { 200, "export1f.json", "", ANSWER_DONE, 0, false, "a bare name" },
        { 200, "\"export1f.json\"\n", "", ANSWER_DONE, 0, false, "in quotes" },
        { 200, "{\"responseCode\":401,\"responseMessage\":\"x\"}", "",
          ANSWER_SIGN_IN, 0, false, "401 in the body" },
        { 401, "<html>", "", ANSWER_SIGN_IN, 0, false, "401 as status" },
        { 200, "{\"responseCode\":403,\"responseMessage\":\"x\"}", "",
          ANSWER_REFUSED, REFUSAL_PERMISSION, false, "403" },
        { 200, "{\"responseCode\":\"404\",\"responseMessage\":\"x\"}", "",
          ANSWER_REFUSED, REFUSAL_MISSING, false, "404 as text" },
        { 200, "{\"responseCode\":410,\"responseMessage\":\"x\"}", "",
          ANSWER_REFUSED, REFUSAL_REQUEST, false, "410" },
        { 200, "{\"responseCode\":429,\"responseMessage\":\"x\"}", "",
          ANSWER_WAIT, 0, false, "429 in the body" },
        { 429, "", "", ANSWER_WAIT, 0, false, "429 as status" },
        { 200, "{\"responseCode\":500.0,\"responseMessage\":\"x\"}", "",
          ANSWER_FAILED, 0, false, "500.0" },
        { 500, "{\"responseCode\":500,\"responseMessage\":\"Not authorized to "
               "authenticate as user x\"}", "", ANSWER_REFUSED,
          REFUSAL_PERMISSION, false, "500: not authorized" },
        { 200, "{\"responseCode\":\"500\",\"responseMessage\":\"Required "
               "parameter 'x' is missing\"}", "", ANSWER_REFUSED,
          REFUSAL_REQUEST, false, "500: a mistake of ours" },
        { 403, "<html>403 - Invalid Credentials</html>", "", ANSWER_SIGN_IN, 0,
          false, "a page that says so" },
        { 403, "<html>", "", ANSWER_REFUSED, REFUSAL_PERMISSION, false,
          "another 403" },
        { 200, "{\"responseCode\":200,\"filename\":\"e1f.json\"}", "",
          ANSWER_DONE, 0, false, "a name in JSON" },
        { 200, "\xef\xbb\xbf{\"kind\":\"start\"}\r\n{\"kind\":\"end\"}\r\n",
          "Fx.json", ANSWER_DONE, 0, false, "a mark of byte order, CR LF" },
        { 502, "<html>", "", ANSWER_FAILED, 0, false, "502" },
        { 200, "{\"responseCode\":200}", "", ANSWER_FAILED, 0, false,
          "no name at all" },
        { 200, "../../etc/passwd.json", "", ANSWER_FAILED, 0, false,
          "a name that is a path" },
        { 200, "", "Fx.json", ANSWER_WAIT, 0, true, "an empty file: not yet" },
        { 202, "", "Fx.json", ANSWER_WAIT, 0, true, "202: not yet" },
        { 404, "", "Fx.json", ANSWER_WAIT, 0, true, "404 of a file: not yet" },
        { 200, "{\"responseMessage\":\"File not found\"}", "Fx.json",
          ANSWER_WAIT, 0, true, "no file, no code: not yet" },
        { 200, "{\"kind\":\"start\"}\n", "Fx.json", ANSWER_FAILED, 0, false,
          "a file without its last line" },
        { 200, "{\"kind\":\"start\"}\noops\n{\"kind\":\"end\"}\n", "Fx.json",
          ANSWER_FAILED, 0, false, "a line that is none of ours" },
        { 200, "\n{\"kind\":\"start\"}\n\n{\"kind\":\"end\"}\n \n", "Fx.json",
          ANSWER_DONE, 0, false, "no reports" },
    };
    struct read_spec spec = { .object = wire_object("report"),
                              .mode = READ_CHANGES };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response r = { .status = rows[i].status,
                              .body = text_of(rows[i].body) };
        struct answer a = { 0 };
        struct page page;
        k->read_answer(&info, &spec, text_of(rows[i].asked), &r, &arena, &page,
                       &a);
        ok(a.kind == rows[i].kind && a.refusal == rows[i].refusal &&
               a.pending == rows[i].pending, "%s", rows[i].what);
        if (a.kind == ANSWER_WAIT)
            ok(a.wait_ms > 0 && a.wait_ms < 60000, "… with a time to wait");
    }
}

/* ------------------------------------------------------------------ exports */
static const char *page_of(const char *lines, const char *object)
{
    struct read_spec spec = { .object = wire_object(object),
                              .mode = READ_CHANGES };
    struct response r = { .status = 200, .body = text_of(lines) };
    struct answer a = { 0 };
    struct page page;
    k->read_answer(&info, &spec, TEXT("Fx.json"), &r, &arena, &page, &a);
    if (a.kind != ANSWER_DONE)
        return printed(a.reason);
    is_text(printed(page.next_cursor), "2026-11-20", "next from today");
    ok(!page.complete, "what is older is never listed");
    return printed(page.body);
}

#define START "{\"kind\":\"start\"}\n"
#define END "{\"kind\":\"end\"}\n"
#define REPORT                                                                \
    "{\"kind\":\"report\",\"reportID\":\"R00a\",\"oldReportID\":\"71,000\","  \
    "\"reportName\":\"A\",\"status\":\"APPROVED\",\"total\":\"1010\","        \
    "\"currency\":\"EUR\",\"approved\":\"2026-11-19 10:15:00\","              \
    "\"reimbursed\":\"\",\"isACHReimbursed\":\"false\",\"end\":\"\"}\n"
#define EXPENSE(more)                                                        \
    "{\"kind\":\"expense\",\"transactionID\":\"5,921,190,374,620,011,008\"," \
    "\"merchant\":\"A &amp;amp; B\",\"modifiedMerchant\":\"\","              \
    "\"amount\":\"1010\",\"currency\":\"EUR\",\"created\":\"2026-11-01\","   \
    "\"billable\":\"false\",\"reimbursable\":\"true\"," more "\"end\":\"\"}\n"

static void test_tags(void)
{
    struct read_spec spec = { .object = wire_object("policy_tag"),
                              .mode = READ_ALL };
    struct response r = { .status = 200, .body = TEXT(
        "{\"responseCode\":200,\"policyInfo\":{\"A\":{\"tags\":[{\"name\":"
        "\"x\"}]},\"B\":{\"tags\":[{\"name\":\"Dept\",\"tags\":[{\"name\":"
        "\"y\"}]}]},\"C\":{\"tags\":[]}}}") };
    struct answer a = { 0 };
    struct page page;
    k->read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &a);
    is_text(printed(page.body),
            "[{\"policyID\":\"A\",\"level\":\"(single)\",\"name\":\"x\"},"
            "{\"policyID\":\"B\",\"level\":\"Dept\",\"name\":\"y\"}]",
            "tags flat and in levels");
}

/* What is no answer must not look like an empty list. */
static void test_lists(void)
{
    static const struct {
        const char *object, *policies, *body;
        enum answer_kind kind;
        bool complete;
    } rows[] = {
        { "policy", NULL, "{\"responseCode\":200,\"policyList\":[]}",
          ANSWER_DONE, true },
        { "policy", NULL, "<html>busy</html>", ANSWER_FAILED, true },
        { "policy", NULL, "{\"responseCode\":200}", ANSWER_FAILED, true },
        { "policy_category", "A", "<html>busy</html>", ANSWER_FAILED, true },
        { "policy_category", "A,B",
          "{\"responseCode\":200,\"policyInfo\":{\"A\":{\"categories\":[]}}}",
          ANSWER_REFUSED, true },
        { "policy_category", "A",
          "{\"responseCode\":200,\"policyInfo\":{\"A\":{\"categories\":[]}}}",
          ANSWER_DONE, true },
        { "policy_category", "A",
          "{\"responseCode\":200,\"policyInfo\":{\"A\":{}}}", ANSWER_DONE,
          false },
        { "policy_tax_rate", "A",
          "{\"responseCode\":200,\"policyInfo\":{\"A\":{\"tax\":{}}}}",
          ANSWER_DONE, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct read_spec spec = { .object = wire_object(rows[i].object),
                                  .mode = READ_ALL };
        struct response r = { .status = 200, .body = text_of(rows[i].body) };
        struct answer a = { 0 };
        struct page page;
        policy_setting = rows[i].policies;
        k->read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &a);
        is_int(a.kind, (long long)rows[i].kind, "%s: %s", rows[i].object,
               rows[i].body);
        if (a.kind == ANSWER_DONE)
            is_int(page.complete, rows[i].complete, "is it all?");
    }
    policy_setting = NULL;
}

/* Behind a limit there may be more, of any day. */
static void test_limit(void)
{
    struct read_spec spec = { .object = wire_object("report"),
                              .mode = READ_CHANGES };
    struct response r = { .status = 200,
                          .body = TEXT(START REPORT REPORT END) };
    struct answer a = { 0 };
    struct page page;
    limit_setting = "2";
    k->read_answer(&info, &spec, TEXT("Fx.json"), &r, &arena, &page, &a);
    ok(page.next_cursor.len == 0 && page.notice.len > 0,
       "a full export is no reason to go on from today");
    limit_setting = "3";
    k->read_answer(&info, &spec, TEXT("Fx.json"), &r, &arena, &page, &a);
    ok(page.next_cursor.len > 0 && page.notice.len == 0, "one with room is");
    limit_setting = NULL;
}

static void test_corrections(void)
{
    const char *t = page_of(
        START REPORT EXPENSE("\"taxAmount\":\"175\",\"modifiedTaxAmount\":"
                             "\"-1,210\",\"mcc\":\"5,812\",\"modifiedMCC\":"
                             "\"\",\"distance\":\"1,204.5\",") END, "report");
    ok(strstr(t, "\"taxAmount\":-1210,\"mcc\":\"5812\""),
       "corrected tax, a code as it was");
    ok(strstr(t, "\"distance\":\"1204.5\""), "a distance");
    t = page_of(START "{\"kind\":\"report\",\"reportID\":\"R00b\",\"currency\":"
                      "\"EUR\",\"customField.Project_1\":\"A &amp; B\","
                      "\"customField.Empty\":\"\",\"end\":\"\"}\n" END,
                "report");
    ok(strstr(t, "\"customField\":{\"Project_1\":\"A & B\"}"),
       "a report's own fields");
}

static void test_export(void)
{
    is_text(page_of(START REPORT EXPENSE("\"modifiedAmount\":\"0\",") END,
                    "report"),
            "[{\"reportID\":\"R00a\",\"oldReportID\":\"71000\","
            "\"reportName\":\"A\",\"status\":\"Approved\",\"total\":1010,"
            "\"currency\":\"EUR\",\"approved\":\"2026-11-19T10:15:00Z\","
            "\"isACHReimbursed\":false,\"transactionList\":[{"
            "\"transactionID\":\"5921190374620011008\",\"currency\":\"EUR\","
            "\"billable\":false,\"reimbursable\":true,\"merchant\":"
            "\"A &amp; B\",\"originalMerchant\":\"A &amp; B\",\"amount\":1010,"
            "\"originalAmount\":1010,\"created\":\"2026-11-01\","
            "\"reportCurrency\":\"EUR\",\"reportID\":\"R00a\","
            "\"convertedAmount\":1010}]}]",
            "lines become records; unescaped once, grouping taken off");
    ok(strstr(page_of(START REPORT
                      EXPENSE("\"modifiedAmount\":\"-1,550\","
                              "\"modifiedCreated\":\"2026-10-31\","
                              "\"convertedAmount\":\"900\",") END, "report"),
              "\"amount\":-1550,\"originalAmount\":1010,\"created\":"
              "\"2026-10-31\""),
       "what was corrected wins, with its sign");
    const char *flat = page_of(START REPORT EXPENSE("") END, "expense");
    is_int(strncmp(flat, "[{\"transactionID\":", 18), 0,
           "expenses by themselves lie flat");
}

int main(void)
{
    arena_init(&arena);
    k = wire_catalog(&program, &arena, "expensify");
    test_reads();
    test_booked();
    test_writes();
    test_pair();
    test_verdicts();
    test_export();
    test_tags();
    test_lists();
    test_limit();
    test_corrections();
    program_fini(&program);
    arena_fini(&arena);
    return tap_done();
}
