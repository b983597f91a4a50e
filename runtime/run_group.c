/* `one per`: records are kept as members of their groups, and a group is
 * evaluated whole whenever one of its members changed; an incremental read
 * never makes a partial sum. */
#include "config.h"

#include "runtime/run_internal.h"

#define GROUPS_AT_ONCE 100
#define MEMBERS_MAX 100000
#define SNAPSHOT_MAX 65536

static struct text members_label(struct run *r)
{
    return text_of(arena_printf(&r->batch, "members of %.*s",
                                TEXT_ARG(r->flow->name)));
}

static int touch(struct run *r, struct text group, struct error *err)
{
    return store_seen_add(r->store, r->group_set, group, err) < 0 ? -1 : 0;
}

/* The group it belonged to until now is looked at again too. */
static int touch_earlier(struct run *r, struct text label, struct text key,
                         bool *was_member, struct error *err)
{
    struct mirror_row old;
    int got = store_mirror_get(r->store, label, key, &r->batch, &old, err);
    *was_member = got == 0;
    if (got != 0)
        return got < 0 ? -1 : 0;
    return old.gone ? 0 : touch(r, old.group, err);
}

static int hold_member(struct run *r, struct text key, struct text raw,
                       struct evaluated *why, struct error *err)
{
    struct unit u = { .key = text_dup(&r->batch, key), .raw = raw,
                      .action = "hold", .result = *why };
    held_of_reasons(&r->batch, r->o->program, why->reasons, &u.held);
    u.result.verdict = VERDICT_HOLD;
    return run_spool(r, &u, err);
}

static int note_element(struct run *r, const struct record *record,
                        size_t element, struct text key, struct text raw,
                        struct error *err)
{
    struct eval_input input = { .source = record, .element = element };
    struct evaluated why = { 0 };
    struct text label = members_label(r);
    struct mirror_row row = { .key = key, .body = raw };
    bool in_scope = false;
    bool was_member = false;
    if (flow_group_key(r->compiled, &r->env, &input, &in_scope, &row.group,
                       &why) < 0)
        return hold_member(r, key, raw, &why, err);
    if (touch_earlier(r, label, key, &was_member, err))
        return -1;
    if (!in_scope && !was_member)
        return 0;
    row.gone = !in_scope;
    if (store_mirror_put(r->store, label, &row, r->o->now_ms, err))
        return -1;
    return in_scope ? touch(r, row.group, err) : 0;
}

int run_note_member(struct run *r, const struct record *record,
                    struct text key, struct text raw, struct error *err)
{
    size_t elements = flow_elements(r->compiled, &r->env, record);
    for (size_t i = 0; i < elements; i++) {
        struct text name =
            r->flow->each ? text_of(arena_printf(&r->batch, "%.*s#%zu",
                                                 TEXT_ARG(key), i))
                          : key;
        if (note_element(r, record, i, name, raw, err))
            return -1;
    }
    return 0;
}

int run_member_gone(struct run *r, struct text key, struct error *err)
{
    struct text label = members_label(r);
    struct mirror_row row = { .key = key, .body = TEXT("{}"), .gone = true };
    bool was_member = false;
    if (touch_earlier(r, label, key, &was_member, err))
        return -1;
    return was_member
               ? store_mirror_put(r->store, label, &row, r->o->now_ms, err)
               : 0;
}

/* ---------------------------------------------------------------- evaluating */
struct gathering {
    struct run *r;
    const struct record **members;
    size_t *elements;
    size_t count, cap;
    struct buf snapshot;
};

static int gather(void *ctx, const struct mirror_row *row)
{
    struct gathering *g = ctx;
    struct record *record = NULL;
    struct record_fault fault;
    if (record_parse(g->r->plan, row->body, &g->r->batch, &record, &fault)
        != RECORD_READ)
        return 0;
    if (g->count == MEMBERS_MAX)
        return 1;
    if (g->count == g->cap) {
        size_t cap = g->cap ? 2 * g->cap : 16;
        const struct record **more =
            ARENA_ARRAY(&g->r->batch, const struct record *, cap);
        size_t *places = ARENA_ARRAY(&g->r->batch, size_t, cap);
        for (size_t i = 0; i < g->count; i++) {
            more[i] = g->members[i];
            places[i] = g->elements[i];
        }
        g->members = more;
        g->elements = places;
        g->cap = cap;
    }
    size_t hash = 0;
    size_t at = row->key.len;
    while (at > 0 && row->key.ptr[at - 1] != '#')
        at--;
    if (g->r->flow->each)
        for (; at < row->key.len; at++)
            hash = hash * 10 + (size_t)(row->key.ptr[at] - '0');
    g->elements[g->count] = hash;
    g->members[g->count++] = record;
    if (g->snapshot.len + row->body.len < SNAPSHOT_MAX) {
        buf_byte(&g->snapshot, g->snapshot.len > 0 ? ',' : '[');
        buf_text(&g->snapshot, row->body);
    }
    return 0;
}

static int plan_empty(struct run *r, struct text key, struct error *err)
{
    struct link_row link;
    if (!r->has_target)
        return 0;
    int got = store_link_find(r->store, r->flow->name, r->source_name, key,
                              r->target_name, &r->batch, &link, err);
    if (got == 0)
        got = run_plan_gone(r, &link, "no member is left", err);
    return got < 0 ? -1 : 0;
}

static int fill_group(struct run *r, struct text key, struct units *units,
                      struct error *err)
{
    struct gathering g = { .r = r };
    buf_init(&g.snapshot, 2 * SNAPSHOT_MAX);
    int result = store_mirror_each(r->store, members_label(r), key, &r->batch,
                                   gather, &g, err);
    bool empty = result == 0 && g.count == 0;
    if (result == 0 && !empty) {
        struct unit *u = units_add(r, units);
        buf_byte(&g.snapshot, ']');
        u->key = key;
        u->raw = buf_dup(&r->batch, &g.snapshot);
        u->source = g.members[0];
        u->input.source = g.members[0];
        u->input.element = g.elements[0];
        u->input.members = g.members;
        u->input.member_elements = g.elements;
        u->input.member_count = g.count;
    }
    buf_fini(&g.snapshot);
    if (result > 0)
        return error_set(err, ERROR_INPUT, "the group %.*s has more than %d "
                         "records", TEXT_ARG(key), MEMBERS_MAX);
    return empty ? 1 : result;
}

int run_group_unit(struct run *r, struct text key, struct units *units,
                   struct error *err)
{
    return fill_group(r, key, units, err);
}

static int take_group(struct run *r, struct text key, struct units *units,
                      struct error *err)
{
    int got = fill_group(r, key, units, err);
    return got == 1 ? plan_empty(r, key, err) : got;
}

struct chunk {
    struct text keys[GROUPS_AT_ONCE];
    size_t count;
};

static int add_key(void *ctx, struct text key)
{
    struct chunk *c = ctx;
    c->keys[c->count++] = key;
    return 0;
}

static int sweep_members(struct run *r, struct error *err)
{
    if (!r->complete_proved || r->sudden_drop)
        return 0;
    return store_mirror_sweep(r->store, members_label(r), r->o->now_ms, err);
}

int run_groups(struct run *r, struct error *err)
{
    struct units units = { NULL, 0, 0 };
    struct buf last;
    int result = sweep_members(r, err);
    buf_init(&last, 0);
    while (result == 0 && !run_should_stop(r)) {
        struct chunk chunk = { .count = 0 };
        arena_reset(&r->batch);
        units.count = 0;
        result = store_seen_each(r->store, r->group_set, buf_view(&last),
                                 GROUPS_AT_ONCE, &r->batch, add_key, &chunk,
                                 err);
        if (result || chunk.count == 0)
            break;
        for (size_t i = 0; i < chunk.count && result == 0; i++)
            result = take_group(r, chunk.keys[i], &units, err);
        if (result == 0)
            result = run_decide(r, &units, err);
        buf_reset(&last);
        buf_text(&last, chunk.keys[chunk.count - 1]);
    }
    buf_fini(&last);
    mem_free(units.list);
    return result;
}
