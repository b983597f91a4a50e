/* mlc suggest: a body for a flow, to be confirmed by a person. What is guessed,
 * and how, is lang/suggest.c's. */
#include "config.h"

#include "cli/command.h"

#include "cli/project.h"
#include "lang/suggest.h"

int cmd_suggest(const struct invocation *in);

static int suggest(const struct invocation *in, struct program *p)
{
    struct error err = { 0 };
    const struct flow *flow = program_flow(p, text_of(in->args[0]));
    struct buf out;

    if (!flow || flow->broken || !flow->source) {
        if (flow)
            diags_print(&p->diags, DIAG_TEXT, in->colour_messages, NULL,
                        stderr);
        error_set(&err, ERROR_USAGE, "there is no flow %s to complete",
                  in->args[0]);
        return command_fail(in, &err);
    }
    if (!flow->target) {
        error_set(&err, ERROR_USAGE, "flow %s only logs: it has no fields "
                                     "that must be set", in->args[0]);
        return command_fail(in, &err);
    }
    buf_init(&out, 0);
    suggest_body(flow, lineage_rows(flow, &p->arena), &p->arena, &out);
    fwrite(out.ptr, 1, out.len, stdout);
    buf_fini(&out);
    return EXIT_FINE;
}

int cmd_suggest(const struct invocation *in)
{
    struct program p;
    struct load_options options = { 0 };
    int code;

    project_options(&options);
    program_init(&p);
    program_load(&p, &options);
    program_check(&p);
    code = suggest(in, &p);
    program_fini(&p);
    return code;
}
