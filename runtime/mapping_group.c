/* Groups of `one per`: members are kept packed, in order. Past the memory
 * given, what there is goes to a temporary file as a run sorted by group; at
 * the end all runs are read side by side. So the groups come out in the order
 * of their first members, whatever the memory, and only the keys and one
 * group are in memory. */
#include "config.h"

#include "runtime/mapping_work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS_MAX 4096

struct member_head { /* before each packed member */
    uint64_t next;   /* offset + 1 of the group's next one */
    uint64_t line;
    uint32_t element, len;
};

struct group {
    struct text key;
    uint64_t hash;
    uint64_t first, last; /* offset + 1 in memory; 0 none */
};

struct run_head { /* before each member in a file */
    uint64_t line;
    uint32_t group, element, len;
    uint32_t pad;
};

struct run {
    FILE *file;
    struct run_head head;
    bool more;
};

struct groups {
    struct arena keys;
    struct group_member *members; /* of the group at hand */
    size_t member_count, member_cap;
    size_t next; /* group to be given out */
    struct group *list;
    uint32_t *slots;
    size_t count, cap, slot_count;
    char *bytes;
    size_t used, size, bound;
    struct run *runs;
    size_t run_count;
};

struct groups *groups_new(size_t memory)
{
    struct groups *g = mem_zalloc(sizeof *g);
    arena_init(&g->keys);
    g->bound = memory ? memory : MAPPING_GROUP_MEMORY;
    g->slot_count = 1024;
    g->slots = mem_zalloc(g->slot_count * sizeof *g->slots);
    return g;
}

void groups_free(struct groups *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->run_count; i++)
        fclose(g->runs[i].file);
    mem_free(g->runs);
    mem_free(g->members);
    mem_free(g->bytes);
    mem_free(g->slots);
    mem_free(g->list);
    arena_fini(&g->keys);
    mem_free(g);
}

/* ------------------------------------------------------------- keys */
static void rehash(struct groups *g)
{
    g->slot_count *= 2;
    mem_free(g->slots);
    g->slots = mem_zalloc(g->slot_count * sizeof *g->slots);
    for (size_t i = 0; i < g->count; i++) {
        size_t at = g->list[i].hash & (g->slot_count - 1);
        while (g->slots[at])
            at = (at + 1) & (g->slot_count - 1);
        g->slots[at] = (uint32_t)i + 1;
    }
}

static struct group *find_group(struct groups *g, struct text key)
{
    uint64_t hash = text_hash(key, (uint64_t)(uintptr_t)g);
    size_t at = hash & (g->slot_count - 1);
    for (; g->slots[at]; at = (at + 1) & (g->slot_count - 1)) {
        struct group *group = &g->list[g->slots[at] - 1];
        if (group->hash == hash && text_equal(group->key, key))
            return group;
    }
    if (g->count == g->cap) {
        g->cap = g->cap ? g->cap * 2 : 1024;
        g->list = mem_realloc(g->list, g->cap * sizeof *g->list);
    }
    struct group *group = &g->list[g->count];
    memset(group, 0, sizeof *group);
    group->key =
        (struct text){ arena_dup(&g->keys, key.ptr, key.len), key.len };
    group->hash = hash;
    g->slots[at] = (uint32_t)++g->count;
    if (g->count * 2 > g->slot_count)
        rehash(g);
    return group;
}

/* ------------------------------------------------------------- spilling */
static struct member_head head_at(const struct groups *g, uint64_t offset)
{
    struct member_head head;
    memcpy(&head, g->bytes + offset - 1, sizeof head);
    return head;
}

static const char *image_at(const struct groups *g, uint64_t offset)
{
    return g->bytes + offset - 1 + sizeof(struct member_head);
}

static int write_member(FILE *file, const struct groups *g, uint32_t group,
                        uint64_t offset)
{
    struct member_head head = head_at(g, offset);
    struct run_head out = { head.line, group, head.element, head.len, 0 };
    if (fwrite(&out, sizeof out, 1, file) != 1 ||
        (head.len && fwrite(image_at(g, offset), head.len, 1, file) != 1))
        return -1;
    return 0;
}

static FILE *temporary_file(struct error *err)
{
    const char *folder = getenv("TMPDIR");
    struct buf name;
    buf_init(&name, 8192);
    buf_printf(&name, "%s/mlc-groups-XXXXXX", folder ? folder : "/tmp");
    buf_cstr(&name);
    int fd = mkstemp(name.ptr);
    if (fd >= 0)
        unlink(name.ptr);
    FILE *file = fd >= 0 ? fdopen(fd, "w+b") : NULL;
    if (!file)
        error_errno(err, ERROR_STORE, "cannot write a temporary file in %s",
                    folder ? folder : "/tmp");
    buf_fini(&name);
    return file;
}

static int spill(struct groups *g, struct error *err)
{
    if (g->run_count == RUNS_MAX)
        return error_set(err, ERROR_INPUT,
                         "the groups are too large for the memory given");
    FILE *file = temporary_file(err);
    if (!file)
        return -1;
    g->runs = mem_realloc(g->runs, (g->run_count + 1) * sizeof *g->runs);
    g->runs[g->run_count++] = (struct run){ .file = file };
    for (size_t i = 0; i < g->count; i++) {
        struct group *group = &g->list[i];
        for (uint64_t at = group->first; at; at = head_at(g, at).next)
            if (write_member(file, g, (uint32_t)i, at) != 0)
                return error_errno(err, ERROR_STORE,
                                   "writing a temporary file");
        group->first = group->last = 0;
    }
    g->used = 0;
    if (fflush(file) != 0)
        return error_errno(err, ERROR_STORE, "writing a temporary file");
    return 0;
}

int groups_add(struct groups *g, struct text key, uint64_t line,
               uint32_t element, struct text image, struct error *err)
{
    size_t size = (sizeof(struct member_head) + image.len + 7) & ~(size_t)7;
    if (g->used && g->used + size > g->bound && spill(g, err) != 0)
        return -1;
    while (g->used + size > g->size) {
        g->size = g->size ? g->size * 2 : (size_t)1 << 20;
        if (g->size > g->bound && g->used + size <= g->bound)
            g->size = g->bound;
        g->bytes = mem_realloc(g->bytes, g->size);
    }
    struct group *group = find_group(g, key);
    struct member_head head = { 0, line, element, (uint32_t)image.len };
    uint64_t offset = g->used + 1;
    memcpy(g->bytes + g->used, &head, sizeof head);
    if (image.len)
        memcpy(g->bytes + g->used + sizeof head, image.ptr, image.len);
    g->used += size;
    if (group->last)
        memcpy(g->bytes + group->last - 1, &offset, sizeof offset);
    else
        group->first = offset;
    group->last = offset;
    return 0;
}

/* ------------------------------------------------------------- reading */
static struct group_member *one_more(struct groups *g)
{
    if (g->member_count == g->member_cap) {
        g->member_cap = g->member_cap ? g->member_cap * 2 : 64;
        g->members =
            mem_realloc(g->members, g->member_cap * sizeof *g->members);
    }
    return &g->members[g->member_count++];
}

static void next_head(struct run *run)
{
    run->more = fread(&run->head, sizeof run->head, 1, run->file) == 1;
}

static int gather_run(struct groups *g, struct run *run, struct arena *arena,
                      struct error *err)
{
    while (run->more && run->head.group == g->next) {
        char *image = arena_alloc(arena, run->head.len + 1);
        if (run->head.len &&
            fread(image, run->head.len, 1, run->file) != 1)
            return error_set(err, ERROR_STORE,
                             "a temporary file was cut short");
        *one_more(g) = (struct group_member){ run->head.line,
                                              run->head.element,
                                              { image, run->head.len } };
        next_head(run);
    }
    return 0;
}

static void gather_memory(struct groups *g, const struct group *group)
{
    for (uint64_t at = group->first; at;) {
        struct member_head head = head_at(g, at);
        *one_more(g) = (struct group_member){
            head.line, head.element, { image_at(g, at), head.len }
        };
        at = head.next;
    }
}

void groups_rewind(struct groups *g)
{
    g->next = 0;
    for (size_t i = 0; i < g->run_count; i++) {
        rewind(g->runs[i].file);
        next_head(&g->runs[i]);
    }
}

int groups_next(struct groups *g, struct arena *arena,
                struct group_member **members, size_t *count,
                struct error *err)
{
    if (g->next == g->count)
        return 0;
    g->member_count = 0;
    for (size_t k = 0; k < g->run_count; k++)
        if (gather_run(g, &g->runs[k], arena, err) != 0)
            return -1;
    gather_memory(g, &g->list[g->next++]);
    *count = g->member_count;
    *members = arena_dup(arena, g->members,
                         g->member_count * sizeof *g->members);
    return 1;
}
