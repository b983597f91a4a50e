/* Settings of a connection: the project's, the connector's defaults, the
 * command line's and the environment's, in rising rank. */
#include "config.h"

#include "runtime/connection.h"

#include "base/log.h"
#include "runtime/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every connection takes these. */
static const struct setting_def common[] = {
    { "url", "url", NULL, false, "address used in place of the usual one" },
    { "auth_url", "url", NULL, false,
      "address of the token server where that is another host" },
    { "auth", "text", NULL, false, "how to sign in" },
    { "proxy", "url", NULL, false, "proxy for this connection" },
    { "redirect_url", "text", NULL, false,
      "address the app is registered to come back to after a sign-in" },
    { "timezone", "text", NULL, false, "the system's own time zone" },
    { "timeout", "number", NULL, false, "seconds a call may take" },
    { "settle", "number", NULL, false,
      "seconds until a write whose answer was lost shows, or never will" },
    { NULL, NULL, NULL, false, NULL },
};

const struct setting_def *connection_common(void)
{
    return common;
}

#define PROJECT_DEPTH 8 /* of --connection A=B, B=C … */

/* ------------------------------------------------------------- overrides */
int connection_override_parse(struct arena *arena, struct text argument,
                              bool is_setting,
                              struct connection_override **list,
                              struct error *err)
{
    size_t equals, dot = 0;
    if (!text_find(argument, TEXT("="), &equals) || equals == 0)
        return error_set(err, ERROR_USAGE, "\"%.*s\" is not of the form %s",
                         TEXT_ARG(argument),
                         is_setting ? "NAME.setting=value" : "NAME=OTHER");
    struct text left = text_slice(argument, 0, equals);
    struct connection_override *o = ARENA_NEW(arena, struct connection_override);
    o->value = text_dup(arena, text_slice(argument, equals + 1,
                                          argument.len - equals - 1));
    if (is_setting) {
        if (!text_find(left, TEXT("."), &dot) || dot == 0 ||
            dot + 1 == left.len)
            return error_set(err, ERROR_USAGE,
                             "\"%.*s\" is not of the form NAME.setting=value",
                             TEXT_ARG(argument));
        o->key = text_dup(arena, text_slice(left, dot + 1,
                                            left.len - dot - 1));
        left = text_slice(left, 0, dot);
    }
    o->connection = text_dup(arena, left);
    while (*list)
        list = &(*list)->next;
    *list = o;
    return 0;
}

static struct text replaced_name(const struct connection_override *o,
                                 struct text name)
{
    for (; o; o = o->next)
        if (o->key.len == 0 && text_equal(o->connection, name))
            return o->value;
    return TEXT_NONE;
}

/* -------------------------------------------------------------- finding */
/* "Exact" for the connector "exact". */
static struct text implied_name(struct arena *arena, const char *connector)
{
    char *name = arena_strdup(arena, connector);
    if (name[0] >= 'a' && name[0] <= 'z')
        name[0] = (char)(name[0] - 32);
    return text_of(name);
}

static const struct connector *implied_connector(struct text name)
{
    const struct connector *c;
    for (size_t i = 0; (c = connector_at(i)); i++)
        if (text_equal_nocase(name, text_of(c->name)))
            return c;
    return NULL;
}

static const struct connection *declared(const struct program *program,
                                         struct text name)
{
    if (!program)
        return NULL;
    for (size_t i = 0; i < program->connection_count; i++)
        if (text_equal(program->connections[i]->name, name))
            return program->connections[i];
    for (size_t i = 0; i < program->connection_count; i++)
        if (text_equal_nocase(program->connections[i]->name, name))
            return program->connections[i];
    return NULL;
}

static bool listed(struct text *names, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(names[i], name))
            return true;
    return false;
}

size_t connection_names(const struct program *program, struct arena *arena,
                        struct text **names)
{
    size_t max = program ? program->connection_count : 0, count = 0;
    const struct connector *c;
    for (size_t i = 0; connector_at(i); i++)
        max++;
    *names = ARENA_ARRAY(arena, struct text, max + 1);
    for (size_t i = 0; program && i < program->connection_count; i++)
        (*names)[count++] = program->connections[i]->name;
    if (count > 0)
        return count;
    for (size_t i = 0; (c = connector_at(i)); i++)
        if (c->hosts && !listed(*names, count, text_of(c->name)))
            (*names)[count++] = implied_name(arena, c->name);
    return count;
}

static int unknown_connection(const struct program *program, struct text name,
                              struct arena *arena, struct error *err)
{
    struct text *names, *best = NULL;
    size_t count = connection_names(program, arena, &names), closest = 3;
    for (size_t i = 0; i < count; i++) {
        size_t distance = text_distance(name, names[i], 3);
        if (distance < closest) {
            closest = distance;
            best = &names[i];
        }
    }
    error_set(err, ERROR_USAGE, "there is no connection %.*s", TEXT_ARG(name));
    if (best)
        error_hint(err, "Did you mean %.*s?", TEXT_ARG(*best));
    else
        error_hint(err, "Declare it in project.mlc: connection %.*s is …",
                   TEXT_ARG(name));
    return -1;
}

/* -------------------------------------------------------------- settings */
static const struct setting_def *find_def(const struct connector *c,
                                          struct text name)
{
    for (const struct setting_def *d = c->settings; d && d->name; d++)
        if (text_is(name, d->name))
            return d;
    for (const struct setting_def *d = common; d->name; d++)
        if (text_is(name, d->name))
            return d;
    return NULL;
}

static void put(struct connection_setup *c, struct text name,
                struct text value)
{
    struct text *slot = ARENA_NEW(c->arena, struct text);
    *slot = text_dup(c->arena, value);
    map_put(&c->settings, text_dup(c->arena, name), slot);
}

static bool one_of(struct text list, struct text value)
{
    while (list.len > 0) {
        size_t bar = list.len;
        text_find(list, TEXT("|"), &bar);
        if (text_equal(text_trim(text_slice(list, 0, bar)), value))
            return true;
        list = bar < list.len ? text_slice(list, bar + 1, list.len - bar - 1)
                              : TEXT_NONE;
    }
    return false;
}

static bool is_digits(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (t.ptr[i] < '0' || t.ptr[i] > '9')
            return false;
    return t.len > 0;
}

static int check_url(struct connection_setup *c, struct text name,
                     struct text value, struct error *err)
{
    struct url_parts parts;
    if (!http_split_url(value, c->arena, &parts))
        return error_set(err, ERROR_USAGE, "%.*s.%.*s is not an http or https "
                         "url", TEXT_ARG(c->info.name), TEXT_ARG(name));
    if (parts.tls || http_is_loopback_host(parts.host) ||
        text_is(name, "proxy"))
        return 0;
    error_set(err, ERROR_USAGE, "%.*s.%.*s is plain http to another machine",
              TEXT_ARG(c->info.name), TEXT_ARG(name));
    error_hint(err, "Use https; plain http is only for this machine itself.");
    return -1;
}

static int check_value(struct connection_setup *c, struct text name,
                       struct text value, struct error *err)
{
    const struct setting_def *d = find_def(c->connector, name);
    if (!d) {
        error_set(err, ERROR_USAGE, "%.*s has no setting %.*s",
                  TEXT_ARG(c->info.name), TEXT_ARG(name));
        return -1;
    }
    struct text type = text_of(d->type);
    if (text_is(type, "url"))
        return check_url(c, name, value, err);
    if (text_is(type, "number") && !is_digits(value))
        return error_set(err, ERROR_USAGE, "%.*s.%.*s must be a number",
                         TEXT_ARG(c->info.name), TEXT_ARG(name));
    if (text_is(type, "yes/no") && !text_is(value, "yes") &&
        !text_is(value, "no"))
        return error_set(err, ERROR_USAGE, "%.*s.%.*s must be yes or no",
                         TEXT_ARG(c->info.name), TEXT_ARG(name));
    if (text_starts(type, TEXT("one of ")) &&
        !one_of(text_slice(type, 7, type.len - 7), value))
        return error_set(err, ERROR_USAGE, "%.*s.%.*s must be one of %.*s",
                         TEXT_ARG(c->info.name), TEXT_ARG(name),
                         (int)(type.len - 7), type.ptr + 7);
    return 0;
}

static int set(struct connection_setup *c, struct text name,
               struct text value, struct error *err)
{
    if (check_value(c, name, value, err))
        return -1;
    put(c, name, value);
    return 0;
}

/* MLC_EXACT_BE_URL for the setting `url` of `Exact-BE`. */
static const char *from_environment(struct connection_setup *c,
                                    const char *setting)
{
    char *name = arena_printf(c->arena, "MLC_%.*s_%s",
                              TEXT_ARG(c->info.name), setting);
    for (char *p = name; *p; p++) {
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 32);
        else if (!(*p >= 'A' && *p <= 'Z') && !(*p >= '0' && *p <= '9'))
            *p = '_';
    }
    return getenv(name);
}

static int set_from_environment(struct connection_setup *c,
                                const struct setting_def *defs,
                                struct error *err)
{
    for (; defs && defs->name; defs++) {
        const char *value = from_environment(c, defs->name);
        if (value && *value &&
            set(c, text_of(defs->name), text_of(value), err))
            return error_add(err, "environment");
    }
    return 0;
}

static int collect(struct connection_setup *c,
                   const struct connection *declaration,
                   const struct connection_override *overrides,
                   struct error *err)
{
    for (const struct setting_def *d = c->connector->settings; d && d->name;
         d++)
        if (d->default_value)
            put(c, text_of(d->name), text_of(d->default_value));
    for (const struct setting_value *v =
             declaration ? declaration->settings : NULL;
         v; v = v->next)
        if (set(c, v->name, v->value, err))
            return -1;
    if (set_from_environment(c, c->connector->settings, err) ||
        set_from_environment(c, common, err))
        return -1;
    for (const struct connection_override *o = overrides; o; o = o->next)
        if (o->key.len > 0 && text_equal_nocase(o->connection, c->info.name) &&
            set(c, o->key, o->value, err))
            return error_add(err, "--set");
    for (const struct setting_def *d = c->connector->settings; d && d->name;
         d++)
        if (d->required && !map_has(&c->settings, text_of(d->name))) {
            error_set(err, ERROR_USAGE, "connection %.*s lacks the setting %s",
                      TEXT_ARG(c->info.name), d->name);
            error_hint(err, "Add it in project.mlc: %s", d->help);
            return -1;
        }
    return 0;
}

/* ---------------------------------------------------------- the callbacks */
static struct text lookup(const struct map *m, const char *name)
{
    const struct text *t = map_get(m, text_of(name));
    return t ? *t : TEXT_NONE;
}

static struct text setting(const struct connection_info *info,
                           const char *name)
{
    const struct connection_setup *c =
        (const struct connection_setup *)(const void *)info;
    return lookup(&c->settings, name);
}

static void remember(struct connection_setup *c, struct text name,
                     struct text value)
{
    struct text *slot = ARENA_NEW(c->arena, struct text);
    *slot = text_dup(c->arena, value);
    map_put(&c->facts, text_dup(c->arena, name), slot);
}

/* A fact that cannot be read counts as not known: it is learnt again. */
static struct text learnt(const struct connection_info *info, const char *name)
{
    struct error err = { 0 };
    struct text value;
    struct connection_setup *c = NULL;
    memcpy(&c, &(const void *){ info }, sizeof c);
    if (map_has(&c->facts, text_of(name)) || !c->store)
        return lookup(&c->facts, name);
    if (store_learnt_get(c->store, c->key, text_of(name), c->arena, &value,
                         &err) == 0)
        remember(c, text_of(name), value);
    return lookup(&c->facts, name);
}

/* ------------------------------------------------------------------ auth */
static int choose_auth(struct connection_setup *c, struct error *err)
{
    struct text wanted = lookup(&c->settings, "auth");
    const struct auth_scheme *a = c->connector->auth;
    if (!a || !a->name)
        return 0;
    if (wanted.len == 0) {
        c->info.auth = a;
        return 0;
    }
    for (; a->name; a++)
        if (text_is(wanted, a->name)) {
            c->info.auth = a;
            return 0;
        }
    error_set(err, ERROR_USAGE, "%.*s.auth cannot be \"%.*s\"",
              TEXT_ARG(c->info.name), TEXT_ARG(wanted));
    error_hint(err, "The first choice is \"%s\".", c->connector->auth->name);
    return -1;
}

static bool is_whole(const struct auth_scheme *a,
                     bool (*has)(void *ctx, const char *secret), void *ctx)
{
    for (const struct secret_def *d = a->secrets; d && d->name; d++)
        if (d->required && !has(ctx, d->name))
            return false;
    return true;
}

void connection_choose_auth(struct connection_setup *c,
                            bool (*has)(void *ctx, const char *secret),
                            void *ctx)
{
    const struct auth_scheme *a = c->connector->auth;
    if (map_has(&c->settings, TEXT("auth")))
        return;
    for (; a && a->name; a++)
        if (is_whole(a, has, ctx)) {
            c->info.auth = a;
            return;
        }
}

static struct text without_slash(struct text t)
{
    while (t.len > 0 && t.ptr[t.len - 1] == '/')
        t.len--;
    return t;
}

static struct text usual_url(struct connection_setup *c, bool auth_host)
{
    const struct connector *k = c->connector;
    struct text t = TEXT_NONE;
    if (k->base_url)
        t = k->base_url(&c->info, c->arena, auth_host);
    if (t.len == 0)
        t = text_of(auth_host && k->default_auth_url ? k->default_auth_url
                                                     : k->default_url);
    return t;
}

/* A connection pointed at this machine signs in there too: real credentials
 * must not go to the vendor for a sandbox's sake, nor the other way. */
static void choose_urls(struct connection_setup *c)
{
    struct url_parts parts;
    struct text url = lookup(&c->settings, "url");
    struct text auth_url = lookup(&c->settings, "auth_url");
    c->url_explicit = url.len > 0;
    c->auth_url_explicit = auth_url.len > 0;
    bool here = c->url_explicit && http_split_url(url, c->arena, &parts) &&
                http_is_loopback_host(parts.host);
    c->info.url = without_slash(c->url_explicit ? url : usual_url(c, false));
    c->info.auth_url = without_slash(c->auth_url_explicit ? auth_url
                                     : here ? url
                                            : usual_url(c, true));
}

void connection_fini(struct connection_setup *c)
{
    map_fini(&c->settings);
    map_fini(&c->facts);
}

int connection_build(const struct program *program, struct text name,
                     const struct connection_override *overrides,
                     struct store *store, int64_t now_ms,
                     struct arena *arena, struct connection_setup **out,
                     struct error *err)
{
    struct text other;
    for (int i = 0; (other = replaced_name(overrides, name)).len > 0; i++) {
        if (i == PROJECT_DEPTH)
            return error_set(err, ERROR_USAGE, "--connection goes in a circle");
        name = other;
    }
    const struct connection *declaration = declared(program, name);
    const struct connector *connector =
        declaration ? connector_find(declaration->connector)
                    : implied_connector(name);
    if (!connector)
        return unknown_connection(program, name, arena, err);
    struct connection_setup *c = ARENA_NEW(arena, struct connection_setup);
    c->arena = arena;
    c->store = store;
    c->connector = connector;
    map_init(&c->settings);
    map_init(&c->facts);
    c->info.name = declaration ? declaration->name
                               : implied_name(arena, connector->name);
    c->info.setting = setting;
    c->info.learnt = learnt;
    c->info.now_ms = now_ms;
    if (collect(c, declaration, overrides, err) || choose_auth(c, err)) {
        connection_fini(c);
        return -1;
    }
    c->info.timezone = lookup(&c->settings, "timezone");
    if (c->info.timezone.len == 0 && program)
        c->info.timezone = program->timezone;
    c->proxy = lookup(&c->settings, "proxy");
    choose_urls(c);
    c->key = c->info.name;
    if (c->url_explicit)
        c->key = text_of(arena_printf(arena, "%.*s@%.*s",
                                      TEXT_ARG(c->info.name),
                                      TEXT_ARG(c->info.url)));
    *out = c;
    return 0;
}

/* ----------------------------------------------------------------- facts */
int connection_learn(struct connection_setup *c, struct text name,
                     struct text value, struct error *err)
{
    remember(c, name, value);
    if (!c->store)
        return 0;
    return store_learnt_put(c->store, c->key, name, value, c->info.now_ms,
                            err);
}

int connection_forget_facts(struct connection_setup *c, struct error *err)
{
    map_reset(&c->facts);
    return c->store ? store_learnt_clear(c->store, c->key, err) : 0;
}

int connection_seconds(const struct connection_info *c, const char *setting,
                       int otherwise)
{
    struct text t = c->setting(c, setting);
    int seconds = 0;
    for (size_t i = 0; i < t.len && seconds < 100000; i++)
        seconds = seconds * 10 + (t.ptr[i] - '0');
    return t.len > 0 ? seconds * 1000 : otherwise;
}
