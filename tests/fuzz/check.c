/* Fuzz target: any text as a flow file of the practice objects, through the
 * whole checker. */
#include "config.h"

#include "lang/explain.h"
#include "lang/program.h"

static const struct embedded_text shop[] = {
    { "shop/catalog",
      "object shop.order { key id changes time by at small\n"
      "  id id of shop.order always searchable\n"
      "  name text(20) required searchable\n"
      "  total money(2) currency(currency)\n  currency text(3) always\n"
      "  at datetime always\n  state one of \"open\", \"done\" ends\n"
      "  lines list of record { amount money(2) required  text text } }\n",
      0 },
    { NULL, NULL, 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct embedded_text catalogs[2] = { shop[0], shop[1] };
    struct text text = { (const char *)data, size };
    struct program p;
    struct buf printed;
    size_t applied = 0;
    if (size > 1 << 16)
        return 0;
    catalogs[0].len = text_of(catalogs[0].text).len;
    struct load_options options = { .catalogs = catalogs, .text = &text,
                                    .tests_too = true };
    program_init(&p);
    program_load(&p, &options);
    program_check(&p);
    buf_init(&printed, 0);
    for (const struct flow *f = p.flows; f && !p.diags.error_count; f = f->next)
        explain_flow(&p, f, &printed);
    if (p.modules)
        diags_apply_fixes(&p.diags, p.modules->tree.source, &p.arena, &applied);
    buf_fini(&printed);
    program_fini(&p);
    return 0;
}
