/* One notice to one channel: mail, Slack, Teams, or a signed webhook. */
#include "config.h"

#include "runtime/notices_send.h"

#include "runtime/clock.h"
#include "runtime/hooksign.h"
#include "runtime/http.h"
#include "runtime/http_mail.h"
#include "runtime/jsonwrite.h"
#include "runtime/redact.h"
#include <stdlib.h>

#define SEND_TIMEOUT_MS 15000
#define ANSWER_MAX ((size_t)64 << 10) /* nobody reads it */

struct outgoing {
    const struct channel_setup *channel;
    const struct notice *notice;
    const volatile int *stop;
    struct arena arena;
};

static struct text secret(struct outgoing *o, const char *name)
{
    struct text value = TEXT_NONE;
    int64_t version;
    struct error ignored = { 0 };
    if (vault_get(o->channel->vault, o->channel->name, name, &o->arena,
                  &value, &version, &ignored) != 0)
        return TEXT_NONE;
    return value;
}

static struct text setting(const struct outgoing *o, const char *name)
{
    const struct connection_info *c = &o->channel->setup->info;
    return c->setting(c, name);
}

static struct text whole_text(struct outgoing *o)
{
    return text_of(arena_printf(&o->arena, "%.*s\n%.*s",
                                TEXT_ARG(o->notice->subject),
                                TEXT_ARG(o->notice->body)));
}

static void print_stamp(int64_t ms, char out[32])
{
    int64_t day = ms / 86400000, s = ms / 1000 % 86400;
    struct civil c = date_to_civil((int32_t)day);
    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)c.year,
             (int)c.month, (int)c.day, (int)(s / 3600), (int)(s / 60 % 60),
             (int)(s % 60));
}

/* A card of a workflow that takes webhook requests. */
static void print_card(struct outgoing *o, struct json_out *w)
{
    json_begin_object(w);
    json_put_string(w, "type", TEXT("message"));
    json_key(w, "attachments");
    json_begin_array(w);
    json_begin_object(w);
    json_put_string(w, "contentType",
                    TEXT("application/vnd.microsoft.card.adaptive"));
    json_key(w, "content");
    json_begin_object(w);
    json_put_string(w, "type", TEXT("AdaptiveCard"));
    json_put_string(w, "version", TEXT("1.2"));
    json_key(w, "body");
    json_begin_array(w);
    json_begin_object(w);
    json_put_string(w, "type", TEXT("TextBlock"));
    json_put_string(w, "text", whole_text(o));
    json_put_bool(w, "wrap", true);
    json_end_object(w);
    json_end_array(w);
    json_end_object(w);
    json_end_object(w);
    json_end_array(w);
    json_end_object(w);
}

static void print_event(struct outgoing *o, struct json_out *w)
{
    char stamp[32];
    print_stamp(o->notice->at_ms, stamp);
    json_begin_object(w);
    json_put_string(w, "type", text_of(arena_printf(
        &o->arena, "mlc.%.*s", TEXT_ARG(o->notice->type))));
    json_put_string(w, "timestamp", text_of(stamp));
    json_key(w, "data");
    json_begin_object(w);
    json_put_string(w, "id", o->notice->id);
    json_put_string(w, "subject", o->notice->subject);
    json_put_string(w, "text", o->notice->body);
    json_end_object(w);
    json_end_object(w);
}

static int sign(struct outgoing *o, struct text body, struct request *r,
                struct error *err)
{
    struct text key = secret(o, "signing_secret"), signature;
    int64_t now_s = clock_now_ms() / 1000;
    if (key.len == 0) {
        error_set(err, ERROR_USAGE, "%.*s has no signing_secret",
                  TEXT_ARG(o->channel->name));
        error_hint(err, "Give it one with `mlc auth set %.*s`.",
                   TEXT_ARG(o->channel->name));
        return -1;
    }
    if (hooksign_make(key, o->notice->id, now_s, body, &o->arena, &signature))
        return error_set(err, ERROR_USAGE, "the signing_secret of %.*s is not "
                         "whsec_ and base64", TEXT_ARG(o->channel->name));
    request_header(&o->arena, r, "webhook-id", o->notice->id);
    request_header(&o->arena, r, "webhook-timestamp",
                   text_of(arena_printf(&o->arena, "%lld",
                                        (long long)now_s)));
    request_header(&o->arena, r, "webhook-signature", signature);
    return 0;
}

static int judge(const struct outgoing *o, const struct http_call *call,
                 struct error *err)
{
    if (call->outcome != HTTP_ANSWERED)
        return error_set(err, ERROR_TRANSIENT, "%.*s: %s",
                         TEXT_ARG(o->channel->name), call->why);
    if (call->response.status >= 200 && call->response.status <= 299)
        return 0;
    return error_set(err, ERROR_TRANSIENT, "%.*s answered %d",
                     TEXT_ARG(o->channel->name), call->response.status);
}

static int post(struct outgoing *o, struct text body, struct error *err)
{
    struct http_options options = { .stop = o->stop };
    struct request r = { 0 };
    struct http *h = NULL;
    struct text url = secret(o, "webhook_url");
    if (url.len == 0)
        url = setting(o, "url");
    if (url.len == 0) {
        error_set(err, ERROR_USAGE, "%.*s has no webhook_url",
                  TEXT_ARG(o->channel->name));
        error_hint(err, "Give it one with `mlc auth set %.*s`.",
                   TEXT_ARG(o->channel->name));
        return -1;
    }
    if (text_is(setting(o, "kind"), "webhook") && sign(o, body, &r, err))
        return -1;
    options.ca_file = getenv("MLC_CA_FILE");
    if (http_open(&options, &h, err))
        return -1;
    struct http_reach reach = { .url = url };
    struct text proxy = o->channel->setup->proxy;
    struct http_call call = {
        .method = "POST", .url = url, .headers = r.headers, .body = body,
        .content_type = "application/json", .reach = &reach,
        .proxy = proxy.len > 0 ? text_cstr(&o->arena, proxy) : NULL,
        .timeout_ms = SEND_TIMEOUT_MS, .body_max = ANSWER_MAX,
        .arena = &o->arena,
    };
    http_perform(h, &call);
    int result = judge(o, &call, err);
    http_close(h);
    return result;
}

static int mail(struct outgoing *o, struct error *err)
{
    struct mail m = { .server = setting(o, "server"),
                      .user = secret(o, "user"),
                      .password = secret(o, "password"),
                      .from = setting(o, "from"), .to = setting(o, "to"),
                      .subject = o->notice->subject, .body = o->notice->body,
                      .id = o->notice->id, .now_ms = clock_now_ms(),
                      .ca_file = getenv("MLC_CA_FILE") };
    return http_mail(&m, err) ? error_add(err, "%.*s",
                                          TEXT_ARG(o->channel->name))
                              : 0;
}

int notice_send(const struct channel_setup *channel,
                const struct notice *notice, const volatile int *stop,
                struct error *err)
{
    struct outgoing o = { .channel = channel, .notice = notice,
                          .stop = stop };
    struct buf b;
    struct json_out w;
    arena_init(&o.arena);
    buf_init(&b, 0);
    w = json_out(&b);
    struct text kind = setting(&o, "kind");
    int result;
    if (text_is(kind, "mail")) {
        result = mail(&o, err);
    } else {
        if (text_is(kind, "slack")) {
            json_begin_object(&w);
            json_put_string(&w, "text", whole_text(&o));
            json_end_object(&w);
        } else if (text_is(kind, "teams")) {
            print_card(&o, &w);
        } else {
            print_event(&o, &w);
        }
        result = post(&o, buf_view(&b), err);
    }
    if (result)
        redact_chars(err->text, sizeof err->text);
    buf_fini(&b);
    arena_fini(&o.arena);
    return result;
}
