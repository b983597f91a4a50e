/* Groups of `one per`: which source fields a flow uses outside an aggregate,
 * and whether the key decides them. What it does not decide may differ within
 * a group; then the group is held when it runs, and here that is told. */
#include "config.h"

#include "lang/check.h"

#define KEY_PARTS_MAX 16

struct keys { /* the paths whose values the group shares */
    const struct node *part[KEY_PARTS_MAX];
    size_t count;
};

static const struct symbol *root_of(const struct node *n)
{
    while (n->kind == NODE_MEMBER)
        n = KID(n, MEMBER, record);
    return n->kind == NODE_NAME ? n->symbol : NULL;
}

/* Of the source record, or of the sentence's loop. */
static bool is_sentence_path(const struct flow *f, const struct node *n)
{
    const struct symbol *root = n->kind == NODE_MEMBER ? root_of(n) : NULL;
    return root && (root == f->source_symbol ||
                    (f->each && root->decl == f->each));
}

static bool is_scalar(const struct node *n)
{
    return n->type && n->type->kind != TYPE_RECORD &&
           n->type->kind != TYPE_LIST && n->type->kind != TYPE_EMPTY_LIST;
}

/* ------------------------------------------------------------- the key */
static void add_key(struct keys *k, const struct node *n)
{
    if (k->count < KEY_PARTS_MAX)
        k->part[k->count++] = n;
}

/* Paths that are the same when the key is: the key itself, what a text of it
 * shows whole, and what `text(…)` makes of one value. */
static void add_key_paths(struct keys *k, const struct node *n)
{
    if (n->kind == NODE_MEMBER || n->kind == NODE_NAME)
        add_key(k, n);
    else if (n->kind == NODE_TEXT_LIT)
        for (const struct node *p = KID(n, TEXT_LIT, parts); p; p = p->next)
            add_key_paths(k, p);
    else if (n->kind == NODE_CALL && n->builtin && text_is(n->text, "text") &&
             KID(n, CALL, args))
        add_key_paths(k, KID(n, CALL, args));
    else if (n->kind == NODE_ELSE)
        add_key_paths(k, KID(n, ELSE, value));
}

static bool is_constant(const struct node *n)
{
    return n->kind == NODE_TEXT_LIT ? !KID(n, TEXT_LIT, parts)
           : n->kind == NODE_NAME
               ? n->symbol && n->symbol->kind == SYMBOL_CONST
               : n->kind == NODE_NUMBER_LIT || n->kind == NODE_YESNO_LIT ||
                     n->kind == NODE_DATE_LIT || n->kind == NODE_MONEY_LIT;
}

/* `where` lets only one value through. */
static void add_fixed(struct keys *k, const struct node *where)
{
    if (!where)
        return;
    if (where->kind == NODE_AND) {
        add_fixed(k, KID(where, AND, left));
        add_fixed(k, KID(where, AND, right));
    } else if (where->kind == NODE_COMPARE && where->lit.op == OP_IS &&
               is_constant(KID(where, COMPARE, right))) {
        add_key(k, KID(where, COMPARE, left));
    } else if (where->kind == NODE_COMPARE &&
               where->lit.op == OP_IS_MISSING) {
        add_key(k, KID(where, COMPARE, left));
    } else if (where->kind == NODE_MEMBER) {
        add_key(k, where); /* a yes or no */
    }
}

/* ------------------------------------------------------ what it decides */
static bool is_key_of(const struct object *o, const struct field *f)
{
    return o && f && (f->unique ||
                      (o->key_count == 1 && text_equal(o->keys[0], f->name)));
}

static bool same_place(const struct node *a, const struct node *b)
{
    if (a->kind == NODE_NAME || b->kind == NODE_NAME)
        return a->kind == b->kind && a->symbol == b->symbol;
    return a->kind == NODE_MEMBER && b->kind == NODE_MEMBER &&
           a->field == b->field &&
           same_place(KID(a, MEMBER, record), KID(b, MEMBER, record));
}

/* Is `n` the record `record`, or something in it? */
static bool is_inside(const struct node *n, const struct node *record)
{
    for (; n->kind == NODE_MEMBER; n = KID(n, MEMBER, record))
        if (same_place(n, record))
            return true;
    return same_place(n, record);
}

/* department_id decides department.…: both stand in one record. */
static bool decides_beside(const struct node *key, const struct node *n)
{
    const struct type *t = key->type;
    const struct node *owner = KID(key, MEMBER, record);
    if (!t || t->kind != TYPE_ID || !t->object)
        return false;
    for (; n->kind == NODE_MEMBER; n = KID(n, MEMBER, record)) {
        const struct text name = n->field ? n->field->name : TEXT_NONE;
        if (n->type && n->type->kind == TYPE_RECORD &&
            n->type->object == t->object &&
            same_place(KID(n, MEMBER, record), owner) &&
            text_starts(key->text, name))
            return true;
    }
    return false;
}

/* department.id decides department_id beside department. */
static bool is_id_beside(const struct node *record, const struct node *n)
{
    return record->kind == NODE_MEMBER && n->kind == NODE_MEMBER && n->type &&
           n->type->kind == TYPE_ID &&
           n->type->object == record->type->object &&
           same_place(KID(n, MEMBER, record), KID(record, MEMBER, record)) &&
           text_starts(n->text, record->text);
}

static bool decides(const struct node *key, const struct node *n)
{
    if (same_place(key, n))
        return true;
    if (key->kind != NODE_MEMBER || n->kind != NODE_MEMBER)
        return false;
    const struct node *record = KID(key, MEMBER, record);
    const struct object *o = record->type && record->type->kind == TYPE_RECORD
                                 ? record->type->object : NULL;
    if (!is_key_of(o, key->field))
        return decides_beside(key, n);
    /* one record has this key, and with it all that is the record's; one
     * element of a list has one record it stands in */
    return record->kind == NODE_NAME || is_inside(n, record) ||
           is_id_beside(record, n);
}

/* ------------------------------------------------------ fields that are used */
static bool same_text(struct checker *c, const struct node *a,
                      const struct node *b)
{
    return text_equal(span_text(&c->p->sources, a->span),
                      span_text(&c->p->sources, b->span));
}

static void add_field(struct checker *c, struct flow *f, const struct keys *k,
                      const struct node *n)
{
    struct group_field **at = &f->group_fields;
    for (; *at; at = &(*at)->next)
        if (same_text(c, (*at)->node, n))
            return;
    struct group_field *g = ARENA_NEW(c->arena, struct group_field);
    g->node = n;
    for (size_t i = 0; i < k->count && !g->decided; i++)
        g->decided = decides(k->part[i], n);
    *at = g;
}

static void collect(struct checker *c, struct flow *f, const struct keys *k,
                    const struct node *n)
{
    if (!n || same_text(c, n, f->per))
        return; /* the key as it stands is the same for all of a group */
    if (is_sentence_path(f, n) && is_scalar(n)) {
        add_field(c, f, k, n);
        return;
    }
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *kid = n->kid[i]; kid; kid = kid->next)
            collect(c, f, k, kid);
}

/* What a let stands for is used where the let is; all lets are in the body. */
void check_group(struct checker *c, struct flow *f)
{
    struct keys keys = { .count = 0 };
    const struct group_field *first = NULL;
    struct diag *m = NULL;
    if (!f->per || !f->group_symbol || f->broken)
        return;
    add_key_paths(&keys, f->per);
    add_fixed(&keys, f->where);
    for (const struct node *n = f->body; n; n = n->next)
        if (n->kind != NODE_WHEN_GONE)
            collect(c, f, &keys, n);
    for (const struct group_field *g = f->group_fields; g; g = g->next) {
        if (g->decided || c->flow_errors)
            continue;
        if (m) {
            diag_label(c->d, m, g->node->span, "this one too");
            continue;
        }
        first = g;
        m = say(c, "N0504", g->node->span,
                "`%s` may differ within one group; such a group is held",
                shown(c, g->node->span));
        diag_label(c->d, m, f->per->span, "this key does not decide it");
    }
    if (!m)
        return;
    const struct node *n = first->node;
    const struct symbol *root = root_of(n);
    struct text path = span_text(&c->p->sources, n->span);
    path = text_slice(path, root->name.len, path.len - root->name.len);
    if (root == f->source_symbol)
        diag_note(c->d, m, "if any of the group's values will do: first(x%.*s "
                  "for each x in group)", TEXT_ARG(path));
}
