/* Expressions and built-ins of the Expensify sandbox's templates. What it does
 * not know is an error, as it is at the vendor's. */
#include "config.h"
#include "connectors/expensify/sandbox_template.h"

#include "runtime/uri.h"
#include <stdio.h>
#include <string.h>

void fm_wrong(struct render *r, const char *format, ...)
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

struct val fm_of_text(struct text t)
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

struct val fm_of_doc(const struct doc *d, struct text name)
{
    struct decimal n;
    switch (doc_kind(d)) {
    case DOC_TEXT:
        return fm_of_text(doc_as_text(d));
    case DOC_NUMBER:
        return doc_as_decimal(d, &n) ? of_number(n)
                                     : fm_of_text(doc_as_text(d));
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

struct text fm_printed(struct render *r, const struct val *v)
{
    switch (v->kind) {
    case TEXT_VALUE:
        return v->text;
    case NUMBER:
        return number_text(r, v->number, false);
    case YESNO:
        fm_wrong(r,
                 "Can't convert boolean to string automatically, because the "
                 "\"boolean_format\" setting was \"true,false\"; use ?string");
        return TEXT_NONE;
    case NODE:
        fm_wrong(r,
                 "Expected a string or something automatically convertible to "
                 "string, but this has evaluated to a %s",
                 doc_kind(v->node) == DOC_LIST ? "sequence" : "hash");
        return TEXT_NONE;
    case MISSING:
        break;
    }
    fm_wrong(r, "The following has evaluated to null or missing: ==> %.*s",
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
void fm_blanks(struct scan *s)
{
    while (s->p < s->end &&
           (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

static bool at(struct scan *s, const char *word)
{
    size_t len = strlen(word);
    fm_blanks(s);
    return (size_t)(s->end - s->p) >= len && memcmp(s->p, word, len) == 0;
}

bool fm_eat(struct scan *s, const char *word)
{
    if (!at(s, word))
        return false;
    s->p += strlen(word);
    return true;
}

bool fm_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '$' || c == '@';
}

struct text fm_read_name(struct scan *s)
{
    const char *from;
    fm_blanks(s);
    from = s->p;
    while (s->p < s->end && fm_name_char(*s->p))
        s->p++;
    return (struct text){ from, (size_t)(s->p - from) };
}

bool fm_eat_word(struct scan *s, const char *word)
{
    struct scan was = *s;
    if (text_is(fm_read_name(s), word))
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
        fm_wrong(r, "Unterminated string literal");
    else
        s->p++;
    struct text t = buf_dup(r->arena, &b);
    buf_fini(&b);
    return fm_of_text(t.ptr ? t : TEXT(""));
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
        fm_wrong(r, "Malformed number");
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
        return fm_of_doc(doc_get_text(r->model, name), name);
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
    return fm_of_doc(doc_get_text(v.node, name), name);
}

static struct val element(struct render *r, struct val v, struct val key)
{
    int64_t n;
    if (key.kind == TEXT_VALUE)
        return step(r, v, key.text);
    if (v.kind == NODE && key.kind == NUMBER &&
        decimal_to_int64(key.number, &n) && n >= 0)
        return fm_of_doc(doc_at(v.node, (size_t)n), TEXT("[]"));
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
    while (!r->failed && !fm_eat(s, ")")) {
        struct val v = fm_read(r, s, true);
        if (a->count < 4)
            a->list[a->count++] = v;
        fm_eat(s, ",");
        if (s->p >= s->end)
            fm_wrong(r, "Missing \")\"");
    }
}

static struct text argument(struct render *r, const struct arguments *a,
                            size_t i)
{
    if (i < a->count)
        return fm_printed(r, &a->list[i]);
    fm_wrong(r, "Too few arguments of a built-in");
    return TEXT_NONE;
}

static struct val to_string(struct render *r, struct val v,
                            const struct arguments *a)
{
    if (v.kind == YESNO)
        return fm_of_text(a->count == 2 ? argument(r, a, v.yes ? 0 : 1)
                                        : text_of(v.yes ? "true" : "false"));
    if (v.kind == NUMBER && a->count == 1)
        return fm_of_text(text_is(argument(r, a, 0), "computer")
                              ? number_text(r, v.number, true)
                              : formatted(r, v.number, argument(r, a, 0)));
    return fm_of_text(fm_printed(r, &v));
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
            *v = fm_of_text(text_of(v->yes ? "true" : "false"));
        else if (v->kind == NUMBER)
            *v = fm_of_text(number_text(r, v->number, true));
        else
            fm_wrong(r, "Expected a number or boolean at the left of ?c, but "
                        "this has evaluated to a string");
    } else if (text_is(name, "abs") || text_is(name, "round") ||
               text_is(name, "floor") || text_is(name, "ceiling")) {
        if (v->kind != NUMBER)
            fm_wrong(r, "Expected a number at the left of ?%.*s",
                     TEXT_ARG(name));
        else if (!text_is(name, "abs"))
            *v = rounded(*v, name);
        else if (decimal_sign(v->number) < 0)
            v->number = decimal_negate(v->number);
    } else if (text_is(name, "number")) {
        struct text t = fm_printed(r, v);
        if (decimal_parse(text_trim(t), &v->number) != DECIMAL_OK)
            fm_wrong(r, "Can't convert this string to number: %.*s",
                     TEXT_ARG(t));
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
    t = fm_printed(r, v);
    if (k < 2)
        *v = fm_of_text(escaped(r, t, json_escapes));
    else if (k < 5)
        *v = fm_of_text(escaped(r, t, html_escapes));
    else if (k == 5) {
        struct buf b;
        buf_init(&b, OUTPUT_MAX);
        uri_encode(&b, t);
        *v = fm_of_text(buf_dup(r->arena, &b));
        buf_fini(&b);
    } else if (k < 8)
        *v = fm_of_text(cased(r, t, k == 6));
    else if (k == 8) {
        t = text_dup(r->arena, t);
        if (t.len > 0 && t.ptr[0] >= 'a' && t.ptr[0] <= 'z') {
            char *copy = arena_strndup(r->arena, t.ptr, t.len);
            copy[0] = (char)(copy[0] ^ 0x20);
            t.ptr = copy;
        }
        *v = fm_of_text(t);
    } else if (k == 9)
        *v = fm_of_text(text_trim(t));
    else if (k == 10)
        *v = of_number(decimal_int((int64_t)utf8_count(t)));
    else if (k == 11)
        *v = fm_of_text(replaced(r, t, argument(r, a, 0), argument(r, a, 1)));
    else if (k == 12)
        *v = of_yesno(text_find(t, argument(r, a, 0), &ignored));
    else if (k == 13)
        *v = of_yesno(text_starts(t, argument(r, a, 0)));
    else if (k == 14)
        *v = of_yesno(text_ends(t, argument(r, a, 0)));
    else
        fm_wrong(r, "Unknown built-in: \"%.*s\"", TEXT_ARG(name));
    return true;
}

static bool on_node(struct render *r, struct val *v, struct text name)
{
    if (text_is(name, "size")) {
        if (v->kind != NODE)
            fm_wrong(r, "Expected a sequence at the left of ?size");
        else
            *v = of_number(decimal_int((int64_t)doc_count(v->node)));
    } else if (text_is(name, "first") || text_is(name, "last")) {
        size_t n = v->kind == NODE ? doc_count(v->node) : 0;
        *v = fm_of_doc(n ? doc_at(v->node, text_is(name, "first") ? 0 : n - 1)
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
        fm_printed(r, v);
    else if (text_is(name, "has_content"))
        *v = of_yesno(has_content(v));
    else if (exists)
        *v = of_yesno(v->kind != MISSING);
    else if (v->kind == MISSING)
        *v = text_is(name, "default") && a->count > 0 ? a->list[0]
                                                      : fm_of_text(TEXT(""));
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
    struct text name = fm_read_name(s);
    struct arguments a;
    read_arguments(r, s, &a);
    if (r->failed || on_missing(r, &v, name, &a) ||
        on_loop(r, variable, &v, name))
        return v;
    if (v.kind == MISSING) {
        fm_printed(r, &v);
        return v;
    }
    if (text_is(name, "string"))
        return to_string(r, v, &a);
    if (!on_number(r, &v, name) && !on_text(r, &v, name, &a) &&
        !on_node(r, &v, name))
        fm_wrong(r, "Unknown built-in: \"%.*s\"", TEXT_ARG(name));
    return v;
}

static bool starts_operand(struct scan *s)
{
    fm_blanks(s);
    return s->p < s->end && (fm_name_char(*s->p) || *s->p == '"' ||
                             *s->p == '\'' || *s->p == '(' || *s->p == '[');
}

static struct val primary(struct render *r, struct scan *s,
                          struct text *variable)
{
    struct val v = missing(TEXT("?"), false);
    *variable = TEXT_NONE;
    fm_blanks(s);
    if (s->p >= s->end) {
        fm_wrong(r, "Unexpected end of expression");
    } else if (*s->p == '(') {
        s->p++;
        v = fm_read(r, s, true);
        v.broken = false; /* (a.b.c)! forgives every step */
        if (!fm_eat(s, ")"))
            fm_wrong(r, "Missing \")\"");
    } else if (*s->p == '"' || *s->p == '\'') {
        v = read_string(r, s);
    } else if (*s->p >= '0' && *s->p <= '9') {
        v = read_number(r, s);
    } else if (fm_eat_word(s, "true")) {
        v = of_yesno(true);
    } else if (fm_eat_word(s, "false")) {
        v = of_yesno(false);
    } else {
        *variable = fm_read_name(s);
        if (variable->len == 0)
            fm_wrong(r, "Encountered \"%c\" in an expression", *s->p);
        v = lookup(r, *variable);
    }
    return v;
}

static struct val with_default(struct render *r, struct scan *s, struct val v)
{
    struct val other = fm_of_text(TEXT(""));
    struct text ignored;
    if (v.kind == MISSING && v.broken)
        fm_printed(r, &v);
    if (starts_operand(s))
        other = primary(r, s, &ignored);
    return v.kind == MISSING ? other : v;
}

static struct val postfix(struct render *r, struct scan *s)
{
    struct text variable;
    struct val v = primary(r, s, &variable);
    while (!r->failed && s->p < s->end) {
        fm_blanks(s);
        if (at(s, "??")) {
            s->p += 2;
            v = of_yesno(v.kind != MISSING);
        } else if (at(s, "?")) {
            s->p++;
            v = builtin(r, s, v, variable);
        } else if (at(s, ".") && !at(s, "..")) {
            s->p++;
            v = step(r, v, fm_read_name(s));
            variable = TEXT_NONE;
        } else if (at(s, "[")) {
            s->p++;
            v = element(r, v, fm_read(r, s, true));
            if (!fm_eat(s, "]"))
                fm_wrong(r, "Missing \"]\"");
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
        fm_printed(r, v);
    else
        fm_wrong(r, "Expected a number, but this has evaluated to a string");
    return decimal_int(0);
}

static struct val unary(struct render *r, struct scan *s)
{
    if (at(s, "!") && !at(s, "!=")) {
        s->p++;
        struct val v = unary(r, s);
        if (v.kind != YESNO)
            fm_wrong(r, "Expected a boolean at the right of !");
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
            fm_wrong(r, "Arithmetic operation failed: / by zero");
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
            struct text a = fm_printed(r, &v), b = fm_printed(r, &w);
            v = fm_of_text(text_of(
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
        if (signs[i].word ? fm_eat_word(s, signs[i].sign)
                          : fm_eat(s, signs[i].sign))
            return signs[i].op;
    }
    return 0;
}

static bool compares(struct render *r, struct val a, int op, struct val b)
{
    int c;
    if (a.kind == MISSING || b.kind == MISSING)
        fm_printed(r, a.kind == MISSING ? &a : &b);
    else if (a.kind != b.kind || a.kind == NODE)
        fm_wrong(r, "The values to compare are of different types");
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

bool fm_truth(struct render *r, const struct val *v)
{
    if (v->kind == MISSING)
        fm_printed(r, v);
    else if (v->kind != YESNO)
        fm_wrong(r,
                 "Expected a boolean, but this has evaluated to another type");
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
    while (!r->failed && fm_eat(s, "&&")) {
        bool left = fm_truth(r, &v);
        struct val w = left ? comparison(r, s, angle) : skipped(r, s, angle);
        v = of_yesno(left && fm_truth(r, &w));
    }
    return v;
}

struct val fm_read(struct render *r, struct scan *s, bool angle)
{
    struct val v;
    if (++r->depth > DEPTH_MAX)
        fm_wrong(r, "The template nests too deeply");
    v = r->failed ? missing(TEXT("?"), false) : read_and(r, s, angle);
    while (!r->failed && fm_eat(s, "||")) {
        bool left = fm_truth(r, &v);
        struct val w = left ? skipped(r, s, angle) : read_and(r, s, angle);
        v = of_yesno(left || fm_truth(r, &w));
    }
    r->depth--;
    return v;
}
