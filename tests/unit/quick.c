/* The quick ways of reading JSON against the careful ones: what a plan that
 * has seen such objects makes of a text is what a new plan makes of it, and
 * what is skipped 16 bytes at a time is what is skipped byte by byte; values,
 * ends and faults, on random, damaged and cut texts. And what is packed in
 * words comes back. */
#include "config.h"

#include "runtime/record.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS 6000

static uint64_t seed = 20250701;

static unsigned pick(unsigned count)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(seed >> 33) % count;
}

/* ------------------------------------------------------------- texts */
static void add_string(struct buf *b)
{
    static const char *const parts[] = {
        "a",    "Zz",   "",         "\xc3\xab", "\xe2\x82\xac", " ",
        "\\n",  "\\\"", "\\u00eb",  "2025",     "-07-",         "/",
        "\xf0\x9f\x98\x80", "\\ud83d\\ude00", "plain words", "0123456789",
    };
    buf_byte(b, '"');
    for (unsigned n = pick(7); n; n--)
        buf_str(b, parts[pick(pick(2) ? 4 : 16)]);
    buf_byte(b, '"');
}

static void add_number(struct buf *b)
{
    static const char *const odd[] = { "1e3", "1.5E-2", "0", "-0.10",
                                       "12345678901234567890", "0.125",
                                       "123456789012345.67", "9.999999999999",
                                       "100000000000000", "007", "-01.5" };
    if (pick(4) == 0)
        buf_str(b, odd[pick(pick(6) ? 9 : 11)]);
    else
        buf_printf(b, "%s%u", pick(4) ? "" : "-", pick(1000000));
    if (pick(2))
        buf_printf(b, ".%02u", pick(100));
}

static void add_value(struct buf *b, unsigned depth);

static void add_nested(struct buf *b, unsigned depth, bool object)
{
    const char *blank = pick(5) ? "" : " ";
    unsigned count = pick(4);
    buf_byte(b, object ? '{' : '[');
    for (unsigned i = 0; i < count; i++) {
        if (i)
            buf_printf(b, ",%s", blank);
        if (object)
            buf_printf(b, "\"k%u\":%s", i, blank);
        add_value(b, depth + 1);
    }
    buf_byte(b, object ? '}' : ']');
}

static void add_value(struct buf *b, unsigned depth)
{
    static const char *const words[] = { "true", "false", "null" };
    switch (pick(depth < 3 ? 7 : 4)) {
    case 0:
    case 1:
        add_string(b);
        break;
    case 2:
        add_number(b);
        break;
    case 3:
        buf_str(b, words[pick(3)]);
        break;
    case 4:
        add_nested(b, depth, false);
        break;
    default:
        add_nested(b, depth, true);
    }
}

static void add_member(struct buf *b, const char *name)
{
    buf_printf(b, "\"%s\":", name);
    if (pick(12) == 0) {
        add_value(b, 1);
    } else if (strcmp(name, "day") == 0) {
        buf_printf(b, "\"20%02u-%02u-%02u\"", pick(100), pick(14), pick(33));
    } else if (strcmp(name, "amount") == 0 || strcmp(name, "count") == 0) {
        add_number(b);
    } else if (strcmp(name, "inner") == 0) {
        buf_str(b, "{\"code\":");
        add_string(b);
        buf_str(b, ",\"other\":1}");
    } else if (strncmp(name, "ballast", 7) == 0) {
        add_value(b, 1);
    } else {
        add_string(b);
    }
}

/* Names in their order, some left out, now and then one at a wrong place. */
static void add_record(struct buf *b)
{
    static const char *const names[] = {
        "name", "ballast1", "amount",  "day", "ballast2_with_a_longer_name",
        "inner", "count",   "ballast3", "note_of_16chars", "last",
    };
    const char *blank = pick(4) ? "" : " ";
    bool first = true;
    buf_byte(b, '{');
    for (unsigned i = 0; i < 10; i++) {
        unsigned place = pick(30) ? i : pick(10);
        if (pick(12) == 0)
            continue;
        if (!first)
            buf_printf(b, ",%s", blank);
        add_member(b, names[place]);
        first = false;
    }
    buf_byte(b, '}');
}

static void damage(struct buf *b)
{
    static const char bytes[] = "\"\\{}[]:,0-.e\n\t \xff\xc3 ntf";
    if (pick(3) || !b->len)
        return;
    if (pick(2))
        b->ptr[pick((unsigned)b->len)] = bytes[pick(sizeof bytes)];
    else
        b->len = pick((unsigned)b->len);
}

/* ------------------------------------------------------------- skipping */
static void check_skipping(void)
{
    size_t wrong = 0, whole = 0, faults = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct json_fault a = { 0, NULL }, c = { 0, NULL };
        struct buf b;
        buf_init(&b, 0);
        add_nested(&b, 0, pick(2));
        damage(&b);
        char *own = mem_alloc(b.len);
        if (b.len)
            memcpy(own, b.ptr, b.len);
        const char *end = own + b.len;
        const char *safe = b.len >= 16 ? end - 16 : NULL;
        const char *quick = json_skip(own, end, safe, own, &a);
        const char *careful = json_skip(own, end, NULL, own, &c);
        wrong += quick != careful || a.what != c.what || a.offset != c.offset;
        whole += careful != NULL;
        faults += careful == NULL;
        mem_free(own);
        buf_fini(&b);
    }
    ok(wrong == 0, "%d values are skipped as byte by byte", ROUNDS);
    ok(whole > 1000 && faults > 500, "whole and damaged ones are among them");
}

/* ------------------------------------------------------------- records */
#define LIT(s) { (s), sizeof(s) - 1 }

static const struct type text_type = { .kind = TYPE_TEXT, .optional = true,
                                       .length = -1, .scale = -1 };
static const struct type number_type = { .kind = TYPE_NUMBER,
                                         .optional = true, .scale = -1 };
static const struct type money_type = { .kind = TYPE_MONEY, .optional = true,
                                        .scale = 2 };
static const struct type date_type = { .kind = TYPE_DATE, .optional = true };
static struct field fields[] = {
    { .name = LIT("name"), .wire = LIT("name"), .type = &text_type },
    { .name = LIT("amount"), .wire = LIT("amount"), .type = &money_type },
    { .name = LIT("day"), .wire = LIT("day"), .type = &date_type },
    { .name = LIT("code"), .wire = LIT("inner.code"), .type = &text_type,
      .empty_is_missing = true },
    { .name = LIT("count"), .wire = LIT("count"), .type = &number_type },
    { .name = LIT("note"), .wire = LIT("note_of_16chars"),
      .type = &text_type },
};
static struct object object = { .name = LIT("thing"), .fields = fields,
                                .field_count = 6 };

static struct record_plan *new_plan(struct arena *arena)
{
    struct error err = { .kind = ERROR_NONE };
    struct record_plan *plan = NULL;
    record_plan_new(arena, shape_of_object(arena, &object), &plan, &err);
    return plan;
}

static bool same_reading(enum record_status a, enum record_status b,
                         const struct record *x, const struct record *y,
                         const struct record_fault *fx,
                         const struct record_fault *fy)
{
    if (a != b)
        return false;
    if (a != RECORD_READ)
        return strcmp(fx->text, fy->text) == 0 && fx->offset == fy->offset &&
               fx->field == fy->field;
    for (size_t i = 0; i < object.field_count; i++) {
        const struct value *v = &x->slots[i], *w = &y->slots[i];
        if (v->tag != w->tag || v->scale != w->scale ||
            v->currency != w->currency || !value_equal(v, w))
            return false;
    }
    return true;
}

static void check_records(void)
{
    size_t wrong = 0, whole = 0;
    struct arena known_arena, arena;
    arena_init(&known_arena);
    arena_init(&arena);
    struct record_plan *known = new_plan(&known_arena);
    for (int i = 0; i < ROUNDS; i++) {
        struct record_fault fa, fb, fc;
        struct record *a = NULL, *c = NULL, *line = NULL;
        struct buf b;
        buf_init(&b, 0);
        arena_reset(&arena);
        add_record(&b);
        damage(&b);
        size_t len = b.len;
        char *own = mem_alloc(len), *padded = mem_zalloc(len + 33);
        if (len) {
            memcpy(own, b.ptr, len);
            memcpy(padded, b.ptr, len);
        }
        padded[len] = '\n';
        struct text t = { own, len }, u = { padded, len };
        enum record_status sa = record_parse(known, t, &arena, &a, &fa);
        enum record_status sb =
            record_parse(new_plan(&arena), t, &arena, &c, &fb);
        enum record_status sc =
            record_parse_line(known, u, &arena, &line, &fc);
        bool fine = same_reading(sa, sb, a, c, &fa, &fb) &&
                    same_reading(sc, sb, line, c, &fc, &fb);
        if (!fine && !wrong++)
            tap_diag("%.*s: %s / %s", (int)len, own,
                     sa == RECORD_READ ? "read" : fa.text,
                     sb == RECORD_READ ? "read" : fb.text);
        whole += sb == RECORD_READ;
        mem_free(own);
        mem_free(padded);
        buf_fini(&b);
    }
    ok(wrong == 0, "%d records are read as by a plan that knows none", ROUNDS);
    ok(whole > 1000 && whole + 1000 < ROUNDS,
       "whole and damaged ones are among them");
    arena_fini(&known_arena);
    arena_fini(&arena);
}

/* ------------------------------------------------------------- images */
static struct value some_value(void)
{
    uint64_t bits = (uint64_t)pick(1u << 31) << 33 ^ (uint64_t)pick(1u << 31);
    int64_t whole = (int64_t)(bits >> pick(64));
    struct value v = value_whole(VALUE_DATETIME, pick(2) ? whole : -whole);
    switch (pick(5)) {
    case 0:
        return value_number((struct decimal){ v.whole, (int)pick(13) });
    case 1:
        return value_money((struct decimal){ v.whole, (int)pick(13) },
                           currency_pack("EUR"));
    case 2:
        return value_text((struct text){ "some text of it", pick(16) });
    case 3:
        v.tag = VALUE_MISSING;
        v.coef = 0;
        return v;
    default:
        return v;
    }
}

/* Records of any values are packed and come back as they were, with room
 * around them or none. */
static void check_images(void)
{
    size_t wrong = 0;
    struct arena arena;
    arena_init(&arena);
    const struct shape *shape = shape_of_object(&arena, &object);
    struct record *record = record_new(&arena, shape);
    for (int i = 0; i < ROUNDS; i++) {
        struct arena batch;
        struct buf image;
        arena_init(&batch);
        buf_init(&image, 0);
        for (size_t k = 0; k < shape->count; k++)
            record->slots[k] = some_value();
        if (pick(2))
            buf_room(&image, 500);
        record_pack(record, &image);
        char *own = mem_alloc(image.len);
        memcpy(own, image.ptr, image.len);
        const struct record *back =
            record_unpack(&batch, shape, (struct text){ own, image.len });
        for (size_t k = 0; back && k < shape->count; k++)
            wrong += back->slots[k].tag != record->slots[k].tag ||
                     back->slots[k].currency != record->slots[k].currency ||
                     back->slots[k].scale != record->slots[k].scale ||
                     !value_equal(&back->slots[k], &record->slots[k]);
        struct text cut = { own, pick((unsigned)image.len) };
        wrong += !back || record_unpack(&batch, shape, cut);
        mem_free(own);
        buf_fini(&image);
        arena_fini(&batch);
    }
    ok(wrong == 0, "%d records are unpacked as they were packed", ROUNDS);
    arena_fini(&arena);
}

int main(void)
{
    for (size_t i = 0; i < object.field_count; i++)
        map_put(&object.by_name, fields[i].name, &fields[i]);
    check_skipping();
    check_records();
    check_images();
    return tap_done();
}
