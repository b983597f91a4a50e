/* Evaluates any JSON record by a flow that uses most forms of the language:
 * whatever the record says, it is written, held with a reason, or skipped. */
#include "config.h"

#include "lang/program.h"
#include "runtime/eval.h"
#include "runtime/record.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char flow_text[] =
    "set language 1\n"
    "set timezone \"Europe/Amsterdam\"\n"
    "object Files.order \"o\" { at \"o.jsonl\" key id\n"
    " id text required  t text  n number  m money(2) currency(c)  c text(3)\n"
    " d date  z datetime  y yes/no  e one of \"a\", \"b\"\n"
    " lines list of record { s text required a number required } always }\n"
    "object Files.entry \"e\" { at \"e.jsonl\"\n"
    " Key text required searchable  Text text(10)  Share number(3)\n"
    " Sum number  Day date  Kind one of \"x\", \"y\"  Flag yes/no\n"
    " Lines list of record { S text required A number(2) } }\n"
    "table T (k text => v text, r percent) { \"a\" => \"one\", 21%\n"
    " \"b\" => \"two\", 9%  otherwise => hold \"no {k}\" }\n"
    "define half(x number) = round(x / 2, 3)\n"
    "flow f \"f\"\n"
    "Files.order -> Files.entry where order.id is not \"\" {\n"
    " read everything write creates match on Key\n"
    " let n = order.n else 1\n"
    " let row = T[order.t]\n"
    " skip when order.y is yes \"skipped {order.id}\"\n"
    " reject when order.e is \"b\" \"b {order.e}\"\n"
    " require n < 1_000_000 else hold \"{n} is large, {order.m}\"\n"
    " warn when n < 0 \"negative {n}\"\n"
    " Key = order.id\n"
    " Text = left(upper(trim(\"{order.id} {row.v}\")), 10)\n"
    " Share = half(n)\n"
    " Sum = try (n * n * n) else 0\n"
    " Day = order.d else leave\n"
    " Kind = choose { when n > 10 => \"x\" otherwise => \"y\" }\n"
    " Flag = order.c is one of [\"EUR\", \"USD\"] or n between 1 and 5\n"
    " add Lines for each line in order.lines where line.a is not 0 {\n"
    "  S = line.s\n"
    "  A = line.a\n"
    " }\n"
    " require sum(l.A for each l in target.Lines where l.A is present) < 500\n"
    "  else stop \"too much\"\n"
    "}\n";

static const char project_names[] = "files";

static struct program *load(void)
{
    static struct program program;
    static const char *const connectors[] = { project_names, NULL };
    static const struct text text = { flow_text, sizeof flow_text - 1 };
    const char *path = "flow.mlc";
    struct load_options options = { .connectors = connectors,
                                    .paths = &path, .path_count = 1,
                                    .text = &text };
    program_init(&program);
    program_load(&program, &options);
    program_check(&program);
    return &program;
}

static void evaluate(const struct compiled *c, struct arena *arena,
                     const struct record *record)
{
    struct eval_env env = { .arena = arena, .now_us = 1740000000000000,
                            .trace = true };
    struct eval_input input = { .source = record };
    struct evaluated e;
    flow_evaluate(c, &env, &input, &e);
    bool has_reason = e.reasons != NULL;
    if (e.verdict == VERDICT_WRITE ? !e.target || has_reason
                                   : !e.outside && !has_reason)
        __builtin_trap();
    if (e.target) {
        struct buf b;
        struct error err = { 0 };
        buf_init(&b, 0);
        if (record_encode(e.target, NULL, NULL, &b, &err) != 0)
            __builtin_trap();
        buf_fini(&b);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct compiled *compiled;
    static struct record_plan *plan;
    struct error err = { 0 };
    struct arena arena;
    struct record *record;
    struct record_fault fault;
    if (!compiled) {
        struct program *p = load();
        const struct flow *flow = program_flow(p, TEXT("f"));
        if (!flow || p->diags.error_count ||
            flow_compile(p, flow, &p->arena, &compiled, &err) != 0 ||
            record_plan_new(&p->arena, compiled_source_shape(compiled), &plan,
                            &err) != 0) {
            diags_print(&p->diags, DIAG_TEXT, false, NULL, stderr);
            __builtin_trap();
        }
    }
    arena_init(&arena);
    if (record_parse(plan, (struct text){ (const char *)data, size }, &arena,
                     &record, &fault) == RECORD_READ)
        evaluate(compiled, &arena, record);
    arena_fini(&arena);
    return 0;
}
