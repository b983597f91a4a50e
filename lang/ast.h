/* The tree of a flow file. The parser builds it and fills kind, span, text,
 * lit and kids; the checker fills type, symbol, field and builtin; formatter,
 * documentation and the compiler of the runtime read it. All nodes live in
 * the program's arena. What each kind holds is told in lang/nodes.def. */
#ifndef MLC_LANG_AST_H
#define MLC_LANG_AST_H

#include "base/date.h"
#include "base/decimal.h"
#include "base/diag.h"

#define NODE_KIDS 6

enum node_kind {
#define NODE(kind, word, a, b, c, d, e, f) NODE_##kind,
#include "lang/nodes.def"
#undef NODE
    NODE_KIND_COUNT
};

/* FLOW_source, FLOW_target, …: index of each kid. */
#define NODE(kind, word, a, b, c, d, e, f)                                  \
    enum kind##_kids {                                                      \
        kind##_##a, kind##_##b, kind##_##c, kind##_##d, kind##_##e, kind##_##f \
    };
#include "lang/nodes.def"
#undef NODE

#define KID(node, kind, name) ((node)->kid[kind##_##name])

enum verb {
    VERB_NONE,
    VERB_HOLD,
    VERB_REJECT,
    VERB_SKIP,
    VERB_WARN,
    VERB_STOP,
    VERB_LEAVE, /* only as a fallback */
    VERB_CLEAR, /* only as a fallback */
};

enum compare_op {
    OP_IS, OP_IS_NOT, OP_IS_MISSING, OP_IS_PRESENT, OP_IS_ONE_OF,
    OP_IS_NOT_ONE_OF, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL,
    OP_BETWEEN, OP_CONTAINS, OP_STARTS_WITH, OP_ENDS_WITH, OP_MATCHES,
};

struct type;
struct field;
struct symbol;
struct builtin;

struct literal {
    struct decimal number;
    struct text word; /* unit of a duration, connector of a connection */
    char currency[4];
    int32_t days, seconds;
    uint32_t name_len;
    enum verb verb;
    enum compare_op op;
    bool flag;
};

/* Trees are at most this high, so walkers may recurse. */
#define NODE_HEIGHT_MAX 400

struct node {
    enum node_kind kind;
    struct span span;
    struct span name_span; /* the name alone, where a node has one */
    struct text text;
    struct text doc; /* ### comment above it, or empty */
    struct literal lit;
    struct node *kid[NODE_KIDS];
    struct node *next; /* next in the list it stands in */
    uint16_t height;   /* of the tree below; at most NODE_HEIGHT_MAX */
    bool in_parens;    /* the user put ( ) around it */

    /* the checker's */
    const struct type *type;
    struct symbol *symbol;
    const struct field *field;     /* MEMBER, ASSIGN, ADD, PATH */
    const struct builtin *builtin; /* CALL */
};

/* Comments stand beside the tree, in source order, for the formatter. */
struct comment {
    struct span span; /* from the slashes to the line's end */
    bool own_line;    /* nothing but blanks before it */
    bool blank_before; /* an empty line before it */
    struct comment *next;
};

struct tree {
    uint32_t source;
    struct node *file; /* NODE_FILE, never NULL after parsing */
    struct comment *comments;
    bool broken; /* it had syntax errors: do not format or run it */
};

const char *node_word(enum node_kind kind);
const char *verb_word(enum verb verb);
const char *compare_word(enum compare_op op); /* "is not one of" */

/* Parses source `number`; mistakes go to `diags`, and the tree holds what
 * could be read. Depth and size are bounded (see parse.c). */
void parse_source(struct arena *arena, struct sources *sources,
                  uint32_t number, struct diags *diags, struct tree *tree);
/* Parses one expression, for the repl and for tests. */
struct node *parse_expression(struct arena *arena, struct sources *sources,
                              uint32_t number, struct diags *diags);

/* The tree as mlc fmt writes it. */
void format_tree(const struct sources *sources, const struct tree *tree,
                 struct buf *out);
/* Kind, text and literals of the whole tree, one node a line; equal dumps
 * mean equal trees, positions aside. For tests. */
void dump_tree(const struct node *node, int depth, struct buf *out);

#endif
