/* mlc trace: one record's whole story. The past stands in the state alone, so
 * that it can be read while a system is down or a flow file is broken; what
 * the flows would do now follows where that can be told. */
#include "config.h"

#include "cli/runner.h"

#include "runtime/audit.h"
#include "runtime/clock.h"
#include "runtime/holds.h"
#include "runtime/trace.h"
#include <stdio.h>
#include <stdlib.h>

#define NAMES_MAX 32 /* a key shared by more is no name */
#define NOW_PATIENCE_MS 10000 /* a person waits for it */

/* One thing by the name a system knows it under. */
struct name {
    struct text object, key;
    bool is_source; /* flows read it: what would they do now? */
};

struct line { /* of the past, kept until all are there */
    int64_t number;
    struct text text;
};

struct story {
    struct work *w;
    struct name names[NAMES_MAX];
    size_t name_count;
    struct line *lines;
    size_t line_count, line_cap;
    struct buf out;
    bool printed_now;
};

/* ------------------------------------------------------------ who is meant */
static void add_name(struct story *s, struct text object, struct text key,
                     bool is_source)
{
    if (key.len == 0)
        return;
    for (size_t i = 0; i < s->name_count; i++)
        if (text_equal(s->names[i].object, object)
            && text_equal(s->names[i].key, key)) {
            s->names[i].is_source |= is_source;
            return;
        }
    if (s->name_count < NAMES_MAX)
        s->names[s->name_count++] = (struct name){
            text_dup(&s->w->arena, object), text_dup(&s->w->arena, key),
            is_source };
}

static int add_link(void *ctx, const struct link_row *row)
{
    struct story *s = ctx;
    add_name(s, row->source, row->source_key, true);
    add_name(s, row->target, row->target_id, false);
    return 0;
}

static int add_key(void *ctx, struct text key)
{
    struct story *s = ctx;
    add_name(s, s->names[0].object, key, true);
    return 0;
}

static int is_known(void *ctx, const struct audit_row *row)
{
    struct story *s = ctx;
    const struct name *n = &s->names[0];
    bool source = text_equal(row->source, n->object)
                  && text_equal(row->source_key, n->key);
    bool target = text_equal(row->target, n->object)
                  && text_equal(row->target_id, n->key);
    return source || target ? 1 : 0;
}

/* 1: the trail knows the key as it stands. */
static int told_of(struct story *s, struct error *err)
{
    struct audit_filter source = { .source_key = s->names[0].key };
    struct audit_filter target = { .target_id = s->names[0].key };
    int got = store_audit_each(s->w->store, &source, NULL, is_known, s, err);
    return got ? got
               : store_audit_each(s->w->store, &target, NULL, is_known, s,
                                  err);
}

/* A person may give the system's own key, or what people call the record: the
 * match key, or a text that stands in the record itself. */
static int resolve(struct story *s, struct error *err)
{
    struct store *store = s->w->store;
    struct name asked = s->names[0];
    if (!store)
        return 0;
    if (store_link_named(store, asked.object, asked.key, false, NULL, add_link,
                         s, err))
        return -1;
    int known = s->name_count > 1 ? 1 : told_of(s, err);
    if (known)
        return known < 0 ? -1 : 0;
    if (store_link_named(store, asked.object, asked.key, true, NULL, add_link,
                         s, err))
        return -1;
    if (s->name_count == 1
        && store_keys_holding(store, asked.object, asked.key, NULL, add_key, s,
                              err))
        return -1;
    for (size_t i = 1, count = s->name_count; i < count; i++)
        if (text_equal(s->names[i].object, asked.object)
            && store_link_named(store, asked.object, s->names[i].key, false,
                                NULL, add_link, s, err))
            return -1;
    return 0;
}

/* Several records of the object asked for: a person has to choose. */
static size_t candidates(const struct story *s)
{
    size_t count = 0;
    for (size_t i = 1; i < s->name_count; i++)
        count += text_equal(s->names[i].object, s->names[0].object);
    return count;
}

static int choose_one(struct story *s)
{
    struct error err = { 0 };
    struct buf hint;
    buf_init(&hint, 0);
    buf_str(&hint, "Say which:");
    for (size_t i = 1; i < s->name_count; i++)
        if (text_equal(s->names[i].object, s->names[0].object)) {
            buf_printf(&hint, " %.*s:", TEXT_ARG(s->names[i].object));
            buf_printable(&hint, s->names[i].key);
        }
    error_set(&err, ERROR_USAGE, "several records are called %.*s",
              TEXT_ARG(s->names[0].key));
    error_hint(&err, "%.*s", TEXT_ARG(buf_view(&hint)));
    buf_fini(&hint);
    return command_fail(s->w->in, &err);
}

/* ---------------------------------------------------------------- the past */
static bool is_about(const struct story *s, const struct audit_row *r)
{
    for (size_t i = 0; i < s->name_count; i++) {
        const struct name *n = &s->names[i];
        if ((text_equal(r->source, n->object)
             && text_equal(r->source_key, n->key))
            || (text_equal(r->target, n->object)
                && text_equal(r->target_id, n->key)))
            return true;
    }
    return false;
}

static void part(struct buf *out, const char *word, struct text t)
{
    if (t.len == 0)
        return;
    buf_printf(out, "                    %s", word);
    buf_printable(out, t);
    buf_byte(out, '\n');
}

static void row_text(const struct audit_row *r, struct buf *out)
{
    char at[32];
    clock_print_instant(r->at_ms, at);
    buf_printf(out, "%-17s %-10.*s flow %.*s, run %lld", at,
               TEXT_ARG(r->action), TEXT_ARG(r->flow), (long long)r->run);
    if (r->line > 0)
        buf_printf(out, ", line %lld", (long long)r->line);
    if (r->target_id.len > 0) {
        buf_printf(out, ", %.*s ", TEXT_ARG(r->target));
        buf_printable(out, r->target_id);
    }
    buf_byte(out, '\n');
    if (text_is(r->action, "hold") || text_is(r->action, "reject")) {
        reasons_text(r->after, "                    ", out);
        return;
    }
    part(out, "before ", r->before);
    part(out, "after  ", r->after);
    if (r->result.len > 0 && r->result.ptr[0] == '[')
        reasons_text(r->result, "                    warned: ", out);
    else
        part(out, "", r->result);
}

static int keep_row(void *ctx, const struct audit_row *r)
{
    struct story *s = ctx;
    struct audit_mask mask = { NULL };
    struct buf b;
    if (!is_about(s, r))
        return 0;
    for (size_t i = 0; i < s->line_count; i++)
        if (s->lines[i].number == r->number)
            return 0; /* it is about both ends */
    buf_init(&b, 0);
    if (s->w->in->json)
        audit_json(r, &mask, &b);
    else
        row_text(r, &b);
    if (s->line_count == s->line_cap) {
        s->line_cap = s->line_cap ? 2 * s->line_cap : 64;
        s->lines = mem_realloc(s->lines, s->line_cap * sizeof *s->lines);
    }
    s->lines[s->line_count++] = (struct line){ r->number,
                                               buf_dup(&s->w->arena, &b) };
    buf_fini(&b);
    return 0;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = ((const struct line *)a)->number;
    int64_t y = ((const struct line *)b)->number;
    return (x > y) - (x < y);
}

static int tell_past(struct story *s, struct error *err)
{
    for (size_t i = 0; s->w->store && i < s->name_count; i++) {
        struct audit_filter source = { .source_key = s->names[i].key };
        struct audit_filter target = { .target_id = s->names[i].key };
        if (store_audit_each(s->w->store, &source, NULL, keep_row, s, err)
            || store_audit_each(s->w->store, &target, NULL, keep_row, s, err))
            return -1;
    }
    if (s->line_count > 1)
        qsort(s->lines, s->line_count, sizeof *s->lines, by_number);
    for (size_t i = 0; i < s->line_count; i++) {
        if (s->w->in->json && i > 0)
            buf_byte(&s->out, ',');
        buf_text(&s->out, s->lines[i].text);
    }
    return 0;
}

/* ----------------------------------------------------------------- and now */
static void not_now(struct story *s, const char *why, const char *hint)
{
    buf_printf(&s->out, "now               cannot be told: %s\n", why);
    if (hint && *hint)
        buf_printf(&s->out, "                    %s\n", hint);
}

/* What a flow that cannot read its systems says is told, and no failure: the
 * past stands in the state alone. */
static void tell_flow(struct story *s, const struct flow *f, struct text key,
                      const struct ports *ports)
{
    struct error err = { 0 };
    struct buf b;
    buf_init(&b, 0);
    buf_printf(&b, "now               flow %.*s\n", TEXT_ARG(f->name));
    if (trace_record(&s->w->program, f, s->w->store, ports, key, TEXT_NONE,
                     s->w->now_ms, &b, &err)) {
        not_now(s, err.text, err.hint);
    } else {
        buf_text(&s->out, buf_view(&b));
        s->printed_now = true;
    }
    buf_fini(&b);
}

/* As the flows would decide today, read anew from the source. */
static void tell_now(struct story *s)
{
    struct error err = { 0 };
    if (s->w->program.diags.error_count > 0) {
        not_now(s, "the project has errors", "Run `mlc check`.");
        return;
    }
    if (work_open_systems(s->w, WORK_DRY, &err)) {
        not_now(s, err.text, err.hint);
        return;
    }
    struct ports ports = ports_of_transport(s->w->transport);
    transport_set_deadline(s->w->transport, clock_now_ms() + NOW_PATIENCE_MS);
    for (const struct flow *f = s->w->program.flows; f; f = f->next) {
        struct text label = text_of(arena_printf(
            &s->w->arena, "%.*s.%.*s", TEXT_ARG(f->source_connection->name),
            TEXT_ARG(f->source->name)));
        for (size_t i = 0; i < s->name_count; i++)
            if (text_equal(label, s->names[i].object)
                && (i > 0 || candidates(s) == 0))
                tell_flow(s, f, s->names[i].key, &ports);
    }
}

static int unknown(struct story *s)
{
    struct error err = { 0 };
    error_set(&err, ERROR_USAGE, "nothing is known of %.*s:%.*s",
              TEXT_ARG(s->names[0].object), TEXT_ARG(s->names[0].key));
    error_hint(&err, "Write it as Connection.object:key, for example "
               "Rippling.employee:E1042; `mlc audit list` shows keys.");
    return command_fail(s->w->in, &err);
}

static int tell(struct story *s)
{
    struct error err = { 0 };
    bool json = s->w->in->json;
    if (resolve(s, &err))
        return command_fail(s->w->in, &err);
    if (candidates(s) > 1)
        return choose_one(s);
    if (json)
        buf_byte(&s->out, '[');
    if (tell_past(s, &err))
        return command_fail(s->w->in, &err);
    if (json)
        buf_str(&s->out, "]\n");
    if (s->out.len > 0)
        fwrite(s->out.ptr, 1, s->out.len, stdout);
    fflush(stdout); /* the systems may take their time */
    buf_reset(&s->out);
    if (!json)
        tell_now(s);
    if (s->out.len > 0)
        fwrite(s->out.ptr, 1, s->out.len, stdout);
    return s->line_count > 0 || s->printed_now ? EXIT_FINE : unknown(s);
}

int cmd_trace(const struct invocation *in)
{
    struct work w;
    struct text t = text_of(in->args[0]);
    size_t colon;
    if (!text_find(t, TEXT(":"), &colon))
        return usage_error(in, "say which record: mlc trace "
                           "Rippling.employee:E1042");
    int code = work_open(&w, in, WORK_CONNECTIONS | WORK_STATE);
    if (code == EXIT_FINE) {
        struct story s = { .w = &w };
        buf_init(&s.out, 0);
        add_name(&s, text_slice(t, 0, colon),
                 text_slice(t, colon + 1, t.len - colon - 1), true);
        code = tell(&s);
        mem_free(s.lines);
        buf_fini(&s.out);
    }
    work_close(&w);
    return code;
}
