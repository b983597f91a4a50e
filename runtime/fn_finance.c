/* Checks of numbers that carry their own proof: accounts, banks, references,
 * entities, persons. VAT numbers stand in runtime/fn_vat.c. */
#include "config.h"

#include "base/iso.h"
#include "runtime/fn_internal.h"
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

int fn_compact(struct text t, const char *drop, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        if (c && strchr(drop, c))
            continue;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        if ((!is_digit(c) && !is_capital(c)) || len + 1 >= size)
            return -1;
        out[len++] = c;
    }
    out[len] = '\0';
    return (int)len;
}

static int answer(struct value *out, bool yes)
{
    *out = value_yesno(yes);
    return 0;
}

/* The rest after dividing by 97, letters as 10 to 35 (ISO 7064). */
static unsigned mod97(const char *text, size_t len, unsigned start)
{
    unsigned rest = start;
    for (size_t i = 0; i < len; i++) {
        if (is_digit(text[i]))
            rest = (rest * 10 + (unsigned)(text[i] - '0')) % 97;
        else
            rest = (rest * 100 + (unsigned)(text[i] - 'A' + 10)) % 97;
    }
    return rest;
}

/* Check digits in places 3 and 4, computed with the first four at the end. */
static bool passes_iban_rule(const char *text, size_t len)
{
    return mod97(text, 4, mod97(text + 4, len - 4, 0)) == 1;
}

/* Length of each country's account numbers, from the IBAN registry. */
static const char iban_lengths[] =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27"
    "DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28"
    "IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22"
    "MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24"
    "SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

static size_t iban_length(const char *country)
{
    for (const char *at = iban_lengths; *at; at += 4) {
        if (memcmp(at, country, 2) == 0)
            return (size_t)(at[2] - '0') * 10 + (size_t)(at[3] - '0');
    }
    return 0;
}

FN(is_iban)
{
    (void)s;
    (void)n;
    char iban[40];
    int len = fn_compact(fn_text_of(a), " ", iban, sizeof iban);
    bool good = len >= 15 && (size_t)len == iban_length(iban) &&
                is_digit(iban[2]) && is_digit(iban[3]) &&
                passes_iban_rule(iban, (size_t)len);
    return answer(out, good);
}

FN(is_bic)
{
    (void)s;
    (void)n;
    struct text t = fn_text_of(a);
    if (t.len != 8 && t.len != 11)
        return answer(out, false);
    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        if (!is_capital(c) && !(is_digit(c) && i >= 6) &&
            !(is_digit(c) && i < 4))
            return answer(out, false);
    }
    struct text country = text_slice(t, 4, 2);
    return answer(out, iso_is_country(country) || text_is(country, "XK"));
}

FN(is_creditor_reference)
{
    (void)s;
    (void)n;
    char reference[32];
    int len = fn_compact(fn_text_of(a), " ", reference, sizeof reference);
    bool good = len >= 5 && len <= 25 && memcmp(reference, "RF", 2) == 0 &&
                is_digit(reference[2]) && is_digit(reference[3]) &&
                passes_iban_rule(reference, (size_t)len);
    return answer(out, good);
}

FN(is_lei)
{
    (void)s;
    (void)n;
    char lei[24];
    struct text t = fn_text_of(a);
    int len = fn_compact(t, "", lei, sizeof lei);
    bool good = len == 20 && memcmp(lei, t.ptr, 20) == 0 &&
                is_digit(lei[18]) && is_digit(lei[19]) &&
                mod97(lei, 20, 0) == 1;
    return answer(out, good);
}

FN(is_currency)
{
    (void)s;
    (void)n;
    return answer(out, iso_currency_decimals(fn_text_of(a)) >= 0);
}

FN(is_country)
{
    (void)s;
    (void)n;
    return answer(out, iso_is_country(fn_text_of(a)));
}

/* Digits of `t`, blanks and dashes left out; -1 when others stand in it. */
static int digits_of(struct text t, char *out, size_t size)
{
    int len = fn_compact(t, " -", out, size);
    for (int i = 0; i < len; i++) {
        if (!is_digit(out[i]))
            return -1;
    }
    return len;
}

FN(luhn)
{
    (void)s;
    (void)n;
    char digits[64];
    int len = digits_of(fn_text_of(a), digits, sizeof digits);
    int sum = 0;
    for (int i = 0; i < len; i++) {
        int d = digits[len - 1 - i] - '0';
        if (i % 2)
            d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return answer(out, len >= 2 && sum % 10 == 0);
}

/* Weights 9 to 2, and -1 for the last digit; 8 digits have lost a zero. */
FN(check_digits_mod11)
{
    (void)s;
    (void)n;
    char digits[16];
    int len = fn_compact(fn_text_of(a), " .", digits, sizeof digits);
    int sum = 0;
    bool any = false;
    for (int i = 0; i < len; i++) {
        if (!is_digit(digits[i]))
            return answer(out, false);
        int weight = i == len - 1 ? -1 : len - i;
        sum += weight * (digits[i] - '0');
        any = any || digits[i] != '0';
    }
    return answer(out, (len == 8 || len == 9) && any && sum % 11 == 0);
}
