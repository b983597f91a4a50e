/* The loop of mlc serve: what is due is started, one run per flow at a time;
 * what came in meanwhile, by clock or webhook, is one more run, never a stack
 * of them. Everything is decided anew from the state at each turn. */
#include "config.h"

#include "cli/serve.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/systemd.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TURN_MS 1000      /* the longest sleep: clocks may be set [33] */
#define BUSY_TURN_MS 100  /* while runs go on: their ends are looked for */
#define CLOCK_STEP_MS 60000
#define PRUNE_EVERY_MS ((int64_t)3600 * 1000)

/* --------------------------------------------------------------- what is due */
static bool waits_for_others(const struct serve *s, const struct worker *k,
                             int64_t now_ms)
{
    for (const struct schedule *c = k->flow->schedules; c; c = c->next)
        for (size_t i = 0; c->kind == SCHEDULE_AFTER && i < s->flow_count;
             i++) {
            const struct worker *other = &s->workers[i];
            if (other->flow && other->flow == c->flow
                && ((other->pid > 0 && !other->records)
                    || (other->due_ms > 0 && other->due_ms <= now_ms)))
                return true;
        }
    return false;
}

/* A subscription is new: what changed just before it is looked for once. */
static void look_after_subscribing(struct serve *s)
{
    if (!atomic_exchange(&s->figures.subscribed, false))
        return;
    for (size_t i = 0; i < s->flow_count; i++)
        s->workers[i].caught_up = false;
}

static int look_at(struct serve *s, struct worker *k, int64_t now_ms,
                   struct error *err)
{
    struct flow_past past;
    int64_t end = 0;
    if (schedule_past(s->w->store, k->flow, now_ms, &past, err)
        || schedule_predecessor(s->w->store, k->flow, now_ms, &end, err))
        return -1;
    /* somebody else runs it now: its end decides */
    k->due_ms = past.alive ? 0 : schedule_due_ms(k->flow, &past, end, now_ms);
    /* what the vendors sent while nobody listened is sent by few of them again */
    if (k->flow->on_change && !k->caught_up && !past.alive
        && (k->due_ms == 0 || k->due_ms > now_ms))
        k->due_ms = now_ms;
    return 0;
}

static size_t running(const struct serve *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->flow_count; i++)
        count += s->workers[i].pid > 0;
    return count;
}

static void start(struct serve *s, struct worker *k, bool due, int64_t now_ms)
{
    struct text keys[SERVE_KEYS_MAX];
    struct error err = { 0 };
    size_t count = pending_take(s, k, keys);
    int64_t late = due ? now_ms - k->due_ms : 0;
    k->caught_up |= due;
    if (late > atomic_load(&s->figures.late_ms))
        atomic_store(&s->figures.late_ms, late);
    if (worker_start(s, k, keys, due ? 0 : count, &err) == 0)
        return;
    log_error("%s: %s", k->name, err.text);
    pending_settle(s, k, false);
}

static int start_due(struct serve *s, struct error *err)
{
    int64_t now = clock_now_ms();
    size_t busy = running(s);
    look_after_subscribing(s);
    for (size_t i = 0; i < s->flow_count; i++)
        if (s->workers[i].pid == 0 && s->workers[i].flow
            && look_at(s, &s->workers[i], now, err))
            return -1;
    for (size_t i = 0; i < s->flow_count; i++) {
        struct worker *k = &s->workers[i];
        bool due = k->due_ms > 0 && k->due_ms <= now;
        if (!k->flow)
            continue;
        bool told = pending_wants(s, k)
                    && k->hook_retry_ms <= clock_steady_ms();
        if (k->pid > 0 || busy >= (size_t)s->o.workers
            || (due && waits_for_others(s, k, now)))
            due = false;
        if (k->pid > 0 || busy >= (size_t)s->o.workers || (!due && !told))
            continue;
        start(s, k, due, now);
        busy += k->pid > 0;
    }
    return 0;
}

static bool reap(struct serve *s)
{
    bool ended = false;
    int code = 0;
    for (size_t i = 0; i < s->flow_count; i++) {
        struct worker *k = &s->workers[i];
        if (!worker_look(s, k, &code))
            continue;
        ended = true;
        pending_settle(s, k, code == EXIT_FINE || code == EXIT_FINDINGS);
    }
    if (ended)
        notices_wake(s->notices);
    return ended;
}

/* ------------------------------------------------------------------ the turns */
static void watch_clock(struct serve *s)
{
    int64_t difference = clock_now_ms() - clock_steady_ms();
    int64_t step = difference - s->wall_less_steady_ms;
    if (s->wall_less_steady_ms != 0
        && (step > CLOCK_STEP_MS || step < -CLOCK_STEP_MS)) {
        atomic_fetch_add(&s->figures.clock_steps, 1);
        log_warning("the clock moved by %lld s, or the machine slept; what "
                    "was missed runs once", (long long)(step / 1000));
    }
    s->wall_less_steady_ms = difference;
}

static void prune(struct serve *s)
{
    struct error ignored = { 0 };
    int64_t now = clock_steady_ms();
    if (s->pruned_ms != 0 && now - s->pruned_ms < PRUNE_EVERY_MS)
        return;
    s->pruned_ms = now;
    store_hook_prune(s->w->store, clock_now_ms() - HOOKS_KEPT_MS, &ignored);
}

static void pause_turn(struct serve *s)
{
    struct pollfd fds[2 * SERVE_WORKERS_MAX + 1];
    char news[64];
    nfds_t count = 0;
    fds[count++] = (struct pollfd){ .fd = s->wake[0], .events = POLLIN };
    for (size_t i = 0; i < s->flow_count; i++)
        if (s->workers[i].pid > 0 && count + 2 <= 2 * SERVE_WORKERS_MAX) {
            fds[count++] = (struct pollfd){ .fd = s->workers[i].out,
                                            .events = POLLIN };
        }
    poll(fds, count, running(s) > 0 ? BUSY_TURN_MS : TURN_MS);
    bool quiet = !(fds[0].revents & POLLIN);
    while (read(s->wake[0], news, sizeof news) > 0)
        quiet = false;
    /* a pipe at its end is always ready: its process is looked for below */
    if (quiet && count > 1)
        poll(fds, 1, 10);
}

/* SIGHUP: the flow files are read again at once. */
static volatile sig_atomic_t asked;
static int asked_wake = -1;

static void on_hangup(int number)
{
    int before = errno;
    (void)number;
    asked = 1;
    if (write(asked_wake, "h", 1) < 0)
        errno = before; /* full: it is awake */
    errno = before;
}

/* Its end comes as the same signal: then nobody is there to ask for anything. */
static bool terminal_is_gone(const struct serve *s)
{
    struct termios t;
    return s->on_terminal && tcgetattr(STDERR_FILENO, &t) != 0;
}

static void look_at_files(struct serve *s)
{
    bool now = asked != 0;
    asked = 0;
    if (now && terminal_is_gone(s)) {
        work_stop = SIGHUP;
        return;
    }
    if (now)
        systemd_tell("RELOADING=1");
    files_look(s, now);
    if (now)
        systemd_tell("READY=1");
}

static int turn(struct serve *s, struct error *err)
{
    reap(s);
    look_at_files(s);
    watch_clock(s);
    prune(s);
    if (pending_load(s, err) || start_due(s, err))
        return -1;
    atomic_store(&s->figures.beat_ms, clock_steady_ms());
    atomic_store(&s->figures.store_ok, true);
    systemd_watchdog();
    return 0;
}

int serve_loop(struct serve *s, struct error *err)
{
    struct sigaction hangup = { .sa_handler = on_hangup };
    int in_a_row = 0;
    sigemptyset(&hangup.sa_mask);
    asked_wake = s->wake[1];
    s->on_terminal = isatty(STDERR_FILENO) == 1;
    sigaction(SIGHUP, &hangup, NULL);
    while (!work_stop) {
        error_clear(err);
        if (turn(s, err) == 0) {
            in_a_row = 0;
        } else {
            atomic_store(&s->figures.store_ok, false);
            log_error("%s", err->text);
            if (store_is_broken(s->w->store))
                return -1; /* whoever watches us starts us again */
            if (++in_a_row > 1)
                clock_sleep_ms(1000);
        }
        pause_turn(s);
    }
    return 0;
}
