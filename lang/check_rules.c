/* Rules over several flows: their order, who owns a field, flows in opposite
 * directions; and the rule of objects whose lines must balance. */
#include "config.h"

#include "lang/check.h"

/* ------------------------------------------------------------ after cycles */
static bool reaches(const struct flow *from, const struct flow *to, int depth)
{
    if (depth > 200)
        return false;
    for (const struct schedule *s = from->schedules; s; s = s->next)
        if (s->kind == SCHEDULE_AFTER && s->flow &&
            (s->flow == to || reaches(s->flow, to, depth + 1)))
            return true;
    return false;
}

static bool earlier(const struct program *p, const struct flow *a,
                    const struct flow *b)
{
    for (const struct flow *f = p->flows; f; f = f->next) {
        if (f == a)
            return true;
        if (f == b)
            return false;
    }
    return false;
}

/* Said once per cycle: at the last of its flows. */
static void check_order(struct checker *c, struct flow *f)
{
    for (struct schedule *s = f->schedules; s; s = s->next) {
        if (s->kind != SCHEDULE_AFTER || !s->flow || !reaches(s->flow, f, 0))
            continue;
        bool last = true;
        for (const struct flow *o = c->p->flows; o; o = o->next)
            if (o != f && reaches(o, f, 0) && reaches(f, o, 0) &&
                earlier(c->p, f, o))
                last = false;
        if (!last)
            continue;
        struct diag *m = say(c, "E0373", s->node->span,
                             "`%.*s` and `%.*s` each wait for the other",
                             TEXT_ARG(f->name), TEXT_ARG(s->flow->name));
        for (const struct schedule *o = s->flow->schedules; o; o = o->next)
            if (o->kind == SCHEDULE_AFTER && o->flow &&
                (o->flow == f || reaches(o->flow, f, 0)))
                diag_label(c->d, m, o->node->span, "and here the other way");
    }
}

/* --------------------------------------------------------- who owns a field */
static bool same_match(const struct flow *a, const struct flow *b)
{
    if (a->match_count != b->match_count)
        return false;
    for (size_t i = 0; i < a->match_count; i++)
        if (a->match[i] != b->match[i])
            return false;
    return true;
}

static const struct node *literal_of(struct checker *c, const struct node *n,
                                     const struct text *subject, bool *not)
{
    if (!n)
        return NULL;
    if (n->kind == NODE_AND) {
        const struct node *left = literal_of(c, KID(n, AND, left), subject, not);
        return left ? left : literal_of(c, KID(n, AND, right), subject, not);
    }
    const struct node *value = n->kind == NODE_COMPARE ? KID(n, COMPARE, left)
                                                       : NULL;
    if (!value || (n->lit.op != OP_IS && n->lit.op != OP_IS_NOT &&
                   n->lit.op != OP_IS_ONE_OF))
        return NULL;
    if (!text_equal(span_text(&c->p->sources, value->span), *subject))
        return NULL;
    *not = n->lit.op == OP_IS_NOT;
    return KID(n, COMPARE, right);
}

static bool holds_word(const struct node *n, struct text word)
{
    if (n->kind == NODE_TEXT_LIT || n->kind == NODE_NUMBER_LIT)
        return text_equal(n->text, word);
    for (const struct node *k = n->kind == NODE_LIST ? KID(n, LIST, items) : NULL;
         k; k = k->next)
        if (holds_word(k, word))
            return true;
    return false;
}

static bool words_overlap(const struct node *a, bool not_a,
                          const struct node *b, bool not_b)
{
    if (not_a && not_b)
        return true;
    const struct node *words = not_a ? b : a, *other = not_a ? a : b;
    bool not_other = not_a || not_b;
    const struct node *k = words->kind == NODE_LIST ? KID(words, LIST, items)
                                                    : words;
    for (; k; k = words->kind == NODE_LIST ? k->next : NULL) {
        if (k->kind != NODE_TEXT_LIT && k->kind != NODE_NUMBER_LIT)
            return true;
        if (holds_word(other, k->text) != not_other)
            return true;
    }
    return false;
}

/* `where` conditions that can never hold for one record: the same field of
 * the same source asked for different words. */
/* Does `n` ask for exactly what `where` denies, or deny what it asks? */
static bool contradicts(struct checker *c, const struct node *where,
                        const struct node *n)
{
    if (!n)
        return false;
    if (n->kind == NODE_AND)
        return contradicts(c, where, KID(n, AND, left)) ||
               contradicts(c, where, KID(n, AND, right));
    bool not_where = where->kind == NODE_NOT, not_n = n->kind == NODE_NOT;
    const struct node *x = not_where ? KID(where, NOT, value) : where;
    const struct node *y = not_n ? KID(n, NOT, value) : n;
    return not_where != not_n &&
           text_equal(span_text(&c->p->sources, x->span),
                      span_text(&c->p->sources, y->span));
}

static bool disjoint(struct checker *c, const struct flow *a,
                     const struct flow *b, const struct node *where)
{
    bool not_a = false, not_b = false;
    if (a->source != b->source || !where)
        return false;
    if (where->kind != NODE_AND && contradicts(c, where, b->where))
        return true;
    if (where->kind == NODE_AND)
        return disjoint(c, a, b, KID(where, AND, left)) ||
               disjoint(c, a, b, KID(where, AND, right));
    if (where->kind != NODE_COMPARE)
        return false;
    struct text subject = span_text(&c->p->sources,
                                    KID(where, COMPARE, left)->span);
    const struct node *x = literal_of(c, where, &subject, &not_a);
    const struct node *y = literal_of(c, b->where, &subject, &not_b);
    return x && y && !words_overlap(x, not_a, y, not_b);
}

static const struct set_field *sets_field(const struct flow *f,
                                          const struct field *field)
{
    for (const struct set_field *s = f->sets; s; s = s->next)
        if (s->field == field && !s->in_gone && !s->node->lit.flag &&
            s->node->kind == NODE_ASSIGN)
            return s;
    return NULL;
}

static bool is_matched(const struct flow *f, const struct field *field)
{
    for (size_t i = 0; i < f->match_count; i++)
        if (f->match[i] == field)
            return true;
    return false;
}

static bool check_owner(struct checker *c, const struct flow *a,
                        const struct flow *b)
{
    if (!a->target || a->target != b->target || a->broken || b->broken ||
        a->target_connection != b->target_connection || !same_match(a, b) ||
        !a->writes_updates || !b->writes_updates || disjoint(c, a, b, a->where))
        return false;
    for (const struct set_field *s = b->sets; s; s = s->next) {
        if (s->in_gone || s->node->lit.flag || s->node->kind != NODE_ASSIGN ||
            is_matched(b, s->field))
            continue;
        const struct set_field *other = sets_field(a, s->field);
        if (!other)
            continue;
        struct diag *m = say(c, "E0322", s->node->span,
                             "two flows set %.*s.%.*s for the same record",
                             TEXT_ARG(b->target->label), TEXT_ARG(s->path));
        diag_label(c->d, m, other->node->span, "`%.*s` sets it here",
                   TEXT_ARG(a->name));
        diag_note(c->d, m, "one of them must own the field, or they must differ "
                  "in `match on` or in `where`");
        return true;
    }
    return false;
}

/* ------------------------------------------------------ opposite directions */
/* Does `n` read `field` of the flow's source, through its lets too? */
static bool reads_field(const struct flow *f, const struct node *n,
                        const struct field *field, int depth)
{
    if (!n || depth > 50)
        return false;
    if (n->kind == NODE_MEMBER && n->field == field)
        return true;
    if (n->kind == NODE_NAME && n->symbol && n->symbol->kind == SYMBOL_LET)
        return reads_field(f, n->symbol->decl, field, depth + 1);
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            if (reads_field(f, k, field, depth + 1))
                return true;
    return false;
}

static void check_opposite(struct checker *c, const struct flow *a,
                           const struct flow *b)
{
    if (!a->target || !b->target || a->broken || b->broken ||
        a->source != b->target || b->source != a->target)
        return;
    for (const struct set_field *x = a->sets; x; x = x->next)
        for (const struct set_field *y = b->sets; y; y = y->next) {
            if (x->node->kind != NODE_ASSIGN || y->node->kind != NODE_ASSIGN ||
                x->node->lit.flag || y->node->lit.flag || x->in_gone ||
                y->in_gone || !a->writes_updates || !b->writes_updates)
                continue;
            if (!reads_field(a, KID(x->node, ASSIGN, value), y->field, 0) ||
                !reads_field(b, KID(y->node, ASSIGN, value), x->field, 0))
                continue;
            struct diag *m =
                say(c, "E0327", y->node->span,
                    "`%.*s` and `%.*s` copy this field to and fro",
                    TEXT_ARG(a->name), TEXT_ARG(b->name));
            diag_label(c->d, m, x->node->span, "and here the other way");
            diag_note(c->d, m, "one system must own it: remove one of the two "
                      "lines, or set it `once`");
            return;
        }
}

/* ---------------------------------------------------------------- balance */
static bool is_sum_of_lines(const struct node *n, const struct object *o)
{
    const struct node *arg = n->kind == NODE_CALL && text_is(n->text, "sum")
                                 ? KID(n, CALL, args) : NULL;
    if (!arg || arg->kind != NODE_COMPREHENSION)
        return false;
    const struct node *value = KID(arg, COMPREHENSION, value);
    const struct node *each = KID(arg, COMPREHENSION, each);
    const struct node *list = KID(each, EACH, list);
    return value->kind == NODE_MEMBER && list->kind == NODE_MEMBER &&
           value->field && list->field && !KID(each, EACH, where) &&
           list->field == object_field(o, o->balance_list) &&
           KID(list, MEMBER, record)->symbol &&
           KID(list, MEMBER, record)->symbol->kind == SYMBOL_TARGET &&
           text_equal(value->field->name, o->balance_field);
}

static bool is_zero(const struct node *n)
{
    return (n->kind == NODE_NUMBER_LIT || n->kind == NODE_MONEY_LIT) &&
           decimal_is_zero(n->lit.number);
}

static bool requires_balance(const struct node *n, const struct object *o)
{
    if (n->kind == NODE_AND)
        return requires_balance(KID(n, AND, left), o) ||
               requires_balance(KID(n, AND, right), o);
    if (n->kind != NODE_COMPARE || n->lit.op != OP_IS)
        return false;
    const struct node *left = KID(n, COMPARE, left);
    const struct node *right = KID(n, COMPARE, right);
    return (is_sum_of_lines(left, o) && is_zero(right)) ||
           (is_sum_of_lines(right, o) && is_zero(left));
}

static const struct node *amount_of(const struct node *add,
                                    const struct object *o)
{
    for (const struct node *n = KID(add, ADD, body); n; n = n->next)
        if (n->kind == NODE_ASSIGN && n->field &&
            text_equal(n->field->name, o->balance_field))
            return KID(n, ASSIGN, value);
    return NULL;
}

static bool same_text(struct checker *c, const struct node *a,
                      const struct node *b)
{
    if (!a || !b)
        return a == b;
    return text_equal(span_text(&c->p->sources, a->span),
                      span_text(&c->p->sources, b->span));
}

/* -total, where total is the sum of the other block's amounts. */
static bool is_minus_sum(struct checker *c, const struct node *minus,
                         const struct node *each, const struct node *amount)
{
    const struct node *n = minus->kind == NODE_NEGATE ? KID(minus, NEGATE, value)
                                                      : NULL;
    if (n && n->kind == NODE_NAME && n->symbol && n->symbol->kind == SYMBOL_LET)
        n = KID(n->symbol->decl, LET, value);
    const struct node *arg = n && n->kind == NODE_CALL && text_is(n->text, "sum")
                                 ? KID(n, CALL, args) : NULL;
    if (!arg || arg->kind != NODE_COMPREHENSION)
        return false;
    const struct node *other = KID(arg, COMPREHENSION, each);
    return text_equal(other->text, each->text) &&
           same_text(c, KID(other, EACH, list), KID(each, EACH, list)) &&
           same_text(c, KID(other, EACH, where), KID(each, EACH, where)) &&
           same_text(c, KID(arg, COMPREHENSION, value), amount);
}

static bool balances_by_construction(struct checker *c, const struct flow *f)
{
    const struct node *many = NULL, *one = NULL;
    const struct object *o = f->target;
    for (const struct node *n = f->body; n; n = n->next) {
        if (n->kind != NODE_ADD || n->field != object_field(o, o->balance_list))
            continue;
        if (KID(n, ADD, each) && !many)
            many = n;
        else if (!KID(n, ADD, each) && !one)
            one = n;
        else
            return false;
    }
    if (!many || !one)
        return false;
    const struct node *x = amount_of(many, o), *y = amount_of(one, o);
    return x && y && is_minus_sum(c, y, KID(many, ADD, each), x);
}

void check_balance(struct checker *c, struct flow *f)
{
    const struct object *o = f->target;
    const struct node *last = NULL;
    bool adds = false;
    if (!o || !o->balanced || !o->balance_list.len || f->broken ||
        c->flow_errors)
        return;
    for (const struct node *n = f->body; n; n = n->next) {
        adds |= n->kind == NODE_ADD;
        last = n->kind == NODE_ADD ? n : last;
        if (n->kind == NODE_REQUIRE &&
            requires_balance(KID(n, REQUIRE, condition), o))
            return;
    }
    if (!adds || balances_by_construction(c, f))
        return;
    struct diag *m = say(c, "W0411", last->name_span,
                         "%.*s must balance, and nothing here shows that its "
                         "%.*s add up to zero",
                         TEXT_ARG(o->label), TEXT_ARG(o->balance_list));
    struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE,
                                    "hold what does not balance");
    struct span at = { last->span.source, last->span.end, last->span.end };
    diag_edit(c->d, fix, at,
              "\n\n  require sum(line.%.*s for each line in target.%.*s) is 0\n"
              "    else hold \"the lines do not add up to zero\"",
              TEXT_ARG(o->balance_field), TEXT_ARG(o->balance_list));
}

void check_program_rules(struct checker *c)
{
    for (struct flow *f = c->p->flows; f; f = f->next)
        check_order(c, f);
    for (struct flow *b = c->p->flows; b; b = b->next) {
        bool told = false; /* one other owner is enough to act on */
        for (struct flow *a = c->p->flows; a != b; a = a->next) {
            told = told || check_owner(c, a, b);
            check_opposite(c, a, b);
        }
    }
}
