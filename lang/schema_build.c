/* Objects from their `object` forms. Catalogs of connectors are embedded and
 * read when a flow first names their connector; users' forms come with their
 * files. Both go the same way, so the checker knows one kind of schema. */
#include "config.h"

#include "lang/check.h"
#include "lang/pattern.h"

struct builder {
    struct program *p;
    struct arena *arena;
    struct object *object;
    struct checker c; /* only for messages */
};

struct text schema_app(const struct node *ref)
{
    return text_slice(ref->text, 0, ref->lit.name_len);
}

struct text schema_object_name(const struct node *ref)
{
    size_t start = ref->lit.name_len + 1;
    return text_slice(ref->text, start,
                      ref->text.len > start ? ref->text.len - start : 0);
}

static struct object *object_shell(struct program *p, struct text app,
                                   struct text name)
{
    struct object *o = ARENA_NEW(&p->arena, struct object);
    o->app = app;
    o->name = name;
    map_init(&o->by_name);
    o->next = p->all_objects;
    p->all_objects = o;
    return o;
}

static struct text joined(struct program *p, struct text app, struct text name)
{
    return text_of(arena_printf(&p->arena, "%.*s.%.*s", TEXT_ARG(app),
                                TEXT_ARG(name)));
}

/* The name flows use: of the connection on that connector, else the
 * connector's own with a capital. */
static struct text label_of(struct program *p, const struct object *o)
{
    if (o->user)
        return joined(p, o->app, o->name);
    for (size_t i = 0; i < p->connection_count; i++)
        if (text_equal(p->connections[i]->connector, o->app))
            return joined(p, p->connections[i]->name, o->name);
    struct text label = joined(p, o->app, o->name);
    char *first = arena_strndup(&p->arena, label.ptr, label.len);
    if (first[0] >= 'a' && first[0] <= 'z')
        first[0] = (char)(first[0] - 32);
    return (struct text){ first, label.len };
}

struct object *schema_declare(struct program *p, struct node *decl, bool user)
{
    struct node *ref = KID(decl, OBJECT_DECL, object);
    struct object *o = object_shell(p, schema_app(ref), schema_object_name(ref));
    o->user = user;
    o->span = ref->span;
    o->label = label_of(p, o);
    struct node *title = KID(decl, OBJECT_DECL, title);
    if (title)
        o->title = title->text;
    map_put(&p->objects, joined(p, o->app, o->name), o);
    return o;
}

/* ------------------------------------------------------------------ facts */
static void set_names(struct builder *b, const struct node *args,
                      struct text **names, size_t *count)
{
    size_t n = 0;
    for (const struct node *a = args; a; a = a->next)
        n++;
    *names = ARENA_ARRAY(b->arena, struct text, n ? n : 1);
    for (const struct node *a = args; a; a = a->next)
        (*names)[(*count)++] = a->text;
}

static unsigned operation_bit(struct text word)
{
    if (text_is(word, "read"))
        return OPERATION_READ;
    if (text_is(word, "create"))
        return OPERATION_CREATE;
    if (text_is(word, "update"))
        return OPERATION_UPDATE;
    return text_is(word, "delete") ? OPERATION_DELETE : 0;
}

static void set_operations(struct builder *b, const struct node *args)
{
    for (const struct node *a = args; a; a = a->next) {
        unsigned bit = operation_bit(a->text);
        if (!bit)
            say(&b->c, "E0214", a->span,
                "`%.*s` is no operation: read, create, update or delete",
                TEXT_ARG(a->text));
        b->object->operations |= bit;
    }
}

static void set_changes(struct builder *b, const struct node *args,
                        const struct node *by)
{
    static const struct {
        const char *word;
        enum change_feed feed;
    } feeds[] = { { "none", CHANGES_NONE }, { "time", CHANGES_TIME },
                  { "version", CHANGES_VERSION }, { "log", CHANGES_LOG } };
    for (size_t i = 0; args && i < 4; i++)
        if (text_is(args->text, feeds[i].word)) {
            b->object->changes = feeds[i].feed;
            b->object->deletes_seen |= feeds[i].feed == CHANGES_LOG;
            if (by)
                b->object->changed_field = by->text;
            return;
        }
    if (args)
        say(&b->c, "E0214", args->span,
            "`%.*s` is no way to read changes: none, time by FIELD, version "
            "by FIELD or log",
            TEXT_ARG(args->text));
}

static void set_balance(struct builder *b, struct text path)
{
    size_t dot;
    b->object->balanced = true;
    if (text_find(path, TEXT("."), &dot)) {
        b->object->balance_list = text_slice(path, 0, dot);
        b->object->balance_field =
            text_slice(path, dot + 1, path.len - dot - 1);
    } else {
        b->object->balance_field = path;
    }
}

static void add_fact(struct builder *b, struct text name,
                     const struct node *args)
{
    struct fact *f = ARENA_NEW(b->arena, struct fact);
    f->name = name;
    f->value = args ? args->text : TEXT_NONE;
    f->next = b->object->facts;
    b->object->facts = f;
}

static void set_fact(struct builder *b, const struct node *fact)
{
    const struct node *args = KID(fact, FACT, args);
    struct text first = args ? args->text : TEXT_NONE;
    struct text name = fact->text;
    struct object *o = b->object;
    if (text_is(name, "at"))
        o->path = first;
    else if (text_is(name, "also"))
        o->also = first;
    else if (text_is(name, "key"))
        set_names(b, args, &o->keys, &o->key_count);
    else if (text_is(name, "operations"))
        set_operations(b, args);
    else if (text_is(name, "changes"))
        set_changes(b, args, KID(fact, FACT, by));
    else if (text_is(name, "deletes"))
        o->deletes_seen = true;
    else if (text_is(name, "small"))
        o->small = true;
    else if (text_is(name, "balanced"))
        set_balance(b, first);
    else if (text_is(name, "match"))
        o->match_default = first;
    else if (text_is(name, "refuse"))
        o->refusal = first;
    else if (text_is(name, "fact") && args)
        add_fact(b, first, args->next);
    else
        add_fact(b, name, args);
}

/* ------------------------------------------------------------------ types */
static struct type *field_type(struct builder *b, struct node *node,
                               const struct text *path);

static const struct object *named_object(struct builder *b,
                                         const struct node *ref)
{
    struct text app = schema_app(ref), name = schema_object_name(ref);
    const struct object *o = map_get(&b->p->objects, joined(b->p, app, name));
    if (!o) {
        const struct connection *connection = scope_connection(b->p, app);
        if (connection) {
            schema_catalog(b->p, connection->connector);
            o = program_object(b->p, connection, name);
        }
    }
    if (!o)
        say(&b->c, "E0303", ref->span, "there is no object `%.*s`",
            TEXT_ARG(ref->text));
    return o;
}

static void fill_fields(struct builder *b, struct object *o,
                        struct node *fields);

static const struct object *nested(struct builder *b, struct node *type,
                                   struct text path)
{
    struct object *o = object_shell(b->p, b->object->app, path);
    o->record_only = true;
    o->user = b->object->user;
    o->label = joined(b->p, b->object->label, path);
    o->span = type->span;
    fill_fields(b, o, KID(type, FIELD_TYPE, fields));
    return o;
}

static void enum_values(struct builder *b, struct type *t,
                        const struct node *args)
{
    size_t count = 0;
    for (const struct node *a = args; a; a = a->next)
        count++;
    t->values = ARENA_ARRAY(b->arena, struct enum_value, count ? count : 1);
    for (const struct node *a = args; a; a = a->next) {
        const struct node *wire = KID(a, ENUM_VALUE, wire);
        struct enum_value *v = &t->values[t->value_count];
        if (type_value(t, a->text)) {
            say(&b->c, "E0214", a->span, "\"%.*s\" stands here twice",
                TEXT_ARG(a->text));
            continue;
        }
        v->word = a->text;
        v->wire = wire ? wire->text : a->text;
        v->wire_is_number = wire && wire->kind == NODE_NUMBER_LIT;
        v->end_state = a->lit.flag;
        t->value_count++;
    }
}

static int small_number(const struct node *args, int none)
{
    int64_t n;
    if (!args || args->kind != NODE_NUMBER_LIT ||
        !decimal_to_int64(args->lit.number, &n) || n < 0 || n > 1000000000)
        return none;
    return (int)n;
}

static const struct {
    const char *word;
    enum type_kind kind;
} plain_types[] = {
    { "text", TYPE_TEXT },         { "number", TYPE_NUMBER },
    { "integer", TYPE_INTEGER },   { "yes/no", TYPE_YESNO },
    { "date", TYPE_DATE },         { "time", TYPE_TIME },
    { "datetime", TYPE_DATETIME }, { "duration", TYPE_DURATION },
    { "percent", TYPE_PERCENT },   { "money", TYPE_MONEY },
    { "one of", TYPE_ENUM },       { "list of", TYPE_LIST },
    { "id of", TYPE_ID },          { "record", TYPE_RECORD },
};

static bool type_kind_of(struct text word, enum type_kind *kind)
{
    for (size_t i = 0; i < sizeof plain_types / sizeof *plain_types; i++)
        if (text_is(word, plain_types[i].word)) {
            *kind = plain_types[i].kind;
            return true;
        }
    return false;
}

static void type_details(struct builder *b, struct type *t, struct node *node,
                         const struct text *path)
{
    struct node *args = KID(node, FIELD_TYPE, args);
    struct node *item = KID(node, FIELD_TYPE, item);
    switch ((int)t->kind) {
    case TYPE_TEXT: t->length = small_number(args, LENGTH_UNLIMITED); break;
    case TYPE_INTEGER: t->scale = 0; break;
    case TYPE_NUMBER:
    case TYPE_PERCENT:
    case TYPE_MONEY: t->scale = small_number(args, SCALE_UNKNOWN); break;
    case TYPE_ENUM: enum_values(b, t, args); break;
    case TYPE_ID: t->object = args ? named_object(b, args) : NULL; break;
    case TYPE_LIST:
        if (item)
            t->item = field_type(b, item, path);
        else if (args)
            t->item = type_record_of(b->arena, named_object(b, args));
        break;
    case TYPE_RECORD: t->object = nested(b, node, *path); break;
    default: break;
    }
}

static struct type *field_type(struct builder *b, struct node *node,
                               const struct text *path)
{
    struct type *t = type_copy(b->arena, &type_unknown);
    struct node *args = KID(node, FIELD_TYPE, args);
    if (node->kind == NODE_OBJECT_REF) {
        t->kind = TYPE_RECORD;
        t->object = named_object(b, node);
    } else if (type_kind_of(node->text, &t->kind)) {
        type_details(b, t, node, path);
    } else if (args && args->kind == NODE_OBJECT_REF) {
        t->kind = TYPE_RECORD;
        t->object = named_object(b, args);
    } else {
        struct near n;
        near_init(&n, node->text);
        for (size_t i = 0; i < sizeof plain_types / sizeof *plain_types; i++)
            near_try(&n, text_of(plain_types[i].word));
        struct diag *m = say(&b->c, "E0214", node->span,
                             "`%.*s` is no type a field can have",
                             TEXT_ARG(node->text));
        if (type_here(node->text))
            fix_replace(&b->c, m, FIX_SURE, node->span, type_here(node->text));
        else
            near_suggest(&b->c, m, &n, node->span);
    }
    if (!t->object && (t->kind == TYPE_RECORD || t->kind == TYPE_ID))
        t->kind = TYPE_UNKNOWN;
    if (t->kind == TYPE_LIST && !t->item)
        t->item = &type_unknown;
    return t;
}

/* ------------------------------------------------------------------ flags */
enum flag_id {
    FLAG_REQUIRED, FLAG_ALWAYS, FLAG_NEEDED, FLAG_READ_ONLY, FLAG_CREATE_ONLY,
    FLAG_WRITE_ONLY, FLAG_SEARCHABLE, FLAG_UNIQUE, FLAG_SENSITIVE,
    FLAG_FLOAT_NOISE, FLAG_EMPTY_IS_MISSING, FLAG_CURRENCY, FLAG_FILTER,
    FLAG_PATTERN, FLAG_DEFAULT, FLAG_ENCODING, FLAG_NOTE, FLAG_ALSO,
    FLAG_BALANCED, FLAG_WRITE, FLAG_COUNT,
};

static const char *const flag_words[FLAG_COUNT] = {
    "required", "always", "needed", "read_only", "create_only", "write_only",
    "searchable", "unique", "sensitive", "float_noise", "empty_is_missing",
    "currency", "filter", "pattern", "default", "encoding", "note", "also",
    "balanced", "write",
};

static const char *const filter_words[] = {
    [OP_IS] = "is", [OP_IS_NOT] = "is_not", [OP_IS_MISSING] = "is_missing",
    [OP_IS_PRESENT] = "is_present", [OP_IS_ONE_OF] = "one_of",
    [OP_IS_NOT_ONE_OF] = "not_one_of", [OP_LESS] = "less",
    [OP_LESS_EQUAL] = "less_equal", [OP_GREATER] = "greater",
    [OP_GREATER_EQUAL] = "greater_equal", [OP_BETWEEN] = "between",
    [OP_CONTAINS] = "contains", [OP_STARTS_WITH] = "starts_with",
    [OP_ENDS_WITH] = "ends_with", [OP_MATCHES] = "matches",
};
#define FILTER_COUNT (sizeof filter_words / sizeof *filter_words)
/* `filter` alone: what every such API can do. */
#define FILTER_USUAL                                                        \
    (1u << OP_IS | 1u << OP_IS_NOT | 1u << OP_IS_ONE_OF | 1u << OP_LESS |    \
     1u << OP_LESS_EQUAL | 1u << OP_GREATER | 1u << OP_GREATER_EQUAL)

static filter_ops filter_bits(struct builder *b, const struct node *args)
{
    filter_ops bits = args ? 0 : FILTER_USUAL;
    for (const struct node *a = args; a; a = a->next) {
        size_t i = 0;
        struct text word = a->text;
        if (text_is(word, "is_one_of") || text_is(word, "is_not_one_of"))
            word = text_slice(word, 3, word.len - 3);
        while (i < FILTER_COUNT && !text_is(word, filter_words[i]))
            i++;
        if (i < FILTER_COUNT)
            bits |= 1u << i;
        else
            say(&b->c, "E0214", a->span, "`%.*s` is no operator to filter by",
                TEXT_ARG(a->text));
    }
    return bits;
}

static void set_currency(struct builder *b, struct field *f, struct type *t,
                         const struct node *args)
{
    if (!args)
        return;
    if (args->kind == NODE_TEXT_LIT && args->text.len == 3) {
        for (int i = 0; i < 3; i++)
            t->currency[i] = args->text.ptr[i];
    } else {
        f->currency_from = args->text;
    }
    if (t->kind != TYPE_MONEY)
        say(&b->c, "E0214", args->span,
            "only a money field has a currency; `%.*s` has none",
            TEXT_ARG(f->name));
}

static void set_pattern(struct builder *b, struct field *f,
                        const struct node *args)
{
    const char *why;
    if (!args)
        return;
    if (pattern_is_sound(args->text, &why, NULL, NULL))
        f->pattern = args->text;
    else
        say(&b->c, "E0335", args->span, "%s", why);
}

static void set_flag(struct builder *b, struct field *f, struct type *t,
                     const struct node *flag, bool *present)
{
    const struct node *args = KID(flag, FLAG, args);
    struct text value = args ? args->text : TEXT_NONE;
    int id = 0;
    while (id < FLAG_COUNT && !text_is(flag->text, flag_words[id]))
        id++;
    switch (id) {
    case FLAG_REQUIRED: f->required = *present = true; break;
    case FLAG_ALWAYS: *present = true; break;
    case FLAG_NEEDED: f->required = true; break;
    case FLAG_READ_ONLY: f->read_only = true; break;
    case FLAG_CREATE_ONLY: f->create_only = true; break;
    case FLAG_WRITE_ONLY: f->write_only = true; break;
    case FLAG_SEARCHABLE: f->searchable = true; break;
    case FLAG_UNIQUE: f->unique = true; break;
    case FLAG_SENSITIVE: f->sensitive = true; break;
    case FLAG_FLOAT_NOISE: f->float_noise = true; break;
    case FLAG_EMPTY_IS_MISSING: f->empty_is_missing = true; break;
    case FLAG_CURRENCY: set_currency(b, f, t, args); break;
    case FLAG_FILTER: f->filters |= filter_bits(b, args); break;
    case FLAG_PATTERN: set_pattern(b, f, args); break;
    case FLAG_DEFAULT: f->default_value = value; break;
    case FLAG_ENCODING: f->encoding = value; break;
    case FLAG_NOTE: f->note = value; break;
    case FLAG_ALSO: f->also = value; break;
    case FLAG_BALANCED: b->object->balanced = true; break;
    case FLAG_WRITE: f->write_wire = value; break;
    default: {
        struct near n;
        near_init(&n, flag->text);
        for (int i = 0; i < FLAG_COUNT; i++)
            near_try(&n, text_of(flag_words[i]));
        struct diag *m = say(&b->c, "E0214", flag->span,
                             "`%.*s` says nothing about a field",
                             TEXT_ARG(flag->text));
        near_suggest(&b->c, m, &n, flag->span);
    }
    }
}

static void fill_field(struct builder *b, struct object *o, struct field *f,
                       struct node *decl)
{
    const struct node *from = KID(decl, FIELD_DECL, from);
    struct node *type = KID(decl, FIELD_DECL, type);
    bool present = false;
    f->name = decl->text;
    f->wire = from ? from->text : decl->text;
    f->span = decl->name_span.source ? decl->name_span : decl->span;
    struct type *t = type ? field_type(b, type, &f->name)
                          : type_copy(b->arena, &type_unknown);
    for (const struct node *n = KID(decl, FIELD_DECL, flags); n; n = n->next)
        set_flag(b, f, t, n, &present);
    t->optional = !present && t->kind != TYPE_UNKNOWN;
    f->type = t;
    if (map_has(&o->by_name, f->name)) {
        const struct field *other = map_get(&o->by_name, f->name);
        struct diag *m = say(&b->c, "E0215", f->span,
                             "the field `%.*s` is declared twice",
                             TEXT_ARG(f->name));
        diag_label(b->c.d, m, other->span, "first here");
        return;
    }
    map_put(&o->by_name, f->name, f);
    if (f->also.len && !map_has(&o->by_name, f->also))
        map_put(&o->by_name, f->also, f);
}

static void fill_fields(struct builder *b, struct object *o,
                        struct node *fields)
{
    size_t count = 0;
    for (struct node *n = fields; n; n = n->next)
        count++;
    o->fields = ARENA_ARRAY(b->arena, struct field, count ? count : 1);
    for (struct node *n = fields; n; n = n->next) {
        struct field *f = &o->fields[o->field_count];
        if (n->kind != NODE_FIELD_DECL)
            continue;
        f->index = (uint32_t)o->field_count++;
        fill_field(b, o, f, n);
    }
}

/* What facts name must exist. */
static void check_name(struct builder *b, struct text name, const char *what,
                       struct span span)
{
    if (!name.len || object_field(b->object, name))
        return;
    struct near n;
    near_init(&n, name);
    for (size_t i = 0; i < b->object->field_count; i++)
        near_try(&n, b->object->fields[i].name);
    struct diag *m = say(&b->c, "E0214", span,
                         "%s `%.*s` is no field of %.*s", what, TEXT_ARG(name),
                         TEXT_ARG(b->object->label));
    if (near_found(&n))
        diag_note(b->c.d, m, "did you mean `%.*s`?", TEXT_ARG(n.best));
}

static void check_facts(struct builder *b, const struct node *decl)
{
    struct object *o = b->object;
    for (size_t i = 0; i < o->key_count; i++)
        check_name(b, o->keys[i], "the key", decl->span);
    check_name(b, o->match_default, "the field to match on", decl->span);
    check_name(b, o->changed_field, "the changes field", decl->span);
    check_name(b, o->balance_list, "the list to balance", decl->span);
    for (size_t i = 0; i < o->field_count; i++)
        if (!text_is(o->fields[i].currency_from, "connection") &&
            o->fields[i].currency_from.len && o->user)
            check_name(b, o->fields[i].currency_from, "the currency's field",
                       o->fields[i].span);
}

void schema_fill(struct program *p, struct object *o, struct node *decl)
{
    struct builder b = { .p = p, .arena = &p->arena, .object = o };
    b.c.p = p;
    b.c.d = &p->diags;
    b.c.arena = &p->arena;
    for (const struct node *f = KID(decl, OBJECT_DECL, facts); f; f = f->next)
        set_fact(&b, f);
    if (!o->operations && o->user)
        o->operations = OPERATION_READ | OPERATION_CREATE | OPERATION_UPDATE;
    fill_fields(&b, o, KID(decl, OBJECT_DECL, fields));
    check_facts(&b, decl);
    if (o->also.len)
        map_put(&p->objects, joined(p, o->app, o->also), o);
}

/* ---------------------------------------------------------------- catalogs */
static const struct embedded_text *catalog_text(const struct program *p,
                                                struct text connector)
{
    const struct embedded_text *t = p->options ? p->options->catalogs : NULL;
    for (; t && t->name; t++) {
        struct text name = text_of(t->name);
        if (text_starts(name, connector) && name.len > connector.len &&
            name.ptr[connector.len] == '/')
            return t;
    }
    return NULL;
}

/* Reads the connector's catalog, once. False when it has none. */
bool schema_catalog(struct program *p, struct text connector)
{
    if (map_has(&p->catalogs, connector))
        return true;
    const struct embedded_text *t = catalog_text(p, connector);
    if (!t)
        return false;
    struct text name = text_dup(&p->arena, connector);
    struct tree *tree = ARENA_NEW(&p->arena, struct tree);
    const char *path = arena_printf(&p->arena, "%.*s catalog", TEXT_ARG(name));
    tree->source = sources_add(&p->sources, path,
                               (struct text){ t->text, t->len }, true);
    parse_source(&p->arena, &p->sources, tree->source, &p->diags, tree);
    map_put(&p->catalogs, name, tree);
    for (struct node *n = KID(tree->file, FILE, items); n; n = n->next)
        if (n->kind == NODE_OBJECT_DECL)
            schema_declare(p, n, false);
    for (struct node *n = KID(tree->file, FILE, items); n; n = n->next)
        if (n->kind == NODE_OBJECT_DECL) {
            struct node *ref = KID(n, OBJECT_DECL, object);
            schema_fill(p, map_get(&p->objects, ref->text), n);
        }
    return true;
}
