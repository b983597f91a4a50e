/* Every connector's catalog is read without a message, knows what it names,
 * and says how each object is read. */
#include "config.h"

#include "lang/check.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>

static void try_catalog(const struct embedded_text *t)
{
    struct program p;
    struct load_options options = { .catalogs = connector_catalogs };
    size_t slash = strcspn(t->name, "/"), objects = 0, fields = 0;
    program_init(&p);
    p.options = &options;
    ok(schema_catalog(&p, (struct text){ t->name, slash }), "%s is found",
       t->name);
    for (const struct diag *d = p.diags.first; d; d = d->next)
        tap_diag("%s:%u %s", t->name,
                 sources_place(&p.sources, d->span.source, d->span.start).line,
                 d->headline);
    is_int((long long)(p.diags.error_count + p.diags.warning_count), 0,
           "%s has no mistake", t->name);
    for (const struct object *o = p.all_objects; o; o = o->next) {
        objects += !o->record_only;
        fields += o->field_count;
        /* what a vendor does not have stands there to be refused */
        if (!o->record_only && !object_fact(o, "no_endpoint") &&
            (!o->key_count || !o->operations))
            ok(false, "%.*s has a key and operations", TEXT_ARG(o->label));
    }
    bool declares = strstr(t->text, "\nobject ") != NULL;
    ok(!declares || (objects && fields > objects), "%s: %zu objects, %zu fields",
       t->name, objects, fields);
    program_fini(&p);
}

int main(void)
{
    for (const struct embedded_text *t = connector_catalogs; t->name; t++)
        try_catalog(t);
    return tap_done();
}
