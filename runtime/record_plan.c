/* Makes the plan by which records of a shape are read from the wire. */
#include "config.h"

#include "runtime/record_plan.h"

#include <string.h>

/* ------------------------------------------------------------- encodings */
static const struct {
    const char *name;
    enum encoding kind;
} encodings[] = {
    { "ms date", ENCODING_MS_DATE },
    { "ms datetime", ENCODING_MS_DATE },
    { "cents", ENCODING_CENTS },
    { "number text", ENCODING_OTHER_FORM },
    { "text number", ENCODING_OTHER_FORM },
    { "yes no text", ENCODING_YES_NO_TEXT },
    { "json text", ENCODING_JSON_TEXT },
    { "epoch ms", ENCODING_EPOCH_MS },
    { "epoch s", ENCODING_EPOCH_S },
    { "0/1", ENCODING_ZERO_ONE },
    { "date of datetime", ENCODING_DATE_OF_DATETIME },
};

static struct text cut_word(struct text *rest)
{
    size_t at = 0;
    *rest = text_trim(*rest);
    while (at < rest->len && rest->ptr[at] != ' ')
        at++;
    struct text word = text_slice(*rest, 0, at);
    *rest = text_slice(*rest, at, rest->len - at);
    return word;
}

static bool parse_object_encoding(struct text t, struct encoding_of *out)
{
    if (!text_starts(t, TEXT("object ")))
        return false;
    t = text_slice(t, 7, t.len - 7);
    out->currency_member = cut_word(&t);
    out->value_member = cut_word(&t);
    out->kind = ENCODING_OBJECT;
    return out->value_member.len && !text_trim(t).len;
}

/* "written OnHold as Hold": one word of an enum that is read and written
 * differently. */
static bool parse_written(struct text t, struct encoding_of *out)
{
    if (!text_starts(t, TEXT("written ")))
        return false;
    t = text_slice(t, 8, t.len - 8);
    out->said = cut_word(&t);
    if (!text_is(cut_word(&t), "as"))
        return false;
    out->written = cut_word(&t);
    return out->written.len && !text_trim(t).len;
}

static bool parse_one_encoding(struct text t, struct encoding_of *out)
{
    if (text_is(t, "value wrap")) {
        out->wrap = true;
        return true;
    }
    if (text_is(t, "results")) {
        out->results = true;
        return true;
    }
    if (text_is(t, "padded")) {
        out->padded = true;
        return true;
    }
    if (text_starts(t, TEXT("column "))) /* the driver lays cells flat */
        return true;
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++)
        if (text_is(t, encodings[i].name)) {
            out->kind = encodings[i].kind;
            return true;
        }
    return parse_written(t, out) || parse_object_encoding(t, out);
}

bool encoding_parse(struct text encoding, struct encoding_of *out)
{
    memset(out, 0, sizeof *out);
    size_t at;
    while (text_find(encoding, TEXT(","), &at)) {
        struct text one = text_trim(text_slice(encoding, 0, at));
        if (!parse_one_encoding(one, out))
            return false;
        encoding = text_slice(encoding, at + 1, encoding.len - at - 1);
    }
    encoding = text_trim(encoding);
    return !encoding.len || parse_one_encoding(encoding, out);
}

/* ------------------------------------------------------------- the plan */
struct planner {
    struct arena *arena;
    struct plan_node *around; /* while its fields are planned */
    struct error *err;
};

static struct plan_node *node_new(struct planner *pl, size_t cap)
{
    struct plan_node *node = ARENA_NEW(pl->arena, struct plan_node);
    node->member_cap = cap;
    node->members = ARENA_ARRAY(pl->arena, struct plan_member, cap);
    node->seen = ARENA_ARRAY(pl->arena, struct plan_seen, PLAN_SEEN_MAX);
    node->names = arena_alloc(pl->arena, PLAN_NAMES_MAX);
    return node;
}

static struct plan_member *node_member(struct planner *pl,
                                       struct plan_node *node, struct text name)
{
    for (size_t i = 0; i < node->member_count; i++)
        if (text_equal(node->members[i].name, name))
            return &node->members[i];
    if (node->member_count == node->member_cap) {
        size_t cap = node->member_cap * 2 + 4;
        struct plan_member *more =
            ARENA_ARRAY(pl->arena, struct plan_member, cap);
        if (node->member_count)
            memcpy(more, node->members, node->member_count * sizeof *more);
        node->members = more;
        node->member_cap = cap;
    }
    struct plan_member *m = &node->members[node->member_count++];
    m->name = name;
    return m;
}

/* Follows the wire path down to the member that holds the value. */
static struct plan_member *path_member(struct planner *pl,
                                       struct plan_node *node, struct text wire)
{
    size_t dot;
    while (text_find(wire, TEXT("."), &dot) && dot > 0 && dot + 1 < wire.len) {
        struct plan_member *m =
            node_member(pl, node, text_slice(wire, 0, dot));
        if (!m->inside)
            m->inside = node_new(pl, 4);
        node = m->inside;
        wire = text_slice(wire, dot + 1, wire.len - dot - 1);
    }
    return node_member(pl, node, wire);
}

static void member_add(struct planner *pl, struct plan_member *m,
                       struct plan_value *v)
{
    struct plan_value **more =
        ARENA_ARRAY(pl->arena, struct plan_value *, m->value_count + 1);
    if (m->value_count)
        memcpy(more, m->values, m->value_count * sizeof(*more));
    more[m->value_count++] = v;
    m->values = more;
}

static struct value *enum_words(struct planner *pl, const struct type *type)
{
    struct value *words = ARENA_ARRAY(pl->arena, struct value,
                                      type->value_count);
    for (size_t i = 0; i < type->value_count; i++)
        words[i] = value_text(type->values[i].word);
    return words;
}

static struct plan_node *record_node(struct planner *pl,
                                     const struct shape *shape);

static enum plan_quick quick_kind(const struct plan_value *v)
{
    const struct encoding_of *e = &v->encoding;
    if (e->kind != ENCODING_PLAIN || e->wrap || e->padded || e->results)
        return QUICK_NONE;
    switch ((int)v->type->kind) {
    case TYPE_TEXT:
    case TYPE_ID:
        return QUICK_TEXT;
    case TYPE_NUMBER:
    case TYPE_MONEY:
        return QUICK_NUMBER;
    case TYPE_DATE:
        return QUICK_DATE;
    default:
        return QUICK_NONE;
    }
}

static int fill_value(struct planner *pl, struct plan_value *v,
                      const struct field *field, const struct type *type,
                      const struct shape *sub)
{
    v->field = field;
    v->type = type;
    v->currency_slot = -1;
    if (!encoding_parse(field->encoding, &v->encoding))
        return error_set(pl->err, ERROR_USAGE,
                         "field `%.*s`: nobody knows the encoding \"%.*s\"",
                         TEXT_ARG(field->name), TEXT_ARG(field->encoding));
    v->quick = quick_kind(v);
    if (type->kind == TYPE_MONEY && type->currency[0])
        v->currency = currency_pack(type->currency);
    if (type->kind == TYPE_ENUM)
        v->words = enum_words(pl, type);
    if (type->kind == TYPE_LIST && type->item) {
        v->item = ARENA_NEW(pl->arena, struct plan_value);
        if (fill_value(pl, v->item, field, type->item, sub) != 0)
            return -1;
        v->item->encoding = (struct encoding_of){ .kind = ENCODING_PLAIN };
        v->node = v->item->node;
    }
    if (type->kind == TYPE_RECORD && sub) {
        v->node = record_node(pl, sub);
        if (!v->node)
            return -1;
    }
    return 0;
}

/* The field an amount's currency comes from: of its record, or of the one
 * around it. */
static const struct field *currency_field(struct plan_node **node,
                                          const struct field *money)
{
    if (!money->currency_from.len)
        return NULL;
    for (; *node; *node = (*node)->around) {
        const struct object *object = (*node)->shape->object;
        const struct field *from =
            object ? object_field(object, money->currency_from) : NULL;
        if (from)
            return from;
    }
    return NULL;
}

/* Slot of a currency: the record's own, or a hidden one behind the others. */
static int32_t currency_slot(struct planner *pl, struct plan_node *node,
                             const struct field *field)
{
    const struct shape *shape = node->shape;
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].field == field)
            return (int32_t)i;
    struct plan_value *v = ARENA_NEW(pl->arena, struct plan_value);
    if (fill_value(pl, v, field, field->type, NULL) != 0)
        return -1;
    v->slot = (uint32_t)node->slot_count++;
    member_add(pl, path_member(pl, node, field->wire), v);
    return (int32_t)v->slot;
}

static void plan_currency(struct planner *pl, struct plan_node *node,
                          struct plan_value *money)
{
    struct plan_node *holder = node;
    const struct field *from = currency_field(&holder, money->field);
    if (!from || (holder != node && holder != node->around))
        return;
    money->currency_slot = currency_slot(pl, holder, from);
    money->currency_above = holder != node;
}

static void note_kinds(struct plan_node *node, struct plan_value *v)
{
    if (v->type->kind == TYPE_MONEY && !v->currency) {
        node->money[node->money_count++] = v;
        node->any_money = true;
    }
    if (v->node) {
        node->nested[node->nested_count++] = v;
        node->any_money |= v->node->any_money;
    }
    if (!v->type->optional && !v->field->write_only)
        node->needed[node->needed_count++] = v->slot;
}

static struct plan_node *record_node(struct planner *pl,
                                     const struct shape *shape)
{
    struct plan_node *node = node_new(pl, shape->count + 2);
    struct plan_node *outer = pl->around;
    node->shape = shape;
    node->around = outer;
    pl->around = node;
    node->slot_count = shape->count;
    node->money = ARENA_ARRAY(pl->arena, struct plan_value *, shape->count);
    node->nested = ARENA_ARRAY(pl->arena, struct plan_value *, shape->count);
    node->needed = ARENA_ARRAY(pl->arena, uint32_t, shape->count);
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *sf = &shape->fields[i];
        struct plan_value *v = ARENA_NEW(pl->arena, struct plan_value);
        v->slot = (uint32_t)i;
        if (fill_value(pl, v, sf->field, sf->field->type, sf->sub) != 0)
            return NULL;
        if (!sf->field->write_only) /* else it stays missing */
            member_add(pl, path_member(pl, node, sf->field->wire), v);
        note_kinds(node, v);
    }
    for (size_t i = 0; i < node->money_count; i++)
        plan_currency(pl, node, node->money[i]);
    pl->around = outer;
    return node;
}

int record_plan_new(struct arena *arena, const struct shape *shape,
                    struct record_plan **out, struct error *err)
{
    struct planner pl = { arena, NULL, err };
    struct record_plan *plan = ARENA_NEW(arena, struct record_plan);
    plan->arena = arena;
    plan->root = record_node(&pl, shape);
    *out = plan;
    return plan->root ? 0 : -1;
}

static void set_currency(struct plan_node *node, uint16_t currency)
{
    for (size_t i = 0; i < node->money_count; i++)
        if (text_is(node->money[i]->field->currency_from, "connection"))
            node->money[i]->currency = currency;
    for (size_t i = 0; i < node->nested_count; i++)
        set_currency(node->nested[i]->node, currency);
}

void record_plan_currency(struct record_plan *plan, struct text code)
{
    uint16_t currency = code.len == 3 ? currency_pack(code.ptr) : 0;
    if (currency)
        set_currency(plan->root, currency);
}

size_t record_plan_noise(const struct record_plan *plan)
{
    return plan->noise;
}
