/* When flows run: every 15 minutes, every weekday at 06:00, every month on
 * last at 18:00. Times of day are the file's timezone's. */
#ifndef MLC_RUNTIME_SCHEDULE_H
#define MLC_RUNTIME_SCHEDULE_H

#include "lang/program.h"
#include "runtime/store.h"

/* First instant after `after_ms` at which the flow should run; 0: never by
 * the clock. A time of day the clock skips counts at the first moment after
 * the gap; one that comes twice counts once, the first time. */
int64_t schedule_next(const struct flow *flow, const struct program *program,
                      int64_t after_ms);
/* Has an instant passed since the flow last began? However many have passed:
 * once. */
bool schedule_is_due(struct store *store, const struct flow *flow,
                     const struct program *program, int64_t now_ms);

#endif
