/* The grammar of CSV (RFC 4180): cells of one row within a buffer. */
#ifndef MLC_RUNTIME_CSV_H
#define MLC_RUNTIME_CSV_H

#include "base/text.h"

#define CSV_COLUMNS_MAX 4096

struct csv_field {
    const char *ptr;
    uint32_t len;
    bool doubled; /* holds doubled quotes */
    bool quoted;
};

enum csv_status {
    CSV_ROW,
    CSV_MORE, /* the row goes on behind `end` */
    CSV_BAD,  /* `what` says why; `next` is the next line */
};

struct csv_row {
    struct csv_field *fields;
    size_t count;
    const char *next;  /* behind the row's line end */
    const char *what;
    const char *at;    /* of a fault */
    size_t line_ends;  /* lines the row takes */
    bool ascii;        /* surely no NUL and nothing but ASCII in it */
};

/* Reads the row at `p`. With `eof` the end of the buffer ends the row too.
 * `fields` has room for `max`. */
enum csv_status csv_scan_row(const char *p, const char *end, bool eof,
                             char delimiter, size_t max, struct csv_row *row);
/* The cell's characters; doubled quotes are made single in `arena`. */
struct text csv_field_text(struct arena *arena, const struct csv_field *f);
/* A cell for writing: in quotes when it must be. */
void csv_write_field(struct buf *out, struct text t, char delimiter);

#endif
