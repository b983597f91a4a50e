/* UTF-8: strict decoding (no overlong forms, no surrogates, nothing past
 * U+10FFFF), counting, and the columns of a terminal. */
#include "config.h"

#include "base/text.h"
#include <string.h>

static int32_t decode_long(const unsigned char *p, size_t left, size_t *len)
{
    unsigned char a = p[0];
    *len = 1;
    if (a < 0xC2 || a > 0xF4)
        return -1;
    size_t need = a < 0xE0 ? 2 : a < 0xF0 ? 3 : 4;
    if (left < need)
        return -1;
    int32_t c = need == 2 ? a & 0x1F : need == 3 ? a & 0x0F : a & 0x07;
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return -1;
        c = (c << 6) | (p[i] & 0x3F);
    }
    if ((need == 3 && c < 0x800) || (need == 4 && c < 0x10000) ||
        c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return -1;
    *len = need;
    return c;
}

int32_t utf8_decode(struct text t, size_t *at)
{
    if (*at >= t.len)
        return -1;
    const unsigned char *p = (const unsigned char *)t.ptr + *at;
    if (*p < 0x80) {
        *at += 1;
        return *p;
    }
    size_t len;
    int32_t c = decode_long(p, t.len - *at, &len);
    *at += len;
    return c;
}

size_t utf8_encode(int32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | (c >> 6));
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | (c >> 12));
        out[1] = (char)(0x80 | ((c >> 6) & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (c >> 18));
    out[1] = (char)(0x80 | ((c >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((c >> 6) & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* Bytes at the start of `p` that are ASCII, eight at a time. */
static size_t ascii_run(const char *p, size_t len)
{
    size_t at = 0;
    while (len - at >= 8) {
        uint64_t word;
        memcpy(&word, p + at, 8);
        if (word & 0x8080808080808080u)
            break;
        at += 8;
    }
    while (at < len && (unsigned char)p[at] < 0x80)
        at++;
    return at;
}

bool utf8_valid(struct text t, size_t *bad_at)
{
    size_t at = 0;
    while (at < t.len) {
        at += ascii_run(t.ptr + at, t.len - at);
        if (at >= t.len)
            break;
        size_t start = at;
        if (utf8_decode(t, &at) < 0) {
            if (bad_at)
                *bad_at = start;
            return false;
        }
    }
    return true;
}

size_t utf8_count(struct text t)
{
    size_t at = 0;
    size_t count = 0;
    while (at < t.len) {
        size_t run = ascii_run(t.ptr + at, t.len - at);
        at += run;
        count += run;
        if (at >= t.len)
            break;
        (void)utf8_decode(t, &at);
        count++;
    }
    return count;
}

struct text utf8_left(struct text t, size_t code_points)
{
    if (t.len <= code_points)
        return t;
    size_t at = 0;
    while (at < t.len && code_points) {
        size_t most = t.len - at;
        size_t run = ascii_run(t.ptr + at, most < code_points ? most
                                                              : code_points);
        at += run;
        code_points -= run;
        if (at >= t.len || !code_points)
            break;
        (void)utf8_decode(t, &at);
        code_points--;
    }
    return (struct text){ t.ptr, at };
}

struct range {
    int32_t first, last;
};

static const struct range zero_width[] = {
#define ZERO(first, last) { first, last },
#define WIDE(first, last)
#include "base/columns.def"
#undef ZERO
#undef WIDE
};

static const struct range double_width[] = {
#define ZERO(first, last)
#define WIDE(first, last) { first, last },
#include "base/columns.def"
#undef ZERO
#undef WIDE
};

static bool in_ranges(const struct range *ranges, size_t count, int32_t c)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && c >= ranges[low].first;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static size_t columns_of(int32_t c)
{
    if (c < 0x300)
        return 1;
    if (in_ranges(zero_width, COUNT(zero_width), c))
        return 0;
    return in_ranges(double_width, COUNT(double_width), c) ? 2 : 1;
}

size_t utf8_columns(struct text t)
{
    size_t at = 0;
    size_t columns = 0;
    while (at < t.len)
        columns += columns_of(utf8_decode(t, &at));
    return columns;
}
