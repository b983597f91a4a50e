/* The program: finds the command, reads its options, runs it, and sees to it
 * that nothing it wrote got lost. */
#include "config.h"

#include "cli/command.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* With a standard stream closed by the caller, the next file opened would get
 * its number, and messages would end up in the state file. The stand-ins
 * refuse what a stream is for, so lost output is still noticed. */
static void hold_standard_streams(void)
{
    static const int modes[3] = { O_WRONLY, O_RDONLY, O_RDONLY };
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) < 0)
            _exit(EXIT_USAGE);
}

/* A command that did its work but whose output got lost has not succeeded.
 * A reader that left (`mlc runs | head`) knows so itself: no message. */
static int settle_output(int code)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fclose(stdout) != 0)
        failed = true;
    if (!failed)
        return code;
    if (errno != EPIPE)
        fprintf(stderr, "mlc: could not write the output%s%s\n",
                errno ? ": " : "", errno ? strerror(errno) : "");
    return code == EXIT_FINE ? EXIT_FINDINGS : code;
}

static int no_command(const char *name)
{
    const char *near = command_near(name);
    if (near)
        fprintf(stderr, "mlc: no command `%.40s`; did you mean `%s`?\n", name,
                near);
    else
        fprintf(stderr, "mlc: no command `%.40s`\n", name);
    fputs("`mlc --help` lists them.\n", stderr);
    return EXIT_USAGE;
}

static int run_command(const struct command *c, int argc, char **argv)
{
    static struct invocation in;
    bool help;
    int bad = options_parse(&in, c, argc, argv, &help);
    if (bad)
        return bad;
    if (help) {
        in.json ? help_json(c, stdout) : help_command(c, stdout);
        return EXIT_FINE;
    }
    log_setup(in.quiet          ? LOG_QUIET
              : in.verbose > 1  ? LOG_DEBUG
              : in.verbose == 1 ? LOG_VERBOSE
                                : LOG_NORMAL,
              LOG_TEXT);
    return c->run(&in);
}

static int dispatch(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "";
    if (argc < 2) {
        help_all(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(first, "--version") == 0) {
        puts("mlc " PACKAGE_VERSION);
        return EXIT_FINE;
    }
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0) {
        help_all(stdout);
        return EXIT_FINE;
    }
    if (first[0] == '-') {
        fprintf(stderr,
                "mlc: `%.40s` comes before the command; write it after, as in "
                "`mlc check --json`\n",
                first);
        return EXIT_USAGE;
    }
    const struct command *c = command_find(first);
    return c ? run_command(c, argc - 2, argv + 2) : no_command(first);
}

int main(int argc, char **argv)
{
    hold_standard_streams();
    /* A run must not die half way because a reader of its output left. */
    signal(SIGPIPE, SIG_IGN);
    return settle_output(dispatch(argc, argv));
}
