/* What the parts of the Expensify connector share. */
#ifndef MLC_CONNECTORS_EXPENSIFY_EXPENSIFY_H
#define MLC_CONNECTORS_EXPENSIFY_EXPENSIFY_H

#include "runtime/connector.h"
#include "runtime/uri.h"

/* A request for one job: `job` is its JSON without credentials, beginning
 * with `{`; `template` may be empty. */
void expensify_job(const struct connection_info *c, struct text job,
                   struct text template, bool writes, const char *endpoint,
                   struct arena *arena, struct request *out);
/* Verdict by responseCode in the body, which beats the HTTP status. False:
 * nothing says it failed. */
bool expensify_classify(const struct response *response, bool writes,
                        struct arena *arena, struct answer *out);

/* The template that prints one line of JSON per report and per expense, with
 * the fields this read wants; NULL: ids alone. */
struct text expensify_template(const struct read_spec *spec,
                               struct arena *arena);
/* Those lines as one JSON array of reports with their expenses. -1: a line is
 * not what the template prints. */
int expensify_assemble(struct text lines, struct arena *arena,
                       struct text *reports, struct error *err);

int expensify_read_request(const struct connection_info *c,
                           const struct read_spec *spec, struct text next,
                           struct arena *arena, struct request *out,
                           struct error *err);
void expensify_read_answer(const struct connection_info *c,
                           const struct read_spec *spec, struct text asked,
                           const struct response *response,
                           struct arena *arena, struct page *page,
                           struct answer *out);
int expensify_booked_request(const struct connection_info *c,
                             const struct object *object,
                             const struct text *ids, size_t count,
                             struct arena *arena, struct request *out,
                             struct error *err);
void expensify_booked_answer(const struct connection_info *c,
                             const struct response *response,
                             struct arena *arena, struct answer *out);

#endif
