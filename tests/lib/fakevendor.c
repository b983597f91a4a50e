/* The vendor of the transport tests. */
#include "config.h"
#include "tests/lib/tap.h"

#include "tests/lib/fakevendor.h"

#include "runtime/clock.h"
#include "runtime/jsonread.h"
#include "runtime/vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fake fake;
static struct arena arena;
static char folder[256];

struct arena *fake_arena(void)
{
    return &arena;
}

/* --------------------------------------------------------------- the server */
static void token_reply(struct bad_request *r, bool with_refresh)
{
    char body[256];
    int n = snprintf(body, sizeof body,
                     "{\"access_token\":\"access-number-%d\","
                     "\"expires_in\":\"%d\"", (int)fake.access,
                     (int)fake.lives_s);
    if (with_refresh)
        snprintf(body + n, sizeof body - (size_t)n,
                 ",\"refresh_token\":\"refresh-number-%d\"}",
                 (int)fake.refresh);
    else
        snprintf(body + n, sizeof body - (size_t)n, "}");
    bad_reply(r, 200, "", body);
}

static bool refresh_is_old(const struct bad_request *r)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "refresh-number-%d", (int)fake.refresh);
    return strstr(r->body, "grant_type=refresh_token") &&
           !strstr(r->body, wanted);
}

static bool serve_token(struct bad_request *r)
{
    char line[128];
    enum token_trick trick =
        fake.trick_calls-- > 0 ? (enum token_trick)fake.trick : TRICK_NONE;
    fake.token_calls++;
    if (trick == TRICK_REDIRECT) {
        snprintf(line, sizeof line, "Location: http://127.0.0.1:%d/steal\r\n",
                 fake.elsewhere);
        bad_reply(r, 307, line, "{}");
        return true;
    }
    if (trick == TRICK_TROUBLE || trick == TRICK_REFUSE) {
        bad_reply(r, trick == TRICK_TROUBLE ? 500 : 400, "",
                  "{\"error\":\"invalid_grant\"}");
        return true;
    }
    if (refresh_is_old(r)) {
        bad_reply(r, 401, "", "{\"error\":\"Old refresh token used.\"}");
        return true;
    }
    fake.access++;
    fake.revoked = 0;
    if (trick != TRICK_KEEP)
        fake.refresh++;
    if (trick == TRICK_LOSE)
        return false;
    if (trick == TRICK_GARBLE)
        bad_reply(r, 200, "", "<html>maintenance");
    else
        token_reply(r, trick != TRICK_KEEP);
    return true;
}

static bool is_authorized(const struct bad_request *r)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "Authorization: Bearer access-number-%d",
             (int)fake.access);
    if (strstr(r->head, "X-Key: static-key-value") ||
        strstr(r->body, "body-secret-value"))
        return true;
    const char *at = strstr(r->head, wanted);
    return !fake.revoked && at && (at[strlen(wanted)] < '0' ||
                                   at[strlen(wanted)] > '9');
}

static bool serve_slow(struct bad_request *r)
{
    int now = ++fake.parallel;
    int most = fake.max_parallel;
    while (now > most &&
           !atomic_compare_exchange_weak(&fake.max_parallel, &most, now))
        ;
    bad_sleep_ms(60);
    fake.parallel--;
    bad_reply(r, 200, "", "{\"ok\":true}");
    return true;
}

static bool serve_api(struct bad_request *r, const char *name)
{
    fake.api_calls++;
    snprintf(fake.last_head, sizeof fake.last_head, "%s", r->head);
    if (fake.limited > 0) {
        fake.limited--;
        bad_reply(r, 429, fake.retry_after, "{\"error\":\"slow down\"}");
    } else if (!is_authorized(r)) {
        bad_reply(r, 401, "", "{\"error\":\"expired\"}");
    } else if (strcmp(name, "flap") == 0) {
        bad_reply(r, fake.api_calls % 2 ? 500 : 200, "", "{\"ok\":true}");
    } else if (strcmp(name, "down") == 0) {
        bad_reply(r, 503, "", "{}");
    } else if (strcmp(name, "html") == 0) {
        bad_send(r, "HTTP/1.1 200 x\r\nContent-Type: text/html\r\n"
                    "Content-Length: 6\r\n\r\n<html>");
    } else if (strcmp(name, "lost") == 0) {
        return false;
    } else if (strcmp(name, "missing") == 0) {
        bad_reply(r, 404, "", "{\"error\":\"no such record\"}");
    } else if (strcmp(name, "portal") == 0) {
        bad_reply(r, 511, "", "{}");
    } else if (strcmp(name, "moved") == 0) {
        bad_reply(r, 302, "Location: http://evil.example/\r\n", "");
    } else if (strcmp(name, "slow") == 0) {
        return serve_slow(r);
    } else {
        bad_reply(r, 200, "", "{\"ok\":true}");
    }
    return true;
}

static bool serve(struct bad_request *r)
{
    if (strcmp(r->path, "/token") == 0)
        return serve_token(r);
    return serve_api(r, strncmp(r->path, "/api/", 5) == 0 ? r->path + 5 : "");
}

void fake_start(void)
{
    arena_init(&arena);
    fake.lives_s = 600;
    fake.access = fake.refresh = 1;
    fake.server = badserver_start(serve, NULL);
    fake.port = badserver_port(fake.server);
}

void fake_stop(void)
{
    badserver_stop(fake.server);
    arena_fini(&arena);
}

/* ------------------------------------------------------------ the connector */
static const struct secret_def app_secrets[] = {
    { "client_id", true, "" }, { "client_secret", true, "" },
    { "refresh_token", true, "" }, { NULL, false, NULL },
};
static const struct secret_def client_secrets[] = {
    { "client_id", true, "" }, { "client_secret", true, "" },
    { NULL, false, NULL },
};
static const struct secret_def key_secrets[] = {
    { "api_key", true, "" }, { NULL, false, NULL },
};
static const struct secret_def login_secrets[] = {
    { "username", true, "" }, { "password", true, "" }, { NULL, false, NULL },
};
static const struct secret_def body_secrets[] = {
    { "partner_user_secret", true, "" }, { NULL, false, NULL },
};

static const struct auth_scheme auth[] = {
    { "static", AUTH_STATIC, key_secrets, 0, 0, 0, false, NULL, NULL },
    { "code", AUTH_CODE, app_secrets, 570000, 25000,
      INT64_C(30) * 86400000, true, "/authorize", "all" },
    { "client", AUTH_CLIENT_CREDENTIALS, client_secrets, 0, 0, 0, false, NULL,
      NULL },
    { "session", AUTH_SESSION, login_secrets, 0, 0, 35 * 60000, false, NULL,
      NULL },
    { "body", AUTH_BODY, body_secrets, 0, 0, 0, false, NULL, NULL },
    { NULL, AUTH_NONE, NULL, 0, 0, 0, false, NULL, NULL },
};

static const struct quota quotas[] = {
    { "minute", 60, 60000, false, "test" },
    { "day", 5000, 86400000, false, "test" },
    { "errors", 8, 3600000, true, "test" },
    { "token", 200, 86400000, false, "test" },
    { "concurrent", 3, 0, false, "test" },
    { NULL, 0, 0, false, NULL },
};

static struct text secret(const struct credential *c, const char *name)
{
    return c->get(c, name);
}

static int authorize(const struct connection_info *c,
                     const struct credential *credential, struct arena *a,
                     struct request *r, struct error *err)
{
    (void)err;
    if (c->auth->kind == AUTH_STATIC) {
        request_header(a, r, "X-Key", secret(credential, "api_key"));
    } else if (c->auth->kind == AUTH_BODY) {
        r->method = "POST";
        r->body = secret(credential, "partner_user_secret");
        r->content_type = "text/plain";
    } else {
        struct text token = secret(credential, c->auth->kind == AUTH_SESSION
                                                   ? "session"
                                                   : "access_token");
        request_header(a, r, "Authorization",
                       text_of(arena_printf(a, "Bearer %.*s",
                                            TEXT_ARG(token))));
    }
    return 0;
}

static int token_request(const struct connection_info *c,
                         const struct credential *credential, struct text code,
                         struct text redirect_uri, struct text verifier,
                         struct arena *a, struct request *out,
                         struct error *err)
{
    bool refresh = c->auth->kind == AUTH_CODE && code.len == 0;
    (void)redirect_uri;
    (void)err;
    *out = (struct request){ .method = "POST", .path = TEXT("/token"),
                             .content_type =
                                 "application/x-www-form-urlencoded",
                             .endpoint = "token", .no_auth = true,
                             .auth_host = true };
    out->body = text_of(arena_printf(
        a, "grant_type=%s&refresh_token=%.*s&client_secret=%.*s&code=%.*s"
           "&code_verifier=%.*s",
        refresh ? "refresh_token" : "other",
        TEXT_ARG(secret(credential, "refresh_token")),
        TEXT_ARG(secret(credential, "client_secret")), TEXT_ARG(code),
        TEXT_ARG(verifier)));
    return 0;
}

static void token_answer(const struct connection_info *c,
                         const struct response *response, struct arena *a,
                         struct new_credential *out, struct answer *answer)
{
    int64_t seconds = 0;
    *answer = (struct answer){ .kind = ANSWER_DONE,
                               .status = response->status };
    answer->reason = json_get_text(a, response->body, "error");
    if (response->status != 200) {
        answer->kind = response->status >= 500 ? ANSWER_FAILED
                                               : ANSWER_SIGN_IN;
        return;
    }
    struct text token = json_get_text(a, response->body, "access_token");
    if (c->auth->kind == AUTH_SESSION)
        out->session = token;
    else
        out->access_token = token;
    out->refresh_token = json_get_text(a, response->body, "refresh_token");
    if (c->auth->kind != AUTH_SESSION &&
        json_get_int64(response->body, "expires_in", &seconds))
        out->lives_ms = seconds * 1000;
    if (token.len == 0)
        answer->kind = ANSWER_FAILED;
}

const struct connector connector_exact = {
    .name = "exact", .title = "Fake", .auth = auth, .quotas = quotas,
    .default_url = "https://fake.invalid", .timeout_ms = 3000,
    .settle_ms = 1000, .batch_max = 1, .concurrency = 5,
    .authorize = authorize, .token_request = token_request,
    .token_answer = token_answer,
};

/* -------------------------------------------------------------- for tests */
struct transport *fake_transport(const char *path, const char *settings,
                                 struct transport_options *options,
                                 struct store **store)
{
    struct transport_options none = { 0 };
    struct connection_override *list = NULL;
    struct transport *t = NULL;
    struct error err = { 0 };
    if (!options)
        options = &none;
    char *all = arena_printf(&arena, "url=http://127.0.0.1:%d %s", fake.port,
                             settings);
    for (char *word = strtok_r(all, " ", &all); word;
         word = strtok_r(NULL, " ", &all))
        connection_override_parse(&arena,
                                  text_of(arena_printf(&arena, "Exact.%s",
                                                       word)),
                                  true, &list, &err);
    options->overrides = list;
    if (path && store_open(path, STORE_WRITE, store, &err) == 0)
        options->store = *store;
    if (err.kind == ERROR_NONE && options->store)
        fake_secrets(options->store);
    if (err.kind || transport_open(options, &t, &err)) {
        fprintf(stderr, "# %s\n", err.text);
        exit(99);
    }
    return t;
}

struct channel *fake_channel(struct transport *t)
{
    struct channel *c = NULL;
    struct error err = { 0 };
    if (transport_connect(t, TEXT("Exact"), &c, &err)) {
        fprintf(stderr, "# %s\n", err.text);
        exit(99);
    }
    return c;
}

void fake_secrets(struct store *store)
{
    static const char *const rows[][2] = {
        { "client_id", "client-id-value" },
        { "client_secret", "client-secret-value" },
        { "refresh_token", "refresh-number-1" },
        { "api_key", "static-key-value" },
        { "username", "user-name-value" },
        { "password", "password-value" },
        { "partner_user_secret", "body-secret-value" },
    };
    struct vault *v;
    struct error err = { 0 };
    struct text old;
    int result = vault_open(store, &v, &err);
    if (result == 0 &&
        vault_get(v, TEXT("Exact"), "client_id", &arena, &old, NULL, &err) > 0)
        for (size_t i = 0; i < sizeof rows / sizeof *rows && !result; i++)
            result = vault_put(v, TEXT("Exact"), rows[i][0],
                               text_of(rows[i][1]), -1, &err);
    if (result) {
        fprintf(stderr, "# %s\n", err.text);
        exit(99);
    }
    vault_close(v);
}

static void judge(void *ctx, const struct response *r, struct answer *answer)
{
    (void)ctx;
    answer->status = r->status;
    answer->kind = r->status == 200   ? ANSWER_DONE
                   : r->status == 401 ? ANSWER_SIGN_IN
                   : r->status == 429 ? ANSWER_WAIT
                   : r->status >= 500 ? ANSWER_FAILED
                                      : ANSWER_REFUSED;
    answer->reason = json_get_text(&arena, r->body, "error");
}

static int judged(struct channel *c, const char *method, const char *name,
                  bool writes, struct exchange *x)
{
    struct error err = { 0 };
    struct request *r = ARENA_NEW(&arena, struct request);
    r->method = method;
    r->path = text_of(arena_printf(&arena, "/api/%s", name));
    r->endpoint = name;
    r->writes = writes;
    if (writes) {
        r->body = TEXT("{\"amount\":1}");
        r->content_type = "application/json";
    }
    memset(x, 0, sizeof *x);
    x->request = r;
    x->arena = &arena;
    x->classify = judge;
    return transport_send(c, x, &err);
}

int fake_get(struct channel *c, const char *name, struct exchange *x)
{
    return judged(c, "GET", name, false, x);
}

int fake_post(struct channel *c, const char *name, struct exchange *x)
{
    return judged(c, "POST", name, true, x);
}

const char *fake_folder(void)
{
    /* in memory where that is possible: the tests sync often */
    const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                                    : getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/mlc-test-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        exit(99);
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("MLC_KEY_FILE");
    return folder;
}

void fake_clean(void)
{
    if (folder[0])
        tap_remove_folder(folder);
}
