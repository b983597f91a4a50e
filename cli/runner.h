/* Running one flow for a command, and telling of it. */
#ifndef MLC_CLI_RUNNER_H
#define MLC_CLI_RUNNER_H

#include "cli/work.h"
#include "runtime/run.h"

/* Runs `flow` and prints its summary (or its plan); the exit code. */
int runner_run(struct work *w, const struct flow *flow, enum run_mode mode,
               const struct plan *approved);
/* Runs the flows that were named, or all, in their order (`after`); those for
 * which `wants` says no are left out (NULL: none is). The worst exit code. */
int runner_run_all(struct work *w, enum run_mode mode,
                   bool (*wants)(struct work *w, const struct flow *flow));
/* The worse of two exit codes: what a person must do first. */
int runner_worse(int a, int b);
/* Instants and ages for tables. */
void runner_age(int64_t since_ms, int64_t now_ms, char out[32]);

#endif
