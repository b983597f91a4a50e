/* The HTTP/2 server of the transport tests. Headers are not decoded: that a
 * request came is all it has to know. */
#include "config.h"

#include "tests/lib/h2server.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_MAX 65536

struct h2server {
    int listener, port;
    SSL_CTX *ours, *foreign;
    enum h2_act (*act)(int number);
    pthread_t thread;
    atomic_int requests, connections, untrusted, running;
    atomic_bool stopping;
    char authority[64];
};

struct frame {
    unsigned char type, flags;
    unsigned stream;
    size_t len;
    unsigned char *bytes;
};

/* ------------------------------------------------------------ certificates */
static X509 *certificate(EVP_PKEY *key, const char *host)
{
    X509 *x = X509_new();
    X509V3_CTX ctx;
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_set_version(x, 2);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)host, -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(x, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x, key, EVP_sha256());
    return x;
}

static int choose_h2(SSL *ssl, const unsigned char **out,
                     unsigned char *out_len, const unsigned char *in,
                     unsigned in_len, void *ctx)
{
    static const unsigned char wanted[] = "\x02h2";
    (void)ssl;
    (void)ctx;
    return SSL_select_next_proto((unsigned char **)(void *)out, out_len, wanted,
                                 3, in, in_len) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *context(const char *authority)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = certificate(key, "localhost");
    SSL_CTX_use_certificate(ctx, x);
    SSL_CTX_use_PrivateKey(ctx, key);
    SSL_CTX_set_alpn_select_cb(ctx, choose_h2, NULL);
    FILE *f = authority ? fopen(authority, "w") : NULL;
    if (f) {
        PEM_write_X509(f, x);
        fclose(f);
    }
    X509_free(x);
    EVP_PKEY_free(key);
    return ctx;
}

/* ------------------------------------------------------------------ frames */
static bool read_all(SSL *ssl, unsigned char *to, size_t len)
{
    for (size_t have = 0; have < len;) {
        int n = SSL_read(ssl, to + have, (int)(len - have));
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    return true;
}

static bool read_frame(SSL *ssl, struct frame *f)
{
    unsigned char head[9];
    if (!read_all(ssl, head, sizeof head))
        return false;
    f->len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    f->type = head[3];
    f->flags = head[4];
    f->stream = (unsigned)head[5] << 24 | (unsigned)head[6] << 16 |
                (unsigned)head[7] << 8 | head[8];
    return f->len <= FRAME_MAX && read_all(ssl, f->bytes, f->len);
}

static void send_frame(SSL *ssl, int type, int flags, unsigned stream,
                       const void *bytes, size_t len)
{
    unsigned char out[64] = {
        0,
        0,
        (unsigned char)len,
        (unsigned char)type,
        (unsigned char)flags,
        (unsigned char)(stream >> 24),
        (unsigned char)(stream >> 16),
        (unsigned char)(stream >> 8),
        (unsigned char)stream,
    };
    if (len)
        memcpy(out + 9, bytes, len);
    SSL_write(ssl, out, (int)(9 + len));
}

static void send_word(SSL *ssl, int type, unsigned stream, unsigned a,
                      unsigned b, size_t len)
{
    unsigned char bytes[8] = {
        (unsigned char)(a >> 24), (unsigned char)(a >> 16),
        (unsigned char)(a >> 8),  (unsigned char)a,
        (unsigned char)(b >> 24), (unsigned char)(b >> 16),
        (unsigned char)(b >> 8),  (unsigned char)b,
    };
    send_frame(ssl, type, 0, stream, bytes, len);
}

/* True while the connection lives. */
static bool act_on(struct h2server *s, SSL *ssl, unsigned stream)
{
    switch (s->act(++s->requests)) {
    case H2_ANSWER:
        send_frame(ssl, 1, 4, stream, "\x88", 1); /* :status 200 */
        send_frame(ssl, 0, 1, stream, "{}", 2);
        return true;
    case H2_REFUSE:
        send_word(ssl, 3, stream, 7, 0, 4);
        return true;
    case H2_RESET:
        send_word(ssl, 3, stream, 2, 0, 4);
        return true;
    case H2_GOAWAY:
        send_word(ssl, 7, 0, 0, 0, 8);
        return false;
    case H2_GOAWAY_LATE:
        send_word(ssl, 7, 0, stream, 0, 8);
        return false;
    }
    return false;
}

static void talk(struct h2server *s, SSL *ssl)
{
    unsigned char preface[24];
    struct frame f = { .bytes = malloc(FRAME_MAX) };
    bool open = read_all(ssl, preface, sizeof preface);
    send_frame(ssl, 4, 0, 0, NULL, 0); /* SETTINGS, all as usual */
    while (open && !s->stopping && read_frame(ssl, &f)) {
        if (f.type == 4 && !(f.flags & 1))
            send_frame(ssl, 4, 1, 0, NULL, 0);
        else if (f.type == 6 && !(f.flags & 1))
            send_frame(ssl, 6, 1, 0, f.bytes, f.len);
        else if (f.type <= 1 && (f.flags & 1)) /* END_STREAM: it is whole */
            open = act_on(s, ssl, f.stream);
    }
    free(f.bytes);
}

struct client {
    struct h2server *server;
    int fd;
};

static void *serve(void *arg)
{
    struct client *c = arg;
    struct h2server *s = c->server;
    SSL *ssl = SSL_new(s->untrusted ? s->foreign : s->ours);
    SSL_set_fd(ssl, c->fd);
    if (SSL_accept(ssl) == 1) {
        talk(s, ssl);
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(c->fd);
    free(c);
    s->running--;
    return NULL;
}

static void *listen_on(void *arg)
{
    struct h2server *s = arg;
    while (!s->stopping) {
        struct pollfd p = { s->listener, POLLIN, 0 };
        pthread_t thread;
        if (poll(&p, 1, 50) <= 0)
            continue;
        struct client *c = calloc(1, sizeof *c);
        struct timeval limit = { 5, 0 };
        c->server = s;
        c->fd = accept(s->listener, NULL, NULL);
        setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        s->connections++;
        s->running++;
        if (pthread_create(&thread, NULL, serve, c))
            exit(99);
        pthread_detach(thread);
    }
    return NULL;
}

struct h2server *h2server_start(enum h2_act (*act)(int number))
{
    struct h2server *s = calloc(1, sizeof *s);
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t len = sizeof a;
    const char *tmp = getenv("TMPDIR");
    snprintf(s->authority, sizeof s->authority, "%.40s/mlc-ca-XXXXXX",
             tmp ? tmp : "/tmp");
    close(mkstemp(s->authority));
    signal(SIGPIPE, SIG_IGN);
    s->act = act;
    s->ours = context(s->authority);
    s->foreign = context(NULL);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(s->listener, (struct sockaddr *)&a, sizeof a) ||
        listen(s->listener, 16) ||
        getsockname(s->listener, (struct sockaddr *)&a, &len) ||
        pthread_create(&s->thread, NULL, listen_on, s))
        exit(99);
    s->port = ntohs(a.sin_port);
    return s;
}

int h2server_port(const struct h2server *s)
{
    return s->port;
}

int h2server_requests(struct h2server *s)
{
    return s->requests;
}

int h2server_connections(struct h2server *s)
{
    return s->connections;
}

void h2server_trusted(struct h2server *s, int trusted)
{
    s->untrusted = !trusted;
}

const char *h2server_authority(const struct h2server *s)
{
    return s->authority;
}

/* Waits for the connections that are open: those of a client that has closed
 * them end at once, others when nothing has come for a while. */
void h2server_stop(struct h2server *s)
{
    s->stopping = true;
    pthread_join(s->thread, NULL);
    close(s->listener);
    unlink(s->authority);
    while (s->running > 0)
        poll(NULL, 0, 5);
    SSL_CTX_free(s->ours);
    SSL_CTX_free(s->foreign);
    free(s);
}
