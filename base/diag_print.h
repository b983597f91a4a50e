/* Between base/diag.c and its printers. */
#ifndef MLC_BASE_DIAG_PRINT_H
#define MLC_BASE_DIAG_PRINT_H

#include "base/diag.h"

const char *diag_level_word(enum diag_level level);
void diag_print_text(const struct diags *d, bool colour, struct buf *b);
void diag_print_brief(const struct diags *d, struct buf *b);
void diag_print_json(const struct diags *d, struct buf *b);
void diag_print_sarif(const struct diags *d,
                      const char *(*titles)(const char *code), struct buf *b);
void diag_print_github(const struct diags *d, struct buf *b);

#endif
