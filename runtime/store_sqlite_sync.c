/* Runs, links, what complete reads saw, cursors and plans. */
#include "config.h"

#include "runtime/store_sqlite.h"

#include <stdio.h>

/* ------------------------------------------------------------------- runs */
int store_run_finish(struct store *s, int64_t id, const char *outcome,
                     struct text counts, int64_t now_ms, struct error *err)
{
    return sql_run(s, err, "UPDATE runs SET outcome = ?, counts = ?,"
                   " finished = ? WHERE id = ?", "ztii", outcome, counts,
                   now_ms, id);
}

/* "Running" is never stored: a run that nobody finished is alive as long as
 * the kernel says that its flow is locked, and it is the flow's newest. */
static bool is_alive(struct store *s, const struct run_row *row)
{
    char name[256];
    int64_t newest = 0;
    struct error ignored = { 0 };
    if (row->outcome.len > 0)
        return false;
    if (sql_number(s, &ignored, 0, &newest, "SELECT max(id) FROM runs"
                   " WHERE flow = ? AND mode <> 'plan'", "t", row->flow)
        || newest != row->id)
        return false;
    snprintf(name, sizeof name, "flow:%.*s", TEXT_ARG(row->flow));
    return store_is_locked(s, name);
}

int store_run_each(struct store *s, struct text flow, int64_t most,
                   struct arena *arena,
                   int (*each)(void *ctx, const struct run_row *row), void *ctx,
                   struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT id, flow, flow_hash, mode,"
                                " outcome, counts, owner, started, finished"
                                " FROM runs WHERE ?1 = '' OR flow = ?1"
                                " ORDER BY id DESC LIMIT ?2", "ti", flow,
                                most > 0 ? most : (int64_t)-1);
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct run_row row = { 0 };
        row.id = sqlite3_column_int64(q, 0);
        row.flow = column_text(q, 1, arena);
        row.flow_hash = column_text(q, 2, arena);
        row.mode = column_text(q, 3, arena);
        row.outcome = column_text(q, 4, arena);
        row.counts = column_text(q, 5, arena);
        row.owner = column_text(q, 6, arena);
        row.started_ms = sqlite3_column_int64(q, 7);
        row.finished_ms = sqlite3_column_int64(q, 8);
        row.alive = is_alive(s, &row);
        result = each(ctx, &row);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

/* ------------------------------------------------------------------ links */
#define LINK_COLUMNS                                                        \
    "l.id, l.source, l.source_key, l.target, l.target_id, l.target_key,"    \
    " l.run, l.created, l.gone, coalesce(o.hash, ''),"                      \
    " coalesce(o.fields, ''), coalesce(o.version, ''), coalesce(o.at, 0)"

static struct link_row read_link(sqlite3_stmt *q, struct arena *arena)
{
    struct link_row row = { 0 };
    row.id = sqlite3_column_int64(q, 0);
    row.source = column_text(q, 1, arena);
    row.source_key = column_text(q, 2, arena);
    row.target = column_text(q, 3, arena);
    row.target_id = column_text(q, 4, arena);
    row.target_key = column_text(q, 5, arena);
    row.run = sqlite3_column_int64(q, 6);
    row.created_ms = sqlite3_column_int64(q, 7);
    row.gone = sqlite3_column_int64(q, 8) != 0;
    row.hash = column_text(q, 9, arena);
    row.fields = column_text(q, 10, arena);
    row.version = column_text(q, 11, arena);
    row.owned_ms = sqlite3_column_int64(q, 12);
    return row;
}

static int one_link(struct store *s, sqlite3_stmt *q, struct arena *arena,
                    struct link_row *out, struct error *err)
{
    *out = (struct link_row){ 0 };
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1)
        *out = read_link(q, arena);
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

static int one_text(struct store *s, sqlite3_stmt *q, struct arena *arena,
                    struct text *out, struct error *err)
{
    *out = TEXT_NONE;
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1)
        *out = column_text(q, 0, arena);
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

static int all_links(struct store *s, sqlite3_stmt *q, struct arena *arena,
                     int (*each)(void *ctx, const struct link_row *row),
                     void *ctx, struct error *err)
{
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct link_row row = read_link(q, arena);
        result = each(ctx, &row);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

int store_link_find(struct store *s, struct text flow, struct text source,
                    struct text source_key, struct text target,
                    struct arena *arena, struct link_row *out,
                    struct error *err)
{
    return one_link(s, sql_query(s, err, "SELECT " LINK_COLUMNS
                                 " FROM links l LEFT JOIN owned o"
                                 " ON o.link = l.id AND o.flow = ?"
                                 " WHERE l.source = ? AND l.source_key = ?"
                                 " AND l.target = ? AND l.gone = 0", "tttt",
                                 flow, source, source_key, target),
                    arena, out, err);
}

int store_link_of_target(struct store *s, struct text target,
                         struct text target_id, struct text source,
                         struct arena *arena, struct link_row *out,
                         struct error *err)
{
    return one_link(s, sql_query(s, err, "SELECT " LINK_COLUMNS
                                 " FROM links l LEFT JOIN owned o"
                                 " ON o.link = l.id WHERE l.target = ?"
                                 " AND l.target_id = ? AND l.gone = 0"
                                 " AND (?3 = '' OR l.source = ?3)", "ttt",
                                 target, target_id, source),
                    arena, out, err);
}

int store_link_named(struct store *s, struct text object, struct text key,
                     bool by_match, struct arena *arena,
                     int (*each)(void *ctx, const struct link_row *row),
                     void *ctx, struct error *err)
{
    static const char by_key[] =
        "SELECT " LINK_COLUMNS " FROM links l LEFT JOIN owned o"
        " ON o.link = l.id AND o.flow = '' WHERE (l.target = ?1"
        " AND l.target_id = ?2) OR (l.source_key = ?2 AND l.source = ?1)";
    static const char by_name[] =
        "SELECT " LINK_COLUMNS " FROM links l LEFT JOIN owned o"
        " ON o.link = l.id AND o.flow = '' WHERE (l.target = ?1"
        " OR l.source = ?1) AND l.target_key = ?2 AND l.gone = 0";
    return all_links(s, by_match ? sql_query(s, err, by_name, "tt", object, key)
                                 : sql_query(s, err, by_key, "tt", object,
                                             key),
                     arena, each, ctx, err);
}

#define HAS_VALUE(column)                                                   \
    " AND EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(" column ")" \
    " THEN " column " ELSE '[]' END) v WHERE CAST(v.atom AS TEXT) = ?2)"

int store_keys_holding(struct store *s, struct text object, struct text value,
                       struct arena *arena,
                       int (*each)(void *ctx, struct text key), void *ctx,
                       struct error *err)
{
    sqlite3_stmt *q = sql_query(
        s, err, "SELECT source_key FROM holds WHERE source = ?1"
        HAS_VALUE("record") " UNION SELECT source_key FROM intents"
        " WHERE source = ?1" HAS_VALUE("record") " UNION SELECT key"
        " FROM mirror WHERE object = ?1" HAS_VALUE("body") " LIMIT 32", "tt",
        object, value);
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1)
        result = each(ctx, column_text(q, 0, arena));
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

int store_link_other(struct store *s, struct text object, struct text key,
                     struct arena *arena, struct text *other,
                     struct error *err)
{
    int got = one_text(s, sql_query(s, err, "SELECT target_id FROM links"
                                    " WHERE source_key = ? AND target = ?"
                                    " AND gone = 0 LIMIT 1", "tt", key,
                                    object),
                       arena, other, err);
    if (got != 1)
        return got;
    return one_text(s, sql_query(s, err, "SELECT source_key FROM links"
                                 " WHERE target_id = ? AND source = ?"
                                 " AND gone = 0 LIMIT 1", "tt", key, object),
                    arena, other, err);
}

static int put_link(struct store *s, struct text flow,
                    const struct link_row *row, struct error *err)
{
    int64_t id = 0;
    if (sql_number(s, err, 0, &id, "SELECT id FROM links WHERE source = ?"
                   " AND source_key = ? AND target = ? AND target_id = ?"
                   " AND gone = 0", "tttt", row->source, row->source_key,
                   row->target, row->target_id))
        return -1;
    if (id == 0) {
        if (sql_run(s, err, "UPDATE links SET gone = ? WHERE source = ?"
                    " AND source_key = ? AND target = ? AND gone = 0", "ittt",
                    row->owned_ms ? row->owned_ms : 1, row->source,
                    row->source_key, row->target)
            || sql_run(s, err, "UPDATE links SET gone = ? WHERE target_id = ?"
                       " AND source = ? AND target = ? AND source_key <> ?"
                       " AND gone = 0", "itttt",
                       row->owned_ms ? row->owned_ms : 1, row->target_id,
                       row->source, row->target, row->source_key)
            || sql_run(s, err, "INSERT INTO links (source, source_key, target,"
                       " target_id, target_key, run, created, gone)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, 0)", "tttttii",
                       row->source, row->source_key, row->target,
                       row->target_id, row->target_key, row->run,
                       row->created_ms))
            return -1;
        id = sqlite3_last_insert_rowid(s->db);
    }
    return sql_run(s, err, "INSERT INTO owned (link, flow, hash, fields,"
                   " version, at) VALUES (?, ?, ?, ?, ?, ?)"
                   " ON CONFLICT (link, flow) DO UPDATE SET"
                   " hash = excluded.hash, fields = excluded.fields,"
                   " version = excluded.version, at = excluded.at", "itttti",
                   id, flow, row->hash, row->fields,
                   row->version, row->owned_ms);
}

int store_link_put(struct store *s, struct text flow,
                   const struct link_row *row, struct error *err)
{
    return STORE_WITHIN(s, err, put_link(s, flow, row, err));
}

int store_link_bury(struct store *s, int64_t id, int64_t now_ms,
                    struct error *err)
{
    return sql_run(s, err, "UPDATE links SET gone = ? WHERE id = ?", "ii",
                   now_ms, id);
}

int store_link_each(struct store *s, struct text flow, struct text source,
                    struct text target, struct arena *arena,
                    int (*each)(void *ctx, const struct link_row *row),
                    void *ctx, struct error *err)
{
    return all_links(s, sql_query(s, err, "SELECT " LINK_COLUMNS
                                  " FROM links l LEFT JOIN owned o"
                                  " ON o.link = l.id AND o.flow = ?"
                                  " WHERE l.source = ? AND l.target = ?"
                                  " AND l.gone = 0 ORDER BY l.id", "ttt", flow,
                                  source, target),
                     arena, each, ctx, err);
}

int store_link_count(struct store *s, struct text source, struct text target,
                     int64_t *count, struct error *err)
{
    return sql_number(s, err, 0, count, "SELECT count(*) FROM links"
                      " WHERE source = ? AND target = ? AND gone = 0", "tt",
                      source, target);
}

static int rename_flow(struct store *s, struct text was, struct text name,
                       struct error *err)
{
    static const char *const renames[] = {
        "UPDATE OR IGNORE owned SET flow = ?2 WHERE flow = ?1",
        "UPDATE OR IGNORE cursors SET flow = ?2 WHERE flow = ?1",
        "UPDATE OR IGNORE holds SET flow = ?2 WHERE flow = ?1",
        "UPDATE OR IGNORE awaits SET flow = ?2 WHERE flow = ?1",
        "UPDATE intents SET flow = ?2 WHERE flow = ?1",
        /* what its source is still to be told, see run_booked.c */
        ("UPDATE OR IGNORE seen SET flow = 'booked ' || ?2"
         " WHERE flow = 'booked ' || ?1"),
    };
    for (size_t i = 0; i < sizeof renames / sizeof renames[0]; i++)
        if (sql_run(s, err, renames[i], "tt", was, name))
            return -1;
    return 0;
}

int store_flow_rename(struct store *s, struct text was, struct text name,
                      struct error *err)
{
    return STORE_WITHIN(s, err, rename_flow(s, was, name, err));
}

/* ------------------------------------------------------------------- seen */
int store_seen_begin(struct store *s, struct text set, struct error *err)
{
    return sql_run(s, err, "DELETE FROM seen WHERE flow = ?", "t", set);
}

int store_seen_add(struct store *s, struct text set, struct text key,
                   struct error *err)
{
    if (sql_run(s, err, "INSERT OR IGNORE INTO seen (flow, key)"
                " VALUES (?, ?)", "tt", set, key))
        return -1;
    return sql_changes(s) == 0;
}

int store_seen_remove(struct store *s, struct text set, struct text key,
                      struct error *err)
{
    return sql_run(s, err, "DELETE FROM seen WHERE flow = ? AND key = ?", "tt",
                   set, key);
}

int store_seen_has(struct store *s, struct text set, struct text key,
                   struct error *err)
{
    int64_t there = 0;
    if (sql_number(s, err, 0, &there, "SELECT 1 FROM seen WHERE flow = ?"
                   " AND key = ?", "tt", set, key))
        return -1;
    return there == 0;
}

int store_seen_each(struct store *s, struct text set, struct text after,
                    int64_t most, struct arena *arena,
                    int (*each)(void *ctx, struct text key), void *ctx,
                    struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT key FROM seen WHERE flow = ?"
                                " AND key > ? ORDER BY key LIMIT ?", "tti",
                                set, after, most);
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1)
        result = each(ctx, column_text(q, 0, arena));
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

int store_seen_missing(struct store *s, struct text set, struct text flow,
                       struct text source, struct text target,
                       struct arena *arena,
                       int (*each)(void *ctx, const struct link_row *row),
                       void *ctx, struct error *err)
{
    return all_links(s, sql_query(s, err, "SELECT " LINK_COLUMNS
                                  " FROM links l JOIN owned o"
                                  " ON o.link = l.id AND o.flow = ?1"
                                  " WHERE l.source = ?2 AND l.target = ?3"
                                  " AND l.gone = 0 AND NOT EXISTS (SELECT 1"
                                  " FROM seen n WHERE n.flow = ?4"
                                  " AND n.key = l.source_key) ORDER BY l.id",
                                  "tttt", flow, source, target, set),
                     arena, each, ctx, err);
}

/* ---------------------------------------------------------------- cursors */
int store_cursor_get(struct store *s, struct text flow, struct text source,
                     struct arena *arena, struct cursor_row *out,
                     struct error *err)
{
    *out = (struct cursor_row){ 0 };
    sqlite3_stmt *q = sql_query(s, err, "SELECT value, boundary, where_hash,"
                                " flow_hash, complete, complete_count"
                                " FROM cursors WHERE flow = ?"
                                " AND source = ?", "tt", flow, source);
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1) {
        out->value = column_text(q, 0, arena);
        out->boundary = column_text(q, 1, arena);
        out->where_hash = column_text(q, 2, arena);
        out->flow_hash = column_text(q, 3, arena);
        out->complete_ms = sqlite3_column_int64(q, 4);
        out->complete_count = sqlite3_column_int64(q, 5);
    }
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

int store_cursor_put(struct store *s, struct text flow, struct text source,
                     const struct cursor_row *row, struct error *err)
{
    return sql_run(s, err, "INSERT OR REPLACE INTO cursors (flow, source,"
                   " value, boundary, where_hash, flow_hash, complete,"
                   " complete_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   "ttttttii", flow, source, row->value, row->boundary,
                   row->where_hash, row->flow_hash, row->complete_ms,
                   row->complete_count);
}

/* ------------------------------------------------------------------ plans */
int store_plan_add(struct store *s, const struct plan_row *row,
                   struct error *err)
{
    return sql_run(s, err, "INSERT INTO plan (run, number, page, action,"
                   " source_key, target_id, target_key, record, target,"
                   " before, hash, reasons, version, source_hash) VALUES"
                   " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   "iiittttbbttttt", row->run, row->number, row->page,
                   row->action, row->source_key, row->target_id,
                   row->target_key, row->record, row->target, row->before,
                   row->hash, row->reasons, row->version, row->source_hash);
}

int store_plan_each(struct store *s, int64_t run, int64_t from_number,
                    int64_t most, struct arena *arena,
                    int (*each)(void *ctx, const struct plan_row *row),
                    void *ctx, struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT run, number, page, action,"
                                " source_key, target_id, target_key, record,"
                                " target, before, hash, reasons, version,"
                                " source_hash FROM plan WHERE run = ?"
                                " AND number >= ? ORDER BY number LIMIT ?",
                                "iii", run, from_number,
                                most > 0 ? most : (int64_t)-1);
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct plan_row row = { 0 };
        row.run = sqlite3_column_int64(q, 0);
        row.number = sqlite3_column_int64(q, 1);
        row.page = sqlite3_column_int64(q, 2);
        row.action = column_text(q, 3, arena);
        row.source_key = column_text(q, 4, arena);
        row.target_id = column_text(q, 5, arena);
        row.target_key = column_text(q, 6, arena);
        row.record = column_bytes(q, 7, arena);
        row.target = column_bytes(q, 8, arena);
        row.before = column_text(q, 9, arena);
        row.hash = column_text(q, 10, arena);
        row.reasons = column_text(q, 11, arena);
        row.version = column_text(q, 12, arena);
        row.source_hash = column_text(q, 13, arena);
        result = each(ctx, &row);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

int store_plan_drop(struct store *s, int64_t run, struct text source_key,
                    struct arena *arena, struct text *action,
                    struct error *err)
{
    int got = one_text(s, sql_query(s, err, "SELECT action FROM plan"
                                    " INDEXED BY plan_source"
                                    " WHERE run = ? AND source_key = ?", "it",
                                    run, source_key),
                       arena, action, err);
    if (got)
        return got;
    return sql_run(s, err, "DELETE FROM plan INDEXED BY plan_source"
                   " WHERE run = ? AND source_key = ?", "it", run, source_key);
}

int store_plan_target(struct store *s, int64_t run, struct text target_key,
                      struct arena *arena, struct text *source_key,
                      struct error *err)
{
    return one_text(s, sql_query(s, err, "SELECT source_key FROM plan"
                                 " INDEXED BY plan_target"
                                 " WHERE run = ? AND target_key = ?"
                                 " AND target_key <> ''", "it", run,
                                 target_key),
                    arena, source_key, err);
}

int store_plan_clear(struct store *s, int64_t run, struct error *err)
{
    return sql_run(s, err, "DELETE FROM plan WHERE run = ?", "i", run);
}
