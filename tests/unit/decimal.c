/* Decimals: reading and printing by table, arithmetic against rows that an
 * independent implementation made (tests/lib/decimal_oracle.py), and laws
 * that hold for every pair of numbers. decimal.t FILE reads other rows. */
#include "config.h"

#include "base/decimal.h"
#include "base/wide.h"
#include "tests/lib/tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *status_word(enum decimal_status status)
{
    static const char *const words[] = { "ok",     "overflow", "scale",
                                         "syntax", "zero",     "inexact" };
    return words[status];
}

static struct decimal read_number(const char *string)
{
    struct decimal d = { 0, 0 };
    if (decimal_parse(text_of(string), &d) != DECIMAL_OK)
        printf("Bail out! cannot read %s\n", string);
    return d;
}

struct parse_case {
    const char *in, *out;
};

static const struct parse_case parses[] = {
    { "0", "0" },
    { "-0", "0" },
    { "-0.00", "0.00" },
    { "1.10", "1.10" },
    { "-12.345", "-12.345" },
    { "0.000000000001", "0.000000000001" },
    { "0.0000000000010000", "0.000000000001" },
    { "0.0000000000001", "scale" },
    { "1e2", "100" },
    { "1E+2", "100" },
    { "1.5e-3", "0.0015" },
    { "12345e-2", "123.45" },
    { "1.23e1", "12.3" },
    { "0e999999999999", "0" },
    { "0e-999999999999", "0.000000000000" },
    { "1e33", "1000000000000000000000000000000000" },
    { "1e34", "overflow" },
    { "1e999999999999", "overflow" },
    { "1e-12", "0.000000000001" },
    { "1e-13", "scale" },
    { "1000e-15", "0.000000000001" },
    { "999999999999999999", "999999999999999999" },
    { "9999999999999999999", "9999999999999999999" },
    { "18446744073709551616", "18446744073709551616" },
    { "9999999999999999999999999999999999",
      "9999999999999999999999999999999999" },
    { "-9999999999999999999999999999999999",
      "-9999999999999999999999999999999999" },
    { "10000000000000000000000000000000000", "overflow" },
    { "9999999999999999999999.999999999999",
      "9999999999999999999999.999999999999" },
    { "1.1000000000000001", "scale" },
    { "1000000000000000000000000000000000.00",
      "1000000000000000000000000000000000" },
    { "100000000000000000000000000000000000000000e-9",
      "100000000000000000000000000000000.0" },
    { "1.0000000000000000000000000000000000000000000000000", "1.000000000000" },
    { "", "syntax" },
    { "-", "syntax" },
    { "+1", "syntax" },
    { "01", "syntax" },
    { "00", "syntax" },
    { "1.", "syntax" },
    { ".5", "syntax" },
    { "1e", "syntax" },
    { "1e+", "syntax" },
    { "1.e1", "syntax" },
    { "1 ", "syntax" },
    { " 1", "syntax" },
    { "1,5", "syntax" },
    { "1_000", "syntax" },
    { "NaN", "syntax" },
    { "Infinity", "syntax" },
    { "0x1", "syntax" },
    { "1e1.5", "syntax" },
    { "--1", "syntax" },
};

static void test_parse(void)
{
    for (size_t i = 0; i < sizeof parses / sizeof *parses; i++) {
        struct decimal d;
        char out[DECIMAL_TEXT_MAX];
        enum decimal_status s = decimal_parse(text_of(parses[i].in), &d);
        const char *got = status_word(s);
        if (s == DECIMAL_OK) {
            size_t len = decimal_print(d, out);
            got = len == strlen(out) ? out : "wrong length";
        }
        is_text(got, parses[i].out, "reads \"%s\"", parses[i].in);
    }
}

static enum rounding rounding_named(const char *word)
{
    if (strncmp(word, "half_away", 9) == 0)
        return ROUND_HALF_AWAY;
    if (strncmp(word, "half_even", 9) == 0)
        return ROUND_HALF_EVEN;
    return strncmp(word, "up", 2) == 0 ? ROUND_UP : ROUND_DOWN;
}

static enum decimal_status compute(const char *op, struct decimal a,
                                   const char *right, const char *mode,
                                   struct decimal *out)
{
    if (strcmp(op, "round") == 0)
        return decimal_round(a, (int)strtol(right, NULL, 10),
                             rounding_named(mode), out);
    struct decimal b = read_number(right);
    if (strcmp(op, "add") == 0)
        return decimal_add(a, b, out);
    if (strcmp(op, "sub") == 0)
        return decimal_sub(a, b, out);
    if (strcmp(op, "mul") == 0)
        return decimal_mul(a, b, out);
    if (strcmp(op, "exact") == 0)
        return decimal_div_exact(a, b, out);
    if (strcmp(op, "compare") == 0) {
        *out = decimal_int(decimal_compare(a, b));
        return DECIMAL_OK;
    }
    const char *blank = strchr(mode, ' ');
    return decimal_div(a, b, (int)strtol(blank ? blank : "0", NULL, 10),
                       rounding_named(mode), out);
}

/* Splits a row at its tabs, in place. */
static int split_row(char *line, char *cells[5])
{
    int count = 0;
    char *at = line;
    line[strcspn(line, "\n")] = '\0';
    while (count < 5 && at) {
        cells[count++] = at;
        at = strchr(at, '\t');
        if (at)
            *at++ = '\0';
    }
    return count;
}

static bool check_row(char *cells[5])
{
    struct decimal result = { 0, 0 };
    struct decimal a = read_number(cells[1]);
    enum decimal_status s =
        compute(cells[0], a, cells[2], cells[3], &result);
    char out[DECIMAL_TEXT_MAX];
    const char *got = status_word(s);
    if (s == DECIMAL_OK) {
        decimal_print(decimal_trim(result), out);
        got = out;
    }
    if (strcmp(got, cells[4]) == 0)
        return true;
    /* out of range both ways: either name will do */
    bool both = (s == DECIMAL_OVERFLOW || s == DECIMAL_SCALE) &&
                (!strcmp(cells[4], "overflow") || !strcmp(cells[4], "scale"));
    if (!both)
        tap_diag("%s %s %s %s: got %s, want %s", cells[0], cells[1], cells[2],
                 cells[3], got, cells[4]);
    return both;
}

static void test_oracle(const char *path)
{
    FILE *file = fopen(path, "r");
    ok(file != NULL, "rows of the oracle can be read: %s", path);
    if (!file)
        return;
    char line[512];
    char *cells[5];
    int rows = 0, wrong = 0;
    while (fgets(line, sizeof line, file)) {
        if (split_row(line, cells) != 5)
            continue;
        rows++;
        wrong += !check_row(cells);
    }
    fclose(file);
    ok(rows >= 1000, "%d rows, at least 1000", rows);
    is_int(wrong, 0, "rows that differ from the oracle");
}

static uint64_t state = 20250701;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static struct decimal draw_number(void)
{
    uint128 coef = draw() % 3 ? draw() : ((uint128)draw() << 40) * draw();
    coef >>= draw() % 60;
    while (coef >= (uint128)UINT64_C(10000000000000000) *
                       UINT64_C(1000000000000000000))
        coef /= 1000;
    struct decimal d = { (int128)coef, (int32_t)(draw() % 13) };
    return draw() % 2 ? decimal_negate(d) : d;
}

static bool same(struct decimal a, struct decimal b)
{
    return decimal_compare(a, b) == 0;
}

static void test_laws(void)
{
    int commute = 0, back = 0, print = 0, divide = 0, bounds = 0;
    for (int i = 0; i < 20000; i++) {
        struct decimal a = draw_number();
        struct decimal b = draw_number();
        struct decimal x, y;
        enum decimal_status s = decimal_add(a, b, &x);
        enum decimal_status t = decimal_add(b, a, &y);
        commute += s != t || (s == DECIMAL_OK && !same(x, y));
        if (s == DECIMAL_OK && decimal_sub(x, b, &y) == DECIMAL_OK)
            back += !same(y, a);
        char out[DECIMAL_TEXT_MAX];
        size_t len = decimal_print(a, out);
        print += decimal_parse((struct text){ out, len }, &y) != DECIMAL_OK ||
                 !same(a, y) || y.scale != a.scale;
        if (b.coef && decimal_div_exact(a, b, &x) == DECIMAL_OK)
            divide += decimal_mul(x, b, &y) != DECIMAL_OK || !same(y, a);
        struct decimal up, down;
        if (b.coef && decimal_div(a, b, 2, ROUND_UP, &up) == DECIMAL_OK &&
            decimal_div(a, b, 2, ROUND_DOWN, &down) == DECIMAL_OK) {
            struct decimal gap;
            decimal_sub(up, down, &gap);
            struct decimal cent = { 1, 2 };
            if (gap.coef < 0)
                gap = decimal_negate(gap);
            bounds += gap.coef != 0 && !same(gap, cent);
        }
    }
    is_int(commute, 0, "a + b is b + a");
    is_int(back, 0, "a + b - b is a");
    is_int(print, 0, "what is printed reads back the same");
    is_int(divide, 0, "an exact quotient times the divisor is the dividend");
    is_int(bounds, 0, "rounding up and down are at most a unit apart");
}

/* Quotient and remainder of 256 bits, checked by multiplying back. */
static void test_wide(void)
{
    int wrong = 0;
    for (int i = 0; i < 20000; i++) {
        uint128 x = ((uint128)draw() << 64) | draw();
        uint128 y = ((uint128)draw() << 64) | draw();
        struct wide a = wide_mul(x >> (draw() % 128), y);
        uint128 d = (((uint128)draw() << 64) | draw()) >> (draw() % 127);
        struct wide b = draw() % 4 ? wide_of(d ? d : 1) : wide_mul(d | 1, 3);
        struct wide q, r;
        wide_divide(&a, &b, &q, &r);
        bool small = wide_compare(&r, &b) < 0;
        if (wide_fits(&q) && wide_fits(&b)) {
            struct wide back = wide_mul(wide_low(&q), wide_low(&b));
            wide_add(&back, &r);
            small = small && wide_compare(&back, &a) == 0;
        }
        wrong += !small;
    }
    is_int(wrong, 0, "quotient times divisor plus remainder is the dividend");
}

static void test_small(void)
{
    struct decimal d;
    int64_t whole;
    ok(decimal_to_int64(read_number("12.000"), &whole) && whole == 12,
       "12.000 is whole");
    ok(!decimal_to_int64(read_number("12.001"), &whole), "12.001 is not");
    ok(decimal_to_int64(read_number("-9223372036854775808"), &whole) &&
           whole == INT64_MIN,
       "the smallest whole");
    ok(!decimal_to_int64(read_number("9223372036854775808"), &whole),
       "one past the largest whole");
    is_int(decimal_rescale(read_number("1.50"), 1, &d), DECIMAL_OK, "1.50 to 1");
    is_int(d.scale, 1, "has one decimal");
    is_int(decimal_rescale(read_number("1.55"), 1, &d), DECIMAL_INEXACT,
           "1.55 to 1 loses a digit");
    is_int(decimal_round(read_number("1"), 2, ROUND_HALF_AWAY, &d), DECIMAL_OK,
           "rounding to more decimals");
    is_int(d.scale, 2, "pads");
    is_int(decimal_round(read_number("1"), 13, ROUND_UP, &d), DECIMAL_SCALE,
           "13 decimals are too many");
    is_int(decimal_round(read_number("1"), -40, ROUND_UP, &d),
           DECIMAL_OVERFLOW, "up to 10^40");
    is_int(decimal_sign(read_number("-0.01")), -1, "sign");
    ok(decimal_is_zero(read_number("0.00")), "0.00 is zero");
    is_int(decimal_div_exact(read_number("10.00"), read_number("4"), &d),
           DECIMAL_OK, "10.00 / 4");
    is_int(d.scale, 2, "keeps its two decimals");
}

int main(int argc, char **argv)
{
    char path[4096];
    const char *src = getenv("SRC");
    snprintf(path, sizeof path, "%s/tests/data/decimal.tsv", src ? src : ".");
    test_parse();
    test_oracle(argc > 1 ? argv[1] : path);
    test_laws();
    test_wide();
    test_small();
    return tap_done();
}
