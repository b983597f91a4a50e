/* What a value is made of: the fields of both systems and the tables that
 * feed it, followed through lets, finds, loops and defines of a checked
 * flow. */
#ifndef MLC_LANG_LINEAGE_H
#define MLC_LANG_LINEAGE_H

#include "lang/program.h"

#define LEAVES_MAX 64 /* of one value; more are counted, not kept */

struct leaves {
    struct text at[LEAVES_MAX]; /* "Rippling.employee.department.name",
                                   "table DepartmentAccount" */
    size_t count;
    bool more;
};

/* Adds what `value` is made of, each leaf once. Texts live in `arena`. */
void lineage_of(const struct flow *flow, const struct node *value,
                struct arena *arena, struct leaves *out);

struct lineage_row {
    const struct flow *flow;
    const struct node *node; /* ASSIGN */
    struct text field;       /* "Lines.AmountFC" */
    struct leaves leaves;
    struct lineage_row *next;
};

/* Every field that `flow` sets, in order. */
struct lineage_row *lineage_rows(const struct flow *flow, struct arena *arena);

#endif
