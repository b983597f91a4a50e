/* Files of a project: only regular ones, only inside the project's folder,
 * only up to a size. A flow file may come from a stranger's pull request, so
 * a path in it proves nothing until it is resolved. */
#include "config.h"

#include "lang/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, const char *path, size_t max, struct buf *b,
                    struct error *err)
{
    for (;;) {
        char *room = buf_room(b, 65536);
        if (!room || b->len > max)
            return error_set(err, ERROR_INPUT, "%s is larger than %zu bytes",
                             path, max);
        ssize_t got = read(fd, room, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(err, ERROR_INPUT, "cannot read %s", path);
        if (got == 0)
            return 0;
        buf_grown(b, (size_t)got);
    }
}

struct loaded_file *load_note(struct program *p, const char *path,
                              const char *real)
{
    struct loaded_file *f = ARENA_NEW(&p->arena, struct loaded_file);
    f->path = path;
    f->real = real;
    if (p->last_file)
        p->last_file->next = f;
    else
        p->files = f;
    p->last_file = f;
    return f;
}

static void note_text(struct program *p, const char *path,
                      const struct stat *st, struct text text)
{
    struct loaded_file *f = load_note(p, path, path);
    f->text = text;
    f->size = st->st_size;
    f->inode = st->st_ino;
    f->changed_ns = st->st_mtim.tv_sec * INT64_C(1000000000)
                    + st->st_mtim.tv_nsec;
}

int load_text(struct program *p, const char *path, size_t max,
              struct text *out, struct error *err)
{
    struct stat st = { 0 };
    if (kept_text(p, path, out))
        return 0;
    /* without blocking: a FIFO would wait for ever */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return error_errno(err, ERROR_INPUT, "cannot open %s", path);
    int rc = -1;
    struct buf b;
    buf_init(&b, max + 65536 + 1);
    if (fstat(fd, &st) < 0)
        error_errno(err, ERROR_INPUT, "cannot read %s", path);
    else if (!S_ISREG(st.st_mode))
        error_set(err, ERROR_INPUT, "%s is not a file", path);
    else if (st.st_size > (off_t)max)
        error_set(err, ERROR_INPUT, "%s is larger than %zu MB", path,
                  max >> 20);
    else
        rc = read_all(fd, path, max, &b, err);
    if (rc == 0)
        note_text(p, path, &st, *out = b.len > 0 ? buf_dup(&p->arena, &b)
                                                  : TEXT(""));
    buf_fini(&b);
    close(fd);
    return rc;
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return arena_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

static bool inside(const char *real, const char *root)
{
    size_t len = strlen(root);
    if (len == 1) /* "/" */
        return true;
    return strncmp(real, root, len) == 0 && real[len] == '/';
}

static struct diag *refuse(struct program *p, struct span span,
                           struct text name, const char *why)
{
    struct checker c = { .p = p, .d = &p->diags, .arena = &p->arena };
    return say(&c, "E0202", span, "\"%.*s\" %s", TEXT_ARG(name), why);
}

static bool name_is_safe(struct program *p, struct text name, struct span span)
{
    if (!name.len || name.len >= PATH_MAX) {
        refuse(p, span, name, name.len ? "is too long" : "names no file");
        return false;
    }
    if (memchr(name.ptr, 0, name.len)) {
        refuse(p, span, text_of(name.ptr), "has a NUL byte in it");
        return false;
    }
    if (name.ptr[0] == '/' || memchr(name.ptr, '\\', name.len)) {
        struct diag *m = refuse(p, span, name, "is no path inside the project");
        diag_note(&p->diags, m,
                  "write the path from this file's folder, with / between "
                  "folders");
        return false;
    }
    return true;
}

/* Says of a missing file which one nearby may be meant. */
static void cannot_find(struct program *p, struct text name, struct span span,
                        const char *why)
{
    struct checker c = { .p = p, .d = &p->diags, .arena = &p->arena };
    say(&c, "E0201", span, "\"%.*s\" cannot be read: %s", TEXT_ARG(name), why);
}

/* More `..` than there are folders between the file and the project's? */
static bool climbs_out(const char *folder, const char *root, struct text name)
{
    int depth = 0;
    if (!inside(folder, root) && strcmp(folder, root) != 0)
        return false; /* told otherwise */
    for (const char *s = folder + strlen(root); *s; s++)
        depth += *s == '/' && s[1];
    for (size_t at; name.len; name = text_slice(name, at, name.len - at)) {
        if (!text_find(name, TEXT("/"), &at))
            break;
        struct text part = text_slice(name, 0, at++);
        depth += text_is(part, "..") ? -1 : part.len && !text_is(part, ".");
        if (depth < 0)
            return true;
    }
    return false;
}

const char *load_resolve(struct program *p, struct module *module,
                         struct text name, struct span span)
{
    if (!name_is_safe(p, name, span))
        return NULL;
    const char *folder = folder_of(&p->arena, module->real);
    const char *path = arena_printf(&p->arena, "%s/%.*s", folder,
                                    TEXT_ARG(name));
    char real[PATH_MAX];
    if (climbs_out(folder, p->root, name)) {
        refuse(p, span, name, "lies outside the project");
        return NULL;
    }
    if (p->options && p->options->pack) {
        const char *kept = kept_resolve(p, path);
        if (!kept)
            cannot_find(p, name, span, "there is no such file");
        return kept;
    }
    if (!realpath(path, real)) {
        load_note(p, path, NULL);
        cannot_find(p, name, span, errno == ENOENT ? "there is no such file"
                                                   : strerror(errno));
        return NULL;
    }
    if (!inside(real, p->root)) {
        struct diag *m = refuse(p, span, name, "lies outside the project");
        diag_note(&p->diags, m, "the project is the folder %s", p->root);
        return NULL;
    }
    return load_note(p, path, arena_strdup(&p->arena, real))->real;
}
