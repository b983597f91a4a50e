/* A body for a flow that is not filled in yet: guesses, to be confirmed by a
 * person. Every guess checks; what cannot be guessed stands as a comment. */
#ifndef MLC_LANG_SUGGEST_H
#define MLC_LANG_SUGGEST_H

#include "lang/lineage.h"
#include "lang/program.h"

/* What `flow`, which has a source and a target, does not set yet. */
void suggest_body(const struct flow *flow, const struct lineage_row *rows,
                  struct arena *arena, struct buf *out);

#endif
