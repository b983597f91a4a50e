/* Records that tests write down, as values of a shape; and the other way
 * round, whether a record is as a test expects. */
#ifndef MLC_RUNTIME_FLOWTEST_VALUE_H
#define MLC_RUNTIME_FLOWTEST_VALUE_H

#include "lang/ast.h"
#include "runtime/value.h"

/* `missing` gets the first field that the shape has, the test does not give
 * and that is always there; `engine_from`: slots from there on are only for
 * links and may be left out. */
struct record *test_record_make(struct arena *arena, const struct node *record,
                                const struct shape *shape, size_t engine_from,
                                const struct field **missing);
/* NULL: as expected. Else one sentence about the first difference. */
const char *test_record_differs(struct arena *arena, const struct node *record,
                                const struct record *got);
bool test_value_make(const struct node *n, const struct type *type,
                     struct value *out);

#endif
