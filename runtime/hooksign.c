/* Signing and checking by the Standard Webhooks scheme. */
#include "config.h"

#include "runtime/hooksign.h"

#include "runtime/crypto.h"
#include <string.h>

#define ID_MAX 200

/* A dot in the id would let two pairs of id and body sign the same bytes. */
static bool is_id(struct text id)
{
    for (size_t i = 0; i < id.len; i++)
        if (id.ptr[i] == '.' || (unsigned char)id.ptr[i] <= ' '
            || (unsigned char)id.ptr[i] >= 0x7f)
            return false;
    return id.len > 0 && id.len <= ID_MAX;
}

static bool key_of(struct text secret, struct arena *arena, struct text *key)
{
    *key = secret;
    if (text_starts(secret, TEXT("whsec_")))
        return crypto_unbase64(arena, text_slice(secret, 6, secret.len - 6),
                               key) && key->len > 0;
    return secret.len > 0;
}

static int digest(struct text secret, struct text id, struct text timestamp,
                  struct text body, struct arena *arena,
                  unsigned char out[SHA256_LEN])
{
    struct text key;
    struct buf b;
    if (!is_id(id) || !key_of(secret, arena, &key))
        return -1;
    buf_init(&b, 0);
    buf_text(&b, id);
    buf_byte(&b, '.');
    buf_text(&b, timestamp);
    buf_byte(&b, '.');
    buf_text(&b, body);
    crypto_hmac_sha256(key, buf_view(&b), out);
    buf_fini(&b);
    return 0;
}

int hooksign_make(struct text secret, struct text id, int64_t timestamp_s,
                  struct text body, struct arena *arena, struct text *out)
{
    unsigned char mac[SHA256_LEN];
    struct text t = text_of(arena_printf(arena, "%lld",
                                         (long long)timestamp_s));
    if (digest(secret, id, t, body, arena, mac))
        return -1;
    struct text base = crypto_base64(
        arena, (struct text){ (const char *)mac, sizeof mac });
    *out = text_of(arena_printf(arena, "v1,%.*s", TEXT_ARG(base)));
    return 0;
}

/* Exactly one, and no longer than it may be. */
static bool the_header(const struct header *list, const char *name,
                       struct text *out)
{
    int seen = 0;
    for (const struct header *h = list; h; h = h->next)
        if (text_equal_nocase(h->name, text_of(name))) {
            *out = h->value;
            seen++;
        }
    return seen == 1 && out->len <= HOOKSIGN_HEADER_MAX;
}

/* Digits alone, no sign, no blanks, within the tolerance. */
static bool is_of_now(struct text t, int64_t now_ms)
{
    int64_t s = 0;
    if (t.len == 0 || t.len > 12)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] < '0' || t.ptr[i] > '9')
            return false;
        s = s * 10 + (t.ptr[i] - '0');
    }
    int64_t off = now_ms / 1000 - s;
    return off <= HOOKSIGN_TOLERANCE_S && off >= -HOOKSIGN_TOLERANCE_S;
}

/* One of the signatures of the header; at most so many are looked at. */
static bool is_among(struct text list, const unsigned char mac[SHA256_LEN],
                     struct arena *arena)
{
    struct text own = { (const char *)mac, SHA256_LEN };
    bool found = false;
    for (int i = 0; i < HOOKSIGN_TRIED && list.len > 0; i++) {
        size_t end = list.len;
        struct text bytes;
        text_find(list, TEXT(" "), &end);
        struct text one = text_slice(list, 0, end);
        if (text_starts(one, TEXT("v1,"))
            && crypto_unbase64(arena, text_slice(one, 3, one.len - 3), &bytes)
            && bytes.len == SHA256_LEN)
            found |= crypto_equal(own, bytes);
        list = end < list.len ? text_slice(list, end + 1, list.len - end - 1)
                              : TEXT_NONE;
    }
    return found;
}

int hooksign_check(const struct text *secrets, size_t count,
                   const struct header *headers, struct text body,
                   int64_t now_ms, struct arena *arena)
{
    struct text id, timestamp, list;
    bool genuine = false;
    if (!the_header(headers, "webhook-id", &id)
        || !the_header(headers, "webhook-timestamp", &timestamp)
        || !the_header(headers, "webhook-signature", &list))
        return 400;
    if (!is_id(id) || !is_of_now(timestamp, now_ms))
        return 401;
    for (size_t i = 0; i < count; i++) {
        unsigned char mac[SHA256_LEN];
        if (digest(secrets[i], id, timestamp, body, arena, mac) == 0)
            genuine |= is_among(list, mac, arena);
    }
    return genuine ? 0 : 401;
}
