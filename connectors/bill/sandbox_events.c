/* Event subscriptions of the BILL sandbox, and their deliveries: signed over
 * the bytes sent, some twice, not always in order. */
#include "config.h"
#include "connectors/bill/sandbox.h"

#include "base/date.h"
#include "runtime/crypto.h"
#include <stdlib.h>
#include <string.h>

#define SUBSCRIPTIONS_MAX 10

static const char events[] =
    "bill.created,bill.updated,bill.archived,bill.restored,"
    "vendor.created,vendor.updated,vendor.archived,vendor.restored,"
    "invoice.created,invoice.updated,invoice.archived,invoice.restored,"
    "payment.updated,payment.failed,autopay.failed,"
    "bank-account.created,bank-account.updated,"
    "card-account.created,card-account.updated,risk-verification.updated";

static int switch_number(struct world *w, const char *name)
{
    return (int)strtol(world_switch(w, name), NULL, 10);
}

/* ------------------------------------------------------------- delivery */
static bool wants(const struct doc *subscription, const char *type)
{
    const struct doc *list = doc_get(subscription, "events");
    for (size_t i = 0; i < doc_count(list); i++)
        if (strcmp(doc_str(doc_at(list, i), "type"), type) == 0)
            return true;
    return false;
}

static bool is_enabled(const struct doc *subscription)
{
    return doc_is_true(doc_path(subscription, "status.enabled"));
}

/* The record as events show it: the invoice's date is a date-time. */
static struct doc *shown(const struct doc *row)
{
    struct doc *d = bill_render(row, ""), *invoice = doc_get(d, "invoice");
    const char *date = doc_str(invoice, "invoiceDate");
    struct arena arena;
    if (*date == '\0')
        return d;
    arena_init(&arena);
    doc_set_string(invoice, "invoiceDate",
                   arena_printf(&arena, "%sT00:00:00.000+00:00", date));
    arena_fini(&arena);
    return d;
}

static struct text event_body(struct world *w, struct arena *arena,
                              const struct doc *subscription,
                              const char *event_id, const char *type,
                              const char *what, struct doc *record)
{
    struct doc *d = doc_object(), *meta = doc_object();
    struct text t;
    doc_set_string(meta, "eventId", event_id);
    doc_set_string(meta, "subscriptionId", doc_str(subscription, "id"));
    doc_set_string(meta, "organizationId", SANDBOX_ORGANIZATION);
    doc_set_string(meta, "eventType", type);
    doc_set_string(meta, "version", "1");
    doc_set(d, "metadata", meta);
    doc_set(d, what, record);
    t = doc_printed(d, DOC_COMPACT, arena);
    doc_drop(d);
    if (world_switch_is(w, "hook_body", "text")) {
        struct doc *wrapped = doc_text(t);
        t = doc_printed(wrapped, DOC_COMPACT, arena);
        doc_drop(wrapped);
    }
    return t;
}

static void post(struct world *w, const struct doc *subscription,
                 const char *event_id, struct text body, int64_t due_ms)
{
    unsigned char mac[SHA256_LEN];
    struct arena arena;
    const struct doc *key = doc_get(subscription, "_key");
    arena_init(&arena);
    crypto_hmac_sha256(doc_as_text(key), body, mac);
    struct text sign = crypto_base64(
        &arena, (struct text){ (const char *)mac, SHA256_LEN });
    struct world_post p = {
        .url = doc_str(subscription, "notificationUrl"),
        .content_type = "application/json",
        .body = body,
        .header = arena_printf(&arena, "x-bill-sha-signature: %.*s",
                               TEXT_ARG(sign)),
        .key = event_id,
        .due_ms = due_ms,
        .tries = switch_number(w, "hook_tries") - 1,
        .again_ms = switch_number(w, "hook_again_seconds") * INT64_C(1000),
        .what = "event",
    };
    world_post_later(w, &p);
    arena_fini(&arena);
}

static void keep_history(struct world *w, const struct doc *subscription,
                         const char *event_id, const char *type,
                         const char *entity, struct text body)
{
    struct doc *d = doc_object();
    struct arena arena;
    arena_init(&arena);
    doc_set_string(d, "eventId", event_id);
    doc_set_string(d, "eventType", type);
    doc_set_string(d, "entityId", entity);
    doc_set_string(d, "subscriptionId", doc_str(subscription, "id"));
    doc_set_string(d, "status", "PENDING");
    doc_set_string(d, "createdTime", bill_time(&arena, world_now_ms(w)));
    doc_set_text(d, "_body", body);
    table_put(world_table(w, "_events"), event_id, d);
    arena_fini(&arena);
}

static void deliver(struct world *w, const struct doc *subscription,
                    const char *type, const char *what, struct doc *record)
{
    const char *twice = world_switch(w, "hook_twice");
    int64_t number = world_next(w, "events"), due;
    struct arena arena;
    arena_init(&arena);
    const char *id = world_guid(w, &arena);
    const char *entity = arena_strdup(&arena, doc_str(record, "id"));
    struct text body =
        event_body(w, &arena, subscription, id, type, what, record);
    keep_history(w, subscription, id, type, entity, body);
    due = world_now_ms(w) + switch_number(w, "hook_seconds") * INT64_C(1000);
    if (number % 4 == 0) /* this one is overtaken by the next */
        due += 1500;
    if (is_enabled(subscription)) {
        post(w, subscription, id, body, due);
        if (strcmp(twice, "always") == 0 ||
            (strcmp(twice, "sometimes") == 0 && number % 3 == 0))
            post(w, subscription, id, body, due + 500);
    }
    arena_fini(&arena);
}

void bill_event(struct world *w, const struct bill_type *t,
                const struct doc *row, const char *event)
{
    const struct table *list = world_table(w, "subscriptions");
    struct arena arena;
    arena_init(&arena);
    const char *type = arena_printf(&arena, "%s.%s", t->what, event);
    for (size_t i = 0; i < table_end(list); i++) {
        const struct doc *s = table_at(list, i);
        if (s && list_names(events, text_of(type)) && wants(s, type))
            deliver(w, s, type, t->what, shown(row));
    }
    arena_fini(&arena);
}

/* Attempts used up: the subscription is switched off, the event is kept. */
void bill_posted(struct world *w, const struct world_post *p, int status,
                 bool last)
{
    struct table *t = world_table(w, "_events");
    struct doc *event = p->key ? table_get(t, p->key) : NULL;
    struct doc *subscription;
    bool taken = status >= 200 && status <= 299;
    if (!event || !(taken || last))
        return;
    doc_set_string(event, "status", taken ? "DELIVERED" : "FAILED");
    table_touch(t, p->key);
    subscription = table_get(world_table(w, "subscriptions"),
                             doc_str(event, "subscriptionId"));
    if (taken || !subscription)
        return;
    doc_set_yesno(doc_get(subscription, "status"), "enabled", false);
    table_touch(world_table(w, "subscriptions"),
                doc_str(event, "subscriptionId"));
}

/* --------------------------------------------------------- subscriptions */
/* Version 4, in its usual form. */
static bool is_uuid4(struct text t)
{
    if (t.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        char c = t.ptr[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                   (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex)
            return false;
    }
    return t.ptr[14] == '4' && strchr("89abAB", t.ptr[19]);
}

static bool url_is_fine(struct world *w, const char *url)
{
    if (text_starts(text_of(url), TEXT("https://")))
        return true;
    return world_switch_is(w, "callback", "loopback") &&
           (text_starts(text_of(url), TEXT("http://127.0.0.1:")) ||
            text_starts(text_of(url), TEXT("http://localhost:")));
}

static void check_events(struct sandbox_call *call, const struct doc *list,
                         struct doc *faults)
{
    if (doc_count(list) == 0)
        bill_fault(call, faults, "BDC_1143", "events: must not be empty");
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *e = doc_at(list, i);
        if (!list_names(events, text_of(doc_str(e, "type"))) ||
            strcmp(doc_str(e, "version"), "1") != 0)
            bill_fault(call, faults, "BDC_1143",
                       "events[%zu]: no such event and version", i);
    }
}

static struct doc *subscription_faults(struct world *w,
                                       struct sandbox_call *call,
                                       const struct doc *body)
{
    struct doc *faults = doc_list();
    if (!is_uuid4(call_header(call, "X-Idempotent-Key")))
        bill_fault(call, faults, "BDC_1143",
                   "X-Idempotent-Key: must be a version 4 UUID");
    if (*doc_str(body, "name") == '\0')
        bill_fault(call, faults, NULL, "name: must not be blank");
    if (!url_is_fine(w, doc_str(body, "notificationUrl")))
        bill_fault(call, faults, "BDC_1143",
                   "notificationUrl: must begin with https");
    check_events(call, doc_get(body, "events"), faults);
    if (table_count(world_table(w, "subscriptions")) >= SUBSCRIPTIONS_MAX)
        bill_fault(call, faults, "BDC_1143",
                   "at most %d subscriptions are taken", SUBSCRIPTIONS_MAX);
    return faults;
}

static struct doc *new_subscription(struct world *w,
                                    struct sandbox_call *call,
                                    const struct doc *body)
{
    struct doc *row = doc_object(), *status = doc_object();
    const struct doc *wanted = doc_path(body, "status.enabled");
    doc_set_string(row, "id", world_guid(w, call->arena));
    doc_set_string(row, "organizationId", SANDBOX_ORGANIZATION);
    doc_set_string(row, "name", doc_str(body, "name"));
    doc_set_yesno(status, "enabled", !wanted || doc_is_true(wanted));
    doc_set(row, "status", status);
    doc_set(row, "events", doc_copy(doc_get(body, "events")));
    doc_set_string(row, "notificationUrl", doc_str(body, "notificationUrl"));
    doc_set_string(row, "createdTime", bill_time(call->arena, call->now_ms));
    doc_set_string(row, "updatedTime", bill_time(call->arena, call->now_ms));
    doc_set_string(row, "_key", world_token(call->arena, ""));
    table_put(world_table(w, "subscriptions"),
              arena_strdup(call->arena, doc_str(row, "id")), row);
    return row;
}

/* A repeated key gets the first answer again. */
static void subscribe(struct world *w, struct sandbox_call *call)
{
    struct table *answers = world_table(w, "_answers");
    struct text key = call_header(call, "X-Idempotent-Key");
    const struct doc *before = table_get_text(answers, key);
    const struct doc *body = call_body(call);
    struct doc *faults;
    if (before) {
        call_answer_doc(call, 200, doc_copy(before), DOC_COMPACT);
        return;
    }
    faults = subscription_faults(w, call, body);
    if (doc_count(faults) > 0) {
        bill_refuse_all(call, 400, faults);
        return;
    }
    doc_drop(faults);
    const struct doc *row = new_subscription(w, call, body);
    struct doc *answer = bill_render(row, "");
    doc_set_string(answer, "securityKey", doc_str(row, "_key"));
    table_put(answers, text_cstr(call->arena, key), doc_copy(answer));
    call_effect(call, "create", "webhook_subscription", doc_str(row, "id"),
                doc_str(row, "name"));
    call_answer_doc(call, 200, answer, DOC_COMPACT);
}

static void list_subscriptions(struct world *w, struct sandbox_call *call)
{
    const struct table *t = world_table(w, "subscriptions");
    struct doc *d = doc_object(), *list = doc_list();
    for (size_t i = 0; i < table_end(t); i++)
        if (table_at(t, i))
            doc_add(list, bill_render(table_at(t, i), ""));
    doc_set(d, "results", list);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static bool change_fields(struct world *w, struct sandbox_call *call,
                          struct doc *row)
{
    const struct doc *body = call_body(call);
    const struct doc *url = doc_get(body, "notificationUrl");
    const struct doc *enabled = doc_path(body, "status.enabled");
    struct doc *faults = doc_list();
    if (call_is(call, "PUT") || doc_get(body, "events"))
        check_events(call, doc_get(body, "events"), faults);
    if (url && !url_is_fine(w, doc_str(body, "notificationUrl")))
        bill_fault(call, faults, "BDC_1143",
                   "notificationUrl: must begin with https");
    if (doc_count(faults) > 0) {
        bill_refuse_all(call, 400, faults);
        return false;
    }
    doc_drop(faults);
    if (call_is(call, "PUT"))
        doc_set(row, "events", doc_copy(doc_get(body, "events")));
    if (doc_get(body, "name"))
        doc_set_string(row, "name", doc_str(body, "name"));
    if (url)
        doc_set_string(row, "notificationUrl",
                       doc_str(body, "notificationUrl"));
    if (enabled)
        doc_set_yesno(doc_get(row, "status"), "enabled",
                      doc_is_true(enabled));
    return true;
}

/* Made-up values, signed like the rest. */
static void send_sample(struct world *w, struct sandbox_call *call,
                        const struct doc *row)
{
    struct doc *bill = doc_object(), *d = doc_object();
    doc_set_string(bill, "id", "00n00SAMPLE0000001");
    doc_set_string(bill, "vendorName", "Sample Vendor");
    deliver(w, row, doc_str(doc_at(doc_get(row, "events"), 0), "type"),
            "bill", bill);
    doc_set_yesno(d, "sent", true);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void new_key(struct world *w, struct sandbox_call *call,
                    struct doc *row, const char *id)
{
    struct doc *d = doc_object();
    doc_set_string(row, "_key", world_token(call->arena, ""));
    table_touch(world_table(w, "subscriptions"), id);
    doc_set_string(d, "securityKey", doc_str(row, "_key"));
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void on_subscription(struct world *w, struct sandbox_call *call,
                            struct text rest)
{
    struct table *t = world_table(w, "subscriptions");
    size_t slash;
    struct text verb = TEXT_NONE;
    if (text_find(rest, TEXT("/"), &slash)) {
        verb = text_slice(rest, slash + 1, rest.len - slash - 1);
        rest = text_slice(rest, 0, slash);
    }
    const char *id = text_cstr(call->arena, rest);
    struct doc *row = table_get(t, id);
    if (!row) {
        bill_not_found(call);
        return;
    }
    if (call_is(call, "POST") && text_is(verb, "test")) {
        send_sample(w, call, row);
    } else if (call_is(call, "POST") &&
               text_is(verb, world_switch(w, "key_path"))) {
        new_key(w, call, row, id);
    } else if (verb.len > 0) {
        bill_refuse(call, 404, "BDC_1121", "No such API");
    } else if (call_is(call, "DELETE")) {
        table_remove(t, id);
        call_effect(call, "delete", "webhook_subscription", id, "");
        call_answer(call, 200, "application/json", TEXT(""));
    } else if (call_is(call, "GET") ||
               ((call_is(call, "PUT") || call_is(call, "PATCH")) &&
                change_fields(w, call, row))) {
        table_touch(t, id);
        call_answer_doc(call, 200, bill_render(row, ""), DOC_COMPACT);
    } else if (!call->http->status) {
        bill_refuse(call, 405, "BDC_1121", "No such call");
    }
}

/* --------------------------------------------------------------- history */
static void catalog(struct sandbox_call *call)
{
    struct doc *d = doc_object(), *list = doc_list();
    struct text rest = text_of(events);
    while (rest.len > 0) {
        size_t at;
        struct doc *one = doc_object();
        if (!text_find(rest, TEXT(","), &at))
            at = rest.len;
        doc_set_text(one, "type", text_slice(rest, 0, at));
        doc_set_string(one, "version", "1");
        doc_add(list, one);
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    doc_set(d, "results", list);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void history(struct world *w, struct sandbox_call *call,
                    struct text id)
{
    const struct table *t = world_table(w, "_events");
    struct text entity = call_param(call, "entityId");
    struct doc *d = doc_object(), *list = doc_list();
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *e = table_at(t, i);
        if (e && text_is(id, doc_str(e, "subscriptionId")) &&
            (entity.len == 0 || text_is(entity, doc_str(e, "entityId"))))
            doc_add(list, bill_render(e, ""));
    }
    doc_set(d, "results", list);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void again(struct world *w, struct sandbox_call *call,
                  struct text subscription, struct text event)
{
    const struct doc *e = table_get_text(world_table(w, "_events"), event);
    const struct doc *s =
        table_get_text(world_table(w, "subscriptions"), subscription);
    if (!e || !s || !text_is(subscription, doc_str(e, "subscriptionId"))) {
        bill_not_found(call);
        return;
    }
    post(w, s, doc_str(e, "eventId"), doc_as_text(doc_get(e, "_body")),
         call->now_ms);
    call_answer_doc(call, 200, bill_render(e, ""), DOC_COMPACT);
}

void bill_serve_events(struct world *w, struct sandbox_call *call,
                       struct text rest)
{
    struct text list = TEXT("subscriptions"), log = TEXT("events/subscription/");
    size_t at;
    if (text_equal(rest, list)) {
        if (call_is(call, "POST"))
            subscribe(w, call);
        else
            list_subscriptions(w, call);
    } else if (text_starts(rest, TEXT("subscriptions/"))) {
        on_subscription(w, call, text_slice(rest, list.len + 1,
                                            rest.len - list.len - 1));
    } else if (text_is(rest, "events/catalog")) {
        catalog(call);
    } else if (text_starts(rest, log)) {
        rest = text_slice(rest, log.len, rest.len - log.len);
        if (text_find(rest, TEXT("/event/"), &at))
            again(w, call, text_slice(rest, 0, at),
                  text_slice(rest, at + 7, rest.len - at - 7));
        else
            history(w, call, rest);
    } else {
        bill_refuse(call, 404, "BDC_1121", "No such API");
    }
}
