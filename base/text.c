/* Slices of bytes: comparing, searching, hashing, distance. UTF-8 stands in
 * base/utf8.c, growing buffers in base/buf.c. */
#include "config.h"

#include "base/text.h"
#include <string.h>

struct text text_of(const char *string)
{
    return string ? (struct text){ string, strlen(string) } : TEXT_NONE;
}

struct text text_slice(struct text t, size_t start, size_t len)
{
    if (start > t.len)
        start = t.len;
    if (len > t.len - start)
        len = t.len - start;
    return (struct text){ t.ptr ? t.ptr + start : NULL, len };
}

struct text text_dup(struct arena *arena, struct text t)
{
    return (struct text){ arena_strndup(arena, t.ptr, t.len), t.len };
}

const char *text_cstr(struct arena *arena, struct text t)
{
    return arena_strndup(arena, t.ptr, t.len);
}

bool text_equal(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool text_is(struct text t, const char *string)
{
    return text_equal(t, text_of(string));
}

int text_compare(struct text a, struct text b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool text_starts(struct text t, struct text prefix)
{
    return t.len >= prefix.len &&
           text_equal(text_slice(t, 0, prefix.len), prefix);
}

bool text_ends(struct text t, struct text suffix)
{
    return t.len >= suffix.len &&
           text_equal(text_slice(t, t.len - suffix.len, suffix.len), suffix);
}

bool text_find(struct text t, struct text part, size_t *at)
{
    if (part.len == 0) {
        *at = 0;
        return true;
    }
    if (t.len < part.len)
        return false;
    const char *hit = memmem(t.ptr, t.len, part.ptr, part.len);
    if (!hit)
        return false;
    *at = (size_t)(hit - t.ptr);
    return true;
}

struct text text_cut(struct text *rest, char mark)
{
    struct text all = *rest;
    const char *at = all.len ? memchr(all.ptr, mark, all.len) : NULL;
    size_t len = at ? (size_t)(at - all.ptr) : all.len;
    *rest = at ? text_slice(all, len + 1, all.len - len - 1) : TEXT_NONE;
    return text_slice(all, 0, len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct text text_trim(struct text t)
{
    while (t.len && is_blank(t.ptr[0])) {
        t.ptr++;
        t.len--;
    }
    while (t.len && is_blank(t.ptr[t.len - 1]))
        t.len--;
    return t;
}

static unsigned char lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

bool text_equal_nocase(struct text a, struct text b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

/* Multiply and fold: every bit of both factors reaches the result. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t text_hash(struct text t, uint64_t seed)
{
    const uint64_t k1 = 0x9E3779B97F4A7C15u;
    const uint64_t k2 = 0xD6E8FEB86659FD93u;
    uint64_t h = seed ^ mix(t.len ^ k1, k2);
    const char *p = t.ptr;
    size_t left = t.len;
    while (left >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = mix(h ^ word, k1);
        p += 8;
        left -= 8;
    }
    uint64_t tail = 0;
    for (size_t i = 0; i < left; i++)
        tail |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return mix(h ^ tail, k2) ^ (h >> 29);
}

/* Names longer than this are never misspellings of each other. */
#define DISTANCE_LEN_MAX 128

static size_t decode_lower(struct text t, int32_t *out)
{
    size_t count = 0;
    size_t at = 0;
    while (at < t.len && count < DISTANCE_LEN_MAX) {
        int32_t c = utf8_decode(t, &at);
        out[count++] = c >= 'A' && c <= 'Z' ? c + 32 : c;
    }
    return count;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements, and two neighbours swapped, each one
 * edit; three rows of the usual table are enough. */
static size_t edits(const int32_t *a, size_t a_len, const int32_t *b,
                    size_t b_len, size_t limit)
{
    size_t rows[3][DISTANCE_LEN_MAX + 1];
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        size_t best = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            size_t d = least(above[j] + 1, row[j - 1] + 1);
            d = least(d, above[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d = least(d, before[j - 2] + 1);
            row[j] = d;
            best = least(best, d);
        }
        if (best > limit)
            return limit + 1;
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return least(above[b_len], limit + 1);
}

size_t text_distance(struct text a, struct text b, size_t limit)
{
    if (text_equal(a, b))
        return 0;
    if (a.len > DISTANCE_LEN_MAX || b.len > DISTANCE_LEN_MAX)
        return limit + 1;
    int32_t left[DISTANCE_LEN_MAX];
    int32_t right[DISTANCE_LEN_MAX];
    size_t left_len = decode_lower(a, left);
    size_t right_len = decode_lower(b, right);
    size_t longer = left_len > right_len ? left_len : right_len;
    if (longer - least(left_len, right_len) > limit)
        return limit + 1;
    size_t distance = edits(left, left_len, right, right_len, limit);
    return distance ? distance : least(1, limit + 1);
}
