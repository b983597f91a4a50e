/* Digests and sealed boxes by OpenSSL, which is loaded on first use. Random
 * bytes come from the kernel itself. */
#include "config.h"

#include "runtime/crypto.h"

#include "base/dynlib.h"
#include "base/log.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Every function of the library this file uses: X(name). */
#define CRYPTO_FUNCTIONS(X)                                             \
    X(EVP_MD_fetch) X(EVP_MD_CTX_new) X(EVP_MD_CTX_free)                \
    X(EVP_DigestInit_ex) X(EVP_DigestUpdate) X(EVP_DigestFinal_ex)      \
    X(EVP_sha256) X(HMAC) X(EVP_CIPHER_fetch) X(EVP_CIPHER_CTX_new)     \
    X(EVP_CIPHER_CTX_free) X(EVP_EncryptInit_ex) X(EVP_EncryptUpdate)   \
    X(EVP_EncryptFinal_ex) X(EVP_DecryptInit_ex) X(EVP_DecryptUpdate)   \
    X(EVP_DecryptFinal_ex) X(EVP_CIPHER_CTX_ctrl)

static struct {
#define FIELD(name) __typeof__(&name) name##_;
    CRYPTO_FUNCTIONS(FIELD)
#undef FIELD
    EVP_MD *sha256, *sha1;
    EVP_CIPHER *gcm;
} lib;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void stop(const char *what)
{
    log_error("%s", what);
    exit(2);
}

static void load(void)
{
    static const struct dynlib_symbol symbols[] = {
#define ROW(name) { #name, offsetof(__typeof__(lib), name##_), false },
        CRYPTO_FUNCTIONS(ROW)
#undef ROW
        { NULL, 0, false },
    };
    struct error err = { 0 };
    if (dynlib_load("libcrypto.so.3", "libssl3", symbols, &lib, &err))
        stop(err.text);
    lib.sha256 = lib.EVP_MD_fetch_(NULL, "SHA256", NULL);
    lib.sha1 = lib.EVP_MD_fetch_(NULL, "SHA1", NULL);
    lib.gcm = lib.EVP_CIPHER_fetch_(NULL, "AES-256-GCM", NULL);
    if (!lib.sha256 || !lib.sha1 || !lib.gcm)
        stop("libcrypto has no SHA-256, SHA-1 or AES-256-GCM");
}

static void ready(void)
{
    pthread_once(&once, load);
}

/* ---------------------------------------------------------------- digests */
static EVP_MD_CTX *digest_start(const EVP_MD *md)
{
    EVP_MD_CTX *c = lib.EVP_MD_CTX_new_();
    if (!c || lib.EVP_DigestInit_ex_(c, md, NULL) != 1)
        stop("out of memory for a digest");
    return c;
}

static void digest_end(EVP_MD_CTX *c, unsigned char *out)
{
    unsigned len = 0;
    if (lib.EVP_DigestFinal_ex_(c, out, &len) != 1)
        stop("libcrypto could not finish a digest");
    lib.EVP_MD_CTX_free_(c);
}

static void digest_add(EVP_MD_CTX *c, struct text bytes)
{
    if (bytes.len && lib.EVP_DigestUpdate_(c, bytes.ptr, bytes.len) != 1)
        stop("libcrypto could not compute a digest");
}

static void digest(const EVP_MD *md, struct text bytes, unsigned char *out)
{
    EVP_MD_CTX *c = digest_start(md);
    digest_add(c, bytes);
    digest_end(c, out);
}

void crypto_sha256(struct text bytes, unsigned char out[SHA256_LEN])
{
    ready();
    digest(lib.sha256, bytes, out);
}

void crypto_sha1(struct text bytes, unsigned char out[SHA1_LEN])
{
    ready();
    digest(lib.sha1, bytes, out);
}

void crypto_sha256_hex(struct text bytes, char out[2 * SHA256_LEN + 1])
{
    unsigned char sum[SHA256_LEN];
    crypto_sha256(bytes, sum);
    crypto_hex((struct text){ (const char *)sum, sizeof sum }, out);
}

void crypto_hmac_sha256(struct text key, struct text bytes,
                        unsigned char out[SHA256_LEN])
{
    ready();
    unsigned len = 0;
    /* A NULL key means "the one before" to the library. */
    if (!lib.HMAC_(lib.EVP_sha256_(), key.ptr ? key.ptr : "", (int)key.len,
                   (const unsigned char *)(bytes.ptr ? bytes.ptr : ""),
                   bytes.len, out, &len) ||
        len != SHA256_LEN)
        stop("libcrypto could not compute an HMAC");
}

void crypto_digest_init(struct crypto_digest *d)
{
    ready();
    d->context = digest_start(lib.sha256);
}

void crypto_digest_update(struct crypto_digest *d, struct text bytes)
{
    digest_add(d->context, bytes);
}

void crypto_digest_final(struct crypto_digest *d,
                         unsigned char out[SHA256_LEN])
{
    digest_end(d->context, out);
    d->context = NULL;
}

/* ------------------------------------------------------- random, compare */
void crypto_random(void *out, size_t len)
{
    char *at = out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            stop("the kernel gives no random bytes");
        at += got;
        len -= (size_t)got;
    }
}

bool crypto_equal(struct text a, struct text b)
{
    if (a.len != b.len)
        return false;
    return a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}

void crypto_wipe(void *bytes, size_t len)
{
    explicit_bzero(bytes, len);
}

/* ----------------------------------------------------------- sealed boxes */
static EVP_CIPHER_CTX *cipher_start(void)
{
    ready();
    EVP_CIPHER_CTX *c = lib.EVP_CIPHER_CTX_new_();
    if (!c)
        stop("out of memory for a cipher");
    return c;
}

void crypto_seal(const unsigned char key[SEAL_KEY_LEN], struct text aad,
                 struct text plain, unsigned char *out)
{
    EVP_CIPHER_CTX *c = cipher_start();
    unsigned char *body = out + SEAL_NONCE_LEN;
    int n = 0;
    crypto_random(out, SEAL_NONCE_LEN);
    bool fine =
        lib.EVP_EncryptInit_ex_(c, lib.gcm, NULL, key, out) == 1 &&
        lib.EVP_EncryptUpdate_(c, NULL, &n, (const unsigned char *)aad.ptr,
                               (int)aad.len) == 1 &&
        lib.EVP_EncryptUpdate_(c, body, &n, (const unsigned char *)plain.ptr,
                               (int)plain.len) == 1 &&
        lib.EVP_EncryptFinal_ex_(c, body + n, &n) == 1 &&
        lib.EVP_CIPHER_CTX_ctrl_(c, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_LEN,
                                 body + plain.len) == 1;
    lib.EVP_CIPHER_CTX_free_(c);
    if (!fine)
        stop("libcrypto could not encrypt");
}

int crypto_unseal(const unsigned char key[SEAL_KEY_LEN], struct text aad,
                  struct text box, unsigned char *out)
{
    if (box.len < SEAL_EXTRA)
        return -1;
    const unsigned char *bytes = (const unsigned char *)box.ptr;
    size_t len = box.len - SEAL_EXTRA;
    unsigned char tag[SEAL_TAG_LEN];
    memcpy(tag, bytes + SEAL_NONCE_LEN + len, sizeof tag);

    EVP_CIPHER_CTX *c = cipher_start();
    int n = 0;
    bool genuine =
        lib.EVP_DecryptInit_ex_(c, lib.gcm, NULL, key, bytes) == 1 &&
        lib.EVP_DecryptUpdate_(c, NULL, &n, (const unsigned char *)aad.ptr,
                               (int)aad.len) == 1 &&
        lib.EVP_DecryptUpdate_(c, out, &n, bytes + SEAL_NONCE_LEN,
                               (int)len) == 1 &&
        lib.EVP_CIPHER_CTX_ctrl_(c, EVP_CTRL_AEAD_SET_TAG, sizeof tag,
                                 tag) == 1 &&
        lib.EVP_DecryptFinal_ex_(c, out + n, &n) == 1;
    lib.EVP_CIPHER_CTX_free_(c);
    if (!genuine)
        crypto_wipe(out, len);
    return genuine ? 0 : -1;
}
