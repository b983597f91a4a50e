/* 256-bit integers as eight limbs of 32 bits; schoolbook throughout, because
 * amounts that do not fit the fast paths of decimal.c are rare. */
#include "config.h"

#include "base/wide.h"
#include <string.h>

#define LIMBS 8

struct wide wide_of(uint128 value)
{
    struct wide w = { { 0 } };
    for (int i = 0; i < 4; i++) {
        w.limb[i] = (uint32_t)value;
        value >>= 32;
    }
    return w;
}

bool wide_fits(const struct wide *w)
{
    return !(w->limb[4] | w->limb[5] | w->limb[6] | w->limb[7]);
}

uint128 wide_low(const struct wide *w)
{
    uint128 value = 0;
    for (int i = 3; i >= 0; i--)
        value = (value << 32) | w->limb[i];
    return value;
}

struct wide wide_mul(uint128 a, uint128 b)
{
    struct wide x = wide_of(a);
    struct wide y = wide_of(b);
    struct wide w = { { 0 } };
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 4; j++) {
            carry += (uint64_t)x.limb[i] * y.limb[j] + w.limb[i + j];
            w.limb[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        w.limb[i + 4] = (uint32_t)carry;
    }
    return w;
}

void wide_mul_small(struct wide *w, uint32_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)w->limb[i] * factor;
        w->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

uint32_t wide_div_small(struct wide *w, uint32_t divisor)
{
    uint64_t rest = 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
        rest = (rest << 32) | w->limb[i];
        w->limb[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint32_t)rest;
}

void wide_add(struct wide *a, const struct wide *b)
{
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)a->limb[i] + b->limb[i];
        a->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

void wide_sub(struct wide *a, const struct wide *b)
{
    uint64_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t d = (uint64_t)a->limb[i] - b->limb[i] - borrow;
        a->limb[i] = (uint32_t)d;
        borrow = (d >> 32) & 1;
    }
}

int wide_compare(const struct wide *a, const struct wide *b)
{
    for (int i = LIMBS - 1; i >= 0; i--) {
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    }
    return 0;
}

bool wide_is_zero(const struct wide *w)
{
    uint32_t any = 0;
    for (int i = 0; i < LIMBS; i++)
        any |= w->limb[i];
    return any == 0;
}

static int limbs_of(const struct wide *w)
{
    int n = LIMBS;
    while (n > 0 && w->limb[n - 1] == 0)
        n--;
    return n;
}

/* `out` gets one limb more than `w`, shifted left by 0 to 31 bits. */
static void shift_left(const struct wide *w, int bits, uint32_t out[LIMBS + 1])
{
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry |= (uint64_t)w->limb[i] << bits;
        out[i] = (uint32_t)carry;
        carry >>= 32;
    }
    out[LIMBS] = (uint32_t)carry;
}

/* u[at …] -= digit * v; true if it went below zero and v was added back. */
static bool subtract_multiple(uint32_t *u, const uint32_t *v, int n,
                              uint64_t digit)
{
    uint64_t carry = 0;
    uint64_t borrow = 0;
    for (int i = 0; i < n; i++) {
        carry += digit * v[i];
        uint64_t d = (uint64_t)u[i] - (uint32_t)carry - borrow;
        u[i] = (uint32_t)d;
        borrow = (d >> 32) & 1;
        carry >>= 32;
    }
    uint64_t top = (uint64_t)u[n] - carry - borrow;
    u[n] = (uint32_t)top;
    if (!((top >> 32) & 1))
        return false;
    carry = 0;
    for (int i = 0; i < n; i++) {
        carry += (uint64_t)u[i] + v[i];
        u[i] = (uint32_t)carry;
        carry >>= 32;
    }
    u[n] += (uint32_t)carry;
    return true;
}

/* One digit of the quotient, at most one too large (Knuth, 4.3.1, D3). */
static uint64_t guess_digit(const uint32_t *u, const uint32_t *v, int n)
{
    uint64_t top = ((uint64_t)u[n] << 32) | u[n - 1];
    uint64_t digit = top / v[n - 1];
    uint64_t rest = top % v[n - 1];
    while (digit >> 32 ||
           digit * v[n - 2] > ((rest << 32) | u[n - 2])) {
        digit--;
        rest += v[n - 1];
        if (rest >> 32)
            break;
    }
    return digit;
}

void wide_divide(const struct wide *a, const struct wide *b,
                 struct wide *quotient, struct wide *remainder)
{
    struct wide result = { { 0 } };
    int n = limbs_of(b);
    int m = limbs_of(a);
    if (n == 1) {
        result = *a;
        uint32_t rest = wide_div_small(&result, b->limb[0]);
        *remainder = wide_of(rest);
        *quotient = result;
        return;
    }
    if (wide_compare(a, b) < 0) {
        *remainder = *a;
        *quotient = result;
        return;
    }
    int bits = __builtin_clz(b->limb[n - 1]);
    uint32_t u[LIMBS + 1];
    uint32_t v[LIMBS + 1];
    shift_left(a, bits, u);
    shift_left(b, bits, v);
    for (int j = m - n; j >= 0; j--) {
        uint64_t digit = guess_digit(u + j, v, n);
        if (subtract_multiple(u + j, v, n, digit))
            digit--;
        result.limb[j] = (uint32_t)digit;
    }
    struct wide rest = { { 0 } };
    for (int i = 0; i < n; i++) {
        uint64_t pair = ((uint64_t)u[i + 1] << 32) | u[i];
        rest.limb[i] = (uint32_t)(pair >> bits);
    }
    *remainder = rest;
    *quotient = result;
}
