/* Source texts and messages about them. A message is a record: level, stable
 * code, place, one sentence that stands alone, further labelled places, notes
 * and fixes. Parser, checker and run time use the same record; the printers
 * here turn a list of them into text with carets, one line each, JSON, SARIF
 * or GitHub annotations. Messages are collected, sorted by place and printed
 * together. */
#ifndef MLC_BASE_DIAG_H
#define MLC_BASE_DIAG_H

#include "base/arena.h"
#include "base/text.h"
#include <stdio.h>

/* Bytes [start, end) of source number `source`; source 0 is "nowhere". */
struct span {
    uint32_t source, start, end;
};

#define SPAN_NONE ((struct span){ 0, 0, 0 })

struct source {
    const char *path; /* as the user wrote it */
    struct text text;
    uint32_t *lines; /* offset of each line's first byte */
    uint32_t line_count;
    bool builtin; /* a catalog of the program, not a file of the user */
};

struct sources {
    struct arena *arena;
    struct source *list; /* [0] is unused */
    uint32_t count, cap;
};

struct place { /* 1-based; columns count code points, a tab as one */
    uint32_t line, column;
};

void sources_init(struct sources *s, struct arena *arena);
/* Number of the new source. `text` is copied into the arena. */
uint32_t sources_add(struct sources *s, const char *path, struct text text,
                     bool builtin);
const struct source *sources_get(const struct sources *s, uint32_t number);
struct place sources_place(const struct sources *s, uint32_t number,
                           uint32_t offset);
struct text sources_line(const struct sources *s, uint32_t number,
                         uint32_t line); /* without its line end */
struct text span_text(const struct sources *s, struct span span);
struct span span_join(struct span a, struct span b);

enum diag_level { DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };
enum fix_certainty { FIX_SURE, FIX_CHOICE };

struct diag_label {
    struct span span;
    const char *text;
    struct diag_label *next;
};
struct diag_note {
    const char *text;
    struct diag_note *next;
};
struct diag_edit {
    struct span span; /* start = end inserts */
    const char *replacement;
    struct diag_edit *next;
};
struct diag_fix {
    enum fix_certainty certainty;
    const char *title;
    struct diag_edit *edits;
    struct diag_fix *next;
};
struct diag {
    enum diag_level level;
    const char *code; /* "E0312" */
    struct span span;
    const char *headline;
    const char *label; /* under the carets of `span`, or NULL */
    struct diag_label *labels;
    struct diag_note *notes;
    struct diag_fix *fixes;
    struct diag *next;
};

struct diags {
    struct arena *arena;
    const struct sources *sources;
    struct diag *first, *last;
    size_t error_count, warning_count, note_count;
};

#define DIAG_MAX 1000 /* past this many only the counts go on */

void diags_init(struct diags *d, struct arena *arena,
                const struct sources *sources);
/* Adds a message; the result takes labels, notes and fixes. Never NULL. */
struct diag *diag_add(struct diags *d, enum diag_level level, const char *code,
                      struct span span, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void diag_set_label(struct diags *d, struct diag *m, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diag_label(struct diags *d, struct diag *m, struct span span,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
void diag_note(struct diags *d, struct diag *m, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct diag_fix *diag_fix(struct diags *d, struct diag *m,
                          enum fix_certainty certainty, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_edit(struct diags *d, struct diag_fix *fix, struct span span,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Order: source, start, then level and code. */
void diags_sort(struct diags *d);

enum diag_format {
    DIAG_TEXT,
    DIAG_BRIEF,
    DIAG_JSON,
    DIAG_SARIF,
    DIAG_GITHUB,
};
/* `titles` gives a code's one-line title for SARIF rules; may be NULL. */
void diags_print(const struct diags *d, enum diag_format format, bool colour,
                 const char *(*titles)(const char *code), FILE *out);
/* `text` of a source with all its sure fixes applied, overlapping ones left
 * out; `*applied` counts. Result in `arena`. */
struct text diags_apply_fixes(const struct diags *d, uint32_t source,
                              struct arena *arena, size_t *applied);

#endif
