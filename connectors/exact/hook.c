/* Exact Online: webhooks. The signature is upper-case hex HMAC-SHA256 over the
 * exact bytes of Content, with the app's webhook secret. The payload names a
 * record; its fields are always read again. */
#include "config.h"
#include "connectors/exact/exact.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"

#include <ctype.h>
#include <string.h>

static bool find_last(struct text t, struct text part, size_t *at)
{
    for (size_t i = t.len; i-- > 0;)
        if (t.len - i >= part.len && memcmp(t.ptr + i, part.ptr, part.len) == 0) {
            *at = i;
            return true;
        }
    return false;
}

/* Bytes between `{"Content":` and the last `,"HashCode":`; in a body whose
 * members stand otherwise, those of the member itself. */
static bool content_of(struct text body, struct text *content)
{
    static const char head[] = "{\"Content\":";
    size_t end;
    if (text_starts(body, TEXT(head)) &&
        find_last(body, TEXT(",\"HashCode\":"), &end) &&
        end >= sizeof head - 1) {
        *content = text_slice(body, sizeof head - 1, end - (sizeof head - 1));
        return true;
    }
    *content = json_get(body, "Content");
    return content->len > 0;
}

static bool genuine(struct text secret, struct text content, struct text hash)
{
    unsigned char mac[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1], sent[2 * SHA256_LEN + 1] = "";
    crypto_hmac_sha256(secret, content, mac);
    crypto_hex((struct text){ (const char *)mac, sizeof mac }, hex);
    for (size_t i = 0; i < hash.len && i < sizeof sent - 1; i++)
        sent[i] = (char)tolower((unsigned char)hash.ptr[i]);
    return hash.len == sizeof sent - 1 &&
           crypto_equal(text_of(hex), text_of(sent));
}

/* The catalog's object for a topic's endpoint, by the vendor's own names. */
static const char *object_of(struct text topic)
{
    static const char *const topics[][2] = {
        { "Accounts", "account" },
        { "Contacts", "contact" },
        { "SalesInvoices", "sales_invoice" },
        { "SalesEntries", "sales_entry" },
        { "SalesOrders", "sales_order" },
        { "PurchaseEntries", "purchase_entry" },
        { "PurchaseOrders", "purchase_order" },
        { "GLAccounts", "glaccount" },
        { "GeneralJournalEntries", "journal_entry" },
        { "FinancialTransactions", "transaction_line" },
        { "Items", "item" },
        { "CostTransactions", "cost_transaction" },
        { "Documents", "document" },
    };
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (text_is(topic, topics[i][0]))
            return topics[i][1];
    return "";
}

int exact_hook_verify(const struct connection_info *c,
                      const struct credential *credential,
                      const struct hook_delivery *delivery,
                      struct arena *arena, struct hook_event *event)
{
    struct text secret = credential->get(credential, "webhook_secret");
    struct text content, ours, theirs;
    *event = (struct hook_event){ .object = "" };
    if (delivery->body.len == 0) { /* the call made at subscription */
        event->handshake = true;
        return 0;
    }
    if (secret.len == 0 || !content_of(delivery->body, &content) ||
        !genuine(secret, content,
                 json_get_text(arena, delivery->body, "HashCode")))
        return 1;
    ours = exact_division(c);
    theirs = json_get_text(arena, content, "Division");
    if (ours.len > 0 && !text_equal(theirs, ours))
        return 1; /* another company's */
    event->object = object_of(json_get_text(arena, content, "Topic"));
    event->record_id = json_get_text(arena, content, "Key");
    event->deleted =
        text_is(json_get_text(arena, content, "Action"), "Delete");
    return 0;
}

int exact_hook_request(const struct connection_info *c,
                       const struct object *object, struct text callback,
                       struct text remove_id, struct arena *arena,
                       struct request *out, struct error *err)
{
    const struct fact *topic = object_fact(object, "topic");
    struct buf path, body;
    struct json_out w;
    (void)err;
    if (!topic)
        return 1;
    buf_init(&path, 4096);
    buf_init(&body, 4096);
    exact_add_root(c, NULL, &path);
    buf_str(&path, "webhooks/WebhookSubscriptions");
    *out = (struct request){ .method = "POST", .writes = true,
                             .endpoint = "webhooks/WebhookSubscriptions" };
    if (remove_id.len > 0) {
        buf_byte(&path, '(');
        exact_key_literal(object, remove_id, &path);
        buf_byte(&path, ')');
        out->method = "DELETE";
    } else {
        w = json_out(&body);
        json_begin_object(&w);
        json_put_string(&w, "CallbackURL", callback);
        json_put_string(&w, "Topic", topic->value);
        json_end_object(&w);
        out->body = buf_dup(arena, &body);
        out->content_type = "application/json";
        request_header(arena, out, "Prefer", TEXT("return=representation"));
    }
    out->path = buf_dup(arena, &path);
    exact_headers(arena, out);
    buf_fini(&path);
    buf_fini(&body);
    return 0;
}

void exact_hook_answer(const struct connection_info *c,
                       const struct response *response, struct arena *arena,
                       struct text *subscription_id, struct text *secret,
                       struct answer *out)
{
    (void)c;
    *secret = TEXT_NONE; /* the app's own webhook secret signs */
    *subscription_id = TEXT_NONE;
    if (!exact_classify(response, true, arena, out))
        *subscription_id = json_get_text(arena, response->body, "d.ID");
}
