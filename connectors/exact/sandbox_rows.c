/* Answers of the Exact sandbox: verbose JSON of OData 2, or Atom when nobody
 * asks for JSON; padding, dates and numbers as the vendor writes them. */
#include "config.h"
#include "connectors/exact/sandbox.h"

#include "base/date.h"
#include <string.h>
#include <strings.h>

/* --------------------------------------------------------------- values */
struct padded_field {
    const char *entity, *field;
    size_t width;
    bool right;
};

static const struct padded_field padded[] = {
    { "Accounts", "Code", 18, true },
    { "Accounts", "Country", 3, false },
    { "Accounts", "Language", 10, false },
    { "Accounts", "SearchCode", 18, false },
    { "ReceivablesList", "AccountCode", 18, true },
    { "GeneralJournalEntryLines", "AccountCode", 18, true },
    { "TransactionLines", "AccountCode", 18, true },
    { "Contacts", "Country", 3, false },
    { "Contacts", "Language", 10, false },
};

const char *exact_padded(struct arena *arena, const struct exact_entity *e,
                         const struct exact_field *f, struct text value)
{
    for (size_t i = 0; i < sizeof padded / sizeof *padded; i++) {
        const struct padded_field *p = &padded[i];
        if (strcmp(p->entity, e->name) != 0 || !text_is(f->name, p->field))
            continue;
        if (p->right)
            return arena_printf(arena, "%*.*s", (int)p->width,
                                TEXT_ARG(value));
        return arena_printf(arena, "%-*.*s", (int)p->width, TEXT_ARG(value));
    }
    return text_cstr(arena, value);
}

static struct doc *plain_number(const struct doc *value)
{
    struct decimal d;
    return doc_as_decimal(value, &d) ? doc_decimal(d) : doc_null();
}

static struct doc *render_value(struct exact_call *c,
                                const struct exact_entity *e,
                                const struct exact_field *f,
                                const struct doc *value)
{
    if (!doc_is_present(value))
        return doc_null();
    struct text t = doc_as_text(value);
    switch (f->type) {
    case 't':
        return doc_string(
            arena_printf(c->arena, "/Date(%.*s)/", TEXT_ARG(t)));
    case 'd':
        return plain_number(value);
    case 'l':
        return world_switch_is(c->world, "int64", "number") ? plain_number(value)
                                                            : doc_text(t);
    case 's':
        return doc_string(exact_padded(c->arena, e, f, t));
    default:
        break;
    }
    return doc_copy(value);
}

static const char *base_of(struct exact_call *c)
{
    return arena_printf(c->arena, "http://%.*s/api/v1%s%s",
                        TEXT_ARG(call_header(c->call, "Host")),
                        c->division ? "/" : "",
                        c->division ? c->division : "");
}

static const char *row_uri(struct exact_call *c, const struct exact_entity *e,
                           const struct doc *row)
{
    const char *key = doc_str(row, e->key);
    const struct exact_field *f = exact_field_of(e, text_of(e->key));
    bool guid = f && f->type == 'g';
    return arena_printf(c->arena, "%s/%s(%s%s%s)", base_of(c), e->path,
                        guid ? "guid'" : "", key, guid ? "'" : "");
}

static struct doc *metadata(struct exact_call *c, const struct exact_entity *e,
                            const struct doc *row)
{
    struct doc *d = doc_object();
    doc_set_string(d, "uri", row_uri(c, e, row));
    doc_set_string(d, "type",
                   arena_printf(c->arena, "Exact.Web.Api.Models.%s", e->name));
    return d;
}

/* ---------------------------------------------------------------- fields */
static bool is_selected(const struct exact_select *s, struct text name)
{
    if (!s || s->count == 0)
        return true;
    for (size_t i = 0; i < s->count; i++) {
        if (text_is(s->names[i], "*") || text_equal(s->names[i], name))
            return true;
        if (s->names[i].len > name.len && s->names[i].ptr[name.len] == '/' &&
            text_starts(s->names[i], name))
            return true;
    }
    return false;
}

static bool is_expanded(const struct exact_select *s, struct text name)
{
    for (size_t i = 0; s && i < s->expand_count; i++)
        if (text_equal(s->expand[i], name))
            return true;
    return false;
}

/* What "Lines/Field" names select of the lines. */
static struct exact_select select_of_lines(const struct exact_select *s,
                                           struct text name)
{
    struct exact_select inner = { .count = 0 };
    for (size_t i = 0; i < s->count; i++) {
        struct text n = s->names[i];
        if (n.len > name.len + 1 && text_starts(n, name) &&
            n.ptr[name.len] == '/')
            inner.names[inner.count++] =
                text_slice(n, name.len + 1, n.len - name.len - 1);
    }
    return inner;
}

static struct doc *render_lines(struct exact_call *c,
                                const struct exact_entity *e,
                                const struct exact_field *f,
                                const struct doc *row,
                                const struct exact_select *select)
{
    struct doc *d = doc_object(), *list = doc_list();
    const struct exact_entity *lines = exact_entity_named(f->refers);
    struct exact_select inner = select_of_lines(select, f->name);
    const struct table *t =
        lines ? exact_table(c->world, c->division, lines->name) : NULL;
    struct text parent = doc_as_text(doc_get(row, e->key));
    for (size_t i = 0; t && i < table_end(t); i++) {
        const struct doc *line = table_at(t, i);
        if (line && text_equal(doc_as_text(doc_get(line, e->parent_field)),
                               parent))
            doc_add(list, exact_render(c, lines, line, &inner));
    }
    doc_set(d, "results", list);
    return d;
}

static struct doc *render_collection(struct exact_call *c,
                                     const struct exact_entity *e,
                                     const struct exact_field *f,
                                     const struct doc *row,
                                     const struct exact_select *select)
{
    if (is_expanded(select, f->name))
        return render_lines(c, e, f, row, select);
    struct doc *d = doc_object(), *deferred = doc_object();
    doc_set_string(deferred, "uri",
                   arena_printf(c->arena, "%s/%.*s", row_uri(c, e, row),
                                TEXT_ARG(f->name)));
    doc_set(d, "__deferred", deferred);
    return d;
}

struct doc *exact_render(struct exact_call *c, const struct exact_entity *e,
                         const struct doc *row,
                         const struct exact_select *select)
{
    struct doc *d = doc_object();
    doc_set(d, "__metadata", metadata(c, e, row));
    for (size_t i = 0; i < e->field_count; i++) {
        const struct exact_field *f = &e->fields[i];
        const struct doc *value = doc_get_text(row, f->name);
        bool expanded = f->type == 'c' && is_expanded(select, f->name);
        if (!is_selected(select, f->name) && !expanded)
            continue;
        if (text_is(f->name, "Timestamp") && strcmp(e->name, "Deleted") != 0) {
            if (c->kind != KIND_SYNC)
                continue;
            value = doc_get(row, "_version");
        }
        doc_set(d, text_cstr(c->arena, f->name),
                f->type == 'c' ? render_collection(c, e, f, row, select)
                               : render_value(c, e, f, value));
    }
    return d;
}

/* --------------------------------------------------------------- answers */
bool exact_wants_json(struct sandbox_call *call)
{
    const char *accept = text_cstr(call->arena, call_header(call, "Accept"));
    return strcasestr(accept, "application/json") != NULL;
}

/* The slashes of dates are escaped on the wire, others are not. */
static struct text escape_dates(struct arena *arena, struct text t)
{
    struct buf b;
    size_t at = 0;
    buf_init(&b, t.len * 2 + 16);
    while (t.len > 0) {
        if (!text_find(t, TEXT("\"/Date("), &at)) {
            buf_text(&b, t);
            break;
        }
        buf_add(&b, t.ptr, at);
        t = text_slice(t, at + 7, t.len - at - 7);
        buf_str(&b, "\"\\/Date(");
        if (text_find(t, TEXT(")/\""), &at)) {
            buf_add(&b, t.ptr, at);
            buf_str(&b, ")\\/\"");
            t = text_slice(t, at + 3, t.len - at - 3);
        }
    }
    struct text copy = buf_dup(arena, &b);
    buf_fini(&b);
    return copy;
}

void exact_answer(struct sandbox_call *call, int status, struct doc *d)
{
    struct doc *outer = doc_object();
    doc_set(outer, "d", d);
    call->http->status = status;
    call->http->content_type = "application/json; charset=utf-8";
    call->http->reply = escape_dates(
        call->arena, doc_printed(outer, DOC_COMPACT, call->arena));
    doc_drop(outer);
}

static void add_xml(struct buf *b, struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        if (c == '<')
            buf_str(b, "&lt;");
        else if (c == '>')
            buf_str(b, "&gt;");
        else if (c == '&')
            buf_str(b, "&amp;");
        else
            buf_byte(b, c);
    }
}

static void add_property(struct buf *b, const char *name,
                         const struct doc *value)
{
    if (doc_kind(value) == DOC_OBJECT || name[0] == '_')
        return;
    if (!doc_is_present(value)) {
        buf_printf(b, "<d:%s m:null=\"true\"/>", name);
        return;
    }
    buf_printf(b, "<d:%s>", name);
    if (doc_kind(value) == DOC_YESNO)
        buf_str(b, doc_is_true(value) ? "true" : "false");
    else
        add_xml(b, doc_as_text(value));
    buf_printf(b, "</d:%s>", name);
}

static void add_entry(struct buf *b, const struct doc *row)
{
    buf_str(b, "<entry><content type=\"application/xml\"><m:properties>");
    for (void *it = doc_first(row); it; it = doc_next(row, it))
        add_property(b, doc_name(it), doc_value(it));
    buf_str(b, "</m:properties></content></entry>");
}

static void answer_atom(struct sandbox_call *call, int status,
                        const struct doc *rows)
{
    struct buf b;
    buf_init(&b, 0);
    buf_str(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
                "<feed xmlns=\"http://www.w3.org/2005/Atom\" "
                "xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/"
                "dataservices\" xmlns:m=\"http://schemas.microsoft.com/ado/"
                "2007/08/dataservices/metadata\">");
    for (size_t i = 0; i < doc_count(rows); i++)
        add_entry(&b, doc_at(rows, i));
    buf_str(&b, "</feed>");
    call_answer(call, status, "application/atom+xml; charset=utf-8",
                buf_view(&b));
    buf_fini(&b);
}

void exact_answer_rows(struct exact_call *c, struct doc *rows,
                       const char *next, int64_t total)
{
    if (!exact_wants_json(c->call)) {
        answer_atom(c->call, 200, rows);
        doc_drop(rows);
        return;
    }
    if (world_switch_is(c->world, "lists", "bare") && !next && total < 0) {
        exact_answer(c->call, 200, rows);
        return;
    }
    struct doc *d = doc_object();
    if (total >= 0)
        doc_set_string(d, "__count",
                       arena_printf(c->arena, "%lld", (long long)total));
    doc_set(d, "results", rows);
    if (next)
        doc_set_string(d, "__next", next);
    exact_answer(c->call, 200, d);
}

void exact_answer_row(struct exact_call *c, int status, struct doc *row)
{
    if (exact_wants_json(c->call)) {
        exact_answer(c->call, status, row);
        return;
    }
    struct doc *list = doc_list();
    doc_add(list, row);
    answer_atom(c->call, status, list);
    doc_drop(list);
}
