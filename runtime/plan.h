/* What a run means to do, for people to read, to keep in a file and to apply
 * later: one item per record. */
#ifndef MLC_RUNTIME_PLAN_H
#define MLC_RUNTIME_PLAN_H

#include "base/error.h"
#include "base/map.h"
#include "runtime/summary.h"

struct plan_item {
    const char *action; /* create update adopt gone hold reject skip log
                           drift drifted */
    struct text source_key;
    struct text label;      /* what a person calls the target record */
    struct text target_id;
    struct text before, after; /* JSON objects, names of the language */
    struct text found;         /* what people made of `before` in `system` */
    struct text system;
    struct text reasons;       /* JSON, see runtime/holds.h */
    struct text hash;
    struct text note;          /* "owned since …", "gone: …" */
    struct text payload;       /* method, path and body, when asked for */
};

struct plan_sink {
    void *ctx;
    void (*item)(void *ctx, const struct plan_item *item);
};

/* A plan read from a file that `plan --out` wrote. */
struct plan {
    struct text flow, flow_hash, instance;
    int64_t made_ms;
    struct map items; /* source key → struct plan_item */
    struct arena arena;
};

int plan_read(const char *path, struct plan *out, struct error *err);
void plan_free(struct plan *p);
/* One line for a person, as `plan` shows it. */
void plan_item_text(const struct plan_item *item, struct buf *out);
/* What of two JSON objects differs, as plans show it; no `before`: all of
 * `after`. The number of members. */
size_t plan_changes_text(struct text before, struct text after,
                         struct buf *out);
void plan_item_json(const struct plan_item *item, struct buf *out);
/* The head of a plan file; items as JSON follow, separated by commas. */
void plan_file_head(struct text flow, struct text flow_hash,
                    struct text instance, int64_t now_ms, struct buf *out);
void plan_file_tail(const struct summary *s, struct buf *out);

#endif
