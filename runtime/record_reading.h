/* A record being read: shared by record_read.c (objects, lists, rows) and
 * record_scalar.c (single values, cells). */
#ifndef MLC_RUNTIME_RECORD_READING_H
#define MLC_RUNTIME_RECORD_READING_H

#include "runtime/jsonscan.h"
#include "runtime/record_plan.h"

#define PATH_MAX_STEPS 16

struct reading {
    struct json_scan s;
    struct arena *arena;
    struct record_plan *plan;
    struct record_fault *fault;
    struct text path[PATH_MAX_STEPS];
    size_t depth;
};

void reading_start(struct reading *r, struct record_plan *plan,
                   struct text text, struct arena *arena,
                   struct record_fault *fault);
/* Fills the fault and returns NULL. `shown` may be empty. */
const char *fail_text(struct reading *r, const char *p, const char *what,
                      struct text shown);
const char *fail_json(struct reading *r); /* as the scan said */
/* The value at `p` is wrong: shows it. */
const char *fail_expected(struct reading *r, const struct plan_value *v,
                          const char *p, const char *what);
/* End of the value at `p`, whatever it is. */
const char *reading_skip(struct reading *r, const char *p);
/* A string at `p` (its quote), decoded; behind it. */
const char *take_string(struct reading *r, const char *p, struct text *out);
/* Values by their type. `p` is at the value; the result behind it. */
const char *read_text(struct reading *r, const struct plan_value *v,
                      const char *p, struct value *out);
const char *read_enum(struct reading *r, const struct plan_value *v,
                      const char *p, struct value *out);
const char *read_number(struct reading *r, const struct plan_value *v,
                        const char *p, struct value *out);
const char *read_yesno(struct reading *r, const struct plan_value *v,
                       const char *p, struct value *out);
const char *read_when(struct reading *r, const struct plan_value *v,
                      const char *p, struct value *out);
/* Of a row whose cells or members are in. */
const char *reading_missing(struct reading *r, const struct plan_node *node,
                            const struct record *record, const char *p);
void reading_currencies(const struct plan_node *node, struct record *record,
                        struct record *around);

#endif
