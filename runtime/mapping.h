/* A flow as a filter: records of a file through the flow into a file. No
 * state, no network. Memory does not depend on how many records there are;
 * groups of `one per` are kept in memory up to a bound, then in a temporary
 * file. */
#ifndef MLC_RUNTIME_MAPPING_H
#define MLC_RUNTIME_MAPPING_H

#include "base/error.h"
#include "lang/program.h"

#define MAPPING_GROUP_MEMORY ((size_t)64 << 20) /* rows of groups, packed */

struct mapping_options {
    const char *in, *out, *held; /* NULL: standard input, output, nowhere */
    int threads;                 /* 0: as many as there are processors, most 8 */
    int64_t now_us;
    size_t group_memory; /* 0: MAPPING_GROUP_MEMORY */
    /* Setting of a connection: "folder"; may give TEXT_NONE. */
    struct text (*setting)(void *ctx, const struct connection *c,
                           const char *name);
    void *ctx;
    /* Told of the first held and rejected records and warnings. */
    void (*tell)(void *ctx, const char *line);
};

struct mapping_counts { /* read = written + skipped + held + rejected */
    uint64_t read, written, skipped, held, rejected, warnings, rounded;
};

int mapping_run(const struct program *program, const struct flow *flow,
                const struct mapping_options *options,
                struct mapping_counts *counts, struct error *err);

#endif
