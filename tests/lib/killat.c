/* Watching a program by ptrace. */
#include "config.h"

#include "tests/lib/killat.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct watch {
    long kill_at;    /* boundary; 0: never */
    long pause_at;   /* hand-over; 0: never */
    long boundaries;
    long handovers;
    long last; /* system call entered */
};

/* Between fork and exec nothing is allocated: the process may have threads. */
static void child(char *const argv[], char *const environment[], bool traced)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0)
        dup2(null, 1);
    if (traced) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
    }
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

static pid_t start(char *const argv[], bool traced)
{
    /* a program that is traced cannot look for its own leaks */
    char no_leaks[] = "ASAN_OPTIONS=detect_leaks=0";
    char **environment = traced ? environment_with(no_leaks) : environ;
    pid_t pid = environment ? fork() : -1;
    if (pid == 0)
        child(argv, environment, traced);
    if (traced)
        free(environment);
    return pid;
}

/* The number of the system call it stopped at; -1 unknown. */
static long call_of(pid_t pid)
{
    char path[64];
    long number = -1;
    snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%ld", &number) != 1)
        number = -1;
    if (f)
        fclose(f);
    return number;
}

static int is_poll(long number)
{
#ifdef SYS_poll
    if (number == SYS_poll)
        return 1;
#endif
    return number == SYS_ppoll;
}

/* 1: it is paused and let go. */
static int at_boundary(struct watch *w, pid_t pid, pid_t who)
{
    if (++w->boundaries == w->kill_at)
        kill(pid, SIGKILL);
    if (w->pause_at == 0 || who != pid)
        return 0;
    long number = call_of(who);
    bool handover = is_poll(number) && w->last == SYS_fcntl;
    w->last = number;
    if (!handover || ++w->handovers != w->pause_at)
        return 0;
    kill(pid, SIGSTOP);
    ptrace(PTRACE_DETACH, pid, 0, SIGSTOP);
    return 1;
}

static pid_t watch(char *const argv[], struct watch *w, int *status)
{
    pid_t pid = start(argv, true);
    if (pid < 0 || waitpid(pid, status, 0) != pid)
        return -1;
    ptrace(PTRACE_SETOPTIONS, pid, 0,
           PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE);
    ptrace(PTRACE_SYSCALL, pid, 0, 0);
    for (;;) {
        pid_t who = waitpid(-1, status, __WALL);
        if (who < 0)
            return 0;
        if (WIFEXITED(*status) || WIFSIGNALED(*status)) {
            if (who == pid)
                return 0;
            continue;
        }
        long deliver = 0;
        int signal = WSTOPSIG(*status);
        if (signal == (SIGTRAP | 0x80)) {
            if (at_boundary(w, pid, who))
                return pid;
        } else if (signal != SIGTRAP && signal != SIGSTOP) {
            deliver = signal;
        }
        ptrace(PTRACE_SYSCALL, who, 0, deliver);
    }
}

long killat_run(char *const argv[], long at, int *status)
{
    struct watch w = { .kill_at = at };
    return watch(argv, &w, status) < 0 ? -1 : w.boundaries;
}

long killat_pause(char *const argv[], long at, pid_t *pid, int *status)
{
    struct watch w = { .pause_at = at };
    *pid = watch(argv, &w, status);
    return *pid < 0 ? -1 : w.handovers;
}

int killat_plain(char *const argv[])
{
    int status = 0;
    pid_t pid = start(argv, false);
    return pid < 0 || waitpid(pid, &status, 0) != pid ? -1 : status;
}
