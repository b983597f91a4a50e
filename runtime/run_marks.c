/* Places within a read that a later run may go on from. A source that lists
 * what changed in the order of its changes gives a cursor with every page;
 * when everything up to a page is booked, that cursor is kept, so that a run
 * that ends early reads no more than a page again. Whether the pages really
 * came in that order is seen here, not believed: a place counts only when all
 * that came after it is later [108]. */
#include "config.h"

#include "runtime/run_internal.h"

#include <string.h>

#define MARKS_MAX 20000 /* pages; what is beyond is read again */

/* After this page, all that came so far is at most `latest`. */
struct page_mark {
    int64_t page, latest;
    struct text cursor;
};

static bool is_wanted(const struct run *r)
{
    return r->o->mode == RUN_WRITE && !r->flow->per && r->o->key_count == 0
           && (!r->complete || r->first_read) && !r->marks.broken;
}

/* When the record changed, as a number that only grows. */
static bool change_of(const struct run *r, const struct record *record,
                      int64_t *out)
{
    const struct value *v = record_get(record,
                                       r->flow->source->changed_field);
    if (v && v->tag == VALUE_DATETIME) {
        *out = v->whole;
        return true;
    }
    return v && v->tag == VALUE_NUMBER
           && decimal_to_int64(value_as_decimal(v), out);
}

void run_marks_row(struct run *r, const struct record *record)
{
    struct page_marks *m = &r->marks;
    int64_t at;
    if (!is_wanted(r))
        return;
    if (!change_of(r, record, &at)) {
        m->broken = true; /* nobody knows where it belongs */
        m->count = 0;
        return;
    }
    while (m->count > 0 && m->list[m->count - 1].latest >= at)
        m->count--;
    if (!m->any || at > m->latest)
        m->latest = at;
    m->any = true;
}

void run_marks_page(struct run *r, struct text cursor)
{
    struct page_marks *m = &r->marks;
    if (!is_wanted(r) || !m->any || cursor.len == 0 || m->count == MARKS_MAX
        || (m->count > 0 && m->list[m->count - 1].latest >= m->latest))
        return;
    if (m->count == m->cap) {
        m->cap = m->cap ? 2 * m->cap : 64;
        m->list = mem_realloc(m->list, m->cap * sizeof *m->list);
    }
    m->list[m->count++] = (struct page_mark){
        r->page, m->latest, text_dup(&r->keep, cursor)
    };
}

static int book_cursor(struct run *r, void *ctx, struct error *err)
{
    struct cursor_row cursor = r->cursor;
    cursor.value = *(const struct text *)ctx;
    if (r->first_read) /* nothing can be gone that was never there */
        cursor.complete_ms = r->o->now_ms;
    cursor.where_hash = text_of(r->where_hash);
    cursor.flow_hash = text_of(r->shape_hash);
    return store_cursor_put(r->store, r->flow->name, r->source_name, &cursor,
                            err);
}

int run_marks_booked(struct run *r, int64_t page, struct error *err)
{
    struct page_marks *m = &r->marks;
    size_t was = m->next;
    if (r->unfinished.len > 0 || r->stopped)
        return 0;
    while (m->next < m->count && m->list[m->next].page < page)
        m->next++;
    return m->next == was
               ? 0 : run_book(r, book_cursor, &m->list[m->next - 1].cursor,
                              err);
}

void run_marks_free(struct run *r)
{
    mem_free(r->marks.list);
    memset(&r->marks, 0, sizeof r->marks);
}
