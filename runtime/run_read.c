/* Reading: page by page from the cursor or from the start, each record once,
 * nothing lost at a boundary. The cursor is the source's own text; it moves
 * only when everything read was booked. */
#include "config.h"

#include "runtime/run_internal.h"

#include "runtime/jsonread.h"
#include <string.h>

/* A watermark later than this is a mistake of the data, not a place to go on
 * from [109]. */
#define FUTURE_MS ((int64_t)24 * 3600 * 1000)
#define TERMS_MAX 32

/* ------------------------------------------------------------------- cursor */
/* An instant or a number that a cursor consists of; false: neither. */
static bool cursor_number(struct text cursor, struct decimal *out, bool *time)
{
    int64_t micros;
    bool offset;
    size_t semi;
    if (text_find(cursor, TEXT(";"), &semi))
        cursor.len = semi;
    *time = datetime_parse(cursor, &micros, &offset);
    if (*time) {
        *out = decimal_int(micros / 1000);
        return true;
    }
    return decimal_parse(cursor, out) == DECIMAL_OK;
}

static bool is_absurd(const struct run *r, struct text cursor)
{
    struct decimal n;
    bool time;
    int64_t ms;
    if (!cursor_number(cursor, &n, &time) || !decimal_to_int64(n, &ms))
        return false;
    if (!time && r->flow->source->changes != CHANGES_TIME)
        return false; /* a version, not a time */
    return ms > r->o->now_ms + FUTURE_MS;
}

static bool goes_back(struct text was, struct text now)
{
    struct decimal a, b;
    bool at, bt;
    return cursor_number(was, &a, &at) && cursor_number(now, &b, &bt)
           && at == bt && decimal_compare(b, a) < 0;
}

static void take_cursor(struct run *r, struct text cursor)
{
    if (cursor.len == 0)
        return;
    if (is_absurd(r, cursor)) {
        summary_notice(r->sum, "%.*s has a record changed at %.*s, which lies "
                       "ahead: the next run starts where this one did",
                       TEXT_ARG(r->source_name), TEXT_ARG(cursor));
        return;
    }
    if (goes_back(r->cursor.value, cursor))
        return; /* a clock set back never makes us read on from later [34] */
    if (r->new_cursor.len > 0 && goes_back(r->new_cursor, cursor))
        return;
    r->new_cursor = text_dup(&r->keep, cursor);
}

/* The largest change a page's records tell of, as their source spells it. */
static void cursor_of_record(struct run *r, struct text raw,
                             struct text *latest)
{
    struct text name = r->flow->source->changed_field;
    const struct field *field = object_field(r->flow->source, name);
    struct text t;
    if (!field)
        return;
    t = json_get_text(&r->batch, raw, text_cstr(&r->batch, field->wire));
    if (t.len > 0 && (latest->len == 0 || goes_back(t, *latest)))
        *latest = t;
}

/* -------------------------------------------------------------------- terms */
/* What the source may leave out for us: only where a record that leaves the
 * filter needs no notice. */
static bool may_push(const struct run *r)
{
    return r->flow->reads_everything
           || (!r->flow->when_gone && !r->flow->per);
}

static size_t push_terms(struct run *r, struct filter_term *terms)
{
    size_t count = 0;
    const struct filter_term *all;
    if (may_push(r)) {
        all = compiled_filter(r->compiled, &count);
        if (count > TERMS_MAX - 1)
            count = TERMS_MAX - 1;
        for (size_t i = 0; i < count; i++)
            terms[i] = all[i];
    }
    const struct field *changed = object_field(r->flow->source,
                                               r->flow->source->changed_field);
    if (r->flow->read_from_given && changed
        && changed->type->kind == TYPE_DATETIME
        && (changed->filters & (1u << OP_GREATER_EQUAL))) {
        struct value *from = ARENA_NEW(&r->keep, struct value);
        *from = value_datetime((int64_t)r->flow->read_from * 86400000000);
        terms[count++] = (struct filter_term){ changed, OP_GREATER_EQUAL, from,
                                               1 };
    }
    return count;
}

static bool is_too_old(const struct run *r, const struct record *record)
{
    if (!r->flow->read_from_given)
        return false;
    const struct value *v = record_get(record,
                                       r->flow->source->changed_field);
    if (!v || v->tag != VALUE_DATETIME)
        return false;
    return v->whole < (int64_t)r->flow->read_from * 86400000000;
}

/* --------------------------------------------------------------------- rows */
int run_units_of(struct run *r, const struct record *record, struct text key,
                 struct text raw, bool released, struct units *units,
                 struct error *err)
{
    size_t elements = flow_elements(r->compiled, &r->env, record);
    (void)err;
    for (size_t i = 0; i < elements; i++) {
        struct unit *u = units_add(r, units);
        u->key = r->flow->each
                     ? text_of(arena_printf(&r->batch, "%.*s#%zu",
                                            TEXT_ARG(key), i + 1))
                     : key;
        u->raw = raw;
        u->source = record;
        u->released = released;
        u->input.source = record;
        u->input.element = i;
    }
    return 0;
}

/* The key of a row that cannot be read as a whole; a name of its own when not
 * even that can be read. */
static struct text key_of_row(struct run *r, struct text raw)
{
    struct record *record = NULL;
    struct record_fault fault;
    struct error ignored = { 0 };
    struct text key = TEXT_NONE;
    struct buf b;
    buf_init(&b, 0);
    if ((r->key_plan
         || record_plan_new(&r->keep, shape_of_key(&r->keep, r->flow->source),
                            &r->key_plan, &ignored) == 0)
        && record_parse(r->key_plan, raw, &r->batch, &record, &fault)
               == RECORD_READ
        && record_key(record, &b))
        key = buf_dup(&r->batch, &b);
    buf_fini(&b);
    return key.len > 0 ? key
                       : text_of(arena_printf(
                             &r->batch, "row %llx",
                             (unsigned long long)text_hash(raw, 7)));
}

/* A row that is no record of the shape we know: that one waits, the others go
 * on. */
static void hold_row(struct run *r, const struct record_fault *fault,
                     struct text raw, struct units *units)
{
    struct unit *u = units_add(r, units);
    u->key = key_of_row(r, raw);
    u->raw = raw;
    u->looked = u->settled = true;
    u->action = "hold";
    held_of_message(&r->batch, text_of(arena_strdup(&r->batch, fault->text)),
                    TEXT("the record cannot be read"), TEXT_NONE, &u->held);
}

/* What waits is looked at whenever it comes. (What a group waits for wakes
 * the group.) */
static bool may_wait(struct run *r, struct text key)
{
    struct hold_row hold;
    struct error ignored = { 0 };
    return r->has_holds && !r->flow->per
           && (r->flow->each
               || store_hold_get(r->store, r->flow->name, key, &r->batch,
                                 &hold, &ignored) != 1);
}

static int take_record(struct run *r, const struct record *record,
                       struct text raw, struct units *units, struct error *err)
{
    struct buf key;
    struct record_fault fault = { .text = "the record has no key of its own" };
    int result = 0;
    r->sum->records++;
    run_marks_row(r, record);
    bool again = again_seen(r, raw);
    if (is_too_old(r, record))
        return 0;
    buf_init(&key, 0);
    if (!record_key(record, &key))
        hold_row(r, &fault, raw, units);
    else if (again && !may_wait(r, buf_view(&key)))
        result = 0;
    else if (r->flow->per)
        result = run_note_member(r, record, buf_view(&key), raw, err);
    else
        result = run_units_of(r, record, buf_dup(&r->batch, &key), raw, false,
                              units, err);
    buf_fini(&key);
    return result;
}

static int take_deleted(struct run *r, const struct record *record,
                        struct error *err)
{
    struct buf key;
    struct link_row link;
    int result = 0;
    buf_init(&key, 0);
    if (record_key(record, &key)) {
        if (r->flow->per)
            result = run_member_gone(r, buf_view(&key), err);
        else if (r->has_target)
            result = store_link_find(r->store, r->flow->name, r->source_name,
                                     buf_view(&key), r->target_name, &r->batch,
                                     &link, err);
        if (result == 0 && !r->flow->per && r->has_target)
            result = run_plan_gone(r, &link, "deleted at the source", err);
    }
    buf_fini(&key);
    return result < 0 ? -1 : 0;
}

/* A row of which the system itself says that it could not build it. */
static bool is_unbuilt(struct run *r, const struct page *page, struct text raw,
                       struct record_fault *fault)
{
    struct text why = page->row_fault
                          ? json_get_text(&r->batch, raw, page->row_fault)
                          : TEXT_NONE;
    if (text_trim(why).len == 0)
        return false;
    *fault = (struct record_fault){ .raw = raw };
    snprintf(fault->text, sizeof fault->text,
             "%.*s itself could not build it: %.*s",
             TEXT_ARG(r->source.name), TEXT_ARG(utf8_left(why, 300)));
    return true;
}

/* Rows of one page into units, or into the mirror of group members. */
static int take_rows(struct run *r, const struct page *page,
                     struct units *units, size_t *rows, struct error *err)
{
    struct record_page walk;
    struct record *record;
    struct record_fault fault;
    struct text raw;
    struct text latest = TEXT_NONE;
    enum record_status status;
    *rows = 0;
    if (record_page_open(&walk, r->plan, page->body, page->rows, page->single,
                         err))
        return error_add(err, "reading %.*s", TEXT_ARG(r->source_name));
    while ((status = record_page_next(&walk, &r->batch, &record, &raw, &fault))
           != RECORD_END) {
        int result = 0;
        ++*rows;
        if (status == RECORD_BROKEN)
            return error_set(err, ERROR_VENDOR, "reading %.*s: %s",
                             TEXT_ARG(r->source_name), fault.text);
        if (page->from_records)
            cursor_of_record(r, raw, &latest);
        if (is_unbuilt(r, page, raw, &fault))
            status = RECORD_BAD;
        if (page->deletions)
            result = status == RECORD_READ ? take_deleted(r, record, err) : 0;
        else if (status == RECORD_BAD) {
            r->sum->records++;
            hold_row(r, &fault, raw, units);
        } else
            result = take_record(r, record, raw, units, err);
        if (result)
            return -1;
    }
    take_cursor(r, latest);
    return 0;
}

static int take_page(struct run *r, const struct page *page,
                     struct units *units, size_t *rows, struct error *err)
{
    units->count = 0;
    if (store_begin(r->store, err))
        return -1;
    if (take_rows(r, page, units, rows, err)) {
        store_rollback(r->store);
        return -1;
    }
    if (store_commit(r->store, err))
        return -1;
    if (!page->deletions && !is_absurd(r, page->next_cursor)
        && !goes_back(r->cursor.value, page->next_cursor))
        run_marks_page(r, page->next_cursor);
    take_cursor(r, page->next_cursor);
    if (page->notice.len > 0)
        summary_notice(r->sum, "%.*s", TEXT_ARG(page->notice));
    return run_decide(r, units, err);
}

/* ------------------------------------------------------------------- pages */
enum walk_end { WALK_DONE, WALK_CURSOR, WALK_FAILED };

struct walk {
    struct read_spec spec;
    struct page_walk watch;
    struct buf next;
    int64_t total, rows;
    bool complete;
};

static enum walk_end walk_answer(struct run *r, struct walk *w,
                                 const struct answer *answer,
                                 struct error *err)
{
    if (answer->refusal == REFUSAL_CURSOR
        && (w->spec.cursor.len > 0 || w->next.len > 0))
        return WALK_CURSOR;
    if (answer->refusal == REFUSAL_TOO_LARGE && w->spec.page_size != 1) {
        w->spec.page_size = w->spec.page_size > 1 ? w->spec.page_size / 2 : 50;
        return WALK_DONE;
    }
    answer_error(r->source.name, answer, err);
    return WALK_FAILED;
}

static enum walk_end walk_pages(struct run *r, struct walk *w,
                                struct error *err)
{
    struct units units = { NULL, 0, 0 };
    enum walk_end end = WALK_DONE;
    bool more = true;
    while (end == WALK_DONE && more && !run_should_stop(r)) {
        struct page page = { .total = -1 };
        struct answer answer = { 0 };
        size_t rows = 0;
        arena_reset(&r->batch);
        if (r->source.read(r->source.ctx, &w->spec, buf_view(&w->next),
                           &r->batch, &page, &answer, err)) {
            end = WALK_FAILED;
        } else if (answer.kind != ANSWER_DONE) {
            end = walk_answer(r, w, &answer, err);
        } else if (r->page++, r->sum->pages++,
                   take_page(r, &page, &units, &rows, err)
                   || page_walk_step(&w->watch, &page, rows, err)) {
            end = WALK_FAILED;
        } else {
            w->rows += (int64_t)rows;
            if (page.total >= 0)
                w->total = page.total;
            w->complete = page.complete;
            buf_reset(&w->next);
            buf_text(&w->next, page.next);
            more = page.next.len > 0;
        }
    }
    mem_free(units.list);
    return end;
}

static enum walk_end walk_once(struct run *r, const struct read_spec *spec,
                               struct error *err)
{
    struct walk w = { .spec = *spec, .total = -1 };
    buf_init(&w.next, 0);
    enum walk_end end = walk_pages(r, &w, err);
    buf_fini(&w.next);
    r->complete_proved = end == WALK_DONE && r->complete && w.complete
                         && !run_should_stop(r);
    if (end == WALK_DONE && w.total > w.rows) {
        r->complete_proved = false;
        r->unfinished = text_of(arena_printf(
            &r->keep, "%.*s says it has %lld records and gave %lld: the list "
            "moved while it was read; the next run reads it again",
            TEXT_ARG(r->source_name), (long long)w.total, (long long)w.rows));
    }
    return end;
}

/* What a source gives for one record may lack what its changes have: then
 * they are read. */
static bool is_whole(struct run *r, const struct page *page)
{
    struct record_page walk;
    struct record *record;
    struct record_fault fault;
    struct text raw;
    struct error ignored = { 0 };
    return record_page_open(&walk, r->plan, page->body, page->rows,
                            page->single, &ignored) == 0
           && record_page_next(&walk, &r->batch, &record, &raw, &fault)
                  == RECORD_READ;
}

/* One record named by a webhook, as it is now. 1: it cannot be had that way,
 * or is not there any more; the changes tell. */
static int read_named(struct run *r, struct text key, struct units *units,
                      struct error *err)
{
    struct page page = { .total = -1 };
    struct answer answer = { 0 };
    size_t rows = 0;
    struct read_spec spec = { .object = r->flow->source,
                              .shape = r->one_shape, .mode = READ_ONE,
                              .id = key };
    arena_reset(&r->batch);
    if (r->source.read(r->source.ctx, &spec, TEXT_NONE, &r->batch, &page,
                       &answer, err)) {
        if (err->kind != ERROR_USAGE)
            return -1;
        error_clear(err);
        return 1;
    }
    if (answer.kind != ANSWER_DONE || !is_whole(r, &page))
        return 1;
    r->page++;
    r->sum->pages++;
    page.next_cursor = TEXT_NONE;
    if (take_page(r, &page, units, &rows, err))
        return -1;
    return rows > 0 ? 0 : 1;
}

static int read_these(struct run *r, struct error *err)
{
    struct units units = { NULL, 0, 0 };
    struct record_plan *whole = r->plan;
    int got = 0;
    r->plan = r->one_plan;
    for (size_t i = 0; got == 0 && i < r->o->key_count; i++)
        if (!run_should_stop(r))
            got = read_named(r, r->o->keys[i], &units, err);
    r->plan = whole;
    mem_free(units.list);
    r->keyed = got == 0;
    return got;
}

void run_read_spec(struct run *r, struct read_spec *spec)
{
    struct filter_term *terms = ARENA_ARRAY(&r->keep, struct filter_term,
                                            TERMS_MAX);
    bool feed = r->flow->reads_changes
                && r->flow->source->changes != CHANGES_NONE;
    *spec = (struct read_spec){
        .object = r->flow->source,
        .shape = r->shape,
        .mode = feed ? READ_CHANGES : READ_ALL,
        .cursor = feed && !r->complete ? r->cursor.value : TEXT_NONE,
        .terms = terms,
        .term_count = push_terms(r, terms),
    };
}

int run_read(struct run *r, struct error *err)
{
    if (r->o->key_count > 0 && !r->complete) {
        int got = read_these(r, err);
        if (got <= 0)
            return got;
    }
    struct read_spec spec;
    run_read_spec(r, &spec);
    enum walk_end end = walk_once(r, &spec, err);
    if (end == WALK_CURSOR) { /* too old for the source: the whole window */
        summary_notice(r->sum, "%.*s no longer knows where the last run "
                       "ended; everything was read again",
                       TEXT_ARG(r->source_name));
        r->complete = true;
        run_marks_free(r);
        spec.cursor = TEXT_NONE;
        end = walk_once(r, &spec, err);
    }
    if (end == WALK_CURSOR)
        error_set(err, ERROR_VENDOR, "%.*s refuses to be read from the start",
                  TEXT_ARG(r->source_name));
    return end == WALK_DONE ? 0 : -1;
}

int run_read_one(struct run *r, struct text key, struct record **record,
                 struct text *raw, struct error *err)
{
    struct page page = { .total = -1 };
    struct answer answer = { 0 };
    struct record_page walk;
    struct record_fault fault;
    struct read_spec spec = { .object = r->flow->source,
                              .shape = r->one_shape, .mode = READ_ONE,
                              .id = key };
    *record = NULL;
    if (r->source.read(r->source.ctx, &spec, TEXT_NONE, &r->batch, &page,
                       &answer, err)) {
        if (err->kind != ERROR_USAGE)
            return -1;
        error_clear(err); /* it cannot be asked for one: what we have counts */
        return 1;
    }
    if (answer.kind != ANSWER_DONE)
        return 1;
    if (record_page_open(&walk, r->one_plan, page.body, page.rows, page.single,
                         err))
        return -1;
    return record_page_next(&walk, &r->batch, record, raw, &fault)
                   == RECORD_READ
               ? 0 : 1;
}
