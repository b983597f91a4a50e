/* Prints records of the audit trail without what must not be shown. */
#include "config.h"

#include "cli/record_text.h"

#include "runtime/jsonread.h"

void record_text(const struct object *object, struct text json, struct buf *out)
{
    const char *between = "";
    int hidden = 0;
    struct json_items it = json_items(json);
    while (json_next(&it)) {
        const struct field *field =
            object ? object_field(object, it.name) : NULL;
        if (!field || field->sensitive) {
            hidden++;
            continue;
        }
        buf_str(out, between);
        buf_printable(out, it.name);
        buf_byte(out, ' ');
        buf_printable(out, it.value);
        between = ", ";
    }
    if (hidden > 0)
        buf_printf(out, "%s%d field%s not shown", between, hidden,
                   hidden == 1 ? "" : "s");
}
