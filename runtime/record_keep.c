/* Keeps records beyond their batch: deep copies, and compact images of their
 * slots for files and groups. An image says nothing of the shape: whoever
 * reads it knows it. */
#include "config.h"

#include "runtime/record.h"

#include <string.h>

/* ------------------------------------------------------------- copies */
static struct value_list *list_dup(struct arena *arena,
                                   const struct value_list *list)
{
    struct value_list *copy = ARENA_NEW(arena, struct value_list);
    copy->items = ARENA_ARRAY(arena, struct value, list->count);
    copy->count = list->count;
    for (size_t i = 0; i < list->count; i++)
        copy->items[i] = value_dup(arena, &list->items[i]);
    return copy;
}

struct value value_dup(struct arena *arena, const struct value *value)
{
    struct value copy = *value;
    if (value->tag == VALUE_TEXT)
        copy.ptr = text_dup(arena, value_as_text(value)).ptr;
    else if (value->tag == VALUE_LIST)
        copy.list = list_dup(arena, value->list);
    else if (value->tag == VALUE_RECORD)
        copy.record = record_dup(arena, value->record);
    return copy;
}

struct record *record_dup(struct arena *arena, const struct record *record)
{
    struct record *copy = record_new(arena, record->shape);
    for (size_t i = 0; i < record->shape->count; i++)
        copy->slots[i] = value_dup(arena, &record->slots[i]);
    return copy;
}

/* ------------------------------------------------------------- packing */
/* Seven bits a byte, the lowest first; the upper bit: there is more. */
static size_t put_count(char out[10], uint64_t n)
{
    size_t len = 0;
    for (; n >= 0x80; n >>= 7)
        out[len++] = (char)(uint8_t)(n | 0x80);
    out[len++] = (char)n;
    return len;
}

static inline void pack_count(struct buf *out, uint64_t n)
{
    char bytes[10];
    if (n < 0x80)
        buf_put_byte(out, (char)n);
    else
        buf_put(out, bytes, put_count(bytes, n));
}

static inline uint64_t fold_sign(int64_t n)
{
    return (uint64_t)n << 1 ^ (uint64_t)(n >> 63);
}

static void pack_whole(struct buf *out, int64_t n)
{
    pack_count(out, fold_sign(n));
}

static void pack_decimal(struct buf *out, const struct value *v)
{
    bool small = v->coef >= INT64_MIN && v->coef <= INT64_MAX;
    buf_put_byte(out, (char)(v->scale | (small ? 0 : 0x80)));
    if (small)
        pack_whole(out, (int64_t)v->coef);
    else
        buf_put(out, &v->coef, sizeof v->coef);
    if (v->tag == VALUE_MONEY)
        buf_put(out, &v->currency, sizeof v->currency);
}

static void pack_value(struct buf *out, const struct value *v)
{
    buf_put_byte(out, (char)v->tag);
    switch ((enum value_tag)v->tag) {
    case VALUE_TEXT:
        pack_count(out, v->len);
        buf_put(out, v->ptr, v->len);
        break;
    case VALUE_NUMBER:
    case VALUE_MONEY:
        pack_decimal(out, v);
        break;
    case VALUE_DURATION:
        buf_put(out, &v->currency, sizeof v->currency);
        pack_whole(out, v->whole);
        break;
    case VALUE_YESNO:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME:
        pack_whole(out, v->whole);
        break;
    case VALUE_LIST:
        pack_count(out, v->list->count);
        for (size_t i = 0; i < v->list->count; i++)
            pack_value(out, &v->list->items[i]);
        break;
    case VALUE_RECORD:
        record_pack(v->record, out);
        break;
    case VALUE_MISSING:
    case VALUE_CLEAR:
    case VALUE_LEAVE:
        break;
    }
}

/* put_count with room for eight bytes: spreads seven bits a byte at once. */
static inline char *put_word(char *out, uint64_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (n < 0x80) {
        *out = (char)n;
        return out + 1;
    }
    unsigned bits = 64 - (unsigned)__builtin_clzll(n);
    unsigned len = (bits + 6) * 37 >> 8; /* a seventh, rounded up */
    if (bits > 56)
        return out + put_count(out, n);
    n = (n & UINT64_C(0xfffffff)) | (n & UINT64_C(0xfffffff0000000)) << 4;
    n = (n & UINT64_C(0x3fff00003fff)) |
        (n & UINT64_C(0xfffc0000fffc000)) << 2;
    n = (n & UINT64_C(0x7f007f007f007f)) |
        (n & UINT64_C(0x3f803f803f803f80)) << 1;
    n |= UINT64_C(0x8080808080808080) & ((UINT64_C(1) << 8 * (len - 1)) - 1);
    memcpy(out, &n, 8);
    return out + len;
#else
    return out + put_count(out, n);
#endif
}

/* The usual values where there is surely room for them; behind them, or NULL
 * for the others. */
static inline char *pack_usual(char *to, const struct value *v)
{
    *to++ = (char)v->tag;
    switch (v->tag) {
    case VALUE_TEXT:
        to = put_word(to, v->len);
        text_copy(to, v->ptr, v->len);
        return to + v->len;
    case VALUE_NUMBER:
    case VALUE_MONEY:
        if (v->coef != (int64_t)v->coef)
            return NULL;
        *to++ = (char)v->scale;
        to = put_word(to, fold_sign((int64_t)v->coef));
        if (v->tag == VALUE_NUMBER)
            return to;
        memcpy(to, &v->currency, sizeof v->currency);
        return to + sizeof v->currency;
    case VALUE_YESNO:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME:
        return put_word(to, fold_sign(v->whole));
    case VALUE_MISSING:
        return to;
    default:
        return NULL;
    }
}

#define PACK_ROOM 32 /* what any usual value takes beside its text */

void record_pack(const struct record *record, struct buf *out)
{
    for (size_t i = 0; i < record->shape->count; i++) {
        const struct value *v = &record->slots[i];
        size_t len = v->tag == VALUE_TEXT ? v->len : 0;
        char *to = NULL;
        if (out->cap - out->len > len + PACK_ROOM && !out->full)
            to = pack_usual(out->ptr + out->len, v);
        if (to)
            out->len = (size_t)(to - out->ptr);
        else
            pack_value(out, v);
    }
}

/* ------------------------------------------------------------- unpacking */
struct image {
    const char *p, *end;
    struct arena *arena;
    bool damaged;
};

static uint64_t unpack_long(struct image *im)
{
    const char *p = im->p;
    uint64_t n = 0;
    for (unsigned shift = 0; shift < 64 && p < im->end; shift += 7) {
        uint8_t byte = (uint8_t)*p++;
        n |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            im->p = p;
            return n;
        }
    }
    im->damaged = true;
    im->p = im->end;
    return 0;
}

static inline uint64_t unpack_count(struct image *im)
{
    if (im->p < im->end && (uint8_t)*im->p < 0x80)
        return (uint8_t)*im->p++;
    return unpack_long(im);
}

static int64_t unpack_whole(struct image *im)
{
    uint64_t n = unpack_count(im);
    return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

static void unpack_bytes(struct image *im, void *to, size_t len)
{
    if ((size_t)(im->end - im->p) < len) {
        im->damaged = true;
        return;
    }
    memcpy(to, im->p, len);
    im->p += len;
}

static void unpack_text(struct image *im, struct value *v)
{
    uint64_t len = unpack_count(im);
    if (len > (uint64_t)(im->end - im->p)) {
        im->damaged = true;
        len = 0;
    }
    v->ptr = im->p;
    v->len = (uint32_t)len;
    im->p += len;
}

static void unpack_decimal(struct image *im, struct value *v)
{
    uint8_t scale = 0;
    unpack_bytes(im, &scale, 1);
    v->scale = scale & 0x7f;
    if (scale & 0x80)
        unpack_bytes(im, &v->coef, sizeof v->coef);
    else
        v->coef = unpack_whole(im);
    if (v->tag == VALUE_MONEY)
        unpack_bytes(im, &v->currency, sizeof v->currency);
}

static void unpack_slots(struct image *im, struct record *record);
static void unpack_value(struct image *im, const struct shape *sub,
                         struct value *v);

static void unpack_list(struct image *im, const struct shape *sub,
                        struct value *v)
{
    uint64_t count = unpack_count(im);
    if (count > (uint64_t)(im->end - im->p)) {
        im->damaged = true;
        count = 0;
    }
    v->list = ARENA_NEW(im->arena, struct value_list);
    v->list->items = ARENA_ARRAY(im->arena, struct value, count);
    v->list->count = count;
    for (size_t i = 0; i < count && !im->damaged; i++)
        unpack_value(im, sub, &v->list->items[i]);
}

static void unpack_value(struct image *im, const struct shape *sub,
                         struct value *v)
{
    uint8_t tag = 0;
    unpack_bytes(im, &tag, 1);
    v->tag = tag;
    switch (tag) {
    case VALUE_TEXT:
        unpack_text(im, v);
        break;
    case VALUE_NUMBER:
    case VALUE_MONEY:
        unpack_decimal(im, v);
        break;
    case VALUE_DURATION:
        unpack_bytes(im, &v->currency, sizeof v->currency);
        v->whole = unpack_whole(im);
        break;
    case VALUE_YESNO:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME:
        v->whole = unpack_whole(im);
        break;
    case VALUE_LIST:
        unpack_list(im, sub, v);
        break;
    case VALUE_RECORD:
        if (!sub) {
            im->damaged = true;
            break;
        }
        v->record = record_new(im->arena, sub);
        unpack_slots(im, v->record);
        break;
    default:
        im->damaged |= tag > VALUE_LEAVE;
        break;
    }
}

/* The number of put_word; behind it, or NULL when it is a longer one. */
static inline const char *take_word(const char *p, int64_t *out)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t n;
    memcpy(&n, p, 8);
    uint64_t last = ~n & UINT64_C(0x8080808080808080);
    if (!last)
        return NULL;
    unsigned bits = (unsigned)__builtin_ctzll(last) + 1;
    n &= UINT64_C(0x7f7f7f7f7f7f7f7f) >> (64 - bits);
    n = (n & UINT64_C(0x7f007f007f007f)) |
        (n & UINT64_C(0x7f007f007f007f00)) >> 1;
    n = (n & UINT64_C(0x3fff00003fff)) |
        (n & UINT64_C(0x3fff00003fff0000)) >> 2;
    n = (n & UINT64_C(0xfffffff)) | (n & UINT64_C(0xfffffff00000000)) >> 4;
    *out = (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
    return p + bits / 8;
#else
    (void)p, (void)out;
    return NULL;
#endif
}

#define NUMBER_ROOM 12 /* tag, scale, a word, currency */

/* The usual values, where NUMBER_ROOM bytes are to be had; behind them, or NULL
 * for the others. `v` is all zero. */
static inline const char *unpack_usual(const char *p, const char *end,
                                       struct value *v)
{
    int64_t whole = 0;
    uint8_t tag = (uint8_t)*p++, len = (uint8_t)*p;
    switch (tag) {
    case VALUE_TEXT:
        if (len >= 0x80 || end - ++p < len)
            return NULL;
        *v = value_text((struct text){ p, len });
        return p + len;
    case VALUE_NUMBER:
    case VALUE_MONEY:
        p = len < 0x80 ? take_word(p + 1, &whole) : NULL;
        if (!p)
            return NULL;
        *v = (struct value){ .coef = whole, .tag = tag, .scale = len };
        if (tag == VALUE_NUMBER)
            return p;
        memcpy(&v->currency, p, sizeof v->currency);
        return p + sizeof v->currency;
    case VALUE_YESNO:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATETIME:
        p = take_word(p, &whole);
        if (p)
            *v = value_whole((enum value_tag)tag, whole);
        return p;
    case VALUE_MISSING:
        return p;
    default:
        return NULL;
    }
}

static void unpack_slots(struct image *im, struct record *record)
{
    const struct shape *shape = record->shape;
    for (size_t i = 0; i < shape->count && !im->damaged; i++) {
        const char *p = NULL;
        if (im->end - im->p >= NUMBER_ROOM)
            p = unpack_usual(im->p, im->end, &record->slots[i]);
        if (p)
            im->p = p;
        else
            unpack_value(im, shape->fields[i].sub, &record->slots[i]);
    }
}

struct record *record_unpack(struct arena *arena, const struct shape *shape,
                             struct text image)
{
    struct image im = { image.ptr, image.ptr + image.len, arena, false };
    struct record *record = record_new(arena, shape);
    unpack_slots(&im, record);
    return im.damaged || im.p != im.end ? NULL : record;
}
