/* BILL: event subscriptions and their deliveries. The signature is base64
 * HMAC-SHA256 with the key given once when the subscription was made. */
#include "config.h"
#include "connectors/bill/bill.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"

#include <string.h>

static bool is_signed(struct text key, struct text body, struct text sent,
                      struct arena *arena)
{
    unsigned char mac[SHA256_LEN];
    crypto_hmac_sha256(key, body, mac);
    return crypto_equal(
        crypto_base64(arena, (struct text){ (const char *)mac, sizeof mac }),
        sent);
}

/* Without the blanks between its tokens. */
static struct text minified(struct text body, struct arena *arena)
{
    struct buf b;
    bool inside = false;
    buf_init(&b, body.len);
    for (size_t i = 0; i < body.len; i++) {
        char ch = body.ptr[i];
        if (inside && ch == '\\' && i + 1 < body.len) {
            buf_byte(&b, ch);
            ch = body.ptr[++i];
        } else if (ch == '"') {
            inside = !inside;
        }
        if (inside || !memchr(" \t\r\n", ch, 4))
            buf_byte(&b, ch);
    }
    struct text t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

/* Over the bytes received, as clients do it, or the minified body, as the
 * vendor's guide has it; the two differ where a proxy lays JSON out. */
static bool genuine(struct text key, const struct hook_delivery *delivery,
                    struct arena *arena)
{
    struct response asked = { .headers = delivery->headers };
    struct text sent = response_header(&asked, "x-bill-sha-signature");
    return is_signed(key, delivery->body, sent, arena) ||
           is_signed(key, minified(delivery->body, arena), sent, arena);
}

/* The record stands in a member named after its kind, as an object or as a
 * text that holds one. */
static struct text record_id(struct text body, const char *kind,
                             struct arena *arena)
{
    struct text raw = json_get(body, kind);
    if (json_kind(raw) == JSON_STRING)
        raw = json_text(arena, raw);
    return json_get_text(arena, raw, "id");
}

int bill_hook_verify(const struct connection_info *c,
                     const struct credential *credential,
                     const struct hook_delivery *delivery, struct arena *arena,
                     struct hook_event *event)
{
    static const char *const kinds[] = { "bill", "vendor", "invoice",
                                         "payment" };
    struct text key = credential->get(credential, "webhook_secret");
    struct text body = delivery->body;
    struct text type;
    (void)c;
    *event = (struct hook_event){ .object = "" };
    if (key.len == 0 || !genuine(key, delivery, arena))
        return 1;
    if (json_kind(text_trim(body)) == JSON_STRING)
        body = json_text(arena, text_trim(body));
    event->event_id = json_get_text(arena, body, "metadata.eventId");
    type = json_get_text(arena, body, "metadata.eventType");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct text kind = text_of(kinds[i]);
        if (text_starts(type, kind) && type.len > kind.len &&
            type.ptr[kind.len] == '.') {
            event->object = kinds[i];
            event->record_id = record_id(body, kinds[i], arena);
        }
    }
    return 0;
}

/* …/connect becomes …/connect-events. */
struct text bill_events_root(const struct connection_info *c,
                             struct arena *arena)
{
    struct text set = c->setting(c, "events_url");
    struct text url = c->url;
    if (set.len > 0)
        return set;
    while (url.len > 0 && url.ptr[url.len - 1] == '/')
        url.len--;
    return text_of(arena_printf(arena, text_ends(url, TEXT("/connect"))
                                           ? "%.*s-events"
                                           : "%.*s/connect-events",
                                TEXT_ARG(url)));
}

#define EVENTS_AT "/connect-events"

struct text bill_path(const struct connection_info *c,
                      const struct object *object, struct arena *arena)
{
    struct text path = object->path;
    size_t skip = sizeof EVENTS_AT - 1;
    if (!text_starts(path, TEXT(EVENTS_AT)))
        return path;
    return text_of(arena_printf(arena, "%.*s%.*s",
                                TEXT_ARG(bill_events_root(c, arena)),
                                (int)(path.len - skip), path.ptr + skip));
}

/* A version 4 UUID: the same when this very call is repeated, another for every
 * new one; a key used before would bring back a subscription of old, which may
 * be gone. */
static struct text idempotent_key(const struct connection_info *c,
                                  struct text name, struct text callback,
                                  struct arena *arena)
{
    char hex[2 * SHA256_LEN + 1];
    struct text seed = text_of(arena_printf(
        arena, "%.*s %.*s %lld", TEXT_ARG(name), TEXT_ARG(callback),
        (long long)c->now_ms));
    crypto_sha256_hex(seed, hex);
    return text_of(arena_printf(arena, "%.8s-%.4s-4%.3s-a%.3s-%.12s", hex,
                                hex + 8, hex + 12, hex + 15, hex + 18));
}

static void add_events(struct text events, struct json_out *w)
{
    while (events.len > 0) {
        const char *blank = memchr(events.ptr, ' ', events.len);
        size_t len = blank ? (size_t)(blank - events.ptr) : events.len;
        json_begin_object(w);
        json_put_string(w, "type", text_slice(events, 0, len));
        json_put_string(w, "version", TEXT("1"));
        json_end_object(w);
        events = blank ? text_slice(events, len + 1, events.len - len - 1)
                       : TEXT_NONE;
    }
}

int bill_hook_request(const struct connection_info *c,
                      const struct object *object, struct text callback,
                      struct text remove_id, struct arena *arena,
                      struct request *out, struct error *err)
{
    const struct fact *events = object_fact(object, "events");
    struct text root = bill_events_root(c, arena);
    struct buf body;
    struct json_out w;
    (void)err;
    if (!events)
        return 1;
    *out = (struct request){ .method = "POST", .writes = true,
                             .endpoint = "subscriptions" };
    if (remove_id.len > 0) {
        out->method = "DELETE";
        out->path = text_of(arena_printf(arena, "%.*s/v3/subscriptions/%.*s",
                                         TEXT_ARG(root), TEXT_ARG(remove_id)));
        request_header(arena, out, "X-Idempotent-Key",
                       idempotent_key(c, TEXT("remove"), remove_id, arena));
        return 0;
    }
    buf_init(&body, 8192);
    w = json_out(&body);
    json_begin_object(&w);
    json_key(&w, "name");
    json_string(&w, text_of(arena_printf(arena, "mlc %.*s",
                                         TEXT_ARG(object->name))));
    json_key(&w, "status");
    json_begin_object(&w);
    json_put_bool(&w, "enabled", true);
    json_end_object(&w);
    json_key(&w, "events");
    json_begin_array(&w);
    add_events(events->value, &w);
    json_end_array(&w);
    json_put_string(&w, "notificationUrl", callback);
    json_end_object(&w);
    out->path = text_of(
        arena_printf(arena, "%.*s/v3/subscriptions", TEXT_ARG(root)));
    out->body = buf_dup(arena, &body);
    out->content_type = "application/json";
    out->safe_to_repeat = true;
    request_header(arena, out, "X-Idempotent-Key",
                   idempotent_key(c, object->name, callback, arena));
    buf_fini(&body);
    return 0;
}

/* BILL switches a subscription off when its deliveries failed for a time, and
 * tells nobody. */
int bill_hook_keep(const struct connection_info *c, struct text id,
                   struct arena *arena, struct request *out,
                   struct error *err)
{
    (void)err;
    *out = (struct request){
        .method = "PATCH",
        .path = text_of(arena_printf(arena, "%.*s/v3/subscriptions/%.*s",
                                     TEXT_ARG(bill_events_root(c, arena)),
                                     TEXT_ARG(id))),
        .body = TEXT("{\"status\":{\"enabled\":true}}"),
        .content_type = "application/json",
        .endpoint = "subscriptions",
        .writes = true,
        .safe_to_repeat = true,
    };
    request_header(arena, out, "X-Idempotent-Key",
                   idempotent_key(c, TEXT("keep"), id, arena));
    return 0;
}

void bill_hook_answer(const struct connection_info *c,
                      const struct response *response, struct arena *arena,
                      struct text *subscription_id, struct text *secret,
                      struct answer *out)
{
    *subscription_id = *secret = TEXT_NONE;
    if (bill_classify(c, response, true, arena, out))
        return;
    *subscription_id = json_get_text(arena, response->body, "id");
    *secret = json_get_text(arena, response->body, "securityKey");
}
