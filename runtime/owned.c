/* The fields a flow owns in its target. */
#include "config.h"

#include "runtime/owned.h"

bool owned_field(const struct compiled *c, const struct field *field,
                 const struct value *v)
{
    return v->tag != VALUE_LEAVE && !field->create_only && !field->read_only
           && !compiled_is_once(c, field);
}

void owned_leave_once(const struct compiled *c, struct record *target,
                      struct text action)
{
    if (text_is(action, "create") || text_is(action, "gone"))
        return;
    for (size_t i = 0; i < target->shape->count; i++)
        if (compiled_is_once(c, target->shape->fields[i].field))
            target->slots[i].tag = VALUE_LEAVE;
}

bool owned_same(const struct compiled *c, const struct record *target,
                const struct record *there, bool unseen_is_same)
{
    for (size_t i = 0; i < target->shape->count; i++) {
        const struct field *field = target->shape->fields[i].field;
        const struct value *want = &target->slots[i];
        const struct value *have;
        if (!owned_field(c, field, want) || want->tag == VALUE_LIST)
            continue;
        if (field->write_only && !unseen_is_same)
            return false;
        if (field->write_only)
            continue;
        have = record_get(there, field->name);
        if (!have)
            return false;
        if (want->tag == VALUE_CLEAR ? value_is_present(have)
                                     : !value_equal(want, have))
            return false;
    }
    return true;
}
