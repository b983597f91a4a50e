/* Digests, message authentication, random bytes and sealed boxes. Owner of
 * OpenSSL, which is loaded on first use. Failing to get random bytes or to
 * load the library ends the program: nothing here returns half-done work. */
#ifndef MLC_RUNTIME_CRYPTO_H
#define MLC_RUNTIME_CRYPTO_H

#include "base/error.h"
#include "base/text.h"

#define SHA256_LEN 32
#define SHA1_LEN 20
#define SEAL_KEY_LEN 32
#define SEAL_NONCE_LEN 12
#define SEAL_TAG_LEN 16
/* A box is nonce, ciphertext, tag. */
#define SEAL_EXTRA (SEAL_NONCE_LEN + SEAL_TAG_LEN)

void crypto_sha256(struct text bytes, unsigned char out[SHA256_LEN]);
void crypto_sha1(struct text bytes, unsigned char out[SHA1_LEN]);
/* Lower-case hex with a NUL. */
void crypto_sha256_hex(struct text bytes, char out[2 * SHA256_LEN + 1]);
void crypto_hmac_sha256(struct text key, struct text bytes,
                        unsigned char out[SHA256_LEN]);

/* Over several pieces: init, update …, final. Copying the struct is not
 * allowed. */
struct crypto_digest {
    void *context;
};
void crypto_digest_init(struct crypto_digest *d); /* SHA-256 */
void crypto_digest_update(struct crypto_digest *d, struct text bytes);
void crypto_digest_final(struct crypto_digest *d,
                         unsigned char out[SHA256_LEN]); /* frees too */

void crypto_random(void *out, size_t len);
/* Time does not depend on where they differ; lengths are no secret. */
bool crypto_equal(struct text a, struct text b);
/* Overwrites; never optimised away. */
void crypto_wipe(void *bytes, size_t len);

/* AES-256-GCM. `out` gets SEAL_EXTRA bytes more than `plain`; a fresh random
 * nonce each time. */
void crypto_seal(const unsigned char key[SEAL_KEY_LEN], struct text aad,
                 struct text plain, unsigned char *out);
/* 0, or -1 when key, associated data or a single bit differ; `out` gets
 * SEAL_EXTRA bytes fewer than `box`. */
int crypto_unseal(const unsigned char key[SEAL_KEY_LEN], struct text aad,
                  struct text box, unsigned char *out);

/* Encodings; results have a NUL after them. */
void crypto_hex(struct text bytes, char *out); /* 2 * len + 1 */
bool crypto_unhex(struct text hex, unsigned char *out); /* len / 2 */
struct text crypto_base64(struct arena *arena, struct text bytes);
/* URL alphabet, no padding. */
struct text crypto_base64url(struct arena *arena, struct text bytes);
/* Strict: canonical padding and bits only. False when it is not. */
bool crypto_unbase64(struct arena *arena, struct text t, struct text *bytes);
bool crypto_unbase64url(struct arena *arena, struct text t,
                        struct text *bytes);

#endif
