/* Exact Online: records asked for by a field of their lines. First the lines,
 * then what they belong to, each once; several keys, several pages. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/wire.h"

#include "lang/ast.h"
#include "lang/check.h"
#include "runtime/connector.h"
#include "runtime/uri.h"
#include <string.h>

static struct arena arena;
static struct program program;
static const struct connector *k;

static struct text setting(const struct connection_info *c, const char *name)
{
    (void)c;
    return strcmp(name, "division") == 0 ? TEXT("7") : TEXT_NONE;
}

static struct text learnt(const struct connection_info *c, const char *name)
{
    return setting(c, name);
}

static const struct connection_info info = {
    .name = { "Exact", 5 },
    .url = { "http://127.0.0.1:1", 18 },
    .setting = setting,
    .learnt = learnt,
};

static const char *path_of(const struct read_spec *spec, struct text next)
{
    struct request r = { 0 };
    struct error err = { 0 };
    if (k->read_request(&info, spec, next, &arena, &r, &err))
        return arena_strdup(&arena, err.text);
    return text_cstr(&arena, r.path);
}

static bool asks(const char *path, const char *resource, const char *filter)
{
    const char *query = strchr(path, '?');
    struct text said = query ? uri_form_value(&arena, text_of(query + 1),
                                              "$filter") : TEXT_NONE;
    bool good = strstr(path, resource) && text_is(said, filter);
    if (!good)
        tap_diag("%s: %.*s", path, TEXT_ARG(said));
    return good;
}

static struct page answer(const struct read_spec *spec, struct text asked,
                          const char *body, struct answer *a)
{
    struct response r = { .status = 200, .body = text_of(body),
                          .content_type = TEXT("application/json") };
    struct page page = { 0 };
    memset(a, 0, sizeof *a);
    k->read_answer(&info, spec, asked, &r, &arena, &page, a);
    return page;
}

int main(void)
{
    struct load_options options = { .catalogs = connector_catalogs };
    struct value keys[2] = { value_text(TEXT("k1")), value_text(TEXT("k2")) };
    struct answer a;
    struct page page;
    arena_init(&arena);
    program_init(&program);
    wire_start(&program, &arena);
    program.options = &options;
    k = connector_find(TEXT("exact"));
    if (!k || !schema_catalog(&program, TEXT("exact")))
        return 99;
    const struct object *entry = wire_object("journal_entry");
    const struct object *line = wire_object("journal_entry_line");
    struct shape_field fields[1] = {
        { object_field(entry, TEXT("JournalCode")), NULL },
    };
    struct shape shape = { entry, fields, 1 };
    struct filter_term term = { object_field(line, TEXT("Notes")),
                                OP_IS_ONE_OF, keys, 2 };
    struct read_spec spec = { .object = entry, .shape = &shape,
                              .mode = READ_KEYS, .terms = &term,
                              .term_count = 1 };
    ok(asks(path_of(&spec, TEXT_NONE), "/GeneralJournalEntryLines?",
            "(Notes eq 'k1' or Notes eq 'k2')"), "first the lines");
    page = answer(&spec, TEXT_NONE, "{\"d\":{\"results\":[{\"EntryID\":\"e1\"},"
                  "{\"EntryID\":\"e1\"}],\"__next\":"
                  "\"http://127.0.0.1:1/api/v1/7/x?$skiptoken=2\"}}", &a);
    ok(a.kind == ANSWER_DONE && text_is(page.body, "[]") && page.next.len > 0,
       "which are no records yet");
    is_text(path_of(&spec, page.next), "/api/v1/7/x?$skiptoken=2",
            "their next page");
    page = answer(&spec, page.next,
                  "{\"d\":{\"results\":[{\"EntryID\":\"e2\"}]}}", &a);
    ok(asks(path_of(&spec, page.next), "/GeneralJournalEntries?",
            "(EntryID eq guid'e1' or EntryID eq guid'e2')"),
       "then what they belong to, each once");
    page = answer(&spec, page.next,
                  "{\"d\":{\"results\":[{\"EntryID\":\"e1\"},"
                  "{\"EntryID\":\"e2\"}]}}", &a);
    ok(a.kind == ANSWER_DONE && page.next.len == 0 &&
           strcmp(page.rows, "d.results") == 0, "and that is all");
    page = answer(&spec, TEXT_NONE, "{\"d\":{\"results\":[]}}", &a);
    ok(a.kind == ANSWER_DONE && page.next.len == 0, "no lines, no records");
    page = answer(&spec, TEXT_NONE, "{\"d\":{\"results\":[{\"EntryID\":\"e\"}],"
                  "\"__next\":\"http://elsewhere.example/x\"}}", &a);
    is_int(a.kind, ANSWER_REFUSED, "a next page elsewhere is not followed");
    program_fini(&program);
    arena_fini(&arena);
    return tap_done();
}
