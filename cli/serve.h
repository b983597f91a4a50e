/* mlc serve, in parts: the loop that decides what runs, the workers it runs
 * (each a process of its own), the listener, and the subscriptions. */
#ifndef MLC_CLI_SERVE_H
#define MLC_CLI_SERVE_H

#include "cli/work.h"
#include "runtime/hooks.h"
#include "runtime/notices.h"
#include "runtime/schedule.h"
#include "runtime/server.h"
#include <pthread.h>
#include <sys/types.h>

#define SERVE_PORT 8750
#define SERVE_WORKERS 4       /* flows at once, without --workers */
#define SERVE_WORKERS_MAX 64
#define SERVE_KEYS_MAX 50     /* records of webhooks in one run, else all changes */
#define SERVE_PROXIES_MAX 32
#define SERVE_PER_CLIENT 64   /* connections of one address */
#define SERVE_DEADLINE_S 10   /* for a request to arrive */
#define SERVE_STOP_S 60       /* for runs to end when told to stop */
#define SERVE_OUTPUT_MAX ((size_t)256 << 10) /* of a run's summary */

/* A delivery somebody has to look into. */
struct serve_hook {
    int64_t id, due_ms; /* not before */
    struct text connection, object, record_id;
    bool deleted;
    unsigned char *todo; /* per flow: HOOK_DONE … */
    struct serve_hook *next;
};
enum { HOOK_DONE, HOOK_TODO, HOOK_RUNNING };

/* The flow files as they were when they checked clean. */
struct edition {
    struct program program;
    struct load_options load;
    int fd;      /* all of them in one piece, for the runs */
    int readers; /* under editions_lock */
    struct edition *older;
};

/* One flow and the process that runs it now, if any. */
struct worker {
    char *name;
    const struct flow *flow; /* NULL: it was taken away while it ran */
    size_t number;
    pid_t pid; /* 0: none */
    int out, err; /* its pipes; -1 */
    struct buf said, told; /* summary; a line of its messages */
    int64_t started_ms;
    bool records;       /* of webhooks only */
    int hook_failures;
    int64_t hook_retry_ms;
    int64_t due_ms;     /* 0: never by the clock */
    bool caught_up;     /* has looked for what came while nobody listened */
};

/* What the listener tells, kept by the loop. */
struct serve_figures {
    atomic_llong beat_ms;   /* steady clock of the loop's last turn */
    atomic_llong runs, crashes, clock_steps, late_ms, subscriptions;
    atomic_int running;
    atomic_llong files_taken;
    atomic_bool store_ok, files_broken;
    atomic_bool subscribed; /* what came before that was told to nobody */
};

struct serve_proxy {
    unsigned char address[16];
    int bits, family;
};

struct serve_options {
    struct text host;
    int port;
    const char *public_url;
    char token[256]; /* for /metrics and the details of /healthz; "" none */
    struct serve_proxy proxies[SERVE_PROXIES_MAX];
    size_t proxy_count;
    long workers;
};

struct serve {
    struct work *w;
    struct serve_options o;
    struct edition *edition; /* at work; older ones while somebody reads them */
    struct edition *refused; /* what is on the disk, when that is broken */
    pthread_mutex_t editions_lock;
    bool files_changed, files_doubted;
    int64_t files_look_ms;
    struct worker *workers;
    size_t flow_count;
    struct serve_hook *pending, **last_pending;
    int64_t last_hook;
    struct hooks *hooks;
    struct notices *notices;
    struct server *server;
    struct serve_figures figures;
    bool on_terminal; /* stderr was one at the start */
    int wake[2]; /* a pipe: somebody has news for the loop */
    struct arena arena;
    int64_t wall_less_steady_ms, pruned_ms;

    pthread_t care; /* subscriptions and tokens that would die unused */
    bool cares;
    pthread_mutex_t care_lock;
    pthread_cond_t care_wake;
    bool care_stop, care_again;

    struct store *web_store; /* the listener's, under web_lock */
    pthread_mutex_t web_lock;
    struct buf metrics;
    int64_t metrics_ms;
};

/* serve_files.c */
int files_open(struct serve *s, struct error *err);
/* Takes over what changed on the disk; `asked`: at once. */
void files_look(struct serve *s, bool asked);
void files_close(struct serve *s);
/* The edition at work, for a thread that may need it for long. */
const struct edition *edition_take(struct serve *s);
void edition_give(struct serve *s, const struct edition *e);
/* serve_loop.c */
int serve_loop(struct serve *s, struct error *err);
/* serve_worker.c */
int worker_start(struct serve *s, struct worker *k, const struct text *keys,
                 size_t key_count, struct error *err);
/* Reads what it says; true when it has ended, with its exit code. */
bool worker_look(struct serve *s, struct worker *k, int *code);
void workers_stop(struct serve *s);
/* serve_hooks.c */
int pending_load(struct serve *s, struct error *err);
bool pending_wants(const struct serve *s, const struct worker *k);
/* Marks the flow's deliveries as being worked on; their records, or none when
 * all that changed has to be read. */
size_t pending_take(struct serve *s, struct worker *k, struct text *keys);
void pending_settle(struct serve *s, struct worker *k, bool good);
/* The flows are others now: what waits is read from the state again. */
void pending_forget(struct serve *s);
/* serve_web.c */
int web_open(struct serve *s, struct error *err);
void web_close(struct serve *s);
/* The client's address, behind proxies that are trusted. */
struct text web_client(const struct serve *s, const struct server_call *call);
bool proxy_parse(const char *text, struct serve_proxy *out);
/* serve_metrics.c */
void serve_metrics(struct serve *s, struct buf *out);
/* serve_care.c */
int care_start(struct serve *s, struct error *err);
void care_stop(struct serve *s);
void care_again(struct serve *s); /* now, not in ten minutes */
/* Takes away every subscription the state knows of. */
int care_unsubscribe(struct work *w, struct error *err);

#endif
