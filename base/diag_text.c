/* Messages for people: the headline, the user's own lines underlined exactly
 * at the part at fault, labels, notes and fixes; and the one-line form. */
#include "config.h"

#include "base/diag_print.h"

/* Columns of a source line that are shown; a longer line is cut around the
 * part at fault. */
#define SHOWN_COLUMNS 160
#define SHOWN_BEFORE 60

enum paint { PLAIN, BOLD, RED, YELLOW, BLUE, CYAN };

static const char *const paints[] = { "\033[0m",    "\033[1m",    "\033[1;31m",
                                      "\033[1;33m", "\033[1;34m", "\033[36m" };

struct printer {
    struct buf *out;
    const struct diags *d;
    bool colour;
    enum paint level;
    int gutter; /* columns of the largest line number shown */
};

static void paint(struct printer *p, enum paint with)
{
    if (p->colour)
        buf_str(p->out, paints[with]);
}

static enum paint level_paint(enum diag_level level)
{
    switch (level) {
    case DIAG_ERROR:
        return RED;
    case DIAG_WARNING:
        return YELLOW;
    case DIAG_NOTE:
        break;
    }
    return BLUE;
}

static void print_headline(struct printer *p, const struct diag *m)
{
    paint(p, p->level);
    buf_str(p->out, diag_level_word(m->level));
    if (m->code)
        buf_printf(p->out, "[%s]", m->code);
    paint(p, PLAIN);
    buf_byte(p->out, ' ');
    paint(p, BOLD);
    buf_printable(p->out, text_of(m->headline));
    paint(p, PLAIN);
    buf_byte(p->out, '\n');
}

/* One thing to underline on one line. */
struct mark {
    struct span span;
    const char *text;
    bool primary;
};

/* The part of a line that is shown. */
struct window {
    struct text line;
    size_t from, to; /* bytes of `line` */
};

static size_t back_columns(struct text line, size_t at, size_t columns)
{
    while (at > 0 && columns > 0) {
        at--;
        while (at > 0 && ((unsigned char)line.ptr[at] & 0xC0) == 0x80)
            at--;
        columns--;
    }
    return at;
}

static struct window window_of(struct text line, size_t fault)
{
    struct window w = { line, 0, line.len };
    if (utf8_columns(line) <= SHOWN_COLUMNS)
        return w;
    w.from = back_columns(line, fault < line.len ? fault : line.len,
                          SHOWN_BEFORE);
    struct text rest = text_slice(line, w.from, line.len - w.from);
    w.to = w.from + utf8_left(rest, SHOWN_COLUMNS).len;
    return w;
}

/* A tab stays a tab, so that what is below it stays below it. */
static void print_source(struct buf *out, struct text t)
{
    size_t at = 0;
    while (at < t.len) {
        size_t start = at;
        int32_t c = utf8_decode(t, &at);
        if (c == '\t')
            buf_byte(out, '\t');
        else
            buf_printable(out, text_slice(t, start, at - start));
    }
}

static size_t shown_columns(struct text one)
{
    struct buf b;
    buf_init(&b, 64);
    buf_printable(&b, one);
    size_t columns = utf8_columns(buf_view(&b));
    buf_fini(&b);
    return columns;
}

/* As many columns as `t` takes when shown, made of `fill`; tabs stay tabs
 * under blanks. */
static void print_under(struct buf *out, struct text t, char fill)
{
    size_t at = 0;
    while (at < t.len) {
        size_t start = at;
        int32_t c = utf8_decode(t, &at);
        if (c == '\t') {
            buf_byte(out, fill == ' ' ? '\t' : fill);
            continue;
        }
        size_t columns = shown_columns(text_slice(t, start, at - start));
        while (columns--)
            buf_byte(out, fill);
    }
}

static void print_gutter(struct printer *p, uint32_t line)
{
    paint(p, BLUE);
    if (line)
        buf_printf(p->out, "%*u | ", p->gutter, line);
    else
        buf_printf(p->out, "%*s | ", p->gutter, "");
    paint(p, PLAIN);
}

static void print_line(struct printer *p, uint32_t number,
                       const struct window *w)
{
    print_gutter(p, number);
    if (w->from > 0)
        buf_str(p->out, "… ");
    print_source(p->out, text_slice(w->line, w->from, w->to - w->from));
    if (w->to < w->line.len)
        buf_str(p->out, " …");
    buf_byte(p->out, '\n');
}

static void print_carets(struct printer *p, const struct mark *mark,
                         const struct window *w, size_t start, size_t end)
{
    if (start < w->from)
        start = w->from;
    if (start > w->to)
        start = w->to;
    if (end > w->to)
        end = w->to;
    print_gutter(p, 0);
    if (w->from > 0)
        buf_str(p->out, "  ");
    print_under(p->out, text_slice(w->line, w->from, start - w->from), ' ');
    paint(p, mark->primary ? p->level : CYAN);
    char caret = mark->primary ? '^' : '-';
    size_t before = p->out->len;
    if (end > start)
        print_under(p->out, text_slice(w->line, start, end - start), caret);
    if (p->out->len == before)
        buf_byte(p->out, caret);
    if (mark->text) {
        buf_byte(p->out, ' ');
        buf_printable(p->out, text_of(mark->text));
    }
    paint(p, PLAIN);
    buf_byte(p->out, '\n');
}

static uint32_t line_number(struct printer *p, struct span span)
{
    return sources_place(p->d->sources, span.source, span.start).line;
}

/* A byte order mark lies before its line. */
static size_t from_base(uint32_t offset, uint32_t base)
{
    return offset > base ? offset - base : 0;
}

/* The line of `marks[0]` once, then one row of carets for each mark on it. */
#define ODD_MOST 8 /* control characters of a line that are shown */

/* Lines of a file that is no text tell nobody anything. */
static bool is_showable(struct text line)
{
    size_t odd = 0;
    for (size_t i = 0; i < line.len; i++)
        odd += (unsigned char)line.ptr[i] < ' ' && line.ptr[i] != '\t';
    return odd <= ODD_MOST;
}

static void print_marked_line(struct printer *p, const struct mark *marks,
                              size_t count)
{
    uint32_t number = line_number(p, marks[0].span);
    uint32_t source = marks[0].span.source;
    struct text line = sources_line(p->d->sources, source, number);
    const struct source *src = sources_get(p->d->sources, source);
    uint32_t base = src->lines[number - 1];
    size_t fault = from_base(marks[0].span.start, base);
    if (!is_showable(line))
        return;
    for (size_t i = 0; i < count; i++) {
        if (marks[i].primary)
            fault = from_base(marks[i].span.start, base);
    }
    struct window w = window_of(line, fault);
    print_line(p, number, &w);
    for (size_t i = 0; i < count; i++) {
        size_t start = from_base(marks[i].span.start, base);
        size_t end = from_base(marks[i].span.end, base);
        print_carets(p, &marks[i], &w, start,
                     end > line.len ? line.len : end);
    }
}

static void print_path(struct printer *p, struct span span)
{
    const struct source *src = sources_get(p->d->sources, span.source);
    struct place at = sources_place(p->d->sources, span.source, span.start);
    buf_str(p->out, "  ");
    paint(p, CYAN);
    buf_printable(p->out, text_of(src->path));
    buf_printf(p->out, ":%u:%u", at.line, at.column);
    paint(p, PLAIN);
    buf_byte(p->out, '\n');
}

/* Places beyond this are not shown; nobody reads so many. */
#define MARKS_MAX 32

/* In order of place, the primary before others at the same place. */
static void insert_mark(struct mark *marks, size_t *count, struct mark mark)
{
    if (*count == MARKS_MAX)
        return;
    size_t at = *count;
    while (at > 0 && mark.span.start < marks[at - 1].span.start) {
        marks[at] = marks[at - 1];
        at--;
    }
    marks[at] = mark;
    ++*count;
}

static size_t gather_marks(struct printer *p, const struct diag *m,
                           uint32_t source, struct mark *marks)
{
    size_t count = 0;
    if (m->span.source == source)
        insert_mark(marks, &count, (struct mark){ m->span, m->label, true });
    for (const struct diag_label *l = m->labels; l; l = l->next) {
        if (l->span.source == source && sources_get(p->d->sources, source))
            insert_mark(marks, &count,
                        (struct mark){ l->span, l->text, false });
    }
    return count;
}

static void print_snippet(struct printer *p, const struct diag *m,
                          uint32_t source)
{
    struct mark marks[MARKS_MAX];
    size_t count = gather_marks(p, m, source, marks);
    print_path(p, source == m->span.source ? m->span : marks[0].span);
    for (size_t i = 0; i < count;) {
        uint32_t line = line_number(p, marks[i].span);
        size_t end = i + 1;
        while (end < count && line_number(p, marks[end].span) == line)
            end++;
        print_marked_line(p, marks + i, end - i);
        i = end;
    }
}

static bool shown_before(const struct diag *m, const struct diag_label *label)
{
    if (label->span.source == m->span.source)
        return true;
    for (const struct diag_label *l = m->labels; l != label; l = l->next) {
        if (l->span.source == label->span.source)
            return true;
    }
    return false;
}

static void measure_gutter(struct printer *p, const struct diag *m)
{
    uint32_t most = line_number(p, m->span);
    for (const struct diag_label *l = m->labels; l; l = l->next) {
        uint32_t line = line_number(p, l->span);
        most = line > most ? line : most;
    }
    p->gutter = 4;
    for (; most >= 10000; most /= 10)
        p->gutter++;
}

static void print_snippets(struct printer *p, const struct diag *m)
{
    measure_gutter(p, m);
    if (sources_get(p->d->sources, m->span.source))
        print_snippet(p, m, m->span.source);
    for (const struct diag_label *l = m->labels; l; l = l->next) {
        if (sources_get(p->d->sources, l->span.source) && !shown_before(m, l))
            print_snippet(p, m, l->span.source);
    }
}

/* A text that may have several lines, each one indented. */
static void print_indented(struct printer *p, const char *first,
                           const char *string)
{
    struct text t = text_of(string);
    const char *lead = first;
    while (true) {
        size_t end = t.len;
        bool more = text_find(t, TEXT("\n"), &end);
        buf_str(p->out, lead);
        buf_printable(p->out, text_slice(t, 0, more ? end : t.len));
        buf_byte(p->out, '\n');
        if (!more)
            break;
        t = text_slice(t, end + 1, t.len);
        lead = "  ";
    }
}

static void print_fixes(struct printer *p, const struct diag *m)
{
    for (const struct diag_fix *f = m->fixes; f; f = f->next)
        print_indented(p,
                       f->certainty == FIX_SURE ? "  fix: "
                                                : "  fix (choice): ",
                       f->title);
}

void diag_print_text(const struct diags *d, bool colour, struct buf *b)
{
    struct printer p = { .out = b, .d = d, .colour = colour };
    for (const struct diag *m = d->first; m; m = m->next) {
        p.level = level_paint(m->level);
        print_headline(&p, m);
        print_snippets(&p, m);
        for (const struct diag_note *n = m->notes; n; n = n->next)
            print_indented(&p, "  ", n->text);
        print_fixes(&p, m);
        if (m->next)
            buf_byte(b, '\n');
    }
    size_t all = d->error_count + d->warning_count + d->note_count;
    if (all > DIAG_MAX)
        buf_printf(b, "\n%zu more messages are not shown\n", all - DIAG_MAX);
}

void diag_print_brief(const struct diags *d, struct buf *b)
{
    for (const struct diag *m = d->first; m; m = m->next) {
        const struct source *src = sources_get(d->sources, m->span.source);
        if (src) {
            struct place at =
                sources_place(d->sources, m->span.source, m->span.start);
            buf_printable(b, text_of(src->path));
            buf_printf(b, ":%u:%u: ", at.line, at.column);
        }
        buf_str(b, diag_level_word(m->level));
        if (m->code)
            buf_printf(b, "[%s]", m->code);
        buf_str(b, ": ");
        buf_printable(b, text_of(m->headline));
        buf_byte(b, '\n');
    }
}
