/* Documents as trees: what is read is what is printed, whatever the number. */
#include "config.h"
#include "tests/lib/tap.h"

#include "runtime/json.h"
#include <stdio.h>
#include <string.h>

static void round_trips(void)
{
    static const struct {
        const char *in, *out; /* out NULL: as in; "": refused */
    } rows[] = {
        { "{}", NULL },
        { "[]", NULL },
        { "null", NULL },
        { "{\"b\":1,\"a\":2}", NULL },
        { "[1,-0,0.10,12.50,1e3,-1.5E-7]", NULL },
        { "[123456789012345678901234567890.123456789]", NULL },
        { "{\"t\":\"a\\\"b\\\\c\\n\"}", NULL },
        { "\"\\u00e9\\ud83d\\ude00\"", "\"é😀\"" },
        { " [ true , false ] ", "[true,false]" },
        { "", "" },
        { "  ", "" },
        { "{", "" },
        { "[1,]", "" },
        { "[01]", "" },
        { "[1] x", "" },
        { "{\"a\":1,\"a\":2}", "" },
        { "{\"a\":1,\"\\u0061\":2}", "" },
        { "\"\xff\"", "" },
        { "\"\\ud800\"", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = { 0 };
        struct buf b;
        struct doc *d = doc_parse(text_of(rows[i].in), &err);
        const char *want = rows[i].out ? rows[i].out : rows[i].in;
        buf_init(&b, 0);
        if (d)
            doc_print(d, DOC_COMPACT, &b);
        is_text(buf_cstr(&b), want, "%s", rows[i].in);
        ok((d == NULL) == (err.text[0] != '\0'), "a refusal has a sentence");
        buf_fini(&b);
        doc_drop(d);
    }
}

static void too_deep(void)
{
    char text[400];
    struct error err = { 0 };
    memset(text, '[', 200);
    memset(text + 200, ']', 200);
    struct doc *d = doc_parse((struct text){ text, 400 }, &err);
    ok(d == NULL && strstr(err.text, "deeper") != NULL, "nested too deep");
}

static void looking_and_changing(void)
{
    struct error err = { 0 };
    int64_t whole = 0;
    struct doc *d = doc_parse(
        TEXT("{\"a\":{\"b\":[10,{\"c\":\"x\"}]},\"n\":12.50,\"q\":\"77\"}"),
        &err);
    is_text(doc_as_text(doc_path(d, "a.b.1.c")).ptr, "x", "a path");
    ok(doc_path(d, "a.b.9.c") == NULL, "a path to nowhere");
    is_text(doc_str(d, "n"), "12.50", "digits as they were");
    ok(!doc_as_int(doc_get(d, "n"), &whole), "not whole");
    ok(doc_as_int(doc_get(d, "q"), &whole) && whole == 77, "whole in quotes");
    is_int(doc_whole(d, "none", 5), 5, "a default");
    struct doc *copy = doc_copy(d);
    ok(doc_equal(d, copy), "a copy is equal");
    doc_set_string(copy, "n", "other");
    ok(!doc_equal(d, copy), "and apart");
    doc_unset(copy, "a");
    is_int((long long)doc_count(copy), 2, "a member taken off");
    doc_set(copy, "n", doc_number(TEXT("12.5")));
    ok(doc_equal(doc_get(copy, "n"), doc_get(d, "n")), "12.5 is 12.50");
    struct doc *list = doc_list();
    for (int i = 0; i < 20; i++)
        doc_add(list, doc_int(i));
    doc_remove(list, 0);
    is_text(doc_as_text(doc_at(list, 0)).ptr, "1", "an element taken off");
    doc_drop(list);
    doc_drop(copy);
    doc_drop(d);
}

static void bytes_that_are_no_text(void)
{
    struct doc *d = doc_text((struct text){ "a\xff" "b", 3 });
    is_text(doc_as_text(d).ptr, "a?b", "no UTF-8 becomes ?");
    doc_drop(d);
}

int main(void)
{
    round_trips();
    too_deep();
    looking_and_changing();
    bytes_that_are_no_text();
    return tap_done();
}
