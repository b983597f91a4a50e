/* The master key's file. For vault's own files. */
#ifndef MLC_RUNTIME_VAULT_KEY_H
#define MLC_RUNTIME_VAULT_KEY_H

#include "base/error.h"
#include "base/text.h"
#include "runtime/crypto.h"

#define KEYS_MAX 4 /* generations in one file, newest first */

struct master_key {
    char id[17]; /* first 16 hex digits of the key's SHA-256 */
    unsigned char bytes[SEAL_KEY_LEN];
};

struct key_ring {
    struct master_key keys[KEYS_MAX];
    size_t count;
    char path[512];
    const char *source;
    bool writable; /* ours to make and rotate */
};

/* 0; 1 when there is no file (path and source are set); -1. */
int key_ring_read(struct key_ring *ring, struct error *err);
/* Adds a fresh key in front and writes the file, whole or not at all. */
int key_ring_renew(struct key_ring *ring, struct error *err);
const struct master_key *key_ring_find(const struct key_ring *ring,
                                       const char *id);
void key_ring_print(const struct key_ring *ring, struct buf *out);

#endif
