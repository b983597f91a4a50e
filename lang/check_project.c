/* What files say of the whole project: settings, connections, objects, flow
 * names. */
#include "config.h"

#include "lang/check.h"

/* ------------------------------------------------------------------- set */
static bool timezone_is_shaped(struct text t)
{
    size_t slash;
    if (text_is(t, "UTC"))
        return true;
    return text_find(t, TEXT("/"), &slash) && slash > 0 && slash + 1 < t.len;
}

static void set_timezone(struct checker *c, struct node *n, struct node *value)
{
    static const char *const zones[] = {
        "Europe/Amsterdam", "Europe/Brussels", "Europe/Berlin", "Europe/London",
        "Europe/Oslo", "Europe/Stockholm", "Europe/Paris", "Europe/Madrid",
        "America/New_York", "America/Chicago", "America/Los_Angeles", "UTC" };
    (void)n;
    if (value->kind != NODE_TEXT_LIT || !timezone_is_shaped(value->text)) {
        struct near near;
        struct diag *m = say(c, "E0210", value->span,
                             "a timezone is a name like \"Europe/Amsterdam\"");
        near_init(&near, value->text);
        for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
            size_t at;
            struct text zone = text_of(zones[i]);
            near_try(&near, zone);
            if (text_find(zone, TEXT("/"), &at) &&
                text_equal_nocase(text_slice(zone, at + 1, zone.len - at - 1),
                                  value->text)) {
                fix_replace(c, m, FIX_SURE, value->span,
                            arena_printf(c->arena, "\"%s\"", zones[i]));
                return;
            }
        }
        if (near_found(&near))
            fix_replace(c, m, FIX_SURE, value->span,
                        arena_printf(c->arena, "\"%.*s\"", TEXT_ARG(near.best)));
        else if (text_is(value->text, "CET") || text_is(value->text, "CEST"))
            fix_replace(c, m, FIX_CHOICE, value->span, "\"Europe/Amsterdam\"");
        return;
    }
    c->module->timezone = value->text;
}

static void check_set(struct checker *c, struct node *n)
{
    struct node *value = KID(n, SET, value);
    int64_t version;
    struct near near;
    if (!value)
        return;
    if (text_is(n->text, "timezone")) {
        set_timezone(c, n, value);
        return;
    }
    if (text_is(n->text, "language")) {
        if (value->kind != NODE_NUMBER_LIT ||
            !decimal_to_int64(value->lit.number, &version) || version != 1) {
            struct diag *m = say(c, "E0219", value->span,
                                 "this mlc knows language 1 only");
            fix_replace(c, m, FIX_CHOICE, value->span, "1");
        }
        return;
    }
    near_init(&near, n->text);
    near_try(&near, TEXT("language"));
    near_try(&near, TEXT("timezone"));
    struct diag *m = say(c, "E0210", n->name_span,
                         "a file sets `language` and `timezone`, not `%.*s`",
                         TEXT_ARG(n->text));
    near_suggest(c, m, &near, n->name_span);
}

/* ------------------------------------------------------------- connections */
static const struct setting_rule *find_rule(const struct load_options *o,
                                            struct text connector,
                                            struct text name)
{
    for (const struct setting_rule *r = o->settings; r && r->connector; r++)
        if (text_is(connector, r->connector) && text_is(name, r->name))
            return r;
    return NULL;
}

static bool one_of(struct text words, struct text word)
{
    size_t at;
    while (text_find(words, TEXT("|"), &at)) {
        if (text_equal(text_slice(words, 0, at), word))
            return true;
        words = text_slice(words, at + 1, words.len - at - 1);
    }
    return text_equal(words, word);
}

static void say_setting(struct checker *c, const struct setting_rule *rule,
                        const struct node *n, const struct node *value)
{
    struct text type = text_of(rule->type);
    struct diag *m;
    if (text_starts(type, TEXT("one of "))) {
        struct near near;
        struct text words = text_slice(type, 7, type.len - 7), rest = words;
        near_init(&near, value->text);
        for (size_t at; text_find(rest, TEXT("|"), &at);
             rest = text_slice(rest, at + 1, rest.len - at - 1))
            near_try(&near, text_slice(rest, 0, at));
        near_try(&near, rest);
        m = say(c, "E0208", value->span, "`%.*s` is one of %.*s",
                TEXT_ARG(n->text), TEXT_ARG(words));
        if (near_found(&near))
            fix_replace(c, m, FIX_SURE, value->span,
                        arena_printf(c->arena, "\"%.*s\"", TEXT_ARG(near.best)));
        return;
    }
    m = say(c, "E0208", value->span, "`%.*s` is a %s", TEXT_ARG(n->text),
            rule->type);
    if (rule->help)
        diag_note(c->d, m, "%s", rule->help);
    if (text_is(type, "text") && value->kind == NODE_NUMBER_LIT)
        fix_wrap(c, m, FIX_SURE, value->span, "\"", "\"");
}

static void check_setting(struct checker *c, const struct connection *conn,
                          const struct node *n)
{
    const struct load_options *o = c->p->options;
    const struct node *value = KID(n, SETTING, value);
    if (!o->settings || is_secret_setting(n->text) ||
        text_is(n->text, "url") || text_is(n->text, "auth_url"))
        return;
    const struct setting_rule *rule = find_rule(o, conn->connector, n->text);
    struct near near;
    near_init(&near, n->text);
    if (!rule) {
        bool any = false;
        for (const struct setting_rule *r = o->settings; r->connector; r++)
            if (text_is(conn->connector, r->connector)) {
                near_try(&near, text_of(r->name));
                any = true;
            }
        near_try(&near, TEXT("url"));
        struct diag *m = say(c, "E0208", n->name_span,
                             "the connector %.*s has no setting `%.*s`",
                             TEXT_ARG(conn->connector), TEXT_ARG(n->text));
        if (!near_suggest(c, m, &near, n->name_span) && any) {
            struct buf b;
            buf_init(&b, 4096);
            for (const struct setting_rule *r = o->settings; r->connector; r++)
                if (text_is(conn->connector, r->connector) &&
                    !text_is(text_of(r->name), "url"))
                    buf_printf(&b, "%s%s", b.len ? ", " : "", r->name);
            diag_note(c->d, m, "its settings are %s and url", buf_cstr(&b));
            buf_fini(&b);
        }
        return;
    }
    struct text type = text_of(rule->type);
    bool fits = text_is(type, "number") ? value->kind == NODE_NUMBER_LIT
                : text_is(type, "yes/no")
                    ? value->kind == NODE_YESNO_LIT
                : text_starts(type, TEXT("one of "))
                    ? value->kind == NODE_TEXT_LIT &&
                          one_of(text_slice(type, 7, type.len - 7), value->text)
                    : value->kind == NODE_TEXT_LIT ||
                          (text_is(type, "text") && false);
    if (!fits)
        say_setting(c, rule, n, value);
}

static struct text setting_text(struct checker *c, const struct node *value)
{
    char digits[DECIMAL_TEXT_MAX];
    switch ((int)value->kind) {
    case NODE_NUMBER_LIT: {
        size_t len = decimal_print(value->lit.number, digits);
        return text_dup(c->arena, (struct text){ digits, len });
    }
    case NODE_YESNO_LIT: return value->lit.flag ? TEXT("yes") : TEXT("no");
    case NODE_TEXT_LIT: return value->text;
    default: return text_dup(c->arena, span_text(&c->p->sources, value->span));
    }
}

static void list_connectors(struct checker *c, struct diag *m)
{
    const struct load_options *o = c->p->options;
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; o->connectors && o->connectors[i]; i++)
        buf_printf(&b, "%s%s", i ? ", " : "", o->connectors[i]);
    if (b.len)
        diag_note(c->d, m, "connectors are %s", buf_cstr(&b));
    buf_fini(&b);
}

static void declare_connection(struct checker *c, struct node *n)
{
    struct near near;
    const struct load_options *o = c->p->options;
    const struct connection *other = program_connection(c->p, n->text);
    bool known = !o->connectors && !o->catalogs;
    if (!c->module->is_project && c->p->has_project)
        say(c, "E0206", n->span, "connections are declared in project.mlc");
    if (other) {
        struct diag *m = say(c, "E0209", n->name_span,
                             "the connection `%.*s` is declared twice",
                             TEXT_ARG(n->text));
        diag_label(c->d, m, other->span, "first here");
        return;
    }
    struct connection *conn = scope_add_connection(c->p, n->text, n->lit.word);
    struct setting_value **last = &conn->settings;
    conn->span = n->name_span;
    near_init(&near, n->lit.word);
    for (size_t i = 0; o->connectors && o->connectors[i]; i++) {
        known |= text_is(n->lit.word, o->connectors[i]);
        near_try(&near, text_of(o->connectors[i]));
    }
    for (const struct embedded_text *t = o->catalogs; t && t->name; t++) {
        size_t slash = 0;
        struct text name = text_of(t->name);
        if (text_find(name, TEXT("/"), &slash))
            name = text_slice(name, 0, slash);
        known |= text_equal(n->lit.word, name);
        near_try(&near, name);
    }
    if (!known) {
        struct diag *m = say(c, "E0207", n->span, "there is no connector `%.*s`",
                             TEXT_ARG(n->lit.word));
        conn->broken = true;
        if (near_found(&near))
            diag_note(c->d, m, "did you mean `%.*s`?", TEXT_ARG(near.best));
        else
            list_connectors(c, m);
        return;
    }
    for (struct node *s = KID(n, CONNECTION, settings); s; s = s->next) {
        struct setting_value *v = ARENA_NEW(c->arena, struct setting_value);
        v->name = s->text;
        v->value = setting_text(c, KID(s, SETTING, value));
        v->span = s->span;
        *last = v;
        last = &v->next;
        check_setting(c, conn, s);
    }
}

/* Everything but flows and tests; in an order where later steps find what
 * earlier ones declared. */
static void each_item(struct checker *c, enum node_kind kind,
                      void (*visit)(struct checker *c, struct node *n))
{
    for (struct module *m = c->p->modules; m; m = m->next) {
        c->module = m;
        for (struct node *n = KID(m->tree.file, FILE, items); n; n = n->next)
            if (n->kind == kind)
                visit(c, n);
    }
}

static void declare_object(struct checker *c, struct node *n)
{
    struct node *ref = KID(n, OBJECT_DECL, object);
    const struct connection *conn = scope_connection(c->p, schema_app(ref));
    const struct object *other = map_get(&c->p->objects, ref->text);
    if (!conn) {
        scope_object(c, ref, NULL);
        return;
    }
    if (other) {
        bool here = c->module->asked; /* tell it where somebody looks */
        struct diag *m = say(c, "E0216", here ? ref->span : other->span,
                             "the object %.*s is declared twice",
                             TEXT_ARG(ref->text));
        diag_label(c->d, m, here ? other->span : ref->span, "the other one");
        return;
    }
    schema_declare(c->p, n, true);
}

static void fill_object(struct checker *c, struct node *n)
{
    struct object *o = map_get(&c->p->objects, KID(n, OBJECT_DECL, object)->text);
    if (o && o->user && !o->fields)
        schema_fill(c->p, o, n);
}

static void declare_flow(struct checker *c, struct node *n)
{
    struct node *name = KID(n, FLOW, name), *was = KID(n, FLOW, was);
    struct flow *f = ARENA_NEW(c->arena, struct flow);
    f->name = name ? name->text : TEXT_NONE;
    f->was = was ? was->text : TEXT_NONE;
    f->title = n->text;
    f->node = n;
    f->module = c->module;
    f->tree = &c->module->tree;
    f->timezone = c->module->timezone;
    for (struct flow *other = c->p->flows; other; other = other->next)
        if (f->name.len && text_equal(other->name, f->name)) {
            struct diag *m = say(c, "E0217", name->span,
                                 "two flows are called `%.*s`",
                                 TEXT_ARG(f->name));
            diag_label(c->d, m, KID(other->node, FLOW, name)->span,
                       "the other one");
            f->broken = true;
        }
    if (c->p->last_flow)
        c->p->last_flow->next = f;
    else
        c->p->flows = f;
    c->p->last_flow = f;
}

static void take_timezones(struct program *p)
{
    for (struct module *m = p->modules; m; m = m->next)
        if (m->is_project)
            p->timezone = m->timezone;
    for (struct module *m = p->modules; m; m = m->next)
        if (!m->timezone.len)
            m->timezone = p->timezone;
    if (!p->has_project && p->modules)
        p->timezone = p->modules->timezone;
}

static void need_flow_name(struct program *p, struct checker *c)
{
    /* a sentence without a name goes by its file's: one per file */
    for (struct flow *f = p->flows; f; f = f->next) {
        if (f->name.len)
            continue;
        const char *path = f->module->path;
        struct text name = text_of(path);
        for (size_t i = name.len; i > 0; i--)
            if (name.ptr[i - 1] == '/') {
                name = text_slice(name, i, name.len - i);
                break;
            }
        if (text_ends(name, TEXT(".mlc")))
            name.len -= 4;
        char *made = arena_strndup(&p->arena, name.ptr, name.len);
        for (size_t i = 0; i < name.len; i++) {
            char ch = made[i];
            bool fits = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                        (ch >= '0' && ch <= '9');
            if (!fits)
                made[i] = '_';
        }
        f->name = (struct text){ made, name.len };
        for (struct flow *other = p->flows; other; other = other->next)
            if (other != f && text_equal(other->name, f->name)) {
                struct diag *m = say(c, "E0217", KID(f->node, FLOW, source)->span,
                                     "a file with several flows names each of "
                                     "them");
                struct span at = { f->node->span.source, f->node->span.start,
                                   f->node->span.start };
                struct diag_fix *fix =
                    diag_fix(c->d, m, FIX_CHOICE, "give it a name");
                diag_edit(c->d, fix, at, "flow %.*s_2\n", TEXT_ARG(f->name));
                break;
            }
    }
}

void check_settings(struct checker *c)
{
    each_item(c, NODE_SET, check_set);
    take_timezones(c->p);
    each_item(c, NODE_CONNECTION, declare_connection);
    each_item(c, NODE_OBJECT_DECL, declare_object);
    each_item(c, NODE_OBJECT_DECL, fill_object);
    for (struct module *m = c->p->modules; m; m = m->next)
        scope_declare_file(c->p, m);
    for (struct module *m = c->p->modules; m; m = m->next)
        scope_import(c->p, m);
    for (struct module *m = c->p->modules; m; m = m->next)
        check_tables(c, m);
    each_item(c, NODE_FLOW, declare_flow);
    need_flow_name(c->p, c);
}
