/* The quick readers and writers of rows against plain ones that go byte by
 * byte: the same cells, ends and faults on random and damaged input. Texts lie
 * at the very end of their memory, so that a sanitizer sees what is read past
 * it. */
#include "config.h"

#include "runtime/csv.h"
#include "runtime/jsonwrite.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS 20000
#define COLUMNS 6

static uint64_t seed = 20250701;

static unsigned pick(unsigned count)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(seed >> 33) % count;
}

/* ------------------------------------------------------------- the plain one */
static enum csv_status plain_end(const char *p, const char *end, bool eof,
                                 struct csv_row *row)
{
    const char *lf = p;
    if (p == end) {
        row->next = p;
        return eof ? CSV_ROW : CSV_MORE;
    }
    if (*p == '\r' && ++lf == end && !eof)
        return CSV_MORE;
    if (lf < end && *lf == '\n') {
        row->line_ends++;
        row->next = lf + 1;
        return CSV_ROW;
    }
    while (p < end && *p != '\n')
        p++;
    row->next = p < end ? p + 1 : p;
    return p < end || eof ? CSV_BAD : CSV_MORE;
}

static const char *plain_quoted(const char *p, const char *end, bool eof,
                                struct csv_field *f, struct csv_row *row)
{
    for (;; p++) {
        if (p == end)
            return NULL;
        row->line_ends += *p == '\n';
        if (*p != '"')
            continue;
        if (p + 1 == end)
            return eof ? p : NULL;
        if (p[1] != '"')
            return p;
        f->doubled = true;
        p++;
    }
}

static enum csv_status plain_row(const char *p, const char *end, bool eof,
                                 size_t max, struct csv_row *row)
{
    row->count = row->line_ends = 0;
    for (;;) {
        struct csv_field *f = &row->fields[row->count];
        if (row->count++ == max) {
            while (p < end && *p != '\n')
                p++;
            row->next = p < end ? p + 1 : p;
            return p < end || eof ? CSV_BAD : CSV_MORE;
        }
        f->quoted = p < end && *p == '"';
        f->doubled = false;
        f->ptr = p += f->quoted;
        if (f->quoted) {
            p = plain_quoted(p, end, eof, f, row);
            row->next = end;
            if (!p)
                return eof ? CSV_BAD : CSV_MORE;
        } else {
            while (p < end && !strchr(",\"\r\n", *p ? *p : 'x'))
                p++;
        }
        f->len = (uint32_t)(p - f->ptr);
        p += f->quoted;
        if (p == end || *p != ',')
            return plain_end(p, end, eof, row);
        p++;
    }
}

/* ------------------------------------------------------------- both */
static size_t make_row(char *out, size_t most)
{
    static const char marks[] = ",,,\"\"\n\r,\"\n";
    size_t len = pick((unsigned)most);
    bool wild = pick(3) == 0;
    for (size_t i = 0; i < len; i++)
        out[i] = pick(wild ? 3 : 9) == 0 ? marks[pick(sizeof marks - 1)]
                 : pick(40) == 0         ? (char)(uint8_t)pick(256)
                                         : (char)('a' + pick(26));
    for (size_t i = 0; i + 1 < len; i++) /* whole line ends, whole quotes */
        if (out[i] == '\r' && pick(4))
            out[i + 1] = '\n';
        else if (out[i] == ',' && pick(3) == 0)
            out[i + 1] = '"';
    return len;
}

static bool is_strange(const char *p, const char *end)
{
    for (; p < end; p++)
        if (*p == 0 || (uint8_t)*p >= 0x80)
            return true;
    return false;
}

static bool same_row(const struct csv_row *a, const struct csv_row *b,
                     enum csv_status status, const char *start)
{
    if (status == CSV_MORE)
        return true;
    if (a->next != b->next)
        return false;
    if (status == CSV_BAD)
        return true;
    if (a->count != b->count || a->line_ends != b->line_ends ||
        (a->ascii && is_strange(start, a->next)))
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct csv_field *x = &a->fields[i], *y = &b->fields[i];
        if (x->ptr != y->ptr || x->len != y->len || x->quoted != y->quoted ||
            x->doubled != y->doubled)
            return false;
    }
    return true;
}

static void check_rows(void)
{
    struct csv_field quick_fields[COLUMNS + 1], plain_fields[COLUMNS + 1];
    struct csv_row quick = { .fields = quick_fields };
    struct csv_row plain = { .fields = plain_fields };
    size_t wrong = 0, kinds[3] = { 0, 0, 0 };
    for (int i = 0; i < ROUNDS; i++) {
        char text[300];
        size_t len = make_row(text, i % 2 ? 40 : sizeof text);
        char *own = mem_alloc(len);
        bool eof = pick(2);
        memcpy(own, text, len);
        for (const char *p = own, *end = own + len; p < end;) {
            enum csv_status got =
                csv_scan_row(p, end, eof, ',', COLUMNS, &quick);
            enum csv_status want = plain_row(p, end, eof, COLUMNS, &plain);
            wrong += got != want || !same_row(&quick, &plain, got, p);
            kinds[want]++;
            if (want == CSV_MORE || got != want)
                break;
            p = plain.next;
        }
        mem_free(own);
    }
    ok(wrong == 0, "csv: %d buffers of rows read as by the plain reader",
       ROUNDS);
    ok(kinds[CSV_ROW] > 1000 && kinds[CSV_MORE] > 1000 &&
           kinds[CSV_BAD] > 1000,
       "csv: whole, cut and damaged rows are among them");
}

/* ------------------------------------------------------------- strings */
static void plain_string(struct buf *b, const char *p, size_t len)
{
    buf_byte(b, '"');
    for (size_t i = 0; i < len; i++) {
        static const char from[] = "\b\f\n\r\t", to[] = "bfnrt";
        const char *found = p[i] ? strchr(from, p[i]) : NULL;
        if (found)
            buf_printf(b, "\\%c", to[found - from]);
        else if (p[i] == '"' || p[i] == '\\')
            buf_printf(b, "\\%c", p[i]);
        else if ((uint8_t)p[i] < 0x20)
            buf_printf(b, "\\u%04x", (uint8_t)p[i]);
        else
            buf_byte(b, p[i]);
    }
    buf_byte(b, '"');
}

static void check_strings(void)
{
    size_t wrong = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct buf quick, plain;
        size_t len = pick(i % 2 ? 20 : 70);
        char *own = mem_alloc(len);
        for (size_t k = 0; k < len; k++)
            own[k] = (char)(uint8_t)(pick(3) ? 'a' + pick(26)
                                             : 0x20 + pick(0xe0));
        if (len && pick(2))
            own[pick((unsigned)len)] =
                pick(2) ? (char)pick(0x20) : "\"\\"[pick(2)];
        buf_init(&quick, 0);
        buf_init(&plain, 0);
        if (pick(3)) { /* with room before it and without */
            buf_room(&quick, 400);
            buf_str(&quick, "");
        }
        json_write_string(&quick, (struct text){ own, len });
        plain_string(&plain, own, len);
        wrong += !text_equal(buf_view(&quick), buf_view(&plain)) ||
                 strlen(buf_cstr(&quick)) != quick.len;
        buf_fini(&quick);
        buf_fini(&plain);
        mem_free(own);
    }
    ok(wrong == 0, "json: %d strings written as by the plain writer", ROUNDS);
}

static void check_copies(void)
{
    size_t wrong = 0;
    for (size_t len = 0; len <= 40; len++) {
        char *from = mem_alloc(len), to[48];
        for (size_t i = 0; i < len; i++)
            from[i] = (char)('A' + i);
        memset(to, '.', sizeof to);
        text_copy(to, from, len);
        wrong += memcmp(to, from, len) != 0 || to[len] != '.';
        mem_free(from);
    }
    ok(wrong == 0, "text: copies of 0 to 40 bytes are whole and no longer");
}

int main(void)
{
    check_rows();
    check_strings();
    check_copies();
    return tap_done();
}
