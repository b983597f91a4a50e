/* Opening what a running command stands on. */
#include "config.h"

#include "cli/work.h"
#include "cli/project.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/sandbox.h"
#include "runtime/oauth.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

volatile int work_stop;

/* ---------------------------------------------------------------- signals */
static void on_signal(int number)
{
    struct sigaction now = { .sa_handler = SIG_DFL };
    work_stop = number;
    sigaction(number, &now, NULL); /* the second one means it */
}

static void watch_signals(void)
{
    struct sigaction stop = { .sa_handler = on_signal };
    sigemptyset(&stop.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed stdout is told at the end [18] */
}

/* ---------------------------------------------------------------- program */
static bool is_path(const char *arg)
{
    struct text t = text_of(arg);
    size_t at;
    return text_ends(t, TEXT(".mlc")) || text_find(t, TEXT("/"), &at)
           || text_is(t, ".");
}

/* What mlc serve hands to the runs it starts. */
static int take_pack(struct work *w, struct load_options *o)
{
    struct stat st;
    struct error err = { 0 };
    bool known = false;
    for (const struct option_def *d = w->in->command->options; d->name; d++)
        known |= strcmp(d->name, "flows-fd") == 0;
    if (!known || !option_given(w->in, "flows-fd"))
        return 0;
    int fd = (int)option_number(w->in, "flows-fd", -1);
    void *at = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0
                   ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
                          fd, 0)
                   : MAP_FAILED;
    if (at == MAP_FAILED) {
        error_set(&err, ERROR_USAGE, "--flows-fd is for mlc serve");
        command_fail(w->in, &err);
        return -1;
    }
    w->pack = (struct text){ at, (size_t)st.st_size }; /* until the end */
    o->pack = &w->pack;
    return 0;
}

static int load(struct work *w, unsigned needs)
{
    const struct invocation *in = w->in;
    struct load_options *o = &w->load;
    project_options(o);
    o->paths = ARENA_ARRAY(&w->arena, const char *, in->arg_count + 1);
    if (take_pack(w, o))
        return EXIT_USAGE;
    for (int i = 0; (needs & WORK_ARGS_ARE_FLOWS) && i < in->arg_count; i++)
        if (is_path(in->args[i]))
            o->paths[o->path_count++] = in->args[i];
    program_init(&w->program);
    w->program_loaded = true;
    if (program_load(&w->program, o) == 0)
        program_check(&w->program);
    if (w->program.diags.error_count == 0 || !(needs & WORK_PROGRAM))
        return EXIT_FINE;
    diags_sort(&w->program.diags);
    diags_print(&w->program.diags, DIAG_TEXT, in->colour_messages, NULL,
                stderr);
    return EXIT_USAGE;
}

/* ------------------------------------------------------------------ state */
static const char *project_folder(struct work *w)
{
    char path[4096];
    if (w->program_loaded)
        return w->program.root ? w->program.root : ".";
    if (!getcwd(path, sizeof path - 16))
        return ".";
    for (char *end = path + strlen(path); end > path; *end = '\0') {
        memcpy(end, "/project.mlc", 13);
        bool here = access(path, F_OK) == 0;
        *end = '\0';
        if (here)
            return arena_strdup(&w->arena, path);
        while (end > path && *--end != '/')
            ;
    }
    return ".";
}

static const char *usual_state(struct work *w, bool sandbox)
{
    /* what is done to a sandbox never mixes with what is done for real */
    return arena_printf(&w->arena, "%s/.mlc/%s", project_folder(w),
                        sandbox ? "sandbox.db" : "state.db");
}

const char *work_state_path(struct work *w)
{
    const char *given = option_value(w->in, "state");
    if (!given || !*given)
        given = getenv("MLC_STATE");
    if (given && *given)
        return given;
    return usual_state(w, option_given(w->in, "sandbox"));
}

static int is_a_run(void *ctx, const struct run_row *row)
{
    (void)row;
    *(bool *)ctx = true;
    return 0;
}

/* Who tried a flow on the sandbox and asks without --sandbox what came of it
 * would be told that there is nothing. */
static void tell_of_sandbox(struct work *w)
{
    bool ran = false;
    struct error err = { 0 };
    if (!text_is(text_of(w->state_path), usual_state(w, false))
        || access(usual_state(w, true), F_OK) != 0)
        return;
    if (w->store)
        store_run_each(w->store, TEXT_NONE, 1, &w->arena, is_a_run, &ran,
                       &err);
    if (!ran)
        log_warning("nothing was run for real here yet; for what was done to "
                    "the sandbox add --sandbox");
}

static int open_state(struct work *w, unsigned needs, struct error *err)
{
    enum store_mode mode = needs & WORK_STATE ? STORE_WRITE : STORE_READ;
    w->state_path = work_state_path(w);
    int got = store_open(w->state_path, mode, &w->store, err);
    if (got >= 0 && mode == STORE_READ)
        tell_of_sandbox(w);
    return got < 0 ? -1 : 0;
}

/* --------------------------------------------------------------- overrides */
static int take_overrides(struct work *w, const char *option, bool is_setting,
                          struct error *err)
{
    const char *value;
    for (int at = 0; (value = option_next(w->in, option, &at));)
        if (connection_override_parse(&w->arena, text_of(value), is_setting,
                                      &w->overrides, err))
            return -1;
    return 0;
}

static int override(struct work *w, struct text connection, const char *key,
                    const char *value, struct error *err)
{
    const char *line = arena_printf(&w->arena, "%.*s.%s=%s",
                                    TEXT_ARG(connection), key, value);
    return connection_override_parse(&w->arena, text_of(line), true,
                                     &w->overrides, err);
}

/* --------------------------------------------------------------- sandboxes */
static int sign_in(struct work *w, struct vault *vault, struct text connection,
                   const struct sandbox_endpoint *e, struct error *err)
{
    if (signer_forget(vault, connection, true, err))
        return -1;
    for (const struct sandbox_fact *f = e->secrets; f->name; f++)
        if (vault_put(vault, connection, f->name, text_of(f->value), -1, err))
            return -1;
    for (const struct sandbox_fact *f = e->settings; f->name; f++)
        if (override(w, connection, f->name, f->value, err))
            return -1;
    return override(w, connection, "url", e->url, err);
}

static bool wanted(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return false;
    return sandbox_exists(name);
}

static int start_sandboxes(struct work *w, struct error *err)
{
    struct sandbox_options o = { 0 };
    struct vault *vault = NULL;
    size_t count = 0;
    const struct program *p = &w->program;
    const char **list = ARENA_ARRAY(&w->arena, const char *,
                                    p->connection_count + 1);
    for (size_t i = 0; i < p->connection_count; i++) {
        const char *name = text_cstr(&w->arena, p->connections[i]->connector);
        if (wanted(list, count, name))
            list[count++] = name;
    }
    o.connectors = list;
    o.world_path = arena_printf(&w->arena, "%s.world", w->state_path);
    o.ledger_path = getenv("MLC_SANDBOX_LEDGER");
    if (count == 0)
        return 0;
    if (sandbox_start(&o, &w->sandbox, err)
        || vault_open(w->store, &vault, err))
        return -1;
    int result = 0;
    for (size_t i = 0; i < p->connection_count && result == 0; i++) {
        const struct connection *c = p->connections[i];
        const struct sandbox_endpoint *e = sandbox_sign_in(
            w->sandbox, text_cstr(&w->arena, c->connector));
        if (e)
            result = sign_in(w, vault, c->name, e, err);
    }
    vault_close(vault);
    return result;
}

/* ----------------------------------------------------------------- systems */
int work_open_systems(struct work *w, unsigned needs, struct error *err)
{
    if (option_given(w->in, "sandbox") && start_sandboxes(w, err))
        return -1;
    if (take_overrides(w, "set", true, err)
        || take_overrides(w, "connection", false, err))
        return -1;
    struct transport_options o = {
        .program = w->program_loaded ? &w->program : NULL,
        .store = w->store,
        .overrides = w->overrides,
        .dry_run = (needs & WORK_DRY) != 0,
        .now_ms = w->now_ms,
        .stop = &work_stop,
    };
    return transport_open(&o, &w->transport, err);
}

int work_open(struct work *w, const struct invocation *in, unsigned needs)
{
    struct error err = { 0 };
    memset(w, 0, sizeof *w);
    w->in = in;
    w->now_ms = clock_now_ms();
    arena_init(&w->arena);
    watch_signals();
    if (needs & (WORK_PROGRAM | WORK_CONNECTIONS)) {
        int code = load(w, needs);
        if (code != EXIT_FINE)
            return code;
    }
    if ((needs & (WORK_STATE | WORK_STATE_READ))
        && open_state(w, needs, &err))
        return command_fail(in, &err);
    bool settings = (needs & WORK_CONNECTIONS) && !(needs & WORK_SYSTEMS);
    if (settings && (take_overrides(w, "set", true, &err)
                     || take_overrides(w, "connection", false, &err)))
        return command_fail(in, &err);
    if ((needs & WORK_SYSTEMS) && work_open_systems(w, needs, &err))
        return command_fail(in, &err);
    return EXIT_FINE;
}

void work_close(struct work *w)
{
    if (w->transport)
        transport_close(w->transport);
    if (w->sandbox)
        sandbox_stop(w->sandbox);
    store_close(w->store);
    if (w->program_loaded)
        program_fini(&w->program);
    arena_fini(&w->arena);
}

/* -------------------------------------------------------------------- flows */
static size_t all_flows(struct work *w, const struct flow **list)
{
    size_t count = 0;
    for (const struct flow *f = w->program.flows; f; f = f->next)
        list[count++] = f;
    return count;
}

static const struct flow *named(struct work *w, const char *name)
{
    for (const struct flow *f = w->program.flows; f; f = f->next)
        if (text_is(f->name, name))
            return f;
    return NULL;
}

static void no_such_flow(struct work *w, const char *name)
{
    struct error err = { 0 };
    struct text near = TEXT_NONE;
    size_t best = strlen(name) / 3 + 1;
    for (const struct flow *f = w->program.flows; f; f = f->next) {
        size_t d = text_distance(f->name, text_of(name), best);
        if (d < best) {
            best = d;
            near = f->name;
        }
    }
    error_set(&err, ERROR_USAGE, "there is no flow %s", name);
    if (near.len > 0)
        error_hint(&err, "Did you mean %.*s?", TEXT_ARG(near));
    else
        error_hint(&err, "`mlc check` names the flows of this project.");
    command_fail(w->in, &err);
}

const struct flow **work_flows(struct work *w, size_t *count)
{
    size_t most = 1;
    for (const struct flow *f = w->program.flows; f; f = f->next)
        most++;
    const struct flow **list =
        ARENA_ARRAY(&w->arena, const struct flow *,
                    most + (size_t)w->in->arg_count);
    *count = 0;
    for (int i = 0; i < w->in->arg_count; i++) {
        const struct flow *f = named(w, w->in->args[i]);
        if (is_path(w->in->args[i]))
            continue;
        if (!f) {
            no_such_flow(w, w->in->args[i]);
            return NULL;
        }
        list[(*count)++] = f;
    }
    if (*count == 0)
        *count = all_flows(w, list);
    if (*count > 0)
        return list;
    struct error err = { 0 };
    error_set(&err, ERROR_USAGE, "there is no flow here");
    error_hint(&err, "Go to the project's folder, or name a flow file.");
    command_fail(w->in, &err);
    return NULL;
}
