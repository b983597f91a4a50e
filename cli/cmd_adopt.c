/* mlc adopt: links what both systems have already; writes nothing there. */
#include "config.h"

#include "cli/runner.h"

#include <stdio.h>

static int adopt(struct work *w)
{
    struct error err = { 0 };
    size_t count = 0;
    const struct flow **flows = work_flows(w, &count);
    if (!flows)
        return EXIT_USAGE;
    int code = runner_run(w, flows[0], RUN_ADOPT, NULL);
    if (code != EXIT_FINE && code != EXIT_FINDINGS)
        return code;
    if (store_rollback_accept(w->store, &err))
        return command_fail(w->in, &err);
    return code;
}

int cmd_adopt(const struct invocation *in)
{
    struct work w;
    int code = work_open(&w, in, WORK_PROGRAM | WORK_STATE | WORK_SYSTEMS
                                     | WORK_DRY | WORK_ARGS_ARE_FLOWS);
    if (code == EXIT_FINE)
        code = adopt(&w);
    work_close(&w);
    return code;
}
