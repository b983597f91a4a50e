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
    test_deadline();
    test_breaker();
    test_news();
    fake_clean();
    return tap_done();
}
