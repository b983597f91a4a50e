/* What is in the Exact sandbox at first: the books of a small company, with
 * what a flow must cope with. */
#include "config.h"
#include "connectors/exact/sandbox.h"

#include "base/date.h"
#include <string.h>

struct seed {
    struct world *w;
    struct arena arena;
    const char *division, *currency;
    int64_t now_ms;   /* local wall clock */
    int32_t year;
};

/* --------------------------------------------------------------- helpers */
static const char *guid_of(struct seed *s, const char *kind, const char *key)
{
    return name_guid(&s->arena, arena_printf(&s->arena, "exact/%s/%s/%s",
                                             s->division, kind, key));
}

/* A row that was made and last changed so many days ago. */
static struct doc *add(struct seed *s, const char *entity, const char *key,
                       int days)
{
    const struct exact_entity *e = exact_entity_named(text_of(entity));
    const char *id = guid_of(s, entity, key);
    const struct exact_field *f = exact_field_of(e, text_of(e->key));
    struct doc *d = exact_new_row(s->w, &s->arena, s->division, e,
                                  f->type == 'g' ? id : key);
    int64_t when = s->now_ms - days * DAY_MS;
    if (f->type != 'g')
        doc_set(d, e->key, doc_number(text_of(key)));
    if (exact_field_of(e, TEXT("Created")))
        doc_set_int(d, "Created", when / 10 * 10);
    if (exact_field_of(e, TEXT("Modified")))
        doc_set_int(d, "Modified", when / 10 * 10);
    doc_set_int(d, "_version", exact_next_version(s->w, s->division));
    table_put(exact_table(s->w, s->division, entity),
              f->type == 'g' ? id : key, d);
    return d;
}

static void number(struct doc *d, const char *name, const char *digits)
{
    doc_set(d, name, doc_number(text_of(digits)));
}

static int64_t day_of(int32_t year, int32_t month, int32_t day)
{
    return date_from_civil((struct civil){ year, month, day }) * DAY_MS;
}

/* -------------------------------------------------------------- divisions */
static void add_division(struct seed *s, const char *code, const char *name,
                         const char *country, const char *currency, bool main,
                         const char *reason)
{
    static const char *const tables[] = { "Divisions", "SystemDivisions" };
    struct doc *gate = doc_object();
    doc_set_string(gate, "reason", reason);
    table_put(world_table(s->w, "_divisions"), code, gate);
    for (size_t i = 0; i < 2; i++) {
        if (i == 0 && *reason)
            continue;
        struct doc *d = add(s, tables[i], code, 2000);
        number(d, "HID", code);
        doc_set_string(d, "Description", name);
        doc_set_string(d, "Country", country);
        doc_set_string(d, "Currency", currency);
        doc_set_yesno(d, "Main", main);
        doc_set_int(d, "BlockingStatus", 0);
        doc_set_int(d, "Status", 1);
        doc_set_int(d, "StartDate", day_of(2018, 3, 1));
        if (*reason)
            doc_set_yesno(d, "_hidden", true);
    }
}

static void add_divisions(struct seed *s)
{
    add_division(s, DIVISION_MAIN, "Tulip Robotics B.V.", "NL", "EUR", true,
                 "");
    add_division(s, DIVISION_SECOND, "Tulip Robotics België BV", "BE", "EUR",
                 false, "");
    add_division(s, DIVISION_DOLLAR, "Tulip Robotics Inc", "US", "USD", false,
                 "");
    add_division(s, DIVISION_CLOSED, "Windmill Holding B.V.", "NL", "EUR",
                 false, "NoDivisionAccess");
}

/* ------------------------------------------------------------ ledger */
struct account_seed {
    const char *code, *name, *balance_type, *side;
    int type, use_center, use_unit;
    bool blocked;
};

/* One row in each of the ways an account can be: blocked, with a cost center
 * that is mandatory or not allowed, of the balance sheet, of control types. */
static const struct account_seed accounts[] = {
    { "0150", "Machinery", "B", "D", 30, 2, 2, false },
    { "1000", "Cash", "B", "D", 10, 2, 2, false },
    { "1100", "Bank current account", "B", "D", 12, 2, 2, false },
    { "1300", "Accounts receivable", "B", "D", 20, 2, 2, false },
    { "1500", "VAT payable", "B", "C", 24, 2, 2, false },
    { "1600", "Accounts payable", "B", "C", 22, 2, 2, false },
    { "1650", "Employee expenses payable", "B", "C", 55, 2, 2, false },
    { "1660", "Company cards payable", "B", "C", 55, 2, 2, false },
    { "1700", "Net wages payable", "B", "C", 55, 2, 2, false },
    { "1710", "Wage tax payable", "B", "C", 55, 2, 2, false },
    { "2000", "Accruals", "B", "C", 55, 0, 0, false },
    { "4001", "Salaries sales", "W", "D", 121, 1, 0, false },
    { "4002", "Salaries marketing", "W", "D", 121, 1, 0, false },
    { "4003", "Salaries engineering", "W", "D", 121, 1, 1, false },
    { "4004", "Salaries support", "W", "D", 121, 1, 0, false },
    { "4005", "Salaries finance", "W", "D", 121, 0, 0, false },
    { "4006", "Salaries people", "W", "D", 121, 0, 0, false },
    { "4007", "Salaries general", "W", "D", 121, 0, 0, false },
    { "4008", "Salaries facilities (until 2024)", "W", "D", 121, 0, 0, true },
    { "4100", "Social security", "W", "D", 121, 0, 0, false },
    { "4510", "Meals and entertainment", "W", "D", 121, 0, 0, false },
    { "4520", "Travel", "W", "D", 121, 0, 0, false },
    { "4525", "Mileage", "W", "D", 121, 0, 0, false },
    { "4630", "Office supplies", "W", "D", 121, 0, 0, false },
    { "4700", "Housing", "W", "D", 121, 0, 0, false },
    { "8000", "Revenue robots", "W", "C", 110, 0, 1, false },
    { "8100", "Revenue services", "W", "C", 110, 2, 0, false },
    { "9999", "Suspense account", "B", "D", 90, 0, 0, false },
};

static void add_accounts(struct seed *s)
{
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
        const struct account_seed *a = &accounts[i];
        struct doc *d = add(s, "GLAccounts", a->code, 1500);
        doc_set_string(d, "Code", a->code);
        doc_set_string(d, "Description", a->name);
        doc_set_string(d, "SearchCode", a->code);
        doc_set_string(d, "BalanceType", a->balance_type);
        doc_set_string(d, "BalanceSide", a->side);
        doc_set_int(d, "Type", a->type);
        doc_set_int(d, "UseCostcenter", a->use_center);
        doc_set_int(d, "UseCostunit", a->use_unit);
        doc_set_yesno(d, "IsBlocked", a->blocked);
        doc_set_yesno(d, "Compress", false);
        doc_set_yesno(d, "Matching", a->type == 20 || a->type == 22);
    }
}

static void add_coded(struct seed *s, const char *entity, const char *code,
                      const char *name, int days, int end_days)
{
    struct doc *d = add(s, entity, code, days);
    doc_set_string(d, "Code", code);
    doc_set_string(d, "Description", name);
    if (end_days)
        doc_set_int(d, "EndDate",
                    (s->now_ms / DAY_MS - end_days) * DAY_MS);
    if (strcmp(entity, "CostCenters") == 0)
        doc_set_yesno(d, "Active", end_days == 0);
}

/* FIN is there and right: it is adopted by its code. MKT's description has
 * drifted. OLD belongs to no department any more and has ended. */
static void add_dimensions(struct seed *s)
{
    add_coded(s, "CostCenters", "FIN", "Finance & Control", 900, 0);
    add_coded(s, "CostCenters", "MKT", "Marketing & Events", 900, 0);
    add_coded(s, "CostCenters", "OLD", "Former workshop", 1400, 210);
    add_coded(s, "CostUnits", "CORE", "Core business", 900, 0);
    add_coded(s, "CostUnits", "ROBOT2", "Second robot line", 400, 0);
    add_coded(s, "CostUnits", "ROBOT1", "First robot line", 1400, 90);
}

static void add_department(struct seed *s, const char *code, const char *name,
                           const char *center)
{
    struct doc *d = add(s, "Departments", code, 800);
    doc_set_string(d, "Code", code);
    doc_set_string(d, "Description", name);
    doc_set_string(d, "Costcenter", center);
}

static void add_journal(struct seed *s, const char *code, const char *name,
                        int type, bool vat)
{
    struct doc *d = add(s, "Journals", code, 1500);
    doc_set_string(d, "Code", code);
    doc_set_string(d, "Description", name);
    doc_set_string(d, "Currency", s->currency);
    doc_set_int(d, "Type", type);
    doc_set_yesno(d, "AllowVAT", vat);
    doc_set_yesno(d, "AllowVariableCurrency", true);
    doc_set_yesno(d, "AllowVariableExchangeRate", false);
    doc_set_yesno(d, "IsBlocked", false);
}

static void add_vat_code(struct seed *s, const char *code, const char *name,
                         const char *percentage)
{
    struct doc *d = add(s, "VATCodes", code, 1500);
    doc_set_string(d, "Code", code);
    doc_set_string(d, "Description", name);
    number(d, "Percentage", percentage);
    doc_set_string(d, "Type", "E");
}

static void add_journals(struct seed *s)
{
    add_journal(s, "10", "Cash", 10, true);
    add_journal(s, "20", "Bank", 12, true);
    add_journal(s, "60", "Purchases", 22, true);
    add_journal(s, "70", "Sales", 20, true);
    add_journal(s, "90", "Memorandum", 90, true);
    add_journal(s, "95", "Payroll", 90, false);
    add_vat_code(s, "0", "No VAT", "0");
    add_vat_code(s, "4", "High rate, exclusive", "0.21");
    add_vat_code(s, "6", "Low rate, exclusive", "0.09");
}

/* Last year, this one and the next, by calendar months. Closed is what lies
 * more than two months back; the next year has no December yet. */
static void add_periods(struct seed *s)
{
    struct civil today = date_to_civil((int32_t)(s->now_ms / DAY_MS));
    int now = today.year * 12 + today.month;
    for (int32_t year = s->year - 1; year <= s->year + 1; year++) {
        for (int32_t month = 1; month <= 12; month++) {
            if (year > s->year && month == 12)
                continue;
            const char *key = arena_printf(&s->arena, "%d-%d", year, month);
            struct doc *d = add(s, "FinancialPeriods", key, 700);
            doc_set_int(d, "FinYear", year);
            doc_set_int(d, "FinPeriod", month);
            doc_set_int(d, "StartDate", day_of(year, month, 1));
            doc_set_int(d, "EndDate",
                        day_of(year, month, date_days_in_month(year, month)));
            if (year * 12 + month < now - 2)
                doc_set_yesno(d, "_closed", true);
        }
    }
}

/* ------------------------------------------------------------- relations */
struct relation_seed {
    const char *code, *name, *status, *country, *city, *vat;
    bool supplier, blocked;
};

static const struct relation_seed relations[] = {
    { "1", "Bakkerij De Korenaar", "C", "NL", "Utrecht", "NL001234567B01",
      false, false },
    { "2", "Hafen Logistik GmbH", "C", "DE", "Hamburg", "DE123456789", false,
      false },
    { "8", "Nordlys Energi A/S", "C", "DK", "Aarhus", "DK12345678", false,
      false },
    { "15", "Van Loon Metaal", "A", "NL", "Tilburg", "NL002345678B01", true,
      false },
    { "16", "Servo Parts Ltd", "A", "GB", "Leeds", NULL, true, false },
    { "17", "Kantoor & Zo", "A", "NL", "Amersfoort", "NL003456789B01", true,
      false },
    { "23", "Atelier Lumière", "C", "FR", "Lyon", "FR40303265045", true,
      false },
    { "40", "Oude Klant B.V.", "C", "NL", "Delft", NULL, false, true },
    { "51", "Prospect Robotica", "P", "ES", "Bilbao", NULL, false, false },
};

static const char *account_id(struct seed *s, const char *code)
{
    return guid_of(s, "Accounts", code);
}

static void add_relations(struct seed *s)
{
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        const struct relation_seed *r = &relations[i];
        struct doc *d = add(s, "Accounts", r->code, 600 - (int)i * 40);
        doc_set_string(d, "Code", r->code);
        doc_set_string(d, "Name", r->name);
        doc_set_string(d, "Status", r->status);
        doc_set_string(d, "Country", r->country);
        doc_set_string(d, "City", r->city);
        doc_set_string(d, "VATNumber", r->vat);
        doc_set_string(d, "Language", "NL");
        doc_set_string(d, "SearchCode", r->code);
        doc_set_yesno(d, "IsSupplier", r->supplier);
        doc_set_yesno(d, "IsSales", strcmp(r->status, "C") == 0);
        doc_set_yesno(d, "Blocked", r->blocked);
        doc_set_int(d, "IsAccountant", 0);
        doc_set_int(d, "IsMailing", i % 2);
        doc_set_string(d, "Type", "A");
    }
    struct doc *c = add(s, "Contacts", "1", 300);
    doc_set_string(c, "Account", account_id(s, "1"));
    doc_set_string(c, "AccountName", "Bakkerij De Korenaar");
    doc_set_string(c, "FirstName", "Saskia");
    doc_set_string(c, "LastName", "Meule");
    doc_set_string(c, "FullName", "Saskia Meule");
    doc_set_string(c, "Email", "saskia@korenaar.example");
}

static void add_items(struct seed *s)
{
    static const char *const rows[][3] = {
        { "ARM-2", "Robot arm, second series", "4999.5" },
        { "GRIP-1", "Gripper", "349.99" },
        { "SVC-H", "Service, hour", "95" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct doc *d = add(s, "Items", rows[i][0], 500);
        doc_set_string(d, "Code", rows[i][0]);
        doc_set_string(d, "Description", rows[i][1]);
        number(d, "StandardSalesPrice", rows[i][2]);
        number(d, "CostPriceStandard", rows[i][2]);
        doc_set_yesno(d, "IsSalesItem", true);
        doc_set_int(d, "IsBatchItem", 0);
        doc_set_string(d, "Unit", "pc");
    }
}

/* -------------------------------------------------------------- documents */
/* Header fields that orders and invoices have alike. */
static struct doc *add_header(struct seed *s, const char *entity,
                              const char *key, int days, const char *amount)
{
    struct doc *d = add(s, entity, key, days);
    const struct exact_entity *e = exact_entity_named(text_of(entity));
    number(d, "AmountFC", amount);
    number(d, "AmountDC", amount);
    doc_set_string(d, "Currency", s->currency);
    if (exact_field_of(e, TEXT("YourRef")))
        doc_set_string(d, "YourRef", arena_printf(&s->arena, "REF-%s", key));
    return d;
}

/* Robots and their parts are revenue 8000 of core business, hours 8100; the
 * cost center is the one that sells, services have none yet. */
static void set_books(struct seed *s, struct doc *d,
                      const struct exact_entity *e, const char *item)
{
    bool service = strcmp(item, "SVC-H") == 0;
    const char *account = service ? "8100" : "8000";
    if (exact_field_of(e, TEXT("GLAccount"))) {
        doc_set_string(d, "GLAccount", guid_of(s, "GLAccounts", account));
        doc_set_string(d, "GLAccountDescription",
                       service ? "Revenue services" : "Revenue robots");
    }
    if (!service) {
        doc_set_string(d, "CostCenter", "MKT");
        doc_set_string(d, "CostCenterDescription", "Marketing & Events");
    }
}

static void add_line(struct seed *s, const char *entity, const char *parent,
                     const char *parent_id, const char *item,
                     const char *amount, const char *quantity, int days)
{
    const char *key = arena_printf(&s->arena, "%s/%s", parent, item);
    struct doc *d = add(s, entity, key, days);
    const struct exact_entity *e = exact_entity_named(text_of(entity));
    doc_set_string(d, e->parent_field, parent_id);
    doc_set_string(d, "Item", guid_of(s, "Items", item));
    doc_set_string(d, "ItemCode", item);
    doc_set_string(d, "Description", item);
    number(d, "AmountFC", amount);
    number(d, "AmountDC", amount);
    number(d, "Quantity", quantity);
    if (exact_field_of(e, TEXT("LineNumber")))
        doc_set_int(d, "LineNumber", 1);
    set_books(s, d, e, item);
}

/* One more line of a document that has one. */
static void add_more(struct seed *s, const char *entity, const char *parent,
                     const char *parent_id, const char *item,
                     const char *amount, int days)
{
    const struct exact_entity *e = exact_entity_named(text_of(entity));
    add_line(s, entity, parent, parent_id, item, amount, "1", days);
    const char *id = guid_of(s, entity,
                             arena_printf(&s->arena, "%s/%s", parent, item));
    struct doc *d = table_get(exact_table(s->w, s->division, entity), id);
    if (d && exact_field_of(e, TEXT("LineNumber")))
        doc_set_int(d, "LineNumber", 2);
}

static void set_relation(struct seed *s, struct doc *d, const char *field,
                         const char *name_field, const char *code)
{
    const struct doc *r = table_get(exact_table(s->w, s->division, "Accounts"),
                                    account_id(s, code));
    doc_set_string(d, field, account_id(s, code));
    doc_set_string(d, name_field, doc_str(r, "Name"));
}

struct document_seed {
    const char *number, *relation, *amount, *item, *quantity;
    int days, status;
};

static const struct document_seed invoices[] = {
    { "26700001", "1", "9999", "ARM-2", "2", 62, 50 },
    { "26700002", "2", "349.99", "GRIP-1", "1", 45, 50 },
    { "26700003", "8", "1187.5", "SVC-H", "12.5", 20, 50 },
    { "26700004", "1", "95", "SVC-H", "1", 6, 20 },
    { "26700005", "23", "4999.5", "ARM-2", "1", 1, 10 },
};

static void add_invoices(struct seed *s)
{
    for (size_t i = 0; i < sizeof invoices / sizeof *invoices; i++) {
        const struct document_seed *x = &invoices[i];
        struct doc *d = add_header(s, "SalesInvoices", x->number, x->days,
                                   x->amount);
        int64_t day = (s->now_ms / DAY_MS - x->days) * DAY_MS;
        set_relation(s, d, "OrderedBy", "OrderedByName", x->relation);
        set_relation(s, d, "InvoiceTo", "InvoiceToName", x->relation);
        doc_set_string(d, "Journal", "70");
        doc_set_string(d, "Description",
                       arena_printf(&s->arena, "Invoice for %s", x->item));
        doc_set_int(d, "Status", x->status);
        doc_set_int(d, "Type", 8020);
        doc_set_int(d, "OrderDate", day);
        doc_set_int(d, "DueDate", day + 30 * DAY_MS);
        if (x->status == 50) {
            number(d, "InvoiceNumber", x->number);
            doc_set_int(d, "InvoiceDate", day);
        }
        add_line(s, "SalesInvoiceLines", x->number, doc_str(d, "InvoiceID"),
                 x->item, x->amount, x->quantity, x->days);
    }
}

/* What is still to be paid of the processed invoices. */
static void add_receivables(struct seed *s)
{
    for (size_t i = 0; i < sizeof invoices / sizeof *invoices; i++) {
        const struct document_seed *x = &invoices[i];
        if (x->status != 50)
            continue;
        struct doc *d = add(s, "ReceivablesList", x->number, x->days);
        const struct doc *r =
            table_get(exact_table(s->w, s->division, "Accounts"),
                      account_id(s, x->relation));
        int64_t day = (s->now_ms / DAY_MS - x->days) * DAY_MS;
        doc_set_string(d, "AccountCode", doc_str(r, "Code"));
        doc_set_string(d, "AccountId", doc_str(r, "ID"));
        doc_set_string(d, "AccountName", doc_str(r, "Name"));
        number(d, "Amount", x->amount);
        number(d, "AmountInTransit", "0");
        doc_set_string(d, "CurrencyCode", "EUR");
        doc_set_string(d, "Description", "Invoice");
        doc_set_int(d, "DueDate", day + 30 * DAY_MS);
        doc_set_int(d, "InvoiceDate", day);
        number(d, "InvoiceNumber", x->number);
        number(d, "EntryNumber", x->number);
        doc_set_string(d, "JournalCode", "70");
        doc_set_string(d, "Id", guid_of(s, "receivable", x->number));
    }
}

static const struct document_seed purchases[] = {
    { "26500001", "15", "2750", "ARM-2", "1", 40, 30 },
    { "26500002", "16", "699.98", "GRIP-1", "2", 15, 20 },
    { "26500003", "17", "190", "SVC-H", "2", 3, 10 },
};

static void add_purchase_orders(struct seed *s)
{
    for (size_t i = 0; i < sizeof purchases / sizeof *purchases; i++) {
        const struct document_seed *x = &purchases[i];
        struct doc *d = add_header(s, "PurchaseOrders", x->number, x->days,
                                   x->amount);
        int64_t day = (s->now_ms / DAY_MS - x->days) * DAY_MS;
        set_relation(s, d, "Supplier", "SupplierName", x->relation);
        number(d, "OrderNumber", x->number);
        doc_set_string(d, "Description",
                       arena_printf(&s->arena, "Parts: %s", x->item));
        doc_set_int(d, "OrderDate", day);
        doc_set_int(d, "ReceiptDate", day + 14 * DAY_MS);
        doc_set_int(d, "OrderStatus", x->status);
        doc_set_int(d, "ReceiptStatus", x->status);
        doc_set_int(d, "InvoiceStatus", 10);
        doc_set_int(d, "PurchaseOrderLineCount", 1);
        add_line(s, "PurchaseOrderLines", x->number,
                 doc_str(d, "PurchaseOrderID"), x->item, x->amount,
                 x->quantity, x->days);
        if (strcmp(x->item, "ARM-2") == 0)
            add_more(s, "PurchaseOrderLines", x->number,
                     doc_str(d, "PurchaseOrderID"), "GRIP-1", "349.99",
                     x->days);
    }
}

static const struct document_seed orders[] = {
    { "26600001", "2", "14998.5", "ARM-2", "3", 30, 12 },
    { "26600002", "8", "349.99", "GRIP-1", "1", 8, 20 },
};

static void add_sales_orders(struct seed *s)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        const struct document_seed *x = &orders[i];
        struct doc *d = add_header(s, "SalesOrders", x->number, x->days,
                                   x->amount);
        int64_t day = (s->now_ms / DAY_MS - x->days) * DAY_MS;
        set_relation(s, d, "OrderedBy", "OrderedByName", x->relation);
        number(d, "OrderNumber", x->number);
        doc_set_string(d, "Description",
                       arena_printf(&s->arena, "Order of %s", x->item));
        doc_set_int(d, "OrderDate", day);
        doc_set_int(d, "DeliveryDate", day + 21 * DAY_MS);
        doc_set_int(d, "Status", x->status);
        add_line(s, "SalesOrderLines", x->number, doc_str(d, "OrderID"),
                 x->item, x->amount, x->quantity, x->days);
    }
}

static void add_document(struct seed *s)
{
    struct doc *d = add(s, "Documents", "1", 50);
    doc_set_string(d, "Subject", "Annual report");
    doc_set_int(d, "Type", 55);
    doc_set_int(d, "DocumentDate", (s->now_ms / DAY_MS - 50) * DAY_MS);
}

static void add_employee(struct seed *s)
{
    struct doc *d = add(s, "Employees", "1", 700);
    doc_set_string(d, "Code", "1");
    doc_set_string(d, "FullName", "Carla Bakker");
    doc_set_string(d, "FirstName", "Carla");
    doc_set_string(d, "LastName", "Bakker");
}

static void seed_books(struct seed *s, const char *division,
                       const char *currency)
{
    s->division = division;
    s->currency = currency;
    add_accounts(s);
    add_journals(s);
    add_periods(s);
}

void exact_seed(struct world *w)
{
    static const char *const divisions[] = { DIVISION_MAIN, DIVISION_SECOND,
                                             DIVISION_DOLLAR };
    struct seed s = { .w = w, .division = DIVISION_MAIN, .currency = "EUR" };
    arena_init(&s.arena);
    s.now_ms = exact_local_ms(world_now_ms(w));
    s.year = date_to_civil((int32_t)(s.now_ms / DAY_MS)).year;
    for (size_t i = 0; i < sizeof divisions / sizeof *divisions; i++) {
        s.division = divisions[i];
        add_divisions(&s);
    }
    seed_books(&s, DIVISION_SECOND, "EUR");
    seed_books(&s, DIVISION_DOLLAR, "USD");
    add_dimensions(&s);
    add_relations(&s);
    add_items(&s);
    add_purchase_orders(&s);
    seed_books(&s, DIVISION_MAIN, "EUR");
    add_dimensions(&s);
    add_department(&s, "FIN", "Finance", "FIN");
    add_department(&s, "MKT", "Marketing", "MKT");
    add_relations(&s);
    add_items(&s);
    add_invoices(&s);
    add_receivables(&s);
    add_purchase_orders(&s);
    add_sales_orders(&s);
    add_document(&s);
    add_employee(&s);
    arena_fini(&s.arena);
}
