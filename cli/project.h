/* What every command that reads flow files hands to the loader: the catalogs,
 * the connectors' names and what settings they know. */
#ifndef MLC_CLI_PROJECT_H
#define MLC_CLI_PROJECT_H

#include "lang/program.h"

/* Fills what does not depend on the command line; paths and the rest stay. */
void project_options(struct load_options *options);
/* One-line title of a message's code, for SARIF; NULL when unknown. */
const char *project_code_title(const char *code);

#endif
