/* Tokens and sessions: kept sealed, renewed ahead of expiry, by one process at
 * a time, stored before they are used, and never replaced by something worse.
 * A token that nothing can renew any more stops its connection until a person
 * signs in again. */
#ifndef MLC_RUNTIME_OAUTH_H
#define MLC_RUNTIME_OAUTH_H

#include "runtime/budget.h"
#include "runtime/connection.h"
#include "runtime/http.h"
#include "runtime/vault.h"

#define TOKEN_FIELD "access and refresh" /* in the vault; no secret has that name */
#define TOKEN_CALL_MS 20000
#define TOKEN_LEASE_MS 30000 /* longer than a call can take */
#define TOKEN_MARGIN_MS 120000
#define TOKEN_WARN_MS (INT64_C(7) * 86400000)

enum token_state {
    TOKEN_NONE,
    TOKEN_GOOD,
    TOKEN_PENDING, /* a call to the token server began and did not end */
    TOKEN_SIGN_IN, /* only a person can go on */
};

struct token {
    enum token_state state;
    struct text access, refresh, session;
    struct text origin; /* of the token server it came from */
    struct text who;    /* company or user */
    struct text reason; /* TOKEN_SIGN_IN: what the server said */
    int64_t issued_ms, expires_ms, used_ms;
    int64_t renewed_ms; /* the refresh token */
    int64_t since_ms;   /* of the state */
    int64_t version;    /* in the vault; 0 not there */
};

/* 0, 1 none, -1. Texts in `arena`. */
int token_load(struct vault *v, struct text key, struct arena *arena,
               struct token *out, struct error *err);
/* CAS on token->version, which moves on. 1 when another is there. */
int token_save(struct vault *v, struct text key, struct token *token,
               struct error *err);

struct signer {
    struct credential credential; /* first: get() finds the rest by it */
    struct connection_setup *c;
    struct vault *vault; /* NULL: nothing stored */
    struct store *store;
    struct http *http;
    struct budgets *budgets;
    struct arena arena;
    struct map secrets; /* name → struct text */
    struct token token;
    bool loaded;
    size_t refreshes;
    int64_t used_saved_ms;
};

void signer_init(struct signer *s, struct connection_setup *c,
                 struct vault *vault, struct store *store, struct http *http,
                 struct budgets *budgets);
void signer_fini(struct signer *s);

/* Sees to it that a usable credential is there. `rejected` is the token that
 * an answer has just refused, or empty. 0 ready; 1 not before `*until_ms`
 * (why in `err`); -1: ERROR_SIGN_IN, ERROR_USAGE, ERROR_VENDOR. */
int signer_ready(struct signer *s, struct text rejected, int64_t deadline_ms,
                 int64_t *until_ms, struct error *err);
/* What authorize put into the last request: to tell signer_ready. */
struct text signer_current(const struct signer *s);
/* A call was made: a session lives on. */
void signer_used(struct signer *s, int64_t now_ms);
/* The end of a sign-in: code for tokens, stored. */
int signer_exchange(struct signer *s, struct text code,
                    struct text redirect_uri, struct text verifier,
                    struct error *err);
/* Renews a refresh token that would die unused, at most once a day. 1 when
 * there was nothing to do. */
int signer_keep_alive(struct signer *s, struct error *err);
/* Days until the refresh token dies unused; -1 never or unknown. */
int64_t token_days_left(const struct token *k, const struct auth_scheme *a,
                        int64_t now_ms);
/* Reads what is stored, and settles on a scheme by it. */
int signer_load(struct signer *s, struct error *err);
/* Forgets token and, with `all`, secrets. */
int signer_forget(struct vault *v, struct text name, bool all,
                  struct error *err);
/* For the tests' negative control: everybody renews, nobody waits. */
extern bool signer_unprotected;
bool auth_has_token(const struct auth_scheme *a);
/* "mlc auth login Exact" or "mlc auth set Exact". */
const char *auth_command(const struct connection_setup *c,
                         struct arena *arena);

#endif
