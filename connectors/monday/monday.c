/* monday.com: settings, sign-in, calls and the verdict on answers. Facts:
 * connectors/monday/README.md. */
#include "config.h"
#include "connectors/monday/monday.h"
#include "runtime/crypto.h"
#include "runtime/jsonread.h"
#include "runtime/uri.h"

#include <string.h>

#define API_VERSION "2026-10"
#define WAIT_MS (60 * 1000) /* when nothing says how long */
#define LOCKED_MS 5000
#define BATCH 30       /* at 30,001 a mutation: under 1,000,000, which is the
                          minute of a trial account */
#define SMALL_MINUTE 1000000 /* complexity of a trial account's minute */
#define BATCH_MOST 150 /* likewise under 5,000,000, the most of one call */

static const struct setting_def settings[] = {
    { "auth", "one of token|oauth|oauth 2.1", "token", false,
      "a personal token, or an app's sign-in (legacy or 2.1)" },
    { "version", "text", API_VERSION, false,
      "API version; the one answered with must be the same" },
    { "create_labels", "yes/no", "no", false,
      "make status and dropdown labels that a board does not have" },
    { "group", "text", NULL, false, "group id that new items go to" },
    { "batch", "number", "30", false,
      "items and subitems written in one call, 1 to 150; 30 of them cost less "
      "than the smallest plan's minute at the highest figure published" },
    { "daily_calls", "number", "1000", false,
      "calls a day of the account's plan (1,000, 10,000 or 25,000)" },
    { NULL, NULL, NULL, false, NULL },
};

static const struct secret_def token_secrets[] = {
    { "token", true, "personal API token" },
    { "signing_secret", false, "of the app that makes the webhooks" },
    { NULL, false, NULL },
};

static const struct secret_def app_secrets[] = {
    { "client_id", true, "of the app" },
    { "client_secret", true, "of the app" },
    { "refresh_token", false, "given at sign-in (2.1 only)" },
    { "signing_secret", false, "of the app" },
    { NULL, false, NULL },
};

static const struct auth_scheme auth[] = {
    { "token", AUTH_STATIC, token_secrets, 0, 0, 0, false, NULL, NULL },
    { "oauth", AUTH_CODE, app_secrets, 0, 0, 0, false, "/oauth2/authorize",
      "boards:read boards:write users:read webhooks:read webhooks:write" },
    { "oauth 2.1", AUTH_CODE, app_secrets, 0, 120 * 1000, 0, true,
      "/oauth2/authorize",
      "boards:read boards:write users:read webhooks:read webhooks:write" },
    { NULL, AUTH_NONE, NULL, 0, 0, 0, false, NULL, NULL },
};

/* The lowest plan's figures; headers tell what really holds. */
static const struct quota quotas[] = {
    { "minute", 1000, 60 * 1000, false, "vendor page on rate limits, standard" },
    { "day", 1000, INT64_C(24) * 3600 * 1000, false,
      "vendor page on rate limits, standard; a help article says 200 for free" },
    { "concurrent", 40, 0, false, "vendor page on rate limits, standard" },
    { NULL, 0, 0, false, NULL },
};

static const char *const hosts[] = { "api.monday.com", "auth.monday.com",
                                     NULL };

struct text monday_board_id(const struct object *object)
{
    return object->path;
}

size_t monday_batch(const struct connection_info *c)
{
    int64_t n = 0;
    if (!json_int64(c->setting(c, "batch"), &n) || n < 1)
        return BATCH;
    return n > BATCH_MOST ? BATCH_MOST : (size_t)n;
}

/* ------------------------------------------------------------------- calls */
void monday_call(const struct connection_info *c, struct text query,
                 struct text variables, bool writes, const char *endpoint,
                 struct arena *arena, struct request *out)
{
    struct text version = c->setting(c, "version");
    struct buf body;
    struct json_out w;
    buf_init(&body, (size_t)16 << 20);
    w = json_out(&body);
    json_begin_object(&w);
    json_put_string(&w, "query", query);
    json_key(&w, "variables");
    json_raw(&w, variables.len > 0 ? variables : TEXT("{}"));
    json_end_object(&w);
    *out = (struct request){
        .method = "POST",
        /* `url` may be the vendor's whole address */
        .path = text_ends(c->url, TEXT("/v2")) ? TEXT_NONE : TEXT("/v2"),
        .body = buf_dup(arena, &body),
        .content_type = "application/json",
        .endpoint = endpoint,
        .writes = writes,
        .safe_to_repeat = !writes,
    };
    request_header(arena, out, "API-Version",
                   version.len > 0 ? version : TEXT(API_VERSION));
    buf_fini(&body);
}

/* -------------------------------------------------------------- verdicts */
static const struct {
    const char *code;
    enum answer_kind kind;
    enum refusal refusal;
} codes[] = {
    { "NOT_AUTHENTICATED", ANSWER_SIGN_IN, REFUSAL_NONE },
    { "COMPLEXITY_BUDGET_EXHAUSTED", ANSWER_WAIT, REFUSAL_NONE },
    { "ComplexityException", ANSWER_WAIT, REFUSAL_NONE },
    { "MINUTE_RATE_LIMIT_EXCEEDED", ANSWER_WAIT, REFUSAL_NONE },
    { "IP_RATE_LIMIT_EXCEEDED", ANSWER_WAIT, REFUSAL_NONE },
    { "RATE_LIMIT_EXCEEDED", ANSWER_WAIT, REFUSAL_NONE },
    { "FIELD_LIMIT_EXCEEDED", ANSWER_WAIT, REFUSAL_NONE },
    { "RESOURCE_LOCKED", ANSWER_WAIT, REFUSAL_NONE },
    { "maxConcurrencyExceeded", ANSWER_WAIT, REFUSAL_NONE },
    { "tooManyRequests", ANSWER_WAIT, REFUSAL_NONE },
    { "API_TEMPORARILY_BLOCKED", ANSWER_WAIT, REFUSAL_NONE },
    { "IDEMPOTENCY_CONFLICT", ANSWER_WAIT, REFUSAL_NONE },
    { "DAILY_LIMIT_EXCEEDED", ANSWER_WAIT, REFUSAL_QUOTA },
    { "USER_ACCESS_DENIED", ANSWER_REFUSED, REFUSAL_PERMISSION },
    { "USER_UNAUTHORIZED", ANSWER_REFUSED, REFUSAL_PERMISSION },
    { "UserUnauthorizedException", ANSWER_REFUSED, REFUSAL_PERMISSION },
    { "UNAUTHORIZED_FIELD_OR_TYPE", ANSWER_REFUSED, REFUSAL_PERMISSION },
    { "missingRequiredPermissions", ANSWER_REFUSED, REFUSAL_PERMISSION },
    { "InvalidBoardIdException", ANSWER_REFUSED, REFUSAL_REQUEST },
    { "InvalidItemIdException", ANSWER_REFUSED, REFUSAL_MISSING },
    { "ResourceNotFoundException", ANSWER_REFUSED, REFUSAL_MISSING },
    { "InvalidColumnIdException", ANSWER_REFUSED, REFUSAL_VALUE },
    { "ColumnValueException", ANSWER_REFUSED, REFUSAL_VALUE },
    { "CorrectedValueException", ANSWER_REFUSED, REFUSAL_VALUE },
    { "ItemNameTooLongException", ANSWER_REFUSED, REFUSAL_VALUE },
    { "ItemsLimitationException", ANSWER_REFUSED, REFUSAL_VALUE },
    { "InvalidArgumentException", ANSWER_REFUSED, REFUSAL_VALUE },
    { "InvalidUserIdException", ANSWER_REFUSED, REFUSAL_VALUE },
    { "InvalidVersionException", ANSWER_REFUSED, REFUSAL_REQUEST },
    { "JsonParseException", ANSWER_REFUSED, REFUSAL_REQUEST },
    { "RecordInvalidException", ANSWER_REFUSED, REFUSAL_VALUE },
    { "InvalidColumnTypeException", ANSWER_REFUSED, REFUSAL_VALUE },
    { "REQUEST_MAX_COMPLEXITY_EXCEEDED", ANSWER_REFUSED, REFUSAL_TOO_LARGE },
    { "CursorException", ANSWER_REFUSED, REFUSAL_CURSOR },
    { "CursorExpiredError", ANSWER_REFUSED, REFUSAL_CURSOR },
    { "INTERNAL_SERVER_ERROR", ANSWER_FAILED, REFUSAL_NONE },
};

static void by_code(const struct connection_info *c, struct text code,
                    bool writes, struct answer *out)
{
    out->code = code;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (text_is(code, codes[i].code)) {
            out->kind = codes[i].kind;
            out->refusal = codes[i].refusal;
            if (out->refusal == REFUSAL_QUOTA) /* resets at midnight UTC */
                out->until_ms = (c->now_ms / 86400000 + 1) * 86400000 + 1000;
            return;
        }
    out->kind = ANSWER_REFUSED;
    out->refusal = writes ? REFUSAL_VALUE : REFUSAL_REQUEST;
}

/* The first of these members that is there. */
static struct text any_text(struct arena *arena, struct text json,
                            const char *const *paths)
{
    struct text t = TEXT_NONE;
    for (; *paths && t.len == 0; paths++)
        t = json_get_text(arena, json, *paths);
    return t;
}

/* Some limits are known by their sentence alone. */
static struct text code_of_message(struct text message)
{
    static const char *const said[][2] = {
        { "Not Authenticated", "NOT_AUTHENTICATED" },
        { "Rate Limit Exceeded", "MINUTE_RATE_LIMIT_EXCEEDED" },
        { "Minute limit rate exceeded", "MINUTE_RATE_LIMIT_EXCEEDED" },
        { "Daily limit exceeded", "DAILY_LIMIT_EXCEEDED" },
        { "maxConcurrencyExceeded", "maxConcurrencyExceeded" },
    };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (text_equal_nocase(message, text_of(said[i][0])))
            return text_of(said[i][1]);
    return TEXT_NONE;
}

/* "… reset in 22 seconds", of older versions. */
static bool said_seconds(struct text message, int64_t *seconds)
{
    static const char before[] = "reset in ";
    size_t at, end;
    if (!text_find(message, TEXT(before), &at))
        return false;
    at += sizeof before - 1;
    for (end = at; end < message.len && message.ptr[end] >= '0' &&
                   message.ptr[end] <= '9';)
        end++;
    return json_int64(text_slice(message, at, end - at), seconds);
}

/* {"message","path","extensions":{"code"}}, older forms, or a bare text. */
static void by_error(const struct connection_info *c,
                     const struct response *response, struct text error,
                     bool writes, struct arena *arena, struct answer *out)
{
    static const char *const codes_at[] = { "extensions.code",
                                            "extensions.error_code",
                                            "error_code", NULL };
    static const char *const said_at[] = { "message", "error_message", NULL };
    struct text code = any_text(arena, error, codes_at);
    int64_t seconds = 0;
    out->reason = json_kind(error) == JSON_STRING
                      ? json_text(arena, error)
                      : any_text(arena, error, said_at);
    if (code.len == 0)
        code = code_of_message(out->reason);
    by_code(c, code, writes, out);
    if (out->kind == ANSWER_WAIT && out->until_ms == 0) {
        out->wait_ms = WAIT_MS;
        if ((json_get_int64(error, "extensions.retry_in_seconds", &seconds) ||
             said_seconds(out->reason, &seconds) ||
             json_int64(response_header(response, "Retry-After"),
                        &seconds)) &&
            seconds > 0)
            out->wait_ms = seconds * 1000;
    }
    if (code.len == 0) /* the document breaks the schema */
        out->refusal = REFUSAL_REQUEST;
}

static struct text first_of(struct text list)
{
    struct json_items it = json_items(list);
    return json_next(&it) ? it.value : TEXT_NONE;
}

/* "0.path.0" of an error as text; empty without a path. */
static struct text path_head(struct text error, struct arena *arena)
{
    return json_get_text(arena, error, "path.0");
}

bool monday_field_error(const struct connection_info *c,
                        const struct response *response, const char *alias,
                        bool writes, struct arena *arena, struct answer *out)
{
    struct json_items it = json_items(json_get(response->body, "errors"));
    while (json_next(&it))
        if (text_is(path_head(it.value, arena), alias)) {
            *out = (struct answer){ .status = response->status };
            by_error(c, response, it.value, writes, arena, out);
            return true;
        }
    return false;
}

/* One without a place, which is about whatever was not done. */
bool monday_stray_error(const struct connection_info *c,
                        const struct response *response, bool writes,
                        struct arena *arena, struct answer *out)
{
    struct json_items it = json_items(json_get(response->body, "errors"));
    while (json_next(&it))
        if (path_head(it.value, arena).len == 0) {
            *out = (struct answer){ .status = response->status };
            by_error(c, response, it.value, writes, arena, out);
            return true;
        }
    return false;
}

static void by_status(const struct response *response, bool writes,
                      struct answer *out)
{
    int64_t seconds = 0;
    out->refusal = REFUSAL_NONE;
    switch (response->status) {
    case 401:
        out->kind = ANSWER_SIGN_IN;
        return;
    case 403:
        out->kind = ANSWER_REFUSED;
        out->refusal = REFUSAL_PERMISSION;
        return;
    case 404:
        out->kind = ANSWER_REFUSED;
        out->refusal = REFUSAL_MISSING;
        return;
    case 413:
        out->kind = ANSWER_REFUSED;
        out->refusal = REFUSAL_TOO_LARGE;
        return;
    case 400:
    case 422:
        out->kind = ANSWER_REFUSED;
        out->refusal = response->status == 422 && writes ? REFUSAL_VALUE
                                                         : REFUSAL_REQUEST;
        return;
    case 409:
    case 423:
    case 429:
        out->kind = ANSWER_WAIT;
        out->wait_ms = response->status == 423 ? LOCKED_MS : WAIT_MS;
        if (json_int64(response_header(response, "Retry-After"), &seconds) &&
            seconds > 0)
            out->wait_ms = seconds * 1000;
        return;
    default:
        out->kind = ANSWER_FAILED;
    }
}

/* A typing mistake in the version upgrades in silence. */
static bool wrong_version(const struct connection_info *c,
                          const struct response *response, struct arena *arena,
                          struct answer *out)
{
    struct text served = response_header(response, "API-Version");
    struct text asked = c->setting(c, "version");
    if (asked.len == 0)
        asked = TEXT(API_VERSION);
    if (served.len == 0 || text_equal(served, asked))
        return false;
    out->kind = ANSWER_REFUSED;
    out->refusal = REFUSAL_REQUEST;
    out->reason = text_of(arena_printf(
        arena, "monday.com answered with API version %.*s, not %.*s; set "
               "`version` of the connection",
        TEXT_ARG(served), TEXT_ARG(asked)));
    return true;
}

bool monday_classify(const struct connection_info *c,
                     const struct response *response, bool writes,
                     struct arena *arena, struct answer *out)
{
    struct text errors = json_get(response->body, "errors");
    struct text data = json_get(response->body, "data");
    struct text error = first_of(errors);
    *out = (struct answer){ .kind = ANSWER_DONE, .status = response->status };
    if (error.len == 0 && json_get(response->body, "error_code").len > 0)
        error = response->body; /* the flat form of older versions */
    if (response->status != 200) {
        if (error.len > 0)
            by_error(c, response, error, writes, arena, out);
        else
            out->reason = text_of(arena_printf(
                arena, "monday.com answered HTTP %d", response->status));
        if (error.len == 0 || out->code.len == 0 ||
            response->status >= 500 || out->kind == ANSWER_REFUSED)
            by_status(response, writes, out);
        return true;
    }
    if (wrong_version(c, response, arena, out))
        return true;
    if (json_kind(data) == JSON_OBJECT) {
        if (error.len == 0)
            return false;
        by_error(c, response, error, writes, arena, out);
        if (out->kind == ANSWER_WAIT && !writes)
            return true; /* partial data: all of it again */
        if (writes) { /* each alias has its own fate */
            *out = (struct answer){ .kind = ANSWER_DONE, .status = 200 };
            return false;
        }
        return true;
    }
    if (error.len == 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("monday.com's answer is not the JSON it promises");
        return true;
    }
    by_error(c, response, error, writes, arena, out);
    return true;
}

/* `name` of a list such as "minuteRate";r=999, "concurrency";r=39;t=3 */
static struct text list_member(struct text header, const char *name)
{
    struct text rest;
    const char *comma;
    size_t at;
    if (!text_find(header, text_of(name), &at))
        return TEXT_NONE;
    rest = text_slice(header, at, header.len - at);
    comma = memchr(rest.ptr, ',', rest.len);
    return comma ? text_slice(rest, 0, (size_t)(comma - rest.ptr)) : rest;
}

static int64_t parameter(struct text member, const char *name)
{
    size_t at, end;
    int64_t n;
    if (!text_find(member, text_of(name), &at))
        return -1;
    at += strlen(name);
    for (end = at; end < member.len && member.ptr[end] >= '0' &&
                   member.ptr[end] <= '9';)
        end++;
    return json_int64(text_slice(member, at, end - at), &n) ? n : -1;
}

static struct budget_news *news_of_minute(int64_t limit, int64_t remaining,
                                          int64_t reset_ms,
                                          struct arena *arena,
                                          struct budget_news *next)
{
    struct budget_news *n = ARENA_NEW(arena, struct budget_news);
    *n = (struct budget_news){ .window = "minute", .limit = limit,
                               .remaining = remaining, .reset_ms = reset_ms,
                               .next = next };
    return n;
}

/* What is left of a minute's complexity does not hold another call like this
 * one: there is none before it begins anew. */
static struct budget_news *by_complexity(const struct connection_info *c,
                                         const struct response *response,
                                         struct arena *arena)
{
    struct text cost = json_get(response->body, "data.complexity");
    int64_t query = 0, after = 0, seconds = 0;
    if (!json_get_int64(cost, "query", &query) ||
        !json_get_int64(cost, "after", &after) ||
        !json_get_int64(cost, "reset_in_x_seconds", &seconds) ||
        after >= query || after >= SMALL_MINUTE)
        return NULL;
    return news_of_minute(-1, 0, c->now_ms + (seconds + 1) * 1000, arena, NULL);
}

static struct budget_news *budgets(const struct connection_info *c,
                                   const struct response *response,
                                   struct arena *arena)
{
    struct text left = response_header(response, "RateLimit");
    struct text policy = response_header(response, "RateLimit-Policy");
    struct text minute = list_member(left, "\"minuteRate\"");
    struct text points = list_member(left, "\"complexityMinute\"");
    struct budget_news *list = by_complexity(c, response, arena);
    int64_t rest = parameter(minute, ";r=");
    int64_t wait = parameter(minute, ";t=");
    if (minute.len > 0)
        list = news_of_minute(
            parameter(list_member(policy, "\"minuteRate\""), ";q="), rest,
            rest == 0 && wait > 0 ? c->now_ms + wait * 1000 : 0, arena, list);
    wait = parameter(points, ";t=");
    if (parameter(points, ";r=") == 0 && wait > 0)
        list = news_of_minute(-1, 0, c->now_ms + wait * 1000, arena, list);
    return list;
}

static int64_t calls(const struct connection_info *c, const char *window)
{
    int64_t n = 0;
    if (strcmp(window, "day") == 0)
        json_int64(c->setting(c, "daily_calls"), &n);
    return n;
}

/* ---------------------------------------------------------------- sign-in */
static int authorize(const struct connection_info *c,
                     const struct credential *credential, struct arena *arena,
                     struct request *request, struct error *err)
{
    bool app = c->auth && c->auth->kind == AUTH_CODE;
    struct text token =
        credential->get(credential, app ? "access_token" : "token");
    if (token.len == 0) {
        error_set(err, ERROR_SIGN_IN, "connection %.*s has no token",
                  TEXT_ARG(c->name));
        error_hint(err, app ? "Run: mlc auth login %.*s"
                            : "Run: mlc auth set %.*s",
                   TEXT_ARG(c->name));
        return -1;
    }
    request_header(arena, request, "Authorization", token);
    return 0;
}

static bool is_21(const struct connection_info *c)
{
    return c->auth && strcmp(c->auth->name, "oauth 2.1") == 0;
}

static int token_request(const struct connection_info *c,
                         const struct credential *credential, struct text code,
                         struct text redirect_uri, struct text verifier,
                         struct arena *arena, struct request *out,
                         struct error *err)
{
    struct buf form;
    if (code.len == 0 && !is_21(c)) {
        error_set(err, ERROR_SIGN_IN,
                  "a monday.com token of the legacy sign-in never expires; "
                  "this one was withdrawn");
        error_hint(err, "Run: mlc auth login %.*s", TEXT_ARG(c->name));
        return -1;
    }
    buf_init(&form, 16 * 1024);
    if (is_21(c))
        uri_form(&form, "grant_type", code.len > 0 ? TEXT("authorization_code")
                                                   : TEXT("refresh_token"));
    if (code.len > 0) {
        uri_form(&form, "code", code);
        uri_form(&form, "redirect_uri", redirect_uri);
        if (verifier.len > 0)
            uri_form(&form, "code_verifier", verifier);
    } else {
        uri_form(&form, "refresh_token",
                 credential->get(credential, "refresh_token"));
    }
    uri_form(&form, "client_id", credential->get(credential, "client_id"));
    uri_form(&form, "client_secret",
             credential->get(credential, "client_secret"));
    *out = (struct request){
        .method = "POST",
        .path = is_21(c) ? TEXT("/oauth_ms/oauth/token")
                         : TEXT("/oauth2/token"),
        .body = buf_dup(arena, &form),
        .content_type = "application/x-www-form-urlencoded",
        .endpoint = "token",
        .no_auth = true,
        .auth_host = true,
        .not_counted = true,
    };
    buf_fini(&form);
    return 0;
}

/* The end of a token's life that it carries in itself; 0: it does not say. */
static int64_t life_inside(const struct connection_info *c, struct text token,
                           struct arena *arena)
{
    const char *dot = memchr(token.ptr ? token.ptr : "", '.', token.len);
    struct text claims, middle;
    size_t at = dot ? (size_t)(dot - token.ptr) + 1 : token.len;
    int64_t end = 0;
    middle = text_slice(token, at, token.len - at);
    dot = memchr(middle.ptr ? middle.ptr : "", '.', middle.len);
    if (!dot ||
        !crypto_unbase64url(
            arena, text_slice(middle, 0, (size_t)(dot - middle.ptr)),
            &claims) ||
        !json_get_int64(claims, "exp", &end) || end * 1000 <= c->now_ms)
        return 0;
    return end * 1000 - c->now_ms;
}

static int64_t life_of(const struct connection_info *c,
                       const struct response *response, struct text token,
                       struct arena *arena)
{
    int64_t seconds = 0, inside;
    if (json_get_int64(response->body, "expires_in", &seconds) && seconds > 0)
        return seconds * 1000;
    inside = life_inside(c, token, arena);
    return inside > 0 ? inside : INT64_C(3600) * 1000;
}

static void token_answer(const struct connection_info *c,
                         const struct response *response, struct arena *arena,
                         struct new_credential *credential, struct answer *out)
{
    *out = (struct answer){ .kind = ANSWER_DONE, .status = response->status };
    if (response->status != 200) {
        out->code = json_get_text(arena, response->body, "error");
        out->reason = json_get_text(arena, response->body, "error_description");
        if (out->reason.len == 0)
            out->reason = TEXT("monday.com refused to give a token");
        out->kind = response->status == 429   ? ANSWER_WAIT
                    : response->status >= 500 ? ANSWER_FAILED
                                              : ANSWER_SIGN_IN;
        out->wait_ms = response->status == 429 ? 300 * 1000 : 0;
        return;
    }
    credential->access_token =
        json_get_text(arena, response->body, "access_token");
    credential->refresh_token =
        json_get_text(arena, response->body, "refresh_token");
    credential->lives_ms =
        is_21(c) ? life_of(c, response, credential->access_token, arena) : 0;
    if (credential->access_token.len == 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("the token answer holds no access token");
    }
}

const struct connector connector_monday = {
    .name = "monday",
    .title = "monday.com",
    .settings = settings,
    .auth = auth,
    .quotas = quotas,
    .default_url = "https://api.monday.com",
    .default_auth_url = "https://auth.monday.com",
    .hosts = hosts,
    .timeout_ms = 60 * 1000,
    .settle_ms = 90 * 1000,
    .batch_max = 100, /* the driver takes what a document holds */
    .concurrency = 2,
    .key_lives_s = 30 * 60,
    .read_request = monday_read_request,
    .read_answer = monday_read_answer,
    .write_request = monday_write_request,
    .write_answer = monday_write_answer,
    .authorize = authorize,
    .token_request = token_request,
    .token_answer = token_answer,
    .calls = calls,
    .budgets = budgets,
    .hook_verify = monday_hook_verify,
    .hook_request = monday_hook_request,
    .hook_answer = monday_hook_answer,
    .pull_request = monday_pull_request,
    .pull_answer = monday_pull_answer,
};
