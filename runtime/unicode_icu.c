/* ICU behind four questions. Its functions carry the version in their names,
 * so the names come from the headers this was built with. */
#include "config.h"

#include "runtime/unicode_icu.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/uvernum.h>

#define NAME_OF(symbol) NAME_OF_EXPANDED(symbol)
#define NAME_OF_EXPANDED(symbol) #symbol
#define LIBRARY "libicuuc.so." U_ICU_VERSION_SHORT

static struct {
    UChar32 (*upper)(UChar32 c);
    UChar32 (*lower)(UChar32 c);
    UChar32 (*title)(UChar32 c);
    UBool (*is_letter)(UChar32 c);
    uint8_t (*combining_class)(UChar32 c);
    const UNormalizer2 *(*nfkd)(UErrorCode *status);
    int32_t (*decomposition)(const UNormalizer2 *norm, UChar32 c,
                             UChar *decomposition, int32_t capacity,
                             UErrorCode *status);
    const UNormalizer2 *(*nfc)(UErrorCode *status);
    int32_t (*normalize)(const UNormalizer2 *norm, const UChar *from,
                         int32_t len, UChar *to, int32_t capacity,
                         UErrorCode *status);
    UChar *(*from_utf8)(UChar *to, int32_t capacity, int32_t *len,
                        const char *from, int32_t from_len,
                        UErrorCode *status);
    char *(*to_utf8)(char *to, int32_t capacity, int32_t *len,
                     const UChar *from, int32_t from_len, UErrorCode *status);
} icu;

static void __attribute__((noreturn)) give_up(const char *why)
{
    fprintf(stderr,
            "mlc: letters beyond ASCII need the library " LIBRARY ": %s\n"
            "Install the package libicu" U_ICU_VERSION_SHORT ".\n",
            why ? why : "it is incomplete");
    exit(2);
}

/* dlsym gives an object pointer; POSIX promises that it holds a function's. */
static void find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    if (!symbol)
        give_up(dlerror());
    *(void **)function = symbol;
}

static void load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        give_up(dlerror());
    find(library, NAME_OF(u_toupper), &icu.upper);
    find(library, NAME_OF(u_tolower), &icu.lower);
    find(library, NAME_OF(u_totitle), &icu.title);
    find(library, NAME_OF(u_isUAlphabetic), &icu.is_letter);
    find(library, NAME_OF(u_getCombiningClass), &icu.combining_class);
    find(library, NAME_OF(unorm2_getNFKDInstance), &icu.nfkd);
    find(library, NAME_OF(unorm2_getDecomposition), &icu.decomposition);
    find(library, NAME_OF(unorm2_getNFCInstance), &icu.nfc);
    find(library, NAME_OF(unorm2_normalize), &icu.normalize);
    find(library, NAME_OF(u_strFromUTF8), &icu.from_utf8);
    find(library, NAME_OF(u_strToUTF8), &icu.to_utf8);
}

static void need(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
}

int32_t unicode_upper(int32_t c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 32 : c;
    need();
    return icu.upper(c);
}

int32_t unicode_lower(int32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    need();
    return icu.lower(c);
}

int32_t unicode_title(int32_t c)
{
    if (c < 0x80)
        return unicode_upper(c);
    need();
    return icu.title(c);
}

bool unicode_is_letter(int32_t c)
{
    need();
    return icu.is_letter(c);
}

struct plain_letters {
    int32_t c;
    const char *plain;
};

/* Letters that have no accent to lose but another shape. */
static const struct plain_letters shapes[] = {
    { 0x00DF, "ss" }, { 0x1E9E, "SS" }, { 0x00C6, "AE" }, { 0x00E6, "ae" },
    { 0x0152, "OE" }, { 0x0153, "oe" }, { 0x00D8, "O" },  { 0x00F8, "o" },
    { 0x0141, "L" },  { 0x0142, "l" },  { 0x0110, "D" },  { 0x0111, "d" },
    { 0x00D0, "D" },  { 0x00F0, "d" },  { 0x00DE, "Th" }, { 0x00FE, "th" },
    { 0x0126, "H" },  { 0x0127, "h" },  { 0x0131, "i" },  { 0x0166, "T" },
    { 0x0167, "t" },  { 0x014A, "N" },  { 0x014B, "n" },  { 0x0132, "IJ" },
    { 0x0133, "ij" }, { 0x0138, "q" },  { 0x01A0, "O" },  { 0x01A1, "o" },
    { 0x01AF, "U" },  { 0x01B0, "u" },
};

static const char *shape_of(int32_t c)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (shapes[i].c == c)
            return shapes[i].plain;
    }
    return NULL;
}

static bool loses_accents(int32_t base)
{
    return base < 0x250 || (base >= 0x370 && base < 0x400);
}

#define DECOMPOSED_MAX 32

/* The letter under the accents of `c`, or `c`. */
static int32_t base_of(int32_t c)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar parts[DECOMPOSED_MAX];
    const UNormalizer2 *norm = icu.nfkd(&status);
    if (status > U_ZERO_ERROR)
        give_up("it has no data");
    int32_t len = icu.decomposition(norm, c, parts, DECOMPOSED_MAX, &status);
    if (status > U_ZERO_ERROR || len < 2 || !loses_accents(parts[0]) ||
        U16_IS_SURROGATE(parts[0]))
        return c;
    for (int32_t i = 1; i < len; i++) {
        if (U16_IS_SURROGATE(parts[i]) || icu.combining_class(parts[i]) == 0)
            return c;
    }
    return parts[0];
}

struct text unicode_fold(struct arena *arena, struct text t)
{
    need();
    char *to = arena_alloc(arena, t.len * 2 + 1);
    size_t len = 0;
    size_t at = 0;
    int32_t before = 0;
    while (at < t.len) {
        size_t start = at;
        int32_t c = utf8_decode(t, &at);
        const char *plain = c < 0 ? NULL : shape_of(c);
        if (c < 0) {
            to[len++] = t.ptr[start];
        } else if (plain) {
            while (*plain)
                to[len++] = *plain++;
        } else if (c < 0x80) {
            to[len++] = (char)c;
        } else if (c >= 0x300 && c <= 0x36F && loses_accents(before)) {
            continue; /* an accent on its own */
        } else {
            c = base_of(c);
            len += utf8_encode(c, to + len);
        }
        before = c;
    }
    return (struct text){ to, len };
}

/* Nothing below U+0300 changes, alone or together. */
static bool is_composed(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.ptr[i] >= 0xCC)
            return false;
    return true;
}

#define COMPOSED_MAX 4096 /* bytes; a key is shorter */

void unicode_compose(struct text t, struct buf *out)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[COMPOSED_MAX];
    UChar composed[COMPOSED_MAX];
    char narrow[3 * COMPOSED_MAX];
    int32_t len = 0;
    if (t.len > COMPOSED_MAX || is_composed(t)) {
        buf_text(out, t);
        return;
    }
    need();
    icu.from_utf8(wide, COMPOSED_MAX, &len, t.ptr, (int32_t)t.len, &status);
    const UNormalizer2 *norm = icu.nfc(&status);
    len = icu.normalize(norm, wide, len, composed, COMPOSED_MAX, &status);
    icu.to_utf8(narrow, sizeof narrow, &len, composed, len, &status);
    if (status > U_ZERO_ERROR)
        buf_text(out, t);
    else
        buf_text(out, (struct text){ narrow, (size_t)len });
}
