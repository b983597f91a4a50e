/* The JSON readers: what is taken, what is refused and where, picks, walks,
 * and the writer. Fault numbers are those of the payload section of the fault
 * matrix (60-62, 120-135). */
#include "config.h"

#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>

struct grammar_case {
    const char *json;
    size_t len;       /* 0: strlen */
    const char *what; /* NULL: taken */
    size_t offset;
};

#define NUL_TEXT "\"admin\0x\""

static const struct grammar_case grammar[] = {
    { "{}", 0, NULL, 0 },
    { " [1, 2.50, -0.1, 1e3, 1E-3] ", 0, NULL, 0 },
    { "{\"a\":{\"b\":[true,false,null]}}", 0, NULL, 0 },
    { "\"\\u00e9 \\ud83d\\ude00 \\\" \\\\ \\/\"", 0, NULL, 0 },
    { "\"caf\xc3\xa9 \xf0\x9f\x98\x80\"", 0, NULL, 0 },
    { "123456789012345678901234567890", 0, NULL, 0 },
    /* 60: truncated */
    { "", 0, "there is nothing to read", 0 },
    { "{\"a\":1", 0, "the text ends too early", 6 },
    { "{\"a\":\"x", 0, "the text ends inside a string", 7 },
    { "[1,2", 0, "the text ends too early", 4 },
    { "[1,", 0, "the text ends too early", 3 },
    /* 121: no numbers of JSON */
    { "NaN", 0, "a value was expected here", 0 },
    { "Infinity", 0, "a value was expected here", 0 },
    { "+1", 0, "a value was expected here", 0 },
    { "[01]", 0, "a number must not start with 0", 1 },
    { "1.", 0, "digits are missing after the point", 0 },
    { "1e", 0, "digits are missing after the e", 0 },
    { ".5", 0, "a value was expected here", 0 },
    /* 126: UTF-8 */
    { "\"\xff\"", 0, "these bytes are no UTF-8", 1 },
    { "\"ab\xc0\xaf\"", 0, "these bytes are no UTF-8", 3 },
    { "\"\xed\xa0\x80\"", 0, "these bytes are no UTF-8", 1 },
    { "\"\xf4\x90\x80\x80\"", 0, "these bytes are no UTF-8", 1 },
    { "\"\xe2\x82\"", 0, "these bytes are no UTF-8", 1 },
    { "\"\\ud800\"", 0, "a lone surrogate is no character", 1 },
    { "\"\\ud800\\u0041\"", 0, "a lone surrogate is no character", 1 },
    { "\"\\udc00\"", 0, "a lone surrogate is no character", 1 },
    /* 127: NUL */
    { NUL_TEXT, sizeof NUL_TEXT - 1, "a NUL character is not taken", 6 },
    { "\"\\u0000\"", 0, "a NUL character is not taken", 1 },
    { "\"a\nb\"", 0,
      "a control character or line end stands inside a string", 2 },
    { "\"\\x\"", 0, "JSON has no such escape", 1 },
    { "\"\\u12g4\"", 0, "four hexadecimal digits must follow \\u", 1 },
    /* 135: two documents */
    { "{} {}", 0, "something stands behind the end", 3 },
    { "{}x", 0, "something stands behind the end", 2 },
    { "[1 2]", 0, "a comma or a closing bracket was expected", 3 },
    { "{\"a\" 1}", 0, "a colon was expected here", 5 },
    { "{a:1}", 0, "a name in quotes was expected here", 1 },
    { "{\"a\":1,}", 0, "a name in quotes was expected here", 7 },
    { "[1,]", 0, "a value was expected here", 3 },
    { "{]", 0, "a name in quotes was expected here", 1 },
    { "[}", 0, "a value was expected here", 1 },
};

static void check_grammar(void)
{
    for (size_t i = 0; i < sizeof grammar / sizeof grammar[0]; i++) {
        const struct grammar_case *c = &grammar[i];
        struct text t = { c->json, c->len ? c->len : strlen(c->json) };
        struct error err = { .kind = ERROR_NONE };
        char want[300] = "";
        int result = json_skim(t, NULL, 0, &err);
        if (c->what)
            snprintf(want, sizeof want, "not JSON: %s, byte %zu", c->what,
                     c->offset);
        is_text(err.text, want, "grammar case %zu", i + 1);
        is_int(result, c->what ? -1 : 0, "case %zu is %s", i + 1,
               c->what ? "refused" : "taken");
    }
}

/* The same text behind every offset of a 16 byte step. */
static void check_offsets(void)
{
    char text[128];
    bool fine = true, found = true;
    for (int pad = 0; pad < 40; pad++) {
        struct error err = { .kind = ERROR_NONE };
        int len = snprintf(text, sizeof text, "[\"%*s\",\"q\"]", pad, "");
        fine &= json_skim((struct text){ text, (size_t)len }, NULL, 0, &err) ==
                0;
        text[2 + pad / 2] = '\n';
        found &= pad < 2 || json_skim((struct text){ text, (size_t)len },
                                      NULL, 0, &err) != 0;
    }
    ok(fine, "strings end at every offset");
    ok(found, "a line end is seen at every offset");
}

static void check_depth(void)
{
    static char deep[200001];
    struct error err = { .kind = ERROR_NONE };
    memset(deep, '[', 100000);
    memset(deep + 100000, ']', 100000);
    is_int(json_skim((struct text){ deep, 200000 }, NULL, 0, &err), -1,
           "100,000 brackets are refused [125]");
    ok(strstr(err.text, "nested too deeply") != NULL, "%s", err.text);
    size_t most = JSON_DEPTH_MAX;
    is_int(json_skim((struct text){ deep + 100000 - most, 2 * most }, NULL, 0,
                     &err),
           0, "%zu are taken", most);
}

static void check_picks(void)
{
    static const char body[] =
        "{\"d\":{\"__next\":\"https:\\/\\/x\\/?a=1\",\"results\":[{\"ID\":7},"
        "{\"ID\":12345678901234567890123}]},\"ok\":true,\"none\":null,"
        "\"n\":\"42\"}";
    struct json_pick picks[] = { { "d.__next", TEXT_NONE },
                                 { "d.results.1.ID", TEXT_NONE },
                                 { "ok", TEXT_NONE },
                                 { "none", TEXT_NONE },
                                 { "d.absent.deeper", TEXT_NONE },
                                 { "d.results.9", TEXT_NONE } };
    struct error err = { .kind = ERROR_NONE };
    struct arena arena;
    int64_t n = 0;
    arena_init(&arena);
    is_int(json_skim(TEXT(body), picks, 6, &err), 0, "picks");
    is_text(text_cstr(&arena, json_text(&arena, picks[0].raw)),
            "https://x/?a=1", "a text is decoded");
    is_text(text_cstr(&arena, picks[1].raw), "12345678901234567890123",
            "a number keeps its digits [120]");
    ok(json_true(picks[2].raw), "true");
    is_int(json_kind(picks[3].raw), JSON_NULL, "null");
    is_int((long long)picks[4].raw.len, 0, "an absent member is empty");
    is_int((long long)picks[5].raw.len, 0, "an absent item is empty");
    ok(json_get_int64(TEXT(body), "n", &n) && n == 42,
       "a number within a text");
    struct json_pick twice = { "a", TEXT_NONE };
    is_int(json_skim(TEXT("{\"a\":1,\"a\":2}"), &twice, 1, &err), -1,
           "a name that is there twice is refused [124]");
    struct json_items it = json_items(json_get(TEXT(body), "d.results"));
    int count = 0;
    while (json_next(&it))
        count++;
    is_int(count, 2, "items of a list");
    it = json_items(TEXT("{ \"a\" : 1 , \"b\":[2] }"));
    ok(json_next(&it) && text_is(it.name, "a") && text_is(it.value, "1"),
       "first member");
    ok(json_next(&it) && text_is(it.name, "b") && text_is(it.value, "[2]"),
       "second member");
    ok(!json_next(&it), "no third one");
    arena_fini(&arena);
}

static void check_writer(void)
{
    struct buf b;
    struct decimal d = { 110, 2 };
    buf_init(&b, 0);
    struct json_out w = json_out(&b);
    json_begin_object(&w);
    json_put_string(&w, "a\"b", TEXT("line\nend \x01 \\ é"));
    json_key(&w, "list");
    json_begin_array(&w);
    json_number(&w, d);
    json_int(&w, -7);
    json_begin_object(&w);
    json_end_object(&w);
    json_null(&w);
    json_end_array(&w);
    json_put_bool(&w, "yes", true);
    json_end_object(&w);
    is_text(buf_cstr(&b),
            "{\"a\\\"b\":\"line\\nend \\u0001 \\\\ é\","
            "\"list\":[1.10,-7,{},null],\"yes\":true}",
            "what is written");
    struct error err = { .kind = ERROR_NONE };
    is_int(json_skim(buf_view(&b), NULL, 0, &err), 0, "is read again");
    buf_fini(&b);
}

int main(void)
{
    check_grammar();
    check_offsets();
    check_depth();
    check_picks();
    check_writer();
    return tap_done();
}
