/* The tables, version by version. One transaction takes a file from whatever
 * version it has to ours, `user_version` last: a program killed in between
 * leaves the file as it was [24]. */
#include "config.h"

#include "runtime/store_sqlite.h"

#include "runtime/crypto.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MACHINE_MAX 80
#define PLACE_MAX 160
#define NAME_MAX_PATH 4096

struct table_text {
    int version; /* that brings it */
    const char *sql;
};

static const struct table_text tables[] = {
    { 1, "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) "
         "STRICT, WITHOUT ROWID;" },
    { 1, "CREATE TABLE vault (connection TEXT NOT NULL, field TEXT NOT NULL, "
         "bytes BLOB NOT NULL, version INTEGER NOT NULL, changed INTEGER NOT "
         "NULL, PRIMARY KEY (connection, field)) STRICT, WITHOUT ROWID;" },
    { 1, "CREATE TABLE learnt (connection TEXT NOT NULL, name TEXT NOT NULL, "
         "value TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (connection, "
         "name)) STRICT, WITHOUT ROWID;" },
    { 1, "CREATE TABLE budgets (connection TEXT NOT NULL, endpoint TEXT NOT "
         "NULL, window TEXT NOT NULL, used INTEGER NOT NULL, most INTEGER NOT "
         "NULL, started INTEGER NOT NULL, reset INTEGER NOT NULL, blocked "
         "INTEGER NOT NULL, PRIMARY KEY (connection, endpoint, window)) "
         "STRICT, WITHOUT ROWID;" },
    { 1, "CREATE TABLE leases (name TEXT PRIMARY KEY, owner TEXT NOT NULL, "
         "fence INTEGER NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT "
         "ROWID;" },
    { 1, "CREATE TABLE locks (id INTEGER PRIMARY KEY, name TEXT NOT NULL "
         "UNIQUE, holder TEXT NOT NULL) STRICT;" },
    { 1, "CREATE TABLE hooks (id INTEGER PRIMARY KEY, connection TEXT NOT "
         "NULL, event_id TEXT NOT NULL, body_hash TEXT NOT NULL, object TEXT "
         "NOT NULL, record_id TEXT NOT NULL, deleted INTEGER NOT NULL, "
         "received INTEGER NOT NULL, done INTEGER NOT NULL, UNIQUE "
         "(connection, event_id)) STRICT;" },
    { 1, "CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, flow TEXT "
         "NOT NULL, flow_hash TEXT NOT NULL, mode TEXT NOT NULL, outcome "
         "TEXT NOT NULL, counts TEXT NOT NULL, owner TEXT NOT NULL, started "
         "INTEGER NOT NULL, finished INTEGER NOT NULL) STRICT;" },
    { 1, "CREATE INDEX runs_flow ON runs (flow, id);" },
    { 1, "CREATE TABLE links (id INTEGER PRIMARY KEY, source TEXT NOT NULL, "
         "source_key TEXT NOT NULL, target TEXT NOT NULL, target_id TEXT NOT "
         "NULL, target_key TEXT NOT NULL, run INTEGER NOT NULL, created "
         "INTEGER NOT NULL, gone INTEGER NOT NULL) STRICT;" },
    { 1, "CREATE UNIQUE INDEX links_source ON links (source, source_key, "
         "target) WHERE gone = 0;" },
    { 1, "CREATE INDEX links_key ON links (source_key, target);" },
    { 1, "CREATE INDEX links_back ON links (target_id, source);" },
    { 1, "CREATE INDEX links_target ON links (target, target_id);" },
    { 1, "CREATE TABLE owned (link INTEGER NOT NULL, flow TEXT NOT NULL, "
         "hash TEXT NOT NULL, fields TEXT NOT NULL, version TEXT NOT NULL, "
         "at INTEGER NOT NULL, PRIMARY KEY (link, flow)) STRICT, WITHOUT "
         "ROWID;" },
    { 1, "CREATE TABLE seen (flow TEXT NOT NULL, key TEXT NOT NULL, PRIMARY "
         "KEY (flow, key)) STRICT, WITHOUT ROWID;" },
    { 1, "CREATE TABLE cursors (flow TEXT NOT NULL, source TEXT NOT NULL, "
         "value TEXT NOT NULL, boundary TEXT NOT NULL, where_hash TEXT NOT "
         "NULL, flow_hash TEXT NOT NULL, complete INTEGER NOT NULL, "
         "complete_count INTEGER NOT NULL, PRIMARY KEY (flow, source)) "
         "STRICT, WITHOUT ROWID;" },
    { 1, "CREATE TABLE plan (run INTEGER NOT NULL, number INTEGER NOT NULL, "
         "page INTEGER NOT NULL, action TEXT NOT NULL, source_key TEXT NOT "
         "NULL, target_id TEXT NOT NULL, target_key TEXT NOT NULL, record "
         "BLOB NOT NULL, target BLOB NOT NULL, before TEXT NOT NULL, hash "
         "TEXT NOT NULL, reasons TEXT NOT NULL, version TEXT NOT NULL, "
         "source_hash TEXT NOT NULL, PRIMARY KEY (run, number)) STRICT, "
         "WITHOUT ROWID;" },
    { 1, "CREATE INDEX plan_source ON plan (run, source_key);" },
    { 1, "CREATE INDEX plan_target ON plan (run, target_key);" },
    { 1, "CREATE TABLE intents (id INTEGER PRIMARY KEY AUTOINCREMENT, run "
         "INTEGER NOT NULL, fence INTEGER NOT NULL, flow TEXT NOT NULL, "
         "source TEXT NOT NULL, source_key TEXT NOT NULL, target TEXT NOT "
         "NULL, is_update INTEGER NOT NULL, target_id TEXT NOT NULL, "
         "natural_key TEXT NOT NULL, match BLOB NOT NULL, record_key TEXT "
         "NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, headers TEXT "
         "NOT NULL, body TEXT NOT NULL, content_type TEXT NOT NULL, endpoint "
         "TEXT NOT NULL, fields TEXT NOT NULL, hash TEXT NOT NULL, evidence "
         "TEXT NOT NULL, record TEXT NOT NULL, line INTEGER NOT NULL, "
         "prepared INTEGER NOT NULL, settle_until INTEGER NOT NULL, tries "
         "INTEGER NOT NULL, batch INTEGER NOT NULL, state INTEGER NOT NULL) "
         "STRICT;" },
    { 1, "CREATE INDEX intents_key ON intents (flow, source_key);" },
    { 1, "CREATE INDEX intents_state ON intents (state, flow) WHERE state IN "
         "(0, 1, 4);" },
    { 1, "CREATE TABLE holds (id INTEGER PRIMARY KEY AUTOINCREMENT, run "
         "INTEGER NOT NULL, line INTEGER NOT NULL, flow TEXT NOT NULL, "
         "source TEXT NOT NULL, source_key TEXT NOT NULL, kind TEXT NOT "
         "NULL, message TEXT NOT NULL, reasons TEXT NOT NULL, grouped TEXT "
         "NOT NULL, record TEXT NOT NULL, hash TEXT NOT NULL, flow_hash TEXT "
         "NOT NULL, owner TEXT NOT NULL, first_seen INTEGER NOT NULL, "
         "last_seen INTEGER NOT NULL, tries INTEGER NOT NULL, retry INTEGER "
         "NOT NULL, closed TEXT NOT NULL, why TEXT NOT NULL, closed_at "
         "INTEGER NOT NULL) STRICT;" },
    { 1, "CREATE UNIQUE INDEX holds_open ON holds (flow, source_key) WHERE "
         "closed = '';" },
    /* columns in the key's order: quick_check of 3.40 takes another for NULLs */
    { 1, "CREATE TABLE awaits (flow TEXT NOT NULL, object TEXT NOT NULL, "
         "field TEXT NOT NULL, key TEXT NOT NULL, hold INTEGER NOT NULL, "
         "PRIMARY KEY (flow, object, field, key, hold)) STRICT, WITHOUT "
         "ROWID;" },
    { 1, "CREATE INDEX awaits_hold ON awaits (hold);" },
    { 1, "CREATE TABLE audit (number INTEGER PRIMARY KEY, at INTEGER NOT "
         "NULL, run INTEGER NOT NULL, line INTEGER NOT NULL, flow TEXT NOT "
         "NULL, flow_hash TEXT NOT NULL, action TEXT NOT NULL, source TEXT "
         "NOT NULL, source_key TEXT NOT NULL, target TEXT NOT NULL, "
         "target_id TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT "
         "NULL, result TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT "
         "NULL) STRICT;" },
    { 1, "CREATE INDEX audit_source ON audit (source_key, number);" },
    { 1, "CREATE INDEX audit_target ON audit (target_id, number);" },
    { 1, "CREATE TABLE mirrors (object TEXT PRIMARY KEY, cursor TEXT NOT "
         "NULL, boundary TEXT NOT NULL, shape TEXT NOT NULL, complete "
         "INTEGER NOT NULL, refreshed INTEGER NOT NULL) STRICT, WITHOUT "
         "ROWID;" },
    { 1, "CREATE TABLE mirror (object TEXT NOT NULL, key TEXT NOT NULL, "
         "grouped TEXT NOT NULL, body TEXT NOT NULL, gone INTEGER NOT NULL, "
         "mark INTEGER NOT NULL, PRIMARY KEY (object, key)) STRICT, WITHOUT "
         "ROWID;" },
    { 1, "CREATE INDEX mirror_group ON mirror (object, grouped);" },
    /* what one run did, without reading the whole trail */
    { 2, "CREATE INDEX audit_run ON audit (run, number);" },
};

struct store_testing store_testing;

static int newest(void)
{
    return store_testing.schema ? store_testing.schema : STORE_SCHEMA;
}

/* What the tables look like now: another tool's change shows. */
static int fingerprint(struct store *s, char out[65], struct error *err)
{
    struct crypto_digest d;
    unsigned char hash[SHA256_LEN];
    sqlite3_stmt *q = sql_query(s, err, "SELECT sql FROM sqlite_schema"
                                " WHERE sql IS NOT NULL ORDER BY name", "");
    if (!q)
        return -1;
    crypto_digest_init(&d);
    int got;
    while ((got = sql_step(s, q, err)) == 1)
        crypto_digest_update(&d, column_text(q, 0, NULL));
    sql_done(s, q);
    crypto_digest_final(&d, hash);
    crypto_hex((struct text){ (const char *)hash, SHA256_LEN }, out);
    return got;
}

static int version_of(struct store *s, int64_t *version, struct error *err)
{
    return sql_number(s, err, 0, version, "PRAGMA user_version", "");
}

/* Which machine and which file this is: a copied state is another one. */
static void place_of(const struct store *s, char out[PLACE_MAX])
{
    char machine[MACHINE_MAX] = "";
    int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, machine, 32) : 0;
    if (fd >= 0)
        close(fd);
    if (got <= 0 && gethostname(machine, sizeof machine - 1) != 0)
        got = 0;
    machine[MACHINE_MAX - 1] = '\0';
    if (got > 0)
        machine[got] = '\0';
    machine[strcspn(machine, "\n")] = '\0';
    struct statx st = { 0 }; /* a freed inode's number is given out again */
    if (statx(AT_FDCWD, s->path, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &st) != 0
        || !(st.stx_mask & STATX_BTIME))
        st.stx_btime.tv_sec = 0;
    snprintf(out, PLACE_MAX, "%s %llu %lld", machine,
             (unsigned long long)s->inode, (long long)st.stx_btime.tv_sec);
}

static int exec(struct store *s, const char *sql, struct error *err)
{
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return sql_error(s, err, "upgrade");
}

static int first_settings(struct store *s, struct error *err)
{
    unsigned char bytes[16];
    char instance[33];
    char place[PLACE_MAX];
    crypto_random(bytes, sizeof bytes);
    crypto_hex((struct text){ (const char *)bytes, sizeof bytes }, instance);
    place_of(s, place);
    return store_setting_put(s, "instance", text_of(instance), err)
           || store_setting_put(s, "place", text_of(place), err)
                   ? -1
                   : 0;
}

static int upgrade(struct store *s, struct error *err)
{
    int64_t version = 0;
    char print[65];
    if (version_of(s, &version, err))
        return -1;
    if (version >= newest())
        return 0; /* another process was first */
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (tables[i].version > version && tables[i].version <= newest()
            && exec(s, tables[i].sql, err))
            return -1;
    if (version == 0 && first_settings(s, err))
        return -1;
    if (fingerprint(s, print, err)
        || store_setting_put(s, "tables", text_of(print), err)
        || exec(s, "PRAGMA application_id=0x6d6c6331", err))
        return -1;
    char last[40];
    snprintf(last, sizeof last, "PRAGMA user_version=%d", newest());
    return exec(s, last, err);
}

static int load_instance(struct store *s, struct error *err)
{
    struct arena arena;
    struct text instance;
    struct text known;
    char print[65];
    arena_init(&arena);
    int result = store_setting_get(s, "instance", &arena, &instance, err);
    if (result == 0)
        result = store_setting_get(s, "tables", &arena, &known, err);
    if (result == 0)
        result = fingerprint(s, print, err);
    if (result == 0 && instance.len == 32) {
        memcpy(s->instance, instance.ptr, 32);
        if (!text_is(known, print))
            result = 1;
    }
    arena_fini(&arena);
    if (result <= 0)
        return result;
    error_set(err, ERROR_STORE, "the tables of the state file %s were changed "
              "by another program", s->path);
    error_hint(err, "Restore a backup with `mlc state restore FILE`, then run "
               "`mlc adopt`.");
    return -1;
}

int store_migrate(struct store *s, struct error *err)
{
    int64_t version = 0;
    if (version_of(s, &version, err))
        return -1;
    if (version > STORE_SCHEMA) {
        error_set(err, ERROR_STORE, "the state file %s was written by a newer "
                  "mlc (version %lld of its tables, this one knows %d)",
                  s->path, (long long)version, STORE_SCHEMA);
        error_hint(err, "Install that version again; nothing was changed.");
        return -1;
    }
    if (version < newest()) {
        if (s->read_only)
            return error_set(err, ERROR_STORE, "the state file %s is older "
                             "than this mlc and cannot be upgraded while it "
                             "is only read", s->path);
        if (store_testing.torn ? upgrade(s, err)
                               : STORE_WITHIN(s, err, upgrade(s, err)))
            return -1;
    }
    return load_instance(s, err);
}

/* ------------------------------------------------- copies and older states */
/* The witness: the highest run a state has made, written beside it and into
 * the user's own state folder. A file older than its witness has been put
 * back; a file at another place is a copy [22, 23]. */
static bool witness_path(const struct store *s, int which, char *out,
                         size_t size)
{
    int n;
    const char *home = getenv("XDG_STATE_HOME");
    if (which == 0)
        n = snprintf(out, size, "%s.runs", s->path);
    else if (home && home[0] == '/')
        n = snprintf(out, size, "%s/mlc/%s.runs", home, s->instance);
    else if ((home = getenv("HOME")) && home[0] == '/')
        n = snprintf(out, size, "%s/.local/state/mlc/%s.runs", home,
                     s->instance);
    else
        return false;
    return n > 0 && (size_t)n < size;
}

static int64_t witness_read(const struct store *s, int which)
{
    char path[NAME_MAX_PATH];
    char line[96] = "";
    char instance[33] = "";
    long long seen = 0;
    if (!witness_path(s, which, path, sizeof path))
        return 0;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, line, sizeof line - 1);
    close(fd);
    if (got <= 0 || sscanf(line, "%32s %lld", instance, &seen) != 2
        || strcmp(instance, s->instance) != 0)
        return 0;
    return seen;
}

static void make_folders(char *path)
{
    for (char *p = path + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(path, 0700);
        *p = '/';
    }
}

static void witness_write(const struct store *s, int which, int64_t run)
{
    char path[NAME_MAX_PATH];
    char fresh[NAME_MAX_PATH + 8];
    char line[96];
    if (!witness_path(s, which, path, sizeof path))
        return;
    if (which == 1)
        make_folders(path);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    int len = snprintf(line, sizeof line, "%s %lld\n", s->instance,
                       (long long)run);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                  0600);
    if (fd < 0)
        return; /* a guard more or less; the run itself does not depend on it */
    bool good = write(fd, line, (size_t)len) == len && fsync(fd) == 0;
    close(fd);
    if (!good || rename(fresh, path) != 0)
        unlink(fresh);
}

static int last_run(struct store *s, int64_t *run, struct error *err)
{
    return sql_number(s, err, 0, run,
                      "SELECT seq FROM sqlite_sequence WHERE name = 'runs'",
                      "");
}

int store_rollback_check(struct store *s, bool *cloned, bool *rolled_back,
                         struct error *err)
{
    struct arena arena;
    struct text kept;
    char place[PLACE_MAX];
    int64_t run = 0;
    arena_init(&arena);
    place_of(s, place);
    int result = store_setting_get(s, "place", &arena, &kept, err);
    if (result == 0)
        result = last_run(s, &run, err);
    *cloned = result == 0 && !text_is(kept, place);
    *rolled_back = witness_read(s, 0) > run || witness_read(s, 1) > run;
    arena_fini(&arena);
    return result < 0 ? -1 : 0;
}

int store_rollback_accept(struct store *s, struct error *err)
{
    char place[PLACE_MAX];
    int64_t run = 0;
    int64_t beside = witness_read(s, 0);
    int64_t home = witness_read(s, 1);
    int64_t most = beside > home ? beside : home;
    place_of(s, place);
    if (store_setting_put(s, "place", text_of(place), err)
        || last_run(s, &run, err))
        return -1;
    if (most > run /* numbers go on where the world already is */
        && (sql_run(s, err, "DELETE FROM sqlite_sequence WHERE name = 'runs'",
                    "")
            || sql_run(s, err, "INSERT INTO sqlite_sequence (name, seq)"
                       " VALUES ('runs', ?)", "i", most)))
        return -1;
    return 0;
}

int store_run_start(struct store *s, struct text flow, struct text flow_hash,
                    const char *mode, int64_t now_ms, int64_t *id,
                    struct error *err)
{
    if (sql_run(s, err, "INSERT INTO runs (flow, flow_hash, mode, outcome,"
                " counts, owner, started, finished)"
                " VALUES (?, ?, ?, '', '', ?, ?, 0)", "ttzzi", flow,
                flow_hash, mode, s->owner, now_ms))
        return -1;
    *id = sqlite3_last_insert_rowid(s->db);
    if (s->depth == 0 && strcmp(mode, "plan") != 0) {
        witness_write(s, 0, *id);
        witness_write(s, 1, *id);
    }
    return 0;
}
