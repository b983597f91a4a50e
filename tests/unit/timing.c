/* Does the comparison of signatures take longer the more of them is right?
 * [176] Two kinds of guesses, compared in a random order: one that is wrong in
 * its first byte, one that is wrong in its last. Welch's t tells whether their
 * times differ; a comparison that stops at the first difference is measured
 * beside it, and must be found out. MLC_LONG takes a million measurements. */
#include "config.h"

#include "runtime/crypto.h"
#include "tests/lib/tap.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LENGTH 256 /* of what is compared: a leak is larger, the noise is not */
#define ROUNDS 8
#define T_MOST 4.5

static char right[LENGTH], early[LENGTH], late[LENGTH];
static volatile bool sink;

typedef bool compare_fn(struct text a, struct text b);

static bool until_the_difference(struct text a, struct text b)
{
    for (size_t i = 0; i < a.len; i++)
        if (*(const volatile char *)&a.ptr[i] != b.ptr[i])
            return false;
    return true;
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* What took longer than most was interrupted: it tells nothing. */
static int64_t usual_most(const int64_t *took, size_t count)
{
    int64_t *sorted = malloc(count * sizeof *sorted);
    if (!sorted)
        abort();
    memcpy(sorted, took, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_size);
    int64_t most = sorted[count - count / 10];
    free(sorted);
    return most;
}

struct sums {
    double count, sum, squares;
};

static double welch(const struct sums s[2])
{
    double mean[2], variance[2];
    for (int i = 0; i < 2; i++) {
        mean[i] = s[i].sum / s[i].count;
        variance[i] = (s[i].squares - s[i].sum * mean[i]) / (s[i].count - 1);
    }
    double error = sqrt(variance[0] / s[0].count + variance[1] / s[1].count);
    return error > 0 ? fabs(mean[0] - mean[1]) / error : 0;
}

static double measure(compare_fn *equal, size_t count, uint64_t seed)
{
    int64_t *took = malloc(count * sizeof *took);
    unsigned char *kind = malloc(count);
    struct sums s[2] = { { 0 } };
    struct text a = { right, LENGTH };
    char guess[LENGTH]; /* one place for both: no difference of memory */
    if (!took || !kind)
        abort();
    for (size_t i = 0; i < count; i++) {
        kind[i] = next_random(&seed) >> 40 & 1;
        memcpy(guess, kind[i] ? late : early, LENGTH);
        int64_t began = now_ns();
        sink = equal(a, (struct text){ guess, LENGTH });
        took[i] = now_ns() - began;
    }
    int64_t most = usual_most(took, count);
    for (size_t i = 0; i < count; i++)
        if (took[i] <= most) {
            s[kind[i]].count++;
            s[kind[i]].sum += (double)took[i];
            s[kind[i]].squares += (double)took[i] * (double)took[i];
        }
    free(kind);
    free(took);
    return welch(s);
}

/* A busy machine may shift one round; a leak shows in each. */
static double least_of(compare_fn *equal, size_t count)
{
    double least = measure(equal, count, 88172645463325252u);
    for (int i = 1; i < ROUNDS && least >= T_MOST; i++) {
        double t = measure(equal, count, 88172645463325252u + (uint64_t)i);
        least = t < least ? t : least;
    }
    return least;
}

int main(void)
{
    size_t count = getenv("MLC_LONG") ? 1000000 : 50000;
    memset(right, 'x', sizeof right);
    memcpy(early, right, sizeof right);
    memcpy(late, right, sizeof right);
    early[0] = late[LENGTH - 1] = 'y';
    double t = least_of(crypto_equal, count);
    ok(t < T_MOST, "[176] a guess takes as long wherever it is wrong: "
                   "|t| = %.2f of %zu", t, count);
    double leak = least_of(until_the_difference, count);
    ok(leak > T_MOST, "[176] one that stops at the difference is found out: "
                      "|t| = %.2f", leak);
    return tap_done();
}
