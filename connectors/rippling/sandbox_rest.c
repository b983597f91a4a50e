/* The REST API of the Rippling sandbox: its resources, the few writes there
 * are, and the way to each. */
#include "config.h"
#include "connectors/rippling/sandbox.h"

#include "base/date.h"
#include <string.h>

/* ---------------------------------------------------------- resources */
static const struct rest_relation worker_relations[] = {
    { "user", "user_id", "users", false },
    { "manager", "manager_id", "workers", false },
    { "legal_entity", "legal_entity_id", "legal_entities", false },
    { "employment_type", "employment_type_id", "employment_types", false },
    { "compensation", "compensation_id", "compensations", false },
    { "department", "department_id", "departments", false },
    { "teams", "teams_id", "teams", true },
    { "level", "level_id", "levels", false },
    { "business_partners", "business_partners_id", "business_partners", true },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation department_relations[] = {
    { "parent", "parent_id", "departments", false },
    { "department_hierarchy", "department_hierarchy_id", "departments", true },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation entity_relations[] = {
    { "parent", "parent_id", "legal_entities", false },
    { "company", "company_id", "companies", false },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation company_relations[] = {
    { "parent_legal_entity", "parent_legal_entity_id", "legal_entities",
      false },
    { "legal_entities", "legal_entities_id", "legal_entities", true },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation team_relations[] = {
    { "parent", "parent_id", "teams", false },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation level_relations[] = {
    { "parent", "parent_id", "levels", false },
    { "track", "track_id", "tracks", false },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation of_worker[] = {
    { "worker", "worker_id", "workers", false },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation leave_relations[] = {
    { "worker", "worker_id", "workers", false },
    { "requester", "requester_id", "workers", false },
    { "leave_type", "leave_type_id", "leave_types", false },
    { "reviewer", "reviewer_id", "workers", false },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation balance_relations[] = {
    { "worker", "worker_id", "workers", false },
    { "leave_type", "leave_type_id", "leave_types", false },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation accrual_relations[] = {
    { "worker", "worker_id", "workers", false },
    { "grantor", "grantor_id", "workers", false },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation code_relations[] = {
    { "job_dimension", "job_dimension_id", "job_dimensions", false },
    { "work_location", "work_location_id", "work_locations", false },
    { "department", "department_id", "departments", false },
    { NULL, NULL, NULL, false },
};
static const struct rest_relation assignment_relations[] = {
    { "worker", "worker_id", "workers", false },
    { "job_code", "job_code_id", "job_codes", false },
    { NULL, NULL, NULL, false },
};

#define TIER_1 "API_Tier_1"
#define TIER_2 "API_Tier_2"

static const struct rest_resource resources[] = {
    { "workers", "workers", "r", TIER_1, "workers",
      "status,work_email,user_id,created_at,updated_at",
      "created_at,updated_at", "", "", "", worker_relations },
    { "draft-hires", "draft_hires", "c", "Internal_Testing", "draft-hires", "",
      "", "personal_info,employment_info,work_location_info",
      "personal_info,employment_info,work_location_info,custom_fields", "",
      NULL },
    { "departments", "departments", "rcu", TIER_1, "departments", "", "",
      "name", "name,parent_id,reference_code", "2026", department_relations },
    { "legal-entities", "legal_entities", "r", TIER_2, "legal-entities", "",
      "", "", "", "", entity_relations },
    { "companies", "companies", "r", TIER_1, "companies", "", "", "", "", "",
      company_relations },
    { "work-locations", "work_locations", "rcud", TIER_1, "work-locations", "",
      "", "name,address", "name,address", "2026", NULL },
    { "teams", "teams", "r", TIER_1, "teams", "", "", "", "", "",
      team_relations },
    { "levels", "levels", "r", TIER_2, "levels", "", "", "", "", "",
      level_relations },
    { "tracks", "tracks", "r", TIER_2, "tracks", "", "", "", "", "", NULL },
    { "titles", "titles", "rcud", TIER_1, "titles", "", "", "name", "name",
      "2026", NULL },
    { "employment-types", "employment_types", "r", TIER_1, "employment-types",
      "", "", "", "", "", NULL },
    { "compensations", "compensations", "r", TIER_2, "compensations", "", "",
      "", "", "", of_worker },
    { "custom-fields", "custom_fields", "r", TIER_1, "custom-fields", "", "",
      "", "", "", NULL },
    { "users", "users", "r", TIER_1, "users", "", "", "", "", "", NULL },
    { "leave-requests", "leave_requests", "rcu", TIER_2, "leave-requests",
      "worker_id,requester_id,reviewer_id,status,leave_policy_id,"
      "leave_type_id,start_date,end_date",
      "start_date,end_date", "worker_id,status,start_date,end_date",
      "worker_id,requester_id,status,start_date,start_time,end_date,end_time,"
      "comments,leave_policy_id,leave_type_id,leave_event_id,reason_for_leave,"
      "reviewer_id,reviewed_at,start_date_custom_hours,end_date_custom_hours",
      "", leave_relations },
    { "leave-balances", "leave_balances", "r", TIER_2, "leave-balances",
      "worker_id,leave_type_id", "", "", "", "", balance_relations },
    { "leave-types", "leave_types", "r", TIER_2, "leave-types", "name", "", "",
      "", "", NULL },
    { "leave-accruals", "leave_accruals", "rc", TIER_2, "leave-accruals",
      "worker_id,leave_type_id,accrual_date", "accrual_date",
      "worker_id,grantor_id,leave_type_id,accrual_date",
      "worker_id,grantor_id,leave_type_id,accrual_type,accrual_date,num_hours,"
      "num_days,monetary_amount_accrued,expiration_date,comment",
      "", accrual_relations },
    { "job-dimensions", "job_dimensions", "rcud", TIER_2, "job-dimensions",
      "name", "", "name",
      "name,external_id,includes_custom_location,roster_type,"
      "org_attribute_associations",
      "", NULL },
    { "job-codes", "job_codes", "rcud", TIER_2, "job-codes",
      "job_dimension_id,group_id", "", "name,job_dimension_id",
      "name,job_dimension_id,external_id,custom_location,pay_rate,"
      "pay_rate_effective_from,pay_rate_change_reason",
      "", code_relations },
    { "job-assignments", "job_assignments", "rcud", TIER_2, "job-assignments",
      "worker_id,job_code_id", "", "worker_id,job_code_id",
      "worker_id,job_code_id,job_pay_rate,job_pay_rate_effective_from,"
      "job_pay_rate_change_reason",
      "", assignment_relations },
    { "business-partners", "business_partners", "rcd", TIER_1,
      "business-partners", "worker_id,business_partner_group_id", "",
      "business_partner_group_id,worker_id",
      "business_partner_group_id,worker_id", "", of_worker },
    { "supergroups", "supergroups", "r", TIER_1, "supergroups",
      "app_owner_id,group_type", "", "", "", "", NULL },
    { "entitlements", "entitlements", "r", "", "entitlements", "", "", "", "",
      "", NULL },
    { "custom-objects", "custom_objects", "rcud", TIER_1, "custom-objects", "",
      "", "name", "name,description,plural_label,category_id", "", NULL },
    { "payroll-runs", "payroll_runs", "r", "Payroll_API", "", "", "", "", "",
      "", NULL },
    { "worker-changes", "worker_changes", "r", "Worker_Changes_API", "", "",
      "", "", "", "", NULL },
};

const struct rest_resource *rest_resource_of(struct text path)
{
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (text_is(path, resources[i].path))
            return &resources[i];
    return NULL;
}

const struct rest_resource *rest_resource_of_table(const char *table)
{
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (strcmp(resources[i].table, table) == 0)
            return &resources[i];
    return NULL;
}

/* -------------------------------------------------------------- writing */
static void read_row(const struct view *v, struct sandbox_call *call,
                     const struct rest_resource *r, struct text id)
{
    const struct doc *row =
        table_get_text(world_table(v->world, r->table), id);
    if (!row || strcmp(r->path, "companies") == 0 ||
        strcmp(r->path, "custom-fields") == 0) {
        rippling_not_found(call);
        return;
    }
    struct doc *d = rest_render(v, r->table, row, TEXT_NONE);
    doc_set(d, "__meta", rest_meta(v, r->table));
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static bool has_all(struct sandbox_call *call, const struct rest_resource *r,
                    const struct doc *body)
{
    struct text rest = text_of(r->required);
    while (rest.len > 0) {
        size_t at;
        if (!text_find(rest, TEXT(","), &at))
            at = rest.len;
        struct text name = text_slice(rest, 0, at);
        const struct doc *value = doc_get_text(body, name);
        if (!doc_is_present(value) ||
            (doc_kind(value) == DOC_TEXT && doc_as_text(value).len == 0)) {
            rippling_refuse(call, 400, "%.*s is required", TEXT_ARG(name));
            return false;
        }
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    return true;
}

/* Ids in the body must name rows. */
static bool relations_exist(struct world *w, struct sandbox_call *call,
                            const struct rest_resource *r,
                            const struct doc *body)
{
    for (const struct rest_relation *rel = r->relations; rel && rel->name;
         rel++) {
        const struct doc *id = doc_get(body, rel->id_field);
        if (rel->many || !doc_is_present(id))
            continue;
        if (!table_get_text(world_table(w, rel->table), doc_as_text(id))) {
            rippling_refuse(call, 400, "%s does not exist", rel->id_field);
            return false;
        }
    }
    return true;
}

/* Leave times come in as full ISO datetimes and go out in UTC. */
static bool normalise_times(struct sandbox_call *call, struct doc *row)
{
    static const char *const names[] = { "start_time", "end_time" };
    for (size_t i = 0; i < 2; i++) {
        const struct doc *value = doc_get(row, names[i]);
        int64_t micros;
        bool offset;
        if (!doc_is_present(value))
            continue;
        if (doc_as_text(value).len < 19 ||
            !datetime_parse(doc_as_text(value), &micros, &offset)) {
            rippling_refuse(call, 400, "Invalid JSON provided.");
            return false;
        }
        doc_set_string(row, names[i],
                       print_offset_time(call->arena, micros / 1000));
    }
    doc_unset(row, "start_date_custom_hours"); /* taken, never shown */
    doc_unset(row, "end_date_custom_hours");
    return true;
}

static bool leave_type_fits(struct world *w, struct sandbox_call *call,
                            const struct doc *row)
{
    const struct doc *type = table_get(world_table(w, "leave_types"),
                                       doc_str(row, "leave_type_id"));
    const struct doc *worker = table_get(world_table(w, "workers"),
                                         doc_str(row, "worker_id"));
    const char *entity = doc_str(type, "_legal_entity_id");
    if (!*doc_str(row, "leave_type_id") && !*doc_str(row, "leave_policy_id")) {
        rippling_refuse(call, 400,
                        "leave_policy_id or leave_type_id is required");
        return false;
    }
    if (type && worker && *entity &&
        strcmp(entity, doc_str(worker, "legal_entity_id")) != 0) {
        rippling_refuse(call, 400,
                        "The leave type belongs to another legal entity.");
        return false;
    }
    return true;
}

static bool leave_is_right(struct world *w, struct sandbox_call *call,
                           const struct doc *body, struct doc *row)
{
    if (call_is(call, "PATCH") && doc_get(body, "status") &&
        doc_count(body) > 1) {
        rippling_refuse(call, 400,
                        "Status cannot be updated with other fields.");
        return false;
    }
    return normalise_times(call, row) && leave_type_fits(w, call, row);
}

/* Body members that may be written, into the row. */
static void take_members(const struct rest_resource *r, const struct doc *body,
                         struct doc *row)
{
    for (void *it = doc_first(body); it; it = doc_next(body, it))
        if (list_has(r->writable, text_of(doc_name(it))))
            doc_set(row, doc_name(it), doc_keep(doc_value(it)));
}

static struct doc *blank_row(struct world *w, struct sandbox_call *call,
                             const struct rest_resource *r)
{
    struct doc *row = doc_object();
    const char *now = print_offset_time(call->arena, call->now_ms);
    struct text rest = text_of(r->writable);
    doc_set_string(row, "id", world_hex_id(w, call->arena));
    doc_set_string(row, "created_at", now);
    doc_set_string(row, "updated_at", now);
    while (rest.len > 0) {
        size_t at;
        if (!text_find(rest, TEXT(","), &at))
            at = rest.len;
        doc_set(row, text_cstr(call->arena, text_slice(rest, 0, at)),
                doc_null());
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    return row;
}

const char *rest_natural(const struct doc *row)
{
    const char *code = doc_str(row, "reference_code");
    const char *external = doc_str(row, "external_id");
    return *code ? code : *external ? external : doc_str(row, "name");
}

static void answer_row(const struct view *v, struct sandbox_call *call,
                       const struct rest_resource *r, const struct doc *row)
{
    struct doc *d = rest_render(v, r->table, row, TEXT_NONE);
    doc_set(d, "__meta", rest_meta(v, r->table));
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void create_row(const struct view *v, struct sandbox_call *call,
                       const struct rest_resource *r)
{
    struct doc *body = call_body(call);
    if (doc_kind(body) != DOC_OBJECT) {
        rippling_refuse(call, 400, "Invalid JSON provided.");
        return;
    }
    if (!has_all(call, r, body) || !relations_exist(v->world, call, r, body))
        return;
    struct doc *row = blank_row(v->world, call, r);
    take_members(r, body, row);
    if (strcmp(r->table, "leave_requests") == 0 &&
        !leave_is_right(v->world, call, body, row)) {
        doc_drop(row);
        return;
    }
    if (strcmp(r->table, "custom_objects") == 0)
        doc_set_string(row, "api_name",
                       arena_printf(call->arena, "%s__c",
                                    doc_str(row, "name")));
    const char *id = doc_str(row, "id");
    table_put(world_table(v->world, r->table), id, row);
    call_effect(call, "create", r->table, id, rest_natural(row));
    answer_row(v, call, r, row);
}

static void update_row(const struct view *v, struct sandbox_call *call,
                       const struct rest_resource *r, struct text id)
{
    struct doc *body = call_body(call);
    const char *key = text_cstr(call->arena, id);
    struct doc *old = table_get(world_table(v->world, r->table), key);
    if (!old) {
        rippling_not_found(call);
        return;
    }
    if (doc_kind(body) != DOC_OBJECT) {
        rippling_refuse(call, 400, "Invalid JSON provided.");
        return;
    }
    if (!relations_exist(v->world, call, r, body))
        return;
    struct doc *row = doc_copy(old);
    take_members(r, body, row);
    if (strcmp(r->table, "leave_requests") == 0 &&
        !leave_is_right(v->world, call, body, row)) {
        doc_drop(row);
        return;
    }
    table_put(world_table(v->world, r->table), key, row);
    row_changed(v->world, r->table, key);
    call_effect(call, "update", r->table, key, rest_natural(row));
    answer_row(v, call, r, row);
}

static void delete_row(const struct view *v, struct sandbox_call *call,
                       const struct rest_resource *r, struct text id)
{
    const char *key = text_cstr(call->arena, id);
    struct table *t = world_table(v->world, r->table);
    const struct doc *row = table_get(t, key);
    if (!row) {
        rippling_not_found(call);
        return;
    }
    call_effect(call, "delete", r->table, key, rest_natural(row));
    table_remove(t, key);
    call_answer(call, 204, NULL, TEXT(""));
}

/* ------------------------------------------------------------- dispatch */
static struct text take_segment(struct text *rest)
{
    size_t at;
    while (rest->len > 0 && rest->ptr[0] == '/')
        *rest = text_slice(*rest, 1, rest->len - 1);
    if (!text_find(*rest, TEXT("/"), &at))
        at = rest->len;
    struct text segment = text_slice(*rest, 0, at);
    *rest = text_slice(*rest, at, rest->len - at);
    return segment;
}

static bool is_entitled(struct world *w, struct sandbox_call *call,
                        const char *entitlement)
{
    if (!*entitlement || table_get(world_table(w, "entitlements"),
                                   entitlement))
        return true;
    rippling_refuse(call, 403, "Your company is not entitled to %s.",
                    entitlement);
    return false;
}

static bool may_write(struct world *w, const struct rest_resource *r,
                      const char *operation)
{
    return strchr(r->operations, operation[0]) &&
           (!*r->since || world_switch_is(w, "spec", r->since));
}

/* A write without the slash is sent elsewhere, and its body is lost. */
static bool slash_is_right(struct world *w, struct sandbox_call *call)
{
    if (call_is(call, "GET") || world_switch_is(w, "slash", "any") ||
        text_ends(call->path, TEXT("/")))
        return true;
    call_answer_text(call, 301, "text/html", "<h1>Moved Permanently</h1>\n");
    call_answer_header(call, "Location", "%.*s/", TEXT_ARG(call->path));
    return false;
}

static void serve_resource(const struct view *v, struct sandbox_call *call,
                           const struct rest_resource *r, struct text id)
{
    struct world *w = v->world;
    const char *scope = arena_printf(call->arena, "%s.%s", r->scope,
                                     call_is(call, "GET") ? "read"
                                                          : "read-write");
    call->endpoint = r->path;
    if (!is_entitled(w, call, r->entitlement))
        return;
    if (*r->scope && !caller_has_scope(v->token, scope)) {
        rippling_refuse(call, 403, "Insufficient scope: %s", scope);
        return;
    }
    if (!slash_is_right(w, call))
        return;
    if (call_is(call, "GET") && strchr(r->operations, 'r')) {
        if (id.len > 0)
            read_row(v, call, r, id);
        else
            list_serve(v, call, r);
    } else if (call_is(call, "POST") && id.len == 0 && may_write(w, r, "c")) {
        create_row(v, call, r);
    } else if (call_is(call, "PATCH") && id.len > 0 && may_write(w, r, "u")) {
        update_row(v, call, r, id);
    } else if (call_is(call, "DELETE") && id.len > 0 && may_write(w, r, "d")) {
        delete_row(v, call, r, id);
    } else {
        rippling_refuse(call, 405, "Method \"%s\" not allowed.", call->method);
    }
}

void rest_serve(struct world *w, struct sandbox_call *call, struct doc *token)
{
    struct view v = { .world = w, .token = token, .arena = call->arena };
    struct text rest = call->path;
    struct text first = take_segment(&rest), second = take_segment(&rest),
                third = take_segment(&rest), fourth = take_segment(&rest);
    const struct rest_resource *r = rest_resource_of(first);
    if (!rest_read_expand(&v, call))
        return;
    if (text_is(first, "titles") && !world_switch_is(w, "spec", "2026"))
        r = NULL;
    if (text_is(first, "custom-objects") && text_is(third, "records"))
        serve_records(&v, call, second, fourth);
    else if (text_is(first, "payroll-runs") &&
             text_is(third, "worker-payroll-records") &&
             is_entitled(w, call, "Payroll_API"))
        serve_payroll_records(&v, call, second);
    else if (text_is(first, "report-runs"))
        serve_reports(&v, call, second);
    else if (text_is(first, "sso-me") && call_is(call, "GET"))
        serve_sso_me(&v, call);
    else if (r && third.len == 0)
        serve_resource(&v, call, r, second);
    else
        call_answer_text(call, 404, "text/html; charset=utf-8",
                         "<h1>Not Found!</h1>\n");
}
