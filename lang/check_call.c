/* Calls: functions of the language and of the user. Names people bring from
 * elsewhere are check_habit.c's. */
#include "config.h"

#include "lang/builtins.h"
#include "lang/check.h"

#define ARGS_MAX 64

/* ------------------------------------------------------------- for each */
const struct type *check_each(struct checker *c, struct node *each)
{
    struct node *list = KID(each, EACH, list);
    const struct type *t = check_expr(c, list);
    const struct type *item = &type_unknown;
    if (t->kind == TYPE_LIST) {
        item = t->item;
        if (t->optional) {
            struct diag *m = say(c, "E0312", list->span,
                                 "`%s` may be missing, and `for each` needs a "
                                 "list",
                                 shown(c, list->span));
            if (!list->in_parens) {
                struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE,
                                                "go through no element then");
                struct span at = { list->span.source, list->span.start,
                                   list->span.start };
                diag_edit(c->d, fix, at, "(");
                at.start = at.end = list->span.end;
                diag_edit(c->d, fix, at, " else [])");
            }
        }
    } else if (t->kind != TYPE_UNKNOWN && t->kind != TYPE_EMPTY_LIST) {
        say(c, "E0340", list->span, "`for each` goes through a list; this is %s",
            type_words(c->arena, t));
    }
    struct span span = each->name_span.source ? each->name_span : each->span;
    struct symbol *s = scope_symbol(c, SYMBOL_EACH, each->text, each, span);
    s->type = item;
    s->used = true; /* counting does not name its element */
    each->symbol = s;
    each->type = item;
    scope_push(c, s);
    return item;
}

static const struct type *check_comprehension(struct checker *c,
                                              struct node *n)
{
    struct local *locals = c->locals;
    struct known *known = c->known;
    struct node *each = KID(n, COMPREHENSION, each);
    struct node *where = KID(each, EACH, where);
    check_each(c, each);
    if (where) {
        check_condition(c, where);
        known_from(c, where, true);
    }
    const struct type *item = check_expr(c, KID(n, COMPREHENSION, value));
    c->locals = locals;
    c->known = known;
    n->type = item->kind == TYPE_UNKNOWN ? &type_unknown
                                         : type_list_of(c->arena, item);
    return n->type;
}

const struct type *check_arg(struct checker *c, struct node *arg)
{
    return arg->kind == NODE_COMPREHENSION ? check_comprehension(c, arg)
                                           : check_expr(c, arg);
}

/* ------------------------------------------------------------ user's own */
static const struct type *param_type(struct checker *c, struct node *param)
{
    return param->symbol ? param->symbol->type
                         : check_type_name(c, KID(param, PARAM, type));
}

/* Does an argument of type `got` go where `want` is declared? */
static bool takes(const struct type *want, const struct type *got)
{
    if (want->kind == TYPE_UNKNOWN || got->kind == TYPE_UNKNOWN)
        return true;
    if (want->kind == TYPE_TEXT)
        return got->kind == TYPE_TEXT || got->kind == TYPE_ENUM;
    if (want->kind == TYPE_NUMBER)
        return type_is_numeric(got);
    if (want->kind == TYPE_INTEGER && got->kind == TYPE_NUMBER)
        return got->scale == 0; /* a literal */
    if (want->kind == TYPE_LIST)
        return got->kind == TYPE_EMPTY_LIST ||
               (got->kind == TYPE_LIST && takes(want->item, got->item));
    return want->kind == got->kind &&
           (!want->object || want->object == got->object);
}

static const struct type *call_define(struct checker *c, struct node *n,
                                      struct symbol *s)
{
    const struct type *result = check_define(c, s);
    struct node *param = KID(s->decl, DEFINE, params);
    struct node *arg = KID(n, CALL, args);
    bool lifted = false, fine = true;
    size_t wanted = 0, given = 0;
    n->symbol = s;
    s->used = true;
    for (struct node *p = param; p; p = p->next)
        wanted++;
    for (; arg; arg = arg->next, given++) {
        const struct type *got = check_arg(c, arg);
        if (!param)
            continue;
        const struct type *want = param_type(c, param);
        if (!takes(want, got)) {
            struct diag *m = say(c, "E0313", arg->span,
                                 "`%.*s` of %.*s is %s; this is %s",
                                 TEXT_ARG(param->text), TEXT_ARG(s->name),
                                 type_words(c->arena, want),
                                 type_words(c->arena, got));
            diag_label(c->d, m, param->span, "declared here");
            if (want->kind == TYPE_TEXT && got->kind != TYPE_RECORD &&
                got->kind != TYPE_LIST)
                fix_wrap(c, m, FIX_SURE, arg->span, "text(", ")");
            fine = false;
        }
        lifted |= got->optional;
        param = param->next;
    }
    if (given != wanted) {
        struct diag *m = say(c, "E0313", n->span,
                             "%.*s takes %zu value%s, this gives %zu",
                             TEXT_ARG(s->name), wanted, wanted == 1 ? "" : "s",
                             given);
        diag_label(c->d, m, s->span, "defined here");
        if (param)
            diag_note(c->d, m, "`%.*s` is %s", TEXT_ARG(param->text),
                      type_words(c->arena, param_type(c, param)));
        fine = false;
    }
    return fine ? type_optional(c->arena, result, result->optional || lifted)
                : fail_type(n);
}

const struct type *check_define(struct checker *c, struct symbol *s)
{
    if (s->state == STATE_DONE)
        return s->type;
    if (s->state == STATE_BUSY) {
        say(c, "E0319", s->span,
            "`%.*s` calls itself, so it may never come to an end",
            TEXT_ARG(s->name));
        s->type = &type_unknown;
        s->state = STATE_DONE;
        return s->type;
    }
    struct checker inner = { .p = c->p, .d = c->d, .arena = c->arena,
                             .module = s->module, .depth = c->depth,
                             .define = s->decl };
    s->state = STATE_BUSY;
    for (struct node *p = KID(s->decl, DEFINE, params); p; p = p->next) {
        struct span span = p->name_span.source ? p->name_span : p->span;
        struct symbol *param =
            scope_symbol(&inner, SYMBOL_PARAM, p->text, p, span);
        param->type = check_type_name(&inner, KID(p, PARAM, type));
        p->symbol = param;
        p->type = param->type;
        scope_push(&inner, param);
    }
    const struct type *t = check_expr(&inner, KID(s->decl, DEFINE, value));
    for (const struct node *p = KID(s->decl, DEFINE, params); p; p = p->next)
        if (p->type->kind == TYPE_UNKNOWN)
            t = &type_unknown;
    if (s->state == STATE_BUSY)
        s->type = t;
    s->state = STATE_DONE;
    s->decl->type = s->type;
    s->uses_clock = inner.uses_clock;
    for (struct symbol *p = inner.declared; p; p = p->next_declared)
        if (p->kind == SYMBOL_PARAM && !p->used && t->kind != TYPE_UNKNOWN)
            say(c, "W0414", p->span, "the parameter `%.*s` is never used",
                TEXT_ARG(p->name));
    return s->type;
}

/* --------------------------------------------------------------- builtins */
static const struct node *constant_of(const struct node *n)
{
    for (int i = 0; i < 16 && n && n->kind == NODE_NAME && n->symbol; i++) {
        const struct symbol *s = n->symbol;
        if (s->kind == SYMBOL_LET)
            n = KID(s->decl, LET, value);
        else if (s->kind == SYMBOL_CONST)
            n = KID(s->decl, CONST, value);
        else
            return NULL;
    }
    return n;
}

static struct builtin_arg argument(const struct node *n)
{
    struct builtin_arg a = { .type = n->type };
    const struct node *k = constant_of(n);
    bool negative = k && k->kind == NODE_NEGATE;
    if (negative)
        k = KID(k, NEGATE, value);
    if (!k)
        return a;
    if (k->kind == NODE_NUMBER_LIT || k->kind == NODE_PERCENT_LIT ||
        k->kind == NODE_MONEY_LIT) {
        a.constant = true;
        a.number = negative ? decimal_negate(k->lit.number) : k->lit.number;
    } else if (k->kind == NODE_TEXT_LIT && !KID(k, TEXT_LIT, parts)) {
        a.constant = true;
        a.text = k->text;
    }
    return a;
}

static struct node *nth(struct node *n, size_t i)
{
    for (; n && i; i--)
        n = n->next;
    return n;
}

static const struct type date_list = { .kind = TYPE_LIST,
                                       .item = &type_date,
                                       .scale = SCALE_UNKNOWN,
                                       .length = LENGTH_UNLIMITED };

/* A holiday table given by its name. */
static bool is_date_table(struct checker *c, const struct builtin *b, size_t i,
                          struct node *arg)
{
    const struct builtin_param *p = builtin_param(b, i);
    struct symbol *s = p && p->takes_table && arg->kind == NODE_NAME
                           ? scope_find(c, arg->text) : NULL;
    if (!s || s->kind != SYMBOL_TABLE || !s->table || !s->table->key_count ||
        s->table->key_types[0]->kind != TYPE_DATE)
        return false;
    s->used = true;
    arg->symbol = s;
    arg->type = &date_list;
    return true;
}

static void say_words(struct checker *c, const struct builtin *b,
                      const struct builtin_param *p, const struct node *arg)
{
    struct near near;
    struct text rest = p->words;
    near_init(&near, arg->text);
    for (size_t at; text_find(rest, TEXT("|"), &at);
         rest = text_slice(rest, at + 1, rest.len - at - 1))
        near_try(&near, text_slice(rest, 0, at));
    near_try(&near, rest);
    struct diag *m = say(c, "E0313", arg->span,
                         "`%.*s` takes one of %.*s as its %.*s, not "
                         "`%.*s`", TEXT_ARG(b->name),
                         TEXT_ARG(p->words), TEXT_ARG(p->name),
                         TEXT_ARG(arg->text));
    if (near_found(&near))
        fix_replace(c, m, FIX_SURE, arg->span,
                    text_cstr(c->arena, near.best));
}

/* up, down, hold: words of the function's own, as long as no value has that
 * name. */
static bool is_word_arg(struct checker *c, const struct builtin *b, size_t i,
                        struct node *arg)
{
    const struct builtin_param *p = builtin_param(b, i);
    if (!p || !p->words.len || arg->kind != NODE_NAME ||
        scope_find(c, arg->text))
        return false;
    if (!builtin_word_is(p->words, arg->text)) {
        say_words(c, b, p, arg);
        arg->type = &type_unknown;
        return true;
    }
    arg->kind = NODE_TEXT_LIT;
    arg->type = type_literal(c->arena, arg->text);
    return true;
}

/* link(Exact.costcenter, id): the first argument names an object. */
static bool is_object_arg(struct checker *c, const struct builtin *b, size_t i,
                          struct node *arg)
{
    struct node *app = arg->kind == NODE_MEMBER ? KID(arg, MEMBER, record) : NULL;
    if (!(b->flags & BUILTIN_OBJECT) || i != 0)
        return false;
    if (!app || app->kind != NODE_NAME || scope_find(c, app->text)) {
        say(c, "E0313", arg->span, "`%.*s` takes an object first: "
            "%.*s(Exact.costcenter, id)", TEXT_ARG(b->name), TEXT_ARG(b->name));
        arg->type = &type_unknown;
        return true;
    }
    struct node *ref = ARENA_NEW(c->arena, struct node);
    ref->kind = NODE_OBJECT_REF;
    ref->span = arg->span;
    ref->text = text_of(arena_printf(c->arena, "%.*s.%.*s", TEXT_ARG(app->text),
                                     TEXT_ARG(arg->text)));
    ref->lit.name_len = (uint32_t)app->text.len;
    const struct object *o = scope_object(c, ref, NULL);
    app->type = &type_text;
    arg->type = o ? type_record_of(c->arena, o) : &type_unknown;
    return true;
}

static void check_args(struct checker *c, const struct builtin *b,
                       struct node *n)
{
    size_t i = 0;
    for (struct node *a = KID(n, CALL, args); a; a = a->next, i++) {
        if (is_date_table(c, b, i, a) || is_object_arg(c, b, i, a) ||
            is_word_arg(c, b, i, a))
            continue;
        if (a->kind == NODE_COMPREHENSION) {
            check_comprehension(c, a);
            continue;
        }
        const struct builtin_param *param = builtin_param(b, i);
        c->wants_list = param && builtin_param_is_list(param);
        c->in_rounding = i == 0 && (b->flags & BUILTIN_DIVISION) &&
                         a->kind == NODE_DIV_OP;
        check_expr(c, a);
        c->in_rounding = c->wants_list = false;
    }
}

/* sum(list) of records: which of their fields is meant. */
static void offer_fields_of(struct checker *c, struct diag *m,
                            const struct builtin_param *p,
                            const struct node *arg)
{
    const struct object *o = arg->type->item->object;
    int offered = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < o->field_count && offered < 3; i++) {
            const struct field *f = &o->fields[i];
            bool money = f->type->kind == TYPE_MONEY;
            if (money == (pass == 1) || f->type->optional ||
                !(p->item_kinds & 1u << f->type->kind))
                continue;
            offered++;
            fix_replace(c, m, FIX_CHOICE, arg->span,
                        arena_printf(c->arena, "x.%s for each x in %s",
                                     name_written(c->arena, f->name),
                                     shown(c, arg->span)));
        }
}

/* sum(order.total) under `one per`: of the group. */
static bool offer_group(struct checker *c, struct diag *m,
                        const struct node *arg)
{
    const struct symbol *root = NULL;
    struct text path;
    if (!c->flow || !c->flow->group_symbol ||
        !known_path(c->arena, arg, &root, &path) ||
        root != c->flow->source_symbol || !path.len)
        return false;
    fix_replace(c, m, FIX_SURE, arg->span,
                arena_printf(c->arena, "x.%.*s for each x in group%s%.*s%s",
                             TEXT_ARG(path),
                             arg->type->optional ? " where x." : "",
                             arg->type->optional ? (int)path.len : 0, path.ptr,
                             arg->type->optional ? " is present" : ""));
    return true;
}

/* T[key] where one of its columns is meant. */
bool offer_columns(struct checker *c, struct diag *m, const struct node *row)
{
    const struct table *t = row->kind == NODE_INDEX && row->symbol
                                ? row->symbol->table : NULL;
    for (size_t i = 0; t && i < t->value_count && i < 3; i++)
        fix_wrap(c, m, t->value_count == 1 ? FIX_SURE : FIX_CHOICE, row->span,
                 "", arena_printf(c->arena, ".%s",
                                  name_written(c->arena, t->value_names[i])));
    return t;
}

static void help_arg(struct checker *c, struct diag *m,
                     const struct builtin_param *p, struct node *arg)
{
    const struct type *t = arg->type;
    if (!p || offer_columns(c, m, arg))
        return;
    if (p->kinds & 1u << TYPE_DATE && t->kind == TYPE_DATETIME)
        fix_wrap(c, m, FIX_SURE, arg->span, "date(", ")");
    else if (p->kinds & 1u << TYPE_TEXT && t->kind != TYPE_RECORD &&
             t->kind != TYPE_LIST && t->kind != TYPE_EMPTY_LIST)
        fix_wrap(c, m, FIX_SURE, arg->span, "text(", ")");
    else if (p->kinds & 1u << TYPE_NUMBER && t->kind == TYPE_MONEY)
        fix_wrap(c, m, FIX_SURE, arg->span, "number(", ")");
    else if (p->kinds & 1u << TYPE_NUMBER && t->kind == TYPE_TEXT)
        fix_wrap(c, m, FIX_CHOICE, arg->span, "number(", ")");
    else if (p->kinds & 1u << TYPE_DATE && t->kind == TYPE_TEXT)
        fix_wrap(c, m, FIX_CHOICE, arg->span, "date(", ", \"yyyy-mm-dd\")");
    else if (builtin_param_is_list(p) && t->kind == TYPE_LIST &&
             t->item->kind == TYPE_RECORD)
        offer_fields_of(c, m, p, arg);
    else if (builtin_param_is_list(p) && t->kind != TYPE_LIST &&
             !offer_group(c, m, arg))
        fix_wrap(c, m, FIX_CHOICE, arg->span, "[", "]");
}

/* add_months(day, 1): its policy is one of three words. */
static void offer_word(struct checker *c, struct diag *m, const struct node *n,
                       const struct builtin_param *p)
{
    const struct node *last = KID(n, CALL, args);
    if (!p || !p->words.len || !last)
        return;
    while (last->next)
        last = last->next;
    struct text rest = p->words;
    while (rest.len) {
        size_t at = rest.len;
        text_find(rest, TEXT("|"), &at);
        fix_wrap(c, m, FIX_CHOICE, last->span, "",
                 arena_printf(c->arena, ", %.*s", (int)at, rest.ptr));
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
}

static void say_misuse(struct checker *c, struct node *n,
                       const struct builtin *b,
                       const struct builtin_misuse *why)
{
    struct node *arg = nth(KID(n, CALL, args), why->arg);
    bool whole = !arg || why->kind == MISUSE_TOO_FEW;
    struct diag *m = say(c, "E0313", whole ? n->span : arg->span, "%s",
                         why->sentence);
    if (why->hint)
        diag_note(c->d, m, "%s", why->hint);
    if (why->kind == MISUSE_RATE && arg && arg->kind == NODE_NUMBER_LIT)
        fix_wrap(c, m, FIX_SURE, arg->span, "", "%");
    if (why->kind == MISUSE_TOO_FEW)
        offer_word(c, m, n, builtin_param(b, why->arg));
    if (why->kind == MISUSE_MIXED && arg && arg->kind == NODE_NUMBER_LIT) {
        const struct type *t = KID(n, CALL, args)->type;
        if (t->kind == TYPE_MONEY)
            fix_wrap(c, m, t->currency[0] ? FIX_SURE : FIX_CHOICE, arg->span, "",
                     arena_printf(c->arena, " %s",
                                  t->currency[0] ? t->currency : "EUR"));
    }
    if (why->kind == MISUSE_TYPE && arg)
        help_arg(c, m, builtin_param(b, why->arg), arg);
    if (why->kind == MISUSE_MISSING_ITEMS && arg &&
        arg->kind == NODE_COMPREHENSION) {
        struct node *value = KID(arg, COMPREHENSION, value);
        struct node *where = KID(KID(arg, COMPREHENSION, each), EACH, where);
        struct diag_fix *fix =
            diag_fix(c->d, m, FIX_CHOICE, "leave the missing ones out");
        struct span end = { n->span.source, arg->span.end, arg->span.end };
        diag_edit(c->d, fix, end, " %s %s is present", where ? "and" : "where",
                  shown(c, value->span));
    }
    if (why->kind == MISUSE_WORD && arg) {
        struct near near;
        near_init(&near, arg->text);
        struct text rest = why->words;
        for (size_t at; text_find(rest, TEXT("|"), &at);
             rest = text_slice(rest, at + 1, rest.len - at - 1))
            near_try(&near, text_slice(rest, 0, at));
        near_try(&near, rest);
        if (near_found(&near))
            fix_replace(c, m, FIX_SURE, arg->span,
                        arena_printf(c->arena, "\"%.*s\"", TEXT_ARG(near.best)));
    }
}

static void check_zone(struct checker *c, struct node *n,
                       const struct builtin *b)
{
    const struct node *first = KID(n, CALL, args);
    if (b->flags & BUILTIN_CLOCK) {
        c->uses_clock = true;
        if (c->flow)
            c->flow->uses_clock = true;
    }
    if (!(b->flags & BUILTIN_ZONE) || !c->module || c->module->timezone.len)
        return;
    bool needs = !first || first->type->kind == TYPE_DATETIME ||
                 (b->id == BUILTIN_datetime && first->type->kind == TYPE_DATE);
    bool told = b->id != BUILTIN_format_date && b->id != BUILTIN_datetime &&
                first && first->next;
    if (!needs || told)
        return;
    struct diag *m = say(c, "E0361", n->span,
                         "which day `%s` is depends on the timezone, and none "
                         "is set",
                         shown(c, n->span));
    struct node *item = KID(c->module->tree.file, FILE, items);
    struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE, "set the timezone");
    uint32_t at = item && item->kind == NODE_SET ? item->span.end : 0;
    uint32_t source = c->module->tree.source;
    diag_edit(c->d, fix, (struct span){ source, at, at },
              at ? "\nset timezone \"Europe/Amsterdam\""
                 : "set timezone \"Europe/Amsterdam\"\n");
}

bool call_can_fail(const struct node *n)
{
    struct builtin_arg args[ARGS_MAX];
    size_t count = 0;
    if (!n->builtin)
        return true; /* a define: its expression may */
    for (const struct node *a = KID(n, CALL, args); a && count < ARGS_MAX;
         a = a->next)
        args[count++] = argument(a);
    return builtin_can_fail(n->builtin, args, count);
}

static bool any_failed(const struct builtin_arg *args, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (args[i].type->kind == TYPE_UNKNOWN)
            return true;
    return false;
}

/* first(x.name for each x in group): a group has a member, so there is one. */
static bool is_of_whole_group(const struct node *arg)
{
    const struct node *each = arg && arg->kind == NODE_COMPREHENSION
                                  ? KID(arg, COMPREHENSION, each) : NULL;
    const struct node *list = each ? KID(each, EACH, list) : arg;
    return list && list->kind == NODE_NAME && list->symbol &&
           list->symbol->kind == SYMBOL_GROUP && !arg->next &&
           (!each || (!KID(each, EACH, where) &&
                      !KID(arg, COMPREHENSION, value)->type->optional));
}

static const struct type *call_builtin(struct checker *c, struct node *n,
                                       const struct builtin *b)
{
    struct builtin_arg args[ARGS_MAX];
    struct builtin_misuse why = { 0 };
    size_t count = 0;
    n->builtin = b;
    check_args(c, b, n);
    for (struct node *a = KID(n, CALL, args); a; a = a->next) {
        if (count == ARGS_MAX) {
            say(c, "E0205", n->span, "a call takes at most %d values", ARGS_MAX);
            return fail_type(n);
        }
        args[count++] = argument(a);
    }
    const struct type *t = builtin_result(b, args, count, c->arena, &why);
    if (t && any_failed(args, count))
        return fail_type(n); /* what it gives follows from a mistake */
    if (!t && !any_failed(args, count))
        say_misuse(c, n, b, &why);
    if (!t)
        return fail_type(n);
    if (t->kind != TYPE_UNKNOWN)
        check_zone(c, n, b);
    if (t->optional && is_of_whole_group(KID(n, CALL, args)))
        t = type_optional(c->arena, t, false);
    return t;
}

const struct type *check_call(struct checker *c, struct node *n)
{
    bool rounded = c->in_rounding;
    c->in_rounding = false;
    struct symbol *s = scope_find(c, n->text);
    const struct builtin *b = builtin_find(n->text);
    const struct type *t;
    if (s && s->kind == SYMBOL_DEFINE) {
        t = call_define(c, n, s);
        if (s->uses_clock && c->flow)
            c->flow->uses_clock = true;
        c->uses_clock |= s->uses_clock;
    } else {
        t = b ? call_builtin(c, n, b) : unknown_function(c, n);
    }
    c->in_rounding = rounded;
    return t;
}

/* ------------------------------------------------------- names of types */
const char *type_here(struct text name)
{
    static const struct { const char *word, *ours; } habits_of_types[] = {
        { "string", "text" }, { "str", "text" }, { "varchar", "text" },
        { "char", "text" }, { "int", "integer" }, { "float", "number" },
        { "double", "number" }, { "decimal", "number" }, { "bool", "yes/no" },
        { "boolean", "yes/no" }, { "timestamp", "datetime" },
        { "currency", "money" }, { "amount", "money" } };
    for (size_t i = 0; i < sizeof habits_of_types / sizeof *habits_of_types; i++)
        if (text_equal_nocase(name, text_of(habits_of_types[i].word)))
            return habits_of_types[i].ours;
    return NULL;
}

const struct type *check_type_name(struct checker *c, struct node *n)
{
    static const struct {
        const char *word;
        const struct type *type;
    } words[] = { { "text", &type_text },     { "number", &type_number },
                  { "integer", &type_integer }, { "yes/no", &type_yesno },
                  { "date", &type_date },     { "time", &type_time },
                  { "datetime", &type_datetime },
                  { "duration", &type_duration },
                  { "percent", &type_percent } };
    struct near near;
    if (!n)
        return &type_unknown;
    n->type = &type_unknown;
    if (n->lit.name_len) {
        const struct object *o = scope_object(c, n, NULL);
        if (o)
            n->type = type_record_of(c->arena, o);
        return n->type;
    }
    if (text_is(n->text, "list")) {
        n->type = type_list_of(c->arena,
                               check_type_name(c, KID(n, TYPE_NAME, item)));
        return n->type;
    }
    if (text_is(n->text, "money")) {
        n->type = type_money_of(c->arena, SCALE_UNKNOWN, "");
        return n->type;
    }
    near_init(&near, n->text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_is(n->text, words[i].word)) {
            n->type = words[i].type;
            return n->type;
        }
        near_try(&near, text_of(words[i].word));
    }
    near_try(&near, TEXT("money"));
    struct diag *m = say(c, "E0218", n->span, "there is no type `%.*s`",
                         TEXT_ARG(n->text));
    if (type_here(n->text)) {
        fix_replace(c, m, FIX_SURE, n->span, type_here(n->text));
        return n->type;
    }
    if (!near_suggest(c, m, &near, n->span))
        diag_note(c->d, m, "types are text, number, integer, yes/no, date, time, "
                  "datetime, duration, percent, money, list(…) and App.object");
    return n->type;
}
