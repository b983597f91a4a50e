/* A mapping by several threads. One thread, the caller's, cuts the file into
 * pieces of whole rows, hands them out, and writes what became of them in
 * their order; so the output is the same whatever the number of threads. With
 * `one per` there are two passes: rows become members of groups, which the
 * caller's thread puts together, then handfuls of groups are handed out. */
#include "config.h"

#include "runtime/mapping_work.h"

#include <pthread.h>
#include <string.h>

#define WORKERS_MAX 8
#define PIECES_PER_WORKER 3
#define GROUPS_PER_PIECE 1024
#define MEMBERS_PER_PIECE 4096

enum piece_state { PIECE_FREE, PIECE_FILLED, PIECE_DONE };

struct handful { /* one group of a piece */
    struct group_member *members;
    size_t count;
};

struct member_head { /* before each key and image in piece.members */
    uint64_t line;
    uint32_t element, key_len, image_len, pad;
};

struct piece {
    enum piece_state state;
    struct rows_piece rows;
    struct buf out, held, members;
    struct arena arena; /* of the groups */
    struct handful *groups;
    size_t group_count;
    bool failed;
};

struct crew {
    struct mapping *m;
    struct rows *head;
    struct output *out, *held;
    struct groups *groups; /* NULL: no `one per` */
    bool grouping;         /* the second pass: pieces are groups */
    struct piece *pieces;
    size_t piece_count;
    struct worker workers[WORKERS_MAX];
    struct csv_columns *columns[WORKERS_MAX];
    pthread_t threads[WORKERS_MAX];
    int worker_count, thread_count;
    pthread_mutex_t lock;
    pthread_cond_t filled, done;
    uint64_t next_ticket, filled_count;
    bool ended;
};

/* ------------------------------------------------------------- a worker */
static int keep_member(void *ctx, struct text key, uint64_t line,
                       uint32_t element, struct text image)
{
    struct piece *p = ctx;
    struct member_head head = { line, element, (uint32_t)key.len,
                                (uint32_t)image.len, 0 };
    buf_put(&p->members, &head, sizeof head);
    buf_put(&p->members, key.ptr, key.len);
    buf_put(&p->members, image.ptr, image.len);
    return 0;
}

static void work_rows(struct crew *c, int number, struct piece *p)
{
    struct worker *w = &c->workers[number];
    struct rows rows;
    rows_open_piece(&rows, c->head, &p->rows, w->plan, c->columns[number]);
    p->failed = worker_take_rows(w, &rows, c->groups ? keep_member : NULL, p,
                                 NULL, &w->err) != 0;
}

static void work_groups(struct crew *c, int number, struct piece *p)
{
    for (size_t i = 0; i < p->group_count && !p->failed; i++)
        p->failed = worker_take_group(&c->workers[number],
                                      p->groups[i].members,
                                      p->groups[i].count) != 0;
}

static void work_piece(struct crew *c, int number, struct piece *p)
{
    c->workers[number].out = &p->out;
    c->workers[number].held = &p->held;
    if (c->grouping)
        work_groups(c, number, p);
    else
        work_rows(c, number, p);
}

struct seat { /* what a thread starts with */
    struct crew *crew;
    int number;
};

static void *work(void *arg)
{
    struct seat *seat = arg;
    struct crew *c = seat->crew;
    pthread_mutex_lock(&c->lock);
    for (;;) {
        while (c->next_ticket == c->filled_count && !c->ended)
            pthread_cond_wait(&c->filled, &c->lock);
        if (c->next_ticket == c->filled_count)
            break;
        struct piece *p = &c->pieces[c->next_ticket++ % c->piece_count];
        pthread_mutex_unlock(&c->lock);
        work_piece(c, seat->number, p);
        pthread_mutex_lock(&c->lock);
        p->state = PIECE_DONE;
        pthread_cond_signal(&c->done);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* ------------------------------------------------------------- pieces */
static int fill_groups(struct crew *c, struct piece *p, struct error *err)
{
    size_t members = 0;
    int got = 1;
    arena_reset(&p->arena);
    p->group_count = 0;
    p->groups = arena_alloc(&p->arena, GROUPS_PER_PIECE * sizeof *p->groups);
    while (p->group_count < GROUPS_PER_PIECE && members < MEMBERS_PER_PIECE) {
        struct handful *g = &p->groups[p->group_count];
        got = groups_next(c->groups, &p->arena, &g->members, &g->count, err);
        if (got <= 0)
            break;
        members += g->count;
        p->group_count++;
    }
    return got < 0 ? -1 : p->group_count > 0;
}

static int write_buf(struct buf *buf, struct output *out, struct error *err)
{
    struct buf own = out->buf;
    out->buf = *buf;
    int result = output_flush(out, err);
    *buf = out->buf;
    out->buf = own;
    return result;
}

static int add_members(struct crew *c, struct piece *p, struct error *err)
{
    const char *at = p->members.ptr, *end = at + p->members.len;
    struct member_head head;
    if (p->members.full)
        return error_set(err, ERROR_INPUT, "the rows are too large to group");
    for (; at < end; at += head.key_len + head.image_len) {
        memcpy(&head, at, sizeof head);
        at += sizeof head;
        struct text key = { at, head.key_len };
        struct text image = { at + head.key_len, head.image_len };
        if (groups_add(c->groups, key, head.line, head.element, image, err))
            return -1;
    }
    buf_reset(&p->members);
    return 0;
}

static int settle_piece(struct crew *c, struct piece *p, struct error *err)
{
    p->state = PIECE_FREE;
    if (p->members.len && add_members(c, p, err) != 0)
        return -1;
    if (write_buf(&p->out, c->out, err) || write_buf(&p->held, c->held, err))
        return -1;
    return p->failed ? -1 : 0;
}

/* Waits for the piece to be done, and takes what became of it. */
static int finish_piece(struct crew *c, struct piece *p, struct error *err)
{
    pthread_mutex_lock(&c->lock);
    while (p->state == PIECE_FILLED)
        pthread_cond_wait(&c->done, &c->lock);
    bool done = p->state == PIECE_DONE;
    pthread_mutex_unlock(&c->lock);
    return done ? settle_piece(c, p, err) : 0;
}

static void hand_out(struct crew *c, struct piece *p)
{
    pthread_mutex_lock(&c->lock);
    p->state = PIECE_FILLED;
    c->filled_count++;
    pthread_cond_signal(&c->filled);
    pthread_mutex_unlock(&c->lock);
}

/* One pass: all pieces there are, in order. */
static int run_pieces(struct crew *c, struct error *err)
{
    uint64_t first = c->filled_count, seq = first;
    int result = 0, got = 1;
    while (result == 0 && got > 0) {
        struct piece *p = &c->pieces[seq % c->piece_count];
        result = finish_piece(c, p, err);
        if (result != 0)
            break;
        got = c->grouping ? fill_groups(c, p, err)
                          : rows_cut(c->head, &p->rows, err);
        if (got > 0) {
            hand_out(c, p);
            seq++;
        }
    }
    uint64_t at = seq > first + c->piece_count ? seq - c->piece_count : first;
    for (; at < seq && result == 0; at++)
        result = finish_piece(c, &c->pieces[at % c->piece_count], err);
    return got < 0 ? -1 : result;
}

/* ------------------------------------------------------------- the crew */
static int start_crew(struct crew *c, struct seat *seats,
                      const struct worker *first, struct error *err)
{
    c->piece_count = (size_t)c->worker_count * PIECES_PER_WORKER;
    c->pieces = mem_zalloc(c->piece_count * sizeof *c->pieces);
    for (size_t i = 0; i < c->piece_count; i++) {
        buf_init(&c->pieces[i].out, (size_t)1 << 30);
        buf_init(&c->pieces[i].held, (size_t)1 << 30);
        buf_init(&c->pieces[i].members, (size_t)1 << 30);
        arena_init(&c->pieces[i].arena);
    }
    for (int i = 0; i < c->worker_count; i++) {
        struct worker *w = &c->workers[i];
        if (worker_open(w, c->m, err) != 0)
            return -1;
        w->writer = first->writer;
        c->columns[i] = rows_columns_for(&w->plan_arena, c->head, w->plan);
        seats[i] = (struct seat){ c, i };
    }
    for (; c->thread_count < c->worker_count; c->thread_count++)
        if (pthread_create(&c->threads[c->thread_count], NULL, work,
                           &seats[c->thread_count]) != 0)
            return error_set(err, ERROR_STORE, "cannot start a thread");
    return 0;
}

static void end_crew(struct crew *c, struct error *err)
{
    pthread_mutex_lock(&c->lock);
    c->ended = true;
    pthread_cond_broadcast(&c->filled);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; i < c->thread_count; i++)
        pthread_join(c->threads[i], NULL);
    for (int i = 0; i < c->worker_count; i++)
        if (c->workers[i].err.kind != ERROR_NONE && err->kind == ERROR_NONE)
            *err = c->workers[i].err;
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
        struct piece *p = &c->pieces[i];
        buf_fini(&p->out);
        buf_fini(&p->held);
        buf_fini(&p->members);
        arena_fini(&p->arena);
        mem_free(p->rows.buffer);
    }
    mem_free(c->pieces);
    groups_free(c->groups);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->filled);
    pthread_cond_destroy(&c->done);
}

static int both_passes(struct crew *c, struct error *err)
{
    int result = run_pieces(c, err);
    if (result != 0 || !c->groups)
        return result;
    groups_rewind(c->groups);
    c->grouping = true; /* nobody works now; the lock of hand_out shows it */
    return run_pieces(c, err);
}

int crew_run(struct mapping *m, struct worker *sum, struct rows *head,
             struct output *out, struct output *held, struct error *err)
{
    struct seat seats[WORKERS_MAX];
    struct crew *c = mem_zalloc(sizeof *c);
    c->m = m;
    c->head = head;
    c->out = out;
    c->held = held;
    c->worker_count = mapping_threads(m->options);
    if (m->flow->per)
        c->groups = groups_new(m->options->group_memory);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->filled, NULL);
    pthread_cond_init(&c->done, NULL);
    int result = output_flush(out, err); /* a header comes first */
    if (result == 0)
        result = start_crew(c, seats, sum, err);
    if (result == 0)
        result = both_passes(c, err);
    end_crew(c, err);
    close_crew(c, sum);
    mem_free(c);
    return result;
}
