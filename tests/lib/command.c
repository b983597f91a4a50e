/* Programs run by tests. */
#include "config.h"

#include "tests/lib/command.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int command_run(const char *program, const char *first, const char *second)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, 1);
        dup2(null, 2);
        execlp(program, program, first, second, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int status_of(pid_t pid)
{
    int status = 0;
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The input goes through a file: no pipe can fill up. */
static int input_file(const char *input)
{
    FILE *f = tmpfile();
    if (!f)
        return -1;
    fputs(input, f);
    fflush(f);
    rewind(f);
    int fd = fcntl(fileno(f), F_DUPFD_CLOEXEC, 3);
    fclose(f);
    return fd;
}

int command_tell(const char *const *argv, const char *input, const char *out)
{
    posix_spawn_file_actions_t files;
    char *args[32] = { NULL };
    pid_t pid = 0;
    int in = input_file(input);
    for (size_t n = 0; argv[n] && n < 31; n++)
        memcpy(&args[n], &argv[n], sizeof args[n]);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, 0);
    posix_spawn_file_actions_addopen(&files, 1, out,
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    int failed = in < 0 ||
                 posix_spawn(&pid, args[0], &files, NULL, args, environ);
    posix_spawn_file_actions_destroy(&files);
    if (in >= 0)
        close(in);
    return failed ? -1 : status_of(pid);
}
