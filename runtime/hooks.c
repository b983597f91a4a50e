/* Webhooks from the wire to the disk. Threads of the server verify; one thread
 * writes what they have, all that is waiting in one transaction, and each
 * sender is answered when its transaction is on disk [170-172]. */
#include "config.h"

#include "runtime/hooks.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/crypto.h"
#include "runtime/vault.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define SECRETS_MAX 64
#define BATCH_MAX 256
#define SECRETS_LIVE_MS 5000 /* a secret set by a person counts after this */
#define CHALLENGE_MAX 4096
#define COMPLAIN_EVERY_MS 10000
#define PREVIOUS ":previous"

struct secret {
    struct text field, value;
    int64_t until_ms; /* 0: no end */
};

/* A connection as the verifier needs it; read by many, made by one. */
struct hook_connection {
    struct text name;
    struct arena arena;
    struct connection_setup *setup;
    struct secret secrets[SECRETS_MAX];
    size_t secret_count;
    int64_t loaded_ms;
    bool loaded, expected;
};

/* Bodies without an id that came in the last minute. A vendor that dates its
 * events to the second sends the same bytes for two changes of one second: the
 * second must not pass for a repeat of the first. Looking again costs a read
 * and writes nothing; it is done once a second and for a minute at most, so
 * that nobody can make us read for ever by sending old bytes [161]. What comes
 * after this second's look is looked for in the next one. */
#define RECENT_MAX 1024
#define RECENT_MS 60000

struct recent {
    unsigned char hash[SHA256_LEN];
    int64_t came_ms;
};

/* A delivery on its way to the disk. */
struct delivery {
    struct hook_row row;
    int result; /* of store_hook_put; -2 waiting */
    struct delivery *next;
};

struct hooks {
    struct hooks_options options;
    struct store *store;  /* the writer's */
    struct store *keys;   /* for secrets, under `reading` */
    struct vault *vault;
    pthread_rwlock_t reading;
    struct hook_connection *list;
    size_t count;
    pthread_mutex_t lock; /* of the queue */
    pthread_cond_t work, settled;
    struct recent recent[RECENT_MAX]; /* a ring, under `lock` */
    size_t recent_next;
    struct delivery *queue, **last;
    pthread_t writer;
    bool runs, closing;
    int64_t complained_ms; /* the writer's */
    atomic_llong waiting;
    struct hook_counts counts;
};

/* ------------------------------------------------------------------ secrets */
/* One way to answer `get`: with the n-th value a secret has. */
struct hook_credential {
    struct credential credential; /* first: get finds the rest by it */
    const struct hook_connection *connection;
    int turn;
    bool more; /* there is a secret with further values */
    int64_t now_ms;
};

static bool is_variant(struct text field, struct text name)
{
    return text_equal(field, name)
           || (field.len > name.len && field.ptr[name.len] == ':'
               && memcmp(field.ptr, name.ptr, name.len) == 0);
}

static struct text get_secret(const struct credential *c, const char *name)
{
    struct hook_credential *k = NULL;
    memcpy(&k, &(const void *){ c }, sizeof k);
    struct text first = TEXT_NONE;
    int at = 0;
    for (size_t i = 0; i < k->connection->secret_count; i++) {
        const struct secret *s = &k->connection->secrets[i];
        if (!is_variant(s->field, text_of(name))
            || (s->until_ms > 0 && s->until_ms < k->now_ms))
            continue;
        if (first.len == 0)
            first = s->value;
        if (at == k->turn)
            first = s->value;
        else if (at > k->turn)
            k->more = true;
        at++;
    }
    return first;
}

static void add_secret(struct hook_connection *c, struct text field,
                       struct text value, int64_t until_ms)
{
    if (c->secret_count == SECRETS_MAX)
        return;
    struct secret *s = &c->secrets[c->secret_count++];
    *s = (struct secret){ text_dup(&c->arena, field),
                          text_dup(&c->arena, value), until_ms };
}

static int64_t until_of(struct hooks *h, struct hook_connection *c,
                        struct text field)
{
    struct text value;
    struct error ignored = { 0 };
    const char *name = arena_printf(&c->arena, "until:%.*s:%.*s",
                                    TEXT_ARG(c->name), TEXT_ARG(field));
    if (!text_ends(field, TEXT(PREVIOUS)))
        return 0;
    if (store_setting_get(h->keys, name, &c->arena, &value, &ignored) != 0)
        return 1;
    return strtoll(text_cstr(&c->arena, value), NULL, 10);
}

/* A person gave a new secret: the one before it stays good for a while. */
static void keep_previous(struct hooks *h, struct hook_connection *c,
                          const struct secret *old, struct text now)
{
    struct error err = { 0 };
    char until[32];
    if (text_equal(old->value, now) || memchr(old->field.ptr, ':',
                                               old->field.len))
        return;
    const char *field = arena_printf(&c->arena, "%.*s" PREVIOUS,
                                     TEXT_ARG(old->field));
    const char *name = arena_printf(&c->arena, "until:%.*s:%s",
                                    TEXT_ARG(c->name), field);
    int64_t end = clock_now_ms() + HOOK_OLD_SECRET_MS;
    snprintf(until, sizeof until, "%lld", (long long)end);
    if (vault_put(h->vault, c->name, field, old->value, -1, &err)
        || store_setting_put(h->keys, name, text_of(until), &err))
        log_warning("%.*s: the replaced webhook secret could not be kept: %s",
                    TEXT_ARG(c->name), err.text);
    else
        add_secret(c, text_of(field), old->value, end);
}

static void read_secrets(struct hooks *h, struct hook_connection *c,
                         const struct hook_connection *before)
{
    struct error err = { 0 };
    struct vault_entry *list = NULL;
    size_t count = 0;
    if (vault_list(h->vault, c->name, &c->arena, &list, &count, &err)) {
        log_warning("%.*s: webhook secrets cannot be read: %s",
                    TEXT_ARG(c->name), err.text);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct text value;
        int64_t version;
        const char *field = text_cstr(&c->arena, list[i].field);
        if (vault_get(h->vault, c->name, field, &c->arena, &value, &version,
                      &err) == 0)
            add_secret(c, list[i].field, value, until_of(h, c, list[i].field));
    }
    size_t own = c->secret_count;
    for (size_t i = 0; i < before->secret_count; i++)
        for (size_t k = 0; k < own; k++)
            if (text_equal(before->secrets[i].field, c->secrets[k].field))
                keep_previous(h, c, &before->secrets[i], c->secrets[k].value);
}

static void forget(struct hook_connection *c)
{
    for (size_t i = 0; i < c->secret_count; i++) {
        union {
            const char *from;
            char *to;
        } u = { .from = c->secrets[i].value.ptr };
        crypto_wipe(u.to, c->secrets[i].value.len);
    }
    if (c->setup)
        connection_fini(c->setup);
    arena_fini(&c->arena);
}

/* Settings and facts once, then nothing of it touches the store any more. */
static void load(struct hooks *h, struct hook_connection *c)
{
    static const char *const facts[] = { "division", "company", "tenant",
                                         "organization", "account", NULL };
    struct hook_connection next = { .name = c->name, .loaded = true,
                                    .expected = c->expected };
    struct error err = { 0 };
    arena_init(&next.arena);
    if (connection_build(h->options.program, c->name, h->options.overrides,
                         h->keys, clock_now_ms(), &next.arena, &next.setup,
                         &err)) {
        log_warning("%.*s: %s", TEXT_ARG(c->name), err.text);
        next.setup = NULL;
    } else {
        for (const char *const *f = facts; *f; f++)
            next.setup->info.learnt(&next.setup->info, *f);
        next.setup->store = NULL;
        read_secrets(h, &next, c);
    }
    if (c->loaded)
        forget(c);
    next.loaded_ms = clock_steady_ms();
    *c = next;
}

static struct hook_connection *find(struct hooks *h, struct text name)
{
    for (size_t i = 0; i < h->count; i++)
        if (text_equal(h->list[i].name, name))
            return &h->list[i];
    return NULL;
}

static bool is_fresh(const struct hook_connection *c)
{
    return c->loaded && clock_steady_ms() - c->loaded_ms < SECRETS_LIVE_MS;
}

/* Holds `reading` for the caller; the connection is fresh. */
static struct hook_connection *enter(struct hooks *h, struct text name)
{
    for (;;) {
        pthread_rwlock_rdlock(&h->reading);
        struct hook_connection *c = find(h, name);
        if (!c || is_fresh(c))
            return c;
        pthread_rwlock_unlock(&h->reading);
        pthread_rwlock_wrlock(&h->reading);
        c = find(h, name); /* the project may have changed */
        if (c && !is_fresh(c))
            load(h, c);
        pthread_rwlock_unlock(&h->reading);
    }
}

void hooks_forget_secrets(struct hooks *h)
{
    pthread_rwlock_wrlock(&h->reading);
    for (size_t i = 0; i < h->count; i++)
        h->list[i].loaded_ms = INT64_MIN / 2;
    pthread_rwlock_unlock(&h->reading);
}

void hooks_expect(struct hooks *h, struct text connection, bool expected)
{
    pthread_rwlock_wrlock(&h->reading);
    struct hook_connection *c = find(h, connection);
    if (c)
        c->expected = expected;
    pthread_rwlock_unlock(&h->reading);
}

bool hooks_knows(struct hooks *h, struct text connection)
{
    pthread_rwlock_rdlock(&h->reading);
    bool known = find(h, connection) != NULL;
    pthread_rwlock_unlock(&h->reading);
    return known;
}

/* ------------------------------------------------------------------- writer */
/* After a failure of the disk the file is opened anew: it is mended there, or
 * refused again. Nothing of the failed batch was taken. */
static int usable_store(struct hooks *h, struct error *err)
{
    if (h->store && !store_is_broken(h->store))
        return 0;
    store_close(h->store);
    h->store = NULL;
    return store_open(h->options.state_path, STORE_USE, &h->store, err);
}

static void put_batch(struct hooks *h, struct delivery *list)
{
    struct error err = { 0 };
    int result = usable_store(h, &err);
    if (result == 0)
        result = store_begin(h->store, &err);
    for (struct delivery *d = list; d && result == 0; d = d->next) {
        d->result = store_hook_put(h->store, &d->row, &err);
        if (d->result < 0)
            result = -1;
    }
    if (result == 0)
        result = store_commit(h->store, &err);
    else if (h->store)
        store_rollback(h->store);
    if (result == 0)
        return;
    if (clock_steady_ms() - h->complained_ms > COMPLAIN_EVERY_MS) {
        h->complained_ms = clock_steady_ms();
        log_error("webhooks cannot be kept: %s", err.text);
    }
    for (struct delivery *d = list; d; d = d->next)
        d->result = -1;
}

static struct delivery *take_batch(struct hooks *h)
{
    struct delivery *list = h->queue, *d = list;
    for (int i = 1; d && d->next && i < BATCH_MAX; i++)
        d = d->next;
    if (!d)
        return NULL;
    h->queue = d->next;
    if (!h->queue)
        h->last = &h->queue;
    d->next = NULL;
    return list;
}

static void wake(const struct hooks *h)
{
    if (h->options.wake_fd >= 0 && write(h->options.wake_fd, "w", 1) < 0)
        return; /* full: it is awake */
}

static void *write_them(void *arg)
{
    struct hooks *h = arg;
    pthread_mutex_lock(&h->lock);
    for (;;) {
        struct delivery *list = take_batch(h);
        if (!list && h->closing)
            break;
        if (!list) {
            pthread_cond_wait(&h->work, &h->lock);
            continue;
        }
        pthread_mutex_unlock(&h->lock);
        put_batch(h, list);
        pthread_mutex_lock(&h->lock);
        bool news = false;
        while (list) { /* once settled it may be gone: next first */
            struct delivery *d = list;
            list = d->next;
            news |= d->result == 0;
            if (d->result == 0)
                atomic_fetch_add(&h->waiting, 1);
            d->row.done_ms = 1;
        }
        pthread_cond_broadcast(&h->settled);
        if (news)
            wake(h);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

static int keep(struct hooks *h, struct delivery *d)
{
    pthread_mutex_lock(&h->lock);
    d->row.done_ms = 0;
    *h->last = d;
    h->last = &d->next;
    pthread_cond_signal(&h->work);
    while (d->row.done_ms == 0)
        pthread_cond_wait(&h->settled, &h->lock);
    pthread_mutex_unlock(&h->lock);
    return d->result;
}

static void remember(struct hooks *h, const unsigned char hash[SHA256_LEN])
{
    pthread_mutex_lock(&h->lock);
    struct recent *r = &h->recent[h->recent_next++ % RECENT_MAX];
    memcpy(r->hash, hash, SHA256_LEN);
    r->came_ms = clock_steady_ms();
    pthread_mutex_unlock(&h->lock);
}

static bool is_recent(struct hooks *h, const unsigned char hash[SHA256_LEN])
{
    bool found = false;
    int64_t oldest = clock_steady_ms() - RECENT_MS;
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < RECENT_MAX && !found; i++)
        found = h->recent[i].came_ms > oldest
                && memcmp(h->recent[i].hash, hash, SHA256_LEN) == 0;
    pthread_mutex_unlock(&h->lock);
    return found;
}

/* ------------------------------------------------------------------ answers */
static void answer(struct server_call *call, int status, const char *text)
{
    call->status = status;
    call->reply = text_of(text);
    call->content_type = "text/plain";
    server_reply_header(call, "X-Content-Type-Options", TEXT("nosniff"));
    server_reply_header(call, "Cache-Control", TEXT("no-store"));
    if (status == 503)
        server_reply_header(call, "Retry-After", TEXT("60"));
}

/* The vendor's judgement with each of the secrets that may count now. */
static bool verify(const struct hook_connection *c,
                   const struct hook_delivery *delivery, struct arena *arena,
                   struct hook_event *event)
{
    struct hook_credential k = { .credential.get = get_secret,
                                 .connection = c,
                                 .now_ms = delivery->received_ms };
    for (k.turn = 0; k.turn < HOOK_SECRETS_TRIED; k.turn++) {
        k.more = false;
        *event = (struct hook_event){ .object = "" };
        if (c->setup->connector->hook_verify(&c->setup->info, &k.credential,
                                             delivery, arena, event) == 0)
            return true;
        if (!k.more)
            return false;
    }
    return false;
}

static void answer_handshake(struct hooks *h, struct server_call *call,
                             const struct hook_event *event, bool expected)
{
    if (event->reply.len > 0 && (!expected || event->reply.len > CHALLENGE_MAX)) {
        atomic_fetch_add(&h->counts.refused, 1);
        answer(call, 404, "no subscription is being made\n");
        return;
    }
    atomic_fetch_add(&h->counts.handshakes, 1);
    answer(call, 200, "");
    call->reply = event->reply;
    if (event->reply.len > 0 && event->reply.ptr[0] == '{')
        call->content_type = "application/json"; /* no browser runs it */
}

static bool is_plain(struct text id)
{
    for (size_t i = 0; i < id.len; i++)
        if ((unsigned char)id.ptr[i] < 0x20 || id.ptr[i] == 0x7f)
            return false;
    return id.len <= HOOK_ID_MAX;
}

static void answer_kept(struct hooks *h, struct server_call *call, int result,
                        struct text connection)
{
    switch (result) {
    case 0:
        atomic_fetch_add(&h->counts.taken, 1);
        answer(call, 200, "taken\n");
        return;
    case 1:
        atomic_fetch_add(&h->counts.repeated, 1);
        answer(call, 200, "known\n");
        return;
    case 2:
        atomic_fetch_add(&h->counts.conflicting, 1);
        log_error("%.*s: a webhook came with the id of another and a "
                  "different body; it was refused", TEXT_ARG(connection));
        answer(call, 409, "another delivery has this id\n");
        return;
    default:
        atomic_fetch_add(&h->counts.failed, 1);
        answer(call, 503, "it could not be kept; send it again\n");
    }
}

static int keep_again(struct hooks *h, struct server_call *call,
                      struct delivery *d, const char *hash, int64_t second)
{
    d->row.event_id = text_of(arena_printf(call->arena, "%s@%lld", hash,
                                           (long long)second));
    d->next = NULL;
    return keep(h, d);
}

static void keep_event(struct hooks *h, struct server_call *call,
                       struct text connection, const struct hook_event *event,
                       int64_t now_ms)
{
    char hash[2 * SHA256_LEN + 1];
    unsigned char bytes[SHA256_LEN];
    struct delivery d = { .result = -2 };
    crypto_sha256(call->body, bytes);
    crypto_hex((struct text){ (const char *)bytes, sizeof bytes }, hash);
    d.row = (struct hook_row){
        .connection = connection,
        .event_id = event->event_id.len > 0 ? event->event_id : text_of(hash),
        .body_hash = text_of(hash),
        .object = text_of(event->object ? event->object : ""),
        .record_id = event->record_id,
        .deleted = event->deleted,
        .received_ms = now_ms,
    };
    if (!is_plain(d.row.event_id) || !is_plain(d.row.record_id)) {
        atomic_fetch_add(&h->counts.malformed, 1);
        answer(call, 400, "its id is none\n");
    } else if (atomic_load(&h->waiting) >= HOOKS_WAITING_MAX) {
        atomic_fetch_add(&h->counts.busy, 1);
        answer(call, 503, "too many deliveries wait\n");
    } else {
        int result = keep(h, &d);
        bool nameless = event->event_id.len == 0;
        if (result == 0 && nameless)
            remember(h, bytes);
        if (result == 1 && nameless && is_recent(h, bytes)) {
            int64_t second = now_ms / 1000;
            result = keep_again(h, call, &d, hash, second);
            d.row.received_ms = (second + 1) * 1000; /* not before */
            if (result == 1)
                result = keep_again(h, call, &d, hash, second + 1);
        }
        answer_kept(h, call, result, connection);
    }
}

void hooks_take(struct hooks *h, struct server_call *call,
                struct text connection)
{
    struct hook_event event = { .object = "" };
    struct hook_delivery delivery = { .headers = call->headers,
                                      .body = call->body,
                                      .received_ms = clock_now_ms() };
    struct hook_connection *c = enter(h, connection);
    if (!c || !c->setup) {
        pthread_rwlock_unlock(&h->reading);
        atomic_fetch_add(&h->counts.unknown, 1);
        answer(call, 404, "no such connection\n");
        return;
    }
    bool expected = c->expected;
    struct text name = text_dup(call->arena, c->name);
    bool genuine = verify(c, &delivery, call->arena, &event);
    pthread_rwlock_unlock(&h->reading);
    if (!genuine) {
        atomic_fetch_add(&h->counts.refused, 1);
        log_detail("%.*s: a webhook from %s was not signed as it must be",
                   TEXT_ARG(name), call->client);
        answer(call, 401, "not signed as it must be\n");
    } else if (event.handshake) {
        answer_handshake(h, call, &event, expected);
    } else {
        keep_event(h, call, name, &event, delivery.received_ms);
    }
}

/* ------------------------------------------------------------------ life time */
static int count_one(void *ctx, const struct hook_row *row)
{
    struct hooks *h = ctx;
    (void)row;
    atomic_fetch_add(&h->waiting, 1);
    return 0;
}

/* What is known of a connection stays, until its secrets are read again: a
 * secret that is replaced meanwhile must still be known as such [164]. */
static void list_connections(struct hooks *h)
{
    const struct program *p = h->options.program;
    struct hook_connection *old = h->list;
    size_t old_count = h->count;
    h->count = 0;
    h->list = mem_zalloc((p->connection_count + 1) * sizeof *h->list);
    for (size_t i = 0; i < p->connection_count && i < CONNECTIONS_MAX; i++) {
        const struct connection *c = p->connections[i];
        const struct connector *k = connector_find(c->connector);
        if (!k || !k->hook_verify)
            continue;
        struct hook_connection *new = &h->list[h->count++];
        for (size_t o = 0; o < old_count; o++)
            if (old[o].name.len > 0 && text_equal(old[o].name, c->name)) {
                *new = old[o];
                new->loaded_ms = INT64_MIN / 2;
                old[o] = (struct hook_connection){ .loaded = false };
            }
        new->name = c->name;
    }
    for (size_t k = 0; k < old_count; k++)
        if (old[k].loaded)
            forget(&old[k]);
    mem_free(old);
}

void hooks_adopt(struct hooks *h, const struct program *program)
{
    pthread_rwlock_wrlock(&h->reading);
    h->options.program = program;
    list_connections(h);
    pthread_rwlock_unlock(&h->reading);
}

int hooks_open(const struct hooks_options *options, struct hooks **out,
               struct error *err)
{
    struct hooks *h = mem_zalloc(sizeof *h);
    struct arena arena;
    h->options = *options;
    h->last = &h->queue;
    pthread_rwlock_init(&h->reading, NULL);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->work, NULL);
    pthread_cond_init(&h->settled, NULL);
    *out = h;
    list_connections(h);
    if (store_open(options->state_path, STORE_WRITE, &h->store, err)
        || store_open(options->state_path, STORE_WRITE, &h->keys, err)
        || vault_open(h->keys, &h->vault, err))
        return -1;
    arena_init(&arena);
    int got = store_hook_each(h->store, &arena, count_one, h, err);
    arena_fini(&arena);
    if (got < 0)
        return -1;
    if (pthread_create(&h->writer, NULL, write_them, h) != 0)
        return error_errno(err, ERROR_STORE, "cannot start a thread");
    h->runs = true;
    return 0;
}

void hooks_close(struct hooks *h)
{
    if (!h)
        return;
    if (h->runs) {
        pthread_mutex_lock(&h->lock);
        h->closing = true;
        pthread_cond_signal(&h->work);
        pthread_mutex_unlock(&h->lock);
        pthread_join(h->writer, NULL);
    }
    for (size_t i = 0; i < h->count; i++)
        if (h->list[i].loaded)
            forget(&h->list[i]);
    mem_free(h->list);
    if (h->vault)
        vault_close(h->vault);
    store_close(h->keys);
    store_close(h->store);
    pthread_cond_destroy(&h->settled);
    pthread_cond_destroy(&h->work);
    pthread_mutex_destroy(&h->lock);
    pthread_rwlock_destroy(&h->reading);
    mem_free(h);
}

void hooks_worked_off(struct hooks *h, int64_t count)
{
    atomic_fetch_sub(&h->waiting, count);
}

int64_t hooks_waiting(const struct hooks *h)
{
    return atomic_load(&h->waiting);
}

const struct hook_counts *hooks_counts(const struct hooks *h)
{
    return &h->counts;
}
