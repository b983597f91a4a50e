/* Reads a command line by the command's row: options anywhere, "--" ends
 * them, --name=value or --name value, -vv, a verb first if the row has any.
 * A long option may be shortened as long as it is unmistakable. */
#include "config.h"

#include "cli/command.h"

#include "base/log.h"
#include "base/text.h"
#include "runtime/redact.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -------------------------------------------------------------- questions */
static const struct option_def *known(const struct invocation *in,
                                      const char *name)
{
    const struct option_def *tables[4];
    command_options(in->command, tables);
    for (size_t i = 0; tables[i]; i++)
        for (const struct option_def *o = tables[i]; o->name; o++)
            if (strcmp(o->name, name) == 0)
                return o;
    log_bug("mlc %s has no row for --%s", in->command->name, name);
}

int option_times(const struct invocation *in, const char *name)
{
    const struct option_def *o = known(in, name);
    int times = 0;
    for (int i = 0; i < in->given_count; i++)
        times += in->given[i].option == o;
    return times;
}

bool option_given(const struct invocation *in, const char *name)
{
    return option_times(in, name) > 0;
}

const char *option_next(const struct invocation *in, const char *name, int *at)
{
    const struct option_def *o = known(in, name);
    while (*at < in->given_count) {
        const struct given *g = &in->given[(*at)++];
        if (g->option == o)
            return g->value;
    }
    return NULL;
}

const char *option_value(const struct invocation *in, const char *name)
{
    const char *last = NULL;
    const char *value;
    for (int at = 0; (value = option_next(in, name, &at));)
        last = value;
    return last;
}

long option_number(const struct invocation *in, const char *name,
                   long otherwise)
{
    const char *value = option_value(in, name);
    return value ? strtol(value, NULL, 10) : otherwise;
}

/* --------------------------------------------------------------- messages */
int usage_error(const struct invocation *in, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "mlc %s: ", in->command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n`mlc %s --help` shows how it is used.\n",
            in->command->name);
    return EXIT_USAGE;
}

static const char *kind_word(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NONE:
        return "none";
    case ERROR_USAGE:
        return "usage";
    case ERROR_INPUT:
        return "input";
    case ERROR_SIGN_IN:
        return "sign in";
    case ERROR_LOCKED:
        return "locked";
    case ERROR_GUARD:
        return "guard";
    case ERROR_TRANSIENT:
        return "try later";
    case ERROR_STORE:
        return "state";
    case ERROR_VENDOR:
        return "system";
    }
    return "unknown";
}

int command_fail(const struct invocation *in, const struct error *given)
{
    struct error clean = *given;
    const struct error *err = &clean;
    struct buf b;
    redact_chars(clean.text, sizeof clean.text);
    redact_chars(clean.hint, sizeof clean.hint);
    buf_init(&b, 0);
    buf_str(&b, "mlc: ");
    buf_printable(&b, text_of(err->text));
    if (err->hint[0]) {
        buf_str(&b, "\n  ");
        buf_printable(&b, text_of(err->hint));
    }
    fprintf(stderr, "%s\n", buf_cstr(&b));
    if (in->json) {
        buf_reset(&b);
        buf_str(&b, "{\"error\":{\"kind\":");
        buf_json_string(&b, text_of(kind_word(err->kind)));
        buf_str(&b, ",\"text\":");
        buf_json_string(&b, text_of(err->text));
        buf_str(&b, ",\"hint\":");
        buf_json_string(&b, text_of(err->hint));
        buf_str(&b, "}}");
        printf("%s\n", buf_cstr(&b));
    }
    buf_fini(&b);
    return error_exit_code(err);
}

/* ----------------------------------------------------------------- parsing */
static bool word_in(const char *words, const char *word, size_t len)
{
    while (*words) {
        size_t n = strcspn(words, "|");
        if (n == len && strncmp(words, word, len) == 0)
            return true;
        words += n + (words[n] == '|');
    }
    return false;
}

static int note(struct invocation *in, const struct option_def *o,
                const char *value)
{
    if (in->given_count == GIVEN_MAX)
        return usage_error(in, "more than %d options", GIVEN_MAX);
    if (o->kind == OPTION_CHOICE && !word_in(o->argument, value, strlen(value)))
        return usage_error(in, "--%s takes %s, not `%s`", o->name, o->argument,
                           value);
    if (o->kind == OPTION_NUMBER &&
        (*value == '\0' || strlen(value) > 9 ||
         strspn(value, "0123456789") != strlen(value)))
        return usage_error(in, "--%s takes a whole number, not `%s`", o->name,
                           value);
    in->given[in->given_count++] = (struct given){ o, value };
    return EXIT_FINE;
}

/* The option called `name` (len bytes), or the only one that starts so. */
static const struct option_def *find(const struct command *c, const char *name,
                                     size_t len, bool *several)
{
    const struct option_def *begins = NULL;
    const struct option_def *tables[4];
    command_options(c, tables);
    *several = false;
    for (size_t i = 0; tables[i]; i++)
        for (const struct option_def *o = tables[i]; o->name; o++) {
            if (len == 0 || strncmp(o->name, name, len) != 0)
                continue;
            if (o->name[len] == '\0')
                return o;
            *several |= begins != NULL;
            begins = o;
        }
    return *several ? NULL : begins;
}

static int unknown(struct invocation *in, const char *arg, const char *name,
                   size_t len, bool several)
{
    char word[64];
    if (several)
        return usage_error(in, "`%.*s` could be several options; write it out",
                           (int)(len + 2), arg);
    if (len >= sizeof word)
        return usage_error(in, "no option is as long as `--%.20s...`", name);
    memcpy(word, name, len);
    word[len] = '\0';
    const char *near = option_near(in->command, word);
    if (near)
        return usage_error(in, "no option `--%s`; did you mean `--%s`?", word,
                           near);
    return usage_error(in, "no option `--%s`", word);
}

/* One "--name", "--name=value" or "--name" "value"; `*at` is its index. */
static int long_option(struct invocation *in, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2;
    size_t len = strcspn(name, "=");
    bool several;
    const struct option_def *o = find(in->command, name, len, &several);
    if (!o)
        return unknown(in, argv[*at], name, len, several);
    if (o->kind == OPTION_FLAG) {
        if (name[len] == '=')
            return usage_error(in, "--%s takes no value", o->name);
        return note(in, o, NULL);
    }
    if (name[len] == '=')
        return note(in, o, name + len + 1);
    if (*at + 1 >= argc)
        return usage_error(in, "--%s needs %s after it", o->name, o->argument);
    return note(in, o, argv[++*at]);
}

static const struct option_def *by_letter(const struct command *c, char letter)
{
    const struct option_def *tables[4];
    command_options(c, tables);
    for (size_t i = 0; tables[i]; i++)
        for (const struct option_def *o = tables[i]; o->name; o++)
            if (o->letter == letter)
                return o;
    return NULL;
}

/* "-q", "-vv": letters are flags, so they may stand together. */
static int short_options(struct invocation *in, const char *letters)
{
    for (; *letters; letters++) {
        const struct option_def *o = by_letter(in->command, *letters);
        if (!o)
            return usage_error(in, "no option `-%c`", *letters);
        if (note(in, o, NULL))
            return EXIT_USAGE;
    }
    return EXIT_FINE;
}

/* Options leave argv; what stays are the arguments, at its start. */
static int sort_out(struct invocation *in, int argc, char **argv)
{
    int kept = 0;
    bool options_end = false;
    for (int i = 0; i < argc; i++) {
        char *arg = argv[i];
        int bad = EXIT_FINE;
        if (options_end || arg[0] != '-' || arg[1] == '\0')
            argv[kept++] = arg;
        else if (strcmp(arg, "--") == 0)
            options_end = true;
        else if (arg[1] == '-')
            bad = long_option(in, argc, argv, &i);
        else
            bad = short_options(in, arg + 1);
        if (bad)
            return bad;
    }
    argv[kept] = NULL;
    in->args = argv;
    in->arg_count = kept;
    return EXIT_FINE;
}

static int take_verb(struct invocation *in)
{
    const struct command *c = in->command;
    const char *first = in->arg_count ? in->args[0] : NULL;
    for (const struct verb_def *v = c->verbs; first && v->name; v++)
        if (strcmp(v->name, first) == 0) {
            in->verb = v->name;
            in->args++;
            in->arg_count--;
            return EXIT_FINE;
        }
    if (!first && !c->verb_needed) {
        in->verb = c->verbs->name;
        return EXIT_FINE;
    }
    char words[256] = "";
    for (const struct verb_def *v = c->verbs; v->name; v++) {
        size_t used = strlen(words);
        snprintf(words + used, sizeof words - used, "%s%s", used ? ", " : "",
                 v->name);
    }
    if (first)
        return usage_error(in, "`%s` is none of %s", first, words);
    return usage_error(in, "say which: %s", words);
}

static int count_args(struct invocation *in)
{
    const struct command *c = in->command;
    if (in->arg_count < c->args_min)
        return usage_error(in, "it needs %s", c->args);
    if (c->args_max != ARGS_ANY && in->arg_count > c->args_max)
        return usage_error(in, "`%s` is one argument too many",
                           in->args[c->args_max]);
    return EXIT_FINE;
}

/* An option wins over the environment, that over the terminal. */
static bool wants_colour(const struct invocation *in, int fd)
{
    const char *choice = option_value(in, "color");
    const char *no = getenv("NO_COLOR");
    const char *may = getenv("CLICOLOR");
    const char *force = getenv("CLICOLOR_FORCE");
    const char *term = getenv("TERM");
    if (choice && strcmp(choice, "auto") != 0)
        return strcmp(choice, "always") == 0;
    if (no && *no)
        return false;
    if (force && *force && strcmp(force, "0") != 0)
        return true;
    if (may && strcmp(may, "0") == 0)
        return false;
    return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

int options_parse(struct invocation *in, const struct command *c, int argc,
                  char **argv, bool *help)
{
    memset(in, 0, sizeof *in);
    in->command = c;
    int bad = sort_out(in, argc, argv);
    if (bad)
        return bad;
    in->json = option_given(in, "json");
    in->quiet = option_given(in, "quiet");
    in->verbose = option_times(in, "verbose");
    in->colour = wants_colour(in, STDOUT_FILENO);
    in->colour_messages = wants_colour(in, STDERR_FILENO);
    *help = option_given(in, "help");
    if (*help)
        return EXIT_FINE;
    if (c->verbs && (bad = take_verb(in)))
        return bad;
    return count_args(in);
}
