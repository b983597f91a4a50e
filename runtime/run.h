/* One run of one flow: read, evaluate, match, plan, guard, write through the
 * outbox, settle, book. `plan` is the same without the second half. */
#ifndef MLC_RUNTIME_RUN_H
#define MLC_RUNTIME_RUN_H

#include "lang/program.h"
#include "runtime/plan.h"
#include "runtime/port.h"
#include "runtime/store.h"
#include "runtime/summary.h"

enum run_mode {
    RUN_PLAN,  /* nothing is written anywhere but the scratch of the state */
    RUN_WRITE,
    RUN_APPLY, /* only what `approved` names and is still the same */
    RUN_ADOPT, /* links by `match on`, writes nothing */
    RUN_RECONCILE, /* compares both sides through the links, writes nothing */
};

struct run_options {
    const struct program *program;
    const struct flow *flow;
    struct store *store;
    struct ports ports;
    enum run_mode mode;
    bool payloads;  /* plan: also the exact bytes of every call */
    bool recheck;   /* read everything, whatever the cursor says */
    int64_t now_ms; /* frozen */
    const volatile int *stop; /* a signal asks to end soon; or NULL */
    const struct plan *approved; /* RUN_APPLY */
    struct plan_sink *sink;      /* gets every item of the plan; or NULL */
    /* A webhook named these source records: they alone are read and the
     * cursor stays, so that the next whole run sees them too. Without a
     * cursor yet, or where the source cannot be asked for one record, the run
     * is a whole one. */
    const struct text *keys;
    size_t key_count;
};

/* For the suite's negative controls alone: what the engine does against
 * crashes, switched off, to show that the sweeps find what it prevents.
 * Nothing in mlc itself sets these. */
extern struct run_unprotected {
    bool outbox; /* writes without intent, and without asking first */
    bool cursor; /* moves on when a record is read, not when it is booked */
    bool fence;  /* nobody looks whether another has taken the place over */
} run_unprotected;

/* Fills `summary` (initialised by the caller) whatever happens. 0, or -1 when
 * the run could not come to its end; summary->exit_code says it for both. */
int run_flow(const struct run_options *options, struct summary *summary,
             struct error *err);
/* What the flow means, as far as its texts tell: changes with any file of the
 * project it could depend on. */
void run_flow_hash(const struct program *program, const struct flow *flow,
                   char out[65]);
/* Order in which flows run: `after` first. `flows` is sorted in place. */
int run_order(const struct flow **flows, size_t count, struct error *err);

#endif
