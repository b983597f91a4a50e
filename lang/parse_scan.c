/* What the scanner's rules for texts, numbers and dates do beyond naming a
 * token. */
#include "config.h"

#include "lang/parser.h"
#include <string.h>

/* ------------------------------------------------------------------ texts */

/* Of signs that mean nothing one message a line is enough. */
bool lex_told_here(struct parse *p, struct span span)
{
    struct lex *lex = p->lex;
    struct text t;
    const char *end;

    if (span.start < lex->told_until)
        return true;
    t = text_slice(lex->text, span.start - lex->base, lex->text.len);
    end = t.len ? memchr(t.ptr, '\n', t.len) : NULL;
    lex->told_until = span.start + (uint32_t)(end ? (size_t)(end - t.ptr)
                                                  : t.len);
    return false;
}

/* Says whether it was told: one message a line is enough. */
bool lex_unclosed(struct parse *p, struct span span, const char *what)
{
    struct span sign = { span.source, span.start, span.start + 1 };

    if (lex_told_here(p, span))
        return false;
    parse_error(p, "E0111", sign, "this %s does not end on its line", what);
    return true;
}

void lex_hole_quote(struct parse *p, struct span span)
{
    struct diag *d =
        parse_error(p, "E0116", span,
                    "no quotes can stand between { and } in a text");

    diag_note(p->diags, d, "Give the value a name with `let` first and write "
                           "the name between { and }.");
}

/* "{f("x")}": quotes inside a hole cut the text in pieces. Such a text is
 * taken whole, so that the one mistake in it gives one message. Returns the
 * bytes of the text at `at`, which the scanner takes for `len`. */
size_t lex_string(struct parse *p, size_t at, size_t len)
{
    const struct lex *lex = p->lex;
    struct text t = text_slice(lex->text, at, lex->text.len - at);
    int depth = 0;

    if (lex->prev.kind == TOK_MATCHES || lex->place != OBJECT_NONE)
        return len;
    for (size_t i = 1; i < t.len && t.ptr[i] != '\n'; i++) {
        char c = t.ptr[i];

        if (c == '"' && !depth)
            return i + 1;
        if (c == '\\')
            i += i + 2 < t.len && t.ptr[i + 1] == 'u' ? 2 : 1;
        else if (c == '{')
            depth++;
        else if (c == '}' && depth)
            depth--;
    }
    return len;
}

static const char *double_quoted(struct parse *p, struct text t)
{
    struct buf b;
    const char *copy;

    buf_init(&b, TEXT_MAX_LEN);
    buf_byte(&b, '"');
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '"')
            buf_byte(&b, '\\');
        buf_byte(&b, t.ptr[i]);
    }
    buf_byte(&b, '"');
    copy = arena_strndup(p->arena, buf_view(&b).ptr, b.len);
    buf_fini(&b);
    return copy;
}

void lex_single_quotes(struct parse *p, struct span span)
{
    const struct lex *lex = p->lex;
    struct text t = text_slice(lex->text, span.start - lex->base + 1,
                               span.end - span.start - 2);

    habit(p, span, double_quoted(p, t),
          "texts stand in double quotes");
}

int lex_typographic(struct parse *p, struct token *tok, size_t at, size_t len)
{
    struct lex *lex = p->lex;
    struct span span = { lex->source, lex->base + (uint32_t)at,
                         lex->base + (uint32_t)(at + len) };
    size_t close = lex->text.ptr[at + len - 1] == '"' ? 1 : 3;
    struct text t = text_slice(lex->text, at + 3, len - 3 - close);

    habit(p, span, double_quoted(p, t),
          "texts stand in plain double quotes");
    *tok = (struct token){ TOK_STRING,
                           text_slice(lex->text, at + 2, t.len + 2), span };
    lex->pos = span.end;
    return TOK_STRING;
}

/* `Dear ${name}` */
void lex_template(struct parse *p, struct span span, struct text t)
{
    struct buf b;

    buf_init(&b, TEXT_MAX_LEN);
    buf_byte(&b, '"');
    for (size_t i = 1; i + 1 < t.len; i++) {
        if (t.ptr[i] == '$' && t.ptr[i + 1] == '{')
            continue;
        if (t.ptr[i] == '"')
            buf_byte(&b, '\\');
        buf_byte(&b, t.ptr[i]);
    }
    buf_byte(&b, '"');
    habit(p, span, arena_printf(p->arena, "%s", buf_cstr(&b)),
          "texts stand in double quotes, and a hole is written {…}");
    buf_fini(&b);
}

/* new Date(), new Date("2024-12-31") */
void lex_new_date(struct parse *p, struct span span, struct text t)
{
    size_t at;
    int32_t days;
    struct text day = TEXT_NONE;

    for (at = 0; at < t.len && t.ptr[at] != '"' && t.ptr[at] != '\'';)
        at++;
    if (at + 11 < t.len)
        day = text_slice(t, at + 1, 10);
    habit(p, span,
          day.len && date_parse(day, &days)
              ? arena_printf(p->arena, "%.*s", TEXT_ARG(day))
              : at == t.len ? "today()" : NULL,
          "a day is written 2024-12-31, this day is today(), this moment now()");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Behind the cell that starts at `i`. */
static size_t after_cell(struct text t, size_t i)
{
    bool quoted = t.ptr[i] == '"';

    for (i++; i < t.len && t.ptr[i] != '\n'; i++) {
        if (quoted && t.ptr[i] == '"')
            return i + 1;
        if (!quoted && (is_blank(t.ptr[i]) || t.ptr[i] == ',' ||
                        t.ptr[i] == '=' || t.ptr[i] == '"'))
            return i;
    }
    return i;
}

/* Cells before the first `=>` of what follows on this line, with commas
 * between them; 0 when it is no row. */
static int cells_of_line(struct text t)
{
    int cells = 0, commas = 0;
    bool amount = false; /* its currency is no cell */

    for (size_t i = 0; i + 1 < t.len && t.ptr[i] != '\n';) {
        if (t.ptr[i] == '=' && t.ptr[i + 1] == '>')
            return cells == commas + 1 ? cells : 0;
        if (is_blank(t.ptr[i]) || t.ptr[i] == ',') {
            commas += t.ptr[i++] == ',';
            continue;
        }
        cells += !(amount && t.ptr[i] >= 'A' && t.ptr[i] <= 'Z');
        amount = (t.ptr[i] >= '0' && t.ptr[i] <= '9') || t.ptr[i] == '-';
        i = after_cell(t, i);
    }
    return 0;
}

/* "a" => "1", "b" => "2": as between the members of a list elsewhere. */
bool lex_row_comma(struct parse *p, struct span span)
{
    const struct lex *lex = p->lex;
    struct text t = lex->text, rest;
    size_t at = span.start - lex->base, from = at;
    int keys;

    if (!lex->table_depth || lex->depth != lex->table_depth)
        return false;
    while (from && t.ptr[from - 1] != '\n' && t.ptr[from - 1] != '{')
        from--;
    keys = cells_of_line(text_slice(t, from, at - from));
    rest = text_slice(t, at + 1, t.len - at - 1);
    while (rest.len && (rest.ptr[0] == ' ' || rest.ptr[0] == '\n' ||
                        rest.ptr[0] == '\r' || rest.ptr[0] == '\t'))
        rest = text_slice(rest, 1, rest.len - 1);
    if (!keys || (cells_of_line(rest) != keys &&
                  !(rest.len && rest.ptr[0] == '}') &&
                  !text_starts(rest, TEXT("otherwise"))))
        return false;
    habit(p, span, "", "rows need no comma between them");
    return true;
}

/* ---------------------------------------------------------------- numbers */

size_t lex_number_len(const char *text, size_t len)
{
    size_t i = 0;

    while (i < len && ((text[i] >= '0' && text[i] <= '9') || text[i] == '_' ||
                       text[i] == '.'))
        i++;
    while (i && (text[i - 1] == '.' || text[i - 1] == '_'))
        i--;
    return i;
}

bool lex_is_glued(const char *text, size_t len)
{
    size_t n = lex_number_len(text, len);

    return n < len && text[n] != ' ' && text[n] != '\t';
}

int lex_money(struct parse *p, struct text t, struct span span)
{
    struct text code = text_slice(t, t.len - 3, 3);
    static const char words[] = "AND NOT FOR";

    if (currency_is_known(code)) {
        struct span at = { span.source, span.end - 3, span.end - 3 };

        if (lex_is_glued(t.ptr, t.len)) {
            struct diag *d = parse_error(
                p, "E0112", span,
                "put a blank between the amount and its currency");

            diag_edit(p->diags,
                      diag_fix(p->diags, d, FIX_SURE, "put a blank there"),
                      at, " ");
        }
        return TOK_MONEY;
    }
    for (size_t i = 0; i < sizeof words; i += 4)
        if (memcmp(words + i, code.ptr, 3) == 0)
            return TOK_NUMBER;
    span.start = span.end - 3;
    parse_error(p, "E0114", span,
                "`%.*s` is no currency: the codes are those of ISO 4217, "
                "such as EUR", TEXT_ARG(code));
    return TOK_MONEY;
}

/* `meant` stands for what the scanner took at `at`. */
static int stands_for(struct parse *p, struct token *tok, size_t at, size_t len,
                      int kind, const char *meant, const char *why)
{
    struct lex *lex = p->lex;
    struct span span = { lex->source, lex->base + (uint32_t)at,
                         lex->base + (uint32_t)(at + len) };

    habit(p, span, meant, "%s: %s", why, meant);
    *tok = (struct token){ kind, text_of(meant), span };
    lex->pos = span.end;
    return kind;
}

static const char *currency_of(struct text t)
{
    size_t at;

    if (text_find(t, TEXT("$"), &at) || text_find(t, TEXT("ollar"), &at) ||
        text_find(t, TEXT("sd"), &at))
        return "USD";
    return text_find(t, TEXT("\xC2\xA3"), &at) || text_find(t, TEXT("bp"), &at)
               ? "GBP" : "EUR";
}

int lex_currency_word(struct parse *p, struct token *tok, size_t at, size_t len)
{
    struct text t = text_slice(p->lex->text, at, len);

    return stands_for(p, tok, at, len, TOK_MONEY,
                      arena_printf(p->arena, "%.*s %s",
                                   (int)lex_number_len(t.ptr, len), t.ptr,
                                   currency_of(t)),
                      "a currency is written with its three capital letters");
}

int lex_currency_sign(struct parse *p, struct token *tok, size_t at, size_t len)
{
    struct text t = text_slice(p->lex->text, at, len);
    size_t from = 0;

    while (t.ptr[from] < '0' || t.ptr[from] > '9')
        from++;
    return stands_for(
        p, tok, at, len, TOK_MONEY,
        arena_printf(p->arena, "%.*s %s",
                     (int)lex_number_len(t.ptr + from, len - from),
                     t.ptr + from, currency_of(t)),
        "a currency is written with its three letters behind the amount");
}

int lex_percent_word(struct parse *p, struct token *tok, size_t at, size_t len)
{
    struct text t = text_slice(p->lex->text, at, len);

    return stands_for(p, tok, at, len, TOK_PERCENT,
                      arena_printf(p->arena, "%.*s%%",
                                   (int)lex_number_len(t.ptr, len), t.ptr),
                      "a percentage is written with its sign");
}

/* May the comma at `point` stand between two values: in brackets, in a row of
 * a table? */
static bool separates(const struct lex *lex, struct text t, size_t point)
{
    char open = lex->depth ? lex->open[lex->depth - 1].open : '\0';

    return t.ptr[point] == ',' && !memchr(t.ptr, '.', point) &&
           (open == '(' || open == '[' || lex->prev.kind == TOK_FATARROW ||
            lex->prev.kind == ',');
}

/* 1.000,50 and 1,000.50: groups go, and the last sign is the point. */
int lex_local_number(struct parse *p, struct token *tok, size_t at, size_t len)
{
    struct text t = text_slice(p->lex->text, at, len);
    size_t point = 0, digits = strspn(t.ptr, "0123456789.,"), n = 0;
    bool money = digits < len;
    char meant[64];

    for (size_t i = 0; i < digits; i++)
        if (t.ptr[i] == '.' || t.ptr[i] == ',')
            point = i;
    if (digits >= sizeof meant - 8 || separates(p->lex, t, point))
        return (int)strspn(t.ptr, "0123456789.");
    for (size_t i = 0; i < digits; i++)
        if (i == point)
            meant[n++] = '.';
        else if (t.ptr[i] != '.' && t.ptr[i] != ',')
            meant[n++] = t.ptr[i];
    meant[n] = '\0';
    stands_for(p, tok, at, len, money ? TOK_MONEY : TOK_NUMBER,
               arena_printf(p->arena, "%s%s%.*s", meant, money ? " " : "",
                            money ? 3 : 0, t.ptr + len - 3),
               "a number is written with a point and no other sign");
    return 0;
}

void lex_bad_number(struct parse *p, struct span span, struct text t)
{
    struct diag *d = parse_error(p, "E0112", span, "`%.*s` is no number",
                                 (int)(t.len > 40 ? 40 : t.len), t.ptr);

    diag_note(p->diags, d,
              "A number is written 1_000.50: digits, at most one point, `_` "
              "between groups.");
}

/* ------------------------------------------------------------------ dates */

void lex_local_date(struct parse *p, struct span span, const char *text)
{
    int part[3] = { 0, 0, 0 };
    int i = 0;
    struct diag *d;

    for (; *text && i < 3; text++) {
        if (*text >= '0' && *text <= '9')
            part[i] = part[i] * 10 + (*text - '0');
        else
            i++;
    }
    d = parse_error(p, "E0113", span,
                    "a date is written year-month-day: %04d-%02d-%02d",
                    part[2], part[1], part[0]);
    diag_edit(p->diags,
              diag_fix(p->diags, d, FIX_CHOICE, "if the day stands first"),
              span, "%04d-%02d-%02d", part[2], part[1], part[0]);
    if (part[1] <= 31 && part[0] <= 12)
        diag_edit(p->diags,
                  diag_fix(p->diags, d, FIX_CHOICE,
                           "if the month stands first"),
                  span, "%04d-%02d-%02d", part[2], part[0], part[1]);
}

void lex_time(struct parse *p, struct span span, const char *text, size_t len)
{
    struct diag *d;

    if (text[1] != ':')
        return;
    d = parse_error(p, "E0113", span, "a time has two digits: 0%.*s",
                    (int)len, text);
    diag_edit(p->diags, diag_fix(p->diags, d, FIX_SURE, "write the zero"),
              span, "0%.*s", (int)len, text);
}
