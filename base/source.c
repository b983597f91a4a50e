/* Source texts: their lines, and where in them an offset lies. */
#include "config.h"

#include "base/diag.h"

/* Files a program may be made of; `use` and catalogs are far below. */
#define SOURCES_MAX 100000

void sources_init(struct sources *s, struct arena *arena)
{
    *s = (struct sources){ .arena = arena };
}

static size_t bom_len(struct text t)
{
    return text_starts(t, TEXT("\xEF\xBB\xBF")) ? 3 : 0;
}

static void index_lines(struct source *src, struct arena *arena)
{
    uint32_t count = 1;
    for (size_t i = 0; i < src->text.len; i++)
        count += src->text.ptr[i] == '\n';
    src->lines = ARENA_ARRAY(arena, uint32_t, count);
    src->line_count = count;
    uint32_t line = 0;
    src->lines[line++] = (uint32_t)bom_len(src->text);
    for (size_t i = 0; i < src->text.len; i++) {
        if (src->text.ptr[i] == '\n')
            src->lines[line++] = (uint32_t)(i + 1);
    }
}

static void grow(struct sources *s)
{
    uint32_t cap = s->cap ? s->cap * 2 : 8;
    struct source *list = ARENA_ARRAY(s->arena, struct source, cap);
    for (uint32_t i = 0; i < s->count; i++)
        list[i] = s->list[i];
    s->list = list;
    s->cap = cap;
}

uint32_t sources_add(struct sources *s, const char *path, struct text text,
                     bool builtin)
{
    if (s->count + 1 >= s->cap) {
        if (s->cap > SOURCES_MAX)
            return 0;
        grow(s);
    }
    if (s->count == 0)
        s->count = 1; /* [0] is "nowhere" */
    struct source *src = &s->list[s->count];
    src->path = arena_strdup(s->arena, path);
    src->text = text_dup(s->arena, text);
    src->builtin = builtin;
    index_lines(src, s->arena);
    return s->count++;
}

const struct source *sources_get(const struct sources *s, uint32_t number)
{
    return number > 0 && number < s->count ? &s->list[number] : NULL;
}

/* Last line that begins at or before `offset`, from 0. */
static uint32_t line_of(const struct source *src, uint32_t offset)
{
    uint32_t low = 0;
    uint32_t high = src->line_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (src->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct place sources_place(const struct sources *s, uint32_t number,
                           uint32_t offset)
{
    const struct source *src = sources_get(s, number);
    if (!src)
        return (struct place){ 0, 0 };
    if (offset > src->text.len)
        offset = (uint32_t)src->text.len;
    uint32_t line = line_of(src, offset);
    uint32_t start = src->lines[line];
    struct text before = TEXT_NONE;
    if (offset > start)
        before = text_slice(src->text, start, offset - start);
    return (struct place){ line + 1, (uint32_t)utf8_count(before) + 1 };
}

struct text sources_line(const struct sources *s, uint32_t number,
                         uint32_t line)
{
    const struct source *src = sources_get(s, number);
    if (!src || line == 0 || line > src->line_count)
        return TEXT_NONE;
    size_t start = src->lines[line - 1];
    size_t end = line < src->line_count ? src->lines[line] - 1 : src->text.len;
    struct text t = text_slice(src->text, start, end > start ? end - start : 0);
    if (t.len && t.ptr[t.len - 1] == '\r')
        t.len--;
    return t;
}

struct text span_text(const struct sources *s, struct span span)
{
    const struct source *src = sources_get(s, span.source);
    if (!src || span.end < span.start)
        return TEXT_NONE;
    return text_slice(src->text, span.start, span.end - span.start);
}

struct span span_join(struct span a, struct span b)
{
    if (a.source == 0)
        return b;
    if (b.source != a.source)
        return a;
    if (b.start < a.start)
        a.start = b.start;
    if (b.end > a.end)
        a.end = b.end;
    return a;
}
