/* Why records wait, in a form that is kept: reasons as JSON
 *   [{"verb","message","file","line","values","object","field","key",
 *     "table","failure"}]
 * with the keys whose appearance wakes the record. */
#ifndef MLC_RUNTIME_HOLDS_H
#define MLC_RUNTIME_HOLDS_H

#include "runtime/eval.h"
#include "runtime/store.h"

#define AWAITS_MAX 64

/* What a plan keeps of a record that is not written. */
struct held {
    struct text message; /* of the first reason */
    struct text reasons; /* JSON */
    struct text group;   /* the sentence without its values */
    int64_t line;
    struct hold_await awaits[AWAITS_MAX];
    size_t await_count;
};

/* Of an evaluation; `label` names the object a site looks in. */
void held_of_reasons(struct arena *arena, const struct program *program,
                     const struct reason *reasons, struct held *out);
/* Of what a system or the engine itself says. */
void held_of_message(struct arena *arena, struct text message,
                     struct text group, struct text values, struct held *out);
/* Reasons (or warnings) alone, as JSON. */
struct text reasons_json(struct arena *arena, const struct program *program,
                         const struct reason *reasons);
/* Awaits out of the JSON again. */
void held_read_awaits(struct arena *arena, struct text reasons,
                      struct held *out);
/* For people: each reason with its line and values. */
void reasons_text(struct text reasons, const char *indent, struct buf *out);

#endif
