/* Exact decimals. Every operation has a short path for amounts as they are in
 * books (64 bits) and an exact one over 256 bits (base/wide.h) for the rest.
 * Whatever can be said with 34 digits and 12 decimals is said; trailing zeros
 * of the fraction are given up before an overflow is reported. */
#include "config.h"

#include "base/decimal.h"
#include "base/wide.h"
#include <string.h>

#define E18 UINT64_C(1000000000000000000)
/* Coefficients that survive one addition, and one multiplication by 10^12. */
#define SMALL_MAX (INT64_C(1) << 62)

static const uint64_t powers[] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
};

/* 10^n, n 0 … 36. */
static uint128 power(int n)
{
    return n <= 18 ? powers[n] : (uint128)E18 * powers[n - 18];
}

static uint128 limit(void)
{
    return (uint128)E18 * powers[DECIMAL_DIGITS_MAX - 18];
}

static uint128 magnitude(int128 coef)
{
    return coef < 0 ? (uint128)0 - (uint128)coef : (uint128)coef;
}

static bool is_small(int128 coef)
{
    return coef > -SMALL_MAX && coef < SMALL_MAX;
}

struct decimal decimal_int(int64_t value)
{
    return (struct decimal){ value, 0 };
}

static struct decimal make(bool negative, uint128 coef, int scale)
{
    int128 value = (int128)coef;
    return (struct decimal){ negative ? -value : value, scale };
}

/* Gives up trailing zeros of the fraction until the value fits, then stores
 * it. `w` may be any 256-bit magnitude. */
static enum decimal_status finish(bool negative, struct wide w, int scale,
                                  struct decimal *out)
{
    const struct wide most = wide_of(limit());
    while (scale > DECIMAL_SCALE_MAX ||
           (scale > 0 && wide_compare(&w, &most) >= 0)) {
        struct wide shorter = w;
        if (wide_div_small(&shorter, 10) != 0)
            return scale > DECIMAL_SCALE_MAX && wide_compare(&w, &most) < 0
                       ? DECIMAL_SCALE
                       : DECIMAL_OVERFLOW;
        w = shorter;
        scale--;
    }
    if (wide_compare(&w, &most) >= 0)
        return DECIMAL_OVERFLOW;
    *out = make(negative, wide_low(&w), scale);
    return DECIMAL_OK;
}

static void scale_up(struct wide *w, int digits)
{
    for (; digits >= 9; digits -= 9)
        wide_mul_small(w, 1000000000);
    if (digits > 0)
        wide_mul_small(w, (uint32_t)powers[digits]);
}

/* ------------------------------------------------------------ reading */

struct scan {
    const char *at, *end;
    bool negative;
    uint64_t low;   /* value of the digits, as long as there are at most 18 */
    int low_digits; /* leading zeros not counted */
    int fraction;   /* digits after the point */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void scan_digits(struct scan *s)
{
    while (s->at < s->end && is_digit(*s->at)) {
        if (s->low_digits < 18) {
            s->low = s->low * 10 + (uint64_t)(*s->at - '0');
            s->low_digits += s->low != 0;
        } else {
            s->low_digits = 19; /* does not fit: the slow path reads again */
        }
        s->at++;
    }
}

/* `exponent` is bounded: past this every number but 0 is out of range. */
#define EXPONENT_MAX 100000

static bool scan_exponent(struct scan *s, int *exponent)
{
    s->at++;
    bool minus = s->at < s->end && *s->at == '-';
    if (s->at < s->end && (*s->at == '-' || *s->at == '+'))
        s->at++;
    if (s->at >= s->end)
        return false;
    int value = 0;
    for (; s->at < s->end; s->at++) {
        if (!is_digit(*s->at))
            return false;
        if (value < EXPONENT_MAX)
            value = value * 10 + (*s->at - '0');
    }
    *exponent = minus ? -value : value;
    return true;
}

/* All digits of `digits` (a point among them is passed over) as a value of at
 * most 38 digits; zeros after those are counted in `*dropped`, anything else
 * there is an overflow. */
static bool gather(struct text digits, uint128 *value, int64_t *dropped)
{
    int count = 0;
    *value = 0;
    *dropped = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] == '.')
            continue;
        unsigned digit = (unsigned)(digits.ptr[i] - '0');
        if (count < 38) {
            *value = *value * 10 + digit;
            count += *value != 0;
        } else if (digit == 0) {
            ++*dropped;
        } else {
            return false;
        }
    }
    return true;
}

static enum decimal_status parse_slow(bool negative, struct text digits,
                                      int64_t scale, struct decimal *out)
{
    uint128 value;
    int64_t dropped;
    if (!gather(digits, &value, &dropped))
        return scale > DECIMAL_SCALE_MAX ? DECIMAL_SCALE : DECIMAL_OVERFLOW;
    if (value == 0) {
        int kept = scale < 0 ? 0 : scale > DECIMAL_SCALE_MAX ? DECIMAL_SCALE_MAX
                                                             : (int)scale;
        *out = (struct decimal){ 0, kept };
        return DECIMAL_OK;
    }
    scale -= dropped;
    while (scale > DECIMAL_SCALE_MAX && value % 10 == 0) {
        value /= 10;
        scale--;
    }
    if (scale > DECIMAL_SCALE_MAX)
        return DECIMAL_SCALE;
    if (scale < -DECIMAL_DIGITS_MAX)
        return DECIMAL_OVERFLOW;
    struct wide w = wide_of(value);
    if (scale < 0) {
        scale_up(&w, (int)-scale);
        scale = 0;
    }
    return finish(negative, w, (int)scale, out);
}

enum decimal_status decimal_parse(struct text t, struct decimal *out)
{
    if (t.len == 0)
        return DECIMAL_SYNTAX;
    struct scan s = { .at = t.ptr, .end = t.ptr + t.len };
    if (*s.at == '-') {
        s.negative = true;
        s.at++;
    }
    const char *first = s.at;
    scan_digits(&s);
    if (s.at == first || (*first == '0' && s.at - first > 1))
        return DECIMAL_SYNTAX;
    if (s.at < s.end && *s.at == '.') {
        const char *point = s.at++;
        scan_digits(&s);
        if (s.at == point + 1)
            return DECIMAL_SYNTAX;
        if (s.at - point > INT32_MAX / 2)
            return DECIMAL_SCALE;
        s.fraction = (int)(s.at - point - 1);
    }
    struct text digits = { first, (size_t)(s.at - first) };
    int exponent = 0;
    if (s.at < s.end) {
        if ((*s.at != 'e' && *s.at != 'E') || !scan_exponent(&s, &exponent))
            return DECIMAL_SYNTAX;
    } else if (s.low_digits <= 18 && s.fraction <= DECIMAL_SCALE_MAX) {
        *out = make(s.negative, s.low, s.fraction);
        return DECIMAL_OK;
    }
    return parse_slow(s.negative, digits, (int64_t)s.fraction - exponent, out);
}

/* ----------------------------------------------------------- printing */

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

/* Digits of `value` ending before `end`; at least `least` of them. */
static char *put_back(char *end, uint64_t value, int least)
{
    const char *stop = end - least;
    while (value >= 10) {
        end -= 2;
        memcpy(end, pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value)
        *--end = (char)('0' + value);
    while (end > stop)
        *--end = '0';
    return end;
}

/* Amounts of everyday size, backwards from the last digit. */
static size_t print_small(int64_t coef, int scale, char out[DECIMAL_TEXT_MAX])
{
    char room[48]; /* 18 digits, or 12 and a zero; point, sign */
    char *end = room + 24, *to = end;
    uint64_t left = coef < 0 ? 0 - (uint64_t)coef : (uint64_t)coef;
    int n = scale;
    for (; n >= 2; n -= 2) {
        to -= 2;
        memcpy(to, pairs + left % 100 * 2, 2);
        left /= 100;
    }
    if (n) {
        *--to = (char)('0' + left % 10);
        left /= 10;
    }
    if (scale)
        *--to = '.';
    for (; left >= 100; left /= 100) {
        to -= 2;
        memcpy(to, pairs + left % 100 * 2, 2);
    }
    *--to = (char)('0' + left % 10);
    if (left >= 10)
        *--to = (char)('0' + left / 10);
    if (coef < 0)
        *--to = '-';
    memcpy(out, to, 24); /* more than counts: one move */
    out[end - to] = '\0';
    return (size_t)(end - to);
}

size_t decimal_print(struct decimal d, char out[DECIMAL_TEXT_MAX])
{
    int64_t coef = (int64_t)d.coef;
    if (coef == d.coef && coef > -(int64_t)E18 && coef < (int64_t)E18)
        return print_small(coef, d.scale, out);
    char digits[48];
    char *end = digits + sizeof digits;
    uint128 value = magnitude(d.coef);
    char *from = end;
    if (value >> 64) {
        from = put_back(from, (uint64_t)(value % E18), 18);
        value /= E18;
        if (value >> 64) {
            from = put_back(from, (uint64_t)(value % E18), 18);
            value /= E18;
        }
    }
    from = put_back(from, (uint64_t)value, 0);
    while (end - from < d.scale + 1)
        *--from = '0';
    size_t whole = (size_t)(end - from) - (size_t)d.scale;
    char *to = out;
    if (d.coef < 0)
        *to++ = '-';
    memcpy(to, from, whole);
    to += whole;
    if (d.scale > 0) {
        *to++ = '.';
        memcpy(to, from + whole, (size_t)d.scale);
        to += d.scale;
    }
    *to = '\0';
    return (size_t)(to - out);
}

/* --------------------------------------------------------- arithmetic */

static enum decimal_status add_slow(struct decimal a, struct decimal b,
                                    struct decimal *out)
{
    int scale = a.scale > b.scale ? a.scale : b.scale;
    struct wide x = wide_of(magnitude(a.coef));
    struct wide y = wide_of(magnitude(b.coef));
    scale_up(&x, scale - a.scale);
    scale_up(&y, scale - b.scale);
    bool negative = a.coef < 0;
    if ((a.coef < 0) == (b.coef < 0)) {
        wide_add(&x, &y);
    } else if (wide_compare(&x, &y) >= 0) {
        wide_sub(&x, &y);
    } else {
        wide_sub(&y, &x);
        x = y;
        negative = !negative;
    }
    return finish(negative, x, scale, out);
}

enum decimal_status decimal_add(struct decimal a, struct decimal b,
                                struct decimal *out)
{
    if (a.scale == b.scale && is_small(a.coef) && is_small(b.coef)) {
        *out = (struct decimal){ a.coef + b.coef, a.scale };
        return DECIMAL_OK;
    }
    if (is_small(a.coef) && is_small(b.coef)) {
        /* 2^62 * 10^12 * 2 stays below 10^34 */
        if (a.scale < b.scale)
            *out = (struct decimal){
                a.coef * (int128)powers[b.scale - a.scale] + b.coef, b.scale
            };
        else
            *out = (struct decimal){
                a.coef + b.coef * (int128)powers[a.scale - b.scale], a.scale
            };
        return DECIMAL_OK;
    }
    return add_slow(a, b, out);
}

enum decimal_status decimal_sub(struct decimal a, struct decimal b,
                                struct decimal *out)
{
    return decimal_add(a, decimal_negate(b), out);
}

enum decimal_status decimal_mul(struct decimal a, struct decimal b,
                                struct decimal *out)
{
    int scale = a.scale + b.scale;
    if (is_small(a.coef) && is_small(b.coef) && scale <= DECIMAL_SCALE_MAX) {
        int128 product = a.coef * b.coef;
        if (magnitude(product) < limit()) {
            *out = (struct decimal){ product, scale };
            return DECIMAL_OK;
        }
    }
    struct wide w = wide_mul(magnitude(a.coef), magnitude(b.coef));
    return finish((a.coef < 0) != (b.coef < 0), w, scale, out);
}

/* Whether a quotient with this remainder goes one away from zero. `order`
 * compares twice the remainder with the divisor. */
static bool rounds_away(enum rounding rounding, bool exact, int order, bool odd)
{
    if (exact)
        return false;
    switch (rounding) {
    case ROUND_UP:
        return true;
    case ROUND_DOWN:
        return false;
    case ROUND_HALF_EVEN:
        return order > 0 || (order == 0 && odd);
    case ROUND_HALF_AWAY:
        return order >= 0;
    }
    return false;
}

static struct wide divide_rounded(struct wide num, struct wide den,
                                  enum rounding rounding)
{
    struct wide quotient, rest;
    if (wide_fits(&num) && wide_fits(&den)) {
        uint128 n = wide_low(&num);
        uint128 d = wide_low(&den);
        quotient = wide_of(n / d);
        rest = wide_of(n % d);
    } else {
        wide_divide(&num, &den, &quotient, &rest);
    }
    bool exact = wide_is_zero(&rest);
    struct wide twice = rest;
    wide_add(&twice, &rest);
    if (rounds_away(rounding, exact, wide_compare(&twice, &den),
                    quotient.limb[0] & 1)) {
        struct wide one = wide_of(1);
        wide_add(&quotient, &one);
    }
    return quotient;
}

/* A quotient below one half: nothing is left but the direction. */
static struct wide almost_nothing(uint128 coef, enum rounding rounding)
{
    return wide_of(coef && rounding == ROUND_UP ? 1 : 0);
}

/* Past this exponent |a| < 10^34 is below a half of 10^exponent. */
#define SHIFT_MAX 35

/* |a| / |b| * 10^exponent to an integer, then put on `scale` (which may be
 * negative). */
static enum decimal_status quotient(struct decimal a, struct decimal b,
                                    int exponent, int scale,
                                    enum rounding rounding, struct decimal *out)
{
    struct wide num = wide_of(magnitude(a.coef));
    struct wide den = wide_of(magnitude(b.coef));
    struct wide result;
    if (exponent < -SHIFT_MAX) {
        result = almost_nothing(magnitude(a.coef), rounding);
    } else {
        scale_up(exponent >= 0 ? &num : &den,
                 exponent >= 0 ? exponent : -exponent);
        result = divide_rounded(num, den, rounding);
    }
    bool negative = (a.coef < 0) != (b.coef < 0);
    if (scale < 0) {
        if (wide_is_zero(&result))
            scale = 0;
        if (!wide_fits(&result) || wide_low(&result) >= limit() ||
            -scale > DECIMAL_DIGITS_MAX)
            return DECIMAL_OVERFLOW;
        scale_up(&result, -scale);
        scale = 0;
    }
    return finish(negative, result, scale, out);
}

/* Below this every value is less than half of a unit. */
#define ROUND_SCALE_MIN (-DECIMAL_DIGITS_MAX)

static enum decimal_status round_all_away(struct decimal a,
                                          enum rounding rounding,
                                          struct decimal *out)
{
    if (a.coef && rounding == ROUND_UP)
        return DECIMAL_OVERFLOW;
    *out = (struct decimal){ 0, 0 };
    return DECIMAL_OK;
}

enum decimal_status decimal_mul_round(struct decimal a, struct decimal b,
                                      int scale, enum rounding rounding,
                                      struct decimal *out)
{
    if (scale > DECIMAL_SCALE_MAX || scale < 0)
        return DECIMAL_SCALE;
    bool negative = (a.coef < 0) != (b.coef < 0);
    struct wide num = wide_mul(magnitude(a.coef), magnitude(b.coef));
    struct wide den = wide_of(1);
    int surplus = a.scale + b.scale - scale;
    /* at most 10^68 * 10^12 could pass 256 bits, but then it is too large */
    if (surplus < 0) {
        if (!wide_fits(&num))
            return DECIMAL_OVERFLOW;
        scale_up(&num, -surplus);
    } else {
        scale_up(&den, surplus);
    }
    return finish(negative, divide_rounded(num, den, rounding), scale, out);
}

/* Amounts as they are in books: everything fits 64 bits. */
static bool divide_small(struct decimal a, struct decimal b, int exponent,
                         int scale, enum rounding rounding, struct decimal *out)
{
    if (scale < 0 || exponent < 0 || exponent > 18 || !is_small(a.coef) ||
        !is_small(b.coef))
        return false;
    uint128 scaled = magnitude(a.coef) * powers[exponent];
    uint64_t den = (uint64_t)magnitude(b.coef);
    if (scaled >> 63)
        return false;
    uint64_t num = (uint64_t)scaled;
    uint64_t whole = num / den;
    uint64_t rest = num % den;
    int order = (rest > den - rest) - (rest < den - rest);
    whole += rounds_away(rounding, rest == 0, order, whole & 1);
    *out = make((a.coef < 0) != (b.coef < 0), whole, scale);
    return true;
}

enum decimal_status decimal_div(struct decimal a, struct decimal b, int scale,
                                enum rounding rounding, struct decimal *out)
{
    if (b.coef == 0)
        return DECIMAL_DIVIDE_ZERO;
    if (scale > DECIMAL_SCALE_MAX)
        return DECIMAL_SCALE;
    if (scale < ROUND_SCALE_MIN - DECIMAL_SCALE_MAX)
        return round_all_away(a, rounding, out);
    int exponent = scale + b.scale - a.scale;
    if (divide_small(a, b, exponent, scale, rounding, out))
        return DECIMAL_OK;
    return quotient(a, b, exponent, scale, rounding, out);
}

enum decimal_status decimal_div_exact(struct decimal a, struct decimal b,
                                      struct decimal *out)
{
    if (b.coef == 0)
        return DECIMAL_DIVIDE_ZERO;
    int scale = DECIMAL_SCALE_MAX;
    struct wide num = wide_of(magnitude(a.coef));
    struct wide den = wide_of(magnitude(b.coef));
    struct wide result, rest;
    scale_up(&num, scale + b.scale - a.scale);
    wide_divide(&num, &den, &result, &rest);
    if (!wide_is_zero(&rest))
        return DECIMAL_INEXACT;
    int least = a.scale > b.scale ? a.scale - b.scale : 0;
    while (scale > least) {
        struct wide shorter = result;
        if (wide_div_small(&shorter, 10) != 0)
            break;
        result = shorter;
        scale--;
    }
    return finish((a.coef < 0) != (b.coef < 0), result, scale, out);
}

/* Same value, `more` further zeros if they fit. */
static struct decimal pad(struct decimal a, int scale)
{
    uint128 factor = power(scale - a.scale);
    if (magnitude(a.coef) >= limit() / factor)
        return a;
    return (struct decimal){ a.coef * (int128)factor, scale };
}

enum decimal_status decimal_round(struct decimal a, int scale,
                                  enum rounding rounding, struct decimal *out)
{
    if (scale > DECIMAL_SCALE_MAX)
        return DECIMAL_SCALE;
    if (scale >= a.scale) {
        *out = pad(a, scale);
        return DECIMAL_OK;
    }
    if (scale < ROUND_SCALE_MIN)
        return round_all_away(a, rounding, out);
    if (scale >= 0 && is_small(a.coef)) {
        int64_t coef = (int64_t)a.coef;
        uint64_t unit = powers[a.scale - scale];
        uint64_t value = coef < 0 ? 0 - (uint64_t)coef : (uint64_t)coef;
        uint64_t rest = value % unit;
        uint64_t whole = value / unit;
        int order = (rest > unit - rest) - (rest < unit - rest);
        whole += rounds_away(rounding, rest == 0, order, whole & 1);
        *out = make(coef < 0, whole, scale);
        return DECIMAL_OK;
    }
    return quotient(a, decimal_int(1), scale - a.scale, scale, rounding, out);
}

enum decimal_status decimal_rescale(struct decimal a, int scale,
                                    struct decimal *out)
{
    if (scale > DECIMAL_SCALE_MAX || scale < 0)
        return DECIMAL_SCALE;
    if (scale >= a.scale) {
        struct decimal padded = pad(a, scale);
        if (padded.scale != scale)
            return DECIMAL_OVERFLOW;
        *out = padded;
        return DECIMAL_OK;
    }
    int128 unit = (int128)power(a.scale - scale);
    if (a.coef % unit != 0)
        return DECIMAL_INEXACT;
    *out = (struct decimal){ a.coef / unit, scale };
    return DECIMAL_OK;
}

struct decimal decimal_negate(struct decimal a)
{
    return (struct decimal){ -a.coef, a.scale };
}

struct decimal decimal_trim(struct decimal a)
{
    while (a.scale > 0 && a.coef % 10 == 0) {
        a.coef /= 10;
        a.scale--;
    }
    return a;
}

static int order_of(int128 a, int128 b)
{
    return (a > b) - (a < b);
}

int decimal_compare(struct decimal a, struct decimal b)
{
    if (a.scale == b.scale)
        return order_of(a.coef, b.coef);
    if (is_small(a.coef) && is_small(b.coef))
        return a.scale < b.scale
                   ? order_of(a.coef * (int128)powers[b.scale - a.scale],
                              b.coef)
                   : order_of(a.coef,
                              b.coef * (int128)powers[a.scale - b.scale]);
    int128 a_unit = (int128)power(a.scale);
    int128 b_unit = (int128)power(b.scale);
    int whole = order_of(a.coef / a_unit, b.coef / b_unit);
    if (whole != 0)
        return whole;
    return order_of(a.coef % a_unit * (int128)power(DECIMAL_SCALE_MAX - a.scale),
                    b.coef % b_unit *
                        (int128)power(DECIMAL_SCALE_MAX - b.scale));
}

bool decimal_is_zero(struct decimal a)
{
    return a.coef == 0;
}

int decimal_sign(struct decimal a)
{
    return order_of(a.coef, 0);
}

bool decimal_to_int64(struct decimal a, int64_t *out)
{
    int128 unit = (int128)power(a.scale), whole = a.coef;
    if (a.scale) {
        if (a.coef % unit != 0)
            return false;
        whole = a.coef / unit;
    }
    if (whole < INT64_MIN || whole > INT64_MAX)
        return false;
    *out = (int64_t)whole;
    return true;
}

const char *decimal_status_text(enum decimal_status status)
{
    switch (status) {
    case DECIMAL_OK:
        return "fine";
    case DECIMAL_OVERFLOW:
        return "the result has more than 34 digits";
    case DECIMAL_SCALE:
        return "the result has more than 12 decimals";
    case DECIMAL_SYNTAX:
        return "this is not a number";
    case DECIMAL_DIVIDE_ZERO:
        return "division by zero";
    case DECIMAL_INEXACT:
        return "the result is not exact";
    }
    return "unknown";
}
