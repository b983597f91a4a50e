/* One side of a flow as the engine sees it: pages of records come out of it
 * and writes go into it. Behind it stands a transport's channel, or a double
 * in the tests of the engine. */
#ifndef MLC_RUNTIME_PORT_H
#define MLC_RUNTIME_PORT_H

#include "runtime/connector.h"
#include "runtime/transport.h"

struct port {
    void *ctx;
    struct text name; /* of the connection: "Exact" */
    int settle_ms, timeout_ms;
    int batch_max;
    /* As connector's; may be NULL. */
    int (*batch)(const struct object *object, enum write_op op, bool findable);
    int key_lives_s;
    bool whole; /* can only be read whole, never asked for a key */
    bool key_lists; /* as connector's */

    /* Signs in and learns what requests need. */
    int (*prepare)(void *ctx, struct error *err);
    /* As transport_read. */
    int (*read)(void *ctx, const struct read_spec *spec, struct text next,
                struct arena *arena, struct page *page, struct answer *answer,
                struct error *err);
    /* The bytes of a write, for the outbox. */
    int (*request)(void *ctx, const struct write_spec *spec,
                   struct arena *arena, struct request *out,
                   struct error *err);
    /* As transport_write. */
    int (*write)(void *ctx, struct write_call *call, struct error *err);
    void (*counts)(void *ctx, struct call_count *out);
    /* The system's own currency once prepared; empty when nobody knows. May
     * be NULL. */
    struct text (*currency)(void *ctx);
    /* Tells the source that these records are booked; with `count` 0 only
     * asks whether it wants to be told. 0 told or yes; 1 it does not; -1 not
     * told. NULL: it does not. */
    int (*booked)(void *ctx, const struct object *object,
                  const struct text *ids, size_t count, struct arena *arena,
                  struct error *err);
};

/* Items that may go in one write request. */
int port_batch(const struct port *port, const struct object *object,
               enum write_op op, bool findable);

/* The port of a channel; `port` borrows it. */
void port_of_channel(struct channel *channel, struct port *port);

/* Where ports come from: by the name of a connection. */
struct ports {
    void *ctx;
    int (*open)(void *ctx, struct text connection, struct port *port,
                struct error *err);
};
struct ports ports_of_transport(struct transport *t);

#endif
