/* mlc fmt: flow files in the one layout. A file is replaced whole: written
 * under a temporary name beside it, then renamed, so that a crash leaves
 * either the old text or the new one. A file with syntax errors stays as it
 * is. */
#include "config.h"

#include "cli/command.h"

#include "base/diag.h"
#include "cli/diff.h"
#include "lang/ast.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDERS_MAX 32 /* deep */
#define FILES_MAX 100000
#define FILE_MAX ((size_t)17 << 20) /* past what the parser takes */

int cmd_fmt(const struct invocation *in);

struct paths {
    char **list;
    size_t count, cap;
};

struct work {
    const struct invocation *in;
    bool check, diff;
    size_t files, changed, broken;
    struct buf json;
};

/* ------------------------------------------------------------------ files */

static int read_all(int fd, const char *path, struct buf *out,
                    struct error *err)
{
    for (;;) {
        char *room = buf_room(out, 65536);
        ssize_t n;

        if (!room)
            return error_set(err, ERROR_INPUT, "%s is too large", path);
        n = read(fd, room, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, ERROR_INPUT, "could not read %s", path);
        if (n == 0)
            return 0;
        buf_grown(out, (size_t)n);
    }
}

static int read_file(const char *path, struct buf *out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int result;

    if (fd < 0)
        return error_errno(err, ERROR_INPUT, "could not open %s", path);
    result = read_all(fd, path, out, err);
    close(fd);
    return result;
}

static int write_all(int fd, struct text t)
{
    while (t.len) {
        ssize_t n = write(fd, t.ptr, t.len);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            t = text_slice(t, (size_t)n, t.len - (size_t)n);
    }
    return 0;
}

/* `real` is the file itself, not a link to it. */
static int replace(const char *real, struct text t, struct error *err)
{
    struct buf name;
    struct stat st;
    int fd, bad;

    if (stat(real, &st) < 0)
        return error_errno(err, ERROR_INPUT, "could not look at %s", real);
    buf_init(&name, 8192);
    buf_printf(&name, "%s.XXXXXX", real);
    fd = mkstemp(name.ptr);
    if (fd < 0) {
        error_errno(err, ERROR_INPUT, "could not write beside %s", real);
        buf_fini(&name);
        return -1;
    }
    bad = write_all(fd, t) < 0 || fchmod(fd, st.st_mode & 07777) < 0 ||
          fsync(fd) < 0;
    bad = close(fd) < 0 || bad;
    bad = bad || rename(name.ptr, real) < 0;
    if (bad) {
        error_errno(err, ERROR_INPUT, "could not write %s", real);
        unlink(name.ptr);
    }
    buf_fini(&name);
    return bad ? -1 : 0;
}

static int write_file(const char *path, struct text t, struct error *err)
{
    char real[PATH_MAX];

    if (!realpath(path, real))
        return error_errno(err, ERROR_INPUT, "could not find %s", path);
    return replace(real, t, err);
}

/* ------------------------------------------------------------ which files */

static void add_path(struct paths *p, const char *path)
{
    if (p->count == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 64;
        p->list = mem_realloc(p->list, p->cap * sizeof *p->list);
    }
    p->list[p->count++] = mem_strdup(path);
}

static int in_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_folder(struct paths *p, const char *path, int depth,
                      struct error *err);

static int add_entry(struct paths *p, const char *folder, const char *name,
                     int depth, struct error *err)
{
    struct buf path;
    struct stat st;
    struct text t = text_of(name);
    int result = 0;

    if (name[0] == '.')
        return 0;
    buf_init(&path, 8192);
    if (strcmp(folder, ".") == 0)
        buf_str(&path, name);
    else
        buf_printf(&path, "%s/%s", folder, name);
    if (lstat(buf_cstr(&path), &st) == 0) {
        if (S_ISDIR(st.st_mode))
            result = add_folder(p, path.ptr, depth + 1, err);
        else if (text_ends(t, TEXT(".mlc")) && p->count < FILES_MAX)
            add_path(p, path.ptr);
    }
    buf_fini(&path);
    return result;
}

static int add_folder(struct paths *p, const char *path, int depth,
                      struct error *err)
{
    DIR *dir;
    struct dirent *e;
    int result = 0;

    if (depth > FOLDERS_MAX)
        return error_set(err, ERROR_INPUT, "%s lies more than %d folders deep",
                         path, FOLDERS_MAX);
    dir = opendir(path);
    if (!dir)
        return error_errno(err, ERROR_INPUT, "could not open %s", path);
    while (result == 0 && (e = readdir(dir)))
        result = add_entry(p, path, e->d_name, depth, err);
    closedir(dir);
    return result;
}

static int collect(const struct invocation *in, struct paths *p,
                   struct error *err)
{
    static char here[] = ".";
    char *none[] = { here };
    char **args = in->arg_count ? in->args : none;
    int count = in->arg_count ? in->arg_count : 1;

    for (int i = 0; i < count; i++) {
        struct stat st;
        size_t from = p->count;

        if (strcmp(args[i], "-") == 0) {
            add_path(p, "-");
            continue;
        }
        if (stat(args[i], &st) < 0)
            return error_errno(err, ERROR_INPUT, "could not open %s",
                               args[i]);
        if (!S_ISDIR(st.st_mode)) {
            add_path(p, args[i]);
            continue;
        }
        if (add_folder(p, args[i], 0, err) < 0)
            return -1;
        if (p->count > from)
            qsort(p->list + from, p->count - from, sizeof *p->list, in_order);
    }
    return 0;
}

/* --------------------------------------------------------------- one file */

static void report_json(struct work *w, const char *path, const char *state)
{
    buf_str(&w->json, w->json.len ? "," : "");
    buf_str(&w->json, "{\"path\":");
    buf_json_string(&w->json, text_of(path));
    buf_printf(&w->json, ",\"state\":\"%s\"}", state);
}

static int settle(struct work *w, const char *path, struct text before,
                  struct text after, struct error *err)
{
    bool same = text_equal(before, after);
    struct buf shown;

    report_json(w, path, same ? "unchanged" : "changed");
    w->changed += !same;
    if (strcmp(path, "-") == 0 && !w->check && !w->diff) {
        if (after.len > 0)
            fwrite(after.ptr, 1, after.len, stdout);
        return 0;
    }
    if (same)
        return 0;
    if (w->diff && !w->in->json) {
        buf_init(&shown, 0);
        diff_print(path, before, after, &shown);
        fwrite(shown.ptr, 1, shown.len, stdout);
        buf_fini(&shown);
    } else if (w->check && !w->in->json) {
        printf("%s\n", path);
    }
    if (w->check || w->diff)
        return 0;
    return write_file(path, after, err);
}

static int format_text(struct work *w, const char *path, struct text before,
                       struct error *err)
{
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct tree tree;
    struct buf after;
    uint32_t number;
    int result = 0;

    arena_init(&arena);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    number = sources_add(&sources, path, before, false);
    parse_source(&arena, &sources, number, &diags, &tree);
    buf_init(&after, 0);
    if (tree.broken) {
        w->broken++;
        report_json(w, path, "broken");
        diags_sort(&diags);
        diags_print(&diags, DIAG_TEXT, w->in->colour_messages, NULL, stderr);
    } else {
        format_tree(&sources, &tree, &after);
        if (after.full)
            result = error_set(err, ERROR_INPUT, "%s is too large", path);
        else
            result = settle(w, path, before, buf_view(&after), err);
    }
    buf_fini(&after);
    arena_fini(&arena);
    return result;
}

static int format_one(struct work *w, const char *path, struct error *err)
{
    struct buf before;
    bool standard = strcmp(path, "-") == 0;
    int result;

    w->files++;
    buf_init(&before, FILE_MAX);
    result = standard ? read_all(STDIN_FILENO, "standard input", &before, err)
                      : read_file(path, &before, err);
    if (result == 0)
        result = format_text(w, path, buf_view(&before), err);
    buf_fini(&before);
    return result;
}

static int finish(struct work *w)
{
    if (w->in->json)
        printf("{\"files\":[%s]}\n", buf_cstr(&w->json));
    if (w->broken) {
        if (!w->in->quiet)
            fprintf(stderr, "%zu of %zu files could not be read and stay as "
                            "they are\n", w->broken, w->files);
        return EXIT_USAGE;
    }
    return w->changed && (w->check || w->diff) ? EXIT_FINDINGS : EXIT_FINE;
}

int cmd_fmt(const struct invocation *in)
{
    struct work w = { .in = in,
                      .check = option_given(in, "check"),
                      .diff = option_given(in, "diff") };
    struct paths paths = { 0 };
    struct error err = { 0 };
    int code;

    buf_init(&w.json, 0);
    if (collect(in, &paths, &err) < 0)
        err.kind = err.kind ? err.kind : ERROR_INPUT;
    for (size_t i = 0; i < paths.count; i++) {
        if (!err.kind)
            format_one(&w, paths.list[i], &err);
        mem_free(paths.list[i]);
    }
    mem_free(paths.list);
    code = err.kind ? command_fail(in, &err) : finish(&w);
    buf_fini(&w.json);
    return code;
}
