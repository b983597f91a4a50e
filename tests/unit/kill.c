/* A run killed at any boundary of any system call, then run again: no target
 * record twice, none lost, nothing for a person to mend [1-9, figures 1 and
 * 3]. The sandbox's ledger says what really happened. The same sweep without
 * the outbox must find doubles: a harness that never sees any proves nothing.
 *
 * A sample of the boundaries by default, more with MLC_SWEEP=N, all of them
 * with MLC_SWEEP=all.
 * Called as `kill --run …` the program is the one that is killed. */
#include "config.h"

#include "base/embedded.h"
#include "runtime/clock.h"
#include "runtime/run.h"
#include "runtime/sandbox.h"
#include "runtime/vault.h"
#include "tests/lib/killat.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAMPLE 20
#define RECOVERY_RUNS 3
#define BATCH 150   /* trials before the tokens are fetched anew */
#define OUR_KEY 24  /* length of an id of Rippling */

/* No field of this target is unique for the vendor: what keeps it from being
 * made twice is mlc alone. */
static const char flow_text[] =
    "set language 1\n"
    "set timezone \"Europe/Amsterdam\"\n"
    "flow branches \"Departments become relations\"\n"
    "Rippling.department -> Exact.account\n"
    "{\n"
    "  read everything\n"
    "  write creates and updates\n"
    "  match on SearchCode\n"
    "  Name       = left(department.name, 50)\n"
    "  SearchCode = text(department.id)\n"
    "}\n";

static char folder[256];
static const char *exact_url, *rippling_url;
static struct sandbox *sandbox;
static bool only_plan;

/* ------------------------------------------------------------ the victim */
static int open_state(struct store **store, struct error *err)
{
    char path[512];
    snprintf(path, sizeof path, "%s/state.db", folder);
    return store_open(path, STORE_WRITE, store, err);
}

static void override(struct arena *arena, struct connection_override **list,
                     const char *line)
{
    struct error err = { 0 };
    connection_override_parse(arena, text_of(line), true, list, &err);
}

static int run_once(struct summary *sum, struct error *err)
{
    struct program program;
    struct store *store = NULL;
    struct transport *transport = NULL;
    struct connection_override *list = NULL;
    struct arena arena;
    const char *path[1];
    struct load_options load = { .catalogs = connector_catalogs,
                                 .paths = path, .path_count = 1 };
    arena_init(&arena);
    path[0] = arena_printf(&arena, "%s/flow.mlc", folder);
    override(&arena, &list, arena_printf(&arena, "Exact.url=%s", exact_url));
    override(&arena, &list, arena_printf(&arena, "Rippling.url=%s",
                                         rippling_url));
    override(&arena, &list, "Exact.timeout=1");
    override(&arena, &list, "Exact.settle=0");
    program_init(&program);
    int result = program_load(&program, &load) || program_check(&program)
                 || program.diags.error_count > 0;
    if (result)
        diags_print(&program.diags, DIAG_TEXT, false, NULL, stderr);
    if (result == 0)
        result = open_state(&store, err);
    int64_t now = clock_now_ms();
    struct transport_options to = { .program = &program, .store = store,
                                    .overrides = list, .now_ms = now };
    if (result == 0)
        result = transport_open(&to, &transport, err);
    if (result == 0) {
        struct run_options o = { .program = &program, .flow = program.flows,
                                 .store = store,
                                 .ports = ports_of_transport(transport),
                                 .mode = only_plan ? RUN_PLAN : RUN_WRITE,
                                 .now_ms = now };
        result = run_flow(&o, sum, err);
    }
    if (transport)
        transport_close(transport);
    store_close(store);
    program_fini(&program);
    arena_fini(&arena);
    return result;
}

static int be_the_victim(char **argv)
{
    struct summary sum;
    struct error err = { 0 };
    snprintf(folder, sizeof folder, "%s", argv[2]);
    exact_url = argv[3];
    rippling_url = argv[4];
    outbox_unsafe = strcmp(argv[5], "unsafe") == 0;
    only_plan = strcmp(argv[5], "plan") == 0;
    summary_init(&sum, TEXT("branches"));
    int result = run_once(&sum, &err);
    if (result)
        fprintf(stderr, "%s\n", err.text);
    summary_fini(&sum);
    return result ? 2 : 0;
}

/* ------------------------------------------------------------ the world */
/* What the runs before made is taken away. */
static void clear_target(void)
{
    const struct web_answer *a =
        web_call(web_port_of(exact_url), "GET",
                 "/_sandbox/records?table=123456/Accounts", NULL, NULL);
    char *body = a->body ? strdup(a->body) : NULL;
    char *row = body;
    while (row && (row = strstr(row, "\"ID\":\""))) {
        char target[256];
        char *code = strstr(row, "\"SearchCode\":\"");
        char *next = strstr(row + 1, "\"ID\":\"");
        if (code && (!next || code < next)
            && strcspn(code + 14, "\"") == OUR_KEY) {
            snprintf(target, sizeof target,
                     "/_sandbox/remove?table=123456/Accounts&key=%.36s",
                     row + 6);
            web_call(web_port_of(exact_url), "GET", target, NULL, NULL);
        }
        row++;
    }
    free(body);
}

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

/* A state that has signed in but never run. The file is copied into place,
 * so that it stays the same file. */
static void fresh_state(void)
{
    char from[512];
    char to[512];
    char other[600];
    static const char *const beside[] = { "-journal", ".lock", ".runs",
                                          ".reserve", NULL };
    snprintf(from, sizeof from, "%s/template.db", folder);
    snprintf(to, sizeof to, "%s/state.db", folder);
    for (int i = 0; beside[i]; i++) {
        snprintf(other, sizeof other, "%s%s", to, beside[i]);
        unlink(other);
    }
    copy_file(from, to);
}

static int sign_in(struct store *store, const char *connector,
                   const char *name, struct error *err)
{
    struct vault *vault = NULL;
    const struct sandbox_endpoint *e = sandbox_endpoint_of(sandbox, connector);
    int result = vault_open(store, &vault, err);
    for (const struct sandbox_fact *f = e->secrets; result == 0 && f->name;
         f++)
        result = vault_put(vault, text_of(name), f->name, text_of(f->value),
                           -1, err);
    vault_close(vault);
    return result;
}

static long victim(const char *self, const char *how, long at, int *status)
{
    char program[512];
    char mode[16];
    char run[] = "--run";
    char exact[128];
    char rippling[128];
    snprintf(program, sizeof program, "%s", self);
    snprintf(mode, sizeof mode, "%s", how);
    snprintf(exact, sizeof exact, "%s", exact_url);
    snprintf(rippling, sizeof rippling, "%s", rippling_url);
    char *argv[] = { program, run, folder, exact, rippling, mode, NULL };
    return killat_run(argv, at, status);
}

/* Sandboxes of a new day, and a state that has signed in there and has its
 * tokens, but never wrote. */
static bool new_day(const char *self)
{
    static const char *const names[] = { "exact", "rippling", NULL };
    static const char *const switches[] = { "exact.minute_limit=0",
                                            "exact.day_limit=0", NULL };
    struct sandbox_options o = { .connectors = names, .switches = switches };
    struct store *store = NULL;
    struct error err = { 0 };
    char state[512];
    char template[512];
    int status = 1;
    if (sandbox)
        sandbox_stop(sandbox);
    sandbox = NULL;
    if (sandbox_start(&o, &sandbox, &err) != 0) {
        tap_diag("%s", err.text);
        return false;
    }
    exact_url = sandbox_endpoint_of(sandbox, "exact")->url;
    rippling_url = sandbox_endpoint_of(sandbox, "rippling")->url;
    snprintf(state, sizeof state, "%s/state.db", folder);
    snprintf(template, sizeof template, "%s/template.db", folder);
    unlink(state);
    int result = open_state(&store, &err) || sign_in(store, "exact", "Exact",
                                                     &err)
                 || sign_in(store, "rippling", "Rippling", &err);
    store_close(store);
    victim(self, "plan", 0, &status);
    unlink(template);
    copy_file(state, template);
    if (result)
        tap_diag("%s", err.text);
    return result == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void write_flow(void)
{
    char path[512];
    snprintf(path, sizeof path, "%s/flow.mlc", folder);
    FILE *f = fopen(path, "w");
    if (f) {
        fwrite(flow_text, 1, sizeof flow_text - 1, f);
        fclose(f);
    }
}

/* How often each account of ours stands in the sandbox. */
struct tally {
    size_t records, doubles;
};

static struct tally look(void)
{
    struct tally t = { 0, 0 };
    const struct web_answer *a =
        web_call(web_port_of(exact_url), "GET",
                 "/_sandbox/records?table=123456/Accounts", NULL, NULL);
    const char *p = a->body;
    const char *found[4096];
    while (p && (p = strstr(p, "\"SearchCode\":\"")) && t.records < 4096) {
        p += 14;
        if (strcspn(p, "\"") != OUR_KEY)
            continue; /* not one of ours: ours are ids of Rippling */
        for (size_t i = 0; i < t.records; i++)
            if (strncmp(found[i], p, OUR_KEY) == 0) {
                t.doubles++;
                break;
            }
        found[t.records++] = p;
    }
    return t;
}

struct sweep {
    long boundaries, tried, doubles, lost, failed;
};

/* Killed at `at`; with `again` killed once more while it recovers [9]. */
static void one(const char *self, const char *how, long at, long again,
                size_t want, struct sweep *s)
{
    int status = 0;
    fresh_state();
    clear_target();
    victim(self, how, at, &status);
    if (again > 0)
        victim(self, how, again, &status);
    for (int i = 0; i < RECOVERY_RUNS; i++) {
        victim(self, how, 0, &status);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            break;
    }
    struct tally t = look();
    s->tried++;
    s->doubles += t.doubles > 0;
    s->lost += t.records < want;
    s->failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    if (strcmp(how, "safe") == 0
        && (t.doubles > 0 || t.records < want || WEXITSTATUS(status) != 0))
        tap_diag("killed at %ld and %ld: %zu records of %zu, %zu doubles, "
                 "status %x", at, again, t.records, want, t.doubles, status);
}

static struct sweep sweep(const char *self, const char *how, long sample,
                          size_t *want)
{
    struct sweep s = { 0 };
    int status = 0;
    new_day(self);
    fresh_state();
    clear_target();
    s.boundaries = victim(self, how, 0, &status);
    *want = look().records;
    long step = sample > 0 ? s.boundaries / sample + 1 : 1;
    for (long at = step / 2 + 1; at < s.boundaries; at += step) {
        if (s.tried % BATCH == BATCH - 1)
            new_day(self);
        one(self, how, at, at % 3 == 0 ? s.boundaries / 2 + at % 97 : 0,
            *want, &s);
    }
    return s;
}

int main(int argc, char **argv)
{
    const char *mode = getenv("MLC_SWEEP");
    long sample = !mode                     ? SAMPLE
                  : strcmp(mode, "all") == 0 ? 0
                                             : strtol(mode, NULL, 10);
    size_t want = 0;
    if (argc == 6 && strcmp(argv[1], "--run") == 0)
        return be_the_victim(argv);
    snprintf(folder, sizeof folder, "/tmp/mlc-kill.XXXXXX");
    if (!mkdtemp(folder))
        return 99;
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    /* each trial starts from the same file: its witness would call it old */
    setenv("XDG_STATE_HOME", "/dev/null", 1);
    write_flow();
    ok(new_day(argv[0]), "sandboxes, and a state that has signed in");
    struct sweep s = sweep(argv[0], "safe", sample, &want);
    ok(want > 5, "a run makes %zu records", want);
    ok(s.boundaries > 100 && s.tried >= 10, "%ld kills at %ld "
       "boundaries", s.tried, s.boundaries);
    is_int(s.doubles, 0, "no record twice [1-9]");
    is_int(s.lost, 0, "no record lost");
    is_int(s.failed, 0, "nothing for a person to mend");
    struct sweep u = sweep(argv[0], "unsafe", sample > SAMPLE || sample == 0
                                               ? 4 * SAMPLE : sample,
                           &want);
    ok(u.doubles > 0, "without the outbox: %ld of %ld kills made doubles, so "
       "the sweep can see them [figure 1]", u.doubles, u.tried);
    sandbox_stop(sandbox);
    if (!tap_remove_folder(folder))
        tap_diag("cannot remove %s", folder);
    return tap_done();
}
