/* What people changed in the target since mlc wrote it. A run does not ask for
 * it: an equal hash costs no call. A plan does, for what it would update and,
 * as far as a plan may ask, for what it would leave alone; and so does the
 * applying of a plan, which must find what a person has seen [195]. */
#include "config.h"

#include "runtime/run_internal.h"

#include "runtime/jsonread.h"
#include "runtime/owned.h"
#include <string.h>

#define LOOKS_MAX 500 /* at records that would be left alone */

/* Can the target be asked for a record by its own key? */
static bool has_key_to_ask(const struct object *o)
{
    const struct field *key = o->key_count == 1
                                  ? object_field(o, o->keys[0]) : NULL;
    return key && (o->small || key->searchable
                   || (key->filters & (1u << OP_IS)) != 0);
}

bool run_drift_wanted(const struct run *r)
{
    return r->has_target
           && (r->o->mode == RUN_PLAN || r->o->mode == RUN_APPLY)
           && has_key_to_ask(r->flow->target);
}

/* Values as systems give them back: a number may have other zeros, and what is
 * empty may be missing. */
static bool same_json(struct text a, struct text b)
{
    struct decimal x, y;
    bool none_a = a.len == 0 || json_kind(a) == JSON_NULL
                  || text_is(a, "\"\"");
    bool none_b = b.len == 0 || json_kind(b) == JSON_NULL
                  || text_is(b, "\"\"");
    if (none_a || none_b)
        return none_a && none_b;
    if (json_kind(a) == JSON_NUMBER && json_kind(b) == JSON_NUMBER
        && json_decimal(a, &x) && json_decimal(b, &y))
        return decimal_compare(x, y) == 0;
    return text_equal(a, b);
}

/* Does a field that the flow owns stand there otherwise than it was written?
 * Lists and what cannot be read back are not compared. */
static bool differs(struct run *r, const struct unit *u, struct text there)
{
    const struct record *target = u->result.target;
    for (size_t i = 0; i < target->shape->count; i++) {
        const struct field *field = target->shape->fields[i].field;
        const char *name = text_cstr(&r->batch, field->name);
        struct text was = json_get(u->link.fields, name);
        enum json_kind kind = json_kind(was);
        if (!owned_field(r->compiled, field, &target->slots[i])
            || field->write_only || was.len == 0 || kind == JSON_ARRAY
            || kind == JSON_OBJECT)
            continue;
        if (!same_json(was, json_get(there, name)))
            return true;
    }
    return false;
}

/* Which records are looked at: one that would be updated always. */
static bool is_looked_at(struct run *r, const struct unit *u)
{
    if (u->link.fields.len == 0 || text_is(u->link.hash, LINK_HALF))
        return false;
    if (strcmp(u->action, "update") == 0)
        return true;
    return strcmp(u->action, "unchanged") == 0 && r->o->mode == RUN_PLAN
           && r->drift_looks++ < LOOKS_MAX;
}

int run_drift(struct run *r, struct unit *u)
{
    struct find_answer there;
    struct value id = value_text(u->link.target_id);
    if (!r->by_id.object || (!u->drift_asked && !is_looked_at(r, u)))
        return 0;
    u->drift_asked = true;
    lookups_ask(r->lookups, &r->by_id, &id, &there);
    if (there.status == FIND_LATER)
        return 1;
    if (there.status != FIND_ONE)
        return 0;
    struct text found = run_json(&r->batch, there.record);
    if (!differs(r, u, found))
        return 0;
    u->note = u->before;
    u->before = found;
    u->action = strcmp(u->action, "update") == 0 ? "drift" : "drifted";
    return 0;
}
