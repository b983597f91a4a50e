/* mlc explain: the page of a message, what a function or a word does, or what
 * a flow of this project does, in sentences. */
#include "config.h"

#include "cli/command.h"

#include "base/embedded.h"
#include "cli/project.h"
#include "lang/builtins.h"
#include "lang/explain.h"
#include "runtime/clock.h"
#include "runtime/run_requests.h"

#include <string.h>

static void put(const struct invocation *in, const char *kind,
                struct text text)
{
    if (!in->json) {
        fwrite(text.ptr, 1, text.len, stdout);
        return;
    }
    struct buf b;
    buf_init(&b, 0);
    buf_printf(&b, "{\"version\":1,\"kind\":\"%s\",\"name\":", kind);
    buf_json_string(&b, text_of(in->args[0]));
    buf_str(&b, ",\"text\":");
    buf_json_string(&b, text);
    buf_str(&b, "}\n");
    fwrite(b.ptr, 1, b.len, stdout);
    buf_fini(&b);
}

static bool explain_code(const struct invocation *in, const char *word)
{
    char name[64];
    snprintf(name, sizeof name, "codes/%s", word);
    for (size_t i = 6; name[i]; i++)
        if (name[i] >= 'a' && name[i] <= 'z')
            name[i] = (char)(name[i] - 32);
    const struct embedded_text *page = embedded_find(code_pages, name);
    if (page)
        put(in, "code", (struct text){ page->text, page->len });
    return page;
}

static bool explain_function(const struct invocation *in, const char *word)
{
    const struct builtin *b = builtin_find(text_of(word));
    struct buf out;
    if (!b)
        return false;
    buf_init(&out, 0);
    buf_printf(&out, "%.*s%s\n\n%s\n", TEXT_ARG(b->name), b->signature, b->doc);
    if (b->flags & BUILTIN_FAILS)
        buf_str(&out, "\nIt can fail; then the record is held, unless `try` "
                      "stands before it.\n");
    if (b->flags & BUILTIN_ZONE)
        buf_str(&out, "\nIt uses the file's timezone: set timezone \"…\".\n");
    for (int i = 0; i < 3 && b->examples[i]; i++)
        buf_printf(&out, "%s  %s\n", i ? "" : "\n", b->examples[i]);
    put(in, "function", buf_view(&out));
    buf_fini(&out);
    return true;
}

static bool explain_word(const struct invocation *in, const char *word)
{
    static const struct {
        const char *word, *help;
    } words[] = {
#define WORD(text, token, group, help) { text, help },
#include "lang/words.def"
#undef WORD
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, word) != 0)
            continue;
        struct buf out;
        buf_init(&out, 0);
        buf_printf(&out, "%s\n\n%s\n", word, words[i].help);
        put(in, "word", buf_view(&out));
        buf_fini(&out);
        return true;
    }
    return false;
}

/* Files are read and written by mlc itself: no requests. */
static void explain_requests(const struct program *p, const struct flow *f,
                             struct buf *out)
{
    struct error err = { 0 };
    struct buf requests;
    buf_init(&requests, 0);
    if (run_requests(p, f, NULL, clock_now_ms(), &requests, &err) == 0)
        buf_text(out, buf_view(&requests));
    else
        buf_printf(out, "  %-9s cannot be shown: %s\n", "request", err.text);
    buf_fini(&requests);
}

static int explain_flow_named(const struct invocation *in, const char *word)
{
    struct program p;
    struct load_options options = { 0 };
    int rc = EXIT_FINE;
    project_options(&options);
    program_init(&p);
    program_load(&p, &options);
    program_check(&p);
    struct flow *f = program_flow(&p, text_of(word));
    if (!f) {
        rc = usage_error(in, "there is no message, function, word or flow "
                             "called %s", word);
    } else if (p.diags.error_count) {
        diags_print(&p.diags, DIAG_TEXT, in->colour_messages,
                    project_code_title, stderr);
        rc = EXIT_USAGE;
    } else {
        struct buf out;
        buf_init(&out, 0);
        explain_flow(&p, f, &out);
        explain_requests(&p, f, &out);
        put(in, "flow", buf_view(&out));
        buf_fini(&out);
    }
    program_fini(&p);
    return rc;
}

int cmd_explain(const struct invocation *in)
{
    const char *word = in->args[0];
    if (explain_code(in, word) || explain_function(in, word) ||
        explain_word(in, word))
        return EXIT_FINE;
    return explain_flow_named(in, word);
}
