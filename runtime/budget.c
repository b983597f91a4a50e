/* Counting calls against what a vendor allows, with everybody who shares the
 * state. Lots keep the store out of the way: a process takes some calls at
 * once and gives back what it does not use. */
#include "config.h"

#include "runtime/budget.h"

#include "runtime/clock.h"

#include <stdio.h>
#include <string.h>

#define LOT_MAX 20        /* calls taken from the store at once … */
#define LOT_PART 20       /* … and no more than limit / LOT_PART */
#define ERROR_SLOTS 7     /* the hour is counted in sixths, and one more */
#define SHARED_SLOTS_MAX 8 /* a vendor that allows more at once is not asked
                              for a slot each time */
#define BLOCK_WINDOW "calls"
#define SLOT_NAME_MAX 48

struct window {
    const struct quota *quota;
    int64_t lot;          /* calls taken and not used */
    int64_t lot_until_ms; /* the window they were taken in ends */
    int64_t until_ms;     /* known to be used up until then */
    int64_t told_ms;      /* news written to the store last */
    int64_t used;         /* without a store */
    bool forecast;        /* a window of calls: minute, hour, day */
    int64_t *slots;       /* any stretch of that length: when each of `count`
                             calls may be made again, as far as known here */
    int64_t last_slot;
};

struct endpoint {
    char name[96];
    int64_t blocked_until_ms, looked_ms;
    int64_t slots[ERROR_SLOTS], slot_start[ERROR_SLOTS]; /* without a store */
};

struct budgets {
    struct store *store;
    struct text key;
    const struct connector *connector;
    struct arena arena;
    struct window windows[BUDGET_WINDOWS_MAX];
    size_t window_count;
    const struct quota *errors, *token, *concurrent;
    struct endpoint endpoints[BUDGET_ENDPOINTS_MAX];
    size_t endpoint_count;
    int64_t blocked_until_ms, looked_ms;
    int held; /* slots in use by this process */
    bool slots[SHARED_SLOTS_MAX];
};

/* ---------------------------------------------------------------- opening */
static bool is_window(const struct quota *q, const char *name)
{
    return strcmp(q->window, name) == 0;
}

static void add_quota(struct budgets *b, const struct quota *q)
{
    if (is_window(q, "errors"))
        b->errors = q;
    else if (is_window(q, "token"))
        b->token = q;
    else if (is_window(q, "concurrent"))
        b->concurrent = q;
    else if (q->window_ms != 0 && b->window_count < BUDGET_WINDOWS_MAX)
        b->windows[b->window_count++] = (struct window){
            .quota = q,
            .slots = q->window_ms < 0
                         ? ARENA_ARRAY(&b->arena, int64_t, q->count) : NULL,
            .forecast = is_window(q, "minute") || is_window(q, "hour") ||
                        is_window(q, "day"),
        };
}

struct budgets *budgets_open(struct store *store, struct text key,
                             const struct connector *connector)
{
    struct budgets *b = mem_zalloc(sizeof *b);
    b->store = store;
    b->connector = connector;
    arena_init(&b->arena);
    b->key = text_dup(&b->arena, key);
    for (const struct quota *q = connector->quotas; q && q->window; q++)
        add_quota(b, q);
    return b;
}

static struct window *find_window(struct budgets *b, const char *name)
{
    for (size_t i = 0; i < b->window_count; i++)
        if (is_window(b->windows[i].quota, name))
            return &b->windows[i];
    return NULL;
}

void budgets_allow(struct budgets *b, const char *window, int64_t count)
{
    struct window *w = find_window(b, window);
    struct quota *own;
    if (!w || w->slots || count < 1)
        return;
    own = ARENA_NEW(&b->arena, struct quota);
    *own = *w->quota;
    own->count = count;
    w->quota = own;
}

void budgets_close(struct budgets *b)
{
    if (!b)
        return;
    int64_t now = clock_now_ms();
    for (size_t i = 0; b->store && i < b->window_count; i++) {
        struct window *w = &b->windows[i];
        struct error ignored = { 0 };
        if (w->lot > 0 && w->lot_until_ms > now)
            (void)store_budget_add(b->store, b->key, TEXT_NONE,
                                   w->quota->window, -w->lot, w->quota->count,
                                   w->quota->window_ms, now, &ignored);
    }
    while (b->held > 0)
        budgets_slot_release(b, now);
    arena_fini(&b->arena);
    mem_free(b);
}

/* ---------------------------------------------------------------- windows */
static int64_t length_of(const struct quota *q)
{
    return q->window_ms < 0 ? -q->window_ms : q->window_ms;
}

static void slot_window(const struct quota *q, int64_t slot,
                        char out[SLOT_NAME_MAX])
{
    snprintf(out, SLOT_NAME_MAX, "%s %lld", q->window, (long long)slot);
}

static int64_t window_end(const struct quota *q, int64_t now_ms)
{
    return now_ms - now_ms % q->window_ms + q->window_ms;
}

static int take_in_memory(struct window *w, int64_t cost, int64_t now_ms,
                          int64_t *until_ms)
{
    if (now_ms >= w->lot_until_ms) {
        w->used = 0;
        w->lot_until_ms = window_end(w->quota, now_ms);
    }
    *until_ms = w->lot_until_ms;
    if (w->used + cost > w->quota->count)
        return 1;
    w->used += cost;
    return 0;
}

static int take_stored(struct budgets *b, const struct quota *q, int64_t cost,
                       int64_t now_ms, int64_t *until_ms, struct error *err)
{
    return store_budget_take(b->store, b->key, TEXT_NONE, q->window, cost,
                             q->count, q->window_ms, now_ms, until_ms, err);
}

static int take_lot(struct budgets *b, struct window *w, int64_t cost,
                    int64_t now_ms, int64_t *until_ms, struct error *err)
{
    int64_t lot = w->quota->count / LOT_PART;
    lot = lot > LOT_MAX ? LOT_MAX : lot;
    if (lot > cost) {
        int taken = take_stored(b, w->quota, lot, now_ms, until_ms, err);
        if (taken < 0)
            return -1;
        if (taken == 0) {
            w->lot = lot - cost;
            w->lot_until_ms = window_end(w->quota, now_ms);
            return 0;
        }
    }
    return take_stored(b, w->quota, cost, now_ms, until_ms, err);
}

/* Any stretch of the window's length holds `count` calls at most: each of
 * them has a slot of its own, which is free again a window later. */
static int take_slot(struct budgets *b, struct window *w, int64_t now_ms,
                     int64_t *until_ms, struct error *err)
{
    const struct quota *q = w->quota;
    *until_ms = INT64_MAX;
    for (int64_t i = 0; i < q->count; i++) {
        char name[SLOT_NAME_MAX];
        int taken = w->slots[i] > now_ms;
        slot_window(q, i, name);
        if (!taken && b->store)
            taken = store_budget_take(b->store, b->key, TEXT_NONE, name, 1, 1,
                                      q->window_ms, now_ms, &w->slots[i],
                                      err);
        if (taken < 0)
            return -1;
        if (taken == 0) {
            w->slots[i] = now_ms - q->window_ms;
            w->last_slot = i;
            return 0;
        }
        if (w->slots[i] < *until_ms)
            *until_ms = w->slots[i];
    }
    return 1;
}

static int take_window(struct budgets *b, struct window *w, int64_t cost,
                       int64_t now_ms, int64_t *until_ms, struct error *err)
{
    if (w->slots)
        return take_slot(b, w, now_ms, until_ms, err);
    if (now_ms < w->until_ms) {
        *until_ms = w->until_ms;
        return 1;
    }
    if (!b->store)
        return take_in_memory(w, cost, now_ms, until_ms);
    if (now_ms >= w->lot_until_ms)
        w->lot = 0;
    if (w->lot >= cost) {
        w->lot -= cost;
        return 0;
    }
    int taken = take_lot(b, w, cost, now_ms, until_ms, err);
    if (taken > 0)
        w->until_ms = *until_ms;
    return taken;
}

static void give_slot_back(struct budgets *b, struct window *w, int64_t now_ms)
{
    char name[SLOT_NAME_MAX];
    struct error ignored = { 0 };
    w->slots[w->last_slot] = 0;
    slot_window(w->quota, w->last_slot, name);
    if (b->store)
        (void)store_budget_add(b->store, b->key, TEXT_NONE, name, -1, 1,
                               w->quota->window_ms, now_ms, &ignored);
}

static void give_back(struct budgets *b, size_t count, int64_t cost,
                      int64_t now_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (b->windows[i].slots)
            give_slot_back(b, &b->windows[i], now_ms);
        else if (b->store)
            b->windows[i].lot += cost;
        else
            b->windows[i].used -= cost;
    }
}

/* ----------------------------------------------------------------- errors */
static struct endpoint *find_endpoint(struct budgets *b, const char *name)
{
    name = name ? name : "";
    for (size_t i = 0; i < b->endpoint_count; i++)
        if (strncmp(b->endpoints[i].name, name, sizeof b->endpoints[i].name -
                                                    1) == 0)
            return &b->endpoints[i];
    struct endpoint *e =
        &b->endpoints[b->endpoint_count < BUDGET_ENDPOINTS_MAX
                          ? b->endpoint_count++
                          : BUDGET_ENDPOINTS_MAX - 1];
    memset(e, 0, sizeof *e);
    snprintf(e->name, sizeof e->name, "%s", name);
    return e;
}

static const char *error_window(char out[24], int slot)
{
    snprintf(out, 24, "errors%d", slot);
    return out;
}

static int look_at_block(struct budgets *b, struct text endpoint,
                         const char *window, int64_t now_ms,
                         int64_t *blocked_until_ms, int64_t *looked_ms,
                         struct error *err)
{
    struct budget stored;
    if (!b->store || (*looked_ms && now_ms - *looked_ms < BUDGET_LOOK_MS))
        return 0;
    if (store_budget_get(b->store, b->key, endpoint, window, now_ms, &stored,
                         err) < 0)
        return -1;
    *looked_ms = now_ms;
    *blocked_until_ms = stored.blocked_until_ms;
    return 0;
}

/* Errors of one slot: in the store, shared; else our own. */
static int count_error(struct budgets *b, struct endpoint *e, int slot,
                       int64_t slot_ms, int64_t now_ms, struct error *err)
{
    char name[24];
    if (b->store)
        return store_budget_add(b->store, b->key, text_of(e->name),
                                error_window(name, slot), 1, -1, slot_ms,
                                now_ms, err);
    int64_t start = now_ms - now_ms % slot_ms;
    if (e->slot_start[slot] != start)
        e->slots[slot] = 0;
    e->slot_start[slot] = start;
    e->slots[slot]++;
    return 0;
}

static int slot_errors(struct budgets *b, struct endpoint *e, int slot,
                       int64_t slot_ms, int64_t now_ms, int64_t *count,
                       int64_t *start, struct error *err)
{
    char name[24];
    struct budget stored;
    if (!b->store) {
        *count = e->slots[slot];
        *start = e->slot_start[slot];
    } else {
        /* as it was, whether or not its own short window is over */
        if (store_budget_get(b->store, b->key, text_of(e->name),
                             error_window(name, slot), 0, &stored, err) < 0)
            return -1;
        *count = stored.used;
        *start = stored.started_ms;
    }
    if (*start + slot_ms * (ERROR_SLOTS - 1) + slot_ms <= now_ms)
        *count = 0;
    return 0;
}

/* Too many errors in an hour get the key blocked by the vendor: stop short of
 * it and let the endpoint rest until enough of them are an hour old. */
static int block_if_too_many(struct budgets *b, struct endpoint *e,
                             int64_t now_ms, struct error *err)
{
    int64_t slot_ms = b->errors->window_ms / (ERROR_SLOTS - 1);
    int64_t sum = 0, oldest = now_ms, count, start;
    for (int i = 0; i < ERROR_SLOTS; i++) {
        if (slot_errors(b, e, i, slot_ms, now_ms, &count, &start, err))
            return -1;
        sum += count;
        if (count > 0 && start < oldest)
            oldest = start;
    }
    if (sum < b->errors->count)
        return 0;
    e->blocked_until_ms = oldest + slot_ms + b->errors->window_ms;
    if (!b->store)
        return 0;
    return store_budget_block(b->store, b->key, text_of(e->name), "errors",
                              e->blocked_until_ms, err);
}

int budgets_answered(struct budgets *b, const struct request *request,
                     int status, int64_t now_ms, struct error *err)
{
    if (!b->errors ||
        (status != 400 && status != 401 && status != 403 && status != 404))
        return 0;
    struct endpoint *e = find_endpoint(
        b, b->errors->per_endpoint ? request->endpoint : NULL);
    int64_t slot_ms = b->errors->window_ms / (ERROR_SLOTS - 1);
    int slot = (int)(now_ms / slot_ms % ERROR_SLOTS);
    if (count_error(b, e, slot, slot_ms, now_ms, err))
        return -1;
    return block_if_too_many(b, e, now_ms, err);
}

/* ----------------------------------------------------------------- taking */
static int check_blocks(struct budgets *b, const struct request *request,
                        int64_t now_ms, int64_t *until_ms,
                        const char **window, struct error *err)
{
    if (look_at_block(b, TEXT_NONE, BLOCK_WINDOW, now_ms,
                      &b->blocked_until_ms, &b->looked_ms, err))
        return -1;
    if (now_ms < b->blocked_until_ms) {
        *until_ms = b->blocked_until_ms;
        *window = "calls";
        return 1;
    }
    if (!b->errors)
        return 0;
    struct endpoint *e = find_endpoint(
        b, b->errors->per_endpoint ? request->endpoint : NULL);
    if (look_at_block(b, text_of(e->name), "errors", now_ms,
                      &e->blocked_until_ms, &e->looked_ms, err))
        return -1;
    if (now_ms >= e->blocked_until_ms)
        return 0;
    *until_ms = e->blocked_until_ms;
    *window = "errors";
    return 1;
}

int budgets_take(struct budgets *b, const struct request *request,
                 int64_t now_ms, int64_t *until_ms, const char **window,
                 struct error *err)
{
    int64_t cost = request->cost > 0 ? request->cost : 1;
    int blocked = check_blocks(b, request, now_ms, until_ms, window, err);
    if (blocked || request->not_counted)
        return blocked;
    for (size_t i = 0; i < b->window_count; i++) {
        struct window *w = &b->windows[i];
        *window = w->quota->window;
        int taken = take_window(b, w, cost, now_ms, until_ms, err);
        if (taken == 0)
            continue;
        give_back(b, i, cost, now_ms);
        return taken;
    }
    return 0;
}

int budgets_take_token(struct budgets *b, int64_t now_ms, int64_t *until_ms,
                       struct error *err)
{
    if (!b->token || !b->store)
        return 0;
    return take_stored(b, b->token, 1, now_ms, until_ms, err);
}

/* ------------------------------------------------------------------- news */
int budgets_news(struct budgets *b, const struct budget_news *news,
                 int64_t now_ms, struct error *err)
{
    for (; news; news = news->next) {
        struct window *w = find_window(b, news->window);
        if (w && w->slots)
            continue; /* counted here alone */
        bool sane = news->reset_ms == 0 ||
                    (news->reset_ms > now_ms - 60000 &&
                     news->reset_ms < now_ms + INT64_C(40) * 86400000);
        if (!w || !sane || (news->limit < 0 && news->remaining < 0))
            continue;
        if (news->remaining == 0 && news->reset_ms > now_ms)
            w->until_ms = news->reset_ms;
        if (!b->store ||
            (news->remaining > 0 && now_ms - w->told_ms < BUDGET_LOOK_MS))
            continue;
        w->told_ms = now_ms;
        w->lot = 0; /* the vendor's figure does not know of it */
        if (store_budget_set(b->store, b->key, TEXT_NONE, news->window,
                             news->limit, news->remaining, news->reset_ms,
                             now_ms, err))
            return -1;
    }
    return 0;
}

int budgets_block(struct budgets *b, int64_t until_ms, struct error *err)
{
    if (until_ms <= b->blocked_until_ms)
        return 0;
    b->blocked_until_ms = until_ms;
    if (!b->store)
        return 0;
    return store_budget_block(b->store, b->key, TEXT_NONE, BLOCK_WINDOW,
                              until_ms, err);
}

/* ------------------------------------------------------------------ slots */
static void slot_name(const struct budgets *b, int slot, char out[256])
{
    snprintf(out, 256, "slot:%.*s:%d", TEXT_ARG(b->key), slot);
}

int budgets_slot_take(struct budgets *b, int64_t now_ms, struct error *err)
{
    char name[256];
    int most = b->connector->concurrency > 0 ? b->connector->concurrency : 1;
    (void)now_ms;
    if (b->concurrent && b->concurrent->count < most)
        most = (int)b->concurrent->count;
    if (b->held >= most)
        return 1;
    if (b->store && b->concurrent &&
        b->concurrent->count <= SHARED_SLOTS_MAX) {
        int i, taken = 1;
        for (i = 0; i < most && taken == 1; i++) {
            if (b->slots[i])
                continue;
            slot_name(b, i, name);
            taken = store_lock(b->store, name, err);
        }
        if (taken)
            return taken;
        b->slots[i - 1] = true;
    }
    b->held++;
    return 0;
}

void budgets_slot_release(struct budgets *b, int64_t now_ms)
{
    char name[256];
    (void)now_ms;
    if (b->held == 0)
        return;
    b->held--;
    for (int i = 0; i < SHARED_SLOTS_MAX; i++) {
        if (!b->slots[i])
            continue;
        slot_name(b, i, name);
        store_unlock(b->store, name);
        b->slots[i] = false;
        return;
    }
}

/* -------------------------------------------------------------- forecasts */
static int slots_state(struct budgets *b, const struct window *w,
                       int64_t now_ms, struct budget_view *out,
                       struct error *err)
{
    const struct quota *q = w->quota;
    *out = (struct budget_view){ .window = q->window, .limit = q->count,
                                 .reset_ms = now_ms };
    for (int64_t i = 0; i < q->count; i++) {
        char name[SLOT_NAME_MAX];
        struct budget slot = { .reset_ms = w->slots[i] };
        slot_window(q, i, name);
        if (b->store && store_budget_get(b->store, b->key, TEXT_NONE, name,
                                         now_ms, &slot, err) < 0)
            return -1;
        if (slot.reset_ms <= now_ms || (b->store && slot.used == 0))
            continue;
        out->used++;
        if (slot.reset_ms > out->reset_ms)
            out->reset_ms = slot.reset_ms;
    }
    return 0;
}

static int window_state(struct budgets *b, const struct window *w,
                        int64_t now_ms, struct budget_view *out,
                        struct error *err)
{
    struct budget stored = { .used = w->used, .limit = -1 };
    if (w->slots)
        return slots_state(b, w, now_ms, out, err);
    if (b->store && store_budget_get(b->store, b->key, TEXT_NONE,
                                     w->quota->window, now_ms, &stored,
                                     err) < 0)
        return -1;
    out->window = w->quota->window;
    out->limit = stored.limit >= 0 ? stored.limit : w->quota->count;
    out->used = stored.used;
    if (b->store && w->lot_until_ms > now_ms)
        out->used -= w->lot;
    out->reset_ms = stored.reset_ms > now_ms ? stored.reset_ms
                                             : window_end(w->quota, now_ms);
    out->blocked_until_ms = stored.blocked_until_ms;
    return 0;
}

int budgets_view(struct budgets *b, int64_t now_ms, struct arena *arena,
                 struct budget_view **out, size_t *count, struct error *err)
{
    *out = ARENA_ARRAY(arena, struct budget_view, b->window_count + 1);
    *count = 0;
    for (size_t i = 0; i < b->window_count; i++)
        if (b->windows[i].forecast &&
            window_state(b, &b->windows[i], now_ms, &(*out)[(*count)++], err))
            return -1;
    return 0;
}

/* The long window decides whether it fits, the short ones how long it takes. */
int budgets_forecast(struct budgets *b, int64_t calls, int64_t now_ms,
                     struct forecast *out, struct error *err)
{
    int64_t longest = 0;
    int short_of = 0;
    *out = (struct forecast){ .needed = calls, .remaining = -1, .limit = -1,
                              .ready_ms = now_ms };
    for (size_t i = 0; i < b->window_count; i++) {
        struct window *w = &b->windows[i];
        struct budget_view view;
        if (!w->forecast)
            continue;
        if (window_state(b, w, now_ms, &view, err))
            return -1;
        int64_t left = view.limit > view.used ? view.limit - view.used : 0;
        int64_t ready = now_ms;
        if (calls > left && view.limit > 0)
            ready = view.reset_ms + (calls - left - 1) / view.limit *
                                        length_of(w->quota);
        if (ready > out->ready_ms)
            out->ready_ms = ready;
        if (length_of(w->quota) <= longest)
            continue;
        longest = length_of(w->quota);
        out->window = view.window;
        out->limit = view.limit;
        out->remaining = left;
        short_of = calls > left && !is_window(w->quota, "minute");
    }
    return short_of;
}
