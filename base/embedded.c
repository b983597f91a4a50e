/* Finding a built-in text by its name. The tables are short and looked at
 * once per command, so a walk is enough. */
#include "config.h"

#include "base/embedded.h"
#include <string.h>

const struct embedded_text *embedded_find(const struct embedded_text *table,
                                          const char *name)
{
    for (const struct embedded_text *row = table; row->name; row++) {
        if (strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}
