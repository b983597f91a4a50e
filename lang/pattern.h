/* The patterns of `matches`: what may stand in one, told before anything
 * runs. A pattern covers the whole text. Allowed are characters, `.`, classes
 * [a-z] and [^a-z], \d \w \s \D \W \S, \p{L} \p{Lu} \p{Ll} \p{N}, groups ( ),
 * `|`, and after one of these * + ? {m} {m,} {m,n}. Everything that would need
 * going back (back-references, look-around, lazy and possessive forms) is
 * refused, so that matching takes time in proportion to the text. */
#ifndef MLC_LANG_PATTERN_H
#define MLC_LANG_PATTERN_H

#include "base/text.h"

#define PATTERN_LEN_MAX 1000  /* bytes */
#define PATTERN_DEPTH_MAX 20  /* groups in groups */
#define PATTERN_REPEAT_MAX 1000 /* of one element, nested repeats multiplied */

/* False: `*why` is a sentence (lower case, no full stop) and [*at, *end) the
 * bytes of the pattern at fault. */
bool pattern_is_sound(struct text pattern, const char **why, size_t *at,
                      size_t *end);
/* Is it sure that the sound `pattern` does not cover `text`? False also where
 * only a running program can tell: letters beyond ASCII in \p{…}, long texts. */
bool pattern_refuses(struct text pattern, struct text text);

#endif
