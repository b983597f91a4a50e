/* The difference of two texts by lines, unified, three lines around it. */
#ifndef MLC_CLI_DIFF_H
#define MLC_CLI_DIFF_H

#include "base/text.h"

void diff_print(const char *path, struct text before, struct text after,
                struct buf *out);

#endif
