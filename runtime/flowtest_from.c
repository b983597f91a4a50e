/* Writes tests from kept records. */
#include "config.h"

#include "runtime/flowtest_from.h"

#include "runtime/eval.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"

#include <string.h>

static void put_quoted(struct text t, struct buf *out)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.ptr[i];
        if (c == '"' || c == '\\')
            buf_byte(out, '\\');
        if (c == '{' || c == '}')
            buf_printf(out, "\\%c", c);
        else if (c < ' ' || c == 0x7F)
            buf_printf(out, "\\u{%X}", c);
        else
            buf_byte(out, (char)c);
    }
    buf_byte(out, '"');
}

static void put_record(const struct record *r, bool masked, struct buf *out);

/* A value of the same kind that tells nothing of a person. */
static void put_mask(const struct value *v, struct buf *out)
{
    switch ((int)v->tag) {
    case VALUE_NUMBER: buf_str(out, "1"); break;
    case VALUE_MONEY: buf_str(out, "1.00 EUR"); break;
    case VALUE_DATE: buf_str(out, "2000-01-01"); break;
    case VALUE_DATETIME: buf_str(out, "\"2000-01-01T00:00:00Z\""); break;
    case VALUE_YESNO: buf_str(out, "no"); break;
    case VALUE_RECORD: put_record(v->record, true, out); break;
    case VALUE_LIST: buf_str(out, "[]"); break;
    default: buf_str(out, "\"masked\""); break;
    }
}


static void put_value(const struct value *v, struct buf *out)
{
    switch ((int)v->tag) {
    case VALUE_TEXT:
        put_quoted((struct text){ v->ptr, v->len }, out);
        break;
    case VALUE_DATETIME:
        buf_byte(out, '"');
        value_print(v, out);
        buf_byte(out, '"');
        break;
    case VALUE_RECORD:
        put_record(v->record, false, out);
        break;
    case VALUE_LIST:
        buf_byte(out, '[');
        for (size_t i = 0; i < v->list->count; i++) {
            buf_str(out, i ? ", " : " ");
            put_value(&v->list->items[i], out);
        }
        buf_str(out, v->list->count ? " ]" : "]");
        break;
    default:
        value_print(v, out);
    }
}

static bool is_plain_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
              (i && c >= '0' && c <= '9')))
            return false;
    }
    return t.len > 0;
}

static void put_record(const struct record *r, bool masked, struct buf *out)
{
    const char *between = "{ ";
    for (size_t i = 0; i < r->shape->count; i++) {
        const struct field *f = r->shape->fields[i].field;
        const struct value *v = &r->slots[i];
        if (!value_is_present(v))
            continue;
        buf_str(out, between);
        buf_printf(out, is_plain_name(f->name) ? "%.*s: " : "`%.*s`: ",
                   TEXT_ARG(f->name));
        if (f->sensitive || masked)
            put_mask(v, out);
        else
            put_value(v, out);
        between = ", ";
    }
    buf_str(out, *between == '{' ? "{}" : " }");
}

static void put_reasons(struct text reasons, struct arena *arena,
                        struct buf *out)
{
    struct json_items it = json_items(reasons);
    while (json_next(&it)) {
        buf_str(out, "  expect ");
        buf_text(out, json_get_text(arena, it.value, "verb"));
        buf_byte(out, ' ');
        put_quoted(json_get_text(arena, it.value, "message"), out);
        buf_byte(out, '\n');
    }
}

static void put_finds(const struct compiled *c, struct buf *out)
{
    size_t count = 0;
    const struct find_site *sites = compiled_finds(c, &count);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "  // `find %.*s` looks in %.*s.%.*s: give the row it "
                   "should find\n", TEXT_ARG(sites[i].name),
                   TEXT_ARG(sites[i].connection->name),
                   TEXT_ARG(sites[i].object->name));
}

static void put_test(const struct flow *flow, const struct compiled *c,
                     const struct flowtest_kept *kept,
                     const struct record *record, struct arena *arena,
                     struct buf *out)
{
    buf_printf(out, "test ");
    put_quoted(text_of(arena_printf(arena, "%.*s %.*s", TEXT_ARG(flow->name),
                                    TEXT_ARG(kept->key))), out);
    buf_printf(out, " {\n  given %.*s.%.*s ",
               TEXT_ARG(flow->source_connection->name),
               TEXT_ARG(flow->source->name));
    put_record(record, false, out);
    buf_byte(out, '\n');
    put_finds(c, out);
    if (kept->reasons.len)
        put_reasons(kept->reasons, arena, out);
    else if (flow->target)
        buf_printf(out, "  expect %.*s.%.*s { }  // the fields that matter\n",
                   TEXT_ARG(flow->target_connection->name),
                   TEXT_ARG(flow->target->name));
    buf_str(out, "}\n");
}

int flowtest_from(const struct program *program, const struct flow *flow,
                  const struct flowtest_kept *kept, struct buf *out,
                  struct error *err)
{
    struct arena arena;
    struct compiled *compiled;
    struct record_plan *plan;
    struct record *record;
    struct record_fault fault;
    struct text raw = kept->record;
    int rc = -1;
    arena_init(&arena);
    if (json_kind(raw) == JSON_ARRAY) { /* a group: its first member */
        struct json_items it = json_items(raw);
        raw = json_next(&it) ? it.value : TEXT_NONE;
    }
    if (flow_compile(program, flow, &arena, &compiled, err) == 0 &&
        record_plan_new(&arena, compiled_source_shape(compiled), &plan,
                        err) == 0) {
        if (record_parse(plan, raw, &arena, &record, &fault) == RECORD_READ) {
            put_test(flow, compiled, kept, record, &arena, out);
            rc = 0;
        } else {
            error_set(err, ERROR_INPUT, "the kept record cannot be read: %s",
                      fault.text);
        }
    }
    arena_fini(&arena);
    return rc;
}
