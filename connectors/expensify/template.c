/* Expensify: the export template, which prints a line of JSON per report and
 * per expense with every value quoted, and the way back: those lines as one
 * array of reports. Lines need no commas between them, so the template stays
 * simple; the last line proves that nothing is cut off. */
#include "config.h"
#include "base/date.h"
#include "connectors/expensify/expensify.h"
#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"

#include <string.h>

#define LINES_MAX 1000000

enum print {
    AS_TEXT,
    AS_FOUND, /* a number that may be blank: grouping signs come off later */
    AS_COUNT, /* a number that is always there */
    AS_NO,    /* yes or no; absent is no */
    AS_YES,
};

/* What the template can print. `core` is printed always, the rest where the
 * flow uses it: what nobody needs never leaves the vendor. */
struct column {
    const char *name, *path; /* path NULL: the name */
    enum print print;
    bool core;
};

static const struct column report_columns[] = {
    { "reportID", NULL, AS_TEXT, true },
    { "oldReportID", NULL, AS_FOUND, false },
    { "reportName", NULL, AS_TEXT, false },
    { "status", NULL, AS_TEXT, true },
    { "total", NULL, AS_COUNT, false },
    { "currency", NULL, AS_TEXT, true },
    { "created", NULL, AS_TEXT, false },
    { "submitted", NULL, AS_TEXT, false },
    { "approved", NULL, AS_TEXT, true },
    { "reimbursed", NULL, AS_TEXT, false },
    { "accountEmail", NULL, AS_TEXT, false },
    { "accountID", NULL, AS_FOUND, false },
    { "submitterFirstName", "submitter.firstName", AS_TEXT, false },
    { "submitterLastName", "submitter.lastName", AS_TEXT, false },
    { "submitterFullName", "submitter.fullName", AS_TEXT, false },
    { "submitterUserID", NULL, AS_TEXT, false },
    { "submitterPayrollID", NULL, AS_TEXT, false },
    { "employeeCustomField1", NULL, AS_TEXT, false },
    { "employeeCustomField2", NULL, AS_TEXT, false },
    { "managerEmail", NULL, AS_TEXT, false },
    { "managerFullName", "manager.fullName", AS_TEXT, false },
    { "managerUserID", NULL, AS_TEXT, false },
    { "managerPayrollID", NULL, AS_TEXT, false },
    { "policyID", NULL, AS_TEXT, false },
    { "policyName", NULL, AS_TEXT, false },
    { "entryID", NULL, AS_TEXT, false },
    { "isACHReimbursed", NULL, AS_NO, false },
    { NULL, NULL, AS_TEXT, false },
};

static const struct column expense_columns[] = {
    { "transactionID", NULL, AS_FOUND, true },
    { "merchant", NULL, AS_TEXT, true },
    { "modifiedMerchant", NULL, AS_TEXT, true },
    { "amount", NULL, AS_COUNT, true },
    { "modifiedAmount", NULL, AS_FOUND, true },
    { "convertedAmount", NULL, AS_FOUND, true },
    { "currency", NULL, AS_TEXT, true },
    { "currencyConversionRate", NULL, AS_FOUND, false },
    { "created", NULL, AS_TEXT, true },
    { "modifiedCreated", NULL, AS_TEXT, true },
    { "inserted", NULL, AS_TEXT, false },
    { "modified", NULL, AS_NO, false },
    { "category", NULL, AS_TEXT, false },
    { "categoryGlCode", NULL, AS_TEXT, false },
    { "categoryPayrollCode", NULL, AS_TEXT, false },
    { "tag", NULL, AS_TEXT, false },
    { "tagGlCode", NULL, AS_TEXT, false },
    { "ntag1", NULL, AS_TEXT, false },
    { "ntag1GlCode", NULL, AS_TEXT, false },
    { "ntag2", NULL, AS_TEXT, false },
    { "ntag2GlCode", NULL, AS_TEXT, false },
    { "ntag3", NULL, AS_TEXT, false },
    { "ntag3GlCode", NULL, AS_TEXT, false },
    { "ntag4", NULL, AS_TEXT, false },
    { "ntag4GlCode", NULL, AS_TEXT, false },
    { "ntag5", NULL, AS_TEXT, false },
    { "ntag5GlCode", NULL, AS_TEXT, false },
    { "taxAmount", NULL, AS_FOUND, false },
    { "taxName", NULL, AS_TEXT, false },
    { "taxRate", NULL, AS_FOUND, false },
    { "taxRateName", NULL, AS_TEXT, false },
    { "taxCode", NULL, AS_TEXT, false },
    { "comment", NULL, AS_TEXT, false },
    { "billable", NULL, AS_NO, false },
    { "reimbursable", NULL, AS_YES, false },
    { "bank", NULL, AS_TEXT, false },
    { "cardNumber", NULL, AS_TEXT, false },
    { "mcc", NULL, AS_TEXT, false },
    { "externalID", NULL, AS_TEXT, false },
    { "type", NULL, AS_TEXT, false },
    { "receiptID", NULL, AS_FOUND, false },
    { "receiptFilename", NULL, AS_TEXT, false },
    { NULL, NULL, AS_TEXT, false },
};

static void print_column(const char *owner, const struct column *c,
                         struct buf *b)
{
    const char *path = c->path ? c->path : c->name;
    buf_printf(b, "\"%s\":\"", c->name);
    switch (c->print) {
    case AS_TEXT: /* where a step may be absent, all of them are forgiven */
        buf_printf(b, c->path ? "${((%s.%s)!\"\")?json_string}"
                              : "${(%s.%s!\"\")?json_string}", owner, path);
        break;
    case AS_FOUND:
        buf_printf(b, "${%s.%s!\"\"}", owner, path);
        break;
    case AS_COUNT:
        buf_printf(b, "${(%s.%s!0)?c}", owner, path);
        break;
    case AS_NO:
    case AS_YES:
        buf_printf(b, "${(%s.%s!%s)?string(\"true\",\"false\")}", owner,
                   path, c->print == AS_YES ? "true" : "false");
        break;
    }
    buf_str(b, "\",");
}

static const struct shape_field *wanted_field(const struct shape *shape,
                                              const char *name)
{
    for (size_t i = 0; shape && i < shape->count; i++)
        if (text_is(shape->fields[i].field->name, name))
            return &shape->fields[i];
    return NULL;
}

/* NULL `shape` with `all`: every column; without: the core. */
static void print_columns(const char *owner, const struct column *c,
                          const struct shape *shape, bool all, struct buf *b)
{
    for (; c->name; c++)
        if (c->core || all || wanted_field(shape, c->name))
            print_column(owner, c, b);
}

struct text expensify_template(const struct read_spec *spec,
                               struct arena *arena)
{
    const struct shape *shape = spec ? spec->shape : NULL;
    bool all = spec && !shape;
    bool flat = spec && text_is(spec->object->name, "expense");
    const struct shape_field *list = wanted_field(shape, "transactionList");
    struct buf b;
    struct text t;
    buf_init(&b, 64 * 1024);
    buf_str(&b, "{\"kind\":\"start\"}\n"
                "<#list reports as report>\n"
                "{\"kind\":\"report\",");
    print_columns("report", report_columns, flat ? NULL : shape, all, &b);
    buf_str(&b, "\"end\":\"\"}\n");
    if (all || flat || list) {
        buf_str(&b, "<#list report.transactionList as expense>\n"
                    "{\"kind\":\"expense\",");
        print_columns("expense", expense_columns,
                      flat ? shape : list ? list->sub : NULL, all, &b);
        buf_str(&b, "\"end\":\"\"}\n</#list>\n");
    }
    buf_str(&b, "</#list>\n{\"kind\":\"end\"}\n");
    t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}

/* ------------------------------------------------------------- the way back */
enum form { FORM_TEXT, FORM_NUMBER, FORM_DATETIME, FORM_YESNO, FORM_DROP };

static enum form form_of(struct text name)
{
    static const struct {
        const char *name;
        enum form form;
    } forms[] = {
        { "kind", FORM_DROP }, { "end", FORM_DROP },
        { "modifiedMerchant", FORM_DROP }, { "modifiedAmount", FORM_DROP },
        { "modifiedCreated", FORM_DROP },
        { "merchant", FORM_DROP }, { "amount", FORM_DROP },
        { "created", FORM_DROP },
        { "total", FORM_NUMBER }, { "convertedAmount", FORM_NUMBER },
        { "taxAmount", FORM_NUMBER },
        { "submitted", FORM_DATETIME }, { "approved", FORM_DATETIME },
        { "reimbursed", FORM_DATETIME }, { "inserted", FORM_DATETIME },
        { "modified", FORM_YESNO }, { "billable", FORM_YESNO },
        { "reimbursable", FORM_YESNO }, { "isACHReimbursed", FORM_YESNO },
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (text_is(name, forms[i].name))
            return forms[i].form;
    return FORM_TEXT;
}

/* &lt; &gt; &amp; &quot; &#39; once; "&amp;lt;" becomes "&lt;". */
static struct text unescaped(struct text t, struct arena *arena)
{
    static const char *const names[][2] = {
        { "&lt;", "<" },    { "&gt;", ">" },   { "&amp;", "&" },
        { "&quot;", "\"" }, { "&#39;", "'" }, { "&apos;", "'" },
    };
    char *out;
    size_t len = 0;
    if (t.len == 0 || !memchr(t.ptr, '&', t.len))
        return t;
    out = arena_alloc(arena, t.len + 1);
    for (size_t i = 0; i < t.len;) {
        size_t k;
        struct text rest = text_slice(t, i, t.len - i);
        for (k = 0; k < sizeof names / sizeof *names; k++)
            if (text_starts(rest, text_of(names[k][0])))
                break;
        if (k < sizeof names / sizeof *names) {
            out[len++] = names[k][1][0];
            i += strlen(names[k][0]);
        } else {
            out[len++] = t.ptr[i++];
        }
    }
    return (struct text){ out, len };
}

/* Digits, sign and point only: "1,234" and "1 234" are 1234. */
static struct text bare_number(struct text t, struct arena *arena)
{
    char *out = arena_alloc(arena, t.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < t.len; i++)
        if ((t.ptr[i] >= '0' && t.ptr[i] <= '9') || t.ptr[i] == '-' ||
            t.ptr[i] == '.')
            out[len++] = t.ptr[i];
    return (struct text){ out, len };
}

static bool is_number_name(struct text name)
{
    return text_ends(name, TEXT("ID")) &&
           (text_is(name, "transactionID") || text_is(name, "accountID") ||
            text_is(name, "receiptID") || text_is(name, "oldReportID"));
}

static void put_datetime(struct json_out *w, struct text name, struct text t,
                         struct arena *arena)
{
    char *copy = arena_strndup(arena, t.ptr, t.len);
    char out[32];
    int64_t micros;
    bool offset;
    if (t.len >= 19 && copy[10] == ' ')
        copy[10] = 'T';
    if (t.len == 10)
        copy = arena_printf(arena, "%sT00:00:00", copy);
    if (!datetime_parse(text_of(copy), &micros, &offset)) {
        json_key_text(w, name); /* as it is: the reader says what is wrong */
        json_string(w, t);
        return;
    }
    datetime_print(micros, out);
    json_key_text(w, name);
    json_string(w, text_of(out));
}

/* The word people see, also where the raw state is printed in its place. */
static struct text status_word(struct text t)
{
    static const char *const words[][2] = {
        { "OPEN", "Open" },         { "SUBMITTED", "Processing" },
        { "APPROVED", "Approved" }, { "REIMBURSED", "Reimbursed" },
        { "ARCHIVED", "Closed" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(t, words[i][0]))
            return text_of(words[i][1]);
    return t;
}

static void put_member(struct json_out *w, struct text name, struct text t,
                       struct arena *arena)
{
    switch (form_of(name)) {
    case FORM_DROP:
        return;
    case FORM_NUMBER:
        json_key_text(w, name);
        json_raw(w, bare_number(t, arena));
        return;
    case FORM_DATETIME:
        put_datetime(w, name, t, arena);
        return;
    case FORM_YESNO:
        json_key_text(w, name);
        json_bool(w, text_is(t, "true"));
        return;
    case FORM_TEXT:
        break;
    }
    if (text_is(name, "status"))
        t = status_word(t);
    json_key_text(w, name);
    json_string(w, is_number_name(name) ? bare_number(t, arena)
                                        : unescaped(t, arena));
}

static void put_members(struct json_out *w, struct text line,
                        struct arena *arena)
{
    struct json_items it = json_items(line);
    while (json_next(&it)) {
        struct text t = json_text(arena, it.value);
        if (t.len > 0) /* blank is missing */
            put_member(w, it.name, t, arena);
    }
}

static struct text member(struct text line, const char *name,
                          struct arena *arena)
{
    return json_get_text(arena, line, name);
}

static bool is_zero(struct text t)
{
    struct decimal d;
    return t.len == 0 ||
           (decimal_parse(t, &d) == DECIMAL_OK && decimal_is_zero(d));
}

/* What the user corrected wins; the first values stay beside it. */
static void put_effective(struct json_out *w, struct text line,
                          struct text report, struct arena *arena)
{
    struct text merchant = member(line, "merchant", arena);
    struct text better = member(line, "modifiedMerchant", arena);
    struct text amount = bare_number(member(line, "amount", arena), arena);
    struct text changed =
        bare_number(member(line, "modifiedAmount", arena), arena);
    struct text day = member(line, "created", arena);
    struct text other = member(line, "modifiedCreated", arena);
    struct text currency = member(report, "currency", arena);
    struct text effective = is_zero(changed) ? amount : changed;
    json_put_string(w, "merchant",
                    unescaped(better.len > 0 ? better : merchant, arena));
    json_put_string(w, "originalMerchant", unescaped(merchant, arena));
    json_key(w, "amount");
    json_raw(w, effective.len > 0 ? effective : TEXT("0"));
    json_key(w, "originalAmount");
    json_raw(w, amount.len > 0 ? amount : TEXT("0"));
    if (other.len > 0)
        day = other;
    json_put_string(w, "created", day.len > 10 ? text_slice(day, 0, 10) : day);
    json_put_string(w, "reportCurrency", currency);
    json_put_string(w, "reportID", member(report, "reportID", arena));
    if (member(line, "convertedAmount", arena).len == 0 &&
        text_equal(currency, member(line, "currency", arena))) {
        json_key(w, "convertedAmount");
        json_raw(w, effective.len > 0 ? effective : TEXT("0"));
    }
}

static void begin_report(struct json_out *w, struct text line,
                         struct arena *arena)
{
    struct text created = member(line, "created", arena);
    json_begin_object(w);
    put_members(w, line, arena);
    if (created.len > 0)
        put_datetime(w, TEXT("created"), created, arena);
    json_key(w, "transactionList");
    json_begin_array(w);
}

static int bad_line(struct error *err, size_t number)
{
    return error_set(err, ERROR_VENDOR,
                     "line %zu of the export is not what its template prints",
                     number);
}

int expensify_assemble(struct text lines, struct arena *arena,
                       struct text *reports, struct error *err)
{
    struct buf b;
    struct json_out w;
    struct text report = TEXT_NONE;
    bool ended = false;
    size_t number = 0;
    int result = 0;
    buf_init(&b, (size_t)256 << 20);
    w = json_out(&b);
    json_begin_array(&w);
    while (lines.len > 0 && result == 0) {
        const char *nl = memchr(lines.ptr, '\n', lines.len);
        size_t len = nl ? (size_t)(nl - lines.ptr) : lines.len;
        struct text line = text_trim(text_slice(lines, 0, len));
        struct json_pick whole = { "", TEXT_NONE };
        struct text kind;
        lines = text_slice(lines, nl ? len + 1 : len,
                           lines.len - (nl ? len + 1 : len));
        if (line.len == 0)
            continue;
        if (++number > LINES_MAX || ended ||
            json_skim(line, &whole, 1, err) != 0) {
            result = bad_line(err, number);
            break;
        }
        kind = json_get_text(arena, line, "kind");
        if (text_is(kind, "report")) {
            if (report.len > 0) {
                json_end_array(&w);
                json_end_object(&w);
            }
            report = line;
            begin_report(&w, line, arena);
        } else if (text_is(kind, "expense") && report.len > 0) {
            json_begin_object(&w);
            put_members(&w, line, arena);
            put_effective(&w, line, report, arena);
            json_end_object(&w);
        } else if (text_is(kind, "end")) {
            ended = true;
        } else if (!text_is(kind, "start")) {
            result = bad_line(err, number);
        }
    }
    if (report.len > 0) {
        json_end_array(&w);
        json_end_object(&w);
    }
    json_end_array(&w);
    if (result == 0 && !ended)
        result = error_set(err, ERROR_VENDOR,
                           "the export is cut off: its last line is missing");
    if (result == 0 && b.full)
        result = error_set(err, ERROR_VENDOR, "the export is too large");
    *reports = buf_dup(arena, &b);
    buf_fini(&b);
    return result;
}
