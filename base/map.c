/* The ordered map: entries in a row in order of insertion, found through an
 * open-addressed table of their numbers. */
#include "config.h"

#include "base/map.h"
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SLOTS_FIRST 16
/* Entries are numbered with 32 bits, and 0 means free. */
#define ENTRIES_MAX ((size_t)1 << 30)

/* One seed for the process. Two threads that race here both draw, and the
 * second draw must not replace the first. */
static uint64_t seed(void)
{
    static uint64_t process_seed;
    uint64_t now = __atomic_load_n(&process_seed, __ATOMIC_ACQUIRE);
    if (now)
        return now;
    uint64_t drawn = 0;
    if (getrandom(&drawn, sizeof drawn, GRND_NONBLOCK) != sizeof drawn)
        drawn = (uint64_t)(uintptr_t)&drawn ^ ((uint64_t)getpid() << 32);
    drawn |= 1;
    if (__atomic_compare_exchange_n(&process_seed, &now, drawn, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return drawn;
    return now;
}

void map_init(struct map *m)
{
    *m = (struct map){ 0 };
}

void map_fini(struct map *m)
{
    mem_free(m->entries);
    mem_free(m->slots);
    map_init(m);
}

void map_reset(struct map *m)
{
    m->count = 0;
    if (m->slots)
        memset(m->slots, 0, m->slot_count * sizeof *m->slots);
}

/* Slot of `key`, or the free slot where it belongs. */
static size_t find_slot(const struct map *m, struct text key, uint64_t hash)
{
    size_t mask = m->slot_count - 1;
    size_t at = (size_t)hash & mask;
    while (m->slots[at]) {
        const struct map_entry *e = &m->entries[m->slots[at] - 1];
        if (e->hash == hash && text_equal(e->key, key))
            return at;
        at = (at + 1) & mask;
    }
    return at;
}

static const struct map_entry *find_entry(const struct map *m, struct text key)
{
    if (!m->count)
        return NULL;
    size_t slot = find_slot(m, key, text_hash(key, seed()));
    return m->slots[slot] ? &m->entries[m->slots[slot] - 1] : NULL;
}

void *map_get(const struct map *m, struct text key)
{
    const struct map_entry *e = find_entry(m, key);
    return e ? e->value : NULL;
}

bool map_has(const struct map *m, struct text key)
{
    return find_entry(m, key) != NULL;
}

static void grow_slots(struct map *m)
{
    size_t count = m->slot_count ? m->slot_count * 2 : SLOTS_FIRST;
    mem_free(m->slots);
    m->slots = mem_zalloc(count * sizeof *m->slots);
    m->slot_count = count;
    for (size_t i = 0; i < m->count; i++) {
        size_t at = (size_t)m->entries[i].hash & (count - 1);
        while (m->slots[at])
            at = (at + 1) & (count - 1);
        m->slots[at] = (uint32_t)(i + 1);
    }
}

static void grow_entries(struct map *m)
{
    size_t cap = m->cap ? m->cap * 2 : SLOTS_FIRST / 2;
    if (cap > ENTRIES_MAX)
        cap = (size_t)-1 / sizeof *m->entries; /* refused below as too much */
    m->entries = mem_realloc(m->entries, cap * sizeof *m->entries);
    m->cap = cap;
}

void *map_put(struct map *m, struct text key, void *value)
{
    uint64_t hash = text_hash(key, seed());
    if (m->slot_count) {
        size_t slot = find_slot(m, key, hash);
        if (m->slots[slot]) {
            struct map_entry *e = &m->entries[m->slots[slot] - 1];
            void *old = e->value;
            e->value = value;
            return old;
        }
    }
    if (m->count == m->cap)
        grow_entries(m);
    if ((m->count + 1) * 4 > m->slot_count * 3)
        grow_slots(m);
    size_t slot = find_slot(m, key, hash);
    m->entries[m->count] =
        (struct map_entry){ .key = key, .value = value, .hash = hash };
    m->count++;
    m->slots[slot] = (uint32_t)m->count;
    return NULL;
}
