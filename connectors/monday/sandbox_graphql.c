/* The monday.com sandbox: GraphQL documents and the schema's own text, read by
 * one small parser. */
#include "config.h"
#include "connectors/monday/sandbox_graphql.h"

#include <stdio.h>
#include <string.h>

enum token_kind { T_END, T_NAME, T_INT, T_FLOAT, T_STRING, T_MARK, T_SPREAD };

struct reader {
    struct arena *arena;
    struct gq_document *d;
    const char *p, *end, *line_start;
    int line, depth;
    enum token_kind kind;
    struct text token; /* a string's is decoded */
    int at_line, at_column;
    bool failed;
};

void gq_complain(struct gq_document *d, int line, int column,
                 const char *format, ...)
{
    va_list args;
    if (d->error_count == GQ_ERRORS_MAX)
        return;
    va_start(args, format);
    d->errors[d->error_count++] = (struct gq_error){
        arena_vprintf(d->arena, format, args), line, column
    };
    va_end(args);
}

static void fail(struct reader *r, const char *what)
{
    if (!r->failed)
        gq_complain(r->d, r->at_line, r->at_column, "Parse error on %s",
                    what);
    r->failed = true;
    r->kind = T_END;
    r->p = r->end;
}

/* ------------------------------------------------------------------- tokens */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_blanks(struct reader *r)
{
    while (r->p < r->end) {
        if (*r->p == '\n') {
            r->line++;
            r->line_start = r->p + 1;
        } else if (*r->p == '#') {
            while (r->p + 1 < r->end && r->p[1] != '\n')
                r->p++;
        } else if (*r->p != ' ' && *r->p != '\t' && *r->p != '\r' &&
                   *r->p != ',') {
            return;
        }
        r->p++;
    }
}

static void read_number(struct reader *r)
{
    const char *from = r->p;
    r->kind = T_INT;
    if (*r->p == '-')
        r->p++;
    while (r->p < r->end && (is_digit(*r->p) || *r->p == '.' ||
                             *r->p == 'e' || *r->p == 'E')) {
        if (!is_digit(*r->p))
            r->kind = T_FLOAT;
        r->p++;
    }
    r->token = (struct text){ from, (size_t)(r->p - from) };
}

/* """ … """, as descriptions in a schema are; not decoded. */
static bool read_block(struct reader *r)
{
    const char *from = r->p;
    if (r->end - r->p < 6 || memcmp(r->p, "\"\"\"", 3) != 0)
        return false;
    for (r->p += 3; r->end - r->p >= 3; r->p++) {
        if (memcmp(r->p, "\"\"\"", 3) == 0) {
            r->p += 3;
            r->token = (struct text){ from, (size_t)(r->p - from) };
            r->kind = T_STRING;
            return true;
        }
        if (*r->p == '\n') {
            r->line++;
            r->line_start = r->p + 1;
        }
    }
    fail(r, "an unterminated string");
    return true;
}

/* Quoted as in JSON. */
static void read_string(struct reader *r)
{
    const char *from = r->p;
    struct error err = { 0 };
    if (read_block(r))
        return;
    r->p++;
    while (r->p < r->end && *r->p != '"' && *r->p != '\n')
        r->p += *r->p == '\\' && r->p + 1 < r->end ? 2 : 1;
    if (r->p >= r->end || *r->p != '"') {
        fail(r, "an unterminated string");
        return;
    }
    r->p++;
    struct doc *d = doc_parse(
        (struct text){ from, (size_t)(r->p - from) }, &err);
    if (!d) {
        fail(r, "a string");
        return;
    }
    r->token = text_dup(r->arena, doc_as_text(d));
    r->kind = T_STRING;
    doc_drop(d);
}

static void advance(struct reader *r)
{
    skip_blanks(r);
    r->at_line = r->line;
    r->at_column = (int)(r->p - r->line_start) + 1;
    r->token = (struct text){ r->p, 1 };
    r->kind = T_MARK;
    if (r->p >= r->end) {
        r->kind = T_END;
        r->token = TEXT_NONE;
    } else if (is_letter(*r->p)) {
        const char *from = r->p;
        while (r->p < r->end && (is_letter(*r->p) || is_digit(*r->p)))
            r->p++;
        r->token = (struct text){ from, (size_t)(r->p - from) };
        r->kind = T_NAME;
    } else if (is_digit(*r->p) || *r->p == '-') {
        read_number(r);
    } else if (*r->p == '"') {
        read_string(r);
    } else if (r->end - r->p >= 3 && memcmp(r->p, "...", 3) == 0) {
        r->kind = T_SPREAD;
        r->p += 3;
    } else if (strchr("!$()[]{}:=|&@", *r->p)) {
        r->p++;
    } else {
        fail(r, "an unexpected character");
    }
}

static bool at_mark(const struct reader *r, char mark)
{
    return r->kind == T_MARK && *r->token.ptr == mark;
}

static bool take_mark(struct reader *r, char mark)
{
    if (!at_mark(r, mark))
        return false;
    advance(r);
    return true;
}

static void need_mark(struct reader *r, char mark)
{
    if (!take_mark(r, mark))
        fail(r, arena_printf(r->arena, "\"%.*s\": expected \"%c\"",
                             TEXT_ARG(r->token), mark));
}

static bool take_word(struct reader *r, const char *word)
{
    if (r->kind != T_NAME || !text_is(r->token, word))
        return false;
    advance(r);
    return true;
}

static struct text need_name(struct reader *r)
{
    struct text name = r->token;
    if (r->kind != T_NAME) {
        fail(r, arena_printf(r->arena, "\"%.*s\": expected a name",
                             TEXT_ARG(r->token)));
        return TEXT_NONE;
    }
    advance(r);
    return name;
}

static bool too_deep(struct reader *r)
{
    if (r->depth < GQ_DEPTH_MAX)
        return false;
    fail(r, "a document that is nested too deeply");
    return true;
}

/* -------------------------------------------------------------------- types */
static const struct gq_type *read_type(struct reader *r)
{
    struct gq_type *t = ARENA_NEW(r->arena, struct gq_type);
    if (too_deep(r))
        return t;
    r->depth++;
    if (take_mark(r, '[')) {
        t->kind = GQ_LIST_OF;
        t->of = read_type(r);
        need_mark(r, ']');
    } else {
        t->name = need_name(r);
    }
    r->depth--;
    if (!take_mark(r, '!'))
        return t;
    struct gq_type *outer = ARENA_NEW(r->arena, struct gq_type);
    outer->kind = GQ_NON_NULL;
    outer->of = t;
    return outer;
}

struct text gq_type_name(const struct gq_type *t)
{
    while (t->of)
        t = t->of;
    return t->name;
}

/* ------------------------------------------------------------------- values */
static struct gq_value *read_value(struct reader *r);

static void read_members(struct reader *r, struct gq_value *v, char end)
{
    struct gq_value **last = &v->first;
    while (!r->failed && !take_mark(r, end)) {
        struct text name = TEXT_NONE;
        if (end == '}') {
            name = need_name(r);
            need_mark(r, ':');
        }
        *last = read_value(r);
        (*last)->name = name;
        last = &(*last)->next;
        if (r->kind == T_END)
            fail(r, "the end of the document");
    }
}

static enum gq_kind word_kind(struct text word)
{
    return text_is(word, "true") || text_is(word, "false") ? GQ_BOOLEAN
           : text_is(word, "null")                         ? GQ_NULL
                                                           : GQ_ENUM;
}

static struct gq_value *read_value(struct reader *r)
{
    struct gq_value *v = ARENA_NEW(r->arena, struct gq_value);
    v->line = r->at_line;
    v->column = r->at_column;
    v->text = r->token;
    if (too_deep(r))
        return v;
    r->depth++;
    if (take_mark(r, '$')) {
        v->kind = GQ_VARIABLE;
        v->text = need_name(r);
    } else if (take_mark(r, '[')) {
        v->kind = GQ_LIST;
        read_members(r, v, ']');
    } else if (take_mark(r, '{')) {
        v->kind = GQ_OBJECT;
        read_members(r, v, '}');
    } else if (r->kind == T_INT || r->kind == T_FLOAT ||
               r->kind == T_STRING || r->kind == T_NAME) {
        v->kind = r->kind == T_INT      ? GQ_INT
                  : r->kind == T_FLOAT  ? GQ_FLOAT
                  : r->kind == T_STRING ? GQ_STRING
                                        : word_kind(r->token);
        advance(r);
    } else {
        fail(r, arena_printf(r->arena, "\"%.*s\": expected a value",
                             TEXT_ARG(r->token)));
    }
    r->depth--;
    return v;
}

/* --------------------------------------------------------------- selections */
static struct gq_arg *read_args(struct reader *r)
{
    struct gq_arg *first = NULL;
    struct gq_arg **last = &first;
    if (!take_mark(r, '('))
        return NULL;
    do {
        struct gq_arg *a = ARENA_NEW(r->arena, struct gq_arg);
        a->line = r->at_line;
        a->column = r->at_column;
        a->name = need_name(r);
        need_mark(r, ':');
        a->value = read_value(r);
        *last = a;
        last = &a->next;
    } while (!r->failed && !take_mark(r, ')'));
    return first;
}

static struct gq_selection *read_selections(struct reader *r);

static void read_field(struct reader *r, struct gq_selection *s)
{
    s->kind = GQ_FIELD;
    s->name = s->alias = need_name(r);
    if (take_mark(r, ':'))
        s->name = need_name(r);
    s->args = read_args(r);
    if (at_mark(r, '{'))
        s->first = read_selections(r);
}

static void read_spread(struct reader *r, struct gq_selection *s)
{
    s->kind = GQ_SPREAD;
    if (take_word(r, "on")) {
        s->kind = GQ_INLINE;
        s->name = need_name(r);
        s->first = read_selections(r);
    } else if (at_mark(r, '{')) {
        s->kind = GQ_INLINE;
        s->first = read_selections(r);
    } else {
        s->name = need_name(r);
    }
}

static struct gq_selection *read_selections(struct reader *r)
{
    struct gq_selection *first = NULL;
    struct gq_selection **last = &first;
    if (too_deep(r))
        return NULL;
    r->depth++;
    need_mark(r, '{');
    do {
        struct gq_selection *s = ARENA_NEW(r->arena, struct gq_selection);
        s->line = r->at_line;
        s->column = r->at_column;
        if (r->kind == T_SPREAD) {
            advance(r);
            read_spread(r, s);
        } else {
            read_field(r, s);
        }
        *last = s;
        last = &s->next;
    } while (!r->failed && !take_mark(r, '}'));
    r->depth--;
    return first;
}

/* --------------------------------------------------------------- operations */
static struct gq_variable *read_variables(struct reader *r)
{
    struct gq_variable *first = NULL;
    struct gq_variable **last = &first;
    if (!take_mark(r, '('))
        return NULL;
    do {
        struct gq_variable *v = ARENA_NEW(r->arena, struct gq_variable);
        v->line = r->at_line;
        v->column = r->at_column;
        need_mark(r, '$');
        v->name = need_name(r);
        need_mark(r, ':');
        v->type = read_type(r);
        if (take_mark(r, '='))
            v->otherwise = read_value(r);
        *last = v;
        last = &v->next;
    } while (!r->failed && !take_mark(r, ')'));
    return first;
}

static void read_operation(struct reader *r)
{
    struct gq_operation *op = ARENA_NEW(r->arena, struct gq_operation);
    op->mutation = take_word(r, "mutation");
    if (!op->mutation && !take_word(r, "query") && !at_mark(r, '{')) {
        fail(r, arena_printf(r->arena, "\"%.*s\"", TEXT_ARG(r->token)));
        return;
    }
    if (r->kind == T_NAME)
        op->name = need_name(r);
    op->variables = read_variables(r);
    op->first = read_selections(r);
    op->next = r->d->operations;
    r->d->operations = op;
}

static void read_fragment(struct reader *r)
{
    struct gq_fragment *f = ARENA_NEW(r->arena, struct gq_fragment);
    f->name = need_name(r);
    if (!take_word(r, "on"))
        fail(r, "a fragment without a type");
    f->on = need_name(r);
    f->first = read_selections(r);
    f->next = r->d->fragments;
    r->d->fragments = f;
}

static struct reader reader_of(struct arena *arena, struct text source,
                               struct gq_document *d)
{
    struct reader r = { .arena = arena,
                        .d = d,
                        .p = source.ptr,
                        .end = source.ptr + source.len,
                        .line_start = source.ptr,
                        .line = 1 };
    advance(&r);
    return r;
}

int gq_parse(struct arena *arena, struct text source, struct gq_document *d)
{
    *d = (struct gq_document){ .arena = arena };
    struct reader r = reader_of(arena, source, d);
    while (r.kind != T_END && !r.failed)
        if (take_word(&r, "fragment"))
            read_fragment(&r);
        else
            read_operation(&r);
    if (!r.failed && !d->operations)
        fail(&r, "an empty document");
    return r.failed ? -1 : 0;
}

const struct gq_fragment *gq_fragment(const struct gq_document *d,
                                      struct text name)
{
    const struct gq_fragment *f = d->fragments;
    while (f && !text_equal(f->name, name))
        f = f->next;
    return f;
}

/* ------------------------------------------------------------------- schema */
static void skip_description(struct reader *r)
{
    if (r->kind == T_STRING)
        advance(r);
}

/* @deprecated(reason: "…") and the like say nothing of what is allowed. */
static void skip_directives(struct reader *r)
{
    while (take_mark(r, '@')) {
        need_name(r);
        read_args(r);
    }
}

static struct sdl_arg *read_sdl_args(struct reader *r)
{
    struct sdl_arg *first = NULL;
    struct sdl_arg **last = &first;
    if (!take_mark(r, '('))
        return NULL;
    do {
        struct sdl_arg *a = ARENA_NEW(r->arena, struct sdl_arg);
        skip_description(r);
        a->name = need_name(r);
        need_mark(r, ':');
        a->type = read_type(r);
        a->has_default = take_mark(r, '=');
        if (a->has_default)
            read_value(r);
        skip_directives(r);
        *last = a;
        last = &a->next;
    } while (!r->failed && !take_mark(r, ')'));
    return first;
}

static struct sdl_field *read_sdl_fields(struct reader *r, bool is_enum)
{
    struct sdl_field *first = NULL;
    struct sdl_field **last = &first;
    if (!at_mark(r, '{'))
        return NULL;
    need_mark(r, '{');
    while (!r->failed && !take_mark(r, '}')) {
        struct sdl_field *f = ARENA_NEW(r->arena, struct sdl_field);
        skip_description(r);
        f->name = need_name(r);
        if (!is_enum) {
            f->args = read_sdl_args(r);
            need_mark(r, ':');
            f->type = read_type(r);
            if (take_mark(r, '=')) {
                f->has_default = true;
                read_value(r);
            }
        }
        skip_directives(r);
        *last = f;
        last = &f->next;
    }
    return first;
}

/* Names with `mark` between, the first of them perhaps behind one. */
static struct sdl_field *read_sdl_names(struct reader *r, char mark)
{
    struct sdl_field *first = NULL;
    struct sdl_field **last = &first;
    take_mark(r, mark);
    do {
        *last = ARENA_NEW(r->arena, struct sdl_field);
        (*last)->name = need_name(r);
        last = &(*last)->next;
    } while (!r->failed && take_mark(r, mark));
    return first;
}

/* What is no type: `schema { … }`, `directive @x(…) on …`. */
static bool skip_sdl_other(struct reader *r)
{
    if (take_word(r, "schema")) {
        skip_directives(r);
        read_sdl_fields(r, false);
        return true;
    }
    if (!take_word(r, "directive"))
        return false;
    need_mark(r, '@');
    need_name(r);
    read_sdl_args(r);
    take_word(r, "repeatable");
    if (!take_word(r, "on"))
        fail(r, "a directive");
    read_sdl_names(r, '|');
    return true;
}

static void read_sdl_type(struct reader *r, struct sdl *s)
{
    struct sdl_type *t = ARENA_NEW(r->arena, struct sdl_type);
    skip_description(r);
    if (skip_sdl_other(r))
        return;
    t->kind = take_word(r, "type")        ? SDL_OBJECT
              : take_word(r, "interface") ? SDL_INTERFACE
              : take_word(r, "input")     ? SDL_INPUT
              : take_word(r, "enum")      ? SDL_ENUM
              : take_word(r, "union")     ? SDL_UNION
                                          : SDL_SCALAR;
    if (t->kind == SDL_SCALAR && !take_word(r, "scalar"))
        fail(r, "the schema");
    t->name = need_name(r);
    if (take_word(r, "implements"))
        t->implements = read_sdl_names(r, '&');
    skip_directives(r);
    if (t->kind == SDL_UNION && take_mark(r, '='))
        t->fields = read_sdl_names(r, '|');
    else if (t->kind != SDL_SCALAR)
        t->fields = read_sdl_fields(r, t->kind == SDL_ENUM);
    t->next = s->types;
    s->types = t;
}

struct sdl *sdl_parse(struct arena *arena, const char *const *sources)
{
    struct sdl *s = ARENA_NEW(arena, struct sdl);
    struct gq_document d = { .arena = arena };
    for (size_t i = 0; sources[i]; i++) {
        struct reader r = reader_of(arena, text_of(sources[i]), &d);
        while (r.kind != T_END && !r.failed)
            read_sdl_type(&r, s);
        if (r.failed)
            return NULL;
    }
    return s;
}

const struct sdl_type *sdl_find(const struct sdl *s, struct text name)
{
    const struct sdl_type *t = s->types;
    while (t && !text_equal(t->name, name))
        t = t->next;
    return t;
}

bool sdl_implements(const struct sdl_type *t, struct text name)
{
    const struct sdl_field *i = t->implements;
    while (i && !text_equal(i->name, name))
        i = i->next;
    return i != NULL;
}

const struct sdl_field *sdl_member(const struct sdl_type *t, struct text name)
{
    const struct sdl_field *f = t->fields;
    while (f && !text_equal(f->name, name))
        f = f->next;
    return f;
}
