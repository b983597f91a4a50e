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

static bool is_verb(int token)
{
    return token == TOK_HOLD || token == TOK_REJECT_RECORD || token == TOK_SKIP ||
           token == TOK_WARN || token == TOK_STOP;
}

/* `skip when c` without a reason, `require c` without an outcome: the words of
 * the line tell which. */
static bool lacks_reason(const struct report *r)
{
    static const char *const verbs[] = { "hold", "reject", "skip", "warn",
                                         "stop" };
    const struct lex *lex = r->p->lex;
    size_t end = before(r)->span.end - lex->base, from = end;
    struct span at = { before(r)->span.source, before(r)->span.end,
                       before(r)->span.end };
    struct diag *d = NULL;
    const char *add = " \"why\"";

    while (from && lex->text.ptr[from - 1] != '\n')
        from--;
    struct text line = text_trim(text_slice(lex->text, from, end - from));
    for (size_t i = 0; !d && i < sizeof verbs / sizeof *verbs; i++) {
        const char *start = arena_printf(r->p->arena, "%s when ", verbs[i]);
        if (text_starts(line, text_of(start)) &&
            (line.ptr[line.len - 1] != '"' ||
             expects(r, "a text in double quotes")))
            d = parse_error(r->p, "E0103", before(r)->span,
                            "this line is not finished: `%s when` ends with a "
                            "reason in quotes", verbs[i]);
    }
    if (!d && is_verb(before(r)->kind) &&
        expects(r, "a text in double quotes"))
        d = parse_error(r->p, "E0103", before(r)->span,
                        "this line is not finished: behind `%.*s` comes a "
                        "reason in quotes",
                        TEXT_ARG(span_text(r->p->sources, before(r)->span)));
    if (!d && text_starts(line, TEXT("require ")) && expects(r, "`else`")) {
        d = parse_error(r->p, "E0103", before(r)->span,
                        "this line is not finished: `require` says what "
                        "happens otherwise");
        add = " else hold \"why\"";
    }
    if (!d)
        return false;
    diag_edit(r->p->diags,
              diag_fix(r->p->diags, d, FIX_CHOICE, "add%s", add), at, "%s",
              add);
    return true;
}

/* every hour, every day, every monday */
static bool lacks_time(const struct report *r)
{
    static const char *const units[] = { "second", "minute", "hour", "day",
                                         "week", "month" };
    const struct token *last = before(r);
    struct text word = span_text(r->p->sources, last->span);
    const char *form = NULL;
    struct diag *d;

    if (!expects(r, "`at`") || last->kind != TOK_NAME)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units && i < 3; i++)
        if (text_is(word, units[i]))
            form = arena_printf(r->p->arena, "1 %s", units[i]);
    if (!form && text_is(word, "month"))
        form = "month on 1 at 06:00";
    if (!form && text_is(word, "week"))
        form = "monday at 06:00";
    if (!form && word.len > 3 && text_ends(word, TEXT("day")) &&
        !text_is(word, "weekday"))
        form = arena_printf(r->p->arena, "%c%.*s at 06:00",
                            word.ptr[0] & ~32, (int)word.len - 1,
                            word.ptr + 1);
    if (!form)
        form = arena_printf(r->p->arena, "%.*s at 06:00", TEXT_ARG(word));
    d = parse_error(r->p, "E0103", last->span,
                    "this line is not finished: it says every how many, or at "
                    "what time");
    diag_edit(r->p->diags,
              diag_fix(r->p->diags, d, FIX_CHOICE, "write `%s`", form),
              last->span, "%s", form);
    return true;
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
    if (lacks_reason(r))
        return true;
    if (lacks_time(r))
        return true;
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

    if (!expects(r, "a name") || !word_token(t) || on_next_line(r) ||
        (is_verb(before(r)->kind) && text_is(t, "if")))
        return false;
    d = parse_error(r->p, "E0106", r->at,
                    "`%.*s` is a word of the language; %s", TEXT_ARG(t),
                    r->count == 1 ? "here comes a name"
                                  : "here comes a value or a name");
    diag_note(r->p->diags, d,
              "A name like that stands in backticks: `%.*s`.", TEXT_ARG(t));
    return true;
}

/* Signs that are read to be answered only: `=>` and `<-` for `->`. */
static bool is_habit(const struct report *r, const char *name)
{
    return expects(r, "`->`") &&
           (strcmp(name, "`=>`") == 0 || strcmp(name, "`<`") == 0);
}

static void add_expected(const struct report *r, struct diag *d)
{
    struct buf b;
    const char *said[SAID_MAX];
    int count = 0;

    if (!r->count || r->count > SAID_MAX)
        return;
    for (int i = 0; i < r->count; i++)
        if (!is_habit(r, r->expected[i]))
            said[count++] = r->expected[i];
    buf_init(&b, 1024);
    buf_str(&b, "Here comes ");
    for (int i = 0; i < count; i++) {
        if (i)
            buf_str(&b, i + 1 == count ? " or " : ", ");
        buf_str(&b, said[i]);
    }
    buf_byte(&b, '.');
    diag_note(r->p->diags, d, "%s", buf_cstr(&b));
    buf_fini(&b);
}

/* What somebody means who starts a statement so. */
static const char *meant(struct text word)
{
    static const char *const table[][2] = {
        { "if", "A value is chosen where it is set: Field = if c then a else "
                "b. A record is kept out with skip when c \"why\"." },
        { "for", "Lists are gone through where a value is made: add Lines for "
                 "each x in list { … }, sum(x.amount for each x in list)." },
        { "foreach", "Lists are gone through where a value is made: add Lines "
                     "for each x in list { … }." },
        { "while", "Nothing repeats here; lists are gone through with `for "
                   "each`." },
        { "schedule", "When a flow runs is said so: every 15 minutes, every "
                      "day at 06:00." },
        { "cron", "When a flow runs is said so: every 15 minutes, every day "
                  "at 06:00." },
        { "run", "When a flow runs is said so: every 15 minutes, every day at "
                 "06:00." },
        { "print", "What a person should know of a record is told so: warn "
                   "when condition \"message\"." },
        { "log", "What a person should know of a record is told so: warn when "
                 "condition \"message\"." },
        { "echo", "What a person should know of a record is told so: warn when "
                  "condition \"message\"." },
        { "delete", "Nothing is deleted: say what is set instead, when gone { "
                    "Active = no }, or when gone leave." },
        { "on", "What goes wrong with a record holds that record by itself; "
                "`on change` runs the flow when the source says so." },
        { "catch", "What goes wrong with a record holds that record by "
                   "itself." },
        { "raise", "A record is held so: hold when condition \"why\"." },
        { "throw", "A record is held so: hold when condition \"why\"." },
        { "assert", "What must be true is written so: require condition else "
                    "hold \"why\"." },
        { "join", "Another system is looked into so: find x in App.object "
                  "where x.Field is value." },
        { "switch", "One of several values is chosen where it is set: Field = "
                    "choose { when c => a otherwise => b }." },
        { "try", "A failure of a value is caught where it is made: x = try a "
                 "else b. What goes wrong otherwise holds the record." },
        { "return", "A flow ends by itself; a record is kept out with skip "
                    "when c \"why\"." },
        { "continue", "A record is left out with skip when c \"why\"." },
        { "break", "Nothing repeats here; a record is left out with skip when "
                   "c \"why\"." },
        { "pass", "A body may be empty: nothing has to stand here." },
        { "set", "A field is set so: Field = value." },
        { "map", "A field is set so: Field = value." },
        { "left", "Another record is found with find x in App.object where "
                  "x.Field is value; fields of a related one are reached by a "
                  "dot." },
        { "inner", "Another record is found with find x in App.object where "
                   "x.Field is value; fields of a related one are reached by a "
                   "dot." },
        { "select", "What is read stands before the arrow: App.object -> "
                    "App.object where …; another record is found with find x "
                    "in App.object where x.Field is value." },
        { "insert", "What is written stands behind the arrow: App.object -> "
                    "App.object { write creates }." },
        { "update", "What is written stands behind the arrow: App.object -> "
                    "App.object { write updates }." },
        { "upsert", "What is written stands behind the arrow: App.object -> "
                    "App.object { write creates and updates }." },
        { "merge", "What is written stands behind the arrow: App.object -> "
                   "App.object { write creates and updates }." },
        { "having", "What a group must be is written so: require count(group) "
                    "> 1 else skip \"why\"." },
        { "lookup", "Another system is looked into so: find x in App.object "
                    "where x.Field is value." },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (text_equal_nocase(word, text_of(table[i][0])))
            return table[i][1];
    return NULL;
}

/* hold if c "why" */
static bool add_verb_hint(const struct report *r, struct diag *d)
{
    struct diag_fix *fix;

    if (!is_verb(before(r)->kind) || !text_is(got_text(r), "if"))
        return false;
    fix = diag_fix(r->p->diags, d, FIX_SURE, "replace `if` with `when`");
    diag_edit(r->p->diags, fix, r->at, "when");
    return true;
}

/* select a from b: the word that starts the line tells what was meant. */
static struct text first_word_of_line(const struct report *r)
{
    const struct lex *lex = r->p->lex;
    size_t from = r->at.start - lex->base, end;

    while (from && lex->text.ptr[from - 1] != '\n')
        from--;
    while (from < lex->text.len && lex->text.ptr[from] == ' ')
        from++;
    end = from;
    while (end < lex->text.len && ((lex->text.ptr[end] | 32) >= 'a') &&
           ((lex->text.ptr[end] | 32) <= 'z'))
        end++;
    return text_slice(lex->text, from, end - from);
}

/* Due date = …, match on Invoice no. */
static struct text two_words(const struct report *r)
{
    const struct lex *lex = r->p->lex;
    bool first = text_equal(first_word_of_line(r), got_text(r));
    size_t from = (first ? r->at.start : before(r)->span.start) - lex->base;
    size_t end = r->at.start - lex->base;

    while (end < lex->text.len && lex->text.ptr[end] != '=' &&
           lex->text.ptr[end] != '\n' && lex->text.ptr[end] != '{' &&
           lex->text.ptr[end] != ',' && lex->text.ptr[end] != '/')
        end++;
    return text_trim(text_slice(lex->text, from, end - from));
}

static bool is_two_words(const struct report *r)
{
    struct text first = first_word_of_line(r);

    const struct lex *lex = r->p->lex;
    size_t at = r->at.start - lex->base;
    bool sets = false;

    while (at < lex->text.len && lex->text.ptr[at] != '\n')
        sets |= lex->text.ptr[at++] == '=' && lex->text.ptr[at] != '>';
    if (text_equal(first, got_text(r)) && sets && lex->depth && !meant(first))
        return memchr(two_words(r).ptr, ' ', two_words(r).len) &&
               lex->place == OBJECT_NONE;
    return before(r)->kind == TOK_NAME && !on_next_line(r) && lex->depth &&
           lex->place == OBJECT_NONE && !meant(first) &&
           (text_is(first, "match") ||
            (sets &&
             text_equal(first, span_text(r->p->sources, before(r)->span))));
}

/* A word that starts a statement of a body. */
static bool starts_body(const struct report *r)
{
    static const char *const words[] = { "`match on`", "`read`", "`write`",
                                         "`every`", "`owner`", "`find`",
                                         "`require`", "`add`", "`field =`",
                                         "`limit`", "`when gone`", "`after`",
                                         "`recheck`", "`on change`" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(r->name, words[i]) == 0)
            return true;
    return false;
}

static void add_value_hint(const struct report *r, struct diag *d)
{
    if (r->count > SAID_MAX && expects(r, "a name") &&
        expects(r, "a number"))
        diag_note(r->p->diags, d, "Here comes a value: a name, a number, a "
                                  "text in double quotes, …");
    else if (r->count > SAID_MAX && expects(r, "`flow`") &&
             !expects(r, "`field =`") && starts_body(r))
        diag_note(r->p->diags, d, "What a flow does stands in braces behind "
                                  "its sentence: { … }");
    else if (r->count > SAID_MAX && meant(first_word_of_line(r)))
        diag_note(r->p->diags, d, "%s", meant(first_word_of_line(r)));
    else if (r->count > SAID_MAX && expects(r, "`flow`"))
        diag_note(r->p->diags, d,
                  "A file holds flows, defines, tables, lets and tests.");
    else if (expects(r, "`->`") && meant(got_text(r)))
        diag_note(r->p->diags, d, "%s", meant(got_text(r)));
    else if (before(r)->kind == TOK_LIMIT)
        diag_note(r->p->diags, d, "A limit says what it counts: limit created "
                                  "to 10, limit held to 5%%.");
    else if (before(r)->kind == TOK_ELSE && expects(r, "`hold`") &&
             !expects(r, "a name"))
        diag_note(r->p->diags, d, "Here comes an outcome: hold \"…\", skip "
                  "\"…\"; without `else` the record may be missing.");
    else if (expects(r, "`where`") && before(r)->kind == TOK_NAME &&
             text_is(first_word_of_line(r), "find"))
        diag_note(r->p->diags, d, "By what the record is found stands behind "
                  "`where`: where x.Code is value.");
    else if (is_two_words(r))
        diag_note(r->p->diags, d, "A name with a blank or a sign in it stands "
                  "in backticks: `%.*s`.", TEXT_ARG(two_words(r)));
    else if (meant(got_text(r)) &&
             (before(r)->kind == TOK_WHEN_GONE ||
              (r->count > SAID_MAX && expects(r, "`field =`"))))
        diag_note(r->p->diags, d, "%s", meant(got_text(r)));
    else if (r->count > SAID_MAX && expects(r, "`field =`") &&
             expects(r, "`when gone`"))
        diag_note(r->p->diags, d,
                  "A statement starts with `Field =` or with a word such as "
                  "`let`, `find`, `require`, `add`.");
}

/* except, catch, else …: what began before was told, and this is its end. */
static bool goes_on(const struct report *r)
{
    static const char *const words[] = { "except", "catch", "finally", "end",
                                         "endif", "fi", "done", "case",
                                         "default", "else" };

    for (size_t i = 0; r->p->recovered && i < sizeof words / sizeof *words; i++)
        if (text_equal_nocase(got_text(r), text_of(words[i])))
            return true;
    return false;
}

void parse_report(struct parse *p, struct span at, int token,
                  const char *token_name, const int *expected,
                  const char *const *expected_names, int count)
{
    struct report r = { p, at, token, token_name, expected_names, count };
    struct text t;
    struct diag *d;

    (void)expected;
    if (p->lex->too_deep || goes_on(&r))
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
    if (add_verb_hint(&r, d))
        return;
    add_expected(&r, d);
    add_value_hint(&r, d);
}
