/* Signing in with the browser. */
#ifndef MLC_CLI_LOGIN_H
#define MLC_CLI_LOGIN_H

#include "cli/signin.h"

int login(struct signin *s, struct text name);

#endif
