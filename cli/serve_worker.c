/* A run is a process of its own, the same program once more: what it does to
 * itself leaves the others alone, and the locks it held die with it. */
#include "config.h"

#include "cli/serve.h"

#include "base/log.h"
#include "runtime/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define ARGS_MAX 1024

struct args {
    char *list[ARGS_MAX + 1];
    size_t count;
    struct arena *arena;
};

static void add(struct args *a, const char *arg)
{
    if (a->count < ARGS_MAX)
        a->list[a->count++] = arena_strdup(a->arena, arg);
}

static void add_overrides(struct args *a,
                          const struct connection_override *list)
{
    for (const struct connection_override *o = list; o; o = o->next) {
        add(a, o->key.len > 0 ? "--set" : "--connection");
        add(a, o->key.len > 0
                   ? arena_printf(a->arena, "%.*s.%.*s=%.*s",
                                  TEXT_ARG(o->connection), TEXT_ARG(o->key),
                                  TEXT_ARG(o->value))
                   : arena_printf(a->arena, "%.*s=%.*s",
                                  TEXT_ARG(o->connection),
                                  TEXT_ARG(o->value)));
    }
}

static void fill(struct args *a, struct serve *s, const struct worker *k,
                 const struct text *keys, size_t key_count)
{
    add(a, "mlc");
    add(a, "run");
    add(a, k->name);
    add(a, "--json");
    add(a, "--state");
    add(a, s->w->state_path);
    add(a, "--flows-fd");
    add(a, "3");
    for (size_t i = 0; i < key_count; i++) {
        add(a, "--record");
        add(a, text_cstr(a->arena, keys[i]));
    }
    add_overrides(a, s->w->overrides);
}

static int spawn(struct worker *k, char **argv, int flows, const int out[2],
                 const int err_pipe[2])
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    posix_spawn_file_actions_adddup2(&files, err_pipe[1], 2);
    posix_spawn_file_actions_adddup2(&files, flows, 3);
    posix_spawn_file_actions_addclosefrom_np(&files, 4); /* the listener's */
    posix_spawnattr_init(&attr);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    int result = posix_spawn(&k->pid, "/proc/self/exe", &files, &attr, argv,
                             environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return result;
}

int worker_start(struct serve *s, struct worker *k, const struct text *keys,
                 size_t key_count, struct error *err)
{
    struct arena arena;
    struct args args = { .arena = &arena };
    int out[2], said[2];
    if (pipe2(out, O_CLOEXEC) != 0)
        return error_errno(err, ERROR_TRANSIENT, "cannot start a run");
    if (pipe2(said, O_CLOEXEC) != 0) {
        close(out[0]);
        close(out[1]);
        return error_errno(err, ERROR_TRANSIENT, "cannot start a run");
    }
    arena_init(&arena);
    fill(&args, s, k, keys, key_count);
    int result = spawn(k, args.list, s->edition->fd, out, said);
    arena_fini(&arena);
    close(out[1]);
    close(said[1]);
    if (result != 0) {
        close(out[0]);
        close(said[0]);
        k->pid = 0;
        errno = result;
        return error_errno(err, ERROR_TRANSIENT, "cannot start a run");
    }
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(said[0], F_SETFL, O_NONBLOCK);
    k->out = out[0];
    k->err = said[0];
    k->records = key_count > 0;
    k->started_ms = clock_steady_ms();
    buf_reset(&k->said);
    buf_reset(&k->told);
    atomic_fetch_add(&s->figures.runs, 1);
    atomic_fetch_add(&s->figures.running, 1);
    return 0;
}

/* Whole lines of its messages into our log, with the flow's name. */
static void pass_on(struct worker *k, bool ended)
{
    size_t at = 0, from = 0;
    struct text t = buf_view(&k->told);
    while (text_find(text_slice(t, from, t.len - from), TEXT("\n"), &at)) {
        if (at > 0)
            log_info("%s: %.*s", k->name, (int)at,
                     t.ptr + from);
        from += at + 1;
    }
    struct text rest = text_slice(t, from, t.len - from);
    if (ended && rest.len > 0)
        log_info("%s: %.*s", k->name, TEXT_ARG(rest));
    if (from == 0 && !ended && t.len < 8192)
        return;
    char keep[8192];
    size_t len = ended || rest.len > sizeof keep ? 0 : rest.len;
    memcpy(keep, rest.ptr ? rest.ptr : "", len);
    buf_reset(&k->told);
    buf_add(&k->told, keep, len);
}

static bool drain(int fd, struct buf *into)
{
    char piece[4096];
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n > 0)
            buf_add(into, piece, (size_t)n);
        else if (n == 0)
            return true;
        else
            return errno != EAGAIN && errno != EINTR;
    }
}

static void tell_end(struct serve *s, struct worker *k, int status)
{
    struct text summary = text_trim(buf_view(&k->said));
    long long took = (long long)(clock_steady_ms() - k->started_ms);
    if (WIFSIGNALED(status)) {
        atomic_fetch_add(&s->figures.crashes, 1);
        log_error("%s: the run died of signal %d after %lld ms; it goes on "
                  "where it was", k->name, WTERMSIG(status), took);
    } else if (summary.len > 0) {
        log_info("%s: %.*s", k->name, TEXT_ARG(summary));
    } else {
        log_info("%s: ended with %d after %lld ms", k->name,
                 WEXITSTATUS(status), took);
    }
}

bool worker_look(struct serve *s, struct worker *k, int *code)
{
    int status = 0;
    if (k->pid == 0)
        return false;
    drain(k->out, &k->said);
    drain(k->err, &k->told);
    pass_on(k, false);
    if (waitpid(k->pid, &status, WNOHANG) != k->pid)
        return false;
    drain(k->out, &k->said);
    drain(k->err, &k->told);
    pass_on(k, true);
    close(k->out);
    close(k->err);
    k->out = k->err = -1;
    k->pid = 0;
    atomic_fetch_sub(&s->figures.running, 1);
    tell_end(s, k, status);
    *code = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                : WEXITSTATUS(status);
    return true;
}

static size_t running(struct serve *s)
{
    size_t count = 0;
    int code;
    for (size_t i = 0; i < s->flow_count; i++) {
        struct worker *k = &s->workers[i];
        if (worker_look(s, k, &code))
            pending_settle(s, k, code == EXIT_FINE || code == EXIT_FINDINGS);
        count += k->pid > 0;
    }
    return count;
}

static void tell_all(struct serve *s, int signal_number)
{
    for (size_t i = 0; i < s->flow_count; i++)
        if (s->workers[i].pid > 0)
            kill(s->workers[i].pid, signal_number);
}

void workers_stop(struct serve *s)
{
    int64_t until = clock_steady_ms() + SERVE_STOP_S * 1000;
    tell_all(s, SIGTERM);
    while (running(s) > 0 && clock_steady_ms() < until)
        poll(NULL, 0, 50);
    if (running(s) == 0)
        return;
    log_warning("runs did not end in %d s; they are ended now, and go on at "
                "the next start", SERVE_STOP_S);
    tell_all(s, SIGKILL);
    while (running(s) > 0)
        poll(NULL, 0, 20);
}
