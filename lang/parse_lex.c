/* Tokens between the scanner and the grammar: brackets are counted, a word is
 * decided by its place, a bracket nobody closed is closed before the next
 * form of the file, and after a mistake what belongs to it is dropped. */
#include "config.h"

#include "lang/parser.h"
#include <string.h>

int mlc_scan(struct token *tok, void *scanner);
void *mlc_scan_open(struct parse *p, const char *bytes, size_t len);
void mlc_scan_close(void *scanner);

void lex_open(struct parse *p, struct lex *lex, struct text text,
              uint32_t base, int start)
{
    lex->text = text;
    lex->base = base;
    lex->pos = base;
    lex->start = start;
    lex->in_expression = start != TOK_START_FILE;
    lex->first_on_line = true;
    lex->equals_at = UINT32_MAX;
    lex->scanner = mlc_scan_open(p, text.ptr, text.len);
}

void lex_close(struct lex *lex)
{
    mlc_scan_close(lex->scanner);
}

struct text lex_rest(const struct lex *lex)
{
    /* the token in hand is not taken yet: its end is found from its start */
    return text_slice(lex->text, lex->pos - lex->base,
                      lex->text.len - (lex->pos - lex->base));
}

void lex_pend(struct parse *p, int kind, struct text text, struct span span)
{
    struct lex *lex = p->lex;

    if (lex->pending_count < PENDING_MAX)
        lex->pending[lex->pending_count++] =
            (struct token){ kind, text, span };
}

/* Must an operand follow the token before? */
bool lex_wants_operand(const struct lex *lex)
{
    if (!lex->prev.kind)
        return lex->in_expression;
    switch (lex->prev.kind) {
    case TOK_WHERE: case TOK_IS: case TOK_IS_NOT: case TOK_IS_ONE_OF:
    case TOK_IS_NOT_ONE_OF: case TOK_AND: case TOK_OR: case TOK_NOT:
    case TOK_WHEN: case TOK_IF: case TOK_THEN: case TOK_REQUIRE:
    case TOK_FATARROW: case '(': case '[': case ',': case '+': case '-':
    case '*': case '/': case '<': case '>': case TOK_LE: case TOK_GE:
    case TOK_FIELD: case TOK_TRY: case TOK_BETWEEN: case TOK_CONTAINS:
    case TOK_STARTS_WITH: case TOK_ENDS_WITH: case TOK_ONE_PER:
    case TOK_ELSE: case '=': case '.': case TOK_JOIN:
        return true;
    case TOK_IN:
        return lex->prev2.kind == TOK_NAME;
    default:
        return false;
    }
}

bool lex_in_body(const struct lex *lex, struct text t)
{
    size_t end = 0;

    while (end < t.len && ((t.ptr[end] | 32) >= 'a' && (t.ptr[end] | 32) <= 'z'))
        end++;
    if (word_token(text_slice(t, 0, end)))
        return false;
    return lex->first_on_line && lex->depth && !lex->test_depth &&
           !lex->table_depth && !lex->in_expression &&
           lex->place == OBJECT_NONE && !lex_wants_operand(lex) &&
           lex->open[lex->depth - 1].open == '{';
}

static bool on_line_of_prev(const struct lex *lex, struct span span)
{
    uint32_t from = lex->prev.span.end, to = span.start;

    if (!lex->prev.kind)
        return true;
    if (from < lex->base || to < from)
        return false;
    return !memchr(lex->text.ptr + (from - lex->base), '\n', to - from);
}

/* Bytes of the first part of a path. */
static int first_part(struct text t)
{
    size_t i = 1;

    if (t.ptr[0] == '`') {
        while (i < t.len && t.ptr[i] != '`')
            i++;
        return (int)i + 1;
    }
    while (i < t.len && t.ptr[i] != '.' && t.ptr[i] != ' ' &&
           t.ptr[i] != '\t' && t.ptr[i] != '=')
        i++;
    return (int)i;
}

static bool in_test_record(const struct lex *lex)
{
    return lex->test_depth && lex->depth > lex->test_depth;
}

/* Names of a path have their limit each; backticks and dots count little. */
static void check_parts(struct parse *p, struct text t, struct span span)
{
    size_t start = 0;
    for (size_t i = 0; i <= t.len; i++) {
        if (i < t.len && t.ptr[i] != '.' && t.ptr[i] != ' ' &&
            t.ptr[i] != '=')
            continue;
        if (i - start > NAME_MAX_LEN + 2) {
            span.end = span.start + (uint32_t)i;
            span.start += (uint32_t)start;
            parse_error(p, "E0109", span, "a name has at most %d bytes",
                        NAME_MAX_LEN);
            return;
        }
        start = i + 1;
    }
}

/* `path =` where an expression stands is a comparison somebody wrote with
 * `=`. Returns the bytes to keep as a name, or 0: it sets a field. */
int lex_field(struct parse *p, struct text t, struct span span)
{
    struct lex *lex = p->lex;
    struct span sign = { span.source, span.end - 1, span.end };
    struct diag *d;
    struct diag_fix *fix;

    check_parts(p, t, span);
    if (lex->equals_at == sign.start)
        return first_part(t);
    if (in_test_record(lex)) {
        lex->equals_at = sign.start;
        habit(p, sign, ":", "in a record of a test write `:`");
        return first_part(t);
    }
    if (lex->prev.kind == TOK_DEFINE || lex->place != OBJECT_NONE ||
        (lex->in_define && lex->prev.kind == ')'))
        return first_part(t);
    if (!lex_wants_operand(lex) || !on_line_of_prev(lex, span))
        return 0;
    lex->equals_at = sign.start;
    d = parse_error(p, "E0102", span,
                    "`=` sets a field of the target, so it starts a new "
                    "statement");
    diag_note(p->diags, d, "To compare write `is`.");
    fix = diag_fix(p->diags, d, FIX_SURE, "replace `=` with `is`");
    diag_edit(p->diags, fix, sign, "is");
    return first_part(t);
}

static bool ends_operand(int kind)
{
    return kind == TOK_NAME || kind == ')' || kind == ']' ||
           kind == TOK_STRING || kind == TOK_NUMBER || kind == TOK_MONEY ||
           kind == TOK_DATE || kind == TOK_YESNO || kind == TOK_PERCENT;
}

int lex_equals(struct parse *p, struct span span)
{
    struct lex *lex = p->lex;
    struct diag *d;
    struct diag_fix *fix;

    if (lex->in_define && lex->depth == 0) {
        lex->in_define = false;
        return '=';
    }
    if (lex->equals_at == span.start)
        return in_test_record(lex) ? ':' : TOK_IS;
    if (!ends_operand(lex->prev.kind))
        return '=';
    d = parse_error(p, "E0102", span,
                    "`=` sets a field of the target; it does not compare");
    diag_note(p->diags, d, "To compare write `is`.");
    fix = diag_fix(p->diags, d, FIX_SURE, "replace `=` with `is`");
    diag_edit(p->diags, fix, span, "is");
    return TOK_IS;
}

/* --------------------------------------------------------------- comments */

static bool blank_line_before(struct text text, size_t at)
{
    int newlines = 0;

    while (at > 0) {
        char c = text.ptr[--at];

        if (c == '\n' && ++newlines == 2)
            return true;
        if (c != '\n' && c != ' ' && c != '\t' && c != '\r')
            return false;
    }
    return false;
}

static void doc_line(struct parse *p, struct text line)
{
    struct lex *lex = p->lex;
    struct text t = text_trim(text_slice(line, 3, line.len - 3));
    struct doc *doc = lex->last_doc;

    if (doc && lex->doc_open) {
        doc->text = text_of(arena_printf(p->arena, "%.*s\n%.*s",
                                         TEXT_ARG(doc->text), TEXT_ARG(t)));
        return;
    }
    doc = ARENA_NEW(p->arena, struct doc);
    doc->text = t;
    doc->before = UINT32_MAX;
    if (lex->last_doc)
        lex->last_doc->next = doc;
    else
        p->docs = p->doc_at = doc;
    lex->last_doc = doc;
    lex->doc_open = true;
}

/* a // 2: a comment of nothing but a number was meant as a division. */
static void floor_division(struct parse *p, struct span span, struct text t)
{
    struct text rest = text_trim(text_slice(t, 2, t.len));
    struct decimal d;

    if (t.ptr[0] == '/' && decimal_parse(rest, &d) == DECIMAL_OK)
        habit(p, (struct span){ span.source, span.start, span.start + 2 }, NULL,
              "`//` starts a comment; a division is written `/`, and "
              "round_down(a / b, 0) leaves its rest out");
}

void lex_comment(struct parse *p, struct span span)
{
    struct lex *lex = p->lex;
    struct comment *c = ARENA_NEW(p->arena, struct comment);
    size_t at = span.start - lex->base;
    struct text t = text_slice(lex->text, at, span.end - span.start);

    while (t.len && (t.ptr[t.len - 1] == '\r' || t.ptr[t.len - 1] == ' ' ||
                     t.ptr[t.len - 1] == '\t'))
        t.len--;
    c->span = span;
    c->span.end = span.start + (uint32_t)t.len;
    c->own_line = lex->first_on_line;
    c->blank_before = c->own_line && blank_line_before(lex->text, at);
    if (!lex->first_on_line && ends_operand(lex->prev.kind))
        floor_division(p, span, t);
    if (lex->last_comment)
        lex->last_comment->next = c;
    else
        p->tree->comments = c;
    lex->last_comment = c;
    if (t.ptr[0] == '#' && lex->first_on_line)
        doc_line(p, t);
}

/* ------------------------------------------------------------------ words */

static struct text next_sign(const struct lex *lex, struct span span)
{
    size_t i = span.end - lex->base;

    while (i < lex->text.len &&
           (lex->text.ptr[i] == ' ' || lex->text.ptr[i] == '\t'))
        i++;
    return text_slice(lex->text, i, lex->text.len - i);
}

static bool name_follows(struct text next)
{
    size_t len = 0;

    while (len < next.len &&
           ((next.ptr[len] >= 'a' && next.ptr[len] <= 'z') ||
            (next.ptr[len] >= 'A' && next.ptr[len] <= 'Z') ||
            next.ptr[len] == '_' || next.ptr[len] == '`'))
        len++;
    return len && !word_token(text_slice(next, 0, len));
}

static int soft_word(struct lex *lex, struct text t, struct text next)
{
    char c = next.len ? next.ptr[0] : '\0';

    if (text_is(t, "to"))
        return lex->prev2.kind == TOK_LIMIT ? TOK_TO : TOK_NAME;
    if (text_is(t, "from"))
        return lex->prev2.kind == TOK_READ ||
                       (lex->prev.kind == ')' && c == '"')
                   ? TOK_FROM
                   : TOK_NAME;
    if (lex->depth || !lex->first_on_line || !name_follows(next))
        return TOK_NAME;
    if (text_is(t, "connection"))
        return TOK_CONNECTION;
    if (text_is(t, "object")) {
        lex->place = OBJECT_HEAD;
        return TOK_OBJECT;
    }
    return TOK_NAME;
}

/* Rippling.employee e -> …: a name behind the object, and then what follows
 * an object. */
static bool is_bare_alias(const struct lex *lex, struct text next)
{
    static const char *const after[] = { "->", "{", "where ", "one per ",
                                         "for each " };

    if (lex->depth || lex->first_on_line || lex->prev.kind != TOK_NAME ||
        lex->prev2.kind != '.')
        return false;
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        if (text_starts(next, text_of(after[i])))
            return true;
    return false;
}

static void add_as(struct parse *p, struct text t, struct span span)
{
    struct diag *d = parse_error(p, "E0101", span,
                                 "another name is given with `as`");

    diag_edit(p->diags, diag_fix(p->diags, d, FIX_SURE, "write `as %.*s`",
                                 TEXT_ARG(t)),
              span, "as %.*s", TEXT_ARG(t));
    lex_pend(p, TOK_NAME, t, span);
}

int lex_word(struct parse *p, struct text t, struct span span)
{
    struct lex *lex = p->lex;
    struct text next = next_sign(lex, span);
    int token;

    if (t.len > NAME_MAX_LEN)
        parse_error(p, "E0109", span, "a name has at most %d bytes",
                    NAME_MAX_LEN);
    lex->pos = span.start + (uint32_t)t.len;
    if (lex->place != OBJECT_NONE)
        return object_word(lex, t);
    if (lex->prev.kind == '.' || (next.len && next.ptr[0] == ':'))
        return TOK_NAME;
    if (lex->first_on_line && !lex->depth &&
        (text_is(t, "function") || text_is(t, "def") || text_is(t, "fn"))) {
        lex->eat = lex_function(p, span);
        if (lex->eat)
            return TOK_FORM;
    }
    lex->eat = lex_form(p, t, span);
    if (lex->eat)
        return TOK_FORM;
    token = word_token(t);
    if (token == TOK_IF && lex->for_depth && lex->for_depth == lex->depth &&
        !lex_wants_operand(lex)) {
        lex->for_depth = 0; /* [x for x in list if c] */
        habit(p, span, "where", "lists are gone through with `for each x in list "
              "where …`");
        return TOK_WHERE;
    }
    if (token == TOK_IF && !lex->first_on_line && ends_operand(lex->prev.kind))
        return TOK_IF_BEHIND;
    if (token == TOK_AFTER && next.len && next.ptr[0] == '(')
        return TOK_NAME; /* the function */
    if (token)
        return token;
    if (!lex->depth && !lex->first_on_line && lex->prev.kind == TOK_NAME &&
        lex->prev2.kind == '.' && text_is(t, "to")) {
        habit(p, span, "->", "from source to target points `->`");
        return TOK_ARROW;
    }
    if (is_bare_alias(lex, next)) {
        add_as(p, t, span);
        return TOK_AS;
    }
    token = soft_word(lex, t, next);
    if (token == TOK_NAME) {
        int meant = habit_word(p, t, span);

        return meant ? meant : TOK_NAME;
    }
    return token;
}

/* --------------------------------------------------------------- brackets */

static void too_deep(struct parse *p, struct span span)
{
    struct lex *lex = p->lex;

    if (!lex->too_deep)
        parse_error(p, "E0107", span,
                    "more than %d brackets are open here", BRACKETS_MAX);
    lex->too_deep = true;
}

static void open_bracket(struct parse *p, struct token *tok)
{
    struct lex *lex = p->lex;

    if (lex->depth == BRACKETS_MAX) {
        too_deep(p, tok->span);
        return;
    }
    lex->open[lex->depth].open = (char)tok->kind;
    lex->open[lex->depth].becomes_list =
        tok->kind == '[' && tok->text.len && tok->text.ptr[0] == '(';
    lex->open[lex->depth++].at = tok->span.start;
    if (tok->kind != '{')
        return;
    lex->table_depth = lex->table_head ? lex->depth : 0;
    lex->table_head = false;
    lex->in_define = false; /* its value in braces, of another language */
    if (lex->place == OBJECT_HEAD) {
        lex->place = OBJECT_FACTS;
        lex->fact_names = 0;
        lex->object_base = lex->depth - 1;
        lex->object_depth = lex->depth;
    } else if (lex->prev.kind == TOK_RECORD) {
        lex->place = OBJECT_FIELD;
        lex->object_depth = lex->depth;
    }
    if (lex->prev2.kind == TOK_TEST && lex->prev.kind == TOK_STRING)
        lex->test_depth = lex->depth;
}

static char opener(int kind)
{
    return kind == ')' ? '(' : kind == ']' ? '[' : '{';
}

static void after_close(struct lex *lex)
{
    if (lex->depth < lex->test_depth)
        lex->test_depth = 0;
    if (lex->depth < lex->table_depth)
        lex->table_depth = 0;
    if (lex->place == OBJECT_NONE || lex->place == OBJECT_HEAD)
        return;
    if (lex->depth <= lex->object_base) {
        lex->place = OBJECT_NONE;
    } else if (lex->depth < lex->object_depth) {
        lex->object_depth = lex->depth;
        lex->place = OBJECT_FLAGS;
    }
}

static void close_bracket(struct parse *p, struct token *tok)
{
    struct lex *lex = p->lex;
    int at = lex->depth - 1;

    if (at >= 0 && tok->kind == ')' && lex->open[at].becomes_list)
        tok->kind = ']';
    lex->left_open = 0;
    if (tok->kind == '}')
        while (at >= 0 && lex->open[at].open != '{')
            lex->left_open = lex->open[at--].at + 1;
    if (at < 0 || lex->open[at].open != opener(tok->kind))
        return;
    lex->depth = at;
    after_close(lex);
}

static void brackets(struct parse *p, struct token *tok)
{
    struct lex *lex = p->lex;

    switch (tok->kind) {
    case '(': case '[': case '{':
        open_bracket(p, tok);
        break;
    case ')': case ']': case '}':
        close_bracket(p, tok);
        break;
    case ',':
        if (lex->place == OBJECT_FACTS && lex->depth == lex->object_depth)
            lex->fact_names = 1;
        break;
    case TOK_DEFINE:
        lex->in_define = true;
        break;
    case TOK_TABLE:
        lex->table_head = true;
        break;
    case TOK_FLOW:
    case TOK_FROM:
        lex->table_head = false;
        break;
    default:
        break;
    }
}

/* ---------------------------------------------------- brackets left open */

static bool starts_item(int kind)
{
    return kind == TOK_FLOW || kind == TOK_TEST || kind == TOK_TABLE ||
           kind == TOK_DEFINE || kind == TOK_USE || kind == TOK_SET;
}

static bool at_column_one(const struct lex *lex, struct span span)
{
    size_t at = span.start - lex->base;

    return at == 0 || lex->text.ptr[at - 1] == '\n';
}

static void close_all(struct parse *p, struct token *tok)
{
    struct lex *lex = p->lex;
    struct bracket *b = &lex->open[lex->depth - 1];
    struct span span = { tok->span.source, b->at, b->at + 1 };

    if (!lex->skipping && !lex->too_deep) {
        struct diag *d =
            parse_error(p, "E0105", span, "this `%c` is never closed",
                        b->open);

        if (tok->kind)
            diag_label(p->diags, d, tok->span,
                       "here something new begins");
    }
    lex->closing = true;
    lex->held = *tok;
}

static bool never_closed(const struct lex *lex, const struct token *tok)
{
    if (!lex->depth || lex->in_hole)
        return false;
    if (tok->kind == TOK_YYEOF)
        return true;
    return starts_item(tok->kind) && lex->first_on_line &&
           at_column_one(lex, tok->span);
}

static void closer(struct lex *lex, struct token *tok)
{
    static const char pairs[] = "([{)]}";
    char open = lex->open[--lex->depth].open;

    *tok = lex->held;
    tok->kind = pairs[strchr(pairs, open) - pairs + 3];
    tok->text = TEXT_NONE;
    tok->span.end = tok->span.start = lex->prev.span.end;
    after_close(lex);
}

/* --------------------------------------------------------------- the next */

static size_t line_indent(const struct lex *lex, uint32_t at)
{
    size_t i = at - lex->base, indent = 0;

    while (i > 0 && lex->text.ptr[i - 1] != '\n')
        i--;
    while (i + indent < lex->text.len && (lex->text.ptr[i + indent] == ' ' ||
                                          lex->text.ptr[i + indent] == '\t'))
        indent++;
    return indent;
}

static bool starts_statement(int kind)
{
    switch (kind) {
    case TOK_FIELD: case TOK_LET: case TOK_FIND: case TOK_REQUIRE:
    case TOK_ADD: case TOK_EVERY: case TOK_OWNER: case TOK_READ:
    case TOK_WRITE: case TOK_MATCH_ON: case TOK_WHEN_GONE: case TOK_LIMIT:
    case TOK_RECHECK: case TOK_GIVEN: case TOK_EXPECT:
        return true;
    default:
        return starts_item(kind);
    }
}

/* After a mistake: does this token still belong to it? */
static bool is_dropped(struct lex *lex, const struct token *tok)
{
    if (tok->kind == TOK_YYEOF || lex->depth < lex->skip_to) {
        lex->skipping = false;
        return false;
    }
    if (lex->depth == lex->skip_to) {
        lex->skipping = false; /* this one closed it */
        return tok->kind == ')' || tok->kind == ']' || tok->kind == '}';
    }
    if (lex->first_on_line && starts_statement(tok->kind)) {
        struct bracket *b = &lex->open[lex->depth - 1];

        if (b->open != '{' || line_indent(lex, tok->span.start) <=
                                  line_indent(lex, b->at)) {
            lex->depth = lex->skip_to;
            lex->skipping = false;
            return false;
        }
    }
    return true;
}

static void remember(struct lex *lex, const struct token *tok)
{
    lex->prev2 = lex->prev;
    lex->prev = *tok;
    lex->prev_first = lex->first_on_line;
    lex->first_on_line = false;
}

static void doc_ends(struct lex *lex, const struct token *tok)
{
    if (lex->doc_open)
        lex->last_doc->before = tok->span.start;
    lex->doc_open = false;
}

static void next_token(struct parse *p, struct token *tok)
{
    struct lex *lex = p->lex;

    if (lex->closing && lex->depth) {
        closer(lex, tok);
        return;
    }
    if (lex->closing) {
        lex->closing = false;
        *tok = lex->held;
    } else if (lex->pending_count) {
        *tok = lex->pending[0];
        memmove(lex->pending, lex->pending + 1,
                sizeof(struct token) * (size_t)--lex->pending_count);
    } else {
        mlc_scan(tok, lex->scanner);
        doc_ends(lex, tok);
    }
    if (never_closed(lex, tok)) {
        close_all(p, tok);
        closer(lex, tok);
        return;
    }
    brackets(p, tok);
}

void lex_swallow_line(struct lex *lex)
{
    lex->swallow_line = true;
    lex->swallow_depth = lex->depth;
}

/* A bracket that opens on the line goes on behind it. */
static bool line_is_over(const struct lex *lex, const struct token *tok)
{
    return tok->kind == TOK_YYEOF || lex->depth < lex->swallow_depth ||
           (lex->first_on_line && lex->depth <= lex->swallow_depth);
}

int mlc_yylex(MLC_YYSTYPE *value, struct span *at, struct parse *p)
{
    struct lex *lex = p->lex;
    struct token tok;

    if (lex->start) {
        tok.kind = lex->start;
        lex->start = 0;
        *at = (struct span){ lex->source, lex->base, lex->base };
        return tok.kind;
    }
    do {
        bool swallows = lex->swallow_line; /* not what begins it */

        next_token(p, &tok);
        if (lex->swallow_line && line_is_over(lex, &tok))
            lex->swallow_line = false;
        if (tok.kind == TOK_MLC_YYerror)
            break; /* told: the grammar must know */
        if ((swallows && lex->swallow_line) || (lex->skipping && is_dropped(lex, &tok))) {
            remember(lex, &tok);
            tok.kind = -1;
        }
    } while (tok.kind == -1);
    remember(lex, &tok);
    *at = tok.span;
    value->text = tok.text;
    if (lex->too_deep)
        return TOK_YYEOF;
    return tok.kind;
}
