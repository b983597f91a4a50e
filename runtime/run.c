/* One run of one flow, from lock to summary. */
#include "config.h"

#include "runtime/run_internal.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/crypto.h"
#include <string.h>
#include <stdio.h>

#define GONE_MOST 50     /* without a `limit gone`: more than this, or more */
#define GONE_SHARE 5     /* than a fifth of the links, asks a person [112] */
#define GONE_FREE 10

bool run_should_stop(struct run *r)
{
    return r->o->stop && *r->o->stop != 0;
}

/* Looks only: no lock, no effect. */
static bool is_quiet(const struct run *r)
{
    return r->o->mode == RUN_PLAN || r->o->mode == RUN_RECONCILE;
}

/* ------------------------------------------------------------------ setting up */
static struct value answer_link(void *ctx, const struct object *object,
                                const struct value *id)
{
    struct run *r = ctx;
    struct value missing = { .tag = VALUE_MISSING };
    struct error ignored = { 0 };
    struct text other = TEXT_NONE;
    bool at_target = r->flow->target
                     && (text_equal(object->app,
                                    r->flow->target_connection->connector)
                         || text_equal(object->app,
                                       r->flow->target_connection->name));
    struct text label = object_label(&r->batch,
                                     at_target ? r->target.name
                                               : r->source.name, object);
    if (id->tag != VALUE_TEXT
        || store_link_other(r->store, label, value_as_text(id), &r->batch,
                            &other, &ignored)
               != 0)
        return missing;
    return value_text(other);
}

static void answer_find(void *ctx, const struct find_site *site,
                        const struct value *keys, struct find_answer *out)
{
    struct run *r = ctx;
    lookups_find(r->lookups, site, keys, out);
}

/* The record shape with what the engine itself needs: key and change. */
static void shape_source(struct run *r)
{
    const struct object *o = r->flow->source;
    r->shape = compiled_source_shape(r->compiled);
    for (size_t i = 0; i < o->key_count; i++)
        r->shape = shape_with(&r->keep, r->shape,
                              object_field(o, o->keys[i]));
    r->one_shape = r->shape;
    r->shape = shape_with(&r->keep, r->shape,
                          object_field(o, o->changed_field));
}

static void short_hash(struct text t, char out[17])
{
    char hex[65];
    crypto_sha256_hex(t, hex);
    memcpy(out, hex, 16);
    out[16] = '\0';
}

static void hash_shapes(struct run *r)
{
    struct buf b;
    buf_init(&b, 0);
    shape_print(r->shape, &b);
    short_hash(buf_view(&b), r->shape_hash);
    buf_reset(&b);
    if (r->flow->where)
        buf_text(&b, span_text(&r->o->program->sources,
                               r->flow->where->span));
    short_hash(buf_view(&b), r->where_hash);
    buf_fini(&b);
}

static int add_finds(struct run *r, struct error *err)
{
    size_t count = 0;
    const struct find_site *finds = compiled_finds(r->compiled, &count);
    struct site *sites = ARENA_ARRAY(&r->keep, struct site, count);
    for (size_t i = 0; i < count; i++) {
        sites[i].find = &finds[i];
        sites[i].object = finds[i].object;
        sites[i].connection = finds[i].connection->name;
        sites[i].keys = finds[i].keys;
        sites[i].key_count = finds[i].key_count;
        sites[i].shape = finds[i].shape;
        if (lookups_add(r->lookups, &sites[i], err))
            return -1;
    }
    return 0;
}

/* `match on` as a place to look: its fields, the keys, and what the flow
 * owns, so that a record found can be compared at once. */
static int add_match(struct run *r, struct error *err)
{
    const struct flow *f = r->flow;
    struct site *m = &r->match;
    size_t n = f->match_count;
    if (!r->has_target || n == 0 || run_unprotected.outbox)
        return 0;
    m->object = f->target;
    m->connection = f->target_connection->name;
    m->keys = ARENA_ARRAY(&r->keep, const struct field *, n);
    m->lists = ARENA_ARRAY(&r->keep, const struct field *, n);
    m->key_count = n;
    m->shape = compiled_target_shape(r->compiled);
    const struct node *path = KID(f->match_node, MATCH_ON, paths);
    for (size_t i = 0; i < n; i++, path = path ? path->next : NULL) {
        size_t dot;
        m->keys[i] = f->match[i];
        if (path && text_find(path->text, TEXT("."), &dot)) {
            m->lists[i] = object_field(f->target,
                                       text_slice(path->text, 0, dot));
            m->shape = shape_with(&r->keep, m->shape, m->lists[i]);
        }
    }
    r->has_match = true;
    return lookups_add(r->lookups, m, err);
}

/* Linked target records by their own key, with the fields the flow owns. */
static int add_by_id(struct run *r, struct error *err)
{
    const struct object *o = r->flow->target;
    if ((r->o->mode != RUN_RECONCILE || !r->has_target)
        && !run_drift_wanted(r))
        return 0;
    if (o->key_count != 1)
        return error_set(err, ERROR_USAGE, "%.*s has no single key to be "
                         "asked by", TEXT_ARG(r->target_name));
    r->by_id.object = o;
    r->by_id.connection = r->flow->target_connection->name;
    r->by_id.keys = ARENA_ARRAY(&r->keep, const struct field *, 1);
    r->by_id.keys[0] = object_field(o, o->keys[0]);
    r->by_id.key_count = 1;
    r->by_id.shape = compiled_target_shape(r->compiled);
    return lookups_add(r->lookups, &r->by_id, err);
}

static int open_ports(struct run *r, struct error *err)
{
    const struct flow *f = r->flow;
    const struct ports *p = &r->o->ports;
    if (p->open(p->ctx, f->source_connection->name, &r->source, err)
        || (r->has_target
            && p->open(p->ctx, f->target_connection->name, &r->target, err)))
        return -1;
    r->source.counts(r->source.ctx, &r->source_before);
    r->source_name = object_label(&r->keep, r->source.name, f->source);
    r->target_name = TEXT("log");
    if (!r->has_target)
        return 0;
    if (r->target.whole) {
        error_set(err, ERROR_USAGE, "%.*s is a file, and a run writes records "
                  "one by one", TEXT_ARG(r->flow->target->label));
        error_hint(err, "`mlc map %.*s --out FILE` writes a file whole.",
                   TEXT_ARG(r->flow->name));
        return -1;
    }
    r->target.counts(r->target.ctx, &r->target_before);
    r->target_name = object_label(&r->keep, r->target.name, f->target);
    return 0;
}

void run_flow_hash(const struct program *program, const struct flow *flow,
                   char out[65])
{
    struct crypto_digest d;
    unsigned char hash[SHA256_LEN];
    if (flow->hash[0]) {
        memcpy(out, flow->hash, 65);
        return;
    }
    crypto_digest_init(&d);
    crypto_digest_update(&d, flow->name);
    for (uint32_t i = 1; i < program->sources.count; i++)
        if (!program->sources.list[i].builtin)
            crypto_digest_update(&d, program->sources.list[i].text);
    crypto_digest_final(&d, hash);
    crypto_hex((struct text){ (const char *)hash, SHA256_LEN }, out);
}

int run_set_up(struct run *r, struct error *err)
{
    r->has_target = r->flow->target != NULL;
    char hash[65];
    run_flow_hash(r->o->program, r->flow, hash);
    r->flow_hash = text_of(arena_strdup(&r->keep, hash));
    if (flow_compile(r->o->program, r->flow, &r->keep, &r->compiled, err)
        || open_ports(r, err))
        return -1;
    shape_source(r);
    if (record_plan_new(&r->keep, r->shape, &r->plan, err)
        || record_plan_new(&r->keep, r->one_shape, &r->one_plan, err))
        return -1;
    hash_shapes(r);
    r->lookups = lookups_new(r->store, &r->o->ports, r->o->now_ms);
    r->env = (struct eval_env){ .arena = &r->batch,
                                .now_us = r->o->now_ms * 1000,
                                .ctx = r,
                                .find = answer_find,
                                .link = answer_link };
    return add_finds(r, err) || add_match(r, err) || add_by_id(r, err) ? -1
                                                                       : 0;
}

void run_tear_down(struct run *r)
{
    lookups_free(r->lookups);
    run_marks_free(r);
    arena_fini(&r->batch);
    arena_fini(&r->keep);
}

/* -------------------------------------------------------------------- guards */
static int check_copy(struct run *r, struct error *err)
{
    bool cloned = false;
    bool rolled_back = false;
    if (is_quiet(r) || r->o->mode == RUN_ADOPT)
        return 0;
    if (store_rollback_check(r->store, &cloned, &rolled_back, err))
        return -1;
    if (!cloned && !rolled_back)
        return 0;
    error_set(err, ERROR_GUARD, "the state file %s %s", store_path(r->store),
              rolled_back ? "is older than runs that were made with it"
                          : "is a copy: it was made at another place");
    error_hint(err, "Run `mlc adopt` for every flow: it links what is there "
               "already and writes nothing. Then run again.");
    return -1;
}

static int take_lock(struct run *r, struct error *err)
{
    char name[256];
    char holder[128];
    if (is_quiet(r))
        return 0;
    snprintf(name, sizeof name, "flow:%.*s", TEXT_ARG(r->flow->name));
    int got = store_lock(r->store, name, err);
    if (got < 0)
        return -1;
    if (got == 1) {
        store_lock_holder(r->store, name, holder);
        error_set(err, ERROR_LOCKED, "the flow %.*s is running already: %s",
                  TEXT_ARG(r->flow->name), holder);
        error_hint(err, "Wait for it to end; a lock never outlives its run.");
        return -1;
    }
    r->locked = true;
    if (store_lease_seize(r->store, name, r->o->now_ms, &r->lease, err))
        return -1;
    r->leased = true;
    return 0;
}

/* Nothing is written on top of a trail that somebody changed [51]. */
static int check_trail(struct run *r, struct error *err)
{
    int64_t broken = 0;
    if (is_quiet(r))
        return 0;
    int got = store_audit_look(r->store, r->o->now_ms, &broken, err);
    if (got <= 0)
        return got;
    error_set(err, ERROR_GUARD, "row %lld of the audit trail is not what was "
              "written; nothing was read or written", (long long)broken);
    error_hint(err, "Somebody changed %s outside mlc. Restore a backup with "
               "`mlc state restore FILE`; or, when you know what happened, go "
               "on with `mlc audit accept --reason TEXT`.",
               store_path(r->store));
    return -1;
}

static void unlock(struct run *r)
{
    if (r->locked)
        store_unlock(r->store, r->lease.name[0] ? r->lease.name : "");
}

static int64_t planned(const struct run *r, struct text what)
{
    return text_is(what, "created")    ? r->sum->created
           : text_is(what, "updated")  ? r->sum->updated
           : text_is(what, "held")     ? r->sum->held
           : text_is(what, "rejected") ? r->sum->rejected
           : text_is(what, "skipped")  ? r->sum->skipped
           : text_is(what, "gone")     ? r->sum->gone
                                       : 0;
}

static bool over_amount(const struct run *r, const struct node *amount)
{
    struct decimal sum = decimal_int(0);
    for (size_t i = 0; i < r->sum->sum_count; i++) {
        const struct money_sum *m = &r->sum->sums[i];
        struct decimal one;
        char currency[4];
        currency_unpack(m->currency, currency);
        if (!m->target || strcmp(currency, amount->lit.currency) != 0)
            continue;
        if (!money_total(m, &one))
            return true;
        if (decimal_sign(one) < 0)
            one = decimal_negate(one);
        if (decimal_add(sum, one, &sum) != DECIMAL_OK)
            return true;
    }
    return decimal_compare(sum, amount->lit.number) > 0;
}

/* What a share is of: the records this flow knows. A run that reads changes
 * sees few of them, often the held ones alone; a share of those few would stop
 * a single record, or the very record whose reason is gone. */
static int count_known(struct run *r, struct error *err)
{
    int64_t links = 0, holds = 0;
    if (r->has_target
        && store_link_count(r->store, r->source_name, r->target_name, &links,
                            err))
        return -1;
    if (store_hold_count(r->store, r->flow->name, &holds, err))
        return -1;
    r->known = links + holds > r->sum->read ? links + holds : r->sum->read;
    return 0;
}

static int64_t share_of(const struct run *r, struct text what)
{
    return text_is(what, "gone") ? r->gone_links : r->known;
}

static bool over_limit(const struct run *r, const struct node *limit)
{
    const struct node *amount = KID(limit, LIMIT, amount);
    struct decimal n = decimal_int(planned(r, limit->text));
    struct decimal most = amount->lit.number;
    int64_t of = share_of(r, limit->text);
    if (amount->kind == NODE_MONEY_LIT)
        return over_amount(r, amount);
    if (amount->kind == NODE_PERCENT_LIT
        && decimal_mul(most, decimal_int(of), &most) != DECIMAL_OK)
        return false;
    return decimal_compare(n, most) > 0;
}

static int limit_error(struct run *r, const char *what, int64_t n,
                       const char *most, struct error *err)
{
    error_set(err, ERROR_GUARD, "%.*s: %lld of %lld would be %s, the flow "
              "allows %s; nothing was written", TEXT_ARG(r->flow->name),
              (long long)n,
              (long long)share_of(r, text_of(what)),
              what, most);
    error_hint(err, "Look at `mlc plan %.*s`. If it is right, save it with "
               "`--out plan.json` and run `mlc apply plan.json`.",
               TEXT_ARG(r->flow->name));
    return -1;
}

static int check_limits(struct run *r, struct error *err)
{
    bool gone_limited = false;
    if (count_known(r, err))
        return -1;
    for (const struct node *n = r->flow->body; n; n = n->next) {
        if (n->kind != NODE_LIMIT)
            continue;
        gone_limited |= text_is(n->text, "gone");
        if (over_limit(r, n))
            return limit_error(
                r, text_cstr(&r->keep, n->text), planned(r, n->text),
                text_cstr(&r->keep,
                          span_text(&r->o->program->sources,
                                    KID(n, LIMIT, amount)->span)), err);
    }
    if (!gone_limited
        && (r->sum->gone > GONE_MOST
            || (r->sum->gone > GONE_FREE
                && r->sum->gone * GONE_SHARE > r->gone_links)))
        return limit_error(r, "gone", r->sum->gone, "no more than 50 and a "
                           "fifth unless it says `limit gone`", err);
    if (r->where_changed && r->sum->gone > 0) {
        error_set(err, ERROR_GUARD, "%.*s: its `where` changed, and %lld "
                  "records would be taken to be gone; nothing was written",
                  TEXT_ARG(r->flow->name), (long long)r->sum->gone);
        error_hint(err, "Look at `mlc plan %.*s`. If it is right, save it "
                   "with `--out plan.json` and run `mlc apply plan.json`.",
                   TEXT_ARG(r->flow->name));
        return -1;
    }
    return 0;
}

/* ------------------------------------------------------------------ the stages */
static int64_t recheck_ms(const struct flow *f)
{
    for (const struct node *n = f->body; n; n = n->next)
        if (n->kind == NODE_RECHECK) {
            const struct node *d = KID(n, RECHECK, duration);
            int64_t count = 0;
            struct text unit = d->lit.word;
            if (!decimal_to_int64(d->lit.number, &count))
                return 0;
            int64_t ms = text_starts(unit, TEXT("minute")) ? 60000
                         : text_starts(unit, TEXT("hour")) ? 3600000
                         : text_starts(unit, TEXT("day"))  ? 86400000
                         : text_starts(unit, TEXT("week")) ? 604800000
                         : text_starts(unit, TEXT("month"))
                             ? (int64_t)30 * 86400000
                             : (int64_t)365 * 86400000;
            return count * ms;
        }
    return 0;
}

static int load_cursor(struct run *r, struct error *err)
{
    int got = store_cursor_get(r->store, r->flow->name, r->source_name,
                               &r->keep, &r->cursor, err);
    if (got < 0)
        return -1;
    int64_t links = 0;
    if (got == 1 && r->has_target
        && store_link_count(r->store, r->source_name, r->target_name, &links,
                            err))
        return -1;
    r->first_read = got == 1 && links == 0;
    int64_t recheck = recheck_ms(r->flow);
    struct text known = r->cursor.flow_hash; /* shape hash, see finish */
    r->where_changed = got == 0
                       && !text_is(r->cursor.where_hash, r->where_hash);
    r->shape_changed = got == 0 && !text_is(known, r->shape_hash);
    r->complete = r->o->recheck || r->o->mode == RUN_ADOPT
                  || r->o->mode == RUN_RECONCILE
                  || r->flow->reads_everything || got == 1
                  || r->cursor.value.len == 0 || r->where_changed
                  || r->shape_changed
                  || r->flow->source->changes == CHANGES_NONE
                  || (recheck > 0
                      && r->cursor.complete_ms + recheck <= r->o->now_ms);
    again_start(r);
    return 0;
}

static int start(struct run *r, struct error *err)
{
    static const char *const modes[] = { "plan", "run", "apply", "adopt",
                                          "reconcile" };
    int64_t holds = 0;
    int64_t intents = 0;
    if (r->flow->was.len > 0 && !is_quiet(r)
        && store_flow_rename(r->store, r->flow->was, r->flow->name, err))
        return -1;
    const char *mode = r->o->key_count > 0 ? "record" : modes[r->o->mode];
    if (store_run_start(r->store, r->flow->name, r->flow_hash, mode,
                        r->o->now_ms, &r->id, err)
        || store_hold_count(r->store, r->flow->name, &holds, err)
        || store_intent_count(r->store, r->flow->name, &intents, err))
        return -1;
    r->sum->run = r->id;
    r->has_holds = holds > 0;
    r->has_intents = intents > 0;
    r->seen_set = text_of(arena_printf(&r->keep, "seen %lld",
                                       (long long)r->id));
    r->group_set = text_of(arena_printf(&r->keep, "groups %lld",
                                        (long long)r->id));
    return load_cursor(r, err);
}

/* Does the source want to hear which of its records are booked? */
static int ask_told(struct run *r, struct error *err)
{
    if (is_quiet(r) || !r->has_target || r->flow->per || !r->source.booked)
        return 0;
    int told = r->source.booked(r->source.ctx, r->flow->source, NULL, 0,
                                &r->keep, err);
    if (told == 0)
        r->booked_set = text_of(arena_printf(&r->keep, "booked %.*s",
                                             TEXT_ARG(r->flow->name)));
    return told < 0 ? -1 : 0;
}

/* The target signs in when it is first asked: a run that finds nothing makes
 * no call there. */
static int prepare_source(struct run *r, struct error *err)
{
    if (r->source.prepare(r->source.ctx, err))
        return -1;
    if (r->source.currency)
        record_plan_currency(r->plan, r->source.currency(r->source.ctx));
    return ask_told(r, err);
}

static int clear_scratch(struct run *r, struct error *err)
{
    return store_seen_begin(r->store, r->seen_set, err)
                   || store_seen_begin(r->store, r->group_set, err)
                   || store_plan_clear(r->store, r->id, err)
               ? -1 : 0;
}

static const char *outcome_of(const struct summary *s)
{
    return s->held + s->rejected + s->uncertain > 0 ? "findings" : "done";
}

struct finishing {
    const char *outcome;
    bool advance;
};

static int book_finish(struct run *r, void *ctx, struct error *err)
{
    struct finishing *f = ctx;
    struct buf counts;
    struct cursor_row cursor = r->cursor;
    int result = 0;
    if (r->new_cursor.len > 0)
        cursor.value = r->new_cursor;
    cursor.where_hash = text_of(r->where_hash);
    cursor.flow_hash = text_of(r->shape_hash);
    cursor.boundary = again_text(r);
    if (r->complete_proved && !r->sudden_drop) {
        cursor.complete_ms = r->o->now_ms;
        cursor.complete_count = r->sum->records;
    } else if (r->disagrees) {
        cursor.complete_ms = 0; /* `recheck` is due: what was read earlier may
                                   have changed without telling */
    }
    if (f->advance)
        result = store_cursor_put(r->store, r->flow->name, r->source_name,
                                  &cursor, err);
    r->sum->outcome = f->outcome;
    r->sum->took_ms = clock_now_ms() - r->sum->started_ms;
    buf_init(&counts, 0);
    summary_json(r->sum, &counts);
    if (result == 0)
        result = store_run_finish(r->store, r->id, f->outcome,
                                  buf_view(&counts), clock_now_ms(), err);
    buf_fini(&counts);
    if (result == 0)
        result = clear_scratch(r, err);
    return result;
}

/* For the negative control: the cursor where the read ended, before anything
 * is booked. */
static int move_too_early(struct run *r, struct error *err)
{
    struct cursor_row cursor = r->cursor;
    if (!run_unprotected.cursor || r->new_cursor.len == 0)
        return 0;
    cursor.value = r->new_cursor;
    cursor.where_hash = text_of(r->where_hash);
    cursor.flow_hash = text_of(r->shape_hash);
    return store_cursor_put(r->store, r->flow->name, r->source_name, &cursor,
                            err);
}

static int read_and_plan(struct run *r, struct error *err)
{
    if (run_read(r, err) || run_should_stop(r) || run_mind_drop(r))
        return -1;
    arena_reset(&r->batch);
    if (r->o->mode != RUN_RECONCILE && run_release(r, err))
        return -1;
    if (r->flow->per && run_groups(r, err))
        return -1;
    return r->o->mode == RUN_RECONCILE ? 0 : run_gone(r, err);
}

static int write_all(struct run *r, struct error *err)
{
    if (r->o->mode == RUN_WRITE && check_limits(r, err))
        return -1;
    if (run_execute(r, err) || run_settle(r, err))
        return -1;
    return run_tell_booked(r, err);
}

static int work(struct run *r, struct error *err)
{
    if (run_set_up(r, err) || check_copy(r, err) || take_lock(r, err)
        || check_trail(r, err) || start(r, err) || prepare_source(r, err))
        return -1;
    if (r->o->mode == RUN_WRITE || r->o->mode == RUN_APPLY) {
        if (run_recover(r, err))
            return -1;
        int64_t holds = 0; /* recovery may have put records into the queue */
        if (store_hold_count(r->store, r->flow->name, &holds, err))
            return -1;
        r->has_holds = holds > 0;
    }
    if (read_and_plan(r, err))
        return -1;
    if (is_quiet(r))
        return run_show_plan(r, err);
    return move_too_early(r, err) || write_all(r, err) ? -1 : 0;
}

static void tell_calls(struct run *r)
{
    if (r->source.counts)
        summary_add_calls(r->sum, &r->source, &r->source_before);
    if (r->target.counts)
        summary_add_calls(r->sum, &r->target, &r->target_before);
    if (r->lookups)
        lookups_count(r->lookups, r->sum);
}

static int stop_code(const struct run_options *o)
{
    return 128 + *o->stop;
}

static void finish(struct run *r, int result, struct error *err)
{
    struct finishing f = { outcome_of(r->sum), result == 0 };
    struct error ignored = { 0 };
    bool stopped = run_should_stop(r);
    if (stopped && result != 0 && err->kind == ERROR_NONE)
        error_set(err, ERROR_TRANSIENT, "stopped by a signal");
    if (result != 0 || stopped)
        f.outcome = stopped                          ? "interrupted"
                    : err->kind == ERROR_TRANSIENT   ? "try later"
                    : err->kind == ERROR_GUARD       ? "stopped"
                    : err->kind == ERROR_SIGN_IN     ? "sign in"
                    : err->kind == ERROR_LOCKED      ? "locked"
                                                     : "failed";
    if (r->disagrees && recheck_ms(r->flow) > 0)
        summary_notice(r->sum, "records of one group differ, though they were "
                       "read at different times: the next run reads all of "
                       "%.*s again", TEXT_ARG(r->source_name));
    if (r->unfinished.len > 0) {
        f.advance = false;
        summary_notice(r->sum, "%.*s", TEXT_ARG(r->unfinished));
    }
    tell_calls(r);
    if (result != 0)
        r->sum->stopped = text_of(arena_strdup(&r->sum->arena, err->text));
    r->sum->exit_code = stopped       ? stop_code(r->o)
                        : result != 0 ? error_exit_code(err)
                        : r->o->mode == RUN_PLAN || r->o->mode == RUN_ADOPT
                            ? 0
                        : r->o->mode == RUN_RECONCILE
                            ? r->sum->read != r->sum->unchanged
                                  + r->sum->skipped
                        : strcmp(f.outcome, "findings") == 0 ? 1 : 0;
    r->sum->outcome = f.outcome;
    r->sum->took_ms = clock_now_ms() - r->sum->started_ms;
    if (r->id == 0 || store_is_broken(r->store))
        return;
    if (is_quiet(r) || r->o->mode == RUN_ADOPT || r->keyed)
        f.advance = false;
    run_book(r, book_finish, &f, result == 0 ? err : &ignored);
}

int run_flow(const struct run_options *options, struct summary *summary,
             struct error *err)
{
    struct run r = { .o = options, .flow = options->flow,
                     .store = options->store, .sum = summary };
    arena_init(&r.keep);
    arena_init(&r.batch);
    summary->started_ms = clock_now_ms();
    int result = work(&r, err);
    finish(&r, result, err);
    if (!summary_adds_up(summary))
        log_warning("the counts of %.*s do not add up; please report this",
                    TEXT_ARG(r.flow->name));
    unlock(&r);
    run_tear_down(&r);
    return result;
}

/* --------------------------------------------------------------------- order */
static bool comes_after(const struct flow *f, struct text name)
{
    for (const struct schedule *s = f->schedules; s; s = s->next)
        if (s->node->kind == NODE_AFTER && text_equal(s->node->text, name))
            return true;
    return false;
}

static bool is_free(const struct flow **flows, size_t from, size_t count,
                    const struct flow *f)
{
    for (size_t i = from; i < count; i++)
        if (flows[i] != f && comes_after(f, flows[i]->name))
            return false;
    return true;
}

int run_order(const struct flow **flows, size_t count, struct error *err)
{
    for (size_t done = 0; done < count; done++) {
        size_t i = done;
        while (i < count && !is_free(flows, done, count, flows[i]))
            i++;
        if (i == count)
            return error_set(err, ERROR_USAGE, "the flows wait for each other "
                             "in a circle: %.*s",
                             TEXT_ARG(flows[done]->name));
        const struct flow *f = flows[i];
        memmove(&flows[done + 1], &flows[done], (i - done) * sizeof *flows);
        flows[done] = f;
    }
    return 0;
}
