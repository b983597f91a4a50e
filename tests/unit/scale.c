/* The engine with many records: memory that does not grow with them, an
 * unchanged run that writes nothing, and what they cost. By default a few
 * thousand records, as a test; MLC_SCALE=N measures with N linked records,
 * MLC_SCALE_READ=N reads N that the flow leaves out, and the figures are
 * printed. The systems are doubles, so what is measured is mlc. */
#include "config.h"

#include "runtime/clock.h"
#include "tests/lib/doubles.h"
#include "tests/lib/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define PAGE 1000
#define BATCH 100
#define SOME 2000         /* records of the test */
#define COMMITS 300
#define GROWTH_KB 2048    /* ten times the records may cost so much more */

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
    "  read everything\n"
    "  write creates and updates\n"
    "  match on Code\n"
    "  Code = item.id\n"
    "  Name = item.name\n"
    "}\n";

static struct {
    int64_t records, writes;
    bool active;
} world;

/* ----------------------------------------------------------- the doubles */
static int read_source(void *ctx, const struct read_spec *spec,
                       struct text next, struct arena *arena,
                       struct page *page, struct answer *answer,
                       struct error *err)
{
    int64_t at = 0;
    struct buf b;
    (void)ctx;
    (void)spec;
    (void)err;
    *answer = (struct answer){ .kind = ANSWER_DONE };
    for (size_t i = 0; i < next.len; i++)
        at = at * 10 + (next.ptr[i] - '0');
    buf_init(&b, 0);
    buf_byte(&b, '[');
    int64_t end = at + PAGE < world.records ? at + PAGE : world.records;
    for (int64_t i = at; i < end; i++)
        buf_printf(&b, "%s{\"id\":\"item-%09lld\",\"version\":%lld,\"name\":"
                   "\"Name of number %lld\",\"active\":%s}",
                   i > at ? "," : "", (long long)i, (long long)i + 1,
                   (long long)i, world.active ? "true" : "false");
    buf_byte(&b, ']');
    *page = (struct page){ .body = buf_dup(arena, &b), .rows = "",
                           .total = -1, .complete = true };
    buf_fini(&b);
    if (end < world.records)
        page->next = text_of(arena_printf(arena, "%lld", (long long)end));
    return 0;
}

static int read_target(void *ctx, const struct read_spec *spec,
                       struct text next, struct arena *arena,
                       struct page *page, struct answer *answer,
                       struct error *err)
{
    (void)ctx;
    (void)spec;
    (void)next;
    (void)arena;
    (void)err;
    *answer = (struct answer){ .kind = ANSWER_DONE };
    *page = (struct page){ .body = TEXT("[]"), .rows = "", .total = -1,
                           .complete = true };
    return 0;
}

static int write_target(void *ctx, struct write_call *call, struct error *err)
{
    (void)ctx;
    if (call->may_send && call->may_send(call->may_ctx, err))
        return -1;
    for (size_t i = 0; i < call->spec->item_count; i++) {
        call->results[i] = (struct write_result){
            .answer = { .kind = ANSWER_DONE }
        };
        call->results[i].target_id = text_of(
            arena_printf(call->arena, "thing-%09lld",
                         (long long)world.writes++));
    }
    return 0;
}

/* -------------------------------------------------------------- figures */
static int64_t memory_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static double seconds_since(int64_t ms)
{
    return (double)(clock_steady_ms() - ms) / 1000.0;
}

/* One run over so many records; what it wrote. */
static int64_t run_over(int64_t records, bool active, const char *what)
{
    struct summary sum;
    struct error err = { 0 };
    int64_t before = world.writes;
    int64_t start = clock_steady_ms();
    world.records = records;
    world.active = active;
    int result = doubles_run(RUN_WRITE, &sum, &err);
    ok(result == 0 && summary_adds_up(&sum), "%s: a run over %lld records %s",
       what, (long long)records, err.text);
    double s = seconds_since(start);
    tap_diag("%s: %lld records, %.1f s, %.0f records/s, state %.1f MB, "
             "peak memory %.1f MB", what, (long long)records, s,
             s > 0 ? (double)records / s : 0,
             (double)doubles_state_bytes() / 1e6, (double)memory_kb() / 1024);
    summary_fini(&sum);
    return world.writes - before;
}

static void time_commits(void)
{
    struct error err = { 0 };
    int64_t start = clock_steady_ms();
    bool good = true;
    for (int i = 0; i < COMMITS; i++) {
        char value[32];
        snprintf(value, sizeof value, "%d", i);
        good = good
               && store_setting_put(doubles.store, "scale", text_of(value), &err) == 0;
    }
    double s = seconds_since(start);
    ok(good, "%d commits", COMMITS);
    tap_diag("%.0f commits/s in %s", s > 0 ? COMMITS / s : 0,
             doubles.folder);
}

static int64_t number(const char *name, int64_t otherwise)
{
    const char *value = getenv(name);
    return value ? strtoll(value, NULL, 10) : otherwise;
}

int main(void)
{
    int64_t linked = number("MLC_SCALE", SOME);
    int64_t left_out = number("MLC_SCALE_READ", 10 * SOME);
    doubles.read_source = read_source;
    doubles.read_target = read_target;
    doubles.write = write_target;
    doubles.batch_max = BATCH;
    ok(doubles_load(getenv("MLC_SCALE_FOLDER"), item_text, flow_text)
           && doubles_open(true), "a flow and its state");
    time_commits();
    is_int(run_over(linked, true, "created"), linked, "all are made");
    is_int(run_over(linked, true, "unchanged"), 0, "and none of them again");
    int64_t before = memory_kb();
    is_int(run_over(left_out, false, "left out"), 0, "nothing to write");
    ok(TAP_SANITIZED || memory_kb() - before <= GROWTH_KB, "%lld records take %lld kB more "
       "than %lld", (long long)left_out, (long long)(memory_kb() - before),
       (long long)linked);
    doubles_end();
    return tap_done();
}
