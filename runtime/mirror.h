/* Answers to `find` and `match on`: small objects are kept whole in the store
 * and refreshed by what changed since, others are asked for by key, many keys
 * in a call. "Could not be read" is never "not there". */
#ifndef MLC_RUNTIME_MIRROR_H
#define MLC_RUNTIME_MIRROR_H

#include "runtime/eval.h"
#include "runtime/port.h"
#include "runtime/store.h"

/* A place to look: a `find` of a flow, or the keys of `match on`. */
struct site {
    const struct find_site *find; /* NULL: made by the engine */
    const struct object *object;
    struct text connection;
    const struct field **keys;
    const struct field **lists; /* list or record that holds keys[i], or NULL */
    size_t key_count;
    const struct shape *shape;  /* of the records given back; keys are in it */
    struct site_state *state;
};

struct lookups;

struct lookups *lookups_new(struct store *store, const struct ports *ports,
                            int64_t now_ms);
void lookups_free(struct lookups *l);
/* Before the first look-up: all sites are known, so that each object is asked
 * for once with all fields anybody wants. */
int lookups_add(struct lookups *l, struct site *site, struct error *err);
/* The record's value at key `i`. */
struct value site_value(const struct site *site, size_t i,
                        const struct record *record);
/* FIND_LATER: noted, answered after the next lookups_fetch. The record lives
 * as long as the lookups. */
void lookups_ask(struct lookups *l, const struct site *site,
                 const struct value *keys, struct find_answer *out);
/* The same for the evaluator: `ctx` is the lookups. */
void lookups_find(void *ctx, const struct find_site *site,
                  const struct value *keys, struct find_answer *out);
/* Is there exactly this canonical key? Small objects only; 0 no, 1 yes, -1
 * cannot say. */
int lookups_has(struct lookups *l, struct text object, struct text fields,
                struct text key);
bool lookups_pending(const struct lookups *l);
int lookups_fetch(struct lookups *l, struct error *err);
/* Between pages: what was asked for by key is let go when it is much, so that
 * memory does not grow with the records a run reads. No record given back
 * before is valid after it. */
void lookups_relax(struct lookups *l);
/* Forgets what was fetched by key: it may have changed through our writes. */
void lookups_forget(struct lookups *l, const struct site *site);
/* Adds the calls of every connection asked. */
struct summary;
/* What would be read for the look-ups, with sample keys. */
void lookups_each_read(struct lookups *l,
                       void (*tell)(void *ctx, const struct port *port,
                                    const struct read_spec *spec),
                       void *ctx);
void lookups_count(const struct lookups *l, struct summary *s);

/* ------------------------------------------------------------- for others */
/* `a` with the fields of `b` behind its own, nested ones too. */
const struct shape *shape_join(struct arena *arena, const struct shape *a,
                               const struct shape *b);
const struct shape *shape_with(struct arena *arena, const struct shape *a,
                               const struct field *field);
/* The fields of the record's own key. */
const struct shape *shape_of_key(struct arena *arena,
                                 const struct object *object);
/* Names of all fields: a stored record of another spelling misses some. */
void shape_print(const struct shape *shape, struct buf *out);
/* Canonical spelling of several values as one key. */
void key_canonical(const struct value *values, size_t count, struct buf *out);
/* One of them, as keys are compared: texts in their composed form [115]. */
void key_part(const struct value *v, struct buf *out);
/* The record's own key (object->keys), empty when one is missing. */
bool record_key(const struct record *record, struct buf *out);
/* "Exact.costcenter" */
struct text object_label(struct arena *arena, struct text connection,
                         const struct object *object);

#endif
