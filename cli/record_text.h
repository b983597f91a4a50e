/* A record of the audit trail as one line for a person. */
#ifndef MLC_CLI_RECORD_TEXT_H
#define MLC_CLI_RECORD_TEXT_H

#include "lang/program.h"

/* `Code "SAL", Description "Sales"` from a JSON object. Fields that the
 * catalog marks sensitive, and all of them when nothing is known of the
 * object, come out as "(not shown)". */
void record_text(const struct object *object, struct text json,
                 struct buf *out);

#endif
