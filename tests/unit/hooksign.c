/* The scheme of our own signed webhooks against its published vectors and
 * what must not pass [155-160, 164, 165]. */
#include "config.h"

#include "runtime/crypto.h"
#include "runtime/hooksign.h"
#include "tests/lib/tap.h"
#include <stdio.h>
#include <string.h>

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define STAMP INT64_C(1614265330)
#define BODY "{\"test\": 2432232314}"
#define GOOD "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static struct arena arena;

struct row {
    const char *name, *id, *stamp, *signature, *body;
    int want;
};

static const struct row rows[] = {
    { "[155] the published vector", ID, "1614265330", GOOD, BODY, 0 },
    { "[155] an empty body", ID, "1614265330",
      "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A=", "", 0 },
    { "[156] the last character differs", ID, "1614265330",
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=", BODY, 401 },
    { "[156] the same bytes, not canonical", ID, "1614265330",
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=", BODY, 401 },
    { "[158] no signature at all", ID, "1614265330", "", BODY, 401 },
    { "[158] too short", ID, "1614265330", "v1,g0hM9SsE", BODY, 401 },
    { "[158] another version only", ID, "1614265330",
      "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", BODY, 401 },
    { "[158] no comma", ID, "1614265330",
      "v1g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", BODY, 401 },
    { "[158] the second of two", ID, "1614265330", "v1,AAAA " GOOD, BODY, 0 },
    { "[158] the eighth", ID, "1614265330",
      "v1,A v1,A v1,A v1,A v1,A v1,A v1,A " GOOD, BODY, 0 },
    { "[158] the ninth is not looked at", ID, "1614265330",
      "v1,A v1,A v1,A v1,A v1,A v1,A v1,A v1,A " GOOD, BODY, 401 },
    { "[160] with a sign", ID, "+1614265330", GOOD, BODY, 401 },
    { "[160] negative", ID, "-1614265330", GOOD, BODY, 401 },
    { "[160] a word", ID, "hello", GOOD, BODY, 401 },
    { "[160] with a blank", ID, " 1614265330", GOOD, BODY, 401 },
    { "[160] far too large", ID, "100000000000000000000", GOOD, BODY, 401 },
    { "[160] empty", ID, "", GOOD, BODY, 401 },
    { "[165] the same JSON printed anew", ID, "1614265330", GOOD,
      "{\"test\":2432232314}", 401 },
    { "another id", "msg_x", "1614265330", GOOD, BODY, 401 },
};

static int check(const char *id, const char *stamp, const char *signature,
                 const char *body, const char *secret, int64_t now_s)
{
    struct header third = { TEXT("webhook-signature"), text_of(signature),
                            NULL };
    struct header second = { TEXT("Webhook-Timestamp"), text_of(stamp),
                             &third };
    struct header first = { TEXT("WEBHOOK-ID"), text_of(id), &second };
    struct text secrets[2] = { text_of(secret), TEXT(SECRET) };
    return hooksign_check(secrets, strcmp(secret, SECRET) == 0 ? 1 : 2,
                          &first, text_of(body), now_s * 1000, &arena);
}

static void window(void)
{
    is_int(check(ID, "1614265330", GOOD, BODY, SECRET, STAMP + 300), 0,
           "[160] 300 s old");
    is_int(check(ID, "1614265330", GOOD, BODY, SECRET, STAMP + 301), 401,
           "[160] 301 s old");
    is_int(check(ID, "1614265330", GOOD, BODY, SECRET, STAMP - 300), 0,
           "[160] 300 s ahead");
    is_int(check(ID, "1614265330", GOOD, BODY, SECRET, STAMP - 301), 401,
           "[160] 301 s ahead");
}

static void two_readings(void)
{
    struct text out;
    is_int(hooksign_make(TEXT(SECRET), TEXT("msg_a.1614265330"), STAMP,
                         TEXT("x"), &arena, &out), -1,
           "[157] an id with a dot is not signed");
    hooksign_make(TEXT(SECRET), TEXT("msg_a"), STAMP,
                  TEXT("1614265330.x"), &arena, &out);
    is_int(check("msg_a.1614265330", "1614265330", text_cstr(&arena, out),
                 "x", SECRET, STAMP), 401,
           "[157] nor taken: it signs the bytes of another");
}

static void headers(void)
{
    char many[16384];
    struct text secret = TEXT(SECRET);
    struct header none = { TEXT("webhook-id"), TEXT(ID), NULL };
    struct header s2 = { TEXT("webhook-signature"), TEXT(GOOD), NULL };
    struct header s1 = { TEXT("Webhook-Signature"), TEXT("v1,A"), &s2 };
    struct header t = { TEXT("webhook-timestamp"), TEXT("1614265330"), &s1 };
    struct header id = { TEXT("webhook-id"), TEXT(ID), &t };
    is_int(hooksign_check(&secret, 1, &none, TEXT(BODY), STAMP * 1000, &arena),
           400, "[159] headers missing");
    is_int(hooksign_check(&secret, 1, &id, TEXT(BODY), STAMP * 1000, &arena),
           400, "[159] a header twice");
    memset(many, 'A', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    is_int(check(ID, "1614265330", many, BODY, SECRET, STAMP), 400,
           "[159] a header of 16 KB");
    for (size_t i = 0; i + 5 < 8000; i += 5)
        memcpy(many + i, "v1,A ", 5);
    many[7995] = '\0';
    is_int(check(ID, "1614265330", many, BODY, SECRET, STAMP), 401,
           "[158] a thousand and more signatures");
}

/* Digits of another scheme that some vendors use: the digest is the same. */
static void hex_vector(void)
{
    unsigned char mac[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];
    crypto_hmac_sha256(TEXT("It's a Secret to Everybody"),
                       TEXT("Hello, World!"), mac);
    crypto_hex((struct text){ (const char *)mac, sizeof mac }, hex);
    is_text(hex, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b0"
            "43e17", "[155] the hex vector");
}

int main(void)
{
    struct text out;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        is_int(check(rows[i].id, rows[i].stamp, rows[i].signature,
                     rows[i].body, SECRET, STAMP), rows[i].want, "%s",
               rows[i].name);
    window();
    two_readings();
    headers();
    hex_vector();
    is_int(check(ID, "1614265330", GOOD, BODY, "whsec_bmV3", STAMP), 0,
           "[164] the secret before this one is still good");
    is_int(hooksign_make(TEXT("whsec_!"), TEXT(ID), STAMP, TEXT(BODY), &arena,
                         &out), -1, "a secret that is no base64");
    is_int(hooksign_make(TEXT(SECRET), TEXT(ID), STAMP, TEXT(BODY), &arena,
                         &out), 0, "we sign");
    is_text(text_cstr(&arena, out), GOOD, "as the vector says");
    arena_fini(&arena);
    return tap_done();
}
