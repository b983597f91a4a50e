/* Telling the source what is booked (a label "exported"): remembered in the
 * transaction that books the target record, told when all of it is settled,
 * forgotten when the source has said yes. Telling twice does no harm, so a
 * crash anywhere between costs a call and nothing else. */
#include "config.h"

#include "runtime/run_internal.h"

#include "base/map.h"
#include <string.h>

#define TOLD_AT_ONCE 100

/* The source record's own key: elements of a `for each` are KEY#1, KEY#2 … */
static struct text record_part(const struct run *r, struct text key)
{
    size_t len = key.len;
    if (!r->flow->each)
        return key;
    while (len > 0 && key.ptr[len - 1] != '#')
        len--;
    return len > 0 ? text_slice(key, 0, len - 1) : key;
}

int run_note_booked(struct run *r, struct text key, struct error *err)
{
    if (r->booked_set.len == 0)
        return 0;
    return store_seen_add(r->store, r->booked_set, record_part(r, key), err) < 0
               ? -1
               : 0;
}

/* ---------------------------------------------------------------- what waits
 */
struct open_keys {
    const struct run *r;
    struct map keys;
    struct arena arena;
};

static void add_open(struct open_keys *o, struct text key)
{
    static const char there = 1;
    map_put(&o->keys, text_dup(&o->arena, record_part(o->r, key)),
            (void *)(uintptr_t)&there);
}

static int add_hold(void *ctx, const struct hold_row *row)
{
    add_open(ctx, row->source_key);
    return 0;
}

static int add_intent(void *ctx, const struct intent_row *row)
{
    add_open(ctx, row->source_key);
    return 0;
}

/* Records of which something is held, in doubt or parked. */
static int collect_open(struct run *r, struct open_keys *o, struct error *err)
{
    static const enum intent_state states[] = {
        INTENT_PREPARED,
        INTENT_DOUBT,
        INTENT_PARKED,
    };
    if (store_hold_each(r->store, r->flow->name, &r->batch, add_hold, o, err))
        return -1;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (store_intent_each(r->store, r->flow->name, states[i], &r->batch,
                              add_intent, o, err))
            return -1;
    return 0;
}

/* -------------------------------------------------------------------- telling
 */
struct telling {
    const struct open_keys *open;
    struct text keys[TOLD_AT_ONCE];
    size_t count;
    struct text last; /* looked at */
    bool any;
};

static int add_key(void *ctx, struct text key)
{
    struct telling *t = ctx;
    t->last = key;
    t->any = true;
    if (!map_has(&t->open->keys, key))
        t->keys[t->count++] = key;
    return 0;
}

static int book_told(struct run *r, void *ctx, struct error *err)
{
    struct telling *t = ctx;
    for (size_t i = 0; i < t->count; i++)
        if (store_seen_remove(r->store, r->booked_set, t->keys[i], err) ||
            run_audit(r, "told", t->keys[i], TEXT_NONE, TEXT_NONE, TEXT_NONE,
                      TEXT("the source was told that it is "
                           "booked"),
                      0, err))
            return -1;
    return 0;
}

static int tell(struct run *r, struct telling *t, struct error *err)
{
    struct error why = { 0 };
    if (t->count == 0)
        return 0;
    if (r->source.booked(r->source.ctx, r->flow->source, t->keys, t->count,
                         &r->batch, &why)) {
        summary_notice(r->sum,
                       "%.*s was not told which records are booked: "
                       "%s; the next run tells it",
                       TEXT_ARG(r->source.name), why.text);
        return 1;
    }
    if (run_book(r, book_told, t, err))
        return -1;
    r->sum->told += (int64_t)t->count;
    return 0;
}

static int tell_all(struct run *r, const struct open_keys *open,
                    struct error *err)
{
    struct buf after;
    int result = 0;
    bool more = true;
    buf_init(&after, 0);
    while (result == 0 && more && !run_should_stop(r)) {
        struct telling t = { .open = open };
        arena_reset(&r->batch);
        result = store_seen_each(r->store, r->booked_set, buf_view(&after),
                                 TOLD_AT_ONCE, &r->batch, add_key, &t, err);
        more = t.any;
        buf_reset(&after);
        buf_text(&after, t.last);
        if (result == 0)
            result = tell(r, &t, err);
    }
    buf_fini(&after);
    return result < 0 ? -1 : 0;
}

int run_tell_booked(struct run *r, struct error *err)
{
    struct open_keys open = { .r = r };
    if (r->booked_set.len == 0 || r->stopped || run_should_stop(r) ||
        r->o->mode == RUN_ADOPT)
        return 0;
    map_init(&open.keys);
    arena_init(&open.arena);
    arena_reset(&r->batch);
    int result = collect_open(r, &open, err);
    if (result == 0)
        result = tell_all(r, &open, err);
    map_fini(&open.keys);
    arena_fini(&open.arena);
    return result;
}
