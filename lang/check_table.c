/* Code tables: their columns' types, rows that are wrong, twice or dead, and
 * keys that have no row. */
#include "config.h"

#include "lang/check.h"

static size_t count_nodes(const struct node *n)
{
    size_t count = 0;
    for (; n; n = n->next)
        count++;
    return count;
}

static void columns(struct checker *c, const struct node *params,
                    struct text **names, const struct type ***types,
                    size_t *count)
{
    *names = ARENA_ARRAY(c->arena, struct text, count_nodes(params) + 1);
    *types = ARENA_ARRAY(c->arena, const struct type *, count_nodes(params) + 1);
    for (const struct node *p = params; p; p = p->next) {
        if (*count == TABLE_COLUMNS_MAX / 2) {
            say(c, "E0205", p->span, "a table has at most %d columns",
                TABLE_COLUMNS_MAX / 2);
            return;
        }
        for (size_t i = 0; i < *count; i++)
            if (text_equal((*names)[i], p->text))
                say(c, "E0204", p->span, "the column `%.*s` stands here twice",
                    TEXT_ARG(p->text));
        (*names)[*count] = p->text;
        (*types)[(*count)++] = check_type_name(c, KID(p, PARAM, type));
    }
}

/* ------------------------------------------------------------ inline rows */
static bool cell_fits(const struct node *cell, const struct type *want)
{
    switch ((int)cell->kind) {
    case NODE_TEXT_LIT: return type_is_texty(want);
    case NODE_NUMBER_LIT: return type_is_numeric(want);
    case NODE_PERCENT_LIT: return type_is_numeric(want);
    case NODE_MONEY_LIT: return want->kind == TYPE_MONEY;
    case NODE_DATE_LIT: return want->kind == TYPE_DATE;
    case NODE_TIME_LIT: return want->kind == TYPE_TIME;
    case NODE_DURATION_LIT: return want->kind == TYPE_DURATION;
    case NODE_YESNO_LIT: return want->kind == TYPE_YESNO;
    default: return true;
    }
}

static bool check_cell(struct checker *c, struct node *cell, struct text column,
                       const struct type *want, bool key)
{
    check_expr(c, cell);
    if (cell->kind == NODE_MISSING_LIT && key) {
        say(c, "E0213", cell->span, "a key is never missing");
        return false;
    }
    if (want->kind == TYPE_UNKNOWN || cell_fits(cell, want))
        return true;
    struct diag *m = say(c, "E0213", cell->span, "`%.*s` is %s; this is %s",
                         TEXT_ARG(column), type_words(c->arena, want),
                         type_words(c->arena, cell->type));
    if (type_is_texty(want))
        fix_wrap(c, m, FIX_SURE, cell->span, "\"", "\"");
    else if (as_literal(c, cell, want))
        fix_replace(c, m, FIX_SURE, cell->span, as_literal(c, cell, want));
    return false;
}

static bool fill_cells(struct checker *c, struct node *row, struct node *first,
                       const struct text *names,
                       const struct type *const *types, size_t count,
                       struct node **out, bool key)
{
    size_t given = count_nodes(first), i = 0;
    bool fine = true;
    if (given != count) {
        say(c, "E0211", row->span, "this row has %zu %s%s, the table has %zu",
            given, key ? "key" : "value", given == 1 ? "" : "s", count);
        return false;
    }
    for (struct node *cell = first; cell; cell = cell->next, i++) {
        fine &= check_cell(c, cell, names[i], types[i], key);
        out[i] = cell;
    }
    return fine;
}

static void inline_row(struct checker *c, struct table *t, struct node *n)
{
    struct table_row *row = &t->rows[t->row_count];
    struct node *keys = KID(n, ROW, keys), *outcome = KID(n, ROW, outcome);
    *row = (struct table_row){ .span = n->span };
    row->line = sources_place(&c->p->sources, n->span.source, n->span.start).line;
    row->values = ARENA_ARRAY(c->arena, struct node *, t->value_count + 1);
    if (keys)
        row->keys = ARENA_ARRAY(c->arena, struct node *, t->key_count + 1);
    if (t->otherwise) {
        struct diag *m = say(c, "W0407", n->span,
                             "this row is never used: `otherwise` comes before "
                             "it");
        diag_label(c->d, m, t->otherwise->span, "takes everything left");
    }
    if (keys && !fill_cells(c, n, keys, t->key_names, t->key_types,
                            t->key_count, row->keys, true))
        return;
    if (outcome)
        row->outcome = outcome;
    else if (!fill_cells(c, n, KID(n, ROW, values), t->value_names,
                         t->value_types, t->value_count, row->values, false))
        return;
    if (keys) {
        t->row_count++;
    } else if (!t->otherwise) {
        t->otherwise = ARENA_NEW(c->arena, struct table_row);
        *t->otherwise = *row;
    }
}

/* ----------------------------------------------------------- whole table */
static void key_text(const struct table_row *row, size_t count, struct buf *out)
{
    buf_reset(out);
    for (size_t i = 0; i < count; i++) {
        const struct node *k = row->keys[i];
        char digits[DECIMAL_TEXT_MAX], date[11];
        if (!k)
            continue;
        if (k->kind == NODE_NUMBER_LIT || k->kind == NODE_PERCENT_LIT ||
            k->kind == NODE_MONEY_LIT) {
            size_t len = decimal_print(decimal_trim(k->lit.number), digits);
            buf_add(out, digits, len);
            buf_str(out, k->lit.currency);
        } else if (k->kind == NODE_DATE_LIT) {
            date_print(k->lit.days, date);
            buf_str(out, date);
        } else if (k->kind == NODE_YESNO_LIT) {
            buf_str(out, k->lit.flag ? "yes" : "no");
        } else {
            buf_text(out, k->text);
        }
        buf_byte(out, 0);
    }
}

static void check_duplicates(struct checker *c, struct table *t)
{
    struct map seen;
    struct buf key;
    size_t said = 0;
    map_init(&seen);
    buf_init(&key, 0);
    for (size_t i = 0; i < t->row_count && said < 20; i++) {
        key_text(&t->rows[i], t->key_count, &key);
        const struct table_row *other = map_get(&seen, buf_view(&key));
        if (!other) {
            map_put(&seen, buf_dup(c->arena, &key), &t->rows[i]);
            continue;
        }
        said++;
        struct diag *m = say(c, "E0212", t->rows[i].span,
                             "the table has this key twice");
        diag_label(c->d, m, other->span, "first here");
        if (!t->path) {
            struct diag_fix *fix =
                diag_fix(c->d, m, FIX_CHOICE, "remove this row");
            diag_edit(c->d, fix, t->rows[i].span, "%s", "");
        }
    }
    buf_fini(&key);
    map_fini(&seen);
}

/* The words and the longest text a column holds: so that a field's length
 * and enum can be proved from the table. */
static const struct type *column_type(struct checker *c, const struct table *t,
                                      size_t column)
{
    const struct type *declared = t->value_types[column];
    if (t->broken)
        return &type_unknown;
    bool optional = declared->optional, rows = t->row_count > 0;
    struct type *type = type_copy(c->arena, declared);
    int length = 0, scale = 0;
    size_t words = 0;
    bool all_words = true;
    for (size_t i = 0; i <= t->row_count; i++) {
        const struct table_row *row = i < t->row_count ? &t->rows[i]
                                                       : t->otherwise;
        const struct node *cell = row && !row->outcome ? row->values[column]
                                                       : NULL;
        if (!cell)
            continue;
        if (cell->kind == NODE_MISSING_LIT) {
            optional = true;
            continue;
        }
        int more = (int)utf8_count(cell->text);
        length = more > length ? more : length;
        if (cell->lit.number.scale > scale)
            scale = cell->lit.number.scale;
        words++;
    }
    all_words = words <= KNOWN_TEXTS_MAX;
    type->optional = optional;
    if (declared->kind == TYPE_TEXT && rows)
        type->length = length;
    if (declared->kind == TYPE_NUMBER || declared->kind == TYPE_MONEY ||
        declared->kind == TYPE_PERCENT)
        type->scale = rows ? scale : SCALE_UNKNOWN;
    if (declared->kind != TYPE_TEXT || !all_words || !words)
        return type;
    type->values = ARENA_ARRAY(c->arena, struct enum_value, words);
    for (size_t i = 0; i <= t->row_count; i++) {
        const struct table_row *row = i < t->row_count ? &t->rows[i]
                                                       : t->otherwise;
        const struct node *cell = row && !row->outcome ? row->values[column]
                                                       : NULL;
        if (cell && cell->kind == NODE_TEXT_LIT && !type_value(type, cell->text)) {
            struct enum_value *v = &type->values[type->value_count++];
            v->word = v->wire = cell->text;
        }
    }
    return type;
}

static struct object *row_object(struct checker *c, const struct table *t,
                                 bool whole)
{
    struct object *o = ARENA_NEW(c->arena, struct object);
    size_t keys = whole ? t->key_count : 0;
    o->name = o->label = t->name;
    o->record_only = true;
    o->span = t->decl->name_span;
    map_init(&o->by_name);
    o->next = c->p->all_objects;
    c->p->all_objects = o;
    o->fields = ARENA_ARRAY(c->arena, struct field, keys + t->value_count + 1);
    for (size_t i = 0; i < keys + t->value_count; i++) {
        struct field *f = &o->fields[o->field_count];
        bool key = i < keys;
        f->name = f->wire = key ? t->key_names[i] : t->value_names[i - keys];
        f->type = key     ? t->key_types[i]
                  : whole ? type_optional(c->arena, t->value_types[i - keys], true)
                          : column_type(c, t, i);
        f->index = (uint32_t)o->field_count++;
        f->span = t->decl->name_span;
        map_put(&o->by_name, f->name, f);
    }
    return o;
}

static void load_rows(struct checker *c, struct table *t, struct node *decl)
{
    struct node *from = KID(decl, TABLE, from);
    if (from) {
        load_table_file(c->p, c->module, t, from);
        return;
    }
    t->rows = ARENA_ARRAY(c->arena, struct table_row,
                          count_nodes(KID(decl, TABLE, rows)) + 1);
    for (struct node *n = KID(decl, TABLE, rows); n; n = n->next)
        if (n->kind == NODE_ROW)
            inline_row(c, t, n);
}

static void check_table(struct checker *c, struct node *decl)
{
    struct symbol *s = decl->symbol;
    struct table *t = ARENA_NEW(c->arena, struct table);
    t->name = decl->text;
    t->decl = decl;
    columns(c, KID(decl, TABLE, keys), &t->key_names, &t->key_types,
            &t->key_count);
    columns(c, KID(decl, TABLE, values), &t->value_names, &t->value_types,
            &t->value_count);
    size_t errors = c->d->error_count;
    load_rows(c, t, decl);
    t->broken = c->d->error_count != errors;
    check_duplicates(c, t);
    t->object = row_object(c, t, false);
    t->whole = row_object(c, t, true);
    if (s)
        s->table = t;
}

/* The message of an `otherwise` row may name the keys: they are in scope. */
static void check_otherwise(struct checker *c, struct table *t)
{
    struct local *locals = c->locals;
    if (!t || !t->otherwise || !t->otherwise->outcome)
        return;
    for (size_t i = 0; i < t->key_count; i++) {
        struct symbol *s = scope_symbol(c, SYMBOL_PARAM, t->key_names[i],
                                        t->decl, t->decl->name_span);
        s->type = type_optional(c->arena, t->key_types[i], true);
        s->used = true;
        scope_push(c, s);
    }
    c->in_table = true;
    enum verb verb = t->otherwise->outcome->lit.verb;
    if (verb == VERB_WARN)
        say(c, "E0332", t->otherwise->outcome->span,
            "a row gives a value or ends the record: hold, reject, skip or "
            "stop");
    else
        check_outcome(c, t->otherwise->outcome);
    c->in_table = false;
    c->locals = locals;
}

void check_tables(struct checker *c, struct module *module)
{
    c->module = module;
    for (struct node *n = KID(module->tree.file, FILE, items); n; n = n->next)
        if (n->kind == NODE_TABLE)
            check_table(c, n);
    for (struct node *n = KID(module->tree.file, FILE, items); n; n = n->next)
        if (n->kind == NODE_TABLE && n->symbol)
            check_otherwise(c, n->symbol->table);
}
