/* What is in the Visma.net sandbox at first: a company that keeps its cost
 * centers in the second segment of its subaccounts, some of them missing or
 * switched off, and a sister company. */
#include "config.h"
#include "connectors/visma/sandbox.h"

#include <string.h>

struct seed {
    struct world *w;
    struct arena arena;
    const char *tenant;
};

static struct doc *parse(const char *json)
{
    struct error ignored = { 0 };
    return doc_parse(text_of(json), &ignored);
}

/* One row out of JSON, put as if it had been made so many days ago. */
static void put(struct seed *s, const char *entity, int days, struct doc *row)
{
    const struct visma_entity *e = visma_entity_named(text_of(entity));
    int64_t then = world_now_ms(s->w) - days * DAY_MS;
    visma_put(s->w, s->tenant, e, row);
    doc_set_int(row, "_ms", then);
    doc_set_int(row, "_made", then);
    const char *key =
        text_cstr(&s->arena, doc_as_text(visma_get(row, text_of(e->key))));
    if (strcmp(entity, "supplierInvoice") == 0)
        key = arena_printf(&s->arena, "%s/%s", doc_str(row, "documentType"),
                           key);
    table_touch(visma_table(s->w, s->tenant, entity), key);
}

/* Names of things that are only referred to. */
static void put_name(struct seed *s, const char *table, const char *key,
                     const char *description)
{
    struct doc *d = doc_object();
    doc_set_string(d, "description", description);
    table_put(visma_table(s->w, s->tenant, table), key, d);
}

/* --------------------------------------------------------------- dimensions */
struct value_seed {
    const char *id, *description;
    bool active;
};

/* LAB is missing, FAC is closed. */
static const struct value_seed cost_centers[] = {
    { "GEN", "General", true },
    { "SAL", "Sales", true },
    { "SALNORD", "Sales North", true },
    { "MKT", "Marketing", true },
    { "ENG", "Engineering", true },
    { "ENGPLT", "Platform", true },
    { "SUP", "Customer Support", true },
    { "FIN", "Finance & Control", true },
    { "PEO", "People", true },
    { "FAC", "Facilities", false },
};
static const struct value_seed sites[] = {
    { "1", "Oslo", true },
    { "2", "Bergen", true },
};

static struct doc *segment(struct seed *s, int id, const char *description,
                           const struct value_seed *values, size_t count)
{
    struct doc *d = doc_object(), *list = doc_list();
    const char *then = visma_time(s->w, &s->arena,
                                  world_now_ms(s->w) - 900 * DAY_MS);
    doc_set_string(d, "internalId",
                   arena_printf(&s->arena, "SUBACCOUNT-%d", id));
    doc_set_int(d, "segmentId", id);
    doc_set_string(d, "description", description);
    doc_set_int(d, "length", 8);
    doc_set_string(d, "lastModified", then);
    doc_set_yesno(d, "validate", true);
    doc_set_yesno(d, "isAutoNumber", false);
    for (size_t i = 0; i < count; i++) {
        struct doc *v = doc_object();
        doc_set_string(v, "internalId",
                       arena_printf(&s->arena, "%d-%zu", id, i + 1));
        doc_set_int(v, "segmentId", id);
        doc_set_string(v, "valueId", values[i].id);
        doc_set_string(v, "description", values[i].description);
        doc_set_yesno(v, "active", values[i].active);
        doc_set_string(v, "lastModified", then);
        doc_add(list, v);
    }
    doc_set(d, "segmentValues", list);
    return d;
}

static void put_dimension(struct seed *s, const char *id,
                          const char *description, struct doc *segments)
{
    struct doc *d = doc_object();
    doc_set_string(d, "id", id);
    doc_set_int(d, "length", 30);
    doc_set_string(d, "description", description);
    doc_set(d, "segments", segments);
    table_put(visma_table(s->w, s->tenant, "dimension"), id, d);
}

static void add_dimensions(struct seed *s)
{
    struct doc *list = doc_list();
    put_dimension(s, "ACCOUNT", "Account", doc_list());
    put_dimension(s, "EMPLOYEE", "Employee", doc_list());
    put_dimension(s, "PROJECT", "Project", doc_list());
    doc_add(list, segment(s, 1, "Site", sites, sizeof sites / sizeof *sites));
    doc_add(list, segment(s, 2, "Cost center", cost_centers,
                          sizeof cost_centers / sizeof *cost_centers));
    put_dimension(s, "SUBACCOUNT", "Subaccount", list);
}

/* ------------------------------------------------------------------- ledger */
static void add_ledger(struct seed *s)
{
    static const char *const accounts[][3] = {
        { "1500", "Trade debtors", "Asset" },
        { "1920", "Bank", "Asset" },
        { "2400", "Trade creditors", "Liability" },
        { "3000", "Sales", "Income" },
        { "5000", "Salaries", "Expense" },
        { "5400", "Employer's contribution", "Expense" },
        { "6300", "Rent", "Expense" },
    };
    put(s, "ledger", 900,
        parse("{\"internalId\":1,\"number\":\"1\",\"description\":\"Main\","
              "\"balanceType\":\"Actual\",\"currencyId\":\"NOK\"}"));
    put(s, "branch", 900,
        parse("{\"branchId\":1,\"number\":\"1\",\"name\":\"Oslo\","
              "\"isMainBranch\":true,\"isActive\":true,\"mainAddress\":{"
              "\"city\":\"Oslo\",\"country\":{\"id\":\"NO\",\"name\":"
              "\"Norway\"}},\"currency\":{\"id\":\"NOK\"},\"ledger\":{\"id\":"
              "\"1\"}}"));
    put(s, "branch", 900,
        parse("{\"branchId\":2,\"number\":\"2\",\"name\":\"Bergen\","
              "\"isMainBranch\":false,\"isActive\":true}"));
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
        struct doc *d = doc_object();
        doc_set_int(d, "accountID", (int64_t)i + 1);
        doc_set_string(d, "accountCD", accounts[i][0]);
        doc_set_string(d, "description", accounts[i][1]);
        doc_set_string(d, "type", accounts[i][2]);
        doc_set_yesno(d, "active", true);
        doc_set_string(d, "postOption", "Detail");
        put(s, "account", 900, d);
    }
}

/* Periods of last year, this year and the next; last year's are closed. */
static void add_periods(struct seed *s)
{
    int year = 0;
    const char *today = print_date(&s->arena, world_now_ms(s->w));
    for (int i = 0; i < 4; i++)
        year = year * 10 + (today[i] - '0');
    for (int y = year - 1; y <= year + 1; y++)
        for (int month = 1; month <= 12; month++) {
            static const char *const closed[] = {
                "closedInSupplierLedger", "closedInCustomerLedger",
                "closedInInventoryManagement", "closedInGeneralLedger",
                "closedInCashManagement", "closedInFixedAssets",
            };
            struct doc *d = doc_object();
            doc_set_string(d, "_id", arena_printf(&s->arena, "%04d%02d", y,
                                                 month));
            doc_set_int(d, "year", y);
            doc_set_string(d, "period", arena_printf(&s->arena, "%02d", month));
            doc_set_string(d, "startDate",
                           arena_printf(&s->arena, "%04d-%02d-01T00:00:00", y,
                                        month));
            doc_set_yesno(d, "active", true);
            for (size_t i = 0; i < 6; i++)
                doc_set_yesno(d, closed[i], y < year);
            put(s, "financialPeriod", 900, d);
        }
}

static void add_subaccounts(struct seed *s)
{
    for (size_t i = 0; i < sizeof cost_centers / sizeof *cost_centers; i++) {
        const struct value_seed *v = &cost_centers[i];
        put(s, "subaccount", 800,
            parse(arena_printf(
                &s->arena,
                "{\"subaccountNumber\":\"1-%s\",\"subaccountId\":%zu,"
                "\"description\":\"Oslo, %s\",\"active\":%s,\"segments\":[{"
                "\"segmentId\":1,\"segmentDescription\":\"Site\","
                "\"segmentValue\":\"1\",\"segmentValueDescription\":\"Oslo\"},"
                "{\"segmentId\":2,\"segmentDescription\":\"Cost center\","
                "\"segmentValue\":\"%s\",\"segmentValueDescription\":\"%s\"}]}",
                v->id, 100 + i, v->description, v->active ? "true" : "false",
                v->id, v->description)));
    }
}

/* -------------------------------------------------------- people and parties */
static void add_department(struct seed *s, const char *id,
                           const char *description, const char *subaccount)
{
    struct doc *d = doc_object();
    doc_set_string(d, "departmentId", id);
    doc_set_string(d, "publicId", name_guid(&s->arena, id));
    doc_set_string(d, "description", description);
    doc_set(d, "expenseAccount",
            parse("{\"type\":\"Expense\",\"number\":\"5000\",\"description\":"
                  "\"Salaries\",\"active\":true}"));
    doc_set(d, "expenseSubaccount",
            parse(arena_printf(&s->arena, "{\"id\":\"%s\",\"active\":true}",
                               subaccount)));
    put(s, "department", 700, d);
}

static void add_employee(struct seed *s, const char *number, const char *first,
                         const char *last, const char *department,
                         const char *status)
{
    put(s, "employee", 300,
        parse(arena_printf(
            &s->arena,
            "{\"employeeId\":%s,\"employeeNumber\":\"%s\",\"employeeName\":"
            "\"%s %s\",\"status\":\"%s\",\"department\":\"%s\",\"contact\":{"
            "\"name\":\"%s %s\",\"firstName\":\"%s\",\"lastName\":\"%s\","
            "\"email\":\"office@tulip.example\"},\"address\":{\"city\":"
            "\"Oslo\",\"country\":{\"id\":\"NO\",\"name\":\"Norway\"}},"
            "\"employeeClass\":{\"id\":\"SALARIED\",\"description\":"
            "\"Salaried\"},\"branch\":{\"number\":\"1\",\"name\":\"Oslo\"},"
            "\"calendarID\":\"NORWAY\",\"workGroupDescription\":[]}",
            number, number, first, last, status, department, first, last,
            first, last)));
}

/* Some are there before anything is synchronized: a leaver who is still
 * active, somebody on hold, one who was rehired elsewhere and is inactive. */
static void add_people(struct seed *s)
{
    put_name(s, "employeeClass", "SALARIED", "Salaried");
    put_name(s, "employeeClass", "HOURLY", "Hourly paid");
    put_name(s, "employeeClass", "EXEC", "Executives");
    put_name(s, "calendar", "NORWAY", "Norwegian working days");
    add_department(s, "FIN", "Finance", "1-FIN");
    add_department(s, "OLD", "Closed office", "1-GEN");
    add_employee(s, "3", "Carla", "Bakker", "FIN", "Active");
    add_employee(s, "4", "Daan", "Visser", "FIN", "OnHold");
    add_employee(s, "29", "Cas", "Schouten", "OLD", "Active");
    add_employee(s, "900", "Nils", "Dahl", "OLD", "Inactive");
}

static void add_parties(struct seed *s)
{
    put(s, "supplier", 400,
        parse("{\"internalId\":5001,\"number\":\"50000\",\"name\":"
              "\"Nordlys Kontor AS\",\"status\":\"Active\",\"vatRegistrationId\""
              ":\"NO999999999MVA\",\"mainContact\":{\"name\":"
              "\"Nordlys Kontor AS\"},\"note\":\"by hand\",\"glAccounts\":{"
              "\"expenseAccount\":{\"number\":\"6300\"}}}"));
    put(s, "customer", 400,
        parse("{\"internalId\":6001,\"number\":\"10000\",\"name\":"
              "\"Fjellheim Drift AS\",\"status\":\"Active\",\"mainContact\":{"
              "\"name\":\"Fjellheim Drift AS\"}}"));
}

/* --------------------------------------------------------------------- worlds */
static void add_tenant(struct seed *s, const char *id, const char *kind,
                       const char *name)
{
    struct doc *d = doc_object();
    doc_set_string(d, "kind", kind);
    doc_set_string(d, "name", name);
    table_put(world_table(s->w, "_tenants"), id, d);
}

static void add_many(struct seed *s)
{
    for (int i = 1; i <= world_size(s->w); i++)
        add_employee(s, arena_printf(&s->arena, "%d", 10000 + i),
                     "Person", arena_printf(&s->arena, "Number %d", i), "FIN",
                     "Active");
}

void visma_seed(struct world *w)
{
    struct seed s = { .w = w, .tenant = TENANT_MAIN };
    arena_init(&s.arena);
    add_tenant(&s, TENANT_MAIN, "company", "Tulip Robotics AS");
    add_tenant(&s, TENANT_SECOND, "company", "Tulip Service AS");
    add_tenant(&s, TENANT_CUSTOMER, "customer", "Tulip");
    add_ledger(&s);
    add_periods(&s);
    add_dimensions(&s);
    add_subaccounts(&s);
    add_people(&s);
    add_parties(&s);
    add_many(&s);
    s.tenant = TENANT_SECOND;
    add_ledger(&s);
    add_department(&s, "SERVICE", "Service", "1-GEN");
    arena_fini(&s.arena);
}
