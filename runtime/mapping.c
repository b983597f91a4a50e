/* A flow as a filter. JSON Lines are read in pieces of whole lines; workers
 * turn pieces into output at the same time, and the pieces are written in
 * their order. Everything else goes row by row. */
#include "config.h"

#include "runtime/mapping.h"
#include "runtime/mapping_work.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORKERS_MAX 8
#define PIECES_PER_WORKER 3

/* ------------------------------------------------------------- grouping */
struct grouping {
    struct worker *w;
    struct groups *groups;
    struct buf image;
    struct output *out, *held;
    struct error *err;
};

static int flush_due(struct output *out, struct output *held,
                     struct error *err)
{
    if (output_is_due(out) && output_flush(out, err) != 0)
        return -1;
    if (output_is_due(held) && output_flush(held, err) != 0)
        return -1;
    return 0;
}

/* Puts each element of the record into its group. */
static int group_record(struct grouping *gr, const struct record *record,
                        uint64_t line, struct text raw)
{
    struct worker *w = gr->w;
    const struct compiled *c = w->m->compiled;
    size_t elements =
        w->m->flow->each ? flow_elements(c, &w->env, record) : 1;
    buf_reset(&gr->image);
    record_pack(record, &gr->image);
    for (size_t i = 0; i < elements; i++) {
        struct eval_input input = { .source = record, .element = i };
        struct evaluated e;
        struct text key;
        bool scope;
        if (flow_group_key(c, &w->env, &input, &scope, &key, &e) != 0) {
            w->counts.read++;
            worker_settle(w, &e, record, line, raw);
        } else if (!scope) {
            w->counts.read++;
            w->counts.skipped++;
        } else if (groups_add(gr->groups, key, line, (uint32_t)i,
                              buf_view(&gr->image), gr->err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int take_group(void *ctx, const struct group_member *members,
                      size_t count)
{
    struct grouping *gr = ctx;
    struct worker *w = gr->w;
    const struct shape *shape = compiled_source_shape(w->m->compiled);
    struct evaluated e;
    arena_reset(&w->arena);
    const struct record **records =
        arena_alloc(&w->arena, count * sizeof(struct record *));
    size_t *elements = arena_alloc(&w->arena, count * sizeof *elements);
    for (size_t i = 0; i < count; i++) {
        records[i] = record_unpack(&w->arena, shape, members[i].image);
        elements[i] = members[i].element;
        if (!records[i])
            return error_set(gr->err, ERROR_STORE,
                             "a temporary file was damaged");
    }
    struct eval_input input = { records[0], elements[0], records, elements,
                                count };
    w->counts.read++;
    flow_evaluate(w->m->compiled, &w->env, &input, &e);
    worker_settle(w, &e, records[0], members[0].line, TEXT_NONE);
    if (w->stopped)
        return -1;
    return flush_due(gr->out, gr->held, gr->err);
}

/* ------------------------------------------------------------- row by row */
static int take_rows(struct worker *w, struct rows *rows,
                     struct grouping *gr, struct output *out,
                     struct output *held, struct error *err)
{
    struct record_fault fault;
    struct record *record;
    for (;;) {
        arena_reset(&w->arena);
        enum record_status status =
            rows_next(rows, &w->arena, &record, &fault);
        if (status == RECORD_END)
            return 0;
        if (status == RECORD_BROKEN)
            return error_set(err, ERROR_INPUT, "%s, line %llu: %.400s",
                             rows->in.name, (unsigned long long)rows->line,
                             fault.text);
        int result = 0;
        if (status == RECORD_BAD) {
            worker_reject(w, rows->row, &fault);
        } else if (gr) {
            result = group_record(gr, record, rows->row, fault.raw);
        } else {
            struct eval_input input = { .source = record };
            result = worker_take(w, &input, rows->row, fault.raw);
        }
        if (result != 0 || (out && flush_due(out, held, err) != 0))
            return -1;
    }
}

static int map_rows(struct mapping *m, struct worker *w, struct output *out,
                    struct output *held, struct error *err)
{
    struct rows rows;
    struct grouping gr = { .w = w, .out = out, .held = held, .err = err };
    bool grouped = m->flow->per != NULL;
    int result = rows_open(&rows, m->options->in, &m->in, w->plan,
                           &w->plan_arena, err);
    if (grouped) {
        gr.groups = groups_new(m->options->group_memory);
        buf_init(&gr.image, 0);
    }
    if (result == 0)
        result = take_rows(w, &rows, grouped ? &gr : NULL, out, held, err);
    if (result == 0 && grouped)
        result = groups_each(gr.groups, take_group, &gr, err);
    rows_close(&rows);
    groups_free(gr.groups);
    if (grouped)
        buf_fini(&gr.image);
    return result;
}

/* ------------------------------------------------------------- pieces */
enum piece_state { PIECE_FREE, PIECE_FILLED, PIECE_DONE };

struct piece {
    enum piece_state state;
    char *bytes;
    size_t len, cap;
    uint64_t first_row;
    struct buf out, held;
    bool failed;
};

struct crew {
    struct mapping *m;
    struct input in;
    struct piece *pieces;
    size_t piece_count;
    struct worker workers[WORKERS_MAX];
    int worker_count;
    pthread_t threads[WORKERS_MAX];
    pthread_mutex_t lock;
    pthread_cond_t filled, done;
    uint64_t next_ticket, filled_count;
    bool ended;
    uint64_t rows;
};

static uint64_t count_rows(const char *p, size_t len)
{
    uint64_t count = 0;
    const char *end = p + len;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        count++;
        p++;
    }
    return count;
}

/* Whole lines into the piece: 1, 0 at the end, -1. */
static int fill_piece(struct crew *c, struct piece *p, struct error *err)
{
    struct input *in = &c->in;
    size_t len = 0;
    for (;;) {
        size_t unread = in->end - in->start;
        const char *start = in->buf + in->start;
        const char *lf =
            unread ? memrchr(start, '\n', unread) : NULL;
        if (lf && (in->eof || unread >= INPUT_PIECE / 2)) {
            len = (size_t)(lf - start) + 1;
            break;
        }
        if (in->eof) {
            len = unread;
            break;
        }
        if (input_fill(in, err) < 0)
            return -1;
    }
    if (!len)
        return 0;
    if (p->cap < len) {
        p->cap = len + len / 4;
        p->bytes = mem_realloc(p->bytes, p->cap + INPUT_PAD);
    }
    memcpy(p->bytes, in->buf + in->start, len);
    memset(p->bytes + len, '\n', INPUT_PAD);
    in->start += len;
    p->len = len;
    p->first_row = c->rows + 1;
    c->rows += count_rows(p->bytes, len);
    return 1;
}

static void work_piece(struct worker *w, struct piece *p)
{
    struct rows rows;
    struct text bytes = { p->bytes, p->len };
    rows_open_lines(&rows, bytes, p->first_row, w->plan);
    rows.row = p->first_row - 1;
    w->out = &p->out;
    w->held = &p->held;
    p->failed = take_rows(w, &rows, NULL, NULL, NULL, &w->err) != 0;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct crew *c = w->m->crew;
    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (c->next_ticket == c->filled_count && !c->ended)
            pthread_cond_wait(&c->filled, &c->lock);
        if (c->next_ticket == c->filled_count)
            break;
        struct piece *p = &c->pieces[c->next_ticket++ % c->piece_count];
        pthread_mutex_unlock(&c->lock);
        work_piece(w, p);
        pthread_mutex_lock(&c->lock);
        p->state = PIECE_DONE;
        pthread_cond_broadcast(&c->done);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static int write_piece(struct piece *p, struct output *out,
                       struct output *held, struct error *err)
{
    struct buf saved = out->buf, saved_held = held->buf;
    out->buf = p->out;
    held->buf = p->held;
    int result = output_flush(out, err);
    if (result == 0)
        result = output_flush(held, err);
    p->out = out->buf;
    p->held = held->buf;
    out->buf = saved;
    held->buf = saved_held;
    p->state = PIECE_FREE;
    return result;
}

/* Waits for the piece to be done and writes it. */
static int finish_piece(struct crew *c, struct piece *p, struct output *out,
                        struct output *held, struct error *err)
{
    pthread_mutex_lock(&c->lock);
    while (p->state == PIECE_FILLED && c->worker_count > 1)
        pthread_cond_wait(&c->done, &c->lock);
    bool failed = p->failed, done = p->state == PIECE_DONE;
    pthread_mutex_unlock(&c->lock);
    if (!done)
        return 0;
    int result = write_piece(p, out, held, err);
    return failed ? -1 : result;
}

static void hand_out(struct crew *c, struct piece *p)
{
    if (c->worker_count == 1) {
        work_piece(&c->workers[0], p);
        p->state = PIECE_DONE;
        c->next_ticket = ++c->filled_count;
        return;
    }
    pthread_mutex_lock(&c->lock);
    p->state = PIECE_FILLED;
    c->filled_count++;
    pthread_cond_signal(&c->filled);
    pthread_mutex_unlock(&c->lock);
}

static int run_pieces(struct crew *c, struct output *out, struct output *held,
                      struct error *err)
{
    uint64_t seq = 0;
    int result = 0;
    while (result == 0) {
        struct piece *p = &c->pieces[seq % c->piece_count];
        result = finish_piece(c, p, out, held, err);
        if (result != 0)
            break;
        int got = fill_piece(c, p, err);
        if (got <= 0) {
            result = got;
            break;
        }
        hand_out(c, p);
        seq++;
    }
    uint64_t first = seq > c->piece_count ? seq - c->piece_count : 0;
    for (uint64_t i = first; i < seq && result == 0; i++)
        result = finish_piece(c, &c->pieces[i % c->piece_count], out, held,
                              err);
    return result;
}

static void end_crew(struct crew *c, struct error *err)
{
    pthread_mutex_lock(&c->lock);
    c->ended = true;
    pthread_cond_broadcast(&c->filled);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; i < c->worker_count && c->worker_count > 1; i++)
        pthread_join(c->threads[i], NULL);
    for (int i = 0; i < c->worker_count; i++)
        if (c->workers[i].err.kind != ERROR_NONE && err->kind == ERROR_NONE)
            *err = c->workers[i].err;
}

static int start_crew(struct crew *c, struct error *err)
{
    c->piece_count = (size_t)c->worker_count * PIECES_PER_WORKER;
    c->pieces = mem_zalloc(c->piece_count * sizeof *c->pieces);
    for (size_t i = 0; i < c->piece_count; i++) {
        buf_init(&c->pieces[i].out, (size_t)1 << 30);
        buf_init(&c->pieces[i].held, (size_t)1 << 30);
    }
    for (int i = 0; i < c->worker_count && c->worker_count > 1; i++)
        if (pthread_create(&c->threads[i], NULL, work, &c->workers[i]) != 0)
            return error_set(err, ERROR_STORE, "cannot start a thread");
    return 0;
}

static int open_workers(struct crew *c, const struct worker *first,
                        struct error *err)
{
    for (int i = 0; i < c->worker_count; i++) {
        if (worker_open(&c->workers[i], c->m, err) != 0)
            return -1;
        c->workers[i].writer = first->writer;
    }
    return 0;
}

static void add_counts(struct mapping_counts *to,
                       const struct mapping_counts *from)
{
    to->read += from->read;
    to->written += from->written;
    to->skipped += from->skipped;
    to->held += from->held;
    to->rejected += from->rejected;
    to->warnings += from->warnings;
}

static void close_crew(struct crew *c, struct worker *sum)
{
    for (int i = 0; i < c->worker_count; i++) {
        struct worker *w = &c->workers[i];
        if (!w->plan)
            continue;
        add_counts(&sum->counts, &w->counts);
        sum->counts.rounded += record_plan_noise(w->plan);
        buf_text(&sum->told, buf_view(&w->told));
        worker_close(w);
    }
    for (size_t i = 0; i < c->piece_count; i++) {
        buf_fini(&c->pieces[i].out);
        buf_fini(&c->pieces[i].held);
        mem_free(c->pieces[i].bytes);
    }
    mem_free(c->pieces);
    input_close(&c->in);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->filled);
    pthread_cond_destroy(&c->done);
}

static int thread_count(const struct mapping_options *options)
{
    long n = options->threads;
    if (n <= 0)
        n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > WORKERS_MAX ? WORKERS_MAX : (int)n;
}

static int map_lines(struct mapping *m, struct worker *sum,
                     struct output *out, struct output *held,
                     struct error *err)
{
    struct crew *c = mem_zalloc(sizeof *c);
    c->m = m;
    m->crew = c;
    c->worker_count = thread_count(m->options);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->filled, NULL);
    pthread_cond_init(&c->done, NULL);
    int result = input_open(&c->in, m->options->in, err);
    if (result == 0)
        result = input_skip_bom(&c->in, err);
    if (result == 0)
        result = open_workers(c, sum, err);
    if (result == 0)
        result = output_flush(out, err); /* a header comes first */
    if (result == 0)
        result = start_crew(c, err);
    if (result == 0) {
        result = run_pieces(c, out, held, err);
        end_crew(c, err);
    }
    close_crew(c, sum);
    mem_free(c);
    return result;
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
    bool pieces = m->in.format == ROWS_LINES && !m->flow->per &&
                  m->out.format != ROWS_ARRAY;
    int result = pieces ? map_lines(m, w, out, held, err)
                        : map_rows(m, w, out, held, err);
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
