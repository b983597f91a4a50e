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
    const char *beside; /* printed wherever that one is */
};

static const struct column report_columns[] = {
    { "reportID", NULL, AS_TEXT, true, NULL },
    { "oldReportID", NULL, AS_FOUND, false, NULL },
    { "reportName", NULL, AS_TEXT, false, NULL },
    { "status", NULL, AS_TEXT, true, NULL },
    { "total", NULL, AS_COUNT, false, NULL },
    { "currency", NULL, AS_TEXT, true, NULL },
    { "created", NULL, AS_TEXT, false, NULL },
    { "submitted", NULL, AS_TEXT, false, NULL },
    { "approved", NULL, AS_TEXT, true, NULL },
    { "reimbursed", NULL, AS_TEXT, false, NULL },
    { "accountEmail", NULL, AS_TEXT, false, NULL },
    { "accountID", NULL, AS_FOUND, false, NULL },
    { "submitterFirstName", "submitter.firstName", AS_TEXT, false, NULL },
    { "submitterLastName", "submitter.lastName", AS_TEXT, false, NULL },
    { "submitterFullName", "submitter.fullName", AS_TEXT, false, NULL },
    { "submitterUserID", NULL, AS_TEXT, false, NULL },
    { "submitterPayrollID", NULL, AS_TEXT, false, NULL },
    { "employeeCustomField1", NULL, AS_TEXT, false, NULL },
    { "employeeCustomField2", NULL, AS_TEXT, false, NULL },
    { "managerEmail", NULL, AS_TEXT, false, NULL },
    { "managerID", NULL, AS_FOUND, false, NULL },
    { "managerFirstName", "manager.firstName", AS_TEXT, false, NULL },
    { "managerLastName", "manager.lastName", AS_TEXT, false, NULL },
    { "managerFullName", "manager.fullName", AS_TEXT, false, NULL },
    { "managerUserID", NULL, AS_TEXT, false, NULL },
    { "managerPayrollID", NULL, AS_TEXT, false, NULL },
    { "policyID", NULL, AS_TEXT, false, NULL },
    { "policyName", NULL, AS_TEXT, false, NULL },
    { "entryID", NULL, AS_TEXT, false, NULL },
    { "isACHReimbursed", NULL, AS_NO, false, NULL },
    { NULL, NULL, AS_TEXT, false, NULL },
};

static const struct column expense_columns[] = {
    { "transactionID", NULL, AS_FOUND, true, NULL },
    { "merchant", NULL, AS_TEXT, true, NULL },
    { "modifiedMerchant", NULL, AS_TEXT, true, NULL },
    { "amount", NULL, AS_COUNT, true, NULL },
    { "modifiedAmount", NULL, AS_FOUND, true, NULL },
    { "convertedAmount", NULL, AS_FOUND, true, NULL },
    { "currency", NULL, AS_TEXT, true, NULL },
    { "currencyConversionRate", NULL, AS_FOUND, false, NULL },
    { "created", NULL, AS_TEXT, true, NULL },
    { "modifiedCreated", NULL, AS_TEXT, true, NULL },
    { "inserted", NULL, AS_TEXT, false, NULL },
    { "modified", NULL, AS_NO, false, NULL },
    { "category", NULL, AS_TEXT, false, NULL },
    { "categoryGlCode", NULL, AS_TEXT, false, NULL },
    { "categoryPayrollCode", NULL, AS_TEXT, false, NULL },
    { "tag", NULL, AS_TEXT, false, NULL },
    { "tagGlCode", NULL, AS_TEXT, false, NULL },
    { "ntag1", NULL, AS_TEXT, false, NULL },
    { "ntag1GlCode", NULL, AS_TEXT, false, NULL },
    { "ntag2", NULL, AS_TEXT, false, NULL },
    { "ntag2GlCode", NULL, AS_TEXT, false, NULL },
    { "ntag3", NULL, AS_TEXT, false, NULL },
    { "ntag3GlCode", NULL, AS_TEXT, false, NULL },
    { "ntag4", NULL, AS_TEXT, false, NULL },
    { "ntag4GlCode", NULL, AS_TEXT, false, NULL },
    { "ntag5", NULL, AS_TEXT, false, NULL },
    { "ntag5GlCode", NULL, AS_TEXT, false, NULL },
    { "taxAmount", NULL, AS_FOUND, false, NULL },
    { "modifiedTaxAmount", NULL, AS_FOUND, false, "taxAmount" },
    { "hasTax", NULL, AS_NO, false, NULL },
    { "taxName", NULL, AS_TEXT, false, NULL },
    { "taxRate", NULL, AS_FOUND, false, NULL },
    { "taxRateName", NULL, AS_TEXT, false, NULL },
    { "taxCode", NULL, AS_TEXT, false, NULL },
    { "comment", NULL, AS_TEXT, false, NULL },
    { "billable", NULL, AS_NO, false, NULL },
    { "reimbursable", NULL, AS_YES, false, NULL },
    { "bank", NULL, AS_TEXT, false, NULL },
    { "cardID", NULL, AS_FOUND, false, NULL },
    { "cardNumber", NULL, AS_TEXT, false, NULL },
    { "mcc", NULL, AS_FOUND, false, NULL },
    { "modifiedMCC", NULL, AS_FOUND, false, "mcc" },
    { "isDistance", NULL, AS_NO, false, NULL },
    { "distance", "units.count", AS_FOUND, false, NULL },
    { "distanceRate", "units.rate", AS_FOUND, false, NULL },
    { "distanceUnit", "units.unit", AS_TEXT, false, NULL },
    { "externalID", NULL, AS_TEXT, false, NULL },
    { "type", NULL, AS_TEXT, false, NULL },
    { "receiptID", NULL, AS_FOUND, false, NULL },
    { "receiptFilename", NULL, AS_TEXT, false, NULL },
    { NULL, NULL, AS_TEXT, false, NULL },
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
        buf_printf(b, c->path ? "${(%s.%s)!\"\"}" : "${%s.%s!\"\"}", owner,
                   path);
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

static bool is_custom(struct text wire)
{
    size_t at = sizeof "customField." - 1;
    if (!text_starts(wire, TEXT("customField.")) || wire.len == at)
        return false;
    for (; at < wire.len; at++)
        if (!((wire.ptr[at] >= '0' && wire.ptr[at] <= '9') ||
              (wire.ptr[at] >= 'A' && wire.ptr[at] <= 'Z') ||
              (wire.ptr[at] >= 'a' && wire.ptr[at] <= 'z') ||
              wire.ptr[at] == '_'))
            return false;
    return true;
}

static const struct shape_field *wanted_field(const struct shape *shape,
                                              const char *name)
{
    for (size_t i = 0; shape && i < shape->count; i++)
        if (text_is(shape->fields[i].field->wire, name))
            return &shape->fields[i];
    return NULL;
}

/* A report's own fields, which a project's object names: every character of
 * the label that is no letter or digit is a `_` there. */
static void print_custom(const struct shape *shape, struct buf *b)
{
    for (size_t i = 0; shape && i < shape->count; i++) {
        struct text wire = shape->fields[i].field->wire;
        if (is_custom(wire))
            buf_printf(b, "\"%.*s\":\"${((report.%.*s)!\"\")?json_string}\",",
                       TEXT_ARG(wire), TEXT_ARG(wire));
    }
}

/* NULL `shape` with `all`: every column; without: the core. */
static void print_columns(const char *owner, const struct column *c,
                          const struct shape *shape, bool all, struct buf *b)
{
    for (; c->name; c++)
        if (c->core || all ||
            wanted_field(shape, c->beside ? c->beside : c->name))
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
    print_custom(flat ? NULL : shape, &b);
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
        { "created", FORM_DROP }, { "taxAmount", FORM_DROP },
        { "modifiedTaxAmount", FORM_DROP }, { "mcc", FORM_DROP },
        { "modifiedMCC", FORM_DROP },
        { "total", FORM_NUMBER }, { "convertedAmount", FORM_NUMBER },
        { "submitted", FORM_DATETIME }, { "approved", FORM_DATETIME },
        { "reimbursed", FORM_DATETIME }, { "inserted", FORM_DATETIME },
        { "modified", FORM_YESNO }, { "billable", FORM_YESNO },
        { "reimbursable", FORM_YESNO }, { "isACHReimbursed", FORM_YESNO },
        { "hasTax", FORM_YESNO }, { "isDistance", FORM_YESNO },
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
    static const char *const names[] = {
        "transactionID", "accountID",    "receiptID",    "oldReportID",
        "managerID",     "cardID",       "distanceRate", "distance",
        "taxRate",       "currencyConversionRate",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(name, names[i]))
            return true;
    return false;
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
        if (t.len > 0 && !is_custom(it.name)) /* blank is missing */
            put_member(w, it.name, t, arena);
    }
}

static void put_custom(struct json_out *w, struct text line,
                       struct arena *arena)
{
    struct json_items it = json_items(line);
    size_t n = 0;
    while (json_next(&it)) {
        struct text t = json_text(arena, it.value);
        if (t.len == 0 || !is_custom(it.name))
            continue;
        if (n++ == 0) {
            json_key(w, "customField");
            json_begin_object(w);
        }
        json_key_text(w, text_slice(it.name, 12, it.name.len - 12));
        json_string(w, unescaped(t, arena));
    }
    if (n > 0)
        json_end_object(w);
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

/* A number, or the user's correction of it; nothing when there is neither. */
static void put_corrected(struct json_out *w, struct text line,
                          const char *name, const char *modified, bool amount,
                          struct arena *arena)
{
    struct text t = bare_number(member(line, modified, arena), arena);
    if (is_zero(t))
        t = bare_number(member(line, name, arena), arena);
    if (t.len == 0)
        return;
    json_key(w, name);
    if (amount)
        json_raw(w, t);
    else
        json_string(w, t);
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
    put_corrected(w, line, "taxAmount", "modifiedTaxAmount", true, arena);
    put_corrected(w, line, "mcc", "modifiedMCC", false, arena);
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
    put_custom(w, line, arena);
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
    if (text_starts(lines, TEXT("\xef\xbb\xbf")))
        lines = text_slice(lines, 3, lines.len - 3);
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
