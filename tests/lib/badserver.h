/* A server that misbehaves on purpose, at the level of the socket: each test
 * writes the bytes it wants. Serves every connection in a thread of its own,
 * keeps a ledger of what arrived. */
#ifndef MLC_TESTS_LIB_BADSERVER_H
#define MLC_TESTS_LIB_BADSERVER_H

#include <stdbool.h>
#include <stddef.h>

#define BAD_REQUEST_MAX 65536

struct bad_request {
    int fd;
    int on_connection; /* 1 for the first request of a connection */
    int number;        /* over all connections, from 1 */
    char method[16], path[1024];
    char *head; /* request line and headers, NUL-terminated */
    char *body;
    size_t body_len;
    void *ctx;
};

/* Answers one request. Returns false to close the connection. */
typedef bool bad_serve(struct bad_request *r);

struct badserver;
struct badserver *badserver_start(bad_serve *serve, void *ctx);
int badserver_port(const struct badserver *s);
/* Requests received whole so far, all paths. */
int badserver_count(struct badserver *s);
int badserver_connections(struct badserver *s);
void badserver_stop(struct badserver *s);

void bad_send(struct bad_request *r, const char *text);
void bad_send_bytes(struct bad_request *r, const void *bytes, size_t len);
/* "HTTP/1.1 STATUS x" with that body as JSON; `headers` as "A: b\r\n". */
void bad_reply(struct bad_request *r, int status, const char *headers,
               const char *body);
void bad_reset(struct bad_request *r); /* RST instead of a proper end */
void bad_sleep_ms(int ms);
/* A gzip stream of `size` zero bytes; *len its length. Freed by the caller
 * with free(). */
unsigned char *bad_gzip_zeros(size_t size, size_t *len);
/* A port on which nobody listens. */
int bad_closed_port(void);

#endif
