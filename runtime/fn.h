/* Calling the functions of the language. Pure: the result depends on the
 * arguments and on what stands in `fn_env`, nothing else. Those with the flag
 * BUILTIN_ENGINE are the evaluator's and never come here. */
#ifndef MLC_RUNTIME_FN_H
#define MLC_RUNTIME_FN_H

#include "lang/builtins.h"
#include "runtime/value.h"

struct fn_env {
    struct arena *arena; /* results live here: the batch's */
    int64_t now_us;      /* frozen for the run */
    struct text timezone; /* of the flow; empty: UTC */
};

struct fn_failure {
    struct text message; /* a sentence with the values, in `arena` */
};

/* 0 and `*out`, or -1 and `*why`. When an argument that is required is
 * missing the result is missing and the function is not called. A
 * comprehension is given as its VALUE_LIST, a table of dates as the list of
 * its keys, a word as text. Text results may point into the arguments. */
int fn_call(const struct builtin *b, const struct fn_env *env,
            const struct value *args, size_t count, struct value *out,
            struct fn_failure *why);
/* join(words(t), " ") in one go; false when there may be too many words. */
bool fn_spaced(struct arena *arena, struct text t, struct text *out);
/* round(a / b, decimals) and its like, with one division; `decimals` may be
 * NULL. `b` is one with BUILTIN_DIVISION. */
int fn_round_quotient(const struct builtin *b, const struct fn_env *env,
                      const struct value *numerator,
                      const struct value *denominator,
                      const struct value *decimals, struct value *out,
                      struct fn_failure *why);

#endif
