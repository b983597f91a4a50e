/* Short hands for the checker's messages. A message's level is the first
 * letter of its code: E error, W warning, N note. */
#include "config.h"

#include "lang/check.h"

struct diag *say(struct checker *c, const char *code, struct span span,
                 const char *format, ...)
{
    enum diag_level level = code[0] == 'E'   ? DIAG_ERROR
                            : code[0] == 'W' ? DIAG_WARNING
                                             : DIAG_NOTE;
    va_list args;
    va_start(args, format);
    const char *headline = arena_vprintf(c->arena, format, args);
    va_end(args);
    return diag_add(c->d, level, code, span, "%s", headline);
}

void fix_replace(struct checker *c, struct diag *m,
                 enum fix_certainty certainty, struct span span,
                 const char *replacement)
{
    struct diag_fix *fix =
        diag_fix(c->d, m, certainty, "write `%s`", replacement);
    diag_edit(c->d, fix, span, "%s", replacement);
}

void fix_wrap(struct checker *c, struct diag *m, enum fix_certainty certainty,
              struct span span, const char *before, const char *after)
{
    struct text inner = span_text(&c->p->sources, span);
    struct diag_fix *fix =
        inner.len > 60 ? diag_fix(c->d, m, certainty, "write `%s…%s`", before,
                                  after)
                       : diag_fix(c->d, m, certainty, "write `%s%.*s%s`",
                                  before, TEXT_ARG(inner), after);
    diag_edit(c->d, fix, (struct span){ span.source, span.start, span.start },
              "%s", before);
    diag_edit(c->d, fix, (struct span){ span.source, span.end, span.end }, "%s",
              after);
}

/* The user's own words, shortened for a sentence. */
const char *shown(struct checker *c, struct span span)
{
    struct text t = span_text(&c->p->sources, span);
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] == '\n')
            t.len = i;
    if (utf8_count(t) <= 60)
        return text_cstr(c->arena, t);
    return arena_printf(c->arena, "%.*s…", TEXT_ARG(utf8_left(t, 57)));
}
