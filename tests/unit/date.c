/* The calendar, checked day by day over its whole range, and the written
 * forms by table. */
#include "config.h"

#include "base/date.h"
#include "tests/lib/tap.h"
#include <string.h>

static bool leap(int32_t y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* Walks from 0001-01-01 to 9999-12-31 with the plainest rules there are. */
static void test_every_day(void)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31 };
    struct civil c = { 1, 1, 1 };
    int32_t day = -719162;
    int32_t weekday = 1; /* a Monday */
    int wrong = 0;
    while (c.year <= 9999) {
        struct civil back = date_to_civil(day);
        wrong += date_from_civil(c) != day || back.year != c.year ||
                 back.month != c.month || back.day != c.day ||
                 date_weekday(day) != weekday;
        int length = lengths[c.month - 1] + (c.month == 2 && leap(c.year));
        wrong += date_days_in_month(c.year, c.month) != length;
        day++;
        weekday = weekday % 7 + 1;
        if (++c.day > length) {
            c.day = 1;
            if (++c.month > 12) {
                c.month = 1;
                c.year++;
            }
        }
    }
    is_int(wrong, 0, "every day of 9999 years");
    is_int(day, 2932897, "and the last one is the last");
}

struct week_case {
    const char *date;
    int week, year;
};

static const struct week_case weeks[] = {
    { "2005-01-01", 53, 2004 }, { "2005-01-02", 53, 2004 },
    { "2005-12-31", 52, 2005 }, { "2007-01-01", 1, 2007 },
    { "2007-12-30", 52, 2007 }, { "2007-12-31", 1, 2008 },
    { "2008-12-28", 52, 2008 }, { "2008-12-29", 1, 2009 },
    { "2009-12-31", 53, 2009 }, { "2010-01-03", 53, 2009 },
    { "2020-12-31", 53, 2020 }, { "2024-12-30", 1, 2025 },
    { "1970-01-01", 1, 1970 },
};

static void test_weeks(void)
{
    for (size_t i = 0; i < sizeof weeks / sizeof *weeks; i++) {
        int32_t days, year;
        date_parse(text_of(weeks[i].date), &days);
        is_int(date_iso_week(days, &year), weeks[i].week, "week of %s",
               weeks[i].date);
        is_int(year, weeks[i].year, "and its year");
    }
}

static const char *const good_dates[] = { "0001-01-01", "1970-01-01",
                                          "1969-12-31", "2000-02-29",
                                          "2024-02-29", "9999-12-31" };
static const char *const bad_dates[] = {
    "",           "2025-3-4",    "2025-02-29", "1900-02-29", "2025-13-01",
    "2025-00-10", "2025-04-31",  "25-01-01",   "2025-01-01 ", "2025/01/01",
    "0000-01-01", "10000-01-01", "-001-01-01", "2025-01-0a",
};

static void test_dates(void)
{
    for (size_t i = 0; i < sizeof good_dates / sizeof *good_dates; i++) {
        int32_t days = 0;
        char out[11];
        bool read = date_parse(text_of(good_dates[i]), &days);
        date_print(days, out);
        ok(read && strcmp(out, good_dates[i]) == 0, "%s", good_dates[i]);
    }
    for (size_t i = 0; i < sizeof bad_dates / sizeof *bad_dates; i++) {
        int32_t days;
        ok(!date_parse(text_of(bad_dates[i]), &days), "no date: \"%s\"",
           bad_dates[i]);
    }
}

struct pattern_case {
    const char *in, *pattern, *out; /* out: a date or the reason */
};

static const struct pattern_case patterns[] = {
    { "31-03-2025", "dd-mm-yyyy", "2025-03-31" },
    { "3/1/2025", "m/d/yyyy", "2025-03-01" },
    { "12/25/2025", "m/d/yyyy", "2025-12-25" },
    { "20250331", "yyyymmdd", "2025-03-31" },
    { "1.3.2025", "d.m.yyyy", "2025-03-01" },
    { "31-03-25", "dd-mm-yy", "a year needs four digits: write yyyy" },
    { "31-03-2025", "dd-mm", "the pattern must name day, month and year: d, m and yyyy" },
    { "31-03-2025", "dd-mm-yyyyy", "a pattern is made of dd or d, mm or m, and yyyy" },
    { "31-03-2025", "dd-dd-yyyy", "the pattern names a part of the date twice" },
    { "31/03/2025", "dd-mm-yyyy", "the text does not have the pattern's form" },
    { "31-3-2025", "dd-mm-yyyy", "the text does not have the pattern's form" },
    { "31-03-2025x", "dd-mm-yyyy", "the text does not have the pattern's form" },
    { "31-03-202", "dd-mm-yyyy", "the text does not have the pattern's form" },
    { "", "dd-mm-yyyy", "the text does not have the pattern's form" },
    { "31-02-2025", "dd-mm-yyyy", "there is no such day in the calendar" },
    { "00-01-2025", "dd-mm-yyyy", "there is no such day in the calendar" },
    { "29-02-2023", "dd-mm-yyyy", "there is no such day in the calendar" },
};

static void test_patterns(void)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        int32_t days;
        const char *why = NULL;
        char out[11];
        if (date_parse_pattern(text_of(patterns[i].in),
                               text_of(patterns[i].pattern), &days, &why)) {
            date_print(days, out);
            why = out;
        }
        is_text(why, patterns[i].out, "\"%s\" by \"%s\"", patterns[i].in,
                patterns[i].pattern);
    }
}

struct instant_case {
    const char *in, *out; /* out: printed, "local " before it without offset */
};

static const struct instant_case instants[] = {
    { "2025-03-04T16:05:00Z", "2025-03-04T16:05:00Z" },
    { "2025-03-04t16:05:00z", "2025-03-04T16:05:00Z" },
    { "2025-03-04 16:05:00Z", "2025-03-04T16:05:00Z" },
    { "2025-03-04T16:05Z", "2025-03-04T16:05:00Z" },
    { "2025-03-04T16:05:00+01:00", "2025-03-04T15:05:00Z" },
    { "2025-03-04T16:05:00+0530", "2025-03-04T10:35:00Z" },
    { "2025-03-04T16:05:00-08", "2025-03-05T00:05:00Z" },
    { "2025-03-04T16:05:00.123Z", "2025-03-04T16:05:00.123000Z" },
    { "2025-03-04T16:05:00.123456789Z", "2025-03-04T16:05:00.123456Z" },
    { "2025-03-04T16:05:00", "local 2025-03-04T16:05:00Z" },
    { "2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z" }, /* [39] */
    { "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z" },
    { "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z" },
    { "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z" },
    { "0001-01-01T00:00:00+01:00", "no" },
    { "9999-12-31T23:59:59-01:00", "no" },
    { "2025-03-04", "no" },
    { "2025-03-04T", "no" },
    { "2025-03-04T24:00:00Z", "no" },
    { "2025-03-04T16:60:00Z", "no" },
    { "2025-03-04T16:05:61Z", "no" },
    { "2025-03-04T16:05:00.Z", "no" },
    { "2025-03-04T16:05:00+1", "no" },
    { "2025-03-04T16:05:00+24:00", "no" },
    { "2025-03-04T16:05:00ZZ", "no" },
    { "2025-02-30T16:05:00Z", "no" },
};

static void test_instants(void)
{
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        int64_t micros;
        bool zoned;
        char out[48] = "no";
        if (datetime_parse(text_of(instants[i].in), &micros, &zoned)) {
            size_t at = zoned ? 0 : 6;
            memcpy(out, "local ", 6);
            size_t len = datetime_print(micros, out + at);
            if (len != strlen(out + at))
                memcpy(out, "bad length", 11);
        }
        is_text(out, instants[i].out, "\"%s\"", instants[i].in);
    }
    int32_t seconds;
    ok(time_parse(TEXT("06:00"), &seconds) && seconds == 21600, "06:00");
    ok(time_parse(TEXT("23:59:59"), &seconds) && seconds == 86399, "23:59:59");
    ok(!time_parse(TEXT("6:00"), &seconds), "6:00 is no time");
    ok(!time_parse(TEXT("24:00"), &seconds), "24:00 neither");
    ok(!time_parse(TEXT("06:00 "), &seconds), "nor with a blank");
}

int main(void)
{
    test_every_day();
    test_weeks();
    test_dates();
    test_patterns();
    test_instants();
    return tap_done();
}
