/* Texts that are built into the program: catalogs, pages of explanation.
 * The tables are made from the files themselves by build-aux/embed.sh. */
#ifndef MLC_BASE_EMBEDDED_H
#define MLC_BASE_EMBEDDED_H

#include <stddef.h>

struct embedded_text {
    const char *name; /* "exact/catalog", "codes/E0312"; NULL ends a table */
    const char *text; /* NUL after the last byte */
    size_t len;       /* bytes, without that NUL */
};

extern const struct embedded_text connector_catalogs[]; /* NAME/catalog */
extern const struct embedded_text connector_pages[];    /* NAME/README */
extern const struct embedded_text code_pages[];         /* codes/CODE */
extern const struct embedded_text help_topics[];        /* help/TOPIC */
extern const struct embedded_text example_files[]; /* PAIR/path, whole */

/* Row `name` of `table`, or NULL. Borrowed: lives for ever. */
const struct embedded_text *embedded_find(const struct embedded_text *table,
                                          const char *name);

#endif
