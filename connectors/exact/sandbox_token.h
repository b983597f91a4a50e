/* Sign-in of the Exact sandbox. */
#ifndef MLC_CONNECTORS_EXACT_SANDBOX_TOKEN_H
#define MLC_CONNECTORS_EXACT_SANDBOX_TOKEN_H

#include "connectors/exact/sandbox.h"

/* "nl", "be" … by the host that was called. */
const char *exact_region(struct sandbox_call *call);
const char *exact_new_chain(struct world *w, struct arena *arena,
                            const char *scopes, const char *region);
const char *exact_new_refresh(struct world *w, struct arena *arena,
                              const char *chain);
void exact_serve_token(struct world *w, struct sandbox_call *call);
void exact_serve_authorize(struct world *w, struct sandbox_call *call);
/* What a call with a bad access token gets. */
void exact_refuse_access(struct world *w, struct sandbox_call *call);
/* The consent behind the bearer token; NULL after a refusal. */
struct doc *exact_caller(struct world *w, struct sandbox_call *call);

#endif
