/* The functions of the language: what the checker, the manual and `mlc
 * explain` know of them. One row each in lang/builtins.def; what they compute
 * stands in runtime/fn_*.c and is called through runtime/fn.h.
 *
 * Signatures are text, read once: "(value text, count integer, [fill text])
 * text". Words for types:
 *   text       also enum words and ids       integer   a whole number
 *   number     also integer, percent         amount    number or money
 *   yes/no date time datetime money any list(T)
 *   dates      list(date), or a table whose first key is a date; the function
 *              gets the list of those keys
 *   a|b        either; word(up|down) a text constant, one of these words
 *   locale     a word of BUILTIN_LOCALES
 * `[name T]` may be left out, `name T...` is one or more, `T?` takes missing.
 * An optional value for any other parameter makes the result optional, and
 * the function is not called when it is missing. A parameter that is a list
 * may be given as `value for each x in list where c`.
 * Results: a type, `same` (the first argument's), `item` (of the first
 * argument's list), list(text), list(same), and `?` when it may be missing. */
#ifndef MLC_LANG_BUILTINS_H
#define MLC_LANG_BUILTINS_H

#include "lang/ast.h"
#include "lang/schema.h"

enum builtin_id {
#define BUILTIN(name, category, signature, rule, flags, doc, a, b, c)       \
    BUILTIN_##name,
#include "lang/builtins.def"
#undef BUILTIN
    BUILTIN_COUNT
};

/* What of an argument's facts the result keeps. */
enum builtin_rule {
    RULE_PLAIN,    /* nothing: unlimited length, unknown scale */
    RULE_KEEP,     /* length, scale and currency of the first argument */
    RULE_LEFT,     /* length: the last argument, or less */
    RULE_PAD,      /* length: the second argument, or more */
    RULE_REPLACE,  /* grows as the replacement is longer than the part */
    RULE_REPEAT,   /* length times the second argument */
    RULE_TEXT_OF,  /* length a text of that type can have */
    RULE_LENGTH_3, RULE_LENGTH_36, RULE_LENGTH_64,
    RULE_WIDEST,   /* largest scale of all arguments */
    RULE_ROUND,    /* scale: the second argument, 0 without one */
    RULE_WHOLE,    /* scale 0 */
    RULE_STEP,     /* scale: the larger of both arguments */
    RULE_MONEY,    /* scale of the first, currency from the second */
    RULE_CONVERT,  /* currency from the second, its minor units */
    RULE_VAT,      /* scale: third argument, else the currency's */
    RULE_SHARE,    /* list of the first, at least the currency's scale */
};

enum builtin_flag {
    BUILTIN_FAILS = 1,      /* computing it can fail */
    BUILTIN_FAILS_COUNT = 2, /* only when a number or text that is not
                                constant turns out unsuitable */
    BUILTIN_DIVISION = 4,   /* its first argument may be a / b, done once */
    BUILTIN_CLOCK = 8,      /* differs from run to run */
    BUILTIN_ZONE = 16,      /* needs `set timezone` (date, time: of a datetime) */
    BUILTIN_ENGINE = 32,    /* answered by the evaluator, not by fn_call */
    BUILTIN_OBJECT = 64,    /* its first argument names App.object */
};

#define BUILTIN_PARAMS_MAX 5

/* Countries and languages whose way of writing numbers is known. */
#define BUILTIN_LOCALES \
    "plain|nl|be|de|at|ch|fr|es|it|pt|pl|cs|da|nb|sv|fi|en|us|gb|ie"

struct builtin_param {
    struct text name;
    uint32_t kinds;      /* bits 1 << enum type_kind that fit */
    uint32_t item_kinds; /* of a list's items */
    bool optional;       /* may be left out */
    bool variadic;       /* stands for this and all further arguments */
    bool takes_missing;
    bool takes_table;    /* a table whose first key is a date */
    struct text words;   /* "up|down|hold", or empty */
};

enum result_form {
    RESULT_KIND,      /* `kind` */
    RESULT_SAME,      /* type of the first argument */
    RESULT_ITEM,      /* of the first argument's list; else the widest */
    RESULT_LIST,      /* list of `kind` */
    RESULT_LIST_SAME, /* list of the first argument's type */
};

struct builtin {
    enum builtin_id id;
    struct text name;
    const char *category, *signature, *doc;
    const char *examples[3]; /* expressions that are yes, or NULL */
    enum builtin_rule rule;
    unsigned flags;

    /* read from the signature */
    struct builtin_param params[BUILTIN_PARAMS_MAX];
    size_t param_count, least_args;
    enum result_form form;
    enum type_kind kind;
    bool result_optional;
};

/* The name here of a function known by `name` here or elsewhere, or NULL
 * (check_habit.c). */
const char *function_here(struct text name);
/* NULL when there is no function of that name. */
const struct builtin *builtin_find(struct text name);
const struct builtin *builtin_get(enum builtin_id id);
/* The parameter that argument `i` (from 0) is for; NULL: too many. */
const struct builtin_param *builtin_param(const struct builtin *b, size_t i);
/* Does parameter `p` take a value of this type, optionality aside? */
bool builtin_param_fits(const struct builtin_param *p, const struct type *type);
/* "text, number or money" */
void builtin_param_print(const struct builtin_param *p, struct buf *out);
bool builtin_param_is_list(const struct builtin_param *p);

/* An argument as the checker knows it. A table given for a parameter that
 * `takes_table` comes as list(date). */
struct builtin_arg {
    const struct type *type;
    bool constant; /* a literal, or a name that stands for one */
    struct decimal number; /* of a constant number, percent, amount */
    struct text text;      /* of a constant text without holes */
};

enum misuse_kind {
    MISUSE_TOO_FEW,
    MISUSE_RATE,          /* 21 where 21% is meant */
    MISUSE_TOO_MANY,
    MISUSE_TYPE,          /* wrong type of argument */
    MISUSE_MISSING_ITEMS, /* a list whose elements may be missing */
    MISUSE_MIXED,         /* min(1, 2025-01-01) */
    MISUSE_WORD,          /* not one of the words; `words` lists them */
    MISUSE_CONSTANT,      /* a value that can never work */
};

struct builtin_misuse {
    enum misuse_kind kind;
    size_t arg;           /* index of the argument, where there is one */
    const char *sentence; /* headline: lower case, no full stop */
    const char *hint;     /* or NULL */
    struct text words;
};

/* Type of the call's result, in `arena`; NULL when it cannot be called so,
 * and `why` says it. A TYPE_UNKNOWN argument fits everywhere and gives an
 * unknown result. */
const struct type *builtin_result(const struct builtin *b,
                                  const struct builtin_arg *args, size_t count,
                                  struct arena *arena,
                                  struct builtin_misuse *why);
/* Whether this very call can fail at run time; a division inside round(…) is
 * judged by itself. */
bool builtin_can_fail(const struct builtin *b, const struct builtin_arg *args,
                      size_t count);
/* One of the words of "up|down|hold"? */
bool builtin_word_is(struct text words, struct text word);

#endif
