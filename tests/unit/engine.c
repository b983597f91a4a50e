/* The engine against a model: thousands of random histories of a source that
 * grows, changes, loses records, pages badly and breaks down, and of a target
 * that refuses, loses answers and works all the same. When everything is calm
 * again the target must be exactly what the source says, each record once,
 * and a further run must write nothing [99-112, figure 11].
 *
 * 150 histories by default, MLC_HISTORIES=10000 for all of them. The double
 * of both systems shares nothing with mlc but the port's contract. */
#include "config.h"

#include "runtime/clock.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"
#include "tests/lib/doubles.h"
#include "tests/lib/tap.h"
#include <stdlib.h>
#include <string.h>

#define ITEMS 24
#define THINGS 256
#define DAY_MS INT64_C(86400000)
#define START_MS INT64_C(1760000000000)

static const char item_text[] =
    "  at \"items\"\n"
    "  key id\n"
    "  operations read\n"
    "  changes version by version\n"
    "  id text always unique searchable\n"
    "  version integer always filter(greater)\n"
    "  name text always\n"
    "  active yes/no always\n";

static const char flow_text[] =
    "flow sync \"Items become things\"\n"
    "Src.item -> Dst.thing where item.active\n"
    "{\n"
    "  read changes\n"
    "  recheck every 1 day\n"
    "  write creates and updates\n"
    "  match on Code\n"
    "  Code = item.id\n"
    "  Name = item.name\n"
    "  when gone { Name = \"gone\" }\n"
    "  limit gone to 100%\n"
    "}\n";

/* --------------------------------------------------------------- the world */
struct item {
    bool there, active;
    int64_t version;
    int name;
};
struct thing {
    int code, name; /* name -1: gone */
    int lines;      /* written by a call of their own; as the name then */
};

static struct {
    struct item items[ITEMS];
    struct thing things[THINGS];
    size_t thing_count;
    int64_t version;
    size_t creates, updates, reads;
    bool calm;      /* nothing fails */
    bool disordered; /* not in the order of changes */
    int page_size;
    size_t trouble; /* percent of calls that fail */
    int batch;      /* records in one call of the target */
    bool steps;     /* a record takes a second call */
    size_t calls;
    size_t dies_after; /* so many writes the target is gone; 0: never */
    bool told[ITEMS]; /* the source knows that it is booked */
    const char *told_wrong;
} world;

static uint64_t seed;

static unsigned chance(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % below);
}

static bool unlucky(unsigned percent)
{
    return !world.calm && chance(100) < percent;
}

/* ------------------------------------------------------------ the source */
static void item_json(const struct item *it, int number, struct buf *b)
{
    buf_printf(b, "{\"id\":\"i%d\",\"version\":%lld,\"name\":\"n%d\","
               "\"active\":%s}", number, (long long)it->version, it->name,
               it->active ? "true" : "false");
}

/* As they lie there, whatever was asked for. */
static size_t some_order(int64_t from, int *order)
{
    size_t count = 0;
    for (int i = 0; i < ITEMS; i++)
        if (world.items[i].there && world.items[i].version >= from)
            order[count++] = i;
    return count;
}

/* Items at or after a version, oldest first: boundary ties come again. */
static size_t order_items(int64_t from, int *order)
{
    if (world.disordered)
        return some_order(from, order);

    size_t count = 0;
    for (int i = 0; i < ITEMS; i++)
        if (world.items[i].there && world.items[i].version >= from)
            order[count++] = i;
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && world.items[order[k]].version
                                        < world.items[order[k - 1]].version;
             k--) {
            int swap = order[k];
            order[k] = order[k - 1];
            order[k - 1] = swap;
        }
    return count;
}

static void touch(int i)
{
    struct item *it = &world.items[i];
    /* often the same version as the one before: a tie at the boundary */
    world.version += chance(3) == 0 ? 0 : 1;
    it->there = true;
    it->version = world.version;
    it->name = (int)chance(1000);
    it->active = chance(6) != 0;
}

static void page_of_items(const struct read_spec *spec, struct text next,
                          struct arena *arena, struct page *page)
{
    int order[ITEMS];
    int64_t from = 0;
    int64_t at = 0;
    struct buf b;
    json_int64(spec->cursor, &from);
    size_t dot = next.len;
    text_find(next, TEXT("."), &dot);
    json_int64(text_slice(next, 0, dot), &at);
    size_t count = order_items(from, order);
    buf_init(&b, 0);
    buf_byte(&b, '[');
    size_t end = (size_t)at + (size_t)world.page_size;
    bool empty = unlucky(4); /* an empty page that is not the last [105] */
    if (empty)
        end = (size_t)at;
    for (size_t i = (size_t)at; i < end && i < count; i++) {
        buf_str(&b, i > (size_t)at ? "," : "");
        item_json(&world.items[order[i]], order[i], &b);
    }
    buf_byte(&b, ']');
    *page = (struct page){ .body = buf_dup(arena, &b), .rows = "",
                           .total = -1, .complete = true };
    buf_fini(&b);
    if (empty)
        page->next = text_of(arena_printf(arena, "%lld.0%u", (long long)at,
                                          chance(1000)));
    else if (end < count)
        page->next = text_of(arena_printf(arena, "%zu", end));
    size_t last = page->next.len == 0 || end > count ? count : end;
    if (last > 0) /* also in the middle: the order is that of the changes */
        page->next_cursor = text_of(arena_printf(
            arena, "%lld", (long long)world.items[order[last - 1]].version));
}

static int read_source(void *ctx, const struct read_spec *spec,
                       struct text next, struct arena *arena,
                       struct page *page, struct answer *answer,
                       struct error *err)
{
    (void)ctx;
    world.reads++;
    *answer = (struct answer){ .kind = ANSWER_DONE };
    if (unlucky(5))
        return error_set(err, ERROR_TRANSIENT, "the source is down");
    if (unlucky(2) && spec->cursor.len > 0) { /* [107] */
        answer->kind = ANSWER_REFUSED;
        answer->refusal = REFUSAL_CURSOR;
        return 0;
    }
    page_of_items(spec, next, arena, page);
    if (unlucky(15)) /* while it is paged [103] */
        touch((int)chance(ITEMS));
    return 0;
}

/* ------------------------------------------------------------ the target */
static void thing_json(size_t i, struct buf *b)
{
    const struct thing *t = &world.things[i];
    buf_printf(b, "{\"ID\":\"t%zu\",\"Code\":\"i%d\",\"Name\":\"", i, t->code);
    if (t->name < 0)
        buf_str(b, "gone\"}");
    else
        buf_printf(b, "n%d\"}", t->name);
}

static int number_of(struct text t)
{
    int n = 0;
    for (size_t i = 1; i < t.len; i++)
        n = n * 10 + (t.ptr[i] - '0');
    return text_is(t, "gone") ? -1 : n;
}

/* Writes that have arrived and take effect later: nobody is told [F2]. */
static struct {
    struct {
        int64_t due_ms;
        int code, name;
    } list[THINGS];
    size_t count;
    unsigned percent; /* of the creates */
    int settle_ms;    /* what the port says of it */
} late;

static void let_late_happen(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < late.count; i++)
        if (late.list[i].due_ms <= clock_now_ms()
            && world.thing_count < THINGS) {
            world.things[world.thing_count].code = late.list[i].code;
            world.things[world.thing_count++].name = late.list[i].name;
            world.creates++;
        } else {
            late.list[kept++] = late.list[i];
        }
    late.count = kept;
}

static bool be_late(const struct write_item *item)
{
    if (item->op != WRITE_CREATE || chance(100) >= late.percent)
        return false;
    late.list[late.count].due_ms = clock_now_ms() + 100 + chance(800);
    late.list[late.count].code =
        number_of(value_as_text(record_get(item->record, TEXT("Code"))));
    late.list[late.count++].name =
        number_of(value_as_text(record_get(item->record, TEXT("Name"))));
    return true;
}

static int read_target(void *ctx, const struct read_spec *spec,
                       struct text next, struct arena *arena,
                       struct page *page, struct answer *answer,
                       struct error *err)
{
    struct buf b;
    bool first = true;
    (void)ctx;
    (void)next;
    let_late_happen();
    *answer = (struct answer){ .kind = ANSWER_DONE };
    if (unlucky(4))
        return error_set(err, ERROR_TRANSIENT, "the target is down");
    buf_init(&b, 0);
    buf_byte(&b, '[');
    for (size_t i = 0; i < world.thing_count; i++) {
        bool wanted = spec->mode != READ_KEYS;
        for (size_t k = 0; !wanted && k < spec->terms[0].value_count; k++)
            wanted = number_of(value_as_text(&spec->terms[0].values[k]))
                     == world.things[i].code;
        if (!wanted)
            continue;
        buf_str(&b, first ? "" : ",");
        first = false;
        thing_json(i, &b);
    }
    buf_byte(&b, ']');
    *page = (struct page){ .body = buf_dup(arena, &b), .rows = "",
                           .total = -1, .complete = true };
    buf_fini(&b);
    return 0;
}

static int make_request(void *ctx, const struct write_spec *spec,
                        struct arena *arena, struct request *out,
                        struct error *err)
{
    int result = doubles_request(ctx, spec, arena, out, err);
    out->unfinished = world.steps && spec->items[0].step.len == 0;
    return result;
}

static void take_effect(const struct write_item *item, struct arena *arena,
                        struct write_result *result)
{
    const struct value *name = record_get(item->record, TEXT("Name"));
    const struct value *code = record_get(item->record, TEXT("Code"));
    size_t at = world.thing_count;
    if (item->step.len > 0) {
        at = (size_t)number_of(item->target_id);
        world.things[at].lines = number_of(value_as_text(name));
    } else if (item->op == WRITE_UPDATE) {
        at = (size_t)number_of(item->target_id);
        world.updates++;
    } else {
        world.things[at].lines = -2;
        world.things[world.thing_count++].code =
            number_of(value_as_text(code));
        world.creates++;
    }
    if (item->step.len == 0 && name->tag == VALUE_TEXT)
        world.things[at].name = number_of(value_as_text(name));
    result->target_id = text_of(arena_printf(arena, "t%zu", at));
    result->next = world.steps && item->step.len == 0 ? TEXT("lines")
                                                      : TEXT_NONE;
}

static void refuse(struct write_result *result, bool whole)
{
    result->answer.kind = ANSWER_REFUSED;
    result->answer.refusal = REFUSAL_VALUE;
    result->answer.reason = TEXT("not today");
    result->whole = whole;
}

static int write_target(void *ctx, struct write_call *call, struct error *err)
{
    const struct write_spec *spec = call->spec;
    unsigned fate = world.calm ? 99 : chance(100);
    (void)ctx;
    world.calls++;
    if (world.dies_after > 0 && --world.dies_after == 0)
        return error_set(err, ERROR_GUARD, "the end");
    if (world.thing_count + spec->item_count > THINGS)
        return error_set(err, ERROR_GUARD, "too many things");
    if (fate < 4)
        return error_set(err, ERROR_TRANSIENT, "not taken");
    let_late_happen();
    call->lost = fate < 20;
    if (late.percent > 0 && spec->item_count == 1
        && be_late(&spec->items[0])) {
        *call->results = (struct write_result){ .answer = { .kind = ANSWER_FAILED } };
        call->lost = true;
        return 0;
    }
    for (size_t i = 0; i < spec->item_count; i++) {
        struct write_result *result = &call->results[i];
        *result = (struct write_result){ .answer = { .kind = ANSWER_DONE } };
        if (fate >= 20 && fate < 24)
            refuse(result, true);
        else if (unlucky(3) && spec->item_count > 1)
            refuse(result, false); /* one of several */
        else if (fate < 10 || fate >= 20) /* else lost before it arrived */
            take_effect(&spec->items[i], call->arena, result);
        if (call->lost)
            result->answer.kind = ANSWER_FAILED;
    }
    return 0;
}

/* --------------------------------------------------------------------- ports */
static bool is_made(int code)
{
    for (size_t i = 0; i < world.thing_count; i++)
        if (world.things[i].code == code)
            return true;
    return false;
}

/* What the source hears: never of a record that is not there. */
static int hear_booked(void *ctx, const struct object *object,
                       const struct text *ids, size_t count,
                       struct arena *arena, struct error *err)
{
    (void)ctx;
    (void)object;
    (void)arena;
    if (count > 0 && unlucky((unsigned)world.trouble))
        return error_set(err, ERROR_TRANSIENT, "it does not listen");
    for (size_t i = 0; i < count; i++) {
        int code = (int)strtol(ids[i].ptr + 1, NULL, 10);
        if (!is_made(code))
            world.told_wrong = "told of a record before it is booked";
        world.told[code] = true;
    }
    return 0;
}

/* -------------------------------------------------------------------- running */
static enum run_mode mode_of_runs = RUN_WRITE;

static int run(struct summary *sum)
{
    struct error err = { 0 };
    doubles.batch_max = world.batch;
    doubles.settle_ms = late.settle_ms;
    int result = doubles_run(mode_of_runs, sum, &err);
    if (result && (world.calm || err.kind != ERROR_TRANSIENT))
        tap_diag("%s", err.text);
    if (!summary_adds_up(sum)) {
        struct buf b;
        buf_init(&b, 0);
        summary_json(sum, &b);
        tap_diag("%s (%s)", buf_cstr(&b), err.text);
        buf_fini(&b);
    }
    return result;
}

static void live(void)
{
    switch (chance(8)) {
    case 0:
        clock_fake_advance(DAY_MS * (1 + chance(2)));
        break;
    case 1: { /* a record vanishes without a word */
        int i = (int)chance(ITEMS);
        world.items[i].there = false;
        break;
    }
    default:
        touch((int)chance(ITEMS));
    }
}

/* What waits because it was refused goes when a person says so. */
static int ask_again(void *ctx, const struct hold_row *row)
{
    struct error err = { 0 };
    (void)ctx;
    return store_hold_retry(doubles.store, row->id, &err);
}

static bool is_right(const char **why)
{
    int seen[ITEMS] = { 0 };
    for (size_t i = 0; i < world.thing_count; i++) {
        const struct thing *t = &world.things[i];
        const struct item *it = &world.items[t->code];
        if (seen[t->code]++) {
            *why = "a record twice";
            return false;
        }
        bool alive = it->there && it->active;
        if (world.steps && t->lines != t->name) {
            tap_diag("t%zu has lines %d, should have %d", i, t->lines,
                     t->name);
            *why = "a record without its lines, or with old ones";
            return false;
        }
        if (alive && t->name != it->name) {
            tap_diag("t%zu i%d has n%d, should be n%d", i, t->code, t->name,
                     it->name);
            *why = "an old name";
            return false;
        }
        if (!alive && t->name != -1) {
            *why = "a record that should be gone";
            return false;
        }
    }
    for (int i = 0; i < ITEMS; i++) {
        if (world.items[i].there && world.items[i].active && !seen[i]) {
            *why = "a record lost";
            return false;
        }
        if (seen[i] && !world.told[i]) {
            *why = "a record booked, and its source was never told";
            return false;
        }
    }
    *why = world.told_wrong;
    return !world.told_wrong;
}

static bool settle(const char **why)
{
    struct error err = { 0 };
    world.calm = true;
    world.page_size = 7;
    /* nothing left at all would be taken for a broken source, rightly */
    for (int i = 0; i < ITEMS / 2; i++)
        if (!world.items[i].there) {
            touch(i);
        }
    for (int i = 0; i < 4; i++) {
        struct summary sum;
        clock_fake_advance(DAY_MS + 1);
        store_hold_each(doubles.store, doubles.flow->name, NULL, ask_again,
                        NULL, &err);
        run(&sum);
        bool adds_up = summary_adds_up(&sum);
        summary_fini(&sum);
        if (!adds_up) {
            *why = "counts that do not add up";
            return false;
        }
    }
    if (!is_right(why))
        return false;
    size_t before = world.creates + world.updates;
    struct summary sum;
    run(&sum);
    summary_fini(&sum);
    *why = "a write though nothing changed";
    return world.creates + world.updates == before;
}

static bool history(uint64_t number, const char **why)
{
    memset(&world, 0, sizeof world);
    seed = number * UINT64_C(2654435761) + 17;
    world.page_size = 1 + (int)chance(5);
    world.version = 1;
    world.batch = number % 3 == 0 ? 1 : number % 3 == 1 ? 4 : 20;
    world.steps = number % 2 == 1;
    clock_fake(START_MS);
    for (int i = 0; i < ITEMS; i++)
        if (chance(3) != 0)
            touch(i);
    unsigned steps = 4 + chance(8);
    for (unsigned i = 0; i < steps; i++) {
        struct summary sum;
        for (unsigned k = chance(6); k > 0; k--)
            live();
        clock_fake_advance(60000);
        run(&sum);
        bool adds_up = summary_adds_up(&sum);
        summary_fini(&sum);
        if (!adds_up) {
            *why = "counts that do not add up";
            return false;
        }
    }
    return settle(why);
}

static int64_t ended(enum run_mode mode, bool *noticed)
{
    struct summary sum;
    mode_of_runs = mode;
    clock_fake_advance(DAY_MS + 1);
    run(&sum);
    mode_of_runs = RUN_WRITE;
    int64_t gone = sum.gone;
    *noticed = sum.notice_count > 0;
    summary_fini(&sum);
    return gone;
}

/* A source that gives nothing after many, twice: nothing is taken to be gone,
 * and a plan shows what a person may let go [111]. */
static void sudden_drop(void)
{
    bool noticed;
    memset(&world, 0, sizeof world);
    world.calm = true;
    world.page_size = 7;
    world.version = 1;
    world.batch = 1;
    clock_fake(START_MS);
    for (int i = 0; i < ITEMS; i++) {
        touch(i);
        world.items[i].active = true;
    }
    ended(RUN_WRITE, &noticed);
    ok(!noticed, "a first run has nothing to say");
    for (int i = 0; i < ITEMS; i++)
        world.items[i].there = false;
    is_int(ended(RUN_WRITE, &noticed), 0, "nothing read after many: nothing "
           "is gone [111]");
    ok(noticed, "and it says so");
    is_int(ended(RUN_WRITE, &noticed), 0, "nor when it comes again");
    is_int(ended(RUN_PLAN, &noticed), ITEMS, "a plan shows what would go");
    world.items[0].there = true;
    ended(RUN_WRITE, &noticed);
    for (int i = 1; i < ITEMS; i++)
        touch(i);
    ended(RUN_WRITE, &noticed);
    ok(!noticed, "all are back, and nothing is said");
}

static int64_t read_by(enum run_mode mode, const char **why)
{
    struct summary sum;
    mode_of_runs = mode;
    clock_fake_advance(60000);
    run(&sum);
    int64_t records = sum.records;
    *why = summary_adds_up(&sum) ? "" : "counts that do not add up";
    summary_fini(&sum);
    return records;
}

/* Cut off between two pages, a run goes on from the page that was booked: in
 * a source of 24 records, five to a page, with `dies` calls done. */
static void cut_off(size_t dies, bool in_order, int64_t left)
{
    const char *why;
    memset(&world, 0, sizeof world);
    world.calm = true;
    world.page_size = 5;
    world.version = 1;
    world.batch = 1;
    clock_fake(START_MS);
    for (int i = 0; i < ITEMS; i++) {
        world.items[i] = (struct item){ true, true, ++world.version, i };
        if (!in_order && i == ITEMS - 1) /* an old change, late [100, 108] */
            world.items[i].version = 2;
    }
    world.disordered = !in_order;
    world.dies_after = dies;
    read_by(RUN_WRITE, &why);
    ok(why[0] == '\0' && world.creates == dies - 1, "%zu records written, "
       "then the end%s%s", world.creates, *why ? ": " : "", why);
    is_int(read_by(RUN_WRITE, &why), left, "[8, 99] the next run reads %lld "
           "of %d again", (long long)left, ITEMS);
    ok(settle(&why), "and all are there: %s", why);
}

/* A server that commits late: waiting out its time finds everything; not
 * waiting makes doubles, so the trial can see them [10, figure 3]. */
static long late_trials(long trials, int settle_ms)
{
    long doubled = 0;
    const char *why = "";
    for (long i = 0; i < trials && doubles_open(true); i++) {
        memset(&world, 0, sizeof world);
        seed = (uint64_t)i * 977 + 5;
        world.calm = true;
        world.page_size = 50;
        world.version = 1;
        clock_fake(START_MS);
        late.percent = 40;
        late.settle_ms = settle_ms;
        for (int k = 0; k < ITEMS; k++)
            touch(k);
        for (int k = 0; k < 4; k++) {
            struct summary sum;
            struct error err = { 0 };
            doubles.batch_max = 1;
            doubles.settle_ms = settle_ms;
            /* lost answers may end a run early */
            doubles_run(RUN_WRITE, &sum, &err);
            summary_fini(&sum);
            clock_fake_advance(20);
            late.percent /= 2;
        }
        late.percent = 0;
        clock_fake_advance(5000);
        let_late_happen();
        doubled += !settle(&why) && strcmp(why, "a record twice") == 0;
    }
    late.settle_ms = 0;
    return doubled;
}

int main(void)
{
    const char *many = getenv("MLC_HISTORIES");
    long histories = many ? strtol(many, NULL, 10) : 150;
    const char *first = getenv("MLC_HISTORY"); /* one alone, to look at */
    long wrong = 0;
    size_t creates = 0;
    size_t reads = 0;
    size_t calls = 0, batched = 0; /* of histories with many in one call */
    doubles.read_source = read_source;
    doubles.read_target = read_target;
    doubles.request = make_request;
    doubles.write = write_target;
    doubles.booked = hear_booked;
    ok(doubles_load(NULL, item_text, flow_text), "the flow checks");
    long from = first ? strtol(first, NULL, 10) : 0;
    for (long i = from; doubles.flow && i < (first ? from + 1 : histories); i++) {
        const char *why = "";
        if (!doubles_open(true) || !history((uint64_t)i, &why)) {
            if (wrong++ < 10)
                tap_diag("history %ld: %s", i, why);
        }
        creates += world.creates;
        reads += world.reads;
        if (world.batch == 20 && !world.steps) {
            calls += world.calls;
            batched += world.creates + world.updates;
        }
    }
    is_int(wrong, 0, "%ld histories end as the model says [99-112]",
           histories);
    ok(creates > 0 && reads > (size_t)histories, "%zu records made, %zu pages "
       "read", creates, reads);
    ok(first || calls < batched, "%zu writes in %zu calls", batched, calls);
    if (!first && doubles_open(true))
        sudden_drop();
    if (!first && doubles_open(true))
        cut_off(13, true, ITEMS - 10 + 1); /* the boundary's again [99] */
    if (!first && doubles_open(true))
        cut_off(3, true, ITEMS); /* not a page of it done */
    if (!first && doubles_open(true))
        cut_off(13, false, ITEMS); /* no place in it is sure */
    if (!first) {
        is_int(late_trials(200, 1000), 0, "200 trials with a server that "
               "commits late: nothing twice [F2, figure 3]");
        long doubled = late_trials(50, 0);
        ok(doubled > 0, "not waiting for it: %ld of 50 make doubles", doubled);
    }
    if (first)
        return tap_done(); /* its state stays, to be looked at */
    doubles_end();
    return tap_done();
}
