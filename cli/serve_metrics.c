/* /metrics: what the state and the server know, as OpenMetrics text. Names of
 * flows and connections are the only labels; nothing of a record shows. */
#include "config.h"

#include "cli/serve.h"

#include "runtime/clock.h"
#include "runtime/jsonread.h"
#include "runtime/oauth.h"
#include "runtime/vault.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KINDS_MAX 16

static void head(struct buf *b, const char *name, const char *type,
                 const char *help)
{
    buf_printf(b, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static void label(struct buf *b, struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '"' || t.ptr[i] == '\\')
            buf_byte(b, '\\');
        buf_byte(b, t.ptr[i] == '\n' ? ' ' : t.ptr[i]);
    }
}

static void sample(struct buf *b, const char *name, const char *key,
                   struct text value, int64_t number)
{
    buf_printf(b, "%s{%s=\"", name, key);
    label(b, value);
    buf_printf(b, "\"} %lld\n", (long long)number);
}

static void counter(struct buf *b, const char *name, const char *help,
                    long long value)
{
    head(b, name, "counter", help);
    buf_printf(b, "%s_total %lld\n", name, value);
}

static void gauge(struct buf *b, const char *name, const char *help,
                  long long value)
{
    head(b, name, "gauge", help);
    buf_printf(b, "%s %lld\n", name, value);
}

/* --------------------------------------------------------------------- flows */
struct flow_figures {
    struct flow_past past;
    enum trouble trouble;
    int64_t kinds[KINDS_MAX], oldest_ms[KINDS_MAX];
    char names[KINDS_MAX][24];
    size_t kind_count;
    struct text counts;
};

static int count_hold(void *ctx, const struct hold_row *row)
{
    struct flow_figures *f = ctx;
    size_t i = 0;
    while (i < f->kind_count && !text_is(row->kind, f->names[i]))
        i++;
    if (i == KINDS_MAX)
        return 0;
    if (i == f->kind_count) {
        snprintf(f->names[i], sizeof f->names[i], "%.*s", TEXT_ARG(row->kind));
        f->oldest_ms[i] = row->first_seen_ms;
        f->kind_count++;
    }
    f->kinds[i]++;
    if (row->first_seen_ms < f->oldest_ms[i])
        f->oldest_ms[i] = row->first_seen_ms;
    return 0;
}

struct counting {
    struct flow_figures *f;
    struct arena *arena;
};

static int note_counts(void *ctx, const struct run_row *row)
{
    struct counting *c = ctx;
    if (row->counts.len == 0 || (!text_is(row->mode, "run")
                                 && !text_is(row->mode, "record")))
        return 0;
    c->f->counts = text_dup(c->arena, row->counts);
    return 1;
}

static void look(struct serve *s, const struct flow *flow, int64_t now,
                 struct arena *arena, struct flow_figures *f)
{
    struct error ignored = { 0 };
    struct counting c = { f, arena };
    int64_t since = 0;
    memset(f, 0, sizeof *f);
    schedule_past(s->web_store, flow, now, &f->past, &ignored);
    f->trouble = notices_judge(s->web_store, flow, 0, now, &since, &ignored);
    store_hold_each(s->web_store, flow->name, arena, count_hold, f, &ignored);
    store_run_each(s->web_store, flow->name, 20, arena, note_counts, &c,
                   &ignored);
}

static void print_held(const struct flow *flow, const struct flow_figures *f,
                       int64_t now, bool ages, struct buf *b)
{
    for (size_t i = 0; i < f->kind_count; i++) {
        buf_printf(b, "%s{flow=\"", ages ? "mlc_held_oldest_seconds"
                                         : "mlc_held_records");
        label(b, flow->name);
        buf_printf(b, "\",reason=\"%s\"} %lld\n", f->names[i],
                   (long long)(ages ? (now - f->oldest_ms[i]) / 1000
                                    : f->kinds[i]));
    }
}

static void print_counts(const struct flow *flow, struct text counts,
                         struct buf *b)
{
    static const char *const names[] = { "read", "created", "updated",
                                         "unchanged", "skipped", "held",
                                         "rejected", "waiting" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int64_t n = 0;
        if (!json_get_int64(counts, names[i], &n))
            continue;
        buf_str(b, "mlc_flow_last_run_records{flow=\"");
        label(b, flow->name);
        buf_printf(b, "\",outcome=\"%s\"} %lld\n", names[i], (long long)n);
    }
}

static void print_flows(struct serve *s, int64_t now, struct arena *arena,
                        struct buf *b)
{
    struct flow_figures *list = ARENA_ARRAY(arena, struct flow_figures,
                                            s->flow_count + 1);
    const struct flow **flows = ARENA_ARRAY(arena, const struct flow *,
                                            s->flow_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < s->flow_count; i++)
        if (s->workers[i].flow)
            flows[count++] = s->workers[i].flow;
    for (size_t i = 0; i < count; i++)
        look(s, flows[i], now, arena, &list[i]);
    head(b, "mlc_flow_last_success_age_seconds", "gauge",
         "Since the last good run.");
    for (size_t i = 0; i < count; i++)
        if (list[i].past.success_ms > 0)
            sample(b, "mlc_flow_last_success_age_seconds", "flow",
                   flows[i]->name,
                   (now - list[i].past.success_ms) / 1000);
    head(b, "mlc_flow_failures_in_a_row", "gauge", "Runs since a good one.");
    for (size_t i = 0; i < count; i++)
        sample(b, "mlc_flow_failures_in_a_row", "flow",
               flows[i]->name, list[i].past.failures);
    head(b, "mlc_flow_trouble", "gauge",
         "0 fine, 1 failing, 2 stale, 3 needs a sign-in.");
    for (size_t i = 0; i < count; i++)
        sample(b, "mlc_flow_trouble", "flow", flows[i]->name,
               (int64_t)list[i].trouble);
    head(b, "mlc_flow_last_run_records", "gauge",
         "Records of the last run by outcome.");
    for (size_t i = 0; i < count; i++)
        print_counts(flows[i], list[i].counts, b);
    head(b, "mlc_held_records", "gauge", "Records that wait, by reason class.");
    for (size_t i = 0; i < count; i++)
        print_held(flows[i], &list[i], now, false, b);
    head(b, "mlc_held_oldest_seconds", "gauge", "Age of the oldest of them.");
    for (size_t i = 0; i < count; i++)
        print_held(flows[i], &list[i], now, true, b);
}

/* ------------------------------------------------------------------- budgets */
struct quota_print {
    struct buf *b;
    int64_t now;
};

static int print_quota(void *ctx, struct text connection, struct text endpoint,
                       struct text window, const struct budget *q)
{
    struct quota_print *p = ctx;
    if (q->limit < 0 || endpoint.len > 0)
        return 0;
    bool over = q->reset_ms > 0 && q->reset_ms < p->now;
    buf_str(p->b, "mlc_quota_remaining{connection=\"");
    label(p->b, connection);
    buf_str(p->b, "\",window=\"");
    label(p->b, window);
    buf_printf(p->b, "\"} %lld\n",
               (long long)(over || q->used < 0 ? q->limit
                           : q->used > q->limit ? 0
                                                : q->limit - q->used));
    return 0;
}

static void print_token(struct serve *s, struct vault *v, struct text name,
                        bool sign_in, int64_t now, struct arena *arena,
                        struct buf *b)
{
    struct connection_setup *setup = NULL;
    struct token token = { 0 };
    struct error ignored = { 0 };
    if (connection_build(&s->edition->program, name, s->w->overrides, s->web_store,
                         now, arena, &setup, &ignored))
        return;
    if (token_load(v, setup->key, arena, &token, &ignored) == 0) {
        int64_t days = token_days_left(&token, setup->info.auth, now);
        if (days >= 0 && !sign_in)
            sample(b, "mlc_token_days_left", "connection", name, days);
        if (sign_in)
            sample(b, "mlc_sign_in_needed", "connection", name,
                   token.state == TOKEN_SIGN_IN);
    }
    connection_fini(setup);
}

static void print_tokens(struct serve *s, int64_t now, struct arena *arena,
                         struct buf *b)
{
    struct vault *v = NULL;
    struct error ignored = { 0 };
    const struct program *p = &s->edition->program;
    if (vault_open(s->web_store, &v, &ignored))
        return;
    head(b, "mlc_token_days_left", "gauge",
         "Days until a sign-in dies unused.");
    for (size_t i = 0; i < p->connection_count; i++)
        print_token(s, v, p->connections[i]->name, false, now, arena, b);
    head(b, "mlc_sign_in_needed", "gauge", "1: a person must sign in.");
    for (size_t i = 0; i < p->connection_count; i++)
        print_token(s, v, p->connections[i]->name, true, now, arena, b);
    vault_close(v);
}

/* -------------------------------------------------------------------- server */
static long resident_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    if (fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    fclose(f);
    return resident * sysconf(_SC_PAGESIZE);
}

static void print_hooks(struct serve *s, struct buf *b)
{
    const struct hook_counts *c = hooks_counts(s->hooks);
    const struct {
        const char *word;
        long long n;
    } rows[] = {
        { "taken", atomic_load(&c->taken) },
        { "repeated", atomic_load(&c->repeated) },
        { "refused", atomic_load(&c->refused) },
        { "conflicting", atomic_load(&c->conflicting) },
        { "handshake", atomic_load(&c->handshakes) },
        { "malformed", atomic_load(&c->malformed) },
        { "busy", atomic_load(&c->busy) },
        { "failed", atomic_load(&c->failed) },
    };
    head(b, "mlc_webhook_deliveries", "counter", "What became of webhooks.");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        sample(b, "mlc_webhook_deliveries_total", "outcome",
               text_of(rows[i].word), rows[i].n);
    gauge(b, "mlc_webhooks_waiting", "Deliveries not worked off yet.",
          (long long)hooks_waiting(s->hooks));
}

static void print_server(struct serve *s, struct buf *b)
{
    struct serve_figures *f = &s->figures;
    int episodes = 0, queued = 0;
    notices_figures(s->notices, &episodes, &queued);
    counter(b, "mlc_runs_started", "Runs this server began.",
            atomic_load(&f->runs));
    counter(b, "mlc_runs_crashed", "Runs that died.", atomic_load(&f->crashes));
    counter(b, "mlc_clock_steps", "Times the clock moved or the machine slept.",
            atomic_load(&f->clock_steps));
    counter(b, "mlc_flow_files_taken", "Times changed flow files were taken "
            "over.", atomic_load(&f->files_taken));
    gauge(b, "mlc_flow_files_broken", "1: the flow files on the disk have "
          "errors, the last good ones are at work.",
          atomic_load(&f->files_broken));
    gauge(b, "mlc_runs_now", "Runs going on.", atomic_load(&f->running));
    gauge(b, "mlc_schedule_lateness_milliseconds",
          "Latest start against its schedule so far.",
          atomic_load(&f->late_ms));
    gauge(b, "mlc_loop_age_milliseconds", "Since the server's last turn.",
          clock_steady_ms() - atomic_load(&f->beat_ms));
    gauge(b, "mlc_subscriptions", "Webhook subscriptions kept.",
          atomic_load(&f->subscriptions));
    gauge(b, "mlc_episodes", "Flows in trouble that were told of.", episodes);
    gauge(b, "mlc_notices_waiting", "Notices not delivered yet.", queued);
    gauge(b, "process_resident_memory_bytes", "Memory of the server.",
          resident_bytes());
}

void serve_metrics(struct serve *s, struct buf *out)
{
    struct arena arena;
    struct error ignored = { 0 };
    int64_t now = clock_now_ms();
    struct quota_print q = { out, now };
    arena_init(&arena);
    print_flows(s, now, &arena, out);
    head(out, "mlc_quota_remaining", "gauge", "Calls left in a window.");
    store_budget_each(s->web_store, &arena, print_quota, &q, &ignored);
    print_tokens(s, now, &arena, out);
    print_hooks(s, out);
    print_server(s, out);
    buf_str(out, "# EOF\n");
    arena_fini(&arena);
}
