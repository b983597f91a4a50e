/* mlc run: makes the changes of one flow, some, or all. */
#include "config.h"

#include "cli/runner.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/notices.h"
#include "runtime/schedule.h"

static bool is_due(struct work *w, const struct flow *flow)
{
    return schedule_is_due(w->store, flow, clock_now_ms());
}

#define TELLING_MS 20000

/* A timer has nobody else who would; a server that runs does it itself. */
static void tell_people(struct work *w)
{
    struct notices_options o = { w->state_path, &w->program, w->overrides,
                                 &work_stop };
    struct notices *n = NULL;
    struct error err = { 0 };
    if (notices_open(&o, &n, &err)
        || notices_pass(n, TELLING_MS, &err) < 0)
        log_warning("notices: %s", err.text);
    notices_close(n);
}

int cmd_run(const struct invocation *in)
{
    struct work w;
    bool dry = option_given(in, "dry-run"), due = option_given(in, "due");
    if (option_given(in, "record") && in->arg_count != 1)
        return usage_error(in, "--record needs the one flow it is for");
    unsigned needs = WORK_PROGRAM | WORK_STATE | WORK_SYSTEMS
                     | WORK_ARGS_ARE_FLOWS | (dry ? WORK_DRY : 0u);
    int code = work_open(&w, in, needs);
    if (code == EXIT_FINE)
        code = runner_run_all(&w, dry ? RUN_PLAN : RUN_WRITE,
                              due ? is_due : NULL);
    if (due && !dry && w.store)
        tell_people(&w);
    work_close(&w);
    return code;
}
