/* The tests' HTTP client and listener; see web.h. */
#include "config.h"
#include "tests/lib/web.h"

#include "runtime/json.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct web_answer answer;
static struct buf raw;
static struct doc *parsed;
static char text_of_path[65536];

static int open_socket(int port)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    struct timeval limit = { .tv_sec = 20 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    a.sin_port = htons((unsigned short)port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)(void *)&a, sizeof a) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void unchunk(char *body, size_t *len, bool *complete)
{
    size_t in = 0, out = 0;
    *complete = false;
    while (in < *len) {
        char *end;
        size_t size = strtoul(body + in, &end, 16);
        char *line_end = strstr(end, "\r\n");
        if (!line_end)
            break;
        in = (size_t)(line_end + 2 - body);
        if (size == 0) {
            *complete = true;
            break;
        }
        if (in + size > *len)
            size = *len - in;
        memmove(body + out, body + in, size);
        out += size;
        in += size + 2;
    }
    body[out] = '\0';
    *len = out;
}

static void read_answer(void)
{
    char *split = raw.len ? strstr(raw.ptr, "\r\n\r\n") : NULL;
    if (!split)
        return;
    *split = '\0';
    answer.head = raw.ptr;
    answer.body = split + 4;
    answer.body_len = raw.len - (size_t)(answer.body - raw.ptr);
    answer.status = (int)strtol(raw.ptr + 9, NULL, 10);
    const char *promised = web_header("Content-Length");
    answer.complete = true;
    if (*promised)
        answer.complete = strtoul(promised, NULL, 10) == answer.body_len;
    else if (strcasecmp(web_header("Transfer-Encoding"), "chunked") == 0)
        unchunk(answer.body, &answer.body_len, &answer.complete);
}

static void build_request(struct buf *b, int port, const char *method,
                          const char *target, const char *headers,
                          const char *body)
{
    if (strncmp(target, "http://", 7) == 0)
        target = strchr(target + 7, '/');
    buf_printf(b, "%s %s HTTP/1.1\r\nConnection: close\r\n", method, target);
    if (!headers || !strcasestr(headers, "Host:"))
        buf_printf(b, "Host: 127.0.0.1:%d\r\n", port);
    if (headers)
        buf_str(b, headers);
    if (body)
        buf_printf(b, "Content-Length: %zu\r\n", strlen(body));
    buf_str(b, "\r\n");
    if (body)
        buf_str(b, body);
}

const struct web_answer *web_call(int port, const char *method,
                                  const char *target, const char *headers,
                                  const char *body)
{
    struct buf request;
    ssize_t n;
    buf_fini(&raw);
    buf_init(&raw, 0);
    doc_drop(parsed);
    parsed = NULL;
    memset(&answer, 0, sizeof answer);
    static char none[1];
    answer.head = answer.body = none;
    buf_init(&request, 0);
    build_request(&request, port, method, target, headers, body);
    int fd = open_socket(port);
    if (fd >= 0) {
        send(fd, request.ptr, request.len, MSG_NOSIGNAL);
        char *room;
        while ((room = buf_room(&raw, 65536)) &&
               (n = recv(fd, room, 65535, 0)) > 0)
            buf_grown(&raw, (size_t)n);
        close(fd);
        buf_cstr(&raw);
        read_answer();
    }
    buf_fini(&request);
    return &answer;
}

const char *web_header(const char *name)
{
    static char value[4096];
    size_t len = strlen(name);
    for (const char *line = strstr(answer.head, "\r\n"); line;
         line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        if (strncasecmp(at, name, len) != 0 || at[len] != ':')
            continue;
        at += len + 1;
        at += strspn(at, " ");
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
        return value;
    }
    return "";
}

static const struct doc *find(const char *path)
{
    struct error err = { 0 };
    if (!parsed)
        parsed = doc_parse(
            (struct text){ answer.body, answer.body_len }, &err);
    return *path ? doc_path(parsed, path) : parsed;
}

const char *web_json(const char *path)
{
    const struct doc *d = find(path);
    struct text t = doc_as_text(d);
    if (doc_kind(d) == DOC_YESNO)
        return doc_is_true(d) ? "true" : "false";
    if (doc_kind(d) == DOC_NULL)
        return "null";
    snprintf(text_of_path, sizeof text_of_path, "%.*s", TEXT_ARG(t));
    return text_of_path;
}

int web_count(const char *path)
{
    const struct doc *d = find(path);
    if (doc_kind(d) != DOC_LIST && doc_kind(d) != DOC_OBJECT)
        return -1;
    return (int)doc_count(d);
}

int web_port_of(const char *url)
{
    const char *colon = strrchr(url, ':');
    return colon ? (int)strtol(colon + 1, NULL, 10) : 0;
}

const char *web_escape(const char *text)
{
    static char ring[8][2048];
    static int next;
    char *out = ring[next++ % 8];
    size_t n = 0;
    for (; *text && n < 2040; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c >= '0' && c <= '9') || strchr("-._~", c))
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, 4, "%%%02X", c);
    }
    out[n] = '\0';
    return out;
}

/* ------------------------------------------------------------- listener */
#define CALLS_MAX 64

struct web_listener {
    int fd, status;
    pthread_t thread;
    pthread_mutex_t lock;
    char *calls[CALLS_MAX];
    int count, taken;
    bool stop;
};

/* Reads one request whole: head, then as much as it promises. */
static char *read_request(int fd)
{
    struct buf b;
    ssize_t n;
    buf_init(&b, 0);
    for (;;) {
        char *room = buf_room(&b, 4096);
        if (!room || (n = recv(fd, room, 4096, 0)) <= 0)
            break;
        buf_grown(&b, (size_t)n);
        char *split = strstr(buf_cstr(&b), "\r\n\r\n");
        if (!split)
            continue;
        const char *length = strcasestr(b.ptr, "Content-Length:");
        size_t want = length ? strtoul(length + 15, NULL, 10) : 0;
        if (b.len >= (size_t)(split + 4 - b.ptr) + want)
            break;
    }
    char *copy = mem_strdup(buf_cstr(&b));
    buf_fini(&b);
    return copy;
}

static void take_call(struct web_listener *l, int fd)
{
    char reply[128];
    char *call = read_request(fd);
    pthread_mutex_lock(&l->lock);
    if (l->count < CALLS_MAX)
        l->calls[l->count++] = call;
    else
        mem_free(call);
    int len = snprintf(reply, sizeof reply,
                       "HTTP/1.1 %d X\r\nContent-Length: 0\r\n"
                       "Connection: close\r\n\r\n",
                       l->status);
    pthread_mutex_unlock(&l->lock);
    send(fd, reply, (size_t)len, MSG_NOSIGNAL);
    close(fd);
}

static void *listen_on(void *arg)
{
    struct web_listener *l = arg;
    while (!l->stop) {
        struct pollfd p = { .fd = l->fd, .events = POLLIN };
        if (poll(&p, 1, 50) <= 0)
            continue;
        int fd = accept(l->fd, NULL, NULL);
        if (fd >= 0)
            take_call(l, fd);
    }
    return NULL;
}

struct web_listener *web_listen(int *port)
{
    struct web_listener *l = mem_zalloc(sizeof *l);
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t len = sizeof a;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    l->status = 200;
    l->fd = socket(AF_INET, SOCK_STREAM, 0);
    bind(l->fd, (struct sockaddr *)(void *)&a, sizeof a);
    listen(l->fd, 16);
    getsockname(l->fd, (struct sockaddr *)(void *)&a, &len);
    *port = ntohs(a.sin_port);
    pthread_mutex_init(&l->lock, NULL);
    pthread_create(&l->thread, NULL, listen_on, l);
    return l;
}

void web_listen_answer(struct web_listener *l, int status)
{
    pthread_mutex_lock(&l->lock);
    l->status = status;
    pthread_mutex_unlock(&l->lock);
}

const char *web_listen_take(struct web_listener *l, int ms)
{
    for (; ms >= 0; ms -= 10) {
        pthread_mutex_lock(&l->lock);
        const char *call = l->taken < l->count ? l->calls[l->taken++] : NULL;
        pthread_mutex_unlock(&l->lock);
        if (call)
            return call;
        poll(NULL, 0, 10);
    }
    return NULL;
}

void web_listen_stop(struct web_listener *l)
{
    l->stop = true;
    pthread_join(l->thread, NULL);
    close(l->fd);
    for (int i = 0; i < l->count; i++)
        mem_free(l->calls[i]);
    mem_free(l);
}
