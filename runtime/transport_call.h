/* From a connector's request to an HTTP call. For transport's own files. */
#ifndef MLC_RUNTIME_TRANSPORT_CALL_H
#define MLC_RUNTIME_TRANSPORT_CALL_H

#include "runtime/connection.h"
#include "runtime/http.h"

/* Address, reach, headers, limits. -1 when the address is not allowed. */
int call_prepare(const struct connection_setup *c, const struct request *r,
                 struct arena *arena, struct http_call *out,
                 struct error *err);
/* Were the request's effects perhaps made? */
bool call_is_lost(const struct http_call *call);

#endif
