/* monday.com: webhooks. A subscription is proved by a challenge; deliveries of
 * an app's webhooks carry a token signed with the app's signing secret. The
 * event names an item, which is read again. */
#include "config.h"
#include "connectors/monday/monday.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"

#include <string.h>

#define CHALLENGE_MAX 1024

static const char *const events[] = { "create_item", "change_column_value",
                                      "change_name", "item_archived",
                                      "item_deleted", "item_restored", NULL };
/* Asked for on the board of the item they hang under. */
static const char *const subitem_events[] = { "create_subitem",
                                              "change_subitem_column_value",
                                              "change_subitem_name",
                                              "subitem_archived",
                                              "subitem_deleted", NULL };

static bool split_token(struct text token, struct text part[3])
{
    for (int i = 0; i < 2; i++) {
        const char *dot = memchr(token.ptr, '.', token.len);
        if (!dot)
            return false;
        part[i] = text_slice(token, 0, (size_t)(dot - token.ptr));
        token = text_slice(token, part[i].len + 1,
                           token.len - part[i].len - 1);
    }
    part[2] = token;
    return !memchr(token.ptr, '.', token.len);
}

/* HS256 is assumed: no source says which; nothing else is taken. */
static bool genuine(struct text secret, struct text token, int64_t now_ms,
                    struct arena *arena)
{
    struct text part[3], head, claims, mac;
    unsigned char own[SHA256_LEN];
    int64_t until = 0;
    if (text_starts(token, TEXT("Bearer ")))
        token = text_slice(token, 7, token.len - 7);
    if (!split_token(token, part) ||
        !crypto_unbase64url(arena, part[0], &head) ||
        !crypto_unbase64url(arena, part[1], &claims) ||
        !crypto_unbase64url(arena, part[2], &mac) ||
        !text_is(json_get_text(arena, head, "alg"), "HS256"))
        return false;
    crypto_hmac_sha256(secret,
                       text_slice(token, 0, part[0].len + 1 + part[1].len),
                       own);
    if (!crypto_equal((struct text){ (const char *)own, sizeof own }, mac))
        return false;
    return json_get_int64(claims, "exp", &until) && until * 1000 > now_ms;
}

static void challenge_reply(struct text challenge, struct arena *arena,
                            struct hook_event *event)
{
    struct buf b;
    struct json_out w;
    buf_init(&b, 4096);
    w = json_out(&b);
    json_begin_object(&w);
    json_put_string(&w, "challenge", challenge);
    json_end_object(&w);
    event->handshake = true;
    event->reply = buf_dup(arena, &b);
    buf_fini(&b);
}

int monday_hook_verify(const struct connection_info *c,
                       const struct credential *credential,
                       const struct hook_delivery *delivery,
                       struct arena *arena, struct hook_event *event)
{
    struct response asked = { .headers = delivery->headers };
    struct text token = response_header(&asked, "Authorization");
    struct text secret = credential->get(credential, "signing_secret");
    struct text challenge = json_get_text(arena, delivery->body, "challenge");
    struct text type;
    (void)c;
    *event = (struct hook_event){ .object = "" };
    if (challenge.len > 0) {
        if (challenge.len > CHALLENGE_MAX)
            return 1;
        challenge_reply(challenge, arena, event);
        return 0;
    }
    if (secret.len == 0 || token.len == 0 ||
        !genuine(secret, token, delivery->received_ms, arena))
        return 1;
    event->event_id = json_get_text(arena, delivery->body, "event.triggerUuid");
    event->record_id =
        json_get_text(arena, delivery->body, "event.parentItemId");
    if (event->record_id.len > 0)
        return 0; /* a subitem's: its item is read again */
    event->record_id = json_get_text(arena, delivery->body, "event.pulseId");
    type = json_get_text(arena, delivery->body, "event.type");
    event->deleted = text_is(type, "delete_pulse") ||
                     text_is(type, "item_deleted");
    return 0;
}

/* One document makes (or removes) a webhook per event; the ids are kept
 * together. */
static void remove_all(const struct connection_info *c, struct text ids,
                       struct arena *arena, struct request *out)
{
    struct buf q, v;
    struct json_out w;
    size_t n = 0;
    buf_init(&q, 8192);
    buf_init(&v, 8192);
    buf_str(&q, "mutation (");
    w = json_out(&v);
    json_begin_object(&w);
    struct buf body;
    buf_init(&body, 8192);
    while (ids.len > 0) {
        const char *comma = memchr(ids.ptr, ',', ids.len);
        size_t len = comma ? (size_t)(comma - ids.ptr) : ids.len;
        buf_printf(&q, "%s$i%zu: ID!", n ? ", " : "", n);
        buf_printf(&body, "m%zu: delete_webhook(id: $i%zu) { id } ", n, n);
        json_key(&w, arena_printf(arena, "i%zu", n++));
        json_string(&w, text_slice(ids, 0, len));
        ids = comma ? text_slice(ids, len + 1, ids.len - len - 1) : TEXT_NONE;
    }
    json_end_object(&w);
    buf_str(&q, ") { ");
    buf_text(&q, buf_view(&body));
    buf_byte(&q, '}');
    monday_call(c, buf_view(&q), buf_view(&v), true, "webhooks", arena, out);
    buf_fini(&q);
    buf_fini(&v);
    buf_fini(&body);
}

static size_t add_events(const char *const *list, size_t n, struct buf *q)
{
    for (; *list; list++)
        buf_printf(q, "m%zu: create_webhook(board_id: $board, url: $url, "
                      "event: %s) { id } ",
                   n++, *list);
    return n;
}

static bool has_subitems(const struct object *object)
{
    for (size_t i = 0; i < object->field_count; i++)
        if (monday_column_kind(&object->fields[i]) == COLUMN_SUBITEMS)
            return true;
    return false;
}

int monday_hook_request(const struct connection_info *c,
                        const struct object *object, struct text callback,
                        struct text remove_id, struct arena *arena,
                        struct request *out, struct error *err)
{
    struct buf q, v;
    struct json_out w;
    size_t n;
    if (!object->user)
        return 1;
    if (remove_id.len > 0) {
        remove_all(c, remove_id, arena, out);
        return 0;
    }
    if (callback.len > 255)
        return error_set(err, ERROR_USAGE,
                         "monday.com takes webhook addresses of at most 255 "
                         "characters");
    buf_init(&q, 8192);
    buf_init(&v, 8192);
    buf_str(&q, "mutation ($board: ID!, $url: String!) { ");
    n = add_events(events, 0, &q);
    if (has_subitems(object))
        add_events(subitem_events, n, &q);
    buf_byte(&q, '}');
    w = json_out(&v);
    json_begin_object(&w);
    json_put_string(&w, "board", monday_board_id(object));
    json_put_string(&w, "url", callback);
    json_end_object(&w);
    monday_call(c, buf_view(&q), buf_view(&v), true, "webhooks", arena, out);
    buf_fini(&q);
    buf_fini(&v);
    return 0;
}

void monday_hook_answer(const struct connection_info *c,
                        const struct response *response, struct arena *arena,
                        struct text *subscription_id, struct text *secret,
                        struct answer *out)
{
    struct buf ids;
    *subscription_id = *secret = TEXT_NONE;
    if (monday_classify(c, response, true, arena, out))
        return;
    buf_init(&ids, 4096);
    for (size_t i = 0;; i++) {
        const char *alias = arena_printf(arena, "m%zu", i);
        struct text made = json_get(response->body,
                                    arena_printf(arena, "data.%s", alias));
        struct text id = json_get_text(arena, made, "id");
        if (made.len == 0 && i > 0)
            break; /* that was the last */
        if (id.len == 0) {
            if (!monday_field_error(c, response, alias, true, arena, out))
                out->kind = ANSWER_FAILED;
            break;
        }
        buf_str(&ids, ids.len ? "," : "");
        buf_text(&ids, id);
    }
    *subscription_id = buf_dup(arena, &ids);
    buf_fini(&ids);
}
