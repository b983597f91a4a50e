/* Errors of the world: network, vendor, disk, quota. A function that can fail
 * returns 0 or -1 and fills the `struct error` of its caller with one
 * sentence: lower case, no full stop, what and where in the user's words.
 * `hint` is a full sentence that says what to do. Add context on the way up
 * with error_add; never overwrite. */
#ifndef MLC_BASE_ERROR_H
#define MLC_BASE_ERROR_H

#include <stddef.h>

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,     /* wrong arguments or settings: exit 2 */
    ERROR_INPUT,     /* what was read is wrong: exit 2 or 1 */
    ERROR_SIGN_IN,   /* a person must sign in again: exit 4 */
    ERROR_LOCKED,    /* another run has it: exit 5 */
    ERROR_GUARD,     /* stopped by a limit, quota, period, rollback: exit 6 */
    ERROR_TRANSIENT, /* try later: exit 75 */
    ERROR_STORE,     /* state file or disk: exit 2, nothing ran */
    ERROR_VENDOR,    /* the system answered something it must not */
};

struct error {
    enum error_kind kind;
    char text[1024];
    char hint[512];
};

/* Sets the sentence (an earlier one is kept behind it) and returns -1. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int error_errno(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4))); /* adds ": strerror(errno)" */
/* Puts context before the sentence: "reading orders.json: …"; returns -1. */
int error_add(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void error_hint(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void error_clear(struct error *err);
/* The exit code of design: 2, 4, 5, 6 or 75. */
int error_exit_code(const struct error *err);

#endif
