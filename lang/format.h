/* What the functions of format*.c share while a tree is written. */
#ifndef MLC_LANG_FORMAT_H
#define MLC_LANG_FORMAT_H

#include "lang/ast.h"

#define LINE_WIDTH 120 /* columns a line should not pass */
#define INDENT 2

/* Bytes that no UTF-8 text holds: where columns meet. format_align turns them
 * into blanks. */
#define MARK_CELL ((char)0xFE)
#define MARK_COMMENT ((char)0xFF)

struct format {
    const struct sources *sources;
    uint32_t source;
    struct buf *out;
    const struct comment *comment; /* the next one not yet written */
    int indent;
    bool flat; /* measuring: no line ends, comments stay */
};

/* format.c */
void format_raw(struct format *f, const char *string);
void format_slice(struct format *f, struct span span); /* blanks left out */
size_t format_column(const struct format *f);
void format_newline(struct format *f);
/* A line end inside a statement: comments before `next` go with it. */
void format_break(struct format *f, uint32_t next);
/* The same without the two columns more. */
void format_line(struct format *f, uint32_t next);
size_t format_line_indent(const struct format *f); /* of the line in hand */
bool format_newline_between(const struct format *f, uint32_t from, uint32_t to);
typedef void format_fn(struct format *f, const struct node *n);
/* Does `print` of `n` fit on the rest of the line, after `extra` columns? */
bool format_fits(struct format *f, format_fn *print, const struct node *n,
                 size_t extra);
/* Comments on their own lines before `at`. */
void format_comments(struct format *f, uint32_t at, bool first);
/* The comment behind what ends at `end`. */
void format_trailing(struct format *f, uint32_t end);
bool format_blank_before(const struct format *f, uint32_t at);
bool format_has_comment(const struct format *f, uint32_t before);

/* format_expr.c */
void format_expr(struct format *f, const struct node *n);
void format_list(struct format *f, const struct node *list, uint32_t open,
                 uint32_t end);
void format_outcome_break(struct format *f, const struct node *before,
                          const struct node *outcome);
void format_each(struct format *f, const struct node *each);
void format_cells(struct format *f, const struct node *list);
void format_record(struct format *f, const struct node *n);

/* format_object.c */
void format_object_decl(struct format *f, const struct node *n);

/* format_align.c: `lines` with marks, as text. */
void format_align(struct text lines, struct buf *out);

#endif
