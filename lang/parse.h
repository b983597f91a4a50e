/* What lexer, grammar and the functions of parse*.c share while one source is
 * read. Nothing outside these files includes it; lang/ast.h is the door.
 *
 * The lexer mends as it reads: a word of another language is reported and
 * the right token handed on, so that one mistake gives one message and the
 * tree is what was meant. */
#ifndef MLC_LANG_PARSE_H
#define MLC_LANG_PARSE_H

#include "lang/ast.h"

#define SOURCE_MAX ((size_t)16 << 20) /* bytes of a file */
#define NAME_MAX_LEN 200              /* bytes of a name */
#define TEXT_MAX_LEN 65536            /* bytes of a text in quotes */
#define BRACKETS_MAX 200              /* brackets open at a time */
#define PENDING_MAX 4                 /* tokens handed on before the next */

struct chain { /* a list under construction */
    struct node *first, *last;
};

struct doc { /* ### lines, and where the token after them starts */
    struct text text;
    uint32_t before;
    struct doc *next;
};

enum object_place { /* where in an `object` form the lexer is */
    OBJECT_NONE,
    OBJECT_HEAD,  /* before its brace */
    OBJECT_FACTS, /* facts may come */
    OBJECT_FIELD, /* a field's name comes */
    OBJECT_TYPE,  /* its type comes */
    OBJECT_FLAGS, /* flags, `from`, or the next field */
};

struct bracket {
    char open;
    bool becomes_list; /* `IN (` read as `is one of [` */
    uint32_t at;
};

struct token {
    int kind;
    struct text text;
    struct span span;
};

struct lex {
    void *scanner;
    struct text text;   /* what is scanned; a newline follows it */
    uint32_t base;      /* its offset in the source */
    uint32_t source;
    uint32_t pos;       /* end of the token in hand, in the source */
    bool first_on_line; /* nothing but blanks before the token in hand */
    struct token prev, prev2;
    struct token pending[PENDING_MAX];
    int pending_count;
    struct bracket open[BRACKETS_MAX];
    int depth;
    bool too_deep;
    int start;           /* token of the entry, handed on first */
    uint32_t equals_at;  /* this `=` was reported and means `is` */
    bool in_define;      /* its head, up to `=` */
    int test_depth;      /* brackets open around a test's braces, or 0 */
    enum object_place place;
    int object_depth;    /* brackets open inside its braces */
    int fact_names;      /* names the fact in hand may still take */
    bool fact_changes;
    int object_base;     /* brackets open around its braces */
    int skip_to;         /* after an error: drop tokens down to this depth */
    bool skipping;
    bool in_hole;
    bool in_expression;  /* all of it is one expression */
    bool closing;        /* handing on brackets that were never closed */
    bool swallow_line;   /* drop tokens up to the next line */
    int swallow_depth;   /* or up to a bracket that closes what is outside */
    bool prev_first;     /* prev was the first of its line */
    uint32_t left_open;  /* a bracket that `}` in hand closed over, + 1 */
    struct token held;   /* the token after those */
    struct comment *last_comment;
    struct doc *last_doc;
    bool table_head;     /* a table's head, up to its brace */
    int table_depth;     /* brackets open around a table's rows, or 0 */
    int for_depth;       /* brackets open around a `for` read as `for each` */
    uint32_t not_told;   /* end of a `not` told with the LIKE behind it */
    size_t eat;          /* bytes behind the word in hand that go with it */
    uint32_t told_until; /* end of a line whose odd signs were told */
    bool doc_open;       /* the last doc still waits for its token */
};

struct parse {
    struct diag *method; /* the last method told, and where it ends */
    uint32_t method_end;
    uint32_t method_told; /* end of an `x => …` that says what its method says */
    struct arena *arena;
    struct sources *sources;
    struct diags *diags;
    struct tree *tree;
    struct lex *lex;
    struct node *result;
    struct doc *docs, *doc_at;
    int bodies[BRACKETS_MAX]; /* depth of each open body of statements */
    int body_count;
    bool height_told, utf8_told;
    bool swapped; /* target <- source: told */
    bool recovered; /* the last statement was a mistake */
    size_t errors;
    int holes; /* how deep in texts with holes */
};

/* parse.c: nodes */
struct node *node_new(struct parse *p, enum node_kind kind, struct span span);
struct node *node_text(struct parse *p, enum node_kind kind, struct span span,
                       struct text text, struct span name_span);
void node_kid(struct parse *p, struct node *n, int index, struct node *kid);
struct node *node_pair(struct parse *p, enum node_kind kind, struct span span,
                       struct node *a, struct node *b);
struct node *node_compare(struct parse *p, enum compare_op op,
                          struct span span, struct node *a, struct node *b);
void chain_add(struct chain *chain, struct node *n);
struct node *node_name(struct parse *p, struct text name, struct span span);
void node_take_doc(struct parse *p, struct node *n);

/* parse_literal.c */
struct node *literal_number(struct parse *p, struct text t, struct span span);
struct node *literal_percent(struct parse *p, struct text t, struct span span);
struct node *literal_money(struct parse *p, struct text t, struct span span);
struct node *literal_date(struct parse *p, struct text t, struct span span);
struct node *literal_time(struct parse *p, struct text t, struct span span);
struct node *literal_duration(struct parse *p, struct text t,
                              struct span span);
struct node *literal_negate(struct node *n, struct span span);
bool currency_is_known(struct text code); /* ISO 4217 */

/* parse_text.c: what stands in quotes and backticks */
struct node *text_with_holes(struct parse *p, struct text raw,
                             struct span span);
struct node *text_plain(struct parse *p, struct text raw, struct span span);
struct node *text_pattern(struct parse *p, struct text raw, struct span span);
struct text name_decode(struct parse *p, struct text raw); /* no backticks */
struct node *path_node(struct parse *p, struct text raw, struct span span);
struct node *path_more(struct parse *p, struct node *path, struct text raw,
                       struct span span);

/* parse_build.c: what the grammar's longer actions do */
struct node *build_object(struct parse *p, struct text app, struct text name,
                          struct span app_span, struct span name_span);
struct node *build_field_value(struct parse *p, enum node_kind kind,
                               struct text raw, struct span field,
                               struct span span, struct node *value);
struct node *build_add(struct parse *p, struct node *path, struct node *each,
                       struct node *body, struct span span);
struct node *build_call(struct parse *p, struct text name,
                        struct span name_span, struct span span,
                        struct node *args);
/* parse_method.c: x.f(y), `a if c else b`, `c ? a : b`, `x in y`, told. */
struct node *build_method(struct parse *p, struct node *receiver,
                          struct text name, struct span name_span,
                          struct span span, struct node *args);
struct node *build_choice(struct parse *p, struct span span, struct node *c,
                          struct node *yes, struct node *no);
struct node *build_in(struct parse *p, struct span span, struct node *left,
                      struct node *right, struct span word, bool not);
/* `x not between a and b`, told: the opposite of `compare`. */
struct node *build_not(struct parse *p, struct node *compare,
                       struct span word);
/* A name in double quotes, `a -> B` for `B = a`, a flow with a title alone,
 * told. */
void build_quoted_name(struct parse *p, struct text raw, struct span span);
void build_arrow_told(struct parse *p, struct span all, struct text from,
                      struct text to);
void build_flow_told(struct parse *p, struct text title, struct span span);
/* find x App.o, find first x in App.o, find x from App.o, told. */
void build_find_told(struct parse *p, struct span at, const char *insert,
                     struct text word, struct span name);
void build_reason_last(struct parse *p, struct span verb, struct span reason,
                       struct span condition, struct span all);
void build_unless(struct parse *p, struct text word, struct span at,
                  struct span condition);
void build_gone_told(struct parse *p, struct span field, struct span value);
/* define f(x text) { value }, and a parameter without a type, told. */
void build_braced_define(struct parse *p, struct span open, struct span close);
struct node *build_bare_param(struct parse *p, struct text name,
                              struct span span);
/* "2024-12-31" where a date stands, told. */
void build_quoted_date(struct parse *p, struct span span);
struct node *build_verb_when(struct parse *p, enum verb verb,
                             struct span span, struct node *condition,
                             struct node *message);
struct node *build_log(struct parse *p, struct text name, struct span span);
struct node *build_set_field(struct parse *p, struct text raw,
                             struct span field, struct span span,
                             struct node *value);
struct node *build_field_decl(struct parse *p, struct text name,
                              struct span name_span, struct span span,
                              struct node *type, struct node *flags);
struct node *build_table(struct parse *p, struct text name,
                         struct span name_span, struct span span,
                         struct node *keys, struct node *values);
struct node *build_flow(struct parse *p, struct span span, struct node *source,
                        struct node *target, struct node *mods,
                        struct node *body);
void build_flow_label(struct parse *p, struct node *flow, struct node *name,
                      struct node *was, struct node *title);
struct node *build_expect_verb(struct parse *p, enum verb verb,
                               struct span verb_span, struct span span,
                               struct node *message);
struct node *build_fact(struct parse *p, struct text name,
                        struct span name_span, struct span span,
                        struct node *args, struct node *by);
/* Bodies in braces, and where to go on after a mistake. */
void build_body_open(struct parse *p);
void build_body_close(struct parse *p);
enum recover { RECOVER_ITEM, RECOVER_STATEMENT, RECOVER_CLAUSE, RECOVER_FIELD };
enum recovery {
    RECOVERY_TRY,  /* the token in hand may go on */
    RECOVERY_SURE, /* it starts something new: mistakes count again */
    RECOVERY_DROP, /* it belongs to what was wrong */
};
enum recovery build_recover(struct parse *p, enum recover what, int token);

/* parse_word.c: words.def and the words of object forms */
struct word {
    const char *text;
    int token;
    const char *group, *help;
};
int word_token(struct text t); /* KEY and VALUE words; 0: a name */
size_t word_count(void);
const struct word *word_row(size_t index);
int object_word(struct lex *lex, struct text t); /* a token */
bool type_word(struct text t);

/* parse_habit.c: the spellings of other languages */
struct diag *habit(struct parse *p, struct span span, const char *replacement,
                   const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The token a word of SQL, Excel or a programming language stands for, after
 * reporting it; 0: it is a name. */
int habit_word(struct parse *p, struct text t, struct span span);
/* parse_form.c: a whole IF(…), AND(…), CAST(…) or CASE … END that `word`
 * begins, told; its bytes behind the word, or 0. */
size_t lex_to_bracket(const struct lex *lex, size_t at); /* bytes up to it */
/* function f(x) { return … }, def f(x): return …, told; its bytes behind the
 * word, or 0. */
size_t lex_function(struct parse *p, struct span span);
size_t lex_form(struct parse *p, struct text word, struct span span);
struct diag *parse_error(struct parse *p, const char *code, struct span span,
                         const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What the scanner's rules call; each reports and says what to go on with. */
int lex_field(struct parse *p, struct text t, struct span span);
int lex_equals(struct parse *p, struct span span);
int lex_short_duration(struct parse *p, struct token *tok, struct span span,
                       const char *text);
int lex_half_day(struct parse *p, struct span span, const char *text);
bool lex_semicolon(struct parse *p, struct span span);
int lex_join(struct parse *p, struct span span, const char *sign);
int lex_like(struct parse *p, struct span span, struct text t);
int lex_in_list(struct parse *p, struct token *tok, size_t at, size_t len);
int lex_money(struct parse *p, struct text t, struct span span);
/* 10 euro, €10, 21 percent, 1.000,50: told, and taken for what they mean. */
int lex_currency_word(struct parse *p, struct token *tok, size_t at,
                      size_t len);
int lex_currency_sign(struct parse *p, struct token *tok, size_t at,
                      size_t len);
int lex_percent_word(struct parse *p, struct token *tok, size_t at, size_t len);
/* Bytes of the number alone when it is none of these, else 0. */
int lex_local_number(struct parse *p, struct token *tok, size_t at, size_t len);
/* A comma between two rows of a table, told. */
bool lex_row_comma(struct parse *p, struct span span);
size_t lex_number_len(const char *text, size_t len);
bool lex_is_glued(const char *text, size_t len);
size_t lex_string(struct parse *p, size_t at, size_t len);
int lex_typographic(struct parse *p, struct token *tok, size_t at, size_t len);
void lex_single_quotes(struct parse *p, struct span span);
bool lex_told_here(struct parse *p, struct span span);
bool lex_unclosed(struct parse *p, struct span span, const char *what);
void lex_local_date(struct parse *p, struct span span, const char *text);
void lex_time(struct parse *p, struct span span, const char *text, size_t len);
void lex_bad_number(struct parse *p, struct span span, struct text t);
void lex_template(struct parse *p, struct span span, struct text t);
void lex_new_date(struct parse *p, struct span span, struct text t);
void lex_foreign_comment(struct parse *p, struct span span);
void lex_hole_quote(struct parse *p, struct span span);
void lex_foreign_word(struct parse *p, struct span span, struct text t);
void lex_stray(struct parse *p, struct span span);
int lex_sign(struct parse *p, struct text t, struct span span, int *len);

/* parse_lex.c: tokens between the scanner and the grammar */
void lex_open(struct parse *p, struct lex *lex, struct text text,
              uint32_t base, int start);
void lex_close(struct lex *lex);
int lex_word(struct parse *p, struct text t, struct span span);
bool lex_wants_operand(const struct lex *lex);
/* Does a statement of a flow's body begin here? */
bool lex_in_body(const struct lex *lex, struct text t);
struct text lex_rest(const struct lex *lex); /* text after the token in hand */
void lex_comment(struct parse *p, struct span span);
void lex_swallow_line(struct lex *lex);
void lex_pend(struct parse *p, int kind, struct text text, struct span span);

#endif
