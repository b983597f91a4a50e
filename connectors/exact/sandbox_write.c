/* Writes of the Exact sandbox: types, mandatory fields, references, nested
 * lines, duplicates, partial updates, deletes. */
#include "config.h"
#include "connectors/exact/sandbox.h"

#include "base/date.h"
#include <string.h>

/* ---------------------------------------------------------------- values */
static bool is_guid_text(struct text t)
{
    if (t.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++)
        if ((i == 8 || i == 13 || i == 18 || i == 23) != (t.ptr[i] == '-'))
            return false;
    return true;
}

/* ISO text without zone, or /Date(ms)/. */
static bool parse_time(struct text t, int64_t *ms)
{
    int64_t micros;
    int32_t day;
    bool offset;
    struct decimal d;
    if (text_starts(t, TEXT("/Date(")) && text_ends(t, TEXT(")/")))
        return decimal_parse(text_slice(t, 6, t.len - 8), &d) == DECIMAL_OK &&
               decimal_to_int64(d, ms);
    if (date_parse(t, &day)) {
        *ms = day * DAY_MS;
        return true;
    }
    if (t.len == 16) { /* 2024-01-31T00:00 */
        char whole[20];
        memcpy(whole, t.ptr, 16);
        memcpy(whole + 16, ":00", 4);
        if (!datetime_parse((struct text){ whole, 19 }, &micros, &offset))
            return false;
    } else if (!datetime_parse(t, &micros, &offset)) {
        return false;
    }
    *ms = micros / 1000;
    return true;
}

/* A double as it comes: what is past twelve decimals is noise. */
static bool parse_double(const struct doc *value, struct decimal *out)
{
    struct text t = doc_as_text(value);
    size_t dot;
    enum decimal_status status =
        t.len > 0 ? decimal_parse(t, out) : DECIMAL_SYNTAX;
    if (status == DECIMAL_SCALE && text_find(t, TEXT("."), &dot) &&
        t.len > dot + 1 + DECIMAL_SCALE_MAX)
        status = decimal_parse(text_slice(t, 0, dot + 1 + DECIMAL_SCALE_MAX),
                               out);
    return status == DECIMAL_OK;
}

/* The stored form of a member, new; NULL when its type is wrong. */
static struct doc *stored(const struct exact_field *f, const struct doc *value)
{
    struct text t = doc_as_text(value);
    struct decimal d;
    int64_t whole;
    if (!doc_is_present(value))
        return doc_null();
    switch (f->type) {
    case 's':
        return doc_kind(value) == DOC_TEXT ? doc_text(text_trim(t)) : NULL;
    case 'g':
        return doc_kind(value) == DOC_TEXT && is_guid_text(t) ? doc_text(t)
                                                              : NULL;
    case 'o':
        return doc_kind(value) == DOC_YESNO ? doc_yesno(doc_is_true(value))
                                            : NULL;
    case 't':
        return doc_kind(value) == DOC_TEXT && parse_time(t, &whole)
                   ? doc_int(whole)
                   : NULL;
    case 'd':
        return parse_double(value, &d) ? doc_decimal(d) : NULL;
    case 'i':
    case 'b':
    case 'l':
        return doc_as_int(value, &whole) ? doc_int(whole) : NULL;
    default:
        break;
    }
    return NULL;
}

static void refuse_type(struct exact_call *c, const struct exact_field *f,
                        const struct doc *value)
{
    exact_refuse(c->call, 400,
                 "Error processing request stream. The request stream could "
                 "not be processed: property '%.*s' value '%.*s' type '%c'",
                 TEXT_ARG(f->name), TEXT_ARG(doc_as_text(value)), f->type);
}

/* ------------------------------------------------------------- one record */
/* Members of `body` into `row`; false after a refusal. */
static bool take_members(struct exact_call *c, const struct exact_entity *e,
                         const struct doc *body, struct doc *row,
                         bool creating)
{
    for (void *it = doc_first(body); it; it = doc_next(body, it)) {
        struct text name = text_of(doc_name(it));
        const struct exact_field *f = exact_field_of(e, name);
        if (!f && !text_is(name, "__metadata")) {
            exact_refuse(c->call, 400,
                         "Error processing request stream. The property name "
                         "'%.*s' specified for type 'Exact.Web.Api.Models.%s' "
                         "is not valid.",
                         TEXT_ARG(name), e->name);
            return false;
        }
        if (!f || f->type == 'c')
            continue;
        bool fixed = f->read_only || (!creating && f->create_only);
        if (fixed && world_switch_is(c->world, "fixed_fields", "refuse")) {
            exact_business(c->call, TEXT_INVALID, doc_name(it));
            return false;
        }
        if (fixed)
            continue;
        struct doc *value = stored(f, doc_value(it));
        if (!value) {
            refuse_type(c, f, doc_value(it));
            return false;
        }
        doc_set(row, doc_name(it), value);
    }
    return true;
}

static bool reference_exists(struct exact_call *c, const struct exact_field *f,
                             const struct doc *value)
{
    const char *entity = text_cstr(c->arena, f->refers);
    const char *field = text_cstr(c->arena, f->refers_field);
    return exact_find(c->world, c->division, entity, field,
                      doc_as_text(value)) != NULL;
}

static bool lengths_and_references(struct exact_call *c,
                                   const struct exact_entity *e,
                                   const struct doc *row)
{
    for (size_t i = 0; i < e->field_count; i++) {
        const struct exact_field *f = &e->fields[i];
        const struct doc *value = doc_get_text(row, f->name);
        struct text t = doc_as_text(value);
        if (!doc_is_present(value) || f->type == 'c' || f->read_only)
            continue;
        bool long_text = f->max_len > 0 && utf8_count(t) > f->max_len;
        bool dangling = f->refers.len > 0 && t.len > 0 &&
                        !text_is(f->name, e->parent_field) &&
                        !reference_exists(c, f, value);
        if (long_text || dangling) {
            exact_business(c->call, TEXT_INVALID,
                           text_cstr(c->arena, f->name));
            return false;
        }
    }
    return true;
}

/* The reference marks more than the server insists on. */
static bool is_defaulted(const struct exact_entity *e,
                         const struct exact_field *f)
{
    bool sales_line = strcmp(e->name, "SalesInvoiceLines") == 0;
    return text_is(f->name, e->parent_field) ||
           (text_is(f->name, "Journal") &&
            strcmp(e->name, "SalesInvoices") == 0) ||
           (sales_line && (text_is(f->name, "GLAccount") ||
                           text_is(f->name, "Item"))) ||
           f->type == 'c';
}

static bool has_mandatory(struct exact_call *c, const struct exact_entity *e,
                          const struct doc *row)
{
    for (size_t i = 0; i < e->field_count; i++) {
        const struct exact_field *f = &e->fields[i];
        const struct doc *value = doc_get_text(row, f->name);
        bool empty = !doc_is_present(value) ||
                     (f->type == 's' && doc_as_text(value).len == 0);
        if (f->mandatory && empty && !is_defaulted(e, f)) {
            exact_business(c->call, TEXT_MANDATORY,
                           text_cstr(c->arena, f->name));
            return false;
        }
    }
    if (strcmp(e->name, "SalesInvoiceLines") == 0 &&
        !doc_is_present(doc_get(row, "Item")) &&
        !doc_is_present(doc_get(row, "GLAccount"))) {
        exact_business(c->call, TEXT_MANDATORY, "Item");
        return false;
    }
    return true;
}

/* Entities that know a record by its code. */
static bool is_duplicate(struct exact_call *c, const struct exact_entity *e,
                         const struct doc *row)
{
    static const char *const coded[] = { "CostCenters", "CostUnits",
                                         "GLAccounts", "Journals", "Items",
                                         "Accounts" };
    const char *code = doc_str(row, "Code");
    for (size_t i = 0; *code && i < sizeof coded / sizeof *coded; i++)
        if (strcmp(e->name, coded[i]) == 0 &&
            exact_find(c->world, c->division, e->name, "Code", text_of(code)))
            return true;
    return false;
}

/* Names beside the ids and codes of a row, as reads show them. */
static void copy_field(struct exact_call *c, struct doc *row,
                       const char *entity, const char *by, const char *field,
                       const char *from, const char *to)
{
    const struct doc *id = doc_get(row, field);
    if (!doc_is_present(id))
        return;
    const struct doc *target =
        exact_find(c->world, c->division, entity, by, doc_as_text(id));
    const struct doc *value = doc_get(target, from);
    if (value)
        doc_set(row, to, doc_copy(value));
}

static void fill_names(struct exact_call *c, const struct exact_entity *e,
                       struct doc *row)
{
    static const char *const rows[][6] = {
        { "GLAccounts", "ID", "GLAccount", "Code", "GLAccountCode", "" },
        { "GLAccounts", "ID", "GLAccount", "Description",
          "GLAccountDescription", "" },
        { "CostCenters", "Code", "CostCenter", "Description",
          "CostCenterDescription", "" },
        { "CostUnits", "Code", "CostUnit", "Description",
          "CostUnitDescription", "" },
        { "Accounts", "ID", "Account", "Code", "AccountCode", "" },
        { "Accounts", "ID", "Account", "Name", "AccountName", "" },
        { "Accounts", "ID", "OrderedBy", "Name", "OrderedByName", "" },
        { "Accounts", "ID", "Supplier", "Name", "SupplierName", "" },
        { "Accounts", "ID", "Customer", "Name", "CustomerName", "" },
        { "Items", "ID", "Item", "Code", "ItemCode", "" },
        { "Items", "ID", "Item", "Description", "ItemDescription", "" },
        { "Journals", "Code", "JournalCode", "Description",
          "JournalDescription", "" },
        { "Journals", "Code", "Journal", "Description", "JournalDescription",
          "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (exact_field_of(e, text_of(rows[i][2])) &&
            exact_field_of(e, text_of(rows[i][4])))
            copy_field(c, row, rows[i][0], rows[i][1], rows[i][2], rows[i][3],
                       rows[i][4]);
}

/* What the server sets when a record begins. */
static const char *currency_of(const struct exact_call *c)
{
    const struct doc *d =
        exact_find(c->world, c->division, "Divisions", "Code",
                   text_of(c->division));
    return d ? doc_str(d, "Currency") : "EUR";
}

static void set_defaults(struct exact_call *c, const struct exact_entity *e,
                         struct doc *row)
{
    static const char *const numbers[] = { "EntryNumber", "OrderNumber" };
    for (size_t i = 0; i < 2; i++) {
        if (!exact_field_of(e, text_of(numbers[i])) || !*e->lines ||
            doc_is_present(doc_get(row, numbers[i])))
            continue;
        const char *series = arena_printf(c->arena, "number/%s", e->name);
        doc_set_int(row, numbers[i], 26700000 + world_next(c->world, series));
    }
    if (exact_field_of(e, TEXT("Currency")) &&
        !doc_is_present(doc_get(row, "Currency")))
        doc_set_string(row, "Currency", currency_of(c));
    if (strcmp(e->name, "Accounts") == 0 && !*doc_str(row, "Code"))
        doc_set_string(row, "Code",
                       arena_printf(c->arena, "%lld",
                                    (long long)(1000 + world_next(
                                                           c->world,
                                                           "account"))));
    if (strcmp(e->name, "Accounts") == 0 &&
        !doc_is_present(doc_get(row, "Status")))
        doc_set_string(row, "Status", "A");
    if (strcmp(e->name, "SalesInvoices") == 0 && !*doc_str(row, "Journal"))
        doc_set_string(row, "Journal", "70");
    if (strcmp(e->name, "SalesInvoices") == 0 ||
        strcmp(e->name, "SalesEntries") == 0 ||
        strcmp(e->name, "PurchaseEntries") == 0 ||
        strcmp(e->name, "GeneralJournalEntries") == 0)
        doc_set_int(row, "Status", 20);
    if (strcmp(e->name, "GeneralJournalEntries") == 0)
        doc_set_int(row, "Type", 90);
}

static struct doc *make_row(struct exact_call *c, const struct exact_entity *e,
                            const struct doc *body)
{
    struct doc *row =
        exact_new_row(c->world, c->arena, c->division, e, NULL);
    if (!take_members(c, e, body, row, true)) {
        doc_drop(row);
        return NULL;
    }
    set_defaults(c, e, row);
    if (!has_mandatory(c, e, row) || !lengths_and_references(c, e, row) ||
        !exact_line_is_right(c, e, row)) {
        doc_drop(row);
        return NULL;
    }
    if (is_duplicate(c, e, row)) {
        exact_business(c->call, TEXT_EXISTS, "Code");
        doc_drop(row);
        return NULL;
    }
    fill_names(c, e, row);
    return row;
}

/* -------------------------------------------------------------- creation */
/* All lines made, none stored yet; NULL after a refusal. */
static struct doc *make_lines(struct exact_call *c, const struct doc *body,
                              const struct doc *header)
{
    const struct exact_entity *lines =
        exact_entity_named(text_of(c->entity->lines));
    const struct doc *nested = doc_get(body, c->entity->lines_field);
    struct doc *list = doc_list();
    if (doc_kind(nested) == DOC_OBJECT)
        nested = doc_get(nested, "results");
    if (doc_count(nested) == 0) {
        exact_business(c->call, TEXT_MANDATORY, c->entity->lines_field);
        doc_drop(list);
        return NULL;
    }
    for (size_t i = 0; i < doc_count(nested); i++) {
        struct doc *line = make_row(c, lines, doc_at(nested, i));
        if (!line) {
            doc_drop(list);
            return NULL;
        }
        doc_set(line, c->entity->parent_field,
                doc_copy(doc_get(header, c->entity->key)));
        if (exact_field_of(lines, TEXT("LineNumber")))
            doc_set_int(line, "LineNumber", (int64_t)i + 1);
        if (exact_field_of(lines, TEXT("EntryNumber")))
            doc_set(line, "EntryNumber",
                    doc_copy(doc_get(header, "EntryNumber")));
        doc_add(list, line);
    }
    return list;
}

/* What a person would look the record up by. */
static const char *natural_of(const struct doc *row)
{
    static const char *const names[] = { "Code", "YourRef", "Name",
                                         "Description", "EntryNumber" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (*doc_str(row, names[i]))
            return doc_str(row, names[i]);
    return "";
}

/* Of a booking: what its first line says, for the header says nothing. */
static const char *natural_of_lines(const struct doc *row,
                                    const struct doc *lines)
{
    const struct doc *line = doc_at(lines, 0);
    const char *notes = doc_str(line, "Notes");
    if (lines && *notes)
        return notes;
    if (lines && *doc_str(line, "Description") && !*doc_str(row, "YourRef"))
        return doc_str(line, "Description");
    return natural_of(row);
}

static void store_lines(struct exact_call *c, const struct doc *lines)
{
    const struct exact_entity *e =
        exact_entity_named(text_of(c->entity->lines));
    for (size_t i = 0; i < doc_count(lines); i++)
        exact_put(c->world, c->division, e, doc_keep(doc_at(lines, i)));
}

/* Only the key, the rest null, unless the caller asked for the whole. */
static void answer_created(struct exact_call *c, const struct doc *row)
{
    struct exact_select none = { .count = 0 };
    struct doc *d = exact_render(c, c->entity, row, &none);
    bool whole = text_is(call_header(c->call, "Prefer"),
                         "return=representation") ||
                 world_switch_is(c->world, "post_reply", "whole");
    for (void *it = doc_first(d); it && !whole; it = doc_next(d, it))
        if (strcmp(doc_name(it), c->entity->key) != 0 &&
            strcmp(doc_name(it), "__metadata") != 0)
            doc_set(d, doc_name(it), doc_null());
    exact_answer_row(c, 201, d);
}

/* Sums the lines of invoices and orders into their header. */
static void sum_lines(const struct exact_entity *e, struct doc *row,
                      const struct doc *lines)
{
    struct decimal sum = decimal_int(0), amount;
    for (size_t i = 0; i < doc_count(lines); i++)
        if (doc_as_decimal(doc_get(doc_at(lines, i), "AmountFC"), &amount))
            decimal_add(sum, amount, &sum);
    if (exact_field_of(e, TEXT("AmountFC"))) {
        doc_set(row, "AmountFC", doc_decimal(sum));
        if (exact_field_of(e, TEXT("AmountDC")))
            doc_set(row, "AmountDC", doc_decimal(sum));
    }
}

static void store_new(struct exact_call *c, struct doc *row, struct doc *lines)
{
    const struct exact_entity *e = c->entity;
    const char *key = arena_strdup(c->arena, doc_str(row, e->key));
    sum_lines(e, row, lines);
    exact_put(c->world, c->division, e, row);
    store_lines(c, lines);
    exact_book(c, row);
    call_effect(c->call, "create", e->path, key,
                natural_of_lines(row, lines));
    exact_hook_event(c->world, c->division, e, key, "Create");
    answer_created(c, row);
}

/* A header whose lines were refused may stay behind (unverified). */
static void leave_header(struct exact_call *c, struct doc *row)
{
    if (strcmp(c->entity->name, "SalesInvoices") != 0 ||
        !world_switch_is(c->world, "failed_line", "header")) {
        doc_drop(row);
        return;
    }
    exact_put(c->world, c->division, c->entity, row);
    call_effect(c->call, "create", c->entity->path,
                doc_str(row, c->entity->key), natural_of(row));
}

void exact_create(struct exact_call *c)
{
    const struct doc *body = call_body(c->call);
    struct doc *row, *lines = NULL;
    if (doc_kind(body) != DOC_OBJECT) {
        exact_refuse(c->call, 400,
                     "Error processing request stream. The request stream "
                     "could not be processed.");
        return;
    }
    row = make_row(c, c->entity, body);
    if (!row)
        return;
    if (*c->entity->lines && !(lines = make_lines(c, body, row))) {
        leave_header(c, row);
        return;
    }
    if (!exact_booking_is_right(c, row, lines) ||
        (strcmp(c->entity->name, "WebhookSubscriptions") == 0 &&
         !exact_hook_answers(c, row))) {
        doc_drop(row);
        doc_drop(lines);
        return;
    }
    store_new(c, row, lines);
    doc_drop(lines);
}

/* ------------------------------------------------------- update and delete */
void exact_update(struct exact_call *c, const char *key)
{
    const struct doc *body = call_body(c->call);
    struct table *t = exact_table(c->world, c->division, c->entity->name);
    const struct doc *old = table_get(t, key);
    if (!old) {
        exact_refuse(c->call, 404, "Not found");
        return;
    }
    if (doc_kind(body) != DOC_OBJECT) {
        exact_refuse(c->call, 400,
                     "Error processing request stream. The request stream "
                     "could not be processed.");
        return;
    }
    struct doc *row = doc_copy(old);
    if (!take_members(c, c->entity, body, row, false) ||
        !has_mandatory(c, c->entity, row) ||
        !lengths_and_references(c, c->entity, row)) {
        doc_drop(row);
        return;
    }
    fill_names(c, c->entity, row);
    exact_put(c->world, c->division, c->entity, row);
    call_effect(c->call, "update", c->entity->path, key, natural_of(row));
    exact_hook_event(c->world, c->division, c->entity, key, "Update");
    if (world_switch_is(c->world, "put_reply", "body")) {
        struct exact_select none = { .count = 0 };
        exact_answer_row(c, 200, exact_render(c, c->entity, row, &none));
        return;
    }
    call_answer(c->call, 204, NULL, TEXT(""));
}

/* A code or id some booking names cannot go. */
static bool is_in_use(struct exact_call *c, const struct doc *row)
{
    static const char *const users[] = { "GeneralJournalEntryLines",
                                         "SalesEntryLines",
                                         "PurchaseEntryLines" };
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        if (strcmp(c->entity->name, "CostCenters") == 0 &&
            exact_find(c->world, c->division, users[i], "CostCenter",
                       doc_as_text(doc_get(row, "Code"))))
            return true;
        if (strcmp(c->entity->name, "GLAccounts") == 0 &&
            exact_find(c->world, c->division, users[i], "GLAccount",
                       doc_as_text(doc_get(row, "ID"))))
            return true;
    }
    return false;
}

static void remove_lines(struct exact_call *c, const char *key)
{
    const struct exact_entity *e =
        exact_entity_named(text_of(c->entity->lines));
    struct table *t =
        e ? exact_table(c->world, c->division, e->name) : NULL;
    for (size_t i = 0; t && i < table_end(t); i++) {
        const struct doc *line = table_at(t, i);
        if (line &&
            strcmp(doc_str(line, c->entity->parent_field), key) == 0)
            exact_remove(c->world, c->division, e, table_key_at(t, i));
    }
}

void exact_delete(struct exact_call *c, const char *key)
{
    const struct doc *row =
        table_get(exact_table(c->world, c->division, c->entity->name), key);
    if (!row) {
        exact_refuse(c->call, 403, "Forbidden");
        return;
    }
    if (is_in_use(c, row)) {
        exact_business(c->call, TEXT_IN_USE, "Code");
        return;
    }
    call_effect(c->call, "delete", c->entity->path, key, natural_of(row));
    exact_unbook(c, row);
    remove_lines(c, key);
    exact_remove(c->world, c->division, c->entity, key);
    exact_hook_event(c->world, c->division, c->entity, key, "Delete");
    call_answer(c->call, 204, NULL, TEXT(""));
}
