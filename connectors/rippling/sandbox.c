/* Rippling's sandbox: sign-in, switches, what time brings, control calls.
 * The REST API and the older platform API have files of their own. */
#include "config.h"
#include "connectors/rippling/sandbox.h"

#include "base/date.h"
#include "runtime/crypto.h"
#include <stdlib.h>
#include <string.h>

#define ACCESS_LIVES_S 129600
#define IDLE_MS (30 * DAY_MS)
#define CODE_LIVES_MS 600000

static const struct sandbox_switch switches[] = {
    { "money", "number|text", "how amounts are written (both were seen)" },
    { "next_link", "absolute|path|foreign",
      "form of the link to the next page; foreign must be refused" },
    { "limit_over", "clamp|refuse", "a limit above 100 (unverified)" },
    { "cursor_seconds", "0|*", "how long a cursor lives; 0 for ever "
      "(unverified)" },
    { "unfilterable", "ignore|refuse",
      "a filter on a field that cannot be filtered (unverified)" },
    { "time_quotes", "both|bare|quoted",
      "how updated_at wants its value in a filter (sources disagree)" },
    { "spec", "2026|2025|2024",
      "which description the REST API follows: older ones filter workers on "
      "status and work_email only, write no departments, have no titles" },
    { "slash", "redirect|any", "a write to a path without its last slash" },
    { "errors", "detail|list|page", "shape of error bodies" },
    { "rotate", "no|yes", "a refresh brings a new refresh token (unverified)" },
    { "leave_seconds", "5|*",
      "after so long a PENDING leave request is approved; 0 never" },
    { "hook_seconds", "300|*", "how late webhooks come" },
    { "hook_twice", "sometimes|never|always", "webhooks that come twice" },
    { "v1_limit", "25|*", "page of the v1 API when none is asked for "
      "(unverified)" },
    { "employees", "2024|2021",
      "which description v1 employees follow; 2021 has ids and addresses" },
    { NULL, NULL, NULL },
};

/* -------------------------------------------------------------- answers */
void rippling_refuse(struct sandbox_call *call, int status,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *why = arena_vprintf(call->arena, format, args);
    va_end(args);
    if (world_switch_is(call->world, "errors", "page")) {
        call_answer_text(call, status, "text/html; charset=utf-8",
                         "<html><body><h1>%d</h1></body></html>\n", status);
        return;
    }
    struct doc *d;
    if (world_switch_is(call->world, "errors", "list")) {
        d = doc_list();
        doc_add(d, doc_string(why));
    } else {
        d = doc_object();
        doc_set_string(d, "detail", why);
    }
    call_answer_doc(call, status, d, DOC_COMPACT);
}

void rippling_not_found(struct sandbox_call *call)
{
    rippling_refuse(call, 404, "Not found.");
}

void row_changed(struct world *w, const char *table, const char *key)
{
    struct arena arena;
    struct table *t = world_table(w, table);
    struct doc *row = table_get(t, key);
    if (!row)
        return;
    arena_init(&arena);
    doc_set_string(row, "updated_at",
                   print_offset_time(&arena, world_now_ms(w)));
    table_touch(t, key);
    arena_fini(&arena);
}

/* -------------------------------------------------------------- sign-in */
/* "*", or a list of words with blanks between. */
bool caller_has_scope(const struct doc *token, const char *scope)
{
    struct text all = text_of(doc_str(token, "scopes"));
    struct text want = text_of(scope);
    if (text_is(all, "*"))
        return true;
    while (all.len > 0) {
        size_t at;
        if (!text_find(all, TEXT(" "), &at))
            at = all.len;
        struct text one = text_slice(all, 0, at);
        if (text_equal(one, want))
            return true;
        /* read-write contains read */
        if (text_ends(want, TEXT(".read")) && one.len == want.len + 6 &&
            text_starts(one, want) && text_ends(one, TEXT("-write")))
            return true;
        all = at < all.len ? text_slice(all, at + 1, all.len - at - 1)
                           : TEXT_NONE;
    }
    return false;
}

static bool owner_left(struct world *w, const struct doc *token)
{
    const struct doc *owner =
        table_get(world_table(w, "workers"), doc_str(token, "owner"));
    return !owner || strcmp(doc_str(owner, "status"), "TERMINATED") == 0;
}

static bool is_dead(struct world *w, const struct doc *token, int64_t now_ms)
{
    int64_t ends = doc_whole(token, "ends_ms", 0);
    int64_t used = doc_whole(token, "used_ms", now_ms);
    if (doc_is_true(doc_get(token, "revoked")) || owner_left(w, token))
        return true;
    if (ends > 0)
        return now_ms >= ends;
    return now_ms - used > IDLE_MS;
}

struct doc *rippling_caller(struct world *w, struct sandbox_call *call)
{
    struct text header = call_header(call, "Authorization");
    struct table *tokens = world_table(w, "_tokens");
    struct doc *token = NULL;
    if (text_starts(header, TEXT("Bearer ")))
        token = table_get_text(tokens,
                               text_slice(header, 7, header.len - 7));
    if (!token || is_dead(w, token, call->now_ms)) {
        rippling_refuse(call, 401,
                        "Invalid token or token expired.");
        call_answer_header(call, "WWW-Authenticate", "Bearer");
        return NULL;
    }
    const struct doc *owner =
        table_get(world_table(w, "workers"), doc_str(token, "owner"));
    if (doc_is_true(doc_get(owner, "_no_rights"))) {
        rippling_refuse(call, 403, "The owner of this token lacks the rights.");
        return NULL;
    }
    doc_set_int(token, "used_ms", call->now_ms); /* journaled once a day */
    if (call->now_ms - doc_whole(token, "kept_ms", 0) > DAY_MS) {
        doc_set_int(token, "kept_ms", call->now_ms);
        table_touch(tokens,
                    text_cstr(call->arena,
                              text_slice(header, 7, header.len - 7)));
    }
    return token;
}

static void put_token(struct world *w, const char *table, const char *text,
                      const char *scopes, const char *owner, int64_t ends_ms)
{
    struct doc *d = doc_object();
    doc_set_string(d, "scopes", scopes);
    doc_set_string(d, "owner", owner);
    doc_set_int(d, "used_ms", world_now_ms(w));
    if (ends_ms > 0)
        doc_set_int(d, "ends_ms", ends_ms);
    table_put(world_table(w, table), text, d);
}

static void sign_in(struct world *w)
{
    struct arena arena;
    arena_init(&arena);
    const char *owner = name_hex_id(&arena, "rippling/worker/1");
    const char *key = world_token(&arena, "rpk_");
    const char *refresh = world_token(&arena, "rpr_");
    put_token(w, "_tokens", key, "*", owner, 0);
    put_token(w, "_refresh", refresh, "*", owner, 0);
    endpoint_secret(w, "api_key", key);
    endpoint_secret(w, "client_id", "sandbox-app");
    endpoint_secret(w, "client_secret", "sandbox-app-secret");
    endpoint_secret(w, "refresh_token", refresh);
    endpoint_secret(w, "webhook_token", "sandbox-hook-token");
    arena_fini(&arena);
}

/* Basic base64("client:secret"). */
static bool client_is_known(struct sandbox_call *call)
{
    struct text header = call_header(call, "Authorization"), plain;
    return text_starts(header, TEXT("Basic ")) &&
           crypto_unbase64(call->arena,
                           text_slice(header, 6, header.len - 6), &plain) &&
           text_is(plain, "sandbox-app:sandbox-app-secret");
}

static void refuse_token(struct sandbox_call *call, int status,
                         const char *error)
{
    struct doc *d = doc_object();
    doc_set_string(d, "error", error);
    call_answer_doc(call, status, d, DOC_COMPACT);
}

/* The row of the code or refresh token that is shown, or NULL. */
static struct doc *grant_of(struct world *w, struct sandbox_call *call)
{
    struct text type = call_form(call, "grant_type");
    if (text_is(type, "refresh_token")) {
        struct doc *row = table_get_text(world_table(w, "_refresh"),
                                         call_form(call, "refresh_token"));
        return row && !doc_is_true(doc_get(row, "revoked")) &&
                       !owner_left(w, row)
                   ? row
                   : NULL;
    }
    if (!text_is(type, "authorization_code"))
        return NULL;
    struct doc *row = table_get_text(world_table(w, "_codes"),
                                     call_form(call, "code"));
    if (!row || doc_is_true(doc_get(row, "used")) ||
        call->now_ms - doc_whole(row, "used_ms", 0) > CODE_LIVES_MS ||
        !text_is(call_form(call, "redirect_uri"), doc_str(row, "redirect")))
        return NULL;
    doc_set_yesno(row, "used", true);
    table_touch(world_table(w, "_codes"),
                text_cstr(call->arena, call_form(call, "code")));
    return row;
}

static void serve_token(struct world *w, struct sandbox_call *call)
{
    call->endpoint = "token";
    if (!call_is(call, "POST")) {
        refuse_token(call, 405, "invalid_request");
        return;
    }
    if (!client_is_known(call)) {
        refuse_token(call, 401, "invalid_client");
        return;
    }
    const struct doc *grant = grant_of(w, call);
    if (!grant) {
        refuse_token(call, 400, "invalid_grant");
        return;
    }
    const char *scopes = arena_strdup(call->arena, doc_str(grant, "scopes"));
    const char *owner = arena_strdup(call->arena, doc_str(grant, "owner"));
    const char *access = world_token(call->arena, "rpa_");
    struct text shown = call_form(call, "refresh_token");
    const char *refresh = text_cstr(call->arena, shown);
    put_token(w, "_tokens", access, scopes, owner,
              call->now_ms + INT64_C(1000) * ACCESS_LIVES_S);
    if (shown.len == 0 || world_switch_is(w, "rotate", "yes")) {
        if (shown.len > 0)
            table_remove(world_table(w, "_refresh"), refresh);
        refresh = world_token(call->arena, "rpr_");
        put_token(w, "_refresh", refresh, scopes, owner, 0);
    }
    struct doc *d = doc_object();
    doc_set_string(d, "access_token", access);
    doc_set_string(d, "token_type", "Bearer");
    doc_set_int(d, "expires_in", ACCESS_LIVES_S);
    doc_set_string(d, "refresh_token", refresh);
    doc_set_string(d, "scope", scopes);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

/* The install page says yes by itself and goes back with a code. */
static void serve_authorize(struct world *w, struct sandbox_call *call)
{
    struct text redirect = call_param(call, "redirect_uri");
    struct text state = call_param(call, "state");
    const char *code = world_token(call->arena, "rpc_");
    size_t ignored;
    call->endpoint = "authorize";
    if (redirect.len == 0 ||
        !text_is(call_param(call, "client_id"), "sandbox-app")) {
        rippling_refuse(call, 400, "unknown client_id or no redirect_uri");
        return;
    }
    put_token(w, "_codes", code, "*", name_hex_id(call->arena,
                                                  "rippling/worker/1"), 0);
    struct doc *row = table_get(world_table(w, "_codes"), code);
    doc_set_text(row, "redirect", redirect);
    table_touch(world_table(w, "_codes"), code);
    call_answer_text(call, 302, "text/html", "<p>Installed.</p>\n");
    call_answer_header(call, "Location", "%.*s%scode=%s&state=%.*s",
                       TEXT_ARG(redirect),
                       text_find(redirect, TEXT("?"), &ignored) ? "&" : "?",
                       code, TEXT_ARG(state));
}

/* ------------------------------------------------------------- webhooks */
static void post_event(struct world *w, const char *event, const char *id,
                       int64_t due_ms)
{
    const struct table *hooks = world_table(w, "_hooks");
    const struct doc *company = table_at(world_table(w, "companies"), 0);
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < table_end(hooks); i++) {
        const struct doc *hook = table_at(hooks, i);
        const char *bearer = doc_str(hook, "token");
        if (!hook)
            continue;
        const char *body = arena_printf(
            &arena,
            "event_name=%s&company_id=%s&company_primary_email=%s&id=%s",
            event, doc_str(company, "id"), "admin%40tulip.example", id);
        struct world_post post = {
            .url = doc_str(hook, "url"),
            .content_type = "application/x-www-form-urlencoded",
            .body = text_of(body),
            .authorization =
                *bearer ? arena_printf(&arena, "Bearer %s", bearer) : NULL,
            .due_ms = due_ms,
            .tries = 3,
            .again_ms = 60000,
            .what = "event",
        };
        world_post_later(w, &post);
    }
    arena_fini(&arena);
}

void rippling_event(struct world *w, const char *event, const char *id)
{
    const char *twice = world_switch(w, "hook_twice");
    int64_t late = strtoll(world_switch(w, "hook_seconds"), NULL, 10) * 1000;
    int64_t due = world_now_ms(w) + late;
    int64_t number = world_next(w, "events");
    post_event(w, event, id, due);
    if (strcmp(twice, "always") == 0 ||
        (strcmp(twice, "sometimes") == 0 && number % 3 == 0))
        post_event(w, event, id, due + 1000);
}

/* ----------------------------------------------------------------- time */
static void approve_leave(struct world *w, int64_t now_ms)
{
    struct table *t = world_table(w, "leave_requests");
    int64_t after = strtoll(world_switch(w, "leave_seconds"), NULL, 10);
    for (size_t i = 0; after > 0 && i < table_end(t); i++) {
        struct doc *row = table_at(t, i);
        int64_t micros;
        bool offset;
        if (!row || strcmp(doc_str(row, "status"), "PENDING") != 0 ||
            !datetime_parse(text_of(doc_str(row, "created_at")), &micros,
                            &offset) ||
            now_ms - micros / 1000 < after * 1000)
            continue;
        doc_set_string(row, "status", "APPROVED");
        row_changed(w, "leave_requests", table_key_at(t, i));
    }
}

/* Who has accepted becomes ACTIVE on the day of the start. */
static void start_people(struct world *w, int64_t now_ms)
{
    struct table *t = world_table(w, "workers");
    struct arena arena;
    arena_init(&arena);
    const char *today = print_date(&arena, now_ms);
    for (size_t i = 0; i < table_end(t); i++) {
        struct doc *row = table_at(t, i);
        if (!row || strcmp(doc_str(row, "status"), "ACCEPTED") != 0 ||
            strcmp(doc_str(row, "start_date"), today) > 0)
            continue;
        doc_set_string(row, "status", "ACTIVE");
        row_changed(w, "workers", table_key_at(t, i));
        rippling_event(w, "employee.created", table_key_at(t, i));
    }
    arena_fini(&arena);
}

static void pass_time(struct world *w, int64_t now_ms)
{
    approve_leave(w, now_ms);
    start_people(w, now_ms);
}

/* -------------------------------------------------------------- control */
/* The worker named by id, number or work email. */
static const char *find_worker(struct world *w, struct text who)
{
    const struct table *t = world_table(w, "workers");
    for (size_t i = 0; i < table_end(t); i++) {
        const struct doc *row = table_at(t, i);
        if (row && (text_equal(who, doc_as_text(doc_get(row, "id"))) ||
                    text_equal(who, doc_as_text(doc_get(row, "number"))) ||
                    text_is(who, doc_str(row, "work_email"))))
            return table_key_at(t, i);
    }
    return NULL;
}

static void terminate(struct world *w, struct sandbox_call *call,
                      const char *id)
{
    struct doc *row = table_get(world_table(w, "workers"), id);
    struct doc *details = doc_object();
    doc_set_string(details, "type", "VOLUNTARY");
    doc_set_string(details, "reason", "Left for another job");
    doc_set_string(row, "status", "TERMINATED");
    doc_set_string(row, "end_date", print_date(call->arena, call->now_ms));
    doc_set(row, "termination_details", details);
    row_changed(w, "workers", id);
    rippling_event(w, "employee.deleted", id);
}

static void answer_done(struct sandbox_call *call, const char *id)
{
    struct doc *d = doc_object();
    doc_set_yesno(d, "ok", true);
    doc_set_string(d, "id", id);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

/* The same row under a new id: external_id stays. */
static void reissue(struct world *w, struct sandbox_call *call)
{
    struct table *t = world_table(w, "custom_object_records");
    const char *old = text_cstr(call->arena, call_param(call, "record"));
    const struct doc *row = table_get(t, old);
    if (!row) {
        rippling_not_found(call);
        return;
    }
    struct doc *again = doc_copy(row);
    const char *id = world_hex_id(w, call->arena);
    const char *now = print_offset_time(call->arena, call->now_ms);
    doc_set_string(again, "id", id);
    doc_set_string(again, "updated_at", now);
    doc_set_string(again, "system_updated_at", now);
    if (call_param(call, "keep_old").len == 0)
        table_remove(t, old);
    table_put(t, id, again);
    answer_done(call, id);
}

/* A token with these scopes only. */
static void make_token(struct world *w, struct sandbox_call *call)
{
    const char *token = world_token(call->arena, "rpk_");
    struct text owner = call_param(call, "worker");
    const char *id = owner.len > 0
                         ? find_worker(w, owner)
                         : name_hex_id(call->arena, "rippling/worker/1");
    put_token(w, "_tokens", token,
              text_cstr(call->arena, call_param(call, "scopes")),
              id ? id : "", 0);
    answer_done(call, token);
}

static void change_worker(struct world *w, struct sandbox_call *call,
                          struct text verb, const char *id)
{
    struct table *t = world_table(w, "workers");
    struct doc *row = table_get(t, id);
    if (text_is(verb, "terminate")) {
        terminate(w, call, id);
    } else if (text_is(verb, "rights")) {
        doc_set_yesno(row, "_no_rights",
                      text_is(call_param(call, "has"), "no"));
        table_touch(t, id);
    } else {
        const struct doc *body = call_body(call);
        for (void *it = doc_first(body); it; it = doc_next(body, it))
            doc_set(row, doc_name(it), doc_keep(doc_value(it)));
        row_changed(w, "workers", id);
        rippling_event(w, "employee.updated", id);
    }
    answer_done(call, id);
}

/* terminate, worker (body: members), rights: worker=ID|NUMBER|EMAIL;
 * token scopes=; hook url= token=; reissue record=; touch table= key= */
static bool control(struct world *w, struct sandbox_call *call,
                    struct text verb)
{
    if (text_is(verb, "terminate") || text_is(verb, "worker") ||
        text_is(verb, "rights")) {
        const char *id = find_worker(w, call_param(call, "worker"));
        if (id)
            change_worker(w, call, verb, id);
        else
            rippling_not_found(call);
    } else if (text_is(verb, "token")) {
        make_token(w, call);
    } else if (text_is(verb, "reissue")) {
        reissue(w, call);
    } else if (text_is(verb, "touch")) {
        const char *key = text_cstr(call->arena, call_param(call, "key"));
        row_changed(w, text_cstr(call->arena, call_param(call, "table")), key);
        answer_done(call, key);
    } else if (text_is(verb, "hook")) {
        struct doc *d = doc_object();
        const char *url = text_cstr(call->arena, call_param(call, "url"));
        doc_set_string(d, "url", url);
        doc_set_text(d, "token", call_param(call, "token"));
        table_put(world_table(w, "_hooks"), url, d);
        answer_done(call, url);
    } else {
        return false;
    }
    return true;
}

/* ------------------------------------------------------------- dispatch */
static bool is_token_path(struct text path)
{
    return text_is(path, "/api/o/token/") || text_is(path, "/o/token") ||
           text_is(path, "/o/token/") || text_is(path, "/api/o/token");
}

static void serve_call(struct world *w, struct sandbox_call *call)
{
    struct text v1 = TEXT("/platform/api/");
    if (is_token_path(call->path)) {
        serve_token(w, call);
        return;
    }
    if (text_is(call->path, "/o/authorize")) {
        serve_authorize(w, call);
        return;
    }
    struct doc *token = rippling_caller(w, call);
    if (!token)
        return;
    if (text_starts(call->path, v1))
        v1_serve(w, call, token,
                 text_slice(call->path, v1.len, call->path.len - v1.len));
    else
        rest_serve(w, call, token);
}

static bool fail(struct world *w, struct sandbox_call *call, int status)
{
    (void)w;
    if (status == 401)
        rippling_refuse(call, status, "Invalid token or token expired.");
    else if (status == 403)
        rippling_refuse(call, status,
                        "You do not have permission to perform this action.");
    else if (status == 404)
        rippling_not_found(call);
    else if (status == 429)
        rippling_refuse(call, status, "Request was throttled.");
    else
        return false;
    return true;
}

const struct sandbox_vendor sandbox_rippling = {
    .name = "rippling",
    .title = "Rippling",
    .switches = switches,
    .seed = rippling_seed,
    .sign_in = sign_in,
    .serve = serve_call,
    .pass_time = pass_time,
    .fail = fail,
    .control = control,
};
