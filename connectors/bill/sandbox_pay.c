/* Payments of the BILL sandbox: made, cancelled, voided, and carried out when
 * their day has come. */
#include "config.h"
#include "connectors/bill/sandbox.h"

#include "base/date.h"
#include <string.h>

#define PAYMENTS_MAX 50

static struct decimal number_of(const struct doc *d, const char *name)
{
    struct decimal x = decimal_int(0);
    doc_as_decimal(doc_get(d, name), &x);
    return x;
}

static void add_to(struct doc *row, const char *name, struct decimal by)
{
    struct decimal sum = number_of(row, name);
    decimal_add(sum, by, &sum);
    doc_set(row, name, doc_decimal(sum));
}

static bool may_pay(struct world *w, struct sandbox_call *call,
                    const struct doc *session)
{
    if (world_switch_is(w, "trust", "open") ||
        (doc_is_true(doc_get(session, "trusted")) &&
         !doc_is_true(doc_get(session, "sync"))))
        return true;
    bill_refuse(call, 403, "BDC_1361", "Session is not trusted");
    return false;
}

/* The bill moves with its payment. */
static void book(struct world *w, const struct doc *payment,
                 const char *member, bool back)
{
    struct doc *bill = table_get(world_table(w, "bills"),
                                 doc_str(payment, "billId"));
    struct decimal amount = number_of(payment, "amount");
    if (!bill)
        return;
    add_to(bill, member, back ? decimal_negate(amount) : amount);
    bill_total(w, bill);
    bill_put(w, bill_type_named("bills"), doc_keep(bill), "updated");
}

static void check_payment(struct world *w, struct sandbox_call *call,
                          const struct doc *body, const char *prefix,
                          struct doc *faults)
{
    const struct doc *bill =
        table_get_text(world_table(w, "bills"),
                       doc_as_text(doc_get(body, "billId")));
    bool makes_bill =
        doc_is_true(doc_path(body, "processingOptions.createBill"));
    bill_check(w, call, bill_type_named("payments"), body, true, prefix,
               faults);
    if (!bill && !makes_bill)
        bill_fault(call, faults, "BDC_1143", "%sbillId: no such object",
                   prefix);
    if (bill && strcmp(doc_str(bill, "vendorId"),
                       doc_str(body, "vendorId")) != 0)
        bill_fault(call, faults, NULL, "%sbillId: is another vendor's",
                   prefix);
}

/* processingOptions.createBill: a bill out of the payment. */
static const char *made_bill(struct world *w, struct sandbox_call *call,
                             const struct doc *body)
{
    struct doc *bill = doc_object(), *lines = doc_list(), *line = doc_object();
    struct doc *invoice = doc_object();
    doc_set_string(bill, "vendorId", doc_str(body, "vendorId"));
    doc_set_string(bill, "dueDate", doc_str(body, "processDate"));
    doc_set_string(invoice, "invoiceDate", doc_str(body, "processDate"));
    doc_set_string(invoice, "invoiceNumber",
                   doc_str(body, "transactionNumber"));
    doc_set(bill, "invoice", invoice);
    doc_set(line, "amount", doc_copy(doc_get(body, "amount")));
    doc_add(lines, line);
    doc_set(bill, "billLineItems", lines);
    const struct doc *row =
        bill_make(w, call, bill_type_named("bills"), bill);
    doc_drop(bill);
    return doc_str(row, "id");
}

static struct doc *make_payment(struct world *w, struct sandbox_call *call,
                                const struct doc *body)
{
    static const char *const taken[] = { "vendorId", "billId", "amount",
                                         "processDate", "fundingAccount",
                                         "description", "transactionNumber",
                                         "cardFundingPurpose" };
    struct doc *row = doc_object();
    const struct doc *vendor = table_get(world_table(w, "vendors"),
                                         doc_str(body, "vendorId"));
    doc_set_string(row, "id", bill_new_id(w, call->arena, "stp"));
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (doc_is_present(doc_get(body, taken[i])))
            doc_set(row, taken[i], doc_copy(doc_get(body, taken[i])));
    if (doc_is_true(doc_path(body, "processingOptions.createBill")))
        doc_set_string(row, "billId", made_bill(w, call, body));
    doc_set_string(row, "vendorName", doc_str(vendor, "name"));
    doc_set_string(row, "status", "SCHEDULED");
    doc_set_string(row, "singleStatus", "SCHEDULED");
    doc_set_string(row, "disbursementType", "ACH");
    doc_set_string(row, "disbursementStatus", "IN_PROGRESS");
    doc_set_yesno(row, "onlinePayment", true);
    doc_set_string(row, "createdBy", SANDBOX_USER_ID);
    doc_set_string(row, "createdTime", bill_time(call->arena, call->now_ms));
    bill_put(w, bill_type_named("payments"), row, NULL);
    book(w, row, "scheduledAmount", false);
    call_effect(call, "create", "payment", doc_str(row, "id"),
                doc_str(row, "transactionNumber"));
    return row;
}

static void create(struct world *w, struct sandbox_call *call)
{
    struct doc *faults = doc_list();
    check_payment(w, call, call_body(call), "", faults);
    if (doc_count(faults) > 0) {
        bill_refuse_all(call, 400, faults);
        return;
    }
    doc_drop(faults);
    call_answer_doc(call, 201,
                    bill_render(make_payment(w, call, call_body(call)), ""),
                    DOC_COMPACT);
}

/* One of a bulk, made whole with what the envelope says and the bill's
 * vendor. */
static struct doc *whole_payment(struct world *w, const struct doc *body,
                                 const struct doc *one)
{
    struct doc *d = doc_copy(one);
    const struct doc *bill = table_get(world_table(w, "bills"),
                                       doc_str(one, "billId"));
    doc_set(d, "processDate", doc_copy(doc_get(body, "processDate")));
    doc_set(d, "fundingAccount", doc_copy(doc_get(body, "fundingAccount")));
    doc_set(d, "processingOptions", doc_object());
    doc_set_string(d, "vendorId", doc_str(bill, "vendorId"));
    return d;
}

static void bulk(struct world *w, struct sandbox_call *call)
{
    const struct doc *body = call_body(call);
    const struct doc *list = doc_get(body, "payments");
    struct doc *faults = doc_list(), *whole = doc_list(), *made = doc_list();
    size_t count = doc_count(list);
    if (count == 0 || count > PAYMENTS_MAX)
        bill_fault(call, faults, "BDC_1143", "payments: 1 to %d are taken",
                   PAYMENTS_MAX);
    for (size_t i = 0; doc_count(faults) == 0 && i < count; i++) {
        const char *at = arena_printf(call->arena, "payments[%zu].", i);
        doc_add(whole, whole_payment(w, body, doc_at(list, i)));
        check_payment(w, call, doc_at(whole, i), at, faults);
    }
    if (doc_count(faults) > 0) {
        bill_refuse_all(call, 400, faults);
        doc_drop(made);
    } else {
        struct doc *d = doc_object();
        for (size_t i = 0; i < count; i++)
            doc_add(made, bill_render(make_payment(w, call,
                                                   doc_at(whole, i)), ""));
        doc_set(d, "payments", made);
        call_answer_doc(call, 201, d, DOC_COMPACT);
        doc_drop(faults);
    }
    doc_drop(whole);
}

static void set_state(struct world *w, struct doc *row, const char *status)
{
    doc_set_string(row, "status", status);
    doc_set_string(row, "singleStatus", status);
    bill_put(w, bill_type_named("payments"), doc_keep(row), "updated");
}

static void cancel(struct world *w, struct sandbox_call *call,
                   struct doc *row)
{
    if (strcmp(doc_str(row, "singleStatus"), "SCHEDULED") != 0) {
        bill_refuse(call, 400, "BDC_1143",
                    "the payment is no longer scheduled");
        return;
    }
    doc_set_yesno(row, "cancelRequestSubmitted", true);
    set_state(w, row, "CANCELLED");
    book(w, row, "scheduledAmount", true);
    call_effect(call, "update", "payment", doc_str(row, "id"),
                doc_str(row, "transactionNumber"));
    call_answer_doc(call, 200, bill_render(row, ""), DOC_COMPACT);
}

/* A request only: it is followed in voidInfo. */
static void ask_void(struct world *w, struct sandbox_call *call,
                     struct doc *row)
{
    static const char types[] =
        "VOID_ONLY,VOID_AND_CREDIT,VOID_AND_REISSUE,VOID_AND_REISSUE_VCARD";
    const struct doc *body = call_body(call);
    struct doc *one, *list = doc_get(row, "voidInfo");
    if (!list_names(types, text_of(doc_str(body, "type")))) {
        bill_refuse(call, 400, "BDC_1143", "type: is not one of the values");
        return;
    }
    if (!list) {
        list = doc_list();
        doc_set(row, "voidInfo", list);
    }
    one = doc_object();
    doc_set_string(one, "status", "REQUESTED");
    doc_set_string(one, "type", doc_str(body, "type"));
    doc_set_string(one, "reason", doc_str(body, "reason"));
    doc_add(list, one);
    bill_put(w, bill_type_named("payments"), doc_keep(row), "updated");
    call_answer_doc(call, 200, bill_render(row, ""), DOC_COMPACT);
}

void bill_serve_payment(struct world *w, struct sandbox_call *call,
                        struct text rest, const struct doc *session)
{
    size_t slash;
    struct doc *row;
    if (!call_is(call, "POST")) {
        bill_refuse(call, 405, "BDC_1121", "No such call");
        return;
    }
    if (!may_pay(w, call, session))
        return;
    if (rest.len == 0) {
        create(w, call);
        return;
    }
    if (text_is(rest, "bulk")) {
        bulk(w, call);
        return;
    }
    if (!text_find(rest, TEXT("/"), &slash))
        slash = rest.len;
    row = table_get_text(world_table(w, "payments"),
                         text_slice(rest, 0, slash));
    if (!row)
        bill_not_found(call);
    else if (text_ends(rest, TEXT("/cancel")))
        cancel(w, call, row);
    else if (text_ends(rest, TEXT("/void")))
        ask_void(w, call, row);
    else
        bill_refuse(call, 405, "BDC_1121", "No such call");
}

/* A payment made elsewhere: noted on the bills, without trust. */
void bill_record_payment(struct world *w, struct sandbox_call *call)
{
    const struct doc *body = call_body(call);
    const struct doc *list = doc_get(body, "payments");
    for (size_t i = 0; i < doc_count(list); i++) {
        if (table_get(world_table(w, "bills"),
                      doc_str(doc_at(list, i), "billId")))
            continue;
        bill_refuse(call, 400, "BDC_1143",
                    "payments[%zu].billId: no such object", i);
        return;
    }
    for (size_t i = 0; i < doc_count(list); i++) {
        book(w, doc_at(list, i), "paidAmount", false);
        call_effect(call, "create", "recorded_payment",
                    doc_str(doc_at(list, i), "billId"), "");
    }
    call_answer_doc(call, 200, doc_copy(body), DOC_COMPACT);
}

void bill_pay(struct world *w, struct doc *row)
{
    doc_set_string(row, "disbursementStatus", "DONE");
    book(w, row, "scheduledAmount", true);
    book(w, row, "paidAmount", false);
    set_state(w, row, "PAID");
}

/* Whose day has come is paid; a third of a minute later at the earliest, so
 * that a test sees it scheduled. */
void bill_pay_due(struct world *w, int64_t now_ms)
{
    struct table *t = world_table(w, "payments");
    for (size_t i = 0; i < table_end(t); i++) {
        struct doc *row = table_at(t, i);
        int32_t day;
        if (!row || strcmp(doc_str(row, "singleStatus"), "SCHEDULED") != 0 ||
            !date_parse(text_of(doc_str(row, "processDate")), &day) ||
            now_ms < day * DAY_MS ||
            now_ms - doc_whole(row, "_changed", 0) < 20000)
            continue;
        bill_pay(w, row);
    }
}
