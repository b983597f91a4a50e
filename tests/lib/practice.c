/* Checking flow files of a few lines in a project of their own. */
#include "config.h"

#include "tests/lib/practice.h"
#include "tests/lib/tap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *source_folder(void)
{
    const char *src = getenv("SRC");
    return src ? src : ".";
}

struct text practice_read(struct arena *arena, const char *path)
{
    struct buf b;
    FILE *f = fopen(path, "rb");
    char piece[4096];
    size_t n;
    if (!f)
        return TEXT_NONE;
    buf_init(&b, 0);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(&b, piece, n);
    fclose(f);
    struct text t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

void practice_write(struct practice *t, const char *name, struct text text)
{
    const char *path = arena_printf(&t->arena, "%s/%s", t->folder, name);
    FILE *f = fopen(path, "wb");
    if (!f) {
        tap_diag("cannot write %s", path);
        return;
    }
    fwrite(text.ptr, 1, text.len, f);
    fclose(f);
}

void practice_open(struct practice *t)
{
    static const char *const files[] = { "project.mlc", "objects.mlc" };
    const char *tmp = getenv("TMPDIR");
    arena_init(&t->arena);
    snprintf(t->folder, sizeof t->folder, "%s/mlc-practice-XXXXXX",
             tmp ? tmp : "/tmp");
    if (!mkdtemp(t->folder))
        tap_diag("cannot make %s", t->folder);
    for (size_t i = 0; i < 2; i++)
        practice_write(t, files[i],
                       practice_read(&t->arena,
                                     arena_printf(&t->arena,
                                                  "%s/tests/data/practice/%s",
                                                  source_folder(), files[i])));
}

void practice_close(struct practice *t)
{
    DIR *dir = opendir(t->folder);
    const struct dirent *e;
    while (dir && (e = readdir(dir)) != NULL)
        if (e->d_name[0] != '.')
            unlink(arena_printf(&t->arena, "%s/%s", t->folder, e->d_name));
    if (dir)
        closedir(dir);
    rmdir(t->folder);
    arena_fini(&t->arena);
}

void practice_check(struct practice *t, struct program *p)
{
    static const char *const connectors[] = { "exact", "rippling", "files",
                                              NULL };
    static const struct setting_rule settings[] = {
        { "files", "folder", "text", false, "the folder of the files" },
        { "exact", "region", "one of nl|be|de|uk|us", false, "where it is" },
        { "exact", "division", "number", false, "the administration" },
        { NULL, NULL, NULL, false, NULL },
    };
    const char *paths[] = { arena_printf(&t->arena, "%s/flow.mlc", t->folder) };
    struct load_options options = { .catalogs = connector_catalogs,
                                    .connectors = connectors,
                                    .settings = settings,
                                    .paths = paths,
                                    .path_count = 1,
                                    .tests_too = true };
    program_init(p);
    program_load(p, &options);
    program_check(p);
}

void practice_print(struct practice *t, const struct program *p,
                    struct buf *out)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&bytes, &len);
    diags_print(&p->diags, DIAG_TEXT, false, NULL, f);
    fclose(f);
    struct text rest = { bytes, len };
    struct text folder = text_of(arena_printf(&t->arena, "%s/", t->folder));
    size_t at;
    while (text_find(rest, folder, &at)) {
        buf_text(out, text_slice(rest, 0, at));
        rest = text_slice(rest, at + folder.len, rest.len - at - folder.len);
    }
    struct text bare = text_of(t->folder);
    while (text_find(rest, bare, &at)) {
        buf_text(out, text_slice(rest, 0, at));
        buf_str(out, "PROJECT");
        rest = text_slice(rest, at + bare.len, rest.len - at - bare.len);
    }
    buf_text(out, rest);
    (free)(bytes); /* open_memstream's */
}

bool practice_mend(struct practice *t, struct program *p, struct text *out)
{
    struct module *m = p->modules;
    size_t applied = 0;
    while (m && !text_ends(text_of(m->path), TEXT("/flow.mlc")))
        m = m->next;
    if (!m)
        return false;
    struct diag_fix *picked = NULL;
    bool any_sure = false;
    for (struct diag *d = p->diags.first; d; d = d->next)
        for (struct diag_fix *f = d->fixes; f; f = f->next)
            any_sure |= f->certainty == FIX_SURE && f->edits;
    for (struct diag *d = p->diags.first; d && !any_sure && !picked; d = d->next)
        for (struct diag_fix *f = d->fixes; f && !picked; f = f->next)
            if (f->edits)
                picked = f;
    if (!any_sure && !picked)
        return false;
    if (picked)
        picked->certainty = FIX_SURE;
    *out = text_dup(&t->arena,
                    diags_apply_fixes(&p->diags, m->tree.source, &p->arena,
                                      &applied));
    return applied > 0;
}

void practice_golden(const char *path, struct text got, const char *name)
{
    struct arena arena;
    arena_init(&arena);
    if (getenv("MLC_UPDATE_GOLDEN")) {
        FILE *f = fopen(path, "wb");
        if (f) {
            fwrite(got.ptr, 1, got.len, f);
            fclose(f);
        }
    }
    struct text want = practice_read(&arena, path);
    is_bytes(got.ptr ? got.ptr : "", got.len, want.ptr ? want.ptr : "",
             want.len, name);
    arena_fini(&arena);
}
