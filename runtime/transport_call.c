/* Addresses of requests, and where they may go. */
#include "config.h"

#include "runtime/transport_call.h"

#include <string.h>

static bool is_absolute(struct text path)
{
    return (path.len > 8 && text_equal_nocase(text_slice(path, 0, 8),
                                              TEXT("https://"))) ||
           (path.len > 7 && text_equal_nocase(text_slice(path, 0, 7),
                                              TEXT("http://")));
}

static struct text address(const struct connection_setup *c,
                           const struct request *r, struct arena *arena)
{
    if (is_absolute(r->path))
        return r->path;
    struct text base = r->auth_host ? c->info.auth_url : c->info.url;
    bool slash = r->path.len > 0 && strchr("/?", r->path.ptr[0]);
    return text_of(arena_printf(arena, "%.*s%s%.*s", TEXT_ARG(base),
                                slash || r->path.len == 0 ? "" : "/",
                                TEXT_ARG(r->path)));
}

/* A connection pointed at this machine has no business with the vendor's own
 * hosts, whatever an answer says. */
static struct http_reach *reach_of(const struct connection_setup *c,
                                   struct arena *arena)
{
    struct http_reach *reach = ARENA_NEW(arena, struct http_reach);
    struct url_parts parts;
    reach->url = c->info.url;
    reach->auth_url = c->info.auth_url;
    if (!http_split_url(c->info.url, arena, &parts) ||
        !http_is_loopback_host(parts.host))
        reach->hosts = c->connector->hosts;
    return reach;
}

int call_prepare(const struct connection_setup *c, const struct request *r,
                 struct arena *arena, struct http_call *out,
                 struct error *err)
{
    char why[256];
    memset(out, 0, sizeof *out);
    out->method = r->method ? r->method : "GET";
    out->url = address(c, r, arena);
    out->headers = r->headers;
    out->body = r->body;
    out->content_type = r->content_type;
    out->reach = reach_of(c, arena);
    out->timeout_ms = connection_seconds(&c->info, "timeout",
                                         c->connector->timeout_ms);
    out->arena = arena;
    if (c->proxy.len > 0)
        out->proxy = text_cstr(arena, c->proxy);
    if (http_allowed(out->reach, out->url, why))
        return 0;
    return error_set(err, ERROR_GUARD, "%.*s: %s", TEXT_ARG(c->info.name),
                     why);
}

bool call_is_lost(const struct http_call *call)
{
    switch (call->outcome) {
    case HTTP_LOST:
    case HTTP_TOO_LARGE:
    case HTTP_REDIRECTED: /* who redirects may have done the work before */
        return true;
    case HTTP_INTERRUPTED:
        return call->response.lost;
    case HTTP_ANSWERED:
    case HTTP_NOT_SENT:
    case HTTP_FORBIDDEN:
    case HTTP_HELD_BACK:
    case HTTP_UNTRUSTED:
    case HTTP_NO_HOST:
        break;
    }
    return false;
}
