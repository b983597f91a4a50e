/* Mail: one of libcurl's own files, see http.h. */
#include "config.h"

#include "runtime/http_mail.h"

#include "base/arena.h"
#include "base/date.h"
#include "runtime/http.h"
#include "runtime/http_curl.h"
#include <stdio.h>
#include <string.h>

struct sending {
    struct buf text;
    size_t at;
};

static size_t next_piece(char *out, size_t size, size_t count, void *ctx)
{
    struct sending *s = ctx;
    size_t len = size * count, left = s->text.len - s->at;
    if (len > left)
        len = left;
    memcpy(out, s->text.ptr + s->at, len);
    s->at += len;
    return len;
}

static size_t swallow(char *bytes, size_t size, size_t count, void *ctx)
{
    (void)bytes;
    (void)ctx;
    return size * count;
}

/* An address that can stand in a command of the protocol [187]. */
static bool is_address(struct text t)
{
    size_t at;
    if (t.len < 3 || t.len > 254 || !text_find(t, TEXT("@"), &at))
        return false;
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.ptr[i] <= ' ' || t.ptr[i] == 0x7f
            || strchr("<>(),;:\\\"[]", t.ptr[i]))
            return false;
    return true;
}

static struct text next_address(struct text *list)
{
    size_t end = list->len;
    text_find(*list, TEXT(","), &end);
    struct text one = text_trim(text_slice(*list, 0, end));
    *list = end < list->len ? text_slice(*list, end + 1, list->len - end - 1)
                            : TEXT_NONE;
    return one;
}

static void print_date(int64_t ms, struct buf *out)
{
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
                                        "Sat", "Sun" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
                                          "Jun", "Jul", "Aug", "Sep", "Oct",
                                          "Nov", "Dec" };
    int32_t day = (int32_t)(ms / 86400000);
    int s = (int)(ms / 1000 % 86400);
    struct civil c = date_to_civil(day);
    buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n",
               days[date_weekday(day) - 1], (int)c.day, months[c.month - 1],
               (int)c.year, s / 3600, s / 60 % 60, s % 60);
}

/* One line, whatever is in it. */
static void print_header(const char *name, struct text value, struct buf *out)
{
    buf_printf(out, "%s: ", name);
    for (size_t i = 0; i < value.len; i++)
        buf_byte(out, (unsigned char)value.ptr[i] < ' ' ? ' ' : value.ptr[i]);
    buf_str(out, "\r\n");
}

static void print_mail(const struct mail *m, struct buf *out)
{
    print_date(m->now_ms, out);
    print_header("From", m->from, out);
    print_header("To", m->to, out);
    print_header("Subject", m->subject, out);
    buf_printf(out, "Message-ID: <%.*s@mlc>\r\n", TEXT_ARG(m->id));
    buf_str(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\n"
                 "Content-Transfer-Encoding: 8bit\r\n\r\n");
    for (size_t i = 0; i < m->body.len; i++) {
        if (m->body.ptr[i] == '\n')
            buf_byte(out, '\r');
        buf_byte(out, m->body.ptr[i]);
    }
    buf_str(out, "\r\n");
}

/* The part between :// and the end, without a port. */
static struct text host_of(struct text server)
{
    size_t at = 0;
    text_find(server, TEXT("://"), &at);
    struct text host = text_slice(server, at + 3, server.len);
    if (text_find(host, TEXT("/"), &at))
        host.len = at;
    if (!text_starts(host, TEXT("[")) && text_find(host, TEXT(":"), &at))
        host.len = at;
    return host;
}

static int list_receivers(const struct curl_functions *f, const struct mail *m,
                          struct curl_slist **list, struct error *err)
{
    struct text rest = m->to;
    char line[300];
    int count = 0;
    if (!is_address(m->from))
        return error_set(err, ERROR_USAGE, "`from` must be one mail address");
    while (rest.len > 0) {
        struct text one = next_address(&rest);
        if (!is_address(one) || ++count > MAIL_TO_MAX)
            return error_set(err, ERROR_USAGE, "`to` must be mail addresses "
                             "with commas between them, at most %d",
                             MAIL_TO_MAX);
        snprintf(line, sizeof line, "<%.*s>", TEXT_ARG(one));
        *list = f->curl_slist_append(*list, line);
    }
    return count > 0 ? 0
                     : error_set(err, ERROR_USAGE, "`to` has no mail address");
}

static int judge(const struct curl_functions *f, CURLcode code, long status,
                 struct error *err)
{
    if (code == CURLE_OK)
        return 0;
    if (status >= 500)
        return error_set(err, ERROR_USAGE,
                         "the mail server refused it with %ld", status);
    return error_set(err, ERROR_TRANSIENT, "the mail server did not take it: "
                     "%s", f->curl_easy_strerror(code));
}

static int perform(const struct curl_functions *f, CURL *e,
                   const struct mail *m, struct arena *arena,
                   struct curl_slist *to, struct error *err)
{
    struct sending s = { .at = 0 };
    long status = 0;
    bool here = http_is_loopback_host(host_of(m->server));
    buf_init(&s.text, 0);
    print_mail(m, &s.text);
    f->curl_easy_setopt(e, CURLOPT_URL, text_cstr(arena, m->server));
    f->curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    f->curl_easy_setopt(e, CURLOPT_USE_SSL,
                        (long)(here ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    f->curl_easy_setopt(e, CURLOPT_MAIL_FROM,
                        arena_printf(arena, "<%.*s>", TEXT_ARG(m->from)));
    f->curl_easy_setopt(e, CURLOPT_MAIL_RCPT, to);
    f->curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
    f->curl_easy_setopt(e, CURLOPT_READFUNCTION, next_piece);
    f->curl_easy_setopt(e, CURLOPT_READDATA, &s);
    f->curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, swallow);
    f->curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)MAIL_TIMEOUT_MS);
    f->curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
    f->curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    f->curl_easy_setopt(e, CURLOPT_PROXY, "");
    if (m->ca_file)
        f->curl_easy_setopt(e, CURLOPT_CAINFO, m->ca_file);
    if (m->user.len > 0) {
        f->curl_easy_setopt(e, CURLOPT_USERNAME, text_cstr(arena, m->user));
        f->curl_easy_setopt(e, CURLOPT_PASSWORD,
                            text_cstr(arena, m->password));
    }
    CURLcode code = f->curl_easy_perform(e);
    f->curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
    buf_fini(&s.text);
    return judge(f, code, status, err);
}

int http_mail(const struct mail *mail, struct error *err)
{
    const struct curl_functions *f = http_curl(err);
    struct curl_slist *to = NULL;
    struct arena arena;
    if (!f)
        return -1;
    if (!text_starts(mail->server, TEXT("smtp://"))
        && !text_starts(mail->server, TEXT("smtps://")))
        return error_set(err, ERROR_USAGE, "`server` must be smtp://host or "
                         "smtps://host");
    CURL *e = f->curl_easy_init();
    if (!e)
        return error_set(err, ERROR_TRANSIENT, "cannot start a mail");
    arena_init(&arena);
    int result = list_receivers(f, mail, &to, err);
    if (result == 0)
        result = perform(f, e, mail, &arena, to, err);
    arena_fini(&arena);
    f->curl_slist_free_all(to);
    f->curl_easy_cleanup(e);
    return result;
}
