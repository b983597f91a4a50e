/* Runs a fuzz target without a fuzzer: every file of tests/fuzz/corpus/NAME,
 * then that file with bytes changed, dropped, doubled and cut, always the same
 * ones. What `make fuzz` finds goes into the corpus and is tried here ever
 * after. */
#include "config.h"

#include "tests/lib/tap.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 65536
#define VARIANTS 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEED 0x9e3779b97f4a7c15

static uint64_t seed;

static size_t pick(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return below ? (size_t)(seed % below) : 0;
}

/* One change in place; `*size` stays below INPUT_MAX. */
static void change(uint8_t *data, size_t *size)
{
    static const char tricky[] = "\"\\{}[](),.:-+=eE09\n\0\x80\xff \t/*`";
    size_t at = pick(*size);
    size_t len = 1 + pick(16);
    if (*size == 0)
        return;
    if (len > *size - at)
        len = *size - at;
    switch (pick(5)) {
    case 0:
        data[at] = (uint8_t)tricky[pick(sizeof tricky)];
        break;
    case 1:
        data[at] ^= (uint8_t)(1u << pick(8));
        break;
    case 2: /* drop */
        memmove(data + at, data + at + len, *size - at - len);
        *size -= len;
        break;
    case 3: /* double */
        if (*size + len <= INPUT_MAX) {
            memmove(data + at + len, data + at, *size - at);
            *size += len;
        }
        break;
    default: /* cut */
        *size = at;
        break;
    }
}

static void try_bytes(const uint8_t *data, size_t size)
{
    /* A copy of exact size, so that a read past the end is seen. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void try_file(const char *path, const char *name)
{
    static uint8_t original[INPUT_MAX], data[INPUT_MAX];
    FILE *f = fopen(path, "rb");
    size_t size = f ? fread(original, 1, sizeof original, f) : 0;
    if (f)
        fclose(f);
    seed = SEED; /* the same for every file, whatever order they come in */
    try_bytes(original, size);
    for (int i = 0; i < VARIANTS; i++) {
        size_t n = size;
        memcpy(data, original, size);
        for (size_t changes = 1 + pick(4); changes > 0; changes--)
            change(data, &n);
        try_bytes(data, n);
    }
    ok(f != NULL, "%s and %d variants", name, VARIANTS);
}

int main(int argc, char **argv)
{
    char folder[1024], path[2048];
    const char *src = getenv("SRC");
    const char *name = strrchr(argv[0], '/');
    (void)argc;
    name = name ? name + 1 : argv[0];
    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%.*s",
             src ? src : ".", (int)strcspn(name, "."), name);
    DIR *dir = opendir(folder);
    ok(dir != NULL, "corpus");
    for (struct dirent *e; dir && (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        try_file(path, e->d_name);
    }
    if (dir)
        closedir(dir);
    return tap_done();
}
