/* Exact Online's sandbox: switches, limits, the way to each resource, control
 * calls. */
#include "config.h"
#include "connectors/exact/sandbox_token.h"

#include "base/date.h"
#include <stdlib.h>
#include <string.h>

#define HOUR_MS 3600000
#define MINUTE_MS 60000
#define ERRORS_AN_HOUR 10

static const struct sandbox_switch switches[] = {
    { "language", "nl|en", "of the user: texts of business errors" },
    { "errors", "json|html|empty", "shape of error bodies" },
    { "lists", "results|bare", "{\"d\":{\"results\":[…]}} or {\"d\":[…]}" },
    { "int64", "text|number", "how Timestamp is written (unverified)" },
    { "expires_in", "text|number", "how a token's life is written "
      "(unverified)" },
    { "early_rotates", "no|yes",
      "a refresh that came too early spends its token (unverified)" },
    { "signed_out", "401|page|redirect",
      "a bad token: 401, a page to sign in with a success status, or sent on "
      "to it" },
    { "post_reply", "key|whole",
      "what a POST without Prefer gives back (unverified)" },
    { "put_reply", "none|body", "what a PUT gives back (unverified)" },
    { "fixed_fields", "ignore|refuse",
      "a read-only or create-only field in a write (unverified)" },
    { "failed_line", "nothing|header",
      "what a sales invoice with a bad line leaves (unverified)" },
    { "unknown_key", "404|403", "a GET of an unknown guid (unverified)" },
    { "sync_select", "yes|no",
      "sync takes $select (sources disagree)" },
    { "sync_twice", "no|yes", "the same row twice in one answer of sync" },
    { "minute_limit", "60|*", "calls a minute; 0 none" },
    { "day_limit", "5000|*", "calls a day; 0 none" },
    { "velocity", "on|off",
      "block an endpoint for an hour after more than 10 errors on it" },
    { "velocity_status", "403|429", "how the block answers (unverified)" },
    { "callback", "loopback|https", "where webhooks may go" },
    { "hook_seconds", "30|*", "how late webhooks come" },
    { "hook_twice", "no|yes", "webhooks that come twice" },
    { "hook_order", "usual|reordered", "order of the content's members" },
    { "hook_hash", "right|wrong", "a HashCode that does not fit" },
    { NULL, NULL, NULL },
};

/* ---------------------------------------------------------------- limits */
static int64_t limit_of(struct world *w, const char *name)
{
    return strtoll(world_switch(w, name), NULL, 10);
}

/* The window's row, begun anew when its time is over. */
static struct doc *window_of(struct world *w, const char *division,
                             const char *kind, int64_t now)
{
    char key[64];
    struct buf b;
    buf_init(&b, sizeof key);
    buf_printf(&b, "%s/%s", kind, division);
    struct table *t = world_table(w, "_windows");
    struct doc *d = table_get(t, buf_cstr(&b));
    if (!d) {
        d = doc_object();
        table_put(t, buf_cstr(&b), d);
    }
    buf_fini(&b);
    if (doc_whole(d, "window", -1) != now) {
        doc_set_int(d, "window", now);
        doc_set_int(d, "count", 0);
    }
    return d;
}

static void limit_headers(struct sandbox_call *call, const char *prefix,
                          int64_t limit, int64_t used, int64_t reset_ms)
{
    int64_t left = used > limit ? 0 : limit - used;
    call_answer_header(call,
                       arena_printf(call->arena, "%s-Limit", prefix), "%lld",
                       (long long)limit);
    call_answer_header(call,
                       arena_printf(call->arena, "%s-Remaining", prefix),
                       "%lld", (long long)left);
    call_answer_header(call,
                       arena_printf(call->arena, "%s-Reset", prefix), "%lld",
                       (long long)reset_ms);
}

/* Counts the call in both windows; false after a 429. */
static bool within_limits(struct exact_call *c)
{
    struct sandbox_call *call = c->call;
    int64_t minute = call->now_ms / MINUTE_MS, day = call->now_ms / DAY_MS;
    int64_t minute_limit = limit_of(c->world, "minute_limit");
    int64_t day_limit = limit_of(c->world, "day_limit");
    struct doc *m = window_of(c->world, c->division, "minute", minute);
    struct doc *d = window_of(c->world, c->division, "day", day);
    int64_t in_minute = doc_whole(m, "count", 0) + 1;
    int64_t in_day = doc_whole(d, "count", 0) + 1;
    bool minute_full = minute_limit > 0 && in_minute > minute_limit;
    bool day_full = day_limit > 0 && in_day > day_limit;
    if (!minute_full && !day_full) {
        doc_set_int(m, "count", in_minute);
        doc_set_int(d, "count", in_day);
    } else {
        call_answer(call, 429, NULL, TEXT(""));
    }
    if (day_limit > 0 && (day_full || !minute_full))
        limit_headers(call, "X-RateLimit", day_limit, in_day,
                      (day + 1) * DAY_MS);
    if (minute_limit > 0 && !day_full)
        limit_headers(call, "X-RateLimit-Minutely", minute_limit, in_minute,
                      (minute + 1) * MINUTE_MS);
    return !minute_full && !day_full;
}

static const char *velocity_key(struct exact_call *c)
{
    return arena_printf(c->arena, "%s %s", c->division, c->call->endpoint);
}

static bool is_blocked(struct exact_call *c)
{
    const struct doc *d =
        table_get(world_table(c->world, "_velocity"), velocity_key(c));
    if (world_switch_is(c->world, "velocity", "off") ||
        doc_whole(d, "until_ms", 0) <= c->call->now_ms)
        return false;
    exact_refuse(c->call, (int)limit_of(c->world, "velocity_status"),
                 "Too many errors: this endpoint is blocked for an hour");
    return true;
}

/* Errors of the last hour on this endpoint; the eleventh blocks it. */
static void note_error(struct exact_call *c)
{
    int status = c->call->http->status;
    struct table *t = world_table(c->world, "_velocity");
    const char *key = velocity_key(c);
    struct doc *d = table_get(t, key);
    if (status != 400 && status != 401 && status != 403 && status != 404)
        return;
    if (!d) {
        d = doc_object();
        doc_set(d, "times", doc_list());
        table_put(t, key, d);
    }
    struct doc *times = doc_get(d, "times");
    int64_t first = 0;
    doc_add(times, doc_int(c->call->now_ms));
    while (doc_as_int(doc_at(times, 0), &first) &&
           first < c->call->now_ms - HOUR_MS)
        doc_remove(times, 0);
    if (doc_count(times) > ERRORS_AN_HOUR)
        doc_set_int(d, "until_ms", c->call->now_ms + HOUR_MS);
    table_touch(t, key);
}

/* ---------------------------------------------------------------- rights */
/* "*", or names with ; between. */
static bool has_scope(const struct doc *token, const char *scope)
{
    struct text all = text_of(doc_str(token, "scopes"));
    if (text_is(all, "*") || !*scope)
        return true;
    while (all.len > 0) {
        size_t at;
        if (!text_find(all, TEXT(";"), &at))
            at = all.len;
        if (text_is(text_slice(all, 0, at), scope))
            return true;
        all = at < all.len ? text_slice(all, at + 1, all.len - at - 1)
                           : TEXT_NONE;
    }
    return false;
}

static bool may_enter(struct exact_call *c)
{
    const struct doc *d =
        table_get(world_table(c->world, "_divisions"), c->division);
    const char *reason = doc_str(d, "reason");
    if (d && !*reason)
        return true;
    exact_refuse(c->call, 403, "Forbidden");
    call_answer_header(c->call, "Reason", "%s",
                       d ? reason : "NoDivisionAccess");
    return false;
}

/* ------------------------------------------------------------ single calls */
static void add_text(struct doc *d, const char *name, const char *value)
{
    doc_set_string(d, name, value);
}

static void serve_me(struct world *w, struct sandbox_call *call,
                     struct doc *token)
{
    struct exact_call c = { .world = w, .call = call, .arena = call->arena,
                            .token = token,
                            .entity = exact_entity_named(TEXT("Me")) };
    struct exact_select select;
    struct doc *row = doc_object(), *list = doc_list();
    bool english = world_switch_is(w, "language", "en");
    call->endpoint = "current/Me";
    if (!exact_read_select(&c, &select)) {
        doc_drop(row);
        doc_drop(list);
        return;
    }
    add_text(row, "UserID", exact_user_id(call->arena));
    doc_set(row, "CurrentDivision", doc_number(TEXT(DIVISION_MAIN)));
    doc_set(row, "AccountingDivision", doc_number(TEXT(DIVISION_MAIN)));
    add_text(row, "FullName", "Petra Beheerder");
    add_text(row, "UserName", "petra@tulip.example");
    add_text(row, "Email", "petra@tulip.example");
    add_text(row, "DivisionCustomerName", "Tulip Robotics B.V.");
    add_text(row, "Language", english ? "EN" : "NL");
    add_text(row, "LanguageCode", english ? "en-GB" : "nl-NL");
    doc_set_int(row, "Legislation", 1);
    doc_set_yesno(row, "IsClientUser", false);
    add_text(row, "ServerTime",
             arena_printf(call->arena, "/Date(%lld)/",
                          (long long)exact_local_ms(call->now_ms)));
    doc_set_int(row, "ServerUtcOffset", exact_offset_s(call->now_ms));
    doc_add(list, exact_render(&c, c.entity, row, &select));
    doc_drop(row);
    exact_answer_rows(&c, list, NULL, -1);
}

static void serve_rights(struct exact_call *c)
{
    struct text endpoint = call_param(c->call, "endpoint");
    struct text action = call_param(c->call, "action");
    struct doc *d = doc_object();
    const struct exact_entity *e;
    bool has = false;
    size_t trim = endpoint.len > 1 && endpoint.ptr[0] == '\'';
    endpoint = text_slice(endpoint, trim, endpoint.len - 2 * trim);
    for (size_t i = 0; (e = exact_entity_at(i)); i++)
        if (text_equal_nocase(endpoint, text_of(e->path)))
            has = has_scope(c->token, e->scope) &&
                  (!text_equal_nocase(action, TEXT("'POST'")) ||
                   strchr(e->verbs, 'C'));
    doc_set_yesno(d, "UserHasRights", has);
    exact_answer(c->call, 200, d);
}

/* Where sync begins for a date (argument names unverified). */
static void serve_sync_timestamp(struct exact_call *c)
{
    struct text modified = call_param(c->call, "modified");
    struct text endpoint = call_param(c->call, "endPoint");
    const struct exact_entity *e;
    int64_t micros = 0, best = INT64_MAX;
    size_t quote;
    bool offset;
    if (text_find(modified, TEXT("'"), &quote))
        modified = text_slice(modified, quote + 1, modified.len - quote - 2);
    datetime_parse(modified, &micros, &offset);
    for (size_t i = 0; (e = exact_entity_at(i)); i++) {
        const struct table *t =
            exact_table(c->world, c->division, e->name);
        size_t at;
        if (!*e->sync_path ||
            (endpoint.len > 2 && !text_find(endpoint, text_of(e->name), &at)))
            continue;
        for (size_t j = 0; j < table_end(t); j++) {
            const struct doc *row = table_at(t, j);
            int64_t version = doc_whole(row, "_version", INT64_MAX);
            if (row && doc_whole(row, "Modified", 0) >= micros / 1000 &&
                version < best)
                best = version;
        }
    }
    struct doc *d = doc_object(), *list = doc_list();
    doc_set_string(d, "Modified",
                   arena_printf(c->arena, "/Date(%lld)/",
                                (long long)(micros / 1000)));
    doc_set_text(d, "API", endpoint);
    doc_set_string(d, "TimeStampAsBigInt",
                   arena_printf(c->arena, "%lld",
                                (long long)(best == INT64_MAX ? 1 : best - 1)));
    doc_add(list, d);
    exact_answer_rows(c, list, NULL, -1);
}

/* -------------------------------------------------------------- resources */
/* "hrm/Costcenters(guid'…')/$count": parts of what follows the company. */
struct address {
    struct text path;  /* without the key */
    struct text key;   /* unquoted */
    bool has_key;
    struct text after; /* "$count" or a collection */
};

static struct address split_address(struct text t)
{
    struct address a = { .path = t };
    size_t open, close, slash;
    if (text_find(t, TEXT("("), &open) && text_find(t, TEXT(")"), &close) &&
        close > open) {
        a.path = text_slice(t, 0, open);
        a.key = text_slice(t, open + 1, close - open - 1);
        a.has_key = true;
        if (close + 2 < t.len)
            a.after = text_slice(t, close + 2, t.len - close - 2);
        if (text_find(a.key, TEXT("'"), &slash) && a.key.len > slash + 1)
            a.key = text_slice(a.key, slash + 1, a.key.len - slash - 2);
    } else if (text_ends(t, TEXT("/$count"))) {
        a.path = text_slice(t, 0, t.len - 7);
        a.after = TEXT("$count");
    }
    if (a.path.len > 0 && a.path.ptr[a.path.len - 1] == '/')
        a.path.len--;
    return a;
}

static const struct exact_entity *entity_at_path(struct text path,
                                                 enum exact_kind *kind)
{
    const struct exact_entity *e;
    for (size_t i = 0; (e = exact_entity_at(i)); i++) {
        bool regular = text_equal_nocase(path, text_of(e->path));
        bool sync = *e->sync_path &&
                    text_equal_nocase(path, text_of(e->sync_path));
        bool bulk = *e->bulk_path &&
                    text_equal_nocase(path, text_of(e->bulk_path));
        if (!regular && !sync && !bulk)
            continue;
        *kind = sync ? KIND_SYNC : bulk ? KIND_BULK : KIND_REGULAR;
        return e;
    }
    return NULL;
}

static void read_one(struct exact_call *c, const char *key)
{
    struct exact_select select;
    const struct doc *row =
        table_get(exact_table(c->world, c->division, c->entity->name), key);
    if (!row) {
        exact_refuse(c->call, (int)limit_of(c->world, "unknown_key"),
                     "Not found");
        return;
    }
    if (exact_read_select(c, &select))
        exact_answer_row(c, 200,
                         exact_render(c, c->entity, row, &select));
}

static void read_lines(struct exact_call *c, const struct address *a)
{
    const struct exact_entity *header = c->entity;
    const struct exact_field *f = exact_field_of(header, a->after);
    const struct exact_entity *lines =
        f && f->type == 'c' ? exact_entity_named(f->refers) : NULL;
    if (!lines) {
        exact_refuse(c->call, 404, "Resource not found");
        return;
    }
    c->entity = lines;
    exact_list_children(c, header->parent_field, text_cstr(c->arena, a->key));
}

static void serve_get(struct exact_call *c, const struct address *a)
{
    if (text_is(a->after, "$count"))
        exact_count(c);
    else if (a->has_key && a->after.len > 0)
        read_lines(c, a);
    else if (a->has_key)
        read_one(c, text_cstr(c->arena, a->key));
    else
        exact_list(c);
}

static void serve_verb(struct exact_call *c, const struct address *a)
{
    const char *verbs = c->kind == KIND_REGULAR ? c->entity->verbs : "R";
    const char *key = text_cstr(c->arena, a->key);
    if (call_is(c->call, "GET"))
        serve_get(c, a);
    else if (call_is(c->call, "POST") && strchr(verbs, 'C') && !a->has_key)
        exact_create(c);
    else if (call_is(c->call, "PUT") && strchr(verbs, 'U') && a->has_key)
        exact_update(c, key);
    else if (call_is(c->call, "DELETE") && strchr(verbs, 'D') && a->has_key)
        exact_delete(c, key);
    else
        exact_refuse(c->call, 405, "Method not allowed");
}

static void serve_resource(struct exact_call *c, const struct address *a)
{
    if (text_equal_nocase(a->path, TEXT("users/UserHasRights"))) {
        serve_rights(c);
    } else if (text_equal_nocase(a->path,
                                 TEXT("read/sync/Sync/SyncTimestamp"))) {
        serve_sync_timestamp(c);
    } else if (!c->entity) {
        exact_refuse(c->call, 404, "Resource not found");
    } else if (!has_scope(c->token, c->entity->scope)) {
        exact_refuse(c->call, 403,
                     "Forbidden: the application scope was violated, missing "
                     "'%s'",
                     c->entity->scope);
    } else {
        serve_verb(c, a);
    }
}

/* "/api/v1/123456/hrm/Costcenters" and the like. */
static void serve_division(struct world *w, struct sandbox_call *call,
                           struct doc *token, struct text rest)
{
    struct exact_call c = { .world = w, .call = call, .arena = call->arena,
                            .token = token };
    size_t slash;
    if (text_starts(rest, TEXT("beta/")))
        rest = text_slice(rest, 5, rest.len - 5);
    if (!text_find(rest, TEXT("/"), &slash)) {
        exact_refuse(call, 404, "Resource not found");
        return;
    }
    c.division = text_cstr(c.arena, text_slice(rest, 0, slash));
    struct address a =
        split_address(text_slice(rest, slash + 1, rest.len - slash - 1));
    if (text_equal_nocase(a.path, TEXT("system/AllDivisions"))) {
        c.all_divisions = true;
        a.path = TEXT("system/Divisions");
    }
    c.entity = entity_at_path(a.path, &c.kind);
    call->endpoint = c.entity && c.kind == KIND_SYNC   ? c.entity->sync_path
                     : c.entity && c.kind == KIND_BULK ? c.entity->bulk_path
                     : c.entity                        ? c.entity->path
                                                       : "unknown";
    if (is_blocked(&c))
        return;
    if (may_enter(&c) && within_limits(&c))
        serve_resource(&c, &a);
    note_error(&c);
}

static void serve(struct world *w, struct sandbox_call *call)
{
    struct text api = TEXT("/api/v1/");
    if (text_is(call->path, "/api/oauth2/token")) {
        exact_serve_token(w, call);
        return;
    }
    if (text_is(call->path, "/api/oauth2/auth")) {
        exact_serve_authorize(w, call);
        return;
    }
    if (!text_starts(call->path, api)) {
        call_answer_text(call, 404, "text/html", "<h1>Not found</h1>\n");
        return;
    }
    struct doc *token = exact_caller(w, call);
    if (!token)
        return;
    struct text rest = text_slice(call->path, api.len,
                                  call->path.len - api.len);
    if (text_equal_nocase(rest, TEXT("current/Me")))
        serve_me(w, call, token);
    else
        serve_division(w, call, token, rest);
}

/* ---------------------------------------------------------------- control */
static void answer_done(struct sandbox_call *call, const char *value)
{
    struct doc *d = doc_object();
    doc_set_yesno(d, "ok", true);
    doc_set_string(d, "value", value);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

/* Every access token ends now, in the middle of whatever runs. */
static void expire(struct world *w)
{
    struct table *t = world_table(w, "_access");
    for (size_t i = 0; i < table_end(t); i++)
        if (table_at(t, i)) {
            doc_set_int(table_at(t, i), "ends_ms", 0);
            table_touch(t, table_key_at(t, i));
        }
}

static void make_token(struct world *w, struct sandbox_call *call)
{
    struct text region = call_param(call, "region");
    const char *chain = exact_new_chain(
        w, call->arena, text_cstr(call->arena, call_param(call, "scopes")),
        region.len ? text_cstr(call->arena, region) : "nl");
    const char *token = world_token(call->arena, "exa_");
    struct doc *access = doc_object();
    doc_set_string(access, "chain", chain);
    doc_set_int(access, "ends_ms", call->now_ms + 600000);
    table_put(world_table(w, "_access"), token, access);
    answer_done(call, token);
}

/* close year= period=, open …: a financial period of the main company. */
static void set_period(struct world *w, struct sandbox_call *call, bool closed)
{
    struct table *t = exact_table(w, DIVISION_MAIN, "FinancialPeriods");
    for (size_t i = 0; i < table_end(t); i++) {
        struct doc *p = table_at(t, i);
        if (!p ||
            !text_equal(doc_as_text(doc_get(p, "FinYear")),
                        call_param(call, "year")) ||
            !text_equal(doc_as_text(doc_get(p, "FinPeriod")),
                        call_param(call, "period")))
            continue;
        doc_set_yesno(p, "_closed", closed);
        table_touch(t, table_key_at(t, i));
    }
    answer_done(call, "");
}

/* A record that was not there, made in the vendor's own screens. */
static struct doc *new_record(struct world *w, struct sandbox_call *call,
                              const char *division,
                              const struct exact_entity *e)
{
    const char *id = world_guid(w, call->arena);
    struct doc *row = exact_new_row(w, call->arena, division, e, id);
    doc_set_string(row, e->key, id);
    doc_set_text(row, "Code", call_param(call, "code"));
    exact_put(w, division, e, row);
    return row;
}

/* A change somebody made in the vendor's own screens: entity= code= (or
 * another field, by=) and a body with members, made when new=1; with gone=1
 * the row is deleted. division= names another company than the main one. */
static void edit(struct world *w, struct sandbox_call *call)
{
    const struct exact_entity *e =
        exact_entity_named(call_param(call, "entity"));
    struct text by = call_param(call, "by");
    struct text chosen = call_param(call, "division");
    const char *division = chosen.len > 0 ? text_cstr(call->arena, chosen)
                                          : DIVISION_MAIN;
    struct doc *row = e ? exact_find(w, division, e->name,
                                     by.len > 0 ? text_cstr(call->arena, by)
                                                : "Code",
                                     call_param(call, "code"))
                        : NULL;
    const struct doc *body = call_body(call);
    if (e && !row && call_param(call, "new").len > 0)
        row = new_record(w, call, division, e);
    if (!row) {
        exact_refuse(call, 404, "no such record");
        return;
    }
    const char *key = arena_strdup(call->arena, doc_str(row, e->key));
    if (call_param(call, "gone").len > 0) {
        exact_remove(w, division, e, key);
        exact_hook_event(w, division, e, key, "Delete");
    } else {
        for (void *it = doc_first(body); it; it = doc_next(body, it))
            doc_set(row, doc_name(it), doc_keep(doc_value(it)));
        exact_put(w, division, e, doc_keep(row));
        exact_hook_event(w, division, e, key, "Update");
    }
    answer_done(call, key);
}

static void set_division(struct world *w, struct sandbox_call *call)
{
    struct doc *d = doc_object();
    doc_set_text(d, "reason", call_param(call, "reason"));
    table_put(world_table(w, "_divisions"),
              text_cstr(call->arena, call_param(call, "division")), d);
    answer_done(call, "");
}

static bool control(struct world *w, struct sandbox_call *call,
                    struct text verb)
{
    if (text_is(verb, "expire")) {
        expire(w);
        answer_done(call, "");
    } else if (text_is(verb, "token")) {
        make_token(w, call);
    } else if (text_is(verb, "close") || text_is(verb, "open")) {
        set_period(w, call, text_is(verb, "close"));
    } else if (text_is(verb, "edit")) {
        edit(w, call);
    } else if (text_is(verb, "division")) {
        set_division(w, call);
    } else {
        return false;
    }
    return true;
}

static bool fail(struct world *w, struct sandbox_call *call, int status)
{
    int64_t minute = call->now_ms / MINUTE_MS;
    if (status == 401) {
        exact_refuse_access(w, call);
    } else if (status == 403) {
        exact_refuse(call, status, "Forbidden");
    } else if (status == 404) {
        exact_refuse(call, status, "Resource not found");
    } else if (status == 429) {
        call_answer(call, status, NULL, TEXT(""));
        limit_headers(call, "X-RateLimit-Minutely", 60, 60,
                      (minute + 1) * MINUTE_MS);
    } else {
        return false;
    }
    return true;
}

static void sign_in(struct world *w)
{
    struct arena arena;
    arena_init(&arena);
    const char *chain = exact_new_chain(w, &arena, "*", "nl");
    endpoint_secret(w, "client_id", exact_client_id(&arena));
    endpoint_secret(w, "client_secret", "sandbox-client-secret");
    endpoint_secret(w, "refresh_token", exact_new_refresh(w, &arena, chain));
    endpoint_secret(w, "webhook_secret", "sandbox-webhook-secret");
    arena_fini(&arena);
}

const struct sandbox_vendor sandbox_exact = {
    .name = "exact",
    .title = "Exact Online",
    .switches = switches,
    .seed = exact_seed,
    .sign_in = sign_in,
    .serve = serve,
    .fail = fail,
    .control = control,
};
