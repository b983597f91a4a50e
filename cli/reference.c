/* Prints the language's words and functions from the tables that the lexer
 * and the checker read, so the manual cannot be behind. */
#include "config.h"

#include "cli/reference.h"

#include "cli/man.h"

#include <string.h>

struct entry {
    const char *group, *name, *signature, *help;
    const char *examples[3];
};

static const struct entry words[] = {
#define WORD(text, token, group, help) { #group, text, "", help, { 0 } },
#include "lang/words.def"
#undef WORD
};

static const struct entry functions[] = {
#if __has_include("lang/builtins.def")
#define BUILTIN(name, category, signature, rule, flags, help, a, b, c) \
    { category, #name, signature, help, { a, b, c } },
#include "lang/builtins.def"
#undef BUILTIN
#else
    { "none", "none", "", "", { 0 } },
#endif
};

const char *const reference_topics[] = { "words", "functions", NULL };

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void print_text(const struct entry *e, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        if (e[i].examples[0] &&
            (i == 0 || strcmp(e[i].group, e[i - 1].group) != 0))
            fprintf(out, "\n%s\n", e[i].group);
        fprintf(out, "\n  %s%s\n      %s\n", e[i].name, e[i].signature,
                e[i].help);
        for (size_t k = 0; k < COUNT(e->examples) && e[i].examples[k]; k++)
            fprintf(out, "        %s\n", e[i].examples[k]);
    }
}

static void print_roff(const struct entry *e, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        if (e[i].examples[0] &&
            (i == 0 || strcmp(e[i].group, e[i - 1].group) != 0))
            fprintf(out, ".SS %s\n", e[i].group);
        fputs(".TP\n\\fB", out);
        roff_text(out, e[i].name);
        fputs("\\fR", out);
        roff_text(out, e[i].signature);
        putc('\n', out);
        roff_text(out, e[i].help);
        putc('\n', out);
        for (size_t k = 0; k < COUNT(e->examples) && e[i].examples[k]; k++) {
            fputs(".br\n", out);
            roff_text(out, e[i].examples[k]);
            putc('\n', out);
        }
    }
}

bool reference_print(const char *topic, bool roff, FILE *out)
{
    bool is_words = strcmp(topic, "words") == 0;
    if (!is_words && strcmp(topic, "functions") != 0)
        return false;
    const struct entry *table = is_words ? words : functions;
    size_t count = is_words ? COUNT(words) : COUNT(functions);
    if (roff) {
        fprintf(out, ".SH %s\n.ad l\n", is_words ? "WORDS" : "FUNCTIONS");
        print_roff(table, count, out);
        return true;
    }
    fprintf(out, "%s\n",
            is_words ? "Words: the language's own words"
                     : "Functions: what they take and give; each example "
                       "holds");
    print_text(table, count, out);
    return true;
}
