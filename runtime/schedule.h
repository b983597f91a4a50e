/* When flows run: every 15 minutes, every weekday at 06:00, every month on
 * last at 18:00, after another flow. Times of day are the flow's timezone's.
 *
 * Nothing is kept but what the runs themselves leave in the state: whatever
 * decides (a server, a timer, cron, a person) sees the same past and comes to
 * the same answer, also after a crash. However many instants have passed,
 * there is one run [31, 32]. */
#ifndef MLC_RUNTIME_SCHEDULE_H
#define MLC_RUNTIME_SCHEDULE_H

#include "lang/program.h"
#include "runtime/store.h"

#define SCHEDULE_NOTE_MAX 160

/* First instant after `after_ms` at which the clock wants the flow to run; 0:
 * never by the clock. A time of day the clock skips is moved forward by what
 * was skipped (02:30 runs at 03:30); one that comes twice counts once, the
 * first time; a month without the day is left out. `note` says what is special,
 * or is empty; it may be NULL. */
int64_t schedule_next(const struct flow *flow, int64_t after_ms,
                      char note[SCHEDULE_NOTE_MAX]);
/* Does the clock, another flow or a webhook start it at all? */
bool schedule_has_clock(const struct flow *flow);

/* What the state knows of a flow. */
struct flow_past {
    int64_t started_ms;  /* last whole run; 0 never */
    int64_t finished_ms; /* 0: not finished, it runs or died */
    int64_t success_ms;  /* last end that was good; 0 never */
    int64_t first_ms;    /* when this state first heard of the flow */
    int64_t failing_ms;  /* start of the first failure in a row; 0 fine */
    int failures;        /* in a row */
    bool alive;          /* its lock is held now */
    char outcome[24];    /* of the last whole run */
    int64_t run;         /* its number */
};

/* `store` may be NULL: nothing is known then. A state open for writing is
 * told of a flow it did not know. */
int schedule_past(struct store *store, const struct flow *flow, int64_t now_ms,
                  struct flow_past *out, struct error *err);
/* When the flow is to begin next; an instant in the past means it is due, and
 * since when. 0: never. Runs that an outage or a crash ended are due again
 * after a pause that grows. `predecessor_ms` is the end of the newest good run
 * of a flow it runs `after`, 0 without one. */
int64_t schedule_due_ms(const struct flow *flow, const struct flow_past *past,
                        int64_t predecessor_ms, int64_t now_ms);
/* Good ends count: a run with held records has done its work. */
bool schedule_is_good(struct text outcome);
/* Newest good end among the flows this one runs after; 0 none. */
int schedule_predecessor(struct store *store, const struct flow *flow,
                         int64_t now_ms, int64_t *end_ms, struct error *err);
/* All of it in one question. */
bool schedule_is_due(struct store *store, const struct flow *flow,
                     int64_t now_ms);

#endif
