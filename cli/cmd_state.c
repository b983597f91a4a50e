/* mlc state: save, bring back or upgrade the state file. */
#include "config.h"

#include "cli/work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRUNE_DAYS 400 /* a book year and its closing */
#define DAY_MS INT64_C(86400000)

static int backup(struct work *w)
{
    struct error err = { 0 };
    if (w->in->arg_count != 1)
        return usage_error(w->in, "say where to: mlc state backup FILE");
    if (!w->store) {
        error_set(&err, ERROR_STORE, "there is no state file %s yet",
                  w->state_path);
        return command_fail(w->in, &err);
    }
    if (store_backup(w->store, w->in->args[0], &err))
        return command_fail(w->in, &err);
    fprintf(stderr, "saved to %s\n", w->in->args[0]);
    return EXIT_FINE;
}

static int copy(const char *from, const char *to, struct error *err)
{
    char buffer[65536];
    ssize_t got = -1;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return error_errno(err, ERROR_USAGE, "cannot read %s", from);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   0600);
    while (out >= 0 && (got = read(in, buffer, sizeof buffer)) > 0)
        if (write(out, buffer, (size_t)got) != got) {
            got = -1;
            break;
        }
    if (out >= 0 && got == 0 && fsync(out) != 0)
        got = -1;
    close(in);
    if (out >= 0)
        close(out);
    if (out >= 0 && got == 0)
        return 0;
    error_errno(err, ERROR_STORE, "cannot write %s", to);
    if (out >= 0)
        unlink(to);
    return -1;
}

/* Is it ours, and whole? What is put back is marked, so that no run goes on
 * from it before `mlc adopt` has looked at what was made since [22]. */
static int look_at(const char *path, struct error *err)
{
    struct store *s = NULL;
    if (store_open(path, STORE_USE, &s, err))
        return -1;
    int result = store_verify(s, err)
                 || store_setting_put(s, "place", TEXT("put back"), err);
    store_close(s);
    return result ? -1 : 0;
}

/* What stands there now is kept beside it: a wrong file brought back must not
 * be the end of the right one. */
static int put_back(struct work *w, const char *from, struct error *err)
{
    const char *fresh = arena_printf(&w->arena, "%s.restoring", w->state_path);
    const char *old = arena_printf(&w->arena, "%s.before-%lld", w->state_path,
                                   (long long)w->now_ms);
    unlink(fresh);
    if (copy(from, fresh, err) || look_at(fresh, err)) {
        unlink(fresh);
        return -1;
    }
    const char *beside[] = { "-journal", "-wal", "-shm", NULL };
    if (access(w->state_path, F_OK) == 0 && rename(w->state_path, old) != 0)
        return error_errno(err, ERROR_STORE, "cannot move %s away",
                           w->state_path);
    for (int i = 0; beside[i]; i++)
        unlink(arena_printf(&w->arena, "%s%s", w->state_path, beside[i]));
    if (rename(fresh, w->state_path) != 0)
        return error_errno(err, ERROR_STORE, "cannot put %s in place",
                           w->state_path);
    unlink(arena_printf(&w->arena, "%s.lock", fresh));
    fprintf(stderr, "%s is back in place as %s\n", from, w->state_path);
    if (access(old, F_OK) == 0)
        fprintf(stderr, "what was there is kept as %s\n", old);
    fprintf(stderr, "Run `mlc adopt FLOW` for every flow before the next "
            "run: it links what was made since.\n");
    return 0;
}

static int restore(struct work *w)
{
    struct error err = { 0 };
    if (w->in->arg_count != 1)
        return usage_error(w->in, "say which: mlc state restore FILE");
    w->state_path = work_state_path(w);
    return put_back(w, w->in->args[0], &err) ? command_fail(w->in, &err)
                                             : EXIT_FINE;
}

static int migrate(struct work *w)
{
    struct error err = { 0 };
    if (store_verify(w->store, &err))
        return command_fail(w->in, &err);
    fprintf(stderr, "%s is at version %d and whole\n", w->state_path,
            STORE_SCHEMA);
    return EXIT_FINE;
}

static int prune(struct work *w)
{
    struct error err = { 0 };
    long days = option_number(w->in, "older", PRUNE_DAYS);
    struct store_prune p = {
        .before_ms = w->now_ms - (int64_t)days * DAY_MS };
    int got = 0;
    if (days < 1)
        return usage_error(w->in, "--older takes a number of days, 1 or more");
    while (got == 0 && !work_stop)
        got = store_prune_some(w->store, &p, &err);
    if (got < 0)
        return command_fail(w->in, &err);
    if (w->in->json)
        printf("{\"writes\":%lld,\"holds\":%lld,\"runs\":%lld,"
               "\"done\":%s}\n", (long long)p.gone[PRUNE_INTENTS],
               (long long)p.gone[PRUNE_HOLDS], (long long)p.gone[PRUNE_RUNS],
               got == 1 ? "true" : "false");
    else
        printf("removed what is older than %ld days: %lld settled writes, "
               "%lld closed holds, %lld runs%s\n", days,
               (long long)p.gone[PRUNE_INTENTS],
               (long long)p.gone[PRUNE_HOLDS], (long long)p.gone[PRUNE_RUNS],
               got == 1 ? "" : "; stopped, run it again for the rest");
    return got == 1 ? EXIT_FINE : 128 + work_stop;
}

int cmd_state(const struct invocation *in)
{
    struct work w;
    bool migrates = strcmp(in->verb, "migrate") == 0;
    bool restores = strcmp(in->verb, "restore") == 0;
    bool prunes = strcmp(in->verb, "prune") == 0;
    int code = work_open(&w, in, restores             ? 0u
                                 : migrates || prunes ? WORK_STATE
                                                      : WORK_STATE_READ);
    if (code == EXIT_FINE)
        code = restores   ? restore(&w)
               : migrates ? migrate(&w)
               : prunes   ? prune(&w)
                          : backup(&w);
    work_close(&w);
    return code;
}
