/* What the checker learns of a call: the type of its result, whether it can
 * fail, and why it cannot be called so. Arguments are written as types, with
 * the value of a constant behind `=`. */
#include "config.h"

#include "lang/builtins.h"
#include "tests/lib/tap.h"
#include <stdlib.h>
#include <string.h>

static struct arena arena;

/* "text(8)", "number(2)", "integer", "money(2 EUR)", "date", "list number(2)",
 * "text?"; "=5" and "='ab'" are constants. */
static struct type *type_of(struct text t)
{
    struct type *r = ARENA_NEW(&arena, struct type);
    size_t at;
    r->scale = SCALE_UNKNOWN;
    r->length = LENGTH_UNLIMITED;
    if (text_starts(t, TEXT("list "))) {
        r->kind = TYPE_LIST;
        r->item = type_of(text_slice(t, 5, t.len));
        return r;
    }
    if (text_ends(t, TEXT("?"))) {
        r->optional = true;
        t.len--;
    }
    if (text_find(t, TEXT("("), &at)) {
        long size = strtol(t.ptr + at + 1, NULL, 10);
        if (t.ptr[0] == 't')
            r->length = (int)size;
        else
            r->scale = (int)size;
        if (t.ptr[0] == 'm' && t.len > at + 6)
            memcpy(r->currency, t.ptr + at + 3, 3);
        t.len = at;
    }
    r->kind = text_is(t, "text")       ? TYPE_TEXT
              : text_is(t, "number")   ? TYPE_NUMBER
              : text_is(t, "integer")  ? TYPE_INTEGER
              : text_is(t, "percent")  ? TYPE_PERCENT
              : text_is(t, "money")    ? TYPE_MONEY
              : text_is(t, "date")     ? TYPE_DATE
              : text_is(t, "datetime") ? TYPE_DATETIME
              : text_is(t, "yes/no")   ? TYPE_YESNO
                                       : TYPE_UNKNOWN;
    if (r->kind == TYPE_INTEGER)
        r->scale = 0;
    return r;
}

static struct builtin_arg arg_of(struct text t)
{
    struct builtin_arg a = { .constant = text_starts(t, TEXT("=")) };
    if (!a.constant) {
        a.type = type_of(t);
    } else if (t.ptr[1] == '\'') {
        a.text = text_slice(t, 2, t.len - 3);
        a.type = type_of(TEXT("text"));
    } else {
        decimal_parse(text_slice(t, 1, t.len), &a.number);
        struct type *type = type_of(TEXT("number"));
        type->scale = a.number.scale;
        a.type = type;
    }
    return a;
}

static size_t split(const char *string, struct builtin_arg *args)
{
    struct text t = text_of(string);
    size_t count = 0;
    while (t.len) {
        size_t at;
        if (!text_find(t, TEXT(", "), &at))
            at = t.len;
        args[count++] = arg_of(text_slice(t, 0, at));
        t = text_slice(t, at + 2, t.len);
    }
    return count;
}

static void add_type(const struct type *t, struct buf *b)
{
    static const char *const words[] = {
        "unknown", "text",     "number",   "integer", "yes/no", "date",
        "time",    "datetime", "duration", "percent", "money",  "enum",
        "id",      "record",   "list",     "empty",
    };
    buf_str(b, words[t->kind]);
    if (t->kind == TYPE_LIST) {
        buf_byte(b, ' ');
        add_type(t->item, b);
    }
    if (t->kind == TYPE_TEXT && t->length >= 0)
        buf_printf(b, "(%d)", t->length);
    if ((t->kind == TYPE_NUMBER || t->kind == TYPE_MONEY) && t->scale >= 0)
        buf_printf(b, "(%d)", t->scale);
    if (t->kind == TYPE_MONEY)
        buf_printf(b, " %s", t->currency[0] ? t->currency : "any");
    if (t->optional)
        buf_byte(b, '?');
}

struct row {
    const char *function, *args, *want;
};

static const struct row rows[] = {
    { "upper", "text(8)", "text(8)" },
    { "upper", "text(8)?", "text(8)?" },
    { "left", "text, =60", "text(60)" },
    { "left", "text(8), =60", "text(8)" },
    { "left", "text, integer", "text, can fail" },
    { "left", "text(8), integer", "text(8), can fail" },
    { "middle", "text(30), =2, =5", "text(5)" },
    { "before", "text(30), =':'", "text(30)" },
    { "pad_left", "text(4), =8, ='0'", "text(8)" },
    { "pad_left", "text, =8", "text" },
    { "replace", "text(10), =' ', =''", "text(10)" },
    { "replace", "text(10), ='a', ='bcd'", "text(30)" },
    { "replace", "text(10), text, text", "text, can fail" },
    { "repeat", "text(3), =4", "text(12)" },
    { "split", "text(30), =','", "list text(30)" },
    { "join", "list text, =','", "text" },
    { "join", "list text?, =','",
      "`join` cannot go over values that may be missing" },
    { "text", "date", "text(10)" },
    { "text", "text(7)", "text(7)" },
    { "is_blank", "text?", "yes/no" },
    { "is_digits", "text?", "yes/no?" },
    { "length", "text", "integer" },
    { "number", "text", "number, can fail" },
    { "number", "money(2 EUR)", "number(2)" },
    { "number", "text, ='nl'", "number, can fail" },
    { "number", "text, ='xx'",
      "`number` takes one of " BUILTIN_LOCALES " as its locale" },
    { "abs", "money(2 EUR)", "money(2) EUR" },
    { "min", "number(2), integer", "number(2)" },
    { "min", "integer, integer", "integer" },
    { "min", "money(2 EUR), money(2)", "money(2) EUR, can fail" },
    { "min", "money(2 EUR), money(2 EUR)", "money(2) EUR" },
    { "min", "list number(2)", "number(2)?" },
    { "min", "number(2), date", "`min` compares values of one kind only" },
    { "max", "yes/no, yes/no", "`max` needs values with an order" },
    { "round", "number, =2", "number(2)" },
    { "round", "money(4 EUR), =2", "money(2) EUR" },
    { "round", "number", "number(0)" },
    { "round", "number(4), =-2", "number(0)" },
    { "round", "number, =13",
      "decimals are a whole number from -34 to 12" },
    { "round", "text, =2",
      "`round` takes number or money as its value, this is text" },
    { "whole", "number(4)", "number(0)" },
    { "money", "number(2), ='EUR'", "money(2) EUR, can fail" },
    { "money", "number(2), ='EURO'", "\"EURO\" is not a currency" },
    { "money", "number(2), text", "money(2) any, can fail" },
    { "convert", "money(2 USD), ='JPY', number", "money(0) JPY, can fail" },
    { "convert", "money(2 USD), ='EUR', number, =4",
      "money(4) EUR, can fail" },
    { "allocate", "money(2 EUR), list number",
      "list money(2) EUR, can fail" },
    { "net_of", "money(0 EUR), =0.21", "money(2) EUR, can fail" },
    { "vat_of", "money(3 EUR), =0.21", "money(3) EUR, can fail" },
    { "round_to", "money(2 EUR), =0.05", "money(2) EUR, can fail" },
    { "currency", "money(2 EUR)", "text(3)" },
    { "date", "text", "a text becomes a date only by a pattern" },
    { "date", "text, ='dd-mm-yyyy'", "date, can fail" },
    { "date", "text, ='dd-mm-yy'",
      "a year needs four digits: write yyyy" },
    { "date", "datetime", "date" },
    { "date", "datetime?", "date?" },
    { "today", "", "date" },
    { "today", "date", "`today` takes 0 arguments, this is number 1" },
    { "add_months", "date, =1, ='down'", "date, can fail" },
    { "add_months", "date, =1, ='sideways'",
      "`add_months` takes one of up|down|hold as its policy" },
    { "add_months", "date, =1", "`add_months` needs `policy`" },
    { "add_months", "date, =-1, ='down'", "date, can fail" },
    { "add_working_days", "date, =1, list date", "date, can fail" },
    { "fiscal_year", "date, =13", "a month is a whole number from 1 to 12" },
    { "fiscal_year", "date, =7", "integer" },
    { "year", "datetime", "`year` takes date as its day, this is a datetime" },
    { "count", "list unknown", "integer" },
    { "sum", "list money(2 EUR)", "money(2) EUR, can fail" },
    { "sum", "list money(2)?",
      "`sum` cannot go over values that may be missing" },
    { "sum", "list text",
      "`sum` takes list of number or money as its values, this is a list" },
    { "average", "list number(2), =1", "number(1)?, can fail" },
    { "first", "list text(5)", "text(5)?" },
    { "first", "list text(5)?", "text(5)?" },
    { "distinct", "list text(5)", "list text(5)" },
    { "flatten", "list list number(2)", "list number(2)" },
    { "hash", "text?, number", "text(64)" },
    { "upper", "unknown", "text" },
    { "upper", "text, text",
      "`upper` takes 1 argument, this is number 2" },
    { "upper", "", "`upper` needs `value`" },
};

int main(void)
{
    arena_init(&arena);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct builtin_arg args[8];
        struct builtin_misuse why = { .sentence = "no reason" };
        const struct builtin *b = builtin_find(text_of(rows[i].function));
        size_t count = split(rows[i].args, args);
        const struct type *t = builtin_result(b, args, count, &arena, &why);
        struct buf out;
        buf_init(&out, 0);
        if (t)
            add_type(t, &out);
        else
            buf_str(&out, why.sentence);
        if (t && builtin_can_fail(b, args, count))
            buf_str(&out, ", can fail");
        is_text(buf_cstr(&out), rows[i].want, "%s(%s)", rows[i].function,
                rows[i].args);
        buf_fini(&out);
    }
    arena_fini(&arena);
    return tap_done();
}
