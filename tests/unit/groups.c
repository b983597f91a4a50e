/* `one per`: which fields its key decides. N0504 tells of the first that is
 * used outside an aggregate and may differ within a group. */
#include "config.h"

#include "tests/lib/practice.h"
#include "tests/lib/tap.h"

#include <string.h>

static const struct {
    const char *sentence; /* behind Shop.order -> Books.entry */
    const char *value;    /* of `text`, at most 40 characters */
    bool told;
    const char *why;
} cases[] = {
    { "one per order.id", "left(order.number, 40)", false,
      "the record's own key decides everything" },
    { "one per order.customer_id", "left(text(order.customer_id), 40)", false,
      "the key itself" },
    { "one per order.customer_id", "left(order.number, 40)", true,
      "another field" },
    { "where order.customer is present one per order.customer_id",
      "left(order.customer.name, 40)", false,
      "the id of a record decides the record beside it" },
    { "where order.customer is present one per order.customer.id",
      "left(order.customer.name, 40)", false, "the key of a nested record" },
    { "where order.customer is present one per order.customer.id",
      "left(text(order.customer_id), 40)", false, "and the id beside it" },
    { "where order.customer is present one per order.customer.code",
      "left(order.customer.name, 40)", true, "a field that is no key" },
    { "one per \"{order.country} {order.currency}\"", "order.country", false,
      "a text of several values" },
    { "one per \"{order.country} {order.currency}\"",
      "left(order.currency, 40)", false, "and the other of them" },
    { "one per \"{order.country} {order.currency}\"", "left(order.number, 40)",
      true, "but nothing else" },
    { "where order.country is \"NL\" one per order.customer_id",
      "order.country", false, "what `where` lets through is one value" },
    { "where order.country is not \"NL\" one per order.customer_id",
      "order.country", true, "what it keeps out is not" },
    { "where order.gift one per order.customer_id",
      "if order.gift then \"a\" else \"b\"", false, "a condition that holds" },
    { "one per upper(order.country)", "upper(order.country)", false,
      "the key as it stands" },
    { "one per upper(order.country)", "order.country", true,
      "what it was made of may differ" },
    { "one per order.customer_id",
      "first(left(x.number, 40) for each x in group)", false,
      "an aggregate of the group" },
    { "one per order.customer_id", "left(\"{count(group)}\", 40)", false,
      "a count" },
    { "for each line in order.lines one per line.sku", "left(line.sku, 40)",
      false, "the key of an element" },
    { "for each line in order.lines one per line.sku", "text(line.kind)", true,
      "another field of the element" },
    { "for each line in order.lines one per line.sku", "left(order.number, 40)",
      true, "a field of the record it stands in" },
};

static bool has_note(const struct program *p)
{
    for (const struct diag *d = p->diags.first; d; d = d->next)
        if (strcmp(d->code, "N0504") == 0)
            return true;
    return false;
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct practice t;
        struct program p;
        struct buf shown;
        practice_open(&t);
        buf_init(&shown, 0);
        practice_write(
            &t, "flow.mlc",
            text_of(arena_printf(
                &t.arena,
                "flow f\nShop.order -> Books.entry %s\n{\n  match on number\n"
                "  number = \"x\"\n  text = %s\n  when gone leave\n}\n",
                cases[i].sentence, cases[i].value)));
        practice_check(&t, &p);
        practice_print(&t, &p, &shown);
        is_int((long long)p.diags.error_count, 0, "%s: no error", cases[i].why);
        ok(has_note(&p) == cases[i].told, "%s: %s", cases[i].why,
           cases[i].told ? "may differ" : "cannot differ");
        if (p.diags.error_count || has_note(&p) != cases[i].told)
            tap_diag("%s", buf_cstr(&shown));
        buf_fini(&shown);
        program_fini(&p);
        practice_close(&t);
    }
    return tap_done();
}
