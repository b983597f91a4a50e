/* What is in the Rippling sandbox at first: a small company whose departments
 * and people show what a flow must cope with, or a large one by --size. */
#include "config.h"
#include "connectors/rippling/sandbox.h"

#include <stdio.h>
#include <string.h>

struct seed {
    struct world *w;
    struct arena arena;
    int64_t now_ms;
};

/* ------------------------------------------------------------- helpers */
static const char *id_of(struct seed *s, const char *kind, const char *key)
{
    return name_hex_id(&s->arena,
                       arena_printf(&s->arena, "rippling/%s/%s", kind, key));
}

static const char *number_text(struct seed *s, int number)
{
    return arena_printf(&s->arena, "%d", number);
}

/* A row with id and times; `days` ago it was made. */
static struct doc *new_row(struct seed *s, const char *id, int days)
{
    struct doc *d = doc_object();
    const char *made =
        print_offset_time(&s->arena, s->now_ms - days * DAY_MS);
    doc_set_string(d, "id", id);
    doc_set_string(d, "created_at", made);
    doc_set_string(d, "updated_at", made);
    return d;
}

static void put(struct seed *s, const char *table, struct doc *row)
{
    table_put(world_table(s->w, table), doc_str(row, "id"), row);
}

static struct doc *ids(const char *one)
{
    struct doc *list = doc_list();
    if (one)
        doc_add(list, doc_string(one));
    return list;
}

static struct doc *money(const char *currency, const char *value)
{
    struct doc *d = doc_object();
    doc_set_string(d, "currency_type", currency);
    doc_set(d, "value", doc_number(text_of(value)));
    return d;
}

static struct doc *address(const char *street, const char *city,
                           const char *region, const char *code,
                           const char *country)
{
    struct doc *d = doc_object();
    doc_set_string(d, "type", "WORK");
    doc_set_string(d, "formatted", NULL);
    doc_set_string(d, "street_address", street);
    doc_set_string(d, "locality", city);
    doc_set_string(d, "region", region);
    doc_set_string(d, "postal_code", code);
    doc_set_string(d, "country", country);
    return d;
}

/* ----------------------------------------------------------- departments */
struct department_seed {
    const char *key, *name, *code, *parent;
};

/* GEN is its own parent, Legal has no code, LAB is mapped to no account, FAC's
 * account is blocked in Exact. */
static const struct department_seed departments[] = {
    { "GEN", "Tulip Robotics", "GEN", "GEN" },
    { "SAL", "Sales", "SAL", "GEN" },
    { "SAL-NORD", "Sales North", "SAL-NORD", "SAL" },
    { "MKT", "Marketing", "MKT", "GEN" },
    { "ENG", "Engineering", "ENG", "GEN" },
    { "ENG-PLT", "Platform", "ENG-PLT", "ENG" },
    { "SUP", "Customer Support", "SUP", "GEN" },
    { "FIN", "Finance & Control", "FIN", "GEN" },
    { "PEO", "People", "PEO", "GEN" },
    { "LEG", "Legal", NULL, "GEN" },
    { "LAB", "Research Lab", "LAB", "ENG" },
    { "FAC", "Facilities", "FAC", "GEN" },
};

static struct doc *hierarchy(struct seed *s, const char *key)
{
    struct doc *list = doc_list();
    for (int depth = 0; depth < 8; depth++) {
        size_t i = 0;
        while (strcmp(departments[i].key, key) != 0)
            i++;
        doc_add(list, doc_string(id_of(s, "department", key)));
        if (strcmp(departments[i].parent, key) == 0)
            break;
        key = departments[i].parent;
    }
    return list;
}

static void add_department(struct seed *s, const char *key, const char *name,
                           const char *code, const char *parent,
                           struct doc *above)
{
    struct doc *d = new_row(s, id_of(s, "department", key), 700);
    doc_set_string(d, "name", name);
    doc_set_string(d, "parent_id", id_of(s, "department", parent));
    doc_set_string(d, "reference_code", code);
    doc_set(d, "department_hierarchy_id", above);
    put(s, "departments", d);
}

static void add_departments(struct seed *s)
{
    for (size_t i = 0; i < sizeof departments / sizeof *departments; i++) {
        const struct department_seed *d = &departments[i];
        add_department(s, d->key, d->name, d->code, d->parent,
                       hierarchy(s, d->key));
    }
}

/* --------------------------------------------------------------- people */
struct person {
    const char *first, *last, *department; /* NULL: none */
    const char *status, *title, *level;
    int start_days, end_days; /* from today; end 0: none */
    const char *pay;          /* a year, EUR */
    int same_user_as;         /* number of an earlier record, 0: none */
};

static const struct person people[] = {
    { "Anna", "de Vries", "PEO", "ACTIVE", "HR Director", "L5", -2200, 0,
      "96000", 0 },
    { "Bram", "Jansen", "GEN", "ACTIVE", "Chief Executive", "L6", -2200, 0,
      "145000", 0 },
    { "Carla", "Bakker", "FIN", "ACTIVE", "Controller", "L4", -1900, 0,
      "88500.5", 0 },
    { "Daan", "Visser", "FIN", "ACTIVE", "Accountant", "L3", -800, 0, "58250",
      0 },
    { "Emma", "Smit", "SAL", "ACTIVE", "Head of Sales", "L5", -1700, 0,
      "99000", 0 },
    { "Finn", "Meijer", "SAL", "ACTIVE", "Account Executive", "L3", -640, 0,
      "61000", 0 },
    { "Greta", "Olsen", "SAL-NORD", "ACTIVE", "Sales Lead North", "L4", -610,
      0, "72500", 0 },
    { "Henrik", "Lund", "SAL-NORD", "ACTIVE", "Account Executive", "L3", -400,
      0, "59999.99", 0 },
    { "Ilse", "Mulder", "MKT", "ACTIVE", "Marketing Manager", "L4", -900, 0,
      "67000", 0 },
    { "Jonas", "de Boer", "MKT", "ACTIVE", "Content Writer", "L2", -210, 0,
      "43000", 0 },
    { "Karin", "Bos", "ENG", "ACTIVE", "VP Engineering", "L5", -2000, 0,
      "118000", 0 },
    { "Lars", "Vos", "ENG", "ACTIVE", "Software Engineer", "L3", -730, 0,
      "71000", 0 },
    { "Maud", "Peters", "ENG", "ACTIVE", "Software Engineer", "L3", -500, 0,
      "70250", 0 },
    { "Noor", "Hendriks", "ENG", "ACTIVE", "QA Engineer", "L3", -320, 0,
      "64000", 0 },
    { "Otto", "van Dijk", "ENG-PLT", "ACTIVE", "Platform Lead", "L4", -1100, 0,
      "86000", 0 },
    { "Pia", "Dekker", "ENG-PLT", "ACTIVE", "Site Reliability Engineer", "L3",
      -450, 0, "75500", 0 },
    { "Quinten", "Brouwer", "ENG-PLT", "ACTIVE", "Data Engineer", "L3", -180,
      0, "73000", 0 },
    { "Rosa", "de Wit", "SUP", "ACTIVE", "Support Lead", "L4", -980, 0,
      "54000", 0 },
    { "Sem", "Dijkstra", "SUP", "ACTIVE", "Support Agent", "L2", -260, 0,
      "38400", 0 },
    { "Tess", "Kuiper", "SUP", "ACTIVE", "Support Agent", "L2", -120, 0,
      "37900", 0 },
    { "Ugo", "Ferri", "LEG", "ACTIVE", "Legal Counsel", "L4", -760, 0,
      "91000", 0 },
    { "Vera", "Postma", "LEG", "ACTIVE", "Paralegal", "L2", -300, 0, "46000",
      0 },
    { "Willem", "van Leeuwen", "LAB", "ACTIVE", "Research Scientist", "L4",
      -520, 0, "83000", 0 },
    { "Xandra", "Koster", "LAB", "ACTIVE", "Research Engineer", "L3", -90, 0,
      "69000", 0 },
    { "Youssef", "Amrani", "FAC", "ACTIVE", "Office Manager", "L3", -1300, 0,
      "47500", 0 },
    { "Zoë", "Willems", "FAC", "ACTIVE", "Receptionist", "L1", -60, 0, "33600",
      0 },
    /* nobody's department */
    { "Adil", "Kaya", NULL, "ACTIVE", "Advisor", "L4", -45, 0, "80000", 0 },
    /* leavers, one with a date still to come */
    { "Bente", "Huisman", "SAL", "TERMINATED", "Account Executive", "L3",
      -1500, -200, "60000", 0 },
    { "Cas", "Schouten", "ENG", "TERMINATED", "Software Engineer", "L3", -1400,
      -35, "69500", 0 },
    { "Dina", "Prins", "MKT", "TERMINATED", "Designer", "L2", -700, -10,
      "45000", 0 },
    { "Evert", "Blom", "SUP", "ACTIVE", "Support Agent", "L2", -600, 25,
      "38000", 0 },
    /* rehired: the same person, two records */
    { "Femke", "Timmer", "FIN", "TERMINATED", "Accountant", "L2", -1600, -620,
      "49000", 0 },
    { "Femke", "Timmer", "FIN", "ACTIVE", "Payroll Specialist", "L3", -150, 0,
      "56000", 32 },
    { "Gijs", "Evers", "ENG-PLT", "TERMINATED", "Intern", "L1", -480, -300,
      "26000", 0 },
    { "Gijs", "Evers", "ENG", "ACTIVE", "Software Engineer", "L2", -30, 0,
      "52000", 34 },
    /* to come */
    { "Hanna", "Wolters", "SAL", "ACCEPTED", "Account Executive", "L3", 20, 0,
      "62000", 0 },
    { "Ivo", "Maas", "ENG", "ACCEPTED", "Engineering Manager", "L4", 41, 0,
      "92000", 0 },
    { "Jet", "Roos", "PEO", "HIRED", "Recruiter", "L3", 60, 0, "55000", 0 },
    { "Koen", "Linden", "MKT", "INIT", "Events Manager", "L3", 75, 0, "57000",
      0 },
    /* never started */
    { "Lotte", "Hermans", "SUP", "TERMINATED", "Support Agent", "L2", 5, -2,
      "37000", 0 },
    { "Mats", "Engel", "PEO", "ACTIVE", "HR Advisor", "L3", -350, 0, "54500",
      0 },
};

static const char *plain_name(struct seed *s, const char *name)
{
    char *out = arena_strdup(&s->arena, name);
    size_t n = 0;
    for (size_t i = 0; out[i]; i++) {
        char c = out[i];
        if (c >= 'A' && c <= 'Z')
            out[n++] = (char)(c + 32);
        else if (c >= 'a' && c <= 'z')
            out[n++] = c;
    }
    out[n] = '\0';
    return out;
}

static void add_user(struct seed *s, const struct person *p, int number,
                     const char *email)
{
    struct doc *d = new_row(s, id_of(s, "user", number_text(s, number)),
                            p->start_days < 0 ? -p->start_days : 20);
    struct doc *name = doc_object(), *emails = doc_list(), *one = doc_object();
    doc_set_string(name, "formatted",
                   arena_printf(&s->arena, "%s %s", p->first, p->last));
    doc_set_string(name, "given_name", p->first);
    doc_set_string(name, "middle_name", NULL);
    doc_set_string(name, "family_name", p->last);
    doc_set_string(name, "preferred_given_name", NULL);
    doc_set_string(name, "preferred_family_name", NULL);
    doc_set_string(one, "value", email);
    doc_set_string(one, "type", "WORK");
    doc_set_string(one, "display", NULL);
    doc_add(emails, one);
    doc_set_yesno(d, "active", strcmp(p->status, "TERMINATED") != 0);
    doc_set_string(d, "username", email);
    doc_set(d, "name", name);
    doc_set_string(d, "display_name",
                   arena_printf(&s->arena, "%s %s", p->first, p->last));
    doc_set(d, "emails", emails);
    doc_set(d, "phone_numbers", doc_list());
    doc_set(d, "addresses", doc_list());
    doc_set(d, "photos", doc_list());
    doc_set_string(d, "preferred_language", "en");
    doc_set_string(d, "locale", "nl-NL");
    doc_set_string(d, "timezone", "Europe/Amsterdam");
    doc_set_string(d, "number", number_text(s, number));
    put(s, "users", d);
}

/* Amounts a year and what follows from them, rounded to cents. */
static const char *share(struct seed *s, const char *pay, int parts)
{
    struct decimal year, part;
    char digits[DECIMAL_TEXT_MAX];
    decimal_parse(text_of(pay), &year);
    decimal_div(year, decimal_int(parts), 2, ROUND_HALF_AWAY, &part);
    decimal_print(decimal_trim(part), digits);
    return arena_strdup(&s->arena, digits);
}

static void add_compensation(struct seed *s, const struct person *p,
                             int number)
{
    const char *key = number_text(s, number);
    struct doc *d = new_row(s, id_of(s, "compensation", key),
                            p->start_days < 0 ? -p->start_days / 2 : 20);
    int64_t since = s->now_ms + (p->start_days / 2) * DAY_MS;
    doc_set_string(d, "worker_id", id_of(s, "worker", key));
    doc_set(d, "annual_compensation", money("EUR", p->pay));
    doc_set(d, "annual_salary_equivalent", money("EUR", p->pay));
    doc_set(d, "hourly_wage", money("EUR", share(s, p->pay, 2080)));
    doc_set(d, "monthly_compensation", money("EUR", share(s, p->pay, 12)));
    doc_set(d, "on_target_commission",
            p->department && strcmp(p->department, "SAL") == 0
                ? money("EUR", "12000")
                : doc_null());
    doc_set(d, "relocation_reimbursement", doc_null());
    doc_set(d, "signing_bonus", doc_null());
    doc_set(d, "target_annual_bonus", doc_null());
    doc_set(d, "weekly_compensation", money("EUR", share(s, p->pay, 52)));
    doc_set(d, "target_annual_bonus_percent", doc_number(TEXT("7.5")));
    doc_set_string(d, "bonus_schedule", "ANNUAL");
    doc_set_string(d, "payment_type", "SALARY");
    doc_set_string(d, "payment_terms", "MONTHLY");
    doc_set_string(d, "salary_effective_date", print_date(&s->arena, since));
    put(s, "compensations", d);
}

static struct doc *custom_values(struct seed *s, const struct person *p)
{
    struct doc *list = doc_list(), *one = doc_object();
    doc_set_string(one, "id", id_of(s, "custom_field", "cost-unit"));
    doc_set_string(one, "name", "Cost unit");
    doc_set_string(one, "type", "TEXT");
    doc_set_string(one, "value",
                   p->department && strncmp(p->department, "ENG", 3) == 0
                       ? "ROBOT2"
                       : "CORE");
    doc_add(list, one);
    return list;
}

static struct doc *leave_details(const struct person *p)
{
    if (strcmp(p->status, "TERMINATED") != 0)
        return doc_null();
    struct doc *d = doc_object();
    bool started = p->start_days < 0;
    doc_set_string(d, "type", started ? "VOLUNTARY" : "OFFER_DECLINED");
    doc_set_string(d, "reason", started ? "Better offer" : "Stayed put");
    return d;
}

static struct doc *place_of(struct seed *s, int number)
{
    struct doc *d = doc_object();
    bool remote = number % 7 == 0;
    doc_set_string(d, "type", remote ? "REMOTE" : "WORK");
    doc_set_string(d, "work_location_id",
                   remote ? NULL : id_of(s, "work_location", "AMS"));
    return d;
}

/* When the record last changed: a leaver's on leaving, others' earlier. */
static int days_unchanged(const struct person *p, int number)
{
    if (p->end_days < 0)
        return -p->end_days;
    if (p->start_days >= 0)
        return 3;
    return -p->start_days < 100 ? -p->start_days : 40 + number;
}

static void set_worker_links(struct seed *s, struct doc *d,
                             const struct person *p, int number,
                             const char *email)
{
    const char *key = number_text(s, number);
    int user = p->same_user_as ? p->same_user_as : number;
    doc_set_string(d, "user_id", id_of(s, "user", number_text(s, user)));
    doc_set_yesno(d, "is_manager", strcmp(p->level, "L4") >= 0);
    doc_set_string(d, "manager_id",
                   number == 2 ? NULL : id_of(s, "worker", "2"));
    doc_set_string(d, "legal_entity_id",
                   id_of(s, "legal_entity", number % 9 == 7 ? "BE" : "NL"));
    doc_set_string(d, "country", number % 9 == 7 ? "BE" : "NL");
    doc_set_string(d, "start_date",
                   print_date(&s->arena, s->now_ms + p->start_days * DAY_MS));
    doc_set_string(d, "end_date",
                   p->end_days ? print_date(&s->arena, s->now_ms +
                                                           p->end_days * DAY_MS)
                               : NULL);
    doc_set_int(d, "number", number);
    doc_set_string(d, "work_email", email);
    doc_set_string(d, "personal_email",
                   arena_printf(&s->arena, "%s.%d@home.example",
                                plain_name(s, p->first), number));
    doc_set_string(d, "status", p->status);
    doc_set(d, "location", place_of(s, number));
    doc_set_string(d, "employment_type_id",
                   id_of(s, "employment_type", "SALARIED_FT"));
    doc_set_string(d, "compensation_id", id_of(s, "compensation", key));
}

static void add_person(struct seed *s, const struct person *p, int number)
{
    const char *email =
        arena_printf(&s->arena, "%s.%s%s@tulip.example",
                     plain_name(s, p->first), plain_name(s, p->last),
                     number > 99 ? number_text(s, number) : "");
    int made = p->start_days < 0 ? -p->start_days + 14 : 14;
    struct doc *d =
        new_row(s, id_of(s, "worker", number_text(s, number)), made);
    doc_set_string(d, "updated_at",
                   print_offset_time(&s->arena,
                                     s->now_ms - days_unchanged(p, number) *
                                                     DAY_MS));
    set_worker_links(s, d, p, number, email);
    doc_set_string(d, "gender", "PREFER_NOT_TO_SAY");
    doc_set_string(d, "date_of_birth",
                   arena_printf(&s->arena, "19%02d-%02d-%02d",
                                60 + number % 40, 1 + number % 12,
                                1 + number % 28));
    doc_set_string(d, "race", "NOT_INFORMED");
    doc_set_string(d, "ethnicity", "DECLINE_TO_SELF_IDENTIFY");
    doc_set_string(d, "citizenship", "NL");
    doc_set_string(d, "overtime_exemption", "EXEMPT");
    doc_set_string(d, "department_id",
                   p->department ? id_of(s, "department", p->department)
                                 : NULL);
    doc_set(d, "teams_id",
            number % 5 ? ids(NULL) : ids(id_of(s, "team", "core")));
    doc_set_string(d, "title", p->title);
    doc_set_string(d, "title_effective_date", doc_str(d, "start_date"));
    doc_set_string(d, "level_id", id_of(s, "level", p->level));
    doc_set(d, "termination_details", leave_details(p));
    doc_set(d, "custom_fields", custom_values(s, p));
    doc_set(d, "country_fields", doc_object());
    doc_set(d, "business_partners_id", doc_list());
    doc_set_yesno(d, "_provisioned", number % 11 != 10);
    put(s, "workers", d);
    add_compensation(s, p, number);
    if (!p->same_user_as)
        add_user(s, p, number, email);
}

/* A large company: what the small one shows, many times over. */
static void add_crowd(struct seed *s, int size)
{
    static const char *const firsts[] = { "Aad", "Bo", "Cato", "Dirk", "Elin",
                                          "Fay", "Gus", "Hugo", "Iris",
                                          "Joep" };
    static const char *const lasts[] = { "Aalbers", "Bol", "Coster", "Drost",
                                         "Elzinga", "Faber", "Groen" };
    static const char *const pays[] = { "42000", "51500.75", "63000", "78250" };
    int more = size / 17 > 12 ? size / 17 + 2 - 12 : 0;
    for (int i = 0; i < more; i++) {
        const char *key = arena_printf(&s->arena, "D%03d", i + 1);
        struct doc *above = ids(id_of(s, "department", key));
        doc_add(above, doc_string(id_of(s, "department", "GEN")));
        add_department(s, key, arena_printf(&s->arena, "Unit %03d", i + 1), key,
                       "GEN", above);
    }
    for (int n = (int)(sizeof people / sizeof *people) + 1; n <= size; n++) {
        uint32_t dice = world_pick(s->w, "crowd", (uint32_t)n, 1000);
        struct person p = {
            .first = firsts[dice % 10],
            .last = lasts[dice / 10 % 7],
            .status = dice % 20 == 0 ? "TERMINATED" : "ACTIVE",
            .title = "Employee",
            .level = "L2",
            .start_days = -(int)(30 + dice * 2),
            .end_days = dice % 20 == 0 ? -(int)(1 + dice % 29) : 0,
            .pay = pays[dice % 4],
        };
        int unit = (int)(dice % (uint32_t)(12 + more));
        p.department =
            unit < 12 ? departments[unit].key
                      : arena_printf(&s->arena, "D%03d", unit - 12 + 1);
        add_person(s, &p, n);
    }
}

/* ------------------------------------------------------------ the company */
static void add_named(struct seed *s, const char *table, const char *kind,
                      const char *key, const char *name)
{
    struct doc *d = new_row(s, id_of(s, kind, key), 900);
    doc_set_string(d, "name", name);
    put(s, table, d);
}

static void add_entity(struct seed *s, const char *key, const char *name,
                       const char *level, const char *parent)
{
    struct doc *d = new_row(s, id_of(s, "legal_entity", key), 2300);
    struct doc *country = doc_object();
    doc_set_string(country, "code", key);
    doc_set_string(d, "tax_identifier",
                   arena_printf(&s->arena, "%s000099998B57", key));
    doc_set(d, "country", country);
    doc_set_string(d, "legal_name", name);
    doc_set_string(d, "entity_level", level);
    doc_set_string(d, "registration_date", "2018-03-01");
    doc_set(d, "mailing_address", doc_null());
    doc_set(d, "physical_address",
            address("Kade 1", strcmp(key, "NL") == 0 ? "Amsterdam" : "Gent", "",
                    "1011 AA", key));
    doc_set_string(d, "parent_id",
                   parent ? id_of(s, "legal_entity", parent) : NULL);
    doc_set_string(d, "management_type", NULL);
    doc_set_string(d, "company_id", id_of(s, "company", "1"));
    put(s, "legal_entities", d);
}

static void add_company(struct seed *s)
{
    struct doc *d = new_row(s, id_of(s, "company", "1"), 2300);
    struct doc *entities = ids(id_of(s, "legal_entity", "NL"));
    doc_add(entities, doc_string(id_of(s, "legal_entity", "BE")));
    doc_set_string(d, "parent_legal_entity_id", id_of(s, "legal_entity", "NL"));
    doc_set(d, "legal_entities_id", entities);
    doc_set(d, "physical_address",
            address("Kade 1", "Amsterdam", "NH", "1011 AA", "NL"));
    doc_set_string(d, "primary_email", "admin@tulip.example");
    doc_set_string(d, "legal_name", "Tulip Robotics B.V.");
    doc_set_string(d, "doing_business_as_name", "Tulip Robotics");
    doc_set_string(d, "phone", NULL);
    doc_set_string(d, "name", "Tulip Robotics");
    put(s, "companies", d);
    add_entity(s, "NL", "Tulip Robotics B.V.", "PARENT", NULL);
    add_entity(s, "BE", "Tulip Robotics België BV", "SUBSIDIARY", "NL");
}

static void add_places_and_ranks(struct seed *s)
{
    static const char *const level_names[] = { "Junior", "Medior", "Senior",
                                               "Lead", "Director", "Board" };
    struct doc *d = new_row(s, id_of(s, "work_location", "AMS"), 900);
    doc_set_string(d, "name", "Amsterdam");
    doc_set(d, "address",
            address("Kade 1", "Amsterdam", "NH", "1011 AA", "NL"));
    put(s, "work_locations", d);
    d = new_row(s, id_of(s, "team", "core"), 900);
    doc_set_string(d, "parent_id", NULL);
    doc_set_string(d, "name", "Core team");
    put(s, "teams", d);
    add_named(s, "tracks", "track", "ic", "Specialists");
    for (int i = 0; i < 6; i++) {
        const char *key = arena_printf(&s->arena, "L%d", i + 1);
        d = new_row(s, id_of(s, "level", key), 900);
        doc_set_string(d, "name", level_names[i]);
        doc_set_string(d, "parent_id", NULL);
        doc_set_int(d, "global_level", i + 1);
        doc_set_string(d, "description", NULL);
        doc_set_int(d, "rank", i + 1);
        doc_set_string(d, "track_id", i < 4 ? id_of(s, "track", "ic") : NULL);
        put(s, "levels", d);
    }
    add_named(s, "titles", "title", "controller", "Controller");
    add_named(s, "titles", "title", "accountant", "Accountant");
}

static void add_employment_types(struct seed *s)
{
    static const char *const rows[][5] = {
        { "SALARIED_FT", "Salaried, full-time", "EMPLOYEE", "SALARIED",
          "FULL-TIME" },
        { "HOURLY_PT", "Hourly, part-time", "EMPLOYEE", "HOURLY", "PART-TIME" },
        { "CONTRACTOR", "Contractor", "CONTRACTOR", NULL, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct doc *d = new_row(s, id_of(s, "employment_type", rows[i][0]),
                                900);
        doc_set_string(d, "label", rows[i][1]);
        doc_set_string(d, "name", rows[i][0]);
        doc_set_string(d, "type", rows[i][2]);
        doc_set_string(d, "compensation_time_period", rows[i][3]);
        doc_set_string(d, "amount_worked", rows[i][4]);
        put(s, "employment_types", d);
    }
}

static void add_entitlement(struct seed *s, const char *id, const char *name)
{
    struct doc *d = doc_object();
    doc_set_string(d, "id", id);
    doc_set_string(d, "description", name);
    doc_set_string(d, "display_name", name);
    put(s, "entitlements", d);
}

static void add_custom_field(struct seed *s)
{
    struct doc *d = new_row(s, id_of(s, "custom_field", "cost-unit"), 400);
    doc_set_string(d, "name", "Cost unit");
    doc_set_string(d, "description", "Which product line carries the cost");
    doc_set_yesno(d, "required", false);
    doc_set_string(d, "type", "TEXT");
    put(s, "custom_fields", d);
}

static void add_leave(struct seed *s)
{
    static const char *const kinds[] = { "Vacation", "Unpaid leave" };
    for (int i = 0; i < 2; i++) {
        struct doc *d = new_row(s, id_of(s, "leave_type", kinds[i]), 900);
        doc_set_string(d, "type", i ? "UNPAID" : "VACATION");
        doc_set_string(d, "name", kinds[i]);
        doc_set_string(d, "description", NULL);
        doc_set_yesno(d, "is_paid", i == 0);
        doc_set_yesno(d, "is_managed_by_external_system", false);
        doc_set_string(d, "_legal_entity_id", id_of(s, "legal_entity", "NL"));
        put(s, "leave_types", d);
    }
    for (int n = 3; n <= 5; n++) {
        const char *key = number_text(s, n);
        struct doc *d = new_row(s, id_of(s, "leave_balance", key), 30);
        doc_set_string(d, "worker_id", id_of(s, "worker", key));
        doc_set_string(d, "leave_type_id", id_of(s, "leave_type", "Vacation"));
        doc_set_yesno(d, "is_balance_unlimited", n == 5);
        doc_set(d, "balance_including_future_requests",
                n == 5 ? doc_null() : doc_number(TEXT("112.5")));
        doc_set(d, "balance_excluding_future_requests",
                n == 5 ? doc_null() : doc_number(TEXT("128.5")));
        put(s, "leave_balances", d);
    }
    struct doc *d = new_row(s, id_of(s, "leave_request", "1"), 12);
    doc_set_string(d, "worker_id", id_of(s, "worker", "4"));
    doc_set_string(d, "requester_id", id_of(s, "worker", "4"));
    doc_set_string(d, "status", "APPROVED");
    doc_set_string(d, "start_date", print_date(&s->arena, day_ms(s->now_ms, 10)));
    doc_set(d, "start_time", doc_null());
    doc_set_string(d, "end_date", print_date(&s->arena, day_ms(s->now_ms, 14)));
    doc_set(d, "end_time", doc_null());
    doc_set_string(d, "comments", "Family visit");
    doc_set_int(d, "number_of_minutes_requested", 2400);
    doc_set_string(d, "leave_type_id", id_of(s, "leave_type", "Vacation"));
    put(s, "leave_requests", d);
}

static void add_jobs(struct seed *s)
{
    struct doc *d = new_row(s, id_of(s, "job_dimension", "project"), 300);
    doc_set_string(d, "name", "Project");
    doc_set_string(d, "external_id", "PRJ");
    doc_set_yesno(d, "includes_custom_location", false);
    doc_set_string(d, "roster_type", "PER_DIMENSION");
    doc_set_string(d, "group_id", NULL);
    doc_set(d, "org_attribute_associations", doc_list());
    put(s, "job_dimensions", d);
    d = new_row(s, id_of(s, "job_code", "robot2"), 300);
    doc_set_string(d, "name", "Robot 2");
    doc_set_string(d, "job_dimension_id", id_of(s, "job_dimension", "project"));
    doc_set_string(d, "external_id", "ROBOT2");
    doc_set_string(d, "group_id", NULL);
    doc_set_string(d, "department_id", id_of(s, "department", "ENG"));
    doc_set(d, "pay_rate", doc_null());
    put(s, "job_codes", d);
}

static void add_spend(struct seed *s)
{
    static const char *const amounts[] = { "129.95", "48", "1899.5", "12.07" };
    struct doc *d = new_row(s, id_of(s, "custom_object", "spend"), 400);
    doc_set_string(d, "name", "Spend Transaction Line Item");
    doc_set_string(d, "api_name", "spend_transaction_line_item_zo");
    doc_set_string(d, "plural_label", "Spend Transaction Line Items");
    put(s, "custom_objects", d);
    for (int i = 0; i < 4; i++) {
        const char *key = number_text(s, i + 1);
        struct doc *place = doc_object();
        d = new_row(s, id_of(s, "spend", key), 9 - i);
        doc_set_string(d, "name", arena_printf(&s->arena, "Line %s", key));
        doc_set_string(d, "external_id",
                       arena_printf(&s->arena, "spend-%s", key));
        doc_set_string(d, "system_updated_at", doc_str(d, "updated_at"));
        struct doc *amount = money("EUR", amounts[i]);
        doc_set_string(amount, "value", amounts[i]); /* seen as text */
        doc_set(d, "amount", amount);
        doc_set_string(d, "category", id_of(s, "category", key));
        doc_set_string(place, "id", id_of(s, "department", "ENG"));
        doc_set_string(place, "display_value", "Engineering");
        doc_set(d, "department", place);
        doc_set_string(d, "_object", "spend_transaction_line_item_zo");
        put(s, "custom_object_records", d);
    }
}

/* Runs of the last three months and who was paid what. */
static struct doc *tax_line(const char *code, const char *name,
                            const char *amount, const char *payer)
{
    struct doc *d = doc_object();
    doc_set_string(d, "tax_code", code);
    doc_set_string(d, "display_name", name);
    doc_set_string(d, "amount", amount);
    doc_set_string(d, "paid_by", payer);
    return d;
}

static void add_pay_record(struct seed *s, const char *run,
                           const struct person *p, int number)
{
    const char *gross = share(s, p->pay, 12);
    struct doc *d = doc_object(), *earning = doc_object(),
               *earnings = doc_list(), *taxes = doc_list();
    doc_set_string(d, "id",
                   id_of(s, "pay", arena_printf(&s->arena, "%s/%d", run,
                                                number)));
    doc_set_string(d, "run_id", run);
    doc_set_string(d, "worker_id", id_of(s, "worker", number_text(s, number)));
    doc_set_string(d, "currency", "EUR");
    doc_set_string(d, "gross_pay", gross);
    doc_set_string(d, "net_pay", share(s, p->pay, 19));
    doc_set_string(earning, "earning_code", "SALARY");
    doc_set_string(earning, "earning_category", "REGULAR");
    doc_set_string(earning, "display_name", "Salary");
    doc_set_string(earning, "amount", gross);
    doc_set_string(earning, "hours", "173.3333");
    doc_add(earnings, earning);
    doc_set(d, "summary", doc_null());
    doc_set(d, "earnings", earnings);
    doc_add(taxes, tax_line("WAGE", "Wage tax", share(s, p->pay, 40),
                            "EMPLOYEE"));
    doc_add(taxes, tax_line("SOC", "Social security", share(s, p->pay, 70),
                            "EMPLOYER"));
    doc_set(d, "taxes", taxes);
    doc_set(d, "deductions", doc_list());
    doc_set(d, "garnishments", doc_list());
    put(s, "worker_payroll_records", d);
}

static void add_payroll(struct seed *s)
{
    static const char *const states[] = { "PAID", "PAID", "APPROVED",
                                          "DRAFT" };
    for (int i = 0; i < 4; i++) {
        struct doc *d = doc_object(), *period = doc_object();
        int64_t check = day_ms(s->now_ms, (i - 2) * 30 - 5);
        const char *id = id_of(s, "payroll_run", number_text(s, i + 1));
        doc_set_string(d, "id", id);
        doc_set_string(d, "run_state", states[i]);
        doc_set_string(d, "run_type", "REGULAR");
        doc_set_string(d, "check_date", print_date(&s->arena, check));
        doc_set_string(d, "title", "Monthly salaries");
        doc_set_string(period, "start_date",
                       print_date(&s->arena, day_ms(check, -25)));
        doc_set_string(period, "end_date",
                       print_date(&s->arena, day_ms(check, 5)));
        doc_set(d, "pay_period", period);
        doc_set_string(d, "company_entity_id", id_of(s, "legal_entity", "NL"));
        doc_set_string(d, "country_code", "NL");
        put(s, "payroll_runs", d);
        for (int n = 1; n <= 26 && i < 3; n++)
            add_pay_record(s, id, &people[n - 1], n);
    }
}

/* What only the older API shows. */
static void add_v1(struct seed *s)
{
    struct doc *d = doc_object();
    doc_set_string(d, "id", id_of(s, "schedule", "month"));
    doc_set_string(d, "name", "Monthly");
    doc_set_string(d, "payFrequency", "MONTHLY");
    doc_set_string(d, "firstCheckDate", "2024-01-25");
    doc_set_string(d, "holidayShift", "LEFT");
    put(s, "v1_pay_schedules", d);
    d = doc_object();
    doc_set_string(d, "id", id_of(s, "earning", "salary"));
    doc_set_string(d, "earningType", "SALARY");
    doc_set_string(d, "name", "Salary");
    put(s, "v1_earning_types", d);
    d = doc_object();
    doc_set_string(d, "id", id_of(s, "deduction", "pension"));
    doc_set_string(d, "name", "Pension");
    doc_set_string(d, "deductionType", "PENSION");
    doc_set_string(d, "companyContribution", "8.00");
    doc_set_string(d, "employeeDeduction", "4.00");
    doc_set_yesno(d, "isERPercent", true);
    doc_set_yesno(d, "isEEPercent", true);
    doc_set_yesno(d, "isMonthly", true);
    put(s, "v1_company_deductions", d);
}

void rippling_seed(struct world *w)
{
    struct seed s = { .w = w, .now_ms = world_now_ms(w) };
    int count = (int)(sizeof people / sizeof *people);
    arena_init(&s.arena);
    add_company(&s);
    add_places_and_ranks(&s);
    add_employment_types(&s);
    add_departments(&s);
    for (int i = 0; i < count; i++)
        add_person(&s, &people[i], i + 1);
    if (world_size(w) > count)
        add_crowd(&s, world_size(w));
    add_entitlement(&s, "API_Tier_1", "Core records");
    add_entitlement(&s, "API_Tier_2", "Pay, leave, time");
    add_entitlement(&s, "Reports_API", "Reports");
    add_entitlement(&s, "Functions_API", "Functions");
    add_entitlement(&s, "Payroll_API", "Payroll runs");
    add_custom_field(&s);
    add_leave(&s);
    add_jobs(&s);
    add_spend(&s);
    add_payroll(&s);
    add_v1(&s);
    arena_fini(&s.arena);
}
