/* Code tables: columns, rows written in the flow file or read from the CSV
 * file that finance keeps. Cells become literals of their column's type. */
#include "config.h"

#include "lang/check.h"

struct filler {
    struct checker *c;
    struct module *module;
    struct table *table;
    uint32_t source;
    size_t cap;
};

static struct span cell_span(const struct filler *f, const struct csv_cell *cell)
{
    return (struct span){ f->source, cell->start, cell->end };
}

static struct node *literal(struct filler *f, enum node_kind kind,
                            const struct csv_cell *cell,
                            const struct type *type)
{
    struct node *n = ARENA_NEW(f->c->arena, struct node);
    n->kind = kind;
    n->span = cell_span(f, cell);
    n->text = cell->text;
    n->type = type;
    return n;
}

static struct node *number_cell(struct filler *f, const struct csv_cell *cell,
                                const struct type *type)
{
    struct node *n = literal(f, NODE_NUMBER_LIT, cell, type);
    struct text t = text_trim(cell->text);
    if (type->kind == TYPE_PERCENT) {
        n->kind = NODE_PERCENT_LIT;
        if (!t.len || t.ptr[t.len - 1] != '%')
            return NULL; /* 0.21 and 21 would be taken for each other */
        t.len--;
        struct decimal hundredth = { 1, 2 };
        if (decimal_parse(text_trim(t), &n->lit.number) != DECIMAL_OK)
            return NULL;
        return decimal_mul(n->lit.number, hundredth, &n->lit.number) ==
                       DECIMAL_OK ? n : NULL;
    }
    return decimal_parse(t, &n->lit.number) == DECIMAL_OK ? n : NULL;
}

static struct node *money_cell(struct filler *f, const struct csv_cell *cell,
                               const struct type *type)
{
    struct node *n = literal(f, NODE_MONEY_LIT, cell, type);
    struct text t = text_trim(cell->text);
    if (t.len < 5 || t.ptr[t.len - 4] != ' ')
        return NULL;
    for (size_t i = 0; i < 3; i++) {
        char ch = t.ptr[t.len - 3 + i];
        if (ch < 'A' || ch > 'Z')
            return NULL;
        n->lit.currency[i] = ch;
    }
    t.len -= 4;
    return decimal_parse(text_trim(t), &n->lit.number) == DECIMAL_OK ? n : NULL;
}

static struct node *date_cell(struct filler *f, const struct csv_cell *cell,
                              const struct type *type)
{
    struct node *n = literal(f, NODE_DATE_LIT, cell, type);
    return date_parse(text_trim(cell->text), &n->lit.days) ? n : NULL;
}

static struct node *yesno_cell(struct filler *f, const struct csv_cell *cell,
                               const struct type *type)
{
    struct node *n = literal(f, NODE_YESNO_LIT, cell, type);
    struct text t = text_trim(cell->text);
    n->lit.flag = text_is(t, "yes");
    return n->lit.flag || text_is(t, "no") ? n : NULL;
}

/* NULL: the text is no such value. */
static struct node *cell_node(struct filler *f, const struct csv_cell *cell,
                              const struct type *type)
{
    switch ((int)type->kind) {
    case TYPE_NUMBER:
    case TYPE_INTEGER:
    case TYPE_PERCENT: return number_cell(f, cell, type);
    case TYPE_MONEY: return money_cell(f, cell, type);
    case TYPE_DATE: return date_cell(f, cell, type);
    case TYPE_YESNO: return yesno_cell(f, cell, type);
    default: return literal(f, NODE_TEXT_LIT, cell,
                            type_literal(f->c->arena, cell->text));
    }
}

static struct table_row *new_row(struct filler *f)
{
    struct table *t = f->table;
    if (t->row_count == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 16;
        struct table_row *rows = ARENA_ARRAY(f->c->arena, struct table_row, cap);
        for (size_t i = 0; i < t->row_count; i++)
            rows[i] = t->rows[i];
        t->rows = rows;
        f->cap = cap;
    }
    struct table_row *row = &t->rows[t->row_count++];
    row->keys = ARENA_ARRAY(f->c->arena, struct node *, t->key_count + 1);
    row->values = ARENA_ARRAY(f->c->arena, struct node *, t->value_count + 1);
    return row;
}

/* ------------------------------------------------------------------ CSV */
struct columns { /* cell number of each key, then of each value */
    size_t at[TABLE_COLUMNS_MAX * 2];
    size_t count; /* of the header */
};

static void missing_column(struct filler *f, struct text name,
                           const struct csv_cell *cells, size_t count,
                           struct node *from)
{
    struct near n;
    near_init(&n, name);
    for (size_t i = 0; i < count; i++)
        near_try(&n, text_trim(cells[i].text));
    struct diag *m = say(f->c, "E0211", from->span,
                         "the file has no column `%.*s`", TEXT_ARG(name));
    if (count)
        diag_label(f->c->d, m,
                   (struct span){ f->source, cells[0].start,
                                  cells[count - 1].end },
                   "its first line names the columns");
    if (near_found(&n))
        diag_note(f->c->d, m, "did you mean `%.*s`?", TEXT_ARG(n.best));
}

static bool find_column(struct filler *f, struct text name,
                        const struct csv_cell *cells, size_t count, size_t *at)
{
    (void)f;
    for (size_t i = 0; i < count; i++)
        if (text_equal(text_trim(cells[i].text), name)) {
            *at = i;
            return true;
        }
    return false;
}

static bool read_header(struct filler *f, struct csv *csv, struct columns *out,
                        struct csv_cell *cells, struct node *from)
{
    const struct table *t = f->table;
    const char *why = "";
    size_t count = 0;
    bool fine = true;
    if (csv_row(csv, f->c->arena, cells, TABLE_COLUMNS_MAX, &count, &why) <= 0) {
        say(f->c, "E0211", from->span, "the table's file cannot be read: %s",
            *why ? why : "it is empty");
        return false;
    }
    out->count = count;
    for (size_t i = 0; i < t->key_count + t->value_count; i++) {
        struct text name = i < t->key_count ? t->key_names[i]
                                            : t->value_names[i - t->key_count];
        if (!find_column(f, name, cells, count, &out->at[i])) {
            missing_column(f, name, cells, count, from);
            fine = false;
        }
    }
    return fine;
}

static void bad_cell(struct filler *f, const struct csv_cell *cell,
                     const struct type *type)
{
    struct diag *m = say(f->c, "E0213", cell_span(f, cell),
                         "\"%.*s\" is not %s", TEXT_ARG(cell->text),
                         type_words(f->c->arena, type));
    if (type->kind == TYPE_PERCENT)
        diag_note(f->c->d, m, "write percentages with their sign: 21%%");
    else if (type_is_numeric(type) || type->kind == TYPE_MONEY)
        diag_note(f->c->d, m,
                  "write numbers with a point and without separators: 1234.56");
    else if (type->kind == TYPE_DATE)
        diag_note(f->c->d, m, "write dates as 2025-03-31");
    else if (type->kind == TYPE_YESNO)
        diag_note(f->c->d, m, "write yes or no");
}

static bool is_blank_row(const struct csv_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_trim(cells[i].text).len)
            return false;
    return true;
}

static void fill_cell(struct filler *f, const struct csv_cell *cell,
                      const struct type *type, bool key, struct node **out)
{
    if (!cell->text.len && !cell->quoted) {
        struct node *n = literal(f, NODE_MISSING_LIT, cell, type);
        *out = n;
        if (key)
            say(f->c, "E0211", cell_span(f, cell), "this row has no key");
        return;
    }
    *out = cell_node(f, cell, type);
    if (!*out)
        bad_cell(f, cell, type);
    struct text trimmed = text_trim(cell->text);
    if (*out && type->kind == TYPE_TEXT && trimmed.len != cell->text.len)
        say(f->c, "W0412", cell_span(f, cell),
            "the cell \"%.*s\" has blanks around it, and they count",
            TEXT_ARG(cell->text));
}

static void fill_row(struct filler *f, const struct csv_cell *cells,
                     size_t count, const struct columns *columns,
                     uint32_t line)
{
    struct table *t = f->table;
    if (count != columns->count) {
        say(f->c, "E0211",
            (struct span){ f->source, cells[0].start, cells[count - 1].end },
            "this row has %zu cell%s, the first line names %zu", count,
            count == 1 ? "" : "s", columns->count);
        return;
    }
    struct table_row *row = new_row(f);
    row->line = line;
    row->span = (struct span){ f->source, cells[0].start, cells[count - 1].end };
    for (size_t i = 0; i < t->key_count; i++)
        fill_cell(f, &cells[columns->at[i]], t->key_types[i], true,
                  &row->keys[i]);
    for (size_t i = 0; i < t->value_count; i++)
        fill_cell(f, &cells[columns->at[t->key_count + i]], t->value_types[i],
                  false, &row->values[i]);
}

static void read_rows(struct filler *f, struct csv *csv,
                      const struct columns *columns, struct csv_cell *cells)
{
    for (;;) {
        const char *why = "";
        size_t count = 0;
        uint32_t line = csv->line, start = (uint32_t)csv->at;
        int rc = csv_row(csv, f->c->arena, cells, TABLE_COLUMNS_MAX, &count,
                         &why);
        if (rc < 0)
            say(f->c, "E0211", (struct span){ f->source, start, start + 1 },
                "%s", why);
        if (rc <= 0)
            return;
        if (f->table->row_count == TABLE_ROWS_MAX) {
            say(f->c, "E0205", (struct span){ f->source, start, start + 1 },
                "a code table has at most %d rows", TABLE_ROWS_MAX);
            return;
        }
        if (!is_blank_row(cells, count))
            fill_row(f, cells, count, columns, line);
    }
}

void load_table_file(struct program *p, struct module *module,
                     struct table *table, struct node *from)
{
    struct checker c = { .p = p, .d = &p->diags, .arena = &p->arena,
                         .module = module };
    struct filler f = { .c = &c, .module = module, .table = table };
    struct error err = { 0 };
    struct text text;
    const char *real = load_resolve(p, module, from->text, from->span);
    if (!real)
        return;
    if (load_text(p, real, LOAD_TABLE_MAX, &text, &err) < 0) {
        say(&c, "E0201", from->span, "%s", err.text);
        return;
    }
    size_t bad;
    if (!utf8_valid(text, &bad)) {
        struct diag *m = say(&c, "E0211", from->span,
                             "\"%.*s\" is not UTF-8 (byte %zu)",
                             TEXT_ARG(from->text), bad + 1);
        diag_note(c.d, m, "save it as CSV UTF-8 in Excel");
        return;
    }
    table->path = text_cstr(&p->arena, from->text);
    f.source = sources_add(&p->sources, table->path, text, false);
    struct csv csv;
    struct columns columns = { .count = 0 };
    struct csv_cell *cells =
        ARENA_ARRAY(&p->arena, struct csv_cell, TABLE_COLUMNS_MAX);
    csv_open(&csv, sources_get(&p->sources, f.source)->text);
    if (read_header(&f, &csv, &columns, cells, from))
        read_rows(&f, &csv, &columns, cells);
}
