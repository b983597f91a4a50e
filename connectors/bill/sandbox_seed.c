/* What is in the BILL sandbox at first: the payables of a small company's
 * American sister, with what a flow must cope with; more of them by --size. */
#include "config.h"
#include "connectors/bill/sandbox.h"

#include "base/date.h"
#include <string.h>

struct seed {
    struct world *w;
    struct arena arena;
    int64_t now_ms;
};

/* --------------------------------------------------------------- helpers */
static const char *id_of(struct seed *s, const char *table, int number)
{
    return arena_printf(&s->arena, "%s01SBX%011d",
                        bill_type_named(table)->prefix, number);
}

/* A row made and last changed so many days ago. */
static struct doc *add(struct seed *s, const char *table, int number,
                       int days)
{
    struct doc *d = doc_object();
    int64_t when = s->now_ms - days * DAY_MS - number % 50 * INT64_C(61000);
    const char *id = id_of(s, table, number);
    doc_set_string(d, "id", id);
    if (strcmp(table, "payments") != 0 && strcmp(table, "users") != 0)
        doc_set_yesno(d, "archived", false);
    doc_set_string(d, "createdTime", bill_time(&s->arena, when));
    doc_set_string(d, "updatedTime", bill_time(&s->arena, when));
    doc_set_int(d, "_changed", when);
    table_put(world_table(s->w, table), id, d);
    return d;
}

static const char *date_in(struct seed *s, int days)
{
    return print_date(&s->arena, s->now_ms + days * DAY_MS);
}

static void set_number(struct doc *d, const char *name, const char *digits)
{
    if (*digits)
        doc_set(d, name, doc_number(text_of(digits)));
}

static struct doc *address(const char *line, const char *city,
                           const char *state, const char *zip,
                           const char *country)
{
    struct doc *d = doc_object();
    doc_set_string(d, "line1", line);
    doc_set_string(d, "city", city);
    doc_set_string(d, "stateOrProvince", state);
    doc_set_string(d, "zipOrPostalCode", zip);
    doc_set_string(d, "country", country);
    return d;
}

/* --------------------------------------------------------- organization */
static void add_organization(struct seed *s)
{
    struct doc *d = doc_object(), *u = add(s, "users", 1, 900);
    doc_set_string(d, "id", SANDBOX_ORGANIZATION);
    doc_set_yesno(d, "archived", false);
    doc_set_string(d, "name", "Tulip Robotics Inc");
    doc_set(d, "address", address("200 Canal Street", "Holland", "MI",
                                  "49423", "US"));
    doc_set_string(d, "createdTime",
                   bill_time(&s->arena, s->now_ms - 900 * DAY_MS));
    doc_set_string(d, "updatedTime",
                   bill_time(&s->arena, s->now_ms - 900 * DAY_MS));
    table_put(world_table(s->w, "organizations"), SANDBOX_ORGANIZATION, d);
    doc_set_string(u, "firstName", "Paula");
    doc_set_string(u, "lastName", "Payer");
    doc_set_string(u, "email", SANDBOX_USER);
}

/* -------------------------------------------------------- classifications */
struct account_seed {
    const char *number, *name, *type;
    bool archived;
};

/* 4630 and 4700 are Exact's too; 4630 has a twin, so that aligning must not
 * make a third; 6999 is nowhere but here; 4008 is archived. */
static const struct account_seed accounts[] = {
    { "1600", "Accounts payable", "ACCOUNTS_PAYABLE", false },
    { "1100", "Bank current account", "BANK", false },
    { "4630", "Office supplies", "EXPENSE", false },
    { "4700", "Housing", "EXPENSE", false },
    { "4520", "Travel and lodging", "EXPENSE", false },
    { "6999", "Legal and professional", "EXPENSE", false },
    { "4008", "Facilities (old)", "EXPENSE", true },
    { "0150", "Machinery", "FIXED_ASSET", false },
};

static void add_accounts(struct seed *s)
{
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
        struct doc *d = add(s, "chart_of_accounts", (int)i + 1, 800);
        struct doc *account = doc_object();
        doc_set_string(account, "type", accounts[i].type);
        doc_set_string(account, "number", accounts[i].number);
        doc_set(d, "account", account);
        doc_set_string(d, "name", accounts[i].name);
        doc_set_yesno(d, "archived", accounts[i].archived);
    }
}

static void add_tag(struct seed *s, const char *table, int number,
                    const char *code, const char *name)
{
    struct doc *d = add(s, table, number, 700);
    doc_set_string(d, "name", name);
    if (*code)
        doc_set_string(d, "shortName", code);
}

/* FIN is Exact's cost center, MKT's name has drifted, SHOP is only here. */
static void add_tags(struct seed *s)
{
    add_tag(s, "departments", 1, "FIN", "Finance & Control");
    add_tag(s, "departments", 2, "MKT", "Marketing");
    add_tag(s, "departments", 3, "SHOP", "Web shop");
    add_tag(s, "locations", 1, "HOL", "Holland, Michigan");
    add_tag(s, "accounting_classes", 1, "", "Operations");
    add_tag(s, "jobs", 1, "", "Showroom");
    add_tag(s, "items", 1, "", "Consulting hour");
    struct doc *e = add(s, "employees", 1, 400);
    doc_set_string(e, "firstName", "Ivo");
    doc_set_string(e, "lastName", "Prins");
    doc_set_string(e, "shortName", "E-7");
}

/* ---------------------------------------------------------------- vendors */
struct vendor_seed {
    const char *name, *number, *email, *city, *state, *zip, *country;
    const char *currency;
    bool archived;
};

/* Two have the same name, one is gone, one bills in another currency, one
 * has a name with an accent and one no account number. */
static const struct vendor_seed vendors[] = {
    { "Cedar Office Supply", "V-100", "ar@cedar.example", "Grand Rapids",
      "MI", "49503", "US", "USD", false },
    { "Northwind Freight", "V-101", "billing@northwind.example", "Chicago",
      "IL", "60601", "US", "USD", false },
    { "Bluebird Legal LLP", "V-102", "accounts@bluebird.example", "Detroit",
      "MI", "48226", "US", "USD", false },
    { "Café Lumière", "V-103", "bonjour@lumiere.example", "New Orleans",
      "LA", "70112", "US", "USD", false },
    { "Cedar Office Supply", "V-104", "west@cedar.example", "Portland",
      "OR", "97201", "US", "USD", false },
    { "Maple Machine Works", "V-105", "ap@maple.example", "Toronto", "ON",
      "M5V 2T6", "CA", "CAD", false },
    { "Old Mill Catering", "V-090", "mill@oldmill.example", "Holland", "MI",
      "49423", "US", "USD", true },
    { "Harbor Rent", "", "rent@harbor.example", "Holland", "MI", "49423",
      "US", "USD", false },
};

static void fill_vendor(struct seed *s, struct doc *d,
                        const struct vendor_seed *v)
{
    struct doc *pay = doc_object();
    doc_set_string(d, "name", v->name);
    if (*v->number)
        doc_set_string(d, "accountNumber", v->number);
    doc_set_string(d, "accountType", "BUSINESS");
    doc_set_string(d, "email", v->email);
    doc_set_string(d, "phone", "555-0100");
    doc_set(d, "address", address("1 Main Street", v->city, v->state, v->zip,
                                  v->country));
    doc_set_string(pay, "payeeName", v->name);
    doc_set_string(pay, "payByType", "ACH");
    doc_set(d, "paymentInformation", pay);
    doc_set_string(d, "billCurrency", v->currency);
    doc_set_string(d, "networkStatus", "NOT_CONNECTED");
    doc_set_yesno(d, "recurringPayments", false);
    doc_set_yesno(d, "archived", v->archived);
    (void)s;
}

static void add_vendors(struct seed *s)
{
    for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
        fill_vendor(s, add(s, "vendors", (int)i + 1, 300 - (int)i * 7),
                    &vendors[i]);
}

/* ------------------------------------------------------------------ bills */
struct line_seed {
    const char *amount, *quantity, *price, *text;
    int account, department; /* numbers; 0: none */
};

struct bill_seed {
    int vendor;
    const char *number;
    int days; /* ago */
    const char *approval, *order; /* purchase order, or "" */
    bool archived;
    struct line_seed lines[3];
};

/* In order: plain; with cents that come of a quantity; an account that the
 * ledger lacks; not approved; a line without an account; a purchase order;
 * another currency; denied; archived; a department that the ledger lacks; no
 * department where the ledger wants none; a credit line. */
static const struct bill_seed bills[] = {
    { 1, "CO-5501", 24, "APPROVED", "", false,
      { { "129.95", "", "", "Paper and toner", 3, 1 },
        { "40.05", "", "", "Desk lamp", 3, 2 } } },
    { 2, "NF-88120", 21, "APPROVED", "", false,
      { { "", "3", "33.33", "Pallets", 4, 1 },
        { "0.01", "", "", "Rounding", 4, 1 } } },
    { 3, "2026-117", 18, "APPROVED", "", false,
      { { "1850", "", "", "Contract review", 6, 1 } } },
    { 4, "LUM-9", 15, "ASSIGNED", "", false,
      { { "88.4", "", "", "Team lunch", 5, 2 } } },
    { 8, "RENT-11", 12, "APPROVED", "", false,
      { { "3200", "", "", "Rent", 4, 1 },
        { "45.5", "", "", "Keys", 0, 1 } } },
    { 5, "CO-W-310", 10, "APPROVED", "26500003", false,
      { { "190", "", "", "Service hours", 3, 2 } } },
    { 6, "M-2210", 9, "APPROVED", "26500001", false,
      { { "2750", "", "", "Machine part", 8, 0 } } },
    { 2, "NF-88131", 8, "DENIED", "", false,
      { { "75", "", "", "Late fee", 4, 1 } } },
    { 7, "OM-77", 7, "APPROVED", "", true,
      { { "310", "", "", "Catering", 5, 2 } } },
    { 1, "CO-5533", 5, "APPROVED", "", false,
      { { "59.9", "", "", "Labels", 3, 3 } } },
    { 8, "RENT-12", 3, "APPROVED", "", false,
      { { "3200", "", "", "Rent", 4, 1 } } },
    { 4, "LUM-12", 1, "APPROVED", "", false,
      { { "240.6", "", "", "Reception", 5, 2 },
        { "-20.6", "", "", "Discount", 5, 2 } } },
};

static struct doc *bill_line(struct seed *s, const struct line_seed *l,
                             int bill, int number)
{
    struct doc *d = doc_object(), *tags = doc_object();
    doc_set_string(d, "id", arena_printf(&s->arena, "bli01SBX%08d%03d", bill,
                                         number));
    set_number(d, "amount", l->amount);
    set_number(d, "quantity", l->quantity);
    set_number(d, "price", l->price);
    if (!*l->amount) {
        struct decimal q = { 0 }, p = { 0 }, product = { 0 };
        doc_as_decimal(doc_get(d, "quantity"), &q);
        doc_as_decimal(doc_get(d, "price"), &p);
        decimal_mul(q, p, &product);
        doc_set(d, "amount", doc_decimal(product));
    }
    doc_set_string(d, "description", l->text);
    if (l->account)
        doc_set_string(tags, "chartOfAccountId",
                       id_of(s, "chart_of_accounts", l->account));
    if (l->department)
        doc_set_string(tags, "departmentId",
                       id_of(s, "departments", l->department));
    doc_set(d, "classifications", tags);
    return d;
}

static void add_bill(struct seed *s, int number, const struct bill_seed *b)
{
    struct doc *d = add(s, "bills", number, b->days);
    struct doc *invoice = doc_object(), *lines = doc_list();
    const struct doc *vendor = table_get(world_table(s->w, "vendors"),
                                         id_of(s, "vendors", b->vendor));
    doc_set_string(d, "vendorId", doc_str(vendor, "id"));
    doc_set_string(d, "vendorName", doc_str(vendor, "name"));
    doc_set_string(invoice, "invoiceNumber", b->number);
    doc_set_string(invoice, "invoiceDate", date_in(s, -b->days));
    doc_set(d, "invoice", invoice);
    doc_set_string(d, "dueDate", date_in(s, 30 - b->days));
    if (*b->order)
        doc_set_string(d, "purchaseOrderNumber", b->order);
    for (int i = 0; i < 3 && b->lines[i].text; i++)
        doc_add(lines, bill_line(s, &b->lines[i], number, i + 1));
    doc_set(d, "billLineItems", lines);
    doc_set_string(d, "approvalStatus", b->approval);
    doc_set_yesno(d, "archived", b->archived);
    bill_total(s->w, d);
    if (strcmp(doc_str(vendor, "billCurrency"), "USD") != 0)
        set_number(d, "exchangeRate", "1.37");
}

static void add_bills(struct seed *s)
{
    for (size_t i = 0; i < sizeof bills / sizeof *bills; i++)
        add_bill(s, (int)i + 1, &bills[i]);
}

/* --------------------------------------------------------------- payments */
struct payment_seed {
    int bill;
    const char *amount, *status, *reference;
    int days;
};

/* Paid in full, paid in part, on its way, failed, voided. */
static const struct payment_seed payments[] = {
    { 1, "170", "PAID", "PAY-1001", 6 },
    { 2, "60", "PAID", "PAY-1002", 5 },
    { 6, "190", "SCHEDULED", "PAY-1003", -4 },
    { 3, "1850", "FAILED", "PAY-1004", 4 },
    { 11, "3200", "VOID", "PAY-1005", 2 },
};

static void move_bill(struct seed *s, const struct payment_seed *p,
                      const char *member)
{
    struct doc *bill = table_get(world_table(s->w, "bills"),
                                 id_of(s, "bills", p->bill));
    set_number(bill, member, p->amount);
    bill_total(s->w, bill);
}

static void add_payments(struct seed *s)
{
    for (size_t i = 0; i < sizeof payments / sizeof *payments; i++) {
        const struct payment_seed *p = &payments[i];
        struct doc *d = add(s, "payments", (int)i + 1,
                            p->days > 0 ? p->days : 1);
        struct doc *from = doc_object();
        const struct doc *bill = table_get(world_table(s->w, "bills"),
                                           id_of(s, "bills", p->bill));
        doc_set_string(d, "vendorId", doc_str(bill, "vendorId"));
        doc_set_string(d, "vendorName", doc_str(bill, "vendorName"));
        doc_set_string(d, "billId", doc_str(bill, "id"));
        set_number(d, "amount", p->amount);
        doc_set_string(d, "processDate", date_in(s, -p->days));
        doc_set_string(from, "type", "BANK_ACCOUNT");
        doc_set_string(from, "id", "bac01SBX000000001");
        doc_set(d, "fundingAccount", from);
        doc_set_string(d, "transactionNumber", p->reference);
        doc_set_string(d, "status", p->status);
        doc_set_string(d, "singleStatus", p->status);
        doc_set_string(d, "disbursementType", "ACH");
        doc_set_yesno(d, "onlinePayment", true);
        if (strcmp(p->status, "PAID") == 0)
            move_bill(s, p, "paidAmount");
        else if (strcmp(p->status, "SCHEDULED") == 0)
            move_bill(s, p, "scheduledAmount");
    }
}

/* ------------------------------------------------------------ receivables */
static void add_receivables(struct seed *s)
{
    struct doc *c = add(s, "customers", 1, 200);
    struct doc *i = add(s, "invoices", 1, 20);
    struct doc *lines = doc_list(), *line = doc_object();
    doc_set_string(c, "name", "Lakeside Bakery");
    doc_set_string(c, "email", "pay@lakeside.example");
    doc_set_string(c, "accountType", "BUSINESS");
    doc_set_string(i, "customerId", doc_str(c, "id"));
    doc_set_string(i, "invoiceNumber", "US-0001");
    doc_set_string(i, "invoiceDate", date_in(s, -20));
    doc_set_string(i, "dueDate", date_in(s, 10));
    doc_set_string(line, "id", "ili01SBX000000001");
    set_number(line, "quantity", "2");
    set_number(line, "price", "475.25");
    doc_set_string(line, "description", "Gripper");
    doc_add(lines, line);
    doc_set(i, "invoiceLineItems", lines);
    doc_set_string(i, "status", "OPEN");
    bill_total(s->w, i);
}

/* --------------------------------------------------------------- by size */
static void add_many(struct seed *s, int count)
{
    for (int i = 0; i < count; i++) {
        struct bill_seed b = {
            .vendor = 1 + i % 4,
            .number = arena_printf(&s->arena, "BULK-%06d", i + 1),
            .days = 1 + i % 40,
            .approval = "APPROVED",
            .order = "",
            .lines = { { arena_printf(&s->arena, "%d.%02d", 10 + i % 900,
                                      i % 100),
                         "", "", "Supplies", 3, 1 } },
        };
        add_bill(s, 1000 + i, &b);
    }
}

void bill_seed(struct world *w)
{
    struct seed s = { .w = w };
    arena_init(&s.arena);
    s.now_ms = world_now_ms(w);
    add_organization(&s);
    add_accounts(&s);
    add_tags(&s);
    add_vendors(&s);
    add_bills(&s);
    add_payments(&s);
    add_receivables(&s);
    add_many(&s, world_size(w));
    arena_fini(&s.arena);
}
