/* Writing in the Visma.net sandbox: bodies whose values are wrapped, or not,
 * exactly as the published descriptions say. */
#include "config.h"
#include "connectors/visma/sandbox.h"

#include <string.h>

static bool refuse(struct visma_call *c, const char *path, const char *why)
{
    visma_refuse(c->call, 400, "%s: %s", path, why);
    return false;
}

/* -------------------------------------------------------------- single values */
static bool is_one_of(struct text words, struct text word)
{
    while (words.len > 0) {
        size_t end;
        if (!text_find(words, TEXT("|"), &end))
            end = words.len;
        if (text_equal(text_slice(words, 0, end), word))
            return true;
        words = text_slice(words, end + 1, words.len);
    }
    return false;
}

static bool is_time(struct text t)
{
    int64_t ms;
    size_t offset;
    if (t.len > 19 && text_find(text_slice(t, 19, t.len), TEXT("+"), &offset))
        t = text_slice(t, 0, 19 + offset);
    if (text_ends(t, TEXT("Z")))
        t.len--;
    return visma_parse_time(t, &ms);
}

static const char *type_fault(const struct visma_field *f,
                              const struct doc *value)
{
    enum doc_kind kind = doc_kind(value);
    struct text t = doc_as_text(value);
    int64_t n;
    switch (f->type) {
    case 'i':
        return kind == DOC_NUMBER && doc_as_int(value, &n)
                   ? NULL : "a whole number is expected";
    case 'd':
        return kind == DOC_NUMBER ? NULL : "a number is expected";
    case 'y':
        return kind == DOC_YESNO ? NULL : "true or false is expected";
    case 't':
        return kind == DOC_TEXT && (t.len == 0 || is_time(t))
                   ? NULL : "a date and time is expected";
    case 'e':
        return kind == DOC_TEXT && is_one_of(f->words, t)
                   ? NULL : "is none of the values it may have";
    default:
        break;
    }
    if (kind != DOC_TEXT)
        return "a text is expected";
    return f->max_len > 0 && utf8_count(t) > f->max_len ? "is too long" : NULL;
}

/* What the record it points to is called goes beside the key. */
static void describe(struct doc *target, const struct doc *found,
                     struct text read_as)
{
    static const char *const names[] = { "name", "description", "active",
                                         "type" };
    size_t dot;
    if (!text_find(read_as, TEXT("."), &dot))
        return;
    struct doc *d = doc_get_text(target, text_slice(read_as, 0, dot));
    for (size_t i = 0; i < 4; i++)
        if (doc_get(found, names[i]))
            doc_set(d, names[i], doc_copy(doc_get(found, names[i])));
}

static bool set_value(struct visma_call *c, const struct visma_field *f,
                      const char *path, struct text leaf,
                      const struct doc *value, struct doc *target)
{
    struct text member = f->read_as.len > 0 ? f->read_as : leaf;
    const char *fault = type_fault(f, value);
    struct doc *found = NULL;
    if (fault)
        return refuse(c, path, fault);
    if (f->refers.len > 0 && doc_as_text(value).len > 0) {
        found = visma_row(c->world, c->tenant, text_cstr(c->arena, f->refers),
                          doc_as_text(value));
        if (!found)
            return refuse(c, path,
                          arena_printf(c->arena,
                                       "'%.*s' cannot be found in the system.",
                                       TEXT_ARG(doc_as_text(value))));
    }
    if (f->type == 'e' && text_is(doc_as_text(value), "Hold") &&
        text_is(text_of(c->entity->name), "employee"))
        visma_set(target, member, doc_string("OnHold"));
    else
        visma_set(target, member, doc_copy(value));
    if (found)
        describe(target, found, member);
    return true;
}

/* ------------------------------------------------------------------ objects */
static bool apply(struct visma_call *c, const char *prefix,
                  const struct doc *body, struct doc *target);

static bool is_wrapped(const struct doc *d)
{
    return doc_kind(d) == DOC_OBJECT && doc_count(d) == 1 &&
           doc_get(d, "value");
}

static struct doc *object_in(struct doc *target, struct text name)
{
    if (doc_kind(doc_get_text(target, name)) != DOC_OBJECT)
        visma_set(target, name, doc_object());
    return doc_get_text(target, name);
}

static bool apply_wrapped(struct visma_call *c, const struct visma_field *f,
                          const char *path, struct text leaf,
                          const struct doc *value, struct doc *target)
{
    if (!is_wrapped(value))
        return refuse(c, path, "must be wrapped in {\"value\": …}");
    value = doc_get(value, "value");
    if (doc_kind(value) != DOC_NULL)
        return set_value(c, f, path, leaf, value, target);
    if (world_switch_is(c->world, "null", "clear"))
        visma_set(target, f->read_as.len > 0 ? f->read_as : leaf, doc_null());
    return !world_switch_is(c->world, "null", "refuse") ||
           refuse(c, path, "a value is required");
}

static bool apply_object(struct visma_call *c, const struct visma_field *f,
                         const char *path, struct text leaf,
                         const struct doc *value, struct doc *target)
{
    if (f->form == 'O') {
        if (!is_wrapped(value))
            return refuse(c, path, "must be wrapped in {\"value\": …}");
        value = doc_get(value, "value");
    } else if (is_wrapped(value)) {
        return refuse(c, path, "must not be wrapped");
    }
    if (doc_kind(value) != DOC_OBJECT)
        return refuse(c, path, "an object is expected");
    return apply(c, arena_printf(c->arena, "%s.", path), value,
                 object_in(target, leaf));
}

/* -------------------------------------------------------------------- lists */
static const char *number_member(const struct visma_entity *e)
{
    return text_is(text_of(e->name), "purchaseOrder") ? "lineNbr"
                                                      : "lineNumber";
}

static size_t line_at(struct visma_call *c, const struct doc *lines,
                      const struct doc *sent)
{
    const struct doc *wanted = doc_path(sent, "lineNumber.value");
    size_t i = 0;
    while (i < doc_count(lines) &&
           !text_equal(doc_as_text(doc_get(doc_at(lines, i),
                                           number_member(c->entity))),
                       doc_as_text(wanted)))
        i++;
    return i;
}

static bool apply_line(struct visma_call *c, const char *path,
                       const struct doc *sent, struct doc *lines)
{
    const char *prefix = arena_printf(c->arena, "%s[].", path);
    struct text operation = doc_as_text(doc_get(sent, "operation"));
    bool insert = text_is(operation, "Insert");
    size_t at = insert ? doc_count(lines) : line_at(c, lines, sent);
    if (doc_kind(doc_get(sent, "operation")) != DOC_TEXT)
        return refuse(c, path, "a line needs an operation, unwrapped");
    if (!insert && at == doc_count(lines))
        return refuse(c, path, "the line is not there");
    if (text_is(operation, "Delete")) {
        doc_remove(lines, at);
        return true;
    }
    if (insert) {
        struct doc *line = doc_object();
        int64_t last = at > 0 ? doc_whole(doc_at(lines, at - 1),
                                          number_member(c->entity), 0)
                              : 0;
        doc_set_int(line, number_member(c->entity), last + 1);
        doc_add(lines, line);
    }
    return apply(c, prefix, sent, doc_at(lines, at));
}

static bool apply_plain_list(struct visma_call *c, const char *path,
                             const struct doc *sent, struct doc *list)
{
    struct doc *one = doc_object();
    bool fine = apply(c, arena_printf(c->arena, "%s[].", path), sent, one);
    doc_add(list, one);
    return fine;
}

static bool apply_list(struct visma_call *c, const struct visma_field *f,
                       const char *path, struct text leaf,
                       const struct doc *value, struct doc *target)
{
    struct visma_field operation;
    struct text member = text_is(leaf, "companyTreeInfo") ? TEXT("_tree")
                         : f->read_as.len > 0             ? f->read_as
                                                          : leaf;
    if (doc_kind(value) != DOC_LIST)
        return refuse(c, path, "a list is expected, not wrapped");
    if (f->type == 'g') {
        const char *number = visma_subaccount(c, value);
        if (number)
            visma_set(target, f->read_as.len > 0 ? f->read_as : leaf,
                      doc_string(number));
        return number != NULL;
    }
    bool by_operation = visma_field_at(
        c->entity, text_of(arena_printf(c->arena, "%s[].operation", path)),
        &operation);
    if (!by_operation || doc_kind(visma_get(target, member)) != DOC_LIST)
        visma_set(target, member, doc_list());
    for (size_t i = 0; i < doc_count(value); i++)
        if (!(by_operation ? apply_line : apply_plain_list)(
                c, path, doc_at(value, i), visma_get(target, member)))
            return false;
    return true;
}

/* ------------------------------------------------------------------ members */
static bool apply_member(struct visma_call *c, const char *path,
                         struct text leaf, const struct doc *value,
                         struct doc *target)
{
    struct visma_field f;
    if (!visma_field_at(c->entity, text_of(path), &f))
        return world_switch_is(c->world, "unknown_members", "ignore") ||
               refuse(c, path, "there is no such member");
    if (f.create_only && !c->creating)
        return refuse(c, path, "can only be set when it is created");
    switch (f.form) {
    case 'w':
        return apply_wrapped(c, &f, path, leaf, value, target);
    case 'b':
        if (doc_kind(value) == DOC_OBJECT)
            return refuse(c, path, "must not be wrapped");
        return text_is(leaf, "operation") ||
               set_value(c, &f, path, leaf, value, target);
    case 'a':
        return apply_list(c, &f, path, leaf, value, target);
    default:
        return apply_object(c, &f, path, leaf, value, target);
    }
}

static bool apply(struct visma_call *c, const char *prefix,
                  const struct doc *body, struct doc *target)
{
    for (void *it = doc_first(body); it; it = doc_next(body, it))
        if (!apply_member(c,
                          arena_printf(c->arena, "%s%s", prefix, doc_name(it)),
                          text_of(doc_name(it)), doc_value(it), target))
            return false;
    return true;
}

/* ---------------------------------------------------------------- creating */
static bool has_needed(struct visma_call *c, const struct doc *row)
{
    struct visma_field f;
    const char *at = c->entity->fields;
    size_t bracket;
    while (visma_next_field(&at, &f)) {
        if (!f.needed || text_find(f.path, TEXT("[]"), &bracket))
            continue;
        size_t dot = 0;
        struct text member = f.path;
        if (f.read_as.len > 0)
            member = text_find(f.path, TEXT("."), &dot)
                         ? text_of(arena_printf(
                               c->arena, "%.*s.%.*s", (int)dot, f.path.ptr,
                               TEXT_ARG(f.read_as)))
                         : f.read_as;
        const struct doc *value = visma_get(row, member);
        if (!doc_is_present(value) ||
            (doc_kind(value) == DOC_TEXT && doc_as_text(value).len == 0))
            return refuse(c, text_cstr(c->arena, f.path), "is required");
    }
    return true;
}

static bool has_body(struct visma_call *c)
{
    if (doc_kind(call_body(c->call)) == DOC_OBJECT)
        return true;
    visma_refuse(c->call, 400, "The request is invalid.");
    return false;
}

static bool is_reserved(char ch)
{
    return strchr(" /%?#&+;:@=", ch) != NULL;
}

/* Keys that do not fit into an address are coded. */
static const char *address_of(struct visma_call *c, const struct doc *row)
{
    struct text key = doc_as_text(visma_get(row, text_of(c->entity->key)));
    struct buf b;
    buf_init(&b, 4096);
    buf_printf(&b, "%s%s/", world_url(c->world), c->entity->path);
    if (text_is(text_of(c->entity->name), "supplierInvoice"))
        buf_printf(&b, "%s/", doc_str(row, "documentType"));
    for (size_t i = 0; i < key.len; i++)
        if (is_reserved(key.ptr[i]))
            buf_printf(&b, "%%%02X", (unsigned)(unsigned char)key.ptr[i]);
        else
            buf_byte(&b, key.ptr[i]);
    const char *t = arena_strdup(c->arena, buf_cstr(&b));
    buf_fini(&b);
    return t;
}

static void note(struct visma_call *c, const char *effect,
                 const struct doc *row)
{
    const char *key = text_cstr(
        c->arena, doc_as_text(visma_get(row, text_of(c->entity->key))));
    call_effect(c->call, effect, c->entity->name, key, key);
    visma_event(c->world, c->tenant, c->entity->name, key,
                text_is(text_of(effect), "create") ? "Created" : "Changed");
}

void visma_create(struct visma_call *c)
{
    struct doc *row = doc_object();
    c->creating = true;
    if (!has_body(c) || !apply(c, "", call_body(c->call), row) ||
        !has_needed(c, row) || !visma_complete(c, row, call_body(c->call))) {
        doc_drop(row);
        return;
    }
    visma_put(c->world, c->tenant, c->entity, row);
    call_answer_header(c->call, "Location", "%s", address_of(c, row));
    call_answer_header(c->call, "ETag", "\"%s\"", visma_version(c->arena, row));
    call_answer(c->call, 201, NULL, TEXT(""));
    note(c, "create", row);
}

/* ---------------------------------------------------------------- updating */
static bool version_fits(struct visma_call *c, const struct doc *row)
{
    struct text match = call_header(c->call, "If-Match");
    if (match.len == 0 || text_is(match, "*"))
        return true;
    if (match.len >= 2 && match.ptr[0] == '"')
        match = text_slice(match, 1, match.len - 2);
    if (text_is(match, visma_version(c->arena, row)))
        return true;
    visma_refuse(c->call, 412, "The record has been changed.");
    return false;
}

void visma_update(struct visma_call *c, struct doc *row)
{
    struct doc *changed = doc_copy(row);
    const char *key = text_cstr(
        c->arena, doc_as_text(visma_get(row, text_of(c->entity->key))));
    if (!version_fits(c, row) || !has_body(c) ||
        !apply(c, "", call_body(c->call), changed) ||
        !visma_complete(c, changed, call_body(c->call))) {
        doc_drop(changed);
        return;
    }
    /* keys do not change this way */
    visma_set(changed, text_of(c->entity->key), doc_string(key));
    visma_put(c->world, c->tenant, c->entity, changed);
    call_answer_header(c->call, "ETag", "\"%s\"",
                       visma_version(c->arena, changed));
    call_answer(c->call, 204, NULL, TEXT(""));
    note(c, "update", changed);
}
