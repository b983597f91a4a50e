/* Expressions of the checked tree become slots and small nodes. */
#include "config.h"

#include "lang/builtins.h"
#include "runtime/compile.h"
#include "runtime/text_regex.h"

#include <string.h>

int compile_refuse(struct compiler *k, const struct node *n, const char *why)
{
    if (k->failed)
        return -1;
    k->failed = true;
    struct place at = { 0, 0 };
    if (n && n->span.source)
        at = sources_place(&k->c->program->sources, n->span.source,
                           n->span.start);
    return error_set(k->err, ERROR_USAGE, "line %u: %s", at.line, why);
}

/* ------------------------------------------------------------- shapes */
struct shape_build *build_new(struct compiler *k, const struct object *object)
{
    struct shape_build *b = ARENA_NEW(k->arena, struct shape_build);
    b->shape = ARENA_NEW(k->arena, struct shape);
    b->shape->object = object;
    return b;
}

static const struct object *nested_object(const struct type *type)
{
    while (type && type->kind == TYPE_LIST)
        type = type->item;
    return type && type->kind == TYPE_RECORD ? type->object : NULL;
}

static void build_grow(struct compiler *k, struct shape_build *b)
{
    size_t cap = b->cap ? b->cap * 2 : 8;
    struct shape_field *fields = ARENA_ARRAY(k->arena, struct shape_field, cap);
    struct shape_build **subs =
        ARENA_ARRAY(k->arena, struct shape_build *, cap);
    if (b->shape->count) {
        memcpy(fields, b->shape->fields, b->shape->count * sizeof *fields);
        memcpy(subs, b->subs, b->shape->count * sizeof(*subs));
    }
    b->shape->fields = fields;
    b->subs = subs;
    b->cap = cap;
}

uint32_t build_field(struct compiler *k, struct shape_build *b,
                     const struct field *field)
{
    struct shape *shape = b->shape;
    for (uint32_t i = 0; i < shape->count; i++)
        if (shape->fields[i].field == field ||
            text_equal(shape->fields[i].field->name, field->name))
            return i;
    if (b->fixed) {
        compile_refuse(k, k->statement, "a table has no such column");
        return 0;
    }
    if (shape->count == b->cap)
        build_grow(k, b);
    uint32_t index = (uint32_t)shape->count++;
    shape->fields[index].field = field;
    const struct object *nested = nested_object(field->type);
    if (nested) {
        b->subs[index] = build_new(k, nested);
        shape->fields[index].sub = b->subs[index]->shape;
    }
    return index;
}

struct shape_build *build_sub(const struct shape_build *b, uint32_t index)
{
    return b->subs ? b->subs[index] : NULL;
}

/* What either of two expressions gives. */
static struct shape_build *build_either(struct compiler *k,
                                        struct shape_build *a,
                                        struct shape_build *b)
{
    if (!a || !b || a == b)
        return a ? a : b;
    struct shape_build *both = ARENA_NEW(k->arena, struct shape_build);
    both->left = a;
    both->right = b;
    return both;
}

/* Adds the field on both sides; the shape of what lies below it. */
static struct shape_build *either_field(struct compiler *k,
                                        struct shape_build *b,
                                        const struct field *field)
{
    if (!b->left)
        return build_sub(b, build_field(k, b, field));
    return build_either(k, either_field(k, b->left, field),
                        either_field(k, b->right, field));
}

/* ------------------------------------------------------------- slots */
uint32_t compile_slot(struct compiler *k)
{
    if (k->c->slot_count >= COMPILE_SLOTS_MAX)
        compile_refuse(k, k->statement, "this flow has too many names");
    return k->c->slot_count++;
}

uint32_t compile_bind(struct compiler *k, const void *key,
                      struct shape_build *shape)
{
    struct binding *b = ARENA_NEW(k->arena, struct binding);
    b->key = key;
    b->slot = compile_slot(k);
    b->shape = shape;
    b->next = k->bindings;
    k->bindings = b;
    return b->slot;
}

static const struct binding *find_binding(const struct compiler *k,
                                          const struct symbol *symbol)
{
    for (const struct binding *b = k->bindings; b; b = b->next)
        if (b->key == symbol || (symbol->decl && b->key == symbol->decl))
            return b;
    /* a table's keys in its own message go by their names */
    for (const struct binding *b = k->bindings; b; b = b->next)
        if (b->name.len && symbol->kind == SYMBOL_PARAM &&
            text_equal(b->name, symbol->name))
            return b;
    return NULL;
}

struct ir *compile_node(struct compiler *k, enum ir_op op,
                        const struct node *n)
{
    struct ir *ir = ARENA_NEW(k->arena, struct ir);
    if (++k->node_count > COMPILE_NODES_MAX)
        compile_refuse(k, k->statement,
                       "the defines used here unfold to too much");
    ir->op = (uint8_t)op;
    ir->node = n;
    return ir;
}

uint32_t compile_reach(struct compiler *k, const char *what, struct span span)
{
    struct compiled *c = k->c;
    if (!span.source) /* a row that a test gives */
        return 0;
    size_t first = strcmp(what, "row") == 0 ? c->point_count + 1 : 1;
    for (size_t i = first; i <= c->point_count; i++)
        if (c->points[i].span.source == span.source &&
            c->points[i].span.start == span.start &&
            c->points[i].what == what)
            return (uint32_t)i;
    if (c->point_count + 1 >= REACH_MAX || !c->points)
        return 0;
    c->points[++c->point_count] = (struct reach_point){ what, span };
    return (uint32_t)c->point_count;
}

/* ------------------------------------------------------------- constants */
static uint16_t duration_unit(struct text word)
{
    static const char *const units[] = { "minute", "hour",  "day",
                                         "week",   "month", "year" };
    for (uint16_t i = 0; i < 6; i++)
        if (text_starts(word, text_of(units[i])))
            return i;
    return 0;
}

static struct value duration_value(const struct node *n)
{
    struct value v = value_date(0);
    int64_t count = 0;
    decimal_to_int64(n->lit.number, &count);
    v.tag = VALUE_DURATION;
    v.whole = count;
    v.currency = duration_unit(n->lit.word);
    return v;
}

static bool negated_constant(const struct node *n, struct value *out)
{
    if (!compile_constant(KID(n, NEGATE, value), out) ||
        (out->tag != VALUE_NUMBER && out->tag != VALUE_MONEY))
        return false;
    out->coef = -out->coef;
    return true;
}

bool compile_constant(const struct node *n, struct value *out)
{
    switch ((int)n->kind) {
    case NODE_TEXT_LIT:
        if (KID(n, TEXT_LIT, parts))
            return false;
        *out = value_text(n->text);
        return true;
    case NODE_NUMBER_LIT:
    case NODE_PERCENT_LIT:
        *out = value_number(n->lit.number);
        return true;
    case NODE_MONEY_LIT:
        *out = value_money(n->lit.number, currency_pack(n->lit.currency));
        return true;
    case NODE_DATE_LIT:
        *out = value_date(n->lit.days);
        return true;
    case NODE_TIME_LIT:
        *out = value_date(n->lit.seconds);
        out->tag = VALUE_TIME;
        return true;
    case NODE_DURATION_LIT:
        *out = duration_value(n);
        return true;
    case NODE_YESNO_LIT:
        *out = value_yesno(n->lit.flag);
        return true;
    case NODE_MISSING_LIT:
        memset(out, 0, sizeof *out);
        return true;
    case NODE_NEGATE:
        return negated_constant(n, out);
    default:
        return false;
    }
}

static struct ir *constant(struct compiler *k, const struct node *n,
                           struct value v)
{
    struct ir *ir = compile_node(k, IR_CONST, n);
    ir->value = v;
    return ir;
}

/* ------------------------------------------------------------- names */

/* A table of days given to a function: the list of its keys. */
static struct ir *compile_table_keys(struct compiler *k, const struct node *n,
                                     const struct table *table)
{
    struct value_list *list = ARENA_NEW(k->arena, struct value_list);
    struct ir *ir = compile_node(k, IR_CONST, n);
    list->items = ARENA_ARRAY(k->arena, struct value, table->row_count);
    for (size_t i = 0; i < table->row_count; i++) {
        if (!table->rows[i].keys)
            continue;
        const struct ir *key = compile_expr(k, table->rows[i].keys[0]);
        if (key->op == IR_CONST)
            list->items[list->count++] = key->value;
    }
    ir->value.tag = VALUE_LIST;
    ir->value.list = list;
    return ir;
}

static struct ir *compile_name(struct compiler *k, const struct node *n)
{
    const struct symbol *symbol = n->symbol;
    if (!symbol) {
        compile_refuse(k, n, "a name nobody declared");
        return compile_node(k, IR_CONST, n);
    }
    if (symbol->kind == SYMBOL_CONST)
        return compile_expr(k, KID(symbol->decl, CONST, value));
    if (symbol->kind == SYMBOL_TARGET) {
        struct ir *ir = compile_node(k, IR_TARGET, n);
        ir->shape = k->target;
        return ir;
    }
    if (symbol->kind == SYMBOL_TABLE && symbol->table)
        return compile_table_keys(k, n, symbol->table);
    const struct binding *b = find_binding(k, symbol);
    if (!b) {
        compile_refuse(k, n, "a name that has no value here");
        return compile_node(k, IR_CONST, n);
    }
    struct ir *ir = compile_node(
        k, symbol->kind == SYMBOL_GROUP ? IR_GROUP : IR_SLOT, n);
    ir->slot = b->slot;
    ir->shape = b->shape;
    return ir;
}

static const struct field *member_field(const struct ir *record,
                                        const struct node *n)
{
    const struct shape_build *b = record->shape;
    const struct object *object = NULL;
    while (b && b->left)
        b = b->left;
    if (b && b->shape)
        object = b->shape->object;
    const struct field *own = object ? object_field(object, n->text) : NULL;
    return own ? own : n->field;
}

static struct ir *compile_member(struct compiler *k, const struct node *n)
{
    struct ir *record = compile_expr(k, KID(n, MEMBER, record));
    const struct field *field = member_field(record, n);
    if (!field || !record->shape) {
        compile_refuse(k, n, "a field of something that is no record");
        return record;
    }
    struct ir *ir = compile_node(k, IR_MEMBER, n);
    ir->a = record;
    ir->field = field;
    if (record->shape->left) {
        ir->op = IR_MEMBER_OF;
        ir->shape = either_field(k, record->shape, field);
        return ir;
    }
    ir->index = build_field(k, record->shape, field);
    ir->shape = build_sub(record->shape, ir->index);
    if (record->op == IR_SLOT) {
        ir->op = IR_FIELD;
        ir->slot = record->slot;
    }
    return ir;
}

/* ------------------------------------------------------------- lists */
static size_t list_length(const struct node *n)
{
    size_t count = 0;
    for (; n; n = n->next)
        count++;
    return count;
}

static void compile_items(struct compiler *k, struct ir *ir,
                          const struct node *first)
{
    ir->list = ARENA_ARRAY(k->arena, struct ir *, list_length(first));
    for (; first; first = first->next)
        ir->list[ir->count++] = compile_expr(k, first);
}

struct ir *compile_each(struct compiler *k, const struct node *each,
                        struct ir **where, uint32_t *slot)
{
    struct ir *list = compile_expr(k, KID(each, EACH, list));
    *slot = compile_bind(k, each, list->shape);
    *where = KID(each, EACH, where)
                 ? compile_expr(k, KID(each, EACH, where))
                 : NULL;
    return list;
}

static struct ir *compile_loop(struct compiler *k, const struct node *n)
{
    struct binding *saved = k->bindings;
    struct ir *ir = compile_node(k, IR_LOOP, n);
    ir->a = compile_each(k, KID(n, COMPREHENSION, each), &ir->c, &ir->slot);
    ir->b = compile_expr(k, KID(n, COMPREHENSION, value));
    ir->shape = ir->b->shape;
    k->bindings = saved;
    return ir;
}

static struct ir *compile_list(struct compiler *k, const struct node *n)
{
    struct ir *ir = compile_node(k, IR_LIST, n);
    compile_items(k, ir, KID(n, LIST, items));
    bool all_constant = true;
    for (uint32_t i = 0; i < ir->count; i++) {
        ir->shape = build_either(k, ir->shape, ir->list[i]->shape);
        all_constant &= ir->list[i]->op == IR_CONST;
    }
    if (!all_constant)
        return ir;
    struct value_list *list = ARENA_NEW(k->arena, struct value_list);
    list->items = ARENA_ARRAY(k->arena, struct value, ir->count);
    for (list->count = 0; list->count < ir->count; list->count++)
        list->items[list->count] = ir->list[list->count]->value;
    struct value v;
    memset(&v, 0, sizeof v);
    v.tag = VALUE_LIST;
    v.list = list;
    return constant(k, n, v);
}

/* ------------------------------------------------------------- texts */
static struct ir *compile_text(struct compiler *k, const struct node *n,
                               bool lenient)
{
    const struct node *parts = KID(n, TEXT_LIT, parts);
    struct ir *ir = compile_node(k, IR_TEXT, n);
    ir->lenient = lenient;
    ir->list = ARENA_ARRAY(k->arena, struct ir *, list_length(parts));
    for (const struct node *p = parts; p; p = p->next)
        ir->list[ir->count++] = p->kind == NODE_TEXT_PART
                                    ? constant(k, p, value_text(p->text))
                                    : compile_expr(k, p);
    return ir;
}

struct ir *compile_message(struct compiler *k, const struct node *n)
{
    if (!n)
        return NULL;
    if (n->kind == NODE_TEXT_LIT && KID(n, TEXT_LIT, parts))
        return compile_text(k, n, true);
    return compile_expr(k, n);
}

struct ir_outcome *compile_outcome(struct compiler *k, const struct node *n)
{
    struct ir_outcome *o = ARENA_NEW(k->arena, struct ir_outcome);
    o->verb = n->lit.verb;
    o->span = n->span;
    o->message = compile_message(k, KID(n, OUTCOME, message));
    return o;
}

static struct ir *compile_outcome_value(struct compiler *k,
                                        const struct node *n)
{
    if (n->lit.verb == VERB_LEAVE || n->lit.verb == VERB_CLEAR) {
        struct value v;
        memset(&v, 0, sizeof v);
        v.tag = n->lit.verb == VERB_LEAVE ? VALUE_LEAVE : VALUE_CLEAR;
        return constant(k, n, v);
    }
    struct ir *ir = compile_node(k, IR_OUTCOME, n);
    ir->outcome = compile_outcome(k, n);
    ir->reach = compile_reach(k, "outcome", n->span);
    return ir;
}

/* ------------------------------------------------------------- operators */
static struct ir *compile_two(struct compiler *k, enum ir_op op,
                              const struct node *n)
{
    struct ir *ir = compile_node(k, op, n);
    ir->a = compile_expr(k, n->kid[0]);
    ir->b = compile_expr(k, n->kid[1]);
    return ir;
}

static struct ir *compile_compare(struct compiler *k, const struct node *n)
{
    struct ir *ir = compile_node(k, IR_COMPARE, n);
    ir->compare = (uint8_t)n->lit.op;
    ir->a = compile_expr(k, KID(n, COMPARE, left));
    if (KID(n, COMPARE, right))
        ir->b = compile_expr(k, KID(n, COMPARE, right));
    if (KID(n, COMPARE, high))
        ir->c = compile_expr(k, KID(n, COMPARE, high));
    if (n->lit.op == OP_MATCHES && ir->b && ir->b->op == IR_CONST &&
        ir->b->value.tag == VALUE_TEXT)
        ir->regex = regex_find(value_as_text(&ir->b->value), NULL);
    bool is = n->lit.op == OP_IS || n->lit.op == OP_IS_NOT;
    if (is && ir->b && ir->b->op == IR_CONST &&
        ir->b->value.tag == VALUE_TEXT) {
        ir->op = IR_IS_CONST;
        ir->negated = n->lit.op == OP_IS_NOT;
        ir->value = ir->b->value;
    }
    return ir;
}

static struct ir *compile_if(struct compiler *k, const struct node *n)
{
    struct ir *ir = compile_node(k, IR_IF, n);
    ir->a = compile_expr(k, KID(n, IF, condition));
    ir->b = compile_expr(k, KID(n, IF, yes));
    ir->c = compile_expr(k, KID(n, IF, no));
    ir->shape = build_either(k, ir->b->shape, ir->c->shape);
    return ir;
}

static struct ir *compile_arm(struct compiler *k, const struct node *n)
{
    struct ir *ir = compile_node(k, IR_IF, n);
    if (KID(n, ARM, condition))
        ir->a = compile_expr(k, KID(n, ARM, condition));
    ir->b = compile_expr(k, KID(n, ARM, value));
    ir->reach = compile_reach(k, "arm", n->span);
    return ir;
}

static struct ir *compile_choose(struct compiler *k, const struct node *n)
{
    struct ir *ir = compile_node(k, IR_CHOOSE, n);
    const struct node *arm = KID(n, CHOOSE, arms);
    ir->list = ARENA_ARRAY(k->arena, struct ir *, list_length(arm));
    for (; arm; arm = arm->next) {
        struct ir *one = compile_arm(k, arm);
        ir->list[ir->count++] = one;
        ir->shape = build_either(k, ir->shape, one->b->shape);
    }
    return ir;
}

static struct ir *compile_else(struct compiler *k, const struct node *n)
{
    struct ir *ir = compile_node(k, IR_ELSE, n);
    ir->a = compile_expr(k, KID(n, ELSE, value));
    ir->b = compile_expr(k, KID(n, ELSE, fallback));
    ir->shape = build_either(k, ir->a->shape, ir->b->shape);
    return ir;
}

static struct ir *compile_index(struct compiler *k, const struct node *n)
{
    const struct node *name = KID(n, INDEX, table);
    if (!name->symbol || !name->symbol->table) {
        compile_refuse(k, n, "only tables are looked up with [ ]");
        return compile_node(k, IR_CONST, n);
    }
    struct ir *ir = compile_node(k, IR_TABLE, n);
    ir->table = compile_table(k, name->symbol->table);
    compile_items(k, ir, KID(n, INDEX, keys));
    if (ir->count != ir->table->table->key_count)
        compile_refuse(k, n, "the table has another number of keys");
    ir->shape = build_new(k, ir->table->object);
    ir->shape->fixed = true;
    ir->shape->shape->fields = ir->table->shape->fields;
    ir->shape->shape->count = ir->table->shape->count;
    if (n->type && n->type->kind != TYPE_RECORD &&
        n->type->kind != TYPE_UNKNOWN && ir->table->shape->count == 1) {
        struct ir *only = compile_node(k, IR_MEMBER, n);
        only->a = ir;
        return only;
    }
    return ir;
}

/* ------------------------------------------------------------- calls */
static enum aggregate aggregate_of(struct text name)
{
    static const char *const names[] = {
        "",    "count", "sum",   "min",  "max",  "any",
        "all", "first", "last", "only",
    };
    for (int i = AGG_COUNT; i <= AGG_ONLY; i++)
        if (text_is(name, names[i]))
            return (enum aggregate)i;
    return AGG_NONE;
}

static struct ir *aggregate_node(struct compiler *k, enum aggregate kind,
                                 const struct node *n, struct ir *list)
{
    struct ir *ir = compile_node(k, IR_AGGREGATE, n);
    ir->index = (uint32_t)kind;
    ir->a = list;
    if (kind == AGG_FIRST || kind == AGG_LAST || kind == AGG_ONLY ||
        kind == AGG_MIN || kind == AGG_MAX)
        ir->shape = list->shape;
    return ir;
}

/* sum(x for each …), max(a, b), count(list). */
static struct ir *compile_aggregate(struct compiler *k, enum aggregate kind,
                                    const struct node *n)
{
    const struct node *args = KID(n, CALL, args);
    struct ir *list;
    if (args && !args->next) {
        list = compile_expr(k, args);
    } else {
        list = compile_node(k, IR_LIST, n);
        compile_items(k, list, args);
    }
    return aggregate_node(k, kind, n, list);
}

static bool rounding_of(struct text name, enum rounding *rounding)
{
    static const struct {
        const char *name;
        enum rounding rounding;
    } names[] = {
        { "round", ROUND_HALF_AWAY },
        { "round_half_even", ROUND_HALF_EVEN },
        { "round_up", ROUND_UP },
        { "round_down", ROUND_DOWN },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_is(name, names[i].name)) {
            *rounding = names[i].rounding;
            return true;
        }
    return false;
}

/* round(a / b, n): one division, rounded once. */
static struct ir *compile_division(struct compiler *k, const struct node *n)
{
    const struct node *args = KID(n, CALL, args);
    enum rounding rounding;
    if (!args || !rounding_of(n->text, &rounding))
        return NULL;
    if (args->kind != NODE_DIV_OP)
        return NULL;
    struct ir *ir = compile_node(k, IR_DIV_ROUND, n);
    ir->index = (uint32_t)rounding;
    ir->a = compile_expr(k, KID(args, DIV_OP, left));
    ir->b = compile_expr(k, KID(args, DIV_OP, right));
    ir->c = args->next ? compile_expr(k, args->next)
                       : constant(k, n, value_number(decimal_int(0)));
    return ir;
}

/* Parameters become slots; the body is unfolded where it is called. */
static struct ir *compile_define(struct compiler *k, const struct node *n,
                                 const struct node *define)
{
    struct binding *saved = k->bindings;
    const struct node *arg = KID(n, CALL, args);
    struct ir *first = NULL, **next = &first, *let = NULL;
    struct binding *bound = k->bindings;
    for (const struct node *p = KID(define, DEFINE, params); p && arg;
         p = p->next, arg = arg->next) {
        k->bindings = saved; /* arguments see the caller's names */
        let = compile_node(k, IR_LET, n);
        let->a = compile_expr(k, arg);
        k->bindings = bound;
        let->slot = compile_bind(k, p, let->a->shape);
        bound = k->bindings;
        *next = let;
        next = &let->b;
    }
    k->bindings = bound;
    *next = compile_expr(k, KID(define, DEFINE, value));
    struct shape_build *shape = (*next)->shape;
    for (let = first; let && let->op == IR_LET && let->node == n; let = let->b)
        let->shape = shape;
    k->bindings = saved;
    return first;
}

static struct ir *compile_link(struct compiler *k, const struct node *n,
                               struct ir *ir)
{
    const struct node *args = KID(n, CALL, args);
    ir->op = IR_LINK;
    ir->negated = text_is(n->text, "linked");
    if (!args || !args->next) {
        compile_refuse(k, n, "link takes an object and an id");
        return ir;
    }
    ir->object = args->type ? args->type->object : NULL;
    ir->a = compile_expr(k, args->next);
    return ir;
}

/* join(words(x), " ") */
static bool is_spaced(const struct ir *ir)
{
    if (ir->builtin->id != BUILTIN_join || ir->count != 2)
        return false;
    const struct ir *words = ir->list[0], *between = ir->list[1];
    return words->op == IR_CALL && words->builtin->id == BUILTIN_words &&
           between->op == IR_CONST && between->value.tag == VALUE_TEXT &&
           text_is(value_as_text(&between->value), " ");
}

static struct ir *compile_builtin(struct compiler *k, const struct node *n)
{
    struct ir *ir = compile_node(k, IR_CALL, n);
    if (text_is(n->text, "today"))
        ir->op = IR_TODAY;
    else if (text_is(n->text, "now"))
        ir->op = IR_NOW;
    else if (text_is(n->text, "record_key"))
        ir->op = IR_RECORD_KEY;
    else if (text_is(n->text, "link") || text_is(n->text, "linked"))
        return compile_link(k, n, ir);
    if (ir->op != IR_CALL)
        return ir;
    ir->builtin = n->builtin;
    if (!ir->builtin)
        compile_refuse(k, n, "a function nobody knows");
    compile_items(k, ir, KID(n, CALL, args));
    if (ir->count)
        ir->shape = ir->list[0]->shape;
    if (!k->failed && is_spaced(ir)) {
        ir->op = IR_SPACED;
        ir->a = ir->list[0]->list[0];
    }
    return ir;
}

static struct ir *compile_call(struct compiler *k, const struct node *n)
{
    if (n->symbol && n->symbol->kind == SYMBOL_DEFINE)
        return compile_define(k, n, n->symbol->decl);
    struct ir *division = compile_division(k, n);
    if (division)
        return division;
    enum aggregate kind = aggregate_of(n->text);
    if (kind != AGG_NONE)
        return compile_aggregate(k, kind, n);
    return compile_builtin(k, n);
}

/* ------------------------------------------------------------- all kinds */
static struct ir *compile_kind(struct compiler *k, const struct node *n)
{
    struct ir *ir;
    switch ((int)n->kind) {
    case NODE_NAME:
        return compile_name(k, n);
    case NODE_MEMBER:
        return compile_member(k, n);
    case NODE_TEXT_LIT:
        return compile_text(k, n, false);
    case NODE_LIST:
        return compile_list(k, n);
    case NODE_INDEX:
        return compile_index(k, n);
    case NODE_CALL:
        return compile_call(k, n);
    case NODE_COMPREHENSION:
        return compile_loop(k, n);
    case NODE_ELSE:
        return compile_else(k, n);
    case NODE_IF:
        return compile_if(k, n);
    case NODE_CHOOSE:
        return compile_choose(k, n);
    case NODE_OUTCOME:
        return compile_outcome_value(k, n);
    case NODE_OR:
        return compile_two(k, IR_OR, n);
    case NODE_AND:
        return compile_two(k, IR_AND, n);
    case NODE_COMPARE:
        return compile_compare(k, n);
    case NODE_ADD_OP:
        return compile_two(k, IR_ADD, n);
    case NODE_SUB_OP:
        return compile_two(k, IR_SUB, n);
    case NODE_MUL_OP:
        return compile_two(k, IR_MUL, n);
    case NODE_DIV_OP:
        return compile_two(k, IR_DIV, n);
    case NODE_NOT:
    case NODE_NEGATE:
    case NODE_TRY:
        ir = compile_node(k, n->kind == NODE_NOT      ? IR_NOT
                             : n->kind == NODE_NEGATE ? IR_NEGATE
                                                      : IR_TRY, n);
        ir->a = compile_expr(k, n->kid[0]);
        ir->shape = ir->a->shape;
        return ir;
    default:
        compile_refuse(k, n, "this cannot stand in an expression");
        return compile_node(k, IR_CONST, n);
    }
}

struct ir *compile_expr(struct compiler *k, const struct node *n)
{
    struct value v;
    if (!n || k->failed || k->depth >= COMPILE_DEPTH_MAX) {
        if (!k->failed)
            compile_refuse(k, n, n ? "this is nested too deeply"
                                   : "an expression is missing");
        return compile_node(k, IR_CONST, n);
    }
    if (compile_constant(n, &v))
        return constant(k, n, v);
    k->depth++;
    struct ir *ir = compile_kind(k, n);
    k->depth--;
    return ir;
}

/* ------------------------------------------------------------- leaves */
static bool is_path(const struct node *n)
{
    while (n->kind == NODE_MEMBER)
        n = KID(n, MEMBER, record);
    return n->kind == NODE_NAME && n->symbol &&
           (n->symbol->kind == SYMBOL_LET || n->symbol->kind == SYMBOL_FIND ||
            n->symbol->kind == SYMBOL_SOURCE ||
            n->symbol->kind == SYMBOL_EACH || n->symbol->kind == SYMBOL_GROUP);
}

static bool leaf_is_plain(const struct node *n)
{
    return !n->type || (n->type->kind != TYPE_RECORD &&
                        n->type->kind != TYPE_LIST &&
                        n->type->kind != TYPE_EMPTY_LIST);
}

static bool is_bound(const struct compiler *k, const struct node *n)
{
    while (n->kind == NODE_MEMBER)
        n = KID(n, MEMBER, record);
    return find_binding(k, n->symbol) != NULL;
}

#define LEAVES_MAX 24

static void add_leaf(struct compiler *k, const struct node *n,
                     struct ir_leaf **leaves, size_t *count)
{
    struct text shown = span_text(&k->c->program->sources, n->span);
    if (*count >= LEAVES_MAX || !leaf_is_plain(n) || !is_bound(k, n))
        return;
    for (size_t i = 0; i < *count; i++)
        if (text_equal((*leaves)[i].shown, shown))
            return;
    if (!*leaves)
        *leaves = ARENA_ARRAY(k->arena, struct ir_leaf, LEAVES_MAX);
    struct ir_leaf *leaf = &(*leaves)[(*count)++];
    leaf->shown = shown;
    leaf->ir = compile_expr(k, n);
    leaf->sensitive = n->field && n->field->sensitive;
}

void compile_leaves(struct compiler *k, const struct node *n,
                    struct ir_leaf **leaves, size_t *count)
{
    if (!n || n->kind == NODE_COMPREHENSION)
        return;
    if (is_path(n)) {
        add_leaf(k, n, leaves, count);
        return;
    }
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *kid = n->kid[i]; kid; kid = kid->next)
            compile_leaves(k, kid, leaves, count);
}
