/* The spellings of other languages: each is answered with the right one, and
 * the right token goes on to the grammar. */
#include "config.h"

#include "lang/parser.h"
#include <string.h>

/* The same said of the same line: a further edit of the same fix. */
static struct diag *said_on_line(struct parse *p, struct span span,
                                 const char *text)
{
    struct diag *d = p->diags->last;
    struct text all;

    if (!d || !d->fixes || d->span.source != span.source ||
        span.start < d->span.end || !text_is(text_of(d->headline), text))
        return NULL;
    all = sources_get(p->sources, span.source)->text;
    return memchr(all.ptr + d->span.end, '\n', span.start - d->span.end)
               ? NULL : d;
}

struct diag *habit(struct parse *p, struct span span, const char *replacement,
                   const char *format, ...)
{
    va_list args;
    char *text;
    struct diag *d;
    struct diag_fix *fix;

    va_start(args, format);
    text = arena_vprintf(p->arena, format, args);
    va_end(args);
    d = replacement ? said_on_line(p, span, text) : NULL;
    if (d) {
        diag_edit(p->diags, d->fixes, span, "%s", replacement);
        return d;
    }
    d = parse_error(p, "E0101", span, "%s", text);
    if (!replacement)
        return d;
    if (*replacement)
        fix = diag_fix(p->diags, d, FIX_SURE, "replace `%.*s` with `%s`",
                       TEXT_ARG(span_text(p->sources, span)), replacement);
    else
        fix = diag_fix(p->diags, d, FIX_SURE, "take it out");
    diag_edit(p->diags, fix, span, "%s", replacement);
    return d;
}

/* ------------------------------------------------------------------ words */

static const struct habit_row {
    const char *word;
    int token;
    const char *replacement, *text;
} habits[] = {
    { "AND", TOK_AND, "and", NULL },
    { "OR", TOK_OR, "or", NULL },
    { "NOT", TOK_NOT, "not", NULL },
    { "IS", TOK_IS, "is", NULL },
    { "WHERE", TOK_WHERE, "where", NULL },
    { "THEN", TOK_THEN, "then", NULL },
    { "ELSE", TOK_ELSE, "else", NULL },
    { "WHEN", TOK_WHEN, "when", NULL },
    { "BETWEEN", TOK_BETWEEN, "between", NULL },
    { "CONTAINS", TOK_CONTAINS, "contains", NULL },
    { "MISSING", TOK_MISSING, "missing", NULL },
    { "AS", TOK_AS, "as", NULL },
    { "LET", TOK_LET, "let", NULL },
    { "IF", TOK_IF, "if", NULL },
    { "Not", TOK_NOT, "not", NULL },
    { "And", TOK_AND, "and", NULL },
    { "Or", TOK_OR, "or", NULL },
    { "Yes", TOK_YESNO, "yes", NULL },
    { "No", TOK_YESNO, "no", NULL },
    { "YES", TOK_YESNO, "yes", NULL },
    { "NO", TOK_YESNO, "no", NULL },
    { "true", TOK_YESNO, "yes", "yes and no are the two values of a condition" },
    { "True", TOK_YESNO, "yes", "yes and no are the two values of a condition" },
    { "TRUE", TOK_YESNO, "yes", "yes and no are the two values of a condition" },
    { "false", TOK_YESNO, "no", "yes and no are the two values of a condition" },
    { "False", TOK_YESNO, "no", "yes and no are the two values of a condition" },
    { "FALSE", TOK_YESNO, "no", "yes and no are the two values of a condition" },
    { "elif", TOK_ELSE, "else if", "a further condition is written `else if`" },
    { "elsif", TOK_ELSE, "else if", "a further condition is written `else if`" },
    { "elseif", TOK_ELSE, "else if", "a further condition is written `else if`" },
    { "var", TOK_LET, "let", "a value gets a name with `let`" },
    { "const", TOK_LET, "let", "a value gets a name with `let`" },
    { "foreach", TOK_FOR_EACH, "for each", "lists are gone through with `for each x in list where …`" },
    { "for", TOK_FOR_EACH, "for each", "lists are gone through with `for each x in list where …`" },
    { "return", -1, "", "a define is one expression; it needs no `return`" },
    { "import", TOK_USE, "use", "the names of another file come with `use`" },
    { "include", TOK_USE, "use", "the names of another file come with `use`" },
    { "select", TOK_MLC_YYerror, NULL, "there is no SQL here; a lookup is written `find x in App.object where x.Field is value`" },
    { "SELECT", TOK_MLC_YYerror, NULL, "there is no SQL here; a lookup is written `find x in App.object where x.Field is value`" },
    { "LIKE", TOK_MLC_YYerror, NULL, "instead of LIKE write `contains`, `starts with`, `ends with` or `matches`" },
    { "CASE", TOK_MLC_YYerror, NULL, "one of several values is written `choose { when c => v otherwise => v }`" },
    { "NULL", TOK_MISSING, NULL, NULL },
    { "null", TOK_MISSING, NULL, NULL },
    { "nil", TOK_MISSING, NULL, NULL },
    { "None", TOK_MISSING, NULL, NULL },
    { "undefined", TOK_MISSING, NULL, NULL },
};

static bool is_byte_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static char next_byte(const struct lex *lex, bool *blank)
{
    struct text rest = lex_rest(lex);
    size_t i = 0;

    while (i < rest.len && (rest.ptr[i] == ' ' || rest.ptr[i] == '\t'))
        i++;
    *blank = i > 0;
    return i < rest.len ? rest.ptr[i] : '\n';
}

/* Does the word stand where its like stands in the other language? */
static bool fits(const struct lex *lex, const struct habit_row *row)
{
    bool blank;
    char next = next_byte(lex, &blank);

    switch (row->token) {
    case TOK_LET:
        return lex->first_on_line && blank && is_byte_of_name(next);
    case TOK_USE:
        return lex->first_on_line && (next == '"' || next == '\'');
    case TOK_FOR_EACH:
        if (row->word[3])
            return !lex_wants_operand(lex) && !lex->first_on_line &&
                   is_byte_of_name(next);
        return lex->depth && lex->open[lex->depth - 1].open != '{' &&
               !lex_wants_operand(lex) && is_byte_of_name(next);
    case -1:
        return (lex->prev.kind == '=' || lex->prev.kind == TOK_FIELD) && blank && (is_byte_of_name(next) || next == '"');
    case TOK_MLC_YYerror:
        return (lex_wants_operand(lex) || row->word[0] == 'L') && blank && next != '(' && next != '.' &&
               next != '[' && (row->word[0] < 'a' || is_byte_of_name(next));
    case TOK_YESNO:
    case TOK_MISSING:
        return next != '(' && next != '.' && next != '[';
    case TOK_AND:
    case TOK_OR:
    case TOK_THEN:
    case TOK_ELSE:
    case TOK_AS:
    case TOK_BETWEEN:
    case TOK_CONTAINS:
    case TOK_IS:
    case TOK_WHERE:
        return !lex_wants_operand(lex) && next != '.';
    default:
        return next != '.';
    }
}

/* No null exists: what is meant depends on where it stands. */
static int null_word(struct parse *p, struct span span)
{
    const struct lex *lex = p->lex;

    if (lex->prev.kind == ':' || (lex->test_depth && lex->prev.kind == ',')) {
        habit(p, span, "missing", "no value is written `missing`");
        return TOK_MISSING;
    }
    if (lex->prev.kind == TOK_ELSE) {
        habit(p, span, "clear",
              "to empty the field write `else clear`, to keep what it holds "
              "`else leave`");
        return TOK_CLEAR;
    }
    habit(p, span, NULL,
          "there is no null; a field is emptied with `x else clear`, and "
          "`is missing` asks whether there is a value");
    return TOK_MLC_YYerror;
}

/* EUR 10 */
static int currency_first(struct parse *p, struct text t, struct span span)
{
    struct text rest = lex_rest(p->lex);
    size_t i = 0, start;

    if (!currency_is_known(t))
        return 0;
    while (i < rest.len && rest.ptr[i] == ' ')
        i++;
    start = i;
    while (i < rest.len &&
           ((rest.ptr[i] >= '0' && rest.ptr[i] <= '9') || rest.ptr[i] == '.' ||
            rest.ptr[i] == '_'))
        i++;
    if (i == start || start == 0)
        return 0;
    span.end += (uint32_t)i;
    habit(p, span,
          arena_printf(p->arena, "%.*s %.*s",
                       TEXT_ARG(text_slice(rest, start, i - start)),
                       TEXT_ARG(t)),
          "the currency stands behind the amount");
    return -1;
}

int habit_word(struct parse *p, struct text t, struct span span)
{
    int token = currency_first(p, t, span);

    if (token)
        return token;
    for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++) {
        const struct habit_row *row = &habits[i];

        if (!text_is(t, row->word))
            continue;
        if (!fits(p->lex, row))
            return 0;
        if (row->token == TOK_MISSING && !row->replacement)
            return null_word(p, span);
        if (row->text)
            habit(p, span, row->replacement, "%s", row->text);
        else
            habit(p, span, row->replacement,
                  "words of the language are written small: `%s`",
                  row->replacement);
        if (row->token == TOK_FOR_EACH)
            p->lex->for_depth = p->lex->depth;
        if (row->token == TOK_MLC_YYerror)
            lex_swallow_line(p->lex);
        if (row->token == TOK_MLC_YYerror && lex_wants_operand(p->lex))
            return TOK_FORM;
        if (row->token == TOK_ELSE && row->replacement[4] == ' ')
            lex_pend(p, TOK_IF, t, span);
        return row->token;
    }
    return 0;
}

/* ------------------------------------------------------------------ signs */

/* 15min, 2h */
int lex_short_duration(struct parse *p, struct token *tok, struct span span,
                       const char *text)
{
    static const char *const units[] = { "minutes", "hours", "seconds",
                                         "days" };
    size_t digits = strspn(text, "0123456789");
    char letter = text[digits + strspn(text + digits, " \t")];
    const char *unit = units[letter == 'm' ? 0 : letter == 'h' ? 1
                             : letter == 's' ? 2 : 3];
    bool one = digits == 1 && text[0] == '1';

    (void)tok;
    habit(p, span,
          arena_printf(p->arena, "%.*s %.*s", (int)digits, text,
                       (int)strlen(unit) - one, unit),
          "units of time are written out: %.*s %.*s", (int)digits, text,
          (int)strlen(unit) - one, unit);
    return TOK_DURATION;
}

/* 6am, 5:30 pm */
int lex_half_day(struct parse *p, struct span span, const char *text)
{
    int hour = 0, minute = 0;
    size_t digits = strspn(text, "0123456789");
    bool late = strchr(text, 'p') || strchr(text, 'P');

    for (size_t i = 0; i < digits; i++)
        hour = hour * 10 + (text[i] - '0');
    if (text[digits] == ':')
        minute = (text[digits + 1] - '0') * 10 + (text[digits + 2] - '0');
    hour = hour % 12 + (late ? 12 : 0);
    habit(p, span, arena_printf(p->arena, "%02d:%02d", hour, minute % 60),
          "a day has 24 hours: %02d:%02d", hour, minute % 60);
    return TOK_TIME;
}

/* In brackets it is Excel's comma (most of Europe); elsewhere it ends what
 * needs no end. */
bool lex_semicolon(struct parse *p, struct span span)
{
    const struct lex *lex = p->lex;
    char open = lex->depth ? lex->open[lex->depth - 1].open : '\0';

    if (open == '(' || open == '[') {
        habit(p, span, ",", "values in a call or a list are separated by `,`");
        return true;
    }
    habit(p, span, "", "statements need no `;` between them");
    return false;
}

static bool has_word(struct text t, const char *const *words)
{
    size_t at;

    for (; *words; words++)
        if (text_find(t, text_of(*words), &at))
            return true;
    return false;
}

/* Does what stands around a `||` on its line read like conditions? */
static bool joins_conditions(const struct lex *lex, size_t at, bool text)
{
    static const char *const compares[] = { " is ", "==", "!=", "<>", "<",
                                            ">", " contains ", NULL };
    static const char *const words[] = { " is ", "where ", "when ", "require ",
                                         "if ", "not ", " and ", " or ", "<",
                                         ">", "==", "!=", "&&", "matches ",
                                         "contains ", "starts with ",
                                         "ends with ", NULL };
    size_t from = at, to = at;

    while (from && lex->text.ptr[from - 1] != '\n')
        from--;
    while (to < lex->text.len && lex->text.ptr[to] != '\n')
        to++;
    return has_word(text_slice(lex->text, from, to - from),
                    text ? compares : words);
}

static bool is_path_byte(char c)
{
    return is_byte_of_name(c) || (c >= '0' && c <= '9') || c == '.';
}

/* The plain path before or behind the sign, or empty. */
static struct text path_beside(struct text t, size_t at, bool behind)
{
    size_t from = at, to;

    if (behind) {
        while (from < t.len && t.ptr[from] == ' ')
            from++;
        to = from;
        while (to < t.len && is_path_byte(t.ptr[to]))
            to++;
        return text_slice(t, from, to - from);
    }
    while (from && t.ptr[from - 1] == ' ')
        from--;
    to = from;
    while (from && is_path_byte(t.ptr[from - 1]))
        from--;
    return text_slice(t, from, to - from);
}

/* `||` between values nobody compares: texts, most likely. */
static void doubtful_bars(struct parse *p, struct span span)
{
    const struct lex *lex = p->lex;
    struct diag *d =
        habit(p, span, NULL, "texts are joined by writing them in one: "
              "\"{first}{second}\"; of two conditions write `or`");
    struct text left = path_beside(lex->text, span.start - lex->base, false);
    struct text right = path_beside(lex->text, span.end - lex->base, true);
    struct diag_fix *fix;

    if (left.len && right.len) {
        struct span all = { span.source,
                            (uint32_t)(left.ptr - lex->text.ptr) + lex->base,
                            (uint32_t)(right.ptr + right.len -
                                       lex->text.ptr) + lex->base };
        fix = diag_fix(p->diags, d, FIX_CHOICE, "texts: \"{%.*s}{%.*s}\"",
                       TEXT_ARG(left), TEXT_ARG(right));
        diag_edit(p->diags, fix, all, "\"{%.*s}{%.*s}\"", TEXT_ARG(left),
                  TEXT_ARG(right));
    }
    fix = diag_fix(p->diags, d, FIX_CHOICE, "conditions: `or`");
    diag_edit(p->diags, fix, span, "or");
}

/* The text or plain path that starts at `at`, its end in `*end`; of a text what
 * is between its quotes. */
static bool part_of_join(struct text t, size_t at, struct buf *out, size_t *end)
{
    while (at < t.len && t.ptr[at] == ' ')
        at++;
    *end = at;
    if (at < t.len && t.ptr[at] == '"') {
        for (*end = at + 1; *end < t.len && t.ptr[*end] != '"' &&
                            t.ptr[*end] != '\n' && t.ptr[*end] != '\\';)
            ++*end;
        if (*end == t.len || t.ptr[*end] != '"')
            return false;
        buf_text(out, text_slice(t, at + 1, *end - at - 1));
        ++*end;
        return true;
    }
    while (*end < t.len && is_path_byte(t.ptr[*end]))
        ++*end;
    buf_printf(out, "{%.*s}", (int)(*end - at), t.ptr + at);
    return *end > at && (*end == t.len || t.ptr[*end] != '(');
}

/* "a" & b & "c" as one text, when its parts are texts and plain paths. The
 * sign at `span` is the first. */
static void one_text(struct parse *p, struct diag *d, struct span span)
{
    const struct lex *lex = p->lex;
    struct text t = lex->text;
    size_t sign = span.start - lex->base, from, end, len = span.end - span.start;
    bool fine;
    struct buf b;

    from = lex->prev.kind == TOK_STRING
               ? lex->prev.span.start - lex->base
               : (size_t)(path_beside(t, sign, false).ptr - t.ptr);
    buf_init(&b, 65536);
    fine = part_of_join(t, from, &b, &end) && from < sign;
    for (end = sign; fine && end + len <= t.len;) {
        size_t next = end + len;

        fine = part_of_join(t, next, &b, &end);
        next = end;
        while (next < t.len && t.ptr[next] == ' ')
            next++;
        if (next + len > t.len ||
            memcmp(t.ptr + next, t.ptr + sign, len) != 0)
            break;
        end = next;
    }
    if (fine) {
        struct span all = { span.source, lex->base + (uint32_t)from,
                            lex->base + (uint32_t)end };
        struct diag_fix *fix = diag_fix(p->diags, d, FIX_SURE,
                                        "write \"%s\"", buf_cstr(&b));
        diag_edit(p->diags, fix, all, "\"%s\"", buf_cstr(&b));
    }
    buf_fini(&b);
}

int lex_join(struct parse *p, struct span span, const char *sign)
{
    const struct lex *lex = p->lex;
    size_t i = span.end - lex->base;
    bool text = lex->prev.kind == TOK_STRING;

    if (lex->prev2.kind == TOK_JOIN)
        return TOK_JOIN; /* told at the first one */
    while (i < lex->text.len && lex->text.ptr[i] == ' ')
        i++;
    text = text || (i < lex->text.len && lex->text.ptr[i] == '"');
    if (sign[1] && joins_conditions(lex, span.start - lex->base, text)) {
        habit(p, span, "or", "of two conditions at least one: write `or`");
        return TOK_OR;
    }
    if (sign[1] && !text) {
        doubtful_bars(p, span);
        return TOK_JOIN;
    }
    one_text(p, habit(p, span, NULL,
                      "texts are joined by writing them in one: "
                      "\"{first} {last}\""), span);
    return TOK_JOIN;
}

/* LIKE "x%" */
/* x not like "y%": a fix takes the `not` to the front. */
static bool like_after_not(struct parse *p, struct span span, const char *like)
{
    struct lex *lex = p->lex;
    struct text left = path_beside(lex->text, lex->prev.span.start - lex->base,
                                   false);
    struct span all = { span.source, lex->prev.span.start, span.end };
    struct diag *d;
    struct diag_fix *fix;

    if (lex->prev.kind != TOK_NOT || !left.len || !like)
        return false;
    lex->not_told = lex->prev.span.end;
    d = habit(p, all, NULL, "instead of NOT LIKE write `not %.*s %s`",
              TEXT_ARG(left), like);
    fix = diag_fix(p->diags, d, FIX_SURE, "write `not %.*s %s`",
                   TEXT_ARG(left), like);
    all.start = lex->base + (uint32_t)(left.ptr - lex->text.ptr);
    diag_edit(p->diags, fix, all, "not %.*s %s", TEXT_ARG(left), like);
    return true;
}

int lex_like(struct parse *p, struct span span, struct text t)
{
    size_t quote = 0, end = t.len - 1;
    bool open_start, open_end;
    int token = TOK_MATCHES;
    const char *word = NULL;
    struct text pattern;

    text_find(t, TEXT("\""), &quote);
    pattern = text_slice(t, quote + 1, end - quote - 1);
    open_start = pattern.len && pattern.ptr[0] == '%';
    open_end = pattern.len > 1 && pattern.ptr[pattern.len - 1] == '%';
    pattern = text_slice(pattern, open_start,
                         pattern.len - open_start - open_end);
    if (!open_start && !open_end)
        token = TOK_IS, word = "is";
    if (open_start && open_end)
        token = TOK_CONTAINS, word = "contains";
    else if (open_end)
        token = TOK_STARTS_WITH, word = "starts with";
    else if (open_start)
        token = TOK_ENDS_WITH, word = "ends with";
    if (memchr(pattern.ptr, '%', pattern.len) ||
        memchr(pattern.ptr, '_', pattern.len))
        word = NULL;
    if (word)
        word = arena_printf(p->arena, "%s \"%.*s\"", word, TEXT_ARG(pattern));
    if (like_after_not(p, span, word))
        return token;
    habit(p, span, word,
          "instead of LIKE write `contains`, `starts with`, `ends with` or "
          "`matches`");
    return token;
}

/* The `)` that closes the list which starts at `at`, or the text's end. */
static size_t list_end(struct text t, size_t at)
{
    int depth = 0;

    for (; at < t.len && t.ptr[at] != '\n'; at++) {
        depth += t.ptr[at] == '(';
        if (t.ptr[at] == ')' && depth-- == 0)
            return at;
    }
    return t.len;
}

/* x in ("a", "b"), NOT IN (…): `tok` becomes `is one of`, and the list's
 * bracket waits behind it. */
int lex_in_list(struct parse *p, struct token *tok, size_t at, size_t len)
{
    struct lex *lex = p->lex;
    struct text t = text_slice(lex->text, at, len);
    struct span span = { lex->source, lex->base + (uint32_t)at,
                         lex->base + (uint32_t)(at + len) };
    struct span bracket = { span.source, span.end - 1, span.end };
    bool paren = t.ptr[len - 1] == '(', negative = false;
    const char *word;
    struct diag *d;
    size_t end = list_end(lex->text, at + len);

    for (size_t i = 0; i + 1 < len; i++)
        negative = negative || t.ptr[i] == 't' || t.ptr[i] == 'T';
    word = negative ? "is not one of" : "is one of";
    d = habit(p, span, arena_printf(p->arena, "%s [", word),
              "to look in a list write `%s […]`", word);
    if (paren && end < lex->text.len) {
        struct span close = { span.source, lex->base + (uint32_t)end,
                              lex->base + (uint32_t)end + 1 };

        diag_edit(p->diags, d->fixes, close, "]");
    }
    *tok = (struct token){ negative ? TOK_IS_NOT_ONE_OF : TOK_IS_ONE_OF,
                           text_slice(lex->text, at, len - 1),
                           { span.source, span.start, span.end - 1 } };
    lex->pos = span.end;
    lex_pend(p, '[', text_slice(t, len - 1, 1), bracket);
    return tok->kind;
}

/* Signs that word processors and keyboards put in the place of others. */
static const struct {
    int32_t code;
    int token;
    const char *replacement;
} signs[] = {
    { 0x2192, TOK_ARROW, "->" }, { 0x21D2, TOK_FATARROW, "=>" },
    { 0x2264, TOK_LE, "<=" },    { 0x2265, TOK_GE, ">=" },
    { 0x2260, TOK_IS_NOT, "is not" },
    { 0x2212, '-', "-" },        { 0x2013, '-', "-" },
    { 0x2014, '-', "-" },        { 0x00D7, '*', "*" },
    { 0x00F7, '/', "/" },        { 0x2026, 0, NULL },
    { 0x00A0, 0, " " },          { 0x202F, 0, " " },
    { 0x2007, 0, " " },          { 0x200B, 0, "" },
    { 0xFEFF, 0, "" },
};

void lex_foreign_word(struct parse *p, struct span span, struct text t)
{
    struct diag *d = parse_error(
        p, "E0110", span, "names without backticks have the letters a to z");

    diag_edit(p->diags,
              diag_fix(p->diags, d, FIX_SURE, "put it between backticks"),
              span, "`%.*s`", TEXT_ARG(t));
}

int lex_sign(struct parse *p, struct text t, struct span span, int *len)
{
    size_t at = 0;
    int32_t code = utf8_decode(t, &at);

    *len = (int)at;
    span.end = span.start + (uint32_t)at;
    if (code < 0)
        return 0; /* reported for the whole file */
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (signs[i].code != code)
            continue;
        habit(p, span, signs[i].replacement,
              signs[i].token ? "this sign is written `%s`"
                             : "a blank of a word processor%s",
              signs[i].token ? signs[i].replacement : "");
        return signs[i].token;
    }
    if ((code >= 0x202A && code <= 0x202E) ||
        (code >= 0x2066 && code <= 0x2069) || lex_told_here(p, span))
        return 0;
    if (code == 0x20AC || code == 0xA3 || code == 0xA5)
        parse_error(p, "E0110", span,
                    "a currency is written with its three letters behind the "
                    "amount: 10 %s",
                    code == 0xA3 ? "GBP" : code == 0xA5 ? "JPY" : "EUR");
    else
        parse_error(p, "E0110", span, "`%.*s` means nothing here", (int)at,
                    t.ptr);
    return 0;
}

void lex_stray(struct parse *p, struct span span)
{
    char c = p->lex->text.ptr[span.start - p->lex->base];

    if ((unsigned char)c < ' ' || c == 127 || lex_told_here(p, span))
        return; /* parse.c has told of what nobody can see */
    if (c == '$')
        parse_error(p, "E0110", span,
                    "a currency is written with its three letters behind the "
                    "amount: 10 USD");
    else if ((unsigned char)c < 127)
        parse_error(p, "E0110", span, "`%c` means nothing here", c);
    else
        parse_error(p, "E0110", span,
                    "a byte order mark stands inside the file");
}

void lex_foreign_comment(struct parse *p, struct span span)
{
    struct lex *lex = p->lex;
    struct text t = text_slice(lex->text, span.start - lex->base,
                               span.end - span.start);
    size_t sign = t.ptr[0] == '#' ? 1 : 2;
    struct diag *d;
    struct diag_fix *fix;

    while (t.ptr[0] == '#' && sign < t.len && t.ptr[sign] == '#')
        sign++;
    span.end = span.start + (uint32_t)sign;
    d = parse_error(p, "E0101", span, "a comment starts with `//`");
    if (t.ptr[0] == '/' && memchr(t.ptr, '\n', t.len))
        return;
    fix = diag_fix(p->diags, d, FIX_SURE, "write `//`");
    diag_edit(p->diags, fix, span, "//");
    if (t.ptr[0] == '/') {
        span.start = span.start + (uint32_t)t.len - 2;
        span.end = span.start + 2;
        diag_edit(p->diags, fix, span, "\n");
    }
}
