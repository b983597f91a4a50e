/* Visma.net ERP: settings, sign-in, limits and the verdict on answers.
 * Reading and writing have files of their own. Facts:
 * connectors/visma/README.md. */
#include "config.h"
#include "connectors/visma/visma.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"

#include <string.h>

static const struct setting_def settings[] = {
    { "page_size", "number", "500", false,
      "rows asked for; the server lowers it to its own cap without a word "
      "(caps are not published)" },
    { "overlap_minutes", "number", "10", false,
      "how far a read of changes looks back (the zone of its times is "
      "unverified)" },
    { "scope", "text",
      "vismanet_erp_service_api:create vismanet_erp_service_api:read "
      "vismanet_erp_service_api:update vismanet_erp_service_api:delete",
      false, "what the application was granted" },
    { "if_match", "one of no|yes", "no", false,
      "yes: a record that was changed in Visma.net since it was last written "
      "is held, not written over" },
    { "webhook_header", "text", "X-Visma-Signature", false,
      "header that carries a webhook's signature (unverified)" },
    { "currency", "text", NULL, false, "the company's own currency" },
    { NULL, NULL, NULL, false, NULL },
};

static const struct secret_def secrets[] = {
    { "client_id", true, "of the application in the Developer Portal" },
    { "client_secret", true, "of the application" },
    { "tenant_id", true,
      "of the company; a customer's tenant gets a token and then only 401" },
    { "webhook_key", false, "of the subscription; signs webhooks" },
    { NULL, false, NULL },
};

static const struct auth_scheme auth[] = {
    { "client credentials", AUTH_CLIENT_CREDENTIALS, secrets, 0, 120 * 1000, 0,
      false, NULL, NULL },
    { NULL, AUTH_NONE, NULL, 0, 0, 0, false, NULL, NULL },
};

/* The hourly number is withheld by the vendor and learnt from its headers. */
static const struct quota quotas[] = {
    { "hour", 500, 3600 * 1000, false,
      "figure of a test company, unverified; headers tell the real one" },
    { NULL, 0, 0, false, NULL },
};

static const char *const hosts[] = {
    "api.finance.visma.net", "integration.visma.net", "connect.visma.com",
    "connect.identity.stagaws.visma.com", NULL,
};

/* -------------------------------------------------------------- verdicts */
static struct text message_of(const struct response *response,
                              struct arena *arena)
{
    struct text t = json_get_text(arena, response->body, "message");
    if (t.len == 0)
        t = json_get_text(arena, response->body, "ExceptionMessage");
    if (text_starts(t, TEXT("VismaId:"))) {
        const char *dot = memchr(t.ptr, '.', t.len);
        if (dot)
            t = text_trim(text_slice(t, (size_t)(dot - t.ptr) + 1,
                                     t.len - (size_t)(dot - t.ptr) - 1));
    }
    return t;
}

static void refuse(struct answer *out, enum refusal why, struct text reason,
                   const char *otherwise)
{
    out->kind = ANSWER_REFUSED;
    out->refusal = why;
    out->reason = reason.len > 0 ? reason : text_of(otherwise);
}

static void classify_limit(const struct response *response, struct answer *out)
{
    int64_t seconds = 0;
    out->kind = ANSWER_WAIT;
    out->reason = TEXT("the hourly number of calls is used up");
    if (!json_int64(response_header(response, "Retry-After"), &seconds))
        json_int64(response_header(response, "X-RateLimit-Reset"), &seconds);
    out->wait_ms = seconds > 0 ? seconds * 1000 : 60 * 1000;
}

/* A 500 is also said of business rules: of some creates and of segments, and
 * then in a sentence of its own. Anything else nobody knows the outcome of. */
static void classify_500(enum visma_call call, struct text message,
                         struct answer *out)
{
    static const char *const empty_phrases[] = {
        "An error has occurred", "Internal server error", "Object reference",
    };
    bool rule = (call == VISMA_CREATE || call == VISMA_SEGMENT) &&
                message.len > 0;
    for (size_t i = 0; i < sizeof empty_phrases / sizeof *empty_phrases; i++)
        if (text_equal_nocase(
                text_slice(message, 0, strlen(empty_phrases[i])),
                text_of(empty_phrases[i])))
            rule = false;
    if (rule) {
        refuse(out, REFUSAL_VALUE, message, "");
        return;
    }
    out->kind = ANSWER_FAILED;
    out->reason = message.len > 0 ? message
                                  : TEXT("Visma.net failed with HTTP 500");
}

bool visma_classify(const struct response *response, enum visma_call call,
                    struct arena *arena, struct answer *out)
{
    bool writes = call != VISMA_READ;
    struct text message;
    *out = (struct answer){ .kind = ANSWER_DONE, .status = response->status };
    if (response->status >= 200 && response->status < 300)
        return false;
    message = message_of(response, arena);
    switch (response->status) {
    case 400:
    case 405:
    case 422:
        refuse(out, writes ? REFUSAL_VALUE : REFUSAL_REQUEST, message,
               "Visma.net does not accept the request");
        break;
    case 401:
        out->kind = ANSWER_SIGN_IN;
        out->reason = text_of(arena_printf(
            arena, "Visma.net does not take the token%s%.*s; a token that is "
            "given out and then refused means tenant_id is the customer's, "
            "not the company's, or the application is not activated for the "
            "company", message.len > 0 ? ": " : "", TEXT_ARG(message)));
        break;
    case 403:
        refuse(out, REFUSAL_PERMISSION, message,
               "the application lacks the scope for this");
        break;
    case 404:
        refuse(out, writes ? REFUSAL_MISSING : REFUSAL_REQUEST, message,
               "Visma.net does not have it");
        break;
    case 412:
        refuse(out, REFUSAL_CONFLICT, message,
               "the record was changed in Visma.net meanwhile");
        break;
    case 429:
        classify_limit(response, out);
        break;
    case 409:
        refuse(out, call == VISMA_CREATE ? REFUSAL_DUPLICATE : REFUSAL_CONFLICT,
               message, "Visma.net has it already");
        break;
    case 413:
        refuse(out, REFUSAL_TOO_LARGE, message, "the request is too large");
        break;
    case 500:
        classify_500(call, message, out);
        break;
    default:
        out->kind = ANSWER_FAILED;
        out->reason = message.len > 0
                          ? message
                          : text_of(arena_printf(
                                arena, "Visma.net answered HTTP %d",
                                response->status));
    }
    return true;
}

static struct budget_news *budgets(const struct connection_info *c,
                                   const struct response *response,
                                   struct arena *arena)
{
    struct budget_news *n = ARENA_NEW(arena, struct budget_news);
    int64_t seconds = 0;
    n->window = "hour";
    n->limit = n->remaining = -1;
    json_int64(response_header(response, "X-RateLimit-Limit"), &n->limit);
    json_int64(response_header(response, "X-RateLimit-Remaining"),
               &n->remaining);
    if (json_int64(response_header(response, "X-RateLimit-Reset"), &seconds))
        n->reset_ms = response_now_ms(c, response) + seconds * 1000; /* seconds left */
    return n->limit < 0 && n->remaining < 0 ? NULL : n;
}

/* ----------------------------------------------------------------- addresses */
static bool is_reserved(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char ch = (unsigned char)t.ptr[i];
        bool plain = (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') ||
                     (ch >= 'a' && ch <= 'z') || ch == '-' || ch == '_' ||
                     ch == '.';
        if (!plain)
            return true;
    }
    return t.len == 0;
}

static void add_key(struct text id, struct arena *arena, struct buf *path)
{
    if (is_reserved(id)) {
        struct text coded = crypto_base64url(arena, id);
        buf_printf(path, "b64(%.*s)", TEXT_ARG(coded));
    } else {
        buf_text(path, id);
    }
}

static struct text next_part(struct text *rest, bool last)
{
    const char *slash = last ? NULL : memchr(rest->ptr, '/', rest->len);
    size_t len = slash ? (size_t)(slash - rest->ptr) : rest->len;
    struct text part = text_slice(*rest, 0, len);
    *rest = slash ? text_slice(*rest, len + 1, rest->len - len - 1)
                  : TEXT_NONE;
    return part;
}

void visma_item_path(const struct object *object, struct text id,
                     struct arena *arena, struct buf *path)
{
    const struct fact *item = object_fact(object, "item");
    struct text form = item ? item->value : object->path;
    size_t holes = 0;
    for (size_t i = 0; i < form.len; i++)
        holes += form.ptr[i] == '<';
    for (size_t i = 0; i < form.len; i++) {
        if (form.ptr[i] != '<') {
            buf_byte(path, form.ptr[i]);
            continue;
        }
        add_key(next_part(&id, --holes == 0), arena, path);
        while (i < form.len && form.ptr[i] != '>')
            i++;
    }
    if (!item) {
        buf_byte(path, '/');
        add_key(id, arena, path);
    }
}

/* ---------------------------------------------------------------- sign-in */
static int authorize(const struct connection_info *c,
                     const struct credential *credential, struct arena *arena,
                     struct request *request, struct error *err)
{
    struct text token = credential->get(credential, "access_token");
    if (token.len == 0)
        return error_set(err, ERROR_SIGN_IN,
                         "connection %.*s has no access token",
                         TEXT_ARG(c->name));
    request_header(arena, request, "Authorization",
                   text_of(arena_printf(arena, "Bearer %.*s", TEXT_ARG(token))));
    return 0;
}

static int token_request(const struct connection_info *c,
                         const struct credential *credential, struct text code,
                         struct text redirect_uri, struct text verifier,
                         struct arena *arena, struct request *out,
                         struct error *err)
{
    struct buf form;
    (void)code;
    (void)redirect_uri;
    (void)verifier;
    (void)err;
    buf_init(&form, 16 * 1024);
    uri_form(&form, "grant_type", TEXT("client_credentials"));
    uri_form(&form, "client_id", credential->get(credential, "client_id"));
    uri_form(&form, "client_secret",
             credential->get(credential, "client_secret"));
    uri_form(&form, "scope", c->setting(c, "scope"));
    uri_form(&form, "tenant_id", credential->get(credential, "tenant_id"));
    *out = (struct request){
        .method = "POST",
        .path = TEXT("/connect/token"),
        .body = buf_dup(arena, &form),
        .content_type = "application/x-www-form-urlencoded",
        .endpoint = "token",
        .no_auth = true,
        .auth_host = true,
        .not_counted = true,
        .safe_to_repeat = true,
    };
    buf_fini(&form);
    return 0;
}

static void token_answer(const struct connection_info *c,
                         const struct response *response, struct arena *arena,
                         struct new_credential *credential, struct answer *out)
{
    int64_t seconds = 3600;
    (void)c;
    *out = (struct answer){ .kind = ANSWER_DONE, .status = response->status };
    if (response->status != 200) {
        out->reason = json_get_text(arena, response->body, "error_description");
        out->code = json_get_text(arena, response->body, "error");
        if (out->reason.len == 0)
            out->reason = TEXT("Visma Connect gave no token; look at client_id, "
                               "client_secret, tenant_id and the scope");
        out->kind = response->status == 429  ? ANSWER_WAIT
                    : response->status >= 500 ? ANSWER_FAILED
                                              : ANSWER_SIGN_IN;
        return;
    }
    credential->access_token =
        json_get_text(arena, response->body, "access_token");
    json_get_int64(response->body, "expires_in", &seconds);
    credential->lives_ms = seconds * 1000;
    if (credential->access_token.len == 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("the token answer holds no access token");
    }
}

const struct connector connector_visma = {
    .name = "visma",
    .title = "Visma.net ERP",
    .settings = settings,
    .auth = auth,
    .quotas = quotas,
    .default_url = "https://api.finance.visma.net",
    .default_auth_url = "https://connect.visma.com",
    .hosts = hosts,
    .timeout_ms = 240 * 1000, /* a call may run for four minutes */
    .settle_ms = 300 * 1000,
    .batch_max = 1,
    .concurrency = 2,
    .company = "tenant_id",
    .read_request = visma_read_request,
    .read_answer = visma_read_answer,
    .write_request = visma_write_request,
    .write_answer = visma_write_answer,
    .authorize = authorize,
    .token_request = token_request,
    .token_answer = token_answer,
    .budgets = budgets,
    .hook_verify = visma_hook_verify,
};
