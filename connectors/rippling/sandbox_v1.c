/* The older platform API of the Rippling sandbox: bare arrays, limit and
 * offset, fields by scope. */
#include "config.h"
#include "connectors/rippling/sandbox.h"

#include "base/date.h"
#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX 100
#define ACTIVITY_MAX 1000
#define ACTIVITY_DAYS 90
#define ACTIVITY_EVERY_MS (2 * INT64_C(3600000))

struct v1 {
    struct world *w;
    struct sandbox_call *call;
    struct arena *arena;
    const struct doc *token;
};

/* ---------------------------------------------------------------- lists */
static int64_t number_param(struct v1 *v, const char *name, int64_t otherwise)
{
    struct text t = call_param(v->call, name);
    struct decimal d;
    int64_t value;
    if (t.len == 0 || decimal_parse(t, &d) != DECIMAL_OK ||
        !decimal_to_int64(d, &value) || value < 0)
        return otherwise;
    return value;
}

/* The window of `all` that limit and offset name; drops `all`. */
static void answer_list(struct v1 *v, struct doc *all)
{
    int64_t fallback = strtoll(world_switch(v->w, "v1_limit"), NULL, 10);
    int64_t limit = number_param(v, "limit", fallback);
    int64_t offset = number_param(v, "offset", 0);
    struct doc *out = doc_list();
    if (limit > LIMIT_MAX)
        limit = LIMIT_MAX;
    for (int64_t i = offset; i < offset + limit; i++)
        if (doc_at(all, (size_t)i))
            doc_add(out, doc_keep(doc_at(all, (size_t)i)));
    doc_drop(all);
    call_answer_doc(v->call, 200, out, DOC_COMPACT);
}

static const struct doc *row_of(struct v1 *v, const char *table,
                                const struct doc *from, const char *id_field)
{
    return table_get(world_table(v->w, table), doc_str(from, id_field));
}

static void copy(struct doc *to, const char *name, const struct doc *from,
                 const char *field)
{
    const struct doc *value = doc_get(from, field);
    doc_set(to, name, value ? doc_copy(value) : doc_null());
}

/* Every row of a table through `show`; NULL leaves one out. */
static struct doc *all_rows(struct v1 *v, const char *table,
                            struct doc *(*show)(struct v1 *, const struct doc *))
{
    const struct table *t = world_table(v->w, table);
    struct doc *list = doc_list();
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *row = table_at(t, i);
        struct doc *d = row ? show(v, row) : NULL;
        if (d)
            doc_add(list, d);
    }
    return list;
}

/* ------------------------------------------------------------- employees */
static struct doc *v1_address(const struct doc *a)
{
    struct doc *d = doc_object();
    copy(d, "streetLine1", a, "street_address");
    doc_set(d, "streetLine2", doc_null());
    copy(d, "city", a, "locality");
    copy(d, "state", a, "region");
    copy(d, "zip", a, "postal_code");
    copy(d, "country", a, "country");
    return d;
}

static struct doc *fields_by_title(const struct doc *worker)
{
    const struct doc *list = doc_get(worker, "custom_fields");
    struct doc *d = doc_object();
    for (size_t i = 0; i < doc_count(list); i++)
        copy(d, doc_str(doc_at(list, i), "name"), doc_at(list, i), "value");
    return d;
}

static struct doc *v1_pay(struct v1 *v, const struct doc *worker)
{
    const struct doc *pay =
        row_of(v, "compensations", worker, "compensation_id");
    const struct doc *amount = doc_path(pay, "annual_compensation.value");
    struct doc *d = doc_object();
    struct decimal value;
    char digits[DECIMAL_TEXT_MAX];
    if (doc_as_decimal(amount, &value) &&
        decimal_rescale(value, 2, &value) == DECIMAL_OK) {
        decimal_print(value, digits);
        doc_set_string(d, "annualSalary", digits);
        doc_set_string(d, "salaryPerUnit", digits);
    }
    doc_set_string(d, "currency", "EUR");
    doc_set_string(d, "salaryUnit", "YEAR");
    return d;
}

static void add_name(struct v1 *v, struct doc *d, const struct doc *worker)
{
    const struct doc *user = row_of(v, "users", worker, "user_id");
    copy(d, "name", doc_get(user, "name"), "formatted");
    copy(d, "firstName", doc_get(user, "name"), "given_name");
    copy(d, "lastName", doc_get(user, "name"), "family_name");
    doc_set(d, "preferredFirstName", doc_null());
    doc_set(d, "preferredLastName", doc_null());
}

static void add_2021(struct v1 *v, struct doc *d, const struct doc *worker)
{
    if (world_switch_is(v->w, "employees", "2024"))
        return;
    copy(d, "dob", worker, "date_of_birth");
    copy(d, "departmentId", worker, "department_id");
    copy(d, "workLocationId", doc_get(worker, "location"),
         "work_location_id");
    copy(d, "startDate", worker, "start_date");
    copy(d, "endDate", worker, "end_date");
    doc_set(d, "compensation", v1_pay(v, worker));
    doc_set(d, "createdAt", doc_string(arena_printf(
                                v->arena, "%.19s+0000",
                                doc_str(worker, "created_at"))));
    doc_set(d, "updatedAt", doc_string(arena_printf(
                                v->arena, "%.19s.000000-07:00",
                                doc_str(worker, "updated_at"))));
}

/* Members the token may see; three are always there. */
static struct doc *by_scope(struct v1 *v, struct doc *d)
{
    struct doc *out = doc_object();
    for (void *it = doc_first(d); it; it = doc_next(d, it)) {
        const char *name = doc_name(it);
        bool always = strcmp(name, "id") == 0 ||
                      strcmp(name, "personalEmail") == 0 ||
                      strcmp(name, "roleState") == 0;
        if (always ||
            caller_has_scope(v->token,
                             arena_printf(v->arena, "employee:%s", name)))
            doc_set(out, name, doc_keep(doc_value(it)));
    }
    doc_drop(d);
    return out;
}

static struct doc *show_employee(struct v1 *v, const struct doc *worker)
{
    struct doc *d = doc_object();
    const struct doc *place =
        row_of(v, "work_locations", doc_get(worker, "location"),
               "work_location_id");
    copy(d, "id", worker, "id");
    copy(d, "userId", worker, "user_id");
    add_name(v, d, worker);
    doc_set_string(d, "employmentType", "SALARIED_FT");
    copy(d, "title", worker, "title");
    copy(d, "personalEmail", worker, "personal_email");
    copy(d, "workEmail", worker, "work_email");
    copy(d, "department", row_of(v, "departments", worker, "department_id"),
         "name");
    doc_set(d, "workLocation",
            place ? v1_address(doc_get(place, "address")) : doc_null());
    copy(d, "worklocationNickname", place, "name");
    doc_set_string(d, "flsaStatus", "exempt");
    copy(d, "roleState", worker, "status");
    copy(d, "manager", worker, "manager_id");
    doc_set(d, "customFields", fields_by_title(worker));
    doc_set_text(d, "employeeNumber",
                 doc_as_text(doc_get(worker, "number")));
    copy(d, "isManager", worker, "is_manager");
    doc_set_yesno(d, "isInternational", false);
    doc_set_yesno(d, "isRemote", !place);
    copy(d, "level", row_of(v, "levels", worker, "level_id"), "name");
    copy(d, "teams", worker, "teams_id");
    add_2021(v, d, worker);
    return by_scope(v, d);
}

static bool is_provisioned(const struct doc *worker)
{
    return doc_is_true(doc_get(worker, "_provisioned"));
}

static struct doc *show_active(struct v1 *v, const struct doc *worker)
{
    return is_provisioned(worker) &&
                   strcmp(doc_str(worker, "status"), "ACTIVE") == 0
               ? show_employee(v, worker)
               : NULL;
}

static struct doc *show_leavers_too(struct v1 *v, const struct doc *worker)
{
    const char *status = doc_str(worker, "status");
    bool all = text_is(call_param(v->call, "send_all_roles"), "true");
    if (!all && (!is_provisioned(worker) || (strcmp(status, "ACTIVE") != 0 &&
                                             strcmp(status, "TERMINATED") != 0)))
        return NULL;
    return show_employee(v, worker);
}

static void serve_employees(struct v1 *v, struct text rest)
{
    if (rest.len == 0) {
        answer_list(v, all_rows(v, "workers", show_active));
        return;
    }
    if (text_is(rest, "include_terminated")) {
        answer_list(v, all_rows(v, "workers", show_leavers_too));
        return;
    }
    const struct doc *row =
        table_get_text(world_table(v->w, "workers"), rest);
    if (row)
        call_answer_doc(v->call, 200, show_employee(v, row), DOC_COMPACT);
    else
        rippling_not_found(v->call);
}

/* --------------------------------------------------------------- company */
static struct doc *show_named(struct v1 *v, const struct doc *row)
{
    struct doc *d = doc_object();
    (void)v;
    copy(d, "id", row, "id");
    copy(d, "name", row, "name");
    copy(d, "parent", row, "parent_id");
    return d;
}

static struct doc *show_place(struct v1 *v, const struct doc *row)
{
    struct doc *d = doc_object();
    (void)v;
    copy(d, "id", row, "id");
    copy(d, "nickname", row, "name");
    doc_set(d, "address", v1_address(doc_get(row, "address")));
    return d;
}

static struct doc *show_custom_field(struct v1 *v, const struct doc *row)
{
    struct doc *d = doc_object();
    (void)v;
    copy(d, "id", row, "id");
    copy(d, "type", row, "type");
    copy(d, "title", row, "name");
    copy(d, "required", row, "required");
    return d;
}

static void serve_company(struct v1 *v)
{
    const struct doc *row = table_at(world_table(v->w, "companies"), 0);
    struct doc *d = doc_object();
    copy(d, "id", row, "id");
    copy(d, "name", row, "name");
    copy(d, "primaryEmail", row, "primary_email");
    copy(d, "phone", row, "phone");
    doc_set(d, "address", v1_address(doc_get(row, "physical_address")));
    doc_set(d, "workLocations", all_rows(v, "work_locations", show_place));
    doc_set(d, "entities", doc_list());
    call_answer_doc(v->call, 200, d, DOC_COMPACT);
}

static void serve_me(struct v1 *v)
{
    const struct doc *me = row_of(v, "workers", v->token, "owner");
    const struct doc *company = table_at(world_table(v->w, "companies"), 0);
    struct doc *d = doc_object();
    copy(d, "id", me, "id");
    copy(d, "workEmail", me, "work_email");
    copy(d, "company", company, "id");
    call_answer_doc(v->call, 200, d, DOC_COMPACT);
}

/* ---------------------------------------------------------------- groups */
static struct doc *show_group(struct v1 *v, const struct doc *row)
{
    (void)v;
    return doc_copy(row);
}

static void write_group(struct v1 *v, struct text id)
{
    static const char *const fields[] = { "name", "spokeId", "users" };
    struct table *t = world_table(v->w, "v1_groups");
    const struct doc *old = table_get_text(t, id);
    const struct doc *body = call_body(v->call);
    bool creating = call_is(v->call, "POST");
    if ((id.len == 0) != creating || (!creating && !old)) {
        rippling_not_found(v->call);
        return;
    }
    if (!call_is(v->call, "PATCH") &&
        (!*doc_str(body, "name") || !*doc_str(body, "spokeId"))) {
        rippling_refuse(v->call, 400, "name and spokeId are required");
        return;
    }
    if (old && doc_get(body, "version") &&
        strcmp(doc_str(body, "version"), doc_str(old, "version")) != 0) {
        rippling_refuse(v->call, 400, "version is not the current one");
        return;
    }
    struct doc *row = old ? doc_copy(old) : doc_object();
    if (!old)
        doc_set_string(row, "id", world_hex_id(v->w, v->arena));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct doc *value = doc_get(body, fields[i]);
        if (value)
            doc_set(row, fields[i], doc_keep(value));
        else if (!call_is(v->call, "PATCH"))
            doc_set(row, fields[i], doc_null());
    }
    doc_set_string(row, "version",
                   arena_printf(v->arena, "%lld",
                                (long long)world_next(v->w, "groups")));
    const char *key = arena_strdup(v->arena, doc_str(row, "id"));
    table_put(t, key, row);
    call_effect(v->call, old ? "update" : "create", "groups", key,
                doc_str(row, "spokeId"));
    call_answer_doc(v->call, old ? 200 : 201, doc_copy(row), DOC_COMPACT);
}

static void serve_groups(struct v1 *v, struct text id)
{
    struct table *t = world_table(v->w, "v1_groups");
    const struct doc *row = table_get_text(t, id);
    if (call_is(v->call, "GET") && id.len == 0) {
        answer_list(v, all_rows(v, "v1_groups", show_group));
    } else if (call_is(v->call, "GET") && row) {
        call_answer_doc(v->call, 200, doc_copy(row), DOC_COMPACT);
    } else if (call_is(v->call, "DELETE") && row) {
        const char *key = text_cstr(v->arena, id);
        call_effect(v->call, "delete", "groups", key, doc_str(row, "spokeId"));
        table_remove(t, key);
        call_answer(v->call, 204, NULL, TEXT(""));
    } else {
        write_group(v, id);
    }
}

/* ----------------------------------------------------------------- leave */
static struct doc *show_leave(struct v1 *v, const struct doc *row)
{
    struct doc *d = doc_object();
    (void)v;
    copy(d, "id", row, "id");
    copy(d, "createdAt", row, "created_at");
    copy(d, "updatedAt", row, "updated_at");
    copy(d, "role", row, "worker_id");
    copy(d, "requestedBy", row, "requester_id");
    copy(d, "status", row, "status");
    copy(d, "startDate", row, "start_date");
    copy(d, "endDate", row, "end_date");
    copy(d, "companyLeaveType", row, "leave_type_id");
    copy(d, "leavePolicy", row, "leave_policy_id");
    copy(d, "comments", row, "comments");
    copy(d, "numMinutes", row, "number_of_minutes_requested");
    doc_set_string(d, "managedBy", "PTO");
    return d;
}

static void create_leave(struct v1 *v)
{
    static const char *const needed[] = { "role", "startDate", "endDate",
                                          "companyLeaveType" };
    const struct doc *body = call_body(v->call);
    struct doc *row = doc_object();
    const char *now = print_offset_time(v->arena, v->call->now_ms);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (*doc_str(body, needed[i]))
            continue;
        doc_drop(row);
        rippling_refuse(v->call, 400, "%s is required", needed[i]);
        return;
    }
    if (*doc_str(body, "status") &&
        strcmp(doc_str(body, "status"), "PENDING") != 0 &&
        strcmp(doc_str(body, "managedBy"), "TILT") != 0) {
        doc_drop(row);
        rippling_refuse(v->call, 400, "status must be PENDING");
        return;
    }
    const char *key = world_hex_id(v->w, v->arena);
    doc_set_string(row, "id", key);
    doc_set_string(row, "created_at", now);
    doc_set_string(row, "updated_at", now);
    copy(row, "worker_id", body, "role");
    copy(row, "requester_id", body, "requestedBy");
    doc_set_string(row, "status", *doc_str(body, "status")
                                      ? doc_str(body, "status")
                                      : "PENDING");
    copy(row, "start_date", body, "startDate");
    copy(row, "end_date", body, "endDate");
    copy(row, "leave_type_id", body, "companyLeaveType");
    copy(row, "leave_policy_id", body, "leavePolicy");
    table_put(world_table(v->w, "leave_requests"), key, row);
    call_effect(v->call, "create", "leave_requests", key, "");
    call_answer_doc(v->call, 201, show_leave(v, row), DOC_COMPACT);
}

/* "ID/process?action=approve|decline" and "ID/cancel". */
static void settle_leave(struct v1 *v, struct text id, struct text verb)
{
    struct table *t = world_table(v->w, "leave_requests");
    struct doc *row = table_get_text(t, id);
    struct text action = call_param(v->call, "action");
    const char *status = text_is(verb, "cancel")      ? "CANCELED"
                         : text_is(action, "approve") ? "APPROVED"
                         : text_is(action, "decline") ? "REJECTED"
                                                      : NULL;
    if (!row) {
        rippling_not_found(v->call);
        return;
    }
    if (!status || (text_is(verb, "process") &&
                    strcmp(doc_str(row, "status"), "PENDING") != 0)) {
        rippling_refuse(v->call, 400, "The request is not PENDING.");
        return;
    }
    const char *key = text_cstr(v->arena, id);
    doc_set_string(row, "status", status);
    row_changed(v->w, "leave_requests", key);
    call_effect(v->call, "update", "leave_requests", key, "");
    call_answer_doc(v->call, 200, show_leave(v, row), DOC_COMPACT);
}

static struct doc *show_leave_type(struct v1 *v, const struct doc *row)
{
    struct doc *d = doc_object();
    (void)v;
    copy(d, "id", row, "id");
    copy(d, "leaveType", row, "type");
    copy(d, "name", row, "name");
    copy(d, "description", row, "description");
    doc_set_yesno(d, "isUnpaid", !doc_is_true(doc_get(row, "is_paid")));
    return d;
}

/* Minutes as decimal text; unlimited ones have no numbers at all. */
static struct doc *show_balance(struct v1 *v, const struct doc *row)
{
    struct doc *d = doc_object(), *list = doc_list(), *one = doc_object();
    const struct doc *left = doc_get(row, "balance_including_future_requests");
    (void)v;
    copy(d, "role", row, "worker_id");
    copy(one, "companyLeaveType", row, "leave_type_id");
    copy(one, "isBalanceUnlimited", row, "is_balance_unlimited");
    if (doc_is_present(left))
        doc_set_text(one, "remainingBalanceMinutes", doc_as_text(left));
    doc_add(list, one);
    doc_set(d, "balances", list);
    return d;
}

/* --------------------------------------------------------------- payroll */
static struct doc *show_run(struct v1 *v, const struct doc *row)
{
    struct doc *d = doc_object(), *period = doc_object();
    (void)v;
    copy(d, "id", row, "id");
    copy(d, "runState", row, "run_state");
    copy(d, "runType", row, "run_type");
    copy(d, "checkDate", row, "check_date");
    copy(d, "name", row, "title");
    copy(period, "startDate", doc_get(row, "pay_period"), "start_date");
    copy(period, "endDate", doc_get(row, "pay_period"), "end_date");
    doc_set(d, "payPeriod", period);
    doc_set_string(d, "ein", "99-9999999");
    return d;
}

static void patch_run(struct v1 *v, struct text id)
{
    struct table *t = world_table(v->w, "payroll_runs");
    struct doc *row = table_get_text(t, id);
    const struct doc *body = call_body(v->call);
    if (!row) {
        rippling_not_found(v->call);
        return;
    }
    if (strcmp(doc_str(row, "run_state"), "DRAFT") != 0) {
        rippling_refuse(v->call, 400, "Only a DRAFT run can be changed.");
        return;
    }
    if (doc_get(body, "runState"))
        copy(row, "run_state", body, "runState");
    if (doc_get(body, "checkDate"))
        copy(row, "check_date", body, "checkDate");
    const char *key = text_cstr(v->arena, id);
    table_touch(t, key);
    call_effect(v->call, "update", "payroll_runs", key, "");
    call_answer_doc(v->call, 200, show_run(v, row), DOC_COMPACT);
}

/* Tax lines of both payers under one name each. */
static struct doc *show_pay(const struct doc *row)
{
    struct doc *d = doc_object();
    copy(d, "id", row, "id");
    copy(d, "run", row, "run_id");
    copy(d, "role", row, "worker_id");
    copy(d, "netPay", row, "net_pay");
    copy(d, "grossPay", row, "gross_pay");
    copy(d, "earnings", row, "earnings");
    copy(d, "taxes", row, "taxes");
    copy(d, "deductions", row, "deductions");
    copy(d, "garnishments", row, "garnishments");
    return d;
}

static void list_pay(struct v1 *v, struct text run)
{
    const struct table *t = world_table(v->w, "worker_payroll_records");
    struct doc *list = doc_list();
    for (size_t i = 0; i < table_end(t); i++)
        if (text_equal(doc_as_text(doc_get(table_at(t, i), "run_id")), run))
            doc_add(list, show_pay(table_at(t, i)));
    answer_list(v, list);
}

static void serve_runs(struct v1 *v, struct text id, struct text verb)
{
    const struct doc *row =
        table_get_text(world_table(v->w, "payroll_runs"), id);
    if (call_is(v->call, "PATCH") && id.len > 0)
        patch_run(v, id);
    else if (!call_is(v->call, "GET"))
        rippling_refuse(v->call, 405, "Method not allowed.");
    else if (id.len == 0)
        answer_list(v, all_rows(v, "payroll_runs", show_run));
    else if (text_is(verb, "employees"))
        list_pay(v, id);
    else if (row)
        call_answer_doc(v->call, 200, show_run(v, row), DOC_COMPACT);
    else
        rippling_not_found(v->call);
}

/* -------------------------------------------------------------- activity */
/* One event every two hours for as long as anybody can ask back. */
static struct doc *activity_event(struct v1 *v, int64_t slot)
{
    static const char *const types[] = { "USER_LOGIN_SUCCESS",
                                         "EXTERNAL_SSO_SIGNIN",
                                         "EXTERNAL_GROUP_ADD",
                                         "EXTERNAL_GROUP" };
    const struct doc *company = table_at(world_table(v->w, "companies"), 0);
    struct doc *d = doc_object();
    const char *when = print_offset_time(v->arena, slot * ACTIVITY_EVERY_MS -
                                                       7 * 3600000);
    doc_set_string(d, "id",
                   name_hex_id(v->arena, arena_printf(v->arena, "event/%lld",
                                                      (long long)slot)));
    doc_set_string(d, "event_type", types[slot % 4]);
    doc_set_string(d, "timestamp",
                   arena_printf(v->arena, "%.19s.%06lld-07:00", when,
                                (long long)(slot % 1000000)));
    doc_set_string(d, "name", types[slot % 4]);
    copy(d, "company", company, "id");
    doc_set_string(d, "spoke", slot % 4 == 0 ? NULL : "app");
    doc_set(d, "request_data", doc_null());
    doc_set(d, "linked_events", doc_list());
    return d;
}

static void refuse_activity(struct v1 *v, const char *why)
{
    struct doc *d = doc_object();
    doc_set(d, "data", doc_null());
    doc_set_string(d, "error", why);
    call_answer_doc(v->call, 400, d, DOC_COMPACT);
}

/* First slot of the answer; -1 after a refusal. */
static int64_t activity_start(struct v1 *v)
{
    struct text from = call_param(v->call, "startDate");
    int64_t oldest = v->call->now_ms - ACTIVITY_DAYS * DAY_MS;
    int64_t next = number_param(v, "next", -1);
    int64_t start = oldest;
    int32_t day;
    if (next >= 0)
        return next;
    if (from.len >= 10 && date_parse(text_slice(from, 0, 10), &day)) {
        start = day * DAY_MS;
        if (start < oldest - DAY_MS) {
            refuse_activity(v, "startDate must be within 90 days");
            return -1;
        }
    }
    return (start + ACTIVITY_EVERY_MS - 1) / ACTIVITY_EVERY_MS;
}

static void serve_activity(struct v1 *v)
{
    int64_t limit = number_param(v, "limit", ACTIVITY_MAX);
    int64_t slot = activity_start(v);
    int64_t last = v->call->now_ms / ACTIVITY_EVERY_MS;
    struct text until = call_param(v->call, "endDate");
    struct doc *events = doc_list(), *data = doc_object(), *d = doc_object();
    int32_t day;
    if (limit < 1 || limit > ACTIVITY_MAX)
        limit = ACTIVITY_MAX;
    if (until.len >= 10 && date_parse(text_slice(until, 0, 10), &day) &&
        (day + 1) * DAY_MS / ACTIVITY_EVERY_MS - 1 < last)
        last = (day + 1) * DAY_MS / ACTIVITY_EVERY_MS - 1;
    for (; slot >= 0 && slot <= last && limit > 0; slot++, limit--)
        doc_add(events, activity_event(v, slot));
    doc_set(data, "events", events);
    doc_set_string(data, "next",
                   arena_printf(v->arena, "%lld", (long long)slot));
    doc_set(d, "data", data);
    doc_set(d, "error", doc_null());
    if (slot >= 0)
        call_answer_doc(v->call, 200, d, DOC_COMPACT);
    else
        doc_drop(d);
}

/* -------------------------------------------------------------- dispatch */
static struct text take_part(struct text *rest)
{
    size_t at;
    if (!text_find(*rest, TEXT("/"), &at))
        at = rest->len;
    struct text part = text_slice(*rest, 0, at);
    *rest = at < rest->len ? text_slice(*rest, at + 1, rest->len - at - 1)
                           : TEXT_NONE;
    return part;
}

struct v1_list {
    const char *path, *table;
    struct doc *(*show)(struct v1 *, const struct doc *);
};

static const struct v1_list lists[] = {
    { "departments", "departments", show_named },
    { "teams", "teams", show_named },
    { "levels", "levels", show_named },
    { "work_locations", "work_locations", show_place },
    { "custom_fields", "custom_fields", show_custom_field },
    { "leave_balances", "leave_balances", show_balance },
    { "company_leave_types", "leave_types", show_leave_type },
    { "pay_schedules", "v1_pay_schedules", show_group },
    { "earning_types", "v1_earning_types", show_group },
    { "company_deductions", "v1_company_deductions", show_group },
};

static bool serve_list(struct v1 *v, struct text path)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!text_is(path, lists[i].path) || !call_is(v->call, "GET"))
            continue;
        v->call->endpoint =
            arena_printf(v->arena, "v1/%s", lists[i].path);
        answer_list(v, all_rows(v, lists[i].table, lists[i].show));
        return true;
    }
    return false;
}

static bool serve_single(struct v1 *v, struct text first, struct text second)
{
    if (text_is(first, "companies") && text_is(second, "current")) {
        serve_company(v);
    } else if (text_is(first, "me")) {
        serve_me(v);
    } else if (text_is(first, "company_activity")) {
        serve_activity(v);
    } else if (text_is(first, "mark_app_installed") &&
               call_is(v->call, "POST")) {
        struct doc *d = doc_object();
        doc_set_yesno(d, "ok", true);
        call_answer_doc(v->call, 200, d, DOC_COMPACT);
    } else {
        return false;
    }
    return true;
}

void v1_serve(struct world *w, struct sandbox_call *call, struct doc *token,
              struct text path)
{
    struct v1 v = { .w = w, .call = call, .arena = call->arena,
                    .token = token };
    struct text first = take_part(&path), second = take_part(&path),
                third = take_part(&path);
    call->endpoint = arena_printf(v.arena, "v1/%.*s", TEXT_ARG(first));
    if (serve_list(&v, first) || serve_single(&v, first, second))
        return;
    if (text_is(first, "employees") && call_is(call, "GET"))
        serve_employees(&v, second);
    else if (text_is(first, "groups"))
        serve_groups(&v, second);
    else if (text_is(first, "payroll_runs"))
        serve_runs(&v, second, third);
    else if (text_is(first, "leave_requests") && third.len > 0 &&
             call_is(call, "POST"))
        settle_leave(&v, second, third);
    else if (text_is(first, "leave_requests") && call_is(call, "POST"))
        create_leave(&v);
    else if (text_is(first, "leave_requests") && call_is(call, "GET"))
        answer_list(&v, all_rows(&v, "leave_requests", show_leave));
    else
        call_answer_text(call, 404, "text/html; charset=utf-8",
                         "<h1>Not Found!</h1>\n");
}
