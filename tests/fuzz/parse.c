/* Reads any bytes as a flow file. Whatever they are: every node lies in the
 * source and in its parent, no tree is too high, and a tree without messages
 * holds nothing broken. */
#include "config.h"

#include "base/diag.h"
#include "lang/ast.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct look {
    size_t size;
    bool broken;
};

static void refuse(const struct node *n, const char *why)
{
    fprintf(stderr, "%s %u-%u: %s\n", node_word(n->kind), n->span.start,
            n->span.end, why);
    abort();
}

static void look(const struct look *l, const struct node *n, int depth)
{
    if (depth > NODE_HEIGHT_MAX + 1)
        refuse(n, "too deep");
    if (n->span.start > n->span.end || n->span.end > l->size ||
        n->name_span.end > l->size)
        refuse(n, "outside the source");
    if (n->kind == NODE_BROKEN && !l->broken)
        refuse(n, "broken without a message");
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next) {
            if (k->span.start < n->span.start || k->span.end > n->span.end)
                refuse(k, "outside its parent");
            look(l, k, depth + 1);
        }
}

static void look_at_messages(const struct diags *d, size_t size)
{
    for (const struct diag *m = d->first; m; m = m->next)
        if (m->span.start > m->span.end || m->span.end > size) {
            fprintf(stderr, "%s %u-%u\n", m->headline, m->span.start,
                    m->span.end);
            abort();
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct tree tree;
    struct look l = { size, false };
    struct text text = { (const char *)data, size };
    uint32_t number;

    arena_init(&arena);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    number = sources_add(&sources, "fuzz.mlc", text, false);
    parse_source(&arena, &sources, number, &diags, &tree);
    l.broken = tree.broken;
    if (tree.broken != (diags.error_count > 0))
        abort();
    look(&l, tree.file, 0);
    diags_sort(&diags);
    look_at_messages(&diags, size);
    arena_fini(&arena);
    return 0;
}
