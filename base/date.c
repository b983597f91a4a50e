/* The calendar: days and civil dates into each other, ISO weeks, and the
 * written forms. Days are counted in eras of 400 years, which repeat. */
#include "config.h"

#include "base/date.h"
#include <stdio.h>

#define YEAR_MAX 9999
#define DAY_SECONDS INT64_C(86400)
#define SECOND_MICROS INT64_C(1000000)

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int32_t date_days_in_month(int32_t year, int32_t month)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31 };
    if (month < 1 || month > 12)
        return 0;
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool date_is_valid(int32_t year, int32_t month, int32_t day)
{
    return year >= 1 && year <= YEAR_MAX && month >= 1 && month <= 12 &&
           day >= 1 && day <= date_days_in_month(year, month);
}

/* Years here begin in March, so that the leap day is the last of its year. */
int32_t date_from_civil(struct civil c)
{
    int32_t year = c.month <= 2 ? c.year - 1 : c.year;
    int32_t era = (year >= 0 ? year : year - 399) / 400;
    int32_t year_of_era = year - era * 400;
    int32_t month = (c.month + 9) % 12;
    int32_t day_of_year = (153 * month + 2) / 5 + c.day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 -
                         year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil date_to_civil(int32_t days)
{
    int64_t shifted = (int64_t)days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int32_t doe = (int32_t)(shifted - era * 146097);
    int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int32_t month = (5 * doy + 2) / 153;
    struct civil c = {
        .year = (int32_t)(yoe + era * 400) + (month >= 10 ? 1 : 0),
        .month = month < 10 ? month + 3 : month - 9,
        .day = doy - (153 * month + 2) / 5 + 1,
    };
    return c;
}

int32_t date_weekday(int32_t days)
{
    int32_t from_thursday = days % 7; /* 1970-01-01 was a Thursday */
    return (from_thursday + 7 + 3) % 7 + 1;
}

int32_t date_iso_week(int32_t days, int32_t *year)
{
    int32_t thursday = days - date_weekday(days) + 4;
    struct civil c = date_to_civil(thursday);
    if (year)
        *year = c.year;
    int32_t first = date_from_civil((struct civil){ c.year, 1, 1 });
    return (thursday - first) / 7 + 1;
}

/* Exactly `count` digits at `*at`. */
static bool take_digits(struct text t, size_t *at, size_t count, int32_t *out)
{
    if (t.len < count || *at > t.len - count)
        return false;
    int32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        char c = t.ptr[*at + i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *at += count;
    *out = value;
    return true;
}

static bool take_char(struct text t, size_t *at, char c)
{
    if (*at >= t.len || t.ptr[*at] != c)
        return false;
    ++*at;
    return true;
}

/* Whether eight bytes are digits where `form` has a 0, and are what it has
 * elsewhere; `past` lifts what is more than that, 9 or 0, over 15. The digits'
 * values go to `digits`. */
static inline bool has_form(const char *p, const char *form, const char *past,
                            uint8_t digits[8])
{
    uint64_t word, zero, over;
    memcpy(&word, p, 8);
    memcpy(&zero, form, 8);
    memcpy(&over, past, 8);
    word ^= zero;
    memcpy(digits, &word, 8);
    return !((word | (word + over)) & UINT64_C(0xf0f0f0f0f0f0f0f0));
}

/* "YYYY-MM-DD", the first ten bytes of `p`; a year of 0 is refused. */
static inline bool quick_date(const char *p, int32_t *days)
{
    uint8_t d[8], tens = (uint8_t)(p[8] - '0'), ones = (uint8_t)(p[9] - '0');
    if (!has_form(p, "0000-00-", "\6\6\6\6\17\6\6\17", d) || tens > 9 || ones > 9)
        return false;
    struct civil c = { d[0] * 1000 + d[1] * 100 + d[2] * 10 + d[3],
                       d[5] * 10 + d[6], tens * 10 + ones };
    if (!date_is_valid(c.year, c.month, c.day))
        return false;
    *days = date_from_civil(c);
    return true;
}

/* "YYYY-MM-DDTHH:MM:SSZ" */
static bool quick_datetime(const char *p, int64_t *micros)
{
    uint8_t d[8];
    int32_t days;
    if (p[10] != 'T' || p[19] != 'Z' || !quick_date(p, &days) ||
        !has_form(p + 11, "00:00:00", "\6\6\17\6\6\17\6\6", d))
        return false;
    int hour = d[0] * 10 + d[1], minute = d[3] * 10 + d[4];
    int second = d[6] * 10 + d[7];
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *micros = (days * DAY_SECONDS + hour * 3600 + minute * 60 + second) *
              SECOND_MICROS;
    return true;
}

static bool take_date(struct text t, size_t *at, int32_t *days)
{
    struct civil c;
    if (!take_digits(t, at, 4, &c.year) || !take_char(t, at, '-') ||
        !take_digits(t, at, 2, &c.month) || !take_char(t, at, '-') ||
        !take_digits(t, at, 2, &c.day) ||
        !date_is_valid(c.year, c.month, c.day))
        return false;
    *days = date_from_civil(c);
    return true;
}

bool date_parse(struct text t, int32_t *days)
{
    size_t at = 0;
    if (t.len == 10)
        return quick_date(t.ptr, days);
    return take_date(t, &at, days) && at == t.len;
}

static void put_digits(char *out, int32_t value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void date_print(int32_t days, char out[11])
{
    struct civil c = date_to_civil(days);
    put_digits(out, c.year, 4);
    out[4] = '-';
    put_digits(out + 5, c.month, 2);
    out[7] = '-';
    put_digits(out + 8, c.day, 2);
    out[10] = '\0';
}

/* Parts of a date as a pattern names them; 0: not given yet. */
struct parts {
    struct civil c;
    bool has_year, has_month, has_day;
};

static size_t run_of(struct text pattern, size_t at)
{
    size_t end = at;
    while (end < pattern.len && pattern.ptr[end] == pattern.ptr[at])
        end++;
    return end - at;
}

/* One or two digits for a single letter, exactly `letters` otherwise. */
static bool take_part(struct text t, size_t *at, size_t letters, int32_t *out)
{
    if (letters > 1)
        return take_digits(t, at, letters, out);
    return take_digits(t, at, 2, out) || take_digits(t, at, 1, out);
}

static const char *const wrong_form = "the text does not have the pattern's form";

static const char *read_letters(struct text t, size_t *at, char letter,
                                size_t letters, struct parts *p)
{
    bool year = letter == 'y';
    bool *has = year ? &p->has_year
                     : letter == 'm' ? &p->has_month : &p->has_day;
    int32_t *part = year ? &p->c.year
                         : letter == 'm' ? &p->c.month : &p->c.day;
    if (year && letters == 2)
        return "a year needs four digits: write yyyy";
    if (letters > (year ? 4u : 2u) || (year && letters != 4))
        return "a pattern is made of dd or d, mm or m, and yyyy";
    if (*has)
        return "the pattern names a part of the date twice";
    *has = true;
    return take_part(t, at, letters, part) ? NULL : wrong_form;
}

static const char *read_pattern(struct text t, struct text pattern,
                                struct parts *p)
{
    size_t at = 0;
    const char *bad = NULL;
    for (size_t i = 0; i < pattern.len;) {
        char c = pattern.ptr[i];
        if (c != 'd' && c != 'm' && c != 'y') {
            if (!take_char(t, &at, c) && !bad)
                bad = wrong_form;
            i++;
            continue;
        }
        size_t letters = run_of(pattern, i);
        const char *why = read_letters(t, &at, c, letters, p);
        if (why && (!bad || why != wrong_form))
            bad = why; /* a wrong pattern is told before a wrong text */
        i += letters;
    }
    if (bad && bad != wrong_form)
        return bad;
    if (!p->has_year || !p->has_month || !p->has_day)
        return "the pattern must name day, month and year: d, m and yyyy";
    return bad ? bad : at == t.len ? NULL : wrong_form;
}

bool date_parse_pattern(struct text t, struct text pattern, int32_t *days,
                        const char **why)
{
    struct parts p = { 0 };
    const char *bad = read_pattern(t, pattern, &p);
    if (!bad && !date_is_valid(p.c.year, p.c.month, p.c.day))
        bad = "there is no such day in the calendar";
    if (bad) {
        if (why)
            *why = bad;
        return false;
    }
    *days = date_from_civil(p.c);
    return true;
}

bool date_pattern_is_sound(struct text pattern, const char **why)
{
    struct parts p = { 0 };
    const char *bad = read_pattern(TEXT_NONE, pattern, &p);
    if (!bad || bad == wrong_form)
        return true;
    if (why)
        *why = bad;
    return false;
}

/* "HH:MM[:SS[.f…]]"; the fraction only with `micros`. */
static bool take_time(struct text t, size_t *at, int32_t *seconds,
                      int64_t *micros)
{
    int32_t hour, minute, second = 0;
    if (!take_digits(t, at, 2, &hour) || !take_char(t, at, ':') ||
        !take_digits(t, at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    bool has_seconds = take_char(t, at, ':');
    if (has_seconds && !take_digits(t, at, 2, &second))
        return false;
    if (second == 60)
        second = 59; /* a leap second; no calendar here knows them */
    if (second > 59)
        return false;
    *seconds = hour * 3600 + minute * 60 + second;
    if (!micros)
        return true;
    *micros = 0;
    if (!has_seconds || !(take_char(t, at, '.') || take_char(t, at, ',')))
        return true;
    int32_t digit;
    int64_t unit = SECOND_MICROS / 10;
    bool any = false;
    while (take_digits(t, at, 1, &digit)) {
        *micros += digit * unit;
        unit /= 10;
        any = true;
    }
    return any;
}

bool time_parse(struct text t, int32_t *seconds)
{
    size_t at = 0;
    return take_time(t, &at, seconds, NULL) && at == t.len;
}

/* "Z", "+hh", "+hhmm", "+hh:mm" or nothing. */
static bool take_offset(struct text t, size_t *at, int64_t *seconds,
                        bool *has_offset)
{
    *seconds = 0;
    *has_offset = *at < t.len;
    if (!*has_offset || take_char(t, at, 'Z') || take_char(t, at, 'z'))
        return true;
    bool minus = take_char(t, at, '-');
    if (!minus && !take_char(t, at, '+'))
        return false;
    int32_t hours, minutes = 0;
    if (!take_digits(t, at, 2, &hours))
        return false;
    if (*at < t.len) {
        (void)take_char(t, at, ':');
        if (!take_digits(t, at, 2, &minutes))
            return false;
    }
    if (hours > 23 || minutes > 59)
        return false;
    *seconds = (int64_t)hours * 3600 + (int64_t)minutes * 60;
    if (minus)
        *seconds = -*seconds;
    return true;
}

bool datetime_parse(struct text t, int64_t *micros, bool *has_offset)
{
    size_t at = 0;
    int32_t days, seconds;
    int64_t fraction, offset;
    bool zoned;
    if (t.len == 20 && quick_datetime(t.ptr, micros)) {
        if (has_offset)
            *has_offset = true;
        return true;
    }
    if (!take_date(t, &at, &days))
        return false;
    if (!take_char(t, &at, 'T') && !take_char(t, &at, 't') &&
        !take_char(t, &at, ' '))
        return false;
    if (!take_time(t, &at, &seconds, &fraction) ||
        !take_offset(t, &at, &offset, &zoned) || at != t.len)
        return false;
    int64_t instant = days * DAY_SECONDS + seconds - offset;
    int64_t first = date_from_civil((struct civil){ 1, 1, 1 }) * DAY_SECONDS;
    int64_t past =
        (date_from_civil((struct civil){ YEAR_MAX, 12, 31 }) + 1) * DAY_SECONDS;
    if (instant < first || instant >= past)
        return false;
    *micros = instant * SECOND_MICROS + fraction;
    if (has_offset)
        *has_offset = zoned;
    return true;
}

size_t datetime_print(int64_t micros, char out[32])
{
    int64_t day_micros = DAY_SECONDS * SECOND_MICROS;
    int64_t days = micros / day_micros;
    int64_t rest = micros % day_micros;
    if (rest < 0) {
        rest += day_micros;
        days--;
    }
    int32_t seconds = (int32_t)(rest / SECOND_MICROS);
    int32_t fraction = (int32_t)(rest % SECOND_MICROS);
    date_print((int32_t)days, out);
    out[10] = 'T';
    put_digits(out + 11, seconds / 3600, 2);
    out[13] = ':';
    put_digits(out + 14, seconds / 60 % 60, 2);
    out[16] = ':';
    put_digits(out + 17, seconds % 60, 2);
    size_t len = 19;
    if (fraction) {
        out[len++] = '.';
        put_digits(out + len, fraction, 6);
        len += 6;
    }
    out[len++] = 'Z';
    out[len] = '\0';
    return len;
}
