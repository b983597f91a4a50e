/* Writing what was planned, effectively once: before every call its exact
 * bytes are booked as an intent; after it the answer is booked together with
 * link and audit row. Nothing is ever sent again without asking first.
 *
 * Several records may go in one call; each has its own intent and its own
 * outcome. A record may take several calls (an item, then its lines): until
 * the last of them is done its link says LINK_HALF, so that whatever happens
 * in between, the record is brought up to date by the next evaluation. */
#include "config.h"

#include "runtime/owned.h"
#include "runtime/outbox.h"

#include "base/log.h"
#include "runtime/clock.h"
#include <stdlib.h>
#include <string.h>

#define REFUSED_IN_A_ROW 2 /* permissions: the second says it is no accident */
#define LOST_IN_A_ROW 3
#define STEPS_MOST 64 /* of one record */

/* One planned write under way. */
struct writing {
    struct run *r;
    const struct plan_row *row;
    struct record *target;
    struct write_item item;
    struct request request;
    struct intent_row intent;
    struct write_result result;
    struct text after; /* what was written, as JSON */
    bool lost;
    bool settled; /* booked, or counted as waiting */
    bool looks;   /* this step only looks: nothing of it is booked */
    char record_key[65];
};

struct run_unprotected run_unprotected;

/* ----------------------------------------------------------------- booking */
int run_audit(struct run *r, const char *action, struct text key,
              struct text target_id, struct text before, struct text after,
              struct text result, int64_t line, struct error *err)
{
    struct audit_row row = {
        .at_ms = clock_now_ms(),
        .run = r->id,
        .line = line,
        .flow = r->flow->name,
        .flow_hash = r->flow_hash,
        .action = text_of(action),
        .source = r->source_name,
        .source_key = key,
        .target = r->target_name,
        .target_id = target_id,
        .before = before,
        .after = after,
        .result = result,
    };
    return store_audit_add(r->store, &row, err);
}

/* A runner that was stopped for long may wake when another has its place:
 * asked once more when nothing but sending is left to do [28]. */
static int still_ours(void *ctx, struct error *err)
{
    struct run *r = ctx;
    if (!r->leased || run_unprotected.fence)
        return 0;
    return store_lease_check(r->store, &r->lease, err);
}

static int book_once(struct run *r, int (*book)(struct run *, void *,
                                                struct error *),
                     void *ctx, struct error *err)
{
    if (store_begin(r->store, err))
        return -1;
    if (still_ours(r, err)
        || book(r, ctx, err)) {
        store_rollback(r->store);
        return -1;
    }
    return store_commit(r->store, err);
}

int run_book(struct run *r, int (*book)(struct run *r, void *ctx,
                                        struct error *err),
             void *ctx, struct error *err)
{
    struct error first = { 0 };
    if (book_once(r, book, ctx, &first) == 0)
        return 0;
    if (store_is_full(r->store) && !store_is_broken(r->store)
        && store_reserve_spend(r->store) == 0
        && book_once(r, book, ctx, err) == 0) {
        r->stopped = true;
        r->unfinished = TEXT("the disk is full; what was sent is booked, the "
                             "rest waits");
        return 0;
    }
    *err = first;
    return -1;
}

int run_book_hold(struct run *r, const char *kind, struct text key,
                  struct text raw, struct text hash, const struct held *held,
                  struct error *err)
{
    bool is_new = false;
    struct hold_row row = {
        .run = r->id,
        .line = held->line,
        .flow = r->flow->name,
        .source = r->source_name,
        .source_key = key,
        .kind = text_of(kind),
        .message = held->message,
        .reasons = held->reasons,
        .group = held->group,
        .record = raw,
        .hash = hash,
        .flow_hash = r->flow_hash,
        .owner = r->flow->owner,
        .first_seen_ms = r->o->now_ms,
        .last_seen_ms = r->o->now_ms,
    };
    if (store_hold_put(r->store, &row, held->awaits, held->await_count,
                       &is_new, err))
        return -1;
    return run_audit(r, strcmp(kind, "reject") == 0 ? "reject" : "hold", key,
                     TEXT_NONE, TEXT_NONE, held->reasons, held->message,
                     held->line, err);
}

int64_t outbox_line(const struct run *r)
{
    return sources_place(&r->o->program->sources, r->flow->node->span.source,
                         r->flow->node->span.start).line;
}

int outbox_link(struct run *r, const struct plan_row *row, struct text hash,
                struct text target_id, struct text after, struct text version,
                struct error *err)
{
    struct link_row link = {
        .source = r->source_name,
        .source_key = row->source_key,
        .target = r->target_name,
        .target_id = target_id,
        .target_key = row->target_key,
        .run = r->id,
        .created_ms = r->o->now_ms,
        .hash = hash,
        .fields = after,
        .version = version,
        .owned_ms = r->o->now_ms,
    };
    return store_link_put(r->store, r->flow->name, &link, err);
}

int outbox_release(struct run *r, struct text key, struct error *err)
{
    if (!r->has_holds)
        return 0;
    return store_hold_close(r->store, r->flow->name, key, "released",
                            TEXT_NONE, r->o->now_ms, err) < 0
               ? -1 : 0;
}

/* ----------------------------------------------------------- before the call */
static struct text headers_text(struct arena *arena, const struct request *q)
{
    struct buf b;
    buf_init(&b, 65536);
    for (const struct header *h = q->headers; h; h = h->next) {
        buf_text(&b, h->name);
        buf_str(&b, ": ");
        buf_text(&b, h->value);
        buf_byte(&b, '\n');
    }
    struct text t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

/* The key a vendor may know a repetition by: of the record for a create, of
 * record and content for an update. */
static void make_key(struct writing *w)
{
    struct run *r = w->r;
    struct text key = w->row->source_key;
    if (w->item.op == WRITE_UPDATE)
        key = text_of(arena_printf(&r->batch, "%.*s\n%.*s", TEXT_ARG(key),
                                   TEXT_ARG(w->row->hash)));
    record_key_hex(r->flow->name, r->source_name, key, w->record_key);
    w->item.key = text_of(w->record_key);
    if (r->has_match || w->item.op == WRITE_UPDATE)
        w->item.attempt = text_of(arena_printf(&r->batch, "%lld",
                                               (long long)r->id));
}

static int prepare(struct writing *w, struct error *err)
{
    struct run *r = w->r;
    const struct plan_row *row = w->row;
    bool create = text_is(row->action, "create");
    w->target = record_unpack(&r->batch, compiled_target_shape(r->compiled),
                              row->target);
    if (!w->target)
        log_bug("a planned record cannot be read back");
    w->after = run_json(&r->batch, w->target);
    owned_leave_once(r->compiled, w->target, row->action);
    w->item.op = create ? WRITE_CREATE : WRITE_UPDATE;
    w->item.record = w->target;
    w->item.target_id = row->target_id;
    w->item.version = row->version;
    make_key(w);
    struct write_spec spec = { r->flow->target, &w->item, 1 };
    int result = r->target.request(r->target.ctx, &spec, &r->batch,
                                   &w->request, err);
    w->looks = result == 0 && !w->request.writes;
    return result;
}

static void fill_intent(struct writing *w)
{
    struct run *r = w->r;
    struct value *values = ARENA_ARRAY(&r->batch, struct value,
                                       r->match.key_count + 1);
    struct text natural_key = TEXT_NONE;
    int64_t now = clock_now_ms();
    if (r->has_match)
        natural_key = run_match_key(r, w->target, values, &r->batch);
    w->intent = (struct intent_row){
        .run = r->id,
        .fence = r->lease.fence,
        .flow = r->flow->name,
        .source = r->source_name,
        .source_key = w->row->source_key,
        .target = r->target_name,
        .is_update = w->item.op == WRITE_UPDATE || w->item.step.len > 0,
        .target_id = w->item.target_id,
        .natural_key = natural_key,
        .match = natural_key.len > 0 ? run_pack_match(r, values) : TEXT_NONE,
        .record_key = w->item.key,
        .method = text_of(w->request.method),
        .path = w->request.path,
        .headers = headers_text(&r->batch, &w->request),
        .body = w->request.body,
        .content_type = text_of(w->request.content_type),
        .endpoint = text_of(w->request.endpoint),
        .fields = w->after,
        .hash = w->request.unfinished ? TEXT(LINK_HALF) : w->row->hash,
        .record = w->row->record,
        .line = outbox_line(r),
        .prepared_ms = now,
        .settle_until_ms = now + r->target.timeout_ms + r->target.settle_ms,
        .tries = 1,
        .state = INTENT_PREPARED,
    };
}

/* ------------------------------------------------------------ after the call */
/* Its lines are still to be written: linked, but not as it should be. */
static int book_part(struct writing *w, struct error *err)
{
    return w->looks ? 0
                    : outbox_link(w->r, w->row, TEXT(LINK_HALF),
                               w->result.target_id, w->after,
                               w->result.version, err);
}

static int book_whole(struct writing *w, struct error *err)
{
    struct run *r = w->r;
    return outbox_link(r, w->row, w->row->hash, w->result.target_id, w->after,
                    w->result.version, err)
                   || outbox_release(r, w->row->source_key, err)
                   || run_note_booked(r, w->row->source_key, err)
               ? -1 : 0;
}

static int book_done(struct run *r, void *ctx, struct error *err)
{
    struct writing *w = ctx;
    const struct plan_row *row = w->row;
    const char *action = w->item.step.len > 0
                             ? "continue"
                             : text_is(row->action, "drift") ? "update"
                             : text_cstr(&r->batch, row->action);
    struct text result = row->reasons.len > 0 ? row->reasons : TEXT_NONE;
    if (!run_unprotected.outbox && !w->looks
        && store_intent_state(r->store, w->intent.id, INTENT_DONE,
                              w->result.target_id, TEXT_NONE,
                              clock_now_ms(), err))
        return -1;
    if (w->result.next.len > 0 ? book_part(w, err) : book_whole(w, err))
        return -1;
    return w->looks ? 0
                    : run_audit(r, action, row->source_key,
                                w->result.target_id, row->before, w->after,
                                result, w->intent.line, err);
}

struct refusal_booking {
    struct writing *w;
    const char *kind;
    struct held held;
};

static int book_refused(struct run *r, void *ctx, struct error *err)
{
    struct refusal_booking *b = ctx;
    struct writing *w = b->w;
    if (!w->looks
        && store_intent_state(r->store, w->intent.id, INTENT_REFUSED,
                              TEXT_NONE, b->held.message, clock_now_ms(),
                              err))
        return -1;
    return run_book_hold(r, b->kind, w->row->source_key, w->row->record,
                         w->row->hash, &b->held, err);
}

static int book_doubt(struct run *r, void *ctx, struct error *err)
{
    struct writing *w = ctx;
    struct text why = w->result.answer.reason.len > 0
                          ? w->result.answer.reason
                          : TEXT("the answer was lost");
    if (store_intent_state(r->store, w->intent.id, INTENT_DOUBT, TEXT_NONE,
                           why, clock_now_ms(), err))
        return -1;
    return run_audit(r, "in doubt", w->row->source_key, TEXT_NONE, TEXT_NONE,
                     w->after, why, w->intent.line, err);
}

static int book_closed(struct run *r, void *ctx, struct error *err)
{
    struct writing *w = ctx;
    return store_intent_state(r->store, w->intent.id, INTENT_CLOSED, TEXT_NONE,
                              TEXT("provably not processed"), clock_now_ms(),
                              err);
}

bool outbox_is_update(const struct plan_row *row)
{
    return text_is(row->action, "update") || text_is(row->action, "drift");
}

int64_t *outbox_counter(struct run *r, const struct plan_row *row)
{
    return text_is(row->action, "create")   ? &r->sum->created
           : outbox_is_update(row)          ? &r->sum->updated
           : text_is(row->action, "gone")   ? NULL
                                            : &r->sum->unchanged;
}

void outbox_recount(struct run *r, const struct plan_row *row, int64_t *to)
{
    int64_t *from = outbox_counter(r, row);
    if (!from) {
        r->sum->gone--;
        return;
    }
    --*from;
    ++*to;
}

/* Not written after all; once for every record. */
static void count_as(struct writing *w, int64_t *to)
{
    if (w->settled)
        return;
    w->settled = true;
    outbox_recount(w->r, w->row, to);
}

static int refused(struct writing *w, const char *kind, struct error *err)
{
    struct run *r = w->r;
    struct refusal_booking b = { .w = w, .kind = kind };
    const struct answer *a = &w->result.answer;
    struct text field = a->field.len > 0
                            ? text_of(arena_printf(&r->batch, "field %.*s\n",
                                                   TEXT_ARG(a->field)))
                            : TEXT_NONE;
    struct text message = text_of(arena_printf(
        &r->batch, "%.*s refuses it: %.*s", TEXT_ARG(r->target.name),
        TEXT_ARG(a->reason)));
    held_of_message(&r->batch, message, a->code.len > 0 ? a->code : message,
                    field, &b.held);
    count_as(w, &r->sum->held);
    if (run_book(r, book_refused, &b, err))
        return -1;
    r->refused_in_a_row = a->refusal == REFUSAL_PERMISSION
                              ? r->refused_in_a_row + 1 : 0;
    if (r->refused_in_a_row < REFUSED_IN_A_ROW)
        return 0;
    error_set(err, ERROR_VENDOR, "%.*s refuses every write: %.*s",
              TEXT_ARG(r->target.name), TEXT_ARG(a->reason));
    error_hint(err, "Give the user of this connection the right to write, "
               "then run again; what was refused waits in `mlc held`.");
    return -1;
}

/* Looks for the record a write may have made. */
static int look_for(struct writing *w, struct find_answer *hit,
                    struct error *err)
{
    struct run *r = w->r;
    struct value *values = ARENA_ARRAY(&r->batch, struct value,
                                       r->match.key_count + 1);
    *hit = (struct find_answer){ .status = FIND_NONE };
    return r->has_match
                   && run_match_key(r, w->target, values, &r->batch).len > 0
                   && run_probe(r, values, INT64_MAX, hit, err)
               ? -1 : 0;
}

static struct text key_of(struct run *r, const struct record *record)
{
    struct buf id;
    buf_init(&id, 0);
    record_key(record, &id);
    struct text key = buf_dup(&r->batch, &id);
    buf_fini(&id);
    return key;
}

/* "It exists already": then it is ours to recognise, not to make. */
static int duplicate(struct writing *w, struct error *err)
{
    struct run *r = w->r;
    struct find_answer hit;
    if (look_for(w, &hit, err))
        return -1;
    if (hit.status != FIND_ONE)
        return refused(w, "refused", err);
    w->result.target_id = key_of(r, hit.record);
    r->sum->recovered++;
    count_as(w, &r->sum->unchanged);
    r->sum->adopted++;
    return run_book(r, book_done, w, err);
}

static int lost(struct writing *w, struct error *err)
{
    struct run *r = w->r;
    count_as(w, &r->sum->waiting);
    if (w->looks)
        return answer_error(r->target.name, &w->result.answer, err);
    r->sum->uncertain++;
    return run_book(r, book_doubt, w, err);
}

static int mixed_up(struct writing *w, struct error *err)
{
    w->result.answer.kind = ANSWER_FAILED;
    w->result.answer.reason = TEXT("the answer tells of another record: two "
                                   "answers were mixed up on their way");
    log_warning("%.*s: %.*s", TEXT_ARG(w->r->target.name),
                TEXT_ARG(w->result.answer.reason));
    return lost(w, err);
}

static int answered(struct writing *w, struct error *err)
{
    struct run *r = w->r;
    const struct answer *a = &w->result.answer;
    if (w->lost || a->kind == ANSWER_FAILED)
        return lost(w, err);
    if (a->kind == ANSWER_DONE && !w->looks
        && run_is_of_another(r, &w->item, w->intent.natural_key, &w->result))
        return mixed_up(w, err);
    if (a->kind == ANSWER_DONE) {
        r->refused_in_a_row = 0;
        w->settled = w->result.next.len == 0;
        return run_book(r, book_done, w, err);
    }
    if (a->kind != ANSWER_REFUSED || a->refusal == REFUSAL_QUOTA) {
        if (!w->looks && run_book(r, book_closed, w, err))
            return -1;
        count_as(w, &r->sum->waiting);
        return answer_error(r->target.name, a, err);
    }
    if (a->refusal == REFUSAL_DUPLICATE && w->item.op == WRITE_CREATE
        && w->item.step.len == 0)
        return duplicate(w, err);
    return refused(w, a->refusal == REFUSAL_CONFLICT ? "conflict" : "refused",
                   err);
}

/* ------------------------------------------------------------------ payloads */
static int hold_payload(struct writing *w, struct error *err)
{
    struct run *r = w->r;
    struct held held;
    held_of_message(&r->batch, text_of(arena_strdup(&r->batch, err->text)),
                    TEXT("the record cannot be sent as it is"), TEXT_NONE,
                    &held);
    error_clear(err);
    count_as(w, &r->sum->held);
    if (store_begin(r->store, err))
        return -1;
    if (run_book_hold(r, "hold", w->row->source_key, w->row->record,
                      TEXT_NONE, &held, err)) {
        store_rollback(r->store);
        return -1;
    }
    return store_commit(r->store, err);
}

/* ---------------------------------------------------------------- one call */
/* Records that go together. */
struct sending {
    struct writing **list;
    size_t count;
    struct write_item *items;
    struct write_result *results;
    struct request request;
};

static int make_call(struct run *r, struct sending *s, struct error *err)
{
    struct write_spec spec = { r->flow->target, NULL, s->count };
    s->items = ARENA_ARRAY(&r->batch, struct write_item, s->count);
    s->results = ARENA_ARRAY(&r->batch, struct write_result, s->count);
    for (size_t i = 0; i < s->count; i++)
        s->items[i] = s->list[i]->item;
    spec.items = s->items;
    s->request = s->list[0]->request;
    if (s->count > 1
        && r->target.request(r->target.ctx, &spec, &r->batch, &s->request,
                             err))
        return -1;
    if (s->request.items > 0 && s->request.items < s->count)
        s->count = s->request.items; /* the rest has a call of its own */
    return 0;
}

static int book_intents(struct run *r, void *ctx, struct error *err)
{
    struct sending *s = ctx;
    for (size_t i = 0; i < s->count; i++) {
        struct writing *w = s->list[i];
        struct request own = w->request; /* to be sent on its own, perhaps */
        w->request = s->request;
        w->request.unfinished = own.unfinished;
        fill_intent(w);
        w->request = own;
        w->intent.batch = s->count > 1 ? s->list[0]->row->number : 0;
        if (i > 0) /* the first of a call holds its bytes for all */
            w->intent.body = w->intent.headers = TEXT_NONE;
        if (store_intent_add(r->store, &w->intent, err))
            return -1;
    }
    return 0;
}

static int book_closed_all(struct run *r, void *ctx, struct error *err)
{
    struct sending *s = ctx;
    for (size_t i = 0; i < s->count; i++)
        if (!s->list[i]->looks && book_closed(r, s->list[i], err))
            return -1;
    return 0;
}

/* Nobody can tell whose fault it is: halves are sent on their own. */
static bool is_refused_whole(const struct sending *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (!s->results[i].whole
            || s->results[i].answer.kind != ANSWER_REFUSED
            || s->results[i].answer.refusal == REFUSAL_PERMISSION
            || s->results[i].answer.refusal == REFUSAL_QUOTA)
            return false;
    return s->count > 1;
}

static int send_call(struct run *r, struct sending *s, bool *lost,
                     struct error *err)
{
    struct write_spec spec = { r->flow->target, s->items, s->count };
    struct write_call call = { .request = &s->request, .spec = &spec,
                               .arena = &r->batch, .results = s->results,
                               .may_send = still_ours, .may_ctx = r };
    if (r->target.write(r->target.ctx, &call, err)) {
        struct error later = { 0 };
        run_book(r, book_closed_all, s, &later);
        return -1;
    }
    *lost = call.lost;
    for (size_t i = 0; i < s->count; i++) {
        s->list[i]->result = s->results[i];
        s->list[i]->lost = call.lost;
    }
    return 0;
}

static int mind_losses(struct run *r, bool lost, struct error *err)
{
    r->lost_in_a_row = lost ? r->lost_in_a_row + 1 : 0;
    if (r->lost_in_a_row < LOST_IN_A_ROW)
        return 0;
    return error_set(err, ERROR_TRANSIENT, "%d answers of %.*s were lost one "
                     "after another; what was sent is looked for at the next "
                     "run", LOST_IN_A_ROW, TEXT_ARG(r->target.name));
}

/* Every outcome is booked, whatever became of the others; the first error is
 * the one told. */
static int book_all(struct run *r, struct sending *s, struct error *err)
{
    int result = 0;
    bool lost = false;
    for (size_t i = 0; i < s->count; i++) {
        struct error one = { 0 };
        lost |= s->list[i]->lost
                || s->list[i]->result.answer.kind == ANSWER_FAILED;
        if (answered(s->list[i], &one) && result == 0) {
            *err = one;
            result = -1;
        }
    }
    return result ? result : mind_losses(r, lost, err);
}

/* Asks for all of them in one go. */
static int look_for_all(struct run *r, const struct sending *s,
                        struct find_answer *hits, struct error *err)
{
    struct value *values = ARENA_ARRAY(&r->batch, struct value,
                                       r->match.key_count + 1);
    lookups_forget(r->lookups, &r->match);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < s->count; i++) {
            hits[i] = (struct find_answer){ .status = FIND_NONE };
            if (run_match_key(r, s->list[i]->target, values, &r->batch).len
                > 0)
                lookups_ask(r->lookups, &r->match, values, &hits[i]);
        }
        if (!lookups_pending(r->lookups))
            return 0;
        if (round == 0 && lookups_fetch(r->lookups, err))
            return -1;
    }
    return 0;
}

/* What was refused as one may be there all the same, some of it: that is
 * booked as made, or as in doubt, and leaves the list. */
static int leave_made(struct run *r, struct sending *s, struct error *err)
{
    struct writing **left = ARENA_ARRAY(&r->batch, struct writing *, s->count);
    struct find_answer *hits = ARENA_ARRAY(&r->batch, struct find_answer,
                                           s->count);
    size_t count = 0;
    if (!r->has_match || !s->results[0].unsure)
        return 0;
    if (look_for_all(r, s, hits, err))
        return -1;
    for (size_t i = 0; i < s->count; i++) {
        struct writing *w = s->list[i];
        int result = 0;
        if (hits[i].status == FIND_NONE) {
            left[count++] = w;
        } else if (hits[i].status == FIND_ONE) {
            w->result = (struct write_result){
                .target_id = key_of(r, hits[i].record) };
            w->settled = true;
            r->sum->recovered++;
            result = run_book(r, book_done, w, err);
        } else {
            result = lost(w, err);
        }
        if (result)
            return -1;
    }
    s->list = left;
    s->count = count;
    return 0;
}

static int send_some(struct run *r, struct writing **list, size_t count,
                     struct error *err);

/* Nobody can tell whose fault it is: the halves go on their own. */
static int send_halves(struct run *r, struct sending *s, struct error *err)
{
    size_t half = s->count / 2;
    if (leave_made(r, s, err) || run_book(r, book_closed_all, s, err))
        return -1;
    if (s->count < half)
        half = s->count;
    return send_some(r, s->list, half, err)
                   || send_some(r, s->list + half, s->count - half, err)
               ? -1 : 0;
}

/* One call with as many of the list as it takes; `*count` says how many. */
static int send_one(struct run *r, struct writing **list, size_t *count,
                    struct error *err)
{
    struct sending s = { .list = list, .count = *count };
    bool lost = false;
    if (make_call(r, &s, err))
        return -1;
    *count = s.count;
    if (!run_unprotected.outbox && s.request.writes
        && run_book(r, book_intents, &s, err))
        return -1;
    if (send_call(r, &s, &lost, err))
        return -1;
    return is_refused_whole(&s) ? send_halves(r, &s, err)
                                : book_all(r, &s, err);
}

static int send_some(struct run *r, struct writing **list, size_t count,
                     struct error *err)
{
    for (size_t at = 0, n; at < count; at += n) {
        n = count - at;
        if (send_one(r, list + at, &n, err))
            return -1;
    }
    return 0;
}

/* ------------------------------------------------------------------- steps */
static bool has_step(const struct writing *w)
{
    return !w->lost && w->result.answer.kind == ANSWER_DONE
           && w->result.next.len > 0;
}

static int prepare_step(struct writing *w, struct error *err)
{
    struct run *r = w->r;
    struct write_spec spec = { r->flow->target, &w->item, 1 };
    w->item.step = w->result.next;
    w->item.target_id = w->result.target_id;
    w->result.next = TEXT_NONE;
    if (r->target.request(r->target.ctx, &spec, &r->batch, &w->request, err))
        return -1;
    w->looks = !w->request.writes;
    return 0;
}

/* The next step of every record that has one, together: those that only look
 * first, then those that write. */
static int take_step(struct run *r, struct writing **list, size_t count,
                     struct error *err)
{
    struct writing *some[2][OUTBOX_CALL_MOST];
    size_t n[2] = { 0, 0 };
    for (size_t i = 0; i < count; i++) {
        if (!has_step(list[i]))
            continue;
        if (prepare_step(list[i], err) == 0) {
            bool writes = !list[i]->looks;
            some[writes][n[writes]++] = list[i];
        } else if (err->kind != ERROR_INPUT || hold_payload(list[i], err)) {
            return -1;
        }
    }
    return send_some(r, some[0], n[0], err) || send_some(r, some[1], n[1], err)
               ? -1 : 0;
}

static bool any_step(struct writing **list, size_t count)
{
    while (count > 0)
        if (has_step(list[--count]))
            return true;
    return false;
}

/* What records take beyond their first call. */
static int take_steps(struct run *r, struct writing **list, size_t count,
                      struct error *err)
{
    for (int n = 0; n < STEPS_MOST && any_step(list, count); n++) {
        if (run_should_stop(r))
            return error_set(err, ERROR_TRANSIENT, "it was asked to stop");
        if (take_step(r, list, count, err))
            return -1;
    }
    return 0;
}

/* ------------------------------------------------------------- several rows */
int outbox_write(struct run *r, const struct plan_row *const *rows,
                 size_t count, struct error *err)
{
    struct writing *all = ARENA_ARRAY(&r->batch, struct writing, count);
    struct writing *list[OUTBOX_CALL_MOST];
    size_t ready = 0;
    int result = 0;
    for (size_t i = 0; i < count; i++)
        all[i] = (struct writing){ .r = r, .row = rows[i] };
    for (size_t i = 0; i < count && result == 0; i++) {
        if (prepare(&all[i], err) == 0)
            list[ready++] = &all[i];
        else
            result = err->kind == ERROR_INPUT ? hold_payload(&all[i], err)
                                              : -1;
    }
    if (result == 0)
        result = send_some(r, list, ready, err)
                         || take_steps(r, list, ready, err)
                     ? -1 : 0;
    for (size_t i = 0; i < count && result; i++)
        count_as(&all[i], &r->sum->waiting);
    return result;
}
