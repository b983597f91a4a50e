/* An ordered map from text to a pointer, with a seed per process so that
 * nobody can choose keys that collide. Keys are borrowed: they live at least
 * as long as the map. Iteration is in order of first insertion. */
#ifndef MLC_BASE_MAP_H
#define MLC_BASE_MAP_H

#include "base/text.h"

struct map_entry {
    struct text key;
    void *value;
    uint64_t hash;
};

struct map {
    struct map_entry *entries;
    uint32_t *slots; /* index + 1 into entries; 0 is free */
    size_t count, cap, slot_count;
};

void map_init(struct map *m);
void map_fini(struct map *m);
void map_reset(struct map *m);
void *map_get(const struct map *m, struct text key); /* NULL when absent */
bool map_has(const struct map *m, struct text key);
/* Sets or replaces; the old value comes back, or NULL. */
void *map_put(struct map *m, struct text key, void *value);

#endif
