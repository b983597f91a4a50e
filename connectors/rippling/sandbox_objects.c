/* Custom objects, payroll records, reports and the token's owner in the
 * Rippling sandbox's REST API. */
#include "config.h"
#include "connectors/rippling/sandbox.h"

#include <string.h>

#define PAGE_DEFAULT 50
#define PAGE_MAX 100

/* --------------------------------------------------- records and reports */
static bool is_record_of(const struct doc *row, struct text object)
{
    return text_equal(doc_as_text(doc_get(row, "_object")), object);
}

static const struct doc *object_by_api_name(struct world *w, struct text name)
{
    const struct table *t = world_table(w, "custom_objects");
    for (size_t i = 0; i < table_end(t); i++)
        if (text_equal(doc_as_text(doc_get(table_at(t, i), "api_name")), name))
            return table_at(t, i);
    return NULL;
}

/* POST …/records/query/: paging travels in the body. */
static void query_records(const struct view *v, struct sandbox_call *call,
                          struct text object)
{
    struct doc *body = call_body(call), *d = doc_object(), *list = doc_list();
    const struct table *t = world_table(v->world, "custom_object_records");
    size_t limit = (size_t)doc_whole(body, "limit", PAGE_DEFAULT);
    size_t skip = (size_t)doc_whole(body, "cursor", 0), seen = 0;
    bool more = false;
    if (limit < 1 || limit > PAGE_MAX)
        limit = PAGE_MAX;
    for (size_t i = 0; i < table_end(t) && !more; i++) {
        const struct doc *row = table_at(t, i);
        if (!row || !is_record_of(row, object) || seen++ < skip)
            continue;
        if (doc_count(list) == limit)
            more = true;
        else
            doc_add(list, rest_render(v, "custom_object_records", row, TEXT_NONE));
    }
    doc_set(d, "__meta", rest_meta(v, "custom_object_records"));
    doc_set(d, "results", list);
    doc_set(d, "cursor",
            more ? doc_string(arena_printf(call->arena, "%zu", skip + limit))
                 : doc_null());
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void list_records(const struct view *v, struct sandbox_call *call,
                         struct text object)
{
    static const struct rest_resource records = {
        .table = "custom_object_records", .filterable = "", .path = "records"
    };
    struct listing all = { 0 }, l = { 0 };
    struct filter none = { 0 };
    int limit = list_page_size(v->world, call);
    if (limit < 0)
        return;
    list_read_order(call, &records, &all);
    list_collect(v->world, call, records.table, &none, &all);
    l = all;
    l.count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (is_record_of(all.rows[i], object))
            l.rows[l.count++] = all.rows[i];
    int64_t start = list_start(v->world, call, &l);
    if (start >= 0)
        list_answer(v, call, records.table, &l, (size_t)start, (size_t)limit);
}

static void write_record(const struct view *v, struct sandbox_call *call,
                         struct text object, struct text id)
{
    struct table *t = world_table(v->world, "custom_object_records");
    struct doc *body = call_body(call), *row;
    const char *now = print_offset_time(call->arena, call->now_ms);
    bool is_new = id.len == 0;
    const struct doc *old = is_new ? NULL : table_get_text(t, id);
    if ((!is_new && !old) || doc_kind(body) != DOC_OBJECT) {
        if (!is_new && !old)
            rippling_not_found(call);
        else
            rippling_refuse(call, 400, "Invalid JSON provided.");
        return;
    }
    row = is_new ? doc_object() : doc_copy(old);
    if (is_new) {
        doc_set_string(row, "id", world_hex_id(v->world, call->arena));
        doc_set_string(row, "created_at", now);
        doc_set_text(row, "_object", object);
    }
    for (void *it = doc_first(body); it; it = doc_next(body, it))
        if (strcmp(doc_name(it), "id") != 0 && doc_name(it)[0] != '_')
            doc_set(row, doc_name(it), doc_keep(doc_value(it)));
    doc_set_string(row, "updated_at", now);
    doc_set_string(row, "system_updated_at", now);
    const char *key = doc_str(row, "id");
    table_put(t, key, row);
    call_effect(call, is_new ? "create" : "update", "custom_object_records",
                key, rest_natural(row));
    call_answer_doc(call, 200, rest_render(v, "custom_object_records", row,
                                      TEXT_NONE), DOC_COMPACT);
}

/* "…/records/", "…/records/query/", "…/records/ID/". */
void serve_records(const struct view *v, struct sandbox_call *call,
                          struct text object, struct text rest)
{
    struct table *t = world_table(v->world, "custom_object_records");
    const struct doc *row = table_get_text(t, rest);
    call->endpoint = "custom-objects/records";
    if (!object_by_api_name(v->world, object)) {
        rippling_not_found(call); /* also for a display name */
    } else if (call_is(call, "POST") && text_is(rest, "query")) {
        query_records(v, call, object);
    } else if (call_is(call, "POST") && rest.len == 0) {
        write_record(v, call, object, TEXT_NONE);
    } else if (call_is(call, "PATCH") && rest.len > 0) {
        write_record(v, call, object, rest);
    } else if (call_is(call, "GET") && rest.len == 0) {
        list_records(v, call, object);
    } else if (call_is(call, "GET") && row) {
        call_answer_doc(call, 200,
                        rest_render(v, "custom_object_records", row, TEXT_NONE),
                        DOC_COMPACT);
    } else if (call_is(call, "DELETE") && row) {
        const char *key = text_cstr(call->arena, rest);
        call_effect(call, "delete", "custom_object_records", key,
                    rest_natural(row));
        table_remove(t, key);
        call_answer(call, 204, NULL, TEXT(""));
    } else {
        rippling_not_found(call);
    }
}

void serve_payroll_records(const struct view *v,
                                  struct sandbox_call *call, struct text run)
{
    struct listing all = { 0 }, l;
    struct filter none = { 0 };
    int limit = list_page_size(v->world, call);
    if (limit < 0)
        return;
    call->endpoint = "payroll-runs/worker-payroll-records";
    memcpy(all.field, "id", 3);
    list_collect(v->world, call, "worker_payroll_records", &none, &all);
    l = all;
    l.count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (text_equal(doc_as_text(doc_get(all.rows[i], "run_id")), run))
            l.rows[l.count++] = all.rows[i];
    int64_t start = list_start(v->world, call, &l);
    if (start >= 0)
        list_answer(v, call, "worker_payroll_records", &l, (size_t)start,
                    (size_t)limit);
}

void serve_reports(const struct view *v, struct sandbox_call *call,
                          struct text id)
{
    struct table *t = world_table(v->world, "report_runs");
    call->endpoint = "report-runs";
    if (call_is(call, "POST") && id.len == 0) {
        const struct doc *body = call_body(call);
        if (!*doc_str(body, "report_id")) {
            rippling_refuse(call, 400, "report_id is required");
            return;
        }
        struct doc *row = doc_object();
        const char *key = world_hex_id(v->world, call->arena);
        doc_set_string(row, "id", key);
        doc_set_string(row, "report_id", doc_str(body, "report_id"));
        doc_set_string(row, "status", "IN_PROGRESS");
        doc_set(row, "result", doc_null());
        doc_set_int(row, "_ready_ms", call->now_ms + 5000);
        table_put(t, key, row);
        call_effect(call, "create", "report_runs", key,
                    doc_str(row, "report_id"));
        call_answer_doc(call, 200, rest_render(v, "report_runs", row, TEXT_NONE),
                        DOC_COMPACT);
        return;
    }
    struct doc *row = table_get_text(t, id);
    if (!row || !call_is(call, "GET")) {
        rippling_not_found(call);
        return;
    }
    if (doc_whole(row, "_ready_ms", 0) <= call->now_ms &&
        strcmp(doc_str(row, "status"), "IN_PROGRESS") == 0) {
        struct doc *result = doc_object();
        doc_set_string(result, "file_url",
                       arena_printf(call->arena, "%s/reports/%s",
                                    world_url(v->world), doc_str(row, "id")));
        doc_set_string(result, "expires_at",
                       print_offset_time(call->arena,
                                         call->now_ms + 3600 * 1000));
        doc_set(row, "result", result);
        doc_set_string(row, "status", "SUCCESS");
        table_touch(t, doc_str(row, "id"));
    }
    call_answer_doc(call, 200, rest_render(v, "report_runs", row, TEXT_NONE),
                    DOC_COMPACT);
}

void serve_sso_me(const struct view *v, struct sandbox_call *call)
{
    const struct doc *me = table_get(world_table(v->world, "workers"),
                                     doc_str(v->token, "owner"));
    const struct doc *company = table_at(world_table(v->world, "companies"), 0);
    struct doc *d = doc_object();
    call->endpoint = "sso-me";
    doc_set_string(d, "id", doc_str(me, "user_id"));
    doc_set_string(d, "created_at", doc_str(me, "created_at"));
    doc_set_string(d, "updated_at", doc_str(me, "updated_at"));
    doc_set_string(d, "work_email", doc_str(me, "work_email"));
    doc_set_string(d, "company_id", doc_str(company, "id"));
    doc_set(d, "company", doc_null());
    doc_set(d, "__meta", rest_meta(v, "sso_me"));
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

