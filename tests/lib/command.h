/* Runs other programs and waits for them, without a shell. */
#ifndef MLC_TESTS_LIB_COMMAND_H
#define MLC_TESTS_LIB_COMMAND_H

/* Its exit status; -1 when it cannot be started. Standard error is shut. */
int command_run(const char *program, const char *first, const char *second);

/* argv ended by NULL, found by its path; `input` on its standard input, both
 * outputs into the file `out`. Its exit status, 128 and the signal when one
 * ended it, -1 when it cannot be started. */
int command_tell(const char *const *argv, const char *input, const char *out);

#endif
