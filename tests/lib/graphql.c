/* The vendor's published schema; see tests/lib/graphql.h. */
#include "config.h"
#include "tests/lib/graphql.h"

#include "tests/lib/tap.h"
#include <stdio.h>
#include <stdlib.h>

static const char *contents(struct arena *arena, const char *path)
{
    char piece[8192];
    struct buf b;
    const char *t;
    size_t n;
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    buf_init(&b, (size_t)64 << 20);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(&b, piece, n);
    fclose(f);
    t = arena_strdup(arena, buf_cstr(&b));
    buf_fini(&b);
    return t;
}

struct sdl *graphql_vendor_schema(struct arena *arena)
{
    const char *path = getenv("MLC_MONDAY_SCHEMA");
    const char *sources[2] = { NULL, NULL };
    struct sdl *s;
    if (!path || !*path)
        return NULL;
    sources[0] = contents(arena, path);
    s = sources[0] ? sdl_parse(arena, sources) : NULL;
    if (!s || !sdl_find(s, TEXT("Mutation"))) {
        tap_diag("%s is no schema that can be read", path);
        exit(1);
    }
    return s;
}
