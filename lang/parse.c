/* The door of the parser: one source in, one tree out. Also the making of
 * nodes, with the bound on the tree's height that lets every walker recurse.
 * Limits: SOURCE_MAX, NAME_MAX_LEN, TEXT_MAX_LEN and BRACKETS_MAX in
 * lang/parse.h, NODE_HEIGHT_MAX in lang/ast.h, YYMAXDEPTH in parser.y. */
#include "config.h"

#include "lang/parser.h"
#include <string.h>

struct diag *parse_error(struct parse *p, const char *code, struct span span,
                         const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = arena_vprintf(p->arena, format, args);
    va_end(args);
    p->errors++;
    return diag_add(p->diags, DIAG_ERROR, code, span, "%s", text);
}

struct node *node_new(struct parse *p, enum node_kind kind, struct span span)
{
    struct node *n = ARENA_NEW(p->arena, struct node);

    n->kind = kind;
    n->span = span;
    n->name_span = span;
    return n;
}

struct node *node_text(struct parse *p, enum node_kind kind, struct span span,
                       struct text text, struct span name_span)
{
    struct node *n = node_new(p, kind, span);

    n->text = text;
    n->name_span = name_span;
    return n;
}

/* A part that would make the tree too high gives way to a BROKEN node. */
static struct node *cut(struct parse *p, struct node *kid)
{
    struct node *broken = node_new(p, NODE_BROKEN, kid->span);

    broken->next = kid->next;
    if (!p->height_told) {
        struct diag *d = parse_error(p, "E0107", kid->span,
                                     "this is nested more than %d deep",
                                     NODE_HEIGHT_MAX);

        diag_note(p->diags, d, "Give a part of it a name with `let`.");
    }
    p->height_told = true;
    return broken;
}

void node_kid(struct parse *p, struct node *n, int index, struct node *kid)
{
    n->kid[index] = kid;
    for (struct node **at = &n->kid[index]; *at; at = &(*at)->next) {
        if ((*at)->height + 1 > NODE_HEIGHT_MAX)
            *at = cut(p, *at);
        if ((*at)->height + 1 > n->height)
            n->height = (uint16_t)((*at)->height + 1);
    }
}

struct node *node_pair(struct parse *p, enum node_kind kind, struct span span,
                       struct node *a, struct node *b)
{
    struct node *n = node_new(p, kind, span);

    node_kid(p, n, 0, a);
    node_kid(p, n, 1, b);
    return n;
}

struct node *node_compare(struct parse *p, enum compare_op op,
                          struct span span, struct node *a, struct node *b)
{
    struct node *n = node_pair(p, NODE_COMPARE, span, a, b);

    n->lit.op = op;
    return n;
}

void chain_add(struct chain *chain, struct node *n)
{
    if (chain->last)
        chain->last->next = n;
    else
        chain->first = n;
    chain->last = n;
}

struct node *node_name(struct parse *p, struct text name, struct span span)
{
    return node_text(p, NODE_NAME, span, name_decode(p, name), span);
}

void node_take_doc(struct parse *p, struct node *n)
{
    while (p->doc_at && p->doc_at->next && p->doc_at->before < n->span.start)
        p->doc_at = p->doc_at->next;
    if (p->doc_at && p->doc_at->before == n->span.start)
        n->doc = p->doc_at->text;
}

/* Bytes of a sign nobody can see that does not belong in a text file: control
 * characters, and those that turn the direction of writing, which make a line
 * read otherwise than it is. 0: none starts at `i`. */
static size_t hidden(struct text t, size_t i)
{
    unsigned char c = (unsigned char)t.ptr[i], d, e;

    if (c < ' ' || c == 0x7F)
        return c != '\t' && c != '\n' && c != '\r';
    if (c != 0xE2 || i + 2 >= t.len)
        return 0;
    d = (unsigned char)t.ptr[i + 1];
    e = (unsigned char)t.ptr[i + 2];
    return (d == 0x80 && e >= 0xAA && e <= 0xAE) ||
                   (d == 0x81 && e >= 0xA6 && e <= 0xA9)
               ? 3
               : 0;
}

static void refuse_hidden(struct parse *p, uint32_t number, struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        size_t len = hidden(t, i), at = i;
        struct span span = { number, (uint32_t)i, (uint32_t)(i + len) };
        const char *end;

        if (!len)
            continue;
        parse_error(p, "E0110", span,
                    "a character nobody can see, U+%04X, stands here; in a "
                    "text write \\u{%X}",
                    (unsigned)utf8_decode(t, &at),
                    (unsigned)utf8_decode(t, &(size_t){ i }));
        end = memchr(t.ptr + i, '\n', t.len - i);
        i = end ? (size_t)(end - t.ptr) : t.len; /* one a line is enough */
    }
}

#define LOOK_AT 4096 /* bytes that tell text from something else */
#define ODD_MOST 8   /* control characters that can be slips */

static bool is_control(unsigned char c)
{
    return c == 0x7F || (c < ' ' && c != '\t' && c != '\n' && c != '\r' &&
                         c != '\f');
}

/* What the bytes are when they are no text, or NULL. Latin-1 is text. */
static const char *no_text(struct text t)
{
    size_t odd = 0, len = t.len < LOOK_AT ? t.len : LOOK_AT;

    if (t.len >= 2 && (memcmp(t.ptr, "\xFF\xFE", 2) == 0 ||
                       memcmp(t.ptr, "\xFE\xFF", 2) == 0))
        return "UTF-16 (some editors call it Unicode)";
    if (t.len >= 4 && memcmp(t.ptr, "PK\x03\x04", 4) == 0)
        return "a zip archive, as spreadsheets and documents are";
    for (size_t i = 0; i < len; i++)
        odd += is_control((unsigned char)t.ptr[i]);
    if (odd > ODD_MOST && odd > len / 50)
        return "no text";
    return NULL;
}

static bool source_is_readable(struct parse *p, uint32_t number,
                               struct text text)
{
    struct span span = { number, 0, 0 };
    size_t bad = 0;
    struct diag *d;

    if (text.len > SOURCE_MAX) {
        parse_error(p, "E0109", span,
                    "the file is larger than %zu MB, the most that is read",
                    SOURCE_MAX >> 20);
        return false;
    }
    if (no_text(text)) {
        d = parse_error(p, "E0108", span, "this file is %s", no_text(text));
        diag_note(p->diags, d, "Save it as plain text in UTF-8.");
        return false;
    }
    if (!utf8_valid(text, &bad)) {
        span.start = (uint32_t)bad;
        span.end = (uint32_t)bad + 1;
        d = parse_error(p, "E0108", span, "byte 0x%02X here is not UTF-8",
                        (unsigned char)text.ptr[bad]);
        diag_note(p->diags, d, "Save the file as UTF-8; it may be Latin-1 or "
                               "Windows-1252.");
        p->utf8_told = true;
    }
    refuse_hidden(p, number, text);
    return true;
}

static void parse_text(struct parse *p, uint32_t number, int start)
{
    const struct source *s = sources_get(p->sources, number);
    struct lex lex = { .source = number };

    p->lex = &lex;
    if (!source_is_readable(p, number, s->text))
        return;
    lex_open(p, &lex, s->text, 0, start);
    mlc_yyparse(p);
    lex_close(&lex);
}

void parse_source(struct arena *arena, struct sources *sources,
                  uint32_t number, struct diags *diags, struct tree *tree)
{
    struct parse p = { .arena = arena,
                       .sources = sources,
                       .diags = diags,
                       .tree = tree };

    *tree = (struct tree){ .source = number };
    parse_text(&p, number, TOK_START_FILE);
    tree->file = p.result;
    if (!tree->file)
        tree->file =
            node_new(&p, NODE_FILE, (struct span){ number, 0, 0 });
    tree->broken = p.errors > 0;
}

struct node *parse_expression(struct arena *arena, struct sources *sources,
                              uint32_t number, struct diags *diags)
{
    struct tree tree = { .source = number };
    struct parse p = { .arena = arena,
                       .sources = sources,
                       .diags = diags,
                       .tree = &tree };

    parse_text(&p, number, TOK_START_EXPR);
    if (p.errors || !p.result)
        return NULL;
    return p.result;
}
