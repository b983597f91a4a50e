/* The sentence about a token that cannot stand where it is. */
#include "config.h"

#include "lang/parser.h"
#include <string.h>

#define SAID_MAX 5 /* expected words; more than that help nobody */

struct report {
    struct parse *p;
    struct span at;
    int token;
    const char *name;
    const char *const *expected;
    int count;
};

static bool expects(const struct report *r, const char *name)
{
    for (int i = 0; i < r->count; i++)
        if (strcmp(r->expected[i], name) == 0)
            return true;
    return false;
}

/* The token before the one in hand: the lexer remembers both. */
static const struct token *before(const struct report *r)
{
    return &r->p->lex->prev2;
}

static bool on_next_line(const struct report *r)
{
    const struct lex *lex = r->p->lex;
    uint32_t from = before(r)->span.end, to = r->at.start;

    if (!before(r)->kind || to < from || from < lex->base)
        return false;
    return memchr(lex->text.ptr + (from - lex->base), '\n', to - from) !=
           NULL;
}

static struct text got_text(const struct report *r)
{
    struct text t = span_text(r->p->sources, r->at);
    const char *line = t.len ? memchr(t.ptr, '\n', t.len) : NULL;

    if (line)
        t.len = (size_t)(line - t.ptr);
    if (t.len > 40)
        t = utf8_left(t, 40);
    while (t.len && (t.ptr[t.len - 1] == ' ' || t.ptr[t.len - 1] == '=' ||
                     t.ptr[t.len - 1] == '\r'))
        t.len--;
    return t.len ? t : span_text(r->p->sources, r->at);
}

static bool unfinished_line(const struct report *r)
{
    struct text next = got_text(r);
    bool end = strcmp(r->name, "end of file") == 0;

    if (expects(r, "`}`") || expects(r, "end of file") || !before(r)->kind)
        return false;
    if (!end && !on_next_line(r) && strcmp(r->name, "`}`") != 0)
        return false;
    if (r->p->lex->in_hole) {
        parse_error(r->p, "E0103", before(r)->span,
                    "this is not finished: something is missing before the }");
        return true;
    }
    if (strcmp(r->name, "`field =`") == 0)
        parse_error(r->p, "E0103", before(r)->span,
                    "this line is not finished: the next line already sets "
                    "`%.*s`", TEXT_ARG(next));
    else if (end || !next.len)
        parse_error(r->p, "E0103", before(r)->span,
                    "this line is not finished, and the file ends");
    else
        parse_error(r->p, "E0103", before(r)->span,
                    "this line is not finished: `%.*s` follows",
                    TEXT_ARG(next));
    return true;
}

static bool unclosed(const struct report *r)
{
    const struct lex *lex = r->p->lex;
    const struct bracket *b;
    struct span span;
    struct diag *d;
    bool brace = strcmp(r->name, "`}`") == 0;
    bool arms = expects(r, "`otherwise`") && expects(r, "`}`");
    uint32_t at;

    if (!expects(r, "`)`") && !expects(r, "`]`") && !arms)
        return false;
    if ((!on_next_line(r) && !brace) || lex->in_hole)
        return false;
    if (brace && !lex->left_open)
        return false;
    if (!brace && !lex->depth)
        return false;
    b = &lex->open[lex->depth ? lex->depth - 1 : 0];
    at = brace ? lex->left_open - 1 : b->at;
    span = (struct span){ lex->source, at, at + 1 };
    d = parse_error(r->p, "E0105", span, "this `%c` is not closed",
                    lex->text.ptr[at - lex->base]);
    diag_label(r->p->diags, d, r->at, "this comes first");
    return true;
}

static bool word_as_name(const struct report *r)
{
    struct text t = got_text(r);
    struct diag *d;

    if (!expects(r, "a name") || !word_token(t) || on_next_line(r))
        return false;
    d = parse_error(r->p, "E0106", r->at,
                    "`%.*s` is a word of the language; %s", TEXT_ARG(t),
                    r->count == 1 ? "here comes a name"
                                  : "here comes a value or a name");
    diag_note(r->p->diags, d,
              "A name like that stands in backticks: `%.*s`.", TEXT_ARG(t));
    return true;
}

static void add_expected(const struct report *r, struct diag *d)
{
    struct buf b;

    if (!r->count || r->count > SAID_MAX)
        return;
    buf_init(&b, 1024);
    buf_str(&b, "Here comes ");
    for (int i = 0; i < r->count; i++) {
        if (i)
            buf_str(&b, i + 1 == r->count ? " or " : ", ");
        buf_str(&b, r->expected[i]);
    }
    buf_byte(&b, '.');
    diag_note(r->p->diags, d, "%s", buf_cstr(&b));
    buf_fini(&b);
}

static void add_value_hint(const struct report *r, struct diag *d)
{
    if (r->count > SAID_MAX && expects(r, "a name") &&
        expects(r, "a number"))
        diag_note(r->p->diags, d, "Here comes a value: a name, a number, a "
                                  "text in double quotes, …");
    else if (r->count > SAID_MAX && expects(r, "`flow`"))
        diag_note(r->p->diags, d,
                  "A file holds flows, defines, tables, lets and tests.");
    else if (r->count > SAID_MAX && expects(r, "`field =`") &&
             expects(r, "`when gone`"))
        diag_note(r->p->diags, d,
                  "A statement starts with `Field =` or with a word such as "
                  "`let`, `find`, `require`, `add`.");
}

void parse_report(struct parse *p, struct span at, int token,
                  const char *token_name, const int *expected,
                  const char *const *expected_names, int count)
{
    struct report r = { p, at, token, token_name, expected_names, count };
    struct text t;
    struct diag *d;

    (void)expected;
    if (p->lex->too_deep)
        return; /* told by the lexer, which ends the text there */
    if (unclosed(&r) || unfinished_line(&r) || word_as_name(&r))
        return;
    t = got_text(&r);
    if (strcmp(token_name, "end of file") == 0 || !t.len)
        d = parse_error(p, "E0104", at, "%s",
                        p->lex->in_hole ? "something is missing before the }"
                                        : "the file ends too early");
    else
        d = parse_error(p, "E0104", at, "`%.*s` cannot stand here",
                        TEXT_ARG(t));
    add_expected(&r, d);
    add_value_hint(&r, d);
}
