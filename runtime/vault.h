/* Secrets at rest. Each value is sealed with the key of its connection, and
 * that with the master key from the key file; connection, field and version
 * are bound to the box, so that a box moved, cut or changed does not open. A
 * sealed canary tells a wrong master key before anything runs.
 *
 * The master key comes from MLC_KEY_FILE, from the systemd credential
 * `mlc.key`, or from mlc/key in the user's configuration folder, which is
 * made when the first secret is stored. A key file is readable for its owner
 * only. */
#ifndef MLC_RUNTIME_VAULT_H
#define MLC_RUNTIME_VAULT_H

#include "base/error.h"
#include "base/text.h"
#include "runtime/store.h"

#define VAULT_VALUE_MAX ((size_t)64 << 10)

struct vault;

/* Reads the key and tries the canary. Without any secret stored yet a key
 * need not be there. -1: ERROR_USAGE when the key is missing or another. */
int vault_open(struct store *store, struct vault **out, struct error *err);
void vault_close(struct vault *v);

/* The value, in `arena`; `*version` for vault_put. 1 when there is none. Who
 * gets a secret tells redact of it. */
int vault_get(struct vault *v, struct text connection, const char *field,
              struct arena *arena, struct text *out, int64_t *version,
              struct error *err);
/* Seals and stores, durable on return. `expected` as store_vault_put: the
 * version it replaces, 0 none; -1 whatever is there. 1: another version
 * stands there. */
int vault_put(struct vault *v, struct text connection, const char *field,
              struct text value, int64_t expected, struct error *err);
/* Field NULL: everything of the connection. */
int vault_remove(struct vault *v, struct text connection, const char *field,
                 struct error *err);

struct vault_entry {
    struct text connection, field;
    int64_t changed_ms;
};
int vault_list(struct vault *v, struct text connection, struct arena *arena,
               struct vault_entry **out, size_t *count, struct error *err);

/* ------------------------------------------------------------ master key */
struct key_status {
    char id[17];       /* of the key in use, "" none */
    char path[512];    /* where it is read from */
    const char *source; /* "MLC_KEY_FILE", "systemd credential", "user" */
    size_t secrets, connections;
};
/* Opens every box. -1 names the first that does not open. */
int vault_check(struct vault *v, struct key_status *out, struct error *err);
/* A new master key; the connections' keys are sealed anew and the old key
 * stays second in the file for backups made before. */
int vault_rotate(struct vault *v, char old_id[17], char new_id[17],
                 struct error *err);
/* The key file's content, for safe keeping. */
int vault_export(struct vault *v, struct buf *out, struct error *err);
/* No core files, no attaching: called by whatever holds secrets. */
void vault_hide_memory(void);

#endif
