/* Export, download and reconciliation of the Expensify sandbox. A job takes
 * its time; its file is there, and its labels are set, when it ends. */
#include "config.h"
#include "connectors/expensify/sandbox.h"

#include "base/date.h"
#include <stdlib.h>
#include <string.h>

#define PLAIN "text/plain;charset=utf-8"

/* -------------------------------------------------------------- the model */
static const char *const timed[] = {
    "created", "submitted", "approved", "reimbursed", "inserted",
};

/* Texts the vendor keeps escaped, under the switch. */
static struct doc *escaped(const struct doc *d)
{
    static const char *const names[][2] = {
        { "<", "&lt;" },
        { ">", "&gt;" },
        { "&", "&amp;" },
        { "\"", "&quot;" },
    };
    struct text t = doc_as_text(d);
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < t.len; i++) {
        size_t k = 0;
        while (k < 4 && names[k][0][0] != t.ptr[i])
            k++;
        if (k < 4)
            buf_str(&b, names[k][1]);
        else
            buf_byte(&b, t.ptr[i]);
    }
    struct doc *e = doc_text(buf_view(&b));
    buf_fini(&b);
    return e;
}

/* "2026-11-18 09:30:00" with a T, under the switch. */
static void put_time_form(struct world *w, struct doc *d)
{
    if (!world_switch_is(w, "time", "t"))
        return;
    for (size_t i = 0; i < sizeof timed / sizeof *timed; i++) {
        struct text t = doc_as_text(doc_get(d, timed[i]));
        char copy[20];
        if (t.len != 19)
            continue;
        memcpy(copy, t.ptr, 19);
        copy[10] = 'T';
        copy[19] = '\0';
        doc_set_string(d, timed[i], copy);
    }
}

/* A row without what is the sandbox's own. */
static struct doc *public_part(const struct doc *row)
{
    struct doc *d = doc_object();
    for (void *it = doc_first(row); it; it = doc_next(row, it))
        if (doc_name(it)[0] != '_')
            doc_set(d, doc_name(it), doc_copy(doc_value(it)));
    return d;
}

static struct doc *expense_model(struct world *w, const struct doc *row)
{
    static const char *const edited[] = { "modifiedAmount",
                                          "modifiedTaxAmount" };
    static const char *const texts[] = { "merchant", "modifiedMerchant",
                                         "comment" };
    struct doc *d = public_part(row);
    bool zero = world_switch_is(w, "blank_numbers", "zero");
    for (size_t i = 0; i < 2; i++)
        if (!doc_get(d, edited[i]))
            doc_set(d, edited[i], zero ? doc_int(0) : doc_string(""));
    for (size_t i = 0; world_switch_is(w, "escape", "yes") && i < 3; i++)
        doc_set(d, texts[i], escaped(doc_get(d, texts[i])));
    put_time_form(w, d);
    return d;
}

static struct doc *report_model(struct world *w, const struct doc *row)
{
    const struct table *t = world_table(w, "expenses");
    const char *id = doc_str(row, "reportID");
    struct doc *d = public_part(row), *list = doc_list();
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *e = table_at(t, i);
        if (e && strcmp(doc_str(e, "reportID"), id) == 0)
            doc_add(list, expense_model(w, e));
    }
    doc_set(d, "transactionList", list);
    put_time_form(w, d);
    return d;
}

/* --------------------------------------------------------------- filters */
struct filter {
    struct text states, ids, policies, label, email;
    int32_t from, to, approved;
    bool has_from, has_to, has_approved;
    int64_t limit; /* -1: none */
};

/* false: answered. An absent one is fine. */
static bool read_day(struct job *j, const struct doc *d, const char *name,
                     bool *has, int32_t *day)
{
    struct text t = doc_as_text(doc_get(d, name));
    *has = t.len > 0;
    if (t.len == 0 || date_parse(t, day))
        return true;
    expensify_job_refuse(j, 410,
                         "Malformed date '%.*s'. Expected format is yyyy-MM-dd",
                         TEXT_ARG(t));
    return false;
}

static bool check_span(struct job *j, const struct filter *f)
{
    int32_t today = (int32_t)(j->call->now_ms / DAY_MS);
    if (!f->has_from && !f->has_to)
        return true;
    if (f->has_from && !f->has_to && today - f->from > 366) {
        expensify_job_refuse(j, 410,
                             "'endDate' is required when 'startDate' lies more "
                             "than a year back");
        return false;
    }
    if (f->has_from && (f->has_to ? f->to : today) - f->from > 366) {
        expensify_job_refuse(j, 410,
                             "'startDate' and 'endDate' must not be more than "
                             "a year apart");
        return false;
    }
    return true;
}

static bool read_filter(struct job *j, struct filter *f)
{
    const struct doc *d = doc_get(j->input, "filters");
    *f = (struct filter){ .limit = -1 };
    f->states = doc_as_text(doc_get(j->input, "reportState"));
    f->email = doc_as_text(doc_get(j->input, "employeeEmail"));
    f->ids = doc_as_text(doc_get(d, "reportIDList"));
    f->policies = doc_as_text(doc_get(d, "policyIDList"));
    f->label = doc_as_text(doc_get(d, "markedAsExported"));
    if (!read_day(j, d, "startDate", &f->has_from, &f->from) ||
        !read_day(j, d, "endDate", &f->has_to, &f->to) ||
        !read_day(j, d, "approvedAfter", &f->has_approved, &f->approved))
        return false;
    if (f->ids.len == 0 && !f->has_from && !f->has_approved) {
        expensify_job_refuse(j, 410,
                             "One of 'reportIDList', 'startDate' or "
                             "'approvedAfter' is required");
        return false;
    }
    if (doc_get(j->input, "limit") &&
        !doc_as_int(doc_get(j->input, "limit"), &f->limit)) {
        expensify_job_refuse(j, 410,
                             "Argument 'limit' is missing or malformed");
        return false;
    }
    return check_span(j, f);
}

static bool day_of(const struct doc *row, const char *name, int32_t *day)
{
    struct text t = doc_as_text(doc_get(row, name));
    return t.len >= 10 && date_parse(text_slice(t, 0, 10), day);
}

/* The later of created and submitted. */
static bool in_span(const struct filter *f, const struct doc *row)
{
    int32_t day = 0, submitted;
    day_of(row, "created", &day);
    if (day_of(row, "submitted", &submitted) && submitted > day)
        day = submitted;
    return (!f->has_from || day >= f->from) && (!f->has_to || day <= f->to);
}

static bool is_approved_since(struct world *w, const struct filter *f,
                              const struct doc *row)
{
    int32_t day;
    bool inclusive = world_switch_is(w, "approved_after", "inclusive");
    if (!f->has_approved)
        return true;
    return day_of(row, "approved", &day) &&
           (day > f->approved || (inclusive && day == f->approved));
}

static bool has_label(const struct doc *row, struct text label)
{
    const struct doc *labels = doc_get(row, "_labels");
    for (size_t i = 0; i < doc_count(labels); i++)
        if (text_equal(doc_as_text(doc_at(labels, i)), label))
            return true;
    return false;
}

static bool passes(struct job *j, const struct filter *f, const struct doc *row)
{
    struct text policy = doc_as_text(doc_get(row, "policyID"));
    struct text email = doc_as_text(doc_get(row, "accountEmail"));
    struct text state = doc_as_text(doc_get(row, "state"));
    bool own = text_is(email, doc_str(j->caller, "email"));
    if (!own && !expensify_is_policy_admin(j, doc_str(row, "policyID")))
        return false;
    if (f->email.len > 0 &&
        (!text_equal(f->email, email) || text_is(state, "OPEN")))
        return false;
    return (f->states.len == 0 || expensify_list_has(f->states, state)) &&
           (f->ids.len == 0 ||
            expensify_list_has(f->ids,
                               doc_as_text(doc_get(row, "reportID")))) &&
           (f->policies.len == 0 || expensify_list_has(f->policies, policy)) &&
           in_span(f, row) && is_approved_since(j->world, f, row) &&
           (f->label.len == 0 ||
            world_switch_is(j->world, "label_filter", "no") ||
            !has_label(row, f->label));
}

static struct doc *select_reports(struct job *j, const struct filter *f)
{
    const struct table *t = world_table(j->world, "reports");
    struct doc *list = doc_list();
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *row = table_at(t, i);
        if (row && passes(j, f, row) &&
            (f->limit < 0 || (int64_t)doc_count(list) < f->limit))
            doc_add(list, report_model(j->world, row));
    }
    return list;
}

/* ----------------------------------------------------------------- export */
static const char *uuid(struct job *j)
{
    return world_guid(j->world, j->arena);
}

static bool check_output(struct job *j, const char **extension,
                         const char **base)
{
    const struct doc *out = doc_get(j->description, "outputSettings");
    const struct doc *now =
        doc_path(j->description, "onReceive.immediateResponse");
    *extension = expensify_job_text(j, out, "fileExtension");
    *base = expensify_job_text(j, out, "fileBasename");
    if (!**base)
        *base = "export";
    if (!expensify_list_has(TEXT("csv,xls,xlsx,txt,pdf,json,xml"),
                            text_of(*extension))) {
        expensify_job_refuse(
            j, 410, "Argument 'fileExtension' is missing or malformed");
        return false;
    }
    if (doc_count(now) != 1 ||
        !text_is(doc_as_text(doc_at(now, 0)), "returnRandomFileName")) {
        expensify_job_refuse(j, 410,
                             "Argument 'immediateResponse' is missing or "
                             "malformed");
        return false;
    }
    return true;
}

/* The file's text; false: answered. */
static bool render(struct job *j, struct doc *reports, struct buf *out)
{
    char why[512];
    struct text template = call_form(j->call, "template");
    struct doc *model = doc_object();
    doc_set(model, "reports", doc_keep(reports));
    doc_set_yesno(model, "addHeader", true);
    bool fine = expensify_template_render(
        template, model, world_switch_is(j->world, "digits", "grouped"), out,
        why);
    doc_drop(model);
    if (fine)
        return true;
    if (world_switch_is(j->world, "template_error", "file")) {
        buf_printf(out, "FreeMarker template error: %s\n", why);
        return true;
    }
    expensify_job_refuse(j, 500, "FreeMarker template error: %s", why);
    return false;
}

static bool is_test(const struct job *j)
{
    const struct doc *t = doc_get(j->description, "test");
    return text_is(doc_as_text(t), "true") || doc_is_true(t);
}

static void put_job(struct job *j, const char *file, const struct doc *ids,
                    struct text text)
{
    struct doc *row = doc_object();
    int64_t seconds =
        strtoll(world_switch(j->world, "ready_seconds"), NULL, 10);
    doc_set_string(row, "system", "integrationServer");
    doc_set_text(row, "text", text);
    doc_set_int(row, "ready_ms", j->call->now_ms + seconds * 1000);
    doc_set(row, "reports", doc_copy(ids));
    if (!is_test(j) && doc_get(j->description, "onFinish"))
        doc_set(row, "finish", doc_copy(doc_get(j->description, "onFinish")));
    table_put(world_table(j->world, "_files"), file, row);
}

static struct doc *ids_of(const struct doc *reports)
{
    struct doc *ids = doc_list();
    for (size_t i = 0; i < doc_count(reports); i++)
        doc_add(ids, doc_string(doc_str(doc_at(reports, i), "reportID")));
    return ids;
}

static void put_files(struct job *j, const struct doc *reports,
                      const char *base, const char *extension, struct text text)
{
    struct doc *ids = ids_of(reports);
    struct buf names;
    size_t files = strcmp(extension, "pdf") == 0 ? doc_count(reports) : 1;
    buf_init(&names, 0);
    for (size_t i = 0; i < files; i++) {
        const char *file =
            arena_printf(j->arena, "%s%s.%s", base, uuid(j), extension);
        put_job(j, file, ids, text);
        buf_printf(&names, "%s%s", i ? "," : "", file);
    }
    call_answer(j->call, 200, PLAIN, buf_view(&names));
    buf_fini(&names);
    doc_drop(ids);
}

void expensify_export_serve(struct job *j)
{
    struct filter f;
    const char *extension, *base;
    struct buf out;
    if (strcmp(expensify_job_text(j, j->input, "type"), "combinedReportData") !=
        0) {
        expensify_job_refuse(j, 410, "Argument 'type' is missing or malformed");
        return;
    }
    if (!check_output(j, &extension, &base) || !read_filter(j, &f))
        return;
    if (call_form(j->call, "template").len == 0) {
        expensify_job_refuse(j, 410,
                             "Argument 'template' is missing or malformed");
        return;
    }
    struct doc *reports = select_reports(j, &f);
    buf_init(&out, 0);
    if (render(j, reports, &out)) {
        put_files(j, reports, base, extension, buf_view(&out));
        expensify_exports_end(j->world, j->call->now_ms);
    }
    buf_fini(&out);
    doc_drop(reports);
}

/* ------------------------------------------------------------- their end */
static void mark(struct world *w, struct arena *arena, const char *id,
                 struct text label)
{
    struct table *t = world_table(w, "reports");
    struct doc *row = table_get(t, id);
    if (!row || has_label(row, label))
        return;
    if (!doc_get(row, "_labels"))
        doc_set(row, "_labels", doc_list());
    doc_add(doc_get(row, "_labels"), doc_text(label));
    table_touch(t, id);
    struct server_call http = { .arena = arena };
    struct sandbox_call call = { .world = w,
                                 .http = &http,
                                 .arena = arena,
                                 .method = "POST",
                                 .now_ms = world_now_ms(w) };
    call_effect(&call, "update", "report label", id, id);
}

static void finish(struct world *w, const struct doc *job)
{
    const struct doc *actions = doc_get(job, "finish");
    const struct doc *ids = doc_get(job, "reports");
    for (size_t i = 0; i < doc_count(actions); i++) {
        const struct doc *a = doc_at(actions, i);
        if (strcmp(doc_str(a, "actionName"), "markAsExported") != 0)
            continue;
        for (size_t k = 0; k < doc_count(ids); k++) {
            struct arena arena;
            arena_init(&arena);
            mark(w, &arena, text_cstr(&arena, doc_as_text(doc_at(ids, k))),
                 doc_as_text(doc_get(a, "label")));
            arena_fini(&arena);
        }
    }
}

void expensify_exports_end(struct world *w, int64_t now_ms)
{
    struct table *t = world_table(w, "_files");
    for (size_t i = 0; i < table_end(t); i++) {
        struct doc *job = table_at(t, i);
        if (!job || doc_is_true(doc_get(job, "ended")) ||
            doc_whole(job, "ready_ms", 0) > now_ms)
            continue;
        doc_set_yesno(job, "ended", true);
        table_touch(t, table_key_at(t, i));
        finish(w, job);
    }
}

/* --------------------------------------------------------------- download */
static void answer_no_file(struct job *j)
{
    if (world_switch_is(j->world, "lost_file", "code"))
        expensify_job_refuse(j, 404, "File not found");
    else
        call_answer_text(j->call, 200, PLAIN,
                         "{\"responseMessage\":\"File not found\"}");
}

static void answer_early(struct job *j)
{
    if (world_switch_is(j->world, "early", "404"))
        call_answer_text(j->call, 404, "text/html",
                         "<html><body>404 - Not Found</body></html>\n");
    else if (world_switch_is(j->world, "early", "object"))
        answer_no_file(j);
    else
        call_answer(j->call, 200, PLAIN, TEXT(""));
}

void expensify_download_serve(struct job *j)
{
    const char *file = expensify_job_text(j, j->description, "fileName");
    const char *system = expensify_job_text(j, j->description, "fileSystem");
    const struct doc *row = table_get(world_table(j->world, "_files"), file);
    if (!*file) {
        expensify_job_refuse(j, 410,
                             "Argument 'fileName' is missing or malformed");
        return;
    }
    if (!row || strcmp(doc_str(row, "system"), system) != 0) {
        answer_no_file(j);
        return;
    }
    if (doc_whole(row, "ready_ms", 0) > j->call->now_ms)
        answer_early(j);
    else
        call_answer(j->call, 200, "application/octet-stream",
                    doc_as_text(doc_get(row, "text")));
}

/* ---------------------------------------------------------- reconciliation */
static void negate(struct doc *d, const char *name)
{
    int64_t cents;
    if (doc_as_int(doc_get(d, name), &cents))
        doc_set_int(d, name, -cents);
    else if (doc_get(d, name))
        doc_set_int(d, name, 0);
}

static bool in_days(const struct doc *e, int32_t from, int32_t to)
{
    int32_t day;
    return day_of(e, "created", &day) && day >= from && day <= to;
}

/* card -> report -> transactions; report 0: on none. */
static void add_card_expense(struct job *j, struct doc *cards,
                             const struct doc *row)
{
    const char *number = doc_str(row, "cardNumber");
    const char *id = doc_str(row, "reportID");
    struct doc *d = expense_model(j->world, row);
    struct doc *reports = doc_get(cards, number), *report;
    negate(d, "amount");
    negate(d, "modifiedAmount");
    negate(d, "convertedAmount");
    doc_set_string(d, "posted", doc_str(row, "created"));
    if (!*id)
        id = "0";
    if (!reports) {
        doc_set(cards, number, doc_object());
        reports = doc_get(cards, number);
    }
    if (!doc_get(reports, id)) {
        report = doc_object();
        doc_set_string(report, "reportID", id);
        doc_set(report, "transactionList", doc_list());
        doc_set(reports, id, report);
    }
    doc_add(doc_get(doc_get(reports, id), "transactionList"), d);
}

static struct doc *card_model(struct job *j, int32_t from, int32_t to)
{
    const struct table *t = world_table(j->world, "expenses");
    bool all = strcmp(expensify_job_text(j, j->input, "type"), "All") == 0;
    struct doc *cards = doc_object();
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *e = table_at(t, i);
        if (e && *doc_str(e, "cardNumber") && in_days(e, from, to) &&
            (all || !*doc_str(e, "reportID")))
            add_card_expense(j, cards, e);
    }
    return cards;
}

static bool check_reconciliation(struct job *j, int32_t *from, int32_t *to)
{
    const char *type = expensify_job_text(j, j->input, "type");
    bool has_from, has_to;
    if (!doc_is_true(doc_get(j->caller, "_domainAdmin"))) {
        expensify_job_refuse(j, 403, "Not a domain admin");
        return false;
    }
    if (!read_day(j, j->input, "startDate", &has_from, from) ||
        !read_day(j, j->input, "endDate", &has_to, to))
        return false;
    if (!has_from || !has_to || !*expensify_job_text(j, j->input, "domain") ||
        (strcmp(type, "All") != 0 && strcmp(type, "Unreported") != 0) ||
        doc_is_true(doc_get(j->input, "async"))) {
        expensify_job_refuse(j, 410, "Argument '%s' is missing or malformed",
                             !has_from ? "startDate"
                             : !has_to ? "endDate"
                             : !*expensify_job_text(j, j->input, "domain")
                                 ? "domain"
                                 : "type");
        return false;
    }
    return true;
}

void expensify_reconciliation_serve(struct job *j)
{
    char why[512];
    int32_t from, to;
    struct buf out;
    if (!check_reconciliation(j, &from, &to))
        return;
    const char *extension = expensify_job_text(
        j, doc_get(j->description, "outputSettings"), "fileExtension");
    const char *file =
        arena_printf(j->arena, "is_reconciliation_%s.%s", uuid(j), extension);
    struct doc *model = doc_object();
    doc_set(model, "cards", card_model(j, from, to));
    doc_set_yesno(model, "addHeader", true);
    buf_init(&out, 0);
    if (!expensify_template_render(
            call_form(j->call, "template"), model,
            world_switch_is(j->world, "digits", "grouped"), &out, why)) {
        expensify_job_refuse(j, 500, "FreeMarker template error: %s", why);
    } else {
        struct doc *row = doc_object(), *answer = doc_object();
        doc_set_string(row, "system", "reconciliation");
        doc_set_text(row, "text", buf_view(&out));
        doc_set_yesno(row, "ended", true);
        table_put(world_table(j->world, "_files"), file, row);
        doc_set_string(answer, "filename", file);
        expensify_job_answer(j, answer);
    }
    buf_fini(&out);
    doc_drop(model);
}
