/* Documents as trees; see json.h. */
#include "config.h"
#include "runtime/json.h"

#include "base/log.h"
#include "runtime/jsonread.h"
#include <string.h>

struct member {
    char *name;
    size_t name_len;
    struct doc *value;
};

struct doc {
    int references;
    enum doc_kind kind;
    bool yes;
    size_t count, cap; /* of elements or members; bytes of text or digits */
    union {
        char *bytes; /* NUL after them */
        struct doc **items;
        struct member *members;
    };
};

/* -------------------------------------------------------------- makers */
static struct doc *new_doc(enum doc_kind kind)
{
    struct doc *d = mem_zalloc(sizeof *d);
    d->references = 1;
    d->kind = kind;
    return d;
}

static struct doc *with_bytes(enum doc_kind kind, struct text t)
{
    struct doc *d = new_doc(kind);
    d->bytes = mem_alloc(t.len + 1);
    if (t.len > 0)
        memcpy(d->bytes, t.ptr, t.len);
    d->bytes[t.len] = '\0';
    d->count = t.len;
    return d;
}

struct doc *doc_object(void) { return new_doc(DOC_OBJECT); }
struct doc *doc_list(void) { return new_doc(DOC_LIST); }
struct doc *doc_null(void) { return new_doc(DOC_NULL); }

struct doc *doc_yesno(bool yes)
{
    struct doc *d = new_doc(DOC_YESNO);
    d->yes = yes;
    return d;
}

struct doc *doc_number(struct text digits)
{
    return with_bytes(DOC_NUMBER, digits);
}

struct doc *doc_decimal(struct decimal value)
{
    char digits[DECIMAL_TEXT_MAX];
    size_t len = decimal_print(decimal_trim(value), digits);
    return doc_number((struct text){ digits, len });
}

struct doc *doc_int(int64_t value) { return doc_decimal(decimal_int(value)); }

struct doc *doc_text(struct text t)
{
    size_t bad = 0;
    struct buf b;
    if (utf8_valid(t, &bad))
        return with_bytes(DOC_TEXT, t);
    buf_init(&b, t.len + 1);
    for (size_t at = 0; at < t.len;) {
        size_t from = at;
        if (utf8_decode(t, &at) < 0)
            buf_byte(&b, '?');
        else
            buf_add(&b, t.ptr + from, at - from);
    }
    struct doc *d = with_bytes(DOC_TEXT, buf_view(&b));
    buf_fini(&b);
    return d;
}

struct doc *doc_string(const char *string)
{
    return string ? doc_text(text_of(string)) : doc_null();
}

struct doc *doc_keep(struct doc *d)
{
    if (d)
        d->references++;
    return d;
}

static void free_list(struct doc *d)
{
    for (size_t i = 0; i < d->count; i++)
        doc_drop(d->items[i]);
    mem_free(d->items);
}

static void free_object(struct doc *d)
{
    for (size_t i = 0; i < d->count; i++) {
        mem_free(d->members[i].name);
        doc_drop(d->members[i].value);
    }
    mem_free(d->members);
}

void doc_drop(struct doc *d)
{
    if (!d || --d->references > 0)
        return;
    if (d->kind == DOC_OBJECT)
        free_object(d);
    else if (d->kind == DOC_LIST)
        free_list(d);
    else
        mem_free(d->bytes);
    mem_free(d);
}

struct doc *doc_copy(const struct doc *d)
{
    struct doc *copy;
    if (!d)
        return doc_null();
    if (d->kind == DOC_TEXT || d->kind == DOC_NUMBER)
        return with_bytes(d->kind, (struct text){ d->bytes, d->count });
    copy = new_doc(d->kind);
    copy->yes = d->yes;
    for (size_t i = 0; i < d->count; i++) {
        if (d->kind == DOC_LIST)
            doc_add(copy, doc_copy(d->items[i]));
        else
            doc_set(copy, d->members[i].name, doc_copy(d->members[i].value));
    }
    return copy;
}

/* ------------------------------------------------------------- looking */
enum doc_kind doc_kind(const struct doc *d) { return d ? d->kind : DOC_NONE; }

bool doc_is_present(const struct doc *d) { return d && d->kind != DOC_NULL; }

bool doc_is_true(const struct doc *d)
{
    return d && d->kind == DOC_YESNO && d->yes;
}

struct text doc_as_text(const struct doc *d)
{
    if (!d || (d->kind != DOC_TEXT && d->kind != DOC_NUMBER))
        return TEXT_NONE;
    return (struct text){ d->bytes, d->count };
}

bool doc_as_decimal(const struct doc *d, struct decimal *out)
{
    struct text t = doc_as_text(d);
    return t.len > 0 && decimal_parse(t, out) == DECIMAL_OK;
}

bool doc_as_int(const struct doc *d, int64_t *out)
{
    struct decimal value;
    return doc_as_decimal(d, &value) && decimal_to_int64(value, out);
}

size_t doc_count(const struct doc *d)
{
    return d && (d->kind == DOC_LIST || d->kind == DOC_OBJECT) ? d->count : 0;
}

struct doc *doc_at(const struct doc *d, size_t index)
{
    return d && d->kind == DOC_LIST && index < d->count ? d->items[index]
                                                        : NULL;
}

static struct member *find_member(const struct doc *d, struct text name)
{
    if (!d || d->kind != DOC_OBJECT)
        return NULL;
    for (size_t i = 0; i < d->count; i++) {
        struct member *m = &d->members[i];
        if (m->name_len == name.len &&
            memcmp(m->name, name.ptr ? name.ptr : "", name.len) == 0)
            return m;
    }
    return NULL;
}

struct doc *doc_get_text(const struct doc *d, struct text name)
{
    struct member *m = find_member(d, name);
    return m ? m->value : NULL;
}

struct doc *doc_get(const struct doc *d, const char *name)
{
    return doc_get_text(d, text_of(name));
}

static size_t index_of(const char *digits, size_t len)
{
    size_t index = 0;
    for (size_t i = 0; i < len && digits[i] >= '0' && digits[i] <= '9'; i++)
        index = index * 10 + (size_t)(digits[i] - '0');
    return index;
}

struct doc *doc_path(const struct doc *d, const char *path)
{
    struct doc *at = NULL;
    for (bool first = true; *path; first = false) {
        const struct doc *in = first ? d : at;
        size_t len = strcspn(path, ".");
        at = doc_kind(in) == DOC_LIST
                 ? doc_at(in, index_of(path, len))
                 : doc_get_text(in, (struct text){ path, len });
        path += len;
        path += *path == '.';
    }
    return at;
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

void *doc_first(const struct doc *d)
{
    return d && d->kind == DOC_OBJECT && d->count > 0 ? d->members : NULL;
}

void *doc_next(const struct doc *d, void *it)
{
    struct member *m = (struct member *)it + 1;
    return m < d->members + d->count ? m : NULL;
}

const char *doc_name(void *it) { return ((struct member *)it)->name; }
struct doc *doc_value(void *it) { return ((struct member *)it)->value; }

/* ------------------------------------------------------------ changing */
static void *grown(void *items, size_t count, size_t *cap, size_t size)
{
    if (count < *cap)
        return items;
    *cap = *cap ? *cap * 2 : 8;
    return mem_realloc(items, *cap * size);
}

static void set_named(struct doc *d, struct text name, struct doc *value)
{
    struct member *m = find_member(d, name);
    if (d->kind != DOC_OBJECT)
        log_bug("cannot set member '%.*s' of what is no object",
                TEXT_ARG(name));
    if (m) {
        doc_drop(m->value);
        m->value = value;
        return;
    }
    d->members = grown(d->members, d->count, &d->cap, sizeof *d->members);
    m = &d->members[d->count++];
    m->name = mem_alloc(name.len + 1);
    memcpy(m->name, name.ptr ? name.ptr : "", name.len);
    m->name[name.len] = '\0';
    m->name_len = name.len;
    m->value = value;
}

void doc_set(struct doc *d, const char *name, struct doc *value)
{
    set_named(d, text_of(name), value);
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
    struct member *m = find_member(d, text_of(name));
    if (!m)
        return;
    size_t at = (size_t)(m - d->members);
    mem_free(m->name);
    doc_drop(m->value);
    d->count--;
    memmove(m, m + 1, (d->count - at) * sizeof *m);
}

void doc_add(struct doc *list, struct doc *value)
{
    if (list->kind != DOC_LIST)
        log_bug("cannot add to what is no list");
    list->items = grown(list->items, list->count, &list->cap,
                        sizeof(struct doc *));
    list->items[list->count++] = value;
}

void doc_remove(struct doc *list, size_t index)
{
    if (list->kind != DOC_LIST || index >= list->count)
        return;
    doc_drop(list->items[index]);
    list->count--;
    memmove(&list->items[index], &list->items[index + 1],
            (list->count - index) * sizeof *list->items);
}

static bool equal_lists(const struct doc *a, const struct doc *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!doc_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool equal_objects(const struct doc *a, const struct doc *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct doc *other = doc_get(b, a->members[i].name);
        if (!other || !doc_equal(a->members[i].value, other))
            return false;
    }
    return true;
}

bool doc_equal(const struct doc *a, const struct doc *b)
{
    struct decimal x, y;
    if (doc_kind(a) != doc_kind(b))
        return false;
    switch (doc_kind(a)) {
    case DOC_NONE:
    case DOC_NULL:
        return true;
    case DOC_YESNO:
        return a->yes == b->yes;
    case DOC_NUMBER:
        if (doc_as_decimal(a, &x) && doc_as_decimal(b, &y))
            return decimal_compare(x, y) == 0;
        return text_equal(doc_as_text(a), doc_as_text(b));
    case DOC_TEXT:
        return text_equal(doc_as_text(a), doc_as_text(b));
    case DOC_LIST:
        return a->count == b->count && equal_lists(a, b);
    case DOC_OBJECT:
        break;
    }
    return a->count == b->count && equal_objects(a, b);
}

/* ------------------------------------------------------------- parsing */
/* What one document may be made of. */
#define DOC_NODES_MAX 4000000

struct parsing {
    struct arena arena; /* decoded texts, until they are copied */
    struct error *err;
    size_t nodes;
};

static struct doc *build(struct parsing *p, struct text raw, int depth);

static struct doc *build_items(struct parsing *p, struct text raw, int depth)
{
    bool is_object = json_kind(raw) == JSON_OBJECT;
    struct doc *d = is_object ? doc_object() : doc_list();
    struct json_items it = json_items(raw);
    while (json_next(&it)) {
        char *name = NULL;
        size_t len = 0;
        if (is_object) {
            name = arena_alloc(&p->arena, it.name.len + 1);
            len = json_unescape(it.name.ptr, it.name.len, name);
        }
        struct text key = { name, len };
        if (is_object && find_member(d, key)) {
            error_set(p->err, ERROR_INPUT,
                      "the JSON names the member '%.*s' twice", TEXT_ARG(key));
            doc_drop(d);
            return NULL;
        }
        struct doc *value = build(p, it.value, depth + 1);
        if (!value) {
            doc_drop(d);
            return NULL;
        }
        if (is_object)
            set_named(d, key, value);
        else
            doc_add(d, value);
    }
    return d;
}

static struct doc *build(struct parsing *p, struct text raw, int depth)
{
    if (depth > DOC_DEPTH_MAX || ++p->nodes > DOC_NODES_MAX) {
        error_set(p->err, ERROR_INPUT,
                  depth > DOC_DEPTH_MAX ? "the JSON is nested deeper than %d"
                                        : "the JSON has more than %d values",
                  depth > DOC_DEPTH_MAX ? DOC_DEPTH_MAX : DOC_NODES_MAX);
        return NULL;
    }
    switch (json_kind(raw)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return build_items(p, raw, depth);
    case JSON_STRING:
        return with_bytes(DOC_TEXT, json_text(&p->arena, raw));
    case JSON_NUMBER:
        return doc_number(raw);
    case JSON_TRUE:
    case JSON_FALSE:
        return doc_yesno(json_kind(raw) == JSON_TRUE);
    case JSON_NULL:
    case JSON_NOTHING:
        break;
    }
    return doc_null();
}

struct doc *doc_parse(struct text t, struct error *err)
{
    struct parsing p = { .err = err };
    struct json_pick whole = { .path = "" };
    if (t.len > DOC_BYTES_MAX) {
        error_set(err, ERROR_INPUT, "the JSON is longer than %zu bytes",
                  (size_t)DOC_BYTES_MAX);
        return NULL;
    }
    if (text_trim(t).len == 0) {
        error_set(err, ERROR_INPUT, "the JSON is empty");
        return NULL;
    }
    if (json_skim(t, &whole, 1, err) != 0)
        return NULL;
    arena_init(&p.arena);
    struct doc *d = build(&p, whole.raw, 1);
    arena_fini(&p.arena);
    return d;
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
