/* Who is told what and when: one notice per episode, the recovery, a channel
 * that is down, and nothing in it that is nobody's business [189, 190]. */
#include "config.h"

#include "base/embedded.h"
#include "runtime/clock.h"
#include "runtime/hooksign.h"
#include "runtime/jsonread.h"
#include "runtime/notices.h"
#include "runtime/vault.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static char folder[64], state[128];
static struct program program;
static struct store *store;
static struct vault *vault;
static struct error err;
static struct web_listener *chat, *hook;
static int64_t now;

static void load(void)
{
    static char text[4096];
    int chat_port, hook_port;
    chat = web_listen(&chat_port);
    hook = web_listen(&hook_port);
    snprintf(text, sizeof text,
             "set language 1\nset timezone \"UTC\"\n"
             "connection Exact is exact\n"
             "connection Chat is notify { kind = \"slack\"  url = "
             "\"http://127.0.0.1:%d/\" }\n"
             "connection Hook is notify { kind = \"webhook\"  url = "
             "\"http://127.0.0.1:%d/\" }\n"
             "flow a \"A\"\nExact.item -> log { every 1 hour  read changes  "
             "N = item.ID }\n"
             "flow b \"B\"\nExact.account -> log { every 1 hour  read changes"
             "  N = account.ID }\n",
             chat_port, hook_port);
    static struct text t;
    const char *paths[1] = { "project.mlc" };
    struct load_options o = { .catalogs = connector_catalogs, .paths = paths,
                              .path_count = 1 };
    t = text_of(text);
    o.text = &t;
    program_init(&program);
    program_load(&program, &o);
    program_check(&program);
    if (program.diags.error_count > 0)
        diags_print(&program.diags, DIAG_BRIEF, false, NULL, stdout);
    ok(program.diags.error_count == 0, "the project checks");
}

static void book(const char *flow, const char *outcome)
{
    int64_t id = 0;
    store_run_start(store, text_of(flow), TEXT("h"), "run", now, &id, &err);
    store_run_finish(store, id, outcome,
                     TEXT("{\"stopped\":\"Jane Doe, 4,711.00 EUR\"}"), now,
                     &err);
}

/* A pass of whoever comes along: each time another process. */
static void pass(int64_t later)
{
    struct notices_options o = { state, &program, NULL, NULL };
    struct notices *n = NULL;
    now += later;
    clock_fake_advance(later);
    error_clear(&err);
    if (notices_open(&o, &n, &err) || notices_pass(n, 20000, &err))
        tap_diag("%s", err.text);
    notices_close(n);
}

static const char *heard(struct web_listener *l)
{
    const char *call = web_listen_take(l, 300);
    const char *body = call ? strstr(call, "\r\n\r\n") : NULL;
    return body ? body + 4 : call ? call : "";
}

static void silent(const char *name)
{
    const char *got = heard(chat);
    ok(*got == '\0', "%s", name);
    if (*got)
        tap_diag("%s", got);
    heard(hook);
}

static void says(const char *want, const char *name)
{
    const char *got = heard(chat);
    ok(strstr(got, want) != NULL, "%s", name);
    if (!strstr(got, want))
        tap_diag("%s", got);
    ok(!strstr(got, "Jane") && !strstr(got, "4,711") && !strstr(got, SECRET),
       "[189] and nothing of a record or a secret");
    heard(hook);
}

static void episodes(void)
{
    book("a", "done");
    book("b", "done");
    pass(MINUTE);
    silent("all is well: silence");
    book("a", "try later");
    pass(MINUTE);
    book("a", "try later");
    pass(MINUTE);
    silent("an outage twice: not yet");
    book("a", "try later");
    pass(MINUTE);
    says("a fails", "three times in a row: told");
    for (int i = 0; i < 10; i++) {
        book("a", "try later");
        pass(MINUTE);
    }
    silent("[190] one notice for the whole episode");
    book("a", "findings");
    pass(MINUTE);
    says("a is well again", "the recovery is told");
    pass(MINUTE);
    silent("once");
    book("a", "failed");
    pass(MINUTE);
    says("a fails", "a mistake of the flow: at once");
    book("a", "sign in");
    pass(MINUTE);
    says("a needs a sign-in", "within an episode only a sign-in is news");
    book("a", "done");
    pass(MINUTE);
    says("well again", "and well again");
    book("a", "failed");
    book("b", "stopped");
    pass(MINUTE);
    says("and 1 more", "[190] several flows in one notice");
    book("a", "done");
    book("b", "done");
    pass(MINUTE);
    says("and 1 more", "and their recovery too");
}

static void stale(void)
{
    pass(25 * HOUR);
    silent("25 hours without a run: not yet");
    pass(2 * HOUR);
    says("stale", "after 26 hours");
    pass(48 * HOUR);
    silent("once");
    book("a", "done");
    book("b", "done");
    pass(MINUTE);
    says("well again", "and the recovery");
}

static void down(void)
{
    web_listen_answer(chat, 500);
    book("a", "failed");
    pass(MINUTE);
    ok(strstr(heard(chat), "a fails") != NULL, "[189] a channel that is down");
    ok(strstr(heard(hook), "a fails") != NULL, "the other hears all the same");
    pass(10000);
    ok(*heard(chat) == '\0', "[189] not asked again at once");
    web_listen_answer(chat, 200);
    pass(2 * MINUTE);
    ok(strstr(heard(chat), "a fails") != NULL, "[189] but later, and it took it");
    pass(2 * MINUTE);
    ok(*heard(chat) == '\0', "once it is delivered it is done");
    book("a", "done");
    pass(MINUTE);
    heard(chat);
    heard(hook);
}

/* The value of a header in a raw call. */
static struct text header(const char *call, const char *name)
{
    const char *at = strcasestr(call, name);
    at = at ? at + strlen(name) + 2 : "";
    return (struct text){ at, strcspn(at, "\r\n") };
}

static void signature(void)
{
    struct arena arena;
    struct text secret = TEXT(SECRET);
    arena_init(&arena);
    book("a", "failed");
    pass(MINUTE);
    const char *call = web_listen_take(hook, 1000);
    call = call ? call : "";
    const char *body = strstr(call, "\r\n\r\n");
    struct header s = { TEXT("webhook-signature"),
                        header(call, "webhook-signature"), NULL };
    struct header t = { TEXT("webhook-timestamp"),
                        header(call, "webhook-timestamp"), &s };
    struct header id = { TEXT("webhook-id"), header(call, "webhook-id"), &t };
    is_int(hooksign_check(&secret, 1, &id, text_of(body ? body + 4 : ""), now,
                          &arena), 0, "what is sent proves who sent it");
    ok(body && json_get(text_of(body + 4), "data.text").len > 0,
       "and is JSON");
    arena_fini(&arena);
}

static int remove_one(const char *path, const struct stat *st, int kind,
                      struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

int main(void)
{
    snprintf(folder, sizeof folder, "/tmp/mlc-notices.XXXXXX");
    if (!mkdtemp(folder))
        return 99;
    snprintf(state, sizeof state, "%s/state/state.db", folder);
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    now = clock_now_ms();
    clock_fake(now);
    load();
    if (store_open(state, STORE_WRITE, &store, &err)
        || vault_open(store, &vault, &err)
        || vault_put(vault, TEXT("Hook"), "signing_secret", TEXT(SECRET), -1,
                     &err)) {
        tap_diag("%s", err.text);
        return 99;
    }
    episodes();
    stale();
    down();
    signature();
    vault_close(vault);
    store_close(store);
    web_listen_stop(chat);
    web_listen_stop(hook);
    program_fini(&program);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return tap_done();
}
