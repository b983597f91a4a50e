/* Reasons of holds: from an evaluation or an answer into JSON, and back. */
#include "config.h"

#include "runtime/holds.h"

#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"
#include "runtime/mirror.h"

static struct text site_fields(struct arena *arena,
                               const struct find_site *site)
{
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < site->key_count; i++) {
        if (i > 0)
            buf_byte(&b, ',');
        buf_text(&b, site->keys[i]->name);
    }
    struct text t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

static void await_json(struct arena *arena, const struct reason *r,
                       struct json_out *w)
{
    if (r->awaits && r->awaited_key.len > 0) {
        json_put_string(w, "object",
                        object_label(arena, r->awaits->connection->name,
                                     r->awaits->object));
        json_put_string(w, "field", site_fields(arena, r->awaits));
        json_put_string(w, "key", r->awaited_key);
    }
    if (r->awaited_table.len > 0)
        json_put_string(w, "table", r->awaited_table);
}

struct text reasons_json(struct arena *arena, const struct program *program,
                         const struct reason *reasons)
{
    struct buf b;
    buf_init(&b, 0);
    struct json_out w = json_out(&b);
    json_begin_array(&w);
    for (const struct reason *r = reasons; r; r = r->next) {
        const struct source *file = NULL;
        if (r->span.source > 0)
            file = sources_get(&program->sources, r->span.source);
        json_begin_object(&w);
        json_put_string(&w, "verb", text_of(verb_word(r->verb)));
        json_put_string(&w, "message", r->message);
        if (file) {
            struct place at = sources_place(&program->sources, r->span.source,
                                            r->span.start);
            json_put_string(&w, "file", text_of(file->path));
            json_put_int(&w, "line", at.line);
        }
        json_put_string(&w, "values", r->values);
        await_json(arena, r, &w);
        if (r->failure)
            json_put_bool(&w, "failure", true);
        json_end_object(&w);
    }
    json_end_array(&w);
    struct text t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

/* The sentence as the flow has it, its holes unfilled: what 43 records held
 * for the same thing have in common. */
static struct text sentence_of(const struct program *program,
                               const struct reason *r)
{
    if (r->failure || r->span.source == 0)
        return r->message;
    struct text t = span_text(&program->sources, r->span);
    size_t end = t.len;
    while (end > 0 && t.ptr[end - 1] != '"')
        end--;
    if (end < 2)
        return r->message;
    size_t start = end - 1;
    while (start > 0 && t.ptr[start - 1] != '"')
        start--;
    return start > 0 ? text_slice(t, start, end - 1 - start) : r->message;
}

void held_of_reasons(struct arena *arena, const struct program *program,
                     const struct reason *reasons, struct held *out)
{
    *out = (struct held){ 0 };
    out->reasons = reasons_json(arena, program, reasons);
    if (!reasons)
        return;
    out->message = reasons->message;
    out->group = sentence_of(program, reasons);
    if (reasons->span.source > 0)
        out->line = sources_place(&program->sources, reasons->span.source,
                                  reasons->span.start).line;
    held_read_awaits(arena, out->reasons, out);
}

void held_of_message(struct arena *arena, struct text message,
                     struct text group, struct text values, struct held *out)
{
    struct reason one = { .verb = VERB_HOLD, .message = message,
                          .values = values };
    *out = (struct held){ .message = message, .group = group };
    out->reasons = reasons_json(arena, NULL, &one);
}

void held_read_awaits(struct arena *arena, struct text reasons,
                      struct held *out)
{
    struct json_items it = json_items(reasons);
    out->await_count = 0;
    while (json_next(&it) && out->await_count < AWAITS_MAX) {
        struct hold_await a = { json_get_text(arena, it.value, "object"),
                                json_get_text(arena, it.value, "field"),
                                json_get_text(arena, it.value, "key") };
        if (a.key.len > 0)
            out->awaits[out->await_count++] = a;
    }
}

void reasons_text(struct text reasons, const char *indent, struct buf *out)
{
    struct arena arena;
    struct json_items it = json_items(reasons);
    arena_init(&arena);
    while (json_next(&it)) {
        struct text file = json_get_text(&arena, it.value, "file");
        struct text values = json_get_text(&arena, it.value, "values");
        int64_t line = 0;
        buf_str(out, indent);
        buf_printable(out, json_get_text(&arena, it.value, "message"));
        if (json_get_int64(it.value, "line", &line) && line > 0)
            buf_printf(out, "   %.*s:%lld", TEXT_ARG(file), (long long)line);
        buf_byte(out, '\n');
        while (values.len > 0) {
            size_t at = values.len;
            text_find(values, TEXT("\n"), &at);
            buf_str(out, indent);
            buf_str(out, "    ");
            buf_printable(out, text_slice(values, 0, at));
            buf_byte(out, '\n');
            values = at < values.len
                         ? text_slice(values, at + 1, values.len - at - 1)
                         : TEXT_NONE;
        }
    }
    arena_fini(&arena);
}
