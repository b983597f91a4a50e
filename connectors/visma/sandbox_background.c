/* What the Visma.net sandbox does apart from its answers: calls that run in
 * the background, and webhooks. */
#include "config.h"
#include "connectors/visma/sandbox.h"

#include "runtime/crypto.h"
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------- background */
/* The call has run; its answer is kept and a 202 is given in its place. */
void visma_to_background(struct visma_call *c)
{
    struct server_call *http = c->call->http;
    struct text asked = call_header(c->call, "erp-api-background");
    int64_t wait = strtoll(world_switch(c->world, "background_seconds"), NULL,
                           10);
    if (asked.len == 0 || call_is(c->call, "GET") || http->status == 429)
        return;
    if (!text_is(asked, "none") && !text_starts(asked, TEXT("subscription"))) {
        visma_refuse(c->call, 400, "This background value is not supported.");
        return;
    }
    const char *id = world_guid(c->world, c->arena);
    struct doc *d = doc_object();
    doc_set_string(d, "tenant", c->tenant);
    doc_set_int(d, "due_ms", c->call->now_ms + wait * 1000);
    doc_set_int(d, "made_ms", c->call->now_ms);
    doc_set_int(d, "statusCode", http->status);
    doc_set_text(d, "body", http->reply);
    doc_set_text(d, "uri", http->target);
    for (const struct header *h = http->reply_headers; h; h = h->next)
        if (text_is(h->name, "Location"))
            doc_set_text(d, "location", h->value);
    table_put(world_table(c->world, "_background"), id, d);
    struct header **at = &http->reply_headers;
    while (*at) /* they belong to the inner answer */
        if (text_is((*at)->name, "Location") || text_is((*at)->name, "ETag"))
            *at = (*at)->next;
        else
            at = &(*at)->next;
    d = doc_object();
    doc_set_string(d, "id", id);
    doc_set_string(d, "stateLocation",
                   arena_printf(c->arena, "%s/v1/background/%s",
                                world_url(c->world), id));
    call_answer_doc(c->call, 202, d, DOC_COMPACT);
}

static void answer_state(struct visma_call *c, const struct doc *row)
{
    bool done = doc_whole(row, "due_ms", 0) <= c->call->now_ms;
    struct text body = text_of(doc_str(row, "body"));
    struct doc *d = doc_object();
    doc_set_string(d, "status", done ? "Finished" : "Started");
    doc_set_int(d, "statusCode", done ? doc_whole(row, "statusCode", 0) : 0);
    doc_set_string(d, "receivedUtc",
                   arena_printf(c->arena, "%s+01:00",
                                visma_time(c->world, c->arena,
                                           doc_whole(row, "made_ms", 0) +
                                               3600000)));
    doc_set_string(d, "originalUri", doc_str(row, "uri"));
    doc_set_yesno(d, "hasRequestContent", true);
    doc_set_yesno(d, "hasResponseContent", done && body.len > 0);
    doc_set_string(d, "reference", done ? doc_str(row, "location") : NULL);
    doc_set(d, "errorMessage", doc_null());
    call_answer_doc(c->call, 200, d, DOC_COMPACT);
}

void visma_serve_background(struct visma_call *c, const struct text *parts,
                            size_t count)
{
    const struct doc *row =
        count > 0 ? table_get_text(world_table(c->world, "_background"),
                                   parts[0])
                  : NULL;
    if (!row || c->call->now_ms - doc_whole(row, "made_ms", 0) > DAY_MS ||
        strcmp(doc_str(row, "tenant"), c->tenant) != 0)
        visma_refuse(c->call, 404, "The background task is not there.");
    else if (count > 1 && text_is(parts[1], "content"))
        call_answer(c->call, 200, "application/json; charset=utf-8",
                    text_of(doc_str(row, "body")));
    else
        answer_state(c, row);
}

/* ----------------------------------------------------------------- webhooks */
/* None of the others tells anything, and only accounts tell deletions. */
static bool is_told(const char *entity, const char *action)
{
    static const char *const told[] = {
        "account", "supplierInvoice", "customerInvoice", "customer",
        "supplier", "employee", "dimension", "project", "purchaseOrder",
    };
    if (strcmp(action, "Deleted") == 0)
        return strcmp(entity, "account") == 0;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (strcmp(entity, told[i]) == 0)
            return true;
    return false;
}

static void send_to(struct world *w, struct arena *arena,
                    const struct doc *subscription, const char *uri,
                    const char *action)
{
    struct doc *d = doc_object();
    doc_set_string(d, "contextId", doc_str(subscription, "tenant"));
    doc_set_string(d, "eventId", world_guid(w, arena));
    doc_set_string(d, "action", action);
    doc_set_string(d, "resourceUri", uri);
    struct text body = doc_printed(d, DOC_COMPACT, arena);
    unsigned char mac[SHA256_LEN];
    crypto_hmac_sha256(TEXT(WEBHOOK_KEY), body, mac);
    struct text signature =
        crypto_base64(arena, (struct text){ (const char *)mac, sizeof mac });
    struct world_post post = {
        .url = doc_str(subscription, "url"),
        .content_type = "application/json",
        .body = body,
        /* which header carries it is unverified; posts have this one */
        .authorization = text_cstr(arena, signature),
        .due_ms = world_now_ms(w),
        .what = "webhook",
    };
    world_post_later(w, &post);
    doc_drop(d);
}

void visma_event(struct world *w, const char *tenant, const char *entity,
                 const char *key, const char *action)
{
    struct table *t = world_table(w, "_subscriptions");
    const struct visma_entity *e = visma_entity_named(text_of(entity));
    struct arena arena;
    if (!is_told(entity, action))
        return;
    arena_init(&arena);
    const char *uri = arena_printf(&arena, "%s%s/%s", world_url(w),
                                   e ? e->path : "/v1/dimension", key);
    for (size_t i = 0; i < table_end(t); i++)
        if (table_at(t, i) &&
            strcmp(doc_str(table_at(t, i), "tenant"), tenant) == 0)
            send_to(w, &arena, table_at(t, i), uri, action);
    arena_fini(&arena);
}
