/* Visma.net: webhooks. They are set up by hand; a delivery points at a record
 * and carries none of it. Form and signature of the present publisher are
 * unverified: the pointer is the older publisher's `resourceUri`, the
 * signature that of its sibling, base64 HMAC-SHA256 over the body. */
#include "config.h"
#include "connectors/visma/visma.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"

static struct text header_of(const struct hook_delivery *delivery,
                             struct text name)
{
    for (const struct header *h = delivery->headers; h; h = h->next)
        if (text_equal_nocase(h->name, name))
            return h->value;
    return TEXT_NONE;
}

static bool is_mac(struct text sent, const unsigned char mac[SHA256_LEN],
                   struct arena *arena)
{
    char hex[2 * SHA256_LEN + 1];
    struct text bytes = { (const char *)mac, SHA256_LEN };
    crypto_hex(bytes, hex);
    return crypto_equal(crypto_base64(arena, bytes), sent) ||
           (sent.len == 2 * SHA256_LEN && text_equal_nocase(sent, text_of(hex)));
}

/* The form is unverified: base64 as the sibling product has it, hexadecimal
 * digits, or either behind a word such as "sha256=" or "HMAC ". */
static bool genuine(struct text key, struct text body, struct text signature,
                    struct arena *arena)
{
    unsigned char mac[SHA256_LEN];
    size_t at = 0;
    crypto_hmac_sha256(key, body, mac);
    signature = text_trim(signature);
    if (is_mac(signature, mac, arena))
        return true;
    while (at < signature.len && signature.ptr[at] != ' ' &&
           signature.ptr[at] != '=')
        at++;
    return at + 1 < signature.len &&
           is_mac(text_slice(signature, at + 1, signature.len - at - 1), mac,
                  arena);
}

/* The catalog's object for a path such as "/v1/customer/100". */
static const struct resource {
    const char *path, *object;
} resources[] = {
    { "account", "account" },
    { "customer", "customer" },
    { "customerinvoice", "customer_invoice" },
    { "dimension", "segment_value" },
    { "employee", "employee" },
    { "project", "project" },
    { "purchaseorder", "purchase_order" },
    { "supplier", "supplier" },
    { "supplierinvoice", "supplier_invoice" },
};

static const char *object_of(struct text part)
{
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (text_equal_nocase(part, text_of(resources[i].path)))
            return resources[i].object;
    return "";
}

/* What follows "/v1/" or "/v2/". */
static struct text behind_version(struct text uri)
{
    size_t at;
    if (!text_find(uri, TEXT("/v1/"), &at) &&
        !text_find(uri, TEXT("/v2/"), &at))
        return TEXT_NONE;
    return text_slice(uri, at + 4, uri.len);
}

int visma_hook_verify(const struct connection_info *c,
                      const struct credential *credential,
                      const struct hook_delivery *delivery,
                      struct arena *arena, struct hook_event *event)
{
    struct text key = credential->get(credential, "webhook_key");
    struct text rest, signature;
    size_t slash;
    *event = (struct hook_event){ .object = "" };
    signature = header_of(delivery, c->setting(c, "webhook_header"));
    if (signature.len == 0)
        signature = header_of(delivery, TEXT("Authorization"));
    if (key.len == 0 || !genuine(key, delivery->body, signature, arena))
        return 1;
    rest = behind_version(
        json_get_text(arena, delivery->body, "resourceUri"));
    if (!text_find(rest, TEXT("/"), &slash))
        slash = rest.len;
    /* Nothing in it is known to differ from one change of a record to the
     * next, so each delivery counts; one that comes twice costs a read. The
     * hash keeps two of one millisecond apart. */
    char hash[2 * SHA256_LEN + 1];
    crypto_sha256_hex(delivery->body, hash);
    event->event_id = text_of(arena_printf(
        arena, "%lld-%.16s", (long long)delivery->received_ms, hash));
    event->object = object_of(text_slice(rest, 0, slash));
    event->deleted = text_equal_nocase(
        json_get_text(arena, delivery->body, "action"), TEXT("Deleted"));
    /* The record is not fetched by that address: whether it ends in the key or
     * in a number of the vendor's own is unverified. The object's changes are
     * read instead. */
    return 0;
}
