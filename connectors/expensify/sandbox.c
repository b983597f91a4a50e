/* Expensify's sandbox: one address, jobs by type, key pairs, limits,
 * switches, control calls. What the jobs do is in the other files. */
#include "config.h"
#include "connectors/expensify/sandbox.h"

#include <stdlib.h>
#include <string.h>

#define PATH "/Integration-Server/ExpensifyIntegrations"
#define PLAIN "text/plain;charset=utf-8"
#define BURST 5
#define BURST_MS 10000
#define MINUTE 20
#define MINUTE_MS 60000

static const struct sandbox_switch switches[] = {
    { "ready_seconds", "2|*", "how long an export takes to be made" },
    { "early", "empty|404|object",
      "what a download before that gets (unverified)" },
    { "lost_file", "object|code",
      "a file that is not there: with a code in the body or without" },
    { "limit", "both|body|status",
      "where the 429 of a call too many stands (unverified)" },
    { "retry_after", "no|yes", "a 429 says how long to wait (unverified)" },
    { "signin", "body|status",
      "where the 401 of a wrong key pair stands (unverified)" },
    { "approved_after", "inclusive|exclusive",
      "whether approvedAfter keeps its own day (sources disagree)" },
    { "digits", "grouped|plain",
      "numbers printed without ?c have grouping signs (unverified)" },
    { "escape", "no|yes", "merchants and comments come HTML-escaped" },
    { "json_type", "mixed|plain|json", "content type of JSON answers" },
    { "blank_numbers", "blank|zero",
      "what modifiedAmount is where nobody edited" },
    { "template_error", "refuse|file",
      "where a template's fault shows (unverified)" },
    { "label_filter", "yes|no",
      "markedAsExported leaves labelled reports out" },
    { "time", "blank|t", "date-times with a blank or a T (unverified)" },
    { NULL, NULL, NULL },
};

/* -------------------------------------------------------------- answers */
static const char *json_type(const struct job *j)
{
    bool policy = j->description && j->input &&
                  strcmp(doc_str(j->description, "type"), "create") == 0 &&
                  strcmp(doc_str(j->input, "type"), "policy") == 0;
    if (world_switch_is(j->world, "json_type", "json") ||
        (policy && world_switch_is(j->world, "json_type", "mixed")))
        return "application/json";
    return PLAIN;
}

static void answer_json(struct job *j, int status, struct doc *body)
{
    call_answer_doc(j->call, status, body, DOC_COMPACT);
    j->call->http->content_type = json_type(j);
}

void expensify_job_answer(struct job *j, struct doc *body)
{
    if (!doc_get(body, "responseCode"))
        doc_set_int(body, "responseCode", 200);
    answer_json(j, 200, body);
}

static struct doc *code_and_message(int code, const char *message)
{
    struct doc *d = doc_object();
    doc_set_string(d, "responseMessage", message);
    doc_set_int(d, "responseCode", code);
    return d;
}

void expensify_job_refuse(struct job *j, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *why = arena_vprintf(j->arena, format, args);
    va_end(args);
    answer_json(j, 200, code_and_message(code, why));
}

const char *expensify_job_text(struct job *j, const struct doc *d,
                               const char *name)
{
    return text_cstr(j->arena, doc_as_text(doc_get(d, name)));
}

bool expensify_list_has(struct text list, struct text word)
{
    while (list.len > 0) {
        size_t at;
        if (!text_find(list, TEXT(","), &at))
            at = list.len;
        if (text_equal(text_trim(text_slice(list, 0, at)), word))
            return true;
        list = at < list.len ? text_slice(list, at + 1, list.len - at - 1)
                             : TEXT_NONE;
    }
    return false;
}

struct doc *expensify_find_policy(struct world *w, const char *id)
{
    return table_get(world_table(w, "policies"), id);
}

struct doc *expensify_find_account(struct world *w, const char *email)
{
    return table_get(world_table(w, "accounts"), email);
}

bool expensify_is_policy_admin(const struct job *j, const char *policy)
{
    const struct doc *p = expensify_find_policy(j->world, policy);
    return p && expensify_list_has(text_of(doc_str(p, "_admins")),
                                   text_of(doc_str(j->caller, "email")));
}

/* --------------------------------------------------------------- sign-in */
static void sign_in(struct world *w)
{
    struct arena arena;
    struct doc *key = doc_object();
    arena_init(&arena);
    const char *secret = world_token(&arena, "");
    doc_set_string(key, "secret", secret);
    doc_set_string(key, "email", ADMIN);
    table_put(world_table(w, "_keys"), "aa_carla_tulip_example", key);
    table_remove(world_table(w, "_calls"), "aa_carla_tulip_example");
    endpoint_secret(w, "partner_user_id", "aa_carla_tulip_example");
    endpoint_secret(w, "partner_user_secret", secret);
    arena_fini(&arena);
}

static const char *job_id(struct job *j)
{
    return expensify_job_text(j, doc_get(j->description, "credentials"),
                              "partnerUserID");
}

static bool knows_caller(struct job *j)
{
    const struct doc *c = doc_get(j->description, "credentials");
    const char *id = expensify_job_text(j, c, "partnerUserID");
    const struct doc *key = table_get(world_table(j->world, "_keys"), id);
    if (key && strcmp(doc_str(key, "secret"),
                      expensify_job_text(j, c, "partnerUserSecret")) == 0)
        j->caller = expensify_find_account(j->world, doc_str(key, "email"));
    if (j->caller)
        return true;
    if (world_switch_is(j->world, "signin", "status"))
        call_answer_text(j->call, 401, "text/html",
                         "<html><body>401 - Unauthorized</body></html>\n");
    else
        expensify_job_refuse(j, 401, "Authentication error");
    return false;
}

/* ---------------------------------------------------------------- limits */
static size_t calls_since(const struct doc *times, int64_t from_ms)
{
    size_t n = 0;
    for (size_t i = 0; i < doc_count(times); i++) {
        int64_t at;
        n += doc_as_int(doc_at(times, i), &at) && at > from_ms;
    }
    return n;
}

static void answer_too_fast(struct job *j)
{
    struct doc *d = code_and_message(
        429, "Too many requests. Wait before you send the next one, or write "
             "to concierge@expensify.com");
    const char *where = world_switch(j->world, "limit");
    if (strcmp(where, "status") == 0)
        doc_unset(d, "responseCode");
    answer_json(j, strcmp(where, "body") == 0 ? 200 : 429, d);
    if (world_switch_is(j->world, "retry_after", "yes"))
        call_answer_header(j->call, "Retry-After", "10");
}

static bool in_time(struct job *j)
{
    struct table *t = world_table(j->world, "_calls");
    const char *pair = job_id(j);
    int64_t now = j->call->now_ms;
    struct doc *row = table_get(t, pair);
    struct doc *times = doc_get(row, "times");
    struct doc *kept = doc_list();
    if (calls_since(times, now - BURST_MS) >= BURST ||
        calls_since(times, now - MINUTE_MS) >= MINUTE) {
        doc_drop(kept);
        answer_too_fast(j);
        return false;
    }
    for (size_t i = 0; i < doc_count(times); i++) {
        int64_t at;
        if (doc_as_int(doc_at(times, i), &at) && at > now - MINUTE_MS)
            doc_add(kept, doc_int(at));
    }
    doc_add(kept, doc_int(now));
    row = doc_object();
    doc_set(row, "times", kept);
    table_put(t, pair, row);
    return true;
}

/* -------------------------------------------------------------- dispatch */
struct job_type {
    const char *type;
    void (*serve)(struct job *j);
};

static const struct job_type job_types[] = {
    { "file", expensify_export_serve },
    { "download", expensify_download_serve },
    { "reconciliation", expensify_reconciliation_serve },
    { "get", expensify_get_serve },
    { "create", expensify_create_serve },
    { "update", expensify_update_serve },
};

static void run_job(struct job *j)
{
    const char *type = expensify_job_text(j, j->description, "type");
    j->call->endpoint = "other";
    for (size_t i = 0; i < sizeof job_types / sizeof *job_types; i++)
        if (strcmp(type, job_types[i].type) == 0) {
            j->call->endpoint = job_types[i].type;
            job_types[i].serve(j);
            return;
        }
    expensify_job_refuse(j, 410, "Argument 'type' is missing or malformed");
}

static void serve_form(struct job *j)
{
    struct error ignored = { 0 };
    struct text type = call_header(j->call, "Content-Type");
    struct text text = call_form(j->call, "requestJobDescription");
    if (!text_starts(type, TEXT("application/x-www-form-urlencoded")))
        text = TEXT_NONE;
    j->description = text.len ? doc_parse(text, &ignored) : NULL;
    if (doc_kind(j->description) != DOC_OBJECT) {
        call_answer_text(j->call, 500, "text/html",
                         "<html><body>500 - Internal Server Error"
                         "</body></html>\n");
        return;
    }
    j->input = doc_get(j->description, "inputSettings");
    if (knows_caller(j) && in_time(j))
        run_job(j);
}

static void serve_call(struct world *w, struct sandbox_call *call)
{
    struct job j = { .world = w, .call = call, .arena = call->arena };
    if (!text_is(call->path, PATH)) {
        call->endpoint = "elsewhere";
        call_answer_text(call, 404, "text/html",
                         "<html><body>404 - Not Found</body></html>\n");
        return;
    }
    serve_form(&j);
    doc_drop(j.description);
}

static bool fail(struct world *w, struct sandbox_call *call, int status)
{
    struct job j = { .world = w, .call = call, .arena = call->arena };
    if (status != 401 && status != 403 && status != 429)
        return false;
    answer_json(&j, status,
                code_and_message(status, status == 429 ? "Too many requests"
                                         : status == 401
                                             ? "Authentication error"
                                             : "Invalid Credentials"));
    return true;
}

/* key id= secret= email=: another key pair. */
static bool control(struct world *w, struct sandbox_call *call,
                    struct text verb)
{
    struct doc *row;
    if (!text_is(verb, "key"))
        return false;
    row = doc_object();
    doc_set_text(row, "secret", call_param(call, "secret"));
    doc_set_text(row, "email", call_param(call, "email"));
    table_put(world_table(w, "_keys"),
              text_cstr(call->arena, call_param(call, "id")), row);
    call_answer_text(call, 200, "application/json", "{\"ok\":true}");
    return true;
}

const struct sandbox_vendor sandbox_expensify = {
    .name = "expensify",
    .title = "Expensify",
    .switches = switches,
    .seed = expensify_seed,
    .sign_in = sign_in,
    .serve = serve_call,
    .pass_time = expensify_exports_end,
    .fail = fail,
    .control = control,
};
