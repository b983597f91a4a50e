/* Reads a project: finds its folder, parses its files and what they use, and
 * leaves to program_check what it all means. */
#include "config.h"

#include "lang/check.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void program_init(struct program *p)
{
    *p = (struct program){ 0 };
    arena_init(&p->arena);
    sources_init(&p->sources, &p->arena);
    diags_init(&p->diags, &p->arena, &p->sources);
    map_init(&p->objects);
    map_init(&p->catalogs);
    map_init(&p->unknown);
}

void program_fini(struct program *p)
{
    for (struct object *o = p->all_objects; o; o = o->next)
        map_fini(&o->by_name);
    for (struct module *m = p->modules; m; m = m->next) {
        map_fini(&m->names);
        map_fini(&m->prefixes);
    }
    map_fini(&p->objects);
    map_fini(&p->catalogs);
    map_fini(&p->unknown);
    arena_fini(&p->arena);
}

static void no_files(struct program *p, const char *folder)
{
    diag_add(&p->diags, DIAG_ERROR, "E0201", SPAN_NONE,
                    "there is no .mlc file in %s", folder);
}

/* realpath into the arena; NULL with errno. */
static const char *resolved(struct program *p, const char *path)
{
    char real[PATH_MAX];
    return realpath(path, real) ? arena_strdup(&p->arena, real) : NULL;
}

static const char *parent(struct program *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return "/";
    return arena_strndup(&p->arena, path, (size_t)(slash - path));
}

static bool has_project(struct program *p, const char *folder)
{
    struct stat st;
    const char *path = arena_printf(&p->arena, "%s/project.mlc",
                                    folder[1] ? folder : "");
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void find_root(struct program *p, const char *folder)
{
    p->root = folder;
    for (const char *at = folder;; at = parent(p, at)) {
        if (has_project(p, at)) {
            p->root = at;
            p->has_project = true;
            return;
        }
        if (!at[1])
            return;
    }
}

/* ---------------------------------------------------------------- modules */
struct module *load_module(struct program *p, const char *path,
                           const char *real, struct text text)
{
    struct module *m = ARENA_NEW(&p->arena, struct module);
    m->path = path;
    m->real = real;
    map_init(&m->names);
    map_init(&m->prefixes);
    if (p->last_module)
        p->last_module->next = m;
    else
        p->modules = m;
    p->last_module = m;
    p->module_count++;
    uint32_t source = sources_add(&p->sources, path, text, false);
    parse_source(&p->arena, &p->sources, source, &p->diags, &m->tree);
    return m;
}

static struct module *module_find(struct program *p, const char *real)
{
    for (struct module *m = p->modules; m; m = m->next)
        if (strcmp(m->real, real) == 0)
            return m;
    return NULL;
}

static struct module *module_read(struct program *p, const char *shown_path,
                                  const char *real, struct span span)
{
    struct module *m = module_find(p, real);
    struct error err = { 0 };
    struct text text;
    if (m)
        return m;
    if (p->module_count >= LOAD_FILES_MAX) {
        if (p->module_count == LOAD_FILES_MAX)
            diag_add(&p->diags, DIAG_ERROR, "E0205", span,
                     "the project has more than %d files", LOAD_FILES_MAX);
        p->module_count++;
        return NULL;
    }
    if (load_text(p, real, LOAD_FILE_MAX, &text, &err) < 0) {
        diag_add(&p->diags, DIAG_ERROR, "E0201", span, "%s", err.text);
        return NULL;
    }
    return load_module(p, shown_path, real, text);
}

/* The path as a person would write it from here: relative to the project
 * when the project was found, else as given. */
static const char *beside(struct program *p, const struct module *m,
                          const char *real)
{
    const char *slash = strrchr(m->path, '/');
    size_t depth = strlen(parent(p, m->real));
    if (strncmp(real, m->real, depth) == 0 && real[depth] == '/' && slash)
        return arena_printf(&p->arena, "%.*s%s", (int)(slash - m->path),
                            m->path, real + depth);
    if (strncmp(real, m->real, depth) == 0 && real[depth] == '/')
        return real + depth + 1;
    return real + strlen(p->root) + 1;
}

enum use_state { USE_NEW, USE_OPEN, USE_DONE };

struct use_chain { /* from the first file down to the one in hand */
    const struct module *module;
    const struct node *use;
    const struct use_chain *up;
};

static void say_cycle(struct program *p, const struct use_chain *chain,
                      const struct module *again, const struct node *use)
{
    struct diag *m = diag_add(&p->diags, DIAG_ERROR, "E0203", use->span,
                              "%s uses itself through this line", again->path);
    for (const struct use_chain *u = chain; u && u->use; u = u->up) {
        diag_label(&p->diags, m, u->use->span, "%s is used here",
                   u->module->path);
        if (u->module == again)
            break;
    }
}

static void load_uses(struct program *p, struct module *m,
                      const struct use_chain *up)
{
    struct used_module **last = &m->uses;
    m->use_state = USE_OPEN;
    for (struct node *n = KID(m->tree.file, FILE, items); n; n = n->next) {
        if (n->kind != NODE_USE)
            continue;
        const char *real = load_resolve(p, m, n->text, n->span);
        struct module *used =
            real ? module_read(p, beside(p, m, real), real, n->span) : NULL;
        struct used_module *u = ARENA_NEW(&p->arena, struct used_module);
        u->node = n;
        u->module = used;
        *last = u;
        last = &u->next;
        if (!used)
            continue;
        struct use_chain here = { used, n, up };
        if (used->use_state == USE_OPEN) {
            say_cycle(p, up, used, n);
            u->module = NULL;
        } else if (used->use_state == USE_NEW) {
            load_uses(p, used, &here);
        }
    }
    m->use_state = USE_DONE;
}

static void mark_asked(struct module *m)
{
    m->asked = true;
    for (struct used_module *u = m->uses; u; u = u->next)
        if (u->module && !u->module->asked)
            mark_asked(u->module);
}

/* ---------------------------------------------------------------- folders */
struct found {
    const char **paths;
    size_t count;
};

static void found_add(struct program *p, struct found *f, const char *path)
{
    if (f->count == LOAD_FILES_MAX)
        return;
    if ((f->count & (f->count - 1)) == 0) {
        const char **more =
            ARENA_ARRAY(&p->arena, const char *, f->count ? f->count * 2 : 1);
        if (f->count)
            memcpy(more, f->paths, f->count * sizeof *more);
        f->paths = more;
    }
    f->paths[f->count++] = path;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void walk(struct program *p, const char *folder, int depth,
                 struct found *out)
{
    DIR *dir = depth < LOAD_FOLDER_DEPTH ? opendir(folder) : NULL;
    struct found folders = { 0 };
    const struct dirent *e;
    while (dir && (e = readdir(dir)) != NULL) {
        struct stat st;
        size_t len = strlen(e->d_name);
        const char *path = arena_printf(&p->arena, "%s/%s", folder, e->d_name);
        if (e->d_name[0] == '.' || lstat(path, &st) < 0)
            continue;
        if (S_ISDIR(st.st_mode))
            found_add(p, &folders, path);
        else if (S_ISREG(st.st_mode) && len > 4 &&
                 strcmp(e->d_name + len - 4, ".mlc") == 0)
            found_add(p, out, path);
    }
    if (dir)
        closedir(dir);
    for (size_t i = 0; i < folders.count; i++)
        if (!has_project(p, folders.paths[i])) /* a project of its own */
            walk(p, folders.paths[i], depth + 1, out);
}

size_t load_count(const struct program *p, const char *folder)
{
    struct program scratch = { .root = p->root };
    struct found f = { 0 };
    arena_init(&scratch.arena);
    walk(&scratch, folder, 0, &f);
    arena_fini(&scratch.arena);
    return f.count;
}

/* What a person typed, continued below it. */
static const char *shown_path(struct program *p, const char *base,
                              const char *base_real, const char *real)
{
    size_t len = strlen(base_real);
    const char *rest = real + len + (real[len] == '/');
    if (strcmp(base, ".") == 0)
        return rest;
    size_t base_len = strlen(base);
    while (base_len > 1 && base[base_len - 1] == '/')
        base_len--;
    return arena_printf(&p->arena, "%.*s/%s", (int)base_len, base, rest);
}

static void load_folder(struct program *p, const char *path, const char *real,
                        bool asked)
{
    struct found f = { 0 };
    walk(p, real, 0, &f);
    load_note(p, path, real)->size = (int64_t)f.count;
    if (f.count)
        qsort(f.paths, f.count, sizeof *f.paths, by_name);
    for (size_t i = 0; i < f.count; i++) {
        struct module *m = module_read(p, shown_path(p, path, real, f.paths[i]),
                                       f.paths[i], SPAN_NONE);
        if (m && asked)
            m->asked = true;
    }
    if (asked && !f.count)
        no_files(p, path);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int load_path(struct program *p, const char *path)
{
    const char *real = resolved(p, path);
    if (!real) {
        diag_add(&p->diags, DIAG_ERROR, "E0201", SPAN_NONE, "cannot open %s: %s",
                 path, strerror(errno));
        return -1;
    }
    bool folder = is_folder(real);
    const char *where = folder ? real : parent(p, real);
    if (!p->root)
        find_root(p, where);
    if (folder) {
        load_folder(p, path, real, true);
        return 0;
    }
    struct module *m = module_read(p, path, real, SPAN_NONE);
    if (m)
        m->asked = true;
    return m ? 0 : -1;
}

/* The rest of the project: its objects and connections are seen by every
 * file, and two flows may own one field. */
static void load_project(struct program *p)
{
    struct module *m;
    const char *first = p->modules ? p->modules->path : "";
    const char *real = p->modules ? p->modules->real : "";
    size_t below = strlen(real) - strlen(first);
    bool relative = p->modules && strlen(first) <= strlen(real) &&
                    strcmp(real + below, first) == 0;
    const char *base = relative && below && strlen(p->root) + 1 == below
                           ? "." : p->root;
    load_folder(p, base, p->root, false);
    const char *project =
        arena_printf(&p->arena, "%s/project.mlc", p->root[1] ? p->root : "");
    m = module_find(p, project);
    if (m)
        m->is_project = m->asked = true;
}

static void load_one_text(struct program *p, const struct load_options *o)
{
    const char *path = o->path_count ? o->paths[0] : "flow.mlc";
    p->root = resolved(p, ".");
    if (!p->root)
        p->root = "/";
    const char *real = arena_printf(&p->arena, "%s/%s", p->root, path);
    if (path[0] == '/') {
        real = path;
        find_root(p, parent(p, path));
    }
    load_module(p, path, real, *o->text)->asked = true;
}

int program_load(struct program *p, const struct load_options *options)
{
    static const char *here[] = { "." };
    const char **paths = options->path_count ? options->paths : here;
    size_t count = options->path_count ? options->path_count : 1;
    int rc = 0;
    p->options = options;
    if (options->pack)
        rc = kept_load(p);
    else if (options->text)
        load_one_text(p, options);
    else
        for (size_t i = 0; i < count; i++)
            if (load_path(p, paths[i]) < 0)
                rc = -1;
    if (p->has_project && !options->pack)
        load_project(p);
    for (struct module *m = p->modules; m; m = m->next)
        if (m->use_state == USE_NEW) {
            struct use_chain top = { m, NULL, NULL };
            load_uses(p, m, &top);
        }
    for (struct module *m = p->modules; m; m = m->next)
        if (m->asked)
            mark_asked(m);
    p->trees = ARENA_ARRAY(&p->arena, struct tree *, p->module_count + 1);
    for (struct module *m = p->modules; m; m = m->next)
        p->trees[p->tree_count++] = &m->tree;
    return rc;
}
