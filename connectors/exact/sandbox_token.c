/* Sign-in of the Exact sandbox: codes, access tokens of ten minutes, refresh
 * tokens that rotate, each bound to the host of its region. */
#include "config.h"
#include "connectors/exact/sandbox_token.h"

#include "base/date.h"
#include <string.h>

#define ACCESS_LIVES_MS 600000
#define EARLIEST_MS 570000
#define REFRESH_LIVES_MS (30 * DAY_MS)
#define CODE_LIVES_MS 180000

const char *exact_region(struct sandbox_call *call)
{
    struct text host = call_header(call, "Host");
    struct text known = TEXT("start.exactonline.");
    if (!text_starts(host, known))
        return "nl"; /* on loopback */
    return text_cstr(call->arena,
                     text_slice(host, known.len, host.len - known.len));
}

static void refuse(struct sandbox_call *call, int status, const char *error,
                   const char *why)
{
    struct doc *d = doc_object();
    doc_set_string(d, "error", error);
    doc_set_string(d, "error_description", why);
    call_answer_doc(call, status, d, DOC_COMPACT);
}

/* A new chain of refresh tokens: one consent of a person. */
const char *exact_new_chain(struct world *w, struct arena *arena,
                            const char *scopes, const char *region)
{
    const char *chain = arena_printf(arena, "%lld",
                                     (long long)world_next(w, "chain"));
    struct doc *d = doc_object();
    doc_set_string(d, "scopes", scopes);
    doc_set_string(d, "region", region);
    doc_set_int(d, "last_ms", 0);
    table_put(world_table(w, "_chains"), chain, d);
    return chain;
}

const char *exact_new_refresh(struct world *w, struct arena *arena,
                              const char *chain)
{
    const char *token = world_token(arena, "exr_");
    struct doc *d = doc_object();
    doc_set_string(d, "chain", chain);
    doc_set_int(d, "made_ms", world_now_ms(w));
    table_put(world_table(w, "_refresh"), token, d);
    return token;
}

static void retire(struct world *w, const char *token)
{
    struct table *t = world_table(w, "_refresh");
    doc_set_yesno(table_get(t, token), "old", true);
    table_touch(t, token);
}

static void give_tokens(struct world *w, struct sandbox_call *call,
                        const char *chain)
{
    struct table *chains = world_table(w, "_chains");
    struct doc *row = table_get(chains, chain), *access = doc_object();
    const char *token = world_token(call->arena, "exa_");
    const char *refresh = exact_new_refresh(w, call->arena, chain);
    doc_set_int(row, "last_ms", call->now_ms);
    table_touch(chains, chain);
    doc_set_string(access, "chain", chain);
    doc_set_int(access, "ends_ms", call->now_ms + ACCESS_LIVES_MS);
    table_put(world_table(w, "_access"), token, access);
    struct doc *d = doc_object();
    doc_set_string(d, "access_token", token);
    doc_set_string(d, "token_type", "bearer");
    if (world_switch_is(w, "expires_in", "number"))
        doc_set_int(d, "expires_in", ACCESS_LIVES_MS / 1000);
    else
        doc_set_string(d, "expires_in", "600");
    doc_set_string(d, "refresh_token", refresh);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

/* As the vendor prints dates in this place: month first. */
static const char *us_time(struct arena *arena, int64_t ms)
{
    char iso[32];
    datetime_print(ms / 1000 * 1000000, iso);
    return arena_printf(arena, "%.2s/%.2s/%.4s %.8s", iso + 5, iso + 8, iso,
                        iso + 11);
}

static bool refresh_is_good(struct world *w, struct sandbox_call *call,
                            const struct doc *row, const struct doc *chain,
                            const char *token)
{
    int64_t made = doc_whole(row, "made_ms", 0);
    if (!row || !chain || doc_is_true(doc_get(row, "old")) ||
        doc_is_true(doc_get(chain, "revoked"))) {
        refuse(call, row ? 401 : 400, row ? "unauthorized_client"
                                          : "invalid_grant",
               row ? "Old refresh token used."
                   : "Token is not allowed, invalid or empty chainId");
        return false;
    }
    if (call->now_ms - made > REFRESH_LIVES_MS) {
        refuse(call, 400, "invalid_request",
               arena_printf(call->arena,
                            "The token expired at %s, the time is now %s",
                            us_time(call->arena, made + REFRESH_LIVES_MS),
                            us_time(call->arena, call->now_ms)));
        return false;
    }
    if (call->now_ms - doc_whole(chain, "last_ms", 0) < EARLIEST_MS) {
        refuse(call, 400, "access_denied",
               "Rate limit exceeded: access_token not expired");
        call_answer_header(call, "Reason",
                           "TooEarlyToRefreshTokens: wait %d seconds",
                           EARLIEST_MS / 1000);
        if (world_switch_is(w, "early_rotates", "yes"))
            retire(w, token);
        return false;
    }
    return true;
}

static void refresh(struct world *w, struct sandbox_call *call)
{
    const char *token =
        text_cstr(call->arena, call_form(call, "refresh_token"));
    const struct doc *row = table_get(world_table(w, "_refresh"), token);
    const char *chain = arena_strdup(call->arena, doc_str(row, "chain"));
    const struct doc *owner = table_get(world_table(w, "_chains"), chain);
    if (!refresh_is_good(w, call, row, owner, token))
        return;
    retire(w, token);
    give_tokens(w, call, chain);
}

static void take_code(struct world *w, struct sandbox_call *call)
{
    struct table *codes = world_table(w, "_codes");
    const char *code = text_cstr(call->arena, call_form(call, "code"));
    struct doc *row = table_get(codes, code);
    if (!row || doc_is_true(doc_get(row, "used")) ||
        call->now_ms - doc_whole(row, "made_ms", 0) > CODE_LIVES_MS ||
        !text_is(call_form(call, "redirect_uri"), doc_str(row, "redirect"))) {
        refuse(call, 400, "invalid_grant",
               "Token is not allowed, invalid or empty chainId");
        return;
    }
    doc_set_yesno(row, "used", true);
    table_touch(codes, code);
    give_tokens(w, call,
                exact_new_chain(w, call->arena, "*", exact_region(call)));
}

void exact_serve_token(struct world *w, struct sandbox_call *call)
{
    struct text type = call_form(call, "grant_type");
    struct text kind = call_header(call, "Content-Type");
    call->endpoint = "oauth2/token";
    if (!call_is(call, "POST") ||
        !text_starts(kind, TEXT("application/x-www-form-urlencoded"))) {
        refuse(call, 400, "invalid_request", "Form-encoded POST expected");
        return;
    }
    if (!text_is(call_form(call, "client_id"), exact_client_id(call->arena)) ||
        !text_is(call_form(call, "client_secret"), "sandbox-client-secret") ||
        strcmp(exact_region(call), "nl") != 0) {
        refuse(call, 400, "invalid_client", "Client is not known here");
        return;
    }
    if (text_is(type, "refresh_token"))
        refresh(w, call);
    else if (text_is(type, "authorization_code"))
        take_code(w, call);
    else
        refuse(call, 400, "unsupported_grant_type", "Unknown grant_type");
}

/* The consent page says yes by itself. */
void exact_serve_authorize(struct world *w, struct sandbox_call *call)
{
    struct text redirect = call_param(call, "redirect_uri");
    struct text state = call_param(call, "state");
    const char *code = world_token(call->arena, "exc_");
    size_t ignored;
    call->endpoint = "oauth2/auth";
    if (redirect.len == 0 ||
        !text_is(call_param(call, "client_id"),
                 exact_client_id(call->arena)) ||
        !text_is(call_param(call, "response_type"), "code")) {
        exact_refuse(call, 400, "unknown client_id or no redirect_uri");
        return;
    }
    struct doc *d = doc_object();
    doc_set_text(d, "redirect", redirect);
    doc_set_int(d, "made_ms", call->now_ms);
    table_put(world_table(w, "_codes"), code, d);
    call_answer_text(call, 302, "text/html", "<p>Signed in.</p>\n");
    call_answer_header(call, "Location", "%.*s%scode=%s&state=%.*s",
                       TEXT_ARG(redirect),
                       text_find(redirect, TEXT("?"), &ignored) ? "&" : "?",
                       code, TEXT_ARG(state));
}

void exact_refuse_access(struct world *w, struct sandbox_call *call)
{
    bool sent_on = world_switch_is(w, "signed_out", "redirect");
    if (sent_on || world_switch_is(w, "signed_out", "page")) {
        call_answer_text(call, sent_on ? 302 : 200, "text/html; charset=utf-8",
                         "<html><head><title>Object moved</title></head>"
                         "<body><h2>Object moved to <a href=\"/login\">here"
                         "</a>.</h2></body></html>\n");
        if (sent_on)
            call_answer_header(call, "Location", "/login");
        return;
    }
    exact_refuse(call, 401, "Unauthorized");
    call_answer_header(call, "WWW-Authenticate", "%s",
                       "Bearer error=\"invalid_token\", error_description="
                       "\"Message expired or token expired\"");
}

struct doc *exact_caller(struct world *w, struct sandbox_call *call)
{
    struct text header = call_header(call, "Authorization");
    const struct doc *row = NULL;
    if (text_starts(header, TEXT("Bearer ")))
        row = table_get_text(world_table(w, "_access"),
                             text_slice(header, 7, header.len - 7));
    struct doc *chain =
        table_get(world_table(w, "_chains"), doc_str(row, "chain"));
    if (!row || !chain || doc_whole(row, "ends_ms", 0) <= call->now_ms ||
        doc_is_true(doc_get(chain, "revoked")) ||
        strcmp(doc_str(chain, "region"), exact_region(call)) != 0) {
        exact_refuse_access(w, call);
        return NULL;
    }
    return chain;
}
