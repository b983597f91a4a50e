/* What is to be done with each record: evaluated, looked up, matched, and
 * compared with what was written before. Nothing is sent from here. */
#include "config.h"

#include "runtime/run_internal.h"

#include "runtime/crypto.h"
#include "runtime/owned.h"
#include <string.h>

/* A chain of finds needs one round each; more is a mistake of ours. */
#define ROUNDS_MAX 300

struct unit *units_add(struct run *r, struct units *u)
{
    (void)r;
    if (u->count == u->cap) {
        u->cap = u->cap ? 2 * u->cap : 64;
        u->list = mem_realloc(u->list, u->cap * sizeof *u->list);
    }
    struct unit *unit = &u->list[u->count++];
    *unit = (struct unit){ 0 };
    return unit;
}

/* ------------------------------------------------------------------- hashes */
void run_owned_hash(const struct run *r, const struct record *target,
                    char out[65])
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < target->shape->count; i++) {
        const struct field *field = target->shape->fields[i].field;
        if (!owned_field(r->compiled, field, &target->slots[i]))
            continue;
        buf_text(&b, field->name);
        buf_byte(&b, '=');
        value_canonical(&target->slots[i], &b);
        buf_byte(&b, '\n');
    }
    crypto_sha256_hex(buf_view(&b), out);
    buf_fini(&b);
}

struct text run_json(struct arena *arena, const struct record *record)
{
    struct buf b;
    buf_init(&b, 0);
    if (record)
        record_print_json(record, &b);
    struct text t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

/* ----------------------------------------------------------------- matching */
static struct value match_value(const struct run *r, size_t i,
                                const struct record *target)
{
    struct value v = site_value(&r->match, i, target);
    struct value missing = { .tag = VALUE_MISSING };
    return value_is_present(&v) && v.tag != VALUE_LEAVE
                   && v.tag != VALUE_CLEAR
               ? v
               : missing;
}

struct text run_match_key(struct run *r, const struct record *target,
                          struct value *values, struct arena *arena)
{
    struct buf b;
    struct text key = TEXT_NONE;
    for (size_t i = 0; i < r->match.key_count; i++) {
        values[i] = match_value(r, i, target);
        if (!value_is_present(&values[i]))
            return key;
    }
    buf_init(&b, 0);
    key_canonical(values, r->match.key_count, &b);
    key = buf_dup(arena, &b);
    buf_fini(&b);
    return key;
}

static struct text key_text(struct arena *arena, const struct record *record)
{
    struct buf b;
    buf_init(&b, 0);
    record_key(record, &b);
    struct text t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

static void hold_unit(struct run *r, struct unit *u, const char *action,
                      struct text message, struct text group)
{
    u->action = action;
    held_of_message(&r->batch, message, group, TEXT_NONE, &u->held);
}

/* Was the record it belongs to told to be gone? Then who comes with its key is
 * its successor [113]. 1 yes. */
static int is_left(struct run *r, struct text key, struct error *err)
{
    struct link_row link;
    int got = store_link_find(r->store, r->flow->name, r->source_name, key,
                              r->target_name, &r->batch, &link, err);
    return got < 0 ? -1
                   : got == 0 && text_starts(link.hash, TEXT("gone:"));
}

/* It is there already: recognised by `match on`. */
static int adopt(struct run *r, struct unit *u, struct error *err)
{
    struct link_row other;
    int left = 0;
    u->target_id = key_text(&r->batch, u->hit.record);
    int got = store_link_of_target(r->store, r->target_name, u->target_id,
                                   r->source_name, &r->batch, &other, err);
    if (got < 0)
        return -1;
    bool taken = got == 0 && !text_equal(other.source_key, u->key);
    if (taken && (left = is_left(r, other.source_key, err)) < 0)
        return -1;
    if (taken && !left) {
        hold_unit(r, u, "hold", text_of(arena_printf(
            &r->batch, "%.*s %.*s belongs to %.*s already; two source records "
            "cannot share it", TEXT_ARG(r->target_name),
            TEXT_ARG(u->target_key), TEXT_ARG(other.source_key))),
            TEXT("the target record belongs to another source record"));
        return 0;
    }
    u->before = run_json(&r->batch, u->hit.record);
    u->note = left ? text_of(arena_printf(&r->batch, "takes over from %.*s, "
                                          "which is gone",
                                          TEXT_ARG(other.source_key)))
                   : TEXT("recognised by its key");
    u->action = owned_same(r->compiled, u->result.target, u->hit.record,
                           r->o->mode == RUN_RECONCILE)
                        || !r->flow->writes_updates
                    ? "adopt"
                    : "update";
    return 0;
}

static int match(struct run *r, struct unit *u, struct error *err)
{
    struct value *values = ARENA_ARRAY(&r->batch, struct value,
                                       r->match.key_count);
    u->target_key = run_match_key(r, u->result.target, values, &r->batch);
    if (u->target_key.len == 0) {
        hold_unit(r, u, "hold", TEXT(OWNED_NO_KEY), TEXT(OWNED_NO_KEY_GROUP));
        return 0;
    }
    lookups_ask(r->lookups, &r->match, values, &u->hit);
    switch (u->hit.status) {
    case FIND_LATER:
        return 1;
    case FIND_NONE:
        u->action = r->flow->writes_creates ? "create" : "skip";
        return 0;
    case FIND_ONE:
        return adopt(r, u, err);
    case FIND_FAILED:
        hold_unit(r, u, "hold", text_of(arena_printf(
            &r->batch, "it cannot be told whether the record is there already: "
            "%.*s", TEXT_ARG(u->hit.matches))),
            TEXT("the target cannot be read"));
        return 0;
    case FIND_MANY:
        break;
    }
    hold_unit(r, u, "hold", text_of(arena_printf(
        &r->batch, "several %.*s have this key: %.*s",
        TEXT_ARG(r->target_name), TEXT_ARG(u->hit.matches))),
        TEXT(OWNED_MANY_GROUP));
    return 0;
}

/* Links are kept for both directions: a record that a flow made from one of
 * the target's is known there already. 0: so it is, 1: no, -1. */
static int recognise_back(struct run *r, struct unit *u, struct error *err)
{
    struct link_row other;
    if (r->flow->per || r->flow->each)
        return 1; /* its key is not that of one record */
    int got = store_link_of_target(r->store, r->source_name, u->key,
                                   r->target_name, &r->batch, &other, err);
    if (got)
        return got;
    u->target_id = other.source_key;
    u->note = TEXT("made from it by the flow in the other direction");
    u->action = r->flow->writes_updates ? "update" : "adopt";
    return 0;
}

/* ---------------------------------------------------------------- deciding */
static int is_uncertain(struct run *r, struct unit *u, struct error *err)
{
    struct intent_row intent;
    if (!r->has_intents)
        return 0;
    int got = store_intent_open(r->store, r->flow->name, u->key, &r->batch,
                                &intent, err);
    if (got < 0)
        return -1;
    if (got == 1)
        return 0;
    u->action = "wait";
    return 1;
}

/* The target record behind the link, field by field. */
static int reconcile(struct run *r, struct unit *u)
{
    struct value id = value_text(u->link.target_id);
    lookups_ask(r->lookups, &r->by_id, &id, &u->hit);
    if (u->hit.status == FIND_LATER)
        return 1;
    u->target_id = u->link.target_id;
    u->target_key = u->link.target_key;
    u->action = "absent";
    if (u->hit.status != FIND_ONE)
        return 0;
    u->before = run_json(&r->batch, u->hit.record);
    u->action = owned_same(r->compiled, u->result.target, u->hit.record,
                           r->o->mode == RUN_RECONCILE) ? "unchanged"
                                                               : "drift";
    return 0;
}

static int write_or_not(struct run *r, struct unit *u, struct error *err)
{
    char hash[65];
    int got = is_uncertain(r, u, err);
    if (got)
        return got < 0 ? -1 : 0;
    run_owned_hash(r, u->result.target, hash);
    u->hash = text_of(arena_strdup(&r->batch, hash));
    got = store_link_find(r->store, r->flow->name, r->source_name, u->key,
                          r->target_name, &r->batch, &u->link, err);
    if (got < 0)
        return -1;
    u->linked = got == 0;
    if (!u->linked && r->o->mode == RUN_RECONCILE) {
        u->action = "unlinked";
        return 0;
    }
    got = u->linked ? 1 : recognise_back(r, u, err);
    if (got <= 0)
        return got;
    if (!u->linked)
        return r->has_match ? match(r, u, err)
                            : (u->action = r->flow->writes_creates ? "create"
                                                                   : "skip",
                               0);
    if (r->o->mode == RUN_RECONCILE)
        return reconcile(r, u);
    u->target_id = u->link.target_id;
    u->target_key = u->link.target_key;
    u->version = u->link.version;
    u->before = u->link.fields;
    bool half = text_is(u->link.hash, LINK_HALF); /* made, but not finished */
    u->action = half                                ? "update"
                : text_equal(u->link.hash, u->hash) ? "unchanged"
                : r->flow->writes_updates           ? "update"
                                                    : "unchanged";
    return run_drift(r, u);
}

static int log_unit(struct run *r, struct unit *u, struct error *err)
{
    char hash[65];
    crypto_sha256_hex(u->raw, hash);
    u->hash = text_of(arena_strdup(&r->batch, hash));
    int got = store_link_find(r->store, r->flow->name, r->source_name, u->key,
                              r->target_name, &r->batch, &u->link, err);
    if (got < 0)
        return -1;
    u->action = got == 0 && text_equal(u->link.hash, u->hash) ? "unchanged"
                                                              : "log";
    u->target_id = u->key;
    return 0;
}

static int outside(struct run *r, struct unit *u, struct error *err)
{
    u->action = "skip";
    if (!u->result.outside || !r->flow->when_gone || !r->has_target)
        return 0;
    int got = store_link_find(r->store, r->flow->name, r->source_name, u->key,
                              r->target_name, &r->batch, &u->link, err);
    if (got < 0)
        return -1;
    if (got == 0)
        u->action = "outside"; /* it left the flow: run_spool plans `gone` */
    return 0;
}

static int decide_one(struct run *r, struct unit *u, struct error *err)
{
    if (!u->looked) {
        flow_evaluate(r->compiled, &r->env, &u->input, &u->result);
        if (u->result.verdict == VERDICT_LATER)
            return 1;
        u->looked = true;
        r->disagrees |= u->result.disagrees && !r->complete;
    }
    switch (u->result.verdict) {
    case VERDICT_WRITE:
        return r->has_target ? write_or_not(r, u, err) : log_unit(r, u, err);
    case VERDICT_HOLD:
    case VERDICT_REJECT:
    case VERDICT_STOP:
        held_of_reasons(&r->batch, r->o->program, u->result.reasons,
                        &u->held);
        u->action = u->result.verdict == VERDICT_HOLD     ? "hold"
                    : u->result.verdict == VERDICT_REJECT ? "reject"
                                                          : "stop";
        return 0;
    case VERDICT_SKIP:
        return outside(r, u, err);
    case VERDICT_LATER:
        break;
    }
    return 1;
}

/* What stands in the queue already decides as well: what a system refused is
 * not sent again as it was [86]. */
static int mind_hold(struct run *r, struct unit *u, struct error *err)
{
    struct hold_row hold;
    if (!r->has_holds)
        return 0;
    int got = store_hold_get(r->store, r->flow->name, u->key, &r->batch, &hold,
                             err);
    if (got)
        return got < 0 ? -1 : 0;
    bool writes = strcmp(u->action, "create") == 0
                  || strcmp(u->action, "update") == 0
                  || strcmp(u->action, "drift") == 0;
    if (writes && !hold.retry && text_equal(hold.hash, u->hash)
        && (text_is(hold.kind, "refused") || text_is(hold.kind, "conflict")))
        u->action = "still";
    else if (writes && hold.retry && text_is(hold.kind, "conflict"))
        u->version = TEXT_NONE; /* a person says: write over it */
    else if ((strcmp(u->action, "hold") == 0
              || strcmp(u->action, "reject") == 0)
             && !hold.retry && text_equal(hold.reasons, u->held.reasons)
             && text_equal(hold.record, u->raw))
        u->action = text_is(hold.kind, "reject") ? "closed" : "still";
    else if (strcmp(u->action, "unchanged") == 0)
        u->action = "release";
    else if (strcmp(u->action, "skip") == 0)
        u->action = "dismiss";
    return strcmp(u->action, "still") == 0 && r->o->mode == RUN_WRITE
                   && !text_equal(hold.flow_hash, r->flow_hash)
               ? store_hold_looked(r->store, hold.id, r->flow_hash, err)
               : 0;
}

static int decide_rounds(struct run *r, struct units *units, struct error *err)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        bool later = false;
        for (size_t i = 0; i < units->count; i++) {
            struct unit *u = &units->list[i];
            if (u->settled)
                continue;
            int got = decide_one(r, u, err);
            if (got < 0)
                return -1;
            u->settled = got == 0;
            later |= got == 1;
        }
        if (!later)
            return 0;
        if (!lookups_pending(r->lookups))
            return error_set(err, ERROR_VENDOR, "a look-up has no answer");
        if (lookups_fetch(r->lookups, err))
            return -1;
    }
    return error_set(err, ERROR_VENDOR, "look-ups do not come to an end");
}

int run_decide_only(struct run *r, struct units *units, struct error *err)
{
    return decide_rounds(r, units, err);
}

static int spool_all(struct run *r, struct units *units, struct error *err)
{
    for (size_t i = 0; i < units->count; i++)
        if (mind_hold(r, &units->list[i], err)
            || run_spool(r, &units->list[i], err))
            return -1;
    return 0;
}

int run_decide(struct run *r, struct units *units, struct error *err)
{
    if (units->count == 0)
        return 0;
    if (decide_rounds(r, units, err) || store_begin(r->store, err))
        return -1;
    if (spool_all(r, units, err)) {
        store_rollback(r->store);
        return -1;
    }
    lookups_relax(r->lookups);
    return store_commit(r->store, err);
}

/* ------------------------------------------------------------------ spooling */
void run_count(struct run *r, const char *action, int64_t by)
{
    static const struct {
        const char *action;
        size_t main, also;
    } table[] = {
#define AT(field) offsetof(struct summary, field)
        { "create", AT(created), 0 },
        { "update", AT(updated), 0 },
        { "unchanged", AT(unchanged), 0 },
        { "release", AT(unchanged), 0 },
        { "adopt", AT(unchanged), AT(adopted) },
        { "skip", AT(skipped), 0 },
        { "dismiss", AT(skipped), 0 },
        { "outside", AT(skipped), 0 },
        { "log", AT(skipped), AT(logged) },
        { "hold", AT(held), 0 },
        { "still", AT(held), 0 },
        { "reject", AT(rejected), 0 },
        { "closed", AT(rejected), 0 },
        { "wait", AT(waiting), AT(uncertain) },
        { "drift", AT(updated), AT(drift) },
        { "drifted", AT(unchanged), AT(drift) },
        { "unlinked", AT(waiting), 0 },
        { "absent", AT(created), 0 },
#undef AT
    };
    r->sum->read += by;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].action, action) == 0) {
            *(int64_t *)(void *)((char *)r->sum + table[i].main) += by;
            if (table[i].also)
                *(int64_t *)(void *)((char *)r->sum + table[i].also) += by;
            return;
        }
}

/* The same record again, from a later page: the latest version counts, once
 * [103]. */
static int replace_earlier(struct run *r, const struct unit *u, bool *counted,
                           struct error *err)
{
    struct text action;
    *counted = true;
    int got = store_seen_add(r->store, r->seen_set, u->key, err);
    if (got <= 0)
        return got;
    got = store_plan_drop(r->store, r->id, u->key, &r->batch, &action, err);
    if (got < 0)
        return -1;
    if (got == 0 && text_is(action, "gone")) {
        r->sum->gone--; /* it had left the flow, an earlier page said */
        run_count(r, "skip", -1);
    } else if (got == 0)
        run_count(r, text_cstr(&r->batch, action), -1);
    else if (strcmp(u->action, "unchanged") == 0
             || strcmp(u->action, "skip") == 0)
        *counted = false;
    else
        run_count(r, r->sum->unchanged > 0 ? "unchanged" : "skip", -1);
    return 0;
}

/* Two source records that would become the same target record [30]. */
static int check_twin(struct run *r, struct unit *u, struct error *err)
{
    struct text twin;
    if (strcmp(u->action, "create") != 0 && strcmp(u->action, "adopt") != 0)
        return 0;
    int got = store_plan_target(r->store, r->id, u->target_key, &r->batch,
                                &twin, err);
    if (got)
        return got < 0 ? -1 : 0;
    hold_unit(r, u, "hold", text_of(arena_printf(
        &r->batch, "%.*s would become the same %.*s (%.*s)", TEXT_ARG(twin),
        TEXT_ARG(r->target_name), TEXT_ARG(u->target_key))),
        TEXT("two source records would become the same target record"));
    return 0;
}

static int spool_row(struct run *r, const struct unit *u, struct error *err)
{
    struct buf target;
    bool waits = strcmp(u->action, "hold") == 0
                 || strcmp(u->action, "reject") == 0;
    buf_init(&target, 0);
    if (u->result.target && !waits)
        record_pack(u->result.target, &target);
    struct plan_row row = {
        .run = r->id,
        .number = ++r->number,
        .page = r->page,
        .action = text_of(u->action),
        .source_key = u->key,
        .target_id = u->target_id,
        .target_key = u->target_key,
        .record = u->raw,
        .target = buf_view(&target),
        .before = waits ? u->held.message : u->before,
        .hash = u->hash,
        .reasons = waits ? u->held.reasons
                   : u->result.warnings
                       ? reasons_json(&r->batch, r->o->program,
                                      u->result.warnings)
                       : TEXT_NONE,
        .version = waits ? u->held.group : u->version,
        .source_hash = waits ? text_of(arena_printf(&r->batch, "%lld",
                                                    (long long)u->held.line))
                             : u->note,
    };
    int result = store_plan_add(r->store, &row, err);
    buf_fini(&target);
    return result;
}

static bool leaves_a_row(const char *action)
{
    static const char *const without[] = { "unchanged", "skip", "still",
                                           "closed", "wait", NULL };
    for (size_t i = 0; without[i]; i++)
        if (strcmp(action, without[i]) == 0)
            return false;
    return true;
}

static void add_money(struct run *r, const struct unit *u)
{
    if (u->result.verdict != VERDICT_WRITE || !u->result.target)
        return;
    if (u->input.member_count > 0)
        for (size_t i = 0; i < u->input.member_count; i++)
            summary_add_money(r->sum, false, u->input.members[i]);
    else if (u->source && u->input.element == 0)
        summary_add_money(r->sum, false, u->source);
    if (r->o->mode != RUN_RECONCILE)
        summary_add_money(r->sum, true, u->result.target);
    else if (u->hit.record) /* what really stands there */
        summary_add_money(r->sum, true, u->hit.record);
}

int run_spool(struct run *r, const struct unit *given, struct error *err)
{
    struct unit u = *given;
    bool counted = true;
    if (strcmp(u.action, "stop") == 0) {
        error_set(err, ERROR_GUARD, "%.*s", TEXT_ARG(u.held.message));
        error_hint(err, "The flow says `stop` at line %lld: nothing was "
                   "written.", (long long)u.held.line);
        return -1;
    }
    if (replace_earlier(r, &u, &counted, err) || check_twin(r, &u, err))
        return -1;
    if (counted)
        run_count(r, u.action, 1);
    if (u.result.warnings)
        r->sum->warnings++;
    if (strcmp(u.action, "outside") == 0)
        return run_plan_gone(r, &u.link, "no longer meets the flow's `where`",
                             err);
    if (counted)
        add_money(r, &u);
    return leaves_a_row(u.action) ? spool_row(r, &u, err) : 0;
}
