/* A connection's token as one sealed value, so that it is replaced whole: lines
 * of name=value, percent-encoded. */
#include "config.h"

#include "runtime/oauth.h"

#include "runtime/crypto.h"
#include "runtime/redact.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = { "none", "good", "pending",
                                           "sign in" };

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 55 : -1;
}

static struct text unescape(struct arena *arena, struct text t)
{
    char *out = arena_alloc(arena, t.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '%' && i + 2 < t.len &&
            hex_value(t.ptr[i + 1]) >= 0 && hex_value(t.ptr[i + 2]) >= 0) {
            out[n++] = (char)(hex_value(t.ptr[i + 1]) * 16 +
                              hex_value(t.ptr[i + 2]));
            i += 2;
        } else {
            out[n++] = t.ptr[i];
        }
    }
    out[n] = 0;
    return (struct text){ out, n };
}

static int64_t number(struct text t)
{
    char digits[24] = "";
    if (t.len < sizeof digits)
        memcpy(digits, t.ptr, t.len);
    return strtoll(digits, NULL, 10);
}

static void take(struct token *k, struct text name, struct text value)
{
    struct {
        const char *name;
        struct text *text;
        int64_t *number;
    } fields[] = {
        { "access", &k->access, NULL },       { "refresh", &k->refresh, NULL },
        { "session", &k->session, NULL },     { "origin", &k->origin, NULL },
        { "who", &k->who, NULL },             { "reason", &k->reason, NULL },
        { "issued", NULL, &k->issued_ms },    { "expires", NULL, &k->expires_ms },
        { "used", NULL, &k->used_ms },        { "renewed", NULL, &k->renewed_ms },
        { "since", NULL, &k->since_ms },
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!text_is(name, fields[i].name))
            continue;
        if (fields[i].text)
            *fields[i].text = value;
        else
            *fields[i].number = number(value);
    }
    for (int i = 0; text_is(name, "state") && i < 4; i++)
        if (text_is(value, state_names[i]))
            k->state = (enum token_state)i;
}

int token_load(struct vault *v, struct text key, struct arena *arena,
               struct token *out, struct error *err)
{
    struct text t;
    int64_t version;
    memset(out, 0, sizeof *out);
    if (!v)
        return 1;
    int found = vault_get(v, key, TOKEN_FIELD, arena, &t, &version, err);
    if (found)
        return found;
    while (t.len > 0) {
        size_t end = t.len, equals;
        text_find(t, TEXT("\n"), &end);
        struct text line = text_slice(t, 0, end);
        if (text_find(line, TEXT("="), &equals))
            take(out, text_slice(line, 0, equals),
                 unescape(arena, text_slice(line, equals + 1,
                                            line.len - equals - 1)));
        t = end < t.len ? text_slice(t, end + 1, t.len - end - 1) : TEXT_NONE;
    }
    out->version = version;
    redact_add(out->access);
    redact_add(out->refresh);
    redact_add(out->session);
    return 0;
}

static void add_text(struct buf *b, const char *name, struct text value)
{
    if (value.len == 0)
        return;
    buf_str(b, name);
    buf_byte(b, '=');
    http_escape(value, b);
    buf_byte(b, '\n');
}

static void add_number(struct buf *b, const char *name, int64_t value)
{
    if (value)
        buf_printf(b, "%s=%lld\n", name, (long long)value);
}

int token_save(struct vault *v, struct text key, struct token *k,
               struct error *err)
{
    struct buf b;
    if (!v)
        return 0;
    buf_init(&b, VAULT_VALUE_MAX);
    redact_add(k->access);
    redact_add(k->refresh);
    redact_add(k->session);
    add_text(&b, "state", text_of(state_names[k->state]));
    add_text(&b, "access", k->access);
    add_text(&b, "refresh", k->refresh);
    add_text(&b, "session", k->session);
    add_text(&b, "origin", k->origin);
    add_text(&b, "who", k->who);
    add_text(&b, "reason", k->reason);
    add_number(&b, "issued", k->issued_ms);
    add_number(&b, "expires", k->expires_ms);
    add_number(&b, "used", k->used_ms);
    add_number(&b, "renewed", k->renewed_ms);
    add_number(&b, "since", k->since_ms);
    int result = b.full ? error_set(err, ERROR_VENDOR, "the token is larger "
                                    "than %zu KB", VAULT_VALUE_MAX >> 10)
                        : vault_put(v, key, TOKEN_FIELD, buf_view(&b),
                                    k->version, err);
    if (result == 0)
        k->version++;
    if (b.ptr)
        crypto_wipe(b.ptr, b.cap);
    buf_fini(&b);
    return result;
}
