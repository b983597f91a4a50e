/* Expensify: reports by an export job and its download, and what the `get`
 * jobs list. The continuation of an export is F<file name>. */
#include "config.h"
#include "base/date.h"
#include "connectors/expensify/expensify.h"
#include "lang/ast.h"
#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"

#include <string.h>

#define READY_MS 2500 /* before the second look at a file; later ones are
                         further apart */
#define ONE_LEVEL "\"(single)\"" /* the level of tags that have none */
#define BOUNDARY_DAYS 2 /* whether approvedAfter holds its own day is unknown */

static bool source_is(const struct object *object, const char *name)
{
    const struct fact *f = object_fact(object, "source");
    return f && text_is(f->value, name);
}

static bool is_export(const struct object *object)
{
    return source_is(object, "export") || source_is(object, "report");
}

/* ---------------------------------------------------------------- what to ask */
static const char *state_word(struct text status)
{
    static const char *const states[][2] = {
        { "Open", "OPEN" },         { "Processing", "SUBMITTED" },
        { "Approved", "APPROVED" }, { "Reimbursed", "REIMBURSED" },
        { "Closed", "ARCHIVED" },
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (text_is(status, states[i][0]))
            return states[i][1];
    return NULL;
}

/* Comma list of the states the flow wants; `*approved` when all of them are
 * behind approval. Empty: every state. */
static void add_states(const struct read_spec *spec, bool *approved,
                       struct buf *b)
{
    *approved = false;
    for (size_t i = 0; i < spec->term_count; i++) {
        const struct filter_term *t = &spec->terms[i];
        if (!text_is(t->field->name, "status") ||
            (t->op != OP_IS && t->op != OP_IS_ONE_OF))
            continue;
        *approved = t->value_count > 0;
        for (size_t k = 0; k < t->value_count; k++) {
            const char *word = t->values[k].tag == VALUE_TEXT
                                   ? state_word(value_as_text(&t->values[k]))
                                   : NULL;
            if (!word)
                continue;
            buf_printf(b, "%s%s", b->len ? "," : "", word);
            if (strcmp(word, "APPROVED") != 0 &&
                strcmp(word, "REIMBURSED") != 0)
                *approved = false;
        }
        return;
    }
}

/* Values of a key or filter term as a comma list. */
static void add_values(const struct read_spec *spec, const char *field,
                       struct buf *b)
{
    for (size_t i = 0; i < spec->term_count; i++) {
        const struct filter_term *t = &spec->terms[i];
        if (!text_is(t->field->name, field) ||
            (t->op != OP_IS && t->op != OP_IS_ONE_OF))
            continue;
        for (size_t k = 0; k < t->value_count; k++)
            if (t->values[k].tag == VALUE_TEXT) {
                buf_str(b, b->len ? "," : "");
                buf_text(b, value_as_text(&t->values[k]));
            }
    }
}

static void put_day(struct json_out *w, const char *name, int64_t day)
{
    char text[11];
    date_print((int32_t)day, text);
    json_put_string(w, name, text_of(text));
}

static void put_window(const struct connection_info *c,
                       const struct read_spec *spec, bool approved,
                       struct json_out *w)
{
    int64_t today = c->now_ms / 86400000;
    int64_t back = 364, from;
    int32_t since;
    json_int64(c->setting(c, "days_back"), &back);
    if (back > 364)
        back = 364;
    from = today - back;
    if (spec->mode == READ_CHANGES && spec->cursor.len > 0 && approved &&
        date_parse(spec->cursor, &since))
        from = since - BOUNDARY_DAYS;
    if (approved) {
        put_day(w, "approvedAfter", from);
    } else {
        put_day(w, "startDate", from);
        put_day(w, "endDate", today);
    }
}

/* An export job up to its input settings, which stay open. */
static void begin_export(struct json_out *w)
{
    json_begin_object(w);
    json_put_string(w, "type", TEXT("file"));
    json_key(w, "onReceive");
    json_raw(w, TEXT("{\"immediateResponse\":[\"returnRandomFileName\"]}"));
    json_key(w, "inputSettings");
    json_begin_object(w);
    json_put_string(w, "type", TEXT("combinedReportData"));
}

/* A list of a setting, without the blanks people put behind commas. */
static void add_setting(struct text list, struct buf *b)
{
    for (size_t i = 0; i < list.len; i++)
        if (list.ptr[i] != ' ')
            buf_byte(b, list.ptr[i]);
}

static void export_job(const struct connection_info *c,
                       const struct read_spec *spec, struct buf *job)
{
    struct buf states, ids, policies;
    struct text label = c->setting(c, "mark_exported");
    struct text limit = c->setting(c, "limit");
    struct json_out w = json_out(job);
    bool approved;
    buf_init(&states, 256);
    buf_init(&ids, 64 * 1024);
    buf_init(&policies, 4096);
    add_states(spec, &approved, &states);
    if (spec->mode == READ_ONE)
        buf_text(&ids, spec->id);
    else
        add_values(spec, "reportID", &ids);
    add_values(spec, "policyID", &policies);
    if (policies.len == 0)
        add_setting(c->setting(c, "policy"), &policies);
    begin_export(&w);
    if (states.len > 0 && ids.len == 0)
        json_put_string(&w, "reportState", buf_view(&states));
    if (limit.len > 0)
        json_put_string(&w, "limit", limit);
    json_key(&w, "filters");
    json_begin_object(&w);
    if (ids.len > 0)
        json_put_string(&w, "reportIDList", buf_view(&ids));
    else
        put_window(c, spec, approved, &w);
    if (policies.len > 0)
        json_put_string(&w, "policyIDList", buf_view(&policies));
    if (label.len > 0 && ids.len == 0) /* leaves out what carries it */
        json_put_string(&w, "markedAsExported", label);
    json_end_object(&w);
    json_end_object(&w);
    json_key(&w, "outputSettings");
    json_raw(&w, TEXT("{\"fileExtension\":\"json\"}"));
    json_end_object(&w);
    buf_fini(&states);
    buf_fini(&ids);
    buf_fini(&policies);
}

static void download_job(struct text file, struct buf *job)
{
    struct json_out w = json_out(job);
    json_begin_object(&w);
    json_put_string(&w, "type", TEXT("download"));
    json_put_string(&w, "fileName", file);
    json_put_string(&w, "fileSystem", TEXT("integrationServer"));
    json_end_object(&w);
}

static void put_policy_ids(struct text ids, struct json_out *w)
{
    json_begin_array(w);
    while (ids.len > 0) {
        const char *comma = memchr(ids.ptr, ',', ids.len);
        size_t len = comma ? (size_t)(comma - ids.ptr) : ids.len;
        json_string(w, text_trim(text_slice(ids, 0, len)));
        ids = comma ? text_slice(ids, len + 1, ids.len - len - 1) : TEXT_NONE;
    }
    json_end_array(w);
}

static int get_job(const struct connection_info *c,
                   const struct read_spec *spec, struct buf *job,
                   struct error *err)
{
    const struct fact *section = object_fact(spec->object, "section");
    const struct fact *source = object_fact(spec->object, "source");
    struct json_out w = json_out(job);
    struct text ids = c->setting(c, "policy");
    if (section && ids.len == 0) {
        error_set(err, ERROR_USAGE, "reading %.*s needs a policy id",
                  TEXT_ARG(spec->object->name));
        error_hint(err, "Set `policy` of connection %.*s.", TEXT_ARG(c->name));
        return -1;
    }
    json_begin_object(&w);
    json_put_string(&w, "type", TEXT("get"));
    json_key(&w, "inputSettings");
    json_begin_object(&w);
    json_put_string(&w, "type", source ? source->value : TEXT("policyList"));
    if (section) {
        json_key(&w, "policyIDList");
        put_policy_ids(ids, &w);
        json_key(&w, "fields");
        json_begin_array(&w);
        json_string(&w, section->value);
        json_end_array(&w);
    }
    json_end_object(&w);
    json_end_object(&w);
    return 0;
}

int expensify_read_request(const struct connection_info *c,
                           const struct read_spec *spec, struct text next,
                           struct arena *arena, struct request *out,
                           struct error *err)
{
    struct buf job;
    struct text template = TEXT_NONE;
    int result = 0;
    buf_init(&job, (size_t)1 << 20);
    if (source_is(spec->object, "create")) {
        result = error_set(err, ERROR_USAGE, "%.*s can only be created",
                           TEXT_ARG(spec->object->name));
    } else if (!is_export(spec->object)) {
        result = get_job(c, spec, &job, err);
    } else if (next.len > 0) {
        download_job(text_slice(next, 1, next.len - 1), &job);
    } else {
        export_job(c, spec, &job);
        template = expensify_template(spec, arena);
    }
    if (result == 0)
        expensify_job(c, buf_view(&job), template, false,
                      is_export(spec->object)
                          ? next.len > 0 ? "download" : "export"
                          : "get",
                      arena, out);
    buf_fini(&job);
    return result;
}

/* -------------------------------------------------------------------- answer */
/* The rows of a policy's section with the policy's id in each. */
static void add_row(struct text policy, struct text level, struct text row,
                    struct json_out *w)
{
    struct json_items it = json_items(row);
    json_begin_object(w);
    json_key(w, "policyID");
    json_raw(w, policy);
    if (level.len > 0) {
        json_key(w, "level");
        json_raw(w, level);
    }
    while (json_next(&it)) {
        json_key_text(w, it.name);
        json_raw(w, it.value);
    }
    json_end_object(w);
}

static void add_section(struct text policy, struct text name,
                        struct text section, struct json_out *w)
{
    struct json_items it;
    bool is_tags = text_is(name, "tags");
    if (json_kind(section) == JSON_OBJECT) /* tax: { name, default, rates } */
        section = json_get(section, "rates");
    it = json_items(section);
    while (json_next(&it)) {
        struct text inner = json_get(it.value, "tags");
        struct json_items tag = json_items(inner);
        if (inner.len == 0)
            add_row(policy, is_tags ? TEXT(ONE_LEVEL) : TEXT_NONE, it.value, w);
        while (inner.len > 0 && json_next(&tag))
            add_row(policy, json_get(it.value, "name"), tag.value, w);
    }
}

/* A policy that was asked for and is not in the answer must not look like one
 * that has nothing. */
static bool is_missing_policy(struct text asked, struct text info,
                              struct text *which)
{
    while (asked.len > 0) {
        const char *comma = memchr(asked.ptr, ',', asked.len);
        size_t len = comma ? (size_t)(comma - asked.ptr) : asked.len;
        struct json_items it = json_items(info);
        bool there = false;
        *which = text_trim(text_slice(asked, 0, len));
        while (!there && json_next(&it))
            there = text_equal(it.name, *which);
        if (!there)
            return true;
        asked = comma ? text_slice(asked, len + 1, asked.len - len - 1)
                      : TEXT_NONE;
    }
    return false;
}

static void policy_rows(const struct connection_info *c,
                        const struct read_spec *spec, struct text body,
                        struct arena *arena, struct page *page,
                        struct answer *out)
{
    const struct fact *section = object_fact(spec->object, "section");
    struct text info = json_get(body, "policyInfo"), which;
    struct json_items it = json_items(info);
    struct buf b;
    struct json_out w;
    if (is_missing_policy(c->setting(c, "policy"), info, &which)) {
        out->kind = ANSWER_REFUSED;
        out->refusal = REFUSAL_PERMISSION;
        out->reason = text_of(arena_printf(
            arena, "policy %.*s is not there for these credentials",
            TEXT_ARG(which)));
        return;
    }
    buf_init(&b, 0);
    w = json_out(&b);
    json_begin_array(&w);
    while (json_next(&it)) {
        struct text id = text_of(
            arena_printf(arena, "\"%.*s\"", TEXT_ARG(it.name)));
        struct text rows =
            json_get(it.value, text_cstr(arena, section->value));
        if (rows.len == 0)
            page->complete = false;
        add_section(id, section->value, rows, &w);
    }
    json_end_array(&w);
    page->body = buf_dup(arena, &b);
    page->rows = "";
    buf_fini(&b);
}

/* An expense read by itself: the expenses of all reports. */
static struct text flat_expenses(struct text reports, struct arena *arena)
{
    struct json_items it = json_items(reports);
    struct buf b;
    struct json_out w;
    struct text t;
    buf_init(&b, 0);
    w = json_out(&b);
    json_begin_array(&w);
    while (json_next(&it)) {
        struct json_items e =
            json_items(json_get(it.value, "transactionList"));
        while (json_next(&e))
            json_raw(&w, e.value);
    }
    json_end_array(&w);
    t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

static bool is_file_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char ch = (unsigned char)t.ptr[i];
        if (!((ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') ||
              (ch >= 'a' && ch <= 'z') || ch == '-' || ch == '_' || ch == '.'))
            return false;
    }
    return t.len > 4 && t.len < 256;
}

static void export_answer(const struct response *response, struct arena *arena,
                          struct page *page, struct answer *out)
{
    struct text name = text_trim(response->body);
    if (name.len > 1 && name.ptr[0] == '"')
        name = json_text(arena, name);
    else if (json_kind(name) == JSON_OBJECT) /* as reconciliation has it */
        name = json_get_text(arena, name, "filename");
    if (!is_file_name(name)) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("Expensify did not answer with a file name");
        return;
    }
    page->body = TEXT("[]");
    page->rows = "";
    page->next = text_of(arena_printf(arena, "F%.*s", TEXT_ARG(name)));
}

static void not_ready(struct answer *out)
{
    *out = (struct answer){ .kind = ANSWER_WAIT, .wait_ms = READY_MS,
                            .pending = true };
    out->reason = TEXT("the export is still being made");
}

/* There is no paging: behind a limit there may be reports of any day, so the
 * next run asks from where this one did. */
static bool is_cut(const struct connection_info *c, struct text reports)
{
    struct json_items it = json_items(reports);
    int64_t limit = 0, n = 0;
    json_int64(c->setting(c, "limit"), &limit);
    while (json_next(&it))
        n++;
    return limit > 0 && n >= limit;
}

static void download_answer(const struct connection_info *c,
                            const struct read_spec *spec,
                            const struct response *response,
                            struct arena *arena, struct page *page,
                            struct answer *out)
{
    struct error err = { 0 };
    struct text reports;
    char day[11];
    if (text_trim(response->body).len == 0) {
        not_ready(out);
        return;
    }
    if (expensify_assemble(response->body, arena, &reports, &err) != 0) {
        out->kind = ANSWER_FAILED;
        out->reason = text_of(arena_strdup(arena, err.text));
        return;
    }
    page->body = source_is(spec->object, "report")
                     ? flat_expenses(reports, arena)
                     : reports;
    page->rows = "";
    page->complete = false; /* older reports are never listed */
    if (spec->mode == READ_ONE && json_get(page->body, "0").len == 0) {
        out->kind = ANSWER_REFUSED;
        out->refusal = REFUSAL_MISSING;
        out->reason = TEXT("Expensify does not have that report");
    } else if (spec->mode == READ_ONE) {
        page->rows = "0";
        page->single = true;
    }
    if (is_cut(c, reports)) {
        page->notice = text_of(arena_printf(
            arena, "the export held the %.*s reports that `limit` allows; "
                   "there may be more",
            TEXT_ARG(c->setting(c, "limit"))));
    } else if (spec->mode == READ_CHANGES) {
        date_print((int32_t)(c->now_ms / 86400000), day);
        page->next_cursor = text_of(arena_strdup(arena, day));
    }
}

/* A page that is no answer, an error page say, is no empty list. */
static void list_answer(const struct connection_info *c,
                        const struct read_spec *spec,
                        const struct response *response, struct arena *arena,
                        struct page *page, struct answer *out)
{
    bool of_policy = source_is(spec->object, "policy");
    const char *rows = of_policy                              ? "policyInfo"
                       : source_is(spec->object, "policyList") ? "policyList"
                                                               : "domainCardList";
    if (json_get(response->body, rows).len == 0) {
        out->kind = ANSWER_FAILED;
        out->reason = text_of(arena_printf(
            arena, "Expensify's answer has no %s", rows));
        return;
    }
    page->rows = rows;
    if (of_policy)
        policy_rows(c, spec, response->body, arena, page, out);
}

void expensify_read_answer(const struct connection_info *c,
                           const struct read_spec *spec, struct text asked,
                           const struct response *response,
                           struct arena *arena, struct page *page,
                           struct answer *out)
{
    bool failed = expensify_classify(response, false, arena, out);
    *page = (struct page){ .body = response->body, .total = -1,
                           .complete = true };
    if (failed) {
        if (asked.len > 0 && out->refusal == REFUSAL_MISSING)
            not_ready(out);
        return;
    }
    if (is_export(spec->object)) {
        if (asked.len > 0)
            download_answer(c, spec, response, arena, page, out);
        else
            export_answer(response, arena, page, out);
        return;
    }
    list_answer(c, spec, response, arena, page, out);
}

/* ---------------------------------------------------------------- exported */
/* Marking happens when an export ends, so a report is exported once more by
 * its id, after its entry is booked, and only for the label's sake. */
int expensify_booked_request(const struct connection_info *c,
                             const struct object *object,
                             const struct text *ids, size_t count,
                             struct arena *arena, struct request *out,
                             struct error *err)
{
    struct text label = c->setting(c, "mark_exported");
    struct buf job, list;
    struct json_out w;
    (void)err;
    if (label.len == 0 || !source_is(object, "export") || count == 0)
        return 1;
    buf_init(&job, (size_t)1 << 20);
    buf_init(&list, (size_t)1 << 20);
    for (size_t i = 0; i < count; i++) {
        buf_str(&list, i ? "," : "");
        buf_text(&list, ids[i]);
    }
    w = json_out(&job);
    begin_export(&w);
    json_key(&w, "filters");
    json_begin_object(&w);
    json_put_string(&w, "reportIDList", buf_view(&list));
    json_end_object(&w);
    json_end_object(&w);
    json_key(&w, "outputSettings");
    json_raw(&w, TEXT("{\"fileExtension\":\"json\"}"));
    json_key(&w, "onFinish");
    json_begin_array(&w);
    json_begin_object(&w);
    json_put_string(&w, "actionName", TEXT("markAsExported"));
    json_put_string(&w, "label", label);
    json_end_object(&w);
    json_end_array(&w);
    json_end_object(&w);
    expensify_job(c, buf_view(&job), expensify_template(NULL, arena), true, "mark",
                  arena, out);
    out->safe_to_repeat = true;
    buf_fini(&job);
    buf_fini(&list);
    return 0;
}

void expensify_booked_answer(const struct connection_info *c,
                             const struct response *response,
                             struct arena *arena, struct answer *out)
{
    (void)c;
    if (expensify_classify(response, true, arena, out))
        return;
    if (!is_file_name(text_trim(response->body))) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("Expensify did not answer with a file name");
    }
}
