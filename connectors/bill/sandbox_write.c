/* Writing in the BILL sandbox: create, PATCH, PUT, archive, restore. */
#include "config.h"
#include "connectors/bill/sandbox.h"

#include <string.h>

/* ----------------------------------------------------------------- sums */
static struct decimal number_of(const struct doc *d, const char *path)
{
    struct decimal x = decimal_int(0);
    doc_as_decimal(doc_path(d, path), &x);
    return x;
}

static struct decimal line_amount(const struct doc *line)
{
    struct decimal product = decimal_int(0), rounded;
    if (doc_kind(doc_get(line, "amount")) == DOC_NUMBER)
        return number_of(line, "amount");
    decimal_mul(number_of(line, "quantity"), number_of(line, "price"),
                &product);
    return decimal_round(product, 2, ROUND_HALF_AWAY, &rounded) == DECIMAL_OK
               ? rounded
               : product;
}

static struct decimal sum_lines(const struct doc *lines)
{
    struct decimal sum = decimal_int(0);
    for (size_t i = 0; i < doc_count(lines); i++)
        decimal_add(sum, line_amount(doc_at(lines, i)), &sum);
    return sum;
}

static const char *payment_state(struct decimal amount, struct decimal paid,
                                 struct decimal scheduled)
{
    if (decimal_sign(paid) > 0)
        return decimal_compare(paid, amount) >= 0 ? "PAID" : "PARTIAL";
    return decimal_sign(scheduled) > 0 ? "SCHEDULED" : "UNPAID";
}

void bill_total(struct world *w, struct doc *row)
{
    bool invoice = doc_get(row, "invoiceLineItems") != NULL;
    const struct doc *lines =
        doc_get(row, invoice ? "invoiceLineItems" : "billLineItems");
    struct decimal amount = sum_lines(lines), due;
    struct decimal paid = number_of(row, "paidAmount");
    struct decimal credit = number_of(row, "creditAmount");
    (void)w;
    decimal_sub(amount, paid, &due);
    decimal_sub(due, credit, &due);
    doc_set(row, invoice ? "totalAmount" : "amount", doc_decimal(amount));
    doc_set(row, "dueAmount", doc_decimal(due));
    if (!invoice)
        doc_set_string(row, "paymentStatus",
                       payment_state(amount, paid,
                                     number_of(row, "scheduledAmount")));
}

/* ------------------------------------------------------------- new rows */
static void number_lines(struct world *w, struct sandbox_call *call,
                         struct doc *lines)
{
    for (size_t i = 0; i < doc_count(lines); i++) {
        struct doc *line = doc_at(lines, i);
        if (*doc_str(line, "id") == '\0')
            doc_set_string(line, "id",
                           bill_new_id(w, call->arena, "bli"));
        if (!doc_get(line, "amount"))
            doc_set(line, "amount", doc_decimal(line_amount(line)));
    }
}

static void set_vendor_name(struct world *w, struct doc *row)
{
    const struct doc *vendor = table_get(world_table(w, "vendors"),
                                         doc_str(row, "vendorId"));
    doc_set_string(row, "vendorName", doc_str(vendor, "name"));
}

/* {id}, or {name, email}, which makes the customer too. */
static void set_customer(struct world *w, struct sandbox_call *call,
                         struct doc *row)
{
    const struct doc *customer = doc_get(row, "customer");
    if (*doc_str(customer, "id")) {
        doc_set_string(row, "customerId", doc_str(customer, "id"));
    } else if (customer) {
        const struct doc *made =
            bill_make(w, call, bill_type_named("customers"), customer);
        doc_set_string(row, "customerId", doc_str(made, "id"));
    }
    doc_unset(row, "customer");
}

static void mask_account(struct doc *row)
{
    struct doc *bank = doc_path(row, "paymentInformation.bankAccount");
    struct text number = text_of(doc_str(bank, "accountNumber"));
    if (number.len > 4) {
        char masked[24] = "*****";
        memcpy(masked + 5, number.ptr + number.len - 4, 4);
        doc_set_string(bank, "accountNumber", masked);
    }
}

/* What BILL sets by itself. */
static void complete(struct world *w, struct sandbox_call *call,
                     const struct bill_type *t, struct doc *row)
{
    if (strcmp(t->table, "bills") == 0) {
        set_vendor_name(w, row);
        number_lines(w, call, doc_get(row, "billLineItems"));
        doc_unset(row, "billApprovals");
        doc_unset(row, "vendorCredits");
        if (!doc_get(row, "approvalStatus"))
            doc_set_string(row, "approvalStatus", "UNASSIGNED");
        bill_total(w, row);
    } else if (strcmp(t->table, "invoices") == 0) {
        set_customer(w, call, row);
        number_lines(w, call, doc_get(row, "invoiceLineItems"));
        doc_unset(row, "processingOptions");
        if (!doc_get(row, "status"))
            doc_set_string(row, "status", "OPEN");
        bill_total(w, row);
    } else if (strcmp(t->table, "vendor_credits") == 0) {
        struct doc *lines = doc_get(row, "vendorCreditLineItems");
        number_lines(w, call, lines);
        doc_set(row, "amount", doc_decimal(sum_lines(lines)));
    } else if (strcmp(t->table, "vendors") == 0) {
        mask_account(row);
        if (!doc_get(row, "accountType"))
            doc_set_string(row, "accountType", "BUSINESS");
        if (!doc_get(row, "networkStatus"))
            doc_set_string(row, "networkStatus", "NOT_CONNECTED");
    } else if (strcmp(t->table, "users") == 0) {
        doc_unset(row, "roleId");
        doc_unset(row, "acceptTermsOfService");
    }
}

static void take_members(const struct bill_type *t, struct doc *row,
                         const struct doc *body)
{
    for (void *it = doc_first(body); it; it = doc_next(body, it))
        if (list_names(t->writable, text_of(doc_name(it))) &&
            doc_is_present(doc_value(it)))
            doc_set(row, doc_name(it), doc_copy(doc_value(it)));
}

static void tell_effect(struct sandbox_call *call, const struct bill_type *t,
                        const struct doc *row, const char *effect)
{
    const struct doc *natural = doc_path(row, t->natural);
    call_effect(call, effect, t->what, doc_str(row, "id"),
                text_cstr(call->arena, doc_as_text(natural)));
}

struct doc *bill_make(struct world *w, struct sandbox_call *call,
                      const struct bill_type *t, const struct doc *body)
{
    struct doc *row = doc_object();
    doc_set_string(row, "id", bill_new_id(w, call->arena, t->prefix));
    if (strcmp(t->table, "users") != 0)
        doc_set_yesno(row, "archived", false);
    take_members(t, row, body);
    complete(w, call, t, row);
    doc_set_string(row, "createdTime", bill_time(call->arena, call->now_ms));
    bill_put(w, t, row, "created");
    tell_effect(call, t, row, "create");
    return row;
}

static void create(struct world *w, struct sandbox_call *call,
                   const struct bill_type *t)
{
    struct doc *faults = doc_list();
    bill_check(w, call, t, call_body(call), true, "", faults);
    if (doc_count(faults) > 0) {
        bill_refuse_all(call, 400, faults);
        return;
    }
    doc_drop(faults);
    call_answer_doc(call, 201,
                    bill_render(bill_make(w, call, t, call_body(call)), ""),
                    DOC_COMPACT);
}

/* --------------------------------------------------------------- changes */
static struct doc *line_with_id(struct doc *lines, const char *id)
{
    for (size_t i = 0; i < doc_count(lines); i++)
        if (strcmp(doc_str(doc_at(lines, i), "id"), id) == 0)
            return doc_at(lines, i);
    return NULL;
}

static void merge(struct world *w, struct doc *into, const struct doc *patch)
{
    for (void *it = doc_first(patch); it; it = doc_next(patch, it)) {
        const char *name = doc_name(it);
        struct doc *value = doc_value(it), *old = doc_get(into, name);
        if (doc_kind(value) == DOC_NULL) {
            if (world_switch_is(w, "null", "clear"))
                doc_unset(into, name);
        } else if (doc_kind(value) == DOC_OBJECT &&
                   doc_kind(old) == DOC_OBJECT) {
            merge(w, old, value);
        } else {
            doc_set(into, name, doc_copy(value));
        }
    }
}

/* PATCH keeps the ids of lines and cannot change how many there are. */
static bool patch_lines(struct world *w, struct sandbox_call *call,
                        const struct bill_type *t, struct doc *row,
                        const struct doc *patch)
{
    struct doc *old = doc_get(row, t->lines);
    if (doc_count(old) != doc_count(patch)) {
        bill_refuse(call, 400, "BDC_1143",
                    "%s: PATCH cannot change how many there are", t->lines);
        return false;
    }
    for (size_t i = 0; i < doc_count(patch); i++) {
        const struct doc *one = doc_at(patch, i);
        const char *id = doc_str(one, "id");
        struct doc *line = *id ? line_with_id(old, id) : doc_at(old, i);
        if (!line) {
            bill_refuse(call, 400, "BDC_1143", "%s[%zu].id: no such line",
                        t->lines, i);
            return false;
        }
        merge(w, line, one);
    }
    return true;
}

static bool patch_is_fine(struct world *w, struct sandbox_call *call,
                          const struct bill_type *t, const struct doc *body)
{
    struct doc *faults = doc_list();
    bill_check(w, call, t, body, false, "", faults);
    if (strcmp(t->table, "vendors") == 0 &&
        doc_path(body, "paymentInformation.bankAccount"))
        bill_fault(call, faults, "BDC_1143",
                   "paymentInformation.bankAccount: cannot be changed here");
    for (void *it = doc_first(body);
         it && world_switch_is(w, "null", "refuse"); it = doc_next(body, it))
        if (doc_kind(doc_value(it)) == DOC_NULL)
            bill_fault(call, faults, NULL, "%s: must not be null",
                       doc_name(it));
    if (doc_count(faults) > 0) {
        bill_refuse_all(call, 400, faults);
        return false;
    }
    doc_drop(faults);
    return true;
}

static void changed(struct world *w, struct sandbox_call *call,
                    const struct bill_type *t, struct doc *row)
{
    complete(w, call, t, row);
    bill_put(w, t, doc_keep(row), "updated");
    tell_effect(call, t, row, "update");
}

static void answer_changed(struct world *w, struct sandbox_call *call,
                           const struct bill_type *t, struct doc *row)
{
    changed(w, call, t, row);
    call_answer_doc(call, 200, bill_render(row, ""), DOC_COMPACT);
}

static void take_changes(struct world *w, const struct bill_type *t,
                         struct doc *row, const struct doc *body)
{
    struct doc *rest = doc_object();
    for (void *it = doc_first(body); it; it = doc_next(body, it))
        if (list_names(t->writable, text_of(doc_name(it))) &&
            strcmp(doc_name(it), t->lines) != 0)
            doc_set(rest, doc_name(it), doc_keep(doc_value(it)));
    merge(w, row, rest);
    doc_drop(rest);
}

void bill_change(struct world *w, struct sandbox_call *call,
                 const struct bill_type *t, struct doc *row,
                 const struct doc *body)
{
    take_changes(w, t, row, body);
    changed(w, call, t, row);
}

static void patch(struct world *w, struct sandbox_call *call,
                  const struct bill_type *t, struct doc *row)
{
    const struct doc *body = call_body(call);
    const struct doc *lines = *t->lines ? doc_get(body, t->lines) : NULL;
    if (!patch_is_fine(w, call, t, body) ||
        (lines && !patch_lines(w, call, t, row, lines)))
        return;
    take_changes(w, t, row, body);
    answer_changed(w, call, t, row);
}

/* The whole object: what is left out goes, lines without an id are new. */
static void replace(struct world *w, struct sandbox_call *call,
                    const struct bill_type *t, struct doc *row)
{
    const struct doc *body = call_body(call);
    struct doc *faults = doc_list(), *old = doc_get(row, t->lines);
    const struct doc *lines = doc_get(body, t->lines);
    bill_check(w, call, t, body, true, "", faults);
    for (size_t i = 0; i < doc_count(lines); i++) {
        const char *id = doc_str(doc_at(lines, i), "id");
        if (*id && !line_with_id(old, id))
            bill_fault(call, faults, "BDC_1143", "%s[%zu].id: no such line",
                       t->lines, i);
    }
    if (doc_count(faults) > 0) {
        bill_refuse_all(call, 400, faults);
        return;
    }
    doc_drop(faults);
    struct text names = text_of(t->writable);
    while (names.len > 0) {
        size_t at;
        if (!text_find(names, TEXT(","), &at))
            at = names.len;
        doc_unset(row, text_cstr(call->arena, text_slice(names, 0, at)));
        names = at < names.len
                    ? text_slice(names, at + 1, names.len - at - 1)
                    : TEXT_NONE;
    }
    take_members(t, row, body);
    answer_changed(w, call, t, row);
}

void bill_archive(struct world *w, struct sandbox_call *call,
                  const struct bill_type *t, struct doc *row, bool yes)
{
    if (doc_is_true(doc_get(row, "archived")) != yes) {
        doc_set_yesno(row, "archived", yes);
        if (world_switch_is(w, "archive_moves", "yes"))
            bill_put(w, t, doc_keep(row), yes ? "archived" : "restored");
        else
            table_touch(world_table(w, t->table),
                        arena_strdup(call->arena, doc_str(row, "id")));
        tell_effect(call, t, row, yes ? "archive" : "restore");
    }
}

static void archive(struct world *w, struct sandbox_call *call,
                    const struct bill_type *t, struct doc *row, bool yes)
{
    bill_archive(w, call, t, row, yes);
    call_answer_doc(call, 200, bill_render(row, ""), DOC_COMPACT);
}

/* GET, POST, DELETE of the vendor's account, apart from the vendor. */
static void bank_account(struct world *w, struct sandbox_call *call,
                         struct doc *row)
{
    struct doc *info = doc_get(row, "paymentInformation");
    struct doc *bank = doc_get(info, "bankAccount");
    if (call_is(call, "GET")) {
        if (bank)
            call_answer_doc(call, 200, doc_copy(bank), DOC_COMPACT);
        else
            bill_not_found(call);
        return;
    }
    if (call_is(call, "POST") && doc_kind(call_body(call)) == DOC_OBJECT) {
        if (!info) {
            info = doc_object();
            doc_set(row, "paymentInformation", info);
        }
        doc_set(info, "bankAccount", doc_copy(call_body(call)));
        mask_account(row);
    } else if (call_is(call, "DELETE") && info) {
        doc_unset(info, "bankAccount");
    } else {
        bill_refuse(call, 405, "BDC_1121", "No such call");
        return;
    }
    bill_put(w, bill_type_named("vendors"), doc_keep(row), "updated");
    call_effect(call, "update", "bank_account", doc_str(row, "id"),
                doc_str(row, "name"));
    call_answer_doc(call, 200, bill_render(row, ""), DOC_COMPACT);
}

static void on_row(struct world *w, struct sandbox_call *call,
                   const struct bill_type *t, struct doc *row,
                   struct text verb)
{
    bool can_archive = strchr(t->operations, 'a') && call_is(call, "POST");
    if (verb.len == 0 && call_is(call, "PATCH") &&
        strchr(t->operations, 'u'))
        patch(w, call, t, row);
    else if (verb.len == 0 && call_is(call, "PUT") &&
             strchr(t->operations, 'p'))
        replace(w, call, t, row);
    else if (text_is(verb, "archive") && can_archive)
        archive(w, call, t, row, true);
    else if (text_is(verb, "restore") && can_archive)
        archive(w, call, t, row, false);
    else if (text_is(verb, "bank-account") && strcmp(t->what, "vendor") == 0)
        bank_account(w, call, row);
    else
        bill_refuse(call, 405, "BDC_1121", "No such call");
}

void bill_serve_write(struct world *w, struct sandbox_call *call,
                      const struct bill_type *t, struct text rest,
                      const struct doc *session)
{
    size_t slash;
    struct text id = rest, verb = TEXT_NONE;
    struct doc *row;
    (void)session;
    if (rest.len == 0 && call_is(call, "POST") &&
        strchr(t->operations, 'c')) {
        create(w, call, t);
        return;
    }
    if ((text_is(rest, "bulk") || text_starts(rest, TEXT("bulk/"))) &&
        strchr(t->operations, 'b')) {
        bill_serve_bulk(w, call, t, text_slice(rest, 4, rest.len - 4));
        return;
    }
    if (text_find(rest, TEXT("/"), &slash)) {
        id = text_slice(rest, 0, slash);
        verb = text_slice(rest, slash + 1, rest.len - slash - 1);
    }
    row = table_get_text(world_table(w, t->table), id);
    if (rest.len == 0)
        bill_refuse(call, 405, "BDC_1121", "No such call");
    else if (!row)
        bill_not_found(call);
    else
        on_row(w, call, t, row, verb);
}
