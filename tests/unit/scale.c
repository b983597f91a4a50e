/* The engine with many records: memory that does not grow with them, an
 * unchanged run that writes nothing, and what they cost. By default a few
 * thousand records, as a test; MLC_SCALE=N measures with N linked records,
 * MLC_SCALE_READ=N reads N that the flow leaves out, and the figures are
 * printed. The systems are doubles, so what is measured is mlc. */
#include "config.h"

#include "base/embedded.h"
#include "runtime/clock.h"
#include "runtime/record.h"
#include "runtime/run.h"
#include "tests/lib/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 1000
#define BATCH 100
#define SOME 2000         /* records of the test */
#define COMMITS 300
#define GROWTH_KB 2048    /* ten times the records may cost so much more */

static const char project_text[] =
    "set language 1\n"
    "set timezone \"UTC\"\n"
    "connection Src is files\n"
    "connection Dst is files\n"
    "object Src.item \"Item\" {\n"
    "  at \"items\"\n"
    "  key id\n"
    "  operations read\n"
    "  changes version by version\n"
    "  id text always unique searchable\n"
    "  version integer always filter(greater)\n"
    "  name text always\n"
    "  active yes/no always\n"
    "}\n"
    "object Dst.thing \"Thing\" {\n"
    "  at \"things\"\n"
    "  key ID\n"
    "  operations read, create, update\n"
    "  changes none\n"
    "  ID text always read_only unique searchable\n"
    "  Code text required searchable filter(is)\n"
    "  Name text required\n"
    "}\n";

static const char flow_text[] =
    "set language 1\n"
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

static struct program program;
static struct store *store;
static char folder[64];

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

static int make_request(void *ctx, const struct write_spec *spec,
                        struct arena *arena, struct request *out,
                        struct error *err)
{
    struct buf b;
    int result = 0;
    (void)ctx;
    buf_init(&b, 0);
    for (size_t i = 0; i < spec->item_count && result == 0; i++)
        result = record_encode(spec->items[i].record, NULL, NULL, &b, err);
    *out = (struct request){ .method = "POST", .path = TEXT("/things"),
                             .body = buf_dup(arena, &b),
                             .content_type = "application/json",
                             .endpoint = "things", .writes = true };
    buf_fini(&b);
    return result;
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

static int prepare(void *ctx, struct error *err)
{
    (void)ctx;
    (void)err;
    return 0;
}

static void no_counts(void *ctx, struct call_count *out)
{
    (void)ctx;
    *out = (struct call_count){ 0 };
}

static int open_port(void *ctx, struct text connection, struct port *port,
                     struct error *err)
{
    bool source = text_is(connection, "Src");
    (void)ctx;
    (void)err;
    *port = (struct port){ .name = connection, .batch_max = BATCH,
                           .prepare = prepare,
                           .read = source ? read_source : read_target,
                           .request = make_request, .write = write_target,
                           .counts = no_counts };
    return 0;
}

/* -------------------------------------------------------------- figures */
static int64_t memory_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void in_folder(const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", folder, name);
}

static int64_t state_bytes(void)
{
    struct stat st;
    char path[128];
    in_folder("state.db", path);
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static double seconds_since(int64_t ms)
{
    return (double)(clock_steady_ms() - ms) / 1000.0;
}

static bool run(struct summary *sum)
{
    struct error err = { 0 };
    struct run_options o = { .program = &program, .flow = program.flows,
                             .store = store, .ports = { NULL, open_port },
                             .mode = RUN_WRITE, .now_ms = clock_now_ms() };
    summary_init(sum, program.flows->name);
    int result = run_flow(&o, sum, &err);
    if (result)
        tap_diag("%s", err.text);
    return result == 0 && summary_adds_up(sum);
}

/* One run over so many records; what it wrote. */
static int64_t run_over(int64_t records, bool active, const char *what)
{
    struct summary sum;
    int64_t before = world.writes;
    int64_t start = clock_steady_ms();
    world.records = records;
    world.active = active;
    ok(run(&sum), "%s: a run over %lld records", what, (long long)records);
    double s = seconds_since(start);
    tap_diag("%s: %lld records, %.1f s, %.0f records/s, state %.1f MB, "
             "peak memory %.1f MB", what, (long long)records, s,
             s > 0 ? (double)records / s : 0,
             (double)state_bytes() / 1e6, (double)memory_kb() / 1024);
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
               && store_setting_put(store, "scale", text_of(value), &err) == 0;
    }
    double s = seconds_since(start);
    ok(good, "%d commits", COMMITS);
    tap_diag("%.0f commits/s in %s", s > 0 ? COMMITS / s : 0, folder);
}

/* ------------------------------------------------------------------ set up */
static void write_file(const char *name, const char *text)
{
    char path[128];
    in_folder(name, path);
    FILE *f = fopen(path, "w");
    if (f) {
        fputs(text, f);
        fclose(f);
    }
}

static bool load(void)
{
    char path[128];
    const char *paths[1] = { path };
    struct load_options o = { .catalogs = connector_catalogs, .paths = paths,
                              .path_count = 1 };
    in_folder("flow.mlc", path);
    write_file("project.mlc", project_text);
    write_file("flow.mlc", flow_text);
    program_init(&program);
    if (program_load(&program, &o) == 0)
        program_check(&program);
    if (program.diags.error_count > 0)
        diags_print(&program.diags, DIAG_BRIEF, false, NULL, stdout);
    return program.diags.error_count == 0 && program.flows;
}

static bool open_store(void)
{
    struct error err = { 0 };
    char path[128];
    in_folder("state.db", path);
    if (store_open(path, STORE_WRITE, &store, &err) == 0)
        return true;
    tap_diag("%s", err.text);
    return false;
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
    const char *place = getenv("MLC_SCALE_FOLDER");
    if (!place)
        place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%.40s/mlc-scale.XXXXXX", place);
    if (!mkdtemp(folder))
        return 99;
    setenv("XDG_STATE_HOME", "/dev/null", 1);
    ok(load() && open_store(), "a flow and its state");
    time_commits();
    is_int(run_over(linked, true, "created"), linked, "all are made");
    is_int(run_over(linked, true, "unchanged"), 0, "and none of them again");
    int64_t before = memory_kb();
    is_int(run_over(left_out, false, "left out"), 0, "nothing to write");
    ok(memory_kb() - before <= GROWTH_KB, "%lld records take %lld kB more "
       "than %lld", (long long)left_out, (long long)(memory_kb() - before),
       (long long)linked);
    store_close(store);
    program_fini(&program);
    if (!tap_remove_folder(folder))
        tap_diag("cannot remove %s", folder);
    return tap_done();
}
