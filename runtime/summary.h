/* What a run did, in numbers that add up:
 * read = created + updated + unchanged + skipped + held + rejected + waiting. */
#ifndef MLC_RUNTIME_SUMMARY_H
#define MLC_RUNTIME_SUMMARY_H

#include "runtime/port.h"
#include "runtime/value.h"

#define SUMMARY_SUMS_MAX 64
#define SUMMARY_NOTICES_MAX 32
#define SUMMARY_PORTS_MAX 16

struct money_sum { /* of one money field in one currency */
    bool target;
    struct text field; /* "AmountFC", "Lines.AmountFC" */
    uint16_t currency;
    struct decimal plus, minus; /* of the amounts above and below zero */
    bool overflow;
};

/* False when it is too large for a decimal. */
bool money_total(const struct money_sum *m, struct decimal *sum);

struct port_calls {
    struct text name;
    size_t calls, retries;
};

struct summary {
    struct text flow;
    const char *outcome; /* done, findings, stopped, try later, … */
    int64_t run;
    int64_t records; /* source rows, under `one per` more than `read` */
    int64_t read, created, updated, unchanged, skipped, held, rejected,
        waiting;
    int64_t adopted, gone, recovered, uncertain, logged, warnings, drift,
        told; /* source records whose source was told they are booked */
    int64_t pages, noise;
    struct money_sum sums[SUMMARY_SUMS_MAX];
    size_t sum_count;
    struct port_calls calls[SUMMARY_PORTS_MAX];
    size_t call_count;
    struct text notices[SUMMARY_NOTICES_MAX];
    size_t notice_count;
    struct text stopped; /* why it ended before its end, or empty */
    struct text hint;
    int exit_code;
    int64_t started_ms, took_ms;
    struct arena arena;
};

void summary_init(struct summary *s, struct text flow);
void summary_fini(struct summary *s);
bool summary_adds_up(const struct summary *s);
/* Adds the money fields of `record` (lists of records too) to its side. */
void summary_add_money(struct summary *s, bool target,
                       const struct record *record);
void summary_notice(struct summary *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Calls this port made since `before`. */
void summary_add_calls(struct summary *s, const struct port *port,
                       const struct call_count *before);
void summary_json(const struct summary *s, struct buf *out);
void summary_text(const struct summary *s, struct buf *out);

#endif
