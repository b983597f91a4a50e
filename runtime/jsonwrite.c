/* Writing JSON onto a buffer. */
#include "config.h"

#include "runtime/jsonwrite.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct json_out json_out(struct buf *buf)
{
    return (struct json_out){ buf, 0, 0, false };
}

static void before_value(struct json_out *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    uint64_t bit = (uint64_t)1 << w->depth;
    if (w->depth && (w->filled & bit))
        buf_byte(w->buf, ',');
    w->filled |= bit;
}

static void open_nest(struct json_out *w, char bracket)
{
    before_value(w);
    buf_byte(w->buf, bracket);
    if (w->depth < 63)
        w->depth++;
    w->filled &= ~((uint64_t)1 << w->depth);
}

static void close_nest(struct json_out *w, char bracket)
{
    if (w->depth)
        w->depth--;
    buf_byte(w->buf, bracket);
}

void json_begin_object(struct json_out *w)
{
    open_nest(w, '{');
}

void json_end_object(struct json_out *w)
{
    close_nest(w, '}');
}

void json_begin_array(struct json_out *w)
{
    open_nest(w, '[');
}

void json_end_array(struct json_out *w)
{
    close_nest(w, ']');
}

/* One character that needs an escape. */
static size_t escape(char c, char out[6])
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\b\f\n\r\t", to[] = "bfnrt";
    out[0] = '\\';
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        out[1] = to[found - from];
        return 2;
    }
    if (c == '"' || c == '\\') {
        out[1] = c;
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = hex[(uint8_t)c >> 4];
    out[5] = hex[(uint8_t)c & 15];
    return 6;
}

/* ------------------------------------------------------------- strings */
#define BYTES(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Whether one of eight bytes is a quote, a backslash or a control character.
 * Bytes that are no ASCII are plain here: values are UTF-8 already. */
static inline bool needs_escape(uint64_t w)
{
    uint64_t quote = w ^ BYTES('"'), slash = w ^ BYTES('\\');
    uint64_t hit = ((w - BYTES(0x20)) & ~w) | ((quote - BYTES(1)) & ~quote) |
                   ((slash - BYTES(1)) & ~slash);
    return hit & BYTES(0x80);
}

static inline uint64_t load_word(const char *p)
{
    uint64_t w;
    memcpy(&w, p, 8);
    return w;
}

/* Up to seven bytes, ends that overlap; what is not there is plain. */
static inline bool copy_few(char *to, const char *p, size_t len)
{
    if (len >= 4) {
        uint32_t head, tail;
        memcpy(&head, p, 4);
        memcpy(&tail, p + len - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + len - 4, &tail, 4);
        return !needs_escape((uint64_t)tail << 32 | head);
    }
    uint64_t w = BYTES(' ');
    for (size_t i = 0; i < len; i++) {
        w = w << 8 | (uint8_t)p[i];
        to[i] = p[i];
    }
    return !needs_escape(w);
}

#ifdef __SSE2__
static inline unsigned escapes(__m128i c)
{
    __m128i control = _mm_min_epu8(c, _mm_set1_epi8(0x1f));
    __m128i hit = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('"')),
                     _mm_cmpeq_epi8(c, _mm_set1_epi8('\\'))),
        _mm_cmpeq_epi8(control, c));
    return (unsigned)_mm_movemask_epi8(hit);
}

static inline unsigned copy_block(char *to, const char *p)
{
    __m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
    _mm_storeu_si128((__m128i *)(void *)to, c);
    return escapes(c);
}
#endif

/* Copies a text; false when something in it wants an escape. */
static inline bool copy_plain(char *to, const char *p, size_t len)
{
    if (len < 8)
        return copy_few(to, p, len);
#ifdef __SSE2__
    unsigned found = 0;
    if (len < 16) {
        uint64_t head = load_word(p), tail = load_word(p + len - 8);
        memcpy(to, &head, 8);
        memcpy(to + len - 8, &tail, 8);
        return !escapes(_mm_set_epi64x((int64_t)tail, (int64_t)head));
    }
    for (size_t at = 0; at + 16 < len; at += 16)
        found |= copy_block(to + at, p + at);
    return !(found | copy_block(to + len - 16, p + len - 16));
#else
    bool plain = true;
    uint64_t w;
    for (size_t at = 0; at + 8 < len; at += 8) {
        w = load_word(p + at);
        memcpy(to + at, &w, 8);
        plain &= !needs_escape(w);
    }
    w = load_word(p + len - 8);
    memcpy(to + len - 8, &w, 8);
    return plain & !needs_escape(w);
#endif
}

static bool is_escaped(char c)
{
    return (uint8_t)c < 0x20 || c == '"' || c == '\\';
}

static void write_escaped(struct buf *b, const char *p, const char *end)
{
    buf_byte(b, '"');
    while (p < end) {
        const char *stop = p;
        char escaped[6];
        while (stop < end && !is_escaped(*stop))
            stop++;
        buf_add(b, p, (size_t)(stop - p));
        if (stop < end)
            buf_add(b, escaped, escape(*stop++, escaped));
        p = stop;
    }
    buf_byte(b, '"');
}

void json_write_string(struct buf *b, struct text value)
{
    char *to = b->ptr + b->len;
    if (b->cap - b->len <= value.len + 2 || b->full ||
        !copy_plain(to + 1, value.ptr, value.len)) {
        write_escaped(b, value.ptr, value.ptr + value.len);
        return;
    }
    to[0] = to[value.len + 1] = '"';
    to[value.len + 2] = '\0';
    b->len += value.len + 2;
}

void json_key_text(struct json_out *w, struct text name)
{
    before_value(w);
    json_write_string(w->buf, name);
    buf_byte(w->buf, ':');
    w->after_key = true;
}

void json_key(struct json_out *w, const char *name)
{
    json_key_text(w, text_of(name));
}

void json_string(struct json_out *w, struct text value)
{
    before_value(w);
    json_write_string(w->buf, value);
}

void json_cstring(struct json_out *w, const char *value)
{
    json_string(w, text_of(value));
}

void json_number(struct json_out *w, struct decimal value)
{
    char digits[DECIMAL_TEXT_MAX];
    size_t len = decimal_print(value, digits);
    before_value(w);
    buf_add(w->buf, digits, len);
}

void json_int(struct json_out *w, int64_t value)
{
    json_number(w, decimal_int(value));
}

void json_bool(struct json_out *w, bool value)
{
    before_value(w);
    buf_str(w->buf, value ? "true" : "false");
}

void json_null(struct json_out *w)
{
    before_value(w);
    buf_str(w->buf, "null");
}

void json_raw(struct json_out *w, struct text json)
{
    before_value(w);
    buf_text(w->buf, json);
}

void json_put_string(struct json_out *w, const char *name, struct text value)
{
    json_key(w, name);
    json_string(w, value);
}

void json_put_int(struct json_out *w, const char *name, int64_t value)
{
    json_key(w, name);
    json_int(w, value);
}

void json_put_bool(struct json_out *w, const char *name, bool value)
{
    json_key(w, name);
    json_bool(w, value);
}
