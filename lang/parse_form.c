/* Forms of SQL and Excel that say in one piece what is said otherwise here:
 * IF(a, b, c), AND(a, b), CAST(x AS text), CASE WHEN … END. Each is read to
 * its end and answered whole, with what to write instead where that is
 * certain. */
#include "config.h"

#include "lang/parser.h"
#include <string.h>

#define PARTS_MAX 16
#define NESTED_MAX 8
#define FORM_MAX 4000 /* bytes; a longer one is only told */

struct form {
    struct parse *p;
    struct buf out;
    int depth;
    bool sure; /* what is in `out` means the same */
};

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

/* Does a text, a name in backticks or a comment start here? */
static bool opens_quotes(struct text t, size_t at)
{
    return t.ptr[at] == '"' || t.ptr[at] == '\'' || t.ptr[at] == '`' ||
           (t.ptr[at] == '/' && at + 1 < t.len && t.ptr[at + 1] == '/');
}

/* Behind the text in quotes that starts at `at`, or the end. */
static size_t after_quotes(struct text t, size_t at)
{
    char quote = t.ptr[at] == '/' ? '\n' : t.ptr[at];

    at++;
    while (at < t.len && t.ptr[at] != quote)
        at += t.ptr[at] == '\\' ? 2 : 1;
    return at < t.len ? at + 1 : t.len;
}

static size_t word_end(struct text t, size_t at)
{
    while (at < t.len && is_word_byte(t.ptr[at]))
        at++;
    return at;
}

static size_t skip_blanks(struct text t, size_t at)
{
    while (at < t.len && (t.ptr[at] == ' ' || t.ptr[at] == '\t' ||
                          t.ptr[at] == '\n' || t.ptr[at] == '\r'))
        at++;
    return at;
}

/* The values between the bracket at `at` and the one that closes it, which is
 * `*end`; their number, or -1 when there is no end or too many. */
static int split(struct text t, size_t at, struct text *parts, size_t *end)
{
    int depth = 0, count = 0;
    size_t from = at + 1;

    for (size_t i = at; i < t.len;) {
        char c = t.ptr[i];

        if (opens_quotes(t, i)) {
            i = after_quotes(t, i);
            continue;
        }
        depth += c == '(' || c == '[';
        depth -= c == ')' || c == ']';
        if (c == '{' || c == '}')
            return -1;
        if (!depth || (depth == 1 && (c == ',' || c == ';'))) {
            if (count == PARTS_MAX)
                return -1;
            parts[count++] = text_trim(text_slice(t, from, i - from));
            from = i + 1;
            *end = i;
        }
        if (!depth)
            return count;
        i++;
    }
    return -1;
}

static void put(struct form *f, struct text t);

static void put_if(struct form *f, struct text a, struct text b, struct text c)
{
    buf_str(&f->out, "(if ");
    put(f, a);
    buf_str(&f->out, " then ");
    put(f, b);
    buf_str(&f->out, " else ");
    put(f, c);
    buf_byte(&f->out, ')');
}

static bool is_any(struct text word, const char *a, const char *b)
{
    return text_equal_nocase(word, text_of(a)) ||
           text_equal_nocase(word, text_of(b));
}

/* A call that is a form here; `at` goes behind it. */
static bool put_call(struct form *f, struct text t, struct text word,
                     size_t *at)
{
    struct text part[PARTS_MAX];
    size_t open = skip_blanks(t, *at), end = 0;
    bool joins = is_any(word, "and", "or");
    int count;

    if (open == t.len || t.ptr[open] != '(' || f->depth == NESTED_MAX ||
        (!joins && !is_any(word, "if", "iif")))
        return false;
    count = split(t, open, part, &end);
    if (count < 2 || (!joins && count != 3))
        return false;
    f->depth++;
    if (!joins) {
        put_if(f, part[0], part[1], part[2]);
    } else {
        for (int i = 0; i < count; i++) {
            buf_str(&f->out, !i ? "(" : is_any(word, "or", "or") ? " or "
                                                                 : " and ");
            put(f, part[i]);
        }
        buf_byte(&f->out, ')');
    }
    f->depth--;
    *at = end + 1;
    return true;
}

/* `=` compares elsewhere; `<>` too. Bytes it took, or 0. */
static size_t put_sign(struct form *f, struct text t, size_t at)
{
    static const struct { const char *sign, *word; } signs[] = {
        { "<>", "is not" }, { "!=", "is not" }, { "==", "is" },
        { "<=", "<=" },     { ">=", ">=" },     { "=", "is" },
    };

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t len = strlen(signs[i].sign);

        if (!text_starts(text_slice(t, at, t.len - at),
                         text_of(signs[i].sign)))
            continue;
        if (f->out.len && buf_view(&f->out).ptr[f->out.len - 1] != ' ')
            buf_byte(&f->out, ' ');
        buf_str(&f->out, signs[i].word);
        if (at + len < t.len && t.ptr[at + len] != ' ')
            buf_byte(&f->out, ' ');
        return len;
    }
    return 0;
}

/* `t` in the words of this language. */
static void put(struct form *f, struct text t)
{
    for (size_t at = 0; at < t.len;) {
        size_t from = at, len;

        if (opens_quotes(t, at)) {
            at = after_quotes(t, at);
            if (t.ptr[from] == '\'' && at - from >= 2)
                buf_printf(&f->out, "\"%.*s\"", (int)(at - from - 2),
                           t.ptr + from + 1);
            else
                buf_add(&f->out, t.ptr + from, at - from);
        } else if (is_word_byte(t.ptr[at])) {
            at = word_end(t, at);
            if (!put_call(f, t, text_slice(t, from, at - from), &at))
                buf_add(&f->out, t.ptr + from, at - from);
        } else if ((len = put_sign(f, t, at)) != 0) {
            at += len;
        } else {
            buf_byte(&f->out, t.ptr[at++]);
        }
    }
}

/* ------------------------------------------------------------ CASE … END */
/* The next of when, then, else, end outside quotes; its start, or the end. */
static size_t next_part(struct text t, size_t at, struct text *word)
{
    static const char *const words[] = { "when", "then", "else", "end" };

    while (at < t.len) {
        size_t from = at;

        if (opens_quotes(t, at)) {
            at = after_quotes(t, at);
            continue;
        }
        if (!is_word_byte(t.ptr[at])) {
            at++;
            continue;
        }
        at = word_end(t, at);
        *word = text_slice(t, from, at - from);
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (text_equal_nocase(*word, text_of(words[i])) &&
                !(from && t.ptr[from - 1] == '.'))
                return from;
    }
    return t.len;
}

/* CASE [x] WHEN … END, from behind CASE; its length, or 0. */
static size_t put_case(struct form *f, struct text t)
{
    struct text word = TEXT_NONE, subject;
    size_t at = next_part(t, 0, &word), from;
    char before = 0;

    subject = text_trim(text_slice(t, 0, at));
    buf_str(&f->out, "choose {");
    f->sure = false;
    while (at < t.len && f->out.len < FORM_MAX) {
        char kind = (char)(word.ptr[0] | 32);
        bool ends = kind == 'e' && (word.ptr[1] | 32) == 'n';

        if (ends) {
            buf_str(&f->out, before == 'e' ? " }" : " otherwise => leave }");
            f->sure = before == 'e';
            return at + word.len;
        }
        from = at + word.len;
        at = next_part(t, from, &word);
        buf_str(&f->out, kind == 'w' ? " when " : kind == 't' ? " => "
                                                    : " otherwise => ");
        if (kind == 'w' && subject.len) {
            put(f, subject);
            buf_str(&f->out, " is ");
        }
        put(f, text_trim(text_slice(t, from, at - from)));
        before = kind;
    }
    return 0;
}

/* --------------------------------------------------------- CAST(x AS type) */
static const char *cast_to(struct text type)
{
    static const char *const rows[][2] = {
        { "text", "text(%.*s)" },     { "varchar", "text(%.*s)" },
        { "char", "text(%.*s)" },     { "nvarchar", "text(%.*s)" },
        { "string", "text(%.*s)" },   { "int", "number(%.*s)" },
        { "integer", "number(%.*s)" }, { "bigint", "number(%.*s)" },
        { "decimal", "number(%.*s)" }, { "numeric", "number(%.*s)" },
        { "float", "number(%.*s)" },  { "double", "number(%.*s)" },
        { "money", "number(%.*s)" },
        { "date", "date(%.*s, \"yyyy-mm-dd\")" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_equal_nocase(type, text_of(rows[i][0])))
            return rows[i][1];
    return NULL;
}

static bool put_cast(struct form *f, struct text inner)
{
    for (size_t at = inner.len; at-- > 1;) {
        struct text type = text_slice(inner, at + 2, inner.len - at - 2);
        const char *form;
        struct text value;

        if (inner.ptr[at - 1] != ' ' || at + 2 >= inner.len ||
            inner.ptr[at + 2] != ' ' ||
            !text_equal_nocase(text_slice(inner, at, 2), TEXT("as")))
            continue;
        type = text_trim(type);
        type.len = word_end(type, 0);
        form = cast_to(type);
        value = text_trim(text_slice(inner, 0, at));
        if (!form)
            return false;
        if (text_starts(text_of(form), TEXT("date")))
            buf_printf(&f->out, "date(%.*s, \"yyyy-mm-dd\")", TEXT_ARG(value));
        else
            buf_printf(&f->out, "%.*s(%.*s)", (int)strcspn(form, "("), form,
                       TEXT_ARG(value));
        return true;
    }
    return false;
}

/* ---------------------------------------- function f(x) { return … } */
size_t lex_to_bracket(const struct lex *lex, size_t at)
{
    struct text t = lex->text;
    int depth = 0;
    size_t from = at;

    while (at < t.len && t.ptr[at] != '\n') {
        if (opens_quotes(t, at)) {
            at = after_quotes(t, at);
            continue;
        }
        depth += t.ptr[at] == '(' || t.ptr[at] == '[' || t.ptr[at] == '{';
        if ((t.ptr[at] == ')' || t.ptr[at] == ']' || t.ptr[at] == '}') &&
            depth-- == 0)
            break;
        at++;
    }
    return at - from;
}

/* Behind `: return`, `{ return`, `=>` or `=`; where the value ends, in
 * `*end`. */
static size_t value_of_function(struct text t, size_t at, size_t *end)
{
    bool braces;

    at = skip_blanks(t, at);
    braces = at < t.len && t.ptr[at] == '{';
    if (at < t.len && (braces || t.ptr[at] == ':' || t.ptr[at] == '='))
        at++;
    at = skip_blanks(t, at);
    if (text_starts(text_slice(t, at, t.len - at), TEXT("return")))
        at += 6;
    at = skip_blanks(t, at);
    for (*end = at; *end < t.len && t.ptr[*end] != '\n' &&
                    t.ptr[*end] != ';' && !(braces && t.ptr[*end] == '}');)
        ++*end;
    return at;
}

size_t lex_function(struct parse *p, struct span span)
{
    struct text rest = lex_rest(p->lex), part[PARTS_MAX], name, value;
    struct form f = { .p = p, .sure = true };
    size_t at = skip_blanks(rest, 0), open = word_end(rest, at), end = 0, from;
    int count;
    struct diag *d;

    name = text_slice(rest, at, open - at);
    if (!name.len || open == rest.len || rest.ptr[open] != '(')
        return 0;
    count = split(rest, open, part, &end);
    if (count < 0)
        return 0;
    from = value_of_function(rest, end + 1, &end);
    value = text_trim(text_slice(rest, from, end - from));
    while (end < rest.len && (rest.ptr[end] == ';' || rest.ptr[end] == ' '))
        end++;
    if (end < rest.len && rest.ptr[end] == '}')
        end++;
    buf_init(&f.out, (size_t)FORM_MAX * 4);
    buf_printf(&f.out, "define %.*s(", TEXT_ARG(name));
    for (int i = 0; i < count; i++)
        buf_printf(&f.out, "%s%.*s text", i ? ", " : "",
                   (int)word_end(part[i], 0), part[i].ptr);
    buf_str(&f.out, ") = ");
    put(&f, value);
    d = habit(p, span, NULL, "a function is written `define f(x text) = value`");
    span.end += (uint32_t)end;
    diag_edit(p->diags, diag_fix(p->diags, d, FIX_CHOICE, "write `%s`",
                                 buf_cstr(&f.out)),
              span, "%s", buf_cstr(&f.out));
    buf_fini(&f.out);
    return end;
}

/* ---------------------------------------------------------------- the door */
static const char *sentence_of(char kind)
{
    switch (kind) {
    case 'i': return "one of two values is written `if c then a else b`";
    case 'j': return "conditions are joined by writing `and` or `or` between "
                     "them";
    case 't': return "a value is made another kind by the function of that "
                     "kind: text(x), number(x), date(x, \"yyyy-mm-dd\")";
    default: return "one of several values is written `choose { when c => v "
                    "otherwise => v }`";
    }
}

/* Is the bracket behind `if`, `and` or `or` one of a call? In this language
 * it only groups, and holds one value. */
static char kind_of(const struct lex *lex, struct text word, struct text rest)
{
    size_t at = skip_blanks(rest, 0);
    bool opens = at < rest.len && rest.ptr[at] == '(';

    if (text_equal_nocase(word, TEXT("case")))
        return at && !opens && at < rest.len && is_word_byte(rest.ptr[at]) &&
                       lex_wants_operand(lex) ? 'c' : '\0';
    if (!opens)
        return '\0';
    if (text_equal_nocase(word, TEXT("cast")))
        return 't';
    if (is_any(word, "if", "iif"))
        return 'i';
    return is_any(word, "and", "or") && lex_wants_operand(lex) ? 'j' : '\0';
}

size_t lex_form(struct parse *p, struct text word, struct span span)
{
    struct text rest = lex_rest(p->lex), part[PARTS_MAX];
    struct form f = { .p = p, .sure = true };
    size_t at = 0, end = 0, len;
    char kind, first = (char)(word.ptr[0] | 32);
    int count = 0;

    if (first != 'i' && first != 'c' && first != 'a' && first != 'o')
        return 0; /* asked of every word */
    kind = kind_of(p->lex, word, rest);
    if (!kind)
        return 0;
    rest = text_slice(rest, 0, rest.len < FORM_MAX ? rest.len : FORM_MAX);
    buf_init(&f.out, (size_t)FORM_MAX * 4);
    if (kind == 'c') {
        bool inner = p->lex->prev.kind != TOK_FIELD &&
                    p->lex->prev.kind != TOK_FATARROW;

        if (inner)
            buf_byte(&f.out, '(');
        len = put_case(&f, rest);
        if (inner)
            buf_byte(&f.out, ')');
    } else {
        at = skip_blanks(rest, 0);
        count = split(rest, at, part, &end);
        len = count > 1 || (kind == 't' && count == 1) ? end + 1 : 0;
        if (kind == 't')
            f.sure = len && put_cast(&f, text_slice(rest, at + 1, end - at - 1));
        else
            f.sure = len && put_call(&f, rest, word, &at);
    }
    if (len) {
        span.end += (uint32_t)len;
        habit(p, span, f.sure ? arena_printf(p->arena, "%s", buf_cstr(&f.out))
                              : NULL, "%s", sentence_of(kind));
    }
    buf_fini(&f.out);
    return len;
}
