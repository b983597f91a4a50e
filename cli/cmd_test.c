/* mlc test: runs the tests that are written beside the flows. */
#include "config.h"

#include "cli/command.h"
#include "cli/project.h"
#include "cli/test_from.h"
#include "lang/program.h"
#include "runtime/clock.h"
#include "runtime/flowtest.h"
#include "runtime/jsonwrite.h"

#include <string.h>

struct counts {
    size_t run, failed;
    int64_t micros;
};

static const char *place_of(const struct program *p, struct span span,
                            struct arena *arena)
{
    const struct source *s =
        span.source ? sources_get(&p->sources, span.source) : NULL;
    if (!s)
        return "";
    struct place at = sources_place(&p->sources, span.source, span.start);
    return arena_printf(arena, "%s:%u", s->path, at.line);
}

static void print_text(const struct program *p, const struct test *t,
                       const struct flowtest_result *r, struct arena *arena,
                       bool verbose)
{
    if (r->passed && !verbose)
        return;
    printf("%s  %.*s\n", r->passed ? "ok    " : "FAILED", TEXT_ARG(t->title));
    for (const struct flowtest_note *n = r->notes; n; n = n->next)
        printf("  %s: %.*s\n", place_of(p, n->span, arena),
               TEXT_ARG(n->text));
}

static void print_tap(const struct program *p, const struct test *t,
                      const struct flowtest_result *r, struct arena *arena,
                      size_t number)
{
    printf("%sok %zu - %.*s\n", r->passed ? "" : "not ", number,
           TEXT_ARG(t->title));
    for (const struct flowtest_note *n = r->notes; n; n = n->next)
        printf("# %s: %.*s\n", place_of(p, n->span, arena),
               TEXT_ARG(n->text));
}

static void xml_text(struct buf *b, struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        switch (t.ptr[i]) {
        case '<':
            buf_str(b, "&lt;");
            break;
        case '&':
            buf_str(b, "&amp;");
            break;
        case '"':
            buf_str(b, "&quot;");
            break;
        default:
            if ((unsigned char)t.ptr[i] >= ' ' || t.ptr[i] == '\n')
                buf_byte(b, t.ptr[i]);
        }
}

static void add_junit(struct buf *b, const struct program *p,
                      const struct test *t, const struct flowtest_result *r,
                      struct arena *arena)
{
    buf_str(b, "  <testcase classname=\"");
    xml_text(b, t->flow ? t->flow->name : TEXT("mlc"));
    buf_str(b, "\" name=\"");
    xml_text(b, t->title);
    buf_printf(b, "\" time=\"%lld.%06lld\"",
               (long long)(r->micros / 1000000),
               (long long)(r->micros % 1000000));
    if (r->passed) {
        buf_str(b, "/>\n");
        return;
    }
    buf_str(b, ">\n    <failure message=\"");
    xml_text(b, r->notes ? r->notes->text : TEXT("failed"));
    buf_str(b, "\">");
    for (const struct flowtest_note *n = r->notes; n; n = n->next) {
        xml_text(b, text_of(place_of(p, n->span, arena)));
        buf_str(b, ": ");
        xml_text(b, n->text);
        buf_byte(b, '\n');
    }
    buf_str(b, "</failure>\n  </testcase>\n");
}

static void add_json(struct json_out *w, const struct program *p,
                     const struct test *t, const struct flowtest_result *r,
                     struct arena *arena)
{
    json_begin_object(w);
    json_put_string(w, "title", t->title);
    json_put_string(w, "flow", t->flow ? t->flow->name : TEXT(""));
    json_put_bool(w, "passed", r->passed);
    json_put_int(w, "micros", r->micros);
    json_key(w, "notes");
    json_begin_array(w);
    for (const struct flowtest_note *n = r->notes; n; n = n->next) {
        json_begin_object(w);
        json_put_string(w, "at", text_of(place_of(p, n->span, arena)));
        json_put_string(w, "text", n->text);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

static void print_coverage(const struct program *p,
                           const struct flowtest_coverage *coverage,
                           struct arena *arena)
{
    size_t reached = 0, count = coverage->points.count;
    for (size_t i = 0; i < count; i++) {
        const struct flowtest_point *point = coverage->points.entries[i].value;
        if (point->times) {
            reached++;
            continue;
        }
        struct text shown = span_text(&p->sources, point->span);
        size_t lf = shown.len;
        text_find(shown, TEXT("\n"), &lf);
        shown.len = lf < shown.len ? lf : shown.len;
        printf("never reached: %s: %s %.*s\n",
               place_of(p, point->span, arena), point->what,
               TEXT_ARG(utf8_left(shown, 70)));
    }
    printf("coverage: %zu of %zu outcomes, rows and arms\n", reached, count);
}

struct printing {
    const struct invocation *in;
    const char *format;
    struct buf buf;
    struct json_out json;
};

static void begin(struct printing *pr, size_t tests)
{
    buf_init(&pr->buf, 0);
    pr->json = json_out(&pr->buf);
    if (strcmp(pr->format, "tap") == 0)
        printf("1..%zu\n", tests);
    if (strcmp(pr->format, "json") == 0) {
        json_begin_object(&pr->json);
        json_key(&pr->json, "tests");
        json_begin_array(&pr->json);
    }
}

static void one(struct printing *pr, const struct program *p,
                const struct test *t, const struct flowtest_result *r,
                struct arena *arena, size_t number)
{
    if (strcmp(pr->format, "tap") == 0)
        print_tap(p, t, r, arena, number);
    else if (strcmp(pr->format, "junit") == 0)
        add_junit(&pr->buf, p, t, r, arena);
    else if (strcmp(pr->format, "json") == 0)
        add_json(&pr->json, p, t, r, arena);
    else
        print_text(p, t, r, arena, pr->in->verbose > 0);
}

static void end(struct printing *pr, const struct counts *n)
{
    if (strcmp(pr->format, "junit") == 0) {
        printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<testsuite name=\"mlc\" tests=\"%zu\" failures=\"%zu\">\n"
               "%s</testsuite>\n",
               n->run, n->failed, buf_cstr(&pr->buf));
    } else if (strcmp(pr->format, "json") == 0) {
        json_end_array(&pr->json);
        json_put_int(&pr->json, "run", (int64_t)n->run);
        json_put_int(&pr->json, "failed", (int64_t)n->failed);
        json_end_object(&pr->json);
        printf("%s\n", buf_cstr(&pr->buf));
    } else if (strcmp(pr->format, "text") == 0 && !pr->in->quiet) {
        printf("%zu test%s, %zu failed\n", n->run, n->run == 1 ? "" : "s",
               n->failed);
    }
    buf_fini(&pr->buf);
}

static bool is_asked(const struct test *t)
{
    return !t->module || t->module->asked;
}

static int run_tests(const struct invocation *in, struct program *p)
{
    struct arena arena;
    struct counts n = { 0, 0, 0 };
    const char *format = option_value(in, "format");
    struct printing pr = { .in = in,
                           .format = in->json ? "json"
                                     : format ? format
                                              : "text" };
    arena_init(&arena);
    struct flowtest_coverage coverage = { .arena = &arena };
    map_init(&coverage.points);
    size_t tests = 0;
    for (const struct test *t = p->tests; t; t = t->next)
        tests += is_asked(t);
    begin(&pr, tests);
    for (const struct test *t = p->tests; t; t = t->next) {
        struct flowtest_result r;
        if (!is_asked(t))
            continue;
        flowtest_run(p, t, &arena, clock_now_us(),
                     option_given(in, "coverage") ? &coverage : NULL, &r);
        n.run++;
        n.failed += !r.passed;
        one(&pr, p, t, &r, &arena, n.run);
    }
    end(&pr, &n);
    if (option_given(in, "coverage") && strcmp(pr.format, "text") == 0)
        print_coverage(p, &coverage, &arena);
    map_fini(&coverage.points);
    arena_fini(&arena);
    return n.failed ? EXIT_FINDINGS : EXIT_FINE;
}

int cmd_test(const struct invocation *in)
{
    struct program program;
    struct load_options options = { .tests_too = true };
    const char *paths[1024];
    int code = EXIT_USAGE;
    if (option_given(in, "from"))
        return test_from(in);
    project_options(&options);
    for (int i = 0; i < in->arg_count && i < 1024; i++)
        paths[options.path_count++] = in->args[i];
    options.paths = paths;
    program_init(&program);
    program_load(&program, &options);
    program_check(&program);
    if (program.diags.error_count) {
        diags_sort(&program.diags);
        diags_print(&program.diags, DIAG_TEXT, in->colour_messages,
                    project_code_title, stderr);
    } else {
        code = run_tests(in, &program);
    }
    program_fini(&program);
    return code;
}
