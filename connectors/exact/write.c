/* Exact Online: creates and updates. A create carries the record with its
 * lines; an update only what the flow owns. */
#include "config.h"
#include "connectors/exact/exact.h"
#include "runtime/jsonread.h"
#include "runtime/record.h"

#include <string.h>

int exact_write_request(const struct connection_info *c,
                        const struct write_spec *spec, struct arena *arena,
                        struct request *out, struct error *err)
{
    const struct write_item *item = &spec->items[0];
    bool create = item->op == WRITE_CREATE;
    struct buf path, body;
    int result;
    buf_init(&path, 8192);
    buf_init(&body, (size_t)10 << 20); /* the vendor's ceiling for a body */
    exact_add_root(c, spec->object, &path);
    buf_text(&path, spec->object->path);
    if (!create) {
        buf_byte(&path, '(');
        exact_key_literal(spec->object, item->target_id, &path);
        buf_byte(&path, ')');
    }
    result = record_encode(item->record, create ? field_on_create : field_on_update,
                                NULL, &body, err);
    if (result == 0 && body.full)
        result = error_set(err, ERROR_INPUT,
                           "the record is larger than the 10 MB Exact takes");
    *out = (struct request){
        .method = create ? "POST" : "PUT",
        .path = buf_dup(arena, &path),
        .body = buf_dup(arena, &body),
        .content_type = "application/json",
        .endpoint = text_cstr(arena, spec->object->path),
        .writes = true,
        .safe_to_repeat = !create,
    };
    exact_headers(arena, out);
    if (create)
        request_header(arena, out, "Prefer", TEXT("return=representation"));
    buf_fini(&path);
    buf_fini(&body);
    return result;
}

/* The guid between the last quotes of ".../Resource(guid'…')". */
static struct text id_of_address(struct text address)
{
    size_t end = address.len, start;
    while (end > 0 && address.ptr[end - 1] != '\'')
        end--;
    if (end == 0)
        return TEXT_NONE;
    start = --end;
    while (start > 0 && address.ptr[start - 1] != '\'')
        start--;
    return text_slice(address, start, end - start);
}

/* What was created: told by its key, or, in a body that holds little, by its
 * address. */
static struct text created_id(const struct object *object,
                              const struct response *response,
                              struct arena *arena, struct text *row)
{
    static const char *const places[] = { "d", "d.results.0", "d.0" };
    const char *key = text_cstr(arena, object->keys[0]);
    struct text id;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        *row = json_get(response->body, places[i]);
        if ((id = json_get_text(arena, *row, key)).len > 0)
            return id;
    }
    *row = TEXT_NONE;
    id = id_of_address(json_get_text(arena, response->body,
                                     "d.__metadata.uri"));
    return id.len > 0 ? id
                      : id_of_address(response_header(response, "Location"));
}

void exact_write_answer(const struct connection_info *c,
                        const struct write_spec *spec,
                        const struct response *response, struct arena *arena,
                        struct write_result *results)
{
    const struct write_item *item = &spec->items[0];
    results[0] = (struct write_result){ 0 };
    if (exact_classify(response, true, arena, &results[0].answer) ||
        exact_is_other_company(c, response, arena, &results[0].answer))
        return;
    if (item->op == WRITE_UPDATE) {
        results[0].target_id = item->target_id;
        return;
    }
    results[0].target_id = created_id(spec->object, response, arena,
                                      &results[0].row);
    if (results[0].target_id.len == 0) {
        results[0].answer.kind = ANSWER_FAILED; /* no id: nobody knows */
        results[0].answer.reason =
            TEXT("Exact accepted the record but gave no id for it");
    }
}
