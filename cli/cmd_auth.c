/* mlc auth: storing secrets, signing in, saying what is there. Secrets come
 * from a prompt without echo or from standard input, never from arguments. */
#include "config.h"

#include "cli/login.h"
#include "cli/signin.h"
#include "runtime/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LINE_LEN_MAX 16384 /* of one secret */
#define SECRETS_MAX 16

struct given_secret {
    const char *name;
    struct text value;
};

/* Bytes of a line without its end; -1 at the end of the input, -2 too long. */
static ssize_t read_line(FILE *in, char line[LINE_LEN_MAX])
{
    if (!fgets(line, LINE_LEN_MAX, in))
        return -1;
    size_t len = strlen(line);
    if (len + 1 == LINE_LEN_MAX)
        return -2;
    while (len > 0 && strchr("\r\n", line[len - 1]))
        line[--len] = 0;
    return (ssize_t)len;
}

static ssize_t prompt(const char *label, char line[LINE_LEN_MAX])
{
    struct termios was, silent;
    bool terminal = tcgetattr(STDIN_FILENO, &was) == 0;
    fprintf(stderr, "%s: ", label);
    if (terminal) {
        silent = was;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    ssize_t len = read_line(stdin, line);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
        fputc('\n', stderr);
    }
    return len;
}

/* The connector's own word for a secret, of any of its schemes. */
static const struct secret_def *find_secret(const struct connector *k,
                                            struct text name)
{
    for (const struct auth_scheme *a = k->auth; a && a->name; a++)
        for (const struct secret_def *d = a->secrets; d && d->name; d++)
            if (text_is(name, d->name))
                return d;
    return NULL;
}

static const char *only_required(const struct auth_scheme *a)
{
    const char *name = NULL;
    for (const struct secret_def *d = a ? a->secrets : NULL; d && d->name;
         d++) {
        if (d->required && name)
            return NULL;
        if (d->required)
            name = d->name;
    }
    return name;
}

static int unknown_name(const struct connection_setup *c, struct text name,
                        struct error *err)
{
    struct buf b;
    buf_init(&b, 512);
    for (const struct auth_scheme *a = c->connector->auth; a && a->name; a++)
        for (const struct secret_def *d = a->secrets; d && d->name; d++)
            buf_printf(&b, "%s%s", b.len ? ", " : "", d->name);
    error_set(err, ERROR_USAGE, "%.*s takes no secret called \"%.*s\"",
              TEXT_ARG(c->info.name), name.len < 40 ? (int)name.len : 0,
              name.ptr);
    error_hint(err, "Give lines of name=value; the names are: %s.",
               buf_cstr(&b));
    buf_fini(&b);
    return -1;
}

static int check_value(const char *name, struct text value, struct error *err)
{
    if (value.len == 0)
        return error_set(err, ERROR_USAGE, "%s is empty", name);
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 127)
            return error_set(err, ERROR_USAGE, "%s holds a control character",
                             name);
    return 0;
}

static int add(struct given_secret *list, size_t *count, const char *name,
               struct text value, struct error *err)
{
    redact_add(value);
    if (check_value(name, value, err))
        return -1;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(list[i].name, name) == 0)
            return error_set(err, ERROR_USAGE, "%s is given twice", name);
    if (*count == SECRETS_MAX)
        return error_set(err, ERROR_USAGE, "too many secrets at once");
    list[(*count)++] = (struct given_secret){ name, value };
    return 0;
}

/* "name=value"; or the bare value where there is only one to give. */
static int take_line(struct signin *s, const struct connection_setup *c,
                     struct text line, struct given_secret *list,
                     size_t *count, struct error *err)
{
    size_t equals = line.len;
    text_find(line, TEXT("="), &equals);
    struct text name = text_trim(text_slice(line, 0, equals));
    const struct secret_def *d = find_secret(c->connector, name);
    const char *only = only_required(c->info.auth);
    if (line.len == 0)
        return 0;
    if (d && equals < line.len)
        return add(list, count, d->name,
                   text_dup(&s->w.arena,
                            text_slice(line, equals + 1,
                                       line.len - equals - 1)),
                   err);
    if (only && *count == 0 && !text_find(line, TEXT(" "), &equals))
        return add(list, count, only, text_dup(&s->w.arena, text_trim(line)),
                   err);
    return unknown_name(c, name, err);
}

static int read_pairs(struct signin *s, const struct connection_setup *c,
                      struct given_secret *list, size_t *count,
                      struct error *err)
{
    char line[LINE_LEN_MAX];
    ssize_t len;
    int result = 0;
    while (result == 0 && (len = read_line(stdin, line)) >= 0)
        result = take_line(s, c, (struct text){ line, (size_t)len }, list,
                           count, err);
    explicit_bzero(line, sizeof line);
    if (result == 0 && len == -2)
        result = error_set(err, ERROR_USAGE, "a secret is longer than %d "
                           "characters", LINE_LEN_MAX - 1);
    if (result == 0 && *count == 0)
        result = error_set(err, ERROR_USAGE, "standard input held no secret");
    return result;
}

static bool is_asked_for(const struct invocation *in, const char *name)
{
    for (int i = 1; i < in->arg_count; i++)
        if (strcmp(in->args[i], name) == 0)
            return true;
    return in->arg_count < 2;
}

static int ask(struct signin *s, const struct connection_setup *c,
               struct given_secret *list, size_t *count, struct error *err)
{
    char line[LINE_LEN_MAX], label[256];
    int result = 0;
    for (const struct secret_def *d = c->info.auth ? c->info.auth->secrets
                                                   : NULL;
         result == 0 && d && d->name; d++) {
        if (!is_asked_for(s->w.in, d->name))
            continue;
        snprintf(label, sizeof label, "%s (%s)%s", d->name, d->help,
                 d->required ? "" : ", Enter for none");
        ssize_t len = prompt(label, line);
        if (len > 0)
            result = add(list, count, d->name,
                         text_dup(&s->w.arena, (struct text){ line,
                                                              (size_t)len }),
                         err);
    }
    explicit_bzero(line, sizeof line);
    if (result == 0 && *count == 0)
        result = error_set(err, ERROR_USAGE, "nothing was entered");
    return result;
}

static int check_names(const struct invocation *in,
                       const struct connection_setup *c, struct error *err)
{
    for (int i = 1; i < in->arg_count; i++) {
        struct text name = text_of(in->args[i]);
        size_t at;
        if (text_find(name, TEXT("="), &at)) {
            error_set(err, ERROR_USAGE, "a secret is not taken from the "
                      "command line, where others can read it");
            error_hint(err, "Run: mlc auth set %.*s, and give it at the "
                            "prompt or on standard input. Treat the one you "
                            "typed as known to others.",
                       TEXT_ARG(c->info.name));
            return -1;
        }
        if (!find_secret(c->connector, name))
            return unknown_name(c, name, err);
    }
    return 0;
}

/* New secrets: what was signed in with the old ones is over. */
static int store_all(struct signin *s, const struct connection_setup *c,
                     const struct given_secret *list, size_t count,
                     struct error *err)
{
    struct text name = c->info.name;
    for (size_t i = 0; i < count; i++)
        if (vault_put(s->vault, name, list[i].name, list[i].value, -1, err))
            return -1;
    if (signer_forget(s->vault, name, false, err) ||
        store_learnt_clear(s->w.store, name, err) < 0 ||
        store_learnt_clear(s->w.store, c->key, err) < 0)
        return -1;
    return 0;
}

static void tell_stored(const struct signin *s,
                        const struct connection_setup *c,
                        const struct given_secret *list, size_t count)
{
    bool json = s->w.in->json;
    printf(json ? "{\"version\":1,\"connection\":\"%.*s\",\"stored\":["
                : "%.*s: stored ",
           TEXT_ARG(c->info.name));
    for (size_t i = 0; i < count; i++)
        printf(json ? "%s\"%s\"" : "%s%s",
               i == 0 ? "" : json ? "," : ", ", list[i].name);
    puts(json ? "]}" : "");
}

static int set(struct signin *s, struct text name)
{
    struct connection_setup *c;
    struct given_secret list[SECRETS_MAX];
    size_t count = 0;
    struct error err = { 0 };
    int result = signin_setup(s, name, &c, &err);
    if (result == 0)
        result = check_names(s->w.in, c, &err);
    if (result == 0 && !(c->connector->auth && c->connector->auth->name))
        result = error_set(&err, ERROR_USAGE, "%.*s needs no credentials",
                           TEXT_ARG(c->info.name));
    if (result == 0)
        result = isatty(STDIN_FILENO) ? ask(s, c, list, &count, &err)
                                      : read_pairs(s, c, list, &count, &err);
    if (result == 0)
        result = store_all(s, c, list, count, &err);
    if (result) {
        redact_chars(err.text, sizeof err.text);
        return command_fail(s->w.in, &err);
    }
    tell_stored(s, c, list, count);
    return EXIT_FINE;
}

static int forget(struct signin *s, struct text name)
{
    struct connection_setup *c;
    struct error err = { 0 };
    if (signin_setup(s, name, &c, &err) ||
        signer_forget(s->vault, c->info.name, true, &err) ||
        store_learnt_clear(s->w.store, c->info.name, &err) < 0)
        return command_fail(s->w.in, &err);
    if (s->w.in->json)
        printf("{\"version\":1,\"connection\":\"%.*s\",\"stored\":[]}\n",
               TEXT_ARG(c->info.name));
    else
        printf("%.*s: nothing is stored any more\n", TEXT_ARG(c->info.name));
    return EXIT_FINE;
}

/* ----------------------------------------------------------------- status */
static void print_json_row(struct buf *b, const struct signin_state *st,
                           struct text words)
{
    const struct auth_scheme *a = st->setup->info.auth;
    buf_str(b, "{\"connection\":");
    buf_json_string(b, st->setup->info.name);
    buf_str(b, ",\"connector\":");
    buf_json_string(b, text_of(st->setup->connector->name));
    buf_str(b, ",\"auth\":");
    buf_json_string(b, text_of(a && a->name ? a->name : ""));
    buf_str(b, ",\"stored\":[");
    bool first = true;
    for (size_t i = 0; i < st->count; i++) {
        if (text_is(st->entries[i].field, TOKEN_FIELD))
            continue;
        buf_str(b, first ? "" : ",");
        buf_json_string(b, st->entries[i].field);
        first = false;
    }
    buf_printf(b, "],\"sign_in_needed\":%s,\"expires_ms\":%lld,"
               "\"days_left\":%lld,\"status\":",
               st->stopped ? "true" : "false",
               (long long)st->token.expires_ms, (long long)st->days_left);
    buf_json_string(b, words);
    buf_byte(b, '}');
}

static int status_of(struct signin *s, struct text name, bool first,
                     int *code)
{
    struct signin_state st;
    struct error err = { 0 };
    struct buf words, row;
    if (signin_look(s, name, &st, &err)) {
        *code = command_fail(s->w.in, &err);
        return -1;
    }
    buf_init(&words, 0);
    buf_init(&row, 0);
    signin_describe(&st, s->w.now_ms, &words);
    if (s->w.in->json) {
        print_json_row(&row, &st, buf_view(&words));
    } else {
        buf_printf(&row, "%-12.*s ", TEXT_ARG(st.setup->info.name));
        buf_printable(&row, buf_view(&words));
        if (st.stopped)
            buf_printf(&row, "\n             Run: %s",
                       signin_command(&st, &s->w.arena));
    }
    printf("%s%s", first ? "" : s->w.in->json ? "," : "\n", buf_cstr(&row));
    if (st.stopped)
        *code = EXIT_SIGN_IN;
    buf_fini(&words);
    buf_fini(&row);
    return 0;
}

static int status(struct signin *s)
{
    const struct invocation *in = s->w.in;
    int code = EXIT_FINE;
    if (in->json)
        fputs("{\"version\":1,\"connections\":[", stdout);
    if (in->arg_count > 0) {
        if (status_of(s, text_of(in->args[0]), true, &code))
            return code;
    } else {
        for (size_t i = 0; i < s->name_count; i++)
            if (status_of(s, s->names[i], i == 0, &code))
                return code;
    }
    puts(in->json ? "]}" : "");
    return code;
}

int cmd_auth(const struct invocation *in)
{
    struct signin s;
    bool is_status = strcmp(in->verb, "status") == 0;
    bool is_login = strcmp(in->verb, "login") == 0;
    bool is_set = strcmp(in->verb, "set") == 0;
    if (!is_status && in->arg_count < 1)
        return usage_error(in, "%s needs the name of a connection", in->verb);
    if (!is_set && in->arg_count > 1)
        return usage_error(in, "%s takes one connection", in->verb);
    int code = signin_open(&s, in, is_login ? SIGNIN_VAULT | SIGNIN_TRANSPORT
                                            : SIGNIN_VAULT);
    if (code == EXIT_FINE)
        code = is_status  ? status(&s)
               : is_login ? login(&s, text_of(in->args[0]))
               : is_set   ? set(&s, text_of(in->args[0]))
                          : forget(&s, text_of(in->args[0]));
    signin_close(&s);
    return code;
}
