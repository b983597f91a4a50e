/* mlc reconcile: counts and adds up both sides, and lists what differs. */
#include "config.h"

#include "cli/runner.h"

int cmd_reconcile(const struct invocation *in)
{
    struct work w;
    int code = work_open(&w, in, WORK_PROGRAM | WORK_STATE | WORK_SYSTEMS
                                     | WORK_DRY | WORK_ARGS_ARE_FLOWS);
    if (code == EXIT_FINE)
        code = runner_run_all(&w, RUN_RECONCILE, NULL);
    work_close(&w);
    return code;
}
