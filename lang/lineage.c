/* Field lineage. The checker has resolved every name, so this only follows
 * symbols; a let or define met again on the way is not followed twice. */
#include "config.h"

#include "lang/lineage.h"

#define FOLLOW_MAX 40 /* lets and defines in a row */

struct walk {
    const struct flow *flow;
    struct arena *arena;
    struct leaves *out;
    int depth;
};

static void add_leaf(struct walk *w, struct text t)
{
    for (size_t i = 0; i < w->out->count; i++)
        if (text_equal(w->out->at[i], t))
            return;
    if (w->out->count == LEAVES_MAX)
        w->out->more = true;
    else
        w->out->at[w->out->count++] = t;
}

static struct text joined(struct walk *w, struct text a, struct text b)
{
    if (!a.len)
        return a;
    return text_of(
        arena_printf(w->arena, "%.*s.%.*s", TEXT_ARG(a), TEXT_ARG(b)));
}

static struct text object_name(const struct flow *flow, struct walk *w)
{
    return text_of(arena_printf(w->arena, "%.*s.%.*s",
                                TEXT_ARG(flow->source_connection->name),
                                TEXT_ARG(flow->source->name)));
}

static struct text path_of(struct walk *w, const struct node *n);

static struct text path_of_symbol(struct walk *w, const struct symbol *s)
{
    struct text none = TEXT_NONE;

    if (!s || w->depth > FOLLOW_MAX)
        return none;
    if (s->kind == SYMBOL_SOURCE || s->kind == SYMBOL_GROUP)
        return object_name(w->flow, w);
    if (!s->decl)
        return none;
    switch ((int)s->decl->kind) {
    case NODE_FIND:
        return KID(s->decl, FIND, object)->text;
    case NODE_EACH:
        return path_of(w, KID(s->decl, EACH, list));
    case NODE_LET:
        return path_of(w, KID(s->decl, LET, value));
    default:
        return none;
    }
}

/* The record or field that `n` names, or nothing. */
static struct text path_of(struct walk *w, const struct node *n)
{
    struct text t = TEXT_NONE;

    w->depth++;
    if (n->kind == NODE_NAME)
        t = path_of_symbol(w, n->symbol);
    else if (n->kind == NODE_MEMBER)
        t = joined(w, path_of(w, KID(n, MEMBER, record)), n->text);
    else if (n->kind == NODE_ELSE)
        t = path_of(w, KID(n, ELSE, value));
    w->depth--;
    return t;
}

static void walk(struct walk *w, const struct node *n);

static void walk_symbol(struct walk *w, const struct symbol *s)
{
    if (!s || !s->decl)
        return;
    if (s->kind == SYMBOL_LET || s->kind == SYMBOL_CONST)
        walk(w, KID(s->decl, LET, value));
    else if (s->kind == SYMBOL_DEFINE)
        walk(w, KID(s->decl, DEFINE, value));
}

static void walk_kids(struct walk *w, const struct node *n)
{
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            walk(w, k);
}

/* What a record was found by feeds what is taken from it. */
static void walk_found(struct walk *w, const struct node *where)
{
    if (where->kind == NODE_AND) {
        walk_found(w, KID(where, AND, left));
        walk_found(w, KID(where, AND, right));
    } else if (where->kind == NODE_COMPARE) {
        walk(w, KID(where, COMPARE, right));
    }
}

static void walk_member(struct walk *w, const struct node *n)
{
    struct text t = path_of(w, n);
    const struct node *root = n;

    if (!t.len) {
        walk_kids(w, n);
        return;
    }
    add_leaf(w, t);
    while (root->kind == NODE_MEMBER)
        root = KID(root, MEMBER, record);
    if (root->kind == NODE_NAME && root->symbol && root->symbol->decl &&
        root->symbol->decl->kind == NODE_FIND)
        walk_found(w, KID(root->symbol->decl, FIND, where));
}

static void walk(struct walk *w, const struct node *n)
{
    if (w->depth > FOLLOW_MAX)
        return;
    w->depth++;
    switch ((int)n->kind) {
    case NODE_MEMBER:
        walk_member(w, n);
        break;
    case NODE_NAME:
        walk_symbol(w, n->symbol);
        break;
    case NODE_INDEX:
        if (KID(n, INDEX, table)->kind == NODE_NAME)
            add_leaf(w, text_of(arena_printf(
                            w->arena, "table %.*s",
                            TEXT_ARG(KID(n, INDEX, table)->text))));
        walk_kids(w, n);
        break;
    case NODE_CALL:
        walk_kids(w, n);
        walk_symbol(w, n->symbol);
        break;
    case NODE_OUTCOME:
        break; /* a message feeds no field */
    default:
        walk_kids(w, n);
        break;
    }
    w->depth--;
}

void lineage_of(const struct flow *flow, const struct node *value,
                struct arena *arena, struct leaves *out)
{
    struct walk w = { flow, arena, out, 0 };

    walk(&w, value);
}

struct collect {
    const struct flow *flow;
    struct arena *arena;
    struct lineage_row *first, **last;
};

static void collect(struct collect *c, const struct node *list,
                    struct text prefix)
{
    struct walk w = { c->flow, c->arena, NULL, 0 };

    for (const struct node *n = list; n; n = n->next) {
        struct text name =
            prefix.len ? joined(&w, prefix, n->text) : n->text;

        if (n->kind == NODE_ASSIGN) {
            struct lineage_row *row = ARENA_NEW(c->arena, struct lineage_row);

            row->flow = c->flow;
            row->node = n;
            row->field = name;
            lineage_of(c->flow, KID(n, ASSIGN, value), c->arena,
                       &row->leaves);
            *c->last = row;
            c->last = &row->next;
        } else if (n->kind == NODE_ADD) {
            collect(c, KID(n, ADD, body), name);
        } else if (n->kind == NODE_WHEN_GONE) {
            collect(c, KID(n, WHEN_GONE, body), prefix);
        }
    }
}

struct lineage_row *lineage_rows(const struct flow *flow, struct arena *arena)
{
    struct collect c = { flow, arena, NULL, NULL };

    c.last = &c.first;
    collect(&c, flow->body, TEXT_NONE);
    return c.first;
}
