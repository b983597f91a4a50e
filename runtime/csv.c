/* The grammar of CSV. */
#include "config.h"

#include "runtime/csv.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* First delimiter, quote or line end from `p` on; or NUL. */
static inline const char *plain_end(const char *p, const char *end,
                                    const char *safe, char delimiter)
{
#ifdef __SSE2__
    const __m128i comma = _mm_set1_epi8(delimiter);
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i lf = _mm_set1_epi8('\n');
    const __m128i cr = _mm_set1_epi8('\r');
    while (p <= safe) {
        __m128i c = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stop = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(c, comma), _mm_cmpeq_epi8(c, quote)),
            _mm_or_si128(_mm_cmpeq_epi8(c, lf), _mm_cmpeq_epi8(c, cr)));
        unsigned mask = (unsigned)_mm_movemask_epi8(stop);
        if (mask) {
            p += __builtin_ctz(mask);
            return p < end ? p : end;
        }
        p += 16;
    }
#else
    (void)safe;
#endif
    while (p < end && *p != delimiter && *p != '"' && *p != '\n' &&
           *p != '\r')
        p++;
    return p < end ? p : end;
}

/* `p` is behind the opening quote; at the closing one, or NULL: more. */
static const char *quoted_end(const char *p, const char *end, bool eof,
                              struct csv_field *f, struct csv_row *row)
{
    f->doubled = false;
    for (;;) {
        const char *q = memchr(p, '"', (size_t)(end - p));
        if (!q)
            return NULL;
        if (q + 1 == end && !eof)
            return NULL;
        for (const char *n = p; (n = memchr(n, '\n', (size_t)(q - n))); n++)
            row->line_ends++;
        if (q + 1 < end && q[1] == '"') {
            f->doubled = true;
            p = q + 2;
            continue;
        }
        return q;
    }
}

static enum csv_status bad_row(struct csv_row *row, const char *at,
                               const char *end, bool eof, const char *what)
{
    const char *lf = memchr(at, '\n', (size_t)(end - at));
    if (!lf && !eof)
        return CSV_MORE;
    row->what = what;
    row->at = at;
    row->next = lf ? lf + 1 : end;
    row->line_ends++;
    return CSV_BAD;
}

/* Behind a cell: 1 another follows, 0 the row ends (row->next is set), -1
 * more is needed, -2 neither. */
static int after_cell(const char **at, const char *end, bool eof,
                      char delimiter, struct csv_row *row)
{
    const char *p = *at;
    if (p == end) {
        row->next = p;
        return eof ? 0 : -1;
    }
    if (*p == delimiter) {
        *at = p + 1;
        return 1;
    }
    if (*p == '\r') {
        if (p + 1 == end && !eof)
            return -1;
        if (p + 1 == end || p[1] != '\n')
            return -2;
        p++;
    }
    if (*p != '\n')
        return -2;
    row->line_ends++;
    row->next = p + 1;
    return 0;
}

enum csv_status csv_scan_row(const char *p, const char *end, const char *safe,
                             bool eof, char delimiter, size_t max,
                             struct csv_row *row)
{
    row->count = 0;
    row->line_ends = 0;
    for (;;) {
        struct csv_field *f = &row->fields[row->count];
        const char *start = p;
        if (row->count == max)
            return bad_row(row, p, end, eof, "more cells than columns");
        f->quoted = p < end && *p == '"';
        f->doubled = false;
        if (f->quoted) {
            start = p + 1;
            p = quoted_end(start, end, eof, f, row);
            if (!p && eof)
                return bad_row(row, end, end, eof, "a quoted cell never ends");
            if (!p)
                return CSV_MORE;
        } else {
            p = plain_end(p, end, safe, delimiter);
        }
        f->ptr = start;
        f->len = (uint32_t)(p - start);
        row->count++;
        if (f->quoted)
            p++;
        int more = after_cell(&p, end, eof, delimiter, row);
        if (more == 0)
            return CSV_ROW;
        if (more == -1)
            return CSV_MORE;
        if (more == -2)
            return bad_row(row, p, end, eof,
                           f->quoted ? "something stands behind a closing "
                                       "quote"
                           : *p == '"' ? "a quote stands inside a cell that is "
                                         "not in quotes"
                                       : "a carriage return without a line end");
    }
}

struct text csv_field_text(struct arena *arena, const struct csv_field *f)
{
    struct text t = { f->ptr, f->len };
    if (!f->doubled)
        return t;
    char *out = arena_alloc(arena, f->len), *to = out;
    for (uint32_t i = 0; i < f->len; i++) {
        *to++ = f->ptr[i];
        if (f->ptr[i] == '"')
            i++;
    }
    return (struct text){ out, (size_t)(to - out) };
}

void csv_write_field(struct buf *out, struct text t, char delimiter)
{
    bool quote = false;
    for (size_t i = 0; i < t.len && !quote; i++)
        quote = t.ptr[i] == delimiter || t.ptr[i] == '"' ||
                t.ptr[i] == '\n' || t.ptr[i] == '\r';
    if (t.len && (t.ptr[0] == ' ' || t.ptr[t.len - 1] == ' '))
        quote = true;
    if (!quote) {
        buf_text(out, t);
        return;
    }
    buf_byte(out, '"');
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '"')
            buf_byte(out, '"');
        buf_byte(out, t.ptr[i]);
    }
    buf_byte(out, '"');
}
