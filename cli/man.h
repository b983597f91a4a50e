/* The manual page mlc(1), made from the table of commands. */
#ifndef MLC_CLI_MAN_H
#define MLC_CLI_MAN_H

#include <stdio.h>

void man_print(FILE *out);

#endif
