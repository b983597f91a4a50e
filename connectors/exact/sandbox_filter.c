/* $filter of the Exact sandbox: parsed into a small tree, then asked about
 * each row. */
#include "config.h"
#include "connectors/exact/sandbox.h"

#include "base/date.h"
#include <string.h>

#define NODES_MAX 400
#define DEPTH_MAX 40
#define FIELDS_MAX 64

enum node_kind {
    NODE_OR,
    NODE_AND,
    NODE_NOT,
    NODE_COMPARE,
    NODE_TRUTH, /* a function that is true or false by itself */
};

enum operand_kind {
    OPERAND_FIELD,
    OPERAND_TEXT,
    OPERAND_NUMBER,
    OPERAND_GUID,
    OPERAND_TIME,
    OPERAND_YESNO,
    OPERAND_NULL,
    OPERAND_TRIM,       /* trim(field) */
    OPERAND_SUBSTRING,  /* substringof('x',field) */
    OPERAND_STARTS,
    OPERAND_ENDS,
};

struct operand {
    enum operand_kind kind;
    const struct exact_field *field;
    struct text text; /* literal, or what a function looks for */
    struct decimal number;
    int64_t ms;
    bool yes;
};

struct node {
    enum node_kind kind;
    const struct node *left, *right;
    struct operand a, b;
    char op[3];
};

struct exact_filter {
    const struct node *root;
};

struct parser {
    struct exact_call *c;
    struct text rest;
    size_t nodes;
    int depth;
    const char *why; /* of the first mistake */
    const struct exact_field *fields[FIELDS_MAX];
    size_t field_count;
};

static const struct node *parse_or(struct parser *p);

/* --------------------------------------------------------------- tokens */
static void skip_blanks(struct parser *p)
{
    while (p->rest.len > 0 && p->rest.ptr[0] == ' ')
        p->rest = text_slice(p->rest, 1, p->rest.len - 1);
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '/';
}

static struct text peek_word(struct parser *p)
{
    size_t n = 0;
    skip_blanks(p);
    while (n < p->rest.len && is_word_byte(p->rest.ptr[n]))
        n++;
    return text_slice(p->rest, 0, n);
}

static void drop(struct parser *p, size_t n)
{
    p->rest = text_slice(p->rest, n, p->rest.len - n);
}

static bool take_byte(struct parser *p, char c)
{
    skip_blanks(p);
    if (p->rest.len == 0 || p->rest.ptr[0] != c)
        return false;
    drop(p, 1);
    return true;
}

static bool take_word(struct parser *p, const char *word)
{
    if (!text_is(peek_word(p), word))
        return false;
    drop(p, strlen(word));
    return true;
}

static void *mistake(struct parser *p, const char *why)
{
    if (!p->why)
        p->why = why;
    return NULL;
}

/* 'it''s': the text between, with doubled quotes made single. */
static bool take_quoted(struct parser *p, struct text *out)
{
    struct buf b;
    bool closed = false;
    if (!take_byte(p, '\''))
        return false;
    buf_init(&b, 0);
    while (p->rest.len > 0 && !closed) {
        char c = p->rest.ptr[0];
        drop(p, 1);
        if (c != '\'')
            buf_byte(&b, c);
        else if (p->rest.len > 0 && p->rest.ptr[0] == '\'') {
            buf_byte(&b, c);
            drop(p, 1);
        } else {
            closed = true;
        }
    }
    *out = buf_dup(p->c->arena, &b);
    buf_fini(&b);
    return closed;
}

/* -------------------------------------------------------------- operands */
static bool is_guid(struct text t)
{
    if (t.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        char c = t.ptr[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
                     (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !digit)
            return false;
    }
    return true;
}

static bool take_time(struct parser *p, struct operand *o)
{
    int64_t micros;
    int32_t day;
    bool offset = false;
    if (!take_quoted(p, &o->text))
        return false;
    o->kind = OPERAND_TIME;
    if (date_parse(o->text, &day)) {
        o->ms = day * DAY_MS;
        return true;
    }
    if (!datetime_parse(o->text, &micros, &offset) || offset)
        return false;
    o->ms = micros / 1000;
    return true;
}

static bool take_number(struct parser *p, struct operand *o)
{
    size_t n = 0;
    while (n < p->rest.len &&
           (is_word_byte(p->rest.ptr[n]) || p->rest.ptr[n] == '.' ||
            (n == 0 && p->rest.ptr[n] == '-')) &&
           p->rest.ptr[n] != '/')
        n++;
    struct text t = text_slice(p->rest, 0, n);
    drop(p, n);
    if (n > 1 && strchr("LlMmDd", t.ptr[n - 1]))
        t.len--;
    o->kind = OPERAND_NUMBER;
    return decimal_parse(t, &o->number) == DECIMAL_OK;
}

static bool take_field(struct parser *p, struct operand *o)
{
    struct text word = peek_word(p);
    size_t slash;
    if (text_find(word, TEXT("/"), &slash)) {
        mistake(p, "navigation is not supported in $filter");
        return false;
    }
    o->kind = OPERAND_FIELD;
    o->field = exact_field_of(p->c->entity, word);
    if (!o->field || o->field->type == 'c') {
        p->why = arena_printf(p->c->arena,
                              "Invalid field in $filter: '%.*s'",
                              TEXT_ARG(word));
        return false;
    }
    drop(p, word.len);
    bool known = false;
    for (size_t i = 0; i < p->field_count; i++)
        known |= p->fields[i] == o->field;
    if (!known && p->field_count < FIELDS_MAX)
        p->fields[p->field_count++] = o->field;
    return true;
}

/* trim(F), substringof('x',F), startswith(F,'x'), endswith(F,'x') */
static bool take_function(struct parser *p, struct text word,
                          struct operand *o)
{
    enum operand_kind kind = text_is(word, "trim")          ? OPERAND_TRIM
                             : text_is(word, "substringof") ? OPERAND_SUBSTRING
                             : text_is(word, "startswith")  ? OPERAND_STARTS
                             : text_is(word, "endswith")    ? OPERAND_ENDS
                                                            : OPERAND_FIELD;
    if (kind == OPERAND_FIELD)
        return false;
    drop(p, word.len);
    if (!take_byte(p, '('))
        return false;
    if (kind == OPERAND_SUBSTRING) {
        if (!take_quoted(p, &o->text) || !take_byte(p, ',') ||
            !take_field(p, o))
            return false;
    } else {
        if (!take_field(p, o))
            return false;
        if (kind != OPERAND_TRIM &&
            (!take_byte(p, ',') || !take_quoted(p, &o->text)))
            return false;
    }
    o->kind = kind;
    return take_byte(p, ')') && o->field->type == 's';
}

static bool take_operand(struct parser *p, struct operand *o)
{
    struct text word = peek_word(p);
    *o = (struct operand){ .kind = OPERAND_TEXT };
    skip_blanks(p);
    if (p->rest.len == 0)
        return false;
    char c = p->rest.ptr[0];
    if (c == '\'')
        return take_quoted(p, &o->text);
    if (c == '-' || (c >= '0' && c <= '9'))
        return take_number(p, o);
    if (take_word(p, "guid")) {
        o->kind = OPERAND_GUID;
        return take_quoted(p, &o->text) && is_guid(o->text);
    }
    if (take_word(p, "datetime"))
        return take_time(p, o);
    if (take_word(p, "null")) {
        o->kind = OPERAND_NULL;
        return true;
    }
    if (text_is(word, "true") || text_is(word, "false")) {
        o->kind = OPERAND_YESNO;
        o->yes = text_is(word, "true");
        drop(p, word.len);
        return true;
    }
    if (word.len < p->rest.len && p->rest.ptr[word.len] == '(')
        return take_function(p, word, o);
    return take_field(p, o);
}

/* --------------------------------------------------------------- grammar */
static struct node *new_node(struct parser *p, enum node_kind kind)
{
    if (++p->nodes > NODES_MAX)
        return mistake(p, "Error in query syntax.");
    struct node *n = ARENA_NEW(p->c->arena, struct node);
    n->kind = kind;
    return n;
}

static bool is_truth(const struct operand *o)
{
    return o->kind == OPERAND_SUBSTRING || o->kind == OPERAND_STARTS ||
           o->kind == OPERAND_ENDS;
}

static bool is_of_field(const struct operand *o)
{
    return o->kind == OPERAND_FIELD || o->kind == OPERAND_TRIM;
}

/* Does a literal of this kind go with a field of that type? */
static bool types_agree(const struct operand *field, const struct operand *o)
{
    char type = field->field->type;
    switch (o->kind) {
    case OPERAND_NULL:
        return true;
    case OPERAND_TEXT:
        return type == 's';
    case OPERAND_GUID:
        return type == 'g';
    case OPERAND_TIME:
        return type == 't';
    case OPERAND_YESNO:
        return type == 'o';
    case OPERAND_NUMBER:
        return strchr("dibl", type) != NULL;
    case OPERAND_FIELD:
    case OPERAND_TRIM:
    case OPERAND_SUBSTRING:
    case OPERAND_STARTS:
    case OPERAND_ENDS:
        break;
    }
    return false;
}

static bool take_op(struct parser *p, char op[3])
{
    static const char *const ops[] = { "eq", "ne", "gt", "ge", "lt", "le" };
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (take_word(p, ops[i])) {
            memcpy(op, ops[i], 3);
            return true;
        }
    }
    return false;
}

static const struct node *parse_compare(struct parser *p)
{
    struct operand a, b;
    char op[3];
    if (!take_operand(p, &a))
        return mistake(p, "Error in query syntax.");
    bool compared = take_op(p, op);
    if (!compared && !is_truth(&a))
        return mistake(p, "Error in query syntax.");
    struct node *n = new_node(p, compared ? NODE_COMPARE : NODE_TRUTH);
    if (!n)
        return NULL;
    n->a = a;
    if (!compared)
        return n;
    memcpy(n->op, op, 3);
    if (!take_operand(p, &b))
        return mistake(p, "Error in query syntax.");
    n->b = b;
    if (is_of_field(&a) && is_of_field(&b))
        return mistake(p, "Comparing two fields is not supported");
    if (is_truth(&a) && b.kind == OPERAND_YESNO)
        return n;
    if (is_of_field(&b)) {
        n->a = b;
        n->b = a;
        if (op[0] == 'g' || op[0] == 'l')
            n->op[0] = op[0] == 'g' ? 'l' : 'g';
    }
    if (!is_of_field(&n->a) || !types_agree(&n->a, &n->b))
        return mistake(p, "Operator has incompatible operand types");
    return n;
}

static const struct node *parse_not(struct parser *p)
{
    const struct node *inner;
    if (++p->depth > DEPTH_MAX)
        return mistake(p, "Error in query syntax.");
    if (take_word(p, "not")) {
        struct node *n = new_node(p, NODE_NOT);
        inner = parse_not(p);
        p->depth--;
        if (!n || !inner)
            return NULL;
        n->left = inner;
        return n;
    }
    if (take_byte(p, '(')) {
        inner = parse_or(p);
        p->depth--;
        if (inner && !take_byte(p, ')'))
            return mistake(p, "Error in query syntax.");
        return inner;
    }
    p->depth--;
    return parse_compare(p);
}

static const struct node *join(struct parser *p, enum node_kind kind,
                               const struct node *left,
                               const struct node *right)
{
    struct node *n = new_node(p, kind);
    if (!n || !right)
        return NULL;
    n->left = left;
    n->right = right;
    return n;
}

static const struct node *parse_and(struct parser *p)
{
    const struct node *left = parse_not(p);
    while (left && take_word(p, "and"))
        left = join(p, NODE_AND, left, parse_not(p));
    return left;
}

static const struct node *parse_or(struct parser *p)
{
    const struct node *left = parse_and(p);
    while (left && take_word(p, "or"))
        left = join(p, NODE_OR, left, parse_and(p));
    return left;
}

/* -------------------------------------------------- mandatory filtering */
static const char *permitted_fields(struct exact_call *c)
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < c->entity->field_count; i++)
        if (c->entity->fields[i].filter)
            buf_printf(&b, "%s%.*s", b.len ? ", " : "",
                       TEXT_ARG(c->entity->fields[i].name));
    const char *list = arena_strdup(c->arena, buf_cstr(&b));
    buf_fini(&b);
    return list;
}

static bool fields_are_permitted(struct parser *p)
{
    struct exact_call *c = p->c;
    if (!c->entity->mandatory_filter || c->kind == KIND_SYNC)
        return true;
    for (size_t i = 0; i < p->field_count; i++) {
        if (p->fields[i]->filter)
            continue;
        exact_refuse(c->call, 400,
                     "Filtering on these fields is not supported: %.*s",
                     TEXT_ARG(p->fields[i]->name));
        return false;
    }
    if (p->field_count == 0) {
        exact_refuse(c->call, 400,
                     "Mandatory filtering applies to this endpoint: use "
                     "$filter with at least one of %s",
                     permitted_fields(c));
        return false;
    }
    return true;
}

struct exact_filter *exact_filter_parse(struct exact_call *c, struct text t)
{
    struct parser p = { .c = c, .rest = t };
    struct exact_filter *f = ARENA_NEW(c->arena, struct exact_filter);
    if (text_trim(t).len > 0) {
        f->root = parse_or(&p);
        skip_blanks(&p);
        if (!f->root || p.rest.len > 0) {
            exact_refuse(c->call, 400, "%s",
                         p.why ? p.why : "Error in query syntax.");
            return NULL;
        }
    }
    return fields_are_permitted(&p) ? f : NULL;
}

/* ------------------------------------------------------------- evaluation */
static struct text shown(struct exact_call *c, const struct operand *o,
                         const struct doc *row)
{
    const struct doc *value = doc_get_text(row, o->field->name);
    if (!doc_is_present(value))
        return TEXT_NONE;
    struct text t = doc_as_text(value);
    if (o->field->type == 's')
        t = text_of(exact_padded(c->arena, c->entity, o->field, t));
    return o->kind == OPERAND_TRIM ? text_trim(t) : t;
}

static bool order_holds(const char *op, int order)
{
    switch (op[0]) {
    case 'e':
        return order == 0;
    case 'n':
        return order != 0;
    case 'g':
        return op[1] == 't' ? order > 0 : order >= 0;
    default:
        return op[1] == 't' ? order < 0 : order <= 0;
    }
}

static int compare_number(const struct doc *value, const struct operand *o)
{
    struct decimal have;
    struct decimal want =
        o->kind == OPERAND_TIME ? decimal_int(o->ms) : o->number;
    if (!doc_as_decimal(value, &have))
        return -2;
    return decimal_compare(have, want);
}

static bool guid_equal(struct text a, struct text b)
{
    return text_equal_nocase(a, b);
}

static bool compare_holds(struct exact_call *c, const struct node *n,
                          const struct doc *row)
{
    const struct doc *value = doc_get_text(row, n->a.field->name);
    bool present = doc_is_present(value);
    if (text_is(n->a.field->name, "Timestamp") &&
        strcmp(c->entity->name, "Deleted") != 0) {
        value = doc_get(row, "_version");
        present = true;
    }
    if (n->b.kind == OPERAND_NULL)
        return order_holds(n->op, present ? 1 : 0) &&
               (n->op[0] == 'e' || n->op[0] == 'n');
    if (n->b.kind == OPERAND_YESNO)
        return order_holds(n->op, doc_is_true(value) == n->b.yes ? 0 : 1);
    if (!present)
        return n->op[0] == 'n';
    if (n->b.kind == OPERAND_NUMBER || n->b.kind == OPERAND_TIME)
        return order_holds(n->op, compare_number(value, &n->b));
    if (n->b.kind == OPERAND_GUID && (n->op[0] == 'e' || n->op[0] == 'n'))
        return guid_equal(doc_as_text(value), n->b.text) == (n->op[0] == 'e');
    return order_holds(n->op, text_compare(shown(c, &n->a, row), n->b.text));
}

static bool truth_holds(struct exact_call *c, const struct operand *o,
                        const struct doc *row)
{
    struct operand field = { .kind = OPERAND_FIELD, .field = o->field };
    struct text t = shown(c, &field, row);
    size_t at;
    if (o->kind == OPERAND_SUBSTRING)
        return t.ptr && text_find(t, o->text, &at);
    return o->kind == OPERAND_STARTS ? text_starts(t, o->text)
                                     : text_ends(t, o->text);
}

static bool holds(struct exact_call *c, const struct node *n,
                  const struct doc *row)
{
    switch (n->kind) {
    case NODE_OR:
        return holds(c, n->left, row) || holds(c, n->right, row);
    case NODE_AND:
        return holds(c, n->left, row) && holds(c, n->right, row);
    case NODE_NOT:
        return !holds(c, n->left, row);
    case NODE_TRUTH:
        return truth_holds(c, &n->a, row);
    case NODE_COMPARE:
        break;
    }
    if (is_truth(&n->a))
        return order_holds(n->op,
                           truth_holds(c, &n->a, row) == n->b.yes ? 0 : 1);
    return compare_holds(c, n, row);
}

bool exact_filter_holds(struct exact_call *c, const struct exact_filter *f,
                        const struct doc *row)
{
    return !f->root || holds(c, f->root, row);
}
