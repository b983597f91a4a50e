/* Reads records by a plan. Objects mostly repeat the names of the one before
 * in the same order, so each name is first compared with the one foreseen at
 * its place; names that all differ need no search for duplicates then. An
 * object with surprises is read again from its bracket, carefully, and what
 * it has in names is foreseen from then on. */
#include "config.h"

#include "runtime/jsonscan.h"
#include "runtime/record_plan.h"

#include <stdio.h>
#include <string.h>

#define LOOK_AHEAD 24       /* foreseen names that may be absent in a row */
#define PATH_MAX_STEPS 16
#define LIST_MAX 1000000    /* items of one list */

struct reading {
    struct json_scan s;
    struct arena *arena;
    struct record_plan *plan;
    struct record_fault *fault;
    struct text path[PATH_MAX_STEPS];
    size_t depth;
};

/* ------------------------------------------------------------- faults */
static void print_path(const struct reading *r, struct buf *out)
{
    size_t steps = r->depth < PATH_MAX_STEPS ? r->depth : PATH_MAX_STEPS;
    for (size_t i = 0; i < steps; i++)
        buf_printf(out, "%s%.*s", i ? "." : "", TEXT_ARG(r->path[i]));
    if (steps)
        buf_str(out, ": ");
}

static const char *fail_text(struct reading *r, const char *p,
                             const char *what, struct text shown)
{
    struct buf b;
    buf_init(&b, sizeof r->fault->text * 2);
    print_path(r, &b);
    if (shown.len) {
        buf_printable(&b, utf8_left(shown, 60));
        buf_byte(&b, ' ');
    }
    buf_str(&b, what);
    size_t offset = (size_t)(p - r->s.base);
    snprintf(r->fault->text, sizeof r->fault->text, "%.400s, byte %zu",
             buf_cstr(&b), offset);
    r->fault->offset = offset;
    buf_fini(&b);
    return NULL;
}

/* Of the grammar: the scan knows what and where. */
static const char *fail_json(struct reading *r)
{
    return fail_text(r, r->s.base + r->s.fault.offset, r->s.fault.what,
                     TEXT_NONE);
}

/* Of a value: shows it. */
static const char *fail_value(struct reading *r, const struct plan_value *v,
                              const char *p, const char *end, const char *what)
{
    struct text shown = { p, (size_t)(end - p) };
    r->fault->field = v->field;
    return fail_text(r, p, what, shown);
}

static const char *end_of(struct reading *r, const char *p)
{
    const char *end = scan_skip(&r->s, p);
    return end ? end : fail_json(r);
}

static const char *expected(struct reading *r, const struct plan_value *v,
                            const char *p, const char *what)
{
    const char *end = end_of(r, p);
    return end ? fail_value(r, v, p, end, what) : NULL;
}

/* ------------------------------------------------------------- texts */
/* A string at `p` (its quote); decoded. */
static const char *take_string(struct reading *r, const char *p,
                               struct text *out)
{
    bool escapes;
    const char *start = p + 1;
    p = scan_string(&r->s, start, &escapes);
    if (!p)
        return fail_json(r);
    *out = (struct text){ start, (size_t)(p - start) };
    if (out->len > JSON_TEXT_MAX)
        return fail_text(r, start, "the text is too long", TEXT_NONE);
    if (escapes) {
        char *room = arena_alloc(r->arena, out->len);
        out->len = json_unescape(start, out->len, room);
        out->ptr = room;
    }
    return p + 1;
}

/* A string's characters or a number's digits. */
static const char *take_text(struct reading *r, const struct plan_value *v,
                             const char *p, struct text *out)
{
    if (*p == '"')
        return take_string(r, p, out);
    const char *end = NULL;
    if (*p == '-' || (*p >= '0' && *p <= '9'))
        end = scan_number(&r->s, p);
    else
        return expected(r, v, p, "is no text");
    if (!end)
        return fail_json(r);
    *out = (struct text){ p, (size_t)(end - p) };
    return end;
}

static const char *read_text(struct reading *r, const struct plan_value *v,
                             const char *p, struct value *out)
{
    struct text t;
    p = take_text(r, v, p, &t);
    if (!p)
        return NULL;
    if (v->encoding.padded)
        t = text_trim(t);
    if (!t.len && v->field->empty_is_missing)
        return p;
    out->tag = VALUE_TEXT;
    out->ptr = t.ptr;
    out->len = (uint32_t)t.len;
    return p;
}

static const char *read_enum(struct reading *r, const struct plan_value *v,
                             const char *p, struct value *out)
{
    struct text t;
    const char *start = p;
    p = take_text(r, v, p, &t);
    if (!p)
        return NULL;
    if (v->encoding.padded)
        t = text_trim(t);
    if (!t.len && v->type->optional)
        return p;
    for (size_t i = 0; i < v->type->value_count; i++)
        if (text_equal(v->type->values[i].wire, t)) {
            *out = v->words[i];
            return p;
        }
    return fail_value(r, v, start, p, "is none of the values it may have");
}

/* ------------------------------------------------------------- numbers */
/* Plain digits that fit 64 bits, without an exponent; false: not so. */
static bool quick_decimal(struct text t, struct value *out)
{
    const char *p = t.ptr, *end = p + t.len;
    bool minus = p < end && *p == '-';
    int64_t n = 0;
    int scale = 0;
    if (minus)
        p++;
    if (end - p > 18)
        return false;
    for (; p < end && *p != '.'; p++) {
        if ((unsigned)(*p - '0') > 9)
            return false;
        n = n * 10 + (*p - '0');
    }
    if (p < end) {
        scale = (int)(end - p - 1);
        for (p++; p < end; p++) {
            if ((unsigned)(*p - '0') > 9)
                return false;
            n = n * 10 + (*p - '0');
        }
    }
    if (scale > DECIMAL_SCALE_MAX)
        return false;
    out->coef = minus ? -n : n;
    out->scale = (uint8_t)scale;
    return true;
}

static void scale_fault(struct reading *r, const struct plan_value *v,
                        struct text digits, int scale)
{
    char what[64];
    snprintf(what, sizeof what, "has more decimals than the %d of this field",
             scale);
    r->fault->field = v->field;
    fail_text(r, digits.ptr, what, digits);
}

/* Brings an amount to the field's decimals; rounds only declared noise. */
static bool fit_scale(struct reading *r, const struct plan_value *v,
                      struct text digits, struct value *out)
{
    int scale = v->type->kind == TYPE_INTEGER ? 0 : v->type->scale;
    struct decimal d = { out->coef, out->scale }, fitted;
    if (scale == SCALE_UNKNOWN || out->scale == scale ||
        (out->scale < scale && v->type->kind != TYPE_MONEY))
        return true;
    if (decimal_rescale(d, scale, &fitted) != DECIMAL_OK) {
        if (!v->field->float_noise ||
            decimal_round(d, scale, ROUND_HALF_AWAY, &fitted) != DECIMAL_OK) {
            scale_fault(r, v, digits, scale);
            return false;
        }
        r->plan->noise++;
    }
    out->coef = fitted.coef;
    out->scale = (uint8_t)fitted.scale;
    return true;
}

static const char *decimal_fault(enum decimal_status status)
{
    switch (status) {
    case DECIMAL_OVERFLOW:
        return "has more than 34 digits";
    case DECIMAL_SCALE:
        return "has more than 12 decimals";
    case DECIMAL_OK:
    case DECIMAL_SYNTAX:
    case DECIMAL_DIVIDE_ZERO:
    case DECIMAL_INEXACT:
        break;
    }
    return "is no number";
}

/* Past the largest scale noise is cut off before it is parsed: 17 digits of
 * a double say nothing there. */
static enum decimal_status noisy_decimal(const struct plan_value *v,
                                         struct text digits,
                                         struct decimal *d, bool *cut)
{
    enum decimal_status status = decimal_parse(digits, d);
    size_t dot;
    if (status != DECIMAL_SCALE || !v->field->float_noise ||
        !text_find(digits, TEXT("."), &dot) || text_find(digits, TEXT("e"), &dot))
        return status;
    text_find(digits, TEXT("."), &dot);
    if (digits.len > dot + 1 + DECIMAL_SCALE_MAX)
        digits.len = dot + 1 + DECIMAL_SCALE_MAX;
    *cut = true;
    return decimal_parse(digits, d);
}

static bool parse_amount(struct reading *r, const struct plan_value *v,
                         struct text digits, struct value *out)
{
    struct decimal d;
    bool cut = false;
    if (!quick_decimal(digits, out)) {
        enum decimal_status status = noisy_decimal(v, digits, &d, &cut);
        if (status != DECIMAL_OK) {
            fail_value(r, v, digits.ptr, digits.ptr + digits.len,
                       decimal_fault(status));
            return false;
        }
        out->coef = d.coef;
        out->scale = (uint8_t)d.scale;
    }
    out->tag = v->type->kind == TYPE_MONEY ? VALUE_MONEY : VALUE_NUMBER;
    out->currency = v->currency;
    if (v->encoding.kind == ENCODING_CENTS) {
        if (out->scale) {
            fail_value(r, v, digits.ptr, digits.ptr + digits.len,
                       "is no whole number of cents");
            return false;
        }
        out->scale = (uint8_t)(v->type->scale > 0 ? v->type->scale : 2);
    }
    size_t noise = r->plan->noise;
    bool fits = fit_scale(r, v, digits, out);
    if (cut)
        r->plan->noise = noise + 1;
    return fits;
}

static const char *read_object_amount(struct reading *r,
                                      const struct plan_value *v,
                                      const char *p, struct value *out);

static const char *read_number(struct reading *r, const struct plan_value *v,
                               const char *p, struct value *out)
{
    struct text digits;
    const char *end;
    if (v->encoding.kind == ENCODING_OBJECT && *p == '{')
        return read_object_amount(r, v, p, out);
    if (*p == '"' && v->encoding.kind == ENCODING_OTHER_FORM) {
        end = take_string(r, p, &digits);
        if (!end)
            return NULL;
        digits = text_trim(digits);
        if (!digits.len && v->type->optional)
            return end;
    } else if (*p == '-' || (*p >= '0' && *p <= '9')) {
        end = scan_number(&r->s, p);
        if (!end)
            return fail_json(r);
        digits = (struct text){ p, (size_t)(end - p) };
    } else {
        return expected(r, v, p, "is no number");
    }
    return parse_amount(r, v, digits, out) ? end : NULL;
}

static const char *read_object_amount(struct reading *r,
                                      const struct plan_value *v,
                                      const char *p, struct value *out)
{
    const char *end = end_of(r, p);
    struct text raw = { p, end ? (size_t)(end - p) : 0 };
    struct text digits = TEXT_NONE, code = TEXT_NONE;
    struct json_items it = json_items(raw);
    if (!end)
        return NULL;
    while (json_next(&it)) {
        if (text_equal(it.name, v->encoding.value_member))
            digits = json_text(r->arena, it.value);
        else if (text_equal(it.name, v->encoding.currency_member))
            code = json_text(r->arena, it.value);
    }
    if (!digits.len)
        return end;
    if (!parse_amount(r, v, digits, out))
        return NULL;
    if (out->tag == VALUE_MONEY && code.len == 3)
        out->currency = currency_pack(code.ptr);
    return end;
}

/* ------------------------------------------------------------- yes/no */
static bool yes_no_word(struct text t, bool *yes)
{
    static const char *const words[][2] = {
        { "no", "yes" }, { "n", "y" }, { "false", "true" }, { "0", "1" },
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        for (int b = 0; b < 2; b++)
            if (text_equal_nocase(t, text_of(words[i][b]))) {
                *yes = b;
                return true;
            }
    return false;
}

static const char *read_yesno(struct reading *r, const struct plan_value *v,
                              const char *p, struct value *out)
{
    struct text t;
    bool yes = *p == 't';
    const char *end = NULL;
    if (*p == 't' || *p == 'f') {
        end = scan_word(&r->s, p, yes ? "true" : "false", yes ? 4 : 5);
        if (!end)
            return fail_json(r);
    } else if (v->encoding.kind == ENCODING_ZERO_ONE ||
               v->encoding.kind == ENCODING_YES_NO_TEXT) {
        end = take_text(r, v, p, &t);
        if (!end)
            return NULL;
        t = text_trim(t);
        if (!t.len && v->type->optional)
            return end;
        if (!yes_no_word(t, &yes))
            return fail_value(r, v, p, end, "is neither yes nor no");
    } else {
        return expected(r, v, p, "is neither true nor false");
    }
    *out = value_yesno(yes);
    return end;
}

/* ------------------------------------------------------------- dates */
static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* "/Date(1577836800000)/", with an offset perhaps, which wall clocks ignore. */
static bool parse_ms(struct text t, int64_t *ms)
{
    struct decimal d;
    if (!text_starts(t, TEXT("/Date(")) || !text_ends(t, TEXT(")/")))
        return false;
    t = text_slice(t, 6, t.len - 8);
    for (size_t i = 1; i < t.len; i++)
        if (t.ptr[i] == '+' || t.ptr[i] == '-')
            t.len = i;
    return decimal_parse(t, &d) == DECIMAL_OK && decimal_to_int64(d, ms) &&
           *ms > -62135596800001 && *ms < 253402300800000;
}

static bool epoch_micros(const struct plan_value *v, struct text t,
                         int64_t *micros)
{
    struct decimal d;
    int64_t n;
    bool ms = v->encoding.kind == ENCODING_EPOCH_MS;
    if (decimal_parse(t, &d) != DECIMAL_OK || !decimal_to_int64(d, &n))
        return false;
    if (n < -62135596800000 || n > 253402300800000)
        return false;
    *micros = ms ? n * 1000 : n * 1000000;
    return true;
}

static bool wire_micros(const struct plan_value *v, struct text t,
                        int64_t *micros)
{
    int64_t ms;
    bool offset;
    if (v->encoding.kind == ENCODING_EPOCH_MS ||
        v->encoding.kind == ENCODING_EPOCH_S)
        return epoch_micros(v, t, micros);
    if (v->encoding.kind == ENCODING_MS_DATE && parse_ms(t, &ms)) {
        *micros = ms * 1000;
        return true;
    }
    return datetime_parse(t, micros, &offset);
}

static bool wire_date(const struct plan_value *v, struct text t, int32_t *days)
{
    int64_t micros;
    if (date_parse(t, days))
        return true;
    /* a date with an empty time of day is still that date */
    if (t.len >= 16 &&
        text_starts(text_slice(t, 10, t.len - 10), TEXT("T00:00")))
        return date_parse(text_slice(t, 0, 10), days);
    if (v->encoding.kind == ENCODING_PLAIN || !wire_micros(v, t, &micros))
        return false;
    *days = (int32_t)floor_div(micros, (int64_t)86400 * 1000000);
    return true;
}

static const char *read_when(struct reading *r, const struct plan_value *v,
                             const char *p, struct value *out)
{
    struct text t;
    const char *start = p;
    int32_t n = 0;
    int64_t micros = 0;
    p = take_text(r, v, p, &t);
    if (!p)
        return NULL;
    if (!t.len && v->type->optional)
        return p;
    if (v->type->kind == TYPE_DATE) {
        if (!wire_date(v, t, &n))
            return fail_value(r, v, start, p, "is no date");
        *out = value_date(n);
    } else if (v->type->kind == TYPE_TIME) {
        if (!time_parse(t, &n))
            return fail_value(r, v, start, p, "is no time of day");
        *out = value_date(n);
        out->tag = VALUE_TIME;
    } else {
        if (!wire_micros(v, t, &micros))
            return fail_value(r, v, start, p, "is no date with a time");
        *out = value_datetime(micros);
    }
    return p;
}

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

static const char *missing_field(struct reading *r,
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
            return expected(r, v, p, "is no object");
        return fail_text(r, p, "an object was expected here", TEXT_NONE);
    }
    struct record *record = new_record(r->arena, node);
    const char *start = p;
    p = read_object(r, node, record, p);
    if (!p || (node->needed_count && !missing_field(r, node, record, start)))
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
        return expected(r, v, p, "is no list");
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
    plain.encoding.wrap = false;
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

static const char *read_wrapped(struct reading *r, const struct plan_value *v,
                                const char *p, struct value *out)
{
    const char *end = end_of(r, p);
    if (!end)
        return NULL;
    struct json_items it = json_items((struct text){ p, (size_t)(end - p) });
    while (json_next(&it))
        if (text_is(it.name, "value") && !read_inner(r, v, it.value, out))
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
    if (v->encoding.wrap && *p == '{')
        return read_wrapped(r, v, p, out);
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
        return v->node ? read_record(r, v, v->node, p, out) : end_of(r, p);
    case TYPE_LIST:
        return read_list(r, v, p, out);
    case TYPE_DURATION:
    case TYPE_EMPTY_LIST:
        break;
    }
    return expected(r, v, p, "has a type that records do not carry");
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
        end = *p == '{' ? read_object(r, m->inside, record, p) : end_of(r, p);
        if (!end)
            return NULL;
    }
    r->depth--;
    return end;
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
static inline bool is_seen(const struct plan_seen *seen, const char *p,
                           const struct json_scan *s)
{
#ifdef __SSE2__
    if (p <= s->safe) {
        __m128i here = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i head =
            _mm_loadu_si128((const __m128i *)(const void *)seen->head);
        unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(here, head));
        if ((same & seen->mask) != seen->mask)
            return false;
        if (seen->len < 16)
            return true;
    }
#endif
    return (size_t)(s->end - p) > seen->len &&
           memcmp(p, seen->name, seen->len) == 0 && p[seen->len] == '"';
}

static const struct plan_seen *foreseen(const struct plan_node *node,
                                        size_t *at, const char *p,
                                        const struct json_scan *s)
{
    size_t last = *at + LOOK_AHEAD;
    if (last > node->seen_count)
        last = node->seen_count;
    for (size_t i = *at; i < last; i++)
        if (is_seen(&node->seen[i], p, s)) {
            *at = i + 1;
            return &node->seen[i];
        }
    return NULL;
}

static bool seen_at(const struct plan_node *node, struct text name,
                    size_t *index)
{
    for (size_t i = 0; i < node->seen_count; i++)
        if (node->seen[i].len == name.len &&
            memcmp(node->seen[i].name, name.ptr, name.len) == 0) {
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
        node->names_len + name.len + 1 > PLAN_NAMES_MAX ||
        memchr(name.ptr, '"', name.len) || memchr(name.ptr, '\\', name.len))
        return;
    char *copy = node->names + node->names_len;
    memcpy(copy, name.ptr, name.len);
    copy[name.len] = '"';
    node->names_len += name.len + 1;
    struct plan_seen *seen = &node->seen[*at];
    memmove(seen + 1, seen, (node->seen_count - *at) * sizeof *seen);
    node->seen_count++;
    memset(seen, 0, sizeof *seen);
    seen->name = copy;
    seen->len = (uint32_t)name.len;
    seen->member = member;
    size_t head = name.len + 1 < 16 ? name.len + 1 : 16;
    memcpy(seen->head, copy, head);
    seen->mask = (unsigned)((1UL << head) - 1);
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
            p = m ? read_member(r, m, record, p) : end_of(r, p);
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
    const char *end = r->s.end;
    const char *first = p = scan_blanks(p + 1, end);
    size_t at = 0;
    if (p < end && *p == '}')
        return p + 1;
    for (;;) {
        if (p >= end)
            return fail_text(r, p, "the text ends too early", TEXT_NONE);
        const struct plan_seen *seen =
            *p == '"' ? foreseen(node, &at, p + 1, &r->s) : NULL;
        if (!seen)
            return read_carefully(r, node, record, first);
        p += seen->len + 2;
        if (p + 1 < end && p[0] == ':' && (uint8_t)p[1] > ' ')
            p++;
        else if (!(p = take_colon(r, p)))
            return NULL;
        if (seen->member >= 0) {
            p = read_member(r, &node->members[seen->member], record, p);
        } else {
            p = scan_skip(&r->s, p);
            if (!p)
                fail_json(r);
        }
        if (!p)
            return NULL;
        if (p + 1 < end && p[0] == ',' && p[1] == '"') {
            p++;
            continue;
        }
        bool closed;
        p = take_comma(r, p, &closed);
        if (!p || closed)
            return p;
    }
}

/* ------------------------------------------------------------- currencies */
static void set_currency(struct value *money, const struct value *code)
{
    if (money->tag == VALUE_MONEY && code->tag == VALUE_TEXT && code->len == 3)
        money->currency = currency_pack(code->ptr);
}

static void find_currencies(const struct plan_node *node,
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
            find_currencies(v->node, slot->record, record);
        else if (slot->tag == VALUE_LIST)
            for (size_t k = 0; k < slot->list->count; k++)
                if (slot->list->items[k].tag == VALUE_RECORD)
                    find_currencies(v->node, slot->list->items[k].record,
                                    record);
    }
}

/* ------------------------------------------------------------- rows */
static void start_reading(struct reading *r, struct record_plan *plan,
                          struct text text, struct arena *arena,
                          struct record_fault *fault)
{
    r->s = scan_over(text);
    r->arena = arena;
    r->plan = plan;
    r->fault = fault;
    r->depth = 0;
    fault->text[0] = '\0';
    fault->field = NULL;
}

static enum record_status parse_scan(struct record_plan *plan,
                                     struct json_scan scan,
                                     struct text json, struct arena *arena,
                                     struct record **out,
                                     struct record_fault *fault)
{
    struct reading r;
    struct value v;
    start_reading(&r, plan, json, arena, fault);
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
        find_currencies(plan->root, v.record, NULL);
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

/* ------------------------------------------------------------- cells */
struct record *record_row_new(struct record_plan *plan, struct arena *arena)
{
    return new_record(arena, plan->root);
}

/* Digits with another decimal mark become digits with a point. */
static bool own_point(struct reading *r, struct text *digits, char decimal)
{
    if (decimal == '.')
        return true;
    char *copy = arena_dup(r->arena, digits->ptr, digits->len);
    for (size_t i = 0; i < digits->len; i++) {
        if (copy[i] == '.')
            return false;
        if (copy[i] == decimal)
            copy[i] = '.';
    }
    digits->ptr = copy;
    return true;
}

static bool cell_number(struct reading *r, const struct plan_value *v,
                        struct text cell, char decimal, struct value *out)
{
    struct text digits = text_trim(cell);
    bool plain = own_point(r, &digits, decimal);
    struct json_scan s = scan_over(digits);
    if (!plain || scan_number(&s, digits.ptr) != s.end) {
        fail_value(r, v, cell.ptr, cell.ptr + cell.len, "is no number");
        return false;
    }
    return parse_amount(r, v, digits, out);
}

static bool cell_when(const struct plan_value *v, struct text cell,
                      struct value *out)
{
    int32_t n;
    int64_t micros;
    if (v->type->kind == TYPE_DATE) {
        if (!wire_date(v, cell, &n))
            return false;
        *out = value_date(n);
    } else if (v->type->kind == TYPE_TIME) {
        if (!time_parse(cell, &n))
            return false;
        *out = value_date(n);
        out->tag = VALUE_TIME;
    } else {
        if (!wire_micros(v, cell, &micros))
            return false;
        *out = value_datetime(micros);
    }
    return true;
}

static bool cell_enum(const struct plan_value *v, struct text cell,
                      struct value *out)
{
    for (size_t i = 0; i < v->type->value_count; i++)
        if (text_equal(v->type->values[i].wire, cell)) {
            *out = v->words[i];
            return true;
        }
    return false;
}

static bool cell_text(const struct plan_value *v, struct text cell,
                      struct value *out)
{
    if (v->encoding.padded)
        cell = text_trim(cell);
    if (!cell.len && v->type->optional)
        return true;
    *out = value_text(cell);
    return true;
}

static bool cell_value(struct reading *r, const struct plan_value *v,
                       struct text cell, char decimal, struct value *out)
{
    const char *what = "has a type that cells do not carry";
    bool yes;
    switch (v->type->kind) {
    case TYPE_TEXT:
    case TYPE_ID:
    case TYPE_UNKNOWN:
        return cell_text(v, cell, out);
    case TYPE_NUMBER:
    case TYPE_INTEGER:
    case TYPE_PERCENT:
    case TYPE_MONEY:
        return cell_number(r, v, cell, decimal, out);
    case TYPE_ENUM:
        if (cell_enum(v, cell, out))
            return true;
        what = "is none of the values it may have";
        break;
    case TYPE_YESNO:
        if (yes_no_word(text_trim(cell), &yes)) {
            *out = value_yesno(yes);
            return true;
        }
        what = "is neither yes nor no";
        break;
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_DATETIME:
        if (cell_when(v, text_trim(cell), out))
            return true;
        what = "is no date or time of the form YYYY-MM-DD";
        break;
    case TYPE_DURATION:
    case TYPE_RECORD:
    case TYPE_LIST:
    case TYPE_EMPTY_LIST:
        break;
    }
    fail_value(r, v, cell.ptr, cell.ptr + cell.len, what);
    return false;
}

bool record_row_cell(struct record_plan *plan, const struct plan_value *v,
                     struct text cell, char decimal, struct arena *arena,
                     struct record *record, struct record_fault *fault)
{
    struct reading r;
    struct value *out = &record->slots[v->slot];
    bool texty = v->type->kind == TYPE_TEXT || v->type->kind == TYPE_ID;
    if (!cell.len && !texty)
        return true;
    if (texty && !v->encoding.padded && (cell.len || !v->type->optional)) {
        out->tag = VALUE_TEXT;
        out->ptr = cell.ptr;
        out->len = (uint32_t)cell.len;
        return true;
    }
    start_reading(&r, plan, cell, arena, fault);
    r.path[r.depth++] = v->field->name;
    return cell_value(&r, v, cell, decimal, out);
}

bool record_row_done(struct record_plan *plan, struct record *record,
                     struct record_fault *fault)
{
    struct reading r;
    if (plan->root->needed_count) {
        start_reading(&r, plan, TEXT(""), NULL, fault);
        if (!missing_field(&r, plan->root, record, r.s.base))
            return false;
    }
    if (plan->root->any_money)
        find_currencies(plan->root, record, NULL);
    return true;
}
