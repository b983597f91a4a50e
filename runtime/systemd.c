/* Datagrams to the service manager. */
#include "config.h"

#include "runtime/systemd.h"

#include "runtime/clock.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void systemd_tell(const char *lines)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof to.sun_path
        || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (path[0] == '@') /* a name without a file */
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    const struct sockaddr *address = (const struct sockaddr *)(const void *)&to;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (sendto(fd, lines, strlen(lines), MSG_NOSIGNAL, address, size) < 0) {
        close(fd); /* nobody listens: no reason to stop working */
        return;
    }
    close(fd);
}

void systemd_watchdog(void)
{
    static int64_t told_ms;
    const char *us = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    int64_t every_ms = us ? strtoll(us, NULL, 10) / 2000 : 0;
    if (every_ms <= 0 || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return;
    if (told_ms != 0 && clock_steady_ms() - told_ms < every_ms)
        return;
    told_ms = clock_steady_ms();
    systemd_tell("WATCHDOG=1");
}
