/* Pages and batches: a connector's request and its reading of the answer, put
 * around transport_send. */
#include "config.h"

#include "runtime/jsonread.h"
#include "runtime/transport_internal.h"

#include <string.h>

struct reading {
    struct channel *c;
    struct page_read *read;
    struct request request;
};

/* A page is whole and holds its list, or it is no page: half of one, or
 * another document in its place, would read as "there are no more" [60, 63]. */
static void check_page(struct reading *r, struct answer *answer)
{
    const struct page *page = &r->read->page;
    struct json_pick pick = { page->rows ? page->rows : "", TEXT_NONE };
    struct error err = { 0 };
    const char *why = NULL;
    if (answer->kind != ANSWER_DONE)
        return;
    if (json_skim(page->body, &pick, 1, &err))
        why = err.text;
    else if (json_kind(pick.raw) == JSON_NOTHING)
        why = "it holds no list of records";
    if (!why)
        return;
    answer->kind = ANSWER_FAILED;
    answer->reason = text_of(arena_printf(
        r->read->arena, "the answer cannot be a page: %s", why));
}

static void judge_page(void *ctx, const struct response *response,
                       struct answer *answer)
{
    struct reading *r = ctx;
    const struct connection_setup *s = r->c->setup;
    memset(&r->read->page, 0, sizeof r->read->page);
    s->connector->read_answer(&s->info, r->read->spec, r->read->next, response,
                              r->read->arena, &r->read->page, answer);
    check_page(r, answer);
}

static int start_reading(struct channel *c, struct page_read *read,
                         struct reading *r, struct exchange *x)
{
    const struct connection_setup *s = c->setup;
    r->c = c;
    r->read = read;
    error_clear(&read->error);
    memset(&read->page, 0, sizeof read->page);
    if (connector_read_request(s->connector, &s->info, read->spec, read->next,
                               read->arena, &r->request, &read->error))
        return -1;
    *x = (struct exchange){ .request = &r->request, .arena = read->arena,
                            .classify = judge_page, .ctx = r };
    return 0;
}

static void end_reading(struct page_read *read, const struct exchange *x)
{
    read->result = x->result;
    read->answer = x->answer;
    read->error = x->error;
    read->park_until_ms = x->park_until_ms;
}

int transport_read_all(struct channel *c, struct page_read *list, size_t count)
{
    struct reading *readings = mem_zalloc((count + 1) * sizeof *readings);
    struct exchange *x = mem_zalloc((count + 1) * sizeof *x);
    struct exchange **ready = mem_zalloc((count + 1) * sizeof *ready);
    struct error err = { 0 };
    size_t ready_count = 0;
    int result = 0;
    bool fine = channel_prepare(c, &err) == 0 &&
                channel_mind_company(c, false, &err) == 0;
    for (size_t i = 0; i < count; i++) {
        list[i].result = -1;
        if (!fine)
            list[i].error = err;
        else if (start_reading(c, &list[i], &readings[i], &x[i]) == 0)
            ready[ready_count++] = &x[i];
    }
    transport_run(c, ready, ready_count);
    for (size_t i = 0; i < ready_count; i++)
        end_reading(&list[ready[i] - x], ready[i]);
    for (size_t i = 0; i < count; i++)
        result |= list[i].result;
    mem_free(ready);
    mem_free(x);
    mem_free(readings);
    return result;
}

int transport_read(struct channel *c, const struct read_spec *spec,
                   struct text next, struct arena *arena, struct page *page,
                   struct answer *answer, struct error *err)
{
    struct page_read read = { .spec = spec, .next = next, .arena = arena };
    int result = transport_read_all(c, &read, 1);
    *page = read.page;
    *answer = read.answer;
    if (result)
        *err = read.error;
    return result;
}

/* ------------------------------------------------------------------ writes */
struct writing {
    struct channel *c;
    struct write_call *write;
};

/* The whole call's verdict: if a single item was processed, it was. */
static enum answer_kind join(const struct write_call *w)
{
    size_t counts[ANSWER_FAILED + 1] = { 0 };
    for (size_t i = 0; i < w->spec->item_count; i++)
        counts[w->results[i].answer.kind]++;
    size_t all = w->spec->item_count;
    if (counts[ANSWER_WAIT] == all)
        return ANSWER_WAIT;
    if (counts[ANSWER_SIGN_IN] == all)
        return ANSWER_SIGN_IN;
    if (counts[ANSWER_FAILED] == all)
        return ANSWER_FAILED;
    return ANSWER_DONE;
}

static void judge_write(void *ctx, const struct response *response,
                        struct answer *answer)
{
    struct writing *w = ctx;
    const struct connection_setup *s = w->c->setup;
    struct write_call *call = w->write;
    memset(call->results, 0, call->spec->item_count * sizeof *call->results);
    s->connector->write_answer(&s->info, call->spec, response, call->arena,
                               call->results);
    *answer = call->results[0].answer;
    answer->kind = join(call);
}

static int may_write(void *ctx, struct error *err)
{
    const struct writing *w = ctx;
    return w->write->may_send(w->write->may_ctx, err);
}

int transport_write(struct channel *c, struct write_call *w, struct error *err)
{
    struct writing writing = { c, w };
    struct exchange x = { .request = w->request, .arena = w->arena,
                          .classify = judge_write, .ctx = &writing };
    x.may_send = w->may_send ? may_write : NULL;
    w->lost = false;
    memset(w->results, 0, w->spec->item_count * sizeof *w->results);
    if (channel_prepare(c, err) || channel_mind_company(c, true, err))
        return -1;
    int result = transport_send(c, &x, err);
    w->sent_ms = x.sent_ms;
    w->park_until_ms = x.park_until_ms;
    if (result)
        return result;
    if (x.answer.kind == ANSWER_FAILED && x.response.lost) {
        w->lost = true;
        for (size_t i = 0; i < w->spec->item_count; i++) {
            w->results[i] = (struct write_result){ .answer = x.answer };
            w->results[i].answer.kind = ANSWER_FAILED;
        }
    }
    return 0;
}

/* ------------------------------------------------------------------- booked */
static void judge_booked(void *ctx, const struct response *response,
                         struct answer *answer)
{
    struct channel *c = ctx;
    const struct connection_setup *s = c->setup;
    s->connector->booked_answer(&s->info, response, &c->arena, answer);
}

int transport_booked(struct channel *c, const struct object *object,
                     const struct text *ids, size_t count,
                     struct arena *arena, struct error *err)
{
    const struct connection_setup *s = c->setup;
    const struct text any = TEXT("any");
    struct request request = { 0 };
    struct exchange x = { .request = &request, .arena = arena,
                          .classify = judge_booked, .ctx = c };
    if (!s->connector->booked_request)
        return 1;
    int result = s->connector->booked_request(&s->info, object,
                                              count ? ids : &any,
                                              count ? count : 1, arena,
                                              &request, err);
    if (result || count == 0)
        return result;
    if (transport_send(c, &x, err))
        return -1;
    if (x.answer.kind == ANSWER_DONE)
        return 0;
    return error_set(err, ERROR_VENDOR, "%.*s: %.*s", TEXT_ARG(s->info.name),
                     TEXT_ARG(x.answer.reason));
}
