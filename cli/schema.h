/* The form of an object as its live system tells it. */
#ifndef MLC_CLI_SCHEMA_H
#define MLC_CLI_SCHEMA_H

#include "cli/work.h"

/* Can `connection`'s system tell forms at all? */
bool schema_is_told(const struct channel *channel);
/* `form` becomes the declaration of `object`, whose id there is `id`. -1 with
 * what the system said. */
int schema_pull(struct work *w, struct channel *channel, struct text object,
                struct text id, struct buf *form, struct error *err);

#endif
