/* One plain mail to a server, by libcurl. */
#ifndef MLC_RUNTIME_HTTP_MAIL_H
#define MLC_RUNTIME_HTTP_MAIL_H

#include "base/error.h"
#include "base/text.h"

#define MAIL_TO_MAX 20
#define MAIL_TIMEOUT_MS 20000

struct mail {
    struct text server;     /* smtp://host[:port] or smtps://host[:port] */
    struct text user, password; /* empty: none */
    struct text from, to;   /* `to`: addresses with commas between them */
    struct text subject, body; /* UTF-8; lines end in \n */
    struct text id;         /* of the message: plain characters */
    const char *ca_file;    /* further authorities, or NULL */
    int64_t now_ms;
};

/* 0 when the server took it; -1: ERROR_USAGE when the mail or its settings
 * are wrong, ERROR_TRANSIENT when trying again may help. Without TLS only to
 * this machine. */
int http_mail(const struct mail *mail, struct error *err);

#endif
