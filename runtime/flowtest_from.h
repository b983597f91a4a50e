/* A test written from a record that was kept: what a flow reads of it, with
 * personal fields masked, and what became of it. */
#ifndef MLC_RUNTIME_FLOWTEST_FROM_H
#define MLC_RUNTIME_FLOWTEST_FROM_H

#include "base/error.h"
#include "lang/program.h"

struct flowtest_kept {
    struct text key;
    struct text record;  /* as the source sent it, JSON */
    struct text reasons; /* JSON of holds.h; empty: it was written */
};

/* Appends the test's text to `out`; -1 when the record cannot be read. */
int flowtest_from(const struct program *program, const struct flow *flow,
                  const struct flowtest_kept *kept, struct buf *out,
                  struct error *err);

#endif
