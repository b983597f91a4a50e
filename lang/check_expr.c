/* Types of expressions, one function per kind of node. A mistake gives one
 * message and the type "unknown", which nothing reports again. */
#include "config.h"

#include "lang/check.h"

static const struct type type_missing = { .kind = TYPE_TEXT,
                                          .optional = true,
                                          .scale = SCALE_UNKNOWN,
                                          .length = LENGTH_UNLIMITED };

const struct type *fail_type(struct node *n)
{
    n->type = &type_unknown;
    return n->type;
}

static const struct type *join(struct checker *c, const struct type *a,
                               const struct type *b)
{
    if (!a || !b)
        return a ? a : b;
    if (a == &type_missing)
        return type_optional(c->arena, b, true);
    if (b == &type_missing)
        return type_optional(c->arena, a, true);
    return type_join(c->arena, a, b);
}

/* What is present here although its type says it may be missing. */
static const struct type *narrowed(struct checker *c, const struct node *n,
                                   const struct type *t)
{
    if (t->optional && known_is_present(c, n))
        t = type_optional(c->arena, t, false);
    int length = t->kind == TYPE_TEXT ? known_length(c, n) : LENGTH_UNLIMITED;
    if (length < 0 || (t->length >= 0 && t->length <= length))
        return t;
    struct type *shorter = type_copy(c->arena, t);
    shorter->length = length;
    return shorter;
}

/* The optional part that makes `n` optional, to name it. */
static const struct node *culprit(const struct node *n)
{
    if (!n || !n->type || !n->type->optional)
        return NULL;
    if (n->kind == NODE_CALL)
        for (const struct node *a = KID(n, CALL, args); a; a = a->next)
            if (culprit(a))
                return culprit(a);
    if (n->kind == NODE_MEMBER && KID(n, MEMBER, record)->type &&
        KID(n, MEMBER, record)->type->optional)
        return culprit(KID(n, MEMBER, record));
    if (n->kind == NODE_INDEX)
        for (const struct node *a = KID(n, INDEX, keys); a; a = a->next)
            if (culprit(a))
                return culprit(a);
    return n;
}

/* The whole path of what may be missing: employee.department. */
const char *missing_path(struct checker *c, const struct node *n)
{
    const struct node *part = culprit(n);
    return shown(c, (part ? part : n)->span);
}

const char *missing_name(struct checker *c, const struct node *n)
{
    const struct node *part = culprit(n);
    if (!part)
        part = n;
    if (part->kind == NODE_MEMBER || part->kind == NODE_NAME)
        return text_cstr(c->arena, part->text);
    return shown(c, part->span);
}

/* Ways out of a missing value, for the message. */
void offer_ways_out(struct checker *c, struct diag *m, const struct node *n)
{
    const struct node *part = culprit(n);
    const char *name = missing_name(c, n);
    struct span end = { n->span.source, n->span.end, n->span.end };
    if (c->may_outcome) {
        struct diag_fix *fix = diag_fix(
            c->d, m, FIX_CHOICE, "keep the record back until it is filled");
        diag_edit(c->d, fix, end, " else hold \"%s is missing\"", name);
    }
    if (part && (part->kind == NODE_MEMBER || part->kind == NODE_NAME) &&
        c->flow && !c->define)
        diag_note(c->d, m, "or leave such records out: where %s is present",
                  shown(c, part->span));
}

bool check_present(struct checker *c, struct node *n, const char *what)
{
    if (!n->type || !n->type->optional)
        return true;
    struct diag *m = say(c, "E0312", n->span, "`%s` may be missing, but %s",
                         missing_name(c, n), what);
    diag_set_label(c->d, m, "optional");
    const struct node *part = culprit(n);
    if (part && c->guard) {
        fix_wrap(c, m, FIX_CHOICE, c->guard->span,
                 arena_printf(c->arena, "(%s is present and ",
                              shown(c, part->span)), ")");
    } else if (part && n->kind != NODE_ELSE) {
        const char *text = shown(c, n->span);
        const char *value = type_is_texty(n->type)          ? "\"\""
                            : n->type->kind == TYPE_YESNO   ? "no"
                            : type_is_numeric(n->type) ||
                                    n->type->kind == TYPE_MONEY
                                ? "0"
                                : NULL;
        if (value) {
            struct diag_fix *fix =
                diag_fix(c->d, m, FIX_CHOICE,
                         "say what counts when it is missing: (%s else %s)",
                         text, value);
            struct span at = { n->span.source, n->span.start, n->span.start };
            diag_edit(c->d, fix, at, "(");
            at.start = at.end = n->span.end;
            diag_edit(c->d, fix, at, " else %s)", value);
        }
        diag_note(c->d, m, "or test it first: %s is present and …",
                  shown(c, part->span));
    }
    return false;
}

void check_condition(struct checker *c, struct node *n)
{
    const struct type *t = check_expr(c, n);
    if (t->kind == TYPE_UNKNOWN)
        return;
    if (t->kind == TYPE_YESNO && !t->optional)
        return;
    struct diag *m;
    if (t->kind == TYPE_YESNO) {
        m = say(c, "E0312", n->span,
                "`%s` may be missing, so it is neither yes nor no",
                missing_name(c, n));
        fix_wrap(c, m, FIX_CHOICE, n->span, "", " is yes");
    } else {
        m = say(c, "E0314", n->span, "a condition is yes or no; this is %s",
                type_words(c->arena, t));
        bool simple = n->kind == NODE_MEMBER || n->kind == NODE_NAME;
        if (t->optional && simple)
            fix_wrap(c, m, FIX_CHOICE, n->span, "", " is present");
        else if (type_is_numeric(t) || t->kind == TYPE_MONEY)
            fix_wrap(c, m, FIX_CHOICE, n->span, "", " is not 0");
        else if (t->kind == TYPE_TEXT && simple)
            fix_wrap(c, m, FIX_CHOICE, n->span, "", " is not \"\"");
    }
    fail_type(n);
}

/* ------------------------------------------------------------------ names */
static const struct type *const_type(struct checker *c, struct symbol *s)
{
    if (s->state == STATE_DONE)
        return s->type;
    if (s->state == STATE_BUSY) {
        say(c, "E0319", s->span, "`%.*s` is defined by itself",
            TEXT_ARG(s->name));
        s->type = &type_unknown;
        return s->type;
    }
    struct checker inner = { .p = c->p, .d = c->d, .arena = c->arena,
                             .module = s->module, .depth = c->depth };
    s->state = STATE_BUSY;
    s->type = check_expr(&inner, KID(s->decl, CONST, value));
    s->decl->type = s->type;
    s->state = STATE_DONE;
    return s->type;
}

static const struct type *name_as_value(struct checker *c, struct node *n,
                                        struct symbol *s)
{
    struct diag *m;
    switch (s->kind) {
    case SYMBOL_CONST: return const_type(c, s);
    case SYMBOL_DEFINE:
        m = say(c, "E0317", n->span,
                "`%.*s` is a function: it is written with its arguments",
                TEXT_ARG(s->name));
        diag_label(c->d, m, s->span, "defined here");
        return fail_type(n);
    case SYMBOL_TABLE:
        m = say(c, "E0317", n->span,
                "`%.*s` is a table: a row is written with its key",
                TEXT_ARG(s->name));
        diag_label(c->d, m, s->span, "declared here");
        diag_note(c->d, m, "like this: %.*s[key].column", TEXT_ARG(s->name));
        return fail_type(n);
    case SYMBOL_PARAM: case SYMBOL_LET: case SYMBOL_FIND: case SYMBOL_SOURCE:
    case SYMBOL_TARGET: case SYMBOL_EACH: case SYMBOL_GROUP: case SYMBOL_FLOW:
        break;
    }
    return s->type;
}

static const struct type *check_name(struct checker *c, struct node *n)
{
    n->symbol = scope_find(c, n->text);
    if (!n->symbol) {
        scope_unknown_name(c, n);
        return fail_type(n);
    }
    n->symbol->used = true;
    return narrowed(c, n, name_as_value(c, n, n->symbol));
}

/* hr.rate: a name of a file that was brought `as hr`. */
static bool is_prefixed(struct checker *c, struct node *n)
{
    struct node *record = KID(n, MEMBER, record);
    if (record->kind != NODE_NAME || scope_find(c, record->text) || !c->module)
        return false;
    struct module *from = map_get(&c->module->prefixes, record->text);
    if (!from)
        return false;
    struct symbol *s = map_get(&from->names, n->text);
    n->symbol = s && s->module == from ? s : NULL;
    if (!n->symbol) {
        struct near near;
        near_init(&near, n->text);
        for (size_t i = 0; i < from->names.count; i++)
            near_try(&near, from->names.entries[i].key);
        struct diag *m = say(c, "E0301", n->name_span, "%s has no name `%.*s`",
                             from->path, TEXT_ARG(n->text));
        near_suggest(c, m, &near, n->name_span);
    }
    return true;
}

static struct text singular(struct checker *c, struct text list)
{
    if (list.len > 3 && text_ends(list, TEXT("ies")))
        return text_of(arena_printf(c->arena, "%.*sy", (int)list.len - 3,
                                    list.ptr));
    if (list.len > 1 && text_ends(list, TEXT("s")))
        return text_slice(list, 0, list.len - 1);
    return TEXT("x");
}

/* report.expenses.amount: nothing maps over a list by itself. */
static const struct type *member_of_list(struct checker *c, struct node *n,
                                         const struct type *list)
{
    struct node *record = KID(n, MEMBER, record);
    struct diag *m = say(c, "E0316", n->span,
                         "`%s` is a list; say which of its records is meant",
                         shown(c, record->span));
    const struct type *item = list->item;
    const struct field *f = item && item->kind == TYPE_RECORD
                                ? object_field(item->object, n->text) : NULL;
    if (!f && (text_is(n->text, "length") || text_is(n->text, "count") ||
               text_is(n->text, "size")))
        fix_replace(c, m, FIX_SURE, n->span,
                    arena_printf(c->arena, "count(%s)",
                                 shown(c, record->span)));
    if (!f)
        return fail_type(n);
    struct text name = singular(c, record->text);
    bool inside = c->wants_list;
    const char *call = type_is_numeric(f->type) || f->type->kind == TYPE_MONEY
                           ? "sum" : "first";
    const char *each = name_written(c->arena, name);
    const char *filter =
        f->type->optional && call[0] == 's'
            ? arena_printf(c->arena, " where %s.%s is present", each,
                           name_written(c->arena, n->text))
            : "";
    const char *all =
        arena_printf(c->arena, "%s.%s for each %s in %s%s", each,
                     name_written(c->arena, n->text), each,
                     shown(c, record->span), filter);
    fix_replace(c, m, inside || call[0] == 's' ? FIX_SURE : FIX_CHOICE, n->span,
                inside ? all : arena_printf(c->arena, "%s(%s)", call, all));
    return fail_type(n);
}

/* x.year, x.length: functions here. */
static void offer_call(struct checker *c, struct diag *m,
                       const struct node *n, const struct type *t)
{
    static const char *const of_dates[] = { "year", "month", "day", "hour",
                                            "date", "weekday", NULL };
    const char *inner = shown(c, KID(n, MEMBER, record)->span);
    if (type_is_texty(t) &&
        (text_is(n->text, "length") || text_is(n->text, "len")))
        fix_replace(c, m, FIX_SURE, n->span,
                    arena_printf(c->arena, "length(%s)", inner));
    for (size_t i = 0; of_dates[i]; i++) {
        bool whole = t->kind == TYPE_DATETIME && i < 3;
        if (!text_equal_nocase(n->text, text_of(of_dates[i])) ||
            (t->kind != TYPE_DATE && t->kind != TYPE_DATETIME) ||
            (t->kind == TYPE_DATE && (i == 3 || i == 4)))
            continue;
        fix_replace(c, m, FIX_SURE, n->span,
                    arena_printf(c->arena, whole ? "%s(date(%s))" : "%s(%s)",
                                 of_dates[i], inner));
    }
}

static const struct type *not_a_record(struct checker *c, struct node *n,
                                       const struct type *t)
{
    struct diag *m = say(c, "E0318", n->name_span,
                         "`%s` is %s and has no fields",
                         shown(c, KID(n, MEMBER, record)->span),
                         type_words(c->arena, t));
    if (t->kind == TYPE_ID && t->object)
        diag_note(c->d, m, "look the record up: find x in %.*s where x.%.*s is %s",
                  TEXT_ARG(t->object->label),
                  TEXT_ARG(t->object->key_count ? t->object->keys[0]
                                                : t->object->name),
                  shown(c, KID(n, MEMBER, record)->span));
    offer_call(c, m, n, t);
    return fail_type(n);
}

/* A field of the record being built: a list starts empty, and what was set to
 * a value is there. */
static bool is_built(const struct checker *c, const struct node *n)
{
    const struct node *record = KID(n, MEMBER, record);
    if (record->kind != NODE_NAME || !record->symbol ||
        record->symbol->kind != SYMBOL_TARGET)
        return false;
    if (n->field->type->kind == TYPE_LIST)
        return true;
    for (const struct set_field *s = c->flow ? c->flow->sets : NULL; s;
         s = s->next)
        if (s->field == n->field && s->node->type && !s->node->type->optional)
            return true;
    return false;
}

static const struct type *check_member(struct checker *c, struct node *n)
{
    if (is_prefixed(c, n)) {
        struct symbol *s = n->symbol;
        if (!s)
            return fail_type(n);
        n->kind = NODE_NAME; /* from here on like a name of this file */
        n->kid[0] = NULL;
        s->used = true;
        return name_as_value(c, n, s);
    }
    const struct type *record = check_expr(c, KID(n, MEMBER, record));
    struct span at = n->name_span.source ? n->name_span : n->span;
    if (record->kind == TYPE_UNKNOWN)
        return fail_type(n);
    if (record->kind == TYPE_LIST)
        return member_of_list(c, n, record);
    if (record->kind != TYPE_RECORD)
        return not_a_record(c, n, record);
    n->field = object_field(record->object, n->text);
    if (!n->field) {
        scope_unknown_field(c, record->object, n->text, at);
        return fail_type(n);
    }
    if (n->field->write_only) {
        say(c, "E0326", at, "%.*s can be written but never read",
            TEXT_ARG(n->text));
        return fail_type(n);
    }
    const struct type *t = n->field->type;
    if (t->optional && is_built(c, n))
        t = type_optional(c->arena, t, false);
    if (record->optional)
        t = type_optional(c->arena, t, true);
    return narrowed(c, n, t);
}

/* ------------------------------------------------------------ if and choose */
static const struct type *no_common_type(struct checker *c, struct node *n,
                                         struct span span,
                                         const struct type *a,
                                         const struct type *b)
{
    say(c, "E0311", span, "one way gives %s, the other %s",
        type_words(c->arena, a), type_words(c->arena, b));
    return fail_type(n);
}

static const struct type *check_if(struct checker *c, struct node *n)
{
    struct known *before = c->known;
    struct node *condition = KID(n, IF, condition);
    check_condition(c, condition);
    known_from(c, condition, true);
    const struct type *yes = check_expr(c, KID(n, IF, yes));
    c->known = before;
    known_from(c, condition, false);
    struct node *other = KID(n, IF, no);
    const struct type *no = other ? check_expr(c, other) : &type_missing;
    c->known = before;
    const struct type *t = join(c, yes, no);
    return t ? t : no_common_type(c, n, n->span, yes, no);
}

/* Enum values that arms of one `choose` have dealt with. */
struct arms {
    const struct type *type; /* of the one thing all arms ask about */
    struct text subject;     /* its source text */
    bool one_subject, otherwise;
    struct text words[KNOWN_TEXTS_MAX];
    const struct node *by[KNOWN_TEXTS_MAX];
    size_t count;
};

static void arm_word(struct checker *c, struct arms *a, const struct node *arm,
                     const struct node *word, bool *fresh)
{
    if (word->kind != NODE_TEXT_LIT || KID(word, TEXT_LIT, parts))
        return;
    for (size_t i = 0; i < a->count; i++)
        if (text_equal(a->words[i], word->text))
            return;
    (void)c;
    *fresh = true;
    if (a->count < KNOWN_TEXTS_MAX) {
        a->words[a->count] = word->text;
        a->by[a->count++] = arm;
    }
}

static void hidden(struct checker *c, const struct node *arm,
                   const struct node *earlier)
{
    struct diag *m = say(c, "W0408", KID(arm, ARM, condition)->span,
                         "this arm is never reached");
    if (earlier)
        diag_label(c->d, m, KID(earlier, ARM, condition)->span,
                   "this one is taken first");
}

static void note_arm(struct checker *c, struct arms *a, const struct node *arm)
{
    const struct node *cond = KID(arm, ARM, condition);
    const struct node *left = cond->kind == NODE_COMPARE
                                  ? KID(cond, COMPARE, left) : NULL;
    enum compare_op op = cond->lit.op;
    if (!left || (op != OP_IS && op != OP_IS_ONE_OF)) {
        a->one_subject = false;
        return;
    }
    struct text subject = span_text(&c->p->sources, left->span);
    if (!a->subject.ptr) {
        a->subject = subject;
        a->type = left->type;
    }
    if (!text_equal(a->subject, subject)) {
        a->one_subject = false;
        return;
    }
    bool fresh = false;
    const struct node *right = KID(cond, COMPARE, right);
    if (op == OP_IS)
        arm_word(c, a, arm, right, &fresh);
    else if (right->kind == NODE_LIST)
        for (const struct node *i = KID(right, LIST, items); i; i = i->next)
            arm_word(c, a, arm, i, &fresh);
    if (fresh || right->kind == NODE_NAME || right->kind == NODE_MEMBER)
        return;
    const struct node *earlier = NULL;
    for (size_t i = 0; i < a->count && !earlier; i++)
        if (right->kind == NODE_TEXT_LIT && text_equal(a->words[i], right->text))
            earlier = a->by[i];
    if (earlier || right->kind == NODE_LIST)
        hidden(c, arm, earlier);
}

static void check_exhaustive(struct checker *c, struct node *n,
                             const struct arms *a)
{
    if (a->otherwise)
        return;
    struct diag *m;
    struct buf missing;
    buf_init(&missing, 4096);
    bool enumerable = a->one_subject && a->type &&
                      a->type->kind == TYPE_ENUM && !a->type->optional;
    for (size_t i = 0; enumerable && i < a->type->value_count; i++) {
        bool seen = false;
        for (size_t j = 0; j < a->count; j++)
            seen |= text_equal(a->words[j], a->type->values[i].word);
        if (!seen)
            buf_printf(&missing, "%s\"%.*s\"", missing.len ? ", " : "",
                       TEXT_ARG(a->type->values[i].word));
    }
    if (!enumerable || missing.len) {
        m = missing.len ? say(c, "E0330", n->span,
                              "this `choose` says nothing about %s",
                              buf_cstr(&missing))
                        : say(c, "E0330", n->span,
                              "this `choose` says nothing when no arm holds");
        if (c->frame) {
            struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE,
                                            "hold what no arm speaks of");
            struct span end = { n->span.source, n->span.end - 1,
                                n->span.end - 1 };
            diag_edit(c->d, fix, end, "otherwise => hold \"nothing is said "
                      "about this record\"\n  ");
        } else {
            diag_note(c->d, m, "end it with: otherwise => value");
        }
    }
    buf_fini(&missing);
}

static bool same_condition(struct checker *c, const struct node *a,
                           const struct node *b)
{
    return text_equal(span_text(&c->p->sources, a->span),
                      span_text(&c->p->sources, b->span));
}

static void find_twin(struct checker *c, struct node *first, struct node *arm)
{
    for (struct node *a = first; a && a != arm; a = a->next)
        if (KID(a, ARM, condition) &&
            same_condition(c, KID(a, ARM, condition), KID(arm, ARM, condition))) {
            hidden(c, arm, a);
            return;
        }
}

static const struct type *arm_value(struct checker *c, struct node *arm)
{
    struct node *value = KID(arm, ARM, value);
    if (!value)
        return &type_unknown;
    if (value->kind == NODE_OUTCOME) {
        check_outcome(c, value);
        return NULL;
    }
    return check_expr(c, value);
}

static const struct type *check_choose(struct checker *c, struct node *n)
{
    struct known *before = c->known;
    struct arms arms = { .one_subject = true };
    const struct type *t = NULL;
    struct node *first = KID(n, CHOOSE, arms);
    for (struct node *arm = first; arm; arm = arm->next) {
        struct node *condition = KID(arm, ARM, condition);
        struct known *outside = c->known;
        if (arms.otherwise)
            say(c, "W0408", arm->span,
                "nothing after `otherwise` is ever reached");
        if (condition) {
            check_condition(c, condition);
            if (condition->kind == NODE_COMPARE)
                note_arm(c, &arms, arm);
            else
                arms.one_subject = false;
            if (!arms.one_subject)
                find_twin(c, first, arm);
            known_from(c, condition, true);
        } else {
            arms.otherwise = true;
        }
        const struct type *value = arm_value(c, arm);
        arm->type = value;
        c->known = outside;
        if (condition)
            known_from(c, condition, false);
        const struct type *both = join(c, t, value);
        if (value && t && !both)
            both = no_common_type(c, n, KID(arm, ARM, value)->span, t, value);
        t = both;
    }
    c->known = before;
    check_exhaustive(c, n, &arms);
    if (!t) {
        say(c, "E0333", n->span, "no arm of this `choose` gives a value");
        return fail_type(n);
    }
    return t;
}

/* -------------------------------------------------------------------- else */
static void never_missing(struct checker *c, struct node *n)
{
    struct node *value = KID(n, ELSE, value);
    struct diag *m = say(c, "W0404",
                         (struct span){ n->span.source, value->span.end,
                                        n->span.end },
                         "`%s` is never missing, so this `else` does nothing",
                         shown(c, value->span));
    struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE, "remove it");
    struct span rest = { n->span.source, value->span.end, n->span.end };
    diag_edit(c->d, fix, rest, "%s", "");
}

static const struct type *check_else(struct checker *c, struct node *n)
{
    struct node *value = KID(n, ELSE, value);
    struct node *fallback = KID(n, ELSE, fallback);
    bool may = c->may_outcome;
    c->may_outcome = false;
    const struct type *t = check_expr(c, value);
    c->may_outcome = may;
    bool known_type = t->kind != TYPE_UNKNOWN;
    if (known_type && !t->optional && value->kind != NODE_MISSING_LIT)
        never_missing(c, n);
    if (fallback->kind == NODE_OUTCOME) {
        check_outcome(c, fallback);
        enum verb verb = fallback->lit.verb;
        if (verb == VERB_WARN)
            return t;
        if (verb != VERB_LEAVE && verb != VERB_CLEAR)
            known_present(c, value);
        return type_optional(c->arena, t, false);
    }
    const struct type *other = check_expr(c, fallback);
    if (t->kind == TYPE_MONEY && fallback->kind == NODE_NUMBER_LIT &&
        decimal_is_zero(fallback->lit.number))
        return type_optional(c->arena, t, false); /* 0 of any currency */
    const struct type *both = join(c, type_optional(c->arena, t, false), other);
    if (!both)
        return no_common_type(c, n, fallback->span, t, other);
    return type_optional(c->arena, both, other->optional);
}

/* ---------------------------------------------------------- small kinds */
/* a or "none": Python's and JavaScript's way to a fallback. */
static bool says_or_fallback(struct checker *c, struct node *n)
{
    struct node *left = KID(n, OR, left), *right = KID(n, OR, right);
    if (n->kind != NODE_OR ||
        (right->kind != NODE_TEXT_LIT && right->kind != NODE_NUMBER_LIT &&
         right->kind != NODE_MONEY_LIT && right->kind != NODE_DATE_LIT))
        return false;
    const struct type *t = check_expr(c, left);
    if (t->kind == TYPE_YESNO || t->kind == TYPE_UNKNOWN)
        return t->kind == TYPE_UNKNOWN;
    struct diag *m = say(c, "E0314", n->span,
                         "`or` joins two conditions; what to take for a missing "
                         "value is said with `else`");
    fix_replace(c, m, t->optional ? FIX_SURE : FIX_CHOICE, n->span,
                arena_printf(c->arena, "%s else %s", shown(c, left->span),
                             shown(c, right->span)));
    return true;
}

static const struct type *check_logic(struct checker *c, struct node *n)
{
    if (says_or_fallback(c, n))
        return fail_type(n);
    struct known *before = c->known;
    struct node *left = n->kid[0], *right = n->kid[1];
    check_condition(c, left);
    known_from(c, left, n->kind == NODE_AND);
    check_condition(c, right);
    c->known = before;
    return &type_yesno;
}

static const struct type *check_list(struct checker *c, struct node *n)
{
    const struct type *t = NULL;
    for (struct node *i = KID(n, LIST, items); i; i = i->next) {
        const struct type *item = check_expr(c, i);
        const struct type *both = join(c, t, item);
        if (!both)
            return no_common_type(c, n, i->span, t, item);
        t = both;
    }
    return t ? type_list_of(c->arena, t) : &type_empty_list;
}

bool can_fail(const struct node *n)
{
    if (!n)
        return false;
    switch ((int)n->kind) {
    case NODE_ADD_OP: case NODE_SUB_OP: case NODE_MUL_OP: case NODE_DIV_OP:
    case NODE_NEGATE:
        return true;
    case NODE_CALL:
        if (call_can_fail(n))
            return true;
        break;
    case NODE_NAME: return false;
    default: break;
    }
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            if (can_fail(k))
                return true;
    return false;
}

static const struct type *check_try(struct checker *c, struct node *n)
{
    struct node *value = KID(n, TRY, value);
    const struct type *t = check_expr(c, value);
    if (t->kind == TYPE_UNKNOWN)
        return t;
    if (!can_fail(value)) {
        struct diag *m = say(c, "W0406", n->span,
                             "`%s` cannot fail, so `try` does nothing",
                             shown(c, value->span));
        struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE, "remove `try`");
        diag_edit(c->d, fix,
                  (struct span){ n->span.source, n->span.start,
                                 value->span.start },
                  "%s", "");
    } else {
        say(c, "N0503", n->span,
            "a failure here becomes a missing value and holds no record");
    }
    return type_optional(c->arena, t, true);
}

static int decimals(const struct node *n)
{
    return n->lit.number.scale;
}

static const struct type *check_node(struct checker *c, struct node *n)
{
    switch ((int)n->kind) {
    case NODE_NAME: return check_name(c, n);
    case NODE_MEMBER: return check_member(c, n);
    case NODE_IF: return check_if(c, n);
    case NODE_CHOOSE: return check_choose(c, n);
    case NODE_ELSE: return check_else(c, n);
    case NODE_OR:
    case NODE_AND: return check_logic(c, n);
    case NODE_NOT:
        check_condition(c, KID(n, NOT, value));
        return &type_yesno;
    case NODE_COMPARE: return check_compare(c, n);
    case NODE_ADD_OP:
    case NODE_SUB_OP:
    case NODE_MUL_OP:
    case NODE_DIV_OP:
    case NODE_NEGATE: return check_arithmetic(c, n);
    case NODE_TRY: return check_try(c, n);
    case NODE_INDEX: return check_index(c, n);
    case NODE_CALL: return check_call(c, n);
    case NODE_LIST: return check_list(c, n);
    case NODE_TEXT_LIT: return check_text(c, n);
    case NODE_NUMBER_LIT: return type_number_of(c->arena, decimals(n));
    case NODE_PERCENT_LIT: {
        struct type *t = type_copy(c->arena, &type_percent);
        t->scale = decimals(n);
        return t;
    }
    case NODE_MONEY_LIT:
        return type_money_of(c->arena, decimals(n), n->lit.currency);
    case NODE_DATE_LIT: return &type_date;
    case NODE_TIME_LIT: return &type_time;
    case NODE_DURATION_LIT: return &type_duration;
    case NODE_YESNO_LIT: return &type_yesno;
    case NODE_MISSING_LIT: return &type_missing;
    case NODE_COMPREHENSION:
        say(c, "E0333", n->span,
            "`for each` inside a value stands in a call: sum(… for each …)");
        return fail_type(n);
    case NODE_OUTCOME:
        say(c, "E0333", n->span, "an outcome stands only after `else` or `=>`");
        return fail_type(n);
    default: return fail_type(n); /* BROKEN: said already */
    }
}

const struct type *check_expr(struct checker *c, struct node *n)
{
    if (!n)
        return &type_unknown;
    if (c->depth >= CHECK_DEPTH_MAX) {
        say(c, "E0205", n->span, "this is nested too deeply to be checked");
        return fail_type(n);
    }
    c->depth++;
    bool may = c->may_outcome, fallback = c->is_fallback_target;
    if (n->kind != NODE_ELSE && n->kind != NODE_CHOOSE)
        c->may_outcome = c->is_fallback_target = false;
    const struct type *t = check_node(c, n);
    c->may_outcome = may;
    c->is_fallback_target = fallback;
    c->depth--;
    n->type = t;
    return t;
}
