/* A vendor for the transport tests: a connector (in place of Exact's) and a
 * server whose every answer is set by the test. */
#ifndef MLC_TESTS_LIB_FAKEVENDOR_H
#define MLC_TESTS_LIB_FAKEVENDOR_H

#include "runtime/connector.h"
#include "runtime/transport.h"
#include "tests/lib/badserver.h"

#include <stdatomic.h>

enum token_trick {
    TRICK_NONE,
    TRICK_LOSE,     /* rotates, then drops the connection */
    TRICK_GARBLE,   /* 200 and a web page */
    TRICK_KEEP,     /* 200 without a refresh token */
    TRICK_REDIRECT, /* 307 to `elsewhere` */
    TRICK_TROUBLE,  /* 500 */
    TRICK_REFUSE,   /* 400 invalid_grant */
};

struct fake {
    struct badserver *server;
    int port, elsewhere;
    atomic_int token_calls, api_calls, parallel, max_parallel;
    atomic_int trick, trick_calls; /* how many token calls it plays */
    atomic_int refresh, access;    /* numbers of the valid tokens */
    atomic_int limited;            /* API calls still answered 429 */
    atomic_int revoked;            /* the access token is dead */
    atomic_int lives_s;
    char retry_after[64];          /* header line of a 429, "" none */
    char last_head[4096];          /* of the last API call */
};

extern struct fake fake;
void fake_start(void);
void fake_stop(void);
/* A transport on it, with the store at `path` (NULL: none), settings
 * "key=value" separated by spaces. */
struct transport *fake_transport(const char *path, const char *settings,
                                 struct transport_options *options,
                                 struct store **store);
struct channel *fake_channel(struct transport *t);
/* Stores the secrets of every scheme. */
void fake_secrets(struct store *store);
/* GET /api/NAME; the exchange is in `x`. */
int fake_get(struct channel *c, const char *name, struct exchange *x);
int fake_post(struct channel *c, const char *name, struct exchange *x);
struct arena *fake_arena(void);
/* A fresh folder under the build's temporary one; removed by fake_clean. */
const char *fake_folder(void);
void fake_clean(void);

#endif
