/* A walk over the parser's tree; no types, no names. */
#include "config.h"

#include "tests/lib/expression.h"
#include <stdio.h>
#include <string.h>

#define ARGS_MAX 16

/* 2025-03-31T10:00:00Z */
#define NOW INT64_C(1743415200000000)

void trial_init(struct trial *t)
{
    *t = (struct trial){ .broken = NULL };
    arena_init(&t->arena);
    t->env = (struct fn_env){ &t->arena, NOW, TEXT("Europe/Amsterdam") };
}

void trial_fini(struct trial *t)
{
    arena_fini(&t->arena);
}

static int walk(struct trial *t, const struct node *n, struct value *out);

static int broken(struct trial *t, const char *what)
{
    t->broken = what;
    return -1;
}

static int walk_all(struct trial *t, const struct node *first,
                    struct value *values, size_t *count)
{
    *count = 0;
    for (const struct node *n = first; n; n = n->next) {
        if (*count == ARGS_MAX)
            return broken(t, "too many values");
        if (walk(t, n, &values[(*count)++]) != 0)
            return -1;
    }
    return 0;
}

static bool is_quotient(const struct builtin *b, const struct node *arg)
{
    return (b->flags & BUILTIN_DIVISION) && arg && arg->kind == NODE_DIV_OP;
}

static int round_quotient(struct trial *t, const struct builtin *b,
                          const struct node *arg, struct value *out)
{
    struct value num, den, decimals;
    if (walk(t, KID(arg, DIV_OP, left), &num) != 0 ||
        walk(t, KID(arg, DIV_OP, right), &den) != 0 ||
        (arg->next && walk(t, arg->next, &decimals) != 0))
        return -1;
    return fn_round_quotient(b, &t->env, &num, &den,
                             arg->next ? &decimals : NULL, out, &t->why);
}

static int call(struct trial *t, const struct node *n, struct value *out)
{
    struct value args[ARGS_MAX];
    size_t count;
    const struct builtin *b = builtin_find(n->text);
    if (!b)
        return broken(t, "no such function");
    const struct node *first = KID(n, CALL, args);
    if (is_quotient(b, first))
        return round_quotient(t, b, first, out);
    if (walk_all(t, first, args, &count) != 0)
        return -1;
    if (count < b->least_args || (count && !builtin_param(b, count - 1)))
        return broken(t, "wrong number of arguments");
    return fn_call(b, &t->env, args, count, out, &t->why);
}

static int compare(struct trial *t, const struct node *n, struct value *out)
{
    struct value left, right;
    enum compare_op op = n->lit.op;
    if (walk(t, KID(n, COMPARE, left), &left) != 0)
        return -1;
    if (op == OP_IS_MISSING || op == OP_IS_PRESENT) {
        *out = value_yesno(value_is_present(&left) == (op == OP_IS_PRESENT));
        return 0;
    }
    if (walk(t, KID(n, COMPARE, right), &right) != 0)
        return -1;
    if (op == OP_IS)
        *out = value_yesno(value_equal(&left, &right));
    else if (op == OP_IS_NOT)
        *out = value_yesno(!value_equal(&left, &right));
    else if (op == OP_GREATER)
        *out = value_yesno(value_compare(&left, &right) > 0);
    else
        return broken(t, "a comparison that tests do not know");
    return 0;
}

static int list(struct trial *t, const struct node *n, struct value *out)
{
    struct value items[ARGS_MAX];
    size_t count;
    if (walk_all(t, KID(n, LIST, items), items, &count) != 0)
        return -1;
    memset(out, 0, sizeof *out);
    out->tag = VALUE_LIST;
    out->list = ARENA_NEW(&t->arena, struct value_list);
    out->list->items = ARENA_ARRAY(&t->arena, struct value, count);
    if (count)
        memcpy(out->list->items, items, count * sizeof *items);
    out->list->count = count;
    return 0;
}

static int negate(struct trial *t, const struct node *n, struct value *out)
{
    if (walk(t, KID(n, NEGATE, value), out) != 0)
        return -1;
    out->coef = -out->coef;
    return 0;
}

static int negation(struct trial *t, const struct node *n, struct value *out)
{
    if (walk(t, KID(n, NOT, value), out) != 0)
        return -1;
    out->whole = !out->whole;
    return 0;
}

static struct text whole_text(const struct node *n)
{
    const struct node *part = KID(n, TEXT_LIT, parts);
    return part && !part->next ? part->text : n->text;
}

#pragma GCC diagnostic ignored "-Wswitch-enum"
static int walk(struct trial *t, const struct node *n, struct value *out)
{
    switch (n->kind) {
    case NODE_NUMBER_LIT:
    case NODE_PERCENT_LIT:
        *out = value_number(n->lit.number);
        return 0;
    case NODE_MONEY_LIT:
        *out = value_money(n->lit.number, currency_pack(n->lit.currency));
        return 0;
    case NODE_TEXT_LIT:
        *out = value_text(whole_text(n));
        return 0;
    case NODE_DATE_LIT:
        *out = value_date(n->lit.days);
        return 0;
    case NODE_YESNO_LIT:
        *out = value_yesno(n->lit.flag);
        return 0;
    case NODE_MISSING_LIT:
        memset(out, 0, sizeof *out);
        return 0;
    case NODE_NAME: /* no names here: stands for a missing value */
        memset(out, 0, sizeof *out);
        return 0;
    case NODE_LIST:
        return list(t, n, out);
    case NODE_CALL:
        return call(t, n, out);
    case NODE_COMPARE:
        return compare(t, n, out);
    case NODE_NOT:
        return negation(t, n, out);
    case NODE_NEGATE:
        return negate(t, n, out);
    default:
        return broken(t, "an expression that tests do not know");
    }
}

int trial_evaluate(struct trial *t, const char *expression, struct value *out)
{
    arena_reset(&t->arena);
    t->broken = NULL;
    t->why.message = TEXT_NONE;
    sources_init(&t->sources, &t->arena);
    diags_init(&t->diags, &t->arena, &t->sources);
    uint32_t number =
        sources_add(&t->sources, "test", text_of(expression), false);
    const struct node *n =
        parse_expression(&t->arena, &t->sources, number, &t->diags);
    if (!n || t->diags.error_count)
        return broken(t, t->diags.first ? t->diags.first->headline
                                        : "it cannot be read");
    return walk(t, n, out);
}

const char *trial_text(struct trial *t, const char *expression)
{
    struct value v;
    if (trial_evaluate(t, expression, &v) != 0)
        return arena_printf(&t->arena, "%s: %s",
                            t->broken ? "broken" : "failure",
                            t->broken ? t->broken
                                      : text_cstr(&t->arena, t->why.message));
    struct buf b;
    buf_init(&b, 0);
    value_print(&v, &b);
    const char *text = arena_strndup(&t->arena, buf_cstr(&b), b.len);
    buf_fini(&b);
    return text;
}
