/* VAT numbers: the form of every country and, where the rule is published,
 * the check digits. A number is judged by itself; whether it is registered
 * only the authorities know. */
#include "config.h"

#include "runtime/fn_internal.h"
#include <string.h>

/* Country, two letters, and what follows them: digits and capitals. */
#define NUMBER_SIZE 24

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Form in one letter per place: 9 a digit, A a capital, * either. */
static bool has_form(const char *text, const char *form)
{
    for (; *form && *text; form++, text++) {
        bool good = *form == '9'   ? is_digit(*text)
                    : *form == 'A' ? is_capital(*text)
                    : *form == '*' ? is_digit(*text) || is_capital(*text)
                                   : *form == *text;
        if (!good)
            return false;
    }
    return *form == *text;
}

static int digit(const char *t, size_t i)
{
    return t[i] - '0';
}

static int weighted(const char *t, const int *weights, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += digit(t, i) * weights[i];
    return sum;
}

static int64_t number_of(const char *t, size_t from, size_t len)
{
    int64_t value = 0;
    for (size_t i = from; i < from + len; i++)
        value = value * 10 + digit(t, i);
    return value;
}

static bool luhn(const char *t, size_t len)
{
    int sum = 0;
    for (size_t i = 0; i < len; i++) {
        int d = digit(t, len - 1 - i) * (i % 2 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

/* ISO 7064, mod 11,10. */
static bool mod_11_10(const char *t, size_t len)
{
    int product = 10;
    for (size_t i = 0; i + 1 < len; i++) {
        int sum = (product + digit(t, i)) % 10;
        product = (sum ? sum : 10) * 2 % 11;
    }
    return (11 - product) % 10 == digit(t, len - 1);
}

#define WEIGHTS(...) ((const int[]){ __VA_ARGS__ })

static bool austria(const char *t)
{
    if (!has_form(t, "U99999999"))
        return false;
    int sum = 4;
    for (size_t i = 1; i < 8; i++) {
        int d = digit(t, i) * (i % 2 ? 1 : 2);
        sum += d > 9 ? d - 9 : d;
    }
    return (10 - sum % 10) % 10 == digit(t, 8);
}

static bool belgium(const char *t)
{
    return has_form(t, "9999999999") && (t[0] == '0' || t[0] == '1') &&
           97 - number_of(t, 0, 8) % 97 == number_of(t, 8, 2);
}

static bool bulgarian_person(const char *t)
{
    int native = weighted(t, WEIGHTS(2, 4, 8, 5, 10, 9, 7, 3, 6), 9) % 11 % 10;
    int foreign =
        weighted(t, WEIGHTS(21, 19, 17, 13, 11, 9, 7, 3, 1), 9) % 10;
    int other =
        (11 - weighted(t, WEIGHTS(4, 3, 2, 7, 6, 5, 4, 3, 2), 9) % 11) % 11;
    int last = digit(t, 9);
    return native == last || foreign == last || other == last;
}

static bool bulgaria(const char *t)
{
    if (has_form(t, "9999999999"))
        return bulgarian_person(t);
    if (!has_form(t, "999999999"))
        return false;
    int check = weighted(t, WEIGHTS(1, 2, 3, 4, 5, 6, 7, 8), 8) % 11;
    if (check == 10)
        check = weighted(t, WEIGHTS(3, 4, 5, 6, 7, 8, 9, 10), 8) % 11 % 10;
    return check == digit(t, 8);
}

static bool cyprus(const char *t)
{
    static const int odd[] = { 1, 0, 5, 7, 9, 13, 15, 17, 19, 21 };
    if (!has_form(t, "99999999A") || memcmp(t, "12", 2) == 0)
        return false;
    int sum = 0;
    for (size_t i = 0; i < 8; i++)
        sum += i % 2 ? digit(t, i) : odd[digit(t, i)];
    return 'A' + sum % 26 == t[8];
}

static bool czechia(const char *t)
{
    if (has_form(t, "99999999") && t[0] != '9') {
        int sum = weighted(t, WEIGHTS(8, 7, 6, 5, 4, 3, 2), 7);
        return (11 - sum % 11) % 10 == digit(t, 7);
    }
    if (has_form(t, "9999999999")) {
        int64_t rest = number_of(t, 0, 9) % 11;
        return rest % 10 == digit(t, 9);
    }
    return has_form(t, "999999999"); /* persons born before 1954: no digits */
}

static bool germany(const char *t)
{
    return has_form(t, "999999999") && t[0] != '0' && mod_11_10(t, 9);
}

static bool denmark(const char *t)
{
    return has_form(t, "99999999") && t[0] != '0' &&
           weighted(t, WEIGHTS(2, 7, 6, 5, 4, 3, 2, 1), 8) % 11 == 0;
}

static bool estonia(const char *t)
{
    return has_form(t, "999999999") &&
           weighted(t, WEIGHTS(3, 7, 1, 3, 7, 1, 3, 7, 1), 9) % 10 == 0;
}

static bool greece(const char *t)
{
    return has_form(t, "999999999") &&
           weighted(t, WEIGHTS(256, 128, 64, 32, 16, 8, 4, 2), 8) % 11 % 10 ==
               digit(t, 8);
}

static bool spanish_person(const char *t)
{
    static const char letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";
    char plain[10];
    memcpy(plain, t, 10);
    if (plain[0] >= 'X' && plain[0] <= 'Z')
        plain[0] = (char)('0' + (plain[0] - 'X'));
    else if (plain[0] >= 'K' && plain[0] <= 'M')
        plain[0] = '0';
    return has_form(plain, "99999999A") &&
           letters[number_of(plain, 0, 8) % 23] == plain[8];
}

static bool spain(const char *t)
{
    if (has_form(t, "99999999A") || (has_form(t, "A9999999A") &&
                                     strchr("XYZKLM", t[0])))
        return spanish_person(t);
    if (!has_form(t, "A9999999*") || !strchr("ABCDEFGHJNPQRSUVW", t[0]))
        return false;
    int sum = 0;
    for (size_t i = 1; i < 8; i++) {
        int d = digit(t, i) * (i % 2 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    int check = (10 - sum % 10) % 10;
    return t[8] == "JABCDEFGHI"[check] || t[8] == '0' + check;
}

static bool finland(const char *t)
{
    if (!has_form(t, "99999999"))
        return false;
    int rest = weighted(t, WEIGHTS(7, 9, 10, 5, 8, 4, 2), 7) % 11;
    return rest != 1 && (rest ? 11 - rest : 0) == digit(t, 7);
}

static bool france(const char *t)
{
    if (!has_form(t, "**999999999") || strchr("OI", t[0]) ||
        strchr("OI", t[1]))
        return false;
    int64_t siren = number_of(t, 2, 9);
    bool monaco = memcmp(t + 2, "000", 3) == 0;
    if (!monaco && !luhn(t + 2, 9))
        return false;
    if (!is_digit(t[0]) || !is_digit(t[1]))
        return true; /* the rule of keys with letters is not published */
    return (12 + 3 * (siren % 97)) % 97 == number_of(t, 0, 2);
}

static bool croatia(const char *t)
{
    return has_form(t, "99999999999") && mod_11_10(t, 11);
}

static bool hungary(const char *t)
{
    return has_form(t, "99999999") &&
           weighted(t, WEIGHTS(9, 7, 3, 1, 9, 7, 3, 1), 8) % 10 == 0;
}

static bool ireland(const char *t)
{
    static const char letters[] = "WABCDEFGHIJKLMNOPQRSTUV";
    char plain[10] = "0";
    int extra = 0;
    if (has_form(t, "9999999AA") || has_form(t, "9999999A")) {
        memcpy(plain, t, 8);
        if (t[8])
            extra = t[8] == 'W' ? 0 : t[8] - 'A' + 1;
    } else if (has_form(t, "9A99999A")) {
        memcpy(plain + 1, t + 2, 5);
        plain[6] = t[0];
        plain[7] = t[7];
    } else {
        return false;
    }
    int sum = weighted(plain, WEIGHTS(8, 7, 6, 5, 4, 3, 2), 7) + 9 * extra;
    return letters[sum % 23] == plain[7];
}

static bool italy(const char *t)
{
    return has_form(t, "99999999999") && luhn(t, 11);
}

static bool lithuania(const char *t)
{
    static const int first[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2 };
    static const int second[] = { 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4 };
    bool legal = has_form(t, "999999999") && t[7] == '1';
    bool person = has_form(t, "999999999999") && t[10] == '1';
    if (!legal && !person)
        return false;
    size_t count = legal ? 8 : 11;
    int check = weighted(t, first, count) % 11;
    if (check == 10)
        check = weighted(t, second, count) % 11 % 10;
    return check == digit(t, count);
}

static bool luxembourg(const char *t)
{
    return has_form(t, "99999999") &&
           number_of(t, 0, 6) % 89 == number_of(t, 6, 2);
}

static bool latvia(const char *t)
{
    if (!has_form(t, "99999999999"))
        return false;
    if (t[0] <= '3') /* a person: a birthday, no published digits since 2017 */
        return true;
    int rest = weighted(t, WEIGHTS(9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1), 11) % 11;
    return rest == 3;
}

static bool malta(const char *t)
{
    return has_form(t, "99999999") &&
           37 - weighted(t, WEIGHTS(3, 4, 6, 7, 8, 9), 6) % 37 ==
               number_of(t, 6, 2);
}

/* The old rule of eleven, or since 2020 the rule of 97 over NL and all. */
static bool netherlands(const char *t)
{
    if (!has_form(t, "999999999B99"))
        return false;
    if (weighted(t, WEIGHTS(9, 8, 7, 6, 5, 4, 3, 2), 8) % 11 == digit(t, 8) &&
        number_of(t, 0, 9) > 0)
        return true;
    int64_t rest = (2321 * INT64_C(1000000000) + number_of(t, 0, 9)) % 97;
    return (rest * 10000 + 1100 + number_of(t, 10, 2)) % 97 == 1;
}

static bool poland(const char *t)
{
    return has_form(t, "9999999999") &&
           weighted(t, WEIGHTS(6, 5, 7, 2, 3, 4, 5, 6, 7), 9) % 11 ==
               digit(t, 9);
}

static bool portugal(const char *t)
{
    if (!has_form(t, "999999999") || t[0] == '0')
        return false;
    int check = 11 - weighted(t, WEIGHTS(9, 8, 7, 6, 5, 4, 3, 2), 8) % 11;
    return (check > 9 ? 0 : check) == digit(t, 8);
}

static bool romania(const char *t)
{
    size_t len = strlen(t);
    char plain[11] = "0000000000";
    if (len < 2 || len > 10 || t[0] == '0')
        return false;
    memcpy(plain + 10 - len, t, len);
    return has_form(plain, "9999999999") &&
           weighted(plain, WEIGHTS(7, 5, 3, 2, 1, 7, 5, 3, 2), 9) * 10 % 11 %
                   10 ==
               digit(plain, 9);
}

static bool sweden(const char *t)
{
    return has_form(t, "999999999999") && luhn(t, 10) &&
           number_of(t, 10, 2) > 0 && number_of(t, 10, 2) < 95;
}

static bool slovenia(const char *t)
{
    if (!has_form(t, "99999999") || t[0] == '0')
        return false;
    int check = 11 - weighted(t, WEIGHTS(8, 7, 6, 5, 4, 3, 2), 7) % 11;
    return check != 11 && check % 10 == digit(t, 7);
}

static bool slovakia(const char *t)
{
    return has_form(t, "9999999999") && t[0] != '0' && strchr("234789", t[2]) &&
           number_of(t, 0, 10) % 11 == 0;
}

static bool britain(const char *t)
{
    if (has_form(t, "GD999"))
        return number_of(t, 2, 3) < 500;
    if (has_form(t, "HA999"))
        return number_of(t, 2, 3) >= 500;
    if (!has_form(t, "999999999") && !has_form(t, "999999999999"))
        return false;
    int64_t sum = weighted(t, WEIGHTS(8, 7, 6, 5, 4, 3, 2), 7) +
                  number_of(t, 7, 2);
    return number_of(t, 0, 7) > 0 && (sum % 97 == 0 || (sum + 55) % 97 == 0);
}

/* Eight digits, a ninth by the rule of eleven. */
static bool nine_by_eleven(const char *t, const int *weights)
{
    int check = (11 - weighted(t, weights, 8) % 11) % 11;
    return check != 10 && check == digit(t, 8);
}

static bool ends_with_one_of(const char *t, const char *const *ends)
{
    while (*ends && strcmp(t, *ends) != 0)
        ends++;
    return *ends != NULL;
}

static bool switzerland(const char *t)
{
    static const char *const ends[] = { "", "MWST", "TVA", "IVA", NULL };
    if (t[0] != 'E' || strlen(t) < 10 || !ends_with_one_of(t + 10, ends))
        return false;
    for (size_t i = 1; i < 10; i++) {
        if (!is_digit(t[i]))
            return false;
    }
    return nine_by_eleven(t + 1, WEIGHTS(5, 4, 3, 2, 7, 6, 5, 4));
}

static bool norway(const char *t)
{
    static const char *const ends[] = { "", "MVA", NULL };
    if (strlen(t) < 9 || !ends_with_one_of(t + 9, ends))
        return false;
    for (size_t i = 0; i < 9; i++) {
        if (!is_digit(t[i]))
            return false;
    }
    return nine_by_eleven(t, WEIGHTS(3, 2, 7, 6, 5, 4, 3, 2));
}

struct country {
    char code[3];
    bool (*is_number)(const char *t);
};

static const struct country countries[] = {
    { "AT", austria },    { "BE", belgium },     { "BG", bulgaria },
    { "CH", switzerland }, { "CY", cyprus },     { "CZ", czechia },
    { "DE", germany },    { "DK", denmark },     { "EE", estonia },
    { "EL", greece },     { "ES", spain },       { "FI", finland },
    { "FR", france },     { "GB", britain },     { "GR", greece },
    { "HR", croatia },    { "HU", hungary },     { "IE", ireland },
    { "IT", italy },      { "LT", lithuania },   { "LU", luxembourg },
    { "LV", latvia },     { "MT", malta },       { "NL", netherlands },
    { "NO", norway },     { "PL", poland },      { "PT", portugal },
    { "RO", romania },    { "SE", sweden },      { "SI", slovenia },
    { "SK", slovakia },   { "XI", britain },
};

static bool same_country(const char *code, struct text wanted)
{
    if (text_is(wanted, code))
        return true;
    bool greek = text_is(wanted, "GR") || text_is(wanted, "EL");
    return greek && (strcmp(code, "GR") == 0 || strcmp(code, "EL") == 0);
}

static bool is_vat_number(const char *number)
{
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++) {
        if (memcmp(countries[i].code, number, 2) == 0)
            return countries[i].is_number(number + 2);
    }
    return false;
}

FN(is_vat_number)
{
    (void)s;
    char number[NUMBER_SIZE];
    int len = fn_compact(fn_text_of(a), " .-", number, sizeof number);
    bool good = len > 4;
    if (good && n > 1) {
        char code[3] = { number[0], number[1], '\0' };
        good = same_country(code, fn_text_of(&a[1]));
    }
    *out = value_yesno(good && is_vat_number(number));
    return 0;
}
