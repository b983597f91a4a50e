/* Sign-in of the Visma.net sandbox: client credentials for one tenant, which
 * is given out for a customer's tenant too and is then good for nothing. */
#include "config.h"
#include "connectors/visma/sandbox.h"

#include <stdlib.h>
#include <string.h>

#define SCOPE "vismanet_erp_service_api:"

static void refuse(struct sandbox_call *call, const char *error,
                   const char *why)
{
    struct doc *d = doc_object();
    doc_set_string(d, "error", error);
    doc_set_string(d, "error_description", why);
    call_answer_doc(call, 400, d, DOC_COMPACT);
}

/* Every word of the scope is one the application was granted. */
static bool scope_is_granted(struct world *w, struct text scope)
{
    static const char *const rights[] = { "create", "read", "update",
                                          "delete" };
    struct text granted = text_of(world_switch(w, "granted"));
    while (scope.len > 0) {
        size_t end = 0, known = 0, at;
        while (end < scope.len && scope.ptr[end] != ' ')
            end++;
        struct text word = text_slice(scope, 0, end);
        for (size_t i = 0; i < 4; i++)
            known += text_starts(word, TEXT(SCOPE)) &&
                     text_is(text_slice(word, sizeof SCOPE - 1, word.len),
                             rights[i]) &&
                     (text_is(granted, "all") ||
                      text_find(granted, text_of(rights[i]), &at));
        if (!known)
            return false;
        scope = text_trim(text_slice(scope, end, scope.len));
    }
    return true;
}

static const char *new_token(struct world *w, struct sandbox_call *call,
                             struct text tenant, struct text scope,
                             int64_t lives_ms)
{
    const char *token = world_token(call->arena, "vis_");
    struct doc *d = doc_object();
    doc_set_text(d, "tenant", tenant);
    doc_set_text(d, "scope", scope);
    doc_set_int(d, "ends_ms", call->now_ms + lives_ms);
    table_put(world_table(w, "_tokens"), token, d);
    return token;
}

void visma_serve_token(struct world *w, struct sandbox_call *call)
{
    struct text type = call_header(call, "Content-Type");
    struct text tenant = call_form(call, "tenant_id");
    struct text scope = call_form(call, "scope");
    int64_t seconds = strtoll(world_switch(w, "expires_in"), NULL, 10);
    if (!call_is(call, "POST") ||
        !text_starts(type, TEXT("application/x-www-form-urlencoded")))
        refuse(call, "invalid_request", "the request must be a posted form");
    else if (!text_is(call_form(call, "grant_type"), "client_credentials"))
        refuse(call, "unsupported_grant_type", "");
    else if (!text_is(call_form(call, "client_id"), CLIENT_ID) ||
             !text_is(call_form(call, "client_secret"), CLIENT_SECRET))
        refuse(call, "invalid_client", "");
    else if (tenant.len == 0 ||
             !table_get_text(world_table(w, "_tenants"), tenant))
        refuse(call, "invalid_request", "tenant_id is missing or unknown");
    else if (scope.len == 0 || !scope_is_granted(w, scope))
        refuse(call, "invalid_scope", "");
    else {
        struct doc *d = doc_object();
        doc_set_string(d, "access_token",
                       new_token(w, call, tenant, scope, seconds * 1000));
        doc_set_int(d, "expires_in", seconds);
        doc_set_string(d, "token_type", "Bearer");
        doc_set_text(d, "scope", scope);
        call_answer_doc(call, 200, d, DOC_COMPACT);
    }
}

static struct doc *token_of(struct world *w, struct sandbox_call *call)
{
    struct text header = call_header(call, "Authorization");
    if (!text_starts(header, TEXT("Bearer ")))
        return NULL;
    return table_get_text(world_table(w, "_tokens"),
                          text_trim(text_slice(header, 7, header.len)));
}

const char *visma_caller(struct world *w, struct sandbox_call *call,
                         const char *right)
{
    const struct doc *token = token_of(w, call);
    const char *tenant = arena_strdup(call->arena, doc_str(token, "tenant"));
    size_t at;
    const struct doc *company = table_get(world_table(w, "_tenants"), tenant);
    if (!token || doc_whole(token, "ends_ms", 0) <= call->now_ms ||
        !text_is(text_of(doc_str(company, "kind")), "company")) {
        call_answer_header(call, "WWW-Authenticate", "Bearer");
        visma_refuse(call, 401,
                     "Authorization has been denied for this request.");
        return NULL;
    }
    if (!text_find(text_of(doc_str(token, "scope")),
                   text_of(arena_printf(call->arena, SCOPE "%s", right)),
                   &at)) {
        visma_refuse(call, 403, "The token lacks the scope " SCOPE "%s.",
                     right);
        return NULL;
    }
    return tenant;
}

static void answer_value(struct sandbox_call *call, const char *value)
{
    struct doc *d = doc_object();
    doc_set_string(d, "value", value);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

/* expire: all tokens end now. token scope= tenant=: a new one. */
bool visma_token_control(struct world *w, struct sandbox_call *call,
                         struct text verb)
{
    struct table *t = world_table(w, "_tokens");
    struct text tenant = call_param(call, "tenant");
    if (text_is(verb, "token")) {
        answer_value(call, new_token(w, call,
                                     tenant.len ? tenant : TEXT(TENANT_MAIN),
                                     call_param(call, "scope"), 3600000));
        return true;
    }
    if (!text_is(verb, "expire"))
        return false;
    for (size_t i = 0; i < table_end(t); i++)
        if (table_at(t, i)) {
            doc_set_int(table_at(t, i), "ends_ms", 0);
            table_touch(t, table_key_at(t, i));
        }
    answer_value(call, "");
    return true;
}
