/* mlc doc: the project's flows in sentences, with the origin of each field. */
#include "config.h"

#include "cli/command.h"

#include "cli/project.h"
#include "lang/aloud.h"

#include <errno.h>
#include <string.h>

#define PATHS_MAX 1024

int cmd_doc(const struct invocation *in);

static void add_table(const struct module *m, struct buf *out)
{
    for (const struct node *n = KID(m->tree.file, FILE, items); n;
         n = n->next) {
        if ((n->kind != NODE_TABLE && n->kind != NODE_DEFINE) || !n->doc.len)
            continue;
        buf_printf(out, "- %s **%.*s**: %.*s\n",
                   n->kind == NODE_TABLE ? "table" : "define",
                   TEXT_ARG(n->text), TEXT_ARG(n->doc));
    }
}

static void describe(struct program *p, struct buf *out)
{
    bool first = true;

    for (const struct flow *f = p->flows; f; f = f->next)
        if (f->module->asked && !f->broken && f->source)
            aloud_flow(p, f, &p->arena, out);
    for (const struct module *m = p->modules; m; m = m->next) {
        size_t at = out->len;

        if (!m->asked)
            continue;
        add_table(m, out);
        if (first && out->len > at) {
            struct text said =
                text_dup(&p->arena, text_slice(buf_view(out), at, out->len));

            out->len = at;
            buf_str(out, "## Tables and defines\n\n");
            buf_text(out, said);
            first = false;
        }
    }
}

static int deliver(const struct invocation *in, const struct buf *b)
{
    const char *path = option_value(in, "out");
    struct error err = { 0 };
    FILE *f = path ? fopen(path, "w") : stdout;

    if (!f) {
        error_errno(&err, ERROR_INPUT, "could not write %s", path);
        return command_fail(in, &err);
    }
    fwrite(b->ptr, 1, b->len, f);
    if (path && fclose(f) != 0) {
        error_errno(&err, ERROR_INPUT, "could not write %s", path);
        return command_fail(in, &err);
    }
    return EXIT_FINE;
}

int cmd_doc(const struct invocation *in)
{
    struct program p;
    struct load_options options = { 0 };
    const char *paths[PATHS_MAX];
    struct buf out;
    int code = EXIT_USAGE;

    project_options(&options);
    for (int i = 0; i < in->arg_count && i < PATHS_MAX; i++)
        paths[options.path_count++] = in->args[i];
    options.paths = paths;
    program_init(&p);
    program_load(&p, &options);
    program_check(&p);
    buf_init(&out, 0);
    if (p.diags.error_count) {
        diags_print(&p.diags, DIAG_TEXT, in->colour_messages, NULL, stderr);
    } else {
        describe(&p, &out);
        code = deliver(in, &out);
    }
    buf_fini(&out);
    program_fini(&p);
    return code;
}
