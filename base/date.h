/* Calendar dates, times of day, instants and durations, proleptic Gregorian,
 * years 1 to 9999. A date is days since 1970-01-01; an instant is
 * microseconds since 1970-01-01T00:00Z. Zones are runtime/zone.h's job. */
#ifndef MLC_BASE_DATE_H
#define MLC_BASE_DATE_H

#include "base/text.h"

struct civil {
    int32_t year;
    int32_t month, day; /* 1-based */
};

bool date_is_valid(int32_t year, int32_t month, int32_t day);
int32_t date_from_civil(struct civil c);
struct civil date_to_civil(int32_t days);
int32_t date_weekday(int32_t days); /* 1 Monday … 7 Sunday */
int32_t date_iso_week(int32_t days, int32_t *year);
int32_t date_days_in_month(int32_t year, int32_t month);

/* "YYYY-MM-DD", nothing else. */
bool date_parse(struct text t, int32_t *days);
void date_print(int32_t days, char out[11]);
/* By a pattern of dd, d, mm, m, yyyy and other characters as they are; a
 * two-digit year is refused. `why` gets a sentence on failure. */
bool date_parse_pattern(struct text t, struct text pattern, int32_t *days,
                        const char **why);

/* Whether a pattern is one at all. */
bool date_pattern_is_sound(struct text pattern, const char **why);

/* ISO 8601 with offset or Z; "+hhmm" and a missing colon are taken, a missing
 * offset sets `*has_offset` false and is read as UTC; a second of 60 becomes
 * 59. Fractions past microseconds are cut. */
bool datetime_parse(struct text t, int64_t *micros, bool *has_offset);
/* "YYYY-MM-DDTHH:MM:SS[.ffffff]Z". Returns the length. */
size_t datetime_print(int64_t micros, char out[32]);
bool time_parse(struct text t, int32_t *seconds); /* "HH:MM[:SS]" */

#endif
