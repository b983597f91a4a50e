/* Retention: what nobody needs any more goes, in small transactions, so that a
 * run beside it never waits long and an end in the middle costs nothing. Links,
 * cursors, open holds and intents, and the whole audit trail stay [54]. */
#include "config.h"

#include "runtime/store_sqlite.h"

#define ROWS_AT_ONCE 2000 /* looked at in one transaction */

/* ?1 the first number looked at, ?2 the one after the last, ?3 the instant.
 * The last write of a key stays: `when gone` is evaluated with its record. */
static const char prune_intents[] =
    "DELETE FROM intents WHERE id >= ?1 AND id < ?2 AND prepared < ?3"
    " AND state IN (2, 3, 5) AND (state <> 2 OR EXISTS (SELECT 1 FROM intents n"
    " WHERE n.flow = intents.flow AND n.source_key = intents.source_key"
    " AND n.state = 2 AND n.id > intents.id))";
static const char prune_bytes[] =
    "UPDATE intents SET body = '', headers = '', evidence = ''"
    " WHERE id >= ?1 AND id < ?2 AND prepared < ?3 AND state = 2"
    " AND (body <> '' OR headers <> '' OR evidence <> '')";
static const char prune_holds[] =
    "DELETE FROM holds WHERE id >= ?1 AND id < ?2 AND closed <> ''"
    " AND closed_at < ?3";
/* Of a run that was killed before it could put them away. */
static const char prune_plans[] =
    "DELETE FROM plan WHERE run IN (SELECT id FROM runs WHERE id >= ?1"
    " AND id < ?2 AND started < ?3)";
static const char prune_seen[] =
    "DELETE FROM seen WHERE flow IN (SELECT 'seen ' || id FROM runs"
    " WHERE id >= ?1 AND id < ?2 AND started < ?3 UNION ALL"
    " SELECT 'groups ' || id FROM runs WHERE id >= ?1 AND id < ?2"
    " AND started < ?3)";
static const char prune_runs[] =
    "DELETE FROM runs WHERE id >= ?1 AND id < ?2 AND started < ?3"
    " AND EXISTS (SELECT 1 FROM runs n"
    " WHERE n.flow = runs.flow AND n.id > runs.id)";

static int last_of(struct store *s, enum store_prune_part part, int64_t *last,
                   struct error *err)
{
    static const char intents[] = "SELECT coalesce(max(id), 0) FROM intents";
    static const char holds[] = "SELECT coalesce(max(id), 0) FROM holds";
    static const char runs[] = "SELECT coalesce(max(id), 0) FROM runs";
    return part == PRUNE_INTENTS ? sql_number(s, err, 0, last, intents, "")
           : part == PRUNE_HOLDS ? sql_number(s, err, 0, last, holds, "")
                                 : sql_number(s, err, 0, last, runs, "");
}

static int run_part(struct store *s, const char *sql, struct store_prune *p,
                    bool counts, struct error *err)
{
    if (sql_run(s, err, sql, "iii", p->at, p->at + ROWS_AT_ONCE, p->before_ms))
        return -1;
    if (counts)
        p->gone[p->part] += sql_changes(s);
    return 0;
}

static int one_chunk(struct store *s, struct store_prune *p,
                     struct error *err)
{
    switch (p->part) {
    case PRUNE_INTENTS:
        return run_part(s, prune_intents, p, true, err)
               || run_part(s, prune_bytes, p, false, err);
    case PRUNE_HOLDS:
        return run_part(s, prune_holds, p, true, err);
    case PRUNE_RUNS:
        return run_part(s, prune_plans, p, false, err)
               || run_part(s, prune_seen, p, false, err)
               || run_part(s, prune_runs, p, true, err);
    case PRUNE_DONE:
        break;
    }
    return 0;
}

int store_prune_some(struct store *s, struct store_prune *p, struct error *err)
{
    int64_t last = 0;
    if (p->part == PRUNE_DONE)
        return 1;
    if (STORE_TRANSACTION(s, err, one_chunk(s, p, err) ? -1 : 0) < 0
        || last_of(s, p->part, &last, err))
        return -1;
    p->at += ROWS_AT_ONCE;
    if (p->at > last) {
        p->part++;
        p->at = 0;
    }
    return p->part == PRUNE_DONE;
}
