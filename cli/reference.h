/* The parts of the language that are tables in the source, for help and
 * manual: `words` and `functions`. */
#ifndef MLC_CLI_REFERENCE_H
#define MLC_CLI_REFERENCE_H

#include <stdbool.h>
#include <stdio.h>

/* Prints topic `words` or `functions` as text, or in roff as a section of
 * mlc(7); false when there is no such topic. */
bool reference_print(const char *topic, bool roff, FILE *out);
extern const char *const reference_topics[]; /* NULL-ended */

#endif
