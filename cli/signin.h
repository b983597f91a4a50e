/* What the commands on credentials and health share: the project's
 * connections even when a flow is not sound, and answers in words. */
#ifndef MLC_CLI_SIGNIN_H
#define MLC_CLI_SIGNIN_H

#include "cli/work.h"
#include "runtime/oauth.h"

struct signin {
    struct work w;
    struct vault *vault; /* with `vault` asked for */
    struct text *names;  /* all connections */
    size_t name_count;
    struct built {
        struct connection_setup *setup;
        struct built *next;
    } *built; /* what signin_setup made, given back by signin_close */
};

enum signin_need {
    SIGNIN_VAULT = 1,
    SIGNIN_TRANSPORT = 2,
    SIGNIN_STATE_READ = 4, /* no state is made; `w.store` may be NULL */
};

/* EXIT_FINE, or the code to end with; messages are out by then. */
int signin_open(struct signin *s, const struct invocation *in, unsigned needs);
void signin_close(struct signin *s);
/* Settings of one connection, borrowed until signin_close. -1 after filling
 * `err`. */
int signin_setup(struct signin *s, struct text name,
                 struct connection_setup **out, struct error *err);

/* What is stored for a connection. */
struct signin_state {
    struct connection_setup *setup;
    struct vault_entry *entries; /* secrets and token */
    size_t count;
    struct token token;
    const char *missing; /* first required secret that is not there */
    bool stopped;        /* a person must sign in */
    int64_t days_left;   /* -1: does not idle out */
};
int signin_look(struct signin *s, struct text name, struct signin_state *out,
                struct error *err);
bool signin_has(const struct signin_state *st, const char *field);
/* The command that mends it. */
const char *signin_command(const struct signin_state *st, struct arena *arena);
/* "good for 9 min", "expired, renewed at the next call", "sign in: …" */
void signin_describe(const struct signin_state *st, int64_t now_ms,
                     struct buf *out);

#endif
