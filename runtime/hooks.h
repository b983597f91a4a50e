/* Incoming webhooks, up to the moment they are safe: one path per connection,
 * the vendor's own signature over the bytes as they came, each delivery once,
 * and on disk before the sender hears that it was taken. What a delivery sets
 * off is none of this file's business: it is a hint to look, nothing more. */
#ifndef MLC_RUNTIME_HOOKS_H
#define MLC_RUNTIME_HOOKS_H

#include "lang/program.h"
#include "runtime/connection.h"
#include "runtime/server.h"
#include <stdatomic.h>

#define HOOK_BODY_MAX ((size_t)1 << 20)
#define HOOK_HEADER_MAX ((size_t)8 << 10)
#define HOOK_ID_MAX 200
#define HOOK_SECRETS_TRIED 8   /* while one is being replaced [158, 164] */
#define HOOKS_WAITING_MAX 10000 /* deliveries nobody has worked off yet */
#define HOOKS_KEPT_MS ((int64_t)8 * 86400 * 1000) /* to know repeats [163] */
/* A secret that was replaced is taken for so long. */
#define HOOK_OLD_SECRET_MS ((int64_t)7 * 86400 * 1000)

struct hooks;

struct hooks_options {
    const char *state_path;
    const struct program *program;
    const struct connection_override *overrides;
    int wake_fd; /* gets a byte when something new is on disk; -1 none */
};

/* Since the start; read at any time. */
struct hook_counts {
    atomic_llong taken, repeated, refused, conflicting, handshakes, unknown,
        malformed, busy, failed;
};

int hooks_open(const struct hooks_options *options, struct hooks **out,
               struct error *err);
void hooks_close(struct hooks *h);

/* Is there such a connection, and does its vendor sign webhooks? */
bool hooks_knows(struct hooks *h, struct text connection);
/* Answers a delivery to `connection`: fills the call's status and reply.
 * Called on the connections' threads, many at once. */
void hooks_take(struct hooks *h, struct server_call *call,
                struct text connection);
/* A subscription is being made: a challenge is answered only then [175]. */
void hooks_expect(struct hooks *h, struct text connection, bool expected);
/* The project changed: its connections are these. The program before is not
 * touched any more when this returns. */
void hooks_adopt(struct hooks *h, const struct program *program);
/* So many deliveries were worked off. */
void hooks_worked_off(struct hooks *h, int64_t count);
int64_t hooks_waiting(const struct hooks *h);
const struct hook_counts *hooks_counts(const struct hooks *h);
/* Secrets may have changed: they are read again. */
void hooks_forget_secrets(struct hooks *h);

#endif
