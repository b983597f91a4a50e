/* A connection with its settings put together: what the project says, the
 * connector's defaults, --set NAME.key=value, the environment (MLC_NAME_KEY)
 * and the facts learnt from the system. */
#ifndef MLC_RUNTIME_CONNECTION_H
#define MLC_RUNTIME_CONNECTION_H

#include "lang/program.h"
#include "runtime/connector.h"
#include "runtime/store.h"

/* --set Exact.url=… and --connection Exact=ExactBE, in order. */
struct connection_override {
    struct text connection;
    struct text key;   /* empty: `value` is the connection to run on */
    struct text value;
    struct connection_override *next;
};
/* Settings that every connection takes, ended by name NULL. */
const struct setting_def *connection_common(void);
/* "NAME.key=value" / "NAME=OTHER". -1 with ERROR_USAGE. */
int connection_override_parse(struct arena *arena, struct text argument,
                              bool is_setting,
                              struct connection_override **list,
                              struct error *err);

struct connection_setup {
    struct connection_info info; /* first: the callbacks find the rest by it */
    const struct connector *connector;
    struct arena *arena;
    struct map settings; /* name → struct text */
    struct map facts;    /* name → struct text */
    bool url_explicit, auth_url_explicit;
    struct store *store; /* facts are read from it as they are asked for */
    struct text key;     /* what facts and tokens are kept under: the name,
                            and the url where that is not the usual one */
    struct text proxy;   /* setting `proxy`; empty: none */
};

/* What it keeps beside its arena. */
void connection_fini(struct connection_setup *c);
/* Builds the connection `name`. A connector's own name in capitals ("Exact")
 * is a connection even when no project declares it. -1 with ERROR_USAGE and a
 * hint when it does not exist or a setting is wrong. */
int connection_build(const struct program *program, struct text name,
                     const struct connection_override *overrides,
                     struct store *store, int64_t now_ms,
                     struct arena *arena, struct connection_setup **out,
                     struct error *err);
/* Keeps a fact, in the store too if there is one. */
int connection_learn(struct connection_setup *c, struct text name,
                     struct text value, struct error *err);
int connection_forget_facts(struct connection_setup *c, struct error *err);
/* A setting that counts seconds, as milliseconds; `otherwise` without it. */
int connection_seconds(const struct connection_info *c, const char *setting,
                       int otherwise);
/* Without a setting `auth`, the scheme is the one whose required secrets are
 * there (the first, when none is whole). */
void connection_choose_auth(struct connection_setup *c,
                            bool (*has)(void *ctx, const char *secret),
                            void *ctx);
/* Names of all connections of the project, else of all connectors. */
size_t connection_names(const struct program *program, struct arena *arena,
                        struct text **names);

#endif
