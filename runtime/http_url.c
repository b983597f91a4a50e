/* Where a call may go: addresses and hosts; and the small texts of HTTP: urls,
 * forms, dates. No network here. */
#include "config.h"

#include "runtime/http_internal.h"

#include "base/date.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define HOST_MAX 253

/* ------------------------------------------------------------------ urls */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_host_char(char c)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == ':';
}

static bool parse_port(struct text t, int *port)
{
    int n = 0;
    if (t.len == 0 || t.len > 5)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] < '0' || t.ptr[i] > '9')
            return false;
        n = n * 10 + (t.ptr[i] - '0');
    }
    *port = n;
    return n > 0 && n < 65536;
}

/* Splits "host:port" or "[v6]:port". */
static bool split_authority(struct text t, struct text *host, struct text *port)
{
    size_t end;
    *port = TEXT_NONE;
    if (t.len > 0 && t.ptr[0] == '[') {
        if (!text_find(t, TEXT("]"), &end))
            return false;
        *host = text_slice(t, 1, end - 1);
        t = text_slice(t, end + 1, t.len - end - 1);
    } else {
        end = 0;
        while (end < t.len && t.ptr[end] != ':')
            end++;
        *host = text_slice(t, 0, end);
        t = text_slice(t, end, t.len - end);
    }
    if (t.len == 0)
        return true;
    if (t.ptr[0] != ':')
        return false;
    *port = text_slice(t, 1, t.len - 1);
    return true;
}

bool http_split_url(struct text url, struct arena *arena,
                    struct url_parts *out)
{
    struct text rest, host, port;
    if (url.len >= 8 && text_equal_nocase(text_slice(url, 0, 8),
                                          TEXT("https://"))) {
        out->tls = true;
        rest = text_slice(url, 8, url.len - 8);
    } else if (url.len >= 7 && text_equal_nocase(text_slice(url, 0, 7),
                                                 TEXT("http://"))) {
        out->tls = false;
        rest = text_slice(url, 7, url.len - 7);
    } else {
        return false;
    }
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 127 ||
            url.ptr[i] == '\\')
            return false;
    size_t end = 0;
    while (end < rest.len && !strchr("/?#", rest.ptr[end]))
        end++;
    if (!split_authority(text_slice(rest, 0, end), &host, &port) ||
        host.len == 0 || host.len > HOST_MAX)
        return false;
    char *name = arena_strndup(arena, host.ptr, host.len);
    for (size_t i = 0; i < host.len; i++) {
        if (!is_host_char(name[i])) /* "@" of user:password too */
            return false;
        name[i] = lower(name[i]);
    }
    out->host = (struct text){ name, host.len };
    out->port = out->tls ? 443 : 80;
    if (port.ptr && !parse_port(port, &out->port))
        return false;
    out->path = text_slice(rest, end, rest.len - end);
    if (out->path.len == 0)
        out->path = TEXT("/");
    return true;
}

/* ------------------------------------------------------------- addresses */
static bool v4_in(uint32_t a, uint32_t net, int bits)
{
    return (a ^ net) >> (32 - bits) == 0;
}

enum address_class http_class_v4(uint32_t a)
{
    static const struct {
        uint32_t net;
        int bits;
    } closed[] = {
        { 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 },
        { 0xa9fe0000, 16 }, { 0xac100000, 12 }, { 0xc0000000, 24 },
        { 0xc0000200, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 },
        { 0xc6336400, 24 }, { 0xcb007100, 24 }, { 0xe0000000, 3 },
    };
    if (v4_in(a, 0x7f000000, 8))
        return ADDRESS_LOOPBACK;
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (v4_in(a, closed[i].net, closed[i].bits))
            return ADDRESS_PRIVATE;
    return ADDRESS_PUBLIC;
}

static uint32_t be32(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
           b[3];
}

static bool v6_starts(const unsigned char a[16], const char *hex, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (a[i] != (unsigned char)hex[i])
            return false;
    return true;
}

/* Loopback inside another form (mapped, NAT64 …) counts as private: nobody
 * writes it so who means well. */
static enum address_class embedded_v4(uint32_t a)
{
    return http_class_v4(a) == ADDRESS_PUBLIC ? ADDRESS_PUBLIC
                                              : ADDRESS_PRIVATE;
}

enum address_class http_class_v6(const unsigned char a[16])
{
    static const char zero[16];
    if (v6_starts(a, zero, 15))
        return a[15] == 1 ? ADDRESS_LOOPBACK : ADDRESS_PRIVATE;
    if (v6_starts(a, zero, 12)) /* the old "compatible" form */
        return ADDRESS_PRIVATE;
    if (v6_starts(a, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12))
        return embedded_v4(be32(a + 12));
    if (v6_starts(a, "\0\x64\xff\x9b\0\0\0\0\0\0\0\0", 12))
        return embedded_v4(be32(a + 12)); /* NAT64 */
    if (v6_starts(a, "\x20\x02", 2))
        return embedded_v4(be32(a + 2)); /* 6to4 */
    if (v6_starts(a, "\x20\x01\0\0", 4) || (a[0] & 0xfe) == 0xfc ||
        (a[0] == 0xfe && (a[1] & 0x80) == 0x80) || a[0] == 0xff ||
        v6_starts(a, "\x20\x01\x0d\xb8", 4) ||
        v6_starts(a, "\0\x64\xff\x9b\0\1", 6))
        return ADDRESS_PRIVATE;
    return ADDRESS_PUBLIC;
}

bool http_is_loopback_host(struct text host)
{
    char name[64];
    struct in_addr v4;
    struct in6_addr v6;
    if (text_equal_nocase(host, TEXT("localhost")))
        return true;
    if (host.len == 0 || host.len >= sizeof name)
        return false;
    memcpy(name, host.ptr, host.len);
    name[host.len] = 0;
    if (inet_pton(AF_INET, name, &v4) == 1)
        return http_class_v4(ntohl(v4.s_addr)) == ADDRESS_LOOPBACK;
    return inet_pton(AF_INET6, name, &v6) == 1 &&
           http_class_v6(v6.s6_addr) == ADDRESS_LOOPBACK;
}

/* --------------------------------------------------------------- allowed */
static bool host_listed(struct text host, const char *const *hosts)
{
    for (; hosts && *hosts; hosts++) {
        struct text h = text_of(*hosts);
        if (h.len > 1 && h.ptr[0] == '.' ? text_ends(host, h)
                                         : text_equal_nocase(host, h))
            return true;
    }
    return false;
}

static bool same_place(const struct url_parts *a, const struct url_parts *b)
{
    if (a->tls != b->tls || a->port != b->port)
        return false;
    return text_equal(a->host, b->host) ||
           (http_is_loopback_host(a->host) && http_is_loopback_host(b->host));
}

static bool explicit_place(const struct http_reach *reach,
                           const struct url_parts *call, struct arena *arena)
{
    struct url_parts own;
    return (http_split_url(reach->url, arena, &own) &&
            same_place(&own, call)) ||
           (http_split_url(reach->auth_url, arena, &own) &&
            same_place(&own, call));
}

static bool allowed(const struct http_reach *reach, struct text url,
                    struct arena *arena, bool *loopback, char why[256])
{
    struct url_parts call;
    if (!http_split_url(url, arena, &call)) {
        snprintf(why, 256, "the address is not an http or https url");
        return false;
    }
    bool own = explicit_place(reach, &call, arena);
    *loopback = http_is_loopback_host(call.host);
    if (*loopback && !own) {
        snprintf(why, 256, "a call to this machine (%.*s:%d) is only allowed "
                 "where the connection's url says so", TEXT_ARG(call.host),
                 call.port);
        return false;
    }
    if (!call.tls && !*loopback) {
        snprintf(why, 256, "plain http to %.*s: only https is allowed",
                 TEXT_ARG(call.host));
        return false;
    }
    if (!own && !(host_listed(call.host, reach->hosts) && call.port == 443)) {
        snprintf(why, 256, "the host %.*s is none of this system's",
                 TEXT_ARG(call.host));
        return false;
    }
    return true;
}

bool http_allowed(const struct http_reach *reach, struct text url,
                  char why[256])
{
    bool loopback;
    return http_check_reach(reach, url, &loopback, why);
}

bool http_check_reach(const struct http_reach *reach, struct text url,
                      bool *loopback, char why[256])
{
    struct arena arena;
    arena_init(&arena);
    bool fine = allowed(reach, url, &arena, loopback, why);
    arena_fini(&arena);
    return fine;
}

/* ----------------------------------------------------------------- forms */
void http_escape(struct text t, struct buf *out)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.ptr[i];
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
            (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
            c == '~') {
            buf_byte(out, (char)c);
        } else {
            buf_byte(out, '%');
            buf_byte(out, hex[c >> 4]);
            buf_byte(out, hex[c & 15]);
        }
    }
}

void http_form_add(struct buf *form, const char *name, struct text value)
{
    if (form->len > 0)
        buf_byte(form, '&');
    http_escape(text_of(name), form);
    buf_byte(form, '=');
    http_escape(value, form);
}

/* ----------------------------------------------------------------- dates */
static bool two_digits(const char *p, int *out)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return false;
    *out = (p[0] - '0') * 10 + (p[1] - '0');
    return true;
}

int64_t http_parse_date(struct text t)
{
    /* "Sun, 06 Nov 1994 08:49:37 GMT"; the two obsolete forms are gone */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int day, century, year, hour, minute, second;
    if (t.len != 29 || memcmp(t.ptr + 25, " GMT", 4) || t.ptr[3] != ',' ||
        t.ptr[19] != ':' || t.ptr[22] != ':' ||
        !two_digits(t.ptr + 5, &day) || !two_digits(t.ptr + 12, &century) ||
        !two_digits(t.ptr + 14, &year) || !two_digits(t.ptr + 17, &hour) ||
        !two_digits(t.ptr + 20, &minute) || !two_digits(t.ptr + 23, &second))
        return 0;
    int month = 0;
    while (month < 12 && memcmp(months + month * 3, t.ptr + 8, 3))
        month++;
    year += century * 100;
    if (month == 12 || year < 1970 || !date_is_valid(year, month + 1, day) || hour > 23 ||
        minute > 59 || second > 60)
        return 0;
    int64_t days = date_from_civil((struct civil){ year, month + 1, day });
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

/* Seconds, perhaps with a fraction, which is rounded up. -1: garbage. */
static int64_t parse_seconds(struct text t)
{
    int64_t ms = 0;
    size_t i = 0;
    for (; i < t.len && t.ptr[i] >= '0' && t.ptr[i] <= '9'; i++)
        if (ms < (int64_t)1 << 48) /* more is as good as this */
            ms = ms * 10 + (t.ptr[i] - '0');
    if (i == 0)
        return -1;
    ms *= 1000;
    if (i < t.len && t.ptr[i] == '.') {
        for (i++; i < t.len && t.ptr[i] >= '0' && t.ptr[i] <= '9'; i++)
            if (t.ptr[i] != '0' && ms % 1000 == 0)
                ms += 999;
        ms = (ms + 999) / 1000 * 1000;
    }
    return i == t.len ? ms : -1;
}

int64_t http_retry_after_ms(struct text value, int64_t now_ms, int64_t max_ms)
{
    value = text_trim(value);
    int64_t ms = parse_seconds(value);
    if (ms < 0) {
        int64_t at = http_parse_date(value);
        if (at == 0)
            return -1;
        ms = at > now_ms ? at - now_ms : 0;
    }
    return ms < max_ms ? ms : max_ms;
}

bool http_is_json(const struct response *r)
{
    struct text type = r->content_type;
    size_t end = 0;
    while (end < type.len && type.ptr[end] != ';')
        end++;
    type = text_trim(text_slice(type, 0, end));
    struct text body = text_trim(r->body);
    bool begins = body.len > 0 && strchr("{[\"-0123456789tfn", body.ptr[0]) &&
                  body.ptr[0];
    if (text_equal_nocase(type, TEXT("text/html")))
        return false;
    return begins;
}
