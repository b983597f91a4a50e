/* Texts with holes, rows of code tables, and outcomes with their messages. */
#include "config.h"

#include "lang/check.h"

#define LENGTH_LARGEST 1000000

/* How many characters a value of this type fills at most; -1 unknown. */
int printed_length(const struct type *t)
{
    int most = 0;
    switch ((int)t->kind) {
    case TYPE_TEXT: return t->length;
    case TYPE_ENUM:
        for (size_t i = 0; i < t->value_count; i++) {
            int length = (int)utf8_count(t->values[i].word);
            most = length > most ? length : most;
        }
        return most;
    case TYPE_DATE: return 10;
    case TYPE_TIME: return 8;
    case TYPE_YESNO: return 3;
    case TYPE_INTEGER: return 35;
    default: return LENGTH_UNLIMITED;
    }
}

static bool is_sensitive(const struct node *n)
{
    if (!n)
        return false;
    if (n->kind == NODE_MEMBER && n->field && n->field->sensitive)
        return true;
    for (int i = 0; i < NODE_KIDS; i++)
        for (const struct node *k = n->kid[i]; k; k = k->next)
            if (is_sensitive(k))
                return true;
    return false;
}

static void check_hole(struct checker *c, struct node *n)
{
    const struct type *t = check_expr(c, n);
    if (t->kind == TYPE_RECORD || t->kind == TYPE_LIST ||
        t->kind == TYPE_EMPTY_LIST) {
        struct diag *m = say(c, "E0310", n->span,
                             "`%s` is %s and cannot stand in a text",
                             shown(c, n->span), type_words(c->arena, t));
        if (t->kind == TYPE_LIST && t->item && type_is_texty(t->item))
            diag_note(c->d, m,
                      "join its elements first: let all = join(%s, \", \")",
                      shown(c, n->span));
        else if (t->kind == TYPE_RECORD && t->object && t->object->field_count)
            fix_wrap(c, m, FIX_CHOICE, n->span, "",
                     arena_printf(c->arena, ".%s",
                                  name_written(c->arena,
                                               t->object->fields[0].name)));
        fail_type(n);
    } else if (t->optional && !c->in_message) {
        struct diag *m = say(c, "E0334", n->span,
                             "`%s` may be missing, and a text has no way to "
                             "show that",
                             shown(c, n->span));
        diag_note(c->d, m, c->define
                      ? "give it a fallback in a function of its own: define "
                        "part(…) = %s else \"\""
                      : "name it with a fallback first: let x = %s else …",
                  shown(c, n->span));
    }
    if (c->in_message && is_sensitive(n)) {
        struct diag *m = say(c, "W0413", n->span,
                             "this message shows `%s`, which is a personal "
                             "field marked sensitive",
                             shown(c, n->span));
        diag_note(c->d, m,
                  "messages go to logs, reports and mail; name the record by "
                  "its key instead");
    }
}

/* "${x}" is how JavaScript and shells write a hole. */
static void check_dollar(struct checker *c, const struct node *part)
{
    struct text t = part->text;
    if (!part->next || part->next->kind == NODE_TEXT_PART || !t.len ||
        t.ptr[t.len - 1] != '$' || !part->span.end)
        return;
    struct span sign = { part->span.source, part->span.end - 1,
                         part->span.end };
    if (!text_is(span_text(&c->p->sources, sign), "$"))
        return;
    struct diag *m = say(c, "W0416", sign,
                         "a hole is written {…}; this `$` stays in the text");
    struct diag_fix *fix = diag_fix(c->d, m, FIX_SURE, "remove the `$`");
    diag_edit(c->d, fix, sign, "%s", "");
}

const struct type *check_text(struct checker *c, struct node *n)
{
    if (!KID(n, TEXT_LIT, parts))
        return type_literal(c->arena, n->text);
    int length = 0;
    bool failed = false;
    for (struct node *part = KID(n, TEXT_LIT, parts); part; part = part->next) {
        int more;
        if (part->kind == NODE_TEXT_PART) {
            check_dollar(c, part);
            more = (int)utf8_count(part->text);
        } else {
            check_hole(c, part);
            more = printed_length(part->type);
            failed |= part->type->kind == TYPE_UNKNOWN;
        }
        length = length < 0 || more < 0 || length + more > LENGTH_LARGEST
                     ? LENGTH_UNLIMITED : length + more;
    }
    return failed && !c->in_message ? &type_unknown
                                    : type_text_of(c->arena, length);
}

void check_message(struct checker *c, struct node *message)
{
    if (!message)
        return;
    bool before = c->in_message;
    c->in_message = true;
    check_expr(c, message);
    c->in_message = before;
    if (message->kind == NODE_TEXT_LIT && !KID(message, TEXT_LIT, parts) &&
        !text_trim(message->text).len)
        say(c, "E0336", message->span,
            "a reason is not optional: say what a controller should know");
}

void check_outcome(struct checker *c, struct node *n)
{
    enum verb verb = n->lit.verb;
    if ((verb == VERB_LEAVE || verb == VERB_CLEAR) && !c->is_fallback_target) {
        struct diag *m = say(c, "E0332", n->span,
                             "`%s` stands only where a field of the target is "
                             "set",
                             verb_word(verb));
        diag_note(c->d, m, "elsewhere say what the value is, or hold the record");
    }
    if (!c->frame && c->define)
        say(c, "E0333", n->span,
            "a function gives a value; hold where it is called");
    else if (!c->frame && !c->in_table && verb != VERB_LEAVE &&
             verb != VERB_CLEAR)
        say(c, "E0333", n->span, "an outcome stands only in a flow");
    check_message(c, KID(n, OUTCOME, message));
}

/* ------------------------------------------------------------------ tables */
static bool key_fits(const struct type *column, const struct type *key)
{
    if (key->kind == TYPE_UNKNOWN || column->kind == TYPE_UNKNOWN)
        return true;
    if (type_is_texty(column))
        return type_is_texty(key);
    if (type_is_numeric(column))
        return type_is_numeric(key);
    return column->kind == key->kind;
}

static void check_keys(struct checker *c, struct node *n,
                       const struct table *table)
{
    size_t i = 0;
    struct node *key = KID(n, INDEX, keys);
    for (; key; key = key->next, i++) {
        const struct type *t = check_expr(c, key);
        if (i >= table->key_count || key_fits(table->key_types[i], t))
            continue;
        struct diag *m =
            say(c, "E0317", key->span, "the key `%.*s` of %.*s is %s; this is %s",
                TEXT_ARG(table->key_names[i]), TEXT_ARG(table->name),
                type_words(c->arena, table->key_types[i]),
                type_words(c->arena, t));
        if (type_is_texty(table->key_types[i]))
            fix_wrap(c, m, FIX_SURE, key->span, "text(", ")");
    }
    if (i != table->key_count) {
        struct diag *m =
            say(c, "E0317", n->span, "%.*s has %zu key%s, this gives %zu",
                TEXT_ARG(table->name), table->key_count,
                table->key_count == 1 ? "" : "s", i);
        diag_label(c->d, m, table->decl->name_span, "declared here");
    }
}

static bool has_row(const struct table *table, size_t key, struct text word)
{
    for (size_t i = 0; i < table->row_count; i++)
        if (table->rows[i].keys[key] &&
            text_equal(table->rows[i].keys[key]->text, word))
            return true;
    return false;
}

/* A field with a few words asks a table that has no row for some of them. */
static void check_gaps(struct checker *c, struct node *n,
                       const struct table *table)
{
    const struct node *key = KID(n, INDEX, keys);
    if (table->key_count != 1 || !key || key->type->kind != TYPE_ENUM ||
        table->otherwise || table->broken || !table->row_count)
        return;
    struct buf b;
    size_t count = 0;
    buf_init(&b, 4096);
    for (size_t i = 0; i < key->type->value_count; i++) {
        struct text word = key->type->values[i].word;
        if (!has_row(table, 0, word))
            buf_printf(&b, "%s\"%.*s\"", count++ ? ", " : "", TEXT_ARG(word));
    }
    if (count) {
        struct diag *m = say(c, "W0409", key->span,
                             "%.*s has no row for %s", TEXT_ARG(table->name),
                             buf_cstr(&b));
        diag_label(c->d, m, table->decl->name_span, "declared here");
        diag_note(c->d, m, "add the rows, or an `otherwise` row");
    }
    buf_fini(&b);
}

/* Which words the table is asked for, to know its dead rows at the end. */
static void note_asked(const struct node *n, struct table *table)
{
    const struct node *key = KID(n, INDEX, keys);
    if (table->key_count == 1 && key && key->type->kind == TYPE_ENUM &&
        table->asked_count < sizeof table->asked / sizeof *table->asked)
        table->asked[table->asked_count++] = key->type;
    else
        table->asked_freely = true;
}

static bool is_asked(const struct table *table, struct text word)
{
    for (size_t i = 0; i < table->asked_count; i++)
        if (type_value(table->asked[i], word))
            return true;
    return false;
}

/* Rows for words that the fields which ask never have. */
void check_dead_rows(struct checker *c, const struct table *t)
{
    if (t->asked_freely || !t->asked_count || t->broken)
        return;
    for (size_t i = 0; i < t->row_count; i++) {
        const struct node *key = t->rows[i].keys ? t->rows[i].keys[0] : NULL;
        struct near n;
        if (!key || key->kind != NODE_TEXT_LIT || is_asked(t, key->text))
            continue;
        struct diag *m = say(c, "W0407", key->span,
                             "this row is never used: \"%.*s\" is no word that "
                             "%.*s is asked for", TEXT_ARG(key->text),
                             TEXT_ARG(t->name));
        near_init(&n, key->text);
        for (size_t j = 0; j < t->asked[0]->value_count; j++)
            near_try(&n, t->asked[0]->values[j].word);
        if (near_found(&n) && !t->path) {
            struct diag_fix *fix = diag_fix(c->d, m, FIX_CHOICE,
                                            "did you mean \"%.*s\"?",
                                            TEXT_ARG(n.best));
            diag_edit(c->d, fix, key->span, "\"%.*s\"", TEXT_ARG(n.best));
        }
        diag_note(c->d, m, "it is %s", type_words(c->arena, t->asked[0]));
    }
}

/* Every word the key can have has its row. */
static bool is_complete(const struct node *n, const struct table *table)
{
    const struct node *key = KID(n, INDEX, keys);
    if (table->key_count != 1 || !key || key->type->kind != TYPE_ENUM)
        return false;
    for (size_t i = 0; i < key->type->value_count; i++)
        if (!has_row(table, 0, key->type->values[i].word))
            return false;
    return true;
}

static bool any_key_missing(const struct node *n)
{
    for (const struct node *key = KID(n, INDEX, keys); key; key = key->next)
        if (key->type->optional)
            return true;
    return false;
}

/* list[0] */
static void not_numbered(struct checker *c, struct node *n,
                         const struct node *name)
{
    const struct node *key = KID(n, INDEX, keys);
    struct diag *m = say(c, "E0317", n->span,
                         "`%s` is a list; its elements have no numbers here. "
                         "Use first(…), only(…) or `for each`",
                         shown(c, name->span));
    if (key && key->kind == NODE_NUMBER_LIT && decimal_is_zero(key->lit.number))
        fix_replace(c, m, FIX_CHOICE, n->span,
                    arena_printf(c->arena, "first(%s)", shown(c, name->span)));
}

/* record["field"], text[0] */
static void not_indexed(struct checker *c, struct node *n,
                        const struct node *name, const struct type *t)
{
    const struct node *key = KID(n, INDEX, keys);
    struct diag *m = say(c, "E0317", n->span,
                         "`%s` is %s; only a table has rows",
                         shown(c, name->span), type_words(c->arena, t));
    if (t->kind == TYPE_RECORD && key && key->kind == NODE_TEXT_LIT &&
        object_field(t->object, key->text))
        fix_replace(c, m, FIX_SURE, n->span,
                    arena_printf(c->arena, "%s.%s", shown(c, name->span),
                                 name_written(c->arena, key->text)));
    else if (type_is_texty(t))
        diag_note(c->d, m, "a part of a text is left(%s, 1), right(%s, 1) or "
                  "middle(%s, 1, 1)", shown(c, name->span),
                  shown(c, name->span), shown(c, name->span));
}

const struct type *check_index(struct checker *c, struct node *n)
{
    struct node *name = KID(n, INDEX, table);
    struct symbol *s = NULL;
    if (name->kind == NODE_NAME)
        s = scope_find(c, name->text);
    if (name->kind == NODE_MEMBER && !s) {
        struct node *record = KID(name, MEMBER, record);
        struct module *from =
            record->kind == NODE_NAME && c->module
                ? map_get(&c->module->prefixes, record->text) : NULL;
        s = from ? map_get(&from->names, name->text) : NULL;
    }
    if (!s || s->kind != SYMBOL_TABLE) {
        if (name->kind == NODE_NAME && !s) {
            scope_unknown_name(c, name);
        } else {
            const struct type *t = check_expr(c, name);
            if (t->kind == TYPE_LIST)
                not_numbered(c, n, name);
            else if (t->kind != TYPE_UNKNOWN)
                not_indexed(c, n, name, t);
        }
        for (struct node *k = KID(n, INDEX, keys); k; k = k->next)
            check_expr(c, k);
        return fail_type(n);
    }
    s->used = true;
    n->symbol = name->symbol = s;
    name->type = &type_unknown;
    if (!s->table)
        return fail_type(n);
    check_keys(c, n, s->table);
    name->type = type_record_of(c->arena, s->table->object);
    bool sure = s->table->otherwise ||
                (is_complete(n, s->table) && !any_key_missing(n));
    check_gaps(c, n, s->table);
    note_asked(n, s->table);
    if (s->table->broken)
        return fail_type(n); /* its rows say nothing reliable */
    return type_optional(c->arena, name->type, !sure);
}
