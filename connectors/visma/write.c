/* Visma.net: creates and updates. A created record never comes back; its key
 * is the last part of Location. Line elements carry a bare `operation`. */
#include "config.h"
#include "connectors/visma/visma.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"
#include "runtime/record.h"

#include <string.h>

/* ---------------------------------------------------------------- clearing */
static int empty_cleared(struct record *record, struct error *err);

/* An empty text clears; what a null does is not documented anywhere. */
static int empty_value(const struct field *field, struct value *v,
                       struct error *err)
{
    enum type_kind kind = field->type->kind;
    int result = 0;
    if (v->tag == VALUE_CLEAR) {
        if (kind != TYPE_TEXT && kind != TYPE_ID)
            return error_set(err, ERROR_INPUT,
                             "`%.*s` cannot be emptied in Visma.net: only "
                             "texts can",
                             TEXT_ARG(field->name));
        *v = value_text(TEXT(""));
    } else if (v->tag == VALUE_RECORD) {
        result = empty_cleared(v->record, err);
    }
    return result;
}

static int empty_cleared(struct record *record, struct error *err)
{
    for (size_t i = 0; i < record->shape->count; i++)
        if (empty_value(record->shape->fields[i].field, &record->slots[i],
                        err) != 0)
            return -1;
    return 0;
}

/* ------------------------------------------------------------------- lines */
/* Lists whose elements carry an operation. */
static const char *const lists[] = {
    "invoiceLines", "lines", "journalTransactionLines", "tasks", "employees",
    "companyTreeInfo",
};

static bool is_lines(struct text name)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (text_is(name, lists[i]))
            return true;
    return false;
}

static void add_lines(struct text lines, struct buf *out)
{
    struct json_items it = json_items(lines);
    bool first = true;
    buf_byte(out, '[');
    while (json_next(&it)) {
        struct text inner = text_slice(it.value, 1, it.value.len - 1);
        buf_str(out, first ? "" : ",");
        buf_str(out, "{\"operation\":\"Insert\"");
        if (inner.len > 1)
            buf_byte(out, ',');
        buf_text(out, inner);
        first = false;
    }
    buf_byte(out, ']');
}

static void add_operations(struct text record, struct buf *out)
{
    struct json_items it = json_items(record);
    bool first = true;
    buf_byte(out, '{');
    while (json_next(&it)) {
        buf_str(out, first ? "\"" : ",\"");
        buf_text(out, it.name);
        buf_str(out, "\":");
        if (is_lines(it.name))
            add_lines(it.value, out);
        else
            buf_text(out, it.value);
        first = false;
    }
    buf_byte(out, '}');
}

static bool sends_lines(struct text record)
{
    struct json_items it = json_items(record);
    while (json_next(&it))
        if (is_lines(it.name))
            return true;
    return false;
}

/* ---------------------------------------------------------- segment values */
static bool outside_key(void *ctx, const struct field *field)
{
    (void)ctx;
    return !field->read_only && !text_is(field->name, "segmentId") &&
           !text_is(field->name, "value");
}

/* "1/ALPHA" of a new value. */
static void new_segment_key(const struct record *record, struct buf *out)
{
    const struct value *segment = record_get(record, TEXT("segmentId"));
    const struct value *value = record_get(record, TEXT("value"));
    if (!segment || !value)
        return;
    value_print(segment, out);
    buf_byte(out, '/');
    value_print(value, out);
}

/* The segment and the value, of the record or of the id it has. */
static void segment_key(const struct write_item *item, struct arena *arena,
                        struct text *segment, struct text *value)
{
    struct buf b;
    struct text id = item->target_id;
    size_t slash;
    buf_init(&b, 4096);
    if (item->op == WRITE_CREATE) {
        new_segment_key(item->record, &b);
        id = buf_dup(arena, &b);
    }
    if (!text_find(id, TEXT("/"), &slash))
        slash = 0;
    *segment = text_slice(id, 0, slash);
    *value = slash ? text_slice(id, slash + 1, id.len - slash - 1) : id;
    buf_fini(&b);
}

/* A segment takes its values by a PUT on itself. The misspelt name is the
 * vendor's. */
static int segment_body(const struct write_item *item,
                        const struct record *record, struct arena *arena,
                        struct buf *path, struct buf *body, struct error *err)
{
    struct text segment, value;
    struct buf rest;
    int result;
    segment_key(item, arena, &segment, &value);
    buf_init(&rest, 0);
    result = record_encode(record, outside_key, NULL, &rest, err);
    buf_byte(path, '/');
    buf_text(path, segment);
    buf_printf(body,
               "{\"dimensionId\":\"SUBACCOUNT\",\"segementId\":%.*s,"
               "\"segmentValues\":[{\"operation\":\"%s\",\"value\":",
               TEXT_ARG(segment),
               item->op == WRITE_CREATE ? "Insert" : "Update");
    json_write_string(body, value);
    if (rest.len > 2)
        buf_byte(body, ',');
    if (result == 0)
        buf_text(body, text_slice(buf_view(&rest), 1, rest.len - 1));
    buf_str(body, "]}");
    buf_fini(&rest);
    return result;
}

/* ----------------------------------------------------------------- requests */
static bool is_segment(const struct write_spec *spec)
{
    return object_fact(spec->object, "segments") != NULL;
}

static int record_body(const struct write_spec *spec,
                       const struct record *changed, struct arena *arena,
                       struct buf *path, struct buf *body, struct error *err)
{
    const struct write_item *item = &spec->items[0];
    bool create = item->op == WRITE_CREATE;
    struct buf record;
    int result;
    buf_init(&record, 0);
    if (create)
        buf_text(path, spec->object->path);
    else
        visma_item_path(spec->object, item->target_id, arena, path);
    result = record_encode(changed, create ? field_on_create : field_on_update, NULL,
                           &record, err);
    if (result == 0 && !create && sends_lines(buf_view(&record)))
        result = error_set(err, ERROR_INPUT,
                           "Visma.net lines can only be sent with a new "
                           "document; an update would add them once more");
    if (result == 0)
        add_operations(buf_view(&record), body);
    buf_fini(&record);
    return result;
}

int visma_write_request(const struct connection_info *c,
                        const struct write_spec *spec, struct arena *arena,
                        struct request *out, struct error *err)
{
    const struct write_item *item = &spec->items[0];
    bool put = item->op == WRITE_UPDATE || is_segment(spec);
    bool guarded = item->op == WRITE_UPDATE && item->version.len > 0 &&
                   text_is(c->setting(c, "if_match"), "yes");
    struct record *changed = record_dup(arena, item->record);
    struct buf path, body;
    int result = empty_cleared(changed, err);
    buf_init(&path, 4096);
    buf_init(&body, 0);
    if (result == 0 && is_segment(spec)) {
        buf_text(&path, spec->object->path);
        result = segment_body(item, changed, arena, &path, &body, err);
    } else if (result == 0) {
        result = record_body(spec, changed, arena, &path, &body, err);
    }
    *out = (struct request){
        .method = put ? "PUT" : "POST",
        .path = buf_dup(arena, &path),
        .body = buf_dup(arena, &body),
        .content_type = "application/json",
        .endpoint = text_cstr(arena, spec->object->path),
        .writes = true,
        .safe_to_repeat = item->op == WRITE_UPDATE && !guarded,
    };
    request_header(arena, out, "Accept", TEXT("application/json"));
    if (guarded)
        request_header(arena, out, "If-Match",
                       text_of(arena_printf(arena, "\"%.*s\"",
                                            TEXT_ARG(item->version))));
    buf_fini(&path);
    buf_fini(&body);
    return result;
}

/* ------------------------------------------------------------------ answers */
static struct text plain_part(struct text part, struct arena *arena)
{
    struct text bytes;
    if (text_starts(part, TEXT("b64(")) && text_ends(part, TEXT(")")) &&
        crypto_unbase64url(arena, text_slice(part, 4, part.len - 5), &bytes))
        return bytes;
    return uri_form_value(
        arena, text_of(arena_printf(arena, "k=%.*s", TEXT_ARG(part))), "k");
}

/* The last parts of Location, as many as the key has, with b64(…) undone. */
static struct text key_of_location(struct text location, size_t parts,
                                   struct arena *arena)
{
    struct text key = TEXT_NONE;
    size_t end;
    if (text_find(location, TEXT("?"), &end))
        location.len = end;
    while (parts-- > 0) {
        while (location.len > 0 && location.ptr[location.len - 1] == '/')
            location.len--;
        size_t start = location.len;
        while (start > 0 && location.ptr[start - 1] != '/')
            start--;
        struct text part = plain_part(
            text_slice(location, start, location.len - start), arena);
        key = key.len == 0 ? part
                           : text_of(arena_printf(arena, "%.*s/%.*s",
                                                  TEXT_ARG(part),
                                                  TEXT_ARG(key)));
        location.len = start;
    }
    return key;
}

static struct text unquoted(struct text etag)
{
    if (text_starts(etag, TEXT("W/")))
        etag = text_slice(etag, 2, etag.len - 2);
    if (etag.len >= 2 && etag.ptr[0] == '"')
        etag = text_slice(etag, 1, etag.len - 2);
    return etag;
}

void visma_write_answer(const struct connection_info *c,
                        const struct write_spec *spec,
                        const struct response *response, struct arena *arena,
                        struct write_result *results)
{
    const struct write_item *item = &spec->items[0];
    (void)c;
    results[0] = (struct write_result){ 0 };
    if (visma_classify(response,
                       item->op == WRITE_CREATE ? VISMA_CREATE
                       : is_segment(spec)       ? VISMA_SEGMENT
                                                : VISMA_UPDATE,
                       arena, &results[0].answer))
        return;
    results[0].version = unquoted(response_header(response, "ETag"));
    if (item->op == WRITE_UPDATE) {
        results[0].target_id = item->target_id;
        return;
    }
    if (is_segment(spec)) {
        struct buf key;
        buf_init(&key, 4096);
        new_segment_key(item->record, &key);
        results[0].target_id = buf_dup(arena, &key);
        buf_fini(&key);
        return;
    }
    results[0].target_id =
        key_of_location(response_header(response, "Location"),
                        spec->object->key_count, arena);
    if (results[0].target_id.len == 0) {
        results[0].answer.kind = ANSWER_FAILED;
        results[0].answer.reason =
            TEXT("Visma.net accepted the record but did not say its key");
    }
}
