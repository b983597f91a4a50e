/* Unsigned integers of 256 bits, for the one place that needs them: exact
 * products and quotients of decimals. */
#ifndef MLC_BASE_WIDE_H
#define MLC_BASE_WIDE_H

#include "base/decimal.h"

struct wide {
    uint32_t limb[8]; /* lowest first */
};

struct wide wide_of(uint128 value);
bool wide_fits(const struct wide *w); /* into 128 bits */
uint128 wide_low(const struct wide *w);
struct wide wide_mul(uint128 a, uint128 b);
/* In place. The caller knows that the product, sum or difference fits. */
void wide_mul_small(struct wide *w, uint32_t factor);
uint32_t wide_div_small(struct wide *w, uint32_t divisor); /* remainder */
void wide_add(struct wide *a, const struct wide *b);
void wide_sub(struct wide *a, const struct wide *b);
int wide_compare(const struct wide *a, const struct wide *b);
bool wide_is_zero(const struct wide *w);
/* a / b and its remainder; b is not zero. */
void wide_divide(const struct wide *a, const struct wide *b,
                 struct wide *quotient, struct wide *remainder);

#endif
