/* The mistakes people bring from finance, SQL, Excel, Python and JavaScript:
 * tests/golden/mistakes/NAME.mlc, what is printed in NAME.txt
 * (MLC_UPDATE_GOLDEN=1 writes it). One mistake gives one message, and a fix,
 * once applied, leaves a flow without errors. */
#include "config.h"

#include "tests/lib/practice.h"
#include "tests/lib/tap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES_MAX 1000
#define CASES_LEAST 100 /* of them, and of those that mend themselves: */
#define MENDED_LEAST 90

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list_cases(struct arena *arena, const char *folder, char **names)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;
    size_t count = 0;
    while (dir && (e = readdir(dir)) != NULL && count < CASES_MAX) {
        size_t len = strlen(e->d_name);
        if (len > 4 && strcmp(e->d_name + len - 4, ".mlc") == 0)
            names[count++] = arena_strndup(arena, e->d_name, len - 4);
    }
    if (dir)
        closedir(dir);
    qsort(names, count, sizeof *names, by_name);
    return count;
}

/* Messages that count: errors, or warnings where there is no error. */
static size_t messages(const struct program *p)
{
    return p->diags.error_count ? p->diags.error_count
                                : p->diags.warning_count;
}

static bool mends(struct practice *t, struct program *p, const char *name)
{
    struct text fixed;
    struct program again;
    struct buf printed;
    if (!practice_mend(t, p, &fixed))
        return false;
    practice_write(t, "flow.mlc", fixed);
    practice_check(t, &again);
    bool fine = !again.diags.error_count;
    ok(fine, "%s: mended, it has no error", name);
    if (!fine) {
        buf_init(&printed, 0);
        practice_print(t, &again, &printed);
        tap_diag("%s", buf_cstr(&printed));
        buf_fini(&printed);
    }
    program_fini(&again);
    return fine;
}

static bool try_case(const char *folder, const char *name)
{
    struct practice t;
    struct program p;
    struct buf printed;
    practice_open(&t);
    buf_init(&printed, 0);
    practice_write(&t, "flow.mlc",
                   practice_read(&t.arena, arena_printf(&t.arena, "%s/%s.mlc",
                                                        folder, name)));
    practice_check(&t, &p);
    practice_print(&t, &p, &printed);
    is_int((long long)messages(&p), 1, "%s: one mistake, one message", name);
    practice_golden(arena_printf(&t.arena, "%s/%s.txt", folder, name),
                    buf_view(&printed), name);
    bool mended = mends(&t, &p, name);
    program_fini(&p);
    buf_fini(&printed);
    practice_close(&t);
    return mended;
}

int main(void)
{
    struct arena arena;
    char *names[CASES_MAX];
    const char *src = getenv("SRC");
    arena_init(&arena);
    const char *folder = arena_printf(&arena, "%s/tests/golden/mistakes",
                                      src ? src : ".");
    size_t count = list_cases(&arena, folder, names), mended = 0;
    for (size_t i = 0; i < count; i++)
        mended += try_case(folder, names[i]);
    ok(count >= CASES_LEAST, "%zu mistakes are known", count);
    ok(mended >= MENDED_LEAST, "%zu of them mend themselves", mended);
    arena_fini(&arena);
    return tap_done();
}
