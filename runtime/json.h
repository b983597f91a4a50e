/* JSON documents as trees: token answers, settings, records of the sandboxes,
 * what --json prints. Numbers keep their text, whatever their size: nothing
 * passes through a double. Read by runtime/jsonread.h, which says what is
 * refused. Records of flows never become trees, see runtime/record.h.
 *
 * Ownership: what a function returns is borrowed, but for doc_parse, doc_keep,
 * doc_copy and the makers (doc_object …), which give a reference that doc_drop
 * ends. The setters take the reference of the value they are given. Objects
 * keep the order in which members were first set. References are counted
 * without locks: a tree belongs to one thread at a time. */
#ifndef MLC_RUNTIME_JSON_H
#define MLC_RUNTIME_JSON_H

#include "base/decimal.h"
#include "base/error.h"
#include "base/text.h"

#define DOC_DEPTH_MAX 64
#define DOC_BYTES_MAX ((size_t)64 << 20)

struct doc; /* any JSON value */

enum doc_kind {
    DOC_NONE, /* of a NULL pointer: no such member */
    DOC_NULL,
    DOC_YESNO,
    DOC_NUMBER,
    DOC_TEXT,
    DOC_LIST,
    DOC_OBJECT,
};

/* The whole of `t` as one document, UTF-8, without duplicate members and
 * without anything after it; NULL with a sentence in `err`. */
struct doc *doc_parse(struct text t, struct error *err);
struct doc *doc_keep(struct doc *d);
void doc_drop(struct doc *d);          /* NULL is fine */
struct doc *doc_copy(const struct doc *d); /* deep */

struct doc *doc_object(void);
struct doc *doc_list(void);
struct doc *doc_null(void);
struct doc *doc_yesno(bool yes);
struct doc *doc_int(int64_t value);
/* Digits by JSON's grammar, kept as they are: the caller checked. */
struct doc *doc_number(struct text digits);
struct doc *doc_decimal(struct decimal d); /* without trailing zeros */
struct doc *doc_text(struct text t);       /* bytes that are no UTF-8 become ? */
struct doc *doc_string(const char *string); /* NULL gives null */

enum doc_kind doc_kind(const struct doc *d);
bool doc_is_present(const struct doc *d); /* there and not null */
bool doc_is_true(const struct doc *d);
/* Text of a text, digits of a number; TEXT_NONE of all else. */
struct text doc_as_text(const struct doc *d);
/* A whole number, also when quoted; false for all else. */
bool doc_as_int(const struct doc *d, int64_t *out);
bool doc_as_decimal(const struct doc *d, struct decimal *out);

size_t doc_count(const struct doc *d); /* of a list or object, else 0 */
struct doc *doc_at(const struct doc *d, size_t index);
struct doc *doc_get(const struct doc *d, const char *name);
struct doc *doc_get_text(const struct doc *d, struct text name);
/* "a.b.0.c" walks members and elements. */
struct doc *doc_path(const struct doc *d, const char *path);
/* Text of a member; "" when absent or neither text nor number. */
const char *doc_str(const struct doc *d, const char *name);
int64_t doc_whole(const struct doc *d, const char *name, int64_t otherwise);

/* Members in order: `for (it = doc_first(d); it; it = doc_next(d, it))`. */
void *doc_first(const struct doc *d);
void *doc_next(const struct doc *d, void *it);
const char *doc_name(void *it);
struct doc *doc_value(void *it);

void doc_set(struct doc *d, const char *name, struct doc *value);
void doc_set_string(struct doc *d, const char *name, const char *value);
void doc_set_text(struct doc *d, const char *name, struct text value);
void doc_set_int(struct doc *d, const char *name, int64_t value);
void doc_set_yesno(struct doc *d, const char *name, bool value);
void doc_unset(struct doc *d, const char *name);
void doc_add(struct doc *list, struct doc *value);
void doc_remove(struct doc *list, size_t index);

bool doc_equal(const struct doc *a, const struct doc *b);

enum doc_style {
    DOC_COMPACT = 0,
    DOC_INDENTED = 1, /* two blanks, for people */
    DOC_SLASHES = 2,  /* "/" as "\/", as some vendors write */
};
void doc_print(const struct doc *d, int style, struct buf *out);
/* Copy in `arena`, with a NUL after it. */
struct text doc_printed(const struct doc *d, int style, struct arena *arena);

#endif
