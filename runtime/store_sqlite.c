/* The state file: opening it safely, its transactions, its statements. What
 * is kept in it is told in store_sqlite_*.c beside this. */
#include "config.h"

#include "runtime/store_sqlite.h"

#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* From this version on a checkpoint cannot lose pages written meanwhile
 * ("WAL reset", mended upstream in 3.51.3), so several processes may use WAL.
 * Before it: a truncated journal and a sync of its folder as well. */
#define WAL_SAFE_VERSION 3051003

#define BUSY_MS 10000
#define QUICK_CHECK_BYTES ((off_t)64 << 20)
#define APPLICATION_ID 0x6d6c6331 /* "mlc1" */
#define RESERVE_BYTES (1 << 20)

/* ------------------------------------------------------------- statements */
static const char *plain_words(struct store *s, int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL: return "the disk is full";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "another program is using it";
    case SQLITE_READONLY: return "it cannot be written";
    case SQLITE_CORRUPT: return "it is damaged";
    case SQLITE_NOTADB: return "it is no state file of mlc";
    case SQLITE_IOERR: return "the disk reports an error";
    case SQLITE_CANTOPEN: return "it cannot be opened";
    default: return sqlite3_errmsg(s->db);
    }
}

static const char *way_out(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL: return "Make room on the disk and run again; nothing is lost.";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "Try again when the other program is done.";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "Restore a backup with `mlc state restore FILE`, then run "
               "`mlc adopt`.";
    case SQLITE_IOERR: return "Check the disk, then run again.";
    default: return NULL;
    }
}

int sql_error(struct store *s, struct error *err, const char *what)
{
    int code = sqlite3_extended_errcode(s->db);
    enum error_kind kind = ERROR_STORE;
    s->full = (code & 0xff) == SQLITE_FULL;
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
        kind = ERROR_TRANSIENT;
    /* a failed sync may have lost what was written before: never again on
     * this connection [43] */
    if ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CORRUPT)
        s->broken = true;
    s->failed = s->depth > 0;
    error_set(err, kind, "cannot %s the state file %s: %s", what, s->path,
              plain_words(s, code));
    if (way_out(code))
        error_hint(err, "%s", way_out(code));
    return -1;
}

static sqlite3_stmt *prepare(struct store *s, const char *sql,
                             struct error *err)
{
    sqlite3_stmt *stmt = NULL;
    for (size_t i = 0; i < s->statement_count; i++)
        if (s->statements[i].sql == sql) {
            if (!sqlite3_stmt_busy(s->statements[i].stmt))
                return s->statements[i].stmt;
            break;
        }
    if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt,
                           NULL) != SQLITE_OK) {
        sql_error(s, err, "read");
        return NULL;
    }
    for (size_t i = 0; i < s->statement_count; i++)
        if (s->statements[i].sql == sql)
            return stmt; /* the kept one is in use: this one is ended after */
    if (s->statement_count < STATEMENTS_MAX)
        s->statements[s->statement_count++] =
            (struct kept_statement){ sql, stmt };
    return stmt;
}

static void bind_all(sqlite3_stmt *stmt, const char *types, va_list args)
{
    for (int i = 0; types[i]; i++) {
        if (types[i] == 'i') {
            sqlite3_bind_int64(stmt, i + 1, va_arg(args, int64_t));
        } else if (types[i] == 'z') {
            const char *z = va_arg(args, const char *);
            sqlite3_bind_text(stmt, i + 1, z ? z : "", -1, SQLITE_TRANSIENT);
        } else if (types[i] == 'b') {
            struct text t = va_arg(args, struct text);
            sqlite3_bind_blob64(stmt, i + 1, t.ptr ? t.ptr : "", t.len,
                                SQLITE_TRANSIENT);
        } else {
            struct text t = va_arg(args, struct text);
            sqlite3_bind_text64(stmt, i + 1, t.ptr ? t.ptr : "", t.len,
                                SQLITE_TRANSIENT, SQLITE_UTF8);
        }
    }
}

void sql_done(struct store *s, sqlite3_stmt *stmt)
{
    if (!stmt)
        return;
    for (size_t i = 0; i < s->statement_count; i++)
        if (s->statements[i].stmt == stmt) {
            sqlite3_reset(stmt);
            sqlite3_clear_bindings(stmt);
            return;
        }
    sqlite3_finalize(stmt);
}

static sqlite3_stmt *start(struct store *s, struct error *err,
                           const char *sql, const char *types, va_list args)
{
    if (s->broken) {
        error_set(err, ERROR_STORE, "the state file %s failed earlier in "
                  "this run and is not used any further", s->path);
        return NULL;
    }
    sqlite3_stmt *stmt = prepare(s, sql, err);
    if (stmt)
        bind_all(stmt, types, args);
    return stmt;
}

sqlite3_stmt *sql_query(struct store *s, struct error *err, const char *sql,
                        const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *stmt = start(s, err, sql, types, args);
    va_end(args);
    return stmt;
}

int sql_step(struct store *s, sqlite3_stmt *stmt, struct error *err)
{
    int code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        return 1;
    if (code == SQLITE_DONE)
        return 0;
    return sql_error(s, err, "read");
}

int sql_run(struct store *s, struct error *err, const char *sql,
            const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *stmt = start(s, err, sql, types, args);
    va_end(args);
    if (!stmt)
        return -1;
    int code = sqlite3_step(stmt);
    int result = 0;
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        result = sql_error(s, err, "write");
    sql_done(s, stmt);
    return result;
}

int sql_number(struct store *s, struct error *err, int64_t otherwise,
               int64_t *out, const char *sql, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *stmt = start(s, err, sql, types, args);
    va_end(args);
    if (!stmt)
        return -1;
    int got = sql_step(s, stmt, err);
    *out = got == 1 ? sqlite3_column_int64(stmt, 0) : otherwise;
    sql_done(s, stmt);
    return got < 0 ? -1 : 0;
}

int64_t sql_changes(const struct store *s)
{
    return sqlite3_changes64(s->db);
}

struct text column_text(sqlite3_stmt *stmt, int column, struct arena *arena)
{
    struct text t;
    t.ptr = (const char *)sqlite3_column_text(stmt, column);
    t.len = (size_t)sqlite3_column_bytes(stmt, column);
    if (!t.ptr)
        return TEXT_NONE;
    return arena ? text_dup(arena, t) : t;
}

struct text column_bytes(sqlite3_stmt *stmt, int column, struct arena *arena)
{
    struct text t;
    t.ptr = sqlite3_column_blob(stmt, column);
    t.len = (size_t)sqlite3_column_bytes(stmt, column);
    if (!t.ptr)
        return TEXT_NONE;
    return arena ? text_dup(arena, t) : t;
}

/* ----------------------------------------------------------- transactions */
/* A file put in our place under us would take every effect with it [50]. */
static int still_ours(struct store *s, struct error *err)
{
    struct stat st;
    if (stat(s->path, &st) == 0 && st.st_dev == s->device
        && st.st_ino == s->inode)
        return 0;
    s->broken = true;
    return error_set(err, ERROR_STORE, "the state file %s was replaced or "
                     "removed while it was in use", s->path);
}

int store_begin(struct store *s, struct error *err)
{
    if (s->depth > 0) {
        s->depth++;
        return 0;
    }
    if (s->broken)
        return error_set(err, ERROR_STORE, "the state file %s failed earlier "
                         "in this run and is not used any further", s->path);
    if (still_ours(s, err))
        return -1;
    if (sql_run(s, err, "BEGIN IMMEDIATE", ""))
        return -1;
    s->depth = 1;
    s->failed = false;
    return 0;
}

void store_rollback(struct store *s)
{
    if (s->depth == 0)
        return;
    s->depth = 0;
    s->failed = false;
    if (!sqlite3_get_autocommit(s->db)
        && sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        s->broken = true;
}

int store_commit(struct store *s, struct error *err)
{
    if (s->depth == 0)
        log_bug("store_commit outside a transaction");
    if (s->depth > 1) {
        s->depth--;
        return 0;
    }
    if (s->failed) {
        store_rollback(s);
        return error_set(err, ERROR_STORE, "nothing was booked in %s",
                         s->path);
    }
    if (sql_run(s, err, "COMMIT", "")) {
        store_rollback(s);
        return -1;
    }
    s->depth = 0;
    return 0;
}

int store_within(struct store *s, int result, struct error *err)
{
    if (result == -2) /* it never began */
        return -1;
    if (result < 0) {
        if (s->depth > 1)
            s->depth--; /* the outermost one rolls back */
        else
            store_rollback(s);
        return result;
    }
    if (store_commit(s, err))
        return -1;
    return result;
}

bool store_is_broken(const struct store *s)
{
    return s->broken;
}

bool store_is_full(const struct store *s)
{
    return s->full;
}

/* ---------------------------------------------------------------- the file */
static bool ends_with_slash_mlc(const char *folder)
{
    struct text t = text_of(folder);
    return text_is(t, ".mlc") || text_ends(t, TEXT("/.mlc"));
}

/* Our own folder is private; of others we only ask that strangers cannot
 * put another file in our file's place. */
static int check_folder(const char *path, bool make, struct error *err)
{
    char *copy = mem_strdup(path);
    const char *folder = dirname(copy);
    struct stat st;
    int result = 0;
    if (stat(folder, &st) != 0 && errno == ENOENT && make)
        if (mkdir(folder, 0700) == 0 && stat(folder, &st) != 0)
            errno = ENOENT;
    if (stat(folder, &st) != 0)
        result = error_errno(err, ERROR_STORE, "cannot use the folder %s",
                             folder);
    else if (!S_ISDIR(st.st_mode))
        result = error_set(err, ERROR_STORE, "%s is no folder", folder);
    else if (ends_with_slash_mlc(folder)
             && ((st.st_mode & 077) != 0 || st.st_uid != geteuid())) {
        result = error_set(err, ERROR_STORE, "the folder %s can be entered by "
                           "others", folder);
        error_hint(err, "It holds credentials: run `chmod 700 %s` as its "
                   "owner.", folder);
    } else if ((st.st_mode & 002) != 0 && (st.st_mode & S_ISVTX) == 0) {
        result = error_set(err, ERROR_STORE, "anybody can replace files in "
                           "the folder %s", folder);
        error_hint(err, "Keep the state in a folder only you can write.");
    }
    mem_free(copy);
    return result;
}

static int check_file(struct store *s, struct error *err)
{
    struct stat st;
    if (lstat(s->path, &st) != 0)
        return error_errno(err, ERROR_STORE, "cannot read the state file %s",
                           s->path);
    if (!S_ISREG(st.st_mode))
        return error_set(err, ERROR_STORE, "the state file %s is a link or no "
                         "plain file", s->path);
    if (st.st_uid != geteuid())
        return error_set(err, ERROR_STORE, "the state file %s belongs to "
                         "another user", s->path);
    if ((st.st_mode & 077) != 0) {
        error_set(err, ERROR_STORE, "the state file %s can be read by others",
                  s->path);
        error_hint(err, "It holds credentials: run `chmod 600 %s`.", s->path);
        return -1;
    }
    s->device = st.st_dev;
    s->inode = st.st_ino;
    s->is_new = st.st_size == 0;
    return 0;
}

/* Made here and not by the library, so that its rights are ours from the
 * first moment whatever the umask is. */
static int make_file(struct store *s, enum store_mode mode, struct error *err)
{
    if (access(s->path, F_OK) == 0 || errno != ENOENT)
        return 0;
    if (mode == STORE_READ)
        return 1;
    if (mode == STORE_USE) {
        error_set(err, ERROR_STORE, "there is no state file %s", s->path);
        error_hint(err, "`mlc run` makes one; `--state FILE` names another.");
        return -1;
    }
    int fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  0600);
    if (fd < 0 && errno == EEXIST)
        return 0;
    if (fd < 0)
        return error_errno(err, ERROR_STORE, "cannot make the state file %s",
                           s->path);
    int failed = fchmod(fd, 0600);
    close(fd);
    return failed ? error_errno(err, ERROR_STORE, "cannot make the state "
                                "file %s private", s->path)
                  : 0;
}

static int pragma(struct store *s, const char *sql, struct error *err)
{
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return sql_error(s, err, "open");
}

static int set_journal(struct store *s, struct error *err)
{
    if (s->read_only)
        return 0;
    if (sqlite3_libversion_number() >= WAL_SAFE_VERSION)
        return pragma(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
                      err);
    return pragma(s, "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=EXTRA",
                  err);
}

static int check_content(struct store *s, struct error *err)
{
    int64_t id = 0;
    int64_t tables = 0;
    if (sql_number(s, err, 0, &id, "PRAGMA application_id", "")
        || sql_number(s, err, 0, &tables,
                      "SELECT count(*) FROM sqlite_schema", ""))
        return -1;
    if (tables == 0) {
        s->is_new = true;
        return 0;
    }
    if (id == APPLICATION_ID)
        return 0;
    error_set(err, ERROR_STORE, "%s is no state file of mlc", s->path);
    error_hint(err, "Name another with --state, or move that file away.");
    return -1;
}

static int quick_check(struct store *s, struct error *err)
{
    struct stat st;
    if (s->is_new || stat(s->path, &st) != 0 || st.st_size > QUICK_CHECK_BYTES)
        return 0;
    sqlite3_stmt *q = sql_query(s, err, "PRAGMA quick_check(1)", "");
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    struct text said = got == 1 ? column_text(q, 0, NULL) : TEXT_NONE;
    bool good = text_is(said, "ok");
    size_t line;
    while (text_find(said, TEXT("\n"), &line)) /* its last line says it */
        said = text_slice(said, line + 1, said.len - line - 1);
    if (got == 1 && !good)
        error_set(err, ERROR_STORE, "the state file %s is damaged: %.*s",
                  s->path, TEXT_ARG(said));
    sql_done(s, q);
    if (good)
        return 0;
    if (got < 0)
        return -1;
    s->broken = true;
    error_hint(err, "Restore a backup with `mlc state restore FILE`, then run "
               "`mlc adopt`.");
    return -1;
}

static void name_owner(struct store *s)
{
    char host[64] = "";
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now); /* tells a reused number apart */
    snprintf(s->owner, sizeof s->owner, "process %ld on %s #%lld%06lld",
             (long)getpid(), host[0] ? host : "this host",
             (long long)now.tv_sec, (long long)now.tv_nsec / 1000);
}

static int open_lock_file(struct store *s, struct error *err)
{
    if (s->read_only)
        return 0;
    struct buf name;
    buf_init(&name, 4096 + 16);
    buf_printf(&name, "%s.lock", s->path);
    s->lock_fd = open(buf_cstr(&name),
                      O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int result = s->lock_fd >= 0
                     ? 0
                     : error_errno(err, ERROR_STORE, "cannot open the lock "
                                   "file %s", buf_cstr(&name));
    buf_fini(&name);
    return result;
}

static int open_database(struct store *s, struct error *err)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW
                | (s->read_only ? SQLITE_OPEN_READONLY
                                : SQLITE_OPEN_READWRITE);
    if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK)
        return sql_error(s, err, "open");
    sqlite3_busy_timeout(s->db, store_testing.busy_ms
                                    ? store_testing.busy_ms : BUSY_MS);
    sqlite3_extended_result_codes(s->db, 1);
    if (pragma(s, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; "
               "PRAGMA cache_size=-16384", err)
        || check_content(s, err) || set_journal(s, err)
        || quick_check(s, err))
        return -1;
    return open_lock_file(s, err);
}

int store_open(const char *path, enum store_mode mode, struct store **out,
               struct error *err)
{
    *out = NULL;
    if (check_folder(path, mode == STORE_WRITE, err))
        return mode == STORE_READ && access(path, F_OK) != 0 ? 1 : -1;
    struct store *s = mem_zalloc(sizeof *s);
    s->path = mem_strdup(path);
    s->lock_fd = -1;
    s->read_only = mode == STORE_READ;
    name_owner(s);
    int result = make_file(s, mode, err);
    if (result == 0)
        result = check_file(s, err) || open_database(s, err)
                         || store_migrate(s, err)
                     ? -1
                     : 0;
    if (result != 0) {
        store_close(s);
        return result;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_rollback(s);
    for (size_t i = 0; i < s->statement_count; i++)
        sqlite3_finalize(s->statements[i].stmt);
    sqlite3_close(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    mem_free(s->path);
    mem_free(s);
}

const char *store_instance(const struct store *s)
{
    return s->instance;
}

const char *store_path(const struct store *s)
{
    return s->path;
}

const char *store_owner(const struct store *s)
{
    return s->owner;
}

void store_describe(const struct store *s, struct buf *out)
{
    (void)s;
    bool wal = sqlite3_libversion_number() >= WAL_SAFE_VERSION;
    buf_printf(out, "SQLite %s, journal %s, synchronous %s",
               sqlite3_libversion(), wal ? "WAL" : "TRUNCATE",
               wal ? "FULL" : "EXTRA");
    if (!wal)
        buf_str(out, " (WAL is safe for several processes from 3.51.3 on)");
}

/* ------------------------------------------------------ reserve and copies */
static void reserve_name(const struct store *s, struct buf *name)
{
    buf_init(name, 4096 + 16);
    buf_printf(name, "%s.reserve", s->path);
    buf_cstr(name);
}

int store_reserve_keep(struct store *s, struct error *err)
{
    struct buf name;
    reserve_name(s, &name);
    int result = 0;
    int fd = open(name.ptr, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int code = fd < 0 ? errno : posix_fallocate(fd, 0, RESERVE_BYTES);
    if (fd >= 0)
        close(fd);
    if (code != 0) {
        errno = code;
        s->full = code == ENOSPC;
        result = error_errno(err, ERROR_STORE, "cannot keep room for the "
                             "state file %s", s->path);
        error_hint(err, "Make room on the disk and run again; nothing was "
                   "sent.");
        if (fd >= 0)
            unlink(name.ptr);
    }
    buf_fini(&name);
    return result;
}

int store_reserve_spend(struct store *s)
{
    struct buf name;
    reserve_name(s, &name);
    int result = unlink(name.ptr) == 0 ? 0 : -1;
    buf_fini(&name);
    return result;
}

int store_backup(struct store *s, const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  0600);
    if (fd < 0)
        return error_errno(err, ERROR_STORE, "cannot write the backup %s",
                           path);
    close(fd);
    sqlite3 *copy = NULL;
    sqlite3_backup *work = NULL;
    int code = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK)
        work = sqlite3_backup_init(copy, "main", s->db, "main");
    if (work) {
        code = sqlite3_backup_step(work, -1);
        sqlite3_backup_finish(work);
    } else if (code == SQLITE_OK) {
        code = sqlite3_errcode(copy);
    }
    sqlite3_close(copy);
    if (code == SQLITE_DONE) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && fsync(fd) == 0) {
            close(fd);
            return 0;
        }
        if (fd >= 0)
            close(fd);
    }
    unlink(path);
    return error_set(err, ERROR_STORE, "cannot write the backup %s: %s", path,
                     sqlite3_errstr(code));
}

int store_verify(struct store *s, struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "PRAGMA integrity_check(1)", "");
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    struct text said = got == 1 ? column_text(q, 0, NULL) : TEXT_NONE;
    int result = 0;
    if (got != 1)
        result = -1;
    else if (!text_is(said, "ok"))
        result = error_set(err, ERROR_STORE, "the state file %s is damaged: "
                           "%.*s", s->path, TEXT_ARG(said));
    sql_done(s, q);
    return result;
}
