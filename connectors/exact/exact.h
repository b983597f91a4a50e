/* What the parts of the Exact Online connector share. */
#ifndef MLC_CONNECTORS_EXACT_EXACT_H
#define MLC_CONNECTORS_EXACT_EXACT_H

#include "runtime/connector.h"
#include "runtime/uri.h"

/* Number of the company: as set, else as learnt. */
struct text exact_division(const struct connection_info *c);
/* "/api/v1/123456/" or, for resources outside a company, "/api/v1/". */
void exact_add_root(const struct connection_info *c,
                    const struct object *object, struct buf *b);
/* Headers every call of the REST API carries. */
void exact_headers(struct arena *arena, struct request *r);
/* Verdict on any answer but the success of a read or write; `writes` decides
 * what a server fault means. False: the answer is a success. */
bool exact_classify(const struct response *response, bool writes,
                    struct arena *arena, struct answer *out);
/* Do the records of an answer lie in another company than was asked? Then it
 * is a fault (FAILED) and true. */
bool exact_is_other_company(const struct connection_info *c,
                            const struct response *response,
                            struct arena *arena, struct answer *out);
/* The vendor's own servers; a next link may name one of them. */
extern const char *const exact_hosts[];

/* ------------------------------------------------------- $filter, filter.c */
/* A value as a literal of $filter; false when it has none. */
bool exact_literal(const struct field *field, const struct value *value,
                   struct buf *b);
/* guid'…' or a bare number, by the object's key type. */
void exact_key_literal(const struct object *object, struct text id,
                       struct buf *b);
/* The terms that the server may judge, those of the lines or of the record
 * itself; of several keys those from `from` to `to`. */
void exact_add_terms(const struct read_spec *spec, bool lines, size_t from,
                     size_t to, struct buf *filter);
/* The object of the lines whose field records are asked for by, or NULL. */
const struct object *exact_matched_lines(const struct read_spec *spec);
size_t exact_key_count(const struct read_spec *spec);
/* Where the batch of keys that starts at `from` ends. */
size_t exact_keys_end(const struct read_spec *spec, size_t from);

/* --------------------------------------------------------------------- calls */
int exact_read_request(const struct connection_info *c,
                       const struct read_spec *spec, struct text next,
                       struct arena *arena, struct request *out,
                       struct error *err);
void exact_read_answer(const struct connection_info *c,
                       const struct read_spec *spec, struct text asked,
                       const struct response *response, struct arena *arena,
                       struct page *page, struct answer *out);
int exact_write_request(const struct connection_info *c,
                        const struct write_spec *spec, struct arena *arena,
                        struct request *out, struct error *err);
void exact_write_answer(const struct connection_info *c,
                        const struct write_spec *spec,
                        const struct response *response, struct arena *arena,
                        struct write_result *results);
int exact_hook_verify(const struct connection_info *c,
                      const struct credential *credential,
                      const struct hook_delivery *delivery,
                      struct arena *arena, struct hook_event *event);
int exact_hook_request(const struct connection_info *c,
                       const struct object *object, struct text callback,
                       struct text remove_id, struct arena *arena,
                       struct request *out, struct error *err);
void exact_hook_answer(const struct connection_info *c,
                       const struct response *response, struct arena *arena,
                       struct text *subscription_id, struct text *secret,
                       struct answer *out);

#endif
