/* One worker of a mapping: takes records, appends what becomes of them to its
 * buffers. Between mapping.c and mapping_group.c. */
#ifndef MLC_RUNTIME_MAPPING_WORK_H
#define MLC_RUNTIME_MAPPING_WORK_H

#include "runtime/mapping_find.h"
#include "runtime/rows.h"

struct crew;

struct mapping {
    const struct program *program;
    const struct flow *flow;
    const struct mapping_options *options;
    struct arena arena; /* lives as long as the run */
    struct compiled *compiled;
    struct file_finds *finds;
    struct rows_options in, out;
    bool wants_held;
    struct crew *crew; /* the threads, while there are any */
};

struct worker {
    struct mapping *m;
    struct arena plan_arena, arena; /* of the plans; of one record */
    struct record_plan *plan;
    struct row_writer writer;
    struct eval_env env;
    struct buf *out, *held;
    struct buf told; /* lines for people, the first ones */
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
/* Calls `take` for each group in order of its first member. */
struct group_member {
    uint64_t line;
    uint32_t element;
    struct text image;
};
int groups_each(struct groups *g,
                int (*take)(void *ctx, const struct group_member *members,
                            size_t count),
                void *ctx, struct error *err);

#endif
