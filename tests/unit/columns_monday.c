/* monday.com's columns: the JSON of every type, written, cleared and read, and
 * what a column does not take. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/wire.h"

#include "connectors/monday/monday.h"
#include <string.h>

static const char project_text[] =
    "set language 1\n"
    "connection Monday is monday\n"
    "object Monday.thing \"Things\" {\n"
    "  at \"123\"\n"
    "  key id\n"
    "  operations read, create, update\n"
    "  changes none\n"
    "  id text always read_only unique searchable from \"id\"\n"
    "  Name text(255) required searchable from \"name\"\n"
    "  Text text encoding(\"column text\") from \"a\"\n"
    "  Long text encoding(\"column long_text\") from \"a\"\n"
    "  Number number(4) encoding(\"column numbers\") from \"a\"\n"
    "  Status one of \"Done\", \"2023\" as 4 encoding(\"column status\") from "
    "\"a\"\n"
    "  Digits one of \"2023\" encoding(\"column status\") from \"a\"\n"
    "  Dropdown text encoding(\"column dropdown\") from \"a\"\n"
    "  Several list of text encoding(\"column dropdown\") from \"a\"\n"
    "  Day date encoding(\"column date\") from \"a\"\n"
    "  Moment datetime encoding(\"column date\") from \"a\"\n"
    "  People text encoding(\"column people\") from \"a\"\n"
    "  Names text read_only encoding(\"column people names\") from \"a\"\n"
    "  Link text encoding(\"column link\") from \"a\"\n"
    "  Mail text encoding(\"column email\") from \"a\"\n"
    "  Phone text encoding(\"column phone\") from \"a\"\n"
    "  Check yes/no encoding(\"column checkbox\") from \"a\"\n"
    "  Span text encoding(\"column timeline\") from \"a\"\n"
    "  Week text encoding(\"column week\") from \"a\"\n"
    "  Weekday date encoding(\"column week\") from \"a\"\n"
    "  Items list of text encoding(\"column board_relation\") from \"a\"\n"
    "  Item text encoding(\"column board_relation\") from \"a\"\n"
    "  After text encoding(\"column dependency\") from \"a\"\n"
    "  Country text encoding(\"column country\") from \"a\"\n"
    "  Stars number encoding(\"column rating\") from \"a\"\n"
    "  Tags list of text encoding(\"column tags\") from \"a\"\n"
    "  Hour time encoding(\"column hour\") from \"a\"\n"
    "  Clock text encoding(\"column hour\") from \"a\"\n"
    "  Place text encoding(\"column location\") from \"a\"\n"
    "  Zone text encoding(\"column world_clock\") from \"a\"\n"
    "  Mirror text read_only encoding(\"column mirror\") from \"a\"\n"
    "  Formula text read_only encoding(\"column formula\") from \"a\"\n"
    "  Votes text read_only encoding(\"column vote\") from \"a\"\n"
    "}\n";

static struct arena arena;

static const struct field *field_of(const char *name)
{
    return object_field(wire_object("thing"), text_of(name));
}

/* A text list is given with bars between. */
static struct value value_for(const struct field *f, const char *t)
{
    struct decimal d;
    int32_t day;
    int64_t micros;
    bool offset;
    if (f->type->kind == TYPE_NUMBER && decimal_parse(text_of(t), &d) == 0)
        return value_number(d);
    if (f->type->kind == TYPE_YESNO)
        return value_yesno(strcmp(t, "yes") == 0);
    if (f->type->kind == TYPE_DATE && date_parse(text_of(t), &day))
        return value_date(day);
    if (f->type->kind == TYPE_DATETIME &&
        datetime_parse(text_of(t), &micros, &offset))
        return value_datetime(micros);
    if (f->type->kind == TYPE_TIME)
        return value_whole(VALUE_TIME, (t[0] - '0') * 36000 +
                                           (t[1] - '0') * 3600 +
                                           (t[3] - '0') * 600 +
                                           (t[4] - '0') * 60);
    if (f->type->kind != TYPE_LIST)
        return value_text(text_of(t));
    struct value_list *list = ARENA_NEW(&arena, struct value_list);
    list->items = ARENA_ARRAY(&arena, struct value, 8);
    while (*t) {
        size_t n = strcspn(t, "|");
        list->items[list->count++] = value_text((struct text){ t, n });
        t += n + (t[n] == '|');
    }
    return (struct value){ .tag = VALUE_LIST, .list = list };
}

/* What is written; "!…" why not. */
static const char *written(const char *name, const struct value *v)
{
    struct error err = { 0 };
    struct buf b;
    buf_init(&b, 0);
    struct json_out w = json_out(&b);
    const char *t = monday_put_value(&w, field_of(name), v, &err)
                        ? arena_printf(&arena, "!%s", err.text)
                        : text_cstr(&arena, buf_dup(&arena, &b));
    buf_fini(&b);
    return t;
}

static void test_writing(void)
{
    static const struct {
        const char *name, *value, *json, *cleared;
    } rows[] = {
        { "Text", "a \"b\"", "\"a \\\"b\\\"\"", "\"\"" },
        { "Long", "two\nlines", "{\"text\":\"two\\nlines\"}", "null" },
        { "Number", "1234.5", "\"1234.5\"", "null" },
        { "Status", "Done", "{\"label\":\"Done\"}", "null" },
        { "Status", "2023", "{\"index\":4}", "null" },
        { "Dropdown", "Red, dark", "{\"labels\":[\"Red, dark\"]}", "null" },
        { "Several", "A|B, C", "{\"labels\":[\"A\",\"B, C\"]}", "null" },
        { "Day", "2026-06-15", "{\"date\":\"2026-06-15\"}", "null" },
        { "Moment", "2026-06-15T09:30:05.25Z",
          "{\"date\":\"2026-06-15\",\"time\":\"09:30:05\"}", "null" },
        { "People", "5", "{\"personsAndTeams\":[{\"id\":5,\"kind\":\"person\"}"
                         "]}", "null" },
        { "People", "5, team 7",
          "{\"personsAndTeams\":[{\"id\":5,\"kind\":\"person\"},{\"id\":7,"
          "\"kind\":\"team\"}]}", "null" },
        { "Link", "https://x.example/1",
          "{\"url\":\"https://x.example/1\",\"text\":\"https://x.example/1\"}",
          "null" },
        { "Mail", "a@b.example",
          "{\"email\":\"a@b.example\",\"text\":\"a@b.example\"}", "null" },
        { "Phone", "+31 (0)20-123",
          "{\"phone\":\"+31020123\"}", "null" },
        { "Phone", "NL +31201234567",
          "{\"phone\":\"+31201234567\",\"countryShortName\":\"NL\"}", "null" },
        { "Check", "yes", "{\"checked\":\"true\"}", "null" },
        { "Check", "no", "null", "null" },
        { "Span", "2026-06-01 - 2026-06-30",
          "{\"from\":\"2026-06-01\",\"to\":\"2026-06-30\"}", "null" },
        { "Week", "2026-06-01 - 2026-06-07",
          "{\"week\":{\"startDate\":\"2026-06-01\",\"endDate\":\"2026-06-07\"}"
          "}", "null" },
        { "Weekday", "2026-06-01",
          "{\"week\":{\"startDate\":\"2026-06-01\",\"endDate\":\"2026-06-07\"}"
          "}", "null" },
        { "Items", "11122233344|2", "{\"item_ids\":[11122233344,2]}", "null" },
        { "Item", "11122233344", "{\"item_ids\":[11122233344]}", "null" },
        { "After", "7", "{\"item_ids\":[7]}", "null" },
        { "Country", "NL", "{\"countryCode\":\"NL\"}", "null" },
        { "Country", "NL Netherlands",
          "{\"countryCode\":\"NL\",\"countryName\":\"Netherlands\"}", "null" },
        { "Stars", "3", "{\"rating\":3}", "null" },
        { "Tags", "1|2", "{\"tag_ids\":[1,2]}", "{\"tag_ids\":[]}" },
        { "Hour", "14:30", "{\"hour\":14,\"minute\":30}", "null" },
        { "Clock", "09:05", "{\"hour\":9,\"minute\":5}", "null" },
        { "Place", "52.37 4.89 Dam 1, Amsterdam",
          "{\"lat\":\"52.37\",\"lng\":\"4.89\",\"address\":\"Dam 1, "
          "Amsterdam\"}", "null" },
        { "Zone", "Europe/Amsterdam", "{\"timezone\":\"Europe/Amsterdam\"}",
          "null" },
    };
    struct value clear = { .tag = VALUE_CLEAR };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value v = value_for(field_of(rows[i].name), rows[i].value);
        is_text(written(rows[i].name, &v), rows[i].json, "%s: %s",
                rows[i].name, rows[i].value);
        is_text(written(rows[i].name, &clear), rows[i].cleared, "cleared");
    }
}

static void test_refusals(void)
{
    static const char *const rows[][3] = {
        { "Digits", "2023", "as its number in the object" },
        { "People", "Carla", "ids of monday.com users" },
        { "Items", "x", "takes ids" },
        { "Tags", "blue", "takes ids" },
        { "Span", "2026-06-01", "YYYY-MM-DD" },
        { "Span", "2026-06-01 - 2026-06-31", "YYYY-MM-DD" },
        { "Phone", "none", "a phone number" },
        { "Country", "Netherlands", "two capital letters" },
        { "Clock", "25:00", "a time of day" },
        { "Place", "Amsterdam", "latitude longitude address" },
        { "Mirror", "x", "cannot be written" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct value v = value_for(field_of(rows[i][0]), rows[i][1]);
        const char *t = written(rows[i][0], &v);
        ok(*t == '!' && strstr(t, rows[i][2]), "%s does not take %s: %s",
           rows[i][0], rows[i][1], t);
    }
}

static void test_reading(void)
{
    static const char *const rows[][3] = {
        { "Text", "\"text\":\"abc\",\"value\":\"\\\"abc\\\"\"", "\"abc\"" },
        { "Text", "\"text\":\"\",\"value\":null", NULL },
        { "Long", "\"text\":\"abc\",\"value\":\"{\\\"text\\\":\\\"abc\\\"}\"",
          "\"abc\"" },
        { "Number", "\"text\":\"1,234.50\",\"value\":\"\\\"1234.50\\\"\"",
          "1234.50" },
        { "Number", "\"text\":\"\",\"value\":null", NULL },
        { "Status", "\"text\":\"Done\",\"value\":\"{\\\"index\\\":1,"
                    "\\\"changed_at\\\":\\\"x\\\"}\"", "\"Done\"" },
        { "Status", "\"text\":\"2023\",\"value\":\"{\\\"index\\\":4}\"",
          "\"4\"" },
        { "Status", "\"text\":null,\"value\":null", NULL },
        { "Dropdown", "\"text\":\"A, B\",\"value\":\"{}\"", "\"A, B\"" },
        { "Several", "\"text\":\"A, B\",\"values\":[{\"id\":\"1\",\"label\":"
                     "\"A\"},{\"id\":\"2\",\"label\":\"B, C\"}]",
          "[\"A\",\"B, C\"]" },
        { "Several", "\"text\":null,\"values\":[]", "[]" },
        { "Day", "\"text\":\"Jun 15\",\"value\":\"{\\\"date\\\":\\\"2026-06-15"
                 "\\\",\\\"time\\\":null}\"", "\"2026-06-15\"" },
        { "Moment", "\"value\":\"{\\\"date\\\":\\\"2026-06-15\\\",\\\"time\\\""
                    ":\\\"09:00:00\\\"}\"", "\"2026-06-15T09:00:00Z\"" },
        { "People", "\"text\":\"Carla, Sales\",\"value\":\"{"
                    "\\\"personsAndTeams\\\":[{\\\"id\\\":5,\\\"kind\\\":"
                    "\\\"person\\\"},{\\\"id\\\":7,\\\"kind\\\":\\\"team\\\"}"
                    "]}\"", "\"5,team 7\"" },
        { "Names", "\"text\":\"Carla, Sales\",\"value\":\"{}\"",
          "\"Carla, Sales\"" },
        { "Link", "\"text\":\"x - https://x\",\"value\":\"{\\\"url\\\":"
                  "\\\"https://x\\\",\\\"text\\\":\\\"x\\\"}\"",
          "\"https://x\"" },
        { "Mail", "\"text\":\"Carla\",\"value\":\"{\\\"email\\\":\\\"c@x"
                  "\\\"}\"", "\"c@x\"" },
        { "Phone", "\"value\":\"{\\\"phone\\\":\\\"+31\\\"}\"", "\"+31\"" },
        { "Check", "\"text\":\"v\",\"value\":\"{\\\"checked\\\":true}\"",
          "true" },
        { "Check", "\"text\":\"v\",\"value\":\"{\\\"checked\\\":\\\"true\\\"}"
                   "\"", "true" },
        { "Check", "\"text\":\"\",\"value\":null", "false" },
        { "Span", "\"value\":\"{\\\"from\\\":\\\"2026-06-01\\\",\\\"to\\\":"
                  "\\\"2026-06-30\\\"}\"", "\"2026-06-01 - 2026-06-30\"" },
        { "Week", "\"value\":\"{\\\"week\\\":{\\\"startDate\\\":\\\"2026-06-01"
                  "\\\",\\\"endDate\\\":\\\"2026-06-07\\\"}}\"",
          "\"2026-06-01 - 2026-06-07\"" },
        { "Weekday", "\"value\":\"{\\\"week\\\":{\\\"startDate\\\":"
                     "\\\"2026-06-01\\\",\\\"endDate\\\":\\\"2026-06-07\\\"}}"
                     "\"", "\"2026-06-01\"" },
        { "Items", "\"text\":null,\"value\":null,\"linked_item_ids\":[\"1\","
                   "\"22\"]", "[\"1\",\"22\"]" },
        { "Item", "\"text\":null,\"value\":null,\"linked_item_ids\":[\"1\"]",
          "\"1\"" },
        { "Item", "\"text\":null,\"value\":null,\"linked_item_ids\":[]",
          NULL },
        { "Country", "\"text\":\"Netherlands\",\"value\":\"{\\\"countryCode"
                     "\\\":\\\"NL\\\"}\"", "\"NL\"" },
        { "Stars", "\"text\":\"3\",\"value\":\"{\\\"rating\\\":3}\"", "3" },
        { "Tags", "\"text\":\"a, b\",\"value\":\"{\\\"tag_ids\\\":[1,2]}\"",
          "[\"1\",\"2\"]" },
        { "Hour", "\"value\":\"{\\\"hour\\\":9,\\\"minute\\\":5}\"",
          "\"09:05:00\"" },
        { "Clock", "\"value\":\"{\\\"hour\\\":9,\\\"minute\\\":5}\"",
          "\"09:05\"" },
        { "Place", "\"text\":\"Dam\",\"value\":\"{\\\"lat\\\":\\\"52\\\","
                   "\\\"lng\\\":\\\"4\\\",\\\"address\\\":\\\"Dam\\\"}\"",
          "\"52 4 Dam\"" },
        { "Zone", "\"value\":\"{\\\"timezone\\\":\\\"Europe/Rome\\\"}\"",
          "\"Europe/Rome\"" },
        { "Mirror", "\"text\":null,\"display_value\":\"x\"", "\"x\"" },
        { "Formula", "\"text\":\"\",\"display_value\":\"9\"", "\"9\"" },
        { "Votes", "\"text\":\"3\"", "\"3\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b;
        buf_init(&b, 0);
        struct json_out w = json_out(&b);
        json_begin_object(&w);
        monday_put_cell(&w, field_of(rows[i][0]),
                        text_of(arena_printf(&arena, "{\"id\":\"a\",%s}",
                                             rows[i][1])),
                        &arena);
        json_end_object(&w);
        is_text(buf_cstr(&b),
                rows[i][2] ? arena_printf(&arena, "{\"a\":%s}", rows[i][2])
                           : "{}",
                "%s reads %s", rows[i][0], rows[i][1]);
        buf_fini(&b);
    }
}

int main(void)
{
    struct program program;
    arena_init(&arena);
    ok(wire_load(&program, &arena, project_text, "monday"), "the form checks");
    test_writing();
    test_refusals();
    test_reading();
    program_fini(&program);
    arena_fini(&arena);
    return tap_done();
}
