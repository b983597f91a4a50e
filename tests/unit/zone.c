/* Time zones: known instants, gaps and doubles, years past the tables. */
#include "config.h"

#include "base/date.h"
#include "runtime/zone.h"
#include "tests/lib/tap.h"

struct row {
    const char *zone, *utc;
    int32_t offset;
};

static const struct row rows[] = {
    { "UTC", "2025-07-01T00:00:00Z", 0 },
    { "Europe/Amsterdam", "2025-01-01T00:00:00Z", 3600 },
    { "Europe/Amsterdam", "2025-03-30T00:59:59Z", 3600 },
    { "Europe/Amsterdam", "2025-03-30T01:00:00Z", 7200 },
    { "Europe/Amsterdam", "2025-10-26T00:59:59Z", 7200 },
    { "Europe/Amsterdam", "2025-10-26T01:00:00Z", 3600 },
    { "Europe/Amsterdam", "2060-07-01T00:00:00Z", 7200 },
    { "Europe/Amsterdam", "9999-12-31T12:00:00Z", 3600 },
    { "America/New_York", "2025-03-09T06:59:59Z", -18000 },
    { "America/New_York", "2025-03-09T07:00:00Z", -14400 },
    { "America/New_York", "2050-11-06T05:59:59Z", -14400 },
    { "America/New_York", "2050-11-06T06:00:00Z", -18000 },
    { "Australia/Sydney", "2050-01-01T00:00:00Z", 39600 },
    { "Australia/Sydney", "2050-07-01T00:00:00Z", 36000 },
    { "Asia/Kolkata", "2025-01-01T00:00:00Z", 19800 },
    { "America/St_Johns", "2025-07-01T00:00:00Z", -9000 },
    { "Pacific/Apia", "2011-12-30T09:59:59Z", -36000 },
    { "Pacific/Apia", "2011-12-30T10:00:00Z", 50400 },
    { "Europe/London", "1970-01-01T00:00:00Z", 3600 },
    { "Asia/Tokyo", "2100-01-01T00:00:00Z", 32400 },
    { "Europe/Dublin", "2050-07-01T00:00:00Z", 3600 },
    { "Europe/Dublin", "2050-01-01T00:00:00Z", 0 },
};

static int64_t instant(const char *iso)
{
    int64_t micros = 0;
    bool has_offset;
    (void)datetime_parse(text_of(iso), &micros, &has_offset);
    return micros;
}

struct wall {
    const char *zone, *local, *utc;
};

static const struct wall walls[] = {
    { "Europe/Amsterdam", "2025-03-30T02:30:00Z", "2025-03-30T01:30:00Z" },
    { "Europe/Amsterdam", "2025-03-30T03:00:00Z", "2025-03-30T01:00:00Z" },
    { "Europe/Amsterdam", "2025-10-26T02:30:00Z", "2025-10-26T00:30:00Z" },
    { "Europe/Amsterdam", "2025-10-26T03:00:00Z", "2025-10-26T02:00:00Z" },
    { "America/New_York", "2025-03-09T02:30:00Z", "2025-03-09T07:30:00Z" },
    { "America/New_York", "2025-11-02T01:30:00Z", "2025-11-02T05:30:00Z" },
    { "Asia/Kolkata", "2025-01-01T05:30:00Z", "2025-01-01T00:00:00Z" },
    { "UTC", "2025-01-01T05:30:00Z", "2025-01-01T05:30:00Z" },
};

static const char *const names[] = { "",           "Nowhere",  "/etc/passwd",
                                     "../UTC",     "Europe/",  "Europe",
                                     "zone.tab",   "ut c",    "Europe//.." };

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct zone *z = zone_find(text_of(rows[i].zone));
        is_int(z ? zone_offset_s(z, instant(rows[i].utc)) : -1, rows[i].offset,
               "%s at %s", rows[i].zone, rows[i].utc);
    }
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++) {
        const struct zone *z = zone_find(text_of(walls[i].zone));
        char out[32];
        datetime_print(zone_from_local(z, instant(walls[i].local)), out);
        is_text(out, walls[i].utc, "%s on a clock of %s", walls[i].local,
                walls[i].zone);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ok(!zone_exists(text_of(names[i])), "no zone: \"%s\"", names[i]);
    ok(zone_find(TEXT("Europe/Amsterdam")) == zone_find(TEXT("Europe/Amsterdam")),
       "a zone is read once");
    return tap_done();
}
