/* Patterns of `matches` and of catalogs: whole texts, classes, repeats and
 * alternatives, without groups to capture and without back references. The
 * owner of PCRE2. */
#ifndef MLC_RUNTIME_PATTERN_REGEX_H
#define MLC_RUNTIME_PATTERN_REGEX_H

#include "base/text.h"

struct pattern;

/* Kept for the life of the process; NULL when it is no pattern. */
const struct pattern *pattern_find(struct text pattern);
/* Does it match the whole text: 1, 0, or -1 when it took too many steps. */
int pattern_match(const struct pattern *p, struct text text);

#endif
