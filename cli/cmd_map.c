/* mlc map: a flow as a filter. */
#include "config.h"

#include "base/log.h"
#include "cli/command.h"
#include "cli/project.h"
#include "lang/program.h"
#include "runtime/clock.h"
#include "runtime/jsonwrite.h"
#include "runtime/mapping.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct setting_source {
    const struct invocation *in;
};

/* --set NAME.key=value before the connection's own. */
static struct text given_setting(const struct invocation *in,
                                 const struct connection *c, const char *name)
{
    struct text found = TEXT_NONE;
    const char *set;
    int at = 0;
    while ((set = option_next(in, "set", &at))) {
        struct text t = text_of(set);
        size_t dot, eq;
        if (!text_find(t, TEXT("="), &eq) ||
            !text_find(text_slice(t, 0, eq), TEXT("."), &dot))
            continue;
        if (text_equal(text_slice(t, 0, dot), c->name) &&
            text_is(text_slice(t, dot + 1, eq - dot - 1), name))
            found = text_slice(t, eq + 1, t.len - eq - 1);
    }
    return found;
}

static struct text setting(void *ctx, const struct connection *c,
                           const char *name)
{
    const struct setting_source *source = ctx;
    struct text given = given_setting(source->in, c, name);
    if (given.ptr)
        return given;
    for (const struct setting_value *v = c->settings; v; v = v->next)
        if (text_is(v->name, name))
            return v->value;
    return TEXT_NONE;
}

static void tell(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "%s\n", line);
}

static void print_counts(const struct mapping_counts *n)
{
    fprintf(stderr,
            "read %llu = written %llu + skipped %llu + held %llu + "
            "rejected %llu\n",
            (unsigned long long)n->read, (unsigned long long)n->written,
            (unsigned long long)n->skipped, (unsigned long long)n->held,
            (unsigned long long)n->rejected);
    if (n->warnings)
        fprintf(stderr, "warnings %llu\n", (unsigned long long)n->warnings);
    if (n->rounded)
        fprintf(stderr, "%llu amounts were sent with noise behind their last "
                        "decimal and rounded\n",
                (unsigned long long)n->rounded);
}

static void print_json(const struct invocation *in, const struct flow *flow,
                       const struct mapping_counts *n)
{
    struct buf b;
    buf_init(&b, 0);
    struct json_out w = json_out(&b);
    json_begin_object(&w);
    json_put_string(&w, "flow", flow->name);
    json_put_string(&w, "outcome",
                    n->held || n->rejected ? TEXT("findings") : TEXT("fine"));
    json_put_int(&w, "read", (int64_t)n->read);
    json_put_int(&w, "written", (int64_t)n->written);
    json_put_int(&w, "skipped", (int64_t)n->skipped);
    json_put_int(&w, "held", (int64_t)n->held);
    json_put_int(&w, "rejected", (int64_t)n->rejected);
    json_put_int(&w, "warnings", (int64_t)n->warnings);
    json_put_int(&w, "rounded", (int64_t)n->rounded);
    json_end_object(&w);
    /* stdout holds the records unless they go to a file */
    fprintf(option_value(in, "out") ? stdout : stderr, "%s\n", buf_cstr(&b));
    buf_fini(&b);
}

static int run(const struct invocation *in, const struct program *program,
               const struct flow *flow)
{
    struct setting_source source = { in };
    struct mapping_counts counts;
    struct error err = { .kind = ERROR_NONE };
    struct mapping_options options = {
        .in = option_value(in, "in"),
        .out = option_value(in, "out"),
        .held = option_value(in, "held"),
        .threads = (int)option_number(in, "threads", 0),
        .group_memory = (size_t)option_number(in, "group-memory", 0) * 1024,
        .now_us = clock_now_us(),
        .setting = setting,
        .ctx = &source,
        .tell = tell,
    };
    memset(&counts, 0, sizeof counts);
    int result = mapping_run(program, flow, &options, &counts, &err);
    if (in->json)
        print_json(in, flow, &counts);
    else if (!in->quiet)
        print_counts(&counts);
    if (result != 0)
        return command_fail(in, &err);
    return counts.held || counts.rejected ? EXIT_FINDINGS : EXIT_FINE;
}

static int load(const struct invocation *in, struct program *program,
                bool is_path)
{
    const char *paths[1] = { in->args[0] };
    struct load_options options = { .paths = paths,
                                    .path_count = is_path ? 1 : 0 };
    project_options(&options);
    program_load(program, &options);
    program_check(program);
    diags_sort(&program->diags);
    if (program->diags.error_count) {
        diags_print(&program->diags, DIAG_TEXT, in->colour_messages,
                    project_code_title, stderr);
        return EXIT_USAGE;
    }
    return EXIT_FINE;
}

/* The one flow of a file; of files that several flows share, none. */
static const struct flow *flow_of_file(const struct program *program,
                                       const char *path)
{
    char real[PATH_MAX];
    bool found_path = realpath(path, real) != NULL;
    const struct flow *found = NULL;
    size_t count = 0;
    for (const struct flow *f = program->flows; f && found_path; f = f->next)
        if (f->module && f->module->real &&
            strcmp(f->module->real, real) == 0) {
            found = f;
            count++;
        }
    return count == 1 ? found : NULL;
}

int cmd_map(const struct invocation *in)
{
    struct program program;
    const char *what = in->args[0];
    bool is_path = access(what, F_OK) == 0;
    program_init(&program);
    int code = load(in, &program, is_path);
    if (code == EXIT_FINE) {
        const struct flow *flow =
            is_path ? flow_of_file(&program, what)
                    : program_flow(&program, text_of(what));
        code = flow ? run(in, &program, flow)
                    : usage_error(in, is_path
                                          ? "%s holds no flow, or several: "
                                            "name one"
                                          : "there is no flow called %s",
                                  what);
    }
    program_fini(&program);
    return code;
}
