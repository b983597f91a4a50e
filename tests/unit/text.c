/* Slices, UTF-8, distance, buffers and the two ways of making text safe. */
#include "config.h"

#include "base/text.h"
#include "tests/lib/tap.h"
#include <string.h>

static void test_slices(void)
{
    struct text t = TEXT(" \t a b \r\n");
    size_t at = 99;
    ok(text_is(text_trim(t), "a b"), "trims blanks, tabs and line ends");
    ok(text_is(text_trim(TEXT("\xC2\xA0x")), "\xC2\xA0x"), "but no others");
    ok(text_is(text_slice(TEXT("abc"), 1, 9), "bc"), "a slice ends in time");
    ok(text_slice(TEXT("abc"), 7, 1).len == 0, "a slice past the end is empty");
    ok(text_find(TEXT("abcabd"), TEXT("abd"), &at) && at == 3, "finds");
    ok(!text_find(TEXT("ab"), TEXT("abc"), &at), "longer part is not found");
    ok(text_find(TEXT_NONE, TEXT_NONE, &at) && at == 0, "nothing in nothing");
    struct text rest = TEXT("a,,b");
    ok(text_is(text_cut(&rest, ','), "a"), "cut at the first mark");
    ok(text_is(text_cut(&rest, ','), ""), "… nothing between two");
    ok(text_is(text_cut(&rest, ','), "b"), "… the last part");
    ok(rest.len == 0 && text_cut(&rest, ',').len == 0, "… then nothing");
    ok(text_compare(TEXT("a"), TEXT("ab")) < 0, "a before ab");
    ok(text_compare(TEXT("\xC3\xA9"), TEXT("z")) > 0, "bytes are unsigned");
    ok(text_equal(TEXT_NONE, TEXT("")), "empty is empty");
    ok(text_starts(TEXT("abc"), TEXT("ab")) && !text_starts(TEXT("a"), TEXT("ab")),
       "starts");
    ok(text_ends(TEXT("abc"), TEXT("bc")) && !text_ends(TEXT("c"), TEXT("bc")),
       "ends");
    ok(text_equal_nocase(TEXT("AbC"), TEXT("aBc")), "case of A-Z");
    ok(!text_equal_nocase(TEXT("[a"), TEXT("{a")), "only letters have case");
    ok(text_hash(TEXT("a"), 1) != text_hash(TEXT("a"), 2), "the seed counts");
    ok(text_hash(TEXT("a"), 1) != text_hash((struct text){ "a\0", 2 }, 1),
       "a NUL at the end counts");
}

struct decode_case {
    const char *bytes;
    long long first;
    size_t moved;
};

static const struct decode_case decodes[] = {
    { "a", 'a', 1 },
    { "\xC3\xA9", 0xE9, 2 },
    { "\xE2\x82\xAC", 0x20AC, 3 },
    { "\xF0\xA0\xAE\xB7", 0x20BB7, 4 },
    { "\xC0\x80", -1, 1 },
    { "\xE0\x80\x80", -1, 1 },
    { "\xED\xA0\x80", -1, 1 },
    { "\xF4\x90\x80\x80", -1, 1 },
    { "\xF5\x80\x80\x80", -1, 1 },
    { "\x80", -1, 1 },
    { "\xE2\x82", -1, 1 },
    { "\xE2(\xA1", -1, 1 },
};

static void test_utf8(void)
{
    for (size_t i = 0; i < sizeof decodes / sizeof *decodes; i++) {
        size_t at = 0;
        is_int(utf8_decode(text_of(decodes[i].bytes), &at), decodes[i].first,
               "decodes row %zu", i);
        is_int((long long)at, (long long)decodes[i].moved, "and moves");
    }
    int wrong = 0;
    for (int32_t c = 1; c < 0x110000; c++) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        char out[4];
        size_t at = 0;
        size_t len = utf8_encode(c, out);
        wrong += utf8_decode((struct text){ out, len }, &at) != c || at != len;
    }
    is_int(wrong, 0, "every code point there and back");
    size_t bad = 0;
    ok(utf8_valid(TEXT("plain text \xE2\x82\xAC"), NULL), "valid");
    ok(!utf8_valid(TEXT("0123456789\xFF"), &bad) && bad == 10, "not valid at 10");
    is_int((long long)utf8_count(TEXT("a\xC3\xA9\xF0\xA0\xAE\xB7")), 3, "counts");
    ok(text_is(utf8_left(TEXT("a\xC3\xA9z"), 2), "a\xC3\xA9"), "left 2");
    ok(text_is(utf8_left(TEXT("abcdefghijk"), 10), "abcdefghij"), "left 10");
    ok(utf8_left(TEXT("abc"), 0).len == 0, "left 0");
}

struct column_case {
    const char *text;
    long long columns;
    const char *what;
};

static const struct column_case columns[] = {
    { "abc", 3, "ASCII" },
    { "\xC3\xA9", 1, "e with acute, one character" },
    { "e\xCC\x81", 1, "e with a combining acute" },
    { "\xE6\x97\xA5\xE6\x9C\xAC", 4, "two ideographs" },
    { "\xED\x95\x9C", 2, "a Hangul syllable" },
    { "\xF0\x9F\x98\x80", 2, "an emoji" },
    { "a\xE2\x80\x8B" "b", 2, "a zero-width space" },
    { "\xF0\xA0\xAE\xB7", 2, "an ideograph past the first plane" },
    { "\xD0\x96\xCE\xA9", 2, "Cyrillic and Greek" },
};

static void test_columns(void)
{
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        is_int((long long)utf8_columns(text_of(columns[i].text)),
               columns[i].columns, "columns of %s", columns[i].what);
}

struct distance_case {
    const char *a, *b;
    long long limit, want;
};

static const struct distance_case distances[] = {
    { "status", "status", 3, 0 },     { "status", "statsu", 3, 1 },
    { "status", "stats", 3, 1 },      { "Terminted", "TERMINATED", 3, 1 },
    { "Code", "code", 3, 1 },         { "abc", "xyz", 2, 3 },
    { "abc", "abcdefgh", 2, 3 },      { "", "ab", 3, 2 },
    { "kitten", "sitting", 5, 3 },    { "\xC3\xA9t\xC3\xA9", "ete", 3, 2 },
    { "Description", "Desciption", 3, 1 },
};

static void test_distance(void)
{
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        const struct distance_case *c = &distances[i];
        is_int((long long)text_distance(text_of(c->a), text_of(c->b),
                                        (size_t)c->limit),
               c->want, "%s to %s", c->a, c->b);
    }
}

static void test_buffers(void)
{
    struct buf b;
    buf_init(&b, 10);
    is_text(buf_cstr(&b), "", "an empty buffer is an empty string");
    buf_str(&b, "12345678");
    ok(!b.full, "within the ceiling");
    buf_str(&b, "abc");
    ok(b.full, "past it");
    is_text(buf_cstr(&b), "12345678", "stays as it was");
    buf_byte(&b, 'x');
    is_int((long long)b.len, 8, "and takes nothing more");
    buf_reset(&b);
    buf_printf(&b, "%05d", 42);
    is_text(buf_cstr(&b), "00042", "a reset starts again");
    buf_fini(&b);
    buf_init(&b, 0);
    for (int i = 0; i < 1000; i++)
        buf_printf(&b, "%d,", i);
    is_int((long long)b.len, 3890, "grows");
    buf_fini(&b);
}

struct safe_case {
    const char *bytes;
    size_t len;
    const char *json, *printable;
};

#define BYTES(s) s, sizeof(s) - 1

static const struct safe_case safes[] = {
    { BYTES("plain"), "\"plain\"", "plain" },
    { BYTES("a\"b\\c"), "\"a\\\"b\\\\c\"", "a\"b\\c" },
    { BYTES("a\nb\tc\r"), "\"a\\nb\\tc\\r\"", "a\\x0Ab\\x09c\\x0D" },
    { BYTES("\0\x1b[31m"), "\"\\u0000\\u001b[31m\"", "\\x00\\x1B[31m" },
    { BYTES("\xE2\x80\xAEtxt"), "\"\xE2\x80\xAEtxt\"", "\\u{202E}txt" },
    { BYTES("\xC2\x9B"), "\"\xC2\x9B\"", "\\u{009B}" },
    { BYTES("\xFF\xC3"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"", "\\xFF\\xC3" },
    { BYTES("\xC3\xA9\xE6\x97\xA5"), "\"\xC3\xA9\xE6\x97\xA5\"",
      "\xC3\xA9\xE6\x97\xA5" },
    { BYTES("\x7F"), "\"\\u007f\"", "\\x7F" },
};

static void test_safe(void)
{
    for (size_t i = 0; i < sizeof safes / sizeof *safes; i++) {
        struct buf b;
        buf_init(&b, 0);
        struct text t = { safes[i].bytes, safes[i].len };
        buf_json_string(&b, t);
        is_text(buf_cstr(&b), safes[i].json, "JSON of row %zu", i);
        buf_reset(&b);
        buf_printable(&b, t);
        is_text(buf_cstr(&b), safes[i].printable, "printable row %zu", i);
        buf_fini(&b);
    }
}

int main(void)
{
    test_slices();
    test_utf8();
    test_columns();
    test_distance();
    test_buffers();
    test_safe();
    return tap_done();
}
