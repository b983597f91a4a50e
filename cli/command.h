/* A command is one file, cli/cmd_NAME.c with `int cmd_NAME(in)`, and one row
 * in commands.def. The row feeds dispatch, the option parser, --help, the
 * manual page and the completions of bash, zsh and fish. A row whose function
 * is not linked in does not exist for the user.
 *
 * A command writes data to stdout and messages to stderr; with `in->json`
 * stdout gets JSON and nothing else. It returns an exit code of exit.h. It
 * need not look at stdout for errors: main does, once, at the end. */
#ifndef MLC_CLI_COMMAND_H
#define MLC_CLI_COMMAND_H

#include "base/error.h"
#include "cli/exit.h"
#include <stdbool.h>
#include <stdio.h>

enum option_kind {
    OPTION_FLAG,   /* --fix; may be given several times: -v -v */
    OPTION_VALUE,  /* --out FILE; the last one counts */
    OPTION_LIST,   /* --set NAME.key=value; each one counts */
    OPTION_CHOICE, /* --color auto|always|never; argument lists the words */
    OPTION_NUMBER, /* --port N; a whole number, 0 to 999999999 */
};

struct option_def {
    const char *name; /* without dashes; NULL ends a table */
    char letter;      /* 'q' for -q, or 0 */
    enum option_kind kind;
    const char *argument; /* "FILE", "text|json"; NULL for a flag */
    const char *help;     /* lower case, no full stop */
};

struct verb_def { /* `list` in `mlc held list` */
    const char *name; /* NULL ends a table */
    const char *args; /* "KEY...", "" for none */
    const char *summary;
};

struct example {
    const char *line; /* NULL ends a table */
    const char *says;
};

enum command_group {
    GROUP_WRITE, /* the language tools */
    GROUP_RUN,
    GROUP_LOOK, /* what happened and what waits */
    GROUP_CARE, /* credentials, state, health */
    GROUP_COUNT,
};

#define ARGS_ANY (-1)

struct invocation;

struct command {
    const char *name; /* NULL ends the table */
    int (*run)(const struct invocation *in); /* NULL: not linked in */
    enum command_group group;
    bool runs; /* takes --state, --set, --connection and --sandbox */
    int args_min, args_max; /* after the verb; ARGS_ANY: no bound */
    const char *args;       /* "[FLOW...]", "" for none */
    const char *summary;    /* one line, lower case, no full stop */
    const char *details;    /* sentences for help and manual; may be "" */
    const struct verb_def *verbs; /* the first one is the default, unless the
                                     command is told what to do */
    bool verb_needed;
    const struct option_def *options;
    const struct example *examples;
};

#define GIVEN_MAX 256 /* options in one command line */

struct given {
    const struct option_def *option;
    const char *value; /* NULL for a flag */
};

/* What the user typed, checked against the row. */
struct invocation {
    const struct command *command;
    const char *verb; /* "list"; NULL when the command has no verbs */
    char **args;      /* what is left: files, flows, keys; NULL-ended */
    int arg_count;
    bool json;
    bool quiet;
    int verbose; /* 0, 1 for -v, 2 for -vv */
    bool colour; /* for stdout */
    bool colour_messages; /* for stderr */
    struct given given[GIVEN_MAX];
    int given_count;
};

/* Was it given; how often. A name that is not in the command's row is our own
 * mistake and aborts. */
bool option_given(const struct invocation *in, const char *name);
int option_times(const struct invocation *in, const char *name);
/* The last value given, or NULL. */
const char *option_value(const struct invocation *in, const char *name);
long option_number(const struct invocation *in, const char *name,
                   long otherwise);
/* Each value in turn: `*at` starts at 0; NULL after the last. */
const char *option_next(const struct invocation *in, const char *name,
                        int *at);

/* Says on stderr what is wrong with the command line and where help is;
 * returns EXIT_USAGE. */
int usage_error(const struct invocation *in, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Says what the world did wrong: text and hint on stderr, with --json also
 * {"error":{"kind","text","hint"}} on stdout. Returns the exit code of the
 * error's kind. */
int command_fail(const struct invocation *in, const struct error *err);

/* --------------------------------------------- for help, manual, shells */
extern const struct command commands[];
extern const struct option_def common_options[];  /* every command */
extern const struct option_def running_options[]; /* those with `runs` */
extern const struct option_def no_options[];
extern const char *const group_titles[GROUP_COUNT];

#define COMMAND(name, ...) int cmd_##name(const struct invocation *in);
#include "cli/commands.def"
#undef COMMAND

/* The row, or NULL; only commands that are linked in. */
const struct command *command_find(const char *name);
/* The row's own options, then those it shares: tables in order, NULL-ended. */
void command_options(const struct command *c,
                     const struct option_def *tables[4]);
/* The nearest name to `name` among the commands or among the options of `c`,
 * or NULL when none is near. */
const char *command_near(const char *name);
const char *option_near(const struct command *c, const char *name);

/* Reads argv (without "mlc" and the command's name) into `in`. Returns
 * EXIT_FINE, or EXIT_USAGE after a message. `*help` when --help is there. */
int options_parse(struct invocation *in, const struct command *c, int argc,
                  char **argv, bool *help);

void help_all(FILE *out);
void help_command(const struct command *c, FILE *out);
/* {"version","commands":[{"name","summary","args","verbs","options",
 * "examples"}]}; one command, or all when `only` is NULL. */
void help_json(const struct command *only, FILE *out);

#endif
