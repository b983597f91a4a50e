/* Reading JSON without a tree: the checked skip, picks by path, walks over
 * arrays and objects, and the decoding of single values. Records are
 * record.c's job. */
#include "config.h"

#include "runtime/jsonread.h"
#include "runtime/jsonquick.h"

#include <string.h>

#define PICKS_MAX 32

/* ------------------------------------------------------------- strings */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int32_t hex4(const char *p, const char *end)
{
    int32_t unit = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

/* `p` is at the backslash; the result is behind the escape. */
static const char *check_escape(struct json_scan *s, const char *p)
{
    if (s->end - p < 2)
        return scan_fail(s, p, "the text ends too early");
    if (p[1] != 'u') {
        if (p[1] == '\0' || !strchr("\"\\/bfnrt", p[1]))
            return scan_fail(s, p, "JSON has no such escape");
        return p + 2;
    }
    int32_t unit = hex4(p + 2, s->end);
    if (unit < 0)
        return scan_fail(s, p, "four hexadecimal digits must follow \\u");
    if (unit == 0)
        return scan_fail(s, p, "a NUL character is not taken");
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return scan_fail(s, p, "a lone surrogate is no character");
    if (unit < 0xd800 || unit > 0xdbff)
        return p + 6;
    int32_t low = s->end - p >= 12 && p[6] == '\\' && p[7] == 'u'
                      ? hex4(p + 8, s->end)
                      : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return scan_fail(s, p, "a lone surrogate is no character");
    return p + 12;
}

/* Length of the UTF-8 sequence at `p`, 0 when it is none. */
static size_t utf8_sequence(const char *p, const char *end)
{
    uint8_t a = (uint8_t)p[0];
    size_t left = (size_t)(end - p);
    if (a < 0xc2 || a > 0xf4)
        return 0;
    size_t len = a < 0xe0 ? 2 : a < 0xf0 ? 3 : 4;
    if (left < len)
        return 0;
    uint8_t b = (uint8_t)p[1];
    uint8_t low = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
    uint8_t high = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;
    if (b < low || b > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (((uint8_t)p[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

const char *json_utf8_end(const char *p, const char *end)
{
    do {
        uint8_t a = (uint8_t)p[0];
        size_t len = 2;
        if (a > 0xdf || a < 0xc2 || end - p < 2 ||
            ((uint8_t)p[1] & 0xc0) != 0x80)
            len = utf8_sequence(p, end);
        if (!len)
            return NULL;
        p += len;
    } while (p < end && (uint8_t)*p >= 0x80);
    return p;
}

/* Where a run that json_utf8_end refuses goes wrong. */
static const char *utf8_fault(const char *p, const char *end)
{
    for (size_t len; (len = utf8_sequence(p, end));)
        p += len;
    return p;
}

const char *json_string_rest(struct json_scan *s, const char *p, bool *escapes)
{
    for (;;) {
        if (p >= s->end)
            return scan_fail(s, s->end, "the text ends inside a string");
        if (*p == '"')
            return p;
        if (*p == '\\') {
            *escapes = true;
            p = check_escape(s, p);
            if (!p)
                return NULL;
        } else if ((uint8_t)*p >= 0x80) {
            const char *run = p;
            p = json_utf8_end(p, s->end);
            if (!p)
                return scan_fail(s, utf8_fault(run, s->end),
                                 "these bytes are no UTF-8");
        } else if (*p == '\0') {
            return scan_fail(s, p, "a NUL character is not taken");
        } else if ((uint8_t)*p < 0x20) {
            return scan_fail(s, p,
                             "a control character or line end stands inside "
                             "a string");
        }
        p = scan_plain(p, s->end, s->safe);
    }
}

const char *json_string_end(const char *p, const char *end, const char *safe,
                            const char *base, bool *escapes,
                            struct json_fault *fault)
{
    struct json_scan s = { end, safe, base, { 0, NULL } };
    const char *at = scan_string(&s, p, escapes);
    if (!at)
        *fault = s.fault;
    return at;
}

const char *json_number_end(const char *p, const char *end, const char *base,
                            struct json_fault *fault)
{
    struct json_scan s = { end, NULL, base, { 0, NULL } };
    const char *at = scan_number(&s, p);
    if (!at)
        *fault = s.fault;
    return at;
}

static size_t unescape_one(const char **at, char *out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *p = *at + 1;
    if (*p != 'u') {
        const char *found = strchr(from, *p);
        *out = found ? to[found - from] : *p;
        *at = p + 1;
        return 1;
    }
    int32_t code = hex4(p + 1, p + 5);
    p += 5;
    if (code >= 0xd800 && code <= 0xdbff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (hex4(p + 2, p + 6) - 0xdc00);
        p += 6;
    }
    *at = p;
    return utf8_encode(code, out);
}

size_t json_unescape(const char *p, size_t len, char *out)
{
    const char *end = p + len;
    char *start = out;
    while (p < end) {
        const char *slash = memchr(p, '\\', (size_t)(end - p));
        size_t run = (size_t)((slash ? slash : end) - p);
        memmove(out, p, run);
        out += run;
        p += run;
        if (p < end)
            out += unescape_one(&p, out);
    }
    return (size_t)(out - start);
}

/* ------------------------------------------------------------- skipping */
struct nest {
    uint64_t objects[JSON_DEPTH_MAX / 64];
    size_t depth;
};

static bool in_object(const struct nest *n)
{
    size_t i = n->depth - 1;
    return n->objects[i / 64] >> (i % 64) & 1;
}

static bool nest_open(struct nest *n, bool object)
{
    if (n->depth == JSON_DEPTH_MAX)
        return false;
    uint64_t bit = (uint64_t)1 << (n->depth % 64);
    if (object)
        n->objects[n->depth / 64] |= bit;
    else
        n->objects[n->depth / 64] &= ~bit;
    n->depth++;
    return true;
}

/* A name and its colon; the result is at the value. */
static inline const char *skip_name(struct json_scan *s, const char *p)
{
    bool escapes;
    if (p >= s->end || *p != '"')
        return scan_fail(s, p, "a name in quotes was expected here");
    p = scan_string(s, p + 1, &escapes);
    if (!p)
        return NULL;
    p = scan_blanks(p + 1, s->end);
    if (p >= s->end || *p != ':')
        return scan_fail(s, p, "a colon was expected here");
    return scan_blanks(p + 1, s->end);
}

/* After a value: closes what closes here; at the next value, or at the end
 * with n->depth 0. */
static inline const char *skip_after(struct json_scan *s, struct nest *n,
                                     const char *p)
{
    while (n->depth) {
        bool object = in_object(n);
        p = scan_blanks(p, s->end);
        if (p >= s->end)
            return scan_fail(s, p, "the text ends too early");
        if (*p == ',') {
            p = scan_blanks(p + 1, s->end);
            return object ? skip_name(s, p) : p;
        }
        if (*p != (object ? '}' : ']'))
            return scan_fail(s, p, "a comma or a closing bracket was expected");
        p++;
        n->depth--;
    }
    return p;
}

static const char *skip_deep(struct json_scan *s, const char *p)
{
    struct nest n;
    n.depth = 0;
    do {
        bool object = p < s->end && *p == '{';
        if (object || (p < s->end && *p == '[')) {
            if (!nest_open(&n, object))
                return scan_fail(s, p, "this is nested too deeply");
            p = scan_blanks(p + 1, s->end);
            if (p < s->end && *p == (object ? '}' : ']')) {
                n.depth--;
                p++;
            } else {
                if (object)
                    p = skip_name(s, p);
                if (!p)
                    return NULL;
                continue;
            }
        } else {
            p = scan_skip(s, p);
            if (!p)
                return NULL;
        }
        p = skip_after(s, &n, p);
        if (!p)
            return NULL;
    } while (n.depth);
    return p;
}

/* The usual case: an object or a list of plain values, written without
 * blanks. NULL for everything else, faults too: skip_deep looks again. */
static const char *skip_flat(struct json_scan *s, const char *p)
{
    const char *const end = s->end, *const safe = s->safe;
    bool object = *p == '{';
    char close = object ? '}' : ']';
    do {
        const char *value = ++p;
        if (object) {
            if (p >= end || *p != '"')
                return NULL;
            p = quick_string(p + 1, end, safe);
            if (!p || end - p < 3 || p[1] != ':')
                return NULL;
            value = p + 2;
        }
        p = quick_skip(value, end, safe);
        if (!p && value < end && *value != '{' && *value != '[')
            p = scan_skip(s, value);
    } while (p && p < end && *p == ',');
    return p && p < end && *p == close ? p + 1 : NULL;
}

const char *json_skip_nested(struct json_scan *s, const char *p)
{
    const char *end = skip_flat(s, p);
    return end ? end : skip_deep(s, p);
}

const char *json_skip(const char *p, const char *end, const char *safe,
                      const char *base, struct json_fault *fault)
{
    struct json_scan s = { end, safe, base, { 0, NULL } };
    const char *at = scan_skip(&s, p);
    if (!at)
        *fault = s.fault;
    return at;
}

/* ------------------------------------------------------------- values */
enum json_kind json_kind(struct text raw)
{
    if (!raw.len)
        return JSON_NOTHING;
    switch (raw.ptr[0]) {
    case '"':
        return JSON_STRING;
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

static struct text decode_string(struct arena *arena, const char *p, size_t len)
{
    struct text t = { p, len };
    if (len && memchr(p, '\\', len)) {
        char *out = arena_alloc(arena, len);
        t.len = json_unescape(p, len, out);
        t.ptr = out;
    }
    return t;
}

struct text json_text(struct arena *arena, struct text raw)
{
    enum json_kind kind = json_kind(raw);
    if (kind == JSON_STRING && raw.len >= 2)
        return decode_string(arena, raw.ptr + 1, raw.len - 2);
    if (kind == JSON_NUMBER || kind == JSON_TRUE || kind == JSON_FALSE)
        return raw;
    return TEXT_NONE;
}

static struct text number_text(struct text raw)
{
    if (json_kind(raw) == JSON_STRING && raw.len >= 2)
        return text_slice(raw, 1, raw.len - 2);
    return raw;
}

bool json_decimal(struct text raw, struct decimal *out)
{
    return decimal_parse(number_text(raw), out) == DECIMAL_OK;
}

bool json_int64(struct text raw, int64_t *out)
{
    struct decimal d;
    return json_decimal(raw, &d) && decimal_to_int64(d, out);
}

bool json_true(struct text raw)
{
    return json_kind(raw) == JSON_TRUE;
}

/* ------------------------------------------------------------- walks */
struct json_items json_items(struct text raw)
{
    struct json_items it = { TEXT_NONE, TEXT_NONE, NULL, NULL, false };
    enum json_kind kind = json_kind(raw);
    if (kind != JSON_ARRAY && kind != JSON_OBJECT)
        return it;
    it.object = kind == JSON_OBJECT;
    it.end = raw.ptr + raw.len;
    it.p = scan_blanks(raw.ptr + 1, it.end);
    return it;
}

bool json_next(struct json_items *it)
{
    struct json_scan s = { it->end, NULL, it->p, { 0, NULL } };
    const char *p = it->p;
    if (!p || p >= it->end || *p == ']' || *p == '}')
        return false;
    if (it->end - p >= 16)
        s.safe = it->end - 16;
    if (it->object) {
        const char *name = p + 1;
        p = skip_name(&s, p);
        if (!p)
            return false;
        const char *close = p;
        do
            close--;
        while (*close != '"');
        it->name = (struct text){ name, (size_t)(close - name) };
    }
    const char *value = p;
    p = scan_skip(&s, p);
    if (!p)
        return false;
    it->value = (struct text){ value, (size_t)(p - value) };
    p = scan_blanks(p, it->end);
    if (p < it->end && *p == ',')
        p = scan_blanks(p + 1, it->end);
    it->p = p;
    return true;
}

/* ------------------------------------------------------------- picks */
static struct text next_step(const char **path)
{
    const char *dot = strchr(*path, '.');
    struct text step = { *path, dot ? (size_t)(dot - *path) : strlen(*path) };
    *path = dot ? dot + 1 : *path + step.len;
    return step;
}

static size_t step_index(struct text step)
{
    size_t index = 0;
    for (size_t i = 0; i < step.len && i < 9; i++) {
        if (step.ptr[i] < '0' || step.ptr[i] > '9')
            return SIZE_MAX;
        index = index * 10 + (size_t)(step.ptr[i] - '0');
    }
    return index;
}

/* The member or item `step` of `raw`; -1 when its name is there twice. */
static int take_step(struct text raw, struct text step, struct text *out)
{
    struct json_items it = json_items(raw);
    size_t index = it.object ? 0 : step_index(step);
    bool found = false;
    *out = TEXT_NONE;
    for (size_t i = 0; json_next(&it); i++) {
        if (it.object ? !text_equal(it.name, step) : i != index)
            continue;
        if (found)
            return -1;
        found = true;
        *out = it.value;
        if (!it.object)
            break;
    }
    return 0;
}

static int pick(struct text document, struct json_pick *pick)
{
    const char *path = pick->path;
    pick->raw = document;
    while (*path && pick->raw.len)
        if (take_step(pick->raw, next_step(&path), &pick->raw) != 0)
            return -1;
    return 0;
}

/* Checks the whole body; its value without the blanks around it. */
static int whole_document(struct text body, struct text *document,
                          struct error *err)
{
    if (body.len >= 3 && memcmp(body.ptr, "\xef\xbb\xbf", 3) == 0)
        body = text_slice(body, 3, body.len - 3);
    struct json_scan s = scan_over(body);
    const char *start = scan_blanks(body.ptr, s.end);
    const char *p = start == s.end
                        ? scan_fail(&s, start, "there is nothing to read")
                        : scan_skip(&s, start);
    if (p) {
        *document = (struct text){ start, (size_t)(p - start) };
        p = scan_blanks(p, s.end);
        if (p < s.end)
            p = scan_fail(&s, p, "something stands behind the end");
    }
    if (p)
        return 0;
    return error_set(err, ERROR_INPUT, "not JSON: %s, byte %zu", s.fault.what,
                     s.fault.offset);
}

int json_skim(struct text body, struct json_pick *picks, size_t count,
              struct error *err)
{
    struct text document = TEXT_NONE;
    if (count > PICKS_MAX)
        return error_set(err, ERROR_USAGE, "more than %d picks", PICKS_MAX);
    for (size_t i = 0; i < count; i++)
        picks[i].raw = TEXT_NONE;
    if (whole_document(body, &document, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (pick(document, &picks[i]) != 0)
            return error_set(err, ERROR_INPUT,
                             "`%s`: a name is there twice in one object",
                             picks[i].path);
    return 0;
}

struct text json_get(struct text body, const char *path)
{
    struct json_pick one = { path, TEXT_NONE };
    struct error err = { .kind = ERROR_NONE };
    if (json_skim(body, &one, 1, &err) != 0)
        return TEXT_NONE;
    return one.raw;
}

struct text json_get_text(struct arena *arena, struct text body,
                          const char *path)
{
    return json_text(arena, json_get(body, path));
}

bool json_get_int64(struct text body, const char *path, int64_t *out)
{
    struct text raw = json_get(body, path);
    return raw.len && json_int64(raw, out);
}
