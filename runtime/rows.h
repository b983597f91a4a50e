/* Records in files: JSON Lines, a JSON array, or CSV, read and written by an
 * object's declaration. The format comes from `fact format`, else from the
 * ending of `at`, else it is JSON Lines. Facts of a CSV object: delimiter
 * (default ",", for .tsv a tab), decimal (default "."), encoding (utf-8,
 * latin1, windows-1252). */
#ifndef MLC_RUNTIME_ROWS_H
#define MLC_RUNTIME_ROWS_H

#include "runtime/input.h"
#include "runtime/record.h"

enum rows_format { ROWS_LINES, ROWS_ARRAY, ROWS_CSV };

struct rows_options {
    enum rows_format format;
    char delimiter, decimal; /* CSV */
    enum rows_charset { CHARSET_UTF8, CHARSET_LATIN1, CHARSET_1252 } charset;
};

/* Of an object; `path` (may be NULL) is the file in hand, whose ending
 * decides when the object says nothing. */
int rows_options_of(const struct object *object, const char *path,
                    struct rows_options *out, struct error *err);

struct csv_columns;
struct rows {
    struct rows_options options;
    struct input in;
    struct record_plan *plan;
    struct csv_columns *columns; /* CSV, after its first row */
    uint64_t row;                /* rows given out, bad ones too */
    uint64_t line;               /* line the row begins at, from 1 */
    uint64_t next_line;
    int state;                   /* arrays: before, within, behind */
    bool borrowed;               /* the bytes are the caller's */
};

/* `plan` is for the shape wanted and stays the caller's. */
int rows_open(struct rows *r, const char *path,
              const struct rows_options *options, struct record_plan *plan,
              struct arena *arena, struct error *err);
/* Rows in pieces, so that several threads read one file. `head` is an opened
 * reader of JSON Lines or CSV that gives out no rows itself: rows_cut takes
 * the next whole rows out of it, about INPUT_PIECE bytes, into `buffer`, whose
 * place another one takes; 1, 0 at the end, -1. */
struct rows_piece {
    char *buffer; /* from mem_alloc; may be NULL */
    size_t cap;
    struct text bytes; /* whole rows in it; a control character or the next
                          row behind, and INPUT_PAD bytes that may be read */
    uint64_t rows_before, first_line;
};
int rows_cut(struct rows *head, struct rows_piece *piece, struct error *err);
/* Reads the piece by a plan of the same shape. `columns` is what
 * rows_columns_for gave for this plan. */
struct csv_columns *rows_columns_for(struct arena *arena,
                                     const struct rows *head,
                                     struct record_plan *plan);
void rows_open_piece(struct rows *r, const struct rows *head,
                     const struct rows_piece *piece,
                     struct record_plan *plan, struct csv_columns *columns);
void rows_close(struct rows *r);
/* Next record. Its texts may point into the reader: they live until the next
 * call. After RECORD_BAD reading goes on; RECORD_BROKEN is the end. */
enum record_status rows_next(struct rows *r, struct arena *arena,
                             struct record **out, struct record_fault *fault);

/* Writing; rows are appended to `out->buf`. */
struct row_writer {
    struct rows_options options;
    const struct shape *shape;
    struct record_writer *json;
    struct encoding_of *encodings; /* CSV */
    uint64_t rows;
};
int row_writer_open(struct row_writer *w, const struct shape *shape,
                    const struct rows_options *options, struct arena *arena,
                    struct buf *out, struct error *err);
int row_writer_put(struct row_writer *w, const struct record *record,
                   struct buf *out, struct error *err);
void row_writer_end(struct row_writer *w, struct buf *out);

#endif
