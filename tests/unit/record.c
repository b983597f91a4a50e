/* Records: from the wire into slots and back, by every encoding, and what is
 * refused with which words. */
#include "config.h"

#include "runtime/record.h"
#include "runtime/rows.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIT(s) { (s), sizeof(s) - 1 }

static struct type text_type = { .kind = TYPE_TEXT, .optional = true,
                                 .length = -1, .scale = -1 };
static struct type must_text = { .kind = TYPE_TEXT, .length = -1,
                                 .scale = -1 };
static struct type number_type = { .kind = TYPE_NUMBER, .optional = true,
                                   .scale = -1 };
static struct type integer_type = { .kind = TYPE_INTEGER, .optional = true,
                                    .scale = 0 };
static struct type money_type = { .kind = TYPE_MONEY, .optional = true,
                                  .scale = 2 };
static struct type yesno_type = { .kind = TYPE_YESNO, .optional = true };
static struct type date_type = { .kind = TYPE_DATE, .optional = true };
static struct type datetime_type = { .kind = TYPE_DATETIME, .optional = true };
static struct enum_value colours[] = {
    { LIT("Red"), LIT("1"), true, false },
    { LIT("Blue"), LIT("blue"), false, false },
};
static struct type enum_type = { .kind = TYPE_ENUM, .optional = true,
                                 .values = colours, .value_count = 2 };
static struct object line_object;
static struct type line_type = { .kind = TYPE_RECORD, .optional = true,
                                 .object = &line_object };
static struct type lines_type = { .kind = TYPE_LIST, .optional = true,
                                  .item = &line_type };

#define FIELD(n, ...) \
    { .name = LIT(n), .type = &__VA_ARGS__ } /* its type, and more */

static struct field line_fields[] = {
    FIELD("Sum", money_type, .currency_from = LIT("Currency")),
    FIELD("Note", text_type, .empty_is_missing = true),
};
static struct field fields[] = {
    FIELD("Id", must_text),
    FIELD("Name", text_type, .encoding = LIT("padded")),
    FIELD("City", text_type, .wire = LIT("address.city")),
    FIELD("Street", text_type, .wire = LIT("address.street")),
    FIELD("Count", integer_type),
    FIELD("Rate", number_type),
    FIELD("Amount", money_type, .currency_from = LIT("Currency")),
    FIELD("Currency", text_type),
    FIELD("Cents", money_type, .encoding = LIT("cents")),
    FIELD("Noisy", money_type, .float_noise = true),
    FIELD("Active", yesno_type),
    FIELD("Flag", yesno_type, .encoding = LIT("0/1")),
    FIELD("Day", date_type),
    FIELD("MsDay", date_type, .encoding = LIT("ms date")),
    FIELD("At", datetime_type),
    FIELD("Epoch", datetime_type, .encoding = LIT("epoch ms")),
    FIELD("Colour", enum_type),
    FIELD("Wrapped", text_type, .encoding = LIT("value wrap")),
    FIELD("Version", integer_type, .encoding = LIT("text number")),
    FIELD("Pay", money_type, .encoding = LIT("object currency value")),
    FIELD("Hidden", number_type, .encoding = LIT("json text")),
    FIELD("Lines", lines_type, .encoding = LIT("results")),
};
static struct object object;

static void make_object(struct object *o, struct field *list, size_t count)
{
    o->name = TEXT("thing");
    o->fields = list;
    o->field_count = count;
    map_init(&o->by_name);
    for (size_t i = 0; i < count; i++) {
        if (!list[i].wire.len)
            list[i].wire = list[i].name;
        map_put(&o->by_name, list[i].name, &list[i]);
    }
}

struct case_of {
    const char *json, *want; /* want: as people read it, or the fault */
};

static const struct case_of cases[] = {
    { "{\"Id\":\"a\"}", "{\"Id\":\"a\"}" },
    { "{\"Id\":123456789012345678901234567890}",
      "{\"Id\":\"123456789012345678901234567890\"}" },
    { "{\"Id\":\"a\",\"Name\":\"  x \",\"other\":[1,{\"z\":2}],\"Count\":12}",
      "{\"Id\":\"a\",\"Name\":\"x\",\"Count\":12}" },
    { "{\"Id\":\"a\",\"address\":{\"zip\":1,\"city\":\"Utrecht\","
      "\"street\":\"Dom\"}}",
      "{\"Id\":\"a\",\"City\":\"Utrecht\",\"Street\":\"Dom\"}" },
    { "{\"Id\":\"a\",\"Rate\":1.10}", "{\"Id\":\"a\",\"Rate\":1.10}" },
    { "{\"Id\":\"a\",\"Rate\":0.1}", "{\"Id\":\"a\",\"Rate\":0.1}" },
    { "{\"Id\":\"a\",\"Rate\":9999999999999999999999999999999999}",
      "{\"Id\":\"a\",\"Rate\":9999999999999999999999999999999999}" },
    { "{\"Id\":\"a\",\"Rate\":-0}", "{\"Id\":\"a\",\"Rate\":0}" },
    { "{\"Id\":\"a\",\"Rate\":1.5e3}", "{\"Id\":\"a\",\"Rate\":1500}" },
    { "{\"Id\":\"a\",\"Rate\":1e999}",
      "Rate: 1e999 has more than 34 digits, byte 17" },
    { "{\"Id\":\"a\",\"Rate\":1e-999}",
      "Rate: 1e-999 has more than 12 decimals, byte 17" },
    { "{\"Id\":\"a\",\"Rate\":\"1\"}", "Rate: \"1\" is no number, byte 17" },
    { "{\"Id\":\"a\",\"Count\":1.5}",
      "Count: 1.5 has more decimals than the 0 of this field, byte 18" },
    { "{\"Id\":\"a\",\"Count\":3.0}", "{\"Id\":\"a\",\"Count\":3}" },
    { "{\"Id\":\"a\",\"Amount\":1.5,\"Currency\":\"EUR\"}",
      "{\"Id\":\"a\",\"Amount\":1.50,\"Currency\":\"EUR\"}" },
    { "{\"Id\":\"a\",\"Amount\":1.505}",
      "Amount: 1.505 has more decimals than the 2 of this field, byte 19" },
    { "{\"Id\":\"a\",\"Noisy\":1.1000000000000001}",
      "{\"Id\":\"a\",\"Noisy\":1.10}" },
    { "{\"Id\":\"a\",\"Cents\":-1999}", "{\"Id\":\"a\",\"Cents\":-19.99}" },
    { "{\"Id\":\"a\",\"Active\":true,\"Flag\":0}",
      "{\"Id\":\"a\",\"Active\":true,\"Flag\":false}" },
    { "{\"Id\":\"a\",\"Active\":\"true\"}",
      "Active: \"true\" is neither true nor false, byte 19" },
    { "{\"Id\":\"a\",\"Day\":\"2025-03-04\"}",
      "{\"Id\":\"a\",\"Day\":\"2025-03-04\"}" },
    { "{\"Id\":\"a\",\"Day\":\"2025-03-04T00:00:00\"}",
      "{\"Id\":\"a\",\"Day\":\"2025-03-04\"}" },
    { "{\"Id\":\"a\",\"Day\":\"0000-00-00\"}",
      "Day: \"0000-00-00\" is no date, byte 16" },
    { "{\"Id\":\"a\",\"Day\":\"1900-02-29\"}",
      "Day: \"1900-02-29\" is no date, byte 16" },
    { "{\"Id\":\"a\",\"Day\":\"04-03-25\"}",
      "Day: \"04-03-25\" is no date, byte 16" },
    { "{\"Id\":\"a\",\"MsDay\":\"\\/Date(1577836800000)\\/\"}",
      "{\"Id\":\"a\",\"MsDay\":\"2020-01-01\"}" },
    { "{\"Id\":\"a\",\"MsDay\":\"/Date(-86400000)/\"}",
      "{\"Id\":\"a\",\"MsDay\":\"1969-12-31\"}" },
    { "{\"Id\":\"a\",\"Epoch\":1577836800000}",
      "{\"Id\":\"a\",\"Epoch\":\"2020-01-01T00:00:00Z\"}" },
    { "{\"Id\":\"a\",\"At\":\"2025-03-04T16:05:00+02:00\"}",
      "{\"Id\":\"a\",\"At\":\"2025-03-04T14:05:00Z\"}" },
    { "{\"Id\":\"a\",\"Colour\":1}", "{\"Id\":\"a\",\"Colour\":\"Red\"}" },
    { "{\"Id\":\"a\",\"Colour\":\"green\"}",
      "Colour: \"green\" is none of the values it may have, byte 19" },
    { "{\"Id\":\"a\",\"Wrapped\":{\"value\":\"x\"}}",
      "{\"Id\":\"a\",\"Wrapped\":\"x\"}" },
    { "{\"Id\":\"a\",\"Wrapped\":{}}", "{\"Id\":\"a\"}" },
    { "{\"Id\":\"a\",\"Version\":\"9007199254740993\"}",
      "{\"Id\":\"a\",\"Version\":9007199254740993}" },
    { "{\"Id\":\"a\",\"Pay\":{\"value\":100.5,\"currency\":\"USD\"}}",
      "{\"Id\":\"a\",\"Pay\":100.50}" },
    { "{\"Id\":\"a\",\"Hidden\":\"7.25\"}", "{\"Id\":\"a\",\"Hidden\":7.25}" },
    { "{\"Id\":\"a\",\"Lines\":[{\"Sum\":1},{\"Sum\":2.50,\"Note\":\"\"}]}",
      "{\"Id\":\"a\",\"Lines\":[{\"Sum\":1.00},{\"Sum\":2.50}]}" },
    { "{\"Id\":\"a\",\"Lines\":{\"results\":[{\"Sum\":1}],\"__next\":\"x\"}}",
      "{\"Id\":\"a\",\"Lines\":[{\"Sum\":1.00}]}" },
    { "{\"Id\":\"a\",\"Lines\":{\"__deferred\":{\"uri\":\"x\"}}}",
      "{\"Id\":\"a\"}" },
    { "{\"Id\":\"a\",\"Lines\":[{\"Sum\":\"x\"}]}",
      "Lines.Sum: \"x\" is no number, byte 26" },
    { "{\"Id\":\"a\",\"Name\":null,\"Lines\":null}", "{\"Id\":\"a\"}" },
    { "{\"Id\":null}",
      "Id: is missing, though it is always there, byte 0" },
    { "{}", "Id: is missing, though it is always there, byte 0" },
    { "{\"Id\":\"a\",\"Id\":\"b\"}", "Id is there twice in one object, byte 10" },
    { "{\"Id\":\"a\",\"x\":1,\"x\":1}", "x is there twice in one object, byte 16" },
    { "{\"Id\":\"a\",\"\\u0049d\":1}",
      "Id is there twice in one object, byte 10" },
    { "{\"Id\":\"a\"} 1", "something stands behind the end, byte 11" },
    { "{\"Id\":\"a\"", "a comma or a closing bracket was expected, byte 9" },
    { "[]", "an object was expected here, byte 0" },
    { "{\"Id\":\"\xff\"}", "Id: these bytes are no UTF-8, byte 7" },
    { "{\"Id\":\"O'Brien %27 }\"}", "{\"Id\":\"O'Brien %27 }\"}" },
};

static void check_cases(struct arena *arena, struct record_plan *plan)
{
    /* twice: before and after the plan has learnt the names */
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            struct record *record;
            struct record_fault fault;
            struct buf b;
            buf_init(&b, 0);
            enum record_status status = record_parse(
                plan, text_of(cases[i].json), arena, &record, &fault);
            if (status == RECORD_READ)
                record_print_json(record, &b);
            else
                buf_str(&b, fault.text);
            is_text(buf_cstr(&b), cases[i].want, "%.60s", cases[i].json);
            buf_fini(&b);
        }
}

static void check_currencies(struct arena *arena, struct record_plan *plan)
{
    struct record *record;
    struct record_fault fault;
    struct buf b;
    buf_init(&b, 0);
    record_parse(plan,
                 TEXT("{\"Id\":\"a\",\"Lines\":[{\"Sum\":1}],\"Amount\":2,"
                      "\"Currency\":\"EUR\"}"),
                 arena, &record, &fault);
    value_print(record_get(record, TEXT("Amount")), &b);
    buf_byte(&b, ' ');
    const struct value *lines = record_get(record, TEXT("Lines"));
    value_print(&lines->list->items[0].record->slots[0], &b);
    is_text(buf_cstr(&b), "2.00 EUR 1.00 EUR",
            "amounts take their currency, lines from the record around");
    buf_fini(&b);
}

static void check_round_trip(struct arena *arena, struct record_plan *plan,
                             const struct shape *shape)
{
    static const char json[] =
        "{\"Id\":\"a\",\"Name\":\"x\",\"address\":{\"city\":\"U\",\"street\":"
        "\"D\"},\"Count\":12,\"Rate\":0.10,\"Amount\":1.50,\"Currency\":"
        "\"EUR\",\"Cents\":-1999,\"Active\":true,\"Flag\":1,\"Day\":"
        "\"2025-03-04\",\"Epoch\":1577836800000,\"Colour\":1,\"Wrapped\":"
        "{\"value\":\"w\"},\"Version\":\"12\",\"Pay\":{\"currency\":\"USD\","
        "\"value\":100.50},\"Hidden\":\"7.25\",\"Lines\":[{\"Sum\":1.00,"
        "\"Note\":\"n\"}]}";
    struct record *record, *again;
    struct record_fault fault;
    struct error err = { .kind = ERROR_NONE };
    struct buf b, image;
    buf_init(&b, 0);
    buf_init(&image, 0);
    enum record_status status =
        record_parse(plan, TEXT(json), arena, &record, &fault);
    is_int(status, RECORD_READ, "read: %s", fault.text);
    is_int(record_encode(record, NULL, NULL, &b, &err), 0, "written");
    is_text(buf_cstr(&b), json, "the wire's own form");
    record_pack(record, &image);
    again = record_unpack(arena, shape, buf_view(&image));
    buf_reset(&b);
    if (again)
        record_encode(again, NULL, NULL, &b, &err);
    is_text(buf_cstr(&b), json, "packed and unpacked");
    int damaged = 0;
    for (size_t len = 0; len < image.len; len++)
        damaged += record_unpack(arena, shape,
                                 (struct text){ image.ptr, len }) == NULL;
    is_int(damaged, (long long)image.len, "every cut image is noticed");
    buf_reset(&b);
    record_encode(record_dup(arena, record), NULL, NULL, &b, &err);
    is_text(buf_cstr(&b), json, "copied");
    buf_fini(&b);
    buf_fini(&image);
}

static void check_page(struct arena *arena, struct record_plan *plan)
{
    static const char body[] =
        "{\"d\":{\"results\":[{\"Id\":\"1\"},{\"Id\":7,\"Rate\":true},"
        "{\"Id\":\"3\"}]}}";
    struct record_page page;
    struct record *record;
    struct record_fault fault;
    struct error err = { .kind = ERROR_NONE };
    int read = 0, bad = 0;
    is_int(record_page_open(&page, plan, TEXT(body), "d.results", false, &err),
           0, "a page opens");
    for (;;) {
        enum record_status s =
            record_page_next(&page, arena, &record, NULL, &fault);
        if (s == RECORD_END)
            break;
        read += s == RECORD_READ;
        bad += s == RECORD_BAD;
    }
    is_int(read, 2, "good rows");
    is_int(bad, 1, "one bad row does not spoil the others");
    is_int(record_page_open(&page, plan,
                            (struct text){ body, sizeof body - 3 },
                            "d.results", false, &err),
           -1, "half a page is none [60]");
    is_int(record_page_open(&page, plan, TEXT("{\"d\":1}"), "d", false, &err),
           -1, "what is no list is refused");
}

/* ------------------------------------------------------------- files */
static void read_file(struct arena *arena, struct record_plan *plan,
                      const char *bytes, size_t len, const char *name,
                      const char *want)
{
    char path[] = "/tmp/mlc-rows-XXXXXX";
    struct rows rows;
    struct rows_options options;
    struct record *record;
    struct record_fault fault;
    struct error err = { .kind = ERROR_NONE };
    struct buf b;
    int fd = mkstemp(path);
    buf_init(&b, 0);
    ok(fd >= 0 && write(fd, bytes, len) == (ssize_t)len, "%s: a file", name);
    close(fd);
    rows_options_of(NULL, name, &options, &err);
    if (rows_open(&rows, path, &options, plan, arena, &err) != 0) {
        buf_str(&b, strchr(err.text, ':') ? strchr(err.text, ':') + 2
                                          : strchr(err.text + 1, ' ') + 1);
    } else {
        enum record_status s;
        do {
            s = rows_next(&rows, arena, &record, &fault);
            if (s == RECORD_READ)
                record_print_json(record, &b);
            else if (s != RECORD_END)
                buf_printf(&b, "%s(%s)", s == RECORD_BAD ? "bad" : "broken",
                           fault.text);
        } while (s == RECORD_READ || s == RECORD_BAD);
    }
    is_text(buf_cstr(&b), want, "%s", name);
    rows_close(&rows);
    unlink(path);
    buf_fini(&b);
}

struct file_case {
    const char *name, *bytes, *want;
    size_t len;
};

#define ROW_A "{\"Id\":\"a\"}"
#define ROW_B "{\"Id\":\"b\"}"

static const struct file_case files[] = {
    { "1.jsonl", ROW_A "\n\n" ROW_B "\r\n", ROW_A ROW_B, 0 },
    { "2.jsonl", ROW_A "\n{\n" ROW_B, ROW_A "bad(the text ends too early, byte 1)" ROW_B, 0 },
    { "3.jsonl", "\xef\xbb\xbf" ROW_A, ROW_A, 0 },
    { "4.jsonl", "", "", 0 },
    { "5.json", "[" ROW_A ", " ROW_B "]\n", ROW_A ROW_B, 0 },
    { "6.json", "[]", "", 0 },
    { "7.json", "[" ROW_A ",{\"Id\":true}," ROW_B "]",
      ROW_A "bad(Id: true is no text, byte 6)" ROW_B, 0 },
    { "8.json", "[" ROW_A, ROW_A "broken(the list is not closed, byte 11)", 0 },
    { "9.json", "[" ROW_A "] x",
      ROW_A "broken(something stands behind the list, byte 13)", 0 },
    { "10.json", "{}", "broken(a list in [ ] was expected here, byte 0)", 0 },
};

static const struct file_case csv_files[] = {
    { "1.csv", "Id,x,Note\na,1,\"say \"\"hi\"\", two\r\nlines\"\nb,,\n",
      "{\"Id\":\"a\",\"Note\":\"say \\\"hi\\\", two\\r\\nlines\"}"
      "{\"Id\":\"b\"}", 0 },
    { "2.csv", "\xef\xbb\xbf\"Id\",Note\r\na,b\r\n\r\nc,d",
      "{\"Id\":\"a\",\"Note\":\"b\"}{\"Id\":\"c\",\"Note\":\"d\"}", 0 },
    { "3.csv", "Id,Note\na\nb,c\n",
      "bad(the row has 1 cells, the first row has 2)"
      "{\"Id\":\"b\",\"Note\":\"c\"}", 0 },
    { "4.csv", "Id,Note\na,b,c\nd,e\n",
      "bad(more cells than columns, byte 4){\"Id\":\"d\",\"Note\":\"e\"}", 0 },
    { "5.csv", "Id,Note\na,b\"c\nd,e\n",
      "bad(a quote stands inside a cell that is not in quotes, byte 3)"
      "{\"Id\":\"d\",\"Note\":\"e\"}", 0 },
    { "6.csv", "Id,Note\na,\"b\"c\nd,e\n",
      "bad(something stands behind a closing quote, byte 5)"
      "{\"Id\":\"d\",\"Note\":\"e\"}", 0 },
    { "7.csv", "Id,Note\na,\"bc\nd,e\n",
      "bad(a quoted cell never ends, byte 10)", 0 },
    { "8.csv", "Id,Note\na,b\xff\n", "bad(Note: these bytes are no UTF-8)", 0 },
    { "9.csv", "Id,Note\na,b\0c\n", "bad(Note: a NUL character is not taken)",
      14 },
    { "10.csv", "Id,Other\na,b\n", "has no column `Note`", 0 },
    { "11.csv", "Id,Note,Id\na,b,c\n",
      "its first row: a column is there twice", 0 },
    { "12.csv", "", "its first row: the file is empty; the names of its "
                    "columns are missing", 0 },
    { "13.tsv", "Id\tNote\na\tb,c\n", "{\"Id\":\"a\",\"Note\":\"b,c\"}", 0 },
    { "14.csv", "Id,Note\n,x\n", "{\"Id\":\"\",\"Note\":\"x\"}", 0 },
};

/* What is read one way and written another. */
static struct enum_value states[] = {
    { LIT("Active"), LIT("Active"), false, false },
    { LIT("OnHold"), LIT("OnHold"), false, false },
};
static struct type state_type = { .kind = TYPE_ENUM, .optional = true,
                                  .values = states, .value_count = 2 };
static struct field two_way_fields[] = {
    FIELD("Number", text_type, .wire = LIT("branch.number"),
          .write_wire = LIT("branch"), .encoding = LIT("value wrap")),
    FIELD("Due", date_type, .encoding = LIT("value wrap, date of datetime")),
    FIELD("Status", state_type,
          .encoding = LIT("value wrap, written OnHold as Hold")),
};

static const char *const two_way[][2] = {
    { "{\"branch\":{\"number\":\"1\"},\"Due\":\"2026-03-01T23:30:00+02:00\","
      "\"Status\":\"OnHold\"}",
      "{\"branch\":{\"value\":\"1\"},\"Due\":{\"value\":"
      "\"2026-03-01T00:00:00\"},\"Status\":{\"value\":\"Hold\"}}" },
    { "{\"Due\":\"2026-03-01T10:11:12.123\",\"Status\":\"Active\"}",
      "{\"Due\":{\"value\":\"2026-03-01T00:00:00\"},"
      "\"Status\":{\"value\":\"Active\"}}" },
    { "{\"Due\":\"2026-03-01\"}",
      "{\"Due\":{\"value\":\"2026-03-01T00:00:00\"}}" },
    { "{\"Due\":\"soon\"}", "Due: \"soon\" is no date, byte 7" },
    { "{\"Status\":\"Hold\"}",
      "Status: \"Hold\" is none of the values it may have, byte 10" },
};

static void check_two_way(struct arena *arena)
{
    static struct object o;
    struct error err = { .kind = ERROR_NONE };
    struct record_plan *plan;
    make_object(&o, two_way_fields, 3);
    record_plan_new(arena, shape_of_object(arena, &o), &plan, &err);
    for (size_t i = 0; i < sizeof two_way / sizeof *two_way; i++) {
        struct record *record;
        struct record_fault fault;
        struct buf b;
        buf_init(&b, 0);
        if (record_parse(plan, text_of(two_way[i][0]), arena, &record, &fault)
            != RECORD_READ)
            buf_str(&b, fault.text);
        else
            record_encode(record, NULL, NULL, &b, &err);
        is_text(buf_cstr(&b), two_way[i][1], "read, and written: %s",
                two_way[i][0]);
        buf_fini(&b);
    }
}

static struct field csv_fields[] = {
    FIELD("Id", must_text),
    FIELD("Note", text_type),
};

static void check_files(struct arena *arena, struct record_plan *plan)
{
    static struct object csv_object;
    struct error err = { .kind = ERROR_NONE };
    struct record_plan *csv_plan;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        read_file(arena, plan, files[i].bytes, strlen(files[i].bytes),
                  files[i].name, files[i].want);
    make_object(&csv_object, csv_fields, 2);
    record_plan_new(arena, shape_of_object(arena, &csv_object), &csv_plan,
                    &err);
    for (size_t i = 0; i < sizeof csv_files / sizeof csv_files[0]; i++) {
        const struct file_case *f = &csv_files[i];
        read_file(arena, csv_plan, f->bytes,
                  f->len ? f->len : strlen(f->bytes), f->name, f->want);
    }
}

int main(void)
{
    struct arena arena;
    struct record_plan *plan;
    struct error err = { .kind = ERROR_NONE };
    arena_init(&arena);
    make_object(&line_object, line_fields,
                sizeof line_fields / sizeof line_fields[0]);
    make_object(&object, fields, sizeof fields / sizeof fields[0]);
    const struct shape *shape = shape_of_object(&arena, &object);
    is_int(record_plan_new(&arena, shape, &plan, &err), 0, "a plan");
    check_cases(&arena, plan);
    is_int((long long)record_plan_noise(plan), 2, "noise is counted");
    check_currencies(&arena, plan);
    check_round_trip(&arena, plan, shape);
    check_page(&arena, plan);
    check_files(&arena, plan);
    check_two_way(&arena);
    fields[1].encoding = TEXT("rot13");
    is_int(record_plan_new(&arena, shape, &plan, &err), -1,
           "an encoding nobody knows is refused");
    arena_fini(&arena);
    return tap_done();
}
