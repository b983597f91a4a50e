/* Deliveries that are on disk and the flows that have to look into them. A
 * delivery is done when every such flow has had a good run since it came; a
 * program that dies in between finds it again [170, 171]. What is in it is
 * never written anywhere: the record is read as it is now, so one that comes
 * late or out of order can do no harm [173]. */
#include "config.h"

#include "cli/serve.h"

#include "base/log.h"
#include "runtime/clock.h"
#include <string.h>

#define RETRY_FIRST_MS 2000
#define LATER_MAX_MS 2000
#define RETRY_MOST_MS ((int64_t)10 * 60 * 1000)

static bool concerns(const struct flow *f, const struct serve_hook *h)
{
    if (!f || !f->on_change || !text_equal(f->source_connection->name,
                                     h->connection))
        return false;
    return h->object.len == 0 || text_equal(f->source->name, h->object);
}

static bool is_open(const struct serve *s, const struct serve_hook *h)
{
    for (size_t i = 0; i < s->flow_count; i++)
        if (h->todo[i] != HOOK_DONE)
            return true;
    return false;
}

static int finish(struct serve *s, const struct serve_hook *h,
                  struct error *err)
{
    if (store_hook_done(s->w->store, h->id, clock_now_ms(), err))
        return -1;
    hooks_worked_off(s->hooks, 1);
    return 0;
}

void pending_forget(struct serve *s)
{
    while (s->pending) {
        struct serve_hook *h = s->pending;
        s->pending = h->next;
        mem_free(h);
    }
    s->last_pending = &s->pending;
    s->last_hook = 0;
}

static struct text keep(char **room, struct text t)
{
    char *at = *room;
    if (t.len > 0)
        memcpy(at, t.ptr, t.len);
    *room += t.len;
    return (struct text){ at, t.len };
}

/* In one piece: thousands may wait while a system is down. */
static struct serve_hook *copy(struct serve *s, const struct hook_row *row)
{
    struct serve_hook *h = mem_zalloc(
        sizeof *h + row->connection.len + row->object.len
        + row->record_id.len + s->flow_count + 1);
    char *room = (char *)(h + 1);
    h->id = row->id;
    h->due_ms = row->received_ms;
    h->connection = keep(&room, row->connection);
    h->object = keep(&room, row->object);
    h->record_id = keep(&room, row->record_id);
    h->deleted = row->deleted;
    h->todo = (unsigned char *)room;
    for (size_t i = 0; i < s->flow_count; i++)
        h->todo[i] = concerns(s->workers[i].flow, h) ? HOOK_TODO : HOOK_DONE;
    return h;
}

static int note(void *ctx, const struct hook_row *row)
{
    struct serve *s = ctx;
    if (row->id <= s->last_hook)
        return 0;
    s->last_hook = row->id;
    struct serve_hook *h = copy(s, row);
    *s->last_pending = h;
    s->last_pending = &h->next;
    return 0;
}

/* Those nobody asked for, or that are through, leave the list. */
static int sweep_out(struct serve *s, struct error *err)
{
    struct serve_hook **at = &s->pending;
    int result = 0;
    if (store_begin(s->w->store, err))
        return -1;
    while (*at && result == 0) {
        struct serve_hook *h = *at;
        if (is_open(s, h)) {
            at = &h->next;
            continue;
        }
        result = finish(s, h, err);
        if (result == 0) {
            *at = h->next;
            mem_free(h);
        }
    }
    s->last_pending = &s->pending;
    while (*s->last_pending)
        s->last_pending = &(*s->last_pending)->next;
    return store_within(s->w->store, result, err);
}

int pending_load(struct serve *s, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    int got = store_hook_each(s->w->store, &arena, note, s, err);
    arena_fini(&arena);
    return got < 0 ? -1 : s->pending ? sweep_out(s, err) : 0;
}

/* A second look at the same bytes comes a second later; a clock that was set
 * back keeps nothing waiting. */
static bool is_ready(const struct serve_hook *h, const struct worker *k,
                     int64_t now_ms)
{
    return h->todo[k->number] == HOOK_TODO
           && (h->due_ms <= now_ms || h->due_ms > now_ms + LATER_MAX_MS);
}

bool pending_wants(const struct serve *s, const struct worker *k)
{
    int64_t now = clock_now_ms();
    for (const struct serve_hook *h = s->pending; h; h = h->next)
        if (is_ready(h, k, now))
            return true;
    return false;
}

static bool is_among(const struct text *keys, size_t count, struct text key)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(keys[i], key))
            return true;
    return false;
}

size_t pending_take(struct serve *s, struct worker *k, struct text *keys)
{
    size_t count = 0;
    bool all = false;
    int64_t now = clock_now_ms();
    for (struct serve_hook *h = s->pending; h; h = h->next) {
        if (!is_ready(h, k, now))
            continue;
        h->todo[k->number] = HOOK_RUNNING;
        if (h->record_id.len == 0 || h->deleted || count == SERVE_KEYS_MAX)
            all = true;
        else if (!is_among(keys, count, h->record_id))
            keys[count++] = h->record_id;
    }
    return all ? 0 : count;
}

void pending_settle(struct serve *s, struct worker *k, bool good)
{
    struct error err = { 0 };
    bool any = false;
    int64_t pause = RETRY_FIRST_MS;
    for (struct serve_hook *h = s->pending; h; h = h->next)
        if (h->todo[k->number] == HOOK_RUNNING) {
            any = true;
            h->todo[k->number] = good ? HOOK_DONE : HOOK_TODO;
        }
    if (any && good && sweep_out(s, &err))
        log_error("webhooks cannot be marked as done: %s", err.text);
    k->hook_failures = good ? 0 : any ? k->hook_failures + 1
                                      : k->hook_failures;
    for (int i = 1; i < k->hook_failures && pause < RETRY_MOST_MS; i++)
        pause *= 2;
    k->hook_retry_ms = k->hook_failures > 0 ? clock_steady_ms() + pause : 0;
}
