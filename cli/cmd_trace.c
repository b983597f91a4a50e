/* mlc trace: one record's whole story. */
#include "config.h"

#include "cli/runner.h"

#include "runtime/audit.h"
#include "runtime/clock.h"
#include "runtime/holds.h"
#include "runtime/trace.h"
#include <stdio.h>
#include <string.h>

struct story {
    struct work *w;
    struct text object, key;
    struct buf out;
    size_t count;
};

static void when(struct story *s, int64_t at_ms)
{
    char text[32];
    clock_print_instant(at_ms, text);
    buf_printf(&s->out, "%-17s ", text);
}

static bool is_about(const struct story *s, const struct audit_row *r)
{
    return (text_equal(r->source, s->object)
            && text_equal(r->source_key, s->key))
           || (text_equal(r->target, s->object)
               && text_equal(r->target_id, s->key));
}

static int tell_row(void *ctx, const struct audit_row *r)
{
    struct story *s = ctx;
    if (!is_about(s, r))
        return 0;
    if (s->w->in->json) {
        struct audit_mask mask = { NULL };
        buf_str(&s->out, s->count++ > 0 ? "," : "");
        audit_json(r, &mask, &s->out);
        return 0;
    }
    s->count++;
    when(s, r->at_ms);
    buf_printf(&s->out, "%-10.*s flow %.*s, run %lld", TEXT_ARG(r->action),
               TEXT_ARG(r->flow), (long long)r->run);
    if (r->line > 0)
        buf_printf(&s->out, ", line %lld", (long long)r->line);
    if (r->target_id.len > 0) {
        buf_printf(&s->out, ", %.*s ", TEXT_ARG(r->target));
        buf_printable(&s->out, r->target_id);
    }
    buf_byte(&s->out, '\n');
    if (text_is(r->action, "hold") || text_is(r->action, "reject")) {
        reasons_text(r->after, "                    ", &s->out);
        return 0;
    }
    if (r->before.len > 0) {
        buf_str(&s->out, "                    before ");
        buf_printable(&s->out, r->before);
        buf_byte(&s->out, '\n');
    }
    if (r->after.len > 0) {
        buf_str(&s->out, "                    after  ");
        buf_printable(&s->out, r->after);
        buf_byte(&s->out, '\n');
    }
    if (r->result.len > 0 && r->result.ptr[0] != '[') {
        buf_str(&s->out, "                    ");
        buf_printable(&s->out, r->result);
        buf_byte(&s->out, '\n');
    } else if (r->result.len > 0) {
        reasons_text(r->result, "                    warned: ", &s->out);
    }
    return 0;
}

static int tell_past(struct story *s, struct error *err)
{
    struct audit_filter source = { .source_key = s->key };
    struct audit_filter target = { .target_id = s->key };
    if (!s->w->store)
        return 0;
    return store_audit_each(s->w->store, &source, NULL, tell_row, s, err)
                   || store_audit_each(s->w->store, &target, NULL, tell_row, s,
                                       err)
               ? -1 : 0;
}

/* As the flows would decide today, read anew from the source. */
static int tell_now(struct story *s, struct error *err)
{
    struct ports ports = ports_of_transport(s->w->transport);
    for (const struct flow *f = s->w->program.flows; f; f = f->next) {
        struct buf label;
        buf_init(&label, 0);
        buf_printf(&label, "%.*s.%.*s", TEXT_ARG(f->source_connection->name),
                   TEXT_ARG(f->source->name));
        bool ours = text_equal(buf_view(&label), s->object);
        buf_fini(&label);
        if (!ours)
            continue;
        buf_printf(&s->out, "now               flow %.*s\n",
                   TEXT_ARG(f->name));
        if (trace_record(&s->w->program, f, s->w->store, &ports, s->key,
                         s->w->now_ms, &s->out, err))
            return -1;
        s->count++;
    }
    return 0;
}

static int tell(struct work *w, struct text object, struct text key)
{
    struct error err = { 0 };
    struct story s = { .w = w, .object = object, .key = key };
    int code = EXIT_FINE;
    buf_init(&s.out, 0);
    if (w->in->json)
        buf_byte(&s.out, '[');
    if (tell_past(&s, &err) || (!w->in->json && tell_now(&s, &err)))
        code = command_fail(w->in, &err);
    if (w->in->json)
        buf_str(&s.out, "]\n");
    fwrite(s.out.ptr, 1, s.out.len, stdout);
    if (code == EXIT_FINE && s.count == 0) {
        error_set(&err, ERROR_USAGE, "nothing is known of %.*s:%.*s",
                  TEXT_ARG(object), TEXT_ARG(key));
        error_hint(&err, "Write it as Connection.object:key, for example "
                   "Rippling.employee:E1042.");
        code = command_fail(w->in, &err);
    }
    buf_fini(&s.out);
    return code;
}

int cmd_trace(const struct invocation *in)
{
    struct work w;
    struct text t = text_of(in->args[0]);
    size_t colon;
    if (!text_find(t, TEXT(":"), &colon))
        return usage_error(in, "say which record: mlc trace "
                           "Rippling.employee:E1042");
    int code = work_open(&w, in, WORK_PROGRAM | WORK_STATE | WORK_SYSTEMS
                                     | WORK_DRY);
    if (code == EXIT_FINE)
        code = tell(&w, text_slice(t, 0, colon),
                    text_slice(t, colon + 1, t.len - colon - 1));
    work_close(&w);
    return code;
}
