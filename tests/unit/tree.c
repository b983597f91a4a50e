/* The parser: `tree.t FILE` prints messages and tree, for the golden tests;
 * without a file it tries what no file shows: limits, hostile bytes, places
 * of nodes, one expression alone. */
#include "config.h"

#include "lang/ast.h"
#include "tests/lib/program.h"
#include "tests/lib/tap.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct read {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct tree tree;
};

static void read_text(struct read *r, struct text t)
{
    memset(r, 0, sizeof *r);
    arena_init(&r->arena);
    sources_init(&r->sources, &r->arena);
    diags_init(&r->diags, &r->arena, &r->sources);
    parse_source(&r->arena, &r->sources,
                 sources_add(&r->sources, "in.mlc", t, false), &r->diags,
                 &r->tree);
    diags_sort(&r->diags);
}

static int print_file(const char *path)
{
    struct read r;
    struct buf in, out;
    FILE *f = fopen(path, "rb");
    size_t n;
    char *room;

    if (!f)
        return 2;
    buf_init(&in, 0);
    buf_init(&out, 0);
    while ((room = buf_room(&in, 65536)) && (n = fread(room, 1, 65536, f)))
        buf_grown(&in, n);
    fclose(f);
    read_text(&r, buf_view(&in));
    diags_print(&r.diags, DIAG_TEXT, false, NULL, stderr);
    dump_tree(r.tree.file, 0, &out);
    fwrite(out.ptr, 1, out.len, stdout);
    buf_fini(&in);
    buf_fini(&out);
    n = r.diags.error_count;
    arena_fini(&r.arena);
    return n ? 1 : 0;
}

/* ----------------------------------------------------------- hostile text */

static void repeat(struct buf *b, const char *s, size_t count)
{
    while (count--)
        buf_str(b, s);
}

static const char *first_code(const struct read *r)
{
    return r->diags.first ? r->diags.first->code : "none";
}

static const struct hostile {
    const char *name, *head, *part;
    size_t count;
    const char *tail, *code;
    size_t errors; /* 0: none */
} hostiles[] = {
    { "a name of 64 KB", "let x = ", "abcdefgh", 8192, "", "E0109", 1 },
    { "a name of 64 KB that is set", "let ", "abcdefgh", 8192, " = 1\n",
      "E0109", 1 },
    { "a name in backticks of 64 KB", "let x = `", "abcdefgh", 8192, "`",
      "E0109", 1 },
    { "a text of 64 KB and more", "let x = \"", "abcdefgh", 8200, "\"",
      "E0109", 1 },
    { "10,000 parentheses", "let x = ", "(", 10000, "1", "E0107", 1 },
    { "10,000 brackets", "let x = ", "[", 10000, "1", "E0107", 1 },
    { "150 parentheses never closed", "let x = ", "(", 150, "1", "E0105", 1 },
    { "100,000 signs before a value", "let x = ", "- ", 100000, "1", "E0107",
      1 },
    { "100,000 times not", "let x = ", "not ", 100000, "a", "E0107", 1 },
    { "a sum of 10,000", "let x = 1", " + 1", 10000, "", "E0107", 1 },
    { "a sum of 300", "let x = 1", " + 1", 300, "", "none", 0 },
    { "10,000 times if", "let x = ", "if a then b else ", 10000, "c", "E0107",
      1 },
    { "10,000 times else", "let x = a", " else a", 10000, "", "E0107", 1 },
    { "a path of 10,000", "let x = a", ".b", 10000, "", "E0107", 1 },
    { "100,000 braces", "A.b -> C.d ", "{", 100000, "", "E0104", 2 },
    { "records in records", "test \"t\" { given A.b ", "{ a: ", 10000, "",
      "E0107", 1 },
    { "100,000 closing brackets", "let x = 1 ", ")", 100000, "", "E0104", 1 },
    { "one text without end", "let x = \"", "a", 60000, "", "E0111", 1 },
    { "NUL bytes", "let x = 1 ", "", 0, "", "none", 0 },
    { "1,000,000 empty lines", "let x = 1", "\n", 1000000, "let y = 2",
      "none", 0 },
    { "1,000,000 blanks", "let x = a", " ", 1000000, ".b", "none", 0 },
    { "200,000 lines", "A.b -> C.d {\n", "  Field = a.b + 1\n", 200000, "}",
      "none", 0 },
    { "100,000 comments", "", "// x\n", 100000, "let y = 2", "none", 0 },
    { "2,000 lines of documentation", "", "### x\n", 2000, "let y = 2",
      "none", 0 },
    { "100,000 mistakes", "A.b -> C.d {\n", "  X = = 1\n", 100000, "}",
      "E0101", 100000 },
    { "100,000 operators too many", "A.b -> C.d {\n", "  X = * 1\n", 100000,
      "}", "E0104", 100000 },
    { "50,000 dots", "let x = a", ".", 50000, "", "E0104", 1 },
    { "50,000 quotes", "let x = ", "\"", 50000, "", "E0104", 1 },
    { "50,000 backticks", "let x = ", "`", 50000, "", "E0111", 2 },
    { "50,000 holes", "let x = \"", "{a}", 20000, "\"", "none", 0 },
    { "braces in a text", "let x = \"", "{", 20000, "\"", "E0116", 1 },
    { "50,000 dollars", "let x = 1 ", "$", 50000, "", "E0110", 1 },
    { "100,000 times is", "let x = a ", "is ", 100000, "b", "E0106", 1 },
};

static void try_hostile(const struct hostile *h)
{
    struct read r;
    struct buf b;
    clock_t start = clock();
    long ms;

    buf_init(&b, 0);
    buf_str(&b, h->head);
    repeat(&b, h->part, h->count);
    buf_str(&b, h->tail);
    read_text(&r, buf_view(&b));
    ms = (long)((clock() - start) / (CLOCKS_PER_SEC / 1000));
    is_text(first_code(&r), h->code, "%s: what is said first", h->name);
    ok(h->errors ? r.diags.error_count <= h->errors &&
                       r.diags.error_count > 0
                 : r.diags.error_count == 0,
       "%s: %zu messages, at most %zu", h->name, r.diags.error_count,
       h->errors);
    ok(ms < 5000, "%s: %ld ms", h->name, ms);
    buf_fini(&b);
    arena_fini(&r.arena);
}

static const struct bytes {
    const char *name;
    struct text in;
    const char *code;
} bytes[] = {
    { "nothing", { "", 0 }, "none" },
    { "a byte order mark", { "\xEF\xBB\xBF", 3 }, "none" },
    { "a byte order mark and a file", { "\xEF\xBB\xBFlet x = 1", 12 }, "none" },
    { "a byte order mark inside", { "let x = \xEF\xBB\xBF""1", 12 }, "E0110" },
    { "CRLF", { "let x = 1\r\nlet y = 2\r\n", 22 }, "none" },
    { "CR alone", { "let x = 1\rlet y = 2\r", 20 }, "none" },
    { "tabs", { "let\tx\t=\t1", 9 }, "none" },
    { "Latin-1 in a text", { "let x = \"caf\xE9\"", 14 }, "E0108" },
    { "Latin-1 in a comment", { "// caf\xE9", 7 }, "E0108" },
    { "Latin-1 in a name", { "let x = caf\xE9", 12 }, "E0108" },
    { "a cut sequence", { "let x = \"\xE2\x82\"", 12 }, "E0108" },
    { "a surrogate", { "let x = \"\xED\xA0\x80\"", 13 }, "E0108" },
    { "NUL", { "let x = 1\0", 10 }, "E0110" },
    { "NUL in a text", { "let x = \"a\0b\"", 13 }, "E0110" },
    { "a control character in a text", { "let x = \"a\x1B[1mb\"", 16 },
      "E0110" },
    { "a turn of direction in a comment", { "// a\xE2\x80\xAE", 7 },
      "E0110" },
    { "a control character in a comment", { "// a\x1B[1m", 8 }, "E0110" },
    { "a hard blank", { "let x =\xC2\xA0""1", 10 }, "E0101" },
};

static void try_bytes(const struct bytes *t)
{
    struct read r;

    read_text(&r, t->in);
    is_text(first_code(&r), t->code, "%s", t->name);
    arena_fini(&r.arena);
}

static void try_size(void)
{
    struct read r;
    struct buf b;

    buf_init(&b, 0);
    repeat(&b, "let x = 1\n\n\n\n\n\n", ((size_t)16 << 20) / 15 + 1);
    read_text(&r, buf_view(&b));
    is_text(first_code(&r), "E0109", "more than 16 MB");
    is_int((long long)r.diags.error_count, 1, "is one message");
    ok(KID(r.tree.file, FILE, items) == NULL, "and an empty tree");
    buf_fini(&b);
    arena_fini(&r.arena);
}

/* ---------------------------------------------------------------- places */

static const struct place_row {
    const char *in;
    enum node_kind kind;
    const char *slice, *name;
} places[] = {
    { "let x = a.b + c", NODE_CONST, "let x = a.b + c", "x" },
    { "let x = a.b + c", NODE_ADD_OP, "a.b + c", "a.b + c" },
    { "let x = a.b + c", NODE_MEMBER, "a.b", "b" },
    { "let x = (a + b) * c", NODE_MUL_OP, "(a + b) * c", NULL },
    { "let x = (a + b) * c", NODE_ADD_OP, "a + b", NULL },
    { "let x = left( a, 3 )", NODE_CALL, "left( a, 3 )", "left" },
    { "let x = \"é{ a.b }\"", NODE_MEMBER, "a.b", "b" },
    { "let x = \"é{ a.b }c\"", NODE_TEXT_PART, "é", NULL },
    { "A.b -> C.d { `X y`.z = 1 once }", NODE_ASSIGN, "`X y`.z = 1 once",
      "`X y`.z" },
    { "A.b -> C.d { `X y`.z = 1 once }", NODE_PATH, "`X y`.z", NULL },
    { "A.b as x -> C.d", NODE_OBJECT_REF, "A.b as x", "b" },
    { "A.b -> C.d where x is \"y\"", NODE_COMPARE, "x is \"y\"", NULL },
    { "A.b -> C.d { hold when a \"b\" }", NODE_VERB_WHEN, "hold when a \"b\"",
      NULL },
    { "A.b -> C.d { X = 10 EUR }", NODE_MONEY_LIT, "10 EUR", NULL },
    { "object A.b { ID text(8) required }", NODE_FIELD_DECL,
      "ID text(8) required", "ID" },
    { "let x = sum(a for each a in b where c)", NODE_EACH,
      "for each a in b where c", "a" },
    { "test \"t\" { given A.b { c: 1 } }", NODE_TEST_FIELD, "c: 1", "c" },
};

static const struct node *find(const struct node *n, enum node_kind kind)
{
    const struct node *found = n->kind == kind ? n : NULL;

    for (int i = 0; i < NODE_KIDS && !found; i++)
        for (const struct node *k = n->kid[i]; k && !found; k = k->next)
            found = find(k, kind);
    return found;
}

static void is_slice(struct read *r, struct span span, const char *want,
                     const char *in)
{
    struct text t = span_text(&r->sources, span);

    is_text(arena_strndup(&r->arena, t.ptr ? t.ptr : "", t.len), want, "%s",
            in);
}

static void try_place(const struct place_row *row)
{
    struct read r;
    const struct node *n;

    read_text(&r, text_of(row->in));
    n = find(r.tree.file, row->kind);
    ok(n && !r.diags.error_count, "%s is read", row->in);
    if (n)
        is_slice(&r, n->span, row->slice, row->in);
    if (n && row->name)
        is_slice(&r, n->name_span, row->name, row->in);
    arena_fini(&r.arena);
}

static bool encloses(const struct node *n)
{
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            if (k->span.start < n->span.start || k->span.end > n->span.end ||
                !encloses(k))
                return false;
    return true;
}

/* Every node lies in its parent, in programs by chance. */
static void try_random(void)
{
    bool good = true;
    struct buf b;

    buf_init(&b, 0);
    for (uint64_t seed = 0; seed < 300 && good; seed++) {
        struct read r;

        buf_reset(&b);
        program_random(seed, &b);
        read_text(&r, buf_view(&b));
        good = encloses(r.tree.file);
        if (!good)
            tap_diag("seed %llu", (unsigned long long)seed);
        arena_fini(&r.arena);
    }
    ok(good, "every node lies in its parent");
    buf_fini(&b);
}

/* ------------------------------------------------------------ expressions */

static void try_expression(const char *in, const char *want)
{
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct buf out;
    struct node *n;

    arena_init(&arena);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    buf_init(&out, 0);
    n = parse_expression(&arena, &sources,
                         sources_add(&sources, "repl", text_of(in), false),
                         &diags);
    dump_tree(n, 0, &out);
    is_text(buf_cstr(&out), want, "%s", in);
    buf_fini(&out);
    arena_fini(&arena);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return print_file(argv[1]);
    for (size_t i = 0; i < sizeof hostiles / sizeof hostiles[0]; i++)
        try_hostile(&hostiles[i]);
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++)
        try_bytes(&bytes[i]);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        try_place(&places[i]);
    try_size();
    try_random();
    try_expression("1 + 2 * 3", "ADD_OP\n  left: NUMBER_LIT \"1\" 1\n"
                                "  right: MUL_OP\n"
                                "    left: NUMBER_LIT \"2\" 2\n"
                                "    right: NUMBER_LIT \"3\" 3\n");
    try_expression("a is missing", "COMPARE is missing\n  left: NAME \"a\"\n");
    try_expression("a +", "");
    try_expression("a b", "");
    is_text(node_word(NODE_MATCH_ON), "match on", "a word for a kind");
    is_text(verb_word(VERB_REJECT), "reject", "a word for a verb");
    is_text(compare_word(OP_IS_NOT_ONE_OF), "is not one of",
            "a word for an operator");
    return tap_done();
}
