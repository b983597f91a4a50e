/* The program: finds the subcommand and runs it. */
#include "config.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("mlc " PACKAGE_VERSION);
        return 0;
    }
    return 2;
}
