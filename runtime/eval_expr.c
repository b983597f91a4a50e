/* Expressions: a walk over the slot tree. Every function gives a value or
 * says why not; what went wrong is in the frame. Nothing is allocated but in
 * the batch's arena. */
#include "config.h"

#include "runtime/eval_call.h"
#include "runtime/ir.h"
#include "runtime/jsonread.h"

#include <stdio.h>
#include <string.h>

#define EVAL_DEPTH_MAX 2000

/* Not put into ir_eval: each keeps its own room on the stack, and what needs
 * little is called at little cost. */
#define APART __attribute__((noinline))

enum got ir_fail(struct frame *f, const struct ir *n, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    f->failure = arena_vprintf(f->arena, format, args);
    va_end(args);
    f->failed = n->node;
    return GOT_FAILURE;
}

void eval_reach(const struct compiled *c, uint32_t point)
{
    if (point && c->reached)
        c->reached[point]++;
}

static void set_missing(struct value *out)
{
    memset(out, 0, sizeof *out);
}

/* ------------------------------------------------------------- texts */
static struct text printed(struct frame *f, const struct value *v)
{
    char digits[DECIMAL_TEXT_MAX];
    struct buf b;
    if (v->tag == VALUE_NUMBER) {
        size_t len = decimal_print(value_as_decimal(v), digits);
        return (struct text){ arena_dup(f->arena, digits, len), len };
    }
    buf_init(&b, 0);
    value_print(v, &b);
    struct text t = buf_dup(f->arena, &b);
    buf_fini(&b);
    return t;
}

#define PARTS_MAX 64

static enum got text_part(struct frame *f, const struct ir *n, bool lenient,
                          struct text *out)
{
    struct value room;
    enum got got;
    const struct value *v = ir_take(f, n, &room, &got);
    if (v) {
        *out = v->tag == VALUE_TEXT ? value_as_text(v) : printed(f, v);
        return GOT_VALUE;
    }
    if (!lenient)
        return got;
    *out = got == GOT_NOTHING ? TEXT("(unknown)") : TEXT("(failed)");
    return GOT_VALUE;
}

APART static enum got eval_text(struct frame *f, const struct ir *n,
                                struct value *out)
{
    struct text parts[PARTS_MAX];
    size_t len = 0;
    if (n->count > PARTS_MAX)
        return ir_fail(f, n, "a text with more than %d parts", PARTS_MAX);
    for (uint32_t i = 0; i < n->count; i++) {
        enum got got = text_part(f, n->list[i], n->lenient, &parts[i]);
        if (got != GOT_VALUE)
            return got;
        len += parts[i].len;
    }
    if (len > JSON_TEXT_MAX)
        return ir_fail(f, n, "a text of %zu bytes is too long", len);
    char *room = arena_alloc(f->arena, len + 1), *p = room;
    for (uint32_t i = 0; i < n->count; i++) {
        if (parts[i].len)
            memcpy(p, parts[i].ptr, parts[i].len);
        p += parts[i].len;
    }
    *out = value_text((struct text){ room, len });
    return GOT_VALUE;
}

struct text eval_message(struct frame *f, const struct ir *n)
{
    struct text t = TEXT_NONE;
    if (n)
        text_part(f, n, true, &t);
    return t;
}

/* ------------------------------------------------------------- records */
/* A slot as an expression sees it. */
static inline enum got slot_value(const struct value *slot, struct value *out)
{
    if (__builtin_expect(slot->tag >= VALUE_CLEAR, 0)) {
        if (slot->tag == TAG_POISON)
            return GOT_NOTHING;
        set_missing(out); /* leave, clear */
        return GOT_VALUE;
    }
    *out = *slot;
    return GOT_VALUE;
}

static enum got member_value(const struct ir *n, const struct value *record,
                             struct value *out)
{
    if (record->tag != VALUE_RECORD) {
        set_missing(out);
        return GOT_VALUE;
    }
    if (n->op != IR_MEMBER_OF)
        return slot_value(&record->record->slots[n->index], out);
    const struct value *slot = record_slot(record->record, n->field);
    if (!slot) {
        set_missing(out);
        return GOT_VALUE;
    }
    return slot_value(slot, out);
}

static enum got eval_field(struct frame *f, const struct ir *n,
                           struct value *out)
{
    const struct value *record = &f->slots[n->slot];
    if (__builtin_expect(record->tag == VALUE_RECORD, 1))
        return slot_value(&record->record->slots[n->index], out);
    if (record->tag == TAG_POISON)
        return GOT_NOTHING;
    set_missing(out);
    return GOT_VALUE;
}

APART static enum got eval_member(struct frame *f, const struct ir *n,
                                  struct value *out)
{
    struct value record;
    enum got got = ir_eval(f, n->a, &record);
    return got == GOT_VALUE ? member_value(n, &record, out) : got;
}

/* One member of the group as the flow's `group` list has it. */
static enum got group_item(struct frame *f, size_t i, struct value *out)
{
    const struct eval_input *in = f->input;
    const struct compiled *c = f->c;
    union {
        const struct record *from;
        struct record *to;
    } record = { .from = in->members[i] };
    set_missing(out);
    out->tag = VALUE_RECORD;
    out->record = record.to;
    if (!c->each_in_group)
        return GOT_VALUE;
    struct value saved = f->slots[c->source_slot], list;
    f->slots[c->source_slot] = *out;
    enum got got = ir_eval(f, c->each_list, &list);
    f->slots[c->source_slot] = saved;
    size_t element = in->member_elements ? in->member_elements[i] : 0;
    if (got == GOT_VALUE && list.tag == VALUE_LIST &&
        element < list.list->count)
        *out = list.list->items[element];
    return got;
}

static enum got eval_group(struct frame *f, const struct ir *n,
                           struct value *out)
{
    struct value *slot = &f->slots[n->slot];
    if (slot->tag != VALUE_LIST) {
        size_t count = f->input->member_count;
        struct value_list *list = arena_alloc(f->arena, sizeof *list);
        list->items = arena_alloc(f->arena, count * sizeof(struct value));
        list->count = count;
        for (size_t i = 0; i < count; i++) {
            enum got got = group_item(f, i, &list->items[i]);
            if (got != GOT_VALUE)
                return got;
        }
        set_missing(slot);
        slot->tag = VALUE_LIST;
        slot->list = list;
    }
    *out = *slot;
    return GOT_VALUE;
}

static enum got eval_target(struct frame *f, struct value *out)
{
    set_missing(out);
    out->tag = VALUE_RECORD;
    out->record = f->target;
    return GOT_VALUE;
}

/* ------------------------------------------------------------- branches */
APART static enum got eval_else(struct frame *f, const struct ir *n,
                                struct value *out)
{
    enum got got = ir_get(f, n->a, out);
    if (got != GOT_VALUE || out->tag != VALUE_MISSING)
        return got;
    return ir_get(f, n->b, out);
}

APART static enum got eval_if(struct frame *f, const struct ir *n,
                              struct value *out)
{
    bool truth;
    enum got got = ir_truth(f, n->a, &truth);
    if (got != GOT_VALUE)
        return got;
    return ir_eval(f, truth ? n->b : n->c, out);
}

APART static enum got eval_choose(struct frame *f, const struct ir *n,
                                  struct value *out)
{
    for (uint32_t i = 0; i < n->count; i++) {
        const struct ir *arm = n->list[i];
        bool truth = true;
        if (arm->a) {
            enum got got = ir_truth(f, arm->a, &truth);
            if (got != GOT_VALUE)
                return got;
        }
        if (truth) {
            eval_reach(f->c, arm->reach);
            return ir_eval(f, arm->b, out);
        }
    }
    set_missing(out);
    return GOT_VALUE;
}

APART static enum got eval_outcome(struct frame *f, const struct ir *n)
{
    eval_reach(f->c, n->reach);
    f->fired = n->outcome;
    f->fired_message = eval_message(f, n->outcome->message);
    f->fired_table = TEXT_NONE;
    f->fired_key = TEXT_NONE;
    return GOT_OUTCOME;
}

static enum got is_const(struct frame *f, const struct ir *n, bool *truth)
{
    struct value room;
    enum got got;
    const struct value *v = ir_take(f, n->a, &room, &got);
    bool same = v && v->tag == VALUE_TEXT && v->len == n->value.len &&
                memcmp(v->ptr, n->value.ptr, v->len) == 0;
    *truth = same != n->negated;
    return got;
}

static enum got logic(struct frame *f, const struct ir *n, bool *truth)
{
    bool stop_at = n->op == IR_OR;
    if (++f->depth > EVAL_DEPTH_MAX) {
        f->depth--;
        return ir_fail(f, n, "this is nested too deeply");
    }
    enum got got = ir_truth(f, n->a, truth);
    if (got == GOT_VALUE && *truth != stop_at)
        got = ir_truth(f, n->b, truth);
    f->depth--;
    return got;
}

enum got ir_truth(struct frame *f, const struct ir *n, bool *truth)
{
    struct value v;
    enum got got;
    switch ((int)n->op) {
    case IR_IS_CONST:
        return is_const(f, n, truth);
    case IR_COMPARE:
        return eval_compare(f, n, truth);
    case IR_OR:
    case IR_AND:
        return logic(f, n, truth);
    default:
        got = ir_get(f, n, &v);
        *truth = got == GOT_VALUE && v.tag == VALUE_YESNO && v.whole;
        return got;
    }
}

APART static enum got eval_yesno(struct frame *f, const struct ir *n,
                                 struct value *out)
{
    bool truth;
    enum got got = ir_truth(f, n, &truth);
    if (got == GOT_VALUE)
        *out = value_yesno(truth);
    return got;
}

APART static enum got eval_not(struct frame *f, const struct ir *n,
                               struct value *out)
{
    bool truth;
    enum got got = ir_truth(f, n->a, &truth);
    if (got == GOT_VALUE)
        *out = value_yesno(!truth);
    return got;
}

static enum got eval_try(struct frame *f, const struct ir *n,
                         struct value *out)
{
    enum got got = ir_eval(f, n->a, out);
    if (got != GOT_FAILURE)
        return got;
    set_missing(out);
    return GOT_VALUE;
}

/* ------------------------------------------------------------- others */
static enum got eval_list(struct frame *f, const struct ir *n,
                          struct value *out)
{
    struct value_list *list = arena_alloc(f->arena, sizeof *list);
    list->items = arena_alloc(f->arena, n->count * sizeof(struct value));
    list->count = n->count;
    for (uint32_t i = 0; i < n->count; i++) {
        enum got got = ir_eval(f, n->list[i], &list->items[i]);
        if (got != GOT_VALUE)
            return got;
    }
    set_missing(out);
    out->tag = VALUE_LIST;
    out->list = list;
    return GOT_VALUE;
}

/* Parameters of a define, then its body. */
static enum got eval_let(struct frame *f, const struct ir *n,
                         struct value *out)
{
    struct value v;
    enum got got = ir_eval(f, n->a, &v);
    if (got != GOT_VALUE)
        return got;
    f->slots[n->slot] = v;
    return ir_eval(f, n->b, out);
}

static enum got eval_link(struct frame *f, const struct ir *n,
                          struct value *out)
{
    struct value id;
    enum got got = ir_eval(f, n->a, &id);
    if (got != GOT_VALUE)
        return got;
    set_missing(out);
    if (id.tag != VALUE_MISSING && f->env->link)
        *out = f->env->link(f->env->ctx, n->object, &id);
    if (n->negated)
        *out = value_yesno(out->tag != VALUE_MISSING);
    return GOT_VALUE;
}

APART static enum got eval_rare(struct frame *f, const struct ir *n,
                                struct value *out)
{
    switch ((enum ir_op)n->op) {
    case IR_GROUP:
        return eval_group(f, n, out);
    case IR_TARGET:
        return eval_target(f, out);
    case IR_TRY:
        return eval_try(f, n, out);
    case IR_LIST:
        return eval_list(f, n, out);
    case IR_LET:
        return eval_let(f, n, out);
    case IR_LOOP:
        return eval_loop(f, n, out);
    case IR_AGGREGATE:
        return eval_aggregate(f, n, out);
    case IR_LINK:
        return eval_link(f, n, out);
    case IR_NOW:
        *out = value_datetime(f->env->now_us);
        return GOT_VALUE;
    case IR_TODAY:
        return eval_today(f, n, out);
    case IR_RECORD_KEY:
        return eval_record_key(f, n, out);
    case IR_CONST:
    case IR_SLOT:
    case IR_FIELD:
    case IR_MEMBER:
    case IR_MEMBER_OF:
    case IR_TEXT:
    case IR_ELSE:
    case IR_IF:
    case IR_CHOOSE:
    case IR_OUTCOME:
    case IR_OR:
    case IR_AND:
    case IR_NOT:
    case IR_COMPARE:
    case IR_IS_CONST:
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_DIV:
    case IR_DIV_ROUND:
    case IR_NEGATE:
    case IR_TABLE:
    case IR_CALL:
    case IR_SPACED:
        break;
    }
    return ir_fail(f, n, "an expression of an unknown kind");
}

static enum got eval_node(struct frame *f, const struct ir *n,
                          struct value *out)
{
    switch ((enum ir_op)n->op) {
    case IR_CONST:
        *out = n->value;
        return GOT_VALUE;
    case IR_SLOT:
        return slot_value(&f->slots[n->slot], out);
    case IR_FIELD:
        return eval_field(f, n, out);
    case IR_MEMBER:
    case IR_MEMBER_OF:
        return eval_member(f, n, out);
    case IR_TEXT:
        return eval_text(f, n, out);
    case IR_ELSE:
        return eval_else(f, n, out);
    case IR_IF:
        return eval_if(f, n, out);
    case IR_CHOOSE:
        return eval_choose(f, n, out);
    case IR_OUTCOME:
        return eval_outcome(f, n);
    case IR_OR:
    case IR_AND:
    case IR_COMPARE:
    case IR_IS_CONST:
        return eval_yesno(f, n, out);
    case IR_NOT:
        return eval_not(f, n, out);
    case IR_ADD:
    case IR_SUB:
    case IR_MUL:
    case IR_DIV:
    case IR_DIV_ROUND:
    case IR_NEGATE:
        return eval_arithmetic(f, n, out);
    case IR_TABLE:
        return eval_table(f, n, out);
    case IR_CALL:
        return eval_call(f, n, out);
    case IR_SPACED:
        return eval_spaced(f, n, out);
    case IR_TARGET:
    case IR_GROUP:
    case IR_TRY:
    case IR_LIST:
    case IR_LET:
    case IR_LOOP:
    case IR_AGGREGATE:
    case IR_NOW:
    case IR_TODAY:
    case IR_LINK:
    case IR_RECORD_KEY:
        break;
    }
    return eval_rare(f, n, out);
}

enum got ir_eval(struct frame *f, const struct ir *n, struct value *out)
{
    if (++f->depth > EVAL_DEPTH_MAX) {
        f->depth--;
        return ir_fail(f, n, "this is nested too deeply");
    }
    enum got got = eval_node(f, n, out);
    f->depth--;
    return got;
}
