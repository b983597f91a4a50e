/* Rippling: creates and updates, one record a call. No idempotency key is
 * known, so a create is never sent twice blindly. */
#include "config.h"
#include "connectors/rippling/rippling.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"

#include <string.h>

#define STATUS_STEP "status"

static bool is_set(const struct record *r, size_t i)
{
    return r->slots[i].tag != VALUE_LEAVE && r->slots[i].tag != VALUE_MISSING;
}

/* The status of a leave request is only taken alone: its other fields go
 * first, in a call of their own. */
static bool takes_two_calls(const struct object *object,
                            const struct write_item *item)
{
    const struct record *r = item->record;
    bool status = false, others = false;
    if (item->op != WRITE_UPDATE || !text_is(object->name, "leave_request"))
        return false;
    for (size_t i = 0; i < r->shape->count; i++) {
        const struct field *field = r->shape->fields[i].field;
        bool sent = is_set(r, i) && field_on_update(NULL, field);
        if (text_is(field->wire, "status"))
            status = sent;
        else
            others |= sent;
    }
    return status && others;
}

static bool only_status(void *ctx, const struct field *field)
{
    (void)ctx;
    return text_is(field->wire, "status");
}

static bool all_but_status(void *ctx, const struct field *field)
{
    return !text_is(field->wire, "status") && field_on_update(ctx, field);
}

static void add_path(const struct write_spec *spec, struct buf *path)
{
    const struct write_item *item = &spec->items[0];
    buf_text(path, spec->object->path);
    if (item->op == WRITE_CREATE)
        return;
    if (path->len == 0 || spec->object->path.ptr[spec->object->path.len - 1]
                              != '/')
        buf_byte(path, '/');
    uri_encode(path, item->target_id);
    if (!rippling_is_v1(spec->object))
        buf_byte(path, '/');
}

int rippling_write_request(const struct connection_info *c,
                           const struct write_spec *spec, struct arena *arena,
                           struct request *out, struct error *err)
{
    const struct write_item *item = &spec->items[0];
    bool create = item->op == WRITE_CREATE;
    bool two = takes_two_calls(spec->object, item);
    bool last = text_is(item->step, STATUS_STEP);
    struct buf path, body;
    if (memchr(spec->object->path.ptr, '{', spec->object->path.len)) {
        rippling_no_place(spec->object, err);
        return -1;
    }
    buf_init(&path, 4096);
    buf_init(&body, (size_t)8 << 20);
    add_path(spec, &path);
    int result = record_encode(item->record,
                               create ? field_on_create
                               : last ? only_status
                               : two  ? all_but_status
                                      : field_on_update,
                               NULL, &body, err);
    *out = (struct request){
        .method = create ? "POST" : "PATCH",
        .path = rippling_place(c, spec->object, buf_dup(arena, &path), arena),
        .body = buf_dup(arena, &body),
        .content_type = "application/json",
        .endpoint = text_cstr(arena, spec->object->path),
        .writes = true,
        .safe_to_repeat = !create,
        .unfinished = two && !last,
    };
    rippling_headers(c, arena, out);
    buf_fini(&path);
    buf_fini(&body);
    return result;
}

void rippling_write_answer(const struct connection_info *c,
                           const struct write_spec *spec,
                           const struct response *response, struct arena *arena,
                           struct write_result *results)
{
    static const char *const places[] = { "id", "data.id", "result.id",
                                          "results.0.id", "0.id" };
    const struct write_item *item = &spec->items[0];
    (void)c;
    results[0] = (struct write_result){ 0 };
    if (rippling_classify(response, true, arena, &results[0].answer))
        return;
    results[0].row = response->body;
    results[0].target_id = item->target_id;
    for (size_t i = 0; i < sizeof places / sizeof *places &&
                       item->op == WRITE_CREATE; i++)
        if ((results[0].target_id =
                 json_get_text(arena, response->body, places[i])).len > 0)
            break;
    if (results[0].target_id.len == 0) {
        results[0].answer.kind = ANSWER_FAILED;
        results[0].answer.reason =
            TEXT("Rippling accepted the record but gave no id for it");
    }
    if (takes_two_calls(spec->object, item) &&
        !text_is(item->step, STATUS_STEP))
        results[0].next = TEXT(STATUS_STEP);
}
