/* Slices of bytes and growing buffers. A `struct text` borrows: it lives as
 * long as what it points into. It may hold NUL bytes and is not terminated
 * unless the function that made it says so. */
#ifndef MLC_BASE_TEXT_H
#define MLC_BASE_TEXT_H

#include "base/arena.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *ptr;
    size_t len; /* bytes */
};

#define TEXT(literal) ((struct text){ (literal), sizeof(literal) - 1 })
#define TEXT_NONE ((struct text){ NULL, 0 })
/* For printf("%.*s"). */
#define TEXT_ARG(t) (int)(t).len, ((t).ptr ? (t).ptr : "")

struct text text_of(const char *string); /* strlen; NULL gives TEXT_NONE */
struct text text_slice(struct text t, size_t start, size_t len);
struct text text_dup(struct arena *arena, struct text t); /* NUL after it */
const char *text_cstr(struct arena *arena, struct text t); /* copy with NUL */
bool text_is(struct text t, const char *string);
bool text_equal(struct text a, struct text b);
int text_compare(struct text a, struct text b); /* by bytes */
bool text_starts(struct text t, struct text prefix);
bool text_ends(struct text t, struct text suffix);
bool text_find(struct text t, struct text part, size_t *at);
/* The part before the first `mark`, or all of it; *rest goes on behind the
 * mark, or is TEXT_NONE. */
struct text text_cut(struct text *rest, char mark);
struct text text_trim(struct text t); /* U+0020, TAB, CR, LF at both ends */
uint64_t text_hash(struct text t, uint64_t seed);
/* ASCII only: A-Z against a-z. */
bool text_equal_nocase(struct text a, struct text b);

/* memcpy for texts, which mostly are short: no call for up to 16 bytes. */
static inline void text_copy(char *to, const char *from, size_t len)
{
    if (len > 16) {
        memcpy(to, from, len);
    } else if (len >= 8) {
        uint64_t head, tail;
        memcpy(&head, from, 8);
        memcpy(&tail, from + len - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + len - 8, &tail, 8);
    } else if (len >= 4) {
        uint32_t head, tail;
        memcpy(&head, from, 4);
        memcpy(&tail, from + len - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + len - 4, &tail, 4);
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = from[i];
    }
}

/* UTF-8. `utf8_decode` reads one code point at `*at` and moves `*at`;
 * -1 for bytes that are no UTF-8 (moves one byte). */
int32_t utf8_decode(struct text t, size_t *at);
size_t utf8_encode(int32_t code_point, char out[4]);
bool utf8_valid(struct text t, size_t *bad_at);
size_t utf8_count(struct text t);                       /* code points */
struct text utf8_left(struct text t, size_t code_points); /* first ones */
/* Columns a terminal uses for it (wide, combining and zero-width known). */
size_t utf8_columns(struct text t);

/* Distance in edits of code points (two neighbours swapped are one edit), for
 * "did you mean". A-Z count as a-z; texts that differ in nothing else are one
 * edit apart. `limit` bounds the work: a larger distance comes back as
 * limit + 1. */
size_t text_distance(struct text a, struct text b, size_t limit);

/* A growing buffer with a ceiling. Past the ceiling it stays as it is and
 * `full` is set; the caller checks once at the end. */
struct buf {
    char *ptr; /* NUL-terminated when len > 0 or after buf_cstr */
    size_t len, cap, max;
    bool full;
};

#define BUF_MAX_DEFAULT ((size_t)64 << 20)

void buf_init(struct buf *b, size_t max); /* max 0: BUF_MAX_DEFAULT */
void buf_fini(struct buf *b);
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_byte(struct buf *b, char byte);
void buf_text(struct buf *b, struct text t);
void buf_str(struct buf *b, const char *string);
void buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* buf_add in place, for the paths every record takes. */
static inline void buf_put(struct buf *b, const void *bytes, size_t len)
{
    if (b->cap - b->len > len && !b->full) {
        memcpy(b->ptr + b->len, bytes, len);
        b->len += len;
        b->ptr[b->len] = '\0';
    } else {
        buf_add(b, bytes, len);
    }
}

static inline void buf_put_byte(struct buf *b, char byte)
{
    buf_put(b, &byte, 1);
}

/* Room for `len` more bytes to be written by the caller, who then adds the
 * count with `buf_grown`; NULL past the ceiling. */
char *buf_room(struct buf *b, size_t len);
void buf_grown(struct buf *b, size_t len);
struct text buf_view(const struct buf *b); /* borrowed until the next change */
const char *buf_cstr(struct buf *b);
struct text buf_dup(struct arena *arena, const struct buf *b);

/* A JSON string literal with its quotes; non-ASCII is kept as it is. */
void buf_json_string(struct buf *b, struct text t);
/* For terminals and logs: control characters, bidi controls and bytes that
 * are no UTF-8 come out as \xNN or \u{NNNN}. */
void buf_printable(struct buf *b, struct text t);

#endif
