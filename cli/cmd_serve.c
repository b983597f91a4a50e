/* mlc serve: schedules, webhooks, notices and health in one process; its runs
 * are processes of their own. */
#include "config.h"

#include "cli/serve.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/http.h"
#include "runtime/systemd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ------------------------------------------------------------------- options */
static int take_listen(struct serve *s, struct error *err)
{
    const char *given = option_value(s->w->in, "listen");
    struct text t = text_of(given ? given : "127.0.0.1");
    size_t colon = t.len;
    s->o.port = SERVE_PORT;
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] == ':')
            colon = i;
    bool v6 = t.len > 0 && t.ptr[0] == '[';
    if (v6 && colon > 0 && t.ptr[colon - 1] != ']')
        colon = t.len;
    if (colon < t.len) {
        char *end;
        long port = strtol(t.ptr + colon + 1, &end, 10);
        if (end == t.ptr + colon + 1 || *end || port < 0 || port > 65535)
            return error_set(err, ERROR_USAGE, "--listen needs HOST:PORT, as "
                             "127.0.0.1:8750");
        s->o.port = (int)port;
    }
    s->o.host = text_slice(t, 0, colon);
    if (v6 && colon >= 2)
        s->o.host = text_slice(t, 1, colon - 2);
    if (text_is(s->o.host, "localhost") || s->o.host.len == 0)
        s->o.host = TEXT("127.0.0.1");
    return 0;
}

static int take_public_url(struct serve *s, struct error *err)
{
    struct url_parts parts;
    const char *url = option_value(s->w->in, "public-url");
    if (!url)
        return 0;
    struct text t = text_of(url);
    while (t.len > 0 && t.ptr[t.len - 1] == '/')
        t.len--;
    if (!http_split_url(t, &s->arena, &parts)
        || (!parts.tls && !http_is_loopback_host(parts.host))) {
        error_set(err, ERROR_USAGE, "--public-url must be an https address");
        error_hint(err, "It is the address of the proxy that ends TLS, as the "
                   "vendors reach it: https://mlc.example.com.");
        return -1;
    }
    s->o.public_url = text_cstr(&s->arena, t);
    return 0;
}

static int take_token(struct serve *s, struct error *err)
{
    const char *path = option_value(s->w->in, "token-file");
    struct stat st;
    if (!path)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0) {
        error_errno(err, ERROR_USAGE, "cannot read the token file %s", path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    ssize_t n = read(fd, s->o.token, sizeof s->o.token - 1);
    close(fd);
    s->o.token[n > 0 ? n : 0] = '\0';
    s->o.token[strcspn(s->o.token, "\r\n")] = '\0';
    if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
        return error_set(err, ERROR_USAGE, "the token file %s can be read by "
                         "others: give it the rights 0600", path);
    if (strlen(s->o.token) < 16)
        return error_set(err, ERROR_USAGE, "the token in %s is shorter than "
                         "16 characters", path);
    return 0;
}

static int take_proxies(struct serve *s, struct error *err)
{
    const char *value;
    for (int at = 0; (value = option_next(s->w->in, "trusted-proxy", &at));) {
        if (s->o.proxy_count == SERVE_PROXIES_MAX)
            return error_set(err, ERROR_USAGE, "at most %d trusted proxies",
                             SERVE_PROXIES_MAX);
        if (!proxy_parse(value, &s->o.proxies[s->o.proxy_count++]))
            return error_set(err, ERROR_USAGE, "--trusted-proxy needs an "
                             "address or a range, as 10.0.0.5 or 10.0.0.0/8");
    }
    return 0;
}

/* Plain http for everybody is what this refuses [177]. */
static int check_exposure(const struct serve *s, struct error *err)
{
    if (text_starts(s->o.host, TEXT("127.")) || text_is(s->o.host, "::1"))
        return 0;
    if (s->o.public_url && text_starts(text_of(s->o.public_url),
                                       TEXT("https://"))
        && s->o.proxy_count > 0 && s->o.token[0])
        return 0;
    error_set(err, ERROR_USAGE, "%.*s can be reached from other machines, and "
              "mlc speaks plain http", TEXT_ARG(s->o.host));
    error_hint(err, "Put a proxy with TLS before it and say so: --public-url "
               "https://…, --trusted-proxy ADDRESS and --token-file FILE. Or "
               "listen on 127.0.0.1.");
    return -1;
}

static int take_options(struct serve *s, struct error *err)
{
    s->o.workers = option_number(s->w->in, "workers", SERVE_WORKERS);
    if (s->o.workers < 1 || s->o.workers > SERVE_WORKERS_MAX)
        return error_set(err, ERROR_USAGE, "--workers must be 1 to %d",
                         SERVE_WORKERS_MAX);
    return take_listen(s, err) || take_public_url(s, err)
                   || take_token(s, err) || take_proxies(s, err)
               ? -1 : check_exposure(s, err);
}

/* --------------------------------------------------------------------- parts */
static int only_one(struct serve *s, struct error *err)
{
    char holder[128];
    int got = store_lock(s->w->store, "serve", err);
    if (got != 1)
        return got;
    store_lock_holder(s->w->store, "serve", holder);
    return error_set(err, ERROR_LOCKED, "mlc serve runs on this state already: "
                     "%s", holder);
}

static int open_parts(struct serve *s, struct error *err)
{
    const char *path = s->w->state_path;
    if (only_one(s, err) || files_open(s, err))
        return -1;
    const struct program *program = &s->edition->program;
    struct hooks_options hooks = { path, program, s->w->overrides,
                                   s->wake[1] };
    struct notices_options notices = { path, program, s->w->overrides,
                                       &work_stop };
    if (hooks_open(&hooks, &s->hooks, err)
        || notices_open(&notices, &s->notices, err))
        return -1;
    atomic_store(&s->figures.store_ok, true);
    atomic_store(&s->figures.beat_ms, clock_steady_ms());
    return web_open(s, err) || notices_start(s->notices, err)
                   || care_start(s, err)
               ? -1 : 0;
}

static void close_parts(struct serve *s)
{
    if (s->server || s->web_store)
        web_close(s); /* nothing new comes in */
    workers_stop(s);
    care_stop(s);
    notices_close(s->notices);
    hooks_close(s->hooks);
    pending_forget(s);
    files_close(s);
}

static void say_ready(struct serve *s)
{
    int port = server_port(s->server);
    bool v6 = memchr(s->o.host.ptr, ':', s->o.host.len) != NULL;
    log_info("mlc serve: %zu flows, listening on http://%s%.*s%s:%d",
             s->flow_count, v6 ? "[" : "", TEXT_ARG(s->o.host), v6 ? "]" : "",
             port);
    for (size_t i = 0; i < s->flow_count; i++)
        if (s->workers[i].flow->on_change && !s->o.public_url) {
            log_warning("there are flows on change, and no --public-url: "
                        "subscriptions are left as they are");
            break;
        }
    if (s->w->sandbox)
        for (const struct connection_override *o = s->w->overrides; o;
             o = o->next)
            if (text_is(o->key, "url"))
                log_info("sandbox of %.*s: %.*s", TEXT_ARG(o->connection),
                         TEXT_ARG(o->value));
    systemd_tell("READY=1");
}

static void stamp(char out[32])
{
    int64_t ms = clock_now_ms(), s = ms / 1000 % 86400;
    struct civil c = date_to_civil((int32_t)(ms / 86400000));
    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)c.year,
             (int)c.month, (int)c.day, (int)(s / 3600), (int)(s / 60 % 60),
             (int)(s % 60), (int)(ms % 1000));
}

static int serve(struct work *w)
{
    struct serve s = { .w = w, .wake = { -1, -1 } };
    struct error err = { 0 };
    arena_init(&s.arena);
    pthread_mutex_init(&s.web_lock, NULL);
    pthread_mutex_init(&s.editions_lock, NULL);
    s.last_pending = &s.pending;
    if (pipe2(s.wake, O_CLOEXEC | O_NONBLOCK) != 0)
        error_errno(&err, ERROR_STORE, "cannot start");
    else if (take_options(&s, &err) == 0 && open_parts(&s, &err) == 0) {
        say_ready(&s);
        serve_loop(&s, &err);
        systemd_tell("STOPPING=1");
        log_info("mlc serve ends: runs are asked to stop");
    }
    close_parts(&s);
    for (int i = 0; i < 2; i++)
        if (s.wake[i] >= 0)
            close(s.wake[i]);
    pthread_mutex_destroy(&s.editions_lock);
    pthread_mutex_destroy(&s.web_lock);
    arena_fini(&s.arena);
    if (err.kind != ERROR_NONE && !work_stop)
        return command_fail(w->in, &err);
    return 128 + work_stop;
}

int cmd_serve(const struct invocation *in)
{
    struct work w;
    struct error err = { 0 };
    bool text = option_value(in, "log")
                && strcmp(option_value(in, "log"), "text") == 0;
    int code = work_open(&w, in, WORK_PROGRAM | WORK_STATE | WORK_SYSTEMS);
    log_set_stamp(stamp);
    log_setup(in->quiet ? LOG_QUIET : in->verbose ? LOG_VERBOSE : LOG_NORMAL,
              text ? LOG_TEXT : LOG_JSON);
    if (code == EXIT_FINE && option_given(in, "remove-webhooks"))
        code = care_unsubscribe(&w, &err) ? command_fail(in, &err)
                                          : EXIT_FINE;
    else if (code == EXIT_FINE)
        code = serve(&w);
    work_close(&w);
    return code;
}
