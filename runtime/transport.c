/* Opening connections: settings, vault, budgets; learning facts; figures.
 * Sending is transport_send.c's. */
#include "config.h"

#include "runtime/transport_internal.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/crypto.h"
#include "runtime/port_files.h"
#include "runtime/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DISCOVER_STEPS_MAX 20
#define DISCOVERED "discovered" /* a fact of ours beside the connector's */

bool transport_stopped(const struct transport *t)
{
    return t->options.stop && *t->options.stop;
}

int transport_open(const struct transport_options *options,
                   struct transport **out, struct error *err)
{
    struct transport *t = mem_zalloc(sizeof *t);
    uint64_t seed;
    t->options = *options;
    arena_init(&t->arena);
    crypto_random(&seed, sizeof seed);
    retry_random_seed(&t->random, seed);
    if (options->store && vault_open(options->store, &t->vault, err)) {
        transport_close(t);
        return -1;
    }
    *out = t;
    return 0;
}

static void close_channel(struct channel *c)
{
    port_files_close(c->files);
    budgets_close(c->budgets);
    signer_fini(&c->signer);
    connection_fini(c->setup);
    arena_fini(&c->arena);
}

void transport_close(struct transport *t)
{
    if (!t)
        return;
    for (struct channel *c = t->channels; c; c = c->next)
        close_channel(c);
    http_close(t->http);
    vault_close(t->vault);
    arena_fini(&t->arena);
    mem_free(t);
}

void transport_set_deadline(struct transport *t, int64_t deadline_ms)
{
    t->options.deadline_ms = deadline_ms;
}

static int need_http(struct transport *t, struct error *err)
{
    const char *authority = getenv("MLC_CA_FILE");
    struct http_options options = {
        .ca_file = authority && *authority ? authority : NULL,
        .stop = t->options.stop,
    };
    return t->http ? 0 : http_open(&options, &t->http, err);
}

/* What the connection's settings say of its plan. */
static void allow_calls(struct channel *c)
{
    const struct connector *k = c->setup->connector;
    for (const struct quota *q = k->quotas; k->calls && q && q->window; q++)
        budgets_allow(c->budgets, q->window,
                      k->calls(&c->setup->info, q->window));
}

int transport_connect(struct transport *t, struct text name,
                      struct channel **out, struct error *err)
{
    struct channel *c = ARENA_NEW(&t->arena, struct channel);
    int64_t now = t->options.now_ms ? t->options.now_ms : clock_now_ms();
    if (need_http(t, err) ||
        connection_build(t->options.program, name, t->options.overrides,
                         t->options.store, now, &t->arena, &c->setup, err))
        return -1;
    for (*out = t->channels; *out; *out = (*out)->next)
        if (text_equal((*out)->setup->key, c->setup->key) &&
            text_equal((*out)->setup->info.name, c->setup->info.name)) {
            connection_fini(c->setup);
            return 0;
        }
    c->transport = t;
    arena_init(&c->arena);
    c->budgets = budgets_open(t->options.store, c->setup->key,
                              c->setup->connector);
    allow_calls(c);
    signer_init(&c->signer, c->setup, t->vault, t->options.store, t->http,
                c->budgets);
    retry_budget_init(&c->retry_budget);
    c->next = t->channels;
    t->channels = c;
    *out = c;
    return 0;
}

void channel_open_files(struct channel *c, struct port *port)
{
    const struct program *program = c->transport->options.program;
    port_files_open(&c->files, &c->arena, &c->setup->info,
                    program ? program->root : NULL, port);
}

const struct connector *channel_connector(const struct channel *c)
{
    return c->setup->connector;
}

const struct connection_info *channel_info(const struct channel *c)
{
    return &c->setup->info;
}

/* -------------------------------------------------------------- learning */
struct discovery {
    struct channel *channel;
    struct arena *arena;
    int step;
    bool keep; /* what is learnt; else only told */
    struct error error;
};

static void learn(void *ctx, const char *name, struct text value)
{
    struct discovery *d = ctx;
    struct channel *c = d->channel;
    if (!d->keep) {
        struct fact *f = ARENA_NEW(c->probe_arena, struct fact);
        *f = (struct fact){ text_dup(c->probe_arena, text_of(name)),
                            text_dup(c->probe_arena, value), c->probed };
        c->probed = f;
    } else if (d->error.kind == ERROR_NONE) {
        (void)connection_learn(c->setup, text_of(name), value, &d->error);
    }
}

static void judge_discovery(void *ctx, const struct response *response,
                            struct answer *answer)
{
    struct discovery *d = ctx;
    const struct connection_setup *s = d->channel->setup;
    s->connector->discover_answer(&s->info, d->step, response, d->arena, learn,
                                  d, answer);
}

static int discover_step(struct discovery *d, const struct request *request,
                         struct error *err)
{
    struct exchange x = { .request = request, .arena = d->arena,
                          .classify = judge_discovery, .ctx = d };
    const struct connection_setup *s = d->channel->setup;
    if (transport_send(d->channel, &x, err))
        return -1;
    if (d->error.kind != ERROR_NONE) {
        *err = d->error;
        return -1;
    }
    if (x.answer.kind == ANSWER_DONE)
        return 0;
    bool refused = x.answer.kind == ANSWER_REFUSED;
    if (refused)
        error_hint(err, "Look at the connection's settings and at the rights "
                        "of the user who signed in.");
    return error_set(err, refused ? ERROR_USAGE : ERROR_TRANSIENT,
                     "%.*s could not be asked about itself: %.*s",
                     TEXT_ARG(s->info.name), TEXT_ARG(x.answer.reason));
}

static int discover(struct channel *c, bool keep, struct error *err)
{
    struct arena arena;
    const struct connection_setup *s = c->setup;
    struct discovery d = { .channel = c, .arena = &arena, .keep = keep };
    int result = 0;
    if (!s->connector->discover_request)
        return 0;
    arena_init(&arena);
    for (; result == 0 && d.step < DISCOVER_STEPS_MAX; d.step++) {
        struct request request = { 0 };
        result = s->connector->discover_request(&s->info, d.step, &arena,
                                                &request, err);
        if (result == 0)
            result = discover_step(&d, &request, err);
        arena_reset(&arena);
    }
    arena_fini(&arena);
    return result < 0 ? -1 : 0;
}

int channel_prepare(struct channel *c, struct error *err)
{
    const struct connection_info *info = &c->setup->info;
    if (c->prepared || c->preparing)
        return 0;
    /* learnt once and kept: a company that was chosen stays chosen */
    if (info->learnt(info, DISCOVERED).len > 0) {
        c->prepared = true;
        return 0;
    }
    c->preparing = true; /* its own calls need no preparing */
    int result = discover(c, true, err);
    c->preparing = false;
    if (result == 0 && c->setup->connector->discover_request)
        result = connection_learn(c->setup, TEXT(DISCOVERED), TEXT("yes"),
                                  err);
    c->prepared = result == 0;
    return result;
}

int channel_probe(struct channel *c, struct arena *arena, struct fact **facts,
                  struct error *err)
{
    int result = channel_prepare(c, err);
    c->probe_arena = arena;
    c->probed = NULL;
    if (result == 0)
        result = discover(c, false, err);
    *facts = c->probed;
    return result;
}

int channel_discover(struct channel *c, struct error *err)
{
    if (connection_forget_facts(c->setup, err))
        return -1;
    c->prepared = false;
    return channel_prepare(c, err);
}

int channel_keep_alive(struct channel *c, struct error *err)
{
    int result = signer_keep_alive(&c->signer, err);
    return result < 0 ? -1 : 0;
}

int channel_sign_in(struct channel *c, struct text code,
                    struct text redirect_uri, struct text verifier,
                    struct error *err)
{
    return signer_exchange(&c->signer, code, redirect_uri, verifier, err);
}

int channel_budgets(struct channel *c, struct arena *arena,
                    struct budget_view **out, size_t *count, struct error *err)
{
    return budgets_view(c->budgets, clock_now_ms(), arena, out, count, err);
}

/* --------------------------------------------------------------- figures */
void channel_counts(const struct channel *c, struct call_count *out)
{
    *out = c->counts;
    out->refreshes = c->signer.refreshes;
}

const struct call_figures *channel_last_call(const struct channel *c)
{
    return &c->last;
}

int channel_forecast(struct channel *c, int64_t calls, struct forecast *out)
{
    struct error ignored = { 0 };
    int result = budgets_forecast(c->budgets, calls, clock_now_ms(), out,
                                  &ignored);
    return result < 0 ? 0 : result;
}

static void print_grouped(struct buf *out, int64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_byte(out, ',');
        buf_byte(out, digits[i]);
    }
}

void forecast_print(const struct forecast *f, struct buf *out)
{
    buf_str(out, "about ");
    print_grouped(out, f->needed);
    if (f->window && f->limit >= 0) {
        bool day = strcmp(f->window, "day") == 0;
        buf_str(out, " of ");
        print_grouped(out, f->limit);
        buf_printf(out, " %s calls", day ? "daily"
                                     : strcmp(f->window, "hour") == 0
                                         ? "hourly"
                                         : "per-minute");
        buf_str(out, ", ");
        print_grouped(out, f->remaining);
        buf_str(out, " left");
    } else {
        buf_str(out, " calls");
    }
}
