/* Runs another program and waits for it, without a shell. */
#ifndef MLC_TESTS_LIB_COMMAND_H
#define MLC_TESTS_LIB_COMMAND_H

/* Its exit status; -1 when it cannot be started. Standard error is shut. */
int command_run(const char *program, const char *first, const char *second);

#endif
