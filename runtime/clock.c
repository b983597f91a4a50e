/* The only file that asks the system for the time. */
#include "config.h"

#include "runtime/clock.h"

#include "base/date.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_bool faked;
static _Atomic int64_t fake_us;

static int64_t read_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    return faked ? fake_us : read_us(CLOCK_REALTIME);
}

int64_t clock_now_ms(void)
{
    return clock_now_us() / 1000;
}

int64_t clock_steady_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

struct timespec clock_timespec_after(int64_t ms)
{
    int64_t us = read_us(CLOCK_REALTIME) + ms * 1000;
    return (struct timespec){ .tv_sec = (time_t)(us / 1000000),
                              .tv_nsec = (long)(us % 1000000) * 1000 };
}

int64_t clock_steady_ms(void)
{
    return clock_steady_us() / 1000;
}

bool clock_sleep_ms(int64_t ms)
{
    if (ms <= 0)
        return true;
    if (faked) {
        clock_fake_advance(ms);
        return true;
    }
    struct timespec t = { .tv_sec = (time_t)(ms / 1000),
                          .tv_nsec = (long)(ms % 1000) * 1000000 };
    return nanosleep(&t, NULL) == 0 || errno != EINTR;
}

void clock_fake(int64_t now_ms)
{
    fake_us = now_ms * 1000;
    faked = true;
}

void clock_fake_advance(int64_t ms)
{
    fake_us += ms * 1000;
}

void clock_fake_end(void)
{
    faked = false;
}

bool clock_is_fake(void)
{
    return faked;
}

void clock_print_instant(int64_t ms, char out[32])
{
    int64_t minutes = ms / 60000;
    int64_t day = minutes / 1440;
    int hour = (int)(minutes % 1440 / 60);
    int minute = (int)(minutes % 60);
    if (ms < 0 || day > 2932896) { /* 9999-12-31 */
        snprintf(out, 32, "an unknown time");
    } else if (day == clock_now_ms() / 86400000) {
        snprintf(out, 32, "%02d:%02d UTC", hour, minute);
    } else {
        struct civil c = date_to_civil((int32_t)day);
        snprintf(out, 32, "%04d-%02d-%02d %02d:%02d UTC", (int)c.year,
                 (int)c.month, (int)c.day, hour, minute);
    }
}

void clock_print_span(int64_t ms, char out[32])
{
    long long s = ms < 0 ? 0 : (long long)((ms + 999) / 1000);
    if (s >= 2 * 86400)
        snprintf(out, 32, "%lld days", s / 86400);
    else if (s >= 3600 && s % 3600 >= 60)
        snprintf(out, 32, "%lld h %lld min", s / 3600, s % 3600 / 60);
    else if (s >= 3600)
        snprintf(out, 32, "%lld h", s / 3600);
    else if (s >= 120)
        snprintf(out, 32, "%lld min", s / 60);
    else
        snprintf(out, 32, "%lld s", s);
}
