/* Evaluates an expression without records, for tests of functions: literals,
 * lists, calls, comparisons, `not`. Everything else is the evaluator's. */
#ifndef MLC_TESTS_LIB_EXPRESSION_H
#define MLC_TESTS_LIB_EXPRESSION_H

#include "runtime/fn.h"

struct trial {
    struct arena arena;
    struct fn_env env;
    struct sources sources;
    struct diags diags;
    struct fn_failure why;
    const char *broken; /* the test itself is wrong: told here */
};

void trial_init(struct trial *t);
void trial_fini(struct trial *t);
/* 0 and the value, or -1: `why` or `broken` says why not. */
int trial_evaluate(struct trial *t, const char *expression, struct value *out);
/* The value as text, or "failure: …". */
const char *trial_text(struct trial *t, const char *expression);

#endif
