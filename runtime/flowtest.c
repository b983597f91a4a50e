/* Runs the tests that are written beside flows. */
#include "config.h"

#include "runtime/clock.h"
#include "runtime/eval.h"
#include "runtime/flowtest.h"
#include "runtime/flowtest_value.h"
#include "runtime/mirror.h"
#include "runtime/owned.h"
#include "runtime/zone.h"

#include <string.h>

enum made { MADE_CREATED, MADE_UPDATED, MADE_UNCHANGED, MADE_GONE };

struct outcome { /* what became of one record or group */
    struct evaluated e;
    enum made made; /* VERDICT_WRITE: recognised through `match on` or new */
    bool told; /* an expect spoke of it */
    struct outcome *next;
};

struct run {
    struct program *program;
    const struct test *test;
    const struct flow *flow;
    struct arena *arena; /* of the notes */
    struct arena work;
    struct compiled *compiled;
    struct flowtest_result *result;
    struct flowtest_note **next_note;
    struct outcome *outcomes, **next_outcome;
    int64_t now_us;
    bool broken; /* the test itself is wrong */
    bool limit_hit; /* nothing is written then */
};

static void note(struct run *r, struct span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void note(struct run *r, struct span span, const char *format, ...)
{
    va_list args;
    struct flowtest_note *n = ARENA_NEW(r->arena, struct flowtest_note);
    va_start(args, format);
    n->text = text_of(arena_vprintf(r->arena, format, args));
    va_end(args);
    n->span = span;
    *r->next_note = n;
    r->next_note = &n->next;
    r->result->passed = false;
}

static const struct object *named_object(const struct run *r,
                                         const struct node *ref)
{
    struct text app = text_slice(ref->text, 0, ref->lit.name_len);
    struct text name = text_slice(ref->text, ref->lit.name_len + 1,
                                  ref->text.len - ref->lit.name_len - 1);
    const struct connection *c = program_connection(r->program, app);
    return c ? program_object(r->program, c, name) : NULL;
}

static const struct node *clauses(const struct run *r)
{
    return KID(r->test->node, TEST, clauses);
}

/* Given rows of `object`, one after the other; `gone`: those that are no
 * longer there. */
static const struct node *next_row(const struct run *r,
                                   const struct node *after,
                                   const struct object *object, bool gone)
{
    const struct node *n = after ? after->next : clauses(r);
    for (; n; n = n->next)
        if (n->kind == NODE_GIVEN && KID(n, GIVEN, object) &&
            (n->text.len > 0) == gone &&
            named_object(r, KID(n, GIVEN, object)) == object)
            return n;
    return NULL;
}

static const struct node *next_given(const struct run *r,
                                     const struct node *after,
                                     const struct object *object)
{
    return next_row(r, after, object, false);
}

/* ------------------------------------------------------------- find */
static bool row_matches(const struct find_site *site,
                        const struct record *row, const struct value *keys)
{
    for (size_t i = 0; i < site->key_count; i++) {
        const struct value *v = record_get(row, site->keys[i]->name);
        if (!v || !value_equal(v, &keys[i]))
            return false;
    }
    return true;
}

static void find_given(void *ctx, const struct find_site *site,
                       const struct value *keys, struct find_answer *out)
{
    struct run *r = ctx;
    memset(out, 0, sizeof *out);
    for (const struct node *g = NULL;
         (g = next_given(r, g, site->object));) {
        const struct field *missing = NULL;
        struct record *row = test_record_make(
            &r->work, KID(g, GIVEN, record), site->shape, SIZE_MAX, &missing);
        if (!row_matches(site, row, keys))
            continue;
        if (missing) {
            note(r, g->span, "the flow reads %.*s.%.*s; give it",
                 TEXT_ARG(site->name), TEXT_ARG(missing->name));
            r->broken = true;
        }
        out->status = out->record ? FIND_MANY : FIND_ONE;
        out->matches = TEXT("several given rows");
        out->record = row;
    }
}

/* ------------------------------------------------------------- tables */
struct saved_table {
    struct table *table;
    struct table_row *rows;
    size_t row_count;
    struct saved_table *next;
};

static struct table *find_table(const struct run *r, struct text name)
{
    const struct symbol *s =
        r->flow->module ? map_get(&r->flow->module->names, name) : NULL;
    if (!s && r->test->module)
        s = map_get(&r->test->module->names, name);
    return s ? s->table : NULL;
}

static struct node *cell_of(const struct node *record, struct text name)
{
    for (struct node *f = KID(record, TEST_RECORD, fields); f; f = f->next)
        if (text_equal(f->text, name))
            return KID(f, TEST_FIELD, value);
    return NULL;
}

static struct node *missing_cell(struct run *r)
{
    struct node *n = ARENA_NEW(&r->work, struct node);
    n->kind = NODE_MISSING_LIT;
    return n;
}

static void add_row(struct run *r, struct table *t, const struct node *given)
{
    const struct node *record = KID(given, GIVEN, record);
    struct table_row *rows =
        ARENA_ARRAY(&r->work, struct table_row, t->row_count + 1);
    if (t->row_count)
        memcpy(rows, t->rows, t->row_count * sizeof *rows);
    struct table_row *row = &rows[t->row_count++];
    t->rows = rows;
    row->keys = ARENA_ARRAY(&r->work, struct node *, t->key_count);
    row->values = ARENA_ARRAY(&r->work, struct node *, t->value_count);
    for (size_t i = 0; i < t->key_count; i++) {
        row->keys[i] = cell_of(record, t->key_names[i]);
        if (!row->keys[i])
            row->keys[i] = missing_cell(r);
    }
    for (size_t i = 0; i < t->value_count; i++) {
        row->values[i] = cell_of(record, t->value_names[i]);
        if (!row->values[i])
            row->values[i] = missing_cell(r);
    }
}

/* Given rows replace a table's; its `otherwise` stays. */
static struct saved_table *give_tables(struct run *r)
{
    struct saved_table *saved = NULL;
    for (const struct node *n = clauses(r); n; n = n->next) {
        if (n->kind != NODE_GIVEN || KID(n, GIVEN, object) ||
            !KID(n, GIVEN, record))
            continue;
        struct table *t = find_table(r, n->text);
        struct saved_table *s = saved;
        while (s && s->table != t)
            s = s->next;
        if (t && !s) {
            s = ARENA_NEW(&r->work, struct saved_table);
            *s = (struct saved_table){ t, t->rows, t->row_count, saved };
            saved = s;
            t->rows = NULL;
            t->row_count = 0;
        }
        if (t)
            add_row(r, t, n);
    }
    return saved;
}

static void put_back(struct saved_table *saved)
{
    for (; saved; saved = saved->next) {
        saved->table->rows = saved->rows;
        saved->table->row_count = saved->row_count;
    }
}

/* ------------------------------------------------------------- evaluating */
static struct eval_env env_of(struct run *r)
{
    return (struct eval_env){ .arena = &r->work, .now_us = r->now_us,
                              .ctx = r, .find = find_given };
}

static struct outcome *new_outcome(struct run *r)
{
    struct outcome *o = ARENA_NEW(&r->work, struct outcome);
    *r->next_outcome = o;
    r->next_outcome = &o->next;
    return o;
}

static struct record *source_record(struct run *r, const struct node *given)
{
    const struct field *missing = NULL;
    struct record *record = test_record_make(
        &r->work, KID(given, GIVEN, record),
        compiled_source_shape(r->compiled),
        compiled_source_used(r->compiled), &missing);
    if (missing) {
        note(r, given->span, "the flow reads %.*s.%.*s; give it",
             TEXT_ARG(r->flow->source->name), TEXT_ARG(missing->name));
        r->broken = true;
    }
    return record;
}

static void run_single(struct run *r, const struct record *record)
{
    struct eval_env env = env_of(r);
    size_t elements = flow_elements(r->compiled, &env, record);
    for (size_t i = 0; i < elements; i++) {
        struct eval_input input = { .source = record, .element = i };
        flow_evaluate(r->compiled, &env, &input, &new_outcome(r)->e);
    }
}

struct members {
    struct text key;
    const struct record **records;
    size_t *elements;
    size_t count;
    struct members *next;
};

static void join_group(struct run *r, struct members **list, struct text key,
                       const struct record *record, size_t element)
{
    struct members **m = list;
    while (*m && !text_equal((*m)->key, key))
        m = &(*m)->next;
    if (!*m) {
        *m = ARENA_NEW(&r->work, struct members);
        (*m)->key = key;
    }
    size_t count = (*m)->count;
    const struct record **records =
        ARENA_ARRAY(&r->work, const struct record *, count + 1);
    size_t *elements = ARENA_ARRAY(&r->work, size_t, count + 1);
    if (count) {
        memcpy(records, (*m)->records, count * sizeof(*records));
        memcpy(elements, (*m)->elements, count * sizeof *elements);
    }
    records[count] = record;
    elements[count] = element;
    (*m)->records = records;
    (*m)->elements = elements;
    (*m)->count++;
}

static void group_single(struct run *r, struct members **list,
                         const struct record *record)
{
    struct eval_env env = env_of(r);
    size_t elements = flow_elements(r->compiled, &env, record);
    for (size_t i = 0; i < elements; i++) {
        struct eval_input input = { .source = record, .element = i };
        struct evaluated e;
        struct text key;
        bool scope;
        if (flow_group_key(r->compiled, &env, &input, &scope, &key, &e) != 0)
            new_outcome(r)->e = e;
        else if (scope)
            join_group(r, list, key, record, i);
    }
}

static void run_groups(struct run *r, const struct members *m)
{
    struct eval_env env = env_of(r);
    for (; m; m = m->next) {
        struct eval_input input = { m->records[0], m->elements[0], m->records,
                                    m->elements, m->count };
        flow_evaluate(r->compiled, &env, &input, &new_outcome(r)->e);
    }
}

/* ------------------------------------------------------------- gone */
static void gone_one(struct run *r, struct members **groups,
                     const struct node *given, const struct record *record,
                     size_t element)
{
    struct eval_env env = env_of(r);
    struct eval_input input = { .source = record, .element = element };
    struct evaluated e;
    struct text key;
    bool scope;
    if (flow_group_key(r->compiled, &env, &input, &scope, &key, &e) != 0 ||
        !scope) {
        note(r, given->span, "`where` does not hold for this record: the flow "
             "never wrote it, so it cannot be gone");
        r->broken = true;
        return;
    }
    for (const struct members *m = *groups; r->flow->per && m; m = m->next)
        if (text_equal(m->key, key))
            return; /* the group has members left, or is gone already */
    if (r->flow->per)
        join_group(r, groups, key, record, element);
    struct outcome *o = new_outcome(r);
    flow_evaluate_gone(r->compiled, &env, record, &o->e);
    o->made = MADE_GONE;
    if (o->e.verdict == VERDICT_WRITE && !o->e.target)
        o->told = true;
}

static void evaluate_gone(struct run *r, struct members **groups)
{
    for (const struct node *g = NULL;
         (g = next_row(r, g, r->flow->source, true));) {
        struct record *record = source_record(r, g);
        struct eval_env env = env_of(r);
        size_t elements = flow_elements(r->compiled, &env, record);
        for (size_t i = 0; i < elements && !r->broken; i++)
            gone_one(r, groups, g, record, i);
    }
}

static void evaluate_given(struct run *r)
{
    struct members *groups = NULL;
    for (const struct node *g = NULL;
         (g = next_given(r, g, r->flow->source));) {
        struct record *record = source_record(r, g);
        if (r->flow->per)
            group_single(r, &groups, record);
        else
            run_single(r, record);
    }
    run_groups(r, groups);
    evaluate_gone(r, &groups);
}

/* ------------------------------------------------------------- matching */
static void match_site(struct run *r, struct site *site)
{
    const struct flow *f = r->flow;
    *site = (struct site){ .object = f->target, .key_count = f->match_count };
    site->keys = ARENA_ARRAY(&r->work, const struct field *, f->match_count);
    site->lists = ARENA_ARRAY(&r->work, const struct field *, f->match_count);
    site->shape = compiled_target_shape(r->compiled);
    const struct node *path = KID(f->match_node, MATCH_ON, paths);
    for (size_t i = 0; i < f->match_count; i++) {
        size_t dot;
        site->keys[i] = f->match[i];
        if (path && text_find(path->text, TEXT("."), &dot)) {
            site->lists[i] = object_field(f->target,
                                          text_slice(path->text, 0, dot));
            site->shape = shape_with(&r->work, site->shape, site->lists[i]);
        }
        path = path ? path->next : NULL;
    }
}

static void hold(struct run *r, struct outcome *o, const char *message)
{
    struct reason *why = ARENA_NEW(&r->work, struct reason);
    why->verb = VERB_HOLD;
    why->message = text_of(message);
    why->span = r->flow->match_node->span;
    o->e.reasons = why;
    o->e.verdict = VERDICT_HOLD;
}

/* 1: the same keys, 0: others, -1: the record has none to be known by. */
static int same_keys(const struct site *site, const struct record *built,
                     const struct record *there)
{
    for (size_t i = 0; i < site->key_count; i++) {
        struct value want = site_value(site, i, built);
        struct value have = site_value(site, i, there);
        if (!value_is_present(&want))
            return -1;
        if (!value_is_present(&have) || !value_equal(&want, &have))
            return 0;
    }
    return 1;
}

static void recognise(struct run *r, const struct site *site,
                      struct outcome *o)
{
    const struct record *found = NULL;
    const struct record *empty = record_new(&r->work, site->shape);
    if (same_keys(site, o->e.target, empty) < 0) {
        hold(r, o, OWNED_NO_KEY);
        return;
    }
    for (const struct node *g = NULL;
         (g = next_given(r, g, r->flow->target));) {
        const struct field *missing = NULL;
        const struct record *row = test_record_make(
            &r->work, KID(g, GIVEN, record), site->shape, 0, &missing);
        if (same_keys(site, o->e.target, row) != 1)
            continue;
        if (found) {
            hold(r, o, arena_printf(&r->work, OWNED_MANY_GROUP ": several "
                                    "given rows"));
            return;
        }
        found = row;
    }
    if (found)
        o->made = r->flow->writes_updates &&
                          !owned_same(r->compiled, o->e.target, found, false)
                      ? MADE_UPDATED
                      : MADE_UNCHANGED;
    else if (!r->flow->writes_creates)
        o->e.verdict = VERDICT_SKIP;
}

static void recognise_all(struct run *r)
{
    struct site site;
    if (!r->flow->target || !r->flow->match_count || !r->flow->match_node)
        return;
    match_site(r, &site);
    for (struct outcome *o = r->outcomes; o; o = o->next)
        if (o->e.verdict == VERDICT_WRITE && o->made != MADE_GONE &&
            o->e.target)
            recognise(r, &site, o);
}

/* ------------------------------------------------------------- expecting */
static bool is_made(const struct outcome *o, struct text word)
{
    if (text_is(word, "created"))
        return o->made == MADE_CREATED;
    if (text_is(word, "updated"))
        return o->made == MADE_UPDATED || o->made == MADE_GONE;
    if (text_is(word, "unchanged"))
        return o->made == MADE_UNCHANGED;
    return o->made != MADE_UNCHANGED;
}

static const char *made_words(const struct outcome *o)
{
    static const char *const words[] = {
        [MADE_CREATED] = "this one is new: it would be created",
        [MADE_UPDATED] = "this one is there already: it would be updated",
        [MADE_UNCHANGED] = "this one is there already and stays as it is",
        [MADE_GONE] = "this one is gone: it would be updated",
    };
    return words[o->made];
}

static void expect_record(struct run *r, const struct node *n)
{
    const struct object *object = named_object(r, KID(n, EXPECT, object));
    const char *closest = NULL;
    if (object != r->flow->target) {
        note(r, n->span, "this flow does not write %.*s",
             TEXT_ARG(KID(n, EXPECT, object)->text));
        return;
    }
    for (struct outcome *o = r->outcomes; o; o = o->next) {
        if (o->told || o->e.verdict != VERDICT_WRITE)
            continue;
        const struct node *want = KID(n, EXPECT, record);
        const char *why =
            want ? test_record_differs(r->arena, want, o->e.target) : NULL;
        if (!why && !is_made(o, n->text))
            why = made_words(o);
        if (!why) {
            o->told = true;
            return;
        }
        if (!closest)
            closest = why;
    }
    const char *made = n->text.len ? text_cstr(r->arena, n->text) : "written";
    bool stays = strcmp(made, "unchanged") == 0;
    note(r, n->span, "no %.*s %s%s as expected%s%s",
         TEXT_ARG(KID(n, EXPECT, object)->text), stays ? "is " : "was ",
         made, closest ? ": " : "", closest ? closest : "");
}

static bool reason_fits(struct outcome *o, enum verb verb,
                        const struct node *message)
{
    const struct reason *reasons =
        verb == VERB_WARN ? o->e.warnings : o->e.reasons;
    for (const struct reason *why = reasons; why; why = why->next)
        if (why->verb == verb &&
            (!message || text_equal(why->message, message->text)))
            return true;
    return false;
}

static void expect_outcome(struct run *r, const struct node *n)
{
    const struct node *message = KID(n, EXPECT, message);
    enum verb verb = n->lit.verb;
    const struct reason *other = NULL;
    bool any = verb == VERB_STOP && !message && r->limit_hit;
    for (struct outcome *o = r->outcomes; o; o = o->next) {
        bool fits = reason_fits(o, verb, message);
        any |= fits;
        if (fits && !o->told) { /* each clause tells of another record */
            o->told = verb != VERB_WARN;
            return;
        }
        if (!other && !o->told)
            other = o->e.reasons ? o->e.reasons : o->e.warnings;
        if (verb == VERB_SKIP && o->e.verdict == VERDICT_SKIP && !message)
            return;
    }
    if (any)
        return; /* one more reason of a record told already */
    if (other)
        note(r, n->span, "no %s with this message; there was: %s \"%.*s\"",
             verb_word(verb), verb_word(other->verb),
             TEXT_ARG(other->message));
    else
        note(r, n->span, "nothing was %s",
             verb == VERB_HOLD     ? "held"
             : verb == VERB_REJECT ? "rejected"
             : verb == VERB_SKIP   ? "skipped"
             : verb == VERB_WARN   ? "warned of"
                                   : "stopped");
}

static void expect_nothing(struct run *r, const struct node *n)
{
    if (named_object(r, KID(n, EXPECT, object)) != r->flow->target)
        return;
    for (struct outcome *o = r->outcomes; o; o = o->next)
        if (o->e.verdict == VERDICT_WRITE && o->made != MADE_UNCHANGED &&
            !r->limit_hit) {
            note(r, n->span, "a %.*s was written",
                 TEXT_ARG(KID(n, EXPECT, object)->text));
            o->told = true;
            return;
        }
}

static void check_expectations(struct run *r)
{
    for (const struct node *n = clauses(r); n; n = n->next) {
        if (n->kind != NODE_EXPECT)
            continue;
        if (text_is(n->text, "nothing"))
            expect_nothing(r, n);
        else if (KID(n, EXPECT, object))
            expect_record(r, n);
        else
            expect_outcome(r, n);
    }
}

static void print_target(const struct record *record, struct buf *b)
{
    const char *between = "{ ";
    for (size_t i = 0; i < record->shape->count; i++) {
        if (!value_is_present(&record->slots[i]))
            continue;
        buf_printf(b, "%s%.*s: ", between,
                   TEXT_ARG(record->shape->fields[i].field->name));
        value_print(&record->slots[i], b);
        between = ", ";
    }
    buf_str(b, " }");
}

/* Whatever nobody spoke of. */
static void check_untold(struct run *r)
{
    for (struct outcome *o = r->outcomes; o; o = o->next) {
        if (o->told || o->e.verdict == VERDICT_SKIP ||
            (o->e.verdict == VERDICT_WRITE &&
             (o->made == MADE_UNCHANGED || r->limit_hit)))
            continue;
        if (o->e.verdict == VERDICT_WRITE) {
            struct buf b;
            buf_init(&b, 8192);
            if (r->flow->target)
                print_target(o->e.target, &b);
            if (r->flow->target)
                note(r, r->test->node->span,
                     "a record was written that no `expect` tells of: %s",
                     buf_cstr(&b));
            buf_fini(&b);
            continue;
        }
        for (const struct reason *why = o->e.reasons; why; why = why->next)
            note(r, r->test->node->span,
                 "no `expect` tells of this: %s \"%.*s\"",
                 verb_word(why->verb), TEXT_ARG(why->message));
    }
}

static int64_t counted(const struct run *r, enum limit_kind kind,
                       int64_t *all)
{
    int64_t count = 0;
    *all = 0;
    for (struct outcome *o = r->outcomes; o; o = o->next) {
        bool write = o->e.verdict == VERDICT_WRITE;
        bool is[LIMIT_KINDS] = {
            [LIMIT_CREATED] = write && o->made == MADE_CREATED,
            [LIMIT_UPDATED] = write && o->made == MADE_UPDATED,
            [LIMIT_WRITTEN] = write && o->made != MADE_UNCHANGED,
            [LIMIT_HELD] = o->e.verdict == VERDICT_HOLD,
            [LIMIT_REJECTED] = o->e.verdict == VERDICT_REJECT,
            [LIMIT_SKIPPED] = o->e.verdict == VERDICT_SKIP,
            [LIMIT_GONE] = o->made == MADE_GONE && !o->told,
        };
        count += is[kind];
        (*all)++;
    }
    return count;
}

static bool is_over(const struct run *r, const struct limit *l, int64_t *count,
                    int64_t *most)
{
    struct decimal share, product;
    int64_t all;
    *count = counted(r, l->kind, &all);
    if (!l->percent)
        return decimal_to_int64(l->amount, most) && *count > *most;
    share = l->amount;
    if (decimal_mul(share, decimal_int(all), &product) != DECIMAL_OK)
        return false;
    return decimal_compare(decimal_int(*count), product) > 0;
}

static const struct node *expected_stop(const struct run *r)
{
    for (const struct node *n = clauses(r); n; n = n->next)
        if (n->kind == NODE_EXPECT && n->lit.verb == VERB_STOP)
            return n;
    return NULL;
}

/* A limit that is exceeded stops the flow before its first write. A share of
 * a handful of given records says nothing, so it counts only in a test that
 * expects the stop. */
static void check_limits(struct run *r)
{
    const struct node *stop = expected_stop(r);
    for (const struct limit *l = r->flow->limits; l; l = l->next) {
        int64_t count, most = 0;
        if ((l->percent && !stop) || !is_over(r, l, &count, &most))
            continue;
        r->limit_hit = true;
        if (!stop)
            note(r, l->node ? l->node->span : r->test->node->span,
                 "this limit stops the flow: %lld of at most %lld",
                 (long long)count, (long long)most);
    }
}

/* ------------------------------------------------------------- the test */
static void set_clock(struct run *r)
{
    const struct zone *zone = zone_find(
        r->flow->timezone.len ? r->flow->timezone : TEXT("UTC"));
    for (const struct node *n = clauses(r); n; n = n->next) {
        const struct node *value =
            n->kind == NODE_GIVEN ? KID(n, GIVEN, value) : NULL;
        if (!value || !text_is(n->text, "today") ||
            value->kind != NODE_DATE_LIT)
            continue;
        int64_t noon =
            ((int64_t)value->lit.days * 86400 + 12 * 3600) * 1000000;
        r->now_us = zone ? zone_from_local(zone, noon) : noon;
    }
}

static void take_coverage(struct run *r, struct flowtest_coverage *coverage)
{
    struct reach reach;
    size_t count = compiled_reached(r->compiled, SIZE_MAX, &reach);
    for (size_t i = 0; i < count; i++) {
        compiled_reached(r->compiled, i, &reach);
        const char *key =
            arena_printf(coverage->arena, "%.*s %s %u %u",
                         TEXT_ARG(r->flow->name), reach.what,
                         reach.span.source, reach.span.start);
        struct flowtest_point *p = map_get(&coverage->points, text_of(key));
        if (!p) {
            p = ARENA_NEW(coverage->arena, struct flowtest_point);
            p->what = reach.what;
            p->flow = r->flow;
            p->span = reach.span;
            map_put(&coverage->points, text_of(key), p);
        }
        p->times += reach.times;
    }
}

static void run_test(struct run *r, struct flowtest_coverage *coverage)
{
    struct error err = { .kind = ERROR_NONE };
    struct saved_table *saved = give_tables(r);
    int result = flow_compile(r->program, r->flow, &r->work, &r->compiled,
                              &err);
    put_back(saved);
    if (result != 0) {
        note(r, r->test->node->span, "%s", err.text);
        return;
    }
    if (coverage)
        compiled_watch(r->compiled);
    evaluate_given(r);
    if (coverage)
        take_coverage(r, coverage);
    if (r->broken)
        return;
    recognise_all(r);
    check_limits(r);
    check_expectations(r);
    check_untold(r);
}

void flowtest_run(struct program *program, const struct test *test,
                  struct arena *arena, int64_t now_us,
                  struct flowtest_coverage *coverage,
                  struct flowtest_result *out)
{
    struct run r = { .program = program, .test = test, .flow = test->flow,
                     .arena = arena, .result = out, .now_us = now_us };
    int64_t begun = clock_steady_us();
    memset(out, 0, sizeof *out);
    out->passed = true;
    r.next_note = &out->notes;
    r.next_outcome = &r.outcomes;
    arena_init(&r.work);
    if (!test->flow) {
        note(&r, test->node->span, "no flow reads what this test gives");
    } else {
        set_clock(&r);
        run_test(&r, coverage);
    }
    arena_fini(&r.work);
    out->micros = clock_steady_us() - begun;
}
