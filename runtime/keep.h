/* What transport keeps between calls and between processes: encrypted
 * credentials, facts learnt, budgets used, leases. An interface, so that
 * transport runs on the project's store and, in tests and for commands
 * without a project, on memory. Every function is one short transaction and
 * safe between processes. 0, or -1 with `err`. */
#ifndef MLC_RUNTIME_KEEP_H
#define MLC_RUNTIME_KEEP_H

#include "base/error.h"
#include "base/text.h"

struct keep {
    void *ctx;

    /* Bytes by two names: ("vault", "Exact/refresh_token"), ("fact",
     * "Exact/division"), ("meta", "key id"). Absent gives TEXT_NONE and 0. */
    int (*get)(void *ctx, const char *kind, struct text name,
               struct arena *arena, struct text *value, struct error *err);
    /* Empty `value` removes. Durable when it returns. */
    int (*put)(void *ctx, const char *kind, struct text name,
               struct text value, struct error *err);
    /* Several at once or none, durable, and only while `fence` is still the
     * newest of `lease` (fence 0: unconditionally); 1 when it is not. */
    int (*put_all)(void *ctx, const char *kind, const struct text *names,
                   const struct text *values, size_t count, struct text lease,
                   int64_t fence, struct error *err);
    int (*list)(void *ctx, const char *kind, struct text prefix,
                struct arena *arena, struct text **names, size_t *count,
                struct error *err);

    /* A lease with a fencing number: 0 taken (`*fence` > every earlier one),
     * 1 somebody else has it until `*until_ms`. Taking one's own again
     * renews it. */
    int (*lease)(void *ctx, struct text name, struct text owner,
                 int64_t now_ms, int64_t ttl_ms, int64_t *fence,
                 int64_t *until_ms, struct error *err);
    int (*release)(void *ctx, struct text name, struct text owner,
                   struct error *err);

    /* Counters of windows. Adds `cost` to `name` in the window that begins at
     * `window_ms` if the sum stays within `limit` (limit < 0: always);
     * `*used` is the sum after it. 1 when it would not stay within, nothing
     * was added. A new window forgets the old one. */
    int (*count)(void *ctx, struct text name, int64_t window_ms, int64_t cost,
                 int64_t limit, int64_t *used, struct error *err);
    void (*close)(void *ctx);
};

/* In memory: gone with the process. */
struct keep *keep_memory(void);
void keep_close(struct keep *k);

#endif
