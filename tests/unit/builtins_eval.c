/* Every example of every function, through parser, checker, compiler and
 * evaluator: each is a condition that must hold. */
#include "config.h"

#include "lang/builtins.h"
#include "lang/program.h"
#include "runtime/eval.h"
#include "runtime/record.h"
#include "tests/lib/tap.h"

#include <string.h>

static const char head[] =
    "set language 1\nset timezone \"Europe/Amsterdam\"\n"
    "object Files.a \"a\" { at \"a.jsonl\" key id\n id text required }\n"
    "object Files.b \"b\" { at \"b.jsonl\"\n"
    " id text required searchable }\n"
    "flow f \"f\"\nFiles.a -> Files.b {\n"
    " read everything write creates match on id\n id = a.id\n";

/* What the evaluator answers itself needs records and links; it has tests of
 * its own. */
static bool is_tried(const struct builtin *b)
{
    return !(b->flags & (BUILTIN_ENGINE | BUILTIN_OBJECT | BUILTIN_CLOCK));
}

static bool passes(const char *example, struct buf *why)
{
    static const char *const connectors[] = { "files", NULL };
    struct program p;
    struct buf text;
    struct error err = { .kind = ERROR_NONE };
    struct compiled *c;
    bool passed = false;
    buf_init(&text, 0);
    buf_printf(&text, "%s require %s else hold \"no\"\n}\n", head, example);
    struct text whole = buf_view(&text);
    const char *path = "flow.mlc";
    struct load_options options = { .connectors = connectors,
                                    .paths = &path,
                                    .path_count = 1,
                                    .text = &whole };
    program_init(&p);
    program_load(&p, &options);
    program_check(&p);
    const struct flow *flow = program_flow(&p, TEXT("f"));
    if (p.diags.error_count || !flow) {
        buf_str(why, p.diags.first ? p.diags.first->headline : "no flow");
    } else if (flow_compile(&p, flow, &p.arena, &c, &err) != 0) {
        buf_str(why, err.text);
    } else {
        struct record *source =
            record_new(&p.arena, compiled_source_shape(c));
        struct eval_env env = { .arena = &p.arena,
                                .now_us = 1740000000000000 };
        struct eval_input input = { .source = source };
        struct evaluated e;
        for (size_t i = 0; i < source->shape->count; i++)
            source->slots[i] = value_text(TEXT("1"));
        flow_evaluate(c, &env, &input, &e);
        passed = e.verdict == VERDICT_WRITE;
        if (!passed && e.reasons)
            buf_text(why, e.reasons->message);
    }
    program_fini(&p);
    buf_fini(&text);
    return passed;
}

int main(void)
{
    for (int id = 0; id < BUILTIN_COUNT; id++) {
        const struct builtin *b = builtin_get((enum builtin_id)id);
        for (int i = 0; i < 3 && is_tried(b); i++) {
            struct buf why;
            if (!b->examples[i])
                continue;
            buf_init(&why, 0);
            bool passed = passes(b->examples[i], &why);
            ok(passed, "%s", b->examples[i]);
            if (!passed)
                tap_diag("%s", buf_cstr(&why));
            buf_fini(&why);
        }
    }
    return tap_done();
}
