/* What the files of the compiler share: shapes that grow as fields are met,
 * names bound to slots, and expressions. */
#ifndef MLC_RUNTIME_COMPILE_H
#define MLC_RUNTIME_COMPILE_H

#include "runtime/ir.h"

#define COMPILE_NODES_MAX 1000000 /* defines are unfolded where they are used */
#define COMPILE_SLOTS_MAX 100000
#define COMPILE_DEPTH_MAX 400

/* A shape under construction; `shape` is valid all the time. */
struct shape_build {
    struct shape *shape;
    struct shape_build **subs; /* per field, NULL for plain ones */
    size_t cap;
    bool fixed;                       /* a table's row: nothing is added */
    struct shape_build *left, *right; /* either of two: looked up by field */
};

struct binding {
    const void *key; /* declaring node, or the symbol itself */
    uint32_t slot;
    struct text name; /* of a table's key, else empty */
    struct shape_build *shape;
    struct binding *next;
};

struct compiler {
    struct compiled *c;
    struct arena *arena;
    struct error *err;
    struct binding *bindings;
    struct shape_build *source, *target;
    const struct node *statement; /* the one in hand */
    size_t node_count;
    int depth;
    bool failed;
};

struct shape_build *build_new(struct compiler *k, const struct object *object);
/* Index of `field` (by name where it is another object's); adds it. */
uint32_t build_field(struct compiler *k, struct shape_build *b,
                     const struct field *field);
struct shape_build *build_sub(const struct shape_build *b, uint32_t index);

uint32_t compile_slot(struct compiler *k);
uint32_t compile_bind(struct compiler *k, const void *key,
                      struct shape_build *shape);
struct ir *compile_expr(struct compiler *k, const struct node *n);
struct ir *compile_message(struct compiler *k, const struct node *n);
struct ir_outcome *compile_outcome(struct compiler *k, const struct node *n);
/* Loop over an EACH node; its name is bound until `k->bindings` is put back. */
struct ir *compile_each(struct compiler *k, const struct node *each,
                        struct ir **where, uint32_t *slot);
struct ir *compile_node(struct compiler *k, enum ir_op op,
                        const struct node *n);
struct ir_table *compile_table(struct compiler *k, const struct table *table);
void compile_leaves(struct compiler *k, const struct node *n,
                    struct ir_leaf **leaves, size_t *count);
uint32_t compile_reach(struct compiler *k, const char *what, struct span span);
int compile_refuse(struct compiler *k, const struct node *n, const char *why);
bool compile_constant(const struct node *n, struct value *out);
struct ir_statement *compile_body(struct compiler *k, const struct node *first,
                                  struct shape_build *record);

#endif
