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

/* Text, maybe absent. */
#define T(owner, name) \
    "\"" #name "\":\"${(" #owner "." #name "!\"\")?json_string}\","
/* The same where a step before it may be absent too. */
#define TN(owner, path, name) \
    "\"" #name "\":\"${((" #owner "." path ")!\"\")?json_string}\","
/* Number, maybe blank: grouping signs are taken out on the way back. */
#define N(owner, name) "\"" #name "\":\"${" #owner "." #name "!\"\"}\","
/* Number that is always there. */
#define C(owner, name) "\"" #name "\":\"${(" #owner "." #name "!0)?c}\","
#define B(owner, name, otherwise)                                  \
    "\"" #name "\":\"${(" #owner "." #name "!" #otherwise \
    ")?string(\"true\",\"false\")}\","

static const char template[] =
    "{\"kind\":\"start\"}\n"
    "<#list reports as report>\n"
    "{\"kind\":\"report\","
    T(report, reportID) N(report, oldReportID) T(report, reportName)
    T(report, status) C(report, total) T(report, currency) T(report, created)
    T(report, submitted) T(report, approved) T(report, reimbursed)
    T(report, accountEmail) N(report, accountID)
    TN(report, "submitter.firstName", submitterFirstName)
    TN(report, "submitter.lastName", submitterLastName)
    TN(report, "submitter.fullName", submitterFullName)
    T(report, submitterUserID) T(report, submitterPayrollID)
    T(report, employeeCustomField1) T(report, employeeCustomField2)
    T(report, managerEmail) TN(report, "manager.fullName", managerFullName)
    T(report, managerUserID) T(report, managerPayrollID) T(report, policyID)
    T(report, policyName) T(report, entryID)
    B(report, isACHReimbursed, false)
    "\"end\":\"\"}\n"
    "<#list report.transactionList as expense>\n"
    "{\"kind\":\"expense\","
    N(expense, transactionID) T(expense, merchant) T(expense, modifiedMerchant)
    C(expense, amount) N(expense, modifiedAmount) N(expense, convertedAmount)
    T(expense, currency) N(expense, currencyConversionRate)
    T(expense, created) T(expense, modifiedCreated) T(expense, inserted)
    B(expense, modified, false) T(expense, category)
    T(expense, categoryGlCode) T(expense, categoryPayrollCode) T(expense, tag)
    T(expense, tagGlCode)
    T(expense, ntag1) T(expense, ntag1GlCode) T(expense, ntag2)
    T(expense, ntag2GlCode) T(expense, ntag3) T(expense, ntag3GlCode)
    T(expense, ntag4) T(expense, ntag4GlCode) T(expense, ntag5)
    T(expense, ntag5GlCode)
    N(expense, taxAmount) T(expense, taxName) N(expense, taxRate)
    T(expense, taxRateName) T(expense, taxCode) T(expense, comment)
    B(expense, billable, false) B(expense, reimbursable, true)
    T(expense, bank) T(expense, cardNumber) T(expense, mcc)
    T(expense, externalID) T(expense, type) N(expense, receiptID)
    T(expense, receiptFilename)
    "\"end\":\"\"}\n"
    "</#list>\n"
    "</#list>\n"
    "{\"kind\":\"end\"}\n";

struct text expensify_template(void)
{
    return text_of(template);
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
