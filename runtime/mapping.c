/* A flow as a filter. JSON Lines and CSV go in pieces through several threads
 * (mapping_crew.c); everything else goes row by row. */
#include "config.h"

#include "runtime/mapping.h"
#include "runtime/mapping_work.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORKERS_MAX 8

/* ------------------------------------------------------------- row by row */
struct by_row {
    struct worker *w;
    struct groups *groups; /* NULL: no `one per` */
    struct output *out, *held;
    struct error *err;
};

static int flush_due(void *ctx)
{
    struct by_row *b = ctx;
    if (output_is_due(b->out) && output_flush(b->out, b->err) != 0)
        return -1;
    if (output_is_due(b->held) && output_flush(b->held, b->err) != 0)
        return -1;
    return 0;
}

static int put_member(void *ctx, struct text key, uint64_t line,
                      uint32_t element, struct text image)
{
    struct by_row *b = ctx;
    return groups_add(b->groups, key, line, element, image, b->err);
}

static int take_groups(struct by_row *b)
{
    struct arena arena;
    struct group_member *members;
    size_t count;
    int got;
    arena_init(&arena);
    groups_rewind(b->groups);
    while ((got = groups_next(b->groups, &arena, &members, &count, b->err)) >
           0) {
        if (worker_take_group(b->w, members, count) != 0 || flush_due(b) != 0) {
            got = -1;
            break;
        }
        arena_reset(&arena);
    }
    arena_fini(&arena);
    return got;
}

static int map_rows(struct mapping *m, struct worker *w, struct rows *rows,
                    struct output *out, struct output *held,
                    struct error *err)
{
    struct by_row b = { w, NULL, out, held, err };
    bool grouped = m->flow->per != NULL;
    if (grouped)
        b.groups = groups_new(m->options->group_memory);
    int result = worker_take_rows(w, rows, grouped ? put_member : NULL, &b,
                                  flush_due, err);
    if (result == 0 && grouped)
        result = take_groups(&b);
    groups_free(b.groups);
    return result;
}

int mapping_threads(const struct mapping_options *options)
{
    long n = options->threads;
    if (n <= 0)
        n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (int)n;
}

/* ------------------------------------------------------------- the run */
static int prepare(struct mapping *m, struct error *err)
{
    const struct flow *flow = m->flow;
    size_t count;
    if (flow_compile(m->program, flow, &m->arena, &m->compiled, err) != 0)
        return -1;
    const struct find_site *sites = compiled_finds(m->compiled, &count);
    if (file_finds_open(&m->arena, m->program, m->options, sites, count,
                        &m->finds, err) != 0)
        return -1;
    if (rows_options_of(flow->source, m->options->in, &m->in, err) != 0)
        return -1;
    return rows_options_of(flow->target, m->options->out, &m->out, err);
}

static int run(struct mapping *m, struct worker *w, struct output *out,
               struct output *held, struct error *err)
{
    w->out = &out->buf;
    w->held = &held->buf;
    if (row_writer_open(&w->writer, compiled_target_shape(m->compiled),
                        &m->out, &m->arena, &out->buf, err) != 0)
        return -1;
    struct rows rows;
    bool pieces = m->in.format != ROWS_ARRAY && m->out.format != ROWS_ARRAY &&
                  mapping_threads(m->options) > 1;
    int result = rows_open(&rows, m->options->in, &m->in, w->plan,
                           &w->plan_arena, err);
    if (result == 0)
        result = pieces ? crew_run(m, w, &rows, out, held, err)
                        : map_rows(m, w, &rows, out, held, err);
    rows_close(&rows);
    if (w->err.kind != ERROR_NONE && err->kind == ERROR_NONE)
        *err = w->err;
    if (result != 0)
        return -1;
    row_writer_end(&w->writer, &out->buf);
    if (output_commit(out, err) != 0)
        return -1;
    return m->wants_held ? output_commit(held, err) : 0;
}

static void tell_lines(const struct mapping_options *options,
                       struct text told)
{
    while (told.len && options->tell) {
        size_t lf = told.len;
        text_find(told, TEXT("\n"), &lf);
        char line[1200];
        snprintf(line, sizeof line, "%.*s", (int)(lf < 1000 ? lf : 1000),
                 told.ptr);
        options->tell(options->ctx, line);
        lf = lf < told.len ? lf + 1 : told.len;
        told = text_slice(told, lf, told.len - lf);
    }
}

int mapping_run(const struct program *program, const struct flow *flow,
                const struct mapping_options *options,
                struct mapping_counts *counts, struct error *err)
{
    struct mapping m = { .program = program, .flow = flow,
                         .options = options };
    struct worker w;
    struct output out, held;
    memset(&out, 0, sizeof out);
    memset(&held, 0, sizeof held);
    out.fd = held.fd = -1;
    arena_init(&m.arena);
    m.wants_held = options->held != NULL;
    int result = prepare(&m, err);
    if (result == 0)
        result = output_open(&out, options->out, err);
    if (result == 0)
        result = output_open(&held, options->held ? options->held
                                                  : "/dev/null", err);
    if (result == 0) {
        result = worker_open(&w, &m, err);
        if (result == 0)
            result = run(&m, &w, &out, &held, err);
        w.counts.rounded += w.plan ? record_plan_noise(w.plan) : 0;
        *counts = w.counts;
        tell_lines(options, buf_view(&w.told));
        worker_close(&w);
    }
    output_close(&out);
    output_close(&held);
    arena_fini(&m.arena);
    return result;
}
