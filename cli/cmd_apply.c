/* mlc apply: the changes of a saved plan, each looked at again first. */
#include "config.h"

#include "cli/runner.h"

static int apply(struct work *w, const struct plan *plan)
{
    struct error err = { 0 };
    char hash[65] = "";
    const struct flow *flow = program_flow(&w->program, plan->flow);
    if (!flow || plan->flow.len == 0) {
        error_set(&err, ERROR_USAGE, "the plan is of a flow %.*s, which this "
                  "project does not have", TEXT_ARG(plan->flow));
        return command_fail(w->in, &err);
    }
    if (!text_is(plan->instance, store_instance(w->store))) {
        error_set(&err, ERROR_GUARD, "the plan was made with another state "
                  "file");
        error_hint(&err, "Make it again with `mlc plan %.*s --out FILE`.",
                   TEXT_ARG(plan->flow));
        return command_fail(w->in, &err);
    }
    run_flow_hash(&w->program, flow, hash);
    if (!text_is(plan->flow_hash, hash)) {
        error_set(&err, ERROR_GUARD, "the flow %.*s or one of its tables "
                  "changed since the plan was made", TEXT_ARG(plan->flow));
        error_hint(&err, "Make it again with `mlc plan %.*s --out FILE`.",
                   TEXT_ARG(plan->flow));
        return command_fail(w->in, &err);
    }
    return runner_run(w, flow, RUN_APPLY, plan);
}

int cmd_apply(const struct invocation *in)
{
    struct error err = { 0 };
    struct plan plan;
    struct work w;
    if (plan_read(in->args[0], &plan, &err))
        return command_fail(in, &err);
    int code = work_open(&w, in, WORK_PROGRAM | WORK_STATE | WORK_SYSTEMS);
    if (code == EXIT_FINE)
        code = apply(&w, &plan);
    work_close(&w);
    plan_free(&plan);
    return code;
}
