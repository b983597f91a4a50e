/* What the parts of the BILL connector share. */
#ifndef MLC_CONNECTORS_BILL_BILL_H
#define MLC_CONNECTORS_BILL_BILL_H

#include "runtime/connector.h"
#include "runtime/uri.h"

/* Verdict on any answer but success; false: the answer is a success. */
bool bill_classify(const struct connection_info *c,
                   const struct response *response, bool writes,
                   struct arena *arena, struct answer *out);

/* Where an object lives: below the url, or on the root of the webhook calls. */
struct text bill_path(const struct connection_info *c,
                      const struct object *object, struct arena *arena);
/* …/connect-events */
struct text bill_events_root(const struct connection_info *c,
                             struct arena *arena);

/* The call of a write: its body is copied. A create is never repeated. */
void bill_write_call(const struct write_spec *spec, const char *method,
                     struct text path, const struct buf *body,
                     struct arena *arena, struct request *out);

int bill_read_request(const struct connection_info *c,
                      const struct read_spec *spec, struct text next,
                      struct arena *arena, struct request *out,
                      struct error *err);
void bill_read_answer(const struct connection_info *c,
                      const struct read_spec *spec, struct text asked,
                      const struct response *response, struct arena *arena,
                      struct page *page, struct answer *out);
int bill_hook_verify(const struct connection_info *c,
                     const struct credential *credential,
                     const struct hook_delivery *delivery, struct arena *arena,
                     struct hook_event *event);
int bill_hook_request(const struct connection_info *c,
                      const struct object *object, struct text callback,
                      struct text remove_id, struct arena *arena,
                      struct request *out, struct error *err);
int bill_hook_keep(const struct connection_info *c, struct text id,
                   struct arena *arena, struct request *out,
                   struct error *err);
void bill_hook_answer(const struct connection_info *c,
                      const struct response *response, struct arena *arena,
                      struct text *subscription_id, struct text *secret,
                      struct answer *out);

/* Lines change: the record is read first, then PUT as a whole. */
bool bill_replaces(const struct write_spec *spec);
/* The body of that PUT: `ours` and what else the record had. */
void bill_join(const struct write_spec *spec, struct text ours,
               struct arena *arena, struct buf *out);
/* What was sent is all in the record that came back. */
bool bill_tells_of(struct text sent, struct text got, struct arena *arena);

/* Several records in one call, where BILL has it. */
int bill_batch(const struct object *object, enum write_op op, bool findable);
int bill_bulk_request(const struct write_spec *spec, struct arena *arena,
                      struct request *out, struct error *err);
void bill_bulk_answer(const struct connection_info *c,
                      const struct write_spec *spec,
                      const struct response *response, struct arena *arena,
                      struct write_result *results);

#endif
