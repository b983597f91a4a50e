/* What the kit's own files share; vendors see sandbox_vendor.h only. */
#ifndef MLC_RUNTIME_SANDBOX_KIT_H
#define MLC_RUNTIME_SANDBOX_KIT_H

#include "base/map.h"
#include "runtime/sandbox_vendor.h"
#include <pthread.h>
#include <stdatomic.h>

#define TABLES_MAX 128
#define ENDPOINT_FACTS_MAX 12
#define SWITCHES_MAX 48
#define POSTS_MAX 1000

struct table_row {
    char *key;
    struct doc *doc; /* NULL: gone */
};

struct table {
    struct world *world;
    char *name;
    struct table_row *rows;
    size_t count, cap, live;
    struct map index; /* key to position + 1 */
};

struct post {
    struct world_post post; /* texts owned */
    struct world *world;
    struct post *next;
};

struct world {
    struct sandbox *sandbox;
    const struct sandbox_vendor *vendor;
    struct server *server;
    char url[64];
    struct table *tables[TABLES_MAX];
    size_t table_count;
    char *switches[SWITCHES_MAX]; /* values, in the vendor's order */
    struct sandbox_endpoint endpoint;
    struct sandbox_fact secrets[ENDPOINT_FACTS_MAX + 1];
    struct sandbox_fact settings[ENDPOINT_FACTS_MAX + 1];
    size_t secret_count, setting_count;
    struct arena facts;
    struct doc *counts; /* endpoint to calls */
    atomic_int in_flight; /* calls that came and are not answered yet */
};

enum fault_kind {
    FAULT_STATUS, /* an error status before the effect */
    FAULT_STATUS_AFTER,
    FAULT_HTML,
    FAULT_EMPTY,
    FAULT_REDIRECT,
    FAULT_DROP_BEFORE,
    FAULT_DROP_AFTER,
    FAULT_LATE,
    FAULT_SLOW,
    FAULT_DRIP,
    FAULT_CUT,
    FAULT_GARBLE,
};

struct fault {
    char *spec;
    char *connector, *method, *path; /* "*" any */
    int64_t from, to, every; /* which matching calls, from 1 */
    enum fault_kind kind;
    int status;
    char *argument; /* or NULL */
    int64_t seen, hit;
};

struct sandbox {
    pthread_mutex_t lock;
    pthread_t postman;
    pthread_cond_t wake;
    bool stopping, postman_runs;
    struct sandbox_options options;
    struct world *worlds[SANDBOX_VENDORS_MAX];
    struct sandbox_endpoint endpoints[SANDBOX_VENDORS_MAX];
    size_t world_count;
    struct fault *faults[SANDBOX_FAULTS_MAX];
    size_t fault_count;
    int64_t clock_base_ms, steady_base_ms; /* the clock's two ends */
    int64_t requests, effects;
    int world_fd, ledger_fd, log_fd; /* -1: none */
    bool replaying; /* nothing is journaled */
    struct post *posts;
    size_t post_count;
};

int64_t sandbox_now_ms(const struct sandbox *s);
void sandbox_advance(struct sandbox *s, int64_t ms);
void sandbox_write_line(int fd, const struct buf *line);

/* sandbox_world.c */
struct world *world_new(struct sandbox *s, const struct sandbox_vendor *v);
void world_free(struct world *w);
void world_clear(struct world *w);
int world_set_switch(struct world *w, struct text name, struct text value,
                     struct error *err);
int worlds_load(struct sandbox *s, struct error *err);
void world_write(struct world *w);

/* sandbox_fault.c */
int fault_add(struct sandbox *s, const char *spec, struct error *err);
void fault_free(struct fault *f);
/* The fault this call meets, counted; or NULL. A copy of the call's own, as the
 * fault may be taken away while the call waits. */
const struct fault *fault_match(struct sandbox *s,
                                const struct sandbox_call *call);
void faults_list(const struct sandbox *s, struct doc *list);

/* sandbox_control.c */
void control_serve(struct world *w, struct sandbox_call *call);

/* sandbox_post.c */
int postman_start(struct sandbox *s, struct error *err);
void postman_stop(struct sandbox *s);

#endif
