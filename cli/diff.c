/* A unified difference, for mlc fmt --diff: equal head and tail are cut off,
 * between them the longest common sequence decides; where that would cost too
 * much the whole middle counts as changed. */
#include "config.h"

#include "cli/diff.h"
#include <string.h>

#define AROUND 3
#define CELLS_MAX ((size_t)4 << 20)

struct lines {
    struct text *at;
    size_t count;
};

struct edit {
    char sign; /* ' ', '-', '+' */
    struct text line;
    size_t before, after; /* 0-based numbers it has, or would have */
};

struct script {
    struct edit *list;
    size_t count;
};

static struct lines split(struct text t)
{
    struct lines l = { mem_alloc(sizeof(struct text) * (t.len + 1)), 0 };

    while (t.len) {
        const char *end = memchr(t.ptr, '\n', t.len);
        size_t len = end ? (size_t)(end - t.ptr) + 1 : t.len;

        l.at[l.count++] = text_slice(t, 0, len);
        t = text_slice(t, len, t.len - len);
    }
    return l;
}

static void add(struct script *s, char sign, struct text line, size_t before,
                size_t after)
{
    s->list[s->count++] = (struct edit){ sign, line, before, after };
}

/* Lengths of the longest common sequences of the tails. */
static uint32_t *lengths(const struct text *a, size_t n, const struct text *b,
                         size_t m)
{
    uint32_t *t = mem_zalloc(sizeof *t * (n + 1) * (m + 1));

    for (size_t i = n; i-- > 0;)
        for (size_t j = m; j-- > 0;) {
            uint32_t down = t[(i + 1) * (m + 1) + j];
            uint32_t right = t[i * (m + 1) + j + 1];

            if (text_equal(a[i], b[j]))
                t[i * (m + 1) + j] = t[(i + 1) * (m + 1) + j + 1] + 1;
            else
                t[i * (m + 1) + j] = down > right ? down : right;
        }
    return t;
}

static void middle(struct script *s, const struct text *a, size_t n,
                   const struct text *b, size_t m, size_t at)
{
    bool whole = n && m > CELLS_MAX / (n + 1);
    uint32_t *t = whole ? NULL : lengths(a, n, b, m);
    size_t i = 0, j = 0;

    while (i < n || j < m) {
        if (t && i < n && j < m && text_equal(a[i], b[j])) {
            add(s, ' ', a[i], at + i, at + j);
            i++;
            j++;
        } else if (i < n && (j == m || !t ||
                             t[(i + 1) * (m + 1) + j] >=
                                 t[i * (m + 1) + j + 1])) {
            add(s, '-', a[i], at + i, at + j);
            i++;
        } else {
            add(s, '+', b[j], at + i, at + j);
            j++;
        }
    }
    mem_free(t);
}

static void compare(struct script *s, const struct lines *a,
                    const struct lines *b)
{
    size_t head = 0, tail = 0;

    while (head < a->count && head < b->count &&
           text_equal(a->at[head], b->at[head]))
        head++;
    while (tail < a->count - head && tail < b->count - head &&
           text_equal(a->at[a->count - 1 - tail], b->at[b->count - 1 - tail]))
        tail++;
    for (size_t i = 0; i < head; i++)
        add(s, ' ', a->at[i], i, i);
    middle(s, a->at + head, a->count - head - tail, b->at + head,
           b->count - head - tail, head);
    for (size_t i = tail; i > 0; i--)
        add(s, ' ', a->at[a->count - i], a->count - i, b->count - i);
}

static void print_line(const struct edit *e, struct buf *out)
{
    buf_byte(out, e->sign);
    buf_printable(out, e->line.len && e->line.ptr[e->line.len - 1] == '\n'
                           ? text_slice(e->line, 0, e->line.len - 1)
                           : e->line);
    buf_byte(out, '\n');
    if (!e->line.len || e->line.ptr[e->line.len - 1] != '\n')
        buf_str(out, "\\ No newline at end of file\n");
}

static void print_range(struct buf *out, char sign, size_t at, size_t count)
{
    buf_printf(out, "%c%zu", sign, count ? at + 1 : at);
    if (count != 1)
        buf_printf(out, ",%zu", count);
}

static void print_hunk(const struct script *s, size_t from, size_t to,
                       struct buf *out)
{
    size_t before = 0, after = 0;

    for (size_t i = from; i < to; i++) {
        before += s->list[i].sign != '+';
        after += s->list[i].sign != '-';
    }
    buf_str(out, "@@ ");
    print_range(out, '-', s->list[from].before, before);
    buf_byte(out, ' ');
    print_range(out, '+', s->list[from].after, after);
    buf_str(out, " @@\n");
    for (size_t i = from; i < to; i++)
        print_line(&s->list[i], out);
}

/* The end of the hunk whose first change is at `i`. */
static size_t hunk_end(const struct script *s, size_t i)
{
    size_t last = i;

    for (; i < s->count && i - last <= 2 * AROUND; i++)
        if (s->list[i].sign != ' ')
            last = i;
    return last + 1 + AROUND < s->count ? last + 1 + AROUND : s->count;
}

void diff_print(const char *path, struct text before, struct text after,
                struct buf *out)
{
    struct lines a = split(before), b = split(after);
    struct script s = { mem_alloc(sizeof(struct edit) *
                                  (a.count + b.count + 1)), 0 };
    size_t i = 0;

    compare(&s, &a, &b);
    buf_printf(out, "--- %s\n+++ %s\n", path, path);
    while (i < s.count) {
        size_t end;

        if (s.list[i].sign == ' ') {
            i++;
            continue;
        }
        end = hunk_end(&s, i);
        print_hunk(&s, i > AROUND ? i - AROUND : 0, end, out);
        i = end;
    }
    mem_free(s.list);
    mem_free(a.at);
    mem_free(b.at);
}
