/* The clocks. Nothing else in the program asks the system for the time: a run
 * takes its instant from here once and hands it on. */
#ifndef MLC_RUNTIME_CLOCK_H
#define MLC_RUNTIME_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Wall clock since 1970-01-01T00:00Z. */
int64_t clock_now_ms(void);
int64_t clock_now_us(void);
/* Never goes backwards and is never faked; only differences mean anything. */
int64_t clock_steady_ms(void);
int64_t clock_steady_us(void);
/* The wall instant in `ms` from now, for timed waits of threads. */
struct timespec clock_timespec_after(int64_t ms);
/* Sleeps at most `ms`; false when a signal cut it short. */
bool clock_sleep_ms(int64_t ms);

/* From now on clock_now_* say `now_ms`, and sleeping only moves them. For
 * tests of budgets, tokens and schedules: nothing waits. */
void clock_fake(int64_t now_ms);
void clock_fake_advance(int64_t ms);
void clock_fake_end(void);
bool clock_is_fake(void);

/* "2026-10-03 14:05" in UTC, for messages; "14:05 UTC" when it is today. */
void clock_print_instant(int64_t ms, char out[32]);
/* "3 days", "2 h 5 min", "40 s", for messages. */
void clock_print_span(int64_t ms, char out[32]);

#endif
