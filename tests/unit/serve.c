/* mlc serve as a process: who may speak to it and how, from webhook to written
 * record, what a crash leaves, what people are told, and the end of it. Rows
 * of faults in brackets. */
#include "config.h"

#include "base/embedded.h"
#include "runtime/clock.h"
#include "runtime/crypto.h"
#include "runtime/hooks.h"
#include "tests/lib/tap.h"
#include "tests/lib/web.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char folder[64];
static pid_t server;
static int port, exact_port;
static char log_path[128], listen_at[64], public_url[64];

static const char project[] =
    "set language 1\n"
    "set timezone \"UTC\"\n"
    "connection Exact is exact\n"
    "connection Hook is notify { kind = \"webhook\" }\n"
    "connection Chat is notify { kind = \"slack\" }\n";

static const char flows[] =
    "set language 1\n"
    "flow units \"Items become cost units\"\n"
    "Exact.item -> Exact.costunit\n"
    "{\n"
    "  on change\n"
    "  every 1 day\n"
    "  read changes\n"
    "  write creates and updates\n"
    "  match on Code\n"
    "  Code = left(item.Code, 8)\n"
    "  Description = left(item.Description, 60)\n"
    "}\n"
    "flow watched \"Accounts, written down\"\n"
    "Exact.account -> log\n"
    "{\n"
    "  after units\n"
    "  read everything\n"
    "  Number = account.ID\n"
    "}\n";

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (f) {
        fputs(text, f);
        fclose(f);
    }
    chmod(path, 0600);
}

/* ----------------------------------------------------------------- processes */
static pid_t start(const char *const *args, const char *out_name)
{
    posix_spawn_file_actions_t files;
    char path[128];
    char *argv[24] = { NULL };
    pid_t pid = 0;
    const char *mlc = getenv("MLC");
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", folder, out_name);
    for (; args[n] && n < 23; n++)
        memcpy(&argv[n], &args[n], sizeof argv[n]);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, path,
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    if (posix_spawn(&pid, mlc ? mlc : "./mlc", &files, NULL, argv, environ)
        != 0)
        pid = 0;
    posix_spawn_file_actions_destroy(&files);
    return pid;
}

static int finish(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *const *args)
{
    return finish(start(args, "out"));
}

static char *slurp(const char *path)
{
    static char text[256 * 1024];
    size_t len = 0;
    FILE *f = fopen(path, "r");
    if (f) {
        len = fread(text, 1, sizeof text - 1, f);
        fclose(f);
    }
    text[len] = '\0';
    return text;
}

static char *out_text(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/out", folder);
    return slurp(path);
}

static bool wait_for(const char *path, const char *text, int ms)
{
    for (int i = 0; i < ms / 20; i++) {
        if (strstr(slurp(path), text))
            return true;
        clock_sleep_ms(20);
    }
    return false;
}

static int free_port(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t len = sizeof a;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bind(fd, (struct sockaddr *)(void *)&a, sizeof a);
    getsockname(fd, (struct sockaddr *)(void *)&a, &len);
    close(fd);
    return ntohs(a.sin_port);
}

static bool start_server(void)
{
    const char *args[] = { "mlc", "serve", "--sandbox", "--listen", listen_at,
                           "--public-url", public_url, NULL };
    server = start(args, "log");
    if (!wait_for(log_path, "listening on", 10000))
        return false;
    const char *at = strstr(slurp(log_path), "sandbox of Exact: ");
    exact_port = at ? web_port_of(at + 18) : 0;
    return exact_port > 0;
}

/* ------------------------------------------------------------------ raw calls */
static int connect_from(const char *source)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    struct sockaddr_in from = { .sin_family = AF_INET };
    struct timeval limit = { .tv_sec = 15 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_port = htons((uint16_t)port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    inet_pton(AF_INET, source, &from.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    bind(fd, (struct sockaddr *)(void *)&from, sizeof from);
    if (connect(fd, (struct sockaddr *)(void *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static char heard[8192];

static int hear(int fd)
{
    size_t len = 0;
    ssize_t n;
    while (len < sizeof heard - 1
           && (n = recv(fd, heard + len, sizeof heard - 1 - len, 0)) > 0)
        len += (size_t)n;
    heard[len] = '\0';
    return len > 12 ? (int)strtol(heard + 9, NULL, 10) : 0;
}

static int raw(const char *source, const char *request)
{
    int fd = connect_from(source);
    if (fd < 0)
        return -1;
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
        heard[0] = '\0';
    int status = hear(fd);
    close(fd);
    return status;
}

#define CLOSE "Host: x\r\nConnection: close\r\n"

struct row {
    const char *name, *request;
    int low, high; /* of the status; 0: closed without one */
};

static const struct row rows[] = {
    { "health", "GET /healthz HTTP/1.1\r\n" CLOSE "\r\n", 200, 200 },
    { "figures", "GET /metrics HTTP/1.1\r\n" CLOSE "\r\n", 200, 200 },
    { "a proxy's caller is no neighbour",
      "GET /metrics HTTP/1.1\r\n" CLOSE "X-Forwarded-For: 9.9.9.9\r\n\r\n",
      401, 401 },
    { "no such page", "GET / HTTP/1.1\r\n" CLOSE "\r\n", 404, 404 },
    { "[169] two lengths", "POST /webhook/Exact HTTP/1.1\r\n" CLOSE
      "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400, 400 },
    { "[169] the same length twice", "POST /webhook/Exact HTTP/1.1\r\n" CLOSE
      "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400, 400 },
    { "[169] a coding nobody knows", "POST /webhook/Exact HTTP/1.1\r\n" CLOSE
      "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, 400 },
    { "[169] an absolute address",
      "GET http://127.0.0.1/healthz HTTP/1.1\r\n" CLOSE "\r\n", 400, 400 },
    { "[169] a path that climbs",
      "GET /webhook/../metrics HTTP/1.1\r\n" CLOSE "\r\n", 400, 400 },
    { "[169] the same, encoded",
      "GET /webhook/%2e%2e/metrics HTTP/1.1\r\n" CLOSE "\r\n", 400, 400 },
    { "[169] an empty part",
      "GET //healthz HTTP/1.1\r\n" CLOSE "\r\n", 400, 400 },
    { "[169] an unknown method",
      "BREW /healthz HTTP/1.1\r\n" CLOSE "\r\n", 405, 405 },
    { "a webhook is posted",
      "GET /webhook/Exact HTTP/1.1\r\n" CLOSE "\r\n", 405, 405 },
    { "an unknown connection", "POST /webhook/Nobody HTTP/1.1\r\n" CLOSE
      "Content-Length: 2\r\n\r\n{}", 404, 404 },
    { "[159] a header twice", "POST /webhook/Exact HTTP/1.1\r\n" CLOSE
      "X-Bill-Sha-Signature: a\r\nx-bill-sha-signature: b\r\n"
      "Content-Length: 2\r\n\r\n{}", 400, 400 },
    { "[167] packed", "POST /webhook/Exact HTTP/1.1\r\n" CLOSE
      "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415, 415 },
    { "[167] 10 MB promised: not asked to go on",
      "POST /webhook/Exact HTTP/1.1\r\n" CLOSE "Expect: 100-continue\r\n"
      "Content-Length: 10485760\r\n\r\n", 413, 413 },
    { "[158] not signed", "POST /webhook/Exact HTTP/1.1\r\n" CLOSE
      "Content-Length: 2\r\n\r\n{}", 401, 401 },
};

static void manners(void)
{
    char big[16384];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = raw("127.0.0.1", rows[i].request);
        ok(status >= rows[i].low && status <= rows[i].high, "%s",
           rows[i].name);
        if (status < rows[i].low || status > rows[i].high)
            tap_diag("got %d: %.200s", status, heard);
    }
    int n = snprintf(big, sizeof big, "POST /webhook/Exact HTTP/1.1\r\n" CLOSE
                     "X-Long: ");
    memset(big + n, 'a', 9000);
    snprintf(big + n + 9000, sizeof big - (size_t)n - 9000,
             "\r\nContent-Length: 2\r\n\r\n{}");
    int status = raw("127.0.0.1", big);
    ok(status == 431 || status == 413 || status == 400,
       "[159] a header of 9 KB: %d", status);
}

/* Chunks without end: cut at the cap, not taken into memory. */
static void endless(void)
{
    char chunk[4102];
    size_t sent = 0;
    int fd = connect_from("127.0.0.1");
    const char *head = "POST /webhook/Exact HTTP/1.1\r\n" CLOSE
                       "Transfer-Encoding: chunked\r\n\r\n";
    memcpy(chunk, "1000\r\n", 6);
    memset(chunk + 6, 'x', 4094);
    memcpy(chunk + 4100, "\r\n", 2);
    ok(send(fd, head, strlen(head), MSG_NOSIGNAL) > 0, "[167] chunks begin");
    for (ssize_t k = 1; k > 0 && sent < (size_t)64 << 20; sent += (size_t)k)
        k = send(fd, chunk, sizeof chunk, MSG_NOSIGNAL);
    close(fd);
    ok(sent < (size_t)16 << 20, "[167] and are cut after %zu KB", sent >> 10);
}

#define LORIS 300

static void loris(void)
{
    static int fds[LORIS];
    const char *begin = "POST /webhook/Exact HTTP/1.1\r\nHost: x\r\n";
    int64_t began = clock_steady_ms();
    int open_ones = 0;
    for (int i = 0; i < LORIS; i++) {
        fds[i] = connect_from("127.0.0.1");
        if (fds[i] >= 0
            && send(fds[i], begin, strlen(begin), MSG_NOSIGNAL) > 0)
            open_ones++;
    }
    is_int(raw("127.0.0.2", "GET /healthz HTTP/1.1\r\n" CLOSE "\r\n"), 200,
           "[168] %d slow senders: health still answers", open_ones);
    for (int round = 0; round < 24; round++) { /* a byte now and then */
        for (int i = 0; i < LORIS; i += 7)
            if (fds[i] >= 0 && send(fds[i], "a", 1, MSG_NOSIGNAL) < 0)
                continue;
        clock_sleep_ms(500);
    }
    int living = 0;
    for (int i = 0; i < LORIS; i++) {
        char c;
        struct pollfd p = { .fd = fds[i], .events = POLLIN };
        if (fds[i] < 0)
            continue;
        if (poll(&p, 1, 0) == 0)
            living++;
        else if (recv(fds[i], &c, 1, MSG_DONTWAIT) > 0)
            living += 0; /* told and closed */
        close(fds[i]);
    }
    is_int(living, 0, "[168] none of them lives past the deadline (%lld ms)",
           (long long)(clock_steady_ms() - began));
}

/* ------------------------------------------------------------------- the work */
static char ledger[128];

static int effects(const char *did)
{
    char want[32];
    int count = 0;
    snprintf(want, sizeof want, "\"did\":\"%s\"", did);
    for (const char *at = slurp(ledger); (at = strstr(at, want)); at++)
        count++;
    return count;
}

static void edit(const char *text)
{
    char body[128];
    snprintf(body, sizeof body, "{\"Description\":\"%s\"}", text);
    web_call(exact_port, "POST", "/_sandbox/edit?entity=Items&code=ARM-2",
             "Content-Type: application/json\r\n", body);
}

static bool updated(int count, int ms)
{
    for (int i = 0; i < ms / 10; i++) {
        if (effects("update") >= count)
            return true;
        clock_sleep_ms(10);
    }
    return false;
}

/* No run goes on and no delivery waits, nor its second look. */
static void wait_until_quiet(void)
{
    for (int i = 0; i < 200; i++) {
        const struct web_answer *a = web_call(port, "GET", "/healthz", NULL,
                                              NULL);
        if (a->body &&
            strstr(a->body, "\"running\":0,\"webhooks_waiting\":0"))
            return;
        clock_sleep_ms(50);
    }
}

static void to_record(void)
{
    ok(wait_for(log_path, "sends webhooks of item", 10000),
       "[175] it subscribes, and the vendor's try-out is answered");
    for (int i = 0; i < 500 && effects("create") < 4; i++)
        clock_sleep_ms(20);
    is_int(effects("create"), 4, "what is due runs at the start: three units, "
           "beside the subscription");
    ok(wait_for(log_path, "watched: {", 10000), "and what comes after it");
    web_call(exact_port, "GET", "/_sandbox/switch?name=hook_seconds&value=0",
             NULL, NULL);
    int64_t began = clock_steady_ms();
    edit("first");
    bool done = updated(1, 5000);
    long long took = (long long)(clock_steady_ms() - began);
    ok(done, "webhook to finished write in %lld ms", took);
    ok(took < 5000, "within seconds");
    web_call(exact_port, "GET", "/_sandbox/switch?name=hook_twice&value=yes",
             NULL, NULL);
    edit("second"); /* in the same second: the same bytes as the first */
    ok(updated(2, 3000), "[161] sent twice");
    clock_sleep_ms(500);
    is_int(effects("update"), 2, "[161] written once");
    clock_sleep_ms(1200); /* the same second is looked at again in the next */
    wait_until_quiet();
    web_call(exact_port, "GET", "/_sandbox/switch?name=hook_hash&value=wrong",
             NULL, NULL);
    edit("third");
    clock_sleep_ms(800);
    is_int(effects("update"), 2, "a bad signature changes nothing");
    raw("127.0.0.1", "GET /metrics HTTP/1.1\r\n" CLOSE "\r\n");
    web_call(port, "GET", "/metrics", NULL, NULL);
    const struct web_answer *a = web_call(port, "GET", "/metrics", NULL, NULL);
    ok(a->body && strstr(a->body, "outcome=\"refused\"} 3"),
       "and the refusals");
    ok(a->body && a->body_len > 6
           && strcmp(a->body + a->body_len - 6, "# EOF\n") == 0,
       "figures end as OpenMetrics wants");
}

/* A delivery as the vendor would have made it, taken by the same code, with
 * nobody there to work on it: the server died after it had said 200. */
static int deliver_to_disk(const char *key)
{
    struct error err = { 0 };
    struct program program;
    struct hooks *hooks = NULL;
    struct arena arena;
    unsigned char mac[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1], state[128], body[512], content[256];
    struct text project_text = TEXT(project);
    const char *paths[1] = { "project.mlc" };
    struct load_options o = { .catalogs = connector_catalogs, .paths = paths,
                              .path_count = 1, .text = &project_text };
    program_init(&program);
    program_load(&program, &o);
    program_check(&program);
    snprintf(state, sizeof state, "%s/.mlc/sandbox.db", folder);
    struct hooks_options ho = { state, &program, NULL, -1 };
    snprintf(content, sizeof content, "{\"Topic\":\"Items\",\"Division\":"
             "123456,\"Action\":\"Update\",\"Key\":\"%s\"}", key);
    crypto_hmac_sha256(TEXT("sandbox-webhook-secret"), text_of(content), mac);
    crypto_hex((struct text){ (const char *)mac, sizeof mac }, hex);
    for (char *c = hex; *c; c++)
        if (*c >= 'a')
            *c = (char)(*c - 32);
    snprintf(body, sizeof body, "{\"Content\":%s,\"HashCode\":\"%s\"}",
             content, hex);
    arena_init(&arena);
    struct server_call call = { .arena = &arena, .method = "POST",
                                .body = text_of(body),
                                .client = "127.0.0.1" };
    if (hooks_open(&ho, &hooks, &err))
        tap_diag("%s", err.text);
    else
        hooks_take(hooks, &call, TEXT("Exact"));
    hooks_close(hooks);
    arena_fini(&arena);
    program_fini(&program);
    return call.status;
}

static void crash(void)
{
    int before = effects("update");
    web_call(exact_port, "POST", "/_sandbox/edit?entity=Items&code=ARM-2",
             "Content-Type: application/json\r\n",
             "{\"Description\":\"while nobody hears\"}");
    char key[64];
    snprintf(key, sizeof key, "%s", web_json("value"));
    kill(server, SIGKILL);
    finish(server);
    is_int(deliver_to_disk(key), 200, "[170] taken, and nobody works on it");
    const char *again[] = { "mlc", "run", "units", "--due", "--sandbox", NULL };
    is_int(run(again), 0, "[174] killed: cron may take over");
    is_int(effects("update"), before, "a schedule that is not due waits");
    ok(start_server(), "it starts again");
    ok(updated(before + 1, 8000), "[170] and works on what it had taken");
    clock_sleep_ms(300);
    is_int(effects("update"), before + 1, "once");
    const char *sweep[] = { "mlc", "schedule", "--sandbox", NULL };
    is_int(run(sweep), 0, "the schedule beside a server");
    ok(strstr(out_text(), "watched: after units") != NULL,
       "tells of what has no clock");
}

static void telling(void)
{
    int hook = 0, chat = 0;
    char url[96], path[128];
    struct web_listener *h = web_listen(&hook), *c = web_listen(&chat);
    snprintf(path, sizeof path, "Hook.url=http://127.0.0.1:%d/in", hook);
    snprintf(url, sizeof url, "Chat.url=http://127.0.0.1:%d/s3cret", chat);
    const char *test[] = { "mlc", "notify", "test", "--sandbox", "--set", path,
                           "--set", url, NULL };
    is_int(run(test), 1, "one channel has no signing secret: exit 1");
    ok(strstr(out_text(), "Chat: taken") != NULL, "the other took it");
    const char *got = web_listen_take(c, 3000);
    ok(got && strstr(got, "\"text\":\"mlc: a test"), "as the chat wants it");
    web_listen_stop(h);
    web_listen_stop(c);
}

static void ending(void)
{
    kill(server, SIGTERM);
    is_int(finish(server), 143, "told to end, it ends");
    server = 0;
}

/* ------------------------------------------------------------------- exposure */
static void exposure(void)
{
    const char *open_to_all[] = { "mlc", "serve", "--sandbox", "--listen",
                                  "0.0.0.0:0", NULL };
    const char *half[] = { "mlc", "serve", "--sandbox", "--listen",
                           "0.0.0.0:0", "--public-url",
                           "https://mlc.example.com", NULL };
    const char *plain[] = { "mlc", "serve", "--sandbox", "--public-url",
                            "http://mlc.example.com", NULL };
    char token[128];
    snprintf(token, sizeof token, "%s/token", folder);
    const char *loose[] = { "mlc", "serve", "--sandbox", "--token-file", token,
                            NULL };
    is_int(run(open_to_all), 2, "[177] not for everybody without a proxy");
    is_int(run(half), 2, "[177] nor with half of what it takes");
    is_int(run(plain), 2, "a public address is https");
    write_file("token", "short\n");
    is_int(run(loose), 2, "a short token is refused");
    write_file("token", "long-enough-for-anybody\n");
    chmod(token, 0644);
    is_int(run(loose), 2, "a token others can read is refused");
}

/* ---------------------------------------------------------- service manager */
static void manager(void)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    char said[2048] = "", piece[256];
    struct timeval limit = { .tv_sec = 5 };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(a.sun_path, sizeof a.sun_path, "%s/notify", folder);
    bind(fd, (struct sockaddr *)(void *)&a, sizeof a);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setenv("NOTIFY_SOCKET", a.sun_path, 1);
    setenv("WATCHDOG_USEC", "400000", 1);
    ok(start_server(), "under a service manager");
    for (int i = 0; i < 4; i++) {
        ssize_t n = recv(fd, piece, sizeof piece - 1, 0);
        piece[n > 0 ? n : 0] = '\0';
        strncat(said, piece, sizeof said - strlen(said) - 1);
    }
    ok(strstr(said, "READY=1") != NULL, "it says when it is ready");
    ok(strstr(said, "WATCHDOG=1") != NULL, "and that it lives");
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(fd);
}

static int remove_one(const char *path, const struct stat *st, int kind,
                      struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

int main(void)
{
    char cwd[4096];
    snprintf(folder, sizeof folder, "/tmp/mlc-serve.XXXXXX");
    if (!mkdtemp(folder) || !getcwd(cwd, sizeof cwd))
        return 99;
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    snprintf(ledger, sizeof ledger, "%s/ledger", folder);
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    setenv("XDG_STATE_HOME", folder, 1);
    setenv("MLC_SANDBOX_LEDGER", ledger, 1);
    write_file("project.mlc", project);
    write_file("flows.mlc", flows);
    write_file("ledger", "");
    if (chdir(folder) != 0)
        return 99;
    port = free_port();
    snprintf(listen_at, sizeof listen_at, "127.0.0.1:%d", port);
    snprintf(public_url, sizeof public_url, "http://127.0.0.1:%d", port);
    exposure();
    ok(start_server(), "it starts");
    manners();
    to_record();
    endless();
    loris();
    crash();
    ending();
    manager();
    ending();
    telling();
    if (server > 0)
        kill(server, SIGKILL);
    if (getenv("KEEP"))
        tap_diag("%s", folder);
    else if (chdir(cwd) == 0)
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return tap_done();
}
