/* Fifty processes find the token expired at the same moment, again and again:
 * each time one of them renews it and all make their call [136, figure 8].
 * Without the lease they must trip over each other: a harness that never sees
 * that proves nothing.
 *
 * A few expiries by default, MLC_EXPIRIES=200 for all of them. Called as
 * `expiry worker …` the program is one of the fifty. */
#include "config.h"

#include "runtime/clock.h"
#include "runtime/oauth.h"
#include "tests/lib/fakevendor.h"
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 50
#define ROUNDS 4
#define CONTROL_ROUNDS 2
#define LIVES_MS 600000

struct worker {
    pid_t pid;
    int go, done; /* pipes to and from it */
};

static char path[300];

/* ------------------------------------------------------------- one of fifty */
static bool make_call(struct store *store)
{
    struct transport_options o = { .store = store };
    struct exchange x;
    struct transport *t = fake_transport(NULL, "auth=code timeout=60", &o, NULL);
    bool good = fake_get(fake_channel(t), "ok", &x) == 0;
    if (!good && !signer_unprotected)
        fprintf(stderr, "# %s\n", x.error.text);
    transport_close(t);
    return good;
}

static int work(char *const argv[])
{
    struct store *store = NULL;
    struct error err = { 0 };
    char byte;
    arena_init(fake_arena());
    fake.port = (int)strtol(argv[3], NULL, 10);
    signer_unprotected = strcmp(argv[4], "unprotected") == 0;
    if (store_open(argv[2], STORE_WRITE, &store, &err))
        return 1;
    if (write(STDOUT_FILENO, "r", 1) != 1)
        return 1;
    while (read(STDIN_FILENO, &byte, 1) == 1) {
        byte = make_call(store) ? 'y' : 'n';
        if (write(STDOUT_FILENO, &byte, 1) != 1)
            break;
    }
    store_close(store);
    return 0;
}

/* ------------------------------------------------------------------ the rest
 */
static bool start(struct worker *w, bool unprotected)
{
    char port[16], name[] = "expiry", role[] = "worker";
    char mode[16];
    char *argv[] = { name, role, path, port, mode, NULL };
    posix_spawn_file_actions_t files;
    int go[2], done[2];
    snprintf(port, sizeof port, "%d", fake.port);
    snprintf(mode, sizeof mode, "%s",
             unprotected ? "unprotected" : "protected");
    if (pipe2(go, O_CLOEXEC) || pipe2(done, O_CLOEXEC))
        return false;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, go[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, done[1], STDOUT_FILENO);
    bool good = posix_spawn(&w->pid, "/proc/self/exe", &files, NULL, argv,
                            environ) == 0;
    posix_spawn_file_actions_destroy(&files);
    close(go[0]);
    close(done[1]);
    w->go = go[1];
    w->done = done[0];
    return good;
}

static char hear(const struct worker *w)
{
    char byte = 0;
    return read(w->done, &byte, 1) == 1 ? byte : 'x';
}

/* The vendor's limits would stretch two hundred expiries over days. */
static void lift_limits(struct store *store, struct text key)
{
    static const struct {
        const char *window;
        int64_t count;
    } rows[] = { { "minute", 60 }, { "day", 5000 }, { "token", 200 } };
    struct error err = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (store_budget_set(store, key, TEXT_NONE, rows[i].window,
                             rows[i].count, rows[i].count, 0, clock_now_ms(),
                             &err))
            tap_diag("%s", err.text);
}

/* What is stored is as old as a token gets. With `afresh` it is also one the
 * vendor takes, whatever happened before. */
static void expire(struct store *store, bool afresh)
{
    struct vault *v = NULL;
    struct token t;
    struct error err = { 0 };
    struct text key = text_of(
        arena_printf(fake_arena(), "Exact@http://127.0.0.1:%d", fake.port));
    if (vault_open(store, &v, &err) ||
        token_load(v, key, fake_arena(), &t, &err))
        tap_diag("%s", err.text);
    lift_limits(store, key);
    t.issued_ms = clock_now_ms() - LIVES_MS;
    t.expires_ms = clock_now_ms() - 1;
    if (afresh) {
        t.state = TOKEN_GOOD;
        t.refresh = text_of(
            arena_printf(fake_arena(), "refresh-number-%d", (int)fake.refresh));
    }
    if (token_save(v, key, &t, &err))
        tap_diag("%s", err.text);
    vault_close(v);
}

struct outcome {
    int good, tokens;
};

static struct outcome all_at_once(struct worker *list)
{
    struct outcome o = { .tokens = fake.token_calls };
    for (int i = 0; i < WORKERS; i++)
        if (write(list[i].go, "g", 1) != 1)
            tap_diag("a worker is gone");
    for (int i = 0; i < WORKERS; i++)
        o.good += hear(&list[i]) == 'y';
    o.tokens = fake.token_calls - o.tokens;
    return o;
}

static void repeat(struct store *store, int rounds, bool unprotected,
                   struct outcome *sum, int *worst)
{
    struct worker list[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        if (!start(&list[i], unprotected))
            tap_diag("a worker cannot be started");
    for (int i = 0; i < WORKERS; i++)
        (void)hear(&list[i]);
    for (int n = 0; n < rounds; n++) {
        expire(store, unprotected);
        struct outcome o = all_at_once(list);
        sum->good += o.good;
        sum->tokens += o.tokens;
        if (o.tokens > *worst)
            *worst = o.tokens;
    }
    for (int i = 0; i < WORKERS; i++) {
        close(list[i].go);
        close(list[i].done);
        waitpid(list[i].pid, NULL, 0);
    }
}

int main(int argc, char *argv[])
{
    if (argc > 4 && strcmp(argv[1], "worker") == 0)
        return work(argv);
    const char *wanted = getenv("MLC_EXPIRIES");
    int rounds = wanted ? (int)strtol(wanted, NULL, 10) : ROUNDS;
    struct outcome sum = { 0 }, control = { 0 };
    struct store *store = NULL;
    struct exchange x;
    int worst = 0, control_worst = 0;
    snprintf(path, sizeof path, "%s/state.db", fake_folder());
    fake_start();
    fake.lives_s = LIVES_MS / 1000;
    struct transport *t = fake_transport(path, "auth=code timeout=60", NULL, &store);
    fake_get(fake_channel(t), "ok", &x);
    transport_close(t);

    repeat(store, rounds, false, &sum, &worst);
    is_int(sum.good, (long long)rounds * WORKERS,
           "[136] %d processes, %d expiries: every call is made", WORKERS,
           rounds);
    is_int(sum.tokens, rounds, "… with one renewal for each expiry");
    is_int(worst, 1, "… never two");

    repeat(store, CONTROL_ROUNDS, true, &control, &control_worst);
    ok(control.tokens > CONTROL_ROUNDS,
       "without the lease %d renewals for %d expiries: the harness sees them",
       control.tokens, CONTROL_ROUNDS);
    store_close(store);
    fake_stop();
    fake_clean();
    return tap_done();
}
