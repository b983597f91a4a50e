/* Single values of records: texts, numbers, yes or no, dates, as JSON or as
 * cells of a row, by their field's type and encoding. */
#include "config.h"

#include "runtime/record_reading.h"

#include <stdio.h>
#include <string.h>

void reading_start(struct reading *r, struct record_plan *plan,
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

/* ------------------------------------------------------------- faults */
static void print_path(const struct reading *r, struct buf *out)
{
    size_t steps = r->depth < PATH_MAX_STEPS ? r->depth : PATH_MAX_STEPS;
    for (size_t i = 0; i < steps; i++)
        buf_printf(out, "%s%.*s", i ? "." : "", TEXT_ARG(r->path[i]));
    if (steps)
        buf_str(out, ": ");
}

const char *fail_text(struct reading *r, const char *p,
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
const char *fail_json(struct reading *r)
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

const char *reading_skip(struct reading *r, const char *p)
{
    const char *end = scan_skip(&r->s, p);
    return end ? end : fail_json(r);
}

const char *fail_expected(struct reading *r, const struct plan_value *v,
                            const char *p, const char *what)
{
    const char *end = reading_skip(r, p);
    return end ? fail_value(r, v, p, end, what) : NULL;
}

/* ------------------------------------------------------------- texts */
/* A string at `p` (its quote); decoded. */
const char *take_string(struct reading *r, const char *p,
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
        return fail_expected(r, v, p, "is no text");
    if (!end)
        return fail_json(r);
    *out = (struct text){ p, (size_t)(end - p) };
    return end;
}

const char *read_text(struct reading *r, const struct plan_value *v,
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

const char *read_enum(struct reading *r, const struct plan_value *v,
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

const char *read_number(struct reading *r, const struct plan_value *v,
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
        return fail_expected(r, v, p, "is no number");
    }
    return parse_amount(r, v, digits, out) ? end : NULL;
}

static const char *read_object_amount(struct reading *r,
                                      const struct plan_value *v,
                                      const char *p, struct value *out)
{
    const char *end = reading_skip(r, p);
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

const char *read_yesno(struct reading *r, const struct plan_value *v,
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
        return fail_expected(r, v, p, "is neither true nor false");
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
    if (v->encoding.kind == ENCODING_DATE_OF_DATETIME)
        return date_parse(text_slice(t, 0, 10), days); /* the vendor's day */
    *days = (int32_t)floor_div(micros, (int64_t)86400 * 1000000);
    return true;
}

const char *read_when(struct reading *r, const struct plan_value *v,
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

/* ------------------------------------------------------------- cells */
struct record *record_row_new(struct record_plan *plan, struct arena *arena)
{
    struct record *record =
        arena_zalloc(arena, sizeof *record +
                                plan->root->slot_count * sizeof(struct value));
    record->shape = plan->root->shape;
    return record;
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

/* Looks like digits of JSON's grammar: parse_amount says whether it is. */
static bool is_bare_number(struct text t)
{
    const char *p = t.ptr, *last = p + t.len - 1;
    if (t.len && *p == '-')
        p++;
    return p <= last && (unsigned)(*p - '0') <= 9 &&
           (unsigned)(*last - '0') <= 9 &&
           (*p != '0' || p == last || (unsigned)(p[1] - '0') > 9);
}

static bool cell_number(struct reading *r, const struct plan_value *v,
                        struct text cell, char decimal, struct value *out)
{
    if (decimal == '.' && is_bare_number(cell))
        return parse_amount(r, v, cell, out);
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

/* Cells in their usual form; false for all others, faults too. */
static bool quick_cell(const struct plan_value *v, struct text cell,
                       char decimal, struct value *out)
{
    int64_t micros;
    bool offset, cents = v->encoding.kind == ENCODING_CENTS;
    if (v->type->kind == TYPE_DATETIME &&
        v->encoding.kind == ENCODING_PLAIN) {
        if (!datetime_parse(cell, &micros, &offset))
            return false;
        *out = value_datetime(micros);
        return true;
    }
    if (v->type->kind != TYPE_MONEY || decimal != '.' || v->encoding.padded ||
        (!cents && v->encoding.kind != ENCODING_PLAIN) ||
        !is_bare_number(cell) || !quick_decimal(cell, out))
        return false;
    if (out->scale != (cents ? 0 : v->type->scale) || v->type->scale < 1)
        return false;
    out->tag = VALUE_MONEY;
    out->scale = (uint8_t)v->type->scale;
    out->currency = v->currency;
    return true;
}

bool record_cell_is_text(const struct plan_value *v)
{
    return (v->type->kind == TYPE_TEXT || v->type->kind == TYPE_ID) &&
           !v->encoding.padded;
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
    if (record_cell_is_text(v) && (cell.len || !v->type->optional)) {
        out->tag = VALUE_TEXT;
        out->ptr = cell.ptr;
        out->len = (uint32_t)cell.len;
        return true;
    }
    if (quick_cell(v, cell, decimal, out))
        return true;
    reading_start(&r, plan, cell, arena, fault);
    r.path[r.depth++] = v->field->name;
    return cell_value(&r, v, cell, decimal, out);
}

bool record_row_done(struct record_plan *plan, struct record *record,
                     struct record_fault *fault)
{
    const struct plan_node *root = plan->root;
    for (size_t i = 0; i < root->needed_count; i++) {
        struct reading r;
        if (record->slots[root->needed[i]].tag != VALUE_MISSING)
            continue;
        reading_start(&r, plan, TEXT(""), NULL, fault);
        return reading_missing(&r, root, record, r.s.base) != NULL;
    }
    if (plan->root->any_money)
        reading_currencies(plan->root, record, NULL);
    return true;
}
