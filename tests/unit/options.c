/* The option parser, on rows made for it. */
#include "config.h"

#include "cli/command.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_def test_options[] = {
    { "fix", 0, OPTION_FLAG, NULL, "" },
    { "format", 0, OPTION_CHOICE, "text|json", "" },
    { "file", 'f', OPTION_VALUE, "FILE", "" },
    { "port", 0, OPTION_NUMBER, "N", "" },
    { "fault", 0, OPTION_LIST, "SPEC", "" },
    { 0 }
};
static const struct verb_def test_verbs[] = { { "list", "", "" },
                                              { "show", "KEY", "" },
                                              { 0 } };
static const struct command plain = { .name = "plain",
                                      .args = "A B",
                                      .args_min = 0,
                                      .args_max = 2,
                                      .options = test_options };
static const struct command verbs = { .name = "verbs",
                                      .args = "",
                                      .args_max = ARGS_ANY,
                                      .verbs = test_verbs,
                                      .options = test_options };
static const struct command needed = { .name = "needed",
                                       .args = "",
                                       .args_max = ARGS_ANY,
                                       .verbs = test_verbs,
                                       .verb_needed = true,
                                       .options = test_options };

#define WORDS_MAX 300

/* What came of `line`, said as one text; its words are split at blanks. */
static const char *parse(const struct command *c, const char *line)
{
    static struct invocation in;
    static char said[1024], copy[4096];
    static char *words[WORDS_MAX + 1];
    int count = 0;
    bool help;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *p = copy; *p && count < WORDS_MAX;) {
        words[count++] = p;
        p += strcspn(p, " ");
        if (*p)
            *p++ = '\0';
    }
    words[count] = NULL;
    if (options_parse(&in, c, count, words, &help) != EXIT_FINE)
        return "refused";
    if (help)
        return "help";
    size_t n = 0;
    said[0] = '\0';
    if (in.verb)
        n += (size_t)snprintf(said, sizeof said, "verb=%s ", in.verb);
    for (int i = 0; i < in.given_count && n < 900; i++)
        n += (size_t)snprintf(said + n, sizeof said - n, "%s%s%s ",
                              in.given[i].option->name,
                              in.given[i].value ? "=" : "",
                              in.given[i].value ? in.given[i].value : "");
    for (int i = 0; i < in.arg_count && n < 900; i++)
        n += (size_t)snprintf(said + n, sizeof said - n, "[%s] ", in.args[i]);
    return said;
}

static const struct {
    const struct command *command;
    const char *line, *want;
} rows[] = {
    { &plain, "", "" },
    { &plain, "a b", "[a] [b] " },
    { &plain, "a b c", "refused" },
    { &plain, "--fix", "fix " },
    { &plain, "--fix=1", "refused" },
    { &plain, "a --fix b", "fix [a] [b] " },
    { &plain, "--fi", "refused" }, /* fix or file */
    { &plain, "--fil x", "file=x " },
    { &plain, "--file", "refused" },
    { &plain, "--file=", "file= " },
    { &plain, "--file=a=b", "file=a=b " },
    { &plain, "--file --fix", "file=--fix " },
    { &plain, "--format json", "format=json " },
    { &plain, "--format jso", "refused" },
    { &plain, "--format text|json", "refused" },
    { &plain, "--port 0", "port=0 " },
    { &plain, "--port 80a", "refused" },
    { &plain, "--port -1", "refused" },
    { &plain, "--port 9999999999", "refused" },
    { &plain, "--fault a --fault b", "fault=a fault=b " },
    { &plain, "-- --fix", "[--fix] " },
    { &plain, "- a", "[-] [a] " },
    { &plain, "-vv -q", "verbose verbose quiet " },
    { &plain, "-x", "refused" },
    { &plain, "-qx", "refused" },
    { &plain, "--help", "help" },
    { &plain, "a b --help", "help" },
    { &plain, "a b -h", "help" },
    { &plain, "--nothing-like-this", "refused" },
    { &plain, "--=", "refused" },
    { &verbs, "", "verb=list " },
    { &verbs, "show k", "verb=show [k] " },
    { &verbs, "--fix show k", "verb=show fix [k] " },
    { &verbs, "shwo k", "refused" },
    { &needed, "", "refused" },
    { &needed, "list", "verb=list " },
    { &needed, "--help", "help" },
};

static void test_colour(void)
{
    static const struct {
        const char *no, *force, *may, *option;
        bool want;
    } cases[] = {
        { NULL, NULL, NULL, "--color=always", true },
        { "1", NULL, NULL, "--color=always", true },
        { NULL, "1", NULL, "--color=never", false },
        { NULL, "1", NULL, "--color=auto", true },
        { "1", "1", NULL, "--color=auto", false },
        { "", "1", NULL, "--color=auto", true },
        { NULL, "0", NULL, "--color=auto", false }, /* stdout is no terminal */
        { NULL, NULL, "1", "--color=auto", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct invocation in;
        char word[32];
        char *words[2] = { word, NULL };
        bool help;
        snprintf(word, sizeof word, "%s", cases[i].option);
        cases[i].no ? setenv("NO_COLOR", cases[i].no, 1) : unsetenv("NO_COLOR");
        cases[i].force ? setenv("CLICOLOR_FORCE", cases[i].force, 1)
                       : unsetenv("CLICOLOR_FORCE");
        cases[i].may ? setenv("CLICOLOR", cases[i].may, 1)
                     : unsetenv("CLICOLOR");
        setenv("TERM", "dumb", 1);
        options_parse(&in, &plain, 1, words, &help);
        ok(in.colour == cases[i].want, "colour row %zu", i);
    }
}

static void test_questions(void)
{
    static struct invocation in;
    char *words[] = { (char[]){ "--file=a" }, (char[]){ "--file=b" },
                      (char[]){ "--port=7" }, NULL };
    bool help;
    int at = 0;
    options_parse(&in, &plain, 3, words, &help);
    is_text(option_value(&in, "file"), "b", "the last value counts");
    is_int(option_number(&in, "port", 1), 7, "a number");
    ok(!option_given(&in, "fix"), "not given");
    is_text(option_next(&in, "file", &at), "a", "first");
    is_text(option_next(&in, "file", &at), "b", "second");
    ok(option_next(&in, "file", &at) == NULL, "no third");
}

static void test_ceiling(void)
{
    char line[4096] = "";
    for (int i = 0; i < GIVEN_MAX + 1; i++)
        strncat(line, "--fix ", sizeof line - strlen(line) - 1);
    is_text(parse(&plain, line), "refused", "too many options");
}

int main(void)
{
    if (!freopen("/dev/null", "w", stderr))
        return 99;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        is_text(parse(rows[i].command, rows[i].line), rows[i].want, "%s: %s",
                rows[i].command->name, rows[i].line);
    test_colour();
    test_questions();
    test_ceiling();
    return tap_done();
}
