/* A small HTTP client for tests, on plain sockets: it shares nothing with the
 * program's own transport, and shows bodies and headers as they came. */
#ifndef MLC_TESTS_LIB_WEB_H
#define MLC_TESTS_LIB_WEB_H

#include <stdbool.h>
#include <stddef.h>

struct web_answer {
    int status;       /* 0: no whole answer */
    bool complete;    /* all bytes that were promised */
    char *head;       /* status line and headers */
    char *body;       /* decoded of chunks, NUL-ended */
    size_t body_len;
};

/* `target` is what follows http://127.0.0.1:PORT, or a whole such url.
 * `headers` are lines, each ended by \r\n, or NULL; `body` may be NULL. The
 * answer lives until the next call. */
const struct web_answer *web_call(int port, const char *method,
                                  const char *target, const char *headers,
                                  const char *body);
/* Value of a header of the last answer, or "". */
const char *web_header(const char *name);
/* Text of the member `path` ("results.0.id") of the last body, or "" when it
 * is absent, null or no JSON. Numbers as written. */
const char *web_json(const char *path);
/* How many elements or members it has; -1 when absent. */
int web_count(const char *path);
int web_port_of(const char *url);
/* "%20" and the like; result lives until the eighth call after. */
const char *web_escape(const char *text);

/* A listener for webhooks: answers every call with `status`. */
struct web_listener;
struct web_listener *web_listen(int *port);
void web_listen_answer(struct web_listener *l, int status);
/* The next call's whole text, waiting up to `ms`; NULL when none came. */
const char *web_listen_take(struct web_listener *l, int ms);
void web_listen_stop(struct web_listener *l);

#endif
