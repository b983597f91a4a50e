/* What is in the Expensify sandbox at first: the spend of a few weeks of a
 * small company, with what a flow into the books must cope with. Days count
 * back from the sandbox's clock. */
#include "config.h"
#include "connectors/expensify/sandbox.h"

#include "base/date.h"
#include <stdio.h>
#include <string.h>

#define POLICY "7D2C4E8A91B3F605"
#define POLICY_FLAT "3FA9C0D2E4B17856"
#define POLICY_OTHERS "90E1B2C3D4F5A607"
#define CARD_BANK "Tulip Corporate Mastercard"

struct seed {
    struct world *w;
    struct arena arena;
    int64_t now_ms;
};

/* ------------------------------------------------------------------- ids */
const char *expensify_new_report_id(struct world *w, struct arena *arena)
{
    static const char digits[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char id[13] = "R00";
    uint64_t n = text_hash(TEXT("expensify/report"),
                           (uint64_t)world_next(w, "report") * 2654435761u);
    for (int i = 3; i < 12; i++, n /= 62)
        id[i] = digits[n % 62];
    return arena_strdup(arena, id);
}

const char *expensify_new_transaction_id(struct world *w, struct arena *arena)
{
    int64_t n = world_next(w, "transaction");
    return arena_printf(arena, "%lld",
                        (long long)(INT64_C(5921190374620001001) + n * 10007));
}

/* Days back at an hour of that day, as the vendor prints it. */
static const char *time_at(struct seed *s, int days, int hour, int minute)
{
    int64_t day = s->now_ms / DAY_MS - days;
    char date[11];
    date_print((int32_t)day, date);
    return arena_printf(&s->arena, "%s %02d:%02d:00", date, hour, minute);
}

static const char *day_at(struct seed *s, int days)
{
    char date[11];
    date_print((int32_t)(s->now_ms / DAY_MS - days), date);
    return arena_strdup(&s->arena, date);
}

/* ----------------------------------------------------------------- people */
struct person_seed {
    const char *email, *first, *last, *number;
    bool domain_admin;
};

static const struct person_seed people[] = {
    { ADMIN, "Carla", "Bakker", "1", true },
    { "an@tulip.example", "An", "Jansen", "14", false },
    { "bram@tulip.example", "Bram", "de Wit", "15", false },
    { "sanne@tulip.example", "Sanne", "O'Neil", "22", false },
    { "ravi@tulip.example", "Ravi", "Kapoor", "31", false },
};

static void add_people(struct seed *s)
{
    for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
        const struct person_seed *p = &people[i];
        struct doc *d = doc_object();
        doc_set_string(d, "email", p->email);
        doc_set_string(d, "firstName", p->first);
        doc_set_string(d, "lastName", p->last);
        doc_set_string(d, "employeeID", p->number);
        doc_set_int(d, "accountID", 1204511 + (int64_t)i * 3007);
        doc_set_yesno(d, "_domainAdmin", p->domain_admin);
        table_put(world_table(s->w, "accounts"), p->email, d);
    }
}

static void add_keys(struct seed *s)
{
    struct doc *d = doc_object(); /* a member who administers nothing */
    doc_set_string(d, "secret", "member-secret");
    doc_set_string(d, "email", "an@tulip.example");
    table_put(world_table(s->w, "_keys"), "aa_an_tulip_example", d);
}

/* --------------------------------------------------------------- policies */
struct category_seed {
    const char *name, *gl;
    int64_t max;
};

static const struct category_seed categories[] = {
    { "Meals & Entertainment", "4510", 12500 },
    { "Travel", "4520", 0 },
    { "Mileage", "4525", 0 },
    { "Office supplies", "4630", 50000 },
    { "Moving costs", "", 0 },
};

static struct doc *category_list(void)
{
    struct doc *list = doc_list();
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++) {
        struct doc *d = doc_object();
        doc_set_string(d, "name", categories[i].name);
        doc_set_yesno(d, "enabled", true);
        doc_set_string(d, "glCode", categories[i].gl);
        doc_set_string(d, "payrollCode", "");
        doc_set_yesno(d, "areCommentsRequired", i == 4);
        doc_set_string(d, "commentHint", "");
        if (categories[i].max)
            doc_set_int(d, "maxExpenseAmount", categories[i].max);
        doc_add(list, d);
    }
    return list;
}

static void add_tag(struct doc *list, const char *name, const char *gl)
{
    struct doc *d = doc_object();
    doc_set_string(d, "name", name);
    doc_set_yesno(d, "enabled", true);
    doc_set_string(d, "glCode", gl);
    doc_add(list, d);
}

static const char *const centers[][2] = {
    { "FIN: Finance", "FIN" },
    { "MKT: Marketing", "MKT" },
    { "LAB: Research lab", "LAB" },
    { "OLD: Former workshop", "OLD" },
};
static const char *const units[][2] = {
    { "CORE: Core business", "CORE" },
    { "ROBOT2: Second robot line", "ROBOT2" },
    { "ROBOT3: Third robot line", "ROBOT3" },
};

static struct doc *tag_levels(void)
{
    struct doc *levels = doc_list();
    const char *const(*tags[])[2] = { centers, units };
    static const char *const names[] = { "Department", "Product line" };
    size_t counts[] = { sizeof centers / sizeof *centers,
                        sizeof units / sizeof *units };
    for (size_t i = 0; i < 2; i++) {
        struct doc *level = doc_object(), *list = doc_list();
        for (size_t k = 0; k < counts[i]; k++)
            add_tag(list, tags[i][k][0], tags[i][k][1]);
        doc_set_string(level, "name", names[i]);
        doc_set(level, "tags", list);
        doc_add(levels, level);
    }
    return levels;
}

static struct doc *tax_of_policy(void)
{
    static const char *const rates[][3] = {
        { "id_TAX_HIGH", "VAT high", "21" },
        { "id_TAX_LOW", "VAT low", "9" },
        { "id_TAX_NONE", "No VAT", "0" },
    };
    struct doc *tax = doc_object(), *list = doc_list();
    for (size_t i = 0; i < 3; i++) {
        struct doc *d = doc_object();
        doc_set_string(d, "rateID", rates[i][0]);
        doc_set_string(d, "name", rates[i][1]);
        doc_set(d, "rate", doc_number(text_of(rates[i][2])));
        doc_add(list, d);
    }
    doc_set_string(tax, "name", "VAT");
    doc_set_string(tax, "default", "id_TAX_HIGH");
    doc_set(tax, "rates", list);
    return tax;
}

static struct doc *members(void)
{
    struct doc *list = doc_list();
    for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
        struct doc *d = doc_object();
        doc_set_string(d, "email", people[i].email);
        doc_set_string(d, "role", i == 0 ? "admin" : "user");
        doc_set_string(d, "submitsTo", ADMIN);
        doc_set_string(d, "employeeID", people[i].number);
        doc_set_string(d, "customField1", "");
        doc_set_string(d, "customField2", "");
        doc_add(list, d);
    }
    return list;
}

static struct doc *add_policy(struct seed *s, const char *id, const char *name,
                              const char *type, const char *admin)
{
    struct doc *d = doc_object();
    doc_set_string(d, "id", id);
    doc_set_string(d, "name", name);
    doc_set_string(d, "owner", admin);
    doc_set_string(d, "outputCurrency", "EUR");
    doc_set_string(d, "type", type);
    doc_set_string(d, "_admins", admin);
    doc_set(d, "categories", category_list());
    doc_set(d, "employees", members());
    doc_set(d, "reportFields", doc_list());
    table_put(world_table(s->w, "policies"), id, d);
    return d;
}

static void add_policies(struct seed *s)
{
    struct doc *p = add_policy(s, POLICY, "Tulip Robotics", "control", ADMIN);
    struct doc *field = doc_object(), *values = doc_list();
    doc_set(p, "tags", tag_levels());
    doc_set(p, "tax", tax_of_policy());
    doc_add(values, doc_string("Yes"));
    doc_add(values, doc_string("No"));
    doc_set_string(field, "name", "Customer visit?");
    doc_set_string(field, "type", "dropdown");
    doc_set(field, "values", values);
    doc_set_string(field, "defaultValue", "No");
    doc_add(doc_get(p, "reportFields"), field);
    p = add_policy(s, POLICY_FLAT, "Tulip Robotics België", "corporate", ADMIN);
    doc_set(p, "tags", doc_list());
    add_tag(doc_get(p, "tags"), "FIN", "FIN");
    add_tag(doc_get(p, "tags"), "MKT", "MKT");
    doc_set(p, "tax", doc_object());
    p = add_policy(s, POLICY_OTHERS, "Windmill Holding", "team",
                   "owner@windmill.example");
    doc_set(p, "tags", doc_list());
    doc_set(p, "tax", doc_object());
    for (size_t i = 0; i < doc_count(doc_get(p, "employees")); i++)
        doc_set_string(doc_at(doc_get(p, "employees"), i), "role", "user");
}

/* ---------------------------------------------------------------- reports */
static void put_person(struct world *w, struct doc *d, const char *prefix,
                       const char *email)
{
    const struct doc *a = expensify_find_account(w, email);
    struct doc *who = doc_object();
    char full[200];
    snprintf(full, sizeof full, "%s %s", doc_str(a, "firstName"),
             doc_str(a, "lastName"));
    doc_set_string(who, "firstName", doc_str(a, "firstName"));
    doc_set_string(who, "lastName", doc_str(a, "lastName"));
    doc_set_string(who, "fullName", full);
    doc_set(d, prefix, who);
}

struct doc *expensify_new_report(struct world *w, struct arena *arena,
                                 const char *id, const char *name,
                                 const char *policy, const char *email)
{
    static const char *const blank[] = {
        "submitted",
        "approved",
        "reimbursed",
        "submitterPayrollID",
        "employeeCustomField1",
        "employeeCustomField2",
        "managerPayrollID",
        "entryID",
    };
    const struct doc *p = expensify_find_policy(w, policy);
    const struct doc *a = expensify_find_account(w, email);
    struct doc *d = doc_object();
    (void)arena;
    doc_set_string(d, "reportID", id);
    doc_set_int(d, "oldReportID", 71000000 + world_next(w, "old report"));
    doc_set_string(d, "reportName", name);
    doc_set_string(d, "status", "Open");
    doc_set_string(d, "state", "OPEN");
    doc_set_int(d, "total", 0);
    doc_set_string(d, "currency", p ? doc_str(p, "outputCurrency") : "EUR");
    for (size_t i = 0; i < sizeof blank / sizeof *blank; i++)
        doc_set_string(d, blank[i], "");
    doc_set_string(d, "accountEmail", email);
    doc_set_int(d, "accountID", doc_whole(a, "accountID", 0));
    put_person(w, d, "submitter", email);
    doc_set_string(d, "submitterUserID", doc_str(a, "employeeID"));
    doc_set_string(d, "managerEmail", ADMIN);
    doc_set_int(d, "managerID", 1204511);
    doc_set_string(d, "managerUserID", "1");
    put_person(w, d, "manager", ADMIN);
    doc_set_string(d, "policyID", policy);
    doc_set_string(d, "policyName", p ? doc_str(p, "name") : "");
    doc_set_yesno(d, "isACHReimbursed", false);
    doc_set(d, "approvers", doc_list());
    doc_set(d, "actionList", doc_list());
    doc_set(d, "customField", doc_object());
    return d;
}

struct expense_seed {
    const char *merchant, *category, *center, *unit, *comment, *currency;
    int64_t amount, modified, converted; /* converted 0: the same currency */
    const char *rate;
    int days;
    bool card, out_of_pocket;
};

struct report_seed {
    const char *name, *email, *state, *status, *currency, *label;
    int days; /* since it was approved, or made */
    struct expense_seed expenses[4];
};

#define FIN "FIN: Finance"
#define MKT "MKT: Marketing"
#define CORE "CORE: Core business"
#define ROBOT2 "ROBOT2: Second robot line"
#define MEALS "Meals & Entertainment"

static const struct report_seed reports[] = {
    { "Trade fair Hannover",
      "an@tulip.example",
      "APPROVED",
      "Approved",
      "EUR",
      "",
      1,
      { { "Deutsche Bahn", "Travel", MKT, ROBOT2, "return ticket", "EUR", 12990,
          0, 0, NULL, 9, false, true },
        { "Caf\xc3\xa9 \"Zur Post\", Hannover", MEALS, MKT, ROBOT2,
          "lunch with <Servo & Parts>,\n4 people \xf0\x9f\x8d\x9d", "EUR", 8460,
          0, 0, NULL, 8, false, true },
        { "Messe Shop", "Office supplies", FIN, CORE, "", "EUR", 8900, 0, 0,
          NULL, 8, true, false } } },
    { "Client visit Hamburg",
      "bram@tulip.example",
      "APPROVED",
      "Approved",
      "EUR",
      "",
      1,
      { { "Own car", "Mileage", FIN, CORE, "412 km", "EUR", 9476, 8652, 0, NULL,
          6, false, true },
        { "Hotel Hafen", "Travel", FIN, "", "one night", "EUR", 139000, 0, 0,
          NULL, 6, true, false } } },
    { "October returns",
      "sanne@tulip.example",
      "REIMBURSED",
      "Reimbursed",
      "EUR",
      "",
      3,
      { { "Kantoor & Zo", "Office supplies", FIN, CORE, "", "EUR", 4550, 0, 0,
          NULL, 12, false, true },
        { "Kantoor & Zo", "Office supplies", FIN, CORE, "returned", "EUR",
          -1550, 0, 0, NULL, 10, false, true } } },
    { "Lab equipment",
      "ravi@tulip.example",
      "APPROVED",
      "Approved",
      "EUR",
      "",
      1,
      { { "Servo Parts", "Office supplies", "LAB: Research lab", CORE, "",
          "EUR", 21999, 0, 0, NULL, 5, false, true },
        { "NS", "Travel", FIN, CORE, "", "EUR", 2990, 0, 0, NULL, 5, false,
          true } } },
    { "London trip",
      "an@tulip.example",
      "APPROVED",
      "Approved",
      "GBP",
      "",
      2,
      { { "Tube", "Travel", MKT, CORE, "", "GBP", 1240, 0, 0, NULL, 7, false,
          true } } },
    { "Conference San Jose",
      "sanne@tulip.example",
      "APPROVED",
      "Approved",
      "EUR",
      "",
      1,
      { { "Caltrain", "Travel", MKT, CORE, "", "USD", 1050, 0, 971, "0.924762",
          4, false, true } } },
    { "Office move",
      "ravi@tulip.example",
      "APPROVED",
      "Approved",
      "EUR",
      "",
      2,
      { { "Verhuizers Vlot", "Moving costs", FIN, CORE, "", "EUR", 64000, 0, 0,
          NULL, 9, true, false } } },
    { "Workshop closing",
      "bram@tulip.example",
      "APPROVED",
      "Approved",
      "EUR",
      "",
      1,
      { { "Praxis", "Office supplies", "OLD: Former workshop", "", "", "EUR",
          1795, 0, 0, NULL, 4, false, true } } },
    { "Taxi",
      "sanne@tulip.example",
      "APPROVED",
      "Approved",
      "EUR",
      "",
      1,
      { { "Taxi Centrale", "Travel", "", "", "late train", "EUR", 3450, 0, 0,
          NULL, 3, false, true } } },
    { "Parking",
      "an@tulip.example",
      "APPROVED",
      "Approved",
      "EUR",
      "",
      0,
      { { "Q-Park", "Travel", FIN, CORE, "", "EUR", 1800, 0, 0, NULL, 1, false,
          true } } },
    { "Books",
      "ravi@tulip.example",
      "SUBMITTED",
      "Processing",
      "EUR",
      "",
      2,
      { { "Scheltema", "Office supplies", FIN, CORE, "", "EUR", 5995, 0, 0,
          NULL, 3, false, true } } },
    { "Draft",
      "bram@tulip.example",
      "OPEN",
      "Open",
      "EUR",
      "",
      1,
      { { "Cafetaria 't Hoekje", MEALS, FIN, CORE, "", "EUR", 1250, 0, 0, NULL,
          1, false, true } } },
    { "September",
      "an@tulip.example",
      "REIMBURSED",
      "Reimbursed",
      "EUR",
      "mlc",
      40,
      { { "NS", "Travel", FIN, CORE, "", "EUR", 2990, 0, 0, NULL, 50, false,
          true } } },
};

/* "FIN\: Finance:CORE\: Core business"; an empty first level leaves its
 * colon. */
static const char *joined_tag(struct seed *s, const char *a, const char *b)
{
    const char *parts[] = { a, b };
    struct buf t;
    buf_init(&t, 0);
    for (size_t i = 0; i < 2; i++) {
        if (i == 1 && *b)
            buf_byte(&t, ':');
        for (const char *p = parts[i]; *p; p++) {
            if (*p == ':')
                buf_byte(&t, '\\');
            buf_byte(&t, *p);
        }
    }
    const char *out = arena_strndup(&s->arena, t.ptr ? t.ptr : "", t.len);
    buf_fini(&t);
    return out;
}

static void put_tag(struct seed *s, struct doc *d, const char *name,
                    const char *value)
{
    size_t at = 0;
    text_find(text_of(value), TEXT(":"), &at);
    doc_set_string(d, name, value);
    doc_set_string(d, arena_printf(&s->arena, "%sGlCode", name),
                   arena_strndup(&s->arena, value, at));
}

static const char *gl_of(const char *category)
{
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (strcmp(categories[i].name, category) == 0)
            return categories[i].gl;
    return "";
}

static void add_expense(struct seed *s, const char *report,
                        const char *currency, const struct expense_seed *e)
{
    struct doc *d = doc_object();
    const char *id = expensify_new_transaction_id(s->w, &s->arena);
    bool foreign = strcmp(currency, e->currency) != 0;
    doc_set_string(d, "transactionID", id);
    doc_set_string(d, "reportID", report);
    doc_set_string(d, "merchant", e->merchant);
    doc_set_string(d, "modifiedMerchant", "");
    doc_set_int(d, "amount", e->amount);
    if (e->modified)
        doc_set_int(d, "modifiedAmount", e->modified);
    doc_set_int(d, "convertedAmount",
                foreign       ? e->converted
                : e->modified ? e->modified
                              : e->amount);
    doc_set_string(d, "currency", e->currency);
    doc_set(d, "currencyConversionRate",
            doc_number(text_of(e->rate ? e->rate : "1")));
    doc_set_string(d, "created", day_at(s, e->days));
    doc_set_string(d, "modifiedCreated", "");
    doc_set_string(d, "inserted", time_at(s, e->days, 20, 11));
    doc_set_yesno(d, "modified", e->modified != 0);
    doc_set_string(d, "category", e->category);
    doc_set_string(d, "categoryGlCode", gl_of(e->category));
    doc_set_string(d, "categoryPayrollCode", "");
    doc_set_string(d, "tag", joined_tag(s, e->center, e->unit));
    doc_set_string(d, "tagGlCode", "");
    put_tag(s, d, "ntag1", e->center);
    put_tag(s, d, "ntag2", e->unit);
    doc_set_int(d, "taxAmount", 0);
    doc_set_string(d, "taxName", "");
    doc_set_string(d, "taxRateName", "");
    doc_set_string(d, "taxCode", "");
    doc_set(d, "taxRate", doc_number(TEXT("0")));
    doc_set_string(d, "comment", e->comment);
    doc_set_yesno(d, "billable", false);
    doc_set_yesno(d, "reimbursable", e->out_of_pocket);
    doc_set_string(d, "bank", e->card ? CARD_BANK : "");
    doc_set_string(d, "cardNumber", e->card ? "5XXXXXXXXXXX4417" : "");
    doc_set_string(d, "mcc", "");
    doc_set_string(d, "externalID", "");
    doc_set_string(d, "type",
                   e->days == 6 && !e->card ? "distance" : "expense");
    doc_set_int(d, "receiptID", 9000000 + world_next(s->w, "receipt"));
    doc_set_string(d, "receiptFilename", "receipt.jpg");
    doc_set(d, "receiptObject", doc_object());
    table_put(world_table(s->w, "expenses"), id, d);
}

static void put_states(struct seed *s, struct doc *d,
                       const struct report_seed *r)
{
    bool open = strcmp(r->state, "OPEN") == 0;
    bool approved = strcmp(r->state, "APPROVED") == 0 ||
                    strcmp(r->state, "REIMBURSED") == 0;
    doc_set_string(d, "state", r->state);
    doc_set_string(d, "status", r->status);
    doc_set_string(d, "created", time_at(s, r->days + 2, 9, 30));
    if (!open)
        doc_set_string(d, "submitted", time_at(s, r->days + 1, 10, 15));
    if (approved)
        doc_set_string(d, "approved", time_at(s, r->days, 0, 5));
    if (strcmp(r->state, "REIMBURSED") == 0)
        doc_set_string(d, "reimbursed", time_at(s, r->days, 14, 0));
}

static void add_report(struct seed *s, const struct report_seed *r)
{
    const char *id = expensify_new_report_id(s->w, &s->arena);
    struct doc *d =
        expensify_new_report(s->w, &s->arena, id, r->name, POLICY, r->email);
    int64_t total = 0;
    put_states(s, d, r);
    doc_set_string(d, "currency", r->currency);
    for (size_t i = 0; i < 4 && r->expenses[i].merchant; i++) {
        const struct expense_seed *e = &r->expenses[i];
        total += e->converted  ? e->converted
                 : e->modified ? e->modified
                               : e->amount;
        add_expense(s, id, r->currency, e);
    }
    doc_set_int(d, "total", total);
    if (*r->label) {
        doc_set(d, "_labels", doc_list());
        doc_add(doc_get(d, "_labels"), doc_string(r->label));
    }
    table_put(world_table(s->w, "reports"), id, d);
}

/* On a card and on no report: only reconciliation tells of it. */
static void add_unreported(struct seed *s)
{
    static const struct expense_seed loose = {
        "Hertz", "Uncategorized", "", "", "", "EUR", 18700, 0, 0, NULL, 2,
        true,    false,
    };
    add_expense(s, "", "EUR", &loose);
}

static void add_card(struct seed *s)
{
    struct doc *d = doc_object();
    doc_set_int(d, "cardID", 20551);
    doc_set_string(d, "cardName", "Company card 4417");
    doc_set_string(d, "cardNumber", "5XXXXXXXXXXX4417");
    doc_set_string(d, "bank", CARD_BANK);
    doc_set_string(d, "email", "an@tulip.example");
    doc_set_string(d, "externalEmployeeID", "14");
    doc_set_string(d, "created", time_at(s, 400, 8, 0));
    doc_set_string(d, "lastImport", time_at(s, 1, 3, 0));
    doc_set_string(d, "lastImportResult", "200");
    doc_set_yesno(d, "reimbursable", false);
    doc_set_string(d, "scrapeMinDate", "");
    table_put(world_table(s->w, "cards"), "20551", d);
}

/* `--size`: so many plain reports more, for measures. */
static void add_many(struct seed *s)
{
    static const struct expense_seed plain = {
        "NS", "Travel", FIN, CORE, "", "EUR", 2990, 0, 0, NULL, 4, false, true,
    };
    for (int i = 0; i < world_size(s->w); i++) {
        struct report_seed r = {
            .name = arena_printf(&s->arena, "Report %d", i + 1),
            .email = "an@tulip.example",
            .state = "APPROVED",
            .status = "Approved",
            .currency = "EUR",
            .label = "",
            .days = 1,
        };
        r.expenses[0] = plain;
        r.expenses[1] = plain;
        add_report(s, &r);
    }
}

void expensify_seed(struct world *w)
{
    struct seed s = { .w = w, .now_ms = world_now_ms(w) };
    arena_init(&s.arena);
    add_people(&s);
    add_keys(&s);
    add_policies(&s);
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++)
        add_report(&s, &reports[i]);
    add_unreported(&s);
    add_card(&s);
    add_many(&s);
    arena_fini(&s.arena);
}
