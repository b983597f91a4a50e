/* Channels of notices; for notices.c alone. */
#ifndef MLC_RUNTIME_NOTICES_SEND_H
#define MLC_RUNTIME_NOTICES_SEND_H

#include "runtime/connection.h"
#include "runtime/notices.h"
#include "runtime/vault.h"

struct notice {
    struct text id;    /* the same for every try: receivers tell repeats by it */
    struct text type;  /* "notice", "test" */
    struct text subject, body; /* body: lines */
    int64_t at_ms;
};

struct channel_setup {
    struct text name;
    struct connection_setup *setup;
    struct vault *vault;
};

/* One try. 0 taken; -1 with a sentence that holds no secret. */
int notice_send(const struct channel_setup *channel,
                const struct notice *notice, const volatile int *stop,
                struct error *err);

#endif
