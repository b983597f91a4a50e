/* mlc audit: the trail of every decision, and the proof that it is whole. */
#include "config.h"

#include "cli/record_text.h"
#include "cli/work.h"

#include "base/date.h"
#include "runtime/audit.h"
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
    if (row->target.len > 0 && row->after.len > 0
        && row->after.ptr[0] == '{') {
        buf_printf(&t->out, "%.*s  ", TEXT_ARG(row->target));
        record_text(object_of(&t->program, text_is(row->target, "log")
                                               ? row->source : row->target),
                    row->after, &t->out);
    } else {
        buf_printable(&t->out, row->result);
    }
    buf_byte(&t->out, '\n');
    if (row->flow.len > 0)
        buf_printf(&t->out, "        from %.*s %.*s, flow %.*s line %lld\n",
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

static int choose(struct work *w, struct audit_filter *filter)
{
    filter->flow = text_of(option_value(w->in, "flow"));
    if (day(w->in, "from", &filter->from_ms)
        || day(w->in, "to", &filter->to_ms))
        return -1;
    if (filter->to_ms > 0)
        filter->to_ms += DAY_MS; /* the whole of the last day */
    return 0;
}

static void load_project(struct program *p)
{
    struct load_options load = { .catalogs = connector_catalogs };
    program_init(p);
    if (program_load(p, &load) == 0)
        program_check(p); /* its mistakes matter to `mlc check` */
}

/* ------------------------------------------------------------------ export */
struct exporting {
    FILE *file;
    struct buf out;
    struct audit_mask mask;
    bool json;
    size_t count;
};

static int export_row(void *ctx, const struct audit_row *row)
{
    struct exporting *e = ctx;
    buf_reset(&e->out);
    if (e->json) {
        buf_str(&e->out, e->count > 0 ? ",\n" : "");
        audit_json(row, &e->mask, &e->out);
    } else {
        audit_csv(row, &e->mask, &e->out);
    }
    e->count++;
    return fwrite(e->out.ptr, 1, e->out.len, e->file) == e->out.len ? 0 : 1;
}

static int export_rows(struct work *w, struct exporting *e,
                       const struct audit_filter *filter, struct error *err)
{
    int got = 0;
    buf_init(&e->out, 0);
    fputs(e->json ? "[" : audit_csv_head, e->file);
    if (w->store)
        got = store_audit_each(w->store, filter, NULL, export_row, e, err);
    if (e->json)
        fputs("]\n", e->file);
    buf_fini(&e->out);
    if (got > 0)
        error_errno(err, ERROR_USAGE, "cannot write the export");
    return got ? -1 : 0;
}

/* A file that is there already is never written over [188]. */
static int export(struct work *w)
{
    const char *path = option_value(w->in, "out");
    const char *format = option_value(w->in, "format");
    struct exporting e = { .file = stdout };
    struct audit_filter filter = { .most = 0 };
    struct program program;
    struct error err = { 0 };
    if (choose(w, &filter))
        return EXIT_USAGE;
    e.json = w->in->json || (format && strcmp(format, "json") == 0);
    if (path && !(e.file = fopen(path, "wxe"))) {
        error_errno(&err, ERROR_USAGE, "cannot write %s", path);
        return command_fail(w->in, &err);
    }
    load_project(&program);
    e.mask.program = &program;
    int result = export_rows(w, &e, &filter, &err);
    program_fini(&program);
    if (path && fclose(e.file) != 0 && result == 0)
        result = error_errno(&err, ERROR_USAGE, "cannot write %s", path);
    if (path && result)
        remove(path);
    else if (path)
        fprintf(stderr, "%zu rows in %s\n", e.count, path);
    return result ? command_fail(w->in, &err) : EXIT_FINE;
}

static int list(struct work *w)
{
    struct error err = { 0 };
    struct telling t = { .in = w->in };
    struct audit_filter filter = { .most = option_number(w->in, "last", 50) };
    if (choose(w, &filter))
        return EXIT_USAGE;
    load_project(&t.program);
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
        printf("row %lld is not what was written; rows before it are whole\n"
               "  No flow runs until a backup is restored, or the break is "
               "accepted with `mlc audit accept --reason TEXT`.\n",
               (long long)broken);
    else
        printf("%lld rows, whole; the last one's hash is %s\n",
               (long long)count, head[0] ? head : "(none)");
    return found ? EXIT_FINDINGS : EXIT_FINE;
}

/* Mends nothing: a person answers for what is there. */
static int accept(struct work *w)
{
    struct error err = { 0 };
    int64_t broken = 0;
    const char *reason = option_value(w->in, "reason");
    if (!reason || !*reason)
        return usage_error(w->in, "say with --reason what happened to the "
                           "trail; it is kept in it");
    struct audit_row why = { .at_ms = w->now_ms, .result = text_of(reason) };
    int got = store_audit_accept(w->store, &why, &broken, &err);
    if (got == 1)
        error_set(&err, ERROR_USAGE, "the trail is whole: there is nothing to "
                  "accept");
    if (got)
        return command_fail(w->in, &err);
    fprintf(stderr, "accepted: row %lld is not what was written (%s); the "
            "trail goes on from here\n", (long long)broken, reason);
    return EXIT_FINE;
}

int cmd_audit(const struct invocation *in)
{
    struct work w;
    bool accepts = strcmp(in->verb, "accept") == 0;
    int code = work_open(&w, in, accepts ? WORK_STATE : WORK_STATE_READ);
    if (code == EXIT_FINE)
        code = accepts                           ? accept(&w)
               : strcmp(in->verb, "verify") == 0 ? verify(&w)
               : strcmp(in->verb, "export") == 0 ? export(&w)
                                                 : list(&w);
    work_close(&w);
    return code;
}
