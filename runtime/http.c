/* HTTP calls on one curl multi handle. What this file adds to libcurl is
 * restraint: sizes are counted after decoding, addresses are judged after
 * resolving, nothing is followed, and a request that may have been received
 * is never sent a second time behind our back. */
#include "config.h"

#include "runtime/http.h"

#include "runtime/clock.h"
#include "runtime/http_curl.h"
#include "runtime/http_internal.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define TIMEOUT_MS_DEFAULT 60000
#define POLL_MS_MAX 200 /* a signal is noticed within it */
#define NAME_CHECK_MS 2000

struct http {
    const struct curl_functions *curl;
    CURLM *multi;
    struct http_options options;
    CURL *idle[HTTP_CALLS_MAX];
    size_t idle_count, running;
    struct http_call *finished, *last_finished;
};

/* One call while it runs. */
struct transfer {
    struct http *http;
    struct http_call *call;
    CURL *easy;
    struct curl_slist *headers;
    struct buf body;
    struct header *last_header;
    size_t header_bytes, header_count, sent;
    struct text length; /* of Content-Length, to tell a second one */
    bool loopback, too_large, bad_header, bad_address, in_trailer;
    bool held_back;
    char url[4096];
};

/* ----------------------------------------------------------- callbacks */
static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t len = size * count;
    buf_add(&t->body, bytes, len);
    if (!t->body.full)
        return len;
    t->too_large = true;
    return 0;
}

static void start_head(struct transfer *t)
{
    t->call->response.headers = t->last_header = NULL;
    t->header_count = 0;
    t->length = TEXT_NONE;
}

static void add_header(struct transfer *t, struct text name, struct text value)
{
    struct header *h = ARENA_NEW(t->call->arena, struct header);
    h->name = text_dup(t->call->arena, name);
    h->value = text_dup(t->call->arena, value);
    if (t->last_header)
        t->last_header->next = h;
    else
        t->call->response.headers = h;
    t->last_header = h;
}

/* A header line. Folded lines and two different lengths are how answers get
 * mixed up or smuggled: the call ends. */
static bool take_header(struct transfer *t, struct text line)
{
    size_t colon;
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t' ||
        !text_find(line, TEXT(":"), &colon) || colon == 0)
        return false;
    struct text name = text_slice(line, 0, colon);
    struct text value =
        text_trim(text_slice(line, colon + 1, line.len - colon - 1));
    if (text_equal_nocase(name, TEXT("content-length"))) {
        if (t->length.ptr && !text_equal(t->length, value))
            return false;
        t->length = text_dup(t->call->arena, value);
    }
    if (++t->header_count > HTTP_HEADERS_MAX)
        return false;
    add_header(t, name, value);
    return true;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t len = size * count;
    struct text line = { bytes, len };
    while (line.len > 0 && strchr("\r\n", line.ptr[line.len - 1]))
        line.len--;
    t->header_bytes += len;
    if (t->header_bytes > HTTP_HEADER_BYTES_MAX)
        t->bad_header = true;
    else if (text_starts(line, TEXT("HTTP/")) && t->body.len == 0)
        start_head(t); /* also after an interim answer */
    else if (line.len > 0 && !take_header(t, line))
        t->bad_header = true;
    return t->bad_header ? 0 : len;
}

static size_t on_send(char *out, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t room = size * count;
    size_t len = t->call->body.len - t->sent;
    if (len > room)
        len = room;
    if (len)
        memcpy(out, t->call->body.ptr + t->sent, len);
    t->sent += len;
    return len;
}

/* libcurl repeats a request by itself when a kept connection dies without an
 * answer. It needs to rewind the body for that, which is refused here. */
static int on_rewind(void *ctx, curl_off_t offset, int origin)
{
    (void)ctx;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static enum address_class class_of(const struct sockaddr *a)
{
    if (a->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, a, sizeof v4);
        return http_class_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (a->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, a, sizeof v6);
        return http_class_v6(v6.sin6_addr.s6_addr);
    }
    return ADDRESS_PRIVATE;
}

/* The last gate before a connection: the resolved address itself, so that a
 * name that points inside (or is made to, between two look-ups) gets
 * nowhere. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose,
                               struct curl_sockaddr *address)
{
    struct transfer *t = ctx;
    enum address_class class = class_of(&address->addr);
    enum address_class wanted =
        t->loopback ? ADDRESS_LOOPBACK : ADDRESS_PUBLIC;
    (void)purpose;
    if (class != wanted && !t->call->proxy) {
        t->bad_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

/* The last moment before bytes go out. */
static int on_ready(void *ctx, char *peer, char *own, int peer_port,
                    int own_port)
{
    struct transfer *t = ctx;
    (void)peer;
    (void)own;
    (void)peer_port;
    (void)own_port;
    t->held_back = !t->call->may_send(t->call);
    return t->held_back ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---------------------------------------------------------------- set up */
static bool is_clean(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] == '\r' || t.ptr[i] == '\n' || t.ptr[i] == 0)
            return false;
    return true;
}

static bool is_header_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] <= ' ' || t.ptr[i] >= 127 || strchr(":,;\"()", t.ptr[i]))
            return false;
    return t.len > 0;
}

static bool append(struct transfer *t, const char *line)
{
    struct curl_slist *l =
        t->http->curl->curl_slist_append(t->headers, line);
    if (l)
        t->headers = l;
    return l != NULL;
}

/* Headers as lines. A value that would break out of its line is refused. */
static bool set_headers(struct transfer *t)
{
    struct arena *arena = t->call->arena;
    for (const struct header *h = t->call->headers; h; h = h->next) {
        if (!is_header_name(h->name) || !is_clean(h->value)) {
            snprintf(t->call->why, sizeof t->call->why,
                     "a header of the request holds a line end or a "
                     "character that headers cannot hold");
            return false;
        }
        /* "name;" is libcurl's way to send an empty value */
        append(t, h->value.len
                      ? arena_printf(arena, "%.*s: %.*s", TEXT_ARG(h->name),
                                     TEXT_ARG(h->value))
                      : arena_printf(arena, "%.*s;", TEXT_ARG(h->name)));
    }
    if (t->call->content_type)
        append(t, arena_printf(arena, "Content-Type: %s",
                               t->call->content_type));
    append(t, "Expect:");
    return true;
}

static void set_body(struct transfer *t)
{
    const struct curl_functions *f = t->http->curl;
    const struct http_call *c = t->call;
    bool get = strcmp(c->method, "GET") == 0;
    if (get && c->body.len == 0) {
        f->curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
        return;
    }
    f->curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    f->curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, c->method);
    f->curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                        (curl_off_t)c->body.len);
    f->curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_send);
    f->curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
    f->curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, on_rewind);
    if (!c->content_type)
        append(t, "Content-Type:");
    if (c->body.len == 0) {
        /* nothing to rewind: only a fresh connection is never repeated on */
        f->curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, "");
        if (!get)
            f->curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
    }
}

static void set_safety(struct transfer *t)
{
    const struct curl_functions *f = t->http->curl;
    const struct http_options *o = &t->http->options;
    CURL *e = t->easy;
    f->curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    f->curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    f->curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    f->curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    f->curl_easy_setopt(e, CURLOPT_PROXY, t->call->proxy ? t->call->proxy : "");
    f->curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    f->curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    f->curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    f->curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    if (o->ca_file)
        f->curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
    f->curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
    f->curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    f->curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
    if (t->call->may_send) {
        f->curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_ready);
        f->curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
    }
    f->curl_easy_setopt(e, CURLOPT_MAXLIFETIME_CONN,
                        (long)(o->connection_life_s
                                   ? o->connection_life_s
                                   : HTTP_CONNECTION_LIFE_S));
    f->curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
    f->curl_easy_setopt(e, CURLOPT_TIMEOUT_MS,
                        (long)(t->call->timeout_ms ? t->call->timeout_ms
                                                   : TIMEOUT_MS_DEFAULT));
    f->curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT,
                        (long)HTTP_LOW_SPEED_BYTES);
    f->curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME,
                        (long)(o->low_speed_s ? o->low_speed_s
                                              : HTTP_LOW_SPEED_S));
}

static void set_up(struct transfer *t)
{
    const struct curl_functions *f = t->http->curl;
    CURL *e = t->easy;
    set_safety(t);
    set_body(t);
    f->curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    f->curl_easy_setopt(e, CURLOPT_URL, t->url);
    f->curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    f->curl_easy_setopt(e, CURLOPT_USERAGENT, "mlc/" PACKAGE_VERSION);
    f->curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    f->curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
                        (long)CURL_HTTP_VERSION_2TLS);
    f->curl_easy_setopt(e, CURLOPT_PIPEWAIT,
                        strncmp(t->url, "https:", 6) == 0 ? 1L : 0L);
    f->curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    f->curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
    f->curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    f->curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    f->curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    f->curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
}

/* ------------------------------------------------------------ start, end */
static void hand_out(struct http *h, struct http_call *call)
{
    call->next = NULL;
    if (h->last_finished)
        h->last_finished->next = call;
    else
        h->finished = call;
    h->last_finished = call;
}

static void end_transfer(struct transfer *t)
{
    struct http *h = t->http;
    if (t->easy) {
        h->curl->curl_easy_reset(t->easy);
        if (h->idle_count < HTTP_CALLS_MAX)
            h->idle[h->idle_count++] = t->easy;
        else
            h->curl->curl_easy_cleanup(t->easy);
    }
    h->curl->curl_slist_free_all(t->headers);
    buf_fini(&t->body);
    t->call->state = NULL;
    mem_free(t);
}

static void refuse(struct http *h, struct transfer *t)
{
    t->call->outcome = HTTP_FORBIDDEN;
    hand_out(h, t->call);
    end_transfer(t);
}

void http_start(struct http *h, struct http_call *call)
{
    struct transfer *t = mem_zalloc(sizeof *t);
    t->http = h;
    t->call = call;
    call->state = t;
    call->response = (struct response){ 0 };
    call->why[0] = 0;
    call->location = TEXT_NONE;
    buf_init(&t->body, call->body_max ? call->body_max : HTTP_BODY_MAX);
    if (call->url.len >= sizeof t->url) {
        snprintf(call->why, sizeof call->why, "the address is longer than "
                 "%zu characters", sizeof t->url - 1);
        refuse(h, t);
        return;
    }
    memcpy(t->url, call->url.ptr, call->url.len);
    if (!http_check_reach(call->reach, call->url, &t->loopback, call->why) ||
        !set_headers(t)) {
        refuse(h, t);
        return;
    }
    t->easy = h->idle_count ? h->idle[--h->idle_count]
                            : h->curl->curl_easy_init();
    set_up(t);
    h->curl->curl_multi_add_handle(h->multi, t->easy);
    h->running++;
}

/* ------------------------------------------------------ what became of it */
static bool was_sent(struct transfer *t)
{
    long head = 0;
    curl_off_t body = 0;
    t->http->curl->curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &head);
    t->http->curl->curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &body);
    return head > 0 || body > 0;
}

static void set_why(struct transfer *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void set_why(struct transfer *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(t->call->why, sizeof t->call->why, format, args);
    va_end(args);
}

struct name_check {
    pthread_mutex_t mutex;
    pthread_cond_t done;
    char host[256];
    int result, holders;
    bool ready;
};

static void name_check_drop(struct name_check *n)
{
    pthread_mutex_lock(&n->mutex);
    bool last = --n->holders == 0;
    pthread_mutex_unlock(&n->mutex);
    if (last)
        mem_free(n);
}

static void *check_name(void *arg)
{
    struct name_check *n = arg;
    struct addrinfo *list = NULL;
    int result = getaddrinfo(n->host, NULL, NULL, &list);
    if (result == 0)
        freeaddrinfo(list);
    pthread_mutex_lock(&n->mutex);
    n->result = result;
    n->ready = true;
    pthread_cond_signal(&n->done);
    pthread_mutex_unlock(&n->mutex);
    name_check_drop(n);
    return NULL;
}

/* libcurl says only "could not resolve". A name that does not exist will not
 * exist in a minute either; a name server in trouble may be fine by then. */
static bool name_does_not_exist(struct text host)
{
    struct name_check *n = mem_zalloc(sizeof *n);
    pthread_t thread;
    struct timespec until = clock_timespec_after(NAME_CHECK_MS);
    pthread_mutex_init(&n->mutex, NULL);
    pthread_cond_init(&n->done, NULL);
    n->holders = 2;
    snprintf(n->host, sizeof n->host, "%.*s", TEXT_ARG(host));
    if (pthread_create(&thread, NULL, check_name, n)) {
        mem_free(n);
        return false;
    }
    pthread_detach(thread);
    pthread_mutex_lock(&n->mutex);
    while (!n->ready &&
           pthread_cond_timedwait(&n->done, &n->mutex, &until) == 0)
        ;
    bool gone = n->ready && n->result == EAI_NONAME;
    pthread_mutex_unlock(&n->mutex);
    name_check_drop(n);
    return gone;
}

static void judge_name(struct transfer *t, struct text host)
{
    if (name_does_not_exist(host)) {
        t->call->outcome = HTTP_NO_HOST;
        set_why(t, "there is no host %.*s", TEXT_ARG(host));
    } else {
        t->call->outcome = HTTP_NOT_SENT;
        set_why(t, "the name %.*s could not be looked up", TEXT_ARG(host));
    }
}

/* No connection, or none that carried the request. */
static void judge_unsent(struct transfer *t, CURLcode code, struct text host)
{
    struct http_call *c = t->call;
    c->outcome = HTTP_NOT_SENT;
    if (t->bad_address) {
        c->outcome = HTTP_FORBIDDEN;
        set_why(t, "%.*s is at an address inside this network, where calls "
                "are not allowed to go", TEXT_ARG(host));
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        set_why(t, "%.*s did not answer in time", TEXT_ARG(host));
    } else if (code == CURLE_COULDNT_CONNECT) {
        set_why(t, "could not connect to %.*s", TEXT_ARG(host));
    } else if (code == CURLE_PEER_FAILED_VERIFICATION ||
               code == CURLE_SSL_CACERT_BADFILE ||
               code == CURLE_SSL_ISSUER_ERROR) {
        c->outcome = HTTP_UNTRUSTED;
        set_why(t, "%.*s could not prove who it is: its certificate is "
                "expired, for another name or not signed by a known "
                "authority", TEXT_ARG(host));
    } else if (code == CURLE_UNSUPPORTED_PROTOCOL ||
               code == CURLE_URL_MALFORMAT) {
        c->outcome = HTTP_FORBIDDEN;
        set_why(t, "the address is not an http or https url");
    } else {
        set_why(t, "no connection to %.*s: %s", TEXT_ARG(host),
                t->http->curl->curl_easy_strerror(code));
    }
}

static void judge_lost(struct transfer *t, CURLcode code, struct text host)
{
    t->call->outcome = HTTP_LOST;
    t->call->response.lost = true;
    if (t->bad_header)
        set_why(t, "%.*s answered with headers that are too many, too long "
                "or contradict each other", TEXT_ARG(host));
    else if (code == CURLE_OPERATION_TIMEDOUT)
        set_why(t, "%.*s took the request and did not finish its answer in "
                "time", TEXT_ARG(host));
    else if (code == CURLE_PARTIAL_FILE)
        set_why(t, "the answer of %.*s broke off", TEXT_ARG(host));
    else if (code == CURLE_BAD_CONTENT_ENCODING)
        set_why(t, "the answer of %.*s is not compressed the way it says",
                TEXT_ARG(host));
    else
        set_why(t, "the connection to %.*s broke before the answer was "
                "complete", TEXT_ARG(host));
}

static void judge_failure(struct transfer *t, CURLcode code)
{
    struct url_parts parts = { .host = TEXT_NONE };
    http_split_url(t->call->url, t->call->arena, &parts);
    if (t->held_back) {
        t->call->outcome = HTTP_HELD_BACK;
        set_why(t, "it was not sent");
    } else if (t->too_large) {
        t->call->outcome = HTTP_TOO_LARGE;
        t->call->response.lost = true;
        set_why(t, "the answer of %.*s is larger than %zu MB",
                TEXT_ARG(parts.host), t->body.max >> 20);
    } else if (code == CURLE_COULDNT_RESOLVE_HOST) {
        judge_name(t, parts.host);
    } else if (code == CURLE_COULDNT_RESOLVE_PROXY) {
        t->call->outcome = HTTP_NOT_SENT;
        set_why(t, "the proxy's name could not be looked up");
    } else if (was_sent(t)) {
        judge_lost(t, code, parts.host);
    } else {
        judge_unsent(t, code, parts.host);
    }
}

static void judge_redirect(struct transfer *t)
{
    struct http_call *c = t->call;
    struct text to = response_header(&c->response, "location");
    struct url_parts parts;
    c->outcome = HTTP_REDIRECTED;
    if (http_split_url(to, c->arena, &parts)) {
        c->location = text_of(arena_printf(
            c->arena, "%s://%.*s:%d", parts.tls ? "https" : "http",
            TEXT_ARG(parts.host), parts.port));
        set_why(t, "the server sends us on to %.*s, and redirects are not "
                "followed", TEXT_ARG(c->location));
    } else {
        set_why(t, "the server sends us on to another page, and redirects "
                "are not followed");
    }
}

static void read_figures(struct transfer *t)
{
    const struct curl_functions *f = t->http->curl;
    struct http_call *c = t->call;
    curl_off_t us = 0;
    long version = 0;
    char *ip = NULL;
    f->curl_easy_getinfo(t->easy, CURLINFO_NAMELOOKUP_TIME_T, &us);
    c->name_us = us;
    f->curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &us);
    c->connect_us = us;
    f->curl_easy_getinfo(t->easy, CURLINFO_APPCONNECT_TIME_T, &us);
    c->tls_us = us;
    f->curl_easy_getinfo(t->easy, CURLINFO_STARTTRANSFER_TIME_T, &us);
    c->first_byte_us = us;
    f->curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &us);
    c->total_us = us;
    f->curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    c->http_version = version == CURL_HTTP_VERSION_2_0   ? 20
                      : version == CURL_HTTP_VERSION_1_0 ? 10
                                                         : 11;
    f->curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &ip);
    snprintf(c->address, sizeof c->address, "%s", ip ? ip : "");
}

static void finish(struct http *h, CURL *easy, CURLcode code)
{
    struct transfer *t = NULL;
    h->curl->curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    struct http_call *c = t->call;
    long status = 0;
    h->curl->curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    h->curl->curl_multi_remove_handle(h->multi, easy);
    h->running--;
    read_figures(t);
    if (code == CURLE_OK) {
        struct response *r = &c->response;
        c->outcome = HTTP_ANSWERED;
        r->status = (int)status;
        r->body = buf_dup(c->arena, &t->body);
        r->content_type = response_header(r, "content-type");
        r->date_ms = http_parse_date(response_header(r, "date"));
        if (status >= 300 && status < 400 && status != 304)
            judge_redirect(t);
    } else {
        c->response.headers = NULL;
        judge_failure(t, code);
    }
    hand_out(h, c);
    end_transfer(t);
}

void http_cancel(struct http *h, struct http_call *call)
{
    struct transfer *t = call->state;
    if (!t)
        return;
    call->response.lost = was_sent(t);
    h->curl->curl_multi_remove_handle(h->multi, t->easy);
    h->running--;
    call->outcome = HTTP_INTERRUPTED;
    set_why(t, "the call was stopped");
    end_transfer(t);
}

/* --------------------------------------------------------------- the loop */
static struct http_call *take_finished(struct http *h)
{
    struct http_call *c = h->finished;
    if (c) {
        h->finished = c->next;
        if (!h->finished)
            h->last_finished = NULL;
        c->next = NULL;
    }
    return c;
}

static void collect(struct http *h)
{
    int running, left;
    CURLMsg *m;
    h->curl->curl_multi_perform(h->multi, &running);
    while ((m = h->curl->curl_multi_info_read(h->multi, &left)))
        if (m->msg == CURLMSG_DONE)
            finish(h, m->easy_handle, m->data.result);
}

struct http_call *http_wait(struct http *h, int64_t wait_ms)
{
    int64_t end = clock_steady_ms() + wait_ms;
    for (;;) {
        if (!h->finished && h->running)
            collect(h);
        if (h->finished || h->running == 0)
            return take_finished(h);
        int64_t left = end - clock_steady_ms();
        if (left <= 0 || (h->options.stop && *h->options.stop))
            return NULL;
        h->curl->curl_multi_poll(
            h->multi, NULL, 0, (int)(left < POLL_MS_MAX ? left : POLL_MS_MAX),
            NULL);
    }
}

size_t http_running(const struct http *h)
{
    size_t count = h->running;
    for (const struct http_call *c = h->finished; c; c = c->next)
        count++;
    return count;
}

void http_perform(struct http *h, struct http_call *call)
{
    struct http_call *others = NULL;
    http_start(h, call);
    for (;;) {
        struct http_call *c = http_wait(h, 1000);
        if (c == call)
            break;
        if (c) { /* somebody else's: handed out again below */
            c->next = others;
            others = c;
        } else if (h->options.stop && *h->options.stop) {
            http_cancel(h, call);
            break;
        }
    }
    while (others) {
        struct http_call *c = others;
        others = c->next;
        hand_out(h, c);
    }
}

int http_open(const struct http_options *options, struct http **out,
              struct error *err)
{
    const struct curl_functions *f = http_curl(err);
    if (!f)
        return -1;
    struct http *h = mem_zalloc(sizeof *h);
    h->curl = f;
    if (options)
        h->options = *options;
    h->multi = f->curl_multi_init();
    f->curl_multi_setopt(h->multi, CURLMOPT_PIPELINING,
                         (long)CURLPIPE_MULTIPLEX);
    f->curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS,
                         (long)HTTP_CALLS_MAX);
    *out = h;
    return 0;
}

void http_close(struct http *h)
{
    if (!h)
        return;
    while (h->idle_count)
        h->curl->curl_easy_cleanup(h->idle[--h->idle_count]);
    h->curl->curl_multi_cleanup(h->multi);
    mem_free(h);
}
