/* A checked flow read aloud, as Markdown: what it does in sentences, then a
 * table of where each field comes from. */
#ifndef MLC_LANG_ALOUD_H
#define MLC_LANG_ALOUD_H

#include "lang/program.h"

void aloud_flow(const struct program *p, const struct flow *flow,
                struct arena *arena, struct buf *out);

#endif
