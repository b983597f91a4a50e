/* BILL: several records in one call. New bills are made all or none; of vendors
 * and classifications nobody says so, and after a refusal each is looked for
 * before it is sent again. Changes in bulk are known for classifications
 * alone. */
#include "config.h"
#include "connectors/bill/bill.h"
#include "lang/ast.h"
#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"
#include "runtime/record.h"

#include <string.h>

static bool is_classification(const struct object *object)
{
    return text_starts(object->path, TEXT("/v3/classifications/"));
}

/* "all": of an object whose new records are made all or none. */
static bool is_all_or_none(const struct object *object)
{
    const struct fact *f = object_fact(object, "bulk_makes");
    return f && text_is(f->value, "all");
}

int bill_batch(const struct object *object, enum write_op op, bool findable)
{
    const struct fact *most = object_fact(object, "bulk_max");
    int64_t n = 1;
    if (!most || (op == WRITE_UPDATE && !is_classification(object)) ||
        (op == WRITE_CREATE && !findable && !is_all_or_none(object)))
        return 1;
    json_int64(most->value, &n);
    return (int)n;
}

/* ----------------------------------------------------------------- request */
static int add_item(const struct write_item *item, struct buf *body,
                    struct error *err)
{
    bool create = item->op == WRITE_CREATE;
    struct buf one;
    int result;
    buf_init(&one, 0);
    result = record_encode(item->record,
                           create ? field_on_create : field_on_update, NULL,
                           &one, err);
    if (result == 0 && !create) {
        buf_str(body, "{\"id\":");
        json_write_string(body, item->target_id);
        buf_str(body, one.len > 2 ? "," : "");
        buf_text(body, text_slice(buf_view(&one), 1, one.len - 1));
    } else if (result == 0) {
        buf_text(body, buf_view(&one));
    }
    buf_fini(&one);
    return result;
}

int bill_bulk_request(const struct write_spec *spec, struct arena *arena,
                      struct request *out, struct error *err)
{
    bool create = spec->items[0].op == WRITE_CREATE;
    struct buf body;
    int result = 0;
    buf_init(&body, 0);
    buf_byte(&body, '[');
    for (size_t i = 0; i < spec->item_count && result == 0; i++) {
        if (i > 0)
            buf_byte(&body, ',');
        result = add_item(&spec->items[i], &body, err);
    }
    buf_byte(&body, ']');
    struct text path = text_of(
        arena_printf(arena, "%.*s/bulk", TEXT_ARG(spec->object->path)));
    bill_write_call(spec, create ? "POST" : "PATCH", path, &body, arena, out);
    buf_fini(&body);
    return result;
}

/* ------------------------------------------------------------------ answer */
/* A value as it was sent and as it came back. */
static bool is_same(struct text sent, struct text got, struct arena *arena)
{
    struct decimal a, b;
    if (json_kind(sent) == JSON_OBJECT)
        return bill_tells_of(sent, got, arena);
    if (json_kind(sent) == JSON_STRING)
        return text_equal(json_text(arena, sent), json_text(arena, got));
    if (json_kind(sent) == JSON_NUMBER)
        return json_decimal(sent, &a) && json_decimal(got, &b) &&
               decimal_compare(a, b) == 0;
    return true;
}

bool bill_tells_of(struct text sent, struct text got, struct arena *arena)
{
    struct json_items it = json_items(sent);
    while (json_next(&it))
        if (!is_same(it.value, json_get(got, text_cstr(arena, it.name)),
                     arena))
            return false;
    return true;
}

struct made {
    struct text *rows;
    bool *taken;
    size_t count;
};

static bool is_of(const struct write_item *item, struct text row,
                  struct arena *arena)
{
    struct error ignored = { 0 };
    struct buf sent;
    bool same;
    if (item->op == WRITE_UPDATE)
        return text_equal(json_get_text(arena, row, "id"), item->target_id);
    buf_init(&sent, 0);
    same = record_encode(item->record, field_on_create, NULL, &sent,
                         &ignored) == 0 &&
           bill_tells_of(buf_view(&sent), row, arena);
    buf_fini(&sent);
    return same;
}

/* The row made of item `n`: the one in its place, when that tells of it, else
 * any that does. */
static struct text row_of(const struct write_spec *spec, size_t n,
                          struct made *made, struct arena *arena)
{
    for (size_t k = 0; k < made->count; k++) {
        size_t i = (n + k) % made->count;
        if (made->taken[i] || !is_of(&spec->items[n], made->rows[i], arena))
            continue;
        made->taken[i] = true;
        return made->rows[i];
    }
    return TEXT_NONE;
}

static void collect(const struct write_spec *spec, struct text body,
                    struct arena *arena, struct made *made)
{
    const struct fact *member = object_fact(spec->object, "bulk_member");
    struct text list = text_trim(body);
    struct json_items it;
    if (member && json_kind(list) == JSON_OBJECT)
        list = json_get(list, text_cstr(arena, member->value));
    *made = (struct made){
        .rows = ARENA_ARRAY(arena, struct text, spec->item_count),
        .taken = ARENA_ARRAY(arena, bool, spec->item_count),
    };
    it = json_items(list);
    while (made->count < spec->item_count && json_next(&it)) {
        made->taken[made->count] = false;
        made->rows[made->count++] = it.value;
    }
}

static void refused(const struct write_spec *spec, const struct answer *answer,
                    struct write_result *results)
{
    for (size_t i = 0; i < spec->item_count; i++) {
        results[i].answer = *answer;
        results[i].whole = true;
        results[i].unsure = spec->items[i].op == WRITE_CREATE &&
                            !is_all_or_none(spec->object);
    }
}

void bill_bulk_answer(const struct connection_info *c,
                      const struct write_spec *spec,
                      const struct response *response, struct arena *arena,
                      struct write_result *results)
{
    struct answer answer;
    struct made made;
    memset(results, 0, spec->item_count * sizeof *results);
    if (bill_classify(c, response, true, arena, &answer)) {
        refused(spec, &answer, results);
        return;
    }
    collect(spec, response->body, arena, &made);
    for (size_t i = 0; i < spec->item_count; i++) {
        struct text row = row_of(spec, i, &made, arena);
        results[i].answer = answer;
        results[i].target_id = json_get_text(arena, row, "id");
        results[i].version = json_get_text(arena, row, "updatedTime");
        if (results[i].target_id.len > 0)
            continue;
        results[i].answer.kind = ANSWER_FAILED;
        results[i].answer.reason =
            TEXT("BILL's answer does not tell what became of the record");
    }
}
