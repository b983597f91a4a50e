/* The outbox: what was about to be written, and what became of it. */
#include "config.h"

#include "runtime/store_sqlite.h"

#define INTENT_COLUMNS                                                      \
    "id, run, fence, flow, source, source_key, target, is_update,"          \
    " target_id, natural_key, match, record_key, method, path, headers,"    \
    " body, content_type, endpoint, fields, hash, evidence, record, line,"  \
    " prepared, settle_until, tries, batch, state"

int store_intent_add(struct store *s, struct intent_row *r, struct error *err)
{
    if (sql_run(s, err, "INSERT INTO intents (run, fence, flow, source,"
                " source_key, target, is_update, target_id, natural_key,"
                " match, record_key, method, path, headers, body,"
                " content_type, endpoint, fields, hash, evidence, record,"
                " line, prepared, settle_until, tries, batch, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "iittttittbtttttttttttiiiiii",
                r->run, r->fence, r->flow, r->source, r->source_key, r->target,
                (int64_t)r->is_update, r->target_id, r->natural_key, r->match,
                r->record_key, r->method, r->path, r->headers, r->body,
                r->content_type, r->endpoint, r->fields, r->hash, r->evidence,
                r->record, r->line, r->prepared_ms, r->settle_until_ms,
                r->tries, r->batch, (int64_t)r->state))
        return -1;
    r->id = sqlite3_last_insert_rowid(s->db);
    return 0;
}

int store_intent_state(struct store *s, int64_t id, enum intent_state state,
                       struct text target_id, struct text evidence,
                       int64_t now_ms, struct error *err)
{
    (void)now_ms;
    return sql_run(s, err, "UPDATE intents SET state = ?1,"
                   " target_id = CASE WHEN ?2 = '' THEN target_id ELSE ?2 END,"
                   " evidence = ?3 WHERE id = ?4", "itti", (int64_t)state,
                   target_id, evidence, id);
}

int store_intent_retry(struct store *s, int64_t id, int64_t settle_until_ms,
                       int64_t now_ms, struct error *err)
{
    return sql_run(s, err, "UPDATE intents SET state = 0, tries = tries + 1,"
                   " prepared = ?, settle_until = ? WHERE id = ?", "iii",
                   now_ms, settle_until_ms, id);
}

static struct intent_row read_intent(sqlite3_stmt *q, struct arena *arena)
{
    struct intent_row r = { 0 };
    r.id = sqlite3_column_int64(q, 0);
    r.run = sqlite3_column_int64(q, 1);
    r.fence = sqlite3_column_int64(q, 2);
    r.flow = column_text(q, 3, arena);
    r.source = column_text(q, 4, arena);
    r.source_key = column_text(q, 5, arena);
    r.target = column_text(q, 6, arena);
    r.is_update = sqlite3_column_int64(q, 7) != 0;
    r.target_id = column_text(q, 8, arena);
    r.natural_key = column_text(q, 9, arena);
    r.match = column_bytes(q, 10, arena);
    r.record_key = column_text(q, 11, arena);
    r.method = column_text(q, 12, arena);
    r.path = column_text(q, 13, arena);
    r.headers = column_text(q, 14, arena);
    r.body = column_text(q, 15, arena);
    r.content_type = column_text(q, 16, arena);
    r.endpoint = column_text(q, 17, arena);
    r.fields = column_text(q, 18, arena);
    r.hash = column_text(q, 19, arena);
    r.evidence = column_text(q, 20, arena);
    r.record = column_text(q, 21, arena);
    r.line = sqlite3_column_int64(q, 22);
    r.prepared_ms = sqlite3_column_int64(q, 23);
    r.settle_until_ms = sqlite3_column_int64(q, 24);
    r.tries = sqlite3_column_int64(q, 25);
    r.batch = sqlite3_column_int64(q, 26);
    r.state = (enum intent_state)sqlite3_column_int64(q, 27);
    return r;
}

int store_intent_each(struct store *s, struct text flow,
                      enum intent_state state, struct arena *arena,
                      int (*each)(void *ctx, const struct intent_row *row),
                      void *ctx, struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT " INTENT_COLUMNS
                                " FROM intents WHERE state = ?1"
                                " AND state IN (0, 1, 4)"
                                " AND (?2 = '' OR flow = ?2) ORDER BY id",
                                "it", (int64_t)state, flow);
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct intent_row row = read_intent(q, arena);
        result = each(ctx, &row);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}

int store_intent_count(struct store *s, struct text flow, int64_t *count,
                       struct error *err)
{
    return sql_number(s, err, 0, count, "SELECT count(*) FROM intents"
                      " WHERE flow = ? AND state IN (0, 1, 4)", "t", flow);
}

static int one_intent(struct store *s, sqlite3_stmt *q, struct arena *arena,
                      struct intent_row *out, struct error *err)
{
    *out = (struct intent_row){ 0 };
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1)
        *out = read_intent(q, arena);
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

int store_intent_open(struct store *s, struct text flow,
                      struct text source_key, struct arena *arena,
                      struct intent_row *out, struct error *err)
{
    return one_intent(s, sql_query(s, err, "SELECT " INTENT_COLUMNS
                                   " FROM intents WHERE flow = ?"
                                   " AND source_key = ?"
                                   " AND state IN (0, 1, 4)"
                                   " ORDER BY id DESC LIMIT 1", "tt", flow,
                                   source_key),
                      arena, out, err);
}

int store_intent_record(struct store *s, struct text flow,
                        struct text source_key, struct arena *arena,
                        struct text *record, struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT record FROM intents"
                                " WHERE flow = ? AND source_key = ?"
                                " AND state = 2 ORDER BY id DESC LIMIT 1",
                                "tt", flow, source_key);
    *record = TEXT_NONE;
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1)
        *record = column_text(q, 0, arena);
    sql_done(s, q);
    return got < 0 ? -1 : got == 0;
}

int store_intent_get(struct store *s, int64_t id, struct arena *arena,
                     struct intent_row *out, struct error *err)
{
    return one_intent(s, sql_query(s, err, "SELECT " INTENT_COLUMNS
                                   " FROM intents WHERE id = ?", "i", id),
                      arena, out, err);
}
