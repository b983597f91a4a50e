/* What a flow would decide of one record now, step by step. */
#ifndef MLC_RUNTIME_TRACE_H
#define MLC_RUNTIME_TRACE_H

#include "lang/program.h"
#include "runtime/port.h"
#include "runtime/store.h"

/* Reads the record of that key anew (under `one per` the group's members as
 * they are mirrored) and evaluates it with every step told. Writes nothing. */
int trace_record(const struct program *program, const struct flow *flow,
                 struct store *store, const struct ports *ports,
                 struct text key, int64_t now_ms, struct buf *out,
                 struct error *err);

#endif
