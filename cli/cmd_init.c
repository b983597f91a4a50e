/* mlc init: writes a project of one's own from the examples, which are built
 * into the program: examples/SOURCE-TARGET/ is what a pair of systems starts
 * with. Nothing that exists is overwritten. */
#include "config.h"

#include "cli/command.h"

#include "base/embedded.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 512
#define WORD_ROOM 64

/* Beside the example's files every project gets these. */
static const struct embedded_text more_files[] = {
    { ".gitignore", ".mlc/\n", 0 },
    { "ci.sh",
      "#!/bin/sh\n"
      "# What a change of this project must pass; needs no network and no "
      "account.\n"
      "set -e\n"
      "cd \"$(dirname \"$0\")\"\n"
      "mlc fmt --check --diff\n"
      "mlc check\n"
      "mlc test\n",
      0 },
    { 0 }
};

/* "rippling-exact/project.mlc" belongs to the pair rippling, exact; the result
 * is the path inside the project, or NULL. */
static const char *inside(const struct embedded_text *t, const char *source,
                          const char *target)
{
    size_t s = strlen(source);
    size_t g = strlen(target);
    const char *name = t->name;
    if (strncmp(name, source, s) != 0 || name[s] != '-' ||
        strncmp(name + s + 1, target, g) != 0 || name[s + 1 + g] != '/')
        return NULL;
    return name + s + 1 + g + 1;
}

static bool has_pair(const char *source, const char *target)
{
    for (const struct embedded_text *t = example_files; t->name; t++)
        if (inside(t, source, target))
            return true;
    return false;
}

/* Each example's project.mlc once: "rippling to exact". */
static void list_pairs(FILE *out)
{
    for (const struct embedded_text *t = example_files; t->name; t++) {
        size_t pair = strcspn(t->name, "/");
        size_t dash = strcspn(t->name, "-");
        if (strcmp(t->name + pair, "/project.mlc") == 0)
            fprintf(out, "  --source %.*s --target %.*s\n", (int)dash, t->name,
                    (int)(pair - dash - 1), t->name + dash + 1);
    }
}

/* The option's value, or what a person types; NULL at the end of input. */
static const char *asked(const struct invocation *in, const char *option,
                         const char *question, char answer[WORD_ROOM])
{
    const char *given = option_value(in, option);
    if (given)
        return given;
    fprintf(stderr, "%s ", question);
    if (!fgets(answer, WORD_ROOM, stdin))
        return NULL;
    answer[strcspn(answer, "\r\n ")] = '\0';
    return answer;
}

/* ---------------------------------------------------------------- writing */
static int make_folders(char *path, struct error *err)
{
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        int bad = mkdir(path, 0777) != 0 && errno != EEXIST;
        if (bad)
            error_errno(err, ERROR_USAGE, "cannot make the folder %s", path);
        *p = '/';
        if (bad)
            return -1;
    }
    return 0;
}

static int join(char path[PATH_ROOM], const char *dir, const char *name,
                struct error *err)
{
    int n = snprintf(path, PATH_ROOM, "%s/%s", dir, name);
    if (n < 0 || n >= PATH_ROOM)
        return error_set(err, ERROR_USAGE, "the folder's name is too long");
    return 0;
}

static int write_file(const char *path, const char *text, size_t len,
                      struct error *err)
{
    bool script = text[0] == '#' && text[1] == '!';
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                  script ? 0777 : 0666);
    if (fd < 0)
        return error_errno(err, ERROR_USAGE, "cannot write %s", path);
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error_errno(err, ERROR_USAGE, "cannot write %s", path);
            close(fd);
            return -1;
        }
        text += n;
        len -= (size_t)n;
    }
    if (close(fd) != 0)
        return error_errno(err, ERROR_USAGE, "cannot write %s", path);
    return 0;
}

/* Calls `each` for every file of the new project. */
static int for_files(const char *dir, const char *source, const char *target,
                     int (*each)(char *path, const struct embedded_text *t,
                                 struct error *err),
                     struct error *err)
{
    char path[PATH_ROOM];
    for (const struct embedded_text *t = example_files; t->name; t++) {
        const char *name = inside(t, source, target);
        if (name && (join(path, dir, name, err) || each(path, t, err)))
            return -1;
    }
    for (const struct embedded_text *t = more_files; t->name; t++)
        if (join(path, dir, t->name, err) || each(path, t, err))
            return -1;
    return 0;
}

static int must_be_free(char *path, const struct embedded_text *t,
                        struct error *err)
{
    struct stat st;
    (void)t;
    if (lstat(path, &st) != 0)
        return 0;
    error_set(err, ERROR_USAGE, "%s is there already", path);
    error_hint(err, "Nothing was written. Name a new folder: mlc init FOLDER");
    return -1;
}

static int name_one(char *path, const struct embedded_text *t,
                    struct error *err)
{
    struct buf b;
    (void)t;
    (void)err;
    buf_init(&b, 0);
    buf_str(&b, "{\"wrote\":");
    buf_json_string(&b, text_of(path));
    printf("%s}\n", buf_cstr(&b));
    buf_fini(&b);
    return 0;
}

static int make_one(char *path, const struct embedded_text *t,
                    struct error *err)
{
    size_t len = t->len ? t->len : strlen(t->text);
    if (make_folders(path, err) || write_file(path, t->text, len, err))
        return -1;
    fprintf(stderr, "  %s\n", path);
    return 0;
}

/* --------------------------------------------------------------- trying it */
static int call(const char *name, bool sandbox, bool json)
{
    static struct invocation in;
    char words[2][WORD_ROOM] = { "--sandbox", "--json" };
    char *argv[3] = { NULL, NULL, NULL };
    int count = 0;
    bool help;
    const struct command *c = command_find(name);
    if (!c)
        return EXIT_FINE;
    fprintf(stderr, "\nmlc %s%s\n", name, sandbox ? " --sandbox" : "");
    if (sandbox)
        argv[count++] = words[0];
    if (json)
        argv[count++] = words[1];
    int bad = options_parse(&in, c, count, argv, &help);
    return bad ? bad : c->run(&in);
}

static void next_steps(const char *dir)
{
    fputs("\nNext:\n", stderr);
    if (strcmp(dir, ".") != 0)
        fprintf(stderr, "  cd %s\n", dir);
    fputs("  mlc check             after each change\n"
          "  mlc test              its tests\n"
          "  mlc held --sandbox    what waits there, and why\n"
          "README.md says how it goes for real.\n",
          stderr);
}

/* The sandbox holds a record or two on purpose: exit 1 of it is fine here. */
static int try_it(const struct invocation *in, const char *dir,
                  struct error *err)
{
    if (chdir(dir) != 0)
        return error_errno(err, ERROR_USAGE, "cannot enter %s", dir);
    int code = call("check", false, in->json);
    if (code == EXIT_FINE)
        code = call("run", true, in->json);
    return code == EXIT_FINDINGS ? EXIT_FINE : code;
}

int cmd_init(const struct invocation *in)
{
    char words[2][WORD_ROOM];
    struct error err = { 0 };
    const char *dir = in->arg_count ? in->args[0] : ".";
    bool both = option_value(in, "source") && option_value(in, "target");
    if (!both && !isatty(STDIN_FILENO)) {
        usage_error(in, "it needs --source and --target; these go together:");
        list_pairs(stderr);
        return EXIT_USAGE;
    }
    const char *source =
        asked(in, "source", "Which system is read (rippling ...)?", words[0]);
    const char *target =
        source ? asked(in, "target", "Which system is written (exact ...)?",
                       words[1])
               : NULL;
    if (!source || !target)
        return EXIT_USAGE;
    if (!has_pair(source, target)) {
        usage_error(in, "no project to start from for %s and %s; there are:",
                    source, target);
        list_pairs(stderr);
        return EXIT_USAGE;
    }
    if (for_files(dir, source, target, must_be_free, &err))
        return command_fail(in, &err);
    fprintf(stderr, "Writing:\n");
    if (for_files(dir, source, target, make_one, &err))
        return command_fail(in, &err);
    if (in->json)
        for_files(dir, source, target, name_one, &err);
    int code = EXIT_FINE;
    if (!option_given(in, "no-run")) {
        code = try_it(in, dir, &err);
        if (code < 0)
            return command_fail(in, &err);
    }
    next_steps(dir);
    return code;
}
