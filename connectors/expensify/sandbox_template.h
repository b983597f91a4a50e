/* The small FreeMarker of the Expensify sandbox: what its two files share. */
#ifndef MLC_CONNECTORS_EXPENSIFY_SANDBOX_TEMPLATE_H
#define MLC_CONNECTORS_EXPENSIFY_SANDBOX_TEMPLATE_H

#include "base/decimal.h"
#include "connectors/expensify/sandbox.h"

#define DEPTH_MAX 64
#define NAMES_MAX 64
#define OUTPUT_MAX ((size_t)64 << 20)

enum kind { MISSING, TEXT_VALUE, NUMBER, YESNO, NODE };

struct val {
    enum kind kind;
    bool broken;      /* MISSING because a step before it was */
    struct text text; /* TEXT_VALUE; the name of what is missing */
    struct decimal number;
    bool yes;
    const struct doc *node; /* NODE: list or object */
};

struct name {
    struct text name;
    struct val value;
    size_t index, count; /* of a loop */
    bool loop;
};

struct render {
    struct arena *arena;
    const struct doc *model;
    bool grouped;
    struct buf *out;
    char *why;
    bool failed;
    struct name names[NAMES_MAX];
    size_t name_count;
    int depth;
};

/* A part of the template that is being walked. */
struct scan {
    const char *p, *end;
};

/* sandbox_expression.c */
void fm_wrong(struct render *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct val fm_of_text(struct text t);
struct val fm_of_doc(const struct doc *d, struct text name);
/* As ${…} prints it; a missing value is an error. */
struct text fm_printed(struct render *r, const struct val *v);
void fm_blanks(struct scan *s);
bool fm_eat(struct scan *s, const char *word);
bool fm_eat_word(struct scan *s, const char *word);
bool fm_name_char(char c);
struct text fm_read_name(struct scan *s);
/* One expression. `angle`: `>` compares; else it ends the tag. */
struct val fm_read(struct render *r, struct scan *s, bool angle);
bool fm_truth(struct render *r, const struct val *v);

#endif
