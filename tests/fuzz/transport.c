/* Fuzz target: any text as an address, a Retry-After, a date, base64 and a
 * line to be masked. What is let through must be what may be let through. */
#include "config.h"

#include "runtime/crypto.h"
#include "runtime/http.h"
#include "runtime/redact.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where a call may go is https on the vendor's host, nothing else. */
static void try_address(struct text t, struct arena *arena)
{
    static const char *const hosts[] = { "api.example.com", NULL };
    struct http_reach reach = { .hosts = hosts };
    struct url_parts parts;
    char why[256];
    if (!http_allowed(&reach, t, why))
        return;
    if (!http_split_url(t, arena, &parts) || !parts.tls ||
        parts.port != 443 || !text_is(parts.host, "api.example.com"))
        abort();
}

static void try_wait(struct text t)
{
    int64_t ms = http_retry_after_ms(t, INT64_C(1780300810000), 3600000);
    if (ms < -1 || ms > 3600000 || http_parse_date(t) < 0)
        abort();
}

/* What decodes encodes to the same text: one spelling per value. */
static void try_base64(struct text t, struct arena *arena)
{
    struct text bytes;
    if (crypto_unbase64(arena, t, &bytes) &&
        !text_equal(crypto_base64(arena, bytes), t))
        abort();
    if (crypto_unbase64url(arena, t, &bytes) &&
        !text_equal(crypto_base64url(arena, bytes), t))
        abort();
}

static void try_mask(struct text t)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    redact_add(TEXT("canary-secret"));
    redact_text(t, &b);
    if (!b.full && redact_finds(buf_view(&b)))
        abort();
    buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text t = { (const char *)data, size };
    struct arena arena;
    if (size > 1 << 14)
        return 0;
    arena_init(&arena);
    try_address(t, &arena);
    try_wait(t);
    try_base64(t, &arena);
    try_mask(t);
    arena_fini(&arena);
    return 0;
}
