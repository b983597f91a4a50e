/* What there is to tell, what was told, and what is still on its way. */
#include "config.h"

#include "runtime/notices.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/crypto.h"
#include "runtime/notices_send.h"
#include "runtime/schedule.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_EVERY_MS 15000
#define MERGE_MS 1000 /* what ends together is told together */
#define AGAIN_FIRST_MS ((int64_t)60 * 1000)
#define AGAIN_MOST_MS ((int64_t)2 * 3600 * 1000)
#define THREAD_PASS_MS ((int64_t)60 * 1000)
#define FIELD "\x1f"
#define ROW "\x1e"

const char *const trouble_names[] = { "fine", "failing", "stale", "sign-in" };

struct episode {
    struct text flow;
    enum trouble trouble;
    int64_t since_ms;
};

struct queued {
    struct notice notice;
    struct text channel;
    int64_t tries, next_ms;
    bool gone;
};

struct notices {
    struct notices_options options;
    struct store *store;
    struct vault *vault;
    struct arena arena; /* settings of the channels */
    struct channel_setup channels[CHANNELS_MAX];
    size_t channel_count;
    int64_t stale_hours;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ring;
    bool runs, closing, woken;
    /* under `lock` */
    int episodes, queued;
    const struct program *using, *next; /* next: to be taken over, or NULL */
    bool files_broken;
    int64_t files_since_ms;
};

/* One look at everything. */
struct pass {
    struct notices *n;
    struct arena arena;
    struct episode *episodes;
    size_t episode_count;
    struct queued *queue;
    size_t queue_count;
    int64_t now_ms;
    size_t told;
    struct text first; /* of what is told: for the subject */
    struct buf body;
};

/* ---------------------------------------------------------------- judgement */
static bool is_stale(const struct flow *flow, const struct flow_past *past,
                     int64_t stale_hours, int64_t now_ms, int64_t *since)
{
    int64_t from = past->success_ms > 0 ? past->success_ms : past->first_ms;
    int64_t limit = from + stale_hours * 3600 * 1000;
    if (!flow->schedules)
        return false; /* only people run it */
    int64_t wanted = schedule_next(flow, from, NULL) + NOTICE_LATE_MS;
    *since = from;
    return now_ms > limit && now_ms > wanted;
}

static enum trouble judge(struct store *store, const struct flow *flow,
                          int64_t stale_hours, int64_t now_ms,
                          struct flow_past *past, int64_t *since_ms,
                          bool *unclear, struct error *err)
{
    *unclear = false;
    if (schedule_past(store, flow, now_ms, past, err)) {
        *unclear = true;
        return TROUBLE_NONE;
    }
    struct text outcome = text_of(past->outcome);
    *since_ms = past->failing_ms;
    *unclear = past->failures > 0 && past->alive; /* the end of this run tells */
    if (past->failures > 0 && text_is(outcome, "sign in"))
        return TROUBLE_SIGN_IN;
    bool ours = !text_is(outcome, "try later") && outcome.len > 0;
    if (past->failures >= NOTICE_FAILURES || (past->failures > 0 && ours))
        return TROUBLE_FAILING;
    if (is_stale(flow, past, stale_hours, now_ms, since_ms))
        return TROUBLE_STALE;
    return TROUBLE_NONE;
}

enum trouble notices_judge(struct store *store, const struct flow *flow,
                           int64_t stale_hours, int64_t now_ms,
                           int64_t *since_ms, struct error *err)
{
    struct flow_past past;
    bool unclear;
    return judge(store, flow, stale_hours > 0 ? stale_hours
                                              : NOTICE_STALE_HOURS,
                 now_ms, &past, since_ms, &unclear, err);
}

/* ----------------------------------------------------------- what is kept */
static struct text cut(struct text *rest, const char *mark)
{
    size_t end = rest->len;
    text_find(*rest, text_of(mark), &end);
    struct text one = text_slice(*rest, 0, end);
    *rest = end < rest->len ? text_slice(*rest, end + 1, rest->len - end - 1)
                            : TEXT_NONE;
    return one;
}

static int64_t number(struct pass *p, struct text t)
{
    return strtoll(text_cstr(&p->arena, t), NULL, 10);
}

static size_t rows_of(struct text t)
{
    size_t count = 1;
    for (size_t i = 0; i < t.len; i++)
        count += t.ptr[i] == ROW[0];
    return count;
}

static int load(struct pass *p, struct error *err)
{
    struct text t = TEXT_NONE;
    if (store_setting_get(p->n->store, "episodes", &p->arena, &t, err) < 0)
        return -1;
    p->episodes = ARENA_ARRAY(&p->arena, struct episode, rows_of(t));
    while (t.len > 0) {
        struct text row = cut(&t, ROW);
        struct episode *e = &p->episodes[p->episode_count++];
        e->flow = cut(&row, FIELD);
        e->trouble = (enum trouble)number(p, cut(&row, FIELD));
        e->since_ms = number(p, row);
    }
    t = TEXT_NONE;
    if (store_setting_get(p->n->store, "notices", &p->arena, &t, err) < 0)
        return -1;
    p->queue = ARENA_ARRAY(&p->arena, struct queued,
                           rows_of(t) + CHANNELS_MAX);
    while (t.len > 0) {
        struct text row = cut(&t, ROW);
        struct queued *q = &p->queue[p->queue_count++];
        q->notice.id = cut(&row, FIELD);
        q->channel = cut(&row, FIELD);
        q->tries = number(p, cut(&row, FIELD));
        q->next_ms = number(p, cut(&row, FIELD));
        q->notice.at_ms = number(p, cut(&row, FIELD));
        q->notice.type = cut(&row, FIELD);
        q->notice.subject = cut(&row, FIELD);
        q->notice.body = row;
    }
    return 0;
}

static size_t living(const struct pass *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->queue_count; i++)
        count += !p->queue[i].gone;
    return count;
}

static int save_queue(struct pass *p, struct error *err)
{
    struct buf b;
    size_t skip = living(p) > NOTICES_QUEUED_MAX
                      ? living(p) - NOTICES_QUEUED_MAX : 0;
    buf_init(&b, 0);
    for (size_t i = 0; i < p->queue_count; i++) {
        const struct queued *q = &p->queue[i];
        if (q->gone || (skip > 0 && skip--))
            continue;
        buf_printf(&b, "%s%.*s" FIELD "%.*s" FIELD "%lld" FIELD "%lld" FIELD
                   "%lld" FIELD "%.*s" FIELD "%.*s" FIELD,
                   b.len > 0 ? ROW : "", TEXT_ARG(q->notice.id),
                   TEXT_ARG(q->channel), (long long)q->tries,
                   (long long)q->next_ms, (long long)q->notice.at_ms,
                   TEXT_ARG(q->notice.type), TEXT_ARG(q->notice.subject));
        buf_text(&b, q->notice.body);
    }
    int result = store_setting_put(p->n->store, "notices", buf_view(&b), err);
    buf_fini(&b);
    return result;
}

static int save_all(struct pass *p, struct error *err)
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < p->episode_count; i++) {
        const struct episode *e = &p->episodes[i];
        if (e->trouble != TROUBLE_NONE)
            buf_printf(&b, "%s%.*s" FIELD "%d" FIELD "%lld",
                       b.len > 0 ? ROW : "", TEXT_ARG(e->flow),
                       (int)e->trouble, (long long)e->since_ms);
    }
    int result = store_setting_put(p->n->store, "episodes", buf_view(&b), err);
    buf_fini(&b);
    return result ? -1 : save_queue(p, err);
}

/* ------------------------------------------------------------------ telling */
static void tell(struct pass *p, const struct flow *f, enum trouble now,
                 const struct episode *before, const struct flow_past *past,
                 int64_t since_ms)
{
    char since[32];
    struct buf *b = &p->body;
    clock_print_instant(now == TROUBLE_NONE ? before->since_ms : since_ms,
                        since);
    if (p->told++ == 0)
        p->first = text_of(arena_printf(
            &p->arena, "%.*s %s", TEXT_ARG(f->name),
            now == TROUBLE_NONE      ? "is well again"
            : now == TROUBLE_STALE   ? "is stale"
            : now == TROUBLE_SIGN_IN ? "needs a sign-in"
                                     : "fails"));
    buf_printf(b, "%.*s (%.*s to %.*s) ", TEXT_ARG(f->name),
               TEXT_ARG(f->source_connection->name),
               f->target ? (int)f->target_connection->name.len : 3,
               f->target ? f->target_connection->name.ptr : "log");
    if (now == TROUBLE_NONE)
        buf_printf(b, "is well again; it was %s since %s\n",
                   trouble_names[before->trouble], since);
    else if (now == TROUBLE_STALE)
        buf_printf(b, "has had no good run since %s\n  look: mlc runs %.*s\n",
                   since, TEXT_ARG(f->name));
    else if (now == TROUBLE_SIGN_IN)
        buf_printf(b, "waits since %s for somebody to sign in\n"
                   "  look: mlc auth status\n", since);
    else
        buf_printf(b, "fails since %s, %d run%s in a row; the last one ended "
                   "with: %s\n  look: mlc runs %.*s\n", since, past->failures,
                   past->failures == 1 ? "" : "s",
                   past->outcome[0] ? past->outcome : "a crash",
                   TEXT_ARG(f->name));
}

static struct episode *episode_of(struct pass *p, struct text flow)
{
    for (size_t i = 0; i < p->episode_count; i++)
        if (text_equal(p->episodes[i].flow, flow))
            return &p->episodes[i];
    return NULL;
}

static void look_at(struct pass *p, const struct flow *f, struct episode *out)
{
    struct flow_past past;
    struct error ignored = { 0 };
    int64_t since = p->now_ms;
    bool unclear;
    const struct episode *before = episode_of(p, f->name);
    enum trouble was = before ? before->trouble : TROUBLE_NONE;
    enum trouble now = judge(p->n->store, f, p->n->stale_hours, p->now_ms,
                             &past, &since, &unclear, &ignored);
    *out = before ? *before : (struct episode){ .flow = f->name };
    if (unclear || now == was)
        return;
    /* one notice per episode: only a sign-in is worth a second [190] */
    if (now == TROUBLE_NONE || was == TROUBLE_NONE || now == TROUBLE_SIGN_IN)
        tell(p, f, now, before, &past, since);
    else
        return;
    out->trouble = now;
    if (was == TROUBLE_NONE)
        out->since_ms = since;
}

/* No flow can have this name. */
#define FILES_NAME "(flow files)"

static void look_at_files(struct pass *p, struct episode *out)
{
    char since[32];
    const struct episode *before = episode_of(p, TEXT(FILES_NAME));
    pthread_mutex_lock(&p->n->lock);
    bool broken = p->n->files_broken;
    int64_t since_ms = p->n->files_since_ms;
    pthread_mutex_unlock(&p->n->lock);
    bool was = before && before->trouble != TROUBLE_NONE;
    *out = before ? *before : (struct episode){ .flow = TEXT(FILES_NAME) };
    if (broken == was)
        return;
    out->trouble = broken ? TROUBLE_FAILING : TROUBLE_NONE;
    if (broken)
        out->since_ms = since_ms;
    clock_print_instant(out->since_ms, since);
    if (p->told++ == 0)
        p->first = broken ? TEXT("the flow files have errors")
                          : TEXT("the flow files are good again");
    if (broken)
        buf_printf(&p->body, "the flow files have errors since %s; the last "
                   "good ones stay at work\n  look: mlc check\n", since);
    else
        buf_printf(&p->body, "the flow files are good again; they had errors "
                   "since %s\n", since);
}

static void sign_body(struct pass *p)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    buf_printf(&p->body, "-- \nmlc on %s\n", host);
}

static void new_id(struct arena *arena, struct text *out)
{
    unsigned char random[16];
    char *hex = arena_alloc(arena, 2 * sizeof random + 1);
    crypto_random(random, sizeof random);
    crypto_hex((struct text){ (const char *)random, sizeof random }, hex);
    *out = text_of(arena_printf(arena, "msg_%s", hex));
}

static void enqueue(struct pass *p)
{
    struct notice notice = { .type = TEXT("notice"), .at_ms = p->now_ms };
    sign_body(p);
    new_id(&p->arena, &notice.id);
    notice.body = buf_dup(&p->arena, &p->body);
    notice.subject = text_of(
        p->told == 1 ? arena_printf(&p->arena, "mlc: %.*s", TEXT_ARG(p->first))
                     : arena_printf(&p->arena, "mlc: %.*s, and %zu more",
                                    TEXT_ARG(p->first), p->told - 1));
    log_warning("%.*s", (int)notice.subject.len - 5, notice.subject.ptr + 5);
    for (size_t i = 0; i < p->n->channel_count; i++)
        p->queue[p->queue_count++] = (struct queued){
            .notice = notice, .channel = p->n->channels[i].name,
            .next_ms = p->now_ms };
}

static int look(struct pass *p, struct error *err)
{
    size_t count = 0;
    for (const struct flow *f = p->n->options.program->flows; f; f = f->next)
        count++;
    struct episode *list = ARENA_ARRAY(&p->arena, struct episode, count + 2);
    count = 0;
    for (const struct flow *f = p->n->options.program->flows; f; f = f->next)
        look_at(p, f, &list[count++]);
    look_at_files(p, &list[count++]);
    p->episodes = list;
    p->episode_count = count;
    if (p->told == 0)
        return 0;
    enqueue(p);
    return STORE_TRANSACTION(p->n->store, err, save_all(p, err));
}

/* ----------------------------------------------------------------- delivery */
static const struct channel_setup *channel_of(const struct notices *n,
                                              struct text name)
{
    for (size_t i = 0; i < n->channel_count; i++)
        if (text_equal(n->channels[i].name, name))
            return &n->channels[i];
    return NULL;
}

static void send_one(struct pass *p, struct queued *q)
{
    struct error err = { 0 };
    int64_t pause = AGAIN_FIRST_MS;
    const struct channel_setup *c = channel_of(p->n, q->channel);
    if (!c || notice_send(c, &q->notice, p->n->options.stop, &err) == 0) {
        q->gone = true;
        return;
    }
    q->tries++;
    for (int64_t i = 1; i < q->tries && pause < AGAIN_MOST_MS; i++)
        pause *= 2;
    q->next_ms = clock_now_ms() + pause;
    q->gone = q->notice.at_ms + NOTICE_KEPT_MS < p->now_ms;
    if (q->tries == 1 || q->gone)
        log_warning("a notice could not be delivered%s: %s",
                    q->gone ? " for three days and is given up" : "", err.text);
}

/* A channel that failed once in this pass is not asked again in it. */
static bool is_down(const struct pass *p, struct text channel)
{
    for (size_t i = 0; i < p->queue_count; i++)
        if (!p->queue[i].gone && p->queue[i].tries > 0
            && p->queue[i].next_ms > p->now_ms
            && text_equal(p->queue[i].channel, channel))
            return true;
    return false;
}

static int deliver(struct pass *p, int64_t most_ms, struct error *err)
{
    int64_t until = clock_steady_ms() + most_ms;
    for (size_t i = 0; i < p->queue_count; i++) {
        struct queued *q = &p->queue[i];
        if (q->gone || q->next_ms > p->now_ms || is_down(p, q->channel))
            continue;
        if (clock_steady_ms() > until
            || (p->n->options.stop && *p->n->options.stop))
            break;
        send_one(p, q);
        if (save_queue(p, err))
            return -1;
    }
    return 0;
}

/* ----------------------------------------------------------------- channels */
static int add_channel(struct notices *n, const struct connection *c,
                       struct error *err)
{
    struct channel_setup *out = &n->channels[n->channel_count];
    if (n->channel_count == CHANNELS_MAX)
        return error_set(err, ERROR_USAGE, "there are more than %d "
                         "connections for notices", CHANNELS_MAX);
    out->name = c->name;
    out->vault = n->vault;
    if (connection_build(n->options.program, c->name, n->options.overrides,
                         n->store, clock_now_ms(), &n->arena, &out->setup,
                         err))
        return -1;
    n->channel_count++;
    struct text stale = out->setup->info.setting(&out->setup->info, "stale");
    int64_t hours = strtoll(text_cstr(&n->arena, stale), NULL, 10);
    if (hours > 0 && (n->stale_hours == 0 || hours < n->stale_hours))
        n->stale_hours = hours;
    return 0;
}

static int open_channels(struct notices *n, struct error *err)
{
    const struct program *p = n->options.program;
    n->stale_hours = 0;
    for (size_t i = 0; i < p->connection_count; i++)
        if (text_is(p->connections[i]->connector, "notify")
            && add_channel(n, p->connections[i], err))
            return -1;
    if (n->stale_hours == 0)
        n->stale_hours = NOTICE_STALE_HOURS;
    return 0;
}

static void close_channels(struct notices *n)
{
    for (size_t i = 0; i < n->channel_count; i++)
        connection_fini(n->channels[i].setup);
    n->channel_count = 0;
}

void notices_wake(struct notices *n)
{
    if (!n)
        return;
    pthread_mutex_lock(&n->lock);
    n->woken = true;
    pthread_cond_signal(&n->ring);
    pthread_mutex_unlock(&n->lock);
}

/* -------------------------------------------------------- a changed project */
static void take_over(struct notices *n)
{
    struct error err = { 0 };
    pthread_mutex_lock(&n->lock);
    const struct program *next = n->next;
    pthread_mutex_unlock(&n->lock);
    if (!next)
        return;
    close_channels(n);
    arena_fini(&n->arena);
    arena_init(&n->arena);
    n->options.program = next;
    if (open_channels(n, &err))
        log_warning("notices: %s", err.text);
    pthread_mutex_lock(&n->lock);
    if (n->next == next)
        n->next = NULL;
    n->using = next;
    pthread_mutex_unlock(&n->lock);
}

void notices_adopt(struct notices *n, const struct program *program)
{
    pthread_mutex_lock(&n->lock);
    n->next = program;
    pthread_mutex_unlock(&n->lock);
    notices_wake(n);
}

bool notices_use(struct notices *n, const struct program *program)
{
    pthread_mutex_lock(&n->lock);
    bool used = n->using == program || n->next == program;
    pthread_mutex_unlock(&n->lock);
    return used;
}

void notices_files(struct notices *n, bool broken)
{
    pthread_mutex_lock(&n->lock);
    if (broken && !n->files_broken)
        n->files_since_ms = clock_now_ms();
    n->files_broken = broken;
    pthread_mutex_unlock(&n->lock);
    notices_wake(n);
}

int notices_pass(struct notices *n, int64_t most_ms, struct error *err)
{
    struct pass p = { .n = n, .now_ms = clock_now_ms() };
    int got = store_lock(n->store, "notices", err);
    if (got != 0)
        return got;
    take_over(n);
    arena_init(&p.arena);
    buf_init(&p.body, 0);
    int result = load(&p, err);
    if (result == 0)
        result = look(&p, err);
    if (result == 0)
        result = deliver(&p, most_ms, err);
    pthread_mutex_lock(&n->lock);
    n->queued = (int)living(&p);
    n->episodes = 0;
    for (size_t i = 0; i < p.episode_count; i++)
        n->episodes += p.episodes[i].trouble != TROUBLE_NONE;
    pthread_mutex_unlock(&n->lock);
    buf_fini(&p.body);
    arena_fini(&p.arena);
    store_unlock(n->store, "notices");
    return result;
}

/* ---------------------------------------------------------------- the thread */
static void *keep_telling(void *arg)
{
    struct notices *n = arg;
    struct error err = { 0 };
    pthread_mutex_lock(&n->lock);
    while (!n->closing) {
        bool woken = n->woken;
        n->woken = false;
        pthread_mutex_unlock(&n->lock);
        if (woken)
            clock_sleep_ms(MERGE_MS);
        error_clear(&err);
        if (notices_pass(n, THREAD_PASS_MS, &err) < 0)
            log_warning("notices: %s", err.text);
        pthread_mutex_lock(&n->lock);
        struct timespec until = clock_timespec_after(LOOK_EVERY_MS);
        if (!n->closing && !n->woken)
            pthread_cond_timedwait(&n->ring, &n->lock, &until);
    }
    pthread_mutex_unlock(&n->lock);
    return NULL;
}

int notices_start(struct notices *n, struct error *err)
{
    if (pthread_create(&n->thread, NULL, keep_telling, n) != 0)
        return error_errno(err, ERROR_STORE, "cannot start a thread");
    n->runs = true;
    return 0;
}

void notices_figures(struct notices *n, int *episodes, int *queued)
{
    pthread_mutex_lock(&n->lock);
    *episodes = n->episodes;
    *queued = n->queued;
    pthread_mutex_unlock(&n->lock);
}

size_t notices_channels(const struct notices *n)
{
    return n->channel_count;
}

/* -------------------------------------------------------------- life and test */
int notices_open(const struct notices_options *options, struct notices **out,
                 struct error *err)
{
    struct notices *n = mem_zalloc(sizeof *n);
    n->options = *options;
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->ring, NULL);
    arena_init(&n->arena);
    *out = n;
    if (store_open(options->state_path, STORE_WRITE, &n->store, err)
        || vault_open(n->store, &n->vault, err))
        return -1;
    n->using = options->program;
    return open_channels(n, err);
}

void notices_close(struct notices *n)
{
    if (!n)
        return;
    if (n->runs) {
        pthread_mutex_lock(&n->lock);
        n->closing = true;
        pthread_cond_signal(&n->ring);
        pthread_mutex_unlock(&n->lock);
        pthread_join(n->thread, NULL);
    }
    close_channels(n);
    if (n->vault)
        vault_close(n->vault);
    store_close(n->store);
    arena_fini(&n->arena);
    pthread_cond_destroy(&n->ring);
    pthread_mutex_destroy(&n->lock);
    mem_free(n);
}

int notices_test(struct notices *n, struct text only,
                 void (*told)(void *ctx, struct text channel,
                              const char *why), void *ctx, struct error *err)
{
    int failed = 0;
    size_t tried = 0;
    for (size_t i = 0; i < n->channel_count; i++) {
        struct error why = { 0 };
        struct notice test = {
            .type = TEXT("test"), .subject = TEXT("mlc: a test"),
            .body = TEXT("This is a test. When a flow fails, you are told "
                         "here.\n"),
            .at_ms = clock_now_ms() };
        if (only.len > 0 && !text_equal(only, n->channels[i].name))
            continue;
        tried++;
        new_id(&n->arena, &test.id);
        bool good = notice_send(&n->channels[i], &test, n->options.stop,
                                &why) == 0;
        told(ctx, n->channels[i].name, good ? NULL : why.text);
        failed += !good;
    }
    if (tried > 0)
        return failed;
    error_set(err, ERROR_USAGE, only.len > 0
                                    ? "there is no channel of that name"
                                    : "no channel for notices is set up");
    error_hint(err, "Add one to project.mlc: connection Alerts is notify "
               "{ kind = \"slack\" }, then `mlc auth set Alerts`.");
    return -1;
}
