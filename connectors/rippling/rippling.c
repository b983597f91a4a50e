/* Rippling: settings, sign-in, webhooks and the verdict on answers. Reading and
 * writing have files of their own. Facts: connectors/rippling/README.md. */
#include "config.h"
#include "connectors/rippling/rippling.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"

#include <string.h>

#define REST_URL "https://rest.ripplingapis.com"
#define V1_URL "https://api.rippling.com"
#define V1_PATH "/platform/api"

/* ------------------------------------------------------------- settings */
static const struct setting_def settings[] = {
    { "auth", "one of api key|oauth", "api key", false,
      "an API key of the customer's own, or an App Shop installation" },
    { "version", "text", NULL, false,
      "date sent as Rippling-Api-Version; without it the token's own default "
      "holds (unverified effect)" },
    { "trailing_slash", "yes/no", "yes", false,
      "paths end in a slash, as in the 2026 description" },
    { "time_filter", "yes/no", "yes", false,
      "workers can be filtered on updated_at (2026 description; older ones "
      "could not)" },
    { "quote_times", "yes/no", "no", false,
      "put times in a filter between quotes (sources disagree; unverified)" },
    { "token_path", "text", "/o/token", false,
      "where tokens are given out; sources name several" },
    { NULL, NULL, NULL, false, NULL },
};

static const struct secret_def key_secrets[] = {
    { "api_key", true, "shown once in the admin console" },
    { "webhook_token", false, "bearer token Rippling sends with webhooks" },
    { NULL, false, NULL },
};

static const struct secret_def app_secrets[] = {
    { "client_id", true, "of the App Shop app" },
    { "client_secret", true, "of the App Shop app" },
    { "refresh_token", true, "given at installation" },
    { "webhook_token", false, "bearer token Rippling sends with webhooks" },
    { NULL, false, NULL },
};

static const struct auth_scheme auth[] = {
    /* A key that is not used for 30 days dies. */
    { "api key", AUTH_STATIC, key_secrets, 0, 0,
      INT64_C(30) * 24 * 3600 * 1000, false, NULL, NULL },
    { "oauth", AUTH_CODE, app_secrets, 0, 120 * 1000, 0, false,
      "/o/authorize", NULL },
    { NULL, AUTH_NONE, NULL, 0, 0, 0, false, NULL, NULL },
};

/* No source states a limit; this keeps a run polite. */
static const struct quota quotas[] = {
    { "minute", 300, 60 * 1000, false, "our own ceiling; unverified" },
    { NULL, 0, 0, false, NULL },
};

const char *const rippling_hosts[] = {
    "rest.ripplingapis.com", "api.rippling.com", "app.rippling.com",
    "rest.ripplingsandboxapis.com", NULL,
};

/* -------------------------------------------------------------- requests */
bool rippling_is_v1(const struct object *object)
{
    return object_fact(object, "api") != NULL;
}

struct text rippling_place(const struct connection_info *c,
                           const struct object *object, struct text path,
                           struct arena *arena)
{
    bool slash = !text_is(c->setting(c, "trailing_slash"), "no");
    if (rippling_is_v1(object)) {
        if (text_is(c->url, REST_URL))
            return text_of(
                arena_printf(arena, V1_URL "%.*s", TEXT_ARG(path)));
        /* `url` may be that API's own base, as its description gives it */
        if (text_ends(text_trim(c->url), TEXT(V1_PATH)))
            path = text_slice(path, sizeof V1_PATH - 1,
                              path.len - (sizeof V1_PATH - 1));
        return path;
    }
    if (!slash && path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path;
}

void rippling_no_place(const struct object *object, struct error *err)
{
    const struct fact *parent = object_fact(object, "parent");
    error_set(err, ERROR_USAGE, "%.*s stands at %.*s, and the flow does not "
              "say which", TEXT_ARG(object->name), TEXT_ARG(object->path));
    if (parent)
        error_hint(err, "Name its parent in the flow: where ….%.*s is \"…\".",
                   TEXT_ARG(parent->value));
    else
        error_hint(err, "Declare the object in project.mlc with its own "
                        "address: object Rippling.thing \"Thing\" { at "
                        "\"/custom-objects/thing__c/records/\"  key id  … }");
}

void rippling_headers(const struct connection_info *c, struct arena *arena,
                      struct request *r)
{
    struct text version = c->setting(c, "version");
    request_header(arena, r, "Accept", TEXT("application/json"));
    if (version.len > 0)
        request_header(arena, r, "Rippling-Api-Version", version);
}

/* -------------------------------------------------------------- verdicts */
/* {"detail": "…"}, ["…"], {"errors":[{"message"}]}, {"message"}, or HTML. */
static struct text reason_of(const struct response *response,
                             struct arena *arena)
{
    static const char *const places[] = { "detail", "0", "errors.0.message",
                                          "message", "error" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct text t = json_get_text(arena, response->body, places[i]);
        if (t.len > 0)
            return t;
    }
    return text_of(arena_printf(arena, "Rippling answered HTTP %d",
                                response->status));
}

static void classify_limit(const struct response *response, struct answer *out)
{
    int64_t seconds = 0;
    out->kind = ANSWER_WAIT;
    out->reason = TEXT("Rippling asks to slow down");
    if (json_int64(response_header(response, "Retry-After"), &seconds) &&
        seconds > 0)
        out->wait_ms = seconds * 1000;
}

bool rippling_classify(const struct response *response, bool writes,
                       struct arena *arena, struct answer *out)
{
    *out = (struct answer){ .kind = ANSWER_DONE, .status = response->status };
    if (response->status >= 200 && response->status < 300)
        return false;
    out->reason = reason_of(response, arena);
    out->kind = ANSWER_REFUSED;
    switch (response->status) {
    case 400:
    case 422:
        out->refusal = writes ? REFUSAL_VALUE : REFUSAL_REQUEST;
        break;
    case 401:
        out->kind = ANSWER_SIGN_IN;
        out->reason = TEXT("Rippling does not take the token: it expired, was "
                           "revoked, or its owner left");
        break;
    case 403:
        out->refusal = REFUSAL_PERMISSION;
        break;
    case 404:
        out->refusal = writes ? REFUSAL_MISSING : REFUSAL_REQUEST;
        break;
    case 405:
        out->refusal = REFUSAL_REQUEST;
        break;
    case 409:
        out->refusal = REFUSAL_CONFLICT;
        break;
    case 429:
        classify_limit(response, out);
        break;
    case 504:
        out->kind = writes ? ANSWER_FAILED : ANSWER_REFUSED;
        out->refusal = REFUSAL_TOO_LARGE; /* a smaller page helps */
        break;
    default:
        out->kind = ANSWER_FAILED;
    }
    return true;
}

/* ---------------------------------------------------------------- sign-in */
static int authorize(const struct connection_info *c,
                     const struct credential *credential, struct arena *arena,
                     struct request *request, struct error *err)
{
    bool app = c->auth && c->auth->kind == AUTH_CODE;
    struct text token =
        credential->get(credential, app ? "access_token" : "api_key");
    if (token.len == 0) {
        error_set(err, ERROR_SIGN_IN, "connection %.*s has no %s",
                  TEXT_ARG(c->name), app ? "access token" : "API key");
        error_hint(err, app ? "Run: mlc auth login %.*s"
                            : "Run: mlc auth set %.*s",
                   TEXT_ARG(c->name));
        return -1;
    }
    request_header(arena, request, "Authorization",
                   text_of(arena_printf(arena, "Bearer %.*s", TEXT_ARG(token))));
    return 0;
}

static void add_basic(const struct credential *credential, struct arena *arena,
                      struct request *out)
{
    struct text id = credential->get(credential, "client_id");
    struct text secret = credential->get(credential, "client_secret");
    struct text pair = text_of(arena_printf(arena, "%.*s:%.*s", TEXT_ARG(id),
                                            TEXT_ARG(secret)));
    struct text coded = crypto_base64(arena, pair);
    request_header(arena, out, "Authorization",
                   text_of(arena_printf(arena, "Basic %.*s", TEXT_ARG(coded))));
}

static int token_request(const struct connection_info *c,
                         const struct credential *credential, struct text code,
                         struct text redirect_uri, struct text verifier,
                         struct arena *arena, struct request *out,
                         struct error *err)
{
    struct buf form;
    struct text path = c->setting(c, "token_path");
    (void)err;
    (void)verifier;
    buf_init(&form, 16 * 1024);
    if (code.len > 0) {
        uri_form(&form, "grant_type", TEXT("authorization_code"));
        uri_form(&form, "code", code);
        uri_form(&form, "redirect_uri", redirect_uri);
    } else {
        uri_form(&form, "grant_type", TEXT("refresh_token"));
        uri_form(&form, "refresh_token",
                 credential->get(credential, "refresh_token"));
    }
    *out = (struct request){
        .method = "POST",
        .path = path.len > 0 ? path : TEXT("/o/token"),
        .body = buf_dup(arena, &form),
        .content_type = "application/x-www-form-urlencoded",
        .endpoint = "token",
        .no_auth = true,
        .auth_host = true,
        .not_counted = true,
    };
    add_basic(credential, arena, out);
    buf_fini(&form);
    return 0;
}

static void token_answer(const struct connection_info *c,
                         const struct response *response, struct arena *arena,
                         struct new_credential *credential, struct answer *out)
{
    int64_t seconds = 129600; /* 36 hours */
    (void)c;
    *out = (struct answer){ .kind = ANSWER_DONE, .status = response->status };
    if (response->status != 200) {
        out->reason = reason_of(response, arena);
        out->kind = response->status == 429  ? ANSWER_WAIT
                    : response->status >= 500 ? ANSWER_FAILED
                                              : ANSWER_SIGN_IN;
        return;
    }
    credential->access_token =
        json_get_text(arena, response->body, "access_token");
    credential->refresh_token = /* whether it rotates is not known */
        json_get_text(arena, response->body, "refresh_token");
    json_get_int64(response->body, "expires_in", &seconds);
    credential->lives_ms = seconds * 1000;
    if (credential->access_token.len == 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("the token answer holds no access token");
    }
}

/* ---------------------------------------------------------------- webhooks */
/* What the apps hand over is a token that comes back, mostly behind `Bearer`. */
static bool has_token(const struct hook_delivery *delivery, struct text token)
{
    struct response asked = { .headers = delivery->headers };
    struct text sent = text_trim(response_header(&asked, "Authorization"));
    if (sent.len > 7 &&
        text_equal_nocase(text_slice(sent, 0, 7), TEXT("Bearer ")))
        sent = text_trim(text_slice(sent, 7, sent.len - 7));
    return token.len > 0 && crypto_equal(sent, token);
}

/* Form-encoded, without a signature: a token agreed with Rippling is all there
 * is. No field comes along: the record is read, and where the older API's id
 * is none of the REST API's, the changes are. Being given or losing the app
 * says nothing of employment, so nothing is taken for deleted. */
static int hook_verify(const struct connection_info *c,
                       const struct credential *credential,
                       const struct hook_delivery *delivery,
                       struct arena *arena, struct hook_event *event)
{
    static const struct {
        const char *begin, *object;
        bool named; /* by an id that the REST API may know */
    } events[] = {
        { "employee.", "employee", true },
        { "leave_request.", "leave_request", true },
        { "group.", "supergroup", false },
        { "company.", "company", false },
        { "custom_info_field.", "custom_field", false },
    };
    struct text name;
    (void)c;
    *event = (struct hook_event){ .object = "" };
    if (!has_token(delivery, credential->get(credential, "webhook_token")))
        return 1;
    name = uri_form_value(arena, delivery->body, "event_name");
    if (name.len == 0)
        return 1;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (!text_starts(name, text_of(events[i].begin)))
            continue;
        event->object = events[i].object;
        if (events[i].named)
            event->record_id = uri_form_value(arena, delivery->body, "id");
    }
    return 0;
}

const struct connector connector_rippling = {
    .name = "rippling",
    .title = "Rippling",
    .settings = settings,
    .auth = auth,
    .quotas = quotas,
    .default_url = REST_URL,
    .default_auth_url = "https://app.rippling.com",
    .hosts = rippling_hosts,
    .timeout_ms = 60 * 1000,
    .settle_ms = 120 * 1000,
    .batch_max = 1,
    .concurrency = 2,
    .read_request = rippling_read_request,
    .read_answer = rippling_read_answer,
    .write_request = rippling_write_request,
    .write_answer = rippling_write_answer,
    .authorize = authorize,
    .token_request = token_request,
    .token_answer = token_answer,
    .hook_verify = hook_verify,
};
