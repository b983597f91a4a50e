/* Entities, rows, versions and the clock of the Visma.net sandbox. */
#include "config.h"
#include "connectors/visma/sandbox.h"

#include "base/date.h"
#include "runtime/crypto.h"
#include <string.h>

static const struct visma_entity entities[] = {
#define ENTITY(NAME, path, key, verbs, paging, filters, expansions, fields) \
    { #NAME, path, key, verbs, paging, filters, expansions, fields },
#include "connectors/visma/sandbox_entities.def"
#undef ENTITY
};

const struct visma_entity *visma_entity_at(size_t index)
{
    return index < sizeof entities / sizeof *entities ? &entities[index]
                                                      : NULL;
}

const struct visma_entity *visma_entity_named(struct text name)
{
    const struct visma_entity *e;
    for (size_t i = 0; (e = visma_entity_at(i)); i++)
        if (text_equal_nocase(name, text_of(e->name)))
            return e;
    return NULL;
}

/* ---------------------------------------------------------------- fields */
static struct text take_until(const char **at, const char *ends)
{
    size_t n = strcspn(*at, ends);
    struct text t = { *at, n };
    *at += n;
    return t;
}

static void take_type(const char **at, struct visma_field *f)
{
    f->type = **at;
    ++*at;
    while (f->type == 's' && **at >= '0' && **at <= '9')
        f->max_len = f->max_len * 10 + (size_t)(*(*at)++ - '0');
    if (f->type == 'e') {
        ++*at;
        f->words = take_until(at, "}");
        ++*at;
    }
}

/* "branch:ws=branch.number>branch! " */
bool visma_next_field(const char **at, struct visma_field *out)
{
    if (!**at)
        return false;
    *out = (struct visma_field){ .path = take_until(at, ":") };
    ++*at;
    out->form = *(*at)++;
    if (**at && !strchr(" =>!1", **at))
        take_type(at, out);
    for (; **at && **at != ' ';) {
        char mark = *(*at)++;
        if (mark == '=')
            out->read_as = take_until(at, " >!");
        else if (mark == '>')
            out->refers = take_until(at, " !");
        out->needed |= mark == '!';
        out->create_only |= mark == '1';
    }
    while (**at == ' ')
        ++*at;
    return true;
}

bool visma_field_at(const struct visma_entity *e, struct text path,
                    struct visma_field *out)
{
    const char *at = e->fields;
    while (visma_next_field(&at, out))
        if (text_equal(out->path, path))
            return true;
    return false;
}

/* ------------------------------------------------------------------ rows */
struct table *visma_table(struct world *w, const char *tenant,
                          const char *entity)
{
    struct buf b;
    buf_init(&b, 200);
    buf_printf(&b, "%s/%s", tenant, entity);
    struct table *t = world_table(w, buf_cstr(&b));
    buf_fini(&b);
    return t;
}

struct doc *visma_row(struct world *w, const char *tenant, const char *entity,
                      struct text key)
{
    return table_get_text(visma_table(w, tenant, entity), key);
}

struct doc *visma_get(const struct doc *row, struct text path)
{
    size_t dot;
    const struct doc *at = row;
    while (text_find(path, TEXT("."), &dot)) {
        at = doc_get_text(at, text_slice(path, 0, dot));
        path = text_slice(path, dot + 1, path.len);
    }
    return doc_get_text(at, path);
}

void visma_set(struct doc *row, struct text path, struct doc *value)
{
    char name[100];
    size_t dot = path.len;
    bool deep = text_find(path, TEXT("."), &dot);
    size_t len = dot < sizeof name ? dot : sizeof name - 1;
    memcpy(name, path.ptr, len);
    name[len] = '\0';
    if (!deep) {
        doc_set(row, name, value);
        return;
    }
    if (doc_kind(doc_get(row, name)) != DOC_OBJECT)
        doc_set(row, name, doc_object());
    visma_set(doc_get(row, name), text_slice(path, dot + 1, path.len), value);
}

void visma_put(struct world *w, const char *tenant,
               const struct visma_entity *e, struct doc *row)
{
    struct arena arena;
    arena_init(&arena);
    const char *key = text_cstr(&arena,
                                doc_as_text(visma_get(row, text_of(e->key))));
    if (text_is(text_of(e->name), "supplierInvoice"))
        key = arena_printf(&arena, "%s/%s", doc_str(row, "documentType"), key);
    doc_set_int(row, "_ms", world_now_ms(w));
    doc_set_int(row, "_version", world_next(w, "version"));
    if (!doc_get(row, "_made"))
        doc_set_int(row, "_made", world_now_ms(w));
    struct table *t = visma_table(w, tenant, e->name);
    if (table_get(t, key) == row)
        table_touch(t, key);
    else
        table_put(t, key, row);
    arena_fini(&arena);
}

/* Eight bytes, counting up, as the vendor shows them. */
const char *visma_version(struct arena *arena, const struct doc *row)
{
    uint64_t n = (uint64_t)doc_whole(row, "_version", 0) + 0x4d182222;
    char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(n >> (56 - 8 * i) & 0xff);
    return text_cstr(arena,
                     crypto_base64(arena, (struct text){ bytes, 8 }));
}

/* ---------------------------------------------------------------- times */
const char *visma_time(struct world *w, struct arena *arena, int64_t ms)
{
    char text[32];
    bool offset = world_switch_is(w, "times", "offset");
    if (offset)
        ms += 3600000;
    datetime_print(ms * 1000, text);
    text[strcspn(text, "Z")] = '\0';
    text[23] = '\0'; /* milliseconds, as many as a filter takes */
    return arena_printf(arena, "%s%s", text, offset ? "+01:00" : "");
}

static bool digits(struct text t, size_t at, size_t count)
{
    for (size_t i = at; i < at + count; i++)
        if (i >= t.len || t.ptr[i] < '0' || t.ptr[i] > '9')
            return false;
    return true;
}

bool visma_parse_time(struct text t, int64_t *ms)
{
    char iso[32] = "0000-00-00T00:00:00";
    int64_t micros;
    bool offset;
    if (t.len != 10 && (t.len < 19 || t.len > 23 || t.len == 20))
        return false;
    if (t.len > 10 && ((t.ptr[10] != ' ' && t.ptr[10] != 'T') ||
                       !digits(t, 17, 2)))
        return false;
    if (t.len > 19 && (t.ptr[19] != '.' || !digits(t, 20, t.len - 20)))
        return false;
    memcpy(iso, t.ptr, t.len);
    iso[10] = 'T';
    if (!datetime_parse(text_of(iso), &micros, &offset))
        return false;
    *ms = micros / 1000;
    return true;
}
