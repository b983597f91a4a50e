/* Functions on texts. What is a part of its argument is returned as a part of
 * it; ASCII never reaches ICU. */
#include "config.h"

#include "runtime/fn_internal.h"
#include "runtime/unicode_icu.h"
#include <string.h>

static int give(struct value *out, struct text t)
{
    *out = value_text(t);
    return 0;
}

static bool is_ascii(struct text t)
{
    size_t at = 0;
    for (; t.len - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, t.ptr + at, 8);
        if (word & 0x8080808080808080u)
            return false;
    }
    for (; at < t.len; at++) {
        if ((unsigned char)t.ptr[at] >= 0x80)
            return false;
    }
    return true;
}

/* ---------------------------------------------------------------- case */

#define BYTES(byte) (UINT64_C(0x0101010101010101) * (uint8_t)(byte))

/* The bit of the other case for those of eight ASCII bytes that lie between
 * `first` and `last`. */
static inline uint64_t case_bits(uint64_t w, char first, char last)
{
    uint64_t from = w + BYTES(0x80 - first), past = w + BYTES(0x7f - last);
    return (from & ~past & BYTES(0x80)) >> 2;
}

static struct text map_ascii(const struct fn_state *s, struct text t,
                             char first, char last)
{
    uint64_t word = 0, changed = 0;
    size_t at = 0;
    char *copy = arena_alloc(s->env->arena, t.len + 8);
    for (; at + 8 <= t.len; at += 8) {
        memcpy(&word, t.ptr + at, 8);
        uint64_t bits = case_bits(word, first, last);
        changed |= bits;
        word ^= bits;
        memcpy(copy + at, &word, 8);
    }
    for (; at < t.len; at++) {
        bool other = t.ptr[at] >= first && t.ptr[at] <= last;
        changed |= other;
        copy[at] = (char)(t.ptr[at] ^ (other ? 0x20 : 0));
    }
    return changed ? (struct text){ copy, t.len } : t;
}

/* Each code point by itself; one takes at most 4 bytes. */
static struct text map_unicode(const struct fn_state *s, struct text t,
                               int32_t (*map)(int32_t c))
{
    char *to = arena_alloc(s->env->arena, t.len * 4 + 1);
    size_t len = 0;
    size_t at = 0;
    while (at < t.len) {
        size_t start = at;
        int32_t c = utf8_decode(t, &at);
        if (c < 0)
            to[len++] = t.ptr[start];
        else
            len += utf8_encode(map(c), to + len);
    }
    return (struct text){ to, len };
}

FN(upper)
{
    (void)n;
    struct text t = fn_text_of(a);
    if (is_ascii(t))
        return give(out, map_ascii(s, t, 'a', 'z'));
    return give(out, map_unicode(s, t, unicode_upper));
}

FN(lower)
{
    (void)n;
    struct text t = fn_text_of(a);
    if (is_ascii(t))
        return give(out, map_ascii(s, t, 'A', 'Z'));
    return give(out, map_unicode(s, t, unicode_lower));
}

static bool is_digit(int32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(int32_t c)
{
    if (c < 0x80)
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return unicode_is_letter(c);
}

static bool is_mark(struct text one)
{
    return one.len > 1 && utf8_columns(one) == 0;
}

FN(title)
{
    (void)n;
    struct text t = fn_text_of(a);
    char *to = arena_alloc(s->env->arena, t.len * 4 + 1);
    size_t len = 0;
    size_t at = 0;
    bool inside = false;
    while (at < t.len) {
        size_t start = at;
        int32_t c = utf8_decode(t, &at);
        if (c < 0) {
            to[len++] = t.ptr[start];
            continue;
        }
        len += utf8_encode(inside ? unicode_lower(c) : unicode_title(c),
                           to + len);
        bool joins = c == '\'' || c == 0x2019 ||
                     is_mark(text_slice(t, start, at - start));
        inside = is_letter(c) || is_digit(c) || (inside && joins);
    }
    return give(out, (struct text){ to, len });
}

/* --------------------------------------------------------------- parts */

FN(trim)
{
    (void)s;
    (void)n;
    return give(out, text_trim(fn_text_of(a)));
}

static int count_of(const struct fn_state *s, const struct value *v,
                    int64_t *out)
{
    return fn_whole(s, v, "the count of characters", 0, INT32_MAX, out);
}

FN(left)
{
    (void)n;
    int64_t count;
    if (count_of(s, &a[1], &count) != 0)
        return -1;
    return give(out, utf8_left(fn_text_of(a), (size_t)count));
}

FN(right)
{
    (void)n;
    int64_t count;
    if (count_of(s, &a[1], &count) != 0)
        return -1;
    struct text t = fn_text_of(a);
    size_t all = utf8_count(t);
    if ((size_t)count >= all)
        return give(out, t);
    size_t skip = utf8_left(t, all - (size_t)count).len;
    return give(out, text_slice(t, skip, t.len));
}

FN(middle)
{
    (void)n;
    int64_t from, count;
    if (fn_whole(s, &a[1], "the number of the first character", 1, INT32_MAX,
                 &from) != 0 ||
        count_of(s, &a[2], &count) != 0)
        return -1;
    struct text t = fn_text_of(a);
    size_t skip = utf8_left(t, (size_t)from - 1).len;
    return give(out, utf8_left(text_slice(t, skip, t.len), (size_t)count));
}

static bool find_last(struct text t, struct text part, size_t *at)
{
    bool found = false;
    size_t from = 0;
    size_t hit;
    while (text_find(text_slice(t, from, t.len), part, &hit)) {
        *at = from + hit;
        found = true;
        from = *at + 1;
        if (from > t.len || part.len == 0)
            break;
    }
    if (part.len == 0)
        *at = t.len;
    return found;
}

FN(before)
{
    (void)s;
    (void)n;
    struct text t = fn_text_of(a);
    size_t at;
    bool found = text_find(t, fn_text_of(&a[1]), &at);
    return give(out, found ? text_slice(t, 0, at) : t);
}

FN(before_last)
{
    (void)s;
    (void)n;
    struct text t = fn_text_of(a);
    size_t at;
    bool found = find_last(t, fn_text_of(&a[1]), &at);
    return give(out, found ? text_slice(t, 0, at) : t);
}

FN(after)
{
    (void)s;
    (void)n;
    struct text t = fn_text_of(a);
    struct text part = fn_text_of(&a[1]);
    size_t at;
    bool found = text_find(t, part, &at);
    return give(out, found ? text_slice(t, at + part.len, t.len) : TEXT(""));
}

FN(after_last)
{
    (void)s;
    (void)n;
    struct text t = fn_text_of(a);
    struct text part = fn_text_of(&a[1]);
    size_t at;
    bool found = find_last(t, part, &at);
    return give(out, found ? text_slice(t, at + part.len, t.len) : TEXT(""));
}

FN(first_line)
{
    (void)s;
    (void)n;
    struct text t = fn_text_of(a);
    size_t at = 0;
    while (at < t.len && t.ptr[at] != '\n' && t.ptr[at] != '\r')
        at++;
    return give(out, text_slice(t, 0, at));
}

/* -------------------------------------------------------------- making */

/* The buffer's text in the batch's arena, or a failure when it grew past
 * what a text may be. */
static int finish(const struct fn_state *s, struct buf *b, struct value *out)
{
    int result = 0;
    if (b->full)
        result = fn_fail(s, "the text would be longer than %zu bytes",
                         FN_TEXT_MAX);
    else
        *out = value_text(buf_dup(s->env->arena, b));
    buf_fini(b);
    return result;
}

static int replace_all(const struct fn_state *s, struct text t,
                       struct text part, struct text with, struct value *out)
{
    size_t at;
    if (part.len == 0)
        return fn_fail(s, "the part to look for is empty");
    if (!text_find(t, part, &at))
        return give(out, t);
    struct buf b;
    buf_init(&b, FN_TEXT_MAX);
    do {
        buf_text(&b, text_slice(t, 0, at));
        buf_text(&b, with);
        t = text_slice(t, at + part.len, t.len);
    } while (text_find(t, part, &at));
    buf_text(&b, t);
    return finish(s, &b, out);
}

FN(replace)
{
    (void)n;
    return replace_all(s, fn_text_of(a), fn_text_of(&a[1]), fn_text_of(&a[2]),
                       out);
}

FN(remove)
{
    (void)n;
    return replace_all(s, fn_text_of(a), fn_text_of(&a[1]), TEXT(""), out);
}

static int pad(const struct fn_state *s, const struct value *a, size_t n,
               bool at_left, struct value *out)
{
    struct text t = fn_text_of(a);
    struct text fill = n > 2 ? fn_text_of(&a[2]) : TEXT(" ");
    int64_t count;
    if (fn_whole(s, &a[1], "the count of characters", 0, 100000, &count) != 0)
        return -1;
    if (utf8_count(fill) != 1)
        return fn_fail(s, "the text to fill with must be one character, not %s",
                       fn_show(s, &a[2]));
    size_t have = utf8_count(t);
    if (have >= (size_t)count)
        return give(out, t);
    struct buf b;
    buf_init(&b, FN_TEXT_MAX);
    if (!at_left)
        buf_text(&b, t);
    for (size_t i = have; i < (size_t)count; i++)
        buf_text(&b, fill);
    if (at_left)
        buf_text(&b, t);
    return finish(s, &b, out);
}

FN(pad_left)
{
    return pad(s, a, n, true, out);
}

FN(pad_right)
{
    return pad(s, a, n, false, out);
}

FN(repeat)
{
    (void)n;
    struct text t = fn_text_of(a);
    int64_t count;
    if (fn_whole(s, &a[1], "the count", 0, INT32_MAX, &count) != 0)
        return -1;
    struct buf b;
    buf_init(&b, FN_TEXT_MAX);
    for (int64_t i = 0; i < count && t.len && !b.full; i++)
        buf_text(&b, t);
    return finish(s, &b, out);
}

/* A character with the marks that stand on it. */
static size_t cluster_len(struct text t)
{
    size_t at = 0;
    (void)utf8_decode(t, &at);
    while (at < t.len) {
        size_t next = at;
        (void)utf8_decode(t, &next);
        if (!is_mark(text_slice(t, at, next - at)))
            break;
        at = next;
    }
    return at;
}

FN(reverse)
{
    (void)n;
    struct text t = fn_text_of(a);
    char *to = arena_alloc(s->env->arena, t.len + 1);
    size_t end = t.len;
    struct text rest = t;
    while (rest.len) {
        size_t len = cluster_len(rest);
        end -= len;
        memcpy(to + end, rest.ptr, len);
        rest = text_slice(rest, len, rest.len);
    }
    return give(out, (struct text){ to, t.len });
}

FN(fold)
{
    (void)n;
    struct text t = fn_text_of(a);
    if (is_ascii(t))
        return give(out, t);
    return give(out, unicode_fold(s->env->arena, t));
}

static int keep(const struct fn_state *s, struct text t,
                bool (*wanted)(int32_t c), struct value *out)
{
    char *to = arena_alloc(s->env->arena, t.len + 1);
    size_t len = 0;
    size_t at = 0;
    while (at < t.len) {
        size_t start = at;
        int32_t c = utf8_decode(t, &at);
        if (c >= 0 && wanted(c)) {
            memcpy(to + len, t.ptr + start, at - start);
            len += at - start;
        }
    }
    return give(out, (struct text){ to, len });
}

FN(keep_digits)
{
    (void)n;
    return keep(s, fn_text_of(a), is_digit, out);
}

FN(only_letters)
{
    (void)n;
    return keep(s, fn_text_of(a), is_letter, out);
}

FN(text)
{
    (void)n;
    if (a->tag == VALUE_TEXT) {
        *out = *a;
        return 0;
    }
    struct buf b;
    buf_init(&b, FN_TEXT_MAX);
    value_print(a, &b);
    return finish(s, &b, out);
}

/* ------------------------------------------------------ lists of texts */

FN(length)
{
    (void)s;
    (void)n;
    *out = fn_integer((int64_t)utf8_count(fn_text_of(a)));
    return 0;
}

FN(split)
{
    (void)n;
    struct text t = fn_text_of(a);
    struct text part = fn_text_of(&a[1]);
    size_t at;
    if (part.len == 0)
        return fn_fail(s, "the separator is empty");
    size_t count = 1;
    struct text rest = t;
    for (; text_find(rest, part, &at); count++)
        rest = text_slice(rest, at + part.len, rest.len);
    if (count > FN_LIST_MAX)
        return fn_fail(s, "there are more than %zu parts", FN_LIST_MAX);
    *out = fn_list(s, count);
    for (size_t i = 0; i < count; i++) {
        if (!text_find(t, part, &at))
            at = t.len;
        out->list->items[i] = value_text(text_slice(t, 0, at));
        t = text_slice(t, at + part.len, t.len);
    }
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The words of `t`, into `items` when there is room for them. */
static size_t find_words(struct text t, struct value *items)
{
    const char *p = t.ptr, *end = p + t.len;
    size_t count = 0;
    for (;;) {
        while (p < end && is_blank(*p))
            p++;
        if (p == end)
            return count;
        const char *start = p;
        while (p < end && !is_blank(*p))
            p++;
        if (items)
            items[count] =
                value_text((struct text){ start, (size_t)(p - start) });
        count++;
    }
}

FN(words)
{
    (void)n;
    struct text t = fn_text_of(a);
    size_t count = find_words(t, NULL);
    if (count > FN_LIST_MAX)
        return fn_fail(s, "there are more than %zu words", FN_LIST_MAX);
    *out = fn_list(s, count);
    find_words(t, out->list->items);
    return 0;
}

FN(join)
{
    (void)n;
    const struct value_list *list = a->list;
    struct text between = fn_text_of(&a[1]);
    if (list->count == 1 && list->items[0].tag == VALUE_TEXT) {
        *out = list->items[0];
        return 0;
    }
    size_t len = list->count ? between.len * (list->count - 1) : 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct value *v = &list->items[i];
        if (v->tag != VALUE_TEXT)
            return fn_fail(s, "number %zu of the list is %s, not a text", i + 1,
                           fn_show(s, v));
        len += v->len;
    }
    if (len > FN_TEXT_MAX)
        return fn_fail(s, "the text would be longer than %zu bytes",
                       FN_TEXT_MAX);
    char *room = arena_alloc(s->env->arena, len + 1), *p = room;
    for (size_t i = 0; i < list->count; i++) {
        if (i && between.len)
            p = (char *)memcpy(p, between.ptr, between.len) + between.len;
        memcpy(p, list->items[i].ptr, list->items[i].len);
        p += list->items[i].len;
    }
    *out = value_text((struct text){ room, len });
    return 0;
}

/* How much of `t` from the start on has single blanks only, and none first. */
static size_t spaced_run(struct text t)
{
    char before = ' ';
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] <= ' ' && is_blank(t.ptr[i]) &&
            (before == ' ' || t.ptr[i] != ' '))
            return i;
        before = t.ptr[i];
    }
    return t.len && before == ' ' ? t.len - 1 : t.len;
}

bool fn_spaced(struct arena *arena, struct text t, struct text *out)
{
    size_t at = spaced_run(t);
    *out = t;
    if (at == t.len)
        return true;
    if (t.len > FN_LIST_MAX)
        return false;
    char *room = arena_dup(arena, t.ptr, t.len), *to = room + at;
    for (; at < t.len; at++) {
        if (!is_blank(t.ptr[at]))
            *to++ = t.ptr[at];
        else if (to > room && to[-1] != ' ')
            *to++ = ' ';
    }
    if (to > room && to[-1] == ' ')
        to--;
    *out = (struct text){ room, (size_t)(to - room) };
    return true;
}

/* -------------------------------------------------------------- checks */

FN(is_blank)
{
    (void)s;
    (void)n;
    bool blank = a->tag != VALUE_TEXT || text_trim(fn_text_of(a)).len == 0;
    *out = value_yesno(blank);
    return 0;
}

FN(is_digits)
{
    (void)s;
    (void)n;
    struct text t = fn_text_of(a);
    bool all = t.len > 0;
    for (size_t i = 0; i < t.len; i++)
        all = all && is_digit((unsigned char)t.ptr[i]);
    *out = value_yesno(all);
    return 0;
}

static bool is_mail_char(char c)
{
    return is_digit((unsigned char)c) || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+/=?^_`{|}~-", c) != NULL);
}

static bool is_mailbox(struct text t)
{
    if (t.len == 0 || t.len > 64)
        return false;
    bool dot = true; /* none at the start, none twice, none at the end */
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '.' ? dot : !is_mail_char(t.ptr[i]))
            return false;
        dot = t.ptr[i] == '.';
    }
    return !dot;
}

static bool is_host_label(struct text t)
{
    if (t.len == 0 || t.len > 63 || t.ptr[0] == '-' ||
        t.ptr[t.len - 1] == '-')
        return false;
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.ptr[i];
        if (!is_digit(c) && c != '-' && !(c < 0x80 && is_letter(c)))
            return false;
    }
    return true;
}

static bool is_domain(struct text t)
{
    size_t labels = 0;
    size_t at;
    while (text_find(t, TEXT("."), &at)) {
        if (!is_host_label(text_slice(t, 0, at)))
            return false;
        t = text_slice(t, at + 1, t.len);
        labels++;
    }
    bool named = t.len >= 2 && !is_digit((unsigned char)t.ptr[t.len - 1]);
    return labels > 0 && named && is_host_label(t);
}

FN(is_email)
{
    (void)s;
    (void)n;
    struct text t = fn_text_of(a);
    size_t at;
    bool good = t.len <= 254 && text_find(t, TEXT("@"), &at) &&
                is_mailbox(text_slice(t, 0, at)) &&
                is_domain(text_slice(t, at + 1, t.len));
    *out = value_yesno(good);
    return 0;
}
