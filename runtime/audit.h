/* The audit trail for people and other programs. Cells of a CSV file that a
 * spreadsheet would take for a formula are made harmless, by type: a text that
 * begins with = + - @ or a control character gets an apostrophe, a number stays
 * a number. Fields the catalogs call sensitive are masked. */
#ifndef MLC_RUNTIME_AUDIT_H
#define MLC_RUNTIME_AUDIT_H

#include "lang/program.h"
#include "runtime/store.h"

struct audit_mask {
    const struct program *program; /* NULL: personal fields cannot be told */
};

extern const char audit_csv_head[];
void audit_csv(const struct audit_row *row, const struct audit_mask *mask,
               struct buf *out);
void audit_json(const struct audit_row *row, const struct audit_mask *mask,
                struct buf *out);
/* One CSV cell of text, quoted and harmless. */
void csv_text(struct text t, struct buf *out);

#endif
