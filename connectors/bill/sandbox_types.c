/* The kinds of records of the BILL sandbox, and what a body of each must
 * hold. */
#include "config.h"
#include "connectors/bill/sandbox.h"

#include "base/date.h"
#include <string.h>

#define TIMES "createdTime:gt gte lt lte;updatedTime:gt gte lt lte;"
#define PLAIN "id:eq ne in;archived:eq ne;" TIMES
#define TAGS                                                                   \
    "classifications.chartOfAccountId:eq ne in;"                               \
    "classifications.accountingClassId:eq ne in;"                              \
    "classifications.departmentId:eq ne in;"                                   \
    "classifications.locationId:eq ne in;classifications.itemId:eq ne in;"
#define TREE "name,shortName,description,parentId"

static const struct bill_type types[] = {
    { "bills", "bills", "bill", "00n", "cupab", "billLineItems", "", 100,
      "vendorId,dueDate,invoice,billLineItems,description,classifications,"
      "payFromChartOfAccountId,vendorCredits,purchaseOrderNumber,"
      "billApprovals,processingOptions",
      PLAIN TAGS "vendorId:eq in;dueDate:gt gte lt lte;"
                 "paymentStatus:eq ne in;invoice.invoiceNumber:eq;"
                 "payFromChartOfAccountId:eq ne in;",
      "approvers,exchangeRate,fundingAmount", "invoice.invoiceNumber", true },
    { "vendors", "vendors", "vendor", "009", "cuab", "", "vendors", 20,
      "name,shortName,accountNumber,accountType,email,phone,address,"
      "paymentInformation,additionalInfo,billCurrency,autoPay",
      PLAIN "name:eq sw;accountType:eq ne in nin;billCurrency:eq ne in nin;"
            "paymentStatus:eq ne in nin;address.country:eq ne;",
      "additionalInfo,autoPay", "name", true },
    { "payments", "payments", "payment", "stp", "", "", "", 50, "",
      "id:eq ne in;" TIMES "vendorId:eq in;processDate:gt gte lt lte;"
      "amount:gt gte lt lte eq;transactionNumber:eq in;status:eq ne in nin;"
      "disbursementType:eq ne in nin;onlinePayment:eq ne;",
      "exchangeRate,fundingAmount", "transactionNumber", true },
    { "classifications/chart-of-accounts", "chart_of_accounts",
      "chart_of_account", "0ca", "cuab", "", "chartOfAccounts", 50,
      "name,description,parentId,account", PLAIN "name:eq sw;", "",
      "account.number", false },
    { "classifications/accounting-classes", "accounting_classes",
      "accounting_class", "cls", "cuab", "", "accountingClasses", 50, TREE,
      PLAIN "name:eq sw;", "", "name", false },
    { "classifications/departments", "departments", "department", "0de",
      "cuab", "", "departments", 50, TREE, PLAIN "name:eq sw;", "",
      "shortName", false },
    { "classifications/locations", "locations", "location", "loc", "cuab", "",
      "locations", 50, TREE, PLAIN "name:eq sw;", "", "name", false },
    { "classifications/jobs", "jobs", "job", "job", "cuab", "", "jobs", 50,
      TREE, PLAIN "name:eq sw;", "", "name", false },
    { "classifications/employees", "employees", "employee", "emp", "cuab", "",
      "employees", 50, "firstName,lastName,shortName,parentId",
      PLAIN "firstName:eq sw;lastName:eq sw;", "", "lastName", false },
    { "classifications/items", "items", "item", "itm", "cuab", "", "items", 50,
      TREE ",type,price,purchaseDescription,purchaseCost,chartOfAccountId,"
           "expenseChartOfAccountId,taxable,percentage",
      PLAIN "name:eq sw;", "", "name", false },
    { "customers", "customers", "customer", "0cu", "cua", "", "", 0,
      "name,email,companyName,contact,phone,fax,description,invoiceCurrency,"
      "accountType,paymentTermId,accountNumber,billingAddress,"
      "shippingAddress",
      PLAIN "name:eq sw;", "contact", "name", false },
    { "invoices", "invoices", "invoice", "00e", "cupa", "invoiceLineItems", "",
      0,
      "customer,invoiceNumber,invoiceDate,dueDate,invoiceLineItems,"
      "processingOptions,payToChartOfAccountId,classifications,"
      "salesTaxItemId,salesTaxPercentage,enableCardPayment",
      PLAIN TAGS "customerId:eq in;payToChartOfAccountId:eq ne in;",
      "payments,invoicePdfId", "invoiceNumber", true },
    { "vendor-credits", "vendor_credits", "vendor_credit", "vcr", "cupa",
      "vendorCreditLineItems", "", 0,
      "vendorId,referenceNumber,creditDate,description,"
      "applyToChartOfAccountId,applyToBankAccountId,vendorCreditLineItems",
      PLAIN "vendorId:eq in;creditDate:gt gte lt lte;", "usage",
      "referenceNumber", false },
    { "users", "users", "user", "006", "cu", "", "", 0,
      "firstName,lastName,email,roleId,acceptTermsOfService",
      "id:eq ne in;" TIMES "email:eq;", "", "email", false },
};

const struct bill_type *bill_type_of(struct text path, struct text *rest)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t len = strlen(types[i].path);
        if (!text_starts(path, text_of(types[i].path)) ||
            (path.len > len && path.ptr[len] != '/'))
            continue;
        *rest = path.len > len ? text_slice(path, len + 1, path.len - len - 1)
                               : TEXT_NONE;
        return &types[i];
    }
    return NULL;
}

const struct bill_type *bill_type_named(const char *table)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].table, table) == 0)
            return &types[i];
    return NULL;
}

/* The part of `rest` up to `mark`, which is taken off with it. */
static struct text take(struct text *rest, const char *mark)
{
    size_t at;
    struct text part;
    if (!text_find(*rest, text_of(mark), &at))
        at = rest->len;
    part = text_slice(*rest, 0, at);
    *rest = at < rest->len ? text_slice(*rest, at + 1, rest->len - at - 1)
                           : TEXT_NONE;
    return part;
}

bool list_names(const char *list, struct text word)
{
    struct text rest = text_of(list);
    while (rest.len > 0)
        if (text_equal(take(&rest, ","), word))
            return true;
    return false;
}

const char *bill_filter_ops(const struct bill_type *t, struct text field,
                            struct arena *arena)
{
    struct text rest = text_of(t->filters);
    while (rest.len > 0) {
        struct text one = take(&rest, ";");
        if (text_equal(take(&one, ":"), field))
            return text_cstr(arena, one);
    }
    return NULL;
}

/* ----------------------------------------------------------------- rules */
enum rule_kind {
    RULE_TEXT,
    RULE_DATE,
    RULE_NUMBER,
    RULE_YESNO,
    RULE_OBJECT,
    RULE_LIST,    /* with an element */
    RULE_OF,      /* a record that is there and not archived */
    RULE_ENUM,
    RULE_COUNTRY,
    RULE_EMAIL,
    RULE_NONE,    /* must not be there */
};

struct rule {
    const char *type, *path; /* path "lines[].x": of every line */
    enum rule_kind kind;
    bool required;
    const char *more; /* table, names of an enum, or the longest length */
};

#define ACCOUNT_TYPES                                                          \
    "UNSPECIFIED,ACCOUNTS_PAYABLE,ACCOUNTS_RECEIVABLE,BANK,"                   \
    "COST_OF_GOODS_SOLD,CREDIT_CARD,EQUITY,EXPENSE,FIXED_ASSET,INCOME,"        \
    "LONG_TERM_LIABILITY,OTHER_ASSET,OTHER_CURRENT_ASSET,"                     \
    "OTHER_CURRENT_LIABILITY,OTHER_EXPENSE,OTHER_INCOME,NON_POSTING"
#define TAG_RULES(type, at)                                                    \
    { type, at "chartOfAccountId", RULE_OF, false, "chart_of_accounts" },      \
    { type, at "accountingClassId", RULE_OF, false, "accounting_classes" },    \
    { type, at "departmentId", RULE_OF, false, "departments" },                \
    { type, at "locationId", RULE_OF, false, "locations" },                    \
    { type, at "itemId", RULE_OF, false, "items" }
#define TREE_RULES(type)                                                       \
    { type, "name", RULE_TEXT, true, "" },                                     \
    { type, "shortName", RULE_TEXT, false, "" },                               \
    { type, "parentId", RULE_OF, false, type }

static const struct rule rules[] = {
    { "bills", "vendorId", RULE_OF, true, "vendors" },
    { "bills", "dueDate", RULE_DATE, true, "" },
    { "bills", "invoice.invoiceNumber", RULE_TEXT, true, "21" },
    { "bills", "invoice.invoiceDate", RULE_DATE, true, "" },
    { "bills", "billLineItems", RULE_LIST, true, "" },
    { "bills", "payFromChartOfAccountId", RULE_OF, false,
      "chart_of_accounts" },
    TAG_RULES("bills", "classifications."),
    { "bills", "lines[].quantity", RULE_NUMBER, false, "" },
    { "bills", "lines[].description", RULE_TEXT, false, "" },
    TAG_RULES("bills", "lines[].classifications."),
    { "bills", "lines[].classifications.employeeId", RULE_OF, false,
      "employees" },
    { "bills", "lines[].classifications.jobId", RULE_OF, false, "jobs" },
    { "bills", "lines[].classifications.customerId", RULE_OF, false,
      "customers" },
    { "vendors", "name", RULE_TEXT, true, "" },
    { "vendors", "accountType", RULE_ENUM, false, "BUSINESS,PERSON,NONE" },
    { "vendors", "email", RULE_EMAIL, false, "" },
    { "vendors", "address", RULE_OBJECT, true, "" },
    { "vendors", "address.line1", RULE_TEXT, true, "" },
    { "vendors", "address.city", RULE_TEXT, true, "" },
    { "vendors", "address.country", RULE_COUNTRY, true, "" },
    { "customers", "name", RULE_TEXT, true, "" },
    { "customers", "email", RULE_EMAIL, true, "" },
    { "customers", "billingAddress.country", RULE_COUNTRY, false, "" },
    { "invoices", "customer", RULE_OBJECT, true, "" },
    { "invoices", "customer.id", RULE_OF, false, "customers" },
    { "invoices", "customerId", RULE_NONE, false, "" },
    { "invoices", "invoiceNumber", RULE_TEXT, true, "" },
    { "invoices", "invoiceDate", RULE_DATE, false, "" },
    { "invoices", "dueDate", RULE_DATE, true, "" },
    { "invoices", "invoiceLineItems", RULE_LIST, true, "" },
    TAG_RULES("invoices", "lines[].classifications."),
    { "invoices", "lines[].classifications.jobId", RULE_OF, false, "jobs" },
    { "invoices", "lines[].classifications.employeeId", RULE_NONE, false,
      "" },
    { "invoices", "lines[].classifications.customerId", RULE_NONE, false,
      "" },
    { "vendor_credits", "vendorId", RULE_OF, true, "vendors" },
    { "vendor_credits", "referenceNumber", RULE_TEXT, true, "" },
    { "vendor_credits", "creditDate", RULE_DATE, true, "" },
    { "vendor_credits", "vendorCreditLineItems", RULE_LIST, true, "" },
    TAG_RULES("vendor_credits", "lines[].classifications."),
    { "chart_of_accounts", "name", RULE_TEXT, true, "" },
    { "chart_of_accounts", "account", RULE_OBJECT, true, "" },
    { "chart_of_accounts", "account.type", RULE_ENUM, true, ACCOUNT_TYPES },
    { "chart_of_accounts", "account.number", RULE_TEXT, false, "" },
    { "chart_of_accounts", "parentId", RULE_OF, false, "chart_of_accounts" },
    TREE_RULES("accounting_classes"),
    TREE_RULES("departments"),
    TREE_RULES("locations"),
    TREE_RULES("jobs"),
    TREE_RULES("items"),
    { "items", "type", RULE_TEXT, true, "" },
    { "items", "price", RULE_NUMBER, false, "" },
    { "items", "chartOfAccountId", RULE_OF, false, "chart_of_accounts" },
    { "employees", "firstName", RULE_TEXT, true, "" },
    { "employees", "lastName", RULE_TEXT, true, "" },
    { "employees", "parentId", RULE_OF, false, "employees" },
    { "users", "firstName", RULE_TEXT, true, "" },
    { "users", "lastName", RULE_TEXT, true, "" },
    { "users", "email", RULE_EMAIL, true, "" },
    { "users", "roleId", RULE_TEXT, true, "" },
    { "users", "acceptTermsOfService", RULE_YESNO, true, "" },
    { "payments", "vendorId", RULE_OF, true, "vendors" },
    { "payments", "amount", RULE_NUMBER, true, "" },
    { "payments", "processDate", RULE_DATE, true, "" },
    { "payments", "fundingAccount", RULE_OBJECT, true, "" },
    { "payments", "fundingAccount.type", RULE_ENUM, true,
      "BANK_ACCOUNT,CARD_ACCOUNT,AP_CARD,WALLET" },
    { "payments", "processingOptions", RULE_OBJECT, true, "" },
    { "payments", "transactionNumber", RULE_TEXT, false, "50" },
};

static bool is_country(struct text t)
{
    return t.len == 2 && t.ptr[0] >= 'A' && t.ptr[0] <= 'Z' &&
           t.ptr[1] >= 'A' && t.ptr[1] <= 'Z';
}

static const char *text_fault(const struct rule *r, const struct doc *value)
{
    struct text t = doc_as_text(value);
    int64_t most = 0;
    if (doc_kind(value) != DOC_TEXT)
        return "must be text";
    if (text_trim(t).len == 0 && r->required)
        return "must not be blank";
    for (const char *at = r->more; *at >= '0' && *at <= '9'; at++)
        most = most * 10 + (*at - '0');
    return most > 0 && (int64_t)utf8_count(t) > most ? "is too long" : NULL;
}

static const char *reference_fault(struct world *w, const struct rule *r,
                                   const struct doc *value)
{
    const struct doc *row =
        table_get_text(world_table(w, r->more), doc_as_text(value));
    if (!row)
        return "no such object";
    return doc_is_true(doc_get(row, "archived")) ? "the object is archived"
                                                 : NULL;
}

static const char *value_fault(struct world *w, const struct rule *r,
                               const struct doc *value)
{
    struct text t = doc_as_text(value);
    int32_t day;
    size_t at;
    switch (r->kind) {
    case RULE_TEXT:
        return text_fault(r, value);
    case RULE_DATE:
        return doc_kind(value) == DOC_TEXT && date_parse(t, &day)
                   ? NULL
                   : "must be a date, yyyy-MM-dd";
    case RULE_NUMBER:
        return doc_kind(value) == DOC_NUMBER ? NULL : "must be a number";
    case RULE_YESNO:
        return doc_kind(value) == DOC_YESNO ? NULL : "must be true or false";
    case RULE_OBJECT:
        return doc_kind(value) == DOC_OBJECT ? NULL : "must be an object";
    case RULE_LIST:
        return doc_kind(value) == DOC_LIST && doc_count(value) > 0
                   ? NULL
                   : "must not be empty";
    case RULE_OF:
        return reference_fault(w, r, value);
    case RULE_ENUM:
        return list_names(r->more, t) ? NULL : "is not one of the values";
    case RULE_COUNTRY:
        return is_country(t) ? NULL : "must be a country of two letters";
    case RULE_EMAIL:
        return text_find(t, TEXT("@"), &at) ? NULL
                                            : "must be an e-mail address";
    case RULE_NONE:
        return "is not known";
    }
    return NULL;
}

/* Every second fault is told without a code, as the vendor does. */
static void tell(struct sandbox_call *call, struct doc *faults,
                 const char *prefix, const char *path, const char *why)
{
    bill_fault(call, faults, doc_count(faults) % 2 == 0 ? "BDC_1143" : NULL,
               "%s%s: %s", prefix, path, why);
}

static void check_one(struct world *w, struct sandbox_call *call,
                      const struct rule *r, const struct doc *body,
                      const char *path, bool whole, const char *prefix,
                      struct doc *faults)
{
    const struct doc *value = doc_path(body, path);
    if (!doc_is_present(value)) {
        if (r->required && (whole || value))
            tell(call, faults, prefix, path, "must not be null");
        return;
    }
    const char *why = value_fault(w, r, value);
    if (why)
        tell(call, faults, prefix, path, why);
}

/* A line has an amount, or a quantity and a price. */
static void check_amount(struct sandbox_call *call, const struct bill_type *t,
                         const struct doc *line, const char *prefix,
                         struct doc *faults)
{
    bool amount = doc_kind(doc_get(line, "amount")) == DOC_NUMBER;
    bool price = doc_kind(doc_get(line, "price")) == DOC_NUMBER &&
                 doc_kind(doc_get(line, "quantity")) == DOC_NUMBER;
    if (strcmp(t->table, "invoices") == 0 ? !price : !amount && !price)
        tell(call, faults, prefix, "amount", "must not be null");
}

static void check_lines(struct world *w, struct sandbox_call *call,
                        const struct bill_type *t, const struct doc *body,
                        bool whole, const char *prefix, struct doc *faults)
{
    const struct doc *lines = doc_get(body, t->lines);
    size_t skip = strlen("lines[].");
    for (size_t i = 0; i < doc_count(lines); i++) {
        const struct doc *line = doc_at(lines, i);
        const char *at = arena_printf(call->arena, "%s%s[%zu].", prefix,
                                      t->lines, i);
        if (whole)
            check_amount(call, t, line, at, faults);
        for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
            if (strcmp(rules[k].type, t->table) == 0 &&
                strncmp(rules[k].path, "lines[].", skip) == 0)
                check_one(w, call, &rules[k], line, rules[k].path + skip,
                          whole, at, faults);
    }
}

void bill_check(struct world *w, struct sandbox_call *call,
                const struct bill_type *t, const struct doc *body, bool whole,
                const char *prefix, struct doc *faults)
{
    if (doc_kind(body) != DOC_OBJECT) {
        bill_fault(call, faults, "BDC_1143", "%sthe body must be an object",
                   prefix);
        return;
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].type, t->table) == 0 &&
            strncmp(rules[i].path, "lines[]", 7) != 0)
            check_one(w, call, &rules[i], body, rules[i].path, whole, prefix,
                      faults);
    if (*t->lines)
        check_lines(w, call, t, body, whole, prefix, faults);
    if (!*t->writable || !world_switch_is(w, "unknown", "refuse"))
        return;
    for (void *it = doc_first(body); it; it = doc_next(body, it))
        if (!list_names(t->writable, text_of(doc_name(it))))
            tell(call, faults, prefix, doc_name(it), "is not known");
}
