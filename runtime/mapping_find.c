/* Answers `find` from files. */
#include "config.h"

#include "runtime/mapping_find.h"
#include "runtime/rows.h"

#include <string.h>

struct file_index {
    bool is_file;
    struct record **records;
    uint64_t *hashes;
    uint32_t *slots; /* record + 1 of the first with that key */
    uint32_t *next;  /* record + 1 of the next with the same key */
    size_t count, cap, slot_count;
    size_t key_slots[16];
};

struct file_finds {
    struct file_index *indexes; /* per site */
};

const char *mapping_path(struct arena *arena, const struct program *program,
                         const struct mapping_options *options,
                         const struct connection *connection,
                         const struct object *object)
{
    struct text folder =
        options->setting ? options->setting(options->ctx, connection, "folder")
                         : TEXT_NONE;
    const char *root = program->root ? program->root : ".";
    if (object->path.len && object->path.ptr[0] == '/')
        return text_cstr(arena, object->path);
    if (folder.len && folder.ptr[0] == '/')
        return arena_printf(arena, "%.*s/%.*s", TEXT_ARG(folder),
                            TEXT_ARG(object->path));
    if (folder.len)
        return arena_printf(arena, "%s/%.*s/%.*s", root, TEXT_ARG(folder),
                            TEXT_ARG(object->path));
    return arena_printf(arena, "%s/%.*s", root, TEXT_ARG(object->path));
}

static void keep(struct file_index *ix, struct arena *arena,
                 const struct record *record)
{
    if (ix->count == ix->cap) {
        size_t cap = ix->cap ? ix->cap * 2 : 256;
        struct record **more =
            arena_alloc(arena, cap * sizeof(struct record *));
        if (ix->count)
            memcpy(more, ix->records, ix->count * sizeof(*more));
        ix->records = more;
        ix->cap = cap;
    }
    ix->records[ix->count++] = record_dup(arena, record);
}

static int read_all(struct file_index *ix, struct arena *arena,
                    const struct find_site *site, const char *path,
                    struct error *err)
{
    struct rows_options options;
    struct record_plan *plan;
    struct record *record;
    struct record_fault fault;
    struct rows rows;
    struct arena scratch;
    enum record_status status;
    if (rows_options_of(site->object, path, &options, err) != 0 ||
        record_plan_new(arena, site->shape, &plan, err) != 0)
        return -1;
    if (rows_open(&rows, path, &options, plan, arena, err) != 0) {
        rows_close(&rows);
        return -1;
    }
    arena_init(&scratch);
    while ((status = rows_next(&rows, &scratch, &record, &fault)) ==
           RECORD_READ) {
        keep(ix, arena, record);
        arena_reset(&scratch);
    }
    arena_fini(&scratch);
    uint64_t line = rows.line;
    rows_close(&rows);
    if (status == RECORD_END)
        return 0;
    return error_set(err, ERROR_INPUT, "%s, line %llu: %s", path,
                     (unsigned long long)line, fault.text);
}

static uint64_t hash_keys(const struct value *keys, size_t count,
                          struct buf *scratch)
{
    if (count == 1 && keys[0].tag == VALUE_TEXT)
        return text_hash(value_as_text(&keys[0]), 7);
    buf_reset(scratch);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_byte(scratch, '\x1f');
        value_canonical(&keys[i], scratch);
    }
    return text_hash(buf_view(scratch), 7);
}

static void record_keys(const struct file_index *ix, size_t key_count,
                        const struct record *record, struct value *keys)
{
    for (size_t k = 0; k < key_count; k++)
        keys[k] = record->slots[ix->key_slots[k]];
}

static bool same_keys(const struct value *a, const struct value *b,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!value_equal(&a[i], &b[i]))
            return false;
    return true;
}

static size_t find_slot(const struct file_index *ix, uint64_t hash,
                        const struct value *keys, size_t key_count)
{
    size_t at = hash & (ix->slot_count - 1);
    struct value own[16];
    for (; ix->slots[at]; at = (at + 1) & (ix->slot_count - 1)) {
        uint32_t i = ix->slots[at] - 1;
        record_keys(ix, key_count, ix->records[i], own);
        if (ix->hashes[i] == hash && same_keys(keys, own, key_count))
            break;
    }
    return at;
}

static void build_index(struct file_index *ix, struct arena *arena,
                        const struct find_site *site)
{
    struct buf scratch;
    struct value keys[16];
    for (size_t k = 0; k < site->key_count; k++)
        for (size_t i = 0; i < site->shape->count; i++)
            if (site->shape->fields[i].field == site->keys[k])
                ix->key_slots[k] = i;
    ix->slot_count = 64;
    while (ix->slot_count < ix->count * 2)
        ix->slot_count *= 2;
    ix->slots = ARENA_ARRAY(arena, uint32_t, ix->slot_count);
    ix->next = ARENA_ARRAY(arena, uint32_t, ix->count);
    ix->hashes = ARENA_ARRAY(arena, uint64_t, ix->count);
    buf_init(&scratch, 0);
    for (size_t i = 0; i < ix->count; i++) {
        record_keys(ix, site->key_count, ix->records[i], keys);
        ix->hashes[i] = hash_keys(keys, site->key_count, &scratch);
        size_t at = find_slot(ix, ix->hashes[i], keys, site->key_count);
        ix->next[i] = ix->slots[at];
        ix->slots[at] = (uint32_t)i + 1;
    }
    buf_fini(&scratch);
}

int file_finds_open(struct arena *arena, const struct program *program,
                    const struct mapping_options *options,
                    const struct find_site *sites, size_t count,
                    struct file_finds **out, struct error *err)
{
    struct file_finds *finds = ARENA_NEW(arena, struct file_finds);
    finds->indexes = ARENA_ARRAY(arena, struct file_index, count);
    *out = finds;
    for (size_t i = 0; i < count; i++) {
        const struct find_site *site = &sites[i];
        struct file_index *ix = &finds->indexes[i];
        ix->is_file = site->connection &&
                      text_is(site->connection->connector, "files");
        if (!ix->is_file)
            continue;
        const char *path = mapping_path(arena, program, options,
                                        site->connection, site->object);
        if (read_all(ix, arena, site, path, err) != 0)
            return -1;
        build_index(ix, arena, site);
    }
    return 0;
}

static struct text several(const struct file_index *ix, uint32_t first,
                           struct arena *arena)
{
    size_t count = 0;
    for (uint32_t i = first; i; i = ix->next[i - 1])
        count++;
    return text_of(arena_printf(arena, "%zu rows of the file", count));
}

void file_finds_answer(const struct file_finds *finds, struct arena *arena,
                       const struct find_site *site, const struct value *keys,
                       struct find_answer *out)
{
    const struct file_index *ix = &finds->indexes[site->index];
    struct buf scratch;
    memset(out, 0, sizeof *out);
    if (!ix->is_file) {
        out->status = FIND_FAILED;
        out->matches = TEXT("mlc map asks no system; it looks things up in "
                            "tables and files only");
        return;
    }
    buf_init(&scratch, 0);
    uint64_t hash = hash_keys(keys, site->key_count, &scratch);
    buf_fini(&scratch);
    uint32_t i = ix->slots[find_slot(ix, hash, keys, site->key_count)];
    if (!i) {
        out->status = FIND_NONE;
    } else if (ix->next[i - 1]) {
        out->status = FIND_MANY;
        out->matches = several(ix, i, arena);
    } else {
        out->status = FIND_ONE;
        out->record = ix->records[i - 1];
    }
}
