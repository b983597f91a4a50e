/* Documents on jansson; see json.h. A number with a fraction or an exponent
 * travels through jansson as a text that starts with U+0001, which no document
 * may contain itself. */
#include "config.h"
#include "runtime/json.h"

#include "base/log.h"
#include <jansson.h>
#include <string.h>

#define MARK '\x01'

/* jansson's own handle behind our name; both directions in one place. */
static json_t *in(const struct doc *d)
{
    union {
        const struct doc *doc;
        json_t *json;
    } u = { .doc = d };
    return u.json;
}

static struct doc *out_of(json_t *j)
{
    union {
        json_t *json;
        struct doc *doc;
    } u = { .json = j };
    return u.doc;
}

static bool is_marked(const json_t *j)
{
    return json_is_string(j) && json_string_length(j) > 1 &&
           json_string_value(j)[0] == MARK;
}

/* ------------------------------------------------------------- parsing */
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t digits(struct text t, size_t at)
{
    while (at < t.len && is_digit(t.ptr[at]))
        at++;
    return at;
}

/* End of the number that starts at `at`; `at` when it is none by JSON's
 * grammar. `*whole` tells whether jansson's integer can hold it. */
static size_t number_end(struct text t, size_t at, bool *whole)
{
    size_t start = at, end;
    if (at < t.len && t.ptr[at] == '-')
        at++;
    end = digits(t, at);
    if (end == at || (t.ptr[at] == '0' && end > at + 1))
        return start;
    *whole = end - at <= 18 && !(t.ptr[start] == '-' && t.ptr[at] == '0');
    at = end;
    if (at < t.len && t.ptr[at] == '.') {
        end = digits(t, at + 1);
        if (end == at + 1)
            return start;
        at = end;
        *whole = false;
    }
    if (at < t.len && (t.ptr[at] == 'e' || t.ptr[at] == 'E')) {
        size_t sign = at + 1;
        if (sign < t.len && (t.ptr[sign] == '+' || t.ptr[sign] == '-'))
            sign++;
        end = digits(t, sign);
        if (end == sign)
            return start;
        at = end;
        *whole = false;
    }
    return at;
}

/* Copies the string literal at `at`; returns the offset after it. */
static size_t copy_string(struct text t, size_t at, struct buf *b,
                          bool *marked)
{
    size_t start = at++;
    static const char escape[] = "\\u0001";
    if (t.len - at >= 6 && memcmp(t.ptr + at, escape, 6) == 0)
        *marked = true;
    while (at < t.len && t.ptr[at] != '"')
        at += t.ptr[at] == '\\' ? 2 : 1;
    at = at < t.len ? at + 1 : t.len;
    buf_add(b, t.ptr + start, at - start);
    return at;
}

/* `t` with every number jansson would make a double turned into a marked
 * text. False when a text of the document starts with the mark. */
static bool mark_numbers(struct text t, struct buf *b)
{
    bool marked = false;
    size_t at = 0;
    while (at < t.len && !marked) {
        char c = t.ptr[at];
        bool whole = true;
        size_t end = at;
        if (c == '"') {
            at = copy_string(t, at, b, &marked);
            continue;
        }
        if (c == '-' || is_digit(c))
            end = number_end(t, at, &whole);
        if (end == at) {
            buf_byte(b, c);
            at++;
        } else if (whole) {
            buf_add(b, t.ptr + at, end - at);
            at = end;
        } else {
            buf_str(b, "\"\\u0001");
            buf_add(b, t.ptr + at, end - at);
            buf_byte(b, '"');
            at = end;
        }
    }
    return !marked;
}

static bool too_deep(struct text t)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.ptr[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > DOC_DEPTH_MAX)
                return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

struct doc *doc_parse(struct text t, struct error *err)
{
    struct buf b;
    json_error_t why;
    json_t *j = NULL;
    if (t.len > DOC_BYTES_MAX) {
        error_set(err, ERROR_VENDOR, "the JSON text is longer than %zu bytes",
                  (size_t)DOC_BYTES_MAX);
        return NULL;
    }
    if (too_deep(t)) {
        error_set(err, ERROR_VENDOR, "the JSON text is nested deeper than %d",
                  DOC_DEPTH_MAX);
        return NULL;
    }
    buf_init(&b, DOC_BYTES_MAX * 2);
    if (!mark_numbers(t, &b))
        error_set(err, ERROR_VENDOR,
                  "a text in the JSON starts with a control character");
    else if (b.len == 0)
        error_set(err, ERROR_VENDOR, "the JSON text is empty");
    else if (!(j = json_loadb(b.ptr, b.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY |
                                  JSON_ALLOW_NUL,
                              &why)))
        error_set(err, ERROR_VENDOR, "the text is not JSON: line %d: %s",
                  why.line, why.text);
    buf_fini(&b);
    return out_of(j);
}

struct doc *doc_keep(struct doc *d)
{
    json_incref(in(d));
    return d;
}

void doc_drop(struct doc *d) { json_decref(in(d)); }

struct doc *doc_copy(const struct doc *d)
{
    return out_of(json_deep_copy(in(d)));
}

/* -------------------------------------------------------------- makers */
static struct doc *made(json_t *j)
{
    if (!j)
        log_bug("out of memory for a JSON document");
    return out_of(j);
}

struct doc *doc_object(void) { return made(json_object()); }
struct doc *doc_list(void) { return made(json_array()); }
struct doc *doc_null(void) { return out_of(json_null()); }
struct doc *doc_yesno(bool yes) { return out_of(json_boolean(yes)); }
struct doc *doc_int(int64_t value) { return made(json_integer(value)); }

struct doc *doc_number(struct text d)
{
    bool whole = true;
    char marked[128];
    if (d.len == 0 || d.len >= sizeof marked ||
        number_end(d, 0, &whole) != d.len)
        log_bug("'%.*s' is no number", TEXT_ARG(d));
    if (whole) {
        int64_t value = 0;
        size_t i = d.ptr[0] == '-';
        for (; i < d.len; i++)
            value = value * 10 + (d.ptr[i] - '0');
        return doc_int(d.ptr[0] == '-' ? -value : value);
    }
    marked[0] = MARK;
    memcpy(marked + 1, d.ptr, d.len);
    return made(json_stringn(marked, d.len + 1));
}

struct doc *doc_decimal(struct decimal d)
{
    char digits_text[DECIMAL_TEXT_MAX];
    size_t len = decimal_print(decimal_trim(d), digits_text);
    return doc_number((struct text){ digits_text, len });
}

struct doc *doc_text(struct text t)
{
    size_t bad = 0;
    json_t *j;
    if (t.len > 0 && t.ptr[0] == MARK)
        return doc_string("?");
    if (utf8_valid(t, &bad))
        return made(json_stringn(t.ptr ? t.ptr : "", t.len));
    struct buf b;
    buf_init(&b, t.len + 1);
    for (size_t at = 0; at < t.len;) {
        size_t from = at;
        if (utf8_decode(t, &at) < 0)
            buf_byte(&b, '?');
        else
            buf_add(&b, t.ptr + from, at - from);
    }
    j = json_stringn(b.ptr, b.len);
    buf_fini(&b);
    return made(j);
}

struct doc *doc_string(const char *string)
{
    return string ? doc_text(text_of(string)) : doc_null();
}

/* ------------------------------------------------------------- looking */
enum doc_kind doc_kind(const struct doc *d)
{
    const json_t *j = in(d);
    if (!j)
        return DOC_NONE;
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        return DOC_OBJECT;
    case JSON_ARRAY:
        return DOC_LIST;
    case JSON_STRING:
        return is_marked(j) ? DOC_NUMBER : DOC_TEXT;
    case JSON_INTEGER:
    case JSON_REAL:
        return DOC_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return DOC_YESNO;
    case JSON_NULL:
        break;
    }
    return DOC_NULL;
}

bool doc_is_present(const struct doc *d)
{
    return d && !json_is_null(in(d));
}

bool doc_is_true(const struct doc *d) { return d && json_is_true(in(d)); }

/* An integer's digits live in a small ring: long enough for one expression. */
static struct text int_text(int64_t value)
{
    static _Thread_local char ring[16][24];
    static _Thread_local unsigned next;
    char *place = ring[next++ % 16];
    size_t len = decimal_print(decimal_int(value), place);
    return (struct text){ place, len };
}

struct text doc_as_text(const struct doc *d)
{
    const json_t *j = in(d);
    if (json_is_string(j)) {
        size_t skip = is_marked(j) ? 1 : 0;
        return (struct text){ json_string_value(j) + skip,
                              json_string_length(j) - skip };
    }
    if (json_is_integer(j))
        return int_text(json_integer_value(j));
    return TEXT_NONE;
}

bool doc_as_decimal(const struct doc *d, struct decimal *out)
{
    struct text t = doc_as_text(d);
    return t.len > 0 && decimal_parse(t, out) == DECIMAL_OK;
}

bool doc_as_int(const struct doc *d, int64_t *out)
{
    struct decimal value;
    if (json_is_integer(in(d))) {
        *out = json_integer_value(in(d));
        return true;
    }
    return doc_as_decimal(d, &value) && decimal_to_int64(value, out);
}

size_t doc_count(const struct doc *d)
{
    return json_is_array(in(d)) ? json_array_size(in(d))
                                : json_object_size(in(d));
}

struct doc *doc_at(const struct doc *d, size_t index)
{
    return out_of(json_array_get(in(d), index));
}

struct doc *doc_get(const struct doc *d, const char *name)
{
    return out_of(json_object_get(in(d), name));
}

struct doc *doc_get_text(const struct doc *d, struct text name)
{
    return out_of(json_object_getn(in(d), name.ptr ? name.ptr : "", name.len));
}

struct doc *doc_path(const struct doc *d, const char *path)
{
    const json_t *at = in(d);
    while (at && *path) {
        size_t len = strcspn(path, "."), index = 0;
        if (json_is_array(at)) {
            for (size_t i = 0; i < len && is_digit(path[i]); i++)
                index = index * 10 + (size_t)(path[i] - '0');
            at = json_array_get(at, index);
        } else {
            at = json_object_getn(at, path, len);
        }
        path += len;
        path += *path == '.';
    }
    return out_of(in((const struct doc *)(const void *)at));
}

const char *doc_str(const struct doc *d, const char *name)
{
    struct text t = doc_as_text(doc_get(d, name));
    return t.ptr ? t.ptr : "";
}

int64_t doc_whole(const struct doc *d, const char *name, int64_t otherwise)
{
    int64_t value;
    return doc_as_int(doc_get(d, name), &value) ? value : otherwise;
}

void *doc_first(const struct doc *d) { return json_object_iter(in(d)); }

void *doc_next(const struct doc *d, void *it)
{
    return json_object_iter_next(in(d), it);
}

const char *doc_name(void *it) { return json_object_iter_key(it); }
struct doc *doc_value(void *it) { return out_of(json_object_iter_value(it)); }

/* ------------------------------------------------------------ changing */
void doc_set(struct doc *d, const char *name, struct doc *value)
{
    if (json_object_set_new(in(d), name, in(value)) != 0)
        log_bug("cannot set member '%s' of what is no object", name);
}

void doc_set_string(struct doc *d, const char *name, const char *value)
{
    doc_set(d, name, doc_string(value));
}

void doc_set_text(struct doc *d, const char *name, struct text value)
{
    doc_set(d, name, doc_text(value));
}

void doc_set_int(struct doc *d, const char *name, int64_t value)
{
    doc_set(d, name, doc_int(value));
}

void doc_set_yesno(struct doc *d, const char *name, bool value)
{
    doc_set(d, name, doc_yesno(value));
}

void doc_unset(struct doc *d, const char *name)
{
    json_object_del(in(d), name);
}

void doc_add(struct doc *list, struct doc *value)
{
    if (json_array_append_new(in(list), in(value)) != 0)
        log_bug("cannot add to what is no list");
}

void doc_remove(struct doc *list, size_t index)
{
    json_array_remove(in(list), index);
}

bool doc_equal(const struct doc *a, const struct doc *b)
{
    return json_equal(in(a), in(b)) != 0;
}

/* ------------------------------------------------------------ printing */
struct printer {
    struct buf *b;
    int style;
};

static void new_line(const struct printer *p, size_t depth)
{
    if (!(p->style & DOC_INDENTED))
        return;
    buf_byte(p->b, '\n');
    for (size_t i = 0; i < depth; i++)
        buf_str(p->b, "  ");
}

static void print_text(const struct printer *p, struct text t)
{
    size_t from = p->b->len;
    buf_json_string(p->b, t);
    if (!(p->style & DOC_SLASHES))
        return;
    struct buf copy;
    buf_init(&copy, 0);
    buf_add(&copy, p->b->ptr + from, p->b->len - from);
    p->b->len = from;
    for (size_t i = 0; i < copy.len; i++) {
        if (copy.ptr[i] == '/')
            buf_byte(p->b, '\\');
        buf_byte(p->b, copy.ptr[i]);
    }
    buf_fini(&copy);
}

static void print_value(const struct printer *p, const struct doc *d,
                        size_t depth);

static void print_list(const struct printer *p, const struct doc *d,
                       size_t depth)
{
    size_t count = doc_count(d);
    buf_byte(p->b, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_byte(p->b, ',');
        new_line(p, depth + 1);
        print_value(p, doc_at(d, i), depth + 1);
    }
    if (count > 0)
        new_line(p, depth);
    buf_byte(p->b, ']');
}

static void print_object(const struct printer *p, const struct doc *d,
                         size_t depth)
{
    bool first = true;
    buf_byte(p->b, '{');
    for (void *it = doc_first(d); it; it = doc_next(d, it)) {
        if (!first)
            buf_byte(p->b, ',');
        first = false;
        new_line(p, depth + 1);
        print_text(p, text_of(doc_name(it)));
        buf_str(p->b, p->style & DOC_INDENTED ? ": " : ":");
        print_value(p, doc_value(it), depth + 1);
    }
    if (!first)
        new_line(p, depth);
    buf_byte(p->b, '}');
}

static void print_value(const struct printer *p, const struct doc *d,
                        size_t depth)
{
    switch (doc_kind(d)) {
    case DOC_OBJECT:
        print_object(p, d, depth);
        break;
    case DOC_LIST:
        print_list(p, d, depth);
        break;
    case DOC_TEXT:
        print_text(p, doc_as_text(d));
        break;
    case DOC_NUMBER:
        buf_text(p->b, doc_as_text(d));
        break;
    case DOC_YESNO:
        buf_str(p->b, doc_is_true(d) ? "true" : "false");
        break;
    case DOC_NULL:
    case DOC_NONE:
        buf_str(p->b, "null");
        break;
    }
}

void doc_print(const struct doc *d, int style, struct buf *out)
{
    struct printer p = { .b = out, .style = style };
    print_value(&p, d, 0);
}

struct text doc_printed(const struct doc *d, int style, struct arena *arena)
{
    struct buf b;
    buf_init(&b, DOC_BYTES_MAX * 2);
    doc_print(d, style, &b);
    struct text t = buf_dup(arena, &b);
    buf_fini(&b);
    return t;
}
