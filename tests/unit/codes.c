/* Every code has a page; its bad example gives that code and nothing worse,
 * its good one has no mistake; and what is printed is what was agreed on
 * (tests/golden/codes, MLC_UPDATE_GOLDEN=1 writes it). */
#include "config.h"

#include "base/embedded.h"
#include "tests/lib/practice.h"
#include "tests/lib/tap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct code {
    const char *code, *level, *title;
} codes[] = {
#define CODE(code, level, title) { #code, #level, title },
#include "lang/codes.def"
#undef CODE
};

/* Codes that no flow file of a page can give: why. */
static const struct {
    const char *code, *why;
} elsewhere[] = {
    { "E0107", "longer than a page; see tests/unit/parse.c" },
    { "E0108", "a page is UTF-8 itself" },
    { "E0380", "depends on what this version runs" },
    { "E0395", "needs mlc.lock; see tests/unit/lock.c" },
    { "W0417", "needs mlc.lock; see tests/unit/lock.c" },
};

static bool is_elsewhere(const char *code)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcmp(elsewhere[i].code, code) == 0)
            return true;
    return false;
}

/* Writes the files of the section that starts with `heading`. */
static bool write_section(struct practice *t, struct text page,
                          const char *heading)
{
    size_t at, end;
    bool any = false;
    if (!text_find(page, text_of(heading), &at))
        return false;
    struct text rest = text_slice(page, at + strlen(heading),
                                  page.len - at - strlen(heading));
    if (text_find(rest, TEXT("\n## "), &end))
        rest = text_slice(rest, 0, end + 1);
    while (text_find(rest, TEXT("\n```"), &at)) {
        rest = text_slice(rest, at + 4, rest.len - at - 4);
        if (!text_find(rest, TEXT("\n"), &at))
            break;
        struct text info = text_trim(text_slice(rest, 0, at));
        rest = text_slice(rest, at + 1, rest.len - at - 1);
        if (!text_find(rest, TEXT("```"), &end))
            break;
        size_t blank;
        const char *name = "flow.mlc";
        if (text_find(info, TEXT(" "), &blank))
            name = text_cstr(&t->arena, text_slice(info, blank + 1,
                                                   info.len - blank - 1));
        practice_write(t, name, text_slice(rest, 0, end));
        rest = text_slice(rest, end + 3, rest.len - end - 3);
        any = true;
    }
    return any;
}

static bool has_code(const struct program *p, const char *code)
{
    for (const struct diag *d = p->diags.first; d; d = d->next)
        if (strcmp(d->code, code) == 0)
            return true;
    return false;
}

/* Messages of another code at the level of an error: a cascade. */
static bool only_code(const struct program *p, const char *code)
{
    for (const struct diag *d = p->diags.first; d; d = d->next)
        if (d->level == DIAG_ERROR && strcmp(d->code, code) != 0)
            return false;
    return true;
}

static void try_page(const struct code *c, struct text page)
{
    struct practice t;
    struct program p;
    struct buf printed;
    const char *src = getenv("SRC");
    practice_open(&t);
    buf_init(&printed, 0);
    ok(write_section(&t, page, "## Bad"), "%s: there is a bad example", c->code);
    practice_check(&t, &p);
    practice_print(&t, &p, &printed);
    ok(has_code(&p, c->code), "%s: the bad example gives it", c->code);
    ok(only_code(&p, c->code), "%s: and no other error", c->code);
    practice_golden(arena_printf(&t.arena, "%s/tests/golden/codes/%s.txt",
                                 src ? src : ".", c->code),
                    buf_view(&printed), c->code);
    program_fini(&p);
    practice_close(&t);

    practice_open(&t);
    ok(write_section(&t, page, "## Good"), "%s: there is a good one", c->code);
    practice_check(&t, &p);
    buf_reset(&printed);
    practice_print(&t, &p, &printed);
    ok(!has_code(&p, c->code) && !p.diags.error_count,
       "%s: the good example has no mistake", c->code);
    if (p.diags.error_count || has_code(&p, c->code))
        tap_diag("%s", buf_cstr(&printed));
    program_fini(&p);
    practice_close(&t);
    buf_fini(&printed);
}

int main(void)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char name[32];
        snprintf(name, sizeof name, "codes/%s", codes[i].code);
        const struct embedded_text *page = embedded_find(code_pages, name);
        ok(page != NULL, "%s has a page", codes[i].code);
        ok(codes[i].level[0] == codes[i].code[0], "%s says its level",
           codes[i].code);
        if (page && !is_elsewhere(codes[i].code))
            try_page(&codes[i], (struct text){ page->text, page->len });
    }
    return tap_done();
}
