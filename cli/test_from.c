/* mlc test --from: a test out of a record that the state keeps, because it is
 * held or because it was written. */
#include "config.h"

#include "cli/test_from.h"

#include "cli/work.h"
#include "runtime/flowtest_from.h"

static int kept_record(struct work *w, const struct flow *flow,
                       struct flowtest_kept *kept, struct error *err)
{
    struct hold_row hold;
    int got = store_hold_get(w->store, flow->name, kept->key, &w->arena, &hold,
                             err);
    if (got == 0) {
        kept->record = hold.record;
        kept->reasons = hold.reasons;
    }
    if (got == 1)
        got = store_intent_record(w->store, flow->name, kept->key, &w->arena,
                                  &kept->record, err);
    return got;
}

static int print_test(struct work *w, const struct flow *flow, struct text key)
{
    struct flowtest_kept kept = { .key = key };
    struct error err = { 0 };
    struct buf out;
    int got = w->store ? kept_record(w, flow, &kept, &err) : 1;
    if (got == 1) {
        error_set(&err, ERROR_USAGE, "the state keeps no record %.*s of %.*s",
                  TEXT_ARG(key), TEXT_ARG(flow->name));
        error_hint(&err, "mlc held list %.*s shows the keys that wait.",
                   TEXT_ARG(flow->name));
    }
    buf_init(&out, 0);
    if (got == 0)
        got = flowtest_from(&w->program, flow, &kept, &out, &err);
    if (got == 0)
        fwrite(out.ptr, 1, out.len, stdout);
    buf_fini(&out);
    return got ? command_fail(w->in, &err) : EXIT_FINE;
}

int test_from(const struct invocation *in)
{
    struct work w;
    const char *name = option_value(in, "flow");
    const char *key = option_value(in, "from");
    int code = work_open(&w, in, WORK_PROGRAM | WORK_STATE_READ);
    if (code == EXIT_FINE) {
        const struct flow *flow =
            program_flow(&w.program, text_of(name ? name : ""));
        if (flow)
            code = print_test(&w, flow, text_of(key));
        else
            code = usage_error(in, name ? "there is no flow %s here"
                                        : "say which flow's record: --flow "
                                          "FLOW%s",
                               name ? name : "");
    }
    work_close(&w);
    return code;
}
