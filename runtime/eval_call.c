/* What an expression asks of the standard library and of the run: calls,
 * today(), record_key(), patterns. */
#include "config.h"

#include "runtime/crypto.h"
#include "runtime/eval_call.h"
#include "runtime/fn.h"
#include "runtime/text_regex.h"
#include "runtime/zone.h"

#include <string.h>

#define ARGS_MAX 64

static struct fn_env fn_env_of(const struct frame *f)
{
    return (struct fn_env){ f->arena, f->env->now_us, f->c->timezone };
}

enum got eval_call(struct frame *f, const struct ir *n, struct value *out)
{
    struct value args[ARGS_MAX];
    struct fn_env env = fn_env_of(f);
    struct fn_failure why = { TEXT_NONE };
    if (n->count > ARGS_MAX)
        return ir_fail(f, n, "more than %d arguments", ARGS_MAX);
    for (uint32_t i = 0; i < n->count; i++) {
        enum got got = ir_get(f, n->list[i], &args[i]);
        if (got != GOT_VALUE)
            return got;
    }
    if (fn_call(n->builtin, &env, args, n->count, out, &why) != 0)
        return ir_fail(f, n, "%.*s", TEXT_ARG(why.message));
    return GOT_VALUE;
}

/* join(words(a), " ") without the list between. */
enum got eval_spaced(struct frame *f, const struct ir *n, struct value *out)
{
    struct value room;
    enum got got;
    const struct value *v = ir_take(f, n->a, &room, &got);
    struct text t;
    if (!v)
        return got;
    if (v->tag != VALUE_TEXT || !fn_spaced(f->arena, value_as_text(v), &t))
        return eval_call(f, n, out);
    *out = value_text(t);
    return GOT_VALUE;
}

enum got eval_today(struct frame *f, const struct ir *n, struct value *out)
{
    int64_t day_us = (int64_t)86400 * 1000000, local = f->env->now_us;
    (void)n;
    if (f->c->zone)
        local = zone_to_local(f->c->zone, local);
    *out = value_date((int32_t)(local / day_us - (local % day_us < 0)));
    return GOT_VALUE;
}

/* ------------------------------------------------------------- record_key */
void record_key_hex(struct text flow, struct text object, struct text key,
                    char out[65])
{
    struct buf b;
    buf_init(&b, 0);
    buf_text(&b, flow);
    buf_byte(&b, '\x1f');
    buf_text(&b, object);
    buf_byte(&b, '\x1f');
    buf_text(&b, key);
    crypto_sha256_hex(buf_view(&b), out);
    buf_fini(&b);
}

/* The group's key, or the values of the source object's key fields and, under
 * `for each`, the element's place. */
static enum got source_key(struct frame *f, struct buf *b)
{
    const struct compiled *c = f->c;
    const struct record *source = f->slots[c->source_slot].record;
    const struct object *object = c->flow->source;
    if (c->per) {
        struct value v;
        enum got got = ir_eval(f, c->per, &v);
        if (got == GOT_VALUE)
            value_canonical(&v, b);
        return got;
    }
    for (size_t i = 0; i < object->key_count; i++) {
        const struct value *v = record_get(source, object->keys[i]);
        if (i)
            buf_byte(b, '\x1f');
        if (v)
            value_canonical(v, b);
    }
    if (c->each_list)
        buf_printf(b, "\x1f%zu", f->input->element);
    return GOT_VALUE;
}

enum got eval_record_key(struct frame *f, const struct ir *n,
                         struct value *out)
{
    const struct flow *flow = f->c->flow;
    char hex[65];
    struct buf b;
    (void)n;
    buf_init(&b, 0);
    enum got got = source_key(f, &b);
    if (got == GOT_VALUE) {
        record_key_hex(flow->name, flow->source->name, buf_view(&b), hex);
        *out = value_text(
            (struct text){ arena_dup(f->arena, hex, 64), 64 });
    }
    buf_fini(&b);
    return got;
}

int eval_matches(struct frame *f, struct text text, struct text pattern)
{
    const struct regex *regex = regex_find(pattern, NULL);
    (void)f;
    return regex ? regex_matches(regex, text) : -1;
}
