/* Programs by chance: every production of the grammar, odd blanks, line ends
 * and comments between the words. The same seed gives the same program. */
#ifndef MLC_TESTS_LIB_PROGRAM_H
#define MLC_TESTS_LIB_PROGRAM_H

#include "base/text.h"

void program_random(uint64_t seed, struct buf *out);

#endif
