/* A small strict CSV reader for code tables (RFC 4180): comma or semicolon,
 * double quotes, any line end. It remembers where each cell stands, so that a
 * message can point at it. Data records are read elsewhere. */
#include "config.h"

#include "lang/check.h"

#include <string.h>

static char pick_delimiter(struct text text)
{
    size_t commas = 0, semicolons = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        if (ch == '"')
            quoted = !quoted;
        else if (!quoted && ch == '\n')
            break;
        else if (!quoted)
            commas += ch == ',', semicolons += ch == ';';
    }
    return semicolons > commas ? ';' : ',';
}

void csv_open(struct csv *csv, struct text text)
{
    *csv = (struct csv){ .text = text, .line = 1 };
    if (text_starts(text, TEXT("\xef\xbb\xbf")))
        csv->at = 3;
    csv->delimiter = pick_delimiter(text_slice(text, csv->at,
                                               text.len - csv->at));
}

static bool at_end(const struct csv *csv)
{
    return csv->at >= csv->text.len;
}

static char peek(const struct csv *csv)
{
    return at_end(csv) ? '\n' : csv->text.ptr[csv->at];
}

static bool read_quoted(struct csv *csv, struct arena *arena,
                        struct csv_cell *cell, const char **why)
{
    struct buf b;
    buf_init(&b, LOAD_TABLE_MAX);
    csv->at++;
    while (!at_end(csv)) {
        char ch = csv->text.ptr[csv->at++];
        if (ch == '\n')
            csv->line++;
        if (ch != '"') {
            buf_byte(&b, ch);
        } else if (peek(csv) == '"' && !at_end(csv)) {
            buf_byte(&b, '"');
            csv->at++;
        } else {
            cell->text = buf_dup(arena, &b);
            buf_fini(&b);
            return true;
        }
    }
    buf_fini(&b);
    *why = "the quote that opens here is never closed";
    return false;
}

static void read_plain(struct csv *csv, struct csv_cell *cell)
{
    size_t start = csv->at;
    while (peek(csv) != csv->delimiter && peek(csv) != '\n' &&
           peek(csv) != '\r')
        csv->at++;
    cell->text = text_slice(csv->text, start, csv->at - start);
}

static bool read_cell(struct csv *csv, struct arena *arena,
                      struct csv_cell *cell, const char **why)
{
    *cell = (struct csv_cell){ .start = (uint32_t)csv->at };
    cell->quoted = peek(csv) == '"';
    bool fine = true;
    if (cell->quoted)
        fine = read_quoted(csv, arena, cell, why);
    else
        read_plain(csv, cell);
    cell->end = (uint32_t)csv->at;
    char next = peek(csv);
    if (fine && next != csv->delimiter && next != '\n' && next != '\r') {
        *why = "after a closing quote only a separator or a line end may come";
        return false;
    }
    return fine;
}

int csv_row(struct csv *csv, struct arena *arena, struct csv_cell *cells,
            size_t max, size_t *count, const char **why)
{
    *count = 0;
    if (at_end(csv))
        return 0;
    for (;;) {
        if (*count == max) {
            *why = "the row has too many cells";
            return -1;
        }
        if (!read_cell(csv, arena, &cells[(*count)++], why))
            return -1;
        if (peek(csv) != csv->delimiter || at_end(csv))
            break;
        csv->at++;
    }
    if (peek(csv) == '\r' && !at_end(csv))
        csv->at++;
    if (!at_end(csv) && csv->text.ptr[csv->at] == '\n')
        csv->at++;
    csv->line++;
    return 1;
}
