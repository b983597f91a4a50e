/* In which company a connection works: kept at the first write, and never left
 * behind our back. Somebody who signs in anew may be at home in five of them,
 * and a key for tries looks like one for real. */
#include "config.h"

#include "runtime/transport_internal.h"

#include "runtime/crypto.h"

#include <string.h>

#define ID_LEN 16 /* of a hash, in place of what is a secret */

struct company {
    struct text id;    /* empty: not known */
    struct text name;  /* for people, or empty */
    struct text place; /* whose server it is */
    bool told;         /* `id` is no secret */
};

/* A connector's usual server may get another address one day, and a port of
 * this machine means nothing. */
static struct text place_of(const struct connection_setup *s,
                            struct arena *arena)
{
    struct url_parts parts;
    if (!s->url_explicit || !http_split_url(s->info.url, arena, &parts))
        return TEXT("the usual address");
    return http_is_loopback_host(parts.host) ? TEXT("this machine")
                                             : parts.host;
}

static struct text hidden(struct text secret, struct arena *arena)
{
    char hex[2 * SHA256_LEN + 1];
    crypto_sha256_hex(secret, hex);
    return text_slice(text_of(arena_strdup(arena, hex)), 0, ID_LEN);
}

static int find_out(struct channel *c, struct company *out, struct error *err)
{
    const struct connection_setup *s = c->setup;
    const char *what = s->connector->company;
    *out = (struct company){ .place = place_of(s, &c->arena) };
    if (!what)
        return 0;
    out->id = s->info.setting(&s->info, what);
    if (out->id.len == 0)
        out->id = s->info.learnt(&s->info, what);
    out->name = s->info.learnt(&s->info, "company");
    out->told = true;
    if (out->id.len > 0)
        return 0;
    if (signer_load(&c->signer, err))
        return -1;
    struct text secret = c->signer.credential.get(&c->signer.credential, what);
    out->told = false;
    if (secret.len > 0)
        out->id = hidden(secret, &c->arena);
    return 0;
}

static struct text label(const struct channel *c, struct arena *arena)
{
    return text_of(
        arena_printf(arena, "company of %.*s", TEXT_ARG(c->setup->info.name)));
}

static int kept(struct channel *c, struct company *out, struct error *err)
{
    struct {
        const char *name;
        struct text *value;
    } parts[] = { { "id", &out->id },
                  { "name", &out->name },
                  { "place", &out->place } };
    *out = (struct company){ .id = TEXT_NONE };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (store_learnt_get(c->transport->options.store, label(c, &c->arena),
                             text_of(parts[i].name), &c->arena, parts[i].value,
                             err) < 0)
            return -1;
    return 0;
}

static int keep(struct channel *c, const struct company *now, struct error *err)
{
    struct store *store = c->transport->options.store;
    struct text of = label(c, &c->arena);
    int64_t now_ms = c->setup->info.now_ms;
    return store_learnt_put(store, of, TEXT("id"), now->id, now_ms, err) ||
                   store_learnt_put(store, of, TEXT("name"), now->name, now_ms,
                                    err) ||
                   store_learnt_put(store, of, TEXT("place"), now->place,
                                    now_ms, err)
               ? -1
               : 0;
}

static const char *in_words(const struct company *k, struct arena *arena)
{
    if (!k->told)
        return "another company";
    return arena_printf(arena, "company %.*s%s%.*s%s", TEXT_ARG(k->id),
                        k->name.len ? " (" : "", TEXT_ARG(k->name),
                        k->name.len ? ")" : "");
}

static int stop(struct channel *c, const struct company *now,
                const struct company *before, struct error *err)
{
    struct text name = c->setup->info.name;
    if (now->id.len > 0 && before->id.len > 0)
        error_set(err, ERROR_GUARD,
                  "%.*s now works in %s, and what is linked "
                  "here was written to %s",
                  TEXT_ARG(name), in_words(now, &c->arena),
                  in_words(before, &c->arena));
    else
        error_set(err, ERROR_GUARD,
                  "%.*s now goes to %.*s, and what is linked "
                  "here was written to %.*s",
                  TEXT_ARG(name), TEXT_ARG(now->place),
                  TEXT_ARG(before->place));
    error_hint(err,
               "Go back to the one it was (%s), or give the new one a "
               "connection of its own, or a state: --state FILE.",
               auth_command(c->setup, &c->arena));
    return -1;
}

static bool is_same(const struct company *a, const struct company *b)
{
    return a->id.len > 0 && b->id.len > 0 ? text_equal(a->id, b->id)
                                          : text_equal(a->place, b->place);
}

int channel_mind_company(struct channel *c, bool writes, struct error *err)
{
    struct company now, before;
    if (!c->transport->options.store || !c->setup->connector->hosts ||
        (c->right_company && (c->pinned || !writes)))
        return 0;
    if (find_out(c, &now, err) || kept(c, &before, err))
        return -1;
    before.told = now.told;
    c->pinned = before.place.len > 0;
    if (c->pinned && !is_same(&now, &before))
        return stop(c, &now, &before, err);
    c->right_company = true;
    if (c->pinned || !writes || c->transport->options.dry_run)
        return 0;
    c->pinned = true;
    return keep(c, &now, err);
}
