/* The connectors as the language's loader wants to know them: as data. */
#include "config.h"

#include "cli/project.h"

#include "runtime/connection.h"

#include <string.h>

#define CONNECTORS_MAX 64
#define SETTINGS_MAX 512

static const char *names[CONNECTORS_MAX + 1];
static struct setting_rule rules[SETTINGS_MAX + 1];

/* A connector's own word on a setting goes before the common one. */
static void add_rule(size_t *count, size_t first, const struct connector *c,
                     const struct setting_def *d)
{
    for (size_t i = first; i < *count; i++)
        if (strcmp(rules[i].name, d->name) == 0)
            return;
    if (*count < SETTINGS_MAX)
        rules[(*count)++] = (struct setting_rule){ c->name, d->name, d->type,
                                                   d->required, d->help };
}

static void collect(void)
{
    const struct connector *c;
    size_t name_count = 0, rule_count = 0;
    for (size_t i = 0; (c = connector_at(i)) && name_count < CONNECTORS_MAX;
         i++) {
        names[name_count++] = c->name;
        size_t first = rule_count;
        for (const struct setting_def *d = c->settings; d && d->name; d++)
            add_rule(&rule_count, first, c, d);
        for (const struct setting_def *d = connection_common();
             c->hosts && d->name; d++) /* files need none of it */
            add_rule(&rule_count, first, c, d);
    }
}

void project_options(struct load_options *options)
{
    if (!names[0])
        collect();
    options->catalogs = connector_catalogs;
    options->connectors = names[0] ? names : NULL;
    options->settings = rules[0].connector ? rules : NULL;
}

const char *project_code_title(const char *code)
{
    static const struct {
        const char *code, *title;
    } titles[] = {
#define CODE(code, level, title) { #code, title },
#include "lang/codes.def"
#undef CODE
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].code, code) == 0)
            return titles[i].title;
    return NULL;
}
