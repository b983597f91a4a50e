/* Records in files. */
#include "config.h"

#include "runtime/csv.h"
#include "runtime/jsonscan.h"
#include "runtime/jsonwrite.h"
#include "runtime/record_plan.h"
#include "runtime/rows.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------- options */
static struct text fact_text(const struct object *object, const char *name)
{
    const struct fact *fact = object ? object_fact(object, name) : NULL;
    return fact ? fact->value : TEXT_NONE;
}

static bool format_of_path(struct text path, struct rows_options *out)
{
    if (text_ends(path, TEXT(".csv")) || text_ends(path, TEXT(".tsv")) ||
        text_ends(path, TEXT(".txt")))
        out->format = ROWS_CSV;
    else if (text_ends(path, TEXT(".json")))
        out->format = ROWS_ARRAY;
    else if (text_ends(path, TEXT(".jsonl")) ||
             text_ends(path, TEXT(".ndjson")))
        out->format = ROWS_LINES;
    else
        return false;
    if (text_ends(path, TEXT(".tsv")))
        out->delimiter = '\t';
    return true;
}

static int format_fact(struct text format, struct rows_options *out,
                       struct error *err)
{
    if (text_is(format, "jsonl") || text_is(format, "json lines"))
        out->format = ROWS_LINES;
    else if (text_is(format, "json"))
        out->format = ROWS_ARRAY;
    else if (text_is(format, "csv"))
        out->format = ROWS_CSV;
    else
        return error_set(err, ERROR_USAGE,
                         "`%.*s` is no format of files: write csv, json or "
                         "jsonl",
                         TEXT_ARG(format));
    return 0;
}

static int charset_fact(struct text name, struct rows_options *out,
                        struct error *err)
{
    if (!name.len || text_equal_nocase(name, TEXT("utf-8")))
        out->charset = CHARSET_UTF8;
    else if (text_equal_nocase(name, TEXT("latin1")) ||
             text_equal_nocase(name, TEXT("iso-8859-1")))
        out->charset = CHARSET_LATIN1;
    else if (text_equal_nocase(name, TEXT("windows-1252")))
        out->charset = CHARSET_1252;
    else
        return error_set(err, ERROR_USAGE,
                         "files in `%.*s` cannot be read: use utf-8, latin1 or "
                         "windows-1252",
                         TEXT_ARG(name));
    return 0;
}

static int mark_fact(struct text value, char *mark, const char *what,
                     struct error *err)
{
    if (!value.len)
        return 0;
    if (text_is(value, "tab") || text_is(value, "\\t"))
        *mark = '\t';
    else if (value.len == 1 && value.ptr[0] != '"' && value.ptr[0] != '\n')
        *mark = value.ptr[0];
    else
        return error_set(err, ERROR_USAGE, "the %s is one character", what);
    return 0;
}

int rows_options_of(const struct object *object, const char *path,
                    struct rows_options *out, struct error *err)
{
    struct text format = fact_text(object, "format");
    *out = (struct rows_options){ ROWS_LINES, ',', '.', CHARSET_UTF8 };
    if (!(object && format_of_path(object->path, out)) && path)
        format_of_path(text_of(path), out);
    if (format.len && format_fact(format, out, err) != 0)
        return -1;
    if (charset_fact(fact_text(object, "encoding"), out, err) != 0 ||
        mark_fact(fact_text(object, "delimiter"), &out->delimiter,
                  "delimiter", err) != 0)
        return -1;
    return mark_fact(fact_text(object, "decimal"), &out->decimal,
                     "decimal mark", err);
}

/* ------------------------------------------------------------- opening */
struct csv_use { /* a column and a slot it goes to */
    const struct plan_value *value;
    uint32_t column;
    bool text; /* goes there as it is */
};

struct csv_columns {
    struct csv_field *fields;
    struct plan_member **wanted; /* per column; NULL: not read */
    size_t count;
    struct csv_use *uses;
    size_t use_count;
};

static int read_header(struct rows *r, struct arena *arena, struct error *err);

int rows_open(struct rows *r, const char *path,
              const struct rows_options *options, struct record_plan *plan,
              struct arena *arena, struct error *err)
{
    memset(r, 0, sizeof *r);
    r->options = *options;
    r->plan = plan;
    r->next_line = 1;
    if (input_open(&r->in, path, err) != 0)
        return -1;
    if (input_skip_bom(&r->in, err) != 0)
        return -1;
    if (options->format == ROWS_CSV)
        return read_header(r, arena, err);
    return 0;
}

void rows_close(struct rows *r)
{
    if (r->borrowed)
        return;
    input_close(&r->in);
}

static enum record_status broken(struct record_fault *fault, const char *why)
{
    snprintf(fault->text, sizeof fault->text, "%.500s", why);
    fault->field = NULL;
    fault->raw = TEXT_NONE;
    return RECORD_BROKEN;
}

/* Reads on; false with the fault when that fails. */
static bool fill(struct rows *r, struct record_fault *fault)
{
    struct error err = { .kind = ERROR_NONE };
    if (input_fill(&r->in, &err) >= 0)
        return true;
    broken(fault, err.text);
    return false;
}

/* ------------------------------------------------------------- JSON Lines */
/* The next line without its end; 1, 0 at the end, -1. The byte behind it is
 * a control character. */
static int next_line(struct rows *r, struct text *line,
                     struct record_fault *fault)
{
    struct input *in = &r->in;
    size_t seen = 0;
    for (;;) {
        char *start = in->buf + in->start;
        size_t unread = in->end - in->start;
        char *lf = unread > seen
                       ? memchr(start + seen, '\n', unread - seen)
                       : NULL;
        if (!lf && !in->eof) {
            seen = unread;
            if (!fill(r, fault))
                return -1;
            continue;
        }
        if (!lf && !unread)
            return 0;
        size_t len = lf ? (size_t)(lf - start) : unread;
        in->start += lf ? len + 1 : len;
        if (len && start[len - 1] == '\r')
            len--;
        *line = (struct text){ start, len };
        r->line = r->next_line++;
        return 1;
    }
}

static enum record_status next_json_line(struct rows *r, struct arena *arena,
                                         struct record **out,
                                         struct record_fault *fault)
{
    struct text line;
    for (;;) {
        int got = next_line(r, &line, fault);
        if (got < 0)
            return RECORD_BROKEN;
        if (got == 0)
            return RECORD_END;
        if (line.len && (line.ptr[0] == '{' || text_trim(line).len))
            break;
    }
    r->row++;
    return record_parse_line(r->plan, line, arena, out, fault);
}

/* ------------------------------------------------------------- JSON array */
enum { BEFORE_ARRAY, WITHIN_ARRAY, BEHIND_ARRAY };

/* Skips blanks; the byte there, 0 at the end, -1 error. */
static int peek(struct rows *r, struct error *err)
{
    struct input *in = &r->in;
    for (;;) {
        const char *p = in->buf + in->start, *end = in->buf + in->end;
        for (; p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n');
             p++)
            r->next_line += *p == '\n';
        in->start = (size_t)(p - in->buf);
        if (p < end)
            return (unsigned char)*p;
        int got = input_fill(in, err);
        if (got <= 0)
            return got;
    }
}

static enum record_status misplaced(struct rows *r, struct record_fault *fault,
                                    const char *what)
{
    char text[200];
    snprintf(text, sizeof text, "%s, byte %llu", what,
             (unsigned long long)(r->in.offset + r->in.start));
    return broken(fault, text);
}

/* One whole item at the front of the buffer. */
static enum record_status whole_item(struct rows *r, struct text *item,
                                     struct record_fault *fault)
{
    struct input *in = &r->in;
    struct error err = { .kind = ERROR_NONE };
    for (;;) {
        struct text t = { in->buf + in->start, in->end - in->start };
        struct json_scan s = scan_over(t);
        const char *p = scan_skip(&s, t.ptr);
        /* a number may go on behind the buffer */
        if (p && (p < s.end || in->eof)) {
            *item = (struct text){ t.ptr, (size_t)(p - t.ptr) };
            return RECORD_READ;
        }
        if (in->eof || (!p && s.fault.offset + 16 < t.len)) {
            in->start += s.fault.offset;
            return misplaced(r, fault, s.fault.what);
        }
        if (input_fill(in, &err) < 0)
            return broken(fault, err.text);
    }
}

static enum record_status array_step(struct rows *r,
                                     struct record_fault *fault, bool *item)
{
    struct error err = { .kind = ERROR_NONE };
    int c = peek(r, &err);
    *item = false;
    if (c < 0)
        return broken(fault, err.text);
    if (r->state == BEHIND_ARRAY)
        return c ? misplaced(r, fault, "something stands behind the list")
                 : RECORD_END;
    if (r->state == BEFORE_ARRAY && c != '[')
        return misplaced(r, fault, "a list in [ ] was expected here");
    if (c == 0)
        return misplaced(r, fault, "the list is not closed");
    bool first = r->state == BEFORE_ARRAY;
    if (c == '[' || c == ',') {
        if (!first && c == '[' && r->row == 0)
            return misplaced(r, fault, "an object was expected here");
        r->in.start++;
        r->state = WITHIN_ARRAY;
        c = peek(r, &err);
        if (c < 0)
            return broken(fault, err.text);
        if (c == ']' && !first)
            return misplaced(r, fault, "an object was expected here");
    }
    if (c == ']') {
        r->in.start++;
        r->state = BEHIND_ARRAY;
        return array_step(r, fault, item);
    }
    *item = true;
    return RECORD_READ;
}

static enum record_status next_array_item(struct rows *r, struct arena *arena,
                                          struct record **out,
                                          struct record_fault *fault)
{
    struct text item;
    bool there;
    enum record_status status = array_step(r, fault, &there);
    if (status != RECORD_READ || !there)
        return status;
    r->line = r->next_line;
    status = whole_item(r, &item, fault);
    if (status != RECORD_READ)
        return status;
    r->in.start += item.len;
    for (size_t i = 0; i < item.len; i++)
        r->next_line += item.ptr[i] == '\n';
    r->row++;
    return record_parse(r->plan, item, arena, out, fault);
}

/* ------------------------------------------------------------- CSV */
/* One row; RECORD_READ, RECORD_END, RECORD_BAD or RECORD_BROKEN. */
static enum record_status scan_csv(struct rows *r, struct csv_row *row,
                                   size_t max, struct record_fault *fault)
{
    struct input *in = &r->in;
    for (;;) {
        const char *p = in->buf + in->start, *end = in->buf + in->end;
        if (p == end && in->eof)
            return RECORD_END;
        enum csv_status status =
            p == end ? CSV_MORE
                     : csv_scan_row(p, end, in->eof, r->options.delimiter, max,
                                    row);
        if (status == CSV_MORE) {
            if (!fill(r, fault))
                return RECORD_BROKEN;
            continue;
        }
        r->line = r->next_line;
        r->next_line += row->line_ends;
        in->start = (size_t)(row->next - in->buf);
        fault->raw = (struct text){ p, (size_t)(row->next - p) };
        if (status == CSV_ROW)
            return RECORD_READ;
        fault->field = NULL;
        fault->offset = (size_t)(row->at - p);
        snprintf(fault->text, sizeof fault->text, "%s, byte %zu", row->what,
                 fault->offset);
        return RECORD_BAD;
    }
}

/* Windows-1252 from 0x80 to 0x9f; 0: nothing there. */
static const uint16_t high_1252[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
    0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static bool decode_charset(const struct rows *r, struct arena *arena,
                           struct text *t)
{
    char *out = arena_alloc(arena, t->len * 3 + 1);
    size_t len = 0;
    for (size_t i = 0; i < t->len; i++) {
        int32_t c = (uint8_t)t->ptr[i];
        if (c >= 0x80 && c < 0xa0 && r->options.charset == CHARSET_1252)
            c = high_1252[c - 0x80];
        if (c == 0)
            return false;
        len += utf8_encode(c, out + len);
    }
    *t = (struct text){ out, len };
    return true;
}

static const char *cell_text(const struct rows *r, struct arena *arena,
                             const struct csv_field *f, bool ascii,
                             struct text *out)
{
    size_t bad;
    *out = csv_field_text(arena, f);
    if (ascii)
        return NULL;
    if (out->len && memchr(out->ptr, '\0', out->len))
        return "a NUL character is not taken";
    if (r->options.charset != CHARSET_UTF8)
        return decode_charset(r, arena, out)
                   ? NULL
                   : "a byte that is no character of its encoding";
    return utf8_valid(*out, &bad) ? NULL : "these bytes are no UTF-8";
}

static int header_fault(struct rows *r, const char *what, struct error *err)
{
    return error_set(err, ERROR_INPUT, "%s: its first row: %s", r->in.name,
                     what);
}

/* Where the cells go, from what is wanted. */
static void list_uses(struct arena *arena, struct csv_columns *c)
{
    size_t most = 0;
    for (size_t i = 0; i < c->count; i++)
        most += c->wanted[i] ? c->wanted[i]->value_count : 0;
    c->uses = ARENA_ARRAY(arena, struct csv_use, most);
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; c->wanted[i] && k < c->wanted[i]->value_count; k++) {
            struct csv_use *use = &c->uses[c->use_count++];
            use->value = c->wanted[i]->values[k];
            use->column = (uint32_t)i;
            use->text = record_cell_is_text(use->value);
        }
}

static int find_columns(struct rows *r, struct csv_row *row,
                        struct arena *arena, struct error *err)
{
    struct csv_columns *c = r->columns;
    struct plan_node *root = r->plan->root;
    for (size_t i = 0; i < row->count; i++) {
        struct text name;
        const char *why =
            cell_text(r, arena, &row->fields[i], row->ascii, &name);
        if (why)
            return header_fault(r, why, err);
        name = text_trim(name);
        for (size_t m = 0; m < root->member_count; m++) {
            if (!text_equal(root->members[m].name, name))
                continue;
            for (size_t k = 0; k < i; k++)
                if (c->wanted[k] == &root->members[m])
                    return header_fault(r, "a column is there twice", err);
            c->wanted[i] = &root->members[m];
        }
    }
    c->count = row->count;
    for (size_t m = 0; m < root->member_count; m++) {
        bool there = false;
        for (size_t i = 0; i < c->count; i++)
            there |= c->wanted[i] == &root->members[m];
        if (!there)
            return error_set(err, ERROR_INPUT, "%s has no column `%.*s`",
                             r->in.name, TEXT_ARG(root->members[m].name));
    }
    list_uses(arena, c);
    return 0;
}

static int read_header(struct rows *r, struct arena *arena, struct error *err)
{
    struct record_fault fault;
    struct csv_row row;
    r->columns = ARENA_NEW(arena, struct csv_columns);
    r->columns->fields =
        ARENA_ARRAY(arena, struct csv_field, CSV_COLUMNS_MAX);
    r->columns->wanted =
        ARENA_ARRAY(arena, struct plan_member *, CSV_COLUMNS_MAX);
    row.fields = r->columns->fields;
    switch (scan_csv(r, &row, CSV_COLUMNS_MAX, &fault)) {
    case RECORD_READ:
        return find_columns(r, &row, arena, err);
    case RECORD_END:
        return header_fault(r, "the file is empty; the names of its columns "
                               "are missing", err);
    case RECORD_BAD:
    case RECORD_BROKEN:
        break;
    }
    return header_fault(r, fault.text, err);
}

static enum record_status bad_cell(struct record_fault *fault,
                                   const struct plan_value *v,
                                   const char *what)
{
    fault->field = v->field;
    fault->offset = 0;
    snprintf(fault->text, sizeof fault->text, "%.*s: %s",
             TEXT_ARG(v->field->name), what);
    return RECORD_BAD;
}

/* Whether no cell of the row need be looked at for its characters. */
static bool is_clean(const struct rows *r, const struct csv_row *row,
                     struct text raw)
{
    return row->ascii || (r->options.charset == CHARSET_UTF8 &&
                          !memchr(raw.ptr, '\0', raw.len) &&
                          utf8_valid(raw, NULL));
}

static enum record_status row_cells(struct rows *r, const struct csv_row *row,
                                    struct arena *arena, bool clean,
                                    struct record *record,
                                    struct record_fault *fault)
{
    const struct csv_columns *c = r->columns;
    for (size_t i = 0; i < c->use_count; i++) {
        const struct csv_use *use = &c->uses[i];
        const struct csv_field *f = &row->fields[use->column];
        struct text cell = { f->ptr, f->len };
        if (!clean || f->doubled) {
            const char *why = cell_text(r, arena, f, clean, &cell);
            if (why)
                return bad_cell(fault, use->value, why);
        }
        if (use->text && cell.len)
            record->slots[use->value->slot] = value_text(cell);
        else if (!record_row_cell(r->plan, use->value, cell,
                                  r->options.decimal, arena, record, fault))
            return RECORD_BAD;
    }
    return record_row_done(r->plan, record, fault) ? RECORD_READ : RECORD_BAD;
}

static bool is_blank_row(const struct csv_row *row, size_t columns)
{
    return row->count == 1 && !row->fields[0].len && !row->fields[0].quoted &&
           columns > 1;
}

static enum record_status next_csv_row(struct rows *r, struct arena *arena,
                                       struct record **out,
                                       struct record_fault *fault)
{
    struct csv_row row = { .fields = r->columns->fields };
    enum record_status status;
    do
        status = scan_csv(r, &row, r->columns->count, fault);
    while (status == RECORD_READ && is_blank_row(&row, r->columns->count));
    if (status == RECORD_READ || status == RECORD_BAD)
        r->row++;
    if (status != RECORD_READ)
        return status;
    struct text raw = fault->raw;
    if (row.count != r->columns->count) {
        fault->field = NULL;
        snprintf(fault->text, sizeof fault->text,
                 "the row has %zu cells, the first row has %zu", row.count,
                 r->columns->count);
        return RECORD_BAD;
    }
    struct record *record = record_row_new(r->plan, arena);
    status = row_cells(r, &row, arena, is_clean(r, &row, raw), record, fault);
    fault->raw = raw;
    *out = record;
    return status;
}

enum record_status rows_next(struct rows *r, struct arena *arena,
                             struct record **out, struct record_fault *fault)
{
    switch (r->options.format) {
    case ROWS_LINES:
        return next_json_line(r, arena, out, fault);
    case ROWS_ARRAY:
        return next_array_item(r, arena, out, fault);
    case ROWS_CSV:
        break;
    }
    return next_csv_row(r, arena, out, fault);
}

/* ------------------------------------------------------------- pieces */
struct csv_columns *rows_columns_for(struct arena *arena,
                                     const struct rows *head,
                                     struct record_plan *plan)
{
    const struct csv_columns *from = head->columns;
    const struct plan_member *base = head->plan->root->members;
    if (!from)
        return NULL;
    struct csv_columns *c = ARENA_NEW(arena, struct csv_columns);
    c->count = from->count;
    c->fields = ARENA_ARRAY(arena, struct csv_field, from->count);
    c->wanted = ARENA_ARRAY(arena, struct plan_member *, from->count);
    for (size_t i = 0; i < from->count; i++)
        if (from->wanted[i])
            c->wanted[i] = plan->root->members + (from->wanted[i] - base);
    list_uses(arena, c);
    return c;
}

void rows_open_piece(struct rows *r, const struct rows *head,
                     const struct rows_piece *piece,
                     struct record_plan *plan, struct csv_columns *columns)
{
    memset(r, 0, sizeof *r);
    r->options = head->options;
    r->plan = plan;
    r->columns = columns;
    r->row = piece->rows_before;
    r->next_line = piece->first_line;
    r->in.name = head->in.name;
    r->in.fd = -1;
    r->in.eof = true;
    r->in.buf = piece->buffer;
    r->in.start = (size_t)(piece->bytes.ptr - piece->buffer);
    r->in.cap = r->in.end = r->in.start + piece->bytes.len;
    r->borrowed = true;
}

/* Whole rows among the unread bytes from `seen` on; what they are in rows and
 * lines goes to the reader. */
static size_t whole_csv(struct rows *r, size_t seen)
{
    const struct input *in = &r->in;
    struct csv_row row = { .fields = r->columns->fields };
    const char *end = in->buf + in->end;
    const char *p = in->buf + in->start + seen;
    while (p < end && csv_scan_row(p, end, in->eof, r->options.delimiter,
                                   r->columns->count, &row) != CSV_MORE) {
        r->row += !is_blank_row(&row, r->columns->count);
        r->next_line += row.line_ends;
        p = row.next;
    }
    return (size_t)(p - (in->buf + in->start));
}

static size_t whole_lines(struct rows *r, size_t seen)
{
    const struct input *in = &r->in;
    const char *start = in->buf + in->start, *p = start + seen;
    size_t unread = in->end - in->start;
    const char *last = memrchr(p, '\n', unread - seen);
    const char *end = in->eof ? start + unread : last ? last + 1 : p;
    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((lf ? lf : end) - p);
        r->row += *p == '{' || text_trim((struct text){ p, len }).len;
        r->next_line++;
        p += lf ? len + 1 : len;
    }
    return (size_t)(end - start);
}

/* Gives the first `len` unread bytes away with their buffer; what is behind
 * them goes on in the piece's old one. */
static void swap_buffers(struct input *in, struct rows_piece *piece, size_t len)
{
    struct input old = *in;
    size_t rest = old.end - old.start - len;
    if (piece->cap < old.cap) {
        mem_free(piece->buffer);
        piece->buffer = mem_alloc(old.cap + INPUT_PAD);
        piece->cap = old.cap;
    }
    in->buf = piece->buffer;
    in->cap = piece->cap;
    in->offset += old.start + len;
    in->start = 0;
    in->end = rest;
    memcpy(in->buf, old.buf + old.start + len, rest);
    memset(in->buf + rest, 0, INPUT_PAD);
    piece->buffer = old.buf;
    piece->cap = old.cap;
    piece->bytes = (struct text){ old.buf + old.start, len };
}

int rows_cut(struct rows *head, struct rows_piece *piece, struct error *err)
{
    struct input *in = &head->in;
    size_t len = 0;
    piece->rows_before = head->row;
    piece->first_line = head->next_line;
    for (;;) {
        len = head->columns ? whole_csv(head, len) : whole_lines(head, len);
        if (in->eof || (len && in->end - in->start >= INPUT_PIECE / 2))
            break;
        if (input_fill(in, err) < 0)
            return -1;
    }
    if (!len)
        return 0;
    swap_buffers(in, piece, len);
    return 1;
}

/* ------------------------------------------------------------- writing */
static int csv_header(struct row_writer *w, struct arena *arena,
                      struct buf *out, struct error *err)
{
    const struct shape *shape = w->shape;
    w->encodings = ARENA_ARRAY(arena, struct encoding_of, shape->count);
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = shape->fields[i].field;
        if (shape->fields[i].sub ||
            (field->type && field->type->kind == TYPE_LIST))
            return error_set(err, ERROR_USAGE,
                             "`%.*s` is a list; a CSV file has no place for "
                             "it: give the object the format jsonl",
                             TEXT_ARG(field->name));
        if (!encoding_parse(field->encoding, &w->encodings[i]))
            return error_set(err, ERROR_USAGE, "nobody knows the encoding of "
                             "`%.*s`", TEXT_ARG(field->name));
        if (i)
            buf_byte(out, w->options.delimiter);
        csv_write_field(out, field->wire.len ? field->wire : field->name,
                        w->options.delimiter);
    }
    buf_byte(out, '\n');
    return 0;
}

int row_writer_open(struct row_writer *w, const struct shape *shape,
                    const struct rows_options *options, struct arena *arena,
                    struct buf *out, struct error *err)
{
    memset(w, 0, sizeof *w);
    w->options = *options;
    w->shape = shape;
    if (options->format == ROWS_CSV)
        return csv_header(w, arena, out, err);
    if (options->format == ROWS_ARRAY)
        buf_byte(out, '[');
    return record_writer_new(arena, shape, &w->json, err);
}

static int put_cell(struct row_writer *w, size_t slot, const struct value *v,
                    struct buf *out, struct error *err)
{
    const struct field *field = w->shape->fields[slot].field;
    struct buf cell;
    if (!value_is_present(v))
        return 0;
    if (v->tag == VALUE_TEXT && !field->encoding.len &&
        !(field->type && field->type->kind == TYPE_ENUM)) {
        csv_write_field(out, value_as_text(v), w->options.delimiter);
        return 0;
    }
    buf_init(&cell, 0);
    int result = record_encode_value(field, v, &cell, err);
    struct text t = buf_view(&cell);
    if (t.len >= 2 && t.ptr[0] == '"') {
        cell.len = json_unescape(t.ptr + 1, t.len - 2, cell.ptr);
        t.len = cell.len;
    }
    for (size_t i = 0; i < t.len && v->tag != VALUE_TEXT; i++)
        if (cell.ptr[i] == '.' && w->options.decimal != '.')
            cell.ptr[i] = w->options.decimal;
    csv_write_field(out, t, w->options.delimiter);
    buf_fini(&cell);
    return result;
}

int row_writer_put(struct row_writer *w, const struct record *record,
                   struct buf *out, struct error *err)
{
    int result = 0;
    if (w->options.format != ROWS_CSV) {
        if (w->options.format == ROWS_ARRAY)
            buf_str(out, w->rows ? ",\n" : "\n");
        result = record_writer_put(w->json, record, out, err);
        if (w->options.format == ROWS_LINES)
            buf_byte(out, '\n');
    } else {
        for (size_t i = 0; i < w->shape->count && result == 0; i++) {
            if (i)
                buf_byte(out, w->options.delimiter);
            result = put_cell(w, i, &record->slots[i], out, err);
        }
        buf_byte(out, '\n');
    }
    w->rows++;
    return result;
}

void row_writer_end(struct row_writer *w, struct buf *out)
{
    if (w->options.format == ROWS_ARRAY)
        buf_str(out, w->rows ? "\n]\n" : "]\n");
}
