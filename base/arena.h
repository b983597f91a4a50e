/* Memory that lives as long as its purpose: one arena for a checked program,
 * one for a run, one for a batch of records (reset, not freed, between
 * batches). The only owner of malloc. Out of memory ends the program with one
 * line; so no allocation here ever returns NULL. */
#ifndef MLC_BASE_ARENA_H
#define MLC_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *first; /* kept over a reset */
    struct arena_block *last;
    char *next;  /* next free byte of `last` */
    char *limit; /* end of `last` */
    size_t used; /* bytes handed out since init or reset */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);
/* Everything handed out is gone; blocks are kept for reuse. */
void arena_reset(struct arena *arena);

#define ARENA_ALIGNMENT 16

/* arena_alloc where the block at hand is used up. */
void *arena_alloc_more(struct arena *arena, size_t size);

/* `size` bytes, aligned for any type, uninitialised / zeroed. */
static inline void *arena_alloc(struct arena *arena, size_t size)
{
    char *memory = arena->next;
    size_t rounded = (size + ARENA_ALIGNMENT - 1) &
                     ~(size_t)(ARENA_ALIGNMENT - 1);
    /* what is left is a multiple of the alignment too */
    if (size - 1 >= (size_t)(arena->limit - memory))
        return arena_alloc_more(arena, size);
    arena->next = memory + rounded;
    arena->used += rounded;
    return memory;
}
void *arena_zalloc(struct arena *arena, size_t size);
/* Copies. The string forms add a NUL. */
void *arena_dup(struct arena *arena, const void *bytes, size_t len);
char *arena_strdup(struct arena *arena, const char *string);
char *arena_strndup(struct arena *arena, const char *bytes, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#define ARENA_NEW(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) \
    ((type *)arena_zalloc((arena), sizeof(type) * (size_t)(count)))

/* Heap memory for what grows or outlives every arena; never NULL. */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_realloc(void *old, size_t size);
char *mem_strdup(const char *string);
void mem_free(void *memory);

#endif
