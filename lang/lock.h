/* mlc.lock: the flows that ran and the catalogs they were checked against. A
 * flow whose name is gone from the files would write everything again under a
 * new name; a catalog that changed is told, not discovered in production. */
#ifndef MLC_LANG_LOCK_H
#define MLC_LANG_LOCK_H

#include "base/error.h"
#include "lang/program.h"

#define LOCK_NAME "mlc.lock"

/* Compares the project with its mlc.lock, if it has one; messages. Part of
 * program_check. */
void lock_check(struct program *p);
/* The file's text for the project as it is now. */
void lock_print(const struct program *p, struct buf *out);
/* Writes it when it differs, whole or not at all: somebody accepted a change.
 * The whole project has to be loaded. */
int lock_write(const struct program *p, struct error *err);
/* After a run that wrote: adds the flow, and catalogs that were not there. A
 * catalog that changed stays as it was locked, so that check still tells. */
int lock_add_flow(const struct program *p, const struct flow *flow,
                  struct error *err);

#endif
