/* Control calls of the sandboxes, /_sandbox/VERB on every vendor's port, for
 * tests and for people who want to see what happens: any method will do.
 *
 *   counts [reset=1]      calls per endpoint
 *   clock [advance=S]     the sandbox's time, moved forward by seconds
 *   tables                names and sizes
 *   records table= [key=] rows
 *   change table= key=    body: members to set (null removes)
 *   remove table= key=
 *   fault spec=           adds one;  faults: lists;  calm: removes all
 *   switch name= value=
 *   reset                 back to the seed
 * and the vendor's own verbs. */
#include "config.h"
#include "runtime/sandbox_kit.h"

#include <string.h>

static void fail(struct sandbox_call *call, int status, const char *why)
{
    struct doc *d = doc_object();
    doc_set_string(d, "error", why);
    call_answer_doc(call, status, d, DOC_COMPACT);
}

static void answer_ok(struct sandbox_call *call)
{
    struct doc *d = doc_object();
    doc_set_yesno(d, "ok", true);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void counts(struct world *w, struct sandbox_call *call)
{
    struct doc *d = doc_copy(w->counts);
    int64_t sum = 0;
    for (void *it = doc_first(d); it; it = doc_next(d, it)) {
        int64_t n = 0;
        doc_as_int(doc_value(it), &n);
        sum += n;
    }
    doc_set_int(d, "all", sum);
    doc_set_int(d, "effects", w->sandbox->effects);
    if (call_param(call, "reset").len > 0) {
        doc_drop(w->counts);
        w->counts = doc_object();
    }
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void show_clock(struct world *w, struct sandbox_call *call)
{
    struct decimal seconds;
    int64_t whole;
    struct text by = call_param(call, "advance");
    if (by.len > 0) {
        if (decimal_parse(by, &seconds) != DECIMAL_OK ||
            !decimal_to_int64(seconds, &whole)) {
            fail(call, 400, "advance takes whole seconds");
            return;
        }
        sandbox_advance(w->sandbox, whole * 1000);
        if (w->vendor->pass_time)
            w->vendor->pass_time(w, world_now_ms(w));
    }
    struct doc *d = doc_object();
    doc_set_int(d, "now_ms", world_now_ms(w));
    doc_set_string(d, "now", print_offset_time(call->arena, world_now_ms(w)));
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void tables(struct world *w, struct sandbox_call *call)
{
    struct doc *d = doc_object();
    for (size_t i = 0; i < w->table_count; i++)
        doc_set_int(d, w->tables[i]->name, (int64_t)w->tables[i]->live);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void all_records(const struct table *t, struct sandbox_call *call)
{
    struct doc *list = doc_list();
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].doc)
            doc_add(list, doc_copy(t->rows[i].doc));
    call_answer_doc(call, 200, list, DOC_COMPACT);
}

static void records(struct table *t, struct text key,
                    struct sandbox_call *call)
{
    if (key.len == 0) {
        all_records(t, call);
        return;
    }
    struct doc *row = table_get_text(t, key);
    if (row)
        call_answer_doc(call, 200, doc_copy(row), DOC_COMPACT);
    else
        fail(call, 404, "no such record");
}

static void change(struct table *t, struct text key, struct sandbox_call *call)
{
    struct doc *row = table_get_text(t, key), *patch = call_body(call);
    if (!row || doc_kind(patch) != DOC_OBJECT) {
        fail(call, row ? 400 : 404,
             row ? "the body must be a JSON object" : "no such record");
        return;
    }
    for (void *it = doc_first(patch); it; it = doc_next(patch, it))
        doc_set(row, doc_name(it), doc_keep(doc_value(it)));
    table_touch(t, text_cstr(call->arena, key));
    answer_ok(call);
}

static bool on_table(struct world *w, struct sandbox_call *call,
                     struct text verb)
{
    bool is_records = text_is(verb, "records"),
         is_change = text_is(verb, "change"),
         is_remove = text_is(verb, "remove");
    if (!is_records && !is_change && !is_remove)
        return false;
    struct table *t = world_find_table(w, call_param(call, "table"));
    struct text key = call_param(call, "key");
    if (!t) {
        fail(call, 404, "no such table");
    } else if (is_records) {
        records(t, key, call);
    } else if (is_change) {
        change(t, key, call);
    } else {
        table_remove(t, text_cstr(call->arena, key));
        answer_ok(call);
    }
    return true;
}

static void set_switch(struct world *w, struct sandbox_call *call)
{
    struct error err = { 0 };
    if (world_set_switch(w, call_param(call, "name"),
                         call_param(call, "value"), &err) != 0)
        fail(call, 400, err.text);
    else
        answer_ok(call);
}

static bool on_faults(struct sandbox *s, struct sandbox_call *call,
                      struct text verb)
{
    struct error err = { 0 };
    if (text_is(verb, "fault")) {
        const char *spec = text_cstr(call->arena, call_param(call, "spec"));
        if (fault_add(s, spec, &err) != 0)
            fail(call, 400, err.text);
        else
            answer_ok(call);
    } else if (text_is(verb, "faults")) {
        struct doc *list = doc_list();
        faults_list(s, list);
        call_answer_doc(call, 200, list, DOC_COMPACT);
    } else if (text_is(verb, "calm")) {
        while (s->fault_count > 0)
            fault_free(s->faults[--s->fault_count]);
        answer_ok(call);
    } else {
        return false;
    }
    return true;
}

/* Rows of the journal that go are written as gone, then the seed comes. */
static void reset(struct world *w, struct sandbox_call *call)
{
    for (size_t i = 0; i < w->table_count; i++)
        for (size_t j = 0; j < w->tables[i]->count; j++)
            table_remove(w->tables[i], w->tables[i]->rows[j].key);
    world_clear(w);
    w->vendor->seed(w);
    w->vendor->sign_in(w);
    doc_drop(w->counts);
    w->counts = doc_object();
    answer_ok(call);
}

void control_serve(struct world *w, struct sandbox_call *call)
{
    size_t skip = sizeof "/_sandbox/" - 1;
    struct text verb =
        text_slice(call->path, skip, call->path.len - skip);
    if (text_is(verb, "counts"))
        counts(w, call);
    else if (text_is(verb, "clock"))
        show_clock(w, call);
    else if (text_is(verb, "tables"))
        tables(w, call);
    else if (text_is(verb, "switch"))
        set_switch(w, call);
    else if (text_is(verb, "reset"))
        reset(w, call);
    else if (!on_table(w, call, verb) && !on_faults(w->sandbox, call, verb) &&
             !(w->vendor->control && w->vendor->control(w, call, verb)))
        fail(call, 404, "no such control call");
}
