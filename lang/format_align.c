/* Lines with marks in them become lines with columns: neighbours of one
 * indent that have marks stand in one block, and each cell is as wide as the
 * widest of its block. Very wide cells stand out and do not count. */
#include "config.h"

#include "lang/format.h"
#include <string.h>

#define CELL_MAX 44  /* columns; wider ones are not aligned to */
#define CELLS_MAX 6

struct line {
    struct text cell[CELLS_MAX];
    int cells;
    size_t indent;
    struct text comment;
    size_t width; /* of the code, once written */
};

static size_t count_indent(struct text t)
{
    size_t i = 0;

    while (i < t.len && t.ptr[i] == ' ')
        i++;
    return i;
}

static void split(struct text t, struct line *line)
{
    const char *mark = t.len ? memchr(t.ptr, MARK_COMMENT, t.len) : NULL;

    memset(line, 0, sizeof *line);
    if (mark) {
        line->comment =
            text_slice(t, (size_t)(mark - t.ptr) + 1, t.len);
        t.len = (size_t)(mark - t.ptr);
    }
    line->indent = count_indent(t);
    while (line->cells < CELLS_MAX - 1 && t.len &&
           (mark = memchr(t.ptr, MARK_CELL, t.len))) {
        size_t len = (size_t)(mark - t.ptr);

        line->cell[line->cells++] = text_slice(t, 0, len);
        t = text_slice(t, len + 1, t.len - len - 1);
    }
    line->cell[line->cells++] = t;
}

static bool one_block(const struct line *a, const struct line *b)
{
    return a->cells > 1 && b->cells > 1 && a->indent == b->indent;
}

static size_t widest(const struct line *lines, size_t count, int cell)
{
    size_t width = 0;

    for (size_t i = 0; i < count; i++) {
        size_t w;

        if (cell >= lines[i].cells - 1)
            continue;
        w = utf8_columns(lines[i].cell[cell]);
        if (w > width && w <= CELL_MAX)
            width = w;
    }
    return width;
}

static void trim_end(struct buf *b, size_t from)
{
    while (b->len > from && b->ptr[b->len - 1] == ' ')
        b->len--;
}

static void pad(struct buf *b, size_t have, size_t want)
{
    do
        buf_byte(b, ' ');
    while (++have <= want);
}

static void write_code(struct line *line, const size_t *widths, struct buf *b)
{
    size_t start = b->len;

    for (int i = 0; i < line->cells; i++) {
        buf_text(b, line->cell[i]);
        if (i + 1 < line->cells)
            pad(b, utf8_columns(line->cell[i]), widths[i]);
    }
    trim_end(b, start);
    line->width = b->len > start
                      ? utf8_columns((struct text){ b->ptr + start,
                                                    b->len - start })
                      : 0;
}

/* Comments of neighbouring lines stand under each other. */
static size_t comment_column(const struct line *lines, size_t i, size_t count)
{
    size_t from = i, to = i, width = 0;

    while (from > 0 && lines[from - 1].comment.len)
        from--;
    while (to < count && lines[to].comment.len)
        to++;
    for (size_t j = from; j < to; j++)
        if (lines[j].width > width && lines[j].width <= 80)
            width = lines[j].width;
    return width;
}

static size_t count_lines(struct text t)
{
    size_t count = 0;

    for (size_t i = 0; i < t.len; i++)
        count += t.ptr[i] == '\n';
    return count;
}

static struct line *split_all(struct text t, size_t count)
{
    struct line *lines = mem_alloc(sizeof(struct line) * (count + 1));

    for (size_t i = 0; i < count; i++) {
        const char *end = memchr(t.ptr, '\n', t.len);
        size_t len = (size_t)(end - t.ptr);

        split(text_slice(t, 0, len), &lines[i]);
        t = text_slice(t, len + 1, t.len - len - 1);
    }
    return lines;
}

static void widths_of(const struct line *lines, size_t count, size_t *widths)
{
    for (int cell = 0; cell < CELLS_MAX; cell++)
        widths[cell] = widest(lines, count, cell);
}

static void write_comment(const struct line *lines, size_t i, size_t count,
                          struct buf *out)
{
    if (!lines[i].comment.len)
        return;
    buf_byte(out, ' ');
    pad(out, lines[i].width, comment_column(lines, i, count));
    buf_text(out, lines[i].comment);
}

/* Code first, so that comments can know how wide it is. */
static void write_lines(struct line *lines, size_t count, struct buf *out)
{
    struct buf code;
    size_t widths[CELLS_MAX];
    size_t *ends = mem_alloc(sizeof *ends * (count + 1)), block = 0, at = 0;

    buf_init(&code, (size_t)SIZE_MAX >> 1);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !one_block(&lines[i - 1], &lines[i]))
            block = i;
        if (block == i) {
            size_t end = i + 1;

            while (end < count && one_block(&lines[end - 1], &lines[end]))
                end++;
            widths_of(lines + i, end - i, widths);
        }
        write_code(&lines[i], widths, &code);
        ends[i] = code.len;
    }
    for (size_t i = 0; i < count; i++) {
        buf_add(out, code.ptr + at, ends[i] - at);
        at = ends[i];
        write_comment(lines, i, count, out);
        buf_byte(out, '\n');
    }
    buf_fini(&code);
    mem_free(ends);
}

void format_align(struct text lines, struct buf *out)
{
    size_t count = count_lines(lines);
    struct line *list = split_all(lines, count);

    write_lines(list, count, out);
    mem_free(list);
}
