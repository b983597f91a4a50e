/* What a flow would decide of one record now, step by step. */
#ifndef MLC_RUNTIME_TRACE_H
#define MLC_RUNTIME_TRACE_H

#include "lang/program.h"
#include "runtime/port.h"
#include "runtime/store.h"

/* Reads the record of that key anew (under `one per` the group's members as
 * they are mirrored) and evaluates it with every step told, after how it
 * differs from `was`, the record of a hold as JSON, if given. Writes nothing. */
int trace_record(const struct program *program, const struct flow *flow,
                 struct store *store, const struct ports *ports,
                 struct text key, struct text was, int64_t now_ms,
                 struct buf *out, struct error *err);

#endif
