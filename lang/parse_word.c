/* The words of the language, from words.def, and the words that are words
 * only in an `object` form: there nearly everything is a name, and the place
 * in the form decides. */
#include "config.h"

#include "lang/parser.h"
#include <string.h>

static const struct word words[] = {
#define WORD(text, token, group, help) { text, TOK_##token, #group, help },
#include "lang/words.def"
#undef WORD
};

#define WORD_COUNT (sizeof words / sizeof words[0])

size_t word_count(void)
{
    return WORD_COUNT;
}

const struct word *word_row(size_t index)
{
    return &words[index];
}

int word_token(struct text t)
{
    if (t.len < 2 || t.len > 9 || t.ptr[0] < 'a')
        return 0;
    for (size_t i = 0; i < WORD_COUNT; i++) {
        const struct word *w = &words[i];

        if (w->text[0] == t.ptr[0] && w->text[1] == t.ptr[1] &&
            w->group[0] != 'S' && w->group[0] != 'M' && text_is(t, w->text))
            return w->token;
    }
    return 0;
}

static bool one_of(struct text t, const char *const *list)
{
    for (; *list; list++)
        if (text_is(t, *list))
            return true;
    return false;
}

bool type_word(struct text t)
{
    static const char *const types[] = {
        "text", "number",   "integer", "yes/no", "date",   "time",
        "datetime", "duration", "percent", "money", "record", NULL,
    };

    return one_of(t, types);
}

static bool flag_word(struct text t)
{
    static const char *const flags[] = {
        "required",   "always",      "needed",      "read_only",
        "create_only", "write_only", "searchable",  "unique",
        "sensitive",  "float_noise", "empty_is_missing", "balanced",
        "currency",   "filter",      "pattern",     "default",
        "encoding",   "note",        "also",        NULL,
    };

    return one_of(t, flags);
}

/* How many names a fact takes after it, or -1: no fact. */
static int fact_names(struct text t)
{
    static const struct {
        const char *word;
        int names;
    } facts[] = {
        { "at", 0 },      { "also", 1 },    { "key", 1 },
        { "operations", 1 }, { "changes", 1 }, { "deletes", 1 },
        { "small", 0 },   { "balanced", 1 }, { "match", 1 },
        { "refuse", 0 },  { "fact", 1 },
    };

    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (text_is(t, facts[i].word))
            return facts[i].names;
    return -1;
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

/* The word or sign that follows the token in hand on its line. */
static struct text next_word(const struct lex *lex)
{
    struct text rest = lex_rest(lex);
    size_t i = 0, start;

    while (i < rest.len && (rest.ptr[i] == ' ' || rest.ptr[i] == '\t'))
        i++;
    start = i;
    while (i < rest.len && is_name_byte(rest.ptr[i]))
        i++;
    if (text_is(text_slice(rest, start, i - start), "yes") &&
        i + 2 < rest.len && memcmp(rest.ptr + i, "/no", 3) == 0)
        i += 3;
    if (i == start && i < rest.len)
        i++;
    return text_slice(rest, start, i - start);
}

/* Does a type follow, so that the word in hand names a field? */
static bool type_follows(const struct lex *lex)
{
    struct text next = next_word(lex), rest = lex_rest(lex);
    size_t at;

    if (type_word(next) || text_is(next, "one") || text_is(next, "list") ||
        text_is(next, "id"))
        return true;
    if (!next.len || !is_name_byte(next.ptr[0]))
        return false;
    at = (size_t)(next.ptr - rest.ptr) + next.len;
    return at < rest.len && rest.ptr[at] == '.'; /* app.object */
}

static int fact(struct lex *lex, struct text t)
{
    int names = fact_names(t);

    if (lex->fact_names > 0) {
        lex->fact_names--;
        return TOK_NAME;
    }
    if (lex->fact_changes && !lex->first_on_line && text_is(t, "by")) {
        lex->fact_names = 1;
        lex->fact_changes = false;
        return TOK_BY;
    }
    lex->fact_changes = false;
    if (names < 0) {
        lex->place = OBJECT_TYPE;
        return TOK_NAME;
    }
    lex->fact_names = names;
    if (text_is(t, "at") || text_is(t, "refuse")) /* a text is missing */
        lex->fact_names = !text_is(next_word(lex), "\"");
    lex->fact_changes = text_is(t, "changes");
    return text_is(t, "small") ? TOK_FACT_ALONE : TOK_FACT;
}

static int after_type(struct lex *lex, struct text t)
{
    struct text next = next_word(lex);
    bool quoted = text_is(next, "\"");

    if (text_is(t, "from") && quoted)
        return TOK_FROM;
    if (!lex->first_on_line && text_is(t, "as") &&
        lex->prev.kind == TOK_STRING)
        return TOK_AS;
    if (!lex->first_on_line && text_is(t, "ends") &&
        (lex->prev.kind == TOK_STRING || lex->prev.kind == TOK_NUMBER))
        return TOK_ENDS;
    if (flag_word(t) && !(lex->first_on_line && type_follows(lex)))
        return TOK_FLAG;
    if (!lex->first_on_line && !type_follows(lex))
        return TOK_FLAG; /* a misspelt one: the checker knows better */
    lex->place = OBJECT_TYPE;
    return TOK_NAME;
}

int object_word(struct lex *lex, struct text t)
{
    int kind = lex->prev.kind;

    if (kind == '.' || lex->depth > lex->object_depth)
        return TOK_NAME;
    switch (lex->place) {
    case OBJECT_FACTS:
        return fact(lex, t);
    case OBJECT_FIELD:
        lex->place = OBJECT_TYPE;
        return TOK_NAME;
    case OBJECT_TYPE:
        if (text_is(t, "record") && text_is(next_word(lex), "{"))
            return TOK_RECORD;
        lex->place = OBJECT_FLAGS;
        return TOK_NAME;
    case OBJECT_FLAGS:
        return after_type(lex, t);
    case OBJECT_NONE:
    case OBJECT_HEAD:
    default:
        return TOK_NAME;
    }
}
