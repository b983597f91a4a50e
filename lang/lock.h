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
/* Writes it when it differs, whole or not at all. Call it after a run that
 * wrote, and when somebody accepted a change. */
int lock_write(const struct program *p, struct error *err);

#endif
