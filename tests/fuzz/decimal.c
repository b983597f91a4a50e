/* Two numbers, split at a blank: what comes in prints and reads back alike,
 * and sums, products and roundings keep their laws. */
#include "config.h"

#include "base/decimal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void back_and_forth(struct decimal a)
{
    char text[DECIMAL_TEXT_MAX];
    struct decimal b;
    size_t len = decimal_print(a, text);
    must(len < sizeof text);
    must(decimal_parse((struct text){ text, len }, &b) == DECIMAL_OK);
    must(decimal_compare(a, b) == 0);
    must(decimal_compare(decimal_negate(decimal_negate(a)), a) == 0);
    must(decimal_compare(decimal_trim(a), a) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *blank = size ? memchr(data, ' ', size) : NULL;
    size_t first = blank ? (size_t)(blank - data) : size;
    struct decimal a, b, sum, back, product;
    if (decimal_parse((struct text){ (const char *)data, first }, &a))
        return 0;
    back_and_forth(a);
    if (!blank || decimal_parse((struct text){ (const char *)blank + 1,
                                               size - first - 1 },
                                &b))
        return 0;
    must(decimal_compare(a, b) == -decimal_compare(b, a));
    if (decimal_add(a, b, &sum) == DECIMAL_OK &&
        decimal_sub(sum, b, &back) == DECIMAL_OK)
        must(decimal_compare(a, back) == 0);
    if (decimal_mul(a, b, &product) == DECIMAL_OK && !decimal_is_zero(b) &&
        decimal_div_exact(product, b, &back) == DECIMAL_OK)
        must(decimal_compare(a, back) == 0);
    for (int scale = -3; scale <= DECIMAL_SCALE_MAX; scale++)
        if (decimal_round(a, scale, ROUND_HALF_EVEN, &back) == DECIMAL_OK)
            back_and_forth(back);
    if (!decimal_is_zero(b))
        decimal_div(a, b, 2, ROUND_HALF_AWAY, &back);
    return 0;
}
