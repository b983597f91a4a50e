/* The requests of a flow as `mlc explain` shows them. */
#ifndef MLC_RUNTIME_RUN_REQUESTS_H
#define MLC_RUNTIME_RUN_REQUESTS_H

#include "lang/program.h"
#include "runtime/connection.h"

/* One paragraph per request: connection, method, path with everything that
 * was pushed down into it, and when it is made. No system is asked; what only
 * it can tell stands as {name}. -1: the flow has no requests to show. */
int run_requests(const struct program *program, const struct flow *flow,
                 const struct connection_override *overrides, int64_t now_ms,
                 struct buf *out, struct error *err);

#endif
