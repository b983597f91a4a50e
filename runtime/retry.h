/* When to try again: the one policy. Pure, so that ten thousand retries can
 * be simulated: time and chance are given. */
#ifndef MLC_RUNTIME_RETRY_H
#define MLC_RUNTIME_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define RETRY_BASE_MS 500
#define RETRY_CAP_MS 30000
#define RETRY_ATTEMPTS_MAX 5       /* of one call, the first included */
#define RETRY_LIMIT_WAITS_MAX 8    /* waits for a vendor's limit */
#define RETRY_SPREAD_MS 3000       /* after an instant many wait for */
#define RETRY_PARK_MS 60000        /* a call given up: try again then */
/* Longest single wait, else park: a window of a minute that has just begun,
 * what a driver adds to its end, and the spread. */
#define RETRY_WAIT_MAX_MS (62000 + RETRY_SPREAD_MS)
#define RETRY_PENDING_MAX_MS 900000 /* waiting for something to be made */
#define RETRY_PENDING_CAP_MS 30000  /* between two looks at it */

enum retry_cause {
    RETRY_LIMITED, /* not processed: too many calls, too early */
    RETRY_OUTAGE,  /* no connection, 5xx, lost read */
    RETRY_PENDING, /* understood, and not ready yet */
};

/* Retries may add a tenth to the calls made, not more, with some to start
 * from. In thousandths of a call. */
struct retry_budget {
    int64_t credit;
};
#define RETRY_CREDIT_START 10000
#define RETRY_CREDIT_MAX 20000
void retry_budget_init(struct retry_budget *b);
void retry_budget_called(struct retry_budget *b); /* a first attempt */

/* A generator of its own, so that a seed repeats a sequence. */
struct retry_random {
    uint64_t state;
};
void retry_random_seed(struct retry_random *r, uint64_t seed);
int64_t retry_random_upto(struct retry_random *r, int64_t max); /* 0..max */

struct retry_state { /* of one call */
    int attempts;    /* made so far */
    int limit_waits;
    int looks;          /* that found it not ready */
    int64_t pending_ms; /* waited for it */
};

/* What the last attempt taught. */
struct retry_input {
    enum retry_cause cause;
    int64_t hint_ms;     /* the vendor's own wait from now; -1 none */
    int64_t now_ms;
    int64_t deadline_ms; /* 0 none */
    int64_t wait_max_ms; /* 0: RETRY_WAIT_MAX_MS */
};

/* True: wait `*wait_ms`, then try again. False: give the call up;
 * `*park_until_ms` says when it is worth another try. */
bool retry_decide(struct retry_state *s, struct retry_budget *b,
                  struct retry_random *random, const struct retry_input *in,
                  int64_t *wait_ms, int64_t *park_until_ms);

/* A circuit breaker: after BREAKER_FAILURES in a row nothing is sent for a
 * while, then a single call probes. */
#define BREAKER_FAILURES 6
#define BREAKER_OPEN_MS 15000
#define BREAKER_OPEN_MAX_MS 300000
struct breaker {
    int failures, openings;
    int64_t open_until_ms;
    bool probing;
};
/* True: go. False: not before `*until_ms`. */
bool breaker_allows(struct breaker *b, int64_t now_ms, int64_t *until_ms);
void breaker_result(struct breaker *b, bool good, int64_t now_ms,
                    struct retry_random *random);

#endif
