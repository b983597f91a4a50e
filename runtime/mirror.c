/* Look-ups: the index behind each `find`, filled from the mirror of a small
 * object or by key. */
#include "config.h"

#include "runtime/mirror.h"

#include "base/log.h"
#include "base/map.h"
#include "runtime/mirror_read.h"
#include "runtime/record.h"
#include "runtime/summary.h"
#include "runtime/unicode_icu.h"
#include <string.h>

#define SITES_MAX 256
#define PASSING_MAX ((size_t)16 << 20)

struct found {
    const struct record *record;
    size_t count;
    struct text names; /* of all hits, for the message */
};

struct pending {
    struct value *keys;
    struct text key;
    struct pending *next;
};

struct site_state {
    const struct site *site;
    struct mirrored *mirrored;
    struct record_plan *plan;
    struct map index; /* canonical key → struct found; count 0: none */
    bool indexed;     /* of a small object: the whole of it is in */
    struct pending *pending;
    size_t pending_count;
    const char *fault; /* of a row that could not be read, or NULL: then no
                          key is known to be absent */
};

struct lookups {
    struct arena arena;
    struct arena passing; /* what was asked for by key: goes when it is much */
    struct store *store;
    struct ports ports;
    int64_t now_ms;
    struct site_state *sites[SITES_MAX];
    size_t site_count;
    struct mirrored *objects;
};

/* ------------------------------------------------------------------ shapes */
static bool has_field(const struct shape *s, const struct field *f)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->fields[i].field == f)
            return true;
    return false;
}

const struct shape *shape_join(struct arena *arena, const struct shape *a,
                               const struct shape *b)
{
    if (!a || !b || a == b)
        return a ? a : b;
    struct shape *out = ARENA_NEW(arena, struct shape);
    *out = *a;
    out->fields = ARENA_ARRAY(arena, struct shape_field, a->count + b->count);
    for (size_t i = 0; i < a->count; i++) {
        out->fields[i] = a->fields[i];
        for (size_t k = 0; k < b->count; k++)
            if (b->fields[k].field == a->fields[i].field)
                out->fields[i].sub = shape_join(arena, a->fields[i].sub,
                                                b->fields[k].sub);
    }
    for (size_t k = 0; k < b->count; k++)
        if (!has_field(a, b->fields[k].field))
            out->fields[out->count++] = b->fields[k];
    return out;
}

const struct shape *shape_with(struct arena *arena, const struct shape *a,
                               const struct field *field)
{
    if (!a || !field || has_field(a, field))
        return a;
    struct shape_field one = { .field = field };
    struct shape extra = { .object = a->object, .fields = &one, .count = 1 };
    return shape_join(arena, a, &extra);
}

void shape_print(const struct shape *shape, struct buf *out)
{
    for (size_t i = 0; i < shape->count; i++) {
        buf_text(out, shape->fields[i].field->name);
        if (shape->fields[i].sub) {
            buf_byte(out, '(');
            shape_print(shape->fields[i].sub, out);
            buf_byte(out, ')');
        }
        buf_byte(out, ' ');
    }
}

void key_part(const struct value *v, struct buf *out)
{
    if (v->tag == VALUE_TEXT)
        unicode_compose(value_as_text(v), out);
    else
        value_canonical(v, out);
}

void key_canonical(const struct value *values, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_byte(out, '\x1f');
        key_part(&values[i], out);
    }
}

bool record_key(const struct record *record, struct buf *out)
{
    const struct object *object = record->shape->object;
    for (size_t i = 0; i < object->key_count; i++) {
        const struct value *v = record_get(record, object->keys[i]);
        if (!v || !value_is_present(v))
            return false;
        if (i > 0)
            buf_byte(out, '/');
        value_print(v, out);
    }
    return object->key_count > 0;
}

struct text object_label(struct arena *arena, struct text connection,
                         const struct object *object)
{
    return text_of(arena_printf(arena, "%.*s.%.*s", TEXT_ARG(connection),
                                TEXT_ARG(object->name)));
}

/* ------------------------------------------------------------------ making */
struct lookups *lookups_new(struct store *store, const struct ports *ports,
                            int64_t now_ms)
{
    struct lookups *l = mem_zalloc(sizeof *l);
    arena_init(&l->arena);
    arena_init(&l->passing);
    l->store = store;
    l->ports = *ports;
    l->now_ms = now_ms;
    return l;
}

void lookups_free(struct lookups *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->site_count; i++)
        map_fini(&l->sites[i]->index);
    arena_fini(&l->passing);
    arena_fini(&l->arena);
    mem_free(l);
}

static struct mirrored *mirrored_of(struct lookups *l, const struct site *site,
                                    struct error *err)
{
    struct text label = object_label(&l->arena, site->connection,
                                     site->object);
    for (struct mirrored *m = l->objects; m; m = m->next)
        if (text_equal(m->label, label)) {
            m->shape = shape_join(&l->arena, m->shape, site->shape);
            return m;
        }
    struct mirrored *m = ARENA_NEW(&l->arena, struct mirrored);
    m->label = label;
    m->object = site->object;
    m->shape = site->shape;
    if (l->ports.open(l->ports.ctx, site->connection, &m->port, err))
        return NULL;
    m->port.counts(m->port.ctx, &m->before);
    m->next = l->objects;
    l->objects = m;
    return m;
}

/* Whole when the catalog says it is small, or when it cannot be asked by
 * these keys at all, or only for one after the other. */
static bool is_whole(const struct site *site, const struct port *port)
{
    if (site->object->small)
        return true;
    if (port->key_lists)
        return site->key_count != 1
               || !(site->keys[0]->filters & 1u << OP_IS_ONE_OF);
    for (size_t i = 0; i < site->key_count; i++)
        if (site->keys[i]->searchable || site->keys[i]->filters != 0)
            return false;
    return true;
}

int lookups_add(struct lookups *l, struct site *site, struct error *err)
{
    const struct object *object = site->object;
    if (l->site_count == SITES_MAX)
        return error_set(err, ERROR_USAGE, "a flow has at most %d look-ups",
                         SITES_MAX);
    for (size_t i = 0; i < site->key_count; i++)
        if (!site->lists || !site->lists[i])
            site->shape = shape_with(&l->arena, site->shape, site->keys[i]);
    for (size_t i = 0; i < object->key_count; i++)
        site->shape = shape_with(&l->arena, site->shape,
                                 object_field(object, object->keys[i]));
    struct site_state *state = ARENA_NEW(&l->arena, struct site_state);
    state->site = site;
    map_init(&state->index);
    state->mirrored = mirrored_of(l, site, err);
    if (!state->mirrored
        || record_plan_new(&l->arena, site->shape, &state->plan, err))
        return -1;
    if (is_whole(site, &state->mirrored->port)
        || state->mirrored->port.whole)
        state->mirrored->whole = true;
    site->state = state;
    l->sites[l->site_count++] = state;
    return 0;
}

/* ----------------------------------------------------------------- the index */
static struct arena *room_of(struct lookups *l, const struct site_state *state)
{
    return state->mirrored->whole ? &l->arena : &l->passing;
}

void lookups_relax(struct lookups *l)
{
    if (l->passing.used < PASSING_MAX)
        return;
    for (size_t i = 0; i < l->site_count; i++)
        if (!l->sites[i]->mirrored->whole) {
            map_reset(&l->sites[i]->index);
            l->sites[i]->pending = NULL;
            l->sites[i]->pending_count = 0;
        }
    arena_reset(&l->passing);
}

/* The value a record has at a key: its own field, that of a nested record, or
 * the first line's. */
struct value site_value(const struct site *site, size_t i,
                        const struct record *record)
{
    struct value missing = { .tag = VALUE_MISSING };
    const struct field *outer = site->lists ? site->lists[i] : NULL;
    const struct value *v =
        record_get(record, outer ? outer->name : site->keys[i]->name);
    if (v && outer && v->tag == VALUE_LIST && v->list->count > 0)
        v = &v->list->items[0];
    if (v && outer)
        v = v->tag == VALUE_RECORD
                ? record_get(v->record, site->keys[i]->name)
                : NULL;
    return v ? *v : missing;
}

static bool key_of(const struct site *site, const struct record *record,
                   struct buf *out)
{
    for (size_t i = 0; i < site->key_count; i++) {
        struct value v = site_value(site, i, record);
        if (!value_is_present(&v))
            return false;
        if (i > 0)
            buf_byte(out, '\x1f');
        key_part(&v, out);
    }
    return true;
}

static bool same_record(const struct record *a, const struct record *b)
{
    struct buf one, two;
    buf_init(&one, 0);
    buf_init(&two, 0);
    bool same = record_key(a, &one) && record_key(b, &two)
                && text_equal(buf_view(&one), buf_view(&two));
    buf_fini(&one);
    buf_fini(&two);
    return same;
}

static void name_hit(struct arena *arena, struct found *f,
                     const struct record *record)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_text(&b, f->names);
    if (f->names.len > 0)
        buf_str(&b, ", ");
    record_key(record, &b);
    f->names = buf_dup(arena, &b);
    buf_fini(&b);
}

static void add_to_index(struct lookups *l, struct site_state *state,
                         const struct record *record)
{
    struct arena *arena = room_of(l, state);
    struct buf key;
    buf_init(&key, 0);
    if (key_of(state->site, record, &key)) {
        struct found *f = map_get(&state->index, buf_view(&key));
        if (!f) {
            f = ARENA_NEW(arena, struct found);
            map_put(&state->index, buf_dup(arena, &key), f);
        }
        if (f->count == 0 || !same_record(f->record, record)) {
            name_hit(arena, f, record);
            f->count++;
        }
        f->record = record;
    }
    buf_fini(&key);
}

static void know_currency(struct site_state *state)
{
    const struct port *port = &state->mirrored->port;
    if (port->currency)
        record_plan_currency(state->plan, port->currency(port->ctx));
}

struct filling {
    struct lookups *l;
    struct site_state *state;
};

/* A row that cannot be read may be the one that is looked for. */
static void take_record(struct filling *f, struct text raw)
{
    struct record *record = NULL;
    struct record_fault fault;
    if (record_parse(f->state->plan, raw, room_of(f->l, f->state), &record,
                     &fault)
        == RECORD_READ)
        add_to_index(f->l, f->state, record);
    else if (!f->state->fault)
        f->state->fault = arena_printf(
            &f->l->arena, "a record of %.*s cannot be read: %s",
            TEXT_ARG(f->state->mirrored->label), fault.text);
}

static int index_row(void *ctx, const struct mirror_row *row)
{
    struct filling *f = ctx;
    know_currency(f->state);
    take_record(f, text_dup(&f->l->arena, row->body));
    return 0;
}

static int index_whole(struct lookups *l, struct site_state *state,
                       struct error *err)
{
    struct filling filling = { l, state };
    if (state->indexed)
        return 0;
    if (mirrored_refresh(state->mirrored, l->store, l->now_ms, err))
        return -1;
    know_currency(state);
    if (store_mirror_each(l->store, state->mirrored->label, TEXT_NONE, NULL,
                             index_row, &filling, err))
        return -1;
    state->indexed = true;
    return 0;
}

/* ------------------------------------------------------------------ asking */
static void answer_from(const struct found *f, struct find_answer *out)
{
    out->record = f->record;
    out->matches = f->names;
    out->status = f->count == 0   ? FIND_NONE
                  : f->count == 1 ? FIND_ONE
                                  : FIND_MANY;
}

static void note_pending(struct lookups *l, struct site_state *state,
                         const struct value *keys, struct text key)
{
    struct arena *arena = room_of(l, state);
    struct pending *p;
    for (struct pending *q = state->pending; q; q = q->next)
        if (text_equal(q->key, key))
            return;
    p = ARENA_NEW(arena, struct pending);
    p->keys = ARENA_ARRAY(arena, struct value, state->site->key_count);
    for (size_t i = 0; i < state->site->key_count; i++)
        p->keys[i] = value_dup(arena, &keys[i]);
    p->key = text_dup(arena, key);
    p->next = state->pending;
    state->pending = p;
    state->pending_count++;
}

void lookups_ask(struct lookups *l, const struct site *site,
                 const struct value *keys, struct find_answer *out)
{
    struct site_state *state = site->state;
    struct buf key;
    *out = (struct find_answer){ .status = FIND_NONE };
    for (size_t i = 0; i < site->key_count; i++)
        if (!value_is_present(&keys[i]))
            return; /* a missing key is "none", without a call */
    buf_init(&key, 0);
    key_canonical(keys, site->key_count, &key);
    struct found *f = map_get(&state->index, buf_view(&key));
    if (f) {
        answer_from(f, out);
    }
    if ((f || state->indexed) && out->status == FIND_NONE && state->fault) {
        out->status = FIND_FAILED;
        out->matches = text_of(state->fault);
    } else if (!f && !state->indexed) {
        out->status = FIND_LATER;
        if (!state->mirrored->whole)
            note_pending(l, state, keys, buf_view(&key));
        else
            state->pending_count = 1;
    }
    buf_fini(&key);
}

void lookups_find(void *ctx, const struct find_site *find,
                  const struct value *keys, struct find_answer *out)
{
    struct lookups *l = ctx;
    for (size_t i = 0; i < l->site_count; i++)
        if (l->sites[i]->site->find == find) {
            lookups_ask(l, l->sites[i]->site, keys, out);
            return;
        }
    log_bug("a find nobody announced");
}

static bool names_fields(const struct site *site, struct text fields)
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < site->key_count; i++) {
        if (i > 0)
            buf_byte(&b, ',');
        buf_text(&b, site->keys[i]->name);
    }
    bool same = text_equal(buf_view(&b), fields);
    buf_fini(&b);
    return same;
}

int lookups_has(struct lookups *l, struct text object, struct text fields,
                struct text key)
{
    struct error ignored = { 0 };
    for (size_t i = 0; i < l->site_count; i++) {
        struct site_state *s = l->sites[i];
        if (!text_equal(s->mirrored->label, object)
            || !names_fields(s->site, fields))
            continue;
        if (!s->mirrored->whole || index_whole(l, s, &ignored))
            return -1;
        struct found *f = map_get(&s->index, key);
        return f && f->count == 1;
    }
    return -1;
}

/* ---------------------------------------------------------------- fetching */
bool lookups_pending(const struct lookups *l)
{
    for (size_t i = 0; i < l->site_count; i++)
        if (l->sites[i]->pending_count > 0)
            return true;
    return false;
}

static void take_row(void *ctx, struct text raw)
{
    struct filling *f = ctx;
    take_record(f, text_dup(room_of(f->l, f->state), raw));
}

static int fetch_terms(struct filling *f, struct filter_term *terms,
                       size_t count, struct error *err)
{
    struct read_spec spec = {
        .object = f->state->site->object,
        .shape = f->state->mirrored->shape,
        .mode = READ_KEYS,
        .terms = terms,
        .term_count = count,
    };
    return pages_read(&f->state->mirrored->port, &spec, take_row, f, err);
}

static int fetch_together(struct filling *f, struct error *err)
{
    struct site_state *s = f->state;
    struct value *values = ARENA_ARRAY(room_of(f->l, f->state), struct value,
                                       s->pending_count);
    size_t count = 0;
    for (struct pending *p = s->pending; p; p = p->next)
        values[count++] = p->keys[0];
    struct filter_term term = { s->site->keys[0],
                                count == 1 ? OP_IS : OP_IS_ONE_OF, values,
                                count };
    return fetch_terms(f, &term, 1, err);
}

static int fetch_each(struct filling *f, struct error *err)
{
    struct site_state *s = f->state;
    size_t n = s->site->key_count;
    struct filter_term *terms = ARENA_ARRAY(room_of(f->l, f->state), struct filter_term,
                                            n);
    for (struct pending *p = s->pending; p; p = p->next) {
        for (size_t i = 0; i < n; i++)
            terms[i] = (struct filter_term){ s->site->keys[i], OP_IS,
                                             &p->keys[i], 1 };
        if (fetch_terms(f, terms, n, err))
            return -1;
    }
    return 0;
}

static void note_absent(struct lookups *l, struct site_state *s)
{
    for (struct pending *p = s->pending; p; p = p->next)
        if (!map_get(&s->index, p->key))
            map_put(&s->index, p->key, ARENA_NEW(room_of(l, s), struct found));
    s->pending = NULL;
    s->pending_count = 0;
}

int lookups_fetch(struct lookups *l, struct error *err)
{
    for (size_t i = 0; i < l->site_count; i++) {
        struct filling f = { l, l->sites[i] };
        if (f.state->pending_count == 0)
            continue;
        int result = f.state->mirrored->whole ? index_whole(l, f.state, err)
                     : f.state->site->key_count == 1
                         ? fetch_together(&f, err)
                         : fetch_each(&f, err);
        if (result)
            return error_add(err, "looking up %.*s",
                             TEXT_ARG(f.state->mirrored->label));
        note_absent(l, f.state);
    }
    return 0;
}

void lookups_forget(struct lookups *l, const struct site *site)
{
    (void)l;
    map_reset(&site->state->index);
    site->state->indexed = false;
    site->state->fault = NULL;
    site->state->mirrored->fresh = false;
}

static void sample_read(struct lookups *l, const struct site_state *s,
                        struct read_spec *spec)
{
    size_t n = s->site->key_count;
    struct filter_term *terms = ARENA_ARRAY(&l->arena, struct filter_term, n);
    struct value *values = ARENA_ARRAY(&l->arena, struct value, n);
    for (size_t i = 0; i < n; i++) {
        values[i] = value_sample(s->site->keys[i]);
        terms[i] = (struct filter_term){ s->site->keys[i], OP_IS, &values[i],
                                         1 };
    }
    spec->mode = READ_KEYS;
    spec->terms = terms;
    spec->term_count = n;
}

void lookups_each_read(struct lookups *l,
                       void (*tell)(void *ctx, const struct port *port,
                                    const struct read_spec *spec),
                       void *ctx)
{
    for (size_t i = 0; i < l->site_count; i++) {
        const struct site_state *s = l->sites[i];
        struct mirrored *m = s->mirrored;
        struct read_spec spec = {
            .object = m->object,
            .shape = m->shape,
            .mode = m->object->changes != CHANGES_NONE ? READ_CHANGES
                                                       : READ_ALL,
        };
        bool told = false;
        for (size_t k = 0; k < i; k++)
            told |= l->sites[k]->mirrored == m;
        if (m->whole && told)
            continue;
        if (!m->whole)
            sample_read(l, s, &spec);
        tell(ctx, &m->port, &spec);
    }
}

void lookups_count(const struct lookups *l, struct summary *s)
{
    for (struct mirrored *m = l->objects; m; m = m->next)
        summary_add_calls(s, &m->port, &m->before);
}
