/* Webhooks of the Exact sandbox: the call that tries a callback out, and
 * events signed over the bytes of their content. */
#include "config.h"
#include "connectors/exact/sandbox.h"

#include "runtime/crypto.h"
#include <stdlib.h>
#include <string.h>

#define TRIES 3
#define AGAIN_MS 60000

bool exact_hook_answers(struct exact_call *c, const struct doc *row)
{
    const char *url = doc_str(row, "CallbackURL");
    const struct table *t =
        exact_table(c->world, c->division, "WebhookSubscriptions");
    struct world_post ping = { .url = url, .body = TEXT(""), .what = "ping" };
    if (world_switch_is(c->world, "callback", "https") &&
        !text_starts(text_of(url), TEXT("https://"))) {
        exact_business(c->call, TEXT_INVALID, "CallbackURL");
        return false;
    }
    for (size_t i = 0; i < table_end(t); i++) {
        if (table_at(t, i) &&
            strcmp(doc_str(table_at(t, i), "Topic"),
                   doc_str(row, "Topic")) == 0) {
            exact_business(c->call, TEXT_EXISTS, "Topic");
            return false;
        }
    }
    int status = world_post_now(c->world, &ping);
    if (status >= 200 && status <= 299)
        return true;
    exact_refuse(c->call, 500,
                 "The post to the callback endpoint returned status %d",
                 status);
    return false;
}

/* Upper-case hex over the content's bytes, or a wrong one. */
static const char *hash_of(struct world *w, struct arena *arena,
                           struct text content)
{
    unsigned char digest[SHA256_LEN];
    char *digits = arena_alloc(arena, 2 * SHA256_LEN + 1);
    crypto_hmac_sha256(TEXT("sandbox-webhook-secret"), content, digest);
    crypto_hex((struct text){ (const char *)digest, SHA256_LEN }, digits);
    for (char *at = digits; *at; at++)
        if (*at >= 'a' && *at <= 'f')
            *at = (char)(*at - 'a' + 'A');
    if (world_switch_is(w, "hook_hash", "wrong"))
        digits[0] = digits[0] == 'A' ? 'B' : 'A';
    return digits;
}

static struct text content_of(struct world *w, struct arena *arena,
                              const char *division,
                              const struct exact_entity *e, const char *key,
                              const char *action)
{
    struct doc *d = doc_object();
    bool reordered = world_switch_is(w, "hook_order", "reordered");
    const char *when = print_offset_time(arena,
                                         exact_local_ms(world_now_ms(w)));
    const char *endpoint =
        arena_printf(arena, "%s/api/v1/%s/%s(guid'%s')", world_url(w),
                     division, e->path, key);
    if (reordered) {
        doc_set_string(d, "EventCreatedOn",
                       arena_printf(arena, "%.19s", when));
        doc_set_string(d, "Key", key);
    }
    doc_set_string(d, "Topic", e->topic);
    doc_set_string(d, "ClientId", exact_client_id(arena));
    doc_set(d, "Division", doc_number(text_of(division)));
    doc_set_string(d, "Action", action);
    doc_set_string(d, "Key", key);
    doc_set_string(d, "ExactOnlineEndpoint", endpoint);
    if (!reordered)
        doc_set_string(d, "EventCreatedOn",
                       arena_printf(arena, "%.19s", when));
    struct text t = doc_printed(d, DOC_COMPACT, arena);
    doc_drop(d);
    return t;
}

void exact_hook_event(struct world *w, const char *division,
                      const struct exact_entity *e, const char *key,
                      const char *action)
{
    const struct table *t = exact_table(w, division, "WebhookSubscriptions");
    struct arena arena;
    if (!*e->topic)
        return;
    arena_init(&arena);
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *sub = table_at(t, i);
        if (!sub || strcmp(doc_str(sub, "Topic"), e->topic) != 0)
            continue;
        struct text content = content_of(w, &arena, division, e, key, action);
        const char *body =
            arena_printf(&arena, "{\"Content\":%.*s,\"HashCode\":\"%s\"}",
                         TEXT_ARG(content), hash_of(w, &arena, content));
        int64_t late = strtoll(world_switch(w, "hook_seconds"), NULL, 10);
        struct world_post post = {
            .url = doc_str(sub, "CallbackURL"),
            .content_type = "application/json; charset=utf-8",
            .body = text_of(body),
            .due_ms = world_now_ms(w) + late * 1000,
            .tries = TRIES,
            .again_ms = AGAIN_MS,
            .what = e->topic,
        };
        world_post_later(w, &post);
        if (world_switch_is(w, "hook_twice", "yes"))
            world_post_later(w, &post);
    }
    arena_fini(&arena);
}
