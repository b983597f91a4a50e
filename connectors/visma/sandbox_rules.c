/* What the Visma.net sandbox minds beyond the form of a body: numbers, periods,
 * subaccounts, balances, what a released document allows. */
#include "config.h"
#include "connectors/visma/sandbox.h"

#include <stdlib.h>
#include <string.h>

static bool is_entity(const struct visma_call *c, const char *name)
{
    return strcmp(c->entity->name, name) == 0;
}

/* A business rule: 400, or 500 as some creates answer. */
static bool broken(struct visma_call *c, const char *why)
{
    bool odd = c->creating && world_switch_is(c->world, "rules", "500");
    visma_refuse(c->call, odd ? 500 : 400, "%s", why);
    return false;
}

/* -------------------------------------------------------------- subaccounts */
static struct doc *segments_of(struct visma_call *c)
{
    return doc_get(table_get(visma_table(c->world, c->tenant, "dimension"),
                             "SUBACCOUNT"),
                   "segments");
}

static const struct doc *value_in(const struct doc *segment, struct text value)
{
    const struct doc *values = doc_get(segment, "segmentValues");
    for (size_t i = 0; i < doc_count(values); i++)
        if (text_equal(text_of(doc_str(doc_at(values, i), "valueId")), value))
            return doc_at(values, i);
    return NULL;
}

static bool segment_takes(struct visma_call *c, const struct doc *segment,
                          struct text value)
{
    const struct doc *known = value_in(segment, value);
    if (!doc_is_true(doc_get(segment, "validate")) ||
        (known && doc_is_true(doc_get(known, "active"))))
        return true;
    return broken(c, arena_printf(c->arena,
                                  "'%.*s' of segment %s cannot be found in the "
                                  "system.",
                                  TEXT_ARG(value),
                                  doc_str(segment, "description")));
}

/* The element of `sent` for one segment; NULL when it is left out. */
static const struct doc *sent_for(const struct doc *sent, struct text id)
{
    for (size_t i = 0; i < doc_count(sent); i++)
        if (text_equal(doc_as_text(doc_get(doc_at(sent, i), "segmentId")), id))
            return doc_at(sent, i);
    return NULL;
}

const char *visma_subaccount(struct visma_call *c, const struct doc *sent)
{
    const struct doc *segments = segments_of(c);
    struct buf b;
    const char *number = NULL;
    buf_init(&b, 200);
    for (size_t i = 0; i < doc_count(segments); i++) {
        const struct doc *segment = doc_at(segments, i);
        const struct doc *one =
            sent_for(sent, doc_as_text(doc_get(segment, "segmentId")));
        const struct doc *value = doc_get(one, "segmentValue");
        if (doc_kind(value) != DOC_TEXT ||
            doc_kind(doc_get(one, "segmentId")) != DOC_NUMBER) {
            broken(c, arena_printf(c->arena,
                                   "Subaccount: segment %s is missing or not "
                                   "bare",
                                   doc_str(segment, "description")));
            goto out;
        }
        if (!segment_takes(c, segment, doc_as_text(value)))
            goto out;
        if (i > 0)
            buf_byte(&b, SEGMENT_SEPARATOR);
        buf_text(&b, doc_as_text(value));
    }
    if (doc_count(sent) != doc_count(segments)) {
        broken(c, "Subaccount: there is no such segment");
        goto out;
    }
    number = arena_strdup(c->arena, buf_cstr(&b));
out:
    buf_fini(&b);
    return number;
}

/* A subaccount of its own: its segments follow from its number. */
static bool complete_subaccount(struct visma_call *c, struct doc *row)
{
    const struct doc *segments = segments_of(c);
    struct text rest = text_of(doc_str(row, "subaccountNumber"));
    struct doc *list = doc_list();
    doc_set(row, "segments", list);
    for (size_t i = 0; i < doc_count(segments); i++) {
        const struct doc *segment = doc_at(segments, i);
        size_t end = rest.len;
        if (i + 1 < doc_count(segments) && !text_find(rest, TEXT("-"), &end))
            return broken(c, "The subaccount has too few segments.");
        struct text value = text_slice(rest, 0, end);
        rest = text_slice(rest, end + 1, rest.len);
        if (!segment_takes(c, segment, value))
            return false;
        struct doc *d = doc_object();
        doc_set(d, "segmentId", doc_copy(doc_get(segment, "segmentId")));
        doc_set_string(d, "segmentDescription",
                       doc_str(segment, "description"));
        doc_set_text(d, "segmentValue", value);
        doc_set_string(d, "segmentValueDescription",
                       doc_str(value_in(segment, value), "description"));
        doc_add(list, d);
    }
    if (!doc_get(row, "subaccountId"))
        doc_set_int(row, "subaccountId", world_next(c->world, "subaccount"));
    if (!doc_get(row, "active"))
        doc_set_yesno(row, "active", true);
    return true;
}

/* ------------------------------------------------------------------ periods */
/* "MMYYYY" and "YYYYMM" are each other's turned halves. */
static const char *turned(struct visma_call *c, struct text t, size_t first)
{
    return arena_printf(c->arena, "%.*s%.*s", (int)(t.len - first),
                        t.ptr + first, (int)first, t.ptr);
}

static const char *period_of(struct visma_call *c, const struct doc *row,
                             const struct doc *sent, const char *date)
{
    struct text post = doc_as_text(doc_path(sent, "postPeriod.value"));
    struct text fin = doc_as_text(doc_path(sent, "financialPeriod.value"));
    struct text day = text_of(doc_str(row, date));
    if (post.len == 6)
        return turned(c, post, 2);
    if (fin.len == 6)
        return text_cstr(c->arena, fin);
    if (day.len < 10)
        day = text_of(print_date(c->arena, c->call->now_ms));
    return arena_printf(c->arena, "%.4s%.2s", day.ptr, day.ptr + 5);
}

static bool is_open(struct visma_call *c, struct doc *row,
                    const struct doc *sent, const char *date,
                    const char *closed)
{
    const char *period =
        c->creating ? period_of(c, row, sent, date)
                    : arena_strdup(c->arena, doc_str(row, "financialPeriod"));
    const struct doc *p = visma_row(c->world, c->tenant, "financialPeriod",
                                    text_of(period));
    if (!p)
        return broken(c, arena_printf(c->arena,
                                      "Financial period %s cannot be found.",
                                      period));
    if (doc_is_true(doc_get(p, closed)))
        return broken(c, arena_printf(c->arena,
                                      "Financial period %s is closed.",
                                      period));
    doc_set_string(row, "financialPeriod", period);
    doc_set_string(row, "postPeriod", turned(c, text_of(period), 4));
    return true;
}

/* ------------------------------------------------------------------ numbers */
/* The next number, the caller's own, or a refusal. */
static bool number_row(struct visma_call *c, struct doc *row,
                       const struct doc *sent, const char *series)
{
    const char *key = c->entity->key;
    bool own = doc_is_true(doc_path(sent, "overrideNumberSeries.value"));
    bool manual = world_switch_is(c->world, "numbering", "manual");
    doc_unset(row, "overrideNumberSeries");
    if (!c->creating)
        return true;
    if (manual || own) {
        if (*doc_str(row, key))
            return true;
        return broken(c, "The id cannot be empty.");
    }
    doc_set_string(row, key,
                   arena_printf(c->arena, "%lld",
                                (long long)(100000 +
                                            world_next(c->world, series))));
    return true;
}

static bool is_new(struct visma_call *c, const struct doc *row)
{
    const char *key = doc_str(row, c->entity->key);
    if (strcmp(c->entity->name, "supplierInvoice") == 0)
        key = arena_printf(c->arena, "%s/%s", doc_str(row, "documentType"),
                           key);
    if (!c->creating ||
        !visma_row(c->world, c->tenant, c->entity->name, text_of(key)))
        return true;
    return broken(c, arena_printf(c->arena, "'%s' already exists.", key));
}

/* ---------------------------------------------------------------- documents */
static struct decimal sum_of(const struct doc *lines, const char *member)
{
    struct decimal sum = decimal_int(0), d;
    for (size_t i = 0; i < doc_count(lines); i++)
        if (doc_as_decimal(doc_get(doc_at(lines, i), member), &d))
            decimal_add(sum, d, &sum);
    return sum;
}

static void set_sum(struct doc *row, const char *a, const char *b,
                    struct decimal sum)
{
    doc_set(row, a, doc_decimal(sum));
    doc_set(row, b, doc_decimal(sum));
}

static bool is_changeable(struct visma_call *c, const struct doc *row)
{
    struct text status = text_of(doc_str(row, "status"));
    if (c->creating || text_is(status, "Hold") || text_is(status, "Balanced"))
        return true;
    return broken(c, "The document is released and cannot be changed.");
}

static bool complete_invoice(struct visma_call *c, struct doc *row,
                             const struct doc *sent, const char *line_amount,
                             const char *date, const char *closed)
{
    struct decimal sum = sum_of(doc_get(row, "invoiceLines"), line_amount);
    if (!is_changeable(c, row) || !is_open(c, row, sent, date, closed))
        return false;
    set_sum(row, "detailTotal", "detailTotalInCurrency", sum);
    set_sum(row, "balance", "balanceInCurrency", sum);
    doc_set_string(row, "status",
                   doc_is_true(doc_get(row, "hold")) ? "Hold" : "Balanced");
    return true;
}

static bool complete_journal(struct visma_call *c, struct doc *row,
                             const struct doc *sent)
{
    const struct doc *lines = doc_get(row, "journalTransactionLines");
    struct decimal debit = sum_of(lines, "debitAmountInCurrency");
    struct decimal credit = sum_of(lines, "creditAmountInCurrency");
    bool hold = doc_is_true(doc_get(row, "hold"));
    if (!is_changeable(c, row) ||
        !is_open(c, row, sent, "transactionDate", "closedInGeneralLedger"))
        return false;
    if (!hold && decimal_compare(debit, credit) != 0)
        return broken(c, "The batch is out of balance.");
    set_sum(row, "debitTotal", "debitTotalInCurrency", debit);
    set_sum(row, "creditTotal", "creditTotalInCurrency", credit);
    doc_set_string(row, "module", "ModuleGL");
    doc_set_string(row, "status", hold ? "Hold" : "Balanced");
    return true;
}

static void set_default(struct doc *row, const char *member, const char *value)
{
    if (!*doc_str(row, member))
        doc_set_string(row, member, value);
}

static bool complete_employee(struct visma_call *c, struct doc *row)
{
    if (c->creating)
        doc_set_int(row, "employeeId", 2000 + world_next(c->world, "employee"));
    set_default(row, "status", "Active");
    const char *name = arena_printf(
        c->arena, "%s %s",
        doc_as_text(doc_path(row, "contact.firstName")).ptr
            ? text_cstr(c->arena, doc_as_text(doc_path(row, "contact.firstName")))
            : "",
        text_cstr(c->arena, doc_as_text(doc_path(row, "contact.lastName"))));
    doc_set_text(row, "employeeName", text_trim(text_of(name)));
    visma_set(row, TEXT("contact.name"),
              doc_text(text_trim(text_of(name))));
    if (!doc_get(row, "workGroupDescription"))
        doc_set(row, "workGroupDescription", doc_list());
    return true;
}

static bool complete_party(struct visma_call *c, struct doc *row)
{
    if (c->creating)
        doc_set_int(row, "internalId", 5000 + world_next(c->world, "party"));
    set_default(row, "status", "Active");
    if (!doc_get(row, "mainContact"))
        doc_set(row, "mainContact", doc_object());
    return true;
}

static bool complete_order(struct visma_call *c, struct doc *row)
{
    (void)c;
    set_default(row, "orderType", "RegularOrder");
    doc_set_string(row, "status",
                   doc_is_true(doc_get(row, "hold")) ? "Hold" : "Open");
    return true;
}

static bool complete_project(struct visma_call *c, struct doc *row)
{
    if (c->creating)
        doc_set_int(row, "internalID", world_next(c->world, "project"));
    if (c->creating && !*doc_str(row, "template") &&
        !doc_get(row, "defSub") && !doc_get(row, "template"))
        return broken(c, "defSub is required without a template.");
    set_default(row, "status", "Planned");
    return true;
}

bool visma_complete(struct visma_call *c, struct doc *row,
                    const struct doc *sent)
{
    static const char *const series[] = { "supplier", "customer",
                                          "supplierInvoice", "customerInvoice",
                                          "purchaseOrder",
                                          "journalTransaction" };
    for (size_t i = 0; i < sizeof series / sizeof *series; i++)
        if (is_entity(c, series[i]) && !number_row(c, row, sent, series[i]))
            return false;
    if (is_entity(c, "supplierInvoice"))
        set_default(row, "documentType", "Invoice");
    if (!is_new(c, row))
        return false;
    if (is_entity(c, "employee"))
        return complete_employee(c, row);
    if (is_entity(c, "subaccount"))
        return complete_subaccount(c, row);
    if (is_entity(c, "supplier") || is_entity(c, "customer"))
        return complete_party(c, row);
    if (is_entity(c, "supplierInvoice"))
        return complete_invoice(c, row, sent, "costInCurrency", "date",
                                "closedInSupplierLedger");
    if (is_entity(c, "customerInvoice"))
        return complete_invoice(c, row, sent, "manualAmountInCurrency",
                                "documentDate", "closedInCustomerLedger");
    if (is_entity(c, "journalTransaction"))
        return complete_journal(c, row, sent);
    if (is_entity(c, "purchaseOrder"))
        return complete_order(c, row);
    if (is_entity(c, "project"))
        return complete_project(c, row);
    if (is_entity(c, "account") && !doc_get(row, "active"))
        doc_set_yesno(row, "active", true);
    return true;
}

/* -------------------------------------------------------- actions, deletions */
void visma_action(struct visma_call *c, struct doc *row, struct text verb)
{
    struct text status = text_of(doc_str(row, "status"));
    bool journal = is_entity(c, "journalTransaction");
    if (!text_is(verb, "release") ||
        !(strchr(c->entity->verbs, 'D') || journal)) {
        visma_refuse(c->call, 404, "There is no such action.");
        return;
    }
    if (!text_is(status, "Balanced")) {
        broken(c, "Only a balanced document can be released.");
        return;
    }
    doc_set_string(row, "status", journal ? "Unposted" : "Open");
    visma_put(c->world, c->tenant, c->entity, row);
    struct doc *d = doc_object();
    doc_set_string(d, "actionResult", "Release completed");
    doc_set(d, "errorInfo", doc_null());
    call_answer_doc(c->call, 200, d, DOC_COMPACT);
    call_effect(c->call, "update", c->entity->name,
                doc_str(row, c->entity->key), doc_str(row, c->entity->key));
}

void visma_delete(struct visma_call *c, struct doc *row)
{
    const char *key = arena_strdup(c->arena, doc_str(row, c->entity->key));
    const char *place = key;
    if (!strchr(c->entity->verbs, 'D')) {
        visma_refuse(c->call,
                     (int)strtol(world_switch(c->world, "no_delete"), NULL, 10),
                     "The requested resource does not support DELETE.");
        return;
    }
    if (is_entity(c, "supplierInvoice"))
        place = arena_printf(c->arena, "%s/%s", doc_str(row, "documentType"),
                             key);
    if (!is_changeable(c, row))
        return;
    call_effect(c->call, "delete", c->entity->name, key, key);
    table_remove(visma_table(c->world, c->tenant, c->entity->name), place);
    call_answer(c->call, 204, NULL, TEXT(""));
}

/* ------------------------------------------------------------------- segments */
static void fail_segment(struct visma_call *c, const char *why)
{
    visma_refuse(c->call, 500, "%s", why);
}

static bool set_wrapped(struct doc *row, const struct doc *sent,
                        const char *member, enum doc_kind kind)
{
    const struct doc *value = doc_path(doc_get(sent, member), "value");
    if (!doc_get(sent, member))
        return true;
    if (doc_kind(value) != kind)
        return false;
    doc_set(row, member, doc_copy(value));
    return true;
}

static size_t place_of(const struct doc *values, struct text id)
{
    size_t i = 0;
    while (i < doc_count(values) &&
           !text_equal(text_of(doc_str(doc_at(values, i), "valueId")), id))
        i++;
    return i;
}

static const char *apply_value(struct visma_call *c, struct doc *segment,
                               const struct doc *sent)
{
    struct doc *values = doc_get(segment, "segmentValues");
    struct text operation = doc_as_text(doc_get(sent, "operation"));
    const struct doc *id = doc_get(sent, "value");
    if (doc_kind(id) != DOC_TEXT || operation.len == 0)
        return "value and operation must be bare texts";
    size_t at = place_of(values, doc_as_text(id));
    bool there = at < doc_count(values);
    if (text_is(operation, "Insert") == there)
        return there ? "The value already exists." : "The value is not there.";
    if (text_is(operation, "Delete")) {
        doc_remove(values, at);
        return NULL;
    }
    if (!there) {
        struct doc *one = doc_object();
        doc_set_string(one, "internalId",
                       arena_printf(c->arena, "%lld",
                                    (long long)world_next(c->world, "value")));
        doc_set(one, "segmentId", doc_copy(doc_get(segment, "segmentId")));
        doc_set_text(one, "valueId", doc_as_text(id));
        doc_set_yesno(one, "active", true);
        doc_add(values, one);
    }
    struct doc *value = doc_at(values, at);
    if (!set_wrapped(value, sent, "description", DOC_TEXT) ||
        !set_wrapped(value, sent, "active", DOC_YESNO))
        return "description and active must be wrapped";
    doc_set_string(value, "lastModified",
                   visma_time(c->world, c->arena, c->call->now_ms));
    return NULL;
}

static bool is_addressed(const struct doc *body, struct text dimension,
                         struct text segment)
{
    return doc_kind(doc_get(body, "dimensionId")) == DOC_TEXT &&
           text_equal(text_of(doc_str(body, "dimensionId")), dimension) &&
           doc_kind(doc_get(body, "segementId")) == DOC_NUMBER &&
           text_equal(doc_as_text(doc_get(body, "segementId")), segment);
}

void visma_put_segment(struct visma_call *c, struct text dimension,
                       struct text segment)
{
    struct table *t = visma_table(c->world, c->tenant, "dimension");
    const struct doc *body = call_body(c->call);
    const struct doc *sent = doc_get(body, "segmentValues");
    struct doc *row = table_get_text(t, dimension);
    if (!is_addressed(body, dimension, segment) ||
        doc_kind(sent) != DOC_LIST) {
        fail_segment(c, "dimensionId and segementId must be sent, bare");
        return;
    }
    struct doc *changed = doc_copy(row);
    struct doc *list = doc_get(changed, "segments"), *one = NULL;
    for (size_t i = 0; i < doc_count(list); i++)
        if (text_equal(doc_as_text(doc_get(doc_at(list, i), "segmentId")),
                       segment))
            one = doc_at(list, i);
    const char *why = one ? NULL : "The segment is not there.";
    for (size_t i = 0; !why && i < doc_count(sent); i++)
        why = apply_value(c, one, doc_at(sent, i));
    if (why) {
        fail_segment(c, why);
        doc_drop(changed);
        return;
    }
    doc_set_string(one, "lastModified",
                   visma_time(c->world, c->arena, c->call->now_ms));
    table_put(t, text_cstr(c->arena, dimension), changed);
    call_answer(c->call, 204, NULL, TEXT(""));
    for (size_t i = 0; i < doc_count(sent); i++)
        call_effect(c->call,
                    strcmp(doc_str(doc_at(sent, i), "operation"), "Insert")
                        ? "update" : "create",
                    "segmentValue", doc_str(doc_at(sent, i), "value"),
                    doc_str(doc_at(sent, i), "value"));
    visma_event(c->world, c->tenant, "dimension", "SUBACCOUNT", "Changed");
}

/* ------------------------------------------------------------------- control */
static void answer_done(struct sandbox_call *call)
{
    struct doc *d = doc_object();
    doc_set_yesno(d, "ok", true);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

/* segment segment= value= [description=] [active=no] [gone=1]: a person adds,
 * changes or removes a segment value in the ERP. */
static void edit_segment(struct visma_call *c)
{
    struct table *t = visma_table(c->world, c->tenant, "dimension");
    struct doc *row = table_get(t, "SUBACCOUNT");
    struct text id = call_param(c->call, "segment");
    struct text value = call_param(c->call, "value");
    struct doc *list = doc_get(row, "segments");
    for (size_t i = 0; i < doc_count(list); i++) {
        struct doc *segment = doc_at(list, i);
        struct doc *values = doc_get(segment, "segmentValues");
        size_t at = place_of(values, value);
        if (!text_equal(doc_as_text(doc_get(segment, "segmentId")), id))
            continue;
        if (at < doc_count(values))
            doc_remove(values, at);
        if (call_param(c->call, "gone").len > 0)
            continue;
        struct doc *one = doc_object();
        doc_set(one, "segmentId", doc_copy(doc_get(segment, "segmentId")));
        doc_set_text(one, "valueId", value);
        doc_set_text(one, "description", call_param(c->call, "description"));
        doc_set_yesno(one, "active",
                      !text_is(call_param(c->call, "active"), "no"));
        doc_add(values, one);
    }
    table_touch(t, "SUBACCOUNT");
    answer_done(c->call);
}

/* edit entity= key= with the members to set, as read; gone=1 removes. */
static void edit_row(struct visma_call *c)
{
    struct text key = call_param(c->call, "key");
    struct doc *row = c->entity ? visma_row(c->world, c->tenant,
                                            c->entity->name, key)
                                : NULL;
    const char *name = text_cstr(c->arena, key);
    const struct doc *body = call_body(c->call);
    if (!row) {
        visma_refuse(c->call, 404, "no such record");
        return;
    }
    if (call_param(c->call, "gone").len > 0) {
        table_remove(visma_table(c->world, c->tenant, c->entity->name), name);
        visma_event(c->world, c->tenant, c->entity->name, name, "Deleted");
    } else {
        for (void *it = doc_first(body); it; it = doc_next(body, it))
            visma_set(row, text_of(doc_name(it)), doc_copy(doc_value(it)));
        visma_put(c->world, c->tenant, c->entity, row);
        visma_event(c->world, c->tenant, c->entity->name, name, "Changed");
    }
    answer_done(c->call);
}

/* upgrade entity=: the vendor touches every row of a table at once. */
static void upgrade(struct visma_call *c)
{
    struct table *t = visma_table(c->world, c->tenant, c->entity->name);
    for (size_t i = 0; i < table_end(t); i++)
        if (table_at(t, i))
            visma_put(c->world, c->tenant, c->entity, table_at(t, i));
    answer_done(c->call);
}

bool visma_rules_control(struct world *w, struct sandbox_call *call,
                         struct text verb)
{
    struct text tenant = call_param(call, "tenant");
    struct visma_call c = {
        .world = w, .call = call, .arena = call->arena,
        .tenant = tenant.len ? text_cstr(call->arena, tenant) : TENANT_MAIN,
        .entity = visma_entity_named(call_param(call, "entity")),
    };
    if (text_is(verb, "segment"))
        edit_segment(&c);
    else if (text_is(verb, "edit"))
        edit_row(&c);
    else if (text_is(verb, "upgrade") && c.entity)
        upgrade(&c);
    else
        return false;
    return true;
}
