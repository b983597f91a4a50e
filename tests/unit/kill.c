/* The program killed at any boundary of any system call, then run again: no
 * target record twice, none lost, nothing for a person to mend [1-9, 24, 137,
 * figures 1-3]; and paused there while another takes its place: it writes
 * nothing any more [28, figure 7]. The sandboxes' records say what really
 * happened. Every sweep has its control: the same with the protection switched
 * off must go wrong, for a harness that never sees anything proves nothing.
 *
 * A sample of the boundaries by default, more with MLC_SWEEP=N, all of them
 * with MLC_SWEEP=all; one scenario alone with MLC_SCENARIO=NAME.
 * Called as `kill --run PROTECTION COMMAND …` it is mlc itself. */
#include "config.h"

#include "base/date.h"
#include "cli/command.h"
#include "runtime/clock.h"
#include "runtime/oauth.h"
#include "runtime/run.h"
#include "runtime/sandbox.h"
#include "runtime/store.h"
#include "tests/lib/killat.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAMPLE 5        /* boundaries of each scenario */
#define CONTROL 5       /* and of its control, … */
#define CONTROL_MOST 48 /* … or more, until it has gone wrong */
#define ROUNDS 50       /* of pauses, when all is wanted */
#define RECOVERY_RUNS 3
#define DAY_TRIALS 100  /* before the sandboxes' tokens grow old */
#define DEPARTMENTS 4   /* of the source; each becomes a record */
#define HOUR_MS INT64_C(3600000)
#define KEY_LEN 24      /* of an id of Rippling */
#define ARGS_MOST 24

/* --------------------------------------------------------------- the flows */
#define FLOW_HEAD                                                           \
    "set language 1\n"                                                      \
    "set timezone \"Europe/Amsterdam\"\n"

/* No field of this target is unique for the vendor: what keeps it from being
 * made twice is mlc alone. */
#define TO_EXACT(object, name, reads)                                       \
    FLOW_HEAD                                                               \
    "flow branches \"Rows become relations\"\n"                             \
    "Rippling." object " as row -> Exact.account\n"                         \
    "{\n"                                                                   \
    "  read " reads "\n"                                                    \
    "  write creates and updates\n"                                         \
    "  match on SearchCode\n"                                               \
    "  Name       = left(row." name " else \"none\", 50)\n"                 \
    "  SearchCode = text(row.id)\n"                                         \
    "}\n"

static const char to_exact[] = TO_EXACT("department", "name", "everything");
/* A list that gives only what changed since: what a cursor has passed never
 * comes again. */
static const char changes[] = TO_EXACT("employee", "title", "changes");

static const char to_monday[] =
    FLOW_HEAD
    "object Monday.purchases \"Purchase orders\" {\n"
    "  at \"18390000101\"\n"
    "  key id\n"
    "  operations read, create, update\n"
    "  changes none\n"
    "  id         text      always read_only unique searchable from \"id\"\n"
    "  Name       text(255) required searchable from \"name\"\n"
    "  `Order no.` text searchable encoding(\"column text\") from "
    "\"text_no\"\n"
    "}\n"
    "flow branches \"Departments become items\"\n"
    "Rippling.department -> Monday.purchases\n"
    "{\n"
    "  read everything\n"
    "  write creates and updates\n"
    "  match on `Order no.`\n"
    "  Name        = left(department.name, 50)\n"
    "  `Order no.` = text(department.id)\n"
    "}\n";

/* --------------------------------------------------------------- the world */
/* Where the records of a target stand in its sandbox. */
struct target {
    const char *connector, *connection, *table, *id, *key, *name;
};

static const struct target exact_target = {
    "exact", "Exact", "123456/Accounts", "ID", "SearchCode", "Name"
};
static const struct target monday_target = {
    "monday", "Monday", "items", "id", "cells.text_no", "name"
};

struct tally {
    size_t records, doubles, wrong;
};

struct scenario;
static const struct scenario *now; /* the row being swept, filled in */
static char self[512], folder[256];
static struct sandbox *sandbox;
static long name_number; /* of what the departments are called now */

static void in_folder(const char *name, char out[512])
{
    snprintf(out, 512, "%s/%s", folder, name);
}

static const struct sandbox_endpoint *endpoint(const char *connector)
{
    return sandbox_endpoint_of(sandbox, connector);
}

static const struct web_answer *control(const char *connector,
                                        const char *verb, const char *body)
{
    char target[512];
    snprintf(target, sizeof target, "/_sandbox/%s", verb);
    return web_call(web_port_of(endpoint(connector)->url),
                    body ? "POST" : "GET", target, NULL, body);
}

/* Calls `each` with the members of every row of a table of ours. */
static int each_row(const struct target *t,
                    void (*each)(const struct target *t, void *ctx,
                                 const char *id, const char *key,
                                 const char *name),
                    void *ctx)
{
    char verb[128];
    char (*rows)[3][64];
    int count = 0;
    snprintf(verb, sizeof verb, "records?table=%s", t->table);
    control(t->connector, verb, NULL);
    int all = web_count("");
    rows = calloc((size_t)(all > 0 ? all : 1), sizeof *rows);
    for (int i = 0; rows && i < all; i++) {
        const char *const members[] = { t->id, t->key, t->name };
        for (int k = 0; k < 3; k++) {
            char path[64];
            snprintf(path, sizeof path, "%d.%s", i, members[k]);
            snprintf(rows[count][k], 64, "%.63s", web_json(path));
        }
        count += strlen(rows[count][1]) == KEY_LEN;
    }
    for (int i = 0; rows && i < count; i++)
        each(t, ctx, rows[i][0], rows[i][1], rows[i][2]);
    free(rows);
    return count;
}

static void remove_row(const struct target *t, void *ctx, const char *id,
                       const char *key, const char *name)
{
    char verb[256];
    (void)ctx;
    (void)key;
    (void)name;
    snprintf(verb, sizeof verb, "remove?table=%s&key=%s", t->table, id);
    control(t->connector, verb, NULL);
}

struct looking {
    struct tally t;
    char keys[64][KEY_LEN + 1];
};

static void look_at(const struct target *t, void *ctx, const char *id,
                    const char *key, const char *name)
{
    struct looking *l = ctx;
    char wanted[32];
    (void)t;
    (void)id;
    snprintf(wanted, sizeof wanted, "name %ld ", name_number);
    for (size_t i = 0; i < l->t.records; i++)
        l->t.doubles += strcmp(l->keys[i], key) == 0;
    l->t.wrong += strncmp(name, wanted, strlen(wanted)) != 0;
    if (l->t.records < 63)
        snprintf(l->keys[l->t.records++], KEY_LEN + 1, "%s", key);
}

static const struct target departments = {
    "rippling", "Rippling", "departments", "id", "id", "name"
};
static const struct target workers = {
    "rippling", "Rippling", "workers", "id", "id", "title"
};

/* Every department gets the trial's name, and has changed just now. */
static void rename_row(const struct target *t, void *ctx, const char *id,
                       const char *key, const char *name)
{
    char verb[128];
    char body[256];
    char when[32];
    int *left = ctx;
    (void)key;
    (void)name;
    if (--*left < 0) {
        remove_row(t, NULL, id, key, name);
        return;
    }
    /* each at an instant of its own, so that none is read again as a tie;
     * later than in the state that every trial begins with */
    datetime_print((clock_now_ms() - HOUR_MS * *left
                    - (name_number == 1 ? 20 * HOUR_MS : 0)) * 1000, when);
    snprintf(verb, sizeof verb, "change?table=%s&key=%s", t->table, id);
    snprintf(body, sizeof body, "{\"%s\":\"name %ld of %s\",\"updated_at\":"
             "\"%.19s+00:00\"}", t->name, name_number, id, when);
    control(t->connector, verb, body);
}

static void rename_all(const struct target *source)
{
    int left = DEPARTMENTS;
    name_number++;
    each_row(source, rename_row, &left);
}

/* ------------------------------------------------------------- the state */
static void copy_file(const char *from, const char *to)
{
    char buffer[65536];
    ssize_t got;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    while (in >= 0 && out >= 0 && (got = read(in, buffer, sizeof buffer)) > 0)
        if (write(out, buffer, (size_t)got) != got)
            break;
    close(in);
    close(out);
}

/* The file is copied into place, so that it stays the same file. */
static void put_state(const char *name)
{
    char from[512];
    char to[512];
    char other[600];
    static const char *const beside[] = { "-journal", ".lock", ".runs",
                                          ".reserve", NULL };
    in_folder(name, from);
    in_folder("state.db", to);
    for (int i = 0; beside[i]; i++) {
        snprintf(other, sizeof other, "%s%s", to, beside[i]);
        unlink(other);
    }
    copy_file(from, to);
}

static void keep_state(const char *name)
{
    char from[512];
    char to[512];
    in_folder("state.db", from);
    in_folder(name, to);
    copy_file(from, to);
}

static struct store *open_state(void)
{
    struct store *store = NULL;
    struct error err = { 0 };
    char path[512];
    in_folder("state.db", path);
    if (store_open(path, STORE_WRITE, &store, &err))
        tap_diag("%s", err.text);
    return store;
}

static void put_secrets(struct store *store, const char *name,
                        const struct sandbox_endpoint *e)
{
    struct vault *vault = NULL;
    struct error err = { 0 };
    if (vault_open(store, &vault, &err))
        return;
    signer_forget(vault, text_of(name), true, &err);
    for (const struct sandbox_fact *f = e->secrets; f->name; f++)
        vault_put(vault, text_of(name), f->name, text_of(f->value), -1, &err);
    vault_close(vault);
}

/* -------------------------------------------------------------- the victim */
struct words {
    char text[ARGS_MOST][320];
    char *argv[ARGS_MOST + 1];
};

static void add_word(struct words *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add_word(struct words *w, const char *format, ...)
{
    int n = 0;
    va_list args;
    while (w->argv[n])
        n++;
    va_start(args, format);
    vsnprintf(w->text[n], sizeof w->text[n], format, args);
    va_end(args);
    w->argv[n] = w->text[n];
}

static void add_setting(struct words *w, const char *connection,
                        const char *setting)
{
    add_word(w, "--set");
    add_word(w, "%s.%s", connection, setting);
}

/* `command`: words separated by blanks. */
static void command_line(struct words *w, const char *protection,
                         const char *command, const struct target *t)
{
    char url[128];
    memset(w, 0, sizeof *w);
    add_word(w, "%s", self);
    add_word(w, "--run");
    add_word(w, "%s", protection);
    for (const char *p = command; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        add_word(w, "%.*s", (int)len, p);
        p += len;
    }
    add_word(w, "--state");
    add_word(w, "%s/state.db", folder);
    snprintf(url, sizeof url, "url=%s", endpoint("rippling")->url);
    add_setting(w, "Rippling", url);
    snprintf(url, sizeof url, "url=%s", endpoint(t->connector)->url);
    add_setting(w, t->connection, url);
    add_setting(w, t->connection, "timeout=1");
    add_setting(w, t->connection, "settle=0");
}

/* A token that is kept in memory and stored when the program ends, as
 * programs do that were not made for it: the state is put back last. */
static int keep_in_memory(int (*run)(const struct invocation *in),
                          struct invocation *in)
{
    char state[512];
    char memory[512];
    in_folder("state.db", state);
    in_folder("memory.db", memory);
    copy_file(state, memory);
    for (int i = 0; i < in->given_count; i++)
        if (strcmp(in->given[i].option->name, "state") == 0)
            in->given[i].value = memory;
    int code = run(in);
    copy_file(memory, state);
    unlink(memory);
    return code;
}

static int be_the_victim(int argc, char **argv)
{
    static struct invocation in;
    bool help;
    const struct command *c = command_find(argv[3]);
    const char *off = argv[2];
    run_unprotected.outbox = strcmp(off, "outbox") == 0;
    run_unprotected.cursor = strcmp(off, "cursor") == 0;
    run_unprotected.fence = strcmp(off, "fence") == 0;
    store_testing.torn = strcmp(off, "torn") == 0;
    store_testing.busy_ms = 400;
    if (!getenv("MLC_LOUD") && !freopen("/dev/null", "w", stderr))
        return 99;
    if (!getcwd(folder, sizeof folder) || !c
        || options_parse(&in, c, argc - 4, argv + 4, &help))
        return 99;
    return strcmp(off, "memory") == 0 ? keep_in_memory(c->run, &in)
                                      : c->run(&in);
}

/* The commands that are killed, so that they are linked. */
int (*const linked[])(const struct invocation *) = { cmd_run, cmd_plan,
                                                     cmd_ping, cmd_replay,
                                                     cmd_state };

/* ------------------------------------------------------------ the scenarios */
struct scenario {
    const char *name, *what;
    const char *flow;
    const struct target *source, *target;
    const char *command;    /* that is killed */
    const char *again;      /* until it ends well, before a run; NULL: a run */
    void (*arrange)(void);  /* from signed in to what each trial begins with */
    void (*before)(void);   /* of each trial */
    void (*between)(void);  /* its kill and what is done again */
    bool (*is_fine)(int code); /* of what is done again */
    const char *off;        /* protection that the control is without */
    bool recovering;        /* another kill came before */
    bool paused;
    long unavoidable;       /* losses there may be, each told [137] */
};

static struct words words;

static int mlc(const char *protection, const char *command)
{
    command_line(&words, protection, command, now->target);
    int status = killat_plain(words.argv);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void clear_target(void)
{
    each_row(now->target, remove_row, NULL);
}

static void nothing(void)
{
}

static void rename_source(void)
{
    rename_all(now->source);
}

/* The vendor no longer knows the keys of the calls it has seen [15]. */
static void forget_keys(void)
{
    control("monday", "clock?advance=1900", NULL);
}

/* A state whose records are all there, under their old names. */
static void made_before(void)
{
    clear_target();
    mlc("safe", "run branches");
}

/* Every write is refused, so all of them wait in the queue. */
static void refused_before(void)
{
    clear_target();
    control("exact", "fault?spec=exact:POST%20Accounts:*:404", NULL);
    mlc("safe", "run branches");
    control("exact", "calm", NULL);
}

/* A sign-in of its own, and no access token yet: the first call renews. The
 * one of another trial would be spent. */
static void sign_in_anew(void)
{
    store_testing.schema = strcmp(now->off, "torn") == 0;
    struct store *store = open_state();
    if (store)
        put_secrets(store, "Exact", sandbox_sign_in(sandbox, "exact"));
    store_close(store);
    store_testing.schema = 0;
}

/* Tables of the version before. */
static void older_state(void)
{
    char path[512];
    struct store *store;
    in_folder("state.db", path);
    store_testing.schema = 1;
    unlink(path);
    store = open_state();
    if (store)
        put_secrets(store, "Rippling", endpoint("rippling"));
    store_close(store);
    store_testing.schema = 0;
}

static void sign_in_and_clear(void)
{
    sign_in_anew();
    clear_target();
}

/* Writes begun and not settled: looked for at the first boundaries that leave
 * one. */
static void killed_before(void)
{
    int status;
    long at = 0;
    clear_target();
    keep_state("clean.db");
    command_line(&words, "safe", "run branches", now->target);
    long all = killat_run(words.argv, 0, &status);
    for (at = all / 2; at < all; at += 11) {
        int64_t open = 0;
        struct error err = { 0 };
        clear_target();
        put_state("clean.db");
        killat_run(words.argv, at, &status);
        struct store *store = open_state();
        if (store)
            store_intent_count(store, TEXT("branches"), &open, &err);
        store_close(store);
        struct looking l = { .t = { 0, 0, 0 } };
        each_row(now->target, look_at, &l);
        if (open > 0 && l.t.records > 1)
            break;
    }
}

static bool is_done(int code)
{
    return code == 0;
}

/* A replay with nothing left to replay says so. */
static bool is_done_or_empty(int code)
{
    return code == 0 || code == EXIT_USAGE;
}

/* The token server had taken the old token and the new one never arrived: a
 * person must sign in, and is told so. */
static bool is_done_or_told(int code)
{
    return code == 0 || code == EXIT_SIGN_IN;
}

/* What a row leaves out. */
static const struct scenario usual = {
    .flow = to_exact, .source = &departments, .target = &exact_target,
    .command = "run branches", .arrange = nothing, .before = clear_target,
    .between = nothing, .is_fine = is_done, .off = "outbox",
};

static const struct scenario scenarios[] = {
    { .name = "create", .what = "records being made [1-6, 20]" },
    { .name = "update",
      .what = "records being brought up to date [7, 8]", .flow = changes,
      .source = &workers, .arrange = made_before, .before = rename_source,
      .off = "cursor" },
    { .name = "batch",
      .what = "several records in one request [15, 92, 93]",
      .flow = to_monday, .target = &monday_target, .between = forget_keys },
    { .name = "replay", .what = "held records being replayed",
      .command = "replay --flow branches --yes",
      .again = "replay --flow branches --yes", .arrange = refused_before,
      .is_fine = is_done_or_empty },
    { .name = "recovery",
      .what = "a run that settles what another left [9]",
      .arrange = killed_before, .before = nothing, .recovering = true },
    { .name = "token", .what = "a token being renewed [137]",
      .command = "ping Exact", .again = "ping Exact", .before = sign_in_anew,
      .is_fine = is_done_or_told, .off = "memory", .unavoidable = 60 },
    { .name = "migration",
      .what = "an older state being upgraded [24]",
      .command = "state migrate", .again = "state migrate",
      .arrange = older_state, .before = sign_in_and_clear, .off = "torn" },
    { .name = "pause",
      .what = "a run paused until another has its place [28]",
      .off = "fence", .paused = true },
};

/* ------------------------------------------------------------------ a day */
static void write_file(const char *name, const char *text)
{
    char path[512];
    in_folder(name, path);
    FILE *f = fopen(path, "w");
    if (f) {
        fputs(text, f);
        fclose(f);
    }
}

/* Sandboxes of a new day, and the state that every trial begins with. */
static bool new_day(void)
{
    const char *const names[] = { now->target->connector, "rippling", NULL };
    struct sandbox_options o = { .connectors = names };
    struct error err = { 0 };
    char path[512];
    static const char *const of_exact[] = { "exact.minute_limit=0",
                                            "exact.day_limit=0", NULL };
    if (now->target == &exact_target)
        o.switches = of_exact;
    if (sandbox)
        sandbox_stop(sandbox);
    sandbox = NULL;
    if (sandbox_start(&o, &sandbox, &err) != 0) {
        tap_diag("%s", err.text);
        return false;
    }
    in_folder("state.db", path);
    unlink(path);
    struct store *store = open_state();
    if (!store)
        return false;
    put_secrets(store, "Rippling", endpoint("rippling"));
    put_secrets(store, now->target->connection,
                endpoint(now->target->connector));
    store_close(store);
    name_number = 0;
    rename_source();
    int code = mlc("safe", "plan branches");
    now->arrange();
    keep_state("template.db");
    return code == 0;
}

/* ----------------------------------------------------------------- a trial */
struct sweep {
    long boundaries, tried, wrong, doubles, lost, failed, told;
};

static void begin_trial(void)
{
    char path[512];
    in_folder("mlc.lock", path);
    unlink(path);
    put_state("template.db");
    now->before();
}

/* What the vendors' records say, after everything was done again. */
static void judge(const char *protection, long at, int code, struct sweep *s)
{
    struct looking l = { .t = { 0, 0, 0 } };
    each_row(now->target, look_at, &l);
    bool lost = l.t.records < DEPARTMENTS || l.t.wrong > 0;
    bool told = code == EXIT_SIGN_IN;
    s->tried++;
    s->doubles += l.t.doubles > 0;
    s->told += told;
    s->lost += lost && !told;
    s->failed += code != 0 && !told;
    s->wrong += l.t.doubles > 0 || lost || code != 0;
    if (strcmp(protection, "safe") == 0
        && (l.t.doubles > 0 || (lost && !told) || (code != 0 && !told)))
        tap_diag("%s at %ld: %zu records of %d, %zu doubles, %zu wrong, "
                 "code %d", now->name, at, l.t.records, DEPARTMENTS,
                 l.t.doubles, l.t.wrong, code);
}

/* With the command done again, runs until one ends well. */
static int recover(const char *protection)
{
    int code = -1;
    for (int i = 0; now->again && i < RECOVERY_RUNS; i++)
        if (now->is_fine(code = mlc(protection, now->again)))
            break;
    if (code == EXIT_SIGN_IN || (now->again && !now->is_fine(code)))
        return code;
    for (int i = 0; i < RECOVERY_RUNS; i++)
        if ((code = mlc(now->again ? "safe" : protection, "run branches")) == 0)
            break;
    return code;
}

static void kill_once(const char *protection, long at, long again,
                      struct sweep *s)
{
    int status;
    begin_trial();
    command_line(&words, protection, now->command, now->target);
    killat_run(words.argv, at, &status);
    if (again > 0) /* and once more while it recovers [9] */
        killat_run(words.argv, again, &status);
    now->between();
    judge(protection, at, recover(protection), s);
}

/* Paused, and its lock gone, as after a restored folder: another runner takes
 * the place, then the first wakes. */
static void pause_once(const char *protection, long at, struct sweep *s)
{
    int status = 0;
    pid_t pid;
    char lock[512];
    begin_trial();
    command_line(&words, protection, now->command, now->target);
    killat_pause(words.argv, at, &pid, &status);
    in_folder("state.db.lock", lock);
    unlink(lock);
    mlc("safe", "run branches");
    if (pid > 0) {
        kill(pid, SIGCONT);
        waitpid(pid, &status, 0);
    }
    judge(protection, at, mlc("safe", "run branches"), s);
}

/* --------------------------------------------------------------- the sweeps */
static void next_day_if_due(const struct sweep *s)
{
    if (s->tried % DAY_TRIALS == DAY_TRIALS - 1)
        new_day();
}

static void sweep_kills(const char *protection, long sample, struct sweep *s)
{
    int status;
    begin_trial();
    command_line(&words, protection, now->command, now->target);
    s->boundaries = killat_run(words.argv, 0, &status);
    long step = sample > 0 ? s->boundaries / sample + 1 : 1;
    for (long at = step / 2 + 1; at < s->boundaries; at += step) {
        long again = at % 5 == 0 ? s->boundaries / 2 + at % 97 : 0;
        next_day_if_due(s);
        kill_once(protection, at, now->recovering || now->again ? 0 : again,
                  s);
    }
}

/* Without its protection: in the half where the writes are, here and there,
 * until it has gone wrong often enough to be believed. */
static void sweep_control(const char *protection, long sample,
                          struct sweep *s)
{
    int status;
    begin_trial();
    command_line(&words, protection, now->command, now->target);
    s->boundaries = killat_run(words.argv, 0, &status);
    for (long i = 0; i < CONTROL_MOST; i++) {
        if (s->tried >= sample && s->wrong >= 2)
            return;
        long part = i * 17 % CONTROL_MOST; /* all of them, scattered */
        kill_once(protection, s->boundaries / 2
                  + s->boundaries / 2 * part / CONTROL_MOST + 1, 0, s);
    }
}

/* The last of them are before the writes. */
static void sweep_pauses(const char *protection, long sample, struct sweep *s)
{
    int status;
    pid_t pid;
    begin_trial();
    command_line(&words, protection, now->command, now->target);
    s->boundaries = killat_pause(words.argv, LONG_MAX, &pid, &status);
    long from = sample > 0 && sample < s->boundaries
                    ? s->boundaries - sample + 1 : 1;
    for (int round = sample > 0 ? 1 : ROUNDS; round > 0; round--)
        for (long at = from; at <= s->boundaries; at++) {
            next_day_if_due(s);
            pause_once(protection, at, s);
        }
}

static struct sweep sweep(const char *protection, long sample)
{
    struct sweep s = { 0 };
    if (!new_day())
        tap_diag("%s: a state to begin with cannot be made", now->name);
    (now->paused                        ? sweep_pauses
     : strcmp(protection, "safe") == 0 ? sweep_kills
                                        : sweep_control)(protection, sample,
                                                         &s);
    return s;
}

#define FILL(to, field) (to).field = (to).field ? (to).field : usual.field

static void test(struct scenario row, long sample)
{
    FILL(row, flow);
    FILL(row, source);
    FILL(row, target);
    FILL(row, command);
    FILL(row, arrange);
    FILL(row, before);
    FILL(row, between);
    FILL(row, is_fine);
    FILL(row, off);
    now = &row;
    write_file("flow.mlc", now->flow);
    struct sweep s = sweep("safe", sample);
    ok(s.boundaries > 2 && s.tried > 2, "%s: stopped %ld times at %ld "
       "places", now->what, s.tried, s.boundaries);
    is_int(s.doubles, 0, "%s: no record twice [F1]", now->name);
    is_int(s.lost, 0, "%s: no record lost", now->name);
    is_int(s.failed, 0, "%s: nothing for a person to mend", now->name);
    ok(s.told <= now->unavoidable, "%s: %ld times a person is told to sign "
       "in", now->name, s.told);
    struct sweep u = sweep(now->off, sample > 0 && sample < CONTROL ? CONTROL
                                     : sample > 4 * CONTROL || sample == 0
                                         ? 4 * CONTROL : sample);
    ok(u.wrong > s.wrong, "%s without its protection: %ld of %ld go wrong "
       "(%ld doubles, %ld lost, %ld broken, %ld signed out), so the sweep can "
       "see it [F3]", now->name, u.wrong, u.tried, u.doubles, u.lost, u.failed,
       u.told);
}

/* -------------------------------------------------------------- all of them */
/* Each in a process of its own, for they mostly wait. */
static pid_t start_one(const struct scenario *scenario, const char *out)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    setenv("MLC_SCENARIO", scenario->name, 1);
    execl(self, self, (char *)NULL);
    _exit(99);
}

static void pass_on(const char *out)
{
    char line[1024];
    FILE *f = fopen(out, "re");
    while (f && fgets(line, sizeof line, f)) {
        bool good = strncmp(line, "ok ", 3) == 0;
        char *text = strstr(line, " - ");
        line[strcspn(line, "\n")] = '\0';
        if (text && (good || strncmp(line, "not ok ", 7) == 0))
            ok(good, "%s", text + 3);
        else if (strncmp(line, "1..", 3) != 0)
            tap_diag("%s", line[0] == '#' ? line + 1 : line);
    }
    if (f)
        fclose(f);
}

/* Where it turns to the network is seen by the calls next to each other. */
static bool is_possible(const struct scenario *scenario)
{
    return !scenario->paused || !TAP_SANITIZED;
}

static void test_all(void)
{
    enum { COUNT = sizeof scenarios / sizeof *scenarios };
    pid_t pids[COUNT];
    char out[COUNT][512];
    for (size_t i = 0; i < COUNT; i++) {
        in_folder(scenarios[i].name, out[i]);
        pids[i] = is_possible(&scenarios[i])
                      ? start_one(&scenarios[i], out[i]) : 0;
    }
    for (size_t i = 0; i < COUNT; i++) {
        int status = -1;
        if (!is_possible(&scenarios[i])) {
            tap_skip("a sanitized program makes calls between its own");
            continue;
        }
        ok(pids[i] > 0 && waitpid(pids[i], &status, 0) == pids[i]
               && WIFEXITED(status) && WEXITSTATUS(status) <= 1,
           "%s came to its end", scenarios[i].name);
        pass_on(out[i]);
    }
}

static bool make_folder(void)
{
    snprintf(folder, sizeof folder, "%s/mlc-kill.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0 || !mkdtemp(folder) || chdir(folder) != 0)
        return false;
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    /* each trial starts from the same file: its witness would call it old */
    setenv("XDG_STATE_HOME", "/dev/null", 1);
    write_file("project.mlc", FLOW_HEAD "connection Rippling is rippling\n"
               "connection Exact is exact\nconnection Monday is monday\n");
    return true;
}

int main(int argc, char **argv)
{
    const char *mode = getenv("MLC_SWEEP");
    const char *only = getenv("MLC_SCENARIO");
    long sample = !mode                     ? SAMPLE
                  : strcmp(mode, "all") == 0 ? 0
                                             : strtol(mode, NULL, 10);
    if (argc > 4 && strcmp(argv[1], "--run") == 0)
        return be_the_victim(argc, argv);
    if (!make_folder())
        return 99;
    for (size_t i = 0; only && i < sizeof scenarios / sizeof *scenarios; i++)
        if (strcmp(only, scenarios[i].name) == 0)
            test(scenarios[i], sample);
    if (!only)
        test_all();
    if (sandbox)
        sandbox_stop(sandbox);
    if (getenv("MLC_KEEP")) { fprintf(stderr, "%s\n", folder); pause(); }
    if (!tap_remove_folder(folder))
        tap_diag("cannot remove %s", folder);
    return tap_done();
}
