/* Webhooks the sandboxes send: to loopback only, over plain sockets, so that
 * nothing of the transport under test takes part. A thread of its own sends
 * what is due and tries again what failed. */
#include "config.h"
#include "runtime/sandbox_kit.h"

#include "base/log.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define POST_TIMEOUT_S 5
#define LOOK_EVERY_MS 25

struct target {
    struct sockaddr_in address;
    struct text host, path;
};

/* "http://127.0.0.1:PORT/path" or "http://localhost:PORT/path"; nothing else
 * is ever called. */
static bool parse_target(const char *url, struct target *out)
{
    struct text t = text_of(url);
    size_t at = 0;
    uint32_t port = 0;
    if (!text_starts(t, TEXT("http://")))
        return false;
    t = text_slice(t, 7, t.len - 7);
    if (!text_find(t, TEXT("/"), &at))
        at = t.len;
    out->host = text_slice(t, 0, at);
    out->path = at < t.len ? text_slice(t, at, t.len - at) : TEXT("/");
    if (!text_find(out->host, TEXT(":"), &at))
        return false;
    struct text name = text_slice(out->host, 0, at);
    if (!text_is(name, "127.0.0.1") && !text_is(name, "localhost"))
        return false;
    for (size_t i = at + 1; i < out->host.len; i++) {
        if (out->host.ptr[i] < '0' || out->host.ptr[i] > '9' || port > 65535)
            return false;
        port = port * 10 + (uint32_t)(out->host.ptr[i] - '0');
    }
    memset(&out->address, 0, sizeof out->address);
    out->address.sin_family = AF_INET;
    out->address.sin_port = htons((uint16_t)port);
    out->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return port > 0 && port <= 65535;
}

static bool send_all(int fd, const struct buf *b)
{
    for (size_t at = 0; at < b->len;) {
        ssize_t n = send(fd, b->ptr + at, b->len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

/* "HTTP/1.1 204 …": the three digits. */
static int read_status(int fd)
{
    char head[16];
    size_t len = 0;
    while (len < 12) {
        ssize_t n = recv(fd, head + len, sizeof head - len, 0);
        if (n <= 0)
            return 0;
        len += (size_t)n;
    }
    if (memcmp(head, "HTTP/1.", 7) != 0)
        return 0;
    return (head[9] - '0') * 100 + (head[10] - '0') * 10 + head[11] - '0';
}

static int perform(const struct world_post *p)
{
    struct target t;
    struct timeval limit = { .tv_sec = POST_TIMEOUT_S };
    struct buf b;
    int status = 0;
    if (!parse_target(p->url, &t))
        return 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    buf_init(&b, 0);
    buf_printf(&b, "POST %.*s HTTP/1.1\r\nHost: %.*s\r\n"
               "Content-Length: %zu\r\nConnection: close\r\n",
               TEXT_ARG(t.path), TEXT_ARG(t.host), p->body.len);
    if (p->content_type && p->body.len > 0)
        buf_printf(&b, "Content-Type: %s\r\n", p->content_type);
    if (p->authorization)
        buf_printf(&b, "Authorization: %s\r\n", p->authorization);
    if (p->header)
        buf_printf(&b, "%s\r\n", p->header);
    buf_str(&b, "\r\n");
    buf_text(&b, p->body);
    const struct sockaddr *address =
        (const struct sockaddr *)(const void *)&t.address;
    if (connect(fd, address, sizeof t.address) == 0 && send_all(fd, &b))
        status = read_status(fd);
    close(fd);
    buf_fini(&b);
    return status;
}

int world_post_now(struct world *w, const struct world_post *post)
{
    (void)w;
    return perform(post);
}

static char *copy_string(const char *string)
{
    return string ? mem_strdup(string) : NULL;
}

static void free_string(const char *string)
{
    union {
        const char *from;
        char *to;
    } u = { .from = string };
    mem_free(u.to);
}

static void post_free(struct post *p)
{
    free_string(p->post.url);
    free_string(p->post.content_type);
    free_string(p->post.authorization);
    free_string(p->post.header);
    free_string(p->post.key);
    free_string(p->post.body.ptr);
    mem_free(p);
}

void world_post_later(struct world *w, const struct world_post *post)
{
    struct sandbox *s = w->sandbox;
    struct post **at = &s->posts;
    if (s->post_count == POSTS_MAX) {
        log_warning("the %s sandbox dropped a webhook: %d are waiting",
                    w->vendor->name, POSTS_MAX);
        return;
    }
    struct post *p = mem_zalloc(sizeof *p);
    p->post = *post;
    p->world = w;
    p->post.url = copy_string(post->url);
    p->post.content_type = copy_string(post->content_type);
    p->post.authorization = copy_string(post->authorization);
    p->post.header = copy_string(post->header);
    p->post.key = copy_string(post->key);
    char *body = mem_zalloc(post->body.len + 1);
    if (post->body.len > 0)
        memcpy(body, post->body.ptr, post->body.len);
    p->post.body.ptr = body;
    while (*at)
        at = &(*at)->next;
    *at = p;
    s->post_count++;
}

/* Takes the first due post off the list. */
static struct post *take_due(struct sandbox *s)
{
    int64_t now = sandbox_now_ms(s);
    for (struct post **at = &s->posts; *at; at = &(*at)->next) {
        struct post *p = *at;
        if (p->post.due_ms <= now) {
            *at = p->next;
            p->next = NULL;
            s->post_count--;
            return p;
        }
    }
    return NULL;
}

static void log_post(struct sandbox *s, const struct post *p, int status)
{
    struct buf b;
    if (s->log_fd < 0)
        return;
    buf_init(&b, 0);
    buf_printf(&b, "{\"connector\":\"%s\",\"sent\":\"%s\",\"status\":%d}\n",
               p->world->vendor->name, p->post.what ? p->post.what : "webhook",
               status);
    sandbox_write_line(s->log_fd, &b);
    buf_fini(&b);
}

/* Puts a failed one back for later, or lets it go. */
static void settle(struct sandbox *s, struct post *p, int status)
{
    bool again = (status < 200 || status > 299) && p->post.tries > 0 &&
                 !s->stopping;
    log_post(s, p, status);
    if (p->world->vendor->posted)
        p->world->vendor->posted(p->world, &p->post, status, !again);
    if (again) {
        p->post.tries--;
        p->post.due_ms = sandbox_now_ms(s) + p->post.again_ms;
        p->next = s->posts;
        s->posts = p;
        s->post_count++;
        return;
    }
    post_free(p);
}

static void *deliver(void *arg)
{
    struct sandbox *s = arg;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping) {
        for (size_t i = 0; i < s->world_count; i++)
            if (s->worlds[i]->vendor->pass_time)
                s->worlds[i]->vendor->pass_time(s->worlds[i],
                                                sandbox_now_ms(s));
        struct post *p = take_due(s);
        pthread_mutex_unlock(&s->lock);
        if (p) {
            int status = perform(&p->post);
            pthread_mutex_lock(&s->lock);
            settle(s, p, status);
            continue;
        }
        poll(NULL, 0, LOOK_EVERY_MS);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

int postman_start(struct sandbox *s, struct error *err)
{
    if (pthread_create(&s->postman, NULL, deliver, s) != 0)
        return error_errno(err, ERROR_STORE,
                           "cannot start the sandbox's thread");
    s->postman_runs = true;
    return 0;
}

void postman_stop(struct sandbox *s)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_mutex_unlock(&s->lock);
    if (s->postman_runs)
        pthread_join(s->postman, NULL);
    while (s->posts) {
        struct post *p = s->posts;
        s->posts = p->next;
        post_free(p);
    }
}
