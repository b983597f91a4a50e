/* Writes records to the wire: record_read.c backwards. */
#include "config.h"

#include "runtime/jsonwrite.h"
#include "runtime/record_plan.h"

#include <string.h>

#define WIRE_DEPTH_MAX 8 /* dots in one wire path */

/* Keys of records and their values are put down in one go up to this. */
#define KEY_ROOM 32

/* One slot's place: its name as JSON, after it the objects its path opens. */
struct write_step {
    uint32_t slot;
    const struct field *field;
    struct encoding_of encoding;
    struct text key;                   /* ,"Code": with a byte before it */
    bool plain;                        /* text and numbers as they are */
    struct text opens[WIRE_DEPTH_MAX]; /* keys of the objects around it */
    size_t open_count;
    struct record_writer *nested; /* records and lists of records */
};

struct record_writer {
    const struct shape *shape;
    struct write_step *steps; /* paths that share a beginning are neighbours */
    size_t count;
};

/* ------------------------------------------------------------- values */
static int misfit(const struct field *field, const char *why,
                  struct error *err)
{
    return error_set(err, ERROR_INPUT, "`%.*s`: %s", TEXT_ARG(field->name),
                     why);
}

static void put_decimal(struct buf *out, struct decimal d)
{
    char digits[DECIMAL_TEXT_MAX];
    if (out->cap - out->len > DECIMAL_TEXT_MAX && !out->full)
        out->len += decimal_print(d, out->ptr + out->len);
    else
        buf_put(out, digits, decimal_print(d, digits));
}

static void put_quoted(struct buf *out, const struct value *v)
{
    buf_put_byte(out, '"');
    value_print(v, out);
    buf_put_byte(out, '"');
}

static int put_cents(const struct field *field, const struct value *v,
                     struct buf *out, struct error *err)
{
    int scale = field->type->scale > 0 ? field->type->scale : 2;
    struct decimal d = value_as_decimal(v);
    if (decimal_rescale(d, scale, &d) != DECIMAL_OK)
        return misfit(field, "the amount is no whole number of cents", err);
    d.scale = 0;
    put_decimal(out, d);
    return 0;
}

static int put_object_amount(const struct encoding_of *encoding,
                             const struct value *v, struct buf *out)
{
    struct json_out w = json_out(out);
    char code[4];
    json_begin_object(&w);
    if (v->tag == VALUE_MONEY && v->currency) {
        currency_unpack(v->currency, code);
        json_key_text(&w, encoding->currency_member);
        json_cstring(&w, code);
    }
    json_key_text(&w, encoding->value_member);
    json_number(&w, value_as_decimal(v));
    json_end_object(&w);
    return 0;
}

static int put_number(const struct field *field,
                      const struct encoding_of *encoding,
                      const struct value *v, struct buf *out,
                      struct error *err)
{
    if (encoding->kind == ENCODING_CENTS)
        return put_cents(field, v, out, err);
    if (encoding->kind == ENCODING_OBJECT)
        return put_object_amount(encoding, v, out);
    bool quoted = encoding->kind == ENCODING_OTHER_FORM;
    if (quoted)
        buf_put_byte(out, '"');
    put_decimal(out, value_as_decimal(v));
    if (quoted)
        buf_put_byte(out, '"');
    return 0;
}

static const struct enum_value *enum_value_of(const struct type *type,
                                              struct text word)
{
    for (size_t i = 0; i < type->value_count; i++)
        if (text_equal(type->values[i].word, word))
            return &type->values[i];
    return NULL;
}

static int put_text(const struct field *field, const struct type *type,
                    const struct encoding_of *encoding, const struct value *v,
                    struct buf *out, struct error *err)
{
    struct text t = value_as_text(v);
    struct decimal d;
    if (type && type->kind == TYPE_ENUM) {
        const struct enum_value *e = enum_value_of(type, t);
        if (!e)
            return misfit(field, "none of the values it may have", err);
        if (e->wire_is_number) {
            buf_text(out, e->wire);
            return 0;
        }
        t = text_equal(e->word, encoding->said) ? encoding->written : e->wire;
    } else if (encoding->kind == ENCODING_OTHER_FORM) {
        if (decimal_parse(t, &d) != DECIMAL_OK)
            return misfit(field, "the text is no number", err);
        buf_text(out, t);
        return 0;
    }
    json_write_string(out, t);
    return 0;
}

static int put_yesno(const struct encoding_of *encoding, bool yes,
                     struct buf *out)
{
    if (encoding->kind == ENCODING_ZERO_ONE)
        buf_str(out, yes ? "1" : "0");
    else if (encoding->kind == ENCODING_YES_NO_TEXT)
        buf_str(out, yes ? "\"yes\"" : "\"no\"");
    else
        buf_str(out, yes ? "true" : "false");
    return 0;
}

static int put_epoch(const struct encoding_of *encoding,
                     const struct value *v, struct buf *out)
{
    int64_t micros =
        v->tag == VALUE_DATE ? v->whole * 86400 * 1000000 : v->whole;
    int64_t unit = encoding->kind == ENCODING_EPOCH_MS ? 1000 : 1000000;
    put_decimal(out, decimal_int(micros / unit));
    return 0;
}

/* A wall clock of the target: no zone, to the second. */
static int put_wall_clock(const struct value *v, struct buf *out)
{
    char digits[32];
    if (v->tag == VALUE_DATE) {
        date_print((int32_t)v->whole, digits);
        buf_printf(out, "\"%.10sT00:00\"", digits);
    } else {
        datetime_print(v->whole, digits);
        buf_printf(out, "\"%.19s\"", digits);
    }
    return 0;
}

static int put_when(const struct encoding_of *encoding, const struct value *v,
                    struct buf *out)
{
    if (encoding->kind == ENCODING_EPOCH_MS ||
        encoding->kind == ENCODING_EPOCH_S)
        return put_epoch(encoding, v, out);
    if (encoding->kind == ENCODING_MS_DATE)
        return put_wall_clock(v, out);
    if (encoding->kind == ENCODING_DATE_OF_DATETIME && v->tag == VALUE_DATE) {
        buf_byte(out, '"');
        value_print(v, out);
        buf_str(out, "T00:00:00\"");
        return 0;
    }
    put_quoted(out, v);
    return 0;
}

struct value_place { /* where a value stands */
    const struct field *field;
    const struct type *type;
    const struct encoding_of *encoding;
    const struct record_writer *nested;
};

static int put_value(const struct value_place *at, const struct value *v,
                     struct buf *out, struct error *err);

static int put_record(const struct value_place *at, const struct value *v,
                      struct buf *out, struct error *err)
{
    if (at->nested && at->nested->shape == v->record->shape)
        return record_writer_put(at->nested, v->record, out, err);
    return record_encode(v->record, NULL, NULL, out, err);
}

static int put_list(const struct value_place *at, const struct value *v,
                    struct buf *out, struct error *err)
{
    struct encoding_of plain = { .kind = ENCODING_PLAIN };
    struct value_place item = *at;
    item.encoding = &plain;
    item.type = at->type && at->type->kind == TYPE_LIST ? at->type->item : NULL;
    buf_put_byte(out, '[');
    for (size_t i = 0; i < v->list->count; i++) {
        if (i)
            buf_put_byte(out, ',');
        const struct value *one = &v->list->items[i];
        if ((one->tag == VALUE_RECORD ? put_record(&item, one, out, err)
                                      : put_value(&item, one, out, err)) != 0)
            return -1;
    }
    buf_put_byte(out, ']');
    return 0;
}

static int put_plain(const struct value_place *at, const struct value *v,
                     struct buf *out, struct error *err)
{
    switch ((enum value_tag)v->tag) {
    case VALUE_TEXT:
        return put_text(at->field, at->type, at->encoding, v, out, err);
    case VALUE_NUMBER:
    case VALUE_MONEY:
        return put_number(at->field, at->encoding, v, out, err);
    case VALUE_YESNO:
        return put_yesno(at->encoding, v->whole != 0, out);
    case VALUE_DATE:
    case VALUE_DATETIME:
        return put_when(at->encoding, v, out);
    case VALUE_TIME:
    case VALUE_DURATION:
        put_quoted(out, v);
        return 0;
    case VALUE_LIST:
        return put_list(at, v, out, err);
    case VALUE_RECORD:
        return put_record(at, v, out, err);
    case VALUE_MISSING:
    case VALUE_CLEAR:
    case VALUE_LEAVE:
        break;
    }
    buf_str(out, "null");
    return 0;
}

static int put_json_text(const struct value_place *at, const struct value *v,
                         struct buf *out, struct error *err)
{
    struct buf inner;
    buf_init(&inner, 0);
    int result = put_plain(at, v, &inner, err);
    if (result == 0)
        json_write_string(out, buf_view(&inner));
    buf_fini(&inner);
    return result;
}

static int put_value(const struct value_place *at, const struct value *v,
                     struct buf *out, struct error *err)
{
    bool wrap = at->encoding->wrap;
    if (wrap)
        buf_str(out, "{\"value\":");
    int result = at->encoding->kind == ENCODING_JSON_TEXT && value_is_present(v)
                     ? put_json_text(at, v, out, err)
                     : put_plain(at, v, out, err);
    if (wrap)
        buf_put_byte(out, '}');
    return result;
}

int record_encode_value(const struct field *field, const struct value *value,
                        struct buf *out, struct error *err)
{
    struct encoding_of encoding;
    if (!encoding_parse(field->encoding, &encoding))
        return misfit(field, "nobody knows its encoding", err);
    struct value_place at = { field, field->type, &encoding, NULL };
    return put_value(&at, value, out, err);
}

/* ------------------------------------------------------------- the writer */
static struct text make_key(struct arena *arena, struct text name)
{
    struct buf b;
    buf_init(&b, 0);
    buf_put_byte(&b, ',');
    json_write_string(&b, name);
    buf_put_byte(&b, ':');
    char *to = arena_zalloc(arena, b.len + KEY_ROOM);
    struct text key = { to, b.len };
    memcpy(to, b.ptr, b.len);
    buf_fini(&b);
    return key;
}

static int split_wire(struct arena *arena, struct write_step *step,
                      struct error *err)
{
    const struct field *field = step->field;
    struct text wire = field->write_wire.len ? field->write_wire
                       : field->wire.len     ? field->wire
                                             : field->name;
    size_t dot;
    while (text_find(wire, TEXT("."), &dot) && dot > 0 && dot + 1 < wire.len) {
        if (step->open_count == WIRE_DEPTH_MAX)
            return misfit(step->field, "its path is too deep", err);
        step->opens[step->open_count++] =
            make_key(arena, text_slice(wire, 0, dot));
        wire = text_slice(wire, dot + 1, wire.len - dot - 1);
    }
    step->key = make_key(arena, wire);
    return 0;
}

static size_t common_opens(const struct write_step *a,
                           const struct write_step *b)
{
    size_t n = 0;
    while (n < a->open_count && n < b->open_count &&
           text_equal(a->opens[n], b->opens[n]))
        n++;
    return n;
}

/* Moves each step behind the one it shares most of its path with. */
static void gather(struct record_writer *w)
{
    for (size_t i = 1; i < w->count; i++) {
        struct write_step step = w->steps[i];
        size_t best = i, depth = 0;
        for (size_t k = 0; k < i; k++) {
            size_t common = common_opens(&w->steps[k], &step);
            if (common && common >= depth) {
                best = k + 1;
                depth = common;
            }
        }
        memmove(&w->steps[best + 1], &w->steps[best],
                (i - best) * sizeof step);
        w->steps[best] = step;
    }
}

/* Texts and numbers of such a field stand on the wire as they are. */
static bool is_plain(const struct write_step *step)
{
    const struct type *type = step->field->type;
    return step->encoding.kind == ENCODING_PLAIN && !step->encoding.wrap &&
           !(type && type->kind == TYPE_ENUM);
}

int record_writer_new(struct arena *arena, const struct shape *shape,
                      struct record_writer **out, struct error *err)
{
    struct record_writer *w = ARENA_NEW(arena, struct record_writer);
    w->shape = shape;
    w->count = shape->count;
    w->steps = ARENA_ARRAY(arena, struct write_step, shape->count);
    for (size_t i = 0; i < shape->count; i++) {
        struct write_step *step = &w->steps[i];
        step->slot = (uint32_t)i;
        step->field = shape->fields[i].field;
        if (!encoding_parse(step->field->encoding, &step->encoding))
            return misfit(step->field, "nobody knows its encoding", err);
        step->plain = is_plain(step);
        if (split_wire(arena, step, err) != 0)
            return -1;
        if (shape->fields[i].sub &&
            record_writer_new(arena, shape->fields[i].sub, &step->nested,
                              err) != 0)
            return -1;
    }
    gather(w);
    *out = w;
    return 0;
}

/* A key with its comma, or without one behind an opening bracket. */
static inline void put_key(struct buf *out, struct text key, bool first)
{
    if (out->cap - out->len > KEY_ROOM && !out->full && key.len <= KEY_ROOM) {
        memcpy(out->ptr + out->len, key.ptr + first, KEY_ROOM);
        out->len += key.len - first;
    } else {
        buf_put(out, key.ptr + first, key.len - first);
    }
}

static int put_other(const struct write_step *step, const struct value *v,
                     struct buf *out, struct error *err)
{
    struct value_place at = { step->field, step->field->type, &step->encoding,
                              step->nested };
    return put_value(&at, v, out, err);
}

static inline int put_step(const struct write_step *step,
                           const struct value *v, struct buf *out,
                           struct error *err)
{
    if (!step->plain)
        return put_other(step, v, out, err);
    switch (v->tag) {
    case VALUE_TEXT:
        json_write_string(out, value_as_text(v));
        return 0;
    case VALUE_NUMBER:
    case VALUE_MONEY:
        put_decimal(out, value_as_decimal(v));
        return 0;
    case VALUE_CLEAR:
        buf_put(out, "null", 4);
        return 0;
    case VALUE_YESNO:
        buf_put(out, v->whole ? "true" : "false", v->whole ? 4 : 5);
        return 0;
    default:
        return put_other(step, v, out, err);
    }
}

/* Closes and opens the objects between one step's path and the next one's.
 * Whether the next key is the first of its object. */
static bool move_path(const struct write_step *last,
                      const struct write_step *step, size_t *open,
                      struct buf *out)
{
    bool first = !last;
    size_t common = last ? common_opens(last, step) : 0;
    for (; *open > common; --*open)
        buf_put_byte(out, '}');
    for (; *open < step->open_count; ++*open) {
        put_key(out, step->opens[*open], first);
        buf_put_byte(out, '{');
        first = true;
    }
    return first;
}

static int put_record_steps(const struct record_writer *w,
                            const struct record *record,
                            bool (*wanted)(void *, const struct field *),
                            void *ctx, struct buf *out, struct error *err)
{
    const struct write_step *last = NULL; /* written before */
    size_t open = 0;
    buf_put_byte(out, '{');
    for (size_t i = 0; i < w->count; i++) {
        const struct write_step *step = &w->steps[i];
        const struct value *v = &record->slots[step->slot];
        bool first = !last;
        if (v->tag == VALUE_MISSING || v->tag == VALUE_LEAVE ||
            (wanted && !wanted(ctx, step->field)))
            continue;
        if (open | step->open_count)
            first = move_path(last, step, &open, out);
        put_key(out, step->key, first);
        if (put_step(step, v, out, err) != 0)
            return -1;
        last = step;
    }
    for (; open > 0; open--)
        buf_put_byte(out, '}');
    buf_put_byte(out, '}');
    return 0;
}

int record_writer_put(const struct record_writer *writer,
                      const struct record *record, struct buf *out,
                      struct error *err)
{
    return put_record_steps(writer, record, NULL, NULL, out, err);
}

int record_encode(const struct record *record,
                  bool (*wanted)(void *ctx, const struct field *field),
                  void *ctx, struct buf *out, struct error *err)
{
    struct arena arena;
    struct record_writer *w;
    arena_init(&arena);
    int result = record_writer_new(&arena, record->shape, &w, err);
    if (result == 0)
        result = put_record_steps(w, record, wanted, ctx, out, err);
    arena_fini(&arena);
    return result;
}

/* ------------------------------------------------------------- for people */
static void print_value(const struct value *v, struct buf *out)
{
    if (v->tag == VALUE_LIST) {
        buf_put_byte(out, '[');
        for (size_t i = 0; i < v->list->count; i++) {
            if (i)
                buf_put_byte(out, ',');
            print_value(&v->list->items[i], out);
        }
        buf_put_byte(out, ']');
    } else if (v->tag == VALUE_RECORD) {
        record_print_json(v->record, out);
    } else if (v->tag == VALUE_TEXT) {
        json_write_string(out, value_as_text(v));
    } else if (v->tag == VALUE_NUMBER || v->tag == VALUE_MONEY) {
        put_decimal(out, value_as_decimal(v));
    } else if (v->tag == VALUE_YESNO) {
        buf_str(out, v->whole ? "true" : "false");
    } else if (value_is_present(v)) {
        put_quoted(out, v);
    } else {
        buf_str(out, "null");
    }
}

void record_print_json(const struct record *record, struct buf *out)
{
    bool first = true;
    buf_put_byte(out, '{');
    for (size_t i = 0; i < record->shape->count; i++) {
        const struct value *v = &record->slots[i];
        if (v->tag == VALUE_MISSING || v->tag == VALUE_LEAVE)
            continue;
        if (!first)
            buf_put_byte(out, ',');
        first = false;
        json_write_string(out, record->shape->fields[i].field->name);
        buf_put_byte(out, ':');
        print_value(v, out);
    }
    buf_put_byte(out, '}');
}
