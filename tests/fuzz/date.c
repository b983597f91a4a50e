/* Any text as a date, an instant, a time; what was read prints and reads back. */
#include "config.h"

#include "base/date.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text t = { (const char *)data, size };
    int32_t days, seconds, again;
    int64_t micros, micros_again;
    bool offset;
    const char *why;
    char out[32];
    if (date_parse(t, &days)) {
        date_print(days, out);
        if (!date_parse((struct text){ out, 10 }, &again) || again != days)
            abort();
    }
    if (datetime_parse(t, &micros, &offset)) {
        struct text printed = { out, datetime_print(micros, out) };
        if (!datetime_parse(printed, &micros_again, &offset) ||
            micros_again != micros)
            abort();
    }
    time_parse(t, &seconds);
    date_parse_pattern(t, TEXT("dd-mm-yyyy"), &days, &why);
    date_parse_pattern(TEXT("31-03-2025"), t, &days, &why);
    return 0;
}
