/* Writes mlc(1) in roff from the table of commands and the help topics. */
#include "config.h"

#include "cli/man.h"

#include "base/embedded.h"
#include "cli/command.h"

#include <string.h>

void roff_text(FILE *out, const char *s)
{
    if (*s == '.' || *s == '\'')
        fputs("\\&", out);
    for (; *s; s++) {
        if (*s == '\\')
            fputs("\\e", out);
        else if (*s == '-')
            fputs("\\-", out);
        else
            putc(*s, out);
    }
}

static void line(FILE *out, const char *s)
{
    roff_text(out, s);
    putc('\n', out);
}

static void option(FILE *out, const struct option_def *o)
{
    fputs(".TP\n\\fB", out);
    if (o->letter)
        fprintf(out, "\\-%c\\fR, \\fB", o->letter);
    fputs("\\-\\-", out);
    roff_text(out, o->name);
    fputs("\\fR", out);
    if (o->argument) {
        fputs(" \\fI", out);
        roff_text(out, o->argument);
        fputs("\\fR", out);
    }
    putc('\n', out);
    line(out, o->help);
}

static void options(FILE *out, const char *title, const struct option_def *o)
{
    fprintf(out, ".SS %s\n", title);
    for (; o->name; o++)
        option(out, o);
}

static void usage(FILE *out, const struct command *c, const char *verb,
                  const char *args)
{
    fprintf(out, "\\fBmlc %s%s%s\\fR [\\fIOPTION\\fR...] \\fI", c->name,
            *verb ? " " : "", verb);
    roff_text(out, args);
    fputs("\\fR\n", out);
}

static void command(FILE *out, const struct command *c)
{
    fprintf(out, ".SS mlc %s\n", c->name);
    line(out, c->summary);
    fputs(".PP\n", out);
    if (!c->verbs)
        usage(out, c, "", c->args);
    for (const struct verb_def *v = c->verbs; v && v->name; v++) {
        fputs(".TP\n", out);
        usage(out, c, v->name, v->args);
        line(out, v->summary);
    }
    if (*c->details) {
        fputs(".PP\n", out);
        line(out, c->details);
    }
    for (const struct option_def *o = c->options; o->name; o++)
        option(out, o);
    for (const struct example *e = c->examples; e->line; e++) {
        fputs(".PP\n.RS\n.nf\n", out);
        line(out, e->line);
        fputs(".fi\n.RE\n", out);
        line(out, e->says);
    }
}

/* A topic is plain text: its first line is a title, the rest stays as it is. */
static void topic(FILE *out, const struct embedded_text *t)
{
    const char *s = strchr(t->text, '\n');
    fputs(".SH ", out);
    for (const char *p = t->text; *p && *p != '\n'; p++)
        putc(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p, out);
    fputs("\n.nf\n", out);
    for (s = s ? s + 1 : ""; *s;) {
        char row[256];
        size_t len = strcspn(s, "\n");
        snprintf(row, sizeof row, "%.*s", (int)len, s);
        line(out, row);
        s += len + (s[len] == '\n');
    }
    fputs(".fi\n", out);
}

void man_print(FILE *out)
{
    fputs(".TH MLC 1 \"\" \"mlc " PACKAGE_VERSION "\" \"User commands\"\n"
          ".SH NAME\nmlc \\- map the records of one system to another\n"
          ".SH SYNOPSIS\n\\fBmlc\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] "
          "[\\fIARGUMENT\\fR...]\n"
          ".SH DESCRIPTION\nFlow files say how records of one system become "
          "records of another. mlc proves them, shows every change they would "
          "make, and makes exactly those changes. The language is described "
          "in mlc(7).\n.SH COMMANDS\n",
          out);
    for (const struct command *c = commands; c->name; c++)
        if (c->run)
            command(out, c);
    fputs(".SH OPTIONS\n", out);
    options(out, "Every command", common_options);
    options(out, "Commands that use the systems", running_options);
    for (const struct embedded_text *t = help_topics; t->name; t++)
        topic(out, t);
    fputs(".SH SEE ALSO\nmlc(7)\n", out);
}
