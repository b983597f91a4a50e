/* killat_run, by ptrace. */
#include "config.h"

#include "tests/lib/killat.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between fork and exec nothing is allocated: the process may have threads. */
static void child(char *const argv[], char *const environment[])
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0)
        dup2(null, 1);
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execve(argv[0], argv, environment);
    _exit(127);
}

/* The environment with one more variable; ends with NULL, freed by the caller. */
static char **environment_with(char *more)
{
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **list = calloc(n + 2, sizeof *list);
    size_t name = strcspn(more, "=") + 1;
    for (size_t i = 0; list && i < n; i++)
        if (strncmp(environ[i], more, name) != 0)
            list[kept++] = environ[i];
    if (list)
        list[kept] = more;
    return list;
}

long killat_run(char *const argv[], long at, int *status)
{
    long boundaries = 0;
    /* a program that is traced cannot look for its own leaks */
    char no_leaks[] = "ASAN_OPTIONS=detect_leaks=0";
    char **environment = environment_with(no_leaks);
    pid_t pid = environment ? fork() : -1;
    if (pid == 0)
        child(argv, environment);
    free(environment);
    if (pid < 0)
        return -1;
    if (waitpid(pid, status, 0) != pid)
        return -1;
    ptrace(PTRACE_SETOPTIONS, pid, 0,
           PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE);
    ptrace(PTRACE_SYSCALL, pid, 0, 0);
    for (;;) {
        pid_t who = waitpid(-1, status, __WALL);
        if (who < 0)
            return boundaries;
        if (WIFEXITED(*status) || WIFSIGNALED(*status)) {
            if (who == pid)
                return boundaries;
            continue;
        }
        long deliver = 0;
        int signal = WSTOPSIG(*status);
        if (signal == (SIGTRAP | 0x80)) {
            if (++boundaries == at)
                kill(pid, SIGKILL);
        } else if (signal != SIGTRAP && signal != SIGSTOP) {
            deliver = signal;
        }
        ptrace(PTRACE_SYSCALL, who, 0, deliver);
    }
}
