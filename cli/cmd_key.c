/* mlc key: the master key that protects stored credentials. */
#include "config.h"

#include "cli/signin.h"
#include "runtime/jsonwrite.h"

#include <string.h>
#include <unistd.h>

static int check(struct signin *s)
{
    struct key_status k;
    struct error err = { 0 };
    if (vault_check(s->vault, &k, &err))
        return command_fail(s->w.in, &err);
    if (s->w.in->json) {
        struct buf b;
        buf_init(&b, 0);
        buf_str(&b, "{\"version\":1,\"key\":");
        buf_json_string(&b, text_of(k.id));
        buf_str(&b, ",\"file\":");
        buf_json_string(&b, text_of(k.path));
        buf_printf(&b, ",\"secrets\":%zu,\"connections\":%zu}\n", k.secrets,
                   k.connections);
        fputs(buf_cstr(&b), stdout);
        buf_fini(&b);
    } else if (!k.id[0]) {
        printf("no key yet: %s is made when the first secret is stored\n",
               k.path);
    } else {
        printf("key %s in %s opens all %zu stored values of %zu connections\n",
               k.id, k.path, k.secrets, k.connections);
    }
    return EXIT_FINE;
}

static int rotate(struct signin *s)
{
    char old[17], fresh[17];
    struct error err = { 0 };
    if (vault_rotate(s->vault, old, fresh, &err))
        return command_fail(s->w.in, &err);
    if (s->w.in->json)
        printf("{\"version\":1,\"key\":\"%s\",\"replaces\":\"%s\"}\n", fresh,
               old);
    else if (old[0])
        printf("key %s replaces %s; the old one stays in the file for "
               "backups made before\n", fresh, old);
    else
        printf("key %s made\n", fresh);
    return EXIT_FINE;
}

static int export(struct signin *s)
{
    struct buf b;
    struct error err = { 0 };
    buf_init(&b, 0);
    if (vault_export(s->vault, &b, &err)) {
        buf_fini(&b);
        return command_fail(s->w.in, &err);
    }
    if (isatty(STDOUT_FILENO))
        fputs("Keep this where only you can read it; with it and the state "
              "file everything stored can be read.\n", stderr);
    fwrite(b.ptr, 1, b.len, stdout);
    buf_fini(&b);
    return EXIT_FINE;
}

int cmd_key(const struct invocation *in)
{
    struct signin s;
    int code = signin_open(&s, in, SIGNIN_VAULT);
    if (code == EXIT_FINE)
        code = strcmp(in->verb, "rotate") == 0   ? rotate(&s)
               : strcmp(in->verb, "export") == 0 ? export(&s)
                                                 : check(&s);
    signin_close(&s);
    return code;
}
