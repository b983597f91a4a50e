/* Export templates of the Expensify sandbox, FreeMarker as much of it as they
 * use: text, ${…}, list, if, assign, sep, comments. A template that works here
 * uses what is documented. */
#include "config.h"
#include "connectors/expensify/sandbox_template.h"

#include <string.h>

/* ------------------------------------------------------------ directives */
/* Where a tag or interpolation that starts at `p` ends: its last character. */
static const char *tag_end(const char *p, const char *end, char last)
{
    char quote = 0;
    int depth = 0;
    for (; p < end; p++) {
        if (quote) {
            if (*p == '\\')
                p++;
            else if (*p == quote)
                quote = 0;
        } else if (*p == '"' || *p == '\'') {
            quote = *p;
        } else if (*p == '(' || *p == '[' || *p == '{') {
            depth++;
        } else if (*p == last && depth <= 0) {
            return p;
        } else if (*p == ')' || *p == ']' || *p == '}') {
            depth--;
        }
    }
    return NULL;
}

static bool is_tag(const char *p, const char *end)
{
    return (end - p > 2 && p[0] == '<' && p[1] == '#') ||
           (end - p > 3 && p[0] == '<' && p[1] == '/' && p[2] == '#');
}

static const char *after_tag(const char *p, const char *end)
{
    if (end - p >= 4 && memcmp(p, "<#--", 4) == 0) {
        for (p += 4; end - p >= 3; p++)
            if (memcmp(p, "-->", 3) == 0)
                return p + 3;
        return NULL;
    }
    p = tag_end(p + 1, end, '>');
    return p ? p + 1 : NULL;
}

/* A line that holds nothing but tags and blanks leaves nothing behind: the
 * end of the line, or NULL. */
static const char *tag_line(const char *p, const char *end)
{
    bool tags = false;
    while (p < end && *p != '\n') {
        if (is_tag(p, end)) {
            p = after_tag(p, end);
            if (!p)
                return NULL;
            tags = true;
        } else if (*p == ' ' || *p == '\t' || *p == '\r') {
            p++;
        } else {
            return NULL;
        }
    }
    return tags ? p + (p < end) : NULL;
}

struct walker {
    const char *p, *end;
    const char *bare_until; /* blanks before it are dropped */
};

enum piece { PIECE_END, PIECE_TEXT, PIECE_VALUE, PIECE_TAG };

/* The next piece: text, what is inside ${ }, or inside <# >. */
static enum piece next_piece(struct render *r, struct walker *w,
                             struct text *inside)
{
    const char *p = w->p, *last;
    if (p >= w->end)
        return PIECE_END;
    if (w->end - p > 2 && p[0] == '$' && p[1] == '{') {
        last = tag_end(p + 2, w->end, '}');
        if (!last) {
            fm_wrong(r, "Unclosed \"${\"");
            return PIECE_END;
        }
        *inside = (struct text){ p + 2, (size_t)(last - p - 2) };
        w->p = last + 1;
        return PIECE_VALUE;
    }
    if (is_tag(p, w->end)) {
        last = after_tag(p, w->end);
        if (!last) {
            fm_wrong(r, "Unclosed tag");
            return PIECE_END;
        }
        *inside = (struct text){ p, (size_t)(last - p) };
        w->p = last;
        return PIECE_TAG;
    }
    while (p < w->end && !(p > w->p && p[-1] == '\n') && !is_tag(p, w->end) &&
           !(w->end - p > 2 && p[0] == '$' && p[1] == '{'))
        p++;
    *inside = (struct text){ w->p, (size_t)(p - w->p) };
    w->p = p;
    return PIECE_TEXT;
}

static bool at_line_start(const struct walker *w, const char *begin)
{
    return w->p == begin || w->p[-1] == '\n';
}

/* Name of a tag: "list", "/list", "--". */
static struct text tag_name(struct text tag)
{
    size_t from = text_starts(tag, TEXT("</#")) ? 3 : 2, to = from;
    if (text_starts(tag, TEXT("<#--")))
        return TEXT("--");
    while (to < tag.len && fm_name_char(tag.ptr[to]))
        to++;
    return text_slice(tag, from, to - from);
}

static struct scan tag_inside(struct text tag, struct text name)
{
    const char *end = tag.ptr + tag.len - 1;
    if (end > tag.ptr && end[-1] == '/')
        end--;
    return (struct scan){ name.ptr + name.len, end };
}

static bool opens(struct text name)
{
    return text_is(name, "list") || text_is(name, "if");
}

static bool closes(struct text tag)
{
    return tag.len > 2 && tag.ptr[1] == '/';
}

/* The part from `w` up to the closing tag of this level, or an else of it;
 * for a `sep` also its own end tag. */
static struct text read_part(struct render *r, struct walker *w, bool sep,
                             struct text *ended_by)
{
    const char *from = w->p, *before = w->p;
    struct text piece;
    enum piece kind;
    int depth = 0;
    *ended_by = TEXT_NONE;
    while ((kind = next_piece(r, w, &piece)) != PIECE_END) {
        struct text name = kind == PIECE_TAG ? tag_name(piece) : TEXT_NONE;
        if (kind == PIECE_TAG && !text_is(name, "--")) {
            bool close =
                closes(piece) && (opens(name) || (sep && text_is(name, "sep")));
            if (depth == 0 &&
                (close || text_is(name, "else") || text_is(name, "elseif"))) {
                *ended_by = piece;
                return (struct text){ from, (size_t)(before - from) };
            }
            if (opens(name))
                depth += close ? -1 : 1;
        }
        before = w->p;
    }
    fm_wrong(r, "You have an unclosed directive");
    return TEXT_NONE;
}

static void render_part(struct render *r, struct text part);

static void push_name(struct render *r, struct text name, struct val value)
{
    if (r->name_count == NAMES_MAX)
        fm_wrong(r, "Too many variables");
    else
        r->names[r->name_count++] =
            (struct name){ .name = name, .value = value };
}

static void do_list(struct render *r, struct walker *w, struct scan s)
{
    struct val v = fm_read(r, &s, false);
    struct text variable = TEXT_NONE, second = TEXT_NONE, ended, body, other;
    size_t was = r->name_count, count;
    if (fm_eat_word(&s, "as"))
        variable = fm_read_name(&s);
    if (fm_eat(&s, ","))
        second = fm_read_name(&s);
    body = read_part(r, w, false, &ended);
    other = TEXT_NONE;
    if (text_is(tag_name(ended), "else"))
        other = read_part(r, w, false, &ended);
    if (!r->failed && variable.len == 0)
        fm_wrong(r, "#list needs \"as\" and a name here");
    if (!r->failed && v.kind != NODE)
        v.kind == MISSING ? (void)fm_printed(r, &v)
                          : fm_wrong(r, "Expected a sequence or collection");
    if (r->failed)
        return;
    count = doc_count(v.node);
    if (count == 0)
        render_part(r, other);
    void *it = doc_kind(v.node) == DOC_OBJECT ? doc_first(v.node) : NULL;
    for (size_t i = 0; i < count && !r->failed; i++) {
        struct val item = it ? fm_of_text(text_of(doc_name(it)))
                             : fm_of_doc(doc_at(v.node, i), variable);
        push_name(r, variable, item);
        r->names[was].loop = true;
        r->names[was].index = i;
        r->names[was].count = count;
        if (it && second.len > 0)
            push_name(r, second, fm_of_doc(doc_value(it), second));
        render_part(r, body);
        r->name_count = was;
        if (it)
            it = doc_next(v.node, it);
    }
}

static void do_if(struct render *r, struct walker *w, struct scan s)
{
    struct val v = fm_read(r, &s, false);
    bool done = !r->failed && fm_truth(r, &v), yes = done;
    struct text ended = TEXT_NONE;
    while (!r->failed) {
        struct text body = read_part(r, w, false, &ended);
        if (yes && !r->failed)
            render_part(r, body);
        if (r->failed || closes(ended))
            return;
        yes = !done;
        if (text_is(tag_name(ended), "elseif") && !done) {
            s = tag_inside(ended, tag_name(ended));
            v = fm_read(r, &s, false);
            yes = !r->failed && fm_truth(r, &v);
        }
        done = done || yes;
    }
}

/* Between the items of the loop around it; an end tag is optional. */
static void do_sep(struct render *r, struct walker *w)
{
    const struct name *loop = NULL;
    struct walker was = *w;
    struct text ended, part;
    for (size_t i = r->name_count; i-- > 0 && !loop;)
        if (r->names[i].loop)
            loop = &r->names[i];
    if (!loop) {
        fm_wrong(r, "#sep must be inside a #list");
        return;
    }
    bool more = loop->index + 1 < loop->count;
    char why[512];
    char *kept = r->why;
    r->why = why;
    part = read_part(r, w, true, &ended);
    r->why = kept;
    if (r->failed || !text_is(tag_name(ended), "sep")) {
        r->failed = false; /* up to the end of the item */
        part = (struct text){ was.p, (size_t)(w->end - was.p) };
        w->p = w->end;
    }
    if (more)
        render_part(r, part);
}

static void do_assign(struct render *r, struct scan s)
{
    struct text name = fm_read_name(&s);
    if (name.len == 0 || !fm_eat(&s, "=")) {
        fm_wrong(r, "#assign needs a name, \"=\" and a value");
        return;
    }
    struct val v = fm_read(r, &s, false);
    for (size_t i = 0; i < r->name_count; i++)
        if (!r->names[i].loop && text_equal(r->names[i].name, name)) {
            r->names[i].value = v;
            return;
        }
    push_name(r, name, v);
}

static void do_tag(struct render *r, struct walker *w, struct text tag)
{
    struct text name = tag_name(tag);
    struct scan s = tag_inside(tag, name);
    if (text_is(name, "--") || text_is(name, "t") || text_is(name, "lt") ||
        text_is(name, "rt") || text_is(name, "nt") ||
        text_is(name, "setting") || text_is(name, "ftl"))
        return;
    if (closes(tag))
        fm_wrong(r, "Unexpected end tag: %.*s", TEXT_ARG(tag));
    else if (text_is(name, "list"))
        do_list(r, w, s);
    else if (text_is(name, "if"))
        do_if(r, w, s);
    else if (text_is(name, "sep"))
        do_sep(r, w);
    else if (text_is(name, "assign") || text_is(name, "local") ||
             text_is(name, "global"))
        do_assign(r, s);
    else
        fm_wrong(r, "Unknown directive: #%.*s", TEXT_ARG(name));
}

static void print_value(struct render *r, struct text inside)
{
    struct scan s = { inside.ptr, inside.ptr + inside.len };
    struct val v = fm_read(r, &s, true);
    fm_blanks(&s);
    if (!r->failed && s.p < s.end)
        fm_wrong(
            r, "Encountered \"%.20s\" after an expression",
            text_cstr(r->arena, (struct text){ s.p, (size_t)(s.end - s.p) }));
    if (!r->failed)
        buf_text(r->out, fm_printed(r, &v));
}

static void render_part(struct render *r, struct text part)
{
    struct walker w = { part.ptr, part.ptr + part.len, part.ptr };
    struct text piece;
    enum piece kind;
    if (part.len == 0 || ++r->depth > DEPTH_MAX) {
        if (part.len > 0)
            fm_wrong(r, "The template nests too deeply");
        return;
    }
    while (!r->failed && (kind = next_piece(r, &w, &piece)) != PIECE_END) {
        if (kind == PIECE_TEXT)
            buf_text(r->out, piece);
        else if (kind == PIECE_VALUE)
            print_value(r, piece);
        else
            do_tag(r, &w, piece);
    }
    r->depth--;
}

/* Drops the lines that hold tags only, but for the tags. */
static struct text without_tag_lines(struct text source, struct arena *arena)
{
    struct walker w = { source.ptr, source.ptr + source.len, NULL };
    char *out = arena_alloc(arena, source.len + 1);
    size_t len = 0;
    while (w.p < w.end) {
        const char *line =
            at_line_start(&w, source.ptr) ? tag_line(w.p, w.end) : NULL;
        const char *until =
            line ? line : memchr(w.p, '\n', (size_t)(w.end - w.p));
        until = until ? until + !line : w.end;
        while (w.p < until) {
            const char *next =
                is_tag(w.p, w.end) ? after_tag(w.p, w.end) : NULL;
            if (next) { /* also over the ends of lines inside a tag */
                memcpy(out + len, w.p, (size_t)(next - w.p));
                len += (size_t)(next - w.p);
                w.p = next;
            } else if (line) {
                w.p++;
            } else {
                out[len++] = *w.p++;
            }
        }
    }
    return (struct text){ out, len };
}

bool expensify_template_render(struct text source, const struct doc *model,
                               bool grouped, struct buf *out, char why[512])
{
    struct arena arena;
    struct render r = { .arena = &arena,
                        .model = model,
                        .grouped = grouped,
                        .out = out,
                        .why = why };
    arena_init(&arena);
    why[0] = '\0';
    render_part(&r, without_tag_lines(source, &arena));
    arena_fini(&arena);
    return !r.failed;
}
