/* The formatter over programs by chance: what it writes parses to the same
 * tree, has every comment, and formatting it again changes nothing.
 * `format.t COUNT SEED` tries more of them. */
#include "config.h"

#include "lang/ast.h"
#include "tests/lib/program.h"
#include "tests/lib/tap.h"
#include <stdlib.h>
#include <string.h>

struct pass {
    struct arena arena;
    struct buf text, dump;
    size_t errors, comments;
};

static void pass_init(struct pass *p)
{
    arena_init(&p->arena);
    buf_init(&p->text, 0);
    buf_init(&p->dump, 0);
}

static void pass_fini(struct pass *p)
{
    buf_fini(&p->text);
    buf_fini(&p->dump);
    arena_fini(&p->arena);
}

static void show(const struct diags *d)
{
    for (const struct diag *m = d->first; m; m = m->next) {
        struct place at = sources_place(d->sources, 1, m->span.start);

        tap_diag("%s %u:%u %s", m->code, at.line, at.column, m->headline);
    }
}

static void run(struct pass *p, struct text in)
{
    struct sources sources;
    struct diags diags;
    struct tree tree;

    sources_init(&sources, &p->arena);
    diags_init(&diags, &p->arena, &sources);
    parse_source(&p->arena, &sources,
                 sources_add(&sources, "x.mlc", in, false), &diags, &tree);
    p->errors = diags.error_count;
    if (p->errors)
        show(&diags);
    for (const struct comment *c = tree.comments; c; c = c->next)
        p->comments++;
    dump_tree(tree.file, 0, &p->dump);
    if (!p->errors)
        format_tree(&sources, &tree, &p->text);
}

/* The dump without the `set language` that the formatter adds. */
static struct text without_language(struct text dump)
{
    static const char set[] = "  items: SET \"language\"\n"
                              "    value: NUMBER_LIT \"1\" 1\n";
    struct text first = TEXT("FILE\n"), t = dump;

    if (text_starts(t, first))
        t = text_slice(t, first.len, t.len - first.len);
    while (text_starts(t, TEXT(set)))
        t = text_slice(t, sizeof set - 1, t.len);
    return t;
}

static const char *fault(const struct pass *a, const struct pass *b)
{
    if (a->errors)
        return "the program does not parse";
    if (b->errors)
        return "the formatted program does not parse";
    if (a->comments != b->comments)
        return "a comment is lost";
    if (!text_equal(without_language(buf_view(&a->dump)),
                    without_language(buf_view(&b->dump))))
        return "the tree differs";
    if (!text_equal(buf_view(&a->text), buf_view(&b->text)))
        return "formatting again changes something";
    return NULL;
}

static void diff_line(struct text a, struct text b)
{
    size_t at = 0, from = 0;

    while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at]) {
        if (a.ptr[at] == '\n')
            from = at + 1;
        at++;
    }
    tap_diag("first:  %.*s", 160, a.ptr + from);
    tap_diag("second: %.*s", 160, b.ptr + from);
}

static bool one(uint64_t seed)
{
    struct buf program;
    struct pass a = { 0 }, b = { 0 };
    const char *why;

    buf_init(&program, 0);
    program_random(seed, &program);
    buf_cstr(&program);
    pass_init(&a);
    pass_init(&b);
    run(&a, buf_view(&program));
    buf_cstr(&a.text);
    if (!a.errors)
        run(&b, buf_view(&a.text));
    buf_cstr(&b.text);
    why = fault(&a, &b);
    if (why) {
        ok(false, "seed %llu: %s", (unsigned long long)seed, why);
        if (getenv("SHOW"))
            printf("%s=====\n%s=====\n%s", program.ptr, a.text.ptr,
                   b.text.ptr);
        else if (!a.errors && !b.errors) {
            diff_line(without_language(buf_view(&a.dump)),
                      without_language(buf_view(&b.dump)));
            diff_line(buf_view(&a.text), buf_view(&b.text));
        }
    }
    pass_fini(&a);
    pass_fini(&b);
    buf_fini(&program);
    return !why;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, bad = 0;

    for (uint64_t i = 0; i < count && bad < 10; i++)
        bad += !one(seed + i);
    ok(!bad, "%llu programs from seed %llu", (unsigned long long)count,
       (unsigned long long)seed);
    return tap_done();
}
