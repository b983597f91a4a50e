/* The listener: what it hands to a handler, and what it refuses before. */
#include "config.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"

#include "runtime/server.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct server *server;

/* Says back what came. */
static void echo(void *ctx, struct server_call *call)
{
    int *calls = ctx;
    struct buf b;
    ++*calls;
    buf_init(&b, 0);
    buf_printf(&b, "%s|%.*s|%.*s|%.*s|%.*s", call->method,
               TEXT_ARG(call->path), TEXT_ARG(call->query),
               TEXT_ARG(server_header(call, "x-test")), TEXT_ARG(call->body));
    call->status = 201;
    call->content_type = "text/plain";
    call->reply = buf_dup(call->arena, &b);
    server_reply_header(call, "X-Back", TEXT("yes"));
    if (text_is(call->path, "/drop"))
        call->ending = SERVER_DROP;
    buf_fini(&b);
}

/* Raw bytes in, status out; 0 when the connection just ends. */
static int raw(int port, const char *bytes, size_t len)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    struct timeval limit = { .tv_sec = 5 };
    char answer[64] = "";
    int fd = socket(AF_INET, SOCK_STREAM, 0), status = 0;
    a.sin_port = htons((unsigned short)port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)(void *)&a, sizeof a) == 0) {
        send(fd, bytes, len, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        if (recv(fd, answer, sizeof answer - 1, 0) > 12)
            sscanf(answer, "HTTP/1.1 %d", &status);
    }
    close(fd);
    return status;
}

static void exchanges(int port)
{
    const struct web_answer *a =
        web_call(port, "POST", "/a%20b?x=1%202&y", "X-Test: one\r\n", "body");
    is_int(a->status, 201, "the handler's status");
    is_text(a->body, "POST|/a%20b|x=1%202&y|one|body", "what came, undecoded");
    is_text(web_header("X-Back"), "yes", "its header");
    is_int(web_call(port, "GET", "/drop", NULL, NULL)->status, 0,
           "closed without an answer");
}

static void ceilings(int port, int *calls)
{
    static char large[3000];
    int before = *calls;
    memset(large, 'x', sizeof large - 1);
    is_int(web_call(port, "POST", "/", NULL, large)->status, 413,
           "a body past the ceiling");
    char head[300];
    int n = snprintf(head, sizeof head,
                     "POST / HTTP/1.1\r\nHost: x\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n");
    static char chunked[8000];
    memcpy(chunked, head, (size_t)n);
    for (int i = 0; i < 4; i++)
        n += snprintf(chunked + n, sizeof chunked - (size_t)n,
                      "3e8\r\n%.1000s\r\n", large);
    is_int(raw(port, chunked, (size_t)n), 0, "in chunks: cut off");
    static char headers[12000];
    n = snprintf(headers, sizeof headers, "GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 150; i++)
        n += snprintf(headers + n, sizeof headers - (size_t)n, "A%d: b\r\n", i);
    n += snprintf(headers + n, sizeof headers - (size_t)n, "\r\n");
    is_int(raw(port, headers, (size_t)n), 431, "too many headers");
    is_int(*calls, before, "and no handler saw any of it");
}

static void words(void)
{
    struct arena arena;
    arena_init(&arena);
    struct text q = TEXT("a=1&b=x+y%20z&%24filter=t&c&a=2");
    is_text(server_param(&arena, q, "a").ptr, "1", "the first of two");
    is_text(server_param(&arena, q, "b").ptr, "x y z", "decoded");
    is_text(server_param(&arena, q, "$filter").ptr, "t", "its name too");
    ok(server_param(&arena, q, "c").ptr && !server_param(&arena, q, "d").ptr,
       "empty is not absent");
    is_text(server_unescape(&arena, TEXT("%zz%4"), false).ptr, "%zz%4",
            "broken escapes stay");
    arena_fini(&arena);
}

int main(void)
{
    struct error err = { 0 };
    int calls = 0;
    struct server_options o = { .handler = echo, .ctx = &calls,
                                .body_max = 2000 };
    is_int(server_open(&o, &server, &err), 0, "opens on a free port");
    int port = server_port(server);
    exchanges(port);
    ceilings(port, &calls);
    struct server *second;
    o.port = port;
    ok(server_open(&o, &second, &err) != 0 && err.hint[0],
       "a port that is taken");
    o.address = "example.com";
    err = (struct error){ 0 };
    ok(server_open(&o, &second, &err) != 0, "a name is no address");
    words();
    server_close(server);
    return tap_done();
}
