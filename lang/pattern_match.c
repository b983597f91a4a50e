/* Holds a known text against a sound pattern before anything runs. Works on
 * sets of places in the text, so that no pattern makes it go back; each part
 * of the pattern is read again for each repeat. */
#include "config.h"

#include "lang/pattern.h"

#include <string.h>

#define TEXT_MOST 300      /* bytes; of longer texts nothing is known */
#define STEPS_MOST 200000L /* elements run; more than any sane pattern needs */

struct places {
    bool at[TEXT_MOST + 1];
};

struct machine {
    struct text pattern, text;
    size_t at;   /* in the pattern */
    long steps;
    bool unknown; /* nothing can be said: letters beyond ASCII, too long */
};

static char peek(const struct machine *m, size_t ahead)
{
    return m->at + ahead < m->pattern.len ? m->pattern.ptr[m->at + ahead] : '\0';
}

static bool is_in(int32_t c, const char *ranges)
{
    for (; *ranges; ranges += 2)
        if (c >= ranges[0] && c <= ranges[1])
            return true;
    return false;
}

static bool has_property(struct machine *m, struct text name, int32_t c)
{
    static const struct {
        const char *name, *ranges;
    } table[] = { { "L", "azAZ" },  { "Lu", "AZ" }, { "Ll", "az" },
                  { "N", "09" },    { "Nd", "09" }, { "Z", "  " },
                  { "S", "$$++<>^^``||~~" },
                  { "P", "!#%*,/:;?@[]__{{}}" } };
    if (c > 0x7F) {
        m->unknown = true;
        return false;
    }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (text_is(name, table[i].name))
            return is_in(c, table[i].ranges);
    m->unknown = true;
    return false;
}

/* \d, \p{L}, \. and their like against `c`; the place moves behind it. */
static bool escape_takes(struct machine *m, int32_t c)
{
    static const struct {
        char letter;
        const char *ranges;
    } classes[] = { { 'd', "09" }, { 'w', "azAZ09__" }, { 's', "\t\r  " } };
    char letter = peek(m, 1);
    if (letter == 'p' || letter == 'P') {
        size_t end = m->at + 3;
        while (end < m->pattern.len && m->pattern.ptr[end] != '}')
            end++;
        struct text name = text_slice(m->pattern, m->at + 3, end - m->at - 3);
        m->at = end + 1;
        return has_property(m, name, c) == (letter == 'p');
    }
    m->at += 2;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (letter == classes[i].letter)
            return is_in(c, classes[i].ranges);
        if (letter == classes[i].letter - ('a' - 'A'))
            return !is_in(c, classes[i].ranges);
    }
    return c == (letter == 't'   ? '\t'
                 : letter == 'n' ? '\n'
                 : letter == 'r' ? '\r'
                                 : letter);
}

/* A sign of a class that can begin a range. */
static int32_t class_sign(struct machine *m)
{
    if (peek(m, 0) == '\\') {
        char letter = peek(m, 1);
        m->at += 2;
        return letter == 't' ? '\t' : letter == 'n' ? '\n'
               : letter == 'r' ? '\r' : letter;
    }
    return utf8_decode(m->pattern, &m->at);
}

static bool class_takes(struct machine *m, int32_t c)
{
    bool negated = peek(m, 1) == '^', taken = false;
    m->at += negated ? 2 : 1;
    while (m->at < m->pattern.len && peek(m, 0) != ']') {
        if (peek(m, 0) == '\\' && memchr("dwsDWSpP", peek(m, 1), 8)) {
            taken |= escape_takes(m, c);
            continue;
        }
        int32_t low = class_sign(m), high = low;
        if (peek(m, 0) == '-' && peek(m, 1) != ']') {
            m->at++;
            high = class_sign(m);
        }
        taken |= c >= low && c <= high;
    }
    m->at++;
    return taken != negated;
}

static bool sign_takes(struct machine *m, int32_t c)
{
    if (peek(m, 0) == '[')
        return class_takes(m, c);
    if (peek(m, 0) == '\\')
        return escape_takes(m, c);
    if (peek(m, 0) == '.') {
        m->at++;
        return true;
    }
    return utf8_decode(m->pattern, &m->at) == c;
}

static void run_sign(struct machine *m, const struct places *in,
                     struct places *out)
{
    size_t start = m->at;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < m->text.len; i++) {
        size_t next = i;
        if (!in->at[i])
            continue;
        m->at = start;
        if (sign_takes(m, utf8_decode(m->text, &next)))
            out->at[next] = true;
    }
    m->at = start;
    sign_takes(m, ' '); /* behind it, also when no place was left */
}

static void run_choice(struct machine *m, const struct places *in,
                       struct places *out);

static void run_element(struct machine *m, const struct places *in,
                        struct places *out)
{
    if (++m->steps > STEPS_MOST)
        m->unknown = true;
    if (peek(m, 0) != '(') {
        run_sign(m, in, out);
        return;
    }
    m->at += peek(m, 1) == '?' ? 3 : 1;
    run_choice(m, in, out);
    m->at++;
}

static bool add_new(struct places *all, struct places *some)
{
    bool any = false;
    for (size_t i = 0; i <= TEXT_MOST; i++) {
        some->at[i] = some->at[i] && !all->at[i];
        all->at[i] = all->at[i] || some->at[i];
        any |= some->at[i];
    }
    return any;
}

static int number(struct machine *m)
{
    int n = 0;
    while (peek(m, 0) >= '0' && peek(m, 0) <= '9')
        n = n * 10 + (m->pattern.ptr[m->at++] - '0');
    return n;
}

/* How often: `most` -1 without an end. */
static void read_times(struct machine *m, int *least, int *most)
{
    char c = peek(m, 0);
    *least = c == '*' || c == '?' ? 0 : 1;
    *most = c == '*' || c == '+' ? -1 : 1;
    if (c == '*' || c == '+' || c == '?')
        m->at++;
    if (c != '{')
        return;
    m->at++;
    *least = *most = number(m);
    if (peek(m, 0) == ',') {
        m->at++;
        *most = peek(m, 0) == '}' ? -1 : number(m);
    }
    m->at++;
}

static void run_repeated(struct machine *m, const struct places *in,
                         struct places *out)
{
    struct places now = *in, next;
    size_t start = m->at, end;
    int least, most;
    run_element(m, in, &next);
    read_times(m, &least, &most);
    end = m->at;
    memset(out, 0, sizeof *out);
    if (least == 0)
        add_new(out, &now);
    for (int i = 1; (most < 0 || i <= most) && !m->unknown; i++) {
        if (i > 1) {
            m->at = start;
            run_element(m, &now, &next);
        }
        now = next;
        if (i >= least && !add_new(out, &next) && i > least)
            break;
    }
    m->at = end;
}

static void run_choice(struct machine *m, const struct places *in,
                       struct places *out)
{
    struct places now = *in, next;
    memset(out, 0, sizeof *out);
    while (m->at < m->pattern.len && peek(m, 0) != ')') {
        if (peek(m, 0) == '|') {
            add_new(out, &now);
            now = *in;
            m->at++;
            continue;
        }
        run_repeated(m, &now, &next);
        now = next;
    }
    add_new(out, &now);
}

bool pattern_refuses(struct text pattern, struct text text)
{
    struct machine m = { .pattern = pattern, .text = text };
    struct places in = { { false } }, out;
    size_t bad;
    if (text.len > TEXT_MOST || !utf8_valid(text, &bad))
        return false;
    in.at[0] = true;
    run_choice(&m, &in, &out);
    return !m.unknown && !out.at[text.len];
}
