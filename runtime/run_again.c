/* What the last run saw near its end. A read of changes overlaps the one before
 * it, so that nothing is lost at the boundary; what comes again unchanged was
 * decided then, and is not looked up, grouped or compared once more. Only runs
 * that came to their end leave this behind, and a complete read minds none of
 * it. */
#include "config.h"

#include "runtime/run_internal.h"

#include <stdlib.h>

#define FIRST_MAX 500  /* of lists that are read newest first */
#define LAST_MAX 1500  /* of the others */
#define AGAIN_MAX (FIRST_MAX + LAST_MAX)
#define HASH_DIGITS 16
#define SEED 11

struct again {
    uint64_t *old, *seen; /* old in order */
    size_t old_count, count;
};

static uint64_t hash_at(const char *digits)
{
    uint64_t hash = 0;
    for (int i = 0; i < HASH_DIGITS; i++) {
        char c = digits[i];
        hash = hash << 4 | (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
    }
    return hash;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static bool applies(const struct run *r)
{
    return !r->complete && r->o->key_count == 0
           && (r->o->mode == RUN_WRITE || r->o->mode == RUN_PLAN);
}

void again_start(struct run *r)
{
    struct text kept = r->cursor.boundary;
    struct again *k = ARENA_NEW(&r->keep, struct again);
    r->again = k;
    k->seen = ARENA_ARRAY(&r->keep, uint64_t, AGAIN_MAX);
    if (!applies(r) || kept.len / HASH_DIGITS > AGAIN_MAX)
        return;
    k->old = ARENA_ARRAY(&r->keep, uint64_t, AGAIN_MAX);
    for (size_t at = 0; at + HASH_DIGITS <= kept.len; at += HASH_DIGITS)
        k->old[k->old_count++] = hash_at(kept.ptr + at);
    qsort(k->old, k->old_count, sizeof *k->old, compare);
}

bool again_seen(struct run *r, struct text raw)
{
    struct again *k = r->again;
    uint64_t hash = text_hash(raw, SEED);
    size_t place = k->count < FIRST_MAX
                       ? k->count
                       : FIRST_MAX + (k->count - FIRST_MAX) % LAST_MAX;
    k->seen[place] = hash;
    k->count++;
    return !r->complete && k->old_count > 0
           && bsearch(&hash, k->old, k->old_count, sizeof *k->old, compare);
}

struct text again_text(struct run *r)
{
    const struct again *k = r->again;
    size_t count = k->count < AGAIN_MAX ? k->count : AGAIN_MAX;
    struct buf b;
    if (r->keyed)
        return r->cursor.boundary;
    if (r->stopped || run_should_stop(r))
        return TEXT_NONE;
    buf_init(&b, 0);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%016llx", (unsigned long long)k->seen[i]);
    struct text t = buf_dup(&r->keep, &b);
    buf_fini(&b);
    return t;
}
