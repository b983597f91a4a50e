/* The misbehaving server of the transport tests. */
#include "config.h"

#include "tests/lib/badserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 256

struct badserver {
    int listener, port;
    bad_serve *serve;
    void *ctx;
    pthread_t thread;
    atomic_bool stopping;
    atomic_int requests, connections, running;
};

struct client {
    struct badserver *server;
    int fd;
};

void bad_sleep_ms(int ms)
{
    struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };
    nanosleep(&t, NULL);
}

void bad_send_bytes(struct bad_request *r, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = send(r->fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        at += n;
        len -= (size_t)n;
    }
}

void bad_send(struct bad_request *r, const char *text)
{
    bad_send_bytes(r, text, strlen(text));
}

void bad_reply(struct bad_request *r, int status, const char *headers,
               const char *body)
{
    char head[4096];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d x\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n%s\r\n%s",
                     status, strlen(body), headers,
                     strlen(body) < 2048 ? body : "");
    bad_send_bytes(r, head, (size_t)n);
    if (strlen(body) >= 2048)
        bad_send(r, body);
}

void bad_reset(struct bad_request *r)
{
    struct linger now = { 1, 0 };
    setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* Reads one request whole; false at the end of the connection. */
static bool read_request(struct bad_request *r, char *buffer, size_t *have)
{
    char *end;
    buffer[*have] = 0;
    while (!(end = strstr(buffer, "\r\n\r\n"))) {
        ssize_t n = recv(r->fd, buffer + *have, BAD_REQUEST_MAX - *have - 1, 0);
        if (n <= 0)
            return false;
        *have += (size_t)n;
        buffer[*have] = 0;
    }
    *end = 0;
    r->head = buffer;
    r->body = end + 4;
    r->body_len = 0;
    char *length = strcasestr(buffer, "\r\ncontent-length:");
    if (length)
        r->body_len = strtoul(length + 17, NULL, 10);
    size_t head_len = (size_t)(r->body - buffer);
    while (*have < head_len + r->body_len) {
        ssize_t n = recv(r->fd, buffer + *have, BAD_REQUEST_MAX - *have - 1, 0);
        if (n <= 0)
            return false;
        *have += (size_t)n;
    }
    buffer[*have] = 0;
    return sscanf(buffer, "%15s %1023s", r->method, r->path) == 2;
}

static void *serve_client(void *arg)
{
    struct client *c = arg;
    struct badserver *s = c->server;
    char *buffer = calloc(1, BAD_REQUEST_MAX);
    struct bad_request r = { .fd = c->fd, .ctx = s->ctx };
    size_t have = 0;
    bool open = buffer != NULL;
    while (open && !s->stopping && read_request(&r, buffer, &have)) {
        r.on_connection++;
        r.number = ++s->requests;
        open = s->serve(&r);
        have = 0; /* no pipelining */
    }
    close(c->fd);
    free(buffer);
    free(c);
    s->running--;
    return NULL;
}

static void *accept_clients(void *arg)
{
    struct badserver *s = arg;
    while (!s->stopping) {
        struct pollfd p = { s->listener, POLLIN, 0 };
        if (poll(&p, 1, 50) <= 0)
            continue;
        int fd = accept(s->listener, NULL, NULL);
        if (fd < 0)
            continue;
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct timeval limit = { 5, 0 };
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        s->connections++;
        struct client *c = calloc(1, sizeof *c);
        pthread_t thread;
        c->server = s;
        c->fd = fd;
        s->running++;
        if (pthread_create(&thread, NULL, serve_client, c)) {
            s->running--;
            close(fd);
            free(c);
        } else {
            pthread_detach(thread);
        }
    }
    return NULL;
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) ||
        listen(fd, 128) || getsockname(fd, (struct sockaddr *)&a, &len)) {
        perror("badserver");
        exit(99);
    }
    *port = ntohs(a.sin_port);
    return fd;
}

struct badserver *badserver_start(bad_serve *serve, void *ctx)
{
    struct badserver *s = calloc(1, sizeof *s);
    signal(SIGPIPE, SIG_IGN);
    s->serve = serve;
    s->ctx = ctx;
    s->listener = listen_somewhere(&s->port);
    if (pthread_create(&s->thread, NULL, accept_clients, s))
        exit(99);
    return s;
}

int badserver_port(const struct badserver *s)
{
    return s->port;
}

int badserver_count(struct badserver *s)
{
    return s->requests;
}

int badserver_connections(struct badserver *s)
{
    return s->connections;
}

void badserver_stop(struct badserver *s)
{
    s->stopping = true;
    pthread_join(s->thread, NULL);
    close(s->listener);
    for (int i = 0; i < 100 && s->running > 0; i++)
        bad_sleep_ms(10);
    if (s->running == 0)
        free(s);
}

int bad_closed_port(void)
{
    int port;
    close(listen_somewhere(&port));
    return port;
}

/* ------------------------------------------------------------------- gzip */
struct bits {
    unsigned char *out;
    size_t len;
    unsigned held, count;
};

static void put_bits(struct bits *b, unsigned value, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        b->held |= (value >> i & 1) << b->count;
        if (++b->count == 8) {
            b->out[b->len++] = (unsigned char)b->held;
            b->held = b->count = 0;
        }
    }
}

static void put_code(struct bits *b, unsigned code, unsigned count)
{
    for (unsigned i = count; i-- > 0;) /* codes go in top bit first */
        put_bits(b, code >> i & 1, 1);
}

/* One block with the fixed codes: a zero, then "258 bytes from 1 back". */
unsigned char *bad_gzip_zeros(size_t size, size_t *len)
{
    static const unsigned char head[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0,
                                            255 };
    struct bits b = { malloc(size / 158 + 64), sizeof head, 0, 0 };
    memcpy(b.out, head, sizeof head);
    put_bits(&b, 1, 1); /* the last block */
    put_bits(&b, 1, 2); /* fixed codes */
    put_code(&b, 0x30, 8);
    for (size_t done = 1; done + 258 <= size; done += 258) {
        put_code(&b, 0xc5, 8);
        put_code(&b, 0, 5);
    }
    put_code(&b, 0, 7); /* end */
    put_bits(&b, 0, 7);
    memset(b.out + b.len, 0, 8); /* checksum and size: nobody gets there */
    *len = b.len + 8;
    return b.out;
}
