/* The little a service manager wants to hear, by its plain socket protocol:
 * ready, alive, stopping. Without NOTIFY_SOCKET nothing happens. */
#ifndef MLC_RUNTIME_SYSTEMD_H
#define MLC_RUNTIME_SYSTEMD_H

/* "READY=1", "STOPPING=1", "STATUS=…"; lines as sd_notify(3) has them. */
void systemd_tell(const char *lines);
/* Says that we are alive, when the manager asked to be told (WATCHDOG_USEC)
 * and half its time has passed since the last word. */
void systemd_watchdog(void);

#endif
