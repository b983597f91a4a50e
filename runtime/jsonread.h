/* Reading JSON without a tree. Nothing passes through a double: a number is
 * its own text. All of RFC 8259 is checked, and more: UTF-8, lone surrogates,
 * NUL characters, duplicate names (in objects that are read), depth, size and
 * what stands after the end. Faults name the byte and the place.
 *
 * Three uses. `json_skim` picks a few members out of an answer (next links,
 * ids, error texts). `json_items` and `json_members` walk one array or object.
 * Whole rows become records in runtime/record.h. */
#ifndef MLC_RUNTIME_JSONREAD_H
#define MLC_RUNTIME_JSONREAD_H

#include "base/decimal.h"
#include "base/error.h"
#include "base/text.h"

#define JSON_DEPTH_MAX 512
#define JSON_TEXT_MAX ((size_t)8 << 20)    /* one string */
#define JSON_RECORD_MAX ((size_t)64 << 20) /* one record, one line */

enum json_kind {
    JSON_NOTHING, /* no value there */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* One wanted member: `path` is names and array positions joined by dots,
 * "data.boards.0.items_page.cursor"; "" is the document itself. `raw` becomes
 * its text in `body`, without blanks around it; empty when absent. */
struct json_pick {
    const char *path;
    struct text raw;
};

/* Reads `body` to its end. -1 (ERROR_INPUT) when it is not one complete JSON
 * document; then nothing of it may be used. At most 32 picks. */
int json_skim(struct text body, struct json_pick *picks, size_t count,
              struct error *err);
/* One member; empty when absent or when `body` is no JSON. */
struct text json_get(struct text body, const char *path);
/* The same, decoded: the string, or a number's text, else TEXT_NONE. */
struct text json_get_text(struct arena *arena, struct text body,
                          const char *path);
bool json_get_int64(struct text body, const char *path, int64_t *out);

/* Of a raw value as the functions here give it. */
enum json_kind json_kind(struct text raw);
/* Decoded characters of a string (in `arena` only if it has escapes), the
 * digits of a number, "true" and "false"; TEXT_NONE for the others. */
struct text json_text(struct arena *arena, struct text raw);
bool json_int64(struct text raw, int64_t *out);   /* number or string of one */
bool json_decimal(struct text raw, struct decimal *out); /* the same */
bool json_true(struct text raw);

/* Walks an array (or the members of an object) of a checked document:
 *     struct json_items it = json_items(raw);
 *     while (json_next(&it)) … it.name, it.value … */
struct json_items {
    struct text name;  /* members of an object: raw between the quotes */
    struct text value; /* raw */
    const char *p, *end;
    bool object;
};
struct json_items json_items(struct text raw); /* neither: no items */
bool json_next(struct json_items *it);

/* ------------------------------------------------- for readers of records */
/* What was wrong: the byte it is at and a sentence. */
struct json_fault {
    size_t offset;
    const char *what; /* literal, NULL: nothing wrong */
};
/* Skips one value that starts at `p` (no blanks before it); NULL and `fault`
 * when it is broken or goes past `end`. `base` is what offsets count from.
 * `safe` allows reads of 16 bytes before it; end - 16 always holds. */
const char *json_skip(const char *p, const char *end, const char *safe,
                      const char *base, struct json_fault *fault);
/* End of the string whose first quote is before `p`: points at the closing
 * quote; `*escapes` tells whether there is a backslash in it. */
const char *json_string_end(const char *p, const char *end, const char *safe,
                            const char *base, bool *escapes,
                            struct json_fault *fault);
/* Decodes escapes of a checked string into `out` (room for `len`). */
size_t json_unescape(const char *p, size_t len, char *out);
const char *json_number_end(const char *p, const char *end, const char *base,
                            struct json_fault *fault);

#endif
