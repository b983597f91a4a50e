/* Reading all pages of something, and keeping small objects whole. */
#ifndef MLC_RUNTIME_MIRROR_READ_H
#define MLC_RUNTIME_MIRROR_READ_H

#include "runtime/port.h"
#include "runtime/store.h"

#define PAGES_MAX 1000000
#define EMPTY_PAGES_MAX 20

struct mirrored {
    struct text label;
    const struct object *object;
    const struct shape *shape; /* of all who look */
    struct port port;
    struct call_count before;
    bool whole; /* kept whole in the store */
    bool fresh; /* refreshed in this run */
    struct mirrored *next;
};

/* Watches over a walk through pages: the same continuation twice is a loop,
 * too many empty pages are no end [104, 105]. */
struct page_walk {
    uint64_t seen[64]; /* hashes of the latest continuations, in a ring */
    size_t count, empty;
};
/* -1 with ERROR_VENDOR when it goes round in circles. */
int page_walk_step(struct page_walk *w, const struct page *page,
                   size_t rows, struct error *err);

/* Every row of every page, as its JSON text. The arena of the pages is this
 * function's. */
int pages_read(struct port *port, const struct read_spec *spec,
               void (*row)(void *ctx, struct text raw), void *ctx,
               struct error *err);
/* Brings the mirror in the store up to date, once a run. */
int mirrored_refresh(struct mirrored *m, struct store *store, int64_t now_ms,
                     struct error *err);
/* An answer that is not DONE, as an error of the run. */
int answer_error(struct text connection, const struct answer *answer,
                 struct error *err);

#endif
