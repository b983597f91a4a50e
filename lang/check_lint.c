/* Names that nothing uses, and texts that look like secrets. */
#include "config.h"

#include "lang/check.h"

#include <string.h>

/* ----------------------------------------------------------------- unused */
static bool statement_is_whole_line(const struct node *n)
{
    return n && n->span.source;
}

static void say_unused(struct checker *c, const struct symbol *s,
                       const char *code, const char *what)
{
    struct diag *m = say(c, code, s->span, "%s `%.*s` is never used", what,
                         TEXT_ARG(s->name));
    if (s->kind == SYMBOL_LET && statement_is_whole_line(s->decl)) {
        struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE, "remove it");
        diag_edit(c->d, fix, s->decl->span, "%s", "");
    }
}

static void unused_in_flow(struct checker *c)
{
    for (struct symbol *s = c->declared; s; s = s->next_declared) {
        if (s->used)
            continue;
        if (s->kind == SYMBOL_LET && s->type->kind == TYPE_UNKNOWN)
            continue; /* a mistake in its value was told */
        if (s->kind == SYMBOL_LET)
            say_unused(c, s, "W0401", "the name");
        else if (s->kind == SYMBOL_FIND && !s->existence)
            say_unused(c, s, "W0402", "the found record");
    }
}

static bool is_imported(const struct program *p, const struct module *m)
{
    for (const struct module *o = p->modules; o; o = o->next)
        for (const struct used_module *u = o->uses; u; u = u->next)
            if (u->module == m)
                return true;
    return false;
}

static bool has_flow(const struct module *m)
{
    for (const struct node *n = KID(m->tree.file, FILE, items); n; n = n->next)
        if (n->kind == NODE_FLOW)
            return true;
    return false;
}

static void unused_in_file(struct checker *c, const struct module *m)
{
    /* a file without flows is there to be used by others */
    if (is_imported(c->p, m) || !has_flow(m))
        return;
    for (const struct flow *f = c->p->flows; f; f = f->next)
        if (f->broken && f->module == m)
            return; /* what it uses was not looked at */
    for (size_t i = 0; i < m->names.count; i++) {
        const struct symbol *s = m->names.entries[i].value;
        if (s->kind == SYMBOL_TABLE && s->module == m && s->table)
            check_dead_rows(c, s->table);
        bool failed = s->kind == SYMBOL_TABLE
                          ? s->table && s->table->broken
                          : s->type->kind == TYPE_UNKNOWN;
        if (s->used || s->module != m || failed)
            continue; /* or a mistake in it was told */
        if (s->kind == SYMBOL_TABLE)
            say_unused(c, s, "W0403", "the table");
        else if (s->kind == SYMBOL_DEFINE)
            say_unused(c, s, "W0403", "the function");
        else if (s->kind == SYMBOL_CONST)
            say_unused(c, s, "W0403", "the name");
    }
}

void check_unused(struct checker *c)
{
    if (c->flow) {
        unused_in_flow(c);
        return;
    }
    for (struct module *m = c->p->modules; m; m = m->next)
        unused_in_file(c, m);
}

/* ---------------------------------------------------------------- secrets */
static bool in_set(char ch, const char *set)
{
    return ch && strchr(set, ch);
}

static bool is_alnum(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
           (ch >= '0' && ch <= '9');
}

/* Long runs of mixed letters and digits: nobody types those by hand. */
static bool looks_random(struct text t)
{
    size_t digits = 0, lower = 0, upper = 0, switches = 0;
    int last = -1;
    if (t.len < 24 || t.len > 4096)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        char ch = t.ptr[i];
        int class = ch >= '0' && ch <= '9'   ? 0
                    : ch >= 'a' && ch <= 'z' ? 1
                    : ch >= 'A' && ch <= 'Z' ? 2
                                             : 3;
        if (class == 3 && !in_set(ch, "_-+/=."))
            return false;
        digits += class == 0, lower += class == 1, upper += class == 2;
        switches += last >= 0 && class != last;
        last = class;
    }
    return digits >= 3 && lower + upper >= 8 && switches * 3 >= t.len;
}

static bool has_known_prefix(struct text t)
{
    static const char *const prefixes[] = {
        "sk-", "sk_live_", "sk_test_", "ghp_", "gho_", "github_pat_", "xoxb-",
        "xoxp-", "AKIA", "eyJhbGciOi", "Bearer ", "-----BEGIN", "glpat-" };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (text_starts(t, text_of(prefixes[i])) &&
            t.len >= strlen(prefixes[i]) + 8)
            return true;
    return false;
}

/* 8-4-4-4-12 hex: an id, which people do write into flows. */
static bool is_guid(struct text t)
{
    if (t.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? t.ptr[i] != '-' : !is_alnum(t.ptr[i]))
            return false;
    }
    return true;
}

/* 24 hex digits: the record ids of several vendors. */
static bool is_record_id(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!((t.ptr[i] >= '0' && t.ptr[i] <= '9') ||
              (t.ptr[i] >= 'a' && t.ptr[i] <= 'f')))
            return false;
    return t.len == 24;
}

static bool gives_id(const struct node *n)
{
    return n->kind == NODE_TEST_FIELD && n->field &&
           n->field->type->kind == TYPE_ID;
}

static void lint_text(struct checker *c, const struct node *n)
{
    if (is_guid(n->text) || is_record_id(n->text) ||
        (!has_known_prefix(n->text) && !looks_random(n->text)))
        return;
    struct diag *m = say(c, "E0398", n->span,
                         "this looks like a password or a token");
    diag_note(c->d, m, "secrets never stand in a file of the project: give them "
              "to `mlc auth set CONNECTION`, which stores them encrypted");
}

bool is_secret_setting(struct text name)
{
    static const char *const words[] = { "password", "secret", "token",
                                         "api_key", "apikey", "client_secret",
                                         "private_key", "refresh_token" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal_nocase(name, text_of(words[i])))
            return true;
    return false;
}

static void lint(struct checker *c, struct node *n)
{
    if (!n || gives_id(n))
        return;
    if (n->kind == NODE_SETTING && is_secret_setting(n->text)) {
        struct diag *m = say(c, "E0398", n->span,
                             "a secret never stands in a file of the project");
        diag_note(c->d, m, "remove it here and give it to `mlc auth set "
                  "CONNECTION`, which stores it encrypted");
        struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE, "remove this line");
        diag_edit(c->d, fix, n->span, "%s", "");
        return;
    }
    if ((n->kind == NODE_TEXT_LIT || n->kind == NODE_TEXT_PART) && n->text.len)
        lint_text(c, n);
    for (int i = 0; i < NODE_KIDS; i++)
        for (struct node *k = n->kid[i]; k; k = k->next)
            lint(c, k);
}

void check_lint(struct checker *c, struct module *m)
{
    c->module = m;
    for (struct node *n = KID(m->tree.file, FILE, items); n; n = n->next)
        lint(c, n);
}
