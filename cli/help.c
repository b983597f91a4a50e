/* --help from the table: examples first, then usage and options. */
#include "config.h"

#include "cli/command.h"

#include "base/embedded.h"
#include "cli/reference.h"

#include <string.h>

#define WIDTH 80

/* `text` in lines of at most WIDTH columns, `indent` blanks before each; the
 * first one stands at `column` already. */
static void wrapped(FILE *out, const char *text, size_t indent, size_t column)
{
    for (bool first = true; *text; first = false) {
        size_t len = strcspn(text, " \n");
        if (!first && column + 1 + len > WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            putc(' ', out);
            column++;
        }
        fwrite(text, 1, len, out);
        column += len;
        text += len + strspn(text + len, " \n");
    }
    putc('\n', out);
}

/* "  left    right", right at `column`, or on its own line. */
static void row(FILE *out, const char *left, size_t column, const char *right)
{
    size_t used = 2 + strlen(left);
    fprintf(out, "  %s", left);
    if (used + 2 > column) {
        putc('\n', out);
        used = 0;
    }
    fprintf(out, "%*s", (int)(column - used), "");
    wrapped(out, right, column, column);
}

static void option_row(FILE *out, const struct option_def *o)
{
    char left[128];
    int used = 0;
    if (o->letter)
        used = snprintf(left, sizeof left, "-%c, ", o->letter);
    snprintf(left + used, sizeof left - (size_t)used, "--%s%s%s", o->name,
             o->argument ? " " : "", o->argument ? o->argument : "");
    row(out, left, 26, o->help);
}

static void option_rows(FILE *out, const char *title,
                        const struct option_def *o)
{
    if (!o->name)
        return;
    fprintf(out, "\n%s:\n", title);
    for (; o->name; o++)
        option_row(out, o);
}

static void usage_lines(FILE *out, const struct command *c)
{
    if (!c->verbs) {
        fprintf(out, "  mlc %s [OPTION...]%s%s\n", c->name, *c->args ? " " : "",
                c->args);
        return;
    }
    for (const struct verb_def *v = c->verbs; v->name; v++) {
        char left[128];
        snprintf(left, sizeof left, "mlc %s %s%s%s", c->name, v->name,
                 *v->args ? " " : "", v->args);
        row(out, left, 38, v->summary);
    }
}

void help_command(const struct command *c, FILE *out)
{
    fprintf(out, "mlc %s: %s\n\nExamples:\n", c->name, c->summary);
    for (const struct example *e = c->examples; e->line; e++)
        row(out, e->line, 44, e->says);
    fprintf(out, "\nUsage:\n");
    usage_lines(out, c);
    if (*c->details) {
        putc('\n', out);
        wrapped(out, c->details, 0, 0);
    }
    option_rows(out, "Options", c->options);
    if (c->runs)
        option_rows(out, "Options of all commands that use the systems",
                    running_options);
    option_rows(out, "Options of every command", common_options);
}

static void group_rows(FILE *out, enum command_group group)
{
    bool any = false;
    for (const struct command *c = commands; c->name; c++) {
        if (c->group != group || !c->run)
            continue;
        if (!any)
            fprintf(out, "\n%s:\n", group_titles[group]);
        any = true;
        row(out, c->name, 15, c->summary);
    }
}

void help_all(FILE *out)
{
    fputs("mlc: records of one system become records of another, by a file "
          "you can read\n\nExamples:\n",
          out);
    static const char *const first[] = { "init", "check", "plan", "run",
                                         "held" };
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        const struct command *c = command_find(first[i]);
        if (c)
            row(out, c->examples->line, 44, c->examples->says);
    }
    for (int g = 0; g < GROUP_COUNT; g++)
        group_rows(out, (enum command_group)g);
    fputs("\nTopics:\n ", out);
    for (const struct embedded_text *t = help_topics; t->name; t++)
        fprintf(out, " %s", t->name + strlen("help/"));
    for (const char *const *t = reference_topics; *t; t++)
        fprintf(out, " %s", *t);
    fputs("\n\nConnectors, `mlc help NAME`:\n ", out);
    for (const struct embedded_text *t = connector_pages; t->name; t++)
        fprintf(out, " %.*s", (int)(strlen(t->name) - strlen("/README")),
                t->name);
    fputs("\n\n`mlc help COMMAND` and `mlc help TOPIC` say more; "
          "`mlc --version` says which mlc it is.\n",
          out);
}
