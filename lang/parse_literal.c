/* Numbers, amounts, dates and durations as they are written. */
#include "config.h"

#include "base/iso.h"
#include "lang/parser.h"
#include <string.h>

bool currency_is_known(struct text code)
{
    return code.len == 3 && iso_currency_decimals(code) >= 0;
}

/* Digits without `_`, up to the first character that is none of a number. */
static struct text digits(struct parse *p, struct text t)
{
    char *copy = arena_alloc(p->arena, t.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '_')
            continue;
        if ((t.ptr[i] < '0' || t.ptr[i] > '9') && t.ptr[i] != '.')
            break;
        copy[len++] = t.ptr[i];
    }
    copy[len] = '\0';
    while (len > 1 && copy[0] == '0' && copy[1] != '.') {
        copy++;
        len--;
    }
    return (struct text){ copy, len };
}

/* The scanner has said something about this one. */
static bool is_told(struct parse *p, struct span span)
{
    const struct diag *last = p->diags->last;

    return p->errors && last && last->span.source == span.source &&
           last->span.start >= span.start && last->span.start < span.end;
}

static struct decimal number(struct parse *p, struct text t, struct span span)
{
    struct decimal d = { 0, 0 };
    enum decimal_status status = decimal_parse(digits(p, t), &d);

    if (status == DECIMAL_OK || is_told(p, span))
        return d;
    parse_error(p, "E0112", span,
                "a number has at most %d digits, %d of them decimals",
                DECIMAL_DIGITS_MAX, DECIMAL_SCALE_MAX);
    return decimal_int(0);
}

static struct node *numeric(struct parse *p, enum node_kind kind,
                            struct text t, struct span span)
{
    size_t len = lex_number_len(t.ptr, t.len);
    struct node *n = node_text(p, kind, span, text_slice(t, 0, len), span);

    n->lit.number = number(p, t, span);
    return n;
}

struct node *literal_number(struct parse *p, struct text t, struct span span)
{
    return numeric(p, NODE_NUMBER_LIT, t, span);
}

struct node *literal_percent(struct parse *p, struct text t, struct span span)
{
    struct node *n = numeric(p, NODE_PERCENT_LIT, t, span);
    struct decimal d = n->lit.number;

    if (d.scale + 2 > DECIMAL_SCALE_MAX) {
        parse_error(p, "E0112", span,
                    "a percentage has at most %d decimals",
                    DECIMAL_SCALE_MAX - 2);
        return n;
    }
    n->lit.number.scale = d.scale + 2;
    return n;
}

struct node *literal_money(struct parse *p, struct text t, struct span span)
{
    struct node *n = numeric(p, NODE_MONEY_LIT, t, span);

    if (t.len >= 3)
        memcpy(n->lit.currency, t.ptr + t.len - 3, 3);
    return n;
}

struct node *literal_date(struct parse *p, struct text t, struct span span)
{
    struct node *n = node_text(p, NODE_DATE_LIT, span, t, span);

    if (!date_parse(t, &n->lit.days) && !is_told(p, span))
        parse_error(p, "E0113", span, "there is no day %.*s in the calendar",
                    TEXT_ARG(t));
    return n;
}

struct node *literal_time(struct parse *p, struct text t, struct span span)
{
    struct node *n = node_text(p, NODE_TIME_LIT, span, t, span);

    if (!time_parse(t, &n->lit.seconds) && !is_told(p, span))
        parse_error(p, "E0113", span, "there is no time %.*s on a clock",
                    TEXT_ARG(t));
    return n;
}

struct node *literal_duration(struct parse *p, struct text t,
                              struct span span)
{
    struct node *n = numeric(p, NODE_DURATION_LIT, t, span);
    size_t end = t.len, start;

    if (end && t.ptr[end - 1] == 's')
        end--;
    for (start = end; start && t.ptr[start - 1] >= 'a'; start--)
        ;
    n->lit.word = text_slice(t, start, end - start);
    return n;
}

struct node *literal_negate(struct node *n, struct span span)
{
    n->lit.number = decimal_negate(n->lit.number);
    n->span = span;
    return n;
}
