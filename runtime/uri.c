/* See runtime/uri.h. */
#include "config.h"
#include "runtime/uri.h"

#include <string.h>

static bool is_plain(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

void uri_encode(struct buf *b, struct text value)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (is_plain(c)) {
            buf_byte(b, (char)c);
        } else {
            buf_byte(b, '%');
            buf_byte(b, hex[c >> 4]);
            buf_byte(b, hex[c & 15]);
        }
    }
}

static void add_pair(struct buf *b, const char *name, struct text value)
{
    uri_encode(b, text_of(name));
    buf_byte(b, '=');
    uri_encode(b, value);
}

void uri_query(struct buf *b, const char *name, struct text value)
{
    size_t at;
    buf_byte(b, text_find(buf_view(b), TEXT("?"), &at) ? '&' : '?');
    if (name[0] == '$') { /* OData options keep their sign readable */
        buf_byte(b, '$');
        name++;
    }
    add_pair(b, name, value);
}

void uri_form(struct buf *b, const char *name, struct text value)
{
    if (b->len > 0)
        buf_byte(b, '&');
    add_pair(b, name, value);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static struct text decode(struct arena *arena, struct text raw)
{
    char *out = arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '+')
            c = ' ';
        if (c == '%') {
            if (raw.len - i < 3)
                return TEXT_NONE;
            int high = hex_value(raw.ptr[i + 1]);
            int low = hex_value(raw.ptr[i + 2]);
            if (high < 0 || low < 0)
                return TEXT_NONE;
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return (struct text){ out, len };
}

struct text uri_form_value(struct arena *arena, struct text form,
                           const char *name)
{
    size_t name_len = strlen(name);
    size_t start = 0;
    while (start <= form.len) {
        const char *amp = memchr(form.ptr + start, '&', form.len - start);
        size_t end = amp ? (size_t)(amp - form.ptr) : form.len;
        struct text pair = text_slice(form, start, end - start);
        if (pair.len > name_len && pair.ptr[name_len] == '=' &&
            memcmp(pair.ptr, name, name_len) == 0)
            return decode(arena, text_slice(pair, name_len + 1,
                                            pair.len - name_len - 1));
        start = end + 1;
    }
    return TEXT_NONE;
}

bool uri_split(struct text url, struct text *origin, struct text *path)
{
    size_t scheme = text_starts(url, TEXT("https://")) ? 8
                    : text_starts(url, TEXT("http://")) ? 7
                                                        : 0;
    if (scheme == 0 || url.len == scheme)
        return false;
    const char *slash = memchr(url.ptr + scheme, '/', url.len - scheme);
    size_t end = slash ? (size_t)(slash - url.ptr) : url.len;
    *origin = text_slice(url, 0, end);
    *path = text_slice(url, end, url.len - end);
    return true;
}

static bool is_loopback(struct text host)
{
    return text_is(host, "localhost") || text_is(host, "127.0.0.1") ||
           text_is(host, "[::1]");
}

/* "http://host:port" into host and port; the scheme's own port is none. */
static void split_origin(struct text origin, struct text *host,
                         struct text *port)
{
    bool tls = text_starts(origin, TEXT("https://"));
    size_t start = tls ? 8 : 7, colon = origin.len;
    for (size_t i = start; i < origin.len; i++)
        if (origin.ptr[i] == ':')
            colon = i;
        else if (origin.ptr[i] == ']')
            colon = origin.len;
    *host = text_slice(origin, start, colon - start);
    *port = colon < origin.len
                ? text_slice(origin, colon + 1, origin.len - colon - 1)
                : TEXT_NONE;
    if (text_is(*port, tls ? "443" : "80"))
        *port = TEXT_NONE;
}

static bool is_known(struct text origin, struct text link_origin,
                     const char *const *hosts)
{
    struct text host, port, link_host, link_port;
    split_origin(origin, &host, &port);
    split_origin(link_origin, &link_host, &link_port);
    if (text_equal(port, link_port) &&
        (text_equal_nocase(host, link_host) ||
         (is_loopback(host) && is_loopback(link_host))))
        return true;
    for (; hosts && *hosts; hosts++)
        if (link_port.len == 0 && text_equal_nocase(text_of(*hosts), link_host))
            return true;
    return false;
}

struct text uri_relative(struct text url, const char *const *hosts,
                         struct text link)
{
    struct text origin, prefix, link_origin, link_path;
    if (!uri_split(url, &origin, &prefix))
        return TEXT_NONE;
    while (prefix.len > 0 && prefix.ptr[prefix.len - 1] == '/')
        prefix.len--;
    link_path = link;
    if (uri_split(link, &link_origin, &link_path)) {
        if (!is_known(origin, link_origin, hosts))
            return TEXT_NONE;
    } else if (link.len == 0 || link.ptr[0] != '/' ||
               (link.len > 1 && link.ptr[1] == '/')) {
        return TEXT_NONE;
    }
    if (prefix.len > 0 && text_starts(link_path, prefix))
        return text_slice(link_path, prefix.len, link_path.len - prefix.len);
    return link_path;
}
