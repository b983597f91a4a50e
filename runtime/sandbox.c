/* Starts and stops the sandboxes and leads every call through faults, vendor,
 * counts and log. */
#include "config.h"
#include "runtime/sandbox_kit.h"

#include "runtime/clock.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------- helpers */
struct text call_header(const struct sandbox_call *call, const char *name)
{
    return server_header(call->http, name);
}

struct text call_param(const struct sandbox_call *call, const char *name)
{
    return server_param(call->arena, call->query, name);
}

struct text call_form(const struct sandbox_call *call, const char *name)
{
    return server_param(call->arena, call->http->body, name);
}

struct doc *call_body(struct sandbox_call *call)
{
    struct error ignored = { 0 };
    if (!call->body)
        call->body = doc_parse(call->http->body, &ignored);
    return call->body;
}

bool call_is(const struct sandbox_call *call, const char *method)
{
    return strcmp(call->method, method) == 0;
}

void call_answer(struct sandbox_call *call, int status, const char *type,
                 struct text body)
{
    call->http->status = status;
    call->http->content_type = type;
    call->http->reply = text_dup(call->arena, body);
}

void call_answer_text(struct sandbox_call *call, int status, const char *type,
                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *body = arena_vprintf(call->arena, format, args);
    va_end(args);
    call->http->status = status;
    call->http->content_type = type;
    call->http->reply = text_of(body);
}

void call_answer_doc(struct sandbox_call *call, int status, struct doc *body,
                     int style)
{
    call->http->status = status;
    call->http->content_type = "application/json; charset=utf-8";
    call->http->reply = doc_printed(body, style, call->arena);
    doc_drop(body);
}

void call_answer_header(struct sandbox_call *call, const char *name,
                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *value = arena_vprintf(call->arena, format, args);
    va_end(args);
    server_reply_header(call->http, name, text_of(value));
}

#define MS_PER_DAY INT64_C(86400000)

const char *print_offset_time(struct arena *arena, int64_t ms)
{
    char digits[32];
    datetime_print(ms / 1000 * 1000000, digits);
    digits[19] = '\0';
    return arena_printf(arena, "%s+00:00", digits);
}

const char *print_date(struct arena *arena, int64_t ms)
{
    char digits[11];
    date_print((int32_t)(ms / MS_PER_DAY), digits);
    return arena_strdup(arena, digits);
}

int64_t day_ms(int64_t ms, int days)
{
    return (ms / MS_PER_DAY + days) * MS_PER_DAY;
}

/* -------------------------------------------------------------- serving */
static void count_call(struct world *w, struct sandbox_call *call)
{
    const char *label =
        arena_printf(call->arena, "%s %s", call->method,
                     call->endpoint ? call->endpoint : "other");
    doc_set_int(w->counts, label, doc_whole(w->counts, label, 0) + 1);
}

static void log_call(const struct sandbox_call *call, const struct fault *f)
{
    struct sandbox *s = call->world->sandbox;
    struct buf b;
    if (s->log_fd < 0)
        return;
    struct doc *d = doc_object();
    doc_set_int(d, "request", call->number);
    doc_set_string(d, "at", print_offset_time(call->arena, call->now_ms));
    doc_set_string(d, "connector", call->world->vendor->name);
    doc_set_string(d, "method", call->method);
    doc_set_text(d, "target", call->http->target);
    doc_set_string(d, "endpoint", call->endpoint ? call->endpoint : "other");
    doc_set_int(d, "sent", (int64_t)call->http->body.len);
    if (call->http->ending == SERVER_DROP)
        doc_set(d, "status", doc_null());
    else
        doc_set_int(d, "status", call->http->status);
    doc_set_int(d, "answered", (int64_t)call->http->reply.len);
    if (f)
        doc_set_string(d, "fault", f->spec);
    buf_init(&b, 0);
    doc_print(d, DOC_COMPACT, &b);
    buf_byte(&b, '\n');
    sandbox_write_line(s->log_fd, &b);
    buf_fini(&b);
    doc_drop(d);
}

static int argument_ms(const struct fault *f)
{
    long value = f->argument ? strtol(f->argument, NULL, 10) : 0;
    return value < 0 ? 0 : value > 600000 ? 600000 : (int)value;
}

static void answer_page(struct sandbox_call *call, int status)
{
    call_answer_text(call, status, "text/html; charset=utf-8",
                     "<!DOCTYPE html><html><head><title>%d</title></head>"
                     "<body><h1>One moment please</h1><p>The service is not "
                     "available.</p></body></html>\n",
                     status);
}

/* Faults that answer in the vendor's place. */
static bool answer_instead(struct sandbox_call *call, const struct fault *f)
{
    switch (f->kind) {
    case FAULT_STATUS:
        if (!call->world->vendor->fail ||
            !call->world->vendor->fail(call->world, call, f->status))
            answer_page(call, f->status);
        if (f->argument)
            call_answer_header(call, "Retry-After", "%s", f->argument);
        return true;
    case FAULT_HTML:
        answer_page(call, 200);
        return true;
    case FAULT_EMPTY:
        call_answer(call, 200, "application/json", TEXT(""));
        return true;
    case FAULT_REDIRECT:
        answer_page(call, 302);
        call_answer_header(call, "Location", "%s", f->argument);
        return true;
    case FAULT_DROP_BEFORE:
        call->http->ending = SERVER_DROP;
        return true;
    case FAULT_STATUS_AFTER:
    case FAULT_DROP_AFTER:
    case FAULT_LATE:
    case FAULT_SLOW:
    case FAULT_DRIP:
    case FAULT_CUT:
    case FAULT_GARBLE:
        break;
    }
    return false;
}

/* Faults that spoil the vendor's answer. */
static void spoil(struct sandbox_call *call, const struct fault *f)
{
    size_t len = call->http->reply.len;
    if (f->kind == FAULT_DROP_AFTER || f->kind == FAULT_LATE) {
        call->http->ending = SERVER_DROP;
    } else if (f->kind == FAULT_STATUS_AFTER) {
        answer_page(call, f->status);
    } else if (f->kind == FAULT_DRIP) {
        call->http->ending = SERVER_DRIP;
        call->http->pause_ms = argument_ms(f);
    } else if (f->kind == FAULT_CUT) {
        call->http->ending = SERVER_CUT;
        call->http->cut_at = f->argument ? (size_t)argument_ms(f) : len / 2;
    } else if (f->kind == FAULT_GARBLE) {
        char *body = arena_dup(call->arena, call->http->reply.ptr, len);
        for (size_t i = len / 2; i < len; i++)
            body[i] = (char)(33 + i * 7 % 90);
        call->http->reply.ptr = body;
    }
}

/* Waits without the lock; ends early when the sandbox stops. */
static void wait_unlocked(struct sandbox *s, int ms)
{
    int64_t end = clock_steady_ms() + ms;
    while (!s->stopping && ms > 0) {
        pthread_mutex_unlock(&s->lock);
        poll(NULL, 0, ms < 20 ? ms : 20);
        pthread_mutex_lock(&s->lock);
        int64_t left = end - clock_steady_ms();
        ms = left > 0 ? (int)left : 0;
    }
}

static void serve_vendor(struct world *w, struct sandbox_call *call)
{
    call->now_ms = world_now_ms(w);
    if (w->vendor->pass_time)
        w->vendor->pass_time(w, call->now_ms);
    w->vendor->serve(w, call);
}

static void serve_faulty(struct world *w, struct sandbox_call *call,
                         const struct fault *f)
{
    if (!f) {
        serve_vendor(w, call);
        return;
    }
    if (answer_instead(call, f))
        return;
    if (f->kind == FAULT_LATE)
        server_hang_up(call->http);
    if (f->kind == FAULT_LATE || f->kind == FAULT_SLOW)
        wait_unlocked(w->sandbox, argument_ms(f));
    serve_vendor(w, call);
    spoil(call, f);
}

/* The answer's date is the sandbox's, so that limits and clocks agree. */
static void date_answer(struct sandbox_call *call)
{
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu",
                                        "Fri", "Sat", "Sun" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
                                          "May", "Jun", "Jul", "Aug",
                                          "Sep", "Oct", "Nov", "Dec" };
    int64_t now = world_now_ms(call->world);
    int32_t day = (int32_t)(now / MS_PER_DAY);
    int64_t second = now / 1000 % 86400;
    struct civil c = date_to_civil(day);
    call_answer_header(call, "Date", "%s, %02d %s %04d %02d:%02d:%02d GMT",
                       days[date_weekday(day) - 1], (int)c.day,
                       months[c.month - 1], (int)c.year, (int)(second / 3600),
                       (int)(second / 60 % 60), (int)(second % 60));
}

static void serve(void *ctx, struct server_call *http)
{
    struct world *w = ctx;
    struct sandbox *s = w->sandbox;
    struct sandbox_call call = { .world = w,
                                 .http = http,
                                 .arena = http->arena,
                                 .method = http->method,
                                 .query = http->query };
    call.path = server_unescape(http->arena, http->path, false);
    call.in_flight = atomic_fetch_add(&w->in_flight, 1) + 1;
    pthread_mutex_lock(&s->lock);
    call.now_ms = world_now_ms(w);
    if (text_starts(call.path, TEXT("/_sandbox/"))) {
        control_serve(w, &call);
    } else {
        call.number = ++s->requests;
        const struct fault *f = fault_match(s, &call);
        serve_faulty(w, &call, f);
        date_answer(&call);
        count_call(w, &call);
        log_call(&call, f);
    }
    doc_drop(call.body);
    atomic_fetch_sub(&w->in_flight, 1);
    pthread_mutex_unlock(&s->lock);
}

/* ------------------------------------------------------------ life time */
bool sandbox_exists(const char *connector)
{
    const struct sandbox_vendor *v;
    for (size_t i = 0; (v = sandbox_vendor_at(i)); i++)
        if (strcmp(v->name, connector) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct sandbox_options *o, const char *name)
{
    if (!o->connectors)
        return true;
    for (size_t i = 0; o->connectors[i]; i++)
        if (strcmp(o->connectors[i], name) == 0)
            return true;
    return false;
}

static int check_names(const struct sandbox_options *o, struct error *err)
{
    for (size_t i = 0; o->connectors && o->connectors[i]; i++) {
        if (sandbox_exists(o->connectors[i]))
            continue;
        error_set(err, ERROR_USAGE, "there is no sandbox of '%s'",
                  o->connectors[i]);
        error_hint(err, "See `mlc sandbox --list` for those there are.");
        return -1;
    }
    return 0;
}

static int open_append(const char *path, int *fd, struct error *err)
{
    *fd = -1;
    if (!path)
        return 0;
    *fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return *fd >= 0 ? 0 : error_errno(err, ERROR_STORE, "cannot open %s", path);
}

int sandbox_set_switch(struct sandbox *s, const char *assignment,
                       struct error *err)
{
    struct text t = text_of(assignment), name, value;
    size_t dot, eq;
    if (!text_find(t, TEXT("="), &eq) || !text_find(t, TEXT("."), &dot) ||
        dot > eq)
        return error_set(err, ERROR_USAGE,
                         "a sandbox switch reads like rippling.money=text, "
                         "not '%s'",
                         assignment);
    name = text_slice(t, dot + 1, eq - dot - 1);
    value = text_slice(t, eq + 1, t.len - eq - 1);
    for (size_t i = 0; i < s->world_count; i++)
        if (text_is(text_slice(t, 0, dot), s->worlds[i]->vendor->name))
            return world_set_switch(s->worlds[i], name, value, err);
    return error_set(err, ERROR_USAGE, "'%.*s' does not run in this sandbox",
                     (int)dot, assignment);
}

int sandbox_add_fault(struct sandbox *s, const char *spec, struct error *err)
{
    pthread_mutex_lock(&s->lock);
    int result = fault_add(s, spec, err);
    pthread_mutex_unlock(&s->lock);
    return result;
}

static int take_options(struct sandbox *s, const struct sandbox_options *o,
                        struct error *err)
{
    for (size_t i = 0; o->switches && o->switches[i]; i++)
        if (sandbox_set_switch(s, o->switches[i], err) != 0)
            return -1;
    for (size_t i = 0; o->faults && o->faults[i]; i++)
        if (fault_add(s, o->faults[i], err) != 0)
            return -1;
    if (open_append(o->ledger_path, &s->ledger_fd, err) != 0 ||
        open_append(o->log_path, &s->log_fd, err) != 0)
        return -1;
    return worlds_load(s, err);
}

static void seed_world(struct world *w)
{
    w->sandbox->replaying = true;
    w->vendor->seed(w);
    w->sandbox->replaying = false;
    world_write(w);
}

static int open_world(struct sandbox *s, size_t at, struct error *err)
{
    struct world *w = s->worlds[at];
    struct server_options server = { .handler = serve, .ctx = w };
    server.port = s->options.port ? s->options.port + (int)at : 0;
    if (server_open(&server, &w->server, err) != 0)
        return error_add(err, "the %s sandbox", w->vendor->title);
    snprintf(w->url, sizeof w->url, "http://127.0.0.1:%d",
             server_port(w->server));
    if (w->table_count == 0)
        seed_world(w);
    w->vendor->sign_in(w);
    w->endpoint = (struct sandbox_endpoint){ .connector = w->vendor->name,
                                             .title = w->vendor->title,
                                             .url = w->url,
                                             .secrets = w->secrets,
                                             .settings = w->settings };
    s->endpoints[at] = w->endpoint;
    return 0;
}

static struct sandbox *make(const struct sandbox_options *o)
{
    struct sandbox *s = mem_zalloc(sizeof *s);
    s->options = *o;
    s->world_fd = s->ledger_fd = s->log_fd = -1;
    s->clock_base_ms = o->start_ms ? o->start_ms : clock_now_ms();
    s->steady_base_ms = clock_steady_ms();
    pthread_mutex_init(&s->lock, NULL);
    const struct sandbox_vendor *v;
    for (size_t i = 0; (v = sandbox_vendor_at(i)); i++)
        if (s->world_count < SANDBOX_VENDORS_MAX && is_wanted(o, v->name))
            s->worlds[s->world_count++] = world_new(s, v);
    return s;
}

int sandbox_start(const struct sandbox_options *options, struct sandbox **out,
                  struct error *err)
{
    *out = NULL;
    if (check_names(options, err) != 0)
        return -1;
    struct sandbox *s = make(options);
    int result = take_options(s, options, err);
    pthread_mutex_lock(&s->lock); /* no call is served before all stand */
    for (size_t i = 0; result == 0 && i < s->world_count; i++)
        result = open_world(s, i, err);
    pthread_mutex_unlock(&s->lock);
    if (result == 0)
        result = postman_start(s, err);
    if (result != 0) {
        sandbox_stop(s);
        return -1;
    }
    *out = s;
    return 0;
}

const struct sandbox_endpoint *sandbox_endpoints(const struct sandbox *s,
                                                 size_t *count)
{
    *count = s->world_count;
    return s->endpoints;
}

const struct sandbox_endpoint *sandbox_endpoint_of(const struct sandbox *s,
                                                   const char *connector)
{
    for (size_t i = 0; i < s->world_count; i++)
        if (strcmp(s->endpoints[i].connector, connector) == 0)
            return &s->endpoints[i];
    return NULL;
}

const struct sandbox_endpoint *sandbox_sign_in(struct sandbox *s,
                                               const char *connector)
{
    const struct sandbox_endpoint *found = NULL;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->world_count && !found; i++) {
        if (strcmp(s->endpoints[i].connector, connector) != 0)
            continue;
        s->worlds[i]->vendor->sign_in(s->worlds[i]);
        found = &s->endpoints[i];
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

static void close_file(int fd)
{
    if (fd >= 0)
        close(fd);
}

void sandbox_stop(struct sandbox *s)
{
    if (!s)
        return;
    postman_stop(s);
    for (size_t i = 0; i < s->world_count; i++)
        server_close(s->worlds[i]->server);
    for (size_t i = 0; i < s->world_count; i++)
        world_free(s->worlds[i]);
    for (size_t i = 0; i < s->fault_count; i++)
        fault_free(s->faults[i]);
    close_file(s->world_fd);
    close_file(s->ledger_fd);
    close_file(s->log_fd);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

bool sandbox_describe(size_t index, struct buf *out)
{
    const struct sandbox_vendor *v = sandbox_vendor_at(index);
    if (!v)
        return false;
    buf_printf(out, "%s: %s\n", v->name, v->title);
    for (size_t i = 0; v->switches && v->switches[i].name; i++)
        buf_printf(out, "  --switch %s.%s=%s\n      %s\n", v->name,
                   v->switches[i].name, v->switches[i].values,
                   v->switches[i].help);
    return true;
}
