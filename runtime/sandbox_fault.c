/* Faults of the sandboxes, by a small grammar:
 *
 *   [CONNECTOR:]METHOD PATH[:WHICH]:KIND[=ARGUMENT]
 *
 * PATH matches anywhere in the request's path, with * as a wildcard. WHICH is
 * 3, 2-5, 4+, %7 (every seventh) or * (all); without it the first call. */
#include "config.h"
#include "runtime/sandbox_kit.h"

#include <fnmatch.h>
#include <string.h>

const char sandbox_fault_help[] =
    "[CONNECTOR:]METHOD PATH[:WHICH]:KIND[=ARGUMENT]\n"
    "  CONNECTOR  rippling, exact … ; left out: any\n"
    "  METHOD     GET, POST … or *\n"
    "  PATH       found anywhere in the request's path; * stands for anything\n"
    "  WHICH      3, 2-5, 4+, %7 (every seventh) or * (all); left out: 1\n"
    "  KIND       429[=SECONDS]  throttled, with Retry-After when given\n"
    "             500 502 503[=SECONDS] 504 401 403 404  that status instead\n"
    "             500-after      the effect happens, the answer says 500\n"
    "             drop-before    no answer, no effect\n"
    "             drop-after     the effect happens, no answer\n"
    "             late=MS        no answer; the effect comes MS later\n"
    "             cut[=BYTES]    the answer ends early\n"
    "             garble         the answer's last half is damaged\n"
    "             empty          200 with an empty body\n"
    "             html           200 with a page for people\n"
    "             redirect=URL   302 to URL\n"
    "             slow=MS        the answer comes MS later\n"
    "             drip=MS        the answer comes 16 bytes at a time\n"
    "             lose-refresh   drop-after of a token call\n";

struct fault_word {
    const char *word;
    enum fault_kind kind;
    int status;
    bool needs_argument;
};

static const struct fault_word words[] = {
    { "drop-before", FAULT_DROP_BEFORE, 0, false },
    { "drop-after", FAULT_DROP_AFTER, 0, false },
    { "lose-refresh", FAULT_DROP_AFTER, 0, false },
    { "late", FAULT_LATE, 0, true },
    { "cut", FAULT_CUT, 0, false },
    { "garble", FAULT_GARBLE, 0, false },
    { "empty", FAULT_EMPTY, 200, false },
    { "html", FAULT_HTML, 200, false },
    { "redirect", FAULT_REDIRECT, 302, true },
    { "slow", FAULT_SLOW, 0, true },
    { "drip", FAULT_DRIP, 0, true },
    { "500-after", FAULT_STATUS_AFTER, 500, false },
    { "429", FAULT_STATUS, 429, false },
    { "500", FAULT_STATUS, 500, false },
    { "502", FAULT_STATUS, 502, false },
    { "503", FAULT_STATUS, 503, false },
    { "504", FAULT_STATUS, 504, false },
    { "401", FAULT_STATUS, 401, false },
    { "403", FAULT_STATUS, 403, false },
    { "404", FAULT_STATUS, 404, false },
};

static char *copy(struct text t)
{
    char *c = mem_zalloc(t.len + 1);
    if (t.len > 0)
        memcpy(c, t.ptr, t.len);
    return c;
}

void fault_free(struct fault *f)
{
    mem_free(f->spec);
    mem_free(f->connector);
    mem_free(f->method);
    mem_free(f->path);
    mem_free(f->argument);
    mem_free(f);
}

/* The part before `mark`, which is taken off `rest` with it. */
static bool take_until(struct text *rest, const char *mark, struct text *part)
{
    size_t at;
    if (!text_find(*rest, text_of(mark), &at))
        return false;
    *part = text_slice(*rest, 0, at);
    *rest = text_slice(*rest, at + 1, rest->len - at - 1);
    return true;
}

static bool take_number(struct text *t, int64_t *out)
{
    size_t n = 0;
    *out = 0;
    while (n < t->len && n < 9 && t->ptr[n] >= '0' && t->ptr[n] <= '9')
        *out = *out * 10 + (t->ptr[n++] - '0');
    *t = text_slice(*t, n, t->len - n);
    return n > 0;
}

/* "3", "2-5", "4+", "%7", "*". */
static bool parse_which(struct text t, struct fault *f)
{
    f->every = 0;
    if (text_is(t, "*")) {
        f->from = 1;
        f->to = INT64_MAX;
        return true;
    }
    if (t.len > 1 && t.ptr[0] == '%') {
        t = text_slice(t, 1, t.len - 1);
        f->from = 1;
        f->to = INT64_MAX;
        return take_number(&t, &f->every) && f->every > 0 && t.len == 0;
    }
    if (!take_number(&t, &f->from))
        return false;
    f->to = f->from;
    if (text_is(t, "+")) {
        f->to = INT64_MAX;
        return true;
    }
    if (t.len > 1 && t.ptr[0] == '-') {
        t = text_slice(t, 1, t.len - 1);
        return take_number(&t, &f->to) && t.len == 0 && f->to >= f->from;
    }
    return t.len == 0;
}

static bool parse_kind(struct text t, struct fault *f)
{
    struct text word = t, argument = TEXT_NONE;
    size_t at;
    if (text_find(t, TEXT("="), &at)) {
        word = text_slice(t, 0, at);
        argument = text_slice(t, at + 1, t.len - at - 1);
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!text_is(word, words[i].word))
            continue;
        if (words[i].needs_argument && argument.len == 0)
            return false;
        f->kind = words[i].kind;
        f->status = words[i].status;
        f->argument = argument.ptr ? copy(argument) : NULL;
        return true;
    }
    return false;
}

static bool is_method(struct text t)
{
    static const char *const methods[] = { "*",   "GET",   "POST",
                                           "PUT", "PATCH", "DELETE" };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (text_is(t, methods[i]))
            return true;
    return false;
}

static bool parse_spec(struct text rest, struct fault *f)
{
    struct text head, part;
    if (!take_until(&rest, " ", &head))
        return false;
    if (take_until(&head, ":", &part))
        f->connector = copy(part);
    if (!is_method(head))
        return false;
    f->method = copy(head);
    if (!take_until(&rest, ":", &part) || part.len == 0)
        return false;
    f->path = mem_zalloc(part.len + 3);
    f->path[0] = '*';
    memcpy(f->path + 1, part.ptr, part.len);
    f->path[part.len + 1] = '*';
    f->from = f->to = 1;
    struct text after = rest;
    if (take_until(&after, ":", &part) && parse_which(part, f))
        rest = after;
    else
        f->from = f->to = 1, f->every = 0;
    return parse_kind(rest, f);
}

int fault_add(struct sandbox *s, const char *spec, struct error *err)
{
    if (s->fault_count == SANDBOX_FAULTS_MAX)
        return error_set(err, ERROR_USAGE, "more than %d faults",
                         SANDBOX_FAULTS_MAX);
    struct fault *f = mem_zalloc(sizeof *f);
    f->spec = mem_strdup(spec);
    if (!parse_spec(text_of(spec), f)) {
        fault_free(f);
        error_set(err, ERROR_USAGE, "'%s' is no fault", spec);
        error_hint(err, "A fault reads like "
                        "'exact:POST hrm/Costcenters:3:drop-after'; "
                        "`mlc sandbox --help` lists the kinds.");
        return -1;
    }
    s->faults[s->fault_count++] = f;
    return 0;
}

static bool meets(struct fault *f, const struct sandbox_call *call)
{
    char path[2048];
    const char *name = call->world->vendor->name;
    size_t len = call->path.len < sizeof path ? call->path.len
                                              : sizeof path - 1;
    memcpy(path, call->path.ptr, len);
    path[len] = '\0';
    if (f->connector && strcmp(f->connector, name) != 0)
        return false;
    if (strcmp(f->method, "*") != 0 && strcmp(f->method, call->method) != 0)
        return false;
    if (fnmatch(f->path, path, FNM_CASEFOLD) != 0)
        return false;
    f->seen++;
    if (f->seen < f->from || f->seen > f->to)
        return false;
    return f->every == 0 || f->seen % f->every == 0;
}

/* The call may wait long, and the fault be taken away meanwhile. */
static struct fault *kept_by_call(const struct sandbox_call *call,
                                  const struct fault *f)
{
    struct fault *own = arena_dup(call->arena, f, sizeof *f);
    own->spec = arena_strdup(call->arena, f->spec);
    own->argument = f->argument ? arena_strdup(call->arena, f->argument)
                                : NULL;
    own->connector = own->method = own->path = NULL;
    return own;
}

const struct fault *fault_match(struct sandbox *s,
                                const struct sandbox_call *call)
{
    struct fault *found = NULL;
    for (size_t i = 0; i < s->fault_count; i++)
        if (meets(s->faults[i], call) && !found)
            found = s->faults[i];
    if (!found)
        return NULL;
    found->hit++;
    return kept_by_call(call, found);
}

void faults_list(const struct sandbox *s, struct doc *list)
{
    for (size_t i = 0; i < s->fault_count; i++) {
        struct doc *d = doc_object();
        doc_set_string(d, "fault", s->faults[i]->spec);
        doc_set_int(d, "seen", s->faults[i]->seen);
        doc_set_int(d, "hit", s->faults[i]->hit);
        doc_add(list, d);
    }
}
