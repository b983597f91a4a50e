/* Growing buffers with a ceiling, and the two ways a text is made safe to
 * write: as a JSON string, and for a terminal. */
#include "config.h"

#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define BUF_FIRST 64

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max ? max : BUF_MAX_DEFAULT };
}

void buf_fini(struct buf *b)
{
    mem_free(b->ptr);
    buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->full = false;
    if (b->ptr)
        b->ptr[0] = '\0';
}

char *buf_room(struct buf *b, size_t len)
{
    if (b->full || len > b->max - b->len) {
        b->full = true;
        return NULL;
    }
    size_t need = b->len + len + 1;
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : BUF_FIRST;
        if (cap < need)
            cap = need;
        b->ptr = mem_realloc(b->ptr, cap);
        b->cap = cap;
    }
    return b->ptr + b->len;
}

void buf_grown(struct buf *b, size_t len)
{
    b->len += len;
    b->ptr[b->len] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    char *room = buf_room(b, len);
    if (!room)
        return;
    if (len)
        memcpy(room, bytes, len);
    buf_grown(b, len);
}

void buf_byte(struct buf *b, char byte)
{
    buf_add(b, &byte, 1);
}

void buf_text(struct buf *b, struct text t)
{
    buf_add(b, t.ptr, t.len);
}

void buf_str(struct buf *b, const char *string)
{
    buf_add(b, string, strlen(string));
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    char small[256];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    if (len >= 0 && (size_t)len < sizeof small) {
        buf_add(b, small, (size_t)len);
    } else if (len >= 0) {
        char *room = buf_room(b, (size_t)len);
        if (room) {
            vsnprintf(room, (size_t)len + 1, format, again);
            buf_grown(b, (size_t)len);
        }
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

struct text buf_view(const struct buf *b)
{
    return (struct text){ b->ptr, b->len };
}

const char *buf_cstr(struct buf *b)
{
    if (!b->ptr)
        return "";
    b->ptr[b->len] = '\0';
    return b->ptr;
}

struct text buf_dup(struct arena *arena, const struct buf *b)
{
    return text_dup(arena, buf_view(b));
}

static void add_escape(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"':
        buf_str(b, "\\\"");
        break;
    case '\\':
        buf_str(b, "\\\\");
        break;
    case '\n':
        buf_str(b, "\\n");
        break;
    case '\r':
        buf_str(b, "\\r");
        break;
    case '\t':
        buf_str(b, "\\t");
        break;
    default:
        buf_printf(b, "\\u%04x", c);
        break;
    }
}

static bool is_plain_json(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\' && c != 0x7F && c < 0x80;
}

void buf_json_string(struct buf *b, struct text t)
{
    buf_byte(b, '"');
    size_t at = 0;
    while (at < t.len) {
        size_t start = at;
        while (at < t.len && is_plain_json((unsigned char)t.ptr[at]))
            at++;
        buf_add(b, t.ptr + start, at - start);
        if (at >= t.len)
            break;
        unsigned char c = (unsigned char)t.ptr[at];
        if (c < 0x80) {
            add_escape(b, c);
            at++;
            continue;
        }
        start = at;
        if (utf8_decode(t, &at) < 0)
            buf_str(b, "\xEF\xBF\xBD"); /* U+FFFD: the JSON must stay valid */
        else
            buf_add(b, t.ptr + start, at - start);
    }
    buf_byte(b, '"');
}

/* Characters that move, hide or reorder what a reader sees. */
static bool is_treacherous(int32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C ||
           c == 0x200B || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
           c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
           (c >= 0xE0000 && c <= 0xE007F);
}

void buf_printable(struct buf *b, struct text t)
{
    size_t at = 0;
    while (at < t.len) {
        size_t start = at;
        int32_t c = utf8_decode(t, &at);
        if (c < 0)
            buf_printf(b, "\\x%02X", (unsigned char)t.ptr[start]);
        else if (!is_treacherous(c))
            buf_add(b, t.ptr + start, at - start);
        else if (c < 0x80)
            buf_printf(b, "\\x%02X", (unsigned)c);
        else
            buf_printf(b, "\\u{%04X}", (unsigned)c);
    }
}
