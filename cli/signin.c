/* Credentials as commands see them. */
#include "config.h"

#include "cli/signin.h"

#include "runtime/clock.h"

#include <string.h>

int signin_open(struct signin *s, const struct invocation *in, unsigned needs)
{
    struct error err = { 0 };
    unsigned work = WORK_CONNECTIONS;
    memset(s, 0, sizeof *s);
    work |= needs & SIGNIN_STATE_READ ? WORK_STATE_READ : WORK_STATE;
    if (needs & SIGNIN_TRANSPORT)
        work |= WORK_SYSTEMS;
    int code = work_open(&s->w, in, work);
    if (code != EXIT_FINE)
        return code;
    if ((needs & SIGNIN_VAULT) && s->w.store &&
        vault_open(s->w.store, &s->vault, &err))
        return command_fail(in, &err);
    s->name_count = connection_names(&s->w.program, &s->w.arena, &s->names);
    return EXIT_FINE;
}

void signin_close(struct signin *s)
{
    for (struct built *b = s->built; b; b = b->next)
        connection_fini(b->setup);
    vault_close(s->vault);
    work_close(&s->w);
}

int signin_setup(struct signin *s, struct text name,
                 struct connection_setup **out, struct error *err)
{
    if (connection_build(&s->w.program, name, s->w.overrides, s->w.store,
                         s->w.now_ms, &s->w.arena, out, err) != 0)
        return -1;
    struct built *b = ARENA_NEW(&s->w.arena, struct built);
    b->setup = *out;
    b->next = s->built;
    s->built = b;
    return 0;
}

bool signin_has(const struct signin_state *st, const char *field)
{
    for (size_t i = 0; i < st->count; i++)
        if (text_is(st->entries[i].field, field))
            return true;
    return false;
}

/* A refresh token may also lie in the token itself. */
static bool has_secret(const struct signin_state *st, const char *name)
{
    return signin_has(st, name) ||
           (strcmp(name, "refresh_token") == 0 && st->token.refresh.len > 0);
}

static bool has_field(void *ctx, const char *name)
{
    return has_secret(ctx, name);
}

int signin_look(struct signin *s, struct text name, struct signin_state *out,
                struct error *err)
{
    memset(out, 0, sizeof *out);
    out->days_left = -1;
    if (signin_setup(s, name, &out->setup, err))
        return -1;
    if (s->vault &&
        (vault_list(s->vault, out->setup->info.name, &s->w.arena,
                    &out->entries, &out->count, err) ||
         token_load(s->vault, out->setup->key, &s->w.arena, &out->token,
                    err) < 0))
        return -1;
    connection_choose_auth(out->setup, has_field, out);
    const struct auth_scheme *a = out->setup->info.auth;
    for (const struct secret_def *d = a ? a->secrets : NULL; d && d->name; d++)
        if (d->required && !out->missing && !has_secret(out, d->name))
            out->missing = d->name;
    out->stopped = out->token.state == TOKEN_SIGN_IN || out->missing;
    if (a && a->kind == AUTH_CODE)
        out->days_left = token_days_left(&out->token, a, s->w.now_ms);
    return 0;
}

const char *signin_command(const struct signin_state *st, struct arena *arena)
{
    if (st->missing && strcmp(st->missing, "refresh_token") != 0)
        return arena_printf(arena, "mlc auth set %.*s",
                            TEXT_ARG(st->setup->info.name));
    return auth_command(st->setup, arena);
}

void signin_describe(const struct signin_state *st, int64_t now_ms,
                     struct buf *out)
{
    char span[32];
    const struct token *k = &st->token;
    bool has_token = auth_has_token(st->setup->info.auth);
    if (!st->setup->info.auth || st->setup->info.auth->kind == AUTH_NONE) {
        buf_str(out, "needs no sign-in");
    } else if (st->missing) {
        buf_printf(out, "%s is missing", st->missing);
    } else if (k->state == TOKEN_SIGN_IN) {
        buf_str(out, "must be signed in again");
        if (k->reason.len)
            buf_printf(out, ": %.*s", TEXT_ARG(k->reason));
    } else if (!has_token) {
        buf_str(out, "stored");
    } else if (k->access.len == 0 && k->session.len == 0) {
        buf_str(out, "stored, not used yet");
    } else if (k->expires_ms && k->expires_ms <= now_ms) {
        buf_str(out, "signed in, renewed at the next call");
    } else if (k->expires_ms) {
        clock_print_span(k->expires_ms - now_ms, span);
        buf_printf(out, "signed in, token good for %s", span);
        clock_print_span(now_ms - k->issued_ms, span);
        buf_printf(out, ", %s old", span);
    } else {
        buf_str(out, "signed in");
    }
    if (st->days_left >= 0 && !st->stopped)
        buf_printf(out, ", dies unused in %lld days",
                   (long long)st->days_left);
}
