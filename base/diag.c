/* Lists of messages: adding, ordering, and the text that their sure fixes
 * make. The printers stand in base/diag_text.c and base/diag_data.c. */
#include "config.h"

#include "base/diag.h"
#include "base/diag_print.h"
#include <stdlib.h>
#include <string.h>

void diags_init(struct diags *d, struct arena *arena,
                const struct sources *sources)
{
    *d = (struct diags){ .arena = arena, .sources = sources };
}

static size_t *counter(struct diags *d, enum diag_level level)
{
    switch (level) {
    case DIAG_ERROR:
        return &d->error_count;
    case DIAG_WARNING:
        return &d->warning_count;
    case DIAG_NOTE:
        break;
    }
    return &d->note_count;
}

struct diag *diag_add(struct diags *d, enum diag_level level, const char *code,
                      struct span span, const char *format, ...)
{
    size_t before = d->error_count + d->warning_count + d->note_count;
    struct diag *m = ARENA_NEW(d->arena, struct diag);
    m->level = level;
    m->code = code;
    m->span = span;
    va_list args;
    va_start(args, format);
    m->headline = arena_vprintf(d->arena, format, args);
    va_end(args);
    ++*counter(d, level);
    if (before >= DIAG_MAX)
        return m; /* counted, but not kept */
    if (d->last)
        d->last->next = m;
    else
        d->first = m;
    d->last = m;
    return m;
}

void diag_set_label(struct diags *d, struct diag *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    m->label = arena_vprintf(d->arena, format, args);
    va_end(args);
}

void diag_label(struct diags *d, struct diag *m, struct span span,
                const char *format, ...)
{
    struct diag_label *label = ARENA_NEW(d->arena, struct diag_label);
    label->span = span;
    va_list args;
    va_start(args, format);
    label->text = arena_vprintf(d->arena, format, args);
    va_end(args);
    struct diag_label **end = &m->labels;
    while (*end)
        end = &(*end)->next;
    *end = label;
}

void diag_note(struct diags *d, struct diag *m, const char *format, ...)
{
    struct diag_note *note = ARENA_NEW(d->arena, struct diag_note);
    va_list args;
    va_start(args, format);
    note->text = arena_vprintf(d->arena, format, args);
    va_end(args);
    struct diag_note **end = &m->notes;
    while (*end)
        end = &(*end)->next;
    *end = note;
}

struct diag_fix *diag_fix(struct diags *d, struct diag *m,
                          enum fix_certainty certainty, const char *format, ...)
{
    struct diag_fix *fix = ARENA_NEW(d->arena, struct diag_fix);
    fix->certainty = certainty;
    va_list args;
    va_start(args, format);
    fix->title = arena_vprintf(d->arena, format, args);
    va_end(args);
    struct diag_fix **end = &m->fixes;
    while (*end)
        end = &(*end)->next;
    *end = fix;
    return fix;
}

void diag_edit(struct diags *d, struct diag_fix *fix, struct span span,
               const char *format, ...)
{
    struct diag_edit *edit = ARENA_NEW(d->arena, struct diag_edit);
    edit->span = span;
    va_list args;
    va_start(args, format);
    edit->replacement = arena_vprintf(d->arena, format, args);
    va_end(args);
    struct diag_edit **end = &fix->edits;
    while (*end)
        end = &(*end)->next;
    *end = edit;
}

struct ordered {
    struct diag *m;
    size_t number; /* so that equals keep their order */
};

static int by_number(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare(const void *left, const void *right)
{
    const struct ordered *a = left;
    const struct ordered *b = right;
    if (a->m->span.source != b->m->span.source)
        return by_number(a->m->span.source, b->m->span.source);
    if (a->m->span.start != b->m->span.start)
        return by_number(a->m->span.start, b->m->span.start);
    if (a->m->level != b->m->level)
        return a->m->level > b->m->level ? -1 : 1;
    int code = strcmp(a->m->code ? a->m->code : "", b->m->code ? b->m->code
                                                              : "");
    return code ? code : by_number(a->number, b->number);
}

void diags_sort(struct diags *d)
{
    size_t count = 0;
    for (struct diag *m = d->first; m; m = m->next)
        count++;
    if (count < 2)
        return;
    struct ordered *list = mem_alloc(count * sizeof *list);
    size_t i = 0;
    for (struct diag *m = d->first; m; m = m->next, i++)
        list[i] = (struct ordered){ m, i };
    qsort(list, count, sizeof *list, compare);
    for (i = 0; i + 1 < count; i++)
        list[i].m->next = list[i + 1].m;
    d->first = list[0].m;
    d->last = list[count - 1].m;
    d->last->next = NULL;
    mem_free(list);
}

const char *diag_level_word(enum diag_level level)
{
    static const char *const words[] = { "note", "warning", "error" };
    return words[level];
}

void diags_print(const struct diags *d, enum diag_format format, bool colour,
                 const char *(*titles)(const char *code), FILE *out)
{
    struct buf b;
    buf_init(&b, 0);
    switch (format) {
    case DIAG_TEXT:
        diag_print_text(d, colour, &b);
        break;
    case DIAG_BRIEF:
        diag_print_brief(d, &b);
        break;
    case DIAG_JSON:
        diag_print_json(d, &b);
        break;
    case DIAG_SARIF:
        diag_print_sarif(d, titles, &b);
        break;
    case DIAG_GITHUB:
        diag_print_github(d, &b);
        break;
    }
    if (b.len)
        fwrite(b.ptr, 1, b.len, out);
    buf_fini(&b);
}

/* ------------------------------------------------------------- fixing */

struct accepted {
    const struct diag_edit **edits;
    size_t count, cap;
};

static bool collide(struct span a, struct span b)
{
    if (a.source != b.source)
        return false;
    if (a.start == b.start)
        return true; /* two at one place: which goes first is a guess */
    return a.start < b.end && b.start < a.end;
}

static bool is_sound(const struct sources *sources, struct span span)
{
    const struct source *src = sources_get(sources, span.source);
    return src && span.start <= span.end && span.end <= src->text.len;
}

static bool fits_in(const struct diags *d, const struct diag_fix *fix,
                    uint32_t source, const struct accepted *done)
{
    if (fix->certainty != FIX_SURE || !fix->edits)
        return false;
    for (const struct diag_edit *e = fix->edits; e; e = e->next) {
        /* a fix is done whole or not at all */
        if (e->span.source != source || !is_sound(d->sources, e->span))
            return false;
        for (size_t i = 0; i < done->count; i++) {
            if (collide(e->span, done->edits[i]->span))
                return false;
        }
        for (const struct diag_edit *o = e->next; o; o = o->next) {
            if (collide(e->span, o->span))
                return false;
        }
    }
    return true;
}

static void accept(struct accepted *done, const struct diag_fix *fix)
{
    for (const struct diag_edit *e = fix->edits; e; e = e->next) {
        if (done->count == done->cap) {
            done->cap = done->cap ? done->cap * 2 : 16;
            done->edits =
                mem_realloc(done->edits, done->cap * sizeof *done->edits);
        }
        done->edits[done->count++] = e;
    }
}

static int by_start(const void *left, const void *right)
{
    const struct diag_edit *const *a = left;
    const struct diag_edit *const *b = right;
    return by_number((*a)->span.start, (*b)->span.start);
}

struct text diags_apply_fixes(const struct diags *d, uint32_t source,
                              struct arena *arena, size_t *applied)
{
    struct accepted done = { 0 };
    size_t count = 0;
    for (const struct diag *m = d->first; m; m = m->next) {
        const struct diag_fix *fix = m->fixes;
        while (fix && !fits_in(d, fix, source, &done))
            fix = fix->next;
        if (fix) {
            accept(&done, fix);
            count++;
        }
    }
    if (applied)
        *applied = count;
    const struct source *src = sources_get(d->sources, source);
    struct text t = src ? src->text : TEXT_NONE;
    if (done.count)
        qsort(done.edits, done.count, sizeof *done.edits, by_start);
    struct buf b;
    buf_init(&b, 0);
    size_t at = 0;
    for (size_t i = 0; i < done.count; i++) {
        const struct diag_edit *e = done.edits[i];
        buf_text(&b, text_slice(t, at, e->span.start - at));
        buf_str(&b, e->replacement);
        at = e->span.end;
    }
    buf_text(&b, text_slice(t, at, t.len - at));
    struct text result = buf_dup(arena, &b);
    buf_fini(&b);
    mem_free(done.edits);
    return result;
}
