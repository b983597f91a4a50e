/* What transport sends, repeats, waits for, parks and refuses. Numbers are
 * those of the fault list. */
#include "config.h"

#include "runtime/clock.h"
#include "tests/lib/fakevendor.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MORNING INT64_C(1780300810000) /* ten seconds into a minute */

static struct transport *transport;
static struct channel *channel;
static struct store *store;
static int serial;

static void open_with(const char *settings, struct transport_options options)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%d/state.db", getenv("HOME"), ++serial);
    transport = fake_transport(path, settings, &options, &store);
    channel = fake_channel(transport);
}

static void open_plain(void)
{
    open_with("auth=static", (struct transport_options){ 0 });
}

static void close_all(void)
{
    transport_close(transport);
    store_close(store);
}

static int calls_of(int (*send)(struct channel *, const char *,
                                struct exchange *),
                    const char *name, struct exchange *x)
{
    int before = fake.api_calls;
    send(channel, name, x);
    return fake.api_calls - before;
}

/* ------------------------------------------------------------------ rows */
static void test_classes(void)
{
    static const struct {
        const char *name;
        bool write;
        int result;
        enum answer_kind answer;
        enum error_kind error;
        int least, most; /* calls that arrive */
        bool lost;
        int fault;
    } rows[] = {
        { "ok", false, 0, ANSWER_DONE, ERROR_NONE, 1, 1, false, 0 },
        { "ok", true, 0, ANSWER_DONE, ERROR_NONE, 1, 1, false, 0 },
        { "lost", false, -1, ANSWER_WAIT, ERROR_TRANSIENT, 2, 5, false, 57 },
        { "lost", true, 0, ANSWER_FAILED, ERROR_NONE, 1, 1, true, 57 },
        { "html", false, -1, ANSWER_WAIT, ERROR_TRANSIENT, 2, 5, false, 63 },
        { "html", true, 0, ANSWER_FAILED, ERROR_NONE, 1, 1, true, 63 },
        { "portal", false, -1, ANSWER_DONE, ERROR_TRANSIENT, 1, 1, false, 65 },
        { "moved", false, -1, ANSWER_DONE, ERROR_VENDOR, 1, 1, false, 66 },
        { "moved", true, 0, ANSWER_FAILED, ERROR_NONE, 1, 1, true, 66 },
        { "down", false, -1, ANSWER_WAIT, ERROR_TRANSIENT, 2, 5, false, 81 },
        { "down", true, 0, ANSWER_FAILED, ERROR_NONE, 1, 1, false, 81 },
        { "missing", false, 0, ANSWER_REFUSED, ERROR_NONE, 1, 1, false, 84 },
        { "missing", true, 0, ANSWER_REFUSED, ERROR_NONE, 1, 1, false, 84 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exchange x;
        const char *what = rows[i].write ? "write" : "read";
        clock_fake(MORNING);
        open_plain();
        int calls = calls_of(rows[i].write ? fake_post : fake_get,
                             rows[i].name, &x);
        is_int(x.result, rows[i].result, "[%d] %s %s", rows[i].fault, what,
               rows[i].name);
        is_int(x.answer.kind, rows[i].answer, "… answer");
        is_int(x.error.kind, rows[i].error, "… error");
        ok(calls >= rows[i].least && calls <= rows[i].most,
           "… %d calls arrived", calls);
        ok(x.response.lost == rows[i].lost || !rows[i].lost, "… lost");
        if (x.error.text[0])
            tap_diag("%s", x.error.text);
        close_all();
    }
}

static void test_flapping(void)
{
    struct exchange x;
    clock_fake(MORNING);
    open_plain();
    fake.api_calls = 0;
    int good = 0, before = fake.api_calls;
    for (int i = 0; i < 20; i++)
        good += fake_get(channel, "flap", &x) == 0 &&
                x.answer.kind == ANSWER_DONE;
    ok(good >= 10, "[81] reads get through a server that fails every other "
       "call (%d of 20)", good);
    ok(fake.api_calls - before <= 20 + 14, "… until repeating would only add "
       "load (%d calls)", fake.api_calls - before);
    close_all();
    fake.api_calls = 0;
    open_plain();
    int64_t start = fake.api_calls;
    for (int i = 0; i < 100; i++)
        fake_get(channel, "down", &x);
    ok(fake.api_calls - start < 40, "[78] a server that is down is left alone "
       "(%d calls for 100 reads)", (int)(fake.api_calls - start));
    close_all();
}

static void test_retry_after(void)
{
    static const struct {
        const char *header;
        int result;
        int64_t least_ms, most_ms;
    } rows[] = {
        { "Retry-After: 7\r\n", 0, 7000, 10001 },
        { "Retry-After: 1.5\r\n", 0, 2000, 3001 },
        { "Retry-After: soon\r\n", 0, 0, 500 },
        { "Retry-After: -5\r\n", 0, 0, 500 },
        { "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0, 0, 1 },
        { "Retry-After: 99999999999\r\n", -1, 0, 1 },
        { "Retry-After: 3600\r\n", -1, 0, 1 },
        { "", 0, 0, 500 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exchange x;
        clock_fake(MORNING);
        open_plain();
        snprintf(fake.retry_after, sizeof fake.retry_after, "%s",
                 rows[i].header);
        fake.limited = 1;
        int calls = calls_of(fake_get, "ok", &x);
        int64_t waited = clock_now_ms() - MORNING;
        is_int(x.result, rows[i].result, "[76] 429 %.30s", rows[i].header);
        ok(waited >= rows[i].least_ms && waited <= rows[i].most_ms,
           "… waits %lld ms", (long long)waited);
        is_int(calls, rows[i].result ? 1 : 2, "… calls");
        if (rows[i].result)
            ok(x.park_until_ms > MORNING + 3599000 &&
               x.park_until_ms < MORNING + INT64_C(41) * 86400000,
               "… parks and says until when");
        close_all();
    }
    fake.limited = 0;
}

static void test_parked_for_all(void)
{
    struct exchange x;
    clock_fake(MORNING);
    open_plain();
    snprintf(fake.retry_after, sizeof fake.retry_after,
             "Retry-After: 7200\r\n");
    fake.limited = 1;
    fake_get(channel, "ok", &x);
    transport_close(transport);
    struct transport_options options = { .store = store };
    transport = fake_transport(NULL, "auth=static", &options, NULL);
    channel = fake_channel(transport);
    int calls = calls_of(fake_get, "other", &x);
    is_int(calls, 0, "[88] another process does not call before it is allowed");
    is_int(x.error.kind, ERROR_TRANSIENT, "… it parks");
    clock_fake(MORNING + 7300000);
    calls = calls_of(fake_get, "other", &x);
    is_int(x.result, 0, "… and goes on afterwards");
    close_all();
}

static void test_storm(void)
{
    struct exchange x;
    clock_fake(MORNING);
    open_plain();
    fake.retry_after[0] = 0;
    fake.limited = 1000000;
    int before = fake.api_calls, parked = 0;
    while (clock_now_ms() < MORNING + 3600000) {
        parked += fake_get(channel, "ok", &x) != 0;
        clock_fake_advance(10000);
    }
    fake.limited = 0;
    int calls = fake.api_calls - before;
    ok(calls <= 60 * 60, "[78] an hour of 429 takes %d calls of the 3,600 "
       "allowed", calls);
    ok(parked > 0, "… and parks");
    close_all();
}

static void test_deadline(void)
{
    struct exchange x;
    clock_fake(MORNING);
    open_with("auth=static", (struct transport_options){
                                 .deadline_ms = MORNING + 5000 });
    snprintf(fake.retry_after, sizeof fake.retry_after, "Retry-After: 20\r\n");
    fake.limited = 1;
    fake_get(channel, "ok", &x);
    is_int(x.error.kind, ERROR_TRANSIENT, "a wait past the deadline parks");
    ok(clock_now_ms() == MORNING, "… without sleeping");
    ok(x.park_until_ms >= MORNING + 20000, "… until the vendor's instant");
    close_all();
}

static void test_minute_budget(void)
{
    struct exchange x;
    clock_fake(MORNING);
    open_plain();
    int before = fake.api_calls;
    for (int i = 0; i < 60; i++)
        fake_get(channel, "ok", &x);
    is_int(clock_now_ms() - MORNING, 0, "sixty calls fit into a minute");
    fake_get(channel, "ok", &x);
    is_int(fake.api_calls - before, 61, "the next one is made");
    int64_t minute = MORNING - MORNING % 60000 + 60000;
    ok(clock_now_ms() >= minute, "… in the next minute, not before");
    close_all();
}

static void test_day_budget(void)
{
    struct exchange x;
    struct forecast f;
    struct error err = { 0 };
    struct buf text;
    clock_fake(MORNING);
    open_plain();
    store_budget_add(store, channel_info(channel)->url.len
                                ? text_of(arena_printf(
                                      fake_arena(), "Exact@%.*s",
                                      TEXT_ARG(channel_info(channel)->url)))
                                : TEXT_NONE,
                     TEXT_NONE, "day", 4660, 5000, 86400000, MORNING, &err);
    is_int(channel_forecast(channel, 340, &f), 0, "340 calls fit");
    buf_init(&text, 0);
    forecast_print(&f, &text);
    is_text(buf_cstr(&text), "about 340 of 5,000 daily calls, 340 left",
            "forecast in words");
    buf_fini(&text);
    is_int(channel_forecast(channel, 341, &f), 1, "341 do not");
    ok(f.ready_ms % 86400000 == 0 && f.ready_ms > MORNING,
       "… they do after midnight UTC");
    int good = 0;
    for (int i = 0; i < 400 && fake_get(channel, "ok", &x) == 0; i++)
        good++;
    ok(good >= 340 - 20 && good <= 340, "[88] the day's budget ends (%d)",
       good);
    is_int(x.error.kind, ERROR_TRANSIENT, "… and the flow parks");
    is_int(x.park_until_ms % 86400000 < 10000, 1, "… until midnight");
    close_all();
}

static void test_error_budget(void)
{
    struct exchange x;
    clock_fake(MORNING);
    open_plain();
    int before = fake.api_calls, unsent = 0;
    for (int i = 0; i < 500; i++)
        unsent += fake_post(channel, "missing", &x) != 0;
    int calls = fake.api_calls - before;
    ok(calls <= 8, "[87] 500 poison records cost %d errors in an hour", calls);
    is_int(unsent, 500 - calls, "… the others wait unsent");
    is_int(fake_get(channel, "ok", &x), 0, "… other endpoints go on");
    before = fake.api_calls;
    int64_t start = clock_now_ms();
    for (int minute = 0; minute < 600; minute++) {
        clock_fake(start + minute * 60000);
        fake_post(channel, "missing", &x);
    }
    calls = fake.api_calls - before;
    ok(calls <= 8 * 10, "… also over ten hours (%d errors)", calls);
    ok(calls >= 8 * 4, "… and it does come back (%d errors)", calls);
    close_all();
}

static void test_dry_run(void)
{
    struct exchange x;
    clock_fake(MORNING);
    open_with("auth=static", (struct transport_options){ .dry_run = true });
    int calls = calls_of(fake_post, "ok", &x);
    is_int(calls, 0, "[194] a dry run sends no write");
    is_int(x.error.kind, ERROR_GUARD, "… it is a guard's doing");
    struct request put = { .method = "PUT", .path = TEXT("/api/ok"),
                           .endpoint = "ok" };
    struct error err = { 0 };
    struct exchange y = { .request = &put, .arena = fake_arena() };
    int before = fake.api_calls;
    transport_send(channel, &y, &err);
    is_int(fake.api_calls - before, 0, "… nor a PUT that says it is none");
    is_int(fake_get(channel, "ok", &x), 0, "… reads go");
    close_all();
}

static void test_together(void)
{
    enum { COUNT = 12 };
    static struct exchange x[COUNT];
    struct request r = { .method = "GET", .path = TEXT("/api/slow"),
                         .endpoint = "slow" };
    clock_fake(MORNING);
    open_plain();
    memset(x, 0, sizeof x);
    for (int i = 0; i < COUNT; i++) {
        x[i].request = &r;
        x[i].arena = fake_arena();
    }
    fake.max_parallel = 0;
    is_int(transport_send_all(channel, x, COUNT), 0, "twelve reads at once");
    is_int(fake.max_parallel, 3, "[91] three in flight, as the vendor allows");
    close_all();
}

static void test_breaker(void)
{
    struct exchange x;
    int port = fake.port;
    clock_fake(MORNING);
    fake.port = bad_closed_port();
    open_plain();
    for (int i = 0; i < 3; i++)
        fake_get(channel, "ok", &x);
    struct call_count counts;
    channel_counts(channel, &counts);
    size_t before = counts.calls;
    fake_get(channel, "ok", &x);
    channel_counts(channel, &counts);
    ok(counts.calls - before <= 1, "[57] after many failures in a row it is "
       "asked once at most (%zu)", counts.calls - before);
    is_int(x.error.kind, ERROR_TRANSIENT, "… and parked");
    close_all();
    fake.port = port;
}

static void test_bad_reach(void)
{
    struct exchange x = { .arena = fake_arena() };
    struct error err = { 0 };
    clock_fake(MORNING);
    open_plain();
    static const char *const paths[] = {
        "https://evil.example/steal", "http://127.0.0.1:1/steal",
        "http://169.254.169.254/latest", "https://fake.invalid/x",
        "file:///etc/passwd", "@evil.example/",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct request r = { .method = "GET", .path = text_of(paths[i]),
                             .endpoint = "next" };
        x.request = &r;
        error_clear(&err);
        int result = transport_send(channel, &x, &err);
        ok(result == -1 || x.answer.status == 200,
           "[106] a next link to %s", paths[i]);
        ok(result == 0 || err.kind == ERROR_GUARD, "… is refused: %s",
           err.text);
    }
    close_all();
}

static void test_stop(void)
{
    static volatile int stop = 1;
    struct exchange x;
    clock_fake(MORNING);
    open_with("auth=static", (struct transport_options){ .stop = &stop });
    int calls = calls_of(fake_get, "ok", &x);
    is_int(calls, 0, "after a signal nothing is sent");
    is_int(x.result, -1, "… and the caller is told");
    close_all();
}

static int times_asked;

static int not_any_more(void *ctx, struct error *err)
{
    (void)ctx;
    times_asked++;
    return error_set(err, ERROR_LOCKED, "another has its place");
}

static int once_more(void *ctx, struct error *err)
{
    (void)ctx;
    return ++times_asked > 1 ? error_set(err, ERROR_LOCKED, "too late") : 0;
}

static int send_if(int (*may_send)(void *ctx, struct error *err),
                   const char *path, struct exchange *x)
{
    struct error err = { 0 };
    struct request r = { .method = "POST", .path = text_of(path),
                         .endpoint = "ok", .body = TEXT("{}"),
                         .writes = true, .safe_to_repeat = true };
    int before = fake.api_calls;
    *x = (struct exchange){ .request = &r, .arena = fake_arena(),
                            .may_send = may_send };
    times_asked = 0;
    transport_send(channel, x, &err);
    return fake.api_calls - before;
}

/* Asked when nothing but sending is left to do, before every attempt. */
static void test_held_back(void)
{
    struct exchange x;
    clock_fake(MORNING);
    open_plain();
    is_int(send_if(not_any_more, "/api/ok", &x), 0,
           "[28] what must not go out any more is kept back");
    ok(x.result == -1 && x.error.kind == ERROR_LOCKED, "… for the reason "
       "given: %s", x.error.text);
    is_int(times_asked, 1, "… and not tried again");
    fake.limited = 1;
    is_int(send_if(once_more, "/api/ok", &x), 1,
           "[28] a second attempt is asked for anew");
    ok(x.error.kind == ERROR_LOCKED && times_asked == 2, "… and kept back");
    fake.limited = 0;
    close_all();
}

static void test_body_secret(void)
{
    struct exchange x;
    struct request r = { .method = "POST", .path = TEXT("/api/ok"),
                         .endpoint = "ok", .body = TEXT("no secret") };
    struct error err = { 0 };
    clock_fake(MORNING);
    open_with("auth=body", (struct transport_options){ 0 });
    memset(&x, 0, sizeof x);
    x.request = &r;
    x.arena = fake_arena();
    is_int(transport_send(channel, &x, &err), 0, "key pair in the body");
    is_text(text_cstr(fake_arena(), r.body), "no secret",
            "… the request itself stays as it was");
    close_all();
}

int main(void)
{
    fake_folder();
    fake_start();
    test_classes();
    test_flapping();
    test_retry_after();
    test_parked_for_all();
    test_storm();
    test_deadline();
    test_minute_budget();
    test_day_budget();
    test_error_budget();
    test_dry_run();
    test_together();
    test_breaker();
    test_bad_reach();
    test_stop();
    test_held_back();
    test_body_secret();
    fake_stop();
    fake_clean();
    return tap_done();
}
