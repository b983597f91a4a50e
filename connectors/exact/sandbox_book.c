/* Bookings of the Exact sandbox: journals, periods, balance, tax, dimensions;
 * and the ledger lines they leave. */
#include "config.h"
#include "connectors/exact/sandbox.h"

#include "base/date.h"
#include <string.h>

/* Kinds of G/L accounts a sales or purchase line may not name. */
static bool is_control_account(int64_t type)
{
    return type == 20 || type == 22 || type == 24;
}

static bool is_journal_entry(const struct exact_call *c)
{
    return strcmp(c->entity->name, "GeneralJournalEntries") == 0;
}

/* ----------------------------------------------------------------- lines */
static bool dimension_is_right(struct exact_call *c,
                               const struct exact_entity *e,
                               const struct doc *account,
                               const struct doc *line, const char *rule,
                               const char *field)
{
    int64_t use = doc_whole(account, rule, 0);
    bool given = *doc_str(line, field) != '\0';
    if (!exact_field_of(e, text_of(field)) || use == 0)
        return true;
    if (use == 1 && !given) {
        exact_business(c->call, TEXT_MANDATORY, field);
        return false;
    }
    if (use == 2 && given) {
        exact_business(c->call, TEXT_INVALID, field);
        return false;
    }
    return true;
}

static bool is_booking_line(const struct exact_entity *e)
{
    return strcmp(e->name, "GeneralJournalEntryLines") == 0 ||
           strcmp(e->name, "SalesEntryLines") == 0 ||
           strcmp(e->name, "PurchaseEntryLines") == 0;
}

bool exact_line_is_right(struct exact_call *c, const struct exact_entity *e,
                         const struct doc *line)
{
    if (!is_booking_line(e))
        return true;
    const struct doc *account =
        exact_find(c->world, c->division, "GLAccounts", "ID",
                   doc_as_text(doc_get(line, "GLAccount")));
    if (!account || doc_is_true(doc_get(account, "IsBlocked"))) {
        exact_business(c->call, TEXT_INVALID, "GLAccount");
        return false;
    }
    if (strcmp(e->name, "GeneralJournalEntryLines") != 0 &&
        is_control_account(doc_whole(account, "Type", 0))) {
        exact_business(c->call, TEXT_INVALID, "GLAccountType");
        return false;
    }
    return dimension_is_right(c, e, account, line, "UseCostcenter",
                              "CostCenter") &&
           dimension_is_right(c, e, account, line, "UseCostunit", "CostUnit");
}

/* --------------------------------------------------------------- headers */
static const struct doc *period_of(struct exact_call *c, int64_t year,
                                   int64_t number, int64_t day)
{
    const struct table *t =
        exact_table(c->world, c->division, "FinancialPeriods");
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *p = table_at(t, i);
        if (!p)
            continue;
        if (number > 0 ? doc_whole(p, "FinYear", 0) == year &&
                             doc_whole(p, "FinPeriod", 0) == number
                       : doc_whole(p, "StartDate", 0) <= day &&
                             doc_whole(p, "EndDate", 0) >= day)
            return p;
    }
    return NULL;
}

static bool year_exists(struct exact_call *c, int64_t year)
{
    return period_of(c, year, 1, 0) != NULL;
}

static int64_t booking_day(struct exact_call *c, const struct doc *header,
                           const struct doc *lines)
{
    int64_t today =
        exact_local_ms(world_now_ms(c->world)) / DAY_MS * DAY_MS;
    int64_t day = doc_whole(header, "EntryDate", 0);
    for (size_t i = 0; day == 0 && i < doc_count(lines); i++)
        day = doc_whole(doc_at(lines, i), "Date", 0);
    return day ? day / DAY_MS * DAY_MS : today;
}

/* Finds the period, or the day's when none is named, and checks it is open. */
static bool period_is_open(struct exact_call *c, struct doc *header,
                           const struct doc *lines)
{
    const char *year_field = is_journal_entry(c) ? "FinancialYear"
                                                 : "ReportingYear";
    const char *period_field = is_journal_entry(c) ? "FinancialPeriod"
                                                   : "ReportingPeriod";
    int64_t year = doc_whole(header, year_field, 0);
    int64_t number = doc_whole(header, period_field, 0);
    int64_t day = booking_day(c, header, lines);
    if (year > 0 && !year_exists(c, year)) {
        exact_business(c->call, TEXT_UNKNOWN, "FinancialYear");
        return false;
    }
    if (year == 0)
        number = 0;
    const struct doc *p = period_of(c, year, number, day);
    if (!p) {
        exact_business(c->call, TEXT_UNKNOWN,
                       number ? "FinancialPeriod" : "FinancialYear");
        return false;
    }
    if (doc_is_true(doc_get(p, "_closed"))) {
        exact_business(c->call, TEXT_PERIOD_CLOSED, "FinancialPeriod");
        return false;
    }
    doc_set(header, year_field, doc_copy(doc_get(p, "FinYear")));
    doc_set(header, period_field, doc_copy(doc_get(p, "FinPeriod")));
    doc_set_int(header, "_day", day);
    return true;
}

static bool journal_is_right(struct exact_call *c, const struct doc *header,
                             int64_t type, const struct doc **journal)
{
    const char *field = is_journal_entry(c) ? "JournalCode" : "Journal";
    *journal = exact_find(c->world, c->division, "Journals", "Code",
                          doc_as_text(doc_get(header, field)));
    if (*journal && doc_whole(*journal, "Type", 0) == type)
        return true;
    exact_business(c->call, TEXT_INVALID, field);
    return false;
}

/* The tax of one line; zero without a code or with one of no percentage. */
static bool tax_of(struct exact_call *c, const struct doc *journal,
                   const struct doc *line, struct decimal *tax)
{
    const char *code = doc_str(line, "VATCode");
    struct decimal amount, percentage;
    *tax = decimal_int(0);
    if (!*code)
        return true;
    const struct doc *vat = exact_find(c->world, c->division, "VATCodes",
                                       "Code", text_of(code));
    if (!vat || !doc_is_true(doc_get(journal, "AllowVAT"))) {
        exact_business(c->call, TEXT_INVALID, "VATCode");
        return false;
    }
    if (doc_as_decimal(doc_get(line, "AmountVATFC"), tax))
        return true;
    if (doc_as_decimal(doc_get(line, "AmountFC"), &amount) &&
        doc_as_decimal(doc_get(vat, "Percentage"), &percentage) &&
        decimal_mul(amount, percentage, tax) == DECIMAL_OK)
        decimal_round(*tax, 2, ROUND_HALF_AWAY, tax);
    return true;
}

/* Amounts net to zero, each rounded to cents first. */
static bool is_balanced(struct exact_call *c, const struct doc *journal,
                        const struct doc *lines)
{
    struct decimal sum = decimal_int(0), amount, tax;
    for (size_t i = 0; i < doc_count(lines); i++) {
        const struct doc *line = doc_at(lines, i);
        if (!tax_of(c, journal, line, &tax))
            return false;
        if (doc_as_decimal(doc_get(line, "AmountFC"), &amount)) {
            decimal_round(amount, 2, ROUND_HALF_AWAY, &amount);
            decimal_add(sum, amount, &sum);
        }
        decimal_add(sum, tax, &sum);
    }
    if (decimal_is_zero(sum))
        return true;
    exact_business(c->call, TEXT_UNBALANCED, "AmountFC");
    return false;
}

bool exact_booking_is_right(struct exact_call *c, struct doc *header,
                            const struct doc *lines)
{
    const struct doc *journal;
    if (is_journal_entry(c))
        return journal_is_right(c, header, 90, &journal) &&
               period_is_open(c, header, lines) &&
               is_balanced(c, journal, lines);
    if (strcmp(c->entity->name, "SalesEntries") == 0)
        return journal_is_right(c, header, 20, &journal) &&
               period_is_open(c, header, lines);
    if (strcmp(c->entity->name, "PurchaseEntries") == 0)
        return journal_is_right(c, header, 22, &journal) &&
               period_is_open(c, header, lines);
    return true;
}

/* ---------------------------------------------------------- ledger lines */
static bool is_booked(const struct exact_call *c)
{
    return is_journal_entry(c) ||
           strcmp(c->entity->name, "SalesEntries") == 0 ||
           strcmp(c->entity->name, "PurchaseEntries") == 0;
}

static void book_line(struct exact_call *c, const struct doc *header,
                      const struct doc *line, const char *journal)
{
    static const char *const same[] = {
        "AmountFC",    "Description", "GLAccount",  "GLAccountCode",
        "CostCenter",  "CostUnit",    "Account",    "AccountCode",
        "AccountName", "Notes",       "LineNumber", "Quantity",
        "GLAccountDescription", "CostCenterDescription",
        "CostUnitDescription",
    };
    const struct exact_entity *e =
        exact_entity_named(TEXT("TransactionLines"));
    struct doc *d = exact_new_row(c->world, c->arena, c->division, e, NULL);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (doc_is_present(doc_get(line, same[i])))
            doc_set(d, same[i], doc_copy(doc_get(line, same[i])));
    doc_set(d, "AmountDC", doc_copy(doc_get(line, "AmountFC")));
    doc_set(d, "EntryID", doc_copy(doc_get(header, c->entity->key)));
    doc_set(d, "EntryNumber", doc_copy(doc_get(header, "EntryNumber")));
    doc_set_string(d, "JournalCode", journal);
    doc_set(d, "FinancialYear",
            doc_copy(doc_get(header, is_journal_entry(c) ? "FinancialYear"
                                                         : "ReportingYear")));
    doc_set(d, "FinancialPeriod",
            doc_copy(doc_get(header, is_journal_entry(c)
                                         ? "FinancialPeriod"
                                         : "ReportingPeriod")));
    doc_set(d, "Currency", doc_copy(doc_get(header, "Currency")));
    doc_set_int(d, "Date", doc_whole(header, "_day", 0));
    doc_set_int(d, "Status", 20);
    exact_put(c->world, c->division, e, d);
}

void exact_book(struct exact_call *c, const struct doc *header)
{
    if (!is_booked(c))
        return;
    const char *journal =
        doc_str(header, is_journal_entry(c) ? "JournalCode" : "Journal");
    const char *key = doc_str(header, c->entity->key);
    const struct table *t =
        exact_table(c->world, c->division, c->entity->lines);
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *line = table_at(t, i);
        if (line && strcmp(doc_str(line, c->entity->parent_field), key) == 0)
            book_line(c, header, line, journal);
    }
}

void exact_unbook(struct exact_call *c, const struct doc *header)
{
    const struct exact_entity *e =
        exact_entity_named(TEXT("TransactionLines"));
    struct table *t = exact_table(c->world, c->division, e->name);
    const char *key = doc_str(header, c->entity->key);
    for (size_t i = 0; is_booked(c) && i < table_end(t); i++) {
        const struct doc *line = table_at(t, i);
        if (line && strcmp(doc_str(line, "EntryID"), key) == 0)
            exact_remove(c->world, c->division, e, table_key_at(t, i));
    }
}
