/* Calling functions: lifting over missing arguments, and the failures that
 * all of them say in the same way. */
#include "config.h"

#include "base/log.h"
#include "runtime/fn_internal.h"
#include "runtime/zone.h"
#include <string.h>

typedef int (*fn_implementation)(const struct fn_state *s,
                                 const struct value *a, size_t n,
                                 struct value *out);

static const fn_implementation implementations[] = {
#define BUILTIN(name, category, signature, rule, flags, doc, x, y, z)          \
    [BUILTIN_##name] = call_##name,
#include "lang/builtins.def"
#undef BUILTIN
};

static bool is_missing(const struct value *v)
{
    return !value_is_present(v);
}

int fn_call(const struct builtin *b, const struct fn_env *env,
            const struct value *args, size_t count, struct value *out,
            struct fn_failure *why)
{
    const struct fn_state s = { b, env, why };
    if (count < b->least_args)
        log_bug("%.*s called with %zu arguments", TEXT_ARG(b->name), count);
    for (size_t i = 0; i < count; i++) {
        const struct builtin_param *p =
            i < b->param_count ? &b->params[i] : builtin_param(b, i);
        if (is_missing(&args[i]) && !p->takes_missing) {
            *out = fn_missing();
            return 0;
        }
    }
    return implementations[b->id](&s, args, count, out);
}

int fn_fail(const struct fn_state *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *said = arena_vprintf(s->env->arena, format, args);
    va_end(args);
    s->why->message = text_of(
        arena_printf(s->env->arena, "%.*s: %s", TEXT_ARG(s->b->name), said));
    return -1;
}

/* Longer texts are cut in sentences. */
#define SHOWN_MAX 60

const char *fn_show(const struct fn_state *s, const struct value *v)
{
    struct buf b;
    buf_init(&b, (size_t)1 << 20);
    if (v->tag == VALUE_TEXT) {
        struct text t = value_as_text(v);
        struct text cut = utf8_left(t, SHOWN_MAX);
        buf_byte(&b, '"');
        buf_printable(&b, cut);
        buf_str(&b, cut.len < t.len ? "…\"" : "\"");
    } else {
        value_print(v, &b);
    }
    const char *shown = arena_strndup(s->env->arena, buf_cstr(&b), b.len);
    buf_fini(&b);
    return shown;
}

int fn_fail_decimal(const struct fn_state *s, enum decimal_status status,
                    const struct value *a, size_t n)
{
    struct buf b;
    buf_init(&b, (size_t)1 << 20);
    for (size_t i = 0; i < n; i++) {
        buf_str(&b, i ? ", " : "");
        buf_str(&b, fn_show(s, &a[i]));
    }
    fn_fail(s, "%s (%s)", decimal_status_text(status), buf_cstr(&b));
    buf_fini(&b);
    return -1;
}

int fn_whole(const struct fn_state *s, const struct value *v, const char *what,
             int64_t least, int64_t most, int64_t *out)
{
    int64_t whole;
    if (!decimal_to_int64(value_as_decimal(v), &whole) || whole < least ||
        whole > most)
        return fn_fail(s, "%s must be a whole number from %lld to %lld, not %s",
                       what, (long long)least, (long long)most, fn_show(s, v));
    *out = whole;
    return 0;
}

struct value fn_number_value(const struct value *like, struct decimal d)
{
    return like->tag == VALUE_MONEY ? value_money(d, like->currency)
                                    : value_number(d);
}

struct value fn_integer(int64_t whole)
{
    return value_number(decimal_int(whole));
}

struct value fn_missing(void)
{
    struct value v;
    memset(&v, 0, sizeof v);
    return v; /* VALUE_MISSING is 0 */
}

struct value fn_list(const struct fn_state *s, size_t count)
{
    struct value v = fn_missing();
    v.tag = VALUE_LIST;
    v.list = ARENA_NEW(s->env->arena, struct value_list);
    v.list->items = ARENA_ARRAY(s->env->arena, struct value, count);
    v.list->count = count;
    return v;
}

struct text fn_text_of(const struct value *v)
{
    return (struct text){ v->ptr, v->len };
}

int fn_zone(const struct fn_state *s, struct text name,
            const struct zone **out)
{
    if (name.len == 0)
        name = s->env->timezone.len ? s->env->timezone : TEXT("UTC");
    *out = zone_find(name);
    if (!*out)
        return fn_fail(s, "there is no time zone \"%.*s\"", TEXT_ARG(name));
    return 0;
}
