/* A small FreeMarker for the Expensify sandbox: text, ${…}, list, items, if,
 * assign, sep, comments; defaults, built-ins, arithmetic. What it does not
 * know is an error, as it is at the vendor's: a template that works here uses
 * what is documented. */
#include "config.h"
#include "connectors/expensify/sandbox.h"

#include "base/decimal.h"
#include "runtime/uri.h"
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 64
#define NAMES_MAX 64
#define OUTPUT_MAX ((size_t)64 << 20)

enum kind { MISSING, TEXT_VALUE, NUMBER, YESNO, NODE };

struct val {
    enum kind kind;
    bool broken;      /* MISSING because a step before it was */
    struct text text; /* TEXT_VALUE; the name of what is missing */
    struct decimal number;
    bool yes;
    const struct doc *node; /* NODE: list or object */
};

struct name {
    struct text name;
    struct val value;
    size_t index, count; /* of a loop */
    bool loop;
};

struct render {
    struct arena *arena;
    const struct doc *model;
    bool grouped;
    struct buf *out;
    char *why;
    bool failed;
    struct name names[NAMES_MAX];
    size_t name_count;
    int depth;
};

/* A part of the template that is being walked. */
struct scan {
    const char *p, *end;
};

static void wrong(struct render *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void wrong(struct render *r, const char *format, ...)
{
    va_list args;
    if (r->failed)
        return;
    r->failed = true;
    va_start(args, format);
    vsnprintf(r->why, 512, format, args);
    va_end(args);
}

/* ---------------------------------------------------------------- values */
static struct val missing(struct text name, bool broken)
{
    return (struct val){ .kind = MISSING, .text = name, .broken = broken };
}

static struct val of_text(struct text t)
{
    return (struct val){ .kind = TEXT_VALUE, .text = t };
}

static struct val of_number(struct decimal d)
{
    return (struct val){ .kind = NUMBER, .number = d };
}

static struct val of_yesno(bool yes)
{
    return (struct val){ .kind = YESNO, .yes = yes };
}

static struct val of_doc(const struct doc *d, struct text name)
{
    struct decimal n;
    switch (doc_kind(d)) {
    case DOC_TEXT:
        return of_text(doc_as_text(d));
    case DOC_NUMBER:
        return doc_as_decimal(d, &n) ? of_number(n) : of_text(doc_as_text(d));
    case DOC_YESNO:
        return of_yesno(doc_is_true(d));
    case DOC_LIST:
    case DOC_OBJECT:
        return (struct val){ .kind = NODE, .node = d };
    case DOC_NONE:
    case DOC_NULL:
        break;
    }
    return missing(name, false);
}

/* "1,234" where numbers are grouped; at most three decimals, as the default
 * format has it. `plain`: ?c. */
static struct text number_text(struct render *r, struct decimal d, bool plain)
{
    char digits[DECIMAL_TEXT_MAX], *point;
    char *out = arena_alloc(r->arena, 2 * DECIMAL_TEXT_MAX);
    size_t len = 0, whole;
    if (!plain)
        decimal_round(d, 3, ROUND_HALF_EVEN, &d);
    decimal_print(decimal_trim(d), digits);
    if (plain || !r->grouped)
        return text_of(arena_strdup(r->arena, digits));
    point = strchr(digits, '.');
    whole = point ? (size_t)(point - digits) : strlen(digits);
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0 && digits[i - 1] != '-')
            out[len++] = ',';
        out[len++] = digits[i];
    }
    snprintf(out + len, DECIMAL_TEXT_MAX, "%s", digits + whole);
    return text_of(out);
}

static struct text printed(struct render *r, const struct val *v)
{
    switch (v->kind) {
    case TEXT_VALUE:
        return v->text;
    case NUMBER:
        return number_text(r, v->number, false);
    case YESNO:
        wrong(r, "Can't convert boolean to string automatically, because the "
                 "\"boolean_format\" setting was \"true,false\"; use ?string");
        return TEXT_NONE;
    case NODE:
        wrong(r,
              "Expected a string or something automatically convertible to "
              "string, but this has evaluated to a %s",
              doc_kind(v->node) == DOC_LIST ? "sequence" : "hash");
        return TEXT_NONE;
    case MISSING:
        break;
    }
    wrong(r, "The following has evaluated to null or missing: ==> %.*s",
          TEXT_ARG(v->text));
    return TEXT_NONE;
}

static bool has_content(const struct val *v)
{
    return v->kind == TEXT_VALUE ? v->text.len > 0
           : v->kind == NODE     ? doc_count(v->node) > 0
                                 : v->kind != MISSING;
}

/* ----------------------------------------------------------- expressions */
static struct val read_or(struct render *r, struct scan *s, bool angle);

static void blanks(struct scan *s)
{
    while (s->p < s->end &&
           (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

static bool at(struct scan *s, const char *word)
{
    size_t len = strlen(word);
    blanks(s);
    return (size_t)(s->end - s->p) >= len && memcmp(s->p, word, len) == 0;
}

static bool eat(struct scan *s, const char *word)
{
    if (!at(s, word))
        return false;
    s->p += strlen(word);
    return true;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '$' || c == '@';
}

static struct text read_name(struct scan *s)
{
    const char *from;
    blanks(s);
    from = s->p;
    while (s->p < s->end && is_name_char(*s->p))
        s->p++;
    return (struct text){ from, (size_t)(s->p - from) };
}

static bool eat_word(struct scan *s, const char *word)
{
    struct scan was = *s;
    if (text_is(read_name(s), word))
        return true;
    *s = was;
    return false;
}

static struct val read_string(struct render *r, struct scan *s)
{
    char quote = *s->p++;
    struct buf b;
    buf_init(&b, 0);
    while (s->p < s->end && *s->p != quote) {
        char c = *s->p++;
        if (c == '\\' && s->p < s->end) {
            c = *s->p++;
            c = c == 'n'   ? '\n'
                : c == 't' ? '\t'
                : c == 'r' ? '\r'
                : c == 'l' ? '<'
                : c == 'g' ? '>'
                : c == 'a' ? '&'
                           : c;
        }
        buf_byte(&b, c);
    }
    if (s->p == s->end)
        wrong(r, "Unterminated string literal");
    else
        s->p++;
    struct text t = buf_dup(r->arena, &b);
    buf_fini(&b);
    return of_text(t.ptr ? t : TEXT(""));
}

static struct val read_number(struct render *r, struct scan *s)
{
    const char *from = s->p;
    struct decimal d;
    while (s->p < s->end && ((*s->p >= '0' && *s->p <= '9') ||
                             (*s->p == '.' && s->p + 1 < s->end &&
                              s->p[1] >= '0' && s->p[1] <= '9')))
        s->p++;
    if (decimal_parse((struct text){ from, (size_t)(s->p - from) }, &d) !=
        DECIMAL_OK)
        wrong(r, "Malformed number");
    return of_number(d);
}

static struct val loop_member(const struct name *n, struct text part)
{
    if (text_is(part, "index"))
        return of_number(decimal_int((int64_t)n->index));
    return of_yesno(n->index + 1 < n->count);
}

/* x_index and x_has_next of the old loops. */
static bool old_loop_name(struct render *r, struct text name, struct val *v)
{
    static const char *const ends[][2] = { { "_index", "index" },
                                           { "_has_next", "has_next" } };
    for (size_t i = r->name_count; i-- > 0;)
        for (size_t k = 0; k < 2 && r->names[i].loop; k++) {
            struct text loop = r->names[i].name;
            if (text_starts(name, loop) &&
                text_is(text_slice(name, loop.len, name.len - loop.len),
                        ends[k][0])) {
                *v = loop_member(&r->names[i], text_of(ends[k][1]));
                return true;
            }
        }
    return false;
}

static const struct name *find_loop(struct render *r, struct text name)
{
    for (size_t i = r->name_count; i-- > 0;)
        if (r->names[i].loop && text_equal(r->names[i].name, name))
            return &r->names[i];
    return NULL;
}

static struct val lookup(struct render *r, struct text name)
{
    struct val v;
    for (size_t i = r->name_count; i-- > 0;)
        if (text_equal(r->names[i].name, name))
            return r->names[i].value;
    if (doc_get_text(r->model, name))
        return of_doc(doc_get_text(r->model, name), name);
    if (old_loop_name(r, name, &v))
        return v;
    return missing(name, false);
}

static struct val step(struct render *r, struct val v, struct text name)
{
    (void)r;
    if (v.kind == MISSING)
        return missing(v.text, true);
    if (v.kind != NODE || doc_kind(v.node) != DOC_OBJECT)
        return missing(name, false);
    return of_doc(doc_get_text(v.node, name), name);
}

static struct val element(struct render *r, struct val v, struct val key)
{
    int64_t n;
    if (key.kind == TEXT_VALUE)
        return step(r, v, key.text);
    if (v.kind == NODE && key.kind == NUMBER &&
        decimal_to_int64(key.number, &n) && n >= 0)
        return of_doc(doc_at(v.node, (size_t)n), TEXT("[]"));
    return missing(TEXT("[]"), v.kind == MISSING);
}

/* ------------------------------------------------------------- built-ins */
struct escape {
    char from;
    const char *to;
};

static struct text escaped(struct render *r, struct text t,
                           const struct escape *list)
{
    struct buf b;
    buf_init(&b, OUTPUT_MAX);
    for (size_t i = 0; i < t.len; i++) {
        const struct escape *e = list;
        while (e->from && e->from != t.ptr[i])
            e++;
        if (e->from)
            buf_str(&b, e->to);
        else if ((unsigned char)t.ptr[i] < 0x20)
            buf_printf(&b, "\\u%04x", (unsigned)t.ptr[i]);
        else
            buf_byte(&b, t.ptr[i]);
    }
    struct text out = buf_dup(r->arena, &b);
    buf_fini(&b);
    return out.ptr ? out : TEXT("");
}

/* As FreeMarker does: "/" after "<", ">" after "]" or "-" in scripts are left
 * out of this; what counts is that JSON stays JSON. */
static const struct escape json_escapes[] = {
    { '"', "\\\"" }, { '\\', "\\\\" }, { '\n', "\\n" }, { '\r', "\\r" },
    { '\t', "\\t" }, { '\b', "\\b" },  { '\f', "\\f" }, { 0, NULL },
};
static const struct escape html_escapes[] = {
    { '<', "&lt;" },   { '>', "&gt;" },   { '&', "&amp;" },
    { '"', "&quot;" }, { '\'', "&#39;" }, { '\n', "\n" },
    { '\r', "\r" },    { '\t', "\t" },    { 0, NULL },
};

static struct text cased(struct render *r, struct text t, bool up)
{
    char *out = arena_strndup(r->arena, t.ptr ? t.ptr : "", t.len);
    for (size_t i = 0; i < t.len; i++)
        if (up ? out[i] >= 'a' && out[i] <= 'z'
               : out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] ^ 0x20);
    return (struct text){ out, t.len };
}

static struct text replaced(struct render *r, struct text t, struct text from,
                            struct text to)
{
    struct buf b;
    size_t at_byte;
    buf_init(&b, OUTPUT_MAX);
    while (from.len > 0 && text_find(t, from, &at_byte)) {
        buf_text(&b, text_slice(t, 0, at_byte));
        buf_text(&b, to);
        t = text_slice(t, at_byte + from.len, t.len - at_byte - from.len);
    }
    buf_text(&b, t);
    t = buf_dup(r->arena, &b);
    buf_fini(&b);
    return t.ptr ? t : TEXT("");
}

/* ?string("0.00") and ?string["0.00"]: digits after the point, grouped with a
 * comma in the pattern. */
static struct text formatted(struct render *r, struct decimal d,
                             struct text pattern)
{
    char digits[DECIMAL_TEXT_MAX];
    size_t dot = pattern.len, zeros = 0, most;
    bool was = r->grouped;
    struct text t;
    text_find(pattern, TEXT("."), &dot);
    most = dot < pattern.len ? pattern.len - dot - 1 : 0;
    for (size_t i = dot; i < pattern.len; i++)
        zeros += pattern.ptr[i] == '0';
    decimal_round(d, (int)most, ROUND_HALF_EVEN, &d);
    d = decimal_trim(d);
    if (d.scale < (int)zeros)
        decimal_rescale(d, (int)zeros, &d);
    decimal_print(d, digits);
    r->grouped = memchr(pattern.ptr, ',', pattern.len) != NULL;
    t = text_of(digits);
    if (r->grouped) {
        struct decimal whole;
        decimal_round(d, 0, ROUND_DOWN, &whole);
        size_t point;
        struct text head = number_text(r, whole, false);
        t = text_find(t, TEXT("."), &point)
                ? text_of(arena_printf(r->arena, "%.*s%s", TEXT_ARG(head),
                                       digits + point))
                : head;
    }
    r->grouped = was;
    return text_dup(r->arena, t);
}

struct arguments {
    struct val list[4];
    size_t count;
};

static void read_arguments(struct render *r, struct scan *s,
                           struct arguments *a)
{
    a->count = 0;
    if (s->p >= s->end || *s->p != '(')
        return;
    s->p++;
    while (!r->failed && !eat(s, ")")) {
        struct val v = read_or(r, s, true);
        if (a->count < 4)
            a->list[a->count++] = v;
        eat(s, ",");
        if (s->p >= s->end)
            wrong(r, "Missing \")\"");
    }
}

static struct text argument(struct render *r, const struct arguments *a,
                            size_t i)
{
    if (i < a->count)
        return printed(r, &a->list[i]);
    wrong(r, "Too few arguments of a built-in");
    return TEXT_NONE;
}

static struct val to_string(struct render *r, struct val v,
                            const struct arguments *a)
{
    if (v.kind == YESNO)
        return of_text(a->count == 2 ? argument(r, a, v.yes ? 0 : 1)
                                     : text_of(v.yes ? "true" : "false"));
    if (v.kind == NUMBER && a->count == 1)
        return of_text(text_is(argument(r, a, 0), "computer")
                           ? number_text(r, v.number, true)
                           : formatted(r, v.number, argument(r, a, 0)));
    return of_text(printed(r, &v));
}

static struct val rounded(struct val v, struct text name)
{
    struct decimal whole = v.number;
    decimal_round(v.number, 0, ROUND_DOWN, &whole);
    if (text_is(name, "round"))
        decimal_round(v.number, 0, ROUND_HALF_AWAY, &whole);
    else if (decimal_compare(whole, v.number) != 0 &&
             (decimal_sign(v.number) < 0) == text_is(name, "floor"))
        decimal_round(v.number, 0, ROUND_UP, &whole);
    return of_number(whole);
}

static bool on_number(struct render *r, struct val *v, struct text name)
{
    if (text_is(name, "c")) {
        if (v->kind == YESNO)
            *v = of_text(text_of(v->yes ? "true" : "false"));
        else if (v->kind == NUMBER)
            *v = of_text(number_text(r, v->number, true));
        else
            wrong(r, "Expected a number or boolean at the left of ?c, but "
                     "this has evaluated to a string");
    } else if (text_is(name, "abs") || text_is(name, "round") ||
               text_is(name, "floor") || text_is(name, "ceiling")) {
        if (v->kind != NUMBER)
            wrong(r, "Expected a number at the left of ?%.*s", TEXT_ARG(name));
        else if (!text_is(name, "abs"))
            *v = rounded(*v, name);
        else if (decimal_sign(v->number) < 0)
            v->number = decimal_negate(v->number);
    } else if (text_is(name, "number")) {
        struct text t = printed(r, v);
        if (decimal_parse(text_trim(t), &v->number) != DECIMAL_OK)
            wrong(r, "Can't convert this string to number: %.*s", TEXT_ARG(t));
        v->kind = NUMBER;
    } else {
        return false;
    }
    return true;
}

static bool on_text(struct render *r, struct val *v, struct text name,
                    const struct arguments *a)
{
    struct text t;
    size_t ignored;
    static const char *const names[] = {
        "json_string", "js_string",   "html",      "xhtml", "xml",    "url",
        "upper_case",  "lower_case",  "cap_first", "trim",  "length", "replace",
        "contains",    "starts_with", "ends_with", "split",
    };
    size_t k = 0, n = sizeof names / sizeof *names;
    while (k < n && !text_is(name, names[k]))
        k++;
    if (k == n)
        return false;
    t = printed(r, v);
    if (k < 2)
        *v = of_text(escaped(r, t, json_escapes));
    else if (k < 5)
        *v = of_text(escaped(r, t, html_escapes));
    else if (k == 5) {
        struct buf b;
        buf_init(&b, OUTPUT_MAX);
        uri_encode(&b, t);
        *v = of_text(buf_dup(r->arena, &b));
        buf_fini(&b);
    } else if (k < 8)
        *v = of_text(cased(r, t, k == 6));
    else if (k == 8) {
        t = text_dup(r->arena, t);
        if (t.len > 0 && t.ptr[0] >= 'a' && t.ptr[0] <= 'z') {
            char *copy = arena_strndup(r->arena, t.ptr, t.len);
            copy[0] = (char)(copy[0] ^ 0x20);
            t.ptr = copy;
        }
        *v = of_text(t);
    } else if (k == 9)
        *v = of_text(text_trim(t));
    else if (k == 10)
        *v = of_number(decimal_int((int64_t)utf8_count(t)));
    else if (k == 11)
        *v = of_text(replaced(r, t, argument(r, a, 0), argument(r, a, 1)));
    else if (k == 12)
        *v = of_yesno(text_find(t, argument(r, a, 0), &ignored));
    else if (k == 13)
        *v = of_yesno(text_starts(t, argument(r, a, 0)));
    else if (k == 14)
        *v = of_yesno(text_ends(t, argument(r, a, 0)));
    else
        wrong(r, "Unknown built-in: \"%.*s\"", TEXT_ARG(name));
    return true;
}

static bool on_node(struct render *r, struct val *v, struct text name)
{
    if (text_is(name, "size")) {
        if (v->kind != NODE)
            wrong(r, "Expected a sequence at the left of ?size");
        else
            *v = of_number(decimal_int((int64_t)doc_count(v->node)));
    } else if (text_is(name, "first") || text_is(name, "last")) {
        size_t n = v->kind == NODE ? doc_count(v->node) : 0;
        *v = of_doc(n ? doc_at(v->node, text_is(name, "first") ? 0 : n - 1)
                      : NULL,
                    name);
    } else if (text_is(name, "is_number")) {
        *v = of_yesno(v->kind == NUMBER);
    } else if (text_is(name, "is_string")) {
        *v = of_yesno(v->kind == TEXT_VALUE);
    } else if (text_is(name, "is_boolean")) {
        *v = of_yesno(v->kind == YESNO);
    } else if (text_is(name, "is_hash")) {
        *v = of_yesno(v->kind == NODE && doc_kind(v->node) == DOC_OBJECT);
    } else if (text_is(name, "is_sequence")) {
        *v = of_yesno(v->kind == NODE && doc_kind(v->node) == DOC_LIST);
    } else {
        return false;
    }
    return true;
}

/* What a missing value may meet. */
static bool on_missing(struct render *r, struct val *v, struct text name,
                       const struct arguments *a)
{
    bool exists = text_is(name, "exists");
    if (!text_is(name, "has_content") && !exists &&
        !text_is(name, "if_exists") && !text_is(name, "default"))
        return false;
    if (v->kind == MISSING && v->broken)
        printed(r, v);
    else if (text_is(name, "has_content"))
        *v = of_yesno(has_content(v));
    else if (exists)
        *v = of_yesno(v->kind != MISSING);
    else if (v->kind == MISSING)
        *v = text_is(name, "default") && a->count > 0 ? a->list[0]
                                                      : of_text(TEXT(""));
    return true;
}

static bool on_loop(struct render *r, struct text variable, struct val *v,
                    struct text name)
{
    const struct name *n = find_loop(r, variable);
    if (!n)
        return false;
    if (text_is(name, "index") || text_is(name, "has_next"))
        *v = loop_member(n, name);
    else if (text_is(name, "counter"))
        *v = of_number(decimal_int((int64_t)n->index + 1));
    else if (text_is(name, "is_first"))
        *v = of_yesno(n->index == 0);
    else if (text_is(name, "is_last"))
        *v = of_yesno(n->index + 1 == n->count);
    else
        return false;
    return true;
}

static struct val builtin(struct render *r, struct scan *s, struct val v,
                          struct text variable)
{
    struct text name = read_name(s);
    struct arguments a;
    read_arguments(r, s, &a);
    if (r->failed || on_missing(r, &v, name, &a) ||
        on_loop(r, variable, &v, name))
        return v;
    if (v.kind == MISSING) {
        printed(r, &v);
        return v;
    }
    if (text_is(name, "string"))
        return to_string(r, v, &a);
    if (!on_number(r, &v, name) && !on_text(r, &v, name, &a) &&
        !on_node(r, &v, name))
        wrong(r, "Unknown built-in: \"%.*s\"", TEXT_ARG(name));
    return v;
}

static bool starts_operand(struct scan *s)
{
    blanks(s);
    return s->p < s->end && (is_name_char(*s->p) || *s->p == '"' ||
                             *s->p == '\'' || *s->p == '(' || *s->p == '[');
}

static struct val primary(struct render *r, struct scan *s,
                          struct text *variable)
{
    struct val v = missing(TEXT("?"), false);
    *variable = TEXT_NONE;
    blanks(s);
    if (s->p >= s->end) {
        wrong(r, "Unexpected end of expression");
    } else if (*s->p == '(') {
        s->p++;
        v = read_or(r, s, true);
        v.broken = false; /* (a.b.c)! forgives every step */
        if (!eat(s, ")"))
            wrong(r, "Missing \")\"");
    } else if (*s->p == '"' || *s->p == '\'') {
        v = read_string(r, s);
    } else if (*s->p >= '0' && *s->p <= '9') {
        v = read_number(r, s);
    } else if (eat_word(s, "true")) {
        v = of_yesno(true);
    } else if (eat_word(s, "false")) {
        v = of_yesno(false);
    } else {
        *variable = read_name(s);
        if (variable->len == 0)
            wrong(r, "Encountered \"%c\" in an expression", *s->p);
        v = lookup(r, *variable);
    }
    return v;
}

static struct val with_default(struct render *r, struct scan *s, struct val v)
{
    struct val other = of_text(TEXT(""));
    struct text ignored;
    if (v.kind == MISSING && v.broken)
        printed(r, &v);
    if (starts_operand(s))
        other = primary(r, s, &ignored);
    return v.kind == MISSING ? other : v;
}

static struct val postfix(struct render *r, struct scan *s)
{
    struct text variable;
    struct val v = primary(r, s, &variable);
    while (!r->failed && s->p < s->end) {
        blanks(s);
        if (at(s, "??")) {
            s->p += 2;
            v = of_yesno(v.kind != MISSING);
        } else if (at(s, "?")) {
            s->p++;
            v = builtin(r, s, v, variable);
        } else if (at(s, ".") && !at(s, "..")) {
            s->p++;
            v = step(r, v, read_name(s));
            variable = TEXT_NONE;
        } else if (at(s, "[")) {
            s->p++;
            v = element(r, v, read_or(r, s, true));
            if (!eat(s, "]"))
                wrong(r, "Missing \"]\"");
        } else if (at(s, "!") && !at(s, "!=")) {
            s->p++;
            v = with_default(r, s, v);
        } else {
            break;
        }
    }
    return v;
}

static struct decimal number_of(struct render *r, const struct val *v)
{
    if (v->kind == NUMBER)
        return v->number;
    if (v->kind == MISSING)
        printed(r, v);
    else
        wrong(r, "Expected a number, but this has evaluated to a string");
    return decimal_int(0);
}

static struct val unary(struct render *r, struct scan *s)
{
    if (at(s, "!") && !at(s, "!=")) {
        s->p++;
        struct val v = unary(r, s);
        if (v.kind != YESNO)
            wrong(r, "Expected a boolean at the right of !");
        return of_yesno(!v.yes);
    }
    if (at(s, "-")) {
        s->p++;
        struct val v = unary(r, s);
        return of_number(decimal_negate(number_of(r, &v)));
    }
    return postfix(r, s);
}

static struct val product(struct render *r, struct scan *s)
{
    struct val v = unary(r, s);
    while (!r->failed && (at(s, "*") || at(s, "/") || at(s, "%"))) {
        char op = *s->p++;
        struct val w = unary(r, s);
        struct decimal a = number_of(r, &v), b = number_of(r, &w), d = a, q;
        if (op == '*')
            decimal_mul(a, b, &d);
        else if (decimal_is_zero(b))
            wrong(r, "Arithmetic operation failed: / by zero");
        else if (op == '/')
            decimal_div(a, b, 12, ROUND_HALF_EVEN, &d);
        else if (decimal_div(a, b, 0, ROUND_DOWN, &q) == DECIMAL_OK &&
                 decimal_mul(q, b, &q) == DECIMAL_OK)
            decimal_sub(a, q, &d);
        v = of_number(decimal_trim(d));
    }
    return v;
}

static struct val sum(struct render *r, struct scan *s)
{
    struct val v = product(r, s);
    while (!r->failed && (at(s, "+") || at(s, "-"))) {
        char op = *s->p++;
        struct val w = product(r, s);
        struct decimal d = v.number;
        if (op == '-') {
            decimal_sub(number_of(r, &v), number_of(r, &w), &d);
            v = of_number(d);
        } else if (v.kind == NUMBER && w.kind == NUMBER) {
            decimal_add(v.number, w.number, &d);
            v = of_number(d);
        } else {
            struct text a = printed(r, &v), b = printed(r, &w);
            v = of_text(text_of(
                arena_printf(r->arena, "%.*s%.*s", TEXT_ARG(a), TEXT_ARG(b))));
        }
    }
    return v;
}

/* `>` ends a tag, so there it compares only inside parentheses. */
static int relation(struct scan *s, bool angle)
{
    static const struct {
        const char *sign;
        int op;
        bool angle, word;
    } signs[] = {
        { "==", 'e', false, false }, { "!=", 'n', false, false },
        { "=", 'e', false, false },  { "<=", 'L', false, false },
        { ">=", 'G', true, false },  { "<", 'l', false, false },
        { ">", 'g', true, false },   { "lte", 'L', false, true },
        { "gte", 'G', false, true }, { "lt", 'l', false, true },
        { "gt", 'g', false, true },
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (signs[i].angle && !angle)
            continue;
        if (signs[i].word ? eat_word(s, signs[i].sign) : eat(s, signs[i].sign))
            return signs[i].op;
    }
    return 0;
}

static bool compares(struct render *r, struct val a, int op, struct val b)
{
    int c;
    if (a.kind == MISSING || b.kind == MISSING)
        printed(r, a.kind == MISSING ? &a : &b);
    else if (a.kind != b.kind || a.kind == NODE)
        wrong(r, "The values to compare are of different types");
    if (r->failed)
        return false;
    c = a.kind == NUMBER  ? decimal_compare(a.number, b.number)
        : a.kind == YESNO ? a.yes != b.yes
                          : text_compare(a.text, b.text);
    return op == 'e'   ? c == 0
           : op == 'n' ? c != 0
           : op == 'l' ? c < 0
           : op == 'L' ? c <= 0
           : op == 'g' ? c > 0
                       : c >= 0;
}

static struct val comparison(struct render *r, struct scan *s, bool angle)
{
    struct val v = sum(r, s);
    int op;
    while (!r->failed && (op = relation(s, angle)))
        v = of_yesno(compares(r, v, op, sum(r, s)));
    return v;
}

static bool truth(struct render *r, const struct val *v)
{
    if (v->kind == MISSING)
        printed(r, v);
    else if (v->kind != YESNO)
        wrong(r, "Expected a boolean, but this has evaluated to another type");
    return v->yes;
}

/* The right side is read either way; only what it says may be an error. */
static struct val skipped(struct render *r, struct scan *s, bool angle)
{
    char why[512];
    char *was = r->why;
    bool failed = r->failed;
    r->why = why;
    struct val v = comparison(r, s, angle);
    r->why = was;
    r->failed = failed;
    return v;
}

static struct val read_and(struct render *r, struct scan *s, bool angle)
{
    struct val v = comparison(r, s, angle);
    while (!r->failed && eat(s, "&&")) {
        bool left = truth(r, &v);
        struct val w = left ? comparison(r, s, angle) : skipped(r, s, angle);
        v = of_yesno(left && truth(r, &w));
    }
    return v;
}

static struct val read_or(struct render *r, struct scan *s, bool angle)
{
    struct val v;
    if (++r->depth > DEPTH_MAX)
        wrong(r, "The template nests too deeply");
    v = r->failed ? missing(TEXT("?"), false) : read_and(r, s, angle);
    while (!r->failed && eat(s, "||")) {
        bool left = truth(r, &v);
        struct val w = left ? skipped(r, s, angle) : read_and(r, s, angle);
        v = of_yesno(left || truth(r, &w));
    }
    r->depth--;
    return v;
}

/* ---------------------------------------------------------------- directives
 */
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
            wrong(r, "Unclosed \"${\"");
            return PIECE_END;
        }
        *inside = (struct text){ p + 2, (size_t)(last - p - 2) };
        w->p = last + 1;
        return PIECE_VALUE;
    }
    if (is_tag(p, w->end)) {
        last = after_tag(p, w->end);
        if (!last) {
            wrong(r, "Unclosed tag");
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
    while (to < tag.len && is_name_char(tag.ptr[to]))
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
    wrong(r, "You have an unclosed directive");
    return TEXT_NONE;
}

static void render_part(struct render *r, struct text part);

static void push_name(struct render *r, struct text name, struct val value)
{
    if (r->name_count == NAMES_MAX)
        wrong(r, "Too many variables");
    else
        r->names[r->name_count++] =
            (struct name){ .name = name, .value = value };
}

static void do_list(struct render *r, struct walker *w, struct scan s)
{
    struct val v = read_or(r, &s, false);
    struct text variable = TEXT_NONE, second = TEXT_NONE, ended, body, other;
    size_t was = r->name_count, count;
    if (eat_word(&s, "as"))
        variable = read_name(&s);
    if (eat(&s, ","))
        second = read_name(&s);
    body = read_part(r, w, false, &ended);
    other = TEXT_NONE;
    if (text_is(tag_name(ended), "else"))
        other = read_part(r, w, false, &ended);
    if (!r->failed && variable.len == 0)
        wrong(r, "#list needs \"as\" and a name here");
    if (!r->failed && v.kind != NODE)
        v.kind == MISSING ? (void)printed(r, &v)
                          : wrong(r, "Expected a sequence or collection");
    if (r->failed)
        return;
    count = doc_count(v.node);
    if (count == 0)
        render_part(r, other);
    void *it = doc_kind(v.node) == DOC_OBJECT ? doc_first(v.node) : NULL;
    for (size_t i = 0; i < count && !r->failed; i++) {
        struct val item = it ? of_text(text_of(doc_name(it)))
                             : of_doc(doc_at(v.node, i), variable);
        push_name(r, variable, item);
        r->names[was].loop = true;
        r->names[was].index = i;
        r->names[was].count = count;
        if (it && second.len > 0)
            push_name(r, second, of_doc(doc_value(it), second));
        render_part(r, body);
        r->name_count = was;
        if (it)
            it = doc_next(v.node, it);
    }
}

static void do_if(struct render *r, struct walker *w, struct scan s)
{
    struct val v = read_or(r, &s, false);
    bool done = !r->failed && truth(r, &v), yes = done;
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
            v = read_or(r, &s, false);
            yes = !r->failed && truth(r, &v);
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
        wrong(r, "#sep must be inside a #list");
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
    struct text name = read_name(&s);
    if (name.len == 0 || !eat(&s, "=")) {
        wrong(r, "#assign needs a name, \"=\" and a value");
        return;
    }
    struct val v = read_or(r, &s, false);
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
        wrong(r, "Unexpected end tag: %.*s", TEXT_ARG(tag));
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
        wrong(r, "Unknown directive: #%.*s", TEXT_ARG(name));
}

static void print_value(struct render *r, struct text inside)
{
    struct scan s = { inside.ptr, inside.ptr + inside.len };
    struct val v = read_or(r, &s, true);
    blanks(&s);
    if (!r->failed && s.p < s.end)
        wrong(r, "Encountered \"%.20s\" after an expression",
              text_cstr(r->arena, (struct text){ s.p, (size_t)(s.end - s.p) }));
    if (!r->failed)
        buf_text(r->out, printed(r, &v));
}

static void render_part(struct render *r, struct text part)
{
    struct walker w = { part.ptr, part.ptr + part.len, part.ptr };
    struct text piece;
    enum piece kind;
    if (part.len == 0 || ++r->depth > DEPTH_MAX) {
        if (part.len > 0)
            wrong(r, "The template nests too deeply");
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
