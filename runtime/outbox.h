/* What the files of the outbox share; nobody else includes it. */
#ifndef MLC_RUNTIME_OUTBOX_H
#define MLC_RUNTIME_OUTBOX_H

#include "runtime/run_internal.h"

#define OUTBOX_CALL_MOST 100 /* records in one call */

/* Line of the flow's sentence. */
int64_t outbox_line(const struct run *r);
/* The row's link, in the caller's transaction. */
int outbox_link(struct run *r, const struct plan_row *row, struct text hash,
                struct text target_id, struct text after, struct text version,
                struct error *err);
/* What waited under this key waits no more. */
int outbox_release(struct run *r, struct text key, struct error *err);
/* Also over what people changed there, when they have seen that. */
bool outbox_is_update(const struct plan_row *row);
/* Where the row is counted; NULL: among the gone. */
int64_t *outbox_counter(struct run *r, const struct plan_row *row);
/* It is counted there instead. */
void outbox_recount(struct run *r, const struct plan_row *row, int64_t *to);
/* Writes rows of one kind, at most OUTBOX_CALL_MOST, and books what became of
 * them. */
int outbox_write(struct run *r, const struct plan_row *const *rows,
                 size_t count, struct error *err);

#endif
