/* The `object` form, as mlc fmt writes it: facts, then fields in columns. */
#include "config.h"

#include "lang/format.h"

static void values(struct format *f, const struct node *list)
{
    for (const struct node *n = list; n; n = n->next) {
        buf_text(f->out, span_text(f->sources, n->name_span));
        if (KID(n, ENUM_VALUE, wire)) {
            format_raw(f, " as ");
            format_expr(f, KID(n, ENUM_VALUE, wire));
        }
        if (n->lit.flag)
            format_raw(f, " ends");
        if (!n->next)
            return;
        format_raw(f, ",");
        if (format_newline_between(f, n->span.end, n->next->span.start) ||
            format_column(f) > LINE_WIDTH - 20)
            format_break(f, n->next->span.start);
        else
            format_raw(f, " ");
    }
}

static void fields(struct format *f, const struct node *list, uint32_t end);

static void print_type(struct format *f, const struct node *n)
{
    const struct node *args = KID(n, FIELD_TYPE, args);

    if (text_is(n->text, "object")) {
        format_slice(f, args->span);
        return;
    }
    buf_text(f->out, n->text);
    if (text_is(n->text, "one of")) {
        format_raw(f, " ");
        values(f, args);
    } else if (text_is(n->text, "id of")) {
        format_raw(f, " ");
        format_slice(f, args->span);
    } else if (text_is(n->text, "list of")) {
        format_raw(f, " ");
        print_type(f, KID(n, FIELD_TYPE, item));
    } else if (text_is(n->text, "record")) {
        format_raw(f, " {");
        fields(f, KID(n, FIELD_TYPE, fields), n->span.end);
        format_newline(f);
        format_raw(f, "}");
    } else if (args) {
        format_raw(f, "(");
        format_expr(f, args);
        format_raw(f, ")");
    }
}

static void print_args(struct format *f, const struct node *list)
{
    for (const struct node *n = list; n; n = n->next) {
        if (n->kind == NODE_PATH)
            format_slice(f, n->span);
        else
            format_expr(f, n);
        if (n->next)
            format_raw(f, n->next->kind == n->kind ? ", " : " ");
    }
}

static void print_flags(struct format *f, const struct node *n)
{
    for (; n; n = n->next) {
        format_slice(f, n->name_span);
        if (KID(n, FLAG, args)) {
            format_raw(f, "(");
            print_args(f, KID(n, FLAG, args));
            format_raw(f, ")");
        }
        if (n->next)
            format_raw(f, " ");
    }
}

/* What stands behind a record's closing brace is in no column. */
static void between(struct format *f, const struct node *type)
{
    while (type && text_is(type->text, "list of"))
        type = KID(type, FIELD_TYPE, item);
    buf_byte(f->out, type && text_is(type->text, "record") ? ' ' : MARK_CELL);
}

static void print_field(struct format *f, const struct node *n)
{
    const struct node *flags = KID(n, FIELD_DECL, flags);
    const struct node *from = KID(n, FIELD_DECL, from);

    format_slice(f, n->name_span);
    buf_byte(f->out, MARK_CELL);
    print_type(f, KID(n, FIELD_DECL, type));
    if (flags || from)
        between(f, KID(n, FIELD_DECL, type));
    print_flags(f, flags);
    if (from) {
        between(f, KID(n, FIELD_DECL, type));
        format_raw(f, "from ");
        format_expr(f, from);
    }
}

static void print_fact(struct format *f, const struct node *n)
{
    format_slice(f, n->name_span);
    if (KID(n, FACT, args))
        format_raw(f, " ");
    print_args(f, KID(n, FACT, args));
    if (KID(n, FACT, by)) {
        format_raw(f, " by ");
        format_slice(f, KID(n, FACT, by)->span);
    }
}

static void lines(struct format *f, const struct node *list, bool first,
                  format_fn *print)
{
    for (const struct node *n = list; n; n = n->next, first = false) {
        bool head = first && !format_has_comment(f, n->span.start);

        format_comments(f, n->span.start, first);
        if (!head && format_blank_before(f, n->span.start))
            buf_byte(f->out, '\n');
        format_newline(f);
        print(f, n);
        format_trailing(f, n->span.end);
    }
}

static void after_brace(struct format *f, const struct node *first,
                        uint32_t end)
{
    if (format_has_comment(f, first ? first->span.start : end) &&
        !f->comment->own_line) {
        buf_byte(f->out, MARK_COMMENT);
        buf_text(f->out, span_text(f->sources, f->comment->span));
        f->comment = f->comment->next;
    }
}

static void fields(struct format *f, const struct node *list, uint32_t end)
{
    after_brace(f, list, end);
    f->indent += INDENT;
    lines(f, list, true, print_field);
    format_comments(f, end, !list);
    f->indent -= INDENT;
}

void format_object_decl(struct format *f, const struct node *n)
{
    const struct node *title = KID(n, OBJECT_DECL, title);
    const struct node *facts = KID(n, OBJECT_DECL, facts);
    const struct node *list = KID(n, OBJECT_DECL, fields);

    format_raw(f, "object ");
    format_slice(f, KID(n, OBJECT_DECL, object)->span);
    if (title) {
        format_raw(f, " ");
        format_expr(f, title);
    }
    format_raw(f, " {");
    after_brace(f, facts ? facts : list, n->span.end);
    f->indent += INDENT;
    lines(f, facts, true, print_fact);
    lines(f, list, !facts, print_field);
    format_comments(f, n->span.end, !facts && !list);
    f->indent -= INDENT;
    format_newline(f);
    format_raw(f, "}");
}
