/* Having a usable token when a call needs one. The order that keeps a
 * rotating refresh token alive: lease, read again, note that a call begins,
 * call, store, use. */
#include "config.h"

#include "runtime/oauth.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/crypto.h"
#include "runtime/redact.h"
#include "runtime/transport_call.h"

#include <stdio.h>
#include <string.h>

#define LEASE_WAIT_MS 45000 /* somebody else renews: at most so long */
#define LEASE_LOOKS 20 /* between two attempts to get the lease */
#define SAVE_TRIES 400 /* with SAVE_AGAIN_MS: as long as the lease lasts */
#define SAVE_AGAIN_MS 60
#define LOST_AGAIN_MS 5000
#define TRANSIENT_AGAIN_MS 10000
#define SECRET_RETRY_MS 3600000 /* refused secrets are tried again then */
#define USED_SAVE_MS 60000
#define DAY_MS INT64_C(86400000)

bool signer_unprotected;

/* ------------------------------------------------------------ the scheme */
bool auth_has_token(const struct auth_scheme *a)
{
    return a && (a->kind == AUTH_CODE || a->kind == AUTH_CLIENT_CREDENTIALS ||
                 a->kind == AUTH_SESSION);
}

const char *auth_command(const struct connection_setup *c, struct arena *arena)
{
    bool login = c->info.auth && c->info.auth->kind == AUTH_CODE;
    return arena_printf(arena, "mlc auth %s %.*s", login ? "login" : "set",
                        TEXT_ARG(c->info.name));
}

static const struct auth_scheme *scheme(const struct signer *s)
{
    return s->c->info.auth;
}

/* ------------------------------------------------------------- credential */
static struct text get(const struct credential *credential, const char *name)
{
    const struct signer *s = (const struct signer *)(const void *)credential;
    if (strcmp(name, "access_token") == 0 && s->token.access.len)
        return s->token.access;
    if (strcmp(name, "refresh_token") == 0 && s->token.refresh.len)
        return s->token.refresh;
    if (strcmp(name, "session") == 0 && s->token.session.len)
        return s->token.session;
    const struct text *t = map_get(&s->secrets, text_of(name));
    return t ? *t : TEXT_NONE;
}

static int load_secrets(struct signer *s, struct error *err)
{
    struct vault_entry *entries;
    size_t count;
    if (!s->vault)
        return 0;
    if (vault_list(s->vault, s->c->info.name, &s->arena, &entries, &count,
                   err))
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct text *value = ARENA_NEW(&s->arena, struct text);
        if (text_is(entries[i].field, TOKEN_FIELD))
            continue;
        if (vault_get(s->vault, s->c->info.name,
                      text_cstr(&s->arena, entries[i].field), &s->arena, value,
                      NULL, err))
            return -1;
        redact_add(*value);
        map_put(&s->secrets, entries[i].field, value);
    }
    return 0;
}

static void publish(struct signer *s)
{
    s->credential.get = get;
    s->credential.expires_ms = s->token.expires_ms;
    s->credential.issued_ms = s->token.issued_ms;
    s->credential.used_ms = s->token.used_ms;
}

static int load_token(struct signer *s, struct error *err)
{
    struct token t;
    int found = token_load(s->vault, s->c->key, &s->arena, &t, err);
    if (found < 0)
        return -1;
    if (s->vault || !s->loaded)
        s->token = t;
    publish(s);
    return 0;
}

static bool has(void *ctx, const char *name)
{
    const struct signer *s = ctx;
    return get(&s->credential, name).len > 0;
}

int signer_load(struct signer *s, struct error *err)
{
    if (s->loaded)
        return 0;
    if (load_secrets(s, err) || load_token(s, err))
        return -1;
    connection_choose_auth(s->c, has, s);
    s->loaded = true;
    int64_t now = clock_now_ms();
    int64_t left = token_days_left(&s->token, s->c->info.auth, now);
    if (left >= 0 && left < TOKEN_WARN_MS / DAY_MS && s->token.state != TOKEN_SIGN_IN)
        log_warning("%.*s: unused for long; its sign-in dies in %lld days",
                    TEXT_ARG(s->c->info.name), (long long)left);
    return 0;
}

void signer_init(struct signer *s, struct connection_setup *c,
                 struct vault *vault, struct store *store, struct http *http,
                 struct budgets *budgets)
{
    memset(s, 0, sizeof *s);
    s->c = c;
    s->vault = vault;
    s->store = store;
    s->http = http;
    s->budgets = budgets;
    arena_init(&s->arena);
    map_init(&s->secrets);
    publish(s);
}

void signer_fini(struct signer *s)
{
    map_fini(&s->secrets);
    arena_fini(&s->arena);
}

struct text signer_current(const struct signer *s)
{
    return s->token.access.len ? s->token.access : s->token.session;
}

/* A scheme without its secrets cannot do anything: say which one and how. */
static int check_secrets(struct signer *s, struct error *err)
{
    const struct auth_scheme *a = scheme(s);
    for (const struct secret_def *d = a ? a->secrets : NULL; d && d->name;
         d++) {
        if (!d->required || get(&s->credential, d->name).len > 0)
            continue;
        error_set(err, ERROR_SIGN_IN, "%.*s has no %s yet",
                  TEXT_ARG(s->c->info.name), d->name);
        error_hint(err, "Run: mlc auth set %.*s", TEXT_ARG(s->c->info.name));
        return -1;
    }
    return 0;
}

/* --------------------------------------------------------------- freshness */
/* When it ought to be renewed: the margin before its end, never before the
 * vendor would grant another. */
static int64_t renewal_due(const struct signer *s)
{
    const struct auth_scheme *a = scheme(s);
    const struct token *k = &s->token;
    if (k->expires_ms == 0)
        return INT64_MAX;
    int64_t due = k->expires_ms - (a->margin_ms ? a->margin_ms
                                                : TOKEN_MARGIN_MS);
    if (a->min_age_ms && due < k->issued_ms + a->min_age_ms)
        due = k->issued_ms + a->min_age_ms;
    return due < k->expires_ms ? due : k->expires_ms;
}

static bool is_idle(const struct signer *s, int64_t now_ms)
{
    const struct auth_scheme *a = scheme(s);
    int64_t margin = a->margin_ms ? a->margin_ms : TOKEN_MARGIN_MS;
    return a->kind == AUTH_SESSION && a->idle_ms && s->token.used_ms &&
           now_ms - s->token.used_ms > a->idle_ms - margin;
}

static bool is_fresh(const struct signer *s, struct text rejected,
                     int64_t now_ms)
{
    struct text current = signer_current(s);
    return current.len > 0 && !text_equal(current, rejected) &&
           text_equal(s->token.origin, s->c->info.auth_url) &&
           now_ms < renewal_due(s) && !is_idle(s, now_ms);
}

/* May a stopped connection be tried again? Only a person revives a consent;
 * refused secrets get another chance, for the server may have been wrong. */
static bool is_stopped(const struct signer *s, int64_t now_ms)
{
    return s->token.state == TOKEN_SIGN_IN &&
           (scheme(s)->kind == AUTH_CODE ||
            now_ms - s->token.since_ms < SECRET_RETRY_MS);
}

static int say_stopped(struct signer *s, struct error *err)
{
    error_set(err, ERROR_SIGN_IN, "%.*s must be signed in again%s%.*s",
              TEXT_ARG(s->c->info.name), s->token.reason.len ? ": " : "",
              TEXT_ARG(s->token.reason));
    error_hint(err, "Run: %s", auth_command(s->c, &s->arena));
    return -1;
}

/* -------------------------------------------------------------- the lease */
static void lease_name(const struct signer *s, char out[192])
{
    snprintf(out, 192, "token:%.*s", TEXT_ARG(s->c->key));
}

/* While another process renews: only reading, for everybody's writing would
 * keep it from storing what it gets. True when there is a fresh token. */
static bool watch(struct signer *s, struct text rejected, int64_t end,
                  struct error *err)
{
    for (int i = 0; i < LEASE_LOOKS && clock_now_ms() < end; i++) {
        unsigned char chance;
        crypto_random(&chance, 1);
        clock_sleep_ms(30 + chance / 2);
        if (load_token(s, err))
            return false;
        if (is_fresh(s, rejected, clock_now_ms()))
            return true;
    }
    return false;
}

/* 0 ours; 1 meanwhile another process has renewed; 2 it takes too long. */
static int take_lease(struct signer *s, struct text rejected,
                      int64_t deadline_ms, struct lease *lease,
                      struct error *err)
{
    char name[192];
    int64_t end = clock_now_ms() + LEASE_WAIT_MS;
    if (!s->store || signer_unprotected)
        return 0;
    lease_name(s, name);
    if (deadline_ms && deadline_ms < end)
        end = deadline_ms;
    for (;;) {
        int64_t now = clock_now_ms();
        int taken = store_place_take(s->store, name, now, TOKEN_LEASE_MS,
                                     lease, err);
        if (taken < 0 || load_token(s, err))
            return -1;
        bool fresh = is_fresh(s, rejected, now);
        if (taken == 0 && fresh)
            store_place_leave(s->store, lease);
        if (fresh)
            return 1;
        if (taken == 0)
            return 0;
        if (now >= end)
            return 2;
        if (watch(s, rejected, end, err))
            return 1;
        if (err->kind != ERROR_NONE)
            return -1;
    }
}

static void drop_lease(struct signer *s, const struct lease *lease)
{
    if (s->store && !signer_unprotected)
        store_place_leave(s->store, lease);
}

/* ---------------------------------------------------------------- storing */
/* Stores the token, also on a full disk; a token that another has stored
 * meanwhile yields only if ours is the newer one, which it is: the server has
 * just given it out. */
static int save(struct signer *s, struct error *err)
{
    bool spent = false;
    for (int tries = 0; tries < SAVE_TRIES; tries++) {
        struct token stored;
        struct error again = { 0 };
        int result = token_save(s->vault, s->c->key, &s->token, &again);
        if (result < 0 && s->store && store_is_full(s->store) && !spent) {
            spent = true;
            (void)store_reserve_spend(s->store);
            continue;
        }
        if (result < 0 && again.kind == ERROR_TRANSIENT) {
            clock_sleep_ms(SAVE_AGAIN_MS); /* others are writing */
            continue;
        }
        if (result < 0)
            *err = again;
        if (result <= 0)
            return result;
        if (token_load(s->vault, s->c->key, &s->arena, &stored, err) < 0)
            return -1;
        s->token.version = stored.version;
    }
    return error_set(err, ERROR_LOCKED, "the token of %.*s keeps being "
                     "changed by others", TEXT_ARG(s->c->info.name));
}

static int set_state(struct signer *s, enum token_state state,
                     struct text reason, struct error *err)
{
    if (state != s->token.state)
        s->token.since_ms = clock_now_ms();
    s->token.state = state;
    s->token.reason = text_dup(&s->arena, reason);
    return save(s, err);
}

/* ----------------------------------------------------------- the exchange */
struct grant { /* one call to the token server */
    struct text code, redirect_uri, verifier;
    struct arena arena;
    struct request request;
    struct http_call call;
    struct answer answer;
    struct new_credential fresh;
    int64_t started_ms;
};

static int make_call(struct signer *s, struct grant *g, struct error *err)
{
    const struct connector *k = s->c->connector;
    if (!k->token_request || !k->token_answer)
        return error_set(err, ERROR_USAGE, "%s has no sign-in of this kind",
                         k->title);
    if (k->token_request(&s->c->info, &s->credential, g->code,
                         g->redirect_uri, g->verifier, &g->arena, &g->request,
                         err) ||
        call_prepare(s->c, &g->request, &g->arena, &g->call, err))
        return -1;
    g->call.timeout_ms = TOKEN_CALL_MS;
    g->call.body_max = 1 << 20;
    return 0;
}

static void perform(struct signer *s, struct grant *g)
{
    g->started_ms = clock_now_ms();
    http_perform(s->http, &g->call);
    if (g->call.outcome != HTTP_ANSWERED)
        return;
    s->c->connector->token_answer(&s->c->info, &g->call.response, &g->arena,
                                  &g->fresh, &g->answer);
    redact_add(g->fresh.access_token);
    redact_add(g->fresh.refresh_token);
    redact_add(g->fresh.session);
}

static void replace(struct signer *s, struct text *slot, struct text value,
                    bool *changed)
{
    if (value.len == 0)
        return;
    *slot = text_dup(&s->arena, value);
    *changed = true;
}

/* What the answer brought is stored before anybody uses it. An answer without
 * a refresh token leaves the old one. */
static int accept(struct signer *s, const struct grant *g, struct error *err)
{
    struct token *k = &s->token;
    bool changed = false, rotated = false;
    replace(s, &k->access, g->fresh.access_token, &changed);
    replace(s, &k->session, g->fresh.session, &changed);
    replace(s, &k->refresh, g->fresh.refresh_token, &rotated);
    if (!changed)
        return error_set(err, ERROR_VENDOR, "the token server of %.*s answered "
                         "without a token", TEXT_ARG(s->c->info.name));
    k->issued_ms = k->used_ms = clock_now_ms();
    k->expires_ms = g->fresh.lives_ms > 0 ? g->started_ms + g->fresh.lives_ms
                                          : 0;
    if (rotated || k->renewed_ms == 0 || scheme(s)->kind == AUTH_CODE)
        k->renewed_ms = k->issued_ms;
    k->origin = text_dup(&s->arena, s->c->info.auth_url);
    if (g->fresh.who.len)
        k->who = text_dup(&s->arena, g->fresh.who);
    s->refreshes++;
    publish(s);
    if (set_state(s, TOKEN_GOOD, TEXT_NONE, err))
        return -1;
    publish(s);
    log_detail("%.*s: a new token until %lld s from now",
               TEXT_ARG(s->c->info.name),
               (long long)(k->expires_ms ? (k->expires_ms - k->issued_ms) / 1000
                                         : 0));
    return 0;
}

static int transient(const struct signer *s, const struct grant *g,
                     int64_t again_ms, int64_t *until_ms, struct error *err)
{
    const char *why = g->call.outcome == HTTP_ANSWERED
                          ? "the token server cannot help now"
                          : g->call.why;
    error_set(err, ERROR_TRANSIENT, "%.*s could not be signed in: %s",
              TEXT_ARG(s->c->info.name), why);
    if (g->call.outcome == HTTP_ANSWERED && g->answer.reason.len)
        error_set(err, ERROR_TRANSIENT, "%.*s", TEXT_ARG(g->answer.reason));
    *until_ms = clock_now_ms() + again_ms;
    return 1;
}

/* The server says no. After a call whose end nobody saw, the likely reason is
 * that it had rotated the token and the new one never got here. */
static int refused(struct signer *s, const struct grant *g, bool was_pending,
                   struct error *err)
{
    struct text reason = g->answer.reason;
    struct error ignored = { 0 };
    if (was_pending)
        reason = text_of(arena_printf(
            &s->arena, "the new token was lost on its way when a renewal was "
            "cut short, and the old one is not taken any more (%.*s)",
            TEXT_ARG(g->answer.reason)));
    if (set_state(s, TOKEN_SIGN_IN, reason, &ignored))
        log_warning("%s", ignored.text);
    return say_stopped(s, err);
}

static int64_t wait_of(const struct answer *a)
{
    if (a->wait_ms > 0)
        return a->wait_ms;
    int64_t now = clock_now_ms();
    return a->until_ms > now ? a->until_ms - now : TRANSIENT_AGAIN_MS;
}

static int judge(struct signer *s, const struct grant *g, bool was_pending,
                 int64_t *until_ms, struct error *err)
{
    struct error ignored = { 0 };
    enum token_state before = s->token.access.len || s->token.session.len ||
                                      s->token.refresh.len
                                  ? TOKEN_GOOD
                                  : TOKEN_NONE;
    switch (g->call.outcome) {
    case HTTP_ANSWERED:
        break;
    case HTTP_REDIRECTED:
    case HTTP_FORBIDDEN:
    case HTTP_HELD_BACK:
    case HTTP_UNTRUSTED:
        (void)set_state(s, before, TEXT_NONE, &ignored);
        error_set(err, ERROR_VENDOR, "%.*s could not be signed in: %s",
                  TEXT_ARG(s->c->info.name), g->call.why);
        error_hint(err, "Check the connection's url and auth_url; nothing was "
                        "sent on.");
        return -1;
    case HTTP_NO_HOST: /* nor in a minute */
        if (!was_pending)
            (void)set_state(s, before, TEXT_NONE, &ignored);
        error_set(err, ERROR_USAGE, "%.*s could not be signed in: %s",
                  TEXT_ARG(s->c->info.name), g->call.why);
        error_hint(err, "Check the connection's url and this machine's name "
                        "server.");
        return -1;
    case HTTP_NOT_SENT:
        if (!was_pending)
            (void)set_state(s, before, TEXT_NONE, &ignored);
        return transient(s, g, TRANSIENT_AGAIN_MS, until_ms, err);
    case HTTP_LOST:
    case HTTP_TOO_LARGE:
    case HTTP_INTERRUPTED: /* stays pending: the old token is tried again */
        return transient(s, g, LOST_AGAIN_MS, until_ms, err);
    }
    switch (g->answer.kind) {
    case ANSWER_DONE:
        return accept(s, g, err);
    case ANSWER_WAIT:
        if (!was_pending)
            (void)set_state(s, before, TEXT_NONE, &ignored);
        return transient(s, g, wait_of(&g->answer), until_ms, err);
    case ANSWER_SIGN_IN:
    case ANSWER_REFUSED:
        return refused(s, g, was_pending, err);
    case ANSWER_FAILED:
        break;
    }
    return transient(s, g, LOST_AGAIN_MS, until_ms, err);
}

/* With the lease in hand (or no store to share). */
static int renew(struct signer *s, struct grant *g, int64_t *until_ms,
                 struct error *err)
{
    bool was_pending = s->token.state == TOKEN_PENDING;
    if (make_call(s, g, err))
        return -1;
    if (budgets_take_token(s->budgets, clock_now_ms(), until_ms, err)) {
        if (err->kind != ERROR_NONE)
            return -1;
        error_set(err, ERROR_TRANSIENT, "%.*s allows no more sign-ins today",
                  TEXT_ARG(s->c->info.name));
        return 1;
    }
    /* a refresh token that is replaced can be lost: room for the new one is
     * kept aside before it is asked for [144] */
    if (s->store && scheme(s)->kind == AUTH_CODE &&
        store_reserve_keep(s->store, err))
        return -1;
    /* durable before the call: it tells a later process what may have
     * happened */
    if (set_state(s, TOKEN_PENDING, TEXT_NONE, err))
        return -1;
    perform(s, g);
    return judge(s, g, was_pending, until_ms, err);
}

static int renew_leased(struct signer *s, struct text rejected,
                        int64_t deadline_ms, int64_t *until_ms,
                        struct error *err)
{
    struct lease lease = { 0 };
    struct grant g = { 0 };
    int taken = take_lease(s, rejected, deadline_ms, &lease, err);
    if (taken < 0)
        return -1;
    if (taken == 1)
        return 0;
    if (taken == 2) {
        *until_ms = clock_now_ms() + LOST_AGAIN_MS;
        error_set(err, ERROR_TRANSIENT, "another process is signing %.*s in",
                  TEXT_ARG(s->c->info.name));
        return 1;
    }
    int result;
    if (is_stopped(s, clock_now_ms())) {
        result = say_stopped(s, err);
    } else {
        arena_init(&g.arena);
        result = renew(s, &g, until_ms, err);
        arena_fini(&g.arena);
    }
    drop_lease(s, &lease);
    return result;
}

/* ------------------------------------------------------------------ ready */
/* A token that the vendor refuses although it would not renew it yet: once it
 * is old enough, renew; if it came from this very run, a person must look. */
static int too_young(struct signer *s, struct text rejected, int64_t now_ms,
                     int64_t *until_ms, struct error *err)
{
    const struct auth_scheme *a = scheme(s);
    int64_t grows_up = s->token.issued_ms + a->min_age_ms;
    if (rejected.len == 0 || !text_equal(signer_current(s), rejected) ||
        a->min_age_ms == 0 || now_ms >= grows_up)
        return 0;
    if (s->refreshes > 0) {
        error_set(err, ERROR_SIGN_IN, "%.*s does not take the token it has "
                  "just given out", TEXT_ARG(s->c->info.name));
        error_hint(err, "See whether the user still has access to the "
                        "company, then run: %s", auth_command(s->c, &s->arena));
        return -1;
    }
    error_set(err, ERROR_TRANSIENT, "%.*s refused the token and gives no new "
              "one yet", TEXT_ARG(s->c->info.name));
    *until_ms = grows_up;
    return 1;
}

static int not_taken(struct signer *s, struct error *err)
{
    error_set(err, ERROR_SIGN_IN, "%.*s does not take the stored credentials",
              TEXT_ARG(s->c->info.name));
    error_hint(err, "Run: %s", auth_command(s->c, &s->arena));
    return -1;
}

int signer_ready(struct signer *s, struct text rejected, int64_t deadline_ms,
                 int64_t *until_ms, struct error *err)
{
    if (!scheme(s) || scheme(s)->kind == AUTH_NONE)
        return 0;
    if (signer_load(s, err))
        return -1;
    const struct auth_scheme *a = scheme(s);
    if (!auth_has_token(a)) {
        if (check_secrets(s, err))
            return -1;
        return rejected.ptr ? not_taken(s, err) : 0;
    }
    int64_t now = clock_now_ms();
    if (is_fresh(s, rejected, now))
        return 0;
    if (load_token(s, err)) /* perhaps another process has renewed it */
        return -1;
    if (is_fresh(s, rejected, now))
        return 0;
    if (is_stopped(s, now))
        return say_stopped(s, err);
    if (check_secrets(s, err))
        return -1;
    int young = too_young(s, rejected, now, until_ms, err);
    return young ? young
                 : renew_leased(s, rejected, deadline_ms, until_ms, err);
}

void signer_used(struct signer *s, int64_t now_ms)
{
    struct error ignored = { 0 };
    if (!scheme(s) || scheme(s)->kind != AUTH_SESSION || !s->loaded)
        return;
    s->token.used_ms = now_ms;
    if (now_ms - s->used_saved_ms < USED_SAVE_MS)
        return;
    s->used_saved_ms = now_ms;
    if (token_save(s->vault, s->c->key, &s->token, &ignored))
        (void)load_token(s, &ignored); /* another process has a newer one */
}

/* --------------------------------------------------- sign-in, keeping alive */
int signer_exchange(struct signer *s, struct text code,
                    struct text redirect_uri, struct text verifier,
                    struct error *err)
{
    struct grant g = { .code = code, .redirect_uri = redirect_uri,
                       .verifier = verifier };
    if (signer_load(s, err))
        return -1;
    arena_init(&g.arena);
    int result = make_call(s, &g, err);
    if (result == 0) {
        perform(s, &g);
        if (g.call.outcome == HTTP_ANSWERED && g.answer.kind == ANSWER_DONE)
            result = accept(s, &g, err);
        else if (g.call.outcome != HTTP_ANSWERED)
            result = error_set(err, ERROR_TRANSIENT, "%s", g.call.why);
        else
            result = error_set(err, ERROR_SIGN_IN, "%.*s refused the sign-in: "
                               "%.*s", TEXT_ARG(s->c->info.name),
                               TEXT_ARG(g.answer.reason));
    }
    arena_fini(&g.arena);
    return result;
}

int64_t token_days_left(const struct token *k, const struct auth_scheme *a,
                        int64_t now_ms)
{
    if (!a || a->kind != AUTH_CODE || a->idle_ms == 0 || k->renewed_ms == 0)
        return -1;
    int64_t left = k->renewed_ms + a->idle_ms - now_ms;
    return left > 0 ? left / DAY_MS : 0;
}

int signer_keep_alive(struct signer *s, struct error *err)
{
    int64_t until, now = clock_now_ms();
    if (signer_load(s, err))
        return -1;
    if (!scheme(s) || scheme(s)->kind != AUTH_CODE || scheme(s)->idle_ms == 0)
        return 1;
    if (s->token.refresh.len == 0 || s->token.state == TOKEN_SIGN_IN ||
        now - s->token.renewed_ms < DAY_MS)
        return 1;
    int result = renew_leased(s, signer_current(s), 0, &until, err);
    return result > 0 ? -1 : result;
}

int signer_forget(struct vault *v, struct text name, bool all,
                  struct error *err)
{
    struct arena arena;
    struct vault_entry *entries;
    size_t count;
    arena_init(&arena);
    int result = vault_list(v, TEXT_NONE, &arena, &entries, &count, err);
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct text c = entries[i].connection;
        bool own = text_equal(c, name);
        bool elsewhere = c.len > name.len && text_starts(c, name) &&
                         c.ptr[name.len] == '@';
        const char *field = text_cstr(&arena, entries[i].field);
        if (elsewhere || (own && all)) /* with their keys */
            result = vault_remove(v, c, NULL, err) < 0 ? -1 : 0;
        else if (own && strcmp(field, TOKEN_FIELD) == 0)
            result = vault_remove(v, c, field, err) < 0 ? -1 : 0;
    }
    arena_fini(&arena);
    return result;
}
