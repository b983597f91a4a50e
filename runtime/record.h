/* Records and the wire. Reading: rows of a page, lines of a file or single
 * objects become records of a shape; members the shape does not name are
 * skipped, yet checked. A field's wire path and encoding (lang/schema.h,
 * OBJECT encodings) are undone here: flows see plain values. Writing is the
 * same backwards. */
#ifndef MLC_RUNTIME_RECORD_H
#define MLC_RUNTIME_RECORD_H

#include "base/error.h"
#include "runtime/jsonread.h"
#include "runtime/value.h"

/* ------------------------------------------------------------- reading */
struct record_plan; /* how to read one shape; made once per flow. It learns
                       the order of names, so each thread has its own. */

/* -1 (ERROR_USAGE) for an encoding nobody knows. `arena` keeps the plan. */
int record_plan_new(struct arena *arena, const struct shape *shape,
                    struct record_plan **out, struct error *err);

enum record_status {
    RECORD_READ,
    RECORD_BAD, /* this one is wrong: `fault` says why; reading goes on */
    RECORD_END,
    RECORD_BROKEN, /* the rest cannot be read: `fault` says why */
};

struct record_fault {
    char text[512]; /* "compensation.annual: 1e999 is too large, byte 311" */
    size_t offset;  /* in the row */
    const struct field *field; /* or NULL */
    struct text raw;           /* the row as it came */
};

/* One JSON object, whole, with nothing behind it. */
enum record_status record_parse(struct record_plan *plan, struct text json, struct arena *arena,
                                struct record **out,
                                struct record_fault *fault);
/* The same for a line in a buffer: 16 bytes behind it may be read, and the
 * byte right behind it is a control character (its line end). */
enum record_status record_parse_line(struct record_plan *plan,
                                     struct text json, struct arena *arena,
                                     struct record **out,
                                     struct record_fault *fault);

/* Rows of a page that is in memory. `rows` is the path of their array, or of
 * one object with `single`. The body is read to its end before the first row
 * is given out, so that there is never half a page [F10]. A missing or null
 * array is no rows. Records may point into `body`. */
struct record_page {
    struct record_plan *plan;
    struct json_items items;
    struct text single;
    bool is_single;
    size_t index; /* rows given out */
};
int record_page_open(struct record_page *page, struct record_plan *plan,
                     struct text body, const char *rows, bool single,
                     struct error *err);
/* Next row; `raw` (may be NULL) gets its text. */
enum record_status record_page_next(struct record_page *page,
                                    struct arena *arena, struct record **out,
                                    struct text *raw,
                                    struct record_fault *fault);
/* The connection's own currency, for amounts that say `currency(connection)`.
 * Nothing changes for a code that is none. */
void record_plan_currency(struct record_plan *plan, struct text code);
/* float_noise values that were rounded so far, for the run report. */
size_t record_plan_noise(const struct record_plan *plan);

/* ------------------------------------------------------------- writing */
struct record_writer; /* how to write one shape; made once per flow */

int record_writer_new(struct arena *arena, const struct shape *shape,
                      struct record_writer **out, struct error *err);
/* The record as the target's JSON object: wire paths become nesting, values
 * take their field's encoding, VALUE_LEAVE and VALUE_MISSING are not sent,
 * VALUE_CLEAR is null. -1 when a value does not fit its encoding. */
int record_writer_put(const struct record_writer *writer,
                      const struct record *record, struct buf *out,
                      struct error *err);
/* The same in one go. Only fields that `wanted` answers yes to, at the top
 * level (NULL: all). */
int record_encode(const struct record *record,
                  bool (*wanted)(void *ctx, const struct field *field),
                  void *ctx, struct buf *out, struct error *err);
/* One value as JSON in its field's encoding, for drivers with envelopes of
 * their own; CLEAR and MISSING are null. */
int record_encode_value(const struct field *field, const struct value *value,
                        struct buf *out, struct error *err);
/* The record for people and tools: names of the language, dates as
 * YYYY-MM-DD, amounts as numbers, no encodings. */
void record_print_json(const struct record *record, struct buf *out);

/* ------------------------------------------------------------- keeping */
/* Copies a record with everything it points to. */
struct record *record_dup(struct arena *arena, const struct record *record);
struct value value_dup(struct arena *arena, const struct value *value);
/* A compact image of a record's slots for files that hold records for a
 * while (groups, mirror). Same shape on both ends. */
void record_pack(const struct record *record, struct buf *out);
/* NULL when the image is damaged. Text points into `image`. */
struct record *record_unpack(struct arena *arena, const struct shape *shape,
                             struct text image);

#endif
