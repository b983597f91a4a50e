/* One worker of a mapping: evaluates records and writes down what became of
 * them. */
#include "config.h"

#include "runtime/jsonwrite.h"
#include "runtime/mapping_work.h"

#include <string.h>

#define TOLD_MAX 20 /* lines shown when no file takes the held records */

static void answer_find(void *ctx, const struct find_site *site,
                        const struct value *keys, struct find_answer *out)
{
    struct worker *w = ctx;
    file_finds_answer(w->m->finds, &w->arena, site, keys, out);
}

int worker_open(struct worker *w, struct mapping *m, struct error *err)
{
    memset(w, 0, sizeof *w);
    w->m = m;
    arena_init(&w->plan_arena);
    arena_init(&w->arena);
    buf_init(&w->told, 0);
    buf_init(&w->image, 0);
    w->env.arena = &w->arena;
    w->env.now_us = m->options->now_us;
    w->env.ctx = w;
    w->env.find = answer_find;
    return record_plan_new(&w->plan_arena, compiled_source_shape(m->compiled),
                           &w->plan, err);
}

void worker_close(struct worker *w)
{
    arena_fini(&w->plan_arena);
    arena_fini(&w->arena);
    buf_fini(&w->told);
    buf_fini(&w->image);
}

/* ------------------------------------------------------------- held rows */
static void put_values(struct json_out *j, struct text values)
{
    json_key(j, "values");
    json_begin_object(j);
    while (values.len) {
        size_t lf, eq;
        struct text line = values;
        if (text_find(values, TEXT("\n"), &lf))
            line.len = lf;
        values = text_slice(values, line.len, values.len - line.len);
        if (values.len)
            values = text_slice(values, 1, values.len - 1);
        if (text_find(line, TEXT(" = "), &eq)) {
            json_key_text(j, text_slice(line, 0, eq));
            json_string(j, text_slice(line, eq + 3, line.len - eq - 3));
        }
    }
    json_end_object(j);
}

static void put_place(struct worker *w, struct json_out *j, struct span span)
{
    const struct source *source =
        sources_get(&w->m->program->sources, span.source);
    if (!span.source || !source)
        return;
    struct place at =
        sources_place(&w->m->program->sources, span.source, span.start);
    json_put_string(j, "file", text_of(source->path));
    json_put_int(j, "line", at.line);
}

static void put_reasons(struct worker *w, struct json_out *j,
                        const struct reason *reason)
{
    json_key(j, "reasons");
    json_begin_array(j);
    for (; reason; reason = reason->next) {
        json_begin_object(j);
        json_put_string(j, "outcome", text_of(verb_word(reason->verb)));
        json_put_string(j, "message", reason->message);
        put_place(w, j, reason->span);
        if (reason->values.len)
            put_values(j, reason->values);
        json_end_object(j);
    }
    json_end_array(j);
}

static void put_raw(struct json_out *j, const struct record *source,
                    struct text raw)
{
    json_key(j, "record");
    if (raw.len && raw.ptr[0] == '{') {
        json_raw(j, raw);
    } else if (source) {
        struct buf b;
        buf_init(&b, 0);
        record_print_json(source, &b);
        json_raw(j, buf_view(&b));
        buf_fini(&b);
    } else {
        json_null(j);
    }
}

static const char *verdict_word(enum verdict v)
{
    switch (v) {
    case VERDICT_HOLD:
        return "hold";
    case VERDICT_REJECT:
        return "reject";
    case VERDICT_STOP:
        return "stop";
    case VERDICT_WRITE:
        return "warn";
    case VERDICT_SKIP:
    case VERDICT_LATER:
        break;
    }
    return "skip";
}

static void tell(struct worker *w, const char *word, uint64_t line,
                 struct text message)
{
    size_t lines = w->counts.held + w->counts.rejected + w->counts.warnings;
    if (lines > TOLD_MAX)
        return;
    buf_printf(&w->told, "%s  row %llu: ", word, (unsigned long long)line);
    buf_printable(&w->told, message);
    buf_byte(&w->told, '\n');
}

static void put_held(struct worker *w, const struct evaluated *e,
                     const struct reason *reasons,
                     const struct record *source, uint64_t line,
                     struct text raw)
{
    struct json_out j = json_out(w->held);
    const char *word = verdict_word(e->verdict);
    if (!w->m->wants_held) {
        for (const struct reason *r = reasons; r; r = r->next)
            tell(w, word, line, r->message);
        return;
    }
    json_begin_object(&j);
    json_put_string(&j, "outcome", text_of(word));
    json_put_int(&j, "row", (int64_t)line);
    put_reasons(w, &j, reasons);
    if (e->lookups.len)
        json_put_string(&j, "lookups", e->lookups);
    put_raw(&j, source, raw);
    json_end_object(&j);
    buf_byte(w->held, '\n');
}

void worker_reject(struct worker *w, uint64_t line,
                   const struct record_fault *fault)
{
    struct json_out j = json_out(w->held);
    size_t bad;
    w->counts.read++;
    w->counts.rejected++;
    if (!w->m->wants_held) {
        tell(w, "reject", line, text_of(fault->text));
        return;
    }
    json_begin_object(&j);
    json_put_string(&j, "outcome", TEXT("reject"));
    json_put_int(&j, "row", (int64_t)line);
    json_key(&j, "reasons");
    json_begin_array(&j);
    json_begin_object(&j);
    json_put_string(&j, "outcome", TEXT("reject"));
    json_put_string(&j, "message", text_of(fault->text));
    json_end_object(&j);
    json_end_array(&j);
    if (fault->raw.len && utf8_valid(fault->raw, &bad))
        json_put_string(&j, "raw", fault->raw);
    json_end_object(&j);
    buf_byte(w->held, '\n');
}

/* ------------------------------------------------------------- verdicts */
static void stop(struct worker *w, const struct evaluated *e)
{
    struct text why = TEXT("a `stop` fired");
    for (const struct reason *r = e->reasons; r; r = r->next)
        if (r->verb == VERB_STOP)
            why = r->message;
    w->stopped = true;
    error_set(&w->err, ERROR_GUARD, "the flow stopped: %.*s", TEXT_ARG(why));
}

static void write_target(struct worker *w, const struct evaluated *e,
                         const struct record *source, uint64_t line,
                         struct text raw)
{
    w->counts.written++;
    if (row_writer_put(&w->writer, e->target, w->out, &w->err) != 0)
        w->stopped = true;
    if (!e->warnings)
        return;
    for (const struct reason *r = e->warnings; r; r = r->next)
        w->counts.warnings++;
    put_held(w, e, e->warnings, source, line, raw);
}

void worker_settle(struct worker *w, const struct evaluated *e,
                   const struct record *source, uint64_t line,
                   struct text raw)
{
    switch (e->verdict) {
    case VERDICT_WRITE:
        write_target(w, e, source, line, raw);
        return;
    case VERDICT_SKIP:
        w->counts.skipped++;
        return;
    case VERDICT_REJECT:
        w->counts.rejected++;
        break;
    case VERDICT_STOP:
        stop(w, e);
        w->counts.held++;
        break;
    case VERDICT_HOLD:
    case VERDICT_LATER:
        w->counts.held++;
        break;
    }
    put_held(w, e, e->reasons, source, line, raw);
}

/* Each element of `for each` is a record of its own in the counts. */
int worker_take(struct worker *w, const struct eval_input *input,
                uint64_t line, struct text raw)
{
    const struct compiled *c = w->m->compiled;
    struct eval_input one = *input;
    struct evaluated e;
    size_t elements =
        w->m->flow->each ? flow_elements(c, &w->env, input->source) : 1;
    if (elements == 0) {
        w->counts.read++;
        w->counts.skipped++;
    }
    for (size_t i = 0; i < elements && !w->stopped; i++) {
        one.element = i;
        w->counts.read++;
        flow_evaluate(c, &w->env, &one, &e);
        worker_settle(w, &e, input->source, line, raw);
    }
    return w->stopped ? -1 : 0;
}

/* ------------------------------------------------------------- groups */
int worker_group(struct worker *w, const struct record *record, uint64_t line,
                 struct text raw,
                 int (*put)(void *ctx, struct text key, uint64_t line,
                            uint32_t element, struct text image),
                 void *ctx)
{
    const struct compiled *c = w->m->compiled;
    size_t elements =
        w->m->flow->each ? flow_elements(c, &w->env, record) : 1;
    buf_reset(&w->image);
    record_pack(record, &w->image);
    for (size_t i = 0; i < elements; i++) {
        struct eval_input input = { .source = record, .element = i };
        struct evaluated e;
        struct text key;
        bool scope;
        if (flow_group_key(c, &w->env, &input, &scope, &key, &e) != 0) {
            w->counts.read++;
            worker_settle(w, &e, record, line, raw);
        } else if (!scope) {
            w->counts.read++;
            w->counts.skipped++;
        } else if (put(ctx, key, line, (uint32_t)i, buf_view(&w->image))) {
            return -1;
        }
    }
    return 0;
}

int worker_take_group(struct worker *w, const struct group_member *members,
                      size_t count)
{
    const struct shape *shape = compiled_source_shape(w->m->compiled);
    struct evaluated e;
    arena_reset(&w->arena);
    const struct record **records =
        arena_alloc(&w->arena, count * sizeof(struct record *));
    size_t *elements = arena_alloc(&w->arena, count * sizeof *elements);
    for (size_t i = 0; i < count; i++) {
        records[i] = record_unpack(&w->arena, shape, members[i].image);
        elements[i] = members[i].element;
        if (!records[i])
            return error_set(&w->err, ERROR_STORE,
                             "a temporary file was damaged");
    }
    struct eval_input input = { records[0], elements[0], records, elements,
                                count };
    w->counts.read++;
    flow_evaluate(w->m->compiled, &w->env, &input, &e);
    worker_settle(w, &e, records[0], members[0].line, TEXT_NONE);
    return w->stopped ? -1 : 0;
}

/* ------------------------------------------------------------- rows */
int worker_take_rows(struct worker *w, struct rows *rows,
                     int (*put)(void *ctx, struct text key, uint64_t line,
                                uint32_t element, struct text image),
                     void *ctx, int (*row_done)(void *ctx), struct error *err)
{
    struct record_fault fault;
    struct record *record;
    for (;;) {
        arena_reset(&w->arena);
        enum record_status status =
            rows_next(rows, &w->arena, &record, &fault);
        if (status == RECORD_END)
            return 0;
        if (status == RECORD_BROKEN)
            return error_set(err, ERROR_INPUT, "%s, line %llu: %.400s",
                             rows->in.name, (unsigned long long)rows->line,
                             fault.text);
        int result = 0;
        if (status == RECORD_BAD) {
            worker_reject(w, rows->row, &fault);
        } else if (put) {
            result = worker_group(w, record, rows->row, fault.raw, put, ctx);
        } else {
            struct eval_input input = { .source = record };
            result = worker_take(w, &input, rows->row, fault.raw);
        }
        if (result != 0 || (row_done && row_done(ctx) != 0))
            return -1;
    }
}
