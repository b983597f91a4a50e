/* BILL's sandbox: switches, sessions, limits, what time brings, dispatch.
 * Lists, writing, payments and events have files of their own. */
#include "config.h"
#include "connectors/bill/sandbox.h"

#include "base/date.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MS (35 * 60 * INT64_C(1000))
#define SYNC_IDLE_MS (48 * HOUR_MS)
#define LOGINS_MAX 200
#define CONCURRENT_MAX 3
#define DEVICE_MAX 40
#define REMEMBERED_MS (30 * DAY_MS)
#define MFA_CODE "123456"

static const struct sandbox_switch switches[] = {
    { "limit_status", "422|429|400",
      "status of BDC_1144 and BDC_1322 (unverified)" },
    { "login_status", "401|400|403",
      "status of BDC_1101, BDC_1102 and BDC_1105 (unverified)" },
    { "hour_limit", "20000|*", "requests an hour and developer key" },
    { "errors", "array|object|page",
      "shape of error bodies; the gateway sends the other two" },
    { "archived_in_list", "no|yes",
      "does a list without a filter hold archived records (unverified)" },
    { "paging", "anchor|offset",
      "what a page token holds: the last record or a count (unverified)" },
    { "empty_page", "never|sometimes|always",
      "pages without records that still name a next page" },
    { "list_end", "absent|null", "how nextPage tells the end" },
    { "thin_lists", "yes|no|much",
      "rows of a list lack members; much: lines and addresses too" },
    { "archived_filter", "yes|no",
      "classifications can be filtered by archived (unverified)" },
    { "bulk_partial", "no|yes",
      "of a refused bulk of vendors or classifications the first are made "
      "(unverified)" },
    { "unknown", "ignore|refuse", "members nobody knows (unverified)" },
    { "null", "clear|refuse|ignore",
      "a null in a PATCH (unverified)" },
    { "trust", "needed|open",
      "payments want a trusted session (documented for production)" },
    { "archive_moves", "yes|no",
      "archiving moves updatedTime (unverified)" },
    { "callback", "loopback|https", "where events may go" },
    { "hook_seconds", "2|*", "how late events come" },
    { "hook_twice", "sometimes|never|always", "events that come twice" },
    { "hook_tries", "3|*", "attempts until a subscription is switched off "
      "(unverified)" },
    { "hook_again_seconds", "60|*", "between attempts (unverified)" },
    { "hook_body", "object|text",
      "the event itself, or a JSON text that holds it" },
    { "key_path", "security_key|security-key",
      "path of the call for a new key (sources disagree)" },
    { NULL, NULL, NULL },
};

/* --------------------------------------------------------------- answers */
const char *bill_time(struct arena *arena, int64_t ms)
{
    char text[32];
    datetime_print(ms / 1000 * 1000000, text);
    return arena_printf(arena, "%.19s.%03dZ", text, (int)(ms % 1000));
}

void bill_fault(struct sandbox_call *call, struct doc *faults,
                const char *code, const char *format, ...)
{
    struct doc *d = doc_object();
    va_list args;
    va_start(args, format);
    const char *why = arena_vprintf(call->arena, format, args);
    va_end(args);
    doc_set_string(d, "timestamp", bill_time(call->arena, call->now_ms));
    if (code)
        doc_set_string(d, "code", code);
    doc_set_string(d, "severity", "ERROR");
    doc_set_string(d, "category", "REQUEST");
    doc_set_string(d, "message", why);
    doc_add(faults, d);
}

void bill_refuse_all(struct sandbox_call *call, int status,
                     struct doc *faults)
{
    if (world_switch_is(call->world, "errors", "page")) {
        call_answer_text(call, status, "text/html; charset=utf-8",
                         "<html><body><h1>%d</h1></body></html>\n", status);
    } else if (world_switch_is(call->world, "errors", "object")) {
        struct doc *d = doc_object();
        doc_set_string(d, "message", doc_str(doc_at(faults, 0), "message"));
        call_answer_doc(call, status, d, DOC_COMPACT);
    } else {
        call_answer_doc(call, status, faults, DOC_COMPACT);
        return;
    }
    doc_drop(faults);
}

void bill_refuse(struct sandbox_call *call, int status, const char *code,
                 const char *format, ...)
{
    struct doc *faults = doc_list();
    va_list args;
    va_start(args, format);
    const char *why = arena_vprintf(call->arena, format, args);
    va_end(args);
    bill_fault(call, faults, code, "%s", why);
    bill_refuse_all(call, status, faults);
}

void bill_not_found(struct sandbox_call *call)
{
    bill_refuse(call, 404, "BDC_1205", "The object does not exist");
}

static struct doc *render_value(struct doc *value)
{
    if (doc_kind(value) == DOC_OBJECT)
        return bill_render(value, "");
    if (doc_kind(value) != DOC_LIST)
        return doc_keep(value);
    struct doc *list = doc_list();
    for (size_t i = 0; i < doc_count(value); i++)
        doc_add(list, render_value(doc_at(value, i)));
    return list;
}

struct doc *bill_render(const struct doc *row, const char *thin)
{
    struct doc *out = doc_object();
    for (void *it = doc_first(row); it; it = doc_next(row, it)) {
        const char *name = doc_name(it);
        if (name[0] == '_' || !doc_is_present(doc_value(it)) ||
            list_names(thin, text_of(name)))
            continue;
        doc_set(out, name, render_value(doc_value(it)));
    }
    return out;
}

const char *bill_new_id(struct world *w, struct arena *arena,
                        const char *prefix)
{
    return arena_printf(arena, "%s02SBX%011lld", prefix,
                        (long long)world_next(w, prefix));
}

void bill_put(struct world *w, const struct bill_type *t, struct doc *row,
              const char *event)
{
    int64_t now = world_now_ms(w), old = doc_whole(row, "_changed", 0);
    struct arena arena;
    arena_init(&arena);
    if (now <= old)
        now = old + 1;
    doc_set_int(row, "_changed", now);
    doc_set_string(row, "updatedTime", bill_time(&arena, now));
    doc_keep(row);
    table_put(world_table(w, t->table),
              arena_strdup(&arena, doc_str(row, "id")), row);
    if (event && t->has_events)
        bill_event(w, t, row, event);
    doc_drop(row);
    arena_fini(&arena);
}

/* ---------------------------------------------------------------- limits */
/* Counts within the clock hour; false when the limit is passed. */
static bool count_hour(struct world *w, const char *what, int64_t limit,
                       int64_t now_ms)
{
    struct table *t = world_table(w, "_limits");
    struct doc *row = table_get(t, what);
    int64_t hour = now_ms / HOUR_MS, count;
    if (!row || doc_whole(row, "hour", 0) != hour) {
        row = doc_object();
        doc_set_int(row, "hour", hour);
        doc_set_int(row, "count", 0);
        table_put(t, what, row);
    }
    count = doc_whole(row, "count", 0) + 1;
    doc_set_int(row, "count", count); /* in memory: a restart forgets it */
    return count <= limit;
}

static int switch_number(struct world *w, const char *name)
{
    return (int)strtol(world_switch(w, name), NULL, 10);
}

static bool within_limits(struct world *w, struct sandbox_call *call)
{
    int status = switch_number(w, "limit_status");
    if (call->in_flight > CONCURRENT_MAX) {
        bill_refuse(call, status, "BDC_1322",
                    "More than %d requests at once", CONCURRENT_MAX);
        return false;
    }
    if (!count_hour(w, "requests", switch_number(w, "hour_limit"),
                    call->now_ms)) {
        bill_refuse(call, status, "BDC_1144",
                    "The limit of requests an hour is reached");
        return false;
    }
    return true;
}

/* --------------------------------------------------------------- session */
static const char *member(const struct sandbox_call *call,
                          const struct doc *body, const char *name)
{
    const struct doc *d = doc_get(body, name);
    return doc_kind(d) == DOC_TEXT ? text_cstr(call->arena, doc_as_text(d))
                                   : "";
}

static bool is_remembered(struct world *w, struct sandbox_call *call,
                          const struct doc *body)
{
    const struct doc *row = table_get(world_table(w, "_remembered"),
                                      member(call, body, "rememberMeId"));
    return row &&
           strcmp(doc_str(row, "device"), member(call, body, "device")) == 0 &&
           call->now_ms - doc_whole(row, "made_ms", 0) < REMEMBERED_MS;
}

/* NULL: the credentials are fine. */
static const char *login_fault(struct sandbox_call *call,
                               const struct doc *body, bool *sync,
                               const char **why)
{
    const char *user = member(call, body, "username");
    const char *password = member(call, body, "password");
    *sync = strcmp(user, SANDBOX_SYNC_NAME) == 0;
    *why = "Bad developer key";
    if (strcmp(member(call, body, "devKey"), SANDBOX_KEY) != 0)
        return "BDC_1102";
    *why = "The organization may not use the API";
    if (strcmp(member(call, body, "organizationId"), SANDBOX_ORGANIZATION) != 0)
        return "BDC_1105";
    *why = "Wrong user name or password";
    if (*sync ? strcmp(password, SANDBOX_SYNC_TOKEN) != 0
              : strcmp(user, SANDBOX_USER) != 0 ||
                    strcmp(password, SANDBOX_PASSWORD) != 0)
        return "BDC_1101";
    return NULL;
}

static bool login_is_whole(struct sandbox_call *call, const struct doc *body)
{
    static const char *const names[] = { "username", "password",
                                         "organizationId", "devKey" };
    struct text type = call_header(call, "Content-Type");
    struct doc *faults = doc_list();
    if (!text_starts(type, TEXT("application/json")) ||
        doc_kind(body) != DOC_OBJECT)
        bill_fault(call, faults, "BDC_1143", "a login is a JSON object");
    for (size_t i = 0; doc_kind(body) == DOC_OBJECT && i < 4; i++)
        if (*member(call, body, names[i]) == '\0')
            bill_fault(call, faults, i % 2 == 0 ? "BDC_1143" : NULL,
                       "%s: must not be blank", names[i]);
    if (doc_count(faults) == 0) {
        doc_drop(faults);
        return true;
    }
    bill_refuse_all(call, 400, faults);
    return false;
}

static void serve_login(struct world *w, struct sandbox_call *call)
{
    const struct doc *body = call_body(call);
    bool sync, trusted;
    const char *why, *code;
    call->endpoint = "login";
    if (!count_hour(w, "logins", LOGINS_MAX, call->now_ms)) {
        bill_refuse(call, switch_number(w, "limit_status"), "BDC_1144",
                    "More than %d logins an hour", LOGINS_MAX);
        return;
    }
    if (!login_is_whole(call, body))
        return;
    code = login_fault(call, body, &sync, &why);
    if (code) {
        bill_refuse(call, switch_number(w, "login_status"), code, "%s", why);
        return;
    }
    trusted = !sync && is_remembered(w, call, body);
    const char *id = world_token(call->arena, "");
    struct doc *row = doc_object();
    doc_set_string(row, "devKey", SANDBOX_KEY);
    doc_set_yesno(row, "sync", sync);
    doc_set_yesno(row, "trusted", trusted);
    doc_set_int(row, "used_ms", call->now_ms);
    table_put(world_table(w, "_sessions"), id, row);
    struct doc *d = doc_object();
    doc_set_string(d, "sessionId", id);
    doc_set_string(d, "organizationId", SANDBOX_ORGANIZATION);
    doc_set_string(d, "userId", SANDBOX_USER_ID);
    doc_set_yesno(d, "trusted", trusted);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static struct doc *session_of(struct world *w, struct sandbox_call *call)
{
    struct doc *row = table_get_text(world_table(w, "_sessions"),
                                     call_header(call, "sessionId"));
    int64_t idle = row && doc_is_true(doc_get(row, "sync")) ? SYNC_IDLE_MS
                                                            : IDLE_MS;
    if (!row || call->now_ms - doc_whole(row, "used_ms", 0) >= idle ||
        !text_is(call_header(call, "devKey"), doc_str(row, "devKey"))) {
        bill_refuse(call, 401, "BDC_1109",
                    "Session is invalid. Please log in.");
        return NULL;
    }
    doc_set_int(row, "used_ms", call->now_ms);
    return row;
}

static void show_session(struct sandbox_call *call, const struct doc *session)
{
    bool trusted = doc_is_true(doc_get(session, "trusted"));
    struct doc *d = doc_object();
    doc_set_string(d, "organizationId", SANDBOX_ORGANIZATION);
    doc_set_string(d, "userId", SANDBOX_USER_ID);
    doc_set_string(d, "mfaStatus", trusted ? "COMPLETE" : "SETUP");
    doc_set_yesno(d, "mfaBypass", false);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void logout(struct world *w, struct sandbox_call *call)
{
    table_remove(world_table(w, "_sessions"),
                 text_cstr(call->arena, call_header(call, "sessionId")));
    call_answer(call, 200, "application/json", TEXT(""));
}

/* ------------------------------------------------------------------- MFA */
static void mfa_challenge(struct world *w, struct sandbox_call *call)
{
    const char *id = world_token(call->arena, "chl");
    struct doc *row = doc_object(), *d = doc_object();
    doc_set_int(row, "made_ms", call->now_ms);
    table_put(world_table(w, "_challenges"), id, row);
    doc_set_string(d, "challengeId", id);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void mfa_validate(struct world *w, struct sandbox_call *call)
{
    const struct doc *body = call_body(call);
    const char *device = member(call, body, "device");
    const char *challenge = member(call, body, "challengeId");
    if (!table_get(world_table(w, "_challenges"), challenge) ||
        strcmp(member(call, body, "token"), MFA_CODE) != 0) {
        bill_refuse(call, 400, "BDC_1356", "The code has ended");
        return;
    }
    if (*device == '\0' || strlen(device) > DEVICE_MAX) {
        bill_refuse(call, 400, "BDC_1143", "device: is not acceptable");
        return;
    }
    const char *id = world_token(call->arena, "rme");
    struct doc *row = doc_object(), *d = doc_object();
    doc_set_string(row, "device", device);
    doc_set_int(row, "made_ms", call->now_ms);
    table_put(world_table(w, "_remembered"), id, row);
    table_remove(world_table(w, "_challenges"), challenge);
    doc_set_string(d, "rememberMeId", id);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

static void mfa_step_up(struct world *w, struct sandbox_call *call,
                        struct doc *session)
{
    bool sync = doc_is_true(doc_get(session, "sync"));
    if (sync || !is_remembered(w, call, call_body(call))) {
        bill_refuse(call, 403, "BDC_1361", "Session is not trusted");
        return;
    }
    doc_set_yesno(session, "trusted", true);
    table_touch(world_table(w, "_sessions"),
                text_cstr(call->arena, call_header(call, "sessionId")));
    struct doc *d = doc_object();
    doc_set_yesno(d, "trusted", true);
    call_answer_doc(call, 200, d, DOC_COMPACT);
}

/* ---------------------------------------------------------- organization */
static void serve_organization(struct world *w, struct sandbox_call *call,
                               struct text id)
{
    struct table *t = world_table(w, "organizations");
    struct doc *row = table_get_text(t, id);
    call->endpoint = "organizations";
    if (!row) {
        bill_not_found(call);
        return;
    }
    if (call_is(call, "PATCH")) {
        const struct doc *body = call_body(call);
        for (void *it = doc_first(body); it; it = doc_next(body, it))
            if (strcmp(doc_name(it), "id") != 0)
                doc_set(row, doc_name(it), doc_keep(doc_value(it)));
        doc_set_string(row, "updatedTime",
                       bill_time(call->arena, call->now_ms));
        table_touch(t, text_cstr(call->arena, id));
        call_effect(call, "update", "organization", doc_str(row, "id"),
                    doc_str(row, "name"));
    } else if (!call_is(call, "GET")) {
        bill_refuse(call, 405, "BDC_1121", "No such call");
        return;
    }
    call_answer_doc(call, 200, bill_render(row, ""), DOC_COMPACT);
}

/* -------------------------------------------------------------- dispatch */
static void serve_one(struct world *w, struct sandbox_call *call,
                      const struct bill_type *t, struct text id)
{
    const struct doc *row = table_get_text(world_table(w, t->table), id);
    if (row)
        call_answer_doc(call, 200, bill_render(row, ""), DOC_COMPACT);
    else
        bill_not_found(call);
}

static void serve_type(struct world *w, struct sandbox_call *call,
                       const struct bill_type *t, struct text rest,
                       const struct doc *session)
{
    size_t slash;
    bool deep = text_find(rest, TEXT("/"), &slash);
    call->endpoint = t->path;
    if (call_is(call, "GET") && rest.len == 0)
        bill_serve_list(w, call, t);
    else if (call_is(call, "GET") && !deep)
        serve_one(w, call, t, rest);
    else if (strcmp(t->table, "payments") == 0)
        bill_serve_payment(w, call, rest, session);
    else if (text_is(rest, "record-payment") && call_is(call, "POST"))
        bill_record_payment(w, call);
    else
        bill_serve_write(w, call, t, rest, session);
}

static bool serve_session(struct world *w, struct sandbox_call *call,
                          struct text path, struct doc *session)
{
    bool post = call_is(call, "POST");
    if (text_is(path, "login/session") && call_is(call, "GET"))
        show_session(call, session);
    else if (text_is(path, "logout") && post)
        logout(w, call);
    else if (text_is(path, "mfa/challenge") && post)
        mfa_challenge(w, call);
    else if (text_is(path, "mfa/challenge/validate") && post)
        mfa_validate(w, call);
    else if (text_is(path, "mfa/step-up") && post)
        mfa_step_up(w, call, session);
    else
        return false;
    return true;
}

static void serve_v3(struct world *w, struct sandbox_call *call,
                     struct text path)
{
    struct text organizations = TEXT("organizations/"), rest;
    struct doc *session;
    const struct bill_type *t;
    if (text_is(path, "login") && call_is(call, "POST")) {
        serve_login(w, call);
        return;
    }
    if (!(session = session_of(w, call)) ||
        serve_session(w, call, path, session))
        return;
    if (text_starts(path, organizations))
        serve_organization(w, call,
                           text_slice(path, organizations.len,
                                      path.len - organizations.len));
    else if ((t = bill_type_of(path, &rest)))
        serve_type(w, call, t, rest, session);
    else
        bill_refuse(call, 404, "BDC_1121", "No such API");
}

static bool take_prefix(struct text *path, struct text prefix)
{
    if (!text_starts(*path, prefix))
        return false;
    *path = text_slice(*path, prefix.len, path->len - prefix.len);
    return true;
}

/* The roots …/connect and …/connect-events; the first may be left out. */
static void serve_call(struct world *w, struct sandbox_call *call)
{
    struct text path = call->path;
    call->endpoint = "other";
    if (!within_limits(w, call))
        return;
    if (take_prefix(&path, TEXT("/connect-events/v3/"))) {
        call->endpoint = "events";
        if (session_of(w, call))
            bill_serve_events(w, call, path);
        return;
    }
    take_prefix(&path, TEXT("/connect"));
    if (take_prefix(&path, TEXT("/v3/")))
        serve_v3(w, call, path);
    else
        bill_refuse(call, 404, "BDC_1121", "No such API");
}

static void sign_in(struct world *w)
{
    endpoint_secret(w, "dev_key", SANDBOX_KEY);
    endpoint_secret(w, "username", SANDBOX_SYNC_NAME);
    endpoint_secret(w, "password", SANDBOX_SYNC_TOKEN);
    endpoint_secret(w, "organization_id", SANDBOX_ORGANIZATION);
    endpoint_setting(w, "auth", "sync_token");
}

static bool fail(struct world *w, struct sandbox_call *call, int status)
{
    if (status == 401)
        bill_refuse(call, status, "BDC_1109",
                    "Session is invalid. Please log in.");
    else if (status == 403)
        bill_refuse(call, status, "BDC_1361", "Session is not trusted");
    else if (status == 404)
        bill_not_found(call);
    else if (status == 429)
        bill_refuse(call, switch_number(w, "limit_status"), "BDC_1322",
                    "More than %d requests at once", CONCURRENT_MAX);
    else if (status == 500)
        bill_refuse(call, status, "BDC_1001", "System failure");
    else
        return false;
    return true;
}

static void end_payment(struct world *w, struct doc *row, bool failed)
{
    const char *status = failed ? "FAILED" : "VOID";
    doc_set_string(row, "status", status);
    doc_set_string(row, "singleStatus", status);
    bill_put(w, bill_type_named("payments"), doc_keep(row),
             failed ? "failed" : "updated");
}

/* expire: ends all sessions. approve, deny bill=; pay, fail, void payment=:
 * what BILL itself does. */
static bool control(struct world *w, struct sandbox_call *call,
                    struct text verb)
{
    struct table *sessions = world_table(w, "_sessions");
    const struct bill_type *bills = bill_type_named("bills");
    struct doc *row;
    if (text_is(verb, "expire")) {
        for (size_t i = 0; i < table_end(sessions); i++)
            if (table_at(sessions, i))
                table_remove(sessions, table_key_at(sessions, i));
    } else if (text_is(verb, "approve") || text_is(verb, "deny")) {
        row = table_get_text(world_table(w, "bills"),
                             call_param(call, "bill"));
        if (!row)
            return false;
        doc_set_string(row, "approvalStatus",
                       text_is(verb, "approve") ? "APPROVED" : "DENIED");
        bill_put(w, bills, doc_keep(row), "updated");
    } else if (text_is(verb, "pay") || text_is(verb, "fail") ||
               text_is(verb, "void")) {
        row = table_get_text(world_table(w, "payments"),
                             call_param(call, "payment"));
        if (!row)
            return false;
        if (text_is(verb, "pay"))
            bill_pay(w, row);
        else
            end_payment(w, row, text_is(verb, "fail"));
    } else {
        return false;
    }
    struct doc *d = doc_object();
    doc_set_yesno(d, "ok", true);
    call_answer_doc(call, 200, d, DOC_COMPACT);
    return true;
}

const struct sandbox_vendor sandbox_bill = {
    .name = "bill",
    .title = "BILL",
    .switches = switches,
    .seed = bill_seed,
    .sign_in = sign_in,
    .serve = serve_call,
    .pass_time = bill_pay_due,
    .fail = fail,
    .posted = bill_posted,
    .control = control,
};
