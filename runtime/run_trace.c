/* One record, looked at as a run would, told step by step. */
#include "config.h"

#include "runtime/run_internal.h"
#include "runtime/jsonread.h"
#include "runtime/trace.h"
#include <string.h>

static struct text members_of(struct run *r)
{
    return text_of(arena_printf(&r->batch, "members of %.*s",
                                TEXT_ARG(r->flow->name)));
}

/* Under `one per` the key is the group's or a member's. */
static int group_units(struct run *r, struct text key, struct units *units,
                       struct error *err)
{
    struct mirror_row member;
    int got = run_group_unit(r, key, units, err);
    if (got != 1)
        return got;
    got = store_mirror_get(r->store, members_of(r), key, &r->batch, &member,
                           err);
    if (got != 0)
        return got;
    return member.gone ? 1 : run_group_unit(r, member.group, units, err);
}

static int record_units(struct run *r, struct text key, struct units *units,
                        struct error *err)
{
    struct record *record = NULL;
    struct text raw;
    int got = run_read_one(r, key, &record, &raw, err);
    if (got)
        return got;
    return run_units_of(r, record, key, raw, true, units, err);
}

static void tell_indented(struct text t, struct buf *out)
{
    while (t.len > 0) {
        size_t at = t.len;
        text_find(t, TEXT("\n"), &at);
        buf_str(out, "                    ");
        buf_printable(out, text_slice(t, 0, at));
        buf_byte(out, '\n');
        t = at < t.len ? text_slice(t, at + 1, t.len - at - 1) : TEXT_NONE;
    }
}

/* What the flow uses of a record, by the names it uses, and nothing personal. */
static struct text used_of(struct run *r, struct text raw)
{
    struct buf b;
    buf_init(&b, 0);
    buf_byte(&b, '{');
    for (size_t i = 0; i < r->shape->count; i++) {
        const struct field *field = r->shape->fields[i].field;
        struct text value = json_get(raw, text_cstr(&r->batch, field->wire));
        if (field->sensitive || value.len == 0)
            continue;
        buf_str(&b, b.len > 1 ? "," : "");
        buf_json_string(&b, field->name);
        buf_byte(&b, ':');
        buf_text(&b, value);
    }
    buf_byte(&b, '}');
    struct text t = buf_dup(&r->batch, &b);
    buf_fini(&b);
    return t;
}

/* How the record differs from the one it was held with. */
static void tell_changes(struct run *r, const struct unit *u, struct text was,
                         struct buf *out)
{
    if (was.len == 0)
        return;
    buf_str(out, "                    the record: ");
    if (json_kind(u->raw) != JSON_OBJECT || json_kind(was) != JSON_OBJECT)
        buf_str(out, text_equal(was, u->raw) ? "as it was"
                                             : "its rows have changed");
    else if (plan_changes_text(used_of(r, was), used_of(r, u->raw), out) == 0)
        buf_str(out, "as it was");
    buf_byte(out, '\n');
}

static void tell_unit(struct run *r, const struct unit *u, struct buf *out)
{
    bool writes = strcmp(u->action, "update") == 0
                  || strcmp(u->action, "drift") == 0
                  || strcmp(u->action, "create") == 0;
    tell_indented(u->result.trace, out);
    buf_printf(out, "                    -> %s", u->action);
    if (writes && u->result.target) {
        buf_str(out, ": ");
        plan_changes_text(u->before, run_json(&r->batch, u->result.target),
                          out);
    }
    if (u->target_id.len > 0) {
        buf_str(out, ", linked to ");
        buf_printable(out, u->target_id);
    }
    buf_byte(out, '\n');
    if (u->held.reasons.len > 0)
        reasons_text(u->held.reasons, "                    ", out);
}

static int tell_units(struct run *r, struct text key, struct text was,
                      struct buf *out, struct error *err)
{
    struct units units = { NULL, 0, 0 };
    int got = r->flow->per ? group_units(r, key, &units, err)
                           : record_units(r, key, &units, err);
    if (got == 0)
        got = run_decide_only(r, &units, err);
    if (got == 0 && units.count > 0)
        tell_changes(r, &units.list[0], was, out);
    for (size_t i = 0; got == 0 && i < units.count; i++)
        tell_unit(r, &units.list[i], out);
    if (got == 1) {
        buf_str(out, "                    the source does not give it\n");
        got = 0;
    }
    mem_free(units.list);
    return got;
}

int trace_record(const struct program *program, const struct flow *flow,
                 struct store *store, const struct ports *ports,
                 struct text key, struct text was, int64_t now_ms,
                 struct buf *out, struct error *err)
{
    struct summary sum;
    struct run_options o = { .program = program, .flow = flow, .store = store,
                             .ports = *ports, .mode = RUN_PLAN,
                             .now_ms = now_ms };
    struct run r = { .o = &o, .flow = flow, .store = store, .sum = &sum };
    summary_init(&sum, flow->name);
    arena_init(&r.keep);
    arena_init(&r.batch);
    int result = run_set_up(&r, err);
    r.env.trace = true;
    if (result == 0)
        result = r.source.prepare(r.source.ctx, err);
    if (result == 0 && r.has_target)
        result = r.target.prepare(r.target.ctx, err);
    if (result == 0)
        result = tell_units(&r, key, was, out, err);
    run_tear_down(&r);
    summary_fini(&sum);
    return result;
}
