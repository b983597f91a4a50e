/* Any bytes that parse: what the formatter makes of them parses to the same
 * tree and is not changed by formatting again. */
#include "config.h"

#include "base/diag.h"
#include "lang/ast.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pass {
    struct buf text, dump;
    size_t comments;
    bool broken;
};

static void run(struct pass *p, struct text in)
{
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct tree tree;

    memset(p, 0, sizeof *p);
    buf_init(&p->text, 0);
    buf_init(&p->dump, 0);
    arena_init(&arena);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    parse_source(&arena, &sources,
                 sources_add(&sources, "fuzz.mlc", in, false), &diags, &tree);
    p->broken = tree.broken;
    for (const struct comment *c = tree.comments; c; c = c->next)
        p->comments++;
    if (!tree.broken) {
        dump_tree(tree.file, 0, &p->dump);
        format_tree(&sources, &tree, &p->text);
    }
    arena_fini(&arena);
}

static void done(struct pass *p)
{
    buf_fini(&p->text);
    buf_fini(&p->dump);
}

static void refuse(const struct pass *a, const char *why)
{
    fprintf(stderr, "%s:\n%.*s", why, TEXT_ARG(buf_view(&a->text)));
    abort();
}

/* After one pass the file says its language; from then on nothing changes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pass first, second, third;

    run(&first, (struct text){ (const char *)data, size });
    if (!first.broken && first.text.len) {
        run(&second, buf_view(&first.text));
        if (second.broken)
            refuse(&first, "the formatted text does not parse");
        if (second.comments != first.comments)
            refuse(&first, "a comment is lost");
        if (!text_equal(buf_view(&first.text), buf_view(&second.text)))
            refuse(&first, "formatting again changes something");
        run(&third, buf_view(&second.text));
        if (!text_equal(buf_view(&second.dump), buf_view(&third.dump)))
            refuse(&first, "the tree differs");
        if (second.dump.len < first.dump.len)
            refuse(&first, "the tree shrank");
        done(&second);
        done(&third);
    }
    done(&first);
    return 0;
}
