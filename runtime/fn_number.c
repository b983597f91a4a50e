/* Functions on numbers and amounts, and the ways countries write them. */
#include "config.h"

#include "base/iso.h"
#include "base/log.h"
#include "runtime/fn_internal.h"
#include <string.h>

#define THIN_BLANK "\xE2\x80\xAF"
#define HARD_BLANK "\xC2\xA0"
#define APOSTROPHE "\xE2\x80\x99"

/* BUILTIN_LOCALES, with what the CLDR says of each. */
static const struct locale locales[] = {
    { "plain", "", ".", false, false },
    { "nl", ".", ",", false, true },
    { "be", ".", ",", false, true },
    { "de", ".", ",", false, false },
    { "at", ".", ",", false, true },
    { "ch", APOSTROPHE, ".", false, true },
    { "fr", THIN_BLANK, ",", false, false },
    { "es", ".", ",", true, false },
    { "it", ".", ",", false, false },
    { "pt", HARD_BLANK, ",", true, false },
    { "pl", HARD_BLANK, ",", true, false },
    { "cs", HARD_BLANK, ",", false, false },
    { "da", ".", ",", false, false },
    { "nb", HARD_BLANK, ",", false, false },
    { "sv", HARD_BLANK, ",", false, false },
    { "fi", HARD_BLANK, ",", false, false },
    { "en", ",", ".", false, true },
    { "us", ",", ".", false, true },
    { "gb", ",", ".", false, true },
    { "ie", ",", ".", false, true },
};

const struct locale *fn_locale(struct text name)
{
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        if (text_is(name, locales[i].name))
            return &locales[i];
    }
    return NULL;
}

static int locale_of(const struct fn_state *s, const struct value *v,
                     const struct locale **out)
{
    *out = fn_locale(fn_text_of(v));
    if (!*out)
        return fn_fail(s, "%s is not one of " BUILTIN_LOCALES, fn_show(s, v));
    return 0;
}

/* ------------------------------------------------- text into a number */

/* Plain digits gathered from a text; a number longer than this is none. */
#define DIGITS_MAX 80

struct reading {
    char plain[DIGITS_MAX];
    size_t len;
};

static bool put(struct reading *r, char c)
{
    if (r->len == sizeof r->plain)
        return false;
    r->plain[r->len++] = c;
    return true;
}

static bool is_digit_at(struct text t, size_t at)
{
    return at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9';
}

static size_t digits_at(struct text t, size_t at)
{
    size_t count = 0;
    while (is_digit_at(t, at + count))
        count++;
    return count;
}

/* Bytes of a group separator at `at`; any blank does where blanks do, and a
 * typewriter's apostrophe where an apostrophe does. */
static size_t group_at(const struct locale *l, struct text t, size_t at)
{
    static const char *const blanks[] = { " ", HARD_BLANK, THIN_BLANK };
    struct text rest = text_slice(t, at, t.len);
    if (l->group[0] && text_starts(rest, text_of(l->group)))
        return strlen(l->group);
    bool blank = !strcmp(l->group, HARD_BLANK) || !strcmp(l->group, THIN_BLANK);
    for (size_t i = 0; blank && i < 3; i++) {
        if (text_starts(rest, text_of(blanks[i])))
            return strlen(blanks[i]);
    }
    if (!strcmp(l->group, APOSTROPHE) && text_starts(rest, TEXT("'")))
        return 1;
    return 0;
}

static bool read_whole(const struct locale *l, struct text t, size_t *at,
                       struct reading *r)
{
    size_t count = digits_at(t, *at);
    if (count == 0)
        return false;
    bool grouped = count <= 3;
    for (size_t i = 0; i < count; i++) {
        if (!put(r, t.ptr[*at + i]))
            return false;
    }
    *at += count;
    size_t gap = group_at(l, t, *at);
    if (gap && !grouped)
        return false;
    while (gap) {
        if (digits_at(t, *at + gap) != 3)
            return false;
        for (size_t i = 0; i < 3; i++) {
            if (!put(r, t.ptr[*at + gap + i]))
                return false;
        }
        *at += gap + 3;
        gap = group_at(l, t, *at);
    }
    return true;
}

static bool read_fraction(const struct locale *l, struct text t, size_t *at,
                          struct reading *r)
{
    if (*at >= t.len || t.ptr[*at] != l->mark[0])
        return true;
    size_t count = digits_at(t, *at + 1);
    if (count == 0 || !put(r, '.'))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!put(r, t.ptr[*at + 1 + i]))
            return false;
    }
    *at += 1 + count;
    return true;
}

static bool read_sign(struct text t, size_t *at)
{
    static const struct text minus[] = { { "-", 1 }, { "\xE2\x88\x92", 3 } };
    for (size_t i = 0; i < 2; i++) {
        if (text_starts(t, minus[i])) {
            *at = minus[i].len;
            return true;
        }
    }
    *at = t.len && t.ptr[0] == '+' ? 1 : 0;
    return false;
}

static enum decimal_status read_number(const struct locale *l, struct text t,
                                       struct decimal *out)
{
    struct reading r = { .len = 0 };
    size_t at;
    t = text_trim(t);
    bool negative = read_sign(t, &at);
    if (!read_whole(l, t, &at, &r) || !read_fraction(l, t, &at, &r) ||
        at != t.len)
        return DECIMAL_SYNTAX;
    struct text plain = { r.plain, r.len };
    while (plain.len > 1 && plain.ptr[0] == '0' && plain.ptr[1] != '.')
        plain = text_slice(plain, 1, plain.len);
    enum decimal_status status = decimal_parse(plain, out);
    if (status == DECIMAL_OK && negative)
        *out = decimal_negate(*out);
    return status;
}

FN(number)
{
    if (a->tag != VALUE_TEXT) {
        *out = value_number(value_as_decimal(a));
        return 0;
    }
    const struct locale *l = &locales[0];
    if (n > 1 && locale_of(s, &a[1], &l) != 0)
        return -1;
    struct decimal d;
    enum decimal_status status = read_number(l, fn_text_of(a), &d);
    if (status == DECIMAL_SYNTAX)
        return fn_fail(s, "%s is not a number as \"%s\" writes it",
                       fn_show(s, a), l->name);
    if (status != DECIMAL_OK)
        return fn_fail_decimal(s, status, a, 1);
    *out = value_number(d);
    return 0;
}

/* ------------------------------------------------- a number into text */

static void add_grouped(struct buf *b, const struct locale *l, const char *text,
                        size_t digits)
{
    size_t least = l->groups_late ? 5 : 4;
    for (size_t i = 0; i < digits; i++) {
        if (i && digits >= least && (digits - i) % 3 == 0)
            buf_str(b, l->group);
        buf_byte(b, text[i]);
    }
}

static void add_number(struct buf *b, const struct locale *l, struct decimal d)
{
    char plain[DECIMAL_TEXT_MAX];
    decimal_print(d, plain);
    const char *at = plain;
    if (*at == '-')
        buf_byte(b, *at++);
    size_t whole = strcspn(at, ".");
    add_grouped(b, l, at, whole);
    if (at[whole]) {
        buf_str(b, l->mark);
        buf_str(b, at + whole + 1);
    }
}

static int decimals_of(const struct fn_state *s, const struct value *v,
                       int64_t least, int *out)
{
    int64_t whole;
    if (fn_whole(s, v, "the number of decimals", least, DECIMAL_SCALE_MAX,
                 &whole) != 0)
        return -1;
    *out = (int)whole;
    return 0;
}

FN(format_number)
{
    const struct locale *l;
    int decimals;
    struct decimal d = value_as_decimal(a);
    if (locale_of(s, &a[1], &l) != 0)
        return -1;
    if (n > 2) {
        if (decimals_of(s, &a[2], 0, &decimals) != 0)
            return -1;
        enum decimal_status status =
            decimal_round(d, decimals, ROUND_HALF_AWAY, &d);
        if (status != DECIMAL_OK)
            return fn_fail_decimal(s, status, a, 1);
    }
    struct buf b;
    buf_init(&b, 0);
    add_number(&b, l, d);
    *out = value_text(buf_dup(s->env->arena, &b));
    buf_fini(&b);
    return 0;
}

FN(format_money)
{
    (void)n;
    const struct locale *l;
    if (locale_of(s, &a[1], &l) != 0)
        return -1;
    char code[4] = "";
    if (a->currency)
        currency_unpack(a->currency, code);
    struct decimal d = value_as_decimal(a);
    int least = iso_currency_decimals(text_of(code));
    if (d.scale < least)
        (void)decimal_round(d, least, ROUND_HALF_AWAY, &d);
    struct buf b;
    buf_init(&b, 0);
    if (code[0] && l->code_first)
        buf_printf(&b, "%s ", code);
    add_number(&b, l, d);
    if (code[0] && !l->code_first)
        buf_printf(&b, " %s", code);
    *out = value_text(buf_dup(s->env->arena, &b));
    buf_fini(&b);
    return 0;
}

/* ------------------------------------------------------------ rounding */

static int round_by(const struct fn_state *s, const struct value *a, size_t n,
                    enum rounding rounding, struct value *out)
{
    int decimals = 0;
    struct decimal d;
    if (n > 1 && decimals_of(s, &a[1], -DECIMAL_DIGITS_MAX, &decimals) != 0)
        return -1;
    enum decimal_status status =
        decimal_round(value_as_decimal(a), decimals, rounding, &d);
    if (status != DECIMAL_OK)
        return fn_fail_decimal(s, status, a, n);
    *out = fn_number_value(a, d);
    return 0;
}

FN(round)
{
    return round_by(s, a, n, ROUND_HALF_AWAY, out);
}

FN(round_up)
{
    return round_by(s, a, n, ROUND_UP, out);
}

FN(round_down)
{
    return round_by(s, a, n, ROUND_DOWN, out);
}

FN(round_half_even)
{
    return round_by(s, a, n, ROUND_HALF_EVEN, out);
}

static enum rounding rounding_of(const struct builtin *b)
{
    if (b->id == BUILTIN_round_up)
        return ROUND_UP;
    if (b->id == BUILTIN_round_down)
        return ROUND_DOWN;
    return b->id == BUILTIN_round_half_even ? ROUND_HALF_EVEN : ROUND_HALF_AWAY;
}

/* money / money = number, money / number = money, number / number = number */
static int quotient_like(const struct fn_state *s, const struct value *num,
                         const struct value *den, struct value *like)
{
    *like = *num;
    if (den->tag != VALUE_MONEY)
        return 0;
    if (num->tag != VALUE_MONEY)
        return fn_fail(s, "a number cannot be divided by an amount (%s / %s)",
                       fn_show(s, num), fn_show(s, den));
    if (num->currency != den->currency)
        return fn_fail(s, "two currencies: %s / %s", fn_show(s, num),
                       fn_show(s, den));
    like->tag = VALUE_NUMBER;
    return 0;
}

int fn_round_quotient(const struct builtin *b, const struct fn_env *env,
                      const struct value *numerator,
                      const struct value *denominator,
                      const struct value *decimals, struct value *out,
                      struct fn_failure *why)
{
    const struct fn_state s = { b, env, why };
    int scale = 0;
    struct value like;
    struct decimal d;
    if (!value_is_present(numerator) || !value_is_present(denominator) ||
        (decimals && !value_is_present(decimals))) {
        *out = fn_missing();
        return 0;
    }
    if (decimals &&
        decimals_of(&s, decimals, -DECIMAL_DIGITS_MAX, &scale) != 0)
        return -1;
    if (quotient_like(&s, numerator, denominator, &like) != 0)
        return -1;
    enum decimal_status status =
        decimal_div(value_as_decimal(numerator), value_as_decimal(denominator),
                    scale, rounding_of(b), &d);
    if (status != DECIMAL_OK) {
        const struct value shown[] = { *numerator, *denominator };
        return fn_fail_decimal(&s, status, shown, 2);
    }
    *out = fn_number_value(&like, d);
    return 0;
}

/* --------------------------------------------------------- single ones */

FN(abs)
{
    (void)s;
    (void)n;
    struct decimal d = value_as_decimal(a);
    *out = fn_number_value(a, d.coef < 0 ? decimal_negate(d) : d);
    return 0;
}

FN(sign)
{
    (void)s;
    (void)n;
    *out = fn_integer(decimal_sign(value_as_decimal(a)));
    return 0;
}

FN(whole)
{
    struct value zero[2] = { *a, fn_integer(0) };
    (void)n;
    return round_by(s, zero, 2, ROUND_DOWN, out);
}

FN(remainder)
{
    struct decimal x = value_as_decimal(a);
    struct decimal y = value_as_decimal(&a[1]);
    struct decimal q;
    enum decimal_status status = decimal_div(x, y, 0, ROUND_DOWN, &q);
    if (status == DECIMAL_OK)
        status = decimal_mul(q, y, &q);
    if (status == DECIMAL_OK)
        status = decimal_sub(x, q, &q);
    if (status != DECIMAL_OK)
        return fn_fail_decimal(s, status, a, n);
    *out = value_number(q);
    return 0;
}

/* --------------------------------------------------------------- money */

static int currency_of(const struct fn_state *s, const struct value *v,
                       uint16_t *packed, int *decimals)
{
    struct text code = fn_text_of(v);
    *decimals = iso_currency_decimals(code);
    if (*decimals < 0)
        return fn_fail(s, "%s is not a currency", fn_show(s, v));
    *packed = currency_pack(code.ptr);
    return 0;
}

FN(money)
{
    (void)n;
    uint16_t packed;
    int decimals;
    if (currency_of(s, &a[1], &packed, &decimals) != 0)
        return -1;
    *out = value_money(value_as_decimal(a), packed);
    return 0;
}

FN(currency)
{
    (void)n;
    if (!a->currency)
        return fn_fail(s, "%s has no currency", fn_show(s, a));
    char code[4];
    currency_unpack(a->currency, code);
    *out = value_text(text_of(arena_strdup(s->env->arena, code)));
    return 0;
}

FN(convert)
{
    uint16_t packed;
    int decimals;
    struct decimal rate = value_as_decimal(&a[2]);
    if (currency_of(s, &a[1], &packed, &decimals) != 0 ||
        (n > 3 && decimals_of(s, &a[3], 0, &decimals) != 0))
        return -1;
    if (decimal_sign(rate) <= 0)
        return fn_fail(s, "a rate must be above zero, not %s",
                       fn_show(s, &a[2]));
    struct decimal d;
    enum decimal_status status = decimal_mul_round(
        value_as_decimal(a), rate, decimals, ROUND_HALF_AWAY, &d);
    if (status != DECIMAL_OK)
        return fn_fail_decimal(s, status, a, 3);
    *out = value_money(d, packed);
    return 0;
}

/* Decimals of the smallest unit of an amount; 2 for a number. */
static int unit_decimals(const struct value *v)
{
    char code[4] = "";
    if (v->tag == VALUE_MONEY && v->currency)
        currency_unpack(v->currency, code);
    int decimals = iso_currency_decimals(text_of(code));
    return decimals < 0 ? 2 : decimals;
}

/* The gross without the VAT in it. A rate of 1 and above is a percentage
 * written without its sign. */
static int net(const struct fn_state *s, const struct value *a, size_t n,
               struct decimal *out)
{
    int decimals = unit_decimals(a);
    struct decimal rate = value_as_decimal(&a[1]);
    if (n > 2 && decimals_of(s, &a[2], 0, &decimals) != 0)
        return -1;
    if (decimal_sign(rate) < 0 || decimal_compare(rate, decimal_int(1)) >= 0)
        return fn_fail(s, "a rate of %s is not between 0%% and 100%%; 21%% is "
                          "written 21%% or 0.21",
                       fn_show(s, &a[1]));
    struct decimal factor;
    enum decimal_status status = decimal_add(decimal_int(1), rate, &factor);
    if (status == DECIMAL_OK)
        status = decimal_div(value_as_decimal(a), factor, decimals,
                             ROUND_HALF_AWAY, out);
    return status == DECIMAL_OK ? 0 : fn_fail_decimal(s, status, a, n);
}

FN(net_of)
{
    struct decimal d;
    if (net(s, a, n, &d) != 0)
        return -1;
    *out = fn_number_value(a, d);
    return 0;
}

FN(vat_of)
{
    struct decimal d;
    if (net(s, a, n, &d) != 0)
        return -1;
    enum decimal_status status = decimal_sub(value_as_decimal(a), d, &d);
    if (status != DECIMAL_OK)
        return fn_fail_decimal(s, status, a, n);
    *out = fn_number_value(a, d);
    return 0;
}

FN(round_to)
{
    struct decimal step = value_as_decimal(&a[1]);
    struct decimal d = value_as_decimal(a);
    if (decimal_sign(step) <= 0)
        return fn_fail(s, "a step must be above zero, not %s",
                       fn_show(s, &a[1]));
    int scale = d.scale > step.scale ? d.scale : step.scale;
    enum decimal_status status =
        decimal_div(d, step, 0, ROUND_HALF_AWAY, &d);
    if (status == DECIMAL_OK)
        status = decimal_mul(d, step, &d);
    if (status == DECIMAL_OK)
        status = decimal_round(d, scale, ROUND_HALF_AWAY, &d);
    if (status != DECIMAL_OK)
        return fn_fail_decimal(s, status, a, n);
    *out = fn_number_value(a, d);
    return 0;
}
