/* One worker of a mapping: takes records, appends what becomes of them to its
 * buffers. Between mapping.c, mapping_crew.c and
 * mapping_group.c. */
#ifndef MLC_RUNTIME_MAPPING_WORK_H
#define MLC_RUNTIME_MAPPING_WORK_H

#include "runtime/mapping_find.h"
#include "runtime/rows.h"

struct mapping {
    const struct program *program;
    const struct flow *flow;
    const struct mapping_options *options;
    struct arena arena; /* lives as long as the run */
    struct compiled *compiled;
    struct file_finds *finds;
    struct rows_options in, out;
    bool wants_held;
};

struct worker {
    struct mapping *m;
    struct arena plan_arena, arena; /* of the plans; of one record */
    struct record_plan *plan;
    struct row_writer writer;
    struct eval_env env;
    struct buf *out, *held;
    struct buf told; /* lines for people, the first ones */
    struct buf image; /* of one record, packed */
    struct mapping_counts counts;
    bool stopped;
    struct error err;
};

int worker_open(struct worker *w, struct mapping *m, struct error *err);
void worker_close(struct worker *w);
/* What the record became; 0, or -1 when the run must end (w->err). */
int worker_take(struct worker *w, const struct eval_input *input,
                uint64_t line, struct text raw);
void worker_reject(struct worker *w, uint64_t line,
                   const struct record_fault *fault);
void worker_settle(struct worker *w, const struct evaluated *e,
                   const struct record *source, uint64_t line,
                   struct text raw);

/* Groups of `one per`. */
struct groups;
struct groups *groups_new(size_t memory);
void groups_free(struct groups *g);
/* Keeps one member: `image` is its packed record. */
int groups_add(struct groups *g, struct text key, uint64_t line,
               uint32_t element, struct text image, struct error *err);
/* When all are in: the groups in order of their first members. 1, 0 after the
 * last, -1. Images lie in the groups or in `arena`. */
struct group_member {
    uint64_t line;
    uint32_t element;
    struct text image;
};
void groups_rewind(struct groups *g);
int groups_next(struct groups *g, struct arena *arena,
                struct group_member **members, size_t *count,
                struct error *err);

/* ------------------------------------------------------------- the stages */
/* Elements of the record with the keys of their groups, one by one; a record
 * that has no key is settled. */
int worker_group(struct worker *w, const struct record *record, uint64_t line,
                 struct text raw,
                 int (*put)(void *ctx, struct text key, uint64_t line,
                            uint32_t element, struct text image),
                 void *ctx);
/* One group, evaluated; -1 when the run must end. */
int worker_take_group(struct worker *w, const struct group_member *members,
                      size_t count);
/* All rows of `rows`. Groups go to `put`. */
int worker_take_rows(struct worker *w, struct rows *rows,
                     int (*put)(void *ctx, struct text key, uint64_t line,
                                uint32_t element, struct text image),
                     void *ctx, int (*row_done)(void *ctx), struct error *err);
/* The flow over a file in pieces, by several threads, in order. */
int crew_run(struct mapping *m, struct worker *sum, struct rows *head,
             struct output *out, struct output *held, struct error *err);
int mapping_threads(const struct mapping_options *options);

#endif
