/* Masks secrets in whatever is written. A process that holds secrets makes no
 * core file (vault_hide_memory), so the values lie in plain memory here; they
 * are wiped when they go. */
#include "config.h"

#include "runtime/redact.h"

#include "runtime/crypto.h"

#include <pthread.h>
#include <string.h>

#define SECRETS_MAX 1024 /* values and their spellings; the oldest goes */

struct known_value {
    char *ptr;
    size_t len;
    uint64_t serial;
};

static struct {
    struct known_value values[SECRETS_MAX]; /* longest first */
    size_t count;
    uint64_t serial;
    pthread_mutex_t mutex;
} known = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void drop(size_t at)
{
    crypto_wipe(known.values[at].ptr, known.values[at].len);
    mem_free(known.values[at].ptr);
    known.count--;
    memmove(known.values + at, known.values + at + 1,
            (known.count - at) * sizeof *known.values);
}

static void drop_oldest(void)
{
    size_t oldest = 0;
    for (size_t i = 1; i < known.count; i++)
        if (known.values[i].serial < known.values[oldest].serial)
            oldest = i;
    drop(oldest);
}

static void keep(struct text value)
{
    for (size_t i = 0; i < known.count; i++)
        if (known.values[i].len == value.len &&
            memcmp(known.values[i].ptr, value.ptr, value.len) == 0) {
            known.values[i].serial = ++known.serial;
            return;
        }
    if (known.count == SECRETS_MAX)
        drop_oldest();
    size_t at = known.count++;
    while (at > 0 && known.values[at - 1].len < value.len) {
        known.values[at] = known.values[at - 1];
        at--;
    }
    char *copy = mem_alloc(value.len);
    memcpy(copy, value.ptr, value.len);
    known.values[at] = (struct known_value){ copy, value.len, ++known.serial };
}

static void escape(struct text t, struct buf *out)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                     (c >= 'a' && c <= 'z') || strchr("-._~", c);
        if (plain && c) {
            buf_byte(out, (char)c);
        } else {
            buf_byte(out, '%');
            buf_byte(out, hex[c >> 4]);
            buf_byte(out, hex[c & 15]);
        }
    }
}

void redact_add(struct text secret)
{
    if (secret.len < REDACT_SHORTEST)
        return;
    struct buf spelt;
    struct arena arena;
    buf_init(&spelt, 0);
    arena_init(&arena);
    pthread_mutex_lock(&known.mutex);
    keep(secret);
    escape(secret, &spelt);
    keep(buf_view(&spelt));
    buf_reset(&spelt);
    buf_json_string(&spelt, secret);
    keep(text_slice(buf_view(&spelt), 1, spelt.len - 2));
    keep(crypto_base64(&arena, secret));
    keep(crypto_base64url(&arena, secret));
    pthread_mutex_unlock(&known.mutex);
    if (spelt.ptr)
        crypto_wipe(spelt.ptr, spelt.cap);
    buf_fini(&spelt);
    arena_fini(&arena);
}

void redact_forget_all(void)
{
    pthread_mutex_lock(&known.mutex);
    while (known.count > 0)
        drop(known.count - 1);
    pthread_mutex_unlock(&known.mutex);
}

/* ------------------------------------------------------------ by name */
static const char *const secret_names[] = {
    "access_token", "accesstoken", "api_key", "apikey", "authorization",
    "bearer", "client_secret", "clientsecret", "code_verifier", "cookie",
    "devkey", "dev_key", "id_token", "partneruserid", "partnerusersecret",
    "partner_user_id", "partner_user_secret", "passphrase", "password",
    "private_key", "proxy-authorization", "refresh_token", "refreshtoken",
    "secret", "securitykey", "security_key", "session", "session_id",
    "sessionid", "set-cookie", "signing_secret", "token", "webhook_secret",
    "x-api-key", "shortlivedtoken",
};

bool redact_is_secret_name(struct text name)
{
    for (size_t i = 0; i < sizeof secret_names / sizeof *secret_names; i++)
        if (text_equal_nocase(name, text_of(secret_names[i])))
            return true;
    return false;
}

static bool is_name_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

/* After a secret's name at `at`: moves past `": "`, `=`, `: Bearer ` to the
 * value's first byte; false when no value follows. */
static bool skip_to_value(struct text t, size_t *at, char *quote, bool *loose)
{
    size_t i = *at;
    if (i < t.len && (t.ptr[i] == '"' || t.ptr[i] == '\''))
        i++;
    while (i < t.len && t.ptr[i] == ' ')
        i++;
    if (i >= t.len || (t.ptr[i] != ':' && t.ptr[i] != '='))
        return false;
    *loose = t.ptr[i] == ':';
    i++;
    while (i < t.len && t.ptr[i] == ' ')
        i++;
    *quote = 0;
    if (i < t.len && (t.ptr[i] == '"' || t.ptr[i] == '\''))
        *quote = t.ptr[i++];
    *loose = *loose && !*quote;
    static const struct text schemes[] = { { "Bearer ", 7 }, { "Basic ", 6 } };
    for (size_t s = 0; s < 2; s++)
        if (t.len - i >= schemes[s].len &&
            text_equal_nocase(text_slice(t, i, schemes[s].len), schemes[s]))
            i += schemes[s].len;
    *at = i;
    return i < t.len;
}

static size_t value_end(struct text t, size_t at, char quote)
{
    while (at < t.len) {
        char c = t.ptr[at];
        if (quote ? c == quote : strchr(" \t\r\n&,;\"'}<>", c) != NULL && c)
            break;
        at += quote && c == '\\' && at + 1 < t.len ? 2 : 1;
    }
    return at;
}

/* "token: the answer has none" is a sentence, not a secret. */
static bool is_plain_word(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] < 'a' || t.ptr[i] > 'z')
            return false;
    return t.len < 12;
}

/* A name that means a secret ends at `i` (which is no name character). */
static bool named_secret(struct text t, size_t start, size_t i, size_t *value,
                         size_t *end)
{
    char quote;
    bool loose;
    if (!redact_is_secret_name(text_slice(t, start, i - start)))
        return false;
    *value = i;
    if (!skip_to_value(t, value, &quote, &loose))
        return false;
    *end = value_end(t, *value, quote);
    if (loose && is_plain_word(text_slice(t, *value, *end - *value)))
        return false;
    return *end > *value;
}

/* ----------------------------------------------------------- by value */
static size_t known_at(struct text t, size_t at)
{
    for (size_t i = 0; i < known.count; i++) {
        const struct known_value *v = &known.values[i];
        if (v->len <= t.len - at && t.ptr[at] == v->ptr[0] &&
            memcmp(t.ptr + at, v->ptr, v->len) == 0)
            return v->len;
    }
    return 0;
}

bool redact_finds(struct text t)
{
    bool found = false;
    pthread_mutex_lock(&known.mutex);
    for (size_t i = 0; i < t.len && !found; i++)
        found = known_at(t, i) > 0;
    pthread_mutex_unlock(&known.mutex);
    return found;
}

void redact_text(struct text t, struct buf *out)
{
    size_t name = 0; /* where the word that we are in began */
    pthread_mutex_lock(&known.mutex);
    for (size_t i = 0; i < t.len;) {
        size_t len = known_at(t, i);
        size_t value, end;
        if (len > 0) {
            buf_str(out, REDACT_MASK);
            i += len;
            name = i;
        } else if (!is_name_char(t.ptr[i]) && i > name &&
                   named_secret(t, name, i, &value, &end)) {
            buf_add(out, t.ptr + i, value - i);
            buf_str(out, REDACT_MASK);
            i = name = end;
        } else {
            buf_byte(out, t.ptr[i]);
            if (!is_name_char(t.ptr[i]))
                name = i + 1;
            i++;
        }
    }
    pthread_mutex_unlock(&known.mutex);
}

void redact_chars(char *string, size_t size)
{
    struct buf b;
    buf_init(&b, 0);
    redact_text(text_of(string), &b);
    size_t len = b.len < size ? b.len : size - 1;
    if (len)
        memcpy(string, b.ptr, len);
    string[len] = 0;
    buf_fini(&b);
}
