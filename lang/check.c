/* Puts the checker's parts in order: project, files, functions, flows, rules
 * over all flows, tests. Messages about files nobody asked for are dropped at
 * the end; their declarations count. */
#include "config.h"

#include "lang/check.h"
#include "lang/lock.h"

static void check_functions(struct program *p, struct module *m)
{
    struct checker c = { .p = p, .d = &p->diags, .arena = &p->arena,
                         .module = m };
    for (struct node *n = KID(m->tree.file, FILE, items); n; n = n->next) {
        if (n->kind == NODE_DEFINE && n->symbol)
            check_define(&c, n->symbol);
        if (n->kind == NODE_CONST && n->symbol) {
            struct node name = { .kind = NODE_NAME, .text = n->text,
                                 .span = n->name_span };
            bool used = n->symbol->used;
            check_expr(&c, &name);
            n->symbol->used = used;
        }
    }
}

static void check_one_flow(struct program *p, struct flow *f)
{
    struct checker c = { .p = p, .d = &p->diags, .arena = &p->arena,
                         .module = f->module };
    check_flow(&c, f);
    check_unsupported(&c, f);
    flow_hash(&c, f);
    if (!f->broken)
        check_unused(&c);
}

static void collect_tests(struct program *p)
{
    for (struct module *m = p->modules; m; m = m->next)
        for (struct node *n = KID(m->tree.file, FILE, items); n; n = n->next) {
            if (n->kind != NODE_TEST)
                continue;
            struct test *t = ARENA_NEW(&p->arena, struct test);
            t->title = n->text;
            t->node = n;
            t->module = m;
            if (p->last_test)
                p->last_test->next = t;
            else
                p->tests = t;
            p->last_test = t;
        }
}

/* -------------------------------------------------- what was asked about */
static bool is_asked(const struct program *p, uint32_t source)
{
    if (!source)
        return true;
    for (const struct module *m = p->modules; m; m = m->next)
        if (m->tree.source == source)
            return m->asked;
    return true; /* tables, catalogs */
}

/* A line that could not be read says nothing reliable about its meaning. */
static bool is_on_broken_line(const struct program *p, const struct diag *m,
                              const struct diag *syntax)
{
    if (!m->span.source || text_starts(text_of(m->code), TEXT("E01")))
        return false;
    uint32_t line = sources_place(&p->sources, m->span.source,
                                  m->span.start).line;
    for (; syntax; syntax = syntax->next)
        if (syntax->span.source == m->span.source &&
            text_starts(text_of(syntax->code), TEXT("E01")) &&
            sources_place(&p->sources, syntax->span.source,
                          syntax->span.start).line == line)
            return true;
    return false;
}

static void keep_asked(struct program *p)
{
    struct diags *d = &p->diags;
    struct diag **at = &d->first;
    struct diag *syntax = d->first; /* the parser's come first */
    bool any = syntax && text_starts(text_of(syntax->code), TEXT("E01"));
    d->last = NULL;
    while (*at) {
        struct diag *m = *at;
        if (is_asked(p, m->span.source) &&
            !(any && is_on_broken_line(p, m, syntax))) {
            d->last = m;
            at = &m->next;
            continue;
        }
        *at = m->next;
        d->error_count -= m->level == DIAG_ERROR;
        d->warning_count -= m->level == DIAG_WARNING;
        d->note_count -= m->level == DIAG_NOTE;
    }
}

int program_check(struct program *p)
{
    struct checker c = { .p = p, .d = &p->diags, .arena = &p->arena };
    check_settings(&c);
    for (struct module *m = p->modules; m; m = m->next)
        check_functions(p, m);
    for (struct flow *f = p->flows; f; f = f->next)
        check_one_flow(p, f);
    check_program_rules(&c);
    c.flow = NULL;
    collect_tests(p);
    for (struct test *t = p->tests; t; t = t->next)
        if (!p->options || p->options->tests_too)
            check_test(&c, t);
    if (p->has_project || p->module_count)
        check_unused(&c);
    for (struct module *m = p->modules; m; m = m->next)
        check_lint(&c, m);
    lock_check(p);
    keep_asked(p);
    diags_sort(&p->diags);
    p->options = NULL;
    return p->diags.error_count ? -1 : 0;
}

struct flow *program_flow(const struct program *p, struct text name)
{
    if (!name.len)
        return p->flows && !p->flows->next ? p->flows : NULL;
    for (struct flow *f = p->flows; f; f = f->next)
        if (text_equal(f->name, name))
            return f;
    return NULL;
}
