/* Showing what a run would do, item by item. */
#include "config.h"

#include "runtime/owned.h"
#include "runtime/run_internal.h"

#include <string.h>

#define ROWS_AT_ONCE 200

struct showing {
    struct run *r;
    int64_t last;
    size_t count;
    struct error *err;
    int failed;
};

/* The exact bytes a call would carry. */
static struct text payload_of(struct run *r, const struct plan_row *row,
                              struct record *target, struct error *err)
{
    char key[65];
    struct request q;
    struct write_item item = {
        .op = text_is(row->action, "create") ? WRITE_CREATE : WRITE_UPDATE,
        .record = target,
        .target_id = row->target_id,
        .version = row->version,
    };
    struct write_spec spec = { r->flow->target, &item, 1 };
    record_key_hex(r->flow->name, r->source_name, row->source_key, key);
    item.key = text_of(key);
    if (r->target.request(r->target.ctx, &spec, &r->batch, &q, err)) {
        struct text t = text_of(arena_strdup(&r->batch, err->text));
        error_clear(err);
        return t;
    }
    return text_of(arena_printf(&r->batch, "%s %.*s %.*s", q.method,
                                TEXT_ARG(q.path), TEXT_ARG(q.body)));
}

/* What people call it: the key it is matched by, else where it comes from. */
static struct text label_of(const struct plan_row *row)
{
    struct text t = row->target_key.len > 0 ? row->target_key
                    : row->target_id.len > 0 ? row->target_id
                                             : row->source_key;
    size_t at;
    while (text_find(t, TEXT("\x1f"), &at))
        t = text_slice(t, 0, at);
    return t;
}

static int show(void *ctx, const struct plan_row *row)
{
    struct showing *s = ctx;
    struct run *r = s->r;
    struct plan_item item = {
        .action = text_cstr(&r->batch, row->action),
        .source_key = row->source_key,
        .label = label_of(row),
        .target_id = row->target_id,
        .before = row->before,
        .hash = row->hash,
        .reasons = row->reasons,
        .note = row->source_hash,
    };
    bool waits = text_is(row->action, "hold") || text_is(row->action,
                                                         "reject");
    bool drift = text_starts(row->action, TEXT("drift"))
                 && row->source_hash.len > 0;
    s->last = row->number;
    s->count++;
    if (waits || drift)
        item.note = TEXT_NONE;
    if (drift) {
        item.system = r->target.name;
        item.before = row->source_hash;
        item.found = row->before;
    }
    if (row->target.len > 0 && r->has_target) {
        struct record *target = record_unpack(
            &r->batch, compiled_target_shape(r->compiled), row->target);
        bool create = text_is(row->action, "create");
        if (target) {
            owned_leave_once(r->compiled, target, row->action);
            item.after = run_json(&r->batch, target);
            if (r->o->payloads && (create || text_is(row->action, "update")
                                   || text_is(row->action, "drift")
                                   || text_is(row->action, "gone")))
                item.payload = payload_of(r, row, target, s->err);
        }
    }
    r->o->sink->item(r->o->sink->ctx, &item);
    return 0;
}

int run_show_plan(struct run *r, struct error *err)
{
    struct showing s = { .r = r, .last = -1, .err = err };
    if (!r->o->sink)
        return 0;
    do {
        arena_reset(&r->batch);
        s.count = 0;
        if (store_plan_each(r->store, r->id, s.last + 1, ROWS_AT_ONCE,
                            &r->batch, show, &s, err))
            return -1;
    } while (s.count > 0);
    return 0;
}
