/* mlc sandbox: the vendors' sandboxes in the foreground. */
#include "config.h"

#include "cli/command.h"

#include "base/arena.h"
#include "base/text.h"
#include "runtime/json.h"
#include "runtime/sandbox.h"
#include <signal.h>
#include <string.h>
#include <time.h>

#define LIST_MAX 256

/* Every value of an option that may be given several times. */
static const char **values_of(const struct invocation *in, const char *name,
                              struct arena *arena)
{
    const char **list = ARENA_ARRAY(arena, const char *, LIST_MAX + 1);
    const char *value;
    size_t count = 0;
    for (int at = 0; count < LIST_MAX && (value = option_next(in, name, &at));)
        list[count++] = value;
    return list;
}

static int list_vendors(void)
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; sandbox_describe(i, &b); i++)
        buf_byte(&b, '\n');
    buf_str(&b, "Faults, for --fault:\n  ");
    buf_str(&b, sandbox_fault_help);
    fputs(buf_cstr(&b), stdout);
    buf_fini(&b);
    return EXIT_FINE;
}

/* Connections in examples begin with a capital: exact is Exact. */
static void print_name(const char *connector)
{
    putchar(connector[0] - ('a' - 'A'));
    fputs(connector + 1, stdout);
}

static void print_endpoint(const struct sandbox_endpoint *e)
{
    printf("%s  %s\n  mlc auth set ", e->title, e->url);
    print_name(e->connector);
    puts(" <<'END'");
    for (const struct sandbox_fact *f = e->secrets; f->name; f++)
        printf("%s=%s\n", f->name, f->value);
    fputs("END\n  --set ", stdout);
    print_name(e->connector);
    printf(".url=%s", e->url);
    for (const struct sandbox_fact *f = e->settings; f->name; f++) {
        fputs(" --set ", stdout);
        print_name(e->connector);
        printf(".%s=%s", f->name, f->value);
    }
    puts("\n");
}

static struct doc *facts_of(const struct sandbox_fact *f)
{
    struct doc *d = doc_object();
    for (; f->name; f++)
        doc_set_string(d, f->name, f->value);
    return d;
}

static void print_json(const struct sandbox_endpoint *list, size_t count)
{
    struct doc *all = doc_object();
    struct buf b;
    for (size_t i = 0; i < count; i++) {
        struct doc *d = doc_object();
        doc_set_string(d, "url", list[i].url);
        doc_set(d, "secrets", facts_of(list[i].secrets));
        doc_set(d, "settings", facts_of(list[i].settings));
        doc_set(all, list[i].connector, d);
    }
    buf_init(&b, 0);
    doc_print(all, DOC_COMPACT, &b);
    puts(buf_cstr(&b));
    buf_fini(&b);
    doc_drop(all);
}

/* The signals that end a foreground program; blocked before any thread
 * starts, so that only this wait takes them. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

static int run_until_signal(const struct invocation *in,
                            const struct sandbox_options *options)
{
    struct error err = { 0 };
    struct sandbox *s;
    sigset_t set;
    size_t count;
    int signal_number = 0;
    block_signals(&set);
    if (sandbox_start(options, &s, &err) != 0)
        return command_fail(in, &err);
    const struct sandbox_endpoint *list = sandbox_endpoints(s, &count);
    if (in->json) {
        print_json(list, count);
    } else {
        for (size_t i = 0; i < count; i++)
            print_endpoint(&list[i]);
        puts("Serving until Ctrl-C.");
    }
    fflush(stdout);
    sigwait(&set, &signal_number);
    sandbox_stop(s);
    return signal_number == SIGINT ? EXIT_FINE : 128 + signal_number;
}

int cmd_sandbox(const struct invocation *in)
{
    struct arena arena;
    struct sandbox_options o = { 0 };
    if (option_given(in, "list"))
        return list_vendors();
    arena_init(&arena);
    o.connectors = in->arg_count > 0 ? (const char *const *)in->args : NULL;
    o.port = (int)option_number(in, "port", 0);
    o.speed = option_number(in, "speed", 1);
    o.size = (int)option_number(in, "size", 0);
    o.seed = (uint64_t)option_number(in, "seed", 0);
    o.ledger_path = option_value(in, "ledger");
    o.log_path = option_value(in, "log");
    o.world_path = option_value(in, "world");
    o.faults = values_of(in, "fault", &arena);
    o.switches = values_of(in, "switch", &arena);
    int code = run_until_signal(in, &o);
    arena_fini(&arena);
    return code;
}
