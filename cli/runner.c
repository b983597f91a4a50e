/* One flow, from options to printed summary. */
#include "config.h"

#include "cli/runner.h"

#include "lang/lock.h"
#include "runtime/clock.h"
#include <stdio.h>
#include <string.h>

struct showing {
    const struct invocation *in;
    FILE *file; /* of plan --out */
    bool first;
    size_t changes;
};

static void show_item(void *ctx, const struct plan_item *item)
{
    struct showing *s = ctx;
    struct buf b;
    buf_init(&b, 0);
    if (strcmp(item->action, "hold") != 0
        && strcmp(item->action, "reject") != 0
        && strcmp(item->action, "drifted") != 0)
        s->changes++;
    if (s->in->json || s->file) {
        if (!s->first)
            buf_byte(&b, ',');
        plan_item_json(item, &b);
        if (s->in->json)
            fwrite(b.ptr, 1, b.len, stdout);
        if (s->file)
            fwrite(b.ptr, 1, b.len, s->file);
    }
    if (!s->in->json) {
        buf_reset(&b);
        plan_item_text(item, &b);
        fwrite(b.ptr, 1, b.len, stdout);
    }
    s->first = false;
    buf_fini(&b);
}

static void print_buf(FILE *out, struct buf *b)
{
    if (b->len > 0)
        fwrite(b->ptr, 1, b->len, out);
    buf_fini(b);
}

static void plan_head(struct work *w, const struct flow *flow,
                      struct showing *s)
{
    struct buf b;
    char hash[65];
    run_flow_hash(&w->program, flow, hash);
    buf_init(&b, 0);
    if (w->in->json || s->file)
        plan_file_head(flow->name, text_of(hash),
                       text_of(store_instance(w->store)), w->now_ms, &b);
    if (s->file)
        fwrite(b.ptr, 1, b.len, s->file);
    if (w->in->json)
        fwrite(b.ptr, 1, b.len, stdout);
    else {
        buf_reset(&b);
        buf_printf(&b, "%.*s   %.*s.%.*s -> ", TEXT_ARG(flow->name),
                   TEXT_ARG(flow->source_connection->name),
                   TEXT_ARG(flow->source->name));
        if (flow->target)
            buf_printf(&b, "%.*s.%.*s\n",
                       TEXT_ARG(flow->target_connection->name),
                       TEXT_ARG(flow->target->name));
        else
            buf_str(&b, "log\n");
        fwrite(b.ptr, 1, b.len, stdout);
    }
    buf_fini(&b);
}

static int64_t calls_made(const struct summary *sum, struct text connection)
{
    for (size_t i = 0; i < sum->call_count; i++)
        if (text_equal(sum->calls[i].name, connection))
            return (int64_t)sum->calls[i].calls;
    return 0;
}

/* What the run will take of the target's limits: it reads what the plan has
 * read, and writes. */
static void print_forecast(struct work *w, const struct flow *flow,
                           const struct summary *sum, struct buf *b)
{
    struct channel *c = NULL;
    struct error ignored = { 0 };
    struct forecast f;
    char when[32];
    int64_t writes = sum->created + sum->updated + sum->gone;
    buf_printf(b, "  calls to make: %lld\n", (long long)writes);
    if (!flow->target || writes == 0
        || transport_connect(w->transport, flow->target_connection->name, &c,
                             &ignored))
        return;
    int64_t batch = channel_connector(c)->batch_max;
    if (batch > 1)
        writes = (writes + batch - 1) / batch;
    bool short_of = channel_forecast(
        c, writes + calls_made(sum, channel_info(c)->name), &f);
    if (!f.window)
        return;
    buf_printf(b, "  %.*s: ", TEXT_ARG(channel_info(c)->name));
    forecast_print(&f, b);
    if (short_of) {
        clock_print_instant(f.ready_ms, when);
        buf_printf(b, "; not enough, the rest waits until %s", when);
    }
    buf_byte(b, '\n');
}

static void plan_tail(struct work *w, const struct flow *flow,
                      const struct summary *sum, struct showing *s)
{
    struct buf b;
    buf_init(&b, 0);
    plan_file_tail(sum, &b);
    if (s->file)
        fwrite(b.ptr, 1, b.len, s->file);
    if (!w->in->json) {
        buf_reset(&b);
        if (sum->unchanged > 0)
            buf_printf(&b, "  = %lld unchanged (0 calls)\n",
                       (long long)sum->unchanged);
        summary_text(sum, &b);
        if (strcmp(w->in->command->name, "reconcile") != 0)
            print_forecast(w, flow, sum, &b);
    }
    print_buf(stdout, &b);
}

static void print_summary(struct work *w, const struct summary *sum)
{
    struct buf b;
    buf_init(&b, 0);
    if (w->in->json) {
        summary_json(sum, &b);
        buf_byte(&b, '\n');
    } else if (!w->in->quiet) {
        summary_text(sum, &b);
        if (sum->held > 0)
            buf_printf(&b, "  see what waits: mlc held list %.*s%s\n",
                       TEXT_ARG(sum->flow),
                       option_given(w->in, "sandbox") ? " --sandbox" : "");
    }
    print_buf(stdout, &b);
}

/* The sentence of what went wrong; with --json it is in the summary. */
static void tell_error(struct work *w, const struct error *err)
{
    struct invocation text = *w->in;
    text.json = false;
    command_fail(&text, err);
}

static FILE *open_out(struct work *w, enum run_mode mode, int *code)
{
    const char *path = NULL;
    if (mode == RUN_PLAN && strcmp(w->in->command->name, "plan") == 0)
        path = option_value(w->in, "out");
    if (!path)
        return NULL;
    FILE *f = fopen(path, "wxe"); /* never over an old one */
    if (!f) {
        struct error err = { 0 };
        error_errno(&err, ERROR_USAGE, "cannot write the plan %s", path);
        *code = command_fail(w->in, &err);
    }
    return f;
}

static const struct text *named_records(struct work *w, size_t *count)
{
    const char *key;
    size_t most = (size_t)option_times(w->in, "record");
    struct text *keys = ARENA_ARRAY(&w->arena, struct text, most + 1);
    *count = 0;
    for (int at = 0; (key = option_next(w->in, "record", &at));)
        keys[(*count)++] = text_of(key);
    return keys;
}

/* A flow that wrote carries links under its name from now on. Where the
 * project is deployed read-only its lock is written before that. */
static void keep_lock(const struct work *w, const struct flow *flow)
{
    struct error err = { 0 };
    if (!w->sandbox && lock_add_flow(&w->program, flow, &err) &&
        w->in->verbose)
        fprintf(stderr, "mlc: note: %s\n", err.text);
}

int runner_run(struct work *w, const struct flow *flow, enum run_mode mode,
               const struct plan *approved)
{
    struct error err = { 0 };
    struct summary sum;
    struct showing showing = { .in = w->in, .first = true };
    struct plan_sink sink = { &showing, show_item };
    int code = EXIT_FINE;
    bool plan = mode == RUN_PLAN || mode == RUN_RECONCILE;
    struct run_options o = {
        .program = &w->program,
        .flow = flow,
        .store = w->store,
        .ports = ports_of_transport(w->transport),
        .mode = mode,
        .payloads = plan && strcmp(w->in->command->name, "run") == 0,
        .now_ms = w->now_ms,
        .stop = &work_stop,
        .approved = approved,
        .sink = plan ? &sink : NULL,
    };
    if (strcmp(w->in->command->name, "run") == 0)
        o.keys = named_records(w, &o.key_count);
    showing.file = open_out(w, mode, &code);
    if (code != EXIT_FINE)
        return code;
    summary_init(&sum, flow->name);
    if (plan)
        plan_head(w, flow, &showing);
    int result = run_flow(&o, &sum, &err);
    if (plan)
        plan_tail(w, flow, &sum, &showing);
    else
        print_summary(w, &sum);
    if (result)
        tell_error(w, &err);
    code = sum.exit_code;
    if (result == 0 && (mode == RUN_WRITE || mode == RUN_APPLY) &&
        sum.created + sum.updated + sum.gone > 0)
        keep_lock(w, flow);
    if (showing.file && fclose(showing.file) != 0 && code == EXIT_FINE)
        code = EXIT_USAGE;
    if (plan && code == EXIT_FINE && showing.changes > 0
        && strcmp(w->in->command->name, "plan") == 0
        && option_given(w->in, "exit-code"))
        code = EXIT_CHANGES;
    summary_fini(&sum);
    return code;
}

int runner_worse(int a, int b)
{
    static const int order[] = { EXIT_FINE, EXIT_FINDINGS, EXIT_TRY_LATER,
                                 EXIT_LOCKED, EXIT_GUARD, EXIT_SIGN_IN,
                                 EXIT_USAGE };
    size_t place_a = sizeof order / sizeof order[0];
    size_t place_b = place_a;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i] == a)
            place_a = i;
        if (order[i] == b)
            place_b = i;
    }
    return place_b > place_a ? b : a;
}

void runner_age(int64_t since_ms, int64_t now_ms, char out[32])
{
    clock_print_span(now_ms > since_ms ? now_ms - since_ms : 0, out);
}

int runner_run_all(struct work *w, enum run_mode mode,
                   bool (*wants)(struct work *w, const struct flow *flow))
{
    struct error err = { 0 };
    size_t count = 0;
    const struct flow **flows = work_flows(w, &count);
    int code = EXIT_FINE;
    if (!flows)
        return EXIT_USAGE;
    if (run_order(flows, count, &err))
        return command_fail(w->in, &err);
    for (size_t i = 0; i < count && !work_stop; i++)
        if (!wants || wants(w, flows[i]))
            code = runner_worse(code, runner_run(w, flows[i], mode, NULL));
    return work_stop ? 128 + work_stop : code;
}
