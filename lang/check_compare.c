/* Comparisons: what may be compared with what, and enum words that exist. */
#include "config.h"

#include "lang/check.h"
#include "lang/pattern.h"

static bool is_money_zero(const struct node *n)
{
    return n->kind == NODE_NUMBER_LIT && decimal_is_zero(n->lit.number);
}

/* Lists are equal item by item, so their items must be of one kind. */
static bool comparable_lists(const struct type *x, const struct type *y)
{
    if (x->kind == TYPE_EMPTY_LIST || y->kind == TYPE_EMPTY_LIST)
        return true;
    x = x->item;
    y = y->item;
    if (!x || !y || x->kind == TYPE_RECORD)
        return false;
    if (x->kind == TYPE_LIST && y->kind == TYPE_LIST)
        return comparable_lists(x, y);
    return x->kind == y->kind || (type_is_texty(x) && type_is_texty(y)) ||
           (type_is_numeric(x) && type_is_numeric(y));
}

static bool is_list(const struct type *t)
{
    return t->kind == TYPE_LIST || t->kind == TYPE_EMPTY_LIST;
}

static bool comparable(const struct node *a, const struct node *b)
{
    const struct type *x = a->type, *y = b->type;
    if (x->kind == TYPE_UNKNOWN || y->kind == TYPE_UNKNOWN)
        return true;
    if (x->kind == TYPE_ID && y->kind == TYPE_ID)
        return x->object == y->object;
    if (type_is_texty(x) && type_is_texty(y))
        return true;
    if (type_is_numeric(x) && type_is_numeric(y))
        return true;
    if (x->kind == TYPE_MONEY && y->kind != TYPE_MONEY)
        return is_money_zero(b);
    if (y->kind == TYPE_MONEY && x->kind != TYPE_MONEY)
        return is_money_zero(a);
    if (is_list(x) && is_list(y))
        return comparable_lists(x, y);
    return x->kind == y->kind && x->kind != TYPE_RECORD && x->kind != TYPE_LIST;
}

static void help_money(struct checker *c, struct diag *m, struct node *money,
                       struct node *number)
{
    if (number->kind == NODE_NUMBER_LIT && money->type->currency[0])
        fix_wrap(c, m, FIX_SURE, number->span, "",
                 arena_printf(c->arena, " %s", money->type->currency));
    else if (number->kind == NODE_NUMBER_LIT)
        fix_wrap(c, m, FIX_CHOICE, number->span, "", " EUR");
    else
        fix_wrap(c, m, FIX_CHOICE, money->span, "number(", ")");
}

/* The written text as a literal of the other side's type, or NULL. */
const char *as_literal(struct checker *c, const struct node *text,
                              const struct type *want)
{
    struct decimal d;
    int32_t days;
    if (text->kind != NODE_TEXT_LIT || KID(text, TEXT_LIT, parts))
        return NULL;
    struct text t = text_trim(text->text);
    if (type_is_numeric(want) && decimal_parse(t, &d) == DECIMAL_OK)
        return text_cstr(c->arena, t);
    if (want->kind == TYPE_DATE && date_parse(t, &days))
        return text_cstr(c->arena, t);
    if (want->kind != TYPE_YESNO)
        return NULL;
    static const char *const yes[] = { "yes", "Y", "y", "true", "TRUE", "1",
                                       "J", "ja", "Yes" };
    static const char *const no[] = { "no", "N", "n", "false", "FALSE", "0",
                                      "nee", "No" };
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (text_is(t, yes[i]))
            return "yes";
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (text_is(t, no[i]))
            return "no";
    return NULL;
}

/* A record where a text is meant: one of its fields. */
static void offer_texts_of(struct checker *c, struct diag *m,
                           const struct node *record)
{
    const struct object *o = record->type->object;
    int offered = 0;
    for (size_t i = 0; i < o->field_count && offered < 3; i++) {
        const struct field *f = &o->fields[i];
        if (f->type->kind != TYPE_TEXT || f->type->optional)
            continue;
        offered++;
        fix_wrap(c, m, FIX_CHOICE, record->span, "",
                 arena_printf(c->arena, ".%s",
                              name_written(c->arena, f->name)));
    }
}

static void say_not_comparable(struct checker *c, struct node *n,
                               struct node *a, struct node *b)
{
    const struct type *x = a->type, *y = b->type;
    struct diag *m;
    if (x->kind == TYPE_ID && y->kind == TYPE_ID) {
        m = say(c, "E0341", b->span,
                "this is %s; on the other side stands %s, and the two are "
                "never the same",
                type_words(c->arena, y), type_words(c->arena, x));
        diag_label(c->d, m, a->span, "%s", type_words(c->arena, x));
        return;
    }
    m = say(c, "E0311", n->span, "%s cannot be compared with %s",
            type_words(c->arena, x), type_words(c->arena, y));
    const char *literal = as_literal(c, b, x);
    if (literal)
        fix_replace(c, m, FIX_SURE, b->span, literal);
    else if (as_literal(c, a, y))
        fix_replace(c, m, FIX_SURE, a->span, as_literal(c, a, y));
    else if (x->kind == TYPE_MONEY && type_is_numeric(y))
        help_money(c, m, a, b);
    else if (y->kind == TYPE_MONEY && type_is_numeric(x))
        help_money(c, m, b, a);
    else if (x->kind == TYPE_DATETIME && y->kind == TYPE_DATE)
        fix_wrap(c, m, FIX_SURE, a->span, "date(", ")");
    else if (x->kind == TYPE_DATE && y->kind == TYPE_DATETIME)
        fix_wrap(c, m, FIX_SURE, b->span, "date(", ")");
    else if (type_is_texty(x) && type_is_numeric(y) &&
             b->kind == NODE_NUMBER_LIT)
        fix_wrap(c, m, FIX_SURE, b->span, "\"", "\"");
    else if (type_is_numeric(x) && type_is_texty(y))
        fix_wrap(c, m, FIX_CHOICE, a->span, "text(", ")");
    else if (type_is_texty(x) && type_is_numeric(y))
        fix_wrap(c, m, FIX_CHOICE, b->span, "text(", ")");
    else if (x->kind == TYPE_YESNO && b->kind == NODE_NUMBER_LIT)
        fix_replace(c, m, FIX_SURE, b->span,
                    decimal_is_zero(b->lit.number) ? "no" : "yes");
    else if (x->kind == TYPE_LIST && y->kind != TYPE_LIST)
        diag_note(c->d, m, "to look inside a list: any(x is … for each x in %s)",
                  shown(c, a->span));
    else if (x->kind == TYPE_RECORD && type_is_texty(y))
        offer_texts_of(c, m, a);
    else if (y->kind == TYPE_RECORD && type_is_texty(x))
        offer_texts_of(c, m, b);
    else if (x->kind == TYPE_RECORD && y->kind == TYPE_RECORD)
        diag_note(c->d, m, "compare a field of each");
}

/* Says when `word` is no value of the enum; finds what may be meant. */
void check_word(struct checker *c, const struct type *type, struct text word,
                struct span span, const char *code, const char *owner)
{
    if (type_value(type, word))
        return;
    struct near n;
    near_init(&n, word);
    for (size_t i = 0; i < type->value_count; i++)
        near_try(&n, type->values[i].word);
    struct diag *m = say(c, code, span, "\"%.*s\" is no value of `%s`",
                         TEXT_ARG(word), owner);
    if (near_found(&n)) {
        struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE,
                                        "did you mean \"%.*s\"?",
                                        TEXT_ARG(n.best));
        diag_edit(c->d, fix, span, "\"%.*s\"", TEXT_ARG(n.best));
    }
    diag_note(c->d, m, "it is %s", type_words(c->arena, type));
}

static void check_words(struct checker *c, const struct node *side,
                        struct node *other)
{
    const struct type *t = side->type;
    if (t->kind != TYPE_ENUM)
        return;
    const char *owner = shown(c, side->span);
    if (other->kind == NODE_LIST) {
        for (struct node *i = KID(other, LIST, items); i; i = i->next)
            check_words(c, side, i);
    } else if (other->kind == NODE_TEXT_LIT &&
               !KID(other, TEXT_LIT, parts)) {
        check_word(c, t, other->text, other->span, "E0307", owner);
    }
}

static bool is_constant(const struct node *n)
{
    return n->kind == NODE_TEXT_LIT || n->kind == NODE_NUMBER_LIT ||
           n->kind == NODE_YESNO_LIT || n->kind == NODE_DATE_LIT ||
           n->kind == NODE_MONEY_LIT || n->kind == NODE_PERCENT_LIT;
}

static void check_presence(struct checker *c, struct node *n)
{
    struct node *left = KID(n, COMPARE, left);
    bool asks_missing = n->lit.op == OP_IS_MISSING;
    if (left->type->kind == TYPE_UNKNOWN || left->type->optional)
        return;
    struct diag *m = say(c, "W0405", n->span, "this is always %s",
                         asks_missing ? "no" : "yes");
    diag_set_label(c->d, m, "`%s` is never missing here",
                   shown(c, left->span));
}

static void note_is_not(struct checker *c, struct node *n)
{
    struct node *left = KID(n, COMPARE, left);
    if (!left->type->optional)
        return;
    struct diag *m = say(c, "N0501", n->span,
                         "also true when `%s` is missing",
                         shown(c, left->span));
    diag_note(c->d, m, "to leave those out: %s is present and …",
              shown(c, left->span));
}

static const struct type *check_equality(struct checker *c, struct node *n)
{
    struct node *left = KID(n, COMPARE, left);
    struct node *right = KID(n, COMPARE, right);
    if (!comparable(left, right)) {
        say_not_comparable(c, n, left, right);
        return &type_yesno;
    }
    check_words(c, left, right);
    check_words(c, right, left);
    if (is_constant(left) && is_constant(right))
        say(c, "W0405", n->span, "both sides are written here, so this never "
                                 "changes");
    else if (text_equal(span_text(&c->p->sources, left->span),
                        span_text(&c->p->sources, right->span)))
        say(c, "W0405", n->span, "both sides are the same");
    if (n->lit.op == OP_IS_NOT)
        note_is_not(c, n);
    return &type_yesno;
}

static const struct type *check_one_of(struct checker *c, struct node *n)
{
    struct node *left = KID(n, COMPARE, left);
    struct node *right = KID(n, COMPARE, right);
    if (right->type->kind == TYPE_UNKNOWN)
        return &type_yesno;
    if (right->type->kind != TYPE_LIST) {
        struct diag *m = say(c, "E0338", right->span,
                             "after `is one of` comes a list");
        if (right->type->kind != TYPE_EMPTY_LIST)
            fix_wrap(c, m, FIX_SURE, right->span, "[", "]");
        return &type_yesno;
    }
    struct node item = { .kind = NODE_BROKEN, .type = right->type->item,
                         .span = right->span };
    struct node *first = right->kind == NODE_LIST ? KID(right, LIST, items)
                                                  : &item;
    if (!comparable(left, first))
        say_not_comparable(c, n, left, first);
    else
        check_words(c, left, right);
    if (n->lit.op == OP_IS_NOT_ONE_OF)
        note_is_not(c, n);
    return &type_yesno;
}

static bool has_order(const struct type *t)
{
    return type_is_numeric(t) || t->kind == TYPE_MONEY ||
           t->kind == TYPE_DATE || t->kind == TYPE_DATETIME ||
           t->kind == TYPE_TIME || t->kind == TYPE_DURATION ||
           t->kind == TYPE_TEXT || t->kind == TYPE_UNKNOWN;
}

static bool order_sides(struct checker *c, struct node *n, struct node *left,
                        struct node *right)
{
    const char *what =
        arena_printf(c->arena, "`%s` needs a value", compare_word(n->lit.op));
    c->guard = n;
    bool fine = check_present(c, left, what) && check_present(c, right, what);
    c->guard = NULL;
    if (!fine)
        return false;
    if (!comparable(left, right)) {
        say_not_comparable(c, n, left, right);
        return false;
    }
    if (!has_order(left->type)) {
        say(c, "E0311", n->span, "%s has no order: use `is` or `is one of`",
            type_words(c->arena, left->type));
        return false;
    }
    const struct type *x = left->type, *y = right->type;
    if (x->kind == TYPE_MONEY && y->kind == TYPE_MONEY && x->currency[0] &&
        y->currency[0] && !text_equal(text_of(x->currency), text_of(y->currency)))
        say(c, "E0351", n->span, "an amount in %s cannot be compared with one "
            "in %s", x->currency, y->currency);
    return true;
}

/* The text after `matches` is taken as it stands, so that a place in the
 * pattern is a place in the file. */
static void check_pattern(struct checker *c, const struct node *right)
{
    const char *why;
    size_t at, end;
    if (right->kind != NODE_TEXT_LIT ||
        pattern_is_sound(right->text, &why, &at, &end))
        return;
    struct span span = right->span;
    if (end > at && span.start + 1 + end < span.end) {
        span.end = span.start + 1 + (uint32_t)end;
        span.start += 1 + (uint32_t)at;
    }
    say(c, "E0335", span, "%s", why);
}

static const struct type *check_text_operator(struct checker *c,
                                              struct node *n)
{
    struct node *left = KID(n, COMPARE, left);
    struct node *right = KID(n, COMPARE, right);
    const char *word = compare_word(n->lit.op);
    if (left->type->kind == TYPE_LIST && n->lit.op == OP_CONTAINS) {
        struct diag *m = say(c, "E0311", n->span,
                             "`contains` looks into a text; this is %s",
                             type_words(c->arena, left->type));
        if (left->type->item && left->type->item->kind != TYPE_RECORD)
            fix_replace(c, m, FIX_SURE, n->span,
                        arena_printf(c->arena,
                                     left->type->optional
                                         ? "any(x is %s for each x in (%s else []))"
                                         : "any(x is %s for each x in %s)",
                                     shown(c, right->span),
                                     shown(c, left->span)));
        return &type_yesno;
    }
    const char *what = arena_printf(c->arena, "`%s` needs a value", word);
    c->guard = n;
    bool fine = check_present(c, left, what) &&
                (!right || check_present(c, right, what));
    c->guard = NULL;
    if (!fine)
        return &type_yesno;
    if (left->type->kind != TYPE_UNKNOWN && !type_is_texty(left->type)) {
        struct diag *m = say(c, "E0311", left->span,
                             "`%s` is asked of a text; this is %s", word,
                             type_words(c->arena, left->type));
        if (left->type->kind != TYPE_RECORD && left->type->kind != TYPE_LIST)
            fix_wrap(c, m, FIX_SURE, left->span, "text(", ")");
    }
    if (right && right->type->kind != TYPE_UNKNOWN &&
        !type_is_texty(right->type)) {
        struct diag *m = say(c, "E0311", right->span,
                             "`%s` takes a text; this is %s", word,
                             type_words(c->arena, right->type));
        if (right->kind == NODE_NUMBER_LIT)
            fix_wrap(c, m, FIX_SURE, right->span, "\"", "\"");
    } else if (right && n->lit.op == OP_MATCHES) {
        check_pattern(c, right);
    }
    return &type_yesno;
}

const struct type *check_compare(struct checker *c, struct node *n)
{
    struct node *left = KID(n, COMPARE, left);
    struct node *right = KID(n, COMPARE, right);
    struct node *high = KID(n, COMPARE, high);
    check_expr(c, left);
    if (right)
        check_expr(c, right);
    if (high)
        check_expr(c, high);
    switch (n->lit.op) {
    case OP_IS: case OP_IS_NOT: return check_equality(c, n);
    case OP_IS_MISSING: case OP_IS_PRESENT:
        check_presence(c, n);
        return &type_yesno;
    case OP_IS_ONE_OF: case OP_IS_NOT_ONE_OF: return check_one_of(c, n);
    case OP_BETWEEN:
        if (order_sides(c, n, left, right) && high)
            order_sides(c, n, left, high);
        return &type_yesno;
    case OP_LESS: case OP_LESS_EQUAL: case OP_GREATER: case OP_GREATER_EQUAL:
        order_sides(c, n, left, right);
        return &type_yesno;
    case OP_CONTAINS: case OP_STARTS_WITH: case OP_ENDS_WITH: case OP_MATCHES:
        return check_text_operator(c, n);
    }
    return &type_yesno;
}
