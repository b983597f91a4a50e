/* What mlc serve looks after beside the runs: subscriptions at the vendors
 * that have them, and sign-ins that would die unused. One thread; it may wait
 * for systems as long as it likes. */
#include "config.h"

#include "cli/serve.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/vault.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARE_EVERY_MS ((int64_t)10 * 60 * 1000)
#define RENEW_MS ((int64_t)30 * 86400 * 1000)
#define SUBSCRIPTIONS_MAX 200
#define FIELD "\x1f"
#define ROW "\x1e"

struct subscription {
    struct text connection, object, id, callback;
    int64_t since_ms;
    bool wanted, gone;
};

struct care {
    struct serve *s; /* NULL: only taking away */
    struct work *w;
    const struct program *program;
    struct store *store;
    struct vault *vault;
    struct transport *transport;
    struct arena arena;
    struct subscription list[SUBSCRIPTIONS_MAX];
    size_t count;
};

/* ------------------------------------------------------------- what is kept */
static struct text cut(struct text *rest, const char *mark)
{
    size_t end = rest->len;
    text_find(*rest, text_of(mark), &end);
    struct text one = text_slice(*rest, 0, end);
    *rest = end < rest->len ? text_slice(*rest, end + 1, rest->len - end - 1)
                            : TEXT_NONE;
    return one;
}

static int load(struct care *c, struct error *err)
{
    struct text t = TEXT_NONE;
    c->count = 0;
    if (store_setting_get(c->store, "subscriptions", &c->arena, &t, err) < 0)
        return -1;
    while (t.len > 0 && c->count < SUBSCRIPTIONS_MAX) {
        struct text row = cut(&t, ROW);
        struct subscription *u = &c->list[c->count++];
        *u = (struct subscription){ .connection = cut(&row, FIELD) };
        u->object = cut(&row, FIELD);
        u->id = cut(&row, FIELD);
        u->callback = cut(&row, FIELD);
        u->since_ms = strtoll(text_cstr(&c->arena, row), NULL, 10);
    }
    return 0;
}

static int save(struct care *c, struct error *err)
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; i < c->count; i++) {
        const struct subscription *u = &c->list[i];
        if (!u->gone)
            buf_printf(&b, "%s%.*s" FIELD "%.*s" FIELD "%.*s" FIELD "%.*s"
                       FIELD "%lld", b.len > 0 ? ROW : "",
                       TEXT_ARG(u->connection), TEXT_ARG(u->object),
                       TEXT_ARG(u->id), TEXT_ARG(u->callback),
                       (long long)u->since_ms);
    }
    int result = store_setting_put(c->store, "subscriptions", buf_view(&b),
                                   err);
    buf_fini(&b);
    return result;
}

/* -------------------------------------------------------------------- calls */
struct asking {
    struct channel *channel;
    struct arena *arena;
    struct text id, secret;
};

static void classify(void *ctx, const struct response *response,
                     struct answer *answer)
{
    struct asking *a = ctx;
    channel_connector(a->channel)->hook_answer(channel_info(a->channel),
                                               response, a->arena, &a->id,
                                               &a->secret, answer);
}

static bool is_gone(const struct exchange *x)
{
    return x->answer.refusal == REFUSAL_MISSING || x->response.status == 404;
}

static int open_line(struct care *c, struct text connection, struct asking *a,
                     struct error *err)
{
    *a = (struct asking){ .arena = &c->arena };
    return transport_connect(c->transport, connection, &a->channel, err)
                   || channel_prepare(a->channel, err)
               ? -1 : 0;
}

/* 0 done, 1 the vendor has no subscription for it, -1. */
static int ask(struct care *c, struct text connection,
               const struct object *object, struct text callback,
               struct text remove_id, struct asking *a, struct error *err)
{
    struct request request = { 0 };
    if (open_line(c, connection, a, err))
        return -1;
    const struct connector *k = channel_connector(a->channel);
    if (!k->hook_request || !k->hook_answer)
        return 1;
    int got = k->hook_request(channel_info(a->channel), object, callback,
                              remove_id, &c->arena, &request, err);
    if (got != 0)
        return got;
    struct exchange x = { .request = &request, .arena = &c->arena,
                          .classify = classify, .ctx = a };
    if (transport_send(a->channel, &x, err))
        return -1;
    if (x.answer.kind == ANSWER_DONE || (remove_id.len > 0 && is_gone(&x)))
        return 0;
    return error_set(err, ERROR_VENDOR, "%.*s did not %s the webhook of %.*s%s"
                     "%.*s", TEXT_ARG(connection),
                     remove_id.len > 0 ? "take away" : "make",
                     TEXT_ARG(object->name), x.answer.reason.len ? ": " : "",
                     TEXT_ARG(x.answer.reason));
}

/* Some vendors switch a subscription off and say nothing. False: it is not
 * there any more. When nobody can tell, it is taken to live. */
static bool still_sends(struct care *c, const struct connector *k,
                        const struct subscription *u)
{
    struct asking a;
    struct error err = { 0 };
    struct request request = { 0 };
    if (!k->hook_keep)
        return true;
    if (open_line(c, u->connection, &a, &err)
        || k->hook_keep(channel_info(a.channel), u->id, &c->arena, &request,
                        &err))
        return true;
    struct exchange x = { .request = &request, .arena = &c->arena,
                          .classify = classify, .ctx = &a };
    if (transport_send(a.channel, &x, &err) == 0
        && x.answer.kind != ANSWER_DONE && is_gone(&x))
        return false;
    if (err.kind != ERROR_NONE)
        log_warning("%.*s: %s", TEXT_ARG(u->connection), err.text);
    return true;
}

static int remove_one(struct care *c, struct subscription *u,
                      struct error *err)
{
    struct asking a;
    const struct connection *k = program_connection(c->program,
                                                    u->connection);
    const struct object *object =
        k ? program_object(c->program, k, u->object) : NULL;
    if (!object)
        log_warning("the webhook %.*s of %.*s cannot be taken away any more: "
                    "the project no longer knows it", TEXT_ARG(u->id),
                    TEXT_ARG(u->connection));
    else if (ask(c, u->connection, object, u->callback, u->id, &a, err) < 0)
        return -1;
    u->gone = true;
    return save(c, err);
}

static int keep_secret(struct care *c, struct text connection,
                       struct text object, struct text secret,
                       struct error *err)
{
    const char *field = arena_printf(&c->arena, "webhook_secret:%.*s",
                                     TEXT_ARG(object));
    if (secret.len == 0)
        return 0;
    return vault_put(c->vault, connection, field, secret, -1, err) < 0 ? -1
                                                                       : 0;
}

/* The vendor tries the address while it makes the subscription: whoever asks
 * in these moments is answered [175]. */
static int make_one(struct care *c, const struct flow *f, struct text callback,
                    struct error *err)
{
    struct asking a;
    struct text name = f->source_connection->name;
    if (c->count == SUBSCRIPTIONS_MAX)
        return error_set(err, ERROR_USAGE, "there are too many subscriptions");
    hooks_expect(c->s->hooks, name, true);
    int got = ask(c, name, f->source, callback, TEXT_NONE, &a, err);
    hooks_expect(c->s->hooks, name, false);
    if (got != 0) {
        if (got == 1)
            log_info("%.*s has no subscription for %.*s by a call: set it up "
                     "at the vendor for %.*s", TEXT_ARG(name),
                     TEXT_ARG(f->source->name), TEXT_ARG(callback));
        return got;
    }
    if (keep_secret(c, name, f->source->name, a.secret, err))
        return -1;
    hooks_forget_secrets(c->s->hooks);
    atomic_store(&c->s->figures.subscribed, true);
    c->list[c->count++] = (struct subscription){
        .connection = name, .object = f->source->name,
        .id = text_dup(&c->arena, a.id), .callback = callback,
        .since_ms = clock_now_ms(), .wanted = true };
    log_info("%.*s sends webhooks of %.*s to %.*s", TEXT_ARG(name),
             TEXT_ARG(f->source->name), TEXT_ARG(callback));
    return save(c, err);
}

/* ----------------------------------------------------------------- the rounds */
static struct subscription *find(struct care *c, const struct flow *f)
{
    for (size_t i = 0; i < c->count; i++)
        if (!c->list[i].gone
            && text_equal(c->list[i].connection, f->source_connection->name)
            && text_equal(c->list[i].object, f->source->name))
            return &c->list[i];
    return NULL;
}

static void want(struct care *c, const struct flow *f)
{
    struct error err = { 0 };
    struct text callback = text_of(arena_printf(
        &c->arena, "%s/webhook/%.*s", c->s->o.public_url,
        TEXT_ARG(f->source_connection->name)));
    const struct connector *k =
        connector_find(f->source_connection->connector);
    struct subscription *u = find(c, f);
    if (!k || !k->hook_verify)
        return;
    if (u && text_equal(u->callback, callback)
        && clock_now_ms() - u->since_ms < RENEW_MS && still_sends(c, k, u)) {
        u->wanted = true;
        return;
    }
    if ((u && remove_one(c, u, &err)) || make_one(c, f, callback, &err) < 0) {
        log_warning("%s", err.text);
        if (u && !u->gone)
            u->wanted = true; /* better an old one than none */
    }
}

static void round_of_hooks(struct care *c)
{
    struct error err = { 0 };
    size_t living = 0;
    if (!c->s->o.public_url || load(c, &err))
        return;
    for (const struct flow *f = c->program->flows; f; f = f->next)
        if (f->on_change && !work_stop)
            want(c, f);
    for (size_t i = 0; i < c->count && !work_stop; i++) {
        struct subscription *u = &c->list[i];
        if (!u->wanted && !u->gone && remove_one(c, u, &err))
            log_warning("%s", err.text);
        living += !u->gone;
    }
    atomic_store(&c->s->figures.subscriptions, (long long)living);
}

static void round_of_tokens(struct care *c)
{
    const struct program *p = c->program;
    for (size_t i = 0; i < p->connection_count && !work_stop; i++) {
        struct channel *channel = NULL;
        struct error err = { 0 };
        const struct connector *k =
            connector_find(p->connections[i]->connector);
        if (!k || !k->token_request
            || transport_connect(c->transport, p->connections[i]->name,
                                 &channel, &err))
            continue;
        if (channel_keep_alive(channel, &err) < 0)
            log_warning("%.*s: %s", TEXT_ARG(p->connections[i]->name),
                        err.text);
    }
}

static int open_care(struct care *c, struct error *err)
{
    struct transport_options o = { .program = c->program,
                                   .overrides = c->w->overrides,
                                   .stop = &work_stop };
    if (store_open(c->w->state_path, STORE_WRITE, &c->store, err)
        || vault_open(c->store, &c->vault, err))
        return -1;
    o.store = c->store;
    return transport_open(&o, &c->transport, err);
}

static void close_care(struct care *c)
{
    if (c->transport)
        transport_close(c->transport);
    if (c->vault)
        vault_close(c->vault);
    store_close(c->store);
    arena_fini(&c->arena);
}

static void one_round(struct serve *s)
{
    struct care *c = mem_zalloc(sizeof *c);
    struct error err = { 0 };
    c->s = s;
    c->w = s->w;
    const struct edition *edition = edition_take(s);
    c->program = &edition->program;
    arena_init(&c->arena);
    if (open_care(c, &err)) {
        log_warning("%s", err.text);
    } else {
        round_of_hooks(c);
        round_of_tokens(c);
    }
    close_care(c);
    edition_give(s, edition);
    mem_free(c);
}

static void *keep_caring(void *arg)
{
    struct serve *s = arg;
    pthread_mutex_lock(&s->care_lock);
    while (!s->care_stop) {
        s->care_again = false;
        pthread_mutex_unlock(&s->care_lock);
        one_round(s);
        pthread_mutex_lock(&s->care_lock);
        struct timespec until = clock_timespec_after(CARE_EVERY_MS);
        if (!s->care_stop && !s->care_again)
            pthread_cond_timedwait(&s->care_wake, &s->care_lock, &until);
    }
    pthread_mutex_unlock(&s->care_lock);
    return NULL;
}

int care_start(struct serve *s, struct error *err)
{
    pthread_mutex_init(&s->care_lock, NULL);
    pthread_cond_init(&s->care_wake, NULL);
    if (pthread_create(&s->care, NULL, keep_caring, s) != 0)
        return error_errno(err, ERROR_STORE, "cannot start a thread");
    s->cares = true;
    return 0;
}

void care_again(struct serve *s)
{
    pthread_mutex_lock(&s->care_lock);
    s->care_again = true;
    pthread_cond_signal(&s->care_wake);
    pthread_mutex_unlock(&s->care_lock);
}

void care_stop(struct serve *s)
{
    if (!s->cares)
        return;
    pthread_mutex_lock(&s->care_lock);
    s->care_stop = true;
    pthread_cond_signal(&s->care_wake);
    pthread_mutex_unlock(&s->care_lock);
    pthread_join(s->care, NULL);
    pthread_cond_destroy(&s->care_wake);
    pthread_mutex_destroy(&s->care_lock);
}

int care_unsubscribe(struct work *w, struct error *err)
{
    struct care *c = mem_zalloc(sizeof *c);
    c->w = w;
    c->program = &w->program;
    arena_init(&c->arena);
    int result = open_care(c, err);
    if (result == 0)
        result = load(c, err);
    for (size_t i = 0; i < c->count && result == 0; i++) {
        result = remove_one(c, &c->list[i], err);
        if (result == 0)
            printf("%.*s no longer sends webhooks of %.*s\n",
                   TEXT_ARG(c->list[i].connection),
                   TEXT_ARG(c->list[i].object));
    }
    close_care(c);
    mem_free(c);
    return result;
}
