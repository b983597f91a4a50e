/* Functions on lists. Order is stable everywhere, and values of different
 * kinds or currencies are never compared. */
#include "config.h"

#include "base/map.h"
#include "runtime/fn_internal.h"
#include <stdlib.h>
#include <string.h>

static const char *kind_of(const struct value *v)
{
    static const char *const words[] = {
        "missing", "text",     "number", "amount", "yes or no", "date",
        "time",    "datetime", "period", "list",   "record",
    };
    return v->tag < sizeof words / sizeof *words ? words[v->tag] : "value";
}

/* Can these two be compared? */
static int check_pair(const struct fn_state *s, const struct value *a,
                      const struct value *b)
{
    bool zero = (a->tag == VALUE_NUMBER && a->coef == 0 &&
                 b->tag == VALUE_MONEY) ||
                (b->tag == VALUE_NUMBER && b->coef == 0 &&
                 a->tag == VALUE_MONEY);
    if (zero)
        return 0;
    if (a->tag != b->tag)
        return fn_fail(s, "a %s and a %s cannot be compared (%s, %s)",
                       kind_of(a), kind_of(b), fn_show(s, a), fn_show(s, b));
    if (a->tag == VALUE_MONEY && a->currency != b->currency && a->currency &&
        b->currency)
        return fn_fail(s, "two currencies: %s and %s", fn_show(s, a),
                       fn_show(s, b));
    return 0;
}

static int check_list(const struct fn_state *s, const struct value *v,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!value_is_present(&v[i]))
            return fn_fail(s, "number %zu of the list is missing", i + 1);
        if (v[i].tag == VALUE_RECORD || v[i].tag == VALUE_LIST)
            return fn_fail(s, "a %s has no order", kind_of(&v[i]));
        if (check_pair(s, &v[0], &v[i]) != 0)
            return -1;
    }
    return 0;
}

/* ------------------------------------------------------ counting, adding */

FN(count)
{
    (void)s;
    (void)n;
    *out = fn_integer((int64_t)a->list->count);
    return 0;
}

static int add_up(const struct fn_state *s, const struct value_list *list,
                  struct value *out)
{
    struct value sum = fn_integer(0);
    for (size_t i = 0; i < list->count; i++) {
        const struct value *v = &list->items[i];
        struct decimal d;
        if (v->tag != VALUE_NUMBER && v->tag != VALUE_MONEY)
            return fn_fail(s, "number %zu of the list is %s", i + 1,
                           fn_show(s, v));
        if (i > 0 && check_pair(s, &sum, v) != 0)
            return -1;
        enum decimal_status status =
            decimal_add(value_as_decimal(&sum), value_as_decimal(v), &d);
        if (status != DECIMAL_OK) {
            const struct value both[] = { sum, *v };
            return fn_fail_decimal(s, status, both, 2);
        }
        sum = fn_number_value(v->tag == VALUE_MONEY ? v : &sum, d);
    }
    *out = sum;
    return 0;
}

FN(sum)
{
    (void)n;
    return add_up(s, a->list, out);
}

FN(average)
{
    (void)n;
    int64_t decimals;
    struct value sum;
    if (fn_whole(s, &a[1], "the number of decimals", -DECIMAL_DIGITS_MAX,
                 DECIMAL_SCALE_MAX, &decimals) != 0)
        return -1;
    *out = fn_missing();
    if (a->list->count == 0)
        return 0;
    if (add_up(s, a->list, &sum) != 0)
        return -1;
    struct decimal d;
    enum decimal_status status =
        decimal_div(value_as_decimal(&sum),
                    decimal_int((int64_t)a->list->count), (int)decimals,
                    ROUND_HALF_AWAY, &d);
    if (status != DECIMAL_OK)
        return fn_fail_decimal(s, status, &sum, 1);
    *out = fn_number_value(&sum, d);
    return 0;
}

static int extreme(const struct fn_state *s, const struct value *a, size_t n,
                   int sign, struct value *out)
{
    if (n == 1 && a->tag == VALUE_LIST) {
        n = a->list->count;
        a = a->list->items;
    }
    *out = fn_missing();
    if (n == 0)
        return 0;
    if (check_list(s, a, n) != 0)
        return -1;
    const struct value *best = a;
    for (size_t i = 1; i < n; i++) {
        if (value_compare(&a[i], best) * sign > 0)
            best = &a[i];
    }
    *out = *best;
    return 0;
}

FN(min)
{
    return extreme(s, a, n, -1, out);
}

FN(max)
{
    return extreme(s, a, n, 1, out);
}

/* -------------------------------------------------------------- asking */

static bool has(const struct value_list *list, bool yes)
{
    for (size_t i = 0; i < list->count; i++) {
        if ((list->items[i].whole != 0) == yes)
            return true;
    }
    return false;
}

FN(any)
{
    (void)s;
    (void)n;
    *out = value_yesno(has(a->list, true));
    return 0;
}

FN(all)
{
    (void)s;
    (void)n;
    *out = value_yesno(!has(a->list, false));
    return 0;
}

FN(first)
{
    (void)s;
    (void)n;
    *out = a->list->count ? a->list->items[0] : fn_missing();
    return 0;
}

FN(last)
{
    (void)s;
    (void)n;
    size_t count = a->list->count;
    *out = count ? a->list->items[count - 1] : fn_missing();
    return 0;
}

FN(only)
{
    (void)n;
    const struct value_list *list = a->list;
    if (list->count > 1)
        return fn_fail(s, "there are %zu, beginning with %s and %s",
                       list->count, fn_show(s, &list->items[0]),
                       fn_show(s, &list->items[1]));
    *out = list->count ? list->items[0] : fn_missing();
    return 0;
}

/* ------------------------------------------------------------ ordering */

/* Lists up to this are compared pairwise; longer ones by their spelling. */
#define PAIRWISE_MAX 16

static struct text spelling(const struct fn_state *s, const struct value *v,
                            struct buf *b)
{
    buf_reset(b);
    buf_byte(b, (char)('a' + v->tag));
    value_canonical(v, b);
    return buf_dup(s->env->arena, b);
}

static size_t distinct_by_spelling(const struct fn_state *s,
                                   const struct value_list *list,
                                   struct value *kept)
{
    struct map seen;
    struct buf b;
    size_t count = 0;
    map_init(&seen);
    buf_init(&b, FN_TEXT_MAX);
    for (size_t i = 0; i < list->count; i++) {
        struct text key = spelling(s, &list->items[i], &b);
        if (map_has(&seen, key))
            continue;
        map_put(&seen, key, NULL);
        kept[count++] = list->items[i];
    }
    buf_fini(&b);
    map_fini(&seen);
    return count;
}

static size_t distinct_pairwise(const struct value_list *list,
                                struct value *kept)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        size_t j = 0;
        while (j < count && !value_equal(&list->items[i], &kept[j]))
            j++;
        if (j == count)
            kept[count++] = list->items[i];
    }
    return count;
}

FN(distinct)
{
    (void)n;
    *out = fn_list(s, a->list->count);
    out->list->count =
        a->list->count <= PAIRWISE_MAX
            ? distinct_pairwise(a->list, out->list->items)
            : distinct_by_spelling(s, a->list, out->list->items);
    return 0;
}

struct keyed {
    const struct value *key;
    size_t number;
    int sign;
};

static int by_key(const void *left, const void *right)
{
    const struct keyed *a = left;
    const struct keyed *b = right;
    int order = value_compare(a->key, b->key) * a->sign;
    if (order != 0)
        return order;
    return (a->number > b->number) - (a->number < b->number);
}

static int sort_values(const struct fn_state *s,
                       const struct value_list *values,
                       const struct value_list *keys, bool down,
                       struct value *out)
{
    size_t count = values->count;
    if (keys->count != count)
        return fn_fail(s, "there are %zu values and %zu keys", count,
                       keys->count);
    if (check_list(s, keys->items, count) != 0)
        return -1;
    struct keyed *rows = ARENA_ARRAY(s->env->arena, struct keyed, count);
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct keyed){ &keys->items[i], i, down ? -1 : 1 };
    if (count)
        qsort(rows, count, sizeof *rows, by_key);
    *out = fn_list(s, count);
    for (size_t i = 0; i < count; i++)
        out->list->items[i] = values->items[rows[i].number];
    return 0;
}

static bool is_down(const struct value *a, size_t n, size_t i)
{
    return n > i && text_is(fn_text_of(&a[i]), "down");
}

FN(sort)
{
    return sort_values(s, a->list, a->list, is_down(a, n, 1), out);
}

FN(sort_by)
{
    return sort_values(s, a[0].list, a[1].list, is_down(a, n, 2), out);
}

FN(top)
{
    int64_t count;
    const struct value_list *keys = n > 2 ? a[2].list : a->list;
    if (fn_whole(s, &a[1], "the count", 0, INT32_MAX, &count) != 0 ||
        sort_values(s, a->list, keys, true, out) != 0)
        return -1;
    if ((size_t)count < out->list->count)
        out->list->count = (size_t)count;
    return 0;
}

FN(flatten)
{
    (void)n;
    const struct value_list *lists = a->list;
    size_t count = 0;
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->items[i].tag != VALUE_LIST)
            return fn_fail(s, "number %zu of the list is a %s, not a list",
                           i + 1, kind_of(&lists->items[i]));
        count += lists->items[i].list->count;
    }
    if (count > FN_LIST_MAX)
        return fn_fail(s, "there are more than %zu values", FN_LIST_MAX);
    *out = fn_list(s, count);
    size_t at = 0;
    for (size_t i = 0; i < lists->count; i++) {
        const struct value_list *inner = lists->items[i].list;
        if (inner->count)
            memcpy(out->list->items + at, inner->items,
                   inner->count * sizeof *inner->items);
        at += inner->count;
    }
    return 0;
}
