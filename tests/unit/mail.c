/* Mail, against a server of a few lines: what it hears, and what is refused
 * before anybody hears it [187]. */
#include "config.h"

#include "runtime/http_mail.h"
#include "tests/lib/tap.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char heard[65536];
static int listener, refuse_with;

static void say(int fd, const char *line)
{
    if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
        heard[0] = '\0';
}

static void answer(int fd, const char *line)
{
    char no[32];
    snprintf(no, sizeof no, "%d no\r\n", refuse_with);
    if (strncmp(line, "RCPT", 4) == 0 && refuse_with)
        say(fd, no);
    else if (strncmp(line, "DATA", 4) == 0)
        say(fd, "354 go on\r\n");
    else if (strncmp(line, "QUIT", 4) == 0)
        say(fd, "221 bye\r\n");
    else
        say(fd, "250 fine\r\n");
}

static void *serve_one(void *arg)
{
    char line[4096];
    size_t len = 0;
    bool data = false;
    (void)arg;
    int fd = accept(listener, NULL, NULL);
    say(fd, "220 here\r\n");
    while (recv(fd, line + len, 1, 0) == 1) {
        if (line[len++] != '\n' && len < sizeof line - 1)
            continue;
        line[len] = '\0';
        strncat(heard, line, sizeof heard - strlen(heard) - 1);
        len = 0;
        if (data && strcmp(line, ".\r\n") == 0) {
            data = false;
            say(fd, "250 taken\r\n");
        } else if (!data) {
            answer(fd, line);
            data = strncmp(line, "DATA", 4) == 0;
        }
    }
    close(fd);
    return NULL;
}

static int mail_to(const char *server, const char *from, const char *to,
                   struct error *err)
{
    struct mail m = { .server = text_of(server), .from = text_of(from),
                      .to = text_of(to), .subject = TEXT("units fails\r\nBcc: x"),
                      .body = TEXT("first\n.\nlast"), .id = TEXT("msg_1"),
                      .now_ms = INT64_C(1741086245000) };
    error_clear(err);
    return http_mail(&m, err);
}

struct row {
    const char *name, *from, *to;
};

static const struct row refused[] = {
    { "no sender", "", "a@example.com" },
    { "no receiver", "a@example.com", "" },
    { "a line break in an address", "a@example.com\r\nRCPT TO:<x@y>",
      "a@example.com" },
    { "another command in a receiver", "a@example.com", "b@x>\r\nDATA" },
    { "two senders", "a@example.com,b@example.com", "a@example.com" },
    { "one bad among good ones", "a@example.com", "b@example.com, nobody" },
};

int main(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t len = sizeof a;
    struct error err = { 0 };
    char server[64];
    pthread_t thread;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bind(listener, (struct sockaddr *)(void *)&a, sizeof a);
    listen(listener, 4);
    getsockname(listener, (struct sockaddr *)(void *)&a, &len);
    snprintf(server, sizeof server, "smtp://127.0.0.1:%d", ntohs(a.sin_port));

    pthread_create(&thread, NULL, serve_one, NULL);
    is_int(mail_to(server, "mlc@example.com", "a@example.com, b@example.com",
                   &err), 0, "a mail: %s", err.text);
    pthread_join(thread, NULL);
    ok(strstr(heard, "MAIL FROM:<mlc@example.com>") != NULL, "from whom");
    ok(strstr(heard, "RCPT TO:<a@example.com>")
           && strstr(heard, "RCPT TO:<b@example.com>"), "to both");
    ok(strstr(heard, "Date: Tue, 4 Mar 2025 11:04:05 +0000\r\n") != NULL,
       "when");
    ok(strstr(heard, "Subject: units fails  Bcc: x\r\n") != NULL,
       "[187] a subject is one line");
    ok(strstr(heard, "first\r\n..\r\nlast\r\n") != NULL,
       "a dot alone does not end it");

    heard[0] = '\0';
    refuse_with = 550;
    pthread_create(&thread, NULL, serve_one, NULL);
    is_int(mail_to(server, "mlc@example.com", "a@example.com", &err), -1,
           "a server that refuses");
    pthread_join(thread, NULL);
    is_int(err.kind, ERROR_USAGE, "for good");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        is_int(mail_to(server, refused[i].from, refused[i].to, &err), -1,
               "[187] %s: %s", refused[i].name, err.text);
    is_int(mail_to("http://127.0.0.1/", "a@example.com", "a@example.com",
                   &err), -1, "another protocol");
    close(listener);
    is_int(mail_to(server, "a@example.com", "a@example.com", &err), -1,
           "nobody there");
    is_int(err.kind, ERROR_TRANSIENT, "tried again later");
    return tap_done();
}
