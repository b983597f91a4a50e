/* command_run. */
#include "config.h"

#include "tests/lib/command.h"

#include <fcntl.h>
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
