/* What mlc tells the shell that started it. Stable: scripts and schedulers
 * rely on these numbers; doc/help/exit-codes.txt explains them to people and
 * a test keeps both alike. */
#ifndef MLC_CLI_EXIT_H
#define MLC_CLI_EXIT_H

enum exit_code {
    EXIT_FINE = 0,
    EXIT_FINDINGS = 1,   /* finished, with findings, held or rejected records,
                            or with output that got lost */
    EXIT_USAGE = 2,      /* usage or flow error, nothing ran */
    EXIT_CHANGES = 3,    /* the plan has changes, with --exit-code */
    EXIT_SIGN_IN = 4,    /* a person must sign in */
    EXIT_LOCKED = 5,     /* another run has it */
    EXIT_GUARD = 6,      /* stopped by a limit, quota, period or rollback */
    EXIT_TRY_LATER = 75, /* outage or rate limit */
    EXIT_INTERRUPTED = 130,
    EXIT_TERMINATED = 143,
};

#endif
