/* Sandboxes of the vendors: each connector may bring one, and this serves them
 * over real HTTP on loopback, in this process. `mlc sandbox` runs them in the
 * foreground, `--sandbox` beside a run. What a vendor does is in
 * connectors/NAME/sandbox*.c, against runtime/sandbox_vendor.h.
 *
 * Every vendor has a port of its own; `url` of an endpoint works as the
 * connection setting `url` (and `auth_url`). */
#ifndef MLC_RUNTIME_SANDBOX_H
#define MLC_RUNTIME_SANDBOX_H

#include "base/error.h"
#include "base/text.h"

struct sandbox;

#define SANDBOX_FAULTS_MAX 64
#define SANDBOX_SWITCHES_MAX 64
#define SANDBOX_VENDORS_MAX 16

struct sandbox_options {
    const char *const *connectors; /* names, NULL-ended; NULL: all there are */
    int port;          /* of the first, the next ones follow; 0: any free */
    int64_t speed;     /* the clock runs so many times faster; 0: 1 */
    int64_t start_ms;  /* where the clock starts; 0: now */
    int size;          /* employees to make; 0: the small telling seed */
    uint64_t seed;     /* of what is made up; the same seed, the same world */
    const char *world_path;  /* keep the world here over restarts; NULL: not */
    const char *ledger_path; /* effects, JSON lines, appended; NULL: none */
    const char *log_path;    /* requests, JSON lines, appended; NULL: none */
    /* Faults, see sandbox_fault_help; and switches of facts nobody has
     * verified, "rippling.money=text". Both NULL-ended or NULL. */
    const char *const *faults;
    const char *const *switches;
};

struct sandbox_fact { /* a secret, setting or stored token of an endpoint */
    const char *name, *value;
};

struct sandbox_endpoint {
    const char *connector, *title;
    const char *url;
    /* For `auth set`; ended by name NULL. A refresh token is of a sign-in of
     * its own, made at this start, so it is fresh at every start. */
    const struct sandbox_fact *secrets;
    /* For `--set NAME.x=y`; ended by name NULL. */
    const struct sandbox_fact *settings;
};

int sandbox_start(const struct sandbox_options *options, struct sandbox **out,
                  struct error *err);
/* Lives until sandbox_stop. */
const struct sandbox_endpoint *sandbox_endpoints(const struct sandbox *s,
                                                 size_t *count);
const struct sandbox_endpoint *sandbox_endpoint_of(const struct sandbox *s,
                                                   const char *connector);
/* The same with a sign-in of its own, for a second connection to the same
 * connector: two must not spend each other's refresh token. */
const struct sandbox_endpoint *sandbox_sign_in(struct sandbox *s,
                                               const char *connector);
void sandbox_stop(struct sandbox *s);

/* Adds a fault or sets a switch while it runs. */
int sandbox_add_fault(struct sandbox *s, const char *spec, struct error *err);
int sandbox_set_switch(struct sandbox *s, const char *assignment,
                       struct error *err);

/* The grammar of faults, for --help; and the n-th vendor's name, title and
 * switches as text for `mlc sandbox --list`; false past the last. */
extern const char sandbox_fault_help[];
bool sandbox_describe(size_t index, struct buf *out);
bool sandbox_exists(const char *connector);

#endif
