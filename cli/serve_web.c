/* The listener of mlc serve: /webhook/CONNECTION, /healthz, /metrics, and no
 * other path. Whatever could be read in two ways, by a proxy before us and by
 * us, is refused before its body is looked at [159, 167-169]. */
#include "config.h"

#include "cli/serve.h"

#include "runtime/clock.h"
#include "runtime/crypto.h"
#include "runtime/jsonwrite.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define BEAT_LATE_MS 30000
#define METRICS_LIVE_MS 1000

static void answer(struct server_call *call, int status, const char *text)
{
    call->status = status;
    call->reply = text_of(text);
    call->content_type = "text/plain; charset=utf-8";
    server_reply_header(call, "X-Content-Type-Options", TEXT("nosniff"));
    server_reply_header(call, "Cache-Control", TEXT("no-store"));
}

/* ------------------------------------------------------------------- proxies */
bool proxy_parse(const char *text, struct serve_proxy *out)
{
    char address[64];
    size_t len = strcspn(text, "/");
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, address, out->address) == 1)
        out->family = AF_INET;
    else if (inet_pton(AF_INET6, address, out->address) == 1)
        out->family = AF_INET6;
    else
        return false;
    int most = out->family == AF_INET ? 32 : 128;
    out->bits = most;
    if (text[len] == '\0')
        return true;
    char *end;
    long bits = strtol(text + len + 1, &end, 10);
    out->bits = (int)bits;
    return end != text + len + 1 && *end == '\0' && bits >= 1 && bits <= most;
}

static bool in_range(const struct serve_proxy *p, int family,
                     const unsigned char *address)
{
    int whole = p->bits / 8, rest = p->bits % 8;
    if (family != p->family
        || memcmp(address, p->address, (size_t)whole) != 0)
        return false;
    if (rest == 0)
        return true;
    int mask = 0xff << (8 - rest) & 0xff;
    return (address[whole] & mask) == (p->address[whole] & mask);
}

static bool is_trusted(const struct serve *s, const char *address)
{
    struct serve_proxy a;
    if (!proxy_parse(address, &a))
        return false;
    for (size_t i = 0; i < s->o.proxy_count; i++)
        if (in_range(&s->o.proxies[i], a.family, a.address))
            return true;
    return false;
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* From the right: the last hop a trusted proxy vouches for. */
struct text web_client(const struct serve *s, const struct server_call *call)
{
    struct text list = server_header(call, "X-Forwarded-For");
    struct text client = text_of(call->client);
    while (list.len > 0 && is_trusted(s, text_cstr(call->arena, client))) {
        size_t at = list.len;
        while (at > 0 && list.ptr[at - 1] != ',')
            at--;
        struct text hop = text_trim(text_slice(list, at, list.len - at));
        struct serve_proxy parsed;
        if (!proxy_parse(text_cstr(call->arena, hop), &parsed))
            break;
        client = hop;
        list.len = at > 0 ? at - 1 : 0;
    }
    return client;
}

/* ----------------------------------------------------------------- admission */
/* Headers that may come more than once. */
static bool is_list_header(struct text name)
{
    static const char *const lists[] = { "Accept", "Accept-Encoding",
                                         "Accept-Language", "Cache-Control",
                                         "Connection", "Forwarded", "Via",
                                         "X-Forwarded-For",
                                         "X-Forwarded-Host",
                                         "X-Forwarded-Proto", "Cookie",
                                         NULL };
    for (const char *const *l = lists; *l; l++)
        if (text_equal_nocase(name, text_of(*l)))
            return true;
    return false;
}

static int judge_headers(const struct server_call *call, const char **why)
{
    struct text te = server_header(call, "Transfer-Encoding");
    struct text ce = server_header(call, "Content-Encoding");
    *why = "a header is too long\n";
    for (const struct header *h = call->headers; h; h = h->next)
        if (h->value.len > HOOK_HEADER_MAX)
            return 431;
    *why = "a header comes twice\n";
    for (const struct header *h = call->headers; h; h = h->next)
        for (const struct header *g = h->next; g; g = g->next)
            if (text_equal_nocase(h->name, g->name)
                && !is_list_header(h->name))
                return 400;
    *why = "the length of the body is not clear\n";
    if (te.len > 0 && (server_header(call, "Content-Length").len > 0
                       || !text_equal_nocase(te, TEXT("chunked"))))
        return 400;
    *why = "send the body as it is, not packed\n";
    if (ce.len > 0 && !text_equal_nocase(ce, TEXT("identity")))
        return 415;
    return 0;
}

/* One spelling per path: nothing encoded, no empty or dotted part. */
static bool is_plain_path(const struct server_call *call)
{
    size_t at;
    struct text p = call->path;
    if (p.len == 0 || p.ptr[0] != '/' || p.len > 512)
        return false;
    if (text_find(p, TEXT("//"), &at) || text_find(p, TEXT("/."), &at)
        || text_find(p, TEXT("%"), &at) || text_find(p, TEXT("\\"), &at))
        return false;
    for (size_t i = 0; i < p.len; i++)
        if ((unsigned char)p.ptr[i] <= ' ' || (unsigned char)p.ptr[i] >= 0x7f)
            return false;
    return true;
}

#define HOOK_PATH "/webhook/"

static struct text connection_of(const struct server_call *call)
{
    size_t skip = sizeof HOOK_PATH - 1;
    if (!text_starts(call->path, TEXT(HOOK_PATH)))
        return TEXT_NONE;
    return text_slice(call->path, skip, call->path.len - skip);
}

static bool has_token(const struct serve *s, const struct server_call *call)
{
    struct text given = server_header(call, "Authorization");
    if (!text_starts(given, TEXT("Bearer ")))
        return false;
    return crypto_equal(text_slice(given, 7, given.len - 7),
                        text_of(s->o.token));
}

/* Is this a caller who may see more than that we live? */
static bool is_ours(const struct serve *s, const struct server_call *call)
{
    if (s->o.token[0])
        return has_token(s, call);
    return is_loopback(call->client)
           && server_header(call, "X-Forwarded-For").len == 0;
}

static void admit(void *ctx, struct server_call *call)
{
    struct serve *s = ctx;
    const char *why = "";
    bool hook = text_starts(call->path, TEXT(HOOK_PATH));
    bool known = text_is(call->path, "/healthz")
                 || text_is(call->path, "/metrics");
    int status = is_plain_path(call) ? judge_headers(call, &why) : 400;
    if (status == 0 && s->o.proxy_count > 0 && !is_loopback(call->client)
        && !is_trusted(s, call->client))
        status = 403;
    else if (status == 0 && !hook && !known)
        status = 404;
    else if (status == 0 && hook && strcmp(call->method, "POST") != 0)
        status = 405;
    else if (status == 0 && known && strcmp(call->method, "GET") != 0
             && strcmp(call->method, "HEAD") != 0)
        status = 405;
    else if (status == 0 && hook
             && !hooks_knows(s->hooks, connection_of(call)))
        status = 404;
    if (status != 0)
        answer(call, status, why);
}

/* -------------------------------------------------------------------- routes */
static void healthz(struct serve *s, struct server_call *call)
{
    int64_t age = clock_steady_ms() - atomic_load(&s->figures.beat_ms);
    bool alive = age < BEAT_LATE_MS && atomic_load(&s->figures.store_ok);
    int episodes = 0, queued = 0;
    struct buf b;
    struct json_out w;
    buf_init(&b, 0);
    w = json_out(&b);
    json_begin_object(&w);
    json_put_string(&w, "status", alive ? TEXT("ok") : TEXT("failing"));
    if (is_ours(s, call)) {
        notices_figures(s->notices, &episodes, &queued);
        json_put_string(&w, "version", TEXT(PACKAGE_VERSION));
        json_put_int(&w, "loop_age_ms", age);
        json_put_bool(&w, "state", atomic_load(&s->figures.store_ok));
        json_put_string(&w, "flow_files",
                        atomic_load(&s->figures.files_broken)
                            ? TEXT("broken: the last good ones are at work")
                            : TEXT("good"));
        json_put_int(&w, "running", atomic_load(&s->figures.running));
        json_put_int(&w, "webhooks_waiting", hooks_waiting(s->hooks));
        json_put_int(&w, "episodes", episodes);
        json_put_int(&w, "notices_waiting", queued);
    }
    json_end_object(&w);
    buf_byte(&b, '\n');
    answer(call, alive ? 200 : 503, "");
    call->reply = buf_dup(call->arena, &b);
    call->content_type = "application/json";
    buf_fini(&b);
}

static void metrics(struct serve *s, struct server_call *call)
{
    if (!is_ours(s, call)) {
        answer(call, 401, "a token is needed\n");
        server_reply_header(call, "WWW-Authenticate", TEXT("Bearer"));
        return;
    }
    answer(call, 200, "");
    call->content_type =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";
    pthread_mutex_lock(&s->web_lock);
    if (s->metrics_ms == 0
        || clock_steady_ms() - s->metrics_ms > METRICS_LIVE_MS) {
        buf_reset(&s->metrics);
        serve_metrics(s, &s->metrics);
        s->metrics_ms = clock_steady_ms();
    }
    call->reply = buf_dup(call->arena, &s->metrics);
    pthread_mutex_unlock(&s->web_lock);
}

static void take_hook(struct serve *s, struct server_call *call)
{
    struct text client = web_client(s, call);
    call->client = text_cstr(call->arena, client);
    hooks_take(s->hooks, call, connection_of(call));
}

static void serve_call(void *ctx, struct server_call *call)
{
    struct serve *s = ctx;
    if (text_is(call->path, "/healthz"))
        healthz(s, call);
    else if (text_is(call->path, "/metrics"))
        metrics(s, call);
    else
        take_hook(s, call);
}

int web_open(struct serve *s, struct error *err)
{
    struct server_options o = {
        .address = text_cstr(&s->arena, s->o.host),
        .port = s->o.port,
        .body_max = HOOK_BODY_MAX,
        /* a proxy is one address for everybody */
        .per_client_max = s->o.proxy_count > 0 ? 0 : SERVE_PER_CLIENT,
        .timeout_s = SERVE_DEADLINE_S,
        .deadline_s = SERVE_DEADLINE_S,
        .handler = serve_call,
        .admit = admit,
        .ctx = s,
    };
    buf_init(&s->metrics, 0);
    if (store_open(s->w->state_path, STORE_WRITE, &s->web_store, err))
        return -1;
    return server_open(&o, &s->server, err);
}

void web_close(struct serve *s)
{
    server_close(s->server);
    store_close(s->web_store);
    buf_fini(&s->metrics);
}
