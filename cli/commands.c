/* The table of commands, made from commands.def, and the look-ups in it. */
#include "config.h"

#include "cli/command.h"

#include "base/text.h"

#include <string.h>

/* A command may have its row before it has its file. */
#define COMMAND(name, ...) \
    extern __typeof__(cmd_##name) cmd_##name __attribute__((weak));
#include "cli/commands.def"
#undef COMMAND

#define PLAIN false
#define RUNNING true
#define VERB(name, args, summary) { name, args, summary },
#define NO_VERBS NULL, false
#define VERBS(list) ((const struct verb_def[]){ list { 0 } }), false
#define VERB_NEEDED(list) ((const struct verb_def[]){ list { 0 } }), true
#define FLAG(name, help) { name, 0, OPTION_FLAG, NULL, help },
#define VALUE(name, arg, help) { name, 0, OPTION_VALUE, arg, help },
#define LIST(name, arg, help) { name, 0, OPTION_LIST, arg, help },
#define CHOICE(name, arg, help) { name, 0, OPTION_CHOICE, arg, help },
#define NUMBER(name, arg, help) { name, 0, OPTION_NUMBER, arg, help },
#define NO_OPTIONS no_options
#define OPTIONS(list) ((const struct option_def[]){ list { 0 } })
#define EXAMPLE(line, says) { line, says },
#define EXAMPLES(list) ((const struct example[]){ list { 0 } })

const struct option_def no_options[] = { { 0 } };

const struct option_def common_options[] = {
    FLAG("json", "machine output on standard output")
    { "quiet", 'q', OPTION_FLAG, NULL, "only errors on standard error" },
    { "verbose", 'v', OPTION_FLAG, NULL, "say more; -vv says most" },
    CHOICE("color", "auto|always|never", "default auto: on a terminal")
    { "help", 'h', OPTION_FLAG, NULL, "this help" },
    { 0 }
};

const struct option_def running_options[] = {
    VALUE("state", "FILE", "state file; default .mlc/state.db of the project")
    LIST("set", "NAME.key=value", "override a connection's setting")
    LIST("connection", "A=B", "use connection B where flows say A")
    FLAG("sandbox", "use the built-in sandbox for every system")
    { 0 }
};

const char *const group_titles[GROUP_COUNT] = {
    [GROUP_WRITE] = "Write and prove flows",
    [GROUP_RUN] = "Run them",
    [GROUP_LOOK] = "See what happened and what waits",
    [GROUP_CARE] = "Take care",
};

#define COMMAND(name, group, shares, least, most, args, summary, details, \
                verbs, options, examples)                                 \
    { #name, cmd_##name, group,   shares,  least,   most, args, summary,  \
      details, verbs,    options, examples },
const struct command commands[] = {
#include "cli/commands.def"
    { 0 }
};
#undef COMMAND

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (c->run && strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

void command_options(const struct command *c,
                     const struct option_def *tables[4])
{
    size_t n = 0;
    tables[n++] = c->options;
    if (c->runs)
        tables[n++] = running_options;
    tables[n++] = common_options;
    tables[n] = NULL;
}

/* Keeps the nearer of `best` and `name`; a third of the word may differ. */
static void consider(const char *typed, const char *name, const char **best,
                     size_t *distance)
{
    size_t limit = (strlen(typed) + 2) / 3;
    size_t d = text_distance(text_of(typed), text_of(name), limit);
    if (d <= limit && d < *distance) {
        *best = name;
        *distance = d;
    }
}

const char *command_near(const char *name)
{
    const char *best = NULL;
    size_t distance = (size_t)-1;
    for (const struct command *c = commands; c->name; c++)
        if (c->run)
            consider(name, c->name, &best, &distance);
    return best;
}

const char *option_near(const struct command *c, const char *name)
{
    const char *best = NULL;
    size_t distance = (size_t)-1;
    const struct option_def *tables[4];
    command_options(c, tables);
    for (size_t i = 0; tables[i]; i++)
        for (const struct option_def *o = tables[i]; o->name; o++)
            consider(name, o->name, &best, &distance);
    return best;
}
