/* mlc audit: the trail of every decision, and the proof that it is whole. */
#include "config.h"

#include "cli/record_text.h"
#include "cli/work.h"

#include "base/date.h"
#include "runtime/clock.h"
#include "runtime/connector.h"
#include "runtime/jsonwrite.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)

struct telling {
    const struct invocation *in;
    struct buf out;
    struct program program; /* for what its catalogs call sensitive */
    size_t count;
};

/* "Exact.costcenter" in the words of the project; NULL when it has none. */
static const struct object *object_of(const struct program *p,
                                      struct text name)
{
    size_t dot;
    if (!text_find(name, TEXT("."), &dot))
        return NULL;
    const struct connection *c =
        program_connection(p, text_slice(name, 0, dot));
    return c ? program_object(p, c, text_slice(name, dot + 1, name.len))
             : NULL;
}

static void row_text(struct telling *t, const struct audit_row *row)
{
    char when[32];
    clock_print_instant(row->at_ms, when);
    buf_printf(&t->out, "%6lld  %-17s %-8.*s ", (long long)row->number, when,
               TEXT_ARG(row->action));
    if (row->after.len > 0 && row->after.ptr[0] == '{') {
        buf_printf(&t->out, "%.*s  ", TEXT_ARG(row->target));
        record_text(object_of(&t->program, row->target), row->after, &t->out);
    } else {
        buf_printable(&t->out, row->result);
    }
    buf_printf(&t->out, "\n        from %.*s %.*s, flow %.*s line %lld\n",
               TEXT_ARG(row->source), TEXT_ARG(row->source_key),
               TEXT_ARG(row->flow), (long long)row->line);
}

static void row_json(struct telling *t, const struct audit_row *row)
{
    struct json_out w = json_out(&t->out);
    json_begin_object(&w);
    json_put_int(&w, "number", row->number);
    json_put_int(&w, "at_ms", row->at_ms);
    json_put_int(&w, "run", row->run);
    json_put_string(&w, "flow", row->flow);
    json_put_string(&w, "flow_hash", row->flow_hash);
    json_put_int(&w, "line", row->line);
    json_put_string(&w, "action", row->action);
    json_put_string(&w, "source", row->source);
    json_put_string(&w, "source_key", row->source_key);
    json_put_string(&w, "target", row->target);
    json_put_string(&w, "target_id", row->target_id);
    json_put_string(&w, "result", row->result);
    json_put_string(&w, "hash", text_of(row->hash));
    json_end_object(&w);
    buf_byte(&t->out, '\n');
}

static int tell(void *ctx, const struct audit_row *row)
{
    struct telling *t = ctx;
    t->in->json ? row_json(t, row) : row_text(t, row);
    t->count++;
    /* Told in pieces: a trail may be longer than memory. */
    fwrite(t->out.ptr, 1, t->out.len, stdout);
    buf_reset(&t->out);
    return 0;
}

/* An option that is a date, as an instant; -1 after a message. */
static int day(const struct invocation *in, const char *option, int64_t *ms)
{
    const char *value = option_value(in, option);
    int32_t days;
    *ms = 0;
    if (!value)
        return 0;
    if (!date_parse(text_of(value), &days)) {
        usage_error(in, "--%s takes a date like 2025-03-31, not `%s`", option,
                    value);
        return -1;
    }
    *ms = days * DAY_MS;
    return 0;
}

static int list(struct work *w)
{
    struct error err = { 0 };
    struct telling t = { .in = w->in };
    struct audit_filter filter = {
        .flow = text_of(option_value(w->in, "flow")),
        .most = option_number(w->in, "last", 50),
    };
    struct load_options load = { .catalogs = connector_catalogs };
    if (day(w->in, "from", &filter.from_ms) || day(w->in, "to", &filter.to_ms))
        return EXIT_USAGE;
    if (filter.to_ms > 0)
        filter.to_ms += DAY_MS; /* the whole of the last day */
    program_init(&t.program);
    if (program_load(&t.program, &load) == 0)
        program_check(&t.program); /* its mistakes matter to `mlc check` */
    buf_init(&t.out, 0);
    int code = EXIT_FINE;
    if (w->store
        && store_audit_each(w->store, &filter, &w->arena, tell, &t, &err))
        code = command_fail(w->in, &err);
    if (code == EXIT_FINE && t.count == 0 && !w->in->json)
        puts("nothing decided yet");
    buf_fini(&t.out);
    program_fini(&t.program);
    return code;
}

static int verify(struct work *w)
{
    struct error err = { 0 };
    int64_t count = 0, broken = 0;
    char head[65] = "";
    int found = w->store
                    ? store_audit_verify(w->store, &count, head, &broken, &err)
                    : 0;
    if (found < 0)
        return command_fail(w->in, &err);
    if (w->in->json)
        printf("{\"rows\":%lld,\"whole\":%s,\"broken\":%lld,\"head\":\"%s\"}\n",
               (long long)count, found ? "false" : "true", (long long)broken,
               head);
    else if (found)
        printf("row %lld is not what was written; rows before it are whole\n",
               (long long)broken);
    else
        printf("%lld rows, whole; the last one's hash is %s\n",
               (long long)count, head[0] ? head : "(none)");
    return found ? EXIT_FINDINGS : EXIT_FINE;
}

int cmd_audit(const struct invocation *in)
{
    struct work w;
    int code = work_open(&w, in, WORK_STATE_READ);
    if (code == EXIT_FINE)
        code = strcmp(in->verb, "verify") == 0 ? verify(&w) : list(&w);
    work_close(&w);
    return code;
}
