/* Errors of the world: one sentence, context before it, one hint. */
#include "config.h"

#include "base/error.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE sizeof((struct error *)0)->text

/* A cut must not end inside a character. */
static void end_on_character(char *text, size_t size)
{
    size_t len = strlen(text);
    if (len + 1 < size)
        return;
    size_t back = 0;
    while (back < 4 && back < len &&
           ((unsigned char)text[len - 1 - back] & 0xC0) == 0x80)
        back++;
    if (back >= len || back == 4)
        return;
    unsigned char lead = (unsigned char)text[len - 1 - back];
    size_t want = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (want > back)
        text[len - 1 - back] = '\0';
}

static size_t append(char *out, size_t size, size_t at, const char *more)
{
    while (*more && at + 1 < size)
        out[at++] = *more++;
    out[at] = '\0';
    return at;
}

static void put(char *out, size_t size, const char *a, const char *between,
                const char *b)
{
    size_t at = append(out, size, 0, a);
    at = append(out, size, at, between);
    append(out, size, at, b);
    end_on_character(out, size);
}

static void set_sentence(struct error *err, enum error_kind kind,
                         const char *sentence)
{
    char old[TEXT_SIZE];
    memcpy(old, err->text, sizeof old);
    if (old[0])
        put(err->text, sizeof err->text, sentence, ", after: ", old);
    else
        put(err->text, sizeof err->text, sentence, "", "");
    err->kind = kind;
}

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    if (!err)
        return -1;
    char sentence[TEXT_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    set_sentence(err, kind, sentence);
    return -1;
}

int error_errno(struct error *err, enum error_kind kind, const char *format,
                ...)
{
    int number = errno;
    if (!err)
        return -1;
    char what[TEXT_SIZE];
    char sentence[TEXT_SIZE];
    char reason[128];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const char *why = strerror_r(number, reason, sizeof reason);
    put(sentence, sizeof sentence, what, ": ", why);
    set_sentence(err, kind, sentence);
    errno = number;
    return -1;
}

int error_add(struct error *err, const char *format, ...)
{
    if (!err)
        return -1;
    char context[TEXT_SIZE];
    char old[TEXT_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(context, sizeof context, format, args);
    va_end(args);
    memcpy(old, err->text, sizeof old);
    put(err->text, sizeof err->text, context, old[0] ? ": " : "", old);
    return -1;
}

void error_hint(struct error *err, const char *format, ...)
{
    if (!err)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(err->hint, sizeof err->hint, format, args);
    va_end(args);
    end_on_character(err->hint, sizeof err->hint);
}

void error_clear(struct error *err)
{
    if (!err)
        return;
    err->kind = ERROR_NONE;
    err->text[0] = '\0';
    err->hint[0] = '\0';
}

int error_exit_code(const struct error *err)
{
    switch (err->kind) {
    case ERROR_NONE:
        return 0;
    case ERROR_SIGN_IN:
        return 4;
    case ERROR_LOCKED:
        return 5;
    case ERROR_GUARD:
        return 6;
    case ERROR_TRANSIENT:
    case ERROR_VENDOR: /* nothing to mend here: later, or by the vendor */
        return 75;
    case ERROR_USAGE:
    case ERROR_INPUT:
    case ERROR_STORE:
        return 2;
    }
    return 2;
}
