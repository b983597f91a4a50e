/* Objects, shapes and records for the wire tests; see tests/lib/wire.h. */
#include "config.h"
#include "tests/lib/wire.h"

#include "lang/ast.h"
#include "lang/check.h"
#include "runtime/uri.h"
#include "tests/lib/tap.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct program *program;
static struct arena *arena;

void wire_start(const struct program *p, struct arena *a)
{
    program = p;
    arena = a;
}

const struct connector *wire_catalog(struct program *p, struct arena *a,
                                     const char *connector)
{
    static const struct load_options o = { .catalogs = connector_catalogs };
    const struct connector *k = connector_find(text_of(connector));
    program_init(p);
    wire_start(p, a);
    p->options = &o;
    if (!k || !schema_catalog(p, text_of(connector)))
        exit(99);
    return k;
}

bool wire_load(struct program *p, struct arena *a, const char *text,
               const char *catalog)
{
    char path[] = "/tmp/mlc-wire.XXXXXX.mlc";
    const char *paths[1] = { path };
    static struct load_options o = { .catalogs = connector_catalogs };
    int fd = mkstemps(path, 4);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        return false;
    close(fd);
    o.paths = paths;
    o.path_count = 1;
    program_init(p);
    wire_start(p, a);
    if (program_load(p, &o) == 0)
        program_check(p);
    p->options = &o; /* where the catalogs are */
    schema_catalog(p, text_of(catalog));
    unlink(path);
    if (p->diags.error_count > 0)
        diags_print(&p->diags, DIAG_BRIEF, false, NULL, stdout);
    return p->diags.error_count == 0;
}

const struct object *wire_object(const char *name)
{
    for (const struct object *o = program->all_objects; o; o = o->next)
        if (!o->record_only && text_is(o->name, name))
            return o;
    tap_diag("no object %s", name);
    exit(1);
}

struct shape *wire_shape(const struct object *o, const char *names)
{
    struct shape *s = ARENA_NEW(arena, struct shape);
    s->object = o;
    s->fields = ARENA_ARRAY(arena, struct shape_field, 40);
    for (const char *at = names; *at;) {
        struct text name = { at, strcspn(at, " ") };
        struct shape_field *f = &s->fields[s->count++];
        f->field = object_field(o, name);
        if (!f->field) {
            tap_diag("no field %.*s", TEXT_ARG(name));
            exit(1);
        }
        const struct type *t = f->field->type;
        if (t->kind == TYPE_LIST)
            t = t->item;
        if (t->kind == TYPE_RECORD)
            f->sub = shape_of_object(arena, t->object);
        at += name.len;
        at += *at == ' ';
    }
    return s;
}

struct record *wire_record(const struct shape *s)
{
    struct record *r = record_new(arena, s);
    for (size_t i = 0; i < s->count; i++)
        r->slots[i].tag = VALUE_LEAVE;
    return r;
}

static size_t slot_named(const struct record *r, const char *name)
{
    for (size_t i = 0; i < r->shape->count; i++)
        if (text_is(r->shape->fields[i].field->name, name))
            return i;
    tap_diag("no field %s in the shape", name);
    exit(1);
}

void wire_set(struct record *r, const char *name, struct value v)
{
    r->slots[slot_named(r, name)] = v;
}

void wire_set_text(struct record *r, const char *name, const char *text)
{
    wire_set(r, name, value_text(text_of(text)));
}

struct record *wire_set_record(struct record *r, const char *name)
{
    size_t at = slot_named(r, name);
    struct record *in = wire_record(r->shape->fields[at].sub);
    r->slots[at] = (struct value){ .tag = VALUE_RECORD, .record = in };
    return in;
}

struct text wire_default(const struct connector *k, const char *name)
{
    for (const struct setting_def *s = k->settings; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s->default_value ? text_of(s->default_value) : TEXT_NONE;
    return TEXT_NONE;
}

/* -------------------------------------------------------------------- reading */
static const struct connector *driver;
static const struct connection_info *connection;

void wire_driver(const struct connector *k, const struct connection_info *c)
{
    driver = k;
    connection = c;
}

struct read_spec wire_read(const char *object, const char *fields,
                           enum read_mode mode)
{
    const struct object *o = wire_object(object);
    return (struct read_spec){ .object = o, .shape = wire_shape(o, fields),
                               .mode = mode };
}

struct request wire_request(const struct read_spec *spec, struct text next)
{
    struct request r = { 0 };
    struct error err = { 0 };
    if (driver->read_request(connection, spec, next, arena, &r, &err))
        r.path = text_of(arena_strdup(arena, err.text));
    return r;
}

const char *wire_path(const struct read_spec *spec, struct text next)
{
    return text_cstr(arena, wire_request(spec, next).path);
}

const char *wire_option(const char *path, const char *name)
{
    const char *query = strchr(path, '?');
    struct text t = query ? uri_form_value(arena, text_of(query + 1), name)
                          : TEXT_NONE;
    return text_cstr(arena, t);
}

struct page wire_answer(const struct read_spec *spec, struct text asked,
                        int status, const char *body, struct answer *a)
{
    struct response r = { .status = status, .body = text_of(body) };
    struct page page = { .total = -1 };
    memset(a, 0, sizeof *a);
    driver->read_answer(connection, spec, asked, &r, arena, &page, a);
    return page;
}

const char *wire_header(const struct request *r, const char *name)
{
    struct response asked = { .headers = r->headers };
    return text_cstr(arena, response_header(&asked, name));
}
