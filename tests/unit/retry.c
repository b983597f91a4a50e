/* The retry policy, simulated: chance is even, nobody comes too early, load
 * stays small, crowds spread. Numbers are those of the fault list. */
#include "config.h"

#include "runtime/budget.h"
#include "runtime/clock.h"
#include "runtime/retry.h"
#include "tests/lib/fakevendor.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1780300810000)

static struct retry_input input(enum retry_cause cause, int64_t hint_ms)
{
    return (struct retry_input){ .cause = cause, .hint_ms = hint_ms,
                                 .now_ms = NOW };
}

static int by_size(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: the largest distance of the sample from an even
 * spread over [0, cap], times the root of its size, in thousandths. Squared
 * figures, so that no root is needed: 1.63 is the bound for p = 0.01. */
static bool is_even(int64_t *sample, int64_t count, int64_t cap)
{
    int64_t worst = 0;
    qsort(sample, (size_t)count, sizeof *sample, by_size);
    for (int64_t i = 0; i < count; i++) {
        int64_t distance = (i + 1) * (cap + 1) - (sample[i] + 1) * count;
        if (distance < 0)
            distance = -distance;
        if (distance > worst)
            worst = distance;
    }
    int64_t parts = worst * 1000 / (cap + 1); /* thousandths of a place */
    return parts * parts / count < INT64_C(1630) * 1630;
}

static void test_jitter(void)
{
    enum { COUNT = 10000 };
    static int64_t sample[COUNT];
    struct retry_random random;
    for (int attempt = 1; attempt < RETRY_ATTEMPTS_MAX; attempt++) {
        int64_t cap = (int64_t)RETRY_BASE_MS << (attempt - 1);
        int64_t park;
        retry_random_seed(&random, (uint64_t)attempt);
        for (int i = 0; i < COUNT; i++) {
            struct retry_state s = { .attempts = attempt };
            struct retry_budget b = { .credit = 1000 };
            struct retry_input in = input(RETRY_OUTAGE, -1);
            retry_decide(&s, &b, &random, &in, &sample[i], &park);
        }
        ok(is_even(sample, COUNT, cap), "[77] %d waits after attempt %d are "
           "spread evenly over %lld ms", COUNT, attempt, (long long)cap);
        ok(sample[COUNT - 1] <= cap, "… and none is longer");
    }
    for (int i = 0; i < COUNT; i++)
        sample[i] = i % 2 ? 250 : 260;
    ok(!is_even(sample, COUNT, RETRY_BASE_MS), "waits that are not spread are "
       "seen");
}

static void test_hint(void)
{
    struct retry_random random;
    int early = 0, waits = 0;
    retry_random_seed(&random, 3);
    for (int64_t hint = 0; hint <= 60000; hint += 7) {
        struct retry_state s = { .attempts = 1 };
        struct retry_budget b = { .credit = 0 };
        struct retry_input in = input(RETRY_LIMITED, hint);
        int64_t wait, park;
        bool again = retry_decide(&s, &b, &random, &in, &wait, &park);
        early += again ? wait < hint : park < NOW + hint;
        waits++;
    }
    is_int(early, 0, "[76] none of %d waits ends before Retry-After", waits);
    int parked = 0;
    for (int i = 0; i < 1000; i++) {
        struct retry_state s = { .attempts = 1 };
        struct retry_budget b = { .credit = 0 };
        struct retry_input in = input(RETRY_LIMITED, 61000);
        int64_t wait, park;
        parked += !retry_decide(&s, &b, &random, &in, &wait, &park);
    }
    is_int(parked, 0, "a minute that has just begun is waited for");
}

/* Fifty programs that were all told the same instant. */
static void test_crowd(void)
{
    enum { CLIENTS = 50, SECONDS = 20 };
    int buckets[SECONDS] = { 0 }, most = 0;
    int64_t spread_s = RETRY_SPREAD_MS / 1000;
    for (int trial = 0; trial < 100; trial++)
        for (int i = 0; i < CLIENTS; i++) {
            struct retry_random random;
            struct retry_state s = { .attempts = 1 };
            struct retry_budget b = { .credit = 0 };
            struct retry_input in = input(RETRY_LIMITED, 10000);
            int64_t wait, park;
            retry_random_seed(&random, (uint64_t)(trial * 1000 + i));
            retry_decide(&s, &b, &random, &in, &wait, &park);
            if (wait < SECONDS * 1000)
                buckets[wait / 1000]++;
        }
    for (int i = 0; i < SECONDS; i++)
        most = buckets[i] > most ? buckets[i] : most;
    ok(most <= 3 * 100 * CLIENTS / spread_s, "[79] no second has more than "
       "three times the mean (%d of %d)", most / 100, CLIENTS);
}

static void test_load(void)
{
    struct retry_random random;
    struct retry_budget b;
    int64_t first = 0, repeats = 0;
    retry_random_seed(&random, 9);
    retry_budget_init(&b);
    for (; first < 10000; first++) {
        struct retry_state s = { .attempts = 1 };
        struct retry_input in = input(RETRY_OUTAGE, -1);
        int64_t wait, park;
        retry_budget_called(&b);
        while (retry_decide(&s, &b, &random, &in, &wait, &park)) {
            s.attempts++;
            repeats++;
        }
    }
    ok(repeats <= first / 10 + 10, "[81] %lld repeats of %lld calls that all "
       "fail", (long long)repeats, (long long)first);
    ok(repeats > first / 20, "… and not none");
}

/* Looking whether something is made yet: no retry, further and further apart,
 * for a quarter of an hour. */
static void test_pending(void)
{
    struct retry_random random;
    struct retry_state s = { .attempts = 1 };
    struct retry_budget b = { .credit = 0 };
    struct retry_input in = input(RETRY_PENDING, 2500);
    int64_t wait, park, last = 0, sum = 0;
    int looks = 0, shorter = 0;
    retry_random_seed(&random, 4);
    while (retry_decide(&s, &b, &random, &in, &wait, &park)) {
        shorter += wait < last;
        last = wait;
        sum += wait;
        looks++;
    }
    ok(looks > RETRY_LIMIT_WAITS_MAX && looks < 50, "%d looks at it", looks);
    is_int(shorter, 0, "none sooner than the one before");
    ok(sum <= RETRY_PENDING_MAX_MS && sum > RETRY_PENDING_MAX_MS / 2,
       "in %lld s", (long long)sum / 1000);
    is_int(s.limit_waits, 0, "none counts as a wait for a limit");
    is_int(b.credit, 0, "or as a retry");
}

/* A limit over any stretch of time: by a sliding log of all calls, whatever
 * moment they come at. */
static void test_stretch(void)
{
    enum { CALLS = 60 };
    struct error err = { 0 };
    struct request r = { .endpoint = "x" };
    struct budgets *b = budgets_open(NULL, TEXT("Expensify"),
                                     connector_find(TEXT("expensify")));
    int64_t made[CALLS], now = NOW + 7300, until = 0;
    const char *window = "";
    int over = 0, idle = 0;
    for (int n = 0; n < CALLS; now += 1) {
        int taken = budgets_take(b, &r, now, &until, &window, &err);
        if (taken == 0) {
            made[n++] = now;
            continue;
        }
        idle += until <= now;
        now = until - 1;
    }
    for (int i = 0; i + 5 < CALLS; i++)
        over += made[i + 5] - made[i] < 10000;
    for (int i = 0; i + 20 < CALLS; i++)
        over += made[i + 20] - made[i] < 60000;
    is_int(over, 0, "never more than 5 in any 10 seconds or 20 in any minute");
    is_int(idle, 0, "it always says until when");
    ok(made[CALLS - 1] - made[0] <= 150100, "and nothing is wasted: 60 calls "
       "in %lld s", (long long)(made[CALLS - 1] - made[0]) / 1000);
    budgets_close(b);
}

/* Calls of a window until it says no. */
static int64_t calls_until_no(struct budgets *b)
{
    struct error err = { 0 };
    struct request r = { .endpoint = "x" };
    const char *window = "";
    int64_t until = 0, n = 0;
    while (n < 5000 && budgets_take(b, &r, NOW + n, &until, &window, &err) == 0)
        n++;
    return n;
}

/* A plan with more or fewer calls a day than the usual. */
static void test_plan(void)
{
    struct budgets *b = budgets_open(NULL, TEXT("Monday"),
                                     connector_find(TEXT("monday")));
    is_int(calls_until_no(b), 1000, "a thousand calls a day");
    budgets_close(b);
    b = budgets_open(NULL, TEXT("Monday"), connector_find(TEXT("monday")));
    budgets_allow(b, "day", 200);
    is_int(calls_until_no(b), 200, "or what the connection says");
    budgets_close(b);
    b = budgets_open(NULL, TEXT("Monday"), connector_find(TEXT("monday")));
    budgets_allow(b, "day", 0);
    is_int(calls_until_no(b), 1000, "which may say nothing");
    budgets_close(b);
}

static void test_deadline(void)
{
    struct retry_random random;
    struct retry_state s = { .attempts = 1 };
    struct retry_budget b = { .credit = 10000 };
    struct retry_input in = input(RETRY_LIMITED, 5000);
    int64_t wait, park;
    retry_random_seed(&random, 1);
    in.deadline_ms = NOW + 4000;
    ok(!retry_decide(&s, &b, &random, &in, &wait, &park) &&
       park >= NOW + 5000, "past the deadline it parks");
    in.deadline_ms = 0;
    in.hint_ms = INT64_C(3) * 86400000;
    ok(!retry_decide(&s, &b, &random, &in, &wait, &park) &&
       park >= NOW + in.hint_ms, "a wait of days parks");
}

static void test_breaker(void)
{
    struct retry_random random;
    struct breaker b = { 0 };
    int64_t until, now = NOW;
    int sent = 0;
    retry_random_seed(&random, 5);
    for (; now < NOW + 3600000; now += 1000)
        if (breaker_allows(&b, now, &until)) {
            sent++;
            ok(sent <= BREAKER_FAILURES || !breaker_allows(&b, now, &until),
               "one probe at a time");
            breaker_result(&b, false, now, &random);
        }
    ok(sent < 40, "[78] an hour of failure: %d calls", sent);
    while (!breaker_allows(&b, now, &until))
        now += 1000;
    breaker_result(&b, true, now, &random);
    ok(breaker_allows(&b, now, &until), "one success closes it");
}

/* What answers say of limits: units differ, nonsense is not believed. */
static void test_news(void)
{
    struct error err = { 0 };
    struct request r = { .endpoint = "x" };
    int64_t until = 0;
    const char *window = "";
    clock_fake(NOW);
    static const struct {
        struct budget_news news;
        int taken;
        const char *what;
    } rows[] = {
        { { "minute", 60, 0, NOW + 30000, NULL }, 1, "none left" },
        { { "minute", 60, 12, NOW + 30000, NULL }, 0, "some left" },
        { { "minute", 60, 0, 30, NULL }, 0, "seconds where an instant is due" },
        { { "minute", 60, 0, NOW * 1000, NULL }, 0, "an instant in 58,000 years" },
        { { "minute", -1, -1, NOW + 30000, NULL }, 0, "a reset without figures" },
        { { "month", 60, 0, NOW + 30000, NULL }, 0, "a window nobody knows" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct budgets *b = budgets_open(NULL, TEXT("Exact"),
                                         connector_find(TEXT("exact")));
        budgets_news(b, &rows[i].news, NOW, &err);
        is_int(budgets_take(b, &r, NOW, &until, &window, &err), rows[i].taken,
               "[80] %s", rows[i].what);
        budgets_close(b);
    }
}

int main(void)
{
    fake_folder();
    test_jitter();
    test_hint();
    test_crowd();
    test_load();
    test_pending();
    test_stretch();
    test_plan();
    test_deadline();
    test_breaker();
    test_news();
    fake_clean();
    return tap_done();
}
