/* Tests written beside flows: the real evaluation on given records, tables
 * and day, in memory. Every written, held, rejected or stopped record must be
 * told of by an `expect`. */
#ifndef MLC_RUNTIME_FLOWTEST_H
#define MLC_RUNTIME_FLOWTEST_H

#include "base/map.h"
#include "lang/program.h"

/* A line of what went wrong; `span` says where the test says otherwise. */
struct flowtest_note {
    struct span span;
    struct text text;
    struct flowtest_note *next;
};

struct flowtest_result {
    bool passed;
    struct flowtest_note *notes;
    int64_t micros; /* time it took */
};

/* What tests reach, over all of them. */
struct flowtest_point {
    const char *what; /* outcome, row, arm */
    const struct flow *flow;
    struct span span;
    uint64_t times;
};
struct flowtest_coverage {
    struct arena *arena;
    struct map points; /* text → struct flowtest_point */
};

/* Runs one test; notes lie in `arena`. `now_us` is the clock when the test
 * gives no day. `coverage` may be NULL. */
void flowtest_run(struct program *program, const struct test *test,
                  struct arena *arena, int64_t now_us,
                  struct flowtest_coverage *coverage,
                  struct flowtest_result *out);

#endif
