/* The small helpers of the connectors' contract. */
#include "config.h"

#include "runtime/connector.h"

struct text response_header(const struct response *r, const char *name)
{
    struct text wanted = text_of(name);
    for (const struct header *h = r->headers; h; h = h->next)
        if (text_equal_nocase(h->name, wanted))
            return h->value;
    return TEXT_NONE;
}

int64_t response_now_ms(const struct connection_info *c,
                        const struct response *r)
{
    return r->date_ms > c->now_ms ? r->date_ms : c->now_ms;
}

void request_header(struct arena *arena, struct request *r, const char *name,
                    struct text value)
{
    struct header **at = &r->headers;
    while (*at && !text_equal_nocase((*at)->name, text_of(name)))
        at = &(*at)->next;
    if (!*at) {
        *at = ARENA_NEW(arena, struct header);
        (*at)->name = text_dup(arena, text_of(name));
    }
    (*at)->value = text_dup(arena, value);
}

bool field_on_create(void *ctx, const struct field *field)
{
    (void)ctx;
    return !field->read_only;
}

bool field_on_update(void *ctx, const struct field *field)
{
    (void)ctx;
    return !field->read_only && !field->create_only;
}

int connector_read_request(const struct connector *connector,
                           const struct connection_info *c,
                           const struct read_spec *spec, struct text next,
                           struct arena *arena, struct request *out,
                           struct error *err)
{
    if (!connector->read_request)
        return error_set(err, ERROR_USAGE, "%s cannot be read by calls",
                         connector->title);
    return connector->read_request(c, spec, next, arena, out, err);
}

int connector_write_request(const struct connector *connector,
                            const struct connection_info *c,
                            const struct write_spec *spec, struct arena *arena,
                            struct request *out, struct error *err)
{
    if (!connector->write_request)
        return error_set(err, ERROR_USAGE, "%s cannot be written by calls",
                         connector->title);
    return connector->write_request(c, spec, arena, out, err);
}
