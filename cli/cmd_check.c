/* mlc check: proves flow files against both systems, offline. Exit 0 when
 * there is no error (warnings and notes do not stop a flow), 2 when there is
 * one. With --fix, sure fixes are applied first, then what is left is told. */
#include "config.h"

#include "cli/command.h"

#include "cli/project.h"
#include "lang/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int cmd_ping(const struct invocation *in);

/* A fix may uncover the next mistake; more rounds than this never help. */
#define FIX_ROUNDS 8

static int write_whole(int fd, struct text text)
{
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        text.ptr += n;
        text.len -= (size_t)n;
    }
    return 0;
}

/* Whole or not at all: written beside the file, then renamed over it. */
static int replace_file(const char *path, struct text text, struct error *err)
{
    char temporary[4096];
    struct stat st;
    int n = snprintf(temporary, sizeof temporary, "%s.mlc-fix.%ld", path,
                     (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary)
        return error_set(err, ERROR_INPUT, "the path %s is too long", path);
    if (stat(path, &st) < 0)
        return error_errno(err, ERROR_INPUT, "could not read %s", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                  st.st_mode & 0777);
    if (fd < 0)
        return error_errno(err, ERROR_INPUT, "could not write beside %s", path);
    bool fine = write_whole(fd, text) == 0 && fsync(fd) == 0;
    if (close(fd) < 0)
        fine = false;
    if (fine && rename(temporary, path) == 0)
        return 0;
    error_errno(err, ERROR_INPUT, "could not write %s", path);
    unlink(temporary);
    return -1;
}

static void load(const struct invocation *in, struct program *p)
{
    struct load_options options = { .tests_too = true };
    const char *paths[1024];
    project_options(&options);
    for (int i = 0; i < in->arg_count && i < 1024; i++)
        paths[options.path_count++] = in->args[i];
    options.paths = paths;
    program_init(p);
    program_load(p, &options);
    program_check(p);
}

static int fix_module(struct program *p, const struct module *m,
                      size_t *applied, struct error *err)
{
    size_t count = 0;
    struct text text = diags_apply_fixes(&p->diags, m->tree.source, &p->arena,
                                         &count);
    if (!count)
        return 0;
    *applied += count;
    return replace_file(m->real, text, err);
}

static int fix_all(const struct invocation *in, size_t *total)
{
    for (int round = 0; round < FIX_ROUNDS; round++) {
        struct program p;
        struct error err = { 0 };
        size_t applied = 0;
        int rc = 0;
        load(in, &p);
        for (const struct module *m = p.modules; m && rc == 0; m = m->next)
            if (m->asked)
                rc = fix_module(&p, m, &applied, &err);
        program_fini(&p);
        *total += applied;
        if (rc < 0)
            return command_fail(in, &err);
        if (!applied)
            break;
    }
    return EXIT_FINE;
}

static enum diag_format format_of(const struct invocation *in)
{
    const char *word = option_value(in, "format");
    if (in->json || (word && strcmp(word, "json") == 0))
        return DIAG_JSON;
    if (word && strcmp(word, "sarif") == 0)
        return DIAG_SARIF;
    if (word && strcmp(word, "github") == 0)
        return DIAG_GITHUB;
    return option_given(in, "brief") ? DIAG_BRIEF : DIAG_TEXT;
}

static void say_count(FILE *out, size_t count, const char *what, bool *first)
{
    if (!count)
        return;
    fprintf(out, "%s%zu %s%s", *first ? "" : ", ", count, what,
            count == 1 ? "" : "s");
    *first = false;
}

static void summary(const struct invocation *in, const struct program *p,
                    size_t fixed)
{
    bool first = true;
    size_t flows = 0, files = 0;
    if (in->quiet)
        return;
    for (const struct flow *f = p->flows; f; f = f->next)
        flows += f->module->asked;
    for (const struct module *m = p->modules; m; m = m->next)
        files += m->asked;
    if (fixed)
        fprintf(stderr, "fixed %zu mistake%s\n", fixed, fixed == 1 ? "" : "s");
    say_count(stderr, p->diags.error_count, "error", &first);
    say_count(stderr, p->diags.warning_count, "warning", &first);
    say_count(stderr, p->diags.note_count, "note", &first);
    if (first)
        fprintf(stderr, "no mistakes in %zu flow%s, %zu file%s\n", flows,
                flows == 1 ? "" : "s", files, files == 1 ? "" : "s");
    else
        fputc('\n', stderr);
}

/* --live: each system answers, and takes what we sign in with. */
static int reach_all(const struct invocation *in)
{
    struct invocation all = *in;
    all.arg_count = 0; /* flow files before, connections now */
    return cmd_ping(&all);
}

int cmd_check(const struct invocation *in)
{
    struct program p;
    size_t fixed = 0;
    if (option_given(in, "fix")) {
        int rc = fix_all(in, &fixed);
        if (rc != EXIT_FINE)
            return rc;
    }
    load(in, &p);
    enum diag_format format = format_of(in);
    bool text = format == DIAG_TEXT || format == DIAG_BRIEF;
    diags_print(&p.diags, format, text ? in->colour_messages : in->colour,
                project_code_title, text ? stderr : stdout);
    if (text)
        summary(in, &p, fixed);
    int rc = p.diags.error_count ? EXIT_USAGE : EXIT_FINE;
    struct error err = { 0 };
    if (rc == EXIT_FINE && option_given(in, "fix") && lock_write(&p, &err) < 0)
        rc = command_fail(in, &err);
    program_fini(&p);
    return rc == EXIT_FINE && option_given(in, "live") ? reach_all(in) : rc;
}
