/* Distributing an amount without losing a cent. Everything is counted in the
 * smallest unit, as whole numbers of 256 bits, so no share is ever rounded:
 * each gets the whole units of its part, and what is left over goes, a unit
 * each, to the largest remainders. */
#include "config.h"

#include "base/iso.h"
#include "base/wide.h"
#include "runtime/fn_internal.h"
#include <stdlib.h>

struct share {
    struct wide rest;
    uint128 units;
    size_t number;
};

static int by_rest(const void *left, const void *right)
{
    const struct share *a = left;
    const struct share *b = right;
    int order = wide_compare(&b->rest, &a->rest);
    if (order != 0)
        return order;
    return (a->number > b->number) - (a->number < b->number);
}

static int by_number(const void *left, const void *right)
{
    const struct share *a = left;
    const struct share *b = right;
    return (a->number > b->number) - (a->number < b->number);
}

/* Decimals of the unit that is dealt out. */
static int unit_of(const struct fn_state *s, const struct value *a, size_t n,
                   int *scale)
{
    int64_t asked;
    *scale = a->scale;
    if (n > 2) {
        if (fn_whole(s, &a[2], "the number of decimals", 0, DECIMAL_SCALE_MAX,
                     &asked) != 0)
            return -1;
        *scale = (int)asked;
    } else if (a->tag == VALUE_MONEY && a->currency) {
        char code[4];
        currency_unpack(a->currency, code);
        int least = iso_currency_decimals(text_of(code));
        *scale = least > *scale ? least : *scale;
    }
    return 0;
}

static int weigh(const struct fn_state *s, const struct value_list *weights,
                 struct decimal *out, int128 *total)
{
    int scale = 0;
    for (size_t i = 0; i < weights->count; i++) {
        const struct value *w = &weights->items[i];
        if (w->tag != VALUE_NUMBER || w->coef < 0)
            return fn_fail(s, "weight %zu is %s; weights are numbers from zero",
                           i + 1, fn_show(s, w));
        out[i] = decimal_trim(value_as_decimal(w));
        scale = out[i].scale > scale ? out[i].scale : scale;
    }
    *total = 0;
    for (size_t i = 0; i < weights->count; i++) {
        enum decimal_status status = decimal_rescale(out[i], scale, &out[i]);
        if (status == DECIMAL_OK)
            status = decimal_add((struct decimal){ *total, 0 },
                                 (struct decimal){ out[i].coef, 0 }, &out[i]);
        if (status != DECIMAL_OK)
            return fn_fail(s, "the weights have too many digits");
        int128 sum = out[i].coef;
        out[i].coef = sum - *total;
        *total = sum;
    }
    if (*total == 0)
        return fn_fail(s, "no weight is above zero");
    return 0;
}

static void deal(struct share *shares, const struct decimal *weights,
                 size_t count, uint128 units, int128 total)
{
    struct wide whole = wide_of((uint128)total);
    uint128 left = units;
    for (size_t i = 0; i < count; i++) {
        struct wide part = wide_mul(units, (uint128)weights[i].coef);
        struct wide quotient;
        wide_divide(&part, &whole, &quotient, &shares[i].rest);
        shares[i].units = wide_low(&quotient);
        shares[i].number = i;
        left -= shares[i].units;
    }
    qsort(shares, count, sizeof *shares, by_rest);
    for (size_t i = 0; left > 0; i++, left--)
        shares[i].units++;
    qsort(shares, count, sizeof *shares, by_number);
}

FN(allocate)
{
    const struct value_list *weights = a[1].list;
    struct decimal total = value_as_decimal(a);
    int128 sum = 0;
    int scale;
    if (unit_of(s, a, n, &scale) != 0)
        return -1;
    enum decimal_status status = decimal_rescale(total, scale, &total);
    if (status != DECIMAL_OK)
        return fn_fail(s, "%s cannot be dealt out with %d decimals",
                       fn_show(s, a), scale);
    if (weights->count == 0)
        return fn_fail(s, "there is nobody to distribute %s to", fn_show(s, a));
    struct decimal *parts =
        ARENA_ARRAY(s->env->arena, struct decimal, weights->count);
    if (weigh(s, weights, parts, &sum) != 0)
        return -1;
    struct share *shares =
        ARENA_ARRAY(s->env->arena, struct share, weights->count);
    bool negative = total.coef < 0;
    uint128 units = (uint128)(negative ? -total.coef : total.coef);
    deal(shares, parts, weights->count, units, sum);
    *out = fn_list(s, weights->count);
    for (size_t i = 0; i < weights->count; i++) {
        struct decimal d = { (int128)shares[i].units, scale };
        out->list->items[i] =
            fn_number_value(a, negative ? decimal_negate(d) : d);
    }
    return 0;
}
