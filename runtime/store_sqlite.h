/* Shared by the files behind runtime/store.h that speak SQLite; nobody else
 * includes it. Statements are literals; each is prepared once and kept by its
 * address. */
#ifndef MLC_RUNTIME_STORE_SQLITE_H
#define MLC_RUNTIME_STORE_SQLITE_H

#include "runtime/store.h"
#include <sqlite3.h>
#include <sys/types.h>

#define STATEMENTS_MAX 160
#define LOCKS_MAX 64

struct kept_statement {
    const char *sql;
    sqlite3_stmt *stmt;
};

struct store {
    sqlite3 *db;
    char *path;
    char instance[33];
    char owner[128];
    dev_t device;
    ino_t inode;
    int lock_fd;
    int64_t locks[LOCKS_MAX]; /* numbers this store holds */
    size_t lock_count;
    int depth; /* of store_begin */
    bool failed;   /* inside: only a roll-back is possible */
    bool read_only, is_new, broken, full;
    struct kept_statement statements[STATEMENTS_MAX];
    size_t statement_count;
};

/* Runs a statement without rows. `types`, one letter per parameter:
 * t struct text, b the same as bytes, z const char *, i int64_t. -1 with `err`. */
int sql_run(struct store *s, struct error *err, const char *sql,
            const char *types, ...);
/* Starts one with rows; NULL with `err`. Give it back with sql_done. */
sqlite3_stmt *sql_query(struct store *s, struct error *err, const char *sql,
                        const char *types, ...);
int sql_step(struct store *s, sqlite3_stmt *stmt, struct error *err); /* 1 row,
                                                          0 end, -1 */
void sql_done(struct store *s, sqlite3_stmt *stmt);
/* First column of the first row as a number; `otherwise` without a row. */
int sql_number(struct store *s, struct error *err, int64_t otherwise,
               int64_t *out, const char *sql, const char *types, ...);
int64_t sql_changes(const struct store *s);
/* Says what the library says, in words for people. */
int sql_error(struct store *s, struct error *err, const char *what);
/* A column: copied into `arena`, or borrowed until the next step when NULL. */
struct text column_text(sqlite3_stmt *stmt, int column, struct arena *arena);

struct text column_bytes(sqlite3_stmt *stmt, int column, struct arena *arena);

int store_migrate(struct store *s, struct error *err);
#define STORE_WITHIN STORE_TRANSACTION

#endif
