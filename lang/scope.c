/* Names: which connection, object, field or value a word stands for, and what
 * to say when it stands for nothing. */
#include "config.h"

#include "lang/check.h"
#include "lang/builtins.h"

#include <string.h>

/* ------------------------------------------------------------- connections */
static bool connector_known(const struct program *p, struct text name,
                            struct text *found)
{
    const struct load_options *o = p->options;
    for (size_t i = 0; o && o->connectors && o->connectors[i]; i++)
        if (text_equal_nocase(name, text_of(o->connectors[i]))) {
            *found = text_of(o->connectors[i]);
            return true;
        }
    for (const struct embedded_text *t = o ? o->catalogs : NULL; t && t->name;
         t++) {
        const char *slash = strchr(t->name, '/');
        struct text connector = { t->name, slash ? (size_t)(slash - t->name)
                                                 : strlen(t->name) };
        if (text_equal_nocase(name, connector)) {
            *found = connector;
            return true;
        }
    }
    return false;
}

struct connection *scope_add_connection(struct program *p, struct text name,
                                        struct text connector)
{
    struct connection *c = ARENA_NEW(&p->arena, struct connection);
    c->name = name;
    c->connector = connector;
    struct connection **list = ARENA_ARRAY(&p->arena, struct connection *,
                                           p->connection_count + 1);
    if (p->connection_count)
        memcpy(list, p->connections, p->connection_count * sizeof *list);
    list[p->connection_count++] = c;
    p->connections = list;
    return c;
}

const struct connection *program_connection(const struct program *p,
                                            struct text name)
{
    for (size_t i = 0; i < p->connection_count; i++)
        if (text_equal(p->connections[i]->name, name))
            return p->connections[i];
    return NULL;
}

const struct connection *scope_connection(struct program *p, struct text app)
{
    const struct connection *known = program_connection(p, app);
    struct text connector;
    if (known)
        return known;
    if (!connector_known(p, app, &connector))
        return NULL;
    struct connection *c =
        scope_add_connection(p, text_dup(&p->arena, app), connector);
    c->implied = true;
    return c;
}

/* ----------------------------------------------------------------- objects */
static const struct object *object_in(const struct program *p, struct text app,
                                      struct text name)
{
    char key[512];
    if (app.len + name.len + 1 > sizeof key)
        return NULL;
    memcpy(key, app.ptr, app.len);
    key[app.len] = '.';
    memcpy(key + app.len + 1, name.ptr, name.len);
    return map_get(&p->objects,
                   (struct text){ key, app.len + name.len + 1 });
}

const struct object *program_object(const struct program *p,
                                    const struct connection *connection,
                                    struct text name)
{
    const struct object *o = object_in(p, connection->name, name);
    return o ? o : object_in(p, connection->connector, name);
}

static const char *known_connectors(struct checker *c,
                                    const struct load_options *o)
{
    const char *list = "";
    for (size_t i = 0; o && o->connectors && o->connectors[i]; i++)
        list = arena_printf(c->arena, "%s%s%s", list, i ? ", " : "",
                            o->connectors[i]);
    return *list ? list : "exact, files";
}

/* A connector's name with a capital, where a capital was written. */
static struct text like_written(struct checker *c, struct text written,
                                struct text name)
{
    if (!name.len || written.ptr[0] < 'A' || written.ptr[0] > 'Z' ||
        name.ptr[0] < 'a' || name.ptr[0] > 'z')
        return name;
    return text_of(arena_printf(c->arena, "%c%.*s", name.ptr[0] - 32,
                                (int)name.len - 1, name.ptr + 1));
}

static void unknown_connection(struct checker *c, const struct node *ref,
                               struct text app)
{
    const struct load_options *o = c->p->options;
    struct span span = ref->span;
    if (map_has(&c->p->unknown, app)) /* one mistake, one message */
        return;
    map_put(&c->p->unknown, app, c->p);
    span.end = span.start + (uint32_t)app.len;
    struct near n;
    near_init(&n, app);
    for (size_t i = 0; i < c->p->connection_count; i++)
        near_try(&n, c->p->connections[i]->name);
    struct diag *m = say(c, "E0302", span, "there is no connection `%.*s`",
                         TEXT_ARG(app));
    if (near_suggest(c, m, &n, span))
        return;
    for (size_t i = 0; o && o->connectors && o->connectors[i]; i++)
        near_try(&n, like_written(c, app, text_of(o->connectors[i])));
    for (const struct embedded_text *t = o ? o->catalogs : NULL; t && t->name;
         t++)
        near_try(&n, like_written(c, app, text_slice(text_of(t->name), 0,
                                                     strcspn(t->name, "/"))));
    if (near_found(&n) && !near_suggest(c, m, &n, span))
        return;
    if (!near_found(&n))
        diag_note(c->d, m,
                  "connections are declared in project.mlc: connection %.*s is "
                  "CONNECTOR { … }, with one of %s",
                  TEXT_ARG(app), known_connectors(c, o));
}

static void unknown_object(struct checker *c, const struct node *ref,
                           const struct connection *connection,
                           struct text name)
{
    struct near n;
    struct span span = ref->span;
    if (map_has(&c->p->unknown, ref->text) || connection->broken)
        return;
    map_put(&c->p->unknown, ref->text, c->p);
    span.start += ref->lit.name_len + 1;
    near_init(&n, name);
    for (const struct object *o = c->p->all_objects; o; o = o->next)
        if (!o->record_only && (text_equal(o->app, connection->connector) ||
                                text_equal(o->app, connection->name))) {
            near_try(&n, o->name);
            if (o->also.len)
                near_try(&n, o->also);
        }
    struct diag *m = say(c, "E0303", span, "%.*s has no object `%.*s`",
                         TEXT_ARG(connection->name), TEXT_ARG(name));
    if (near_suggest(c, m, &n, span))
        return;
    diag_note(c->d, m,
              "what no catalog knows is declared in the project: object "
              "%.*s.%.*s { key … fields … }",
              TEXT_ARG(connection->name), TEXT_ARG(name));
}

const struct object *scope_object(struct checker *c, struct node *ref,
                                  const struct connection **connection)
{
    struct text app = schema_app(ref), name = schema_object_name(ref);
    const struct connection *found = scope_connection(c->p, app);
    if (connection)
        *connection = found;
    if (!found) {
        unknown_connection(c, ref, app);
        return NULL;
    }
    const struct object *o = object_in(c->p, found->name, name);
    if (!o) {
        schema_catalog(c->p, found->connector);
        o = object_in(c->p, found->connector, name);
    }
    if (!o)
        unknown_object(c, ref, found, name);
    return o;
}

/* ------------------------------------------------------------------ names */
struct symbol *scope_symbol(struct checker *c, enum symbol_kind kind,
                            struct text name, struct node *decl,
                            struct span span)
{
    struct symbol *s = ARENA_NEW(c->arena, struct symbol);
    s->kind = kind;
    s->name = name;
    s->decl = decl;
    s->span = span;
    s->type = &type_unknown;
    return s;
}

static bool is_value_kind(enum symbol_kind kind)
{
    return kind == SYMBOL_LET || kind == SYMBOL_FIND || kind == SYMBOL_EACH;
}

/* A name of a flow must be new: hiding another one would read wrong. */
void scope_push(struct checker *c, struct symbol *symbol)
{
    struct symbol *other = scope_find(c, symbol->name);
    if (other && is_value_kind(symbol->kind)) {
        struct diag *m = say(c, "E0204", symbol->span,
                             "the name `%.*s` is taken already",
                             TEXT_ARG(symbol->name));
        if (other->span.source)
            diag_label(c->d, m, other->span, "first here");
        symbol->used = other->used = true;
    }
    struct local *l = ARENA_NEW(c->arena, struct local);
    l->symbol = symbol;
    l->next = c->locals;
    c->locals = l;
    symbol->next_declared = c->declared;
    c->declared = symbol;
}

struct symbol *scope_find(const struct checker *c, struct text name)
{
    for (struct local *l = c->locals; l; l = l->next)
        if (text_equal(l->symbol->name, name))
            return l->symbol;
    return c->module ? map_get(&c->module->names, name) : NULL;
}

static void try_names(struct checker *c, struct near *n)
{
    for (struct local *l = c->locals; l; l = l->next)
        near_try(n, l->symbol->name);
    for (size_t i = 0; c->module && i < c->module->names.count; i++)
        near_try(n, c->module->names.entries[i].key);
}

/* A field of the source written without its record, or of the target. */
static bool says_bare_field(struct checker *c, struct node *name)
{
    for (struct local *l = c->locals; l; l = l->next) {
        struct symbol *s = l->symbol;
        if (s->kind == SYMBOL_LET || !s->type || s->type->kind != TYPE_RECORD ||
            !object_field(s->type->object, name->text))
            continue;
        struct diag *m =
            say(c, "E0308", name->span,
                "`%.*s` is a field of `%.*s` and is written with its name",
                TEXT_ARG(name->text), TEXT_ARG(s->name));
        fix_replace(c, m, FIX_SURE, name->span,
                    arena_printf(c->arena, "%s.%s",
                                 name_written(c->arena, s->name),
                                 name_written(c->arena, name->text)));
        s->used = true;
        return true;
    }
    return false;
}

/* The object's own name where the sentence gave an alias, or the reverse. */
static bool says_alias(struct checker *c, struct node *name)
{
    const struct flow *f = c->flow;
    if (!f || !f->source || !f->source_symbol)
        return false;
    if (!text_equal_nocase(name->text, f->source->name) &&
        !text_is(name->text, "source"))
        return false;
    struct diag *m = say(c, "E0301", name->span, "there is no name `%.*s` here",
                         TEXT_ARG(name->text));
    diag_label(c->d, m, f->source_symbol->span, "the source goes by `%.*s`",
               TEXT_ARG(f->source_symbol->name));
    fix_replace(c, m, FIX_SURE, name->span,
                name_written(c->arena, f->source_symbol->name));
    f->source_symbol->used = true;
    return true;
}

/* Does a line that could not be read give this name? Then its mistake is
 * told there. */
bool scope_is_lost(struct checker *c, struct text name)
{
    static const char *const forms[] = { "let %s ", "let %s=", "find %s ",
                                         "define %s(", "def %s(",
                                         "function %s(", "table %s ",
                                         "table %s(", "for %s in",
                                         "for each %s in", "const %s ",
                                         "var %s " };
    size_t at;
    if (!c->module || !c->module->tree.broken)
        return false;
    struct text all = sources_get(&c->p->sources, c->module->tree.source)->text;
    const char *word = text_cstr(c->arena, name);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *after = strchr(forms[i], '%') + 2;
        const char *form = arena_printf(
            c->arena, "%.*s%s%s", (int)(after - 2 - forms[i]), forms[i], word,
            after);
        if (text_find(all, text_of(form), &at))
            return true;
    }
    return false;
}

void scope_unknown_name(struct checker *c, struct node *name)
{
    if (scope_is_lost(c, name->text) || says_alias(c, name) || says_bare_field(c, name) ||
        says_function_name(c, name))
        return;
    struct near n;
    near_init(&n, name->text);
    try_names(c, &n);
    struct diag *m = say(c, "E0301", name->span, "there is no name `%.*s` here",
                         TEXT_ARG(name->text));
    if (text_is(name->text, "group")) {
        diag_note(c->d, m, "it is the list of a group's records, under `one "
                  "per` in the sentence");
        return;
    }
    if (near_suggest(c, m, &n, name->span)) {
        struct symbol *s = scope_find(c, n.best);
        if (s)
            s->used = true; /* one mistake, one message */
        return;
    }
    struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE,
                                    "if a text is meant, put it in quotes");
    diag_edit(c->d, fix, name->span, "\"%.*s\"", TEXT_ARG(name->text));
}

static bool is_set_here(const struct checker *c, const struct object *object,
                        const struct field *field)
{
    if (!c->frame || c->frame->object != object)
        return false;
    for (const struct set_field *s = c->frame->sets; s; s = s->next)
        if (s->first == field && s->node->kind == NODE_ASSIGN)
            return true;
    return false;
}

/* A field of the record that the lines of an `add` belong to. */
static bool says_outer(struct checker *c, struct diag *m,
                       const struct object *object, struct text name)
{
    const struct frame *up = c->frame ? c->frame->up : NULL;
    if (!up || !up->object || c->frame->object != object ||
        !object_field(up->object, name))
        return false;
    diag_note(c->d, m, "`%.*s` is a field of %.*s: set it outside of `add`",
              TEXT_ARG(name), TEXT_ARG(up->object->label));
    return true;
}

/* A field of that name in a record of the record: department.name. */
static bool says_nested(struct checker *c, struct diag *m,
                        const struct object *object, struct text name)
{
    struct buf b;
    int found = 0;
    buf_init(&b, 4096);
    for (size_t i = 0; i < object->field_count && found < 3; i++) {
        const struct field *f = &object->fields[i];
        const struct field *inner =
            f->type->kind == TYPE_RECORD
                ? object_field(f->type->object, name) : NULL;
        if (!inner)
            continue;
        buf_printf(&b, "%s`%s.%s`", found++ ? ", " : "",
                   name_written(c->arena, f->name),
                   name_written(c->arena, inner->name));
    }
    if (found)
        diag_note(c->d, m, found == 1 ? "there is %s" : "there are %s",
                  buf_cstr(&b));
    buf_fini(&b);
    return found;
}

void scope_unknown_field(struct checker *c, const struct object *object,
                         struct text name, struct span span)
{
    struct near n;
    near_init(&n, name);
    for (size_t i = 0; i < object->field_count; i++) {
        if (is_set_here(c, object, &object->fields[i]))
            continue;
        near_try(&n, object->fields[i].name);
        if (object->fields[i].also.len)
            near_try(&n, object->fields[i].also);
    }
    struct diag *m =
        say(c, "E0304", span, "%.*s has no field `%.*s`",
            TEXT_ARG(object->label.len ? object->label : object->name),
            TEXT_ARG(name));
    if (says_outer(c, m, object, name) || near_suggest(c, m, &n, span) ||
        says_nested(c, m, object, name) ||
        object->field_count > 12)
        return;
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < object->field_count; i++)
        buf_printf(&b, "%s%.*s", i ? ", " : "",
                   TEXT_ARG(object->fields[i].name));
    diag_note(c->d, m, "its fields are: %s", buf_cstr(&b));
    buf_fini(&b);
}

/* --------------------------------------------------------- names of files */
static void declare(struct program *p, struct module *module,
                    enum symbol_kind kind, struct node *decl)
{
    struct checker c = { .p = p, .d = &p->diags, .arena = &p->arena };
    struct span span = decl->name_span.source ? decl->name_span : decl->span;
    struct symbol *other = map_get(&module->names, decl->text);
    struct symbol *s = scope_symbol(&c, kind, decl->text, decl, span);
    s->module = module;
    decl->symbol = s;
    if (other) {
        struct diag *m = say(&c, "E0204", span, "the name `%.*s` is taken already",
                             TEXT_ARG(decl->text));
        diag_label(&p->diags, m, other->span, "first here");
        s->used = true;
        return;
    }
    if (kind == SYMBOL_DEFINE && builtin_find(decl->text)) {
        say(&c, "E0204", span,
            "`%.*s` is a function of the language; give yours another name",
            TEXT_ARG(decl->text));
        return;
    }
    map_put(&module->names, decl->text, s);
}

void scope_declare_file(struct program *p, struct module *module)
{
    for (struct node *n = KID(module->tree.file, FILE, items); n; n = n->next) {
        if (n->kind == NODE_CONST)
            declare(p, module, SYMBOL_CONST, n);
        else if (n->kind == NODE_DEFINE)
            declare(p, module, SYMBOL_DEFINE, n);
        else if (n->kind == NODE_TABLE)
            declare(p, module, SYMBOL_TABLE, n);
    }
}

static void import_names(struct program *p, struct module *to,
                         struct module *from, struct node *use)
{
    struct checker c = { .p = p, .d = &p->diags, .arena = &p->arena };
    for (size_t i = 0; i < from->names.count; i++) {
        struct symbol *s = from->names.entries[i].value;
        struct symbol *other = map_get(&to->names, s->name);
        if (s->module != from || other == s)
            continue;
        if (!other) {
            map_put(&to->names, s->name, s);
            continue;
        }
        struct diag *m = say(&c, "E0204", use->span,
                             "this file brings a second `%.*s`",
                             TEXT_ARG(s->name));
        diag_label(&p->diags, m, other->span, "one is here");
        diag_label(&p->diags, m, s->span, "the other here");
        diag_note(&p->diags, m, "rename one of them");
    }
}

void scope_import(struct program *p, struct module *module)
{
    for (struct used_module *u = module->uses; u; u = u->next) {
        struct node *name = KID(u->node, USE, name);
        if (u->module && name)
            map_put(&module->prefixes, name->text, u->module);
        else if (u->module)
            import_names(p, module, u->module, u->node);
    }
}
