/* The inner loops of the JSON readers, inline: runs of plain characters,
 * names, blanks. Shared by jsonread.c and record.c only.
 *
 * A reader passes `end` (first byte that is not its) and `safe` (the last
 * address from which 16 bytes may be loaded). `safe` may lie past `end` only
 * if the byte at `end` is a control character, which stops every run. */
#ifndef MLC_RUNTIME_JSONSCAN_H
#define MLC_RUNTIME_JSONSCAN_H

#include "runtime/jsonread.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct json_scan {
    const char *end, *safe, *base;
    struct json_fault fault;
};

static inline const char *scan_blanks(const char *p, const char *end)
{
    while (p < end && (uint8_t)*p <= ' ' &&
           (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

static inline bool scan_is_plain(char c)
{
    return (uint8_t)c >= 0x20 && (uint8_t)c < 0x80 && c != '"' && c != '\\';
}

#ifdef __SSE2__
/* Which of 16 bytes are quotes, backslashes, control characters, no ASCII. */
static inline unsigned scan_stops(const char *p)
{
    __m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i stop = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('"')),
                     _mm_cmpeq_epi8(c, _mm_set1_epi8('\\'))),
        _mm_cmplt_epi8(c, _mm_set1_epi8(0x20))); /* signed: 0x80 and up too */
    return (unsigned)_mm_movemask_epi8(stop);
}
#endif

/* First byte from `p` on that is a quote, a backslash, a control character or
 * no ASCII. */
static inline const char *scan_plain(const char *p, const char *end,
                                     const char *safe)
{
#ifdef __SSE2__
    for (; p <= safe; p += 16) {
        unsigned stops = scan_stops(p);
        if (stops)
            return p + __builtin_ctz(stops);
    }
#else
    (void)safe;
#endif
    while (p < end && scan_is_plain(*p))
        p++;
    return p;
}

static inline const char *scan_fail(struct json_scan *s, const char *p,
                                    const char *what)
{
    s->fault.offset = (size_t)(p - s->base);
    s->fault.what = what;
    return NULL;
}

/* Behind the run of characters that are no ASCII; NULL: they are no UTF-8. */
const char *json_utf8_end(const char *p, const char *end);
/* The slow part of a string: escapes and bytes that are no ASCII. */
const char *json_string_rest(struct json_scan *s, const char *p, bool *escapes);

/* `p` is behind the opening quote; the result is at the closing one. */
static inline const char *scan_string(struct json_scan *s, const char *p,
                                      bool *escapes)
{
    *escapes = false;
    p = scan_plain(p, s->end, s->safe);
    if (__builtin_expect(p < s->end && *p == '"', 1))
        return p;
    return json_string_rest(s, p, escapes);
}

static inline const char *scan_digits(const char *p, const char *end)
{
    while (p < end && (unsigned)(*p - '0') <= 9)
        p++;
    return p;
}

static inline const char *scan_number(struct json_scan *s, const char *p)
{
    const char *start = p;
    if (p < s->end && *p == '-')
        p++;
    if (p >= s->end || (unsigned)(*p - '0') > 9)
        return scan_fail(s, start, "a value was expected here");
    if (*p == '0') {
        p++;
        if (p < s->end && (unsigned)(*p - '0') <= 9)
            return scan_fail(s, start, "a number must not start with 0");
    } else {
        p = scan_digits(p, s->end);
    }
    if (p < s->end && *p == '.') {
        const char *digits = ++p;
        p = scan_digits(p, s->end);
        if (p == digits)
            return scan_fail(s, start, "digits are missing after the point");
    }
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < s->end && (*p == '+' || *p == '-'))
            p++;
        const char *digits = p;
        p = scan_digits(p, s->end);
        if (p == digits)
            return scan_fail(s, start, "digits are missing after the e");
    }
    return p;
}

static inline const char *scan_word(struct json_scan *s, const char *p,
                                    const char *word, size_t len)
{
    if ((size_t)(s->end - p) < len || __builtin_memcmp(p, word, len) != 0)
        return scan_fail(s, p, "a value was expected here");
    return p + len;
}

/* Skips an array or object, whose bracket is at `p`. */
const char *json_skip_nested(struct json_scan *s, const char *p);

static inline const char *scan_skip(struct json_scan *s, const char *p)
{
    bool escapes;
    if (p >= s->end)
        return scan_fail(s, p, "the text ends too early");
    switch (*p) {
    case '"':
        p = scan_string(s, p + 1, &escapes);
        return p ? p + 1 : NULL;
    case '{':
    case '[':
        return json_skip_nested(s, p);
    case 't':
        return scan_word(s, p, "true", 4);
    case 'f':
        return scan_word(s, p, "false", 5);
    case 'n':
        return scan_word(s, p, "null", 4);
    default:
        return scan_number(s, p);
    }
}

/* A scan over a text that stands alone. */
static inline struct json_scan scan_over(struct text t)
{
    struct json_scan s = { t.ptr + t.len, NULL, t.ptr, { 0, NULL } };
    if (t.len >= 16)
        s.safe = s.end - 16;
    return s;
}

#endif
