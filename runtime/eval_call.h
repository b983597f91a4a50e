/* Calls of the standard library and of what only a run knows. Between the
 * eval*.c files. */
#ifndef MLC_RUNTIME_EVAL_CALL_H
#define MLC_RUNTIME_EVAL_CALL_H

#include "runtime/ir.h"

enum got eval_call(struct frame *f, const struct ir *n, struct value *out);
enum got eval_spaced(struct frame *f, const struct ir *n, struct value *out);
enum got eval_today(struct frame *f, const struct ir *n, struct value *out);
enum got eval_record_key(struct frame *f, const struct ir *n,
                         struct value *out);
/* "matches": -1 when it could not be decided. */
int eval_matches(struct frame *f, struct text text, struct text pattern);

#endif
