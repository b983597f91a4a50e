/* Leases, locks, settings, kept bytes, counters and webhook deliveries. */
#include "config.h"

#include "runtime/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Ends the owner's name of a lease that was taken without its lock. */
#define LOOSE " without its lock"

/* ---------------------------------------------------------------- leases */
static int read_lease(struct store *s, const char *name, struct lease *out,
                      struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT owner, fence, until"
                                " FROM leases WHERE name = ?", "z", name);
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    *out = (struct lease){ 0 };
    snprintf(out->name, sizeof out->name, "%s", name);
    if (got == 1) {
        struct text t = column_text(q, 0, NULL);
        snprintf(out->owner, sizeof out->owner, "%.*s", TEXT_ARG(t));
        out->loose = text_ends(t, TEXT(LOOSE));
        out->fence = sqlite3_column_int64(q, 1);
        out->until_ms = sqlite3_column_int64(q, 2);
    }
    sql_done(s, q);
    return got < 0 ? -1 : 0;
}

static int write_lease(struct store *s, struct lease *lease, int64_t until_ms,
                       struct error *err)
{
    snprintf(lease->owner, sizeof lease->owner, "%.100s%s", s->owner,
             lease->loose ? LOOSE : "");
    lease->until_ms = until_ms;
    return sql_run(s, err, "INSERT INTO leases (name, owner, fence, until)"
                   " VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
                   " owner = excluded.owner, fence = excluded.fence,"
                   " until = excluded.until", "zzii", lease->name,
                   lease->owner, lease->fence, lease->until_ms);
}

static int take_lease(struct store *s, const char *name, int64_t now_ms,
                      int64_t lives_ms, struct lease *out, struct error *err)
{
    if (read_lease(s, name, out, err))
        return -1;
    if (out->owner[0] && out->until_ms > now_ms)
        return 1; /* ours too: two parts of one process are two holders */
    out->fence++;
    out->loose = false;
    return write_lease(s, out, now_ms + lives_ms, err);
}

int store_lease_take(struct store *s, const char *name, int64_t now_ms,
                     int64_t lives_ms, struct lease *out, struct error *err)
{
    return STORE_WITHIN(s, err, take_lease(s, name, now_ms, lives_ms, out,
                                           err));
}

static int renew_lease(struct store *s, struct lease *lease, int64_t now_ms,
                       int64_t lives_ms, struct error *err)
{
    struct lease now;
    if (read_lease(s, lease->name, &now, err))
        return -1;
    if (now.fence != lease->fence || strcmp(now.owner, lease->owner) != 0)
        return 1;
    return write_lease(s, lease, now_ms + lives_ms, err);
}

int store_lease_renew(struct store *s, struct lease *lease, int64_t now_ms,
                      int64_t lives_ms, struct error *err)
{
    return STORE_WITHIN(s, err, renew_lease(s, lease, now_ms, lives_ms, err));
}

static int seize_lease(struct store *s, const char *name, int64_t until_ms,
                       struct lease *out, struct error *err)
{
    if (read_lease(s, name, out, err))
        return -1;
    out->fence++;
    out->loose = false;
    return write_lease(s, out, until_ms, err);
}

int store_lease_seize(struct store *s, const char *name, int64_t until_ms,
                      struct lease *out, struct error *err)
{
    return STORE_WITHIN(s, err, seize_lease(s, name, until_ms, out, err));
}

int store_lease_check(struct store *s, const struct lease *lease,
                      struct error *err)
{
    int64_t fence = 0;
    if (sql_number(s, err, 0, &fence, "SELECT fence FROM leases"
                   " WHERE name = ?", "z", lease->name))
        return -1;
    if (fence == lease->fence)
        return 0;
    return error_set(err, ERROR_LOCKED, "another run took over while this one "
                     "was stopped; this one ends without writing");
}

void store_lease_release(struct store *s, const struct lease *lease)
{
    struct error ignored = { 0 };
    sql_run(s, &ignored, "UPDATE leases SET owner = '', until = 0"
            " WHERE name = ? AND owner = ? AND fence = ?", "zzi", lease->name,
            lease->owner, lease->fence);
}

/* ----------------------------------------------------------------- locks */
/* One file, one byte per name: a lock of an open file, which the kernel
 * takes back when the process ends, however it ends [25-27]. */
static int lock_number(struct store *s, const char *name, int64_t *number,
                       struct error *err)
{
    return sql_number(s, err, 0, number, "SELECT id FROM locks WHERE name = ?",
                      "z", name);
}

static int make_number(struct store *s, const char *name, int64_t *number,
                       struct error *err)
{
    if (lock_number(s, name, number, err))
        return -1;
    if (*number > 0)
        return 0;
    if (sql_run(s, err, "INSERT INTO locks (name, holder) VALUES (?, '')",
                "z", name))
        return -1;
    *number = sqlite3_last_insert_rowid(s->db);
    return 0;
}

static bool holds(const struct store *s, int64_t number)
{
    for (size_t i = 0; i < s->lock_count; i++)
        if (s->locks[i] == number)
            return true;
    return false;
}

static struct flock byte_lock(short type, int64_t number)
{
    struct flock l = { 0 };
    l.l_type = type;
    l.l_whence = SEEK_SET;
    l.l_start = (off_t)number;
    l.l_len = 1;
    return l;
}

void store_lock_holder(struct store *s, const char *name, char out[128])
{
    struct error ignored = { 0 };
    out[0] = '\0';
    sqlite3_stmt *q = sql_query(s, &ignored, "SELECT holder FROM locks"
                                " WHERE name = ?", "z", name);
    if (q && sql_step(s, q, &ignored) == 1) {
        struct text t = column_text(q, 0, NULL);
        size_t at;
        if (text_find(t, TEXT(" #"), &at))
            t.len = at;
        snprintf(out, 128, "%.*s", TEXT_ARG(t));
    }
    sql_done(s, q);
}

int store_lock(struct store *s, const char *name, struct error *err)
{
    int64_t number = 0;
    if (s->read_only || s->lock_count == LOCKS_MAX)
        return error_set(err, ERROR_STORE, "cannot lock %s", name);
    if (lock_number(s, name, &number, err)
        || (number == 0
            && STORE_WITHIN(s, err, make_number(s, name, &number, err))))
        return -1;
    struct flock l = byte_lock(F_WRLCK, number);
    if (holds(s, number))
        return 1;
    if (fcntl(s->lock_fd, F_OFD_SETLK, &l) != 0) {
        if (errno == EAGAIN || errno == EACCES)
            return 1;
        error_errno(err, ERROR_STORE, "cannot lock %s", name);
        error_hint(err, "Keep the state on a local disk: this file system "
                   "does not lock.");
        return -1;
    }
    s->locks[s->lock_count++] = number;
    if (sql_run(s, err, "UPDATE locks SET holder = ? WHERE id = ?", "zi",
                s->owner, number)) {
        store_unlock(s, name);
        return -1;
    }
    return 0;
}

void store_unlock(struct store *s, const char *name)
{
    int64_t number = 0;
    struct error ignored = { 0 };
    if (lock_number(s, name, &number, &ignored))
        return;
    for (size_t i = 0; i < s->lock_count; i++)
        if (s->locks[i] == number) {
            struct flock l = byte_lock(F_UNLCK, number);
            fcntl(s->lock_fd, F_OFD_SETLK, &l);
            s->locks[i] = s->locks[--s->lock_count];
            return;
        }
}

/* Who has the lock knows that no other who had it is alive; a lease that was
 * taken without it may have a holder that is. */
static int take_place(struct store *s, const char *name, int64_t now_ms,
                      int64_t lives_ms, bool locked, struct lease *out,
                      struct error *err)
{
    if (read_lease(s, name, out, err))
        return -1;
    if (out->owner[0] && out->until_ms > now_ms && (!locked || out->loose))
        return 1;
    out->fence++;
    out->loose = !locked;
    return write_lease(s, out, now_ms + lives_ms, err);
}

int store_place_take(struct store *s, const char *name, int64_t now_ms,
                     int64_t lives_ms, struct lease *out, struct error *err)
{
    int locked = store_lock(s, name, err);
    if (locked < 0)
        return -1;
    int result = STORE_WITHIN(s, err, take_place(s, name, now_ms, lives_ms,
                                                 locked == 0, out, err));
    if (result != 0 && locked == 0)
        store_unlock(s, name);
    return result;
}

void store_place_leave(struct store *s, const struct lease *lease)
{
    store_lease_release(s, lease);
    if (!lease->loose)
        store_unlock(s, lease->name);
}

bool store_is_locked(struct store *s, const char *name)
{
    int64_t number = 0;
    struct error ignored = { 0 };
    if (lock_number(s, name, &number, &ignored) || number == 0)
        return false;
    if (holds(s, number))
        return true;
    struct flock l = byte_lock(F_WRLCK, number);
    if (s->lock_fd < 0) { /* read only: ask through a handle of the moment */
        struct buf path;
        buf_init(&path, 5000);
        buf_printf(&path, "%s.lock", s->path);
        int fd = open(buf_cstr(&path), O_RDWR | O_CLOEXEC);
        buf_fini(&path);
        if (fd < 0)
            return false;
        bool held = fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
        close(fd);
        return held;
    }
    return fcntl(s->lock_fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

/* Two handles of one file: what the first has locked the second must not get
 * [29]. */
static int locks_work(const char *path)
{
    struct flock l = byte_lock(F_WRLCK, 1);
    int one = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int two = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    bool works = one >= 0 && two >= 0 && fcntl(one, F_OFD_SETLK, &l) == 0
                 && fcntl(two, F_OFD_SETLK, &l) != 0
                 && (errno == EAGAIN || errno == EACCES);
    if (one >= 0)
        close(one);
    if (two >= 0)
        close(two);
    unlink(path);
    return works;
}

int store_probe_locks(struct store *s, struct error *err)
{
    struct buf path;
    buf_init(&path, 5000);
    buf_printf(&path, "%s.probe", s->path);
    bool works = locks_work(buf_cstr(&path));
    buf_fini(&path);
    if (works)
        return 0;
    error_set(err, ERROR_STORE, "the file system of %s does not lock: two "
              "runs of a flow could write at once", s->path);
    error_hint(err, "Keep the state on a local disk, by --state or "
               "MLC_STATE.");
    return -1;
}

/* ---------------------------------------------------- settings, kept, counts */
int store_setting_get(struct store *s, const char *name, struct arena *arena,
                      struct text *out, struct error *err)
{
    *out = TEXT_NONE;
    sqlite3_stmt *q = sql_query(s, err, "SELECT value FROM settings"
                                " WHERE name = ?", "z", name);
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1)
        *out = column_text(q, 0, arena);
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

int store_setting_put(struct store *s, const char *name, struct text value,
                      struct error *err)
{
    return sql_run(s, err, "INSERT INTO settings (name, value) VALUES (?, ?)"
                   " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                   "zt", name, value);
}

/* ------------------------------------------------------------------ vault */
int store_vault_get(struct store *s, struct text connection, struct text field,
                    struct arena *arena, struct vault_blob *out,
                    struct error *err)
{
    *out = (struct vault_blob){ 0 };
    sqlite3_stmt *q = sql_query(s, err, "SELECT bytes, version, changed"
                                " FROM vault WHERE connection = ?"
                                " AND field = ?", "tt", connection, field);
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1) {
        out->bytes = column_bytes(q, 0, arena);
        out->version = sqlite3_column_int64(q, 1);
        out->changed_ms = sqlite3_column_int64(q, 2);
    }
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

static int put_vault(struct store *s, struct text connection,
                     struct text field, struct text bytes, int64_t expected,
                     int64_t now_ms, struct error *err)
{
    int64_t version = 0;
    if (sql_number(s, err, 0, &version, "SELECT version FROM vault"
                   " WHERE connection = ? AND field = ?", "tt", connection,
                   field))
        return -1;
    if (expected >= 0 && expected != version)
        return 1;
    return sql_run(s, err, "INSERT INTO vault (connection, field, bytes,"
                   " version, changed) VALUES (?, ?, ?, ?, ?)"
                   " ON CONFLICT (connection, field) DO UPDATE SET"
                   " bytes = excluded.bytes, version = excluded.version,"
                   " changed = excluded.changed", "ttbii", connection, field,
                   bytes, version + 1, now_ms);
}

int store_vault_put(struct store *s, struct text connection, struct text field,
                    struct text bytes, int64_t expected, int64_t now_ms,
                    struct error *err)
{
    return STORE_WITHIN(s, err, put_vault(s, connection, field, bytes,
                                          expected, now_ms, err));
}

int store_vault_remove(struct store *s, struct text connection,
                       struct text field, struct error *err)
{
    if (field.len == 0)
        return sql_run(s, err, "DELETE FROM vault WHERE connection = ?", "t",
                       connection);
    return sql_run(s, err, "DELETE FROM vault WHERE connection = ?"
                   " AND field = ?", "tt", connection, field);
}

int store_vault_each(struct store *s, struct text connection,
                     struct arena *arena,
                     int (*each)(void *ctx, struct text connection,
                                 struct text field,
                                 const struct vault_blob *blob),
                     void *ctx, struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT connection, field, bytes,"
                                " version, changed FROM vault"
                                " WHERE ?1 = '' OR connection = ?1"
                                " ORDER BY connection, field", "t",
                                connection);
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct vault_blob blob = { column_bytes(q, 2, arena),
                                   sqlite3_column_int64(q, 3),
                                   sqlite3_column_int64(q, 4) };
        result = each(ctx, column_text(q, 0, arena), column_text(q, 1, arena),
                      &blob);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

int store_learnt_get(struct store *s, struct text connection, struct text name,
                     struct arena *arena, struct text *out, struct error *err)
{
    *out = TEXT_NONE;
    sqlite3_stmt *q = sql_query(s, err, "SELECT value FROM learnt"
                                " WHERE connection = ? AND name = ?", "tt",
                                connection, name);
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1)
        *out = column_text(q, 0, arena);
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

int store_learnt_put(struct store *s, struct text connection, struct text name,
                     struct text value, int64_t now_ms, struct error *err)
{
    return sql_run(s, err, "INSERT INTO learnt (connection, name, value, at)"
                   " VALUES (?, ?, ?, ?) ON CONFLICT (connection, name)"
                   " DO UPDATE SET value = excluded.value, at = excluded.at",
                   "ttti", connection, name, value, now_ms);
}

int store_learnt_clear(struct store *s, struct text connection,
                       struct error *err)
{
    return sql_run(s, err, "DELETE FROM learnt WHERE connection = ?", "t",
                   connection);
}

/* ---------------------------------------------------------------- budgets */
static int read_budget(struct store *s, struct text connection,
                       struct text endpoint, const char *window,
                       int64_t now_ms, struct budget *out, struct error *err)
{
    *out = (struct budget){ .limit = -1 };
    sqlite3_stmt *q = sql_query(s, err, "SELECT used, most, started, reset,"
                                " blocked FROM budgets WHERE connection = ?"
                                " AND endpoint = ? AND window = ?", "ttz",
                                connection, endpoint, window);
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1) {
        out->used = sqlite3_column_int64(q, 0);
        out->limit = sqlite3_column_int64(q, 1);
        out->started_ms = sqlite3_column_int64(q, 2);
        out->reset_ms = sqlite3_column_int64(q, 3);
        out->blocked_until_ms = sqlite3_column_int64(q, 4);
    }
    sql_done(s, q);
    if (out->reset_ms != 0 && out->reset_ms <= now_ms)
        out->used = out->started_ms = out->reset_ms = 0; /* a new window */
    return got < 0 ? -1 : 0;
}

static int write_budget(struct store *s, struct text connection,
                        struct text endpoint, const char *window,
                        const struct budget *b, struct error *err)
{
    return sql_run(s, err, "INSERT INTO budgets (connection, endpoint, window,"
                   " used, most, started, reset, blocked)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                   " ON CONFLICT (connection, endpoint, window) DO UPDATE SET"
                   " used = excluded.used, most = excluded.most,"
                   " started = excluded.started, reset = excluded.reset,"
                   " blocked = excluded.blocked", "ttziiiii", connection,
                   endpoint, window, b->used, b->limit, b->started_ms,
                   b->reset_ms, b->blocked_until_ms);
}

static void open_window(struct budget *b, int64_t limit, int64_t window_ms,
                        int64_t now_ms)
{
    if (b->reset_ms == 0) {
        /* most vendors count by the clock's own minute, hour and day */
        bool by_clock = window_ms > 0;
        b->started_ms = by_clock ? now_ms - now_ms % window_ms : now_ms;
        b->reset_ms = b->started_ms + (by_clock ? window_ms : -window_ms);
        b->limit = limit;
    }
    if (b->limit < 0)
        b->limit = limit;
}

static int take_budget(struct store *s, struct text connection,
                       struct text endpoint, const char *window, int64_t cost,
                       int64_t limit, int64_t window_ms, int64_t now_ms,
                       int64_t *until_ms, struct error *err)
{
    struct budget b;
    *until_ms = 0;
    if (read_budget(s, connection, endpoint, window, now_ms, &b, err))
        return -1;
    open_window(&b, limit, window_ms, now_ms);
    if (b.blocked_until_ms > now_ms) {
        *until_ms = b.blocked_until_ms;
        return 1;
    }
    if (b.limit >= 0 && b.used + cost > b.limit) {
        *until_ms = b.reset_ms;
        return 1;
    }
    b.used += cost;
    return write_budget(s, connection, endpoint, window, &b, err);
}

int store_budget_take(struct store *s, struct text connection,
                      struct text endpoint, const char *window, int64_t cost,
                      int64_t limit, int64_t window_ms, int64_t now_ms,
                      int64_t *until_ms, struct error *err)
{
    return STORE_WITHIN(s, err, take_budget(s, connection, endpoint, window,
                                            cost, limit, window_ms, now_ms,
                                            until_ms, err));
}

static int add_budget(struct store *s, struct text connection,
                      struct text endpoint, const char *window, int64_t cost,
                      int64_t limit, int64_t window_ms, int64_t now_ms,
                      struct error *err)
{
    struct budget b;
    if (read_budget(s, connection, endpoint, window, now_ms, &b, err))
        return -1;
    open_window(&b, limit, window_ms, now_ms);
    b.used += cost;
    return write_budget(s, connection, endpoint, window, &b, err);
}

int store_budget_add(struct store *s, struct text connection,
                     struct text endpoint, const char *window, int64_t cost,
                     int64_t limit, int64_t window_ms, int64_t now_ms,
                     struct error *err)
{
    return STORE_WITHIN(s, err, add_budget(s, connection, endpoint, window,
                                           cost, limit, window_ms, now_ms,
                                           err));
}

static int set_budget(struct store *s, struct text connection,
                      struct text endpoint, const char *window, int64_t limit,
                      int64_t remaining, int64_t reset_ms, int64_t now_ms,
                      struct error *err)
{
    struct budget b;
    if (read_budget(s, connection, endpoint, window, now_ms, &b, err))
        return -1;
    if (limit >= 0)
        b.limit = limit;
    if (remaining >= 0 && b.limit >= 0)
        b.used = b.limit > remaining ? b.limit - remaining : 0;
    if (reset_ms > now_ms)
        b.reset_ms = reset_ms;
    if (b.started_ms == 0)
        b.started_ms = now_ms;
    return write_budget(s, connection, endpoint, window, &b, err);
}

int store_budget_set(struct store *s, struct text connection,
                     struct text endpoint, const char *window, int64_t limit,
                     int64_t remaining, int64_t reset_ms, int64_t now_ms,
                     struct error *err)
{
    return STORE_WITHIN(s, err, set_budget(s, connection, endpoint, window,
                                           limit, remaining, reset_ms, now_ms,
                                           err));
}

static int block_budget(struct store *s, struct text connection,
                        struct text endpoint, const char *window,
                        int64_t until_ms, struct error *err)
{
    struct budget b;
    if (read_budget(s, connection, endpoint, window, 0, &b, err))
        return -1;
    b.blocked_until_ms = until_ms;
    return write_budget(s, connection, endpoint, window, &b, err);
}

int store_budget_block(struct store *s, struct text connection,
                       struct text endpoint, const char *window,
                       int64_t until_ms, struct error *err)
{
    return STORE_WITHIN(s, err, block_budget(s, connection, endpoint, window,
                                             until_ms, err));
}

int store_budget_get(struct store *s, struct text connection,
                     struct text endpoint, const char *window, int64_t now_ms,
                     struct budget *out, struct error *err)
{
    return read_budget(s, connection, endpoint, window, now_ms, out, err);
}

int store_budget_each(struct store *s, struct arena *arena,
                      int (*each)(void *ctx, struct text connection,
                                  struct text endpoint, struct text window,
                                  const struct budget *b),
                      void *ctx, struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT connection, endpoint, window,"
                                " used, most, started, reset, blocked"
                                " FROM budgets ORDER BY 1, 2, 3", "");
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct budget b = { sqlite3_column_int64(q, 3),
                            sqlite3_column_int64(q, 4),
                            sqlite3_column_int64(q, 5),
                            sqlite3_column_int64(q, 6),
                            sqlite3_column_int64(q, 7) };
        result = each(ctx, column_text(q, 0, arena), column_text(q, 1, arena),
                      column_text(q, 2, arena), &b);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

/* ------------------------------------------------------------------ hooks */
static int put_hook(struct store *s, const struct hook_row *row,
                    struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT body_hash FROM hooks"
                                " WHERE connection = ? AND event_id = ?",
                                "tt", row->connection, row->event_id);
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    bool same = got == 1
                && text_equal(column_text(q, 0, NULL), row->body_hash);
    sql_done(s, q);
    if (got != 0)
        return got < 0 ? -1 : same ? 1 : 2;
    return sql_run(s, err, "INSERT INTO hooks (connection, event_id,"
                   " body_hash, object, record_id, deleted, received, done)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, 0)", "tttttii",
                   row->connection, row->event_id, row->body_hash, row->object,
                   row->record_id, (int64_t)row->deleted, row->received_ms);
}

int store_hook_put(struct store *s, const struct hook_row *row,
                   struct error *err)
{
    return STORE_WITHIN(s, err, put_hook(s, row, err));
}

int store_hook_each(struct store *s, struct arena *arena,
                    int (*each)(void *ctx, const struct hook_row *row),
                    void *ctx, struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT id, connection, event_id,"
                                " body_hash, object, record_id, deleted,"
                                " received FROM hooks WHERE done = 0"
                                " ORDER BY id", "");
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct hook_row row = { 0 };
        row.id = sqlite3_column_int64(q, 0);
        row.connection = column_text(q, 1, arena);
        row.event_id = column_text(q, 2, arena);
        row.body_hash = column_text(q, 3, arena);
        row.object = column_text(q, 4, arena);
        row.record_id = column_text(q, 5, arena);
        row.deleted = sqlite3_column_int64(q, 6) != 0;
        row.received_ms = sqlite3_column_int64(q, 7);
        result = each(ctx, &row);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

int store_hook_done(struct store *s, int64_t id, int64_t now_ms,
                    struct error *err)
{
    return sql_run(s, err, "UPDATE hooks SET done = ? WHERE id = ?", "ii",
                   now_ms, id);
}

int store_hook_prune(struct store *s, int64_t before_ms, struct error *err)
{
    return sql_run(s, err, "DELETE FROM hooks WHERE id IN (SELECT id FROM"
                   " hooks WHERE done > 0 AND done < ? LIMIT 1000)", "i",
                   before_ms);
}
