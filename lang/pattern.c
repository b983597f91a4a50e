/* Reads a pattern of `matches` by recursive descent and says what is not
 * allowed in it; what it accepts means the same to PCRE2. */
#include "config.h"

#include "lang/pattern.h"

struct reader {
    struct text t;
    size_t at;
    int depth;
    const char *why;
    size_t bad_at, bad_end;
};

static bool refuse(struct reader *r, size_t at, size_t end, const char *why)
{
    if (!r->why) {
        r->why = why;
        r->bad_at = at;
        r->bad_end = end > r->t.len ? r->t.len : end;
    }
    return false;
}

static bool at_end(const struct reader *r)
{
    return r->at >= r->t.len;
}

static char peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->t.len ? r->t.ptr[r->at + ahead] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* \p{Lu} */
static bool read_property(struct reader *r)
{
    static const char *const known[] = { "{L}", "{Lu}", "{Ll}", "{N}", "{Nd}",
                                         "{P}", "{S}",  "{Z}" };
    size_t start = r->at;
    struct text rest = text_slice(r->t, start + 2, r->t.len);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (text_starts(rest, text_of(known[i]))) {
            r->at += 2 + text_of(known[i]).len;
            return true;
        }
    }
    return refuse(r, start, start + 2,
                  "\\p is written \\p{L}, \\p{Lu}, \\p{Ll}, \\p{N}, \\p{P}, "
                  "\\p{S} or \\p{Z}");
}

static bool read_escape(struct reader *r, bool *is_class)
{
    char c = peek(r, 1);
    *is_class = true;
    if (c == 'p' || c == 'P')
        return read_property(r);
    if (c == 'd' || c == 'w' || c == 's' || c == 'D' || c == 'W' || c == 'S') {
        r->at += 2;
        return true;
    }
    *is_class = false;
    if (c == 't' || c == 'n' || c == 'r') {
        r->at += 2;
        return true;
    }
    if (is_digit(c))
        return refuse(r, r->at, r->at + 2,
                      "a pattern cannot refer back to an earlier group");
    if (c == 'b' || c == 'B' || c == 'A' || c == 'Z' || c == 'z' || c == 'G')
        return refuse(r, r->at, r->at + 2,
                      "a pattern covers the whole text, so it has no marks for "
                      "places");
    if (c == '\0' || is_letter(c) || (unsigned char)c >= 0x80)
        return refuse(r, r->at, r->at + 2,
                      "after \\ stands a sign, or one of d w s p t n r");
    r->at += 2;
    return true;
}

/* One end of a range in a class; `*single` when it can be one. */
static bool read_member(struct reader *r, int32_t *c, bool *single)
{
    if (peek(r, 0) == '\\') {
        bool is_class;
        *c = (unsigned char)peek(r, 1);
        if (!read_escape(r, &is_class))
            return false;
        *single = !is_class;
        return true;
    }
    if (peek(r, 0) == '[' && (peek(r, 1) == ':' || peek(r, 1) == '.' ||
                              peek(r, 1) == '='))
        return refuse(r, r->at, r->at + 2,
                      "classes by name are not known here; write [a-z] or \\p{L}");
    *single = true;
    *c = utf8_decode(r->t, &r->at);
    return true;
}

static bool read_class(struct reader *r)
{
    size_t start = r->at++;
    if (peek(r, 0) == '^')
        r->at++;
    if (peek(r, 0) == ']')
        return refuse(r, start, r->at + 1, "a class with nothing in it; write \\] "
                                           "for the bracket itself");
    while (!at_end(r) && peek(r, 0) != ']') {
        int32_t low, high;
        bool single;
        size_t from = r->at;
        if (!read_member(r, &low, &single))
            return false;
        if (peek(r, 0) != '-' || peek(r, 1) == ']' || at_end(r))
            continue;
        r->at++;
        if (at_end(r))
            break;
        bool second;
        if (!read_member(r, &high, &second))
            return false;
        if (!single || !second || high < low)
            return refuse(r, from, r->at, "this range has no order");
    }
    if (at_end(r))
        return refuse(r, start, r->t.len, "this class is never closed with ]");
    r->at++;
    return true;
}

static bool read_number(struct reader *r, int *out)
{
    if (!is_digit(peek(r, 0)))
        return false;
    int value = 0;
    while (is_digit(peek(r, 0))) {
        if (value <= PATTERN_REPEAT_MAX)
            value = value * 10 + (peek(r, 0) - '0');
        r->at++;
    }
    *out = value;
    return true;
}

/* {m}, {m,}, {m,n} */
static bool read_counts(struct reader *r, int *most)
{
    size_t start = r->at++;
    int low, high;
    if (!read_number(r, &low))
        return refuse(r, start, r->at, "after { stands how often; write \\{ for "
                                       "the brace itself");
    high = low;
    if (peek(r, 0) == ',') {
        r->at++;
        if (!read_number(r, &high))
            high = low;
    }
    if (peek(r, 0) != '}')
        return refuse(r, start, r->at + 1, "this { is never closed with }");
    r->at++;
    if (high < low || low > PATTERN_REPEAT_MAX || high > PATTERN_REPEAT_MAX)
        return refuse(r, start, r->at,
                      high < low ? "the first number is the smaller one"
                                 : "at most 1000 times");
    *most = high;
    return true;
}

static bool is_quantifier(char c)
{
    return c == '*' || c == '+' || c == '?' || c == '{';
}

/* What may follow an element; `*times` is how often it is copied. */
static bool read_quantifier(struct reader *r, int *times)
{
    *times = 1;
    char c = peek(r, 0);
    if (at_end(r) || !is_quantifier(c))
        return true;
    if (c == '{') {
        if (!read_counts(r, times))
            return false;
    } else {
        r->at++;
    }
    if (!at_end(r) && is_quantifier(peek(r, 0)))
        return refuse(r, r->at - 1, r->at + 1,
                      "one of * + ? { } is enough; lazy and possessive forms do "
                      "not exist here");
    return true;
}

static bool read_choice(struct reader *r, int *size);

static bool read_group(struct reader *r, int *size)
{
    size_t start = r->at++;
    if (peek(r, 0) == '?') {
        if (peek(r, 1) != ':')
            return refuse(r, start, r->at + 2,
                          "a group is written ( ); looking ahead or behind, "
                          "names and settings do not exist here");
        r->at += 2;
    } else if (peek(r, 0) == '*') {
        return refuse(r, start, r->at + 1, "verbs do not exist here");
    }
    if (++r->depth > PATTERN_DEPTH_MAX)
        return refuse(r, start, r->at, "groups are nested too deeply");
    if (!read_choice(r, size))
        return false;
    r->depth--;
    if (at_end(r))
        return refuse(r, start, r->t.len, "this group is never closed with )");
    r->at++;
    return true;
}

static bool read_element(struct reader *r, int *size)
{
    bool is_class;
    char c = peek(r, 0);
    *size = 1;
    if (c == '(')
        return read_group(r, size);
    if (c == '[')
        return read_class(r);
    if (c == '\\')
        return read_escape(r, &is_class);
    if (c == '^' || c == '$')
        return refuse(r, r->at, r->at + 1,
                      "a pattern covers the whole text already; leave out ^ and "
                      "$");
    if (is_quantifier(c))
        return refuse(r, r->at, r->at + 1, "there is nothing here to repeat");
    if (utf8_decode(r->t, &r->at) < 0)
        return refuse(r, r->at - 1, r->at, "this is not UTF-8");
    return true;
}

/* Alternatives up to ")" or the end. `*size` counts elements with all their
 * copies, so that nested repeats cannot make a huge machine. */
static bool read_choice(struct reader *r, int *size)
{
    *size = 1;
    while (!at_end(r) && peek(r, 0) != ')') {
        int one, times;
        size_t start = r->at;
        if (peek(r, 0) == '|') {
            r->at++;
            continue;
        }
        if (!read_element(r, &one) || !read_quantifier(r, &times))
            return false;
        int copies = times ? times : 1;
        if (one > PATTERN_REPEAT_MAX * 10 / copies ||
            *size + one * copies > PATTERN_REPEAT_MAX * 10)
            return refuse(r, start, r->at, "repeats within repeats are too many");
        *size += one * copies;
    }
    return true;
}

bool pattern_is_sound(struct text pattern, const char **why, size_t *at,
                      size_t *end)
{
    struct reader r = { .t = pattern };
    int size;
    if (pattern.len > PATTERN_LEN_MAX)
        refuse(&r, PATTERN_LEN_MAX, pattern.len, "a pattern of over 1000 bytes");
    else if (pattern.len == 0)
        refuse(&r, 0, 0, "an empty pattern; write is \"\" for an empty text");
    else if (read_choice(&r, &size) && !at_end(&r))
        refuse(&r, r.at, r.at + 1, "this ) closes nothing");
    if (!r.why)
        return true;
    if (why)
        *why = r.why;
    if (at)
        *at = r.bad_at;
    if (end)
        *end = r.bad_end;
    return false;
}
