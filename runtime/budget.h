/* Calls a vendor still allows. Every window of the connector's quotas is
 * counted in the store, shared by all processes; calls are taken in small
 * lots so that a call does not cost a transaction. What responses say
 * replaces what we counted. Windows: minute, hour, day and any other name
 * (calls), token (calls to the token endpoint), concurrent (calls at once),
 * errors (answers 400, 401, 403, 404 of an endpoint in an hour). */
#ifndef MLC_RUNTIME_BUDGET_H
#define MLC_RUNTIME_BUDGET_H

#include "runtime/connector.h"
#include "runtime/store.h"
#include "runtime/transport.h"

#define BUDGET_WINDOWS_MAX 16
#define BUDGET_ENDPOINTS_MAX 128
#define BUDGET_LOOK_MS 2000 /* how old a block of another process may be */

struct budgets;

/* `store` may be NULL: counted in memory. `key` is the connection's. */
struct budgets *budgets_open(struct store *store, struct text key,
                             const struct connector *connector);
void budgets_close(struct budgets *b);
/* The connection says how many calls of a window it may make. */
void budgets_allow(struct budgets *b, const char *window, int64_t count);

/* Asks for one call. 0 go; 1 not before `*until_ms`, `*window` names the
 * limit; -1 the store failed. */
int budgets_take(struct budgets *b, const struct request *request,
                 int64_t now_ms, int64_t *until_ms, const char **window,
                 struct error *err);
/* A call to the token endpoint. */
int budgets_take_token(struct budgets *b, int64_t now_ms, int64_t *until_ms,
                       struct error *err);
/* After each answer: what it says of limits, and whether it was an error
 * that the vendor counts. */
int budgets_news(struct budgets *b, const struct budget_news *news,
                 int64_t now_ms, struct error *err);
int budgets_answered(struct budgets *b, const struct request *request,
                     int status, int64_t now_ms, struct error *err);
/* The vendor said wait: nobody calls before. */
int budgets_block(struct budgets *b, int64_t until_ms, struct error *err);

/* Slots of `concurrent`: 0 taken, 1 all in use, try again soon. */
int budgets_slot_take(struct budgets *b, int64_t now_ms, struct error *err);
void budgets_slot_release(struct budgets *b, int64_t now_ms);

int budgets_forecast(struct budgets *b, int64_t calls, int64_t now_ms,
                     struct forecast *out, struct error *err);
int budgets_view(struct budgets *b, int64_t now_ms, struct arena *arena,
                 struct budget_view **out, size_t *count, struct error *err);

#endif
