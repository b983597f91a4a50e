/* "Did you mean": the one candidate that is clearly nearest to a word. Case,
 * underscores, blanks and hyphens do not count, since those are what people
 * mix up between systems. */
#include "config.h"

#include "lang/check.h"

#define NEAR_WORD_MAX 80

static struct text normal(struct text word, char out[NEAR_WORD_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < word.len && len < NEAR_WORD_MAX; i++) {
        char ch = word.ptr[i];
        if (ch == '_' || ch == ' ' || ch == '-')
            continue;
        out[len++] = ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch;
    }
    return (struct text){ out, len };
}

void near_init(struct near *n, struct text word)
{
    *n = (struct near){ .word = word, .distance = SIZE_MAX };
}

void near_try(struct near *n, struct text candidate)
{
    char a[NEAR_WORD_MAX], b[NEAR_WORD_MAX];
    struct text word = normal(n->word, a), other = normal(candidate, b);
    size_t longest = word.len > other.len ? word.len : other.len;
    size_t limit = longest / 3;
    size_t distance = text_distance(word, other, limit);
    if (distance > limit || distance > n->distance ||
        text_equal(n->word, candidate))
        return;
    char c[NEAR_WORD_MAX];
    if (n->best.ptr && text_equal(normal(n->best, c), other))
        return; /* another spelling of the best one */
    n->tie = distance == n->distance;
    n->distance = distance;
    n->best = candidate;
}

bool near_found(const struct near *n)
{
    return n->best.ptr && !n->tie;
}

bool near_suggest(struct checker *c, struct diag *m, const struct near *n,
                  struct span span)
{
    if (!near_found(n))
        return false;
    struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE, "did you mean `%.*s`?",
                                    TEXT_ARG(n->best));
    diag_edit(c->d, fix, span, "%s", name_written(c->arena, n->best));
    return true;
}

static bool is_plain(struct text name)
{
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.ptr[i];
        bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                      ch == '_';
        if (!letter && !(i && ch >= '0' && ch <= '9'))
            return false;
    }
    return name.len > 0;
}

const char *name_written(struct arena *arena, struct text name)
{
    if (is_plain(name))
        return text_cstr(arena, name);
    return arena_printf(arena, "`%.*s`", TEXT_ARG(name));
}
