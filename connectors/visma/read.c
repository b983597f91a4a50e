/* Visma.net: pages of records. Lists are bare arrays; each element carries
 * metadata with the total and the server's own page cap. Journal transactions
 * are paged by line, so a batch may be cut in two: its first part is held back
 * in the continuation and joined with the next page.
 *   P<page>:<rows so far>|<held back batch>
 *   K<n>:0|          the key from number n on
 *   E<n>:0|a,b,c     of a list of bare names, the n-th one's record
 *   S<n>:0|1,3       of segments that came without values, the n-th one */
#include "config.h"
#include "base/date.h"
#include "connectors/visma/visma.h"
#include "lang/ast.h"
#include "runtime/jsonread.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)

static bool has_fact(const struct read_spec *spec, const char *name)
{
    return object_fact(spec->object, name) != NULL;
}

static int64_t setting_number(const struct connection_info *c,
                              const char *name, int64_t otherwise)
{
    int64_t n;
    return json_int64(c->setting(c, name), &n) && n > 0 ? n : otherwise;
}

struct position { /* what a continuation says */
    char kind;
    int64_t page, rows;
    struct text held;
};

static struct position position_of(struct text next)
{
    struct position p = { 'P', 1, 0, TEXT_NONE };
    const char *colon = memchr(next.ptr ? next.ptr : "", ':', next.len);
    const char *bar = memchr(next.ptr ? next.ptr : "", '|', next.len);
    if (next.len == 0 || !colon || !bar || colon > bar)
        return p;
    p.kind = next.ptr[0];
    json_int64(text_slice(next, 1, (size_t)(colon - next.ptr) - 1), &p.page);
    json_int64(text_slice(next, (size_t)(colon + 1 - next.ptr),
                          (size_t)(bar - colon) - 1),
               &p.rows);
    p.held = text_slice(next, (size_t)(bar + 1 - next.ptr),
                        next.len - (size_t)(bar + 1 - next.ptr));
    return p;
}

static struct text continuation(struct arena *arena, char kind, int64_t page,
                                int64_t rows, struct text held)
{
    struct buf b;
    struct text t;
    buf_init(&b, 0);
    buf_printf(&b, "%c%lld:%lld|", kind, (long long)page, (long long)rows);
    buf_text(&b, held);
    t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

/* The part of `held` it is at: parts have commas between. */
static struct text held_part(struct position p)
{
    struct text rest = p.held, part = p.held;
    size_t comma;
    for (int64_t n = p.page; n >= 0; n--) {
        part = rest;
        if (!text_find(rest, TEXT(","), &comma)) {
            rest = TEXT_NONE;
            continue;
        }
        part = text_slice(rest, 0, comma);
        rest = text_slice(rest, comma + 1, rest.len - comma - 1);
    }
    return part;
}

static bool held_more(struct position p)
{
    int64_t commas = 0;
    for (size_t i = 0; i < p.held.len; i++)
        commas += p.held.ptr[i] == ',';
    return p.page < commas;
}

/* ------------------------------------------------------------------- request */
static void number_text(int64_t n, char out[DECIMAL_TEXT_MAX])
{
    decimal_print(decimal_int(n), out);
}

/* A list that comes whole has no pages; when one says all the same that there
 * are more rows, they are asked for in pages of the size of the first. */
static void add_paging(const struct connection_info *c,
                       const struct read_spec *spec,
                       const struct position *p, struct buf *path)
{
    char text[DECIMAL_TEXT_MAX];
    int64_t size = spec->page_size > 0 ? spec->page_size
                                       : setting_number(c, "page_size", 500);
    if (has_fact(spec, "unpaged") && p->page == 1)
        return;
    if (has_fact(spec, "unpaged"))
        size = p->rows / (p->page - 1);
    number_text(p->page, text);
    uri_query(path, "pageNumber", text_of(text));
    number_text(size, text);
    uri_query(path, "pageSize", text_of(text));
}

/* "2026-03-01T10:00:00.123+01:00" as the server's own wall clock, some minutes
 * earlier, in a form it lists as accepted. */
static bool since_text(const struct connection_info *c, struct text cursor,
                       char out[32])
{
    int64_t micros;
    bool offset;
    struct text wall = cursor.len > 19 ? text_slice(cursor, 0, 19) : cursor;
    if (!datetime_parse(wall, &micros, &offset))
        return false;
    micros -= setting_number(c, "overlap_minutes", 10) * 60 * 1000000;
    datetime_print(micros - ((micros % 1000000) + 1000000) % 1000000, out);
    out[10] = ' ';
    out[19] = '\0';
    return true;
}

static void add_since(const struct connection_info *c,
                      const struct read_spec *spec, struct buf *path)
{
    char when[32];
    bool known = spec->mode == READ_CHANGES && spec->cursor.len > 0 &&
                 since_text(c, spec->cursor, when);
    if (has_fact(spec, "no_condition")) { /* one of period or time must be said */
        uri_query(path, "lastModifiedDateTime",
                  known ? text_of(when) : TEXT("1900-01-01"));
        return;
    }
    if (!known)
        return;
    uri_query(path, "lastModifiedDateTime", text_of(when));
    uri_query(path, "lastModifiedDateTimeCondition", TEXT(">="));
}

/* The parameters of lists bear the names of the fields they look at. */
static void add_terms(const struct read_spec *spec, struct arena *arena,
                      struct buf *path)
{
    for (size_t i = 0; i < spec->term_count; i++) {
        const struct filter_term *t = &spec->terms[i];
        const char *name = text_cstr(arena, t->field->wire);
        if (t->op != OP_IS || t->value_count != 1 ||
            !(t->field->filters & 1u << OP_IS))
            continue; /* the runtime looks at every row again */
        if (t->values[0].tag == VALUE_TEXT)
            uri_query(path, name, value_as_text(&t->values[0]));
        else if (t->values[0].tag == VALUE_YESNO)
            uri_query(path, name,
                      t->values[0].whole ? TEXT("true") : TEXT("false"));
    }
}

/* Members that are filled only when asked for. */
static void add_expansion(const struct read_spec *spec, struct buf *path)
{
    static const char *const flags[][3] = {
        { "supplier", "glAccounts", "expandAccountInformation" },
        { "customer", "glAccounts", "expandAccountInformation" },
        { "supplier", "note", "expandNote" },
        { "supplier_invoice", "note", "expandNote" },
        { "account", "accountClassDescription",
          "includeAccountClassDescription" },
        { "branch", "mainAddress", "expandAddress" },
        { "branch", "mainContact", "expandContact" },
        { "branch", "currency", "expandCurrency" },
        { "branch", "vatZone", "expandVatZone" },
        { "branch", "ledger", "expandLedger" },
        { "branch", "industryCode", "expandIndustryCode" },
        { "branch", "defaultCountry", "expandDefaultCountry" },
        { "customer", "directDebitLines", "expandDirectDebit" },
        { "purchase_order", "customStr1", "includeCustomFreeFields" },
        { "project", "attributes", "expandAttribute" },
        { "customer_invoice", "taxDetailLines", "expandTaxDetails" },
        { "customer_invoice", "invoiceAddress", "expandInvoiceAddress" },
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        for (size_t k = 0; k < spec->shape->count; k++)
            if (text_is(spec->object->name, flags[i][0]) &&
                text_is(spec->shape->fields[k].field->name, flags[i][1]))
                uri_query(path, flags[i][2], TEXT("true"));
}

/* The value of the object's own key among the terms, if the read names it. */
static const struct value *key_value(const struct read_spec *spec, int64_t n)
{
    for (size_t i = 0; i < spec->term_count; i++) {
        const struct filter_term *t = &spec->terms[i];
        if (spec->object->key_count == 1 && (size_t)n < t->value_count &&
            text_equal(t->field->name, spec->object->keys[0]) &&
            t->values[n].tag == VALUE_TEXT)
            return &t->values[n];
    }
    return NULL;
}

static bool by_key(const struct read_spec *spec)
{
    const struct fact *item = object_fact(spec->object, "item");
    size_t holes = 0;
    if (spec->mode != READ_KEYS || !item)
        return false;
    for (size_t i = 0; i < item->value.len; i++)
        holes += item->value.ptr[i] == '<';
    return holes == 1 && key_value(spec, 0);
}

int visma_read_request(const struct connection_info *c,
                       const struct read_spec *spec, struct text next,
                       struct arena *arena, struct request *out,
                       struct error *err)
{
    struct position p = position_of(next);
    struct buf path;
    (void)err;
    buf_init(&path, 16 * 1024);
    if (spec->mode == READ_ONE) {
        visma_item_path(spec->object, spec->id, arena, &path);
    } else if (p.kind == 'E') {
        visma_item_path(spec->object, held_part(p), arena, &path);
    } else if (p.kind == 'S') {
        buf_text(&path, spec->object->path);
        buf_byte(&path, '/');
        buf_text(&path, held_part(p));
    } else if (by_key(spec)) {
        int64_t n = p.kind == 'K' ? p.page : 0;
        visma_item_path(spec->object, value_as_text(key_value(spec, n)), arena,
                        &path);
    } else {
        buf_text(&path, spec->object->path);
        add_paging(c, spec, &p, &path);
        add_since(c, spec, &path);
        add_terms(spec, arena, &path);
    }
    add_expansion(spec, &path);
    if (has_fact(spec, "segments") || p.kind == 'E')
        uri_query(&path, "expandSegmentsValues", TEXT("true"));
    *out = (struct request){
        .method = "GET",
        .path = buf_dup(arena, &path),
        .endpoint = text_cstr(arena, spec->object->path),
        .safe_to_repeat = true,
    };
    request_header(arena, out, "Accept", TEXT("application/json"));
    buf_fini(&path);
    return 0;
}

/* -------------------------------------------------------------------- answer */
struct rows {
    int64_t count;  /* elements */
    int64_t lines;  /* lines in them, for lists paged by line */
    int64_t total;  /* -1 unknown */
    struct text latest; /* lastModifiedDateTime */
    struct text last;   /* raw last element */
};

static int64_t count_items(struct text raw)
{
    struct json_items it = json_items(raw);
    int64_t n = 0;
    while (json_next(&it))
        n++;
    return n;
}

/* A time more than a day ahead is nobody's clock: as a cursor it would hide
 * every change until then. */
static bool is_ahead(const struct connection_info *c, struct text when)
{
    int64_t micros;
    bool offset;
    return datetime_parse(when, &micros, &offset) &&
           micros / 1000 > c->now_ms + DAY_MS;
}

static struct rows look_at(const struct connection_info *c, struct text body,
                           struct arena *arena)
{
    struct rows r = { .total = -1 };
    struct json_items it = json_items(text_trim(body));
    while (json_next(&it)) {
        struct text when = json_get_text(arena, it.value,
                                         "lastModifiedDateTime");
        int64_t lines =
            count_items(json_get(it.value, "journalTransactionLines"));
        r.count++;
        r.lines += lines > 0 ? lines : 1;
        r.last = it.value;
        json_get_int64(it.value, "metadata.totalCount", &r.total);
        if (text_compare(when, r.latest) > 0 && !is_ahead(c, when))
            r.latest = when;
    }
    return r;
}

/* Two parts of one batch as one: the lines of `b` behind those of `a`. */
static void add_joined(struct text a, struct text b, struct buf *out)
{
    struct text lines = json_get(a, "journalTransactionLines");
    struct text more = json_get(b, "journalTransactionLines");
    if (lines.len < 2 || more.len < 2) {
        buf_text(out, a);
        return;
    }
    buf_add(out, a.ptr, (size_t)(lines.ptr + lines.len - 1 - a.ptr));
    if (lines.len > 2 && more.len > 2)
        buf_byte(out, ',');
    buf_add(out, more.ptr + 1, more.len - 2);
    buf_add(out, lines.ptr + lines.len - 1,
            a.len - (size_t)(lines.ptr + lines.len - 1 - a.ptr));
}

/* Joins the batch held back with the page and holds back its last one unless
 * nothing follows. */
static void join_batches(struct text body, struct text held, bool last_page,
                         struct arena *arena, struct page *page,
                         struct text *now_held)
{
    struct json_items it = json_items(text_trim(body));
    struct text waiting = held;
    struct buf out, joined;
    bool first = true;
    buf_init(&out, 0);
    buf_byte(&out, '[');
    while (json_next(&it)) {
        struct text batch = it.value;
        if (waiting.len > 0 &&
            text_equal(json_get_text(arena, waiting, "batchNumber"),
                       json_get_text(arena, batch, "batchNumber"))) {
            buf_init(&joined, 0);
            add_joined(waiting, batch, &joined);
            waiting = buf_dup(arena, &joined);
            buf_fini(&joined);
            continue;
        }
        if (waiting.len > 0) {
            buf_str(&out, first ? "" : ",");
            buf_text(&out, waiting);
            first = false;
        }
        waiting = batch;
    }
    if (last_page && waiting.len > 0) {
        buf_str(&out, first ? "" : ",");
        buf_text(&out, waiting);
    }
    *now_held = last_page ? TEXT_NONE : waiting;
    buf_byte(&out, ']');
    page->body = buf_dup(arena, &out);
    buf_fini(&out);
}

/* ----------------------------------------------------------------- dimensions */
/* A list of bare names: each a record that has only that, or one to ask for
 * when more is wanted. */
static void names_page(const struct read_spec *spec, struct arena *arena,
                       struct page *page)
{
    struct json_items it = json_items(text_trim(page->body));
    bool only_names = spec->shape->count <= 1;
    struct buf rows, names;
    buf_init(&rows, 0);
    buf_init(&names, 0);
    buf_byte(&rows, '[');
    while (json_next(&it)) {
        struct text name = json_text(arena, it.value);
        if (names.len > 0) {
            buf_byte(&names, ',');
            buf_str(&rows, only_names ? "," : "");
        }
        buf_text(&names, name);
        if (only_names)
            buf_printf(&rows, "{\"id\":%.*s}", TEXT_ARG(it.value));
    }
    buf_byte(&rows, ']');
    page->body = buf_dup(arena, &rows);
    if (!only_names && names.len > 0)
        page->next = continuation(arena, 'E', 0, 0, buf_view(&names));
    buf_fini(&rows);
    buf_fini(&names);
}

static void each_page(struct text asked, struct arena *arena,
                      struct page *page)
{
    struct position p = position_of(asked);
    page->single = true;
    if (held_more(p))
        page->next = continuation(arena, 'E', p.page + 1, 0, p.held);
}

static void add_member(struct buf *out, const char *name, struct text raw)
{
    if (raw.len > 0)
        buf_printf(out, ",\"%s\":%.*s", name, TEXT_ARG(raw));
}

/* The values of one segment as rows that say which segment they are of. */
static bool add_values(struct text segment, struct buf *rows)
{
    struct text id = json_get(segment, "segmentId");
    struct json_items it = json_items(json_get(segment, "segmentValues"));
    bool any = false;
    while (json_next(&it)) {
        buf_printf(rows, "%s{\"segmentId\":%.*s", rows->len > 1 ? "," : "",
                   TEXT_ARG(id));
        add_member(rows, "segmentDescription",
                   json_get(segment, "description"));
        add_member(rows, "segmentValidated", json_get(segment, "validate"));
        add_member(rows, "valueId", json_get(it.value, "valueId"));
        add_member(rows, "description", json_get(it.value, "description"));
        struct text active = json_get(it.value, "active");
        add_member(rows, "active", active.len > 0 ? active : TEXT("true"));
        add_member(rows, "lastModified", json_get(it.value, "lastModified"));
        buf_byte(rows, '}');
        any = true;
    }
    return any;
}

/* All segments at once; those that came without values are asked for apart,
 * in case the server leaves them out of the whole. */
static void segments_page(struct text asked, struct arena *arena,
                          struct page *page)
{
    struct position p = position_of(asked);
    struct json_items it = json_items(json_get(page->body, "segments"));
    struct buf rows, bare;
    buf_init(&rows, 0);
    buf_init(&bare, 0);
    buf_byte(&rows, '[');
    if (p.kind == 'S')
        add_values(page->body, &rows);
    else
        while (json_next(&it)) {
            if (add_values(it.value, &rows))
                continue;
            buf_str(&bare, bare.len > 0 ? "," : "");
            buf_text(&bare, json_text(arena, json_get(it.value, "segmentId")));
        }
    buf_byte(&rows, ']');
    page->body = buf_dup(arena, &rows);
    if (p.kind == 'S' && held_more(p))
        page->next = continuation(arena, 'S', p.page + 1, 0, p.held);
    else if (p.kind != 'S' && bare.len > 0)
        page->next = continuation(arena, 'S', 0, 0, buf_view(&bare));
    buf_fini(&rows);
    buf_fini(&bare);
}

static void key_page(const struct read_spec *spec, struct text asked,
                     struct arena *arena, struct page *page)
{
    struct position p = position_of(asked);
    int64_t n = p.kind == 'K' ? p.page : 0;
    page->single = true;
    if (key_value(spec, n + 1))
        page->next = continuation(arena, 'K', n + 1, 0, TEXT_NONE);
}

static void add_raw_member(struct json_items it, struct buf *out)
{
    if (out->ptr[out->len - 1] != '{')
        buf_byte(out, ',');
    buf_printf(out, "\"%.*s\":", TEXT_ARG(it.name));
    buf_text(out, it.value);
}

static bool is_key(const struct object *object, struct text name)
{
    for (size_t i = 0; i < object->key_count; i++) {
        const struct field *f = object_field(object, object->keys[i]);
        if (f && text_equal(f->wire, name))
            return true;
    }
    return false;
}

/* How many others there are is nothing of the record, and would make it look
 * changed whenever the total does. Of a row that could not be built only the
 * key and the reason are kept: half of it must not be taken for all. */
static void add_row(const struct object *object, struct text row,
                    struct arena *arena, struct buf *out)
{
    struct json_items it = json_items(row);
    bool unbuilt =
        text_trim(json_get_text(arena, row, "errorInfo")).len > 0;
    buf_byte(out, '{');
    while (json_next(&it)) {
        bool reason = text_is(it.name, "errorInfo");
        if (unbuilt ? reason || is_key(object, it.name)
                    : !reason && !text_is(it.name, "metadata"))
            add_raw_member(it, out);
    }
    buf_byte(out, '}');
}

static struct text bare_rows(const struct object *object, struct text body,
                             struct arena *arena)
{
    struct json_items rows = json_items(text_trim(body));
    struct buf out;
    buf_init(&out, 0);
    buf_byte(&out, '[');
    while (json_next(&rows)) {
        if (out.len > 1)
            buf_byte(&out, ',');
        if (json_kind(rows.value) == JSON_OBJECT)
            add_row(object, rows.value, arena, &out);
        else
            buf_text(&out, rows.value);
    }
    buf_byte(&out, ']');
    struct text t = buf_dup(arena, &out);
    buf_fini(&out);
    return t;
}

static void list_page(const struct connection_info *c,
                      const struct read_spec *spec, struct text asked,
                      struct arena *arena, struct page *page)
{
    struct position p = position_of(asked);
    struct rows r = look_at(c, page->body, arena);
    bool by_line = has_fact(spec, "by_line");
    int64_t seen = p.rows + (by_line ? r.lines : r.count);
    bool last = r.count == 0 || (r.total >= 0 && seen >= r.total) ||
                (r.total < 0 && has_fact(spec, "unpaged"));
    struct text held = TEXT_NONE;
    struct text latest = text_compare(r.latest, spec->cursor) > 0
                             ? r.latest
                             : spec->cursor;
    page->total = by_line ? -1 : r.total;
    page->row_fault = "errorInfo";
    page->body = bare_rows(spec->object, page->body, arena);
    if (by_line)
        join_batches(page->body, p.held, last, arena, page, &held);
    if (!last)
        page->next = continuation(arena, 'P', p.page + 1, seen, held);
    if (spec->mode == READ_CHANGES)
        page->next_cursor = latest;
}

void visma_read_answer(const struct connection_info *c,
                       const struct read_spec *spec, struct text asked,
                       const struct response *response, struct arena *arena,
                       struct page *page, struct answer *out)
{
    struct json_pick pick = { "", TEXT_NONE };
    struct error err = { 0 };
    *page = (struct page){ .body = response->body, .rows = "", .total = -1,
                           .complete = true };
    if (visma_classify(response, VISMA_READ, arena, out)) {
        if (response->status != 404)
            return;
        if (spec->mode == READ_ONE) {
            out->refusal = REFUSAL_MISSING;
        } else if (by_key(spec)) { /* not there: no rows */
            *out = (struct answer){ .kind = ANSWER_DONE, .status = 404 };
            key_page(spec, asked, arena, page);
            page->body = TEXT("[]");
            page->single = false;
        }
        return;
    }
    if (json_skim(response->body, &pick, 1, &err) != 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("Visma.net's answer is not the JSON it promises");
        return;
    }
    if (spec->mode == READ_ONE)
        page->single = true;
    else if (by_key(spec))
        key_page(spec, asked, arena, page);
    else if (has_fact(spec, "segments"))
        segments_page(asked, arena, page);
    else if (position_of(asked).kind == 'E')
        each_page(asked, arena, page);
    else if (has_fact(spec, "names"))
        names_page(spec, arena, page);
    else
        list_page(c, spec, asked, arena, page);
}
