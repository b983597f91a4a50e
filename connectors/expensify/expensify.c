/* Expensify: settings, credentials, writing and the verdict on answers. The
 * template and reading have files of their own. Facts:
 * connectors/expensify/README.md. */
#include "config.h"
#include "connectors/expensify/expensify.h"
#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"
#include "runtime/record.h"

#include <string.h>

#define ENDPOINT "/Integration-Server/ExpensifyIntegrations"
#define JOB "requestJobDescription="
#define LIMITED_MS (15 * 1000) /* after the 429 of a call too many */

static const struct setting_def settings[] = {
    { "policy", "text", NULL, false,
      "policy (workspace) ids, divided by commas; without it all reports the "
      "credentials see; categories and tags need it" },
    { "mark_exported", "text", NULL, false,
      "label put on a report once its entry is booked; labelled reports are "
      "left out of later reads. Without it nothing is marked" },
    { "limit", "number", NULL, false, "most reports of one export" },
    { "days_back", "number", "364", false,
      "how far a complete read looks back; a year is the vendor's limit" },
    { "currency", "text", "EUR", false, "currency of category limits" },
    { NULL, NULL, NULL, false, NULL },
};

static const struct secret_def secrets[] = {
    { "partner_user_id", true, "from expensify.com/tools/integrations" },
    { "partner_user_secret", true, "shown once; a new pair voids the old" },
    { NULL, false, NULL },
};

static const struct auth_scheme auth[] = {
    { "key pair", AUTH_BODY, secrets, 0, 0, 0, false, NULL, NULL },
    { NULL, AUTH_NONE, NULL, 0, 0, 0, false, NULL, NULL },
};

static const struct quota quotas[] = {
    { "burst", 5, -10 * 1000, false, "vendor manual: 5 in 10 seconds" },
    { "minute", 20, -60 * 1000, false, "vendor manual: 20 in 60 seconds" },
    { NULL, 0, 0, false, NULL },
};

static const char *const hosts[] = { "integrations.expensify.com", NULL };

/* ------------------------------------------------------------------- jobs */
void expensify_job(const struct connection_info *c, struct text job,
                   struct text template, bool writes, const char *endpoint,
                   struct arena *arena, struct request *out)
{
    struct buf form;
    buf_init(&form, (size_t)16 << 20);
    buf_str(&form, JOB);
    uri_encode(&form, job);
    if (template.len > 0)
        uri_form(&form, "template", template);
    *out = (struct request){
        .method = "POST",
        /* `url` may be the vendor's whole address */
        .path = text_ends(c->url, TEXT(ENDPOINT)) ? TEXT_NONE : TEXT(ENDPOINT),
        .body = buf_dup(arena, &form),
        .content_type = "application/x-www-form-urlencoded",
        .endpoint = endpoint,
        .writes = writes,
        .safe_to_repeat = !writes,
    };
    buf_fini(&form);
}

/* The key pair goes into the job's JSON just behind its first brace; before
 * that, no byte of the request is secret. */
static int authorize(const struct connection_info *c,
                     const struct credential *credential, struct arena *arena,
                     struct request *request, struct error *err)
{
    static const char head[] = JOB "%7B";
    struct text id = credential->get(credential, "partner_user_id");
    struct text secret = credential->get(credential, "partner_user_secret");
    struct buf pair, body;
    struct json_out w;
    if (id.len == 0 || secret.len == 0) {
        error_set(err, ERROR_SIGN_IN, "connection %.*s has no key pair",
                  TEXT_ARG(c->name));
        error_hint(err, "Run: mlc auth set %.*s", TEXT_ARG(c->name));
        return -1;
    }
    if (!text_starts(request->body, TEXT(head)))
        return 0;
    buf_init(&pair, 4096);
    buf_str(&pair, "\"credentials\":");
    w = json_out(&pair);
    json_begin_object(&w);
    json_put_string(&w, "partnerUserID", id);
    json_put_string(&w, "partnerUserSecret", secret);
    json_end_object(&w);
    buf_byte(&pair, ',');
    buf_init(&body, (size_t)16 << 20);
    buf_str(&body, head);
    uri_encode(&body, buf_view(&pair));
    buf_text(&body, text_slice(request->body, sizeof head - 1,
                               request->body.len - (sizeof head - 1)));
    request->body = buf_dup(arena, &body);
    buf_fini(&pair);
    buf_fini(&body);
    return 0;
}

/* -------------------------------------------------------------- verdicts */
static int code_of(const struct response *response)
{
    struct decimal d;
    int64_t n;
    if (json_decimal(json_get(response->body, "responseCode"), &d) &&
        decimal_to_int64(d, &n) && n > 0 && n < 1000)
        return (int)n;
    return 0;
}

/* Mistakes of the caller come as 500 too; what they are is in the words. */
static enum refusal mistake_of(struct text message, bool writes)
{
    if (text_starts(message, TEXT("Not authorized")))
        return REFUSAL_PERMISSION;
    if (text_starts(message, TEXT("Required parameter")) ||
        text_starts(message, TEXT("Column ")))
        return writes ? REFUSAL_VALUE : REFUSAL_REQUEST;
    return REFUSAL_NONE;
}

static void by_code(int code, struct text message, bool writes,
                    struct answer *out)
{
    out->kind = ANSWER_REFUSED;
    switch (code) {
    case 401:
        out->kind = ANSWER_SIGN_IN;
        break;
    case 403:
        out->refusal = REFUSAL_PERMISSION;
        break;
    case 404:
        out->refusal = REFUSAL_MISSING;
        break;
    case 410:
        out->refusal = writes ? REFUSAL_VALUE : REFUSAL_REQUEST;
        break;
    case 429:
        out->kind = ANSWER_WAIT;
        out->wait_ms = LIMITED_MS;
        break;
    case 666:
        out->refusal = REFUSAL_DUPLICATE;
        break;
    default:
        out->refusal = mistake_of(message, writes);
        if (out->refusal == REFUSAL_NONE)
            out->kind = ANSWER_FAILED;
    }
}

/* Bad credentials have been seen as a page that says so. */
static bool is_credentials_page(const struct response *response)
{
    size_t at;
    return response->status == 403 &&
           text_find(response->body, TEXT("Invalid Credentials"), &at);
}

bool expensify_classify(const struct response *response, bool writes,
                        struct arena *arena, struct answer *out)
{
    struct text message =
        json_get_text(arena, response->body, "responseMessage");
    int code = code_of(response);
    int64_t seconds = 0;
    *out = (struct answer){ .kind = ANSWER_DONE, .status = response->status };
    if (code == 0 && message.len > 0)
        code = 404; /* file not found comes without a code */
    if (code == 0 && response->status / 100 != 2)
        code = response->status;
    if (is_credentials_page(response))
        code = 401;
    if (code == 0 || code == 200 || code == 207)
        return false;
    out->reason = message.len > 0
                      ? message
                      : text_of(arena_printf(arena, "Expensify answered %d",
                                             code));
    by_code(code, message, writes, out);
    if (json_int64(response_header(response, "Retry-After"), &seconds) &&
        seconds > 0)
        out->wait_ms = seconds * 1000;
    return true;
}

/* --------------------------------------------------------------- writing */
static bool all(void *ctx, const struct field *field)
{
    (void)ctx;
    return !field->read_only && !text_is(field->name, "employeeEmail");
}

static int new_expense(const struct write_item *item, struct buf *job,
                       struct error *err)
{
    const struct value *email =
        record_get(item->record, TEXT("employeeEmail"));
    buf_str(job, "{\"type\":\"create\",\"inputSettings\":{"
                 "\"type\":\"expenses\",\"employeeEmail\":");
    if (email && email->tag == VALUE_TEXT)
        buf_json_string(job, value_as_text(email));
    else
        buf_str(job, "\"\"");
    buf_str(job, ",\"transactionList\":[");
    if (record_encode(item->record, all, NULL, job, err) != 0)
        return -1;
    buf_str(job, "]}}");
    return 0;
}

static int category(const struct connection_info *c,
                    const struct write_item *item, struct buf *job,
                    struct error *err)
{
    struct text policy = c->setting(c, "policy");
    if (policy.len == 0 || memchr(policy.ptr, ',', policy.len)) {
        error_set(err, ERROR_USAGE,
                  "writing categories needs exactly one policy");
        error_hint(err, "Set `policy` of connection %.*s to one id.",
                   TEXT_ARG(c->name));
        return -1;
    }
    buf_str(job, "{\"type\":\"update\",\"inputSettings\":{"
                 "\"type\":\"policy\",\"policyID\":");
    buf_json_string(job, policy);
    buf_str(job, "},\"categories\":{\"action\":\"merge\",\"data\":[");
    if (record_encode(item->record, all, NULL, job, err) != 0)
        return -1;
    buf_str(job, "]}}");
    return 0;
}

static int write_request(const struct connection_info *c,
                         const struct write_spec *spec, struct arena *arena,
                         struct request *out, struct error *err)
{
    struct buf job;
    bool expense = text_is(spec->object->name, "new_expense");
    int result;
    buf_init(&job, (size_t)8 << 20);
    result = expense ? new_expense(&spec->items[0], &job, err)
                     : category(c, &spec->items[0], &job, err);
    expensify_job(c, buf_view(&job), TEXT_NONE, true,
                  expense ? "create" : "update", arena, out);
    buf_fini(&job);
    return result;
}

static void write_answer(const struct connection_info *c,
                         const struct write_spec *spec,
                         const struct response *response, struct arena *arena,
                         struct write_result *results)
{
    (void)c;
    results[0] = (struct write_result){ 0 };
    if (expensify_classify(response, true, arena, &results[0].answer))
        return;
    if (text_is(spec->object->name, "new_expense")) {
        results[0].target_id = json_get_text(
            arena, response->body, "transactionList.0.transactionID");
    } else if (code_of(response) == 200) {
        const struct value *name =
            record_get(spec->items[0].record, TEXT("name"));
        results[0].target_id = name && name->tag == VALUE_TEXT
                                   ? text_dup(arena, value_as_text(name))
                                   : TEXT_NONE;
    }
    if (results[0].target_id.len == 0) {
        results[0].answer.kind = ANSWER_FAILED;
        results[0].answer.reason =
            TEXT("Expensify said yes but not what it made");
    }
}

const struct connector connector_expensify = {
    .name = "expensify",
    .title = "Expensify",
    .settings = settings,
    .auth = auth,
    .quotas = quotas,
    .default_url = "https://integrations.expensify.com",
    .hosts = hosts,
    .timeout_ms = 120 * 1000,
    .settle_ms = 300 * 1000,
    .batch_max = 1,
    .concurrency = 1,
    .read_request = expensify_read_request,
    .read_answer = expensify_read_answer,
    .write_request = write_request,
    .write_answer = write_answer,
    .booked_request = expensify_booked_request,
    .booked_answer = expensify_booked_answer,
    .authorize = authorize,
};
