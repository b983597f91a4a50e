/* Reading, comparing and writing mlc.lock: a line a flow, a line a catalog. */
#include "config.h"

#include "lang/check.h"
#include "lang/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_MAX ((size_t)1 << 20)
#define LOCK_HEAD \
    "# Written by mlc; commit it. Flow names carry the links of records, so " \
    "a rename must say so.\nversion 1\n"

static const char *lock_path(const struct program *p, struct arena *arena)
{
    return arena_printf(arena, "%s/" LOCK_NAME, p->root[1] ? p->root : "");
}

static const char *hash_of(struct arena *arena, const struct tree *tree,
                           const struct sources *sources)
{
    struct text t = sources_get(sources, tree->source)->text;
    return arena_printf(arena, "%016llx%016llx",
                        (unsigned long long)text_hash(t, 1),
                        (unsigned long long)text_hash(t, 2));
}

static bool next_line(struct text *rest, struct text *line)
{
    size_t end;
    if (!rest->len)
        return false;
    if (!text_find(*rest, TEXT("\n"), &end))
        end = rest->len;
    *line = text_slice(*rest, 0, end);
    size_t used = end < rest->len ? end + 1 : end;
    *rest = text_slice(*rest, used, rest->len - used);
    return true;
}

static bool word_after(struct text line, const char *first, struct text *rest)
{
    struct text word = text_of(first);
    if (!text_starts(line, word) || line.len <= word.len ||
        line.ptr[word.len] != ' ')
        return false;
    *rest = text_trim(text_slice(line, word.len, line.len - word.len));
    return rest->len > 0;
}

/* "flow NAME" or "flow NAME SOURCE TARGET": what it copied then. */
static bool flow_line(struct text line, struct text *name, struct text *copies)
{
    size_t blank;
    *copies = TEXT_NONE;
    if (!word_after(line, "flow", name))
        return false;
    if (text_find(*name, TEXT(" "), &blank)) {
        *copies = text_trim(text_slice(*name, blank, name->len - blank));
        *name = text_slice(*name, 0, blank);
    }
    return true;
}

static const char *what_it_copies(struct arena *arena, const struct flow *f)
{
    if (!f->source || !f->source_connection)
        return "";
    if (!f->target || !f->target_connection)
        return arena_printf(arena, "%.*s.%.*s log",
                            TEXT_ARG(f->source_connection->name),
                            TEXT_ARG(f->source->name));
    return arena_printf(arena, "%.*s.%.*s %.*s.%.*s",
                        TEXT_ARG(f->source_connection->name),
                        TEXT_ARG(f->source->name),
                        TEXT_ARG(f->target_connection->name),
                        TEXT_ARG(f->target->name));
}

static bool is_locked(struct text lock, struct text name)
{
    struct text line, word, copies;
    while (next_line(&lock, &line))
        if (flow_line(line, &word, &copies) && text_equal(word, name))
            return true;
    return false;
}

/* --------------------------------------------------------------- renames */
/* A flow nobody knows yet that copies the same. */
static struct flow *newcomer(struct program *p, struct text lock,
                             struct text copies)
{
    for (struct flow *f = p->flows; f; f = f->next)
        if (!is_locked(lock, f->name) && !f->was.len &&
            (!copies.len || text_is(copies, what_it_copies(&p->arena, f))))
            return f;
    return NULL;
}

static void check_flow_line(struct program *p, struct checker *c,
                            struct text lock, struct text name,
                            struct text copies)
{
    for (const struct flow *f = p->flows; f; f = f->next)
        if (text_equal(f->name, name) || text_equal(f->was, name))
            return;
    struct flow *f = newcomer(p, lock, copies);
    if (!f)
        return; /* removed: nothing will be written twice */
    struct node *label = KID(f->node, FLOW, name);
    struct span span = label ? label->span : KID(f->node, FLOW, source)->span;
    struct diag *m = say(c, "E0395", span,
                         "the flow `%.*s` ran before and is not in the files "
                         "any more: is it this one?",
                         TEXT_ARG(name));
    diag_note(c->d, m, "under a new name everything would be written again");
    struct diag_fix *fix =
        diag_fix(c->d, m, FIX_CHOICE, "it was renamed: flow %.*s was %.*s",
                 TEXT_ARG(f->name), TEXT_ARG(name));
    if (label)
        diag_edit(c->d, fix, (struct span){ span.source, span.end, span.end },
                  " was %.*s", TEXT_ARG(name));
    else
        diag_edit(c->d, fix, (struct span){ span.source, span.start, span.start },
                  "flow %.*s was %.*s\n", TEXT_ARG(f->name), TEXT_ARG(name));
    diag_note(c->d, m, "if it is a flow of its own, take the line `flow %.*s` "
              "out of " LOCK_NAME,
              TEXT_ARG(name));
}

static void check_catalog_line(struct program *p, struct checker *c,
                               struct text rest)
{
    size_t blank;
    if (!text_find(rest, TEXT(" "), &blank))
        return;
    struct text name = text_slice(rest, 0, blank);
    struct text hash = text_trim(text_slice(rest, blank, rest.len - blank));
    const struct tree *tree = map_get(&p->catalogs, name);
    if (!tree || text_is(hash, hash_of(&p->arena, tree, &p->sources)))
        return;
    struct diag *m = say(c, "W0417", SPAN_NONE,
                         "the catalog of %.*s changed since this project was "
                         "locked", TEXT_ARG(name));
    diag_note(c->d, m, "this check used the new one; `mlc check --fix` takes it "
              "over into " LOCK_NAME);
}

void lock_check(struct program *p)
{
    struct checker c = { .p = p, .d = &p->diags, .arena = &p->arena };
    struct error err = { 0 };
    struct text lock, rest, line, word, copies;
    struct stat st;
    const char *path = p->has_project ? lock_path(p, &p->arena) : NULL;
    if (!path || stat(path, &st) < 0)
        return;
    if (load_text(p, path, LOCK_MAX, &lock, &err) < 0) {
        say(&c, "E0201", SPAN_NONE, "%s", err.text);
        return;
    }
    rest = lock;
    while (next_line(&rest, &line)) {
        if (flow_line(line, &word, &copies))
            check_flow_line(p, &c, lock, word, copies);
        else if (word_after(line, "catalog", &word))
            check_catalog_line(p, &c, word);
    }
}

/* ----------------------------------------------------------------- writing */
static void print_flow(const struct flow *f, struct arena *scratch,
                       struct buf *out)
{
    buf_printf(out, "flow %.*s %s\n", TEXT_ARG(f->name),
               what_it_copies(scratch, f));
}

void lock_print(const struct program *p, struct buf *out)
{
    struct arena scratch;
    arena_init(&scratch);
    buf_str(out, LOCK_HEAD);
    for (size_t i = 0; i < p->catalogs.count; i++) {
        const struct map_entry *e = &p->catalogs.entries[i];
        buf_printf(out, "catalog %.*s %s\n", TEXT_ARG(e->key),
                   hash_of(&scratch, e->value, &p->sources));
    }
    for (const struct flow *f = p->flows; f; f = f->next)
        print_flow(f, &scratch, out);
    arena_fini(&scratch);
}

/* What the old text says of flows and catalogs stays, whatever of the project
 * is loaded now; a flow renamed with `was` takes its old line's place. */
static void print_with(const struct program *p, struct text old,
                       const struct flow *flow, struct buf *out)
{
    struct text rest = old, line, word, copies;
    bool known = false;
    struct arena scratch;
    arena_init(&scratch);
    if (!old.len)
        buf_str(out, LOCK_HEAD);
    while (next_line(&rest, &line)) {
        bool same = flow_line(line, &word, &copies) &&
                    (text_equal(word, flow->name) ||
                     (flow->was.len && text_equal(word, flow->was)));
        if (same && known)
            continue;
        known |= same;
        if (same)
            print_flow(flow, &scratch, out);
        else
            buf_printf(out, "%.*s\n", TEXT_ARG(line));
    }
    for (size_t i = 0; i < p->catalogs.count; i++) {
        const struct map_entry *e = &p->catalogs.entries[i];
        const char *start = arena_printf(&scratch, "catalog %.*s ",
                                         TEXT_ARG(e->key));
        size_t at;
        if (!text_find(old, text_of(start), &at))
            buf_printf(out, "%s%s\n", start,
                       hash_of(&scratch, e->value, &p->sources));
    }
    if (!known)
        print_flow(flow, &scratch, out);
    arena_fini(&scratch);
}

static int write_file(const char *path, struct text text, struct error *err)
{
    struct arena scratch;
    arena_init(&scratch);
    const char *part = arena_printf(&scratch, "%s.%ld", path, (long)getpid());
    int rc = 0;
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        rc = error_errno(err, ERROR_INPUT, "could not write %s", path);
    } else {
        bool fine = write(fd, text.ptr, text.len) == (ssize_t)text.len &&
                    fsync(fd) == 0;
        if (close(fd) < 0)
            fine = false;
        if (!fine || rename(part, path) < 0) {
            rc = error_errno(err, ERROR_INPUT, "could not write %s", path);
            unlink(part);
        }
    }
    arena_fini(&scratch);
    return rc;
}

/* `flow` NULL: the project as it is now. */
static int write_lock(const struct program *p, const struct flow *flow,
                      struct error *err)
{
    struct program reader; /* only its arena: p is not changed */
    struct error ignored = { 0 };
    struct text old = TEXT_NONE;
    struct buf text;
    int rc = 0;
    if (!p->has_project)
        return 0;
    program_init(&reader);
    buf_init(&text, LOCK_MAX);
    const char *path = lock_path(p, &reader.arena);
    bool there = load_text(&reader, path, LOCK_MAX, &old, &ignored) == 0;
    if (flow)
        print_with(p, old, flow, &text);
    else
        lock_print(p, &text);
    if (!there || !text_equal(old, buf_view(&text)))
        rc = write_file(path, buf_view(&text), err);
    buf_fini(&text);
    program_fini(&reader);
    return rc;
}

int lock_write(const struct program *p, struct error *err)
{
    return write_lock(p, NULL, err);
}

int lock_add_flow(const struct program *p, const struct flow *flow,
                  struct error *err)
{
    return write_lock(p, flow, err);
}
