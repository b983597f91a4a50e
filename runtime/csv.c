/* The grammar of CSV. */
#include "config.h"

#include "runtime/csv.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ------------------------------------------------------------- marks */
/* The places of delimiters, quotes and line ends, 64 bytes at a time. */
struct marks {
    uint64_t bits;     /* of the block at `block`, those not taken yet */
    const char *block;
    const char *end;
    char delimiter;
    bool strange; /* a NUL or a byte that is no ASCII was seen */
};

#define BLOCK 64

static uint64_t block_marks(struct marks *m, const char *p)
{
    uint64_t bits = 0;
#ifdef __SSE2__
    const __m128i comma = _mm_set1_epi8(m->delimiter);
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i lf = _mm_set1_epi8('\n');
    const __m128i cr = _mm_set1_epi8('\r');
    __m128i strange = _mm_setzero_si128();
    for (int i = 0; i < BLOCK; i += 16) {
        __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i stop = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(c, comma), _mm_cmpeq_epi8(c, quote)),
            _mm_or_si128(_mm_cmpeq_epi8(c, lf), _mm_cmpeq_epi8(c, cr)));
        /* signed: NUL and 0x80 and up are below 1 */
        strange = _mm_or_si128(strange, _mm_cmplt_epi8(c, _mm_set1_epi8(1)));
        bits |= (uint64_t)(unsigned)_mm_movemask_epi8(stop) << i;
    }
    m->strange |= _mm_movemask_epi8(strange) != 0;
#else
    for (int i = 0; i < BLOCK; i++) {
        bool stop = p[i] == m->delimiter || p[i] == '"' || p[i] == '\n' ||
                    p[i] == '\r';
        bits |= (uint64_t)stop << i;
        m->strange |= (signed char)p[i] < 1;
    }
#endif
    return bits;
}

/* The block at `m->block`, which may hang over the end. */
static void load_block(struct marks *m)
{
    size_t left = (size_t)(m->end - m->block);
    char last[BLOCK];
    if (left >= BLOCK) {
        m->bits = block_marks(m, m->block);
        return;
    }
    memcpy(last, m->block, left);
    memset(last + left, '.', BLOCK - left);
    m->bits = block_marks(m, last);
    m->bits &= ((uint64_t)1 << left) - 1;
}

/* The next mark, taken; or the end. */
static inline const char *next_mark(struct marks *m)
{
    while (!m->bits) {
        if (m->end - m->block <= BLOCK)
            return m->end;
        m->block += BLOCK;
        load_block(m);
    }
    const char *at = m->block + __builtin_ctzll(m->bits);
    m->bits &= m->bits - 1;
    return at;
}

/* ------------------------------------------------------------- cells */
/* Behind an opening quote: at the closing one, or NULL: more. */
static const char *quoted_end(struct marks *m, bool eof, struct csv_field *f,
                              struct csv_row *row)
{
    for (;;) {
        const char *q = next_mark(m);
        if (q == m->end)
            return NULL;
        if (*q != '"') {
            row->line_ends += *q == '\n';
            continue;
        }
        if (q + 1 == m->end)
            return eof ? q : NULL;
        if (q[1] != '"')
            return q;
        f->doubled = true;
        next_mark(m);
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

/* Behind the last cell of a row, whose end is at `p`; or it is no end. */
static enum csv_status end_row(struct marks *m, const char *p, bool eof,
                               struct csv_row *row)
{
    const struct csv_field *last = &row->fields[row->count - 1];
    row->ascii = !m->strange;
    row->next = p;
    if (p == m->end)
        return eof ? CSV_ROW : CSV_MORE;
    const char *lf = p;
    if (*p == '\r') {
        if (++lf == m->end && !eof)
            return CSV_MORE;
    }
    if (lf < m->end && *lf == '\n') {
        row->line_ends++;
        row->next = lf + 1;
        return CSV_ROW;
    }
    return bad_row(row, p, m->end, eof,
                   last->quoted ? "something stands behind a closing quote"
                   : *p == '"'  ? "a quote stands inside a cell that is not "
                                  "in quotes"
                                : "a carriage return without a line end");
}

/* The cell at `p`, a quote; behind its closing one, or NULL. */
static const char *quoted_cell(struct marks *m, const char *p, bool eof,
                               struct csv_row *row, struct csv_field *f)
{
    f->quoted = true;
    f->ptr = p + 1;
    next_mark(m); /* the quote itself */
    const char *closing = quoted_end(m, eof, f, row);
    if (!closing)
        return NULL;
    f->len = (uint32_t)(closing - f->ptr);
    p = closing + 1;
    if (p < m->end && (*p == m->delimiter || *p == '\n' || *p == '\r'))
        next_mark(m); /* what ends the cell */
    return p;
}

enum csv_status csv_scan_row(const char *p, const char *end, bool eof,
                             char delimiter, size_t max, struct csv_row *row)
{
    struct marks m = { 0, p, end, delimiter, false };
    row->count = 0;
    row->line_ends = 0;
    load_block(&m);
    for (;;) {
        struct csv_field *f = &row->fields[row->count];
        if (row->count == max)
            return bad_row(row, p, end, eof, "more cells than columns");
        row->count++;
        f->doubled = f->quoted = false;
        f->ptr = p;
        if (p < end && *p == '"') {
            p = quoted_cell(&m, p, eof, row, f);
            if (!p && eof)
                return bad_row(row, end, end, eof, "a quoted cell never ends");
            if (!p)
                return CSV_MORE;
        } else {
            p = next_mark(&m);
            f->len = (uint32_t)(p - f->ptr);
        }
        if (p == end || *p != delimiter)
            return end_row(&m, p, eof, row);
        p++;
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
