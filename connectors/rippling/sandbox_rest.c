/* The REST API of the Rippling sandbox: lists with cursor, filter, order and
 * expand; the few writes there are. */
#include "config.h"
#include "connectors/rippling/sandbox.h"

#include "base/date.h"
#include "runtime/crypto.h"
#include <stdlib.h>
#include <string.h>

#define PAGE_DEFAULT 50
#define PAGE_MAX 100
#define EXPAND_NAMES_MAX 10
#define EXPAND_LEVELS_MAX 2
#define TERMS_MAX 8

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

static const struct rest_resource *resource_of_table(const char *table)
{
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (strcmp(resources[i].table, table) == 0)
            return &resources[i];
    return NULL;
}

/* Fields a scope of their own guards. */
struct guarded_field {
    const char *table, *field, *scope;
};

static const struct guarded_field guarded[] = {
    { "workers", "date_of_birth", "workers.sensitive.personal.read" },
    { "workers", "race", "workers.sensitive.personal.read" },
    { "workers", "ethnicity", "workers.sensitive.personal.read" },
    { "workers", "citizenship", "workers.sensitive.personal.read" },
    { "workers", "gender", "workers.sensitive.personal.read" },
    { "workers", "custom_fields", "workers.custom-fields.read" },
    { "workers", "compensation", "compensations.read" },
    { "workers", "compensation_id", "compensations.read" },
    { "workers", "department", "departments.read" },
    { "workers", "department_id", "departments.read" },
};

bool list_has(const char *list, struct text word)
{
    struct text rest = text_of(list);
    while (rest.len > 0) {
        size_t at;
        if (!text_find(rest, TEXT(","), &at))
            at = rest.len;
        if (text_equal(text_slice(rest, 0, at), word))
            return true;
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    return false;
}

/* ------------------------------------------------------------ rendering */
struct view {
    struct world *world;
    const struct doc *token;
    struct arena *arena;
    struct text expand[EXPAND_NAMES_MAX]; /* "manager", "manager.level" */
    size_t expand_count;
};

static struct doc *render(const struct view *v, const char *table,
                          const struct doc *row, struct text above);

/* Is "above.name" asked for? */
static bool is_expanded(const struct view *v, struct text above,
                        const char *name, struct text *full)
{
    *full = above.len ? text_of(arena_printf(v->arena, "%.*s.%s",
                                             TEXT_ARG(above), name))
                      : text_of(name);
    for (size_t i = 0; i < v->expand_count; i++) {
        if (text_equal(v->expand[i], *full))
            return true;
        if (text_starts(v->expand[i], *full) &&
            v->expand[i].len > full->len && v->expand[i].ptr[full->len] == '.')
            return true;
    }
    return false;
}

static struct doc *render_one(const struct view *v, const char *table,
                              const struct doc *id, struct text full)
{
    const struct doc *row = table_get_text(world_table(v->world, table),
                                           doc_as_text(id));
    return row ? render(v, table, row, full) : doc_null();
}

static struct doc *render_many(const struct view *v, const char *table,
                               const struct doc *ids, struct text full)
{
    struct doc *list = doc_list();
    for (size_t i = 0; i < doc_count(ids); i++)
        doc_add(list, render_one(v, table, doc_at(ids, i), full));
    return list;
}

static void render_relations(const struct view *v,
                             const struct rest_resource *r, struct doc *out,
                             struct text above)
{
    for (const struct rest_relation *rel = r->relations; rel && rel->name;
         rel++) {
        struct text full;
        const struct doc *id = doc_get(out, rel->id_field);
        if (!is_expanded(v, above, rel->name, &full) || !doc_is_present(id))
            doc_set(out, rel->name, doc_null());
        else if (rel->many)
            doc_set(out, rel->name, render_many(v, rel->table, id, full));
        else
            doc_set(out, rel->name, render_one(v, rel->table, id, full));
    }
}

static bool is_money(const struct doc *d)
{
    return doc_kind(d) == DOC_OBJECT && doc_get(d, "currency_type") &&
           doc_get(d, "value");
}

static struct doc *money_as_text(const struct doc *d)
{
    struct doc *copy = doc_copy(d);
    doc_set(copy, "value", doc_text(doc_as_text(doc_get(d, "value"))));
    return copy;
}

/* What the row shows, without the sandbox's own members. */
static struct doc *render(const struct view *v, const char *table,
                          const struct doc *row, struct text above)
{
    const struct rest_resource *r = resource_of_table(table);
    bool as_text = world_switch_is(v->world, "money", "text");
    struct doc *out = doc_object();
    for (void *it = doc_first(row); it; it = doc_next(row, it)) {
        const char *name = doc_name(it);
        struct doc *value = doc_value(it);
        if (name[0] == '_')
            continue;
        doc_set(out, name, as_text && is_money(value) ? money_as_text(value)
                                                      : doc_keep(value));
    }
    if (r)
        render_relations(v, r, out, above);
    struct text full;
    if (strcmp(table, "workers") == 0 &&
        !is_expanded(v, above, "custom_fields", &full))
        doc_set(out, "custom_fields", doc_null());
    for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++)
        if (strcmp(guarded[i].table, table) == 0 &&
            !caller_has_scope(v->token, guarded[i].scope))
            doc_unset(out, guarded[i].field);
    return out;
}

/* __meta of an answer about this table. */
static struct doc *meta_of(const struct view *v, const char *table)
{
    struct doc *meta = doc_object(), *list = doc_list();
    for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++) {
        if (strcmp(guarded[i].table, table) != 0 ||
            caller_has_scope(v->token, guarded[i].scope))
            continue;
        struct doc *one = doc_object();
        doc_set_string(one, "name", guarded[i].field);
        doc_set_string(one, "reason", "Insufficient entitlements");
        doc_add(list, one);
    }
    doc_set(meta, "redacted_fields", list);
    return meta;
}

static size_t levels_of(struct text name)
{
    size_t levels = 1;
    for (size_t i = 0; i < name.len; i++)
        levels += name.ptr[i] == '.';
    return levels;
}

static bool read_expand(struct view *v, struct sandbox_call *call)
{
    struct text rest = call_param(call, "expand");
    while (rest.len > 0) {
        size_t at;
        if (!text_find(rest, TEXT(","), &at))
            at = rest.len;
        struct text name = text_trim(text_slice(rest, 0, at));
        if (v->expand_count == EXPAND_NAMES_MAX ||
            levels_of(name) > EXPAND_LEVELS_MAX) {
            rippling_refuse(call, 400,
                            "expand takes at most %d names of %d levels",
                            EXPAND_NAMES_MAX, EXPAND_LEVELS_MAX);
            return false;
        }
        v->expand[v->expand_count++] = name;
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    return true;
}

/* ------------------------------------------------------------ filtering */
enum filter_op { FILTER_EQ, FILTER_GE, FILTER_GT };

struct filter_term_text {
    struct text field, value;
    enum filter_op op;
    bool quoted;
};

struct filter {
    struct filter_term_text terms[TERMS_MAX];
    size_t count;
};

static struct text take_word(struct text *rest)
{
    struct text t = text_trim(*rest);
    size_t n = 0;
    while (n < t.len && t.ptr[n] != ' ')
        n++;
    *rest = text_slice(t, n, t.len - n);
    return text_slice(t, 0, n);
}

/* A value: quoted with '', or up to the next blank. */
static bool take_value(struct text *rest, struct filter_term_text *term)
{
    struct text t = text_trim(*rest);
    term->quoted = t.len > 0 && t.ptr[0] == '\'';
    if (!term->quoted) {
        term->value = take_word(rest);
        return term->value.len > 0;
    }
    size_t end = 1;
    while (end < t.len && t.ptr[end] != '\'')
        end++;
    if (end == t.len)
        return false;
    term->value = text_slice(t, 1, end - 1);
    *rest = text_slice(t, end + 1, t.len - end - 1);
    return true;
}

static bool take_op(struct text *rest, enum filter_op *op)
{
    struct text word = take_word(rest);
    if (text_is(word, "eq"))
        *op = FILTER_EQ;
    else if (text_is(word, "ge"))
        *op = FILTER_GE;
    else if (text_is(word, "gt"))
        *op = FILTER_GT;
    else
        return false;
    return true;
}

static bool parse_filter(struct text t, struct filter *f)
{
    f->count = 0;
    for (;;) {
        if (f->count == TERMS_MAX)
            return false;
        struct filter_term_text *term = &f->terms[f->count++];
        term->field = take_word(&t);
        if (term->field.len == 0 || !take_op(&t, &term->op) ||
            !take_value(&t, term))
            return false;
        if (text_trim(t).len == 0)
            return true;
        if (!text_is(take_word(&t), "and"))
            return false;
    }
}

/* Is this quoting taken for a date or time? Answers when it is not. */
static bool quoting_is_right(struct world *w, struct sandbox_call *call,
                             const struct filter_term_text *term)
{
    bool is_day = !text_is(term->field, "updated_at") &&
                  !text_is(term->field, "created_at");
    const char *rule = world_switch(w, "time_quotes");
    int32_t day;
    if (is_day && (term->quoted || !date_parse(term->value, &day))) {
        rippling_refuse(call, 400,
                        "%.*s parameter is of the wrong type, expected: "
                        "datetime.date | None, got: str",
                        TEXT_ARG(term->field));
        return false;
    }
    if (!is_day && ((term->quoted && strcmp(rule, "bare") == 0) ||
                    (!term->quoted && strcmp(rule, "quoted") == 0))) {
        rippling_refuse(call, 400,
                        "%.*s parameter is of the wrong type, expected: "
                        "datetime.datetime | None, got: str",
                        TEXT_ARG(term->field));
        return false;
    }
    return true;
}

/* Takes the terms the resource knows; -1 when the call was refused. */
static int read_filter(struct world *w, struct sandbox_call *call,
                       const struct rest_resource *r, struct filter *f)
{
    struct text t = call_param(call, "filter");
    const char *fields = r->filterable;
    size_t kept = 0;
    f->count = 0;
    if (strcmp(r->table, "workers") == 0 &&
        !world_switch_is(w, "spec", "2026"))
        fields = "status,work_email";
    if (t.len == 0 || !*r->filterable)
        return 0; /* unknown to the list: ignored in silence */
    if (!parse_filter(t, f)) {
        rippling_refuse(call, 400, "Invalid filter: %.*s", TEXT_ARG(t));
        return -1;
    }
    for (size_t i = 0; i < f->count; i++) {
        struct filter_term_text term = f->terms[i];
        if (list_has(fields, term.field)) {
            if (list_has(r->dates, term.field) &&
                !quoting_is_right(w, call, &term))
                return -1;
            f->terms[kept++] = term;
        } else if (world_switch_is(w, "unfilterable", "refuse")) {
            rippling_refuse(call, 400, "Field %.*s is not filterable",
                            TEXT_ARG(term.field));
            return -1;
        }
    }
    f->count = kept;
    return 0;
}

/* Times by their instant, all else by their bytes. */
static int compare_values(struct text a, struct text b)
{
    int64_t x, y;
    bool offset;
    if (datetime_parse(a, &x, &offset) && datetime_parse(b, &y, &offset))
        return x < y ? -1 : x > y;
    return text_compare(a, b);
}

static bool term_holds(const struct filter_term_text *term,
                       const struct doc *row)
{
    const struct doc *have = doc_get_text(row, term->field);
    if (!doc_is_present(have))
        return false;
    int order = compare_values(doc_as_text(have), term->value);
    return term->op == FILTER_EQ   ? order == 0
           : term->op == FILTER_GE ? order >= 0
                                   : order > 0;
}

static bool passes(const struct filter *f, const struct doc *row)
{
    for (size_t i = 0; i < f->count; i++)
        if (!term_holds(&f->terms[i], row))
            return false;
    return true;
}

/* -------------------------------------------------------------- paging */
struct listing {
    const struct doc **rows;
    size_t count;
    char field[64]; /* sorted by */
    bool descending;
};

/* qsort has no context: the order in hand while one list is sorted. */
static _Thread_local const struct listing *sorting;

static int compare_rows(const struct listing *l, const struct doc *a,
                        const struct doc *b)
{
    int order = compare_values(doc_as_text(doc_get(a, l->field)),
                               doc_as_text(doc_get(b, l->field)));
    if (l->descending)
        order = -order;
    return order ? order
                 : text_compare(doc_as_text(doc_get(a, "id")),
                                doc_as_text(doc_get(b, "id")));
}

static int by_order(const void *a, const void *b)
{
    const struct doc *const *x = a, *const *y = b;
    return compare_rows(sorting, *x, *y);
}

static void read_order(struct sandbox_call *call,
                       const struct rest_resource *r, struct listing *l)
{
    struct text t = call_param(call, "order_by");
    bool descending = text_ends(t, TEXT(" desc"));
    const char *fields = strcmp(r->table, "leave_accruals") == 0
                             ? "id,created_at,updated_at,accrual_date,"
                               "expiration_date"
                             : "id,created_at,updated_at";
    if (descending)
        t = text_trim(text_slice(t, 0, t.len - 5));
    memcpy(l->field, "id", 3);
    if (t.len == 0 || t.len >= sizeof l->field || !list_has(fields, t))
        return;
    memcpy(l->field, t.ptr, t.len);
    l->field[t.len] = '\0';
    l->descending = descending;
}

/* A cursor is "issued|value|id" of the last row shown, in hex. */
static const char *make_cursor(struct sandbox_call *call,
                               const struct listing *l, const struct doc *row)
{
    const char *plain =
        arena_printf(call->arena, "%lld|%s|%s", (long long)call->now_ms,
                     doc_str(row, l->field), doc_str(row, "id"));
    char *hex_digits = arena_alloc(call->arena, 2 * strlen(plain) + 1);
    crypto_hex(text_of(plain), hex_digits);
    return hex_digits;
}

struct cursor {
    struct doc *row; /* with the two members a comparison needs */
    int64_t issued_ms;
};

static bool read_cursor(struct sandbox_call *call, const struct listing *l,
                        struct text t, struct cursor *c)
{
    unsigned char *plain = arena_alloc(call->arena, t.len / 2 + 1);
    size_t first, second;
    if (t.len % 2 || !crypto_unhex(t, plain))
        return false;
    struct text rest = { (const char *)plain, t.len / 2 };
    if (!text_find(rest, TEXT("|"), &first))
        return false;
    c->issued_ms = 0;
    for (size_t i = 0; i < first; i++)
        c->issued_ms = c->issued_ms * 10 + (rest.ptr[i] - '0');
    rest = text_slice(rest, first + 1, rest.len - first - 1);
    if (!text_find(rest, TEXT("|"), &second))
        return false;
    c->row = doc_object();
    doc_set_text(c->row, l->field, text_slice(rest, 0, second));
    doc_set_text(c->row, "id",
                 text_slice(rest, second + 1, rest.len - second - 1));
    return true;
}

/* Position of the first row after the cursor; -1 when it is refused. */
static int64_t start_of_page(struct world *w, struct sandbox_call *call,
                             const struct listing *l)
{
    struct text t = call_param(call, "cursor");
    struct cursor c;
    int64_t life_s = strtoll(world_switch(w, "cursor_seconds"), NULL, 10);
    size_t at = 0;
    if (t.len == 0)
        return 0;
    if (!read_cursor(call, l, t, &c)) {
        rippling_refuse(call, 400, "Invalid cursor");
        return -1;
    }
    if (life_s > 0 && call->now_ms - c.issued_ms > life_s * 1000) {
        doc_drop(c.row);
        rippling_refuse(call, 400, "Cursor expired");
        return -1;
    }
    while (at < l->count && compare_rows(l, l->rows[at], c.row) <= 0)
        at++;
    doc_drop(c.row);
    return (int64_t)at;
}

static int page_size(struct world *w, struct sandbox_call *call)
{
    struct text t = call_param(call, "limit");
    long limit = t.len > 0 && t.len < 9
                     ? strtol(text_cstr(call->arena, t), NULL, 10)
                     : PAGE_DEFAULT;
    if (limit > PAGE_MAX && world_switch_is(w, "limit_over", "refuse")) {
        rippling_refuse(call, 400, "limit must be at most %d", PAGE_MAX);
        return -1;
    }
    return limit < 1 ? PAGE_DEFAULT : limit > PAGE_MAX ? PAGE_MAX : (int)limit;
}

/* The address of the next page: every parameter again, and the cursor. */
static const char *next_link(struct world *w, struct sandbox_call *call,
                             const char *cursor)
{
    struct buf b;
    struct text rest = call->query;
    const char *host = "";
    if (world_switch_is(w, "next_link", "absolute"))
        host = arena_printf(call->arena, "http://%.*s",
                            TEXT_ARG(call_header(call, "Host")));
    else if (world_switch_is(w, "next_link", "foreign"))
        host = "https://rest.ripplingapis.example";
    buf_init(&b, 8192);
    buf_printf(&b, "%s%.*s?", host, TEXT_ARG(call->http->path));
    while (rest.len > 0) {
        size_t at;
        if (!text_find(rest, TEXT("&"), &at))
            at = rest.len;
        struct text pair = text_slice(rest, 0, at);
        if (!text_starts(pair, TEXT("cursor=")))
            buf_printf(&b, "%.*s&", TEXT_ARG(pair));
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    buf_printf(&b, "cursor=%s", cursor);
    const char *link = arena_strdup(call->arena, buf_cstr(&b));
    buf_fini(&b);
    return link;
}

static void collect(struct world *w, struct sandbox_call *call,
                    const char *table, const struct filter *f,
                    struct listing *l)
{
    const struct table *t = world_table(w, table);
    l->rows = ARENA_ARRAY(call->arena, const struct doc *, table_end(t) + 1);
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *row = table_at(t, i);
        if (row && passes(f, row))
            l->rows[l->count++] = row;
    }
    sorting = l;
    qsort(l->rows, l->count, sizeof *l->rows, by_order);
}

static void answer_page(const struct view *v, struct sandbox_call *call,
                        const char *table, const struct listing *l,
                        size_t start, size_t limit)
{
    struct doc *d = doc_object(), *results = doc_list();
    size_t end = start + limit < l->count ? start + limit : l->count;
    for (size_t i = start; i < end; i++)
        doc_add(results, render(v, table, l->rows[i], TEXT_NONE));
    doc_set(d, "__meta", meta_of(v, table));
    doc_set(d, "results", results);
    if (end < l->count)
        doc_set_string(d, "next_link",
                       next_link(v->world, call,
                                 make_cursor(call, l, l->rows[end - 1])));
    else
        doc_set(d, "next_link", doc_null());
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void list_rows(const struct view *v, struct sandbox_call *call,
                      const struct rest_resource *r)
{
    struct listing l = { 0 };
    struct filter f;
    int limit = page_size(v->world, call);
    if (limit < 0 || read_filter(v->world, call, r, &f) != 0)
        return;
    read_order(call, r, &l);
    collect(v->world, call, r->table, &f, &l);
    int64_t start = start_of_page(v->world, call, &l);
    if (start >= 0)
        answer_page(v, call, r->table, &l, (size_t)start, (size_t)limit);
}

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
    struct doc *d = render(v, r->table, row, TEXT_NONE);
    doc_set(d, "__meta", meta_of(v, r->table));
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

/* -------------------------------------------------------------- writing */
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

static const char *natural_of(const struct doc *row)
{
    const char *code = doc_str(row, "reference_code");
    const char *external = doc_str(row, "external_id");
    return *code ? code : *external ? external : doc_str(row, "name");
}

static void answer_row(const struct view *v, struct sandbox_call *call,
                       const struct rest_resource *r, const struct doc *row)
{
    struct doc *d = render(v, r->table, row, TEXT_NONE);
    doc_set(d, "__meta", meta_of(v, r->table));
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
    call_effect(call, "create", r->table, id, natural_of(row));
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
    call_effect(call, "update", r->table, key, natural_of(row));
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
    call_effect(call, "delete", r->table, key, natural_of(row));
    table_remove(t, key);
    call_answer(call, 204, NULL, TEXT(""));
}

/* --------------------------------------------------- records and reports */
static bool is_record_of(const struct doc *row, struct text object)
{
    return text_equal(doc_as_text(doc_get(row, "_object")), object);
}

static const struct doc *object_by_api_name(struct world *w, struct text name)
{
    const struct table *t = world_table(w, "custom_objects");
    for (size_t i = 0; i < table_end(t); i++)
        if (text_equal(doc_as_text(doc_get(table_at(t, i), "api_name")), name))
            return table_at(t, i);
    return NULL;
}

/* POST …/records/query/: paging travels in the body. */
static void query_records(const struct view *v, struct sandbox_call *call,
                          struct text object)
{
    struct doc *body = call_body(call), *d = doc_object(), *list = doc_list();
    const struct table *t = world_table(v->world, "custom_object_records");
    size_t limit = (size_t)doc_whole(body, "limit", PAGE_DEFAULT);
    size_t skip = (size_t)doc_whole(body, "cursor", 0), seen = 0;
    bool more = false;
    if (limit < 1 || limit > PAGE_MAX)
        limit = PAGE_MAX;
    for (size_t i = 0; i < table_end(t) && !more; i++) {
        const struct doc *row = table_at(t, i);
        if (!row || !is_record_of(row, object) || seen++ < skip)
            continue;
        if (doc_count(list) == limit)
            more = true;
        else
            doc_add(list, render(v, "custom_object_records", row, TEXT_NONE));
    }
    doc_set(d, "__meta", meta_of(v, "custom_object_records"));
    doc_set(d, "results", list);
    doc_set(d, "cursor",
            more ? doc_string(arena_printf(call->arena, "%zu", skip + limit))
                 : doc_null());
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void list_records(const struct view *v, struct sandbox_call *call,
                         struct text object)
{
    static const struct rest_resource records = {
        .table = "custom_object_records", .filterable = "", .path = "records"
    };
    struct listing all = { 0 }, l = { 0 };
    struct filter none = { 0 };
    int limit = page_size(v->world, call);
    if (limit < 0)
        return;
    read_order(call, &records, &all);
    collect(v->world, call, records.table, &none, &all);
    l = all;
    l.count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (is_record_of(all.rows[i], object))
            l.rows[l.count++] = all.rows[i];
    int64_t start = start_of_page(v->world, call, &l);
    if (start >= 0)
        answer_page(v, call, records.table, &l, (size_t)start, (size_t)limit);
}

static void write_record(const struct view *v, struct sandbox_call *call,
                         struct text object, struct text id)
{
    struct table *t = world_table(v->world, "custom_object_records");
    struct doc *body = call_body(call), *row;
    const char *now = print_offset_time(call->arena, call->now_ms);
    bool is_new = id.len == 0;
    const struct doc *old = is_new ? NULL : table_get_text(t, id);
    if ((!is_new && !old) || doc_kind(body) != DOC_OBJECT) {
        if (!is_new && !old)
            rippling_not_found(call);
        else
            rippling_refuse(call, 400, "Invalid JSON provided.");
        return;
    }
    row = is_new ? doc_object() : doc_copy(old);
    if (is_new) {
        doc_set_string(row, "id", world_hex_id(v->world, call->arena));
        doc_set_string(row, "created_at", now);
        doc_set_text(row, "_object", object);
    }
    for (void *it = doc_first(body); it; it = doc_next(body, it))
        if (strcmp(doc_name(it), "id") != 0 && doc_name(it)[0] != '_')
            doc_set(row, doc_name(it), doc_keep(doc_value(it)));
    doc_set_string(row, "updated_at", now);
    doc_set_string(row, "system_updated_at", now);
    const char *key = doc_str(row, "id");
    table_put(t, key, row);
    call_effect(call, is_new ? "create" : "update", "custom_object_records",
                key, natural_of(row));
    call_answer_doc(call, 200, render(v, "custom_object_records", row,
                                      TEXT_NONE), DOC_COMPACT);
}

/* "…/records/", "…/records/query/", "…/records/ID/". */
static void serve_records(const struct view *v, struct sandbox_call *call,
                          struct text object, struct text rest)
{
    struct table *t = world_table(v->world, "custom_object_records");
    const struct doc *row = table_get_text(t, rest);
    call->endpoint = "custom-objects/records";
    if (!object_by_api_name(v->world, object)) {
        rippling_not_found(call); /* also for a display name */
    } else if (call_is(call, "POST") && text_is(rest, "query")) {
        query_records(v, call, object);
    } else if (call_is(call, "POST") && rest.len == 0) {
        write_record(v, call, object, TEXT_NONE);
    } else if (call_is(call, "PATCH") && rest.len > 0) {
        write_record(v, call, object, rest);
    } else if (call_is(call, "GET") && rest.len == 0) {
        list_records(v, call, object);
    } else if (call_is(call, "GET") && row) {
        call_answer_doc(call, 200,
                        render(v, "custom_object_records", row, TEXT_NONE),
                        DOC_COMPACT);
    } else if (call_is(call, "DELETE") && row) {
        const char *key = text_cstr(call->arena, rest);
        call_effect(call, "delete", "custom_object_records", key,
                    natural_of(row));
        table_remove(t, key);
        call_answer(call, 204, NULL, TEXT(""));
    } else {
        rippling_not_found(call);
    }
}

static void serve_payroll_records(const struct view *v,
                                  struct sandbox_call *call, struct text run)
{
    struct listing all = { 0 }, l;
    struct filter none = { 0 };
    int limit = page_size(v->world, call);
    if (limit < 0)
        return;
    call->endpoint = "payroll-runs/worker-payroll-records";
    memcpy(all.field, "id", 3);
    collect(v->world, call, "worker_payroll_records", &none, &all);
    l = all;
    l.count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (text_equal(doc_as_text(doc_get(all.rows[i], "run_id")), run))
            l.rows[l.count++] = all.rows[i];
    int64_t start = start_of_page(v->world, call, &l);
    if (start >= 0)
        answer_page(v, call, "worker_payroll_records", &l, (size_t)start,
                    (size_t)limit);
}

static void serve_reports(const struct view *v, struct sandbox_call *call,
                          struct text id)
{
    struct table *t = world_table(v->world, "report_runs");
    call->endpoint = "report-runs";
    if (call_is(call, "POST") && id.len == 0) {
        const struct doc *body = call_body(call);
        if (!*doc_str(body, "report_id")) {
            rippling_refuse(call, 400, "report_id is required");
            return;
        }
        struct doc *row = doc_object();
        const char *key = world_hex_id(v->world, call->arena);
        doc_set_string(row, "id", key);
        doc_set_string(row, "report_id", doc_str(body, "report_id"));
        doc_set_string(row, "status", "IN_PROGRESS");
        doc_set(row, "result", doc_null());
        doc_set_int(row, "_ready_ms", call->now_ms + 5000);
        table_put(t, key, row);
        call_effect(call, "create", "report_runs", key,
                    doc_str(row, "report_id"));
        call_answer_doc(call, 200, render(v, "report_runs", row, TEXT_NONE),
                        DOC_COMPACT);
        return;
    }
    struct doc *row = table_get_text(t, id);
    if (!row || !call_is(call, "GET")) {
        rippling_not_found(call);
        return;
    }
    if (doc_whole(row, "_ready_ms", 0) <= call->now_ms &&
        strcmp(doc_str(row, "status"), "IN_PROGRESS") == 0) {
        struct doc *result = doc_object();
        doc_set_string(result, "file_url",
                       arena_printf(call->arena, "%s/reports/%s",
                                    world_url(v->world), doc_str(row, "id")));
        doc_set_string(result, "expires_at",
                       print_offset_time(call->arena,
                                         call->now_ms + 3600 * 1000));
        doc_set(row, "result", result);
        doc_set_string(row, "status", "SUCCESS");
        table_touch(t, doc_str(row, "id"));
    }
    call_answer_doc(call, 200, render(v, "report_runs", row, TEXT_NONE),
                    DOC_COMPACT);
}

static void serve_sso_me(const struct view *v, struct sandbox_call *call)
{
    const struct doc *me = table_get(world_table(v->world, "workers"),
                                     doc_str(v->token, "owner"));
    const struct doc *company = table_at(world_table(v->world, "companies"), 0);
    struct doc *d = doc_object();
    call->endpoint = "sso-me";
    doc_set_string(d, "id", doc_str(me, "user_id"));
    doc_set_string(d, "created_at", doc_str(me, "created_at"));
    doc_set_string(d, "updated_at", doc_str(me, "updated_at"));
    doc_set_string(d, "work_email", doc_str(me, "work_email"));
    doc_set_string(d, "company_id", doc_str(company, "id"));
    doc_set(d, "company", doc_null());
    doc_set(d, "__meta", meta_of(v, "sso_me"));
    call_answer_doc(call, 200, d, DOC_COMPACT);
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
            list_rows(v, call, r);
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
    if (!read_expand(&v, call))
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
