/* Walking pages, and refreshing what is mirrored whole. */
#include "config.h"

#include "runtime/mirror_read.h"

#include "runtime/mirror.h"
#include "runtime/record.h"

/* Deletions are only told by some feeds: what a change feed does not tell is
 * looked for by reading everything once a day. */
#define COMPLETE_EVERY_MS ((int64_t)24 * 3600 * 1000)

int page_walk_step(struct page_walk *w, const struct page *page, size_t rows,
                   struct error *err)
{
    const size_t ring = sizeof w->seen / sizeof w->seen[0];
    uint64_t hash = text_hash(page->next, 1);
    size_t known = w->count < ring ? w->count : ring;
    w->empty = rows == 0 ? w->empty + 1 : 0;
    if (page->next.len == 0)
        return 0;
    for (size_t i = 0; i < known; i++)
        if (w->seen[i] == hash)
            return error_set(err, ERROR_VENDOR, "the pages go round in a "
                             "circle: page %zu leads back to an earlier one",
                             w->count + 1);
    if (w->empty > EMPTY_PAGES_MAX)
        return error_set(err, ERROR_VENDOR, "%d empty pages one after another",
                         EMPTY_PAGES_MAX);
    if (w->count >= PAGES_MAX)
        return error_set(err, ERROR_VENDOR, "more than %d pages", PAGES_MAX);
    w->seen[w->count++ % ring] = hash;
    return 0;
}

int answer_error(struct text connection, const struct answer *answer,
                 struct error *err)
{
    static const enum error_kind kinds[] = {
        [ANSWER_DONE] = ERROR_NONE,       [ANSWER_WAIT] = ERROR_TRANSIENT,
        [ANSWER_REFUSED] = ERROR_VENDOR,  [ANSWER_SIGN_IN] = ERROR_SIGN_IN,
        [ANSWER_FAILED] = ERROR_TRANSIENT,
    };
    enum error_kind kind = kinds[answer->kind];
    if (answer->refusal == REFUSAL_QUOTA)
        kind = ERROR_TRANSIENT;
    return error_set(err, kind, "%.*s says: %.*s", TEXT_ARG(connection),
                     answer->reason.len > 0 ? (int)answer->reason.len : 9,
                     answer->reason.len > 0 ? answer->reason.ptr
                                            : "no reason");
}

/* Walks the rows of one page. */
static int each_row(const struct page *page, const struct shape *shape,
                    struct arena *arena, void (*row)(void *, struct text),
                    void *ctx, size_t *rows, struct error *err)
{
    struct record_plan *plan = NULL;
    struct record_page walk;
    struct record *record;
    struct record_fault fault;
    struct text raw;
    enum record_status status;
    *rows = 0;
    if (record_plan_new(arena, shape, &plan, err)
        || record_page_open(&walk, plan, page->body, page->rows, page->single,
                            err))
        return -1;
    while ((status = record_page_next(&walk, arena, &record, &raw, &fault))
           != RECORD_END) {
        if (status == RECORD_BROKEN)
            return error_set(err, ERROR_VENDOR, "a page cannot be read: %s",
                             fault.text);
        ++*rows;
        row(ctx, raw);
    }
    return 0;
}

int pages_read(struct port *port, const struct read_spec *spec,
               void (*row)(void *ctx, struct text raw), void *ctx,
               struct error *err)
{
    struct arena arena;
    struct page_walk walk = { { 0 }, 0, 0 };
    struct text next = TEXT_NONE;
    struct buf kept;
    int result;
    arena_init(&arena);
    buf_init(&kept, 0);
    do {
        struct page page = { .total = -1 };
        struct answer answer = { 0 };
        size_t rows = 0;
        arena_reset(&arena);
        next = buf_view(&kept);
        result = port->read(port->ctx, spec, next, &arena, &page, &answer,
                            err);
        if (result == 0 && answer.kind != ANSWER_DONE)
            result = answer.refusal == REFUSAL_MISSING
                         ? 0 /* a key that is not there */
                         : answer_error(port->name, &answer, err);
        else if (result == 0)
            result = each_row(&page, spec->shape, &arena, row, ctx, &rows,
                              err)
                     || page_walk_step(&walk, &page, rows, err);
        buf_reset(&kept);
        buf_text(&kept, page.next);
    } while (result == 0 && kept.len > 0);
    buf_fini(&kept);
    arena_fini(&arena);
    return result == 0 ? 0 : -1;
}

/* ------------------------------------------------------------ whole mirrors */
struct refresh {
    struct mirrored *m;
    struct store *store;
    struct record_plan *plan, *key_plan; /* of all that is used; of the key */
    struct arena *arena;
    int64_t mark;
    bool deletions;
    struct error *err;
    int failed;
};

/* The row's key. A row that cannot be read is kept too, under its key or, when
 * not even that can be read, a name of its own: who looks something up must
 * learn that it may be this one. */
static bool row_key(struct refresh *r, struct text raw, struct buf *key)
{
    struct record *record = NULL;
    struct record_fault fault;
    if (record_parse(r->plan, raw, r->arena, &record, &fault) == RECORD_READ)
        return record_key(record, key);
    if (record_parse(r->key_plan, raw, r->arena, &record, &fault)
            != RECORD_READ
        || !record_key(record, key)) {
        buf_reset(key);
        buf_printf(key, "\x1funreadable %llx",
                   (unsigned long long)text_hash(raw, 1));
    }
    return true;
}

static void keep_row(void *ctx, struct text raw)
{
    struct refresh *r = ctx;
    struct buf key;
    if (r->failed)
        return;
    buf_init(&key, 0);
    if (row_key(r, raw, &key)) {
        struct mirror_row row = { .key = buf_view(&key),
                                  .body = r->deletions ? TEXT("{}") : raw,
                                  .gone = r->deletions };
        r->failed = store_mirror_put(r->store, r->m->label, &row, r->mark,
                                     r->err);
    }
    buf_fini(&key);
}

static int keep_page(struct refresh *r, const struct page *page, size_t *rows)
{
    r->deletions = page->deletions;
    if (store_begin(r->store, r->err))
        return -1;
    if (each_row(page, r->m->shape, r->arena, keep_row, r, rows, r->err)
        || r->failed) {
        store_rollback(r->store);
        return -1;
    }
    return store_commit(r->store, r->err);
}

static int refresh_pages(struct refresh *r, const struct read_spec *spec,
                         struct arena *keep, struct text *cursor,
                         struct error *err)
{
    struct page_walk walk = { { 0 }, 0, 0 };
    struct text next = TEXT_NONE;
    struct buf kept;
    int result = 0;
    buf_init(&kept, 0);
    do {
        struct page page = { .total = -1 };
        struct answer answer = { 0 };
        size_t rows = 0;
        arena_reset(r->arena);
        next = buf_view(&kept);
        result = r->m->port.read(r->m->port.ctx, spec, next, r->arena, &page,
                                 &answer, err);
        if (result == 0 && answer.kind != ANSWER_DONE)
            result = answer.refusal == REFUSAL_CURSOR
                         ? 1
                         : answer_error(r->m->port.name, &answer, err);
        if (result == 0)
            result = keep_page(r, &page, &rows)
                     || page_walk_step(&walk, &page, rows, err)
                         ? -1 : 0;
        if (result == 0 && page.next_cursor.len > 0)
            *cursor = text_dup(keep, page.next_cursor);
        buf_reset(&kept);
        buf_text(&kept, page.next);
    } while (result == 0 && kept.len > 0);
    buf_fini(&kept);
    return result;
}

static int refresh_once(struct refresh *r, struct arena *keep, bool whole,
                        struct mirror_state *state, struct error *err)
{
    bool changes = r->m->object->changes != CHANGES_NONE;
    struct read_spec spec = {
        .object = r->m->object,
        .shape = r->m->shape,
        .mode = changes ? READ_CHANGES : READ_ALL,
        .cursor = whole ? TEXT_NONE : state->cursor,
    };
    int result = refresh_pages(r, &spec, keep, &state->cursor, err);
    if (result)
        return result;
    if (whole) {
        if (store_mirror_sweep(r->store, r->m->label, r->mark, err))
            return -1;
        state->complete_ms = r->mark;
    }
    state->refreshed_ms = r->mark;
    return store_mirror_state_put(r->store, r->m->label, state, err);
}

const struct shape *shape_of_key(struct arena *arena,
                                 const struct object *object)
{
    struct shape *none = ARENA_NEW(arena, struct shape);
    const struct shape *shape = none;
    none->object = object;
    for (size_t i = 0; i < object->key_count; i++)
        shape = shape_with(arena, shape,
                           object_field(object, object->keys[i]));
    return shape;
}

int mirrored_refresh(struct mirrored *m, struct store *store, int64_t now_ms,
                     struct error *err)
{
    struct arena arena;
    struct arena keep;
    struct mirror_state state;
    struct buf shape;
    if (m->fresh)
        return 0;
    arena_init(&arena);
    arena_init(&keep);
    buf_init(&shape, 0);
    shape_print(m->shape, &shape);
    int result = store_mirror_state_get(store, m->label, &keep, &state, err);
    bool whole = result == 1 || state.complete_ms == 0
                 || !text_equal(state.shape, buf_view(&shape))
                 || m->object->changes == CHANGES_NONE
                 || state.cursor.len == 0
                 || state.complete_ms + COMPLETE_EVERY_MS < now_ms;
    struct refresh r = { .m = m, .store = store, .arena = &arena,
                         .mark = now_ms, .err = err };
    if (result >= 0)
        result = record_plan_new(&keep, m->shape, &r.plan, err)
                 || record_plan_new(&keep, shape_of_key(&keep, m->object),
                                    &r.key_plan, err)
                     ? -1 : 0;
    state.shape = buf_view(&shape);
    if (result == 0)
        result = refresh_once(&r, &keep, whole, &state, err);
    if (result == 1) { /* the cursor is too old: from the start */
        state.cursor = TEXT_NONE;
        result = refresh_once(&r, &keep, true, &state, err);
    }
    m->fresh = result == 0;
    buf_fini(&shape);
    arena_fini(&keep);
    arena_fini(&arena);
    return result == 0 ? 0 : -1;
}
