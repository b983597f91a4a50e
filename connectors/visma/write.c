/* Visma.net: creates and updates. A created record never comes back; its key
 * is the last part of Location. Line elements carry a bare `operation`. */
#include "config.h"
#include "connectors/visma/visma.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"

#include <string.h>

static bool on_create(void *ctx, const struct field *field)
{
    (void)ctx;
    return !field->read_only;
}

static bool on_update(void *ctx, const struct field *field)
{
    (void)ctx;
    return !field->read_only && !field->create_only;
}

/* Which members are document lines that need an operation. */
static bool is_lines(struct text name)
{
    return text_is(name, "invoiceLines") || text_is(name, "lines") ||
           text_is(name, "journalTransactionLines");
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

int visma_write_request(const struct connection_info *c,
                        const struct write_spec *spec, struct arena *arena,
                        struct request *out, struct error *err)
{
    const struct write_item *item = &spec->items[0];
    bool create = item->op == WRITE_CREATE;
    struct buf path, record, body;
    int result;
    (void)c;
    buf_init(&path, 4096);
    buf_init(&record, 0);
    buf_init(&body, 0);
    if (create)
        buf_text(&path, spec->object->path);
    else
        visma_item_path(spec->object, item->target_id, arena, &path);
    result = record_encode(item->record, create ? on_create : on_update,
                                NULL, &record, err);
    if (result == 0 && !create && sends_lines(buf_view(&record)))
        result = error_set(err, ERROR_INPUT,
                           "Visma.net lines can only be sent with a new "
                           "document; an update would add them once more");
    if (result == 0)
        add_operations(buf_view(&record), &body);
    *out = (struct request){
        .method = create ? "POST" : "PUT",
        .path = buf_dup(arena, &path),
        .body = buf_dup(arena, &body),
        .content_type = "application/json",
        .endpoint = text_cstr(arena, spec->object->path),
        .writes = true,
        .safe_to_repeat = !create,
    };
    request_header(arena, out, "Accept", TEXT("application/json"));
    if (!create && item->version.len > 0)
        request_header(arena, out, "If-Match",
                       text_of(arena_printf(arena, "\"%.*s\"",
                                            TEXT_ARG(item->version))));
    buf_fini(&path);
    buf_fini(&record);
    buf_fini(&body);
    return result;
}

/* Last part of Location, b64(…) undone. */
static struct text key_of_location(struct text location, struct arena *arena)
{
    size_t end = location.len;
    struct text part, bytes;
    for (size_t i = 0; i < location.len; i++)
        if (location.ptr[i] == '?') {
            end = i;
            break;
        }
    while (end > 0 && location.ptr[end - 1] == '/')
        end--;
    part = text_slice(location, 0, end);
    for (size_t i = end; i-- > 0;)
        if (part.ptr[i] == '/') {
            part = text_slice(part, i + 1, end - i - 1);
            break;
        }
    if (text_starts(part, TEXT("b64(")) && text_ends(part, TEXT(")")) &&
        crypto_unbase64url(arena, text_slice(part, 4, part.len - 5), &bytes))
        return bytes;
    part = uri_form_value(
        arena, text_of(arena_printf(arena, "k=%.*s", TEXT_ARG(part))), "k");
    return part;
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
    if (visma_classify(response, true, arena, &results[0].answer))
        return;
    results[0].version = unquoted(response_header(response, "ETag"));
    if (item->op == WRITE_UPDATE) {
        results[0].target_id = item->target_id;
        return;
    }
    results[0].target_id =
        key_of_location(response_header(response, "Location"), arena);
    if (results[0].target_id.len == 0) {
        results[0].answer.kind = ANSWER_FAILED;
        results[0].answer.reason =
            TEXT("Visma.net accepted the record but did not say its key");
    }
}
