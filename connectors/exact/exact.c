/* Exact Online: settings, sign-in, company, limits and the verdict on its
 * answers. Reading, writing and webhooks have files of their own. Facts:
 * connectors/exact/README.md. */
#include "config.h"
#include "connectors/exact/exact.h"
#include "runtime/jsonread.h"

#include <stdio.h>
#include <string.h>

#define PLAIN_MAX 500 /* a body of text that long is a message */

/* ------------------------------------------------------------- settings */
static const struct setting_def settings[] = {
    { "region", "one of nl|be|uk|de|fr|es|us", "nl", false,
      "country site the app is registered on" },
    { "division", "number", NULL, false,
      "company number; without it the user's current company is taken once "
      "and pinned" },
    { "currency", "text", NULL, false,
      "the company's own currency; without it the company is asked" },
    { NULL, NULL, NULL, false, NULL },
};

static const struct secret_def secrets[] = {
    { "client_id", true, "of the app registration" },
    { "client_secret", true, "of the app registration" },
    { "refresh_token", true, "given at sign-in; replaced at every refresh" },
    { "webhook_secret", false, "of the app registration; signs webhooks" },
    { NULL, false, NULL },
};

/* A new token is granted only 570 s after the last and lives 600 s, so there
 * is a window of half a minute; a refresh token dies after 30 idle days. */
static const struct auth_scheme auth[] = {
    { "oauth", AUTH_CODE, secrets, 570 * 1000, 25 * 1000,
      INT64_C(30) * 24 * 3600 * 1000, false, "/api/oauth2/auth", NULL },
    { NULL, AUTH_NONE, NULL, 0, 0, 0, false, NULL, NULL },
};

static const struct quota quotas[] = {
    { "minute", 60, 60 * 1000, false,
      "vendor help, API limits: per app and company" },
    { "day", 5000, INT64_C(24) * 3600 * 1000, false,
      "vendor help, API limits: per app and company, from 00:00 UTC" },
    /* More than 10 answers 400/401/403/404 in an hour block the key. */
    { "errors", 8, 3600 * 1000, true,
      "vendor help, API limits: 10 an hour per endpoint; two kept aside" },
    { "token", 200, INT64_C(24) * 3600 * 1000, false,
      "announced for 2021, unverified since" },
    { NULL, 0, 0, false, NULL },
};

const char *const exact_hosts[] = {
    "start.exactonline.nl", "start.exactonline.be", "start.exactonline.co.uk",
    "start.exactonline.de", "start.exactonline.fr", "start.exactonline.es",
    "start.exactonline.com", NULL,
};

static struct text base_url(const struct connection_info *c,
                            struct arena *arena, bool auth_host)
{
    static const char *const sites[][2] = {
        { "nl", "https://start.exactonline.nl" },
        { "be", "https://start.exactonline.be" },
        { "uk", "https://start.exactonline.co.uk" },
        { "de", "https://start.exactonline.de" },
        { "fr", "https://start.exactonline.fr" },
        { "es", "https://start.exactonline.es" },
        { "us", "https://start.exactonline.com" },
    };
    struct text region = c->setting(c, "region");
    (void)arena;
    (void)auth_host;
    for (size_t i = 0; i < sizeof sites / sizeof *sites; i++)
        if (text_is(region, sites[i][0]))
            return text_of(sites[i][1]);
    return text_of(sites[0][1]);
}

/* -------------------------------------------------------------- requests */
struct text exact_division(const struct connection_info *c)
{
    struct text set = c->setting(c, "division");
    return set.len > 0 ? set : c->learnt(c, "division");
}

void exact_add_root(const struct connection_info *c,
                    const struct object *object, struct buf *b)
{
    buf_str(b, "/api/v1/");
    if (object && object_fact(object, "no_division"))
        return;
    buf_text(b, exact_division(c));
    buf_byte(b, '/');
}

void exact_headers(struct arena *arena, struct request *r)
{
    request_header(arena, r, "Accept", TEXT("application/json"));
}

/* -------------------------------------------------------------- verdicts */
static bool begins(struct text t, const char *const *list)
{
    for (; *list; list++)
        if (text_starts(t, text_of(*list)))
            return true;
    return false;
}

static bool has(struct text t, const char *part)
{
    size_t at;
    return text_find(t, text_of(part), &at);
}

/* Business refusals come as 500 in the user's language; only their first
 * words are stable. */
static enum refusal refusal_of_text(struct text message)
{
    static const char *const duplicate[] = {
        "Data already exists", "Gegeven bestaat reeds", "Already exists",
        "Bestaat reeds", NULL
    };
    static const char *const value[] = {
        "Mandatory", "Verplicht", "Invalid", "Ongeldig", "Not allow",
        "Unknown", "Onbekend", "De boeking is niet in evenwicht", NULL
    };
    if (begins(message, duplicate) || has(message, "already exist") ||
        has(message, "bestaat reeds"))
        return REFUSAL_DUPLICATE;
    if (has(message, "afgesloten") || has(message, "Boekjaar") ||
        has(message, "inancial year") || has(message, "eriod is closed") ||
        has(message, "losed period"))
        return REFUSAL_PERIOD;
    if (begins(message, value) || has(message, "niet in evenwicht") ||
        has(message, "not in balance") || has(message, "not balanced"))
        return REFUSAL_VALUE;
    return REFUSAL_NONE;
}

/* <error>…<message xml:lang="">text</message></error>, as it comes when the
 * server takes a call for one of Atom. */
static struct text xml_message(struct text body)
{
    size_t at, end;
    if (!text_find(body, TEXT("<message"), &at))
        return TEXT_NONE;
    body = text_slice(body, at, body.len - at);
    if (!text_find(body, TEXT(">"), &at))
        return TEXT_NONE;
    body = text_slice(body, at + 1, body.len - at - 1);
    return text_find(body, TEXT("<"), &end)
               ? text_trim(text_slice(body, 0, end))
               : TEXT_NONE;
}

static struct text message_of(const struct response *response,
                              struct arena *arena)
{
    static const char *const places[] = { "error.message.value",
                                          "error.message",
                                          "error_description", "message",
                                          "Message" };
    struct text body = text_trim(response->body), t;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if ((t = json_get_text(arena, body, places[i])).len > 0)
            return text_trim(t);
    if (body.len > 0 && body.ptr[0] == '<')
        return xml_message(body);
    return body.len > 0 && body.len < PLAIN_MAX && body.ptr[0] != '{' &&
                   body.ptr[0] != '['
               ? body
               : TEXT_NONE;
}

static struct answer *refuse(struct answer *out, enum refusal refusal,
                             struct text reason)
{
    out->kind = ANSWER_REFUSED;
    out->refusal = refusal;
    out->reason = reason;
    return out;
}

/* Header `Reason` of a 403: who may not enter. */
static void classify_forbidden(const struct response *response,
                               struct text message, struct arena *arena,
                               struct answer *out)
{
    struct text why = response_header(response, "Reason");
    out->code = why;
    if (why.len > 0)
        refuse(out, REFUSAL_PERMISSION,
               text_of(arena_printf(arena,
                                    "Exact refuses access (%.*s): a person "
                                    "with rights to the company must look",
                                    TEXT_ARG(why))));
    else
        refuse(out, REFUSAL_PERMISSION,
               message.len > 0 ? message
                               : TEXT("Exact refuses access: the company, the "
                                      "app's scope or the record is closed to "
                                      "this user"));
}

/* A window as the headers tell of it; an absent header is not a zero. Resets
 * are epoch milliseconds. */
struct window {
    int64_t left, reset_ms; /* -1, 0: not told */
};

static struct window window_of(const struct response *response,
                               const char *left, const char *reset)
{
    struct window w = { -1, 0 };
    json_int64(response_header(response, left), &w.left);
    json_int64(response_header(response, reset), &w.reset_ms);
    return w;
}

/* Mostly only the window that ran out is told. When both are, the day's is
 * only meant when it is empty. */
static void classify_limit(const struct response *response, struct answer *out)
{
    struct window minute = window_of(response, "X-RateLimit-Minutely-Remaining",
                                     "X-RateLimit-Minutely-Reset");
    struct window day = window_of(response, "X-RateLimit-Remaining",
                                  "X-RateLimit-Reset");
    bool daily = day.reset_ms > 0 &&
                 (day.left == 0 || (day.left < 0 && minute.reset_ms == 0));
    int64_t reset = daily || minute.reset_ms == 0 ? day.reset_ms
                                                  : minute.reset_ms;
    out->kind = ANSWER_WAIT;
    out->reason = daily ? TEXT("the daily number of calls is used up")
                        : TEXT("the number of calls a minute is used up");
    if (reset > 0)
        out->until_ms = reset + 1000;
    else if (response_header(response, "Retry-After").len == 0)
        out->wait_ms = 61 * 1000;
    if (daily)
        out->refusal = REFUSAL_QUOTA;
}

static void classify_fault(struct text message, bool writes,
                           struct answer *out)
{
    enum refusal why = refusal_of_text(message);
    if (why != REFUSAL_NONE && writes) {
        refuse(out, why, message);
        return;
    }
    out->kind = ANSWER_FAILED;
    out->reason = message.len > 0 ? message
                                  : TEXT("Exact answered with a server fault");
}

/* Where a page to sign in used to come: a success or a redirect, with these
 * words. Any other redirect leads elsewhere and is none of ours. */
static bool is_login_page(const struct response *response)
{
    return response->status < 400 && has(response->body, "Object moved");
}

static void classify_wrong(const struct response *response, bool writes,
                           struct text message, struct answer *out)
{
    enum refusal why = refusal_of_text(message);
    refuse(out, !writes                ? REFUSAL_REQUEST
                : why == REFUSAL_NONE ? REFUSAL_VALUE
                                      : why,
           message.len > 0          ? message
           : response->status == 405 ? TEXT("Exact does not offer that")
                                     : TEXT("Exact says the request is wrong"));
}

bool exact_classify(const struct response *response, bool writes,
                    struct arena *arena, struct answer *out)
{
    struct text message;
    *out = (struct answer){ .kind = ANSWER_DONE, .status = response->status };
    if (is_login_page(response) || response->status == 401) {
        out->kind = ANSWER_SIGN_IN;
        out->reason = TEXT("Exact does not take the access token");
        return true;
    }
    if (response->status >= 200 && response->status < 300)
        return false;
    message = message_of(response, arena);
    switch (response->status) {
    case 400:
    case 405:
    case 409:
    case 415:
    case 422:
        classify_wrong(response, writes, message, out);
        break;
    case 403:
        classify_forbidden(response, message, arena, out);
        break;
    case 404:
        refuse(out, writes ? REFUSAL_MISSING : REFUSAL_REQUEST,
               message.len > 0 ? message : TEXT("Exact does not have it"));
        break;
    case 413:
        refuse(out, REFUSAL_TOO_LARGE, TEXT("Exact takes at most 10 MB a call"));
        break;
    case 429:
        classify_limit(response, out);
        break;
    case 500:
        classify_fault(message, writes, out);
        break;
    default:
        out->kind = ANSWER_FAILED;
        out->reason = text_of(arena_printf(arena, "Exact answered HTTP %d",
                                           response->status));
    }
    return true;
}

/* A record's address names its company: the first one stands for all. */
bool exact_is_other_company(const struct connection_info *c,
                            const struct response *response,
                            struct arena *arena, struct answer *out)
{
    const struct text root = TEXT("/api/v1/");
    struct text rest = response->body;
    size_t at, len = 0;
    if (!text_find(rest, TEXT("\"__metadata\""), &at))
        return false;
    rest = text_slice(rest, at, rest.len - at);
    if (!text_find(rest, root, &at))
        return false;
    rest = text_slice(rest, at + root.len, rest.len - at - root.len);
    while (len < rest.len && rest.ptr[len] >= '0' && rest.ptr[len] <= '9')
        len++;
    struct text company = text_slice(rest, 0, len);
    if (len == 0 || rest.ptr[len] != '/' ||
        text_equal(company, exact_division(c)))
        return false;
    out->kind = ANSWER_FAILED;
    out->reason = text_of(arena_printf(
        arena, "the answer is about company %.*s, and %.*s was asked for",
        TEXT_ARG(company), TEXT_ARG(exact_division(c))));
    return true;
}

static struct budget_news *news(struct arena *arena,
                                const struct response *response,
                                const char *window, const char *prefix,
                                struct budget_news *rest)
{
    char name[64];
    struct budget_news *n = ARENA_NEW(arena, struct budget_news);
    n->window = window;
    n->limit = n->remaining = -1;
    n->next = rest;
    snprintf(name, sizeof name, "%sLimit", prefix);
    json_int64(response_header(response, name), &n->limit);
    snprintf(name, sizeof name, "%sRemaining", prefix);
    json_int64(response_header(response, name), &n->remaining);
    snprintf(name, sizeof name, "%sReset", prefix);
    json_int64(response_header(response, name), &n->reset_ms);
    return n->limit < 0 && n->remaining < 0 && n->reset_ms == 0 ? rest : n;
}

static struct budget_news *budgets(const struct connection_info *c,
                                   const struct response *response,
                                   struct arena *arena)
{
    (void)c;
    return news(arena, response, "minute", "X-RateLimit-Minutely-",
                news(arena, response, "day", "X-RateLimit-", NULL));
}

/* -------------------------------------------------------------- discovery */
static int discover_request(const struct connection_info *c, int step,
                            struct arena *arena, struct request *out,
                            struct error *err)
{
    struct buf b;
    (void)err;
    if (step > 1)
        return 1;
    *out = (struct request){ .method = "GET", .safe_to_repeat = true };
    exact_headers(arena, out);
    if (step == 0) {
        out->endpoint = "current/Me";
        out->path = TEXT("/api/v1/current/Me?$select=CurrentDivision,FullName");
        out->not_counted = true;
        return 0;
    }
    buf_init(&b, 4096);
    exact_add_root(c, NULL, &b);
    buf_str(&b, "hrm/Divisions?$filter=Code%20eq%20");
    uri_encode(&b, exact_division(c));
    buf_str(&b, "&$select=Code,Description,Currency");
    out->endpoint = "hrm/Divisions";
    out->path = buf_dup(arena, &b);
    buf_fini(&b);
    return 0;
}

/* d.results[0], d[0] or d itself, whichever shape came. */
static struct text first_row(struct text body)
{
    struct text row = json_get(body, "d.results.0");
    if (row.len == 0)
        row = json_get(body, "d.0");
    return row.len > 0 ? row : json_get(body, "d");
}

/* The row of the company we work in, wherever it stands in the list. */
static struct text company_row(const struct connection_info *c,
                               struct text body, struct arena *arena)
{
    struct text rows = json_get(body, "d.results");
    struct json_items it =
        json_items(rows.len > 0 ? rows : json_get(body, "d"));
    while (json_next(&it))
        if (text_equal(json_get_text(arena, it.value, "Code"),
                       exact_division(c)))
            return it.value;
    return TEXT_NONE;
}

/* Name and currency are good to know, and who may not read them may read what
 * the flow needs; only a company that the user cannot enter stops the
 * connection. */
static bool stops(const struct response *response, const struct answer *answer)
{
    if (answer->kind != ANSWER_REFUSED)
        return true;
    return response->status == 403 &&
           (response_header(response, "Reason").len > 0 ||
            !has(response->body, "scope"));
}

static void learn_company(const struct connection_info *c,
                          const struct response *response, struct arena *arena,
                          void (*learn)(void *ctx, const char *name,
                                        struct text value),
                          void *ctx, struct answer *out)
{
    struct text row;
    if (exact_classify(response, false, arena, out)) {
        if (!stops(response, out))
            *out = (struct answer){ .kind = ANSWER_DONE };
        return;
    }
    row = company_row(c, response->body, arena);
    if (row.len > 0) {
        learn(ctx, "company", json_get_text(arena, row, "Description"));
        learn(ctx, "currency",
              text_trim(json_get_text(arena, row, "Currency")));
    } else if (c->setting(c, "division").len > 0) {
        refuse(out, REFUSAL_PERMISSION,
               text_of(arena_printf(
                   arena, "the signed-in user cannot enter company %.*s",
                   TEXT_ARG(exact_division(c)))));
    }
}

static int discover_answer(const struct connection_info *c, int step,
                           const struct response *response, struct arena *arena,
                           void (*learn)(void *ctx, const char *name,
                                         struct text value),
                           void *ctx, struct answer *out)
{
    struct text row, number;
    if (step == 1) {
        learn_company(c, response, arena, learn, ctx, out);
        return 0;
    }
    if (exact_classify(response, false, arena, out))
        return 0;
    row = first_row(response->body);
    number = json_get_text(arena, row, "CurrentDivision");
    if (number.len == 0)
        refuse(out, REFUSAL_REQUEST,
               TEXT("Exact did not say which company the user works in"));
    else
        learn(ctx, "division", number);
    learn(ctx, "user", json_get_text(arena, row, "FullName"));
    return 0;
}

/* ---------------------------------------------------------------- sign-in */
static int authorize(const struct connection_info *c,
                     const struct credential *credential, struct arena *arena,
                     struct request *request, struct error *err)
{
    struct text token = credential->get(credential, "access_token");
    if (token.len == 0) {
        error_set(err, ERROR_SIGN_IN, "connection %.*s is not signed in",
                  TEXT_ARG(c->name));
        error_hint(err, "Run: mlc auth login %.*s", TEXT_ARG(c->name));
        return -1;
    }
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
    (void)c;
    (void)err;
    (void)verifier;
    buf_init(&form, 64 * 1024);
    if (code.len > 0) {
        uri_form(&form, "grant_type", TEXT("authorization_code"));
        uri_form(&form, "code", code);
        uri_form(&form, "redirect_uri", redirect_uri);
    } else {
        uri_form(&form, "grant_type", TEXT("refresh_token"));
        uri_form(&form, "refresh_token",
                 credential->get(credential, "refresh_token"));
    }
    uri_form(&form, "client_id", credential->get(credential, "client_id"));
    uri_form(&form, "client_secret",
             credential->get(credential, "client_secret"));
    *out = (struct request){
        .method = "POST",
        .path = TEXT("/api/oauth2/token"),
        .body = buf_dup(arena, &form),
        .content_type = "application/x-www-form-urlencoded",
        .endpoint = "token",
        .no_auth = true,
        .auth_host = true,
        .not_counted = true,
    };
    request_header(arena, out, "Accept", TEXT("application/json"));
    buf_fini(&form);
    return 0;
}

static void refuse_token(const struct response *response, struct arena *arena,
                         struct answer *out)
{
    struct text code = json_get_text(arena, response->body, "error");
    struct text why = json_get_text(arena, response->body, "error_description");
    out->code = code;
    out->reason = why.len > 0 ? why : TEXT("Exact refused the refresh token");
    if (text_is(code, "access_denied") || has(why, "not expired") ||
        text_starts(response_header(response, "Reason"), TEXT("TooEarly"))) {
        out->kind = ANSWER_WAIT; /* the present token still works */
        out->code = TEXT("too_early");
        out->wait_ms = 30 * 1000;
        return;
    }
    if (response->status == 429 || response->status >= 500) {
        out->kind = response->status == 429 ? ANSWER_WAIT : ANSWER_FAILED;
        out->wait_ms = 60 * 1000;
        return;
    }
    out->kind = ANSWER_SIGN_IN;
}

static void token_answer(const struct connection_info *c,
                         const struct response *response, struct arena *arena,
                         struct new_credential *credential, struct answer *out)
{
    int64_t seconds = 600;
    (void)c;
    *out = (struct answer){ .kind = ANSWER_DONE, .status = response->status };
    if (response->status / 100 != 2) {
        refuse_token(response, arena, out);
        return;
    }
    credential->access_token =
        json_get_text(arena, response->body, "access_token");
    credential->refresh_token =
        json_get_text(arena, response->body, "refresh_token");
    json_get_int64(response->body, "expires_in", &seconds);
    credential->lives_ms = seconds * 1000;
    if (credential->access_token.len == 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("the token answer holds no access token");
    }
}

const struct connector connector_exact = {
    .name = "exact",
    .title = "Exact Online",
    .settings = settings,
    .auth = auth,
    .quotas = quotas,
    .hosts = exact_hosts,
    .timeout_ms = 60 * 1000,
    .settle_ms = 120 * 1000,
    .batch_max = 1,
    .concurrency = 1, /* pages must be read one after another */
    .company = "division",
    .base_url = base_url,
    .discover_request = discover_request,
    .discover_answer = discover_answer,
    .read_request = exact_read_request,
    .read_answer = exact_read_answer,
    .write_request = exact_write_request,
    .write_answer = exact_write_answer,
    .authorize = authorize,
    .token_request = token_request,
    .token_answer = token_answer,
    .budgets = budgets,
    .hook_verify = exact_hook_verify,
    .hook_request = exact_hook_request,
    .hook_answer = exact_hook_answer,
};
