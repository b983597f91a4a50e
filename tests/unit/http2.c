/* Connections that live on: HTTP/2 streams that are refused, cut off or reset,
 * a certificate that changes behind a kept connection, a host one of whose
 * addresses swallows everything. Numbers are those of the fault list. */
#include "config.h"

#include "runtime/clock.h"
#include "runtime/http.h"
#include "tests/lib/badserver.h"
#include "tests/lib/h2server.h"
#include "tests/lib/tap.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct arena arena;
static enum h2_act next_act, later_act;

static enum h2_act act(int number)
{
    enum h2_act now = next_act;
    (void)number;
    next_act = later_act;
    return now;
}

static struct http_call call(struct http *http, const char *method,
                             const char *url, const char *body)
{
    struct http_reach *reach = ARENA_NEW(&arena, struct http_reach);
    reach->url = text_of(url);
    struct http_call c = { .method = method,
                           .url = text_of(url),
                           .reach = reach,
                           .arena = &arena,
                           .timeout_ms = 8000,
                           .body = text_of(body),
                           .content_type = *body ? "application/json" : NULL };
    http_perform(http, &c);
    return c;
}

static struct http *open_http(const struct h2server *s, int life_s)
{
    struct error err = { 0 };
    struct http *http = NULL;
    struct http_options options = {
        .ca_file = s ? h2server_authority(s) : NULL,
        .connection_life_s = life_s,
    };
    if (http_open(&options, &http, &err))
        tap_diag("%s", err.text);
    return http;
}

/* What a server says of a stream decides whether it may be sent again; a
 * write that may have been looked at arrives once. */
static void test_streams(struct h2server *s)
{
    static const struct {
        enum h2_act act;
        const char *method, *name;
        enum http_outcome outcome;
        int least, most; /* requests that arrive */
    } rows[] = {
        { H2_ANSWER, "GET", "an answer", HTTP_ANSWERED, 1, 1 },
        { H2_ANSWER, "POST", "a write's answer", HTTP_ANSWERED, 1, 1 },
        { H2_REFUSE, "GET", "a refused read", HTTP_ANSWERED, 2, 2 },
        { H2_REFUSE, "POST", "a refused write", HTTP_LOST, 1, 1 },
        { H2_RESET, "POST", "a write reset on its way", HTTP_LOST, 1, 1 },
        { H2_GOAWAY, "POST", "GOAWAY before a write", HTTP_LOST, 1, 1 },
        { H2_GOAWAY_LATE, "POST", "GOAWAY after a write", HTTP_LOST, 1, 1 },
        { H2_GOAWAY_LATE, "GET", "GOAWAY after a read", HTTP_LOST, 1, 2 },
    };
    const char *url =
        arena_printf(&arena, "https://localhost:%d/x", h2server_port(s));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http *http = open_http(s, 0);
        bool write = rows[i].method[0] == 'P';
        next_act = later_act = H2_ANSWER;
        call(http, "GET", url, ""); /* a connection is open and kept */
        int before = h2server_requests(s);
        next_act = rows[i].act;
        struct http_call c =
            call(http, rows[i].method, url, write ? "{\"amount\":1}" : "");
        int arrived = h2server_requests(s) - before;
        ok(arrived >= rows[i].least && arrived <= rows[i].most,
           "[72] %s arrives %d times", rows[i].name, arrived);
        ok(c.outcome == rows[i].outcome ||
               (!write && c.outcome == HTTP_ANSWERED),
           "… outcome %d", (int)c.outcome);
        ok(c.outcome == HTTP_ANSWERED ? c.http_version == 20
                                      : c.response.lost && c.why[0],
           "… over HTTP/2, or in doubt: %s", c.why);
        http_close(http);
    }
}

/* Nobody is believed for days because of one handshake. */
static void test_certificate_changes(struct h2server *s)
{
    const char *url =
        arena_printf(&arena, "https://localhost:%d/x", h2server_port(s));
    struct http *http = open_http(s, 1);
    next_act = later_act = H2_ANSWER;
    h2server_trusted(s, 1);
    is_int(call(http, "GET", url, "").outcome, HTTP_ANSWERED,
           "[69] a server that proves who it is");
    h2server_trusted(s, 0);
    int requests = h2server_requests(s);
    bad_sleep_ms(2300);
    is_int(call(http, "POST", url, "{}").outcome, HTTP_UNTRUSTED,
           "[69] has to prove it again when the connection is old");
    is_int(h2server_requests(s) - requests, 0, "… before it gets anything");
    http_close(http);

    http = open_http(s, 0);
    h2server_trusted(s, 1);
    call(http, "GET", url, "");
    int before = h2server_connections(s);
    bad_sleep_ms(2300);
    call(http, "GET", url, "");
    is_int(h2server_connections(s) - before, 0, "a young connection is kept");
    http_close(http);
}

/* ------------------------------------------------------------- two families */
/* A port of 127.0.0.1 that takes no more connections and refuses none: SYNs
 * are dropped. */
static int swallow(int port, int filling[3])
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    a.sin_port = htons((unsigned short)port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&a, sizeof a) || listen(listener, 0))
        tap_diag("nobody can listen on port %d", port);
    for (int i = 0; i < 3; i++) {
        filling[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(filling[i], (struct sockaddr *)&a, sizeof a);
    }
    return listener;
}

static int listen_on_ipv6(int *port)
{
    struct sockaddr_in6 a = { .sin6_family = AF_INET6,
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    socklen_t len = sizeof a;
    int yes = 1, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 8) ||
        getsockname(fd, (struct sockaddr *)&a, &len)) {
        close(fd);
        return -1;
    }
    *port = ntohs(a.sin6_port);
    return fd;
}

static void *answer_once(void *arg)
{
    static const char answer[] =
        "HTTP/1.1 200 x\r\nContent-Length: 2\r\n\r\n{}";
    char request[4096];
    int fd = accept(*(int *)arg, NULL, NULL);
    if (recv(fd, request, sizeof request, 0) > 0)
        send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

/* libcurl tries localhost's IPv4 address first: here that is the family that
 * is broken. Which of the two it is makes no difference to it. */
static void test_broken_family(void)
{
    int port = 0, filling[3];
    int six = listen_on_ipv6(&port);
    pthread_t thread;
    if (six < 0) {
        tap_diag("no IPv6 on this machine");
        return;
    }
    int four = swallow(port, filling);
    struct http *http = open_http(NULL, 0);
    if (pthread_create(&thread, NULL, answer_once, &six) == 0) {
        const char *url = arena_printf(&arena, "http://localhost:%d/x", port);
        struct http_call c = call(http, "GET", url, "");
        is_int(c.outcome, HTTP_ANSWERED,
               "[74] one family swallows everything, "
               "the other answers %s",
               c.why);
        is_text(c.address, "::1", "… after a moment");
        ok(c.connect_us > 100000 && c.connect_us < 5000000,
           "… of %lld ms, not of a whole timeout",
           (long long)c.connect_us / 1000);
        if (c.outcome == HTTP_ANSWERED)
            pthread_join(thread, NULL);
    }
    for (int i = 0; i < 3; i++)
        close(filling[i]);
    close(four);
    close(six);
    http_close(http);
}

/* -------------------------------------------------------------- rebinding */
/* libcurl asks the one in this program first. A name of the vendor's that is
 * made to point inside after it was looked up outside. */
static int looked_up;

int getaddrinfo(const char *name, const char *service,
                const struct addrinfo *hints, struct addrinfo **out)
{
    static int (*real)(const char *, const char *, const struct addrinfo *,
                       struct addrinfo **);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!name || strcmp(name, "rebound.example") != 0)
        return real(name, service, hints, out);
    looked_up++;
    return real("127.0.0.1", service, hints, out);
}

static void test_rebinding(void)
{
    static const char *const hosts[] = { "rebound.example", NULL };
    const char *url = "https://rebound.example/x";
    struct http_reach reach = { .hosts = hosts };
    struct http *http = open_http(NULL, 0);
    struct http_call c = { .method = "GET",
                           .url = text_of(url),
                           .reach = &reach,
                           .arena = &arena,
                           .timeout_ms = 3000 };
    http_perform(http, &c);
    if (looked_up == 0) {
        tap_diag("libcurl looks names up by itself here");
    } else {
        is_int(c.outcome, HTTP_FORBIDDEN,
               "[179] a vendor's name that points "
               "inside gets no connection");
        ok(strstr(c.why, "inside this network"), "… %s", c.why);
    }
    http_close(http);
}

int main(void)
{
    arena_init(&arena);
    struct h2server *s = h2server_start(act);
    h2server_trusted(s, 1);
    test_streams(s);
    test_certificate_changes(s);
    h2server_stop(s);
    test_broken_family();
    test_rebinding();
    arena_fini(&arena);
    return tap_done();
}
