/* Schedules as flows write them. Days are counted in the file's timezone, so
 * that 06:00 stays 06:00 over a change of the clock [35, 36]. */
#include "config.h"

#include "runtime/schedule.h"

#include "runtime/zone.h"
#include <string.h>

#define DAY_S 86400
#define DAYS_AHEAD 400

static int64_t unit_ms(struct text unit)
{
    static const struct {
        const char *word;
        int64_t ms;
    } units[] = {
        { "minute", 60000 },   { "hour", 3600000 },
        { "day", 86400000 },   { "week", 604800000 },
        { "month", INT64_C(2592000000) }, { "year", INT64_C(31536000000) },
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (text_starts(unit, text_of(units[i].word)))
            return units[i].ms;
    return 0;
}

static int weekday_of(struct text name)
{
    static const char *const days[] = { "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday",
                                        "Sunday" };
    for (int i = 0; i < 7; i++)
        if (text_equal_nocase(name, text_of(days[i])))
            return i + 1;
    return 0;
}

/* Does the rule name this day? */
static bool names_day(const struct node *every, int32_t day)
{
    const struct node *on = KID(every, EVERY, day);
    struct text word = every->text;
    int32_t weekday = date_weekday(day);
    if (text_is(word, "day"))
        return true;
    if (text_is(word, "weekday"))
        return weekday <= 5;
    if (weekday_of(word) > 0)
        return weekday == weekday_of(word);
    struct civil c = date_to_civil(day);
    int32_t last = date_days_in_month(c.year, c.month);
    int64_t number = 0;
    if (!text_is(word, "month") || !on)
        return false;
    if (on->kind == NODE_NUMBER_LIT
        && decimal_to_int64(on->lit.number, &number)) /* 31 in a short month */
        return c.day == (number > last ? last : number);
    if (text_is(on->text, "last"))
        return c.day == last;
    return weekday_of(on->text) == weekday && c.day <= 7;
}

static int64_t next_time(const struct node *every, const struct zone *zone,
                         int64_t after_ms)
{
    const struct node *time = KID(every, EVERY, time);
    int64_t second = time ? time->lit.seconds : 0;
    int64_t local = zone_to_local(zone, after_ms * 1000) / 1000000;
    int32_t day = (int32_t)(local / DAY_S);
    for (int32_t i = 0; i < DAYS_AHEAD; i++, day++) {
        if (!names_day(every, day))
            continue;
        int64_t at = zone_from_local(zone, ((int64_t)day * DAY_S + second)
                                               * 1000000) / 1000;
        if (at > after_ms)
            return at;
    }
    return 0;
}

static int64_t next_of(const struct node *every, const struct zone *zone,
                       int64_t after_ms)
{
    const struct node *duration = KID(every, EVERY, duration);
    int64_t count = 0;
    if (!duration)
        return next_time(every, zone, after_ms);
    if (!decimal_to_int64(duration->lit.number, &count) || count <= 0)
        return 0;
    /* on the beat of the clock, not of the last run: no drift, no stacking */
    int64_t step = count * unit_ms(duration->lit.word);
    return step > 0 ? (after_ms / step + 1) * step : 0;
}

int64_t schedule_next(const struct flow *flow, const struct program *program,
                      int64_t after_ms)
{
    const struct zone *zone = zone_find(program->timezone.len > 0
                                            ? program->timezone
                                            : TEXT("UTC"));
    int64_t first = 0;
    if (!zone)
        zone = zone_find(TEXT("UTC"));
    for (const struct schedule *s = flow->schedules; s; s = s->next) {
        if (s->node->kind != NODE_EVERY)
            continue;
        int64_t at = next_of(s->node, zone, after_ms);
        if (at > 0 && (first == 0 || at < first))
            first = at;
    }
    return first;
}

struct last_run {
    int64_t started_ms;
};

static int note_run(void *ctx, const struct run_row *row)
{
    struct last_run *l = ctx;
    if (text_is(row->mode, "plan") || text_is(row->mode, "adopt"))
        return 0;
    l->started_ms = row->started_ms;
    return 1;
}

bool schedule_is_due(struct store *store, const struct flow *flow,
                     const struct program *program, int64_t now_ms)
{
    struct last_run last = { 0 };
    struct error ignored = { 0 };
    int64_t next;
    store_run_each(store, flow->name, 0, NULL, note_run, &last, &ignored);
    if (last.started_ms > now_ms)
        return false; /* the clock was set back: not twice [34] */
    next = schedule_next(flow, program, last.started_ms);
    return next > 0 && next <= now_ms;
}
