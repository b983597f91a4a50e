/* mlc runs: past runs and their counts. */
#include "config.h"

#include "cli/runner.h"

#include "runtime/clock.h"
#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"
#include <stdio.h>
#include <stdlib.h>

struct telling {
    const struct invocation *in;
    struct buf out;
    int64_t only; /* one run's number, or 0 */
    size_t count;
};

static const char *status_of(struct arena *arena, const struct run_row *row)
{
    if (row->outcome.len > 0)
        return text_cstr(arena, row->outcome);
    return row->alive ? "running" : "broke off";
}

static int64_t number(const struct run_row *row, const char *name)
{
    int64_t n = 0;
    json_get_int64(row->counts, name, &n);
    return n;
}

static void row_text(struct telling *t, struct arena *arena,
                     const struct run_row *row)
{
    char when[32];
    clock_print_instant(row->started_ms, when);
    buf_printf(&t->out, "%6lld  %-17s %-6.*s %-20.*s %-10s", (long long)row->id,
               when, TEXT_ARG(row->mode), TEXT_ARG(row->flow),
               status_of(arena, row));
    if (row->counts.len > 0)
        buf_printf(&t->out, "  read %lld, created %lld, updated %lld, "
                   "unchanged %lld, held %lld",
                   (long long)number(row, "read"),
                   (long long)number(row, "created"),
                   (long long)number(row, "updated"),
                   (long long)number(row, "unchanged"),
                   (long long)number(row, "held"));
    buf_byte(&t->out, '\n');
}

static void row_json(struct telling *t, struct arena *arena,
                     const struct run_row *row)
{
    if (t->count > 0)
        buf_byte(&t->out, ',');
    struct json_out w = json_out(&t->out);
    json_begin_object(&w);
    json_put_int(&w, "run", row->id);
    json_put_string(&w, "flow", row->flow);
    json_put_string(&w, "mode", row->mode);
    json_put_string(&w, "status", text_of(status_of(arena, row)));
    json_put_int(&w, "started_ms", row->started_ms);
    if (row->finished_ms > 0)
        json_put_int(&w, "finished_ms", row->finished_ms);
    if (row->counts.len > 0) {
        json_key(&w, "summary");
        json_raw(&w, row->counts);
    }
    json_end_object(&w);
}

static int tell(void *ctx, const struct run_row *row)
{
    struct telling *t = ctx;
    struct arena arena;
    if (t->only != 0 && row->id != t->only)
        return 0;
    arena_init(&arena);
    if (t->in->json)
        row_json(t, &arena, row);
    else
        row_text(t, &arena, row);
    arena_fini(&arena);
    t->count++;
    return 0;
}

int cmd_runs(const struct invocation *in)
{
    struct work w;
    struct error err = { 0 };
    struct telling t = { .in = in };
    int code = work_open(&w, in, WORK_STATE_READ);
    buf_init(&t.out, 0);
    if (in->arg_count > 0)
        t.only = strtoll(in->args[0], NULL, 10);
    if (in->json)
        buf_byte(&t.out, '[');
    if (code == EXIT_FINE && w.store
        && store_run_each(w.store, TEXT_NONE,
                          t.only ? 0 : option_number(in, "last", 20),
                          &w.arena, tell, &t, &err))
        code = command_fail(in, &err);
    if (in->json)
        buf_str(&t.out, "]\n");
    else if (code == EXIT_FINE && t.count == 0)
        buf_str(&t.out, "no run yet\n");
    if (code == EXIT_FINE)
        fwrite(t.out.ptr, 1, t.out.len, stdout);
    buf_fini(&t.out);
    work_close(&w);
    return code;
}
