/* mlc plan: shows every change a run would make, and writes nothing. */
#include "config.h"

#include "cli/runner.h"

int cmd_plan(const struct invocation *in)
{
    struct work w;
    if (option_given(in, "out") && in->arg_count != 1)
        return usage_error(in, "--out needs the one flow it is for");
    int code = work_open(&w, in, WORK_PROGRAM | WORK_STATE | WORK_SYSTEMS
                                     | WORK_DRY | WORK_ARGS_ARE_FLOWS);
    if (code == EXIT_FINE)
        code = runner_run_all(&w, RUN_PLAN, NULL);
    work_close(&w);
    return code;
}
