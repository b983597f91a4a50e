/* Time zones by their IANA names. Rules come from the system's zone files. */
#ifndef MLC_RUNTIME_ZONE_H
#define MLC_RUNTIME_ZONE_H

#include "base/text.h"

struct zone;

/* The zone, kept for the life of the process; NULL when there is none of that
 * name. "UTC" is always there. */
const struct zone *zone_find(struct text name);
bool zone_exists(struct text name);
/* Seconds to add to UTC at that instant (microseconds since 1970). */
int32_t zone_offset_s(const struct zone *z, int64_t utc_us);
/* Wall clock as if it were UTC, and back. A wall time in a gap (spring) is
 * moved forward by the gap; one that comes twice (autumn) is the earlier. */
int64_t zone_to_local(const struct zone *z, int64_t utc_us);
int64_t zone_from_local(const struct zone *z, int64_t local_us);

#endif
