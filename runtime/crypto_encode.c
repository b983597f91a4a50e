/* Hex and base64, strict when reading: one text per value, so that nobody can
 * present the same signature twice in different spellings. */
#include "config.h"

#include "runtime/crypto.h"

static const char plain_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void crypto_hex(struct text bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char b = (unsigned char)bytes.ptr[i];
        out[2 * i] = digits[b >> 4];
        out[2 * i + 1] = digits[b & 15];
    }
    out[2 * bytes.len] = 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool crypto_unhex(struct text hex, unsigned char *out)
{
    if (hex.len % 2)
        return false;
    for (size_t i = 0; i < hex.len; i += 2) {
        int high = hex_digit(hex.ptr[i]);
        int low = hex_digit(hex.ptr[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static struct text encode(struct arena *arena, struct text t,
                          const char *alphabet, bool pad)
{
    char *out = arena_alloc(arena, (t.len + 2) / 3 * 4 + 1);
    size_t n = 0;
    for (size_t i = 0; i < t.len; i += 3) {
        size_t rest = t.len - i;
        unsigned group = (unsigned)(unsigned char)t.ptr[i] << 16;
        if (rest > 1)
            group |= (unsigned)(unsigned char)t.ptr[i + 1] << 8;
        if (rest > 2)
            group |= (unsigned char)t.ptr[i + 2];
        out[n++] = alphabet[group >> 18];
        out[n++] = alphabet[group >> 12 & 63];
        if (rest > 1)
            out[n++] = alphabet[group >> 6 & 63];
        else if (pad)
            out[n++] = '=';
        if (rest > 2)
            out[n++] = alphabet[group & 63];
        else if (pad)
            out[n++] = '=';
    }
    out[n] = 0;
    return (struct text){ out, n };
}

struct text crypto_base64(struct arena *arena, struct text bytes)
{
    return encode(arena, bytes, plain_alphabet, true);
}

struct text crypto_base64url(struct arena *arena, struct text bytes)
{
    return encode(arena, bytes, url_alphabet, false);
}

static int sextet(char c, const char *alphabet)
{
    for (int i = 0; i < 64; i++)
        if (alphabet[i] == c)
            return i;
    return -1;
}

/* `t` without padding. */
static bool decode(struct arena *arena, struct text t, const char *alphabet,
                   struct text *bytes)
{
    if (t.len % 4 == 1)
        return false;
    char *out = arena_alloc(arena, t.len / 4 * 3 + 3);
    size_t n = 0;
    unsigned held = 0;
    int bits = 0;
    for (size_t i = 0; i < t.len; i++) {
        int six = sextet(t.ptr[i], alphabet);
        if (six < 0)
            return false;
        held = held << 6 | (unsigned)six;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (char)(held >> bits & 255);
        }
    }
    if (held & ((1u << bits) - 1)) /* left-over bits must be zero */
        return false;
    out[n] = 0;
    *bytes = (struct text){ out, n };
    return true;
}

bool crypto_unbase64(struct arena *arena, struct text t, struct text *bytes)
{
    if (t.len % 4)
        return false;
    size_t pad = 0;
    while (pad < 2 && t.len > 0 && t.ptr[t.len - 1] == '=') {
        t.len--;
        pad++;
    }
    if (t.len % 4 != (pad ? 4 - pad : 0))
        return false;
    return decode(arena, t, plain_alphabet, bytes);
}

bool crypto_unbase64url(struct arena *arena, struct text t,
                        struct text *bytes)
{
    return decode(arena, t, url_alphabet, bytes);
}
