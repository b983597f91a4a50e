/* What the parts of the Visma.net connector share. */
#ifndef MLC_CONNECTORS_VISMA_VISMA_H
#define MLC_CONNECTORS_VISMA_VISMA_H

#include "runtime/connector.h"
#include "runtime/uri.h"

enum visma_call { VISMA_READ, VISMA_CREATE, VISMA_UPDATE, VISMA_SEGMENT };
/* Verdict on any answer but success; false: the answer is a success. */
bool visma_classify(const struct response *response, enum visma_call call,
                    struct arena *arena, struct answer *out);
/* The address of one record: `item` of the catalog with the keys filled in.
 * Keys of several parts are joined by "/". */
void visma_item_path(const struct object *object, struct text id,
                     struct arena *arena, struct buf *path);

int visma_read_request(const struct connection_info *c,
                       const struct read_spec *spec, struct text next,
                       struct arena *arena, struct request *out,
                       struct error *err);
void visma_read_answer(const struct connection_info *c,
                       const struct read_spec *spec, struct text asked,
                       const struct response *response, struct arena *arena,
                       struct page *page, struct answer *out);
int visma_write_request(const struct connection_info *c,
                        const struct write_spec *spec, struct arena *arena,
                        struct request *out, struct error *err);
void visma_write_answer(const struct connection_info *c,
                        const struct write_spec *spec,
                        const struct response *response, struct arena *arena,
                        struct write_result *results);
int visma_hook_verify(const struct connection_info *c,
                      const struct credential *credential,
                      const struct hook_delivery *delivery,
                      struct arena *arena, struct hook_event *event);

#endif
