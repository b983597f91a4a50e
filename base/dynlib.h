/* Libraries that are loaded on first use, so that commands which do not need
 * them do not pay for them. The owner of a library keeps a struct of its
 * functions and a table of their names. */
#ifndef MLC_BASE_DYNLIB_H
#define MLC_BASE_DYNLIB_H

#include "base/error.h"
#include <stdbool.h>

struct dynlib_symbol {
    const char *name; /* NULL ends the table */
    size_t offset;    /* of the function pointer in the owner's struct */
    bool optional;    /* may be missing: the pointer stays NULL */
};

/* Loads `file` ("libcurl.so.4") and fills the pointers of `functions`. 0, or
 * -1 with a sentence that names `package`, the one to install. A library that
 * was loaded stays. */
int dynlib_load(const char *file, const char *package,
                const struct dynlib_symbol *symbols, void *functions,
                struct error *err);

#endif
