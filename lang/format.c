/* `mlc fmt`: the tree as text again. Words, numbers and texts are taken from
 * the source as they stand; blanks, line ends and columns are the
 * formatter's. Every comment stays where it was: on its own line before what
 * follows it, or behind what it stands behind. Formatting twice changes
 * nothing more. */
#include "config.h"

#include "lang/format.h"
#include <string.h>

/* ------------------------------------------------------------ the lines */

void format_raw(struct format *f, const char *string)
{
    buf_str(f->out, string);
}

/* A slice of the source without blanks and comments outside backticks. */
void format_slice(struct format *f, struct span span)
{
    struct text t = span_text(f->sources, span);
    bool ticked = false;

    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];

        if (c == '`')
            ticked = !ticked;
        if (!ticked && c == '/' && i + 1 < t.len && t.ptr[i + 1] == '/') {
            while (i < t.len && t.ptr[i] != '\n')
                i++;
            continue;
        }
        if (!ticked && (c == ' ' || c == '\t' || c == '\r' || c == '\n'))
            continue;
        buf_byte(f->out, c);
    }
}

static size_t line_start(const struct format *f)
{
    size_t i = f->out->len;

    while (i > 0 && f->out->ptr[i - 1] != '\n')
        i--;
    return i;
}

size_t format_column(const struct format *f)
{
    size_t from = line_start(f), columns = 0;

    for (size_t i = from; i <= f->out->len; i++) {
        if (i < f->out->len && f->out->ptr[i] != MARK_CELL)
            continue;
        columns += utf8_columns((struct text){ f->out->ptr + from, i - from });
        columns += i < f->out->len;
        from = i + 1;
    }
    return columns;
}

size_t format_line_indent(const struct format *f)
{
    size_t from = line_start(f), i = from;

    while (i < f->out->len && f->out->ptr[i] == ' ')
        i++;
    return i - from;
}

static void line(struct format *f, int indent)
{
    buf_byte(f->out, '\n');
    for (int i = 0; i < indent; i++)
        buf_byte(f->out, ' ');
}

void format_newline(struct format *f)
{
    line(f, f->indent);
}

static void comment_text(struct format *f)
{
    buf_text(f->out, span_text(f->sources, f->comment->span));
    f->comment = f->comment->next;
}

static void break_at(struct format *f, uint32_t next, int indent)
{
    for (bool first = true; format_has_comment(f, next); first = false) {
        if (first && !f->comment->own_line)
            buf_byte(f->out, MARK_COMMENT);
        else
            line(f, indent);
        comment_text(f);
    }
    line(f, indent);
}

void format_break(struct format *f, uint32_t next)
{
    break_at(f, next, f->indent + INDENT);
}

void format_line(struct format *f, uint32_t next)
{
    break_at(f, next, f->indent);
}

bool format_newline_between(const struct format *f, uint32_t from, uint32_t to)
{
    struct text t;

    if (to <= from)
        return false;
    t = span_text(f->sources, (struct span){ f->source, from, to });
    return t.len && memchr(t.ptr, '\n', t.len) != NULL;
}

/* Offset of the first byte that is neither blank nor comment. */
static uint32_t skip_blanks(const struct format *f, uint32_t at, uint32_t end)
{
    struct text t = span_text(f->sources, (struct span){ f->source, 0, end });

    while (at < t.len) {
        char c = t.ptr[at];

        if (c == '#' || (c == '/' && at + 1 < t.len && t.ptr[at + 1] == '/'))
            while (at < t.len && t.ptr[at] != '\n')
                at++;
        else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            at++;
        else
            break;
    }
    return at;
}

bool format_fits(struct format *f, format_fn *print, const struct node *n,
                 size_t extra)
{
    struct buf scratch;
    struct format flat = *f;
    size_t column = format_column(f) + extra;
    bool fits;

    if (column > LINE_WIDTH)
        return false;
    buf_init(&scratch, 4 * LINE_WIDTH);
    flat.out = &scratch;
    flat.flat = true;
    print(&flat, n);
    fits = !scratch.full &&
           column + utf8_columns(buf_view(&scratch)) <= LINE_WIDTH;
    buf_fini(&scratch);
    return fits;
}

/* -------------------------------------------------------------- comments */

bool format_has_comment(const struct format *f, uint32_t before)
{
    return !f->flat && f->comment && f->comment->span.start < before;
}

bool format_blank_before(const struct format *f, uint32_t at)
{
    struct text t =
        span_text(f->sources, (struct span){ f->source, 0, at });
    int newlines = 0;

    while (t.len && strchr(" \t\r\n", t.ptr[t.len - 1])) {
        newlines += t.ptr[t.len - 1] == '\n';
        t.len--;
    }
    return newlines > 1;
}

/* An empty line, except as the first of a body. */
static void empty_line(struct format *f)
{
    if (f->out->len)
        buf_byte(f->out, '\n');
}

void format_comments(struct format *f, uint32_t at, bool first)
{
    for (; format_has_comment(f, at); first = false) {
        if (!first && f->comment->blank_before)
            empty_line(f);
        if (f->out->len || f->indent)
            format_newline(f);
        comment_text(f);
    }
}

static bool only_blanks(const struct format *f, uint32_t from, uint32_t to)
{
    struct text t =
        span_text(f->sources, (struct span){ f->source, from, to });

    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] != ' ' && t.ptr[i] != '\t')
            return false;
    return true;
}

void format_trailing(struct format *f, uint32_t end)
{
    const struct comment *c = f->comment;

    if (!c || f->flat || c->own_line || c->span.start < end ||
        !only_blanks(f, end, c->span.start))
        return;
    buf_byte(f->out, MARK_COMMENT);
    comment_text(f);
}

/* The comment behind an opening brace. */
static void after_brace(struct format *f, uint32_t next)
{
    if (format_has_comment(f, next) && !f->comment->own_line) {
        buf_byte(f->out, MARK_COMMENT);
        comment_text(f);
    }
}

/* Puts the comments from `c` up to `end`, which stood inside a statement
 * where no line may end, on lines of their own before it. */
static void move_up(struct format *f, size_t start, uint32_t end)
{
    struct buf moved;
    size_t len = f->out->len - start;
    char *room;

    if (!format_has_comment(f, end))
        return;
    buf_init(&moved, 0);
    while (format_has_comment(f, end)) {
        buf_text(&moved, span_text(f->sources, f->comment->span));
        buf_byte(&moved, '\n');
        for (int i = 0; i < f->indent; i++)
            buf_byte(&moved, ' ');
        f->comment = f->comment->next;
    }
    room = buf_room(f->out, moved.len);
    if (room) {
        memmove(f->out->ptr + start + moved.len, f->out->ptr + start, len);
        memcpy(f->out->ptr + start, moved.ptr, moved.len);
        buf_grown(f->out, moved.len);
    }
    buf_fini(&moved);
}

/* ------------------------------------------------------------ statements */

static void name(struct format *f, const char *word, const struct node *n)
{
    format_raw(f, word);
    format_slice(f, n->name_span);
}

static void print_object(struct format *f, const struct node *n)
{
    struct span span = { n->span.source, n->span.start, n->name_span.end };

    format_slice(f, span);
    if (n->kind == NODE_OBJECT_REF && KID(n, OBJECT_REF, alias)) {
        format_raw(f, " as ");
        format_slice(f, KID(n, OBJECT_REF, alias)->span);
    }
}

static void comma_list(struct format *f, const struct node *list,
                       const char *between)
{
    for (const struct node *n = list; n; n = n->next) {
        format_slice(f, n->span);
        if (n->next)
            format_raw(f, between);
    }
}

static void print_every(struct format *f, const struct node *n)
{
    const struct node *day = KID(n, EVERY, day);

    format_raw(f, "every ");
    if (KID(n, EVERY, duration)) {
        format_expr(f, KID(n, EVERY, duration));
        return;
    }
    format_slice(f, n->name_span);
    if (day) {
        format_raw(f, " on ");
        format_expr(f, day);
    }
    format_raw(f, " at ");
    format_expr(f, KID(n, EVERY, time));
}

/* An outcome with a message stands on its own line, others need not. */
static void else_outcome(struct format *f, const struct node *before,
                         const struct node *outcome)
{
    bool broken = KID(outcome, OUTCOME, message) ||
                  format_newline_between(f, before->span.end,
                                         outcome->span.start);

    if (broken)
        format_break(f, outcome->span.start);
    else
        format_raw(f, " ");
    format_raw(f, "else ");
    format_expr(f, outcome);
}

static void print_where(struct format *f, const char *word, uint32_t from,
                        const struct node *n)
{
    size_t extra = strlen(word) + 2;

    if (format_newline_between(f, from, n->span.start) ||
        !format_fits(f, format_expr, n, extra))
        format_break(f, n->span.start);
    else
        format_raw(f, " ");
    format_raw(f, word);
    format_raw(f, " ");
    format_expr(f, n);
}

static void print_find(struct format *f, const struct node *n)
{
    const struct node *object = KID(n, FIND, object);
    const struct node *where = KID(n, FIND, where);

    name(f, "find ", n);
    format_raw(f, " in ");
    print_object(f, object);
    print_where(f, "where", object->span.end, where);
    if (KID(n, FIND, outcome))
        else_outcome(f, where, KID(n, FIND, outcome));
}

static void print_verb_when(struct format *f, const struct node *n)
{
    const struct node *c = KID(n, VERB_WHEN, condition);
    const struct node *message = KID(n, VERB_WHEN, message);

    format_raw(f, verb_word(n->lit.verb));
    format_raw(f, " when ");
    format_expr(f, c);
    if (format_newline_between(f, c->span.end, message->span.start) ||
        !format_fits(f, format_expr, message, 1))
        format_break(f, message->span.start);
    else
        format_raw(f, " ");
    format_expr(f, message);
}

static void set_value(struct format *f, const struct node *n,
                      const struct node *value)
{
    buf_byte(f->out, MARK_CELL);
    format_raw(f, "= ");
    format_expr(f, value);
    if (n->kind == NODE_ASSIGN && n->lit.flag)
        format_raw(f, " once");
}

static void print_body(struct format *f, const struct node *list,
                       uint32_t end);

static void print_loop(struct format *f, const struct node *n)
{
    const struct node *each = KID(n, ADD, each);

    name(f, "add ", n);
    if (each) {
        if (format_newline_between(f, n->name_span.end, each->span.start))
            format_break(f, each->span.start);
        else
            format_raw(f, " ");
        format_each(f, each);
    }
    format_raw(f, " ");
    print_body(f, KID(n, ADD, body), n->span.end);
}

static void print_read(struct format *f, const struct node *n)
{
    name(f, "read ", n);
    if (KID(n, READ, from)) {
        format_raw(f, " from ");
        format_expr(f, KID(n, READ, from));
    }
}

static void print_limit(struct format *f, const struct node *n)
{
    name(f, "limit ", n);
    format_raw(f, " to ");
    format_expr(f, KID(n, LIMIT, amount));
}

static void print_given(struct format *f, const struct node *n)
{
    format_raw(f, "given");
    if (n->text.len)
        name(f, " ", n);
    if (KID(n, GIVEN, object)) {
        format_raw(f, " ");
        print_object(f, KID(n, GIVEN, object));
    }
    if (KID(n, GIVEN, value)) {
        format_raw(f, " = ");
        format_expr(f, KID(n, GIVEN, value));
        return;
    }
    format_raw(f, " ");
    format_record(f, KID(n, GIVEN, record));
}

static void print_expect(struct format *f, const struct node *n)
{
    format_raw(f, "expect");
    if (n->text.len)
        name(f, " ", n);
    if (KID(n, EXPECT, object)) {
        format_raw(f, " ");
        print_object(f, KID(n, EXPECT, object));
    }
    if (KID(n, EXPECT, record)) {
        format_raw(f, " ");
        format_record(f, KID(n, EXPECT, record));
    }
    if (KID(n, EXPECT, message)) {
        format_raw(f, " ");
        format_expr(f, KID(n, EXPECT, message));
    }
}

static void print_gone(struct format *f, const struct node *n)
{
    format_raw(f, "when gone ");
    if (KID(n, WHEN_GONE, outcome))
        format_expr(f, KID(n, WHEN_GONE, outcome));
    else
        print_body(f, KID(n, WHEN_GONE, body), n->span.end);
}

static void print_row(struct format *f, const struct node *n)
{
    if (KID(n, ROW, keys))
        format_cells(f, KID(n, ROW, keys));
    else
        format_raw(f, "otherwise");
    buf_byte(f->out, MARK_CELL);
    format_raw(f, "=> ");
    if (KID(n, ROW, outcome))
        format_expr(f, KID(n, ROW, outcome));
    else
        format_cells(f, KID(n, ROW, values));
}

static void print_require(struct format *f, const struct node *n)
{
    format_raw(f, "require ");
    format_expr(f, KID(n, REQUIRE, condition));
    else_outcome(f, KID(n, REQUIRE, condition), KID(n, REQUIRE, outcome));
}

static void print_statement(struct format *f, const struct node *n)
{
    switch ((int)n->kind) {
    case NODE_EVERY: print_every(f, n); break;
    case NODE_ON_CHANGE: format_raw(f, "on change"); break;
    case NODE_AFTER: name(f, "after ", n); break;
    case NODE_OWNER:
        format_raw(f, "owner ");
        buf_text(f->out, span_text(f->sources, n->name_span));
        break;
    case NODE_READ: print_read(f, n); break;
    case NODE_RECHECK:
        format_raw(f, "recheck every ");
        format_expr(f, KID(n, RECHECK, duration));
        break;
    case NODE_WRITE:
        format_raw(f, "write ");
        comma_list(f, KID(n, WRITE, what), " and ");
        break;
    case NODE_LIMIT: print_limit(f, n); break;
    case NODE_MATCH_ON:
        format_raw(f, "match on ");
        comma_list(f, KID(n, MATCH_ON, paths), ", ");
        break;
    case NODE_LET:
        name(f, "let ", n);
        set_value(f, n, KID(n, LET, value));
        break;
    case NODE_FIND: print_find(f, n); break;
    case NODE_REQUIRE: print_require(f, n); break;
    case NODE_VERB_WHEN: print_verb_when(f, n); break;
    case NODE_ASSIGN:
        format_slice(f, n->name_span);
        set_value(f, n, KID(n, ASSIGN, value));
        break;
    case NODE_SETTING:
        format_slice(f, n->name_span);
        format_raw(f, " = ");
        format_expr(f, KID(n, SETTING, value));
        break;
    case NODE_ADD: print_loop(f, n); break;
    case NODE_WHEN_GONE: print_gone(f, n); break;
    case NODE_ROW: print_row(f, n); break;
    case NODE_GIVEN: print_given(f, n); break;
    case NODE_EXPECT: print_expect(f, n); break;
    default: buf_text(f->out, span_text(f->sources, n->span)); break;
    }
}

static void statements(struct format *f, const struct node *list)
{
    for (const struct node *n = list; n; n = n->next) {
        bool first = n == list && !format_has_comment(f, n->span.start);
        size_t start;

        format_comments(f, n->span.start, n == list);
        if (!first && format_blank_before(f, n->span.start))
            empty_line(f);
        format_newline(f);
        start = f->out->len;
        print_statement(f, n);
        move_up(f, start, n->span.end);
        format_trailing(f, n->span.end);
    }
}

/* Statements in braces; the last byte of the source they stand in is `}`. */
static void braces(struct format *f, const struct node *list, uint32_t end)
{
    format_raw(f, "{");
    if (list)
        after_brace(f, list->span.start);
    else
        after_brace(f, end);
    f->indent += INDENT;
    statements(f, list);
    format_comments(f, end, !list);
    f->indent -= INDENT;
    format_newline(f);
    format_raw(f, "}");
}

static void one_line_body(struct format *f, const struct node *n)
{
    const bool flat = f->flat;

    f->flat = true;
    format_raw(f, "{ ");
    format_slice(f, n->name_span);
    format_raw(f, " = ");
    format_expr(f, KID(n, ASSIGN, value));
    format_raw(f, n->lit.flag ? " once }" : " }");
    f->flat = flat;
}

/* { Field = value } stays on its line; other bodies have lines. */
static void print_body(struct format *f, const struct node *list, uint32_t end)
{
    if (list && !list->next && list->kind == NODE_ASSIGN &&
        !format_has_comment(f, end) &&
        !format_newline_between(f, list->span.start, end) &&
        format_fits(f, one_line_body, list, 0))
        one_line_body(f, list);
    else
        braces(f, list, end);
}

/* ----------------------------------------------------------------- items */

static void print_type(struct format *f, const struct node *n)
{
    if (!KID(n, TYPE_NAME, item)) {
        print_object(f, n);
        return;
    }
    format_slice(f, n->name_span);
    format_raw(f, "(");
    print_type(f, KID(n, TYPE_NAME, item));
    format_raw(f, ")");
}

static void print_params(struct format *f, const struct node *list)
{
    for (const struct node *n = list; n; n = n->next) {
        format_slice(f, n->name_span);
        format_raw(f, " ");
        print_type(f, KID(n, PARAM, type));
        if (n->next)
            format_raw(f, ", ");
    }
}

static void print_define(struct format *f, const struct node *n)
{
    const struct node *params = KID(n, DEFINE, params);
    const struct node *value = KID(n, DEFINE, value);
    uint32_t from = n->name_span.end;

    name(f, "define ", n);
    format_raw(f, "(");
    print_params(f, params);
    format_raw(f, ") =");
    for (const struct node *p = params; p; p = p->next)
        from = p->span.end;
    if (format_newline_between(f, from, value->span.start) ||
        !format_fits(f, format_expr, value, 1)) {
        format_break(f, value->span.start);
        format_expr(f, value);
        return;
    }
    format_raw(f, " ");
    format_expr(f, value);
}

static void print_table(struct format *f, const struct node *n)
{
    name(f, "table ", n);
    format_raw(f, " (");
    print_params(f, KID(n, TABLE, keys));
    format_raw(f, " => ");
    print_params(f, KID(n, TABLE, values));
    format_raw(f, ") ");
    if (KID(n, TABLE, from)) {
        format_raw(f, "from ");
        format_expr(f, KID(n, TABLE, from));
        return;
    }
    braces(f, KID(n, TABLE, rows), n->span.end);
}

static void print_mods(struct format *f, const struct node *n)
{
    const struct node *mods = KID(n, FLOW, mods);
    const struct node *each = KID(mods, MODS, each);
    const struct node *where = KID(mods, MODS, where);
    const struct node *per = KID(mods, MODS, per);
    uint32_t from = KID(n, FLOW, target)->span.end;

    if (each) {
        bool broken = format_newline_between(f, from, each->span.start);

        if (broken)
            format_break(f, each->span.start);
        else
            format_raw(f, " ");
        format_each(f, each);
        from = each->span.end;
    }
    if (where) {
        print_where(f, "where", from, where);
        from = where->span.end;
    }
    if (per)
        print_where(f, "one per", from, per);
}

/* The title has no node: it is found in the source. */
static void print_title(struct format *f, uint32_t from, uint32_t to)
{
    uint32_t at = skip_blanks(f, from, to), end;
    struct text t = span_text(f->sources, (struct span){ f->source, 0, to });

    if (at >= t.len || t.ptr[at] != '"')
        return;
    for (end = at + 1; end < t.len && t.ptr[end] != '"'; end++)
        if (t.ptr[end] == '\\')
            end++;
    format_raw(f, " ");
    buf_text(f->out, text_slice(t, at, end + 1 - at));
}

static void print_label(struct format *f, const struct node *n)
{
    const struct node *was = KID(n, FLOW, was);
    const struct node *flow_name = KID(n, FLOW, name);

    format_raw(f, "flow ");
    format_slice(f, flow_name->span);
    if (was) {
        format_raw(f, " was ");
        format_slice(f, was->span);
    }
    print_title(f, was ? was->span.end : flow_name->span.end,
                KID(n, FLOW, source)->span.start);
}

static void print_flow(struct format *f, const struct node *n)
{
    const struct node *source = KID(n, FLOW, source);
    const struct node *target = KID(n, FLOW, target);
    uint32_t brace;

    if (KID(n, FLOW, name)) {
        print_label(f, n);
        format_line(f, source->span.start);
    }
    print_object(f, source);
    format_raw(f, " -> ");
    if (target->kind == NODE_LOG)
        format_raw(f, "log");
    else
        print_object(f, target);
    print_mods(f, n);
    brace = skip_blanks(f, KID(n, FLOW, mods)->span.end, n->span.end);
    if (brace >= n->span.end)
        return; /* a sentence alone */
    format_line(f, brace);
    braces(f, KID(n, FLOW, body), n->span.end);
}

static void settings(struct format *f, const struct node *n)
{
    format_raw(f, "{");
    for (const struct node *s = KID(n, CONNECTION, settings); s; s = s->next) {
        format_raw(f, s == KID(n, CONNECTION, settings) ? " " : "  ");
        print_statement(f, s);
    }
    format_raw(f, " }");
}

static void print_connection(struct format *f, const struct node *n)
{
    const struct node *list = KID(n, CONNECTION, settings);

    name(f, "connection ", n);
    buf_byte(f->out, MARK_CELL);
    format_raw(f, "is ");
    buf_text(f->out, n->lit.word);
    if (!list)
        return;
    if (!format_has_comment(f, n->span.end) &&
        !format_newline_between(f, n->name_span.end, list->span.start) &&
        format_fits(f, settings, n, 1)) {
        buf_byte(f->out, MARK_CELL);
        settings(f, n);
        return;
    }
    format_raw(f, " ");
    braces(f, list, n->span.end);
}

static void print_use(struct format *f, const struct node *n)
{
    format_raw(f, "use ");
    buf_text(f->out, span_text(f->sources, n->name_span));
    if (KID(n, USE, name)) {
        format_raw(f, " as ");
        format_slice(f, KID(n, USE, name)->span);
    }
}

static void print_test(struct format *f, const struct node *n)
{
    format_raw(f, "test ");
    buf_text(f->out, span_text(f->sources, n->name_span));
    format_raw(f, " ");
    braces(f, KID(n, TEST, clauses), n->span.end);
}

static void print_item(struct format *f, const struct node *n)
{
    switch ((int)n->kind) {
    case NODE_USE: print_use(f, n); break;
    case NODE_SET:
        name(f, "set ", n);
        format_raw(f, " ");
        format_expr(f, KID(n, SET, value));
        break;
    case NODE_CONST:
        name(f, "let ", n);
        set_value(f, n, KID(n, CONST, value));
        break;
    case NODE_DEFINE: print_define(f, n); break;
    case NODE_TABLE: print_table(f, n); break;
    case NODE_FLOW: print_flow(f, n); break;
    case NODE_CONNECTION: print_connection(f, n); break;
    case NODE_OBJECT_DECL: format_object_decl(f, n); break;
    case NODE_TEST: print_test(f, n); break;
    default: buf_text(f->out, span_text(f->sources, n->span)); break;
    }
}

static bool is_block(const struct node *n)
{
    return n->kind == NODE_FLOW || n->kind == NODE_TEST ||
           n->kind == NODE_OBJECT_DECL ||
           (n->kind == NODE_TABLE && !KID(n, TABLE, from));
}

/* One empty line around what has a body; elsewhere as the author has it. */
static bool wants_blank(const struct format *f, const struct node *last,
                        const struct node *n, uint32_t at)
{
    if (!last)
        return false;
    return is_block(last) || is_block(n) || format_blank_before(f, at);
}

static void print_items(struct format *f, const struct node *list,
                        const struct node *last)
{
    for (const struct node *n = list; n; last = n, n = n->next) {
        bool commented = format_has_comment(f, n->span.start);
        uint32_t at = commented ? f->comment->span.start : n->span.start;
        size_t start;

        if (wants_blank(f, last, n, at) && f->out->len &&
            !(commented && f->comment->blank_before))
            empty_line(f);
        format_comments(f, n->span.start, f->out->len == 0);
        if (commented && f->out->len && format_blank_before(f, n->span.start))
            empty_line(f);
        if (f->out->len)
            format_newline(f);
        start = f->out->len;
        print_item(f, n);
        move_up(f, start, n->span.end);
        format_trailing(f, n->span.end);
    }
    format_comments(f, UINT32_MAX, f->out->len == 0);
    if (f->out->len)
        buf_byte(f->out, '\n');
}

static bool says_language(const struct node *list)
{
    for (const struct node *n = list; n; n = n->next)
        if (n->kind == NODE_SET && text_is(n->text, "language"))
            return true;
    return !list;
}

/* The comments that head the file, up to its first empty line or item. */
static void print_head(struct format *f, const struct node *list)
{
    const struct comment *c = f->comment;
    bool head = false;

    for (; c && c->span.start < list->span.start; c = c->next) {
        const struct comment *next = c->next;
        uint32_t at = next && next->span.start < list->span.start
                          ? next->span.start
                          : list->span.start;

        if (span_text(f->sources, c->span).ptr[0] == '#')
            break;
        if (format_blank_before(f, at)) {
            head = true;
            format_comments(f, c->span.end, true);
            break;
        }
    }
    format_raw(f, head ? "\nset language 1" : "set language 1");
}

void format_tree(const struct sources *sources, const struct tree *tree,
                 struct buf *out)
{
    struct buf lines;
    struct format f = { .sources = sources,
                        .source = tree->source,
                        .out = &lines,
                        .comment = tree->comments };
    const struct node *list = KID(tree->file, FILE, items);
    const struct node language = { .kind = NODE_SET };

    buf_init(&lines, out->max);
    if (!says_language(list)) {
        print_head(&f, list);
        print_items(&f, list, &language);
    } else {
        print_items(&f, list, NULL);
    }
    out->full = out->full || lines.full;
    if (!lines.full)
        format_align(buf_view(&lines), out);
    buf_fini(&lines);
}
