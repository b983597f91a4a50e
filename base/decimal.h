/* Exact decimals: an integer coefficient and a scale, value = coef / 10^scale.
 * |coef| < 10^34, scale 0..12. No float anywhere. Operations that can leave
 * that range return a status; comparison never fails. Equal values compare
 * equal whatever their scale. */
#ifndef MLC_BASE_DECIMAL_H
#define MLC_BASE_DECIMAL_H

#include "base/text.h"

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

#define DECIMAL_DIGITS_MAX 34
#define DECIMAL_SCALE_MAX 12
/* Sign, 34 digits, point, leading zeros, NUL. */
#define DECIMAL_TEXT_MAX 52

struct decimal {
    int128 coef;
    int32_t scale;
};

enum decimal_status {
    DECIMAL_OK,
    DECIMAL_OVERFLOW,    /* more than 34 digits */
    DECIMAL_SCALE,       /* more than 12 decimals */
    DECIMAL_SYNTAX,      /* not a number */
    DECIMAL_DIVIDE_ZERO,
    DECIMAL_INEXACT,     /* exact result asked for, none exists */
};

enum rounding {
    ROUND_HALF_AWAY, /* the default: what invoices do */
    ROUND_HALF_EVEN,
    ROUND_UP,   /* away from zero */
    ROUND_DOWN, /* towards zero */
};

struct decimal decimal_int(int64_t value);
/* JSON's number grammar with exponent; trailing zeros of the fraction are
 * kept as scale ("1.10" has scale 2) unless they go past the maximum. */
enum decimal_status decimal_parse(struct text t, struct decimal *out);
/* Plain digits, never an exponent; "-0" is "0". Returns the length. */
size_t decimal_print(struct decimal d, char out[DECIMAL_TEXT_MAX]);

enum decimal_status decimal_add(struct decimal a, struct decimal b,
                                struct decimal *out);
enum decimal_status decimal_sub(struct decimal a, struct decimal b,
                                struct decimal *out);
enum decimal_status decimal_mul(struct decimal a, struct decimal b,
                                struct decimal *out);
/* a * b rounded once to `scale`. */
enum decimal_status decimal_mul_round(struct decimal a, struct decimal b,
                                      int scale, enum rounding rounding,
                                      struct decimal *out);
/* a / b rounded once to `scale`, with the exact remainder. */
enum decimal_status decimal_div(struct decimal a, struct decimal b, int scale,
                                enum rounding rounding, struct decimal *out);
/* a / b when the quotient is exact within the limits; else INEXACT. */
enum decimal_status decimal_div_exact(struct decimal a, struct decimal b,
                                      struct decimal *out);
/* `scale` may be negative (tens, hundreds). */
enum decimal_status decimal_round(struct decimal a, int scale,
                                  enum rounding rounding, struct decimal *out);
/* Same value with exactly `scale` decimals; INEXACT if that loses digits. */
enum decimal_status decimal_rescale(struct decimal a, int scale,
                                    struct decimal *out);
struct decimal decimal_negate(struct decimal a);
struct decimal decimal_trim(struct decimal a); /* no trailing zeros */
int decimal_compare(struct decimal a, struct decimal b); /* <0, 0, >0 */
bool decimal_is_zero(struct decimal a);
int decimal_sign(struct decimal a);
bool decimal_to_int64(struct decimal a, int64_t *out); /* false if not whole */
const char *decimal_status_text(enum decimal_status status);

#endif
