/* Entities, rows, versions and the server's clock of the Exact sandbox. */
#include "config.h"
#include "connectors/exact/sandbox.h"

#include "base/date.h"
#include "base/log.h"
#include <pthread.h>
#include <string.h>

struct entity_row {
    struct exact_entity entity;
    const char *spec;
};

static struct entity_row entities[] = {
#define ENTITY(NAME, path, key, verbs, sync, bulk, type, filter, topic, scope, \
               lines_field, lines, parent, spec)                               \
    { { #NAME, path, key, verbs, sync, bulk, type, filter, topic, scope,       \
        lines_field, lines, parent, NULL, 0 },                                 \
      spec },
#include "connectors/exact/sandbox_entities.def"
#undef ENTITY
};

#define ENTITY_COUNT (sizeof entities / sizeof *entities)

static size_t word_len(const char *at)
{
    size_t n = 0;
    while ((at[n] >= 'a' && at[n] <= 'z') || (at[n] >= 'A' && at[n] <= 'Z') ||
           (at[n] >= '0' && at[n] <= '9') || at[n] == '_')
        n++;
    return n;
}

/* "Code:s8>CostCenters.Code!1 ": one field; returns what follows. */
static const char *parse_field(const char *at, struct exact_field *f)
{
    f->name = (struct text){ at, word_len(at) };
    at += f->name.len + 1;
    f->type = *at++;
    if (f->type == 'c') {
        f->refers = (struct text){ at, word_len(at) };
        at += f->refers.len;
        if (f->refers.len > 0 && at[-1] == '1') { /* create-only mark */
            f->refers.len--;
            at--;
        }
    }
    while (f->type == 's' && *at >= '0' && *at <= '9')
        f->max_len = f->max_len * 10 + (size_t)(*at++ - '0');
    if (*at == '>') {
        f->refers = (struct text){ at + 1, word_len(at + 1) };
        at += 2 + f->refers.len;
        f->refers_field = (struct text){ at, word_len(at) };
        if (at[f->refers_field.len - 1] == '1')
            f->refers_field.len--;
        at += f->refers_field.len;
    }
    for (; *at && *at != ' '; at++) {
        f->mandatory |= *at == '!';
        f->read_only |= *at == '=';
        f->create_only |= *at == '1';
        f->filter |= *at == '?';
    }
    while (*at == ' ')
        at++;
    return at;
}

static void parse_entities(void)
{
    for (size_t i = 0; i < ENTITY_COUNT; i++) {
        struct exact_entity *e = &entities[i].entity;
        size_t count = 0, n = 0;
        for (const char *at = entities[i].spec; *at; at++)
            count += *at == ':';
        e->fields = mem_zalloc(count * sizeof *e->fields);
        for (const char *at = entities[i].spec; *at && n < count;)
            at = parse_field(at, &e->fields[n++]);
        e->field_count = n;
    }
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

const struct exact_entity *exact_entity_at(size_t index)
{
    pthread_once(&once, parse_entities);
    return index < ENTITY_COUNT ? &entities[index].entity : NULL;
}

const struct exact_entity *exact_entity_named(struct text name)
{
    const struct exact_entity *e;
    for (size_t i = 0; (e = exact_entity_at(i)); i++)
        if (text_is(name, e->name))
            return e;
    return NULL;
}

const struct exact_field *exact_field_of(const struct exact_entity *e,
                                         struct text name)
{
    for (size_t i = 0; i < e->field_count; i++)
        if (text_equal(e->fields[i].name, name))
            return &e->fields[i];
    return NULL;
}

/* ---------------------------------------------------------------- clock */
/* Day number of the last Sunday of a month. */
static int32_t last_sunday(int32_t year, int32_t month)
{
    struct civil c = { year, month, date_days_in_month(year, month) };
    int32_t day = date_from_civil(c);
    return day - date_weekday(day) % 7;
}

int64_t exact_offset_s(int64_t utc_ms)
{
    struct civil c = date_to_civil((int32_t)(utc_ms / DAY_MS));
    int64_t from = last_sunday(c.year, 3) * DAY_MS + 3600000;
    int64_t to = last_sunday(c.year, 10) * DAY_MS + 3600000;
    return utc_ms >= from && utc_ms < to ? 7200 : 3600;
}

int64_t exact_local_ms(int64_t utc_ms)
{
    return utc_ms + exact_offset_s(utc_ms) * 1000;
}

/* One counter per company, far from any clock. */
int64_t exact_next_version(struct world *w, const char *division)
{
    char series[32] = "version/";
    size_t len = strlen(division);
    memcpy(series + 8, division, len < 20 ? len + 1 : 20);
    return 981000000 + 7 * world_next(w, series);
}

/* ----------------------------------------------------------------- rows */
struct table *exact_table(struct world *w, const char *division,
                          const char *entity)
{
    char name[80];
    struct buf b;
    buf_init(&b, sizeof name);
    buf_printf(&b, "%s/%s", division, entity);
    struct table *t = world_table(w, buf_cstr(&b));
    buf_fini(&b);
    return t;
}

struct doc *exact_new_row(struct world *w, struct arena *arena,
                          const char *division, const struct exact_entity *e,
                          const char *key)
{
    struct doc *d = doc_object();
    int64_t now = exact_local_ms(world_now_ms(w)) / 10 * 10;
    static const char *const names[] = { "Created", "Modified" };
    doc_set_string(d, e->key, key ? key : world_guid(w, arena));
    for (size_t i = 0; i < 2; i++)
        if (exact_field_of(e, text_of(names[i])))
            doc_set_int(d, names[i], now);
    if (exact_field_of(e, TEXT("Division")))
        doc_set(d, "Division", doc_number(text_of(division)));
    if (exact_field_of(e, TEXT("Creator"))) {
        doc_set_string(d, "Creator", exact_user_id(arena));
        doc_set_string(d, "CreatorFullName", "Petra Beheerder");
    }
    if (exact_field_of(e, TEXT("Modifier"))) {
        doc_set_string(d, "Modifier", exact_user_id(arena));
        doc_set_string(d, "ModifierFullName", "Petra Beheerder");
    }
    if (strcmp(e->name, "CostCenters") == 0)
        doc_set_yesno(d, "Active", true);
    return d;
}

void exact_put(struct world *w, const char *division,
               const struct exact_entity *e, struct doc *row)
{
    if (exact_field_of(e, TEXT("Modified")))
        doc_set_int(row, "Modified",
                    exact_local_ms(world_now_ms(w)) / 10 * 10);
    doc_set_int(row, "_version", exact_next_version(w, division));
    /* the key's text goes with the row: keep it while the row is put */
    struct doc *key = doc_keep(doc_get(row, e->key));
    table_put(exact_table(w, division, e->name), doc_as_text(key).ptr, row);
    doc_drop(key);
}

void exact_remove(struct world *w, const char *division,
                  const struct exact_entity *e, const char *key)
{
    struct arena arena;
    arena_init(&arena);
    if (e->deleted_type > 0) {
        struct doc *d = doc_object();
        int64_t version = exact_next_version(w, division);
        const char *id = world_guid(w, &arena);
        doc_set_int(d, "Timestamp", version);
        doc_set_int(d, "_version", version);
        doc_set_string(d, "DeletedBy", exact_user_id(&arena));
        doc_set_int(d, "DeletedDate", exact_local_ms(world_now_ms(w)));
        doc_set(d, "Division", doc_number(text_of(division)));
        doc_set_string(d, "EntityKey", key);
        doc_set_int(d, "EntityType", e->deleted_type);
        doc_set_string(d, "ID", id);
        table_put(exact_table(w, division, "Deleted"), id, d);
    }
    table_remove(exact_table(w, division, e->name), key);
    arena_fini(&arena);
}

struct doc *exact_find(struct world *w, const char *division,
                       const char *entity, const char *field,
                       struct text value)
{
    const struct table *t = exact_table(w, division, entity);
    for (size_t i = 0; i < table_end(t); i++) {
        struct doc *row = table_at(t, i);
        if (row && text_equal(doc_as_text(doc_get(row, field)), value))
            return row;
    }
    return NULL;
}

const char *exact_client_id(struct arena *arena)
{
    return name_guid(arena, "exact/client");
}

const char *exact_user_id(struct arena *arena)
{
    return name_guid(arena, "exact/user");
}
