/* A checked flow becomes slots and statements. */
#include "config.h"

#include "runtime/compile.h"
#include "runtime/zone.h"

#include <string.h>

/* ------------------------------------------------------------- places */
static const struct field *synthetic_field(struct compiler *k,
                                           struct text name,
                                           const struct type *type)
{
    static const struct type any = { .kind = TYPE_UNKNOWN, .optional = true };
    struct field *field = ARENA_NEW(k->arena, struct field);
    field->name = name;
    field->wire = name;
    field->type = type ? type : &any;
    return field;
}

static const struct field *step_field(struct compiler *k,
                                      const struct shape_build *b,
                                      struct text name, const struct node *n)
{
    const struct object *object = b->shape->object;
    const struct field *field = object ? object_field(object, name) : NULL;
    if (field)
        return field;
    if (object && object->field_count)
        compile_refuse(k, n, "the target has no such field");
    const struct node *value = n->kind == NODE_ASSIGN
                                   ? KID(n, ASSIGN, value)
                                   : NULL;
    return synthetic_field(k, name, value ? value->type : NULL);
}

/* The record below a slot; a log flow's lines have none declared. */
static struct shape_build *step_into(struct compiler *k,
                                     struct shape_build *b, uint32_t index)
{
    struct shape_build *sub = build_sub(b, index);
    if (!sub) {
        sub = build_new(k, NULL);
        b->subs[index] = sub;
        b->shape->fields[index].sub = sub->shape;
    }
    return sub;
}

/* The slot that `path` (a PATH) leads to, record by record. */
static void compile_place(struct compiler *k, struct shape_build *b,
                          const struct node *path, const struct node *n,
                          struct ir_place *place)
{
    for (const struct node *part = KID(path, PATH, parts); part;
         part = part->next) {
        const struct field *field = step_field(k, b, part->text, n);
        if (k->failed || place->count == 8) {
            compile_refuse(k, n, "this path is too deep");
            return;
        }
        uint32_t index = build_field(k, b, field), i = place->count++;
        struct shape_build *sub =
            part->next ? step_into(k, b, index) : build_sub(b, index);
        place->steps[i] = index;
        place->field = field;
        place->builds[i] = sub;
        place->shapes[i] = sub ? sub->shape : NULL;
        b = sub;
    }
}

/* ------------------------------------------------------------- find */
static bool is_find_field(const struct node *n, const struct node *find)
{
    if (n->kind != NODE_MEMBER)
        return false;
    const struct node *name = KID(n, MEMBER, record);
    return name->kind == NODE_NAME && name->symbol &&
           name->symbol->decl == find;
}

static void find_terms(struct compiler *k, struct ir_find *find,
                       const struct node *where, const struct node *n)
{
    if (where->kind == NODE_AND) {
        find_terms(k, find, KID(where, AND, left), n);
        find_terms(k, find, KID(where, AND, right), n);
        return;
    }
    const struct node *left = where->kid[0], *right = where->kid[1];
    if (where->kind != NODE_COMPARE || where->lit.op != OP_IS || !right ||
        find->site.key_count == 16) {
        compile_refuse(k, where, "find compares fields with `is`");
        return;
    }
    if (!is_find_field(left, n)) {
        const struct node *swap = left;
        left = right;
        right = swap;
    }
    if (!is_find_field(left, n)) {
        compile_refuse(k, where, "find compares its own fields");
        return;
    }
    const struct object *object = find->site.object;
    const struct field *field =
        object ? object_field(object, left->text) : NULL;
    size_t i = find->site.key_count++;
    find->site.keys[i] = field ? field : left->field;
    find->keys[i] = compile_expr(k, right);
    build_field(k, find->shape, find->site.keys[i]);
}

static void find_object(struct compiler *k, struct ir_find *find,
                        const struct node *ref)
{
    const struct program *p = k->c->program;
    struct text app = text_slice(ref->text, 0, ref->lit.name_len);
    size_t after = ref->lit.name_len + 1;
    struct text name = after < ref->text.len
                           ? text_slice(ref->text, after, ref->text.len - after)
                           : TEXT_NONE;
    find->site.connection = program_connection(p, app);
    find->site.object =
        find->site.connection
            ? program_object(p, find->site.connection, name)
            : NULL;
    if (!find->site.object)
        compile_refuse(k, ref, "an object nobody knows");
}

static void compile_find(struct compiler *k, struct ir_statement *st,
                         const struct node *n)
{
    struct ir_find *find = ARENA_NEW(k->arena, struct ir_find);
    find->site.keys = ARENA_ARRAY(k->arena, const struct field *, 16);
    find->keys = ARENA_ARRAY(k->arena, struct ir *, 16);
    find->site.span = n->span;
    find->site.name = n->text;
    find->site.index = (uint32_t)k->c->find_count++;
    st->kind = ST_FIND;
    st->find = find;
    find_object(k, find, KID(n, FIND, object));
    if (k->failed)
        return;
    find->shape = build_new(k, find->site.object);
    find->site.shape = find->shape->shape;
    find_terms(k, find, KID(n, FIND, where), n);
    st->slot = compile_bind(k, n, find->shape);
    if (KID(n, FIND, outcome))
        st->outcome = compile_outcome(k, KID(n, FIND, outcome));
    compile_leaves(k, KID(n, FIND, where), &st->leaves, &st->leaf_count);
}

/* ------------------------------------------------------------- statements */
static void compile_add(struct compiler *k, struct ir_statement *st,
                        const struct node *n, struct shape_build *record)
{
    struct binding *saved = k->bindings;
    st->kind = ST_ADD;
    compile_place(k, record, KID(n, ADD, path), n, &st->place);
    if (k->failed)
        return;
    uint32_t last = st->place.count - 1;
    st->record = st->place.builds[last];
    if (!st->record) { /* a log flow's lines: nobody declared them */
        struct shape_build *holder =
            last ? st->place.builds[last - 1] : record;
        st->record = step_into(k, holder, st->place.steps[last]);
    }
    st->record_shape = st->record->shape;
    if (KID(n, ADD, each)) {
        st->a = compile_each(k, KID(n, ADD, each), &st->where, &st->slot);
        compile_leaves(k, KID(n, ADD, each)->kid[EACH_list], &st->leaves,
                       &st->leaf_count);
    }
    st->body = compile_body(k, KID(n, ADD, body), st->record);
    k->bindings = saved;
}

static void compile_assign(struct compiler *k, struct ir_statement *st,
                           const struct node *n, struct shape_build *record)
{
    st->kind = ST_ASSIGN;
    st->a = compile_expr(k, KID(n, ASSIGN, value));
    compile_place(k, record, KID(n, ASSIGN, path), n, &st->place);
    compile_leaves(k, KID(n, ASSIGN, value), &st->leaves, &st->leaf_count);
    if (n->lit.flag && record == k->target) {
        struct once_field *once = ARENA_NEW(k->arena, struct once_field);
        once->field = st->place.field;
        once->next = k->c->once;
        k->c->once = once;
    }
}

static void compile_condition(struct compiler *k, struct ir_statement *st,
                              const struct node *n)
{
    bool require = n->kind == NODE_REQUIRE;
    st->kind = require ? ST_REQUIRE : ST_WHEN;
    st->a = compile_expr(k, n->kid[0]);
    if (require) {
        st->outcome = compile_outcome(k, KID(n, REQUIRE, outcome));
    } else {
        st->outcome = ARENA_NEW(k->arena, struct ir_outcome);
        st->outcome->verb = n->lit.verb;
        st->outcome->span = n->span;
        st->outcome->message = compile_message(k, KID(n, VERB_WHEN, message));
    }
    compile_leaves(k, n->kid[0], &st->leaves, &st->leaf_count);
    compile_leaves(k, n->kid[1], &st->leaves, &st->leaf_count);
}

static bool compile_statement(struct compiler *k, struct ir_statement *st,
                              const struct node *n, struct shape_build *record)
{
    st->node = n;
    st->span = n->span;
    k->statement = n;
    switch ((int)n->kind) {
    case NODE_LET:
        st->kind = ST_LET;
        st->a = compile_expr(k, KID(n, LET, value));
        compile_leaves(k, KID(n, LET, value), &st->leaves, &st->leaf_count);
        st->slot = compile_bind(k, n, st->a->shape);
        break;
    case NODE_FIND:
        compile_find(k, st, n);
        break;
    case NODE_REQUIRE:
    case NODE_VERB_WHEN:
        compile_condition(k, st, n);
        break;
    case NODE_ASSIGN:
        compile_assign(k, st, n, record);
        break;
    case NODE_ADD:
        compile_add(k, st, n, record);
        break;
    default: /* schedules, limits and the like are the engine's */
        return false;
    }
    if (st->outcome)
        st->reach = compile_reach(k, "outcome", st->outcome->span);
    return true;
}

struct ir_statement *compile_body(struct compiler *k, const struct node *first,
                                  struct shape_build *record)
{
    struct ir_statement *body = NULL, **next = &body;
    for (; first && !k->failed; first = first->next) {
        struct ir_statement *st = ARENA_NEW(k->arena, struct ir_statement);
        if (!compile_statement(k, st, first, record))
            continue;
        *next = st;
        next = &st->next;
    }
    return body;
}

/* ------------------------------------------------------------- find sites */
static void number_finds(struct compiler *k, const struct ir_statement *st)
{
    for (; st; st = st->next) {
        if (st->kind == ST_FIND)
            k->c->finds[st->find->site.index] = st->find->site;
        number_finds(k, st->body);
    }
}

/* ------------------------------------------------------------- the group */
/* What the checker found to be used outside aggregates: within a group it
 * must agree. */
static void compile_agreeing(struct compiler *k)
{
    struct compiled *c = k->c;
    size_t count = 0;
    for (const struct group_field *g = c->flow->group_fields; g; g = g->next)
        count++;
    c->agree = ARENA_ARRAY(k->arena, struct ir_leaf, count ? count : 1);
    for (const struct group_field *g = c->flow->group_fields; g; g = g->next) {
        struct ir_leaf *leaf = &c->agree[c->agree_count++];
        leaf->shown = span_text(&c->program->sources, g->node->span);
        leaf->ir = compile_expr(k, g->node);
        leaf->sensitive = g->node->field && g->node->field->sensitive;
    }
}

/* ------------------------------------------------------------- push-down */
#define FILTER_MAX 32

static void filter_values(struct compiler *k, struct filter_term *term,
                          const struct node *right, const struct node *high)
{
    struct ir *one = compile_expr(k, right);
    struct ir *two = high ? compile_expr(k, high) : NULL;
    term->values = NULL;
    if (one->op != IR_CONST || (two && two->op != IR_CONST))
        return;
    if (one->value.tag == VALUE_LIST) {
        term->values = one->value.list->items;
        term->value_count = one->value.list->count;
        return;
    }
    struct value *values = ARENA_ARRAY(k->arena, struct value, 2);
    values[0] = one->value;
    term->value_count = 1;
    if (two)
        values[term->value_count++] = two->value;
    term->values = values;
}

/* Fields of the source itself against constants, joined by `and`. */
static void collect_filter(struct compiler *k, const struct node *n)
{
    struct compiled *c = k->c;
    if (n->kind == NODE_AND) {
        collect_filter(k, KID(n, AND, left));
        collect_filter(k, KID(n, AND, right));
        return;
    }
    if (n->kind != NODE_COMPARE || c->filter_count == FILTER_MAX)
        return;
    const struct node *left = KID(n, COMPARE, left);
    if (left->kind != NODE_MEMBER ||
        KID(left, MEMBER, record)->kind != NODE_NAME ||
        KID(left, MEMBER, record)->symbol != c->flow->source_symbol)
        return;
    struct filter_term *term = &c->filter[c->filter_count];
    term->field = object_field(c->flow->source, left->text);
    term->op = (int)n->lit.op;
    if (!term->field)
        return;
    if (KID(n, COMPARE, right)) {
        filter_values(k, term, KID(n, COMPARE, right), KID(n, COMPARE, high));
        if (!term->values)
            return;
    }
    c->filter_count++;
}

/* ------------------------------------------------------------- the flow */
/* Links and holds need the source's key, used by the flow or not. */
static void add_keys(struct compiler *k)
{
    const struct object *source = k->c->flow->source;
    k->c->source_used = k->source->shape->count;
    for (size_t i = 0; i < source->key_count; i++) {
        const struct field *key = object_field(source, source->keys[i]);
        if (key)
            build_field(k, k->source, key);
    }
}

static void compile_sentence(struct compiler *k)
{
    struct compiled *c = k->c;
    const struct flow *flow = c->flow;
    c->source_slot = compile_bind(k, flow->source_symbol, k->source);
    if (flow->each)
        c->each_list =
            compile_each(k, flow->each, &c->each_where, &c->each_slot);
    if (flow->where) {
        c->where = compile_expr(k, flow->where);
        compile_leaves(k, flow->where, &c->where_leaves, &c->where_leaf_count);
        c->filter = ARENA_ARRAY(k->arena, struct filter_term, FILTER_MAX);
        collect_filter(k, flow->where);
    }
    if (flow->per)
        c->per = compile_expr(k, flow->per);
}

static void compile_group(struct compiler *k)
{
    struct compiled *c = k->c;
    const struct flow *flow = c->flow;
    if (!flow->per || !flow->group_symbol)
        return;
    const struct type *list = flow->group_symbol->type;
    const struct object *item =
        list && list->item ? list->item->object : NULL;
    c->each_in_group = flow->each && item != flow->source;
    struct shape_build *shape = k->source;
    if (c->each_in_group)
        shape = c->each_list->shape;
    compile_bind(k, flow->group_symbol, shape);
    compile_agreeing(k);
}

static void compile_match(struct compiler *k)
{
    struct compiled *c = k->c;
    const struct node *n = c->flow->match_node;
    if (!n || !KID(n, MATCH_ON, paths) || c->flow->match_count == 0)
        return;
    c->match = ARENA_ARRAY(k->arena, struct ir_place, 16);
    for (const struct node *p = KID(n, MATCH_ON, paths);
         p && c->match_count < 16; p = p->next)
        compile_place(k, k->target, p, p, &c->match[c->match_count++]);
}

static void compile_gone(struct compiler *k)
{
    struct compiled *c = k->c;
    const struct node *gone = c->flow->when_gone;
    if (!gone)
        return;
    c->gone = compile_body(k, KID(gone, WHEN_GONE, body), k->target);
    const struct node *outcome = KID(gone, WHEN_GONE, outcome);
    if (outcome && outcome->lit.verb == VERB_LEAVE)
        c->gone_leave = true;
    else if (outcome)
        c->gone_outcome = compile_outcome(k, outcome);
}

int flow_compile(const struct program *program, const struct flow *flow,
                 struct arena *arena, struct compiled **out, struct error *err)
{
    struct compiler k = { .arena = arena, .err = err };
    struct compiled *c = ARENA_NEW(arena, struct compiled);
    k.c = c;
    c->program = program;
    c->flow = flow;
    c->arena = arena;
    c->timezone = flow->timezone.len ? flow->timezone : program->timezone;
    c->zone = c->timezone.len ? zone_find(c->timezone) : NULL;
    c->points = ARENA_ARRAY(arena, struct reach_point, REACH_MAX);
    k.source = build_new(&k, flow->source);
    k.target = build_new(&k, flow->target ? flow->target : flow->logged);
    c->source_shape = k.source->shape;
    c->target_shape = k.target->shape;
    compile_sentence(&k);
    compile_group(&k);
    struct binding *sentence = k.bindings;
    c->body = compile_body(&k, flow->body, k.target);
    k.bindings = sentence;
    compile_match(&k);
    compile_gone(&k);
    add_keys(&k);
    c->finds = ARENA_ARRAY(arena, struct find_site, c->find_count);
    number_finds(&k, c->body);
    number_finds(&k, c->gone);
    *out = c;
    return k.failed ? -1 : 0;
}

/* ------------------------------------------------------------- questions */
void compiled_watch(struct compiled *c)
{
    c->reached = ARENA_ARRAY(c->arena, uint64_t, c->point_count + 1);
}

size_t compiled_reached(const struct compiled *c, size_t index,
                        struct reach *out)
{
    if (index < c->point_count) {
        const struct reach_point *p = &c->points[index + 1];
        *out = (struct reach){ p->what, p->span,
                               c->reached ? c->reached[index + 1] : 0 };
    }
    return c->point_count;
}

const struct shape *compiled_source_shape(const struct compiled *c)
{
    return c->source_shape;
}

size_t compiled_source_used(const struct compiled *c)
{
    return c->source_used;
}

const struct shape *compiled_target_shape(const struct compiled *c)
{
    return c->target_shape;
}

const struct find_site *compiled_finds(const struct compiled *c, size_t *count)
{
    *count = c->find_count;
    return c->finds;
}

bool compiled_is_once(const struct compiled *c, const struct field *field)
{
    for (const struct once_field *o = c->once; o; o = o->next)
        if (o->field == field)
            return true;
    return false;
}

const struct filter_term *compiled_filter(const struct compiled *c,
                                          size_t *count)
{
    *count = c->filter_count;
    return c->filter;
}
