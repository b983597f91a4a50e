/* What waits and why, and the mirror of records other systems have. */
#include "config.h"

#include "runtime/store_sqlite.h"

#define HOLD_COLUMNS                                                        \
    "id, run, line, flow, source, source_key, kind, message, reasons,"      \
    " grouped, record, hash, flow_hash, owner, first_seen, last_seen,"      \
    " tries, retry"

/* ------------------------------------------------------------------ holds */
static int open_hold(struct store *s, struct text flow, struct text key,
                     int64_t *id, struct error *err)
{
    return sql_number(s, err, 0, id, "SELECT id FROM holds WHERE flow = ?"
                      " AND source_key = ? AND closed = ''", "tt", flow, key);
}

static int insert_hold(struct store *s, const struct hold_row *r, int64_t *id,
                       struct error *err)
{
    if (sql_run(s, err, "INSERT INTO holds (run, line, flow, source,"
                " source_key, kind, message, reasons, grouped, record, hash,"
                " flow_hash, owner, first_seen, last_seen, tries, retry,"
                " closed, why, closed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?,"
                " ?, ?, ?, ?, ?, ?, 1, 0, '', '', 0)", "iitttttttttttii",
                r->run, r->line, r->flow, r->source, r->source_key, r->kind,
                r->message, r->reasons, r->group, r->record, r->hash,
                r->flow_hash, r->owner, r->first_seen_ms, r->last_seen_ms))
        return -1;
    *id = sqlite3_last_insert_rowid(s->db);
    return 0;
}

static int renew_hold(struct store *s, const struct hold_row *r, int64_t id,
                      struct error *err)
{
    return sql_run(s, err, "UPDATE holds SET run = ?, line = ?, source = ?,"
                   " kind = ?, message = ?, reasons = ?, grouped = ?,"
                   " record = ?, hash = ?, flow_hash = ?, owner = ?,"
                   " last_seen = ?, tries = tries + 1, retry = 0"
                   " WHERE id = ?", "iitttttttttii", r->run, r->line,
                   r->source, r->kind, r->message, r->reasons, r->group,
                   r->record, r->hash, r->flow_hash, r->owner,
                   r->last_seen_ms, id);
}

static int put_hold(struct store *s, const struct hold_row *row,
                    const struct hold_await *awaits, size_t await_count,
                    bool *is_new, struct error *err)
{
    int64_t id = 0;
    if (open_hold(s, row->flow, row->source_key, &id, err))
        return -1;
    *is_new = id == 0;
    if (id == 0 ? insert_hold(s, row, &id, err)
                : renew_hold(s, row, id, err))
        return -1;
    if (sql_run(s, err, "DELETE FROM awaits WHERE hold = ?", "i", id))
        return -1;
    for (size_t i = 0; i < await_count; i++)
        if (sql_run(s, err, "INSERT OR IGNORE INTO awaits (hold, flow, object,"
                    " field, key) VALUES (?, ?, ?, ?, ?)", "itttt", id,
                    row->flow, awaits[i].object, awaits[i].field,
                    awaits[i].key))
            return -1;
    return 0;
}

int store_hold_put(struct store *s, const struct hold_row *row,
                   const struct hold_await *awaits, size_t await_count,
                   bool *is_new, struct error *err)
{
    return STORE_WITHIN(s, err, put_hold(s, row, awaits, await_count, is_new,
                                         err));
}

static struct hold_row read_hold(sqlite3_stmt *q, struct arena *arena)
{
    struct hold_row r = { 0 };
    r.id = sqlite3_column_int64(q, 0);
    r.run = sqlite3_column_int64(q, 1);
    r.line = sqlite3_column_int64(q, 2);
    r.flow = column_text(q, 3, arena);
    r.source = column_text(q, 4, arena);
    r.source_key = column_text(q, 5, arena);
    r.kind = column_text(q, 6, arena);
    r.message = column_text(q, 7, arena);
    r.reasons = column_text(q, 8, arena);
    r.group = column_text(q, 9, arena);
    r.record = column_text(q, 10, arena);
    r.hash = column_text(q, 11, arena);
    r.flow_hash = column_text(q, 12, arena);
    r.owner = column_text(q, 13, arena);
    r.first_seen_ms = sqlite3_column_int64(q, 14);
    r.last_seen_ms = sqlite3_column_int64(q, 15);
    r.tries = sqlite3_column_int64(q, 16);
    r.retry = sqlite3_column_int64(q, 17) != 0;
    r.asked = sqlite3_column_int64(q, 17) == 1;
    return r;
}

static int one_hold(struct store *s, sqlite3_stmt *q, struct arena *arena,
                    struct hold_row *out, struct error *err)
{
    *out = (struct hold_row){ 0 };
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1)
        *out = read_hold(q, arena);
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

int store_hold_get(struct store *s, struct text flow, struct text source_key,
                   struct arena *arena, struct hold_row *out,
                   struct error *err)
{
    return one_hold(s, sql_query(s, err, "SELECT " HOLD_COLUMNS " FROM holds"
                                 " WHERE flow = ? AND source_key = ?"
                                 " AND closed = ''", "tt", flow, source_key),
                    arena, out, err);
}

int store_hold_by_id(struct store *s, int64_t id, struct arena *arena,
                     struct hold_row *out, struct error *err)
{
    return one_hold(s, sql_query(s, err, "SELECT " HOLD_COLUMNS " FROM holds"
                                 " WHERE id = ? AND closed = ''", "i", id),
                    arena, out, err);
}

static int close_hold(struct store *s, struct text flow, struct text key,
                      const char *how, struct text why, int64_t now_ms,
                      struct error *err)
{
    int64_t id = 0;
    if (open_hold(s, flow, key, &id, err))
        return -1;
    if (id == 0)
        return 1;
    if (sql_run(s, err, "UPDATE holds SET closed = ?, why = ?, closed_at = ?"
                " WHERE id = ?", "ztii", how, why, now_ms, id)
        || sql_run(s, err, "DELETE FROM awaits WHERE hold = ?", "i", id))
        return -1;
    return 0;
}

int store_hold_close(struct store *s, struct text flow, struct text source_key,
                     const char *how, struct text why, int64_t now_ms,
                     struct error *err)
{
    return STORE_WITHIN(s, err, close_hold(s, flow, source_key, how, why,
                                           now_ms, err));
}

int store_hold_retry(struct store *s, int64_t id, struct error *err)
{
    return sql_run(s, err, "UPDATE holds SET retry = 1 WHERE id = ?", "i", id);
}

int store_hold_looked(struct store *s, int64_t id, struct text flow_hash,
                      struct error *err)
{
    return sql_run(s, err, "UPDATE holds SET flow_hash = ? WHERE id = ?", "ti",
                   flow_hash, id);
}

int store_hold_each(struct store *s, struct text flow, struct arena *arena,
                    int (*each)(void *ctx, const struct hold_row *row),
                    void *ctx, struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT " HOLD_COLUMNS " FROM holds"
                                " WHERE closed = '' AND (?1 = ''"
                                " OR flow = ?1) ORDER BY flow, id", "t", flow);
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct hold_row row = read_hold(q, arena);
        result = each(ctx, &row);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

int store_hold_count(struct store *s, struct text flow, int64_t *count,
                     struct error *err)
{
    return sql_number(s, err, 0, count, "SELECT count(*) FROM holds"
                      " WHERE flow = ? AND closed = ''", "t", flow);
}

int store_await_each(struct store *s, struct text flow, struct arena *arena,
                     int (*each)(void *ctx, const struct hold_await *await),
                     void *ctx, struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT DISTINCT object, field, key"
                                " FROM awaits WHERE flow = ?"
                                " ORDER BY object, field, key", "t", flow);
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct hold_await await = { column_text(q, 0, arena),
                                    column_text(q, 1, arena),
                                    column_text(q, 2, arena) };
        result = each(ctx, &await);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

int store_await_wake(struct store *s, struct text flow,
                     const struct hold_await *await, int64_t *woken,
                     struct error *err)
{
    if (sql_run(s, err, "UPDATE holds SET retry = 2 WHERE retry = 0"
                " AND id IN (SELECT hold"
                " FROM awaits WHERE flow = ? AND object = ? AND field = ?"
                " AND key = ?)", "tttt", flow, await->object, await->field,
                await->key))
        return -1;
    *woken = sql_changes(s);
    return 0;
}

/* ----------------------------------------------------------------- mirror */
int store_mirror_state_get(struct store *s, struct text object,
                           struct arena *arena, struct mirror_state *out,
                           struct error *err)
{
    *out = (struct mirror_state){ 0 };
    sqlite3_stmt *q = sql_query(s, err, "SELECT cursor, boundary, shape,"
                                " complete, refreshed FROM mirrors"
                                " WHERE object = ?", "t", object);
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1) {
        out->cursor = column_text(q, 0, arena);
        out->boundary = column_text(q, 1, arena);
        out->shape = column_text(q, 2, arena);
        out->complete_ms = sqlite3_column_int64(q, 3);
        out->refreshed_ms = sqlite3_column_int64(q, 4);
    }
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

int store_mirror_state_put(struct store *s, struct text object,
                           const struct mirror_state *state,
                           struct error *err)
{
    return sql_run(s, err, "INSERT OR REPLACE INTO mirrors (object, cursor,"
                   " boundary, shape, complete, refreshed)"
                   " VALUES (?, ?, ?, ?, ?, ?)", "ttttii", object,
                   state->cursor, state->boundary, state->shape,
                   state->complete_ms, state->refreshed_ms);
}

int store_mirror_put(struct store *s, struct text object,
                     const struct mirror_row *row, int64_t mark,
                     struct error *err)
{
    return sql_run(s, err, "INSERT OR REPLACE INTO mirror (object, key,"
                   " grouped, body, gone, mark) VALUES (?, ?, ?, ?, ?, ?)",
                   "ttttii", object, row->key, row->group, row->body,
                   (int64_t)row->gone, mark);
}

static struct mirror_row read_mirror(sqlite3_stmt *q, struct arena *arena)
{
    struct mirror_row row = { 0 };
    row.key = column_text(q, 0, arena);
    row.group = column_text(q, 1, arena);
    row.body = column_text(q, 2, arena);
    row.gone = sqlite3_column_int64(q, 3) != 0;
    return row;
}

int store_mirror_get(struct store *s, struct text object, struct text key,
                     struct arena *arena, struct mirror_row *out,
                     struct error *err)
{
    *out = (struct mirror_row){ 0 };
    sqlite3_stmt *q = sql_query(s, err, "SELECT key, grouped, body, gone"
                                " FROM mirror WHERE object = ? AND key = ?",
                                "tt", object, key);
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1)
        *out = read_mirror(q, arena);
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

int store_mirror_each(struct store *s, struct text object, struct text group,
                      struct arena *arena,
                      int (*each)(void *ctx, const struct mirror_row *row),
                      void *ctx, struct error *err)
{
    sqlite3_stmt *q =
        group.len == 0
            ? sql_query(s, err, "SELECT key, grouped, body, gone FROM mirror"
                        " WHERE object = ? AND gone = 0 ORDER BY key", "t",
                        object)
            : sql_query(s, err, "SELECT key, grouped, body, gone FROM mirror"
                        " INDEXED BY mirror_group"
                        " WHERE object = ? AND grouped = ? AND gone = 0"
                        " ORDER BY key", "tt", object, group);
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct mirror_row row = read_mirror(q, arena);
        result = each(ctx, &row);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

int store_mirror_sweep(struct store *s, struct text object, int64_t mark,
                       struct error *err)
{
    return sql_run(s, err, "UPDATE mirror SET gone = 1 WHERE object = ?"
                   " AND mark <> ?", "ti", object, mark);
}

int store_mirror_clear(struct store *s, struct text object, struct error *err)
{
    if (sql_run(s, err, "DELETE FROM mirrors WHERE object = ?", "t", object))
        return -1;
    return sql_run(s, err, "DELETE FROM mirror WHERE object = ?", "t", object);
}
