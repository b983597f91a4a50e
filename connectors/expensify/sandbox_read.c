/* What the `get` jobs of the Expensify sandbox list. */
#include "config.h"
#include "connectors/expensify/sandbox.h"

#include <string.h>

/* --------------------------------------------------------------- policies */
static const char *role_of(const struct doc *policy, const char *email)
{
    struct text who = text_of(email);
    const struct doc *people = doc_get(policy, "employees");
    if (expensify_list_has(text_of(doc_str(policy, "_admins")), who))
        return "admin";
    for (size_t i = 0; i < doc_count(people); i++)
        if (text_is(who, doc_str(doc_at(people, i), "email")))
            return doc_str(doc_at(people, i), "role");
    return NULL;
}

static void get_policy_list(struct job *j)
{
    const struct table *t = world_table(j->world, "policies");
    const char *user = expensify_job_text(j, j->input, "userEmail");
    bool admin_only =
        doc_is_true(doc_get(j->input, "adminOnly")) ||
        text_is(doc_as_text(doc_get(j->input, "adminOnly")), "true");
    struct doc *list = doc_list(), *answer = doc_object();
    static const char *const shown[] = { "id", "name", "owner",
                                         "outputCurrency", "type" };
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *p = table_at(t, i);
        const char *role =
            p ? role_of(p, *user ? user : doc_str(j->caller, "email")) : NULL;
        if (!role || (admin_only && strcmp(role, "admin") != 0))
            continue;
        struct doc *d = doc_object();
        for (size_t k = 0; k < sizeof shown / sizeof *shown; k++)
            doc_set(d, shown[k], doc_copy(doc_get(p, shown[k])));
        doc_set_string(d, "role", role);
        doc_add(list, d);
    }
    doc_set(answer, "policyList", list);
    expensify_job_answer(j, answer);
}

static bool is_section(const char *name)
{
    static const char *const all[] = { "categories", "reportFields", "tags",
                                       "tax", "employees" };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(name, all[i]) == 0)
            return true;
    return false;
}

/* The sections asked for and no others; NULL when one is refused. */
static struct doc *sections(struct job *j, const struct doc *policy,
                            const struct doc *fields)
{
    struct doc *d = doc_object();
    for (size_t i = 0; i < doc_count(fields); i++) {
        const char *name = text_cstr(j->arena, doc_as_text(doc_at(fields, i)));
        bool people =
            strcmp(name, "tax") == 0 || strcmp(name, "employees") == 0;
        if (!is_section(name)) {
            expensify_job_refuse(j, 410, "'%s' is not a valid field", name);
        } else if (people &&
                   !expensify_is_policy_admin(j, doc_str(policy, "id"))) {
            expensify_job_refuse(j, 403, "Not a policy admin");
        } else {
            doc_set(d, name, doc_copy(doc_get(policy, name)));
            continue;
        }
        doc_drop(d);
        return NULL;
    }
    return d;
}

static void get_policy(struct job *j)
{
    const struct doc *ids = doc_get(j->input, "policyIDList");
    const struct doc *fields = doc_get(j->input, "fields");
    struct doc *info, *answer;
    if (doc_kind(ids) != DOC_LIST || doc_count(ids) == 0 ||
        doc_kind(fields) != DOC_LIST || doc_count(fields) == 0) {
        expensify_job_refuse(j, 410, "Required parameter '%s' is missing",
                             doc_count(ids) == 0 ? "policyIDList" : "fields");
        return;
    }
    info = doc_object();
    for (size_t i = 0; i < doc_count(ids); i++) {
        const char *id = text_cstr(j->arena, doc_as_text(doc_at(ids, i)));
        const struct doc *policy = expensify_find_policy(j->world, id);
        struct doc *d = NULL;
        if (policy && role_of(policy, doc_str(j->caller, "email")))
            d = sections(j, policy, fields);
        else
            expensify_job_refuse(j, 404, "Policy not found");
        if (!d) {
            doc_drop(info);
            return;
        }
        doc_set(info, id, d);
    }
    answer = doc_object();
    doc_set(answer, "policyInfo", info);
    expensify_job_answer(j, answer);
}

/* ------------------------------------------------------------------- cards */
static void get_cards(struct job *j)
{
    const struct table *t = world_table(j->world, "cards");
    struct doc *list, *answer;
    if (!doc_is_true(doc_get(j->caller, "_domainAdmin"))) {
        expensify_job_refuse(j, 403, "Not a domain admin");
        return;
    }
    list = doc_list();
    for (size_t i = 0; i < table_end(t); i++)
        if (table_at(t, i))
            doc_add(list, doc_copy(table_at(t, i)));
    answer = doc_object();
    doc_set(answer, "domainCardList", list);
    expensify_job_answer(j, answer);
}

void expensify_get_serve(struct job *j)
{
    const char *type = expensify_job_text(j, j->input, "type");
    if (strcmp(type, "policyList") == 0)
        get_policy_list(j);
    else if (strcmp(type, "policy") == 0)
        get_policy(j);
    else if (strcmp(type, "domainCardList") == 0)
        get_cards(j);
    else
        expensify_job_refuse(j, 410, "Argument 'type' is missing or malformed");
}
