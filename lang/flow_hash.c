/* The hash of what a flow means: its own tree, comments and layout aside, and
 * every function, constant and table it uses. Equal hash: a record held by
 * this flow would be held again, so there is no use in trying. */
#include "config.h"

#include "lang/check.h"

#include <stdio.h>

#define HASH_SYMBOLS_MAX 4096

struct meaning {
    struct buf text;
    const struct symbol *seen[HASH_SYMBOLS_MAX];
    size_t count;
};

static void add_table(struct meaning *m, const struct table *t)
{
    if (!t || !t->path)
        return; /* rows written in the file are in its tree */
    for (size_t i = 0; i < t->row_count; i++) {
        for (size_t k = 0; k < t->key_count; k++)
            if (t->rows[i].keys[k])
                dump_tree(t->rows[i].keys[k], 0, &m->text);
        for (size_t k = 0; k < t->value_count; k++)
            if (t->rows[i].values[k])
                dump_tree(t->rows[i].values[k], 0, &m->text);
    }
}

static void add_used(struct meaning *m, const struct node *n);

static void add_symbol(struct meaning *m, const struct symbol *s)
{
    if (!s || !s->module || m->count == HASH_SYMBOLS_MAX)
        return; /* names of the flow are in its tree */
    for (size_t i = 0; i < m->count; i++)
        if (m->seen[i] == s)
            return;
    m->seen[m->count++] = s;
    dump_tree(s->decl, 0, &m->text);
    add_table(m, s->table);
    add_used(m, s->decl);
}

static void add_used(struct meaning *m, const struct node *n)
{
    add_symbol(m, n->symbol);
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            add_used(m, k);
}

void flow_hash(struct checker *c, struct flow *f)
{
    struct meaning *m = ARENA_NEW(c->arena, struct meaning);
    buf_init(&m->text, 0);
    buf_text(&m->text, f->timezone);
    dump_tree(f->node, 0, &m->text);
    add_used(m, f->node);
    struct text t = buf_view(&m->text);
    snprintf(f->hash, sizeof f->hash, "%016llx%016llx",
             (unsigned long long)text_hash(t, 1),
             (unsigned long long)text_hash(t, 2));
    buf_fini(&m->text);
}
