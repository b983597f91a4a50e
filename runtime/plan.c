/* Plans for people and for files. */
#include "config.h"

#include "runtime/plan.h"

#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PLAN_VERSION 1
#define PLAN_FILE_MAX ((size_t)1 << 30)
#define VALUE_COLUMNS 60

/* ------------------------------------------------------------------ for people */
static void short_value(struct arena *arena, struct text raw, struct buf *out)
{
    struct text t;
    enum json_kind kind = json_kind(raw);
    if (kind == JSON_NULL || kind == JSON_NOTHING) {
        buf_str(out, "(none)");
        return;
    }
    if (kind == JSON_ARRAY) {
        struct json_items it = json_items(raw);
        size_t n = 0;
        while (json_next(&it))
            n++;
        buf_printf(out, "%zu lines", n);
        return;
    }
    t = kind == JSON_OBJECT ? raw : json_text(arena, raw);
    if (kind == JSON_STRING)
        buf_byte(out, '"');
    buf_printable(out, utf8_left(t, VALUE_COLUMNS));
    if (utf8_left(t, VALUE_COLUMNS).len < t.len)
        buf_str(out, "…");
    if (kind == JSON_STRING)
        buf_byte(out, '"');
}

static bool same_value(struct text a, struct text b)
{
    struct decimal x;
    struct decimal y;
    if (text_equal(a, b))
        return true;
    return json_kind(a) == JSON_NUMBER && json_kind(b) == JSON_NUMBER
           && json_decimal(a, &x) && json_decimal(b, &y)
           && decimal_compare(x, y) == 0;
}

/* "Description "Finance" -> "Finance & Control"": only what changes. */
size_t plan_changes_text(struct text before, struct text after,
                         struct buf *out)
{
    struct arena arena;
    struct json_items it = json_items(after);
    bool create = before.len == 0;
    size_t count = 0;
    arena_init(&arena);
    while (json_next(&it)) {
        struct text name = text_dup(&arena, it.name);
        struct text was = create ? TEXT_NONE
                                 : json_get(before, text_cstr(&arena, name));
        if (!create && same_value(was, it.value))
            continue;
        buf_str(out, count++ ? ", " : "");
        buf_printable(out, name);
        buf_byte(out, ' ');
        if (!create) {
            short_value(&arena, was, out);
            buf_str(out, " -> ");
        }
        short_value(&arena, it.value, out);
    }
    arena_fini(&arena);
    return count;
}

/* "Description was edited in Exact to "Operatoins"; will be "Operations"": a
 * record whose source did not change stays as people made it. */
static void drift_text(const struct plan_item *item, struct buf *out)
{
    struct arena arena;
    struct json_items it = json_items(item->after);
    bool stays = strcmp(item->action, "drifted") == 0;
    bool first = true;
    arena_init(&arena);
    while (json_next(&it)) {
        const char *name = text_cstr(&arena, it.name);
        struct text was = json_get(item->before, name);
        struct text is = json_get(item->found, name);
        bool edited = was.len > 0 && !same_value(was, is);
        if (!edited && (stays || same_value(is, it.value)))
            continue;
        buf_str(out, first ? "" : ", ");
        first = false;
        buf_printable(out, it.name);
        if (edited)
            buf_printf(out, " was edited in %.*s to ", TEXT_ARG(item->system));
        else
            buf_byte(out, ' ');
        short_value(&arena, is, out);
        buf_str(out, !edited ? " -> " : stays ? "; mlc wrote " : "; will be ");
        short_value(&arena, it.value, out);
    }
    if (stays)
        buf_str(out, "; it stays until its source changes");
    arena_fini(&arena);
}

static const char *mark_of(const char *action, const char **word)
{
    static const struct {
        const char *action, *mark, *word;
    } marks[] = {
        { "create", "+", "create" },  { "update", "~", "update" },
        { "drift", "~", "drift" },    { "gone", "-", "close" },
        { "drifted", "~", "drift" },
        { "hold", "!", "hold" },      { "reject", "x", "reject" },
        { "adopt", "=", "link" },     { "log", ".", "log" },
        { "unlinked", "?", "not yet" }, { "absent", "-", "absent" },
        { "release", "=", "release" }, { "dismiss", "=", "release" },
    };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strcmp(marks[i].action, action) == 0) {
            *word = marks[i].word;
            return marks[i].mark;
        }
    *word = action;
    return " ";
}

void plan_item_text(const struct plan_item *item, struct buf *out)
{
    const char *word;
    const char *mark = mark_of(item->action, &word);
    size_t columns = utf8_columns(item->label);
    buf_printf(out, "  %s %-7s ", mark, word);
    buf_printable(out, item->label);
    for (size_t i = columns; i < 9; i++)
        buf_byte(out, ' ');
    buf_byte(out, ' ');
    if (strcmp(item->action, "hold") == 0
        || strcmp(item->action, "reject") == 0) {
        buf_printable(out, item->before);
    } else if (strcmp(item->action, "adopt") != 0) {
        if (item->found.len > 0)
            drift_text(item, out);
        else
            plan_changes_text(item->before, item->after, out);
        buf_str(out, "   from ");
        buf_printable(out, item->source_key);
    }
    if (item->note.len > 0) {
        buf_str(out, "   ");
        buf_printable(out, item->note);
    }
    buf_byte(out, '\n');
    if (item->payload.len > 0) {
        buf_str(out, "      ");
        buf_printable(out, item->payload);
        buf_byte(out, '\n');
    }
}

/* ------------------------------------------------------------------- for files */
void plan_item_json(const struct plan_item *item, struct buf *out)
{
    struct json_out w = json_out(out);
    bool waits = strcmp(item->action, "hold") == 0
                 || strcmp(item->action, "reject") == 0;
    json_begin_object(&w);
    json_put_string(&w, "action", text_of(item->action));
    json_put_string(&w, "source_key", item->source_key);
    json_put_string(&w, "label", item->label);
    if (item->target_id.len > 0)
        json_put_string(&w, "target_id", item->target_id);
    if (waits)
        json_put_string(&w, "message", item->before);
    if (!waits && item->before.len > 0) {
        json_key(&w, "before");
        json_raw(&w, item->before);
    }
    if (item->found.len > 0) {
        json_key(&w, "found");
        json_raw(&w, item->found);
    }
    if (item->after.len > 0) {
        json_key(&w, "after");
        json_raw(&w, item->after);
    }
    if (item->reasons.len > 0) {
        json_key(&w, "reasons");
        json_raw(&w, item->reasons);
    }
    if (item->note.len > 0)
        json_put_string(&w, "note", item->note);
    if (item->payload.len > 0)
        json_put_string(&w, "payload", item->payload);
    json_put_string(&w, "hash", item->hash);
    json_end_object(&w);
}

void plan_file_head(struct text flow, struct text flow_hash,
                    struct text instance, int64_t now_ms, struct buf *out)
{
    buf_printf(out, "{\"mlc_plan\":%d,\"flow\":", PLAN_VERSION);
    buf_json_string(out, flow);
    buf_str(out, ",\"flow_hash\":");
    buf_json_string(out, flow_hash);
    buf_str(out, ",\"state\":");
    buf_json_string(out, instance);
    buf_printf(out, ",\"made_ms\":%lld,\"items\":[", (long long)now_ms);
}

void plan_file_tail(const struct summary *s, struct buf *out)
{
    buf_str(out, "],\"summary\":");
    summary_json(s, out);
    buf_str(out, "}\n");
}

static int read_whole(const char *path, struct buf *out, struct error *err)
{
    FILE *f = fopen(path, "rbe");
    if (!f)
        return error_errno(err, ERROR_USAGE, "cannot read the plan %s", path);
    size_t got;
    do {
        char *room = buf_room(out, 65536);
        got = room ? fread(room, 1, 65536, f) : 0;
        buf_grown(out, got);
    } while (got > 0);
    int failed = ferror(f) || out->full;
    fclose(f);
    return failed ? error_set(err, ERROR_USAGE, "cannot read the plan %s",
                              path)
                  : 0;
}

static void take_item(struct plan *p, struct text raw)
{
    struct plan_item *item = ARENA_NEW(&p->arena, struct plan_item);
    item->action = text_cstr(&p->arena, json_get_text(&p->arena, raw,
                                                      "action"));
    item->source_key = text_dup(&p->arena, json_get_text(&p->arena, raw,
                                                         "source_key"));
    item->label = text_dup(&p->arena, json_get_text(&p->arena, raw, "label"));
    item->found = text_dup(&p->arena, json_get(raw, "found"));
    item->hash = text_dup(&p->arena, json_get_text(&p->arena, raw, "hash"));
    map_put(&p->items, item->source_key, item);
}

int plan_read(const char *path, struct plan *out, struct error *err)
{
    struct buf b;
    struct json_pick picks[] = { { "mlc_plan", TEXT_NONE },
                                 { "items", TEXT_NONE } };
    int64_t version = 0;
    *out = (struct plan){ .made_ms = 0 };
    arena_init(&out->arena);
    map_init(&out->items);
    buf_init(&b, PLAN_FILE_MAX);
    int result = read_whole(path, &b, err);
    if (result == 0)
        result = json_skim(buf_view(&b), picks, 2, err);
    if (result == 0
        && (!json_int64(picks[0].raw, &version) || version != PLAN_VERSION)) {
        result = error_set(err, ERROR_USAGE, "%s is no plan of this mlc",
                           path);
        error_hint(err, "Make one with `mlc plan FLOW --out FILE`.");
    }
    if (result == 0) {
        struct json_items it = json_items(picks[1].raw);
        struct text body = buf_view(&b);
        out->flow = text_dup(&out->arena, json_get_text(&out->arena, body,
                                                        "flow"));
        out->flow_hash = text_dup(&out->arena, json_get_text(&out->arena, body,
                                                             "flow_hash"));
        out->instance = text_dup(&out->arena, json_get_text(&out->arena, body,
                                                            "state"));
        json_get_int64(body, "made_ms", &out->made_ms);
        while (json_next(&it))
            take_item(out, it.value);
    }
    buf_fini(&b);
    if (result)
        plan_free(out);
    return result ? -1 : 0;
}

void plan_free(struct plan *p)
{
    map_fini(&p->items);
    arena_fini(&p->arena);
}
