/* Tokens: renewed once, stored before use, never replaced by something worse.
 * Numbers are those of the fault list. */
#include "config.h"

#include "runtime/clock.h"
#include "runtime/oauth.h"
#include "tests/lib/fakevendor.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define MORNING INT64_C(1780300810000)
#define MINUTE 60000

static struct transport *transport;
static struct channel *channel;
static struct store *store;
static char path[512];
static int serial;

static void connect_again(const char *settings)
{
    struct transport_options options = { .store = store };
    transport = fake_transport(NULL, settings, &options, NULL);
    channel = fake_channel(transport);
}

static void open_fresh(const char *settings)
{
    snprintf(path, sizeof path, "%s/%d/state.db", getenv("HOME"), ++serial);
    fake.refresh = fake.access = 1;
    fake.trick_calls = fake.revoked = 0;
    fake.lives_s = 600;
    clock_fake(MORNING);
    transport = fake_transport(path, settings, NULL, &store);
    channel = fake_channel(transport);
}

static void close_all(void)
{
    transport_close(transport);
    store_close(store);
}

static int tokens_of(const char *name, struct exchange *x)
{
    int before = fake.token_calls;
    fake_get(channel, name, x);
    return fake.token_calls - before;
}

static void test_ahead_of_expiry(void)
{
    static const struct {
        int after_s, tokens;
    } rows[] = {
        { 0, 1 }, { 100, 0 }, { 300, 0 }, { 160, 0 }, /* 560 s old */
        { 14, 0 },                                    /* 574 s old */
        { 2, 1 },                                     /* 576 s: in the window */
        { 10, 0 }, { 86400 * 20, 1 },
    };
    struct exchange x;
    open_fresh("auth=code");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        clock_fake_advance(rows[i].after_s * 1000);
        is_int(tokens_of("ok", &x), rows[i].tokens,
               "[142] %d s later: token calls", rows[i].after_s);
        is_int(x.result, 0, "… the call is made");
    }
    close_all();
}

static void test_refused_once(void)
{
    struct exchange x;
    open_fresh("auth=code");
    fake_get(channel, "ok", &x);
    transport_close(transport);
    clock_fake_advance(571000); /* old enough for another, not yet due */
    connect_again("auth=code");
    fake.revoked = 1;
    is_int(tokens_of("ok", &x), 1, "[82] a 401 renews once");
    is_int(x.result, 0, "… and the call succeeds");
    clock_fake_advance(571000);
    fake.revoked = 1;
    fake.lives_s = 600;
    close_all();

    open_fresh("auth=client");
    fake_get(channel, "ok", &x);
    fake.trick = TRICK_NONE;
    fake.revoked = 2;
    is_int(tokens_of("ok", &x), 1, "client credentials: one new token");
    close_all();

    open_fresh("auth=static");
    struct request r = { .method = "GET", .path = TEXT("/api/ok"),
                         .endpoint = "ok" };
    (void)r;
    close_all();
}

static void test_dead_forever(void)
{
    struct exchange x;
    open_fresh("auth=code");
    fake.refresh = 7; /* the stored one is old */
    is_int(tokens_of("ok", &x), 1, "[141] an old refresh token is tried once");
    is_int(x.error.kind, ERROR_SIGN_IN, "… then a person must sign in");
    ok(strstr(x.error.hint, "mlc auth login Exact"), "… with the command: %s",
       x.error.hint);
    ok(strstr(x.error.text, "Old refresh token"), "… and the reason: %s",
       x.error.text);
    is_int(tokens_of("ok", &x), 0, "… no loop");
    transport_close(transport);
    connect_again("auth=code");
    is_int(tokens_of("ok", &x), 0, "… nor in the next run");
    is_int(x.error.kind, ERROR_SIGN_IN, "… which says the same");
    close_all();
}

static void test_lost_rotation(void)
{
    struct exchange x;
    open_fresh("auth=code");
    fake.trick = TRICK_LOSE;
    fake.trick_calls = 1;
    is_int(tokens_of("ok", &x), 2, "[137] an answer lost: the old token is "
           "tried once more");
    is_int(x.error.kind, ERROR_SIGN_IN, "… refused: sign in again");
    ok(strstr(x.error.text, "lost on its way"), "… says what happened: %s",
       x.error.text);
    close_all();

    open_fresh("auth=code");
    fake.trick = TRICK_TROUBLE;
    fake.trick_calls = 1;
    tokens_of("ok", &x);
    is_int(x.result, 0, "[138] trouble at the token server passes");
    close_all();
}

static void test_bad_answers(void)
{
    struct exchange x;
    struct vault *v;
    struct token t;
    struct error err = { 0 };
    open_fresh("auth=code");
    fake_get(channel, "ok", &x);
    clock_fake_advance(590000);
    fake.trick = TRICK_GARBLE;
    fake.trick_calls = 100;
    fake_get(channel, "ok", &x);
    ok(x.result == -1, "[140] a web page is no token");
    vault_open(store, &v, &err);
    struct text key = text_of(arena_printf(fake_arena(),
                                           "Exact@http://127.0.0.1:%d",
                                           fake.port));
    is_int(token_load(v, key, fake_arena(), &t, &err), 0, "the stored token");
    is_text(text_cstr(fake_arena(), t.refresh), "refresh-number-2",
            "… is untouched");
    vault_close(v);
    close_all();

    open_fresh("auth=code");
    fake.trick = TRICK_KEEP;
    fake.trick_calls = 1;
    fake_get(channel, "ok", &x);
    is_int(x.result, 0, "[139] an answer without refresh token");
    clock_fake_advance(590000);
    fake_get(channel, "ok", &x);
    is_int(x.result, 0, "… keeps the old one");
    close_all();
}

static bool steal(struct bad_request *r)
{
    bad_reply(r, 200, "", "{\"access_token\":\"evil\"}");
    return true;
}

static void test_redirect(void)
{
    struct exchange x;
    struct badserver *thief = badserver_start(steal, NULL);
    open_fresh("auth=code");
    fake.elsewhere = badserver_port(thief);
    fake.trick = TRICK_REDIRECT;
    fake.trick_calls = 1;
    fake_get(channel, "ok", &x);
    is_int(x.error.kind, ERROR_VENDOR, "[67] a redirected sign-in is refused");
    is_int(badserver_count(thief), 0, "… nothing reaches the other server");
    ok(strstr(x.error.text, "127.0.0.1"), "… which is named: %s",
       x.error.text);
    fake_get(channel, "ok", &x);
    is_int(x.result, 0, "… and the token still works afterwards");
    close_all();
    badserver_stop(thief);
}

static void test_session(void)
{
    struct exchange x;
    open_fresh("auth=session");
    is_int(tokens_of("ok", &x), 1, "a session is opened");
    for (int i = 0; i < 5; i++) {
        clock_fake_advance(30 * MINUTE);
        is_int(tokens_of("ok", &x), 0, "… lives on while it is used");
    }
    transport_close(transport);
    connect_again("auth=session");
    clock_fake_advance(30 * MINUTE);
    is_int(tokens_of("ok", &x), 0, "[91] … is shared by the next process");
    clock_fake_advance(34 * MINUTE);
    is_int(tokens_of("ok", &x), 1, "… a new one before it idles out");
    fake.revoked = 1;
    is_int(tokens_of("ok", &x), 1, "… and when the vendor ended it");
    is_int(x.result, 0, "… the call succeeds");
    close_all();
}

static void test_missing(void)
{
    struct exchange x;
    struct vault *v;
    struct error err = { 0 };
    open_fresh("auth=static");
    transport_close(transport);
    vault_open(store, &v, &err);
    vault_remove(v, TEXT("Exact"), "api_key", &err);
    vault_close(v);
    struct transport_options options = { .store = store };
    vault_open(store, &v, &err); /* client_id stays: nothing is added again */
    vault_close(v);
    transport = fake_transport(NULL, "auth=static", &options, NULL);
    channel = fake_channel(transport);
    fake_get(channel, "ok", &x);
    is_int(x.error.kind, ERROR_SIGN_IN, "a missing key needs a person");
    is_text(x.error.hint, "Run: mlc auth set Exact", "… who is told how");
    ok(strstr(x.error.text, "api_key"), "… and what: %s", x.error.text);
    close_all();
}

static void test_keep_alive(void)
{
    struct exchange x;
    struct error err = { 0 };
    open_fresh("auth=code");
    fake_get(channel, "ok", &x);
    int before = fake.token_calls;
    is_int(channel_keep_alive(channel, &err), 0, "nothing to keep alive yet");
    is_int(fake.token_calls - before, 0, "… no call");
    clock_fake_advance(INT64_C(2) * 86400000);
    is_int(channel_keep_alive(channel, &err), 0, "[145] two days later");
    is_int(fake.token_calls - before, 1, "… the token is renewed");
    is_int(channel_keep_alive(channel, &err), 0, "… once");
    is_int(fake.token_calls - before, 1, "… a day");
    close_all();
}

/* A process of its own that makes one call on the store at `path`; it writes a
 * line on *ready once it is about to. Not a fork alone: the server's threads
 * would leave their locks behind in it. */
static pid_t call_in_child(int *ready)
{
    char port[16], now[24];
    char name[] = "oauth", call[] = "call";
    char *argv[] = { name, call, path, port, now, NULL };
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid = -1;
    snprintf(port, sizeof port, "%d", fake.port);
    snprintf(now, sizeof now, "%lld",
             clock_is_fake() ? (long long)clock_now_ms() : 0);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ))
        pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *ready = ends[0];
    return pid;
}

static void await_ready(int ready)
{
    char byte;
    if (read(ready, &byte, 1) != 1)
        tap_diag("a child ended before its call");
    close(ready);
}

/* What the child does. */
static int make_call(char *const argv[])
{
    struct exchange x;
    arena_init(fake_arena());
    snprintf(path, sizeof path, "%s", argv[2]);
    fake.port = (int)strtol(argv[3], NULL, 10);
    if (strcmp(argv[4], "0") != 0)
        clock_fake(strtoll(argv[4], NULL, 10));
    transport = fake_transport(path, "auth=code timeout=60", NULL, &store);
    channel = fake_channel(transport);
    if (write(STDOUT_FILENO, "\n", 1) != 1)
        return 2;
    int result = fake_get(channel, "ok", &x);
    if (result)
        fprintf(stderr, "# %s\n", x.error.text);
    close_all();
    return result ? 1 : 0;
}

/* Fifty processes find the token expired at the same moment. */
static void test_many_processes(void)
{
    enum { COUNT = 50 };
    struct exchange x;
    pid_t pids[COUNT];
    int good = 0, ready[COUNT];
    open_fresh("auth=code");
    close_all();
    clock_fake_end(); /* they really wait for each other */
    fake.lives_s = 1;
    transport = fake_transport(path, "auth=code timeout=60", NULL, &store);
    channel = fake_channel(transport);
    fake_get(channel, "ok", &x);
    close_all();
    bad_sleep_ms(1100);
    fake.lives_s = 600;
    int before = fake.token_calls, refused = fake.access;
    for (int i = 0; i < COUNT; i++)
        pids[i] = call_in_child(&ready[i]);
    for (int i = 0; i < COUNT; i++) {
        int status = 0;
        await_ready(ready[i]);
        waitpid(pids[i], &status, 0);
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    is_int(good, COUNT, "[136, F13] fifty processes all make their call");
    is_int(fake.token_calls - before, 1, "… with one renewal");
    is_int(fake.access - refused, 1, "… one new token");
}

static void sign_in_again(struct store *mine)
{
    struct vault *v;
    struct error err = { 0 };
    vault_open(mine, &v, &err);
    signer_forget(v, TEXT("Exact"), false, &err);
    vault_put(v, TEXT("Exact"), "refresh_token",
              text_of(arena_printf(fake_arena(), "refresh-number-%d",
                                   (int)fake.refresh)), -1, &err);
    vault_close(v);
}

/* Killed at points all over a renewal: only a token that was lost after the
 * server had rotated stops the connection, and that is said. */
static void test_killed(void)
{
    enum { KILLS = 60 };
    int lost = 0, good = 0, other = 0;
    open_fresh("auth=code");
    close_all();
    int ready;
    pid_t first = call_in_child(&ready);
    await_ready(ready);
    int64_t start = clock_steady_us();
    waitpid(first, NULL, 0);
    int64_t whole_us = clock_steady_us() - start;
    for (int i = 0; i < KILLS; i++) {
        struct exchange x;
        struct store *mine;
        clock_fake_advance(590000);
        pid_t pid = call_in_child(&ready);
        await_ready(ready);
        usleep((useconds_t)(whole_us * i / KILLS));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        /* its lease has not run out: its lock is free all the same */
        transport = fake_transport(path, "auth=code", NULL, &mine);
        channel = fake_channel(transport);
        int result = fake_get(channel, "ok", &x);
        bool told = x.error.kind == ERROR_SIGN_IN &&
                    strstr(x.error.text, "lost on its way");
        good += result == 0;
        lost += result && told;
        other += result && !told;
        if (result && !told)
            tap_diag("%s", x.error.text);
        if (result)
            sign_in_again(mine);
        transport_close(transport);
        store_close(mine);
    }
    tap_diag("%d kills: %d unharmed, %d lost the new token", KILLS, good,
             lost);
    is_int(other, 0, "[137] a kill during renewal is harmless or announced");
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "call") == 0)
        return make_call(argv);
    fake_folder();
    fake_start();
    test_ahead_of_expiry();
    test_refused_once();
    test_dead_forever();
    test_lost_rotation();
    test_bad_answers();
    test_redirect();
    test_session();
    test_missing();
    test_keep_alive();
    test_many_processes();
    test_killed();
    fake_stop();
    fake_clean();
    return tap_done();
}
