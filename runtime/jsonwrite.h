/* Writing JSON onto a buffer: commas and nesting are kept here, so that
 * nobody glues text together. Amounts are written with their own digits.
 *
 *     struct json_out w = json_out(&buf);
 *     json_begin_object(&w);
 *     json_key(&w, "Code"); json_string(&w, code);
 *     json_end_object(&w); */
#ifndef MLC_RUNTIME_JSONWRITE_H
#define MLC_RUNTIME_JSONWRITE_H

#include "base/decimal.h"
#include "base/text.h"

struct json_out {
    struct buf *buf;
    uint64_t filled; /* bit per depth: something stands before */
    int depth;       /* at most 63 */
    bool after_key;
};

struct json_out json_out(struct buf *buf);
void json_begin_object(struct json_out *w);
void json_end_object(struct json_out *w);
void json_begin_array(struct json_out *w);
void json_end_array(struct json_out *w);
void json_key(struct json_out *w, const char *name);
void json_key_text(struct json_out *w, struct text name);
void json_string(struct json_out *w, struct text value);
void json_cstring(struct json_out *w, const char *value);
void json_number(struct json_out *w, struct decimal value);
void json_int(struct json_out *w, int64_t value);
void json_bool(struct json_out *w, bool value);
void json_null(struct json_out *w);
/* JSON text as it is: a value made elsewhere. */
void json_raw(struct json_out *w, struct text json);
/* Key and value in one go. */
void json_put_string(struct json_out *w, const char *name, struct text value);
void json_put_int(struct json_out *w, const char *name, int64_t value);
void json_put_bool(struct json_out *w, const char *name, bool value);
/* A string literal with quotes, escaped, quickly. */
void json_write_string(struct buf *b, struct text value);

#endif
