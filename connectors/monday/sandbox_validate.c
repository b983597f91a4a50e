/* The monday.com sandbox: proves a document and its variables against the
 * schema, as a server does before it runs anything. */
#include "config.h"
#include "connectors/monday/sandbox_graphql.h"

#include <string.h>

struct proof {
    const struct sdl *sdl;
    struct gq_document *d;
    struct gq_operation *op;
    int depth;
};

static struct gq_variable *variable_of(const struct gq_operation *op,
                                       struct text name)
{
    struct gq_variable *v = op->variables;
    while (v && !text_equal(v->name, name))
        v = v->next;
    return v;
}

static const char *type_text(struct proof *p, const struct gq_type *t)
{
    if (t->kind == GQ_NON_NULL)
        return arena_printf(p->d->arena, "%s!", type_text(p, t->of));
    if (t->kind == GQ_LIST_OF)
        return arena_printf(p->d->arena, "[%s]", type_text(p, t->of));
    return text_cstr(p->d->arena, t->name);
}

/* -------------------------------------------------------------- variables */
static bool fits(const struct gq_type *have, const struct gq_type *want)
{
    if (want->kind == GQ_NON_NULL)
        return have->kind == GQ_NON_NULL && fits(have->of, want->of);
    if (have->kind == GQ_NON_NULL)
        return fits(have->of, want);
    if (want->kind == GQ_LIST_OF)
        return have->kind == GQ_LIST_OF && fits(have->of, want->of);
    return have->kind == GQ_NAMED && text_equal(have->name, want->name);
}

static void prove_use(struct proof *p, const struct gq_value *v,
                      const struct gq_type *want, bool place_has_default)
{
    struct gq_variable *var = variable_of(p->op, v->text);
    if (!var) {
        gq_complain(p->d, v->line, v->column,
                    "Variable \"$%.*s\" is not defined.", TEXT_ARG(v->text));
        return;
    }
    var->used = true;
    bool saved = want->kind == GQ_NON_NULL && var->type->kind != GQ_NON_NULL &&
                 (place_has_default ||
                  (var->otherwise && var->otherwise->kind != GQ_NULL));
    if (!fits(var->type, saved ? want->of : want))
        gq_complain(p->d, v->line, v->column,
                    "Variable \"$%.*s\" of type \"%s\" used in position "
                    "expecting type \"%s\".",
                    TEXT_ARG(v->text), type_text(p, var->type),
                    type_text(p, want));
}

/* ----------------------------------------------------------------- literals */
static bool scalar_takes(struct text type, const struct gq_value *v)
{
    if (text_is(type, "Int"))
        return v->kind == GQ_INT;
    if (text_is(type, "Float"))
        return v->kind == GQ_INT || v->kind == GQ_FLOAT;
    if (text_is(type, "Boolean"))
        return v->kind == GQ_BOOLEAN;
    if (text_is(type, "ID"))
        return v->kind == GQ_INT || v->kind == GQ_STRING;
    if (text_is(type, "JSON") || text_is(type, "CompareValue"))
        return true;
    return v->kind == GQ_STRING;
}

static void prove_literal(struct proof *p, const struct gq_value *v,
                          const struct gq_type *want, bool has_default);

static void prove_input(struct proof *p, const struct gq_value *v,
                        const struct sdl_type *t)
{
    for (const struct gq_value *m = v->first; m; m = m->next) {
        const struct sdl_field *f = sdl_member(t, m->name);
        if (f)
            prove_literal(p, m, f->type, false);
        else
            gq_complain(p->d, m->line, m->column,
                        "Field \"%.*s\" is not defined by type \"%.*s\".",
                        TEXT_ARG(m->name), TEXT_ARG(t->name));
    }
    for (const struct sdl_field *f = t->fields; f; f = f->next) {
        const struct gq_value *m = v->first;
        while (m && !text_equal(m->name, f->name))
            m = m->next;
        if (!m && f->type->kind == GQ_NON_NULL && !f->has_default)
            gq_complain(p->d, v->line, v->column,
                        "Field \"%.*s.%.*s\" of required type \"%s\" was not "
                        "provided.",
                        TEXT_ARG(t->name), TEXT_ARG(f->name),
                        type_text(p, f->type));
    }
}

static void prove_named(struct proof *p, const struct gq_value *v,
                        struct text name)
{
    const struct sdl_type *t = sdl_find(p->sdl, name);
    bool good = false;
    if (t && t->kind == SDL_INPUT && v->kind == GQ_OBJECT) {
        prove_input(p, v, t);
        return;
    }
    if (t && t->kind == SDL_ENUM)
        good = v->kind == GQ_ENUM && sdl_member(t, v->text);
    else if (t && t->kind == SDL_SCALAR)
        good = scalar_takes(name, v);
    if (!good)
        gq_complain(p->d, v->line, v->column,
                    "Expected value of type \"%.*s\", found %.*s.",
                    TEXT_ARG(name), TEXT_ARG(v->text));
}

static void prove_literal(struct proof *p, const struct gq_value *v,
                          const struct gq_type *want, bool has_default)
{
    if (v->kind == GQ_VARIABLE) {
        prove_use(p, v, want, has_default);
        return;
    }
    if (want->kind == GQ_NON_NULL) {
        if (v->kind == GQ_NULL)
            gq_complain(p->d, v->line, v->column,
                        "Expected value of type \"%s\", found null.",
                        type_text(p, want));
        else
            prove_literal(p, v, want->of, has_default);
        return;
    }
    if (v->kind == GQ_NULL)
        return;
    if (want->kind == GQ_NAMED) {
        prove_named(p, v, want->name);
    } else if (v->kind == GQ_LIST) {
        for (const struct gq_value *m = v->first; m; m = m->next)
            prove_literal(p, m, want->of, false);
    } else {
        prove_literal(p, v, want->of, false);
    }
}

/* --------------------------------------------------------------- selections */
static void prove_args(struct proof *p, const struct gq_selection *s,
                       const struct sdl_type *t)
{
    for (const struct gq_arg *a = s->args; a; a = a->next) {
        const struct sdl_arg *known = s->field->args;
        while (known && !text_equal(known->name, a->name))
            known = known->next;
        if (known)
            prove_literal(p, a->value, known->type, known->has_default);
        else
            gq_complain(p->d, a->line, a->column,
                        "Unknown argument \"%.*s\" on field \"%.*s.%.*s\".",
                        TEXT_ARG(a->name), TEXT_ARG(t->name),
                        TEXT_ARG(s->name));
    }
    for (const struct sdl_arg *k = s->field->args; k; k = k->next) {
        const struct gq_arg *a = s->args;
        while (a && !text_equal(a->name, k->name))
            a = a->next;
        if (!a && k->type->kind == GQ_NON_NULL && !k->has_default)
            gq_complain(p->d, s->line, s->column,
                        "Field \"%.*s\" argument \"%.*s\" of type \"%s\" is "
                        "required, but it was not provided.",
                        TEXT_ARG(s->name), TEXT_ARG(k->name),
                        type_text(p, k->type));
    }
}

static bool same_value(const struct gq_value *a, const struct gq_value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind != GQ_LIST && a->kind != GQ_OBJECT)
        return text_equal(a->text, b->text);
    const struct gq_value *x = a->first, *y = b->first;
    while (x && y && text_equal(x->name, y->name) && same_value(x, y)) {
        x = x->next;
        y = y->next;
    }
    return !x && !y;
}

static bool same_call(const struct gq_selection *a,
                      const struct gq_selection *b)
{
    const struct gq_arg *x = a->args, *y = b->args;
    while (x && y && text_equal(x->name, y->name) &&
           same_value(x->value, y->value)) {
        x = x->next;
        y = y->next;
    }
    return !x && !y && text_equal(a->name, b->name);
}

static void prove_no_conflict(struct proof *p, const struct gq_selection *s)
{
    if (s->kind != GQ_FIELD)
        return;
    for (const struct gq_selection *o = s->next; o; o = o->next)
        if (o->kind == GQ_FIELD && text_equal(o->alias, s->alias) &&
            !same_call(s, o))
            gq_complain(p->d, s->line, s->column,
                        "Fields \"%.*s\" conflict because they have differing "
                        "arguments. Use different aliases on the fields to "
                        "fetch both if this was intentional.",
                        TEXT_ARG(s->alias));
}

static void prove_selections(struct proof *p, struct gq_selection *first,
                             const struct sdl_type *t);

static bool is_leaf(const struct sdl_type *t)
{
    return !t || t->kind == SDL_SCALAR || t->kind == SDL_ENUM;
}

static void prove_field(struct proof *p, struct gq_selection *s,
                        const struct sdl_type *t)
{
    if (text_is(s->name, "__typename"))
        return;
    s->field = sdl_member(t, s->name);
    if (!s->field) {
        gq_complain(p->d, s->line, s->column,
                    "Cannot query field \"%.*s\" on type \"%.*s\".",
                    TEXT_ARG(s->name), TEXT_ARG(t->name));
        return;
    }
    const struct sdl_type *of = sdl_find(p->sdl,
                                         gq_type_name(s->field->type));
    prove_args(p, s, t);
    if (is_leaf(of) && s->first)
        gq_complain(p->d, s->line, s->column,
                    "Field \"%.*s\" must not have a selection since type "
                    "\"%s\" has no subfields.",
                    TEXT_ARG(s->name), type_text(p, s->field->type));
    else if (!is_leaf(of) && !s->first)
        gq_complain(p->d, s->line, s->column,
                    "Field \"%.*s\" of type \"%s\" must have a selection of "
                    "subfields. Did you mean \"%.*s { ... }\"?",
                    TEXT_ARG(s->name), type_text(p, s->field->type),
                    TEXT_ARG(s->name));
    else if (s->first)
        prove_selections(p, s->first, of);
}

static bool may_be(const struct sdl_type *t, const struct sdl_type *on)
{
    return t == on || sdl_implements(on, t->name) ||
           sdl_implements(t, on->name) ||
           (t->kind == SDL_UNION && sdl_member(t, on->name));
}

static void prove_on(struct proof *p, const struct gq_selection *s,
                     struct text on, struct gq_selection *first,
                     const struct sdl_type *t)
{
    const struct sdl_type *of = on.len > 0 ? sdl_find(p->sdl, on) : t;
    if (!of)
        gq_complain(p->d, s->line, s->column, "Unknown type \"%.*s\".",
                    TEXT_ARG(on));
    else if (!may_be(t, of))
        gq_complain(p->d, s->line, s->column,
                    "Fragment cannot be spread here as objects of type "
                    "\"%.*s\" can never be of type \"%.*s\".",
                    TEXT_ARG(t->name), TEXT_ARG(of->name));
    else
        prove_selections(p, first, of);
}

static void prove_spread(struct proof *p, const struct gq_selection *s,
                         const struct sdl_type *t)
{
    struct gq_fragment *f = p->d->fragments;
    while (f && !text_equal(f->name, s->name))
        f = f->next;
    if (!f) {
        gq_complain(p->d, s->line, s->column, "Unknown fragment \"%.*s\".",
                    TEXT_ARG(s->name));
        return;
    }
    f->used = true;
    prove_on(p, s, f->on, f->first, t);
}

static void prove_selections(struct proof *p, struct gq_selection *first,
                             const struct sdl_type *t)
{
    if (++p->depth > GQ_DEPTH_MAX)
        gq_complain(p->d, 1, 1, "The document is nested too deeply.");
    for (struct gq_selection *s = first;
         s && p->d->error_count < GQ_ERRORS_MAX; s = s->next) {
        prove_no_conflict(p, s);
        if (s->kind == GQ_FIELD)
            prove_field(p, s, t);
        else if (s->kind == GQ_INLINE)
            prove_on(p, s, s->name, s->first, t);
        else
            prove_spread(p, s, t);
    }
    p->depth--;
}

/* ------------------------------------------------------------ given values */
static bool given_fits(struct proof *p, const struct doc *v,
                       const struct gq_type *want);

static bool given_input(struct proof *p, const struct doc *v,
                        const struct sdl_type *t)
{
    if (doc_kind(v) != DOC_OBJECT)
        return false;
    for (void *it = doc_first(v); it; it = doc_next(v, it))
        if (!sdl_member(t, text_of(doc_name(it))))
            return false;
    for (const struct sdl_field *f = t->fields; f; f = f->next) {
        const struct doc *m = doc_get_text(v, f->name);
        if (m ? !given_fits(p, m, f->type)
              : f->type->kind == GQ_NON_NULL && !f->has_default)
            return false;
    }
    return true;
}

static bool given_scalar(struct text type, const struct doc *v)
{
    int64_t n;
    enum doc_kind kind = doc_kind(v);
    if (text_is(type, "Int"))
        return kind == DOC_NUMBER && doc_as_int(v, &n) && n <= INT32_MAX &&
               n >= INT32_MIN;
    if (text_is(type, "Float"))
        return kind == DOC_NUMBER;
    if (text_is(type, "Boolean"))
        return kind == DOC_YESNO;
    if (text_is(type, "ID"))
        return kind == DOC_TEXT || (kind == DOC_NUMBER && doc_as_int(v, &n));
    if (text_is(type, "JSON") || text_is(type, "CompareValue"))
        return true;
    return kind == DOC_TEXT;
}

static bool given_fits(struct proof *p, const struct doc *v,
                       const struct gq_type *want)
{
    if (want->kind == GQ_NON_NULL)
        return doc_is_present(v) && given_fits(p, v, want->of);
    if (!doc_is_present(v))
        return true;
    if (want->kind == GQ_LIST_OF) {
        if (doc_kind(v) != DOC_LIST)
            return given_fits(p, v, want->of);
        for (size_t i = 0; i < doc_count(v); i++)
            if (!given_fits(p, doc_at(v, i), want->of))
                return false;
        return true;
    }
    const struct sdl_type *t = sdl_find(p->sdl, want->name);
    if (t && t->kind == SDL_INPUT)
        return given_input(p, v, t);
    if (t && t->kind == SDL_ENUM)
        return doc_kind(v) == DOC_TEXT && sdl_member(t, doc_as_text(v));
    return t && given_scalar(want->name, v);
}

static void prove_given(struct proof *p, const struct gq_variable *v,
                        const struct doc *variables)
{
    const struct doc *given = doc_get_text(variables, v->name);
    if (!given && v->otherwise)
        return;
    if (!given_fits(p, given, v->type))
        gq_complain(p->d, v->line, v->column,
                    given ? "Variable \"$%.*s\" got an invalid value; "
                            "expected type \"%s\"."
                          : "Variable \"$%.*s\" of required type \"%s\" was "
                            "not provided.",
                    TEXT_ARG(v->name), type_text(p, v->type));
}

int gq_validate(const struct sdl *s, struct gq_document *d,
                struct gq_operation *op, const struct doc *variables)
{
    struct proof p = { .sdl = s, .d = d, .op = op };
    for (const struct gq_variable *v = op->variables; v; v = v->next) {
        const struct sdl_type *t = sdl_find(s, gq_type_name(v->type));
        if (!t || (!is_leaf(t) && t->kind != SDL_INPUT))
            gq_complain(d, v->line, v->column, "Unknown type \"%.*s\".",
                        TEXT_ARG(gq_type_name(v->type)));
        if (v->next && variable_of(&(struct gq_operation){
                                       .variables = v->next }, v->name))
            gq_complain(d, v->line, v->column,
                        "There can be only one variable named \"$%.*s\".",
                        TEXT_ARG(v->name));
    }
    prove_selections(&p, op->first,
                     sdl_find(s, op->mutation ? TEXT("Mutation")
                                              : TEXT("Query")));
    for (const struct gq_variable *v = op->variables; v; v = v->next)
        if (!v->used)
            gq_complain(d, v->line, v->column,
                        "Variable \"$%.*s\" is never used.",
                        TEXT_ARG(v->name));
    for (const struct gq_fragment *f = d->fragments; f; f = f->next)
        if (!f->used)
            gq_complain(d, 1, 1, "Fragment \"%.*s\" is never used.",
                        TEXT_ARG(f->name));
    for (const struct gq_variable *v = op->variables;
         v && d->error_count == 0; v = v->next)
        prove_given(&p, v, variables);
    return d->error_count ? -1 : 0;
}

/* -------------------------------------------------------------- arguments */
static struct doc *literal_doc(const struct gq_operation *op,
                               const struct gq_value *v,
                               const struct doc *variables)
{
    struct doc *d;
    switch (v->kind) {
    case GQ_VARIABLE: {
        const struct doc *given = doc_get_text(variables, v->text);
        const struct gq_variable *var = variable_of(op, v->text);
        return given                     ? doc_copy(given)
               : var && var->otherwise   ? literal_doc(op, var->otherwise, NULL)
                                         : NULL;
    }
    case GQ_INT:
    case GQ_FLOAT:
        return doc_number(v->text);
    case GQ_STRING:
    case GQ_ENUM:
        return doc_text(v->text);
    case GQ_BOOLEAN:
        return doc_yesno(text_is(v->text, "true"));
    case GQ_NULL:
        return doc_null();
    case GQ_LIST:
        d = doc_list();
        for (const struct gq_value *m = v->first; m; m = m->next) {
            struct doc *one = literal_doc(op, m, variables);
            doc_add(d, one ? one : doc_null());
        }
        return d;
    case GQ_OBJECT:
        break;
    }
    d = doc_object();
    for (const struct gq_value *m = v->first; m; m = m->next) {
        struct doc *one = literal_doc(op, m, variables);
        struct buf name;
        if (!one)
            continue;
        buf_init(&name, 1024);
        buf_text(&name, m->name);
        doc_set(d, buf_cstr(&name), one);
        buf_fini(&name);
    }
    return d;
}

struct doc *gq_arguments(const struct gq_operation *op,
                         const struct gq_selection *field,
                         const struct doc *variables)
{
    struct doc *d = doc_object();
    for (const struct gq_arg *a = field->args; a; a = a->next) {
        struct doc *v = literal_doc(op, a->value, variables);
        struct buf name;
        if (!v)
            continue;
        buf_init(&name, 1024);
        buf_text(&name, a->name);
        doc_set(d, buf_cstr(&name), v);
        buf_fini(&name);
    }
    return d;
}
