/* monday.com's sandbox: sign-in, versions, limits, idempotency keys and what
 * stands around a GraphQL call. */
#include "config.h"
#include "connectors/monday/sandbox.h"
#include "connectors/monday/sandbox_graphql.h"

#include "base/date.h"
#include "runtime/crypto.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_LIVES_MS 1800000
#define CODE_LIVES_MS 600000
#define DAY_MS INT64_C(86400000)

static const struct sandbox_switch switches[] = {
    { "plan", "standard|pro|enterprise", "rate limits of the account's plan" },
    { "daily_calls", "1000|*", "calls a day; a help page says 200 for trials" },
    { "daily_status", "429|200",
      "status of DAILY_LIMIT_EXCEEDED (unverified)" },
    { "minute_complexity", "10000000|*",
      "complexity of a personal token in a minute; 1000000 on trials" },
    { "create_cost", "10000|*", "complexity of one create_item (samples say "
      "10000 and 30001)" },
    { "unknown_column", "take|refuse",
      "create_item with a column the board does not have (recorded once)" },
    { "archived_change", "take|refuse",
      "changing an archived item (unverified)" },
    { "page_over", "refuse|cap", "a limit above 500 (unverified)" },
    { "cursor_code", "CursorException|CursorExpiredError|InvalidArgumentException",
      "code of an expired cursor (unverified)" },
    { "key_reuse", "replay|refuse",
      "an idempotency key with another document (unverified)" },
    { "running_ms", "0|*", "how long a call counts as still running" },
    { "auth_error", "2025|2024", "shape of the answer to a bad token" },
    { "token_seconds", "3600|*", "how long a token of the 2.1 sign-in lives" },
    { "token_life", "told|inside",
      "does the answer say so, or the token alone (unverified)" },
    { "rate_headers", "yes|no", "RateLimit headers (not seen in recordings)" },
    { "hook_seconds", "0|*", "how late webhooks come" },
    { "hook_twice", "no|yes", "webhooks that come twice" },
    { "hook_signature", "right|wrong", "signature of an app's webhooks" },
    { NULL, NULL, NULL },
};

const char *print_utc(struct arena *arena, int64_t ms)
{
    return arena_printf(arena, "%.19sZ", print_offset_time(arena, ms));
}

const char *monday_id(struct world *w, struct arena *arena)
{
    return arena_printf(arena, "18%09lld",
                        (long long)(world_next(w, "ids") * 7919 + 390000000));
}

/* ------------------------------------------------------------------- sign-in */
static void put_token(struct world *w, const char *table, const char *token,
                      const char *kind, int64_t ends_ms)
{
    struct doc *d = doc_object();
    doc_set_string(d, "kind", kind);
    doc_set_string(d, "user", "99000001");
    doc_set_int(d, "ends_ms", ends_ms);
    table_put(world_table(w, table), token, d);
}

static void sign_in(struct world *w)
{
    struct arena arena;
    arena_init(&arena);
    const char *token = world_token(&arena, "eyJ");
    put_token(w, "_tokens", token, "personal", 0);
    endpoint_secret(w, "token", token);
    endpoint_secret(w, "signing_secret", "sandbox-signing-secret");
    arena_fini(&arena);
}

static void refuse_token(struct world *w, struct sandbox_call *call)
{
    call->endpoint = "refused";
    if (world_switch_is(w, "auth_error", "2024"))
        call_answer_text(call, 401, "application/json; charset=utf-8",
                         "{\"errors\":[\"Not Authenticated\"]}");
    else
        monday_refuse(call, 401, "NOT_AUTHENTICATED", 0, "Not authenticated");
}

static const struct doc *caller(struct world *w, struct sandbox_call *call)
{
    struct text header = call_header(call, "Authorization");
    if (text_starts(header, TEXT("Bearer ")))
        header = text_slice(header, 7, header.len - 7);
    const struct doc *token = table_get_text(world_table(w, "_tokens"),
                                             header);
    int64_t ends = doc_whole(token, "ends_ms", 0);
    return token && (ends == 0 || call->now_ms < ends) ? token : NULL;
}

/* The consent page says yes by itself. */
static void serve_authorize(struct world *w, struct sandbox_call *call)
{
    struct text redirect = call_param(call, "redirect_uri");
    const char *code = world_token(call->arena, "mc_");
    struct doc *d = doc_object();
    size_t ignored;
    call->endpoint = "authorize";
    doc_set_text(d, "redirect", redirect);
    doc_set_text(d, "challenge", call_param(call, "code_challenge"));
    doc_set_int(d, "ends_ms", call->now_ms + CODE_LIVES_MS);
    table_put(world_table(w, "_codes"), code, d);
    call_answer_text(call, 302, "text/html", "<p>Installed.</p>\n");
    call_answer_header(call, "Location", "%.*s%scode=%s&state=%.*s",
                       TEXT_ARG(redirect),
                       text_find(redirect, TEXT("?"), &ignored) ? "&" : "?",
                       code, TEXT_ARG(call_param(call, "state")));
}

/* Of the modern sign-in: does the verifier belong to the challenge? */
static bool is_proved(struct sandbox_call *call, const struct doc *code)
{
    unsigned char digest[SHA256_LEN];
    struct text verifier = call_form(call, "code_verifier");
    crypto_sha256(verifier, digest);
    return verifier.len >= 43 &&
           text_equal(crypto_base64url(call->arena,
                                       (struct text){ (const char *)digest,
                                                      SHA256_LEN }),
                      doc_as_text(doc_get(code, "challenge")));
}

static bool take_code(struct world *w, struct sandbox_call *call, bool modern)
{
    const char *key = text_cstr(call->arena, call_form(call, "code"));
    struct table *t = world_table(w, "_codes");
    const struct doc *code = table_get(t, key);
    bool good = code && call->now_ms <= doc_whole(code, "ends_ms", 0) &&
                text_is(call_form(call, "redirect_uri"),
                        doc_str(code, "redirect")) &&
                (!modern || is_proved(call, code));
    if (code)
        table_remove(t, key);
    return good;
}

/* A refresh token is good once. */
static bool take_grant(struct world *w, struct sandbox_call *call, bool modern)
{
    struct text type = call_form(call, "grant_type");
    struct table *t = world_table(w, "_refresh");
    const char *key = text_cstr(call->arena, call_form(call, "refresh_token"));
    if (!modern || text_is(type, "authorization_code"))
        return take_code(w, call, modern);
    if (!text_is(type, "refresh_token") || !table_get(t, key))
        return false;
    table_remove(t, key);
    return true;
}

/* A token that says itself when it ends; nobody checks its signature. */
static const char *timed_token(struct sandbox_call *call, int64_t ends_s)
{
    return arena_printf(
        call->arena, "%.*s.%.*s.%s",
        TEXT_ARG(crypto_base64url(call->arena, TEXT("{\"alg\":\"HS256\"}"))),
        TEXT_ARG(crypto_base64url(
            call->arena, text_of(arena_printf(call->arena, "{\"exp\":%lld}",
                                              (long long)ends_s)))),
        world_token(call->arena, ""));
}

static void serve_token(struct world *w, struct sandbox_call *call, bool modern)
{
    int64_t life_s = strtoll(world_switch(w, "token_seconds"), NULL, 10);
    const char *access =
        modern ? timed_token(call, call->now_ms / 1000 + life_s)
               : world_token(call->arena, "eyJapp");
    struct doc *d = doc_object();
    call->endpoint = "token";
    if (!text_is(call_form(call, "client_id"), "sandbox-app") ||
        !text_is(call_form(call, "client_secret"), "sandbox-app-secret") ||
        !take_grant(w, call, modern)) {
        doc_set_string(d, "error", "invalid_grant");
        call_answer_doc(call, 400, d, DOC_COMPACT);
        return;
    }
    put_token(w, "_tokens", access, "app",
              modern ? call->now_ms + 1000 * life_s : 0);
    doc_set_string(d, "access_token", access);
    doc_set_string(d, "token_type", "Bearer");
    doc_set_string(d, "scope", "boards:read boards:write");
    if (modern) {
        const char *refresh = world_token(call->arena, "mr_");
        put_token(w, "_refresh", refresh, "app", 0);
        doc_set_string(d, "refresh_token", refresh);
        if (world_switch_is(w, "token_life", "told"))
            doc_set_int(d, "expires_in", life_s);
    }
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

/* ------------------------------------------------------------------ versions */
static bool is_form(struct text t, const char *form)
{
    if (t.len != strlen(form))
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (form[i] == '9' ? t.ptr[i] < '0' || t.ptr[i] > '9'
                           : t.ptr[i] != form[i])
            return false;
    return true;
}

/* What is served when `asked` is asked for; NULL: malformed. */
static const char *served_version(struct text asked)
{
    static const char *const known[] = { "2025-04", "2025-07", "2025-10",
                                         "2026-01", "2026-04", "2026-07",
                                         "2026-10", "2027-01" };
    if (asked.len == 0 || text_is(asked, "default") ||
        text_is(asked, "current"))
        return "2026-10";
    if (!is_form(asked, "9999-99"))
        return text_is(asked, "dev") ? "dev" : NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (text_is(asked, known[i]))
            return known[i];
    if (text_is(asked, "2024-10") || text_is(asked, "2025-01"))
        return "2026-07"; /* deprecated: the one in maintenance */
    return "2026-10";
}

/* -------------------------------------------------------------------- limits */
static int64_t minute_calls(struct world *w)
{
    return world_switch_is(w, "plan", "pro")          ? 2500
           : world_switch_is(w, "plan", "enterprise") ? 5000
                                                      : 1000;
}

static int64_t concurrent_calls(struct world *w)
{
    return world_switch_is(w, "plan", "pro")          ? 100
           : world_switch_is(w, "plan", "enterprise") ? 250
                                                      : 40;
}


/* Calls of this minute and, in tenths, of this UTC day. */
static struct doc *counts_row(struct world *w, struct sandbox_call *call)
{
    struct table *t = world_table(w, "_calls");
    struct doc *row = table_get(t, "now");
    if (!row) {
        row = doc_object();
        table_put(t, "now", row);
    }
    if (doc_whole(row, "minute", -1) != call->now_ms / 60000) {
        doc_set_int(row, "minute", call->now_ms / 60000);
        doc_set_int(row, "minute_calls", 0);
    }
    if (doc_whole(row, "day", -1) != call->now_ms / DAY_MS) {
        doc_set_int(row, "day", call->now_ms / DAY_MS);
        doc_set_int(row, "tenths", 0);
    }
    return row;
}

static void add_rate_headers(struct world *w, struct sandbox_call *call,
                             const struct doc *row)
{
    int64_t minute = minute_calls(w);
    int64_t left = minute - doc_whole(row, "minute_calls", 0);
    if (world_switch_is(w, "rate_headers", "no"))
        return;
    call_answer_header(call, "RateLimit-Policy",
                       "\"minuteRate\";q=%lld;w=60, "
                       "\"concurrency\";q=%lld;qu=\"concurrent-requests\", "
                       "\"complexityMinute\";q=%s;w=60;qu=\"content-bytes\"",
                       (long long)minute, (long long)concurrent_calls(w),
                       world_switch(w, "minute_complexity"));
    call_answer_header(call, "RateLimit",
                       "\"minuteRate\";r=%lld%s, \"concurrency\";r=%lld",
                       (long long)(left > 0 ? left : 0),
                       left > 0 ? "" : ";t=60",
                       (long long)concurrent_calls(w) - 1);
}

static void charge(struct doc *row, const char *name, int64_t by,
                   struct world *w)
{
    doc_set_int(row, name, doc_whole(row, name, 0) + by);
    table_touch(world_table(w, "_calls"), "now");
}

bool monday_takes_refusal(struct world *w, const char *what)
{
    struct table *t = world_table(w, "_refusals");
    struct doc *row = table_get(t, what);
    int64_t times = doc_whole(row, "times", 0);
    if (times <= 0)
        return false;
    doc_set_int(row, "times", times - 1);
    table_touch(t, what);
    return true;
}

/* What a control call asked to refuse. */
static bool refused_by_wish(struct world *w, struct sandbox_call *call)
{
    if (monday_takes_refusal(w, "maxConcurrencyExceeded"))
        monday_refuse(call, 429, "maxConcurrencyExceeded", 1,
                      "Max concurrency exceeded");
    else if (monday_takes_refusal(w, "IP_RATE_LIMIT_EXCEEDED"))
        monday_refuse(call, 429, "IP_RATE_LIMIT_EXCEEDED", 1,
                      "IP rate limit exceeded");
    else if (monday_takes_refusal(w, "locked"))
        monday_refuse(call, 423, "RESOURCE_LOCKED", 0,
                      "Resource is currently locked, please try again later");
    else if (monday_takes_refusal(w, "USER_ACCESS_DENIED"))
        monday_refuse(call, 403, "USER_ACCESS_DENIED", 0,
                      "User is not allowed to use the API");
    else if (monday_takes_refusal(w, "USER_UNAUTHORIZED"))
        monday_refuse(call, 200, "USER_UNAUTHORIZED", 0,
                      "User unauthorized to perform action");
    else if (monday_takes_refusal(w, "server"))
        call_answer_text(call, 500, "application/json; charset=utf-8",
                         "{\"status_code\":500,\"error_message\":"
                         "\"Internal server error\",\"error_code\":"
                         "\"INTERNAL_SERVER_ERROR\",\"errors\":[{\"message\":"
                         "\"Internal server error\"}]}");
    else if (monday_takes_refusal(w, "timeout"))
        call_answer_text(call, 504, "text/html",
                         "<html><body>Gateway timeout</body></html>\n");
    else
        return false;
    return true;
}

static bool over_limits(struct world *w, struct sandbox_call *call,
                        struct doc *row)
{
    int64_t daily = strtoll(world_switch(w, "daily_calls"), NULL, 10);
    if (doc_whole(row, "minute_calls", 0) >= minute_calls(w) ||
        monday_takes_refusal(w, "MINUTE_RATE_LIMIT_EXCEEDED"))
        monday_refuse(call, 429, "MINUTE_RATE_LIMIT_EXCEEDED",
                      60 - call->now_ms / 1000 % 60,
                      "Minute limit rate exceeded");
    else if (doc_whole(row, "tenths", 0) >= 10 * daily ||
             monday_takes_refusal(w, "DAILY_LIMIT_EXCEEDED"))
        monday_refuse(call,
                      world_switch_is(w, "daily_status", "200") ? 200 : 429,
                      "DAILY_LIMIT_EXCEEDED", 0, "Daily limit exceeded");
    else
        return refused_by_wish(w, call);
    charge(row, "tenths", 1, w); /* a refused call costs a tenth */
    return true;
}

/* --------------------------------------------------------------- idempotency */
/* 1: answered from what is kept; 0: to be run. */
static bool replayed(struct world *w, struct sandbox_call *call,
                     const char *key)
{
    const struct doc *kept = table_get(world_table(w, "_keys"), key);
    int64_t running = strtoll(world_switch(w, "running_ms"), NULL, 10);
    int64_t age = call->now_ms - doc_whole(kept, "at_ms", 0);
    if (!kept || age >= KEY_LIVES_MS)
        return false;
    if (age < running) {
        monday_refuse(call, 409, "IDEMPOTENCY_CONFLICT",
                      (running - age) / 1000 + 1,
                      "A request with this idempotency key is in progress");
        return true;
    }
    if (world_switch_is(w, "key_reuse", "refuse") &&
        !text_is(call->http->body, doc_str(kept, "request"))) {
        monday_refuse(call, 422, "IDEMPOTENCY_KEY_REUSED", 0,
                      "The idempotency key was used for another request");
        return true;
    }
    call_answer(call, 200, "application/json; charset=utf-8",
                text_of(doc_str(kept, "answer")));
    call_answer_header(call, "Idempotency-Replayed", "true");
    call_answer_header(call, "API-Version", "%s", doc_str(kept, "version"));
    return true;
}

static void keep_answer(struct world *w, struct sandbox_call *call,
                        const char *key, const char *version)
{
    struct doc *d = doc_object();
    if (call->http->status != 200 || call->http->reply.len > 1 << 20 ||
        strcmp(call->endpoint, "mutation") != 0) {
        doc_drop(d);
        return;
    }
    doc_set_int(d, "at_ms", call->now_ms);
    doc_set_text(d, "request", call->http->body);
    doc_set_text(d, "answer", call->http->reply);
    doc_set_string(d, "version", version);
    table_put(world_table(w, "_keys"), key, d);
}

/* ------------------------------------------------------------------- serving */
static bool is_mutation(struct text query)
{
    query = text_trim(query);
    return text_starts(query, TEXT("mutation"));
}

static bool good_body(struct sandbox_call *call, const struct doc *body)
{
    const struct doc *variables = doc_get(body, "variables");
    if (!body) {
        monday_refuse(call, 400, "JsonParseException", 0,
                      "JSON::ParserError: unexpected token");
        return false;
    }
    if (doc_kind(doc_get(body, "query")) != DOC_TEXT ||
        (doc_is_present(variables) && doc_kind(variables) != DOC_OBJECT)) {
        monday_refuse(call, 400, "BadRequest", 0, "Bad request");
        return false;
    }
    return true;
}

static void serve_graphql(struct world *w, struct sandbox_call *call)
{
    const struct doc *token = caller(w, call);
    const struct doc *body = call_body(call);
    const char *version = served_version(call_header(call, "API-Version"));
    const char *key = text_cstr(call->arena,
                                call_header(call, "Idempotency-Key"));
    struct doc *row;
    call->endpoint = "refused";
    if (!token) {
        refuse_token(w, call);
        return;
    }
    row = counts_row(w, call);
    charge(row, "minute_calls", 1, w);
    if (over_limits(w, call, row)) {
        add_rate_headers(w, call, row);
        return;
    }
    charge(row, "tenths", 10, w);
    add_rate_headers(w, call, row);
    if (!good_body(call, body))
        return;
    if (!version) {
        monday_refuse(call, 200, "InvalidVersionException", 0,
                      "The API version is not a valid one");
        return;
    }
    struct text query = doc_as_text(doc_get(body, "query"));
    if (!is_mutation(query))
        key = "";
    if (*key && replayed(w, call, key))
        return;
    monday_graphql(w, call, token, query, doc_get(body, "variables"),
                   doc_as_text(doc_get(body, "operationName")), version);
    if (*key)
        keep_answer(w, call, key, version);
}

/* The schema for everybody to read, as the vendor offers it. */
static void serve_schema(struct sandbox_call *call)
{
    struct buf b;
    buf_init(&b, 0);
    for (size_t i = 0; monday_sdl[i]; i++)
        buf_str(&b, monday_sdl[i]);
    call_answer_text(call, 200, "text/plain; charset=utf-8", "%s",
                     buf_cstr(&b));
    buf_fini(&b);
}

static void serve(struct world *w, struct sandbox_call *call)
{
    if (text_is(call->path, "/oauth2/authorize"))
        serve_authorize(w, call);
    else if (text_is(call->path, "/oauth2/token"))
        serve_token(w, call, false);
    else if (text_is(call->path, "/oauth_ms/oauth/token"))
        serve_token(w, call, true);
    else if (text_is(call->path, "/v2") && call_is(call, "POST"))
        serve_graphql(w, call);
    else if (text_is(call->path, "/v2/get_schema") && call_is(call, "GET") &&
             text_is(call_param(call, "format"), "sdl"))
        serve_schema(call);
    else
        monday_refuse(call, 404, "NotFound", 0, "Not found");
}

static bool fail(struct world *w, struct sandbox_call *call, int status)
{
    if (status == 401)
        refuse_token(w, call);
    else if (status == 429)
        monday_refuse(call, 429, "COMPLEXITY_BUDGET_EXHAUSTED", 2,
                      "Complexity budget exhausted");
    else if (status == 423)
        monday_refuse(call, 423, "RESOURCE_LOCKED", 0,
                      "Resource is currently locked, please try again later");
    else if (status == 500)
        monday_refuse(call, 500, "INTERNAL_SERVER_ERROR", 0,
                      "Internal server error");
    else
        return false;
    return true;
}

/* ------------------------------------------------------------------- control */
static void done(struct sandbox_call *call, const char *id)
{
    struct doc *d = doc_object();
    doc_set_yesno(d, "ok", true);
    doc_set_string(d, "id", id);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void refuse_later(struct world *w, struct sandbox_call *call)
{
    struct doc *d = doc_object();
    int64_t times = strtoll(
        text_cstr(call->arena, call_param(call, "times")), NULL, 10);
    doc_set_int(d, "times", times > 0 ? times : 1);
    table_put(world_table(w, "_refusals"),
              text_cstr(call->arena, call_param(call, "what")), d);
    done(call, "");
}

/* A person on the board: a new name, a cell as it is stored, another state. */
static void by_hand(struct world *w, struct sandbox_call *call)
{
    struct table *t = world_table(w, "items");
    const char *id = text_cstr(call->arena, call_param(call, "item"));
    struct doc *item = table_get(t, id);
    struct doc *body = call_body(call);
    if (!item) {
        monday_refuse(call, 404, "NotFound", 0, "no such item");
        return;
    }
    for (void *it = doc_first(body); it; it = doc_next(body, it))
        if (strcmp(doc_name(it), "state") == 0 ||
            strcmp(doc_name(it), "name") == 0)
            doc_set(item, doc_name(it), doc_keep(doc_value(it)));
        else
            doc_set(doc_get(item, "cells"), doc_name(it),
                    doc_keep(doc_value(it)));
    doc_set_string(item, "updated_at", print_utc(call->arena, call->now_ms));
    table_touch(t, id);
    monday_event(w, item, "change_column_value", NULL);
    done(call, id);
}

/* refuse what= times=; item item= (body: name, state, cells); token kind= */
static bool control(struct world *w, struct sandbox_call *call,
                    struct text verb)
{
    if (text_is(verb, "refuse")) {
        refuse_later(w, call);
    } else if (text_is(verb, "item")) {
        by_hand(w, call);
    } else if (text_is(verb, "token")) {
        const char *token = world_token(call->arena, "eyJ");
        put_token(w, "_tokens", token,
                  text_cstr(call->arena, call_param(call, "kind")), 0);
        done(call, token);
    } else {
        return false;
    }
    return true;
}

const struct sandbox_vendor sandbox_monday = {
    .name = "monday",
    .title = "monday.com",
    .switches = switches,
    .seed = monday_seed,
    .sign_in = sign_in,
    .serve = serve,
    .fail = fail,
    .control = control,
};
