/* Webhooks from the vendors' bytes to the disk: what is taken, known, refused,
 * and what is on disk when the sender hears so [161-166, 170-172, 175]. Ends
 * with a measure: deliveries made durable a second, sixteen senders at once. */
#include "config.h"

#include "base/embedded.h"
#include "runtime/clock.h"
#include "runtime/crypto.h"
#include "runtime/hooks.h"
#include "runtime/vault.h"
#include "tests/lib/tap.h"
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>

#define SENDERS 16
#define EACH 60

static char folder[64], state[128];
static struct program program;
static struct store *store;
static struct vault *vault;
static struct hooks *hooks;
static struct error err;

static void load(void)
{
    static const char text[] = "set language 1\n"
                               "connection Exact is exact\n"
                               "connection Bill is bill\n"
                               "connection Monday is monday\n";
    struct text t = TEXT(text);
    const char *paths[1] = { "project.mlc" };
    struct load_options o = { .catalogs = connector_catalogs, .paths = paths,
                              .path_count = 1, .text = &t };
    program_init(&program);
    program_load(&program, &o);
    program_check(&program);
}

static void open_hooks(void)
{
    struct hooks_options o = { state, &program, NULL, -1 };
    if (hooks_open(&o, &hooks, &err)) {
        tap_diag("%s", err.text);
        exit(1);
    }
}

/* ---------------------------------------------------------------- deliveries */
static struct text exact_body(struct arena *arena, const char *content,
                              const char *secret)
{
    unsigned char mac[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];
    crypto_hmac_sha256(text_of(secret), text_of(content), mac);
    crypto_hex((struct text){ (const char *)mac, sizeof mac }, hex);
    for (char *c = hex; *c; c++)
        if (*c >= 'a')
            *c = (char)(*c - 32);
    return text_of(arena_printf(arena, "{\"Content\":%s,\"HashCode\":\"%s\"}",
                                content, hex));
}

static int send_to(const char *connection, struct header *headers,
                   struct text body)
{
    struct arena arena;
    arena_init(&arena);
    struct server_call call = { .arena = &arena, .method = "POST",
                                .headers = headers, .body = body,
                                .client = "127.0.0.1", .status = 500 };
    hooks_take(hooks, &call, text_of(connection));
    arena_fini(&arena);
    return call.status;
}

static int exact(const char *content, const char *secret)
{
    struct arena arena;
    arena_init(&arena);
    int status = send_to("Exact", NULL, exact_body(&arena, content, secret));
    arena_fini(&arena);
    return status;
}

static int bill(const char *body, const char *secret)
{
    struct arena arena;
    unsigned char mac[SHA256_LEN];
    arena_init(&arena);
    crypto_hmac_sha256(text_of(secret), text_of(body), mac);
    struct header h = { TEXT("X-Bill-Sha-Signature"),
                        crypto_base64(&arena, (struct text){
                            (const char *)mac, sizeof mac }), NULL };
    int status = send_to("Bill", &h, text_of(body));
    arena_fini(&arena);
    return status;
}

static int count_row(void *ctx, const struct hook_row *row)
{
    (void)row;
    ++*(int *)ctx;
    return 0;
}

/* As another program sees the disk now. */
static int rows(void)
{
    struct arena arena;
    struct store *other = NULL;
    int count = 0;
    arena_init(&arena);
    if (store_open(state, STORE_READ, &other, &err) == 0)
        store_hook_each(other, &arena, count_row, &count, &err);
    store_close(other);
    arena_fini(&arena);
    return count;
}

#define ITEM "{\"Topic\":\"Items\",\"Division\":123456,\"Action\":\"Update\"," \
             "\"Key\":\"k1\",\"EventCreatedOn\":\"2025-03-03T10:00:00\"}"
#define EVENT(id, more) "{\"metadata\":{\"eventId\":\"" id "\",\"eventType\":" \
                        "\"bill.updated\"},\"bill\":{\"id\":\"00b\"" more "}}"

static void signatures(void)
{
    is_int(exact(ITEM, "not the secret"), 401, "a wrong signature");
    is_int(send_to("Exact", NULL, TEXT("{\"Content\":{},\"HashCode\":\"\"}")),
           401, "[158] an empty one");
    is_int(send_to("Exact", NULL, TEXT("rubbish")), 401, "no delivery at all");
    is_int(bill(EVENT("e0", ""), "another"), 401, "another vendor's way");
    is_int(send_to("Nobody", NULL, TEXT("{}")), 404, "no such connection");
    is_int(rows(), 0, "a bad signature changes nothing");
    is_int(atomic_load(&hooks_counts(hooks)->refused), 4, "and is counted");
    is_int(exact(ITEM, "s3cret-of-exact"), 200, "[166] the bytes of a part");
    is_int(rows(), 1, "[170] on disk when the sender hears so");
    for (int i = 0; i < 20; i++)
        if (exact(ITEM, "s3cret-of-exact") != 200)
            ok(false, "[161] an exact replay is taken");
    ok(rows() >= 3 && rows() <= 5, "[161] bytes without an id: looked at once "
       "a second, and once after the last of them");
    hooks_close(hooks); /* a minute later, for what it knows */
    open_hooks();
    int before = rows();
    is_int(exact(ITEM, "s3cret-of-exact"), 200, "[161] an exact replay");
    is_int(rows(), before, "[161] without a second effect");
    is_int(exact("{\"Topic\":\"Items\", \"Division\":123456}",
                 "s3cret-of-exact"), 200, "[165] blanks are part of the bytes");
    struct arena arena;
    arena_init(&arena);
    struct text t = exact_body(&arena, "{\"a\":1}", "s3cret-of-exact");
    char moved[256];
    snprintf(moved, sizeof moved, "{\"Content\":{ \"a\":1}%s",
             strstr(text_cstr(&arena, t), ",\"HashCode\""));
    is_int(send_to("Exact", NULL, text_of(moved)), 401,
           "[165] printed anew: refused");
    arena_fini(&arena);
}

static void identities(void)
{
    int before = rows();
    is_int(bill(EVENT("e1", ""), "s3cret-of-bill"), 200, "an event with an id");
    is_int(bill(EVENT("e1", ",\"x\":1"), "s3cret-of-bill"), 409,
           "[162] the same id, another body");
    is_int(atomic_load(&hooks_counts(hooks)->conflicting), 1, "is counted");
    is_int(bill(EVENT("e1", ""), "s3cret-of-bill"), 200,
           "[171] sent again after a lost answer");
    is_int(rows(), before + 1, "one of them counts");
    hooks_close(hooks);
    open_hooks();
    is_int(bill(EVENT("e1", ""), "s3cret-of-bill"), 200,
           "[163] again days later, in another process");
    is_int(rows(), before + 1, "still one");
    is_int(hooks_waiting(hooks), before + 1, "what waits is known at the start");
    is_int(bill(EVENT("e\\u0007", ""), "s3cret-of-bill"), 400,
           "an id with a control character");
}

static void rotation(void)
{
    is_int(bill(EVENT("r1", ""), "s3cret-of-bill"), 200, "before");
    vault_put(vault, TEXT("Bill"), "webhook_secret", TEXT("the next secret"),
              -1, &err);
    hooks_forget_secrets(hooks);
    is_int(bill(EVENT("r2", ""), "the next secret"), 200, "[164] the new secret");
    is_int(bill(EVENT("r3", ""), "s3cret-of-bill"), 200,
           "[164] and the old one, for a week");
    is_int(bill(EVENT("r4", ""), "neither"), 401, "[164] no third");
    store_setting_put(store, "until:Bill:webhook_secret:previous", TEXT("1000"),
                      &err);
    hooks_forget_secrets(hooks);
    is_int(bill(EVENT("r5", ""), "s3cret-of-bill"), 401,
           "[164] the old one ends");
    is_int(bill(EVENT("r6", ""), "the next secret"), 200, "the new one stays");
    vault_put(vault, TEXT("Bill"), "webhook_secret:vendor", TEXT("of vendors"),
              -1, &err);
    hooks_forget_secrets(hooks);
    is_int(bill(EVENT("r7", ""), "of vendors"), 200,
           "a subscription with a secret of its own");
}

static void handshakes(void)
{
    struct text ask = TEXT("{\"challenge\":\"abc\"}");
    is_int(send_to("Exact", NULL, TEXT("")), 200, "an empty body is a try-out");
    if (!connector_find(TEXT("monday"))) {
        tap_skip("no vendor here sends challenges");
        return;
    }
    is_int(send_to("Monday", NULL, ask), 404, "[175] a challenge nobody expects");
    hooks_expect(hooks, TEXT("Monday"), true);
    is_int(send_to("Monday", NULL, ask), 200, "[175] one that is expected");
    char large[6000];
    snprintf(large, sizeof large, "{\"challenge\":\"%05000d\"}", 0);
    is_int(send_to("Monday", NULL, text_of(large)), 401,
           "[175] not one that is too large");
    hooks_expect(hooks, TEXT("Monday"), false);
    is_int(send_to("Monday", NULL, ask), 404, "[175] not afterwards");
}

/* The file may not grow: the kernel says so as it would on a full disk. */
static void full_disk(void)
{
    struct rlimit was, tight;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &was);
    tight = was;
    tight.rlim_cur = 1;
    setrlimit(RLIMIT_FSIZE, &tight);
    int status = exact("{\"n\":\"full\"}", "s3cret-of-exact");
    setrlimit(RLIMIT_FSIZE, &was);
    is_int(status, 503, "[172] the disk is full: never 2xx");
    is_int(exact("{\"n\":\"full\"}", "s3cret-of-exact"), 200,
           "[172] taken when there is room again");
    hooks_worked_off(hooks, -HOOKS_WAITING_MAX);
    is_int(exact("{\"n\":\"queue\"}", "s3cret-of-exact"), 503,
           "[172] too many wait");
    hooks_worked_off(hooks, HOOKS_WAITING_MAX);
    is_int(exact("{\"n\":\"queue\"}", "s3cret-of-exact"), 200, "and go again");
}

/* ------------------------------------------------------------------- measure */
static int64_t took_us[SENDERS * EACH];

static void *send_many(void *arg)
{
    int *number = arg;
    for (int i = 0; i < EACH; i++) {
        char content[64];
        int64_t start = clock_steady_us();
        snprintf(content, sizeof content, "{\"m\":\"%d-%d\"}", *number, i);
        int status = exact(content, "s3cret-of-exact");
        took_us[*number * EACH + i] = status == 200 ? clock_steady_us() - start
                                                    : -1;
    }
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void measure(void)
{
    pthread_t threads[SENDERS];
    int numbers[SENDERS], before = rows();
    int64_t start = clock_steady_us();
    for (int i = 0; i < SENDERS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, send_many, &numbers[i]);
    }
    for (int i = 0; i < SENDERS; i++)
        pthread_join(threads[i], NULL);
    int64_t all = clock_steady_us() - start;
    qsort(took_us, SENDERS * EACH, sizeof took_us[0], by_size);
    is_int(rows(), before + SENDERS * EACH, "sixteen at once: none is lost");
    ok(took_us[0] > 0, "and none is refused");
    tap_diag("%lld deliveries a second durable, half in %lld us, p99 %lld us",
             (long long)(INT64_C(1000000) * SENDERS * EACH / all),
             (long long)took_us[SENDERS * EACH / 2],
             (long long)took_us[SENDERS * EACH * 99 / 100]);
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
    snprintf(folder, sizeof folder, "/tmp/mlc-hooks.XXXXXX");
    if (!mkdtemp(folder))
        return 99;
    snprintf(state, sizeof state, "%s/state/state.db", folder);
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    load();
    if (store_open(state, STORE_WRITE, &store, &err)
        || vault_open(store, &vault, &err)
        || vault_put(vault, TEXT("Exact"), "webhook_secret",
                     TEXT("s3cret-of-exact"), -1, &err)
        || vault_put(vault, TEXT("Bill"), "webhook_secret",
                     TEXT("s3cret-of-bill"), -1, &err)) {
        tap_diag("%s", err.text);
        return 99;
    }
    open_hooks();
    signatures();
    identities();
    rotation();
    handshakes();
    full_disk();
    measure();
    hooks_close(hooks);
    vault_close(vault);
    store_close(store);
    program_fini(&program);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return tap_done();
}
