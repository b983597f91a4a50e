/* mlc lineage: what feeds a field, and what it feeds. */
#include "config.h"

#include "cli/command.h"

#include "cli/project.h"
#include "lang/lineage.h"

#include <string.h>

int cmd_lineage(const struct invocation *in);

struct search {
    struct program *p;
    struct text wanted; /* "Exact.costcenter.Code" */
    struct buf json;
    size_t found;
    bool as_json;
};

static struct text full_name(struct search *s, const struct lineage_row *row)
{
    const struct flow *f = row->flow;

    if (!f->target)
        return text_of(arena_printf(&s->p->arena, "log.%.*s",
                                    TEXT_ARG(row->field)));
    return text_of(arena_printf(&s->p->arena, "%.*s.%.*s.%.*s",
                                TEXT_ARG(f->target_connection->name),
                                TEXT_ARG(f->target->name),
                                TEXT_ARG(row->field)));
}

static bool feeds(const struct search *s, const struct lineage_row *row)
{
    for (size_t i = 0; i < row->leaves.count; i++)
        if (text_equal(row->leaves.at[i], s->wanted))
            return true;
    return false;
}

static void print_text(struct search *s, const struct lineage_row *row,
                       struct text name)
{
    struct place at = sources_place(&s->p->sources, row->node->span.source,
                                    row->node->span.start);

    printf("%.*s  %s:%u  flow %.*s\n", TEXT_ARG(name),
           sources_get(&s->p->sources, row->node->span.source)->path, at.line,
           TEXT_ARG(row->flow->name));
    for (size_t i = 0; i < row->leaves.count; i++)
        printf("  <- %.*s\n", TEXT_ARG(row->leaves.at[i]));
    if (!row->leaves.count)
        puts("  <- a constant");
}

static void print_json(struct search *s, const struct lineage_row *row,
                       struct text name)
{
    struct place at = sources_place(&s->p->sources, row->node->span.source,
                                    row->node->span.start);

    buf_str(&s->json, s->json.len ? ",{\"field\":" : "{\"field\":");
    buf_json_string(&s->json, name);
    buf_str(&s->json, ",\"flow\":");
    buf_json_string(&s->json, row->flow->name);
    buf_printf(&s->json, ",\"line\":%u,\"from\":[", at.line);
    for (size_t i = 0; i < row->leaves.count; i++) {
        buf_str(&s->json, i ? "," : "");
        buf_json_string(&s->json, row->leaves.at[i]);
    }
    buf_str(&s->json, "]}");
}

static void search(struct search *s)
{
    for (const struct flow *f = s->p->flows; f; f = f->next) {
        if (f->broken || !f->source)
            continue;
        for (struct lineage_row *row = lineage_rows(f, &s->p->arena); row;
             row = row->next) {
            struct text name = full_name(s, row);

            if (!text_equal(name, s->wanted) && !feeds(s, row))
                continue;
            s->found++;
            if (s->as_json)
                print_json(s, row, name);
            else
                print_text(s, row, name);
        }
    }
}

int cmd_lineage(const struct invocation *in)
{
    struct program p;
    struct load_options options = { 0 };
    struct search s = { .p = &p, .as_json = in->json };
    struct error err = { 0 };
    int code = EXIT_FINE;

    project_options(&options);
    program_init(&p);
    program_load(&p, &options);
    program_check(&p);
    buf_init(&s.json, 0);
    s.wanted = text_of(in->args[0]);
    if (p.diags.error_count) {
        diags_print(&p.diags, DIAG_TEXT, in->colour_messages, NULL, stderr);
        code = EXIT_USAGE;
    } else {
        search(&s);
        if (in->json)
            printf("{\"lineage\":[%s]}\n", buf_cstr(&s.json));
        if (!s.found) {
            error_set(&err, ERROR_USAGE, "no flow sets or reads %s",
                      in->args[0]);
            error_hint(&err, "Write the whole name: connection, object and "
                             "field, such as Exact.costcenter.Code.");
            code = in->json ? EXIT_USAGE : command_fail(in, &err);
        }
    }
    buf_fini(&s.json);
    program_fini(&p);
    return code;
}
