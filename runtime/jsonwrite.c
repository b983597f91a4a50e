/* Writing JSON onto a buffer. */
#include "config.h"

#include "runtime/jsonscan.h"
#include "runtime/jsonwrite.h"

#include <string.h>

struct json_out json_out(struct buf *buf)
{
    return (struct json_out){ buf, 0, 0, false };
}

static void before_value(struct json_out *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    uint64_t bit = (uint64_t)1 << w->depth;
    if (w->depth && (w->filled & bit))
        buf_byte(w->buf, ',');
    w->filled |= bit;
}

static void open_nest(struct json_out *w, char bracket)
{
    before_value(w);
    buf_byte(w->buf, bracket);
    if (w->depth < 63)
        w->depth++;
    w->filled &= ~((uint64_t)1 << w->depth);
}

static void close_nest(struct json_out *w, char bracket)
{
    if (w->depth)
        w->depth--;
    buf_byte(w->buf, bracket);
}

void json_begin_object(struct json_out *w)
{
    open_nest(w, '{');
}

void json_end_object(struct json_out *w)
{
    close_nest(w, '}');
}

void json_begin_array(struct json_out *w)
{
    open_nest(w, '[');
}

void json_end_array(struct json_out *w)
{
    close_nest(w, ']');
}

/* One character that needs an escape. */
static size_t escape(char c, char out[6])
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\b\f\n\r\t", to[] = "bfnrt";
    out[0] = '\\';
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        out[1] = to[found - from];
        return 2;
    }
    if (c == '"' || c == '\\') {
        out[1] = c;
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = hex[(uint8_t)c >> 4];
    out[5] = hex[(uint8_t)c & 15];
    return 6;
}

/* Bytes that are no ASCII are plain here: values are UTF-8 already. */
static const char *unescaped_run(const char *p, const char *end)
{
    const char *safe = end - p >= 16 ? end - 16 : NULL;
    for (;;) {
        p = scan_plain(p, end, safe);
        if (p == end || (uint8_t)*p < 0x80)
            return p;
        while (p < end && (uint8_t)*p >= 0x80)
            p++;
    }
}

void json_write_string(struct buf *b, struct text value)
{
    const char *p = value.ptr;
    const char *end = p + value.len;
    if (value.len && unescaped_run(p, end) != end) {
        buf_byte(b, '"');
        while (p < end) {
            const char *stop = unescaped_run(p, end);
            char escaped[6];
            buf_add(b, p, (size_t)(stop - p));
            if (stop < end)
                buf_add(b, escaped, escape(*stop++, escaped));
            p = stop;
        }
        buf_byte(b, '"');
        return;
    }
    buf_put_byte(b, '"');
    if (value.len)
        buf_put(b, p, value.len);
    buf_put_byte(b, '"');
}

void json_key_text(struct json_out *w, struct text name)
{
    before_value(w);
    json_write_string(w->buf, name);
    buf_byte(w->buf, ':');
    w->after_key = true;
}

void json_key(struct json_out *w, const char *name)
{
    json_key_text(w, text_of(name));
}

void json_string(struct json_out *w, struct text value)
{
    before_value(w);
    json_write_string(w->buf, value);
}

void json_cstring(struct json_out *w, const char *value)
{
    json_string(w, text_of(value));
}

void json_number(struct json_out *w, struct decimal value)
{
    char digits[DECIMAL_TEXT_MAX];
    size_t len = decimal_print(value, digits);
    before_value(w);
    buf_add(w->buf, digits, len);
}

void json_int(struct json_out *w, int64_t value)
{
    json_number(w, decimal_int(value));
}

void json_bool(struct json_out *w, bool value)
{
    before_value(w);
    buf_str(w->buf, value ? "true" : "false");
}

void json_null(struct json_out *w)
{
    before_value(w);
    buf_str(w->buf, "null");
}

void json_raw(struct json_out *w, struct text json)
{
    before_value(w);
    buf_text(w->buf, json);
}

void json_put_string(struct json_out *w, const char *name, struct text value)
{
    json_key(w, name);
    json_string(w, value);
}

void json_put_int(struct json_out *w, const char *name, int64_t value)
{
    json_key(w, name);
    json_int(w, value);
}

void json_put_bool(struct json_out *w, const char *name, bool value)
{
    json_key(w, name);
    json_bool(w, value);
}
