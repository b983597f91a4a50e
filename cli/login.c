/* mlc auth login: sends a person to the vendor's sign-in page and takes the
 * code that comes back, on a loopback port for this one answer, or pasted
 * where there is no browser. `state` ties the answer to the question, PKCE
 * the code to this process. */
#include "config.h"

#include "cli/login.h"

#include "runtime/clock.h"
#include "runtime/crypto.h"
#include "runtime/redact.h"
#include "runtime/server.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOGIN_MS (5 * 60 * 1000)
#define PASTE_LEN_MAX 8192
#define CALLBACK "/callback"

struct visit { /* a sign-in under way */
    const struct connection_setup *c;
    struct arena *arena;
    struct text state, verifier, redirect_uri, path, host;
    struct server *server;
    pthread_mutex_t mutex;
    bool answered; /* the one answer has come */
    struct text code, problem; /* in `answer` */
    struct arena answer;
    int wake[2]; /* the server's thread tells the command */
};

/* ---------------------------------------------------------------- answers */
/* The query of the redirect: code and state, or an error. True when it is the
 * answer to our question; `problem` is set when it is a refusal. */
static bool judge(struct visit *v, struct text query, struct arena *arena,
                  struct text *code, struct text *problem)
{
    struct text state = server_param(arena, query, "state");
    struct text issuer = server_param(arena, query, "iss");
    struct text error = server_param(arena, query, "error");
    struct url_parts a, b;
    *code = server_param(arena, query, "code");
    *problem = TEXT_NONE;
    if (!crypto_equal(state, v->state))
        return false;
    if (issuer.len > 0 &&
        (!http_split_url(issuer, arena, &a) ||
         !http_split_url(v->c->info.auth_url, arena, &b) ||
         !text_equal(a.host, b.host)))
        *problem = TEXT("the answer comes from another server than was asked");
    else if (error.len > 0)
        *problem = error;
    else if (code->len == 0)
        *problem = TEXT("the answer holds no code");
    return true;
}

static void take_answer(struct visit *v, struct text code, struct text problem)
{
    redact_add(code);
    v->code = text_dup(&v->answer, code);
    v->problem = text_dup(&v->answer, problem);
    v->answered = true;
}

static void page(struct server_call *call, int status, const char *text)
{
    call->status = status;
    call->content_type = "text/plain; charset=utf-8";
    call->reply = text_of(text);
    server_reply_header(call, "Cache-Control", TEXT("no-store"));
    server_reply_header(call, "Referrer-Policy", TEXT("no-referrer"));
}

/* On a thread of the server. */
static void on_visit(void *ctx, struct server_call *call)
{
    struct visit *v = ctx;
    struct text code, problem;
    if (!text_equal(call->path, v->path) ||
        !text_equal_nocase(server_header(call, "Host"), v->host)) {
        page(call, 404, "This is not the page.\n");
        return;
    }
    pthread_mutex_lock(&v->mutex);
    if (v->answered) {
        page(call, 410, "This sign-in is over.\n");
    } else if (!judge(v, call->query, call->arena, &code, &problem)) {
        page(call, 400, "This is not the answer to the sign-in that was "
                        "started here. Start it again.\n");
    } else {
        take_answer(v, code, problem);
        page(call, 200, problem.len
                            ? "The sign-in was refused; see the terminal.\n"
                            : "Done. Go back to the terminal.\n");
        if (write(v->wake[1], "x", 1) < 0)
            v->answered = true; /* the command looks by itself, too */
    }
    pthread_mutex_unlock(&v->mutex);
}

static void take_paste(struct visit *v, struct text line)
{
    size_t at;
    struct text code, problem;
    struct arena scratch;
    line = text_trim(line);
    if (line.len == 0)
        return;
    arena_init(&scratch);
    struct text query = text_find(line, TEXT("?"), &at)
                            ? text_slice(line, at + 1, line.len - at - 1)
                            : line;
    pthread_mutex_lock(&v->mutex);
    if (v->answered)
        ;
    else if (judge(v, query, &scratch, &code, &problem))
        take_answer(v, code, problem);
    else
        fputs("That is not the answer to this sign-in. Paste the whole "
              "address the browser ended at.\n", stderr);
    pthread_mutex_unlock(&v->mutex);
    arena_fini(&scratch);
}

/* ------------------------------------------------------------- the question */
static struct text secret_word(struct arena *arena)
{
    unsigned char bytes[32];
    crypto_random(bytes, sizeof bytes);
    return crypto_base64url(arena, (struct text){ (const char *)bytes,
                                                  sizeof bytes });
}

static struct text question(struct visit *v, struct text client_id)
{
    const struct auth_scheme *a = v->c->info.auth;
    struct buf b, form;
    unsigned char sum[SHA256_LEN];
    buf_init(&b, 16384);
    buf_init(&form, 16384);
    http_form_add(&form, "response_type", TEXT("code"));
    http_form_add(&form, "client_id", client_id);
    http_form_add(&form, "redirect_uri", v->redirect_uri);
    http_form_add(&form, "state", v->state);
    if (a->scope && *a->scope)
        http_form_add(&form, "scope", text_of(a->scope));
    if (a->pkce) {
        crypto_sha256(v->verifier, sum);
        http_form_add(&form, "code_challenge",
                      crypto_base64url(v->arena, (struct text){
                          (const char *)sum, sizeof sum }));
        http_form_add(&form, "code_challenge_method", TEXT("S256"));
    }
    buf_text(&b, v->c->info.auth_url);
    buf_str(&b, a->authorize_path ? a->authorize_path : "/authorize");
    buf_byte(&b, strchr(buf_cstr(&b), '?') ? '&' : '?');
    buf_text(&b, buf_view(&form));
    struct text url = buf_dup(v->arena, &b);
    buf_fini(&b);
    buf_fini(&form);
    return url;
}

/* The address to come back to: as the app is registered (`redirect_url`), else
 * a free port of this machine. A registered address elsewhere means pasting. */
static int choose_redirect(struct visit *v, struct error *err)
{
    struct server_options o = { .handler = on_visit, .ctx = v };
    struct text wanted = v->c->info.setting(&v->c->info, "redirect_url");
    struct url_parts parts = { .path = TEXT(CALLBACK) };
    if (wanted.len > 0) {
        if (!http_split_url(wanted, v->arena, &parts))
            return error_set(err, ERROR_USAGE, "redirect_url is no url");
        v->redirect_uri = wanted;
        if (!http_is_loopback_host(parts.host) || parts.tls)
            return 0;
        o.port = parts.port;
    }
    if (server_open(&o, &v->server, err))
        return -1;
    size_t end = 0;
    while (end < parts.path.len && parts.path.ptr[end] != '?')
        end++;
    v->path = text_slice(parts.path, 0, end);
    const char *host = wanted.len ? text_cstr(v->arena, parts.host)
                                  : "127.0.0.1";
    v->host = text_of(arena_printf(v->arena, "%s:%d", host,
                                   server_port(v->server)));
    if (wanted.len == 0)
        v->redirect_uri = text_of(arena_printf(v->arena, "http://%.*s%s",
                                               TEXT_ARG(v->host), CALLBACK));
    return 0;
}

static void show_in_browser(struct text url, struct arena *arena)
{
    if (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY"))
        return;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execlp("xdg-open", "xdg-open", text_cstr(arena, url), (char *)NULL);
        _exit(127);
    }
    /* not waited for: it lives as long as it likes */
}

static bool is_answered(struct visit *v)
{
    pthread_mutex_lock(&v->mutex);
    bool yes = v->answered;
    pthread_mutex_unlock(&v->mutex);
    return yes;
}

/* Until the browser comes back, a person pastes, or time is up. */
static void wait_for_answer(struct visit *v)
{
    char line[PASTE_LEN_MAX];
    int64_t end = clock_steady_ms() + LOGIN_MS;
    bool stdin_open = true;
    while (!is_answered(v) && clock_steady_ms() < end && !work_stop) {
        struct pollfd p[2] = { { v->wake[0], POLLIN, 0 },
                               { stdin_open ? STDIN_FILENO : -1, POLLIN, 0 } };
        if (poll(p, 2, 1000) <= 0 || !p[1].revents)
            continue;
        if (fgets(line, sizeof line, stdin))
            take_paste(v, text_of(line));
        else
            stdin_open = false;
        if (!stdin_open && !v->server)
            return; /* nothing can come any more */
    }
    explicit_bzero(line, sizeof line);
}

/* --------------------------------------------------------------- the sign-in */
static void tell_facts(struct signin *s, struct channel *c)
{
    struct fact *facts = NULL;
    struct error err = { 0 };
    if (channel_discover(c, &err) ||
        channel_probe(c, &s->w.arena, &facts, &err)) {
        fprintf(stderr, "Signed in, but: %s\n", err.text);
        return;
    }
    for (const struct fact *f = facts; f; f = f->next) {
        struct buf b;
        buf_init(&b, 4096);
        buf_printable(&b, f->value);
        printf("  %-14.*s %s\n", TEXT_ARG(f->name), buf_cstr(&b));
        buf_fini(&b);
    }
    puts("If that is not the company you meant, run: mlc auth login again.");
}

static int exchange(struct signin *s, struct visit *v, struct text name,
                    struct error *err)
{
    struct channel *c;
    if (transport_connect(s->w.transport, name, &c, err) ||
        channel_sign_in(c, v->code, v->redirect_uri, v->verifier, err))
        return -1;
    printf("%.*s: signed in\n", TEXT_ARG(v->c->info.name));
    fflush(stdout);
    tell_facts(s, c);
    return 0;
}

static int visit(struct signin *s, struct visit *v, struct text client_id,
                 struct error *err)
{
    if (choose_redirect(v, err))
        return -1;
    struct text url = question(v, client_id);
    fprintf(stderr, "Open this address in a browser and sign in:\n\n  %.*s\n\n",
            TEXT_ARG(url));
    fprintf(stderr, v->server
                        ? "Waiting for the browser; without one on this "
                          "machine, paste the address it ended at here.\n"
                        : "Then paste the address the browser ended at "
                          "here.\n");
    show_in_browser(url, &s->w.arena);
    wait_for_answer(v);
    if (!v->answered) {
        error_set(err, ERROR_SIGN_IN, "nobody signed in to %.*s",
                  TEXT_ARG(v->c->info.name));
        error_hint(err, "Run: mlc auth login %.*s", TEXT_ARG(v->c->info.name));
        return -1;
    }
    if (v->problem.len) {
        error_set(err, ERROR_SIGN_IN, "%.*s did not sign in: %.*s",
                  TEXT_ARG(v->c->info.name), TEXT_ARG(v->problem));
        return -1;
    }
    return exchange(s, v, v->c->info.name, err);
}

static int check_scheme(const struct connection_setup *c, struct text client_id,
                        struct error *err)
{
    if (!c->info.auth || c->info.auth->kind != AUTH_CODE) {
        error_set(err, ERROR_USAGE, "%.*s has no sign-in with the browser",
                  TEXT_ARG(c->info.name));
        error_hint(err, "Run: mlc auth set %.*s", TEXT_ARG(c->info.name));
        return -1;
    }
    if (client_id.len == 0) {
        error_set(err, ERROR_SIGN_IN, "%.*s has no client_id yet",
                  TEXT_ARG(c->info.name));
        error_hint(err, "Run: mlc auth set %.*s client_id client_secret",
                   TEXT_ARG(c->info.name));
        return -1;
    }
    return 0;
}

int login(struct signin *s, struct text name)
{
    struct visit v = { .arena = &s->w.arena, .wake = { -1, -1 } };
    struct connection_setup *c;
    struct text client_id = TEXT_NONE;
    struct error err = { 0 };
    int result = signin_setup(s, name, &c, &err);
    if (result == 0)
        result = vault_get(s->vault, c->info.name, "client_id", &s->w.arena,
                           &client_id, NULL, &err) < 0;
    if (result == 0)
        result = check_scheme(c, client_id, &err);
    if (result == 0) {
        v.c = c;
        arena_init(&v.answer);
        pthread_mutex_init(&v.mutex, NULL);
        v.state = secret_word(&s->w.arena);
        v.verifier = secret_word(&s->w.arena);
        redact_add(v.verifier);
        if (pipe2(v.wake, O_CLOEXEC))
            result = error_errno(&err, ERROR_USAGE, "cannot make a pipe");
        else
            result = visit(s, &v, client_id, &err);
        if (v.server)
            server_close(v.server);
        for (int i = 0; i < 2; i++)
            if (v.wake[i] >= 0)
                close(v.wake[i]);
        arena_fini(&v.answer);
    }
    return result ? command_fail(s->w.in, &err) : EXIT_FINE;
}
