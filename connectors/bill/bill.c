/* BILL v3: settings, session, writing and the verdict on answers. Reading and
 * webhooks have files of their own. Facts: connectors/bill/README.md. */
#include "config.h"
#include "connectors/bill/bill.h"
#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"
#include "runtime/record.h"

#include <string.h>

static const struct setting_def settings[] = {
    { "auth", "one of password|sync_token", "password", false,
      "a user's password (35 minutes idle) or a sync token (48 hours idle; "
      "never trusted for payments)" },
    { "archived_passes", "yes/no", "yes", false,
      "read archived records in a pass of their own (whether a plain list "
      "holds them is undocumented)" },
    { "whole_records", "yes/no", "no", false,
      "read every record by itself, for members that BILL's lists leave out; "
      "costs a call a record" },
    { "events_url", "text", NULL, false,
      "root of the webhook calls; without it …/connect-events beside the url" },
    { "currency", "text", "USD", false, "the organization's own currency" },
    { NULL, NULL, NULL, false, NULL },
};

static const struct secret_def secrets[] = {
    { "dev_key", true, "developer key; one per environment" },
    { "username", true, "of the user, or the sync token's name" },
    { "password", true, "of the user, or the sync token itself" },
    { "organization_id", true, "begins with 008" },
    { "remember_me_id", false,
      "of a session confirmed with a second factor; only for payments, good "
      "for 30 days" },
    { "device", false, "the device that remember_me_id was given for" },
    { NULL, false, NULL },
};

static const struct auth_scheme auth[] = {
    { "password", AUTH_SESSION, secrets, 0, 120 * 1000, 35 * 60 * 1000, false,
      NULL, NULL },
    { "sync_token", AUTH_SESSION, secrets, 0, 120 * 1000,
      INT64_C(48) * 3600 * 1000, false, NULL, NULL },
    { NULL, AUTH_NONE, NULL, 0, 0, 0, false, NULL, NULL },
};

static const struct quota quotas[] = {
    { "hour", 20000, 3600 * 1000, false,
      "developer.bill.com, API rate limits: per developer key" },
    { "concurrent", 3, 0, false,
      "developer.bill.com, API rate limits: per key and organization" },
    { "token", 200, 3600 * 1000, false,
      "developer.bill.com, API rate limits: logins an hour" },
    { NULL, 0, 0, false, NULL },
};

static const char *const hosts[] = {
    "gateway.prod.bill.com", "gateway.stage.bill.com", NULL,
};

#define BILL_UNTRUSTED                                                         \
    "BILL pays only in a session that a person has confirmed with a second "  \
    "factor; a sync token's never is. Use a user's password, and store "      \
    "remember_me_id and device: `mlc help bill` says how"

/* -------------------------------------------------------------- verdicts */
/* An array of faults, one object, or no JSON at all. */
static void read_faults(const struct response *response, struct arena *arena,
                        struct text *code, struct text *message)
{
    struct text body = text_trim(response->body);
    struct json_items it = json_items(body);
    struct buf b;
    *code = TEXT_NONE;
    if (json_kind(body) != JSON_ARRAY) {
        *message = json_get_text(arena, body, "message");
        *code = json_get_text(arena, body, "code");
        return;
    }
    buf_init(&b, 4096);
    while (json_next(&it)) {
        struct text one = json_get_text(arena, it.value, "message");
        if (code->len == 0)
            *code = json_get_text(arena, it.value, "code");
        if (b.len > 0 && one.len > 0)
            buf_str(&b, "; ");
        buf_text(&b, one);
    }
    *message = buf_dup(arena, &b);
    buf_fini(&b);
}

static bool classify_code(const struct connection_info *c, struct text code,
                          const struct response *response,
                          struct answer *out)
{
    int64_t now = response_now_ms(c, response);
    static const struct {
        const char *code;
        enum answer_kind kind;
        enum refusal refusal;
    } codes[] = {
        { "BDC_1101", ANSWER_SIGN_IN, REFUSAL_NONE },
        { "BDC_1102", ANSWER_SIGN_IN, REFUSAL_NONE },
        { "BDC_1105", ANSWER_SIGN_IN, REFUSAL_NONE },
        { "BDC_1109", ANSWER_SIGN_IN, REFUSAL_NONE },
        { "BDC_1120", ANSWER_SIGN_IN, REFUSAL_NONE }, /* unverified */
        { "BDC_1121", ANSWER_REFUSED, REFUSAL_REQUEST },
        { "BDC_1143", ANSWER_REFUSED, REFUSAL_VALUE },
        { "BDC_1144", ANSWER_WAIT, REFUSAL_QUOTA },
        { "BDC_1151", ANSWER_REFUSED, REFUSAL_VALUE },
        { "BDC_1205", ANSWER_REFUSED, REFUSAL_MISSING },
        { "BDC_1322", ANSWER_WAIT, REFUSAL_NONE },
        { "BDC_1361", ANSWER_REFUSED, REFUSAL_PERMISSION },
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (!text_is(code, codes[i].code))
            continue;
        out->kind = codes[i].kind;
        out->refusal = codes[i].refusal;
        if (text_is(code, "BDC_1144")) /* until the next full hour */
            out->until_ms = (now / 3600000 + 1) * 3600000 + 1000;
        if (text_is(code, "BDC_1322")) /* until one of three calls is done */
            out->wait_ms = 3 * 1000;
        return true;
    }
    return false;
}

static void classify_status(const struct response *response, bool writes,
                            struct answer *out)
{
    int64_t seconds = 0;
    out->kind = ANSWER_REFUSED;
    switch (response->status) {
    case 400:
    case 409:
    case 422:
        out->refusal = writes ? REFUSAL_VALUE : REFUSAL_REQUEST;
        break;
    case 401:
        out->kind = ANSWER_SIGN_IN;
        break;
    case 403:
        out->refusal = REFUSAL_PERMISSION;
        break;
    case 404:
        out->refusal = writes ? REFUSAL_MISSING : REFUSAL_REQUEST;
        break;
    case 405:
        out->refusal = REFUSAL_REQUEST;
        break;
    case 429:
        out->kind = ANSWER_WAIT;
        if (json_int64(response_header(response, "Retry-After"), &seconds))
            out->wait_ms = seconds * 1000;
        break;
    default:
        out->kind = ANSWER_FAILED;
    }
}

/* Faults of fields are told as "path.of.field: text". */
static struct text field_of(struct text message)
{
    size_t at;
    if (!text_find(message, TEXT(": "), &at))
        return TEXT_NONE;
    for (size_t i = 0; i < at; i++)
        if (message.ptr[i] == ' ')
            return TEXT_NONE;
    return text_slice(message, 0, at);
}

bool bill_classify(const struct connection_info *c,
                   const struct response *response, bool writes,
                   struct arena *arena, struct answer *out)
{
    struct text message;
    *out = (struct answer){ .kind = ANSWER_DONE, .status = response->status };
    if (response->status >= 200 && response->status < 300)
        return false;
    read_faults(response, arena, &out->code, &message);
    out->reason =
        message.len > 0
            ? message
            : text_of(arena_printf(arena, "BILL answered HTTP %d",
                                   response->status));
    if (!classify_code(c, out->code, response, out))
        classify_status(response, writes, out);
    out->field = field_of(out->reason);
    if (out->refusal == REFUSAL_PERMISSION && text_is(out->code, "BDC_1361"))
        out->reason = TEXT(BILL_UNTRUSTED);
    return true;
}

/* --------------------------------------------------------------- writing */
static int look(const struct write_spec *spec, struct text path,
                struct arena *arena, struct request *out)
{
    *out = (struct request){ .method = "GET", .path = path,
                             .endpoint = text_cstr(arena, spec->object->path),
                             .safe_to_repeat = true };
    request_header(arena, out, "Accept", TEXT("application/json"));
    return 0;
}

/* A payment's processingOptions must be there, and may be empty. */
static void add_options(struct buf *body)
{
    if (json_get(buf_view(body), "processingOptions").len > 0 ||
        body->len <= 2)
        return;
    body->len--;
    buf_str(body, ",\"processingOptions\":{}}");
}

static void put_whole(const struct write_spec *spec, struct arena *arena,
                      struct buf *body)
{
    struct buf whole;
    buf_init(&whole, 0);
    bill_join(spec, buf_view(body), arena, &whole);
    buf_reset(body);
    buf_text(body, buf_view(&whole));
    buf_fini(&whole);
}

/* Known before anything is sent. */
static bool cannot_pay(const struct connection_info *c,
                       const struct write_spec *spec, struct error *err)
{
    if (!object_fact(spec->object, "trust") || !c->auth ||
        strcmp(c->auth->name, "sync_token") != 0)
        return false;
    error_set(err, ERROR_USAGE, "connection %.*s signs in with a sync token, "
              "which can never pay", TEXT_ARG(c->name));
    error_hint(err, "Set auth = \"password\" in project.mlc and store a "
               "session confirmed with a second factor: `mlc help bill` "
               "says how.");
    return true;
}

void bill_write_call(const struct write_spec *spec, const char *method,
                     struct text path, const struct buf *body,
                     struct arena *arena, struct request *out)
{
    *out = (struct request){
        .method = method,
        .path = path,
        .body = buf_dup(arena, body),
        .content_type = "application/json",
        .endpoint = text_cstr(arena, spec->object->path),
        .writes = true,
        .safe_to_repeat = spec->items[0].op != WRITE_CREATE,
    };
    request_header(arena, out, "Accept", TEXT("application/json"));
}

static int write_request(const struct connection_info *c,
                         const struct write_spec *spec, struct arena *arena,
                         struct request *out, struct error *err)
{
    const struct write_item *item = &spec->items[0];
    bool create = item->op == WRITE_CREATE;
    bool whole = bill_replaces(spec);
    struct buf path, body;
    int result;
    if (cannot_pay(c, spec, err))
        return -1;
    if (spec->item_count > 1)
        return bill_bulk_request(spec, arena, out, err);
    buf_init(&path, 4096);
    buf_init(&body, 0);
    buf_text(&path, spec->object->path);
    if (!create) {
        buf_byte(&path, '/');
        uri_encode(&path, item->target_id);
    }
    result = record_encode(item->record, create ? field_on_create : field_on_update, NULL,
                           &body, err);
    if (result == 0 && whole && item->step.len == 0) {
        result = look(spec, buf_dup(arena, &path), arena, out);
        buf_fini(&path);
        buf_fini(&body);
        return result;
    }
    if (result == 0 && whole)
        put_whole(spec, arena, &body);
    if (result == 0 && create && text_is(spec->object->name, "payment"))
        add_options(&body);
    bill_write_call(spec, create ? "POST" : whole ? "PUT" : "PATCH",
                    buf_dup(arena, &path), &body, arena, out);
    buf_fini(&path);
    buf_fini(&body);
    return result;
}

static void write_answer(const struct connection_info *c,
                         const struct write_spec *spec,
                         const struct response *response, struct arena *arena,
                         struct write_result *results)
{
    if (spec->item_count > 1) {
        bill_bulk_answer(c, spec, response, arena, results);
        return;
    }
    results[0] = (struct write_result){ 0 };
    if (bill_classify(c, response, true, arena, &results[0].answer))
        return;
    if (bill_replaces(spec) && spec->items[0].step.len == 0) {
        results[0].target_id = spec->items[0].target_id;
        results[0].next = text_dup(arena, text_trim(response->body));
        return;
    }
    results[0].row = response->body;
    results[0].target_id = json_get_text(arena, response->body, "id");
    results[0].version = json_get_text(arena, response->body, "updatedTime");
    if (results[0].target_id.len == 0) {
        results[0].answer.kind = ANSWER_FAILED;
        results[0].answer.reason =
            TEXT("BILL accepted the record but gave no id for it");
    }
}

/* ---------------------------------------------------------------- session */
static int authorize(const struct connection_info *c,
                     const struct credential *credential, struct arena *arena,
                     struct request *request, struct error *err)
{
    struct text session = credential->get(credential, "session");
    struct text key = credential->get(credential, "dev_key");
    if (session.len == 0 || key.len == 0) {
        error_set(err, ERROR_SIGN_IN, "connection %.*s has no session",
                  TEXT_ARG(c->name));
        error_hint(err, "Run: mlc auth set %.*s", TEXT_ARG(c->name));
        return -1;
    }
    request_header(arena, request, "sessionId", session);
    request_header(arena, request, "devKey", key);
    return 0;
}

static void put_if_known(struct json_out *w, const char *name,
                         const struct credential *credential,
                         const char *secret)
{
    struct text value = credential->get(credential, secret);
    if (value.len > 0)
        json_put_string(w, name, value);
}

static int token_request(const struct connection_info *c,
                         const struct credential *credential, struct text code,
                         struct text redirect_uri, struct text verifier,
                         struct arena *arena, struct request *out,
                         struct error *err)
{
    struct buf body;
    struct json_out w;
    (void)c;
    (void)code;
    (void)redirect_uri;
    (void)verifier;
    (void)err;
    buf_init(&body, 16 * 1024);
    w = json_out(&body);
    json_begin_object(&w);
    json_put_string(&w, "username", credential->get(credential, "username"));
    json_put_string(&w, "password", credential->get(credential, "password"));
    json_put_string(&w, "organizationId",
                    credential->get(credential, "organization_id"));
    json_put_string(&w, "devKey", credential->get(credential, "dev_key"));
    put_if_known(&w, "rememberMeId", credential, "remember_me_id");
    put_if_known(&w, "device", credential, "device");
    json_end_object(&w);
    *out = (struct request){
        .method = "POST",
        .path = TEXT("/v3/login"),
        .body = buf_dup(arena, &body),
        .content_type = "application/json",
        .endpoint = "token",
        .no_auth = true,
        .safe_to_repeat = true,
    };
    buf_fini(&body);
    return 0;
}

static void token_answer(const struct connection_info *c,
                         const struct response *response, struct arena *arena,
                         struct new_credential *credential, struct answer *out)
{
    if (bill_classify(c, response, false, arena, out)) {
        if (out->kind == ANSWER_REFUSED)
            out->kind = ANSWER_SIGN_IN;
        return;
    }
    credential->session = json_get_text(arena, response->body, "sessionId");
    credential->who = json_get_text(arena, response->body, "organizationId");
    credential->lives_ms = c->auth ? c->auth->idle_ms : 35 * 60 * 1000;
    if (credential->session.len == 0) {
        out->kind = ANSWER_FAILED;
        out->reason = TEXT("the login answer holds no session");
    }
}

const struct connector connector_bill = {
    .name = "bill",
    .title = "BILL",
    .settings = settings,
    .auth = auth,
    .quotas = quotas,
    .default_url = "https://gateway.prod.bill.com/connect",
    .hosts = hosts,
    .timeout_ms = 60 * 1000,
    .settle_ms = 120 * 1000,
    .batch_max = 1,
    .concurrency = 3,
    .key_lists = true,
    .batch = bill_batch,
    .company = "organization_id",
    .read_request = bill_read_request,
    .read_answer = bill_read_answer,
    .write_request = write_request,
    .write_answer = write_answer,
    .authorize = authorize,
    .token_request = token_request,
    .token_answer = token_answer,
    .hook_verify = bill_hook_verify,
    .hook_request = bill_hook_request,
    .hook_keep = bill_hook_keep,
    .hook_answer = bill_hook_answer,
};
