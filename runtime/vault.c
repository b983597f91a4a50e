/* Sealing and opening. A box in the store is
 *   "MLC1", id of the key that seals it (16), version (8, big endian),
 *   nonce, ciphertext, tag
 * and its associated data are connection, field, key id and version. */
#include "config.h"

#include "runtime/vault.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/redact.h"
#include "runtime/vault_key.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define MAGIC "MLC1"
#define ID_LEN 16
#define HEAD_LEN (4 + ID_LEN + 8)
#define DEK_FIELD ".key"      /* a connection's own key */
#define CANARY_FIELD ".canary" /* of connection "" */
#define CANARY_TEXT "mlc canary: the master key is the right one"
#define DEKS_MAX 64

struct dek {
    struct text connection;
    char id[ID_LEN + 1];
    unsigned char bytes[SEAL_KEY_LEN];
};

struct vault {
    struct store *store;
    struct key_ring ring;
    struct arena arena;
    struct dek deks[DEKS_MAX];
    size_t dek_count;
};

void vault_hide_memory(void)
{
    struct rlimit none = { 0, 0 };
    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef WITH_SANITIZERS /* the leak check attaches to the program */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* ------------------------------------------------------------------ boxes */
static struct text aad_of(struct arena *arena, struct text connection,
                          struct text field, const char *id, int64_t version)
{
    return text_of(arena_printf(arena, "%zu:%.*s|%zu:%.*s|%s|%lld",
                                connection.len, TEXT_ARG(connection),
                                field.len, TEXT_ARG(field), id,
                                (long long)version));
}

static struct text seal(struct arena *arena, const unsigned char *key,
                        const char *id, struct text connection,
                        struct text field, int64_t version, struct text plain)
{
    size_t len = HEAD_LEN + plain.len + SEAL_EXTRA;
    unsigned char *box = arena_alloc(arena, len);
    memcpy(box, MAGIC, 4);
    memcpy(box + 4, id, ID_LEN);
    for (int i = 0; i < 8; i++)
        box[4 + ID_LEN + i] = (unsigned char)(version >> (56 - 8 * i));
    crypto_seal(key, aad_of(arena, connection, field, id, version), plain,
                box + HEAD_LEN);
    return (struct text){ (const char *)box, len };
}

static bool read_head(struct text box, char id[ID_LEN + 1], int64_t *version)
{
    if (box.len < HEAD_LEN + SEAL_EXTRA || memcmp(box.ptr, MAGIC, 4) != 0)
        return false;
    memcpy(id, box.ptr + 4, ID_LEN);
    id[ID_LEN] = 0;
    *version = 0;
    for (int i = 0; i < 8; i++)
        *version = *version << 8 | (unsigned char)box.ptr[4 + ID_LEN + i];
    return true;
}

static int unseal(struct arena *arena, const unsigned char *key,
                  const char *id, struct text connection, struct text field,
                  int64_t version, struct text box, struct text *out)
{
    size_t len = box.len - HEAD_LEN - SEAL_EXTRA;
    unsigned char *plain = arena_alloc(arena, len + 1);
    plain[len] = 0;
    *out = (struct text){ (const char *)plain, len };
    return crypto_unseal(key, aad_of(arena, connection, field, id, version),
                         text_slice(box, HEAD_LEN, box.len - HEAD_LEN), plain);
}

static int damaged(struct text connection, struct text field,
                   struct error *err)
{
    error_set(err, ERROR_USAGE, "the stored %.*s of %.*s was changed by "
              "something other than mlc and does not open", TEXT_ARG(field),
              TEXT_ARG(connection));
    error_hint(err, "Store it again: mlc auth set %.*s", TEXT_ARG(connection));
    return -1;
}

/* --------------------------------------------------------------- the keys */
static int lost_key(const struct vault *v, const char *id, struct error *err)
{
    if (v->ring.count > 0)
        error_set(err, ERROR_USAGE, "the master key in %s is %s, but the "
                  "stored secrets need %s", v->ring.path, v->ring.keys[0].id,
                  id);
    else
        error_set(err, ERROR_USAGE, "the master key %s that the stored "
                  "secrets need is not there: %s does not exist", id,
                  v->ring.path);
    error_hint(err, "Put the right key file back, or set MLC_KEY_FILE to it.");
    return -1;
}

/* Opens a box that the master key sealed. */
static int unseal_by_master(struct vault *v, struct arena *arena,
                            struct text connection, struct text field,
                            const struct vault_blob *blob, struct text *out,
                            struct error *err)
{
    char id[ID_LEN + 1];
    int64_t version;
    if (!read_head(blob->bytes, id, &version) || version != blob->version)
        return damaged(connection, field, err);
    const struct master_key *key = key_ring_find(&v->ring, id);
    if (!key)
        return lost_key(v, id, err);
    if (unseal(arena, key->bytes, id, connection, field, version, blob->bytes,
               out))
        return damaged(connection, field, err);
    return 0;
}

static int try_canary(struct vault *v, struct error *err)
{
    struct vault_blob blob;
    struct text plain;
    int found = store_vault_get(v->store, TEXT_NONE, TEXT(CANARY_FIELD),
                                &v->arena, &blob, err);
    if (found)
        return found < 0 ? -1 : 0;
    if (unseal_by_master(v, &v->arena, TEXT_NONE, TEXT(CANARY_FIELD), &blob,
                         &plain, err))
        return -1;
    return text_is(plain, CANARY_TEXT)
               ? 0
               : damaged(TEXT_NONE, TEXT(CANARY_FIELD), err);
}

/* Seals with the newest master key; what stands there is replaced. */
static int put_by_master(struct vault *v, struct text connection,
                         struct text field, struct text plain, int64_t version,
                         struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    const struct master_key *key = &v->ring.keys[0];
    struct text box = seal(&arena, key->bytes, key->id, connection, field,
                           version + 1, plain);
    int result = store_vault_put(v->store, connection, field, box, version,
                                 clock_now_ms(), err);
    arena_fini(&arena);
    return result;
}

/* A master key and a canary, before the first secret is stored. */
static int need_master(struct vault *v, struct error *err)
{
    struct vault_blob blob;
    if (v->ring.count == 0 && key_ring_renew(&v->ring, err))
        return -1;
    int found = store_vault_get(v->store, TEXT_NONE, TEXT(CANARY_FIELD),
                                &v->arena, &blob, err);
    if (found <= 0)
        return found < 0 ? -1 : try_canary(v, err);
    if (put_by_master(v, TEXT_NONE, TEXT(CANARY_FIELD), TEXT(CANARY_TEXT), 0,
                      err) < 0)
        return -1;
    return try_canary(v, err); /* perhaps another process's */
}

static struct dek *known_dek(struct vault *v, struct text connection)
{
    for (size_t i = 0; i < v->dek_count; i++)
        if (text_equal(v->deks[i].connection, connection))
            return &v->deks[i];
    return NULL;
}

static struct dek *keep_dek(struct vault *v, struct text connection,
                            struct text bytes)
{
    char sum[2 * SHA256_LEN + 1];
    struct dek *d = &v->deks[v->dek_count == DEKS_MAX ? 0 : v->dek_count++];
    d->connection = text_dup(&v->arena, connection);
    memcpy(d->bytes, bytes.ptr, SEAL_KEY_LEN);
    crypto_sha256_hex(bytes, sum);
    memcpy(d->id, sum, ID_LEN);
    d->id[ID_LEN] = 0;
    return d;
}

/* The connection's key: 0; 1 when it has none; -1. */
static int read_dek(struct vault *v, struct text connection, struct dek **out,
                    struct error *err)
{
    struct arena arena;
    struct vault_blob blob;
    struct text bytes;
    arena_init(&arena);
    int result = store_vault_get(v->store, connection, TEXT(DEK_FIELD), &arena,
                                 &blob, err);
    if (result == 0)
        result = unseal_by_master(v, &arena, connection, TEXT(DEK_FIELD),
                                  &blob, &bytes, err);
    if (result == 0 && bytes.len != SEAL_KEY_LEN)
        result = damaged(connection, TEXT(DEK_FIELD), err);
    if (result == 0) {
        *out = keep_dek(v, connection, bytes);
        crypto_wipe((void *)(uintptr_t)bytes.ptr, bytes.len);
    }
    arena_fini(&arena);
    return result;
}

static int get_dek(struct vault *v, struct text connection, struct dek **out,
                   struct error *err)
{
    *out = known_dek(v, connection);
    return *out ? 0 : read_dek(v, connection, out, err);
}

static int make_dek(struct vault *v, struct text connection, struct dek **out,
                    struct error *err)
{
    unsigned char bytes[SEAL_KEY_LEN];
    if (need_master(v, err))
        return -1;
    crypto_random(bytes, sizeof bytes);
    int result = put_by_master(v, connection, TEXT(DEK_FIELD),
                               (struct text){ (const char *)bytes,
                                              sizeof bytes }, 0, err);
    crypto_wipe(bytes, sizeof bytes);
    if (result < 0)
        return -1;
    return read_dek(v, connection, out, err); /* perhaps another process's */
}

/* ---------------------------------------------------------- open, get, put */
int vault_open(struct store *store, struct vault **out, struct error *err)
{
    struct vault *v = mem_zalloc(sizeof *v);
    vault_hide_memory();
    log_set_filter(redact_text);
    v->store = store;
    arena_init(&v->arena);
    if (key_ring_read(&v->ring, err) < 0 || try_canary(v, err)) {
        vault_close(v);
        return -1;
    }
    *out = v;
    return 0;
}

void vault_close(struct vault *v)
{
    if (!v)
        return;
    arena_fini(&v->arena);
    crypto_wipe(v, sizeof *v);
    mem_free(v);
}

static int open_box(struct vault *v, struct text connection, struct text field,
                    const struct vault_blob *blob, struct arena *arena,
                    struct text *out, struct error *err)
{
    struct dek *dek;
    char id[ID_LEN + 1];
    int64_t version;
    int found = get_dek(v, connection, &dek, err);
    if (found < 0)
        return -1;
    if (found > 0 || !read_head(blob->bytes, id, &version) ||
        version != blob->version)
        return damaged(connection, field, err);
    if (strcmp(id, dek->id) != 0) { /* the connection was set up anew */
        v->dek_count = 0;
        if (read_dek(v, connection, &dek, err))
            return damaged(connection, field, err);
    }
    if (strcmp(id, dek->id) != 0 ||
        unseal(arena, dek->bytes, id, connection, field, version, blob->bytes,
               out))
        return damaged(connection, field, err);
    return 0;
}

int vault_get(struct vault *v, struct text connection, const char *field,
              struct arena *arena, struct text *out, int64_t *version,
              struct error *err)
{
    struct vault_blob blob;
    int found = store_vault_get(v->store, connection, text_of(field), arena,
                                &blob, err);
    *out = TEXT_NONE;
    if (version)
        *version = found == 0 ? blob.version : 0;
    if (found)
        return found;
    return open_box(v, connection, text_of(field), &blob, arena, out, err);
}

static int current_version(struct vault *v, struct text connection,
                           struct text field, int64_t *version,
                           struct error *err)
{
    struct arena arena;
    struct vault_blob blob;
    arena_init(&arena);
    int found = store_vault_get(v->store, connection, field, &arena, &blob,
                                err);
    *version = found == 0 ? blob.version : 0;
    arena_fini(&arena);
    return found < 0 ? -1 : 0;
}

static int put_sealed(struct vault *v, const struct dek *dek,
                      struct text connection, struct text field,
                      struct text value, int64_t expected, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct text box = seal(&arena, dek->bytes, dek->id, connection, field,
                           expected + 1, value);
    int result = store_vault_put(v->store, connection, field, box, expected,
                                 clock_now_ms(), err);
    arena_fini(&arena);
    return result;
}

#define PUT_TRIES 10 /* against others who write the same field */

int vault_put(struct vault *v, struct text connection, const char *field,
              struct text value, int64_t expected, struct error *err)
{
    struct dek *dek;
    struct text name = text_of(field);
    if (value.len > VAULT_VALUE_MAX)
        return error_set(err, ERROR_USAGE, "%s is too long to be stored",
                         field);
    int found = read_dek(v, connection, &dek, err);
    if (found > 0)
        found = make_dek(v, connection, &dek, err);
    if (found)
        return -1;
    if (expected >= 0)
        return put_sealed(v, dek, connection, name, value, expected, err);
    for (int i = 0; i < PUT_TRIES; i++) {
        if (current_version(v, connection, name, &expected, err))
            return -1;
        int result = put_sealed(v, dek, connection, name, value, expected,
                                err);
        if (result <= 0)
            return result;
    }
    return error_set(err, ERROR_LOCKED, "others keep changing %s", field);
}

int vault_remove(struct vault *v, struct text connection, const char *field,
                 struct error *err)
{
    v->dek_count = 0;
    return store_vault_remove(v->store, connection,
                              field ? text_of(field) : TEXT_NONE, err);
}

/* ------------------------------------------------------------------- lists */
struct listing {
    struct vault *vault;
    struct arena *arena;
    struct vault_entry *entries;
    size_t count, cap;
    bool keys_too;
};

static int add_entry(void *ctx, struct text connection, struct text field,
                     const struct vault_blob *blob)
{
    struct listing *l = ctx;
    if (field.len > 0 && field.ptr[0] == '.' && !l->keys_too)
        return 0;
    if (l->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 32;
        struct vault_entry *bigger =
            ARENA_ARRAY(l->arena, struct vault_entry, l->cap);
        if (l->count)
            memcpy(bigger, l->entries, l->count * sizeof *bigger);
        l->entries = bigger;
    }
    l->entries[l->count++] = (struct vault_entry){
        text_dup(l->arena, connection), text_dup(l->arena, field),
        blob->changed_ms,
    };
    return 0;
}

static int list_all(struct listing *l, struct text connection,
                    struct error *err)
{
    return store_vault_each(l->vault->store, connection, l->arena, add_entry,
                            l, err) < 0
               ? -1
               : 0;
}

int vault_list(struct vault *v, struct text connection, struct arena *arena,
               struct vault_entry **out, size_t *count, struct error *err)
{
    struct listing l = { .vault = v, .arena = arena };
    int result = list_all(&l, connection, err);
    *out = l.entries;
    *count = l.count;
    return result;
}

/* -------------------------------------------------------------- master key */
static bool is_field(const struct vault_entry *e, const char *name)
{
    return text_is(e->field, name);
}

static int check_entry(struct vault *v, const struct vault_entry *e,
                       struct arena *arena, struct error *err)
{
    struct vault_blob blob;
    struct text plain;
    if (store_vault_get(v->store, e->connection, e->field, arena, &blob, err))
        return -1;
    if (is_field(e, DEK_FIELD) || is_field(e, CANARY_FIELD))
        return unseal_by_master(v, arena, e->connection, e->field, &blob,
                                &plain, err);
    return open_box(v, e->connection, e->field, &blob, arena, &plain, err);
}

int vault_check(struct vault *v, struct key_status *out, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct listing l = { .vault = v, .arena = &arena, .keys_too = true };
    memset(out, 0, sizeof *out);
    snprintf(out->path, sizeof out->path, "%s", v->ring.path);
    out->source = v->ring.source;
    if (v->ring.count)
        snprintf(out->id, sizeof out->id, "%s", v->ring.keys[0].id);
    int result = list_all(&l, TEXT_NONE, err);
    for (size_t i = 0; result == 0 && i < l.count; i++) {
        result = check_entry(v, &l.entries[i], &arena, err);
        if (is_field(&l.entries[i], DEK_FIELD))
            out->connections++;
        else if (!is_field(&l.entries[i], CANARY_FIELD))
            out->secrets++;
    }
    arena_fini(&arena);
    return result;
}

static int reseal(struct vault *v, const struct vault_entry *e,
                  struct arena *arena, struct error *err)
{
    struct vault_blob blob;
    struct text plain;
    if (!is_field(e, DEK_FIELD) && !is_field(e, CANARY_FIELD))
        return 0;
    if (store_vault_get(v->store, e->connection, e->field, arena, &blob,
                        err) ||
        unseal_by_master(v, arena, e->connection, e->field, &blob, &plain,
                         err))
        return -1;
    int result = put_by_master(v, e->connection, e->field, plain,
                               blob.version, err);
    crypto_wipe((void *)(uintptr_t)plain.ptr, plain.len);
    if (result > 0)
        return error_set(err, ERROR_LOCKED, "another process changed the keys "
                         "meanwhile");
    return result;
}

/* Seals all keys anew with the newest master key, all or none. */
static int reseal_all(struct vault *v, struct error *err)
{
    struct arena arena;
    arena_init(&arena);
    struct listing l = { .vault = v, .arena = &arena, .keys_too = true };
    int result = store_begin(v->store, err);
    if (result == 0) {
        result = list_all(&l, TEXT_NONE, err);
        for (size_t i = 0; result == 0 && i < l.count; i++)
            result = reseal(v, &l.entries[i], &arena, err);
        if (result == 0)
            result = store_commit(v->store, err);
        else
            store_rollback(v->store);
    }
    arena_fini(&arena);
    return result;
}

/* The new key is in the file before anything is sealed with it, and the old
 * one stays behind it: killed at any point, everything still opens. A
 * generation leaves the file only when nothing is sealed with it any more,
 * which the first pass makes sure of after an interrupted rotation. */
int vault_rotate(struct vault *v, char old_id[17], char new_id[17],
                 struct error *err)
{
    snprintf(old_id, 17, "%s", v->ring.count ? v->ring.keys[0].id : "");
    if (v->ring.count > 1) {
        if (reseal_all(v, err))
            return -1;
        v->ring.count = 1;
    }
    if (key_ring_renew(&v->ring, err))
        return -1;
    snprintf(new_id, 17, "%s", v->ring.keys[0].id);
    return reseal_all(v, err);
}

int vault_export(struct vault *v, struct buf *out, struct error *err)
{
    if (v->ring.count == 0)
        return error_set(err, ERROR_USAGE, "there is no master key yet");
    key_ring_print(&v->ring, out);
    return 0;
}
