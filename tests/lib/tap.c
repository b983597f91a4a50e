/* See tests/lib/tap.h. */
#include "config.h"
#include "tests/lib/tap.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int run, failed;

__attribute__((format(printf, 2, 0))) static void
result(bool passed, const char *format, va_list args)
{
    run++;
    failed += !passed;
    printf("%s %d - ", passed ? "ok" : "not ok", run);
    vprintf(format, args);
    putchar('\n');
    fflush(stdout);
}

void ok(bool passed, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    result(passed, format, args);
    va_end(args);
}

static void show(const char *what, const char *bytes, size_t len)
{
    printf("# %s: \"", what);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '\n')
            printf("\\n");
        else if (c < 32 || c == '"')
            printf("\\x%02x", c);
        else
            putchar(c);
    }
    printf("\"\n");
}

void is_text(const char *got, const char *want, const char *format, ...)
{
    va_list args;
    bool same = (got && want) ? strcmp(got, want) == 0 : got == want;
    va_start(args, format);
    result(same, format, args);
    va_end(args);
    if (!same) {
        show(" got", got ? got : "(null)", strlen(got ? got : "(null)"));
        show("want", want ? want : "(null)", strlen(want ? want : "(null)"));
    }
}

void is_bytes(const char *got, size_t got_len, const char *want,
              size_t want_len, const char *name)
{
    bool same = got_len == want_len && memcmp(got, want, got_len) == 0;
    ok(same, "%s", name);
    if (!same) {
        show(" got", got, got_len);
        show("want", want, want_len);
    }
}

void is_int(long long got, long long want, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    result(got == want, format, args);
    va_end(args);
    if (got != want)
        printf("#  got: %lld\n# want: %lld\n", got, want);
}

void tap_diag(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("# ");
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

void tap_skip(const char *why)
{
    run++;
    printf("ok %d # SKIP %s\n", run, why);
}

static int remove_one(const char *path, const struct stat *about, int kind,
                      struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

bool tap_remove_folder(const char *path)
{
    return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0;
}

int tap_done(void)
{
    printf("1..%d\n", run);
    return failed ? 1 : 0;
}
