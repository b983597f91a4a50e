/* Two systems that are not there, for tests of the engine: Src.item is read,
 * Dst.thing {ID, Code, Name} is written. The test says how the items look and
 * plays both sides; the program, its state and its runs are made here. */
#ifndef MLC_TESTS_LIB_DOUBLES_H
#define MLC_TESTS_LIB_DOUBLES_H

#include "runtime/run.h"

struct doubles {
    /* As in struct port. */
    int (*read_source)(void *ctx, const struct read_spec *spec,
                       struct text next, struct arena *arena,
                       struct page *page, struct answer *answer,
                       struct error *err);
    int (*read_target)(void *ctx, const struct read_spec *spec,
                       struct text next, struct arena *arena,
                       struct page *page, struct answer *answer,
                       struct error *err);
    int (*request)(void *ctx, const struct write_spec *spec,
                   struct arena *arena, struct request *out,
                   struct error *err); /* NULL: doubles_request */
    int (*write)(void *ctx, struct write_call *call, struct error *err);
    int (*booked)(void *ctx, const struct object *object,
                  const struct text *ids, size_t count, struct arena *arena,
                  struct error *err);
    int batch_max, settle_ms;

    char folder[64];
    struct program program;
    const struct flow *flow;
    struct store *store;
};

extern struct doubles doubles;

/* A project of `item` (the body of object Src.item) and `flow` in a folder of
 * its own, under `place` or, with NULL, where it is fast; false after its
 * messages. */
bool doubles_load(const char *place, const char *item, const char *flow);
/* Opens the state; `anew`: without what was there. */
bool doubles_open(bool anew);
/* The records as they are, in one body. */
int doubles_request(void *ctx, const struct write_spec *spec,
                    struct arena *arena, struct request *out,
                    struct error *err);
/* One run by the faked or real clock; `sum` is the caller's to finish. */
int doubles_run(enum run_mode mode, struct summary *sum, struct error *err);
void doubles_end(void);
/* Bytes of the state file. */
int64_t doubles_state_bytes(void);

#endif
