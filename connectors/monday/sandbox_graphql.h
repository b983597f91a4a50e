/* The part of GraphQL that the monday.com sandbox understands: documents are
 * parsed, proved against a schema written as text (sandbox_schema.c), and
 * their arguments become plain JSON. Everything lives in the call's arena. */
#ifndef MLC_CONNECTORS_MONDAY_SANDBOX_GRAPHQL_H
#define MLC_CONNECTORS_MONDAY_SANDBOX_GRAPHQL_H

#include "base/arena.h"
#include "runtime/json.h"

#define GQ_DEPTH_MAX 40
#define GQ_ERRORS_MAX 20

struct gq_type { /* of: list or non-null of that */
    enum { GQ_NAMED, GQ_LIST_OF, GQ_NON_NULL } kind;
    struct text name;
    const struct gq_type *of;
};

struct gq_value {
    enum gq_kind {
        GQ_VARIABLE, GQ_INT, GQ_FLOAT, GQ_STRING, GQ_BOOLEAN, GQ_NULL,
        GQ_ENUM, GQ_LIST, GQ_OBJECT,
    } kind;
    struct text text;        /* name, digits, decoded string */
    struct text name;        /* of a member */
    struct gq_value *first, *next;
    int line, column;
};

struct gq_arg {
    struct text name;
    struct gq_value *value;
    struct gq_arg *next;
    int line, column;
};

struct gq_selection {
    enum { GQ_FIELD, GQ_INLINE, GQ_SPREAD } kind;
    struct text alias, name; /* name: of the field, type or fragment */
    struct gq_arg *args;
    struct gq_selection *first, *next;
    const struct sdl_field *field; /* after the proof */
    int line, column;
};

struct gq_variable {
    struct text name;
    const struct gq_type *type;
    struct gq_value *otherwise;
    struct gq_variable *next;
    bool used;
    int line, column;
};

struct gq_operation {
    bool mutation;
    struct text name;
    struct gq_variable *variables;
    struct gq_selection *first;
    struct gq_operation *next;
};

struct gq_fragment {
    struct text name, on;
    struct gq_selection *first;
    struct gq_fragment *next;
    bool used;
};

struct gq_error {
    const char *message;
    int line, column;
};

struct gq_document {
    struct arena *arena;
    struct gq_operation *operations;
    struct gq_fragment *fragments;
    struct gq_error errors[GQ_ERRORS_MAX];
    size_t error_count;
};

/* ------------------------------------------------------------------ schema */
struct sdl_arg {
    struct text name;
    const struct gq_type *type;
    bool has_default;
    struct sdl_arg *next;
};

struct sdl_field {
    struct text name;
    const struct gq_type *type;
    struct sdl_arg *args;
    bool has_default; /* of an input's */
    struct sdl_field *next;
};

struct sdl_type {
    struct text name;
    enum {
        SDL_OBJECT, SDL_INTERFACE, SDL_INPUT, SDL_ENUM, SDL_SCALAR, SDL_UNION,
    } kind;
    struct sdl_field *implements;
    struct sdl_field *fields; /* an enum's values, a union's types too */
    struct sdl_type *next;
};

struct sdl {
    struct sdl_type *types;
};

extern const char *const monday_sdl[]; /* whole types, ended by NULL */

/* 0, or -1 with errors in `d`. */
int gq_parse(struct arena *arena, struct text source, struct gq_document *d);
struct sdl *sdl_parse(struct arena *arena, const char *const *sources);
const struct sdl_type *sdl_find(const struct sdl *s, struct text name);
const struct sdl_field *sdl_member(const struct sdl_type *t, struct text name);
bool sdl_implements(const struct sdl_type *t, struct text name);
struct text gq_type_name(const struct gq_type *t);
void gq_complain(struct gq_document *d, int line, int column,
                 const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Proves the operation and the variables given with it. */
int gq_validate(const struct sdl *s, struct gq_document *d,
                struct gq_operation *op, const struct doc *variables);
const struct gq_fragment *gq_fragment(const struct gq_document *d,
                                      struct text name);
/* Arguments of a field with variables put in; ends with doc_drop. */
struct doc *gq_arguments(const struct gq_operation *op,
                         const struct gq_selection *field,
                         const struct doc *variables);

#endif
