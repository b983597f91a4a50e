/* Running the patterns of `matches`. Owner of PCRE2, which is loaded with the
 * first pattern; without it the program ends and says what to install. */
#ifndef MLC_RUNTIME_TEXT_REGEX_H
#define MLC_RUNTIME_TEXT_REGEX_H

#include "base/text.h"

struct regex;

/* A pattern that pattern_is_sound accepts, ready to run; NULL and a sentence
 * when it is not one. Kept for the life of the process: equal patterns are
 * the same regex. Threads may share it. */
const struct regex *regex_find(struct text pattern, const char **why);
/* Does it cover the whole subject? Takes time in proportion to the subject
 * whatever the pattern. False also for text that is no UTF-8. */
bool regex_matches(const struct regex *regex, struct text subject);

#endif
