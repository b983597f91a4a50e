/* What transport's own files share. */
#ifndef MLC_RUNTIME_TRANSPORT_INTERNAL_H
#define MLC_RUNTIME_TRANSPORT_INTERNAL_H

#include "runtime/budget.h"
#include "runtime/oauth.h"
#include "runtime/retry.h"
#include "runtime/transport.h"
#include "runtime/transport_call.h"

struct channel {
    struct transport *transport;
    struct connection_setup *setup;
    struct signer signer;
    struct budgets *budgets;
    struct retry_budget retry_budget;
    struct breaker breaker;
    struct call_count counts;
    struct call_figures last;
    bool prepared, preparing;
    bool right_company, pinned; /* channel_mind_company has looked */
    struct arena *probe_arena; /* of channel_probe */
    struct fact *probed;
    struct port_files *files; /* what is open of a connection to files */
    struct arena arena;
    struct channel *next;
};

struct transport {
    struct transport_options options;
    struct http *http;
    struct vault *vault;
    struct retry_random random;
    struct channel *channels;
    struct arena arena;
};

bool transport_stopped(const struct transport *t);
/* What a state knows (links, intents, cursors) was made in one company. A
 * connection that has moved to another is stopped; the first write says which
 * one it is [97, 98]. */
int channel_mind_company(struct channel *c, bool writes, struct error *err);
/* Runs the exchanges to their ends, side by side. */
void transport_run(struct channel *c, struct exchange **list, size_t count);

#endif
