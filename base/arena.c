/* Memory by purpose. An arena is a chain of blocks; handing out is moving a
 * pointer, and a reset goes back to the first block and keeps them all. */
#include "config.h"

#include "base/arena.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first block serves most short-lived arenas whole; later ones double up
 * to the point where malloc's own cost no longer shows. */
#define BLOCK_FIRST ((size_t)16 << 10)
#define BLOCK_LARGEST ((size_t)1 << 20)
/* A request past this is a mistake or an attack, never a need. */
#define REQUEST_MAX ((size_t)1 << 40)

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(ARENA_ALIGNMENT) char bytes[];
};

static void out_of_memory(size_t size)
{
    fprintf(stderr, "mlc: out of memory (%zu bytes asked for)\n", size);
    abort();
}

void *mem_alloc(size_t size)
{
    if (size > REQUEST_MAX)
        out_of_memory(size);
    void *memory = malloc(size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

void *mem_zalloc(size_t size)
{
    if (size > REQUEST_MAX)
        out_of_memory(size);
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

void *mem_realloc(void *old, size_t size)
{
    if (size > REQUEST_MAX)
        out_of_memory(size);
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        out_of_memory(size);
    return memory;
}

char *mem_strdup(const char *string)
{
    size_t size = strlen(string) + 1;
    return memcpy(mem_alloc(size), string, size);
}

void mem_free(void *memory)
{
    free(memory);
}

void arena_init(struct arena *arena)
{
    *arena = (struct arena){ 0 };
}

void arena_fini(struct arena *arena)
{
    struct arena_block *block = arena->first;
    while (block) {
        struct arena_block *next = block->next;
        mem_free(block);
        block = next;
    }
    arena_init(arena);
}

static void enter_block(struct arena *arena, struct arena_block *block)
{
    arena->last = block;
    arena->next = block->bytes;
    arena->limit = block->bytes + block->size;
}

void arena_reset(struct arena *arena)
{
    arena->used = 0;
    if (arena->first)
        enter_block(arena, arena->first);
}

static size_t next_size(const struct arena *arena, size_t need)
{
    size_t size = arena->last ? arena->last->size * 2 : BLOCK_FIRST;
    if (size > BLOCK_LARGEST)
        size = BLOCK_LARGEST;
    return size > need ? size : need;
}

/* The next kept block if it is large enough, else a new one before it. */
static void add_block(struct arena *arena, size_t need)
{
    struct arena_block *kept = arena->last ? arena->last->next : NULL;
    if (kept && kept->size >= need) {
        enter_block(arena, kept);
        return;
    }
    size_t size = next_size(arena, need);
    struct arena_block *block = mem_alloc(sizeof *block + size);
    block->size = size;
    block->next = kept;
    if (arena->last)
        arena->last->next = block;
    else
        arena->first = block;
    enter_block(arena, block);
}

void *arena_alloc_more(struct arena *arena, size_t size)
{
    if (size > REQUEST_MAX)
        out_of_memory(size);
    size_t rounded = (size + ARENA_ALIGNMENT - 1) &
                     ~(size_t)(ARENA_ALIGNMENT - 1);
    if (rounded > (size_t)(arena->limit - arena->next) || !arena->next)
        add_block(arena, rounded);
    char *memory = arena->next;
    arena->next += rounded;
    arena->used += rounded;
    return memory;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_dup(struct arena *arena, const void *bytes, size_t len)
{
    void *copy = arena_alloc(arena, len);
    if (len)
        memcpy(copy, bytes, len);
    return copy;
}

char *arena_strndup(struct arena *arena, const char *bytes, size_t len)
{
    char *copy = arena_alloc(arena, len + 1);
    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *string)
{
    return arena_strndup(arena, string, strlen(string));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    char small[256];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    char *result;
    if (len < 0) {
        result = arena_strdup(arena, "");
    } else if ((size_t)len < sizeof small) {
        result = arena_strndup(arena, small, (size_t)len);
    } else {
        result = arena_alloc(arena, (size_t)len + 1);
        vsnprintf(result, (size_t)len + 1, format, again);
    }
    va_end(again);
    return result;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *result = arena_vprintf(arena, format, args);
    va_end(args);
    return result;
}
