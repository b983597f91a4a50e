/* Keys that are the same on every machine and in every run. */
#include "config.h"

#include "base/log.h"
#include "runtime/crypto.h"
#include "runtime/fn_internal.h"
#include <string.h>

#define UUID_LEN 36

FN(hash)
{
    struct buf b;
    char hex[2 * SHA256_LEN + 1];
    buf_init(&b, FN_TEXT_MAX);
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_byte(&b, '\x1f'); /* so that "a", "bc" is not "ab", "c" */
        value_canonical(&a[i], &b);
    }
    bool full = b.full;
    crypto_sha256_hex(buf_view(&b), hex);
    buf_fini(&b);
    if (full)
        return fn_fail(s, "the values are longer than %zu bytes", FN_TEXT_MAX);
    *out = value_text(text_of(arena_strdup(s->env->arena, hex)));
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_dash_at(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static bool read_uuid(struct text t, unsigned char out[16])
{
    size_t digits = 0;
    if (t.len != UUID_LEN)
        return false;
    memset(out, 0, 16);
    for (size_t i = 0; i < t.len; i++) {
        if (is_dash_at(i)) {
            if (t.ptr[i] != '-')
                return false;
            continue;
        }
        int digit = hex_digit(t.ptr[i]);
        if (digit < 0)
            return false;
        out[digits / 2] = (unsigned char)(out[digits / 2] << 4 | digit);
        digits++;
    }
    return true;
}

static void print_uuid(const unsigned char bytes[16], char out[UUID_LEN + 1])
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (is_dash_at(at))
            out[at++] = '-';
        out[at++] = hex[bytes[i] >> 4];
        out[at++] = hex[bytes[i] & 15];
    }
    out[at] = '\0';
}

FN(uuid_from)
{
    unsigned char digest[SHA1_LEN];
    unsigned char space[16];
    char printed[UUID_LEN + 1];
    /* the namespace of URLs, RFC 9562 */
    struct text of_urls = TEXT("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
    if (!read_uuid(n > 1 ? fn_text_of(&a[1]) : of_urls, space))
        return fn_fail(s, "the namespace %s is not a UUID", fn_show(s, &a[1]));
    struct buf b;
    buf_init(&b, 0);
    buf_add(&b, space, sizeof space);
    buf_text(&b, fn_text_of(a));
    crypto_sha1(buf_view(&b), digest);
    buf_fini(&b);
    digest[6] = (unsigned char)((digest[6] & 0x0F) | 0x50);
    digest[8] = (unsigned char)((digest[8] & 0x3F) | 0x80);
    print_uuid(digest, printed);
    *out = value_text(text_of(arena_strdup(s->env->arena, printed)));
    return 0;
}

/* These know the flow, its source and its links, so the evaluator has them. */
static int not_here(const struct fn_state *s)
{
    log_bug("%.*s is answered by the evaluator", TEXT_ARG(s->b->name));
}

FN(record_key)
{
    (void)a;
    (void)n;
    (void)out;
    return not_here(s);
}

FN(link)
{
    (void)a;
    (void)n;
    (void)out;
    return not_here(s);
}

FN(linked)
{
    (void)a;
    (void)n;
    (void)out;
    return not_here(s);
}
