/* Arithmetic, comparisons, tables, loops and folds of the evaluator. */
#include "config.h"

#include "runtime/eval_call.h"
#include "runtime/ir.h"
#include "runtime/text_regex.h"

#include <string.h>

static bool is_decimal(const struct value *v)
{
    return v->tag == VALUE_NUMBER || v->tag == VALUE_MONEY;
}

static const char *shown(struct frame *f, const struct value *v)
{
    struct buf b;
    buf_init(&b, 0);
    value_print(v, &b);
    struct text t = buf_dup(f->arena, &b);
    buf_fini(&b);
    return text_cstr(f->arena, t);
}

/* ------------------------------------------------------------- arithmetic */
static enum got currencies_differ(struct frame *f, const struct ir *n,
                                  const struct value *a,
                                  const struct value *b)
{
    return ir_fail(f, n, "%s and %s are in different currencies", shown(f, a),
                   shown(f, b));
}

static bool same_currency(const struct value *a, const struct value *b)
{
    return a->tag != VALUE_MONEY || b->tag != VALUE_MONEY ||
           a->currency == b->currency || !a->currency || !b->currency;
}

static enum got status_fail(struct frame *f, const struct ir *n,
                            enum decimal_status status)
{
    return ir_fail(f, n, "%s", decimal_status_text(status));
}

/* The result is an amount when one side is. */
static void set_result(struct value *out, const struct value *a,
                       const struct value *b, struct decimal d)
{
    bool money = a->tag == VALUE_MONEY || b->tag == VALUE_MONEY;
    uint16_t currency = a->currency ? a->currency : b->currency;
    *out = money ? value_money(d, currency) : value_number(d);
}

static int32_t months_later(int32_t days, int64_t months)
{
    struct civil c = date_to_civil(days);
    int64_t total = (int64_t)c.year * 12 + c.month - 1 + months;
    if (total < 12 || total >= 120000)
        return INT32_MIN;
    c.year = (int32_t)(total / 12);
    c.month = (int32_t)(total % 12) + 1;
    int32_t last = date_days_in_month(c.year, c.month);
    if (c.day > last)
        c.day = last;
    return date_from_civil(c);
}

#define DAYS_MIN (-719162) /* 0001-01-01 */
#define DAYS_MAX 2932896   /* 9999-12-31 */

static enum got add_duration(struct frame *f, const struct ir *n,
                             const struct value *when, struct value amount,
                             bool minus, struct value *out)
{
    static const int64_t minutes[] = { 1, 60, 1440, 10080, 0, 0 };
    int64_t count = minus ? -amount.whole : amount.whole;
    unsigned unit = amount.currency < 6 ? amount.currency : 0;
    if (count > 10000000 || count < -10000000)
        return ir_fail(f, n, "the duration is too long");
    *out = *when;
    if (when->tag == VALUE_DATE) {
        int64_t days = when->whole;
        if (unit >= 4)
            days = months_later((int32_t)days, unit == 4 ? count : count * 12);
        else
            days += count * minutes[unit] / 1440;
        if (days < DAYS_MIN || days > DAYS_MAX)
            return ir_fail(f, n, "the date leaves the years 1 to 9999");
        out->whole = days;
        return GOT_VALUE;
    }
    if (unit >= 4)
        return ir_fail(f, n, "months and years are added to dates only");
    out->whole += count * minutes[unit] * 60000000;
    return GOT_VALUE;
}

static bool is_when(const struct value *v)
{
    return v->tag == VALUE_DATE || v->tag == VALUE_DATETIME;
}

static enum got eval_plus(struct frame *f, const struct ir *n,
                          const struct value *a, const struct value *b,
                          struct value *out)
{
    struct decimal d;
    bool minus = n->op == IR_SUB;
    if (is_when(a) && b->tag == VALUE_DURATION)
        return add_duration(f, n, a, *b, minus, out);
    if (!is_decimal(a) || !is_decimal(b))
        return ir_fail(f, n, "only amounts and numbers are added");
    if (!same_currency(a, b))
        return currencies_differ(f, n, a, b);
    struct decimal left = value_as_decimal(a), right = value_as_decimal(b);
    enum decimal_status status = minus ? decimal_sub(left, right, &d)
                                       : decimal_add(left, right, &d);
    if (status != DECIMAL_OK)
        return status_fail(f, n, status);
    set_result(out, a, b, d);
    return GOT_VALUE;
}

static enum got eval_times(struct frame *f, const struct ir *n,
                           const struct value *a, const struct value *b,
                           struct value *out)
{
    struct decimal d;
    enum decimal_status status =
        n->op == IR_MUL
            ? decimal_mul(value_as_decimal(a), value_as_decimal(b), &d)
            : decimal_div_exact(value_as_decimal(a), value_as_decimal(b), &d);
    if (n->op == IR_DIV && !same_currency(a, b))
        return currencies_differ(f, n, a, b);
    if (status != DECIMAL_OK)
        return status_fail(f, n, status);
    set_result(out, a, b, d);
    if (n->op == IR_DIV && b->tag == VALUE_MONEY)
        *out = value_number(d);
    return GOT_VALUE;
}

static enum got eval_divide_round(struct frame *f, const struct ir *n,
                                  const struct value *a,
                                  const struct value *b, struct value *out)
{
    struct value digits;
    struct decimal d;
    int64_t scale;
    enum got got = ir_get(f, n->c, &digits);
    if (got != GOT_VALUE)
        return got;
    if (!same_currency(a, b))
        return currencies_differ(f, n, a, b);
    if (!decimal_to_int64(value_as_decimal(&digits), &scale) || scale < -34 ||
        scale > DECIMAL_SCALE_MAX)
        return ir_fail(f, n, "cannot round to %s decimals",
                       shown(f, &digits));
    enum decimal_status status =
        decimal_div(value_as_decimal(a), value_as_decimal(b), (int)scale,
                    (enum rounding)n->index, &d);
    if (status != DECIMAL_OK)
        return status_fail(f, n, status);
    set_result(out, a, b, d);
    if (b->tag == VALUE_MONEY)
        *out = value_number(d);
    return GOT_VALUE;
}

static enum got eval_negate(struct frame *f, const struct ir *n,
                            struct value *out)
{
    enum got got = ir_eval(f, n->a, out);
    if (got == GOT_VALUE && is_decimal(out))
        out->coef = -out->coef;
    return got;
}

enum got eval_arithmetic(struct frame *f, const struct ir *n,
                         struct value *out)
{
    struct value left, right;
    enum got got;
    if (n->op == IR_NEGATE)
        return eval_negate(f, n, out);
    const struct value *a = ir_take(f, n->a, &left, &got);
    const struct value *b = a ? ir_take(f, n->b, &right, &got) : NULL;
    if (!b)
        return got;
    if (a->tag == VALUE_MISSING || b->tag == VALUE_MISSING) {
        memset(out, 0, sizeof *out);
        return GOT_VALUE;
    }
    if (n->op == IR_ADD || n->op == IR_SUB)
        return eval_plus(f, n, a, b, out);
    if (!is_decimal(a) || !is_decimal(b))
        return ir_fail(f, n, "only amounts and numbers are calculated with");
    if (n->op == IR_DIV_ROUND)
        return eval_divide_round(f, n, a, b, out);
    return eval_times(f, n, a, b, out);
}

/* ------------------------------------------------------------- comparing */
static bool in_list(const struct value *v, const struct value *list)
{
    if (list->tag != VALUE_LIST)
        return false;
    for (size_t i = 0; i < list->list->count; i++)
        if (value_equal(v, &list->list->items[i]))
            return true;
    return false;
}

static enum got compare_order(struct frame *f, const struct ir *n,
                              const struct value *a, const struct value *b,
                              int *order)
{
    if (!same_currency(a, b))
        return currencies_differ(f, n, a, b);
    *order = value_compare(a, b);
    return GOT_VALUE;
}

static enum got eval_between(struct frame *f, const struct ir *n,
                             const struct value *a, const struct value *low,
                             bool *truth)
{
    struct value high;
    int above = 0, below = 0;
    enum got got = ir_eval(f, n->c, &high);
    if (got == GOT_VALUE)
        got = compare_order(f, n, a, low, &above);
    if (got == GOT_VALUE)
        got = compare_order(f, n, a, &high, &below);
    *truth = above >= 0 && below <= 0 && high.tag != VALUE_MISSING;
    return got;
}

static enum got eval_text_test(struct frame *f, const struct ir *n,
                               const struct value *a, const struct value *b,
                               bool *truth)
{
    struct text text = value_as_text(a), part = value_as_text(b);
    size_t at;
    int matches;
    switch ((int)n->compare) {
    case OP_CONTAINS:
        *truth = a->tag == VALUE_LIST ? in_list(b, a)
                                      : text_find(text, part, &at);
        return GOT_VALUE;
    case OP_STARTS_WITH:
        *truth = text_starts(text, part);
        return GOT_VALUE;
    case OP_ENDS_WITH:
        *truth = text_ends(text, part);
        return GOT_VALUE;
    default:
        matches = n->regex ? regex_matches(n->regex, text)
                           : eval_matches(f, text, part);
        *truth = matches > 0;
        return matches < 0 ? ir_fail(f, n, "the pattern cannot be used")
                           : GOT_VALUE;
    }
}

static enum got compare_values(struct frame *f, const struct ir *n,
                               const struct value *a, const struct value *b,
                               bool *truth)
{
    int order = 0;
    enum got got;
    switch ((enum compare_op)n->compare) {
    case OP_IS:
        *truth = value_equal(a, b);
        return GOT_VALUE;
    case OP_IS_NOT:
        *truth = !value_equal(a, b);
        return GOT_VALUE;
    case OP_IS_ONE_OF:
        *truth = in_list(a, b);
        return GOT_VALUE;
    case OP_IS_NOT_ONE_OF:
        *truth = !in_list(a, b);
        return GOT_VALUE;
    case OP_LESS:
    case OP_LESS_EQUAL:
    case OP_GREATER:
    case OP_GREATER_EQUAL:
        if (a->tag == VALUE_MISSING || b->tag == VALUE_MISSING) {
            *truth = false;
            return GOT_VALUE;
        }
        got = compare_order(f, n, a, b, &order);
        *truth = n->compare == OP_LESS         ? order < 0
                 : n->compare == OP_LESS_EQUAL ? order <= 0
                 : n->compare == OP_GREATER    ? order > 0
                                               : order >= 0;
        return got;
    case OP_BETWEEN:
        if (a->tag == VALUE_MISSING || b->tag == VALUE_MISSING) {
            *truth = false;
            return GOT_VALUE;
        }
        return eval_between(f, n, a, b, truth);
    case OP_CONTAINS:
    case OP_STARTS_WITH:
    case OP_ENDS_WITH:
    case OP_MATCHES:
        return eval_text_test(f, n, a, b, truth);
    case OP_IS_MISSING:
    case OP_IS_PRESENT:
        break;
    }
    *truth = false;
    return GOT_VALUE;
}

enum got eval_compare(struct frame *f, const struct ir *n, bool *truth)
{
    struct value left, right;
    enum got got;
    const struct value *a = ir_take(f, n->a, &left, &got);
    *truth = false;
    if (!a)
        return got;
    if (n->compare == OP_IS_MISSING || n->compare == OP_IS_PRESENT) {
        *truth = (a->tag != VALUE_MISSING) == (n->compare == OP_IS_PRESENT);
        return GOT_VALUE;
    }
    const struct value *b = ir_take(f, n->b, &right, &got);
    return b ? compare_values(f, n, a, b, truth) : got;
}

/* ------------------------------------------------------------- tables */
static const struct ir_row *find_row(const struct ir_table *t,
                                     struct text key)
{
    size_t mask = t->slot_count - 1;
    uint64_t hash = text_hash(key, (uint64_t)(uintptr_t)t->table);
    for (size_t at = hash & mask; t->slots[at]; at = (at + 1) & mask) {
        const struct ir_row *row = &t->rows[t->slots[at] - 1];
        if (row->hash == hash && text_equal(row->key, key))
            return row;
    }
    return NULL;
}

static struct text table_key(struct frame *f, const struct value *keys,
                             size_t count)
{
    struct buf b;
    if (count == 1 && keys[0].tag == VALUE_TEXT)
        return value_as_text(&keys[0]);
    buf_init(&b, 0);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(&b, '\x1f');
        value_canonical(&keys[i], &b);
    }
    struct text key = buf_dup(f->arena, &b);
    buf_fini(&b);
    return key;
}

static void note_lookup(struct frame *f, struct text name, struct text table,
                        struct text key, bool found)
{
    struct lookup *l = arena_alloc(f->arena, sizeof *l);
    l->name = name;
    l->table = table;
    l->key = key;
    l->found = found;
    l->next = NULL;
    *f->next_lookup = l;
    f->next_lookup = &l->next;
}

static enum got table_otherwise(struct frame *f, const struct ir_table *t,
                                const struct value *keys, struct text key,
                                struct value *out)
{
    note_lookup(f, TEXT_NONE, t->table->name, key, false);
    memset(out, 0, sizeof *out);
    eval_reach(f->c, t->otherwise_reach);
    if (!t->outcome) {
        if (t->otherwise) {
            out->tag = VALUE_RECORD;
            out->record = t->otherwise;
        }
        return GOT_VALUE;
    }
    for (size_t i = 0; i < t->table->key_count; i++)
        f->slots[t->key_slot + i] = keys[i];
    f->fired = t->outcome;
    f->fired_message = eval_message(f, t->outcome->message);
    f->fired_table = t->table->name;
    f->fired_key = key;
    return GOT_OUTCOME;
}

#define TABLE_KEYS_MAX 16

enum got eval_table(struct frame *f, const struct ir *n, struct value *out)
{
    const struct ir_table *t = n->table;
    struct value keys[TABLE_KEYS_MAX];
    bool missing = false;
    for (uint32_t i = 0; i < n->count && i < TABLE_KEYS_MAX; i++) {
        enum got got = ir_get(f, n->list[i], &keys[i]);
        if (got != GOT_VALUE)
            return got;
        missing |= keys[i].tag == VALUE_MISSING;
    }
    memset(out, 0, sizeof *out);
    if (missing && !t->outcome)
        return GOT_VALUE;
    struct text key = table_key(f, keys, n->count);
    const struct ir_row *row = missing ? NULL : find_row(t, key);
    if (!row)
        return table_otherwise(f, t, keys, key, out);
    eval_reach(f->c, row->reach);
    note_lookup(f, TEXT_NONE, t->table->name, row->key, true);
    out->tag = VALUE_RECORD;
    out->record = row->record;
    return GOT_VALUE;
}

/* ------------------------------------------------------------- loops */
/* Calls `take` for each item that passes; stops at its false. */
struct walk {
    struct frame *f;
    const struct ir *n;
    bool (*take)(struct walk *w, const struct value *item);
    enum got got;
    /* of the takers */
    struct value acc;
    size_t count;
    bool decided;
    struct value *items;
    size_t cap;
};

static void walk_list(struct walk *w, const struct value *list)
{
    if (list->tag != VALUE_LIST)
        return;
    for (size_t i = 0; i < list->list->count && w->got == GOT_VALUE; i++) {
        struct value item = list->list->items[i];
        if (item.tag == TAG_POISON) {
            w->got = GOT_NOTHING;
            return;
        }
        if (!w->take(w, &item))
            return;
    }
}

static void walk_loop(struct walk *w, const struct ir *loop)
{
    struct frame *f = w->f;
    struct value list, item;
    bool pass;
    w->got = ir_eval(f, loop->a, &list);
    if (w->got != GOT_VALUE || list.tag != VALUE_LIST)
        return;
    for (size_t i = 0; i < list.list->count; i++) {
        f->slots[loop->slot] = list.list->items[i];
        if (loop->c) {
            w->got = ir_truth(f, loop->c, &pass);
            if (w->got != GOT_VALUE)
                return;
            if (!pass)
                continue;
        }
        const struct value *taken = ir_take(f, loop->b, &item, &w->got);
        if (!taken || !w->take(w, taken))
            return;
    }
}

static void walk(struct walk *w, const struct ir *from)
{
    struct value list;
    w->got = GOT_VALUE;
    if (from->op == IR_LOOP) {
        walk_loop(w, from);
        return;
    }
    w->got = ir_eval(w->f, from, &list);
    if (w->got == GOT_VALUE)
        walk_list(w, &list);
}

static bool take_item(struct walk *w, const struct value *item)
{
    if (w->count == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 16;
        struct value *more = arena_alloc(w->f->arena, cap * sizeof *more);
        if (w->count)
            memcpy(more, w->items, w->count * sizeof *more);
        w->items = more;
        w->cap = cap;
    }
    w->items[w->count++] = *item;
    return true;
}

enum got eval_loop(struct frame *f, const struct ir *n, struct value *out)
{
    struct walk w = { .f = f, .n = n, .take = take_item };
    walk(&w, n);
    if (w.got != GOT_VALUE)
        return w.got;
    struct value_list *list = arena_alloc(f->arena, sizeof *list);
    list->items = w.items;
    list->count = w.count;
    memset(out, 0, sizeof *out);
    out->tag = VALUE_LIST;
    out->list = list;
    return GOT_VALUE;
}

/* ------------------------------------------------------------- folds */
static bool take_sum(struct walk *w, const struct value *item)
{
    struct decimal d;
    if (item->tag == VALUE_MISSING)
        return true;
    if (!is_decimal(item)) {
        w->got = ir_fail(w->f, w->n, "only amounts and numbers are summed");
        return false;
    }
    if (!w->count++) {
        w->acc = *item;
        return true;
    }
    if (!same_currency(&w->acc, item)) {
        w->got = currencies_differ(w->f, w->n, &w->acc, item);
        return false;
    }
    enum decimal_status status =
        decimal_add(value_as_decimal(&w->acc), value_as_decimal(item), &d);
    if (status != DECIMAL_OK) {
        w->got = status_fail(w->f, w->n, status);
        return false;
    }
    struct value before = w->acc;
    set_result(&w->acc, &before, item, d);
    return true;
}

static bool take_count(struct walk *w, const struct value *item)
{
    (void)item;
    w->count++;
    return true;
}

static bool take_extreme(struct walk *w, const struct value *item)
{
    bool most = w->n->index == AGG_MAX;
    if (item->tag == VALUE_MISSING)
        return true;
    if (!w->count++) {
        w->acc = *item;
        return true;
    }
    if (!same_currency(&w->acc, item)) {
        w->got = currencies_differ(w->f, w->n, &w->acc, item);
        return false;
    }
    int order = value_compare(item, &w->acc);
    if (most ? order > 0 : order < 0)
        w->acc = *item;
    return true;
}

/* any stops at the first yes, all at the first no. */
static bool take_truth(struct walk *w, const struct value *item)
{
    bool yes = item->tag == VALUE_YESNO && item->whole;
    if (yes != (w->n->index == AGG_ANY))
        return true;
    w->decided = true;
    return false;
}

static bool take_first(struct walk *w, const struct value *item)
{
    w->acc = *item;
    w->count++;
    return w->n->index != AGG_FIRST;
}

static void zero_of(const struct ir *n, struct value *out)
{
    const struct type *type = n->node ? n->node->type : NULL;
    *out = value_number(decimal_int(0));
    if (type && type->kind == TYPE_MONEY) {
        out->tag = VALUE_MONEY;
        if (type->currency[0])
            out->currency = currency_pack(type->currency);
    }
}

static bool (*taker(enum aggregate kind))(struct walk *, const struct value *)
{
    switch (kind) {
    case AGG_SUM:
    case AGG_AVERAGE:
        return take_sum;
    case AGG_MIN:
    case AGG_MAX:
        return take_extreme;
    case AGG_ANY:
    case AGG_ALL:
        return take_truth;
    case AGG_FIRST:
    case AGG_LAST:
    case AGG_ONLY:
        return take_first;
    case AGG_COUNT:
    case AGG_NONE:
        break;
    }
    return take_count;
}

static enum got fold_result(struct walk *w, struct value *out)
{
    struct decimal d;
    enum decimal_status status;
    switch ((enum aggregate)w->n->index) {
    case AGG_COUNT:
        *out = value_number(decimal_int((int64_t)w->count));
        return GOT_VALUE;
    case AGG_SUM:
        *out = w->acc;
        if (!w->count)
            zero_of(w->n, out);
        return GOT_VALUE;
    case AGG_AVERAGE:
        *out = w->acc;
        if (!w->count)
            return GOT_VALUE;
        status = decimal_div_exact(value_as_decimal(&w->acc),
                                   decimal_int((int64_t)w->count), &d);
        if (status != DECIMAL_OK)
            return status_fail(w->f, w->n, status);
        out->coef = d.coef;
        out->scale = (uint8_t)d.scale;
        return GOT_VALUE;
    case AGG_ANY:
    case AGG_ALL:
        *out = value_yesno(w->decided == (w->n->index == AGG_ANY));
        return GOT_VALUE;
    case AGG_ONLY:
        if (w->count > 1)
            return ir_fail(w->f, w->n, "there are %zu, not only one",
                           w->count);
        break;
    case AGG_MIN:
    case AGG_MAX:
    case AGG_FIRST:
    case AGG_LAST:
    case AGG_NONE:
        break;
    }
    *out = w->acc; /* missing when there was none */
    return GOT_VALUE;
}

enum got eval_aggregate(struct frame *f, const struct ir *n,
                        struct value *out)
{
    struct walk w = { .f = f, .n = n };
    w.take = taker((enum aggregate)n->index);
    walk(&w, n->a);
    if (w.got != GOT_VALUE)
        return w.got;
    return fold_result(&w, out);
}
