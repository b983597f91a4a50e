/* Arithmetic: static scale and currency, and division, which is exact or
 * stands directly inside a rounding. */
#include "config.h"

#include "lang/check.h"

static bool is_amount(const struct type *t)
{
    return type_is_numeric(t) || t->kind == TYPE_MONEY;
}

static bool is_zero(const struct node *n)
{
    return n->kind == NODE_NUMBER_LIT && decimal_is_zero(n->lit.number);
}

static int sum_scale(int a, int b)
{
    return a < 0 || b < 0 ? SCALE_UNKNOWN : a > b ? a : b;
}

static int product_scale(int a, int b)
{
    return a < 0 || b < 0 || a + b > DECIMAL_SCALE_MAX ? SCALE_UNKNOWN : a + b;
}

/* -------------------------------------------------------- `+` put to texts */
static bool plus_has_text(const struct node *n)
{
    if (n->kind == NODE_ADD_OP)
        return plus_has_text(KID(n, ADD_OP, left)) ||
               plus_has_text(KID(n, ADD_OP, right));
    return n->type && type_is_texty(n->type);
}

static bool as_holes(struct checker *c, const struct node *n, struct buf *out)
{
    if (n->kind == NODE_ADD_OP)
        return as_holes(c, KID(n, ADD_OP, left), out) &&
               as_holes(c, KID(n, ADD_OP, right), out);
    struct text t = span_text(&c->p->sources, n->span);
    size_t at;
    if (n->kind == NODE_TEXT_LIT) {
        buf_text(out, text_slice(t, 1, t.len - 2));
        return t.len >= 2;
    }
    if (text_find(t, TEXT("\""), &at) || text_find(t, TEXT("\n"), &at))
        return false;
    buf_printf(out, "{%.*s}", TEXT_ARG(t));
    return !n->type->optional;
}

static const struct type *joined_texts(struct checker *c, struct node *n)
{
    struct buf b;
    buf_init(&b, 65536);
    buf_byte(&b, '"');
    bool fits = as_holes(c, n, &b);
    buf_byte(&b, '"');
    struct diag *m = say(c, "E0315", n->span,
                         "`+` adds numbers; texts are put together with holes");
    if (fits)
        fix_replace(c, m, FIX_SURE, n->span, buf_cstr(&b));
    else
        diag_note(c->d, m,
                  "like this: \"{first} {last}\"; name a part with `let` when "
                  "it has quotes or may be missing");
    buf_fini(&b);
    return fail_type(n);
}

/* ------------------------------------------------------------------ + and - */
static const struct type *dates(struct checker *c, struct node *n,
                                struct node *a, struct node *b)
{
    bool minus = n->kind == NODE_SUB_OP;
    struct diag *m;
    if (a->type->kind == TYPE_DATE && b->type->kind == TYPE_DATE && minus) {
        m = say(c, "E0311", n->span, "the days between two dates are counted "
                                     "with a function");
        fix_replace(c, m, FIX_SURE, n->span,
                    arena_printf(c->arena, "days_between(%s, %s)",
                                 shown(c, b->span), shown(c, a->span)));
        return fail_type(n);
    }
    if (a->type->kind != TYPE_DATE)
        return NULL;
    m = say(c, "E0311", n->span, "days are added to a date with a function");
    int64_t days;
    bool months = b->kind == NODE_DURATION_LIT &&
                  (text_starts(b->lit.word, TEXT("month")) ||
                   text_starts(b->lit.word, TEXT("year")));
    if (b->kind == NODE_DURATION_LIT && !months &&
        decimal_to_int64(b->lit.number, &days))
        fix_replace(c, m, FIX_SURE, n->span,
                    arena_printf(c->arena, "add_days(%s, %s%lld)",
                                 shown(c, a->span), minus ? "-" : "",
                                 (long long)days *
                                     (text_starts(b->lit.word, TEXT("week"))
                                          ? 7 : 1)));
    else if (months && decimal_to_int64(b->lit.number, &days)) {
        diag_note(c->d, m, "months have different lengths: `down` makes the "
                  "end of February of 31 January");
        fix_replace(c, m, FIX_CHOICE, n->span,
                    arena_printf(c->arena, "%s(%s, %s%lld, down)",
                                 text_starts(b->lit.word, TEXT("year"))
                                     ? "add_years" : "add_months",
                                 shown(c, a->span), minus ? "-" : "",
                                 (long long)days));
    }
    else if (type_is_numeric(b->type))
        fix_replace(c, m, FIX_SURE, n->span,
                    arena_printf(c->arena, "add_days(%s, %s%s)",
                                 shown(c, a->span), minus ? "-" : "",
                                 shown(c, b->span)));
    return fail_type(n);
}

static const struct type *money_sum(struct checker *c, struct node *n,
                                    struct node *a, struct node *b)
{
    const struct type *x = a->type, *y = b->type;
    if (is_zero(a) || is_zero(b))
        return is_zero(a) ? y : x;
    if (x->kind != y->kind) {
        struct node *money = x->kind == TYPE_MONEY ? a : b;
        struct node *number = money == a ? b : a;
        struct diag *m = say(c, "E0350", n->span,
                             "an amount of money and a plain number do not "
                             "add up");
        diag_label(c->d, m, number->span, "%s has no currency",
                   shown(c, number->span));
        if (number->kind == NODE_NUMBER_LIT)
            fix_wrap(c, m, money->type->currency[0] ? FIX_SURE : FIX_CHOICE,
                     number->span, "",
                     arena_printf(c->arena, " %s",
                                  money->type->currency[0]
                                      ? money->type->currency : "EUR"));
        else
            fix_wrap(c, m, FIX_CHOICE, money->span, "number(", ")");
        return fail_type(n);
    }
    bool both = x->currency[0] && y->currency[0];
    if (both && !text_equal(text_of(x->currency), text_of(y->currency))) {
        struct diag *m = say(c, "E0351", n->span,
                             "amounts in %s and in %s do not add up",
                             x->currency, y->currency);
        diag_note(c->d, m, "convert one of them: convert(%s, \"%s\", rate)",
                  shown(c, b->span), x->currency);
        return fail_type(n);
    }
    return type_money_of(c->arena, sum_scale(x->scale, y->scale),
                         x->currency[0] ? x->currency : y->currency);
}

static const struct type *wrong_operand(struct checker *c, struct node *n,
                                        struct node *bad)
{
    struct diag *m = say(c, "E0311", bad->span,
                         "`%s` calculates with numbers and amounts; this is %s",
                         node_word(n->kind), type_words(c->arena, bad->type));
    if (bad->kind == NODE_TEXT_LIT) {
        struct decimal d;
        if (decimal_parse(text_trim(bad->text), &d) == DECIMAL_OK)
            fix_replace(c, m, FIX_SURE, bad->span,
                        text_cstr(c->arena, text_trim(bad->text)));
    } else if (bad->type->kind == TYPE_TEXT) {
        fix_wrap(c, m, FIX_CHOICE, bad->span, "number(", ")");
    }
    return fail_type(n);
}

static const struct type *sum_type(struct checker *c, struct node *n)
{
    struct node *a = n->kid[0], *b = n->kid[1];
    const char *what = arena_printf(c->arena, "`%s` needs a value",
                                    node_word(n->kind));
    if (a->type->kind == TYPE_UNKNOWN || b->type->kind == TYPE_UNKNOWN)
        return fail_type(n);
    bool fine = check_present(c, a, what);
    if (!check_present(c, b, what) || !fine)
        return fail_type(n);
    const struct type *t = dates(c, n, a, b);
    if (t)
        return t;
    if (!is_amount(a->type) || !is_amount(b->type))
        return wrong_operand(c, n, is_amount(a->type) ? b : a);
    if (a->type->kind == TYPE_MONEY || b->type->kind == TYPE_MONEY)
        return money_sum(c, n, a, b);
    int scale = sum_scale(a->type->scale, b->type->scale);
    if (a->type->kind == TYPE_INTEGER && b->type->kind == TYPE_INTEGER)
        return &type_integer;
    if (a->type->kind == TYPE_PERCENT && b->type->kind == TYPE_PERCENT) {
        struct type *p = type_copy(c->arena, &type_percent);
        p->scale = scale;
        return p;
    }
    return type_number_of(c->arena, scale);
}

/* Operands of a chain of `+` first, so that `a + b + c` on texts is one
 * mistake; then the sums from the inside out. */
static void plus_leaves(struct checker *c, struct node *n)
{
    if (n->kind != NODE_ADD_OP) {
        check_expr(c, n);
        return;
    }
    plus_leaves(c, KID(n, ADD_OP, left));
    plus_leaves(c, KID(n, ADD_OP, right));
}

static void plus_sums(struct checker *c, struct node *n)
{
    if (n->kind != NODE_ADD_OP)
        return;
    plus_sums(c, KID(n, ADD_OP, left));
    plus_sums(c, KID(n, ADD_OP, right));
    n->type = sum_type(c, n);
}

static const struct type *check_plus(struct checker *c, struct node *n)
{
    plus_leaves(c, n);
    if (plus_has_text(n))
        return joined_texts(c, n);
    plus_sums(c, n);
    return n->type;
}

/* ------------------------------------------------------------------ * and / */
static const struct type *check_product(struct checker *c, struct node *n)
{
    struct node *a = n->kid[0], *b = n->kid[1];
    check_expr(c, a);
    check_expr(c, b);
    if (a->type->kind == TYPE_UNKNOWN || b->type->kind == TYPE_UNKNOWN)
        return fail_type(n);
    bool fine = check_present(c, a, "`*` needs a value");
    if (!check_present(c, b, "`*` needs a value") || !fine)
        return fail_type(n);
    if (!is_amount(a->type) || !is_amount(b->type))
        return wrong_operand(c, n, is_amount(a->type) ? b : a);
    int scale = product_scale(a->type->scale, b->type->scale);
    bool money_a = a->type->kind == TYPE_MONEY;
    bool money_b = b->type->kind == TYPE_MONEY;
    if (money_a && money_b) {
        struct diag *m = say(c, "E0350", n->span,
                             "an amount of money times an amount of money "
                             "means nothing");
        fix_wrap(c, m, FIX_CHOICE, b->span, "number(", ")");
        return fail_type(n);
    }
    if (money_a || money_b)
        return type_money_of(c->arena, scale,
                             (money_a ? a : b)->type->currency);
    if (a->type->kind == TYPE_INTEGER && b->type->kind == TYPE_INTEGER)
        return &type_integer;
    return type_number_of(c->arena, scale);
}

/* Decimals that 1/d needs, or -1 when it never ends. */
static int finite_decimals(struct decimal d)
{
    d = decimal_trim(d);
    int128 coef = d.coef < 0 ? -d.coef : d.coef;
    int twos = 0, fives = 0;
    if (coef == 0)
        return -1;
    while (coef % 2 == 0)
        coef /= 2, twos++;
    while (coef % 5 == 0)
        coef /= 5, fives++;
    if (coef != 1)
        return -1;
    int more = (twos > fives ? twos : fives) - d.scale;
    return more > 0 ? more : 0;
}

static bool divisor_is_finite(const struct node *n, int *more)
{
    if (n->kind != NODE_NUMBER_LIT && n->kind != NODE_PERCENT_LIT)
        return false;
    *more = finite_decimals(n->lit.number);
    return *more >= 0;
}

static void say_division(struct checker *c, struct node *n)
{
    struct diag *m = say(c, "E0354", n->span,
                         "this division may never end, so it needs a rounding");
    fix_wrap(c, m, FIX_CHOICE, n->span, "round(", ", 2)");
}

static const struct type *quotient(struct checker *c, struct node *n, int more)
{
    const struct type *x = n->kid[0]->type, *y = n->kid[1]->type;
    int scale = more < 0 ? SCALE_UNKNOWN : product_scale(x->scale, more);
    if (x->kind == TYPE_MONEY && y->kind == TYPE_MONEY)
        return type_number_of(c->arena, SCALE_UNKNOWN);
    if (x->kind == TYPE_MONEY)
        return type_money_of(c->arena, scale, x->currency);
    return type_number_of(c->arena, scale);
}

static const struct type *check_quotient(struct checker *c, struct node *n)
{
    struct node *a = n->kid[0], *b = n->kid[1];
    bool rounded = c->in_rounding;
    int more = -1;
    c->in_rounding = false;
    check_expr(c, a);
    check_expr(c, b);
    if (a->type->kind == TYPE_UNKNOWN || b->type->kind == TYPE_UNKNOWN)
        return fail_type(n);
    bool fine = check_present(c, a, "`/` needs a value");
    if (!check_present(c, b, "`/` needs a value") || !fine)
        return fail_type(n);
    if (!is_amount(a->type) || !is_amount(b->type))
        return wrong_operand(c, n, is_amount(a->type) ? b : a);
    if (b->type->kind == TYPE_MONEY && a->type->kind != TYPE_MONEY) {
        struct diag *m = say(c, "E0350", n->span,
                             "a plain number cannot be divided by an amount "
                             "of money");
        fix_wrap(c, m, FIX_CHOICE, b->span, "number(", ")");
        return fail_type(n);
    }
    if (is_zero(b)) {
        say(c, "E0357", b->span, "nothing can be divided by 0");
        return fail_type(n);
    }
    bool finite = divisor_is_finite(b, &more);
    if (!finite && !rounded) {
        say_division(c, n);
        return fail_type(n);
    }
    return quotient(c, n, finite ? more : -1);
}

/* a / b * c: dividing last keeps every cent. */
static bool says_divide_last(struct checker *c, struct node *n)
{
    struct node *a = n->kid[0], *b = n->kid[1];
    int more;
    if (a->kind != NODE_DIV_OP || divisor_is_finite(a->kid[1], &more))
        return false;
    for (int i = 0; i < 2; i++)
        if (check_expr(c, i ? b : a->kid[0])->kind == TYPE_UNKNOWN)
            return false;
    struct diag *m = say(c, "E0354", n->span,
                         "this division may never end; multiply first, divide "
                         "and round last");
    fix_replace(c, m, FIX_CHOICE, n->span,
                arena_printf(c->arena, "round(%s * %s / %s, 2)",
                             shown(c, a->kid[0]->span), shown(c, b->span),
                             shown(c, a->kid[1]->span)));
    return true;
}

static const struct type *check_negate(struct checker *c, struct node *n)
{
    struct node *value = KID(n, NEGATE, value);
    const struct type *t = check_expr(c, value);
    if (t->kind == TYPE_UNKNOWN || !check_present(c, value, "`-` needs a value"))
        return fail_type(n);
    if (!is_amount(t))
        return wrong_operand(c, n, value);
    return t;
}

const struct type *check_arithmetic(struct checker *c, struct node *n)
{
    bool rounded = c->in_rounding;
    if (n->kind == NODE_DIV_OP)
        return check_quotient(c, n);
    c->in_rounding = false;
    const struct type *t;
    switch ((int)n->kind) {
    case NODE_ADD_OP: t = check_plus(c, n); break;
    case NODE_MUL_OP:
        t = says_divide_last(c, n) ? fail_type(n) : check_product(c, n);
        break;
    case NODE_NEGATE: t = check_negate(c, n); break;
    default:
        check_expr(c, n->kid[0]);
        check_expr(c, n->kid[1]);
        t = sum_type(c, n);
    }
    c->in_rounding = rounded;
    return t;
}
