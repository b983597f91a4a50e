/* Ports onto the channels of a transport. */
#include "config.h"

#include "runtime/port.h"

#include "runtime/connection.h"
#include "runtime/port_files.h"

static int prepare(void *ctx, struct error *err)
{
    return channel_prepare(ctx, err);
}

static int read_page(void *ctx, const struct read_spec *spec, struct text next,
                     struct arena *arena, struct page *page,
                     struct answer *answer, struct error *err)
{
    return transport_read(ctx, spec, next, arena, page, answer, err);
}

static int make_request(void *ctx, const struct write_spec *spec,
                        struct arena *arena, struct request *out,
                        struct error *err)
{
    if (channel_prepare(ctx, err)) /* a request may name a learnt fact */
        return -1;
    return connector_write_request(channel_connector(ctx), channel_info(ctx),
                                   spec, arena, out, err);
}

static int write_items(void *ctx, struct write_call *call, struct error *err)
{
    return transport_write(ctx, call, err);
}

static void counts(void *ctx, struct call_count *out)
{
    channel_counts(ctx, out);
}

static struct text currency(void *ctx)
{
    const struct connection_info *info = channel_info(ctx);
    struct text learnt = info->learnt(info, "currency");
    return learnt.len > 0 ? learnt : info->setting(info, "currency");
}

static int tell_booked(void *ctx, const struct object *object,
                       const struct text *ids, size_t count,
                       struct arena *arena, struct error *err)
{
    return transport_booked(ctx, object, ids, count, arena, err);
}

void port_of_channel(struct channel *channel, struct port *port)
{
    const struct connector *connector = channel_connector(channel);
    const struct connection_info *info = channel_info(channel);
    *port = (struct port){
        .ctx = channel,
        .name = info->name,
        .settle_ms = connection_seconds(info, "settle",
                                        connector->settle_ms),
        .timeout_ms = connection_seconds(info, "timeout",
                                         connector->timeout_ms),
        .batch_max = connector->batch_max > 0 ? connector->batch_max : 1,
        .batch = connector->batch,
        .key_lists = connector->key_lists,
        .key_lives_s = connector->key_lives_s,
        .prepare = prepare,
        .read = read_page,
        .request = make_request,
        .write = write_items,
        .counts = counts,
        .currency = currency,
        .booked = tell_booked,
    };
}

int port_batch(const struct port *port, const struct object *object,
               enum write_op op, bool findable)
{
    int most = port->batch ? port->batch(object, op, findable)
                           : port->batch_max;
    return most > 0 ? most : 1;
}

static int open_channel(void *ctx, struct text connection, struct port *port,
                        struct error *err)
{
    struct channel *channel = NULL;
    if (transport_connect(ctx, connection, &channel, err))
        return -1;
    if (connector_is_files(channel_connector(channel)))
        channel_open_files(channel, port);
    else
        port_of_channel(channel, port);
    return 0;
}

struct ports ports_of_transport(struct transport *t)
{
    return (struct ports){ t, open_channel };
}
