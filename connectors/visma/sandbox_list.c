/* Reading in the Visma.net sandbox: lists with their pages and filters, single
 * records, dimensions. */
#include "config.h"
#include "connectors/visma/sandbox.h"

#include <stdlib.h>
#include <string.h>

#define LINES "journalTransactionLines"

/* ---------------------------------------------------------------- rendering */
static bool flag_is_set(struct visma_call *c, struct text flag)
{
    return text_equal_nocase(
        call_param(c->call, text_cstr(c->arena, flag)), TEXT("true"));
}

/* Takes out what is filled only on request. */
static void fold(struct visma_call *c, struct doc *d)
{
    struct text rest = text_of(c->entity->expansions);
    size_t colon, blank;
    while (text_find(rest, TEXT(":"), &colon)) {
        struct text flag = text_slice(rest, 0, colon);
        if (!text_find(rest, TEXT(" "), &blank))
            blank = rest.len;
        if (!flag_is_set(c, flag))
            doc_unset(d, text_cstr(c->arena, text_slice(rest, colon + 1,
                                                        blank - colon - 1)));
        rest = text_slice(rest, blank + 1, rest.len);
    }
}

static struct doc *render(struct visma_call *c, const struct doc *row)
{
    struct doc *d = doc_object();
    for (void *it = doc_first(row); it; it = doc_next(row, it))
        if (doc_name(it)[0] != '_')
            doc_set(d, doc_name(it), doc_copy(doc_value(it)));
    fold(c, d);
    if (!text_is(text_of(c->entity->name), "financialPeriod"))
        doc_set_string(d, "lastModifiedDateTime",
                       visma_time(c->world, c->arena,
                                  doc_whole(row, "_ms", 0)));
    if (strchr(c->entity->verbs, 'D') ||
        text_is(text_of(c->entity->name), "customer"))
        doc_set_string(d, "createdDateTime",
                       visma_time(c->world, c->arena,
                                  doc_whole(row, "_made", 0)));
    if (strchr(c->entity->verbs, 'U'))
        doc_set_string(d, "timeStamp", visma_version(c->arena, row));
    return d;
}

void visma_read_one(struct visma_call *c, const struct doc *row)
{
    if (strchr(c->entity->verbs, 'U'))
        call_answer_header(c->call, "ETag", "\"%s\"",
                           visma_version(c->arena, row));
    call_answer_doc(c->call, 200, render(c, row), DOC_COMPACT);
}

/* ------------------------------------------------------------------ filters */
struct window { /* of changes */
    bool set;
    char op[3];
    int64_t ms;
};

static bool holds(const struct window *w, int64_t ms)
{
    bool equal = strchr(w->op, '=') && ms == w->ms;
    return !w->set || equal || (w->op[0] == '>' ? ms > w->ms : ms < w->ms);
}

/* "lastModifiedDateTime" and its condition: both or neither. */
static bool read_window(struct visma_call *c, const char *name, bool needs_op,
                        struct window *out)
{
    struct text when = call_param(c->call, name);
    struct text op = call_param(
        c->call, arena_printf(c->arena, "%sCondition", name));
    *out = (struct window){ .set = when.len > 0 };
    if (needs_op && (when.len > 0) != (op.len > 0)) {
        visma_refuse(c->call, 400, "%s and %sCondition go together.", name,
                     name);
        return false;
    }
    if (when.len == 0)
        return true;
    if (!needs_op)
        op = TEXT(">=");
    if (!text_is(op, ">") && !text_is(op, "<") && !text_is(op, ">=") &&
        !text_is(op, "<=")) {
        visma_refuse(c->call, 400, "'%.*s' is no condition.", TEXT_ARG(op));
        return false;
    }
    if (!visma_parse_time(when, &out->ms)) {
        visma_refuse(c->call, 400, "'%.*s' is no date or time.",
                     TEXT_ARG(when));
        return false;
    }
    memcpy(out->op, op.ptr, op.len);
    return true;
}

/* The clock a time is compared by: what the body shows, without its offset. */
static int64_t shown_ms(struct visma_call *c, int64_t ms)
{
    return world_switch_is(c->world, "times", "offset") ? ms + 3600000 : ms;
}

static bool equals(const struct doc *value, struct text wanted)
{
    if (doc_kind(value) == DOC_YESNO)
        return text_equal_nocase(wanted, doc_is_true(value) ? TEXT("true")
                                                            : TEXT("false"));
    return text_equal_nocase(doc_as_text(value), wanted);
}

static bool passes(struct visma_call *c, const struct doc *row)
{
    struct text rest = text_of(c->entity->filters);
    while (rest.len > 0) {
        size_t blank, equal;
        if (!text_find(rest, TEXT(" "), &blank))
            blank = rest.len;
        struct text name = text_slice(rest, 0, blank), member = name;
        if (text_find(name, TEXT("="), &equal)) {
            member = text_slice(name, equal + 1, name.len);
            name = text_slice(name, 0, equal);
        }
        struct text wanted =
            call_param(c->call, text_cstr(c->arena, name));
        if (wanted.len > 0 && !equals(visma_get(row, member), wanted))
            return false;
        rest = text_slice(rest, blank + 1, rest.len);
    }
    return true;
}

/* A journal's period and the module it came from. */
static bool is_in_period(struct visma_call *c, const struct doc *row)
{
    struct text period = call_param(c->call, "periodId");
    struct text module = call_param(c->call, "module");
    if (period.len > 0 &&
        !text_equal(period, text_of(doc_str(row, "financialPeriod"))))
        return false;
    return module.len == 0 ||
           text_equal(text_of(doc_str(row, "module")),
                      text_of(arena_printf(c->arena, "Module%.*s",
                                           TEXT_ARG(module))));
}

/* -------------------------------------------------------------------- pages */
struct paging {
    int64_t number, size, cap; /* size 0: everything */
    int64_t skip, most;        /* of the deprecated parameters */
};

static int64_t param_number(struct visma_call *c, const char *name,
                            int64_t otherwise)
{
    struct text t = call_param(c->call, name);
    return t.len > 0 ? strtoll(text_cstr(c->arena, t), NULL, 10) : otherwise;
}

static struct paging paging_of(struct visma_call *c)
{
    struct paging p = {
        .number = param_number(c, "pageNumber", 1),
        .cap = strtoll(world_switch(c->world, "page_cap"), NULL, 10),
        .most = INT64_MAX,
    };
    if (!*c->entity->paging) {
        p.skip = param_number(c, "skipRecords", 0);
        p.most = param_number(c, "numberToRead", INT64_MAX);
        p.number = 1;
        return p;
    }
    p.size = param_number(
        c, "pageSize", strtoll(world_switch(c->world, "page_default"), NULL, 10));
    if (p.size > p.cap || p.size <= 0)
        p.size = p.cap;
    if (p.number < 1)
        p.number = 1;
    return p;
}

static int64_t lines_of(const struct doc *row)
{
    int64_t n = (int64_t)doc_count(doc_get(row, LINES));
    return n > 0 ? n : 1;
}

/* Keeps the lines from `from` on, `count` of them. */
static void cut_lines(struct doc *row, int64_t from, int64_t count)
{
    struct doc *lines = doc_get(row, LINES);
    while (from-- > 0)
        doc_remove(lines, 0);
    while ((int64_t)doc_count(lines) > count)
        doc_remove(lines, doc_count(lines) - 1);
}

static void add_metadata(struct doc *list, int64_t total, int64_t cap)
{
    for (size_t i = 0; i < doc_count(list); i++) {
        struct doc *m = doc_object();
        doc_set_int(m, "totalCount", total);
        doc_set_int(m, "maxPageSize", cap);
        doc_set(doc_at(list, i), "metadata", m);
    }
}

/* Adds the row, or as many of its lines as lie on the page. `at` counts rows
 * or lines before it. */
static void add_row(struct visma_call *c, const struct paging *p,
                    const struct doc *row, int64_t at, struct doc *list)
{
    bool by_line = *c->entity->paging == 'l';
    int64_t weight = by_line ? lines_of(row) : 1;
    int64_t first = p->size > 0 ? (p->number - 1) * p->size : p->skip;
    int64_t end = p->size > 0 ? first + p->size
                  : p->most == INT64_MAX ? INT64_MAX : first + p->most;
    if (at + weight <= first || at >= end)
        return;
    struct doc *d = render(c, row);
    if (by_line) {
        int64_t from = at < first ? first - at : 0;
        int64_t to = at + weight > end ? end - at : weight;
        cut_lines(d, from, to - from);
    }
    doc_add(list, d);
}

static bool is_listed(struct visma_call *c, const struct doc *row,
                      const struct window *changed,
                      const struct window *created)
{
    return row && !doc_is_true(doc_get(row, "_hidden")) &&
           holds(changed, shown_ms(c, doc_whole(row, "_ms", 0))) &&
           holds(created, shown_ms(c, doc_whole(row, "_made", 0))) &&
           passes(c, row) && is_in_period(c, row);
}

void visma_list(struct visma_call *c)
{
    struct table *t = visma_table(c->world, c->tenant, c->entity->name);
    bool by_line = *c->entity->paging == 'l';
    struct window changed, created;
    struct paging p = paging_of(c);
    int64_t at = 0;
    if (!read_window(c, "lastModifiedDateTime", !by_line, &changed) ||
        !read_window(c, "createdDateTime", true, &created))
        return;
    if (by_line && !changed.set && call_param(c->call, "periodId").len == 0) {
        visma_refuse(c->call, 400,
                     "PeriodId is mandatory without lastModifiedDateTime.");
        return;
    }
    struct doc *list = doc_list();
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *row = table_at(t, i);
        if (!is_listed(c, row, &changed, &created))
            continue;
        add_row(c, &p, row, at, list);
        at += by_line ? lines_of(row) : 1;
    }
    add_metadata(list, at, p.cap);
    call_answer_doc(c->call, 200, list, DOC_COMPACT);
}

/* --------------------------------------------------------------- dimensions */
static void without_values(struct doc *segment)
{
    doc_set(segment, "segmentValues", doc_list());
}

static struct doc *find_in(const struct doc *list, const char *member,
                           struct text value)
{
    for (size_t i = 0; i < doc_count(list); i++)
        if (text_equal(doc_as_text(doc_get(doc_at(list, i), member)), value))
            return doc_at(list, i);
    return NULL;
}

static void answer_dimension(struct visma_call *c, const struct doc *row)
{
    struct doc *d = doc_copy(row);
    struct doc *segments = doc_get(d, "segments");
    if (!flag_is_set(c, TEXT("expandSegmentsValues")))
        for (size_t i = 0; i < doc_count(segments); i++)
            without_values(doc_at(segments, i));
    call_answer_doc(c->call, 200, d, DOC_COMPACT);
}

/* What follows /v1/dimension. */
void visma_serve_dimension(struct visma_call *c, const struct text *parts,
                           size_t count)
{
    struct table *t = visma_table(c->world, c->tenant, "dimension");
    if (count == 0) {
        struct doc *list = doc_list();
        for (size_t i = 0; i < table_end(t); i++)
            if (table_at(t, i))
                doc_add(list, doc_string(table_key_at(t, i)));
        call_answer_doc(c->call, 200, list, DOC_COMPACT);
        return;
    }
    const struct doc *row = table_get_text(t, parts[0]);
    const struct doc *segment =
        count > 1 ? find_in(doc_get(row, "segments"), "segmentId", parts[1])
                  : NULL;
    const struct doc *value =
        count > 2 ? find_in(doc_get(segment, "segmentValues"), "valueId",
                            parts[2])
                  : NULL;
    if (count == 1 && row)
        answer_dimension(c, row);
    else if (count == 2 && segment)
        call_answer_doc(c->call, 200, doc_copy(segment), DOC_COMPACT);
    else if (count == 3 && value)
        call_answer_doc(c->call, 200, doc_copy(value), DOC_COMPACT);
    else
        visma_refuse(c->call, 404, "Not found");
}
