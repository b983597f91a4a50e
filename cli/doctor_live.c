/* mlc doctor --live. What a vendor lets users build themselves (boards) is
 * compared with its live form, column by column; of everything else one page
 * is read with just the fields that flows use: a field that is gone or has
 * become something else shows in it. */
#include "config.h"

#include "cli/doctor.h"
#include "cli/schema.h"
#include "runtime/clock.h"
#include "runtime/eval.h"
#include "runtime/mirror.h"
#include "runtime/record.h"

#include <string.h>

#define PATIENCE_MS 30000 /* for one object */
#define ROWS_MAX 20       /* of the page that are looked at */

struct use { /* of an object by a flow */
    const struct connection *connection;
    const struct shape *shape;
    struct text label; /* connection and object */
    struct use *next;
};

struct look {
    struct doctor *d;
    struct use *uses;
    struct map known; /* uses by connection, object and shape */
    struct arena *arena;
    size_t told;       /* findings on the object in hand */
    bool empty;        /* nothing was there to look at */
};

/* ------------------------------------------------------ forms users build */
/* The line of the form that tells the column at `wire`. */
static struct text line_of(struct text form, struct text wire,
                           struct arena *arena)
{
    struct text mark = text_of(arena_printf(arena, "from \"%.*s\"",
                                            TEXT_ARG(wire)));
    while (form.len > 0) {
        size_t end = form.len, at;
        text_find(form, TEXT("\n"), &end);
        struct text line = text_slice(form, 0, end);
        if (text_find(line, mark, &at))
            return line;
        form = end < form.len ? text_slice(form, end + 1, form.len - end - 1)
                              : TEXT_NONE;
    }
    return TEXT_NONE;
}

static bool is_declared_so(const struct field *f, struct text line,
                           struct arena *arena)
{
    size_t at;
    struct text mark = text_of(arena_printf(arena, "encoding(\"%.*s\")",
                                            TEXT_ARG(f->encoding)));
    return f->encoding.len == 0 || text_find(line, mark, &at);
}

static void compare_form(struct look *l, const struct object *o,
                         struct text form)
{
    const char *mend = arena_printf(
        l->arena, "Run: mlc schema pull %.*s %.*s, and take over what has "
        "changed.", TEXT_ARG(o->label), TEXT_ARG(o->path));
    for (size_t i = 0; i < o->field_count; i++) {
        const struct field *f = &o->fields[i];
        struct text line = line_of(form, f->wire, l->arena);
        if (line.len > 0 && is_declared_so(f, line, l->arena))
            continue;
        l->told++;
        doctor_say(l->d, WRONG, mend, line.len == 0
                                          ? "%.*s: the column %.*s (%.*s) is "
                                            "not there any more"
                                          : "%.*s: the column %.*s (%.*s) is "
                                            "of another kind now",
                   TEXT_ARG(o->label), TEXT_ARG(f->name), TEXT_ARG(f->wire));
    }
}

static void say_failure(struct look *l, const struct object *o,
                        const struct error *err)
{
    bool later = err->kind == ERROR_TRANSIENT;
    l->told++;
    doctor_say(l->d, later ? NOTE : WRONG,
               err->hint[0] ? err->hint
               : later      ? "Run mlc doctor --live again later."
                            : "Run: mlc ping",
               "%.*s could not be looked at: %s", TEXT_ARG(o->label),
               err->text);
}

static void look_at_form(struct look *l, struct channel *c,
                         const struct object *o)
{
    struct buf form;
    struct error err = { 0 };
    buf_init(&form, (size_t)4 << 20);
    if (schema_pull(&l->d->s->w, c, o->name, o->path, &form, &err))
        say_failure(l, o, &err);
    else
        compare_form(l, o, buf_view(&form));
    buf_fini(&form);
}

/* --------------------------------------------------------------- one page */
/* A field the wire cannot be asked for is not read either. */
static const struct shape *readable(struct look *l, const struct shape *s)
{
    struct shape *out = ARENA_NEW(l->arena, struct shape);
    out->object = s->object;
    out->fields = ARENA_ARRAY(l->arena, struct shape_field, s->count);
    for (size_t i = 0; i < s->count; i++)
        if (!s->fields[i].field->write_only)
            out->fields[out->count++] = s->fields[i];
    const struct shape *with = out;
    for (size_t i = 0; i < s->object->key_count; i++)
        with = shape_with(l->arena, with,
                          object_field(s->object, s->object->keys[i]));
    return with;
}

struct rows {
    size_t count, bad;
    struct record_fault fault; /* of the last bad one */
};

static int read_rows(const struct shape *shape, const struct page *page,
                     struct arena *arena, struct rows *rows,
                     struct error *err)
{
    struct record_plan *plan;
    struct record_page walk;
    struct record *record;
    struct record_fault fault;
    if (record_plan_new(arena, shape, &plan, err) ||
        record_page_open(&walk, plan, page->body, page->rows, page->single,
                         err))
        return -1;
    for (; rows->count < ROWS_MAX; rows->count++) {
        enum record_status status = record_page_next(&walk, arena, &record,
                                                     NULL, &fault);
        if (status == RECORD_END)
            break;
        if (status == RECORD_BROKEN)
            return error_set(err, ERROR_INPUT, "%s", fault.text);
        if (status == RECORD_BAD) {
            rows->fault = fault;
            rows->bad++;
        }
    }
    return 0;
}

static void say_rows(struct look *l, const struct object *o,
                     const struct rows *rows)
{
    l->empty = rows->count == 0;
    if (rows->bad == 0)
        return;
    l->told++;
    if (rows->bad == rows->count)
        doctor_say(l->d, WRONG, "Update mlc; until then leave the field out.",
                   "%.*s is not what the catalog says: %s",
                   TEXT_ARG(o->label), rows->fault.text);
    else
        doctor_say(l->d, NOTE, "A run holds such records with this reason.",
                   "%.*s: %zu of %zu records are not what the catalog says: "
                   "%s", TEXT_ARG(o->label), rows->bad, rows->count,
                   rows->fault.text);
}

static void look_at_page(struct look *l, struct channel *c,
                         const struct shape *shape)
{
    const struct object *o = shape->object;
    struct read_spec spec = { .object = o, .mode = READ_ALL, .page_size = 1,
                              .shape = shape };
    struct page page;
    struct answer answer;
    struct error err = { 0 };
    struct rows rows = { 0 };
    if (transport_read(c, &spec, TEXT_NONE, l->arena, &page, &answer, &err)) {
        say_failure(l, o, &err);
    } else if (answer.kind != ANSWER_DONE) {
        l->told++;
        doctor_say(l->d, WRONG, "Look at the rights of the user who signed "
                                "in; else update mlc, or leave the field out.",
                   "%.*s cannot be read with the fields that flows use: %.*s",
                   TEXT_ARG(o->label), TEXT_ARG(answer.reason));
    } else if (read_rows(shape, &page, l->arena, &rows, &err)) {
        say_failure(l, o, &err);
    } else {
        say_rows(l, o, &rows);
    }
}

/* What is only to be had as a job of its own is not asked for in passing. */
static bool is_cheap(const struct object *o)
{
    const struct fact *source = object_fact(o, "source");
    return (o->operations & OPERATION_READ) &&
           !(source && text_is(source->value, "export"));
}

static void look_at(struct look *l, const struct use *u)
{
    struct channel *c = NULL;
    struct error err = { 0 };
    const struct object *o = u->shape->object;
    struct transport *t = l->d->s->w.transport;
    transport_set_deadline(t, clock_now_ms() + PATIENCE_MS);
    if (transport_connect(t, u->connection->name, &c, &err))
        say_failure(l, o, &err);
    else if (o->user && schema_is_told(c))
        look_at_form(l, c, o);
    else
        look_at_page(l, c, u->shape);
}

/* Everything flows do with one object, in one finding when all is well. */
static void look_at_object(struct look *l, const struct use *first)
{
    l->told = 0;
    l->empty = false;
    for (const struct use *u = first; u; u = u->next)
        if (text_equal(u->label, first->label) && l->told == 0)
            look_at(l, u);
    if (l->told == 0)
        doctor_say(l->d, FINE, NULL, "%.*s is as flows take it to be%s",
                   TEXT_ARG(first->shape->object->label),
                   l->empty ? ", as far as an empty list tells" : "");
}

/* ------------------------------------------------------- what flows use */
static void add_use(struct look *l, const struct connection *connection,
                    const struct shape *used)
{
    const struct object *o = used ? used->object : NULL;
    struct buf b;
    const struct connector *k =
        connection ? connector_find(connection->connector) : NULL;
    if (!o || !k || !k->hosts || !*k->hosts || !is_cheap(o))
        return;
    struct use *u = ARENA_NEW(l->arena, struct use);
    u->connection = connection;
    u->shape = readable(l, used);
    u->label = object_label(l->arena, connection->name, o);
    buf_init(&b, 0);
    buf_text(&b, u->label);
    if (!o->user)
        shape_print(u->shape, &b);
    struct text mark = buf_dup(l->arena, &b);
    buf_fini(&b);
    if (map_has(&l->known, mark))
        return;
    map_put(&l->known, mark, u);
    struct use **end = &l->uses;
    while (*end)
        end = &(*end)->next;
    *end = u;
}

static void add_flow(struct look *l, const struct flow *f)
{
    struct compiled *c = NULL;
    struct error err = { 0 };
    size_t count = 0;
    if (f->broken || flow_compile(&l->d->s->w.program, f, l->arena, &c, &err))
        return; /* mlc check has said so */
    add_use(l, f->source_connection, compiled_source_shape(c));
    const struct find_site *finds = compiled_finds(c, &count);
    for (size_t i = 0; i < count; i++)
        add_use(l, finds[i].connection, finds[i].shape);
    if (f->target)
        add_use(l, f->target_connection, compiled_target_shape(c));
}

void doctor_look_live(struct doctor *d)
{
    struct look l = { .d = d, .arena = &d->s->w.arena };
    map_init(&l.known);
    if (d->s->w.program.diags.error_count == 0)
        for (const struct flow *f = d->s->w.program.flows; f; f = f->next)
            add_flow(&l, f);
    for (const struct use *u = l.uses; u; u = u->next) {
        const struct use *first = l.uses;
        while (!text_equal(first->label, u->label))
            first = first->next;
        if (first == u)
            look_at_object(&l, u);
    }
    map_fini(&l.known);
}
