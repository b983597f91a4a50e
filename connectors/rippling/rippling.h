/* What the parts of the Rippling connector share. */
#ifndef MLC_CONNECTORS_RIPPLING_RIPPLING_H
#define MLC_CONNECTORS_RIPPLING_RIPPLING_H

#include "runtime/connector.h"
#include "runtime/uri.h"

/* The vendor's own servers; a next link may name one of them. */
extern const char *const rippling_hosts[];

bool rippling_is_v1(const struct object *object);
/* Verdict on any answer but success; false: the answer is a success. */
bool rippling_classify(const struct response *response, bool writes,
                       struct arena *arena, struct answer *out);
void rippling_headers(const struct connection_info *c, struct arena *arena,
                      struct request *r);
/* The address of an object's resource: a path on the connection's own server,
 * or, for the older API when no `url` is set, on that API's server. */
struct text rippling_place(const struct connection_info *c,
                           const struct object *object, struct text path,
                           struct arena *arena);

/* An object of the catalog whose address needs a name that is not given. */
void rippling_no_place(const struct object *object, struct error *err);

int rippling_write_request(const struct connection_info *c,
                           const struct write_spec *spec, struct arena *arena,
                           struct request *out, struct error *err);
void rippling_write_answer(const struct connection_info *c,
                           const struct write_spec *spec,
                           const struct response *response, struct arena *arena,
                           struct write_result *results);
int rippling_read_request(const struct connection_info *c,
                          const struct read_spec *spec, struct text next,
                          struct arena *arena, struct request *out,
                          struct error *err);
void rippling_read_answer(const struct connection_info *c,
                          const struct read_spec *spec, struct text asked,
                          const struct response *response, struct arena *arena,
                          struct page *page, struct answer *out);

#endif
