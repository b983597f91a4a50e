/* What the grammar's longer actions do. */
#include "config.h"

#include "lang/parser.h"

struct node *build_object(struct parse *p, struct text app, struct text name,
                          struct span app_span, struct span name_span)
{
    struct text a = name_decode(p, app), b = name_decode(p, name);
    struct node *n =
        node_text(p, NODE_OBJECT_REF, span_join(app_span, name_span),
                  TEXT_NONE, name_span);

    n->text = text_of(arena_printf(p->arena, "%.*s.%.*s", TEXT_ARG(a),
                                   TEXT_ARG(b)));
    n->lit.name_len = (uint32_t)a.len;
    return n;
}

static void refuse_word(struct parse *p, struct text name, struct span span)
{
    struct diag *d;
    struct diag_fix *fix;

    if (!word_token(name))
        return;
    d = parse_error(p, "E0106", span,
                    "`%.*s` is a word of the language and cannot be a name",
                    TEXT_ARG(name));
    fix = diag_fix(p->diags, d, FIX_CHOICE, "take another name");
    diag_edit(p->diags, fix, span, "%.*s_", TEXT_ARG(name));
}

/* The part of a FIELD token that is the path. */
static struct text field_path(struct text raw)
{
    while (raw.len && (raw.ptr[raw.len - 1] == '=' ||
                       raw.ptr[raw.len - 1] == ':'))
        raw.len--;
    return text_trim(raw);
}

struct node *build_field_value(struct parse *p, enum node_kind kind,
                               struct text raw, struct span field,
                               struct span span, struct node *value)
{
    struct text path = field_path(raw);
    struct span at = { field.source, field.start,
                       field.start + (uint32_t)path.len };
    struct node *parts = path_node(p, path, at);
    struct node *n = node_text(p, kind, span, parts->text, at);

    if (kind == NODE_ASSIGN)
        node_kid(p, n, ASSIGN_path, parts);
    else if (KID(parts, PATH, parts)->next)
        parse_error(p, "E0104", at, "a name after `%s` has no dots",
                    kind == NODE_GIVEN     ? "given"
                    : kind == NODE_SETTING ? "{"
                                           : "let");
    if ((kind == NODE_LET || kind == NODE_CONST) && path.len &&
        path.ptr[0] != '`')
        refuse_word(p, path, at);
    node_kid(p, n, kind == NODE_GIVEN ? (int)GIVEN_value : 0, value);
    return n;
}

struct node *build_set_field(struct parse *p, struct text raw,
                             struct span field, struct span span,
                             struct node *value)
{
    struct node *n =
        build_field_value(p, NODE_SET, raw, field, span, value);
    struct span equals = { field.source, n->name_span.end, field.end };

    habit(p, equals, "", "a setting of the file is written without `=`");
    return n;
}

/* `from "…"` may stand anywhere among the flags. */
struct node *build_field_decl(struct parse *p, struct text name,
                              struct span name_span, struct span span,
                              struct node *type, struct node *flags)
{
    struct node *n = node_text(p, NODE_FIELD_DECL, span,
                               name_decode(p, name), name_span);
    struct node *from = NULL;

    for (struct node **at = &flags; *at;) {
        struct node *flag = *at;

        if (flag->kind == NODE_FLAG) {
            at = &flag->next;
            continue;
        }
        *at = flag->next;
        flag->next = NULL;
        if (from)
            parse_error(p, "E0104", flag->span,
                        "a field comes `from` one place");
        from = flag;
    }
    node_kid(p, n, FIELD_DECL_type, type);
    node_kid(p, n, FIELD_DECL_flags, flags);
    node_kid(p, n, FIELD_DECL_from, from);
    return n;
}

/* What stands behind each fact: t a text, n a name, N names, b a name and
 * `by`, f a name and a value. */
static const struct {
    const char *word, *says;
    char shape;
} fact_shapes[] = {
    { "at", "a text in double quotes", 't' },
    { "refuse", "a text in double quotes", 't' },
    { "also", "a name", 'n' },
    { "deletes", "`seen`", 'n' },
    { "balanced", "a field", 'n' },
    { "key", "fields", 'N' },
    { "match", "fields", 'N' },
    { "operations", "read, create, update, delete", 'N' },
    { "changes", "none, or time, version or log `by` a field", 'b' },
    { "fact", "a name and a value", 'f' },
};

static bool fits_shape(char shape, const struct node *args,
                       const struct node *by)
{
    bool path = args->kind == NODE_PATH;
    bool one = !args->next;

    if (by && shape != 'b')
        return false;
    switch (shape) {
    case 't':
        return args->kind == NODE_TEXT_LIT;
    case 'n':
    case 'b':
        return path && one;
    case 'N':
        return path && (one || args->next->kind == NODE_PATH);
    default:
        return path && !one && args->next->kind != NODE_PATH;
    }
}

struct node *build_fact(struct parse *p, struct text name,
                        struct span name_span, struct span span,
                        struct node *args, struct node *by)
{
    struct node *n = node_text(p, NODE_FACT, span, name, name_span);

    node_kid(p, n, FACT_args, args);
    node_kid(p, n, FACT_by, by);
    for (size_t i = 0; i < sizeof fact_shapes / sizeof fact_shapes[0]; i++)
        if (text_is(name, fact_shapes[i].word) &&
            !fits_shape(fact_shapes[i].shape, args, by))
            parse_error(p, "E0118", span, "after `%s` comes %s",
                        fact_shapes[i].word, fact_shapes[i].says);
    return n;
}

struct node *build_table(struct parse *p, struct text name,
                         struct span name_span, struct span span,
                         struct node *keys, struct node *values)
{
    struct node *n =
        node_text(p, NODE_TABLE, span, name_decode(p, name), name_span);

    node_kid(p, n, TABLE_keys, keys);
    node_kid(p, n, TABLE_values, values);
    return n;
}

struct node *build_flow(struct parse *p, struct span span, struct node *source,
                        struct node *target, struct node *mods,
                        struct node *body)
{
    if (p->swapped) {
        struct node *first = source;

        source = target;
        target = first;
        p->swapped = false;
    }
    struct node *n = node_new(p, NODE_FLOW, span);

    node_kid(p, n, FLOW_source, source);
    node_kid(p, n, FLOW_target, target);
    node_kid(p, n, FLOW_mods, mods);
    node_kid(p, n, FLOW_body, body);
    return n;
}

void build_flow_label(struct parse *p, struct node *flow, struct node *name,
                      struct node *was, struct node *title)
{
    node_kid(p, flow, FLOW_name, name);
    node_kid(p, flow, FLOW_was, was);
    flow->name_span = name->span;
    if (title)
        flow->text = title->text;
}

struct node *build_add(struct parse *p, struct node *path, struct node *each,
                       struct node *body, struct span span)
{
    struct node *n = node_text(p, NODE_ADD, span, path->text, path->span);

    node_kid(p, n, ADD_each, each);
    node_kid(p, n, ADD_body, body);
    node_kid(p, n, ADD_path, path);
    return n;
}

struct node *build_call(struct parse *p, struct text name,
                        struct span name_span, struct span span,
                        struct node *args)
{
    struct node *n =
        node_text(p, NODE_CALL, span, name_decode(p, name), name_span);

    node_kid(p, n, CALL_args, args);
    return n;
}

struct node *build_not(struct parse *p, struct node *compare,
                       struct span word)
{
    struct node *not = node_new(p, NODE_NOT, compare->span);
    struct span start = compare->span;
    struct diag *d;
    struct diag_fix *fix;

    node_kid(p, not, NOT_value, compare);
    if (p->lex->not_told == word.end)
        return not; /* `not like "x%"` was told as one */
    d = parse_error(p, "E0101", word,
                    "`not` stands before a comparison: not %.*s …",
                    TEXT_ARG(span_text(p->sources,
                                       KID(compare, COMPARE, left)->span)));
    fix = diag_fix(p->diags, d, FIX_SURE, "put it there");
    start.end = start.start;
    diag_edit(p->diags, fix, start, "not ");
    diag_edit(p->diags, fix, (struct span){ word.source, word.start,
                                            word.end + 1 }, "%s", "");
    return not;
}

static bool is_plain_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        bool letter = ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';

        if (!letter && !(i && c >= '0' && c <= '9'))
            return false;
    }
    return t.len > 0;
}

void build_quoted_name(struct parse *p, struct text raw, struct span span)
{
    struct text t = text_slice(raw, 1, raw.len > 2 ? raw.len - 2 : 0);

    habit(p, span,
          arena_printf(p->arena, is_plain_name(t) ? "%.*s" : "`%.*s`",
                       TEXT_ARG(t)),
          "the name of a field stands without quotes");
}

void build_arrow_told(struct parse *p, struct span all, struct text from,
                      struct text to)
{
    habit(p, all,
          arena_printf(p->arena, "%.*s = %.*s", TEXT_ARG(to), TEXT_ARG(from)),
          "in the body the field that is set stands first: Field = value");
}

void build_flow_told(struct parse *p, struct text title, struct span span)
{
    char *name = arena_strndup(p->arena, title.ptr + 1,
                               title.len > 2 ? title.len - 2 : 0);

    for (char *c = name; *c; c++)
        if ((*c | 32) >= 'a' && (*c | 32) <= 'z')
            *c = (char)(*c | 32);
        else if (*c < '0' || *c > '9' || c == name)
            *c = '_';
    habit(p, span,
          arena_printf(p->arena, "%s %.*s", name, TEXT_ARG(title)),
          "a flow has a name, and may have a title behind it");
}

void build_find_told(struct parse *p, struct span at, const char *insert,
                     struct text word, struct span name)
{
    struct span start = { at.source, at.start, at.start };
    struct diag *d;

    if (insert) {
        d = parse_error(p, "E0101", at,
                        "what is looked into stands behind `in`");
        diag_edit(p->diags,
                  diag_fix(p->diags, d, FIX_SURE, "write `in` before it"),
                  start, "%s", insert);
    } else if (word.len) {
        habit(p, at, "in", "what is looked into stands behind `in`");
    } else {
        name.end = at.start;
        habit(p, name, "", "`find` finds exactly one record, never the first "
                           "of several");
    }
}

void build_reason_last(struct parse *p, struct span verb, struct span reason,
                       struct span condition, struct span all)
{
    const char *form = arena_printf(
        p->arena, "%.*s when %.*s %.*s", TEXT_ARG(span_text(p->sources, verb)),
        TEXT_ARG(span_text(p->sources, condition)),
        TEXT_ARG(span_text(p->sources, reason)));

    habit(p, all, form, "the reason stands behind the condition");
}

void build_unless(struct parse *p, struct text word, struct span at,
                  struct span condition)
{
    struct diag *d;
    struct span end = { condition.source, condition.end, condition.end };

    if (!text_is(word, "unless")) {
        parse_error(p, "E0104", at, "`%.*s` cannot stand here: here comes "
                    "`when`", TEXT_ARG(word));
        return;
    }
    d = habit(p, at, "when not (", "`when` says the condition; its opposite is "
                                   "`when not`");
    diag_edit(p->diags, d->fixes, end, ")");
}

void build_gone_told(struct parse *p, struct span field, struct span value)
{
    struct span start = { field.source, field.start, field.start };
    struct span end = { value.source, value.end, value.end };
    struct diag *d = parse_error(p, "E0101", field,
                                 "fields that are set stand in braces");
    struct diag_fix *fix = diag_fix(p->diags, d, FIX_SURE, "put them there");

    diag_edit(p->diags, fix, start, "{ ");
    diag_edit(p->diags, fix, end, " }");
}

void build_braced_define(struct parse *p, struct span open, struct span close)
{
    struct diag *d =
        habit(p, open, "=", "a function is one value: define f(x text) = value");

    diag_edit(p->diags, d->fixes, close, "%s", "");
}

struct node *build_bare_param(struct parse *p, struct text name,
                              struct span span)
{
    struct diag *d = parse_error(p, "E0103", span,
                                 "this is not finished: a type follows the "
                                 "name, as in `%.*s text`", TEXT_ARG(name));
    struct span end = { span.source, span.end, span.end };
    struct node *n = node_text(p, NODE_PARAM, span, name_decode(p, name), span);

    diag_edit(p->diags,
              diag_fix(p->diags, d, FIX_CHOICE, "write `%.*s text`",
                       TEXT_ARG(name)),
              end, " text");
    node_kid(p, n, PARAM_type, node_text(p, NODE_TYPE_NAME, span, TEXT("text"),
                                         span));
    return n;
}

void build_quoted_date(struct parse *p, struct span span)
{
    struct text t = span_text(p->sources, span);
    int32_t days;

    t = text_slice(t, 1, t.len > 2 ? t.len - 2 : 0);
    habit(p, span,
          date_parse(t, &days) ? arena_printf(p->arena, "%.*s", TEXT_ARG(t))
                               : NULL,
          "a date stands without quotes: 2024-12-31");
}

struct node *build_verb_when(struct parse *p, enum verb verb,
                             struct span span, struct node *condition,
                             struct node *message)
{
    struct node *n =
        node_pair(p, NODE_VERB_WHEN, span, condition, message);

    n->lit.verb = verb;
    return n;
}

struct node *build_expect_verb(struct parse *p, enum verb verb,
                               struct span verb_span, struct span span,
                               struct node *message)
{
    struct node *n = node_text(p, NODE_EXPECT, span,
                               text_of(verb_word(verb)), verb_span);

    n->lit.verb = verb;
    node_kid(p, n, EXPECT_message, message);
    return n;
}

struct node *build_log(struct parse *p, struct text name, struct span span)
{
    if (!text_is(name, "log"))
        parse_error(p, "E0104", span,
                    "after `->` comes the target object, such as "
                    "Exact.costcenter, or `log`");
    return node_new(p, NODE_LOG, span);
}

void build_body_open(struct parse *p)
{
    if (p->body_count < BRACKETS_MAX)
        p->bodies[p->body_count] = p->lex->depth;
    p->body_count++;
}

void build_body_close(struct parse *p)
{
    if (p->body_count > 0)
        p->body_count--;
}

static bool starts_item(int token)
{
    switch (token) {
    case TOK_FLOW: case TOK_TEST: case TOK_TABLE: case TOK_DEFINE:
    case TOK_USE: case TOK_SET: case TOK_LET: case TOK_CONNECTION:
    case TOK_OBJECT:
        return true;
    default:
        return false;
    }
}

static bool starts_statement(int token)
{
    switch (token) {
    case TOK_FIELD: case TOK_LET: case TOK_FIND: case TOK_REQUIRE:
    case TOK_ADD: case TOK_EVERY: case TOK_OWNER: case TOK_READ:
    case TOK_WRITE: case TOK_MATCH_ON: case TOK_WHEN_GONE: case TOK_LIMIT:
    case TOK_RECHECK: case TOK_ON_CHANGE: case TOK_AFTER: case TOK_HOLD:
    case TOK_REJECT_RECORD: case TOK_SKIP: case TOK_WARN: case TOK_STOP:
        return true;
    default:
        return false;
    }
}

/* Can `token` start what comes in the place of what was wrong? */
static bool starts_again(enum recover what, int token)
{
    if (token == TOK_YYEOF)
        return true;
    switch (what) {
    case RECOVER_ITEM:
        return starts_item(token);
    case RECOVER_STATEMENT:
        return starts_statement(token);
    case RECOVER_CLAUSE:
        return token == TOK_GIVEN || token == TOK_EXPECT;
    case RECOVER_FIELD:
    default:
        return false;
    }
}

/* A mistake ends here. What its brackets hold goes with it, unless the token
 * in hand shows that they were never closed. */
enum recovery build_recover(struct parse *p, enum recover what, int token)
{
    struct lex *lex = p->lex;
    bool sure = lex->prev_first && token != TOK_YYEOF;
    int depth = 0;

    if (lex->in_expression)
        return RECOVERY_TRY;
    if (what == RECOVER_ITEM)
        p->body_count = 0;
    else if (p->body_count > 0 && p->body_count <= BRACKETS_MAX)
        depth = p->bodies[p->body_count - 1];
    if (starts_again(what, token)) {
        if (lex->depth > depth)
            lex->depth = depth;
        return sure ? RECOVERY_SURE : RECOVERY_TRY;
    }
    lex->skip_to = depth;
    lex->skipping = lex->depth > depth;
    if (what == RECOVER_ITEM && !lex->skipping && !sure && token != '}')
        lex_swallow_line(lex);
    if (token == '}' && what != RECOVER_ITEM && lex->depth >= depth)
        return RECOVERY_DROP;
    return lex->skipping || lex->swallow_line ? RECOVERY_DROP : RECOVERY_TRY;
}
