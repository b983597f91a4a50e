/* The spooled plan, row by row: what needs no call is booked at once, what is
 * to be written goes to the outbox in calls of one kind. */
#include "config.h"

#include "runtime/outbox.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_AT_ONCE 100

/* ---------------------------------------------------------- rows without a call */
static int book_row(struct run *r, const struct plan_row *row,
                    struct error *err)
{
    if (text_is(row->action, "adopt")
        || (r->o->mode == RUN_ADOPT && text_is(row->action, "update"))) {
        /* without one the next run brings it up to date */
        struct text hash = text_is(row->action, "adopt") ? row->hash
                                                         : TEXT_NONE;
        return outbox_link(r, row, hash, row->target_id, row->before,
                           TEXT_NONE, err)
                       || outbox_release(r, row->source_key, err)
                       || run_note_booked(r, row->source_key, err)
                       || run_audit(r, "adopt", row->source_key,
                                    row->target_id, TEXT_NONE, row->before,
                                    row->source_hash, outbox_line(r), err)
                   ? -1 : 0;
    }
    if (text_is(row->action, "log")) {
        struct record *target = row->target.len > 0
                                    ? record_unpack(&r->batch,
                                                    compiled_target_shape(
                                                        r->compiled),
                                                    row->target)
                                    : NULL;
        return outbox_link(r, row, row->hash, row->source_key, TEXT_NONE,
                           TEXT_NONE, err)
                       || run_audit(r, "log", row->source_key, TEXT_NONE,
                                    TEXT_NONE,
                                    target && target->shape->count > 0
                                        ? run_json(&r->batch, target)
                                        : row->record,
                                    row->reasons, outbox_line(r), err)
                       || outbox_release(r, row->source_key, err)
                   ? -1 : 0;
    }
    if (text_is(row->action, "release") || text_is(row->action, "dismiss"))
        return outbox_release(r, row->source_key, err)
                       || run_audit(r, "release", row->source_key,
                                    row->target_id, TEXT_NONE, TEXT_NONE,
                                    text_is(row->action, "release")
                                        ? TEXT("the target has it already")
                                        : TEXT("no longer meant for this "
                                               "flow"),
                                    0, err)
                   ? -1 : 0;
    struct held held = { .message = row->before, .reasons = row->reasons,
                         .group = row->version };
    held.line = atoll(text_cstr(&r->batch, row->source_hash));
    held_read_awaits(&r->batch, row->reasons, &held);
    return run_book_hold(r, text_cstr(&r->batch, row->action),
                         row->source_key, row->record, row->hash, &held, err);
}

static bool is_write(const struct run *r, const struct plan_row *row)
{
    return r->o->mode != RUN_ADOPT
           && (text_is(row->action, "create") || outbox_is_update(row)
               || text_is(row->action, "gone"));
}

/* Adopting makes links and nothing else. */
static bool passes(const struct run *r, const struct plan_row *row)
{
    if (r->o->mode == RUN_ADOPT)
        return text_is(row->action, "adopt") || text_is(row->action, "update");
    if (r->o->mode != RUN_APPLY)
        return true;
    const struct plan_item *item = map_get(&r->o->approved->items,
                                           row->source_key);
    return item && text_is(row->action, item->action)
           && text_equal(item->hash, row->hash)
           && (!text_is(row->action, "drift")
               || text_equal(item->found, row->before));
}

static void left_out(struct run *r, const struct plan_row *row)
{
    int64_t *from = text_is(row->action, "hold")     ? &r->sum->held
                    : text_is(row->action, "reject") ? &r->sum->rejected
                    : text_is(row->action, "log")    ? &r->sum->skipped
                                                     : outbox_counter(r, row);
    if (text_is(row->action, "dismiss"))
        from = &r->sum->skipped;
    if (!from) {
        r->sum->gone--;
        return;
    }
    --*from;
    r->sum->waiting++;
    if (r->o->mode == RUN_APPLY)
        r->unfinished = TEXT("not everything is in the approved plan, or it "
                             "has changed since");
}

/* ------------------------------------------------------------------ all rows */
struct rows {
    struct plan_row list[ROWS_AT_ONCE];
    size_t count;
};

static int add_row(void *ctx, const struct plan_row *row)
{
    struct rows *rows = ctx;
    rows->list[rows->count++] = *row;
    return 0;
}

static int book_quiet_rows(struct run *r, void *ctx, struct error *err)
{
    struct rows *rows = ctx;
    for (size_t i = 0; i < rows->count; i++)
        if (!is_write(r, &rows->list[i]) && passes(r, &rows->list[i])
            && book_row(r, &rows->list[i], err))
            return -1;
    return 0;
}

static bool is_ready(struct run *r, const struct plan_row *row)
{
    return passes(r, row) && is_write(r, row);
}

/* The rows from `at` on that go in one call: writes of one kind, those of the
 * other kind left where they are. Marks them as done. */
static size_t gather(struct run *r, const struct rows *rows, size_t at,
                     bool *done, const struct plan_row **out)
{
    bool create = text_is(rows->list[at].action, "create");
    int port = port_batch(&r->target, r->flow->target,
                          create ? WRITE_CREATE : WRITE_UPDATE, r->has_match);
    size_t most = port < OUTBOX_CALL_MOST ? (size_t)port : OUTBOX_CALL_MOST;
    size_t n = 0;
    for (size_t i = at; i < rows->count && n < most; i++) {
        const struct plan_row *row = &rows->list[i];
        if (done[i] || !is_ready(r, row)
            || text_is(row->action, "create") != create)
            continue;
        done[i] = true;
        out[n++] = row;
    }
    return n;
}

static int ended_early(struct run *r)
{
    r->stopped = true; /* the rest waits */
    r->unfinished = TEXT("it ended before its end");
    return -1;
}

static int execute_rows(struct run *r, struct rows *rows, struct error *err)
{
    const struct plan_row *some[OUTBOX_CALL_MOST];
    bool done[ROWS_AT_ONCE] = { false };
    int result = 0;
    if (run_book(r, book_quiet_rows, rows, err))
        return -1;
    for (size_t i = 0; i < rows->count; i++) {
        const struct plan_row *row = &rows->list[i];
        if (result == 0 && run_marks_booked(r, row->page, err))
            result = ended_early(r);
        if (done[i])
            continue;
        if (!passes(r, row)) {
            left_out(r, row);
            continue;
        }
        if (!is_write(r, row))
            continue;
        if (r->stopped || run_should_stop(r)) {
            outbox_recount(r, row, &r->sum->waiting);
            continue;
        }
        if (outbox_write(r, some, gather(r, rows, i, done, some), err))
            result = ended_early(r);
    }
    return result;
}

static void count_rest(struct run *r, int64_t from)
{
    struct error ignored = { 0 };
    struct rows *rows = mem_zalloc(sizeof *rows);
    do {
        arena_reset(&r->batch);
        rows->count = 0;
        if (store_plan_each(r->store, r->id, from, ROWS_AT_ONCE, &r->batch,
                            add_row, rows, &ignored))
            break;
        for (size_t i = 0; i < rows->count; i++) {
            from = rows->list[i].number + 1;
            if (is_write(r, &rows->list[i]))
                outbox_recount(r, &rows->list[i], &r->sum->waiting);
        }
    } while (rows->count > 0);
    mem_free(rows);
}

int run_execute(struct run *r, struct error *err)
{
    struct rows *rows = mem_zalloc(sizeof *rows);
    int64_t from = 0;
    int result = r->sum->created + r->sum->updated + r->sum->gone > 0
                     ? store_reserve_keep(r->store, err) : 0;
    while (result == 0) {
        arena_reset(&r->batch);
        rows->count = 0;
        result = store_plan_each(r->store, r->id, from, ROWS_AT_ONCE,
                                 &r->batch, add_row, rows, err);
        if (result || rows->count == 0)
            break;
        from = rows->list[rows->count - 1].number + 1;
        result = execute_rows(r, rows, err);
    }
    mem_free(rows);
    if (result)
        count_rest(r, from);
    if (result == 0 && (r->stopped || run_should_stop(r))
        && r->unfinished.len == 0)
        r->unfinished = TEXT("it was asked to stop");
    return result;
}
