/* mlc reconcile: counts and adds up both sides, and lists what differs. */
#include "config.h"

#include "cli/runner.h"

int cmd_reconcile(const struct invocation *in)
{
    struct work w;
    size_t count = 0;
    int code = work_open(&w, in, WORK_PROGRAM | WORK_STATE | WORK_SYSTEMS
                                     | WORK_DRY | WORK_ARGS_ARE_FLOWS);
    if (code == EXIT_FINE) {
        const struct flow **flows = work_flows(&w, &count);
        code = flows ? EXIT_FINE : EXIT_USAGE;
        for (size_t i = 0; i < count; i++)
            code = runner_worse(code, runner_run(&w, flows[i], RUN_RECONCILE,
                                                 NULL));
    }
    work_close(&w);
    return code;
}
