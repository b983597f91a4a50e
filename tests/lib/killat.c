/* killat_run, by ptrace. */
#include "config.h"

#include "tests/lib/killat.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void child(char *const argv[])
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0)
        dup2(null, 1);
    /* a program that is traced cannot look for its own leaks */
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execv(argv[0], argv);
    _exit(127);
}

long killat_run(char *const argv[], long at, int *status)
{
    long boundaries = 0;
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0)
        child(argv);
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
