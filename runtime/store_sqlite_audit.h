/* What the two files of the audit trail share. */
#ifndef MLC_RUNTIME_STORE_SQLITE_AUDIT_H
#define MLC_RUNTIME_STORE_SQLITE_AUDIT_H

#include "runtime/store_sqlite.h"

#define AUDIT_FIRST_HASH                                                    \
    "0000000000000000000000000000000000000000000000000000000000000000"

#define AUDIT_COLUMNS                                                       \
    "number, at, run, line, flow, flow_hash, action, source, source_key,"   \
    " target, target_id, before, after, result, previous, hash"

/* A row of AUDIT_COLUMNS; with no arena its texts live until the next step. */
struct audit_row audit_row_read(sqlite3_stmt *q, struct arena *arena);
/* Hash of its content and of the hash before it. */
void audit_row_hash(const struct audit_row *r, char out[65]);

#endif
