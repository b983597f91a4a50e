/* Expenses, reports, policies and rules made in the Expensify sandbox, and
 * the status of reports. Nothing is ever recognised as made before. */
#include "config.h"
#include "connectors/expensify/sandbox.h"

#include "base/date.h"
#include <string.h>

static const char *now_text(struct job *j)
{
    char *t = arena_strndup(j->arena,
                            print_offset_time(j->arena, j->call->now_ms), 19);
    t[10] = ' ';
    return t;
}

static bool malformed(struct job *j, const char *name)
{
    expensify_job_refuse(j, 410, "'%s' parameter is missing or malformed",
                         name);
    return false;
}

/* --------------------------------------------------------------- expenses */
static bool expense_is_right(struct job *j, const struct doc *e,
                             const char *day_name)
{
    int32_t day;
    int64_t cents;
    struct text date = doc_as_text(doc_get(e, day_name));
    if (!*doc_str(e, "merchant"))
        return malformed(j, "merchant");
    if (strlen(doc_str(e, "currency")) != 3)
        return malformed(j, "currency");
    if (!doc_as_int(doc_get(e, "amount"), &cents))
        return malformed(j, "amount");
    if (date.len == 0)
        return malformed(j, day_name);
    if (!date_parse(date, &day)) {
        expensify_job_refuse(j, 410,
                             "Malformed date '%.*s'. Expected format is "
                             "yyyy-MM-dd",
                             TEXT_ARG(date));
        return false;
    }
    return true;
}

static void keep_expense(struct job *j, const struct doc *e, const char *id,
                         const char *report, const char *day)
{
    static const char *const same[] = { "merchant", "amount",    "currency",
                                        "tag",      "billable",  "reimbursable",
                                        "comment",  "externalID" };
    struct doc *d = doc_object();
    doc_set_string(d, "transactionID", id);
    doc_set_string(d, "reportID", report);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (doc_is_present(doc_get(e, same[i])))
            doc_set(d, same[i], doc_copy(doc_get(e, same[i])));
    doc_set_string(d, "created", day);
    doc_set_string(d, "inserted", now_text(j));
    doc_set_string(d, "category",
                   *doc_str(e, "category") ? doc_str(e, "category")
                                           : "Uncategorized");
    doc_set_yesno(d, "modified", false);
    if (!doc_get(d, "billable"))
        doc_set_yesno(d, "billable", false);
    if (!doc_get(d, "reimbursable"))
        doc_set_yesno(d, "reimbursable", true);
    table_put(world_table(j->world, "expenses"), id, d);
    call_effect(j->call, "create", "expense", id, doc_str(e, "merchant"));
}

static const char *open_report(struct job *j, const char *email,
                               const char *policy, const char *title)
{
    const char *id = expensify_new_report_id(j->world, j->arena);
    struct doc *r =
        expensify_new_report(j->world, j->arena, id, title, policy, email);
    doc_set_string(r, "created", now_text(j));
    table_put(world_table(j->world, "reports"), id, r);
    call_effect(j->call, "create", "report", id, title);
    return id;
}

static struct doc *echo_of(const struct doc *e, const char *id,
                           const char *report)
{
    struct doc *d = doc_copy(e);
    doc_set_string(d, "transactionID", id);
    doc_set_string(d, "reportID", report);
    if (!*doc_str(d, "category"))
        doc_set_string(d, "category", "Uncategorized");
    doc_set_int(d, "mcc", 0);
    return d;
}

static void create_expenses(struct job *j)
{
    const char *email = expensify_job_text(j, j->input, "employeeEmail");
    const struct doc *list = doc_get(j->input, "transactionList");
    struct doc *made, *answer;
    const char *opened = NULL;
    if (!*email) {
        malformed(j, "employeeEmail");
        return;
    }
    if (!expensify_find_account(j->world, email)) {
        expensify_job_refuse(
            j, 500, "Not authorized to authenticate as user %s", email);
        return;
    }
    if (doc_count(list) == 0) {
        malformed(j, "transactionList");
        return;
    }
    for (size_t i = 0; i < doc_count(list); i++)
        if (!expense_is_right(j, doc_at(list, i), "created"))
            return;
    made = doc_list();
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *e = doc_at(list, i);
        const char *id = expensify_new_transaction_id(j->world, j->arena);
        const char *report = expensify_job_text(j, e, "reportID");
        const char *policy = expensify_job_text(j, e, "policyID");
        if (!*report && !opened)
            opened = open_report(j, email, *policy ? policy : "", "Report");
        keep_expense(j, e, id, *report ? report : opened,
                     expensify_job_text(j, e, "created"));
        doc_add(made, echo_of(e, id, *report ? report : opened));
    }
    answer = doc_object();
    doc_set(answer, "transactionList", made);
    expensify_job_answer(j, answer);
}

/* ---------------------------------------------------------------- reports */
static void create_report(struct job *j)
{
    const char *email = expensify_job_text(j, j->input, "employeeEmail");
    const char *policy = expensify_job_text(j, j->input, "policyID");
    const char *title =
        expensify_job_text(j, doc_get(j->input, "report"), "title");
    const struct doc *list = doc_get(j->input, "expenses");
    struct doc *answer;
    if (!*email || !*policy || !*title) {
        malformed(j, !*email    ? "employeeEmail"
                     : !*policy ? "policyID"
                                : "report");
        return;
    }
    if (!expensify_find_policy(j->world, policy)) {
        expensify_job_refuse(j, 404, "Policy not found");
        return;
    }
    for (size_t i = 0; i < doc_count(list); i++)
        if (!expense_is_right(j, doc_at(list, i), "date"))
            return;
    const char *id = open_report(j, email, policy, title);
    for (size_t i = 0; i < doc_count(list); i++)
        keep_expense(j, doc_at(list, i),
                     expensify_new_transaction_id(j->world, j->arena), id,
                     expensify_job_text(j, doc_at(list, i), "date"));
    answer = doc_object();
    doc_set_string(answer, "reportID", id);
    doc_set_string(answer, "reportName", title);
    expensify_job_answer(j, answer);
}

static bool is_wanted(struct job *j, const struct doc *filters,
                      const struct doc *row)
{
    struct text ids = doc_as_text(doc_get(filters, "reportIDList"));
    struct text from = doc_as_text(doc_get(filters, "startDate"));
    struct text created = doc_as_text(doc_get(row, "created"));
    (void)j;
    if (ids.len > 0)
        return expensify_list_has(ids, doc_as_text(doc_get(row, "reportID")));
    return from.len > 0 && text_compare(text_slice(created, 0, 10), from) >= 0;
}

static void reimburse(struct job *j, const char *key, struct doc *row,
                      struct doc *done, struct doc *skipped)
{
    if (strcmp(doc_str(row, "state"), "APPROVED") == 0) {
        doc_set_string(row, "state", "REIMBURSED");
        doc_set_string(row, "status", "Reimbursed");
        doc_set_string(row, "reimbursed", now_text(j));
        table_touch(world_table(j->world, "reports"), key);
        doc_add(done, doc_string(key));
        call_effect(j->call, "update", "report", key, key);
        return;
    }
    struct doc *d = doc_object();
    doc_set_string(d, "reportID", key);
    doc_set_string(d, "reason",
                   arena_printf(j->arena,
                                "Only Approved reports can be "
                                "reimbursed. This report is %s",
                                doc_str(row, "status")));
    doc_add(skipped, d);
}

static void update_status(struct job *j)
{
    struct table *t = world_table(j->world, "reports");
    const char *status = expensify_job_text(j, j->input, "status");
    const struct doc *filters = doc_get(j->input, "filters");
    struct doc *done, *skipped, *answer;
    if (strcmp(status, "REIMBURSED") != 0) {
        expensify_job_refuse(j, 410, "Status '%s' is not supported", status);
        return;
    }
    if (!*expensify_job_text(j, filters, "reportIDList") &&
        !*expensify_job_text(j, filters, "startDate")) {
        malformed(j, "filters");
        return;
    }
    done = doc_list();
    skipped = doc_list();
    for (size_t i = 0; i < table_end(t); i++) {
        struct doc *row = table_at(t, i);
        if (row && is_wanted(j, filters, row))
            reimburse(j, table_key_at(t, i), row, done, skipped);
    }
    answer = doc_object();
    doc_set(answer, "reportIDs", done);
    doc_set(answer, "skippedReports", skipped);
    expensify_job_answer(j, answer);
}

/* ----------------------------------------------------- policies and rules */
static void create_policy(struct job *j)
{
    const char *name = expensify_job_text(j, j->input, "policyName");
    struct doc *d, *answer;
    if (!*name) {
        expensify_job_refuse(j, 500,
                             "Required parameter 'policyName' is missing");
        return;
    }
    const char *id =
        arena_printf(j->arena, "5A0D80A5%08llX",
                     (unsigned long long)world_next(j->world, "policy"));
    d = doc_object();
    doc_set_string(d, "id", id);
    doc_set_string(d, "name", name);
    doc_set_string(d, "owner", doc_str(j->caller, "email"));
    doc_set_string(d, "outputCurrency", "EUR");
    doc_set_string(
        d, "type",
        strcmp(expensify_job_text(j, j->input, "plan"), "corporate") == 0
            ? "corporate"
            : "team");
    doc_set_string(d, "_admins", doc_str(j->caller, "email"));
    doc_set(d, "categories", doc_list());
    doc_set(d, "tags", doc_list());
    doc_set(d, "reportFields", doc_list());
    doc_set(d, "employees", doc_list());
    doc_set(d, "tax", doc_object());
    table_put(world_table(j->world, "policies"), id, d);
    call_effect(j->call, "create", "policy", id, name);
    answer = doc_object();
    doc_set_string(answer, "policyID", id);
    doc_set_string(answer, "policyName", name);
    expensify_job_answer(j, answer);
}

static const struct doc *same_rule(struct job *j, const struct doc *rule)
{
    const struct table *t = world_table(j->world, "rules");
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *r = table_at(t, i);
        if (r && doc_equal(doc_get(r, "actions"), doc_get(rule, "actions")) &&
            strcmp(doc_str(r, "policyID"), doc_str(rule, "policyID")) == 0 &&
            strcmp(doc_str(r, "employeeEmail"),
                   doc_str(rule, "employeeEmail")) == 0)
            return r;
    }
    return NULL;
}

static void put_rule(struct job *j, const char *id)
{
    struct doc *row = doc_copy(j->input);
    doc_set_string(row, "ruleID", id);
    doc_unset(row, "type");
    table_put(world_table(j->world, "rules"), id, row);
}

static void create_rule(struct job *j)
{
    if (!expensify_find_policy(j->world,
                               expensify_job_text(j, j->input, "policyID"))) {
        expensify_job_refuse(j, 404, "Policy not found");
        return;
    }
    const struct doc *old = same_rule(j, j->input);
    if (old) {
        expensify_job_refuse(j, 666,
                             "This rule exists already; update rule %s instead",
                             doc_str(old, "ruleID"));
        return;
    }
    const char *id =
        arena_printf(j->arena, "%lld", (long long)world_next(j->world, "rule"));
    put_rule(j, id);
    call_effect(j->call, "create", "expense rule", id, id);
    expensify_job_answer(j, doc_object());
}

static void update_rule(struct job *j)
{
    const char *id = expensify_job_text(j, j->input, "ruleID");
    if (!*id) {
        malformed(j, "ruleID");
        return;
    }
    if (!table_get(world_table(j->world, "rules"), id)) {
        expensify_job_refuse(j, 404, "Rule not found");
        return;
    }
    put_rule(j, id);
    call_effect(j->call, "update", "expense rule", id, id);
    expensify_job_answer(j, doc_object());
}

/* --------------------------------------------------------------- dispatch */
struct verb {
    const char *type;
    void (*serve)(struct job *j);
};

static void dispatch(struct job *j, const struct verb *verbs)
{
    const char *type = expensify_job_text(j, j->input, "type");
    for (; verbs->type; verbs++)
        if (strcmp(type, verbs->type) == 0) {
            verbs->serve(j);
            return;
        }
    expensify_job_refuse(j, 410, "Argument 'type' is missing or malformed");
}

void expensify_create_serve(struct job *j)
{
    static const struct verb verbs[] = {
        { "expenses", create_expenses },
        { "report", create_report },
        { "policy", create_policy },
        { "expenseRules", create_rule },
        { NULL, NULL },
    };
    dispatch(j, verbs);
}

void expensify_update_serve(struct job *j)
{
    static const struct verb verbs[] = {
        { "policy", expensify_update_policy },
        { "tagApprovers", expensify_update_policy },
        { "reportStatus", update_status },
        { "expenseRules", update_rule },
        { "employees", expensify_update_employees },
        { NULL, NULL },
    };
    dispatch(j, verbs);
}
