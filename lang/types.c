/* Making types, and what two of them have in common. Types are never changed
 * after they are made; they live in the program's arena. */
#include "config.h"

#include "lang/check.h"

#define PLAIN(word) \
    { .kind = TYPE_##word, .scale = SCALE_UNKNOWN, .length = LENGTH_UNLIMITED }
const struct type type_unknown = PLAIN(UNKNOWN);
const struct type type_yesno = PLAIN(YESNO);
const struct type type_date = PLAIN(DATE);
const struct type type_time = PLAIN(TIME);
const struct type type_datetime = PLAIN(DATETIME);
const struct type type_duration = PLAIN(DURATION);
const struct type type_percent = PLAIN(PERCENT);
const struct type type_text = PLAIN(TEXT);
const struct type type_number = PLAIN(NUMBER);
const struct type type_integer = { .kind = TYPE_INTEGER,
                                   .scale = 0,
                                   .length = LENGTH_UNLIMITED };
const struct type type_empty_list = PLAIN(EMPTY_LIST);

static struct type *make(struct arena *arena, enum type_kind kind)
{
    struct type *t = ARENA_NEW(arena, struct type);
    t->kind = kind;
    t->scale = SCALE_UNKNOWN;
    t->length = LENGTH_UNLIMITED;
    return t;
}

struct type *type_copy(struct arena *arena, const struct type *t)
{
    return arena_dup(arena, t, sizeof *t);
}

const struct type *type_optional(struct arena *arena, const struct type *t,
                                 bool optional)
{
    if (t->optional == optional || t->kind == TYPE_UNKNOWN)
        return t;
    struct type *copy = type_copy(arena, t);
    copy->optional = optional;
    return copy;
}

const struct type *type_text_of(struct arena *arena, int length)
{
    if (length < 0)
        return &type_text;
    struct type *t = make(arena, TYPE_TEXT);
    t->length = length;
    return t;
}

const struct type *type_literal(struct arena *arena, struct text word)
{
    struct type *t = make(arena, TYPE_TEXT);
    t->length = (int)utf8_count(word);
    t->values = ARENA_NEW(arena, struct enum_value);
    t->values[0].word = t->values[0].wire = word;
    t->value_count = 1;
    return t;
}

const struct type *type_number_of(struct arena *arena, int scale)
{
    if (scale < 0)
        return &type_number;
    struct type *t = make(arena, TYPE_NUMBER);
    t->scale = scale;
    return t;
}

const struct type *type_money_of(struct arena *arena, int scale,
                                 const char *currency)
{
    struct type *t = make(arena, TYPE_MONEY);
    t->scale = scale;
    for (int i = 0; i < 3 && currency && currency[i]; i++)
        t->currency[i] = currency[i];
    return t;
}

const struct type *type_record_of(struct arena *arena,
                                  const struct object *object)
{
    struct type *t = make(arena, TYPE_RECORD);
    t->object = object;
    return t;
}

const struct type *type_list_of(struct arena *arena, const struct type *item)
{
    struct type *t = make(arena, TYPE_LIST);
    t->item = item;
    return t;
}

bool type_is_numeric(const struct type *t)
{
    return t->kind == TYPE_NUMBER || t->kind == TYPE_INTEGER ||
           t->kind == TYPE_PERCENT;
}

bool type_is_texty(const struct type *t)
{
    return t->kind == TYPE_TEXT || t->kind == TYPE_ENUM || t->kind == TYPE_ID;
}

const char *type_words(struct arena *arena, const struct type *t)
{
    struct buf b;
    buf_init(&b, 4096);
    type_print(t, &b);
    const char *words = text_cstr(arena, buf_view(&b));
    buf_fini(&b);
    return words;
}

static int larger(int a, int b)
{
    return a < 0 || b < 0 ? -1 : a > b ? a : b;
}

/* Words of both, each once; no words when one of them is any text. */
static void join_values(struct arena *arena, struct type *t,
                        const struct type *a, const struct type *b)
{
    t->values = NULL;
    t->value_count = 0;
    if (!a->value_count || !b->value_count ||
        a->value_count + b->value_count > KNOWN_TEXTS_MAX)
        return;
    t->values = ARENA_ARRAY(arena, struct enum_value,
                            a->value_count + b->value_count);
    for (size_t i = 0; i < a->value_count; i++)
        t->values[t->value_count++] = a->values[i];
    for (size_t i = 0; i < b->value_count; i++)
        if (!type_value(t, b->values[i].word))
            t->values[t->value_count++] = b->values[i];
}

static int texty_length(const struct type *t)
{
    if (t->kind == TYPE_ID)
        return LENGTH_UNLIMITED;
    int most = t->length;
    for (size_t i = 0; t->kind == TYPE_ENUM && i < t->value_count; i++) {
        int length = (int)utf8_count(t->values[i].word);
        most = length > most ? length : most;
    }
    return most;
}

static const struct type *join_texts(struct arena *arena, const struct type *a,
                                     const struct type *b)
{
    if (a->kind == TYPE_ID && b->kind == TYPE_ID)
        return a->object == b->object ? a : NULL;
    if (a->kind == TYPE_ID || b->kind == TYPE_ID)
        return NULL;
    struct type *t = make(arena, TYPE_TEXT);
    t->length = larger(texty_length(a), texty_length(b));
    join_values(arena, t, a, b);
    return t;
}

static const struct type *join_lists(struct arena *arena, const struct type *a,
                                     const struct type *b)
{
    if (a->kind == TYPE_EMPTY_LIST)
        return b;
    if (b->kind == TYPE_EMPTY_LIST)
        return a;
    const struct type *item = type_join(arena, a->item, b->item);
    return item ? type_list_of(arena, item) : NULL;
}

static const struct type *join_same(struct arena *arena, const struct type *a,
                                    const struct type *b)
{
    if (a->kind == TYPE_RECORD)
        return a->object == b->object ? a : NULL;
    if (a->kind == TYPE_MONEY) {
        bool same = text_equal(text_of(a->currency), text_of(b->currency));
        return type_money_of(arena, larger(a->scale, b->scale),
                             same ? a->currency : "");
    }
    return a;
}

static bool is_listy(const struct type *t)
{
    return t->kind == TYPE_LIST || t->kind == TYPE_EMPTY_LIST;
}

static const struct type *join_kinds(struct arena *arena, const struct type *a,
                                     const struct type *b)
{
    if (a->kind == TYPE_UNKNOWN || b->kind == TYPE_UNKNOWN)
        return &type_unknown;
    if (a->kind == TYPE_ENUM && b->kind == TYPE_ENUM && a->values == b->values)
        return a;
    if (type_is_texty(a) && type_is_texty(b))
        return join_texts(arena, a, b);
    if (type_is_numeric(a) && type_is_numeric(b)) {
        if (a->kind == b->kind && a->kind != TYPE_NUMBER && a->scale == b->scale)
            return a;
        return type_number_of(arena, larger(a->scale, b->scale));
    }
    if (is_listy(a) && is_listy(b))
        return join_lists(arena, a, b);
    return a->kind == b->kind ? join_same(arena, a, b) : NULL;
}

const struct type *type_join(struct arena *arena, const struct type *a,
                             const struct type *b)
{
    const struct type *t = join_kinds(arena, a, b);
    if (!t)
        return NULL;
    return type_optional(arena, t, a->optional || b->optional);
}
