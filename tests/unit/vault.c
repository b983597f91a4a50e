/* Secrets at rest: what is sealed opens, and nothing else does. Numbers are
 * those of the fault list. */
#include "config.h"

#include "runtime/clock.h"
#include "runtime/crypto.h"
#include "runtime/redact.h"
#include "runtime/vault.h"
#include "tests/lib/fakevendor.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store *store;
static struct vault *vault;
static struct arena arena;
static char state[300], key[300];

static struct text connection(void)
{
    return TEXT("Exact");
}

static int get(const char *field, struct text *out, struct error *err)
{
    error_clear(err);
    return vault_get(vault, connection(), field, &arena, out, NULL, err);
}

static void reopen(void)
{
    struct error err = { 0 };
    vault_close(vault);
    if (vault_open(store, &vault, &err))
        tap_diag("%s", err.text);
}

static void test_round_trip(void)
{
    struct text out;
    struct error err = { 0 };
    struct stat st;
    ok(vault_put(vault, connection(), "client_secret", TEXT("s3cret-value"),
                 -1, &err) == 0, "a secret is stored");
    ok(get("client_secret", &out, &err) == 0 && text_is(out, "s3cret-value"),
       "… and read");
    reopen();
    ok(get("client_secret", &out, &err) == 0 && text_is(out, "s3cret-value"),
       "… by another process");
    is_int(get("nothing", &out, &err), 1, "what is not there is not there");
    ok(stat(key, &st) == 0 && (st.st_mode & 0777) == 0600,
       "[153] the key file is its owner's only");
    ok(vault_put(vault, connection(), "client_secret", TEXT("other"), 0,
                 &err) == 1, "a version that is not there any more yields");
}

static struct text raw(const char *field, int64_t *version)
{
    struct vault_blob blob;
    struct error err = { 0 };
    store_vault_get(store, connection(), text_of(field), &arena, &blob, &err);
    *version = blob.version;
    return blob.bytes;
}

static void put_raw(const char *field, struct text bytes)
{
    struct error err = { 0 };
    store_vault_put(store, connection(), text_of(field), bytes, -1, 1, &err);
}

static void test_tampering(void)
{
    struct error err = { 0 };
    struct text out;
    int64_t version;
    vault_put(vault, connection(), "a", TEXT("value of a"), -1, &err);
    vault_put(vault, connection(), "b", TEXT("value of b"), -1, &err);
    struct text box = text_dup(&arena, raw("a", &version));

    put_raw("b", box);
    is_int(get("b", &out, &err), -1, "[151] a box moved to another field");
    int opened = 0, tried = 0;
    for (size_t i = 0; i < box.len; i++) {
        struct text changed = text_dup(&arena, box);
        ((char *)(uintptr_t)changed.ptr)[i] ^= 1;
        put_raw("a", changed);
        opened += get("a", &out, &err) == 0;
        tried++;
    }
    is_int(opened, 0, "[151] none of %d boxes with one bit changed opens",
           tried);
    opened = 0;
    for (size_t len = 0; len < box.len; len++) {
        put_raw("a", text_slice(box, 0, len));
        opened += len > 0 && get("a", &out, &err) == 0;
    }
    is_int(opened, 0, "[151] no box cut short opens");
    put_raw("a", box);
    is_int(get("a", &out, &err), -1, "[151] an old box put back does not open");
    ok(strstr(err.hint, "mlc auth set Exact"), "… and says what to do: %s",
       err.hint);
    vault_put(vault, TEXT("Rippling"), "a", TEXT("another's"), -1, &err);
    vault_remove(vault, connection(), NULL, &err);
}

static void test_wrong_key(void)
{
    struct error err = { 0 };
    struct vault *other = NULL;
    char elsewhere[320];
    vault_put(vault, connection(), "a", TEXT("value of a"), -1, &err);
    snprintf(elsewhere, sizeof elsewhere, "%s.away", key);
    rename(key, elsewhere);
    is_int(vault_open(store, &other, &err), -1, "[149] no key: nothing runs");
    ok(strstr(err.text, "not there"), "… %s", err.text);
    FILE *f = fopen(key, "w");
    unsigned char bytes[SEAL_KEY_LEN] = { 1, 2, 3 };
    struct text b = { (const char *)bytes, sizeof bytes };
    char id[65];
    crypto_sha256_hex(b, id);
    fprintf(f, "mlc-key %.16s %s\n", id, crypto_base64(&arena, b).ptr);
    fclose(f);
    chmod(key, 0600);
    error_clear(&err);
    is_int(vault_open(store, &other, &err), -1, "[149] a wrong key: nothing "
           "runs");
    ok(strstr(err.text, id) == NULL && strstr(err.text, "need"),
       "… and says which is needed: %s", err.text);
    chmod(key, 0640);
    error_clear(&err);
    is_int(vault_open(store, &other, &err), -1, "[153] a key that others can "
           "read is refused");
    rename(elsewhere, key);
    struct text out;
    reopen();
    is_int(get("a", &out, &err), 0, "with the right key back all is well");
}

static void test_rotation(void)
{
    struct error err = { 0 };
    struct text out;
    char old[17], fresh[17], again[17];
    struct key_status status;
    ok(vault_rotate(vault, old, fresh, &err) == 0 && strcmp(old, fresh),
       "[150] a new master key");
    is_int(get("a", &out, &err), 0, "… everything still opens");
    reopen();
    ok(get("a", &out, &err) == 0 && vault_check(vault, &status, &err) == 0,
       "… in a new process too");
    is_text(status.id, fresh, "… with the new key in use");
    vault_rotate(vault, old, again, &err);
    vault_rotate(vault, old, again, &err);
    reopen();
    is_int(get("a", &out, &err), 0, "… also after several");
    struct buf b;
    buf_init(&b, 0);
    vault_export(vault, &b, &err);
    int lines = 0;
    for (size_t i = 0; i < b.len; i++)
        lines += b.ptr[i] == '\n';
    is_int(lines, 2, "two generations stay");
    buf_fini(&b);
}

static void test_nonces(void)
{
    enum { COUNT = 20000 };
    unsigned char k[SEAL_KEY_LEN] = { 7 };
    static unsigned char boxes[COUNT][SEAL_EXTRA + 1];
    int same = 0;
    for (int i = 0; i < COUNT; i++)
        crypto_seal(k, TEXT("x"), TEXT("y"), boxes[i]);
    for (int i = 1; i < COUNT; i++)
        same += memcmp(boxes[i], boxes[i - 1], SEAL_NONCE_LEN) == 0;
    is_int(same, 0, "[151] nonces differ");
}

static void test_crypto(void)
{
    char hex[65];
    unsigned char mac[SHA256_LEN];
    struct text out;
    crypto_sha256_hex(TEXT("abc"), hex);
    is_text(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20"
                 "015ad", "SHA-256 of abc");
    crypto_hmac_sha256(TEXT("It's a Secret to Everybody"),
                       TEXT("Hello, World!"), mac);
    crypto_hex((struct text){ (char *)mac, sizeof mac }, hex);
    is_text(hex, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b"
                 "043e17", "[155] HMAC-SHA256");
    static const struct {
        const char *text;
        bool fine;
    } rows[] = {
        { "", true }, { "Zg==", true }, { "Zm8=", true }, { "Zm9v", true },
        { "Zg=", false }, { "Zg", false }, { "Zh==", false },
        { "Zm9=", false }, { "Zm9v=", false }, { "Z===", false },
        { "Zm 9v", false }, { "Zm9v\n", false }, { "Zm9-", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ok(crypto_unbase64(&arena, text_of(rows[i].text), &out) ==
               rows[i].fine, "[156] base64 \"%s\"", rows[i].text);
    ok(crypto_equal(TEXT("abc"), TEXT("abc")) &&
       !crypto_equal(TEXT("abc"), TEXT("abd")) &&
       !crypto_equal(TEXT("abc"), TEXT("ab")), "[176] compare");
}

static void test_redaction(void)
{
    static const struct {
        const char *line, *clean;
    } rows[] = {
        { "token canary-secret-1/+ end", "token [secret] end" },
        { "x=canary-secret-1%2F%2B&y=1", "x=[secret]&y=1" },
        { "base64 Y2FuYXJ5LXNlY3JldC0xLys= end", "base64 [secret] end" },
        { "{\"a\":\"quo\\\"ted-canary\"}", "{\"a\":\"[secret]\"}" },
        { "Authorization: Bearer abc.def.ghi1\r\n",
          "Authorization: Bearer [secret]\r\n" },
        { "{\"access_token\": \"eyJhbGciOi\", \"b\": 2}",
          "{\"access_token\": \"[secret]\", \"b\": 2}" },
        { "refresh_token=unknown1&client_id=app", "refresh_token=[secret]&"
                                                  "client_id=app" },
        { "<devKey=01ABC&sessionId=9>", "<devKey=[secret]&sessionId=[secret]>" },
        { "the token: none is there", "the token: none is there" },
        { "no secret here", "no secret here" },
        { "password", "password" },
    };
    redact_add(TEXT("canary-secret-1/+"));
    redact_add(TEXT("quo\"ted-canary"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b;
        buf_init(&b, 0);
        redact_text(text_of(rows[i].line), &b);
        is_text(buf_cstr(&b), rows[i].clean, "[154] line %zu", i);
        buf_fini(&b);
    }
    for (int i = 0; i < 3000; i++)
        redact_add(text_of(arena_printf(&arena, "rotating-token-%d", i)));
    ok(redact_finds(TEXT("rotating-token-2999")), "the newest are known");
    redact_forget_all();
}

int main(void)
{
    struct error err = { 0 };
    const char *folder = fake_folder();
    arena_init(&arena);
    snprintf(state, sizeof state, "%s/state.db", folder);
    snprintf(key, sizeof key, "%s/.config/mlc/key", folder);
    if (store_open(state, STORE_WRITE, &store, &err) ||
        vault_open(store, &vault, &err)) {
        tap_diag("%s", err.text);
        return 99;
    }
    test_round_trip();
    test_tampering();
    test_wrong_key();
    test_rotation();
    test_nonces();
    test_crypto();
    test_redaction();
    vault_close(vault);
    store_close(store);
    arena_fini(&arena);
    fake_clean();
    return tap_done();
}
