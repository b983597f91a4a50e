/* TAP for unit tests: a test is a table of inputs and results and one line of
 * `ok` per row. tap_done() prints the plan and gives main its result. */
#ifndef MLC_TESTS_LIB_TAP_H
#define MLC_TESTS_LIB_TAP_H

#include <stdbool.h>
#include <stddef.h>

void ok(bool passed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Compares; a difference is shown. */
void is_text(const char *got, const char *want, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void is_bytes(const char *got, size_t got_len, const char *want,
              size_t want_len, const char *name);
void is_int(long long got, long long want, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void tap_diag(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tap_skip(const char *why);
/* Removes a folder of the test's own with all that is in it; false: some of
 * it is still there. */
bool tap_remove_folder(const char *path);
int tap_done(void);

/* The address sanitizer keeps memory back and makes system calls of its own:
 * what counts either is not asked of it. */
#if defined(__SANITIZE_ADDRESS__)
#define TAP_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TAP_SANITIZED 1
#endif
#endif
#ifndef TAP_SANITIZED
#define TAP_SANITIZED 0
#endif

#endif
