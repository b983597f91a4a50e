/* The port of a connection to files: rows become pages, no calls are made. */
#ifndef MLC_RUNTIME_PORT_FILES_H
#define MLC_RUNTIME_PORT_FILES_H

#include "runtime/port.h"

/* Is the connector's other end a folder, not a host? */
bool connector_is_files(const struct connector *connector);
/* `root` is the project's folder. What is open stays in `list`. */
struct port_files;
void port_files_open(struct port_files **list, struct arena *arena,
                     const struct connection_info *info, const char *root,
                     struct port *port);
void port_files_close(struct port_files *list);

#endif
