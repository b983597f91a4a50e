/* Rows of the audit trail as CSV and JSON. */
#include "config.h"

#include "runtime/audit.h"

#include "runtime/jsonread.h"
#include "runtime/jsonwrite.h"

const char audit_csv_head[] =
    "number,at,run,flow,line,action,source,source_key,target,target_id,"
    "before,after,result,flow_hash,previous,hash\r\n";

/* ------------------------------------------------------------------ masking */
/* "Exact.account" names a connection; its connector's catalog knows what is
 * personal. Without a project all catalogs are asked. */
static bool is_sensitive(const struct audit_mask *mask, struct text object,
                         struct text field)
{
    size_t dot;
    if (!mask->program || !text_find(object, TEXT("."), &dot))
        return false;
    const struct connection *c =
        program_connection(mask->program, text_slice(object, 0, dot));
    const struct object *o =
        c ? program_object(mask->program, c,
                           text_slice(object, dot + 1, object.len - dot - 1))
          : NULL;
    const struct field *f = o ? object_field(o, field) : NULL;
    return f && f->sensitive;
}

/* A row of a flow into the log holds the source's own record. */
static struct text recorded(const struct audit_row *r)
{
    return text_is(r->target, "log") ? r->source : r->target;
}

static void masked(struct text raw, const struct audit_mask *mask,
                   struct text object, struct buf *out)
{
    if (json_kind(raw) != JSON_OBJECT) {
        buf_text(out, raw);
        return;
    }
    struct json_items it = json_items(raw);
    bool first = true;
    buf_byte(out, '{');
    while (json_next(&it)) {
        if (!first)
            buf_byte(out, ',');
        first = false;
        buf_byte(out, '"');
        buf_text(out, it.name);
        buf_str(out, "\":");
        if (is_sensitive(mask, object, it.name))
            buf_str(out, "\"(masked)\"");
        else
            buf_text(out, it.value);
    }
    buf_byte(out, '}');
}

/* ---------------------------------------------------------------------- CSV */
static bool looks_like_formula(struct text t)
{
    if (t.len == 0)
        return false;
    switch (t.ptr[0]) {
    case '=':
    case '+':
    case '-':
    case '@':
    case '\t':
    case '\r':
    case '\n':
        return true;
    default:
        return false;
    }
}

void csv_text(struct text t, struct buf *out)
{
    buf_byte(out, '"');
    if (looks_like_formula(t))
        buf_byte(out, '\'');
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '"')
            buf_byte(out, '"');
        buf_byte(out, t.ptr[i]);
    }
    buf_byte(out, '"');
}

static void csv_json(struct text raw, const struct audit_mask *mask,
                     struct text object, struct buf *out)
{
    struct buf b;
    buf_init(&b, 0);
    masked(raw, mask, object, &b);
    csv_text(buf_view(&b), out);
    buf_fini(&b);
}

static void instant_of(int64_t ms, char out[32])
{
    datetime_print(ms * 1000, out);
}

void audit_csv(const struct audit_row *r, const struct audit_mask *mask,
               struct buf *out)
{
    char at[32];
    instant_of(r->at_ms, at);
    buf_printf(out, "%lld,%s,%lld,", (long long)r->number, at,
               (long long)r->run);
    csv_text(r->flow, out);
    buf_printf(out, ",%lld,", (long long)r->line);
    const struct text plain[] = { r->action, r->source, r->source_key,
                                  r->target, r->target_id };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        csv_text(plain[i], out);
        buf_byte(out, ',');
    }
    csv_json(r->before, mask, recorded(r), out);
    buf_byte(out, ',');
    csv_json(r->after, mask, recorded(r), out);
    buf_byte(out, ',');
    csv_text(r->result, out);
    buf_byte(out, ',');
    csv_text(r->flow_hash, out);
    buf_printf(out, ",%s,%s\r\n", r->previous, r->hash);
}

/* --------------------------------------------------------------------- JSON */
static void put_json(struct json_out *w, const char *name, struct text raw,
                     const struct audit_mask *mask, struct text object)
{
    struct buf b;
    if (raw.len == 0)
        return;
    json_key(w, name);
    if (json_kind(raw) != JSON_OBJECT && json_kind(raw) != JSON_ARRAY) {
        json_string(w, raw);
        return;
    }
    buf_init(&b, 0);
    masked(raw, mask, object, &b);
    json_raw(w, buf_view(&b));
    buf_fini(&b);
}

void audit_json(const struct audit_row *r, const struct audit_mask *mask,
                struct buf *out)
{
    char at[32];
    struct json_out w = json_out(out);
    instant_of(r->at_ms, at);
    json_begin_object(&w);
    json_put_int(&w, "number", r->number);
    json_put_string(&w, "at", text_of(at));
    json_put_int(&w, "run", r->run);
    json_put_string(&w, "flow", r->flow);
    json_put_int(&w, "line", r->line);
    json_put_string(&w, "action", r->action);
    json_put_string(&w, "source", r->source);
    json_put_string(&w, "source_key", r->source_key);
    json_put_string(&w, "target", r->target);
    json_put_string(&w, "target_id", r->target_id);
    put_json(&w, "before", r->before, mask, recorded(r));
    put_json(&w, "after", r->after, mask, recorded(r));
    put_json(&w, "result", r->result, mask, TEXT_NONE);
    json_put_string(&w, "flow_hash", r->flow_hash);
    json_put_string(&w, "previous", text_of(r->previous));
    json_put_string(&w, "hash", text_of(r->hash));
    json_end_object(&w);
}
