/* What stands in quotes and backticks: escapes, holes, names and paths. A
 * hole is read by a second entry into the same grammar, on a slice of the
 * same source, so that a mistake in it is underlined in place. */
#include "config.h"

#include "lang/parser.h"
#include <string.h>

struct decode {
    struct parse *p;
    struct span span; /* of the part in hand */
    char *out;
    size_t len;
};

static struct span at(const struct decode *d, size_t start, size_t end)
{
    return (struct span){ d->span.source, d->span.start + (uint32_t)start,
                          d->span.start + (uint32_t)end };
}

/* \u{1F600}; `i` stands on the u. Returns the index after it. */
static size_t decode_code_point(struct decode *d, struct text t, size_t i)
{
    int32_t code = 0;
    size_t start = i - 1, j = i + 1;
    size_t digits = 0;

    if (j < t.len && t.ptr[j] == '{')
        for (j++; j < t.len && digits < 7; j++, digits++) {
            char c = t.ptr[j];
            int v = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

            if (v < 0)
                break;
            code = code * 16 + v;
        }
    if (!digits || j >= t.len || t.ptr[j] != '}' || code > 0x10FFFF ||
        code == 0 || (code >= 0xD800 && code < 0xE000)) {
        parse_error(d->p, "E0115", at(d, start, i + 1),
                    "a character by its number is written \\u{20AC}");
        return i + 1;
    }
    d->len += utf8_encode(code, d->out + d->len);
    return j + 1;
}

static size_t decode_escape(struct decode *d, struct text t, size_t i)
{
    static const char from[] = "\"\\{}nt'", to[] = "\"\\{}\n\t'";
    const char *known;

    if (i >= t.len)
        return i;
    if (t.ptr[i] == 'u')
        return decode_code_point(d, t, i);
    known = t.ptr[i] ? strchr(from, t.ptr[i]) : NULL;
    if (known) {
        d->out[d->len++] = to[known - from];
        return i + 1;
    }
    parse_error(d->p, "E0115", at(d, i - 1, i + 1),
                "an unknown escape in a text; known are \\\" \\\\ \\{ \\} "
                "\\n \\t and \\u{…}; a backslash itself is \\\\");
    d->out[d->len++] = t.ptr[i];
    return i + 1;
}

/* `t` starts at `span`.start. */
static struct text decode(struct parse *p, struct text t, struct span span)
{
    struct decode d = { .p = p, .span = span };

    if (!memchr(t.ptr, '\\', t.len))
        return t;
    d.out = arena_alloc(p->arena, t.len + 1);
    for (size_t i = 0; i < t.len;) {
        if (t.ptr[i] == '\\')
            i = decode_escape(&d, t, i + 1);
        else
            d.out[d.len++] = t.ptr[i++];
    }
    return (struct text){ d.out, d.len };
}

static struct text inside(struct parse *p, struct text raw, struct span *span)
{
    if (raw.len > TEXT_MAX_LEN)
        parse_error(p, "E0109", *span, "a text has at most %d bytes",
                    TEXT_MAX_LEN);
    if (raw.len < 2 || raw.len > TEXT_MAX_LEN)
        return TEXT("");
    span->start += (span->end - span->start - (uint32_t)raw.len) / 2 + 1;
    span->end = span->start + (uint32_t)raw.len - 2;
    return text_slice(raw, 1, raw.len - 2);
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.';
}

/* Index after the escape whose backslash is at `i`. */
static size_t skip_escape(struct text t, size_t i)
{
    if (i + 2 >= t.len || t.ptr[i + 1] != 'u' || t.ptr[i + 2] != '{')
        return i + 2;
    for (i += 3; i < t.len && t.ptr[i] != '}' && t.ptr[i] != '{'; i++)
        ;
    return i < t.len && t.ptr[i] == '}' ? i + 1 : i;
}

/* {name} in a text that takes no holes: somebody expects it to be filled. */
static void refuse_holes(struct parse *p, struct text t, struct span span)
{
    for (size_t i = 0; i < t.len; i++) {
        size_t end = i + 1;

        if (t.ptr[i] == '\\') {
            i = skip_escape(t, i) - 1;
            continue;
        }
        if (t.ptr[i] != '{')
            continue;
        while (end < t.len && is_name_byte(t.ptr[end]))
            end++;
        if (end > i + 1 && end < t.len && t.ptr[end] == '}') {
            struct span hole = { span.source, span.start + (uint32_t)i,
                                 span.start + (uint32_t)end + 1 };
            struct diag *d = parse_error(
                p, "E0117", hole, "this text is taken as it stands; "
                                  "nothing is filled in here");

            diag_note(p->diags, d, "Write \\{ for the sign itself.");
            return;
        }
    }
}

struct node *text_plain(struct parse *p, struct text raw, struct span span)
{
    struct node *n = node_new(p, NODE_TEXT_LIT, span);
    struct text t = inside(p, raw, &span);

    if (p->lex->place == OBJECT_NONE) /* paths of APIs have holes of theirs */
        refuse_holes(p, t, span);
    n->text = decode(p, t, span);
    return n;
}

struct node *text_pattern(struct parse *p, struct text raw, struct span span)
{
    struct node *n = node_new(p, NODE_TEXT_LIT, span);
    struct text t = inside(p, raw, &span);
    char *copy = arena_alloc(p->arena, t.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '\\' && i + 1 < t.len && t.ptr[i + 1] == '"')
            continue;
        copy[len++] = t.ptr[i];
        if (t.ptr[i] == '\\' && i + 1 < t.len)
            copy[len++] = t.ptr[++i];
    }
    n->text = (struct text){ copy, len };
    return n;
}

static struct node *parse_hole(struct parse *p, struct text t,
                               struct span span)
{
    struct lex lex = { .source = span.source, .in_hole = true };
    struct lex *outer = p->lex;
    struct node *outer_result = p->result, *n;

    p->lex = &lex;
    p->result = NULL;
    lex_open(p, &lex, t, span.start, TOK_START_HOLE);
    mlc_yyparse(p);
    lex_close(&lex);
    n = p->result ? p->result : node_new(p, NODE_BROKEN, span);
    p->lex = outer;
    p->result = outer_result;
    return n;
}

/* Index of the `}` that closes the hole whose content starts at `i`. */
static size_t hole_end(struct text t, size_t i)
{
    int depth = 1;

    for (; i < t.len; i++) {
        depth += t.ptr[i] == '{';
        depth -= t.ptr[i] == '}';
        if (!depth)
            break;
    }
    return i;
}

static struct node *hole(struct parse *p, struct text t, struct span span)
{
    size_t quote;
    struct diag *d;

    if (text_find(t, TEXT("\""), &quote)) {
        span.start += (uint32_t)quote;
        span.end = span.start + 1;
        d = parse_error(p, "E0116", span,
                        "no quotes can stand between { and } in a text");
        diag_note(p->diags, d, "Give the value a name with `let` first and "
                               "write the name between { and }.");
        return node_new(p, NODE_BROKEN, span);
    }
    if (!text_trim(t).len) {
        span.start--;
        span.end++;
        d = parse_error(p, "E0116", span, "nothing stands between { and }");
        diag_note(p->diags, d, "Write \\{ for the sign itself.");
        return node_new(p, NODE_BROKEN, span);
    }
    return parse_hole(p, t, span);
}

static void add_part(struct parse *p, struct chain *parts, struct text t,
                     struct span span, size_t start, size_t end)
{
    struct span part = { span.source, span.start + (uint32_t)start,
                         span.start + (uint32_t)end };

    if (start == end)
        return;
    chain_add(parts,
              node_text(p, NODE_TEXT_PART, part,
                        decode(p, text_slice(t, start, end - start), part),
                        part));
}

static void add_hole(struct parse *p, struct chain *parts, struct text t,
                     struct span span, size_t start, size_t end)
{
    struct span inner = { span.source, span.start + (uint32_t)start,
                          span.start + (uint32_t)end };
    struct diag *d;

    if (end < t.len) {
        chain_add(parts, hole(p, text_slice(t, start, end - start), inner));
        return;
    }
    inner.start--;
    inner.end = inner.start + 1;
    d = parse_error(p, "E0116", inner, "this { has no } in the same text");
    diag_note(p->diags, d, "Write \\{ for the sign itself.");
    chain_add(parts, node_new(p, NODE_BROKEN, inner));
}

struct node *text_with_holes(struct parse *p, struct text raw,
                             struct span span)
{
    struct node *n = node_new(p, NODE_TEXT_LIT, span);
    struct text t = inside(p, raw, &span);
    struct chain parts = { 0 };
    size_t start = 0, i = 0;

    while (i < t.len) {
        if (t.ptr[i] == '\\') {
            i = skip_escape(t, i);
        } else if (t.ptr[i] == '{') {
            size_t end = hole_end(t, i + 1);

            add_part(p, &parts, t, span, start, i);
            add_hole(p, &parts, t, span, i + 1, end);
            i = start = end + 1;
        } else {
            i++;
        }
    }
    if (!parts.first) {
        n->text = decode(p, t, span);
        return n;
    }
    if (start < t.len)
        add_part(p, &parts, t, span, start, t.len);
    node_kid(p, n, TEXT_LIT_parts, parts.first);
    return n;
}

struct text name_decode(struct parse *p, struct text raw)
{
    (void)p;
    if (raw.len >= 2 && raw.ptr[0] == '`')
        return text_slice(raw, 1, raw.len - 2);
    return raw;
}

static size_t segment_end(struct text raw, size_t i)
{
    if (raw.ptr[i] == '`') {
        for (i++; i < raw.len && raw.ptr[i] != '`'; i++)
            ;
        return i < raw.len ? i + 1 : i;
    }
    while (i < raw.len && raw.ptr[i] != '.')
        i++;
    return i;
}

struct node *path_node(struct parse *p, struct text raw, struct span span)
{
    struct node *path = NULL;

    for (size_t i = 0; i < raw.len;) {
        size_t end = segment_end(raw, i);
        struct span part = { span.source, span.start + (uint32_t)i,
                             span.start + (uint32_t)end };
        struct text t = text_slice(raw, i, end - i);

        if (path) {
            path_more(p, path, t, part);
        } else {
            path = node_new(p, NODE_PATH, span);
            path->text = name_decode(p, t);
            node_kid(p, path, PATH_parts, node_name(p, t, part));
        }
        i = end + 1;
    }
    return path ? path : node_new(p, NODE_PATH, span);
}

struct node *path_more(struct parse *p, struct node *path, struct text raw,
                       struct span span)
{
    struct node *last = KID(path, PATH, parts);
    struct text name = name_decode(p, raw);

    while (last->next)
        last = last->next;
    last->next = node_name(p, raw, span);
    path->text = text_of(arena_printf(p->arena, "%.*s.%.*s",
                                      TEXT_ARG(path->text), TEXT_ARG(name)));
    path->name_span = path->span = span_join(path->span, span);
    return path;
}
