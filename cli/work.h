/* What a running command stands on: the project, its state, the systems (or
 * their sandboxes) and the signals that end it. Opened in one call, closed in
 * one. */
#ifndef MLC_CLI_WORK_H
#define MLC_CLI_WORK_H

#include "cli/command.h"
#include "lang/program.h"
#include "runtime/store.h"
#include "runtime/transport.h"

enum work_need {
    WORK_PROGRAM = 1,  /* load and check; errors of it end the command */
    WORK_STATE = 2,    /* the state file, made when it is not there */
    WORK_STATE_READ = 4, /* look only: no state yet is no error */
    WORK_SYSTEMS = 8,  /* transport; sandboxes with --sandbox */
    WORK_DRY = 16,     /* the transport refuses whatever writes */
    WORK_ARGS_ARE_FLOWS = 32, /* flow names, or files and folders to load */
    WORK_CONNECTIONS = 64, /* load the project, but let unsound flows pass:
                              signing in must not wait for them */
};

struct sandbox;

struct work {
    const struct invocation *in;
    struct arena arena;
    struct program program;
    struct load_options load; /* the program keeps a pointer to it */
    struct text pack;
    struct store *store;       /* NULL: none yet, with WORK_STATE_READ */
    struct transport *transport;
    struct sandbox *sandbox;
    struct connection_override *overrides;
    const char *state_path;
    bool program_loaded;
    int64_t now_ms; /* frozen when the command started */
};

/* EXIT_FINE, or the code to end with; messages are out by then. */
int work_open(struct work *w, const struct invocation *in, unsigned needs);
/* What WORK_SYSTEMS opens, later; of `needs` WORK_DRY counts. */
int work_open_systems(struct work *w, unsigned needs, struct error *err);
void work_close(struct work *w);
/* Where the state of this command is or would be. */
const char *work_state_path(struct work *w);
/* Flows the arguments name, all of them without any; NULL after a message. */
const struct flow **work_flows(struct work *w, size_t *count);
/* Set by SIGINT and SIGTERM to their number; a second one ends at once. */
extern volatile int work_stop;

#endif
