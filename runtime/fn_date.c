/* Functions on dates and times. What depends on a time zone takes the one of
 * the flow, or the one it is given by name. */
#include "config.h"

#include "runtime/fn_internal.h"
#include "runtime/zone.h"
#include <string.h>

#define DAY_SECONDS INT64_C(86400)
#define DAY_MICROS (DAY_SECONDS * 1000000)
#define YEAR_MAX 9999

static int give_date(struct value *out, int32_t days)
{
    *out = value_date(days);
    return 0;
}

static int give_integer(struct value *out, int64_t whole)
{
    *out = fn_integer(whole);
    return 0;
}

static struct civil civil_of(const struct value *v)
{
    return date_to_civil((int32_t)v->whole);
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Wall clock of a datetime as if it were UTC. */
static int local_of(const struct fn_state *s, const struct value *v,
                    struct text zone_name, int64_t *local)
{
    const struct zone *zone;
    if (fn_zone(s, zone_name, &zone) != 0)
        return -1;
    *local = zone_to_local(zone, v->whole);
    return 0;
}

static int32_t day_of(int64_t local)
{
    return (int32_t)floor_divide(local, DAY_MICROS);
}

static int32_t seconds_of(int64_t local)
{
    return (int32_t)((local - day_of(local) * DAY_MICROS) / 1000000);
}

static bool in_calendar(int64_t days)
{
    struct civil first = { 1, 1, 1 };
    struct civil last = { YEAR_MAX, 12, 31 };
    return days >= date_from_civil(first) && days <= date_from_civil(last);
}

/* -------------------------------------------------------------- making */

FN(date)
{
    if (a->tag == VALUE_DATETIME) {
        int64_t local;
        if (local_of(s, a, n > 1 ? fn_text_of(&a[1]) : TEXT_NONE, &local) != 0)
            return -1;
        if (!in_calendar(day_of(local)))
            return fn_fail(s, "%s is outside the calendar", fn_show(s, a));
        return give_date(out, day_of(local));
    }
    if (n < 2)
        return fn_fail(s, "a text becomes a date only by a pattern");
    int32_t days;
    const char *why;
    if (!date_parse_pattern(fn_text_of(a), fn_text_of(&a[1]), &days, &why))
        return fn_fail(s, "%s by the pattern %s: %s", fn_show(s, a),
                       fn_show(s, &a[1]), why);
    return give_date(out, days);
}

static struct value time_value(int32_t seconds)
{
    struct value v = fn_missing();
    v.tag = VALUE_TIME;
    v.whole = seconds;
    return v;
}

FN(time)
{
    int32_t seconds;
    if (a->tag == VALUE_DATETIME) {
        int64_t local;
        if (local_of(s, a, n > 1 ? fn_text_of(&a[1]) : TEXT_NONE, &local) != 0)
            return -1;
        seconds = seconds_of(local);
    } else if (!time_parse(fn_text_of(a), &seconds)) {
        return fn_fail(s, "%s is not a time of day as 06:30 or 06:30:00 is",
                       fn_show(s, a));
    }
    *out = time_value(seconds);
    return 0;
}

FN(datetime)
{
    const struct zone *zone;
    if (a->tag == VALUE_DATE) {
        int64_t seconds = n > 1 ? a[1].whole : 0;
        if (fn_zone(s, TEXT_NONE, &zone) != 0)
            return -1;
        int64_t local = a->whole * DAY_MICROS + seconds * 1000000;
        *out = value_datetime(zone_from_local(zone, local));
        return 0;
    }
    int64_t micros;
    bool has_offset;
    if (!datetime_parse(fn_text_of(a), &micros, &has_offset))
        return fn_fail(s, "%s is not a datetime as ISO 8601 writes it",
                       fn_show(s, a));
    if (!has_offset) {
        if (fn_zone(s, TEXT_NONE, &zone) != 0)
            return -1;
        micros = zone_from_local(zone, micros);
    }
    *out = value_datetime(micros);
    return 0;
}

FN(now)
{
    (void)a;
    (void)n;
    *out = value_datetime(s->env->now_us);
    return 0;
}

FN(today)
{
    (void)a;
    (void)n;
    const struct zone *zone;
    if (fn_zone(s, TEXT_NONE, &zone) != 0)
        return -1;
    return give_date(out, day_of(zone_to_local(zone, s->env->now_us)));
}

/* --------------------------------------------------------------- parts */

FN(year)
{
    (void)s;
    (void)n;
    return give_integer(out, civil_of(a).year);
}

FN(month)
{
    (void)s;
    (void)n;
    return give_integer(out, civil_of(a).month);
}

FN(day)
{
    (void)s;
    (void)n;
    return give_integer(out, civil_of(a).day);
}

FN(weekday)
{
    (void)s;
    (void)n;
    return give_integer(out, date_weekday((int32_t)a->whole));
}

FN(iso_week)
{
    (void)s;
    (void)n;
    return give_integer(out, date_iso_week((int32_t)a->whole, NULL));
}

FN(iso_year)
{
    (void)s;
    (void)n;
    int32_t year;
    (void)date_iso_week((int32_t)a->whole, &year);
    return give_integer(out, year);
}

FN(quarter)
{
    (void)s;
    (void)n;
    return give_integer(out, (civil_of(a).month + 2) / 3);
}

FN(hour)
{
    (void)n;
    int64_t local = 0;
    if (a->tag == VALUE_TIME)
        return give_integer(out, a->whole / 3600);
    if (local_of(s, a, TEXT_NONE, &local) != 0)
        return -1;
    return give_integer(out, seconds_of(local) / 3600);
}

FN(first_of_month)
{
    (void)s;
    (void)n;
    struct civil c = civil_of(a);
    c.day = 1;
    return give_date(out, date_from_civil(c));
}

FN(last_of_month)
{
    (void)s;
    (void)n;
    struct civil c = civil_of(a);
    c.day = date_days_in_month(c.year, c.month);
    return give_date(out, date_from_civil(c));
}

FN(first_of_year)
{
    (void)s;
    (void)n;
    struct civil c = { civil_of(a).year, 1, 1 };
    return give_date(out, date_from_civil(c));
}

/* -------------------------------------------------------------- adding */

#define DAYS_MAX INT64_C(3660000) /* more than the calendar has */

FN(add_days)
{
    (void)n;
    int64_t count;
    if (fn_whole(s, &a[1], "the count of days", -DAYS_MAX, DAYS_MAX, &count) !=
        0)
        return -1;
    int64_t days = a->whole + count;
    if (!in_calendar(days))
        return fn_fail(s, "%s and %lld days is outside the calendar",
                       fn_show(s, a), (long long)count);
    return give_date(out, (int32_t)days);
}

/* `months` later; the day is cut or moved on as `policy` says. */
static int move_months(const struct fn_state *s, const struct value *v,
                       int64_t months, struct text policy, struct value *out)
{
    struct civil c = civil_of(v);
    int64_t month = (int64_t)c.year * 12 + c.month - 1 + months;
    int64_t year = floor_divide(month, 12);
    if (year < 1 || year > YEAR_MAX)
        return fn_fail(s, "%s and %lld months is outside the calendar",
                       fn_show(s, v), (long long)months);
    c.year = (int32_t)year;
    c.month = (int32_t)(month - year * 12) + 1;
    int32_t last = date_days_in_month(c.year, c.month);
    if (c.day <= last)
        return give_date(out, date_from_civil(c));
    int32_t wanted = c.day;
    c.day = last;
    if (text_is(policy, "down"))
        return give_date(out, date_from_civil(c));
    if (text_is(policy, "up"))
        return give_date(out, date_from_civil(c) + 1);
    return fn_fail(s, "%s and %lld months: month %d of %d has no day %d",
                   fn_show(s, v), (long long)months, c.month, c.year, wanted);
}

FN(add_months)
{
    (void)n;
    int64_t count;
    if (fn_whole(s, &a[1], "the count of months", -YEAR_MAX * 12,
                 YEAR_MAX * 12, &count) != 0)
        return -1;
    return move_months(s, a, count, fn_text_of(&a[2]), out);
}

FN(add_years)
{
    (void)n;
    int64_t count;
    if (fn_whole(s, &a[1], "the count of years", -YEAR_MAX, YEAR_MAX, &count) !=
        0)
        return -1;
    return move_months(s, a, count * 12, fn_text_of(&a[2]), out);
}

/* -------------------------------------------------------- working days */

static bool is_listed(const struct value_list *list, size_t before, int64_t day)
{
    for (size_t i = 0; i < before; i++) {
        if (list->items[i].tag == VALUE_DATE && list->items[i].whole == day)
            return true;
    }
    return false;
}

static bool is_weekend(int64_t day)
{
    return date_weekday((int32_t)day) > 5;
}

static bool is_working(int64_t day, const struct value_list *holidays)
{
    return !is_weekend(day) &&
           !(holidays && is_listed(holidays, holidays->count, day));
}

/* A hundred years of them; the walk goes day by day. */
#define WORKING_DAYS_MAX 26000

FN(add_working_days)
{
    int64_t count;
    const struct value_list *holidays = n > 2 ? a[2].list : NULL;
    if (fn_whole(s, &a[1], "the count of working days", -WORKING_DAYS_MAX,
                 WORKING_DAYS_MAX, &count) != 0)
        return -1;
    int64_t step = count < 0 ? -1 : 1;
    int64_t day = a->whole;
    while (count != 0) {
        day += step;
        if (!in_calendar(day))
            return fn_fail(s, "the day is outside the calendar");
        if (is_working(day, holidays))
            count -= step;
    }
    return give_date(out, (int32_t)day);
}

/* Mondays to Fridays after `start` up to and including `end`. */
static int64_t weekdays_between(int64_t start, int64_t end)
{
    int64_t weeks = (end - start) / 7;
    int64_t count = weeks * 5;
    for (int64_t day = start + weeks * 7 + 1; day <= end; day++)
        count += !is_weekend(day);
    return count;
}

static int64_t working_between(int64_t start, int64_t end,
                               const struct value_list *holidays)
{
    int64_t count = weekdays_between(start, end);
    for (size_t i = 0; holidays && i < holidays->count; i++) {
        int64_t day = holidays->items[i].whole;
        bool counts = holidays->items[i].tag == VALUE_DATE && day > start &&
                      day <= end && !is_weekend(day) &&
                      !is_listed(holidays, i, day);
        count -= counts;
    }
    return count;
}

FN(working_days_between)
{
    (void)s;
    const struct value_list *holidays = n > 2 ? a[2].list : NULL;
    int64_t start = a[0].whole;
    int64_t end = a[1].whole;
    int64_t count = start <= end ? working_between(start, end, holidays)
                                 : -working_between(end, start, holidays);
    return give_integer(out, count);
}

/* ----------------------------------------------------------- distances */

FN(days_between)
{
    (void)s;
    (void)n;
    return give_integer(out, a[1].whole - a[0].whole);
}

/* A month has passed when its day is reached, or its last day where it has no
 * such day. */
static int64_t months_passed(const struct value *start, const struct value *end)
{
    struct civil from = civil_of(start);
    struct civil to = civil_of(end);
    int64_t months =
        (int64_t)(to.year - from.year) * 12 + to.month - from.month;
    bool last = to.day == date_days_in_month(to.year, to.month);
    return months - (to.day < from.day && !last);
}

FN(months_between)
{
    (void)s;
    (void)n;
    bool forward = a[0].whole <= a[1].whole;
    return give_integer(out, forward ? months_passed(&a[0], &a[1])
                                     : -months_passed(&a[1], &a[0]));
}

/* -------------------------------------------------------------- fiscal */

static int first_month_of(const struct fn_state *s, const struct value *v,
                          int64_t *out)
{
    return fn_whole(s, v, "the first month", 1, 12, out);
}

FN(fiscal_year)
{
    int64_t first;
    if (first_month_of(s, &a[1], &first) != 0)
        return -1;
    struct civil c = civil_of(a);
    int64_t start = c.month >= first ? c.year : c.year - 1;
    bool by_start = n > 2 && text_is(fn_text_of(&a[2]), "start");
    return give_integer(out, by_start || first == 1 ? start : start + 1);
}

FN(fiscal_period)
{
    (void)n;
    int64_t first;
    if (first_month_of(s, &a[1], &first) != 0)
        return -1;
    return give_integer(out, (civil_of(a).month - first + 12) % 12 + 1);
}

/* ------------------------------------------------------------- writing */

struct clock {
    struct civil c;
    int32_t seconds;
    bool has_time;
};

/* The number that `count` letters stand for, or false. */
static bool letters_value(const struct clock *k, char letter, size_t count,
                          int32_t *value)
{
    bool two = count == 2, clock = two && k->has_time;
    switch (letter) {
    case 'y':
        *value = count == 4 ? k->c.year : k->c.year % 100;
        return two || count == 4;
    case 'm':
        *value = k->c.month;
        return count <= 2;
    case 'd':
        *value = k->c.day;
        return count <= 2;
    case 'H':
        *value = k->seconds / 3600;
        return clock;
    case 'M':
        *value = k->seconds / 60 % 60;
        return clock;
    case 'S':
        *value = k->seconds % 60;
        return clock;
    default:
        return false;
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char *put_digits(char *out, int32_t value, int digits)
{
    char reversed[12];
    int n = 0;
    if (digits == 4 && value < 10000) {
        out[0] = (char)('0' + value / 1000);
        out[1] = (char)('0' + value / 100 % 10);
        out += 2;
        value %= 100;
        digits = 2;
    }
    if (value < 100 && digits == 2) {
        out[0] = (char)('0' + value / 10);
        out[1] = (char)('0' + value % 10);
        return out + 2;
    }
    for (; value > 0 || n < digits; value /= 10)
        reversed[n++] = (char)('0' + value % 10);
    while (n > 0)
        *out++ = reversed[--n];
    return out;
}

/* One piece of the pattern; its length, or 0 when it is none. What it writes
 * is at most four digits for a letter. */
static size_t add_piece(const struct clock *k, struct text pattern, size_t at,
                        char **out)
{
    char c = pattern.ptr[at];
    size_t end = at + 1;
    if (c == '\'') {
        while (end < pattern.len && pattern.ptr[end] != '\'')
            *(*out)++ = pattern.ptr[end++];
        return end < pattern.len ? end + 1 - at : 0;
    }
    if (!is_letter(c)) {
        *(*out)++ = c;
        return 1;
    }
    while (end < pattern.len && pattern.ptr[end] == c)
        end++;
    int32_t value;
    if (!letters_value(k, c, end - at, &value))
        return 0;
    *out = put_digits(*out, value, (int)(end - at));
    return end - at;
}

FN(format_date)
{
    (void)n;
    struct clock k = { .has_time = a->tag == VALUE_DATETIME };
    int64_t local;
    if (!k.has_time) {
        k.c = date_to_civil((int32_t)a->whole);
    } else {
        if (local_of(s, a, TEXT_NONE, &local) != 0)
            return -1;
        k.c = date_to_civil(day_of(local));
        k.seconds = seconds_of(local);
    }
    struct text pattern = fn_text_of(&a[1]);
    char *room = arena_alloc(s->env->arena, pattern.len * 4 + 1), *end = room;
    for (size_t at = 0; at < pattern.len;) {
        size_t len = add_piece(&k, pattern, at, &end);
        if (len == 0)
            return fn_fail(s,
                           "the pattern %s is not made of dd, d, mm, m, yyyy, "
                           "yy%s and 'words'",
                           fn_show(s, &a[1]), k.has_time ? ", HH, MM, SS" : "");
        at += len;
    }
    *out = value_text((struct text){ room, (size_t)(end - room) });
    return 0;
}

FN(in_zone)
{
    (void)n;
    const struct zone *zone;
    if (fn_zone(s, fn_text_of(&a[1]), &zone) != 0)
        return -1;
    int32_t offset = zone_offset_s(zone, a->whole);
    char clock[32];
    size_t len = datetime_print(zone_to_local(zone, a->whole), clock);
    if (offset == 0) {
        *out = value_text(text_of(arena_strndup(s->env->arena, clock, len)));
        return 0;
    }
    int32_t minutes = (offset < 0 ? -offset : offset) / 60;
    *out = value_text(text_of(arena_printf(
        s->env->arena, "%.*s%c%02d:%02d", (int)len - 1, clock,
        offset < 0 ? '-' : '+', minutes / 60, minutes % 60)));
    return 0;
}
