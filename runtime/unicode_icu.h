/* Letters beyond ASCII. Owner of ICU, which is loaded when the first such
 * letter is met: most runs never need it. Without the library the program
 * ends and says what to install. */
#ifndef MLC_RUNTIME_UNICODE_ICU_H
#define MLC_RUNTIME_UNICODE_ICU_H

#include "base/text.h"

/* One code point into one: lengths never change. */
int32_t unicode_upper(int32_t c);
int32_t unicode_lower(int32_t c);
int32_t unicode_title(int32_t c);
bool unicode_is_letter(int32_t c);
/* Latin and Greek letters without their accents, Latin ligatures and letters
 * with strokes as plain ones; everything else as it is. */
struct text unicode_fold(struct arena *arena, struct text t);

/* The text in its composed form (NFC): an e with its accent is one character,
 * however it was typed. What is no UTF-8 stays as it is. */
void unicode_compose(struct text t, struct buf *out);

#endif
