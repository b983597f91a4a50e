/* The files of a loaded project: have they changed since, and all of them in
 * one piece, so that it can be loaded again as it was whatever became of the
 * disk. The piece is a list of rows; each begins with a letter and has texts
 * with their lengths before them, "5:hello":
 *
 *   R root has_project         M shown real asked text       a .mlc file
 *   F path real                a path that was resolved
 *   T real text                another file that was read */
#include "config.h"

#include "lang/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------- changed? */
static bool is_same(const struct loaded_file *f)
{
    struct stat st;
    if (!f->real)
        return stat(f->path, &st) != 0;
    if (!f->text.ptr)
        return true; /* resolved; what was read of it has a row of its own */
    return stat(f->real, &st) == 0 && st.st_size == f->size
           && st.st_ino == f->inode
           && st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec
                  == f->changed_ns;
}

static bool is_folder(const struct loaded_file *f)
{
    struct stat st;
    return !f->text.ptr && f->real && f->size > 0 && stat(f->real, &st) == 0
           && S_ISDIR(st.st_mode);
}

bool program_changed(const struct program *p)
{
    for (const struct loaded_file *f = p->files; f; f = f->next)
        if (!is_same(f)
            || (is_folder(f) && load_count(p, f->real) != (size_t)f->size))
            return true;
    return false;
}

/* ----------------------------------------------------------------- packing */
static void put(struct buf *out, struct text t)
{
    buf_printf(out, "%zu:", t.len);
    buf_text(out, t);
}

static void put_word(struct buf *out, const char *word)
{
    put(out, text_of(word));
}

static bool is_module(const struct program *p, const char *real)
{
    for (const struct module *m = p->modules; m; m = m->next)
        if (strcmp(m->real, real) == 0)
            return true;
    return false;
}

static void put_file(const struct program *p, const struct loaded_file *f,
                     struct buf *out)
{
    if (f->real && f->text.ptr && !is_module(p, f->real)) {
        buf_byte(out, 'T');
        put_word(out, f->real);
        put(out, f->text);
    } else if (f->real && !f->text.ptr) {
        buf_byte(out, 'F');
        put_word(out, f->path);
        put_word(out, f->real);
    }
}

void program_pack(const struct program *p, struct buf *out)
{
    buf_byte(out, 'R');
    put_word(out, p->root);
    put_word(out, p->has_project ? "1" : "0");
    for (const struct module *m = p->modules; m; m = m->next) {
        buf_byte(out, 'M');
        put_word(out, m->path);
        put_word(out, m->real);
        put_word(out, m->asked ? "1" : "0");
        put(out, sources_get(&p->sources, m->tree.source)->text);
    }
    for (const struct loaded_file *f = p->files; f; f = f->next)
        put_file(p, f, out);
}

/* --------------------------------------------------------------- unpacking */
static bool take(struct text *rest, struct text *out)
{
    size_t colon, len = 0;
    if (!text_find(*rest, TEXT(":"), &colon) || colon == 0 || colon > 12)
        return false;
    for (size_t i = 0; i < colon; i++) {
        if (rest->ptr[i] < '0' || rest->ptr[i] > '9')
            return false;
        len = len * 10 + (size_t)(rest->ptr[i] - '0');
    }
    if (len > rest->len - colon - 1)
        return false;
    *out = text_slice(*rest, colon + 1, len);
    *rest = text_slice(*rest, colon + 1 + len, rest->len - colon - 1 - len);
    return true;
}

static bool take_word(struct program *p, struct text *rest, const char **out)
{
    struct text t;
    if (!take(rest, &t))
        return false;
    *out = text_cstr(&p->arena, t);
    return true;
}

static bool take_module(struct program *p, struct text *rest)
{
    const char *shown, *real, *asked;
    struct text text;
    if (!take_word(p, rest, &shown) || !take_word(p, rest, &real)
        || !take_word(p, rest, &asked) || !take(rest, &text)
        || p->module_count >= LOAD_FILES_MAX)
        return false;
    struct module *m = load_module(p, shown, real, text);
    m->asked = *asked == '1';
    m->is_project = p->has_project
                    && strcmp(real, arena_printf(&p->arena, "%s/project.mlc",
                                                 p->root[1] ? p->root : ""))
                           == 0;
    return true;
}

static bool take_row(struct program *p, struct text *rest)
{
    const char *path, *real;
    char kind = rest->ptr[0];
    *rest = text_slice(*rest, 1, rest->len - 1);
    switch (kind) {
    case 'R':
        if (!take_word(p, rest, &p->root) || !take_word(p, rest, &path))
            return false;
        p->has_project = *path == '1';
        return true;
    case 'M':
        return take_module(p, rest);
    case 'F':
        if (!take_word(p, rest, &path) || !take_word(p, rest, &real))
            return false;
        load_note(p, path, real);
        return true;
    case 'T':
        return take_word(p, rest, &real)
               && take(rest, &load_note(p, real, real)->text);
    default:
        return false;
    }
}

int kept_load(struct program *p)
{
    struct text rest = *p->options->pack;
    while (rest.len > 0)
        if (!take_row(p, &rest)) {
            diag_add(&p->diags, DIAG_ERROR, "E0201", SPAN_NONE,
                     "the packed flow files cannot be read");
            return -1;
        }
    return p->root ? 0 : -1;
}

const char *kept_resolve(struct program *p, const char *path)
{
    for (const struct loaded_file *f = p->files; f; f = f->next)
        if (!f->text.ptr && strcmp(f->path, path) == 0)
            return f->real;
    return NULL;
}

bool kept_text(struct program *p, const char *real, struct text *out)
{
    if (!p->options || !p->options->pack)
        return false;
    for (const struct loaded_file *f = p->files; f; f = f->next)
        if (f->text.ptr && strcmp(f->real, real) == 0) {
            *out = f->text;
            return true;
        }
    return false;
}
