/* The export of the audit trail for spreadsheets and auditors: no text of a
 * record becomes a formula, numbers stay numbers [180]. */
#include "config.h"

#include "runtime/audit.h"
#include "tests/lib/tap.h"
#include <string.h>

static const struct {
    const char *text, *cell;
} cells[] = {
    { "plain", "\"plain\"" },
    { "", "\"\"" },
    { "=1+1", "\"'=1+1\"" },
    { "+49 30 1234", "\"'+49 30 1234\"" },
    { "-SUM(A1)", "\"'-SUM(A1)\"" },
    { "@cmd", "\"'@cmd\"" },
    { "\tTab", "\"'\tTab\"" },
    { "\rCR", "\"'\rCR\"" },
    { "\nLF", "\"'\nLF\"" },
    { "a \"quoted\" one", "\"a \"\"quoted\"\" one\"" },
    { "a;=1+1", "\"a;=1+1\"" }, /* within quotes it is one cell */
    { "O'Brien", "\"O'Brien\"" },
};

static void test_cells(void)
{
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        struct buf b;
        buf_init(&b, 0);
        csv_text(text_of(cells[i].text), &b);
        is_text(buf_cstr(&b), cells[i].cell, "[180] a cell of text %zu", i);
        buf_fini(&b);
    }
}

/* Numbers within a record stay as they are, a minus too. */
static void test_row(void)
{
    struct audit_mask mask = { .program = NULL };
    struct audit_row row = {
        .number = -3, .at_ms = 0, .flow = TEXT("=f"), .action = TEXT("create"),
        .source_key = TEXT("-12.50"), .after = TEXT("{\"Amount\":-12.50}"),
    };
    struct buf b;
    buf_init(&b, 0);
    audit_csv(&row, &mask, &b);
    const char *line = buf_cstr(&b);
    ok(strncmp(line, "-3,", 3) == 0, "[180] a typed number is no text: %s",
       line);
    ok(strstr(line, "\"{\"\"Amount\"\":-12.50}\"") != NULL,
       "[180] nor is one in a record");
    ok(strstr(line, "\"'=f\"") != NULL, "[180] a flow's name is harmless");
    buf_fini(&b);
}

int main(void)
{
    test_cells();
    test_row();
    return tap_done();
}
