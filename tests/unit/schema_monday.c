/* The schema of monday.com's sandbox: whole in itself, read back as the sandbox
 * serves it, and, with MLC_MONDAY_SCHEMA=FILE, never more than the vendor's. */
#include "config.h"
#include "tests/lib/graphql.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"

#include "runtime/sandbox.h"
#include <string.h>

static struct arena arena;

static const char *type_text(const struct gq_type *t)
{
    if (t->kind == GQ_NON_NULL)
        return arena_printf(&arena, "%s!", type_text(t->of));
    if (t->kind == GQ_LIST_OF)
        return arena_printf(&arena, "[%s]", type_text(t->of));
    return text_cstr(&arena, t->name);
}

/* Every type that is named is there. */
static void test_whole(const struct sdl *s)
{
    int missing = 0;
    for (const struct sdl_type *t = s->types; t; t = t->next)
        for (const struct sdl_field *f = t->fields; f; f = f->next) {
            if (t->kind == SDL_ENUM)
                break;
            missing += !sdl_find(s, gq_type_name(f->type));
            for (const struct sdl_arg *a = f->args; a; a = a->next)
                missing += !sdl_find(s, gq_type_name(a->type));
        }
    is_int(missing, 0, "every type that is named is there");
}

static void test_served(void)
{
    static const char *const names[] = { "monday", NULL };
    struct sandbox_options o = { .connectors = names };
    struct sandbox *box;
    struct error err = { 0 };
    const char *sources[2] = { NULL, NULL };
    if (sandbox_start(&o, &box, &err)) {
        ok(false, "%s", err.text);
        return;
    }
    const struct web_answer *a = web_call(
        web_port_of(sandbox_endpoint_of(box, "monday")->url), "GET",
        "/v2/get_schema?format=sdl&version=2026-10", NULL, NULL);
    is_int(a->status, 200, "the sandbox serves its schema");
    sources[0] = a->body;
    struct sdl *s = sdl_parse(&arena, sources);
    ok(s && sdl_find(s, TEXT("ItemsResponse")), "and it reads back");
    sandbox_stop(box);
}

/* What a published schema has beside types and fields. */
static void test_syntax(void)
{
    static const char *const sources[] = {
        "schema { query: Query }\n"
        "\"\"\"\nA block \"of\" words\n\"\"\"\n"
        "directive @cost(weight: String = \"1\") repeatable on FIELD | ENUM\n"
        "# a comment\n"
        "type Query @policy(p: [[\"x\"]]) { \"one\" a(\"arg\" x: Int = 5"
        " @deprecated(reason: \"no\")): U! b: [E!] @cost(weight: \"2\") }\n"
        "interface I { id: ID! }\n"
        "type A implements I & J { id: ID! }\n"
        "interface J { id: ID! }\n"
        "union U = A | B\n"
        "type B { id: ID }\n"
        "enum E { \"first\" ONE TWO @deprecated }\n"
        "input In { a: Int! = 3 b: String! }\n",
        NULL
    };
    struct sdl *s = sdl_parse(&arena, sources);
    ok(s != NULL, "descriptions, directives, unions and defaults are read");
    if (!s)
        return;
    const struct sdl_type *a = sdl_find(s, TEXT("A"));
    ok(sdl_implements(a, TEXT("I")) && sdl_implements(a, TEXT("J")),
       "a type of two interfaces");
    static const struct {
        const char *query;
        bool holds;
    } rows[] = {
        { "{ a { ... on A { id } ... on B { id } } b }", true },
        { "{ a { ... on I { id } } }", false },
        { "{ a { id } }", false },
        { "{ a(x: \"no\") { ... on A { id } } }", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gq_document d;
        bool holds = gq_parse(&arena, text_of(rows[i].query), &d) == 0 &&
                     gq_validate(s, &d, d.operations, NULL) == 0;
        is_int(holds, rows[i].holds, "%s", rows[i].query);
    }
}

/* --------------------------------------------------------- beside the vendor's */
static int differs(const char *what, struct text type, struct text field)
{
    tap_diag("%s: %.*s.%.*s", what, TEXT_ARG(type), TEXT_ARG(field));
    return 1;
}

static int compare_field(const struct sdl_type *t, const struct sdl_field *f,
                         const struct sdl_field *theirs)
{
    int n = 0;
    if (!theirs)
        return differs("the vendor has no such field", t->name, f->name);
    if (!f->type)
        return 0;
    if (strcmp(type_text(f->type), type_text(theirs->type)) != 0)
        n += differs(arena_printf(&arena, "its type is %s",
                                  type_text(theirs->type)),
                     t->name, f->name);
    for (const struct sdl_arg *a = f->args; a; a = a->next) {
        const struct sdl_arg *b = theirs->args;
        while (b && !text_equal(a->name, b->name))
            b = b->next;
        if (!b || strcmp(type_text(a->type), type_text(b->type)) != 0 ||
            a->has_default != b->has_default)
            n += differs(arena_printf(&arena, "argument %.*s is %s",
                                      TEXT_ARG(a->name),
                                      b ? type_text(b->type) : "none"),
                         t->name, f->name);
    }
    return n;
}

static void test_beside(const struct sdl *own, const struct sdl *vendor)
{
    int n = 0;
    for (const struct sdl_type *t = own->types; t; t = t->next) {
        const struct sdl_type *theirs = sdl_find(vendor, t->name);
        if (!theirs || theirs->kind != t->kind) {
            n += differs("the vendor has no such type", t->name, t->name);
            continue;
        }
        for (const struct sdl_field *f = t->fields; f; f = f->next)
            n += compare_field(t, f, sdl_member(theirs, f->name));
    }
    is_int(n, 0, "nothing is there that the vendor does not have");
}

int main(void)
{
    arena_init(&arena);
    struct sdl *own = sdl_parse(&arena, monday_sdl);
    struct sdl *vendor = graphql_vendor_schema(&arena);
    test_whole(own);
    test_served();
    test_syntax();
    if (vendor)
        test_beside(own, vendor);
    else
        tap_skip("the vendor's schema is not at hand: see "
                 "tests/lib/graphql.h");
    arena_fini(&arena);
    return tap_done();
}
