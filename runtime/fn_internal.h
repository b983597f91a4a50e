/* What the files of functions share; nobody else includes it. A function gets
 * arguments that are present (but for parameters that take missing) and as
 * many as its row allows; it sets `*out` and returns 0, or says why not. */
#ifndef MLC_RUNTIME_FN_INTERNAL_H
#define MLC_RUNTIME_FN_INTERNAL_H

#include "runtime/fn.h"

/* A text that a function makes; longer ones are a mistake of the flow. */
#define FN_TEXT_MAX ((size_t)16 << 20)
#define FN_LIST_MAX ((size_t)1 << 20)

struct fn_state {
    const struct builtin *b;
    const struct fn_env *env;
    struct fn_failure *why;
};

#define FN(name)                                                               \
    int call_##name(const struct fn_state *s, const struct value *a, size_t n,   \
                  struct value *out)

#define BUILTIN(name, category, signature, rule, flags, doc, x, y, z) FN(name);
#include "lang/builtins.def"
#undef BUILTIN

/* Sets the sentence and returns -1. */
int fn_fail(const struct fn_state *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "round: the result has more than 34 digits (1.5, 3)" */
int fn_fail_decimal(const struct fn_state *s, enum decimal_status status,
                    const struct value *a, size_t n);
/* A value for a sentence: texts in quotes, long ones cut. */
const char *fn_show(const struct fn_state *s, const struct value *v);
/* A whole number within bounds. */
int fn_whole(const struct fn_state *s, const struct value *v, const char *what,
             int64_t least, int64_t most, int64_t *out);
struct value fn_number_value(const struct value *like, struct decimal d);
struct value fn_integer(int64_t whole);
struct value fn_missing(void);
struct value fn_list(const struct fn_state *s, size_t count);
struct text fn_text_of(const struct value *v);

/* A zone of that name, or of the flow when `name` is empty. */
struct zone;
int fn_zone(const struct fn_state *s, struct text name,
            const struct zone **out);

/* Digits and letters only, capitals; blanks and the characters of `drop` are
 * left out. -1 when something else stands in it or `size` does not do. */
int fn_compact(struct text t, const char *drop, char *out, size_t size);

struct locale {
    const char *name, *group, *mark;
    bool groups_late;  /* 1234 stays, 12 345 is grouped */
    bool code_first;   /* EUR 1.234 */
};
const struct locale *fn_locale(struct text name);

#endif
