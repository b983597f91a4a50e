/* What is in doubt: a call was booked, and nobody knows what became of it.
 * Not looked for before its time is up; then found, absent, or too many. Only
 * a look-up that worked can say "absent". */
#include "config.h"

#include "runtime/run_internal.h"

#include "runtime/clock.h"
#include <string.h>

/* Longest wait inside a run for a call's time to be up; beyond it the record
 * waits for the next run. */
#define SETTLE_WAIT_MS ((int64_t)60 * 1000)

int run_probe(struct run *r, const struct value *values, int64_t since_ms,
              struct find_answer *out, struct error *err)
{
    if (r->probed_ms <= since_ms) {
        lookups_forget(r->lookups, &r->match);
        r->probed_ms = clock_now_ms();
    }
    for (int i = 0; i < 2; i++) {
        lookups_ask(r->lookups, &r->match, values, out);
        if (out->status != FIND_LATER)
            return 0;
        if (lookups_fetch(r->lookups, err))
            return -1;
    }
    return error_set(err, ERROR_VENDOR, "the look-up has no answer");
}

static const struct shape *match_shape(struct run *r)
{
    struct shape *shape = ARENA_NEW(&r->batch, struct shape);
    shape->object = r->match.object;
    shape->count = r->match.key_count;
    shape->fields = ARENA_ARRAY(&r->batch, struct shape_field, shape->count);
    for (size_t i = 0; i < shape->count; i++)
        shape->fields[i].field = r->match.keys[i];
    return shape;
}

/* The match values of the record an answer tells; empty when it does not tell
 * them, or not in a way that can be read. */
static struct text told_key(struct run *r, struct text row)
{
    struct record_plan *plan;
    struct record_fault fault;
    struct record *record = NULL;
    struct error ignored = { 0 };
    struct value *values = ARENA_ARRAY(&r->batch, struct value,
                                       r->match.key_count);
    for (size_t i = 0; i < r->match.key_count; i++)
        if (r->match.lists[i])
            return TEXT_NONE;
    if (record_plan_new(&r->batch, match_shape(r), &plan, &ignored)
        || record_parse(plan, row, &r->batch, &record, &fault) != RECORD_READ)
        return TEXT_NONE;
    return run_match_key(r, record, values, &r->batch);
}

bool run_is_of_another(struct run *r, const struct write_item *item,
                       struct text natural_key,
                       const struct write_result *result)
{
    if (result->row.len == 0)
        return false;
    if (item->op == WRITE_UPDATE)
        return !text_equal_nocase(result->target_id, item->target_id);
    if (natural_key.len == 0)
        return false;
    struct text told = told_key(r, result->row);
    return told.len > 0 && !text_equal_nocase(told, natural_key);
}

static void match_names(const struct run *r, struct buf *out)
{
    for (size_t i = 0; i < r->match.key_count; i++) {
        if (r->match.lists[i]) {
            buf_text(out, r->match.lists[i]->name);
            buf_byte(out, '.');
        }
        buf_text(out, r->match.keys[i]->name);
        buf_byte(out, ',');
    }
    buf_byte(out, '\n');
}

struct text run_pack_match(struct run *r, const struct value *values)
{
    struct record *record = record_new(&r->batch, match_shape(r));
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < r->match.key_count; i++)
        record->slots[i] = values[i];
    match_names(r, &b);
    record_pack(record, &b);
    struct text image = buf_dup(&r->batch, &b);
    buf_fini(&b);
    return image;
}

int run_unpack_match(struct run *r, struct text image, struct value *values)
{
    struct buf names;
    buf_init(&names, 0);
    match_names(r, &names);
    struct record *record = NULL;
    if (text_starts(image, buf_view(&names)))
        record = record_unpack(&r->batch, match_shape(r),
                               text_slice(image, names.len,
                                          image.len - names.len));
    buf_fini(&names);
    for (size_t i = 0; record && i < r->match.key_count; i++)
        values[i] = record->slots[i];
    return record ? 0 : -1;
}

/* --------------------------------------------------------------- outcomes */
struct verdict_booking {
    const struct intent_row *intent;
    struct text target_id, evidence;
};

static struct held doubt_of(struct run *r, struct text message)
{
    struct held held;
    held_of_message(&r->batch, message,
                    TEXT("the answer to a write was lost"), TEXT_NONE, &held);
    return held;
}

/* The record is looked at again from the start, with the flow as it is now. */
static int look_again(struct run *r, const struct intent_row *i,
                      struct text message, struct error *err)
{
    struct held held = doubt_of(r, message);
    struct hold_row hold;
    if (run_book_hold(r, "uncertain", i->source_key, i->record, TEXT_NONE,
                      &held, err))
        return -1;
    int got = store_hold_get(r->store, r->flow->name, i->source_key, &r->batch,
                             &hold, err);
    return got == 0 ? store_hold_retry(r->store, hold.id, err) : got;
}

/* The first of several calls for one record. */
static bool is_part(const struct intent_row *i)
{
    return text_is(i->hash, LINK_HALF);
}

static int book_found(struct run *r, void *ctx, struct error *err)
{
    struct verdict_booking *b = ctx;
    const struct intent_row *i = b->intent;
    struct link_row link = {
        .source = i->source,
        .source_key = i->source_key,
        .target = i->target,
        .target_id = b->target_id,
        .target_key = i->natural_key,
        .run = r->id,
        .created_ms = r->o->now_ms,
        .hash = i->hash,
        .fields = i->fields,
        .owned_ms = r->o->now_ms,
    };
    if (store_intent_state(r->store, i->id, INTENT_DONE, b->target_id,
                           b->evidence, clock_now_ms(), err)
        || store_link_put(r->store, r->flow->name, &link, err))
        return -1;
    if (is_part(i)
            ? look_again(r, i, TEXT("it was made, but not yet with all that "
                                    "belongs to it"), err)
            : store_hold_close(r->store, r->flow->name, i->source_key,
                               "released", TEXT_NONE, r->o->now_ms, err) < 0)
        return -1;
    if (!is_part(i) && run_note_booked(r, i->source_key, err))
        return -1;
    return run_audit(r, "recovered", i->source_key, b->target_id, TEXT_NONE,
                     i->fields, b->evidence, i->line, err);
}

/* What an update whose answer was lost has left there nobody knows: the next
 * evaluation writes, whatever was written before it. */
static int forget_hash(struct run *r, const struct intent_row *i,
                       struct error *err)
{
    struct link_row link;
    int got = store_link_find(r->store, r->flow->name, i->source,
                              i->source_key, i->target, &r->batch, &link, err);
    if (got)
        return got < 0 ? -1 : 0;
    if (!text_is(link.hash, LINK_HALF))
        link.hash = TEXT("unknown");
    link.owned_ms = r->o->now_ms;
    return store_link_put(r->store, r->flow->name, &link, err);
}

/* Nothing arrived: the record is looked at again from the start, with the
 * flow as it is now; the bytes that were never taken are closed [16]. */
static int book_absent(struct run *r, void *ctx, struct error *err)
{
    struct verdict_booking *b = ctx;
    const struct intent_row *i = b->intent;
    if (store_intent_state(r->store, i->id, INTENT_CLOSED, TEXT_NONE,
                           b->evidence, clock_now_ms(), err)
        || (i->is_update && forget_hash(r, i, err)))
        return -1;
    return look_again(r, i, TEXT("the write did not arrive and is done again"),
                      err);
}

static int book_parked(struct run *r, void *ctx, struct error *err)
{
    struct verdict_booking *b = ctx;
    const struct intent_row *i = b->intent;
    struct held held = doubt_of(r, b->evidence);
    if (store_intent_state(r->store, i->id, INTENT_PARKED, TEXT_NONE,
                           b->evidence, clock_now_ms(), err))
        return -1;
    return run_book_hold(r, "uncertain", i->source_key, i->record, i->hash,
                         &held, err);
}

/* The vendor answers the same call as it did; a call for several records is
 * never made again the same. */
static bool key_still_known(const struct run *r, const struct intent_row *i)
{
    return r->target.key_lives_s > 0 && i->batch == 0 && !r->has_match
           && i->prepared_ms + (int64_t)r->target.key_lives_s * 1000
                  > clock_now_ms();
}

static int park(struct run *r, struct verdict_booking *b, struct text why,
                struct error *err)
{
    b->evidence = why;
    r->sum->uncertain++;
    return run_book(r, book_parked, b, err);
}

static int probe_create(struct run *r, const struct intent_row *i,
                        struct error *err)
{
    struct verdict_booking b = { .intent = i };
    struct find_answer hit;
    struct buf id;
    struct value *values = ARENA_ARRAY(&r->batch, struct value,
                                       r->match.key_count + 1);
    if (key_still_known(r, i))
        return run_book(r, book_absent, &b, err); /* the vendor knows the key */
    if (!r->has_match || i->natural_key.len == 0
        || run_unpack_match(r, i->match, values))
        return park(r, &b, text_of(arena_printf(
            &r->batch, "the answer to a write was lost, and %.*s cannot be "
            "asked for it: look there, then `mlc held retry` or `mlc held "
            "drop`", TEXT_ARG(r->target_name))), err);
    if (run_probe(r, values, i->settle_until_ms, &hit, err))
        return -1; /* could not be asked: still in doubt, never "absent" [13] */
    if (hit.status == FIND_MANY)
        return park(r, &b, text_of(arena_printf(
            &r->batch, "the answer to a write was lost and several %.*s have "
            "its key: %.*s", TEXT_ARG(r->target_name),
            TEXT_ARG(hit.matches))), err);
    if (hit.status != FIND_ONE) {
        b.evidence = TEXT("looked for by its key: not there");
        return run_book(r, book_absent, &b, err);
    }
    buf_init(&id, 0);
    record_key(hit.record, &id);
    b.target_id = buf_dup(&r->batch, &id);
    b.evidence = TEXT("found by its key after the answer was lost");
    buf_fini(&id);
    if (!is_part(i)) /* else it still waits for what belongs to it */
        r->sum->recovered++;
    return run_book(r, book_found, &b, err);
}

/* An update sends what the flow owns, whatever stands there: doing it again
 * makes no second record. */
static int recover_one(struct run *r, const struct intent_row *i,
                       struct error *err)
{
    struct verdict_booking b = { .intent = i };
    if (!i->is_update)
        return probe_create(r, i, err);
    b.evidence = TEXT("an update is done again, it cannot double anything");
    return run_book(r, book_absent, &b, err);
}

/* ----------------------------------------------------------------- walking */
struct doubts {
    struct intent_row *list;
    size_t count, cap;
};

static int add_doubt(void *ctx, const struct intent_row *row)
{
    struct doubts *d = ctx;
    if (d->count == d->cap) {
        d->cap = d->cap ? 2 * d->cap : 16;
        d->list = mem_realloc(d->list, d->cap * sizeof *d->list);
    }
    d->list[d->count++] = *row;
    return 0;
}

static int wait_until(struct run *r, int64_t instant)
{
    int64_t end = clock_steady_ms() + SETTLE_WAIT_MS;
    while (clock_now_ms() < instant) {
        if (run_should_stop(r) || clock_steady_ms() >= end)
            return 1;
        int64_t left = instant - clock_now_ms();
        clock_sleep_ms(left < 200 ? left : 200);
    }
    return 0;
}

static int settle_all(struct run *r, struct doubts *d, struct error *err)
{
    for (size_t i = 0; i < d->count; i++) {
        if (wait_until(r, d->list[i].settle_until_ms))
            continue; /* its time is not up: the record waits */
        if (recover_one(r, &d->list[i], err))
            return -1;
    }
    return 0;
}

/* A person has said of a parked one: do it again. */
static int unpark(struct run *r, struct error *err)
{
    struct doubts d = { NULL, 0, 0 };
    int result = store_intent_each(r->store, r->flow->name, INTENT_PARKED,
                                   &r->keep, add_doubt, &d, err);
    for (size_t i = 0; i < d.count && result == 0; i++) {
        struct hold_row hold;
        struct verdict_booking b = {
            .intent = &d.list[i],
            .evidence = TEXT("a person asked for it to be done again"),
        };
        int got = store_hold_get(r->store, r->flow->name, d.list[i].source_key,
                                 &r->keep, &hold, err);
        if (got < 0)
            result = -1;
        else if (got == 0 && hold.retry)
            result = run_book(r, book_absent, &b, err);
    }
    mem_free(d.list);
    return result;
}

int run_recover(struct run *r, struct error *err)
{
    struct doubts d = { NULL, 0, 0 };
    if (!r->has_intents)
        return 0;
    int result = store_intent_each(r->store, r->flow->name, INTENT_PREPARED,
                                   &r->keep, add_doubt, &d, err)
                 || store_intent_each(r->store, r->flow->name, INTENT_DOUBT,
                                      &r->keep, add_doubt, &d, err);
    if (result == 0)
        result = settle_all(r, &d, err);
    mem_free(d.list);
    if (result)
        return error_add(err, "looking for a write whose answer was lost");
    return unpark(r, err);
}

int run_settle(struct run *r, struct error *err)
{
    struct doubts d = { NULL, 0, 0 };
    if (r->sum->uncertain == 0)
        return 0;
    int64_t recovered = r->sum->recovered;
    int result = store_intent_each(r->store, r->flow->name, INTENT_DOUBT,
                                   &r->keep, add_doubt, &d, err);
    if (result == 0)
        result = settle_all(r, &d, err);
    mem_free(d.list);
    recovered = r->sum->recovered - recovered;
    r->sum->waiting -= recovered; /* found: they are there after all */
    r->sum->created += recovered;
    r->sum->uncertain -= recovered;
    return result;
}
