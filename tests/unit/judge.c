/* What the checker says of single lines, and of single lines only: each stands
 * in a flow that is right without it. Shop.order has a field of every kind,
 * Books.entry takes one of every kind. */
#include "config.h"

#include "tests/lib/practice.h"
#include "tests/lib/tap.h"

#include <string.h>

struct row {
    const char *before; /* of the file: tables, defines; or "" */
    const char *line;   /* in the body */
    const char *want;   /* "none", a code, or a code and words of the message */
};

static const struct row rows[] = {
    /* words of a field */
    { "", "state = \"draft\"", "none" },
    { "", "state = \"booket\"", "E0306 did you mean \"booked\"" },
    { "", "state = order.number", "E0306 takes only certain words" },
    { "", "state = order.status", "E0306" },
    { "", "state = order.customer_id", "E0341" },
    { "table T (c text => s text) { \"NL\" => \"draft\" \"BE\" => \"void\" }",
      "state = T[order.country].s else clear", "none" },
    { "table T (c text => s text) { \"NL\" => \"draft\" \"BE\" => \"done\" }",
      "state = T[order.country].s else clear", "E0306 which this row is used" },
    { "", "state = choose { when order.gift => \"void\" otherwise => \"nix\" }",
      "E0306" },
    /* ids */
    { "", "account = order.id", "E0341 Books.account" },
    { "", "account = \"A1\"", "E0342 find x in Books.account where x.code" },
    { "", "find a in Books.account where a.code is order.country else hold "
          "\"x\"\n  account_code = a.id", "E0341 a.code" },
    { "", "skip when order.id is order.customer_id \"x\"", "E0341 never the same" },
    /* texts from other kinds */
    { "", "account_code = order.gift", "E0310 then \"yes\" else \"no\"" },
    { "", "account_code = order.customer", "E0310 which of its fields" },
    { "", "account_code = order.labels", "E0310 join(" },
    { "", "account_code = order.due", "E0310 text(" },
    { "", "account_code = 5", "E0310 \"5\"" },
    { "", "account_code = \"much too long\"", "E0305 has 13" },
    /* numbers, yes or no, dates from other kinds */
    { "", "count = order.number", "E0310 number(" },
    { "", "count = \"12\"", "E0310 write `12`" },
    { "", "count = order.weight", "E0355" },
    { "", "count = order.total", "E0352 number(" },
    { "", "factor = order.weight", "E0355 round(order.weight, 2)" },
    { "", "checked = order.number", "E0310 is \"yes\"" },
    { "", "checked = order.pieces", "E0310 is not 0" },
    { "", "checked = \"ja\"", "E0310 write `yes`" },
    { "", "day = order.placed_at", "E0360 date(" },
    { "", "day = order.number", "E0362 yyyy-mm-dd" },
    { "", "day = \"2024-02-30\"", "E0362" },
    { "", "day = order.pieces", "E0310" },
    /* money */
    { "", "total = 0", "none" },
    { "", "total = 5", "E0353 5 EUR" },
    { "", "total = order.weight", "E0353" },
    { "", "total = order.shipping", "E0351" },
    { "", "total = order.total * 2", "none" },
    { "", "total = order.total * 1.5", "E0355 round(" },
    { "", "total = order.total * \"2\"", "E0311 write `2`" },
    { "", "total = order.total * order.number", "E0311 number(" },
    { "", "total = order.total + order.pieces", "E0350 number(" },
    { "", "total = order.total / 3", "E0354 round(" },
    { "", "total = round(order.total / 0, 2)", "E0357" },
    { "", "total = 2 / order.total", "E0350" },
    { "", "total = -order.number", "E0311" },
    { "", "total = order.discount else 0", "none" },
    { "", "skip when order.total is 5 \"x\"", "E0311 5 EUR" },
    { "", "skip when 5 < order.total \"x\"", "E0311 5 EUR" },
    { "", "skip when order.total > order.weight \"x\"", "E0311 number(" },
    { "", "skip when order.total > order.shipping \"x\"", "E0351" },
    { "", "skip when order.total is 0 \"x\"", "none" },
    /* lists and records */
    { "", "tags = []", "none" },
    { "", "tags = order.labels", "none" },
    { "", "tags = [\"a\", order.number]", "none" },
    { "", "tags = order.number", "E0310 [order.number]" },
    { "", "tags = order.lines", "E0310" },
    { "", "lines = order.labels", "E0310 child records are added" },
    { "", "address = order.number", "E0310 set its parts" },
    { "", "address.city = order.country", "none" },
    { "", "address.zip = order.number", "E0305" },
    { "", "address.street = order.country", "E0304" },
    { "", "count = count(n for each n in order.notes)", "E0312 no element" },
    { "", "count = count(n for each n in order.number)", "E0340" },
    { "", "count = count(order.labels)", "none" },
    { "", "skip when order.labels is order.labels \"x\"", "W0405 same" },
    { "", "skip when order.labels is [] \"x\"", "none" },
    { "", "skip when order.labels is [1, 2] \"x\"", "E0311" },
    { "", "skip when order.lines is order.labels \"x\"", "E0311" },
    { "", "skip when order.customer is order.customer \"x\"",
      "E0311 compare a field of each" },
    { "", "skip when \"x\" is order.customer \"x\"", "E0311 order.customer.code" },
    { "", "skip when order.labels is \"x\" \"x\"", "E0311 any(x is" },
    { "", "skip when order.country is one of order.labels \"x\"", "none" },
    { "", "skip when order.pieces is one of [\"a\"] \"x\"", "E0311" },
    { "", "skip when order.country is one of \"NL\" \"x\"", "E0338" },
    { "", "account_code = \"{order.labels}\"", "E0310 join" },
    { "", "account_code = \"{order.customer}\"", "E0310 cannot stand in a text" },
    { "", "count = order.number[0]", "E0317 left(" },
    { "", "account_code = order.labels[0]", "E0317 first(" },
    /* missing */
    { "", "number2 = order.reference", "E0304" },
    { "", "day = order.due", "none" },
    { "", "day = order.due else clear", "none" },
    { "", "day = add_days(order.due, 1)", "none" },
    { "", "count = order.pieces else 0", "W0404" },
    { "", "checked = order.express and order.gift", "E0312 neither yes nor no" },
    { "", "checked = order.express else no", "none" },
    { "", "skip when order.reference starts with \"x\" \"x\"", "E0312" },
    { "", "skip when order.due between 2024-01-01 and 2024-12-31 \"x\"", "E0312" },
    { "", "skip when order.reference is not \"x\" \"x\"", "N0501" },
    { "", "skip when order.reference is not one of [\"x\"] \"x\"", "N0501" },
    { "", "skip when order.number is missing \"x\"", "W0405 always no" },
    { "", "skip when \"a\" is \"b\" \"x\"", "W0405 written here" },
    { "", "skip when no \"x\"", "W0405" },
    { "", "require yes else hold \"x\"", "W0405" },
    { "", "require order.gift else leave", "E0332" },
    { "", "let x = order.due else leave\n  day = x", "E0332" },
    { "", "find a in Books.account where a.code is order.country else clear\n"
          "  account = a.id", "E0332" },
    /* kinds that do not compare, and texts asked of others */
    { "", "skip when order.due is order.placed_at \"x\"", "E0311 date(" },
    { "", "skip when order.placed_at > order.ordered \"x\"", "E0311 date(" },
    { "", "skip when order.ordered > order.placed_at \"x\"", "E0311 date(" },
    { "", "skip when \"2024-01-01\" < order.ordered \"x\"", "E0311 2024-01-01" },
    { "", "skip when order.gift is \"nee\" \"x\"", "E0311 write `no`" },
    { "", "skip when order.gift > order.gift \"x\"", "E0311 no order" },
    { "", "skip when order.number is 5 \"x\"", "E0311 \"5\"" },
    { "", "skip when order.pieces is order.number \"x\"", "E0311 text(" },
    { "", "skip when order.number is order.pieces \"x\"", "E0311 text(" },
    { "", "skip when order.pieces contains \"1\" \"x\"", "E0311 text(" },
    { "", "skip when order.number contains 1 \"x\"", "E0311 \"1\"" },
    { "", "skip when order.number matches \"[a\" \"x\"", "E0335" },
    { "", "skip when order.number matches \"[a-z]+\" \"x\"", "none" },
    { "", "skip when order.pieces \"x\"", "E0314 is not 0" },
    { "", "skip when order.number \"x\"", "E0314 is not \"\"" },
    { "", "skip when order.reference \"x\"", "E0314 is present" },
    /* functions */
    { "", "count = year(order.placed_at)", "E0313 date(" },
    { "", "count = year(order.number)", "E0313 yyyy-mm-dd" },
    { "", "account_code = left(order.pieces, 3)", "E0313 text(" },
    { "", "account_code = left(order.number, order.total)", "E0313" },
    { "", "count = abs(order.number)", "E0313 number(" },
    { "", "count = sum(order.pieces)", "E0313 [order.pieces]" },
    { "", "day = add_months(order.ordered, 1, dwon)", "E0313 down" },
    { "", "day = add_months(order.ordered, 1, sideways)", "E0313 one of" },
    { "", "day = add_months(order.ordered, 1, \"up\")", "none" },
    { "", "total = round(order.total, 13)", "E0313 decimals are" },
    { "", "count = fiscal_year(order.ordered, 13)", "E0313 from 1 to 12" },
    { "", "account_code = left(order.number, -1)", "E0313 not negative" },
    { "", "account_code = left(order.number)", "E0313 needs `count`" },
    { "", "account_code = left(order.number, 1, 2)", "E0313" },
    { "", "total = money(order.weight, \"EURO\")", "E0313 not a currency" },
    { "", "account_code = link(order.id)", "E0313 takes an object first" },
    { "", "account_code = replace(left(order.number, 8), \"\", \"x\")",
      "E0313 empty text" },
    { "", "account_code = upper", "E0301 with brackets" },
    { "", "account_code = nonsense(order.number)", "E0309" },
    { "", "account_code = number(order.number)", "E0310 text(" },
    { "define f(x text, n integer) = left(x, n)",
      "account_code = left(f(order.number, 3), 8)", "none" },
    { "define f(x text, n integer) = left(x, 3)",
      "account_code = f(order.number, 3)", "W0414" },
    { "define f(x text) = left(x, 3)", "account_code = f(order.pieces)",
      "E0313 text(" },
    { "define f(x text) = left(x, 3)", "account_code = f()", "E0313 `x` is text" },
    { "define f(l list(text)) = count(l)", "count = f(order.labels)", "none" },
    { "define f(l list(text)) = count(l)", "count = f([])", "none" },
    { "define f(l list(number)) = count(l)", "count = f(order.labels)", "E0313" },
    { "define f(x money) = x * 2", "total = f(order.total)", "none" },
    { "define f(x blob) = x", "account_code = \"x\"", "E0218 types are" },
    { "define late(d date) = d < today()", "checked = late(order.ordered)",
      "none" },
    { "define f(x text) = f(x)", "account_code = f(order.number)", "E0319" },
    { "let rate = 21%", "total = vat_of(order.total, rate)", "none" },
    { "let rate = 21", "total = vat_of(order.total, rate)", "E0313 0% and 100%" },
    { "let a = b\nlet b = a", "account_code = \"x\"", "E0319" },
    { "let short = left", "account_code = \"x\"", "E0301" },
    /* tables */
    { "table T (c text, n integer => v text) { \"NL\", 1 => \"a\" }",
      "account_code = T[order.country, order.pieces].v else clear", "none" },
    { "table T (c text, n integer => v text) { \"NL\", 1 => \"a\" }",
      "account_code = T[order.country].v else clear", "E0317 2 keys" },
    { "table T (n integer => v text) { 1 => \"a\" }",
      "account_code = T[order.country].v else clear", "E0317" },
    { "table T (c text => v text) { \"5\" => \"a\" }",
      "account_code = T[order.pieces].v else clear", "E0317 text(" },
    { "table T (c text => v text) { \"NL\" => \"a\" }",
      "account_code = T[order.country].w else clear", "E0304" },
    { "table T (c text => v text) { \"NL\" => 5 }",
      "account_code = T[order.country].v else clear", "E0213 \"5\"" },
    { "table T (c text => v integer) { \"NL\" => \"5\" }",
      "count = T[order.country].v else clear", "E0213 write `5`" },
    { "table T (c text => v text) { missing => \"a\" }",
      "account_code = T[order.country].v else clear", "E0213 never missing" },
    { "table T (c text, c text => v text) { \"a\", \"b\" => \"c\" }",
      "account_code = T[\"a\", \"b\"].v else clear", "E0204" },
    { "table T (c text => v text) { \"open\" => \"a\" \"opem\" => \"b\" "
      "otherwise => \"c\" }", "account_code = T[order.status].v", "W0407 open" },
    { "table T (c text => v text) { \"open\" => \"a\" \"b\" => \"b\" "
      "otherwise => hold \"no row\" }",
      "account_code = T[order.status].v\n  count = length(T[order.country].v)",
      "none" },
    /* lines that need the whole */
    { "", "when gone { checked = no }\n  read everything", "none" },
    { "", "when gone { number = \"x\" }\n  read everything", "E0324" },
    { "", "when gone leave\n  read everything", "none" },
    { "", "when gone skip \"x\"\n  read everything", "E0332" },
    { "", "when gone { when gone leave }\n  read everything", "E0333" },
    { "", "when gone { every 1 day }\n  read everything", "E0333" },
    { "", "read changes", "E0374 read everything" },
    { "", "read everything from 2024-01-01", "E0374 no start date" },
    { "", "read some", "E0377" },
    { "", "write nothing", "E0377" },
    { "", "write creates\n  write updates", "E0376" },
    { "", "on change", "none" },
    { "", "every month at 06:00", "E0370 which day" },
    { "", "every month on 45 at 06:00", "E0370" },
    { "", "every month on last at 06:00", "none" },
    { "", "every Monday at 06:00", "none" },
    { "", "every moonday at 06:00", "E0370 Monday" },
    { "", "every 5 minutes", "none" },
    { "", "every 2 months", "E0370" },
    { "", "after nothing", "E0372" },
    { "", "after orders", "E0373 after itself" },
    { "", "limit held to 10%", "none" },
    { "", "limit held to 101%", "E0375 0% to 100%" },
    { "", "limit held to 5 EUR", "E0375" },
    { "", "limit written to 500 EUR", "none" },
    { "", "limit held to 1\n  limit held to 2", "E0376" },
    { "", "recheck every 1 day\n  read everything", "W0415" },
    { "", "owner \"me\"", "E0379" },
    { "", "match on text", "E0376" },
    { "", "text = \"again\"", "E0321" },
    { "", "id = \"x\"", "E0323" },
    { "", "booked_at = now()", "E0323" },
    { "", "skip when target.secret_code is \"x\" \"x\"", "E0326" },
    { "", "secret_code = \"x\"", "none" },
    { "", "count = 1 once", "none" },
    { "", "add lines { amount = 1 EUR  text = \"a\" once }\n  require sum(l.amount "
          "for each l in target.lines) is 0 else hold \"x\"", "E0332" },
    { "", "add total { }", "E0329 is set" },
    { "", "add lines { }\n  require sum(l.amount for each l in target.lines) is 0 "
          "else hold \"x\"", "E0320" },
    { "", "lines.amount = 1 EUR", "E0329 add lines" },
    { "", "warn when order.gift \"{order.email}\"", "W0413" },
    { "", "hold when order.gift \"  \"", "E0336" },
    { "", "let text = order.number\n  account_code = left(text, 8)", "none" },
    { "", "let x = order.number\n  let x = order.country\n  account_code = x",
      "E0204" },
    { "", "let order = 1", "E0204" },
    { "", "find a in Books.account where a.opened is order.ordered else hold "
          "\"x\"\n  account = a.id", "E0344 it can be looked up by" },
    { "", "find a in Books.account where a.code is a.name else hold \"x\"\n"
          "  account = a.id", "E0343 both sides" },
    { "", "find a in Books.account where not a.blocked else hold \"x\"\n"
          "  account = a.id", "E0343" },
    { "", "find a in Books.account where order.country is a.code else hold "
          "\"x\"\n  account = a.id", "none" },
    { "", "find a in Books.account where a.code is order.country", "W0402" },
    /* lines that balance */
    { "", "let all = sum(l.amount for each l in order.lines)\n"
          "  add lines for each l in order.lines { amount = l.amount }\n"
          "  add lines { amount = -all }", "none" },
    { "", "add lines for each l in order.lines { amount = l.amount }\n"
          "  add lines { amount = -sum(l.amount for each l in order.lines) }",
      "none" },
    { "", "let all = sum(l.amount for each l in order.lines where l.pieces > 1)\n"
          "  add lines for each l in order.lines { amount = l.amount }\n"
          "  add lines { amount = -all }", "W0411" },
    { "", "add lines for each l in order.lines { amount = l.amount }\n"
          "  add lines { amount = 1 EUR }\n  add lines { amount = -1 EUR }",
      "W0411" },
    { "", "add lines { amount = 1 EUR }\n  add lines { amount = -1 EUR }\n"
          "  require sum(l.amount for each l in target.lines) is 0 EUR and "
          "order.gift else hold \"x\"", "none" },
};

/* Two flows that write one record: their conditions, and whether they are
 * told apart. */
static const struct {
    const char *a, *b;
    bool apart;
} owners[] = {
    { "where order.status is \"open\"", "where order.status is \"paid\"", true },
    { "where order.status is \"open\"", "where order.status is \"open\"", false },
    { "where order.status is \"open\"", "where order.status is not \"open\"", true },
    { "where order.status is not \"open\"", "where order.status is not \"paid\"",
      false },
    { "where order.status is one of [\"open\", \"paid\"]",
      "where order.status is one of [\"sent\"]", true },
    { "where order.status is one of [\"open\", \"paid\"]",
      "where order.status is one of [\"sent\", \"paid\"]", false },
    { "where order.gift", "where not order.gift", true },
    { "where order.gift", "where order.status is \"open\" and not order.gift",
      true },
    { "where order.status is \"open\" and order.gift",
      "where order.country is \"NL\" and order.status is \"paid\"", true },
    { "where order.country is \"NL\"", "where order.status is \"paid\"", false },
    { "", "where order.status is \"paid\"", false },
};

static void judge(const char *flow, const char *name, const char *want)
{
    struct practice t;
    struct program p;
    struct buf shown;
    char code[6] = "";
    const char *words = strlen(want) > 6 ? want + 6 : "";
    size_t at, told;

    practice_open(&t);
    buf_init(&shown, 0);
    practice_write(&t, "flow.mlc", text_of(flow));
    practice_check(&t, &p);
    practice_print(&t, &p, &shown);
    told = p.diags.error_count + p.diags.warning_count + p.diags.note_count;
    if (strcmp(want, "none") == 0) {
        is_int((long long)told, 0, "%s", name);
    } else {
        memcpy(code, want, 5);
        ok(told == 1 && strcmp(p.diags.first->code, code) == 0 &&
               text_find(buf_view(&shown), text_of(words), &at),
           "%s: %s", name, want);
    }
    if (told != (strcmp(want, "none") != 0) ||
        !text_find(buf_view(&shown), text_of(words), &at))
        tap_diag("%s", buf_cstr(&shown));
    program_fini(&p);
    buf_fini(&shown);
    practice_close(&t);
}

int main(void)
{
    struct arena a;

    arena_init(&a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        judge(arena_printf(&a,
                           "%s\nflow orders\nShop.order -> Books.entry\n{\n"
                           "  match on number\n"
                           "  number = left(order.number, 10)\n"
                           "  text = \"Order\"\n  %s\n}\n",
                           r->before, r->line),
              r->line, r->want);
    }
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        const char *body = "  write creates and updates\n  match on number\n"
                           "  number = left(order.number, 10)\n"
                           "  text = \"Order\"\n  when gone leave\n";
        judge(arena_printf(&a,
                           "flow a\nShop.order -> Books.entry %s\n{\n%s}\n"
                           "flow b\nShop.order -> Books.entry %s\n{\n%s}\n",
                           owners[i].a, body, owners[i].b, body),
              arena_printf(&a, "%s / %s", owners[i].a, owners[i].b),
              owners[i].apart ? "none" : "E0322");
    }
    arena_fini(&a);
    return tap_done();
}
