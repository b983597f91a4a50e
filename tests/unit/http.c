/* HTTP against a server that misbehaves. Numbers are those of the fault list:
 * 57 to 75, 106, 178, 187. */
#include "config.h"

#include "runtime/clock.h"
#include "runtime/http.h"
#include "tests/lib/badserver.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static struct http *http;
static struct arena arena;
static int port, closed_port;
static unsigned char *bomb;
static size_t bomb_len;

static void send_slowly(struct bad_request *r, const char *text)
{
    for (; *text; text++) {
        bad_send_bytes(r, text, 1);
        bad_sleep_ms(400);
    }
}

static void send_large(struct bad_request *r, bool chunked)
{
    static char block[65536];
    memset(block, 'x', sizeof block);
    bad_send(r, chunked ? "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"
                        : "HTTP/1.1 200 x\r\nContent-Length: 52428800\r\n\r\n");
    for (int i = 0; i < 800; i++) {
        if (chunked)
            bad_send(r, "10000\r\n");
        bad_send_bytes(r, block, sizeof block);
        if (chunked)
            bad_send(r, "\r\n");
    }
}

static void send_headers(struct bad_request *r, int count, int length)
{
    char line[70000];
    bad_send(r, "HTTP/1.1 200 x\r\nContent-Length: 2\r\n");
    for (int i = 0; i < count; i++) {
        int n = snprintf(line, sizeof line, "X-%d: ", i);
        memset(line + n, 'v', (size_t)length);
        memcpy(line + n + length, "\r\n", 3);
        bad_send(r, line);
    }
    bad_send(r, "\r\n{}");
}

/* Answers that are the same bytes every time. */
static const struct {
    const char *path, *bytes;
    bool reset;
} canned[] = {
    { "/reset-now", "", true },
    { "/close-now", "", false },
    { "/reset-in-head", "HTTP/1.1 200 x\r\nContent-Le", true },
    { "/reset-in-body", "HTTP/1.1 200 x\r\nContent-Length: 50\r\n\r\n{\"a\"",
      true },
    { "/short", "HTTP/1.1 200 x\r\nContent-Length: 50\r\n\r\n{\"a\":1", false },
    { "/chunk-cut", "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "5\r\n{\"a\":\r\n", false },
    { "/close-cut", "HTTP/1.1 200 x\r\nConnection: close\r\n\r\n{\"a\":", false },
    { "/not-gzip", "HTTP/1.1 200 x\r\nContent-Encoding: gzip\r\n"
                   "Content-Length: 9\r\n\r\nnot gzip!", false },
    { "/two-lengths", "HTTP/1.1 200 x\r\nContent-Length: 2\r\n"
                      "Content-Length: 7\r\n\r\n{}     ", false },
    { "/folded", "HTTP/1.1 200 x\r\nX-A: b\r\n  c\r\nContent-Length: 2\r\n\r\n{}",
      false },
    { "/http09", "{\"a\":1}\n", false },
    { "/login", "HTTP/1.1 200 x\r\nContent-Type: text/html\r\n"
                "Content-Length: 14\r\n\r\n<html>sign in!", false },
    { "/html-as-json", "HTTP/1.1 200 x\r\nContent-Type: application/json\r\n"
                       "Content-Length: 14\r\n\r\n<html>sign in!", false },
    { "/reason", "HTTP/1.1 200 \x1b[31mred\x1b[0m\r\nContent-Length: 2\r\n\r\n{}",
      false },
    { "/interim", "HTTP/1.1 103 early\r\nX-Early: 1\r\n\r\n"
                  "HTTP/1.1 200 x\r\nX-Late: 1\r\nContent-Length: 2\r\n\r\n{}",
      false },
    { "/204", "HTTP/1.1 204 x\r\n\r\n", false },
    { "/empty", "HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n", false },
    { "/511", "HTTP/1.1 511 x\r\nContent-Length: 2\r\n\r\n{}", false },
    { "/to-http", "HTTP/1.1 302 x\r\nLocation: http://evil.example/x?code=1\r\n"
                  "Content-Length: 0\r\n\r\n", false },
    { "/to-path", "HTTP/1.1 307 x\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
      false },
    { "/to-self", "HTTP/1.1 301 x\r\nLocation: /to-self\r\n"
                  "Content-Length: 0\r\n\r\n", false },
};

static bool serve(struct bad_request *r)
{
    for (size_t i = 0; i < sizeof canned / sizeof *canned; i++) {
        if (strcmp(r->path, canned[i].path) != 0)
            continue;
        bad_send(r, canned[i].bytes);
        if (canned[i].reset)
            bad_reset(r);
        return false;
    }
    if (strcmp(r->path, "/slow-head") == 0) {
        send_slowly(r, "HTTP/1.1 200 x\r\nContent-Length: 2");
    } else if (strcmp(r->path, "/slow-body") == 0) {
        bad_send(r, "HTTP/1.1 200 x\r\nContent-Length: 20\r\n\r\n");
        send_slowly(r, "{\"a\":\"bcdefghijkl\"}");
    } else if (strcmp(r->path, "/silent") == 0) {
        bad_sleep_ms(1500);
    } else if (strcmp(r->path, "/large") == 0) {
        send_large(r, false);
    } else if (strcmp(r->path, "/endless") == 0) {
        send_large(r, true);
    } else if (strcmp(r->path, "/bomb") == 0) {
        char head[128];
        snprintf(head, sizeof head, "HTTP/1.1 200 x\r\nContent-Encoding: gzip"
                 "\r\nContent-Length: %zu\r\n\r\n", bomb_len);
        bad_send(r, head);
        bad_send_bytes(r, bomb, bomb_len);
    } else if (strcmp(r->path, "/many-headers") == 0) {
        send_headers(r, 10000, 4);
    } else if (strcmp(r->path, "/long-header") == 0) {
        send_headers(r, 1, 66000);
    } else if (strcmp(r->path, "/die-when-kept") == 0 &&
               r->on_connection > 1) {
        return false; /* read whole, then gone */
    } else if (strcmp(r->path, "/echo") == 0) {
        bad_reply(r, 200, "X-Echo: 1\r\n", r->body);
        return true;
    } else {
        bad_reply(r, 200, "", "{\"ok\":true}");
        return true;
    }
    return false;
}

static struct http_call call_to(const char *method, const char *url,
                                const struct http_reach *reach)
{
    return (struct http_call){
        .method = method, .url = text_of(url), .reach = reach,
        .arena = &arena, .timeout_ms = 20000, .body_max = 1 << 20,
    };
}

static const char *base_url(const char *path)
{
    return arena_printf(&arena, "http://127.0.0.1:%d%s", port, path);
}

static struct http_call get(const char *path)
{
    struct http_reach *reach = ARENA_NEW(&arena, struct http_reach);
    reach->url = text_of(base_url(""));
    struct http_call c = call_to("GET", base_url(path), reach);
    http_perform(http, &c);
    return c;
}

static struct http_call post(const char *path, const char *body)
{
    struct http_reach *reach = ARENA_NEW(&arena, struct http_reach);
    reach->url = text_of(base_url(""));
    struct http_call c = call_to("POST", base_url(path), reach);
    c.body = text_of(body);
    c.content_type = "application/json";
    http_perform(http, &c);
    return c;
}

/* ------------------------------------------------------------------ tests */
static void test_answers(void)
{
    static const struct {
        const char *path;
        enum http_outcome outcome;
        int fault;
    } rows[] = {
        { "/ok", HTTP_ANSWERED, 0 },
        { "/reset-now", HTTP_LOST, 57 },
        { "/close-now", HTTP_LOST, 57 },
        { "/reset-in-head", HTTP_LOST, 57 },
        { "/reset-in-body", HTTP_LOST, 57 },
        { "/slow-head", HTTP_LOST, 59 },
        { "/slow-body", HTTP_LOST, 59 },
        { "/short", HTTP_LOST, 60 },
        { "/chunk-cut", HTTP_LOST, 60 },
        { "/close-cut", HTTP_ANSWERED, 60 }, /* the JSON reader's to refuse */
        { "/large", HTTP_TOO_LARGE, 61 },
        { "/endless", HTTP_TOO_LARGE, 61 },
        { "/bomb", HTTP_TOO_LARGE, 62 },
        { "/not-gzip", HTTP_LOST, 62 },
        { "/empty", HTTP_ANSWERED, 64 },
        { "/204", HTTP_ANSWERED, 64 },
        { "/511", HTTP_ANSWERED, 65 },
        { "/to-http", HTTP_REDIRECTED, 66 },
        { "/to-path", HTTP_REDIRECTED, 66 },
        { "/to-self", HTTP_REDIRECTED, 66 },
        { "/http09", HTTP_LOST, 70 },
        { "/two-lengths", HTTP_LOST, 70 },
        { "/folded", HTTP_LOST, 70 },
        { "/many-headers", HTTP_LOST, 70 },
        { "/long-header", HTTP_LOST, 70 },
        { "/reason", HTTP_ANSWERED, 75 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_call c = get(rows[i].path);
        is_int(c.outcome, rows[i].outcome, "[%d] GET %s", rows[i].fault,
               rows[i].path);
        if (c.outcome != rows[i].outcome)
            tap_diag("%s", c.why);
        ok(c.outcome == HTTP_ANSWERED || c.why[0], "… says why");
        ok(!strchr(c.why, 27), "… without control characters");
    }
}

static void test_not_sent(void)
{
    struct http_reach reach = { 0 };
    char *url = arena_printf(&arena, "http://127.0.0.1:%d/x", closed_port);
    reach.url = text_of(url);
    struct http_call c = call_to("POST", url, &reach);
    http_perform(http, &c);
    is_int(c.outcome, HTTP_NOT_SENT, "[57] a refused connection sent nothing");
    ok(!c.response.lost, "… and is not in doubt");

    static const char *const none[] = { "no-such-host.invalid", NULL };
    struct http_reach named = { .hosts = none };
    c = call_to("GET", "https://no-such-host.invalid/", &named);
    http_perform(http, &c);
    ok(c.outcome == HTTP_NO_HOST || c.outcome == HTTP_NOT_SENT,
       "[56] an unknown host sent nothing");
}

static void test_timeout(void)
{
    struct http_reach reach = { .url = text_of(base_url("")) };
    struct http_call c = call_to("POST", base_url("/silent"), &reach);
    c.timeout_ms = 300;
    int64_t start = clock_steady_ms();
    http_perform(http, &c);
    int64_t took = clock_steady_ms() - start;
    is_int(c.outcome, HTTP_LOST, "[58] sent and not answered in time is lost");
    ok(took < 1200, "… within its deadline (%lld ms)", (long long)took);
}

static void test_redirect(void)
{
    struct http_call c = get("/to-http");
    is_text(text_cstr(&arena, c.location), "http://evil.example:80",
            "[66] the target host is named, its query is not");
    ok(strstr(c.why, "evil.example") && !strstr(c.why, "code"),
       "… in the sentence too");
}

/* libcurl would send a POST twice when a kept connection dies unanswered. */
static void test_no_hidden_repeat(struct badserver *server)
{
    struct http_call first = get("/ok");
    is_int(first.outcome, HTTP_ANSWERED, "a connection is open and kept");
    int before = badserver_count(server);
    struct http_call c = post("/die-when-kept", "{\"amount\":100}");
    is_int(badserver_count(server) - before, 1,
           "[F2] a POST on a dying kept connection arrives once");
    is_int(c.outcome, HTTP_LOST, "… and is in doubt");
    first = get("/ok");
    before = badserver_count(server);
    c = post("/die-when-kept", "");
    ok(badserver_count(server) - before == 1,
       "a POST without body arrives once");
}

static void test_keep_alive(struct badserver *server)
{
    get("/ok");
    int before = badserver_connections(server);
    for (int i = 0; i < 5; i++)
        get("/ok");
    is_int(badserver_connections(server) - before, 0,
           "five calls share a kept connection");
}

static void test_headers(void)
{
    static const struct {
        const char *name, *value;
        bool fine;
    } rows[] = {
        { "X-Good", "a b", true },
        { "X-Bad", "a\r\nX-Injected: 1", false },
        { "X-Bad", "a\nb", false },
        { "X-Bad\r\nX-Injected", "1", false },
        { "X Bad", "1", false },
        { "X:Bad", "1", false },
        { "X-Empty", "", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct header h = { text_of(rows[i].name), text_of(rows[i].value),
                            NULL };
        struct http_reach reach = { .url = text_of(base_url("")) };
        struct http_call c = call_to("GET", base_url("/ok"), &reach);
        c.headers = &h;
        http_perform(http, &c);
        is_int(c.outcome, rows[i].fine ? HTTP_ANSWERED : HTTP_FORBIDDEN,
               "[187] header %zu", i);
    }
    struct http_call c = get("/interim");
    ok(response_header(&c.response, "x-LATE").len == 1 &&
       response_header(&c.response, "X-Early").len == 0,
       "headers of an interim answer are not the answer's");
}

static void test_json_check(void)
{
    static const struct {
        const char *path;
        bool json;
    } rows[] = {
        { "/ok", true }, { "/login", false }, { "/html-as-json", false },
        { "/empty", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_call c = get(rows[i].path);
        ok(http_is_json(&c.response) == rows[i].json, "[63] %s", rows[i].path);
    }
}

static void test_reach(void)
{
    static const char *const hosts[] = { "api.example.com", ".example.org",
                                         NULL };
    static const struct {
        const char *own, *url;
        bool fine;
    } rows[] = {
        { "", "https://api.example.com/x", true },
        { "", "https://API.example.com/x", true },
        { "", "https://api.example.com:443/x", true },
        { "", "https://api.example.com:8443/x", false },
        { "", "http://api.example.com/x", false },
        { "", "https://eu.example.org/", true },
        { "", "https://example.org.evil.test/", false },
        { "", "https://evil.test/", false },
        { "", "https://api.example.com@evil.test/", false },
        { "", "https://api.example.com\\@evil.test/", false },
        { "", "https://evil.test#api.example.com", false },
        { "", "ftp://api.example.com/", false },
        { "", "file:///etc/passwd", false },
        { "", "gopher://api.example.com/", false },
        { "", "https://127.0.0.1/", false },
        { "", "https://localhost/", false },
        { "", "https://[::1]/", false },
        { "", "https://[::ffff:7f00:1]/", false },
        { "", "https://0x7f.1/", false },
        { "", "https://2130706433/", false },
        { "", "https://169.254.169.254/", false },
        { "", "https://api.example.com:0/", false },
        { "", "https://api.example.com:99999/", false },
        { "", "https:///x", false },
        { "", "", false },
        { "https://own.example.net", "https://own.example.net/x", true },
        { "https://own.example.net:9", "https://own.example.net/x", false },
        { "http://own.example.net", "http://own.example.net/x", false },
        { "http://127.0.0.1:81", "http://127.0.0.1:81/x", true },
        { "http://127.0.0.1:81", "http://localhost:81/x", true },
        { "http://127.0.0.1:81", "http://127.0.0.1:82/x", false },
        { "http://127.0.0.1:81", "http://10.0.0.1:81/x", false },
        { "http://127.0.0.1:81", "https://api.example.com/x", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_reach reach = { hosts, text_of(rows[i].own), TEXT_NONE };
        char why[256] = "";
        bool fine = http_allowed(&reach, text_of(rows[i].url), why);
        ok(fine == rows[i].fine, "[178] %s from %s%s", rows[i].url,
           rows[i].own, fine == rows[i].fine ? "" : why);
    }
}

/* Names that resolve to where they must not: judged at the socket. */
static void test_resolved(void)
{
    static const char *const urls[] = {
        "https://localhost.", "https://0x7f.1", "https://2130706433",
        "https://127.1", "https://[::ffff:127.0.0.1]", "https://10.0.0.1",
        "https://169.254.169.254", "https://[fe80::1]", "https://[fd00::1]",
        "https://[64:ff9b::7f00:1]", "https://[2002:7f00:1::]",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char *url = arena_printf(&arena, "%s:%d", urls[i], port);
        struct http_reach reach = { .url = text_of(url) };
        struct http_call c = call_to("GET", url, &reach);
        c.timeout_ms = 3000;
        http_perform(http, &c);
        ok(c.outcome != HTTP_ANSWERED && c.outcome != HTTP_LOST,
           "[178] nothing is sent to %s (%s)", urls[i], c.why);
        ok(c.outcome == HTTP_FORBIDDEN || c.outcome == HTTP_NO_HOST ||
           c.outcome == HTTP_NOT_SENT, "… refused");
    }
}

static void test_proxy_environment(void)
{
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", closed_port);
    setenv("http_proxy", proxy, 1);
    setenv("https_proxy", proxy, 1);
    setenv("ALL_PROXY", proxy, 1);
    struct http_call c = get("/ok");
    is_int(c.outcome, HTTP_ANSWERED, "[73] proxies of the environment are "
           "not used");
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
}

static void test_memory(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
#ifndef WITH_SANITIZERS
    ok(usage.ru_maxrss < 60 * 1024, "[61] memory stays flat (%ld KB)",
       usage.ru_maxrss);
#endif
}

static void test_together(void)
{
    enum { COUNT = 20 };
    struct http_call calls[COUNT];
    struct http_reach reach = { .url = text_of(base_url("")) };
    int done = 0;
    for (int i = 0; i < COUNT; i++) {
        calls[i] = call_to("POST", base_url("/echo"), &reach);
        calls[i].body = text_of(arena_printf(&arena, "{\"n\":%d}", i));
        http_start(http, &calls[i]);
    }
    while (http_wait(http, 5000))
        done++;
    is_int(done, COUNT, "twenty calls at once all come back");
    int right = 0;
    for (int i = 0; i < COUNT; i++)
        right += text_equal(calls[i].response.body, calls[i].body);
    is_int(right, COUNT, "each with its own answer");
}

static void test_retry_after(void)
{
    static const int64_t now = INT64_C(784111777000); /* 1994-11-06 08:49:37 */
    static const struct {
        const char *value;
        int64_t ms;
    } rows[] = {
        { "0", 0 }, { "7", 7000 }, { " 7 ", 7000 }, { "1.5", 2000 },
        { "99999999999", 60000 }, { "999999999999999999999999", 60000 },
        { "-5", -1 }, { "soon", -1 }, { "", -1 }, { "5, 6", -1 },
        { "Sun, 06 Nov 1994 08:49:47 GMT", 10000 },
        { "Sun, 06 Nov 1983 08:49:47 GMT", 0 },
        { "Sun, 06 Nov 2094 08:49:47 GMT", 60000 },
        { "Sun, 36 Nov 1994 08:49:47 GMT", -1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        is_int(http_retry_after_ms(text_of(rows[i].value), now, 60000),
               rows[i].ms, "[76] Retry-After: %s", rows[i].value);
}

static void test_forms(void)
{
    struct buf b;
    buf_init(&b, 0);
    http_form_add(&b, "a b", TEXT("O'Brien & co=%"));
    http_form_add(&b, "c", TEXT("+\xc3\xa9"));
    is_text(buf_cstr(&b), "a%20b=O%27Brien%20%26%20co%3D%25&c=%2B%C3%A9",
            "[133] form values are escaped");
    buf_fini(&b);
}

int main(void)
{
    struct error err = { 0 };
    struct http_options options = { .low_speed_s = 1 };
    arena_init(&arena);
    bomb = bad_gzip_zeros((size_t)50 << 20, &bomb_len);
    closed_port = bad_closed_port();
    struct badserver *server = badserver_start(serve, NULL);
    port = badserver_port(server);
    if (http_open(&options, &http, &err)) {
        tap_diag("%s", err.text);
        return 99;
    }
    test_answers();
    test_memory();
    test_not_sent();
    test_timeout();
    test_redirect();
    test_no_hidden_repeat(server);
    test_keep_alive(server);
    test_headers();
    test_json_check();
    test_reach();
    test_resolved();
    test_proxy_environment();
    test_together();
    test_retry_after();
    test_forms();
    http_close(http);
    badserver_stop(server);
    free(bomb);
    arena_fini(&arena);
    return tap_done();
}
