/* mlc help: a command, a topic of doc/help/, a connector's page, or the manual
 * page. */
#include "config.h"

#include "cli/command.h"
#include "cli/man.h"
#include "cli/reference.h"

#include "base/embedded.h"
#include "base/text.h"

#include <string.h>

static const struct embedded_text *topic(const char *name)
{
    for (const struct embedded_text *t = help_topics; t->name; t++)
        if (strcmp(t->name + strlen("help/"), name) == 0)
            return t;
    return NULL;
}

/* "bill", in any case: what there is to know of that connector. */
static const struct embedded_text *connector_page(const char *name)
{
    for (const struct embedded_text *t = connector_pages; t->name; t++) {
        struct text page = text_of(t->name);
        page.len -= strlen("/README");
        if (text_equal_nocase(page, text_of(name)))
            return t;
    }
    return NULL;
}

static const char *topic_near(const char *name)
{
    size_t limit = (strlen(name) + 2) / 3;
    for (const struct embedded_text *t = help_topics; t->name; t++) {
        const char *word = t->name + strlen("help/");
        if (text_distance(text_of(name), text_of(word), limit) <= limit)
            return word;
    }
    for (const char *const *t = reference_topics; *t; t++)
        if (text_distance(text_of(name), text_of(*t), limit) <= limit)
            return *t;
    return NULL;
}

static bool say(const struct embedded_text *t, bool more)
{
    if (t && more)
        putchar('\n');
    if (t)
        fwrite(t->text, 1, t->len, stdout);
    return t != NULL;
}

int cmd_help(const struct invocation *in)
{
    bool roff = option_given(in, "man");
    if (in->arg_count == 0 && in->json) {
        help_json(NULL, stdout);
        return EXIT_FINE;
    }
    if (in->arg_count == 0) {
        roff ? man_print(stdout) : help_all(stdout);
        return EXIT_FINE;
    }
    const char *name = in->args[0];
    if (reference_print(name, roff, stdout))
        return EXIT_FINE;
    const struct command *c = command_find(name);
    if (c && in->json) {
        help_json(c, stdout);
        return EXIT_FINE;
    }
    if (c)
        help_command(c, stdout);
    /* a topic or a connector of the same name says the rest */
    bool said = say(topic(name), c != NULL);
    if (say(connector_page(name), c || said) || said || c)
        return EXIT_FINE;
    const char *near = command_near(name);
    if (!near)
        near = topic_near(name);
    if (near)
        return usage_error(in, "no command or topic `%s`; did you mean `%s`?",
                           name, near);
    return usage_error(in, "no command or topic `%s`", name);
}
