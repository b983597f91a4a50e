/* Several records in one call of the BILL sandbox. New bills are made all or
 * none. Of vendors and classifications nobody says so: `bulk_partial` decides
 * whether those before the first fault are made all the same. */
#include "config.h"
#include "connectors/bill/sandbox.h"

#include <string.h>

static bool makes_some(struct world *w, const struct bill_type *t)
{
    return *t->member && world_switch_is(w, "bulk_partial", "yes");
}

static bool is_classification(const struct bill_type *t)
{
    return text_starts(text_of(t->path), TEXT("classifications/"));
}

static void answer_list(struct sandbox_call *call, const struct bill_type *t,
                        int status, struct doc *list)
{
    if (*t->member) {
        struct doc *d = doc_object();
        doc_set(d, t->member, list);
        list = d;
    }
    call_answer_doc(call, status, list, DOC_COMPACT);
}

/* A plain array of as many as are taken at once. */
static bool is_taken(struct sandbox_call *call, const struct bill_type *t,
                     const struct doc *body)
{
    if (doc_kind(body) == DOC_LIST && doc_count(body) > 0 &&
        doc_count(body) <= (size_t)t->bulk_max)
        return true;
    bill_refuse(call, 400, "BDC_1143", "an array of 1 to %d is taken",
                t->bulk_max);
    return false;
}

static void make(struct world *w, struct sandbox_call *call,
                 const struct bill_type *t)
{
    const struct doc *body = call_body(call);
    struct doc *faults = doc_list();
    size_t good = 0, count = doc_count(body);
    for (size_t i = 0; doc_count(faults) == 0 && i < count; i++) {
        const char *at = arena_printf(call->arena, "[%zu].", i);
        bill_check(w, call, t, doc_at(body, i), true, at, faults);
        good += doc_count(faults) == 0;
    }
    if (doc_count(faults) > 0) {
        for (size_t i = 0; makes_some(w, t) && i < good; i++)
            bill_make(w, call, t, doc_at(body, i));
        bill_refuse_all(call, 400, faults);
        return;
    }
    doc_drop(faults);
    struct doc *made = doc_list();
    for (size_t i = 0; i < count; i++)
        doc_add(made, bill_render(bill_make(w, call, t, doc_at(body, i)), ""));
    answer_list(call, t, 201, made);
}

static void change(struct world *w, struct sandbox_call *call,
                   const struct bill_type *t)
{
    const struct doc *body = call_body(call);
    struct table *table = world_table(w, t->table);
    struct doc *faults = doc_list(), *list;
    for (size_t i = 0; i < doc_count(body); i++) {
        const char *at = arena_printf(call->arena, "[%zu].", i);
        const struct doc *one = doc_at(body, i);
        bill_check(w, call, t, one, false, at, faults);
        if (!table_get(table, doc_str(one, "id")))
            bill_fault(call, faults, "BDC_1143", "%sid: no such object", at);
    }
    if (doc_count(faults) > 0) {
        bill_refuse_all(call, 400, faults);
        return;
    }
    doc_drop(faults);
    list = doc_list();
    for (size_t i = 0; i < doc_count(body); i++) {
        const struct doc *one = doc_at(body, i);
        struct doc *row = table_get(table, doc_str(one, "id"));
        bill_change(w, call, t, row, one);
        doc_add(list, bill_render(row, ""));
    }
    answer_list(call, t, 200, list);
}

static void archive(struct world *w, struct sandbox_call *call,
                    const struct bill_type *t, bool yes)
{
    struct text ids = call_param(call, "ids");
    struct doc *list = doc_list();
    while (ids.len > 0) {
        size_t at;
        if (!text_find(ids, TEXT(","), &at))
            at = ids.len;
        struct doc *row = table_get_text(world_table(w, t->table),
                                         text_slice(ids, 0, at));
        if (!row) {
            doc_drop(list);
            bill_not_found(call);
            return;
        }
        bill_archive(w, call, t, row, yes);
        doc_add(list, bill_render(row, ""));
        ids = at < ids.len ? text_slice(ids, at + 1, ids.len - at - 1)
                           : TEXT_NONE;
    }
    answer_list(call, t, 200, list);
}

void bill_serve_bulk(struct world *w, struct sandbox_call *call,
                     const struct bill_type *t, struct text verb)
{
    bool post = call_is(call, "POST");
    if (text_is(verb, "/archive") && post && is_classification(t))
        archive(w, call, t, true);
    else if (text_is(verb, "/restore") && post && is_classification(t))
        archive(w, call, t, false);
    else if (verb.len > 0 || !(post || (call_is(call, "PATCH") &&
                                        is_classification(t))))
        bill_refuse(call, 405, "BDC_1121", "No such call");
    else if (!is_taken(call, t, call_body(call)))
        return;
    else if (post)
        make(w, call, t);
    else
        change(w, call, t);
}
