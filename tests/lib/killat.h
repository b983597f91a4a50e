/* Ends a program at a chosen system call, whatever call it is: counting per
 * name would kill it in its start-up again and again and prove nothing. */
#ifndef MLC_TESTS_LIB_KILLAT_H
#define MLC_TESTS_LIB_KILLAT_H

/* Runs argv and kills it at its `at`-th boundary (entry or return of a system
 * call, all threads together); 0: never. The number of boundaries passed;
 * `*status` as waitpid has it. -1 when it cannot be started. */
long killat_run(char *const argv[], long at, int *status);

#endif
