/* Expressions, outcomes and the records of tests, as mlc fmt writes them. A
 * line ends where the author ended it, at places where that reads well, or
 * where it would get too long. */
#include "config.h"

#include "lang/format.h"
#include <string.h>

/* Between `a` and `b` the author has a line end. */
static bool author_broke(const struct format *f, const struct node *a,
                         const struct node *b)
{
    return !f->flat &&
           format_newline_between(f, a->span.end, b->span.start);
}

static void print_bare(struct format *f, const struct node *n);

static bool too_long(struct format *f, const struct node *n)
{
    return !f->flat && !format_fits(f, print_bare, n, 0);
}

/* A line end and two more columns, or a blank. */
static void gap(struct format *f, bool broken, uint32_t next)
{
    if (broken)
        format_break(f, next);
    else
        format_raw(f, " ");
}

static const char *operator_word(const struct node *n)
{
    return n->kind == NODE_COMPARE ? compare_word(n->lit.op)
                                   : node_word(n->kind);
}

static void binary(struct format *f, const struct node *n)
{
    const struct node *left = n->kid[0], *right = n->kid[1];
    bool broken;

    format_expr(f, left);
    broken = right && author_broke(f, left, right) &&
             (n->kind == NODE_AND || n->kind == NODE_OR);
    if (right && !broken && !f->flat && n->kind != NODE_COMPARE) {
        size_t word = strlen(operator_word(n)) + 2;

        broken = !format_fits(f, format_expr, right, word);
    }
    if (right)
        gap(f, broken, right->span.start);
    else
        format_raw(f, " ");
    format_raw(f, operator_word(n));
    if (!right)
        return;
    format_raw(f, " ");
    format_expr(f, right);
    if (n->kind == NODE_COMPARE && n->lit.op == OP_BETWEEN) {
        format_raw(f, " and ");
        format_expr(f, KID(n, COMPARE, high));
    }
}

static bool is_outcome_text(const struct node *n)
{
    return n->kind == NODE_OUTCOME && n->kid[0];
}

static void print_else(struct format *f, const struct node *n)
{
    const struct node *value = KID(n, ELSE, value);
    const struct node *fallback = KID(n, ELSE, fallback);
    bool broken = author_broke(f, value, fallback) ||
                  (!f->flat && is_outcome_text(fallback)) || too_long(f, n);

    format_expr(f, value);
    gap(f, broken, fallback->span.start);
    format_raw(f, "else ");
    format_expr(f, fallback);
}

static void print_if(struct format *f, const struct node *n)
{
    const struct node *c = KID(n, IF, condition), *yes = KID(n, IF, yes);
    const struct node *no = KID(n, IF, no);
    bool broken = author_broke(f, c, yes) || author_broke(f, yes, no) ||
                  too_long(f, n);

    format_raw(f, "if ");
    format_expr(f, c);
    gap(f, broken, yes->span.start);
    format_raw(f, "then ");
    format_expr(f, yes);
    gap(f, broken, no->span.start);
    format_raw(f, "else ");
    format_expr(f, no);
}

static void print_arm(struct format *f, const struct node *arm)
{
    const struct node *c = KID(arm, ARM, condition);

    if (c) {
        format_raw(f, "when ");
        format_expr(f, c);
    } else {
        format_raw(f, "otherwise");
    }
    if (!f->flat)
        buf_byte(f->out, MARK_CELL);
    else
        format_raw(f, " ");
    format_raw(f, "=> ");
    format_expr(f, KID(arm, ARM, value));
}

static void print_choose(struct format *f, const struct node *n)
{
    const struct node *arm = KID(n, CHOOSE, arms);
    int indent = f->indent;
    bool one_line =
        arm && !format_newline_between(f, n->span.start, arm->span.start);

    if (f->flat ||
        (one_line && !arm->next && !format_has_comment(f, n->span.end) &&
         !too_long(f, n))) {
        format_raw(f, "choose {");
        for (; arm; arm = arm->next) {
            format_raw(f, " ");
            print_arm(f, arm);
        }
        format_raw(f, " }");
        return;
    }
    format_raw(f, "choose {");
    f->indent = (int)format_line_indent(f) + INDENT;
    for (bool first = true; arm; arm = arm->next, first = false) {
        if (first && f->comment && !f->comment->own_line &&
            f->comment->span.start < arm->span.start)
            format_trailing(f, f->comment->span.start);
        format_comments(f, arm->span.start, first);
        format_newline(f);
        print_arm(f, arm);
        format_trailing(f, arm->span.end);
    }
    format_comments(f, n->span.end, false);
    f->indent -= INDENT;
    format_newline(f);
    format_raw(f, "}");
    f->indent = indent;
}

void format_each(struct format *f, const struct node *each)
{
    const struct node *where = KID(each, EACH, where);
    const struct node *list = KID(each, EACH, list);

    format_raw(f, "for each ");
    format_slice(f, each->name_span);
    format_raw(f, " in ");
    format_expr(f, list);
    if (where) {
        gap(f, author_broke(f, list, where), where->span.start);
        format_raw(f, "where ");
        format_expr(f, where);
    }
}

static void print_comprehension(struct format *f, const struct node *n)
{
    const struct node *value = KID(n, COMPREHENSION, value);
    const struct node *each = KID(n, COMPREHENSION, each);

    format_expr(f, value);
    gap(f, author_broke(f, value, each) || too_long(f, n), each->span.start);
    format_each(f, each);
}

/* Items with commas, between brackets that end at `end`. */
void format_list(struct format *f, const struct node *list, uint32_t open,
                 uint32_t end)
{
    const struct node *last = list;
    int indent = f->indent;
    bool block = !f->flat && list &&
                 format_newline_between(f, open, list->span.start);

    if (block)
        f->indent = (int)format_line_indent(f) + INDENT;
    for (const struct node *n = list; n; last = n, n = n->next) {
        bool broken = block && n == list;

        if (n != list) {
            format_raw(f, ",");
            broken = author_broke(f, last, n) ||
                     (!f->flat && !format_fits(f, format_expr, n, 3));
        }
        if (broken && block)
            format_line(f, n->span.start);
        else if (n != list)
            gap(f, broken, n->span.start);
        format_expr(f, n);
    }
    if (block) {
        f->indent -= INDENT;
        format_line(f, end);
    }
    f->indent = indent;
}

static void print_call(struct format *f, const struct node *n)
{
    format_slice(f, n->name_span);
    format_raw(f, "(");
    format_list(f, KID(n, CALL, args), n->name_span.end, n->span.end);
    format_raw(f, ")");
}

/* The word behind a number, as the author has it: minute or minutes. */
static struct text unit(const struct format *f, const struct node *n)
{
    struct text t = span_text(f->sources, n->span);
    size_t start = t.len;

    while (start && t.ptr[start - 1] >= 'A')
        start--;
    return text_slice(t, start, t.len - start);
}

static void print_amount(struct format *f, const struct node *n)
{
    if (span_text(f->sources, n->span).ptr[0] == '-')
        format_raw(f, "-");
    buf_text(f->out, n->text);
    if (n->kind == NODE_PERCENT_LIT)
        format_raw(f, "%");
    if (n->kind == NODE_MONEY_LIT || n->kind == NODE_DURATION_LIT) {
        format_raw(f, " ");
        buf_text(f->out, unit(f, n));
    }
}

static void print_outcome(struct format *f, const struct node *n)
{
    format_raw(f, verb_word(n->lit.verb));
    if (n->kid[0]) {
        format_raw(f, " ");
        format_expr(f, n->kid[0]);
    }
}

static void print_prefix(struct format *f, const struct node *n,
                         const char *sign)
{
    format_raw(f, sign);
    format_expr(f, n->kid[0]);
}

static void print_bare(struct format *f, const struct node *n)
{
    switch ((int)n->kind) {
    case NODE_ELSE: print_else(f, n); break;
    case NODE_IF: print_if(f, n); break;
    case NODE_CHOOSE: print_choose(f, n); break;
    case NODE_OR: case NODE_AND: case NODE_COMPARE: case NODE_ADD_OP:
    case NODE_SUB_OP: case NODE_MUL_OP: case NODE_DIV_OP:
        binary(f, n);
        break;
    case NODE_NOT: print_prefix(f, n, "not "); break;
    case NODE_NEGATE:
        print_prefix(f, n, n->kid[0]->kind == NODE_NEGATE &&
                                   !n->kid[0]->in_parens
                               ? "- "
                               : "-");
        break;
    case NODE_TRY: print_prefix(f, n, "try "); break;
    case NODE_MEMBER:
        format_expr(f, KID(n, MEMBER, record));
        format_raw(f, ".");
        format_slice(f, n->name_span);
        break;
    case NODE_INDEX:
        format_expr(f, KID(n, INDEX, table));
        format_raw(f, "[");
        format_list(f, KID(n, INDEX, keys),
                    KID(n, INDEX, table)->span.end, n->span.end);
        format_raw(f, "]");
        break;
    case NODE_CALL: print_call(f, n); break;
    case NODE_COMPREHENSION: print_comprehension(f, n); break;
    case NODE_LIST:
        format_raw(f, "[");
        format_list(f, KID(n, LIST, items), n->span.start, n->span.end);
        format_raw(f, "]");
        break;
    case NODE_NUMBER_LIT: case NODE_MONEY_LIT: case NODE_PERCENT_LIT:
    case NODE_DURATION_LIT:
        print_amount(f, n);
        break;
    case NODE_YESNO_LIT: format_raw(f, n->lit.flag ? "yes" : "no"); break;
    case NODE_MISSING_LIT: format_raw(f, "missing"); break;
    case NODE_TEXT_LIT: buf_text(f->out, span_text(f->sources, n->span)); break;
    case NODE_OUTCOME: print_outcome(f, n); break;
    case NODE_TEST_RECORD: format_record(f, n); break;
    case NODE_TEST_FIELD:
        format_slice(f, n->name_span);
        format_raw(f, ": ");
        format_expr(f, KID(n, TEST_FIELD, value));
        break;
    default: format_slice(f, n->span); break;
    }
}

void format_expr(struct format *f, const struct node *n)
{
    if (f->flat && f->out->full)
        return;
    if (n->in_parens)
        format_raw(f, "(");
    print_bare(f, n);
    if (n->in_parens)
        format_raw(f, ")");
}

void format_record(struct format *f, const struct node *n)
{
    const struct node *fields = KID(n, TEST_RECORD, fields);
    bool block = !f->flat && fields &&
                 format_newline_between(f, n->span.start, fields->span.start);

    if (!fields) {
        format_raw(f, "{}");
        return;
    }
    format_raw(f, block ? "{" : "{ ");
    format_list(f, fields, n->span.start, n->span.end);
    format_raw(f, block ? "}" : " }");
}

void format_cells(struct format *f, const struct node *list)
{
    for (const struct node *n = list; n; n = n->next) {
        format_expr(f, n);
        if (n->next)
            format_raw(f, ", ");
    }
}
