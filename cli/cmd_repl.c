/* mlc repl: expressions on a record. Each line becomes the one field of a flow
 * that writes nothing, so that checker and evaluator are those of a run. */
#include "config.h"

#include "cli/project.h"
#include "cli/work.h"

#include "lang/check.h"
#include "runtime/clock.h"
#include "runtime/eval.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536
#define LETS_MAX ((size_t)1 << 20)
#define RECORD_MAX ((size_t)16 << 20)

int cmd_repl(const struct invocation *in);

struct repl {
    const struct invocation *in;
    struct arena arena;
    char path[PATH_MAX + 8]; /* what a line is shown as; in this folder */
    struct text object, alias, zone, module;
    struct text json; /* the record; empty: none */
    struct buf lets;
    bool failed;
};

/* ------------------------------------------------------------- one line */
static void write_flow(const struct repl *r, struct text line, bool is_let,
                       struct buf *out)
{
    buf_str(out, "set language 1\n");
    if (r->zone.len)
        buf_printf(out, "set timezone \"%.*s\"\n", TEXT_ARG(r->zone));
    if (r->module.len)
        buf_printf(out, "use \"%.*s\"\n", TEXT_ARG(r->module));
    if (!r->object.len)
        buf_str(out, "object Files.nothing { key id  id text always }\n");
    buf_printf(out, "flow repl_line %.*s as %.*s -> log {\nread everything\n",
               TEXT_ARG(r->object.len ? r->object : TEXT("Files.nothing")),
               TEXT_ARG(r->alias));
    buf_text(out, buf_view(&r->lets));
    if (is_let)
        buf_printf(out, "%.*s\nanswer = yes\n}\n", TEXT_ARG(line));
    else
        buf_printf(out, "answer = %.*s\n}\n", TEXT_ARG(line));
}

static const struct type *answer_type(const struct flow *f)
{
    for (const struct node *n = f->body; n; n = n->next)
        if (n->kind == NODE_ASSIGN && KID(n, ASSIGN, value))
            return KID(n, ASSIGN, value)->type;
    return NULL;
}

static void print_answer(struct arena *arena, const struct record *target,
                         const struct type *type)
{
    const struct value *v = record_get(target, TEXT("answer"));
    struct buf b;
    buf_init(&b, 0);
    if (!v || !value_is_present(v)) {
        buf_str(&b, "(missing)");
    } else if (v->tag == VALUE_RECORD || v->tag == VALUE_LIST) {
        record_print_json(target, &b); /* {"answer":…} */
        if (b.len > 11) {
            memmove(b.ptr, b.ptr + 10, b.len - 11);
            b.len -= 11;
        }
    } else if (v->tag == VALUE_TEXT) {
        buf_byte(&b, '"');
        value_print(v, &b);
        buf_byte(&b, '"');
    } else {
        value_print(v, &b);
    }
    printf("%s", buf_cstr(&b));
    if (type)
        printf("    %s", type_words(arena, type));
    putchar('\n');
    buf_fini(&b);
}

static void print_reasons(const struct evaluated *e)
{
    for (const struct reason *why = e->reasons; why; why = why->next) {
        printf("%s: %.*s\n", verb_word(why->verb), TEXT_ARG(why->message));
        if (why->values.len)
            printf("%.*s\n", TEXT_ARG(why->values));
    }
}

static int read_record(const struct repl *r, struct arena *arena,
                       const struct shape *shape, struct record **out,
                       struct error *err)
{
    struct record_plan *plan;
    struct record_fault fault;
    if (!r->json.len) {
        *out = record_new(arena, shape);
        return 0;
    }
    if (record_plan_new(arena, shape, &plan, err))
        return -1;
    if (record_parse(plan, r->json, arena, out, &fault) != RECORD_READ)
        return error_set(err, ERROR_INPUT, "the record cannot be read: %s",
                         fault.text);
    return 0;
}

static int evaluate(struct repl *r, struct program *p, struct flow *flow,
                    bool is_let, struct error *err)
{
    struct arena arena;
    struct compiled *compiled;
    struct record *record = NULL;
    struct evaluated e;
    int rc = -1;
    arena_init(&arena);
    if (flow_compile(p, flow, &arena, &compiled, err) == 0 &&
        read_record(r, &arena, compiled_source_shape(compiled), &record,
                    err) == 0) {
        struct eval_env env = { .arena = &arena, .now_us = clock_now_us() };
        struct eval_input input = { .source = record };
        flow_evaluate(compiled, &env, &input, &e);
        if (e.verdict == VERDICT_WRITE && !is_let)
            print_answer(&arena, e.target, answer_type(flow));
        else
            print_reasons(&e);
        rc = 0;
    }
    arena_fini(&arena);
    return rc;
}

/* Warnings speak of the project, or of names the next line may use. */
static void print_errors(const struct repl *r, struct diags *d)
{
    struct diag **next = &d->first;
    while (*next) {
        if ((*next)->level == DIAG_ERROR)
            next = &(*next)->next;
        else
            *next = (*next)->next;
    }
    diags_print(d, DIAG_TEXT, r->in->colour_messages, project_code_title,
                stderr);
}

static void one_line(struct repl *r, struct text line)
{
    struct program p;
    struct load_options options = { 0 };
    struct error err = { 0 };
    struct buf flow;
    bool is_let = text_starts(line, TEXT("let "));
    const char *paths[] = { r->path };
    project_options(&options);
    options.paths = paths;
    options.path_count = 1;
    buf_init(&flow, 0);
    write_flow(r, line, is_let, &flow);
    struct text text = buf_view(&flow);
    options.text = &text;
    program_init(&p);
    program_load(&p, &options);
    program_check(&p);
    struct flow *f = program_flow(&p, TEXT("repl_line"));
    if (p.diags.error_count || !f) {
        diags_sort(&p.diags);
        print_errors(r, &p.diags);
        r->failed = true;
    } else if (evaluate(r, &p, f, is_let, &err)) {
        command_fail(r->in, &err);
        r->failed = true;
    } else if (is_let && r->lets.len + line.len < LETS_MAX) {
        buf_text(&r->lets, line);
        buf_byte(&r->lets, '\n');
    }
    program_fini(&p);
    buf_fini(&flow);
}

static void all_lines(struct repl *r)
{
    static char line[LINE_MAX_BYTES];
    bool person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (person && !r->in->quiet)
        printf("Expressions%s%.*s, one a line; `let x = …` keeps a value; "
               "end with Ctrl-D.\n", r->json.len ? " on " : "",
               TEXT_ARG(r->json.len ? r->alias : TEXT("")));
    for (;;) {
        if (person) {
            fputs("> ", stdout);
            fflush(stdout);
        }
        if (!fgets(line, sizeof line, stdin))
            break;
        struct text t = text_trim(text_of(line));
        if (t.len && !text_starts(t, TEXT("//")))
            one_line(r, t);
        fflush(stdout);
    }
    if (person)
        putchar('\n');
}

/* ------------------------------------------------------------- the record */
static int held_record(struct repl *r, struct text flow, struct text key)
{
    struct work w;
    struct hold_row hold;
    struct error err = { 0 };
    struct invocation in = *r->in;
    in.arg_count = 0;
    int code = work_open(&w, &in, WORK_STATE_READ);
    int got = 1;
    if (code == EXIT_FINE && w.store)
        got = store_hold_get(w.store, flow, key, &r->arena, &hold, &err);
    if (code == EXIT_FINE && got == 0)
        r->json = text_dup(&r->arena, hold.record);
    if (code == EXIT_FINE && got == 1) {
        error_set(&err, ERROR_USAGE, "no record of %.*s is held under %.*s",
                  TEXT_ARG(flow), TEXT_ARG(key));
        error_hint(&err, "mlc held list %.*s shows what is.", TEXT_ARG(flow));
    }
    if (code == EXIT_FINE && got)
        code = command_fail(r->in, &err);
    work_close(&w);
    return code;
}

static int read_file(struct repl *r, const char *path)
{
    struct error err = { 0 };
    struct buf b;
    char room[65536];
    size_t n;
    FILE *f = fopen(path, "re");
    int code = EXIT_FINE;
    buf_init(&b, RECORD_MAX);
    while (f && (n = fread(room, 1, sizeof room, f)) > 0 &&
           b.len + n < RECORD_MAX)
        buf_text(&b, (struct text){ room, n });
    if (!f || ferror(f) || !feof(f)) {
        error_errno(&err, ERROR_INPUT, "cannot read %s", path);
        code = command_fail(r->in, &err);
    }
    if (f)
        fclose(f);
    r->json = text_trim(buf_dup(&r->arena, &b));
    if (json_kind(r->json) == JSON_ARRAY) {
        struct json_items it = json_items(r->json);
        r->json = json_next(&it) ? it.value : TEXT_NONE;
    }
    buf_fini(&b);
    return code;
}

/* Names and tables are those of the flow's file, the record its source. */
static void take_flow(struct repl *r, const struct program *p,
                      const struct flow *f)
{
    const char *file = f->module->real;
    size_t root = strlen(p->root);
    r->object = text_of(arena_printf(&r->arena, "%.*s.%.*s",
                                     TEXT_ARG(f->source_connection->name),
                                     TEXT_ARG(f->source->name)));
    r->alias = f->source_symbol ? text_dup(&r->arena, f->source_symbol->name)
                                : TEXT("record");
    r->zone = text_dup(&r->arena, f->timezone);
    if (strncmp(file, p->root, root) == 0 && file[root] == '/')
        r->module = text_of(arena_strdup(&r->arena, file + root + 1));
    snprintf(r->path, sizeof r->path, "%s/repl", p->root);
}

static int choose_flow(struct repl *r)
{
    const char *name = option_value(r->in, "flow");
    struct program p;
    struct load_options options = { 0 };
    int code = EXIT_FINE;
    project_options(&options);
    program_init(&p);
    program_load(&p, &options);
    program_check(&p);
    const struct flow *f = program_flow(&p, text_of(name ? name : ""));
    if (f && f->source)
        take_flow(r, &p, f);
    else if (name)
        code = usage_error(r->in, "there is no flow %s here", name);
    else
        code = usage_error(r->in, "say whose record it is: --flow FLOW, or "
                                  "--as Connection.object");
    program_fini(&p);
    return code;
}

static int take_object(struct repl *r, const char *object)
{
    struct text t = text_of(object);
    size_t dot;
    if (!text_find(t, TEXT("."), &dot) || dot + 1 == t.len)
        return usage_error(r->in, "--as takes an object: Rippling.employee");
    r->object = t;
    r->alias = text_slice(t, dot + 1, t.len - dot - 1);
    return EXIT_FINE;
}

static int prepare(struct repl *r)
{
    const char *file = r->in->arg_count ? r->in->args[0] : NULL;
    const char *object = option_value(r->in, "as");
    const char *key = option_value(r->in, "held");
    const char *flow = option_value(r->in, "flow");
    char here[PATH_MAX];
    int code = EXIT_FINE;
    snprintf(r->path, sizeof r->path, "%s/repl",
             getcwd(here, sizeof here) ? here : "");
    if (key && (!flow || file))
        return usage_error(r->in, "--held needs --flow, and no file");
    if (object)
        code = take_object(r, object);
    else if (file || flow)
        code = choose_flow(r);
    if (code == EXIT_FINE && file)
        code = read_file(r, file);
    if (code == EXIT_FINE && key)
        code = held_record(r, text_of(flow), text_of(key));
    return code;
}

int cmd_repl(const struct invocation *in)
{
    struct repl r = { .in = in, .alias = TEXT("nothing") };
    arena_init(&r.arena);
    buf_init(&r.lets, LETS_MAX);
    int code = prepare(&r);
    if (code == EXIT_FINE) {
        all_lines(&r);
        code = r.failed ? EXIT_FINDINGS : EXIT_FINE;
    }
    buf_fini(&r.lets);
    arena_fini(&r.arena);
    return code;
}
