/* What is no longer at the source, and holds whose reason may have gone.
 * Absence counts only after a read that provably had everything; a source
 * that suddenly has nothing is taken for broken [111, 112]. */
#include "config.h"

#include "runtime/run_internal.h"

#include "runtime/jsonread.h"
#include <string.h>

#define DROP_FROM 20        /* records; below it halves are no sign */
#define WAIT_FIRST_MS ((int64_t)15 * 60 * 1000)
#define WAIT_MOST_MS ((int64_t)6 * 3600 * 1000)

/* -------------------------------------------------------------------- gone */
/* The record as it was when it was last written: `when gone` may read it. */
static const struct record *last_source(struct run *r, struct text key)
{
    struct text raw = TEXT_NONE;
    struct record *record = NULL;
    struct record_fault fault;
    struct error ignored = { 0 };
    if (store_intent_record(r->store, r->flow->name, key, &r->batch, &raw,
                            &ignored) == 0) {
        if (json_kind(raw) == JSON_ARRAY) {
            struct json_items it = json_items(raw);
            raw = json_next(&it) ? it.value : TEXT_NONE;
        }
        if (record_parse(r->plan, raw, &r->batch, &record, &fault)
            == RECORD_READ)
            return record;
    }
    return record_new(&r->batch, r->shape);
}

static bool leaves(const struct run *r)
{
    const struct node *outcome = KID(r->flow->when_gone, WHEN_GONE, outcome);
    return outcome && outcome->lit.verb == VERB_LEAVE;
}

static int spool_gone(struct run *r, const struct link_row *link,
                      const struct evaluated *result, const char *note,
                      struct error *err)
{
    char hash[65];
    struct buf target;
    struct text action;
    run_owned_hash(r, result->target, hash);
    int dropped = store_plan_drop(r->store, r->id, link->source_key,
                                  &r->batch, &action, err);
    if (dropped < 0)
        return -1;
    if (dropped == 0) { /* read on an earlier page, deleted on this one */
        run_count(r, text_cstr(&r->batch, action), -1);
        run_count(r, "skip", 1);
    }
    buf_init(&target, 0);
    record_pack(result->target, &target);
    struct plan_row row = {
        .run = r->id,
        .number = ++r->number,
        .page = r->page,
        .action = TEXT("gone"),
        .source_key = link->source_key,
        .target_id = link->target_id,
        .target_key = link->target_key,
        .target = buf_view(&target),
        .before = link->fields,
        .hash = text_of(arena_printf(&r->batch, "gone:%s", hash)),
        .version = link->version,
        .source_hash = text_of(note),
    };
    int failed = store_plan_add(r->store, &row, err);
    buf_fini(&target);
    r->sum->gone++;
    return failed;
}

static int hold_gone(struct run *r, const struct link_row *link,
                     const struct evaluated *result, struct error *err)
{
    struct held held;
    struct hold_row old;
    held_of_reasons(&r->batch, r->o->program, result->reasons, &held);
    int got = store_hold_get(r->store, r->flow->name, link->source_key,
                             &r->batch, &old, err);
    if (got < 0 || (got == 0 && text_equal(old.reasons, held.reasons)))
        return got < 0 ? -1 : 0;
    struct plan_row row = {
        .run = r->id,
        .number = ++r->number,
        .page = r->page,
        .action = TEXT("hold"),
        .source_key = link->source_key,
        .target_id = link->target_id,
        .target_key = link->target_key,
        .before = held.message,
        .reasons = held.reasons,
        .version = held.group,
        .source_hash = text_of(arena_printf(&r->batch, "%lld",
                                            (long long)held.line)),
    };
    r->sum->gone++;
    return store_plan_add(r->store, &row, err);
}

int run_plan_gone(struct run *r, const struct link_row *link, const char *note,
                  struct error *err)
{
    struct evaluated result = { 0 };
    if (!r->flow->when_gone || !r->has_target || leaves(r)
        || text_starts(link->hash, TEXT("gone:")))
        return 0;
    flow_evaluate_gone(r->compiled, &r->env, last_source(r, link->source_key),
                       &result);
    if (result.verdict == VERDICT_WRITE && result.target)
        return spool_gone(r, link, &result, note, err);
    return result.reasons ? hold_gone(r, link, &result, err) : 0;
}

/* A complete read that lost most of what the one before it had says more of the
 * source than of the records [111]. A run believes nothing of it, however
 * often it comes; a person can, by a plan. */
int run_mind_drop(struct run *r)
{
    int64_t before = r->cursor.complete_count;
    int64_t now = r->sum->records;
    if (!r->complete_proved || r->keyed || before <= 0
        || (now > 0 && (before < DROP_FROM || 2 * now >= before)))
        return 0;
    r->sudden_drop = r->o->mode == RUN_WRITE;
    if (r->flow->when_gone)
        summary_notice(r->sum, "%.*s gave %lld records, %lld the time before: "
                       "a run takes nothing to be gone until that is looked "
                       "at; if it is right, save a plan (mlc plan %.*s --out "
                       "FILE) and apply it", TEXT_ARG(r->source_name),
                       (long long)now, (long long)before,
                       TEXT_ARG(r->flow->name));
    else
        summary_notice(r->sum, "%.*s gave %lld records, %lld the time before",
                       TEXT_ARG(r->source_name), (long long)now,
                       (long long)before);
    return 0;
}

struct missing {
    struct run *r;
    struct link_row *list;
    size_t count, cap;
};

static int add_missing(void *ctx, const struct link_row *row)
{
    struct missing *m = ctx;
    if (text_starts(row->hash, TEXT("gone:")))
        return 0;
    if (m->count == m->cap) {
        m->cap = m->cap ? 2 * m->cap : 64;
        m->list = mem_realloc(m->list, m->cap * sizeof *m->list);
    }
    m->list[m->count++] = *row;
    return 0;
}

static int plan_missing(struct missing *m, struct error *err)
{
    for (size_t i = 0; i < m->count; i++)
        if (run_plan_gone(m->r, &m->list[i], "not in a complete read", err))
            return -1;
    return 0;
}

int run_gone(struct run *r, struct error *err)
{
    struct missing m = { .r = r };
    if (!r->has_target || !r->flow->when_gone || leaves(r))
        return 0;
    if (store_link_count(r->store, r->source_name, r->target_name,
                         &r->gone_links, err))
        return -1;
    if (!r->complete_proved || r->sudden_drop)
        return 0;
    arena_reset(&r->batch);
    int result = store_seen_missing(r->store, r->seen_set, r->flow->name,
                                    r->source_name, r->target_name, &r->batch,
                                    add_missing, &m, err);
    if (result == 0)
        result = STORE_TRANSACTION(r->store, err, plan_missing(&m, err));
    mem_free(m.list);
    return result;
}

/* ---------------------------------------------------------------- releasing */
/* Keys that holds wait for: those that exist now wake them. What can only be
 * asked for by key is looked at again after a while, longer each time. */
struct waking {
    struct run *r;
    struct hold_await *list;
    size_t count, cap;
};

static int add_await(void *ctx, const struct hold_await *await)
{
    struct waking *w = ctx;
    if (w->count == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 32;
        w->list = mem_realloc(w->list, w->cap * sizeof *w->list);
    }
    w->list[w->count++] = *await;
    return 0;
}

static int wake(struct run *r, struct error *err)
{
    struct waking w = { .r = r };
    int64_t woken = 0;
    int result = store_await_each(r->store, r->flow->name, &r->keep, add_await,
                                  &w, err);
    for (size_t i = 0; i < w.count && result == 0; i++)
        if (lookups_has(r->lookups, w.list[i].object, w.list[i].field,
                        w.list[i].key) == 1)
            result = store_await_wake(r->store, r->flow->name, &w.list[i],
                                      &woken, err);
    mem_free(w.list);
    return result;
}

struct due {
    struct run *r;
    struct hold_row *list;
    size_t count, cap;
};

static bool is_due(struct run *r, const struct hold_row *hold)
{
    if (text_is(hold->kind, "reject"))
        return false; /* closed until the record itself changes */
    if (hold->retry || !text_equal(hold->flow_hash, r->flow_hash))
        return true;
    struct held held;
    held_read_awaits(&r->batch, hold->reasons, &held);
    if (held.await_count == 0)
        return false;
    int64_t wait = WAIT_FIRST_MS;
    for (int64_t i = 1; i < hold->tries && wait < WAIT_MOST_MS; i++)
        wait *= 2;
    if (hold->last_seen_ms + wait > r->o->now_ms)
        return false;
    for (size_t i = 0; i < held.await_count; i++)
        if (lookups_has(r->lookups, held.awaits[i].object,
                        held.awaits[i].field, held.awaits[i].key) < 0)
            return true; /* cannot be told from a mirror */
    return false;
}

static int add_due(void *ctx, const struct hold_row *hold)
{
    struct due *d = ctx;
    if (!is_due(d->r, hold))
        return 0;
    if (d->count == d->cap) {
        d->cap = d->cap ? 2 * d->cap : 32;
        d->list = mem_realloc(d->list, d->cap * sizeof *d->list);
    }
    d->list[d->count++] = *hold;
    return 0;
}

/* "E1#2" is the second element of record E1. */
static struct text base_key(const struct run *r, struct text key)
{
    size_t at = r->flow->each ? key.len : 0;
    while (at > 0 && key.ptr[at - 1] != '#')
        at--;
    return at > 1 ? text_slice(key, 0, at - 1) : key;
}

static int release_one(struct run *r, const struct hold_row *hold,
                       struct units *units, struct error *err)
{
    struct record *record = NULL;
    struct record_fault fault;
    if (r->flow->per)
        return store_seen_add(r->store, r->group_set, hold->source_key, err)
                       < 0
                   ? -1 : 0;
    struct text raw = hold->record;
    if (hold->asked /* a person wants today's record looked at */
        && run_read_one(r, base_key(r, hold->source_key), &record, &raw, err)
               < 0)
        return -1;
    if (!record
        && record_parse(r->plan, raw, &r->batch, &record, &fault)
               != RECORD_READ)
        return 0;
    struct buf key;
    buf_init(&key, 0);
    int result = 0;
    if (record_key(record, &key))
        result = run_units_of(r, record, buf_dup(&r->batch, &key), raw, true,
                              units, err);
    buf_fini(&key);
    return result;
}

/* What the pages of this run brought is newer than what the queue kept. */
static int drop_seen(struct run *r, struct units *units, struct error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < units->count; i++) {
        int got = store_seen_has(r->store, r->seen_set, units->list[i].key,
                                 err);
        if (got < 0)
            return -1;
        if (got == 1)
            units->list[kept++] = units->list[i];
    }
    units->count = kept;
    return 0;
}

int run_release(struct run *r, struct error *err)
{
    struct due due = { .r = r };
    struct units units = { NULL, 0, 0 };
    arena_reset(&r->batch);
    int result = wake(r, err);
    if (result == 0)
        result = store_hold_each(r->store, r->flow->name, &r->batch, add_due,
                                 &due, err);
    for (size_t i = 0; i < due.count && result == 0; i++)
        result = release_one(r, &due.list[i], &units, err);
    if (result == 0)
        result = drop_seen(r, &units, err);
    if (result == 0)
        result = run_decide(r, &units, err);
    mem_free(due.list);
    mem_free(units.list);
    return result;
}
