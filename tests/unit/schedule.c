/* Schedules: instants over changes of the clock, sleep, clocks set wrong, and
 * what becomes of runs that did not end well [31-37]. */
#include "config.h"

#include "base/date.h"
#include "runtime/schedule.h"
#include "tests/lib/tap.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define AT(h, m) ((h) * 3600 + (m) * 60)

static int64_t instant(const char *iso)
{
    int64_t micros = 0;
    bool has_offset;
    (void)datetime_parse(text_of(iso), &micros, &has_offset);
    return micros / 1000;
}

struct row {
    const char *name, *zone;
    struct schedule schedule;
    const char *after, *next, *note;
};

static const struct row rows[] = {
    { "every 15 minutes, on the beat", "Europe/Amsterdam",
      { .kind = SCHEDULE_INTERVAL, .seconds = 900 },
      "2025-03-03T10:07:12Z", "2025-03-03T10:15:00Z", "" },
    { "an instant is not its own next", "Europe/Amsterdam",
      { .kind = SCHEDULE_INTERVAL, .seconds = 900 },
      "2025-03-03T10:15:00Z", "2025-03-03T10:30:00Z", "" },
    { "a weekday: Friday evening to Monday", "Europe/Amsterdam",
      { .kind = SCHEDULE_WEEKDAY, .time = AT(6, 0) },
      "2025-03-07T20:00:00Z", "2025-03-10T05:00:00Z", "" },
    { "the same wall clock in summer", "Europe/Amsterdam",
      { .kind = SCHEDULE_WEEKDAY, .time = AT(6, 0) },
      "2025-07-01T20:00:00Z", "2025-07-02T04:00:00Z", "" },
    { "the flow's zone, not the machine's", "America/New_York",
      { .kind = SCHEDULE_DAY, .time = AT(6, 0) },
      "2025-01-02T00:00:00Z", "2025-01-02T11:00:00Z", "" },
    { "no zone: UTC", "",
      { .kind = SCHEDULE_DAY, .time = AT(6, 0) },
      "2025-01-02T00:00:00Z", "2025-01-02T06:00:00Z", "" },
    { "[35] the gap: moved forward by it", "Europe/Amsterdam",
      { .kind = SCHEDULE_DAY, .time = AT(2, 30) },
      "2025-03-29T12:00:00Z", "2025-03-30T01:30:00Z",
      "the clock skips 02:30 that day: runs at 03:30" },
    { "[35] and once only", "Europe/Amsterdam",
      { .kind = SCHEDULE_DAY, .time = AT(2, 30) },
      "2025-03-30T01:30:00Z", "2025-03-31T00:30:00Z", "" },
    { "[36] the fold: the first time", "Europe/Amsterdam",
      { .kind = SCHEDULE_DAY, .time = AT(2, 30) },
      "2025-10-25T12:00:00Z", "2025-10-26T00:30:00Z",
      "02:30 comes twice that day: runs once, the first time" },
    { "[36] and not the second", "Europe/Amsterdam",
      { .kind = SCHEDULE_DAY, .time = AT(2, 30) },
      "2025-10-26T00:30:00Z", "2025-10-27T01:30:00Z", "" },
    { "[36] asked between the two", "Europe/Amsterdam",
      { .kind = SCHEDULE_DAY, .time = AT(2, 30) },
      "2025-10-26T01:00:00Z", "2025-10-27T01:30:00Z", "" },
    { "a gap of half an hour", "Australia/Lord_Howe",
      { .kind = SCHEDULE_DAY, .time = AT(2, 15) },
      "2025-10-04T00:00:00Z", "2025-10-04T15:45:00Z",
      "the clock skips 02:15 that day: runs at 02:45" },
    { "a Monday", "UTC",
      { .kind = SCHEDULE_WEEK, .day = 1, .time = AT(9, 0) },
      "2025-03-03T09:00:00Z", "2025-03-10T09:00:00Z", "" },
    { "the 25th", "UTC",
      { .kind = SCHEDULE_MONTH, .day = 25, .time = AT(18, 0) },
      "2025-02-25T18:00:00Z", "2025-03-25T18:00:00Z", "" },
    { "the last of February, a leap year", "UTC",
      { .kind = SCHEDULE_MONTH, .day = 0, .time = AT(18, 0) },
      "2024-02-01T00:00:00Z", "2024-02-29T18:00:00Z", "" },
    { "the last of February, none", "UTC",
      { .kind = SCHEDULE_MONTH, .day = 0, .time = AT(18, 0) },
      "2025-02-01T00:00:00Z", "2025-02-28T18:00:00Z", "" },
    { "no 31st: the month is left out", "UTC",
      { .kind = SCHEDULE_MONTH, .day = 31, .time = AT(18, 0) },
      "2025-03-31T18:00:00Z", "2025-05-31T18:00:00Z", "" },
    { "a day the zone has not got", "Pacific/Apia",
      { .kind = SCHEDULE_DAY, .time = AT(12, 0) },
      "2011-12-30T00:00:00Z", "2011-12-30T22:00:00Z",
      "the zone has no such day: runs the day after" },
    { "only webhooks", "UTC", { .kind = SCHEDULE_CHANGE },
      "2025-03-03T10:00:00Z", "", "" },
};

static void instants(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        struct schedule s = r->schedule;
        struct flow flow = { .timezone = text_of(r->zone), .schedules = &s };
        char note[SCHEDULE_NOTE_MAX];
        int64_t want = *r->next ? instant(r->next) : 0;
        int64_t got = schedule_next(&flow, instant(r->after), note);
        ok(got == want && strcmp(note, r->note) == 0, "%s", r->name);
        if (got != want)
            tap_diag("got %lld, want %lld", (long long)got, (long long)want);
        if (strcmp(note, r->note) != 0)
            tap_diag("note: %s", note);
    }
}

/* ------------------------------------------------------------------- a state */
static char folder[64];
static struct store *store;
static struct error err;

static void open_state(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s/state.db", folder, name);
    if (store)
        store_close(store);
    if (store_open(path, STORE_WRITE, &store, &err)) {
        tap_diag("%s", err.text);
        exit(1);
    }
}

static void book(const char *flow, const char *mode, int64_t start,
                 const char *outcome, int64_t end)
{
    int64_t id = 0;
    if (store_run_start(store, text_of(flow), TEXT("h"), mode, start, &id,
                        &err)
        || (*outcome && store_run_finish(store, id, outcome, TEXT("{}"), end,
                                         &err)))
        tap_diag("%s", err.text);
}

static struct schedule quarter = { .kind = SCHEDULE_INTERVAL, .seconds = 900 };
static struct schedule morning = { .kind = SCHEDULE_WEEKDAY,
                                   .time = AT(6, 0) };

static void sleeping(void)
{
    struct flow f = { .name = TEXT("f"), .timezone = TEXT("UTC"),
                      .schedules = &quarter };
    int64_t t = instant("2025-03-03T10:00:00Z");
    open_state("sleep");
    ok(schedule_is_due(store, &f, t), "an interval starts at once");
    book("f", "run", t, "done", t + MINUTE);
    ok(!schedule_is_due(store, &f, t + 14 * MINUTE), "not before its time");
    ok(schedule_is_due(store, &f, t + 15 * MINUTE), "at its time");
    int64_t woke = t + 40 * 15 * MINUTE + 7 * MINUTE;
    ok(schedule_is_due(store, &f, woke), "[32] awake after 40 ticks: due");
    book("f", "run", woke, "done", woke + MINUTE);
    ok(!schedule_is_due(store, &f, woke + MINUTE),
           "[32] one run catches up, not 40");
    book("f", "run", woke + 8 * MINUTE, "done", woke + 100 * MINUTE);
    ok(schedule_is_due(store, &f, woke + 100 * MINUTE),
           "[31] longer than its interval: one more, then");
    book("f", "run", woke + 100 * MINUTE, "done", woke + 101 * MINUTE);
    ok(!schedule_is_due(store, &f, woke + 101 * MINUTE),
           "[31] nothing stacked up");
    book("f", "record", woke + 110 * MINUTE, "done", woke + 110 * MINUTE);
    book("f", "plan", woke + 110 * MINUTE, "done", woke + 110 * MINUTE);
    ok(schedule_is_due(store, &f, woke + 115 * MINUTE),
           "a webhook's run or a plan is not the sweep [174]");
}

static void wrong_clock(void)
{
    struct flow f = { .name = TEXT("f"), .timezone = TEXT("UTC"),
                      .schedules = &morning };
    int64_t t = instant("2025-03-04T06:00:00Z");
    open_state("clock");
    ok(!schedule_is_due(store, &f, t - 16 * HOUR),
           "a time of day waits for its first time");
    ok(schedule_is_due(store, &f, t), "and comes then");
    book("f", "run", t, "done", t + MINUTE);
    ok(!schedule_is_due(store, &f, t - HOUR),
           "[34] the clock set back an hour: nothing");
    ok(!schedule_is_due(store, &f, t),
           "[34] the same 06:00 again: not twice");
    ok(schedule_is_due(store, &f, t + DAY), "the next day: due");
    book("f", "run", t + 400 * DAY, "done", t + 400 * DAY);
    ok(!schedule_is_due(store, &f, t + DAY + HOUR),
           "[33] a run dated next year, set right: not at once");
    struct flow_past past;
    schedule_past(store, &f, t + DAY + HOUR, &past, &err);
    ok(schedule_due_ms(&f, &past, 0, t + DAY + HOUR) == t + 2 * DAY,
           "[33] but tomorrow, not next year");
}

static void failing(void)
{
    struct flow f = { .name = TEXT("f"), .timezone = TEXT("UTC"),
                      .schedules = &morning };
    struct flow_past past;
    int64_t t = instant("2025-03-04T06:00:00Z");
    open_state("fail");
    schedule_is_due(store, &f, t - HOUR);
    book("f", "run", t, "try later", t + MINUTE);
    ok(!schedule_is_due(store, &f, t + MINUTE),
           "after an outage not at once");
    ok(schedule_is_due(store, &f, t + 2 * MINUTE), "but a minute later");
    book("f", "run", t + 2 * MINUTE, "try later", t + 2 * MINUTE);
    ok(!schedule_is_due(store, &f, t + 3 * MINUTE)
               && schedule_is_due(store, &f, t + 4 * MINUTE),
           "then after two");
    for (int i = 0; i < 20; i++)
        book("f", "run", t + HOUR, "try later", t + HOUR);
    ok(!schedule_is_due(store, &f, t + HOUR + 29 * MINUTE)
               && schedule_is_due(store, &f, t + HOUR + 30 * MINUTE),
           "never more than half an hour");
    schedule_past(store, &f, t + HOUR, &past, &err);
    ok(past.failures == 22 && past.failing_ms == t,
           "failures in a row, and since when");
    book("f", "run", t + 2 * HOUR, "interrupted", t + 2 * HOUR);
    ok(!schedule_is_due(store, &f, t + 2 * HOUR), "stopped in an outage: its pause");
    book("f", "run", t + 3 * HOUR, "findings", t + 3 * HOUR);
    ok(!schedule_is_due(store, &f, t + 4 * HOUR),
           "held records are no failure");
    book("f", "run", t + 4 * HOUR, "interrupted", t + 4 * HOUR);
    ok(schedule_is_due(store, &f, t + 4 * HOUR), "stopped: goes on at once");
    book("f", "run", t + 5 * HOUR, "", 0);
    ok(schedule_is_due(store, &f, t + 5 * HOUR), "died: goes on at once");
    book("f", "run", t + 5 * HOUR, "", 0);
    ok(!schedule_is_due(store, &f, t + 5 * HOUR), "died again: a pause");
    book("f", "run", t + 6 * HOUR, "failed", t + 6 * HOUR);
    ok(!schedule_is_due(store, &f, t + 12 * HOUR),
           "a mistake of the flow waits for the next day");
}

static void following(void)
{
    struct flow a = { .name = TEXT("a"), .timezone = TEXT("UTC"),
                      .schedules = &morning };
    struct schedule after = { .kind = SCHEDULE_AFTER, .flow = &a };
    struct flow b = { .name = TEXT("b"), .timezone = TEXT("UTC"),
                      .schedules = &after };
    int64_t t = instant("2025-03-04T06:00:00Z");
    open_state("after");
    ok(!schedule_is_due(store, &b, t - HOUR), "after a flow that never ran: not");
    book("a", "run", t, "try later", t + MINUTE);
    ok(!schedule_is_due(store, &b, t + MINUTE), "after a failure: not");
    book("a", "run", t + 2 * MINUTE, "done", t + 3 * MINUTE);
    ok(schedule_is_due(store, &b, t + 3 * MINUTE), "after its good end: due");
    book("b", "run", t + 4 * MINUTE, "done", t + 4 * MINUTE);
    ok(!schedule_is_due(store, &b, t + 5 * MINUTE), "once");
}

static int remove_one(const char *path, const struct stat *st, int kind,
                      struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static void told(void)
{
    struct schedule change = { .kind = SCHEDULE_CHANGE };
    struct flow f = { .name = TEXT("f"), .schedules = &change };
    int64_t t = instant("2025-03-04T06:00:00Z");
    open_state("told");
    ok(schedule_is_due(store, &f, t), "on change alone: the first time at once");
    book("f", "run", t, "done", t);
    ok(!schedule_is_due(store, &f, t + 23 * HOUR)
           && schedule_is_due(store, &f, t + 24 * HOUR),
       "[174] then a sweep a day, whatever webhooks say");
}

int main(void)
{
    snprintf(folder, sizeof folder, "/tmp/mlc-schedule.XXXXXX");
    if (!mkdtemp(folder))
        return 99;
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    instants();
    sleeping();
    wrong_clock();
    failing();
    following();
    told();
    store_close(store);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return tap_done();
}
