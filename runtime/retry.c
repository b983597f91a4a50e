/* Full jitter, the vendor's own waits, a budget and a breaker. */
#include "config.h"

#include "runtime/retry.h"

void retry_budget_init(struct retry_budget *b)
{
    b->credit = RETRY_CREDIT_START;
}

void retry_budget_called(struct retry_budget *b)
{
    b->credit += 100;
    if (b->credit > RETRY_CREDIT_MAX)
        b->credit = RETRY_CREDIT_MAX;
}

void retry_random_seed(struct retry_random *r, uint64_t seed)
{
    r->state = seed;
}

/* splitmix64 */
static uint64_t next_random(struct retry_random *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t retry_random_upto(struct retry_random *r, int64_t max)
{
    return max <= 0 ? 0 : (int64_t)(next_random(r) % ((uint64_t)max + 1));
}

/* U(0, min(cap, base * 2^n)) */
static int64_t backoff(int attempt, struct retry_random *random)
{
    int64_t ceiling = RETRY_BASE_MS;
    for (int i = 1; i < attempt && ceiling < RETRY_CAP_MS; i++)
        ceiling *= 2;
    if (ceiling > RETRY_CAP_MS)
        ceiling = RETRY_CAP_MS;
    return retry_random_upto(random, ceiling);
}

/* Never before the vendor's own wait; and not everybody at its end. */
static int64_t wait_for(const struct retry_state *s,
                        const struct retry_input *in,
                        struct retry_random *random)
{
    int n = in->cause == RETRY_LIMITED ? s->limit_waits + 1 : s->attempts;
    if (in->hint_ms < 0)
        return backoff(n, random);
    int64_t spread = in->hint_ms / 2;
    if (spread > RETRY_SPREAD_MS)
        spread = RETRY_SPREAD_MS;
    return in->hint_ms + retry_random_upto(random, spread);
}

/* Looks further and further apart: what is slow stays slow. */
static int64_t pending_wait(const struct retry_state *s,
                            const struct retry_input *in)
{
    int64_t wait = in->hint_ms > 0 ? in->hint_ms : RETRY_BASE_MS;
    for (int i = 1; i < s->looks && wait < RETRY_PENDING_CAP_MS; i += 2)
        wait *= 2;
    return wait < RETRY_PENDING_CAP_MS || in->hint_ms > RETRY_PENDING_CAP_MS
               ? wait : RETRY_PENDING_CAP_MS;
}

static bool may_try(struct retry_state *s, struct retry_budget *b,
                    enum retry_cause cause)
{
    if (cause == RETRY_LIMITED)
        return ++s->limit_waits <= RETRY_LIMIT_WAITS_MAX;
    if (s->attempts >= RETRY_ATTEMPTS_MAX || b->credit < 1000)
        return false;
    b->credit -= 1000;
    return true;
}

bool retry_decide(struct retry_state *s, struct retry_budget *b,
                  struct retry_random *random, const struct retry_input *in,
                  int64_t *wait_ms, int64_t *park_until_ms)
{
    int64_t max = in->wait_max_ms ? in->wait_max_ms : RETRY_WAIT_MAX_MS;
    int64_t wait = in->cause == RETRY_PENDING ? pending_wait(s, in)
                                              : wait_for(s, in, random);
    *park_until_ms = in->now_ms + (in->hint_ms >= 0 ? wait : RETRY_PARK_MS);
    *wait_ms = wait;
    if (wait > max || (in->deadline_ms && in->now_ms + wait > in->deadline_ms))
        return false;
    if (in->cause == RETRY_PENDING) {
        s->looks++;
        s->pending_ms += wait;
        return s->pending_ms <= RETRY_PENDING_MAX_MS;
    }
    return may_try(s, b, in->cause);
}

bool breaker_allows(struct breaker *b, int64_t now_ms, int64_t *until_ms)
{
    if (b->open_until_ms == 0)
        return true;
    *until_ms = b->open_until_ms;
    if (now_ms < b->open_until_ms || b->probing)
        return false;
    b->probing = true;
    return true;
}

void breaker_result(struct breaker *b, bool good, int64_t now_ms,
                    struct retry_random *random)
{
    b->probing = false;
    if (good) {
        b->failures = b->openings = 0;
        b->open_until_ms = 0;
        return;
    }
    if (++b->failures < BREAKER_FAILURES)
        return;
    int64_t open = BREAKER_OPEN_MS;
    for (int i = 0; i < b->openings && open < BREAKER_OPEN_MAX_MS; i++)
        open *= 2;
    if (open > BREAKER_OPEN_MAX_MS)
        open = BREAKER_OPEN_MAX_MS;
    b->openings++;
    b->open_until_ms = now_ms + open + retry_random_upto(random, open / 4);
}
