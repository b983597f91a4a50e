/* Tables of the sandboxes, their journal, ids, switches and the ledger. The
 * world file is a journal of JSON lines: one per row that was put or removed.
 * It is written as effects happen, so a killed process keeps what it did, and
 * is rewritten compactly when a start finds it grown. */
#include "config.h"
#include "runtime/sandbox_kit.h"

#include "base/log.h"
#include "runtime/clock.h"
#include "runtime/crypto.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define WORLD_BYTES_MAX ((size_t)512 << 20)
#define COMPACT_FACTOR 4

/* --------------------------------------------------------------- clock */
int64_t sandbox_now_ms(const struct sandbox *s)
{
    int64_t speed = s->options.speed > 0 ? s->options.speed : 1;
    return s->clock_base_ms +
           (clock_steady_ms() - s->steady_base_ms) * speed;
}

void sandbox_advance(struct sandbox *s, int64_t ms) { s->clock_base_ms += ms; }

int64_t world_now_ms(const struct world *w)
{
    return sandbox_now_ms(w->sandbox);
}

int world_size(const struct world *w) { return w->sandbox->options.size; }
const char *world_url(const struct world *w) { return w->url; }

/* ------------------------------------------------------------- journal */
void sandbox_write_line(int fd, const struct buf *line)
{
    size_t at = 0;
    while (fd >= 0 && at < line->len) {
        ssize_t n = write(fd, line->ptr + at, line->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            log_warning("the sandbox could not write its file: %s",
                        strerror(errno));
            return;
        }
        at += (size_t)n;
    }
}

static void add_row_line(const struct table *t, size_t at, struct buf *b)
{
    const struct table_row *r = &t->rows[at];
    buf_printf(b, "{\"at\":%lld,\"v\":", (long long)world_now_ms(t->world));
    buf_json_string(b, text_of(t->world->vendor->name));
    buf_str(b, ",\"t\":");
    buf_json_string(b, text_of(t->name));
    buf_str(b, ",\"k\":");
    buf_json_string(b, text_of(r->key));
    buf_str(b, ",\"r\":");
    doc_print(r->doc, DOC_COMPACT, b);
    buf_str(b, "}\n");
}

static void journal(const struct table *t, size_t at)
{
    struct sandbox *s = t->world->sandbox;
    struct buf b;
    if (s->world_fd < 0 || s->replaying)
        return;
    buf_init(&b, 0);
    add_row_line(t, at, &b);
    sandbox_write_line(s->world_fd, &b);
    buf_fini(&b);
}

/* -------------------------------------------------------------- tables */
struct table *world_find_table(struct world *w, struct text name)
{
    for (size_t i = 0; i < w->table_count; i++)
        if (text_is(name, w->tables[i]->name))
            return w->tables[i];
    return NULL;
}

struct table *world_table(struct world *w, const char *name)
{
    struct table *t = world_find_table(w, text_of(name));
    if (t)
        return t;
    if (w->table_count == TABLES_MAX)
        log_bug("more than %d tables in a sandbox", TABLES_MAX);
    t = mem_zalloc(sizeof *t);
    t->world = w;
    t->name = mem_strdup(name);
    map_init(&t->index);
    w->tables[w->table_count++] = t;
    return t;
}

size_t table_count(const struct table *t) { return t->live; }
size_t table_end(const struct table *t) { return t->count; }

struct doc *table_at(const struct table *t, size_t index)
{
    return index < t->count ? t->rows[index].doc : NULL;
}

const char *table_key_at(const struct table *t, size_t index)
{
    return t->rows[index].key;
}

static bool find_row(const struct table *t, struct text key, size_t *at)
{
    uintptr_t position = (uintptr_t)map_get(&t->index, key);
    if (position == 0)
        return false;
    *at = position - 1;
    return true;
}

struct doc *table_get_text(const struct table *t, struct text key)
{
    size_t at;
    return find_row(t, key, &at) ? t->rows[at].doc : NULL;
}

struct doc *table_get(const struct table *t, const char *key)
{
    return table_get_text(t, text_of(key));
}

static size_t add_row(struct table *t, const char *key)
{
    if (t->count == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 16;
        t->rows = mem_realloc(t->rows, t->cap * sizeof *t->rows);
    }
    struct table_row *r = &t->rows[t->count];
    r->key = mem_strdup(key);
    r->doc = NULL;
    map_put(&t->index, text_of(r->key), (void *)(uintptr_t)(t->count + 1));
    return t->count++;
}

void table_put(struct table *t, const char *key, struct doc *row)
{
    size_t at;
    if (!find_row(t, text_of(key), &at))
        at = add_row(t, key);
    struct table_row *r = &t->rows[at];
    t->live += r->doc == NULL;
    doc_drop(r->doc); /* of the same row too: a reference came with it */
    r->doc = row;
    journal(t, at);
}

void table_touch(struct table *t, const char *key)
{
    size_t at;
    if (find_row(t, text_of(key), &at))
        journal(t, at);
}

void table_remove(struct table *t, const char *key)
{
    size_t at;
    if (!find_row(t, text_of(key), &at) || !t->rows[at].doc)
        return;
    doc_drop(t->rows[at].doc);
    t->rows[at].doc = NULL;
    t->live--;
    journal(t, at);
}

static void table_free(struct table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        mem_free(t->rows[i].key);
        doc_drop(t->rows[i].doc);
    }
    mem_free(t->rows);
    map_fini(&t->index);
    mem_free(t->name);
    mem_free(t);
}

/* -------------------------------------------------------------- worlds */
static char *first_value(const char *values)
{
    size_t len = strcspn(values, "|");
    char *value = mem_alloc(len + 1);
    memcpy(value, values, len);
    value[len] = '\0';
    return value;
}

struct world *world_new(struct sandbox *s, const struct sandbox_vendor *v)
{
    struct world *w = mem_zalloc(sizeof *w);
    w->sandbox = s;
    w->vendor = v;
    arena_init(&w->facts);
    w->counts = doc_object();
    for (size_t i = 0; v->switches && v->switches[i].name; i++)
        w->switches[i] = first_value(v->switches[i].values);
    return w;
}

void world_clear(struct world *w)
{
    for (size_t i = 0; i < w->table_count; i++)
        table_free(w->tables[i]);
    w->table_count = 0;
}

void world_free(struct world *w)
{
    world_clear(w);
    for (size_t i = 0; i < SWITCHES_MAX; i++)
        mem_free(w->switches[i]);
    doc_drop(w->counts);
    arena_fini(&w->facts);
    mem_free(w);
}

static bool is_value(const char *values, struct text value)
{
    struct text rest = text_of(values);
    size_t at = 0;
    while (rest.len > 0) {
        if (!text_find(rest, TEXT("|"), &at))
            at = rest.len;
        struct text one = text_slice(rest, 0, at);
        if (text_is(one, "*") || text_equal(one, value))
            return true;
        rest = at < rest.len ? text_slice(rest, at + 1, rest.len - at - 1)
                             : TEXT_NONE;
    }
    return false;
}

int world_set_switch(struct world *w, struct text name, struct text value,
                     struct error *err)
{
    const struct sandbox_switch *list = w->vendor->switches;
    for (size_t i = 0; list && list[i].name; i++) {
        if (!text_is(name, list[i].name))
            continue;
        if (!is_value(list[i].values, value))
            return error_set(err, ERROR_USAGE,
                             "the sandbox switch %s.%s takes %s, not '%.*s'",
                             w->vendor->name, list[i].name, list[i].values,
                             TEXT_ARG(value));
        mem_free(w->switches[i]);
        w->switches[i] = mem_zalloc(value.len + 1);
        memcpy(w->switches[i], value.ptr, value.len);
        return 0;
    }
    error_set(err, ERROR_USAGE, "the %s sandbox has no switch '%.*s'",
              w->vendor->name, TEXT_ARG(name));
    error_hint(err, "See `mlc sandbox --list` for the switches there are.");
    return -1;
}

const char *world_switch(const struct world *w, const char *name)
{
    const struct sandbox_switch *list = w->vendor->switches;
    for (size_t i = 0; list && list[i].name; i++)
        if (strcmp(list[i].name, name) == 0)
            return w->switches[i];
    log_bug("the %s sandbox asks for a switch '%s' it does not declare",
            w->vendor->name, name);
}

bool world_switch_is(const struct world *w, const char *name,
                     const char *value)
{
    return strcmp(world_switch(w, name), value) == 0;
}

static void add_fact(struct world *w, struct sandbox_fact *list, size_t *count,
                     const char *name, const char *value)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(list[i].name, name) == 0) {
            list[i].value = arena_strdup(&w->facts, value);
            return;
        }
    }
    if (*count == ENDPOINT_FACTS_MAX)
        log_bug("too many facts of a sandbox's endpoint");
    list[*count].name = arena_strdup(&w->facts, name);
    list[*count].value = arena_strdup(&w->facts, value);
    ++*count;
}

void endpoint_secret(struct world *w, const char *name, const char *value)
{
    add_fact(w, w->secrets, &w->secret_count, name, value);
}

void endpoint_setting(struct world *w, const char *name, const char *value)
{
    add_fact(w, w->settings, &w->setting_count, name, value);
}

/* ----------------------------------------------------------------- ids */
int64_t world_next(struct world *w, const char *series)
{
    struct table *t = world_table(w, "_series");
    struct doc *row = table_get(t, series);
    int64_t value = doc_whole(row, "last", 0) + 1;
    if (!row) {
        row = doc_object();
        doc_set_int(row, "last", value);
        table_put(t, series, row);
        return value;
    }
    doc_set_int(row, "last", value);
    table_touch(t, series);
    return value;
}

static void hash_name(const char *name, char hex_digits[2 * SHA256_LEN + 1])
{
    crypto_sha256_hex(text_of(name), hex_digits);
}

const char *name_guid(struct arena *arena, const char *name)
{
    char h[2 * SHA256_LEN + 1];
    hash_name(name, h);
    return arena_printf(arena, "%.8s-%.4s-4%.3s-a%.3s-%.12s", h, h + 8, h + 13,
                        h + 17, h + 20);
}

const char *name_hex_id(struct arena *arena, const char *name)
{
    char h[2 * SHA256_LEN + 1];
    hash_name(name, h);
    return arena_printf(arena, "65%.22s", h);
}

static const char *next_name(struct world *w, struct arena *arena)
{
    return arena_printf(arena, "%s/%llu/%lld", w->vendor->name,
                        (unsigned long long)w->sandbox->options.seed,
                        (long long)world_next(w, "id"));
}

const char *world_guid(struct world *w, struct arena *arena)
{
    return name_guid(arena, next_name(w, arena));
}

const char *world_hex_id(struct world *w, struct arena *arena)
{
    return name_hex_id(arena, next_name(w, arena));
}

const char *world_token(struct arena *arena, const char *prefix)
{
    unsigned char bytes[24];
    char digits_text[2 * sizeof bytes + 1];
    crypto_random(bytes, sizeof bytes);
    crypto_hex((struct text){ (const char *)bytes, sizeof bytes },
               digits_text);
    return arena_printf(arena, "%s%s", prefix, digits_text);
}

uint32_t world_pick(const struct world *w, const char *what, uint32_t index,
                    uint32_t limit)
{
    uint64_t x = text_hash(text_of(what), w->sandbox->options.seed);
    x = (x ^ index) * 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 29)) * 0xBF58476D1CE4E5B9u;
    return (uint32_t)((x ^ (x >> 32)) % limit);
}

/* -------------------------------------------------------------- ledger */
void call_effect(struct sandbox_call *call, const char *effect,
                 const char *object, const char *key, const char *natural)
{
    struct sandbox *s = call->world->sandbox;
    char hash[2 * SHA256_LEN + 1];
    struct buf b;
    s->effects++;
    if (s->ledger_fd < 0)
        return;
    struct doc *d = doc_object();
    struct text idempotency = call_header(call, "Idempotency-Key");
    crypto_sha256_hex(call->http->body, hash);
    doc_set_int(d, "effect", s->effects);
    doc_set_int(d, "request", call->number);
    doc_set_string(d, "at", print_offset_time(call->arena, call->now_ms));
    doc_set_string(d, "connector", call->world->vendor->name);
    doc_set_string(d, "did", effect);
    doc_set_string(d, "object", object);
    doc_set_string(d, "key", key);
    doc_set_string(d, "natural", natural);
    doc_set_string(d, "hash", hash);
    doc_set(d, "idempotency",
            idempotency.ptr ? doc_text(idempotency) : doc_null());
    buf_init(&b, 0);
    doc_print(d, DOC_COMPACT, &b);
    buf_byte(&b, '\n');
    sandbox_write_line(s->ledger_fd, &b);
    buf_fini(&b);
    doc_drop(d);
}

/* -------------------------------------------------------- load and save */
static struct world *world_named(struct sandbox *s, struct text name)
{
    for (size_t i = 0; i < s->world_count; i++)
        if (text_is(name, s->worlds[i]->vendor->name))
            return s->worlds[i];
    return NULL;
}

/* One line of the journal into its table; `*latest` is the newest instant.
 * False when it is of a vendor that does not run now. */
static bool replay_line(struct sandbox *s, struct text line, int64_t *latest)
{
    struct error err = { 0 };
    struct doc *d = doc_parse(line, &err);
    if (!d)
        return true; /* the line a killed process did not finish */
    int64_t at = doc_whole(d, "at", 0);
    struct world *w = world_named(s, doc_as_text(doc_get(d, "v")));
    if (at > *latest)
        *latest = at;
    if (w) {
        struct table *t = world_table(w, doc_str(d, "t"));
        struct doc *row = doc_get(d, "r");
        if (doc_is_present(row))
            table_put(t, doc_str(d, "k"), doc_keep(row));
        else
            table_remove(t, doc_str(d, "k"));
    }
    doc_drop(d);
    return w != NULL;
}

static size_t replay(struct sandbox *s, struct text all, int64_t *latest,
                     bool *foreign)
{
    size_t lines = 0, at = 0;
    s->replaying = true;
    while (all.len > 0 && text_find(all, TEXT("\n"), &at)) {
        if (!replay_line(s, text_slice(all, 0, at), latest))
            *foreign = true;
        all = text_slice(all, at + 1, all.len - at - 1);
        lines++;
    }
    s->replaying = false;
    return lines;
}

static int read_all(int fd, struct buf *b, const char *path, struct error *err)
{
    for (;;) {
        char *room = buf_room(b, 65536);
        if (!room)
            return error_set(err, ERROR_STORE,
                             "the sandbox's world %s is too large", path);
        ssize_t n = read(fd, room, 65536);
        if (n < 0)
            return error_errno(err, ERROR_STORE, "cannot read %s", path);
        if (n == 0)
            return 0;
        buf_grown(b, (size_t)n);
    }
}

static size_t live_rows(const struct sandbox *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->world_count; i++)
        for (size_t j = 0; j < s->worlds[i]->table_count; j++)
            count += s->worlds[i]->tables[j]->live;
    return count;
}

/* Writes every row there is to the end of the world file. */
void world_write(struct world *w)
{
    struct buf b;
    if (w->sandbox->world_fd < 0)
        return;
    buf_init(&b, WORLD_BYTES_MAX);
    for (size_t j = 0; j < w->table_count; j++) {
        const struct table *t = w->tables[j];
        for (size_t k = 0; k < t->count; k++)
            if (t->rows[k].doc)
                add_row_line(t, k, &b);
    }
    sandbox_write_line(w->sandbox->world_fd, &b);
    buf_fini(&b);
}

/* A new file beside the old one, then renamed over it. The lock moves along:
 * the new file is locked before the old one is let go. */
static void compact(struct sandbox *s)
{
    struct arena arena;
    arena_init(&arena);
    const char *path = s->options.world_path;
    const char *fresh = arena_printf(&arena, "%s.new", path);
    int old = s->world_fd;
    int fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
                  0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        s->world_fd = fd;
        for (size_t i = 0; i < s->world_count; i++)
            world_write(s->worlds[i]);
        if (rename(fresh, path) == 0) {
            close(old);
            fd = -1;
        } else {
            s->world_fd = old;
        }
    }
    if (fd >= 0)
        close(fd);
    arena_fini(&arena);
}

int worlds_load(struct sandbox *s, struct error *err)
{
    const char *path = s->options.world_path;
    struct buf all;
    int64_t latest = 0;
    bool foreign = false;
    if (!path)
        return 0;
    s->world_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (s->world_fd < 0)
        return error_errno(err, ERROR_STORE,
                           "cannot open the sandbox's world %s", path);
    if (flock(s->world_fd, LOCK_EX | LOCK_NB) != 0) {
        error_set(err, ERROR_LOCKED,
                  "the sandbox's world %s is in use by another run", path);
        error_hint(err, "Wait for it to end, or use another state folder.");
        return -1;
    }
    buf_init(&all, WORLD_BYTES_MAX);
    if (read_all(s->world_fd, &all, path, err) != 0) {
        buf_fini(&all);
        return -1;
    }
    size_t lines = replay(s, buf_view(&all), &latest, &foreign);
    bool cut = all.len > 0 && all.ptr[all.len - 1] != '\n';
    if (latest > s->clock_base_ms)
        s->clock_base_ms = latest;
    buf_reset(&all);
    buf_byte(&all, '\n');
    if (cut) /* the next line starts afresh */
        sandbox_write_line(s->world_fd, &all);
    buf_fini(&all);
    if (!foreign && lines > 1000 + COMPACT_FACTOR * live_rows(s))
        compact(s);
    return 0;
}
