/* Errors of the Exact sandbox: their shape, and business errors in the user's
 * language. */
#include "config.h"
#include "connectors/exact/sandbox.h"

#include <string.h>

struct term {
    const char *name, *dutch;
};

static const struct term terms[] = {
    { "Code", "Code" },
    { "Description", "Omschrijving" },
    { "Name", "Naam" },
    { "Journal", "Dagboek" },
    { "JournalCode", "Dagboek" },
    { "GLAccount", "Grootboekrekening" },
    { "GLAccountType", "Grootboekrekeningtype" },
    { "CostCenter", "Kostenplaats" },
    { "CostUnit", "Kostendrager" },
    { "FinancialYear", "Boekjaar" },
    { "FinancialPeriod", "Periode" },
    { "VATCode", "Btw-code" },
    { "Account", "Relatie" },
    { "OrderedBy", "Besteld door" },
    { "Supplier", "Leverancier" },
    { "Customer", "Klant" },
    { "AmountFC", "Bedrag" },
    { "Item", "Artikel" },
    { "Topic", "Onderwerp" },
};

static const char *const dutch[] = {
    "Verplicht: %s",          "Ongeldig: %s",
    "Onbekend: %s",           "Gegeven bestaat reeds",
    "Periode is afgesloten",  "De boeking is niet in evenwicht",
    "Kan niet verwijderen: in gebruik",
};

static const char *const english[] = {
    "Mandatory: %s",    "Invalid: %s",
    "Unknown: %s",      "Data already exists",
    "Period is closed", "The entry is not in balance",
    "Cannot delete: in use",
};

static const char *term_of(struct world *w, const char *name)
{
    if (world_switch_is(w, "language", "en"))
        return name;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        if (strcmp(terms[i].name, name) == 0)
            return terms[i].dutch;
    return name;
}

static void answer_error(struct sandbox_call *call, int status,
                         const char *why)
{
    if (world_switch_is(call->world, "errors", "empty")) {
        call_answer(call, status, NULL, TEXT(""));
        return;
    }
    if (world_switch_is(call->world, "errors", "html")) {
        call_answer_text(call, status, "text/html; charset=utf-8",
                         "<html><body><h1>%d</h1></body></html>\n", status);
        return;
    }
    struct doc *d = doc_object(), *error = doc_object(),
               *message = doc_object();
    doc_set_string(message, "lang", "");
    doc_set_string(message, "value", why);
    doc_set_string(error, "code", "");
    doc_set(error, "message", message);
    doc_set(d, "error", error);
    call_answer_doc(call, status, d, DOC_COMPACT);
}

void exact_refuse(struct sandbox_call *call, int status, const char *format,
                  ...)
{
    va_list args;
    va_start(args, format);
    const char *why = arena_vprintf(call->arena, format, args);
    va_end(args);
    answer_error(call, status, why);
}

/* The patterns hold at most one %s, filled by hand: no format from a table. */
static const char *fill(struct arena *arena, const char *pattern,
                        const char *term)
{
    const char *place = strstr(pattern, "%s");
    if (!place)
        return pattern;
    return arena_printf(arena, "%.*s%s%s", (int)(place - pattern), pattern,
                        term, place + 2);
}

void exact_business(struct sandbox_call *call, enum exact_text what,
                    const char *term)
{
    bool is_english = world_switch_is(call->world, "language", "en");
    const char *pattern = is_english ? english[what] : dutch[what];
    answer_error(call, 500,
                 fill(call->arena, pattern, term_of(call->world, term)));
}
