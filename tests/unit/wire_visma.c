/* Visma.net on the wire: the requests its driver makes, byte for byte, and
 * what it makes of every kind of answer. */
#include "config.h"

#include "connectors/visma/visma.h"
#include "lang/ast.h"
#include "lang/check.h"
#include "runtime/crypto.h"
#include "runtime/record.h"
#include "tests/lib/tap.h"
#include "tests/lib/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct connector connector_visma;

static struct program program;
static struct arena arena;
static const char *if_match = "no";

static struct text setting(const struct connection_info *c, const char *name)
{
    (void)c;
    if (strcmp(name, "if_match") == 0)
        return text_of(if_match);
    return wire_default(&connector_visma, name);
}

static const struct connection_info info = {
    .name = { "Visma", 5 },
    .setting = setting,
    .now_ms = 1795176000000,
};

/* ------------------------------------------------------------------ reading */
struct read_case {
    const char *object, *fields;
    enum read_mode mode;
    const char *cursor, *id, *next, *want;
};

static const struct read_case reads[] = {
    { "employee", "employeeCd", READ_ALL, "", "", "",
      "/v1/employee?pageNumber=1&pageSize=500" },
    { "employee", "employeeCd", READ_ALL, "", "", "P3:1000|",
      "/v1/employee?pageNumber=3&pageSize=500" },
    { "employee", "employeeCd", READ_CHANGES, "", "", "",
      "/v1/employee?pageNumber=1&pageSize=500" },
    { "employee", "employeeCd", READ_CHANGES, "2026-03-01T00:05:00.12", "", "",
      "/v1/employee?pageNumber=1&pageSize=500&lastModifiedDateTime="
      "2026-02-28%2023%3A55%3A00&lastModifiedDateTimeCondition=%3E%3D" },
    { "employee", "employeeCd", READ_CHANGES, "2026-03-01T10:00:00+01:00", "",
      "", /* the server's own clock, never converted */
      "/v1/employee?pageNumber=1&pageSize=500&lastModifiedDateTime="
      "2026-03-01%2009%3A50%3A00&lastModifiedDateTimeCondition=%3E%3D" },
    { "department", "departmentId", READ_ALL, "", "", "", "/v1/department" },
    { "department", "departmentId", READ_ALL, "", "", "P3:200|",
      "/v1/department?pageNumber=3&pageSize=100" },
    { "branch", "currency vatZone industryCode defaultCountry", READ_ALL, "",
      "", "",
      "/v1/branch?expandCurrency=true&expandVatZone=true"
      "&expandIndustryCode=true&expandDefaultCountry=true" },
    { "customer", "directDebitLines", READ_ONE, "", "7", "",
      "/v1/customer/7?expandDirectDebit=true" },
    { "account", "accountClassDescription", READ_ONE, "", "4000", "",
      "/v1/account/4000?includeAccountClassDescription=true" },
    { "journal_transaction", "batchNumber", READ_ALL, "", "", "",
      "/v2/journaltransaction?pageNumber=1&pageSize=500&lastModifiedDateTime="
      "1900-01-01" },
    { "employee", "employeeCd", READ_ONE, "", "42", "", "/v1/employee/42" },
    { "employee", "employeeCd", READ_ONE, "", "A/B C", "",
      "/v1/employee/b64(QS9CIEM)" },
    { "supplier_invoice", "referenceNumber", READ_ONE, "", "Invoice/12", "",
      "/v1/supplierInvoice/Invoice/12" },
    { "supplier", "glAccounts note", READ_ONE, "", "7", "",
      "/v1/supplier/7?expandAccountInformation=true&expandNote=true" },
    { "dimension", "id", READ_ALL, "", "", "", "/v1/dimension" },
    { "dimension", "id segments", READ_ALL, "", "", "E1:0|ACCOUNT,SUBACCOUNT",
      "/v1/dimension/SUBACCOUNT?expandSegmentsValues=true" },
    { "segment_value", "value", READ_ALL, "", "", "",
      "/v1/dimension/SUBACCOUNT?expandSegmentsValues=true" },
    { "segment_value", "value", READ_ALL, "", "", "S1:0|1,3",
      "/v1/dimension/SUBACCOUNT/3?expandSegmentsValues=true" },
    { "segment_value", "value", READ_ONE, "", "2/LAB", "",
      "/v1/dimension/SUBACCOUNT/2/LAB?expandSegmentsValues=true" },
};

static struct read_spec spec_of(const struct read_case *c)
{
    const struct object *o = wire_object(c->object);
    return (struct read_spec){ .object = o,
                               .shape = wire_shape(o, c->fields),
                               .mode = c->mode,
                               .cursor = text_of(c->cursor),
                               .id = text_of(c->id) };
}

static void read_requests(void)
{
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        struct read_spec spec = spec_of(&reads[i]);
        struct request r;
        struct error err = { 0 };
        visma_read_request(&info, &spec, text_of(reads[i].next), &arena, &r,
                           &err);
        is_text(text_cstr(&arena, r.path), reads[i].want, "GET %s",
                reads[i].want);
        ok(!r.writes && r.safe_to_repeat && strcmp(r.method, "GET") == 0,
           "which may be repeated");
    }
}

static void keys_are_asked_one_by_one(void)
{
    struct read_spec spec = spec_of(&(struct read_case){ .object = "supplier",
                                                         .fields = "number",
                                                         .mode = READ_KEYS,
                                                         .cursor = "",
                                                         .id = "" });
    struct value values[] = { value_text(TEXT("7")), value_text(TEXT("8/9")) };
    struct filter_term term = { object_field(spec.object, TEXT("number")),
                                OP_IS_ONE_OF, values, 2 };
    struct request r;
    struct page page;
    struct answer answer;
    struct error err = { 0 };
    struct response none = { .status = 404, .body = TEXT("{}") };
    spec.terms = &term;
    spec.term_count = 1;
    visma_read_request(&info, &spec, TEXT_NONE, &arena, &r, &err);
    is_text(text_cstr(&arena, r.path), "/v1/supplier/7", "the first key");
    visma_read_answer(&info, &spec, TEXT_NONE, &none, &arena, &page, &answer);
    is_int(answer.kind, ANSWER_DONE, "not there is no failure");
    visma_read_request(&info, &spec, page.next, &arena, &r, &err);
    is_text(text_cstr(&arena, r.path), "/v1/supplier/b64(OC85)", "the second");
    visma_read_answer(&info, &spec, page.next, &none, &arena, &page, &answer);
    is_int((long long)page.next.len, 0, "and no more");
}

struct page_case {
    const char *object, *fields, *asked, *body, *want, *next;
};

#define META(total) "\"metadata\":{\"totalCount\":" total ",\"maxPageSize\":2}"

static const struct page_case pages[] = {
    { "employee", "employeeCd", "",
      "[{\"employeeNumber\":\"1\"," META(
          "3") "},{\"employeeNumber\":\"2\"," META("3") "}]",
      "[{\"employeeNumber\":\"1\"},{\"employeeNumber\":\"2\"}]", "P2:2|" },
    { "employee", "employeeCd", "P2:2|",
      "[{\"employeeNumber\":\"3\"," META("3") "}]",
      "[{\"employeeNumber\":\"3\"}]", "" },
    { "employee", "employeeCd", "", "[]", "[]", "" },
    { "employee", "employeeCd", "", "[{\"employeeNumber\":\"1\"}]", NULL,
      "P2:1|" }, /* without a total only an empty page is the end */
    { "department", "departmentId", "", "[{\"departmentId\":\"1\"}]", NULL,
      "" },
    { "department", "departmentId", "", /* not whole after all */
      "[{\"departmentId\":\"1\"," META("3") "},{\"departmentId\":\"2\"," META(
          "3") "}]",
      "[{\"departmentId\":\"1\"},{\"departmentId\":\"2\"}]", "P2:2|" },
    { "department", "departmentId", "P2:2|",
      "[{\"departmentId\":\"3\"," META("3") "}]",
      "[{\"departmentId\":\"3\"}]", "" },
    { "employee", "employeeCd", "", /* one that could not be built */
      "[{\"employeeNumber\":\"1\",\"status\":\"Active\",\"errorInfo\":"
      "\"no\"," META("2") "},{\"employeeNumber\":\"2\",\"errorInfo\":null," META(
          "2") "}]",
      "[{\"employeeNumber\":\"1\",\"errorInfo\":\"no\"},"
      "{\"employeeNumber\":\"2\"}]",
      "" },
    { "dimension", "id", "", "[\"A\",\"B\"]", "[{\"id\":\"A\"},{\"id\":\"B\"}]",
      "" },
    { "dimension", "id segments", "", "[\"A\",\"B\"]", "[]", "E0:0|A,B" },
    { "dimension", "id segments", "E0:0|A,B", "{\"id\":\"A\"}", NULL,
      "E1:0|A,B" },
    { "segment_value", "value", "",
      "{\"id\":\"SUBACCOUNT\",\"segments\":[{\"segmentId\":1,\"segmentValues\":"
      "[]},{\"segmentId\":2,\"description\":\"Cost center\",\"validate\":true,"
      "\"segmentValues\":[{\"valueId\":\"LAB\",\"active\":false},{\"valueId\":"
      "\"FIN\"}]}]}",
      "[{\"segmentId\":2,\"segmentDescription\":\"Cost center\","
      "\"segmentValidated\":true,\"valueId\":\"LAB\",\"active\":false},"
      "{\"segmentId\":2,\"segmentDescription\":\"Cost center\","
      "\"segmentValidated\":true,\"valueId\":\"FIN\",\"active\":true}]",
      "S0:0|1" },
    { "segment_value", "value", "S0:0|1",
      "{\"segmentId\":1,\"segmentValues\":[{\"valueId\":\"X\"}]}",
      "[{\"segmentId\":1,\"valueId\":\"X\",\"active\":true}]", "" },
    { "journal_transaction", "batchNumber", "",
      "[{\"batchNumber\":\"1\",\"journalTransactionLines\":[{\"n\":1},{\"n\":2}"
      "]," META("4") "},{\"batchNumber\":\"2\",\"journalTransactionLines\":["
                     "{\"n\":3}]," META("4") "}]",
      "[{\"batchNumber\":\"1\",\"journalTransactionLines\":[{\"n\":1},{\"n\":2}"
      "]}]",
      "P2:3|{\"batchNumber\":\"2\",\"journalTransactionLines\":[{\"n\":3}]}" },
    { "journal_transaction", "batchNumber",
      "P2:3|{\"batchNumber\":\"2\",\"journalTransactionLines\":[{\"n\":3}]}",
      "[{\"batchNumber\":\"2\",\"journalTransactionLines\":[{\"n\":4}]," META(
          "4") "}]",
      "[{\"batchNumber\":\"2\",\"journalTransactionLines\":[{\"n\":3},{\"n\":4}"
      "]}]",
      "" },
};

static void read_pages(void)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const struct page_case *c = &pages[i];
        struct read_spec spec =
            spec_of(&(struct read_case){ .object = c->object,
                                         .fields = c->fields,
                                         .mode = READ_ALL,
                                         .cursor = "",
                                         .id = "" });
        struct response r = { .status = 200, .body = text_of(c->body) };
        struct page page;
        struct answer answer;
        visma_read_answer(&info, &spec, text_of(c->asked), &r, &arena, &page,
                          &answer);
        is_int(answer.kind, ANSWER_DONE, "a page of %s", c->object);
        is_text(text_cstr(&arena, page.body), c->want ? c->want : c->body,
                "its rows");
        is_text(text_cstr(&arena, page.next), c->next, "what follows");
    }
}

static void cursors(void)
{
    struct read_spec spec =
        spec_of(&(struct read_case){ .object = "employee",
                                     .fields = "employeeCd",
                                     .mode = READ_CHANGES,
                                     .cursor = "2026-03-01T10:00:00",
                                     .id = "" });
    struct response r = {
        .status = 200,
        .body =
            TEXT("[{\"lastModifiedDateTime\":\"2026-03-02T08:00:00.5\"," META(
                "2") "},{\"lastModifiedDateTime\":"
                     "\"2026-03-01T09:55:00\"," META("2") "}]")
    };
    struct page page;
    struct answer answer;
    visma_read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &answer);
    is_text(text_cstr(&arena, page.next_cursor), "2026-03-02T08:00:00.5",
            "the latest change is the cursor");
    r.body = TEXT("[]");
    visma_read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &answer);
    is_text(text_cstr(&arena, page.next_cursor), "2026-03-01T10:00:00",
            "which never goes back");
    r.body =
        TEXT(
            "[{\"lastModifiedDateTime\":\"2099-01-01T00:00:00\"," META(
                "2") "},{\"lastModifiedDateTime\":\"2026-03-01T11:00:"
                     "00\"," META("2") "}]");
    visma_read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &answer);
    is_text(text_cstr(&arena, page.next_cursor), "2026-03-01T11:00:00",
            "and never runs years ahead");
    r.body = TEXT("[{\"a\":1},");
    visma_read_answer(&info, &spec, TEXT_NONE, &r, &arena, &page, &answer);
    is_int(answer.kind, ANSWER_FAILED, "half a page is no page");
}

/* ------------------------------------------------------------------ writing */
static struct request written(const char *object, struct record *record,
                              enum write_op op, const char *id,
                              struct error *err)
{
    struct write_item item = { .op = op,
                               .record = record,
                               .target_id = text_of(id),
                               .version = TEXT("AAAAAE0YIiI=") };
    struct write_spec spec = { wire_object(object), &item, 1 };
    struct request r = { .method = "" };
    err->kind = ERROR_NONE;
    visma_write_request(&info, &spec, &arena, &r, err);
    return r;
}

static void is_request(const struct request *r, const char *method,
                       const char *path, const char *body)
{
    is_text(r->method, method, "%s %s", method, path);
    is_text(text_cstr(&arena, r->path), path, "its address");
    is_text(text_cstr(&arena, r->body), body, "its body");
}

static struct value segments(const struct field *f, int count,
                             const char *const values[])
{
    const struct shape *s = shape_of_object(&arena, f->type->item->object);
    struct value_list *list = ARENA_NEW(&arena, struct value_list);
    list->items = ARENA_ARRAY(&arena, struct value, (size_t)count);
    list->count = (size_t)count;
    for (int i = 0; i < count; i++) {
        struct record *r = wire_record(s);
        wire_set(r, "segmentId", value_number(decimal_int(i + 1)));
        wire_set_text(r, "segmentValue", values[i]);
        list->items[i] = (struct value){ .tag = VALUE_RECORD, .record = r };
    }
    return (struct value){ .tag = VALUE_LIST, .list = list };
}

static void write_departments(void)
{
    static const char *const values[] = { "1", "LAB" };
    const struct object *o = wire_object("department");
    struct error err = { 0 };
    struct record *r = wire_record(
        wire_shape(o, "departmentId description expenseSubaccount"));
    wire_set_text(r, "departmentId", "LAB");
    wire_set_text(r, "description", "Lab");
    wire_set(r, "expenseSubaccount",
             segments(object_field(o, TEXT("expenseSubaccount")), 2, values));
    struct request q = written("department", r, WRITE_CREATE, "", &err);
    is_request(&q, "POST", "/v1/department",
               "{\"departmentId\":\"LAB\",\"description\":{\"value\":\"Lab\"},"
               "\"expenseSubaccount\":[{\"segmentId\":1,\"segmentValue\":\"1\"}"
               ",{\"segmentId\":2,\"segmentValue\":\"LAB\"}]}");
    ok(q.writes && !q.safe_to_repeat, "a create is not repeated");
    wire_set(r, "description", (struct value){ .tag = VALUE_CLEAR });
    wire_set(r, "expenseSubaccount", (struct value){ .tag = VALUE_LEAVE });
    q = written("department", r, WRITE_UPDATE, "L A", &err);
    is_request(&q, "PUT", "/v1/department/b64(TCBB)",
               "{\"departmentId\":\"LAB\",\"description\":{\"value\":\"\"}}");
    ok(q.safe_to_repeat, "an update may be repeated");
}

static void write_employees(void)
{
    const struct object *o = wire_object("employee");
    struct error err = { 0 };
    struct record *r = wire_record(wire_shape(
        o, "employeeCd status contact department branch employeeClass "
           "calendar"));
    wire_set_text(r, "employeeCd", "7");
    wire_set_text(r, "status", "OnHold");
    struct record *contact = wire_set_record(r, "contact");
    wire_set_text(contact, "lastName", "Ås");
    wire_set_text(contact, "middleName", "M");
    wire_set_text(r, "department", "LAB");
    wire_set_text(r, "branch", "1");
    wire_set_text(r, "employeeClass", "SALARIED");
    wire_set_text(r, "calendar", "NORWAY");
    struct request q = written("employee", r, WRITE_CREATE, "", &err);
    is_request(&q, "POST", "/v1/employee",
               "{\"employeeCd\":{\"value\":\"7\"},\"status\":{\"value\":"
               "\"Hold\"},\"contact\":{\"lastName\":{\"value\":\"Ås\"},"
               "\"middleName\":{\"value\":\"M\"}},\"department\":{\"value\":"
               "\"LAB\"},\"branch\":{\"value\":\"1\"},\"employeeClass\":"
               "{\"value\":\"SALARIED\"},\"calendar\":{\"value\":\"NORWAY\"}}");
    if_match = "yes";
    r = wire_record(wire_shape(o, "employeeCd status"));
    wire_set_text(r, "employeeCd", "7");
    wire_set_text(r, "status", "Inactive");
    q = written("employee", r, WRITE_UPDATE, "7", &err);
    is_request(&q, "PUT", "/v1/employee/7",
               "{\"status\":{\"value\":\"Inactive\"}}");
    ok(!q.safe_to_repeat, "guarded by a version it is not repeated");
    bool match = false;
    for (const struct header *h = q.headers; h; h = h->next)
        match |= text_is(h->name, "If-Match") &&
                 text_is(h->value, "\"AAAAAE0YIiI=\"");
    ok(match, "the version it must have");
    if_match = "no";
    wire_set(r, "status", (struct value){ .tag = VALUE_CLEAR });
    q = written("employee", r, WRITE_UPDATE, "7", &err);
    ok(err.kind == ERROR_INPUT && strstr(err.text, "cannot be emptied"),
       "only texts can be emptied");
}

static void write_others(void)
{
    struct error err = { 0 };
    struct record *r = wire_record(wire_shape(
        wire_object("supplier"), "name mainAddress overrideWithClassValues"));
    wire_set_text(r, "name", "A");
    wire_set_text(wire_set_record(r, "mainAddress"), "city", "Oslo");
    wire_set(r, "overrideWithClassValues", value_yesno(true));
    struct request q = written("supplier", r, WRITE_CREATE, "", &err);
    is_request(
        &q, "POST", "/v1/supplier",
        "{\"name\":{\"value\":\"A\"},\"mainAddress\":{\"value\":{\"city\""
        ":{\"value\":\"Oslo\"}}},\"overrideWithClassValues\":true}");
    r = wire_record(wire_shape(wire_object("segment_value"),
                               "segmentId value description active"));
    wire_set(r, "segmentId", value_number(decimal_int(2)));
    wire_set_text(r, "value", "LAB");
    wire_set_text(r, "description", "Lab");
    q = written("segment_value", r, WRITE_CREATE, "", &err);
    is_request(&q, "PUT", "/v1/dimension/SUBACCOUNT/2",
               "{\"dimensionId\":\"SUBACCOUNT\",\"segementId\":2,"
               "\"segmentValues\":[{\"operation\":\"Insert\",\"value\":\"LAB\","
               "\"description\":{\"value\":\"Lab\"}}]}");
    wire_set(r, "active", value_yesno(false));
    q = written("segment_value", r, WRITE_UPDATE, "2/LAB", &err);
    is_request(
        &q, "PUT", "/v1/dimension/SUBACCOUNT/2",
        "{\"dimensionId\":\"SUBACCOUNT\",\"segementId\":2,"
        "\"segmentValues\":[{\"operation\":\"Update\",\"value\":\"LAB\","
        "\"description\":{\"value\":\"Lab\"},\"active\":{\"value\":false}"
        "}]}");
    r = wire_record(
        wire_shape(wire_object("subaccount"), "subaccountNumber subaccountId"));
    wire_set_text(r, "subaccountNumber", "1-LAB");
    wire_set(r, "subaccountId", value_number(decimal_int(7)));
    q = written("subaccount", r, WRITE_CREATE, "", &err);
    is_request(&q, "POST", "/v1/subaccount",
               "{\"subaccountNumber\":{\"value\":\"1-LAB\"},\"subaccountId\":"
               "{\"value\":\"7\"}}");
    r = wire_record(
        wire_shape(wire_object("project"), "projectManger startDate"));
    wire_set_text(r, "projectManger", "7");
    wire_set(r, "startDate", value_date(20513));
    q = written("project", r, WRITE_UPDATE, "P1", &err);
    is_request(&q, "PUT", "/v1/project/P1",
               "{\"projectManger\":{\"value\":\"7\"},\"startDate\":{\"value\":"
               "\"2026-03-01T00:00:00\"}}");
}

/* Lines bear their operation, and go only with a new document. */
static void write_lines(void)
{
    const struct object *o = wire_object("journal_transaction");
    const struct field *f = object_field(o, TEXT("journalTransactionLines"));
    struct error err = { 0 };
    struct record *r =
        wire_record(wire_shape(o, "transactionDate journalTransactionLines"));
    struct record *line =
        wire_record(shape_of_object(&arena, f->type->item->object));
    struct value item = { .tag = VALUE_RECORD, .record = line };
    struct value_list list = { &item, 1 };
    struct decimal amount;
    decimal_parse(TEXT("10.50"), &amount);
    wire_set(r, "transactionDate", value_date(20513));
    wire_set_text(line, "accountNumber", "5000");
    wire_set(line, "debitAmountInCurrency", value_money(amount, 0));
    wire_set(r, "journalTransactionLines",
             (struct value){ .tag = VALUE_LIST, .list = &list });
    struct request q =
        written("journal_transaction", r, WRITE_CREATE, "", &err);
    is_request(&q, "POST", "/v2/journaltransaction",
               "{\"transactionDate\":{\"value\":\"2026-03-01T00:00:00\"},"
               "\"journalTransactionLines\":[{\"operation\":\"Insert\","
               "\"accountNumber\":{\"value\":\"5000\"},"
               "\"debitAmountInCurrency\":{\"value\":10.50}}]}");
    written("journal_transaction", r, WRITE_UPDATE, "1", &err);
    is_int(err.kind, ERROR_INPUT, "an update would add them once more");
}

/* ------------------------------------------------------------------ answers */
static struct header *header(const char *name, const char *value)
{
    struct header *h = ARENA_NEW(&arena, struct header);
    h->name = text_of(name);
    h->value = text_of(value);
    return h;
}

static void created_keys(void)
{
    static const char *const cases[][3] = {
        { "employee", "https://api.finance.visma.net/v1/employee/77", "77" },
        { "employee", "https://other.example/v1/employee/77/?x=/9", "77" },
        { "department", "https://x.example/v1/department/b64(QS9CIEM)",
          "A/B C" },
        { "department", "https://x.example/v1/department/A%20B", "A B" },
        { "supplier_invoice", "https://x.example/v1/supplierInvoice/Invoice/12",
          "Invoice/12" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record *r = wire_record(wire_shape(wire_object("ledger"), "id"));
        struct write_item item = { .op = WRITE_CREATE, .record = r };
        struct write_spec spec = { wire_object(cases[i][0]), &item, 1 };
        struct response a = { .status = 201 };
        struct write_result result;
        a.headers = header("location", cases[i][1]);
        a.headers->next = header("ETag", "W/\"AAAA=\"");
        visma_write_answer(&info, &spec, &a, &arena, &result);
        is_text(text_cstr(&arena, result.target_id), cases[i][2], "%s",
                cases[i][1]);
        is_text(text_cstr(&arena, result.version), "AAAA=", "its version");
    }
}

struct verdict_case {
    enum visma_call call;
    int status;
    const char *body, *header, *value;
    enum answer_kind kind;
    enum refusal refusal;
    const char *reason; /* part of it */
    int64_t wait_ms;
};

static const struct verdict_case verdicts[] = {
    { VISMA_UPDATE, 400, "{\"message\":\"too long\"}", NULL, NULL,
      ANSWER_REFUSED, REFUSAL_VALUE, "too long", 0 },
    { VISMA_READ, 400, "{}", NULL, NULL, ANSWER_REFUSED, REFUSAL_REQUEST,
      "does not accept", 0 },
    { VISMA_CREATE, 400,
      "{\"message\":\"VismaId: 11111111-2222. Department is wrong\"}", NULL,
      NULL, ANSWER_REFUSED, REFUSAL_VALUE, "Department is wrong", 0 },
    { VISMA_UPDATE, 400, "{\"ExceptionMessage\":\"old gateway\"}", NULL, NULL,
      ANSWER_REFUSED, REFUSAL_VALUE, "old gateway", 0 },
    { VISMA_READ, 401, "", NULL, NULL, ANSWER_SIGN_IN, REFUSAL_NONE,
      "tenant_id", 0 },
    { VISMA_UPDATE, 403, "{}", NULL, NULL, ANSWER_REFUSED, REFUSAL_PERMISSION,
      "scope", 0 },
    { VISMA_UPDATE, 404, "{}", NULL, NULL, ANSWER_REFUSED, REFUSAL_MISSING, "",
      0 },
    { VISMA_CREATE, 409, "{}", NULL, NULL, ANSWER_REFUSED, REFUSAL_DUPLICATE,
      "", 0 },
    { VISMA_UPDATE, 412, "{}", NULL, NULL, ANSWER_REFUSED, REFUSAL_CONFLICT,
      "changed", 0 },
    { VISMA_READ, 429, "{}", "Retry-After", "30", ANSWER_WAIT, REFUSAL_NONE, "",
      30000 },
    { VISMA_READ, 429, "{}", "X-RateLimit-Reset", "90", ANSWER_WAIT,
      REFUSAL_NONE, "", 90000 },
    { VISMA_READ, 429, "<html>", NULL, NULL, ANSWER_WAIT, REFUSAL_NONE, "",
      60000 },
    { VISMA_CREATE, 500, "{\"message\":\"The period is closed\"}", NULL, NULL,
      ANSWER_REFUSED, REFUSAL_VALUE, "closed", 0 },
    { VISMA_SEGMENT, 500, "{\"message\":\"Already there\"}", NULL, NULL,
      ANSWER_REFUSED, REFUSAL_VALUE, "there", 0 },
    { VISMA_CREATE, 500, "{\"message\":\"An error has occurred.\"}", NULL, NULL,
      ANSWER_FAILED, REFUSAL_NONE, "", 0 },
    { VISMA_UPDATE, 500, "{\"message\":\"whatever\"}", NULL, NULL,
      ANSWER_FAILED, REFUSAL_NONE, "", 0 },
    { VISMA_CREATE, 500, "", NULL, NULL, ANSWER_FAILED, REFUSAL_NONE, "500",
      0 },
    { VISMA_READ, 502, "<html>", NULL, NULL, ANSWER_FAILED, REFUSAL_NONE, "502",
      0 },
    { VISMA_CREATE, 302, "", NULL, NULL, ANSWER_FAILED, REFUSAL_NONE, "302",
      0 },
};

static void every_verdict(void)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        const struct verdict_case *c = &verdicts[i];
        struct response r = { .status = c->status, .body = text_of(c->body) };
        struct answer a;
        if (c->header)
            r.headers = header(c->header, c->value);
        ok(visma_classify(&r, c->call, &arena, &a), "%d is no success",
           c->status);
        is_int(a.kind, c->kind, "what it is");
        is_int(a.refusal, c->refusal, "why");
        is_int(a.wait_ms, c->wait_ms, "how long to wait");
        ok(strstr(text_cstr(&arena, a.reason), c->reason) != NULL,
           "in words: %.*s", TEXT_ARG(a.reason));
    }
}

/* ------------------------------------------------------------------ sign-in */
static struct text secret(const struct credential *c, const char *name)
{
    (void)c;
    return strcmp(name, "access_token") == 0  ? TEXT("tok-secret")
           : strcmp(name, "webhook_key") == 0 ? TEXT("hook-secret")
                                              : text_of(name);
}

static const struct credential credential = { .get = secret };

static void signing_in(void)
{
    struct request r = { .method = "GET" };
    struct error err = { 0 };
    connector_visma.token_request(&info, &credential, TEXT_NONE, TEXT_NONE,
                                  TEXT_NONE, &arena, &r, &err);
    is_text(text_cstr(&arena, r.path), "/connect/token", "the token's address");
    is_text(text_cstr(&arena, r.body),
            "grant_type=client_credentials&client_id=client_id&client_secret="
            "client_secret&scope=vismanet_erp_service_api%3Acreate%20"
            "vismanet_erp_service_api%3Aread%20vismanet_erp_service_api%3A"
            "update%20vismanet_erp_service_api%3Adelete&tenant_id=tenant_id",
            "names the tenant");
    ok(r.no_auth && r.auth_host, "on the identity server");
    r = (struct request){ .method = "GET" };
    connector_visma.authorize(&info, &credential, &arena, &r, &err);
    ok(r.headers && text_is(r.headers->value, "Bearer tok-secret"),
       "a call bears the token");
    struct new_credential got = { .lives_ms = 0 };
    struct answer a;
    struct response answer = {
        .status = 200,
        .body = TEXT("{\"access_token\":\"t\",\"expires_in\":1800}")
    };
    connector_visma.token_answer(&info, &answer, &arena, &got, &a);
    ok(a.kind == ANSWER_DONE && got.lives_ms == 1800000, "it lives so long");
    answer.status = 400;
    answer.body = TEXT("{\"error\":\"invalid_client\"}");
    connector_visma.token_answer(&info, &answer, &arena, &got, &a);
    is_int(a.kind, ANSWER_SIGN_IN, "a wrong secret needs a person");
    answer.status = 503;
    connector_visma.token_answer(&info, &answer, &arena, &got, &a);
    is_int(a.kind, ANSWER_FAILED, "an outage does not");
}

/* What is kept in the outbox holds nothing secret. */
static void no_secret_is_stored(void)
{
    struct error err = { 0 };
    struct record *r =
        wire_record(wire_shape(wire_object("department"), "departmentId"));
    size_t at;
    wire_set_text(r, "departmentId", "A");
    struct request q = written("department", r, WRITE_CREATE, "", &err);
    bool told = text_find(q.body, TEXT("secret"), &at) ||
                text_find(q.path, TEXT("secret"), &at);
    for (const struct header *h = q.headers; h; h = h->next)
        told |= text_equal_nocase(h->name, TEXT("Authorization"));
    ok(!told, "a stored request bears no secret");
}

static void budgets(void)
{
    struct response r = { .status = 200 };
    r.headers = header("X-RateLimit-Limit", "500");
    r.headers->next = header("X-RateLimit-Remaining", "12");
    r.headers->next->next = header("X-RateLimit-Reset", "90");
    struct budget_news *n = connector_visma.budgets(&info, &r, &arena);
    ok(n && n->limit == 500 && n->remaining == 12 &&
           n->reset_ms == info.now_ms + 90000 && strcmp(n->window, "hour") == 0,
       "the headers tell what is left");
    r.headers = NULL;
    ok(!connector_visma.budgets(&info, &r, &arena), "or nothing");
}

static void webhooks(void)
{
    static const char body[] =
        "{\"contextId\":\"c\",\"eventId\":\"e\",\"action\":\"Changed\","
        "\"resourceUri\":\"https://x.example/v1/customerinvoice/12\"}";
    unsigned char mac[SHA256_LEN];
    crypto_hmac_sha256(TEXT("hook-secret"), TEXT(body), mac);
    struct text signature =
        crypto_base64(&arena, (struct text){ (const char *)mac, sizeof mac });
    struct hook_delivery d = { .body = TEXT(body), .received_ms = 5 };
    struct hook_event e;
    d.headers = header("x-visma-signature", text_cstr(&arena, signature));
    is_int(visma_hook_verify(&info, &credential, &d, &arena, &e), 0,
           "a signed delivery");
    is_text(e.object, "customer_invoice", "tells what it is about");
    ok(e.record_id.len == 0 && !e.deleted, "the changes are read");
    char hex[2 * SHA256_LEN + 1];
    crypto_hex((struct text){ (const char *)mac, sizeof mac }, hex);
    d.headers = header("Authorization",
                       arena_printf(&arena, "HMAC %.*s", TEXT_ARG(signature)));
    is_int(visma_hook_verify(&info, &credential, &d, &arena, &e), 0,
           "in the header of authorization, behind a word");
    d.headers = header("x-visma-signature",
                       arena_printf(&arena, "sha256=%s", hex));
    is_int(visma_hook_verify(&info, &credential, &d, &arena, &e), 0,
           "in hexadecimal digits");
    d.headers = header("x-visma-signature",
                       arena_printf(&arena, "sha256=%.63s0", hex));
    is_int(visma_hook_verify(&info, &credential, &d, &arena, &e),
           hex[63] == '0' ? 0 : 1, "which must be the right ones");
    d.body = text_slice(d.body, 0, d.body.len - 1);
    is_int(visma_hook_verify(&info, &credential, &d, &arena, &e), 1,
           "a changed body");
    d.body = TEXT(body);
    d.headers = NULL;
    is_int(visma_hook_verify(&info, &credential, &d, &arena, &e), 1,
           "no signature");
}

int main(void)
{
    arena_init(&arena);
    wire_catalog(&program, &arena, "visma");
    read_requests();
    keys_are_asked_one_by_one();
    read_pages();
    cursors();
    write_departments();
    write_employees();
    write_others();
    write_lines();
    created_keys();
    every_verdict();
    signing_in();
    no_secret_is_stored();
    budgets();
    webhooks();
    program_fini(&program);
    arena_fini(&arena);
    return tap_done();
}
