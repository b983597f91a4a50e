/* Is the audit trail what was written? Each row must name the hash of the one
 * before it and have its own; the newest one's is kept apart.
 *
 * A person who has found out what happened to a broken trail may go on with
 * it: a row "accept" seals what is there now. Whatever was changed before it
 * stays visible as what it is, changes after it are found as ever, and so are
 * further ones before it. */
#include "config.h"

#include "runtime/store_sqlite_audit.h"

#include "runtime/crypto.h"
#include <stdio.h>
#include <string.h>

#define LOOKED "audit looked" /* setting: number, hash and time of a look */
#define HEAD "audit head"
#define WHOLE_LOOK_MS ((int64_t)24 * 3600 * 1000) /* all of it once a day */
#define SEAL_SIZE 160

struct chain {
    int64_t next;    /* number of the row that must follow */
    int64_t broken;  /* first row that is not what was written; 0 none */
    int64_t count;
    char head[65];   /* hash that the next row must name */
    char sealed[65]; /* over what all rows say, whatever their hashes */
};

/* What an "accept" row says of the trail before it. */
static void seal_text(const struct chain *c, char out[SEAL_SIZE])
{
    snprintf(out, SEAL_SIZE, "{\"broken\":%lld,\"seal\":\"%s\"}",
             (long long)c->broken, c->sealed);
}

static void seal_more(struct chain *c, const char *hash)
{
    char both[129];
    snprintf(both, sizeof both, "%s%s", c->sealed, hash);
    crypto_sha256_hex(text_of(both), c->sealed);
}

static void chain_add(struct chain *c, const struct audit_row *r)
{
    char hash[65];
    char seal[SEAL_SIZE];
    audit_row_hash(r, hash);
    seal_text(c, seal);
    bool fits = r->number == c->next
                && strcmp(r->previous, c->head) == 0
                && strcmp(r->hash, hash) == 0;
    if (!fits && c->broken == 0)
        c->broken = c->next;
    else if (fits && text_is(r->action, "accept")
             && text_is(r->after, seal))
        c->broken = 0;
    seal_more(c, hash);
    c->count++;
    c->next = r->number + 1;
    snprintf(c->head, sizeof c->head, "%s", r->hash);
}

/* Rows from `from` on. */
static int chain_walk(struct store *s, int64_t from, struct chain *c,
                      struct error *err)
{
    sqlite3_stmt *q = sql_query(s, err, "SELECT " AUDIT_COLUMNS " FROM audit"
                                " WHERE number >= ? ORDER BY number", "i",
                                from);
    int got = q ? 0 : -1;
    while (q && (got = sql_step(s, q, err)) == 1) {
        struct audit_row r = audit_row_read(q, NULL);
        chain_add(c, &r);
    }
    sql_done(s, q);
    return got < 0 ? -1 : 0;
}

/* The newest rows may have been cut off. */
static int chain_end(struct store *s, struct chain *c, struct error *err)
{
    struct arena arena;
    struct text kept;
    arena_init(&arena);
    int got = store_setting_get(s, HEAD, &arena, &kept, err);
    if (got == 0 && c->broken == 0 && !text_is(kept, c->head))
        c->broken = c->next;
    arena_fini(&arena);
    return got < 0 ? -1 : 0;
}

static int whole_chain(struct store *s, struct chain *c, struct error *err)
{
    *c = (struct chain){ .next = 1, .head = AUDIT_FIRST_HASH,
                         .sealed = AUDIT_FIRST_HASH };
    return chain_walk(s, 0, c, err) || chain_end(s, c, err) ? -1 : 0;
}

int store_audit_verify(struct store *s, int64_t *count, char head[65],
                       int64_t *broken, struct error *err)
{
    struct chain c;
    if (whole_chain(s, &c, err))
        return -1;
    *count = c.broken ? c.broken - 1 : c.count;
    *broken = c.broken;
    snprintf(head, 65, "%s", c.head);
    return c.broken != 0;
}

/* ------------------------------------------------------------- before a run */
struct look {
    long long number, at_ms;
    char hash[65];
};

static int read_look(struct store *s, struct look *look, struct error *err)
{
    struct arena arena;
    struct text kept = TEXT_NONE;
    arena_init(&arena);
    *look = (struct look){ 0 };
    int got = store_setting_get(s, LOOKED, &arena, &kept, err);
    if (got == 0
        && sscanf(text_cstr(&arena, kept), "%lld %64s %lld", &look->number,
                  look->hash, &look->at_ms) != 3)
        *look = (struct look){ 0 };
    arena_fini(&arena);
    return got < 0 ? -1 : 0;
}

static int keep_look(struct store *s, const struct chain *c, int64_t at_ms,
                     struct error *err)
{
    char line[160];
    snprintf(line, sizeof line, "%lld %s %lld", (long long)c->next - 1,
             c->head, (long long)at_ms);
    return store_setting_put(s, LOOKED, text_of(line), err);
}

/* From the row that was the newest at the last look: it must still be it. */
static int new_rows(struct store *s, const struct look *look, struct chain *c,
                    struct error *err)
{
    *c = (struct chain){ .next = look->number + 1 };
    snprintf(c->head, sizeof c->head, "%s", look->hash);
    struct arena arena;
    struct text kept = TEXT_NONE;
    arena_init(&arena);
    sqlite3_stmt *q = sql_query(s, err, "SELECT hash FROM audit"
                                " WHERE number = ?", "i",
                                (int64_t)look->number);
    int got = q ? sql_step(s, q, err) : -1;
    if (got == 1)
        kept = column_text(q, 0, &arena);
    sql_done(s, q);
    if (!text_is(kept, look->hash))
        c->broken = look->number;
    arena_fini(&arena);
    return got < 0 || chain_walk(s, look->number + 1, c, err)
                   || chain_end(s, c, err)
               ? -1 : 0;
}

int store_audit_look(struct store *s, int64_t now_ms, int64_t *broken,
                     struct error *err)
{
    struct chain c;
    struct look look;
    if (read_look(s, &look, err))
        return -1;
    bool whole = look.number == 0 || now_ms < look.at_ms
                 || now_ms - look.at_ms >= WHOLE_LOOK_MS;
    if (whole ? whole_chain(s, &c, err) : new_rows(s, &look, &c, err))
        return -1;
    *broken = c.broken;
    if (c.broken != 0)
        return 1;
    return c.next > 1 && (whole || c.count > 0)
               ? keep_look(s, &c, whole ? now_ms : look.at_ms, err) : 0;
}

/* ---------------------------------------------------------------- accepting */
static int accept(struct store *s, const struct audit_row *why,
                  int64_t *broken, struct error *err)
{
    struct chain c;
    char seal[SEAL_SIZE];
    struct audit_row row = *why;
    if (whole_chain(s, &c, err))
        return -1;
    *broken = c.broken;
    if (c.broken == 0)
        return 1;
    if (c.broken == c.next) /* cut off at the end: no row will show it */
        c.broken = 0;
    seal_text(&c, seal);
    row.action = TEXT("accept");
    row.after = text_of(seal);
    return store_audit_add(s, &row, err);
}

int store_audit_accept(struct store *s, const struct audit_row *why,
                       int64_t *broken, struct error *err)
{
    return STORE_WITHIN(s, err, accept(s, why, broken, err));
}
