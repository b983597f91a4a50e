/* A token that others use too, and one that is about to die unused. Numbers are
 * those of the fault list. */
#include "config.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/oauth.h"
#include "tests/lib/fakevendor.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define MORNING INT64_C(1780300810000)
#define DAY_MS INT64_C(86400000)

static char path[300], warned[2000];

/* Every line of the log comes through here. */
static void overhear(struct text line, struct buf *out)
{
    size_t at = strlen(warned);
    snprintf(warned + at, sizeof warned - at, "%.*s | ", TEXT_ARG(line));
    buf_text(out, line);
}

static struct channel *connect(struct store *store, struct transport **t)
{
    struct transport_options o = { .store = store };
    *t = fake_transport(NULL, "auth=code", &o, NULL);
    return fake_channel(*t);
}

static void test_stale(struct store *store)
{
    struct transport *first, *second;
    struct exchange x;
    struct channel *a = connect(store, &first);
    fake_get(a, "ok", &x); /* has its token in memory from here on */
    clock_fake_advance(571000);
    struct channel *b = connect(store, &second);
    fake.revoked = 1;
    fake_get(b, "ok", &x);
    is_int(x.result, 0, "another process renews");
    int before = fake.token_calls;
    fake_get(a, "ok", &x);
    is_int(x.result, 0, "[143] who still holds the old token goes on");
    is_int(fake.token_calls - before, 0, "… with what the other has stored");
    transport_close(first);
    transport_close(second);
}

static void test_days(void)
{
    static const struct auth_scheme code = { .kind = AUTH_CODE,
                                             .idle_ms = 30 * DAY_MS };
    static const struct auth_scheme session = { .kind = AUTH_SESSION,
                                                .idle_ms = 35 * 60000 };
    static const struct {
        int64_t renewed, now;
        int days;
    } rows[] = {
        { MORNING, MORNING, 30 },
        { MORNING, MORNING + DAY_MS / 2, 29 },
        { MORNING, MORNING + 24 * DAY_MS, 6 },
        { MORNING, MORNING + 31 * DAY_MS, 0 },
        { 0, MORNING, -1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct token k = { .renewed_ms = rows[i].renewed };
        is_int(token_days_left(&k, &code, rows[i].now), rows[i].days,
               "[145] days left, row %zu", i);
    }
    struct token k = { .renewed_ms = MORNING };
    is_int(token_days_left(&k, &session, MORNING), -1,
           "a session is opened again, it has no days");
}

static void test_week_ahead(struct store *store)
{
    static const struct {
        int days;
        bool warns;
    } rows[] = { { 22, false }, { 2, true } }; /* after 22, and 24 */
    struct transport *t;
    struct exchange x;
    fake_get(connect(store, &t), "ok", &x);
    transport_close(t);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        warned[0] = 0;
        clock_fake_advance(rows[i].days * DAY_MS);
        struct channel *c = connect(store, &t);
        log_set_filter(overhear);   /* in place of the one that masks secrets */
        fake.trick = TRICK_TROUBLE; /* not renewed: what was stays */
        fake.trick_calls = 100;
        fake_get(c, "ok", &x);
        fake.trick_calls = 0;
        ok((strstr(warned, "dies in") != NULL) == rows[i].warns,
           "[145] a week ahead it is said, not before: %s", warned);
        transport_close(t);
    }
    log_set_filter(NULL);
}

static void test_server_down(struct store *store)
{
    struct transport *t;
    struct exchange x;
    clock_fake_advance(40 * DAY_MS);
    fake.trick = TRICK_TROUBLE;
    fake.trick_calls = 1000;
    struct channel *c = connect(store, &t);
    int before = fake.token_calls;
    fake_get(c, "ok", &x);
    int calls = fake.token_calls - before;
    is_int(x.error.kind, ERROR_TRANSIENT, "[138] a token server that is down");
    ok(calls >= 2 && calls <= 5, "… is asked %d times, not all day", calls);
    ok(x.park_until_ms > clock_now_ms(), "… and the flow parks");
    fake.trick_calls = 0;
    fake_get(c, "ok", &x);
    is_int(x.result, 0, "… until it is well again");
    transport_close(t);
}

static void test_memory(void)
{
    struct rlimit core;
    vault_hide_memory();
    is_int(getrlimit(RLIMIT_CORE, &core) ? -1 : (long long)core.rlim_cur, 0,
           "[19, 153] no core file");
#ifndef WITH_SANITIZERS
    is_int(prctl(PR_GET_DUMPABLE), 0, "[19, 153] memory is not dumpable");
#endif
}

int main(void)
{
    struct store *store = NULL;
    snprintf(path, sizeof path, "%s/state.db", fake_folder());
    fake_start();
    clock_fake(MORNING);
    transport_close(fake_transport(path, "auth=code", NULL, &store));
    test_stale(store);
    test_days();
    test_week_ahead(store);
    test_server_down(store);
    test_memory();
    store_close(store);
    fake_stop();
    fake_clean();
    return tap_done();
}
