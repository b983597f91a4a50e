/* Reads any bytes as a JSON answer: skims, walks and decodes. */
#include "config.h"

#include "runtime/jsonread.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct arena *arena, struct text raw, int depth)
{
    struct decimal number;
    int64_t whole;
    json_text(arena, raw);
    json_decimal(raw, &number);
    json_int64(raw, &whole);
    json_true(raw);
    if (depth > 20)
        return;
    struct json_items it = json_items(raw);
    for (int n = 0; n < 100 && json_next(&it); n++)
        walk(arena, it.value, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct error err = { 0 };
    struct text body = { (const char *)data, size };
    struct json_pick picks[] = { { "d.results", TEXT_NONE },
                                 { "a.0.b", TEXT_NONE },
                                 { "", TEXT_NONE } };
    arena_init(&arena);
    if (json_skim(body, picks, 3, &err) == 0)
        walk(&arena, picks[2].raw, 0);
    json_get_text(&arena, body, "error.message.value");
    arena_fini(&arena);
    return 0;
}
