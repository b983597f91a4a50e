/* The loop that takes exchanges to their ends. One attempt: breaker, slot,
 * budget, token, send; then the answer's meaning decides whether there is
 * another. */
#include "config.h"

#include "runtime/transport_internal.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/redact.h"

#include <stdio.h>
#include <string.h>

#define SLOT_WAIT_MS 25
#define IDLE_MS 100 /* a signal is noticed within it */
#define SIGN_IN_MARK "stored credentials" /* of schemes without a token */

enum flight_state { READY, WAITING, FLYING, LANDED };

struct flight {
    struct exchange *x;
    enum flight_state state;
    int64_t at_ms; /* WAITING: not before */
    struct retry_state retry;
    struct request request; /* with the credential in it */
    struct http_call call;
    struct text token;    /* that it was sent with */
    struct text rejected; /* token that was refused once */
    bool signed_again, has_slot, pending;
    int sign_waits; /* for a token server that could not help */
};

struct loop {
    struct channel *c;
    struct flight *flights;
    size_t count, landed;
    int64_t wait_max_ms;
};

static const struct text *name_of(const struct loop *l)
{
    return &l->c->setup->info.name;
}

static bool is_repeatable(const struct request *r)
{
    return !r->writes || r->safe_to_repeat;
}

/* ---------------------------------------------------------------- landing */
static void release_slot(struct loop *l, struct flight *f)
{
    if (f->has_slot)
        budgets_slot_release(l->c->budgets, clock_now_ms());
    f->has_slot = false;
}

static struct text clean(struct arena *arena, struct text t)
{
    struct buf b;
    if (t.len == 0)
        return t;
    buf_init(&b, 64 << 10);
    redact_text(t, &b);
    t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

static void land(struct loop *l, struct flight *f, int result)
{
    struct exchange *x = f->x;
    release_slot(l, f);
    x->result = result;
    x->answer.reason = clean(x->arena, x->answer.reason);
    redact_chars(x->error.text, sizeof x->error.text);
    f->state = LANDED;
    l->landed++;
}

static void fail(struct loop *l, struct flight *f, enum error_kind kind,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
static void fail(struct loop *l, struct flight *f, enum error_kind kind,
                 const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(&f->x->error, kind, "%.*s: %s", TEXT_ARG(*name_of(l)), text);
    land(l, f, -1);
}

/* Not now: the flow parks and is told until when. */
static void park(struct loop *l, struct flight *f, int64_t until_ms,
                 const char *why)
{
    char when[32];
    f->x->park_until_ms = until_ms;
    f->x->answer.kind = ANSWER_WAIT;
    f->x->answer.until_ms = until_ms;
    clock_print_instant(until_ms, when);
    fail(l, f, ERROR_TRANSIENT, "%s; worth another try at %s", why, when);
}

/* A write that may have happened: the outbox finds out. */
static void land_lost(struct loop *l, struct flight *f, const char *why)
{
    struct exchange *x = f->x;
    x->response.lost = true;
    x->answer.kind = ANSWER_FAILED;
    x->answer.reason = text_of(arena_strdup(x->arena, why));
    land(l, f, 0);
}

static void wait_until(struct loop *l, struct flight *f, int64_t at_ms)
{
    int64_t now = clock_now_ms();
    release_slot(l, f);
    f->state = WAITING;
    f->at_ms = at_ms;
    if (at_ms > now) {
        f->x->waited_ms += at_ms - now;
        l->c->counts.waited_ms += at_ms - now;
    }
}

/* Something says "not before": wait if that is soon, else park. */
static void hold(struct loop *l, struct flight *f, int64_t until_ms,
                 const char *why)
{
    int64_t now = clock_now_ms();
    int64_t deadline = l->c->transport->options.deadline_ms;
    int64_t spread = (until_ms - now) / 2;
    if (until_ms - now > l->wait_max_ms || (deadline && until_ms > deadline)) {
        park(l, f, until_ms, why);
        return;
    }
    if (spread > RETRY_SPREAD_MS)
        spread = RETRY_SPREAD_MS;
    wait_until(l, f, until_ms +
                         retry_random_upto(&l->c->transport->random, spread));
}

/* -------------------------------------------------------------- launching */
static bool dry_run_refuses(const struct loop *l, const struct request *r)
{
    const char *m = r->method ? r->method : "GET";
    return l->c->transport->options.dry_run &&
           (r->writes || (strcmp(m, "GET") != 0 && strcmp(m, "POST") != 0 &&
                          strcmp(m, "HEAD") != 0));
}

static bool take_turn(struct loop *l, struct flight *f)
{
    struct error *err = &f->x->error;
    const char *window = "";
    int64_t now = clock_now_ms(), until = 0;
    int64_t deadline = l->c->transport->options.deadline_ms;
    if (deadline && now >= deadline) {
        park(l, f, now + RETRY_PARK_MS, "there is no time left");
        return false;
    }
    if (!breaker_allows(&l->c->breaker, now, &until)) {
        if (until <= now) /* another call is the probe */
            wait_until(l, f, now + IDLE_MS);
        else
            hold(l, f, until, "it keeps failing");
        return false;
    }
    int taken = f->has_slot ? 0 : budgets_slot_take(l->c->budgets, now, err);
    if (taken == 0) {
        f->has_slot = true;
        taken = budgets_take(l->c->budgets, f->x->request, now, &until,
                             &window, err);
        if (taken > 0)
            hold(l, f, until, strcmp(window, "errors") == 0
                                  ? "too many refused calls to this endpoint"
                                  : "the calls allowed are used up");
    } else if (taken > 0) {
        wait_until(l, f, now + SLOT_WAIT_MS);
    }
    if (taken < 0)
        land(l, f, -1);
    if (taken)
        l->c->breaker.probing = false;
    return taken == 0;
}

/* The credential goes into a copy: the request itself may lie in the outbox. */
static bool sign(struct loop *l, struct flight *f)
{
    struct channel *c = l->c;
    struct error *err = &f->x->error;
    int64_t until = 0;
    if (f->x->request->no_auth)
        return true;
    int result = signer_ready(&c->signer, f->rejected,
                              c->transport->options.deadline_ms, &until, err);
    if (result > 0) {
        char why[sizeof err->text];
        snprintf(why, sizeof why, "%s", err->text);
        error_clear(err);
        if (++f->sign_waits < RETRY_ATTEMPTS_MAX)
            hold(l, f, until, why);
        else /* a token server that stays down is not asked all day */
            park(l, f, until + RETRY_PARK_MS, why);
    } else if (result < 0) {
        f->x->answer.kind = ANSWER_SIGN_IN;
        land(l, f, -1);
    }
    return result == 0;
}

static bool may_send(struct http_call *call)
{
    struct exchange *x = ((struct flight *)call->owner)->x;
    return x->may_send(x->ctx, &x->error) == 0;
}

static bool prepare(struct loop *l, struct flight *f)
{
    struct channel *c = l->c;
    struct exchange *x = f->x;
    f->request = *x->request;
    /* headers are added to a copy of the list */
    f->request.headers = NULL;
    for (const struct header *h = x->request->headers; h; h = h->next)
        request_header(x->arena, &f->request, text_cstr(x->arena, h->name),
                       h->value);
    if (!f->request.no_auth && c->setup->connector->authorize &&
        c->setup->connector->authorize(&c->setup->info,
                                       &c->signer.credential, x->arena,
                                       &f->request, &x->error)) {
        land(l, f, -1);
        return false;
    }
    if (call_prepare(c->setup, &f->request, x->arena, &f->call, &x->error)) {
        land(l, f, -1);
        return false;
    }
    f->call.may_send = x->may_send ? may_send : NULL;
    struct text token = signer_current(&c->signer);
    f->token = token.len ? text_dup(x->arena, token) : TEXT(SIGN_IN_MARK);
    return true;
}

/* No call may run on after the flow's deadline. */
static void cut_timeout(const struct loop *l, struct flight *f)
{
    int64_t deadline = l->c->transport->options.deadline_ms;
    int64_t left = deadline - clock_now_ms();
    if (deadline && left < f->call.timeout_ms)
        f->call.timeout_ms = left > 1000 ? (int)left : 1000;
}

static void launch(struct loop *l, struct flight *f)
{
    f->state = READY;
    if (dry_run_refuses(l, f->x->request)) {
        fail(l, f, ERROR_GUARD, "a dry run writes nothing");
        return;
    }
    if (!take_turn(l, f))
        return;
    if (!sign(l, f) || !prepare(l, f)) {
        l->c->breaker.probing = false;
        return;
    }
    cut_timeout(l, f);
    if (f->x->attempts++ == 0)
        retry_budget_called(&l->c->retry_budget);
    else if (!f->pending)
        l->c->counts.retries++;
    f->pending = false;
    f->retry.attempts = f->x->attempts - f->retry.limit_waits - f->retry.looks;
    f->x->sent_ms = clock_now_ms();
    f->call.owner = f;
    f->state = FLYING;
    l->c->counts.calls++;
    http_start(l->c->transport->http, &f->call);
}

/* --------------------------------------------------------------- judging */
static bool try_again(struct loop *l, struct flight *f, enum retry_cause cause,
                      int64_t hint_ms, int64_t *park_until_ms)
{
    struct channel *c = l->c;
    struct retry_input in = {
        .cause = cause, .hint_ms = hint_ms, .now_ms = clock_now_ms(),
        .deadline_ms = c->transport->options.deadline_ms,
        .wait_max_ms = l->wait_max_ms,
    };
    int64_t wait;
    if (!retry_decide(&f->retry, &c->retry_budget, &c->transport->random, &in,
                      &wait, park_until_ms))
        return false;
    wait_until(l, f, in.now_ms + wait);
    return true;
}

/* Nobody knows what happened. */
static void outage(struct loop *l, struct flight *f, const char *why)
{
    int64_t until = 0;
    if (!is_repeatable(f->x->request))
        land_lost(l, f, why);
    else if (!try_again(l, f, RETRY_OUTAGE, -1, &until))
        park(l, f, until, why);
}

static void judge_unsent(struct loop *l, struct flight *f)
{
    int64_t until = 0;
    if (!try_again(l, f, RETRY_OUTAGE, -1, &until))
        park(l, f, until, f->call.why);
}

static void judge_unanswered(struct loop *l, struct flight *f)
{
    struct http_call *call = &f->call;
    struct exchange *x = f->x;
    bool lost_write = call_is_lost(call) && !is_repeatable(x->request);
    switch (call->outcome) {
    case HTTP_NOT_SENT:
        judge_unsent(l, f);
        return;
    case HTTP_LOST:
        outage(l, f, call->why);
        return;
    case HTTP_TOO_LARGE:
        x->answer.kind = ANSWER_REFUSED;
        x->answer.refusal = REFUSAL_TOO_LARGE;
        x->answer.reason = text_of(arena_strdup(x->arena, call->why));
        if (lost_write)
            land_lost(l, f, call->why);
        else
            land(l, f, 0);
        return;
    case HTTP_NO_HOST:
        error_hint(&x->error, "Check the connection's url.");
        fail(l, f, ERROR_USAGE, "%s", call->why);
        return;
    case HTTP_UNTRUSTED:
        error_hint(&x->error, "Run: mlc ping %.*s", TEXT_ARG(*name_of(l)));
        fail(l, f, ERROR_VENDOR, "%s", call->why);
        return;
    case HTTP_REDIRECTED:
        error_hint(&x->error, "Set the connection's url to the address that "
                              "the system is at now.");
        if (lost_write)
            land_lost(l, f, call->why);
        else
            fail(l, f, ERROR_VENDOR, "%s", call->why);
        return;
    case HTTP_INTERRUPTED:
        if (lost_write)
            land_lost(l, f, call->why);
        else
            fail(l, f, ERROR_TRANSIENT, "stopped by a signal");
        return;
    case HTTP_FORBIDDEN:
        fail(l, f, ERROR_GUARD, "%s", call->why);
        return;
    case HTTP_HELD_BACK: /* x->error says why */
        land(l, f, -1);
        return;
    case HTTP_ANSWERED:
        break;
    }
}

static int64_t hint_of(const struct exchange *x, int64_t now_ms)
{
    const struct answer *a = &x->answer;
    int64_t max = INT64_C(40) * 86400000;
    if (a->wait_ms > 0)
        return a->wait_ms < max ? a->wait_ms : max;
    if (a->until_ms > 0)
        return a->until_ms <= now_ms        ? 0
               : a->until_ms - now_ms < max ? a->until_ms - now_ms
                                            : max;
    struct text header = response_header(&x->response, "retry-after");
    return header.ptr ? http_retry_after_ms(header, now_ms, max) : -1;
}

/* Limited: whoever calls this vendor waits, not only this call. */
static void judge_wait(struct loop *l, struct flight *f)
{
    struct exchange *x = f->x;
    struct error ignored = { 0 };
    int64_t now = clock_now_ms(), until = 0;
    int64_t hint = hint_of(x, now);
    if (x->answer.pending) {
        f->pending = true;
        if (!try_again(l, f, RETRY_PENDING, hint, &until))
            park(l, f, until, "it is still being made");
        return;
    }
    if (hint > 0 && (x->response.status == 429 || x->response.status == 503 ||
                     x->answer.refusal == REFUSAL_QUOTA))
        (void)budgets_block(l->c->budgets, now + hint, &ignored);
    if (!try_again(l, f, RETRY_LIMITED, hint, &until))
        park(l, f, until, x->answer.reason.len
                              ? arena_printf(x->arena, "%.*s",
                                             TEXT_ARG(x->answer.reason))
                              : "its limit is reached");
}

static void judge_sign_in(struct loop *l, struct flight *f)
{
    struct exchange *x = f->x;
    if (x->request->no_auth || f->signed_again) {
        error_hint(&x->error, "Run: %s",
                   auth_command(l->c->setup, x->arena));
        fail(l, f, ERROR_SIGN_IN, "does not take the credentials%s%.*s",
             x->answer.reason.len ? ": " : "", TEXT_ARG(x->answer.reason));
        return;
    }
    f->signed_again = true;
    f->rejected = f->token;
    release_slot(l, f);
    launch(l, f);
}

static bool is_other_page(const struct response *r)
{
    return r->status >= 200 && r->status < 300 &&
           text_starts(r->content_type, TEXT("text/html"));
}

static void classify(struct exchange *x)
{
    memset(&x->answer, 0, sizeof x->answer);
    x->answer.status = x->response.status;
    if (x->classify)
        x->classify(x->ctx, &x->response, &x->answer);
    else
        x->answer.kind = x->response.status / 100 == 2 ? ANSWER_DONE
                                                       : ANSWER_FAILED;
}

static void judge_answer(struct loop *l, struct flight *f)
{
    struct exchange *x = f->x;
    classify(x);
    switch (x->answer.kind) {
    case ANSWER_DONE:
        land(l, f, 0);
        return;
    case ANSWER_REFUSED:
        if (x->answer.refusal == REFUSAL_QUOTA && hint_of(x, clock_now_ms()) >= 0)
            judge_wait(l, f);
        else
            land(l, f, 0);
        return;
    case ANSWER_WAIT:
        judge_wait(l, f);
        return;
    case ANSWER_SIGN_IN:
        judge_sign_in(l, f);
        return;
    case ANSWER_FAILED:
        break;
    }
    if (is_repeatable(x->request))
        outage(l, f, x->answer.reason.len
                         ? arena_printf(x->arena, "%.*s",
                                        TEXT_ARG(x->answer.reason))
                         : "the answer makes no sense");
    else
        land(l, f, 0);
}

/* Some vendors send a page to sign in, or send on to one, where others answer
 * 401: their drivers know it. */
static bool is_sign_in_page(struct flight *f)
{
    struct exchange *x = f->x;
    classify(x);
    bool is = x->answer.kind == ANSWER_SIGN_IN && !f->signed_again;
    if (!is)
        memset(&x->answer, 0, sizeof x->answer);
    return is;
}

/* RFC 8594: what was called will end. Kept for doctor; said at once in its
 * last month [96]. */
static void mind_sunset(struct channel *c, const struct response *response)
{
    struct error ignored = { 0 };
    const struct connection_info *info = &c->setup->info;
    struct text day = response_header(response, "sunset");
    int64_t end = http_parse_date(day);
    if (end == 0 || text_equal(info->learnt(info, FACT_SUNSET), day))
        return;
    (void)connection_learn(c->setup, TEXT(FACT_SUNSET), day, &ignored);
    if (end - clock_now_ms() < SUNSET_WARN_MS)
        log_warning("%.*s will stop answering as it does on %.*s: update mlc "
                    "before", TEXT_ARG(info->name), TEXT_ARG(day));
}

static void take_news(struct loop *l, struct flight *f)
{
    struct channel *c = l->c;
    struct exchange *x = f->x;
    struct error ignored = { 0 };
    int64_t now = clock_now_ms();
    const struct connector *k = c->setup->connector;
    if (k->budgets && !x->request->not_counted)
        (void)budgets_news(c->budgets,
                           k->budgets(&c->setup->info, &x->response, x->arena),
                           now, &ignored);
    (void)budgets_answered(c->budgets, x->request, x->response.status, now,
                           &ignored);
    signer_used(&c->signer, now);
    mind_sunset(c, &x->response);
}

static void note_figures(struct channel *c, const struct http_call *call)
{
    c->last = (struct call_figures){
        .status = call->response.status, .http_version = call->http_version,
        .name_us = call->name_us, .connect_us = call->connect_us,
        .tls_us = call->tls_us, .first_byte_us = call->first_byte_us,
        .total_us = call->total_us, .date_ms = call->response.date_ms,
        .received_ms = clock_now_ms(),
    };
    memcpy(c->last.address, call->address, sizeof c->last.address);
}

static void landed_call(struct loop *l, struct flight *f)
{
    struct channel *c = l->c;
    struct exchange *x = f->x;
    int status = f->call.response.status;
    bool answered = f->call.outcome == HTTP_ANSWERED;
    bool good = answered && status < 500 && status != 511 && status != 407;
    release_slot(l, f);
    x->response = f->call.response;
    note_figures(c, &f->call);
    breaker_result(&c->breaker, good, clock_now_ms(), &c->transport->random);
    log_debug("%.*s %s %s: %d, %lld ms", TEXT_ARG(*name_of(l)),
              f->call.method, x->request->endpoint ? x->request->endpoint : "",
              status, (long long)f->call.total_us / 1000);
    if (!answered) {
        if (f->call.outcome == HTTP_REDIRECTED && is_sign_in_page(f))
            judge_sign_in(l, f);
        else
            judge_unanswered(l, f);
        return;
    }
    take_news(l, f);
    if (status == 511 || status == 407)
        fail(l, f, ERROR_TRANSIENT, "a proxy or portal of the network "
             "answered in its place (status %d)", status);
    else if (is_other_page(&x->response) && is_sign_in_page(f))
        judge_sign_in(l, f);
    else if (is_other_page(&x->response))
        outage(l, f, "a web page came instead of an answer");
    else
        judge_answer(l, f);
}

/* --------------------------------------------------------------- the loop */
static void launch_due(struct loop *l, int64_t *next_ms)
{
    *next_ms = INT64_MAX;
    for (size_t i = 0; i < l->count; i++) {
        struct flight *f = &l->flights[i];
        if (f->state == READY ||
            (f->state == WAITING && f->at_ms <= clock_now_ms()))
            launch(l, f);
        if (f->state == WAITING && f->at_ms < *next_ms)
            *next_ms = f->at_ms;
    }
}

static void stop_all(struct loop *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct flight *f = &l->flights[i];
        if (f->state == FLYING) {
            http_cancel(l->c->transport->http, &f->call);
            judge_unanswered(l, f);
        } else if (f->state != LANDED) {
            fail(l, f, ERROR_TRANSIENT, "stopped by a signal");
        }
    }
}

static void wait_for_something(struct loop *l, int64_t next_ms)
{
    struct http *h = l->c->transport->http;
    int64_t wait = next_ms - clock_now_ms();
    if (http_running(h) == 0) {
        /* a faked clock may be moved at once, a real one in small steps */
        if (wait > 0 && wait < INT64_MAX / 2)
            clock_sleep_ms(clock_is_fake() || wait < IDLE_MS ? wait : IDLE_MS);
        return;
    }
    struct http_call *call = http_wait(h, wait < IDLE_MS && wait >= 0 ? wait
                                                                      : IDLE_MS);
    if (call)
        landed_call(l, call->owner);
}

void transport_run(struct channel *c, struct exchange **list, size_t count)
{
    struct loop l = { .c = c, .count = count };
    int64_t next;
    l.wait_max_ms = c->transport->options.wait_max_ms
                        ? c->transport->options.wait_max_ms
                        : RETRY_WAIT_MAX_MS;
    l.flights = mem_zalloc(count * sizeof *l.flights);
    for (size_t i = 0; i < count; i++) {
        struct exchange *x = list[i];
        l.flights[i].x = x;
        x->attempts = 0;
        x->waited_ms = x->park_until_ms = 0;
        error_clear(&x->error);
        memset(&x->response, 0, sizeof x->response);
        memset(&x->answer, 0, sizeof x->answer);
    }
    while (l.landed < count) {
        if (transport_stopped(c->transport)) {
            stop_all(&l);
            break;
        }
        launch_due(&l, &next);
        if (l.landed < count)
            wait_for_something(&l, next);
    }
    mem_free(l.flights);
}

/* ------------------------------------------------------------- the outside */
int transport_send(struct channel *c, struct exchange *x, struct error *err)
{
    error_clear(&x->error);
    x->result = -1;
    if (channel_prepare(c, &x->error) == 0)
        transport_run(c, &x, 1);
    if (x->result)
        *err = x->error;
    return x->result;
}

int transport_send_all(struct channel *c, struct exchange *list, size_t count)
{
    struct error err = { 0 };
    int result = 0;
    struct exchange **all = mem_alloc((count + 1) * sizeof *all);
    bool fine = channel_prepare(c, &err) == 0;
    for (size_t i = 0; i < count; i++) {
        all[i] = &list[i];
        list[i].error = err;
        list[i].result = -1;
    }
    if (fine)
        transport_run(c, all, count);
    for (size_t i = 0; i < count; i++)
        result |= list[i].result;
    mem_free(all);
    return result;
}
