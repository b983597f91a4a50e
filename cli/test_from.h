/* Tests out of kept records. */
#ifndef MLC_CLI_TEST_FROM_H
#define MLC_CLI_TEST_FROM_H

#include "cli/command.h"

/* Prints the test that `--from KEY [--flow FLOW]` asks for. */
int test_from(const struct invocation *in);

#endif
