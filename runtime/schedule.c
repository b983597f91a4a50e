/* Schedules as flows write them. Days are counted in the flow's timezone, so
 * that 06:00 stays 06:00 over a change of the clock [35, 36]. */
#include "config.h"

#include "runtime/schedule.h"

#include "base/date.h"
#include "runtime/zone.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400
#define DAYS_AHEAD 400
#define RETRY_FIRST_MS ((int64_t)60 * 1000)
#define RETRY_MOST_MS ((int64_t)30 * 60 * 1000)
/* A last run further ahead than this was dated by a wrong clock: it does not
 * keep the flow from running. Up to here a clock set back fires nothing twice
 * [34]. */
#define CLOCK_WRONG_MS ((int64_t)2 * 3600 * 1000)
#define SWEEP_MS ((int64_t)86400 * 1000) /* of flows with `on change` alone */
#define PAST_MOST 200 /* runs looked at: enough for any row of failures */

/* ------------------------------------------------------------------ instants */
static const struct zone *zone_of(const struct flow *flow)
{
    const struct zone *z = flow->timezone.len > 0 ? zone_find(flow->timezone)
                                                  : NULL;
    return z ? z : zone_find(TEXT("UTC"));
}

/* Does the schedule name this day? */
static bool names_day(const struct schedule *s, int32_t day)
{
    int32_t weekday = date_weekday(day);
    if (s->kind == SCHEDULE_DAY)
        return true;
    if (s->kind == SCHEDULE_WEEKDAY)
        return weekday <= 5;
    if (s->kind == SCHEDULE_WEEK)
        return weekday == s->day;
    if (s->kind != SCHEDULE_MONTH)
        return false;
    struct civil c = date_to_civil(day);
    int32_t last = date_days_in_month(c.year, c.month);
    return c.day == (s->day == 0 ? last : s->day); /* no 31: left out */
}

static void describe(const struct schedule *s, const struct zone *zone,
                     int32_t day, int64_t at_s, char *note)
{
    int64_t asked = (int64_t)day * DAY_S + s->time;
    int64_t real = zone_to_local(zone, at_s * 1000000) / 1000000;
    int h = s->time / 3600, m = s->time / 60 % 60;
    if (real / DAY_S != day)
        snprintf(note, SCHEDULE_NOTE_MAX, "the zone has no such day: runs the "
                 "day after");
    else if (real != asked)
        snprintf(note, SCHEDULE_NOTE_MAX, "the clock skips %02d:%02d that "
                 "day: runs at %02d:%02d", h, m, (int)(real % DAY_S / 3600),
                 (int)(real % 3600 / 60));
    else if (zone_to_local(zone, (at_s + 3600) * 1000000) / 1000000 == asked
             || zone_to_local(zone, (at_s + 1800) * 1000000) / 1000000
                    == asked)
        snprintf(note, SCHEDULE_NOTE_MAX, "%02d:%02d comes twice that day: "
                 "runs once, the first time", h, m);
}

static int64_t next_time(const struct schedule *s, const struct zone *zone,
                         int64_t after_ms, char *note)
{
    int64_t local = zone_to_local(zone, after_ms * 1000) / 1000000;
    int32_t day = (int32_t)(local / DAY_S);
    for (int32_t i = 0; i < DAYS_AHEAD; i++, day++) {
        if (!names_day(s, day))
            continue;
        int64_t at = zone_from_local(zone, ((int64_t)day * DAY_S + s->time)
                                               * 1000000) / 1000;
        if (at <= after_ms)
            continue;
        describe(s, zone, day, at / 1000, note);
        return at;
    }
    return 0;
}

int64_t schedule_next(const struct flow *flow, int64_t after_ms,
                      char note[SCHEDULE_NOTE_MAX])
{
    const struct zone *zone = zone_of(flow);
    int64_t first = 0;
    if (note)
        note[0] = '\0';
    for (const struct schedule *s = flow->schedules; s; s = s->next) {
        char said[SCHEDULE_NOTE_MAX] = "";
        int64_t step = s->seconds * 1000;
        int64_t at = 0;
        if (s->kind == SCHEDULE_CHANGE || s->kind == SCHEDULE_AFTER)
            continue;
        if (s->kind != SCHEDULE_INTERVAL)
            at = next_time(s, zone, after_ms, said);
        else if (step > 0) /* on the clock's beat, not the last run's: no
                              drift, no stacking */
            at = (after_ms / step + 1) * step;
        if (at == 0 || (first > 0 && at >= first))
            continue;
        first = at;
        if (note)
            memcpy(note, said, sizeof said);
    }
    return first;
}

static bool has_kind(const struct flow *flow, enum schedule_kind kind)
{
    for (const struct schedule *s = flow->schedules; s; s = s->next)
        if (s->kind == kind)
            return true;
    return false;
}

bool schedule_has_clock(const struct flow *flow)
{
    for (const struct schedule *s = flow->schedules; s; s = s->next)
        if (s->kind != SCHEDULE_CHANGE && s->kind != SCHEDULE_AFTER)
            return true;
    return false;
}

/* ---------------------------------------------------------------------- past */
bool schedule_is_good(struct text outcome)
{
    return text_is(outcome, "done") || text_is(outcome, "findings");
}

struct looking {
    struct flow_past *past;
    int64_t seen;
    bool ended; /* the row of failures */
};

static int note_run(void *ctx, const struct run_row *row)
{
    struct looking *l = ctx;
    struct flow_past *p = l->past;
    if (!text_is(row->mode, "run"))
        return 0;
    if (l->seen++ == 0) {
        p->run = row->id;
        p->started_ms = row->started_ms;
        p->finished_ms = row->finished_ms;
        p->alive = row->alive && row->outcome.len == 0;
        snprintf(p->outcome, sizeof p->outcome, "%.*s",
                 TEXT_ARG(row->outcome));
        if (p->alive)
            return 0;
    }
    if (schedule_is_good(row->outcome)) {
        p->success_ms = row->finished_ms;
        return 1;
    }
    if (!text_is(row->outcome, "interrupted")) {
        p->failures++;
        p->failing_ms = row->started_ms;
    }
    return 0;
}

static int first_heard(struct store *store, const struct flow *flow,
                       int64_t now_ms, int64_t *out, struct error *err)
{
    struct arena arena;
    struct text value = TEXT_NONE;
    char name[256], number[32];
    snprintf(name, sizeof name, "heard:%.*s", TEXT_ARG(flow->name));
    arena_init(&arena);
    int got = store_setting_get(store, name, &arena, &value, err);
    *out = got == 0 ? strtoll(text_cstr(&arena, value), NULL, 10) : now_ms;
    arena_fini(&arena);
    if (got != 1)
        return got;
    snprintf(number, sizeof number, "%lld", (long long)now_ms);
    struct error read_only = { 0 }; /* whoever only looks tells nobody */
    store_setting_put(store, name, text_of(number), &read_only);
    return 0;
}

int schedule_past(struct store *store, const struct flow *flow, int64_t now_ms,
                  struct flow_past *out, struct error *err)
{
    struct looking l = { .past = out };
    struct arena arena;
    *out = (struct flow_past){ .first_ms = now_ms };
    if (!store)
        return 0;
    arena_init(&arena);
    int got = store_run_each(store, flow->name, PAST_MOST, &arena, note_run,
                             &l, err);
    arena_fini(&arena);
    return got < 0 ? -1 : first_heard(store, flow, now_ms, &out->first_ms, err);
}

/* ----------------------------------------------------------------------- due */
/* A run that did not come to its end because of the world, not of the flow. */
static bool wants_retry(const struct flow_past *p)
{
    struct text outcome = text_of(p->outcome);
    return p->started_ms > 0 && !p->alive
           && (text_is(outcome, "try later") || text_is(outcome, "interrupted")
               || outcome.len == 0);
}

static int64_t retry_at(const struct flow_past *p)
{
    int64_t pause = RETRY_FIRST_MS;
    int64_t from = p->finished_ms > 0 ? p->finished_ms : p->started_ms;
    if (!text_is(text_of(p->outcome), "try later") && p->failures < 2)
        return from; /* stopped or crashed once: at once */
    for (int i = 1; i < p->failures && pause < RETRY_MOST_MS; i++)
        pause *= 2;
    return from + (pause < RETRY_MOST_MS ? pause : RETRY_MOST_MS);
}

int64_t schedule_due_ms(const struct flow *flow, const struct flow_past *past,
                        int64_t predecessor_ms, int64_t now_ms)
{
    int64_t base = past->started_ms > 0 ? past->started_ms : past->first_ms;
    if (base > now_ms + CLOCK_WRONG_MS)
        base = now_ms;
    int64_t at = schedule_next(flow, base, NULL);
    bool told = has_kind(flow, SCHEDULE_CHANGE) && !schedule_has_clock(flow);
    if (told) /* what no webhook told of is found a day later [174] */
        at = base + SWEEP_MS;
    if (past->started_ms == 0 && (told || has_kind(flow, SCHEDULE_INTERVAL)))
        at = past->first_ms < now_ms ? past->first_ms : now_ms;
    if (has_kind(flow, SCHEDULE_AFTER) && predecessor_ms > base
        && (at == 0 || predecessor_ms < at))
        at = predecessor_ms;
    if (wants_retry(past)) {
        int64_t again = retry_at(past);
        if (again > now_ms + CLOCK_WRONG_MS)
            again = now_ms;
        if (at == 0 || again < at)
            at = again;
    }
    return at;
}

int schedule_predecessor(struct store *store, const struct flow *flow,
                         int64_t now_ms, int64_t *end_ms, struct error *err)
{
    *end_ms = 0;
    for (const struct schedule *s = flow->schedules; s; s = s->next) {
        struct flow_past past;
        if (s->kind != SCHEDULE_AFTER || !s->flow)
            continue;
        if (schedule_past(store, s->flow, now_ms, &past, err))
            return -1;
        if (past.success_ms > *end_ms)
            *end_ms = past.success_ms;
    }
    return 0;
}

bool schedule_is_due(struct store *store, const struct flow *flow,
                     int64_t now_ms)
{
    struct flow_past past;
    struct error ignored = { 0 };
    int64_t end = 0;
    if (schedule_past(store, flow, now_ms, &past, &ignored)
        || schedule_predecessor(store, flow, now_ms, &end, &ignored))
        return false;
    int64_t at = schedule_due_ms(flow, &past, end, now_ms);
    return at > 0 && at <= now_ms;
}
