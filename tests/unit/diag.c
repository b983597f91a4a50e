/* Messages: the printed forms as they must stand, and fixes applied. */
#include "config.h"

#include "base/diag.h"
#include "tests/lib/tap.h"
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    uint32_t flow, table;
};

static const char flow_text[] = "flow cost_centers\n"
                                "\tName = b.name ?? \"\xE6\x97\xA5\xE6\x9C\xAC\"\r\n"
                                "Code = upper(code)\n"
                                "Tot = b.net +\n";

static void set_up(struct fixture *f)
{
    arena_init(&f->arena);
    sources_init(&f->sources, &f->arena);
    f->flow = sources_add(&f->sources, "flows/a b.mlc", text_of(flow_text), false);
    f->table = sources_add(&f->sources, "t.mlc",
                           TEXT("\xEF\xBB\xBFobject x.y {\n  Code text(8)\n}"),
                           true);
    diags_init(&f->diags, &f->arena, &f->sources);
}

static struct span find_span(const struct fixture *f, uint32_t source,
                             const char *part)
{
    size_t at = 0;
    text_find(f->sources.list[source].text, text_of(part), &at);
    return (struct span){ source, (uint32_t)at,
                          (uint32_t)(at + strlen(part)) };
}

static char *printed(struct fixture *f, enum diag_format format, bool colour)
{
    char *ptr = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&ptr, &len);
    diags_print(&f->diags, format, colour, NULL, out);
    fclose(out);
    char *copy = arena_strndup(&f->arena, ptr, len);
    free(ptr);
    return copy;
}

static void add_messages(struct fixture *f)
{
    struct diags *d = &f->diags;
    struct diag *m = diag_add(d, DIAG_ERROR, "E0305",
                              find_span(f, f->flow, "upper(code)"),
                              "`%s` takes at most 8 characters", "Code");
    diag_set_label(d, m, "text without a limit");
    diag_label(d, m, find_span(f, f->table, "text(8)"), "declared here");
    diag_label(d, m, find_span(f, f->flow, "cost_centers"), "in this flow");
    diag_fix(d, m, FIX_CHOICE, "left(upper(code), 8)");
    struct diag *h = diag_add(d, DIAG_WARNING, "E0101",
                              find_span(f, f->flow, "??"),
                              "to give a value write `else`\x1b[2J");
    struct diag_fix *fix = diag_fix(d, h, FIX_SURE, "replace `??` with `else`");
    diag_edit(d, fix, find_span(f, f->flow, "??"), "else");
    diag_note(d, h, "first line\nsecond line");
    struct diag *w = diag_add(d, DIAG_NOTE, NULL,
                              find_span(f, f->flow, "\xE6\x9C\xAC"), "wide");
    diag_set_label(d, w, "here");
    diag_add(d, DIAG_ERROR, "E0001", SPAN_NONE, "no place");
    diags_sort(d);
}

static const char want_text[] =
    "error[E0001] no place\n"
    "\n"
    "warning[E0101] to give a value write `else`\\x1B[2J\n"
    "  flows/a b.mlc:2:16\n"
    "   2 | \tName = b.name ?? \"\xE6\x97\xA5\xE6\x9C\xAC\"\n"
    "     | \t              ^^\n"
    "  first line\n"
    "  second line\n"
    "  fix: replace `??` with `else`\n"
    "\n"
    "note wide\n"
    "  flows/a b.mlc:2:21\n"
    "   2 | \tName = b.name ?? \"\xE6\x97\xA5\xE6\x9C\xAC\"\n"
    "     | \t                    ^^ here\n"
    "\n"
    "error[E0305] `Code` takes at most 8 characters\n"
    "  flows/a b.mlc:3:8\n"
    "   1 | flow cost_centers\n"
    "     |      ------------ in this flow\n"
    "   3 | Code = upper(code)\n"
    "     |        ^^^^^^^^^^^ text without a limit\n"
    "  t.mlc:2:8\n"
    "   2 |   Code text(8)\n"
    "     |        ------- declared here\n"
    "  fix (choice): left(upper(code), 8)\n";

static const char want_brief[] =
    "error[E0001]: no place\n"
    "flows/a b.mlc:2:16: warning[E0101]: to give a value write `else`\\x1B[2J\n"
    "flows/a b.mlc:2:21: note: wide\n"
    "flows/a b.mlc:3:8: error[E0305]: `Code` takes at most 8 characters\n";

static const char want_github[] =
    "::error title=E0001::no place\n"
    "::warning file=flows/a b.mlc,line=2,endLine=2,col=16,endColumn=18,"
    "title=E0101::to give a value write `else`%1B[2J%0Afirst line%0Asecond "
    "line\n"
    "::notice file=flows/a b.mlc,line=2,endLine=2,col=21,endColumn=22::wide"
    "%0Ahere\n"
    "::error file=flows/a b.mlc,line=3,endLine=3,col=8,endColumn=19,"
    "title=E0305::`Code` takes at most 8 characters%0Atext without a limit\n";

static void test_forms(void)
{
    struct fixture f;
    set_up(&f);
    add_messages(&f);
    is_text(printed(&f, DIAG_TEXT, false), want_text, "text");
    is_text(printed(&f, DIAG_BRIEF, false), want_brief, "brief");
    is_text(printed(&f, DIAG_GITHUB, false), want_github, "github");
    ok(strstr(printed(&f, DIAG_TEXT, true), "\033[1;31merror[E0305]") != NULL,
       "colour when asked for");
    const char *json = printed(&f, DIAG_JSON, false);
    ok(strncmp(json,
               "{\"version\":1,\"errors\":2,\"warnings\":1,\"notes\":1,"
               "\"messages\":[\n{\"level\":\"error\",\"code\":\"E0001\","
               "\"headline\":\"no place\",\"path\":null,\"label\":null,"
               "\"labels\":[],\"notes\":[],\"fixes\":[]},\n",
               148) == 0,
       "JSON begins as promised");
    ok(strstr(json, "\"certainty\":\"sure\",\"title\":\"replace `??` with "
                    "`else`\",\"edits\":[{\"path\":\"flows/a b.mlc\","
                    "\"line\":2,\"column\":16,\"end_line\":2,"
                    "\"end_column\":18,") != NULL,
       "JSON has the fix with its place");
    const char *sarif = printed(&f, DIAG_SARIF, false);
    ok(strstr(sarif, "\"uri\":\"flows/a%20b.mlc\",\"uriBaseId\":\"%SRCROOT%\"") !=
           NULL,
       "SARIF has relative, encoded paths");
    ok(strstr(sarif, "\"ruleId\":\"E0101\",\"ruleIndex\":1,") != NULL,
       "SARIF points to its rules");
    ok(strstr(sarif, "\"deletedRegion\":{\"startLine\":2,\"startColumn\":16,"
                     "\"endLine\":2,\"endColumn\":18}") != NULL,
       "SARIF carries fixes");
    ok(strstr(sarif, "\"primaryLocationLineHash\":\"") != NULL,
       "SARIF has fingerprints");
    is_int((long long)f.diags.error_count, 2, "counts errors");
    arena_fini(&f.arena);
}

static void test_places(void)
{
    struct fixture f;
    set_up(&f);
    struct place p = sources_place(&f.sources, f.table, 3);
    ok(p.line == 1 && p.column == 1, "a byte order mark takes no column");
    p = sources_place(&f.sources, f.table, 0);
    ok(p.line == 1 && p.column == 1, "nor is there anything before it");
    p = sources_place(&f.sources, f.flow, 100000);
    ok(p.line == 5 && p.column == 1, "past the end is the end");
    ok(text_is(sources_line(&f.sources, f.table, 3), "}"), "the last line");
    ok(text_is(sources_line(&f.sources, f.table, 1), "object x.y {"),
       "the first, without its mark");
    ok(sources_line(&f.sources, f.flow, 9).len == 0, "no such line");
    ok(sources_get(&f.sources, 0) == NULL && sources_get(&f.sources, 7) == NULL,
       "no such source");
    arena_fini(&f.arena);
}

static void edit(struct fixture *f, struct diag *m,
                 const char *part, const char *with)
{
    struct diag_fix *fix = diag_fix(&f->diags, m, FIX_SURE, "%s", with);
    diag_edit(&f->diags, fix, find_span(f, f->flow, part), "%s", with);
}

static void test_fixes(void)
{
    struct fixture f;
    set_up(&f);
    struct diags *d = &f.diags;
    struct diag *a = diag_add(d, DIAG_ERROR, "E1", SPAN_NONE, "a");
    edit(&f, a, "upper(code)", "left(upper(code), 8)");
    struct diag *b = diag_add(d, DIAG_ERROR, "E1", SPAN_NONE, "b overlaps a");
    edit(&f, b, "(code)", "(x)");
    struct diag *c = diag_add(d, DIAG_ERROR, "E1", SPAN_NONE, "c is earlier");
    edit(&f, c, "??", "else");
    struct diag *g = diag_add(d, DIAG_ERROR, "E1", SPAN_NONE, "a choice");
    struct diag_fix *fix = diag_fix(d, g, FIX_CHOICE, "x");
    diag_edit(d, fix, find_span(&f, f.flow, "Tot"), "Total");
    struct diag *h = diag_add(d, DIAG_ERROR, "E1", SPAN_NONE, "inserts");
    fix = diag_fix(d, h, FIX_SURE, "x");
    diag_edit(d, fix, (struct span){ f.flow, 0, 0 }, "set language 1\n");
    struct diag *again = diag_add(d, DIAG_ERROR, "E1", SPAN_NONE, "again");
    fix = diag_fix(d, again, FIX_SURE, "x");
    diag_edit(d, fix, (struct span){ f.flow, 0, 0 }, "set language 1\n");
    struct diag *bad = diag_add(d, DIAG_ERROR, "E1", SPAN_NONE, "out of range");
    fix = diag_fix(d, bad, FIX_SURE, "x");
    diag_edit(d, fix, (struct span){ f.flow, 5, 99999 }, "boom");
    size_t applied = 0;
    struct text t = diags_apply_fixes(d, f.flow, &f.arena, &applied);
    is_int((long long)applied, 3, "three of them are applied");
    is_text(t.ptr,
            "set language 1\nflow cost_centers\n"
            "\tName = b.name else \"\xE6\x97\xA5\xE6\x9C\xAC\"\r\n"
            "Code = left(upper(code), 8)\nTot = b.net +\n",
            "sure fixes are in, overlapping ones and choices are not");
    t = diags_apply_fixes(d, f.table, &f.arena, &applied);
    ok(applied == 0 && text_equal(t, f.sources.list[f.table].text),
       "another source stays as it is");
    arena_fini(&f.arena);
}

static void test_limits(void)
{
    struct fixture f;
    set_up(&f);
    for (int i = 0; i < DIAG_MAX + 5; i++)
        diag_add(&f.diags, DIAG_WARNING, "E2", SPAN_NONE, "m%d", i);
    is_int((long long)f.diags.warning_count, DIAG_MAX + 5, "all are counted");
    int kept = 0;
    for (const struct diag *m = f.diags.first; m; m = m->next)
        kept++;
    is_int(kept, DIAG_MAX, "a thousand are kept");
    ok(strstr(printed(&f, DIAG_TEXT, false), "\n5 more messages are not shown\n"),
       "and the text says so");

    diags_init(&f.diags, &f.arena, &f.sources);
    struct buf line;
    buf_init(&line, 0);
    for (int i = 0; i < 4000; i++)
        buf_str(&line, "word ");
    uint32_t wide = sources_add(&f.sources, "w.mlc", buf_view(&line), false);
    diag_add(&f.diags, DIAG_ERROR, "E3", (struct span){ wide, 5000, 5004 }, "x");
    const char *out = printed(&f, DIAG_TEXT, false);
    ok(strlen(out) < 600, "a line of 20,000 bytes is cut around the fault");
    ok(strstr(out, "^^^^\n") != NULL, "and still underlined");
    buf_fini(&line);
    arena_fini(&f.arena);
}

int main(void)
{
    test_forms();
    test_places();
    test_fixes();
    test_limits();
    return tap_done();
}
