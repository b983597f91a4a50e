/* Which fields of a record built by a flow are its own to keep up to date, and
 * whether a target record has them already. One rule for the engine and for
 * tests. */
#ifndef MLC_RUNTIME_OWNED_H
#define MLC_RUNTIME_OWNED_H

#include "runtime/eval.h"

/* What a record is held with when it cannot be looked for. */
#define OWNED_NO_KEY \
    "a field of `match on` is missing, so it cannot be told whether the " \
    "record is there already"
#define OWNED_NO_KEY_GROUP "a field of `match on` is missing"
#define OWNED_MANY_GROUP "several target records have the same key"

/* Sent on updates: set, and neither `once` nor closed to updates. */
bool owned_field(const struct compiled *c, const struct field *field,
                 const struct value *v);
/* Leaves the fields of `once` of a record that is there as they are. `action`
 * is the plan's: a new record gets them, and `when gone` sets what it says. */
void owned_leave_once(const struct compiled *c, struct record *target,
                      struct text action);
/* Does `there` have what `target` would write? Lists are not compared: the
 * engine only ever appends them on create. Nobody can see what is in a
 * write-only field: it differs, unless `unseen_is_same`. */
bool owned_same(const struct compiled *c, const struct record *target,
                const struct record *there, bool unseen_is_same);

#endif
