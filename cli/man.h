/* The manual page mlc(1), made from the table of commands. */
#ifndef MLC_CLI_MAN_H
#define MLC_CLI_MAN_H

#include <stdio.h>

void man_print(FILE *out);
/* Text of a roff line: no escape and no request may come from it. */
void roff_text(FILE *out, const char *s);

#endif
