/* Visma.net's sandbox: switches, the hourly limit, the way to each resource,
 * control calls. */
#include "config.h"
#include "connectors/visma/sandbox.h"

#include "runtime/crypto.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS 3600000
#define PARTS_MAX 8

static const struct sandbox_switch switches[] = {
    { "page_cap", "1000|*", "largest page (unverified for each endpoint)" },
    { "page_default", "100|*", "page when none is asked for (unverified)" },
    { "hour_limit", "500|*", "calls an hour for each company; 0 none" },
    { "expires_in", "3600|*", "seconds a token lives" },
    { "granted", "all|*", "scopes of the application: \"read,update\"" },
    { "errors", "message|visma_id|gateway", "shape of error bodies" },
    { "rules", "400|500", "how a create answers a broken rule" },
    { "unknown_members", "refuse|ignore",
      "members a body should not have (unverified)" },
    { "null", "keep|clear|refuse", "what a wrapped null does (unverified)" },
    { "times", "plain|offset",
      "times of change with an offset or without (unverified)" },
    { "no_delete", "405|404", "a DELETE that is not there (unverified)" },
    { "numbering", "auto|manual",
      "documents, suppliers and customers get numbers, or bring them" },
    { "background_seconds", "2|*", "how long a background call takes" },
    { NULL, NULL, NULL },
};

/* ------------------------------------------------------------------- errors */
void visma_refuse(struct sandbox_call *call, int status, const char *format,
                  ...)
{
    va_list args;
    struct world *w = call->world;
    struct doc *d = doc_object();
    va_start(args, format);
    const char *message = arena_vprintf(call->arena, format, args);
    va_end(args);
    if (world_switch_is(w, "errors", "gateway")) {
        doc_set_string(d, "ExceptionType", "IPPException");
        doc_set_string(d, "ExceptionMessage", message);
        doc_set_string(d, "ExceptionFaultCode", "12000");
        doc_set_string(d, "ExceptionMessageID", "");
        doc_set_string(d, "ExceptionDetails", "");
    } else if (world_switch_is(w, "errors", "visma_id")) {
        doc_set_string(d, "message",
                       arena_printf(call->arena, "VismaId: %s. %s",
                                    world_guid(w, call->arena), message));
    } else {
        doc_set_string(d, "message", message);
    }
    call_answer_doc(call, status, d, DOC_COMPACT);
}

/* ------------------------------------------------------------------- limits */
/* Counts the call in its hour; false after a 429. */
static bool within_limit(struct visma_call *c)
{
    int64_t limit = strtoll(world_switch(c->world, "hour_limit"), NULL, 10);
    int64_t hour = c->call->now_ms / HOUR_MS;
    int64_t reset = (HOUR_MS - c->call->now_ms % HOUR_MS) / 1000 + 1;
    struct table *t = world_table(c->world, "_hours");
    struct doc *d = table_get(t, c->tenant);
    if (limit <= 0)
        return true;
    if (!d || doc_whole(d, "hour", -1) != hour) {
        d = doc_object();
        doc_set_int(d, "hour", hour);
        table_put(t, c->tenant, d);
    }
    int64_t used = doc_whole(d, "used", 0) + 1;
    bool fits = used <= limit;
    doc_set_int(d, "used", fits ? used : limit);
    if (!fits) {
        visma_refuse(c->call, 429, "API calls quota exceeded.");
        call_answer_header(c->call, "Retry-After", "%lld", (long long)reset);
    }
    call_answer_header(c->call, "X-RateLimit-Limit", "%lld", (long long)limit);
    call_answer_header(c->call, "X-RateLimit-Remaining", "%lld",
                       (long long)(fits ? limit - used : 0));
    call_answer_header(c->call, "X-RateLimit-Reset", "%lld", (long long)reset);
    call_answer_header(c->call, "X-RateLimit-Policy", "4-fixed-window");
    return fits;
}

/* ---------------------------------------------------------------- addresses */
/* b64(…) stands for a key that does not fit into an address. */
static struct text plain_part(struct visma_call *c, struct text part)
{
    struct text bytes;
    if (text_starts(part, TEXT("b64(")) && text_ends(part, TEXT(")")) &&
        crypto_unbase64url(c->arena, text_slice(part, 4, part.len - 5),
                           &bytes))
        return bytes;
    return part;
}

static size_t split(struct visma_call *c, struct text path,
                    struct text parts[PARTS_MAX])
{
    size_t count = 0, slash;
    while (path.len > 0 && count < PARTS_MAX) {
        if (!text_find(path, TEXT("/"), &slash))
            slash = path.len;
        if (slash > 0)
            parts[count++] = plain_part(c, text_slice(path, 0, slash));
        path = text_slice(path, slash + 1, path.len);
    }
    return count;
}

static const struct visma_entity *entity_at(struct text version,
                                            struct text name)
{
    const struct visma_entity *e;
    for (size_t i = 0; (e = visma_entity_at(i)); i++) {
        struct text path = text_of(e->path); /* "/v1/employee" */
        if (text_equal_nocase(text_slice(path, 1, 2), version) &&
            text_equal_nocase(text_slice(path, 4, path.len), name))
            return e;
    }
    return NULL;
}

/* The row the parts name, and how many of them did. */
static struct doc *row_at(struct visma_call *c, const struct text *parts,
                          size_t count, size_t *used)
{
    struct table *t = visma_table(c->world, c->tenant, c->entity->name);
    const char *internal =
        text_is(text_of(c->entity->name), "project") ? "internalID"
                                                     : "internalId";
    *used = 1;
    if (text_is(text_of(c->entity->name), "supplierInvoice") && count > 1) {
        *used = 2;
        return table_get_text(
            t, text_of(arena_printf(c->arena, "%.*s/%.*s", TEXT_ARG(parts[0]),
                                    TEXT_ARG(parts[1]))));
    }
    if (!text_is(parts[0], "internal") || count < 2)
        return table_get_text(t, parts[0]);
    *used = 2;
    for (size_t i = 0; i < table_end(t); i++)
        if (text_equal(doc_as_text(doc_get(table_at(t, i), internal)),
                       parts[1]))
            return table_at(t, i);
    return NULL;
}

/* -------------------------------------------------------------------- verbs */
static void serve_row(struct visma_call *c, const struct text *parts,
                      size_t count)
{
    size_t used;
    struct doc *row = row_at(c, parts, count, &used);
    bool post = call_is(c->call, "POST");
    if (post && count == used + 2 && text_is(parts[used], "action") && row)
        visma_action(c, row, parts[used + 1]);
    else if (!row || count > used || *c->entity->path == '\0')
        visma_refuse(c->call, 404, "The record is not found.");
    else if (call_is(c->call, "GET"))
        visma_read_one(c, row);
    else if (call_is(c->call, "PUT") && strchr(c->entity->verbs, 'U'))
        visma_update(c, row);
    else if (call_is(c->call, "DELETE"))
        visma_delete(c, row);
    else
        visma_refuse(c->call, 405, "The method is not supported.");
}

/* A key of an employee changes by a call of its own. */
static void change_key(struct visma_call *c, struct text id)
{
    struct table *t = visma_table(c->world, c->tenant, "employee");
    const struct doc *sent = doc_path(call_body(c->call), "employeeNr.value");
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *row = table_at(t, i);
        if (!text_equal(doc_as_text(doc_get(row, "employeeId")), id))
            continue;
        if (doc_kind(sent) != DOC_TEXT ||
            table_get_text(t, doc_as_text(sent))) {
            visma_refuse(c->call, 400, "employeeNr is missing or taken.");
            return;
        }
        struct doc *changed = doc_copy(row);
        doc_set_text(changed, "employeeNumber", doc_as_text(sent));
        table_remove(t, table_key_at(t, i));
        visma_put(c->world, c->tenant, c->entity, changed);
        call_effect(c->call, "update", "employee",
                    doc_str(changed, "employeeNumber"),
                    doc_str(changed, "employeeNumber"));
        struct doc *d = doc_object();
        doc_set_string(d, "actionResult", "Changed");
        call_answer_doc(c->call, 200, d, DOC_COMPACT);
        return;
    }
    visma_refuse(c->call, 404, "The record is not found.");
}

static void serve_entity(struct visma_call *c, const struct text *parts,
                         size_t count)
{
    c->call->endpoint = c->entity->path;
    if (count == 3 && text_is(parts[0], "action") &&
        text_is(parts[1], "changeEmployeeCd") && call_is(c->call, "POST"))
        change_key(c, parts[2]);
    else if (count > 0)
        serve_row(c, parts, count);
    else if (call_is(c->call, "GET"))
        visma_list(c);
    else if (call_is(c->call, "POST") && strchr(c->entity->verbs, 'C'))
        visma_create(c);
    else
        visma_refuse(c->call, 405, "The method is not supported.");
}

static void serve_call(struct visma_call *c, const struct text *parts,
                       size_t count)
{
    bool get = call_is(c->call, "GET");
    if (count >= 2 && text_equal_nocase(parts[1], TEXT("dimension"))) {
        c->call->endpoint = "/v1/dimension";
        if (get)
            visma_serve_dimension(c, parts + 2, count - 2);
        else if (call_is(c->call, "PUT") && count == 4)
            visma_put_segment(c, parts[2], parts[3]);
        else
            visma_refuse(c->call, 405, "The method is not supported.");
    } else if (count >= 2 && text_is(parts[1], "background") && get) {
        visma_serve_background(c, parts + 2, count - 2);
    } else if (count >= 2 && (c->entity = entity_at(parts[0], parts[1]))) {
        serve_entity(c, parts + 2, count - 2);
    } else {
        visma_refuse(c->call, 404, "The resource is not found.");
    }
    visma_to_background(c);
}

static const char *right_for(const struct sandbox_call *call)
{
    return call_is(call, "GET")      ? "read"
           : call_is(call, "POST")   ? "create"
           : call_is(call, "DELETE") ? "delete"
                                     : "update";
}

static void serve(struct world *w, struct sandbox_call *call)
{
    struct visma_call c = { .world = w, .call = call, .arena = call->arena };
    struct text parts[PARTS_MAX], path = call->path;
    struct text old = TEXT("/API/controller/api/");
    if (text_is(path, "/connect/token")) {
        visma_serve_token(w, call);
        return;
    }
    c.tenant = visma_caller(w, call, right_for(call));
    if (!c.tenant)
        return;
    if (text_starts(path, old))
        path = text_slice(path, old.len - 1, path.len);
    size_t count = split(&c, path, parts);
    if (within_limit(&c))
        serve_call(&c, parts, count);
}

/* ------------------------------------------------------------------ control */
/* subscribe url= [tenant=]: what is done by hand in the Developer Portal. */
static void subscribe(struct world *w, struct sandbox_call *call)
{
    struct text tenant = call_param(call, "tenant");
    struct doc *d = doc_object();
    doc_set_text(d, "url", call_param(call, "url"));
    doc_set_text(d, "tenant", tenant.len ? tenant : TEXT(TENANT_MAIN));
    table_put(world_table(w, "_subscriptions"),
              arena_printf(call->arena, "%lld",
                           (long long)world_next(w, "subscription")),
              d);
    d = doc_object();
    doc_set_yesno(d, "ok", true);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static bool control(struct world *w, struct sandbox_call *call,
                    struct text verb)
{
    if (visma_token_control(w, call, verb) ||
        visma_rules_control(w, call, verb))
        return true;
    if (!text_is(verb, "subscribe"))
        return false;
    subscribe(w, call);
    return true;
}

static bool fail(struct world *w, struct sandbox_call *call, int status)
{
    (void)w;
    if (status == 429)
        call_answer_header(call, "Retry-After", "1");
    visma_refuse(call, status, status >= 500 ? "An error has occurred."
                                             : "The request was refused.");
    return true;
}

static void sign_in(struct world *w)
{
    endpoint_secret(w, "client_id", CLIENT_ID);
    endpoint_secret(w, "client_secret", CLIENT_SECRET);
    endpoint_secret(w, "tenant_id", TENANT_MAIN);
    endpoint_secret(w, "webhook_key", WEBHOOK_KEY);
    endpoint_setting(w, "webhook_header", "Authorization");
}

const struct sandbox_vendor sandbox_visma = {
    .name = "visma",
    .title = "Visma.net ERP",
    .switches = switches,
    .seed = visma_seed,
    .sign_in = sign_in,
    .serve = serve,
    .fail = fail,
    .control = control,
};
