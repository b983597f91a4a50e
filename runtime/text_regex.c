/* PCRE2 behind one question. The fast matcher may go back and forth, so it
 * works under a limit; the few subjects that reach it are decided by PCRE2's
 * other algorithm, which goes over the subject once. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "config.h"

#include "runtime/text_regex.h"
#include "base/log.h"
#include "base/map.h"
#include "lang/pattern.h"
#include <dlfcn.h>
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define LIBRARY "libpcre2-8.so.0"
/* Steps of the fast matcher: far above what honest patterns need. */
#define MATCH_STEPS_MAX 20000
/* Working space of the other one: states per pattern, from its size. */
#define STATES_MAX 200000
#define PATTERNS_MAX 10000

struct regex {
    struct text pattern;
    pcre2_code *code;
};

static struct {
    __typeof__(&pcre2_compile) compile;
    __typeof__(&pcre2_jit_compile) jit;
    __typeof__(&pcre2_match) match;
    __typeof__(&pcre2_dfa_match) dfa;
    __typeof__(&pcre2_match_data_create) data_new;
    __typeof__(&pcre2_match_data_free) data_free;
    __typeof__(&pcre2_match_context_create) context_new;
    __typeof__(&pcre2_set_match_limit) limit;
    pcre2_match_context *context;
} pcre;

static void __attribute__((noreturn)) give_up(const char *why)
{
    fprintf(stderr,
            "mlc: `matches` needs the library " LIBRARY ": %s\n"
            "Install the package libpcre2-8-0.\n",
            why ? why : "it is incomplete");
    exit(2);
}

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
    find(library, "pcre2_compile_8", &pcre.compile);
    find(library, "pcre2_jit_compile_8", &pcre.jit);
    find(library, "pcre2_match_8", &pcre.match);
    find(library, "pcre2_dfa_match_8", &pcre.dfa);
    find(library, "pcre2_match_data_create_8", &pcre.data_new);
    find(library, "pcre2_match_data_free_8", &pcre.data_free);
    find(library, "pcre2_match_context_create_8", &pcre.context_new);
    find(library, "pcre2_set_match_limit_8", &pcre.limit);
    pcre.context = pcre.context_new(NULL);
    if (!pcre.context)
        give_up("it could not be set up");
    pcre.limit(pcre.context, MATCH_STEPS_MAX);
}

/* Patterns in use, never removed; the pointers are given out. */
static struct map regexes;
static struct arena memory;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static struct regex *compile(struct text pattern, const char **why)
{
    int error;
    PCRE2_SIZE at;
    /* \d and \w stay ASCII: account codes are */
    uint32_t options = PCRE2_UTF | PCRE2_ANCHORED |
                       PCRE2_ENDANCHORED | PCRE2_NO_AUTO_CAPTURE |
                       PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code *code =
        pcre.compile((PCRE2_SPTR)pattern.ptr, pattern.len, options, &error,
                     &at, NULL);
    if (!code) {
        *why = "the pattern cannot be read";
        return NULL;
    }
    (void)pcre.jit(code, PCRE2_JIT_COMPLETE); /* without it: slower, no less */
    struct regex *regex = ARENA_NEW(&memory, struct regex);
    regex->pattern = text_dup(&memory, pattern);
    regex->code = code;
    return regex;
}

const struct regex *regex_find(struct text pattern, const char **why)
{
    const char *unused;
    pthread_mutex_lock(&guard);
    struct regex *regex = map_get(&regexes, pattern);
    if (!regex &&
        pattern_is_sound(pattern, why ? why : &unused, NULL, NULL)) {
        if (!pcre.context)
            load();
        if (regexes.count >= PATTERNS_MAX)
            log_bug("more than %d patterns", PATTERNS_MAX);
        regex = compile(pattern, why ? why : &unused);
        if (regex)
            map_put(&regexes, regex->pattern, regex);
    }
    pthread_mutex_unlock(&guard);
    return regex;
}

/* One pass over the subject, all possibilities side by side. */
static bool matches_side_by_side(const struct regex *regex, struct text subject,
                                 pcre2_match_data *data)
{
    int *states = mem_alloc(STATES_MAX * sizeof *states);
    int result = pcre.dfa(regex->code, (PCRE2_SPTR)subject.ptr, subject.len, 0,
                          0, data, NULL, states, STATES_MAX);
    mem_free(states);
    return result >= 0;
}

bool regex_matches(const struct regex *regex, struct text subject)
{
    struct text t = subject.ptr ? subject : TEXT("");
    static __thread pcre2_match_data *data;
    if (!data) {
        data = pcre.data_new(1, NULL);
        if (!data)
            give_up("out of memory");
    }
    int result = pcre.match(regex->code, (PCRE2_SPTR)t.ptr, t.len, 0, 0, data,
                            pcre.context);
    if (result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_JIT_STACKLIMIT ||
        result == PCRE2_ERROR_HEAPLIMIT || result == PCRE2_ERROR_DEPTHLIMIT)
        return matches_side_by_side(regex, t, data);
    return result >= 0;
}
