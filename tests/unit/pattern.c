/* Patterns of matches: which ones are allowed and why others are not, and
 * what the allowed ones match. */
#include "config.h"

#include "lang/pattern.h"
#include "runtime/text_regex.h"
#include "tests/lib/tap.h"
#include <string.h>
#include <time.h>

static const char *const refused[][2] = {
    { "(a)\\1", "a pattern cannot refer back to an earlier group" },
    { "a(?=b)", "a group is written ( ); looking ahead or behind, names and "
                "settings do not exist here" },
    { "(?i)a", "a group is written ( ); looking ahead or behind, names and "
               "settings do not exist here" },
    { "(?<n>a)", "a group is written ( ); looking ahead or behind, names and "
                 "settings do not exist here" },
    { "(*FAIL)", "verbs do not exist here" },
    { "a*?", "one of * + ? { } is enough; lazy and possessive forms do not "
             "exist here" },
    { "a++", "one of * + ? { } is enough; lazy and possessive forms do not "
             "exist here" },
    { "a{2}{3}", "one of * + ? { } is enough; lazy and possessive forms do not "
                 "exist here" },
    { "^a", "a pattern covers the whole text already; leave out ^ and $" },
    { "a$", "a pattern covers the whole text already; leave out ^ and $" },
    { "*a", "there is nothing here to repeat" },
    { "a|*", "there is nothing here to repeat" },
    { "\\bx", "a pattern covers the whole text, so it has no marks for places" },
    { "\\q", "after \\ stands a sign, or one of d w s p t n r" },
    { "a\\", "after \\ stands a sign, or one of d w s p t n r" },
    { "\\p{Greek}", "\\p is written \\p{L}, \\p{Lu}, \\p{Ll}, \\p{N}, \\p{P}, "
                    "\\p{S} or \\p{Z}" },
    { "[a-", "this class is never closed with ]" },
    { "[abc", "this class is never closed with ]" },
    { "[]", "a class with nothing in it; write \\] for the bracket itself" },
    { "[z-a]", "this range has no order" },
    { "[\\d-z]", "this range has no order" },
    { "[[:alpha:]]",
      "classes by name are not known here; write [a-z] or \\p{L}" },
    { "(a", "this group is never closed with )" },
    { "a)", "this ) closes nothing" },
    { "a{,3}", "after { stands how often; write \\{ for the brace itself" },
    { "a{3", "this { is never closed with }" },
    { "a{3,2}", "the first number is the smaller one" },
    { "a{1001}", "at most 1000 times" },
    { "a{99999999999999999999}", "at most 1000 times" },
    { "((a{100}){100}){100}", "repeats within repeats are too many" },
    { "((((((((((((((((((((((a))))))))))))))))))))))",
      "groups are nested too deeply" },
    { "\xFF", "this is not UTF-8" },
    { "", "an empty pattern; write is \"\" for an empty text" },
};

static void test_refused(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const char *why = "it is allowed";
        size_t at = 0, end = 0;
        struct text t = text_of(refused[i][0]);
        bool sound = pattern_is_sound(t, &why, &at, &end);
        is_text(why, refused[i][1], "/%s/", refused[i][0]);
        ok(!sound && at <= end && end <= t.len, "and where");
        ok(!regex_find(t, NULL), "nor can it be run");
    }
}

struct match {
    const char *pattern, *subject;
    bool want;
};

static const struct match matches[] = {
    { "[0-9]{4}", "4510", true },
    { "[0-9]{4}", "45100", false },
    { "[0-9]{4}", "x4510", false },
    { "[0-9]{4}", "4510\n", false },
    { "[A-Z]{2,3}", "SAL", true },
    { "[A-Z]{2,}", "S", false },
    { "a|bc", "bc", true },
    { "a|bc", "abc", false },
    { "(a|b)+c?", "abab", true },
    { "x{0}y", "y", true },
    { "[^0-9]+", "abc", true },
    { "[^0-9]+", "ab1", false },
    { "\\d+", "\xD9\xA3", false },
    { "\\w+", "a_1", true },
    { "\\w+", "\xC3\xA9", false },
    { "\\p{L}+", "\xC3\xA9\xD0\x96", true },
    { "\\p{Lu}", "\xC3\x89", true },
    { ".", "\xF0\xA0\xAE\xB7", true },
    { "..", "\xF0\xA0\xAE\xB7", false },
    { ".*", "", true },
    { "a.c", "a\nc", true },
    { "\\.\\*\\{\\}", ".*{}", true },
    { "[.\\]^-]+", "]^-.", true },
    { "[a\\-z]+", "-az", true },
    { "(?:ab)+", "abab", true },
    { "(|a)b", "b", true },
    { "caf\xC3\xA9?", "caf", true },
    { ".*", "\xFF", false },
};

static void test_matches(void)
{
    for (size_t i = 0; i < sizeof matches / sizeof *matches; i++) {
        const struct match *m = &matches[i];
        const struct regex *regex = regex_find(text_of(m->pattern), NULL);
        ok(regex && regex_matches(regex, text_of(m->subject)) == m->want,
           "/%s/ and row %zu", m->pattern, i);
        bool plain = (unsigned char)m->subject[0] != 0xFF;
        ok(pattern_refuses(text_of(m->pattern), text_of(m->subject)) ==
               (plain && !m->want),
           "/%s/ and row %zu, before anything runs", m->pattern, i);
    }
    ok(regex_find(TEXT("a+"), NULL) == regex_find(TEXT("a+"), NULL),
       "a pattern is read once");
    ok(regex_matches(regex_find(TEXT("a*"), NULL), TEXT_NONE),
       "nothing is an empty text");
}

/* Patterns that take ages where matching goes back and forth. */
static void test_time(void)
{
    static const char *const slow[] = { "(a+)+b", "(a|a)*b", "(a*)*b",
                                        "(a|aa)+b", "(.*)*x" };
    char subject[3001];
    memset(subject, 'a', sizeof subject - 1);
    subject[sizeof subject - 1] = '\0';
    clock_t start = clock();
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        const struct regex *regex = regex_find(text_of(slow[i]), NULL);
        ok(regex && !regex_matches(regex, text_of(subject)), "/%s/ says no",
           slow[i]);
        subject[sizeof subject - 2] = slow[i][strlen(slow[i]) - 1];
        ok(regex && regex_matches(regex, text_of(subject)), "/%s/ says yes",
           slow[i]);
        subject[sizeof subject - 2] = 'a';
    }
    ok(clock() - start < 5 * CLOCKS_PER_SEC, "all of them within seconds");
}

int main(void)
{
    test_refused();
    test_matches();
    test_time();
    return tap_done();
}
