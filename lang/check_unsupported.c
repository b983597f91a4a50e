/* Refuses what is understood and cannot be run yet: never ignore what a flow
 * says. */
#include "config.h"

#include "lang/check.h"

static const struct {
    const char *words, *why, *instead;
} rows[] = {
#define UNSUPPORTED(words, why, instead) { words, why, instead },
#include "lang/unsupported.def"
#undef UNSUPPORTED
    { NULL, NULL, NULL },
};

static void look(struct checker *c, const struct node *n, const char *words)
{
    for (size_t i = 0; rows[i].words; i++) {
        if (!text_is(text_of(words), rows[i].words))
            continue;
        struct diag *m = say(c, "E0380", n->span, "`%s` cannot be run yet: %s",
                             words, rows[i].why);
        diag_note(c->d, m, "%s", rows[i].instead);
    }
}

static void walk(struct checker *c, const struct node *n)
{
    if (n->kind == NODE_CALL)
        look(c, n, arena_printf(c->arena, "%.*s()", TEXT_ARG(n->text)));
    else
        look(c, n, node_word(n->kind));
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            walk(c, k);
}

void check_unsupported(struct checker *c, struct flow *f)
{
    if (rows[0].words)
        walk(c, f->node);
}
