/* mlc replay: held records again, as they are today. Without --yes it only
 * shows what was and what would be; the evidence of the hold stays in the
 * audit trail. */
#include "config.h"

#include "cli/runner.h"

#include "runtime/holds.h"
#include "runtime/trace.h"
#include <stdio.h>
#include <string.h>

struct choice {
    struct work *w;
    struct hold_row *rows;
    size_t count, cap;
};

static bool is_chosen(const struct work *w, const struct hold_row *h)
{
    const char *flow = option_value(w->in, "flow");
    if (flow && !text_is(h->flow, flow))
        return false;
    for (int i = 0; i < w->in->arg_count; i++)
        if (text_is(h->source_key, w->in->args[i]))
            return true;
    return w->in->arg_count == 0 && flow;
}

static int choose(void *ctx, const struct hold_row *row)
{
    struct choice *c = ctx;
    if (!is_chosen(c->w, row))
        return 0;
    if (c->count == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 32;
        c->rows = mem_realloc(c->rows, c->cap * sizeof *c->rows);
    }
    c->rows[c->count++] = *row;
    return 0;
}

static int show_one(struct work *w, const struct hold_row *h,
                    struct error *err)
{
    const struct flow *flow = program_flow(&w->program, h->flow);
    struct ports ports = ports_of_transport(w->transport);
    struct buf b;
    buf_init(&b, 0);
    buf_printable(&b, h->source_key);
    buf_str(&b, "\n  was\n");
    reasons_text(h->reasons, "                    ", &b);
    buf_str(&b, "  now\n");
    int result = 0;
    if (flow)
        result = trace_record(&w->program, flow, w->store, &ports,
                              h->source_key, h->record, w->now_ms, &b, err);
    else
        buf_str(&b, "                    its flow is not in this project\n");
    fwrite(b.ptr, 1, b.len, stdout);
    buf_fini(&b);
    return result;
}

static int mark(struct work *w, const struct hold_row *h, struct error *err)
{
    struct audit_row row = { .at_ms = w->now_ms, .flow = h->flow,
                             .flow_hash = h->flow_hash,
                             .action = TEXT("replay"), .source = h->source,
                             .source_key = h->source_key,
                             .before = h->reasons,
                             .result = TEXT("a person asked for it") };
    return store_hold_retry(w->store, h->id, err)
                   || store_audit_add(w->store, &row, err)
               ? -1 : 0;
}

static int run_chosen(struct work *w, const struct choice *c)
{
    int code = EXIT_FINE;
    for (const struct flow *f = w->program.flows; f; f = f->next)
        for (size_t i = 0; i < c->count; i++)
            if (text_equal(c->rows[i].flow, f->name)) {
                code = runner_worse(code, runner_run(w, f, RUN_WRITE, NULL));
                break;
            }
    return code;
}

static int replay(struct work *w)
{
    struct error err = { 0 };
    struct choice c = { .w = w };
    bool go = option_given(w->in, "yes");
    int result = store_hold_each(w->store, TEXT_NONE, &w->arena, choose, &c,
                                 &err);
    for (size_t i = 0; i < c.count && result == 0; i++)
        result = go ? STORE_TRANSACTION(w->store, &err,
                                        mark(w, &c.rows[i], &err))
                    : show_one(w, &c.rows[i], &err);
    int code = result ? command_fail(w->in, &err) : EXIT_FINE;
    if (code == EXIT_FINE && c.count == 0) {
        error_set(&err, ERROR_USAGE, "nothing is held under that name");
        error_hint(&err, "`mlc held list` shows what waits and its keys.");
        code = command_fail(w->in, &err);
    } else if (code == EXIT_FINE && go) {
        code = run_chosen(w, &c);
    } else if (code == EXIT_FINE) {
        fprintf(stderr, "Nothing was done yet: the same with --yes runs "
                "%zu record%s again.\n", c.count, c.count == 1 ? "" : "s");
    }
    mem_free(c.rows);
    return code;
}

int cmd_replay(const struct invocation *in)
{
    struct work w;
    if (in->arg_count == 0 && !option_value(in, "flow"))
        return usage_error(in, "say which: keys, or --flow FLOW");
    int code = work_open(&w, in, WORK_PROGRAM | WORK_STATE | WORK_SYSTEMS
                                     | (option_given(in, "yes") ? 0u
                                                                : WORK_DRY));
    if (code == EXIT_FINE)
        code = replay(&w);
    work_close(&w);
    return code;
}
