/* Stops a program at a chosen system call, whatever call it is: counting per
 * name would end it in its start-up again and again and prove nothing. */
#ifndef MLC_TESTS_LIB_KILLAT_H
#define MLC_TESTS_LIB_KILLAT_H

#include <sys/types.h>

/* Runs argv and kills it at its `at`-th boundary (entry or return of a system
 * call, all threads together); 0: never. The number of boundaries passed;
 * `*status` as waitpid has it. -1 when it cannot be started. */
long killat_run(char *const argv[], long at, int *status);
/* Runs argv and pauses it, as by SIGSTOP, the `at`-th time that it turns from
 * its files to the network: the last moment at which it holds no lock before
 * it sends. It is no longer watched then: `*pid` goes on with SIGCONT and is
 * the caller's to wait for; 0 when it came to its end before. The number of
 * such moments it got to. */
long killat_pause(char *const argv[], long at, pid_t *pid, int *status);
/* Runs it unwatched. */
int killat_plain(char *const argv[]);

#endif
