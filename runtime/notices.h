/* Telling people: a flow fails, is stale, wants a sign-in, is well again. What
 * there is to tell is derived from the runs in the state; what was told, and
 * what still has to be delivered, is kept there. So a server, a timer and a
 * crash in between tell each thing once [189, 190].
 *
 * A notice holds names of flows and connections, times and counts; never a
 * record, an amount, a person or what a system answered. */
#ifndef MLC_RUNTIME_NOTICES_H
#define MLC_RUNTIME_NOTICES_H

#include "lang/program.h"
#include "runtime/connection.h"
#include "runtime/store.h"

#define NOTICES_QUEUED_MAX 50      /* further ones push out the oldest */
#define NOTICE_KEPT_MS ((int64_t)3 * 86400 * 1000)
#define NOTICE_FAILURES 3          /* in a row, when the world is to blame */
#define NOTICE_STALE_HOURS 26
#define NOTICE_LATE_MS ((int64_t)2 * 3600 * 1000) /* after a missed schedule */
#define CHANNELS_MAX 16

enum trouble { TROUBLE_NONE, TROUBLE_FAILING, TROUBLE_STALE, TROUBLE_SIGN_IN };
extern const char *const trouble_names[]; /* "fine", "failing", … */

struct notices_options {
    const char *state_path;
    const struct program *program;
    const struct connection_override *overrides;
    const volatile int *stop;
};

struct notices;

/* How a flow is at that instant, by the state alone. */
enum trouble notices_judge(struct store *store, const struct flow *flow,
                           int64_t stale_hours, int64_t now_ms,
                           int64_t *since_ms, struct error *err);

int notices_open(const struct notices_options *options, struct notices **out,
                 struct error *err);
/* Looks, books what is new and sends what is due, once; at most `most_ms`
 * are spent. 1: somebody else is at it. */
int notices_pass(struct notices *n, int64_t most_ms, struct error *err);
/* The same again and again on a thread of its own. */
int notices_start(struct notices *n, struct error *err);
void notices_wake(struct notices *n); /* a run has ended; NULL is fine */
/* The project changed: its flows and channels are these, from the next look
 * on. Until then the program before may still be read: notices_use tells. */
void notices_adopt(struct notices *n, const struct program *program);
bool notices_use(struct notices *n, const struct program *program);
/* The flow files on the disk cannot be used: that is told like a flow's
 * trouble, once, and its end too. */
void notices_files(struct notices *n, bool broken);
void notices_close(struct notices *n);

/* A test notice to every channel (or the one named); `told` hears of each:
 * `why` is NULL when it was taken. The count of those that failed; -1. */
int notices_test(struct notices *n, struct text only,
                 void (*told)(void *ctx, struct text channel,
                              const char *why), void *ctx, struct error *err);
size_t notices_channels(const struct notices *n);
/* For figures: open episodes and notices not delivered yet. */
void notices_figures(struct notices *n, int *episodes, int *queued);

#endif
