/* Patterns by PCRE2, with limits so that no text makes them slow. */
#include "config.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include "runtime/pattern_regex.h"

#include "base/map.h"
#include <pcre2.h>
#include <pthread.h>

#define PATTERN_MAX 1000         /* bytes */
#define PATTERN_STEPS_MAX 100000 /* PCRE2's count of tries */
#define PATTERN_DEPTH_MAX 1000

struct pattern {
    pcre2_code *code; /* NULL: it is none */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct map patterns;
static struct arena names;
static bool ready;

static struct pattern *compile(struct text t)
{
    struct pattern *p = mem_zalloc(sizeof *p);
    int code;
    PCRE2_SIZE at;
    if (t.len <= PATTERN_MAX)
        p->code = pcre2_compile(
            (PCRE2_SPTR)t.ptr, t.len,
            PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF | PCRE2_UCP |
                PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_BACKSLASH_C |
                PCRE2_DOLLAR_ENDONLY,
            &code, &at, NULL);
    if (p->code)
        pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
    return p;
}

const struct pattern *pattern_find(struct text pattern)
{
    pthread_mutex_lock(&lock);
    if (!ready) {
        map_init(&patterns);
        arena_init(&names);
        ready = true;
    }
    struct pattern *p = map_get(&patterns, pattern);
    if (!p) {
        p = compile(pattern);
        map_put(&patterns, text_dup(&names, pattern), p);
    }
    pthread_mutex_unlock(&lock);
    return p->code ? p : NULL;
}

int pattern_match(const struct pattern *p, struct text text)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    const char *bytes = text.ptr ? text.ptr : "";
    int result = PCRE2_ERROR_MATCHLIMIT;
    if (data && limits) {
        pcre2_set_match_limit(limits, PATTERN_STEPS_MAX);
        pcre2_set_depth_limit(limits, PATTERN_DEPTH_MAX);
        result = pcre2_match(p->code, (PCRE2_SPTR)bytes, text.len, 0, 0, data,
                             limits);
    }
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    if (result >= 0)
        return 1;
    return result == PCRE2_ERROR_NOMATCH ? 0 : -1;
}
