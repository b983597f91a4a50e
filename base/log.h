/* Lines for people and machines on stderr: one event, one line, everything
 * unprintable escaped, no secrets (the caller redacts first). */
#ifndef MLC_BASE_LOG_H
#define MLC_BASE_LOG_H

#include "base/text.h"

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

void log_setup(enum log_level level, enum log_format format);
/* Gives JSON lines a time; the clock's owner sets it. Text lines have none:
 * journals and terminals add their own. */
typedef void (*log_stamp_fn)(char out[32]);
void log_set_stamp(log_stamp_fn stamp);
/* What every line goes through first: masks what must not be seen. Appends
 * the line to `out`. */
typedef void (*log_filter_fn)(struct text line, struct buf *out);
void log_set_filter(log_filter_fn filter);
/* Shown at LOG_NORMAL and above / only when verbose / debug. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Always shown. */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Our own mistake: says so and aborts. */
void log_bug(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif
