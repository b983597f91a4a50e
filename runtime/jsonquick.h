/* Values of JSON in their usual form, inline: strings without escapes,
 * numbers of up to 15 characters, words. Everything here gives NULL for
 * whatever is not so, faults too, and the careful readers look again. Without
 * SSE2 nothing is usual. */
#ifndef MLC_RUNTIME_JSONQUICK_H
#define MLC_RUNTIME_JSONQUICK_H

#include "runtime/jsonscan.h"

/* `p` is behind the opening quote; the result is at the closing one. */
static inline const char *quick_string(const char *p, const char *end,
                                       const char *safe)
{
#ifdef __SSE2__
    while (p <= safe) {
        unsigned stops = scan_stops(p);
        if (!stops) {
            p += 16;
            continue;
        }
        p += __builtin_ctz(stops);
        if (__builtin_expect(*p == '"', 1))
            return p; /* before `end`: what stands there is a stop too */
        if ((uint8_t)*p < 0x80 || !(p = json_utf8_end(p, end)))
            return NULL;
    }
#else
    (void)safe;
#endif
    while (p < end && scan_is_plain(*p))
        p++;
    return p < end && *p == '"' ? p : NULL;
}

/* The digits before and behind the point of a number. */
struct quick_number {
    const char *digits, *end;
    unsigned whole, fraction;
    bool minus;
};

static inline bool quick_number(const char *p, const char *end,
                                const char *safe, struct quick_number *n)
{
#ifdef __SSE2__
    n->minus = *p == '-';
    p += n->minus;
    if (p > safe)
        return false;
    __m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i value = _mm_sub_epi8(c, _mm_set1_epi8('0'));
    __m128i digit =
        _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
    unsigned others = ~(unsigned)_mm_movemask_epi8(digit); /* bit 16: one */
    unsigned len = n->whole = (unsigned)__builtin_ctz(others);
    n->digits = p;
    n->fraction = 0;
    if (len < 16 && p[len] == '.') {
        n->fraction = (unsigned)__builtin_ctz(others >> (len + 1));
        if (!n->fraction)
            return false;
        len += 1 + n->fraction;
    }
    n->end = p + len;
    return len < 16 && n->whole && n->end <= end &&
           (*p != '0' || n->whole == 1) && (p[len] | 0x20) != 'e';
#else
    (void)p, (void)end, (void)safe, (void)n;
    return false;
#endif
}

static inline int64_t quick_whole(const struct quick_number *n)
{
    const char *p = n->digits;
    int64_t value = 0;
    for (unsigned i = 0; i < n->whole; i++)
        value = value * 10 + (*p++ - '0');
    for (unsigned i = 0; i < n->fraction; i++)
        value = value * 10 + (*++p - '0');
    return n->minus ? -value : value;
}

/* Behind a plain value. */
static inline const char *quick_skip(const char *p, const char *end,
                                     const char *safe)
{
    struct quick_number n;
    if (p > safe)
        return NULL;
    if (*p == '"') {
        p = quick_string(p + 1, end, safe);
        return p ? p + 1 : NULL;
    }
    if (*p == '-' || (unsigned)(*p - '0') <= 9)
        return quick_number(p, end, safe, &n) ? n.end : NULL;
    if (end - p < 5)
        return NULL;
    if (__builtin_memcmp(p, "true", 4) == 0 ||
        __builtin_memcmp(p, "null", 4) == 0)
        return p + 4;
    return __builtin_memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
}

#endif
