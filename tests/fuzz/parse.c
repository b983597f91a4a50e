/* Reads any bytes as a flow file. */
#include "config.h"

#include "base/diag.h"
#include "lang/ast.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct tree tree;
    arena_init(&arena);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    memset(&tree, 0, sizeof tree);
    struct text text = { (const char *)data, size };
    uint32_t number = sources_add(&sources, "fuzz.mlc", text, false);
    parse_source(&arena, &sources, number, &diags, &tree);
    diags_sort(&diags);
    arena_fini(&arena);
    return 0;
}
