/* Rippling's driver alone: what it asks for to the byte, what it takes for an
 * answer, and how it goes on where sources disagree: times in filters, next
 * links, filters ignored in silence, fields hidden from the token. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/wire.h"

#include "connectors/rippling/rippling.h"
#include "lang/ast.h"
#include "lang/check.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"
#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1795176000000) /* 2026-11-20T12:00:00Z */
#define URL "http://127.0.0.1:1"
#define SEEN "2026-11-01T10:00:00+00:00"

static struct arena arena;
static struct program program;
static const struct connector *k;
static const char *quote_times = "no", *time_filter = "yes", *slash = "yes";

static struct text setting(const struct connection_info *c, const char *name)
{
    (void)c;
    return strcmp(name, "quote_times") == 0      ? text_of(quote_times)
           : strcmp(name, "time_filter") == 0    ? text_of(time_filter)
           : strcmp(name, "trailing_slash") == 0 ? text_of(slash)
           : strcmp(name, "version") == 0        ? TEXT("2026-04-01")
                                                 : TEXT_NONE;
}

static const struct connection_info info = {
    .name = { "Rippling", 8 },
    .url = { URL, sizeof URL - 1 },
    .setting = setting,
    .learnt = setting,
    .now_ms = NOW,
};

static struct text secret_of(const struct credential *c, const char *name)
{
    (void)c;
    return strcmp(name, "webhook_token") == 0   ? TEXT("hook-token")
           : strcmp(name, "client_id") == 0     ? TEXT("id")
           : strcmp(name, "client_secret") == 0 ? TEXT("se:cret")
                                                : TEXT("key");
}

static const struct credential credential = { .get = secret_of };

/* -------------------------------------------------------------------- reading
 */
static void test_roads(void)
{
    static const struct {
        const char *object, *fields;
        enum read_mode mode;
        const char *cursor, *path;
    } rows[] = {
        { "employee", "id status", READ_ALL, "", "/workers/?limit=100" },
        { "employee", "id status", READ_CHANGES, "",
          "/workers/?limit=100&order_by=updated_at" },
        { "employee", "id status", READ_CHANGES, SEEN,
          "/workers/?limit=100&filter=updated_at%20ge%202026-11-01T09%3A55%3A"
          "00&order_by=updated_at" },
        { "department", "id name", READ_CHANGES, "",
          "/departments/?limit=100&order_by=updated_at" },
        { "department", "id name", READ_CHANGES, SEEN,
          "/departments/?limit=100&order_by=updated_at%20desc" },
        { "v1_department", "id name", READ_ALL, "",
          "/platform/api/departments?limit=100&offset=0" },
        { "v1_employee", "id", READ_ALL, "",
          "/platform/api/employees/"
          "include_terminated?send_all_roles=true&limit=100&offset=0" },
        { "company_activity", "id name", READ_CHANGES, "",
          "/platform/api/company_activity?limit=1000&startDate=2026-08-23" },
        { "company_activity", "id name", READ_CHANGES, "5f",
          "/platform/api/company_activity?limit=1000&next=5f" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct read_spec s =
            wire_read(rows[i].object, rows[i].fields, rows[i].mode);
        s.cursor = text_of(rows[i].cursor);
        is_text(wire_path(&s, TEXT_NONE), rows[i].path, "%s", rows[i].object);
    }
    struct read_spec s = wire_read("employee", "id employment_type", READ_ONE);
    s.id = TEXT("a/b");
    is_text(wire_path(&s, TEXT_NONE), "/workers/a%2Fb/?expand=employment_type",
            "one, with what belongs to it");
    slash = "no";
    is_text(wire_path(&s, TEXT_NONE), "/workers/a%2Fb?expand=employment_type",
            "without the last slash, by a setting");
    slash = "yes";
    s = wire_read("employee", "id", READ_ALL);
    s.page_size = 25;
    is_text(wire_path(&s, TEXT_NONE), "/workers/?limit=25", "smaller pages");
    struct request r = wire_request(&s, TEXT_NONE);
    struct response asked = { .headers = r.headers };
    is_text(text_cstr(&arena, response_header(&asked, "Rippling-Api-Version")),
            "2026-04-01", "the version that is set");
    struct connection_info real = info;
    real.url = TEXT("https://rest.ripplingapis.com");
    s = wire_read("v1_department", "id", READ_ALL);
    struct error err = { 0 };
    rippling_read_request(&real, &s, TEXT_NONE, &arena, &r, &err);
    is_text(text_cstr(&arena, r.path),
            "https://api.rippling.com/platform/api/"
            "departments?limit=100&offset=0",
            "the older API is elsewhere");
    real.url = TEXT("https://sandbox.rippling.com/api/platform/api");
    rippling_read_request(&real, &s, TEXT_NONE, &arena, &r, &err);
    is_text(text_cstr(&arena, r.path), "/departments?limit=100&offset=0",
            "or at its own base");
}

static void test_parents(void)
{
    struct value id = value_text(TEXT("r 1"));
    struct read_spec s =
        wire_read("worker_payroll_record", "run_id worker_id", READ_ALL);
    ok(strstr(wire_path(&s, TEXT_NONE), "does not say which") != NULL,
       "a list under a parent wants to know which");
    struct filter_term t = { object_field(s.object, TEXT("run_id")), OP_IS, &id,
                             1 };
    s.terms = &t;
    s.term_count = 1;
    is_text(wire_path(&s, TEXT_NONE),
            "/payroll-runs/r%201/worker-payroll-records/?limit=100",
            "where run_id is …");
    s = wire_read("custom_object_record", "id", READ_ALL);
    ok(strstr(wire_path(&s, TEXT_NONE), "does not say which") != NULL,
       "custom objects are declared with their own address");
    s = wire_read("draft_hire", "draft_hire_id", READ_ALL);
    ok(strstr(wire_path(&s, TEXT_NONE), "has no") != NULL,
       "what is closed to everybody is not asked for");
}

/* ---------------------------------------------------------------- one term */
static void test_terms(void)
{
    struct value status = value_text(TEXT("ACTIVE"));
    struct value quote = value_text(TEXT("o'neil@x.example"));
    struct value day = value_date(19753);
    struct value time = { .tag = VALUE_DATETIME,
                          .whole = INT64_C(1730455200123456) };
    const struct {
        const char *object, *field;
        int op;
        const struct value *value;
        const char *quoted, *filter; /* "" nothing is sent */
    } rows[] = {
        { "employee", "status", OP_IS, &status, "no", "status eq 'ACTIVE'" },
        { "employee", "status", OP_IS_NOT, &status, "no", "" },
        { "employee", "work_email", OP_IS, &quote, "no", "" },
        { "employee", "title", OP_IS, &status, "no", "" },
        { "employee", "created_at", OP_GREATER, &time, "no",
          "created_at gt 2024-11-01T10:00:00" },
        { "employee", "created_at", OP_GREATER, &time, "yes",
          "created_at gt '2024-11-01T10:00:00'" },
        { "leave_request", "start_date", OP_GREATER_EQUAL, &day, "yes",
          "start_date ge 2024-01-31" }, /* a quoted date is refused */
        { "department", "name", OP_IS, &status, "no", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct object *o = wire_object(rows[i].object);
        struct filter_term t = { object_field(o, text_of(rows[i].field)),
                                 rows[i].op, rows[i].value, 1 };
        struct read_spec s = wire_read(rows[i].object, "id", READ_ALL);
        s.terms = &t;
        s.term_count = 1;
        quote_times = rows[i].quoted;
        is_text(wire_option(wire_path(&s, TEXT_NONE), "filter"), rows[i].filter,
                "%s.%s", rows[i].object, rows[i].field);
        quote_times = "no";
    }
}

static void test_keys(void)
{
    struct value keys[3] = { value_text(TEXT("a@x.example")),
                             value_text(TEXT("b@x.example")),
                             value_text(TEXT("c@x.example")) };
    struct read_spec s = wire_read("employee", "id work_email", READ_KEYS);
    struct filter_term t = { object_field(s.object, TEXT("work_email")),
                             OP_IS_ONE_OF, keys, 3 };
    struct answer a;
    s.terms = &t;
    s.term_count = 1;
    struct page p =
        wire_answer(&s, TEXT_NONE, 200,
                    "{\"results\":[{\"work_email\":\"A@x.example\"}],"
                    "\"next_link\":null}",
                    &a);
    is_text(wire_option(wire_path(&s, p.next), "filter"),
            "work_email eq 'b@x.example'", "one key after the other");
    p = wire_answer(&s, p.next, 200,
                    "{\"results\":[{\"work_email\":"
                    "\"b@x.example\"}],\"next_link\":\"/workers/?cursor=2\"}",
                    &a);
    is_text(wire_path(&s, p.next), "/workers/?cursor=2", "over its pages");
    p = wire_answer(&s, p.next, 200, "{\"results\":[]}", &a);
    is_text(wire_option(wire_path(&s, p.next), "filter"),
            "work_email eq 'c@x.example'", "and on with the next");
    p = wire_answer(&s, p.next, 200, "{\"results\":[]}", &a);
    is_int((long long)p.next.len, 0, "to the last");
    p = wire_answer(&s, TEXT_NONE, 200,
                    "{\"results\":[{\"work_email\":"
                    "\"a@x.example\"},{\"work_email\":\"z@x.example\"}]}",
                    &a);
    ok(p.next.len == 0 && p.notice.len > 0,
       "a list that was not filtered holds all keys, and it is told");
}

/* ------------------------------------------------------------------ changes */
#define ROW(time) "{\"id\":\"1\",\"updated_at\":\"" time "\"}"

static void test_changes(void)
{
    struct read_spec s = wire_read("employee", "id", READ_CHANGES);
    struct answer a;
    struct page p = wire_answer(
        &s, TEXT_NONE, 200,
        "{\"results\":[" ROW(
            "2026-10-01T10:00:00+00:00") "],\"next_link\":"
                                         "\"" URL "/workers/?cursor=x\"}",
        &a);
    is_text(wire_path(&s, p.next), "/workers/?cursor=x", "the next page");
    p = wire_answer(&s, p.next, 200,
                    "{\"results\":[" ROW("2026-09-01T10:00:00Z") "," ROW(
                        "2099-01-01T00:00:00Z") "],\"next_link\":\"\"}",
                    &a);
    is_text(text_cstr(&arena, p.next_cursor), "2026-10-01T10:00:00+00:00",
            "the latest change of all pages that is not ahead of the time");
    s.cursor = TEXT(SEEN);
    p = wire_answer(&s, TEXT_NONE, 200, "{\"results\":[" ROW(SEEN) "]}", &a);
    ok(p.notice.len == 0, "a filter that was heeded is not told of");
    p = wire_answer(&s, TEXT_NONE, 200,
                    "{\"results\":[" ROW("2020-01-01T00:00:"
                                         "00Z") "," ROW(SEEN) "]}",
                    &a);
    size_t at;
    ok(text_find(p.notice, TEXT("ignored the filter `updated_at ge"), &at),
       "one that was ignored is");
    /* equal times within the overlap, on a second page of an ascending list */
    p = wire_answer(
        &s, TEXT("L|/workers/?cursor=x"), 200,
        "{\"results\":[" ROW("2026-11-01T09:58:00Z") "],\"next_link\":"
                                                     "\"/workers/?cursor=y\"}",
        &a);
    is_text(wire_path(&s, p.next), "/workers/?cursor=y",
            "an ascending list is read to its end");
}

static void test_times_in_filters(void)
{
    struct read_spec s = wire_read("employee", "id", READ_CHANGES);
    struct answer a;
    s.cursor = TEXT(SEEN);
    struct page p =
        wire_answer(&s, TEXT_NONE, 400, "{\"detail\":\"wrong type\"}", &a);
    is_int(a.kind, ANSWER_DONE, "a time that is not understood");
    is_text(wire_option(wire_path(&s, p.next), "filter"),
            "updated_at ge '2026-11-01T09:55:00'", "is written the other way");
    struct page q =
        wire_answer(&s, p.next, 200, "{\"results\":[" ROW(SEEN) "]}", &a);
    ok(q.notice.len > 0 && text_is(q.next_cursor, SEEN), "and that is told");
    p = wire_answer(&s, p.next, 400, "{\"detail\":\"no such filter\"}", &a);
    is_text(wire_path(&s, p.next),
            "/workers/?limit=100&order_by=updated_at%20desc",
            "else the newest come first, without a filter");
    ok(p.notice.len > 0, "which is told");
    q = wire_answer(
        &s, p.next, 200,
        "{\"results\":[" ROW("2026-11-02T00:00:00Z") "],\"next_link\":"
                                                     "\"/workers/?cursor=2\"}",
        &a);
    q = wire_answer(
        &s, q.next, 200,
        "{\"results\":[" ROW(
            "2026-10-02T00:00:00Z") "],\"next_link\":\"/workers/?cursor=3\"}",
        &a);
    ok(q.next.len == 0 && text_is(q.next_cursor, "2026-11-02T00:00:00Z"),
       "up to the last change known");
    p = wire_answer(&s, p.next, 400, "{\"detail\":\"no\"}", &a);
    is_int(a.kind, ANSWER_REFUSED, "a third refusal is one");
    time_filter = "no";
    is_text(wire_path(&s, TEXT_NONE),
            "/workers/?limit=100&order_by=updated_at%20desc", "by a setting");
    time_filter = "yes";
    s = wire_read("department", "id", READ_CHANGES);
    s.cursor = TEXT(SEEN);
    p = wire_answer(&s, TEXT_NONE, 200,
                    "{\"results\":[" ROW(SEEN) "," ROW(
                        "2026-10-02T00:00:00Z") "],\"next_link\":\"/x\"}",
                    &a);
    is_int((long long)p.next.len, 0, "newest first, it stops in time");
    p = wire_answer(&s, TEXT_NONE, 200,
                    "{\"results\":[" ROW("2026-10-02T00:00:00Z") "," ROW(
                        SEEN) "],\"next_link\":\"/x\"}",
                    &a);
    ok(p.next.len > 0, "a list in another order is read to its end");
}

/* ------------------------------------------------------------------- answers
 */
static void test_next_links(void)
{
    static const struct {
        const char *link, *path; /* NULL: not followed */
    } rows[] = {
        { URL "/workers/?cursor=a%3D", "/workers/?cursor=a%3D" },
        { "/workers?cursor=a", "/workers?cursor=a" },
        { "https://rest.ripplingapis.com/workers/?cursor=a",
          "/workers/?cursor=a" },
        { "https://evil.example/workers/?cursor=a", NULL },
        { "//evil.example/workers/", NULL },
        { "https://rest.ripplingapis.com.evil.example/workers/", NULL },
    };
    struct read_spec s = wire_read("employee", "id", READ_ALL);
    struct answer a;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct page p = wire_answer(&s, TEXT_NONE, 200,
                                    arena_printf(&arena,
                                                 "{\"results\":[],"
                                                 "\"next_link\":\"%s\"}",
                                                 rows[i].link),
                                    &a);
        if (rows[i].path)
            is_text(wire_path(&s, p.next), rows[i].path, "%s", rows[i].link);
        else
            ok(a.kind == ANSWER_REFUSED && p.next.len == 0, "not followed: %s",
               rows[i].link);
    }
}

static void test_redaction(void)
{
    static const struct {
        const char *name;
        enum answer_kind kind;
    } rows[] = {
        { "date_of_birth", ANSWER_DONE }, /* the flow does not read it */
        { "status", ANSWER_REFUSED },
        { "compensation", ANSWER_REFUSED },
        { "compensation.annual_compensation", ANSWER_REFUSED },
        { "department.name", ANSWER_DONE },
    };
    struct read_spec s =
        wire_read("employee", "id status compensation", READ_ALL);
    struct answer a;
    size_t at;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        wire_answer(&s, TEXT_NONE, 200,
                    arena_printf(&arena,
                                 "{\"__meta\":{\"redacted_fields\":[{"
                                 "\"name\":\"%s\",\"reason\":\"Insufficient "
                                 "entitlements\"}]},\"results\":[],"
                                 "\"next_link\":null}",
                                 rows[i].name),
                    &a);
        is_int(a.kind, rows[i].kind, "hidden: %s", rows[i].name);
        if (a.kind == ANSWER_REFUSED)
            ok(text_find(a.reason, TEXT("Insufficient entitlements"), &at) &&
                   a.refusal == REFUSAL_PERMISSION,
               "… with the reason");
    }
}

static void test_query(void)
{
    struct read_spec s =
        wire_read("spend_line_item", "external_id amount", READ_ALL);
    struct request r = wire_request(&s, TEXT_NONE);
    struct answer a;
    is_text(r.method, "POST", "spend is asked for by a query");
    is_text(text_cstr(&arena, r.path),
            "/custom-objects/"
            "spend_transaction_line_item_zo/records/query/",
            "… at its place");
    is_text(text_cstr(&arena, r.body), "{\"limit\":100}", "… in its body");
    ok(!r.writes && r.safe_to_repeat, "… which writes nothing");
    struct page p = wire_answer(&s, TEXT_NONE, 200,
                                "{\"results\":[{\"external_id"
                                "\":\"1\"}],\"cursor\":\"c\\\"1\"}",
                                &a);
    r = wire_request(&s, p.next);
    is_text(text_cstr(&arena, r.body), "{\"limit\":100,\"cursor\":\"c\\\"1\"}",
            "the next page");
    p = wire_answer(&s, p.next, 200, "{\"results\":[],\"cursor\":\"c2\"}", &a);
    is_int((long long)p.next.len, 0, "an empty page is the last");
}

static void test_v1(void)
{
    struct read_spec s = wire_read("v1_department", "id", READ_ALL);
    struct answer a;
    struct buf body;
    buf_init(&body, 0);
    for (int i = 0; i < 100; i++)
        buf_printf(&body, "%c{\"id\":\"%d\"}", i ? ',' : '[', i);
    buf_byte(&body, ']');
    struct page p = wire_answer(&s, TEXT_NONE, 200, buf_cstr(&body), &a);
    is_text(wire_path(&s, p.next),
            "/platform/api/departments?limit=100&offset=100", "a full page");
    p = wire_answer(&s, p.next, 200, "[]", &a);
    ok(a.kind == ANSWER_DONE && p.next.len == 0, "an empty one is the end");
    p = wire_answer(&s, TEXT_NONE, 200, " {\"id\":\"1\"}", &a);
    ok(p.single, "a record alone");
    s = wire_read("company_activity", "id name", READ_CHANGES);
    buf_reset(&body);
    buf_str(&body, "{\"data\":{\"next\":\"n1\",\"events\":[");
    for (int i = 0; i < 1000; i++)
        buf_printf(&body, "%s{\"id\":\"%d\"}", i ? "," : "", i);
    buf_str(&body, "]},\"error\":null}");
    p = wire_answer(&s, TEXT_NONE, 200, buf_cstr(&body), &a);
    buf_fini(&body);
    is_text(wire_path(&s, p.next),
            "/platform/api/company_activity?limit=1000&next=n1",
            "events go on while pages are full");
    p = wire_answer(&s, p.next, 200,
                    "{\"data\":{\"next\":null,\"events\":[]},"
                    "\"error\":null}",
                    &a);
    ok(p.next.len == 0 && p.next_cursor.len == 0,
       "and without a new place the old one holds");
}

static void test_shapes(void)
{
    static const struct {
        enum read_mode mode;
        const char *body, *rows;
        bool single;
        enum answer_kind kind;
    } rows[] = {
        { READ_ALL, "{\"results\":[{\"id\":\"1\"}],\"next_link\":null}",
          "results", false, ANSWER_DONE },
        { READ_ALL, "{\"results\":[]}", "results", false, ANSWER_DONE },
        { READ_ALL, " [{\"id\":\"1\"}]", "", false, ANSWER_DONE },
        { READ_ONE, "{\"__meta\":{},\"id\":\"1\"}", "", true, ANSWER_DONE },
        { READ_ALL, "", "", false, ANSWER_FAILED },
        { READ_ALL, "<html>", "", false, ANSWER_FAILED },
        { READ_ALL, "{\"results\":[", "", false, ANSWER_FAILED },
    };
    struct answer a;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct read_spec s = wire_read("employee", "id", rows[i].mode);
        struct page p = wire_answer(&s, TEXT_NONE, 200, rows[i].body, &a);
        is_int(a.kind, rows[i].kind, "`%s`", rows[i].body);
        if (a.kind == ANSWER_DONE)
            ok(strcmp(p.rows, rows[i].rows) == 0 && p.single == rows[i].single,
               "… read where it is");
    }
}

/* ------------------------------------------------------------------ verdicts
 */
static void test_verdicts(void)
{
    static const struct {
        int status;
        bool writes;
        const char *body;
        enum answer_kind kind;
        enum refusal refusal;
        const char *reason;
    } rows[] = {
        { 400, true, "{\"detail\":\"name is required\"}", ANSWER_REFUSED,
          REFUSAL_VALUE, "name is required" },
        { 400, true, "[\"Status cannot be updated with other fields.\"]",
          ANSWER_REFUSED, REFUSAL_VALUE,
          "Status cannot be updated with other fields." },
        { 400, false, "{\"errors\":[{\"field\":\"x\",\"message\":\"bad\"}]}",
          ANSWER_REFUSED, REFUSAL_REQUEST, "bad" },
        { 401, false, "", ANSWER_SIGN_IN, REFUSAL_NONE, NULL },
        { 403, false, "{\"detail\":\"no\"}", ANSWER_REFUSED, REFUSAL_PERMISSION,
          "no" },
        { 404, false, "<html>Not Found!</html>", ANSWER_REFUSED,
          REFUSAL_REQUEST, "Rippling answered HTTP 404" },
        { 404, true, "", ANSWER_REFUSED, REFUSAL_MISSING, NULL },
        { 405, true, "", ANSWER_REFUSED, REFUSAL_REQUEST, NULL },
        { 409, true, "", ANSWER_REFUSED, REFUSAL_CONFLICT, NULL },
        { 422, true, "{\"message\":\"bad\"}", ANSWER_REFUSED, REFUSAL_VALUE,
          "bad" },
        { 429, false, "", ANSWER_WAIT, REFUSAL_NONE, NULL },
        { 500, true, "<html>", ANSWER_FAILED, REFUSAL_NONE, NULL },
        { 504, false, "", ANSWER_REFUSED, REFUSAL_TOO_LARGE, NULL },
        { 504, true, "", ANSWER_FAILED, REFUSAL_TOO_LARGE, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response r = { .status = rows[i].status,
                              .body = text_of(rows[i].body) };
        struct answer a;
        rippling_classify(&r, rows[i].writes, &arena, &a);
        ok(a.kind == rows[i].kind && a.refusal == rows[i].refusal, "%d %.30s",
           rows[i].status, rows[i].body);
        if (rows[i].reason)
            is_text(text_cstr(&arena, a.reason), rows[i].reason, "… why");
    }
}

/* ------------------------------------------------------------------- writing
 */
static struct request written(const struct write_item *item)
{
    struct write_spec spec = { item->record->shape->object, item, 1 };
    struct request r = { 0 };
    struct error err = { 0 };
    if (rippling_write_request(&info, &spec, &arena, &r, &err))
        r.path = text_of(arena_strdup(&arena, err.text));
    return r;
}

static struct write_result result_of(const struct write_item *item, int status,
                                     const char *body)
{
    struct write_spec spec = { item->record->shape->object, item, 1 };
    struct write_result got;
    struct response r = { .status = status, .body = text_of(body) };
    rippling_write_answer(&info, &spec, &r, &arena, &got);
    return got;
}

static void test_writes(void)
{
    struct record *r = wire_record(
        wire_shape(wire_object("department"), "id name reference_code"));
    struct write_item item = { .op = WRITE_CREATE, .record = r };
    wire_set_text(r, "name", "Sales");
    wire_set_text(r, "reference_code", "SAL");
    struct request q = written(&item);
    ok(strcmp(q.method, "POST") == 0 && text_is(q.path, "/departments/") &&
           text_is(q.body, "{\"name\":\"Sales\",\"reference_code\":\"SAL\"}"),
       "a create");
    ok(!q.safe_to_repeat, "… is never sent twice");
    for (int status = 200; status <= 201; status++)
        is_text(
            text_cstr(&arena,
                      result_of(&item, status, "{\"id\":\"d1\"}").target_id),
            "d1", "… answered %d", status);
    is_int(result_of(&item, 200, "{}").answer.kind, ANSWER_FAILED,
           "… without an id it is in doubt");
    item = (struct write_item){ .op = WRITE_UPDATE,
                                .record = r,
                                .target_id = TEXT("d1") };
    q = written(&item);
    ok(strcmp(q.method, "PATCH") == 0 && text_is(q.path, "/departments/d1/"),
       "an update, with its last slash");
    is_text(text_cstr(&arena, result_of(&item, 204, "").target_id), "d1",
            "… answered by nothing");
    r = wire_record(wire_shape(wire_object("v1_group"), "name spokeId"));
    wire_set_text(r, "name", "G");
    item = (struct write_item){ .op = WRITE_UPDATE,
                                .record = r,
                                .target_id = TEXT("g1") };
    q = written(&item);
    is_text(text_cstr(&arena, q.path), "/platform/api/groups/g1",
            "the older API has none");
    r = wire_record(wire_shape(wire_object("custom_object_record"), "id"));
    item = (struct write_item){ .op = WRITE_CREATE, .record = r };
    q = written(&item);
    size_t at;
    ok(text_find(q.path, TEXT("does not say which"), &at),
       "custom objects are declared with their own address");
}

/* The status of a leave request travels alone. */
static void test_leave(void)
{
    struct record *r = wire_record(
        wire_shape(wire_object("leave_request"), "status comments"));
    struct write_item item = { .op = WRITE_UPDATE,
                               .record = r,
                               .target_id = TEXT("l1") };
    wire_set_text(r, "status", "CANCELED");
    struct request q = written(&item);
    ok(text_is(q.body, "{\"status\":\"CANCELED\"}") && !q.unfinished,
       "a status alone goes at once");
    wire_set_text(r, "comments", "sorry");
    q = written(&item);
    ok(text_is(q.body, "{\"comments\":\"sorry\"}") && q.unfinished,
       "with others it waits");
    struct write_result got = result_of(&item, 200, "{\"id\":\"l1\"}");
    item.step = got.next;
    q = written(&item);
    ok(text_is(q.body, "{\"status\":\"CANCELED\"}") && !q.unfinished,
       "and goes in a call of its own");
    ok(result_of(&item, 200, "{\"id\":\"l1\"}").next.len == 0,
       "which is the last");
}

/* ------------------------------------------------------------------- sign-in
 */
static void test_tokens(void)
{
    struct request q = { 0 };
    struct error err = { 0 };
    k->token_request(&info, &credential, TEXT("c/1"), TEXT("http://x/"),
                     TEXT_NONE, &arena, &q, &err);
    struct response asked = { .headers = q.headers };
    is_text(text_cstr(&arena, q.body),
            "grant_type=authorization_code&code="
            "c%2F1&redirect_uri=http%3A%2F%2Fx%2F",
            "a code");
    is_text(text_cstr(&arena, response_header(&asked, "Authorization")),
            "Basic aWQ6c2U6Y3JldA==", "… with the app's name and secret");
    struct new_credential got = { .lives_ms = 0 };
    struct answer a;
    struct response r = { .status = 200,
                          .body = TEXT("{\"access_token\":\"t\",\"expires_in\""
                                       ":\"129600\",\"scope\":\"a b\"}") };
    k->token_answer(&info, &r, &arena, &got, &a);
    ok(a.kind == ANSWER_DONE && got.lives_ms == INT64_C(129600000) &&
           got.refresh_token.len == 0,
       "a token; without a new refresh token the old one holds");
    r = (struct response){ .status = 400,
                           .body = TEXT("{\"error\":\"invalid_grant\"}") };
    k->token_answer(&info, &r, &arena, &got, &a);
    is_int(a.kind, ANSWER_SIGN_IN, "a refused one needs a person");
}

/* ------------------------------------------------------------------ webhooks
 */
static void test_hooks(void)
{
    static const struct {
        const char *sent, *body;
        int verdict;
        const char *object, *id;
    } rows[] = {
        { "Bearer hook-token",
          "event_name=employee.updated&company_id=c&id="
          "e1",
          0, "employee", "e1" },
        { "bearer  hook-token", "event_name=employee.deleted&id=e1", 0,
          "employee", "e1" },
        { "hook-token", "event_name=leave_request.created&id=l1", 0,
          "leave_request", "l1" },
        { "Bearer hook-token", "event_name=company.deleted&id=c", 0, "company",
          "" },
        { "Bearer hook-token", "event_name=401_deductions_updated&id=x", 0, "",
          "" },
        { "Bearer hook-tokem", "event_name=employee.updated&id=e1", 1, "", "" },
        { "Bearer ", "event_name=employee.updated&id=e1", 1, "", "" },
        { "", "event_name=employee.updated&id=e1", 1, "", "" },
        { "Bearer hook-token", "", 1, "", "" },
        { "Bearer hook-token", "{\"event_name\":\"employee.updated\"}", 1, "",
          "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct request h = { 0 };
        struct hook_event e;
        if (*rows[i].sent)
            request_header(&arena, &h, "Authorization", text_of(rows[i].sent));
        struct hook_delivery d = { .headers = h.headers,
                                   .body = text_of(rows[i].body) };
        is_int(k->hook_verify(&info, &credential, &d, &arena, &e),
               rows[i].verdict, "%s %s", rows[i].sent, rows[i].body);
        if (rows[i].verdict == 0)
            ok(strcmp(e.object, rows[i].object) == 0 &&
                   text_is(e.record_id, rows[i].id) && !e.deleted,
               "… what to read");
    }
}

int main(void)
{
    arena_init(&arena);
    k = wire_catalog(&program, &arena, "rippling");
    wire_driver(k, &info);
    test_roads();
    test_parents();
    test_terms();
    test_keys();
    test_changes();
    test_times_in_filters();
    test_next_links();
    test_redaction();
    test_query();
    test_v1();
    test_shapes();
    test_verdicts();
    test_writes();
    test_leave();
    test_tokens();
    test_hooks();
    program_fini(&program);
    arena_fini(&arena);
    return tap_done();
}
