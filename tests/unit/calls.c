/* What a call costs: bare libcurl, mlc's HTTP, and the whole transport with
 * credentials, limits and classification, over one kept connection to a server
 * of its own process. A few calls by default, to see that all arrive;
 * MLC_CALLS=20000 gives figures (make bench). Nothing fails by time.
 *
 * Called as `calls server` the program is the server. */
#include "config.h"

#include "runtime/clock.h"
#include "runtime/http.h"
#include "runtime/http_curl.h"
#include "tests/lib/fakevendor.h"
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS 60
#define TOGETHER 3 /* as many as the vendor allows at once */

static struct arena scratch;
static char url[64];

/* --------------------------------------------------------------- the server */
static bool serve(struct bad_request *r)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: "
                                 "application/json\r\nContent-Length: 11\r\n"
                                 "\r\n{\"ok\":true}";
    bad_send_bytes(r, answer, sizeof answer - 1);
    return true;
}

static int be_server(void)
{
    struct badserver *s = badserver_start(serve, NULL);
    char byte;
    printf("%d\n", badserver_port(s));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) == 1)
        ;
    return 0;
}

static pid_t start_server(int *hold)
{
    char name[] = "calls", role[] = "server", line[16] = "";
    char *argv[] = { name, role, NULL };
    posix_spawn_file_actions_t files;
    int in[2], out[2];
    pid_t pid = -1;
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        return -1;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
    if (posix_spawn(&pid, "/proc/self/exe", &files, NULL, argv, environ))
        pid = -1;
    posix_spawn_file_actions_destroy(&files);
    close(in[0]);
    close(out[1]);
    if (read(out[0], line, sizeof line - 1) > 0)
        fake.port = (int)strtol(line, NULL, 10);
    close(out[0]);
    *hold = in[1];
    return pid;
}

/* ----------------------------------------------------------------- the ways */
static size_t take(char *bytes, size_t size, size_t count, void *ctx)
{
    (void)bytes;
    *(size_t *)ctx += size * count;
    return size * count;
}

static int by_libcurl(int calls)
{
    struct error err = { 0 };
    const struct curl_functions *f = http_curl(&err);
    CURL *easy = f->curl_easy_init();
    size_t bytes = 0;
    int good = 0;
    f->curl_easy_setopt(easy, CURLOPT_URL, url);
    f->curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    f->curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes);
    for (int i = 0; i < calls; i++)
        good += f->curl_easy_perform(easy) == CURLE_OK;
    f->curl_easy_cleanup(easy);
    return good;
}

static int by_http(int calls)
{
    struct http *http = NULL;
    struct error err = { 0 };
    struct http_reach reach = { .url = text_of(url) };
    int good = 0;
    if (http_open(NULL, &http, &err))
        return 0;
    for (int i = 0; i < calls; i++) {
        struct http_call c = { .method = "GET",
                               .url = text_of(url),
                               .reach = &reach,
                               .arena = &scratch };
        http_perform(http, &c);
        good += c.outcome == HTTP_ANSWERED && c.response.status == 200;
        arena_reset(&scratch);
    }
    http_close(http);
    return good;
}

static void lift_limits(struct store *store)
{
    struct error err = { 0 };
    struct text key =
        text_of(arena_printf(&scratch, "Exact@http://127.0.0.1:%d", fake.port));
    const char *const windows[] = { "minute", "day" };
    for (int i = 0; i < 2; i++)
        if (store_budget_set(store, key, TEXT_NONE, windows[i], 100000000,
                             100000000, 0, clock_now_ms(), &err))
            tap_diag("%s", err.text);
}

static int by_transport(int calls, int together, bool counted)
{
    struct store *store = NULL;
    struct request r = { .method = "GET",
                         .path = TEXT("/api/ok"),
                         .endpoint = "ok",
                         .not_counted = !counted };
    struct exchange x[TOGETHER];
    char path[300];
    int good = 0;
    snprintf(path, sizeof path, "%s/%d%d/state.db", getenv("HOME"), together,
             counted);
    struct transport *t = fake_transport(path, "auth=static", NULL, &store);
    struct channel *c = fake_channel(t);
    lift_limits(store);
    for (int i = 0; i < calls; i += together) {
        memset(x, 0, sizeof x);
        for (int k = 0; k < together; k++) {
            x[k].request = &r;
            x[k].arena = &scratch;
        }
        transport_send_all(c, x, (size_t)together);
        for (int k = 0; k < together; k++)
            good += x[k].result == 0 && x[k].response.status == 200;
        arena_reset(&scratch);
    }
    transport_close(t);
    store_close(store);
    return good;
}

static int one_by_one(int calls)
{
    return by_transport(calls, 1, false);
}

static int three_at_once(int calls)
{
    return by_transport(calls, TOGETHER, false);
}

/* Sixty a minute are counted three by three, with everybody who shares the
 * state: a transaction each time. */
static int counted(int calls)
{
    return by_transport(calls, 1, true);
}

/* Of this process: what others do on the machine does not count. */
static int64_t processor_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000000) +
           u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

int main(int argc, char *argv[])
{
    static const struct {
        const char *name;
        int (*go)(int calls);
    } ways[] = {
        { "bare libcurl", by_libcurl },
        { "mlc's HTTP", by_http },
        { "the whole transport", one_by_one },
        { "the same, three at once", three_at_once },
        { "the same, 60 a minute counted", counted },
    };
    if (argc > 1 && strcmp(argv[1], "server") == 0)
        return be_server();
    const char *wanted = getenv("MLC_CALLS");
    int calls = wanted ? (int)strtol(wanted, NULL, 10) : CALLS, hold = -1;
    int64_t floor_us = 0;
    calls -= calls % TOGETHER;
    fake_folder();
    arena_init(&scratch);
    arena_init(fake_arena());
    pid_t server = start_server(&hold);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/api/ok", fake.port);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        ways[i].go(TOGETHER); /* what is loaded once */
        int64_t start = clock_steady_us(), busy = processor_us();
        int good = ways[i].go(calls);
        int64_t took = clock_steady_us() - start;
        busy = processor_us() - busy;
        if (i == 0)
            floor_us = busy;
        is_int(good, calls, "%s: every call is answered", ways[i].name);
        tap_diag("%-30s %7lld calls/s, %4lld us of the processor a call, "
                 "%+lld",
                 ways[i].name, (long long)calls * 1000000 / (took ? took : 1),
                 (long long)busy / calls, (long long)(busy - floor_us) / calls);
    }
    close(hold);
    waitpid(server, NULL, 0);
    arena_fini(fake_arena());
    arena_fini(&scratch);
    fake_clean();
    return tap_done();
}
