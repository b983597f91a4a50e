/* Reads records by a plan. Objects mostly repeat the names of the one before
 * in the same order, so each name is first compared with the one foreseen at
 * its place; names that all differ need no search for duplicates then. An
 * object with surprises is read again from its bracket, carefully, and what
 * it has in names is foreseen from then on. */
#include "config.h"

#include "runtime/jsonquick.h"
#include "runtime/record_reading.h"

#include <stdio.h>
#include <string.h>

#define LOOK_AHEAD 24       /* foreseen names that may be absent in a row */
#define LIST_MAX 1000000    /* items of one list */

/* ------------------------------------------------------------- structure */
static const char *read_value(struct reading *r, const struct plan_value *v,
                              const char *p, struct value *out);
static const char *read_object(struct reading *r, struct plan_node *node,
                               struct record *record, const char *p);

static struct record *new_record(struct arena *arena,
                                 const struct plan_node *node)
{
    struct record *record =
        arena_zalloc(arena, sizeof *record +
                                node->slot_count * sizeof(struct value));
    record->shape = node->shape;
    return record;
}

const char *reading_missing(struct reading *r,
                                 const struct plan_node *node,
                                 const struct record *record, const char *p)
{
    for (size_t i = 0; i < node->needed_count; i++) {
        uint32_t slot = node->needed[i];
        if (record->slots[slot].tag != VALUE_MISSING)
            continue;
        const struct field *field = node->shape->fields[slot].field;
        if (r->depth < PATH_MAX_STEPS)
            r->path[r->depth] = field->name;
        r->depth++;
        r->fault->field = field;
        return fail_text(r, p, "is missing, though it is always there",
                         TEXT_NONE);
    }
    return p;
}

static const char *read_record(struct reading *r, const struct plan_value *v,
                               struct plan_node *node, const char *p,
                               struct value *out)
{
    if (*p != '{') {
        if (v)
            return fail_expected(r, v, p, "is no object");
        return fail_text(r, p, "an object was expected here", TEXT_NONE);
    }
    struct record *record = new_record(r->arena, node);
    const char *start = p;
    p = read_object(r, node, record, p);
    if (!p || (node->needed_count && !reading_missing(r, node, record, start)))
        return NULL;
    out->tag = VALUE_RECORD;
    out->record = record;
    return p;
}

struct growing {
    struct value *items;
    size_t count, cap;
};

static struct value *grow(struct reading *r, struct growing *g)
{
    if (g->count == g->cap) {
        size_t cap = g->cap ? g->cap * 2 : 8;
        struct value *more =
            arena_alloc(r->arena, cap * sizeof(struct value));
        if (g->count)
            memcpy(more, g->items, g->count * sizeof(struct value));
        g->items = more;
        g->cap = cap;
    }
    struct value *v = &g->items[g->count++];
    memset(v, 0, sizeof *v);
    return v;
}

static const char *read_list(struct reading *r, const struct plan_value *v,
                             const char *p, struct value *out)
{
    struct growing g = { NULL, 0, 0 };
    if (*p != '[')
        return fail_expected(r, v, p, "is no list");
    p = scan_blanks(p + 1, r->s.end);
    bool more = p < r->s.end && *p != ']';
    while (more) {
        if (g.count == LIST_MAX)
            return fail_text(r, p, "the list is too long", TEXT_NONE);
        p = read_value(r, v->item, p, grow(r, &g));
        if (!p)
            return NULL;
        p = scan_blanks(p, r->s.end);
        more = p < r->s.end && *p == ',';
        if (more)
            p = scan_blanks(p + 1, r->s.end);
    }
    if (p >= r->s.end || *p != ']')
        return fail_text(r, p, "a comma or a closing bracket was expected",
                         TEXT_NONE);
    struct value_list *list = arena_alloc(r->arena, sizeof *list);
    list->items = g.items;
    list->count = g.count;
    out->tag = VALUE_LIST;
    out->list = list;
    return p + 1;
}

/* A value inside another text: a wrapped one, or JSON in a string. */
static const char *read_inner(struct reading *r, const struct plan_value *v,
                              struct text inner, struct value *out)
{
    struct json_scan outer = r->s;
    struct plan_value plain = *v;
    plain.encoding.wrap = plain.encoding.results = false;
    if (plain.encoding.kind == ENCODING_JSON_TEXT)
        plain.encoding.kind = ENCODING_PLAIN;
    r->s = scan_over(inner);
    const char *p = scan_blanks(inner.ptr, r->s.end);
    const char *done = p < r->s.end
                           ? read_value(r, &plain, p, out)
                           : fail_text(r, p, "there is nothing to read",
                                       TEXT_NONE);
    if (done && scan_blanks(done, r->s.end) != r->s.end)
        done = fail_text(r, done, "something stands behind the end",
                         TEXT_NONE);
    r->s = outer;
    return done;
}

/* {"value": …}, {"results": […]}; without that member it is missing, as a
 * list is that the server has left for later. */
static const char *read_wrapped(struct reading *r, const struct plan_value *v,
                                const char *name, const char *p,
                                struct value *out)
{
    const char *end = reading_skip(r, p);
    if (!end)
        return NULL;
    struct json_items it = json_items((struct text){ p, (size_t)(end - p) });
    while (json_next(&it))
        if (text_is(it.name, name) && !read_inner(r, v, it.value, out))
            return NULL;
    return end;
}

static const char *read_json_text(struct reading *r,
                                  const struct plan_value *v, const char *p,
                                  struct value *out)
{
    struct text t;
    p = take_string(r, p, &t);
    if (!p)
        return NULL;
    if (!text_trim(t).len)
        return p;
    return read_inner(r, v, t, out) ? p : NULL;
}

static const char *read_value(struct reading *r, const struct plan_value *v,
                              const char *p, struct value *out)
{
    memset(out, 0, sizeof *out);
    if (p >= r->s.end)
        return fail_text(r, p, "the text ends too early", TEXT_NONE);
    if (*p == 'n') {
        p = scan_word(&r->s, p, "null", 4);
        return p ? p : fail_json(r);
    }
    if (*p == '{' && (v->encoding.wrap || v->encoding.results))
        return read_wrapped(r, v, v->encoding.wrap ? "value" : "results", p,
                            out);
    if (v->encoding.kind == ENCODING_JSON_TEXT && *p == '"')
        return read_json_text(r, v, p, out);
    switch (v->type->kind) {
    case TYPE_TEXT:
    case TYPE_ID:
    case TYPE_UNKNOWN:
        return read_text(r, v, p, out);
    case TYPE_ENUM:
        return read_enum(r, v, p, out);
    case TYPE_NUMBER:
    case TYPE_INTEGER:
    case TYPE_PERCENT:
    case TYPE_MONEY:
        return read_number(r, v, p, out);
    case TYPE_YESNO:
        return read_yesno(r, v, p, out);
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_DATETIME:
        return read_when(r, v, p, out);
    case TYPE_RECORD:
        return v->node ? read_record(r, v, v->node, p, out) : reading_skip(r, p);
    case TYPE_LIST:
        return read_list(r, v, p, out);
    case TYPE_DURATION:
    case TYPE_EMPTY_LIST:
        break;
    }
    return fail_expected(r, v, p, "has a type that records do not carry");
}

/* ------------------------------------------------------------- members */
/* One wanted member: into its slots, and on into what lies below it. */
static const char *read_member(struct reading *r, struct plan_member *m,
                               struct record *record, const char *p)
{
    const char *end = NULL;
    if (r->depth < PATH_MAX_STEPS)
        r->path[r->depth] = m->name;
    r->depth++;
    for (size_t i = 0; i < m->value_count; i++) {
        struct plan_value *v = m->values[i];
        end = read_value(r, v, p, &record->slots[v->slot]);
        if (!end)
            return NULL;
    }
    if (m->inside) {
        end = p < r->s.end && *p == '{'
                  ? read_object(r, m->inside, record, p)
                  : reading_skip(r, p);
        if (!end)
            return NULL;
    }
    r->depth--;
    return end;
}

/* ------------------------------------------------------------- usual ones */
static const char *quick_text(struct reading *r, const struct plan_value *v,
                              const char *p, struct value *out)
{
    const char *end = quick_string(p + 1, r->s.end, r->s.safe);
    size_t len = (size_t)(end - p) - 1;
    if (!end || len > JSON_TEXT_MAX)
        return NULL;
    if (len || !v->field->empty_is_missing)
        *out = value_text((struct text){ p + 1, len });
    return end + 1;
}

static const char *quick_amount(struct reading *r, const struct plan_value *v,
                                const char *p, struct value *out)
{
    struct quick_number n;
    bool money = v->type->kind == TYPE_MONEY;
    int scale = v->type->scale;
    if (!quick_number(p, r->s.end, r->s.safe, &n) ||
        n.fraction > DECIMAL_SCALE_MAX ||
        (scale != SCALE_UNKNOWN && (money ? (int)n.fraction != scale
                                          : (int)n.fraction > scale)))
        return NULL;
    *out = (struct value){ .coef = quick_whole(&n),
                           .tag = money ? VALUE_MONEY : VALUE_NUMBER,
                           .scale = (uint8_t)n.fraction,
                           .currency = v->currency };
    return n.end;
}

static const char *quick_day(struct reading *r, const char *p,
                             struct value *out)
{
    int32_t days;
    if (r->s.end - p < 12 || p[11] != '"' ||
        !date_parse((struct text){ p + 1, 10 }, &days))
        return NULL;
    *out = value_date(days);
    return p + 12;
}

/* A value in its usual form into its slot, which is empty; NULL: read_member
 * looks. */
static const char *read_quick(struct reading *r, const struct plan_value *v,
                              const char *p, struct value *out)
{
    if (r->s.end - p < 12)
        return NULL;
    if (*p == 'n')
        return memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
    switch (v->quick) {
    case QUICK_TEXT:
        return *p == '"' ? quick_text(r, v, p, out) : NULL;
    case QUICK_NUMBER:
        return quick_amount(r, v, p, out);
    case QUICK_DATE:
        return *p == '"' ? quick_day(r, p, out) : NULL;
    case QUICK_NONE:
        break;
    }
    return NULL;
}

/* The value of a name that was foreseen. */
static inline const char *read_foreseen(struct reading *r,
                                        struct plan_node *node,
                                        const struct plan_seen *seen,
                                        struct record *record, const char *p)
{
    const char *end;
    if (seen->member < 0) {
        if (p < r->s.end && (*p == '{' || *p == '['))
            end = json_skip_nested(&r->s, p);
        else
            end = quick_skip(p, r->s.end, r->s.safe);
        return end ? end : reading_skip(r, p);
    }
    struct plan_member *m = &node->members[seen->member];
    if (m->value_count == 1 && !m->inside) {
        const struct plan_value *v = m->values[0];
        end = read_quick(r, v, p, &record->slots[v->slot]);
        if (end)
            return end;
    }
    return read_member(r, m, record, p);
}

static struct plan_member *find_member(struct plan_node *node,
                                       struct text name)
{
    for (size_t i = 0; i < node->member_count; i++)
        if (text_equal(node->members[i].name, name))
            return &node->members[i];
    return NULL;
}

/* ------------------------------------------------------------- foresight */
#ifdef __SSE2__
/* Which of 16 bytes at `p` are those of `head`. */
static inline unsigned same_bytes(const char *p, const char *head)
{
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)head);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));
}
#endif

/* `p` is at the byte before the name's quote. */
static inline bool is_seen(const struct plan_seen *seen, const char *p,
                           const struct json_scan *s)
{
#ifdef __SSE2__
    if (p <= s->safe) {
        unsigned half = seen->mask & 0xffff;
        if ((same_bytes(p, seen->head) & half) != half)
            return false;
        if (seen->len <= 12)
            return true;
        half = seen->mask >> 16;
        if (p + 16 <= s->safe && seen->len <= PLAN_HEAD - 4)
            return (same_bytes(p + 16, seen->head + 16) & half) == half;
    }
#endif
    return (size_t)(s->end - p) >= seen->len + 4 &&
           memcmp(p + 1, seen->token, seen->len + 3) == 0;
}

/* From `next` on, the one foreseen there first; `last` is behind them all. */
static inline const struct plan_seen *foreseen(const struct plan_seen *next,
                                               const struct plan_seen *last,
                                               const char *p,
                                               const struct json_scan *s)
{
    if (__builtin_expect(next < last && is_seen(next, p, s), 1))
        return next;
    for (size_t ahead = 1; ahead < LOOK_AHEAD && ++next < last; ahead++)
        if (is_seen(next, p, s))
            return next;
    return NULL;
}

static bool seen_at(const struct plan_node *node, struct text name,
                    size_t *index)
{
    for (size_t i = 0; i < node->seen_count; i++)
        if (node->seen[i].len == name.len &&
            memcmp(node->seen[i].token + 1, name.ptr, name.len) == 0) {
            *index = i;
            return true;
        }
    return false;
}

/* Puts `name` after the place the object has come to, or moves the place to
 * where it stands already. */
static void foresee(struct plan_node *node, struct text name, int32_t member,
                    size_t *at)
{
    size_t index;
    if (seen_at(node, name, &index)) {
        if (index >= *at)
            *at = index + 1;
        return;
    }
    if (node->seen_count == PLAN_SEEN_MAX ||
        node->names_len + name.len + 3 > PLAN_NAMES_MAX ||
        memchr(name.ptr, '"', name.len) || memchr(name.ptr, '\\', name.len))
        return;
    char *copy = node->names + node->names_len;
    size_t len = name.len + 3;
    copy[0] = copy[len - 2] = '"';
    copy[len - 1] = ':';
    memcpy(copy + 1, name.ptr, name.len);
    node->names_len += len;
    struct plan_seen *seen = &node->seen[*at];
    memmove(seen + 1, seen, (node->seen_count - *at) * sizeof *seen);
    node->seen_count++;
    memset(seen, 0, sizeof *seen);
    seen->token = copy;
    seen->len = (uint32_t)name.len;
    seen->member = member;
    size_t head = len < PLAN_HEAD - 1 ? len : PLAN_HEAD - 1;
    memcpy(seen->head + 1, copy, head);
    seen->mask = (uint32_t)((UINT64_C(1) << (head + 1)) - 2);
    *at += 1;
}

/* ------------------------------------------------------------- careful */
/* Names of one object, for duplicates: open addressing in the arena. */
struct names {
    struct text *slots;
    size_t count, cap;
};

static bool names_add(struct reading *r, struct names *n, struct text name);

static void names_grow(struct reading *r, struct names *n)
{
    struct names old = *n;
    n->cap = old.cap ? old.cap * 4 : 64;
    n->count = 0;
    n->slots = ARENA_ARRAY(r->arena, struct text, n->cap);
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].ptr)
            names_add(r, n, old.slots[i]);
}

static bool names_add(struct reading *r, struct names *n, struct text name)
{
    if ((n->count + 1) * 2 > n->cap)
        names_grow(r, n);
    size_t i = text_hash(name, (uint64_t)(uintptr_t)r->plan) & (n->cap - 1);
    for (; n->slots[i].ptr; i = (i + 1) & (n->cap - 1))
        if (text_equal(n->slots[i], name))
            return false;
    n->slots[i] = name;
    n->count++;
    return true;
}

static const char *take_colon(struct reading *r, const char *p)
{
    p = scan_blanks(p, r->s.end);
    if (p >= r->s.end || *p != ':')
        return fail_text(r, p, "a colon was expected here", TEXT_NONE);
    return scan_blanks(p + 1, r->s.end);
}

/* Behind a value: at the next name's quote, or past the closing bracket with
 * `*closed`. */
static const char *take_comma(struct reading *r, const char *p, bool *closed)
{
    p = scan_blanks(p, r->s.end);
    *closed = p < r->s.end && *p == '}';
    if (*closed)
        return p + 1;
    if (p >= r->s.end || *p != ',')
        return fail_text(r, p, "a comma or a closing bracket was expected",
                         TEXT_NONE);
    p = scan_blanks(p + 1, r->s.end);
    if (p >= r->s.end || *p != '"')
        return fail_text(r, p, "a name in quotes was expected here",
                         TEXT_NONE);
    return p;
}

static const char *read_carefully(struct reading *r, struct plan_node *node,
                                  struct record *record, const char *p)
{
    struct names names = { NULL, 0, 0 };
    size_t at = 0;
    bool closed = false;
    if (*p != '"')
        return fail_text(r, p, "a name in quotes was expected here",
                         TEXT_NONE);
    while (!closed) {
        struct text name;
        const char *start = p;
        p = take_string(r, p, &name);
        if (!p)
            return NULL;
        if (!names_add(r, &names, name))
            return fail_text(r, start, "is there twice in one object", name);
        struct plan_member *m = find_member(node, name);
        foresee(node, name, m ? (int32_t)(m - node->members) : -1, &at);
        p = take_colon(r, p);
        if (p)
            p = m ? read_member(r, m, record, p) : reading_skip(r, p);
        if (p)
            p = take_comma(r, p, &closed);
        if (!p)
            return NULL;
    }
    return p;
}

/* ------------------------------------------------------------- objects */
static const char *read_object(struct reading *r, struct plan_node *node,
                               struct record *record, const char *p)
{
    const char *const end = r->s.end;
    const char *first = scan_blanks(p + 1, end);
    const struct plan_seen *next = node->seen;
    const struct plan_seen *last = next + node->seen_count;
    bool closed = false;
    if (first < end && *first == '}')
        return first + 1;
    if (first >= end)
        return fail_text(r, first, "the text ends too early", TEXT_NONE);
    p = first - 1;
    for (;;) { /* `p` is before a name's quote */
        const struct plan_seen *seen = foreseen(next, last, p, &r->s);
        if (!seen)
            return read_carefully(r, node, record, first);
        next = seen + 1;
        p += seen->len + 4;
        if (p < end && (uint8_t)*p <= ' ')
            p = scan_blanks(p, end);
        p = read_foreseen(r, node, seen, record, p);
        if (!p)
            return NULL;
        if (end - p > 1 && *p == ',' && (uint8_t)p[1] > ' ')
            continue;
        p = take_comma(r, p, &closed);
        if (!p || closed)
            return p;
        p--;
    }
}

/* ------------------------------------------------------------- currencies */
static void set_currency(struct value *money, const struct value *code)
{
    if (money->tag == VALUE_MONEY && code->tag == VALUE_TEXT && code->len == 3)
        money->currency = currency_pack(code->ptr);
}

void reading_currencies(const struct plan_node *node,
                            struct record *record, struct record *around)
{
    for (size_t i = 0; i < node->money_count; i++) {
        const struct plan_value *v = node->money[i];
        struct record *holder = v->currency_above ? around : record;
        if (v->currency_slot >= 0 && holder)
            set_currency(&record->slots[v->slot],
                         &holder->slots[v->currency_slot]);
    }
    for (size_t i = 0; i < node->nested_count; i++) {
        const struct plan_value *v = node->nested[i];
        struct value *slot = &record->slots[v->slot];
        if (!v->node->any_money)
            continue;
        if (slot->tag == VALUE_RECORD)
            reading_currencies(v->node, slot->record, record);
        else if (slot->tag == VALUE_LIST)
            for (size_t k = 0; k < slot->list->count; k++)
                if (slot->list->items[k].tag == VALUE_RECORD)
                    reading_currencies(v->node, slot->list->items[k].record,
                                    record);
    }
}

/* ------------------------------------------------------------- rows */

static enum record_status parse_scan(struct record_plan *plan,
                                     struct json_scan scan,
                                     struct text json, struct arena *arena,
                                     struct record **out,
                                     struct record_fault *fault)
{
    struct reading r;
    struct value v;
    reading_start(&r, plan, json, arena, fault);
    r.s = scan;
    fault->raw = json;
    const char *p = scan_blanks(json.ptr, scan.end);
    if (p >= scan.end) {
        fail_text(&r, p, "there is nothing to read", TEXT_NONE);
        return RECORD_BAD;
    }
    p = read_record(&r, NULL, plan->root, p, &v);
    if (!p)
        return RECORD_BAD;
    p = scan_blanks(p, scan.end);
    if (p != scan.end) {
        fail_text(&r, p, "something stands behind the end", TEXT_NONE);
        return RECORD_BAD;
    }
    *out = v.record;
    if (plan->root->any_money)
        reading_currencies(plan->root, v.record, NULL);
    return RECORD_READ;
}

enum record_status record_parse(struct record_plan *plan, struct text json,
                                struct arena *arena, struct record **out,
                                struct record_fault *fault)
{
    return parse_scan(plan, scan_over(json), json, arena, out, fault);
}

enum record_status record_parse_line(struct record_plan *plan,
                                     struct text json, struct arena *arena,
                                     struct record **out,
                                     struct record_fault *fault)
{
    struct json_scan scan = scan_over(json);
    scan.safe = scan.end;
    return parse_scan(plan, scan, json, arena, out, fault);
}

int record_page_open(struct record_page *page, struct record_plan *plan,
                     struct text body, const char *rows, bool single,
                     struct error *err)
{
    struct json_pick pick = { rows, TEXT_NONE };
    memset(page, 0, sizeof *page);
    page->plan = plan;
    page->is_single = single;
    if (json_skim(body, &pick, 1, err) != 0)
        return -1;
    enum json_kind kind = json_kind(pick.raw);
    enum json_kind wanted = single ? JSON_OBJECT : JSON_ARRAY;
    if (kind == JSON_NOTHING || kind == JSON_NULL)
        return 0;
    if (kind != wanted)
        return error_set(err, ERROR_INPUT, "`%s` of the answer is no %s", rows,
                         single ? "object" : "list");
    if (single)
        page->single = pick.raw;
    else
        page->items = json_items(pick.raw);
    return 0;
}

enum record_status record_page_next(struct record_page *page,
                                    struct arena *arena, struct record **out,
                                    struct text *raw,
                                    struct record_fault *fault)
{
    struct text row = page->single;
    if (page->is_single) {
        page->single = TEXT_NONE;
        if (!row.len)
            return RECORD_END;
    } else {
        if (!json_next(&page->items))
            return RECORD_END;
        row = page->items.value;
    }
    page->index++;
    if (raw)
        *raw = row;
    return record_parse(page->plan, row, arena, out, fault);
}
