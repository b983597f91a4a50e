/* Exact Online's driver alone: what it asks for to the byte, what it takes for
 * an answer, and what it makes of refusals. Strict in what is sent, liberal in
 * what is read: whatever form an answer has been reported in is here. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/wire.h"

#include "connectors/exact/exact.h"
#include "lang/ast.h"
#include "lang/check.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1795176000000) /* 2026-11-20T12:00:00Z */
#define URL "http://127.0.0.1:1"
#define G1 "11111111-1111-4111-8111-111111111111"
#define G2 "22222222-2222-4222-8222-222222222222"
#define G3 "33333333-3333-4333-8333-333333333333"
#define NOBODY "00000000-0000-0000-0000-000000000000"

static struct arena arena;
static struct program program;
static const struct connector *k;

static struct text setting(const struct connection_info *c, const char *name)
{
    (void)c;
    return strcmp(name, "division") == 0 ? TEXT("7") : TEXT_NONE;
}

static const struct connection_info info = {
    .name = { "Exact", 5 },
    .url = { URL, sizeof URL - 1 },
    .setting = setting,
    .learnt = setting,
    .now_ms = NOW,
};

static struct text secret_of(const struct credential *c, const char *name)
{
    (void)c;
    return strcmp(name, "webhook_secret") == 0  ? TEXT("hook-secret")
           : strcmp(name, "client_id") == 0     ? TEXT("id")
           : strcmp(name, "client_secret") == 0 ? TEXT("se&cret")
           : strcmp(name, "access_token") == 0  ? TEXT("tok")
                                                : TEXT("ref/resh+");
}

static const struct credential credential = { .get = secret_of };

/* -------------------------------------------------------------------- reading
 */
/* The address without its query. */
static const char *place_of(const struct read_spec *spec, struct text next)
{
    char *path = arena_strdup(&arena, wire_path(spec, next));
    path[strcspn(path, "?")] = '\0';
    return path;
}

static const char *filter_of(const struct read_spec *spec, struct text next)
{
    return wire_option(wire_path(spec, next), "$filter");
}

static void test_roads(void)
{
    static const struct {
        const char *object, *fields;
        enum read_mode mode;
        const char *cursor, *place, *filter, *select;
    } rows[] = {
        { "costcenter", "Code", READ_ALL, "", "/api/v1/7/hrm/Costcenters", "",
          "ID,Code" },
        { "costcenter", "Code", READ_CHANGES, "", "/api/v1/7/hrm/Costcenters",
          "", "ID,Modified,Code" },
        { "costcenter", "Code", READ_CHANGES, "1731320070997",
          "/api/v1/7/hrm/Costcenters",
          "Modified ge datetime'2024-11-11T09:14:30'", "ID,Modified,Code" },
        { "glaccount", "Code", READ_ALL, "",
          "/api/v1/7/bulk/Financial/GLAccounts", "", "ID,Code" },
        { "glaccount", "Code", READ_CHANGES, "",
          "/api/v1/7/sync/Financial/GLAccounts", "Timestamp gt 0L",
          "ID,Timestamp,Code" },
        { "glaccount", "Code", READ_CHANGES, "12;9",
          "/api/v1/7/sync/Financial/GLAccounts", "Timestamp gt 12L",
          "ID,Timestamp,Code" },
        { "account", "Name", READ_ALL, "", "/api/v1/7/bulk/CRM/Accounts",
          "Modified ge datetime'1900-01-01T00:00:00'", "ID,Name" },
        /* what sync shows line by line is read by the modification time */
        { "sales_invoice", "Description", READ_CHANGES, "",
          "/api/v1/7/bulk/SalesInvoice/SalesInvoices",
          "Modified ge datetime'1900-01-01T00:00:00'", NULL },
        { "transaction_line", "Description", READ_ALL, "",
          "/api/v1/7/bulk/Financial/TransactionLines", NULL, NULL },
        { "transaction_line", "Description", READ_CHANGES, "5;5",
          "/api/v1/7/sync/Financial/TransactionLines", "Timestamp gt 5L",
          NULL },
        { "me", "FullName", READ_ALL, "", "/api/v1/current/Me", "",
          "UserID,FullName" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct read_spec s =
            wire_read(rows[i].object, rows[i].fields, rows[i].mode);
        s.cursor = text_of(rows[i].cursor);
        const char *path = wire_path(&s, TEXT_NONE);
        is_text(place_of(&s, TEXT_NONE), rows[i].place, "%s: where",
                rows[i].object);
        if (rows[i].filter)
            is_text(wire_option(path, "$filter"), rows[i].filter, "… $filter");
        if (rows[i].select)
            is_text(wire_option(path, "$select"), rows[i].select, "… $select");
    }
    struct read_spec one = wire_read("costcenter", "Code", READ_ONE);
    one.id = TEXT(G1);
    is_text(wire_path(&one, TEXT_NONE),
            "/api/v1/7/hrm/Costcenters(guid'" G1 "')?$select=ID%2CCode",
            "one, by its key");
    one = wire_read("division", "Description", READ_ONE);
    one.id = TEXT("42");
    is_text(place_of(&one, TEXT_NONE), "/api/v1/7/hrm/Divisions(42)",
            "a key that is a number");
    struct read_spec lines =
        wire_read("journal_entry", "JournalCode Lines", READ_ALL);
    is_text(place_of(&lines, TEXT_NONE),
            "/api/v1/7/generaljournalentry/GeneralJournalEntries", "lines");
    is_text(wire_option(wire_path(&lines, TEXT_NONE), "$expand"),
            "GeneralJournalEntryLines", "come with their header");
    ok(strstr(wire_option(wire_path(&lines, TEXT_NONE), "$select"),
              "GeneralJournalEntryLines/AmountFC") != NULL,
       "and their fields are named with its name");
}

/* ------------------------------------------------------------------- filters
 */
static void test_terms(void)
{
    struct value hundred = value_number(decimal_int(100));
    struct value seven = value_number(decimal_int(7));
    struct value yes = value_yesno(true), day = value_date(19753);
    struct value name = value_text(TEXT("O'Neil & co"));
    struct value digits = value_text(TEXT("25"));
    struct value letters = value_text(TEXT("AB"));
    struct value guid = value_text(TEXT(G1)), word = value_text(TEXT("x"));
    struct value status = value_text(TEXT("Customer"));
    struct value kind = value_text(TEXT("Processed"));
    const struct {
        const char *object, *field;
        int op;
        const struct value *value;
        const char *filter; /* NULL: it is not said */
    } rows[] = {
        { "costcenter", "Description", OP_IS, &name,
          "Description eq 'O''Neil & co'" },
        { "costcenter", "Description", OP_IS_NOT, &name,
          "Description ne 'O''Neil & co'" },
        { "costcenter", "EndDate", OP_GREATER, &day,
          "EndDate gt datetime'2024-01-31T00:00:00'" },
        { "costcenter", "EndDate", OP_IS_NOT, &day, NULL }, /* may be missing */
        { "costcenter", "Active", OP_IS, &yes, "Active eq true" },
        { "costcenter", "ID", OP_IS, &guid, "ID eq guid'" G1 "'" },
        { "costcenter", "ID", OP_IS, &word, "ID eq guid'" NOBODY "'" },
        { "costcenter", "Creator", OP_IS, &guid, "Creator eq guid'" G1 "'" },
        { "costcenter", "Code", OP_STARTS_WITH, &digits,
          "startswith(Code,'25')" },
        { "costcenter", "Code", OP_ENDS_WITH, &digits, "endswith(Code,'25')" },
        { "costcenter", "Code", OP_CONTAINS, &digits,
          "substringof('25',Code)" },
        { "costcenter", "Code", OP_GREATER, &digits, NULL }, /* whose order? */
        { "costcenter", "Division", OP_IS, &seven, "Division eq 7" },
        { "journal_entry", "Status", OP_IS, &kind, "Status eq 50" },
        { "journal_entry_line", "AmountFC", OP_IS, &hundred, NULL },
        { "account", "Status", OP_IS, &status, "Status eq 'C'" },
        { "account", "Code", OP_IS, &digits, "Code eq '                25'" },
        { "account", "Code", OP_IS, &letters, "trim(Code) eq 'AB'" },
        { "account", "Code", OP_STARTS_WITH, &digits,
          "startswith(trim(Code),'25')" },
        { "account", "Country", OP_IS, &letters, "trim(Country) eq 'AB'" },
        { "account", "Country", OP_ENDS_WITH, &letters,
          "endswith(trim(Country),'AB')" },
        { "glaccount", "Timestamp", OP_GREATER, &seven, "Timestamp gt 7L" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct object *o = wire_object(rows[i].object);
        const char *key = text_cstr(&arena, o->keys[0]);
        struct filter_term t = { object_field(o, text_of(rows[i].field)),
                                 rows[i].op, rows[i].value, 1 };
        struct read_spec s = wire_read(rows[i].object, key, READ_ALL);
        struct buf filter;
        buf_init(&filter, 0);
        s.terms = &t;
        s.term_count = 1;
        exact_add_terms(&s, false, 0, 1, &filter);
        is_text(buf_cstr(&filter), rows[i].filter ? rows[i].filter : "",
                "%s.%s", rows[i].object, rows[i].field);
        buf_fini(&filter);
    }
}

static void test_together(void)
{
    struct value yes = value_yesno(true), name = value_text(TEXT("a"));
    struct value many[500];
    const struct object *o = wire_object("costcenter");
    struct filter_term t[2] = {
        { object_field(o, TEXT("Active")), OP_IS, &yes, 1 },
        { object_field(o, TEXT("Description")), OP_IS, &name, 1 },
    };
    struct read_spec s = wire_read("costcenter", "Code", READ_CHANGES);
    s.terms = t;
    s.term_count = 2;
    s.cursor = TEXT("1731320070997");
    is_text(filter_of(&s, TEXT_NONE),
            "Active eq true and Description eq 'a' "
            "and Modified ge datetime'2024-11-11T09:14:30'",
            "all must hold");
    for (int i = 0; i < 500; i++)
        many[i] = value_text(text_of(arena_printf(&arena, "D%03d", i)));
    t[1] = (struct filter_term){ object_field(o, TEXT("Code")), OP_IS_ONE_OF,
                                 many, 500 };
    s.mode = READ_ALL;
    is_text(filter_of(&s, TEXT_NONE), "Active eq true",
            "a list too long for an address is looked at here, all of it");
    t[1].value_count = 3;
    is_text(filter_of(&s, TEXT_NONE),
            "Active eq true and (Code eq 'D000' or "
            "Code eq 'D001' or Code eq 'D002')",
            "a short one is sent");
    s = wire_read("account", "Name", READ_ALL);
    t[0].field = object_field(wire_object("account"), TEXT("CanDropShip"));
    s.terms = t;
    s.term_count = 1;
    is_text(filter_of(&s, TEXT_NONE),
            "Modified ge datetime'1900-01-01T00:00:00'",
            "a field that must not be filtered on is not");
}

/* ---------------------------------------------------------------------- keys
 */
/* Walks all batches; each answered in two pages. */
static void walk_keys(const char *object, const char *field, size_t count,
                      const char *(*key)(int), size_t calls)
{
    const struct object *o = wire_object(object);
    struct value *keys = ARENA_ARRAY(&arena, struct value, count);
    struct filter_term term = { object_field(o, text_of(field)), OP_IS_ONE_OF,
                                keys, count };
    struct read_spec s = wire_read(object, field, READ_KEYS);
    struct text next = TEXT_NONE;
    struct answer a;
    size_t asked = 0, batches = 0, longest = 0;
    s.terms = &term;
    s.term_count = 1;
    for (size_t i = 0; i < count; i++)
        keys[i] = value_text(text_of(key((int)i)));
    do {
        const char *path = wire_path(&s, next);
        const char *filter = wire_option(path, "$filter");
        struct page page;
        batches++;
        longest = strlen(path) > longest ? strlen(path) : longest;
        for (const char *at = filter; (at = strstr(at, " eq ")); at++)
            asked++;
        page = wire_answer(&s, next, 200,
                           "{\"d\":{\"results\":[],\"__next\":\"" URL
                           "/api/v1/7/x?$skiptoken=2\"}}",
                           &a);
        ok(strcmp(wire_path(&s, page.next), "/api/v1/7/x?$skiptoken=2") == 0,
           "%s: a second page of batch %zu", object, batches);
        page = wire_answer(&s, page.next, 200, "{\"d\":{\"results\":[]}}", &a);
        next = page.next;
    } while (next.len > 0 && batches < 100);
    is_int((long long)asked, (long long)count,
           "%s: every key is asked for once", object);
    is_int((long long)batches, (long long)calls, "in so many calls");
    ok(longest <= 2048, "none with an address over 2 KB (%zu)", longest);
}

static const char *short_key(int i)
{
    return arena_printf(&arena, "D%03d", i);
}

static const char *number_key(int i)
{
    return arena_printf(&arena, "%d", 1000 + i);
}

static const char *guid_key(int i)
{
    return arena_printf(&arena, "%08x-0000-4000-8000-000000000000", i);
}

/* ------------------------------------------- by a field of the lines */
static void test_lines(void)
{
    struct value keys[2] = { value_text(TEXT("k1")), value_text(TEXT("k2")) };
    const struct object *line = wire_object("journal_entry_line");
    struct filter_term term = { object_field(line, TEXT("Notes")), OP_IS_ONE_OF,
                                keys, 2 };
    struct read_spec s = wire_read("journal_entry", "JournalCode", READ_KEYS);
    struct answer a;
    struct page page;
    s.terms = &term;
    s.term_count = 1;
    is_text(place_of(&s, TEXT_NONE),
            "/api/v1/7/generaljournalentry/GeneralJournalEntryLines",
            "first the lines");
    is_text(filter_of(&s, TEXT_NONE), "(Notes eq 'k1' or Notes eq 'k2')",
            "with the keys");
    page = wire_answer(&s, TEXT_NONE, 200,
                       "{\"d\":{\"results\":[{\"EntryID\":\"" G1 "\"},"
                       "{\"EntryID\":\"" G1 "\"}],\"__next\":\"" URL
                       "/api/v1/7/x?$skiptoken=2\"}}",
                       &a);
    ok(a.kind == ANSWER_DONE && text_is(page.body, "[]") && page.next.len > 0,
       "which are no records yet");
    is_text(wire_path(&s, page.next), "/api/v1/7/x?$skiptoken=2",
            "their next page");
    page = wire_answer(&s, page.next, 200,
                       "{\"d\":{\"results\":[{\"EntryID\":\"" G2 "\"}]}}", &a);
    is_text(filter_of(&s, page.next),
            "(EntryID eq guid'" G1 "' or EntryID eq guid'" G2 "')",
            "then what they belong to, each once");
    page = wire_answer(&s, page.next, 200, "{\"d\":{\"results\":[]}}", &a);
    ok(a.kind == ANSWER_DONE && page.next.len == 0 &&
           strcmp(page.rows, "d.results") == 0,
       "and that is all");
    page = wire_answer(&s, TEXT_NONE, 200, "{\"d\":{\"results\":[]}}", &a);
    ok(a.kind == ANSWER_DONE && page.next.len == 0, "no lines, no records");
}

/* Sixty lines of as many records: more than one address holds. */
static void test_many_found(void)
{
    struct value key = value_text(TEXT("k1"));
    const struct object *line = wire_object("journal_entry_line");
    struct filter_term term = { object_field(line, TEXT("Notes")), OP_IS, &key,
                                1 };
    struct read_spec s = wire_read("journal_entry", "JournalCode", READ_KEYS);
    struct answer a;
    struct page page;
    struct buf body;
    size_t asked = 0, calls = 0, longest = 0;
    s.terms = &term;
    s.term_count = 1;
    buf_init(&body, 0);
    buf_str(&body, "{\"d\":{\"results\":[");
    for (int i = 0; i < 60; i++)
        buf_printf(&body, "%s{\"EntryID\":\"%s\"}", i ? "," : "", guid_key(i));
    buf_str(&body, "]}}");
    page = wire_answer(&s, TEXT_NONE, 200, buf_cstr(&body), &a);
    buf_fini(&body);
    while (page.next.len > 0 && calls < 20) {
        const char *path = wire_path(&s, page.next);
        longest = strlen(path) > longest ? strlen(path) : longest;
        for (const char *at = wire_option(path, "$filter");
             (at = strstr(at, "EntryID eq")); at++)
            asked++;
        calls++;
        page = wire_answer(&s, page.next, 200,
                           "{\"d\":{\"results\":[],\"__next\""
                           ":\"" URL "/api/v1/7/y?$skiptoken=1\"}}",
                           &a);
        page = wire_answer(&s, page.next, 200, "{\"d\":{\"results\":[]}}", &a);
    }
    is_int((long long)asked, 60, "all records found are asked for, once");
    is_int((long long)calls, 3, "a part at a time, over their pages");
    ok(longest <= 2048, "none with an address over 2 KB (%zu)", longest);
}

/* ------------------------------------------------------------------- answers
 */
static void test_shapes(void)
{
    static const struct {
        const char *name;
        enum read_mode mode;
        const char *body, *rows;
        bool single;
    } rows[] = {
        { "results", READ_ALL, "{\"d\":{\"results\":[{\"ID\":\"1\"}]}}",
          "d.results", false },
        { "a bare list", READ_ALL, "{\"d\":[{\"ID\":\"1\"}]}", "d", false },
        { "no rows", READ_ALL, "{\"d\":{\"results\":[]}}", "d.results", false },
        { "one record", READ_ONE, "{\"d\":{\"ID\":\"1\"}}", "d", true },
        { "one in a list", READ_ONE, "{\"d\":{\"results\":[{\"ID\":\"1\"}]}}",
          "d.results", false },
        { "one in a bare list", READ_ONE, "{\"d\":[{\"ID\":\"1\"}]}", "d",
          false },
        { "a list of one, unwrapped", READ_ALL, "{\"d\":{\"ID\":\"1\"}}", "d",
          true },
        { "blanks and lines", READ_ALL,
          " \r\n{ \"d\" : { \"results\" : [ ] , \"__count\" : \"0\" } }\n",
          "d.results", false },
    };
    struct answer a;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct read_spec s = wire_read("costcenter", "Code", rows[i].mode);
        struct page p = wire_answer(&s, TEXT_NONE, 200, rows[i].body, &a);
        is_int(a.kind, ANSWER_DONE, "%s is read", rows[i].name);
        is_text(p.rows ? p.rows : "", rows[i].rows, "… at its place");
        is_int(p.single, rows[i].single, "… as what it is");
    }
    struct read_spec s = wire_read("costcenter", "Code", READ_ALL);
    static const char *const none[] = { "",       "{}",
                                        "[]",     "not json",
                                        "<xml/>", "{\"d\":{\"results\":[" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        wire_answer(&s, TEXT_NONE, 200, none[i], &a);
        is_int(a.kind, ANSWER_FAILED, "`%s` is no answer", none[i]);
    }
}

static void test_next_links(void)
{
    static const struct {
        const char *link, *path; /* NULL: not followed */
    } rows[] = {
        { URL "/api/v1/7/x?$skiptoken=guid'a%20b'",
          "/api/v1/7/x?$skiptoken=guid'a%20b'" },
        { "http://localhost:1/api/v1/7/x?a=b", "/api/v1/7/x?a=b" },
        { "https://start.exactonline.nl/api/v1/7/x?a=b", "/api/v1/7/x?a=b" },
        { "https://start.exactonline.co.uk:443/api/v1/7/x?a=b",
          "/api/v1/7/x?a=b" },
        { "/api/v1/7/x?a=b", "/api/v1/7/x?a=b" },
        { "https://evil.example/api/v1/7/x?a=b", NULL },
        { "https://start.exactonline.nl.evil.example/x", NULL },
        { "https://start.exactonline.nl@evil.example/x", NULL },
        { "https://evil.example:443@start.exactonline.nl/x", NULL },
        { "http://127.0.0.1:2/x", NULL },
        { "//evil.example/x", NULL },
    };
    struct read_spec s = wire_read("costcenter", "Code", READ_ALL);
    struct answer a;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *body = arena_printf(
            &arena, "{\"d\":{\"results\":[],\"__next\":\"%s\"}}", rows[i].link);
        struct page p = wire_answer(&s, TEXT_NONE, 200, body, &a);
        if (rows[i].path)
            is_text(wire_path(&s, p.next), rows[i].path, "%s", rows[i].link);
        else
            ok(a.kind == ANSWER_REFUSED && p.next.len == 0, "not followed: %s",
               rows[i].link);
    }
    struct page p = wire_answer(&s, TEXT_NONE, 200,
                                "{\"d\":{\"results\":[],\"__next\":null}}", &a);
    ok(a.kind == ANSWER_DONE && p.next.len == 0, "a next that is null");
}

static void test_changes(void)
{
    struct read_spec s = wire_read("glaccount", "Code", READ_CHANGES);
    struct answer a;
    s.cursor = TEXT("10;8");
    struct page p = wire_answer(&s, TEXT_NONE, 200,
                                "{\"d\":{\"results\":[{\"Timestamp\":\"15\"},"
                                "{\"Timestamp\":12}]}}",
                                &a);
    is_text(place_of(&s, p.next), "/api/v1/7/sync/Deleted",
            "after the changes the deletions");
    is_text(filter_of(&s, p.next), "Timestamp gt 8L and EntityType eq 7",
            "of that kind since the last");
    struct page d = wire_answer(&s, p.next, 200,
                                "{\"d\":[{\"Timestamp\":20,\"EntityType\":7,"
                                "\"EntityKey\":\"" G1 "\"}]}",
                                &a);
    ok(d.deletions && text_is(d.body, "[{\"ID\":\"" G1 "\"}]"), "come as keys");
    is_text(text_cstr(&arena, d.next_cursor), "15;20",
            "both versions are kept");
    d = wire_answer(&s, p.next, 400, "{}", &a);
    is_text(wire_option(wire_path(&s, d.next), "$select"), "",
            "or asked for without $select");
    is_text(filter_of(&s, d.next), "Timestamp gt 8L and EntityType eq 7",
            "from the same place");
    d = wire_answer(&s, p.next, 403,
                    "{\"error\":{\"message\":{\"value\":"
                    "\"scope\"}}}",
                    &a);
    ok(a.kind == ANSWER_DONE && d.notice.len > 0,
       "an app that is not shown deletions goes on, and it is told");
    is_text(text_cstr(&arena, d.next_cursor), "15;-", "and remembered");
    s.cursor = TEXT("15;-");
    p = wire_answer(&s, TEXT_NONE, 200, "{\"d\":[]}", &a);
    ok(p.next.len == 0 && text_is(p.next_cursor, "15;-"),
       "then they are not asked for");
    p = wire_answer(&s, TEXT_NONE, 400, "{}", &a);
    ok(a.kind == ANSWER_DONE && p.next.len > 0,
       "a sync resource that wants no $select is asked again");
    is_text(wire_option(wire_path(&s, p.next), "$select"), "", "without it");
    is_text(filter_of(&s, p.next), "Timestamp gt 15L", "from the same place");
    struct page q =
        wire_answer(&s, p.next, 200, "{\"d\":[{\"Timestamp\":16}]}", &a);
    is_text(text_cstr(&arena, q.next_cursor), "16;-", "and read as ever");
    q = wire_answer(&s, p.next, 400, "{}", &a);
    is_int(a.kind, ANSWER_REFUSED, "a second refusal is one");
    s = wire_read("costcenter", "Code", READ_CHANGES);
    p = wire_answer(&s, TEXT_NONE, 200,
                    "{\"d\":[{\"Modified\":"
                    "\"\\/Date(1731320070997)\\/\"},{\"Modified\":\"/Date("
                    "-62135596800000+0000)/\"}]}",
                    &a);
    is_text(text_cstr(&arena, p.next_cursor), "1731320070997",
            "the latest change, in the server's own time");
    p = wire_answer(&s, TEXT_NONE, 200, "{\"d\":[]}", &a);
    is_int((long long)p.next_cursor.len, 0,
           "nothing read: the place does not move");
}

/* ------------------------------------------------------------------ verdicts
 */
static struct header *headers_of(const char *text)
{
    struct request r = { 0 };
    while (*text) {
        size_t name = strcspn(text, ":"), line = strcspn(text, "\n");
        request_header(&arena, &r,
                       arena_printf(&arena, "%.*s", (int)name, text),
                       text_dup(&arena, (struct text){ text + name + 2,
                                                       line - name - 2 }));
        text += line + (text[line] == '\n');
    }
    return r.headers;
}

#define ERROR_BODY(text)                                                     \
    "{\"error\":{\"code\":\"\",\"message\":{\"lang\":\"\",\"value\":\"" text \
    "\"}}}"
#define MINUTE_RESET "X-RateLimit-Minutely-Reset: 1795176060000\n"
#define DAY_RESET "X-RateLimit-Reset: 1795219200000\n"

static void test_verdicts(void)
{
    static const struct {
        int status;
        bool writes;
        const char *body, *headers;
        enum answer_kind kind;
        enum refusal refusal;
        int64_t until_ms;
        const char *reason;
    } rows[] = {
        { 401, false, "", "", ANSWER_SIGN_IN, REFUSAL_NONE, 0, NULL },
        { 200, false, "<title>Object moved</title>", "", ANSWER_SIGN_IN,
          REFUSAL_NONE, 0, NULL },
        { 302, true, "<h1>Object moved</h1>", "", ANSWER_SIGN_IN, REFUSAL_NONE,
          0, NULL },
        { 302, false, "", "", ANSWER_FAILED, REFUSAL_NONE, 0, NULL },
        { 400, false, ERROR_BODY("use $select"), "", ANSWER_REFUSED,
          REFUSAL_REQUEST, 0, "use $select" },
        { 400, true, ERROR_BODY("Error in stream"), "", ANSWER_REFUSED,
          REFUSAL_VALUE, 0, "Error in stream" },
        { 400, true, ERROR_BODY("Data already exists"), "", ANSWER_REFUSED,
          REFUSAL_DUPLICATE, 0, NULL },
        { 403, true, "", "Reason: NoDivisionAccess\n", ANSWER_REFUSED,
          REFUSAL_PERMISSION, 0, NULL },
        { 403, false, "", "", ANSWER_REFUSED, REFUSAL_PERMISSION, 0, NULL },
        { 404, true, "", "", ANSWER_REFUSED, REFUSAL_MISSING, 0, NULL },
        { 405, true, "", "", ANSWER_REFUSED, REFUSAL_VALUE, 0, NULL },
        { 408, true, "", "", ANSWER_FAILED, REFUSAL_NONE, 0, NULL },
        { 413, true, "", "", ANSWER_REFUSED, REFUSAL_TOO_LARGE, 0, NULL },
        { 429, true, "", "X-RateLimit-Minutely-Remaining: 0\n" MINUTE_RESET,
          ANSWER_WAIT, REFUSAL_NONE, 1795176061000, NULL },
        { 429, true, "", "X-RateLimit-Remaining: 0\n" DAY_RESET, ANSWER_WAIT,
          REFUSAL_QUOTA, 1795219201000, NULL },
        { 429, true, "", DAY_RESET, ANSWER_WAIT, REFUSAL_QUOTA, 1795219201000,
          NULL },
        { 429, false, "",
          "X-RateLimit-Remaining: 4000\n" DAY_RESET
          "X-RateLimit-Minutely-Remaining: 0\n" MINUTE_RESET,
          ANSWER_WAIT, REFUSAL_NONE, 1795176061000, NULL },
        { 429, false, "",
          "X-RateLimit-Remaining: 0\n" DAY_RESET
          "X-RateLimit-Minutely-Remaining: 3\n" MINUTE_RESET,
          ANSWER_WAIT, REFUSAL_QUOTA, 1795219201000, NULL },
        { 429, false, "", "", ANSWER_WAIT, REFUSAL_NONE, 0, NULL },
        { 500, true, ERROR_BODY("Verplicht: Omschrijving"), "", ANSWER_REFUSED,
          REFUSAL_VALUE, 0, "Verplicht: Omschrijving" },
        { 500, true, ERROR_BODY("Mandatory: Code"), "", ANSWER_REFUSED,
          REFUSAL_VALUE, 0, NULL },
        { 500, true, ERROR_BODY("Gegeven bestaat reeds. - Code: SAL"), "",
          ANSWER_REFUSED, REFUSAL_DUPLICATE, 0, NULL },
        { 500, true, ERROR_BODY("Onbekend: Boekjaar"), "", ANSWER_REFUSED,
          REFUSAL_PERIOD, 0, NULL },
        { 500, true, ERROR_BODY("Periode is afgesloten"), "", ANSWER_REFUSED,
          REFUSAL_PERIOD, 0, NULL },
        { 500, true, ERROR_BODY("Ongeldig: Dagboek"), "", ANSWER_REFUSED,
          REFUSAL_VALUE, 0, NULL },
        { 500, true, ERROR_BODY("De boeking is niet in evenwicht: 5"), "",
          ANSWER_REFUSED, REFUSAL_VALUE, 0, NULL },
        { 500, true,
          "<?xml version=\"1.0\"?><error><code></code><message "
          "xml:lang=\"en\">Mandatory: Code</message></error>",
          "", ANSWER_REFUSED, REFUSAL_VALUE, 0, "Mandatory: Code" },
        { 500, true, "Invalid: Cost center", "", ANSWER_REFUSED, REFUSAL_VALUE,
          0, "Invalid: Cost center" },
        { 500, true, "{\"error\":{\"message\":\"Invalid: X\"}}", "",
          ANSWER_REFUSED, REFUSAL_VALUE, 0, "Invalid: X" },
        { 500, true, ERROR_BODY("A problem occurred"), "", ANSWER_FAILED,
          REFUSAL_NONE, 0, "A problem occurred" },
        { 500, true, "<html><body>sorry</body></html>", "", ANSWER_FAILED,
          REFUSAL_NONE, 0, NULL },
        { 500, false, ERROR_BODY("Mandatory: x"), "", ANSWER_FAILED,
          REFUSAL_NONE, 0, NULL },
        { 503, true, "", "", ANSWER_FAILED, REFUSAL_NONE, 0, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response r = { .status = rows[i].status,
                              .body = text_of(rows[i].body),
                              .headers = headers_of(rows[i].headers) };
        struct answer a;
        exact_classify(&r, rows[i].writes, &arena, &a);
        ok(a.kind == rows[i].kind && a.refusal == rows[i].refusal, "%d %.40s",
           rows[i].status, rows[i].body);
        if (a.kind != rows[i].kind || a.refusal != rows[i].refusal)
            tap_diag("kind %d, refusal %d", a.kind, a.refusal);
        if (rows[i].until_ms)
            is_int(a.until_ms, rows[i].until_ms, "… until");
        if (rows[i].reason)
            is_text(text_cstr(&arena, a.reason), rows[i].reason, "… why");
    }
}

/* ------------------------------------------------------------------- writing
 */
static struct request written(enum write_op op, const struct record *record)
{
    struct write_item item = { .op = op,
                               .record = record,
                               .target_id = TEXT(G1) };
    struct write_spec spec = { record->shape->object, &item, 1 };
    struct request r = { 0 };
    struct error err = { 0 };
    if (exact_write_request(&info, &spec, &arena, &r, &err))
        tap_diag("%s", err.text);
    return r;
}

static void test_writes(void)
{
    const struct object *o = wire_object("costcenter");
    struct record *r = wire_record(wire_shape(o, "Code Description EndDate"));
    wire_set_text(r, "Code", "SAL");
    wire_set_text(r, "Description", "Sales \"EU\"");
    struct request q = written(WRITE_CREATE, r);
    is_text(q.method, "POST", "a create");
    is_text(text_cstr(&arena, q.path), "/api/v1/7/hrm/Costcenters", "… where");
    is_text(text_cstr(&arena, q.body),
            "{\"Code\":\"SAL\",\"Description\":\"Sales \\\"EU\\\"\"}",
            "… only what is set");
    is_text(q.content_type, "application/json", "… as JSON");
    is_text(wire_header(&q, "Accept"), "application/json", "… and JSON back");
    is_text(wire_header(&q, "Prefer"), "return=representation", "… all of it");
    ok(q.writes && !q.safe_to_repeat, "… not to be repeated blindly");
    wire_set(r, "EndDate", value_date(19753));
    q = written(WRITE_UPDATE, r);
    is_text(q.method, "PUT", "an update");
    is_text(text_cstr(&arena, q.path),
            "/api/v1/7/hrm/Costcenters(guid'" G1 "')", "… where");
    is_text(text_cstr(&arena, q.body),
            "{\"Description\":\"Sales \\\"EU\\\"\","
            "\"EndDate\":\"2024-01-31T00:00\"}",
            "… without what is only set at first, a day without zone");
    is_text(wire_header(&q, "Prefer"), "", "… and asks for nothing back");
    ok(q.safe_to_repeat, "… and may be repeated");
    struct value clear = { .tag = VALUE_CLEAR };
    wire_set(r, "EndDate", clear);
    q = written(WRITE_UPDATE, r);
    ok(strstr(text_cstr(&arena, q.body), "\"EndDate\":null") != NULL,
       "… empties a field with null");
}

static void test_journal_entry(void)
{
    const struct object *o = wire_object("journal_entry");
    struct record *r = wire_record(wire_shape(o, "JournalCode Currency Lines"));
    struct value_list *list = ARENA_NEW(&arena, struct value_list);
    struct decimal amount;
    decimal_parse(TEXT("-12.50"), &amount);
    wire_set_text(r, "JournalCode", "90");
    wire_set_text(r, "Currency", "EUR");
    struct record *line = wire_record(wire_shape(
        wire_object("journal_entry_line"), "AmountFC CostCenter GLAccount"));
    wire_set(line, "AmountFC", value_money(amount, 0));
    wire_set_text(line, "CostCenter", "SAL");
    wire_set_text(line, "GLAccount", G2);
    list->items = ARENA_ARRAY(&arena, struct value, 1);
    list->items[0] = (struct value){ .tag = VALUE_RECORD, .record = line };
    list->count = 1;
    wire_set(r, "Lines", (struct value){ .tag = VALUE_LIST, .list = list });
    struct request q = written(WRITE_CREATE, r);
    is_text(text_cstr(&arena, q.body),
            "{\"JournalCode\":\"90\",\"Currency\":\"EUR\","
            "\"GeneralJournalEntryLines\":[{\"AmountFC\":-12.50,"
            "\"CostCenter\":\"SAL\",\"GLAccount\":\"" G2 "\"}]}",
            "header and lines in one call, the cost center by its code");
}

static void test_created(void)
{
    static const struct {
        int status;
        const char *body, *headers, *id; /* NULL: nobody knows */
    } rows[] = {
        { 201, "{\"d\":{\"ID\":\"" G2 "\",\"Code\":\"SAL\"}}", "", G2 },
        { 201, "{\"d\":{\"ID\":\"" G2 "\",\"Code\":null}}", "", G2 },
        { 200, "{\"d\":{\"ID\":\"" G2 "\"}}", "", G2 },
        { 201, "{\"d\":{\"results\":[{\"ID\":\"" G2 "\"}]}}", "", G2 },
        { 201, "{\"d\":[{\"ID\":\"" G2 "\"}]}", "", G2 },
        { 201,
          "{\"d\":{\"__metadata\":{\"uri\":\"" URL
          "/api/v1/7/hrm/Costcenters(guid'" G2 "')\"}}}",
          "", G2 },
        { 201, "", "Location: " URL "/api/v1/7/hrm/Costcenters(guid'" G2 "')\n",
          G2 },
        { 201, "", "", NULL },
        { 201, "{\"d\":{}}", "", NULL },
    };
    struct write_item item = { .op = WRITE_CREATE };
    struct write_spec spec = { wire_object("costcenter"), &item, 1 };
    struct write_result got;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response r = { .status = rows[i].status,
                              .body = text_of(rows[i].body),
                              .headers = headers_of(rows[i].headers) };
        exact_write_answer(&info, &spec, &r, &arena, &got);
        if (rows[i].id)
            is_text(text_cstr(&arena, got.target_id), rows[i].id,
                    "created: %.60s", rows[i].body);
        else
            is_int(got.answer.kind, ANSWER_FAILED, "`%s` leaves it in doubt",
                   rows[i].body);
    }
    item = (struct write_item){ .op = WRITE_UPDATE, .target_id = TEXT(G1) };
    for (int status = 200; status <= 204; status += 4) {
        struct response r = { .status = status,
                              .body = status == 200
                                          ? TEXT("{\"d\":{\"ID\":\"x\"}}")
                                          : TEXT_NONE };
        exact_write_answer(&info, &spec, &r, &arena, &got);
        ok(got.answer.kind == ANSWER_DONE && text_is(got.target_id, G1),
           "an update answered %d", status);
    }
}

/* ------------------------------------------------------- sign-in and company
 */
static void test_tokens(void)
{
    static const struct {
        int status;
        const char *body, *headers;
        enum answer_kind kind;
        int64_t lives_ms;
    } rows[] = {
        { 200,
          "{\"access_token\":\"a\",\"token_type\":\"bearer\","
          "\"expires_in\":\"600\",\"refresh_token\":\"r\"}",
          "", ANSWER_DONE, 600000 },
        { 200,
          "{\"access_token\":\"a\",\"expires_in\":540,"
          "\"refresh_token\":\"r\"}",
          "", ANSWER_DONE, 540000 },
        { 200, "{\"access_token\":\"a\",\"refresh_token\":\"r\"}", "",
          ANSWER_DONE, 600000 },
        { 200, "{}", "", ANSWER_FAILED, 0 },
        { 400,
          "{\"error\":\"access_denied\",\"error_description\":\"Rate "
          "limit exceeded: access_token not expired\"}",
          "Reason: TooEarlyToRefreshTokens 12\n", ANSWER_WAIT, 0 },
        { 400, "", "Reason: TooEarlyToRefreshTokens\n", ANSWER_WAIT, 0 },
        { 401,
          "{\"error\":\"unauthorized_client\",\"error_description\":"
          "\"Old refresh token used.\"}",
          "", ANSWER_SIGN_IN, 0 },
        { 400,
          "{\"error\":\"invalid_request\",\"error_description\":"
          "\"expired 1/31/2026 1:00:00 PM\"}",
          "", ANSWER_SIGN_IN, 0 },
        { 400, "{\"error\":\"invalid_grant\"}", "", ANSWER_SIGN_IN, 0 },
        { 429, "", "", ANSWER_WAIT, 0 },
        { 500, "ExtractVariables", "", ANSWER_FAILED, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response r = { .status = rows[i].status,
                              .body = text_of(rows[i].body),
                              .headers = headers_of(rows[i].headers) };
        struct new_credential got = { .lives_ms = 0 };
        struct answer a;
        k->token_answer(&info, &r, &arena, &got, &a);
        is_int(a.kind, rows[i].kind, "token: %d %.50s", rows[i].status,
               rows[i].body);
        if (rows[i].lives_ms)
            is_int(got.lives_ms, rows[i].lives_ms, "… lives");
    }
    struct request q = { 0 };
    struct error err = { 0 };
    k->token_request(&info, &credential, TEXT_NONE, TEXT_NONE, TEXT_NONE,
                     &arena, &q, &err);
    is_text(text_cstr(&arena, q.body),
            "grant_type=refresh_token&refresh_token=ref%2Fresh%2B"
            "&client_id=id&client_secret=se%26cret",
            "credentials go in the form");
    is_text(q.content_type, "application/x-www-form-urlencoded", "as one");
    q = (struct request){ .method = "GET" };
    k->authorize(&info, &credential, &arena, &q, &err);
    is_text(wire_header(&q, "Authorization"), "Bearer tok", "a call bears it");
}

static char learnt_names[256];

static void learn(void *ctx, const char *name, struct text value)
{
    (void)ctx;
    size_t len = strlen(learnt_names);
    snprintf(learnt_names + len, sizeof learnt_names - len, "%s=%.*s ", name,
             TEXT_ARG(value));
}

static void test_company(void)
{
    static const struct {
        int step, status;
        const char *body, *headers, *learns;
        enum answer_kind kind;
    } rows[] = {
        { 0, 200,
          "{\"d\":{\"results\":[{\"CurrentDivision\":7,\"FullName\":"
          "\"Ann\"}]}}",
          "", "division=7 user=Ann ", ANSWER_DONE },
        { 0, 200, "{\"d\":[{\"CurrentDivision\":\"7\"}]}", "",
          "division=7 user= ", ANSWER_DONE },
        { 0, 200, "{\"d\":{\"CurrentDivision\":7}}", "",
          "division=7 user= ", ANSWER_DONE },
        { 1, 200,
          "{\"d\":{\"results\":[{\"Code\":8,\"Description\":\"B\"},"
          "{\"Code\":7,\"Description\":\"A\",\"Currency\":\"EUR\"}]}}",
          "", "company=A currency=EUR ", ANSWER_DONE },
        { 1, 200, "{\"d\":[]}", "", "", ANSWER_REFUSED },
        { 1, 404, "", "", "", ANSWER_DONE },
        { 1, 403, ERROR_BODY("the application scope is violated"), "", "",
          ANSWER_DONE },
        { 1, 403, "", "Reason: NoDivisionAccess\n", "", ANSWER_REFUSED },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response r = { .status = rows[i].status,
                              .body = text_of(rows[i].body),
                              .headers = headers_of(rows[i].headers) };
        struct answer a = { 0 };
        learnt_names[0] = '\0';
        k->discover_answer(&info, rows[i].step, &r, &arena, learn, NULL, &a);
        is_int(a.kind, rows[i].kind, "company: %d %.50s", rows[i].status,
               rows[i].body);
        is_text(learnt_names, rows[i].learns, "… learns");
    }
}

/* ------------------------------------------------------------------ webhooks
 */
static const char *signature(const char *content, bool upper)
{
    unsigned char mac[SHA256_LEN];
    char *hex = arena_alloc(&arena, 2 * SHA256_LEN + 1);
    crypto_hmac_sha256(TEXT("hook-secret"), text_of(content), mac);
    crypto_hex((struct text){ (const char *)mac, sizeof mac }, hex);
    for (char *c = hex; *c && upper; c++)
        *c = (char)toupper((unsigned char)*c);
    return hex;
}

#define CONTENT(rest)                                                       \
    "{\"Topic\":\"Accounts\",\"Division\":7,\"Action\":\"Update\",\"Key\":" \
    "\"" G1 "\"" rest "}"

static void test_hooks(void)
{
    static const struct {
        const char *content, *form; /* of the body: content, hash */
        bool upper;
        int verdict;
    } rows[] = {
        { CONTENT(""), "{\"Content\":%s,\"HashCode\":\"%s\"}", true, 0 },
        { CONTENT(""), "{\"Content\":%s,\"HashCode\":\"%s\"}", false, 0 },
        { CONTENT(",\"x\":\",\\\"HashCode\\\":\""),
          "{\"Content\":%s,\"HashCode\":\"%s\"}", true, 0 },
        { CONTENT(""), "{ \"Content\": %s, \"HashCode\": \"%s\" }", true, 0 },
        { CONTENT(""), "{\"Content\":%s,\"HashCode\":\"%s0\"}", true, 1 },
        { CONTENT(""), "{\"Content\": %s,\"HashCode\":\"00%.10s\"}", true, 1 },
        { "{\"Topic\":\"Accounts\",\"Division\":8,\"Action\":\"Update\","
          "\"Key\":\"x\"}",
          "{\"Content\":%s,\"HashCode\":\"%s\"}", true, 1 },
    };
    struct hook_event e;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf body;
        const char *hash = signature(rows[i].content, rows[i].upper);
        buf_init(&body, 0);
        const char *first = strstr(rows[i].form, "%s");
        buf_add(&body, rows[i].form, (size_t)(first - rows[i].form));
        buf_str(&body, rows[i].content);
        const char *second = strchr(first + 2, '%');
        buf_add(&body, first + 2, (size_t)(second - first - 2));
        buf_str(&body, strncmp(second, "%s", 2) == 0 ? hash : "abc");
        buf_str(&body, strpbrk(second, "s") + 1);
        struct hook_delivery d = { .body = buf_view(&body) };
        is_int(exact_hook_verify(&info, &credential, &d, &arena, &e),
               rows[i].verdict, "delivery %zu", i + 1);
        if (rows[i].verdict == 0)
            ok(strcmp(e.object, "account") == 0 && text_is(e.record_id, G1) &&
                   !e.deleted,
               "… names the record");
        buf_fini(&body);
    }
    struct hook_delivery d = { .body = TEXT_NONE };
    is_int(exact_hook_verify(&info, &credential, &d, &arena, &e), 0,
           "an empty body");
    ok(e.handshake, "is the call made at subscription");
    struct request q = { 0 };
    struct error err = { 0 };
    exact_hook_request(&info, wire_object("account"),
                       TEXT("https://x.example/h"), TEXT_NONE, &arena, &q,
                       &err);
    is_text(text_cstr(&arena, q.body),
            "{\"CallbackURL\":"
            "\"https://x.example/h\",\"Topic\":\"Accounts\"}",
            "subscribing");
    is_text(text_cstr(&arena, q.path),
            "/api/v1/7/webhooks/WebhookSubscriptions", "… where");
    exact_hook_request(&info, wire_object("account"), TEXT_NONE, TEXT(G2),
                       &arena, &q, &err);
    ok(strcmp(q.method, "DELETE") == 0 &&
           text_ends(q.path, TEXT("(guid'" G2 "')")),
       "unsubscribing");
    is_int(exact_hook_request(&info, wire_object("costcenter"), TEXT("x"),
                              TEXT_NONE, &arena, &q, &err),
           1, "cost centers have no topic");
}

int main(void)
{
    arena_init(&arena);
    k = wire_catalog(&program, &arena, "exact");
    wire_driver(k, &info);
    test_roads();
    test_terms();
    test_together();
    walk_keys("costcenter", "Code", 60, short_key, 1);
    walk_keys("costcenter", "Code", 200, short_key, 4);
    walk_keys("account", "Code", 60, number_key, 3);
    walk_keys("account", "ID", 100, guid_key, 4);
    test_lines();
    test_many_found();
    test_shapes();
    test_next_links();
    test_changes();
    test_verdicts();
    test_writes();
    test_journal_entry();
    test_created();
    test_tokens();
    test_company();
    test_hooks();
    program_fini(&program);
    arena_fini(&arena);
    return tap_done();
}
