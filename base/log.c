/* Lines on stderr. Each line is made whole and written with one call, so that
 * lines of several threads and processes do not run into each other. */
#include "config.h"

#include "base/log.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/* A line is for reading; past this it is cut. */
#define LINE_MAX_BYTES ((size_t)64 << 10)

static enum log_level threshold = LOG_NORMAL;
static enum log_format layout = LOG_TEXT;
static log_stamp_fn stamp_now;
static log_filter_fn filter_line;

void log_setup(enum log_level level, enum log_format format)
{
    threshold = level;
    layout = format;
}

void log_set_stamp(log_stamp_fn stamp)
{
    stamp_now = stamp;
}

void log_set_filter(log_filter_fn filter)
{
    filter_line = filter;
}

static void write_all(struct text t)
{
    while (t.len) {
        ssize_t done = write(STDERR_FILENO, t.ptr, t.len);
        if (done <= 0)
            return; /* nowhere left to tell it */
        t.ptr += done;
        t.len -= (size_t)done;
    }
}

static void print_text(struct buf *line, const char *prefix, struct text said)
{
    buf_str(line, prefix);
    buf_printable(line, said);
}

static void print_json(struct buf *line, const char *level, struct text said)
{
    buf_byte(line, '{');
    if (stamp_now) {
        char stamp[32];
        stamp_now(stamp);
        buf_str(line, "\"time\":");
        buf_json_string(line, text_of(stamp));
        buf_byte(line, ',');
    }
    buf_printf(line, "\"level\":\"%s\",\"message\":", level);
    buf_json_string(line, said);
    buf_byte(line, '}');
}

static void __attribute__((format(printf, 3, 0)))
say(const char *level, const char *prefix, const char *format, va_list args)
{
    struct buf said;
    struct buf line;
    buf_init(&said, LINE_MAX_BYTES);
    buf_init(&line, LINE_MAX_BYTES * 8);
    buf_vprintf(&said, format, args);
    if (said.full)
        buf_str((buf_reset(&said), &said), "(a line too long to print)");
    if (filter_line) {
        struct buf clean;
        buf_init(&clean, LINE_MAX_BYTES * 2);
        filter_line(buf_view(&said), &clean);
        buf_fini(&said);
        said = clean;
    }
    if (layout == LOG_JSON)
        print_json(&line, level, buf_view(&said));
    else
        print_text(&line, prefix, buf_view(&said));
    buf_byte(&line, '\n');
    write_all(buf_view(&line));
    buf_fini(&line);
    buf_fini(&said);
}

#define SAY(level, prefix)                                                     \
    do {                                                                       \
        va_list args;                                                          \
        va_start(args, format);                                                \
        say(level, prefix, format, args);                                      \
        va_end(args);                                                          \
    } while (0)

void log_info(const char *format, ...)
{
    if (threshold >= LOG_NORMAL)
        SAY("info", "");
}

void log_detail(const char *format, ...)
{
    if (threshold >= LOG_VERBOSE)
        SAY("detail", "");
}

void log_debug(const char *format, ...)
{
    if (threshold >= LOG_DEBUG)
        SAY("debug", "debug: ");
}

void log_warning(const char *format, ...)
{
    SAY("warning", "warning: ");
}

void log_error(const char *format, ...)
{
    SAY("error", "error: ");
}

void log_bug(const char *format, ...)
{
    SAY("bug", "mlc has a bug: ");
    abort();
}
