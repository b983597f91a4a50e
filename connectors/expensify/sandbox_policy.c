/* Categories, tags, report fields, tag approvers and employees of the
 * Expensify sandbox, changed the way the vendor changes them. */
#include "config.h"
#include "connectors/expensify/sandbox.h"

#include <string.h>

/* The row of a list whose member is that text. */
static struct doc *row_named(const struct doc *list, const char *member,
                             const char *value)
{
    for (size_t i = 0; i < doc_count(list); i++)
        if (strcmp(doc_str(doc_at(list, i), member), value) == 0)
            return doc_at(list, i);
    return NULL;
}

static void merge_row(struct doc *list, const struct doc *row)
{
    struct doc *old = row_named(list, "name", doc_str(row, "name"));
    if (!old) {
        doc_add(list, doc_copy(row));
        return;
    }
    for (void *it = doc_first(row); it; it = doc_next(row, it))
        doc_set(old, doc_name(it), doc_copy(doc_value(it)));
}

static bool rows_are_right(const struct doc *data)
{
    for (size_t i = 0; i < doc_count(data); i++)
        if (!*doc_str(doc_at(data, i), "name"))
            return false;
    return doc_kind(data) == DOC_LIST;
}

/* `merge` of tags deletes what is left out, whatever its name says. */
static bool change_section(struct job *j, struct doc *policy,
                           const char *section)
{
    const struct doc *change = doc_get(j->description, section);
    const char *action = expensify_job_text(j, change, "action");
    const struct doc *data = doc_get(change, "data");
    bool replace = strcmp(action, "replace") == 0;
    if (!change)
        return true;
    if ((!replace && strcmp(action, "merge") != 0) || !rows_are_right(data)) {
        expensify_job_refuse(j, 410, "'%s' object malformed", section);
        return false;
    }
    if (replace || strcmp(section, "tags") == 0)
        doc_set(policy, section, doc_list());
    struct doc *list = doc_get(policy, section);
    for (size_t i = 0; i < doc_count(data); i++)
        merge_row(list, doc_at(data, i));
    call_effect(j->call, "update", section, doc_str(policy, "id"),
                doc_str(policy, "name"));
    return true;
}

static bool change_approvers(struct job *j, struct doc *policy)
{
    const struct doc *list = doc_get(j->input, "tagApprovers");
    struct doc *tags = doc_get(policy, "tags");
    if (!list)
        list = doc_get(j->description, "tagApprovers");
    for (size_t i = 0; i < doc_count(list); i++) {
        struct doc *tag =
            row_named(tags, "name", doc_str(doc_at(list, i), "name"));
        if (!tag || doc_get(tag, "tags")) {
            expensify_job_refuse(j, 410, "Tag '%s' is not a single-level tag",
                                 doc_str(doc_at(list, i), "name"));
            return false;
        }
        doc_set_string(tag, "_approver", doc_str(doc_at(list, i), "approver"));
    }
    return true;
}

void expensify_update_policy(struct job *j)
{
    const char *id = expensify_job_text(j, j->input, "policyID");
    struct doc *policy = expensify_find_policy(j->world, id);
    static const char *const sections[] = { "categories", "tags",
                                            "reportFields" };
    if (!policy) {
        expensify_job_refuse(j, 404, "Policy not found");
        return;
    }
    if (!expensify_is_policy_admin(j, id)) {
        expensify_job_refuse(j, 403, "Not a policy admin");
        return;
    }
    for (size_t i = 0; i < 3; i++)
        if (!change_section(j, policy, sections[i]))
            return;
    if (!change_approvers(j, policy))
        return;
    table_touch(world_table(j->world, "policies"), id);
    expensify_job_answer(j, doc_object());
}

/* --------------------------------------------------------------- employees */
static struct doc *account_numbered(struct world *w, const char *number,
                                    const char **key)
{
    struct table *t = world_table(w, "accounts");
    for (size_t i = 0; *number && i < table_end(t); i++)
        if (table_at(t, i) &&
            strcmp(doc_str(table_at(t, i), "employeeID"), number) == 0) {
            *key = table_key_at(t, i);
            return table_at(t, i);
        }
    return NULL;
}

/* A known number with a new address: both are one account from now on. */
static void merge_accounts(struct job *j, const char *old, const char *email)
{
    struct table *accounts = world_table(j->world, "accounts");
    struct table *reports = world_table(j->world, "reports");
    struct doc *d = doc_copy(table_get(accounts, old));
    doc_set_string(d, "email", email);
    doc_set_string(d, "_mergedFrom", old);
    for (size_t i = 0; i < table_end(reports); i++) {
        struct doc *r = table_at(reports, i);
        if (!r || strcmp(doc_str(r, "accountEmail"), old) != 0)
            continue;
        doc_set_string(r, "accountEmail", email);
        table_touch(reports, table_key_at(reports, i));
    }
    old = arena_strdup(j->arena, old);
    table_put(accounts, email, d);
    table_remove(accounts, old);
    call_effect(j->call, "update", "account", email, old);
}

static void put_member(struct job *j, const struct doc *e)
{
    struct doc *policy =
        expensify_find_policy(j->world, doc_str(e, "policyID"));
    struct doc *list = doc_get(policy, "employees");
    const char *email = doc_str(e, "employeeEmail");
    if (!policy)
        return;
    for (size_t i = doc_count(list); i-- > 0;)
        if (strcmp(doc_str(doc_at(list, i), "email"), email) == 0)
            doc_remove(list, i);
    if (!doc_is_true(doc_get(e, "isTerminated"))) {
        struct doc *d = doc_object();
        doc_set_string(d, "email", email);
        doc_set_string(d, "employeeID", doc_str(e, "employeeID"));
        doc_set_string(d, "role", "user");
        doc_set_string(d, "submitsTo", doc_str(e, "managerEmail"));
        doc_add(list, d);
    }
    table_touch(world_table(j->world, "policies"), doc_str(policy, "id"));
}

static void put_employee(struct job *j, const struct doc *e)
{
    const char *email = doc_str(e, "employeeEmail");
    const char *number = doc_str(e, "employeeID"), *key = NULL;
    struct doc *old = account_numbered(j->world, number, &key);
    if (old && strcmp(key, email) != 0)
        merge_accounts(j, key, email);
    struct doc *d = table_get(world_table(j->world, "accounts"), email);
    bool is_new = !d;
    d = is_new ? doc_object() : doc_keep(d);
    if (is_new) { /* names of a person who is there are the person's own */
        doc_set_string(d, "firstName", doc_str(e, "firstName"));
        doc_set_string(d, "lastName", doc_str(e, "lastName"));
    }
    doc_set_string(d, "email", email);
    doc_set_string(d, "employeeID", number);
    table_put(world_table(j->world, "accounts"), email, d);
    put_member(j, e);
    call_effect(j->call, is_new ? "create" : "update", "employee", email,
                number);
}

void expensify_update_employees(struct job *j)
{
    struct error ignored = { 0 };
    struct text text = call_form(j->call, "data");
    struct doc *data = text.len ? doc_parse(text, &ignored) : NULL;
    const struct doc *list =
        doc_get(data, "Employees") ? doc_get(data, "Employees") : data;
    bool dry = doc_is_true(doc_get(j->input, "dry-run"));
    int64_t done = 0;
    struct doc *skipped = doc_list(), *answer;
    if (doc_kind(list) != DOC_LIST) {
        doc_drop(data);
        doc_drop(skipped);
        expensify_job_refuse(j, 500,
                             "Column EmployeeEmail not found in CSV header");
        return;
    }
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *e = doc_at(list, i);
        if (!*doc_str(e, "employeeEmail") || !*doc_str(e, "employeeID")) {
            doc_add(skipped, doc_copy(e));
            continue;
        }
        done++;
        if (!dry)
            put_employee(j, e);
    }
    answer = doc_object();
    doc_set_int(answer, "updatedEmployeesCount", done);
    doc_set(answer, "skippedEmployees", skipped);
    doc_set(answer, "diff", doc_object());
    doc_drop(data);
    expensify_job_answer(j, answer);
}
