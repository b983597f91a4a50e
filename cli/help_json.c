/* mlc help --json: the table of commands for tools. */
#include "config.h"

#include "cli/command.h"

#include "base/text.h"

static void member(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, "\"%s\":", name);
    if (value)
        buf_json_string(b, text_of(value));
    else
        buf_str(b, "null");
}

static void options(struct buf *b, const struct command *c)
{
    const struct option_def *tables[4];
    const char *between = "";
    command_options(c, tables);
    buf_str(b, ",\"options\":[");
    for (size_t i = 0; tables[i]; i++)
        for (const struct option_def *o = tables[i]; o->name; o++) {
            buf_printf(b, "%s{", between);
            member(b, "name", o->name);
            buf_str(b, ",");
            member(b, "letter", o->letter ? (char[]){ o->letter, 0 } : NULL);
            buf_str(b, ",");
            member(b, "argument", o->argument);
            buf_str(b, ",");
            member(b, "help", o->help);
            buf_str(b, "}");
            between = ",";
        }
    buf_str(b, "]");
}

static void command(struct buf *b, const struct command *c)
{
    const char *between = "";
    buf_str(b, "{");
    member(b, "name", c->name);
    buf_str(b, ",");
    member(b, "summary", c->summary);
    buf_str(b, ",");
    member(b, "args", c->args);
    buf_str(b, ",\"verbs\":[");
    for (const struct verb_def *v = c->verbs; v && v->name; v++) {
        buf_printf(b, "%s{", between);
        member(b, "name", v->name);
        buf_str(b, ",");
        member(b, "args", v->args);
        buf_str(b, ",");
        member(b, "summary", v->summary);
        buf_str(b, "}");
        between = ",";
    }
    buf_str(b, "]");
    options(b, c);
    buf_str(b, ",\"examples\":[");
    between = "";
    for (const struct example *e = c->examples; e->line; e++) {
        buf_printf(b, "%s{", between);
        member(b, "line", e->line);
        buf_str(b, ",");
        member(b, "says", e->says);
        buf_str(b, "}");
        between = ",";
    }
    buf_str(b, "]}");
}

void help_json(const struct command *only, FILE *out)
{
    struct buf b;
    const char *between = "";
    buf_init(&b, 0);
    buf_str(&b, "{\"version\":\"" PACKAGE_VERSION "\",\"commands\":[");
    for (const struct command *c = commands; c->name; c++) {
        if (!c->run || (only && c != only))
            continue;
        buf_str(&b, between);
        command(&b, c);
        between = ",";
    }
    buf_str(&b, "]}\n");
    fwrite(b.ptr, 1, b.len, out);
    buf_fini(&b);
}
