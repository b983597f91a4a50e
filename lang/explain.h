/* A checked flow in sentences: what it does, how it reads, looks up and
 * writes, and what that costs in calls. */
#ifndef MLC_LANG_EXPLAIN_H
#define MLC_LANG_EXPLAIN_H

#include "lang/program.h"

void explain_flow(const struct program *p, const struct flow *f,
                  struct buf *out);

#endif
