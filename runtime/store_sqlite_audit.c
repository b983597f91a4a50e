/* The audit trail: each row carries the hash of the row before it and of its
 * own content, so that a changed, removed or inserted row shows. Rows are
 * only ever added, in the transaction of the effect they tell of: without the
 * row there is no effect [51, 52]. */
#include "config.h"

#include "runtime/store_sqlite_audit.h"

#include "runtime/crypto.h"
#include <stdio.h>

/* Length before each text, so that no two rows spell alike. */
static void hash_text(struct crypto_digest *d, struct text t)
{
    char head[32];
    int n = snprintf(head, sizeof head, "%zu:", t.len);
    crypto_digest_update(d, (struct text){ head, (size_t)n });
    crypto_digest_update(d, t);
}

static void hash_number(struct crypto_digest *d, int64_t n)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%lld;", (long long)n);
    crypto_digest_update(d, (struct text){ digits, (size_t)len });
}

void audit_row_hash(const struct audit_row *r, char out[65])
{
    struct crypto_digest d;
    unsigned char hash[SHA256_LEN];
    crypto_digest_init(&d);
    hash_text(&d, text_of(r->previous));
    hash_number(&d, r->number);
    hash_number(&d, r->at_ms);
    hash_number(&d, r->run);
    hash_number(&d, r->line);
    const struct text texts[] = { r->flow, r->flow_hash, r->action, r->source,
                                  r->source_key, r->target, r->target_id,
                                  r->before, r->after, r->result };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        hash_text(&d, texts[i]);
    crypto_digest_final(&d, hash);
    crypto_hex((struct text){ (const char *)hash, SHA256_LEN }, out);
}

static int read_head(struct store *s, int64_t *number, char hash[65],
                     struct error *err)
{
    *number = 0;
    snprintf(hash, 65, "%s", AUDIT_FIRST_HASH);
    sqlite3_stmt *q = sql_query(s, err, "SELECT number, hash FROM audit"
                                " ORDER BY number DESC LIMIT 1", "");
    if (!q)
        return -1;
    int got = sql_step(s, q, err);
    if (got == 1) {
        *number = sqlite3_column_int64(q, 0);
        struct text t = column_text(q, 1, NULL);
        snprintf(hash, 65, "%.*s", TEXT_ARG(t));
    }
    sql_done(s, q);
    return got < 0 ? -1 : 0;
}

static int add_audit(struct store *s, struct audit_row r, struct error *err)
{
    if (read_head(s, &r.number, r.previous, err))
        return -1;
    r.number++;
    audit_row_hash(&r, r.hash);
    if (sql_run(s, err, "INSERT INTO audit (number, at, run, line, flow,"
                " flow_hash, action, source, source_key, target, target_id,"
                " before, after, result, previous, hash) VALUES (?, ?, ?, ?,"
                " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "iiiittttttttttzz",
                r.number, r.at_ms, r.run, r.line, r.flow, r.flow_hash,
                r.action, r.source, r.source_key, r.target, r.target_id,
                r.before, r.after, r.result, r.previous, r.hash))
        return -1;
    /* the head stands apart too: cutting off the newest rows shows */
    return store_setting_put(s, "audit head", text_of(r.hash), err);
}

int store_audit_add(struct store *s, const struct audit_row *row,
                    struct error *err)
{
    return STORE_WITHIN(s, err, add_audit(s, *row, err));
}

struct audit_row audit_row_read(sqlite3_stmt *q, struct arena *arena)
{
    struct audit_row r = { 0 };
    r.number = sqlite3_column_int64(q, 0);
    r.at_ms = sqlite3_column_int64(q, 1);
    r.run = sqlite3_column_int64(q, 2);
    r.line = sqlite3_column_int64(q, 3);
    r.flow = column_text(q, 4, arena);
    r.flow_hash = column_text(q, 5, arena);
    r.action = column_text(q, 6, arena);
    r.source = column_text(q, 7, arena);
    r.source_key = column_text(q, 8, arena);
    r.target = column_text(q, 9, arena);
    r.target_id = column_text(q, 10, arena);
    r.before = column_text(q, 11, arena);
    r.after = column_text(q, 12, arena);
    r.result = column_text(q, 13, arena);
    struct text previous = column_text(q, 14, NULL);
    struct text hash = column_text(q, 15, NULL);
    snprintf(r.previous, sizeof r.previous, "%.*s", TEXT_ARG(previous));
    snprintf(r.hash, sizeof r.hash, "%.*s", TEXT_ARG(hash));
    return r;
}

/* The rows of one run are found by their index, the others by going through
 * all of them. */
#define AUDIT_ROWS(of_run)                                                  \
    "SELECT * FROM (SELECT " AUDIT_COLUMNS " FROM audit WHERE"              \
    " (?1 = '' OR flow = ?1) AND (?2 = '' OR source_key = ?2)"              \
    " AND (?3 = '' OR target_id = ?3) AND (?4 = 0 OR at >= ?4)"             \
    " AND (?5 = 0 OR at < ?5) AND " of_run                                  \
    " ORDER BY number DESC LIMIT ?7) ORDER BY number"

int store_audit_each(struct store *s, const struct audit_filter *f,
                     struct arena *arena,
                     int (*each)(void *ctx, const struct audit_row *row),
                     void *ctx, struct error *err)
{
    sqlite3_stmt *q = sql_query(
        s, err, f->run > 0 ? AUDIT_ROWS("run = ?6") : AUDIT_ROWS("?6 = 0"),
        "tttiiii", f->flow, f->source_key, f->target_id, f->from_ms, f->to_ms,
        f->run, f->most > 0 ? f->most : (int64_t)-1);
    int got = q ? 0 : -1;
    int result = 0;
    while (q && result == 0 && (got = sql_step(s, q, err)) == 1) {
        struct audit_row row = audit_row_read(q, arena);
        result = each(ctx, &row);
    }
    sql_done(s, q);
    return got < 0 ? -1 : result;
}
